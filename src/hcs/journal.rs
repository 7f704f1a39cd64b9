//! The last calls of the system, kept in memory for the report about a failure: without the values of environment variables, arguments
//! and passwords.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::clock::now;
use crate::hcs::codes;
use crate::hcs::trace::json_or_text;

/// The number of calls that are kept.
const KEPT: usize = 400;
/// The longest text of a document or an answer that is kept, in characters.
const LONGEST: usize = 16 << 10;
/// The stand-in for what is not kept.
pub(crate) const LEFT_OUT: &str = "(left out)";

/// The last calls of the system.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    next: u64,
    kept: VecDeque<Call>,
    forgotten: u64,
    /// The values, arguments and passwords that were seen in documents, to be left out of all other texts too.
    secrets: BTreeSet<String>,
}

/// A call, as the journal keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    number: u64,
    /// The time when it began.
    pub at: Timestamp,
    /// The function, e.g. `HcsStartComputeSystem`.
    pub call: &'static str,
    /// The document or object that it was called with, without secrets.
    pub document: Option<Value>,
    /// The answer; `None` if it has not returned.
    pub answer: Option<Answer>,
    /// The number of times that it was made in a row with the same answer.
    pub times: u32,
}

/// The answer to a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HRESULT.
    pub hresult: u32,
    /// The time it took.
    pub took: Duration,
    /// The document that came with it, without secrets.
    pub result: Option<Value>,
}

impl Call {
    /// True if it was refused, or has not returned.
    pub fn has_failed(&self) -> bool {
        self.answer.as_ref().is_none_or(|answer| is_failure(answer.hresult))
    }
}

impl Journal {
    /// Records the beginning of a call: the number by which its end is recorded.
    pub fn begin(&self, call: &'static str, document: Option<&str>) -> u64 {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = calls.next;
        calls.next += 1;
        if calls.kept.len() >= KEPT {
            calls.kept.pop_front();
            calls.forgotten += 1;
        }
        let document = document.map(|text| kept(text, &mut calls.secrets));
        calls.kept.push_back(Call { number, at: now(), call, document, answer: None, times: 1 });
        number
    }

    /// Records the end of a call. One that only repeats the one before it is counted there.
    pub fn end(&self, number: u64, hresult: u32, took: Duration, result: Option<&str>) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let result = result.map(|text| kept(text, &mut calls.secrets));
        let Some(position) = calls.kept.iter().rposition(|call| call.number == number) else { return };
        let Some(mut ended) = calls.kept.get(position).cloned() else { return };
        ended.answer = Some(Answer { hresult, took, result });
        let before = position.checked_sub(1).and_then(|before| calls.kept.get_mut(before));
        let repeats = before.filter(|before| {
            let same = |one: &Call, other: &Call| {
                let answer = |call: &Call| call.answer.as_ref().map(|answer| (answer.hresult, answer.result.clone()));
                one.call == other.call && one.document == other.document && answer(one) == answer(other)
            };
            same(before, &ended)
        });
        if let Some(before) = repeats {
            before.times += 1;
            calls.kept.remove(position);
        } else if let Some(call) = calls.kept.get_mut(position) {
            *call = ended;
        }
    }

    /// The calls that are kept, in order, and the number of those before them.
    pub fn calls(&self) -> (Vec<Call>, u64) {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (calls.kept.iter().cloned().collect(), calls.forgotten)
    }

    /// A text without the values, arguments and passwords that were seen in documents, e.g. an error that shows a command line, or an event
    /// of Windows.
    pub fn without_secrets(&self, text: &str) -> String {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = text.to_owned();
        let mut secrets: Vec<&String> = calls.secrets.iter().collect();
        // One may be a part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in secrets {
            let in_json = Value::from(secret.as_str()).to_string();
            let in_json = in_json.trim_start_matches('"').strip_suffix('"').unwrap_or_default();
            text = text.replace(secret, LEFT_OUT);
            if in_json != secret && !in_json.is_empty() {
                text = text.replace(in_json, LEFT_OUT);
            }
        }
        text
    }

    /// True if any call was refused, or has not returned.
    pub fn has_failed(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).kept.iter().any(Call::has_failed)
    }

    /// Forgets all calls: what became of them was told elsewhere.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).kept.clear();
    }
}

/// True for the HRESULT of a call that failed.
pub(crate) const fn is_failure(hresult: u32) -> bool {
    hresult.cast_signed() < 0 && hresult != codes::ERROR_VMCOMPUTE_OPERATION_PENDING
}

/// The length of a secret from which on it is looked for in all texts: a shorter one would stand in too many.
const SECRET: usize = 4;

/// A document as it is kept; its secrets are collected.
fn kept(text: &str, secrets: &mut BTreeSet<String>) -> Value {
    let value = without_secrets(json_or_text(text), secrets);
    let shown = match &value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if shown.len() <= LONGEST {
        return value;
    }
    let start: String = shown.chars().take(LONGEST).collect();
    Value::String(format!("{start}… ({} bytes)", shown.len()))
}

