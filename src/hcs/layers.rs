//! Calls about layers: the layer functions of vmcompute.dll, and the file system. A layer is identified by the path of its folder.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::hcs::call::{CallError, Result};
use crate::hcs::documents::Layer;
use crate::layer::transport::{Pending, Stamp, stamp_portably};
use crate::layer::{LayerPath, LayerSink, SddlConverter};

/// The files of an imported layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Present {
    /// The number of its files.
    pub files: Option<u64>,
    /// The paths that it lacks.
    pub missing: Vec<LayerPath>,
}

/// The entries of a layer that were written.
#[derive(Clone, Debug)]
pub struct Written<'a> {
    /// The number of entries.
    pub entries: u64,
    /// The last of them, the latest last.
    pub last: &'a [String],
    /// The reason it failed, in full; `None` if it did not.
    pub failure: Option<&'a str>,
}

/// The layers of images and containers. Everything about imports needs an elevated token.
pub trait Layers: Send + Sync {
    /// The GUID by which HCS identifies a layer folder of this name.
    fn name_to_guid(&self, name: &str) -> Result<Uuid>;
    /// Creates the scratch layer of a container on these layers, topmost first: the folder and `sandbox.vhdx` in it.
    fn create_scratch(&self, scratch: &Path, layers: &[Layer]) -> Result<()>;
    /// Enlarges the disk of a scratch that is not attached to this many bytes. Needs an elevated token.
    fn expand(&self, scratch: &Path, bytes: u64) -> Result<()>;
    /// Attaches the scratch's disk.
    fn activate(&self, scratch: &Path) -> Result<()>;
    /// Joins the scratch's volume with the layers below. Needs an elevated token.
    fn prepare(&self, scratch: &Path, layers: &[Layer]) -> Result<()>;
    /// The volume of a prepared scratch, e.g. `\\?\Volume{6b9a436d-…}\`, with the trailing backslash.
    fn volume(&self, scratch: &Path) -> Result<String>;
    /// Reverts [`Self::prepare`].
    fn unprepare(&self, scratch: &Path) -> Result<()>;
    /// Reverts [`Self::activate`].
    fn deactivate(&self, scratch: &Path) -> Result<()>;
    /// Deletes a layer's folder with everything in it. It can report success and delete nothing: check with [`Self::exists`].
    fn destroy(&self, folder: &Path) -> Result<()>;
    /// True if there is anything at this path.
    fn exists(&self, folder: &Path) -> Result<bool>;
    /// The folder from which a virtual machine for these layers boots: `UtilityVM` of the topmost layer that has one.
    fn utility_vm(&self, layers: &[Layer]) -> Result<Option<PathBuf>>;

    /// A writer for the files of a base layer in this empty folder.
    fn base_writer(&self, folder: &Path) -> Result<Box<dyn LayerSink>> {
        let _ = folder;
        Err(CallError::not_planned("base_writer"))
    }
    /// A writer for the utility VM of an upper layer in its folder, on top of a copy of its parent's.
    fn utility_vm_writer(&self, folder: &Path, parent: &Path) -> Result<Box<dyn LayerSink>> {
        let _ = (folder, parent);
        Err(CallError::not_planned("utility_vm_writer"))
    }
    /// The function that sets the times of a file in a transport folder.
    fn stamp(&self) -> Stamp {
        stamp_portably
    }
    /// The converter of security descriptors from text to binary, if this system has one.
    fn sddl(&self) -> Option<&SddlConverter> {
        None
    }
    /// Finishes a base layer whose files are all written. Done twice, it fails.
    fn process_base_image(&self, folder: &Path) -> Result<()> {
        let _ = folder;
        Err(CallError::not_planned("ProcessBaseImage"))
    }
    /// Makes an upper layer from a transport folder, on these layers, topmost first.
    fn import(&self, folder: &Path, transport: &Path, parents: &[Layer]) -> Result<()> {
        let _ = (folder, transport, parents);
        Err(CallError::not_planned("ImportLayer"))
    }
    /// Looks for files in an imported layer: the number that it has, and which of these paths it lacks. The number is `None` where it cannot
    /// be told.
    fn look_for(&self, folder: &Path, paths: &[LayerPath]) -> Result<Present> {
        let _ = (folder, paths);
        Err(CallError::not_planned("look_for"))
    }
    /// Records in the trace what was written of a layer: its last entries, and the reason if it failed.
    fn written(&self, folder: &Path, written: &Written<'_>) {
        let _ = (folder, written);
    }
    /// Applies to an imported layer the changes that a transport folder cannot hold.
    fn settle(&self, folder: &Path, parents: &[Layer], pending: &Pending) -> Result<()> {
        let _ = (folder, parents, pending);
        Err(CallError::not_planned("settle"))
    }
    /// Finishes the `UtilityVM` folder of a layer.
    fn process_utility_image(&self, folder: &Path) -> Result<()> {
        let _ = folder;
        Err(CallError::not_planned("ProcessUtilityImage"))
    }
}
