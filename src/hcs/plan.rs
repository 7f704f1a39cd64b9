//! The host of `--dry-run`: it does nothing, says yes to everything, and keeps a list of what it was asked.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::Isolation;
use crate::hcs::call::CallError;
use crate::hcs::documents::{
    AttachEndpoint, ConsoleSize, ContainerDocument, Endpoint, EndpointProperties, Layer, Namespace, Network, ProcessParameters,
    Signal, SystemProperties, SystemQuery,
};
use crate::hcs::guid::Guid;
use crate::hcs::id::ContainerId;
use crate::hcs::system::{Container, Process, Result, Spawned, System};
use crate::image::Digest;
use crate::layer::transport::{Pending, Stamp, stamp_portably};
use crate::layer::{LayerSink, SddlConverter};
use crate::runner::request::Request;

/// What `--dry-run` prints, `wincompat/plan/v1`: the calls that would be made, in their order.
#[derive(Clone, Debug, Serialize)]
pub struct Planned<'a> {
    /// `wincompat/plan/v1`.
    pub schema: &'static str,
    /// What is to be run.
    pub request: &'a Request,
    /// From the scratch layer on to the last thing given back.
    pub calls: Vec<PlannedCall>,
}

/// The version of the form of [`Planned`].
pub const SCHEMA: &str = "wincompat/plan/v1";

/// One call that would be made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedCall {
    /// The function, e.g. `HcsCreateComputeSystem`.
    pub call: &'static str,
    /// What it would be made on, e.g. a path or an id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub on: String,
    /// The document it would be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Value>,
}

/// A host that only notes what it is asked.
///
/// What Windows would answer is stood in for: the ids of layers (a function of vmcompute.dll makes them), the scratch volume, and
/// a NAT network.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    calls: Arc<Mutex<Vec<PlannedCall>>>,
}

/// The stand-in for the scratch volume.
const VOLUME: &str = "\\\\?\\Volume{00000000-0000-0000-0000-000000000000}\\";

impl Plan {
    /// An empty plan.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was noted so far.
    pub fn calls(&self) -> Vec<PlannedCall> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, call: &'static str, on: impl ToString) {
        self.push(PlannedCall { call, on: on.to_string(), document: None });
    }

    fn note_document(&self, call: &'static str, on: impl ToString, document: &impl Serialize) {
        self.push(PlannedCall { call, on: on.to_string(), document: serde_json::to_value(document).ok() });
    }

    fn push(&self, call: PlannedCall) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }
}

impl System for Plan {
    /// Those of every Windows with the libraries.
    fn schema_versions(&self) -> Result<Vec<(u32, u32)>> {
        Ok(vec![(1, 0), (2, 1)])
    }

    fn name_to_guid(&self, name: &str) -> Result<Guid> {
        Ok(Digest::of(name.as_bytes()).hex().get(..32).and_then(from_hex).unwrap_or(Guid::from_random([0; 16])))
    }

    fn create_scratch(&self, scratch: &Path, layers: &[Layer]) -> Result<()> {
        self.note_document("CreateSandboxLayer", scratch.display(), &layers);
        Ok(())
    }

    fn activate_layer(&self, scratch: &Path) -> Result<()> {
        self.note("ActivateLayer", scratch.display());
        Ok(())
    }

    fn prepare_layer(&self, scratch: &Path, layers: &[Layer]) -> Result<()> {
        self.note_document("PrepareLayer", scratch.display(), &layers);
        Ok(())
    }

    fn layer_volume(&self, scratch: &Path) -> Result<String> {
        self.note("GetLayerMountPath", scratch.display());
        Ok(VOLUME.to_owned())
    }

    fn unprepare_layer(&self, scratch: &Path) -> Result<()> {
        self.note("UnprepareLayer", scratch.display());
        Ok(())
    }

    fn deactivate_layer(&self, scratch: &Path) -> Result<()> {
        self.note("DeactivateLayer", scratch.display());
        Ok(())
    }

    fn destroy_layer(&self, folder: &Path) -> Result<()> {
        self.note("DestroyLayer", folder.display());
        Ok(())
    }

    /// Until it has been destroyed.
    fn layer_exists(&self, folder: &Path) -> Result<bool> {
        let folder = folder.display().to_string();
        Ok(!self.calls().iter().any(|call| call.call == "DestroyLayer" && call.on == folder))
    }

    fn utility_vm(&self, layers: &[Layer]) -> Result<Option<PathBuf>> {
        Ok(layers.last().map(|base| Path::new(&base.path).join("UtilityVM")))
    }

    fn base_layer(&self, _folder: &Path) -> Result<Box<dyn LayerSink>> {
        Err(not_planned("base_layer"))
    }

    fn utility_vm_layer(&self, _folder: &Path, _parent: &Path) -> Result<Box<dyn LayerSink>> {
        Err(not_planned("utility_vm_layer"))
    }

