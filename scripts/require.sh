#!/usr/bin/env bash
# Makes sure that a tool is there: says plainly what is missing; installs Chromium, PostgreSQL, Python and libfaketime where
# apt can.
set -euo pipefail

version_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# install WHAT PACKAGE...: with apt, as root or by sudo.
install() {
  local what=$1
  shift
  command -v apt-get >/dev/null || fail "$what is missing; install it"
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null || fail "$what is missing; as root: apt-get install $*"
  # `sudo` drops the environment, so the setting is part of the command.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

has_postgres() {
  if command -v initdb >/dev/null; then return 0; fi
  for initdb in /usr/lib/postgresql/*/bin/initdb; do
    if [ -x "$initdb" ]; then return 0; fi
  done
  return 1
}

has_faketime() {
  for library in /usr/lib/*/faketime /usr/lib/faketime /usr/local/lib/faketime /usr/lib64/faketime; do
    if [ -e "$library/libfaketimeMT.so.1" ]; then return 0; fi
  done
  return 1
}

case "${1:-}" in
  rust)
    command -v cargo >/dev/null || fail "cargo is missing; install Rust 1.94 or newer (https://rustup.rs)"
    found=$(rustc --version | cut -d' ' -f2)
    version_at_least 1.94.0 "$found" || fail "Rust $found is too old; 1.94 or newer is needed (rustup update)"
    command -v cc >/dev/null || fail "a C compiler is missing; on Debian and Ubuntu: apt-get install build-essential"
    ;;
  node)
    command -v npm >/dev/null || fail "npm is missing; install Node 20 or newer"
    found=$(node --version | tr -d v)
    version_at_least 20.19.0 "$found" || fail "Node $found is too old; 20.19 or newer is needed"
    ;;
  chromium)
    for name in chromium chromium-browser google-chrome; do
      if command -v "$name" >/dev/null; then exit 0; fi
    done
    install "Chromium (on the PATH as 'chromium')" chromium
    ;;
  postgres)
    if has_postgres; then exit 0; fi
    # Tests start servers of their own. The package would make and start one for the whole machine, unless this file
    # of its other half, which comes first, says no.
    install "PostgreSQL (the programs initdb and postgres)" postgresql-common
    as_root sed -i -E 's/^#?(create_main_cluster) .*/\1 = false/' /etc/postgresql-common/createcluster.conf
    install "PostgreSQL (the programs initdb and postgres)" postgresql
    has_postgres || fail "PostgreSQL was installed, but initdb is neither on the PATH nor in /usr/lib/postgresql/*/bin"
    ;;
  python)
    if command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null; then exit 0; fi
    install "Python 3 with its venv module" python3 python3-venv
    ;;
  faketime)
    if has_faketime; then exit 0; fi
    install "libfaketime" faketime
    has_faketime || fail "faketime was installed, but libfaketimeMT.so.1 is in none of the folders /usr/lib/*/faketime"
    ;;
  *) fail "usage: require.sh rust|node|chromium|postgres|python|faketime" ;;
esac
