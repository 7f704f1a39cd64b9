//! Shows what the emulator of the Host Compute Service holds, and clears it.
//!
//! ```text
//! hcsemu left      what could not be released, one line each; ends with 1 if there is anything
//! hcsemu calls     how often each function was called
//! hcsemu log       the calls in order: number, function, result, and the rule that refused
//! hcsemu state     the state, as JSON
//! hcsemu rules     the rules: name, grade of evidence, section, text; and which are switched off
//! hcsemu clear     forgets everything, and ends the containers' processes
//! ```

use hcs_emulator::rules::RULES;
use hcs_emulator::{home, left, state, systems};
use serde_json::Value;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let lines = match command.as_str() {
        "left" => state::with(|state| left::list(state)),
        "calls" => calls(),
        "log" => log(),
        "state" => vec![state::with(|state| serde_json::to_string_pretty(state).expect("plain data"))],
        "rules" => rules(),
        "clear" => {
            systems::clear();
            Vec::new()
        }
        _ => {
            eprintln!("usage: hcsemu left|calls|log|state|rules|clear   (state folder: {})", home::folder().display());
            return ExitCode::from(2);
        }
    };
    let mut out = std::io::stdout().lock();
    for line in &lines {
        if writeln!(out, "{line}").is_err() {
            break;
        }
    }
    ExitCode::from(u8::from(command == "left" && !lines.is_empty()))
}

fn calls() -> Vec<String> {
    let counts = state::Lock::take().counts();
    counts.iter().map(|(function, count)| format!("{count:6} {function}")).collect()
}

fn log() -> Vec<String> {
    let text = std::fs::read_to_string(home::folder().join("calls.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).map(|entry| line_of(&entry)).collect()
}

fn line_of(entry: &Value) -> String {
    let text = |name: &str| match &entry[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let number = if entry["completes"].is_null() { text("n") } else { format!("({})", text("completes")) };
    let refused = if entry["rule"].is_null() { text("message") } else { format!("{}: {}", text("rule"), text("message")) };
    format!("{number:>6} {} {} {} {}", text("pid"), text("function"), text("hresult"), refused).trim_end().to_string()
}

fn rules() -> Vec<String> {
    let line = |rule: &&hcs_emulator::rules::Rule| {
        let off = if rule.holds() { "" } else { " (off)" };
        format!("{:24} {:4} {:4} {}{off}", rule.name, rule.grade.mark(), rule.section, rule.says)
    };
    RULES.iter().map(line).collect()
}
