//! ImportLayer: reads the legacy transport folder and makes the layer.
//!
//! What a container would see is shown as files, which is this emulator's own way (the rule `parents-shown`): the layer's
//! `Files` begins as hard links to its topmost parent's, and what the transport folder brings replaces them. So the client's
//! deletions and links afterwards have something to act on, and the tree can be compared. A layer of Windows holds its own
//! files, and of its parents' only placeholders.

use super::{chain, elevated, failed, keep_record, privileged, tree};
use crate::backup_stream::{Parser, Stream};
use crate::codes::{FILE_EXISTS, INVALID_ARGUMENT, INVALID_LAYER, PATH_NOT_FOUND};
use crate::home;
use crate::rules::{self, Refusal};
use crate::streams::Recorder;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;
use windows_sys::Win32::Storage::FileSystem::SetFileAttributesW;

/// The ending of the file that describes a directory.
const DIRECTORY_FILE: &str = ".$wcidirs$";

/// ImportLayer.
pub fn import(path: &str, source: &str, layers: &[(String, String)]) -> Result<(), Refusal> {
    elevated("ImportLayer")?;
    privileged("ImportLayer")?;
    if layers.is_empty() {
        return Err(rules::IMPORT_BASE.refusal(INVALID_ARGUMENT, "a base layer is not imported"));
    }
    let parents = chain::check(layers)?;
    chain::check_order(&parents)?;
    let (layer, source) = (Path::new(path), Path::new(source));
    if !source.join("Files").is_dir() {
        return Err(rules::TRANSPORT.refusal(PATH_NOT_FOUND, format!("{} holds no Files", source.display())));
    }
    rules::IMPORT_TARGET.require(layer.is_dir(), PATH_NOT_FOUND, || format!("{path} is no folder"))?;
    let files = layer.join("Files");
    rules::IMPORT_TARGET.require(!files.exists(), FILE_EXISTS, || format!(r"{path}\Files exists"))?;
    check_top(source)?;
    let below = Path::new(&parents[0]).join("Files");
    if rules::PARENTS_SHOWN.holds() {
        tree::link(&below, &files).map_err(|error| failed(&error, path))?;
    }
    directory(&source.join("Files"), &files, &below)?;
    let hives = source.join("Hives");
    if hives.is_dir() {
        copy_hives(&hives, &layer.join("Hives")).map_err(|error| failed(&error, "Hives"))?;
    }
    keep_record(layer, parents).map_err(|error| failed(&error, path))?;
    scan(source);
    Ok(())
}

/// A virus scanner that keeps a file of the transport folder open, so many milliseconds as `HCSEMU_SCANNER` says, if it does.
fn scan(source: &Path) {
    let Ok(time) = home::setting("SCANNER").parse() else { return };
    // As a scanner does not: nobody may remove the file meanwhile.
    let file = File::options().read(true).share_mode(0).open(format!("{}{DIRECTORY_FILE}", source.join("Files").display()));
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(time));
        drop(file);
    });
}

/// The refusal of a file that cannot be read as one of the format.
fn unreadable(path: &Path, what: impl std::fmt::Display) -> Refusal {
    rules::BACKUP_STREAM.refusal(INVALID_LAYER, format!("{}: {what}", path.display()))
}

/// Refuses what hcsshim does not write.
fn unusual(path: &Path, what: &str) -> Result<(), Refusal> {
    rules::TRANSPORT.refuse(INVALID_LAYER, format!("{}: {what}", path.display()))
}

/// Refuses a path that functions without `\\?\` do not find.
fn reachable(path: &Path) -> Result<(), Refusal> {
    let length = path.as_os_str().encode_wide().count();
    rules::SOURCE_PATH.require(length < 260, PATH_NOT_FOUND, || format!("{length} characters are too many: {}", path.display()))
}

/// Nothing but the parts of the format stands in the transport folder. A client's own `tombstones.txt` is passed over.
fn check_top(source: &Path) -> Result<(), Refusal> {
    for entry in fs::read_dir(source).map_err(|error| failed(&error, "the transport folder"))?.flatten() {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let known = ["files", "hives", "tombstones.txt"].contains(&name.as_str());
        if !known && name.strip_suffix(DIRECTORY_FILE).is_none_or(|of| !["files", "hives"].contains(&of)) {
            unusual(&entry.path(), "is no part of the transport format")?;
        }
    }
    Ok(())
}

