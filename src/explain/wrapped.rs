//! Errors that were wrapped behind a mark that stands before each line again, e.g. `##[error]` of Azure Pipelines, `::error::` of GitHub
//! Actions.

use super::level::level;

/// The marks that pipelines, or scripts for them, put before each line. Those with properties, such as a file, begin an error each.
const MARKS: [&str; 6] = [
    "##[error]",
    "##[warning]",
    "::error::",
    "::warning::",
    "##vso[task.logissue type=error]",
    "##vso[task.logissue type=warning]",
];

/// The member of a record of a log with what it says: `time="…" level=error msg="…"`.
const MESSAGE: &str = " msg=\"";

/// The characters from which on a line may have been wrapped within a sentence, whatever the next begins with.
const WIDE: usize = 60;

/// The most lines that go on with another for the one reason that its parenthesis is open. Some are never closed.
const MOST_OPEN: usize = 3;

/// A line that stands behind a mark.
struct Marked<'a> {
    mark: &'a str,
    rest: &'a str,
    /// True for a record, which stands for itself, whatever it begins with, unless a parenthesis is open.
    is_record: bool,
}

/// What the line before says of whether the next one goes on with it.
#[derive(Default)]
pub(super) struct Before {
    mark: String,
    /// The parentheses and brackets that are not closed yet.
    open: usize,
    /// The lines that went on since then.
    since: usize,
    /// True if its sentence has ended.
    is_ended: bool,
    /// True if it ends with a colon, behind which the cause stands.
    is_introduction: bool,
    is_wide: bool,
}

impl Before {
    /// What this line says, without its mark, if it goes on with the line before behind the same mark. Such a line is remembered as the
    /// one before the next.
    pub(super) fn next<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        let Some(Marked { mark, rest, is_record }) = marked(line) else {
            *self = Self::default();
            return None;
        };
        let is_likely = !is_record && (self.is_wide || self.is_introduction || begins_within(rest));
        let is_open = self.open > 0 && self.since < MOST_OPEN;
        // Numbers stand in parentheses behind the words of Windows, which are a sentence.
        let is_number = !is_record && rest.trim_start().starts_with("(0x");
        let goes_on = self.mark == mark && level(rest, false).is_none() && (is_open || is_number || !self.is_ended && is_likely);
        let open = if goes_on { self.open } else { 0 };
        let since = if open > 0 { self.since + 1 } else { 0 };
        *self = Self {
            mark: mark.to_owned(),
            open: rest.chars().fold(open, |open, character| match character {
                '(' | '[' => open + 1,
                ')' | ']' => open.saturating_sub(1),
                _ => open,
            }),
            since,
            is_ended: rest.trim_end().ends_with(['.', '!', '?', '。']),
            is_introduction: rest.trim_end().ends_with(':'),
            is_wide: rest.chars().count() >= WIDE,
        };
        goes_on.then_some(rest)
    }
}

/// The mark of a line, and what it says.
fn marked(line: &str) -> Option<Marked<'_>> {
    if let Some((mark, rest)) = MARKS.iter().find_map(|mark| Some((*mark, line.strip_prefix(*mark)?))) {
        return Some(Marked { mark, rest, is_record: false });
    }
    // Records that differ in their times alone.
    let record = line.strip_prefix("time=\"")?.split_once("\" ")?.1;
    let (mark, rest) = record.split_at_checked(record.find(MESSAGE)? + MESSAGE.len())?;
    Some(Marked { mark, rest: rest.strip_suffix('"').unwrap_or(rest), is_record: true })
}

/// True for a line that begins within a sentence or a number.
fn begins_within(line: &str) -> bool {
    line.trim_start().starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit() || matches!(c, ')' | ']' | ',' | '.' | ';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What goes on with the line before, of these lines.
    fn next<const LINES: usize>(lines: [&str; LINES]) -> Vec<Option<&str>> {
        let mut before = Before::default();
        lines.into_iter().map(|line| before.next(line)).collect()
    }

    #[test]
    fn a_parenthesis_that_is_never_closed_does_not_hold_the_rest_together() {
        let rest = ["Two", "Three", "Four", "Five", "Six"];
        let [two, three, four, five, six] = rest.map(|rest| format!("##[error]{rest}"));
        let found = next(["##[error]One (a", &two, &three, &four, &five, &six]);
        assert_eq!(found, [None, Some("Two"), Some("Three"), Some("Four"), None, None]);
        let [two, three, four, five, six] = rest.map(|rest| format!("time=\"a\" level=error msg=\"{rest}\""));
        let found = next(["time=\"b\" level=error msg=\"One (a\"", &two, &three, &four, &five, &six]);
        assert_eq!(found, [None, Some("Two"), Some("Three"), Some("Four"), None, None]);
        // One that is opened later has lines of its own.
        let found = next(["##[error]One (a", "##[error]b)", "##[error]c (", "##[error]Four", "##[error]Five", "##[error]Six)"]);
        assert_eq!(found, [None, Some("b)"), Some("c ("), Some("Four"), Some("Five"), Some("Six)")]);
    }

    #[test]
    fn a_line_behind_the_same_mark_goes_on() {
        for (lines, rest) in [
            (["##[error]failure in a Windows system call (0xc037", "##[error]0106)"], "0106)"),
            (["##[error]The operating system does not match the", "##[error] host."], " host."),
            (["##[error]call (", "##[error]Exit"], "Exit"),
            (["##[warning]it does not", "##[warning]match"], "match"),
            (
                ["##[error]container web encountered an error during hcs::System::Start: a", "##[error]Windows system call"],
                "Windows system call",
            ),
            (["time=\"a\" level=error msg=\"failed (0xc037\"", "time=\"b\" level=error msg=\"0106)\""], "0106)"),
            (["##[error]PrepareLayer failed in Win32:", "##[error]Incorrect function. (0x1)"], "Incorrect function. (0x1)"),
            (["##[error]Incorrect function.", "##[error](0x1)"], "(0x1)"),
            (["::error::PrepareLayer failed in Win32:", "::error::Incorrect function."], "Incorrect function."),
            (["##vso[task.logissue type=error]it does not", "##vso[task.logissue type=error]match"], "match"),
        ] {
            assert_eq!(next(lines), [None, Some(rest)], "{lines:?}");
        }
    }

    #[test]
    fn another_error_stands_for_itself() {
        for lines in [
            ["##[error]It failed.", "##[error]host not found"],
            ["##[error]one", "##[error]Two"],
            ["##[error]one", "##[warning]two"],
            ["##[error]one", "##[error]docker: two"],
            ["##[error]one", "two"],
            ["::error::one", "::warning::two"],
            ["::error file=a.yml,line=3::one", "::error file=a.yml,line=3::two"],
            ["one (", "##[error]two"],
            ["time=\"a\" level=error msg=\"one\"", "time=\"a\" level=error msg=\"two\""],
            [
                "time=\"a\" level=error msg=\"hnsCall failed in Win32: The specified port already exists. (0x803b0013)\"",
                "time=\"b\" level=error msg=\"container exited unexpectedly (0xc0370106)\"",
            ],
            ["time=\"a\" level=error msg=\"one (\"", "time=\"a\" level=info msg=\"two\""],
        ] {
            assert!(next(lines).iter().all(Option::is_none), "{lines:?}");
        }
    }
}
