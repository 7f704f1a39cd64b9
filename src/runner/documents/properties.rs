//! What HCS tells of compute systems and processes.

use serde::Deserialize;

/// What enumeration tells of a compute system; what is not said is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SystemProperties {
    /// Its id.
    #[serde(alias = "ID")]
    pub id: String,
    /// Who created it.
    pub owner: String,
    /// E.g. `Running`; empty for one that was created and not started.
    pub state: String,
    /// For Hyper-V isolation, the `UtilityVM` folder it was booted from.
    pub runtime_image_path: String,
    /// Whether it is the template from which Hyper-V containers are cloned. HCS keeps it running, and with it the files of the
    /// image's base layer open.
    pub is_runtime_template: bool,
}

/// What is told of a process: `ProcessStatus`, and the data of its exit event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProcessStatus {
    /// Its id inside the container.
    pub process_id: u32,
    /// Whether it has ended. Before that the exit code means nothing.
    pub exited: bool,
    /// All 32 bits of its exit code, e.g. `0xC000013A` after Ctrl-C.
    pub exit_code: u32,
}
