//! Compose files, with an override, values and the Dockerfile that they build.
#![no_main]

#[path = "support/scanned.rs"]
mod scanned;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    scanned::scanned(&["compose.yaml", ".env", "compose.override.yaml", "Dockerfile"], bytes);
});
