//! A container's life, told as a recipe: layers → scratch → network → document → create → start → process → stdio → wait →
//! clean up. Every step that takes something of the host writes it down first; whatever happens then, all of it is given back.

use jiff::Timestamp;

use super::call::CallError;
use super::claim::Claim;
use super::documents::{Argon, ConsoleSize, ContainerDocument, Layer, Spec, Xenon};
use super::error::Error;
use super::import;
use super::interrupts::Interrupts;
use super::network::{self, Connection};
use super::process;
use super::release;
use super::request::Request;
use super::scratch;
use super::state::Resource;
use super::stdio::Stdio;
use super::store::Store;
use super::system::{Container, Spawned, System};
use crate::compat::Isolation;

/// What a recipe works with.
pub struct Kitchen<'a> {
    /// The host.
    pub system: &'a dyn System,
    /// Where layers and containers are.
    pub store: &'a Store,
    /// The user's interrupts.
    pub interrupts: &'a Interrupts,
    /// Who is told how it goes.
    pub report: &'a dyn Fn(Progress<'_>),
    /// How large the user's terminal is, for a process with a console.
    pub console: &'a dyn Fn() -> Option<ConsoleSize>,
}

/// How it goes.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The container has this id and is about to be made.
    Claimed(&'a Claim),
    /// Something the user should know, one sentence.
    Note(&'a str),
    /// Its process runs; the claim's state tells its address.
    Running(&'a Claim),
}

/// How it ended.
#[derive(Debug)]
pub struct Outcome {
    /// What its process ended with, all 32 bits; or why there is no such thing.
    pub exit_code: Result<u32, Error>,
    /// What could not be given back. `prune` tries again.
    pub left_over: Vec<Error>,
}

/// Runs a container from its layers to its last trace. `stdio` is asked once the container's folder is there.
pub fn run(
    kitchen: &Kitchen<'_>,
    request: &Request,
    stdio: impl FnOnce(&Claim) -> Result<Stdio, Error>,
) -> Result<Outcome, Error> {
    request.process.check()?;
    let mut claim = kitchen.store.claim(request.clone())?;
    (kitchen.report)(Progress::Claimed(&claim));

    let mut container = None;
    let exit_code = stdio(&claim).and_then(|stdio| live(kitchen, &mut claim, &mut container, request, stdio));
    let left_over = clean_up(kitchen, claim, container, &exit_code);
    Ok(Outcome { exit_code, left_over })
}

/// All steps up to the end of the container's process.
fn live(
    kitchen: &Kitchen<'_>,
    claim: &mut Claim,
    container: &mut Option<Box<dyn Container>>,
    request: &Request,
    stdio: Stdio,
) -> Result<u32, Error> {
    let layers = layers(kitchen, request)?;
    let spec = spec(kitchen, claim, request, layers);
    spec.validate().map_err(|invalid| Error::invalid("the container cannot be described to Windows", &invalid))?;
    let place = scratch(kitchen, claim, request, &spec)?;
    let connection = network(kitchen, claim, request)?;
    let document = document(&spec, &place, connection)?;
    let container = create(kitchen, claim, container, &document)?;
    let spawned = process(kitchen, claim, container, request)?;
    process::accompany(kitchen, container, spawned, stdio, request.process.console, || (kitchen.report)(Progress::Running(claim)))
}

/// The image's layers as HCS knows them, topmost first.
fn layers(kitchen: &Kitchen<'_>, request: &Request) -> Result<Vec<Layer>, Error> {
    let mut layers = Vec::with_capacity(request.layers.len());
    for id in &request.layers {
        // Looked at after the claim: from that on nobody deletes them.
        if !kitchen.store.is_on_paper() && !import::is_complete(kitchen.store, id) {
            return Err(Error::new("the image's layers are gone")
                .because(format!("the layer {id} was deleted meanwhile"))
                .hint("run it again: the layers are imported once more"));
        }
        let guid = kitchen
            .system
            .name_to_guid(&id.to_string())
            .map_err(|error| Error::call("the image's layers have no ids", &error))?;
        layers.push(Layer { id: guid, path: text_of(&kitchen.store.layer(id))? });
    }
    Ok(layers)
}

/// What the container is to have.
fn spec(kitchen: &Kitchen<'_>, claim: &Claim, request: &Request, layers: Vec<Layer>) -> Spec {
    Spec {
        id: claim.id.to_string(),
        owner: kitchen.store.owner(request.isolation),
        host_name: request.host_name.clone().unwrap_or_else(|| claim.id.short()),
        layers,
        memory_mib: request.memory_mib,
        cpus: request.cpus,
        host_cpus: std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        mounts: request.mounts.clone(),
        pipes: request.pipes.clone(),
    }
}

/// Where the container writes, as its document names it.
enum Place {
    /// Process isolation: a volume of the host.
    Volume(String),
    /// Hyper-V isolation: the scratch folder, and the folder its virtual machine boots from.
    Folders { scratch: String, utility_vm: String },
}

/// The scratch layer, attached to the host or left to the virtual machine.
fn scratch(kitchen: &Kitchen<'_>, claim: &mut Claim, request: &Request, spec: &Spec) -> Result<Place, Error> {
    let Kitchen { system, store, interrupts, .. } = *kitchen;
    interrupts.check()?;
    match request.isolation {
        Isolation::Process => {
            scratch::create(system, store, claim, &spec.layers)?;
            interrupts.check()?;
            scratch::mount(system, store, claim, &spec.layers).map(Place::Volume)
        }
        Isolation::Hyperv => {
            let utility_vm = system
                .utility_vm(&spec.layers)
                .map_err(|error| Error::call("the image's layers cannot be read", &error))?
                .ok_or_else(|| {
                    Error::new("the image has no UtilityVM, from which a container with Hyper-V isolation boots")
                        .hint("use --isolation process, or an image whose base image has one")
                })?;
            scratch::create(system, store, claim, &spec.layers)?;
            Ok(Place::Folders { scratch: text_of(&store.scratch(&claim.id))?, utility_vm: text_of(&utility_vm)? })
        }
    }
}

/// The network endpoint, and for process isolation its namespace.
fn network(kitchen: &Kitchen<'_>, claim: &mut Claim, request: &Request) -> Result<Connection, Error> {
    let Kitchen { system, store, interrupts, report, .. } = *kitchen;
    interrupts.check()?;
    let Some(network) = network::choose(system, request)? else {
        if request.network == super::request::NetworkWish::Any {
            report(Progress::Note(network::NO_NETWORK));
        }
        return Ok(Connection::None);
    };
    let endpoint = network::connect(system, store, claim, request, &network)?;
    match request.isolation {
        Isolation::Process => network::enter(system, claim, endpoint).map(Connection::Namespace),
        Isolation::Hyperv => Ok(Connection::Endpoint(endpoint)),
    }
}

/// The document that says all this to HCS.
fn document(spec: &Spec, place: &Place, connection: Connection) -> Result<ContainerDocument, Error> {
    let endpoint = match connection {
        Connection::Endpoint(endpoint) => Some(endpoint),
        Connection::None | Connection::Namespace(_) => None,
    };
    let namespace = match connection {
        Connection::Namespace(namespace) => Some(namespace),
        Connection::None | Connection::Endpoint(_) => None,
    };
    match place {
        Place::Volume(volume) => Argon::new(spec, volume, namespace).map(ContainerDocument::Argon),
        Place::Folders { scratch, utility_vm } => Xenon::new(spec, scratch, utility_vm, endpoint).map(ContainerDocument::Xenon),
    }
    .map_err(|invalid| Error::invalid("the container cannot be described to Windows", &invalid))
}

/// The compute system, created and started. One that ends unexpectedly at its start is made a second time: Windows 11 does that
/// to process isolation now and then.
fn create<'c>(
    kitchen: &Kitchen<'_>,
    claim: &mut Claim,
    container: &'c mut Option<Box<dyn Container>>,
    document: &ContainerDocument,
) -> Result<&'c dyn Container, Error> {
    let Kitchen { system, interrupts, report, .. } = *kitchen;
    let id = claim.id;
    interrupts.check()?;
    claim.taking(Resource::ComputeSystem)?;
    let make = |container: &mut Option<Box<dyn Container>>| {
        let made = system.create_container(&id, document).map_err(|error| ("created", error))?;
        container.insert(made).start().map_err(|error| ("started", error))
    };
    let mut made = make(container);
    if let (Err((_, error)), ContainerDocument::Argon(_)) = (&made, document)
        && error.is_unexpected_exit()
    {
        report(Progress::Note("the container ended while it started; it is started a second time"));
        made = release::end_container(system, &id.to_string(), Isolation::Process, None, container.take())
            .map_err(|error| ("ended", error))
            .and_then(|()| make(container));
    }
    made.map_err(|(what, error)| refused(format!("the container was not {what}"), &error))?;
    container.as_deref().ok_or_else(|| Error::new("the container was not created"))
}

