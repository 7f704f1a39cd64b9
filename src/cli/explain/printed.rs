//! The codes that reports of this program name, in a text that holds lines of them: in brackets, in Markdown, as properties of a command
//! to Azure Pipelines, as members of JSON, and in the warnings and denials of the webhook.

use std::ops::Range;

use super::{of_finding, unread};
use crate::compat::Code;
use crate::explain::{Explanation, unwrapped, without_stamp};

/// The beginning of an issue for Azure Pipelines.
const ISSUE: &str = "##vso[task.logissue ";

/// The member of an issue for GitLab that has the code.
const CHECK_NAME: &str = "\"check_name\"";

/// The members that have it in our own JSON and in SARIF. Other programs have such too, so the codes of findings count alone.
const CODES: [&str; 2] = ["\"code\"", "\"ruleId\""];

/// The members behind those, with the sentences of a finding.
const SENTENCES: [&str; 6] = ["\"ruleIndex\"", "\"level\"", "\"severity\"", "\"message\"", "\"text\"", "\"help\""];

/// The members of our own JSON with what an engine does with an image: the last has its words, which the findings are about.
const TAKES: [&str; 2] = ["\"outcome\"", "\"says\""];

/// What stands before and behind the code of a finding in HTML, and in the element of JUnit whose sentence is that of the finding.
const IN_MARKUP: [(&str, &str); 2] = [("<code>", "</code>"), (" type=\"", "\">")];

/// The member before [`CHECK_NAME`], with the sentences of an issue for GitLab.
const DESCRIPTIONS: [&str; 1] = ["\"description\""];

/// What reports have behind the code that ends a sentence: advice, also behind a line break for GitHub, and the end of an element of XML.
const BEHIND: [&str; 3] = ["; hint: ", "%0A", "</"];

/// The words with which a paragraph about a place in a file begins, before the code.
const HEADINGS: [&str; 3] = ["error[", "warning[", "undecided["];

/// The words with which a sentence begins in a report that is wrapped.
const LABELS: [&str; 3] = ["error:", "warning:", "note:"];

/// What stands before a warning of the webhook and before the reason of a denial, as `cluster::admission` writes it.
const WEBHOOK: &str = "wincompat: ";

/// What an API server has before the reason of a denial.
const DENIED_BY: &str = "denied the request: ";

/// The beginning of a warning about a pod that is not judged.
const NOT_JUDGED: &str = "not judged: ";

/// The most lines over which a sentence is wrapped.
const MOST_LINES: usize = 20;

/// The text with what was wrapped put together again: rows of tables, and codes in brackets that go on in the next line.
pub(super) fn whole(text: &str) -> String {
    let text = unwrapped(text);
    let mut whole = String::with_capacity(text.len());
    let mut goes_on = false;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let line = if goes_on { without_stamp(line).trim_start() } else { line };
        goes_on = lines.peek().is_some_and(|next| is_code_cut(line, without_stamp(next)));
        whole.push_str(if goes_on { line.trim_end() } else { line });
    }
    whole
}

/// True for a line that ends within a code in brackets, of which the next has the rest.
fn is_code_cut(line: &str, next: &str) -> bool {
    let begin = line.rsplit_once('[').map(|(_, begin)| begin.trim_end()).filter(|begin| !begin.contains(']'));
    let end = next.trim_start().split_once(']').map(|(end, _)| end);
    begin.zip(end).is_some_and(|(begin, end)| is_code(&format!("{begin}{end}")))
}

/// The explanations of the codes that a text names as reports do, each once.
pub(super) fn explanations(text: &str) -> Vec<Explanation> {
    let mut codes: Vec<&str> = Vec::new();
    for code in text.lines().map(without_stamp).flat_map(codes_in) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes.into_iter().filter_map(|code| of_finding(code).or_else(|| unread::named(code))).collect()
}

/// The text without what reports say of findings: the numbers in such a sentence belong to the finding.
pub(super) fn without_findings(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let without_stamps: Vec<&str> = lines.iter().map(|line| without_stamp(line)).collect();
    let mut is_said = vec![false; lines.len()];
    for place in (0..lines.len()).filter_map(|at| said_at(&without_stamps, at)) {
        if let Some(said) = is_said.get_mut(place) {
            said.fill(true);
        }
    }
    lines.iter().zip(is_said).filter(|(_, is_said)| !is_said).map(|(line, _)| *line).collect()
}

