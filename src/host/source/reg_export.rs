//! The output of `reg export`: a text of keys and values.

use std::collections::HashMap;

use super::{Document, Format, Source, Syntax};
use crate::Error;
use crate::advice::{Setting, advice};
use crate::host::RegistryValues;
use crate::host::facts::HostFacts;
use crate::host::registry::{Data, Key, is_read};
use crate::host::version_text;

/// A registry export of one machine.
pub(super) const FORMAT: Format = Format { syntax: Syntax::Text, recognises: |document| is_reg_export(document.text), hosts };

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    let text = document.text;
    let facts = values(text)?.facts(Source::RegExport)?;
    // What stands before or behind the export may be of another host.
    let foreign: String = lines(text).filter(|line| !is_of_export(line)).flat_map(|line| [line, "\n"]).collect();
    let others = version_text::versions(&foreign);
    if others.iter().any(|other| other.triple() != facts.os_version.triple()) {
        let all: Vec<_> = [facts.os_version].into_iter().chain(others).collect();
        return Err(version_text::several_versions(&all));
    }
    Ok(vec![facts])
}

/// Recognises the first line of a registry export, also behind something else; `REGEDIT4` is the older form.
fn is_reg_export(text: &str) -> bool {
    lines(text).any(is_header)
}

fn is_header(line: &str) -> bool {
    line.starts_with("Windows Registry Editor Version 5.00") || line.starts_with("REGEDIT4")
}

/// The lines of a text, ended by line feeds or by carriage returns alone.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r']).map(str::trim_end)
}

/// True for a line as an export has it: a key, a value or the rest of one, a comment, nothing.
fn is_of_export(line: &str) -> bool {
    line.is_empty() || line.starts_with(['[', '"', '@', ';', ' ']) || is_header(line)
}

