//! vmcompute.dll for a Wine prefix: the older interface to systems and processes, and the layers. Nothing declares these
//! functions for Rust: they are written from the specification, sections 1.5 and 3.7.

#![allow(non_snake_case)]

mod layers;
mod processes;
mod systems;

use hcs_emulator::backup_write;
use hcs_emulator::call::{self, Call, Dll, Done};
use hcs_emulator::events::Mailbox;
use hcs_emulator::handles::{Kind, Table};
use hcs_emulator::log::shown;
use hcs_emulator::network;
use hcs_emulator::operations::error_document;
use hcs_emulator::rules::Refusal;
use hcs_emulator::systems::properties;
use hcs_emulator::text::{Owner, give_to, read};
use serde_json::{Value, json};
use std::ffi::c_void;
use windows_sys::core::{BOOL, HRESULT, PCWSTR, PWSTR};

/// The callbacks this process registered.
static CALLBACKS: Table<Mailbox> = Table::new(Dll::VmCompute, Kind::Callback);

/// Loaded: kernel32's missing functions are put in place.
#[unsafe(no_mangle)]
extern "system" fn DllMain(_: *mut c_void, reason: u32, _: *mut c_void) -> BOOL {
    if reason == 1 {
        backup_write::hook();
    }
    1
}

fn hresult(function: &'static str, arguments: Value, act: impl FnOnce(&Call) -> Result<Done, Refusal>) -> HRESULT {
    call::hresult(Dll::VmCompute, function, arguments, act)
}

/// The same, with the document that a failure leaves at `result`.
///
/// # Safety
/// `result` is null or a place for a pointer.
unsafe fn with_result(
    function: &'static str,
    arguments: Value,
    result: *mut PWSTR,
    act: impl FnOnce(&Call) -> Result<Done, Refusal>,
) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { give_to(result, None, Owner::TaskMemory) };
    hresult(function, arguments, |call| {
        act(call).inspect_err(|refusal| {
            let document = error_document(refusal, Dll::VmCompute);
            // SAFETY: as above.
            unsafe { give_to(result, Some(&document), Owner::TaskMemory) };
        })
    })
}

/// # Safety
/// The query is null or a text, the places are null or valid.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetServiceProperties(query: PCWSTR, found: *mut PWSTR, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let query = read(query);
        with_result("HcsGetServiceProperties", json!({"query": shown(query.as_deref())}), result, |_| {
            give_to(found, Some(&properties::of_service(query.as_deref())?), Owner::TaskMemory);
            Ok(Done::Now)
        })
    }
}

/// # Safety
/// The texts are null or texts, the place is null or valid.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HNSCall(method: PCWSTR, path: PCWSTR, body: PCWSTR, response: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let [method, path, body] = [method, path, body].map(|text| read(text).unwrap_or_default());
        hresult("HNSCall", json!({"method": method, "path": path, "body": shown(Some(&body))}), |_| {
            give_to(response, Some(&network::older_call(&method, &path, &body)?), Owner::TaskMemory);
            Ok(Done::Now)
        })
    }
}
