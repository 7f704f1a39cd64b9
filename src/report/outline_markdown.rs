//! An answer in sections as Markdown in GitHub's flavour.

use std::io::{self, Write};

use super::markdown::{escaped, footer, sentence};
use super::outline::Outlined;
use super::{Page, Renderer};

/// A heading, and a list for each section.
#[derive(Debug)]
pub(super) struct OutlineMarkdown;

impl<R: Outlined> Renderer<R> for OutlineMarkdown {
    fn render(&self, report: &R, _: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let outline = report.outline();
        let sign = match outline.ok {
            Some(true) => "✅",
            None => "❔",
            Some(false) => "❌",
        };
        writeln!(out, "## {sign} {}\n\n{}", escaped(&outline.title), escaped(&outline.sum))?;
        for section in outline.sections {
            writeln!(out, "\n### {}\n", section.title)?;
            for (number, (heading, lines)) in section.numbered() {
                let mark = if number.is_empty() { "- " } else { number.as_str() };
                writeln!(out, "{mark}{}", escaped(heading))?;
                for line in lines {
                    writeln!(out, "{:1$}- {2}", "", mark.len(), sentence(line))?;
                }
            }
        }
        footer(outline.tool, out)
    }
}
