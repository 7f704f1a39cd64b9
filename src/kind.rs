//! The two kinds of Windows hosts.

use serde::{Deserialize, Serialize};

/// Server or client: decides the default isolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Windows Server, Azure Stack HCI, Azure Local.
    Server,
    /// Windows 10 and 11, multi-session included.
    Client,
}