/// The values of one machine in a registry export.
///
/// # Errors
///
/// An export without the key `CurrentVersion`, or with more than one, and values of the wrong type.
fn values(text: &str) -> Result<RegistryValues, Error> {
    let mut found: HashMap<(Key, String), Data> = HashMap::new();
    let mut section = None;
    let mut machines = 0;
    for line in lines(text) {
        if let Some(path) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = key(path);
            machines += usize::from(section == Some(Key::CurrentVersion));
            continue;
        }
        let Some(key) = section else { continue };
        if let Some((name, data)) = value(line)
            && is_read(name)
        {
            // As `reg import` does, the last of two values of one name is the one that stays.
            let place = (key, name.to_ascii_lowercase());
            match data {
                Some(data) => found.insert(place, data),
                None => found.remove(&place),
            };
        }
    }
    match machines {
        0 => Err(Error::new("this registry export does not say which Windows it is from")
            .because(format!(r"it has no key HKEY_LOCAL_MACHINE\{}", Key::CurrentVersion.path()))
            .hint(format!(r#"read that key: reg query "HKLM\{}" > host.txt"#, Key::CurrentVersion.path()))),
        1 => RegistryValues::read(|key, name| Ok(found.remove(&(key, name.to_ascii_lowercase())))),
        several => Err(Error::new(format!("this registry export holds {several} hosts"))
            .because(format!(r"the key HKEY_LOCAL_MACHINE\{} is in it more than once", Key::CurrentVersion.path()))
            .hint(advice!["give every host a file and a ", Setting::Host(String::new()), " of its own"])),
    }
}

/// The key at this path, if it is one of those that matter.
pub(super) fn key(path: &str) -> Option<Key> {
    let (root, path) = path.split_once('\\')?;
    if !root.eq_ignore_ascii_case("HKEY_LOCAL_MACHINE") {
        return None;
    }
    Key::ALL.into_iter().find(|key| key.path().eq_ignore_ascii_case(path))
}

/// The name and data of a line `"name"=data`; no data for `"name"=-`, which removes the value. Names with escapes are none of
/// those that matter.
fn value(line: &str) -> Option<(&str, Option<Data>)> {
    let (name, data) = line.strip_prefix('"')?.split_once("\"=")?;
    let data = match data {
        "-" => None,
        text if text.starts_with('"') => Some(string(text)),
        text => match text.split_once(':') {
            Some(("dword", digits)) => Some(dword(digits)),
            Some(("hex", _)) => Some(Data::Other("REG_BINARY".to_owned())),
            Some(("hex(7)", _)) => Some(Data::Other("REG_MULTI_SZ".to_owned())),
            Some(("hex(b)", _)) => Some(Data::Other("REG_QWORD".to_owned())),
            _ => Some(Data::Other("of an unexpected type".to_owned())),
        },
    };
    Some((name, data))
}

/// One to eight hexadecimal digits.
fn dword(digits: &str) -> Data {
    let fits = (1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match u32::from_str_radix(digits, 16) {
        Ok(number) if fits => Data::Number(number),
        _ => Data::Other("a malformed REG_DWORD".to_owned()),
    }
}

/// A quoted string, in which a backslash keeps the next character as it is.
fn string(quoted: &str) -> Data {
    let malformed = || Data::Other("a malformed REG_SZ".to_owned());
    let Some(inner) = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return malformed();
    };
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return malformed(),
            '\\' => match characters.next() {
                Some(escaped) => text.push(escaped),
                None => return malformed(),
            },
            plain => text.push(plain),
        }
    }
    Data::Text(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines() {
        let text = |text: &str| Some(Data::Text(text.to_owned()));
        let other = |what: &str| Some(Data::Other(what.to_owned()));
        let cases = [
            (r#""UBR"=dword:000014d1"#, Some(("UBR", Some(Data::Number(5329))))),
            (r#""UBR"=-"#, Some(("UBR", None))),
            (r#""EditionID"="Core""#, Some(("EditionID", text("Core")))),
            (r#""EditionID"="""#, Some(("EditionID", text("")))),
            (r#""Path"="C:\\a \"b\"""#, Some(("Path", text(r#"C:\a "b""#)))),
            (r#""Path"="C:\""#, Some(("Path", other("a malformed REG_SZ")))),
            (r#""Path"="a"b""#, Some(("Path", other("a malformed REG_SZ")))),
            (r#""Path"=""#, Some(("Path", other("a malformed REG_SZ")))),
            (r#""UBR"=dword:+1"#, Some(("UBR", other("a malformed REG_DWORD")))),
            (r#""UBR"=dword:0000014d1f"#, Some(("UBR", other("a malformed REG_DWORD")))),
            (r#""UBR"=dword:"#, Some(("UBR", other("a malformed REG_DWORD")))),
            (r#""UBR"=hex(b):d1,14,00,00,00,00,00,00"#, Some(("UBR", other("REG_QWORD")))),
            (r#""UBR"=hex:d1,14,\"#, Some(("UBR", other("REG_BINARY")))),
            (r#""UBR"=hex(7):00,00"#, Some(("UBR", other("REG_MULTI_SZ")))),
            (r#"@="default""#, None),
            ("; a comment", None),
            ("  00,00,00", None),
            (r#""unfinished"#, None),
            ("", None),
        ];
        for (line, expected) in cases {
            assert_eq!(value(line), expected, "{line}");
        }
    }

    #[test]
    fn keys_are_whole_paths_in_any_case() {
        let cases = [
            (r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion", Some(Key::CurrentVersion)),
            (r"hkey_local_machine\software\microsoft\windows nt\currentversion", Some(Key::CurrentVersion)),
            (r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\ProductOptions", Some(Key::ProductOptions)),
            (r"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Windows NT\CurrentVersion", None),
            (r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Fonts", None),
            (r"HKEY_CURRENT_USER\SOFTWARE\Microsoft\Windows NT\CurrentVersion", None),
            (r"-HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion", None),
            ("", None),
        ];
        for (path, expected) in cases {
            assert_eq!(key(path), expected, "{path}");
        }
    }
}
