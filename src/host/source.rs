//! The sources of hosts, and the formats of files that hold some: recognised by their content, whatever a file is called.
//!
//! A new format is a file with a [`Format`], its line in [`FORMATS`], and a name in [`Source`].

mod ansible;
mod answers;
mod computer_info;
mod docker;
mod inventory;
mod json;
mod json_text;
mod labelled;
mod maps;
mod node_pools;
pub(crate) mod nodes;
mod once;
mod operating_system;
mod os_version;
pub(super) mod product;
mod records;
mod reg_export;
mod reg_query;
mod registry_properties;
pub(super) mod sections;
mod systeminfo;

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use self::maps::OUTPUTS;
use self::records::{Record, Records};
use super::facts::HostFacts;
use super::{other_thing, version_text};
use crate::advice::{Setting, advice};
use crate::files::read_regular;
use crate::knowledge::Knowledge;
use crate::text::{Encoding, encoding, quoted, utf16};
use crate::{Advice, Error};

/// The place where a host was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Source {
    /// This machine's registry.
    Live,
    /// A text: a version, a release name, a line that holds one version.
    Text,
    /// A registry export.
    RegExport,
    /// The output of `reg query`.
    RegQuery,
    /// The values of the registry as PowerShell shows them: `Get-ItemProperty`.
    RegistryProperties,
    /// The output of `systeminfo`.
    Systeminfo,
    /// The output of `Get-ComputerInfo`.
    ComputerInfo,
    /// The WMI object `Win32_OperatingSystem`: `Get-CimInstance`, `wmic os`.
    OperatingSystem,
    /// The .NET value `[Environment]::OSVersion`.
    OsVersion,
    /// The output of `docker info` or `docker version`.
    Docker,
    /// A node of Kubernetes.
    Node,
    /// An inventory of computers, such as a directory's or that of a service that manages them.
    Inventory,
    /// The output of a script that says which of its lines are about the host, such as `BcContainerHelper`'s.
    Labelled,
}

impl Source {
    /// The words for people, e.g. `a registry export`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Live => "this machine",
            Self::Text => "a text",
            Self::RegExport => "a registry export",
            Self::RegQuery => "the output of reg query",
            Self::RegistryProperties => "the output of Get-ItemProperty",
            Self::Systeminfo => "the output of systeminfo",
            Self::ComputerInfo => "the output of Get-ComputerInfo",
            Self::OperatingSystem => "Win32_OperatingSystem",
            Self::OsVersion => "[Environment]::OSVersion",
            Self::Docker => "the output of docker info",
            Self::Node => "a Kubernetes node",
            Self::Inventory => "an inventory of computers",
            Self::Labelled => "the output of a script",
        }
    }
}

/// A format of files that hold hosts.
pub(super) struct Format {
    /// The syntax of such a file.
    pub syntax: Syntax,
    /// Recognises a document of that syntax.
    pub recognises: fn(&Document<'_>) -> bool,
    /// Reads the hosts in a document that was recognised, at least one.
    pub hosts: fn(&Document<'_>) -> Result<Vec<HostFacts>, Error>,
}

/// The syntax that a format reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Anything but JSON.
    Text,
    /// JSON and anything else.
    Any,
    /// The same, with the answers of several machines in it, each of which is read as a text of its own.
    Answers,
}

/// A text, with its JSON once that was asked for. Its documents borrow both, so that they can keep what was found in them.
pub(super) struct Text<'t> {
    /// The text, without the lists of [other things](other_thing) in it.
    text: Cow<'t, str>,
    /// The label of the first such list.
    left_out: Option<&'t str>,
    json: OnceCell<Option<Value>>,
}

impl<'t> Text<'t> {
    /// This text.
    pub fn of(text: &'t str) -> Self {
        let (text, left_out) = match other_thing::without(text) {
            Some((rest, label)) => (rest.into(), Some(label)),
            None => (text.into(), None),
        };
        Self { text, left_out, json: OnceCell::new() }
    }
}

/// A text, with what several formats read of it, each when it is first asked for: its JSON, its records, its sections, and the computers in
/// its JSON.
pub(super) struct Document<'a> {
    /// The text, without blanks before it.
    pub text: &'a str,
    /// The names of releases.
    pub knowledge: &'a Knowledge,
    whole: &'a Text<'a>,
    records: OnceCell<Records>,
    sections: sections::Kept<'a>,
    computers: maps::Kept<'a>,
    notes: RefCell<Vec<Advice>>,
}

