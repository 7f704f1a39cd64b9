//! Base layers: ProcessBaseImage and ProcessUtilityImage, and whether a layer is there.

use super::{elevated, failed, keep_record, normal, record};
use crate::codes::{FILE_EXISTS, FILE_NOT_FOUND, PATH_NOT_FOUND};
use crate::guid;
use crate::rules::{self, Refusal};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// ProcessBaseImage: the disks, the layout, and from now on a layer.
pub fn process_base(path: &str) -> Result<(), Refusal> {
    elevated("ProcessBaseImage")?;
    let layer = Path::new(path);
    if !layer.is_dir() {
        return Err(rules::LAYER_PATH.refusal(PATH_NOT_FOUND, format!("{path} is no folder")));
    }
    if layer.join("blank-base.vhdx").exists() {
        return Err(rules::BASE_ONCE.refusal(FILE_EXISTS, format!(r"{path}\blank-base.vhdx exists")));
    }
    for folder in ["Files", "Hives"] {
        let found = layer.join(folder).is_dir();
        rules::BASE_FILES.require(found, FILE_NOT_FOUND, || format!(r"{path}\{folder} is missing"))?;
    }
    let id = guid::name_to_guid(super::name_of(&normal(path)));
    let write = |name: &str, text: String| std::fs::write(layer.join(name), text);
    let written = write("blank-base.vhdx", format!("hcsemu blank base {id}"))
        .and_then(|()| write("blank.vhdx", format!("hcsemu blank {id}")))
        .and_then(|()| write("Layout", format!("hcsemu layout {id}")))
        .and_then(|()| keep_record(layer, Vec::new()));
    written.map_err(|error| failed(&error, path))
}

/// ProcessUtilityImage, on the layer's UtilityVM folder: the template disks, and the boot configuration rewritten in place.
pub fn process_utility(path: &str) -> Result<(), Refusal> {
    elevated("ProcessUtilityImage")?;
    let folder = Path::new(path);
    if !folder.is_dir() {
        return Err(rules::LAYER_PATH.refusal(PATH_NOT_FOUND, format!("{path} is no folder")));
    }
    let boot = folder.join(r"Files\EFI\Microsoft\Boot\BCD");
    rules::UTILITY_FILES.require(boot.is_file(), FILE_NOT_FOUND, || format!("{} is missing", boot.display()))?;
    let id = guid::name_to_guid(&normal(path));
    let write = |name: &str| std::fs::write(folder.join(name), format!("hcsemu {name} {id}"));
    let written = write("SystemTemplateBase.vhdx").and_then(|()| write("SystemTemplate.vhdx")).and_then(|()| {
        if boot.is_file() { OpenOptions::new().append(true).open(&boot)?.write_all(b"\nrewritten\n") } else { Ok(()) }
    });
    written.map_err(|error| failed(&error, path))
}

/// LayerExists.
pub fn exists(path: &str) -> bool {
    record(path).is_some() || Path::new(path).join("sandbox.vhdx").is_file()
}

/// CreateLayer: an empty layer above its parent.
pub fn create(path: &str, parent: &str) -> Result<(), Refusal> {
    elevated("CreateLayer")?;
    let mut parents = Vec::new();
    if !parent.is_empty() {
        let parent = normal(parent);
        let Some(record) = record(&parent) else {
            return Err(rules::LAYER_PATH.refusal(PATH_NOT_FOUND, format!("{parent} holds no layer")));
        };
        parents.push(parent);
        parents.extend(record.parents);
    }
    let layer = Path::new(path);
    std::fs::create_dir_all(layer.join("Files")).and_then(|()| keep_record(layer, parents)).map_err(|error| failed(&error, path))
}
