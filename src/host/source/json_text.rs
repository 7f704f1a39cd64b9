//! JSON whose fields are not known here, and that names one Windows and its version, as facts of Ansible, `az vm get-instance-view`
//! and inventories of other services do. It is read as a text with that version would be.

use serde_json::Value;

use super::records::{self, Record};
use super::{Document, Format, Syntax, inventory};
use crate::Error;
use crate::host::facts::HostFacts;
use crate::host::{other_host, version_text};
use crate::text::quoted;

/// JSON with the name of a Windows and versions of one.
pub(super) const FORMAT: Format = Format { syntax: Syntax::Any, recognises: |document| text(document).is_some(), hosts };

/// Fields that images have, whose version is not that of a host.
const OF_IMAGES: [&str; 3] = ["os.version", "rootfs", "RepoTags"];

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    if let Some(machines) = machines(document) {
        let read = |(name, text): (String, String)| Ok(HostFacts { label: Some(name), ..version_text::facts(&text)? });
        return document.records().settled(machines.into_iter().map(read).collect::<Result<_, Error>>()?);
    }
    if let Some(name) = document.json().and_then(|json| unread(json, "")) {
        return Err(Error::new("this JSON is about several computers, and names one Windows version")
            .because(format!("it is not known which Windows {} runs", quoted(name)))
            .hint(version_text::a_file_each()));
    }
    let facts = version_text::facts(&text(document).unwrap_or_default())?;
    // Of several machines, of which one does not tell its version, the others are not forgotten.
    let objects = document.json().map(records::objects).filter(|objects| objects.len() > 1).unwrap_or_default();
    let other = objects.into_iter().find_map(|object| {
        let mut text = String::new();
        add(object, "", &mut text)?;
        other_host::beside(&text, facts.os_version, document.knowledge)
    });
    // A version of something else, as of an SDK, is not that of the Windows that a field beside it names.
    let of_fields = || {
        let text = text(document)?;
        text.lines().find_map(|line| other_host::product_beside(line, facts.os_version, document.knowledge))
    };
    other.or_else(of_fields).map_or_else(|| Ok(vec![facts]), Err)
}

