//! The files that changed since a revision of git, asked of the program `git`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cli::paths::repository_of;
use crate::text::quoted;
use crate::{Error, ErrorKind};

/// The longest answer of git that is shown.
const SHOWN: usize = 300;

/// The files that changed, in each repository that was asked.
#[derive(Debug, Default)]
pub struct Changed {
    repositories: Vec<Repository>,
}

/// A work tree.
#[derive(Debug)]
struct Repository {
    /// Its folder.
    top: PathBuf,
    /// The paths of what changed, from there, with slashes.
    names: HashSet<String>,
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

    /// True for a file that changed, or that is below a folder which changed as a whole: a submodule.
    pub fn has(&self, path: &Path) -> bool {
        let Ok(real) = path.canonicalize() else { return false };
        // The innermost repository has the file.
        let of_file = self.repositories.iter().filter_map(|one| Some((one, real.strip_prefix(&one.top).ok()?)));
        let Some((repository, below)) = of_file.min_by_key(|(_, below)| below.components().count()) else { return false };
        below.ancestors().any(|part| repository.names.contains(&slashed(part)))
    }
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
        let names = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Ok(Self { top, names })
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
    let said: String = text(&output.stderr).trim().chars().take(SHOWN).collect();
    Ok(Err(if said.is_empty() { output.status.to_string() } else { said }))
}
