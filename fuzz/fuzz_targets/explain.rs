//! What people paste into `wincompat explain`.
#![no_main]

use wincompat::explain::{self, Context};
use wincompat::knowledge::Knowledge;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let context = Context { knowledge: Knowledge::built_in(), replacement: &|_, _| None };
    if let Some(told) = explain::explain(text, &context) {
        let _ = explain::others(text, &told, &context);
    }
    let _ = explain::suggest(text, ["build-mismatch"].into_iter());
});
