//! Explanations of errors: by a number, a name, or the text somebody pasted.

mod apart;
mod catalogue;
mod cleanup;
mod decide;
mod engines;
mod evidence;
mod level;
mod number;
mod others;
mod paste;
mod peers;
mod pods;
mod scheduling;
mod stamps;
mod subjects;
mod tables;
mod traces;
mod values;
mod words;
mod wrapped;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use catalogue::{Entry, Group, catalogue};
pub use number::is_of_a_program;
pub use stamps::without_stamp;
pub use tables::unwrapped;
pub use words::suggest;

use crate::advice::advice;
use crate::knowledge::{ErrorCode, ErrorMessage, Errors, Knowledge, twin};
use crate::{Advice, OsVersion};

/// An explanation of an error or a finding: the meaning, the causes, and what to do.
///
/// The texts are [`Advice`] until [`Explanation::worded`] makes them the words of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Explanation<Text = Advice> {
    /// A stable name, e.g. `0x80370101`, `build-mismatch`, `no-matching-manifest`.
    pub id: String,
    /// The kind of thing that is explained.
    pub kind: Kind,
    /// Other names and numbers, the usual one first, e.g. `HCS_E_IMAGE_MISMATCH`.
    pub names: Vec<String>,
    /// A few words for it, or those of Windows, one line without a full stop.
    pub title: String,
    /// The meaning, whole sentences.
    pub meaning: Text,
    /// The usual causes, the commonest first.
    pub causes: Vec<Text>,
    /// The steps to take, in this order; commands are in backquotes.
    pub steps: Vec<Text>,
    /// The addresses of the pages on which the facts are found.
    pub sources: Vec<String>,
}

impl Explanation {
    /// The same explanation with its texts in the words of a program.
    pub fn worded(self, word: impl Fn(&Advice) -> String) -> Explanation<String> {
        Explanation {
            meaning: word(&self.meaning),
            causes: self.causes.iter().map(&word).collect(),
            steps: self.steps.iter().map(&word).collect(),
            id: self.id,
            kind: self.kind,
            names: self.names,
            title: self.title,
            sources: self.sources,
        }
    }
}

/// The kind of thing that is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// A finding of this program's own.
    Finding,
    /// An error number of Windows, or the exit code of a program.
    ErrorCode,
    /// The text of an error.
    Message,
    /// A kind of failure to read something, in a report of this program.
    Failure,
}

/// The facts on which explanations rest.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Names of releases, tags of base images.
    pub knowledge: &'a Knowledge,
    /// The base image to use on a host of this version and architecture: one that the rules let pass there, or none.
    pub replacement: &'a dyn Fn(OsVersion, &str) -> Option<Replacement>,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("knowledge", &self.knowledge.date).finish_non_exhaustive()
    }
}

/// A base image that runs on a host, in place of one that does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// E.g. `mcr.microsoft.com/windows/servercore:ltsc2022`.
    pub reference: String,
    /// E.g. `20348`.
    pub build: u32,
    /// True if it still gets updates.
    pub supported: bool,
}

/// Explains an error: a number in any form, a symbolic name, the id of a message, or a pasted text that holds one of them or
/// one of the messages known. `None` for anything else.
///
/// In a pasted text the operation that failed decides, then numbers, then sentences; lines that are not errors do not.
pub fn explain(text: &str, context: &Context<'_>) -> Option<Explanation> {
    named(text)
        .or_else(|| decide::explain(text, context))
        .or_else(|| words::explain(text))
        .or_else(|| of_family(number::unknown(text.trim(), Errors::built_in())?))
}

/// Explains a pasted text by what is known in it, and not by the words that people remember of an error.
pub fn pasted(text: &str, context: &Context<'_>) -> Option<Explanation> {
    decide::explain(text, context)
}

/// The other errors that a pasted text holds beside the one that is explained: those of another cause, at most five. A number that
/// belongs to the same failure is none of them.
pub fn others(text: &str, told: &Explanation, context: &Context<'_>) -> Vec<Entry> {
    others::others(text, &told.id, context).into_iter().map(Entry::from).collect()
}

/// Explains a text that is nothing but a known number, a symbolic name or the id of a message.
pub fn named(text: &str) -> Option<Explanation> {
    let errors = Errors::built_in();
    let text = text.trim();
    if let Some(error) = number::whole(text, errors) {
        return Some(of_code(error));
    }
    errors.texts().find(|message| message.id.eq_ignore_ascii_case(text)).map(of_message)
}

fn of_code(error: &ErrorCode) -> Explanation {
    let mut names = error.names.clone();
    names.extend(twin(error.code).map(|twin| format!("{twin:#010x}")));
    Explanation {
        id: format!("{:#010x}", error.code),
        kind: Kind::ErrorCode,
        names,
        title: error.title.clone(),
        meaning: error.known.meaning.clone(),
        causes: error.known.causes.clone(),
        steps: error.known.steps.clone(),
        sources: error.sources.clone(),
    }
}

fn of_message(message: &ErrorMessage) -> Explanation {
    Explanation {
        id: message.id.clone(),
        kind: Kind::Message,
        names: Vec::new(),
        title: message.title.clone(),
        meaning: message.known.meaning.clone(),
        causes: message.known.causes.clone(),
        steps: message.known.steps.clone(),
        sources: message.sources.clone(),
    }
}

/// The explanation of a number that is not known, by the family it belongs to; `None` where that is not known either.
fn of_family(number: u32) -> Option<Explanation> {
    let family = Errors::built_in().family(number)?;
    let mut steps = Vec::new();
    // The texts of the HTTP client are not among those of the system.
    if number >> 16 == 0x8007 && family.low.is_none() {
        steps.push(format!("Print the text of this error, on Windows: `net helpmsg {}`.", number & 0xffff).into());
    }
    steps.extend(family.steps.iter().cloned());
    steps.push(format!("Look the number up: {}", family.source).into());
    Some(Explanation {
        id: format!("{number:#010x}"),
        kind: Kind::ErrorCode,
        names: Vec::new(),
        title: format!("a number that is not known here, of: {}", family.name),
        meaning: advice![
            format!("This number is not in the list of errors that are explained here. It belongs to: {}. ", family.name),
            family.about.as_str()
        ],
        causes: Vec::new(),
        steps,
        sources: vec![family.source.clone()],
    })
}

#[cfg(test)]
mod tests;
