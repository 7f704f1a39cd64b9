//! The commands for the runners of GitHub and Azure, and GitLab's issues, read as those services read them.

use std::collections::BTreeSet;

use serde_json::Value;
use wincompat::compat::Code;

use super::{rendered, sample};

/// A command that a runner found in a log.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    pub word: String,
    pub properties: Vec<(String, String)>,
    pub message: String,
}

impl Command {
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Puts back what was escaped, the percent sign last.
fn unescaped(text: &str, escapes: &[(&str, &str)]) -> String {
    escapes.iter().fold(text.to_owned(), |text, (escape, character)| text.replace(escape, character))
}

fn properties(text: &str, between: char, escapes: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = text.split(between).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), unescaped(value, escapes))).collect()
}

/// The commands in a log, as GitHub's runner finds them: `::word properties::message` at the beginning of a line, leading spaces aside.
pub fn of_github(log: &str) -> Vec<Command> {
    let data = [("%0D", "\r"), ("%0A", "\n"), ("%25", "%")];
    let property = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    let lines = log.split(['\n', '\r']).map(str::trim_start);
    let commands = lines.filter_map(|line| line.strip_prefix("::")?.split_once("::"));
    commands
        .map(|(head, message)| {
            let (word, rest) = head.split_once(' ').unwrap_or((head, ""));
            Command { word: word.to_owned(), properties: properties(rest, ',', &property), message: unescaped(message, &data) }
        })
        .collect()
}

/// The commands in a log, as Azure's agent finds them: `##vso[area.action properties]message` anywhere in a line.
pub fn of_azure(log: &str) -> Vec<Command> {
    let data = [("%0D", "\r"), ("%0A", "\n"), ("%AZP25", "%")];
    let property = [("%0D", "\r"), ("%0A", "\n"), ("%3B", ";"), ("%5D", "]"), ("%AZP25", "%")];
    let mut commands = Vec::new();
    for line in log.split(['\n', '\r']) {
        let Some((_, command)) = line.split_once("##vso[") else { continue };
        let Some((head, message)) = command.split_once(']') else { continue };
        let (word, rest) = head.split_once(' ').unwrap_or((head, ""));
        commands.push(Command {
            word: word.to_owned(),
            properties: properties(rest, ';', &property),
            message: unescaped(message, &data),
        });
    }
    commands
}

#[test]
fn what_github_would_annotate() {
    let commands = of_github(&rendered("github", &sample::report()));
    let found: Vec<(&str, &str)> =
        commands.iter().map(|command| (command.word.as_str(), command.property("title").unwrap())).collect();
    assert_eq!(
        found,
        [
            ("error", "registry.test/app:ltsc2025 on web01, web02: will not run"),
            ("error", "registry.test/app:1809 on web01: runs only in another isolation mode"),
            ("error", "registry.test/app:unversioned on web01: undecided"),
            ("error", "registry.test/gone:1 was not read"),
            ("error", "private.test/app was not read"),
            ("warning", &*format!("registry.test/app:1809 on web01, web02: {}", Code::ImageEndOfSupport.title())),
            ("warning", &*format!("registry.test/app:unversioned on web02: {}", Code::OsVersionMissing.title())),
            ("notice", "wincompat"),
        ]
    );
    let first = &commands[0];
    let place = ["file", "line", "col"].map(|name| first.property(name).unwrap());
    assert_eq!(place, ["deploy/Dockerfile", "3", "6"]);
    // Two sentences that differ by host are one that holds for both.
    assert_eq!(
        first.message,
        format!(
            "{} [image-newer-than-host]\nhint: run this image on a host of build 26100 or newer",
            Code::ImageNewerThanHost.title()
        )
    );
    assert_eq!(commands[7].message, "6 images on 2 hosts: 4 passed, 1 needs a flag, 2 failed, 1 undecided, 2 not read");
}

