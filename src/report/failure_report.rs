//! The report about a failure: everything that somebody needs who has nothing else, in one text file. Also of a machine that is well.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};

use super::Wording;
use crate::Error;
use crate::hcs::journal::{Call, Journal, LEFT_OUT};
use crate::report::plain::clean;

/// The fields of documents in the events of Windows, which may be about containers of other programs, that are left out.
const ENVIRONMENT: &str = "\"Environment\"";
const COMMAND_LINE: &str = "\"CommandLine\"";

/// What a report is made of.
pub struct FailureReport<'a> {
    /// The command, e.g. `run`.
    pub command: &'a str,
    /// The failure; `None` of a machine that is well.
    pub error: Option<&'a Error>,
    /// The time of the report.
    pub written: Timestamp,
    /// The machine: names and values.
    pub facts: Vec<(String, String)>,
    /// The calls of Windows.
    pub journal: &'a Journal,
    /// The events of Windows since the first call: the name of a log, and its text.
    pub events: Vec<(String, String)>,
}

/// A call in the report.
#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    call: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hresult: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
    #[serde(skip_serializing_if = "is_one")]
    times: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a Value>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
const fn is_one(times: &u32) -> bool {
    *times == 1
}

impl FailureReport<'_> {
    /// Writes the report. Values of environment variables, arguments and passwords are left out of all of it.
    ///
    /// # Errors
    ///
    /// What the stream says.
    pub fn write(&self, wording: &dyn Wording, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(self.journal.without_secrets(&without(ENVIRONMENT, &self.text(wording))).as_bytes())
    }

    fn text(&self, wording: &dyn Wording) -> String {
        let mut lines = vec![
            "wincompat: a report about calls of Windows".to_owned(),
            "values of environment variables, arguments of programs and passwords are left out".to_owned(),
            format!("version: {}", env!("CARGO_PKG_VERSION")),
            format!("command: {}", self.command),
            format!("written: {}", self.written),
        ];
        let mut section = |title: String, content: Vec<String>| {
            lines.extend([String::new(), format!("## {title}"), String::new()]);
            lines.extend(content);
        };
        if let Some(error) = self.error {
            let mut content = vec![format!("error: {}", clean(&error.what))];
            content.extend(error.causes.iter().map(|cause| format!("caused by: {}", clean(cause))));
            content.push(format!("hint: {}", clean(&wording.advice(&error.advice()))));
            section("The failure".to_owned(), content);
        }
        section("The machine".to_owned(), self.facts.iter().map(|(name, value)| format!("{name}: {}", clean(value))).collect());
        let (calls, forgotten) = self.journal.calls();
        let before = if forgotten == 0 { String::new() } else { format!(", after {forgotten} others") };
        let failed: Vec<String> = calls.iter().filter(|call| call.has_failed()).map(line).collect();
        if !failed.is_empty() {
            section(format!("Calls that failed or have not returned ({})", failed.len()), failed);
        }
        section(format!("All calls, in order ({}{before})", calls.len()), calls.iter().map(line).collect());
        for (log, events) in &self.events {
            let events = without(COMMAND_LINE, events);
            section(format!("Events: {}", clean(log)), events.lines().map(|line| clean(line).into_owned()).collect());
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

fn line(call: &Call) -> String {
    let answer = call.answer.as_ref();
    let line = Line {
        at: call.at,
        call: call.call,
        document: call.document.as_ref(),
        hresult: answer.map(|answer| format!("0x{:08x}", answer.hresult)),
        ms: answer.map(|answer| (answer.took.as_secs_f64() * 1e6).round() / 1e3),
        times: call.times,
        result: answer.and_then(|answer| answer.result.as_ref()),
    };
    serde_json::to_string(&line).unwrap_or_default()
}

/// A text without the values of this field in the documents that Windows may show in its events.
fn without(field: &str, text: &str) -> String {
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once(field) {
        kept.extend([before, field]);
        rest = after;
        let value = after.trim_start_matches([' ', ':']);
        if value.starts_with(['{', '"']) {
            kept.extend([":\"", LEFT_OUT, "\""]);
            rest = value.get(length_of(value)..).unwrap_or_default();
        }
    }
    kept.push_str(rest);
    kept
}

/// The bytes of the value in JSON that a text begins with. One that does not end may have been cut off: of it is all up to the next event
/// and the next section.
fn length_of(text: &str) -> usize {
    let mut values = Deserializer::from_str(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => values.byte_offset(),
        _ => ["\nEvent[", "\n## "].into_iter().filter_map(|next| text.find(next)).min().unwrap_or(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::advice::Remedy;

    struct Words;

    impl Wording for Words {
        fn remedy(&self, remedy: &Remedy) -> String {
            format!("{remedy:?}")
        }
    }

    fn written(journal: &Journal, error: Option<&Error>, events: Vec<(String, String)>) -> String {
        let facts = vec![("build".to_owned(), "20348.2402".to_owned())];
        let report = FailureReport { command: "run", error, written: Timestamp::UNIX_EPOCH, facts, journal, events };
        let mut text = Vec::new();
        report.write(&Words, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn the_failure_the_machine_the_calls_and_the_events_are_in_it() {
        let journal = Journal::default();
        let number = journal.begin("HcsCreateComputeSystem", Some(r#"{"Owner":"w","Container":{}}"#));
        journal.end(number, 0x8037_010d, Duration::from_millis(12), Some(r#"{"ErrorMessage":"bad field"}"#));
        journal.begin("HcsTerminateComputeSystem", None);
        let error = Error::new("the container was not created").because("HCS_E_INVALID_JSON").hint("look");
        let events = vec![("Microsoft-Windows-Hyper-V-Compute-Admin".to_owned(), "Event 1\nThe field Container".to_owned())];
        let text = written(&journal, Some(&error), events);
        for part in [
            "error: the container was not created\ncaused by: HCS_E_INVALID_JSON\nhint: look\n",
            "build: 20348.2402",
            "## Calls that failed or have not returned (2)",
            r#""hresult":"0x8037010d","ms":12.0,"result":{"ErrorMessage":"bad field"}"#,
            "## All calls, in order (2)",
            "## Events: Microsoft-Windows-Hyper-V-Compute-Admin\n\nEvent 1\nThe field Container",
        ] {
            assert!(text.contains(part), "no {part:?} in:\n{text}");
        }
        assert!(!written(&Journal::default(), None, Vec::new()).contains("The failure"));
    }

    #[test]
    fn no_secret_is_in_any_part_of_it() {
        const CANARY: &str = "canary-7d21";
        let journal = Journal::default();
        let document = format!(r#"{{"CommandLine":"app.exe --token {CANARY}-argument","Environment":{{"TOKEN":"{CANARY}"}}}}"#);
        let number = journal.begin("HcsCreateProcess", Some(&document));
        journal.end(number, 0x8007_0002, Duration::ZERO, Some(&document));
        let error = Error::new(format!("the command did not start: app.exe --token {CANARY}-argument")).because(CANARY);
        let events =
            vec![("log".to_owned(), format!(r#"parameters {{"Environment": {{"OTHER":"hidden-too"}},"A":1}} {CANARY}"#))];
        let text = written(&journal, Some(&error), events);
        assert!(!text.contains(CANARY) && !text.contains("hidden-too"), "{text}");
        assert!(text.contains("app.exe (left out)") && text.contains(r#""A":1"#), "{text}");
    }

    /// What Windows tells of containers of other programs was in no document of ours.
    #[test]
    fn no_variable_and_no_argument_of_another_program_is_in_the_events() {
        let cases = [
            r#"{"Environment":{"SETTINGS":"{\"level\":1}","TOKEN":"hidden"},"User":"told"}"#,
            r#"{"Environment":{"A":"a \"}\" b","TOKEN":"hidden"},"User":"told"}"#,
            r#"{"CommandLine":"app.exe \"--token\" hidden","User":"told"}"#,
            "{\"Environment\" : {\n  \"A\": \"}\",\n  \"TOKEN\": \"hidden\"\n},\n\"User\":\"told\"}",
            // Cut off.
            "{\"Environment\":{\"A\":\"}\",\n\"TOKEN\":\"hidden\nEvent[1]:\n told",
            "{\"CommandLine\":\"app.exe hidden\nEvent[1]:\n told",
        ];
        for events in cases {
            let text = written(&Journal::default(), None, vec![("log".to_owned(), events.to_owned())]);
            assert!(!text.contains("hidden") && text.contains("told"), "{events}: {text}");
        }
    }
}