/// The lines that say of a finding what the one at this place has the code of.
fn said_at(lines: &[&str], at: usize) -> Option<Range<usize>> {
    let line = *lines.get(at)?;
    let next = at + 1;
    let behind = lines.get(next..).unwrap_or_default();
    if heading(line).is_some_and(is_finding) {
        // The line of the file, and what is said of it.
        let below = behind.iter().take_while(|line| is_below_heading(line)).count();
        return Some(at..next + below);
    }
    if of_issues(line).chain(of_documents(line)).any(is_finding) {
        let before = at.checked_sub(1).filter(|before| lines.get(*before).is_some_and(|line| is_member(line, &DESCRIPTIONS)));
        let sentences = behind.iter().take(SENTENCES.len()).take_while(|line| is_member(line, &SENTENCES)).count();
        return Some(before.unwrap_or(at)..next + sentences);
    }
    if of_webhook(line).next().is_some() {
        return Some(at..next);
    }
    let [outcome, says] = TAKES;
    if is_member(line, &[says])
        && at.checked_sub(1).and_then(|before| lines.get(before)).is_some_and(|line| is_member(line, &[outcome]))
    {
        return Some(at..next);
    }
    let is_end = |rest: &str| is_at_end(rest) || rest.starts_with(": ");
    let mut codes = line.split('[').skip(1).filter_map(|text| text.split_once(']'));
    let ends = codes.any(|(code, rest)| is_finding(code) && is_end(rest)) || quoted(line).chain(in_markup(line)).next().is_some();
    ends.then(|| begin(lines, at)..next)
}

/// True for a line of the paragraph below a heading.
fn is_below_heading(line: &str) -> bool {
    !line.trim().is_empty() && line.starts_with(|c: char| c == ' ' || c.is_ascii_digit())
}

/// True for a line that begins with one of these members of JSON.
fn is_member(line: &str, names: &[&str]) -> bool {
    names.iter().any(|name| line.trim_start().starts_with(name))
}

/// The line on which the sentence begins that ends on this one: another one where it is wrapped.
fn begin(lines: &[&str], last: usize) -> usize {
    let width = lines.get(last).map_or(0, |line| if begins_sentence(line) { 0 } else { indent(line) });
    let before = lines.iter().enumerate().take(last).rev().take(MOST_LINES).find(|(_, line)| indent(line) != width);
    before.filter(|(_, line)| indent(line) < width && begins_sentence(line)).map_or(last, |(at, _)| at)
}

/// The number of spaces before a line.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// True for a line with which the sentence of a finding begins. Below a table it has a number, e.g. `[1]`.
fn begins_sentence(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map(|(number, _)| number);
    LABELS.iter().any(|label| line.starts_with(label)) || number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

/// The codes in a line of a report: `… in any isolation mode [image-newer-than-host]`.
fn codes_in(line: &str) -> impl Iterator<Item = &str> {
    let in_documents = of_documents(line).filter(|code| is_finding(code));
    let of_issues = of_issues(line).filter(|code| is_code(code));
    let headings = heading(line).filter(|code| is_code(code)).into_iter();
    headings
        .chain(line.split('[').skip(1).filter_map(in_brackets))
        .chain(quoted(line))
        .chain(in_markup(line))
        .chain(of_issues)
        .chain(in_documents)
        .chain(of_webhook(line))
}

/// What a line has of the webhook: `Warning: wincompat: some-nodes-fit: …`, `denied the request: wincompat: …`.
fn of_webhook(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices(WEBHOOK).filter_map(move |(at, _)| {
        let (before, rest) = line.split_at_checked(at)?;
        let said = rest.strip_prefix(WEBHOOK)?;
        if before.ends_with(DENIED_BY) {
            return Some(unread::DENIED);
        }
        if said.starts_with(NOT_JUDGED) {
            return Some(unread::NOT_JUDGED);
        }
        said.split_once(": ").map(|(code, _)| code).filter(|code| is_finding(code))
    })
}

/// The code that stands before the next closing bracket. Those of failures are words that others put in brackets too, so they count at the
/// end of a sentence only.
fn in_brackets(text: &str) -> Option<&str> {
    let (code, rest) = text.split_once(']')?;
    (is_finding(code) || is_at_end(rest) && is_code(code)).then_some(code)
}

/// True for what stands behind the code at the end of a sentence.
fn is_at_end(rest: &str) -> bool {
    rest.trim().is_empty() || BEHIND.iter().any(|next| rest.starts_with(next))
}

/// What stands in the brackets of a heading: `error[build-mismatch]: app:1 on web01: will not run`.
fn heading(line: &str) -> Option<&str> {
    let behind = HEADINGS.iter().find_map(|word| line.strip_prefix(*word))?;
    behind.split_once("]: ").map(|(code, _)| code)
}

/// The codes of findings in Markdown: behind a sentence, in backquotes and parentheses, mostly as a link.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    let begun = line.split('(').skip(1).map(|text| text.strip_prefix('[').unwrap_or(text));
    begun.filter_map(|text| Some(text.strip_prefix('`')?.split_once('`')?.0)).filter(|code| is_finding(code))
}