impl<'a> Document<'a> {
    /// The document of this text.
    pub fn new(whole: &'a Text<'a>, knowledge: &'a Knowledge) -> Self {
        Self {
            text: whole.text.trim_start(),
            knowledge,
            whole,
            records: OnceCell::new(),
            sections: sections::Kept::default(),
            computers: maps::Kept::default(),
            notes: RefCell::default(),
        }
    }

    /// The [JSON](json::of_text) that the text is; `None` for any other text.
    pub fn json(&self) -> Option<&'a Value> {
        self.whole.json.get_or_init(|| json::of_text(self.text)).as_ref()
    }

    /// The records of the text or of its JSON.
    fn records(&self) -> &Records {
        self.records.get_or_init(|| match self.json() {
            Some(json) => maps::all_records(json, self.knowledge),
            None => Records::of_text(self.text),
        })
    }

    /// Adds a note for the reader of the answer.
    fn note(&self, note: impl Into<Advice>) {
        self.notes.borrow_mut().push(note.into());
    }

    fn is(&self, syntax: Syntax) -> bool {
        match syntax {
            Syntax::Any | Syntax::Answers => true,
            Syntax::Text => self.json().is_none(),
        }
    }
}

/// All formats; the first that recognises a text reads it. That of several answers is the first of all.
const FORMATS: [Format; 18] = [
    ansible::FORMAT,
    sections::FORMAT,
    reg_export::FORMAT,
    reg_query::FORMAT,
    nodes::FORMAT,
    node_pools::FORMAT,
    docker::FORMAT,
    labelled::FORMAT,
    registry_properties::FORMAT,
    inventory::FORMAT,
    computer_info::FORMAT,
    operating_system::FORMAT,
    os_version::FORMAT,
    systeminfo::FORMAT,
    sections::WORDS,
    maps::FORMAT,
    json_text::FORMAT,
    version_text::FORMAT,
];

/// The formats at the end of [`FORMATS`] that read JSON whose fields are not known, and what is not JSON.
const OF_ANY_FIELDS: usize = 3;

/// The largest file that is read. `reg export` writes subkeys too: tens of MiB for the key that matters, its values first.
const LARGEST: u64 = 64 << 20;

/// The advice about a file in which no host is found.
pub(super) const HINT: &str = r#"write one on that host: reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion" > host.txt, or: systeminfo > host.txt"#;

/// The advice about a table of computers whose columns are not known here.
pub(super) const COLUMNS: &str = "write one host on each line, e.g. web01 10.0.20348.2402; of a table in CSV, the columns Name, \
                                  OperatingSystem and OperatingSystemVersion are read, e.g. web01, Windows Server 2022, 10.0.20348";

/// Reads a file, at most 64 MiB of it.
///
/// # Errors
///
/// A file that cannot be read or is larger.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |error: std::io::Error| {
        let failed = Error::new(format!("cannot read the host file {}", quoted(&path.to_string_lossy()))).hint(HINT);
        let failed = if error.kind() == ErrorKind::NotFound { failed.of_missing(path) } else { failed };
        failed.because(error)
    };
    read_regular(path, LARGEST).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => {
            Error::new(format!("the host file {} is larger than 64 MiB", quoted(&path.to_string_lossy()))).hint(HINT)
        }
        ErrorKind::InvalidInput if path.exists() && !path.is_dir() => failed(error)
            .hint(advice!["write it to a file first, or give it on standard input with ", Setting::Hosts("-".to_owned())]),
        _ => failed(error),
    })
}

/// The hosts of a text.
#[derive(Debug)]
pub(super) struct Read {
    /// Their facts, at least one.
    pub hosts: Vec<HostFacts>,
    /// What the reader of an answer should know beside them.
    pub notes: Vec<Advice>,
}

/// The hosts in the bytes of a file.
///
/// # Errors
///
/// No format that recognises them, and what is wrong within the one that does.
pub(super) fn hosts(bytes: &[u8], knowledge: &Knowledge) -> Result<Read, Error> {
    let read = in_text(&decode(bytes), knowledge)?;
    let hosts = &read.hosts;
    let mut versions: Vec<_> = hosts.iter().map(|host| host.os_version).collect();
    let known = versions.len();
    let hidden = hidden_text(bytes).map(|hidden| version_text::versions(&hidden)).unwrap_or_default();
    versions.extend(hidden.into_iter().filter(|other| !hosts.iter().any(|host| host.os_version.triple() == other.triple())));
    if versions.len() > known { Err(version_text::several_versions(&versions)) } else { Ok(read) }
}

