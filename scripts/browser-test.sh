#!/usr/bin/env bash
# Makes real reports and has a browser look at them. usage: browser-test.sh BINARY OUTPUT-FOLDER
set -euo pipefail
binary=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
flights=examples/flights

"$binary" check --quiet --output none --fail-on never --html "$out/periods.html" --by ts:month --segment origin \
  --model $flights/model.yaml --reference $flights/reference --current $flights/current
"$binary" check --quiet --output none --fail-on never --html "$out/small.html" --metrics all \
  --reference $flights/reference/2013-01.parquet --current $flights/current/2014-01.parquet
"$binary" bench --generate-only --rows 3000 --numeric 150 --categorical 50 --dir "$out/wide" >/dev/null
"$binary" check --quiet --output none --fail-on never --html "$out/wide.html" \
  --reference "$out/wide/reference.parquet" --current "$out/wide/current.parquet"

size=$(stat -c %s "$out/wide.html")
echo "report of 200 columns: $size bytes"
[ "$size" -le 1500000 ] || { echo "error: the report of 200 columns is larger than 1.5 MB" >&2; exit 1; }
cd ui
npm run --silent test:browser -- --out "$out/screenshots" "$out/periods.html" "$out/small.html" "$out/wide.html"
