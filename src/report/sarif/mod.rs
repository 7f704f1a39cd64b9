//! The report as SARIF 2.1.0, which code scanning of GitHub, Azure DevOps and editors show beside the code.
//!
//! What GitHub asks for beyond the standard is at
//! <https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.

mod log;

use std::collections::BTreeMap;
use std::io::{self, Write};

use self::log::{
    ArtifactLocation, Configuration, Descriptor, Driver, Fingerprints, Help, Invocation, Location, Log, LogicalLocation,
    Notification, Outcome, PhysicalLocation, Properties, Reference, Region, Run, Text, Tool, UriBase,
};
use super::document::{self, Report};
use super::labels::Labels;
use super::problems::{self, Level, Per, Problem};
use super::{Page, Renderer, Wording, json, markdown};
use crate::compat::Severity;

/// The address of the standard's JSON Schema.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The most results that GitHub takes; a log with more is refused whole.
const MOST_RESULTS: usize = 25_000;
/// The name for the root of the sources, as GitHub has it.
const SOURCE_ROOT: &str = "%SRCROOT%";
/// The longest description of a rule that GitHub takes, in characters.
const LONGEST_DESCRIPTION: usize = 1024;

/// A log with one run: a result for each image on each host that does not pass, for each workload without a result, and for each warning of
/// an image. Images that were not read are notifications.
#[derive(Clone, Copy, Debug)]
pub struct Sarif;

