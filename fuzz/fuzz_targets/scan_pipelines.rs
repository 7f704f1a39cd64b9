//! Pipelines of four services.
#![no_main]

#[path = "support/scanned.rs"]
mod scanned;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    scanned::scanned(&[".gitlab-ci.yml", "azure-pipelines.yml", ".github/workflows/build.yml", "Jenkinsfile"], bytes);
});
