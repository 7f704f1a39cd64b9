//! The tables of fields: text files, so that they can be read beside the published schemas.
//!
//! ```text
//! Layer                       a definition
//!   Id: guid                  its fields: text, numbers (uint8 … int64, number), boolean, object (any inside), any,
//!   Path: string              another definition, [T] a list, {T} a map; ? accepts null
//!   Cache: CacheMode from 1903 until 2004
//! enum CacheMode              a text with fixed values
//!   number                    or, if this stands first, the number of one of them
//!   "Disabled"
//! ```

use super::SDKS;
use std::collections::HashMap;
use std::sync::OnceLock;

/// What a definition is.
pub enum Definition {
    /// An object with these fields.
    Object(HashMap<&'static str, Field>),
    /// A text that is one of these values.
    Enumeration(Vec<(String, Versions)>),
    /// The same, or the number of one of them.
    Numbered(Vec<(String, Versions)>),
}

/// One field of an object.
pub struct Field {
    /// Its type as written, without the question mark.
    pub kind: &'static str,
    /// Whether null is accepted as absent.
    pub nullable: bool,
    /// In which schemas it exists.
    pub versions: Versions,
}

/// The first and the last schema that has something: indexes into `SDKS`.
#[derive(Clone, Copy)]
pub struct Versions {
    /// The first.
    pub from: usize,
    /// The last.
    pub until: usize,
}

/// The definition of this name.
pub fn find(name: &str) -> &'static Definition {
    static TABLE: OnceLock<HashMap<&'static str, Definition>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table = HashMap::new();
        for text in [
            include_str!("../../data/schema-2.txt"),
            include_str!("../../data/schema-1.txt"),
            include_str!("../../data/schema-hcn.txt"),
        ] {
            load(text, &mut table);
        }
        table
    });
    table.get(name).unwrap_or_else(|| panic!("no definition {name}"))
}

fn load(text: &'static str, table: &mut HashMap<&'static str, Definition>) {
    let mut name = "";
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let Some(inner) = line.strip_prefix("  ") else {
            let definition = match line.strip_prefix("enum ") {
                Some(plain) => {
                    name = plain;
                    Definition::Enumeration(Vec::new())
                }
                None => {
                    name = line;
                    Definition::Object(HashMap::new())
                }
            };
            table.insert(name, definition);
            continue;
        };
        let (inner, versions) = split_versions(inner);
        match table.get_mut(name) {
            Some(Definition::Object(fields)) => {
                let (field, kind) = inner.split_once(": ").expect("a field has a type");
                let nullable = kind.ends_with('?');
                fields.insert(field, Field { kind: kind.trim_end_matches('?'), nullable, versions });
            }
            Some(numbered @ Definition::Enumeration(_)) if inner == "number" => *numbered = Definition::Numbered(Vec::new()),
            Some(Definition::Enumeration(values) | Definition::Numbered(values)) => {
                values.push((inner.trim_matches('"').to_string(), versions));
            }
            None => panic!("{inner} stands outside a definition"),
        }
    }
}

fn split_versions(line: &str) -> (&str, Versions) {
    let index = |name: &str| SDKS.iter().position(|sdk| *sdk == name).expect("a known schema");
    let (line, until) = line.split_once(" until ").map_or((line, SDKS.len() - 1), |(rest, name)| (rest, index(name)));
    let (line, from) = line.split_once(" from ").map_or((line, 0), |(rest, name)| (rest, index(name)));
    (line, Versions { from, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_a_field_names_is_defined() {
        let simple = ["string", "guid", "boolean", "object", "number", "any"];
        for name in ["ComputeSystem", "ProcessParameters", "ContainerConfig", "HcnEndpoint", "HcnNetwork"] {
            let Definition::Object(fields) = find(name) else { panic!("{name} is an object") };
            for field in fields.values() {
                let inner = field.kind.trim_matches(['[', ']', '{', '}']);
                if !simple.contains(&inner) && !inner.contains("int") {
                    find(inner);
                }
            }
        }
    }
}
