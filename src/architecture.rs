//! The processors that Windows runs containers on.

use serde::{Deserialize, Serialize};

/// A processor architecture of a host, in OCI's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// x86-64.
    Amd64,
    /// AArch64.
    Arm64,
    /// 32-bit x86: a Windows of it has no containers.
    #[serde(rename = "386")]
    X86,
}

impl Architecture {
    /// OCI's name for it, e.g. `amd64`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
            Self::X86 => "386",
        }
    }
}
