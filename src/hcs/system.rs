//! What the recipe sees of the operating system: one trait, in HCS's own words.
//!
//! Three stand behind it: Windows itself, the plan that `--dry-run` prints ([`crate::hcs::plan`]), and the fake
//! of the tests. All calls block; none may be made from a callback.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Isolation;
use crate::hcs::call::CallError;
use crate::hcs::documents::{
    AttachEndpoint, ConsoleSize, ContainerDocument, Endpoint, EndpointProperties, Layer, Namespace, Network, ProcessParameters,
    Signal, SystemProperties, SystemQuery,
};
use crate::hcs::guid::Guid;
use crate::hcs::id::ContainerId;
use crate::layer::transport::{Pending, Stamp};
use crate::layer::{LayerSink, SddlConverter};

/// The result of a call.
pub type Result<T> = std::result::Result<T, CallError>;

/// The host's layers, compute systems and networks.
pub trait System: Send + Sync {
    /// The versions of documents the service takes, each as the highest minor version of a major one, e.g. `(2, 1)`.
    fn schema_versions(&self) -> Result<Vec<(u32, u32)>>;

    // Layers: the wclayer functions of vmcompute.dll. A layer is known by the path of its folder.

    /// The GUID by which HCS knows a layer folder of this name.
    fn name_to_guid(&self, name: &str) -> Result<Guid>;
    /// Creates the scratch layer of a container on these layers, topmost first: the folder and `sandbox.vhdx` in it.
    fn create_scratch(&self, scratch: &Path, layers: &[Layer]) -> Result<()>;
    /// Attaches the scratch's disk.
    fn activate_layer(&self, scratch: &Path) -> Result<()>;
    /// Joins the scratch's volume with the layers below. Needs an elevated token.
    fn prepare_layer(&self, scratch: &Path, layers: &[Layer]) -> Result<()>;
    /// The volume of a prepared scratch, e.g. `\\?\Volume{6b9a436d-…}\`, with the trailing backslash.
    fn layer_volume(&self, scratch: &Path) -> Result<String>;
    /// Takes [`Self::prepare_layer`] back.
    fn unprepare_layer(&self, scratch: &Path) -> Result<()>;
    /// Takes [`Self::activate_layer`] back.
    fn deactivate_layer(&self, scratch: &Path) -> Result<()>;
    /// Deletes a layer's folder with all in it. It can claim success and delete nothing: look with [`Self::layer_exists`].
    fn destroy_layer(&self, folder: &Path) -> Result<()>;
    /// Whether there is anything at this path.
    fn layer_exists(&self, folder: &Path) -> Result<bool>;
    /// The folder from which a virtual machine for these layers boots: `UtilityVM` of the topmost layer that has one.
    fn utility_vm(&self, layers: &[Layer]) -> Result<Option<PathBuf>>;

    // Import of layers: the file system, and vmcompute.dll for what it makes of the files. Needs an elevated token.

    /// What writes the files of a base layer into this empty folder.
    fn base_layer(&self, folder: &Path) -> Result<Box<dyn LayerSink>>;
    /// What writes the utility VM of an upper layer into its folder, over a copy of its parent's.
    fn utility_vm_layer(&self, folder: &Path, parent: &Path) -> Result<Box<dyn LayerSink>>;
    /// What sets the times of a file in a transport folder.
    fn stamp(&self) -> Stamp;
    /// What turns a security descriptor in text into a binary one, if this system can.
    fn sddl(&self) -> Option<&SddlConverter>;
    /// Finishes a base layer whose files are all there. Done twice, it fails.
    fn process_base_image(&self, folder: &Path) -> Result<()>;
    /// Makes an upper layer of a transport folder, on these layers, topmost first.
    fn import_layer(&self, folder: &Path, transport: &Path, parents: &[Layer]) -> Result<()>;
    /// Does to an imported layer what could not travel in the transport folder.
    fn settle_layer(&self, folder: &Path, parents: &[Layer], pending: &Pending) -> Result<()>;
    /// Finishes the `UtilityVM` folder of a layer.
    fn process_utility_image(&self, folder: &Path) -> Result<()>;

