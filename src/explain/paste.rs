//! A pasted text, made ready to be searched: escapes and white space are taken out, and each statement in it has a level.
//!
//! Consoles break lines in the middle of words, JSON and YAML put backslashes and quotes between them, terminals colour them. So
//! everything is searched without all that: `does not match the\r\n host` is `doesnotmatchthehost`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use super::level::{Level, level};
use super::stamps::after_stamp;
use super::wrapped::Before;
use crate::text::is_quote;

/// A pasted text.
#[derive(Debug)]
pub(super) struct Paste {
    /// The text in lower case, without white space, quotes, backslashes and escapes.
    pub(super) text: String,
    /// For each byte of the text, what was taken out before it.
    gaps: Vec<Gap>,
    /// The parts of the text that stand for themselves, in order. There is at least one.
    statements: Vec<Statement>,
    /// The lines of the text, in order.
    lines: Vec<Line>,
}

/// A line of a text as it was pasted.
#[derive(Clone, Copy, Debug)]
struct Line {
    start: usize,
    /// Its number. A line that goes on with the one before has the number of that one.
    number: usize,
    /// True for what the Host Compute Service adds to an error.
    is_event: bool,
}

/// Something taken out between two characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    /// Nothing.
    #[default]
    None,
    /// A line break, which may be in the middle of a word.
    Line,
    /// A quote or a backslash: another word begins.
    Quote,
    /// A space: another word begins.
    Space,
}

/// The lines of a text that belong together, e.g. one record of a log.
#[derive(Clone, Copy, Debug)]
struct Statement {
    start: usize,
    level: Level,
}

/// The most bytes of a line in which its level is looked for.
const HEAD: usize = 400;

/// The beginnings of lines that the Host Compute Service adds to an error, as hcsshim prints them, in the form of [`Paste::text`].
const EVENTS: [&str; 4] = ["[eventdetail:", "callcontext:", "provider:", "extrainfo:"];

impl Paste {
    /// Reads a text; the work grows with its length only.
    pub(super) fn new(text: &str) -> Self {
        let mut paste = Self { text: String::with_capacity(text.len()), ..Self::empty() };
        let mut open_record = false;
        let mut line_before = Before::default();
        for line in text.split(['\n', '\r']) {
            let line = without_escapes(line);
            let body = without_prefix(&line);
            if body.is_empty() {
                continue;
            }
            let wrapped = line_before.next(body);
            let body = wrapped.unwrap_or(body);
            let marked = match wrapped {
                Some(_) => None,
                None => level(head(body), body.len() < line.len() && line.starts_with(char::is_whitespace)),
            };
            let before = paste.statements.last().map(|statement| statement.level);
            let begins = match (marked, before) {
                (_, None) => true,
                _ if wrapped.is_some() => false,
                (Some(_), _) => true,
                // A line without a mark belongs to an error before it, but not to a remark, unless it goes on with that.
                (None, Some(before)) => before < Level::Plain && !open_record && !is_event(&condensed(head(body))),
            };
            if begins {
                let level = marked.unwrap_or(Level::Plain);
                paste.statements.push(Statement { start: paste.text.len(), level });
                open_record = false;
            }
            // A record such as `level=info msg="…` goes on until its quote is closed.
            if (open_record || body.contains("level=")) && quotes(body) % 2 == 1 {
                open_record = !open_record;
            }
            let start = paste.text.len();
            paste.push(body);
            paste.add_line(start);
        }
        if paste.statements.is_empty() {
            paste.statements.push(Statement { start: 0, level: Level::Plain });
        }
        paste
    }

    /// A text of nothing, to which lines are added.
    const fn empty() -> Self {
        Self { text: String::new(), gaps: Vec::new(), statements: Vec::new(), lines: Vec::new() }
    }

    /// Counts the line that begins here and was added last. One that is indented, begins with a quote or a parenthesis, or stands behind
    /// a colon goes on with the line before.
    fn add_line(&mut self, start: usize) {
        let Some(line) = self.text.get(start..).filter(|line| !line.is_empty()) else { return };
        let is_event = is_event(line);
        let goes_on = is_event || !self.is_broken(start) || line.starts_with('(') || self.before(start).ends_with(':');
        let number = self.lines.last().map_or(0, |before| before.number + usize::from(!goes_on));
        self.lines.push(Line { start, number, is_event });
    }

