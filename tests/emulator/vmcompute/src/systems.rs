//! HCS_SYSTEM of the older interface: requests are pending, notifications complete them.

use crate::{CALLBACKS, hresult, with_result};
use hcs_emulator::call::{Call, Done};
use hcs_emulator::codes::{HANDLE, POINTER};
use hcs_emulator::documents;
use hcs_emulator::events::{Callback, Event};
use hcs_emulator::faults::Effect;
use hcs_emulator::log::shown;
use hcs_emulator::operations::injected;
use hcs_emulator::rules::{self, Refusal};
use hcs_emulator::state::Generation;
use hcs_emulator::systems::{self, SystemHandle, V1, modify, properties};
use hcs_emulator::text::{Owner, give_to, read};
use serde_json::{Value, json};
use std::ffi::c_void;
use windows_sys::Win32::Foundation::HANDLE as IDENTITY;
use windows_sys::Win32::System::HostComputeSystem::{HCS_NOTIFICATION_CALLBACK, HCS_SYSTEM};
use windows_sys::core::{HRESULT, PCWSTR, PWSTR};

const CREATE_COMPLETED: u32 = 2;
const START_COMPLETED: u32 = 3;
const PAUSE_COMPLETED: u32 = 4;
const RESUME_COMPLETED: u32 = 5;

fn arguments(system: HCS_SYSTEM, text: &Option<String>) -> Value {
    let id = V1.get(system).map_or(format!("{:#x}", system as usize), |system| system.id.clone());
    json!({"system": id, "document": shown(text.as_deref())})
}

fn null(what: &str) -> Refusal {
    rules::NULL_POINTER.refusal(POINTER, format!("{what} is null"))
}

/// Does what was asked and leaves its completion to a notification of this kind, unless a fault says otherwise.
fn pending(
    call: &Call,
    handle: &SystemHandle,
    notification: Option<u32>,
    act: impl FnOnce() -> Result<(), Refusal>,
) -> Result<Done, Refusal> {
    let fault = call.operation_fault().cloned();
    if fault.as_ref().is_none_or(|fault| fault.acts) {
        act()?;
    }
    let status = match fault.map(|fault| fault.effect) {
        None => 0,
        Some(Effect::Result(code)) => code as i32,
        Some(Effect::Never) => return Ok(Done::Pending),
        Some(Effect::Kill) => hcs_emulator::call::die(137),
    };
    match notification {
        Some(kind) => handle.mailbox.post(Event { kind, status, data: None }, &rules::EXIT_HELD_V1),
        None if status < 0 => return Err(injected(status as u32)),
        None => {}
    }
    Ok(Done::Pending)
}

