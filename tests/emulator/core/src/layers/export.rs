//! ExportLayer: a layer above others as a transport folder again.

use super::{chain, elevated, failed, record};
use crate::backup_stream::{Parser, Stream};
use crate::codes::{FILE_EXISTS, INVALID_ARGUMENT, PATH_NOT_FOUND};
use crate::rules::{self, Refusal};
use crate::streams::recorded;
use std::fs;
use std::io;
use std::os::windows::fs::MetadataExt;
use std::path::Path;

/// ExportLayer. What differs from the topmost parent is written, and what the parent has and the layer has not becomes a
/// tombstone.
pub fn export(path: &str, target: &str, layers: &[(String, String)]) -> Result<(), Refusal> {
    elevated("ExportLayer")?;
    if record(path).is_none() {
        return Err(rules::LAYER_PATH.refusal(PATH_NOT_FOUND, format!("{path} holds no layer")));
    }
    if layers.is_empty() {
        return Err(rules::IMPORT_BASE.refusal(INVALID_ARGUMENT, "a base layer is not exported"));
    }
    let parents = chain::check(layers)?;
    chain::check_order(&parents)?;
    let target = Path::new(target);
    if target.join("Files").exists() {
        return Err(rules::IMPORT_TARGET.refusal(FILE_EXISTS, format!("{} holds Files", target.display())));
    }
    let (top, below) = (Path::new(path).join("Files"), Path::new(&parents[0]).join("Files"));
    let mut tombstones = vec!["\u{feff}Version 1.0".to_string()];
    directory(&top, &below, &target.join("Files"), "", &mut tombstones)
        .and_then(|_| fs::write(target.join("tombstones.txt"), tombstones.join("\r\n") + "\r\n"))
        .and_then(|()| hives(&Path::new(path).join("Hives"), &target.join("Hives")))
        .map_err(|error| failed(&error, path))
}

/// Writes what of a directory differs from the parent's; whether anything does. The layer's own root is always there.
fn directory(from: &Path, parent: &Path, to: &Path, inside: &str, tombstones: &mut Vec<String>) -> io::Result<bool> {
    fs::create_dir_all(to)?;
    let mut described = to.as_os_str().to_os_string();
    described.push(".$wcidirs$");
    describe(from, Path::new(&described))?;
    let mut changed = inside.is_empty() || !parent.is_dir() || recorded(from) != recorded(parent);
    for entry in fs::read_dir(from)?.flatten() {
        let (name, source) = (entry.file_name(), entry.path());
        let below = parent.join(&name);
        if source.is_dir() {
            let inside = format!(r"{inside}\{}", name.to_string_lossy());
            changed |= directory(&source, &below, &to.join(&name), &inside, tombstones)?;
        } else if !below.exists() || recorded(&source) != recorded(&below) || fs::read(&source)? != fs::read(&below)? {
            describe(&source, &to.join(&name))?;
            changed = true;
        }
    }
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !from.join(entry.file_name()).exists() {
            tombstones.push(format!(r"{inside}\{}", entry.file_name().to_string_lossy()));
            changed = true;
        }
    }
    if !changed {
        fs::remove_file(described).and_then(|()| fs::remove_dir(to))?;
    }
    Ok(changed)
}

/// FILE_ATTRIBUTE_REPARSE_POINT, which no file has in a prefix: that it is one is in its streams.
const REPARSE_POINT: u32 = 0x400;

/// The attributes, then the streams as they were written, then the data; with the times of the file.
fn describe(from: &Path, to: &Path) -> io::Result<()> {
    let found = fs::metadata(from)?;
    let data = if from.is_dir() { None } else { Some(fs::read(from)?) };
    let streams = crate::backup_stream::whole(&recorded(from), data.as_deref());
    let mut attributes = found.file_attributes();
    let mut read = |stream: &Stream, _: u64, _: &[u8]| {
        attributes |= if stream.id == Stream::REPARSE { REPARSE_POINT } else { 0 };
        Ok(())
    };
    Parser::default().feed(&streams, &mut read)?;
    fs::write(to, [attributes.to_le_bytes().to_vec(), streams].concat())?;
    let times = fs::FileTimes::new().set_modified(found.modified()?).set_accessed(found.accessed()?);
    fs::File::options().write(true).open(to)?.set_times(times)
}

fn hives(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)?.flatten() {
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