/// Makes a directory and all in it; `below` is the parent's.
fn directory(from: &Path, to: &Path, below: &Path) -> Result<(), Refusal> {
    reachable(from)?;
    let mut described = from.as_os_str().to_os_string();
    described.push(DIRECTORY_FILE);
    let described = Path::new(&described);
    if !described.is_file() {
        unusual(from, "has no .$wcidirs$ file")?;
    }
    if to.is_file() {
        tree::remove_file(to).map_err(|error| failed(&error, "a file in the way"))?;
    }
    fs::create_dir_all(to).map_err(|error| failed(&error, "a directory"))?;
    if described.is_file() {
        restore(described, to, true)?;
    }
    if !rules::PARENTS_SHOWN.holds() {
        tree::placeholders(below, to).map_err(|error| failed(&error, "a placeholder"))?;
    }
    for entry in fs::read_dir(from).map_err(|error| failed(&error, "a directory"))? {
        let entry = entry.map_err(|error| failed(&error, "a directory"))?;
        let (source, name) = (entry.path(), entry.file_name());
        let target = to.join(&name);
        reachable(&source)?;
        if source.is_dir() {
            directory(&source, &target, &below.join(&name))?;
        } else if let Some(of) = name.to_string_lossy().strip_suffix(DIRECTORY_FILE) {
            if !from.join(of).is_dir() {
                unusual(&source, "describes a directory that is not there")?;
            }
        } else {
            if target.is_dir() {
                tree::remove(&target).map_err(|error| failed(&error, "a directory in the way"))?;
            } else if target.exists() {
                tree::remove_file(&target).map_err(|error| failed(&error, "a file in the way"))?;
            }
            restore(&source, &target, false)?;
        }
    }
    Ok(())
}

/// Makes a file (or describes a directory) from four bytes of attributes and a backup stream.
fn restore(source: &Path, target: &Path, directory: bool) -> Result<(), Refusal> {
    let read = |error: io::Error| unreadable(source, error);
    let mut from = File::open(source).map_err(read)?;
    let mut attributes = [0; 4];
    from.read_exact(&mut attributes).map_err(|_| unreadable(source, "is too short for its attributes"))?;
    let mut to = if directory { None } else { Some(File::create(target).map_err(|error| failed(&error, "a file"))?) };
    let mut recorder = Recorder::new(target);
    let mut parser = Parser::default();
    let mut buffer = vec![0; 65536];
    let mut data = false;
    loop {
        let read = from.read(&mut buffer).map_err(read)?;
        if read == 0 {
            break;
        }
        parser
            .feed(&buffer[..read], &mut |stream, offset, bytes| {
                recorder.take(stream, offset, bytes);
                data |= stream.id == Stream::DATA;
                apply(stream, offset, bytes, to.as_mut())
            })
            .map_err(|error| unreadable(source, error))?;
    }
    parser.finish().map_err(|error| unreadable(source, error))?;
    if !directory && !data {
        unusual(source, "a file without a data stream")?;
    }
    recorder.finish();
    let times = fs::metadata(source).map_err(|error| unreadable(source, error))?;
    if let Some(to) = &to {
        let mut set = fs::FileTimes::new();
        if let (Ok(accessed), Ok(modified)) = (times.accessed(), times.modified()) {
            set = set.set_accessed(accessed).set_modified(modified);
        }
        let _ = to.set_times(set);
    }
    drop(to);
    let wide: Vec<u16> = target.as_os_str().encode_wide().chain([0]).collect();
    let attributes = u32::from_le_bytes(attributes);
    // SAFETY: the name ends with a NUL.
    unsafe { SetFileAttributesW(wide.as_ptr(), if attributes == 0 { 0x80 } else { attributes }) };
    Ok(())
}

/// Applies one piece of a stream to a file: its data, plain or sparse.
pub fn apply(stream: &Stream, offset: u64, bytes: &[u8], file: Option<&mut File>) -> io::Result<()> {
    let Some(file) = file else {
        if stream.id == Stream::DATA && !bytes.is_empty() {
            return Err(io::Error::other("a directory with data"));
        }
        return Ok(());
    };
    let place = match stream.id {
        Stream::DATA => offset,
        Stream::SPARSE_BLOCK => stream.sparse_offset + offset,
        _ => return Ok(()),
    };
    file.seek(SeekFrom::Start(place))?;
    file.write_all(bytes)
}

fn copy_hives(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)?.flatten() {
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
