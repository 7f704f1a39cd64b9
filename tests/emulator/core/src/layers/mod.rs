//! Layers of images and scratches, as the functions of vmcompute.dll treat them.

pub mod access;
pub mod base;
pub mod chain;
pub mod export;
pub mod import;
pub mod scratch;
pub mod tree;

use crate::codes::{ACCESS_DENIED, INVALID_ARGUMENT, PRIVILEGE_NOT_HELD};
use crate::host::{self, Token};
use crate::rules::{self, Refusal};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file by which the emulator knows a folder for a layer.
const RECORD: &str = "layer.hcsemu";

/// What a layer's folder says of itself.
#[derive(Serialize, Deserialize, Clone)]
pub struct Record {
    /// The layers below it, topmost first, as normal paths; none for a base layer.
    pub parents: Vec<String>,
}

/// A path as two spellings of it are compared: without `\\?\`, in lower case, with single backslashes and none at the end.
pub fn normal(path: &str) -> String {
    let path = path.replace('/', "\\");
    let path = path.strip_prefix(r"\\?\").filter(|rest| rest.get(1..2) == Some(":")).unwrap_or(&path);
    path.trim_end_matches('\\').to_lowercase()
}

/// The last part of a normal path.
pub fn name_of(path: &str) -> &str {
    path.rsplit('\\').next().unwrap_or_default()
}

/// What the folder of a layer says of it; none if it is no layer.
pub fn record(path: &str) -> Option<Record> {
    serde_json::from_slice(&std::fs::read(Path::new(path).join(RECORD)).ok()?).ok()
}

/// Makes a folder a layer.
fn keep_record(path: &Path, parents: Vec<String>) -> std::io::Result<()> {
    std::fs::write(path.join(RECORD), serde_json::to_vec(&Record { parents }).expect("a record is plain data"))
}

/// Refuses a caller that is not elevated.
fn elevated(what: &str) -> Result<(), Refusal> {
    if host::token() < Token::Elevated {
        return Err(rules::ELEVATION.refusal(ACCESS_DENIED, format!("{what} needs an elevated administrator")));
    }
    Ok(())
}

/// Refuses a caller whose token does not have the privileges of backup programs turned on.
fn privileged(what: &str) -> Result<(), Refusal> {
    rules::PRIVILEGES.require(host::may_back_up(), PRIVILEGE_NOT_HELD, || {
        format!("{what} needs SeBackupPrivilege and SeRestorePrivilege, turned on")
    })
}

/// The refusal for a file operation of the service that failed.
fn failed(error: &std::io::Error, what: &str) -> Refusal {
    rules::LAYER_PATH.refusal(crate::codes::of_io(error), format!("{what}: {error}"))
}

/// A path argument: not empty.
pub fn path_argument(path: Option<String>) -> Result<String, Refusal> {
    let path = path.unwrap_or_default();
    rules::NULL_POINTER.require(!path.is_empty(), INVALID_ARGUMENT, || "the path is empty".to_string())?;
    Ok(path)
}
