#!/usr/bin/env bash
# A thousand models that each get a little, on one server. usage: run.sh BINARY PYTHON [MINUTES=3] [MODELS=1000]
set -euo pipefail

binary=$(realpath "$1")
python=$2
here=$(dirname "$(realpath "$0")")
folder=$(mktemp -d "${TMPDIR:-/tmp}/watchkeeper-shape.XXXXXX")
trap 'rm -rf "$folder"' EXIT
PYTHONPATH="$here/.." "$python" -B "$here/shape.py" "$binary" "$folder" "${3:-3}" "${4:-1000}"