    /// Adds the text of a line.
    fn push(&mut self, line: &str) {
        let mut gap = Gap::Line;
        let mut characters = line.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => {
                    gap = gap.max(Gap::Quote);
                    let rest = line.get(at + 1..).unwrap_or_default();
                    if let Some(escaped) = unicode_escape(rest) {
                        characters.nth(4);
                        self.push_character(escaped, &mut gap);
                    } else if rest.starts_with(['n', 'r', 't']) {
                        gap = Gap::Space;
                        characters.next();
                    }
                }
                '&' => match entity(line.get(at..).unwrap_or_default()) {
                    Some(length) => {
                        gap = gap.max(Gap::Quote);
                        characters.nth(length.saturating_sub(2));
                    }
                    None => self.push_character('&', &mut gap),
                },
                _ => self.push_character(character, &mut gap),
            }
        }
    }

    fn push_character(&mut self, character: char, gap: &mut Gap) {
        if is_left_out(character) {
            *gap = (*gap).max(match character {
                _ if is_invisible(character) => Gap::None,
                _ if character.is_whitespace() => Gap::Space,
                _ => Gap::Quote,
            });
            return;
        }
        let character = match character {
            '–' | '—' | '\u{2011}' => '-',
            '：' => ':',
            '（' => '(',
            '）' => ')',
            other => other,
        };
        for lower in character.to_lowercase() {
            self.text.push(lower);
            self.gaps.resize(self.text.len(), Gap::None);
            if let Some(before) = self.gaps.get_mut(self.text.len().saturating_sub(lower.len_utf8())) {
                *before = std::mem::take(gap);
            }
        }
    }

    /// True if nothing but a line break was taken out before this byte, or nothing at all.
    fn is_joined(&self, at: usize) -> bool {
        self.gaps.get(at).is_none_or(|gap| *gap <= Gap::Line)
    }

    /// True if a line break was taken out before this byte.
    fn is_broken(&self, at: usize) -> bool {
        self.gaps.get(at) == Some(&Gap::Line)
    }

    /// True if a part of the text is one word, perhaps broken over lines.
    pub(super) fn is_one_word(&self, start: usize, end: usize) -> bool {
        (start + 1..end).all(|at| self.is_joined(at))
    }

    /// The line that this byte is in, as it was pasted.
    fn line_at(&self, at: usize) -> Option<&Line> {
        let behind = self.lines.partition_point(|line| line.start <= at);
        self.lines.get(behind.checked_sub(1)?)
    }

    /// The number of the line that this byte is in. Lines that go on with the one before are one line with it.
    pub(super) fn line(&self, at: usize) -> usize {
        self.line_at(at).map_or(0, |line| line.number)
    }

    /// True for a byte in what the Host Compute Service adds to the error on the line before.
    pub(super) fn is_in_event(&self, at: usize) -> bool {
        self.line_at(at).is_some_and(|line| line.is_event)
    }

    /// The number of the statement that this byte is in.
    pub(super) fn statement(&self, at: usize) -> usize {
        self.statements.partition_point(|statement| statement.start <= at).saturating_sub(1)
    }

    /// The level of a statement.
    pub(super) fn level(&self, statement: usize) -> Level {
        self.statements.get(statement).map_or(Level::Plain, |statement| statement.level)
    }

    /// The place of the statement that holds a part of the text around that part, at most so many bytes on each side.
    pub(super) fn around(&self, start: usize, end: usize, reach: usize) -> Range<usize> {
        let statement = self.statement(start);
        let begin = |statement: usize| self.statements.get(statement).map_or(self.text.len(), |statement| statement.start);
        let from = begin(statement).max(start.saturating_sub(reach));
        let to = begin(statement + 1).min(end + reach);
        let is_boundary = |at: &usize| self.text.is_char_boundary(*at);
        (from..start).find(is_boundary).unwrap_or(start)..(end..=to).rev().find(is_boundary).unwrap_or(end)
    }

    /// The first byte of the word that ends before this byte, not before `least`.
    pub(super) fn word_start(&self, least: usize, end: usize) -> usize {
        (least..end).rev().find(|at| !self.is_joined(*at)).unwrap_or(least)
    }

    /// A part of the text with its spaces, in lower case. A line break is a space, a quote in a word an apostrophe.
    pub(super) fn readable(&self, part: Range<usize>) -> String {
        let mut readable = String::new();
        for (at, character) in self.text.get(part.clone()).unwrap_or_default().char_indices() {
            match self.gaps.get(part.start + at) {
                Some(Gap::Line | Gap::Space) if at > 0 => readable.push(' '),
                Some(Gap::Quote) => readable.push('\''),
                Some(Gap::Line | Gap::Space | Gap::None) | None => {}
            }
            readable.push(character);
        }
        readable
    }

    /// The text behind this byte.
    pub(super) fn after(&self, at: usize) -> &str {
        self.text.get(at..).unwrap_or_default()
    }

    /// The text before this byte.
    pub(super) fn before(&self, at: usize) -> &str {
        self.text.get(..at).unwrap_or_default()
    }

    /// The words of letters, digits, `_` and `-`, each with its place. Where `over_lines`, a word may go on over a line break, and
    /// those that do are the only ones given.
    pub(super) fn words(&self, over_lines: bool) -> impl Iterator<Item = (usize, &str)> {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        std::iter::from_fn(move || {
            loop {
                while !is_of_word(*bytes.get(at)?) {
                    at += 1;
                }
                let start = at;
                let mut broken = false;
                at += 1;
                while bytes.get(at).is_some_and(|byte| is_of_word(*byte)) && self.is_joined(at) {
                    if self.is_broken(at) {
                        if !over_lines {
                            break;
                        }
                        broken = true;
                    }
                    at += 1;
                }
                if over_lines == broken {
                    return Some((start, self.text.get(start..at)?));
                }
            }
        })
    }
}

