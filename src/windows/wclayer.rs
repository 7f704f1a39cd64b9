//! The layer functions of vmcompute.dll, which Windows has no documented replacement for.
//!
//! No crate and no header declares them; they are those that hcsshim calls. A layer is known to them by the full path of its
//! folder, since the home folder they are given is empty.

use std::io;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use windows_sys::core::{GUID, HRESULT, PCWSTR};

use super::computenetwork::guid;
use super::dll::functions;
use super::folder::remove_tree;
use super::path::verbatim;
use super::text::{Wide, read};
use crate::hcs::call::CallError;
use crate::hcs::documents::{Layer, to_json};
use crate::hcs::guid::Guid;
use crate::hcs::system::Result;
use crate::hcs::trace::Trace;

/// Which driver keeps layers, and below which folder.
#[repr(C)]
struct DriverInfo {
    flavour: i32,
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
const FILTER_DRIVER: i32 = 1;
/// The home folder: an empty text. A null pointer crashes the DLL.
static NO_HOME: [u16; 1] = [0];
/// The longest path Windows has.
const LONGEST_PATH: usize = 32_768;

/// The loaded DLL.
pub(super) struct WcLayer {
    functions: Functions,
    trace: Arc<Trace>,
    /// Preparing two layers at once fails now and then; hcsshim makes them wait for each other too.
    preparing: Mutex<()>,
}

impl WcLayer {
    /// Loads the DLL.
    pub fn load(trace: Arc<Trace>) -> Result<Self> {
        Ok(Self { functions: Functions::load()?, trace, preparing: Mutex::new(()) })
    }

    /// The GUID by which HCS knows a layer folder of this name.
    pub fn name_to_guid(&self, name: &str) -> Result<Guid> {
        let (wide, mut id) = (Wide::new("NameToGuid", name)?, GUID::default());
        self.call("NameToGuid", name, |functions| {
            // SAFETY: the name lives through the call, the out pointer is valid.
            unsafe { (functions.NameToGuid)(wide.as_ptr(), &raw mut id) }
        })?;
        Ok(Guid::from_fields(id.data1, id.data2, id.data3, id.data4))
    }

    /// Creates a scratch layer in a new folder.
    pub fn create_scratch(&self, scratch: &Path, layers: &[Layer]) -> Result<()> {
        const CALL: &str = "CreateSandboxLayer";
        std::fs::create_dir(scratch).map_err(|error| local(CALL, scratch, &error))?;
        self.with_layers(CALL, scratch, layers, |functions, driver, path, descriptors, count| {
            // SAFETY: `with_layers` gives valid pointers; no parent is named, the descriptors do that.
            unsafe { (functions.CreateSandboxLayer)(driver, path, 0, descriptors, count) }
        })
    }

    /// Attaches the scratch's disk.
    pub fn activate(&self, scratch: &Path) -> Result<()> {
        self.on_layer("ActivateLayer", self.functions.ActivateLayer, scratch)
    }

    /// Joins the scratch's volume with the layers below.
    pub fn prepare(&self, scratch: &Path, layers: &[Layer]) -> Result<()> {
        let _one_at_a_time = self.preparing.lock().unwrap_or_else(PoisonError::into_inner);
        self.with_layers("PrepareLayer", scratch, layers, |functions, driver, path, descriptors, count| {
            // SAFETY: `with_layers` gives valid pointers.
            unsafe { (functions.PrepareLayer)(driver, path, descriptors, count) }
        })
    }

    /// The volume of a prepared scratch, with the trailing backslash that documents want.
    pub fn volume(&self, scratch: &Path) -> Result<String> {
        const CALL: &str = "GetLayerMountPath";
        let (wide, driver, shown) = (Wide::path(CALL, scratch)?, driver(), scratch.display().to_string());
        let mut length = 0;
        self.call(CALL, &shown, |functions| {
            // SAFETY: driver and path live through the call; without a buffer, it tells the length needed.
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

    /// Takes [`Self::prepare`] back.
    pub fn unprepare(&self, scratch: &Path) -> Result<()> {
        self.on_layer("UnprepareLayer", self.functions.UnprepareLayer, scratch)
    }

    /// Takes [`Self::activate`] back.
    pub fn deactivate(&self, scratch: &Path) -> Result<()> {
        self.on_layer("DeactivateLayer", self.functions.DeactivateLayer, scratch)
    }

    /// Deletes a layer's folder. The function can claim a success that is none; what is left then is deleted as usual. If it
    /// fails, only a folder with nothing in it is: the disk in any other may be attached.
    pub fn destroy(&self, folder: &Path) -> Result<()> {
        const CALL: &str = "DestroyLayer";
        let destroyed = self.on_layer(CALL, self.functions.DestroyLayer, folder);
        let removed = if destroyed.is_ok() { remove_tree(folder) } else { std::fs::remove_dir(folder) };
        match removed {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => destroyed.and(Err(local(CALL, folder, &error))),
        }
    }

    /// Makes a layer of a folder in transport form. As in hcsshim, the layer's path is a long one and the other is not.
    pub fn import(&self, folder: &Path, transport: &Path, parents: &[Layer]) -> Result<()> {
        const CALL: &str = "ImportLayer";
        let transport = Wide::path(CALL, transport)?;
        self.with_layers(CALL, &long(CALL, folder)?, parents, |functions, driver, path, descriptors, count| {
            // SAFETY: `with_layers` gives valid pointers, the transport folder's path lives through the call.
            unsafe { (functions.ImportLayer)(driver, path, transport.as_ptr(), descriptors, count) }
        })
    }

    /// Finishes a base layer whose files are all there.
    pub fn process_base_image(&self, folder: &Path) -> Result<()> {
        let (wide, shown) = (Wide::path("ProcessBaseImage", &long("ProcessBaseImage", folder)?)?, folder.display().to_string());
        self.call("ProcessBaseImage", &shown, |functions| {
            // SAFETY: the path lives through the call.
            unsafe { (functions.ProcessBaseImage)(wide.as_ptr()) }
        })
    }

    /// Finishes the `UtilityVM` folder of a layer.
    pub fn process_utility_image(&self, folder: &Path) -> Result<()> {
        let (wide, shown) =
            (Wide::path("ProcessUtilityImage", &long("ProcessUtilityImage", folder)?)?, folder.display().to_string());
        self.call("ProcessUtilityImage", &shown, |functions| {
            // SAFETY: the path lives through the call.
            unsafe { (functions.ProcessUtilityImage)(wide.as_ptr()) }
        })
    }

    fn on_layer(&self, call: &'static str, function: OnLayer, folder: &Path) -> Result<()> {
        let (wide, driver) = (Wide::path(call, folder)?, driver());
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
        let (wide, driver) = (Wide::path(call, folder)?, driver());
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
        let started = Instant::now();
        let code = call(&self.functions);
        self.trace.call(name, Some(document), code.cast_unsigned(), started.elapsed(), None);
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

/// A failure of the file system in place of the function's own.
fn local(call: &'static str, path: &Path, error: &io::Error) -> CallError {
    CallError::unusable(call, format_args!("{}: {error}", path.display()))
}
