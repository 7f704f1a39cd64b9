//! An explanation as paragraphs and lists for people.

use std::io::{self, Write};

use super::explanation::{ExplanationEntry, ExplanationReport, ListGroup};
use super::{Page, Renderer};
use textwrap::{Options, WordSeparator, WordSplitter};

/// Text for people; nothing if there is no explanation.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExplanationText;

impl Renderer<ExplanationReport> for ExplanationText {
    fn render(&self, report: &ExplanationReport, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let width = usize::from(page.columns).clamp(40, 100);
        for (index, explanation) in report.explanation.iter().chain(&report.further).enumerate() {
            if index > 0 {
                writeln!(out, "\n{}\n", "-".repeat(width))?;
            }
            write(explanation, width, out)?;
        }
        if !report.also.is_empty() {
            writeln!(out, "\nThe text also holds what follows. Explain each of them alone:")?;
        }
        for other in &report.also {
            paragraph(&format!("{} ({})", other.id, other.title), width, "  - ", "    ", out)?;
        }
        for (index, group) in report.list.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            write_group(group, width, out)?;
        }
        Ok(())
    }
}

/// Writes a heading, and a line for each entry: `build-mismatch  the builds differ`.
fn write_group(group: &ListGroup, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", group.title)?;
    let names = group.entries.iter().map(|entry| match &entry.name {
        Some(name) => format!("{}  {name}", entry.id),
        None => entry.id.clone(),
    });
    let names: Vec<String> = names.collect();
    // A long name has its title on the next line, so that the others stay near theirs.
    let column = names.iter().map(String::len).filter(|length| *length <= 46).max().unwrap_or_default() + 4;
    for (name, entry) in names.iter().zip(&group.entries) {
        let first = format!("{:<column$}", format!("  {name}"));
        if first.len() > column {
            writeln!(out, "{first}")?;
        }
        let first = if first.len() > column { " ".repeat(column) } else { first };
        paragraph(&entry.title, width.max(column + 30), &first, &" ".repeat(column), out)?;
    }
    Ok(())
}

/// Writes lines of at most `width` columns where words allow.
fn write(explanation: &ExplanationEntry, width: usize, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{}", explanation.id)?;
    for name in &explanation.names {
        write!(out, "  {name}")?;
    }
    writeln!(out)?;
    paragraph(&explanation.title, width, "", "", out)?;
    writeln!(out)?;
    paragraph(&explanation.meaning, width, "", "", out)?;
    if !explanation.causes.is_empty() {
        writeln!(out, "\nUsual causes:")?;
        for cause in &explanation.causes {
            paragraph(cause, width, "  - ", "    ", out)?;
        }
    }
    writeln!(out, "\nWhat to do:")?;
    match explanation.steps.as_slice() {
        [only] => paragraph(only, width, "  ", "  ", out)?,
        steps => {
            for (number, step) in (1..).zip(steps) {
                paragraph(step, width, &format!("{number:>3}. "), "     ", out)?;
            }
        }
    }
    if !explanation.sources.is_empty() {
        writeln!(out, "\nSources:")?;
    }
    explanation.sources.iter().try_for_each(|source| writeln!(out, "  {source}"))
}

/// Writes a paragraph. Words stay whole, and so does text in backquotes: commands and addresses are to be copied.
fn paragraph(text: &str, width: usize, first: &str, next: &str, out: &mut dyn Write) -> io::Result<()> {
    const KEPT_SPACE: &str = "\u{a0}";
    let options = Options::new(width)
        .initial_indent(first)
        .subsequent_indent(next)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let parts = text.split('`').enumerate();
    let kept = parts.map(|(index, part)| if index % 2 == 1 { part.replace(' ', KEPT_SPACE) } else { part.to_owned() });
    for line in textwrap::wrap(&kept.collect::<Vec<_>>().join("`"), options) {
        writeln!(out, "{}", line.trim_end().replace(KEPT_SPACE, " "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::wording::CommandLine;
    use crate::explain::named;

    #[test]
    fn an_error_is_explained_with_causes_steps_and_sources() {
        let explanation = named("0xc0351000").unwrap();
        let report = ExplanationReport::new(String::new(), &[explanation], &[], &CommandLine);
        let mut printed = Vec::new();
        write(report.explanation.as_ref().unwrap(), 76, &mut printed).unwrap();
        let expected = "\
0xc0351000  STATUS_HV_NOT_PRESENT  ERROR_HV_NOT_PRESENT
No hypervisor is present on this system

Hyper-V isolation was asked for, and the hypervisor is not running.

Usual causes:
  - The Hyper-V feature is installed, but the hypervisor is not started at
    boot.
  - Virtualization is off in the firmware.
  - The machine is itself virtual, and nested virtualization is not exposed
    to it.

What to do:
  1. List what is missing on this machine: `wincompat host`.
  2. See that the hypervisor is started at boot:
     `bcdedit /set hypervisorlaunchtype auto`, then restart.
  3. In a virtual machine, expose virtualization to it, on its Hyper-V host
     and while it is off:
     `Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true`.
     In a cloud, take a size with nested virtualization.
  4. Where the versions allow it, do without Hyper-V:
     `docker run --isolation=process IMAGE`.

Sources:
  https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/system-requirements
  https://github.com/moby/moby/issues/27198
  https://github.com/docker/for-win/issues/2710
";
        assert_eq!(String::from_utf8(printed).unwrap(), expected);
    }
}
