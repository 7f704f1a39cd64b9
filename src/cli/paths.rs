//! Paths as they are, whatever way leads to them.

use std::path::{Path, PathBuf};

/// The one path of a file, with what links lead to; also of one that is not there yet.
pub fn real(path: &Path) -> PathBuf {
    path.canonicalize().ok().or_else(|| in_real_folder(path)).unwrap_or_else(|| path.to_owned())
}

/// The path of a file with its folder as it is; a link in the place of the file itself stays. `None` where there is no such folder.
pub fn in_real_folder(path: &Path) -> Option<PathBuf> {
    Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?))
}

/// The folder of a file, `.` where none is named.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The folder of the repository that a folder is in; the folder itself where there is none.
pub fn repository_of(folder: &Path) -> &Path {
    folder.ancestors().find(|above| above.join(".git").exists()).unwrap_or(folder)
}

/// The path of a file from a folder, e.g. `deploy/web.yaml` or `../other/Dockerfile`, both as they are; `None` where no way leads from one
/// to the other.
pub fn from(folder: &Path, file: &Path) -> Option<PathBuf> {
    let shared = folder.components().zip(file.components()).take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(shared).map(|_| Path::new(".."));
    let down = file.components().skip(shared).map(|part| Path::new(part.as_os_str()));
    (shared > 0).then(|| up.chain(down).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_path_from_a_folder() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        for (folder, file, expected) in [
            ("", "a/b/web.yaml", "a/b/web.yaml"),
            ("", "a/b/../b/./web.yaml", "a/b/web.yaml"),
            ("a/b", "a/../Dockerfile", "../../Dockerfile"),
        ] {
            let file = in_real_folder(&root.join(file)).unwrap();
            assert_eq!(from(&root.join(folder).canonicalize().unwrap(), &file).unwrap(), Path::new(expected), "{file:?}");
        }
    }
}
