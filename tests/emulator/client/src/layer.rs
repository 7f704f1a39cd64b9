//! The layer functions, and fixtures: small images of this client's own.

use crate::ffi::{DriverInfo, LayerDescriptor, v1};
use crate::text::{Wide, read};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};
use std::sync::Mutex;
use windows_sys::core::GUID;

/// An HRESULT, or nothing.
pub type Done = Result<(), u32>;

/// Success, or the code.
pub fn done(result: i32) -> Done {
    if result >= 0 { Ok(()) } else { Err(result as u32) }
}

fn with_info<R>(act: impl FnOnce(*const DriverInfo) -> R) -> R {
    let empty = Wide::new("");
    act(&DriverInfo { flavour: 1, home: empty.ptr() })
}

/// NameToGuid; a name is asked for once.
pub fn name_to_guid(name: &str) -> GUID {
    static KNOWN: Mutex<BTreeMap<String, GUID>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    *known.entry(name.to_string()).or_insert_with(|| {
        let name = Wide::new(name);
        let mut id = GUID::from_u128(0);
        // SAFETY: the text and the place are valid during the call.
        done(unsafe { v1::NameToGuid(name.ptr(), &mut id) }).expect("NameToGuid");
        id
    })
}

/// The lower-case text of a GUID.
pub fn guid_text(id: &GUID) -> String {
    let [a, b, c, d, e, f, g, h] = id.data4;
    format!("{:08x}-{:04x}-{:04x}-{a:02x}{b:02x}-{c:02x}{d:02x}{e:02x}{f:02x}{g:02x}{h:02x}", id.data1, id.data2, id.data3)
}

/// The id of a layer's folder.
pub fn id_of(path: &str) -> String {
    guid_text(&name_to_guid(path.rsplit('\\').next().unwrap()))
}

/// A function that takes a path.
pub fn simple(function: unsafe fn(*const DriverInfo, *const u16) -> i32, path: &str) -> Done {
    let path = Wide::new(path);
    // SAFETY: the text is valid during the call.
    with_info(|info| done(unsafe { function(info, path.ptr()) }))
}

/// A function that takes a path and layers, topmost first. `change` may spoil the descriptors first.
pub fn layered(
    layers: &[&str],
    change: impl FnOnce(&mut Vec<LayerDescriptor>),
    call: impl FnOnce(*const DriverInfo, *const LayerDescriptor, u32) -> i32,
) -> Done {
    let paths: Vec<Wide> = layers.iter().map(|path| Wide::new(path)).collect();
    let mut descriptors: Vec<LayerDescriptor> = layers
        .iter()
        .zip(&paths)
        .map(|(path, wide)| LayerDescriptor { id: name_to_guid(path.rsplit('\\').next().unwrap()), flags: 0, path: wide.ptr() })
        .collect();
    change(&mut descriptors);
    let pointer = if descriptors.is_empty() { null() } else { descriptors.as_ptr() };
    with_info(|info| done(call(info, pointer, descriptors.len() as u32)))
}

/// CreateSandboxLayer.
pub fn create_scratch(path: &str, layers: &[&str]) -> Done {
    let path = Wide::new(path);
    // SAFETY: texts and descriptors are valid during the call.
    layered(layers, |_| {}, |info, layers, count| unsafe { v1::CreateSandboxLayer(info, path.ptr(), 0, layers, count) })
}

/// PrepareLayer.
pub fn prepare(path: &str, layers: &[&str]) -> Done {
    let path = Wide::new(path);
    // SAFETY: as above.
    layered(layers, |_| {}, |info, layers, count| unsafe { v1::PrepareLayer(info, path.ptr(), layers, count) })
}

/// ImportLayer.
pub fn import(path: &str, source: &str, layers: &[&str]) -> Done {
    let (path, source) = (Wide::new(path), Wide::new(source));
    // SAFETY: as above.
    layered(layers, |_| {}, |info, layers, count| unsafe { v1::ImportLayer(info, path.ptr(), source.ptr(), layers, count) })
}

/// ExportLayer.
pub fn export(path: &str, target: &str, layers: &[&str]) -> Done {
    let (path, target) = (Wide::new(path), Wide::new(target));
    // SAFETY: as above.
    layered(layers, |_| {}, |info, layers, count| unsafe { v1::ExportLayer(info, path.ptr(), target.ptr(), layers, count) })
}

