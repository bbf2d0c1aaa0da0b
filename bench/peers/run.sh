#!/bin/sh
# What a check of two Parquet files costs: Watchkeeper beside Evidently and NannyML. Prints a Markdown table.
#
#   bench/peers/run.sh DIR        DIR holds reference.parquet and current.parquet
#
#   RUNS=3                        measured runs of each (one more, first, is not counted)
#   TOOLS="watchkeeper evidently nannyml"
#   WATCHKEEPER=target/release/watchkeeper
#   PYTHON=python3                3.10 or newer, with venv; the pinned versions were resolved with 3.11
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if [ $# -ne 1 ]; then
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
reference=$1/reference.parquet
current=$1/current.parquet
runs=${RUNS:-3}
tools=${TOOLS:-watchkeeper evidently nannyml}
watchkeeper=${WATCHKEEPER:-$root/target/release/watchkeeper}
python=${PYTHON:-python3}

# No tool reports its use while it is measured.
export DO_NOT_TRACK=1 NML_DISABLE_USAGE_LOGGING=1

for file in "$reference" "$current"; do
    if [ ! -f "$file" ]; then
        echo "no file \`$file\`; make both with: watchkeeper bench --generate-only --dir $1" >&2
        exit 2
    fi
done

# The environment of a tool, made once and again when its versions change.
environment() {
    venv=$here/.venv-$1
    wanted=$here/requirements-$1.txt
    if ! cmp -s "$wanted" "$venv/installed.txt"; then
        rm -rf "$venv"
        "$python" -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" >&2
        cp "$wanted" "$venv/installed.txt"
    fi
}

version() { sed -n "s/^$1==//p" "$here/requirements-$1.txt"; }

for tool in $tools; do
    case $tool in
        watchkeeper)
            if [ ! -x "$watchkeeper" ]; then
                echo "no program \`$watchkeeper\`; build it with: cargo build --release -p watchkeeper" >&2
                exit 2
            fi ;;
        evidently | nannyml) environment "$tool" ;;
        *) echo "unknown tool \`$tool\`; expected watchkeeper, evidently or nannyml" >&2; exit 2 ;;
    esac
done

echo "| tool | wall, s | CPU, s | peak memory, MB |"
echo "|---|---:|---:|---:|"
for tool in $tools; do
    case $tool in
        watchkeeper)
            "$python" "$here/peers.py" measure "$("$watchkeeper" --version)" "$runs" -- \
                "$watchkeeper" check --quiet --output none --fail-on never \
                --reference "$reference" --current "$current" ;;
        *)
            "$python" "$here/peers.py" measure "$tool $(version "$tool")" "$runs" -- \
                "$here/.venv-$tool/bin/python" "$here/peers.py" "$tool" "$reference" "$current" ;;
    esac
done
