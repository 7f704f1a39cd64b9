#!/usr/bin/env bash
# wincompat and its tests as Windows programs, on Debian, under Wine. Installs what is missing (as root).
#
#   tests/wine.sh                 all tests, built for Windows and run under Wine; --locked and the like may follow
#   tests/wine.sh ARGS…           cargo test ARGS…, likewise, e.g. --lib, or --test all -- check:: host_command::
#   tests/wine.sh packages        installs what is missing, and nothing else
#   tests/wine.sh build ARGS…     builds wincompat.exe and the tests, and prints the program's path; --locked and the like may follow
#   tests/wine.sh run -- ARGS…    wincompat.exe ARGS… (Linux sees the low 8 bits of its exit code)
#   tests/wine.sh dead            looks at wincompat.exe alone: what only tests use is an error
#
# What is built is built by clippy, warnings denied: the code that only Windows sees is checked as it is compiled. `CLIPPY_ARGS= tests/wine.sh …`
# only warns.
#
# Every call has a throw-away Wine prefix (registry, drive C:), whose server ends with it. Other scripts can source
# this file and use the functions below, with as many prefixes as they like:
#
#   . tests/wine.sh && wine_packages && wine_cargo build --tests
#   (wine_prefix && wine reg import host.reg && wine "$wine_exe" host)      # in ( ), the prefix ends with the subshell
#
# What a Windows test binary sees under Wine:
# * The whole Linux file system is drive Z:, and the current directory is the package's, on Z:. The temporary
#   directory is on C:, inside the prefix.
# * Paths that the compiler put in, CARGO_BIN_EXE_wincompat and CARGO_MANIFEST_DIR, are Linux paths ("/src/wincompat").
#   For Windows these have a root but no drive: they open and spawn as long as the current drive is Z:, but
#   is_absolute() is false, and a child process whose current directory is on C: would look for them there. Pass them
#   through std::path::absolute() before they become an argument of such a child.
# * assert_cmd's cargo_bin! macro works. Its older Command::cargo_bin reads CARGO_TARGET_…_RUNNER and would start Wine
#   inside Wine: so the runner is given to Cargo by --config, which the tests do not inherit.
# * Linux programs cannot be spawned: insta's call of `cargo metadata` fails, so INSTA_WORKSPACE_ROOT is set.
# * Linux's environment variables are inherited, except HOME, PATH, TEMP and TMP, which are Windows's own.

wine_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
wine_triple=x86_64-pc-windows-gnu
# A folder of its own inside the target folder: another compiler, and another lock, than the native build's.
wine_target=${CARGO_TARGET_DIR:-$wine_root/target}/windows
wine_exe=$wine_target/$wine_triple/debug/wincompat.exe

# The standard library is built with the profile of the tests: without these, unoptimised and with its own assertions, which
# makes some tests take eight times as long.
wine_std=()
for wine_crate in core alloc std test hashbrown; do
    wine_std+=(--config "profile.dev.package.$wine_crate.opt-level=3"
        --config "profile.dev.package.$wine_crate.debug-assertions=false"
        --config "profile.dev.package.$wine_crate.overflow-checks=false")
done

# Arguments for clippy are parted by this word.
wine_lints=--deny__CLIPPY_HACKERY__warnings

# Tests of --ca-file, which Wine 8 cannot pass: CertCreateCertificateChainEngine there refuses, with E_INVALIDARG, the size
# that CERT_CHAIN_ENGINE_CONFIG has since Windows 8, and with it all roots of one's own.
wine_skipped=(
    --skip a_foreign_layer_comes_from_where_the_image_says
    --skip a_foreign_layer_is_fetched_over_https_and_with_nothing_shown
    --skip of_many_places_named_for_a_layer_a_few_are_asked
    --skip a_certificate_in_the_file_is_trusted_also_as_a_servers_own
    --skip an_authority_of_ones_own_is_trusted_when_it_is_named
    --skip nothing_goes_from_https_to_http
)

# Tests of pure rules over everything there is, and of what hundreds of files and answers of registries lead to, ten seconds to a minute
# each under Wine: they are the same on every system, and run natively.
wine_skipped+=(
    --skip no_advice_names_what_does_not_pass
    --skip every_remedy_is_started_by_the_same_engine
    --skip every_answer_is_yes_or_no
    --skip code_scanning_gets_no_more_than_it_takes
    --skip an_index_of_ten_thousand_entries_is_read
    --skip hostile_host_files_are_harmless
    --skip hostile_facts_are_harmless
    --skip what_a_hostile_registry_demands_is_harmless
    --skip what_a_hostile_registry_says_is_harmless
    --skip any_number_of_lying_entries_is_read
    --skip what_is_printed_satisfies_the_schema
    --skip a_matrix_over_many_steps_ends
    --skip hostile_variables_end
    --skip yaml_that_multiplies_itself
    --skip uses_that_are_not_written_with_a_dollar_count_too
    --skip a_value_that_is_used_for_more_stays
    --skip a_value_whose_every_use_gets_right_is_changed
)

