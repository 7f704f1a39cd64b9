//! Explanations of errors: by a number, a name, or the text somebody pasted.

mod number;
mod pasted;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::Advice;
use crate::knowledge::{ErrorCode, ErrorMessage, Errors, Knowledge, twin};

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
}

/// Explains an error: a number in any form, a symbolic name, the id of a message, or a pasted text that holds one of them or
/// one of the messages known. `None` for anything else.
///
/// In a pasted text a message counts before a number, since it says more: `no matching manifest` names the host's version.
pub fn explain(text: &str, knowledge: &Knowledge) -> Option<Explanation> {
    let errors = Errors::built_in();
    let text = &flat(text);
    if let Some(error) = number::whole(text, errors) {
        return Some(of_code(error));
    }
    if let Some(message) = errors.messages.iter().find(|message| message.id.eq_ignore_ascii_case(text)) {
        return Some(of_message(message));
    }
    pasted::explain(text, knowledge)
        .or_else(|| pasted::message(text, errors).map(of_message))
        .or_else(|| number::within(text, errors).map(of_code))
        .or_else(|| pasted::title(text, errors).map(of_code))
}

/// The names most like this text, at most three, the nearest first: those of errors and messages, and `others`.
pub fn suggest<'a>(text: &str, others: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    const LONGEST_NAME: usize = 60;
    const ALIKE: f64 = 0.7;
    let text = flat(text).to_lowercase();
    if text.len() > LONGEST_NAME {
        return Vec::new();
    }
    let errors = Errors::built_in();
    let names = errors.codes.iter().flat_map(|error| &error.names).chain(errors.messages.iter().map(|message| &message.id));
    let mut alike: Vec<(f64, &str)> = names
        .map(String::as_str)
        .chain(others)
        .map(|name| (strsim::normalized_damerau_levenshtein(&text, &name.to_lowercase()), name))
        .filter(|&(likeness, _)| likeness >= ALIKE)
        .collect();
    alike.sort_by(|(one, _), (next, _)| next.total_cmp(one));
    alike.into_iter().take(3).map(|(_, name)| name).collect()
}

/// A hint for a text that is a number, but not a known one: the service that the number comes from.
pub fn hint(text: &str) -> Option<String> {
    let number = number::parse(flat(text).trim_matches(['(', ')', ':', '.'])).next()?;
    if number >> 16 == 0x8007 {
        return Some(format!("it is error {} of Windows: on Windows, `net helpmsg {0}` prints its text", number & 0xffff));
    }
    let family = Errors::built_in().family(number)?;
    Some(format!("its number is one of: {}; see {}", family.name, family.source))
}

fn of_code(error: &ErrorCode) -> Explanation {
    let mut names = error.names.clone();
    names.extend(twin(error.code).map(|twin| format!("{twin:#010x}")));
    Explanation {
        id: format!("{:#010x}", error.code),
        kind: Kind::ErrorCode,
        names,
        title: error.title.clone(),
        meaning: error.meaning.clone(),
        causes: error.causes.clone(),
        steps: error.steps.clone(),
        sources: error.sources.clone(),
    }
}

fn of_message(message: &ErrorMessage) -> Explanation {
    Explanation {
        id: message.id.clone(),
        kind: Kind::Message,
        names: Vec::new(),
        title: message.title.clone(),
        meaning: message.meaning.clone(),
        causes: message.causes.clone(),
        steps: message.steps.clone(),
        sources: message.sources.clone(),
    }
}

/// A text on one line, without control characters: terminals wrap what is copied from them.
fn flat(text: &str) -> Cow<'_, str> {
    let plain = |c: char| !c.is_control() && (c == ' ' || !c.is_whitespace());
    if text.chars().all(plain) && !text.contains("  ") && text.trim().len() == text.len() {
        return Cow::Borrowed(text);
    }
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    Cow::Owned(words.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests;
