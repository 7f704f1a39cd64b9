//! A blob as its reader sees it: first what an earlier pull has left, then what arrives, which is written down on its way.

use std::fs::File;
use std::io::{self, Read, Write};

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;

use crate::Error;
use crate::ErrorKind;

/// The bytes of a blob from its first to its last.
pub(crate) struct Incoming<'a> {
    /// Read while `kept` lasts, written from then on: one handle, since Windows lets no other one read a locked file.
    pub file: &'a mut File,
    /// The bytes of the file that are still to be read.
    pub kept: u64,
    /// The bytes that are still to come.
    pub awaited: u64,
    /// The chunks that arrive.
    pub chunks: Receiver<Result<Bytes, Error>>,
    /// The chunk that has arrived and was not read to its end yet.
    pub chunk: Bytes,
}

impl Read for Incoming<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.kept > 0 {
            let length = self.file.take(self.kept).read(into)?;
            if length == 0 {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "another program shortened the file of a half-done pull",
                ));
            }
            self.kept -= length as u64;
            return Ok(length);
        }
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                None if self.awaited == 0 => return Ok(0),
                // Another layer failed: what came of this one is as good as ever.
                None => return Err(io::Error::other(Error::of(ErrorKind::Network, "the pull was given up"))),
                Some(Err(error)) => return Err(io::Error::other(error)),
                Some(Ok(chunk)) => {
                    self.awaited = self.awaited.checked_sub(chunk.len() as u64).ok_or_else(|| {
                        let what = "a layer has more bytes than the manifest says";
                        io::Error::other(Error::of(ErrorKind::Invalid, what))
                    })?;
                    self.file.write_all(&chunk)?;
                    self.chunk = chunk;
                }
            }
        }
        let length = self.chunk.len().min(into.len());
        let now = self.chunk.split_to(length);
        if let Some(into) = into.get_mut(..length) {
            into.copy_from_slice(&now);
        }
        Ok(length)
    }
}
