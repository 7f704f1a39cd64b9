//! The transport folder: what HCS takes an upper layer from (`ImportLayer`), in plain files.
//!
//! * `Files/…` has real directories; a file holds its attributes (`u32`, little-endian) and its backup stream as data.
//! * What a directory `D` is, stands in the same form in a file `D.$wcidirs$` beside it.
//! * `Hives/…` are the plain hives.
//! * Whiteouts, hard links and the times of directories apply to the imported layer and are kept until then.
//!
//! `UtilityVM/…` does not travel in it: HCS' tools write it straight into the new layer, over a clone of the parent's. It
//! goes to a sink of its own; where there is none, it is stored like `Files`.

use std::fs::{self, File, FileTimes};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::layer::path::DIRECTORY_METADATA;
use crate::layer::{Area, BasicInfo, Content, Directory, LayerPath, LayerSink, LinkTarget};

/// Sets the times of a file that was written; HCS takes those of the layer's files from there.
pub type Stamp = fn(&File, &BasicInfo) -> io::Result<()>;

/// A hard link that can only be made once the layer is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingLink {
    /// The path.
    pub path: LayerPath,
    /// The file it names.
    pub target: LayerPath,
    /// `true` if the target is in this layer; else in the nearest parent that has it.
    pub in_layer: bool,
}

/// Work that is to be done to a layer after its transport folder was imported, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// Files and directories of the parents to remove.
    pub tombstones: Vec<LayerPath>,
    /// Hard links to make; what stands in their place is to be replaced.
    pub links: Vec<PendingLink>,
    /// Directories whose times are to be set, the deepest first.
    pub directories: Vec<Directory>,
    /// `true` if the layer has or changes a utility VM, which is to be prepared last.
    pub utility_vm: bool,
    /// The files that the imported layer must have, since they travel in the folder.
    pub sent: Sent,
}

/// The files below `Files` in a transport folder, as far as they are looked for after the import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The number of files.
    pub files: u64,
    /// Those with the longest paths, the longest first: what does not take paths of any length loses these.
    pub longest: Vec<LayerPath>,
}

/// The number of the longest paths that are looked for after an import.
const LOOKED_FOR: usize = 20;

impl Sent {
    fn add(&mut self, path: &LayerPath) {
        self.files += 1;
        let place = self.longest.partition_point(|longer| longer.as_str().len() >= path.as_str().len());
        if place < LOOKED_FOR {
            self.longest.insert(place, path.clone());
            self.longest.truncate(LOOKED_FOR);
        }
    }
}

/// A transport folder; it is removed when this is dropped.
pub struct Transport<'a> {
    folder: Option<TempDir>,
    root: PathBuf,
    stamp: Stamp,
    utility_vm: Option<&'a mut dyn LayerSink>,
    current: Option<Current>,
    pending: Pending,
}

enum Current {
    File(File, PathBuf, BasicInfo),
    UtilityVm,
}

/// The error of a step with what was done to which file: the name of the entry does not say it.
fn doing(what: &str, place: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{what} {}: {error}", place.display()))
}

impl<'a> Transport<'a> {
    /// A new folder of a random name in `parent`, which must exist and belong to nobody else. The name is short: `ImportLayer` may not take
    /// paths of any length from there.
    pub fn create_in(parent: &Path, stamp: Stamp, utility_vm: Option<&'a mut dyn LayerSink>) -> io::Result<Self> {
        // With absolute paths, the standard library minds no limit of 260 characters.
        let folder = tempfile::Builder::new().prefix("").rand_bytes(2).tempdir_in(std::path::absolute(parent)?)?;
        let root = folder.path().to_owned();
        Ok(Self { folder: Some(folder), root, stamp, utility_vm, current: None, pending: Pending::default() })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The work that is left after the import.
    pub fn pending(&self) -> &Pending {
        &self.pending
    }

    fn place(&self, path: &LayerPath) -> PathBuf {
        let mut place = self.root.clone();
        place.extend(path.parts());
        place
    }

    /// The sink for this path, if it is not this one.
    fn other_sink(&mut self, path: &LayerPath) -> Option<&mut &'a mut dyn LayerSink> {
        let utility_vm = path.area() == Area::UtilityVm;
        self.pending.utility_vm |= utility_vm;
        self.utility_vm.as_mut().filter(|_| utility_vm)
    }
}

