//! A host that keeps what is taken of it, refuses what HCS refuses, and fails or kills the caller at the n-th call.

mod container;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use container::FakeContainer;
use serde_json::Value;

use crate::Isolation;
use crate::hcs::call::CallError;
use crate::hcs::documents::{
    AttachEndpoint, ContainerDocument, Endpoint, EndpointProperties, Layer, Namespace, Network, SystemProperties, SystemQuery,
};
use crate::hcs::guid::Guid;
use crate::hcs::id::ContainerId;
use crate::hcs::system::{Container, Result, System};
use crate::layer::transport::{Pending, Stamp, stamp_portably};
use crate::layer::{BasicInfo, Content, Directory, LayerPath, LayerSink, LinkTarget, SddlConverter};

/// What is thrown when the caller is killed at a call: nothing of it runs any more, but what the system does for dead processes
/// happens (handles are closed, locks are freed).
pub struct Killed;

/// Whether something happens instead of the n-th call or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

/// What goes wrong.
#[derive(Clone, Debug, Default)]
pub enum Trouble {
    #[default]
    None,
    /// The n-th call fails.
    Fail(usize, When),
    /// The caller is killed at the n-th call.
    Kill(usize, When),
    /// This function always fails with this code.
    Always(&'static str, u32),
    /// This function fails with this code the first time.
    Once(&'static str, u32),
    /// This function fails since its DLL is missing.
    Missing(&'static [&'static str]),
}

/// How the container's process behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// It echoes its input, and ends with this code.
    Exits(u32),
    /// It ends with 0xC000013A when Ctrl-C comes.
    WaitsForCtrlC,
    /// It ends with 1067 when it is terminated.
    WaitsForTheEnd,
    /// It ends with this code when its container is asked to shut down.
    ShutsDown(u32),
    /// It is never told of as ended, although its container ends.
    IsLost,
}

#[derive(Default)]
pub struct World {
    /// Scratch layers.
    pub layers: BTreeMap<PathBuf, Scratch>,
    pub systems: BTreeMap<String, ComputeSystem>,
    /// What the processes of systems ended with that shut down by themselves; it outlives the system, as HCS' notices do.
    shut_down: BTreeMap<String, u32>,
    pub endpoints: BTreeMap<Guid, EndpointProperties>,
    pub namespaces: Vec<Guid>,
    pub networks: Vec<(Guid, &'static str, &'static str)>,
    /// Every call, in order.
    pub calls: Vec<&'static str>,
    /// Every document, in order.
    pub documents: Vec<Value>,
    trouble: Trouble,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scratch {
    pub active: bool,
    pub prepared: bool,
}

#[derive(Clone, Debug)]
pub struct ComputeSystem {
    pub isolation: Isolation,
    pub owner: String,
    pub started: bool,
    pub ended: bool,
    /// What its processes end with when it ends.
    pub exit_code: u32,
    handles: usize,
}

/// The fake host. Clones are one host.
#[derive(Clone)]
pub struct Fake {
    world: Arc<Mutex<World>>,
    behaviour: Behaviour,
    interrupts: (u32, u32),
    /// Whether compute systems outlive the last handle. HCS ends them, but not at once.
    survive: bool,
}

const NAT: &str = "b95d0c5e-57d4-412b-b571-18a81a16e005";
const ICS: &str = "c08cb7b8-9b3c-408e-8e30-5e16a3aeb444";
pub const VOLUME: &str = "\\\\?\\Volume{6b9a436d-0465-11e9-b3e9-005056946adc}\\";

impl Fake {
    /// A healthy host with a NAT network.
    pub fn new() -> Self {
        let world = World {
            networks: vec![(ICS.parse().unwrap(), "Default Switch", "ICS"), (NAT.parse().unwrap(), "nat", "NAT")],
            ..World::default()
        };
        Self { world: Arc::new(Mutex::new(world)), behaviour: Behaviour::Exits(0), interrupts: (0, 0), survive: false }
    }

