//! The text of a Dockerfile, parsed once for all of its builds.
//!
//! Source: BuildKit, `frontend/dockerfile/parser`: directives, and what an instruction may lack.

use std::borrow::Cow;

use parse_dockerfile::Instruction;

use super::heredocs::{lines, logical_line, without_bodies};
use super::words_of;
use crate::scan::{Lines, Place, Problem};
use crate::{Error, ErrorKind};

/// The directives that Docker knows. It looks for them until the first line that is none.
const DIRECTIVES: [&str; 3] = ["syntax", "escape", "check"];

/// The text of a Dockerfile.
pub struct Source<'t> {
    pub(super) text: &'t str,
    pub(super) lines: Lines<'t>,
    /// Places of instructions count from behind a byte order mark.
    pub(super) shift: usize,
    /// The character before which a line's end or another character loses its meaning.
    pub(super) escape: char,
    /// What is parsed: the text without what says nothing of images and is no instruction for the parser.
    masked: Cow<'t, str>,
}

/// What a Dockerfile says before the values of a build are put in.
pub struct Parsed<'s> {
    pub(super) source: &'s Source<'s>,
    pub(super) instructions: Vec<Instruction<'s>>,
    /// The line behind which nothing could be read.
    pub(super) broken: Option<Problem>,
    /// Why the file is left out.
    pub(super) left_out: Option<&'static str>,
}

/// Why a template is left out.
pub(super) const TEMPLATE: &str = "a template for Dockerfiles";

impl<'t> Source<'t> {
    /// This text.
    pub fn of(text: &'t str) -> Self {
        let shift = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let escape = escape_of(text);
        let masked = without_bodies(text, escape);
        let others = for_the_parser(&masked, escape);
        let masked = if others.is_empty() { masked } else { Cow::Owned(with_bytes(&masked, &others)) };
        Self { text, lines: Lines::of(text), shift, escape, masked }
    }

    /// Its instructions, as far as they can be read.
    pub fn parsed(&self) -> Parsed<'_> {
        let mut parsed = Parsed { source: self, instructions: Vec::new(), broken: None, left_out: None };
        if is_fragment(&self.masked) {
            parsed.left_out = Some("a part of a Dockerfile, without a FROM");
            return parsed;
        }
        let read = parse_dockerfile::parse_iter(&self.masked).and_then(|all| {
            for instruction in all {
                parsed.instructions.push(instruction?);
            }
            Ok(())
        });
        if let Err(error) = read {
            let line = error.line().checked_sub(1).and_then(|number| self.masked.lines().nth(number)).unwrap_or_default();
            parsed.left_out = is_placeholder(line).then_some(TEMPLATE);
            parsed.broken = Some(problem(&error));
        }
        parsed
    }
}

fn escape_of(text: &str) -> char {
    let directive = |line: &'_ str| {
        let (name, value) = line.trim_start().strip_prefix('#')?.split_once('=')?;
        let name = DIRECTIVES.iter().find(|known| name.trim().eq_ignore_ascii_case(known))?;
        Some((*name, value.trim() == "`"))
    };
    let mut directives = text.trim_start_matches('\u{feff}').lines().map_while(directive);
    if directives.any(|(name, is_backtick)| name == "escape" && is_backtick) { '`' } else { '\\' }
}

/// True for instructions without a `FROM`, which other files take in.
fn is_fragment(text: &str) -> bool {
    let mut lines =
        text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_from = |line: &str| line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("from"));
    lines.clone().next().is_some() && !lines.any(is_from)
}

/// True for a text that a template engine takes.
pub(super) fn is_placeholder(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.trim_start().starts_with("{#")
}

/// The keyword of an instruction that may have no argument, and one with as many bytes of which the parser knows so.
const ENTRYPOINT: &str = "ENTRYPOINT";
const COMMAND: &[u8; ENTRYPOINT.len()] = b"CMD       ";

/// The instructions with flags that may name images.
const WITH_FLAGS: [&str; 4] = ["FROM", "RUN", "COPY", "ADD"];

/// The bytes that are put in the place of those at which the parser would go wrong; none of them names an image.
fn for_the_parser(text: &str, escape: char) -> Vec<(usize, u8)> {
    let mut bytes = Vec::new();
    let mut lines = lines(text).peekable();
    while lines.peek().is_some() {
        let (instruction, places) = logical_line(&mut lines, escape);
        let words = words_of(&instruction, escape);
        let is_onbuild = words.first().is_some_and(|(_, word)| word.eq_ignore_ascii_case("ONBUILD"));
        let [(at, keyword), arguments @ ..] = words.get(usize::from(is_onbuild)..).unwrap_or_default() else { continue };
        let is = |name: &&str| keyword.eq_ignore_ascii_case(name);
        if is(&ENTRYPOINT) && is_reset(arguments) {
            bytes.extend(places.iter().skip(*at).copied().zip(*COMMAND));
        } else if WITH_FLAGS.iter().any(is) {
            bytes.extend(blanks_in_flags(arguments).filter_map(|at| Some((*places.get(at)?, b'_'))));
        }
    }
    bytes
}

/// True for what takes the entry point of the base away, `ENTRYPOINT []`: the parser refuses it, and takes `CMD []`.
fn is_reset(arguments: &[(usize, &str)]) -> bool {
    let text: String = arguments.iter().map(|(_, word)| *word).collect();
    matches!(text.as_str(), "" | "[]")
}

/// The blanks within quotes in flags, at which the parser would end the flag: `--mount=source="a b",from=c`.
///
/// Source: BuildKit, `frontend/dockerfile/parser`, `extractBuilderFlags`.
fn blanks_in_flags(arguments: &[(usize, &str)]) -> impl Iterator<Item = usize> {
    let flags = arguments.iter().take_while(|(_, word)| word.starts_with("--"));
    flags.flat_map(|(at, flag)| flag.match_indices([' ', '\t']).map(move |(blank, _)| at + blank))
}

fn with_bytes(text: &str, new: &[(usize, u8)]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (at, byte) in new {
        if let Some(old) = bytes.get_mut(*at) {
            *old = *byte;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn problem(error: &parse_dockerfile::Error) -> Problem {
    let line = u32::try_from(error.line()).unwrap_or(u32::MAX).max(1);
    let column = u32::try_from(error.column()).unwrap_or(u32::MAX).max(1);
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or(&text).to_owned();
    let error = Error::of(ErrorKind::Invalid, "this is not a line of a Dockerfile")
        .because(why)
        .hint("correct the line; Docker stops at it too");
    Problem { place: Place { line, column, span: 0..0 }, error }
}
