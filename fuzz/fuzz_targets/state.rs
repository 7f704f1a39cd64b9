//! State files of containers, and ids that become names of folders.
#![no_main]

use wincompat::hcs::id::ContainerId;
use wincompat::image::Digest;
use wincompat::internals::layer::LayerId;
use wincompat::internals::runner::store::state::State;

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(state) = serde_json::from_slice::<State>(bytes) {
        let again = serde_json::to_vec(&state).expect("what was read can be written");
        assert_eq!(serde_json::from_slice::<State>(&again).expect("what was written can be read"), state);
        for layer in &state.request.layers {
            assert!(is_hex(&layer.to_string(), 64), "a path is derived from it");
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(id) = text.parse::<ContainerId>() {
        assert!(is_hex(&id.to_string(), 64) && is_hex(&id.short(), 12) && is_hex(&id.scratch(), 32));
        assert_eq!(id.to_string(), text);
    }
    if let Ok(id) = text.parse::<LayerId>() {
        assert!(is_hex(&id.to_string(), 64));
    }
    if let Ok(digest) = text.parse::<Digest>() {
        assert!(is_hex(digest.hex(), if digest.is_sha256() { 64 } else { 128 }) && digest.as_str() == text);
    }
});