/// A pattern in the form of [`Paste::text`].
pub(super) fn condensed(pattern: &str) -> String {
    let mut paste = Paste::empty();
    paste.push(pattern);
    paste.text
}

/// True for a line, in the form of [`Paste::text`], that the Host Compute Service adds to the error before it.
fn is_event(line: &str) -> bool {
    EVENTS.iter().any(|begin| line.starts_with(begin))
}

const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// White space, control characters and quotes.
fn is_left_out(character: char) -> bool {
    character.is_whitespace() || character.is_control() || is_quote(character) || is_invisible(character)
}

/// Control characters, byte order marks and characters of no width.
fn is_invisible(character: char) -> bool {
    character.is_control() && !character.is_whitespace()
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

/// The character of `u0022`, as JSON writes one behind a backslash.
fn unicode_escape(rest: &str) -> Option<char> {
    let digits = rest.strip_prefix('u')?.get(..4)?;
    if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        char::from_u32(u32::from_str_radix(digits, 16).ok()?)
    } else {
        None
    }
}

/// The length of a quote as HTML writes it.
fn entity(rest: &str) -> Option<usize> {
    ["&quot;", "&#34;", "&#39;", "&apos;", "&nbsp;"].iter().find(|entity| rest.starts_with(**entity)).map(|entity| entity.len())
}

/// The quotes of a line without a backslash before them.
fn quotes(line: &str) -> usize {
    let bytes = line.as_bytes();
    let escaped = |at: usize| at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\\');
    bytes.iter().enumerate().filter(|&(at, byte)| *byte == b'"' && !escaped(at)).count()
}

/// The beginning of a line.
fn head(line: &str) -> &str {
    line.get(..HEAD).or_else(|| (HEAD - 3..HEAD).rev().find_map(|end| line.get(..end))).unwrap_or(line)
}

/// A line without colours and other orders to a terminal, also where the escape character itself was lost: `[31m`, `[0K`.
fn without_escapes(line: &str) -> Cow<'_, str> {
    if !line.contains(['\u{1b}', '\u{9b}', '[']) {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['\u{1b}', '\u{9b}', '[']) {
        let (before, order) = rest.split_at(at);
        plain.push_str(before);
        let length = order_length(order);
        if length == 0 {
            plain.push('[');
        } else if plain.ends_with(['←', '␛']) {
            plain.pop();
        }
        rest = order.get(length.max(1)..).or_else(|| order.get(2..)).unwrap_or_default();
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// The bytes of an order to a terminal; 0 if it is only a bracket.
fn order_length(order: &str) -> usize {
    let has_escape = !order.starts_with('[');
    let introducer = if order.starts_with("\u{1b}[") || order.starts_with('\u{9b}') {
        2
    } else if has_escape {
        return 1;
    } else {
        1
    };
    let rest = order.get(introducer..).unwrap_or_default();
    let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b'?')).count();
    match rest.as_bytes().get(digits) {
        Some(b'm' | b'K') => introducer + digits + 1,
        Some(b'@'..=b'~') if has_escape => introducer + digits + 1,
        _ if has_escape => introducer,
        _ => 0,
    }
}

