//! A host whose Host Compute Service is the emulator (`tests/emulator`), and images for it, for tests that `tests/emulated.sh`
//! runs under Wine.

pub mod image;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::started::started;

/// A host of its own: nothing that another has is seen on it. Everything it has is in its state folder.
pub struct Host {
    folder: TempDir,
}

impl Host {
    /// A new one; `None`, and a word about it, where there is no emulator.
    pub fn new() -> Option<Self> {
        if std::env::var_os("WINCOMPAT_TEST_EMULATOR").is_none_or(|value| value != "1") {
            eprintln!("skipped: it needs the HCS emulator; tests/emulated.sh runs it under Wine");
            return None;
        }
        Some(Self { folder: TempDir::new().unwrap() })
    }

    /// Makes this the host that a program sees; `faults` is the emulator's language for what goes wrong there.
    pub fn hosts<'a>(&self, program: &'a mut Command, faults: &str) -> &'a mut Command {
        program.env("HCSEMU_STATE", self.folder.path()).env("HCSEMU_FAULTS", faults)
    }

    /// Every call so far, in order (README.md of the emulator, `calls.jsonl`). A killed program can leave half a line.
    pub fn calls(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.path().join("calls.jsonl")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The calls of one function.
    pub fn calls_of(&self, function: &str) -> Vec<Value> {
        self.calls().into_iter().filter(|call| call["function"] == function).collect()
    }

    /// The backup streams that a file on drive C was written with, byte for byte but without the content of its data.
    pub fn streams(&self, file: &Path) -> Option<Vec<u8>> {
        let file = file.to_str().unwrap().trim_start_matches(r"\\?\");
        let (drive, path) = file.split_once(":\\").unwrap();
        fs::read(self.recorded(drive, path)).ok()
    }

    fn recorded(&self, drive: &str, path: &str) -> PathBuf {
        // Free of the limit of 260 characters.
        PathBuf::from(format!(r"\\?\{}\streams\{drive}\{path}.streams", self.folder.path().display()))
    }

    /// What could not be released, a line each: compute systems, layers in use, scratches, endpoints, namespaces, accesses.
    pub fn left(&self) -> Vec<String> {
        let mut left = Command::new("hcsemu");
        self.hosts(&mut left, "").arg("left").stdout(Stdio::piped());
        let left = started(|| left.spawn()).wait_with_output().unwrap();
        let lines: Vec<String> = String::from_utf8_lossy(&left.stdout).lines().map(str::to_owned).collect();
        assert_eq!(left.status.success(), lines.is_empty(), "{left:?}");
        lines
    }

    /// Fails where anything could not be released.
    #[track_caller]
    pub fn has_nothing_left(&self) {
        assert_eq!(self.left(), [""; 0]);
    }
}

/// Whether a program ended because a fault killed it.
pub fn was_killed(status: ExitStatus) -> bool {
    status.code() == Some(137)
}

/// A backup stream as the emulator records it: without the content of the data.
pub fn without_data(mut stream: &[u8]) -> Vec<u8> {
    const DATA: [u8; 4] = [1, 0, 0, 0];
    let mut kept = Vec::new();
    while !stream.is_empty() {
        let size = u64::from_le_bytes(stream[8..16].try_into().unwrap()) as usize;
        let name = u32::from_le_bytes(stream[16..20].try_into().unwrap()) as usize;
        let (header, rest) = stream.split_at(20 + name);
        let (content, rest) = rest.split_at(size);
        kept.extend_from_slice(header);
        if !header.starts_with(&DATA) {
            kept.extend_from_slice(content);
        }
        stream = rest;
    }
    kept
}