/// # Safety
/// The texts are null or texts, the places null or valid.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsEnumerateComputeSystems(query: PCWSTR, found: *mut PWSTR, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let query = read(query);
        with_result("HcsEnumerateComputeSystems", json!({"query": shown(query.as_deref())}), result, |_| {
            give_to(found, properties::enumerate(query.as_deref())?.as_deref(), Owner::TaskMemory);
            Ok(Done::Now)
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCreateComputeSystem(
    id: PCWSTR,
    configuration: PCWSTR,
    _identity: IDENTITY,
    system: *mut HCS_SYSTEM,
    result: *mut PWSTR,
) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let (id, configuration) = (read(id), read(configuration));
        let logged = json!({"id": id, "document": shown(configuration.as_deref())});
        with_result("HcsCreateComputeSystem", logged, result, |call| {
            let id = id.ok_or_else(|| null("the id"))?;
            if system.is_null() {
                return Err(null("the place for the handle"));
            }
            *system = std::ptr::null_mut();
            let handle = SystemHandle::unbound(Generation::V1, &id);
            let made = systems::create::create;
            let done = pending(call, &handle, Some(CREATE_COMPLETED), || made(&handle, configuration.as_deref()))?;
            *system = V1.insert(handle);
            Ok(done)
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsOpenComputeSystem(id: PCWSTR, system: *mut HCS_SYSTEM, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let id = read(id);
        with_result("HcsOpenComputeSystem", json!({"id": id}), result, |_| {
            let id = id.ok_or_else(|| null("the id"))?;
            if system.is_null() {
                return Err(null("the place for the handle"));
            }
            *system = V1.insert(systems::open(Generation::V1, &id)?);
            Ok(Done::Now)
        })
    }
}

/// # Safety
/// The handle is any number.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsCloseComputeSystem(system: HCS_SYSTEM) -> HRESULT {
    hresult("HcsCloseComputeSystem", arguments(system, &None), |_| {
        systems::close(&*V1.remove(system)?);
        Ok(Done::Now)
    })
}

unsafe fn request(
    function: &'static str,
    system: HCS_SYSTEM,
    text: PCWSTR,
    result: *mut PWSTR,
    notification: Option<u32>,
    act: impl FnOnce(&SystemHandle, Option<&str>) -> Result<(), Refusal>,
) -> HRESULT {
    // SAFETY: the text is null or a text, the place null or valid.
    unsafe {
        let text = read(text);
        with_result(function, arguments(system, &text), result, |call| {
            let handle = V1.get(system)?;
            pending(call, &handle, notification, || act(&handle, text.as_deref()))
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsStartComputeSystem(system: HCS_SYSTEM, options: PCWSTR, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        request("HcsStartComputeSystem", system, options, result, Some(START_COMPLETED), |handle, _| systems::start(handle))
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsShutdownComputeSystem(system: HCS_SYSTEM, options: PCWSTR, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        request("HcsShutdownComputeSystem", system, options, result, None, |handle, text| {
            documents::read_optional("ShutdownOptions", text)?;
            systems::stop(handle, true)
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsTerminateComputeSystem(system: HCS_SYSTEM, options: PCWSTR, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { request("HcsTerminateComputeSystem", system, options, result, None, |handle, _| systems::stop(handle, false)) }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsPauseComputeSystem(system: HCS_SYSTEM, options: PCWSTR, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        request("HcsPauseComputeSystem", system, options, result, Some(PAUSE_COMPLETED), |handle, _| systems::pause(handle, true))
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsResumeComputeSystem(system: HCS_SYSTEM, options: PCWSTR, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        request("HcsResumeComputeSystem", system, options, result, Some(RESUME_COMPLETED), |handle, _| {
            systems::pause(handle, false)
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsGetComputeSystemProperties(
    system: HCS_SYSTEM,
    query: PCWSTR,
    found: *mut PWSTR,
    result: *mut PWSTR,
) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let query = read(query);
        with_result("HcsGetComputeSystemProperties", arguments(system, &query), result, |_| {
            let text = properties::of_system(&*V1.get(system)?, query.as_deref())?;
            give_to(found, Some(&text), Owner::TaskMemory);
            Ok(Done::Now)
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsModifyComputeSystem(system: HCS_SYSTEM, configuration: PCWSTR, result: *mut PWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let text = read(configuration);
        with_result("HcsModifyComputeSystem", arguments(system, &text), result, |_| {
            modify::modify(&*V1.get(system)?, text.as_deref()).map(|()| Done::Now)
        })
    }
}

/// # Safety
/// The callback and its context stay valid until the callback is unregistered.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsRegisterComputeSystemCallback(
    system: HCS_SYSTEM,
    callback: HCS_NOTIFICATION_CALLBACK,
    context: *const c_void,
    registered: *mut *mut c_void,
) -> HRESULT {
    hresult("HcsRegisterComputeSystemCallback", arguments(system, &None), |_| {
        if registered.is_null() {
            return Err(null("the place for the callback"));
        }
        let handle = V1.get(system)?;
        handle.set_callback(Callback::Notification(callback, context as usize))?;
        // SAFETY: the place was checked.
        unsafe { *registered = CALLBACKS.insert(handle.mailbox.clone()) };
        Ok(Done::Now)
    })
}

/// # Safety
/// The handle is any number.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HcsUnregisterComputeSystemCallback(registered: *mut c_void) -> HRESULT {
    hresult("HcsUnregisterComputeSystemCallback", json!({}), |_| unregister(registered))
}

/// Takes a callback back.
pub fn unregister(registered: *mut c_void) -> Result<Done, Refusal> {
    CALLBACKS.remove(registered).map_err(|refusal| rules::HANDLE.refusal(HANDLE, refusal.message))?.unregister();
    Ok(Done::Now)
}