/// The codes of findings in HTML and JUnit.
fn in_markup(line: &str) -> impl Iterator<Item = &str> {
    let marked = IN_MARKUP
        .into_iter()
        .flat_map(move |(before, behind)| line.split(before).skip(1).filter_map(move |text| Some(text.split_once(behind)?.0)));
    marked.filter(|code| is_finding(code))
}

/// What a line of our own JSON or of SARIF has in the place of a code.
fn of_documents(line: &str) -> impl Iterator<Item = &str> {
    CODES.into_iter().flat_map(move |name| line.split(name).skip(1).filter_map(value))
}

/// What a line has in the place of the code of an issue: `##vso[task.logissue type=error;code=build-mismatch;]…` and
/// `"check_name": "build-mismatch"`.
fn of_issues(line: &str) -> impl Iterator<Item = &str> {
    line.split(ISSUE).skip(1).filter_map(property).chain(line.split(CHECK_NAME).skip(1).filter_map(value))
}

/// The property `code` of a command to Azure Pipelines.
fn property(text: &str) -> Option<&str> {
    let (properties, _) = text.split_once(']')?;
    properties.split(';').find_map(|property| property.strip_prefix("code="))
}

/// The value behind the name of a member of JSON.
fn value(text: &str) -> Option<&str> {
    let value = text.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    value.split_once('"').map(|(value, _)| value)
}

/// True for the code of a finding.
fn is_finding(code: &str) -> bool {
    code.parse::<Code>().is_ok()
}