    pub fn trouble(self, trouble: Trouble) -> Self {
        self.world().trouble = trouble;
        self
    }

    pub fn behaviour(self, behaviour: Behaviour) -> Self {
        Self { behaviour, ..self }
    }

    /// Interrupts before the first step and while the process runs.
    pub fn interrupts(self, before: u32, running: u32) -> Self {
        Self { interrupts: (before, running), ..self }
    }

    pub fn surviving(self, survive: bool) -> Self {
        Self { survive, ..self }
    }

    pub fn without_networks(self) -> Self {
        self.world().networks.clear();
        self
    }

    pub fn interrupted_before(&self) -> u32 {
        self.interrupts.0
    }

    pub fn interrupted_while_running(&self) -> u32 {
        self.interrupts.1
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// What was not given back, in words; empty if all was.
    pub fn left(&self) -> Vec<String> {
        let world = self.world();
        let mut left: Vec<_> = world.layers.keys().map(|path| format!("layer {}", path.display())).collect();
        left.extend(world.systems.keys().map(|id| format!("system {id}")));
        left.extend(world.endpoints.keys().map(|id| format!("endpoint {id}")));
        left.extend(world.namespaces.iter().map(|id| format!("namespace {id}")));
        left
    }

    /// Makes a call, with the trouble that was asked for.
    fn call<T>(&self, name: &'static str, act: impl FnOnce(&mut World) -> Result<T>) -> Result<T> {
        let (trouble, number) = {
            let mut world = self.world();
            world.calls.push(name);
            let trouble = world.trouble.clone();
            if matches!(&world.trouble, Trouble::Once(function, _) if *function == name) {
                world.trouble = Trouble::None;
            }
            (trouble, world.calls.len())
        };
        let injected = || CallError::refused(name, 0x8000_4005, vec!["injected".into()]);
        match trouble {
            Trouble::Fail(n, When::Before) if n == number => return Err(injected()),
            Trouble::Kill(n, When::Before) if n == number => std::panic::resume_unwind(Box::new(Killed)),
            Trouble::Always(function, code) | Trouble::Once(function, code) if function == name => {
                return Err(CallError::refused(name, code, Vec::new()));
            }
            Trouble::Missing(functions) if functions.contains(&name) => {
                let reason = crate::hcs::call::Reason::Missing { what: "a DLL is missing".into(), hint: "enable it" };
                return Err(CallError { call: name, reason });
            }
            _ => {}
        }
        let done = act(&mut self.world())?;
        match trouble {
            Trouble::Fail(n, When::After) if n == number => Err(injected()),
            Trouble::Kill(n, When::After) if n == number => std::panic::resume_unwind(Box::new(Killed)),
            _ => Ok(done),
        }
    }

    fn handle(&self, world: &mut World, id: &str) -> Box<dyn Container> {
        world.systems.get_mut(id).unwrap().handles += 1;
        Box::new(FakeContainer { fake: self.clone(), id: id.to_owned() })
    }
}

fn refuse<T>(call: &'static str, code: u32) -> Result<T> {
    Err(CallError::refused(call, code, Vec::new()))
}

const INVALID: u32 = 0x8007_0057;
const SHARING: u32 = 0x8007_0020;
const ABSENT: u32 = 0x8007_0490;

impl System for Fake {
    fn schema_versions(&self) -> Result<Vec<(u32, u32)>> {
        self.call("HcsGetServiceProperties", |_| Ok(vec![(1, 0), (2, 1)]))
    }

    fn name_to_guid(&self, name: &str) -> Result<Guid> {
        self.call("NameToGuid", |_| Ok(Guid::from_random([name.as_bytes()[0]; 16])))
    }

    fn create_scratch(&self, scratch: &Path, layers: &[Layer]) -> Result<()> {
        self.call("CreateSandboxLayer", |world| {
            if layers.is_empty() || world.layers.insert(scratch.to_owned(), Scratch::default()).is_some() {
                return refuse("CreateSandboxLayer", INVALID);
            }
            Ok(())
        })
    }

