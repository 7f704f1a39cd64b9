//! Scratches: made above their layers, activated, prepared, mounted, and given back in reverse.

use super::{chain, elevated, failed, normal, record, tree};
use crate::codes::{
    DEV_NOT_EXIST, FILE_EXISTS, FILE_NOT_FOUND, INSUFFICIENT_BUFFER, INVALID_ARGUMENT, PATH_NOT_FOUND, PRIVILEGE_NOT_HELD,
    SHARING_VIOLATION,
};
use crate::guid;
use crate::host::{self, Token};
use crate::rules::{self, Refusal};
use crate::state::{self, Active, Phase, State};
use serde_json::{Value, json};
use std::path::Path;

/// The group every virtual machine is in.
pub const VM_GROUP: &str = "s-1-5-83-0";

/// What the file of a scratch's disk says; null if it is not one CreateSandboxLayer made.
fn disk(folder: &str) -> Value {
    let bytes = std::fs::read(Path::new(folder).join("sandbox.vhdx")).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Whether virtual machines may open this disk without being granted it.
pub fn open_to_vms(file: &str) -> bool {
    let bytes = std::fs::read(file).unwrap_or_default();
    serde_json::from_slice::<Value>(&bytes).is_ok_and(|disk| disk["hcsemu"] == "sandbox")
}

/// CreateSandboxLayer.
pub fn create(path: &str, layers: &[(String, String)]) -> Result<(), Refusal> {
    let parents = chain::check(layers)?;
    chain::check_order(&parents)?;
    let folder = Path::new(path);
    if folder.join("sandbox.vhdx").exists() {
        return Err(rules::SCRATCH_EXISTS.refusal(FILE_EXISTS, format!(r"{path}\sandbox.vhdx exists")));
    }
    if !folder.is_dir() {
        let near = folder.parent().is_some_and(Path::is_dir);
        rules::SCRATCH_FOLDER.require(near, PATH_NOT_FOUND, || format!("{path} is in no folder"))?;
        std::fs::create_dir_all(folder).map_err(|error| failed(&error, path))?;
    }
    let disk = json!({"hcsemu": "sandbox", "parents": parents, "size": 20u64 << 30});
    std::fs::write(folder.join("sandbox.vhdx"), disk.to_string()).map_err(|error| failed(&error, path))?;
    state::with(|state| state.scratches.insert(normal(path)));
    Ok(())
}

/// ExpandSandboxSize.
pub fn expand(path: &str, bytes: u64) -> Result<(), Refusal> {
    elevated("ExpandSandboxSize")?;
    let mut disk = disk(path);
    if disk.is_null() {
        return Err(rules::LAYER_PATH.refusal(FILE_NOT_FOUND, format!("{path} holds no scratch")));
    }
    let size = disk["size"].as_u64().unwrap_or(0);
    rules::SANDBOX_SIZE.require(bytes >= size, INVALID_ARGUMENT, || format!("{bytes} is less than the present {size}"))?;
    disk["size"] = json!(bytes);
    std::fs::write(Path::new(path).join("sandbox.vhdx"), disk.to_string()).map_err(|error| failed(&error, path))
}

/// ActivateLayer.
pub fn activate(path: &str) -> Result<(), Refusal> {
    if host::token() == Token::User {
        return Err(rules::ELEVATION.refusal(PRIVILEGE_NOT_HELD, "ActivateLayer needs SeManageVolumePrivilege"));
    }
    let key = normal(path);
    if !Path::new(path).join("sandbox.vhdx").is_file() && record(path).is_none() {
        return Err(rules::LAYER_PATH.refusal(FILE_NOT_FOUND, format!("{path} holds neither scratch nor layer")));
    }
    state::with(|state| {
        let in_machine = user(state, &key).is_some();
        if state.active.contains_key(&key) || in_machine {
            rules::ACTIVATE_ONCE.refuse(SHARING_VIOLATION, format!("{key} is in use already"))?;
        }
        state.active.insert(key, Active { volume: guid::fresh().to_string(), prepared: None });
        Ok(())
    })
}

/// PrepareLayer.
pub fn prepare(path: &str, layers: &[(String, String)]) -> Result<(), Refusal> {
    elevated("PrepareLayer")?;
    let key = normal(path);
    let parents = chain::check(layers)?;
    chain::check_order(&parents)?;
    let own = disk(path)["parents"].clone();
    rules::LAYER_ORDER
        .require(own.is_null() || own == json!(parents), INVALID_ARGUMENT, || format!("the scratch was made above {own}"))?;
    state::with(|state| {
        let active = active(state, &key)?;
        if active.prepared.is_some() {
            rules::ACTIVATE_ONCE.refuse(SHARING_VIOLATION, format!("{key} is prepared already"))?;
        }
        active.prepared = Some(parents);
        Ok(())
    })
}

fn active<'a>(state: &'a mut State, key: &str) -> Result<&'a mut Active, Refusal> {
    let says = format!("{key} is not active");
    state.active.get_mut(key).ok_or_else(|| rules::PREPARE_AFTER_ACTIVATE.refusal(DEV_NOT_EXIST, says))
}

