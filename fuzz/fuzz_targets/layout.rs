//! Image layouts: `index.json` of OCI, `manifest.json` of `docker save`, and the name that is asked for.
#![no_main]

use std::cell::RefCell;
use std::path::PathBuf;

use wincompat::image::reference::Format;
use wincompat::internals::oci::layout::{Chosen, Layout};

thread_local! {
    /// One folder a process, made once.
    static FOLDER: RefCell<Option<tempfile::TempDir>> = const { RefCell::new(None) };
}

fn folder() -> PathBuf {
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
            folder
        });
        folder.path().to_owned()
    })
}

/// A tar with one file.
fn archive(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
    header[148..156].copy_from_slice(b"        ");
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut bytes = header.to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512) + 1024, 0);
    bytes
}

libfuzzer_sys::fuzz_target!(|input: (bool, Option<&str>, &[u8])| {
    let (docker, name, content) = input;
    let opened = if docker {
        let path = folder().join("saved.tar");
        std::fs::write(&path, archive("manifest.json", content)).unwrap();
        Layout::open(&wincompat::unix::UnixFolders, Format::DockerArchive, &path, None)
    } else {
        std::fs::write(folder().join("index.json"), content).unwrap();
        Layout::open(&wincompat::unix::UnixFolders, Format::OciLayout, &folder(), None)
    };
    let Ok(layout) = opened else { return };
    match layout.choose(name) {
        Ok(Chosen::Index(entries, _)) => assert!(entries.len() > 1, "one is an entry"),
        Ok(Chosen::Entry(entry)) => {
            let missing = layout.blob(&entry.digest, 4096).unwrap_err();
            assert!(missing.what.contains("does not hold") || !missing.causes.is_empty(), "{missing:?}");
        }
        Ok(Chosen::Config(config, ..)) => assert!(docker, "an OCI layout has manifests: {config:?}"),
        Err(error) => assert!(error.sentence().len() < 10_000, "an error is no list of the whole file"),
    }
});
