//! GUIDs: texts, layer ids, and new ones.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;
use windows_sys::core::GUID;

/// The namespace of `name_to_guid`: the emulator's own.
const LAYERS: Uuid = Uuid::from_u128(0x5d2f_7c1e_0b64_5a83_9e0d_6c6f_7963_7273);
const FRESH: Uuid = Uuid::from_u128(0x0f9c_3a52_8f1b_5d6e_a1c4_7768_6f6d_6e65);

/// The id of a layer whose folder has this name. What Windows computes is not published; this one is a version 5 UUID of the
/// name in lower case, so it is stable, differs per name, and ignores case as paths do.
pub fn name_to_guid(name: &str) -> Uuid {
    Uuid::new_v5(&LAYERS, name.to_lowercase().as_bytes())
}

/// A GUID nobody had before.
pub fn fresh() -> Uuid {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_nanos());
    let unique = format!("{}-{now}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    Uuid::new_v5(&FRESH, unique.as_bytes())
}

/// The lower-case text without braces, as HCS writes GUIDs.
pub fn text(guid: &GUID) -> String {
    Uuid::from_fields(guid.data1, guid.data2, guid.data3, &guid.data4).to_string()
}

/// The binary form.
pub fn binary(id: &Uuid) -> GUID {
    let (data1, data2, data3, data4) = id.as_fields();
    GUID { data1, data2, data3, data4: *data4 }
}

/// Reads the form `8-4-4-4-12`, without braces; as lower-case text.
pub fn parse(text: &str) -> Option<String> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten().map(|id| id.to_string())
}
