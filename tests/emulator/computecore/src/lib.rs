//! computecore.dll for a Wine prefix: the exported signatures of the newer interface, each held against windows-sys.

// The names are Windows's; what each function asks of its caller is in Microsoft's documentation of it.
#![allow(non_snake_case, clippy::missing_safety_doc)]

mod operations;
mod processes;
mod service;
mod systems;

use hcs_emulator::backup_write;
use hcs_emulator::call::{self, Call, Dll, Done};
use hcs_emulator::rules::Refusal;
use serde_json::Value;
use std::ffi::c_void;
use windows_sys::core::{BOOL, HRESULT};

/// Loaded: kernel32's missing functions are put in place. Newer functions than the host has are hidden.
#[unsafe(no_mangle)]
extern "system" fn DllMain(module: *mut c_void, reason: u32, _: *mut c_void) -> BOOL {
    if reason == 1 {
        backup_write::hook();
        hcs_emulator::exports::hide_newer(module);
    }
    1
}

/// A function that returns an HRESULT.
fn hresult(function: &'static str, arguments: Value, act: impl FnOnce(&Call) -> Result<Done, Refusal>) -> HRESULT {
    call::hresult(Dll::ComputeCore, function, arguments, act)
}

/// Functions whose signature is windows-sys's: another one does not compile.
macro_rules! same_as_windows_sys {
    ($($name:ident)*) => {
        $(const _: () = { let _ = [$name, windows_sys::Win32::System::HostComputeSystem::$name]; };)*
    };
}
pub(crate) use same_as_windows_sys;
