//! A blob as its reader sees it: first what an earlier pull has left, then what arrives, which is written down on its way.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::pin::pin;

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;

use crate::Error;
use crate::ErrorKind;

/// The bytes of a blob from its first to its last.
pub(crate) struct Incoming {
    /// Read while `kept` lasts, written from then on: one handle, since Windows lets no other one read a locked file. `None` if
    /// nothing is kept of the blob.
    pub file: Option<File>,
    /// The bytes of the file that are still to be read.
    pub kept: u64,
    /// The bytes that are still to come.
    pub awaited: u64,
    /// The chunks that arrive.
    pub chunks: Receiver<Result<Bytes, Error>>,
    /// The chunk that has arrived and was not read to its end yet.
    pub chunk: Bytes,
}

impl Incoming {
    /// Writes down what arrives, unread, until all of it is there or `stop` has ended, also while nothing comes; then it begins again at
    /// its first byte.
    pub fn set_aside(&mut self, stop: impl Future<Output = ()>) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.seek(SeekFrom::End(0))?;
        }
        let mut stop = pin!(stop);
        // A runtime of its own: without one, a thread cannot wait for a chunk and for something else at the same time.
        let waiting = tokio::runtime::Builder::new_current_thread().build()?;
        while self.awaited > 0 {
            let came = waiting.block_on(async {
                tokio::select! {
                    biased;
                    () = &mut stop => None,
                    came = self.chunks.recv() => Some(came),
                }
            });
            let Some(came) = came else { break };
            let chunk = self.arrived(came)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            self.kept += chunk.len() as u64;
        }
        match &mut self.file {
            Some(file) => file.seek(SeekFrom::Start(0)).map(drop),
            None => Ok(()),
        }
    }

    /// The next chunk, written down; `None` at the end.
    fn arrive(&mut self) -> io::Result<Option<Bytes>> {
        let came = self.chunks.blocking_recv();
        self.arrived(came)
    }

    /// A chunk that came, written down; `None` at the end.
    fn arrived(&mut self, came: Option<Result<Bytes, Error>>) -> io::Result<Option<Bytes>> {
        match came {
            None if self.awaited == 0 => Ok(None),
            // Another layer failed: what came of this one is as good as ever.
            None => Err(io::Error::other(Error::of(ErrorKind::Network, "the pull was given up"))),
            Some(Err(error)) => Err(io::Error::other(error)),
            Some(Ok(chunk)) => {
                self.awaited = self.awaited.checked_sub(chunk.len() as u64).ok_or_else(|| {
                    let what = "a layer has more bytes than the manifest says";
                    io::Error::other(Error::of(ErrorKind::Invalid, what))
                })?;
                if let Some(file) = &mut self.file {
                    file.write_all(&chunk)?;
                }
                Ok(Some(chunk))
            }
        }
    }
}

impl Read for Incoming {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(file) = self.file.as_mut().filter(|_| self.kept > 0) {
            let length = file.take(self.kept).read(into)?;
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
            match self.arrive()? {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
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
