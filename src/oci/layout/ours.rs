//! The folders that are this program's own: a marker in them says so, and no other folder that holds anything is ever written to.

use std::io;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::advice::{Setting, advice};
use crate::files::OpenFolder;
use crate::handles::{Access, FoundKind};
use crate::image::Reference;
use crate::image::index::LARGEST;
use crate::image::reference::Location;
use crate::oci::layout::folder::{BLOBS, CONTENT_LOCK, INDEX_LOCK, INGEST};
use crate::oci::layout::{EMPTY_LAYOUT, INDEX, MARKER, ref_name};
use crate::text::shown;
use crate::{Error, ErrorKind};

/// The file that says whose folder it is.
const OURS: &str = "wincompat.json";
/// More bytes than the file has.
const LARGEST_MARKER: u64 = 256;
/// The looks at a marker that another process is just writing, and the pause between them.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(5);

/// The folders of a store beside its image layout: with the layout's own they tell a store of an earlier version, which has no marker.
const LAYERS: &str = "layers";
const CONTAINERS: &str = "containers";

/// The purpose of a folder of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Images, layers and containers.
    Store,
    /// What earlier checks read.
    Cache,
}

/// The owner of a folder, by what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// The marker of this purpose is in it.
    Ours,
    /// An earlier version made it for this purpose, without a marker.
    Earlier,
    /// Nothing is in it, or a marker that was not written to its end.
    Nobody,
}

impl Purpose {
    /// The content of the marker.
    const fn marker(self) -> &'static [u8] {
        match self {
            Self::Store => b"{\"schema\":\"wincompat/store/v1\"}\n",
            Self::Cache => b"{\"schema\":\"wincompat/cache/v1\"}\n",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Cache => "cache",
        }
    }
}

/// Makes this folder ours, if it is empty, or was made by an earlier version for the same purpose.
///
/// # Errors
///
/// A folder with anything else in it, and one that cannot be read or written.
pub(crate) fn claim(root: &OpenFolder, purpose: Purpose) -> Result<(), Error> {
    match owner(root, purpose)? {
        Owner::Ours => Ok(()),
        // Whoever writes it at the same time writes the same.
        Owner::Earlier | Owner::Nobody => {
            write(root, purpose).map_err(|error| unusable(root, purpose, "cannot be written", &error))
        }
    }
}

/// True for a folder that is ours; false for an empty one.
///
/// # Errors
///
/// A folder with anything else in it, and one that cannot be read.
pub(crate) fn is_ours(root: &OpenFolder, purpose: Purpose) -> Result<bool, Error> {
    Ok(owner(root, purpose)? != Owner::Nobody)
}

fn write(root: &OpenFolder, purpose: Purpose) -> io::Result<()> {
    let mut file = root.file(OURS, Access::Grow)?;
    io::Write::write_all(&mut file, purpose.marker())?;
    // Before anything else is made here: after a power cut, the rest must not be there without it.
    file.sync_all()
}

fn owner(root: &OpenFolder, purpose: Purpose) -> Result<Owner, Error> {
    let failed = |error: io::Error| unusable(root, purpose, "cannot be read", &error);
    for _ in 0..LOOKS {
        let marker = root.read(OURS, LARGEST_MARKER).map_err(failed)?;
        let names = root.names().map_err(failed)?;
        match marker {
            Some(marker) if marker == purpose.marker() => return Ok(Owner::Ours),
            // Another process is at it, and may have gone on since the first look.
            Some(marker) if purpose.marker().starts_with(&marker) => {
                if names.iter().all(|name| name == OURS) {
                    return Ok(Owner::Nobody);
                }
            }
            Some(marker) => return Err(marked(root, purpose, &marker)),
            None if names.is_empty() => return Ok(Owner::Nobody),
            None if is_earlier(root, purpose, &names) => return Ok(Owner::Earlier),
            // The marker is the first to come.
            None if names.iter().any(|name| name == OURS) => {}
            None => return Err(foreign(root, purpose, &names)),
        }
        thread::sleep(PAUSE);
    }
    Err(foreign(root, purpose, &[]))
}

