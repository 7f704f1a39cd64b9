//! The files of a scan, and what they may look at: files below the paths that were named, and no others.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::cli::paths::{self, real};
use crate::cli::placed::placed;
use crate::cli::references;
use crate::cli::wording::shell_word;
use crate::files::{read_capped, read_regular};
use crate::login;
use crate::report::plain;
use crate::report::scanned::Excerpts;
use crate::scan::{Files, walk};
use crate::text::{Encoding, encoding, is_on_network, quoted};
use crate::{Error, ErrorKind};

/// The most bytes of a file.
const LARGEST: u64 = 16 << 20;

/// The name of standard input.
const STANDARD_INPUT: &str = "-";

/// The files of a scan.
pub struct Tree {
    /// The files that may name images.
    pub files: Vec<PathBuf>,
    /// Folders and files that could not be looked at.
    pub unread: Vec<(PathBuf, Error)>,
    /// The folders below which files may be looked at, without links.
    roots: Vec<PathBuf>,
    /// The files and folders that were named, without links.
    named: Vec<PathBuf>,
    /// The paths as they were typed.
    typed: Vec<PathBuf>,
    /// The files that were named, as they were, and standard input.
    asked: BTreeSet<PathBuf>,
    input: Option<Rc<str>>,
    read: RefCell<HashMap<PathBuf, Result<Rc<str>, Error>>>,
    /// The files by their names in the answer, once all are read.
    names: OnceCell<HashMap<String, PathBuf>>,
}

/// Refuses paths of which one does not exist; standard input always does.
///
/// # Errors
///
/// The first path that does not exist.
pub fn refuse_missing(paths: &[PathBuf]) -> Result<(), Error> {
    let missing = paths.iter().find(|path| !is_standard_input(path) && !path.exists());
    missing.map_or(Ok(()), |path| {
        let text = path.to_string_lossy();
        let hint = if references::is_complete(&text) {
            format!("for an image, use `wincompat check {}`", shell_word(&login::hidden(&text)))
        } else {
            "name files and folders that exist, or - for standard input".to_owned()
        };
        Err(paths::missing(path, shell_word, &hint))
    })
}

impl Tree {
    /// The files of these paths, or of the current folder.
    ///
    /// # Errors
    ///
    /// A path that does not exist, standard input that is not text.
    pub fn of(paths: &[PathBuf], input: &mut dyn Read) -> Result<Self, Error> {
        let here = [PathBuf::from(".")];
        let paths = if paths.is_empty() { &here[..] } else { paths };
        let is_input = |path: &&PathBuf| is_standard_input(path);
        let named: Vec<PathBuf> = paths.iter().filter(|path| !is_input(path)).cloned().collect();
        refuse_missing(&named)?;
        let mut walked = walk(&named);
        let mut text = None;
        if paths.iter().any(|path| is_input(&path)) {
            let bytes = read_capped(input, LARGEST).map_err(|error| failed(Path::new("standard input"), error))?;
            text = Some(decoded(Path::new("standard input"), &bytes)?);
            walked.files.push(PathBuf::from(STANDARD_INPUT));
        }
        let root = |path: &PathBuf| {
            let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new("")) };
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            folder.canonicalize().ok()
        };
        // What comes from standard input is in the current folder: a project that is rendered names its Dockerfiles there.
        let roots = paths.iter().filter_map(root).collect();
        let asked = paths.iter().filter(|path| is_input(path) || !path.is_dir()).cloned().collect();
        let typed = paths.to_vec();
        let named = named.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let unread = walked.unread.into_iter().map(|(path, why)| {
            let error = unreadable(&path).because(why);
            (path, error)
        });
        let (files, unread) = (walked.files, unread.collect());
        Ok(Self { files, unread, roots, named, typed, asked, input: text, read: RefCell::default(), names: OnceCell::new() })
    }

    /// The folders that were named, and those of the files that were.
    pub fn folders(&self) -> &[PathBuf] {
        &self.roots
    }

    /// The folder that a patch of these files is for: the current one if all of them are below it, else the nearest that holds all.
    pub fn patched(&self) -> PathBuf {
        let here = real(Path::new("."));
        let holds_all = |folder: &&Path| self.roots.iter().all(|root| root.starts_with(folder));
        let above = self.roots.first().into_iter().flat_map(|root| root.ancestors());
        std::iter::once(here.as_path()).chain(above).find(holds_all).unwrap_or(&here).to_owned()
    }

    /// The text of a file that was named by an option.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or is not text.
    pub fn named(&self, path: &Path) -> Result<Rc<str>, Error> {
        let bytes = read_regular(path, LARGEST).map_err(|error| failed(path, error))?;
        decoded(path, &bytes)
    }

    /// The text of a file, of which there is none where a folder is called so: Compose takes a folder `.env` for nothing.
    fn file(&self, path: &Path) -> Result<Rc<str>, Error> {
        if path.is_dir() {
            return Err(failed(path, std::io::ErrorKind::NotFound.into()));
        }
        self.named(path)
    }

    /// These lines of files by their names in the answer, numbered from 1, as far as they were read.
    pub fn lines(&self, wanted: &[(&str, u32)]) -> Excerpts {
        let mut numbers: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for (file, number) in wanted {
            numbers.entry(file).or_default().insert(*number);
        }
        let names = self.names.get_or_init(|| {
            // A file that another one names may be none of the walk's.
            let read: Vec<PathBuf> = self.read.borrow().keys().cloned().collect();
            read.iter().chain(&self.files).map(|path| (shown(path), path.clone())).collect()
        });
        let mut lines = Excerpts::new();
        for (file, numbers) in numbers {
            let Some(text) = names.get(file).and_then(|path| self.read(path).ok()) else { continue };
            let all: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
            let line = |number: u32| {
                let line = all.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
                Some((number, login::hidden_in(line).into_owned()))
            };
            lines.insert(file.to_owned(), numbers.into_iter().filter_map(line).collect());
        }
        lines
    }

    /// Puts a new text in the place of a file at once, so that a reader sees the old one or the new one.
    ///
    /// # Errors
    ///
    /// A file that is a link, is not below the paths that were named, was changed since it was read, or cannot be written.
    pub fn replace(&self, path: &Path, old: &str, new: &str) -> Result<(), Error> {
        let refused = |why: &str| Error::new(format!("{} was not changed", quoted(&path.to_string_lossy()))).because(why);
        self.inside(path)?;
        let found = path.symlink_metadata().map_err(|error| failed(path, error))?;
        if !found.is_file() {
            return Err(refused("it is a link").hint("name the file that it leads to"));
        }
        if *self.named(path)? != *old {
            return Err(refused("it was changed since it was read").hint("run the scan again"));
        }
        placed(path, new).map_err(|error| refused(&error.to_string()).hint("let this user write to the folder of the file"))
    }

    /// True for a file that was named, or is below a folder that was.
    pub fn is_named(&self, path: &Path) -> bool {
        let Ok(real) = path.canonicalize() else { return false };
        self.named.iter().any(|named| real.starts_with(named))
    }

    /// True for a path that a file writes and that may be one of another machine: only those that the user named are asked.
    fn is_elsewhere(&self, path: &Path) -> bool {
        let known = || self.roots.iter().chain(&self.named).chain(&self.typed);
        is_on_network(&path.to_string_lossy()) && !known().any(|known| path.starts_with(known))
    }

    /// Refuses a file that links lead out of the folders that were named.
    fn inside(&self, path: &Path) -> Result<(), Error> {
        if !self.is_elsewhere(path) {
            let real = path.canonicalize().map_err(|error| failed(path, error))?;
            // A link that is named itself leads where the user says.
            if self.roots.iter().any(|root| real.starts_with(root)) || self.named.contains(&real) {
                return Ok(());
            }
        }
        Err(Error::of(ErrorKind::Invalid, format!("{} is not below the paths that were named", quoted(&path.to_string_lossy())))
            .hint("name the folder that holds it as well"))
    }
}

