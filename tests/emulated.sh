#!/usr/bin/env bash
# The tests of wincompat that need the Host Compute Service, under Wine with the HCS emulator (tests/emulator).
#
#   tests/emulated.sh                          all of them
#   tests/emulated.sh hostile                  those whose name holds this word; arguments go to cargo test
#   tests/emulated.sh --test emulated_layers   one target
#
# Builds the tests for Windows and the emulator, and runs them in a throw-away Wine prefix, which the emulator is installed
# into and whose registry and services are those of a Windows Server 2022 host. Everything ends with this script.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
. tests/wine.sh
. tests/emulator/install.sh

# The tests. Anywhere else they do nothing but say so.
targets=(emulated_layers run)

selected=()
if [[ " $* " != *" --test "* ]]; then
    for target in "${targets[@]}"; do selected+=(--test "$target"); done
fi
wine_packages && emulator_build --quiet && wine_cargo test --locked --no-run "${selected[@]}" || exit
wine_prefix && emulator_install "$WINEPREFIX" && emulator_host || exit
WINCOMPAT_TEST_EMULATOR=1 wine_cargo test --locked "${selected[@]}" "$@"
