#!/usr/bin/env bash
# Other people's programs that tests talk to, in pinned versions, each in a Python environment of its own below the cache.
# Installs what is not there yet and prints the path of the program.
set -euo pipefail

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

# environment NAME PROGRAM PACKAGE...: prints the path of PROGRAM in an environment that holds exactly these packages.
environment() {
  local name=$1 program=$2 wanted home
  shift 2
  command -v python3 >/dev/null || fail "python3 is missing; on Debian and Ubuntu: apt-get install python3 python3-venv"
  wanted="$*"
  home="${XDG_CACHE_HOME:-$HOME/.cache}/watchkeeper/peers/$name"
  mkdir -p "$(dirname "$home")"
  # Tests may ask at once; one installs, the others wait.
  exec 9>"$home.lock"
  if command -v flock >/dev/null; then flock 9; fi
  if [ ! -x "$home/bin/$program" ] || [ "$(cat "$home/packages" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$home"
    python3 -m venv "$home" >&2 || fail "python3 cannot make an environment in $home; on Debian and Ubuntu: apt-get install python3-venv"
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2 || fail "pip cannot install: $wanted"
    printf '%s' "$wanted" >"$home/packages"
  fi
  printf '%s\n' "$home/bin/$program"
}

case "${1:-}" in
  s3) environment s3 moto_server 'moto[server]==5.2.5' ;;
  clients)
    environment clients python 'requests==2.34.2' 'pyarrow==26.0.1' 'duckdb==2.0.0' 'deltalake==1.6.6' 'polars==2.1.0' \
      'opentelemetry-sdk==1.45.2' 'opentelemetry-exporter-otlp-proto-http==1.45.2' 'opentelemetry-exporter-otlp-proto-grpc==1.45.2'
    ;;
  smtp) environment smtp python 'aiosmtpd==1.4.6' ;;
  *) fail "usage: peers.sh s3|clients|smtp" ;;
esac