/// True for what an earlier version made: the names that it gave and no others, the exact content of `oci-layout`, and what no other program
/// that writes image layouts has: the folders of layers and containers in a store, only whole names of images in a cache.
fn is_earlier(root: &OpenFolder, purpose: Purpose, names: &[String]) -> bool {
    let has = |name: &str| names.iter().any(|found| found == name);
    let is_folder = |name: &str| matches!(root.look(name), Ok(Some(found)) if found.kind == FoundKind::Folder);
    let folders: &[&str] = match purpose {
        Purpose::Store => &[BLOBS, INGEST, LAYERS, CONTAINERS],
        Purpose::Cache => &[BLOBS, INGEST],
    };
    let files: &[&str] = match purpose {
        Purpose::Store => &[MARKER, INDEX, INDEX_LOCK, CONTENT_LOCK],
        Purpose::Cache => &[MARKER, INDEX, INDEX_LOCK],
    };
    names.iter().all(|name| folders.contains(&name.as_str()) || files.contains(&name.as_str()))
        && folders.iter().all(|name| is_folder(name))
        && has(INDEX_LOCK)
        && root.read(MARKER, LARGEST_MARKER).is_ok_and(|bytes| bytes.as_deref() == Some(EMPTY_LAYOUT))
        && (purpose == Purpose::Store || has_whole_names(root))
}

/// True if the list names images, and each by its whole name, e.g. `docker.io/library/app:1`: other programs write tags.
fn has_whole_names(root: &OpenFolder) -> bool {
    let Ok(Some(bytes)) = root.read(INDEX, LARGEST) else { return false };
    let list: Option<Value> = serde_json::from_slice(&bytes).ok();
    let list = list.as_ref().and_then(|index| index.get("manifests")?.as_array());
    let is_whole = |name: &str| match name.parse::<Reference>().as_ref().map(Reference::location) {
        Ok(Location::Registry(parsed)) => parsed.to_string() == name,
        _ => false,
    };
    list.is_some_and(|list| !list.is_empty() && list.iter().all(|entry| ref_name(entry).is_some_and(is_whole)))
}

fn unusable(root: &OpenFolder, purpose: Purpose, how: &str, error: &io::Error) -> Error {
    let path = shown(&root.path().display().to_string());
    let kind = if error.kind() == io::ErrorKind::PermissionDenied { ErrorKind::Unauthorized } else { ErrorKind::Invalid };
    another(Error::of(kind, format!("the {} folder {path} {how}", purpose.name())).because(error), purpose)
}

/// The error of a folder with another marker.
fn marked(root: &OpenFolder, purpose: Purpose, marker: &[u8]) -> Error {
    let other = if purpose == Purpose::Store { Purpose::Cache } else { Purpose::Store };
    let why = if marker == other.marker() {
        format!("it is a {} of this program", other.name())
    } else {
        format!("its {OURS} is none of this version")
    };
    another(refused(root, purpose).because(why), purpose)
}

/// The error of a folder that is somebody else's.
fn foreign(root: &OpenFolder, purpose: Purpose, names: &[String]) -> Error {
    let refused = refused(root, purpose).because("it is not empty, and nothing in it says that this program made it");
    if purpose == Purpose::Store && names.iter().any(|name| name == MARKER) {
        let path = shown(&root.path().display().to_string());
        return refused.hint(advice![
            format!("it is an image layout, which oci:{path} names as an image; for a store, name a new or an empty folder: "),
            Setting::Store,
            ", or ",
            Setting::StoreVariable
        ]);
    }
    another(refused, purpose)
}

fn refused(root: &OpenFolder, purpose: Purpose) -> Error {
    let path = shown(&root.path().display().to_string());
    Error::of(ErrorKind::Invalid, format!("the folder {path} is not used as the {}", purpose.name()))
}

