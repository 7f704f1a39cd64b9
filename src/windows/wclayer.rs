//! The layer functions of vmcompute.dll, which Windows has no documented replacement for.
//!
//! No crate and no header declares them; they are those that hcsshim calls. A layer is known to them by the full path of its
//! folder, since the home folder they are given is empty.

use std::io;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};

use windows_sys::core::{GUID, HRESULT, PCWSTR};

use super::computenetwork::guid;
use super::dll::{Lazy, functions};
use super::file_call::FileCall;
use super::file_info::set_basic_info;
use super::folder::remove_tree;
use super::layer_writer::{self, BaseLayer, UtilityVm};
use super::path::verbatim;
use super::privilege;
use super::security::self_relative;
use super::text::{Wide, read};
use crate::hcs::call::{CallError, Result};
use crate::hcs::codes;
use crate::hcs::documents::{Layer, to_json};
use crate::hcs::layers::{Layers, Present, Written};
use crate::hcs::trace::Trace;
use crate::layer::transport::{Pending, Stamp};
use crate::layer::{BasicInfo, LayerPath, LayerSink, SddlConverter};
use uuid::Uuid;

/// The driver of layers, and the folder they are below.
#[repr(C)]
struct DriverInfo {
    /// A C enumeration; as wide as the pointer below, so that no byte between them is undefined.
    flavour: usize,
    home: PCWSTR,
}

/// A parent of a layer.
#[repr(C)]
struct LayerDescriptor {
    id: GUID,
    flags: u32,
    path: PCWSTR,
}

// What a wrong layout does is not an error but a crash, here or in the service.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<DriverInfo>() == 16 && size_of::<LayerDescriptor>() == 32);

type OnLayer = unsafe extern "system" fn(*const DriverInfo, PCWSTR) -> HRESULT;

functions! {
    /// The functions of vmcompute.dll for layers that are used here.
    Functions of "vmcompute.dll" {
        fn NameToGuid(PCWSTR, *mut GUID) -> HRESULT;
        fn CreateSandboxLayer(*const DriverInfo, PCWSTR, usize, *const LayerDescriptor, u32) -> HRESULT;
        fn ExpandSandboxSize(*const DriverInfo, PCWSTR, u64) -> HRESULT;
        fn ActivateLayer(*const DriverInfo, PCWSTR) -> HRESULT;
        fn PrepareLayer(*const DriverInfo, PCWSTR, *const LayerDescriptor, u32) -> HRESULT;
        fn GetLayerMountPath(*const DriverInfo, PCWSTR, *mut usize, *mut u16) -> HRESULT;
        fn UnprepareLayer(*const DriverInfo, PCWSTR) -> HRESULT;
        fn DeactivateLayer(*const DriverInfo, PCWSTR) -> HRESULT;
        fn DestroyLayer(*const DriverInfo, PCWSTR) -> HRESULT;
        fn ImportLayer(*const DriverInfo, PCWSTR, PCWSTR, *const LayerDescriptor, u32) -> HRESULT;
        fn ProcessBaseImage(PCWSTR) -> HRESULT;
        fn ProcessUtilityImage(PCWSTR) -> HRESULT;
    }
}

/// The filter driver.
const FILTER_DRIVER: usize = 1;
/// The home folder: an empty text. A null pointer crashes the DLL.
static NO_HOME: [u16; 1] = [0];
/// The longest path Windows has.
const LONGEST_PATH: usize = 32_768;

/// The layers of this machine. The DLL is loaded at the first call.
pub(super) struct WcLayer {
    functions: Lazy<Functions>,
    trace: Arc<Trace>,
    /// Preparing two layers at once fails now and then; hcsshim makes them wait for each other too.
    preparing: Mutex<()>,
}

impl Layers for WcLayer {
    fn name_to_guid(&self, name: &str) -> Result<Uuid> {
        let (wide, mut id) = (Wide::new("NameToGuid", name)?, GUID::default());
        self.call("NameToGuid", name, |functions| {
            // SAFETY: the name lives through the call, the out pointer is valid.
            unsafe { (functions.NameToGuid)(wide.as_ptr(), &raw mut id) }
        })?;
        Ok(Uuid::from_fields(id.data1, id.data2, id.data3, &id.data4))
    }

    fn create_scratch(&self, scratch: &Path, layers: &[Layer]) -> Result<()> {
        const CALL: &str = "CreateSandboxLayer";
        // Without the DLL, no folder is made either.
        self.functions()?;
        std::fs::create_dir(scratch).map_err(|error| local(CALL, scratch, &error))?;
        self.with_layers(CALL, scratch, layers, |functions, driver, path, descriptors, count| {
            // SAFETY: `with_layers` gives valid pointers; no parent is named, the descriptors do that.
            unsafe { (functions.CreateSandboxLayer)(driver, path, 0, descriptors, count) }
        })
    }

    fn expand(&self, scratch: &Path, bytes: u64) -> Result<()> {
        const CALL: &str = "ExpandSandboxSize";
        let (wide, driver) = (Wide::new(CALL, scratch)?, driver());
        let document = to_json(&serde_json::json!({ "layer": scratch.display().to_string(), "bytes": bytes }));
        self.call(CALL, &document, |functions| {
            // SAFETY: driver and path live through the call.
            unsafe { (functions.ExpandSandboxSize)(&raw const driver, wide.as_ptr(), bytes) }
        })
    }

