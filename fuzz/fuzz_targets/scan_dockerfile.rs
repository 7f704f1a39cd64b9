//! Dockerfiles.
#![no_main]

#[path = "support/scanned.rs"]
mod scanned;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    scanned::scanned(&["Dockerfile"], bytes);
});
