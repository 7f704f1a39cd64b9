//! The target of a decoded layer: one trait for Windows' own writers, the transport folder, and tests.

use std::io;

use crate::layer::{BasicInfo, Entry, LayerPath, Refusal};

/// Takes the entries of a layer, in an order in which they can be made: a directory before what is in it.
///
/// An entry is `begin`, any number of `write`, `end`. After the last one, once the digests hold, comes `finish`. If anything
/// fails, in the sink or before it, `abort` comes instead and everything that was made has to go.
pub trait LayerSink {
    /// A directory, a file or a link with reparse data (which is also a directory if its attributes say so) begins.
    fn begin(&mut self, path: &LayerPath, info: &BasicInfo) -> io::Result<Content>;

    /// The next bytes of the entry that began, in the form that `begin` asked for; few and large pieces.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// The entry is complete.
    fn end(&mut self) -> io::Result<()>;

    /// A further name of a file.
    fn hard_link(&mut self, path: &LayerPath, target: LinkTarget<'_>) -> io::Result<()>;

    /// A file or directory of the parents is gone, with all that is in it; never in a base layer.
    fn remove(&mut self, path: &LayerPath) -> io::Result<()>;

    /// An entry is taken; what is made of it comes next.
    fn taken(&mut self, _entry: &Entry) {}

    /// An entry is refused. `true` passes over it: for those who only look at layers, and make nothing of them.
    fn refused(&mut self, _entry: &str, _reason: &Refusal) -> bool {
        false
    }

    /// All of it was there, and it is the layer that was asked for. The directories come with the deepest first: their times are
    /// to be set (again) now, since entries made in them changed them.
    fn finish(&mut self, directories: Vec<Directory>) -> io::Result<()>;

    /// Removes everything that was made.
    fn abort(&mut self);
}

/// The form in which a sink wants the content of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A Win32 backup stream: security, extended attributes, reparse data, data, alternate data.
    BackupStream,
    /// The data alone.
    Data,
}

/// The file that a hard link names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkTarget<'a> {
    /// The path.
    pub path: &'a LayerPath,
    /// `true` if this layer has it; else one of its parents does, or should.
    pub in_layer: bool,
}

/// A directory whose times are set at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// The path.
    pub path: LayerPath,
    /// The attributes and times.
    pub info: BasicInfo,
}
