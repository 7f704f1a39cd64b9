//! `WWW-Authenticate` headers.
#![no_main]

use wincompat::internals::oci::distribution::challenge;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = challenge::parse(text);
});
