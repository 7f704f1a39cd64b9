//! Paths that files write: with the separators of another system, and with `.` and `..`.

use std::path::{Path, PathBuf};

/// A path with the separators of this system: files written on Windows have backslashes.
pub fn slashes(path: &str) -> String {
    path.replace('\\', "/")
}

/// True for the folder of a build that is an address, e.g. `https://example.com/x.git#main`.
///
/// Source: compose-spec/compose-go, `paths/context.go`.
pub fn is_elsewhere(folder: &str) -> bool {
    folder.contains("://") || folder.starts_with("git@") || folder.starts_with("github.com/")
}

/// A path as it is written in advice: with slashes on each system, and `.` for the folder of the scan.
pub fn shown(path: &Path) -> String {
    let text = slashes(&normal(path).to_string_lossy());
    if text.is_empty() { ".".to_owned() } else { text }
}

/// The path without `.` and `..`, as far as that can be said without looking.
pub fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(normal.components().next_back(), Some(Component::Normal(_))) => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