/// The error with the advice to name another folder.
fn another(error: Error, purpose: Purpose) -> Error {
    error.hint(match purpose {
        Purpose::Store => advice!["name a new or an empty folder: ", Setting::Store, ", or ", Setting::StoreVariable],
        Purpose::Cache => {
            advice!["name a new or an empty folder with ", Setting::CacheVariable, ", or use none: ", Setting::NoCache]
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::handles::of_tests as handles;

    fn open(root: &Path) -> OpenFolder {
        OpenFolder::open(handles(), root, false).unwrap()
    }

    /// What `path`s are to be made in a folder: those that end in a slash are folders.
    fn made(paths: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, content) in paths {
            match path.strip_suffix('/') {
                Some(folder) => fs::create_dir_all(root.path().join(folder)).unwrap(),
                None => fs::write(root.path().join(path), content).unwrap(),
            }
        }
        root
    }

    const LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

    #[test]
    fn an_empty_folder_becomes_ours_for_one_purpose() {
        for purpose in [Purpose::Store, Purpose::Cache] {
            let root = made(&[]);
            assert_eq!(is_ours(&open(root.path()), purpose), Ok(false));
            claim(&open(root.path()), purpose).unwrap();
            claim(&open(root.path()), purpose).unwrap();
            assert_eq!(is_ours(&open(root.path()), purpose), Ok(true));
            fs::write(root.path().join("notes.txt"), "mine").unwrap();
            claim(&open(root.path()), purpose).unwrap();
            let other = if purpose == Purpose::Store { Purpose::Cache } else { Purpose::Store };
            let refused = claim(&open(root.path()), other).unwrap_err();
            assert!(refused.causes[0].starts_with("it is a "), "{refused:?}");
        }
    }

    #[test]
    fn what_others_have_made_is_not_used() {
        let layout = ("oci-layout", LAYOUT);
        let foreign: [&[(&str, &str)]; 8] = [
            &[("customers.csv", "")],
            &[("ingest/", "")],
            &[("index.json", r#"{"my":"own"}"#), ("ingest/", "")],
            // As skopeo writes it, and as BuildKit does.
            &[layout, ("index.json", "{}"), ("blobs/sha256/", "")],
            &[layout, ("index.json", "{}"), ("blobs/sha256/", ""), ("ingest/", ""), ("index.json.lock", "")],
            &[("wincompat.json", "{\"schema\":\"wincompat/store/v2\"}\n")],
            &[("wincompat.json", ""), ("customers.csv", "")],
            &[("layers/", ""), ("containers/", "")],
        ];
        for paths in foreign {
            let root = made(paths);
            for purpose in [Purpose::Store, Purpose::Cache] {
                let refused = claim(&open(root.path()), purpose).unwrap_err();
                assert!(refused.what.contains("is not used as the") && refused.hint.is_some(), "{paths:?}: {refused:?}");
                assert!(is_ours(&open(root.path()), purpose).is_err(), "{paths:?}");
            }
        }
    }

    #[test]
    fn a_store_of_an_earlier_version_goes_on_and_one_with_anything_else_in_it_does_not() {
        let earlier: [(&str, &str); 8] = [
            ("oci-layout", LAYOUT),
            ("index.json", "{}"),
            ("index.json.lock", ""),
            ("blobs.lock", ""),
            ("blobs/sha256/", ""),
            ("ingest/", ""),
            ("layers/", ""),
            ("containers/", ""),
        ];
        let root = made(&earlier);
        claim(&open(root.path()), Purpose::Store).unwrap();
        assert_eq!(is_ours(&open(root.path()), Purpose::Store), Ok(true));
        for missing in ["oci-layout", "index.json.lock", "ingest/", "layers/", "containers/"] {
            let root = made(&earlier.into_iter().filter(|(path, _)| *path != missing).collect::<Vec<_>>());
            assert!(claim(&open(root.path()), Purpose::Store).is_err(), "without {missing}");
        }
        let root = made(&[&earlier[..], &[("notes.txt", "")]].concat());
        assert!(claim(&open(root.path()), Purpose::Store).is_err());
    }

    #[test]
    fn a_cache_of_an_earlier_version_is_known_by_the_names_in_it() {
        for (name, is_known) in
            [("mcr.microsoft.com/windows/nanoserver:ltsc2022", true), ("docker.io/library/app:1", true), ("latest", false)]
        {
            let list = format!(r#"{{"manifests":[{{"annotations":{{"org.opencontainers.image.ref.name":"{name}"}}}}]}}"#);
            let root = made(&[
                ("oci-layout", LAYOUT),
                ("index.json", &list),
                ("index.json.lock", ""),
                ("blobs/sha256/", ""),
                ("ingest/", ""),
            ]);
            assert_eq!(claim(&open(root.path()), Purpose::Cache).is_ok(), is_known, "{name}");
        }
    }

    #[test]
    fn many_at_once_make_one_store() {
        let root = tempfile::tempdir().unwrap();
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    claim(&open(root.path()), Purpose::Store).unwrap();
                    open(root.path()).folder_made(BLOBS).unwrap();
                });
            }
        });
        assert_eq!(is_ours(&open(root.path()), Purpose::Store), Ok(true));
    }
}
