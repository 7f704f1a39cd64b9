//! Values of the right type that describe nothing: ids, names, paths, limits. What Windows answers to most of them is not
//! published, so nearly all rules here are inferred.

use super::create::text;
use crate::codes::{ENDPOINT_NOT_FOUND, INVALID_ARGUMENT};
use crate::layers;
use crate::rules::{self, Refusal};
use crate::state::State;
use serde_json::Value;
use std::collections::BTreeSet;

/// Characters that no name of a file holds.
const NOT_IN_NAMES: &[char] = &['\\', '/', ':', '*', '?', '"', '<', '>', '|'];

/// The id of a system.
pub fn id(id: &str) -> Result<(), Refusal> {
    let fine = !id.is_empty() && !id.contains(NOT_IN_NAMES) && !id.contains(char::is_control);
    rules::SYSTEM_ID.require(fine, INVALID_ARGUMENT, || format!("the id {id:?}"))
}

/// A host name; an empty one is none.
pub fn host_name(name: &str) -> Result<(), Refusal> {
    let fine = name.len() <= 63 && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    rules::HOST_NAME_FORM.require(fine, INVALID_ARGUMENT, || format!("the host name {name:?}"))
}

/// Limits of the processor, as far as they are there.
pub fn processor(count: Option<i64>, weight: Option<i64>, maximum: Option<i64>) -> Result<(), Refusal> {
    let own = std::thread::available_parallelism().map_or(1, |count| count.get() as i64);
    let counted = count.is_none_or(|count| (1..=own).contains(&count));
    rules::PROCESSOR_RANGE.require(counted, INVALID_ARGUMENT, || format!("{count:?} processors of {own}"))?;
    let weighed = weight.is_none_or(|weight| (0..=10000).contains(&weight));
    rules::PROCESSOR_RANGE.require(weighed, INVALID_ARGUMENT, || format!("the weight {weight:?}"))?;
    let fine = maximum.is_none_or(|maximum| (1..=10000).contains(&maximum));
    rules::PROCESSOR.require(fine, INVALID_ARGUMENT, || format!("the maximum {maximum:?}"))
}

/// A limit of the memory.
pub fn memory(limit: Option<&Value>) -> Result<(), Refusal> {
    let fine = limit.is_none_or(|limit| limit.as_u64().is_some_and(|limit| limit > 0));
    rules::MEMORY_RANGE.require(fine, INVALID_ARGUMENT, || format!("the memory {limit:?}"))
}

/// The places in a container of what is mapped.
pub fn container_paths(mapped: &Value) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    mapped.as_array().into_iter().flatten().try_for_each(|one| {
        let path = text(one, "/ContainerPath");
        let fine = is_container_path(path) && seen.insert(layers::normal(path));
        rules::CONTAINER_PATH.require(fine, INVALID_ARGUMENT, || format!("the container path {path:?}"))
    })
}

fn is_container_path(path: &str) -> bool {
    let Some((drive, inside)) = path.split_once(':') else { return false };
    let parts: Vec<&str> = inside.split(['\\', '/']).filter(|part| !part.is_empty()).collect();
    let fine = |part: &&str| *part != ".." && *part != "." && !part.contains(NOT_IN_NAMES) && !part.contains(char::is_control);
    drive.len() == 1
        && drive.chars().all(|letter| letter.is_ascii_alphabetic())
        && inside.starts_with(['\\', '/'])
        && !parts.is_empty()
        && parts.iter().all(fine)
}

/// Mapped pipes: the name after `\\.\pipe\` inside, and the whole one outside.
pub fn pipes(mapped: &Value) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    mapped.as_array().into_iter().flatten().try_for_each(|pipe| {
        let (inside, host) = (text(pipe, "/ContainerPipeName"), text(pipe, "/HostPath"));
        let fine = !inside.is_empty() && !host.is_empty() && seen.insert(inside.to_lowercase());
        rules::PIPES_AND_DEVICES.require(fine, INVALID_ARGUMENT, || format!("the pipe {pipe}"))
    })
}

/// Assigned devices.
pub fn devices(assigned: &Value) -> Result<(), Refusal> {
    assigned.as_array().into_iter().flatten().try_for_each(|device| {
        let fine = !text(device, "/InterfaceClassGuid").is_empty() || !text(device, "/LocationPath").is_empty();
        rules::PIPES_AND_DEVICES.require(fine, INVALID_ARGUMENT, || format!("the device {device}"))
    })
}

/// Endpoints that a container is given as its network adapters.
pub fn adapters(state: &State, adapters: &Value) -> Result<(), Refusal> {
    adapters.as_array().into_iter().flatten().filter_map(Value::as_str).try_for_each(|adapter| {
        let known = state.endpoints.contains_key(&adapter.to_lowercase());
        rules::NETWORK_ADAPTERS.require(known, ENDPOINT_NOT_FOUND, || format!("there is no endpoint {adapter}"))
    })
}
