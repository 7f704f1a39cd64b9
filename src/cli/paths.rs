//! Paths as they are, whatever way leads to them.

use std::path::{Path, PathBuf};

use super::mistyped::mistakes;
use crate::text::{is_invisible, quoted};
use crate::{Error, ErrorKind};

/// The most files and folders that a mistyped path is compared with.
const MOST_COMPARED: usize = 1000;
/// The most of them that are named.
const MOST_NAMED: usize = 3;
/// The letters from which on the beginning of a name stands for it.
const SHORTEST_BEGINNING: usize = 3;

/// The error of a path that is not there, with the paths beside it that may be meant, as `typed` writes them; else `hint` says what to do.
pub fn missing(path: &Path, typed: impl Fn(&str) -> String, hint: &str) -> Error {
    let what = format!("there is no file or folder {}", quoted(&path.to_string_lossy()));
    Error::of(ErrorKind::NotFound, what).hint(meant(path, typed).unwrap_or_else(|| hint.to_owned()))
}

/// The question for the paths that may be meant by one that is not there, e.g. `did you mean ./layout or ./layers?`; `None` where none is
/// called nearly so, or the path is there.
pub fn meant(path: &Path, typed: impl Fn(&str) -> String) -> Option<String> {
    let like: Vec<String> = if path.exists() { Vec::new() } else { like(path).iter().map(|path| typed(path)).collect() };
    (!like.is_empty()).then(|| format!("did you mean {}?", like.join(" or ")))
}

/// The paths beside this one that are called nearly like it, or longer, the nearest first.
fn like(path: &Path) -> Vec<String> {
    let typed = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let length = typed.chars().count();
    let near = |name: &str| {
        let known = name.to_lowercase();
        let longer = || known.chars().count().checked_sub(length).filter(|_| known.starts_with(&typed));
        mistakes(&typed, &known).or_else(|| longer().filter(|_| length >= SHORTEST_BEGINNING))
    };
    let entries = folder_of(path).read_dir().into_iter().flatten().take(MOST_COMPARED);
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let names = names.filter(|name| !name.chars().any(is_invisible));
    let mut found: Vec<(usize, String)> = names.filter_map(|name| Some((near(&name)?, name))).collect();
    found.sort();
    found.truncate(MOST_NAMED);
    found.into_iter().map(|(_, name)| path.with_file_name(name).to_string_lossy().into_owned()).collect()
}

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
    fn all_paths_are_named_that_may_be_meant() {
        let root = tempfile::tempdir().unwrap();
        for name in ["layout", "layers", "Layer", "other", "compose.yaml"] {
            std::fs::create_dir(root.path().join(name)).unwrap();
        }
        let path = |name: &str| root.path().join(name);
        let shown = |name: &str| path(name).display().to_string();
        for (typed, like) in [
            ("lay", vec!["Layer", "layers", "layout"]),
            ("lauout", vec!["layout"]),
            ("compose.yml", vec!["compose.yaml"]),
            ("la", vec![]),
            ("app", vec![]),
            ("layout", vec![]),
        ] {
            let expected: Vec<String> = like.iter().map(|name| format!("oci:{}", shown(name))).collect();
            let expected = (!like.is_empty()).then(|| format!("did you mean {}?", expected.join(" or ")));
            assert_eq!(meant(&path(typed), |path| format!("oci:{path}")), expected, "{typed}");
        }
        let error = missing(&path("app"), str::to_owned, "look at it");
        assert_eq!((error.kind, error.hint.unwrap().to_string().as_str()), (ErrorKind::NotFound, "look at it"));
        assert_eq!(meant(&path("no/lay"), str::to_owned), None, "nor in a folder that is not there");
    }

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
