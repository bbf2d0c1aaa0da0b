# `make` lists the targets. `make demo` and `make test` do all set-up themselves.

SHELL := /bin/bash
TARGET := $(or $(CARGO_TARGET_DIR),target)
# Measured: the profile `quick` of Cargo.toml, because a full release build of the query engine takes very long.
BINARY := $(TARGET)/quick/watchkeeper
# Shown and tested: what `make test` builds anyway.
DEV_BINARY := $(TARGET)/debug/watchkeeper
OUT := out

# A test run is a function of the commit: the cases of property tests come from this seed (another: PROPTEST_RNG_SEED=7).
export PROPTEST_RNG_SEED ?= 20261122

.DEFAULT_GOAL := help
.PHONY: help demo test build ui test-rust test-ui test-browser torture bench bench-load bench-shape bench-month bench-hour bench-kernels bench-peers fuzz docs fmt lint screenshot clean dev test-clients

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: dev ## Start the service, stream a year of flights into it, say where to look; writes out/flights.html too
	scripts/demo.sh $(DEV_BINARY)

test: test-ui test-rust test-browser test-clients ## Run all tests: in a real browser and with other people's clients too

dev: ui ## Build the binary for development, with its report page
	@scripts/require.sh rust
	cargo build --locked -p watchkeeper

build: ui ## Build the optimised binary (profile `quick`)
	@scripts/require.sh rust
	cargo build --profile quick --locked -p watchkeeper

ui: ui/dist/report.html ## Build the report page

UI_SOURCES := $(shell find ui/src ui/build ui/report.html ui/vite.config.ts ui/package.json -type f 2>/dev/null)

ui/node_modules/.package-lock.json: ui/package.json ui/package-lock.json
	@scripts/require.sh node
	cd ui && npm ci --no-audit --no-fund
	@touch $@

ui/dist/report.html: ui/node_modules/.package-lock.json $(UI_SOURCES)
	cd ui && npm run --silent build
	@touch $@

test-ui: ui/node_modules/.package-lock.json ## Lint, type-check and test the page's parts
	cd ui && npm run --silent lint && npm run --silent typecheck && npm test --silent

test-rust: ui ## Run the Rust tests of all crates
	@scripts/require.sh rust
	@scripts/require.sh postgres
	@scripts/require.sh python
	@scripts/require.sh faketime
	@scripts/require.sh prometheus
	cargo test --workspace --locked

test-browser: dev ## Look at real reports in Chromium: no errors, no requests, accessible, readable without scripts
	@scripts/require.sh chromium
	scripts/browser-test.sh $(DEV_BINARY) $(OUT)/browser

test-clients: dev ## Drive the service with requests, pyarrow, OpenTelemetry, DuckDB and Polars (installs them into an environment)
	@scripts/require.sh python
	$$(scripts/peers.sh clients) -B tests/clients/run.py $(DEV_BINARY)
	$$(scripts/peers.sh clients) -B tests/clients/getting_started.py $(DEV_BINARY)

torture: ui ## Kill the server 200 times under load; full disks, stores that are away, clocks that jump (WATCHKEEPER_TORTURE_SEED=7)
	@scripts/require.sh rust
	@scripts/require.sh python
	@scripts/require.sh faketime
	WATCHKEEPER_TORTURE_KILLS=$${WATCHKEEPER_TORTURE_KILLS:-200} \
	WATCHKEEPER_TORTURE_FAULTS=$${WATCHKEEPER_TORTURE_FAULTS:-10} \
	WATCHKEEPER_TORTURE_OUTAGE=$${WATCHKEEPER_TORTURE_OUTAGE:-60} \
	  cargo test --locked -p watchkeeper --test it service::crash -- --nocapture --test-threads 1

bench: build ## Measure a check against the floor of decoding the files (two cases, some minutes)
	$(BINARY) bench --all-exact
	$(BINARY) bench --rows 10000000 --numeric 20 --categorical 0 --repeat 3 --dir $${TMPDIR:-/tmp}/watchkeeper-bench-large

bench-load: build ## Load the service: rows a second until they are durable and in the tables, CPU, latency, memory, disk
	@scripts/require.sh python
	bench/load/run.sh $(BINARY) $$(scripts/peers.sh clients)

bench-shape: build ## A thousand models with a trickle each: memory, commits, how old rows get (5 minutes and more)
	@scripts/require.sh python
	bench/shape/run.sh $(BINARY) $$(scripts/peers.sh clients)

bench-month: ui ## Questions about a month of a billion events: the first after a start, and then again
	@scripts/require.sh rust
	@scripts/require.sh python
	cargo build --profile quick --locked -p watchkeeper -p watchkeeper-lake --bin watchkeeper --example month
	bench/month/run.sh $(BINARY) $(TARGET)/quick/examples/month $$(scripts/peers.sh clients)

bench-hour: build ## An hour at half of the rate for NDJSON: memory, files, latency; writes out/hour.svg
	@scripts/require.sh python
	bench/hour/run.sh $(BINARY) $$(scripts/peers.sh clients)

bench-kernels: ## Measure the kernels: counting, merging, exact rank statistics (criterion)
	cargo bench --locked -p watchkeeper-profile --bench kernels

bench-peers: build ## Measure Evidently and NannyML on the same files (installs them into virtual environments)
	$(BINARY) bench --generate-only
	bench/peers/run.sh $${TMPDIR:-/tmp}/watchkeeper-bench

fuzz: ## Run each fuzz target for a minute (installs cargo-fuzz)
	scripts/fuzz.sh 60

docs: ## Rewrite the documents that are made from code
	UPDATE_DOCS=1 cargo test --locked -p watchkeeper --test it docs
	UPDATE_DOCS=1 cargo test --locked -p watchkeeper-server --test it openapi

screenshot: demo ## Take the README's picture of the demo's report
	@scripts/require.sh chromium
	cd ui && node scripts/screenshot.mjs ../$(OUT)/flights.html ../docs/images/report.png

fmt: ## Format all code
	cargo fmt --all
	cd ui && npm run --silent format

lint: ## Clippy with denied lints, and the page's linter
	cargo clippy --workspace --all-targets --locked -- -D warnings

clean: ## Remove what was built
	rm -rf $(OUT) ui/dist ui/node_modules
	cargo clean
