//! Archives in memory, with what only tests write.

use std::io::Write;

use super::archive::{Archive, Meta};

impl Meta {
    pub fn attributes(attributes: u32) -> Self {
        Self { attributes: Some(attributes), ..Self::default() }
    }
}

impl Archive<Vec<u8>> {
    /// An archive in memory.
    pub fn new() -> Self {
        Self { out: Vec::new() }
    }

    /// The usual beginning: the directory `Files`.
    pub fn with_files() -> Self {
        let mut archive = Self::new();
        archive.directory("Files", &Meta::default());
        archive
    }

    /// What was written so far, without an end marker.
    pub fn unfinished(self) -> Vec<u8> {
        self.out
    }
}

impl<W: Write> Archive<W> {
    /// The whiteout of `name`, e.g. of `Files/a`: an empty file `Files/.wh.a`.
    pub fn whiteout(&mut self, name: &str) -> &mut Self {
        let (parent, last) = name.rsplit_once('/').expect("a path with a slash");
        self.file(&format!("{parent}/.wh.{last}"), &Meta::default(), b"")
    }
}
