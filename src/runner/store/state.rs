//! A container's state file: its request, its status, and the resources it holds on the host.
//!
//! A resource that could outlive a crash is recorded here before it is acquired, so that `prune` can release it.

use std::io::{self, Write as _};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Isolation;
use crate::clock::now;
use crate::files::{OpenFolder, retry_while_busy};
use crate::handles::Access;
use crate::hcs::id::ContainerId;
use crate::runner::request::RunRequest;
use crate::runner::store::Store;

/// The version of the form of state files.
const SCHEMA: &str = "wincompat/container/v1";
/// The name of the state file in a container's folder.
pub(crate) const STATE: &str = "state.json";
/// The name of the file that becomes the state file.
const FRESH: &str = "state.new";
/// A state file is a few kilobytes; what is larger is not ours.
const LIMIT: u64 = 4 << 20;

/// A resource that a container holds on the host, in the order of acquisition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// The scratch layer: a folder and a disk in it.
    Scratch,
    /// The scratch's disk, attached.
    Activation,
    /// The scratch's volume, joined with the layers below.
    Preparation,
    /// The network endpoint.
    Endpoint,
    /// The network namespace.
    Namespace,
    /// The compute system.
    ComputeSystem,
}

impl Resource {
    /// All resources, in the order of acquisition.
    pub const ALL: [Self; 6] =
        [Self::Scratch, Self::Activation, Self::Preparation, Self::Endpoint, Self::Namespace, Self::ComputeSystem];

    /// The name in state files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scratch => "scratch",
            Self::Activation => "activation",
            Self::Preparation => "preparation",
            Self::Endpoint => "endpoint",
            Self::Namespace => "namespace",
            Self::ComputeSystem => "compute-system",
        }
    }

    /// True if a service holds it, and not the file system.
    pub(crate) const fn is_of_a_service(self) -> bool {
        matches!(self, Self::Endpoint | Self::Namespace | Self::ComputeSystem)
    }
}

/// The content of a state file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The version of this form, `wincompat/container/v1`.
    pub schema: String,
    /// The container that was requested.
    pub request: RunRequest,
    /// The time of the request.
    pub created: Timestamp,
    /// The time its process started.
    pub started: Option<Timestamp>,
    /// The time its process ended.
    pub finished: Option<Timestamp>,
    /// The id of its process inside the container.
    pub process_id: Option<u32>,
    /// The exit code of its process.
    pub exit_code: Option<u32>,
    /// The address on the network, e.g. `172.30.5.17`.
    pub address: Option<String>,
    /// The id of its network namespace, where HCN has not taken the one that follows from the container's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Uuid>,
    /// The number of the process that owns it, as long as that has it locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<u32>,
    /// The resources that it holds or may hold, in the order of acquisition.
    #[serde(rename = "taken")]
    pub acquired: Vec<Resource>,
}

impl State {
    /// The state of a container that is requested and not created yet.
    pub(crate) fn of(request: RunRequest) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            request,
            created: now(),
            started: None,
            finished: None,
            process_id: None,
            exit_code: None,
            address: None,
            namespace: None,
            owner: Some(std::process::id()),
            acquired: Vec::new(),
        }
    }

    /// Writes the state file in a container's folder, so that a reader sees the old or the new one, whole, whatever happens meanwhile.
    pub(crate) fn write(&self, folder: &OpenFolder) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        // One that a killed process left.
        folder.remove_file(FRESH)?;
        let mut file = folder.file(FRESH, Access::New)?;
        file.write_all(&text)?;
        file.sync_all()?;
        drop(file);
        folder.rename(FRESH, folder, STATE)
    }

    /// The isolations a container with this state may have been created with; with an unknown state, any.
    pub(crate) fn isolations(state: Option<&Self>) -> Vec<Isolation> {
        state.map_or_else(|| Isolation::ALL.to_vec(), |state| vec![state.request.isolation])
    }
}

impl Store {
    /// The content of a container's state file, whether or not this process owns it; `None` if it is missing or unreadable.
    pub fn state(&self, id: &ContainerId) -> Option<State> {
        read(&self.open_container(id).ok()?)
    }
}

/// Reads a state file; `None` if there is none, or none that this program wrote.
pub(crate) fn read(folder: &OpenFolder) -> Option<State> {
    // It may be replaced meanwhile.
    let text = retry_while_busy(|| folder.read(STATE, LIMIT)).ok()??;
    serde_json::from_slice::<State>(&text).ok().filter(|state| state.schema == SCHEMA)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::runner::request::{NetworkWish, ProcessRequest};

    /// The state of a container that was asked for so.
    pub fn state(request: RunRequest) -> State {
        State::of(request)
    }

    /// A small request.
    pub fn request(isolation: Isolation) -> RunRequest {
        RunRequest {
            name: String::new(),
            image: "example.com/web:1".into(),
            isolation,
            layers: ["b", "a"].map(|digit| digit.repeat(64).parse().unwrap()).to_vec(),
            host_name: None,
            process: ProcessRequest { command_line: "cmd /c ver".into(), ..ProcessRequest::default() },
            mounts: Vec::new(),
            pipes: Vec::new(),
            network: NetworkWish::Any,
            ports: Vec::new(),
            memory_mib: None,
            cpus: None,
            disk_bytes: None,
            device_classes: Vec::new(),
            labels: std::collections::BTreeMap::new(),
            stop_timeout: None,
            remove: false,
        }
    }
}
