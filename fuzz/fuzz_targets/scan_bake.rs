//! Bake files as HCL and as JSON, with the Dockerfile that they build.
#![no_main]

#[path = "support/scanned.rs"]
mod scanned;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    scanned::scanned(&["docker-bake.hcl", "Dockerfile", "other/docker-bake.json", "other/Dockerfile"], bytes);
});
