//! Calls about compute systems: computecore.dll for process isolation, vmcompute.dll for Hyper-V isolation. A system stays with the
//! DLL that created it.

use std::io::{Read, Write};
use std::time::Duration;

use crate::Isolation;
use crate::hcs::call::{CallError, Result};
use crate::hcs::documents::{ConsoleSize, ContainerDocument, ProcessParameters, SystemProperties, SystemQuery};
use crate::hcs::id::ContainerId;

/// Compute systems of both generations.
pub trait ComputeSystems: Send + Sync {
    /// The versions of documents the service accepts, each as the highest minor version of a major one, e.g. `(2, 1)`.
    fn schema_versions(&self) -> Result<Vec<(u32, u32)>>;
    /// Creates a container, which then belongs to this process: when its last handle closes, HCS terminates it.
    fn create(&self, id: &ContainerId, document: &ContainerDocument) -> Result<Box<dyn Container>>;
    /// Opens a container that another process created; `None` if there is none of this id.
    fn open(&self, id: &str, isolation: Isolation) -> Result<Option<Box<dyn Container>>>;
    /// The compute systems that match a query, as reported by the DLL for this isolation.
    fn enumerate(&self, isolation: Isolation, query: &SystemQuery) -> Result<Vec<SystemProperties>>;
}

/// A compute system that is a container, of either generation. Dropping it closes the handle.
pub trait Container: Send + Sync {
    /// Starts the container; returns when it runs.
    fn start(&self) -> Result<()>;
    /// Starts a process in the container. The standard handles are handed out here and never again.
    fn create_process(&self, parameters: &ProcessParameters) -> Result<Spawned>;
    /// Requests a shutdown; returns at once.
    fn shut_down(&self) -> Result<()> {
        Err(CallError::not_planned("HcsShutDownComputeSystem"))
    }
    /// Ends the container by force. It has ended when [`Self::wait`] says so.
    fn terminate(&self) -> Result<()>;
    /// Waits at most this long for the container to end, and returns whether it has.
    fn wait(&self, timeout: Duration) -> Result<bool>;
}

/// A process that was just started, with its standard handles.
pub struct Spawned {
    /// The process.
    pub process: Box<dyn Process>,
    /// The writing end of its standard input, if that was requested.
    pub stdin: Option<Box<dyn Write + Send>>,
    /// The reading end of its standard output.
    pub stdout: Option<Box<dyn Read + Send>>,
    /// The reading end of its standard error, if it is separate from standard output.
    pub stderr: Option<Box<dyn Read + Send>>,
}

/// A process in a container. Dropping it closes the handle and does not end the process.
pub trait Process: Send + Sync {
    /// The process id inside the container.
    fn id(&self) -> u32;
    /// Waits at most this long for the process to end, and returns its exit code, all 32 bits of it.
    fn wait(&self, timeout: Duration) -> Result<Option<u32>>;
    /// Signals the end of its standard input. The local end of the pipe is dropped after this.
    fn close_stdin(&self) -> Result<()> {
        Err(CallError::not_planned("HcsModifyProcess"))
    }
    /// Changes the size of its console.
    fn resize(&self, size: ConsoleSize) -> Result<()> {
        let _ = size;
        Err(CallError::not_planned("HcsModifyProcess"))
    }
    /// Sends Ctrl-C.
    fn interrupt(&self) -> Result<()> {
        Err(CallError::not_planned("HcsSignalProcess"))
    }
    /// Ends the process by force.
    fn terminate(&self) -> Result<()> {
        Err(CallError::not_planned("HcsTerminateProcess"))
    }
}