/// What can be done about a container that HCS did not make.
fn refused(what: String, error: &CallError) -> Error {
    let shown = Error::call(what, error);
    if error.is_unexpected_exit() {
        return shown.hint("this happens with process isolation on Windows 11 now and then: try --isolation hyperv");
    }
    shown
}

/// The container's main process, written down.
fn process(kitchen: &Kitchen<'_>, claim: &mut Claim, container: &dyn Container, request: &Request) -> Result<Spawned, Error> {
    let spawned = process::create(kitchen, container, &request.process)?;
    let id = spawned.process.id();
    claim.update(|state| {
        state.started = Some(Timestamp::now());
        state.process_id = Some(id);
    })?;
    Ok(spawned)
}

/// Gives everything back. A container whose process has run is kept for `ps` and `logs` until it is removed, one that never came
/// to that leaves nothing behind.
fn clean_up(
    kitchen: &Kitchen<'_>,
    mut claim: Claim,
    container: Option<Box<dyn Container>>,
    exit_code: &Result<u32, Error>,
) -> Vec<Error> {
    let mut left_over = Vec::new();
    let recorded = claim.update(|state| {
        state.finished = Some(Timestamp::now());
        state.exit_code = exit_code.as_ref().ok().copied();
    });
    left_over.extend(recorded.err());
    left_over.extend(release::everything(kitchen.system, kitchen.store, &mut claim, container));
    let has_run = claim.state().is_some_and(|state| state.started.is_some());
    let wanted = claim.state().is_some_and(|state| !state.request.remove);
    if (has_run && wanted) || !claim.taken().is_empty() {
        claim.keep();
    } else {
        left_over.extend(claim.remove(kitchen.store).err());
    }
    left_over
}

/// A path as documents write it.
fn text_of(path: &std::path::Path) -> Result<String, Error> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(format!("the path {} cannot be written in a document", path.display()))
            .because("it is not valid Unicode")
            .hint("use another --root")
    })
}
