#!/usr/bin/env bash
# The program on files that fail, and killed at any moment: `tests/faults.sh`, or one of
#   tests/faults.sh files [COMMAND…]     every n-th operation on a file fails, for check, pull, images, rmi, prune
#   tests/faults.sh kills [SEED [KILLS]] 200 random kills of pull, check, rmi and prune at once
# Linux on x86-64, with a C compiler and Python 3; all is on loopback and below a temporary folder. Tables go to standard output.
# $WINCOMPAT names the program under test, else `cargo build` makes it. Responses that fail are tests/all/faults.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ -z ${WINCOMPAT-} ]]; then
    cargo build --locked
fi
what=${1-all}
(($# == 0)) || shift

files() {
    local made status=0
    made=$(mktemp -d)
    gcc -O2 -Wall -Wextra -Werror -o "$made/failing" tests/faults/failing.c
    python3 tests/faults/files.py "$made/failing" "$@" || status=$?
    rm -r "$made"
    return "$status"
}

case $what in
    files) files "$@" ;;
    kills) python3 tests/faults/kills.py "$@" ;;
    all)
        files
        python3 tests/faults/kills.py
        ;;
    *)
        echo "usage: tests/faults.sh [files [COMMAND…] | kills [SEED [KILLS]]]" >&2
        exit 2
        ;;
esac
