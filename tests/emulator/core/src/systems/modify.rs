//! HcsModifyComputeSystem: what is added to a system that exists, and what the guest is asked for.

use super::create::{check_disk, host_directory, text};
use super::create_machine::{guest_layers, share_folder};
use super::{SystemHandle, values};
use crate::codes::{
    CONNECT_FAILED, ELEMENT_NOT_FOUND, FILE_EXISTS, INVALID_ARGUMENT, INVALID_JSON, INVALID_STATE, NOT_CONFIGURED,
    SHARING_VIOLATION,
};
use crate::documents;
use crate::rules::{self, Refusal};
use crate::state::{self, Generation, Kind, Phase, State, System};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// How long a guest takes to see a disk that was attached.
const GUEST_DISK_MS: u64 = 150;

/// Does what the request asks, host part first.
pub fn modify(handle: &SystemHandle, request: Option<&str>) -> Result<(), Refusal> {
    if handle.generation == Generation::V1 && !request.unwrap_or_default().contains("\"ResourcePath\"") {
        documents::read("V1ModifyRequest", request)?;
        return Err(rules::RESOURCE_PATH.refusal(INVALID_ARGUMENT, "requests of schema 1 are not emulated"));
    }
    let request = documents::read("ModifySettingRequest", request)?;
    state::with(|state| {
        let mut system = handle.live(state)?.clone();
        let path = text(&request, "/ResourcePath");
        let guest = request.get("GuestRequest");
        if path.is_empty() && guest.is_none() {
            return Err(rules::RESOURCE_PATH.refusal(INVALID_ARGUMENT, "the request names no resource"));
        }
        if !path.is_empty() {
            of_host(state, &handle.id, &mut system, path, &request)?;
        }
        if let Some(guest) = guest {
            of_guest(state, &mut system, guest)?;
        }
        *handle.live(state)? = system;
        Ok(())
    })
}

fn settings<'a>(request: &'a Value, definition: &str) -> Result<&'a Value, Refusal> {
    let settings = &request["Settings"];
    if !settings.is_null() || request["RequestType"] != "Remove" {
        documents::check(definition, settings)?;
    }
    Ok(settings)
}

/// Adds or removes a named thing, which must not be there, or be there.
fn change<T>(
    map: &mut std::collections::BTreeMap<String, T>,
    name: &str,
    kind: &str,
    value: impl FnOnce() -> Result<T, Refusal>,
) -> Result<(), Refusal> {
    match kind {
        "Remove" => {
            let known = map.remove(name).is_some();
            rules::RESOURCE_EXISTS.require(known, ELEMENT_NOT_FOUND, || format!("{name:?} is not there"))
        }
        "Update" => map.insert(name.to_string(), value()?).map_or(Ok(()), |_| Ok(())),
        _ if map.contains_key(name) => rules::RESOURCE_EXISTS.refuse(FILE_EXISTS, format!("{name:?} is there already")),
        _ => map.insert(name.to_string(), value()?).map_or(Ok(()), |_| Ok(())),
    }
}

fn of_host(state: &State, id: &str, system: &mut System, path: &str, request: &Value) -> Result<(), Refusal> {
    let kind = text(request, "/RequestType");
    let steps: Vec<&str> = path.split('/').collect();
    match (system.kind, steps.as_slice()) {
        (Kind::Machine, ["VirtualMachine", "Devices", "VirtualSmb", "Shares"]) => {
            let share = settings(request, "VirtualSmbShare")?;
            change(&mut system.machine.shares, text(share, "/Name"), kind, || {
                share_folder(share)?;
                Ok(crate::layers::normal(text(share, "/Path")))
            })
        }
        (Kind::Machine, ["VirtualMachine", "Devices", "Scsi", _, "Attachments", lun]) => {
            let disk = settings(request, "Attachment")?;
            let used = system.machine.mounts.values().any(|mounted| mounted == lun);
            if kind == "Remove" && used {
                return rules::RESOURCE_EXISTS.refuse(SHARING_VIOLATION, "the disk is mounted in the guest");
            }
            change(&mut system.machine.disks, lun, kind, || {
                check_disk(state, id, text(disk, "/Path"))?;
                Ok((text(disk, "/Path").to_string(), now()))
            })
        }
        (Kind::Machine, ["VirtualMachine", "Devices", "NetworkAdapters", adapter]) => {
            let settings = settings(request, "NetworkAdapter")?;
            let endpoint = text(settings, "/EndpointId").to_lowercase();
            if kind != "Remove" && !state.endpoints.contains_key(&endpoint) {
                let says = format!("there is no endpoint {endpoint}");
                return Err(rules::HCN_NOT_FOUND.refusal(crate::codes::ENDPOINT_NOT_FOUND, says));
            }
            change(&mut system.machine.adapters, adapter, kind, || Ok(endpoint))
        }
        (Kind::Machine, ["VirtualMachine", "ComputeTopology", "Memory", "SizeInMB"])
        | (Kind::Process | Kind::Hosted, ["Container", "Memory", "SizeInMB"]) => number(&request["Settings"]),
        (Kind::Process | Kind::Hosted, ["Container", "MappedPipes"]) => values::pipes(&json!([settings(request, "MappedPipe")?])),
        (Kind::Process | Kind::Hosted, ["Container", "MappedDirectories"]) => {
            let mapped = settings(request, "MappedDirectory")?;
            values::container_paths(&json!([mapped]))?;
            let target = text(mapped, "/ContainerPath").to_string();
            let known = system.directories.iter().position(|(_, container)| *container == target);
            match (kind, known) {
                ("Remove", Some(index)) => drop(system.directories.remove(index)),
                ("Add", None) => system.directories.push((host_directory(mapped)?, target)),
                _ => rules::RESOURCE_EXISTS.refuse(ELEMENT_NOT_FOUND, format!("{kind} {target:?}"))?,
            }
            Ok(())
        }
        (Kind::Process | Kind::Hosted, ["Container", "Memory"]) => {
            number(settings(request, "Container_Memory")?.get("SizeInMB").unwrap_or(&Value::Null))
        }
        (Kind::Process | Kind::Hosted, ["Container", "Processor"]) => {
            let limits = settings(request, "Container_Processor")?;
            let limit = |name: &str| limits[name].as_i64();
            let limits = [limit("Count"), limit("Weight"), limit("Maximum")];
            rules::PROCESSOR.require(limits.iter().flatten().count() <= 1, INVALID_ARGUMENT, || format!("{limits:?}"))?;
            values::processor(limits[0], limits[1], limits[2])
        }
        _ => Err(rules::RESOURCE_PATH.refusal(INVALID_ARGUMENT, format!("{:?} has no resource {path:?}", system.kind))),
    }
}

