//! Manifests of Kubernetes, with a kustomization beside them.
#![no_main]

#[path = "support/scanned.rs"]
mod scanned;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    scanned::scanned(&["web.yaml", "kustomization.yaml"], bytes);
});
