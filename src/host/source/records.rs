//! Records of labels and values, as shells print objects: lists, tables, CSV and JSON.

mod list;
mod table;

pub(super) use list::{field, plain};

use serde_json::Value;

use crate::host::facts::HostFacts;
use crate::host::version_text;
use crate::text::quoted;
use crate::{Error, OsVersion};

/// The most values of one text that are read: those of five thousand computers with a hundred columns.
const MOST_FIELDS: usize = 500_000;

/// The longest label, in bytes.
const LONGEST_LABEL: usize = 80;

/// One object: its labels and values, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    fields: Vec<(String, String)>,
}

impl Record {
    /// The labels and values, in their order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(label, value)| (label.as_str(), value.as_str()))
    }

    /// The value behind a label, in upper or lower case; `None` for an empty one.
    pub fn get(&self, label: &str) -> Option<&str> {
        self.fields().find(|(known, value)| known.eq_ignore_ascii_case(label) && !value.is_empty()).map(|(_, value)| value)
    }

    /// The value behind the first of these labels that has one.
    pub fn first(&self, labels: &[&str]) -> Option<&str> {
        labels.iter().find_map(|label| self.get(label))
    }

    /// True if there is this label, also with an empty value.
    pub fn has(&self, label: &str) -> bool {
        self.fields.iter().any(|(known, _)| known.eq_ignore_ascii_case(label))
    }

    /// The record as a text with a line for each label.
    pub fn text(&self) -> String {
        self.fields().flat_map(|(label, value)| [label, " : ", value, "\n"]).collect()
    }

    fn push(&mut self, label: &str, value: &str) {
        self.fields.push((label.to_owned(), value.trim().to_owned()));
    }
}

/// The records of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    /// The records, in their order.
    pub all: Vec<Record>,
    /// The lines that belong to no record, or to none whose labels are names of properties: they may tell of another host.
    pub rest: String,
    /// True if there are more values than are read.
    pub is_cut: bool,
    /// True for a text with a row for each record.
    pub is_table: bool,
    /// The label of what stands beside the lists of JSON, tells of computers too, and is not among the records.
    pub beside: Option<String>,
    /// The label of what stands beside the lists of JSON, has versions, and is not known to be about computers.
    pub left_out: Option<String>,
}

impl Records {
    /// The records of a text: a table with a rule below its head, CSV, a table of `wmic`, items of YAML, else a list.
    pub fn of_text(text: &str) -> Self {
        let table =
            table::tables(text).or_else(|| table::csv(text)).or_else(|| table::padded(text)).or_else(|| list::items(text));
        table.map_or_else(|| list::list(text), |table| Self { is_table: true, ..table })
    }

    /// The records of JSON, one for each of its [objects].
    pub fn of_json(json: &Value) -> Self {
        Self::of_objects(objects(json))
    }

    /// The records of these objects of JSON.
    pub fn of_objects(objects: Vec<&Value>) -> Self {
        let mut left = MOST_FIELDS;
        let all = objects.into_iter().map(|object| of_object(object, &mut left)).collect();
        Self { all, is_cut: left == 0, ..Self::default() }
    }

    /// The hosts of the records that `recognises` knows, which `facts` reads.
    ///
    /// # Errors
    ///
    /// A record that cannot be read, several hosts without a name each, and another version beside the records.
    pub fn hosts(
        &self,
        recognises: impl Fn(&Record) -> bool,
        facts: impl Fn(&Record) -> Result<HostFacts, Error>,
    ) -> Result<Vec<HostFacts>, Error> {
        self.settled(self.all.iter().filter(|record| recognises(record)).map(facts).collect::<Result<_, _>>()?)
    }