    fn activate_layer(&self, scratch: &Path) -> Result<()> {
        self.call("ActivateLayer", |world| match world.layers.get_mut(scratch) {
            Some(layer) if !layer.active => {
                layer.active = true;
                Ok(())
            }
            _ => refuse("ActivateLayer", INVALID),
        })
    }

    fn prepare_layer(&self, scratch: &Path, _layers: &[Layer]) -> Result<()> {
        self.call("PrepareLayer", |world| match world.layers.get_mut(scratch) {
            Some(layer) if layer.active && !layer.prepared => {
                layer.prepared = true;
                Ok(())
            }
            _ => refuse("PrepareLayer", INVALID),
        })
    }

    fn layer_volume(&self, scratch: &Path) -> Result<String> {
        self.call("GetLayerMountPath", |world| match world.layers.get(scratch) {
            Some(Scratch { active: true, prepared: true }) => Ok(VOLUME.to_owned()),
            _ => refuse("GetLayerMountPath", 0x8007_0037),
        })
    }

    fn unprepare_layer(&self, scratch: &Path) -> Result<()> {
        self.call("UnprepareLayer", |world| {
            if world.systems.values().any(|system| system.isolation == Isolation::Process) {
                return refuse("UnprepareLayer", SHARING);
            }
            match world.layers.get_mut(scratch) {
                Some(layer) if layer.prepared => {
                    layer.prepared = false;
                    Ok(())
                }
                _ => refuse("UnprepareLayer", INVALID),
            }
        })
    }

    fn deactivate_layer(&self, scratch: &Path) -> Result<()> {
        self.call("DeactivateLayer", |world| match world.layers.get_mut(scratch) {
            Some(layer) if layer.active && !layer.prepared => {
                layer.active = false;
                Ok(())
            }
            _ => refuse("DeactivateLayer", INVALID),
        })
    }

    fn destroy_layer(&self, folder: &Path) -> Result<()> {
        self.call("DestroyLayer", |world| match world.layers.get(folder) {
            Some(Scratch { active: true, .. }) => refuse("DestroyLayer", SHARING),
            _ if !world.systems.is_empty() => refuse("DestroyLayer", SHARING),
            _ => {
                world.layers.remove(folder);
                let _ = std::fs::remove_dir_all(folder);
                Ok(())
            }
        })
    }

    fn layer_exists(&self, folder: &Path) -> Result<bool> {
        self.call("LayerExists", |world| Ok(world.layers.contains_key(folder) || folder.exists()))
    }

    fn utility_vm(&self, layers: &[Layer]) -> Result<Option<PathBuf>> {
        self.call("utility_vm", |_| Ok(layers.last().map(|base| Path::new(&base.path).join("UtilityVM"))))
    }

    fn base_layer(&self, folder: &Path) -> Result<Box<dyn LayerSink>> {
        self.call("base layer", |world| {
            world.layers.insert(folder.to_owned(), Scratch::default());
            Ok(Box::new(Tree { root: folder.to_owned(), current: None }) as _)
        })
    }

    fn utility_vm_layer(&self, folder: &Path, _parent: &Path) -> Result<Box<dyn LayerSink>> {
        self.call("utility vm layer", |world| {
            world.layers.insert(folder.to_owned(), Scratch::default());
            Ok(Box::new(Tree { root: folder.to_owned(), current: None }) as _)
        })
    }

    fn stamp(&self) -> Stamp {
        stamp_portably
    }

    fn sddl(&self) -> Option<&SddlConverter> {
        None
    }

    fn process_base_image(&self, folder: &Path) -> Result<()> {
        self.call("ProcessBaseImage", |_| make(&folder.join("blank.vhdx")))
    }

    fn import_layer(&self, folder: &Path, transport: &Path, parents: &[Layer]) -> Result<()> {
        self.call("ImportLayer", |_| {
            if parents.is_empty() || !transport.join("Files").is_dir() {
                return refuse("ImportLayer", INVALID);
            }
            std::fs::create_dir(folder.join("Files")).map_err(|error| CallError::unusable("ImportLayer", error))
        })
    }

