//! The layer functions, with their structures.

use crate::hresult;
use hcs_emulator::call::{Done, die};
use hcs_emulator::codes::{INVALID_ARGUMENT, NOT_SUPPORTED, POINTER};
use hcs_emulator::guid;
use hcs_emulator::layers::{access, base, export, import, path_argument, scratch};
use hcs_emulator::log;
use hcs_emulator::rules::{self, Refusal};
use hcs_emulator::text::{Owner, give_to, read};
use serde_json::{Value, json};
use windows_sys::core::{GUID, HRESULT, PCWSTR, PWSTR};

/// How the layers are kept, and where.
#[repr(C)]
pub struct DriverInfo {
    /// 1: the filter driver.
    flavour: i32,
    /// A folder, or an empty text: then ids are whole paths.
    home: PCWSTR,
}

/// WC_LAYER_DESCRIPTOR
#[repr(C)]
pub struct LayerDescriptor {
    id: GUID,
    flags: u32,
    path: PCWSTR,
}

const _: () = assert!(size_of::<DriverInfo>() == 16 && size_of::<LayerDescriptor>() == 32);

/// The path an id means. A null HomeDir crashes the real library, and so it does here.
unsafe fn path_of(function: &str, info: *const DriverInfo, id: PCWSTR) -> Result<String, Refusal> {
    // SAFETY: the structure is null or valid, its texts and the id are null or texts.
    unsafe {
        let home = if info.is_null() { None } else { read((*info).home) };
        let Some(home) = home else {
            log::line(json!({"function": function, "rule": rules::HOME_DIR.name, "message": "access violation"}));
            die(0xC000_0005)
        };
        let flavour = (*info).flavour;
        rules::FLAVOUR.require(flavour == 1, INVALID_ARGUMENT, || format!("Flavour is {flavour}"))?;
        let id = path_argument(read(id))?;
        Ok(if home.is_empty() { id } else { format!(r"{home}\{id}") })
    }
}

/// The (id, path) pairs of descriptors.
unsafe fn layers_of(descriptors: *const LayerDescriptor, count: u32) -> Result<Vec<(String, String)>, Refusal> {
    if descriptors.is_null() && count > 0 {
        return Err(rules::NULL_POINTER.refusal(POINTER, "the descriptors are null"));
    }
    let all = if count == 0 {
        &[][..]
    } else {
        // SAFETY: the caller says how many there are.
        unsafe { std::slice::from_raw_parts(descriptors, count as usize) }
    };
    // SAFETY: the paths are null or texts.
    Ok(all.iter().map(|layer| (guid::text(&layer.id), unsafe { read(layer.path) }.unwrap_or_default())).collect())
}

/// What the log shows of a call.
unsafe fn shown(id: PCWSTR, descriptors: *const LayerDescriptor, count: u32) -> Value {
    // SAFETY: as for the call itself.
    unsafe { json!({"id": read(id), "layers": layers_of(descriptors, count).unwrap_or_default()}) }
}

unsafe fn simple(
    function: &'static str,
    info: *const DriverInfo,
    id: PCWSTR,
    act: impl FnOnce(&str) -> Result<(), Refusal>,
) -> HRESULT {
    // SAFETY: as for the call itself.
    unsafe { hresult(function, shown(id, std::ptr::null(), 0), |_| act(&path_of(function, info, id)?).map(|()| Done::Now)) }
}

unsafe fn layered(
    function: &'static str,
    info: *const DriverInfo,
    id: PCWSTR,
    descriptors: *const LayerDescriptor,
    count: u32,
    act: impl FnOnce(&str, &[(String, String)]) -> Result<(), Refusal>,
) -> HRESULT {
    // SAFETY: as for the call itself.
    unsafe {
        hresult(function, shown(id, descriptors, count), |_| {
            act(&path_of(function, info, id)?, &layers_of(descriptors, count)?).map(|()| Done::Now)
        })
    }
}

/// # Safety
/// The name is null or a text, the place null or valid.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn NameToGuid(name: PCWSTR, id: *mut GUID) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let name = read(name);
        hresult("NameToGuid", json!({"name": name}), |_| {
            let (Some(name), false) = (name, id.is_null()) else {
                return Err(rules::NULL_POINTER.refusal(POINTER, "an argument is null"));
            };
            *id = guid::binary(&guid::name_to_guid(&name));
            Ok(Done::Now)
        })
    }
}

/// # Safety
/// The structure and the place are valid, the id is a text.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn LayerExists(info: *const DriverInfo, id: PCWSTR, exists: *mut u32) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        simple("LayerExists", info, id, |path| {
            if exists.is_null() {
                return Err(rules::NULL_POINTER.refusal(POINTER, "the place for the answer is null"));
            }
            *exists = base::exists(path).into();
            Ok(())
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn CreateLayer(info: *const DriverInfo, id: PCWSTR, parent: PCWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { simple("CreateLayer", info, id, |path| base::create(path, &read(parent).unwrap_or_default())) }
}

