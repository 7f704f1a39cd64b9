//! Making a system: which document it is, what a process-isolated container needs, and what is checked again at its start.

use super::{SystemHandle, create_machine, create_v1, values};
use crate::codes::{
    ACCESS_DENIED_HCS, ELEMENT_NOT_FOUND, FILE_NOT_FOUND, IMAGE_MISMATCH, INVALID_ARGUMENT, INVALID_JSON, NOT_A_REPARSE_POINT,
    SHARING_VIOLATION, SYSTEM_ALREADY_EXISTS, UNSUPPORTED_PROTOCOL_VERSION,
};
use crate::documents;
use crate::guid;
use crate::home;
use crate::host::{self, Token};
use crate::image;
use crate::layers::{self, chain};
use crate::owner::Owner;
use crate::rules::{self, Refusal};
use crate::state::{self, Exit, Generation, Kind, Machine, Phase, State, System};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Makes the system a document describes and ties the handle to it.
pub fn create(handle: &Arc<SystemHandle>, document: Option<&str>) -> Result<(), Refusal> {
    check_caller()?;
    values::id(&handle.id)?;
    let older = handle.generation == Generation::V1 && !document.unwrap_or_default().contains("\"SchemaVersion\"");
    let document = documents::read(if older { "ContainerConfig" } else { "ComputeSystem" }, document)?;
    let (runtime_id, reap) = state::with(|state| {
        if state.systems.get(&handle.id).is_some_and(|system| system.phase != Phase::Stopped) {
            let says = format!("there is a system {} already", handle.id);
            return Err(rules::ID_REUSE.refusal(SYSTEM_ALREADY_EXISTS, says));
        }
        let mut system = if older {
            create_v1::container(state, &handle.id, &document)?
        } else {
            check_version(&document)?;
            described(state, &document)?
        };
        system.generation = handle.generation;
        system.handles.insert(handle.name.clone(), Owner::current());
        let found = (system.runtime_id.clone(), system.reap);
        state.systems.insert(handle.id.clone(), system);
        Ok(found)
    })?;
    handle.bind(&runtime_id, reap);
    if home::setting("CREATE") == "system-ended" {
        state::with(|state| super::end(state, &handle.id, Exit { status: 0, kind: "UnexpectedExit".to_string() }));
    }
    if handle.closed.load(Ordering::SeqCst) {
        // It was closed while the system was being made.
        super::close(handle);
    }
    Ok(())
}

/// Refuses a caller that has no right to the service.
pub fn check_caller() -> Result<(), Refusal> {
    if host::token() == Token::User {
        return Err(rules::ELEVATION.refusal(ACCESS_DENIED_HCS, "the caller is in neither group"));
    }
    Ok(())
}

/// A system with nothing in it.
pub fn draft(kind: Kind, document: &Value) -> System {
    System {
        runtime_id: guid::fresh().to_string(),
        generation: Generation::V2,
        kind,
        phase: Phase::Created,
        owner: text(document, "/Owner").to_string(),
        name: String::new(),
        reap: document["ShouldTerminateOnLastHandleClosed"] == json!(true),
        handles: BTreeMap::new(),
        document: document.clone(),
        layers: Vec::new(),
        scratch: None,
        image: None,
        hosting: None,
        namespace: None,
        endpoints: Vec::new(),
        directories: Vec::new(),
        machine: Machine::default(),
        processes: BTreeMap::new(),
        exit: None,
    }
}

/// The text at a JSON pointer, or nothing.
pub fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// SchemaVersion: there, and one the host answers to.
pub fn check_version(document: &Value) -> Result<(), Refusal> {
    let (major, minor) = (&document["SchemaVersion"]["Major"], &document["SchemaVersion"]["Minor"]);
    let newest = host::schema_minor(host::build());
    let fine = major == 2 && minor.as_u64().unwrap_or(0) <= newest.into();
    rules::SCHEMA_VERSION
        .require(fine, INVALID_JSON, || format!("SchemaVersion {major}.{minor}: the host answers to 2.0 until 2.{newest}"))
}

fn described(state: &mut State, document: &Value) -> Result<System, Refusal> {
    let kinds: Vec<&str> =
        ["Container", "VirtualMachine", "HostedSystem"].into_iter().filter(|kind| document.get(kind).is_some()).collect();
    match kinds[..] {
        ["Container"] => process_isolated(state, document),
        ["VirtualMachine"] => create_machine::machine(document),
        ["HostedSystem"] => create_machine::hosted(state, document),
        _ => Err(rules::ONE_SYSTEM.refusal(INVALID_ARGUMENT, format!("the document describes {kinds:?}"))),
    }
}

