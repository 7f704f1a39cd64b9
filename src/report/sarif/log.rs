//! The parts of a SARIF 2.1.0 log that are written.
//!
//! The names are those of <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>, section 3.

use std::collections::BTreeMap;

use serde::Serialize;

/// A log (3.13).
#[derive(Serialize)]
pub(super) struct Log {
    #[serde(rename = "$schema")]
    pub schema: &'static str,
    pub version: &'static str,
    pub runs: [Run; 1],
}

/// A run (3.14).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run {
    pub tool: Tool,
    pub invocations: [Invocation; 1],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub original_uri_base_ids: BTreeMap<&'static str, UriBase>,
    pub column_kind: &'static str,
    pub results: Vec<Outcome>,
}

/// A tool (3.18).
#[derive(Serialize)]
pub(super) struct Tool {
    pub driver: Driver,
}

/// A tool component (3.19).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver {
    pub name: String,
    pub semantic_version: String,
    pub version: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub information_uri: &'static str,
    pub rules: Vec<Descriptor>,
    pub notifications: Vec<Descriptor>,
}

/// A reporting descriptor (3.49): a rule, or a kind of notification.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub id: String,
    pub short_description: Text,
    pub full_description: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<Help>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help_uri: Option<String>,
    pub default_configuration: Configuration,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Properties>,
}

/// A reporting configuration (3.50).
#[derive(Serialize)]
pub(super) struct Configuration {
    pub level: &'static str,
}

/// The properties of a rule that GitHub reads.
#[derive(Serialize)]
pub(super) struct Properties {
    pub tags: [&'static str; 2],
    pub precision: &'static str,
    #[serde(rename = "problem.severity")]
    pub severity: &'static str,
}

/// A message of one form (3.11, 3.12).
#[derive(Serialize)]
pub(super) struct Text {
    text: String,
}

impl Text {
    /// A text in which nothing is a link (`[text](address)`, 3.11.6) or has a place for an argument (`{0}`, 3.11.5), although names of strangers
    /// are in it: a blank parts what would be one.
    pub fn of(text: &str) -> Self {
        let mut plain = String::with_capacity(text.len());
        let mut last = ' ';
        for character in text.chars() {
            if last == ']' && character == '(' || last == '{' && character.is_ascii_digit() {
                plain.push(' ');
            }
            plain.push(character);
            last = character;
        }
        Self { text: plain }
    }

    /// The first characters of it.
    pub fn cut(self, longest: usize) -> Self {
        Self { text: self.text.chars().take(longest).collect() }
    }
}

/// A message that is Markdown too (3.12).
#[derive(Serialize)]
pub(super) struct Help {
    #[serde(flatten)]
    pub text: Text,
    pub markdown: String,
}

/// An invocation (3.20).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub execution_successful: bool,
    pub tool_execution_notifications: Vec<Notification>,
}

/// A notification (3.58).
#[derive(Serialize)]
pub(super) struct Notification {
    pub level: &'static str,
    pub message: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptor: Option<Reference>,
}

/// A reference to a descriptor (3.52).
#[derive(Serialize)]
pub(super) struct Reference {
    pub id: String,
    pub index: usize,
}

/// The folder below which relative paths lie (3.14.14); which one it is, the reader knows.
#[derive(Serialize)]
pub(super) struct UriBase {
    pub description: Text,
}

/// A result (3.27).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    pub rule_id: String,
    pub rule_index: usize,
    pub kind: &'static str,
    pub level: &'static str,
    pub message: Text,
    pub locations: [Location; 1],
    pub partial_fingerprints: Fingerprints,
}

/// The fingerprints of a result (3.27.17). GitHub reads this one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fingerprints {
    pub primary_location_line_hash: String,
}

/// A location (3.28).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub physical_location: PhysicalLocation,
    pub logical_locations: [LogicalLocation; 1],
}

/// A physical location (3.29).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub artifact_location: ArtifactLocation,
    pub region: Region,
}

/// An artifact location (3.4).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    pub uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri_base_id: Option<&'static str>,
}

/// A region (3.30).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub start_line: u32,
    pub start_column: u32,
}

/// A logical location (3.33).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation {
    pub fully_qualified_name: String,
    pub kind: &'static str,
}
