//! The answer for two fleets as Markdown in GitHub's flavour.

use std::io::{self, Write};

use super::markdown::{escaped, footer, sentence};
use super::upgrade::UpgradeReport;
use super::upgrade_text::{sections, sum, title};
use super::{Page, Renderer};

/// A heading, and a list for each section.
#[derive(Debug)]
pub struct UpgradeMarkdown;

impl Renderer<UpgradeReport> for UpgradeMarkdown {
    fn render(&self, report: &UpgradeReport, _: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let sign = match (report.summary.breaks, report.summary.undecided + report.summary.errors) {
            (0, 0) => "✅",
            (0, _) => "❔",
            _ => "❌",
        };
        writeln!(out, "## {sign} {}\n\n{}", escaped(&title(report)), escaped(&sum(report)))?;
        for section in sections(report) {
            writeln!(out, "\n### {}\n", section.title)?;
            for (heading, lines) in section.items {
                writeln!(out, "- {}", escaped(&heading))?;
                for line in lines {
                    writeln!(out, "  - {}", sentence(&line))?;
                }
            }
        }
        footer(&report.tool, out)
    }
}
