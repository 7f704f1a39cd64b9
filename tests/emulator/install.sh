#!/usr/bin/env bash
# The HCS emulator, built and put into a Wine prefix (its system32).
#
#   tests/emulator/install.sh PREFIX     builds, and installs into this prefix
#   tests/emulator/install.sh check      everything the emulator is held to: its unit tests, the raw client
#   tests/emulator/install.sh client …   the raw client alone, in a throw-away prefix: all cases, or those whose name
#                                        holds one of the words
#
# Other scripts source this file after tests/wine.sh:
#
#   . tests/wine.sh && . tests/emulator/install.sh && wine_packages && emulator_build
#   (wine_prefix && emulator_install "$WINEPREFIX" && wine …)

emulator_root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../wine.sh
declare -F wine_cargo >/dev/null || . "$emulator_root/../wine.sh"

# Builds the DLLs and the two programs.
emulator_build() {
    (cd "$emulator_root" && wine_cargo build --locked "$@" >&2)
}

# Installs what was built into a prefix. By rename: a DLL that is in use keeps its content for those who use it.
emulator_install() {
    local file from=$wine_target/$wine_triple/debug to=$1/drive_c/windows/system32
    for file in computecore.dll computenetwork.dll vmcompute.dll hcsemu.exe raw-client.exe guest.exe interrupt.exe; do
        cp "$from/$file" "$to/$file.new" && mv "$to/$file.new" "$to/$file" || return
    done
}

# Makes a prefix a Windows Server 2022 host with the Containers feature. Only the existence of its services matters: they are never started.
emulator_host() {
    local service
    wine reg import "$wine_root/fixtures/hosts/windows-server-2022.reg" >&2 || return
    for service in vmcompute hns; do
        wine sc create "$service" binPath= 'C:\windows\system32\services.exe' >&2 || return
    done
}

# Runs the raw client in a prefix of its own.
emulator_client() (
    wine_prefix && emulator_install "$WINEPREFIX" && wine raw-client.exe "$@"
)

# The unit tests.
emulator_unit_tests() (
    cd "$emulator_root" && wine_prefix && wine_cargo test --locked --quiet --package hcs-emulator
)

emulator_main() {
    case ${1-} in
    check)
        wine_packages && emulator_unit_tests && emulator_build --quiet && emulator_client
        ;;
    client)
        wine_packages && emulator_build --quiet && emulator_client "${@:2}"
        ;;
    ?*)
        [[ -d $1/drive_c/windows/system32 ]] || { echo "error: $1 is not a Wine prefix" >&2 && return 2; }
        wine_packages && emulator_build --quiet && emulator_install "$1"
        ;;
    *)
        echo "usage: install.sh PREFIX | check | client [WORD…]" >&2
        return 2
        ;;
    esac
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -uo pipefail
    emulator_main "$@"
fi
