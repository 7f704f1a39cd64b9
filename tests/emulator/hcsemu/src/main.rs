//! Shows what the emulator of the Host Compute Service holds, and clears it.
//!
//! ```text
//! hcsemu left      what could not be released, one line each; ends with 1 if there is anything
//! hcsemu calls     how often each function was called
//! hcsemu log       the calls in order: number, function, result, and the rule that refused
//! hcsemu state     the state, as JSON
//! hcsemu rules     the rules: name, grade of evidence, section, text; and which are switched off
//! hcsemu clear     forgets everything, and ends the containers' processes
//! hcsemu answer    for each line of its input, `left FOLDER` or `state FOLDER`, the same of the host with this state folder;
//!                  an empty line ends each answer
//! ```

use hcs_emulator::rules::RULES;
use hcs_emulator::{home, left, state, systems};
use serde_json::Value;
use std::io::{BufRead, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let lines = match command.as_str() {
        "left" => left(),
        "calls" => calls(),
        "log" => log(),
        "state" => held(),
        "rules" => rules(),
        "clear" => {
            systems::clear();
            Vec::new()
        }
        "answer" => return answer(),
        _ => {
            eprintln!("usage: hcsemu left|calls|log|state|rules|clear|answer   (state folder: {})", home::folder().display());
            return ExitCode::from(2);
        }
    };
    // A reader that has gone has seen enough.
    let _ = print(&lines);
    ExitCode::from(u8::from(command == "left" && !lines.is_empty()))
}

fn print(lines: &[String]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    out.flush()
}

fn left() -> Vec<String> {
    state::with(|state| left::list(state))
}

fn held() -> Vec<String> {
    vec![state::with(|state| serde_json::to_string_pretty(state).expect("plain data"))]
}

/// Answers about many hosts, since a start of a program takes longer than an answer.
fn answer() -> ExitCode {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let (command, folder) = line.split_once(' ').unwrap_or_default();
        // SAFETY: this program has one thread.
        unsafe { std::env::set_var("HCSEMU_STATE", folder) };
        let mut lines = match command {
            "left" => left(),
            "state" => held(),
            _ => {
                eprintln!("hcsemu: the question {line:?} is not understood");
                return ExitCode::from(2);
            }
        };
        lines.push(String::new());
        if print(&lines).is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
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
