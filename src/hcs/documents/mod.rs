//! The JSON documents exchanged with HCS and HCN: one file a document.
//!
//! HCS refuses fields it does not know for the declared version (`HCS_E_INVALID_JSON`), so every document is minimal: what has
//! its default value is left out. What HCS would not refuse but crash on, an empty list of layers foremost, is refused here.

mod argon;
mod endpoint;
mod modify_process;
mod namespace;
mod network;
mod process;
mod properties;
mod query;
mod result_error;
mod spec;
mod xenon;

use crate::advice::{Advice, Setting, advice};
use crate::hcs::call::{CallError, Result as CallResult};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

pub use argon::Argon;
pub use endpoint::{Endpoint, EndpointProperties, PortMapping, Protocol};
pub use modify_process::{ConsoleSize, ModifyProcess, SignalProcess};
pub use namespace::{AttachEndpoint, Namespace, NamespaceProperties};
pub use network::{HcnQuery, Network};
pub use process::ProcessParameters;
pub use properties::{ProcessStatus, ServiceProperties, SystemProperties};
pub use query::SystemQuery;
pub use result_error::ResultError;
pub use spec::{Cpus, Layer, Mount, Pipe, Spec, host_name};
pub use xenon::Xenon;

/// The reason a document was not built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The vmcompute service crashes on such a document.
    #[error("a container needs at least one layer")]
    NoLayers,
    /// A layer or scratch path that HCS would resolve against a folder of its own.
    #[error("the path {0} is not absolute")]
    RelativePath(String),
    /// HCS answers 0x80071126, "not a reparse point", which says nothing to people.
    #[error("the scratch volume {0} is not of the form \\\\?\\Volume{{GUID}}\\")]
    Volume(String),
    /// HCS answers "invalid argument" to a namespace without host name.
    #[error("the host name {0:?} is not 1 to 63 letters, digits and hyphens")]
    HostName(String),
    /// A mount point that is not a folder of the container.
    #[error("the container path {0} is not of the form C:\\folder")]
    ContainerPath(String),
    /// Neither HCS nor Windows can distinguish two mounts on one path.
    #[error("two mounts have the container path {0}")]
    DuplicateMount(String),
    /// A memory limit HCS would read as "no limit".
    #[error("a memory limit of zero")]
    NoMemory,
    /// No command.
    #[error("the container has no command: neither the image nor the command line names one")]
    NoCommand,
    /// `CreateProcess` takes 32,767 characters with the final NUL.
    #[error("the command line has {0} characters; Windows takes 32766")]
    LongCommand(usize),
    /// A variable Windows cannot hold.
    #[error("{0:?} is not a name of an environment variable")]
    VariableName(String),
    /// Names of variables do not differ by case on Windows.
    #[error("the environment variable {0} is given twice")]
    DuplicateVariable(String),
    /// A NUL ends a text in Windows; what follows would be lost.
    #[error("{0} holds a NUL character")]
    Nul(&'static str),
    /// Port 0 means nothing in a mapping.
    #[error("port 0 cannot be published")]
    PortZero,
    /// HNS would answer that the port exists already.
    #[error("port {port}/{protocol} is published twice")]
    DuplicatePort {
        /// The port of the host.
        port: u16,
        /// The protocol.
        protocol: Protocol,
    },
}

impl Invalid {
    /// Advice for the user.
    pub fn hint(&self) -> Advice {
        match self {
            Self::NoLayers => "take an image that has layers".into(),
            Self::RelativePath(_) | Self::Volume(_) => {
                advice!["name whole paths, e.g. C:\\folder, with ", Setting::Store, " and ", Setting::Mounts]
            }
            Self::HostName(_) => advice!["name another with ", Setting::HostName],
            Self::ContainerPath(_) | Self::DuplicateMount(_) => {
                advice!["name another folder of the container with ", Setting::Mounts, " HOST:CONTAINER"]
            }
            Self::NoMemory => advice!["name a limit with ", Setting::Memory, ", e.g. 512m"],
            Self::NoCommand | Self::LongCommand(_) => {
                advice!["give a command that fits after the image, or a program with ", Setting::Entrypoint]
            }
            Self::VariableName(_) | Self::DuplicateVariable(_) | Self::Nul(_) => {
                advice![
                    "a COMMAND, ",
                    Setting::Entrypoint,
                    ", ",
                    Setting::WorkingDirectory,
                    " and ",
                    Setting::User,
                    " go before what the image says; an error in its environment must be corrected there"
                ]
            }
            Self::PortZero | Self::DuplicatePort { .. } => advice!["name other ports with ", Setting::Ports, " HOST:CONTAINER"],
        }
    }
}

