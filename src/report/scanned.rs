//! The answer of `wincompat scan`: the report of a check whose results have places, and the lines that stand there.

use std::collections::BTreeMap;

use super::document::Report;
use super::of_images::{Abouts, Held, HoldsReport, formats};
use super::{Format, Printed, for_people, for_programs, json, snippets};

/// The answer of a scan.
#[derive(Clone, Debug)]
pub struct ScanReport {
    /// The results.
    pub report: Report,
    /// The lines that are shown, by file and number.
    pub lines: Excerpts,
}

/// Lines of files, by the name of the file in the report and the number of the line.
pub type Excerpts = BTreeMap<String, BTreeMap<u32, String>>;

impl HoldsReport for ScanReport {
    fn report(&self) -> &Report {
        &self.report
    }
}

impl Printed for ScanReport {
    const CALLED: &'static str = "report";
    const FORMATS: &'static [Format<Self>] = &formats(
        for_people("text", "Text for people: each failure at its line", &["txt"], &snippets::Snippets),
        for_programs("json", "One JSON document", &["json"], &Held(json::Json)),
        &Abouts {
            matrix: "Text: images down, hosts across",
            lines: "JSON Lines: a result a line",
            junit: "JUnit's XML: a suite an image, a test a host",
        },
    );
}
