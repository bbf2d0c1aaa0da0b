#!/usr/bin/env bash
# A steady rate for a long time: memory, files, latency. Writes hour.csv and hour.svg.
# usage: run.sh BINARY PYTHON [MINUTES=60] [ROWS_PER_SECOND=75000] [ndjson|arrow] [OUT=out]
set -euo pipefail

binary=$(realpath "$1")
python=$2
here=$(dirname "$(realpath "$0")")
out=${6:-out}
mkdir -p "$out"
folder=$(mktemp -d "${TMPDIR:-/tmp}/watchkeeper-hour.XXXXXX")
trap 'rm -rf "$folder"' EXIT
PYTHONPATH="$here/.." "$python" -B "$here/hour.py" "$binary" "$folder" "${3:-60}" "${4:-75000}" "${5:-ndjson}" "$out/hour.csv"
"$python" -B "$here/plot.py" "$out/hour.csv" "$out/hour.svg"