/// A document without the values of environment variables, without arguments and passwords; those are collected.
fn without_secrets(value: Value, secrets: &mut BTreeSet<String>) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| {
                    let kept = match (name.to_ascii_lowercase().as_str(), value) {
                        ("environment", Value::Object(variables)) => {
                            let hidden = variables.into_iter().map(|(name, value)| (name, hidden(&value, secrets)));
                            Value::Object(hidden.collect())
                        }
                        ("environment" | "password" | "credentials", value) => hidden(&value, secrets),
                        ("commandline", Value::String(line)) => {
                            let (program, arguments) = split(&line);
                            if arguments.is_empty() {
                                program.into()
                            } else {
                                hidden(&arguments.into(), secrets);
                                format!("{program} {LEFT_OUT}").into()
                            }
                        }
                        (_, value) => without_secrets(value, secrets),
                    };
                    (name, kept)
                })
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.into_iter().map(|value| without_secrets(value, secrets)).collect()),
        other => other,
    }
}

/// The stand-in for a secret, which is collected.
fn hidden(secret: &Value, secrets: &mut BTreeSet<String>) -> Value {
    secrets.extend(secret.as_str().filter(|secret| secret.len() >= SECRET).map(str::to_owned));
    LEFT_OUT.into()
}

/// The program of a command line, and its arguments.
fn split(line: &str) -> (&str, &str) {
    let (program, arguments) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => line.split_once([' ', '\t']).unwrap_or((line, "")),
    };
    (program, arguments.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "canary-3f9c";

    fn made(journal: &Journal, call: &'static str, document: &str, hresult: u32, result: Option<&str>) {
        let number = journal.begin(call, Some(document));
        journal.end(number, hresult, Duration::from_millis(3), result);
    }

    #[test]
    fn a_call_is_kept_with_its_answer_and_one_that_never_returns_too() {
        let journal = Journal::default();
        made(&journal, "HcsCreateComputeSystem", r#"{"Owner":"w"}"#, 0, None);
        assert!(!journal.has_failed());
        journal.begin("HcsStartComputeSystem", None);
        assert!(journal.has_failed(), "it has not returned");
        let (calls, forgotten) = journal.calls();
        assert_eq!((calls.len(), forgotten), (2, 0));
        assert_eq!(calls[0].answer.as_ref().map(|answer| answer.hresult), Some(0));
        assert_eq!(calls[1].answer, None);
        journal.clear();
        assert!(!journal.has_failed());
        made(&journal, "HcsStartComputeSystem", "", codes::ERROR_VMCOMPUTE_OPERATION_PENDING, None);
        assert!(!journal.has_failed(), "it is only pending");
        made(&journal, "HcsStartComputeSystem", "", 0x8037_0101, None);
        assert!(journal.has_failed());
    }

    #[test]
    fn repetitions_are_counted_and_the_oldest_forgotten() {
        let journal = Journal::default();
        for _ in 0..5 {
            made(&journal, "HcsEnumerateComputeSystems", "{}", 0, Some("[]"));
        }
        assert_eq!(journal.calls().0.iter().map(|call| call.times).collect::<Vec<_>>(), [5]);
        for number in 0..KEPT {
            made(&journal, "HcsEnumerateComputeSystems", &number.to_string(), 0, Some("[]"));
        }
        let (calls, forgotten) = journal.calls();
        assert_eq!((calls.len(), forgotten), (KEPT, 1));
    }

    #[test]
    fn no_value_of_a_variable_no_argument_and_no_password_is_kept() {
        let journal = Journal::default();
        let process = format!(
            r#"{{"CommandLine":"net use \\\\server {CANARY}","User":"ContainerUser","Environment":{{"TOKEN":"{CANARY}","A":"1"}}}}"#
        );
        made(&journal, "HcsCreateProcess", &process, 0, Some(&format!(r#"[{{"Password":"{CANARY}"}}]"#)));
        let quoted = format!(r#"{{"CommandLine":"\"C:\\Program Files\\a.exe\" {CANARY}"}}"#);
        made(&journal, "HcsCreateProcess", &quoted, 0, None);
        let text = format!("{:?}", journal.calls());
        assert!(!text.contains(CANARY), "{text}");
        for told in [
            format!("the command did not start: net use \\\\server {CANARY}"),
            format!("event: TOKEN={CANARY}"),
            format!(r#"{{"Command":"net use \\\\server {CANARY}"}}"#),
        ] {
            let told = journal.without_secrets(&told);
            assert!(!told.contains(CANARY) && told.contains(LEFT_OUT), "{told}");
        }
        assert_eq!(journal.without_secrets("A=1"), "A=1", "too short to be looked for");
        for kept in ["net (left out)", r"C:\\Program Files\\a.exe (left out)", "ContainerUser", "TOKEN"] {
            assert!(text.contains(kept), "no {kept} in {text}");
        }
        made(&journal, "HcsCreateProcess", r#"{"CommandLine":"cmd"}"#, 0, None);
        assert_eq!(journal.calls().0[2].document.as_ref().unwrap()["CommandLine"], "cmd");
    }

    #[test]
    fn a_document_of_any_size_takes_little_room() {
        let journal = Journal::default();
        made(&journal, "HcnEnumerateEndpoints", "", 0, Some(&"x".repeat(1 << 20)));
        let (calls, _) = journal.calls();
        let result = calls[0].answer.as_ref().unwrap().result.as_ref().unwrap().as_str().unwrap().to_owned();
        assert!(result.len() < LONGEST + 100 && result.ends_with("(1048576 bytes)"));
    }
}