/// GetLayerMountPath, asked for its length first.
pub fn mount_path(path: &str) -> Result<String, u32> {
    let path = Wide::new(path);
    with_info(|info| {
        let mut length = 0;
        // SAFETY: the buffer is as long as the first answer says.
        unsafe {
            done(v1::GetLayerMountPath(info, path.ptr(), &mut length, null_mut()))?;
            let mut buffer = vec![0u16; length];
            done(v1::GetLayerMountPath(info, path.ptr(), &mut length, buffer.as_mut_ptr()))?;
            Ok(read(buffer.as_ptr()))
        }
    })
}

/// A function that takes only a path.
pub fn of_path(function: unsafe fn(*const u16) -> i32, path: &str) -> Done {
    let path = Wide::new(path);
    // SAFETY: the text is valid during the call.
    done(unsafe { function(path.ptr()) })
}

/// Writes a file and the folders it is in.
pub fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.as_ref().parent().unwrap()).unwrap();
    fs::write(path.as_ref(), bytes).unwrap();
}

/// A base layer of this build, with a utility VM, not processed yet.
pub fn unprocessed_base(folder: &str, build: &str) {
    write(format!(r"{folder}\Files\Windows\System32\hcsemu-build"), build);
    write(format!(r"{folder}\Files\base\kept.txt"), "from the base");
    write(format!(r"{folder}\Files\base\gone.txt"), "to be deleted");
    write(format!(r"{folder}\Hives\System_Base"), "hive");
    write(format!(r"{folder}\UtilityVM\Files\EFI\Microsoft\Boot\BCD"), "boot");
}

/// A base layer, ready.
pub fn base(folder: &str, build: &str) {
    unprocessed_base(folder, build);
    of_path(v1::ProcessBaseImage, folder).expect("ProcessBaseImage");
    of_path(v1::ProcessUtilityImage, &format!(r"{folder}\UtilityVM")).expect("ProcessUtilityImage");
}

/// One stream of a backup stream.
pub fn stream(id: u32, name: &str, content: &[u8]) -> Vec<u8> {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bytes = id.to_le_bytes().to_vec();
    bytes.extend(0u32.to_le_bytes());
    bytes.extend((content.len() as u64).to_le_bytes());
    bytes.extend((name.len() as u32).to_le_bytes());
    bytes.extend(name);
    bytes.extend(content);
    bytes
}

/// A transport folder with a few files.
pub fn transport(folder: &str) {
    let entry = |attributes: u32, streams: &[Vec<u8>]| [attributes.to_le_bytes().to_vec(), streams.concat()].concat();
    let directory = entry(0x10, &[stream(3, "", b"directory security")]);
    let file = |text: &str| {
        entry(0x20, &[stream(3, "", b"file security"), stream(1, "", text.as_bytes()), stream(4, ":more:$DATA", b"other")])
    };
    write(format!(r"{folder}\Files.$wcidirs$"), &directory);
    write(format!(r"{folder}\Files\upper.$wcidirs$"), &directory);
    write(format!(r"{folder}\Files\upper\new.txt"), file("from the upper layer"));
    write(format!(r"{folder}\Files\base.$wcidirs$"), &directory);
    write(format!(r"{folder}\Files\base\kept.txt"), file("changed by the upper layer"));
    write(format!(r"{folder}\Hives.$wcidirs$"), &directory);
    write(format!(r"{folder}\Hives\System_Delta"), "delta");
}

/// A layer above others, imported.
pub fn upper(folder: &str, parents: &[&str]) {
    let source = format!("{folder}-transport");
    transport(&source);
    fs::create_dir_all(folder).unwrap();
    import(folder, &source, parents).expect("ImportLayer");
    fs::remove_dir_all(source).unwrap();
}

/// A scratch, prepared: its volume.
pub fn scratch(folder: &str, layers: &[&str]) -> String {
    fs::create_dir_all(folder).unwrap();
    create_scratch(folder, layers).expect("CreateSandboxLayer");
    simple(v1::ActivateLayer, folder).expect("ActivateLayer");
    prepare(folder, layers).expect("PrepareLayer");
    mount_path(folder).expect("GetLayerMountPath")
}

/// Gives a scratch back.
pub fn give_back(folder: &str) {
    simple(v1::UnprepareLayer, folder).expect("UnprepareLayer");
    simple(v1::DeactivateLayer, folder).expect("DeactivateLayer");
    simple(v1::DestroyLayer, folder).expect("DestroyLayer");
    assert!(!PathBuf::from(folder).exists(), "{folder} is still there");
}
