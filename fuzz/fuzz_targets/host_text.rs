//! The texts of `--host`.
#![no_main]

use wincompat::{host, knowledge::Knowledge};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let knowledge = Knowledge::built_in();
    let _ = host::parse(text, knowledge, knowledge.date);
});