    // Compute systems: computecore.dll for process isolation, vmcompute.dll for Hyper-V isolation. A system stays with the DLL
    // that created it.

    /// Creates a container, which then belongs to this process: when its last handle closes, HCS terminates it.
    fn create_container(&self, id: &ContainerId, document: &ContainerDocument) -> Result<Box<dyn Container>>;
    /// Opens a container that another process created; `None` if there is none of this id.
    fn open_container(&self, id: &str, isolation: Isolation) -> Result<Option<Box<dyn Container>>>;
    /// The compute systems that fit a query, as the DLL for this isolation tells them.
    fn compute_systems(&self, isolation: Isolation, query: &SystemQuery) -> Result<Vec<SystemProperties>>;

    // Networks: computenetwork.dll.

    /// All networks.
    fn networks(&self) -> Result<Vec<Network>>;
    /// Creates an endpoint of this id on a network, and tells its address.
    fn create_endpoint(&self, network: Guid, id: Guid, document: &Endpoint) -> Result<EndpointProperties>;
    /// All endpoints.
    fn endpoints(&self) -> Result<Vec<EndpointProperties>>;
    /// Deletes an endpoint.
    fn delete_endpoint(&self, id: Guid) -> Result<()>;
    /// Creates a namespace of this id.
    fn create_namespace(&self, id: Guid, document: &Namespace) -> Result<()>;
    /// Attaches an endpoint to a namespace.
    fn attach_endpoint(&self, namespace: Guid, document: &AttachEndpoint) -> Result<()>;
    /// The ids of all namespaces.
    fn namespaces(&self) -> Result<Vec<Guid>>;
    /// Deletes a namespace, which detaches its endpoints.
    fn delete_namespace(&self, id: Guid) -> Result<()>;
}

/// How long a call may take; hcsshim gives creations and starts as much.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// A compute system that is a container, of either generation. Dropping it closes the handle.
pub trait Container: Send + Sync {
    /// Starts it; returns when it runs.
    fn start(&self) -> Result<()>;
    /// Starts a process in it. Standard handles are given out here and never again.
    fn create_process(&self, parameters: &ProcessParameters) -> Result<Spawned>;
    /// Asks it to shut down; returns at once.
    fn shut_down(&self) -> Result<()>;
    /// Ends it by force. It has ended when [`Self::wait`] says so.
    fn terminate(&self) -> Result<()>;
    /// Waits until it has ended, at most this long: whether it has.
    fn wait(&self, at_most: Duration) -> Result<bool>;
}

/// A process just started.
pub struct Spawned {
    /// The process.
    pub process: Box<dyn Process>,
    /// Where to write its standard input, if that was asked for.
    pub stdin: Option<Box<dyn Write + Send>>,
    /// Where to read its standard output.
    pub stdout: Option<Box<dyn Read + Send>>,
    /// Where to read its standard error, if it has one of its own.
    pub stderr: Option<Box<dyn Read + Send>>,
}

/// A process in a container. Dropping it closes the handle and does not end the process.
pub trait Process: Send + Sync {
    /// Its id inside the container.
    fn id(&self) -> u32;
    /// Waits until it has ended, at most this long: its exit code, all 32 bits of it.
    fn wait(&self, at_most: Duration) -> Result<Option<u32>>;
    /// Tells it that its standard input has ended. The local end of the pipe is dropped after this.
    fn close_stdin(&self) -> Result<()>;
    /// Gives its console another size.
    fn resize(&self, size: ConsoleSize) -> Result<()>;
    /// Sends it a console event.
    fn signal(&self, signal: Signal) -> Result<()>;
    /// Ends it by force.
    fn terminate(&self) -> Result<()>;
}
