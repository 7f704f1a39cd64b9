//! Hosts that are read one by one, each from the part of a text that is about one machine.

use std::collections::HashMap;

use super::{Document, Read, Source};
use crate::Error;
use crate::host::facts::HostFacts;
use crate::host::version_text;

/// The hosts of these parts, each called by the name of its machine; of several hosts in one part, each is called so before its own name.
///
/// # Errors
///
/// The first part that cannot be read, and one name for two versions.
pub(super) fn hosts<N: AsRef<str>>(
    document: &Document<'_>,
    parts: Vec<(N, Result<Read, Error>)>,
) -> Result<Vec<HostFacts>, Error> {
    let (mut hosts, mut versions) = (Vec::new(), HashMap::new());
    for (name, read) in parts {
        let (name, read) = (name.as_ref(), read?);
        read.notes.into_iter().for_each(|note| document.note(note));
        let is_one = read.hosts.len() == 1;
        for facts in read.hosts {
            let label = facts.label.as_deref().filter(|_| !is_one).map_or_else(|| name.to_owned(), |own| format!("{name}/{own}"));
            match versions.insert(label.to_lowercase(), facts.os_version) {
                None => hosts.push(HostFacts { label: Some(label), ..facts }),
                // It was asked twice.
                Some(known) if known == facts.os_version => {}
                Some(known) => return Err(version_text::hosts_of_one_name(name, &[known, facts.os_version])),
            }
        }
    }
    Ok(hosts)
}

/// The hosts of these parts: the name of a part, the name that its one host has in it, and what was read. A host is called by its own name,
/// behind that of its part where another has the same, unless it begins with that.
pub(super) fn hosts_by_own_names(
    document: &Document<'_>,
    parts: Vec<(String, Option<String>, Result<Read, Error>)>,
) -> Result<Vec<HostFacts>, Error> {
    let mut times: HashMap<String, usize> = HashMap::new();
    parts.iter().filter_map(|(_, own, _)| own.as_deref()).for_each(|own| *times.entry(own.to_lowercase()).or_default() += 1);
    let has_name = |own: &str, name: &str| {
        let rest = own.to_lowercase().strip_prefix(&name.to_lowercase()).map(str::to_owned);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
    };
    let named = |(name, own, read): (String, Option<String>, Result<Read, Error>)| match own {
        Some(own) if times.get(&own.to_lowercase()) == Some(&1) || has_name(&own, &name) => (own, read),
        Some(own) => (format!("{name}/{own}"), read),
        None => (name, read),
    };
    hosts(document, parts.into_iter().map(named).collect())
}

/// The name that the one host of a part has in what was read of it, else the one that `in_field` finds there. In an inventory any field
/// may have given the name, so there `in_field` decides.
pub(super) fn own_name(read: &Result<Read, Error>, in_field: impl FnOnce() -> Option<String>) -> Option<String> {
    match read.as_ref().ok()?.hosts.as_slice() {
        [host] => host.label.clone().filter(|_| host.source != Source::Inventory).or_else(in_field),
        _ => None,
    }
}