/// Sets the times that the standard library can set: of the last access and the last write.
pub fn stamp_portably(file: &File, info: &BasicInfo) -> io::Result<()> {
    let mut times = FileTimes::new();
    if let Some(time) = info.access.system_time() {
        times = times.set_accessed(time);
    }
    if let Some(time) = info.write.system_time() {
        times = times.set_modified(time);
    }
    file.set_times(times)
}

impl LayerSink for Transport<'_> {
    fn begin(&mut self, path: &LayerPath, info: &BasicInfo) -> io::Result<Content> {
        if let Some(sink) = self.other_sink(path) {
            let content = sink.begin(path, info)?;
            self.current = Some(Current::UtilityVm);
            return Ok(content);
        }
        let mut place = self.place(path);
        if info.is_directory() {
            fs::create_dir(&place).map_err(doing("creating", &place))?;
            place.as_mut_os_string().push(DIRECTORY_METADATA);
        }
        let mut file = File::create_new(&place).map_err(doing("creating", &place))?;
        let content = match path.area() {
            Area::Hives if !info.is_directory() => Content::Data,
            _ => {
                file.write_all(&info.attributes.to_le_bytes()).map_err(doing("writing", &place))?;
                Content::BackupStream
            }
        };
        if !info.is_directory() && path.area() == Area::Files {
            self.pending.sent.add(path);
        }
        self.current = Some(Current::File(file, place, *info));
        Ok(content)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match (&mut self.current, &mut self.utility_vm) {
            (Some(Current::File(file, place, _)), _) => file.write_all(bytes).map_err(doing("writing", place)),
            (Some(Current::UtilityVm), Some(sink)) => sink.write(bytes),
            _ => Err(nothing_begun()),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        match (self.current.take(), &mut self.utility_vm) {
            (Some(Current::File(file, place, info)), _) => {
                (self.stamp)(&file, &info).map_err(doing("setting the times of", &place))
            }
            (Some(Current::UtilityVm), Some(sink)) => sink.end(),
            _ => Err(nothing_begun()),
        }
    }

    fn hard_link(&mut self, path: &LayerPath, target: LinkTarget<'_>) -> io::Result<()> {
        // A name in the utility VM of a file outside of it has to wait for that file, as all links do in hcsshim.
        let stays_inside = target.path.area() == Area::UtilityVm;
        if let Some(sink) = self.other_sink(path).filter(|_| stays_inside) {
            return sink.hard_link(path, target);
        }
        let LinkTarget { path: target, in_layer } = target;
        self.pending.links.push(PendingLink { path: path.clone(), target: target.clone(), in_layer });
        Ok(())
    }

    fn remove(&mut self, path: &LayerPath) -> io::Result<()> {
        if let Some(sink) = self.other_sink(path) {
            return sink.remove(path);
        }
        self.pending.tombstones.push(path.clone());
        Ok(())
    }

    fn finish(&mut self, directories: Vec<Directory>) -> io::Result<()> {
        let Some(sink) = &mut self.utility_vm else {
            self.pending.directories = directories;
            return Ok(());
        };
        let (theirs, ours) = directories.into_iter().partition(|directory| directory.path.area() == Area::UtilityVm);
        self.pending.directories = ours;
        sink.finish(theirs)
    }

    fn abort(&mut self) {
        self.current = None;
        if let Some(sink) = &mut self.utility_vm {
            sink.abort();
        }
        // Removes what it can; a folder that is in use is left to `prune`, which knows its name.
        self.folder = None;
    }
}

fn nothing_begun() -> io::Error {
    io::Error::other("no entry has begun")
}
