//! Images small enough to be written by a test, and whole enough to be run.

use std::time::Duration;

use serde_json::json;
use wincompat::image::{Digest, Name};
use wincompat::internals::oci::layout::Folder;

use crate::support::layers::archive::{Archive, Meta};
use crate::support::registry::images::OCI_MANIFEST;
use crate::support::registry::windows::{WindowsImage, descriptor};

/// An image, with its layers as they are stored.
#[derive(Clone, Debug)]
pub struct Image {
    /// What its index, its config and its manifest say.
    pub facts: WindowsImage,
    /// Lowest first.
    pub layers: Vec<Vec<u8>>,
}

impl Image {
    /// Of this version, e.g. `10.0.20348.2402`, with these layers, lowest first, as uncompressed archives.
    pub fn of(version: &str, layers: Vec<Vec<u8>>) -> Self {
        let mut facts = WindowsImage::of(version);
        let diff_ids: Vec<Digest> = layers.iter().map(|layer| Digest::of(layer)).collect();
        facts.config["rootfs"]["diff_ids"] = diff_ids.iter().map(Digest::as_str).collect();
        facts.layers = layers.iter().map(|layer| descriptor("application/vnd.oci.image.layer.v1.tar", layer)).collect();
        Self { facts, layers }
    }

    /// Puts it into a store under a name, as `pull` does.
    pub fn put(&self, store: &Folder, name: &Name) {
        for layer in &self.layers {
            store.put(layer).unwrap();
        }
        store.put(&self.facts.config_bytes()).unwrap();
        let manifest = self.facts.manifest_bytes();
        store.put(&manifest).unwrap();
        let mut entry = descriptor(OCI_MANIFEST, &manifest);
        entry["annotations"] = json!({ "org.opencontainers.image.ref.name": name.to_string() });
        store.update_index(Duration::from_secs(60), |list| list.push(entry)).unwrap();
    }
}

/// The beginning of a base layer: what the emulator, like Windows, does not do without. `version` is what the kernel files in it
/// are of; the emulator reads it from there.
pub fn base_layer(version: &str) -> Archive<Vec<u8>> {
    let plain = Meta::default();
    let mut archive = Archive::with_files();
    archive
        .directory("Files/Windows", &plain)
        .directory("Files/Windows/System32", &plain)
        .file("Files/Windows/System32/hcsemu-build", &plain, version.as_bytes())
        .directory("Hives", &plain);
    for hive in ["DefaultUser", "Sam", "Security", "Software", "System"] {
        archive.file(&format!("Hives/{hive}_Base"), &plain, hive.as_bytes());
    }
    archive
}

/// Adds a guest system for Hyper-V isolation.
pub fn with_utility_vm(mut archive: Archive<Vec<u8>>) -> Archive<Vec<u8>> {
    let plain = Meta::default();
    for directory in ["UtilityVM", "UtilityVM/Files", "UtilityVM/Files/EFI", "UtilityVM/Files/EFI/Microsoft", BOOT] {
        archive.directory(directory, &plain);
    }
    archive
        .file(&format!("{BOOT}/BCD"), &plain, b"boot configuration\n")
        .file(&format!("{BOOT}/BCD.LOG"), &plain, b"its log")
        .file(&format!("{BOOT}/bootmgfw.efi"), &plain, b"boot manager");
    archive
}

/// Where the boot configuration of a guest system lies.
pub const BOOT: &str = "UtilityVM/Files/EFI/Microsoft/Boot";

/// A name in a registry, e.g. of `example.com/app:1`.
pub fn name(repository: &str, tag: &str) -> Name {
    Name { registry: "example.com".to_owned(), repository: repository.to_owned(), tag: Some(tag.to_owned()), digest: None }
}
