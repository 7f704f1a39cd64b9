//! The files that changed since a revision of git, asked of the program `git`.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::settings;
use crate::cli::paths::{folder_of, real, repository_of};
use crate::login;
use crate::scan::{FileKind, IGNORE_FILE, Typed, is_kustomization, kind_of, may_have_counted};
use crate::text::quoted;
use crate::{Error, ErrorKind};

/// The longest answer of git that is shown.
const SHOWN: usize = 300;

/// The most files that are gone whose texts are asked for.
const MOST_BUILDERS: usize = 100;

/// The endings of manifests.
const MANIFESTS: [&str; 3] = ["yaml", "yml", "json"];

/// Answers by paths: many files rest on the same others, and each question looks at the disk.
type Answers = RefCell<HashMap<PathBuf, bool>>;

/// The files that changed, in each repository that was asked.
#[derive(Debug, Default)]
pub struct Changed {
    repositories: Vec<Repository>,
    /// Whether files changed, as far as that was asked.
    changed: Answers,
    /// Whether one is gone from their folders.
    lacking: Answers,
}

/// A work tree.
#[derive(Debug)]
struct Repository {
    /// Its folder.
    top: PathBuf,
    /// The paths of what changed, from there, with slashes.
    names: HashSet<String>,
    /// The folders of files that are gone, as they were, and that may have counted. What such a file said is not known.
    left: HashSet<PathBuf>,
    /// True if one of them may have been a manifest.
    lacks_manifest: bool,
    /// What those said that may have built images.
    builders: Vec<String>,
    /// True if what one of these said could not be read.
    lacks_builder: bool,
}

impl Changed {
    /// What changed in the repositories of these folders between the point where this revision and the present one part, and the work
    /// tree: also what is not committed, and what git does not know yet.
    ///
    /// # Errors
    ///
    /// No program `git`, a folder that is in no repository, a text that is not a revision.
    pub fn since(revision: &str, folders: &[PathBuf]) -> Result<Self, Error> {
        if revision.starts_with('-') || revision.chars().any(char::is_control) {
            return Err(Error::of(ErrorKind::Invalid, format!("{} is not a revision of git", quoted(revision)))
                .hint("name a commit, a branch or a tag, e.g. --changed-since origin/main"));
        }
        let mut changed = Self::default();
        let mut seen: HashSet<PathBuf> = HashSet::new();
        for folder in folders {
            // One question for all folders below one that git would find.
            let nearest = repository_of(folder);
            if !seen.insert(nearest.to_owned()) {
                continue;
            }
            let repository = Repository::of(nearest, revision)?;
            if !changed.repositories.iter().any(|known| known.top == repository.top) {
                changed.repositories.push(repository);
            }
        }
        Ok(changed)
    }

    /// True for a file that changed, or that is below a folder which changed as a whole: a submodule. A link changes with its target,
    /// and where it leads elsewhere.
    pub fn has(&self, path: &Path) -> bool {
        let is_changed = |path: PathBuf| {
            let Some((repository, below)) = self.place_of(&path) else { return false };
            below.ancestors().any(|part| repository.names.contains(&slashed(part)))
        };
        // A folder goes with its last file.
        let as_named = || Some(as_it_was(folder_of(path)).join(path.file_name()?));
        kept(&self.changed, path, || path.canonicalize().is_ok_and(is_changed) || as_named().is_some_and(is_changed))
    }

    /// True for a folder in which a file changed, came or went.
    pub fn has_below(&self, folder: &Path) -> bool {
        let folder = real(folder);
        let Some((repository, below)) = self.place_of(&folder) else { return false };
        repository.names.iter().any(|name| Path::new(name).starts_with(below))
    }

    /// True for a file in whose folder another one was that is gone and may have given values to it.
    pub fn lacks_beside(&self, path: &Path) -> bool {
        if self.repositories.iter().all(|one| one.left.is_empty()) {
            return false;
        }
        kept(&self.lacking, path, || {
            let folder = as_it_was(folder_of(path));
            self.repositories.iter().any(|one| one.left.contains(&folder))
        })
    }

    /// True if a manifest may be gone: a RuntimeClass counts for pods in any folder.
    pub fn lacks_manifest(&self) -> bool {
        self.repositories.iter().any(|one| one.lacks_manifest)
    }

    /// True if a file is gone that may have built the image of this name: what is made from it is judged in another way now.
    pub fn lacks_maker(&self, image: &str) -> bool {
        self.repositories.iter().any(|one| one.lacks_builder || one.builders.iter().any(|text| may_have_made(text, image)))
    }

    /// True if a file went that may have been about every other: a kustomization, the options of a scan. What says which files are read
    /// counts as soon as it changed.
    pub fn concerns_all(&self) -> bool {
        self.repositories.iter().any(|one| {
            one.names.iter().any(|name| {
                let path = Path::new(name);
                let is_called = |wanted: &str| path.file_name().is_some_and(|name| name == wanted);
                let is_about_all = is_kustomization(path) || is_called(settings::NAME);
                is_called(IGNORE_FILE) || is_about_all && is_gone(&one.top.join(path))
            })
        })
    }

    /// The repository of a path as it is, and the path from there.
    fn place_of<'p>(&self, real: &'p Path) -> Option<(&Repository, &'p Path)> {
        let all = self.repositories.iter().filter_map(|one| Some((one, real.strip_prefix(&one.top).ok()?)));
        // The innermost has the file.
        all.min_by_key(|(_, below)| below.components().count())
    }
}

