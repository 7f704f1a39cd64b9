//! `wincompat man`: writes the manual pages, for packages.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap_mangen::Man;

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::subcommand::Subcommand;
use crate::Error;
use crate::knowledge::Knowledge;

/// Write the manual pages to a folder.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Folder that exists.
    folder: PathBuf,
}

impl Subcommand for Args {
    fn run(&self, _: &mut Io<'_>) -> Result<ExitCode, Failure> {
        write_to(&self.folder).map_err(|error| {
            Error::new(format!("the manual pages cannot be written to {}", self.folder.display()))
                .because(error)
                .hint("name a folder that exists and that you may write to")
        })?;
        Ok(ExitCode::DONE)
    }
}

/// Writes a page for the program and one for each subcommand that its help shows.
fn write_to(folder: &Path) -> io::Result<()> {
    let mut command = super::command().disable_help_subcommand(true);
    command.build();
    write_with_subcommands(&command, folder)
}

/// Writes the page of a command and those of its subcommands, e.g. `wincompat-cluster-check.1`. Their footer has the version of the
/// program; the pages change with its release data at the latest, so they have the date of that.
fn write_with_subcommands(command: &clap::Command, folder: &Path) -> io::Result<()> {
    let man = Man::new(command.clone())
        .source(format!("wincompat {}", super::VERSION))
        .date(Knowledge::built_in().date.to_string())
        .manual("wincompat manual");
    let mut page = Vec::new();
    man.render(&mut page)?;
    fs::write(folder.join(man.get_filename()), with_lines_kept(&String::from_utf8_lossy(&page)))?;
    let mut shown = command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set());
    shown.try_for_each(|subcommand| write_with_subcommands(subcommand, folder))
}

/// A page on which the lines of examples stay as they are, each to be copied; other text is filled and divided. What stands behind the options
/// has a name that says what it is.
fn with_lines_kept(page: &str) -> String {
    let Some((before, behind)) = page.split_once("\n.SH EXTRA\n") else { return page.to_owned() };
    let mut kept = format!("{before}\n.SH NOTES\n");
    let mut is_example = false;
    for line in behind.lines() {
        if line.starts_with("  ") != is_example {
            is_example = !is_example;
            kept.push_str(if is_example { ".nf\n" } else { ".fi\n" });
        }
        kept.push_str(line);
        kept.push('\n');
    }
    if is_example {
        kept.push_str(".fi\n");
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_for_each_subcommand_of_the_help() {
        let folder = tempfile::tempdir().unwrap();
        write_to(folder.path()).unwrap();
        let named = |name: &str| fs::read_to_string(folder.path().join(name));
        let footer = format!("{} \"wincompat {}\" \"wincompat manual\"", Knowledge::built_in().date, super::super::VERSION);
        for (page, about) in [("wincompat.1", "wincompat check"), ("wincompat-check.1", "IMAGE"), ("wincompat-run.1", "IMAGE")] {
            let text = named(page).unwrap();
            assert!(text.contains(&footer) && text.contains(about), "{page}: {text}");
            let notes = text.split_once("\n.SH NOTES\nExamples:\n.nf\n  wincompat ").map(|(_, notes)| notes);
            assert!(notes.is_some_and(|notes| notes.contains("\n.fi\n\n")) && !text.contains("EXTRA"), "{page}: {text}");
        }
        for page in ["wincompat-monitor.1", "wincompat-man.1", "wincompat-help.1", "wincompat-cluster-help.1"] {
            assert!(named(page).is_err(), "{page}");
        }
    }

    #[test]
    fn a_page_for_each_subcommand_of_a_subcommand() {
        let folder = tempfile::tempdir().unwrap();
        write_to(folder.path()).unwrap();
        let command = super::super::command();
        let mut pages = 0;
        for above in command.get_subcommands().filter(|above| !above.is_hide_set()) {
            let page = fs::read_to_string(folder.path().join(format!("wincompat-{}.1", above.get_name()))).unwrap();
            for below in above.get_subcommands() {
                let name = format!("wincompat-{}-{}", above.get_name(), below.get_name());
                // The page above names it.
                assert!(page.contains(&format!("{}(1)", name.replace('-', "\\-"))), "{name}: {page}");
                let text = fs::read_to_string(folder.path().join(format!("{name}.1"))).unwrap();
                let synopsis = format!("\\fBwincompat {} {}\\fR", above.get_name(), below.get_name());
                assert!(text.contains(&synopsis), "{synopsis}: {text}");
                pages += 1;
            }
        }
        assert!(pages >= 5 || cfg!(not(feature = "clusters")), "{pages}");
    }
}
