//! `OsVersion` from text.
#![no_main]

use wincompat::OsVersion;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(version) = text.parse::<OsVersion>() {
        assert_eq!(version.to_string().parse(), Ok(version), "what is printed is read as the same");
    }
});