    fn settle_layer(&self, folder: &Path, _parents: &[Layer], pending: &Pending) -> Result<()> {
        self.call("settle layer", |_| make(&folder.join(format!("{} tombstones", pending.tombstones.len()))))
    }

    fn process_utility_image(&self, folder: &Path) -> Result<()> {
        self.call("ProcessUtilityImage", |_| make(&folder.join("SystemTemplate.vhdx")))
    }

    fn create_container(&self, id: &ContainerId, document: &ContainerDocument) -> Result<Box<dyn Container>> {
        self.call("HcsCreateComputeSystem", |world| {
            let json = serde_json::to_value(document).unwrap();
            world.documents.push(json.clone());
            let isolation = match document {
                ContainerDocument::Argon(_) => {
                    let there = world.layers.values().any(|layer| layer.prepared)
                        && json["Container"]["Storage"]["Path"] == VOLUME
                        && json["Container"]["Networking"]["Namespace"].as_str().is_none_or(|namespace| {
                            let namespace: Guid = namespace.parse().unwrap();
                            world.namespaces.contains(&namespace)
                                && world.endpoints.values().any(|endpoint| endpoint.namespace() == Some(namespace))
                        });
                    if !there {
                        return refuse("HcsCreateComputeSystem", INVALID);
                    }
                    Isolation::Process
                }
                ContainerDocument::Xenon(_) => {
                    let scratch = PathBuf::from(json["LayerFolderPath"].as_str().unwrap());
                    let endpoints = json["EndpointList"].as_array().cloned().unwrap_or_default();
                    let there = world.layers.get(&scratch) == Some(&Scratch::default())
                        && endpoints.iter().all(|id| world.endpoints.contains_key(&id.as_str().unwrap().parse().unwrap()));
                    if !there {
                        return refuse("HcsCreateComputeSystem", INVALID);
                    }
                    Isolation::Hyperv
                }
            };
            let system = ComputeSystem {
                isolation,
                owner: json["Owner"].as_str().unwrap().to_owned(),
                started: false,
                ended: false,
                exit_code: 1067,
                handles: 0,
            };
            if world.systems.insert(id.to_string(), system).is_some() {
                return refuse("HcsCreateComputeSystem", 0x8037_010f);
            }
            Ok(self.handle(world, &id.to_string()))
        })
    }

    fn open_container(&self, id: &str, isolation: Isolation) -> Result<Option<Box<dyn Container>>> {
        self.call("HcsOpenComputeSystem", |world| match world.systems.get(id) {
            Some(system) if system.isolation == isolation && !system.ended => Ok(Some(self.handle(world, id))),
            _ => Ok(None),
        })
    }

    fn compute_systems(&self, isolation: Isolation, query: &SystemQuery) -> Result<Vec<SystemProperties>> {
        self.call("HcsEnumerateComputeSystems", |world| {
            let fits = |(id, system): &(&String, &ComputeSystem)| {
                system.isolation == isolation
                    && (query.ids.is_empty() || query.ids.contains(id))
                    && (query.owners.is_empty() || query.owners.contains(&system.owner))
            };
            let told = |(id, system): (&String, &ComputeSystem)| SystemProperties {
                id: id.clone(),
                owner: system.owner.clone(),
                state: if system.started { "Running".into() } else { String::new() },
                ..SystemProperties::default()
            };
            Ok(world.systems.iter().filter(fits).map(told).collect())
        })
    }

    fn networks(&self) -> Result<Vec<Network>> {
        self.call("HcnEnumerateNetworks", |world| {
            let network = |(id, name, kind): &(Guid, &str, &str)| Network { id: *id, name: (*name).into(), kind: (*kind).into() };
            Ok(world.networks.iter().map(network).collect())
        })
    }