/// # Safety
/// As above; the descriptors are as many as stated.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn CreateSandboxLayer(
    info: *const DriverInfo,
    id: PCWSTR,
    _parent: usize,
    descriptors: *const LayerDescriptor,
    count: u32,
) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { layered("CreateSandboxLayer", info, id, descriptors, count, scratch::create) }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn CopyLayer(
    info: *const DriverInfo,
    id: PCWSTR,
    target: PCWSTR,
    descriptors: *const LayerDescriptor,
    count: u32,
) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let target = read(target);
        layered("CopyLayer", info, id, descriptors, count, |path, _| {
            Err(rules::UNSUPPORTED.refusal(NOT_SUPPORTED, format!("{path} to {target:?}: copying is not emulated")))
        })
    }
}

/// The images of the host itself, which Windows gives as JSON: there are none.
///
/// # Safety
/// The place is null or valid.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn GetBaseImages(images: *mut PWSTR) -> HRESULT {
    hresult("GetBaseImages", json!({}), |_| {
        // SAFETY: as the caller says.
        unsafe { give_to(images, Some(r#"{"Images":[]}"#), Owner::TaskMemory) };
        Ok(Done::Now)
    })
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ExpandSandboxSize(info: *const DriverInfo, id: PCWSTR, bytes: u64) -> HRESULT {
    const FUNCTION: &str = "ExpandSandboxSize";
    // SAFETY: as the caller says.
    unsafe {
        let logged = json!({"id": read(id), "bytes": bytes});
        hresult(FUNCTION, logged, |_| scratch::expand(&path_of(FUNCTION, info, id)?, bytes).map(|()| Done::Now))
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ActivateLayer(info: *const DriverInfo, id: PCWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { simple("ActivateLayer", info, id, scratch::activate) }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DeactivateLayer(info: *const DriverInfo, id: PCWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { simple("DeactivateLayer", info, id, scratch::deactivate) }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DestroyLayer(info: *const DriverInfo, id: PCWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { simple("DestroyLayer", info, id, scratch::destroy) }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn PrepareLayer(
    info: *const DriverInfo,
    id: PCWSTR,
    descriptors: *const LayerDescriptor,
    count: u32,
) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { layered("PrepareLayer", info, id, descriptors, count, scratch::prepare) }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn UnprepareLayer(info: *const DriverInfo, id: PCWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { simple("UnprepareLayer", info, id, scratch::unprepare) }
}

/// # Safety
/// As above; the buffer is null, or holds as many characters as the length says.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn GetLayerMountPath(
    info: *const DriverInfo,
    id: PCWSTR,
    length: *mut usize,
    buffer: *mut u16,
) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        simple("GetLayerMountPath", info, id, |path| {
            if length.is_null() {
                return Err(rules::NULL_POINTER.refusal(POINTER, "the place for the length is null"));
            }
            let found = scratch::mount_path(path)?;
            let (needed, units) = scratch::fit_mount_path(&found, (!buffer.is_null()).then(|| *length))?;
            *length = needed;
            if let Some(units) = units {
                std::ptr::copy_nonoverlapping(units.as_ptr(), buffer, units.len());
            }
            Ok(())
        })
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ImportLayer(
    info: *const DriverInfo,
    id: PCWSTR,
    source: PCWSTR,
    descriptors: *const LayerDescriptor,
    count: u32,
) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let source = read(source);
        layered("ImportLayer", info, id, descriptors, count, |path, layers| import::import(path, &path_argument(source)?, layers))
    }
}

/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ExportLayer(
    info: *const DriverInfo,
    id: PCWSTR,
    target: PCWSTR,
    descriptors: *const LayerDescriptor,
    count: u32,
) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe {
        let target = read(target);
        layered("ExportLayer", info, id, descriptors, count, |path, layers| export::export(path, &path_argument(target)?, layers))
    }
}

unsafe fn of_path(function: &'static str, path: PCWSTR, act: impl FnOnce(&str) -> Result<(), Refusal>) -> HRESULT {
    // SAFETY: the path is null or a text.
    let path = unsafe { read(path) };
    hresult(function, json!({"path": path}), |_| act(&path_argument(path)?).map(|()| Done::Now))
}

/// # Safety
/// The path is null or a text.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ProcessBaseImage(path: PCWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { of_path("ProcessBaseImage", path, base::process_base) }
}

/// # Safety
/// The path is null or a text.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ProcessUtilityImage(path: PCWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { of_path("ProcessUtilityImage", path, base::process_utility) }
}

unsafe fn change_access(function: &'static str, vm: PCWSTR, file: PCWSTR, grant: bool) -> HRESULT {
    // SAFETY: the texts are null or texts.
    let (vm, file) = unsafe { (read(vm), read(file)) };
    hresult(function, json!({"vm": vm, "file": file}), |_| access::change(vm, file, grant).map(|()| Done::Now))
}

/// # Safety
/// The texts are null or texts.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn GrantVmAccess(vm: PCWSTR, file: PCWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { change_access("GrantVmAccess", vm, file, true) }
}

/// # Safety
/// The texts are null or texts.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn RevokeVmAccess(vm: PCWSTR, file: PCWSTR) -> HRESULT {
    // SAFETY: as the caller says.
    unsafe { change_access("RevokeVmAccess", vm, file, false) }
}
