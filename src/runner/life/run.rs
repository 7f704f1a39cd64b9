//! The life of a container: layers → scratch → network → document → create → start → process → stdio → wait → clean up.
//! Every step that acquires something of the host writes it down first; whatever happens then, all of it is released.

use crate::Error;
use crate::Isolation;
use crate::advice::{Setting, advice};
use crate::clock::now;
use crate::hcs::call::CallError;
use crate::hcs::compute_systems::{Container, Spawned};
use crate::hcs::documents::{Argon, ContainerDocument, Layer, Spec, Xenon};
use crate::hcs::{failed, invalid};
use crate::runner::life::context::{Context, Progress};
use crate::runner::life::process;
use crate::runner::life::release;
use crate::runner::life::scratch;
use crate::runner::life::stdio::Stdio;
use crate::runner::network::{self, Connection};
use crate::runner::request::RunRequest;
use crate::runner::store::claim::Claim;
use crate::runner::store::import;
use crate::runner::store::state::Resource;

/// The end of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code of its process, all 32 bits; or the reason there is none.
    pub exit_code: Result<u32, Error>,
    /// Resources that could not be released. `prune` tries again.
    pub left_over: Vec<Error>,
}

/// Runs a container from the creation of its scratch layer to the release of its last resource. `stdio` is called once the container's
/// folder exists.
pub fn run(
    context: &Context<'_>,
    request: &RunRequest,
    stdio: impl FnOnce(&Claim) -> Result<Stdio, Error>,
) -> Result<Outcome, Error> {
    request.process.check()?;
    let mut claim = context.store.claim(request.clone())?;
    (context.report)(Progress::Claimed);

    let mut container = None;
    let exit_code = stdio(&claim).and_then(|stdio| live(context, &mut claim, &mut container, request, stdio));
    let left_over = clean_up(context, claim, container, &exit_code);
    Ok(Outcome { exit_code, left_over })
}

/// All steps up to the end of the container's process.
fn live(
    context: &Context<'_>,
    claim: &mut Claim,
    container: &mut Option<Box<dyn Container>>,
    request: &RunRequest,
    stdio: Stdio,
) -> Result<u32, Error> {
    let layers = layers(context, request)?;
    let spec = spec(context, claim, request, layers);
    spec.validate().map_err(|wrong| invalid("the container cannot be described to Windows", &wrong))?;
    let place = scratch(context, claim, request, &spec)?;
    let connection = network(context, claim, request)?;
    let document = document(&spec, &place, connection)?;
    let container = create(context, claim, container, &document)?;
    let spawned = process(context, claim, container, request)?;
    process::accompany(context, container, spawned, stdio, request.process.console, || (context.report)(Progress::Running(claim)))
}

/// The image's layers as HCS knows them, topmost first.
fn layers(context: &Context<'_>, request: &RunRequest) -> Result<Vec<Layer>, Error> {
    let mut layers = Vec::with_capacity(request.layers.len());
    for id in &request.layers {
        // Checked after the claim: from then on they are not deleted.
        if !context.store.is_dry_run() && !import::is_complete(context.store, id) {
            return Err(Error::new("the image's layers are gone")
                .because(format!("the layer {id} was deleted meanwhile"))
                .hint("run it again: the layers are imported once more"));
        }
        let guid = context
            .machine
            .layers()
            .name_to_guid(&id.to_string())
            .map_err(|error| failed("the image's layers have no ids", &error))?;
        layers.push(Layer { id: guid, path: text_of(&context.store.layer(id))? });
    }
    Ok(layers)
}

/// The properties of the container.
fn spec(context: &Context<'_>, claim: &Claim, request: &RunRequest, layers: Vec<Layer>) -> Spec {
    Spec {
        id: claim.id.to_string(),
        owner: context.store.owner(request.isolation),
        host_name: request.host_name.clone().unwrap_or_else(|| claim.id.short()),
        layers,
        memory_mib: request.memory_mib,
        cpus: request.cpus,
        host_cpus: std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        mounts: request.mounts.clone(),
        pipes: request.pipes.clone(),
        device_classes: request.device_classes.clone(),
    }
}

/// The scratch layer, as the container's document names it.
enum Place {
    /// Process isolation: a volume of the host.
    Volume(String),
    /// Hyper-V isolation: the scratch folder, and the folder its virtual machine boots from.
    Folders { scratch: String, utility_vm: String },
}