impl Files for Tree {
    fn read(&self, path: &Path) -> Result<Rc<str>, Error> {
        if is_standard_input(path)
            && let Some(text) = &self.input
        {
            return Ok(Rc::clone(text));
        }
        if let Some(known) = self.read.borrow().get(path) {
            return known.clone();
        }
        let read = self.inside(path).and_then(|()| self.file(path));
        self.read.borrow_mut().insert(path.to_owned(), read.clone());
        read
    }

    fn is_asked(&self, path: &Path) -> bool {
        self.asked.contains(path)
    }

    fn real(&self, path: &Path) -> PathBuf {
        if self.is_elsewhere(path) {
            return path.to_owned();
        }
        path.canonicalize().unwrap_or_else(|_| path.to_owned())
    }
}

/// True for the name of standard input.
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == STANDARD_INPUT
}

/// The name of a file in the answer: with slashes, and without `./` before it.
pub fn shown(path: &Path) -> String {
    plain::clean(&path.strip_prefix(".").unwrap_or(path).to_string_lossy().replace('\\', "/")).into_owned()
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::NotFound {
        return Error::of(ErrorKind::NotFound, format!("there is no file {}", quoted(&path.to_string_lossy()))).because(error);
    }
    unreadable(path).because(error)
}

fn unreadable(path: &Path) -> Error {
    Error::of(ErrorKind::Invalid, format!("{} could not be read", quoted(&path.to_string_lossy())))
        .hint("let this user read it, or leave it out by a line in .wincompatignore")
}

fn decoded(path: &Path, bytes: &[u8]) -> Result<Rc<str>, Error> {
    let refused = |why: &str, hint: &str| {
        Err(Error::of(ErrorKind::Invalid, format!("{} is not UTF-8 text", quoted(&path.to_string_lossy())))
            .because(why)
            .hint(hint.to_owned()))
    };
    match encoding(bytes) {
        (Encoding::Utf16(_), _) => refused(
            "it is UTF-16, as `>` in Windows PowerShell writes it",
            "save it as UTF-8: the tools that use it want that too",
        ),
        (Encoding::Utf8, _) => match std::str::from_utf8(bytes) {
            Ok(text) if text.contains('\0') => {
                refused("it holds the character NUL", "leave it out by a line in .wincompatignore")
            }
            Ok(text) => Ok(Rc::from(text)),
            Err(error) => {
                let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
                refused(&format!("line {line} is not valid UTF-8"), "save it as UTF-8")
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_not_asked_for_a_file_that_a_file_names() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("compose.yaml"), "services:").unwrap();
        let tree = Tree::of(&[folder.path().to_owned()], &mut std::io::empty()).unwrap();
        for path in [r"\\server.test\share\x.yaml", "//server.test/share/x.yaml"] {
            // One that was looked for would not have been found.
            let error = tree.read(Path::new(path)).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid);
            assert!(error.what.ends_with("is not below the paths that were named"), "{error:?}");
            assert_eq!(tree.real(Path::new(path)), Path::new(path));
        }
        assert_eq!(&*tree.read(&folder.path().join("compose.yaml")).unwrap(), "services:");
        assert_eq!(tree.read(&folder.path().join("none.yaml")).unwrap_err().kind, ErrorKind::NotFound);
    }
}
