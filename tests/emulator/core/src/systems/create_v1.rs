//! Containers of schema 1: process isolation on a prepared volume, Hyper-V isolation with a VM of the service's own making.

use super::create::{check_disk, draft, fits_host, host_directory, layer_list, prepared_scratch, text, used_layers};
use super::values;
use crate::codes::{
    ACCESS_DENIED, ENDPOINT_ALREADY_ATTACHED, ENDPOINT_NOT_FOUND, FILE_NOT_FOUND, HYPERV_NOT_INSTALLED, INVALID_ARGUMENT,
};
use crate::host::{self, Token};
use crate::layers;
use crate::rules::{self, Refusal};
use crate::state::{Kind, Phase, State, System};
use serde_json::{Value, json};

/// The container a ContainerConfig describes, to be made with this id.
pub fn container(state: &mut State, id: &str, document: &Value) -> Result<System, Refusal> {
    let hyperv = document["HvPartition"] == json!(true);
    let kind = text(document, "/SystemType");
    rules::SYSTEM_TYPE.require(kind == "Container", INVALID_ARGUMENT, || format!("SystemType is {kind:?}"))?;
    values(document)?;
    let mut system = draft(if hyperv { Kind::HyperV } else { Kind::Process }, document);
    system.name = text(document, "/Name").to_string();
    system.reap = document["TerminateOnLastHandleClosed"] == json!(true);
    let mapped = document["MappedDirectories"].as_array().is_some_and(|mapped| !mapped.is_empty());
    if hyperv && mapped && host::token() < Token::Elevated {
        let says = "directories are mapped into a Hyper-V container by elevated callers";
        return Err(rules::HYPERV_MOUNTS.refusal(ACCESS_DENIED, says));
    }
    let layers = layer_list(&document["Layers"], "ID");
    if hyperv {
        virtual_machine(state, id, document, &mut system)?;
        system.layers = used_layers(state, &layers, None)?;
    } else {
        let scratch = prepared_scratch(state, text(document, "/VolumePath"), false)?;
        system.layers = used_layers(state, &layers, Some(&scratch))?;
        system.scratch = Some(scratch);
        fits_host(&system.layers)?;
    }
    for endpoint in document["EndpointList"].as_array().into_iter().flatten() {
        let id = endpoint.as_str().unwrap_or_default().to_lowercase();
        let Some(known) = state.endpoints.get(&id) else {
            return Err(rules::ENDPOINT_LIST.refusal(ENDPOINT_NOT_FOUND, format!("there is no endpoint {id}")));
        };
        let taken = state.systems.values().any(|other| other.phase != Phase::Stopped && other.endpoints.contains(&id));
        if known.namespace.is_some() || taken || system.endpoints.contains(&id) {
            let says = format!("the endpoint {id} is attached already");
            return Err(rules::ENDPOINT_ATTACHED.refusal(ENDPOINT_ALREADY_ATTACHED, says));
        }
        system.endpoints.push(id);
    }
    for mapped in document["MappedDirectories"].as_array().into_iter().flatten() {
        system.directories.push((host_directory(mapped)?, text(mapped, "/ContainerPath").to_string()));
    }
    Ok(system)
}

/// Names and limits. In this schema a number that is 0 is one that is left out.
fn values(document: &Value) -> Result<(), Refusal> {
    values::host_name(text(document, "/HostName"))?;
    let number = |name: &str| document[name].as_i64().filter(|number| *number != 0);
    let limits = ["ProcessorCount", "ProcessorWeight", "ProcessorMaximum"].map(number);
    rules::PROCESSOR.require(limits.iter().flatten().count() <= 1, INVALID_ARGUMENT, || {
        format!("ProcessorCount, ProcessorWeight and ProcessorMaximum are {limits:?}")
    })?;
    let [count, weight, maximum] = limits;
    values::processor(count, weight, maximum)?;
    values::memory(document.get("MemoryMaximumInMB").filter(|memory| **memory != json!(0)))?;
    values::container_paths(&document["MappedDirectories"])?;
    values::pipes(&document["MappedPipes"])?;
    values::devices(&document["AssignedDevices"])
}

fn virtual_machine(state: &State, id: &str, document: &Value, system: &mut System) -> Result<(), Refusal> {
    if !host::hyperv() {
        let says = format!("Cannot create system '{id}' since Hyper-V is not installed on the host.");
        return Err(rules::HYPERV.refusal(HYPERV_NOT_INSTALLED, says));
    }
    let volume = text(document, "/VolumePath");
    rules::VOLUME_PATH_V1.require(volume.is_empty(), INVALID_ARGUMENT, || {
        format!("a Hyper-V container has no VolumePath, the document says {volume:?}")
    })?;
    let image = text(document, "/HvRuntime/ImagePath");
    if !std::path::Path::new(image).join("SystemTemplate.vhdx").is_file() {
        let says = format!("HvRuntime.ImagePath {image:?} holds no SystemTemplate.vhdx");
        return Err(rules::UTILITY_VM.refusal(FILE_NOT_FOUND, says));
    }
    let folder = text(document, "/LayerFolderPath");
    check_disk(state, id, &format!(r"{folder}\sandbox.vhdx"))?;
    system.scratch = Some(layers::normal(folder));
    system.image = Some(layers::normal(image));
    Ok(())
}