#[test]
fn what_azure_would_list() {
    let log = rendered("azure", &sample::report());
    let commands = of_azure(&log);
    assert!(commands.iter().all(|command| command.word == "task.logissue"));
    let found: Vec<[&str; 2]> =
        commands.iter().map(|command| ["type", "code"].map(|name| command.property(name).unwrap())).collect();
    assert_eq!(
        found,
        [
            ["error", "image-newer-than-host"],
            ["error", "build-mismatch"],
            ["error", "os-version-missing"],
            ["error", "not-found"],
            ["error", "unauthorized"],
            ["warning", "image-end-of-support"],
            ["warning", "os-version-missing"],
        ]
    );
    let place = ["sourcepath", "linenumber", "columnnumber"].map(|name| commands[0].property(name).unwrap());
    assert_eq!(place, ["deploy/Dockerfile", "3", "6"]);
    assert!(log.ends_with("2 not read\n"), "{log}");
}

/// A step shows ten of a kind; the worst are among them, and a line counts the rest.
#[test]
fn ten_of_a_kind_the_worst_first() {
    let host = || sample::host("web01", "10.0.20348.1");
    let warning = sample::finding("from-knowledge", "warning", "the registry was not asked", "");
    let mut results: Vec<Value> =
        (0..15).map(|number| sample::result(&format!("open:{number}"), host(), None, None, vec![warning.clone()])).collect();
    results.extend(
        (0..12)
            .map(|number| sample::result(&format!("pass:{number}"), host(), Some("process"), Some(true), vec![warning.clone()])),
    );
    results.extend((0..4).map(|number| sample::result(&format!("bad:{number}"), host(), None, Some(false), vec![])));
    let report = sample::of(results, vec![]);
    for (name, commands) in [("github", of_github as fn(&str) -> Vec<Command>), ("azure", of_azure)] {
        let log = rendered(name, &report);
        let commands = commands(&log);
        let of_kind = |kind: &str| -> Vec<String> {
            let is = |command: &&Command| command.word == kind || command.property("type") == Some(kind);
            let text = |command: &Command| command.property("title").map_or_else(|| command.message.clone(), str::to_owned);
            commands.iter().filter(is).map(text).collect()
        };
        let (errors, warnings) = (of_kind("error"), of_kind("warning"));
        assert_eq!((errors.len(), warnings.len()), (10, 10), "{name}");
        assert!(errors[..4].iter().all(|title| title.starts_with("bad:")), "{errors:?}");
        assert!(log.contains("9 more errors are not shown here") && log.contains("2 more warnings are not shown here"), "{log}");
    }
}

/// GitLab's rules: fields of these types, fingerprints that stand once, one of five severities, a path without `./`.
pub fn assert_gitlab(text: &str) -> Vec<Value> {
    let issues: Vec<Value> = serde_json::from_str(text).unwrap();
    let mut prints = BTreeSet::new();
    for issue in &issues {
        for field in ["/description", "/check_name", "/fingerprint", "/severity", "/location/path"] {
            assert!(issue.pointer(field).and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "{field}: {issue}");
        }
        assert!(prints.insert(issue["fingerprint"].as_str().unwrap()), "{issue}");
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap()));
        assert!(!issue["location"]["path"].as_str().unwrap().starts_with("./"));
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
    }
    issues
}

#[test]
fn what_gitlab_would_show() {
    let issues = assert_gitlab(&rendered("gitlab", &sample::report()));
    let severities: Vec<&str> = issues.iter().map(|issue| issue["severity"].as_str().unwrap()).collect();
    assert_eq!(severities, ["critical", "critical", "critical", "major", "major", "major", "minor", "minor"]);
    assert_eq!(issues[0]["location"]["path"], "deploy/Dockerfile");
    assert_eq!(issues[0]["location"]["lines"]["begin"], 3);
    assert_eq!(issues[2]["location"]["path"], "registry.test/app:1809");
}
