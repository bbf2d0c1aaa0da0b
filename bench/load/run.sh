#!/usr/bin/env bash
# Load on the service, server and senders on the same cores. usage: run.sh BINARY PYTHON [ROWS]
set -euo pipefail

binary=$(realpath "$1")
python=$2
rows=${3:-1000000}
here=$(dirname "$(realpath "$0")")
folder=$(mktemp -d "${TMPDIR:-/tmp}/watchkeeper-load.XXXXXX")
server=""
trap '[ -z "$server" ] || kill -TERM "$server" 2>/dev/null; wait; rm -rf "$folder"' EXIT

"$python" "$here/generate.py" "$rows" "$folder/a.parquet" a
"$python" "$here/generate.py" "$rows" "$folder/b.parquet" b
"$binary" serve --data-dir "$folder/data" --listen 127.0.0.1:0 --set commit.interval=5s >"$folder/out" 2>"$folder/log" &
server=$!
until url=$(sed -n 's/^listening on //p' "$folder/out") && [ -n "$url" ]; do
  kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }
  sleep 0.1
done
export WATCHKEEPER_SERVER=$url

cpu() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$server/stat"; }
committed() { curl -fsS "$url/metrics" | awk '/^watchkeeper_committed_rows_total/ { print int($2) }'; }
# measure NAME FORMAT FILE...: rows a second until acknowledged, and until all are in the tables.
measure() {
  local name=$1 format=$2 before start acked cpu_before file
  shift 2
  before=$(committed)
  cpu_before=$(cpu)
  start=$(date +%s.%N)
  for file in "$@"; do "$binary" send "$file" --model "$name" --format "$format" >"$folder/sent" 2>&1; done
  acked=$(date +%s.%N)
  until [ $(($(committed) - before)) -ge $((rows * $#)) ]; do sleep 0.1; done
  awk -v n="$((rows * $#))" -v s="$start" -v a="$acked" -v e="$(date +%s.%N)" -v c="$(echo "$(cpu) $cpu_before")" -v f="$format" \
    'BEGIN { split(c, t, " "); printf "%s: %d rows, %.0f rows/s acknowledged, in the tables after %.1f s, %.2f CPU-s a million rows\n", f, n, n / (a - s), e - s, (t[1] - t[2]) / n * 1e6 }'
}
measure arrow-load arrow "$folder/a.parquet" "$folder/b.parquet"
measure ndjson-load ndjson "$folder/a.parquet" "$folder/b.parquet"
"$python" "$here/single_rows.py" "${url##*:}" 10
awk '/VmHWM|VmRSS/' "/proc/$server/status"
du -sh "$folder/data/lake" "$folder/data/ids" | sed "s|$folder/||"
