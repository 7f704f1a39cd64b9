//! The answer of `wincompat explain` as data: what an error or a finding means, and what to do.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Word, Wording};
use crate::explain::{Explanation, Kind};

/// The name of this version of the document.
pub const SCHEMA: &str = "wincompat/explain/v1";

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExplanationReport {
    /// `wincompat/explain/v1`.
    pub schema: Cow<'static, str>,
    /// The question on one line, shortened.
    pub query: String,
    /// The explanation; `None` if there is none.
    pub explanation: Option<ExplanationEntry>,
    /// Names like the one asked for, the most similar first; empty if there is an explanation.
    pub suggestions: Vec<String>,
}

/// The meaning of an error or a finding, its causes, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExplanationEntry {
    /// The stable name, e.g. `0x80370101`, `build-mismatch`, `no-matching-manifest`.
    pub id: String,
    /// The kind of thing that is explained.
    pub kind: Word<Kind>,
    /// The other names and numbers, the usual one first, e.g. `HCS_E_IMAGE_MISMATCH`.
    pub names: Vec<String>,
    /// The text of it, or a few words for it, on one line without a full stop.
    pub title: String,
    /// The meaning.
    pub meaning: String,
    /// The usual causes, the commonest first.
    pub causes: Vec<String>,
    /// The steps to take, in this order; commands are in backquotes.
    pub steps: Vec<String>,
    /// The addresses of the pages on which the facts are found.
    pub sources: Vec<String>,
}

impl ExplanationReport {
    /// The answer to this question, which is one harmless line.
    pub fn new(query: String, explanation: Option<&Explanation>, suggestions: &[&str], wording: &dyn Wording) -> Self {
        Self {
            schema: SCHEMA.into(),
            query,
            explanation: explanation.map(|explanation| ExplanationEntry::new(explanation, wording)),
            suggestions: suggestions.iter().map(|&name| name.to_owned()).collect(),
        }
    }
}

impl ExplanationEntry {
    fn new(explanation: &Explanation, wording: &dyn Wording) -> Self {
        let Explanation { id, kind, names, title, meaning, causes, steps, sources } =
            explanation.clone().worded(|advice| wording.advice(advice));
        Self { id, kind: kind.into(), names, title, meaning, causes, steps, sources }
    }
}
