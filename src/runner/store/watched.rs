//! The last entries of a layer that is written, for the report of a failure.

use std::collections::VecDeque;
use std::io;

use crate::hcs::layers::Written;
use crate::layer::{BasicInfo, Content, Directory, LayerPath, LayerSink, LinkTarget};

/// The number of last entries that are told of a layer that was not written.
const LAST: usize = 10;

/// A sink that keeps the names of the last entries it got.
pub(super) struct Watched<'a> {
    sink: &'a mut dyn LayerSink,
    entries: u64,
    last: VecDeque<String>,
}

impl<'a> Watched<'a> {
    /// A sink in front of this one.
    pub fn new(sink: &'a mut dyn LayerSink) -> Self {
        Self { sink, entries: 0, last: VecDeque::new() }
    }

    /// The entries that it got so far, and the failure after them.
    pub fn written<'b>(&'b mut self, failure: Option<&'b str>) -> Written<'b> {
        Written { entries: self.entries, last: self.last.make_contiguous(), failure }
    }

    fn note(&mut self, what: &str, path: &LayerPath) {
        self.entries += 1;
        if self.last.len() == LAST {
            self.last.pop_front();
        }
        self.last.push_back(format!("{what} {}", path.as_str()));
    }
}

impl LayerSink for Watched<'_> {
    fn begin(&mut self, path: &LayerPath, info: &BasicInfo) -> io::Result<Content> {
        self.note(if info.is_directory() { "directory" } else { "file" }, path);
        self.sink.begin(path, info)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sink.write(bytes)
    }

    fn end(&mut self) -> io::Result<()> {
        self.sink.end()
    }

    fn hard_link(&mut self, path: &LayerPath, target: LinkTarget<'_>) -> io::Result<()> {
        self.note("link", path);
        self.sink.hard_link(path, target)
    }

    fn remove(&mut self, path: &LayerPath) -> io::Result<()> {
        self.note("removal", path);
        self.sink.remove(path)
    }

    fn finish(&mut self, directories: Vec<Directory>) -> io::Result<()> {
        self.sink.finish(directories)
    }

    fn abort(&mut self) {
        self.sink.abort();
    }
}
