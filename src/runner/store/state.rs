//! A container's state file: what it is, how it fares, and what it holds of the host.
//!
//! What could outlive a crash is written here before it is taken, so that `prune` can give it back.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Isolation;
use crate::files;
use crate::hcs::id::ContainerId;
use crate::runner::request::Request;
use crate::runner::store::Store;

/// The version of the form of state files.
const SCHEMA: &str = "wincompat/container/v1";
/// The name of the state file in a container's folder.
pub(crate) const STATE: &str = "state.json";
/// A state file is a few kilobytes; what is larger is not ours.
const LIMIT: u64 = 4 << 20;

/// What a container holds of the host, in the order in which it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// Its scratch layer: a folder and a disk in it.
    Scratch,
    /// The scratch's disk, attached.
    Activation,
    /// The scratch's volume, joined with the layers below.
    Preparation,
    /// Its network endpoint.
    Endpoint,
    /// Its network namespace.
    Namespace,
    /// Its compute system.
    ComputeSystem,
}

impl Resource {
    /// All of them, in the order in which they are taken.
    pub const ALL: [Self; 6] =
        [Self::Scratch, Self::Activation, Self::Preparation, Self::Endpoint, Self::Namespace, Self::ComputeSystem];

    /// Its name, as state files have it.
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

    /// Whether a service keeps it, and not the file system.
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
    /// What was asked for.
    pub request: Request,
    /// When it was asked for.
    pub created: Timestamp,
    /// When its process started.
    pub started: Option<Timestamp>,
    /// When its process ended.
    pub finished: Option<Timestamp>,
    /// Its process, by the id inside.
    pub process_id: Option<u32>,
    /// What its process ended with.
    pub exit_code: Option<u32>,
    /// Its address on the network, e.g. `172.30.5.17`.
    pub address: Option<String>,
    /// What it holds or may hold, in the order in which it was taken.
    pub taken: Vec<Resource>,
}

impl State {
    /// That of a container that is only asked for yet.
    pub(crate) fn of(request: Request) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            request,
            created: Timestamp::now(),
            started: None,
            finished: None,
            process_id: None,
            exit_code: None,
            address: None,
            taken: Vec::new(),
        }
    }

    /// Writes the state file in a container's folder, so that a reader sees the old or the new one, whole, whatever happens meanwhile.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        let fresh = folder.join("state.new");
        let mut file = File::create(&fresh)?;
        file.write_all(&text)?;
        file.sync_all()?;
        drop(file);
        files::replace(&fresh, &folder.join(STATE))
    }

    /// The isolations a container with this state may have been created with; with an unknown state, any.
    pub(crate) fn isolations(state: Option<&Self>) -> Vec<Isolation> {
        state.map_or_else(|| Isolation::ALL.to_vec(), |state| vec![state.request.isolation])
    }
}

impl Store {
    /// What a container's state file says, whoever owns it; `None` if it is missing or unreadable.
    pub fn state(&self, id: &ContainerId) -> Option<State> {
        read(&self.container(id))
    }
}

/// Reads a state file; `None` if there is none, or none that this program wrote.
pub(crate) fn read(folder: &Path) -> Option<State> {
    let text = files::read_regular(&folder.join(STATE), LIMIT).ok()?;
    serde_json::from_slice::<State>(&text).ok().filter(|state| state.schema == SCHEMA)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::runner::request::{NetworkWish, ProcessRequest};

    /// The state of a container that was asked for so.
    pub fn state(request: Request) -> State {
        State::of(request)
    }

    /// A small request.
    pub fn request(isolation: Isolation) -> Request {
        Request {
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
            stop_timeout: None,
            remove: false,
        }
    }
}