# Installs the Debian packages that are missing: the compiler whose standard library can be built for Windows from its
# sources (Debian's rustc-web), its clippy, the linker, and Wine.
wine_packages() {
    local package missing=()
    for package in rustc-web cargo-web rust-web-src rust-web-clippy gcc libc6-dev gcc-mingw-w64-x86-64 wine wine64 ca-certificates; do
        [[ $(dpkg-query -Wf '${db:Status-Status}' "$package" 2>&1) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    if ((EUID != 0)); then
        echo "error: as root, run: apt-get install ${missing[*]}" >&2
        return 1
    fi
    apt-get -o DPkg::Lock::Timeout=600 -q update >&2 &&
        DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qy --no-install-recommends install "${missing[@]}" >&2
}

# Cargo for Windows: `wine_cargo test --lib`. The standard library's own dependencies come from the package registry,
# as its lock file names them. `test` is among the crates in every call, or a build and a test would share nothing.
#
# Clippy compiles the workspace as the compiler does, and says what it sees: a check of its own would read all dependencies once more.
#
# Wine reads a program into memory at each start, unless its sections begin at pages, as they do here; and nobody looks at its
# debug information: without it a start takes three quarters of the time, and the build less.
wine_cargo() {
    local subcommand=$1
    shift
    CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1 INSTA_WORKSPACE_ROOT=$wine_root \
        RUSTC_WORKSPACE_WRAPPER=/usr/bin/clippy-driver CLIPPY_ARGS=${CLIPPY_ARGS-$wine_lints} \
        /usr/bin/cargo "$subcommand" -Zbuild-std=std,panic_abort,test --target "$wine_triple" --target-dir "$wine_target" \
        --config "target.$wine_triple.runner = 'wine'" --config profile.dev.debug=false \
        "${wine_std[@]}" \
        --config "target.$wine_triple.rustflags = ['-Clink-arg=-Wl,--file-alignment=4096']" "$@"
}

# Makes a new Wine prefix, starts its server, and removes both when this shell ends, for whatever reason.
wine_prefix() {
    WINEPREFIX=$(mktemp -d --tmpdir wine.XXXXXXXX) || return
    export WINEPREFIX WINEARCH=win64 WINEDEBUG=${WINEDEBUG:--all}
    trap wine_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # What nothing here needs takes half of the time of a program's start: fonts, which Wine loads with user32.dll unless FreeType cannot be
    # started, and the packages of secur32.dll. Mono and Gecko would be downloaded.
    mkdir "$WINEPREFIX/lib" &&
        gcc -Wall -Wextra -Werror -O2 -s -shared -fPIC -o "$WINEPREFIX/lib/libfreetype.so.6" "$wine_root/tests/wine/freetype.c" || return
    export LD_LIBRARY_PATH=$WINEPREFIX/lib WINEDLLOVERRIDES=kerberos,msv1_0,mscoree,mshtml=
    # Its server's folder too ends with the prefix.
    mkdir "$WINEPREFIX/tmp" && export TMPDIR=$WINEPREFIX/tmp || return
    local log=$WINEPREFIX/wineboot.log
    # Without a window.
    if ! DISPLAY='' wineboot --init >"$log" 2>&1; then
        cat "$log" >&2
        return 1
    fi
    # By itself the server ends, and starts anew, in every pause of a few seconds between two programs. The first one had
    # its service manager started twice, by --init and by its own start: each knows only the services it was asked for.
    wineserver --wait
    wineserver --persistent=600
    local dll=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
    [[ -e $dll ]] || x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -O2 -s -shared -o "$dll" \
        "$wine_root/tests/wine/bcryptprimitives.c" -ladvapi32
}

# Ends every program in the prefix that wine_prefix made, and removes it.
wine_end() {
    wineserver --kill
    wineserver --wait
    rm -rf -- "$WINEPREFIX"
}

# Builds wincompat.exe. With the tests: they switch on features of shared dependencies, so that a build without them
# would compile those dependencies a second time.
wine_build() {
    wine_cargo build --tests "$@" >&2
}

# `wine_test ARGS…`: cargo test ARGS…, without what Wine cannot do. The tests of `live_host` change the registry and the services
# that others read, so they run after all others, or if they are named. The prefix is thrown away: it may be changed.
wine_test() {
    local argument build=() chosen status=0
    for argument; do
        case $argument in
        --locked | --offline | --frozen | --no-fail-fast | --quiet | -q | --verbose | -v | --release) build+=("$argument") ;;
        esac
    done
    chosen=$((${#build[@]} < $#))
    [[ " $* " == *" -- "* ]] || set -- "$@" --
    # Not the examples, nor those in the documentation, which are the same on every system.
    ((chosen)) || set -- --lib --bins --tests "$@"
    if [[ $* == *live_host* ]]; then
        WINCOMPAT_TEST_REGISTRY=1 wine_cargo test "$@" "${wine_skipped[@]}"
        return
    fi
    # Pure rules over random cases, which are the same on every system: most of the cases are for the native tests.
    export WINCOMPAT_TEST_PAIRS=${WINCOMPAT_TEST_PAIRS:-10000}
    wine_cargo test "$@" --skip live_host:: "${wine_skipped[@]}" || status=$?
    ((chosen)) || WINCOMPAT_TEST_REGISTRY=1 wine_cargo test "${build[@]}" --test all -- live_host:: || status=$?
    return "$status"
}

wine_main() {
    cd "$wine_root" && wine_packages || return
    case ${1-} in
    packages) ;;
    build)
        wine_build "${@:2}" && echo "$wine_exe"
        ;;
    run)
        [[ ${2-} == -- ]] || { echo "usage: tests/wine.sh run -- ARGS…" >&2 && return 2; }
        wine_build --quiet && wine_prefix && wine "$wine_exe" "${@:3}"
        ;;
    dead)
        # Without the tests, which reach every room. With the example the dependencies are those of the tests. No code is made of it.
        CLIPPY_ARGS=${wine_lints}__CLIPPY_HACKERY__--cfg__CLIPPY_HACKERY__offered_alone__CLIPPY_HACKERY__-Zno-codegen \
            wine_cargo build --locked --lib --bins --example judge "${@:2}"
        ;;
    *)
        wine_prefix && wine_test "$@"
        ;;
    esac
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    wine_main "$@"
fi