    fn create_endpoint(&self, network: Guid, id: Guid, document: &Endpoint) -> Result<EndpointProperties> {
        self.call("HcnCreateEndpoint", |world| {
            let json = serde_json::to_value(document).unwrap();
            world.documents.push(json.clone());
            if !world.networks.iter().any(|(known, ..)| *known == network) {
                return refuse("HcnCreateEndpoint", 0x803b_0001);
            }
            let endpoint: EndpointProperties = serde_json::from_value(serde_json::json!({
                "ID": id, "Name": json["Name"], "IpConfigurations": [{"IpAddress": "172.30.5.17"}]
            }))
            .unwrap();
            world.endpoints.insert(id, endpoint.clone());
            Ok(endpoint)
        })
    }

    fn endpoints(&self) -> Result<Vec<EndpointProperties>> {
        self.call("HcnEnumerateEndpoints", |world| Ok(world.endpoints.values().cloned().collect()))
    }

    fn delete_endpoint(&self, id: Guid) -> Result<()> {
        self.call("HcnDeleteEndpoint", |world| match world.endpoints.get(&id) {
            None => refuse("HcnDeleteEndpoint", 0x803b_0002),
            Some(endpoint) if endpoint.namespace().is_some_and(|namespace| world.namespaces.contains(&namespace)) => {
                refuse("HcnDeleteEndpoint", 0x803b_002c)
            }
            Some(_) => {
                world.endpoints.remove(&id);
                Ok(())
            }
        })
    }

    fn create_namespace(&self, id: Guid, document: &Namespace) -> Result<()> {
        self.call("HcnCreateNamespace", |world| {
            world.documents.push(serde_json::to_value(document).unwrap());
            world.namespaces.push(id);
            Ok(())
        })
    }

    fn attach_endpoint(&self, namespace: Guid, document: &AttachEndpoint) -> Result<()> {
        self.call("HcnModifyNamespace", |world| {
            let json = serde_json::to_value(document).unwrap();
            world.documents.push(json.clone());
            let endpoint: Guid = json["Settings"]["EndpointId"].as_str().unwrap().parse().unwrap();
            match world.endpoints.get_mut(&endpoint) {
                Some(endpoint) if world.namespaces.contains(&namespace) => {
                    endpoint.host_compute_namespace = namespace.to_string();
                    Ok(())
                }
                _ => refuse("HcnModifyNamespace", 0x803b_002e),
            }
        })
    }

    fn namespaces(&self) -> Result<Vec<Guid>> {
        self.call("HcnEnumerateNamespaces", |world| Ok(world.namespaces.clone()))
    }

    fn delete_namespace(&self, id: Guid) -> Result<()> {
        self.call("HcnDeleteNamespace", |world| {
            if !world.namespaces.contains(&id) {
                return refuse("HcnDeleteNamespace", ABSENT);
            }
            if !world.systems.is_empty() {
                return refuse("HcnDeleteNamespace", 0x803b_002c);
            }
            world.namespaces.retain(|namespace| *namespace != id);
            Ok(())
        })
    }
}

/// A folder to which the plain content of files is written.
struct Tree {
    root: PathBuf,
    current: Option<std::fs::File>,
}

impl LayerSink for Tree {
    fn begin(&mut self, path: &LayerPath, info: &BasicInfo) -> std::io::Result<Content> {
        let place = self.root.join(path.as_str());
        self.current = None;
        if info.is_directory() {
            std::fs::create_dir_all(place)?;
        } else {
            self.current = Some(std::fs::File::create_new(place)?);
        }
        Ok(Content::Data)
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.current.as_mut().map_or(Ok(()), |file| file.write_all(bytes))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn hard_link(&mut self, _path: &LayerPath, _target: LinkTarget<'_>) -> std::io::Result<()> {
        Ok(())
    }

    fn remove(&mut self, _path: &LayerPath) -> std::io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, _directories: Vec<Directory>) -> std::io::Result<()> {
        Ok(())
    }

    fn abort(&mut self) {}
}

/// Makes a file as HCS would.
fn make(path: &Path) -> Result<()> {
    std::fs::write(path, "").map_err(|error| CallError::unusable("write", error))
}
