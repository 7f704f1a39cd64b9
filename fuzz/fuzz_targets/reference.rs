//! Image references.
#![no_main]

use wincompat::image::{Reference, reference::Location};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(reference) = text.parse::<Reference>()
        && let Location::Registry(name) = reference.location()
    {
        let again: Reference = name.to_string().parse().expect("a normal name is a reference");
        let Location::Registry(same) = again.location() else { panic!("a normal name stays in its registry") };
        assert_eq!((same.to_string(), &same.registry), (name.to_string(), &name.registry), "a normal name means itself");
    }
});
