#!/usr/bin/env bash
# Makes sure that a tool is there: says plainly what is missing; installs Chromium, PostgreSQL, Python, libfaketime and
# Prometheus with its Alertmanager where apt can.
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

# without_services COMMAND...: runs it while Debian's policy says that packages start no services (tests start their own).
without_services() {
  local policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod +x "$policy"
  # A failing install ends this shell: the policy goes in any case.
  trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
  "$@"
  as_root rm -f "$policy"
  trap - EXIT
}

has_prometheus() {
  command -v prometheus >/dev/null && command -v promtool >/dev/null && command -v prometheus-alertmanager >/dev/null
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
  prometheus)
    if has_prometheus; then exit 0; fi
    without_services install "Prometheus and its Alertmanager" prometheus prometheus-alertmanager
    # Newer suites keep promtool in a package of its own.
    command -v promtool >/dev/null || install "promtool" promtool
    # Nor at the next start of the machine.
    if command -v systemctl >/dev/null; then as_root systemctl disable prometheus prometheus-alertmanager >/dev/null 2>&1 || true; fi
    has_prometheus || fail "prometheus, promtool and prometheus-alertmanager were installed, but are not on the PATH"
    ;;
  *) fail "usage: require.sh rust|node|chromium|postgres|python|faketime|prometheus" ;;
esac