    fn stamp(&self) -> Stamp {
        stamp_portably
    }

    fn sddl(&self) -> Option<&SddlConverter> {
        None
    }

    fn process_base_image(&self, _folder: &Path) -> Result<()> {
        Err(not_planned("ProcessBaseImage"))
    }

    fn import_layer(&self, _folder: &Path, _transport: &Path, _parents: &[Layer]) -> Result<()> {
        Err(not_planned("ImportLayer"))
    }

    fn settle_layer(&self, _folder: &Path, _parents: &[Layer], _pending: &Pending) -> Result<()> {
        Err(not_planned("settle_layer"))
    }

    fn process_utility_image(&self, _folder: &Path) -> Result<()> {
        Err(not_planned("ProcessUtilityImage"))
    }

    fn create_container(&self, id: &ContainerId, document: &ContainerDocument) -> Result<Box<dyn Container>> {
        self.note_document("HcsCreateComputeSystem", id, document);
        Ok(Box::new(PlannedContainer { plan: self.clone(), id: *id }))
    }

    fn open_container(&self, _id: &str, _isolation: Isolation) -> Result<Option<Box<dyn Container>>> {
        Ok(None)
    }

    fn compute_systems(&self, _isolation: Isolation, _query: &SystemQuery) -> Result<Vec<SystemProperties>> {
        Ok(Vec::new())
    }

    fn networks(&self) -> Result<Vec<Network>> {
        self.note("HcnEnumerateNetworks", "");
        let nat = serde_json::json!({"ID": Guid::from_fields(0, 0, 0, [0; 8]), "Name": "nat", "Type": "NAT"});
        Ok(serde_json::from_value(nat).into_iter().collect())
    }

    fn create_endpoint(&self, network: Guid, id: Guid, document: &Endpoint) -> Result<EndpointProperties> {
        self.note_document("HcnCreateEndpoint", format_args!("{id} on network {network}"), document);
        Ok(EndpointProperties { id, name: String::new(), host_compute_namespace: String::new(), ip_configurations: Vec::new() })
    }

    fn endpoints(&self) -> Result<Vec<EndpointProperties>> {
        Ok(Vec::new())
    }

    fn delete_endpoint(&self, id: Guid) -> Result<()> {
        self.note("HcnDeleteEndpoint", id);
        Ok(())
    }

    fn create_namespace(&self, id: Guid, document: &Namespace) -> Result<()> {
        self.note_document("HcnCreateNamespace", id, document);
        Ok(())
    }

    fn attach_endpoint(&self, namespace: Guid, document: &AttachEndpoint) -> Result<()> {
        self.note_document("HcnModifyNamespace", namespace, document);
        Ok(())
    }

    fn namespaces(&self) -> Result<Vec<Guid>> {
        Ok(Vec::new())
    }

    fn delete_namespace(&self, id: Guid) -> Result<()> {
        self.note("HcnDeleteNamespace", id);
        Ok(())
    }
}

/// A plan begins where the image's layers are there.
fn not_planned(call: &'static str) -> CallError {
    CallError::unusable(call, "a plan imports no layers")
}

/// Thirty-two hex digits as a GUID.
fn from_hex(digits: &str) -> Option<Guid> {
    let number = u128::from_str_radix(digits, 16).ok()?;
    Some(Guid::from_random(number.to_be_bytes()))
}

struct PlannedContainer {
    plan: Plan,
    id: ContainerId,
}

impl Container for PlannedContainer {
    fn start(&self) -> Result<()> {
        self.plan.note("HcsStartComputeSystem", self.id);
        Ok(())
    }

    fn create_process(&self, parameters: &ProcessParameters) -> Result<Spawned> {
        self.plan.note_document("HcsCreateProcess", self.id, parameters);
        Ok(Spawned { process: Box::new(PlannedProcess), stdin: None, stdout: None, stderr: None })
    }

    fn shut_down(&self) -> Result<()> {
        Ok(())
    }

    fn terminate(&self) -> Result<()> {
        self.plan.note("HcsTerminateComputeSystem", self.id);
        Ok(())
    }

    fn wait(&self, _at_most: Duration) -> Result<bool> {
        Ok(true)
    }
}

/// A process that ended well as soon as it was started.
struct PlannedProcess;

impl Process for PlannedProcess {
    fn id(&self) -> u32 {
        0
    }

    fn wait(&self, _at_most: Duration) -> Result<Option<u32>> {
        Ok(Some(0))
    }

    fn close_stdin(&self) -> Result<()> {
        Ok(())
    }

    fn resize(&self, _size: ConsoleSize) -> Result<()> {
        Ok(())
    }

    fn signal(&self, _signal: Signal) -> Result<()> {
        Ok(())
    }

    fn terminate(&self) -> Result<()> {
        Ok(())
    }
}
