//! The report as JSON Lines: a document a line, so that a reader needs no more memory than for one result.

use std::io::{self, Write};

use serde::Serialize;

use super::document::{ErrorEntry, PlacementEntry, Report, ResultEntry, Summary, Tool};
use super::{Page, Renderer, json};

/// The name of this version of a line.
pub const SCHEMA: &str = "wincompat/report-line/v1";

/// A line for each result, for each image that was not read, for each workload without a result, and for the numbers of all.
#[derive(Clone, Copy, Debug)]
pub struct JsonLines;

/// One line of the report.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Line<'a> {
    /// `wincompat/report-line/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = SCHEMA)))]
    schema: &'static str,
    /// The fields of what it is about.
    #[serde(flatten)]
    content: Content<'a>,
}

/// The thing that a line is about.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "lowercase")]
enum Content<'a> {
    /// One image on one host, with the fields of an entry of `results`.
    Result(&'a ResultEntry),
    /// An image that was not read, with the fields of an entry of `errors`.
    Error(&'a ErrorEntry),
    /// A workload of a cluster that does not pass, and of which no result says so, with the fields of an entry of `placements`.
    Placement(&'a PlacementEntry),
    /// The numbers of results and errors, in the last line.
    Summary {
        /// The program that wrote this.
        tool: &'a Tool,
        /// The numbers.
        #[serde(flatten)]
        summary: &'a Summary,
    },
}

/// The JSON Schema of a line, as committed in `schema/`.
#[cfg(feature = "schema")]
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Line<'_>>()
}

impl Renderer<Report> for JsonLines {
    fn render(&self, report: &Report, _: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let results = report.results.iter().map(Content::Result);
        let errors = report.errors.iter().map(Content::Error);
        let placements = report.placements.iter().map(Content::Placement);
        let summary = Content::Summary { tool: &report.tool, summary: &report.summary };
        for content in results.chain(errors).chain(placements).chain([summary]) {
            json::write_line(&Line { schema: SCHEMA, content }, out)?;
        }
        Ok(())
    }
}
