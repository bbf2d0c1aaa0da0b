#!/usr/bin/env bash
# Questions about a month of a model with a billion events. usage: run.sh BINARY MONTH PYTHON [EVENTS=1000000000]
# MONTH is the example of that name of crates/lake: it writes the profiles, without the events.
set -euo pipefail

binary=$(realpath "$1")
month=$(realpath "$2")
python=$3
here=$(dirname "$(realpath "$0")")
folder=$(mktemp -d "${TMPDIR:-/tmp}/watchkeeper-month.XXXXXX")
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/data"
"$month" "$folder/data/lake" month "${4:-1000000000}"
du -sh "$folder/data/lake" | sed "s|$folder/||"
PYTHONPATH="$here/.." "$python" -B "$here/month.py" "$binary" "$folder"