/// The name of a computer without a version in an object with a field for each computer, of which another has one: `web02` of
/// `{"web01": {…}, "web02": {"unreachable": true}}`. `None` where there is no such object.
fn unread<'j>(json: &'j Value, label: &str) -> Option<&'j str> {
    match json {
        Value::Array(values) => values.iter().find_map(|value| unread(value, label)),
        Value::Object(fields) => {
            let is_mixed =
                |name: &String| name.contains(|c: char| c.is_ascii_digit()) && name.contains(|c: char| c.is_ascii_alphabetic());
            let are_computers = records::LISTS.contains(&label) || fields.keys().all(is_mixed);
            let has_version = |value: &Value| {
                let mut text = String::new();
                add(value, "", &mut text).is_some() && !version_text::versions(&text).is_empty()
            };
            if fields.len() > 1
                && are_computers
                && fields.values().all(Value::is_object)
                && fields.values().any(has_version)
                && let Some((name, _)) = fields.iter().find(|(_, value)| !has_version(value))
            {
                return Some(name.as_str());
            }
            fields.iter().find_map(|(label, value)| unread(value, label))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// The machines of a list of objects that each have a name and a Windows; `None` for anything else.
fn machines(document: &Document<'_>) -> Option<Vec<(String, String)>> {
    let objects = records::objects(document.json()?);
    let named = objects.iter().zip(&document.records().all);
    let machine = |(object, record): (&&Value, &Record)| Some((inventory::name(record)?.to_owned(), words(object)?));
    (objects.len() > 1).then(|| named.map(machine).collect()).flatten()
}

/// The words of the document.
fn text(document: &Document<'_>) -> Option<String> {
    words(document.json()?)
}

/// The words of a value, a line for each field; `None` where they do not name a Windows and its version, or are an image's.
/// Numbers are left out: they are parts of any version.
fn words(json: &Value) -> Option<String> {
    let mut text = String::new();
    add(json, "", &mut text)?;
    let lower = text.to_lowercase();
    let is_named = ["microsoft windows", "windows server", "windows 10", "windows 11"].iter().any(|name| lower.contains(name));
    (is_named && !version_text::versions(&text).is_empty()).then_some(text)
}

/// Adds the words of a value; `None` for an image.
fn add(value: &Value, label: &str, text: &mut String) -> Option<()> {
    match value {
        Value::String(words) => text.extend([label, ": ", words, " \n"]),
        Value::Array(values) => values.iter().try_for_each(|value| add(value, label, text))?,
        Value::Object(fields) => fields
            .iter()
            .try_for_each(|(label, value)| if OF_IMAGES.contains(&label.as_str()) { None } else { add(value, label, text) })?,
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::host::{Attributes, read};
    use crate::knowledge::Knowledge;

    /// The release and the version of the host in JSON, or what is wrong with it.
    fn host(json: &str) -> String {
        match read(json.as_bytes(), None, &Attributes::default(), Knowledge::built_in()) {
            Ok(hosts) => hosts.iter().map(|host| format!("{} {}", host.name, host.os_version)).collect::<Vec<_>>().join(", "),
            Err(error) => error.what,
        }
    }

    #[test]
    fn one_windows_and_its_version_are_a_host() {
        for (json, expected) in [
            (
                r#"{"ansible_facts":{"ansible_os_name":"Microsoft Windows Server 2019 Standard","ansible_kernel":"10.0.17763.0",
                "ansible_distribution_version":"10.0.17763.0","ansible_bios_version":"6.00","ansible_powershell_version":5},"changed":false}"#,
                "Windows Server 2019 10.0.17763",
            ),
            (
                r#"{"instanceView":{"osName":"Windows Server 2022 Datacenter","osVersion":"10.0.20348.2402","vmAgent":{"vmAgentVersion":"2.7.41491.1102"}}}"#,
                "Windows Server 2022 10.0.20348.2402",
            ),
            (
                r#"{"InstanceInformationList":[{"AgentVersion":"3.2.2222.0","PlatformType":"Windows",
                "PlatformName":"Microsoft Windows Server 2022 Datacenter","PlatformVersion":"10.0.20348"}]}"#,
                "Windows Server 2022 10.0.20348",
            ),
            (r#"{"name":"Windows 11 Pro","version":"10.0.22631.4460"}"#, "Windows 11, version 23H2 10.0.22631.4460"),
            (
                r#"[{"os":"Windows Server 2022","v":"10.0.20348"},{"os":"Windows Server 2019","v":"10.0.17763"}]"#,
                "this text holds more than one Windows version",
            ),
            (
                r#"[{"name":"a","os":"Windows Server 2019"},{"name":"b","os":"Windows Server 2022","v":"10.0.20348.2402"}]"#,
                "this text holds more than one Windows version",
            ),
            (
                r#"[{"label":"Name","is":"Microsoft Windows Server 2022 Standard"},{"label":"Version","is":"10.0.20348"}]"#,
                "Windows Server 2022 10.0.20348",
            ),
            (
                "a | SUCCESS => {\n\"ansible_facts\": {\"ansible_os_name\": \"Microsoft Windows Server 2019\", \"ansible_kernel\": \"10.0.17763.0\"}}\n\
                 b | SUCCESS => {\n\"ansible_facts\": {\"ansible_os_name\": \"Microsoft Windows Server 2019\", \"ansible_kernel\": \"10.0.17763.0\"}}\n",
                "Windows Server 2019 10.0.17763, Windows Server 2019 10.0.17763",
            ),
            // A version of something else, and computers that would be lost.
            (
                r#"{"name":"web01","os":"Windows Server 2022","sdk":"10.0.19041.0"}"#,
                "this text holds more than one Windows version",
            ),
            (
                r#"{"name":"web01","os":"Windows Server 2022","notes":"was Windows Server 2019 before; db01 10.0.17763.1"}"#,
                "this text holds more than one Windows version",
            ),
            (
                r#"{"hosts":[{"name":"web01","os":"Windows Server 2022","version":"10.0.20348.2402"},{"name":"web02","os":"Windows Server 2019"}]}"#,
                "Windows Server 2022 10.0.20348.2402, Windows Server 2019 10.0.17763",
            ),
            (
                r#"{"plays":[{"tasks":[{"hosts":{"web01":{"stdout":"Microsoft Windows [Version 10.0.20348.2402]"},"web02":{"unreachable":true}}}]}]}"#,
                "this JSON is about several computers, and names one Windows version",
            ),
            // Nothing says whose version it is.
            (r#"{"osImage":"10.0.20348.1"}"#, "a host cannot be read from JSON"),
            (r#"{"os":"Windows Server 2022","bios":"10.0.20348"}"#, "a host cannot be read from JSON"),
            // An image.
            (
                r#"{"os":"windows","os.version":"10.0.20348.2402","config":{"Labels":{"about":"Microsoft Windows Server Core"}}}"#,
                "a host cannot be read from JSON",
            ),
            // Windows PowerShell's version, whose build is a file's.
            (
                r#"{"PSVersion":{"Major":5,"Minor":1,"Build":19041},"BuildVersion":{"Major":10,"Minor":0,"Build":19041,"Revision":4412}}"#,
                "a host cannot be read from JSON",
            ),
        ] {
            assert_eq!(host(json), expected, "{json}");
        }
    }
}
