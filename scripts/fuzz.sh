#!/usr/bin/env bash
# Runs every fuzz target for the given number of seconds. libFuzzer needs nightly flags; RUSTC_BOOTSTRAP allows them.
set -euo pipefail
seconds=${1:-60}
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
export RUSTC_BOOTSTRAP=1
cd "$(dirname "$0")/.."
for target in $(cargo fuzz list); do
  echo "fuzzing $target for $seconds s"
  cargo fuzz run "$target" -- -max_total_time="$seconds" -rss_limit_mb=4096
done
