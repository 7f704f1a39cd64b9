//! JSON with a field for each computer: `{"web01": {"version": "10.0.20348.2402"}, "web02": {…}}`, as inventories and the results of tasks
//! of Ansible have it.

use serde_json::Value;

use super::records::{LISTS, Records};
use super::{Document, Format, Read, Syntax, answers, in_answer, in_fields, inventory, json_text, sections};
use crate::Error;
use crate::host::facts::HostFacts;
use crate::host::list::{self, is_mixed};
use crate::host::{other_host, spec, version_text};
use crate::knowledge::Knowledge;
use crate::text::quoted;

/// An object, at any place of the document, of which each field is a computer.
pub(super) const FORMAT: Format = Format { syntax: Syntax::Any, recognises, hosts };

/// The labels of objects that hold computers, whatever they are called.
const HOLDERS: [&str; 6] = ["hosts", "hostvars", "computers", "servers", "nodes", "machines"];

/// A field of an object: its name and its value.
type Field<'j> = (&'j str, &'j Value);

fn recognises(document: &Document<'_>) -> bool {
    document.json().is_some_and(|json| !matches!(computers("", json, document.knowledge), Ok(found) if found.is_empty()))
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    let Some(json) = document.json() else { return Ok(Vec::new()) };
    let found = computers("", json, document.knowledge).map_err(|name| version_text::without_a_windows("JSON", name))?;
    let read = |name: &str, value: &Value| {
        of_computer(name, value, document.knowledge)
            .map_err(|error| error.within(format!("the Windows of {} is not known", quoted(name))))
    };
    answers::hosts(document, found.into_iter().map(|(name, value)| (name, read(name, value))).collect())
}

/// The computers in a value with this label, else the name of what has a Windows and stands beside some. What is deepest counts:
/// `{"prod": {"web01": {…}, "web02": {…}}, "test": {…}}`.
fn computers<'j>(label: &'j str, value: &'j Value, knowledge: &Knowledge) -> Result<Vec<Field<'j>>, &'j str> {
    let (parts, fields): (Vec<Field<'j>>, Vec<Field<'j>>) = match value {
        // `[{"web01": {…}}, {"web02": {…}}]` has the fields of one object.
        Value::Array(values) => {
            let alone = values.iter().map(|value| value.as_object().filter(|fields| fields.len() == 1)?.iter().next());
            let alone = alone.map(|field| field.map(|(name, value)| (name.as_str(), value))).collect::<Option<Vec<Field<'_>>>>();
            (values.iter().map(|value| (label, value)).collect(), alone.unwrap_or_default())
        }
        Value::Object(fields) => {
            let fields: Vec<Field<'_>> = fields.iter().map(|(name, value)| (name.as_str(), value)).collect();
            (fields.clone(), fields)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Ok(Vec::new()),
    };
    let (mut found, mut beside) = (Vec::new(), None);
    for (name, part) in parts {
        // The label of a list is not that of an object in it.
        let inner = computers(if value.is_array() { "" } else { name }, part, knowledge)?;
        if inner.is_empty() && beside.is_none() && has_version(part) {
            beside = Some(name);
        }
        found.extend(inner);
    }
    match beside {
        Some(name) if !found.is_empty() => Err(name),
        _ if found.is_empty() && are_computers(label, &fields, knowledge) => Ok(fields),
        _ => Ok(found),
    }
}