    /// These hosts of the records, equal ones once.
    ///
    /// # Errors
    ///
    /// More values than are read, computers in JSON that are not among the records, several hosts without a name each, and another version
    /// beside the records.
    pub fn settled(&self, read: Vec<HostFacts>) -> Result<Vec<HostFacts>, Error> {
        if self.is_cut {
            return Err(Error::new(format!("this text has more than {MOST_FIELDS} values, so its last hosts are not read"))
                .hint("leave out the columns that say nothing of the system, or split it into several files"));
        }
        if let Some(label) = &self.beside {
            return Err(Error::new("not all computers in this JSON can be read")
                .because(format!("{} tells of a Windows too, in another form than the list beside it", quoted(label)))
                .hint(format!("write all computers into lists of one form, or leave out {}", quoted(label))));
        }
        let mut hosts: Vec<HostFacts> = Vec::new();
        for host in read {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        if !are_named(&hosts) {
            return Err(same_name(&hosts)
                .unwrap_or_else(|| version_text::several_hosts(&hosts.iter().map(|host| host.os_version).collect::<Vec<_>>())));
        }
        let others = version_text::versions(&self.rest);
        match (hosts.as_mut_slice(), others.as_slice()) {
            // The same version with its revision is a gain.
            ([host], [other]) if other.triple() == host.os_version.triple() => {
                host.os_version = version_with_revision(host.os_version, *other);
            }
            (known, others)
                if others.iter().any(|other| !known.iter().any(|host| host.os_version.triple() == other.triple())) =>
            {
                let versions = known.iter().map(|host| host.os_version);
                return Err(version_text::several_versions(&versions.chain(others.iter().copied()).collect::<Vec<_>>()));
            }
            _ => {}
        }
        Ok(hosts)
    }
}

/// The fields that hold a list of computers.
pub(super) const LISTS: [&str; 9] =
    ["value", "data", "InstanceInformationList", "hosts", "results", "computers", "servers", "items", "nodes"];

/// The objects of JSON: one, those of a list, or of the lists within an object: Windows PowerShell's `{"value": […], "Count": 2}`, which
/// Graph has too, and `data` and `InstanceInformationList` of the command lines of Azure and AWS.
pub(super) fn objects(json: &Value) -> Vec<&Value> {
    match json {
        Value::Array(objects) => objects.iter().collect(),
        Value::Object(object) => {
            let fields = LISTS.iter().filter_map(|label| Some((*label, object.get(*label)?)));
            let lists = fields.filter(|(label, value)| is_list(label, value)).filter_map(|(_, value)| value.as_array());
            let objects: Vec<&Value> = lists.flatten().collect();
            if objects.is_empty() { vec![json] } else { objects }
        }
        _ => Vec::new(),
    }
}

/// True for a field of JSON that holds a list of objects, by its label.
pub(super) fn is_list(label: &str, value: &Value) -> bool {
    LISTS.contains(&label) && value.as_array().is_some_and(|list| list.iter().any(Value::is_object))
}

/// True for one host, and for several that all have names, each its own.
pub(super) fn are_named(hosts: &[HostFacts]) -> bool {
    let mut names = std::collections::HashSet::new();
    hosts.len() < 2 || hosts.iter().all(|host| host.label.as_ref().is_some_and(|name| names.insert(name.to_lowercase())))
}

/// The error of hosts that all have names, two of them the same one.
fn same_name(hosts: &[HostFacts]) -> Option<Error> {
    let names = hosts.iter().map(|host| host.label.as_deref()).collect::<Option<Vec<_>>>()?;
    let is_same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    let twice = names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|before| is_same(before, name)));
    let (_, name) = twice?;
    let versions: Vec<_> = hosts
        .iter()
        .filter(|host| host.label.as_deref().is_some_and(|label| is_same(label, name)))
        .map(|host| host.os_version)
        .collect();
    Some(version_text::hosts_of_one_name(name, &versions))
}

/// This version, with the revision of the other where it has none.
const fn version_with_revision(version: OsVersion, other: OsVersion) -> OsVersion {
    if version.revision.is_some() { version } else { other }
}

/// The record of a JSON object; what an object in it says has a label with a point: `Version.Major`.
fn of_object(json: &Value, left: &mut usize) -> Record {
    let mut record = Record::default();
    let mut add = |label: &str, value: &Value| {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null => String::new(),
            Value::Array(_) | Value::Object(_) => return,
        };
        if *left > 0 && label.len() <= LONGEST_LABEL {
            *left -= 1;
            record.push(label, &value);
        }
    };
    for (label, value) in json.as_object().into_iter().flatten() {
        add(label, value);
        for (inner, value) in value.as_object().into_iter().flatten() {
            add(&format!("{label}.{inner}"), value);
        }
    }
    record
}