/// A line without what others put before each: a time, the name of a service, the mark of a quotation.
fn without_prefix(line: &str) -> &str {
    let mut body = line.trim_end();
    for _ in 0..4 {
        let trimmed = body.trim_start();
        let rest = trimmed
            .strip_prefix("> ")
            .or_else(|| trimmed.strip_prefix("| "))
            .or_else(|| trimmed.strip_prefix("│ "))
            .or_else(|| trimmed.strip_prefix("remote: "))
            .or_else(|| after_stamp(trimmed))
            .or_else(|| buildkit_step(trimmed))
            .or_else(|| compose_service(trimmed));
        match rest {
            Some(rest) => body = rest,
            None if body.len() == line.trim_end().len() => break,
            None => return trimmed,
        }
    }
    body
}

/// What follows `#8 1.234 `, the step and the time in the output of a build.
fn buildkit_step(line: &str) -> Option<&str> {
    let (step, rest) = line.strip_prefix('#')?.split_once(' ')?;
    let (seconds, rest) = rest.split_once(' ')?;
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (number(step) && number(seconds)).then_some(rest)
}

/// A log of BuildKit in which a step failed, without the lines of the steps that passed: `#7 12.3 …` where there is `#7 DONE 12.9s`.
/// What a command in one of them printed has stopped nothing. A number that another build of the log gave to a failure stays.
pub(super) fn without_done_steps(text: &str) -> Cow<'_, str> {
    if !text.contains("did not complete successfully") {
        return text.into();
    }
    let ends_so = |word: &str| {
        let steps = text.lines().filter_map(numbered_step).filter(|(_, rest)| rest.starts_with(word));
        steps.map(|(step, _)| step).collect::<HashSet<_>>()
    };
    let (done, failed) = (ends_so("DONE "), ends_so("ERROR"));
    let stays = |line: &&str| numbered_step(line).is_none_or(|(step, _)| !done.contains(step) || failed.contains(step));
    text.split_inclusive('\n').filter(stays).collect::<String>().into()
}

/// The number of a step in a line of BuildKit, behind the time that a pipeline puts before it, and what follows.
fn numbered_step(line: &str) -> Option<(&str, &str)> {
    let line = after_stamp(line).map_or(line, str::trim_start);
    let (step, rest) = line.strip_prefix('#')?.split_once(' ')?;
    (!step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit())).then_some((step, rest))
}

