//! `wincompat explain`: explains a finding, an error number or a pasted error.

mod alike;
mod input;
mod list;
mod printed;
mod replacement;
mod unread;

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::Path;

use self::alike::{is_cut_code, is_misspelled, plain, suggestions};
use super::exit::ExitCode;
use super::failure::Failure;
use super::format::FormatArgs;
use super::io::Io;
use super::knowledge::KnowledgeArgs;
use super::offered;
use super::subcommand::Subcommand;
use super::time::today;
use super::wording::{CommandLine, shell_word};
use crate::compat::Code;
use crate::explain::{Context, Entry, Explanation, Kind, explain, is_of_a_program, named, others, pasted};
use crate::knowledge::Knowledge;
use crate::report::explanation::ExplanationReport;
use crate::report::plain::clean;
use crate::text::is_on_network;

/// Explain a finding, an error number or a pasted error.
#[derive(clap::Args, Clone, Debug)]
#[command(
    override_usage = "wincompat explain [OPTIONS] <WHAT>...\n       wincompat explain --list",
    after_help = "Examples:
  wincompat explain build-mismatch
  wincompat explain build-mismatch host-behind-image
  wincompat explain unauthorized
  wincompat explain 0xc0370106
  wincompat explain no matching manifest for windows/amd64 10.0.19045
  docker run IMAGE 2>&1 | wincompat explain -
  wincompat explain --list"
)]
pub struct Args {
    /// A code of a report, an error number in any form, its symbolic name, or the text of an error; several codes or numbers are
    /// explained one by one; `-` reads standard input.
    #[arg(value_name = "WHAT", required_unless_present = "list", num_args = 1.., allow_negative_numbers = true,
          hide_possible_values = true, value_parser = offered::explained())]
    what: Vec<String>,
    /// List everything that can be explained.
    #[arg(long, conflicts_with = "what")]
    list: bool,
    #[command(flatten)]
    format: FormatArgs<ExplanationReport>,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        if self.list {
            self.format.write(&ExplanationReport::list(&list::groups()), &io.page(), io.out)?;
            return Ok(ExitCode::DONE);
        }
        if let Some(names) = self.names() {
            return self.explain_each(&names, io);
        }
        let text = if self.what == ["-"] { input::read(io.input)? } else { self.what.join(" ") };
        let (explanation, also) = match of_name(&text) {
            // The knowledge is read only where it is asked for: most of the time of this command would go there.
            Some(explanation) => (Some(explanation), Vec::new()),
            None => {
                let knowledge = self.knowledge.load()?;
                let replacement = |host, architecture: &str| replacement::find(&knowledge, host, architecture, today());
                let context = Context { knowledge: &knowledge, replacement: &replacement };
                let text = printed::whole(&text);
                let explanation = of_text(&text, &context);
                let also = explanation.as_ref().map(|told| also(&text, told, &context)).unwrap_or_default();
                (explanation, also)
            }
        };
        let suggestions = if explanation.is_some() { Vec::new() } else { suggestions(&text) };
        let query = shortened(&text);
        let found: Vec<Explanation> = explanation.into_iter().collect();
        let report = ExplanationReport::new(query.clone(), &found, &suggestions, &CommandLine).with_others(&also);
        self.format.write(&report, &io.page(), io.out)?;
        // It comes before what is said about it.
        io.out.flush()?;
        if !found.is_empty() {
            return Ok(ExitCode::DONE);
        }
        unexplained(&query, &suggestions, io)?;
        Ok(ExitCode::NOT_DONE)
    }
}

impl Args {
    /// The arguments, if they are several codes, numbers or names and not the words of a text; of a few words with several names in them,
    /// the names.
    fn names(&self) -> Option<Vec<&str>> {
        let is_name = |what: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            what.chars().all(plain) && what.contains(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_'))
        };
        let is_known = |what: &&str| of_name(what).is_some();
        let names: Vec<&str> = self.what.iter().map(|what| what.trim_end_matches(',')).collect();
        // Some codes of reports are words as others.
        let is_code = |name: &&str| is_name(name) || unread::named(name).is_some();
        let is_word = |name: &&str| is_code(name) || name.chars().all(char::is_alphabetic);
        if names.len() < 2 || !names.iter().all(is_word) {
            return None;
        }
        if names.iter().all(is_code) && names.iter().any(is_known) {
            return Some(names);
        }
        // A small number among words counts something, and the words of an error have its number too.
        let is_certain =
            |name: &&str| is_name(name) && (name.len() >= 8 || !name.starts_with(|c: char| c.is_ascii_digit() || c == '-'));
        let known: HashSet<String> = names.iter().copied().filter(is_certain).filter_map(of_name).map(|one| one.id).collect();
        let is_asked = |name: &&str| is_certain(name) || is_misspelled(name);
        // More words are those of an error, which may have several numbers.
        let words = names.iter().copied().filter(|name| !is_asked(name)).count();
        let is_list = words < known.len();
        is_list.then(|| names.into_iter().filter(is_asked).collect())
    }

