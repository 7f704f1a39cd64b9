//! Writes the files of a layer as they are to be: a base layer, or the utility VM of an upper one.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::{FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT};

use super::backup::{Backup, Restore};
use super::file_call::named;
use super::file_info::{info_of, set_basic_info};
use super::folder::{Folder, is_plain_folder};
use crate::hcs::layers::Present;
use crate::layer::transport::Pending;
use crate::layer::{BasicInfo, Content, Directory, LayerPath, LayerSink, LinkTarget};

/// Writes a base layer into an empty folder.
pub(super) struct BaseLayer {
    folder: Folder,
    current: Option<Current>,
}

/// The file that is being written.
struct Current {
    file: Restore,
    path: String,
}

impl Current {
    /// Begins with attributes and times, which must come before the content.
    fn begin(file: File, path: String, info: &BasicInfo) -> io::Result<Self> {
        set_basic_info(&file, info).map_err(named("SetFileInformationByHandle", &path))?;
        Ok(Self { file: Restore::into(file), path })
    }

    fn write(current: &mut Option<Self>, bytes: &[u8]) -> io::Result<()> {
        let Some(current) = current else { return Err(nothing_begun()) };
        current.file.write_all(bytes).map_err(named("BackupWrite", &current.path))
    }
}

impl BaseLayer {
    /// Writes into this folder.
    pub fn into(folder: &Path) -> io::Result<Self> {
        Ok(Self { folder: open(folder)?, current: None })
    }
}

impl LayerSink for BaseLayer {
    fn begin(&mut self, path: &LayerPath, info: &BasicInfo) -> io::Result<Content> {
        let path = backslashed(path);
        let file = self.folder.create(&path, info.is_directory()).map_err(named("NtCreateFile", &path))?;
        self.current = Some(Current::begin(file, path, info)?);
        Ok(Content::BackupStream)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        Current::write(&mut self.current, bytes)
    }

    fn end(&mut self) -> io::Result<()> {
        self.current.take().map(drop).ok_or_else(nothing_begun)
    }

    fn hard_link(&mut self, path: &LayerPath, target: LinkTarget<'_>) -> io::Result<()> {
        let path = backslashed(path);
        self.folder.link(&path, &self.folder, &backslashed(target.path)).map_err(named(LINK, &path))
    }

    fn remove(&mut self, _path: &LayerPath) -> io::Result<()> {
        Err(io::Error::other("a base layer has nothing to remove"))
    }

    fn finish(&mut self, directories: Vec<Directory>) -> io::Result<()> {
        set_directories(&self.folder, &directories)
    }

    fn abort(&mut self) {
        // The folder is deleted by whoever made it, with HCS's own function.
        self.current = None;
    }
}

/// Writes the utility VM of an upper layer over a copy of its parent's: Windows joins layers of it no further.
pub(super) struct UtilityVm {
    folder: Folder,
    parent: Folder,
    current: Option<Current>,
}

/// The calls that a link takes: its target is opened before.
const LINK: &str = "NtSetInformationFile (a link)";
/// The calls that a removal takes.
const REMOVE: &str = "NtCreateFile and SetFileInformationByHandle (a removal)";

/// The calls that list a folder.
const NAMES: &str = "FindFirstFile and FindNextFile";

/// The attributes of what is in a folder.
fn attributes(folder: &Folder, path: &str) -> io::Result<Option<u32>> {
    folder.attributes(path).map_err(named("NtCreateFile", path))
}

/// Opens the folder of a layer.
fn open(folder: &Path) -> io::Result<Folder> {
    Folder::open(folder).map_err(named("CreateFile", &folder.display().to_string()))
}

/// The files that preparing a utility VM changes. Anything else may be the parent's own file by another name.
const CHANGED_LATER: [&str; 4] = ["BCD", "BCD.LOG", "BCD.LOG1", "BCD.LOG2"];
const BOOT: &str = "UtilityVM\\Files\\EFI\\Microsoft\\Boot";
const UTILITY_VM: &str = "UtilityVM";
const FILES: &str = "UtilityVM\\Files";

