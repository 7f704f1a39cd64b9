//! The state folder: `HCSEMU_STATE`, or `C:\hcsemu`.

use std::path::PathBuf;
use std::sync::Mutex;

/// The folder that holds the state, the log, the faults and the recorded streams. It is made when it is missing.
pub fn folder() -> PathBuf {
    let folder = std::env::var_os("HCSEMU_STATE").filter(|path| !path.is_empty());
    let folder = folder.map_or_else(|| PathBuf::from(r"C:\hcsemu"), PathBuf::from);
    static MADE: Mutex<PathBuf> = Mutex::new(PathBuf::new());
    let mut made = MADE.lock().expect("no holder panics");
    if *made != folder {
        let _ = std::fs::create_dir_all(&folder);
        made.clone_from(&folder);
    }
    folder
}

/// The setting of this name, e.g. `HYPERV` for `HCSEMU_HYPERV`; empty if it is not set.
pub fn setting(name: &str) -> String {
    std::env::var(format!("HCSEMU_{name}")).unwrap_or_default()
}

/// What an enumeration gives for a list. Windows is not known to give anything but `[]` for an empty one; `HCSEMU_EMPTY` says
/// what else a client is to bear: `null-pointer` (no text), `text` (an empty one) or `null`.
pub fn list(found: &[serde_json::Value]) -> Option<String> {
    match setting("EMPTY").as_str() {
        "null-pointer" if found.is_empty() => None,
        "text" if found.is_empty() => Some(String::new()),
        "null" if found.is_empty() => Some("null".to_string()),
        _ => Some(serde_json::Value::from(found).to_string()),
    }
}
