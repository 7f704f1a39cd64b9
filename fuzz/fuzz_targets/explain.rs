//! What people paste into `wincompat explain`.
#![no_main]

use wincompat::explain::{self, Context};
use wincompat::knowledge::Knowledge;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let context = Context { knowledge: Knowledge::built_in(), replacement: &|_, _| None };
    let _ = explain::explain(text, &context);
    let _ = explain::suggest(text, ["build-mismatch"].into_iter());
});
