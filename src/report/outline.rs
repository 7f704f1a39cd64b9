//! An answer in sections with a title, the same in each format, and its text form.

use std::io::{self, Write};

use super::document::Tool;
use super::plain::clean;
use super::table::{BAD, GOOD, OPEN, PLAIN, wrapped};
use super::{Page, Renderer};

/// A part of an answer.
pub(super) struct Section {
    /// The title, e.g. `Works today and will not`.
    pub title: &'static str,
    /// True for what stands against what was asked about.
    pub is_bad: bool,
    /// True where the contents are in an order, and have numbers.
    pub is_ordered: bool,
    /// The contents: a heading with the lines below it.
    pub items: Vec<(String, Vec<String>)>,
}

impl Section {
    /// The contents, each with its number in front, e.g. `1. `; nothing where they have none.
    pub fn numbered(&self) -> impl Iterator<Item = (String, &(String, Vec<String>))> {
        let is_ordered = self.is_ordered;
        let number = move |place: usize| if is_ordered { format!("{}. ", place + 1) } else { String::new() };
        self.items.iter().enumerate().map(move |(place, item)| (number(place), item))
    }
}

/// An answer as its formats write it.
pub(super) struct Outline<'r> {
    /// The title of the whole answer.
    pub title: String,
    /// The numbers, e.g. `12 references: 2 work today and will not, 10 work`.
    pub sum: String,
    /// True if nothing stands against what was asked about; `None` if that is not known.
    pub ok: Option<bool>,
    /// The program that answers.
    pub tool: &'r Tool,
    /// The sections that have something in them.
    pub sections: Vec<Section>,
}

/// The numbers that are not 0, each with its words for one and for several, e.g. `: 2 break, 10 work`; empty if all are 0.
pub(super) fn counted(numbers: &[(usize, &str, &str)]) -> String {
    let parts: Vec<String> = numbers
        .iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, of_one, of_several)| crate::text::counted(*number, of_one, of_several))
        .collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

/// A report that is written in sections.
pub(super) trait Outlined: 'static {
    /// Its sections, and what stands around them.
    fn outline(&self) -> Outline<'_>;
}

/// The text form.
#[derive(Debug)]
pub(super) struct OutlineText;

impl<R: Outlined> Renderer<R> for OutlineText {
    fn render(&self, report: &R, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let outline = report.outline();
        for section in outline.sections {
            let style = if section.is_bad { BAD } else { GOOD };
            wrapped("", style, &format!("{}:", section.title), "", "", page.columns, out)?;
            for (number, (heading, lines)) in section.numbered() {
                wrapped("  ", PLAIN, "", &format!("{number}{}", clean(heading)), "    ", page.columns, out)?;
                for line in lines {
                    wrapped("      ", PLAIN, "", &clean(line), "        ", page.columns, out)?;
                }
            }
            writeln!(out)?;
        }
        let style = match outline.ok {
            Some(false) => BAD,
            None => OPEN,
            Some(true) => GOOD,
        };
        wrapped("", style, &format!("{}.", outline.title), &clean(&outline.sum), "  ", page.columns, out)
    }
}
