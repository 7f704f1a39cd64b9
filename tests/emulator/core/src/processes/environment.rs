//! A container's environment: what the machine gives every account, and the document's variables over it.

use crate::codes::INVALID_ARGUMENT;
use crate::rules::{self, Refusal};
use crate::state::System;
use crate::text;
use serde_json::Value;
use std::collections::BTreeMap;
use windows_sys::Win32::System::Environment::{CreateEnvironmentBlock, DestroyEnvironmentBlock};

/// Refuses names that cannot be set, or that are one name written in two ways.
pub fn check(variables: &Value) -> Result<(), Refusal> {
    let mut seen = BTreeMap::new();
    for name in variables.as_object().into_iter().flatten().map(|(name, _)| name) {
        let twice = seen.insert(name.to_lowercase(), name).is_some();
        let fine = !name.is_empty() && !name.contains('=') && !twice;
        rules::ENVIRONMENT.require(fine, INVALID_ARGUMENT, || format!("the variable name {name:?}"))?;
    }
    Ok(())
}

/// The variables a process starts with, by name in upper case: (name as written, value). The container's host name and the
/// user's name are among them.
pub fn of_process(system: &System, parameters: &Value) -> BTreeMap<String, (String, String)> {
    let mut all = of_machine();
    let mut set = |name: &str, value: &str| {
        if !value.is_empty() {
            all.insert(name.to_string(), (name.to_string(), value.to_string()));
        }
    };
    let places = ["/Container/GuestOs/HostName", "/HostedSystem/Container/GuestOs/HostName", "/HostName"];
    let host = places.iter().find_map(|place| system.document.pointer(place)?.as_str()).unwrap_or_default();
    set("COMPUTERNAME", &host.to_uppercase());
    let user = parameters["User"].as_str().unwrap_or_default();
    set("USERNAME", user.rsplit('\\').next().unwrap_or_default());
    for (name, value) in parameters["Environment"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        if value.is_empty() && rules::EMPTY_VARIABLE.holds() {
            continue;
        }
        all.insert(name.to_uppercase(), (name.clone(), value.to_string()));
    }
    all
}

/// The block CreateProcessW takes.
pub fn block(variables: &BTreeMap<String, (String, String)>) -> Vec<u16> {
    let mut block: Vec<u16> = variables.values().flat_map(|(name, value)| text::wide(&format!("{name}={value}"))).collect();
    if block.is_empty() {
        block.push(0);
    }
    block.push(0);
    block
}

fn of_machine() -> BTreeMap<String, (String, String)> {
    let mut block = std::ptr::null_mut();
    let mut all = BTreeMap::new();
    // SAFETY: the block is a sequence of texts that an empty one ends, and is given back after it was read.
    unsafe {
        if CreateEnvironmentBlock(&mut block, std::ptr::null_mut(), 0) == 0 {
            return all;
        }
        let mut next = block as *const u16;
        while let Some(entry) = text::read(next).filter(|entry| !entry.is_empty()) {
            next = next.add(entry.encode_utf16().count() + 1);
            if let Some((name, value)) = entry.split_once('=').filter(|(name, _)| !name.is_empty()) {
                all.insert(name.to_uppercase(), (name.to_string(), value.to_string()));
            }
        }
        DestroyEnvironmentBlock(block);
    }
    all
}
