//! The answer of `wincompat explain` as data: what an error or a finding means, and what to do.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Word, Wording};
use crate::explain::{Entry, Explanation, Group, Kind};

/// The name of this version of the document.
pub const SCHEMA: &str = "wincompat/explain/v1";

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExplanationReport {
    /// `wincompat/explain/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = SCHEMA)))]
    pub schema: Cow<'static, str>,
    /// The question on one line, shortened.
    pub query: String,
    /// The explanation; null if there is none. Of several, the first.
    pub explanation: Option<ExplanationEntry>,
    /// The explanations after the first, where several names were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<ExplanationEntry>,
    /// What else the text holds, of another cause than what is explained: each is to be explained by its id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<ListEntry>,
    /// Names like the one asked for, the most similar first; empty if there is an explanation.
    pub suggestions: Vec<String>,
    /// Everything that can be explained, where a list was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub list: Vec<ListGroup>,
}

/// Things of one kind that can be explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ListGroup {
    /// A heading, e.g. `Host Compute Service`.
    pub title: String,
    /// The things.
    pub entries: Vec<ListEntry>,
}

/// Something that can be explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ListEntry {
    /// The name by which it is asked for, e.g. `0x80370101`.
    pub id: String,
    /// The kind of thing.
    pub kind: Word<Kind>,
    /// Its usual other name, e.g. `HCS_E_IMAGE_MISMATCH`.
    pub name: Option<String>,
    /// A few words for it.
    pub title: String,
}

/// The meaning of an error or a finding, its causes, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExplanationEntry {
    /// The stable name, e.g. `0x80370101`, `build-mismatch`, `not-found`, `no-matching-manifest`.
    pub id: String,
    /// The kind of thing that is explained.
    pub kind: Word<Kind>,
    /// The other names and numbers, the usual one first, e.g. `HCS_E_IMAGE_MISMATCH`.
    pub names: Vec<String>,
    /// The text of it, or a few words for it, on one line without a full stop.
    pub title: String,
    /// The meaning.
    pub meaning: String,
    /// The usual causes, the most common first.
    pub causes: Vec<String>,
    /// The steps to take, in this order; commands are in backquotes.
    pub steps: Vec<String>,
    /// The addresses of the pages on which the facts are found.
    pub sources: Vec<String>,
}

impl ExplanationReport {
    /// The answer to this question, which is one harmless line.
    pub fn new(query: String, explanations: &[Explanation], suggestions: &[&str], wording: &dyn Wording) -> Self {
        let mut entries = explanations.iter().map(|explanation| ExplanationEntry::new(explanation, wording));
        Self {
            schema: SCHEMA.into(),
            query,
            explanation: entries.next(),
            further: entries.collect(),
            also: Vec::new(),
            suggestions: suggestions.iter().map(|&name| name.to_owned()).collect(),
            list: Vec::new(),
        }
    }

    /// The same answer with what else the text holds.
    pub fn with_others(self, others: &[Entry]) -> Self {
        Self { also: others.iter().map(ListEntry::new).collect(), ..self }
    }

    /// The list of everything that can be explained.
    pub fn list(groups: &[Group]) -> Self {
        let entries = |group: &Group| group.entries.iter().map(ListEntry::new).collect();
        let list = groups.iter().map(|group| ListGroup { title: group.title.clone(), entries: entries(group) }).collect();
        Self {
            schema: SCHEMA.into(),
            query: String::new(),
            explanation: None,
            further: Vec::new(),
            also: Vec::new(),
            suggestions: Vec::new(),
            list,
        }
    }
}

impl ListEntry {
    fn new(entry: &Entry) -> Self {
        Self { id: entry.id.clone(), kind: entry.kind.into(), name: entry.name.clone(), title: entry.title.clone() }
    }
}

impl ExplanationEntry {
    fn new(explanation: &Explanation, wording: &dyn Wording) -> Self {
        let Explanation { id, kind, names, title, meaning, causes, steps, sources } =
            explanation.clone().worded(|advice| wording.advice(advice));
        Self { id, kind: kind.into(), names, title, meaning, causes, steps, sources }
    }
}

/// The JSON Schema of [`ExplanationReport`] as it is written, as committed in `schema/`.
#[cfg(feature = "schema")]
pub fn schema() -> schemars::Schema {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<ExplanationReport>()
}
