//! The codes that reports of this program name, in a text that holds lines of them: in brackets, as properties of a command to Azure
//! Pipelines, and as members of GitLab's Code Quality.

use super::{of_finding, unread};
use crate::compat::Code;
use crate::explain::{Explanation, unwrapped};

/// The beginning of an issue for Azure Pipelines.
const ISSUE: &str = "##vso[task.logissue ";

/// The member of an issue for GitLab that has the code.
const CHECK_NAME: &str = "\"check_name\"";

/// The text with what was wrapped put together again: rows of tables, and codes in brackets that go on in the next line.
pub(super) fn whole(text: &str) -> String {
    let text = unwrapped(text);
    let mut whole = String::with_capacity(text.len());
    let mut goes_on = false;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let line = if goes_on { line.trim_start() } else { line };
        goes_on = lines.peek().is_some_and(|next| is_code_cut(line, next));
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
    for code in text.lines().flat_map(codes_in) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes.into_iter().filter_map(|code| of_finding(code).or_else(|| unread::named(code))).collect()
}

/// The text without what reports say of findings: the numbers in such a sentence belong to the finding.
pub(super) fn without_findings(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let next = lines.iter().skip(1).copied().chain([""]);
    // The sentences of an issue for GitLab stand in the member before its code.
    let is_said = |line: &str, next: &str| line.trim_start().starts_with("\"description\"") && of_issues(next).any(is_finding);
    let stays = |(line, next): &(&str, &str)| !is_of_finding(line) && !is_said(line, next);
    lines.iter().copied().zip(next).filter(stays).map(|(line, _)| line).collect()
}

/// True for a line that ends with the code of a finding in brackets, or that is an issue about one.
fn is_of_finding(line: &str) -> bool {
    let at_end = line.trim_end().strip_suffix(']').and_then(|line| line.rsplit_once('[')).map(|(_, code)| code);
    at_end.is_some_and(is_finding) || of_issues(line).any(is_finding)
}

/// The codes in a line of a report: `… in any isolation mode [image-newer-than-host]`.
fn codes_in(line: &str) -> impl Iterator<Item = &str> {
    line.split('[').skip(1).filter_map(in_brackets).chain(of_issues(line).filter(|code| is_code(code)))
}

/// The code that stands before the next closing bracket. Those of failures are words that others put in brackets too, so they count at the
/// end of a line only.
fn in_brackets(text: &str) -> Option<&str> {
    let (code, rest) = text.split_once(']')?;
    (is_finding(code) || rest.trim().is_empty() && is_code(code)).then_some(code)
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
            // Of other programs.
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
            // What was not read has an error of its own.
            ("##vso[task.logissue type=error;code=not-found;]a", "##vso[task.logissue type=error;code=not-found;]a"),
            ("\"description\": \"a\"\n\"check_name\": \"b\"", "\"description\": \"a\"\n\"check_name\": \"b\""),
        ] {
            assert_eq!(without_findings(text), rest, "{text}");
        }
    }
}
