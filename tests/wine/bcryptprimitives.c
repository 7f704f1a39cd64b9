/* bcryptprimitives.dll for Wine 8: the one function Rust's std imports from it.
 *
 * Wine has that DLL since 8.13; Debian 12 ships 8.0. Without it no Rust
 * program starts: it ends with code 53 and says nothing. advapi32's SystemFunction036
 * (RtlGenRandom) is the same random generator by its older name, and counts in 32 bits. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length < 0x40000000 ? (ULONG)length : 0x40000000;
        if (!SystemFunction036(buffer, part))
            return FALSE;
        buffer += part;
        length -= part;
    }
    return TRUE;
}
