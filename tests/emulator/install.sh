#!/bin/sh
# Builds the emulator and puts it into a Wine prefix: tests/emulator/install.sh PREFIX
#
# It needs Debian's rustc-web, cargo-web, rust-web-src and gcc-mingw-w64-x86-64. CARGO_TARGET_DIR is respected. The DLLs, the
# programs hcsemu.exe and raw-client.exe, and bcryptprimitives.dll (which Rust's std imports and Wine 8 lacks) go to system32.
set -eu
prefix=${1:?usage: install.sh PREFIX}
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/target}
system32=$prefix/drive_c/windows/system32
[ -d "$system32" ] || { echo "$prefix is no Wine prefix: make it with wineboot -i" >&2; exit 2; }

cd "$here"
RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc /usr/bin/cargo build --quiet --locked \
    -Zbuild-std=std,panic_abort --target x86_64-pc-windows-gnu
for file in computecore.dll computenetwork.dll vmcompute.dll hcsemu.exe raw-client.exe; do
    # By rename: a file that is in use keeps its old content for those who use it.
    cp "$target/x86_64-pc-windows-gnu/debug/$file" "$system32/$file.new"
    mv "$system32/$file.new" "$system32/$file"
done
if [ ! -e "$system32/bcryptprimitives.dll" ]; then
    shim=$(mktemp -d)
    cat >"$shim/bcryptprimitives.c" <<'C'
/* ProcessPrng, by way of advapi32's generator. */
int __stdcall SystemFunction036(void *buffer, unsigned long length);
__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *buffer, unsigned long long length)
{
    while (length > 0) {
        unsigned long piece = length > 0x10000 ? 0x10000 : (unsigned long)length;
        if (!SystemFunction036(buffer, piece)) return 0;
        buffer += piece;
        length -= piece;
    }
    return 1;
}
C
    x86_64-w64-mingw32-gcc -shared -O2 -s -o "$system32/bcryptprimitives.dll" "$shim/bcryptprimitives.c" -ladvapi32
    rm -r "$shim"
fi
