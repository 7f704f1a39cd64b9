#!/usr/bin/env bash
# Every file that the program opens below a store, a cache or a layout, as `strace` sees it: relative to a handle of its folder, by one
# name at a time, and without following links. The folders are hostile: in each run a link that leads out stands at one of their places.
#   tests/opens.sh [COMMAND…]     e.g. tests/opens.sh check pull
# Linux, with `strace` and Python 3; all is on loopback and below a temporary folder. A table goes to standard output.
# $WINCOMPAT names the program under test, else `cargo build` makes it.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v strace > /dev/null; then
    echo "skipped: strace is not installed (apt-get install strace), so no open was looked at"
    exit 0
fi
if [[ -z ${WINCOMPAT-} ]]; then
    cargo build --locked
fi
exec python3 tests/faults/opens.py "$@"
