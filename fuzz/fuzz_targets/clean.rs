//! Text from outside, made harmless.
#![no_main]

use wincompat::report::plain::clean;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let cleaned = clean(text);
    assert!(!cleaned.chars().any(char::is_control));
    assert!(!cleaned.trim_start().starts_with("::") && !cleaned.contains("##"));
    assert_eq!(clean(&cleaned), cleaned, "cleaning twice changes nothing");
});
