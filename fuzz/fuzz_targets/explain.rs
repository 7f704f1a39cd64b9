//! What people paste into `wincompat explain`.
#![no_main]

use wincompat::{explain, knowledge::Knowledge};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = explain::explain(text, Knowledge::built_in());
    let _ = explain::hint(text);
    let _ = explain::suggest(text, ["build-mismatch"].into_iter());
});
