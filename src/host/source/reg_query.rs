//! The output of `reg query`: a key on a line of its own, then names, types and values.

use std::collections::HashMap;

use super::{Document, Format, Source, Syntax, reg_export, registry_properties};
use crate::Error;
use crate::host::RegistryValues;
use crate::host::facts::HostFacts;
use crate::host::registry::{Data, Key, NAMES, is_read};
use crate::host::version_text;

/// The output of `reg query` on one machine.
pub(super) const FORMAT: Format = Format {
    syntax: Syntax::Text,
    recognises: |document| document.text.lines().filter_map(value).any(|(name, _, _)| NAMES.contains(&name)),
    hosts,
};

/// The values of one machine, by key and name in lower case.
type Values = HashMap<(Key, String), Data>;

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    let mut machines: Vec<Values> = vec![Values::new()];
    // A text may begin with the values alone.
    let mut section = Some(Key::CurrentVersion);
    let mut foreign = String::new();
    for line in document.text.lines() {
        if let Some(at) = line.find("HKEY_").filter(|at| line.get(..*at).is_some_and(|before| before.trim().is_empty())) {
            section = reg_export::key(line.get(at..).unwrap_or_default().trim());
            continue;
        }
        let Some((name, kind, text)) = value(line) else {
            foreign.push_str(line);
            foreign.push('\n');
            continue;
        };
        let (Some(key), true) = (section, is_read(name)) else { continue };
        let data = match kind {
            "REG_SZ" | "REG_EXPAND_SZ" => Data::Text(text.to_owned()),
            "REG_DWORD" => registry_properties::number(text),
            other => Data::Other(other.to_owned()),
        };
        let place = (key, name.to_ascii_lowercase());
        let again = machines.last().is_some_and(|values| values.get(&place).is_some_and(|known| *known != data));
        if again {
            machines.push(Values::new());
        }
        machines.iter_mut().rev().take(1).for_each(|values| drop(values.insert(place.clone(), data.clone())));
    }
    let read = |mut values: Values| {
        RegistryValues::read(|key, name| Ok(values.remove(&(key, name.to_ascii_lowercase()))))?.facts(Source::RegQuery)
    };
    let hosts: Vec<HostFacts> = machines.into_iter().map(read).collect::<Result<_, _>>()?;
    let mut versions: Vec<_> = hosts.iter().map(|host| host.os_version).collect();
    let others = version_text::versions(&foreign);
    versions.extend(others.into_iter().filter(|other| !hosts.iter().any(|host| host.os_version.triple() == other.triple())));
    if versions.len() > 1 { Err(version_text::several_versions(&versions)) } else { Ok(hosts) }
}

/// The name, the type and the value of a line `    UBR    REG_DWORD    0x962`.
fn value(line: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = line.trim().split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let (kind, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    kind.starts_with("REG_").then_some((name, kind, text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_a_type_and_a_value() {
        assert_eq!(value("    UBR    REG_DWORD    0x962\r"), Some(("UBR", "REG_DWORD", "0x962")));
        assert_eq!(
            value("    ProductName    REG_SZ    Windows Server 2022"),
            Some(("ProductName", "REG_SZ", "Windows Server 2022"))
        );
        assert_eq!(value("    Empty    REG_SZ"), Some(("Empty", "REG_SZ", "")));
        assert_eq!(value("UBR 2402"), None);
        assert_eq!(value(""), None);
    }
}
