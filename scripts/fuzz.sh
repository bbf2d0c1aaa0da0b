#!/usr/bin/env bash
# fuzz.sh [SECONDS [TARGET...]]: runs the fuzz targets, all when none is named, for so many seconds each (60).
# libFuzzer needs nightly flags; RUSTC_BOOTSTRAP allows them.
set -euo pipefail
seconds=${1:-60}
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
export RUSTC_BOOTSTRAP=1
cd "$(dirname "$0")/.."
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo fuzz list)
# Without the targets that read tables the query engine need not be built.
features=(--no-default-features)
case " ${targets[*]} " in *_table\ *) features=() ;; esac
for target in "${targets[@]}"; do
  echo "fuzzing $target for $seconds s"
  cargo fuzz run "${features[@]}" "$target" -- -max_total_time="$seconds" -rss_limit_mb=4096
done