fn process_isolated(state: &mut State, document: &Value) -> Result<System, Refusal> {
    let container = &document["Container"];
    let mut system = draft(Kind::Process, document);
    let ids = layer_list(&container["Storage"]["Layers"], "Id");
    let volume = text(container, "/Storage/Path");
    system.scratch = Some(prepared_scratch(state, volume, true)?);
    system.layers = used_layers(state, &ids, system.scratch.as_deref())?;
    fits_host(&system.layers)?;
    inner(state, container, &mut system, host_directory)?;
    Ok(system)
}

/// The (id, path) pairs of a document's layers.
pub fn layer_list(layers: &Value, id: &str) -> Vec<(String, String)> {
    let layers = layers.as_array().map(Vec::as_slice).unwrap_or_default();
    layers.iter().map(|layer| (text(layer, &format!("/{id}")).to_string(), text(layer, "/Path").to_string())).collect()
}

/// Checks a document's layers against what the scratch was prepared with, if it was; as normal paths.
pub fn used_layers(state: &mut State, layers: &[(String, String)], scratch: Option<&str>) -> Result<Vec<String>, Refusal> {
    if layers.is_empty() {
        return Err(super::crash(state, "the layer list is empty"));
    }
    let paths = chain::check(layers)?;
    let prepared = scratch.and_then(|scratch| state.active.get(scratch)?.prepared.clone());
    match prepared {
        Some(prepared) if prepared.len() > paths.len() => {
            Err(super::crash(state, &format!("the layer list has {} of {} layers", paths.len(), prepared.len())))
        }
        Some(prepared) if prepared != paths => {
            let says = "the layers are not those the scratch was prepared with";
            rules::LAYER_ORDER.refuse(INVALID_ARGUMENT, says).map(|()| paths)
        }
        _ => chain::check_order(&paths).map(|()| paths),
    }
}

/// The scratch whose volume a document names: `slash` says whether the path must end in a backslash, or must not.
pub fn prepared_scratch(state: &State, volume: &str, slash: bool) -> Result<String, Refusal> {
    let bare = volume.strip_suffix('\\').unwrap_or(volume);
    let guid = bare.strip_prefix(r"\\?\Volume{").and_then(|rest| rest.strip_suffix('}')).and_then(guid::parse);
    let Some(guid) = guid else {
        let says = format!("{volume:?} is no volume");
        return Err(rules::VOLUME_PATH.refusal(if volume.is_empty() { INVALID_ARGUMENT } else { NOT_A_REPARSE_POINT }, says));
    };
    if volume.ends_with('\\') != slash {
        let (rule, wanted) = if slash { (&rules::VOLUME_SLASH, "ends") } else { (&rules::VOLUME_PATH_V1, "does not end") };
        rule.refuse(INVALID_ARGUMENT, format!("the volume path {wanted} in a backslash, {volume:?} is otherwise"))?;
    }
    let found = state.active.iter().find(|(_, active)| active.volume == guid && active.prepared.is_some());
    let Some((scratch, _)) = found else {
        return Err(rules::VOLUME_PATH.refusal(NOT_A_REPARSE_POINT, format!("{volume:?} is no prepared scratch")));
    };
    let used = state.systems.iter().find(|(_, other)| other.scratch.as_ref() == Some(scratch) && other.phase != Phase::Stopped);
    if let Some((id, _)) = used {
        rules::SCRATCH_IN_USE.refuse(SHARING_VIOLATION, format!("{scratch} is used by {id}"))?;
    }
    Ok(scratch.clone())
}

/// Process isolation: the image's build against the host's.
pub fn fits_host(layers: &[String]) -> Result<(), Refusal> {
    let (image, host) = (image::build(layers)?, host::build());
    let fits = image.is_none_or(|image| image::fits_process_isolation(image, host));
    rules::IMAGE_MISMATCH
        .require(fits, IMAGE_MISMATCH, || format!("the image is of build {}, the host of build {host}", image.unwrap_or(0)))
}

