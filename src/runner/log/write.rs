//! Writes a container's log: two streams into one file that stays small.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Error;
use crate::advice::{Setting, advice};
use crate::clock::now;
use crate::files::OpenFolder;
use crate::handles::Access;
use crate::runner::log::{CURRENT, Entry, LARGEST_FILE, LONGEST_TEXT, OLDER, Stream};

/// A log that is written.
#[derive(Clone, Debug)]
pub struct Log(Arc<Mutex<Files>>);

impl Log {
    /// A new log in this container's folder.
    ///
    /// # Errors
    ///
    /// A folder that cannot be written.
    pub(crate) fn create(folder: &OpenFolder) -> Result<Self, Error> {
        Self::limited(folder, LARGEST_FILE)
    }

    /// A new log whose files have at most this many bytes, a line aside.
    pub(crate) fn limited(folder: &OpenFolder, limit: u64) -> Result<Self, Error> {
        let file = begin(folder).map_err(|error| {
            Error::new(format!("the log {} cannot be written", folder.path().join(CURRENT).display()))
                .because(error)
                .hint(advice!["check permissions and disk space; ", Setting::Store, " names another store"])
        })?;
        Ok(Self(Arc::new(Mutex::new(Files { folder: folder.clone(), file, written: 0, limit }))))
    }

    /// A writer into the log, a line at a time; the rest behind the last line's end is written when it is dropped.
    ///
    /// A line that cannot be written, on a full disk for example, is lost, and the next one is tried again: the container goes on.
    pub fn stream(&self, stream: Stream) -> impl Write + Send + 'static {
        Lines { files: Arc::clone(&self.0), stream, waiting: Vec::new() }
    }
}

/// The files of a log.
#[derive(Debug)]
struct Files {
    folder: OpenFolder,
    file: File,
    /// The length of the file in bytes.
    written: u64,
    limit: u64,
}

impl Files {
    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        let length = line.len() as u64;
        if self.written > 0 && self.written + length > self.limit {
            self.rotate()?;
        }
        match self.file.write_all(line) {
            Ok(()) => {
                self.written += length;
                Ok(())
            }
            Err(error) => {
                // Half a line would spoil the next one.
                self.cut(self.written)?;
                Err(error)
            }
        }
    }

    /// Makes the file the older one and begins a new one; where that is not possible, its content is dropped, so that the
    /// disk does not fill.
    fn rotate(&mut self) -> io::Result<()> {
        if self.folder.rename(CURRENT, &self.folder, OLDER).is_ok() {
            self.file = begin(&self.folder)?;
        }
        self.written = 0;
        self.cut(0)
    }

    /// Gives the file this length. A handle that only appends could not do that on Windows.
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.file.seek(SeekFrom::Start(length)).map(drop)
    }
}

/// An empty file in the place of the one that is written.
fn begin(folder: &OpenFolder) -> io::Result<File> {
    let file = folder.file(CURRENT, Access::Grow)?;
    file.set_len(0)?;
    Ok(file)
}

/// One stream.
struct Lines {
    files: Arc<Mutex<Files>>,
    stream: Stream,
    /// The beginning of a line.
    waiting: Vec<u8>,
}

impl Lines {
    fn put(&mut self, bytes: Vec<u8>) {
        let entry = Entry { time: now(), stream: self.stream, bytes };
        // There is no one to report to, and a container must not stop because of its log.
        let _ = self.files.lock().unwrap_or_else(PoisonError::into_inner).put(&entry.to_line());
    }

    /// Puts as much as must not wait any longer.
    fn put_long(&mut self) {
        while let Some(chunk) = self.waiting.get(..LONGEST_TEXT) {
            let length = match std::str::from_utf8(chunk) {
                // The rest of the last character is still to come, or stands in the next chunk.
                Err(error) if error.error_len().is_none() => error.valid_up_to(),
                _ => LONGEST_TEXT,
            };
            let rest = self.waiting.split_off(length);
            let chunk = std::mem::replace(&mut self.waiting, rest);
            self.put(chunk);
        }
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.waiting.extend_from_slice(piece);
            self.put_long();
            if self.waiting.ends_with(b"\n") {
                let line = std::mem::take(&mut self.waiting);
                self.put(line);
            }
        }
        Ok(bytes.len())
    }

    /// Does nothing: a line waits for its end, as with Docker.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if !self.waiting.is_empty() {
            let rest = std::mem::take(&mut self.waiting);
            self.put(rest);
        }
    }
}
