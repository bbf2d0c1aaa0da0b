#!/usr/bin/env bash
# The service on an empty folder, a year of flights streamed into it, and where to look. usage: demo.sh BINARY
# On a terminal the service runs until Ctrl-C; otherwise it is stopped at the end. DEMO_LISTEN: another address.
set -euo pipefail

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

[ $# -eq 1 ] || fail "usage: demo.sh BINARY"
binary=$(realpath "$1")
cd "$(dirname "$0")/.."
out=out
data=$out/demo-data
flights=examples/flights
interactive=""
if [ -t 1 ]; then interactive=yes; fi
# A free port of the system's choice where nobody looks at it.
listen=${DEMO_LISTEN:-127.0.0.1:$([ -n "$interactive" ] && echo 8470 || echo 0)}

mkdir -p "$out"
rm -rf "$data"
"$binary" check --quiet --output none --fail-on never --reference $flights/reference --current $flights/current \
  --model $flights/model.yaml --by ts:month --segment origin --html "$out/flights.html"

cat >"$out/demo.yaml" <<YAML
# The flights model, split by airport, on the grids of its reference data; kept although the flights are old.
apiVersion: watchkeeper/v1
kind: Baseline
metadata: { name: flights-delay }
spec:
  model: flights-delay
  source: { file: { path: $(pwd)/$flights/reference } }
---
$(sed 's/^  check:$/  segments: [origin]\n  profiles: { day: 600 months }\n  retention: { events: 600 months }\n  check:/' $flights/model.yaml)
YAML

service=""
stop() {
  [ -n "$service" ] || return 0
  kill -TERM "$service" 2>/dev/null || true
  local code=0
  wait "$service" || code=$?
  service=""
  [ "$code" -eq 0 ] || fail "the service ended with code $code; its log is $out/demo.log"
}
trap stop EXIT
# Ctrl-C reaches the service too, which then stops by itself.
trap 'echo; echo "Stopping."; stop; exit 0' INT TERM

# The flights are of 2013: the bound on how old an event may be is lifted.
"$binary" serve --data-dir "$data" --listen "$listen" --set limits.past=36500d --set commit.interval=2s \
  --set log.level=info,buoyant_kernel=warn \
  >"$out/demo.out" 2>"$out/demo.log" &
service=$!
url=""
for _ in $(seq 600); do
  url=$(sed -n 's/^listening on //p' "$out/demo.out" | head -n 1)
  [ -z "$url" ] || break
  kill -0 "$service" 2>/dev/null || { service=""; cat "$out/demo.log" >&2; fail "the service did not start on $listen (another one: DEMO_LISTEN=127.0.0.1:8471)"; }
  sleep 0.1
done
[ -n "$url" ] || fail "the service says no address after a minute; its log is $out/demo.log"
export WATCHKEEPER_SERVER=$url

"$binary" apply -f "$out/demo.yaml"
# Answered once the rows are durable; of the second part once they are in the tables, and with them all that came before.
send() {
  echo "Sending $flights/$1"
  "$binary" send "$flights/$1" --model flights-delay --labels-from-columns label,arr_delay --label-time label_ts --ack "$2"
}
send reference journal
send current commit

cat <<TEXT

The report of a check:   $out/flights.html
The service:             $url
The distribution of a column by month, and in July at one airport, beside January and February:
  curl '$url/api/v1/models/flights-delay/distribution?column=predicted_arr_delay&window=2013-01-01/2014-01-02&by=month'
  curl '$url/api/v1/models/flights-delay/distribution?column=temp&window=2013-07&segment=origin:JFK'
What is stored, and all that can be asked:
  curl '$url/api/v1/models/flights-delay'
  curl '$url/api/v1/openapi.json'
The tables (Delta Lake): $data/lake/default/models/flights-delay/predictions
                         $data/lake/default/models/flights-delay/labels
                         $data/lake/default/models/flights-delay/profiles
TEXT

if [ -n "$interactive" ]; then
  echo
  echo "The service runs until Ctrl-C."
  wait "$service" || true
fi
stop