impl Renderer<Report> for Sarif {
    fn render(&self, report: &Report, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let labels = Labels::of(report);
        let problems = problems::of_results(report, &labels, Per::Host);
        let shown = problems.get(..MOST_RESULTS).unwrap_or(&problems);
        let mut rules = Numbered::default();
        let names = problems::fingerprints(shown);
        let outcome = |(problem, name): (&Problem<'_>, String)| result(problem, rules.place(&problem.code), name);
        let results: Vec<Outcome> = shown.iter().zip(names).map(outcome).collect();
        let rules = rules.names.iter().filter_map(|code| shown.iter().find(|problem| problem.code == *code));

        let unread = problems::of_errors(report);
        let mut kinds = Numbered::default();
        let mut notifications: Vec<Notification> =
            unread.iter().map(|problem| notification(problem, kinds.place(&problem.code))).collect();
        if problems.len() > shown.len() {
            let others = problems.len() - shown.len();
            let text = format!("{others} further results are left out: a log holds at most {MOST_RESULTS}");
            notifications.push(Notification {
                level: "warning",
                message: Text::of(&text),
                locations: Vec::new(),
                descriptor: None,
            });
        }
        let document = Log {
            schema: SCHEMA,
            version: "2.1.0",
            runs: [Run {
                tool: Tool {
                    driver: Driver {
                        rules: rules.map(|problem| rule(problem, page.wording)).collect(),
                        notifications: kinds.names.into_iter().map(kind).collect(),
                        ..driver(&report.tool)
                    },
                },
                invocations: [Invocation {
                    execution_successful: report.errors.is_empty(),
                    tool_execution_notifications: notifications,
                }],
                original_uri_base_ids: bases(shown.iter().chain(&unread)),
                column_kind: "unicodeCodePoints",
                results,
            }],
        };
        json::write(&document, out)
    }
}

/// Names, each with the place at which it was first met.
#[derive(Default)]
struct Numbered {
    names: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Numbered {
    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.names.len();
        self.places.insert(name.to_owned(), place);
        self.names.push(name.to_owned());
        place
    }
}

fn driver(tool: &document::Tool) -> Driver {
    Driver {
        name: tool.name.clone().into_owned(),
        semantic_version: tool.version.clone().into_owned(),
        version: format!("{} (knowledge of {})", tool.version, tool.knowledge),
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules: Vec::new(),
        notifications: Vec::new(),
    }
}

/// The rule of this problem.
fn rule(problem: &Problem<'_>, wording: &dyn Wording) -> Descriptor {
    let title = problem.known.map_or_else(|| problem.code.clone(), |code| code.title().to_owned());
    let meaning = problem.known.map_or_else(|| title.clone(), |code| wording.advice(&code.meaning()));
    let advice = problem.known.map_or_else(String::new, |code| wording.advice(&code.advice()));
    let level = match problem.known.map(crate::compat::Code::severity) {
        Some(Severity::Error) => "error",
        // What is a note elsewhere is a result only where it decides.
        _ => "warning",
    };
    let paragraphs = |escape: fn(&str) -> String| {
        let texts = [&meaning, &advice].into_iter().filter(|text| !text.is_empty());
        texts.map(|text| escape(text)).collect::<Vec<_>>().join("\n\n")
    };
    let help_uri = Some(problem.source).filter(|source| markdown::is_address(source)).map(str::to_owned);
    let mut markdown = paragraphs(markdown::sentence);
    if let Some(source) = &help_uri {
        markdown.push_str(&format!("\n\n[Source](<{source}>)"));
    }
    Descriptor {
        id: problem.code.clone(),
        short_description: cut(&title),
        full_description: cut(&meaning),
        help: Some(Help { text: Text::of(&paragraphs(str::to_owned)), markdown }),
        help_uri,
        default_configuration: Configuration { level },
        properties: Some(Properties { tags: ["windows", "containers"], precision: "very-high", severity: level }),
    }
}

/// The kind of notifications with this name.
fn kind(name: String) -> Descriptor {
    let text = format!("an image was not read: {}", name.replace('-', " "));
    Descriptor {
        id: name,
        short_description: cut(&text),
        full_description: cut(&text),
        help: None,
        help_uri: None,
        default_configuration: Configuration { level: "error" },
        properties: None,
    }
}

fn cut(text: &str) -> Text {
    Text::of(text).cut(LONGEST_DESCRIPTION)
}

fn notification(problem: &Problem<'_>, index: usize) -> Notification {
    Notification {
        level: "error",
        message: Text::of(&problem.lines().join("\n")),
        locations: problem.location.map(|_| location(problem)).into_iter().collect(),
        descriptor: Some(Reference { id: problem.code.clone(), index }),
    }
}

fn result(problem: &Problem<'_>, rule_index: usize, fingerprint: String) -> Outcome {
    Outcome {
        rule_id: problem.code.clone(),
        rule_index,
        kind: "fail",
        level: if problem.level == Level::Warning { "warning" } else { "error" },
        message: Text::of(&problem.lines().join("\n")),
        locations: [location(problem)],
        partial_fingerprints: Fingerprints { primary_location_line_hash: fingerprint },
    }
}

/// The place of a problem, and what is there.
fn location(problem: &Problem<'_>) -> Location {
    Location {
        physical_location: PhysicalLocation {
            artifact_location: artifact(problem),
            region: Region {
                start_line: problem.location.map_or(1, |location| location.line.max(1)),
                start_column: problem.location.map_or(1, |location| location.column.max(1)),
            },
        },
        logical_locations: [LogicalLocation { fully_qualified_name: name(problem), kind: "resource" }],
    }
}

/// The image, and the hosts if there are any.
fn name(problem: &Problem<'_>) -> String {
    if problem.hosts.is_empty() { problem.image.to_owned() } else { format!("{} on {}", problem.image, problem.hosts) }
}

/// The file in which the reference stands; without one the image itself, since GitHub refuses a result without an artifact.
fn artifact(problem: &Problem<'_>) -> ArtifactLocation {
    let Some(location) = problem.location else {
        return ArtifactLocation { uri: uri(problem.image), uri_base_id: None };
    };
    let path = location.path();
    let has_drive = path.get(1..3) == Some(":/");
    if has_drive || path.starts_with('/') {
        let root = if has_drive { "file:///" } else { "file://" };
        ArtifactLocation { uri: format!("{root}{}", uri(&path)), uri_base_id: None }
    } else {
        ArtifactLocation { uri: uri(&path), uri_base_id: Some(SOURCE_ROOT) }
    }
}

/// A path as a relative URI: everything is escaped but slashes and what is never reserved.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// The base of relative paths, where there are any.
fn bases<'p>(mut problems: impl Iterator<Item = &'p Problem<'p>>) -> BTreeMap<&'static str, UriBase> {
    let is_relative = |problem: &Problem<'_>| problem.location.is_some() && artifact(problem).uri_base_id.is_some();
    let base = UriBase { description: Text::of("The folder in which the check was started.") };
    problems.any(is_relative).then_some((SOURCE_ROOT, base)).into_iter().collect()
}