impl UtilityVm {
    /// Writes into the folder of a layer whose nearest parent is in that folder.
    pub fn into(folder: &Path, parent: &Path) -> io::Result<Self> {
        Ok(Self { folder: open(folder)?, parent: open(parent)?, current: None })
    }

    /// Copies the parent's, once.
    fn copy_parent(&self) -> io::Result<()> {
        if attributes(&self.folder, UTILITY_VM)?.is_some() {
            return Ok(());
        }
        if attributes(&self.parent, FILES)?.is_none() {
            return Err(io::Error::other("no layer below has a utility VM that this one could change"));
        }
        self.folder.create_folder(UTILITY_VM).map_err(named("NtCreateFile", UTILITY_VM))?;
        self.copy(FILES)
    }

    /// Copies a folder and what is in it, however deep; what will not change is linked.
    fn copy(&self, path: &str) -> io::Result<()> {
        let (mut waiting, mut copied) = (vec![path.to_owned()], Vec::new());
        while let Some(path) = waiting.pop() {
            let info = self.copy_one(&path)?;
            if !is_plain_folder(info.attributes) {
                continue;
            }
            for name in self.parent.names_in(&path).map_err(named(NAMES, &path))? {
                let entry = format!("{path}\\{name}");
                let attributes = attributes(&self.parent, &entry)?.unwrap_or_default();
                if attributes & FILE_ATTRIBUTE_DIRECTORY != 0 {
                    waiting.push(entry);
                } else if attributes & FILE_ATTRIBUTE_REPARSE_POINT != 0 || is_changed_later(&path, &name) {
                    self.copy_one(&entry)?;
                } else {
                    self.folder.link(&entry, &self.parent, &entry).map_err(named(LINK, &entry))?;
                }
            }
            copied.push((path, info));
        }
        // What was made in a folder has changed its times; those that are in others come after them.
        let set = |(path, info): &(String, BasicInfo)| {
            self.folder.set_folder_info(path, info).map_err(named("SetFileInformationByHandle", path))
        };
        copied.iter().rev().try_for_each(set)
    }

    /// Copies one file or folder with all that describes it.
    fn copy_one(&self, path: &str) -> io::Result<BasicInfo> {
        let from = self.parent.open_for_backup(path).map_err(named("NtCreateFile", path))?;
        let info = info_of(&from).map_err(named("GetFileInformationByHandleEx", path))?;
        let to = self.folder.create(path, info.is_directory()).map_err(named("NtCreateFile", path))?;
        set_basic_info(&to, &info).map_err(named("SetFileInformationByHandle", path))?;
        let (mut from, mut to) = (Backup::of(from), Restore::into(to));
        let mut buffer = vec![0; 64 << 10];
        loop {
            match from.read(&mut buffer).map_err(named("BackupRead", path))? {
                0 => return Ok(info),
                read => to.write_all(buffer.get(..read).unwrap_or_default()).map_err(named("BackupWrite", path))?,
            }
        }
    }

    /// Opens the place of an entry: a folder that is there is kept, all else that stands there gives way.
    fn place(&self, path: &str, info: &BasicInfo) -> io::Result<File> {
        const KIND: u32 = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT;
        match attributes(&self.folder, path)? {
            Some(there) if info.is_directory() && (there ^ info.attributes) & KIND == 0 => {
                return self.folder.reopen(path).map_err(named("NtCreateFile", path));
            }
            Some(_) => self.folder.remove_all(path).map_err(named(REMOVE, path))?,
            None => {}
        }
        self.folder.create(path, info.is_directory()).map_err(named("NtCreateFile", path))
    }
}