/// GetLayerMountPath: the volume, without a trailing backslash.
pub fn mount_path(path: &str) -> Result<String, Refusal> {
    state::with(|state| Ok(format!(r"\\?\Volume{{{}}}", active(state, &normal(path))?.volume)))
}

/// Fits the mount path to the caller's buffer: its length with the NUL, and the units if there is a buffer.
pub fn fit_mount_path(path: &str, buffer: Option<usize>) -> Result<(usize, Option<Vec<u16>>), Refusal> {
    let units = crate::text::wide(path);
    match buffer {
        None => Ok((units.len(), None)),
        Some(length) if length >= units.len() => Ok((units.len(), Some(units))),
        Some(length) => {
            let says = format!("{length} characters do not hold {}", units.len());
            Err(rules::MOUNT_PATH_BUFFER.refusal(INSUFFICIENT_BUFFER, says))
        }
    }
}

/// The system that uses a scratch.
fn user<'a>(state: &'a State, key: &str) -> Option<&'a String> {
    let used = state.systems.iter().find(|(_, system)| system.phase != Phase::Stopped && system.scratch.as_deref() == Some(key));
    used.map(|(id, _)| id)
}

/// UnprepareLayer.
pub fn unprepare(path: &str) -> Result<(), Refusal> {
    let key = normal(path);
    state::with(|state| {
        if let Some(id) = user(state, &key) {
            rules::SCRATCH_IN_USE.refuse(SHARING_VIOLATION, format!("{key} is used by {id}"))?;
        }
        let active = active(state, &key)?;
        if active.prepared.take().is_none() {
            return Err(rules::PREPARE_AFTER_ACTIVATE.refusal(DEV_NOT_EXIST, format!("{key} is not prepared")));
        }
        Ok(())
    })
}

/// DeactivateLayer.
pub fn deactivate(path: &str) -> Result<(), Refusal> {
    let key = normal(path);
    state::with(|state| {
        if active(state, &key)?.prepared.is_some() {
            rules::UNPREPARE_FIRST.refuse(SHARING_VIOLATION, format!("{key} is still prepared"))?;
        }
        state.active.remove(&key);
        Ok(())
    })
}

/// DestroyLayer: a scratch or a layer nobody uses. One that is not there is destroyed already.
pub fn destroy(path: &str) -> Result<(), Refusal> {
    let key = normal(path);
    let folder = Path::new(path);
    if !folder.exists() {
        return Ok(());
    }
    state::with(|state| {
        if state.active.contains_key(&key) || user(state, &key).is_some() {
            rules::UNPREPARE_FIRST.refuse(SHARING_VIOLATION, format!("{key} is in use"))?;
        }
        let scratch = state.active.iter().find(|(_, active)| active.prepared.iter().flatten().any(|layer| *layer == key));
        if let Some((scratch, _)) = scratch {
            return Err(rules::LAYER_IN_USE.refusal(SHARING_VIOLATION, format!("{key} is below the scratch {scratch}")));
        }
        let inside = |system: &state::System| {
            let image = system.image.as_deref().unwrap_or_default();
            let shared = system.machine.shares.values().any(|share| *share == key || share.starts_with(&format!("{key}\\")));
            system.layers.contains(&key) || image.starts_with(&format!("{key}\\")) || shared
        };
        let system = state.systems.iter().find(|(_, system)| system.phase != Phase::Stopped && inside(system));
        if let Some((id, _)) = system {
            return Err(rules::LAYER_IN_USE.refusal(SHARING_VIOLATION, format!("{key} is open in the system {id}")));
        }
        Ok(())
    })?;
    tree::remove(folder).map_err(|error| failed(&error, path))?;
    state::with(|state| state.scratches.remove(&key));
    crate::streams::forget(path);
    Ok(())
}
