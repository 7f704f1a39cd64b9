//! `--knowledge FILE`.
#![no_main]

use wincompat::knowledge::Knowledge;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = Knowledge::from_json(bytes);
});