/// The scratch layer, attached to the host or left to the virtual machine.
fn scratch(context: &Context<'_>, claim: &mut Claim, request: &RunRequest, spec: &Spec) -> Result<Place, Error> {
    let Context { machine, store, interrupts, .. } = *context;
    interrupts.check()?;
    match request.isolation {
        Isolation::Process => {
            scratch::create(machine.layers(), store, claim, &spec.layers, request.disk_bytes)?;
            interrupts.check()?;
            scratch::mount(machine.layers(), store, claim, &spec.layers).map(Place::Volume)
        }
        Isolation::Hyperv => {
            let utility_vm = machine
                .layers()
                .utility_vm(&spec.layers)
                .map_err(|error| failed("the image's layers cannot be read", &error))?
                .ok_or_else(|| {
                    Error::new("the image has no UtilityVM, from which a container with Hyper-V isolation boots").hint(advice![
                        "use ",
                        Setting::Isolation(Isolation::Process),
                        ", or an image whose base image has one"
                    ])
                })?;
            scratch::create(machine.layers(), store, claim, &spec.layers, request.disk_bytes)?;
            Ok(Place::Folders { scratch: text_of(&store.scratch(&claim.id))?, utility_vm: text_of(&utility_vm)? })
        }
    }
}

/// The network endpoint, and for process isolation its namespace.
fn network(context: &Context<'_>, claim: &mut Claim, request: &RunRequest) -> Result<Connection, Error> {
    let Context { machine, store, interrupts, report, .. } = *context;
    interrupts.check()?;
    let Some(network) = network::choose(machine.networks(), request)? else {
        if request.network == crate::runner::request::NetworkWish::Any {
            report(Progress::Note(network::NO_NETWORK));
        }
        return Ok(Connection::None);
    };
    let endpoint = network::connect(machine.networks(), store, claim, request, &network)?;
    match request.isolation {
        Isolation::Process => network::enter(machine.networks(), claim, endpoint).map(Connection::Namespace),
        Isolation::Hyperv => Ok(Connection::Endpoint(endpoint)),
    }
}

/// The document that describes the container to HCS.
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
    .map_err(|wrong| invalid("the container cannot be described to Windows", &wrong))
}

/// The compute system, created and started. One that ends unexpectedly at its start is made a second time: Windows 11 does that
/// to process isolation now and then.
fn create<'c>(
    context: &Context<'_>,
    claim: &mut Claim,
    container: &'c mut Option<Box<dyn Container>>,
    document: &ContainerDocument,
) -> Result<&'c dyn Container, Error> {
    let Context { machine, interrupts, report, .. } = *context;
    let id = claim.id;
    interrupts.check()?;
    claim.acquiring(Resource::ComputeSystem)?;
    let make = |container: &mut Option<Box<dyn Container>>| {
        let made = machine.systems().create(&id, document).map_err(|error| ("created", error))?;
        container.insert(made).start().map_err(|error| ("started", error))
    };
    let mut made = make(container);
    if let (Err((_, error)), ContainerDocument::Argon(_)) = (&made, document)
        && error.is_unexpected_exit()
    {
        report(Progress::Note("the container ended while it started; it is started a second time"));
        made = release::end_container(machine.systems(), &id.to_string(), Isolation::Process, None, container.take())
            .map_err(|error| ("ended", error))
            .and_then(|()| make(container));
    }
    made.map_err(|(what, error)| refused(format!("the container was not {what}"), &error))?;
    container.as_deref().ok_or_else(|| Error::new("the container was not created"))
}

/// The error of a container that HCS did not create, with advice.
fn refused(what: String, error: &CallError) -> Error {
    let shown = failed(what, error);
    if error.is_unexpected_exit() {
        return shown.hint(advice![
            "this happens occasionally with process isolation on Windows 11: try ",
            Setting::Isolation(Isolation::Hyperv)
        ]);
    }
    shown
}

/// Starts the container's main process and records it.
fn process(context: &Context<'_>, claim: &mut Claim, container: &dyn Container, request: &RunRequest) -> Result<Spawned, Error> {
    let spawned = process::create(context, container, &request.process)?;
    let id = spawned.process.id();
    claim.update(|state| {
        state.started = Some(now());
        state.process_id = Some(id);
    })?;
    Ok(spawned)
}

/// Releases everything. A container whose process has run is kept for `ps` and `logs` until it is removed; any other leaves nothing
/// behind.
fn clean_up(
    context: &Context<'_>,
    mut claim: Claim,
    container: Option<Box<dyn Container>>,
    exit_code: &Result<u32, Error>,
) -> Vec<Error> {
    let mut left_over = Vec::new();
    let recorded = claim.update(|state| {
        state.finished = Some(now());
        state.exit_code = exit_code.as_ref().ok().copied();
    });
    left_over.extend(recorded.err());
    left_over.extend(release::everything(context.machine, context.store, &mut claim, container));
    let has_run = claim.state().is_some_and(|state| state.started.is_some());
    let wanted = claim.state().is_some_and(|state| !state.request.remove);
    if (has_run && wanted) || !claim.acquired().is_empty() {
        claim.keep();
    } else {
        left_over.extend(claim.remove(context.store).err());
    }
    left_over
}

/// A path as text for a document.
fn text_of(path: &std::path::Path) -> Result<String, Error> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(format!("the path {} cannot be written in a document", path.display()))
            .because("it is not valid Unicode")
            .hint(advice!["use another ", Setting::Store])
    })
}