/// A size of the memory.
fn number(value: &Value) -> Result<(), Refusal> {
    rules::RESOURCE_VALUE.require(value.as_u64().is_some(), INVALID_JSON, || format!("a number expected, found {value}"))?;
    values::memory(Some(value))
}

fn of_guest(state: &State, system: &mut System, guest: &Value) -> Result<(), Refusal> {
    if system.kind != Kind::Machine {
        return Err(rules::GUEST_CONNECTION.refusal(NOT_CONFIGURED, "this system has no guest"));
    }
    if !system.machine.guest_connection {
        return Err(rules::GUEST_CONNECTION.refusal(CONNECT_FAILED, "the machine was made without GuestConnection"));
    }
    if system.phase != Phase::Running {
        return Err(rules::STATE.refusal(INVALID_STATE, format!("the guest is {:?}", system.phase)));
    }
    let (resource, kind) = (text(guest, "/ResourceType"), text(guest, "/RequestType"));
    if resource != "Network" {
        documents::check("GuestModifySettingRequest", guest)?;
    }
    match resource {
        "MappedVirtualDisk" => {
            let disk = settings(guest, "MappedVirtualDisk")?;
            let lun = disk["Lun"].to_string();
            let attached = system.machine.disks.get(&lun).map(|(_, attached)| *attached);
            let seen = attached.is_some_and(|attached| now() >= attached + GUEST_DISK_MS);
            if kind != "Remove" && !seen {
                let says = format!("the guest sees no disk at {lun}");
                return Err(rules::GUEST_DISK_LATE.refusal(ELEMENT_NOT_FOUND, says));
            }
            change(&mut system.machine.mounts, &text(disk, "/ContainerPath").to_lowercase(), kind, || Ok(lun))
        }
        "CombinedLayers" => {
            let combined = settings(guest, "CombinedLayers")?;
            let root = text(combined, "/ContainerRootPath").to_lowercase();
            let mounted = system.machine.mounts.contains_key(&root);
            rules::GUEST_LAYERS.require(mounted, ELEMENT_NOT_FOUND, || format!("no disk is mounted at {root:?}"))?;
            let layers = super::create::layer_list(&combined["Layers"], "Id");
            if kind != "Remove" {
                let paths = guest_layers(system, &layers)?;
                crate::layers::chain::check_order(&paths)?;
            }
            change(&mut system.machine.roots, &root, kind, || Ok(layers.into_iter().map(|(_, path)| path).collect()))
        }
        "NetworkNamespace" => {
            let id = text(guest, "/Settings/ID").to_lowercase();
            let known = state.namespaces.contains_key(&id);
            rules::NAMESPACE.require(known, ELEMENT_NOT_FOUND, || format!("there is no namespace {id:?}"))?;
            if kind == "Remove" {
                system.machine.namespaces.remove(&id)
            } else {
                system.machine.namespaces.insert(id)
            };
            Ok(())
        }
        "Network" => {
            let phase = text(guest, "/Settings/RequestType");
            let fine = !text(guest, "/Settings/AdapterId").is_empty() && matches!(phase, "PreAdd" | "Add" | "Remove");
            rules::RESOURCE_PATH.require(fine, INVALID_ARGUMENT, || format!("the network request {guest}"))
        }
        "MappedDirectory" | "MappedPipe" | "Memory" => Ok(()),
        _ => Err(rules::RESOURCE_PATH.refusal(INVALID_ARGUMENT, format!("the guest has no resource {resource:?}"))),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_millis() as u64)
}
