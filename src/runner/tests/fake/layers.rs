//! The layers of the fake host.

use std::io::Write;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::Isolation;
use crate::hcs::call::{CallError, Result};
use crate::hcs::codes;
use crate::hcs::documents::Layer;
use crate::hcs::id::random_guid;
use crate::hcs::layers::{Layers, Present, Written};
use crate::layer::transport::Pending;
use crate::layer::{BasicInfo, Content, Directory, LayerPath, LayerSink, LinkTarget};
use crate::runner::tests::fake::{Fake, INVALID, Scratch, VOLUME, refuse};

const SHARING: u32 = 0x8007_0020;

impl Layers for Fake {
    fn name_to_guid(&self, name: &str) -> Result<Uuid> {
        self.call("NameToGuid", |_| Ok(random_guid([name.as_bytes()[0]; 16])))
    }

    fn create_scratch(&self, scratch: &Path, layers: &[Layer]) -> Result<()> {
        self.call("CreateSandboxLayer", |world| {
            if layers.is_empty() || world.layers.insert(scratch.to_owned(), Scratch::default()).is_some() {
                return refuse("CreateSandboxLayer", INVALID);
            }
            Ok(())
        })
    }

    fn expand(&self, scratch: &Path, bytes: u64) -> Result<()> {
        self.call("ExpandSandboxSize", |world| match world.layers.get(scratch) {
            Some(Scratch { active: false, prepared: false }) => {
                world.documents.push(bytes.into());
                Ok(())
            }
            _ => refuse("ExpandSandboxSize", INVALID),
        })
    }

    fn activate(&self, scratch: &Path) -> Result<()> {
        self.call("ActivateLayer", |world| match world.layers.get_mut(scratch) {
            Some(layer) if !layer.active => {
                layer.active = true;
                Ok(())
            }
            _ => refuse("ActivateLayer", INVALID),
        })
    }

    fn prepare(&self, scratch: &Path, _layers: &[Layer]) -> Result<()> {
        self.call("PrepareLayer", |world| match world.layers.get_mut(scratch) {
            Some(layer) if layer.active && !layer.prepared => {
                layer.prepared = true;
                Ok(())
            }
            _ => refuse("PrepareLayer", INVALID),
        })
    }

    fn volume(&self, scratch: &Path) -> Result<String> {
        self.call("GetLayerMountPath", |world| match world.layers.get(scratch) {
            Some(Scratch { active: true, prepared: true }) => Ok(VOLUME.to_owned()),
            _ => refuse("GetLayerMountPath", 0x8007_0037),
        })
    }

    fn unprepare(&self, scratch: &Path) -> Result<()> {
        self.call("UnprepareLayer", |world| {
            if world.systems.values().any(|system| system.isolation == Isolation::Process) {
                return refuse("UnprepareLayer", SHARING);
            }
            match world.layers.get_mut(scratch) {
                Some(layer) if layer.prepared => {
                    layer.prepared = false;
                    Ok(())
                }
                _ => refuse("UnprepareLayer", INVALID),
            }
        })
    }

    fn deactivate(&self, scratch: &Path) -> Result<()> {
        self.call("DeactivateLayer", |world| match world.layers.get_mut(scratch) {
            Some(layer) if layer.active && !layer.prepared => {
                layer.active = false;
                Ok(())
            }
            _ => refuse("DeactivateLayer", INVALID),
        })
    }

    fn destroy(&self, folder: &Path) -> Result<()> {
        self.call("DestroyLayer", |world| match world.layers.get(folder) {
            Some(Scratch { active: true, .. }) => refuse("DestroyLayer", SHARING),
            _ if !world.systems.is_empty() => refuse("DestroyLayer", SHARING),
            _ => {
                world.layers.remove(folder);
                let _ = std::fs::remove_dir_all(folder);
                Ok(())
            }
        })
    }

    fn exists(&self, folder: &Path) -> Result<bool> {
        self.call("LayerExists", |world| Ok(world.layers.contains_key(folder) || folder.exists()))
    }

    fn utility_vm(&self, layers: &[Layer]) -> Result<Option<PathBuf>> {
        self.call("utility_vm", |_| Ok(layers.last().map(|base| Path::new(&base.path).join("UtilityVM"))))
    }

