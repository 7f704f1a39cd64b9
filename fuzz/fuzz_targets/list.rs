//! Lists of references, `--from`.
#![no_main]

use wincompat::internals::cli::list;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = list::parse(bytes);
});
