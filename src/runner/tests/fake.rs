//! A host that keeps its acquired resources, refuses what HCS refuses, and fails or kills the caller at the n-th call.

mod compute_systems;
mod container;
mod layers;
mod networks;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use container::FakeContainer;
use serde_json::Value;
use uuid::Uuid;

use crate::Isolation;
use crate::hcs::call::{CallError, Result};
use crate::hcs::compute_systems::Container;
use crate::hcs::documents::EndpointProperties;

/// What is thrown when the caller is killed at a call: nothing of it runs any more, but what the system does for dead processes
/// happens (handles are closed, locks are freed).
pub struct Killed;

/// True if something happens instead of the n-th call or after it.
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
    /// It ends with 1067 when it is terminated; Ctrl-C is answered only then.
    HoldsSignals,
    /// It is never reported as ended, although its container ends.
    IsLost,
}

#[derive(Default)]
pub struct World {
    /// Scratch layers.
    pub layers: BTreeMap<PathBuf, Scratch>,
    pub systems: BTreeMap<String, ComputeSystem>,
    /// What the processes of systems ended with that shut down by themselves; it outlives the system, as HCS' notices do.
    shut_down: BTreeMap<String, u32>,
    pub endpoints: BTreeMap<Uuid, EndpointProperties>,
    pub namespaces: Vec<Uuid>,
    pub networks: Vec<(Uuid, &'static str, &'static str)>,
    /// Every call, in order.
    pub calls: Vec<&'static str>,
    /// Every document, in order.
    pub documents: Vec<Value>,
    /// What was written of layers: the number of entries, the last of them, and the reason of a failure.
    pub written: Vec<(u64, Vec<String>, Option<String>)>,
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
    /// True if compute systems outlive the last handle. HCS ends them, but not at once.
    survive: bool,
    /// The id that every namespace gets, whatever was asked for.
    namespace: Option<Uuid>,
    /// The longest name of a file that an import does not lose.
    longest_path: usize,
    /// An import with longer names is refused.
    refuses_longer: bool,
    /// The name of a file that every import loses.
    lost: &'static str,
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
        Self {
            world: Arc::new(Mutex::new(world)),
            behaviour: Behaviour::Exits(0),
            interrupts: (0, 0),
            survive: false,
            namespace: None,
            longest_path: usize::MAX,
            refuses_longer: false,
            lost: "",
        }
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

    /// Imports lose files with longer names than this, and say nothing of it.
    pub fn losing_beyond(self, longest_path: usize) -> Self {
        Self { longest_path, ..self }
    }

    /// Imports lose files of this name, and say nothing of it.
    pub fn losing(self, lost: &'static str) -> Self {
        Self { lost, ..self }
    }

    /// Imports with longer names of files than this are refused.
    pub fn refusing_beyond(self, longest_path: usize) -> Self {
        Self { longest_path, refuses_longer: true, ..self }
    }

    /// Namespaces get this id, whatever was asked for.
    pub fn choosing(self, namespace: Uuid) -> Self {
        Self { namespace: Some(namespace), ..self }
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

    /// The resources that were not released, in words; empty if all were.
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