    /// Explains several names one by one, and says which are not known.
    fn explain_each(&self, names: &[&str], io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let knowledge = Knowledge::built_in();
        let context = Context { knowledge, replacement: &|_, _| None };
        let explained = |name: &&str| of_name(name).or_else(|| of_text(name, &context));
        let found: Vec<Explanation> = names.iter().filter_map(explained).collect();
        let unknown: Vec<&str> = names.iter().copied().filter(|name| explained(name).is_none()).collect();
        let alike: Vec<&str> = unknown.iter().flat_map(|name| suggestions(name)).collect();
        let report = ExplanationReport::new(shortened(&names.join(" ")), &found, &alike, &CommandLine);
        self.format.write(&report, &io.page(), io.out)?;
        io.out.flush()?;
        for name in &unknown {
            unexplained(&shortened(name), &suggestions(name), io)?;
        }
        Ok(if unknown.is_empty() { ExitCode::DONE } else { ExitCode::NOT_DONE })
    }
}

/// The way to everything that can be asked for.
const LIST_ALL: &str = "`wincompat explain --list` shows everything that is known";

/// Says that there is no explanation, and what else to ask.
fn unexplained(query: &str, suggestions: &[&str], io: &mut Io<'_>) -> io::Result<()> {
    let error = io.error_word();
    if query.is_empty() {
        writeln!(io.err, "{error} the text to explain is empty")?;
        // A pipe takes standard output alone.
        return writeln!(io.err, "hint: pass errors on too: `docker run IMAGE 2>&1 | wincompat explain -`");
    }
    writeln!(io.err, "{error} no explanation for `{query}`")?;
    if !is_on_network(query) && Path::new(query).is_file() {
        let file = shell_word(query);
        let command = match std::env::consts::FAMILY {
            "windows" => format!("Get-Content {file} | wincompat explain -"),
            _ => format!("wincompat explain - <{file}"),
        };
        return writeln!(io.err, "hint: for the errors in that file, pass what is in it: `{command}`");
    }
    if is_of_a_program(query) {
        return writeln!(
            io.err,
            "hint: the program in the container chose this exit code: see what it printed, `docker logs NAME` or `kubectl logs POD`, and what its documentation says"
        );
    }
    if suggestions.is_empty() {
        writeln!(
            io.err,
            "hint: give the code of a finding such as build-mismatch, an error number such as 0xc0370101, or the words of an error; {LIST_ALL}"
        )
    } else {
        writeln!(io.err, "hint: did you mean {}? {LIST_ALL}", suggestions.join(" or "))
    }
}

/// The explanation of a text that is nothing but a code of a report, a number or a name.
fn of_name(text: &str) -> Option<Explanation> {
    of_finding(text).or_else(|| unread::named(text)).or_else(|| named(text))
}

/// The explanation of a text that is not a name.
fn of_text(text: &str, context: &Context<'_>) -> Option<Explanation> {
    if is_cut_code(text) {
        // An error with these words in its title would be another one.
        return None;
    }
    match printed::explanations(text).into_iter().next() {
        Some(finding) => pasted(&printed::without_findings(text), context).or(Some(finding)),
        None => explain(text, context),
    }
}

/// What else a text holds beside what is explained: other errors, and other codes of reports.
fn also(text: &str, told: &Explanation, context: &Context<'_>) -> Vec<Entry> {
    const MOST: usize = 5;
    let mut also = others(&printed::without_findings(text), told, context);
    also.extend(printed::explanations(text).into_iter().filter(|one| one.id != told.id).map(Entry::from));
    also.truncate(MOST);
    also
}

/// The explanation of a finding, by its code.
fn of_finding(text: &str) -> Option<Explanation> {
    // `build mismatch` and `build_mismatch` are what people remember of `build-mismatch`.
    let code: Code = plain(text).replace(' ', "-").parse().ok()?;
    Some(Explanation {
        id: code.as_str().to_owned(),
        kind: Kind::Finding,
        names: Vec::new(),
        title: code.title().to_owned(),
        meaning: code.meaning(),
        causes: Vec::new(),
        steps: vec![code.advice()],
        sources: vec![code.source().to_owned()],
    })
}

/// The question, fit to be printed within a line.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    let harmless = clean(text.trim());
    let mut plain = harmless.chars();
    let mut short: String = plain.by_ref().take(LONGEST).collect();
    if plain.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
