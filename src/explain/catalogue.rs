//! Everything that can be explained, in groups.

use super::{Explanation, Kind};
use crate::knowledge::{ErrorCode, ErrorMessage, Errors};

/// Explanations of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// A heading, e.g. `Host Compute Service`.
    pub title: String,
    /// The entries, in the order of the knowledge.
    pub entries: Vec<Entry>,
}

/// One thing that can be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name by which it is asked for, e.g. `0x80370101` or `pause-image`.
    pub id: String,
    /// The kind of thing.
    pub kind: Kind,
    /// Its usual other name, e.g. `HCS_E_IMAGE_MISMATCH`.
    pub name: Option<String>,
    /// A few words for it.
    pub title: String,
}

impl From<Explanation> for Entry {
    fn from(explanation: Explanation) -> Self {
        let Explanation { id, kind, names, title, .. } = explanation;
        Self { id, kind, name: names.into_iter().next(), title }
    }
}

/// Everything that this room explains: operations, messages, then numbers by the service they come from.
pub fn catalogue() -> Vec<Group> {
    let errors = Errors::built_in();
    let group = |title: &str, entries: Vec<Entry>| Group { title: title.to_owned(), entries };
    let operations = errors.operations.iter().map(|operation| of_text(&operation.message)).collect();
    let messages = errors.messages.iter().map(of_text).collect();
    let mut groups = vec![group("Operations that fail", operations), group("Messages", messages)];
    for family in &errors.families {
        let is_of_it = |error: &&ErrorCode| errors.family(error.code).is_some_and(|of| std::ptr::eq(of, family));
        let entries: Vec<Entry> = errors.codes.iter().filter(is_of_it).map(of_number).collect();
        match groups.iter_mut().find(|known| known.title == family.name) {
            Some(known) => known.entries.extend(entries),
            None if entries.is_empty() => {}
            None => groups.push(group(&family.name, entries)),
        }
    }
    groups
}

fn of_text(message: &ErrorMessage) -> Entry {
    Entry { id: message.id.clone(), kind: Kind::Message, name: None, title: message.title.clone() }
}

fn of_number(error: &ErrorCode) -> Entry {
    Entry {
        id: format!("{:#010x}", error.code),
        kind: Kind::ErrorCode,
        name: error.names.first().cloned(),
        title: error.title.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::named;

    #[test]
    fn everything_listed_can_be_asked_for_and_everything_known_is_listed() {
        let listed: Vec<Entry> = catalogue().into_iter().flat_map(|group| group.entries).collect();
        for entry in &listed {
            assert_eq!(named(&entry.id).unwrap().id, entry.id);
        }
        let errors = Errors::built_in();
        assert_eq!(listed.len(), errors.codes.len() + errors.texts().count());
    }
}
