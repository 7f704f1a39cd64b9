//! The machine of a dry run: it does nothing, reports success for every call, and records the calls it got.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::Isolation;
use crate::hcs::call::Result;
use crate::hcs::compute_systems::{ComputeSystems, Container, Process, Spawned};
use crate::hcs::documents::{
    AttachEndpoint, ContainerDocument, Endpoint, EndpointProperties, Layer, Namespace, Network, ProcessParameters,
    SystemProperties, SystemQuery,
};
use crate::hcs::id::{ContainerId, random_guid};
use crate::hcs::layers::Layers;
use crate::hcs::networks::{Networks, OpenNamespace};
use crate::hex;
use crate::image::Digest;

/// A call that would be made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedCall {
    /// The function, e.g. `HcsCreateComputeSystem`.
    pub call: &'static str,
    /// The object of the call, e.g. a path or an id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub on: String,
    /// The document handed to the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Value>,
}

/// A machine that only records calls.
///
/// The answers of Windows have stand-ins: the ids of layers (a function of vmcompute.dll makes them), the scratch volume, and a NAT
/// network. Importing layers is not part of a plan, which begins where the image's layers are imported.
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

    /// The calls so far, in order.
    pub fn calls(&self) -> Vec<PlannedCall> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, call: &'static str, on: impl ToString) -> Result<()> {
        self.push(PlannedCall { call, on: on.to_string(), document: None });
        Ok(())
    }

    fn record_document(&self, call: &'static str, on: impl ToString, document: &impl Serialize) -> Result<()> {
        self.push(PlannedCall { call, on: on.to_string(), document: serde_json::to_value(document).ok() });
        Ok(())
    }

    fn push(&self, call: PlannedCall) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }
}

impl Layers for Plan {
    fn name_to_guid(&self, name: &str) -> Result<Uuid> {
        let digits = Digest::of(name.as_bytes()).hex().get(..32).and_then(hex::decode);
        Ok(random_guid(digits.unwrap_or_default()))
    }

    fn create_scratch(&self, scratch: &Path, layers: &[Layer]) -> Result<()> {
        self.record_document("CreateSandboxLayer", scratch.display(), &layers)
    }

    fn expand(&self, scratch: &Path, bytes: u64) -> Result<()> {
        self.record_document("ExpandSandboxSize", scratch.display(), &serde_json::json!({ "Bytes": bytes }))
    }

    fn activate(&self, scratch: &Path) -> Result<()> {
        self.record("ActivateLayer", scratch.display())
    }

    fn prepare(&self, scratch: &Path, layers: &[Layer]) -> Result<()> {
        self.record_document("PrepareLayer", scratch.display(), &layers)
    }

    fn volume(&self, scratch: &Path) -> Result<String> {
        self.record("GetLayerMountPath", scratch.display()).map(|()| VOLUME.to_owned())
    }

    fn unprepare(&self, scratch: &Path) -> Result<()> {
        self.record("UnprepareLayer", scratch.display())
    }

    fn deactivate(&self, scratch: &Path) -> Result<()> {
        self.record("DeactivateLayer", scratch.display())
    }

    fn destroy(&self, folder: &Path) -> Result<()> {
        self.record("DestroyLayer", folder.display())
    }

    /// `true` until the layer has been destroyed.
    fn exists(&self, folder: &Path) -> Result<bool> {
        let folder = folder.display().to_string();
        Ok(!self.calls().iter().any(|call| call.call == "DestroyLayer" && call.on == folder))
    }

    fn utility_vm(&self, layers: &[Layer]) -> Result<Option<PathBuf>> {
        Ok(layers.last().map(|base| Path::new(&base.path).join("UtilityVM")))
    }
}

impl ComputeSystems for Plan {
    /// The versions of every Windows that has the libraries.
    fn schema_versions(&self) -> Result<Vec<(u32, u32)>> {
        Ok(vec![(1, 0), (2, 1)])
    }

    fn create(&self, id: &ContainerId, document: &ContainerDocument) -> Result<Box<dyn Container>> {
        self.record_document("HcsCreateComputeSystem", id, document)?;
        Ok(Box::new(PlannedContainer { plan: self.clone(), id: *id }))
    }

    fn open(&self, _id: &str, _isolation: Isolation) -> Result<Option<Box<dyn Container>>> {
        Ok(None)
    }

    fn enumerate(&self, _isolation: Isolation, _query: &SystemQuery) -> Result<Vec<SystemProperties>> {
        Ok(Vec::new())
    }
}

impl Networks for Plan {
    fn networks(&self) -> Result<Vec<Network>> {
        self.record("HcnEnumerateNetworks", "")?;
        let nat = serde_json::json!({"ID": Uuid::nil(), "Name": "nat", "Type": "NAT"});
        Ok(serde_json::from_value(nat).into_iter().collect())
    }

    fn create_endpoint(&self, network: Uuid, id: Uuid, document: &Endpoint) -> Result<EndpointProperties> {
        self.record_document("HcnCreateEndpoint", format_args!("{id} on network {network}"), document)?;
        Ok(EndpointProperties { id, name: String::new(), host_compute_namespace: String::new(), ip_configurations: Vec::new() })
    }

    fn endpoints(&self) -> Result<Vec<EndpointProperties>> {
        Ok(Vec::new())
    }

    fn delete_endpoint(&self, id: Uuid) -> Result<()> {
        self.record("HcnDeleteEndpoint", id)
    }

    fn has_endpoint(&self, _id: Uuid) -> Result<bool> {
        Ok(false)
    }

    fn create_namespace(&self, id: Uuid, document: &Namespace) -> Result<Box<dyn OpenNamespace>> {
        self.record_document("HcnCreateNamespace", id, document)?;
        Ok(Box::new(PlannedNamespace { plan: self.clone(), id }))
    }

    fn has_namespace(&self, _id: Uuid) -> Result<bool> {
        Ok(false)
    }

    fn delete_namespace(&self, id: Uuid) -> Result<()> {
        self.record("HcnDeleteNamespace", id)
    }
}

struct PlannedNamespace {
    plan: Plan,
    id: Uuid,
}

impl OpenNamespace for PlannedNamespace {
    fn id(&self) -> Uuid {
        self.id
    }

    fn attach_endpoint(&self, document: &AttachEndpoint) -> Result<()> {
        self.plan.record_document("HcnModifyNamespace", self.id, document)
    }
}

struct PlannedContainer {
    plan: Plan,
    id: ContainerId,
}

impl Container for PlannedContainer {
    fn start(&self) -> Result<()> {
        self.plan.record("HcsStartComputeSystem", self.id)
    }

    fn create_process(&self, parameters: &ProcessParameters) -> Result<Spawned> {
        self.plan.record_document("HcsCreateProcess", self.id, parameters)?;
        Ok(Spawned { process: Box::new(PlannedProcess), stdin: None, stdout: None, stderr: None })
    }

    fn terminate(&self) -> Result<()> {
        self.plan.record("HcsTerminateComputeSystem", self.id)
    }

    fn wait(&self, _timeout: Duration) -> Result<bool> {
        Ok(true)
    }
}

/// A process that ended with 0 as soon as it was started.
struct PlannedProcess;

impl Process for PlannedProcess {
    fn id(&self) -> u32 {
        0
    }

    fn wait(&self, _timeout: Duration) -> Result<Option<u32>> {
        Ok(Some(0))
    }
}