/// The hosts in a text.
///
/// # Errors
///
/// No format that recognises it, and what is wrong within the one that does.
pub(super) fn in_text(text: &str, knowledge: &Knowledge) -> Result<Read, Error> {
    by_formats(|_| true, text, knowledge)
}

/// The hosts in the answer of one machine. It holds no answers of others: a text could be answers within answers alone, without an end.
fn in_answer(text: &str, knowledge: &Knowledge) -> Result<Read, Error> {
    by_formats(|format| format.syntax != Syntax::Answers, text, knowledge)
}

/// The hosts in the answer of one machine, by the formats that know its fields; `None` where none of them does.
fn in_fields(text: &str, knowledge: &Knowledge) -> Option<Result<Read, Error>> {
    let whole = Text::of(text);
    let document = Document::new(&whole, knowledge);
    let known = FORMATS.iter().take(FORMATS.len() - OF_ANY_FIELDS).filter(|format| format.syntax != Syntax::Answers);
    let format = first(known, &document)?;
    Some((format.hosts)(&document).map(|hosts| Read { hosts, notes: document.notes.take() }))
}

/// True for a text of a format whose hosts all have names of their own in it.
fn has_names(document: &Document<'_>) -> bool {
    const OF_NAMES: [Format; 6] =
        [nodes::FORMAT, node_pools::FORMAT, docker::FORMAT, inventory::FORMAT, operating_system::FORMAT, systeminfo::FORMAT];
    // The notes are those of the one that reads it.
    let document = Document::new(document.whole, document.knowledge);
    let read = first(OF_NAMES.iter(), &document).map(|format| (format.hosts)(&document));
    read.is_some_and(|read| read.is_ok_and(|hosts| hosts.iter().all(|host| host.label.is_some())))
}

/// The first of these formats that recognises a document.
fn first<'f>(mut formats: impl Iterator<Item = &'f Format>, document: &Document<'_>) -> Option<&'f Format> {
    formats.find(|format| document.is(format.syntax) && (format.recognises)(document))
}

/// The hosts in a text, read by the first of the formats `of` that recognises it.
fn by_formats(of: impl Fn(&Format) -> bool, text: &str, knowledge: &Knowledge) -> Result<Read, Error> {
    let whole = Text::of(text);
    let document = Document::new(&whole, knowledge);
    if document.json().is_some_and(is_of_image) {
        return Err(Error::new("a host cannot be read from JSON").because("it describes an image, not a host").hint(HINT));
    }
    let Some(format) = first(FORMATS.iter().filter(|format| of(format)), &document) else {
        let error = Error::new("a host cannot be read from JSON");
        return Err(match document.json().and_then(of_other_things) {
            Some(reason) => error.because(reason).hint(other_thing::HINT),
            None => error.because("none of its fields is known here").hint(HINT),
        });
    };
    let hosts = (format.hosts)(&document).map_err(|error| match whole.left_out {
        Some(label) if version_text::versions(document.text).is_empty() => other_thing::below(label),
        _ => error,
    })?;
    // A node of Kubernetes lists its images.
    if let Some(label) = whole.left_out.filter(|_| hosts.iter().any(|host| host.source != Source::Node)) {
        document.note(other_thing::note(label));
    }
    Ok(Read { hosts, notes: document.notes.take() })
}

/// The reason why JSON is not about hosts, where it has versions of [other things](other_thing).
fn of_other_things(json: &Value) -> Option<String> {
    named_thing(json).map(|error| error.what).or_else(|| left_out("", json).map(other_thing::reason))
}

/// The error of the first field of JSON that has the name of a file or an update.
fn named_thing(json: &Value) -> Option<Error> {
    match json {
        Value::Array(values) => values.iter().find_map(named_thing),
        Value::Object(fields) => {
            fields.iter().find_map(|(label, value)| other_thing::error(label).or_else(|| named_thing(value)))
        }
        _ => None,
    }
}

/// The label of the first [other things](is_of_others) with versions in a value. `holder` is the label of an object.
fn left_out<'j>(holder: &str, value: &'j Value) -> Option<&'j str> {
    match value {
        Value::Array(values) => values.iter().find_map(|value| left_out("", value)),
        Value::Object(fields) => fields.iter().find_map(|(label, field)| {
            let is_left_out = is_of_others(value, holder, label, field);
            if is_left_out { has_version(field).then_some(label.as_str()) } else { left_out(label, field) }
        }),
        _ => None,
    }
}