/// True for a label as properties have them: one word.
fn is_property(label: &str) -> bool {
    label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// True for a text that can be a label, in any language and code page.
fn is_label(text: &str) -> bool {
    let begins_well = text.starts_with(|c: char| !c.is_ascii() || c.is_ascii_alphabetic());
    (2..=LONGEST_LABEL).contains(&text.len()) && begins_well && !text.contains('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<Vec<(String, String)>> {
        Records::of_text(text).all.into_iter().map(|record| record.fields).collect()
    }

    fn owned(records: &[&[(&str, &str)]]) -> Vec<Vec<(String, String)>> {
        let pair = |(label, value): &(&str, &str)| ((*label).to_owned(), (*value).to_owned());
        records.iter().map(|record| record.iter().map(pair).collect()).collect()
    }

    #[test]
    fn lists_tables_and_csv_are_records() {
        for (case, text, expected) in [
            ("a list", "A1 : x\r\nB1 :\r\n\r\nC1 : y: z\r\n", &[&[("A1", "x"), ("B1", ""), ("C1", "y: z")][..]][..]),
            ("two lists", "\r\nA1 : x\r\nB1 : y\r\n\r\nA1 : z\r\n", &[&[("A1", "x"), ("B1", "y")], &[("A1", "z")]]),
            ("a wrapped value", "A1   : {x,\r\n       y}\r\nB1   : z", &[&[("A1", "{x, y}"), ("B1", "z")]]),
            ("an indented list", "    A1=x\r\n    B1=y", &[&[("A1", "x"), ("B1", "y")]]),
            (
                "a table",
                "PS C:\\> x\r\n\r\nMajor  Name\r\n-----  ----\r\n10     a b\r\n    6  c\r\n\r\n",
                &[&[("Major", "10"), ("Name", "a b")], &[("Major", "6"), ("Name", "c")]],
            ),
            (
                "a wide table",
                "Host Name OS Name\r\n========= ==========\r\nWEB01     Windows 11\r\n",
                &[&[("Host Name", "WEB01"), ("OS Name", "Windows 11")]],
            ),
            (
                "CSV",
                "#TYPE System\r\n\"A1\",\"B1\"\r\n\"x, \"\"y\"\"\",\"z\"\r\n\"a\",\"\"\r\n",
                &[&[("A1", "x, \"y\""), ("B1", "z")], &[("A1", "a"), ("B1", "")]],
            ),
            ("CSV with semicolons", "A1;B1\nx;y\n", &[&[("A1", "x"), ("B1", "y")]]),
            (
                "a table of wmic",
                "C:\\>wmic os get BuildNumber,Caption,CSName\r\nBuildNumber  Caption     CSName  \r\r\n20348        a b c d e   WEB01   \r\r\n\r\r\n",
                &[&[("BuildNumber", "20348"), ("Caption", "a b c d e"), ("CSName", "WEB01")]],
            ),
            (
                "items of YAML",
                "---\nhosts:\n  - name: \"a\"\n    os:  x y  # old\n\n  - name: 'b'\n    os: z\n      w\n",
                &[&[("name", "a"), ("os", "x y")], &[("name", "b"), ("os", "z w")]],
            ),
            (
                "lists of YAML below keys, beside keys and a list of other things",
                "version: 1\nhosts:\n  - name: a\n    os: x\nupdated: today\ngroups:\n- web\n- db\ntest:\n- name: b\n  os: y\n",
                &[&[("name", "a"), ("os", "x")], &[("name", "b"), ("os", "y")]],
            ),
            ("CSV of wmic", "\r\r\nNode,BuildNumber\r\r\nWEB01,20348\r\r\n", &[&[("Node", "WEB01"), ("BuildNumber", "20348")]]),
        ] {
            assert_eq!(pairs(text), owned(expected), "{case}");
        }
    }

    #[test]
    fn what_is_not_a_property_is_left_for_others() {
        let records = Records::of_text("PS C:\\> ver\nBuildNumber : 20348\nOS Version: 10.0.17763\n");
        assert_eq!(records.rest, "PS C:\\> ver\nOS Version: 10.0.17763\n");
    }

    #[test]
    fn what_stands_beside_the_lists_of_yaml_is_left_for_others() {
        let records = Records::of_text("version: 1\nhosts:\n  - name: a\n    os: x\ngroups:\n- web\n");
        assert_eq!((records.rest.as_str(), records.is_table), ("version: 1\nhosts:\ngroups:\n- web\n", true));
        // Words that are not keys, and an item that is not like the others.
        for text in [
            "They run:\n- name: a\n  os: x\nas of today.\n",
            "- name: a\n  os: x\n- ltsc2019\n",
            "- ltsc2019\n- name: a\n  os: x\n",
        ] {
            assert!(!Records::of_text(text).is_table, "{text}");
        }
    }

    #[test]
    fn json_is_flattened_once() {
        let json = serde_json::json!([{"A": 1, "Version": {"Major": 10, "Deep": {"x": 1}}, "N": null}, 7]);
        let records = Records::of_json(&json).all;
        assert_eq!(records[0].get("version.major"), Some("10"));
        assert_eq!((records[0].get("N"), records[0].has("n")), (None, true));
        assert_eq!(records[1], Record::default());
    }
}
