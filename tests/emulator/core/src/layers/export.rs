//! ExportLayer: a layer above others as a transport folder again.

use super::{chain, elevated, failed, record};
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
    let mut tombstones = vec!["\u{feff}Version 1.0".to_string()];
    let layer = Path::new(path);
    directory(&layer.join("Files"), &Path::new(&parents[0]).join("Files"), &target.join("Files"), "", &mut tombstones)
        .and_then(|()| fs::write(target.join("tombstones.txt"), tombstones.join("\r\n") + "\r\n"))
        .and_then(|()| hives(&layer.join("Hives"), &target.join("Hives")))
        .map_err(|error| failed(&error, path))
}

fn directory(from: &Path, parent: &Path, to: &Path, inside: &str, tombstones: &mut Vec<String>) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let mut described = to.as_os_str().to_os_string();
    described.push(".$wcidirs$");
    describe(from, Path::new(&described))?;
    for entry in fs::read_dir(from)?.flatten() {
        let (name, source) = (entry.file_name(), entry.path());
        let below = parent.join(&name);
        if source.is_dir() {
            let inside = format!(r"{inside}\{}", name.to_string_lossy());
            directory(&source, &below, &to.join(&name), &inside, tombstones)?;
        } else if fs::read(&source)? != fs::read(&below).unwrap_or_default() || !below.exists() {
            describe(&source, &to.join(&name))?;
        }
    }
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !from.join(entry.file_name()).exists() {
            tombstones.push(format!(r"{inside}\{}", entry.file_name().to_string_lossy()));
        }
    }
    Ok(())
}

/// The attributes, then the streams as they were written, then the data.
fn describe(from: &Path, to: &Path) -> io::Result<()> {
    let attributes = fs::metadata(from)?.file_attributes();
    let mut bytes = attributes.to_le_bytes().to_vec();
    let data = if from.is_dir() { None } else { Some(fs::read(from)?) };
    bytes.extend(crate::backup_stream::whole(&recorded(from), data.as_deref()));
    fs::write(to, bytes)
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
