//! Image archives: tar, gzip, zstd.
#![no_main]

use std::io::Cursor;

use wincompat::internals::oci::layout::Archive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(archive) = Archive::new(Cursor::new(bytes.to_vec()), None) {
        let _ = archive.read("index.json", 4096);
        let _ = archive.read("manifest.json", 4096);
    }
});