    fn activate(&self, scratch: &Path) -> Result<()> {
        self.on_layer("ActivateLayer", self.functions()?.ActivateLayer, scratch)
    }

    fn prepare(&self, scratch: &Path, layers: &[Layer]) -> Result<()> {
        let _one_at_a_time = self.preparing.lock().unwrap_or_else(PoisonError::into_inner);
        self.with_layers("PrepareLayer", scratch, layers, |functions, driver, path, descriptors, count| {
            // SAFETY: `with_layers` gives valid pointers.
            unsafe { (functions.PrepareLayer)(driver, path, descriptors, count) }
        })
    }

    fn volume(&self, scratch: &Path) -> Result<String> {
        const CALL: &str = "GetLayerMountPath";
        let (wide, driver, shown) = (Wide::new(CALL, scratch)?, driver(), scratch.display().to_string());
        let mut length = 0;
        self.call(CALL, &shown, |functions| {
            // SAFETY: driver and path live through the call; without a buffer, it returns the length needed.
            unsafe { (functions.GetLayerMountPath)(&raw const driver, wide.as_ptr(), &raw mut length, null_mut()) }
        })?;
        // One more than asked for, which stays NUL whatever the function counts.
        let mut buffer = vec![0u16; length.min(LONGEST_PATH) + 1];
        length = buffer.len() - 1;
        self.call(CALL, &shown, |functions| {
            // SAFETY: the buffer has at least this length.
            unsafe { (functions.GetLayerMountPath)(&raw const driver, wide.as_ptr(), &raw mut length, buffer.as_mut_ptr()) }
        })?;
        // SAFETY: the last unit of the buffer is NUL.
        let mut volume = unsafe { read(buffer.as_ptr()) }.unwrap_or_default();
        if !volume.ends_with('\\') {
            volume.push('\\');
        }
        Ok(volume)
    }

    fn unprepare(&self, scratch: &Path) -> Result<()> {
        self.on_layer("UnprepareLayer", self.functions()?.UnprepareLayer, scratch)
    }

    fn deactivate(&self, scratch: &Path) -> Result<()> {
        self.on_layer("DeactivateLayer", self.functions()?.DeactivateLayer, scratch)
    }

    /// The function can report a success that did not happen; whatever is left then is deleted as usual. If it fails, only an empty
    /// folder is deleted: the disk in any other may be attached.
    fn destroy(&self, folder: &Path) -> Result<()> {
        const CALL: &str = "DestroyLayer";
        let destroyed = self.on_layer(CALL, self.functions()?.DestroyLayer, folder);
        let removed = if destroyed.is_ok() { remove_tree(folder) } else { std::fs::remove_dir(folder) };
        match removed {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => destroyed.and(Err(local(CALL, folder, &error))),
        }
    }

    fn exists(&self, folder: &Path) -> Result<bool> {
        match folder.symlink_metadata() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(CallError::unusable("GetFileAttributes", error)),
        }
    }

    fn utility_vm(&self, layers: &[Layer]) -> Result<Option<PathBuf>> {
        let folders = layers.iter().map(|layer| Path::new(&layer.path).join("UtilityVM"));
        // A reparse point in its place is not followed.
        Ok(folders.into_iter().find(|folder| folder.symlink_metadata().is_ok_and(|found| found.is_dir())))
    }

    fn base_writer(&self, folder: &Path) -> Result<Box<dyn LayerSink>> {
        privileged("CreateFile", || BaseLayer::into(folder)).map(|sink| Box::new(sink) as _)
    }

    fn utility_vm_writer(&self, folder: &Path, parent: &Path) -> Result<Box<dyn LayerSink>> {
        privileged("CreateFile", || UtilityVm::into(folder, parent)).map(|sink| Box::new(sink) as _)
    }

    fn stamp(&self) -> Stamp {
        // The attributes of a file in a transport folder are those of a plain file; the layer's stand in its content.
        |file, info| set_basic_info(file, &BasicInfo { attributes: 0, ..*info })
    }

    fn sddl(&self) -> Option<&SddlConverter> {
        Some(&self_relative)
    }

    /// As in hcsshim, the layer's path is a long one and the transport folder's is not.
    fn import(&self, folder: &Path, transport: &Path, parents: &[Layer]) -> Result<()> {
        const CALL: &str = "ImportLayer";
        let transport = Wide::new(CALL, transport)?;
        self.with_layers(CALL, &long(CALL, folder)?, parents, |functions, driver, path, descriptors, count| {
            // SAFETY: `with_layers` gives valid pointers, the transport folder's path lives through the call.
            unsafe { (functions.ImportLayer)(driver, path, transport.as_ptr(), descriptors, count) }
        })
    }

    fn look_for(&self, folder: &Path, paths: &[LayerPath]) -> Result<Present> {
        privileged("CreateFile", || layer_writer::look_for(folder, paths))
    }

    fn written(&self, folder: &Path, written: &Written<'_>) {
        let Written { entries, last, failure } = written;
        let layer = folder.display().to_string();
        let document = to_json(&serde_json::json!({ "layer": layer, "entries": entries, "last": last }));
        let code = if failure.is_some() { codes::E_FAIL } else { 0 };
        self.trace.begin("entries of a layer", Some(&document)).end(code, *failure);
    }

    fn settle(&self, folder: &Path, parents: &[Layer], pending: &Pending) -> Result<()> {
        let parents: Vec<&Path> = parents.iter().map(|parent| Path::new(&parent.path)).collect();
        privileged("CreateFile", || layer_writer::apply(folder, &parents, pending))
    }

    fn process_base_image(&self, folder: &Path) -> Result<()> {
        let (wide, shown) = (Wide::new("ProcessBaseImage", &long("ProcessBaseImage", folder)?)?, folder.display().to_string());
        self.call("ProcessBaseImage", &shown, |functions| {
            // SAFETY: the path lives through the call.
            unsafe { (functions.ProcessBaseImage)(wide.as_ptr()) }
        })
    }

    fn process_utility_image(&self, folder: &Path) -> Result<()> {
        let (wide, shown) =
            (Wide::new("ProcessUtilityImage", &long("ProcessUtilityImage", folder)?)?, folder.display().to_string());
        self.call("ProcessUtilityImage", &shown, |functions| {
            // SAFETY: the path lives through the call.
            unsafe { (functions.ProcessUtilityImage)(wide.as_ptr()) }
        })
    }
}