/// True for a field of an object that holds [other things](other_thing), by its label. A computer may be called so, as where `holder` is
/// the label of an object of computers, and so may a group of computers.
fn is_of_others(object: &Value, holder: &str, label: &str, value: &Value) -> bool {
    let is_group = || other_thing::IN_GROUPS.iter().any(|inner| value.get(*inner).is_some());
    // Beside the version of a computer stands what runs on it.
    let has_some = || other_thing::may_be_group(label) && !has_own_version(object) && has_computers(value, MOST_GROUPS);
    let is_of_hosts = || maps::HOLDERS.contains(&holder) || is_group() || is_of_one(value) || has_some();
    (value.is_object() || value.is_array()) && other_thing::is_label(label) && !is_of_hosts()
}

/// True for an object with fields that tell of one computer.
fn is_of_one(value: &Value) -> bool {
    let is_told = |(label, value): (&String, &Value)| value.is_string() && other_thing::is_of_computer(label);
    value.as_object().is_some_and(|fields| fields.iter().any(is_told))
}

/// True for an object with the version of one computer in a field.
fn has_own_version(object: &Value) -> bool {
    let is_version = |value: &Value| value.as_str().is_some_and(|words| !version_text::versions(words).is_empty());
    let is_told = |(label, value): (&String, &Value)| other_thing::is_of_computer(label) && is_version(value);
    object.as_object().is_some_and(|fields| fields.iter().any(is_told))
}

/// The most values within each other in which a group of computers may be.
const MOST_GROUPS: usize = 8;

/// True for a value in which a computer has a version, by the digits in its name. So many values within each other are looked at.
fn has_computers(value: &Value, depth: usize) -> bool {
    let Some(deeper) = depth.checked_sub(1) else { return false };
    match value {
        Value::Array(values) => values.iter().any(|value| {
            let line = value.as_str().and_then(|line| line.split_once(' '));
            let is_line = line.is_some_and(|(name, _)| other_thing::is_computer(name));
            let records = Records::of_json(value).all;
            let is_named = |record: &Record| inventory::name(record).is_some_and(other_thing::is_computer);
            ((is_line || records.iter().any(is_named)) && has_version(value)) || has_computers(value, deeper)
        }),
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            let is_nested = value.is_object() || value.is_array();
            let is_computer = || other_thing::is_computer(name) && (is_nested || value.is_string());
            (is_computer() && has_version(value)) || has_computers(value, deeper)
        }),
        _ => false,
    }
}

/// True for a value with the version of a Windows.
fn has_version(value: &Value) -> bool {
    !version_text::versions(&value.to_string()).is_empty()
}

/// True for JSON about an image: its config, manifest or index, and what `docker image inspect` prints. Its version is not a host's.
fn is_of_image(json: &Value) -> bool {
    const FIELDS: [&str; 6] = ["os.version", "rootfs", "RootFS", "RepoTags", "manifests", "layers"];
    let describes_one = |value: &Value| FIELDS.iter().any(|field| value.get(field).is_some());
    describes_one(json) || json.as_array().is_some_and(|all| all.iter().any(describes_one))
}

/// True for a text that a format knows by its content, and not only by one version in it.
pub(super) fn is_document(text: &str, knowledge: &Knowledge) -> bool {
    let whole = Text::of(text);
    let document = Document::new(&whole, knowledge);
    // The last recognises everything.
    let known = FORMATS.iter().take(FORMATS.len() - 1);
    document.json().is_some() || first(known, &document).is_some()
}

/// The part of a file that is in another encoding than the rest, as where a command's output was added to a file that another shell
/// had begun: text of eight bits in a file of UTF-16, or of sixteen in one of eight. `None` where there cannot be any.
fn hidden_text(bytes: &[u8]) -> Option<String> {
    let eight_bits = |bytes: &mut dyn Iterator<Item = &u8>| bytes.map(|&byte| char::from(byte)).collect();
    match units(bytes) {
        // Each unit has a NUL beside its digit, which separates it from the next: only the foreign part has versions.
        Some(_) => Some(eight_bits(&mut bytes.iter())),
        None => bytes.contains(&0).then(|| eight_bits(&mut bytes.iter().filter(|byte| **byte != 0))),
    }
}

/// The text of a file: UTF-16 with a byte order mark (or plainly so), else UTF-8. What is neither is in an old code page, which it
/// does not name: each byte is the character of its number, so that the digits are themselves and other letters can be compared.
pub(super) fn decode(bytes: &[u8]) -> String {
    without_colours(with_colours(bytes))
}

