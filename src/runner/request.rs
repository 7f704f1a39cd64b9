//! What is to be run: the command line and the image's config, settled into one description.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::Isolation;
use crate::hcs::documents::{ConsoleSize, Cpus, Invalid, Mount, Pipe, PortMapping, ProcessParameters};
use crate::hcs::invalid;
use crate::layer::LayerId;

/// A container to be run. It is kept in the container's state file and handed to a monitor process as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// What people call it, e.g. `web`.
    pub name: String,
    /// The image's reference as it was typed.
    pub image: String,
    /// The isolation that was judged to be right.
    pub isolation: Isolation,
    /// The image's layers, topmost first.
    pub layers: Vec<LayerId>,
    /// The computer name inside; the short id when nothing is said.
    pub host_name: Option<String>,
    /// Its main process.
    pub process: ProcessRequest,
    /// Folders of the host.
    pub mounts: Vec<Mount>,
    /// Named pipes of the host.
    pub pipes: Vec<Pipe>,
    /// The network asked for.
    pub network: NetworkWish,
    /// Ports that the host answers.
    pub ports: Vec<PortMapping>,
    /// The limit of memory in MiB.
    pub memory_mib: Option<u64>,
    /// The limit of processor time.
    pub cpus: Option<Cpus>,
    /// How many seconds `stop` waits for it to shut down; `None` if that was not said.
    #[serde(default)]
    pub stop_timeout: Option<u32>,
    /// Whether nothing of it is kept when it has ended, as with `--rm`.
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
    /// The folder it starts in; empty for HCS's choice.
    pub working_directory: String,
    /// Its environment, each name once.
    pub environment: BTreeMap<String, String>,
    /// Whether something is to be written to its standard input.
    pub stdin: bool,
    /// Its console, if it gets one.
    pub console: Option<ConsoleSize>,
    /// Whether nobody is to read its output.
    #[serde(default)]
    pub silent: bool,
}

impl ProcessRequest {
    /// Refuses a process that Windows could not be told of.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), Error> {
        self.parameters().map(drop).map_err(|wrong| invalid("the container's command is wrong", &wrong))
    }

    /// The document for HCS.
    pub fn parameters(&self) -> Result<ProcessParameters, Invalid> {
        let parameters = ProcessParameters::new(&self.command_line)?
            .user(&self.user)?
            .working_directory(&self.working_directory)?
            .environment(self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())))?
            .stdin(self.stdin);
        Ok(match self.console {
            Some(size) if !self.silent => parameters.console(size),
            None if !self.silent => parameters,
            _ => parameters.silent(),
        })
    }
}

/// The network asked for with `--network`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NetworkWish {
    /// Nothing was said: a NAT network if there is one, else none.
    #[default]
    Any,
    /// A NAT network.
    Nat,
    /// None.
    None,
    /// The network of this name.
    Named(String),
}