/// True for the fields of an object that are computers: by its label, by their names, or since all of them have a Windows.
fn are_computers(label: &str, fields: &[Field<'_>], knowledge: &Knowledge) -> bool {
    let are_objects = fields.iter().all(|(_, value)| value.is_object());
    let are_texts = fields.iter().all(|(_, value)| value.is_string());
    let is_held = HOLDERS.contains(&label);
    if !(are_objects || are_texts) || (fields.len() < 2 && !is_held) {
        return false;
    }
    let is_name = |name: &str| spec::is_name(name) && !list::is_label(name) && !sections::is_part(name);
    let are_names = fields.iter().all(|(name, _)| is_name(name));
    // `instanceView` is a part of one computer.
    let is_one_word = |name: &str| {
        let mut pairs = name.chars().zip(name.chars().skip(1));
        !pairs.any(|(one, next)| one.is_lowercase() && next.is_uppercase())
    };
    let are_mixed = || fields.iter().all(|(name, _)| is_mixed(name));
    let is_any_told = || fields.iter().any(|(_, value)| names_windows(value, knowledge));
    let is_each_told = || fields.iter().all(|(name, value)| has_version(value) && is_one_word(name));
    let is_list = (is_held && are_objects) || (are_names && (is_held || are_mixed() || (are_objects && LISTS.contains(&label))));
    (is_list && is_any_told()) || (are_names && fields.len() > 1 && is_each_told())
}

/// True for a value with the version of a Windows in its words, which is not that of an image.
fn has_version(value: &Value) -> bool {
    let words = json_text::all_words(value).unwrap_or_default();
    words.lines().any(|line| !version_text::versions(line).is_empty() && !other_host::is_about_others(line))
}

/// True for a value that tells the Windows of a computer.
fn names_windows(value: &Value, knowledge: &Knowledge) -> bool {
    let is_release = || value.as_str().is_some_and(|text| spec::is_host(text, knowledge) && !other_host::is_year(text));
    has_version(value) || is_release() || of_columns(value, knowledge).is_some()
}

/// What the fields of an object tell that have a column in an inventory.
fn of_columns(value: &Value, knowledge: &Knowledge) -> Option<Result<HostFacts, Error>> {
    let records = Records::of_json(value).all;
    match records.as_slice() {
        [record] => inventory::computer(record, knowledge),
        _ => None,
    }
}

/// The hosts in the value of one computer: what a tool printed, or fields.
fn of_computer(name: &str, value: &Value, knowledge: &Knowledge) -> Result<Read, Error> {
    if !names_windows(value, knowledge) {
        return Err(version_text::without_a_windows("JSON", name));
    }
    if let Value::String(text) = value {
        return in_answer(text, knowledge);
    }
    if let Some(read) = in_fields(value, knowledge) {
        return read;
    }
    let facts = match of_columns(value, knowledge) {
        Some(facts) => facts?,
        None => json_text::one(&json_text::all_words(value).unwrap_or_default(), knowledge)?,
    };
    Ok(Read { hosts: vec![facts], notes: Vec::new() })
}

#[cfg(test)]
mod tests {
    use crate::host::source::tests::hosts_in;

    #[test]
    fn each_field_is_a_host_of_its_name() {
        for (json, expected) in [
            (
                r#"{"web01": {"version": "10.0.20348.2402"}, "web02": {"version": "10.0.20348.2402"}}"#,
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            (
                r#"{"database": {"os": "Windows Server 2022", "version": "10.0.20348.2402"},
                "fileserver": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}}"#,
                "database 10.0.20348.2402, fileserver 10.0.20348.2402",
            ),
            (
                r#"{"web01": "Windows Server 2022 10.0.20348.2402", "web02": "Windows Server 2022 10.0.20348.2402"}"#,
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            (r#"{"web01": "ltsc2022", "web02": "ltsc2019"}"#, "web01 10.0.20348, web02 10.0.17763"),
            (
                r#"[{"web01": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}},
                {"web02": {"os": "Windows Server 2022", "version": "10.0.20348.2402"}}]"#,
                "web01 10.0.20348.2402, web02 10.0.20348.2402",
            ),
            (
                r#"{"_meta": {"hostvars": {"database": {"os_name": "Windows Server 2019"}, "web": {"os_version": "10.0.20348.2402"}}},
                "all": {"children": ["windows"]}}"#,
                "database 10.0.17763, web 10.0.20348.2402",
            ),
            (
                r#"{"prod": {"web01": {"osVersion": "10.0.20348.1"}, "web02": {"osVersion": "10.0.20348.1"}},
                "test": {"db01": {"osVersion": "10.0.17763.1"}, "db02": {"osVersion": "10.0.17763.1"}}}"#,
                "web01 10.0.20348.1, web02 10.0.20348.1, db01 10.0.17763.1, db02 10.0.17763.1",
            ),
            (
                r#"{"plays":[{"tasks":[{"hosts":{"a":{"stdout":"Microsoft Windows [Version 10.0.20348.2402]"},
                "b":{"stdout":"Microsoft Windows [Version 10.0.20348.2402]"}}}]}]}"#,
                "a 10.0.20348.2402, b 10.0.20348.2402",
            ),
            (
                r#"{"web01": {"CurrentBuild": "20348", "UBR": 2402}, "web02": {"OsVersion": "10.0.17763", "WindowsUBR": 1}}"#,
                "web01 10.0.20348.2402, web02 10.0.17763.1",
            ),
        ] {
            assert_eq!(hosts_in(json), expected, "{json}");
        }
    }

    #[test]
    fn no_computer_is_lost_and_none_is_made_of_a_part() {
        const NOT_OF_EACH: &str = "this JSON is about several computers, and does not name the Windows of each";
        for (json, expected) in [
            (
                r#"{"web01": {"version": "10.0.20348.2402"}, "web02": {"unreachable": true}}"#,
                "the Windows of `web02` is not known",
            ),
            (
                r#"{"web01": {"os_name": "Windows Server 2019", "version": "ltsc2022"}, "web02": {"version": "ltsc2022"}}"#,
                "the Windows of `web01` is not known",
            ),
            (
                r#"{"prod": {"web01": {"osVersion": "10.0.20348.1"}, "web02": {"osVersion": "10.0.20348.1"}},
                "test": {"db01": {"osVersion": "10.0.20348.1"}}}"#,
                NOT_OF_EACH,
            ),
            // One computer.
            (
                r#"{"os": {"name": "Windows Server 2022", "version": "10.0.20348"}, "kernel": {"version": "10.0.20348.2402"}}"#,
                "Windows Server 2022 10.0.20348.2402",
            ),
            (
                r#"{"properties": {"osName": "Windows Server 2022", "osVersion": "10.0.20348.1"}, "instanceView": {"osVersion": "10.0.20348.1"}}"#,
                "Windows Server 2022 10.0.20348.1",
            ),
        ] {
            assert_eq!(hosts_in(json), expected, "{json}");
        }
    }
}