/// The document that creates a compute system, of either generation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ContainerDocument {
    /// Process isolation: schema 2.1, through computecore.dll.
    Argon(Argon),
    /// Hyper-V isolation: the v1 document, through vmcompute.dll.
    Xenon(Xenon),
}

/// The version of a document's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SchemaVersion {
    major: u32,
    minor: u32,
}

impl SchemaVersion {
    /// The first version of HCS documents that all supported hosts (1809 and later) know.
    pub(crate) const HCS: Self = Self { major: 2, minor: 1 };
    /// The version of HCN documents.
    pub(crate) const HCN: Self = Self { major: 2, minor: 0 };
}

/// The JSON text of a document.
///
/// All documents here are structures with text keys, for which serialisation does not fail; if it did, HCS would refuse the
/// empty text.
pub fn to_json(document: &impl Serialize) -> String {
    serde_json::to_string(document).unwrap_or_default()
}

/// The list that a call answered with. Where there is nothing to list, HCS and HCN may answer with `[]`, `null`, an empty text or none
/// (`docs/hcs.md#enumeration`). What is in the list belongs to others as well: an object of an unknown form is left out.
pub fn list<T: DeserializeOwned>(call: &'static str, answer: Option<&str>) -> CallResult<Vec<T>> {
    let text = answer.unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let found: Option<Vec<Value>> = serde_json::from_str(text).map_err(|error| CallError::unusable(call, error))?;
    Ok(found.unwrap_or_default().into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect())
}

/// For `deserialize_with`: a value of an unknown form is read as if it were missing.
fn or_default<'de, T: DeserializeOwned + Default, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).unwrap_or_default())
}

/// For `skip_serializing_if`: what is false is left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Refuses a text that Windows would cut at a NUL.
fn without_nul(what: &'static str, text: &str) -> Result<(), Invalid> {
    if text.contains('\0') { Err(Invalid::Nul(what)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_has_many_forms() {
        for nothing in [None, Some(""), Some(" \r\n"), Some("null"), Some(" null "), Some("[]"), Some("[null]")] {
            assert_eq!(list::<SystemProperties>("call", nothing), Ok(Vec::new()), "{nothing:?}");
        }
        let one = |id: &str| SystemProperties { id: id.into(), ..SystemProperties::default() };
        assert_eq!(list("call", Some(r#"[{"Id":"a"},7,{"ID":"b","State":null}]"#)), Ok(vec![one("a"), one("b")]));
        for other in ["{}", "7", "[", "none"] {
            assert_eq!(list::<SystemProperties>("call", Some(other)).map_err(|error| error.call), Err("call"), "{other}");
        }
    }

    #[test]
    fn odd_networks_and_endpoints_of_others_are_left_out_of_lists() {
        let id = "b95d0c5e-57d4-412b-b571-18a81a16e005";
        let networks = format!(r#"[{{"ID":"{id}","Name":null,"Type":null}},{{"Name":"no id"}},{{"ID":"odd"}},"text"]"#);
        let found: Vec<Network> = list("call", Some(&networks)).unwrap();
        assert!(matches!(found.as_slice(), [network] if network.is_nat() && network.name.is_empty()), "{found:?}");
        let endpoint = format!(r#"[{{"ID":"{id}","Name":"a","IpConfigurations":null,"HostComputeNamespace":null}}]"#);
        let found: Vec<EndpointProperties> = list("call", Some(&endpoint)).unwrap();
        assert!(matches!(found.as_slice(), [one] if one.namespace().is_none() && one.address().is_none()), "{found:?}");
    }
}
