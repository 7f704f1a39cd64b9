//! Functions that a host of this build does not export yet: their names are changed in the loaded DLL's export table, so that
//! GetProcAddress does not find them.

use crate::host;
use crate::rules;
use std::ffi::{CStr, c_char, c_void};
use windows_sys::Win32::System::Memory::{PAGE_READWRITE, VirtualProtect};

/// Since which build a function is there.
const NEWER: [(&CStr, u32); 4] = [
    (c"HcsWaitForComputeSystemExit", 20348),
    (c"HcsWaitForProcessExit", 20348),
    (c"HcsGrantVmGroupAccess", 19041),
    (c"HcsRevokeVmGroupAccess", 19041),
];

/// Hides what the host's build does not have. `module` is a DLL that is loaded.
pub fn hide_newer(module: *mut c_void) {
    let build = host::build();
    if build == 0 || !rules::MINIMUM_BUILD.holds() {
        return;
    }
    let base = module.cast::<u8>();
    // SAFETY: the loader has mapped the image; the offsets are those of the PE format, and the export table is the DLL's own.
    unsafe {
        let number = |at: usize| base.add(at).cast::<u32>().read_unaligned() as usize;
        let header = number(0x3C);
        let exports = number(header + 24 + 112);
        let (count, names) = (number(exports + 24), number(exports + 32));
        for index in 0..count {
            let name = base.add(number(names + 4 * index)).cast::<c_char>();
            let text = CStr::from_ptr(name);
            let Some((_, since)) = NEWER.iter().find(|(newer, _)| *newer == text) else { continue };
            if build < *since {
                // The last letter goes up by one: the table stays sorted.
                let last = name.add(text.to_bytes().len() - 1).cast::<u8>();
                let mut before = 0;
                if VirtualProtect(last.cast(), 1, PAGE_READWRITE, &mut before) != 0 {
                    *last += 1;
                    VirtualProtect(last.cast(), 1, before, &mut before);
                }
            }
        }
    }
}
