//! The error of every room: what failed, why, and what to do.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::advice::Advice;

/// A failure for people to read. It prints as `error: what`, `caused by: why` for each cause, `hint: what to do`.
///
/// ```
/// # use wincompat::{Error, ErrorKind};
/// let error = Error::of(ErrorKind::NotFound, "app:1.2 could not be read")
///     .because("the registry has no such tag")
///     .hint("look at the tags of the repository");
/// assert_eq!(error.sentence(), "app:1.2 could not be read: the registry has no such tag");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what}")]
#[non_exhaustive]
pub struct Error {
    /// The kind of failure.
    pub kind: ErrorKind,
    /// The failure: one sentence without a full stop.
    pub what: String,
    /// The causes, from the outside in.
    pub causes: Vec<String>,
    /// The advice what to do.
    pub hint: Option<Advice>,
    /// The file that was named and is not there, where that is the failure. It is not written with the error.
    #[serde(skip)]
    pub missing: Option<Box<Path>>,
}

/// Kinds of failures. A program that embeds this library can act on them; people read the sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// Anything without a kind of its own.
    #[default]
    Other,
    /// The registry, repository, tag, blob or file does not exist.
    NotFound,
    /// Credentials are missing or were refused.
    Unauthorized,
    /// The registry could not be reached, or answered with nonsense or an error of its own.
    Network,
    /// The registry asked for a longer pause than the time that is left.
    RateLimited,
    /// The reference or the content is malformed, or a digest does not hold.
    Invalid,
    /// Well formed, but of a kind this program does not read, e.g. schema 1.
    Unsupported,
    /// It depends on a variable to which nobody gives a value.
    Unresolved,
    /// It is not in a lock, which is all that counts.
    NotLocked,
    /// A container has no such command.
    NoSuchCommand,
    /// A command of a container is there and cannot be started.
    CommandNotStartable,
}

impl ErrorKind {
    /// The advice that fits every failure of this kind.
    const fn usual_hint(self) -> &'static str {
        match self {
            Self::Other => "remove the cause named above, then try again",
            Self::NotFound => "check the name, and that it exists",
            Self::Unauthorized => "sign in to the registry, or let this user read the file, then try again",
            Self::Network => "check the connection to the registry, then try again",
            Self::RateLimited => "wait before you try again, or sign in to the registry: it lets known users ask more often",
            Self::Invalid => "create it again with the tool that wrote it, or use another one",
            Self::Unsupported => "create it again with a current tool, or use another one",
            Self::Unresolved => "give the variable a value",
            Self::NotLocked => "write the lock again",
            Self::NoSuchCommand => "name a program that is in the image",
            Self::CommandNotStartable => "name a program for this Windows and its processor",
        }
    }
}

impl Error {
    /// An error of no special kind, without cause or hint.
    pub fn new(what: impl Into<String>) -> Self {
        Self::of(ErrorKind::Other, what)
    }

    /// An error of this kind, without cause or hint.
    pub fn of(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), causes: Vec::new(), hint: None, missing: None }
    }

    /// The same error as one of this kind.
    #[must_use]
    pub const fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same error with one more cause, below those already there.
    #[must_use]
    pub fn because(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// The same error as the cause of a larger failure, e.g. `no host can be read from host.txt`.
    #[must_use]
    pub fn within(mut self, what: impl Into<String>) -> Self {
        let inner = std::mem::replace(&mut self.what, what.into());
        self.causes.insert(0, inner);
        self
    }

    /// The same error with this hint, in the place of one it may have.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Advice>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error with this hint, unless it has one: what is said closer to the failure is more exact.
    #[must_use]
    pub fn or_hint(mut self, hint: impl Into<Advice>) -> Self {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// The same error, as that of a file that is not there.
    #[must_use]
    pub fn of_missing(mut self, file: &Path) -> Self {
        self.missing = Some(file.into());
        self
    }

    /// The hint, or what usually helps where none is more exact.
    pub fn advice(&self) -> Advice {
        self.hint.clone().unwrap_or_else(|| self.kind.usual_hint().into())
    }

    /// The failure and its causes, in one sentence.
    pub fn sentence(&self) -> String {
        std::iter::once(&self.what).chain(&self.causes).map(String::as_str).collect::<Vec<_>>().join(": ")
    }
}
