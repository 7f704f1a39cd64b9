//! The runner's view of Windows: which DLL answers what.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::computecore::{ArgonContainer, ComputeCore};
use super::computenetwork::ComputeNetwork;
use super::folder::set_basic_info;
use super::layer_writer::{self, BaseLayer, UtilityVm};
use super::privilege;
use super::security::self_relative;
use super::vmcompute::{VmCompute, XenonContainer};
use super::wclayer::WcLayer;
use crate::Isolation;
use crate::hcs::call::CallError;
use crate::hcs::documents::{
    AttachEndpoint, ContainerDocument, Endpoint, EndpointProperties, Layer, Namespace, Network, SystemProperties, SystemQuery,
};
use crate::hcs::guid::Guid;
use crate::hcs::id::ContainerId;
use crate::hcs::system::{Container, Result, System};
use crate::hcs::trace::Trace;
use crate::layer::transport::{Pending, Stamp};
use crate::layer::{BasicInfo, LayerSink, SddlConverter};

/// The Host Compute Service, the Host Network Service and the layers of this machine. Each DLL is loaded when it is first used.
pub(crate) struct Hcs {
    trace: Arc<Trace>,
    patience: Duration,
    computecore: Lazy<Arc<ComputeCore>>,
    vmcompute: Lazy<Arc<VmCompute>>,
    wclayer: Lazy<WcLayer>,
    computenetwork: Lazy<ComputeNetwork>,
}

/// The Host Compute Service of this machine; every call is traced, and given this much time.
pub fn connect(trace: Trace, timeout: Duration) -> Box<dyn System> {
    Box::new(Hcs::new(trace, timeout))
}

/// A DLL that was loaded, or could not be.
type Lazy<T> = OnceLock<Result<T>>;

impl Hcs {
    /// This machine; every call is traced, and given this much time.
    pub(crate) fn new(trace: Trace, patience: Duration) -> Self {
        Self {
            trace: Arc::new(trace),
            patience,
            computecore: OnceLock::new(),
            vmcompute: OnceLock::new(),
            wclayer: OnceLock::new(),
            computenetwork: OnceLock::new(),
        }
    }

    /// Does something for which any file may be read and written.
    fn privileged<T>(&self, call: &'static str, act: impl FnOnce() -> std::io::Result<T>) -> Result<T> {
        privilege::enable_backup_and_restore().map_err(|error| failed("AdjustTokenPrivileges", &error))?;
        act().map_err(|error| failed(call, &error))
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

/// A failure of the file system with Windows' own code.
fn failed(call: &'static str, error: &std::io::Error) -> CallError {
    match error.raw_os_error() {
        // As HRESULT_FROM_WIN32 does it.
        Some(code) => CallError::refused(call, 0x8007_0000 | (code.cast_unsigned() & 0xffff), vec![error.to_string()]),
        None => CallError::unusable(call, error),
    }
}

fn once<T>(lazy: &Lazy<T>, load: impl FnOnce() -> Result<T>) -> Result<&T> {
    lazy.get_or_init(load).as_ref().map_err(CallError::clone)
}

impl System for Hcs {
    fn schema_versions(&self) -> Result<Vec<(u32, u32)>> {
        self.computecore()?.schema_versions()
    }

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

    fn base_layer(&self, folder: &Path) -> Result<Box<dyn LayerSink>> {
        self.privileged("CreateFile", || BaseLayer::into(folder)).map(|sink| Box::new(sink) as _)
    }

    fn utility_vm_layer(&self, folder: &Path, parent: &Path) -> Result<Box<dyn LayerSink>> {
        self.privileged("CreateFile", || UtilityVm::into(folder, parent)).map(|sink| Box::new(sink) as _)
    }

    fn stamp(&self) -> Stamp {
        // The attributes of a file in a transport folder are those of a plain file; the layer's stand in its content.
        |file, info| set_basic_info(file, &BasicInfo { attributes: 0, ..*info })
    }

    fn sddl(&self) -> Option<&SddlConverter> {
        Some(&self_relative)
    }

    fn process_base_image(&self, folder: &Path) -> Result<()> {
        self.wclayer()?.process_base_image(folder)
    }

    fn import_layer(&self, folder: &Path, transport: &Path, parents: &[Layer]) -> Result<()> {
        self.wclayer()?.import(folder, transport, parents)
    }

    fn settle_layer(&self, folder: &Path, parents: &[Layer], pending: &Pending) -> Result<()> {
        let parents: Vec<&Path> = parents.iter().map(|parent| Path::new(&parent.path)).collect();
        self.privileged("CreateFile", || layer_writer::apply(folder, &parents, pending))
    }

    fn process_utility_image(&self, folder: &Path) -> Result<()> {
        self.wclayer()?.process_utility_image(folder)
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