impl LayerSink for UtilityVm {
    fn begin(&mut self, path: &LayerPath, info: &BasicInfo) -> io::Result<Content> {
        self.copy_parent()?;
        let path = backslashed(path);
        let file = self.place(&path, info)?;
        self.current = Some(Current::begin(file, path, info)?);
        Ok(Content::BackupStream)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        Current::write(&mut self.current, bytes)
    }

    fn end(&mut self) -> io::Result<()> {
        self.current.take().map(drop).ok_or_else(nothing_begun)
    }

    fn hard_link(&mut self, path: &LayerPath, target: LinkTarget<'_>) -> io::Result<()> {
        self.copy_parent()?;
        let path = backslashed(path);
        self.folder.remove_all(&path).map_err(named(REMOVE, &path))?;
        let target_path = backslashed(target.path);
        // What this layer has removed is its parent's still.
        let removed = !target.in_layer && attributes(&self.folder, &target_path)?.is_none();
        self.folder.link(&path, if removed { &self.parent } else { &self.folder }, &target_path).map_err(named(LINK, &path))
    }

    fn remove(&mut self, path: &LayerPath) -> io::Result<()> {
        self.copy_parent()?;
        let path = backslashed(path);
        self.folder.remove_all(&path).map_err(named(REMOVE, &path))
    }

    fn finish(&mut self, directories: Vec<Directory>) -> io::Result<()> {
        set_directories(&self.folder, &directories)
    }

    fn abort(&mut self) {
        // The folder is deleted by whoever made it, with HCS's own function.
        self.current = None;
    }
}

/// Applies the changes that need an imported layer: removals, links, times.
pub(super) fn apply(folder: &Path, parents: &[&Path], pending: &Pending) -> io::Result<()> {
    let folder = open(folder)?;
    let parents = parents.iter().map(|parent| open(parent)).collect::<io::Result<Vec<_>>>()?;
    for path in &pending.tombstones {
        let path = backslashed(path);
        folder.remove_all(&path).map_err(named(REMOVE, &path))?;
    }
    for link in &pending.links {
        let (path, target) = (backslashed(&link.path), backslashed(&link.target));
        let mut from = link.in_layer.then_some(&folder);
        for parent in parents.iter().filter(|_| !link.in_layer) {
            if attributes(parent, &target)?.is_some() {
                from = Some(parent);
                break;
            }
        }
        let from = from.ok_or_else(|| io::Error::other(format!("{target}, to which {path} is a link, is in no layer")))?;
        folder.remove_all(&path).map_err(named(REMOVE, &path))?;
        folder.link(&path, from, &target).map_err(named(LINK, &path))?;
    }
    set_directories(&folder, &pending.directories)
}

fn set_directories(folder: &Folder, directories: &[Directory]) -> io::Result<()> {
    directories.iter().try_for_each(|directory| {
        let path = backslashed(&directory.path);
        folder.set_folder_info(&path, &directory.info).map_err(named("SetFileInformationByHandle", &path))
    })
}

/// The number of files in an imported layer, and which of these paths it lacks. The number is not known where a folder in it cannot be
/// listed, and a path that cannot be looked at is not taken for missing.
pub(super) fn look_for(folder: &Path, paths: &[LayerPath]) -> io::Result<Present> {
    let folder = open(folder)?;
    let missing = paths.iter().filter(|path| matches!(folder.attributes(&backslashed(path)), Ok(None)));
    Ok(Present { files: folder.count_files("Files").ok(), missing: missing.cloned().collect() })
}

fn is_changed_later(folder: &str, name: &str) -> bool {
    folder.eq_ignore_ascii_case(BOOT) && CHANGED_LATER.iter().any(|changed| name.eq_ignore_ascii_case(changed))
}

/// A path as Windows writes it, e.g. `Files\Windows`.
fn backslashed(path: &LayerPath) -> String {
    path.as_str().replace('/', "\\")
}

fn nothing_begun() -> io::Error {
    io::Error::other("no entry has begun")
}
