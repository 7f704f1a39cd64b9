//! The files of `--host @FILE`: registry exports, systeminfo, text.
#![no_main]

use wincompat::{host, knowledge::Knowledge};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = host::read(bytes, None, &host::Attributes::default(), Knowledge::built_in());
});
