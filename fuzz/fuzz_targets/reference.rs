//! Image references.
#![no_main]

use wincompat::image::{Reference, reference::Location};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(reference) = text.parse::<Reference>()
        && let Location::Registry(name) = reference.location()
    {
        let again: Reference = name.to_string().parse().expect("a normal name is a reference");
        assert_eq!(again.location(), reference.location(), "a normal name means itself");
    }
});
