//! What a registry says when it refuses: `Retry-After`, and the body of an error.
#![no_main]

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use wincompat::internals::oci::distribution::failure::explanation;
use wincompat::internals::oci::distribution::retry_after::retry_after;

libfuzzer_sys::fuzz_target!(|input: (&[u8], Option<&[u8]>, Option<&[u8]>, &[u8])| {
    let (pause, date, content_type, body) = input;
    let mut headers = HeaderMap::new();
    for (name, value) in [(RETRY_AFTER, Some(pause)), (DATE, date), (CONTENT_TYPE, content_type)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value).ok()) {
            headers.insert(name, value);
        }
    }
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let asked = retry_after(&headers, now);
    if let Some(seconds) =
        std::str::from_utf8(pause).ok().filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
    {
        assert_eq!(asked, seconds.parse().ok().map(Duration::from_secs), "seconds are seconds");
    }
    if let Some(said) = explanation(&headers, body) {
        assert!(!said.is_empty() && said.chars().count() <= 201, "one short line");
        assert!(!said.chars().any(char::is_control) && !said.starts_with('<'));
    }
});