/// What every container of schema 2 may have beside its storage. `directory` turns a HostPath into one of the host.
pub fn inner(
    state: &State,
    container: &Value,
    system: &mut System,
    directory: impl Fn(&Value) -> Result<String, Refusal>,
) -> Result<(), Refusal> {
    values::host_name(text(container, "/GuestOs/HostName"))?;
    if let Some(namespace) = container.pointer("/Networking/Namespace").and_then(Value::as_str) {
        let named = !text(container, "/GuestOs/HostName").is_empty() || host::build() < NEEDS_HOST_NAME;
        rules::HOST_NAME.require(named, INVALID_ARGUMENT, || "Construct: a namespace without a host name".to_string())?;
        let namespace = namespace.to_lowercase();
        if !state.namespaces.contains_key(&namespace) {
            let says = format!("there is no namespace {namespace}");
            return Err(rules::NAMESPACE.refusal(ELEMENT_NOT_FOUND, says));
        }
        system.namespace = Some(namespace);
    }
    values::adapters(state, &container["Networking"]["NetworkAdapters"])?;
    if let Some(processor) = container["Processor"].as_object() {
        let says = || format!("Processor {}", container["Processor"]);
        rules::PROCESSOR.require(processor.len() <= 1, INVALID_ARGUMENT, says)?;
        let number = |name: &str| processor.get(name).and_then(Value::as_i64);
        values::processor(number("Count"), number("Weight"), number("Maximum"))?;
    }
    values::memory(container["Memory"].get("SizeInMB"))?;
    values::container_paths(&container["MappedDirectories"])?;
    values::pipes(&container["MappedPipes"])?;
    values::devices(&container["AssignedDevices"])?;
    for mapped in container["MappedDirectories"].as_array().into_iter().flatten() {
        system.directories.push((directory(mapped)?, text(mapped, "/ContainerPath").to_string()));
    }
    Ok(())
}

/// The first build that was seen to refuse a namespace without a host name.
const NEEDS_HOST_NAME: u32 = 26100;

/// What is mapped of the host itself: a directory, or a single file (Kubernetes maps files).
pub fn host_directory(mapped: &Value) -> Result<String, Refusal> {
    let path = text(mapped, "/HostPath");
    let found = std::path::Path::new(path).is_absolute() && std::path::Path::new(path).exists();
    rules::MAPPED_DIRECTORY.require(found, FILE_NOT_FOUND, || format!("the host has no {path:?}"))?;
    Ok(path.to_string())
}

/// What can go wrong only when a system starts.
pub fn check_start(state: &State, system: &System) -> Result<(), Refusal> {
    match system.kind {
        Kind::Machine => create_machine::check_boot(state, system),
        Kind::HyperV => {
            let (image, host) = (image::build(&system.layers)?, host::build());
            rules::IMAGE_TOO_NEW.require(image.is_none_or(|image| image <= host), UNSUPPORTED_PROTOCOL_VERSION, || {
                format!("the image is of build {}, the host of build {host}", image.unwrap_or(0))
            })
        }
        _ => Ok(()),
    }
}

/// A Hyper-V container of schema 1 leaves a template VM behind that keeps its base layers open.
pub fn keep_template(state: &mut State, system: &System) {
    let skip = system.document.pointer("/HvRuntime/SkipTemplate") == Some(&json!(true));
    let known = state.systems.values().any(|other| other.kind == Kind::Template && other.image == system.image);
    if skip || known {
        return;
    }
    let mut template = draft(Kind::Template, &Value::Null);
    template.generation = Generation::V1;
    template.phase = Phase::Running;
    template.image = system.image.clone();
    template.document = json!({"HvRuntime": {"ImagePath": text(&system.document, "/HvRuntime/ImagePath")}});
    template.layers = system.layers.last().cloned().into_iter().collect();
    state.systems.insert(template.runtime_id.clone(), template);
}

/// Whether a disk may be attached to a VM: it exists, is not in use on the host, and is open to the VM.
pub fn check_disk(state: &State, vm: &str, file: &str) -> Result<(), Refusal> {
    let normal = layers::normal(file);
    if !std::path::Path::new(file).is_file() {
        return Err(rules::VM_ACCESS.refusal(FILE_NOT_FOUND, format!("{file:?} does not exist")));
    }
    let folder = normal.rsplit_once('\\').map_or("", |(folder, _)| folder);
    if state.active.contains_key(folder) {
        return Err(rules::DISK_ON_HOST.refusal(SHARING_VIOLATION, format!("{file:?} is active on the host")));
    }
    let granted = [vm, layers::scratch::VM_GROUP].iter().any(|who| state.grants.contains(&(who.to_lowercase(), normal.clone())));
    if !granted && !layers::scratch::open_to_vms(file) {
        return Err(rules::VM_ACCESS.refusal(crate::codes::ACCESS_DENIED, format!("{file:?} is not open to {vm}")));
    }
    Ok(())
}
