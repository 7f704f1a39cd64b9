//! Files below the paths that were named: walked side by side, without what `.gitignore` and `.wincompatignore` leave out.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{WalkBuilder, WalkState};

use super::kind::is_manifest;
use super::kind_of;
use crate::files::read_regular;

/// The name of the files that leave out more than `.gitignore` does.
pub const IGNORE_FILE: &str = ".wincompatignore";

/// The largest file of JSON that is looked into, in bytes. An object of Kubernetes has about as many at most.
const LARGEST_JSON: u64 = 2 << 20;

/// True for a file that may name images. JSON may be anything: what stands in it tells.
fn is_taken(path: &Path) -> bool {
    let is_json = || path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    kind_of(path).is_some() || is_json() && read_regular(path, LARGEST_JSON).is_ok_and(|json| is_manifest(&json))
}

/// What was found below some paths.
#[derive(Debug, Default)]
pub struct Walked {
    /// Files that may name images, in the order of their paths.
    pub files: Vec<PathBuf>,
    /// Folders and files that could not be looked at, with the reason.
    pub unread: Vec<(PathBuf, String)>,
}

/// The files of these paths. A file that is named is taken whatever it is called; links below a folder are not followed.
pub fn walk(paths: &[PathBuf]) -> Walked {
    let (named, folders): (Vec<&PathBuf>, Vec<&PathBuf>) = paths.iter().partition(|path| !path.is_dir());
    let mut walked = Walked { files: named.into_iter().cloned().collect(), unread: Vec::new() };
    if let Some((first, rest)) = folders.split_first() {
        let found = Mutex::new(Walked::default());
        let mut builder = WalkBuilder::new(first);
        rest.iter().for_each(|folder| {
            builder.add(folder);
        });
        // Pipelines stand in hidden folders; .git holds no files of the tree.
        builder.hidden(false).require_git(false).follow_links(false).add_custom_ignore_filename(IGNORE_FILE);
        builder.filter_entry(|entry| entry.file_name() != ".git");
        builder.build_parallel().run(|| {
            Box::new(|entry| {
                // A file may be read for this, so it is decided before the others wait.
                let taken = match entry {
                    Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) && is_taken(entry.path()) => {
                        Ok(entry.into_path())
                    }
                    Ok(_) => return WalkState::Continue,
                    Err(error) => Err(error),
                };
                let Ok(mut found) = found.lock() else { return WalkState::Quit };
                match taken {
                    Ok(path) => found.files.push(path),
                    Err(error) => found.unread.push((path_of(&error).unwrap_or_else(|| (*first).clone()), reason(&error))),
                }
                WalkState::Continue
            })
        });
        let mut found = found.into_inner().unwrap_or_default();
        found.files.sort();
        walked.files.extend(found.files);
        walked.unread.extend(found.unread);
    }
    if paths.len() > 1 {
        // Two paths may lead to one file: the first name of it counts.
        let mut seen = HashSet::new();
        walked.files.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    }
    walked.files.sort();
    walked.unread.sort();
    walked
}

fn path_of(error: &ignore::Error) -> Option<PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path.clone()),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Loop { child, .. } => Some(child.clone()),
        _ => None,
    }
}

fn reason(error: &ignore::Error) -> String {
    error.io_error().map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_files_and_links_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        file("Dockerfile", "FROM a");
        file("a [1]/web.yaml", "");
        file(".github/workflows/x.yml", "");
        file("out/Dockerfile", "FROM a");
        file("vendor/Dockerfile", "FROM a");
        file("readme.txt", "");
        file("pod.json", r#"{"apiVersion": "v1", "kind": "Pod"}"#);
        file("package.json", r#"{"name": "a"}"#);
        file("large.json", &format!(r#"{{"apiVersion": "v1", "kind": "Pod", "x": "{}"}}"#, "x".repeat(2 << 20)));
        file(".git/config.yaml", "");
        file(".gitignore", "out/\n");
        file(".wincompatignore", "vendor/\n");
        let walked = walk(&[folder.path().to_owned(), folder.path().join("readme.txt")]);
        let names: Vec<String> = walked
            .files
            .iter()
            .map(|path| path.strip_prefix(folder.path()).unwrap().to_string_lossy().replace('\\', "/"))
            .collect();
        assert_eq!(names, [".github/workflows/x.yml", "Dockerfile", "a [1]/web.yaml", "pod.json", "readme.txt"]);
        assert!(walked.unread.is_empty());
        let again = ["a [1]/../Dockerfile", "Dockerfile", "a [1]/..", "a [1]"].map(|name| folder.path().join(name));
        let files = walk(&again).files;
        assert_eq!(files.len(), 4, "{files:?}");
        assert!(files.contains(again.first().unwrap()), "{files:?}");
    }
}
