//! The page of all findings, `docs/findings.md`: it is the one that the declarations give.

use std::fmt::Write as _;

use serde_json::Value;
use wincompat::compat::{About, Code, Severity};
use wincompat::internals::cli::wording::CommandLine;
use wincompat::report::Wording as _;

use crate::architecture::root;
use crate::support::committed::assert_committed;
use crate::support::program::{Answer, Program};

/// The groups of the page, each with the subject that its findings are about first.
const GROUPS: [(&str, About); 7] = [
    ("The image", About::Image),
    ("The host", About::Host),
    ("The isolation mode", About::Isolation),
    ("The engine", About::Engine),
    ("What a scan compares", About::Scan),
    ("Workloads of a cluster", About::Cluster),
    ("What is accepted", About::Acceptance),
];

fn severity(code: Code) -> &'static str {
    match code.severity() {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// The group of a finding: image and host together are in the first.
fn group(code: Code) -> &'static str {
    GROUPS.iter().find(|(_, about)| code.is_about(*about)).unwrap().0
}

fn page() -> String {
    let mut page = "# Findings\n\nEvery reason and warning that a result can have. `wincompat explain CODE` prints the same. A finding because \
         of which an\nimage cannot run is an error, whatever its severity here; `--deny CODE` makes any finding an error.\n"
        .to_owned();
    // A group whose findings all have a subject that comes before has no section.
    for (heading, _) in GROUPS.into_iter().filter(|(heading, _)| Code::all().any(|code| group(code) == *heading)) {
        let _ = write!(page, "\n## {heading}\n\n| code | severity | meaning |\n|---|---|---|\n");
        for code in Code::all().filter(|code| group(*code) == heading) {
            let _ = writeln!(page, "| [`{code}`](#{code}) | {} | {} |", severity(code), code.title());
        }
    }
    let unread = unread();
    page.push_str(
        "\n## What could not be read\n\nA report also names what could not be read, and why: as `kind` in JSON, and as a code in formats for \
         services.\n\n| code | meaning |\n|---|---|\n",
    );
    for one in &unread {
        let code = text(&one["id"]);
        let _ = writeln!(page, "| [`{code}`](#{code}) | {} |", text(&one["title"]));
    }
    let mut codes: Vec<Code> = Code::all().collect();
    codes.sort_by_key(|code| code.as_str());
    for code in codes {
        let _ = write!(
            page,
            "\n## {code}\n\n{}. {}\n\n**What to do:** {}\n\n[Source]({})\n",
            capital(code.title()),
            CommandLine.advice(&code.meaning()),
            CommandLine.advice(&code.advice()),
            code.source()
        );
    }
    for one in &unread {
        let _ = write!(page, "\n## {}\n\n{}. {}\n", text(&one["id"]), capital(text(&one["title"])), text(&one["meaning"]));
        for (heading, texts) in [("Usual causes", each(&one["causes"])), ("What to do", each(&one["steps"]))] {
            let _ = write!(
                page,
                "\n**{heading}:**\n\n{}\n",
                texts.iter().map(|text| format!("* {text}")).collect::<Vec<_>>().join("\n")
            );
        }
        for source in each(&one["sources"]) {
            let _ = write!(page, "\n[Source]({source})\n");
        }
    }
    page
}

/// The explanations of the kinds of failures that the schema of reports names.
fn unread() -> Vec<Value> {
    let schema = std::fs::read(root().join("schema/report-v1.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let kinds = schema["$defs"]["ErrorKind"]["oneOf"].as_array().unwrap().iter().map(|kind| text(&kind["const"]).to_owned());
    let program = Program::new();
    let explained = |kind: String| {
        let answer = Answer::of(program.command().args(["explain", "--format=json", &kind]));
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{kind}");
        answer.json()["explanation"].clone()
    };
    kinds.map(explained).collect()
}

fn each(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(text).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

#[test]
fn the_page_of_findings_is_that_of_the_declarations() {
    assert_committed("docs/findings.md", &page());
}
