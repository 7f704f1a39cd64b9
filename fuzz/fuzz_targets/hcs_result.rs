//! What HCS and HCN answer: errors, properties, networks, endpoints.
#![no_main]

use wincompat::hcs::documents::*;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let sentences = ResultError::sentences(text);
    for sentence in &sentences {
        assert!(!sentence.is_empty() && sentence.len() <= text.len());
    }
    if serde_json::from_str::<serde_json::Value>(text).is_err() {
        assert!(sentences.len() <= 1, "no document: the text, or nothing");
    }
    let _ = serde_json::from_str::<Vec<SystemProperties>>(text);
    let _ = serde_json::from_str::<ProcessStatus>(text);
    let _ = serde_json::from_str::<Network>(text).map(|network| network.is_nat());
    let _ = serde_json::from_str::<EndpointProperties>(text);
});