impl WcLayer {
    /// The layers of this machine, every call traced.
    pub const fn new(trace: Arc<Trace>) -> Self {
        Self { functions: Lazy::new(), trace, preparing: Mutex::new(()) }
    }

    fn functions(&self) -> Result<&Functions> {
        self.functions.get_or_load(Functions::load)
    }

    fn on_layer(&self, call: &'static str, function: OnLayer, folder: &Path) -> Result<()> {
        let (wide, driver) = (Wide::new(call, folder)?, driver());
        self.call(call, &folder.display().to_string(), |_| {
            // SAFETY: driver and path live through the call.
            unsafe { function(&raw const driver, wide.as_ptr()) }
        })
    }

    /// Makes a call about a layer on others, topmost first.
    fn with_layers(
        &self,
        call: &'static str,
        folder: &Path,
        layers: &[Layer],
        function: impl FnOnce(&Functions, *const DriverInfo, PCWSTR, *const LayerDescriptor, u32) -> HRESULT,
    ) -> Result<()> {
        let (wide, driver) = (Wide::new(call, folder)?, driver());
        let paths = layers.iter().map(|layer| Wide::new(call, &layer.path)).collect::<Result<Vec<_>>>()?;
        let descriptors: Vec<LayerDescriptor> = layers
            .iter()
            .zip(&paths)
            .map(|(layer, path)| LayerDescriptor { id: guid(layer.id), flags: 0, path: path.as_ptr() })
            .collect();
        let count = u32::try_from(descriptors.len()).map_err(|error| CallError::unusable(call, error))?;
        let document = to_json(&serde_json::json!({ "layer": folder.display().to_string(), "parents": layers }));
        self.call(call, &document, |functions| function(functions, &raw const driver, wide.as_ptr(), descriptors.as_ptr(), count))
    }

    fn call(&self, name: &'static str, document: &str, call: impl FnOnce(&Functions) -> HRESULT) -> Result<()> {
        let functions = self.functions()?;
        let begun = self.trace.begin(name, Some(document));
        let code = call(functions);
        begun.end(code.cast_unsigned(), None);
        if code < 0 { Err(CallError::refused(name, code.cast_unsigned(), Vec::new())) } else { Ok(()) }
    }
}

fn driver() -> DriverInfo {
    DriverInfo { flavour: FILTER_DRIVER, home: NO_HOME.as_ptr() }
}

/// The path of a layer that is being made, free of the limit of 260 characters.
fn long(call: &'static str, folder: &Path) -> Result<PathBuf> {
    verbatim(folder).map_err(|error| local(call, folder, &error))
}

/// Makes file system calls with the privileges to read and write any file.
fn privileged<T>(call: &'static str, act: impl FnOnce() -> io::Result<T>) -> Result<T> {
    privilege::enable_backup_and_restore().map_err(|error| failed("AdjustTokenPrivileges", &error))?;
    act().map_err(|error| failed(call, &error))
}

/// A failure of the file system with Windows' own code.
fn failed(call: &'static str, error: &io::Error) -> CallError {
    let of_file = FileCall::of(error);
    let (call, code) = of_file.map_or((call, error.raw_os_error()), |failed| (failed.call, failed.error.raw_os_error()));
    match code {
        Some(code) => CallError::refused(call, codes::of_win32(code.cast_unsigned()), vec![error.to_string()]),
        None => CallError::unusable(call, error),
    }
}

/// A failure of the file system in place of the function's own.
fn local(call: &'static str, path: &Path, error: &io::Error) -> CallError {
    CallError::unusable(call, format_args!("{}: {error}", path.display()))
}
