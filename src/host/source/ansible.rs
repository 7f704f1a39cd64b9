//! What a command printed on each machine that Ansible asked: `web01 | CHANGED | rc=0 >>` with its output below, or `web01 | SUCCESS => {`
//! with the output in JSON.
//!
//! Source: Ansible, the callback plugins `minimal` and `oneline`.

use serde_json::Value;

use super::{Document, Format, Syntax, answers, in_answer};
use crate::Error;
use crate::host::facts::HostFacts;
use crate::host::{spec, version_text};
use crate::text::quoted;

/// The answers of machines, each of which is read as a text of its own.
pub(super) const FORMAT: Format = Format { syntax: Syntax::Answers, recognises: |document| recognises(document.text), hosts };

/// True for a text with an answer, and without a version before the first one: that would be of another host.
fn recognises(text: &str) -> bool {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        // A state alone says too little, as in the result of a job.
        if head(line).is_some_and(|(_, rest)| !rest.is_empty()) {
            return text.get(..at).is_some_and(|before| version_text::versions(before).is_empty());
        }
        at += line.len();
    }
    false
}

/// The name of a machine and what stands behind its state, in the line that begins its answer.
fn head(line: &str) -> Option<(&str, &str)> {
    const STATES: [&str; 7] = ["SUCCESS", "CHANGED", "FAILED", "FAILED!", "UNREACHABLE", "UNREACHABLE!", "SKIPPED"];
    // No blanks stand before a name.
    let (name, rest) = line.trim_end().split_once(" | ")?;
    let (state, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_head = spec::is_name(name) && !name.starts_with(char::is_whitespace) && STATES.contains(&state.trim_end_matches(':'));
    is_head.then_some((name, rest))
}

/// The output in the line that begins an answer: JSON, or all of it in one line, where `\n` stands for its breaks.
fn output(rest: &str) -> String {
    let in_one_line = || Some(rest.split_once("(stdout)")?.1.replace("\\n", "\n"));
    rest.strip_prefix("=> ").map(str::to_owned).or_else(in_one_line).unwrap_or_default()
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    let mut said: Vec<(&str, String)> = Vec::new();
    for line in document.text.lines() {
        if let Some((name, rest)) = head(line) {
            said.push((name, format!("{}\n", output(rest))));
        } else if let Some((_, output)) = said.last_mut() {
            output.push_str(line);
            output.push('\n');
        }
    }
    let read = |name: &str, answer: String| {
        let output = stdout(&answer).unwrap_or(answer);
        in_answer(&output, document.knowledge).map_err(|error| {
            error
                .within(format!("no host can be read from the answer of {}", quoted(name)))
                .hint("ask it again for what `ver` prints, or leave out its answer")
        })
    };
    answers::hosts(document, said.into_iter().map(|(name, answer)| (name, read(name, answer))).collect())
}

/// The output of a command in an answer in JSON, where it has any.
fn stdout(answer: &str) -> Option<String> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    answer.get("stdout")?.as_str().filter(|output| !output.trim().is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::host::source::tests::hosts_in;

    #[test]
    fn answers_of_machines_are_hosts_with_their_names() {
        for (text, expected) in [
            (
                "windows-01 | CHANGED | rc=0 >>\r\n\r\nMicrosoft Windows [Version 10.0.20348.2402]\r\n\r\n\
                 server2019 | SUCCESS | rc=0 >>\r\n\r\nMicrosoft Windows [Version 10.0.17763.5458]\r\n",
                "windows-01 10.0.20348.2402, server2019 10.0.17763.5458",
            ),
            (
                "a | CHANGED | rc=0 | (stdout) Microsoft Windows [Version 10.0.20348.2402]\nb | CHANGED | rc=0 | (stdout) 10.0.17763.1\n",
                "a 10.0.20348.2402, b 10.0.17763.1",
            ),
            (
                "windows-01 | SUCCESS => {\n    \"changed\": true,\n    \"stdout\": \"10.0.20348.2402\\r\\n\",\n    \"stdout_lines\": [\n        \
                 \"10.0.20348.2402\"\n    ]\n}\n",
                "windows-01 10.0.20348.2402",
            ),
            // The one that did not answer is not forgotten.
            (
                "a | CHANGED | rc=0 >>\nMicrosoft Windows [Version 10.0.20348.2402]\nb | UNREACHABLE! => {\n    \"msg\": \"timed out\"\n}\n",
                "no host can be read from the answer of `b`",
            ),
            ("a | CHANGED | rc=0 >>\n10.0.20348.2402\nb | SKIPPED\n", "no host can be read from the answer of `b`"),
            (
                "b | UNREACHABLE!: timed out\na | CHANGED | rc=0 | (stdout) 10.0.20348.2402\r\\n\n",
                "no host can be read from the answer of `b`",
            ),
            (
                "a | CHANGED | rc=0 | (stdout) \r\\n10.0.20348.2402\r\\n\nb | CHANGED | rc=0 | (stdout) 10.0.17763.1\\n\n",
                "a 10.0.20348.2402, b 10.0.17763.1",
            ),
            (
                "a | CHANGED | rc=0 >>\n10.0.20348.2402\na | CHANGED | rc=0 >>\n10.0.17763.1\n",
                "this text holds 2 hosts with the name `a`",
            ),
        ] {
            assert_eq!(hosts_in(text), expected, "{text}");
        }
    }

    #[test]
    fn answers_within_answers_have_an_end() {
        for begin in ["a | CHANGED | rc=0 | (stdout) ", "a | SUCCESS => "] {
            assert!(!hosts_in(&format!("{}10.0.20348.2402\n", begin.repeat(20_000))).is_empty());
        }
    }
}