/// The answer that is known for a path, else this one, which is kept.
fn kept(answers: &Answers, path: &Path, answer: impl FnOnce() -> bool) -> bool {
    let known = answers.borrow().get(path).copied();
    known.unwrap_or_else(|| {
        let new = answer();
        answers.borrow_mut().insert(path.to_owned(), new);
        new
    })
}

/// True if a file with this text may have built the image of this name: it names the image, or parts of such a name were variables there.
fn may_have_made(text: &str, image: &str) -> bool {
    let name = Typed::of(image).name;
    let last = name.rsplit('/').next().unwrap_or(name);
    let whole = image.strip_suffix(":latest").unwrap_or(image);
    let is_open = |line: &str| (line.contains('$') || image.contains('$')) && line.contains(last);
    last.contains('$') || text.contains(whole) || text.lines().any(is_open)
}

/// What these files said in a commit that may have built images, and whether one of them could not be read.
///
/// # Errors
///
/// No program `git`.
fn builders(top: &Path, commit: &str, gone: &[PathBuf]) -> Result<(Vec<String>, bool), Error> {
    let kind = |path: &Path| kind_of(path).filter(|kind| matches!(kind, FileKind::Yaml | FileKind::Bake | FileKind::Groovy));
    let (mut texts, mut is_unread) = (Vec::new(), false);
    for (number, (path, kind)) in gone.iter().filter_map(|path| Some((path, kind(path)?))).enumerate() {
        if number >= MOST_BUILDERS {
            return Ok((texts, true));
        }
        let name = path.strip_prefix(top).map(slashed).unwrap_or_default();
        match git(top, &["cat-file", "blob", &format!("{commit}:{name}")])? {
            // A manifest builds nothing.
            Ok(text) if kind == FileKind::Yaml && !text.contains("build") => {}
            Ok(text) => texts.push(text),
            Err(_) => is_unread = true,
        }
    }
    Ok((texts, is_unread))
}

/// True if there is nothing at this path, not even a link.
fn is_gone(path: &Path) -> bool {
    path.symlink_metadata().is_err()
}

/// A folder without links, also one that went with its files.
fn as_it_was(folder: &Path) -> PathBuf {
    let there = folder.ancestors().find_map(|above| {
        let named = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        Some(named.canonicalize().ok()?.join(folder.strip_prefix(above).ok()?))
    });
    there.unwrap_or_else(|| folder.to_owned())
}

impl Repository {
    fn of(folder: &Path, revision: &str) -> Result<Self, Error> {
        let top = git(folder, &["rev-parse", "--show-toplevel"])?.map_err(|why| {
            Error::of(ErrorKind::NotFound, format!("{} is not in a work tree of git", quoted(&folder.to_string_lossy())))
                .because(why)
                .hint("scan files of a repository, or leave --changed-since out")
        })?;
        let top = PathBuf::from(top.trim_end_matches(['\r', '\n']));
        let top = top.canonicalize().map_err(|error| unanswered(&error.to_string()))?;
        let missing = |why: String| {
            Error::of(ErrorKind::NotFound, format!("git does not know the revision {}", quoted(revision)))
                .because(why)
                .hint("name a commit, a branch or a tag that this clone has; `git fetch` gets more of them")
        };
        let commit = git(&top, &["rev-parse", "--verify", &format!("{revision}^{{commit}}")])?.map_err(missing)?;
        let commit = commit.trim();
        // Histories that share no commit here, as in a shallow clone, are compared as they are.
        let parted = git(&top, &["merge-base", commit, "HEAD"])?;
        let from = parted.as_deref().map_or(commit, str::trim);
        let listed = |arguments: &[&str]| git(&top, arguments)?.map_err(|why| unanswered(&why));
        let differing = listed(&["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", from, "--"])?;
        let unknown = listed(&["ls-files", "-z", "--others", "--exclude-standard"])?;
        let names = differing.split('\0').chain(unknown.split('\0')).map(|name| name.trim_end_matches('/'));
        let names: HashSet<String> = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let gone: Vec<PathBuf> = names.iter().map(|name| top.join(name)).filter(|path| is_gone(path)).collect();
        let counted = gone.iter().filter(|path| may_have_counted(path));
        let left = counted.filter_map(|path| path.parent().map(Path::to_owned)).collect();
        let is_manifest = |path: &PathBuf| path.extension().is_some_and(|ending| MANIFESTS.iter().any(|one| ending == *one));
        let lacks_manifest = gone.iter().any(is_manifest);
        let (builders, lacks_builder) = builders(&top, from, &gone)?;
        Ok(Self { top, names, left, lacks_manifest, builders, lacks_builder })
    }
}

/// A path as git writes it.
fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

fn unanswered(why: &str) -> Error {
    Error::new("git did not say which files changed").because(why).hint("leave --changed-since out to scan every file")
}

/// What git prints, or why it fails.
///
/// # Errors
///
/// A program that cannot be started.
fn git(folder: &Path, arguments: &[&str]) -> Result<Result<String, String>, Error> {
    let mut command = Command::new("git");
    // Nothing is asked of a person, no lock is taken, and no program of the repository watches its files.
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
    command.args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false"]).args(arguments);
    let output = command.current_dir(folder).stdin(Stdio::null()).output().map_err(|error| {
        Error::new("git could not be started").because(error).hint("install git, or leave --changed-since out")
    })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(Ok(text(&output.stdout)));
    }
    let said = text(&output.stderr);
    let said: String = login::hidden_in(said.trim()).chars().take(SHOWN).collect();
    Ok(Err(if said.is_empty() { output.status.to_string() } else { said }))
}