/// What follows `web_1  | `, the service in the output of `docker compose`.
fn compose_service(line: &str) -> Option<&str> {
    let (service, rest) = line.split_once('|')?;
    let name = service.trim_end();
    let is_name =
        !name.is_empty() && name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    (is_name && service.ends_with(' ')).then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_quotes_and_escapes_are_taken_out() {
        for text in [
            "does not match the host",
            "does not ma\r\ntch the h\nost",
            "\u{1b}[31mdoes not\u{1b}[0m match\u{1b}[0K the host",
            "[31;1mdoes not[0;m match the host",
            "←[31mdoes not match the host←[0m",
            "does\\nnot\\tmatch \\\"the\\\" host",
            "does not &quot;match&quot; the \\u0022host\\u0022",
            "> does not match\n> the host",
            "d\0o\0e\0s\0 \0n\0o\0t\0 \0m\0a\0t\0c\0h\0 \0t\0h\0e\0 \0h\0o\0s\0t\0",
            "\u{feff}DOES NOT\u{a0}MATCH THE “HOST”",
        ] {
            assert_eq!(Paste::new(text).text, "doesnotmatchthehost", "{text:?}");
        }
        assert_eq!(Paste::new("[a] \\U \u{1b}").text, "[a]u");
        assert_eq!(Paste::new("x\u{9b}1;2").text, "x1;2");
        assert_eq!(Paste::new("").text, "");
    }

    #[test]
    fn words_end_at_spaces_and_go_on_over_line_breaks() {
        let paste = Paste::new("(0xc037\n0101) code -5 a_b\nc \"d\"e");
        let words = |over| paste.words(over).map(|(_, word)| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(words(false), ["0xc037", "0101", "code", "-5", "a_b", "c", "d", "e"]);
        assert_eq!(words(true), ["0xc0370101", "a_bc"]);
    }

    #[test]
    fn a_part_is_read_with_its_spaces() {
        for (text, readable) in [
            ("1 Node(s) didn't match", "1 node(s) didn't match"),
            ("claim \"data\" not\nfound", "claim data not found"),
            ("didn&#39;t match\\nthe didn\\u0027t", "didn't match the didn't"),
            ("", ""),
        ] {
            let paste = Paste::new(text);
            assert_eq!(paste.readable(0..paste.text.len()), readable, "{text}");
        }
    }

    #[test]
    fn a_line_goes_on_with_the_one_before() {
        let text = "Start failed: x (0x1)\n[Event Detail: one\n    CallContext:[y]\n Provider: z]\ntwo:\nstill two\n(0x2)\n\"two\"\nthree";
        let paste = Paste::new(text);
        let at = |word: &str| paste.text.find(word).unwrap();
        for (word, number, is_event) in
            [("0x1", 0, false), ("one", 0, true), ("y]", 0, true), ("z]", 0, true), ("two:", 1, false), ("stilltwo", 1, false)]
        {
            assert_eq!((paste.line(at(word)), paste.is_in_event(at(word))), (number, is_event), "{word}");
        }
        assert_eq!((paste.line(at("(0x2)")), paste.line(at("three")), paste.line(paste.text.len() + 9)), (1, 2, 2));
        // What is added to an error is of the error's level.
        let paste = Paste::new("time=\"x\" level=warning msg=\"a\"\n[Event Detail: b]\nc");
        let level = |word: &str| paste.level(paste.statement(paste.text.find(word).unwrap()));
        assert_eq!((level("b]"), level("c")), (Level::Warning, Level::Plain));
        assert_eq!((Paste::new("").line(0), Paste::new("").is_in_event(0)), (0, false));
    }

    #[test]
    fn what_is_around_a_part_is_of_its_statement() {
        let paste = Paste::new("docker: a\ndocker: éé bcd éé\ndocker: e");
        let start = paste.text.find("bcd").unwrap();
        let around = |reach| paste.text.get(paste.around(start, start + 3, reach)).unwrap();
        assert_eq!((around(0), around(1), around(2), around(99)), ("bcd", "bcd", "ébcdé", "docker:éébcdéé"));
    }

    #[test]
    fn statements_begin_at_lines_that_say_what_they_are() {
        let text = "INFO[0000] starting\nfirst\nwrapped on\nERRO[0001] second\nwrapped\n\
            time=\"2024-05-01T10:00:00Z\" level=warning msg=\"third\nstill third\"\nfourth";
        let paste = Paste::new(text);
        let level = |word: &str| paste.level(paste.statement(paste.text.find(word).unwrap()));
        assert_eq!(level("starting"), Level::Info);
        assert_eq!(level("first"), Level::Plain);
        assert_eq!(level("wrappedon"), Level::Plain);
        assert_eq!(level("second"), Level::Error);
        assert_eq!(level("still"), Level::Warning);
        assert_eq!(level("fourth"), Level::Plain);
        assert_eq!(paste.statements.len(), 5);
    }

    #[test]
    fn prefixes_of_lines_are_left_out() {
        for (line, body) in [
            ("2024-05-01T10:00:00.1234567Z docker: x", "docker: x"),
            ("[2024-05-01T10:00:00.123Z] x", "x"),
            ("2024-05-01 10:00:00,123 x", "x"),
            ("web_1  | x", "x"),
            ("#8 1.234 x", "x"),
            ("> > x", "x"),
            ("  x", "  x"),
            ("docker | x", "x"),
            ("a b | x", "a b | x"),
            ("2024", "2024"),
            ("#8", "#8"),
        ] {
            assert_eq!(without_prefix(line), body);
        }
    }
}
