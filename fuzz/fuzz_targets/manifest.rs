//! Manifests and indexes.
#![no_main]

use wincompat::internals::oci::manifest;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = manifest::parse(bytes, None);
    let _ = manifest::parse(bytes, Some("application/vnd.oci.image.index.v1+json"));
});
