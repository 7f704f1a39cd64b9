#!/usr/bin/env bash
# The tests of wincompat that need the Host Compute Service, under Wine with the HCS emulator (tests/emulator).
#
#   tests/emulated.sh                     all of them: the modules `emulated_layers` and `run` of the integration tests
#   tests/emulated.sh WORD…               those whose name holds one of the words, e.g. hostile, run:: or emulated_layers::faults::
#   tests/emulated.sh [WORD…] -- ARGS…    the same; ARGS go to the test program, e.g. --nocapture
#
# Builds the tests for Windows and the emulator, and runs them in a throw-away Wine prefix, which the emulator is installed
# into and whose registry and services are those of a Windows Server 2022 host. Everything ends with this script.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
. tests/wine.sh
. tests/emulator/install.sh

words=()
while (($#)) && [[ $1 != -- ]]; do
    words+=(-e "$1")
    shift
done
# The two dashes.
(($# == 0)) || shift
((${#words[@]})) || words=(-e '')

wine_packages && emulator_build --quiet && wine_cargo test --locked --no-run --test all || exit
wine_prefix && emulator_install "$WINEPREFIX" && emulator_host || exit
# By their whole names: a word may stand in names of other modules, whose tests do not need the emulator.
mapfile -t names < <(wine_cargo test --locked --quiet --test all -- --list --format terse |
    sed -n 's/: test$//p' | grep -E '^(emulated_layers|run)::' | grep -F "${words[@]}")
if ((!${#names[@]})); then
    echo "error: no test has such a name" >&2
    exit 1
fi
WINCOMPAT_TEST_EMULATOR=1 wine_cargo test --locked --test all -- --exact "${names[@]}" "$@"