/// The text of a file as it is.
fn with_colours(bytes: &[u8]) -> String {
    let Some((unit, rest)) = units(bytes) else {
        let (_, rest) = encoding(bytes);
        return std::str::from_utf8(rest).map_or_else(|_| rest.iter().map(|&byte| char::from(byte)).collect(), str::to_owned);
    };
    let whole = rest.len() - rest.len() % 2;
    utf16(rest.get(..whole).unwrap_or_default(), unit).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A text without the orders by which terminals show colours, e.g. `ESC [ 32 ; 1 m`. PowerShell puts one before and behind each label
/// of a list, and logs of pipelines keep them.
fn without_colours(text: String) -> String {
    const INTRODUCER: &str = "\u{1b}[";
    if !text.contains(INTRODUCER) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    for (at, piece) in text.split(INTRODUCER).enumerate() {
        let is_parameter = |c: char| c.is_ascii_digit() || matches!(c, ';' | ':' | '?');
        let rest = if at == 0 { piece } else { piece.trim_start_matches(is_parameter) };
        let ends = |c: char| at > 0 && matches!(c, '@'..='~');
        plain.push_str(rest.strip_prefix(ends).unwrap_or(rest));
    }
    plain
}

/// The order of the two bytes of a unit.
type Unit = fn([u8; 2]) -> u16;

/// The order of the two bytes of a unit and the bytes behind the mark, if a file is in UTF-16.
fn units(bytes: &[u8]) -> Option<(Unit, &[u8])> {
    match encoding(bytes) {
        (Encoding::Utf16(unit), rest) => Some((unit, rest)),
        (Encoding::Utf8, [first, 0, ..]) if *first != 0 => Some((u16::from_le_bytes, bytes)),
        (Encoding::Utf8, [0, second, ..]) if *second != 0 => Some((u16::from_be_bytes, bytes)),
        (Encoding::Utf8, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Attributes, read};

    /// The labels and versions of the hosts in a text, or what is wrong with it.
    pub(super) fn hosts_in(text: &str) -> String {
        match read(text.as_bytes(), None, &Attributes::default(), Knowledge::built_in()) {
            Ok(hosts) => hosts.iter().map(|host| format!("{} {}", host.label, host.os_version)).collect::<Vec<_>>().join(", "),
            Err(error) => error.what,
        }
    }

    #[test]
    fn json_is_what_is_well_formed_and_not_what_begins_with_a_bracket() {
        let error = hosts(br#"[{"osImage": "10.0.20348.1"}]"#, Knowledge::built_in()).unwrap_err();
        assert_eq!(error.what, "a host cannot be read from JSON");
        let read = hosts(b"[12:00] Microsoft Windows [Version 10.0.20348.2402]", Knowledge::built_in()).unwrap().hosts;
        assert_eq!(read[0].os_version.to_string(), "10.0.20348.2402");
    }

    #[test]
    fn the_version_of_an_image_is_not_that_of_a_host() {
        for json in [
            r#"[{"Id":"sha256:aa","RepoTags":["x:1"],"Os":"windows","OsVersion":"10.0.17763.1","Architecture":"amd64"}]"#,
            r#"{"Id":"sha256:aa","Os":"windows","OsVersion":"10.0.17763.1","RootFS":{"Type":"layers"}}"#,
            r#"{"os":"windows","os.version":"10.0.17763.1","architecture":"amd64"}"#,
            r#"{"schemaVersion":2,"manifests":[{"platform":{"os":"windows","os.version":"10.0.17763.1"}}]}"#,
        ] {
            let error = hosts(json.as_bytes(), Knowledge::built_in()).unwrap_err();
            assert_eq!(error.causes, ["it describes an image, not a host"], "{json}");
        }
    }

    #[test]
    fn groups_of_computers_are_not_looked_for_at_any_depth() {
        let within = |depth: usize| {
            let computers = r#"{"web01": "10.0.20348.2402", "web02": "10.0.17763.5820"}"#.to_owned();
            (0..depth).fold(computers, |inner, _| format!(r#"{{"images": {inner}}}"#))
        };
        for depth in [1, 5] {
            assert_eq!(hosts_in(&within(depth)), "web01 10.0.20348.2402, web02 10.0.17763.5820", "{depth}");
        }
        let error = hosts(within(100).as_bytes(), Knowledge::built_in()).unwrap_err();
        assert_eq!(error.causes, ["the versions below `images` are not those of hosts"]);
    }

    #[test]
    fn some_format_recognises_every_text() {
        for text in ["", "no version", "{ not JSON", "Windows Registry Editor Version 5.00"] {
            let whole = Text::of(text);
            let document = Document::new(&whole, Knowledge::built_in());
            assert!(FORMATS.iter().any(|format| document.is(format.syntax) && (format.recognises)(&document)), "{text}");
        }
    }
}
