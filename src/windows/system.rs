//! The runner's view of Windows: which DLL answers what.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::computecore::{ArgonContainer, ComputeCore};
use super::computenetwork::ComputeNetwork;
use super::vmcompute::{VmCompute, XenonContainer};
use super::wclayer::WcLayer;
use crate::compat::Isolation;
use crate::runner::call::CallError;
use crate::runner::documents::{
    AttachEndpoint, ContainerDocument, Endpoint, EndpointProperties, Layer, Namespace, Network, SystemProperties, SystemQuery,
};
use crate::runner::guid::Guid;
use crate::runner::id::ContainerId;
use crate::runner::system::{Container, Result, System};
use crate::runner::trace::Trace;

/// How long a call may take that is not asked to be faster; hcsshim gives creations and starts as much.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// The Host Compute Service, the Host Network Service and the layers of this machine. Each DLL is loaded when it is first used.
pub struct Hcs {
    trace: Arc<Trace>,
    patience: Duration,
    computecore: Lazy<Arc<ComputeCore>>,
    vmcompute: Lazy<Arc<VmCompute>>,
    wclayer: Lazy<WcLayer>,
    computenetwork: Lazy<ComputeNetwork>,
}

/// A DLL that was loaded, or could not be.
type Lazy<T> = OnceLock<Result<T>>;

impl Hcs {
    /// This machine; every call is traced, and given this much time.
    pub fn new(trace: Trace, patience: Duration) -> Self {
        Self {
            trace: Arc::new(trace),
            patience,
            computecore: OnceLock::new(),
            vmcompute: OnceLock::new(),
            wclayer: OnceLock::new(),
            computenetwork: OnceLock::new(),
        }
    }

    /// Makes a layer of a folder in transport form, on these parents, topmost first.
    pub fn import_layer(&self, folder: &Path, transport: &Path, parents: &[Layer]) -> Result<()> {
        self.wclayer()?.import(folder, transport, parents)
    }

    /// Finishes a base layer whose files are all there.
    pub fn process_base_image(&self, folder: &Path) -> Result<()> {
        self.wclayer()?.process_base_image(folder)
    }

    /// Finishes the `UtilityVM` folder of a layer.
    pub fn process_utility_image(&self, folder: &Path) -> Result<()> {
        self.wclayer()?.process_utility_image(folder)
    }

    fn computecore(&self) -> Result<&Arc<ComputeCore>> {
        once(&self.computecore, || ComputeCore::load(Arc::clone(&self.trace), self.patience).map(Arc::new))
    }

    fn vmcompute(&self) -> Result<&Arc<VmCompute>> {
        once(&self.vmcompute, || VmCompute::load(Arc::clone(&self.trace), self.patience).map(Arc::new))
    }

    fn wclayer(&self) -> Result<&WcLayer> {
        once(&self.wclayer, || WcLayer::load(Arc::clone(&self.trace)))
    }

    fn computenetwork(&self) -> Result<&ComputeNetwork> {
        once(&self.computenetwork, || ComputeNetwork::load(Arc::clone(&self.trace)))
    }
}

fn once<T>(lazy: &Lazy<T>, load: impl FnOnce() -> Result<T>) -> Result<&T> {
    lazy.get_or_init(load).as_ref().map_err(CallError::clone)
}

impl System for Hcs {
    fn name_to_guid(&self, name: &str) -> Result<Guid> {
        self.wclayer()?.name_to_guid(name)
    }

    fn create_scratch(&self, scratch: &Path, layers: &[Layer]) -> Result<()> {
        self.wclayer()?.create_scratch(scratch, layers)
    }

    fn activate_layer(&self, scratch: &Path) -> Result<()> {
        self.wclayer()?.activate(scratch)
    }

    fn prepare_layer(&self, scratch: &Path, layers: &[Layer]) -> Result<()> {
        self.wclayer()?.prepare(scratch, layers)
    }

    fn layer_volume(&self, scratch: &Path) -> Result<String> {
        self.wclayer()?.volume(scratch)
    }

    fn unprepare_layer(&self, scratch: &Path) -> Result<()> {
        self.wclayer()?.unprepare(scratch)
    }

    fn deactivate_layer(&self, scratch: &Path) -> Result<()> {
        self.wclayer()?.deactivate(scratch)
    }

    fn destroy_layer(&self, folder: &Path) -> Result<()> {
        self.wclayer()?.destroy(folder)
    }

    fn layer_exists(&self, folder: &Path) -> Result<bool> {
        match folder.symlink_metadata() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(CallError::unusable("GetFileAttributes", error)),
        }
    }

    fn utility_vm(&self, layers: &[Layer]) -> Result<Option<PathBuf>> {
        let folders = layers.iter().map(|layer| Path::new(&layer.path).join("UtilityVM"));
        // A reparse point in its place is not followed.
        Ok(folders.into_iter().find(|folder| folder.symlink_metadata().is_ok_and(|found| found.is_dir())))
    }

    fn create_container(&self, id: &ContainerId, document: &ContainerDocument) -> Result<Box<dyn Container>> {
        let id = id.to_string();
        Ok(match document {
            ContainerDocument::Argon(document) => Box::new(ArgonContainer::create(self.computecore()?, &id, document)?),
            ContainerDocument::Xenon(document) => Box::new(XenonContainer::create(self.vmcompute()?, &id, document)?),
        })
    }

    fn open_container(&self, id: &str, isolation: Isolation) -> Result<Option<Box<dyn Container>>> {
        Ok(match isolation {
            Isolation::Process => ArgonContainer::open(self.computecore()?, id)?.map(|container| Box::new(container) as _),
            Isolation::Hyperv => XenonContainer::open(self.vmcompute()?, id)?.map(|container| Box::new(container) as _),
        })
    }

    fn compute_systems(&self, isolation: Isolation, query: &SystemQuery) -> Result<Vec<SystemProperties>> {
        match isolation {
            Isolation::Process => self.computecore()?.enumerate(query),
            Isolation::Hyperv => self.vmcompute()?.enumerate(query),
        }
    }

    fn networks(&self) -> Result<Vec<Network>> {
        self.computenetwork()?.networks()
    }

    fn create_endpoint(&self, network: Guid, id: Guid, document: &Endpoint) -> Result<EndpointProperties> {
        self.computenetwork()?.create_endpoint(network, id, document)
    }

    fn endpoints(&self) -> Result<Vec<EndpointProperties>> {
        self.computenetwork()?.endpoints()
    }

    fn delete_endpoint(&self, id: Guid) -> Result<()> {
        self.computenetwork()?.delete_endpoint(id)
    }

    fn create_namespace(&self, id: Guid, document: &Namespace) -> Result<()> {
        self.computenetwork()?.create_namespace(id, document)
    }

    fn attach_endpoint(&self, namespace: Guid, document: &AttachEndpoint) -> Result<()> {
        self.computenetwork()?.attach_endpoint(namespace, document)
    }

    fn namespaces(&self) -> Result<Vec<Guid>> {
        self.computenetwork()?.namespaces()
    }

    fn delete_namespace(&self, id: Guid) -> Result<()> {
        self.computenetwork()?.delete_namespace(id)
    }
}
