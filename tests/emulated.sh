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

# Makes a prefix a host with the Containers feature. Only the existence of its services matters: they are never started.
emulated_host() {
    local service
    wine reg import fixtures/hosts/windows-server-2022.reg >&2 || return
    for service in vmcompute hns; do
        wine sc create "$service" binPath= 'C:\windows\system32\services.exe' >&2 || return
    done
}

selected=()
if [[ " $* " != *" --test "* ]]; then
    for target in "${targets[@]}"; do selected+=(--test "$target"); done
fi
wine_packages && emulator_build --quiet && wine_cargo test --locked --no-run "${selected[@]}" || exit
wine_prefix && emulator_install "$WINEPREFIX" && emulated_host || exit
WINCOMPAT_TEST_EMULATOR=1 wine_cargo test --locked "${selected[@]}" "$@"