    fn base_writer(&self, folder: &Path) -> Result<Box<dyn LayerSink>> {
        self.call("base layer", |world| {
            world.layers.insert(folder.to_owned(), Scratch::default());
            Ok(Box::new(Tree { root: folder.to_owned(), current: None }) as _)
        })
    }

    fn utility_vm_writer(&self, folder: &Path, _parent: &Path) -> Result<Box<dyn LayerSink>> {
        self.call("utility vm layer", |world| {
            world.layers.insert(folder.to_owned(), Scratch::default());
            Ok(Box::new(Tree { root: folder.to_owned(), current: None }) as _)
        })
    }

    fn process_base_image(&self, folder: &Path) -> Result<()> {
        self.call("ProcessBaseImage", |_| make(&folder.join("blank.vhdx")))
    }

    fn import(&self, folder: &Path, transport: &Path, parents: &[Layer]) -> Result<()> {
        self.call("ImportLayer", |_| {
            if parents.is_empty() || !transport.join("Files").is_dir() {
                return refuse("ImportLayer", INVALID);
            }
            let arrives = |name: &str| match name.len() > self.longest_path {
                true if self.refuses_longer => refuse("ImportLayer", codes::ERROR_PATH_NOT_FOUND),
                too_long => Ok(!too_long && name != self.lost && !name.ends_with(".$wcidirs$")),
            };
            copy_files(&transport.join("Files"), &folder.join("Files"), &arrives)
        })
    }

    fn look_for(&self, folder: &Path, paths: &[LayerPath]) -> Result<Present> {
        self.call("look for files", |_| {
            let missing = paths.iter().filter(|path| !folder.join(path.as_str()).exists()).cloned().collect();
            Ok(Present { files: Some(files_in(&folder.join("Files"))), missing })
        })
    }

    fn written(&self, _folder: &Path, written: &Written<'_>) {
        self.world().written.push((written.entries, written.last.to_vec(), written.failure.map(str::to_owned)));
    }

    fn settle(&self, folder: &Path, _parents: &[Layer], pending: &Pending) -> Result<()> {
        self.call("settle layer", |_| make(&folder.join(format!("{} tombstones", pending.tombstones.len()))))
    }

    fn process_utility_image(&self, folder: &Path) -> Result<()> {
        self.call("ProcessUtilityImage", |_| make(&folder.join("SystemTemplate.vhdx")))
    }
}

/// Copies the files of a transport folder as `ImportLayer` would, of those names that arrive.
fn copy_files(from: &Path, to: &Path, arrives: &dyn Fn(&str) -> Result<bool>) -> Result<()> {
    let failed = |error| CallError::unusable("ImportLayer", error);
    std::fs::create_dir(to).map_err(failed)?;
    for entry in from.read_dir().map_err(failed)?.map(std::result::Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy_files(&entry.path(), &to.join(name), arrives)?;
        } else if arrives(&name)? {
            std::fs::copy(entry.path(), to.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}

fn files_in(folder: &Path) -> u64 {
    let entries = folder.read_dir().unwrap().map(std::result::Result::unwrap);
    entries.map(|entry| if entry.file_type().unwrap().is_dir() { files_in(&entry.path()) } else { 1 }).sum()
}

/// A folder to which the plain content of files is written.
struct Tree {
    root: PathBuf,
    current: Option<std::fs::File>,
}

impl LayerSink for Tree {
    fn begin(&mut self, path: &LayerPath, info: &BasicInfo) -> std::io::Result<Content> {
        let place = self.root.join(path.as_str());
        self.current = None;
        if info.is_directory() {
            std::fs::create_dir_all(place)?;
        } else {
            self.current = Some(std::fs::File::create_new(place)?);
        }
        Ok(Content::Data)
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.current.as_mut().map_or(Ok(()), |file| file.write_all(bytes))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn hard_link(&mut self, _path: &LayerPath, _target: LinkTarget<'_>) -> std::io::Result<()> {
        Ok(())
    }

    fn remove(&mut self, _path: &LayerPath) -> std::io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, _directories: Vec<Directory>) -> std::io::Result<()> {
        Ok(())
    }

    fn abort(&mut self) {}
}

/// Makes a file as HCS would.
fn make(path: &Path) -> Result<()> {
    std::fs::write(path, "").map_err(|error| CallError::unusable("write", error))
}
