//! What the service tells of systems, processes and itself.

use super::SystemHandle;
use crate::codes::INVALID_ARGUMENT;
use crate::documents;
use crate::home;
use crate::host;
use crate::processes::ProcessHandle;
use crate::rules::{self, Refusal};
use crate::state::{self, Generation, Kind, Phase, State, System};
use serde_json::{Value, json};

/// HcsGetComputeSystemProperties.
pub fn of_system(handle: &SystemHandle, query: Option<&str>) -> Result<String, Refusal> {
    let definition = if handle.generation == Generation::V1 { "V1PropertyQuery" } else { "System_PropertyQuery" };
    let query = documents::read_optional(definition, query)?;
    state::with(|state| {
        let system = handle.find(state)?.clone();
        let mut properties = basic(&handle.id, &system, state);
        for wanted in query["PropertyTypes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            match wanted {
                "ProcessList" => properties["ProcessList"] = processes(&system),
                "Statistics" => properties["Statistics"] = statistics(),
                "TerminateOnLastHandleClosed" => properties["TerminateOnLastHandleClosed"] = json!(system.reap),
                "GuestConnection" if system.machine.guest_connection => {
                    let minor = host::schema_minor(host::build());
                    properties["GuestConnectionInfo"] =
                        json!({"SupportedSchemaVersions": [{"Major": 2, "Minor": minor}], "ProtocolVersion": 4});
                }
                _ => {}
            }
        }
        Ok(properties.to_string())
    })
}

/// HcsEnumerateComputeSystems: an array of properties.
pub fn enumerate(query: Option<&str>) -> Result<Option<String>, Refusal> {
    super::create::check_caller()?;
    let query = documents::read_optional("SystemQuery", query)?;
    let fits = |name: &str, value: &str| match query[name].as_array() {
        Some(wanted) if !wanted.is_empty() => wanted.iter().any(|wanted| wanted == value),
        _ => true,
    };
    state::with(|state| {
        let found = state.systems.iter().filter(|(_, system)| system.phase != Phase::Stopped).filter(|(id, system)| {
            fits("Ids", id) && fits("Owners", &system.owner) && fits("Names", &system.name) && fits("Types", kind(system))
        });
        let found: Vec<Value> = found.map(|(id, system)| basic(id, system, state)).collect();
        Ok(home::list(&found))
    })
}

/// HcsGetServiceProperties.
pub fn of_service(query: Option<&str>) -> Result<String, Refusal> {
    let query = documents::read_optional("Service_PropertyQuery", query)?;
    let minor = host::schema_minor(host::build());
    let versions = json!({"SupportedSchemaVersions": [{"Major": 1, "Minor": 0}, {"Major": 2, "Minor": minor}]});
    let mut properties = Vec::new();
    for wanted in query["PropertyTypes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        rules::OPTIONS.require(wanted == "Basic", INVALID_ARGUMENT, || format!("the property {wanted} is not emulated"))?;
        properties.push(versions.clone());
    }
    Ok(json!({"Properties": properties}).to_string())
}

/// HcsGetProcessProperties.
pub fn of_process(handle: &ProcessHandle, query: Option<&str>) -> Result<String, Refusal> {
    rules::OPTIONS.require(
        query.is_none_or(|query| query.trim().is_empty() || query.trim() == "{}"),
        INVALID_ARGUMENT,
        || "a process has no further properties".to_string(),
    )?;
    handle.status()
}

fn kind(system: &System) -> &'static str {
    if matches!(system.kind, Kind::Machine | Kind::Template) { "VirtualMachine" } else { "Container" }
}

fn basic(id: &str, system: &System, state: &State) -> Value {
    let mut properties = json!({
        "Id": id,
        "SystemType": kind(system),
        "RuntimeOsType": "Windows",
        "Owner": system.owner,
        "RuntimeId": system.runtime_id,
    });
    if !system.name.is_empty() {
        properties["Name"] = json!(system.name);
    }
    // A system that was made and not started reports no state.
    if system.phase != Phase::Created {
        properties["State"] = json!(format!("{:?}", system.phase));
    }
    if let Some(exit) = &system.exit {
        properties["Stopped"] = json!(true);
        properties["ExitType"] = json!(exit.kind);
    }
    if matches!(system.kind, Kind::Process | Kind::HyperV | Kind::Hosted) && system.phase != Phase::Created {
        let number = state.systems.keys().position(|other| other == id).unwrap_or(0) + 100;
        properties["ObRoot"] = json!(format!(r"\Silos\{number}"));
    }
    match system.kind {
        Kind::Hosted => properties["HostingSystemId"] = json!(system.hosting),
        // A Hyper-V container of schema 1 is hosted by a VM of the service's own.
        Kind::HyperV => properties["HostingSystemId"] = json!(crate::guid::name_to_guid(&system.runtime_id).to_string()),
        Kind::Template => {
            properties["IsRuntimeTemplate"] = json!(true);
            properties["RuntimeImagePath"] = runtime_image(system);
        }
        _ => {}
    }
    if system.kind == Kind::HyperV {
        properties["RuntimeImagePath"] = runtime_image(system);
    }
    properties
}

/// The UtilityVM folder as its document names it.
fn runtime_image(system: &System) -> Value {
    system.document.pointer("/HvRuntime/ImagePath").cloned().unwrap_or_default()
}

fn processes(system: &System) -> Value {
    let alive = system.processes.iter().filter(|(_, process)| process.exit_code.is_none());
    alive
        .map(|(pid, process)| {
            let program = process.command_line.split_whitespace().next().unwrap_or_default();
            json!({"ProcessId": pid, "ImageName": program.rsplit('\\').next()})
        })
        .collect()
}

fn statistics() -> Value {
    json!({
        "Timestamp": "2026-01-01T00:00:00.0000000Z",
        "ContainerStartTime": "2026-01-01T00:00:00.0000000Z",
        "Uptime100ns": 10_000_000u64,
        "Processor": {"TotalRuntime100ns": 1_000_000u64, "RuntimeUser100ns": 0u64, "RuntimeKernel100ns": 0u64},
        "Memory": {"MemoryUsageCommitBytes": 1_048_576u64, "MemoryUsageCommitPeakBytes": 1_048_576u64, "MemoryUsagePrivateWorkingSetBytes": 1_048_576u64},
        "Storage": {"ReadCountNormalized": 0u64, "ReadSizeBytes": 0u64, "WriteCountNormalized": 0u64, "WriteSizeBytes": 0u64},
    })
}
