#!/usr/bin/env bash
# Makes sure that a tool is there: says plainly what is missing, installs Chromium where apt can.
set -euo pipefail

version_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
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
    command -v apt-get >/dev/null || fail "Chromium is missing; install it and put it on the PATH as 'chromium'"
    sudo=""
    if [ "$(id -u)" -ne 0 ]; then
      command -v sudo >/dev/null || fail "Chromium is missing; as root: apt-get install chromium"
      sudo=sudo
    fi
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null
    ;;
  *) fail "usage: require.sh rust|node|chromium" ;;
esac
