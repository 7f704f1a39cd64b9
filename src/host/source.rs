//! The sources of hosts, and the formats of files that hold some: recognised by their content, whatever a file is called.
//!
//! A new format is a file with a [`Format`], its line in [`FORMATS`], and a name in [`Source`].

mod reg_export;
mod systeminfo;

use std::io::ErrorKind;
use std::path::Path;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::facts::HostFacts;
use super::version_text;
use crate::Error;
use crate::files::read_regular;
use crate::text::{Encoding, encoding, quoted, utf16};

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
    /// The output of `systeminfo`.
    Systeminfo,
}

impl Source {
    /// The words for people, e.g. `a registry export`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Live => "this machine",
            Self::Text => "a text",
            Self::RegExport => "a registry export",
            Self::Systeminfo => "the output of systeminfo",
        }
    }
}

/// A format of files that hold hosts.
pub(super) struct Format {
    /// The syntax of such a file.
    pub syntax: Syntax,
    /// Recognises a text of that syntax.
    pub recognises: fn(&str) -> bool,
    /// Reads the hosts in a text that was recognised, at least one.
    pub hosts: fn(&str) -> Result<Vec<HostFacts>, Error>,
}

/// A syntax that formats share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Well-formed JSON.
    Json,
    /// Anything else.
    Text,
}

/// All formats; the first that recognises a text reads it.
const FORMATS: [Format; 3] = [reg_export::FORMAT, systeminfo::FORMAT, version_text::FORMAT];

/// The largest file that is read. `reg export` writes subkeys too: tens of MiB for the key that matters, its values first.
const LARGEST: u64 = 64 << 20;

/// The advice about a file in which no host is found.
pub(super) const HINT: &str =
    r#"write one with: reg export "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion" host.reg, or: systeminfo > host.txt"#;

/// Reads a file, at most 64 MiB of it.
///
/// # Errors
///
/// A file that cannot be read or is larger.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |error: std::io::Error| {
        Error::new(format!("cannot read the host file {}", quoted(&path.to_string_lossy()))).because(error).hint(HINT)
    };
    read_regular(path, LARGEST).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => {
            Error::new(format!("the host file {} is larger than 64 MiB", quoted(&path.to_string_lossy()))).hint(HINT)
        }
        _ => failed(error),
    })
}

/// The facts of the hosts in the bytes of a file, at least one.
///
/// # Errors
///
/// No format that recognises them, and what is wrong within the one that does.
pub(super) fn hosts(bytes: &[u8]) -> Result<Vec<HostFacts>, Error> {
    let text = decode(bytes);
    let text = text.trim_start();
    let syntax = syntax(text);
    let recognised = FORMATS.iter().find(|format| format.syntax == syntax && (format.recognises)(text));
    let Some(format) = recognised else {
        return Err(Error::new("a host cannot be read from JSON").hint(HINT));
    };
    let hosts = (format.hosts)(text)?;
    let mut versions: Vec<_> = hosts.iter().map(|host| host.os_version).collect();
    let known = versions.len();
    let hidden = hidden_text(bytes).map(|hidden| version_text::versions(&hidden)).unwrap_or_default();
    versions.extend(hidden.into_iter().filter(|other| !hosts.iter().any(|host| host.os_version.triple() == other.triple())));
    if versions.len() > known { Err(version_text::several_versions(&versions)) } else { Ok(hosts) }
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

fn syntax(text: &str) -> Syntax {
    // A number or a quoted word is well-formed too, and is a text here.
    let is_json = text.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok();
    if is_json { Syntax::Json } else { Syntax::Text }
}

/// The text of a file: UTF-16 with a byte order mark (or plainly so), else UTF-8. What is neither is in an old code page, which it
/// does not name: each byte is the character of its number, so that the digits are themselves and other letters can be compared.
fn decode(bytes: &[u8]) -> String {
    let Some((unit, rest)) = units(bytes) else {
        let (_, rest) = encoding(bytes);
        return std::str::from_utf8(rest).map_or_else(|_| rest.iter().map(|&byte| char::from(byte)).collect(), str::to_owned);
    };
    let whole = rest.len() - rest.len() % 2;
    utf16(rest.get(..whole).unwrap_or_default(), unit).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
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

    #[test]
    fn json_is_what_is_well_formed_and_not_what_begins_with_a_bracket() {
        let error = hosts(br#"[{"osImage": "10.0.20348.1"}]"#).unwrap_err();
        assert_eq!(error.what, "a host cannot be read from JSON");
        let read = hosts(b"[12:00] Microsoft Windows [Version 10.0.20348.2402]").unwrap();
        assert_eq!(read[0].os_version.to_string(), "10.0.20348.2402");
    }

    #[test]
    fn some_format_recognises_every_text() {
        for text in ["", "no version", "{ not JSON", "Windows Registry Editor Version 5.00"] {
            assert!(FORMATS.iter().any(|format| format.syntax == Syntax::Text && (format.recognises)(text)), "{text}");
        }
    }
}
