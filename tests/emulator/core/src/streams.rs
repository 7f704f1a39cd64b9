//! The streams a file was written with, kept for tests to compare byte for byte: `<state>\streams\C\layers\…\name.streams`.
//! The data's content is left out, its header is there. `HCSEMU_STREAMS=off` keeps nothing.

use crate::backup_stream::Stream;
use crate::home;
use crate::log;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// What collects the streams of one file.
pub struct Recorder {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Whether security descriptors are kept: not if the caller said not to process them.
    security: bool,
}

impl Recorder {
    /// A recorder for the file at this path.
    pub fn new(path: &Path) -> Recorder {
        Recorder { path: path.to_path_buf(), bytes: Vec::new(), security: true }
    }

    /// The same, keeping security descriptors or not.
    pub fn with_security(self, security: bool) -> Recorder {
        Recorder { security, ..self }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes a piece of a stream.
    pub fn take(&mut self, stream: &Stream, _offset: u64, bytes: &[u8]) {
        if stream.id == Stream::SECURITY && !self.security {
            return;
        }
        if bytes.is_empty() {
            self.bytes.extend(stream.header());
        } else if !matches!(stream.id, Stream::DATA | Stream::SPARSE_BLOCK) {
            self.bytes.extend(bytes);
        }
    }

    /// Keeps what was collected.
    pub fn finish(&self) {
        if home::setting("STREAMS") != "off"
            && let Some(place) = place(&self.path)
        {
            let made = fs::create_dir_all(place.parent().unwrap_or(&place)).and_then(|()| fs::write(&place, &self.bytes));
            if let Err(error) = made {
                log::line(json!({"function": "BackupWrite", "message": format!("{}: {error}", place.display())}));
            }
        }
    }
}

/// What was recorded for a file: its streams in order, without the data's content.
pub fn recorded(path: &Path) -> Vec<u8> {
    place(path).and_then(|place| fs::read(place).ok()).unwrap_or_default()
}

/// Forgets what was recorded in a folder.
pub fn forget(folder: &str) {
    if let Some(place) = place(Path::new(folder)) {
        let _ = fs::remove_file(&place);
        let _ = fs::remove_dir_all(place.with_extension(""));
    }
}

fn place(path: &Path) -> Option<PathBuf> {
    let text = path.display().to_string();
    let text = text.strip_prefix(r"\\?\").unwrap_or(&text);
    let (drive, inside) = text.split_once(r":\")?;
    Some(PathBuf::from(format!(r"\\?\{}\streams\{drive}\{inside}.streams", home::folder().display())))
}
