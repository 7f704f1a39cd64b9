//! The description of a container that is to be run, from the command line and the image's config.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Error;
use crate::Isolation;
use crate::hcs::documents::{ConsoleSize, Cpus, Invalid, Mount, Pipe, PortMapping, ProcessParameters};
use crate::hcs::invalid;
use crate::layer::LayerId;

/// A container that is to be run. It is written to the container's state file and handed to a monitor process as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRequest {
    /// The name, e.g. `web`.
    pub name: String,
    /// The image's reference as it was typed.
    pub image: String,
    /// The isolation that the judgement chose.
    pub isolation: Isolation,
    /// The image's layers, topmost first.
    pub layers: Vec<LayerId>,
    /// The computer name inside; the short id by default.
    pub host_name: Option<String>,
    /// The main process.
    pub process: ProcessRequest,
    /// Folders of the host.
    pub mounts: Vec<Mount>,
    /// Named pipes of the host.
    pub pipes: Vec<Pipe>,
    /// The requested network.
    pub network: NetworkWish,
    /// Ports published on the host.
    pub ports: Vec<PortMapping>,
    /// The limit of memory in MiB.
    pub memory_mib: Option<u64>,
    /// The limit of processor time.
    pub cpus: Option<Cpus>,
    /// The size of the container's disk in bytes; `None` for that of Windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// The classes of devices of the host that it may use, e.g. that of graphics.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_classes: Vec<Uuid>,
    /// Labels, by their keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The number of seconds that a stop waits for it to shut down; `None` for the default.
    #[serde(default)]
    pub stop_timeout: Option<u32>,
    /// True if nothing of it is kept after its end.
    pub remove: bool,
}

/// A process to be started in a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessRequest {
    /// Quoted as Windows programs read it, e.g. `cmd /c "echo %GREETING%"`.
    pub command_line: String,
    /// The account; empty for the image's own.
    pub user: String,
    /// The folder it starts in; empty for `C:\`, as with Docker and containerd.
    pub working_directory: String,
    /// The environment, each name once.
    pub environment: BTreeMap<String, String>,
    /// True if it gets a pipe for its standard input.
    pub stdin: bool,
    /// The console, if it gets one.
    pub console: Option<ConsoleSize>,
    /// True if its output is not read.
    #[serde(default)]
    pub silent: bool,
}

/// The folder of a process for which neither the user nor the image names one. Without one, a process of an administrator starts in
/// `C:\Windows\System32` (`docs/hcs.md#processes`).
const LAST_RESORT: &str = "C:\\";

impl ProcessRequest {
    /// Refuses a process that no document can describe to Windows.
    ///
    /// # Errors
    ///
    /// An argument, name or value that Windows cannot take.
    pub fn check(&self) -> Result<(), Error> {
        self.parameters().map(drop).map_err(|wrong| invalid("the container's command is wrong", &wrong))
    }

    /// The document for HCS.
    pub fn parameters(&self) -> Result<ProcessParameters, Invalid> {
        let parameters = ProcessParameters::new(&self.command_line)?
            .user(&self.user)?
            .working_directory(if self.working_directory.is_empty() { LAST_RESORT } else { &self.working_directory })?
            .environment(self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())))?
            .stdin(self.stdin);
        Ok(match self.console {
            Some(size) if !self.silent => parameters.console(size),
            None if !self.silent => parameters,
            _ => parameters.silent(),
        })
    }
}

/// The network that a container is to get.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NetworkWish {
    /// The default: a NAT network if there is one, else none.
    #[default]
    Any,
    /// A NAT network.
    Nat,
    /// None.
    None,
    /// The network of this name.
    Named(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_starts_in_the_root_where_nobody_names_a_folder() {
        for (folder, expected) in [("", "C:\\"), ("C:/app", "C:\\app"), ("\\", "\\")] {
            let request = ProcessRequest {
                command_line: "cmd".to_owned(),
                working_directory: folder.to_owned(),
                ..ProcessRequest::default()
            };
            let document = serde_json::to_value(request.parameters().unwrap()).unwrap();
            assert_eq!(document["WorkingDirectory"], expected);
        }
    }
}