/// True for a code that reports have.
fn is_code(code: &str) -> bool {
    is_finding(code) || unread::names().any(|name| name == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<String> {
        explanations(&whole(text)).into_iter().map(|one| one.id).collect()
    }

    #[test]
    fn codes_are_found_in_the_lines_of_every_report() {
        for (text, expected) in [
            (
                "error: x [build-mismatch]\nwarning: y [host-end-of-support]: z\nz [build-mismatch]",
                &["build-mismatch", "host-end-of-support"][..],
            ),
            ("error: x [not-found]\n[network] y", &["not-found"]),
            (
                "##vso[task.logissue type=error;sourcepath=a%3Bb;linenumber=3;columnnumber=6;code=image-newer-than-host;]x\n##vso[task.logissue type=error;code=not-found;]y [z]",
                &["image-newer-than-host", "not-found"],
            ),
            ("[\n  {\n    \"description\": \"x\",\n    \"check_name\": \"build-mismatch\",\n", &["build-mismatch"]),
            (
                "[{\"description\":\"x\",\"check_name\":\"build-mismatch\"},{\"check_name\":\"network\"}]",
                &["build-mismatch", "network"],
            ),
            ("undecided[not-found]: app:1 was not read\nerror[build-mismatch]: x", &["not-found", "build-mismatch"]),
            ("::error title=app%3A1::no tag [not-found]%0Ahint: x", &["not-found"]),
            (
                "  - it differs ([`build-mismatch`](<https://x.test>))\n  - y (`host-end-of-support`)",
                &["build-mismatch", "host-end-of-support"],
            ),
            (
                "{\"code\":\"build-mismatch\"}\n\"ruleId\": \"image-newer-than-host\"",
                &["build-mismatch", "image-newer-than-host"],
            ),
            (
                "<li>x <a href=\"https://x.test\"><code>build-mismatch</code></a><br>run <code>docker run app:1</code></li>\n<failure message=\"y\" type=\"host-end-of-support\">z",
                &["build-mismatch", "host-end-of-support"],
            ),
            (
                "Warning: wincompat: some-nodes-fit: it can land on a and b\nWarning: wincompat: not judged: the image `x` cannot be read",
                &["some-nodes-fit", "webhook-not-judged"],
            ),
            (
                "Error from server: error when creating \"x.yaml\": admission webhook \"pods.wincompat-webhook.svc\" denied the request: wincompat: not all images of the pod run on any node",
                &["webhook-denied"],
            ),
            // Of other programs.
            ("admission webhook \"x\" denied the request: no\nwincompat: command not found: x", &[]),
            ("<code>network</code> <input type=\"text\">", &[]),
            ("\"code\": \"network\", (`network`) error[E0308]: x", &[]),
            ("##vso[task.logissue type=error;code=100;]x\n\"check_name\": \"complexity\"\n\"check_name\"", &[]),
            ("##vso[task.setvariable variable=code]build-mismatch", &[]),
        ] {
            assert_eq!(codes(text), expected, "{text}");
        }
    }

    #[test]
    fn a_code_that_is_wrapped_is_put_together() {
        for text in [
            "it cannot run there [image-newer-\n       than-host]\nmore",
            "it cannot run there [\r\nimage-newer-than-host]",
            "it cannot run there [image-ne\nwer-than-host]: deploy/web.yaml:7",
            "2024-05-01T10:00:00.1234567Z it cannot run there [image-newer-\n2024-05-01T10:00:00.1234567Z        than-host]",
            "2026-11-29T10:00:00.123+01:00 it cannot run there [image-newer-\n2026-11-29T10:00:00.124+01:00        than-host]",
            "Nov 29 10:00:00 web01 agent[12]: it cannot run there [image-newer-\nNov 29 10:00:00 web01 agent[12]: than-host]",
            "2026-11-29T10:00:00.000000Z 00O it cannot run there [image-newer-\n2026-11-29T10:00:00.000001Z 00O than-host]",
            "| app:1 | it cannot run there [image- |\n|       | newer-than-host]            |",
        ] {
            assert_eq!(codes(text), ["image-newer-than-host"], "{text}");
        }
        assert_eq!(whole("a [image-\n  b]\nc [d\n"), "a [image-\n  b]\nc [d\n");
    }

    #[test]
    fn what_is_said_of_a_finding_is_left_out() {
        for (text, rest) in [
            ("a 0x1 [build-mismatch]\nb\n", "b\n"),
            ("##vso[task.logissue type=error;code=build-mismatch;]a 0x1\nb", "b"),
            ("{\n  \"description\": \"a 0x1\",\n  \"check_name\": \"build-mismatch\",\n  \"c\": 1", "{\n  \"c\": 1"),
            ("a 0x1 [build-mismatch]; hint: b\nc", "c"),
            ("a 0x1 [host-end-of-support]: app:1 on web01\nc", "c"),
            ("::error title=x::a 0x1 [build-mismatch]%0Ahint: b\nc", "c"),
            ("  - a 0x1 ([`build-mismatch`](<https://x.test>))\nc", "c"),
            ("fail app:1\n      error: a 0x1\n        b\n        c [build-mismatch]\n      d", "fail app:1\n      d"),
            ("[1] a 0x1\n    b [build-mismatch]\nc", "c"),
            (
                "2024-05-01T10:00:00.1234567Z   error: a 0x1\n2024-05-01T10:00:00.1234567Z     b [build-mismatch]\n2024-05-01T10:00:00.1234567Z c",
                "2024-05-01T10:00:00.1234567Z c",
            ),
            (
                "2024-05-01T10:00:00Z error[build-mismatch]: a\n2024-05-01T10:00:00Z  | 0x1\n2024-05-01T10:00:00Z\nc",
                "2024-05-01T10:00:00Z\nc",
            ),
            ("docker: 0x1\n    b [build-mismatch]\nc", "docker: 0x1\nc"),
            ("error[build-mismatch]: a\n --> b:3:1\n  |\n3 | x\n  | ^ 0x1\n\nc", "\nc"),
            ("  \"code\": \"build-mismatch\",\n  \"severity\": \"error\",\n  \"message\": \"0x1\",\n  \"c\": 1", "  \"c\": 1"),
            ("<li>a 0x1 <a href=\"x\"><code>build-mismatch</code></a></li>\nc", "c"),
            ("<failure message=\"a 0x1\" type=\"build-mismatch\">will not run\nc", "c"),
            ("  \"outcome\": \"refuses\",\n  \"says\": \"0x1\"\nc", "  \"outcome\": \"refuses\",\nc"),
            ("  \"says\": \"0x1\"\nc", "  \"says\": \"0x1\"\nc"),
            ("Warning: wincompat: some-nodes-fit: a 0x1\nc", "c"),
            ("x denied the request: wincompat: a 0x1\nc", "c"),
            // What was not read has an error of its own.
            ("##vso[task.logissue type=error;code=not-found;]a", "##vso[task.logissue type=error;code=not-found;]a"),
            ("\"description\": \"a\"\n\"check_name\": \"b\"", "\"description\": \"a\"\n\"check_name\": \"b\""),
        ] {
            assert_eq!(without_findings(text), rest, "{text}");
        }
    }
}
