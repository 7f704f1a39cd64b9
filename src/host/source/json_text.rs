//! JSON whose fields are not known here, and that names one Windows and its version, as facts of Ansible, `az vm get-instance-view`
//! and inventories of other services do. It is read as a text with that version would be.

use serde_json::Value;

use super::records::{self, Record};
use super::{Document, Format, Syntax, inventory, is_of_others, left_out};
use crate::Error;
use crate::host::facts::HostFacts;
use crate::host::{other_host, other_thing, version_text};
use crate::knowledge::Knowledge;
use crate::text::quoted;

/// JSON with the name of a Windows and versions of one.
pub(super) const FORMAT: Format = Format { syntax: Syntax::Any, recognises: |document| text(document).is_some(), hosts };

/// Fields that images have, whose version is not that of a host.
const OF_IMAGES: [&str; 3] = ["os.version", "rootfs", "RepoTags"];

/// True for a field that images have.
pub(super) fn is_of_image(label: &str) -> bool {
    OF_IMAGES.contains(&label)
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    if let Some(label) = document.json().and_then(|json| left_out("", json)) {
        document.note(other_thing::note(label));
    }
    if let Some(machines) = machines(document) {
        let read = |(name, text): (String, String)| {
            let facts = one(&text, document.knowledge)
                .map_err(|error| error.within(format!("the Windows of the computer {} is not known", quoted(&name))))?;
            Ok(HostFacts { label: Some(name), ..facts })
        };
        return document.records().settled(machines.into_iter().map(read).collect::<Result<_, Error>>()?);
    }
    let words = text(document).unwrap_or_default();
    let facts = version_text::facts(&words)?;
    // Of several machines, of which one does not tell its version, the others are not forgotten.
    let objects = document.json().map(records::objects).filter(|objects| objects.len() > 1).unwrap_or_default();
    let beside = |object: &Value| other_host::beside(&all_words(object)?, facts.os_version, document.knowledge);
    let other = objects.into_iter().find_map(beside);
    other.map_or_else(|| Ok(vec![one(&words, document.knowledge)?]), Err)
}

/// The facts in the words of one machine.
///
/// # Errors
///
/// A version of something else, as of an SDK: it is not that of the Windows that a field beside it names.
pub(super) fn one(words: &str, knowledge: &Knowledge) -> Result<HostFacts, Error> {
    let facts = version_text::facts(words)?;
    let other = words.lines().find_map(|line| other_host::product_beside(line, facts.os_version, knowledge));
    other.map_or(Ok(facts), Err)
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
    let text = all_words(json)?;
    let lower = text.to_lowercase();
    let is_named = ["microsoft windows", "windows server", "windows 10", "windows 11"].iter().any(|name| lower.contains(name));
    (is_named && !version_text::versions(&text).is_empty()).then_some(text)
}

/// The words of a value, a line for each field; `None` for an image. What is said of [other things](is_of_others) is left out.
pub(super) fn all_words(json: &Value) -> Option<String> {
    let mut text = String::new();
    add(json, "", &mut text)?;
    Some(text)
}

/// Adds the words of a value; `None` for an image.
fn add(value: &Value, label: &str, text: &mut String) -> Option<()> {
    match value {
        Value::String(words) => text.extend([label, ": ", words, " \n"]),
        // The label of a list is not that of an object in it.
        Value::Array(values) => {
            values.iter().try_for_each(|value| add(value, if value.is_object() { "" } else { label }, text))?
        }
        Value::Object(fields) => {
            let holder = label;
            let mut fields = fields.iter().filter(|(label, field)| !is_of_others(value, holder, label, field));
            fields.try_for_each(|(label, value)| if is_of_image(label) { None } else { add(value, label, text) })?;
        }
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
                "the Windows of `web02` is not known",
            ),
            (
                r#"[{"name":"web01","ansible_os_name":"Windows Server 2019","ansible_kernel":"10.0.20348.0"},
                {"name":"web02","ansible_os_name":"Windows Server 2022","ansible_kernel":"10.0.20348.0"}]"#,
                "the Windows of the computer `web01` is not known",
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
