//! HCS_PROCESS of the older interface.

use crate::systems::unregister;
use crate::{CALLBACKS, hresult, with_result};
use hcs_emulator::call::Done;
use hcs_emulator::codes::POINTER;
use hcs_emulator::events::Callback;
use hcs_emulator::log::shown;
use hcs_emulator::processes::{self, ProcessHandle, V1};
use hcs_emulator::rules::{self, Refusal};
use hcs_emulator::systems;
use hcs_emulator::text::{Owner, give_to, read};
use serde_json::{Value, json};
use std::ffi::c_void;
use windows_sys::Win32::System::HostComputeSystem::{
    HCS_NOTIFICATION_CALLBACK, HCS_PROCESS, HCS_PROCESS_INFORMATION, HCS_SYSTEM,
};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

fn arguments(process: HCS_PROCESS, text: &Option<String>) -> Value {
    json!({"process": format!("{:#x}", process as usize), "document": shown(text.as_deref())})
}

fn null(what: &str) -> Refusal {
    rules::NULL_POINTER.refusal(POINTER, format!("{what} is null"))
}

fn information(handle: &ProcessHandle) -> HCS_PROCESS_INFORMATION {
    let found = handle.take_information();
    let [input, out, errors] = found.stdio.map(|handle| handle as *mut c_void);
    HCS_PROCESS_INFORMATION { ProcessId: found.pid, Reserved: 0, StdInput: input, StdOutput: out, StdError: errors }
}

/// # Safety
/// The text is null or a text, the places are null or valid.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCreateProcess(
    system: HCS_SYSTEM,
    parameters: PCWSTR,
    information_place: *mut HCS_PROCESS_INFORMATION,
    process: *mut HCS_PROCESS,
    result: *mut PWSTR,
) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let parameters = read(parameters);
        let logged = json!({"system": format!("{:#x}", system as usize), "document": shown(parameters.as_deref())});
        with_result("HcsCreateProcess", logged, result, |_| {
            let container = systems::V1.get(system)?;
            if process.is_null() || information_place.is_null() {
                return Err(null("the place for the process"));
            }
            let handle = ProcessHandle::unbound(&container);
            processes::create(&container, &handle, parameters.as_deref())?;
            *information_place = information(&handle);
            *process = V1.insert(handle);
            Ok(Done::Now)
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsOpenProcess(
    system: HCS_SYSTEM,
    pid: u32,
    process: *mut HCS_PROCESS,
    result: *mut PWSTR,
) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        with_result("HcsOpenProcess", json!({"pid": pid}), result, |_| {
            if process.is_null() {
                return Err(null("the place for the handle"));
            }
            *process = V1.insert(processes::open(&*systems::V1.get(system)?, pid)?);
            Ok(Done::Now)
        })
    }
}

/// # Safety
/// The handle is any number.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCloseProcess(process: HCS_PROCESS) -> HRESULT {
    hresult("HcsCloseProcess", arguments(process, &None), |_| {
        processes::close(&*V1.remove(process)?);
        Ok(Done::Now)
    })
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsTerminateProcess(process: HCS_PROCESS, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        with_result("HcsTerminateProcess", arguments(process, &None), result, |_| {
            processes::terminate(&*V1.get(process)?).map(|()| Done::Now)
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsSignalProcess(process: HCS_PROCESS, options: PCWSTR, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let options = read(options);
        with_result("HcsSignalProcess", arguments(process, &options), result, |_| {
            processes::signal(&*V1.get(process)?, options.as_deref()).map(|()| Done::Now)
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetProcessInfo(
    process: HCS_PROCESS,
    information_place: *mut HCS_PROCESS_INFORMATION,
    result: *mut PWSTR,
) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        with_result("HcsGetProcessInfo", arguments(process, &None), result, |_| {
            let handle = V1.get(process)?;
            if information_place.is_null() {
                return Err(null("the place for the information"));
            }
            *information_place = information(&handle);
            Ok(Done::Now)
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetProcessProperties(process: HCS_PROCESS, found: *mut PWSTR, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        with_result("HcsGetProcessProperties", arguments(process, &None), result, |_| {
            give_to(found, Some(&*V1.get(process)?.status()?), Owner::TaskMemory);
            Ok(Done::Now)
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsModifyProcess(process: HCS_PROCESS, settings: PCWSTR, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let settings = read(settings);
        with_result("HcsModifyProcess", arguments(process, &settings), result, |_| {
            processes::modify(&*V1.get(process)?, settings.as_deref()).map(|()| Done::Now)
        })
    }
}

/// # Safety
/// The callback and its context stay valid until the callback is unregistered.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsRegisterProcessCallback(
    process: HCS_PROCESS,
    callback: HCS_NOTIFICATION_CALLBACK,
    context: *const c_void,
    registered: *mut *mut c_void,
) -> HRESULT {
    hresult("HcsRegisterProcessCallback", arguments(process, &None), |_| {
        if registered.is_null() {
            return Err(null("the place for the callback"));
        }
        let handle = V1.get(process)?;
        handle.set_callback(Callback::Notification(callback, context as usize))?;
        // SAFETY: the place was checked.
        unsafe { *registered = CALLBACKS.insert(handle.mailbox.clone()) };
        Ok(Done::Now)
    })
}

/// # Safety
/// The handle is any number.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsUnregisterProcessCallback(registered: *mut c_void) -> HRESULT {
    hresult("HcsUnregisterProcessCallback", json!({}), |_| unregister(registered))
}
