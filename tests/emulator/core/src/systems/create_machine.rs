//! Virtual machines of schema 2, and the containers they host.

use super::create::{check_disk, check_version, draft, inner, layer_list, text};
use crate::codes::{
    FILE_NOT_FOUND, HYPERV_NOT_INSTALLED, INVALID_ARGUMENT, INVALID_STATE, SYSTEM_NOT_FOUND, TERMINATED_DURING_START,
};
use crate::documents;
use crate::guid;
use crate::host;
use crate::layers;
use crate::rules::{self, Refusal};
use crate::state::{Kind, Phase, State, System};
use serde_json::Value;

/// The path under which a guest sees a share of this name.
pub const GUEST_SHARES: &str = r"\\?\VMSMB\VSMB-{dcc079ae-60ba-4d07-847c-3493609c0870}\";

/// The virtual machine a document describes.
pub fn machine(document: &Value) -> Result<System, Refusal> {
    if !host::hyperv() {
        let says = "Cannot create the system since Hyper-V is not installed on the host.";
        return Err(rules::HYPERV.refusal(HYPERV_NOT_INSTALLED, says));
    }
    let described = &document["VirtualMachine"];
    let mut system = draft(Kind::Machine, document);
    let processors = described.pointer("/ComputeTopology/Processor/Count").and_then(Value::as_u64).unwrap_or(1);
    let own = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    rules::VM_PROCESSORS
        .require(processors <= own, INVALID_ARGUMENT, || format!("{processors} processors asked for, the host has {own}"))?;
    system.machine.guest_connection = described.get("GuestConnection").is_some();
    for share in described.pointer("/Devices/VirtualSmb/Shares").and_then(Value::as_array).into_iter().flatten() {
        share_folder(share)?;
        system.machine.shares.insert(text(share, "/Name").to_string(), layers::normal(text(share, "/Path")));
    }
    for controller in described.pointer("/Devices/Scsi").and_then(Value::as_object).into_iter().flatten() {
        for (lun, disk) in controller.1["Attachments"].as_object().into_iter().flatten() {
            system.machine.disks.insert(lun.clone(), (text(disk, "/Path").to_string(), 0));
        }
    }
    Ok(system)
}

/// Checks that a share's folder exists.
pub fn share_folder(share: &Value) -> Result<(), Refusal> {
    let path = text(share, "/Path");
    rules::RESOURCE_EXISTS.require(std::path::Path::new(path).is_dir(), FILE_NOT_FOUND, || format!("{path:?} is no folder"))
}

/// What a machine needs to boot: its share, its disks.
pub fn check_boot(state: &State, system: &System) -> Result<(), Refusal> {
    let from_share = text(&system.document, "/VirtualMachine/Chipset/Uefi/BootThis/DeviceType") == "VmbFs";
    if from_share && !system.machine.shares.contains_key("os") {
        return Err(rules::SHARE_OS.refusal(TERMINATED_DURING_START, "the machine has no share named os to boot from"));
    }
    let id = state.systems.iter().find(|(_, other)| other.runtime_id == system.runtime_id).map_or("", |(id, _)| id);
    system.machine.disks.values().try_for_each(|(file, _)| check_disk(state, id, file))
}

/// The container a machine is to host.
pub fn hosted(state: &State, document: &Value) -> Result<System, Refusal> {
    let described = &document["HostedSystem"];
    documents::check("HostedSystem", described)?;
    check_version(described)?;
    let hosting = text(document, "/HostingSystemId");
    let machine = state.systems.get(hosting).filter(|system| system.kind == Kind::Machine && system.phase != Phase::Stopped);
    let Some(machine) = machine else {
        return Err(rules::HOSTING_SYSTEM.refusal(SYSTEM_NOT_FOUND, format!("there is no machine {hosting:?}")));
    };
    if machine.phase != Phase::Running {
        return Err(rules::HOSTING_SYSTEM.refusal(INVALID_STATE, format!("the machine {hosting} does not run")));
    }
    let container = &described["Container"];
    let mut system = draft(Kind::Hosted, document);
    system.hosting = Some(hosting.to_string());
    let layers = layer_list(&container["Storage"]["Layers"], "Id");
    let guest: Vec<String> = layers.iter().map(|(_, path)| path.clone()).collect();
    let root = text(container, "/Storage/Path").to_lowercase();
    let combined = machine.machine.roots.get(&root);
    rules::GUEST_LAYERS.require(!guest.is_empty() && combined == Some(&guest), INVALID_ARGUMENT, || {
        format!("the guest combined {combined:?} at {root:?}, the document names {guest:?}")
    })?;
    system.layers = guest_layers(machine, &layers)?;
    inner(state, container, &mut system, |mapped| {
        let path = text(mapped, "/HostPath");
        let folder = on_host(machine, path);
        let found = folder.as_ref().is_some_and(|folder| std::path::Path::new(folder).is_dir());
        rules::MAPPED_DIRECTORY.require(found, FILE_NOT_FOUND, || format!("the guest sees no folder {path:?}"))?;
        Ok(folder.unwrap_or_default())
    })?;
    Ok(system)
}

/// The host folders of layers a guest sees through shares, their ids checked.
pub fn guest_layers(machine: &System, layers: &[(String, String)]) -> Result<Vec<String>, Refusal> {
    let mut paths = Vec::new();
    for (id, path) in layers {
        let Some(folder) = on_host(machine, path) else {
            return Err(rules::LAYER_PATH.refusal(crate::codes::PATH_NOT_FOUND, format!("the guest sees no folder {path:?}")));
        };
        let name = folder.rsplit('\\').next().unwrap_or_default();
        if *id.to_lowercase() != guid::name_to_guid(name).to_string() {
            let says = format!("{id} is not NameToGuid of {name:?}");
            return Err(rules::LAYER_ID.refusal(crate::codes::PATH_NOT_FOUND, says));
        }
        paths.push(folder);
    }
    Ok(paths)
}

/// The host's folder behind a path the guest sees.
fn on_host(machine: &System, guest_path: &str) -> Option<String> {
    let inside = guest_path.get(..GUEST_SHARES.len()).filter(|start| start.eq_ignore_ascii_case(GUEST_SHARES))?;
    let (share, rest) = guest_path[inside.len()..].split_once('\\').unwrap_or((&guest_path[inside.len()..], ""));
    let folder = machine.machine.shares.get(share)?;
    Some(if rest.is_empty() { folder.clone() } else { format!(r"{folder}\{rest}") })
}
