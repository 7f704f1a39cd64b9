//! A host in a file: recognised by what is in it, whatever it is called.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use super::facts::Facts;
use super::{Source, reg_export, systeminfo, version_text};
use crate::Error;
use crate::files::read_capped;
use crate::text::quoted;

/// The largest file that is read. `reg export` writes subkeys too: tens of MiB for the key that matters, its values first.
const LARGEST: u64 = 64 << 20;

/// Reads a file, at most 64 MiB of it.
///
/// # Errors
///
/// A file that cannot be read or is larger.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |error: std::io::Error| {
        Error::new(format!("cannot read the host file {}", quoted(&path.to_string_lossy()))).because(error).hint(HINT)
    };
    read_capped(File::open(path).map_err(failed)?, LARGEST).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => {
            Error::new(format!("the host file {} is larger than 64 MiB", quoted(&path.to_string_lossy()))).hint(HINT)
        }
        _ => failed(error),
    })
}

const HINT: &str =
    r#"write one with: reg export "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion" host.reg, or: systeminfo > host.txt"#;

/// What the bytes of a file say of a host: a registry export, the output of `systeminfo`, or a text with one version.
///
/// # Errors
///
/// None of these, or more than one host.
pub(super) fn facts(bytes: &[u8]) -> Result<Facts, Error> {
    let text = decode(bytes);
    let text = text.trim_start();
    if reg_export::is_reg_export(text) {
        return reg_export::values(text)?.facts(Source::RegExport);
    }
    if text.starts_with(['{', '[']) {
        return Err(Error::new("a host cannot be read from JSON").hint(HINT));
    }
    if let Some(facts) = systeminfo::facts(text) {
        return facts;
    }
    version_text::facts(text).map_err(|error| match error.hint {
        None => error.hint(HINT),
        Some(_) => error,
    })
}

/// The text of a file: UTF-16 with a byte order mark (or plainly little-endian), else UTF-8. What is neither is an old code
/// page, in which at least the digits are themselves.
fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [first, 0, ..] if *first != 0 => utf16(bytes, u16::from_le_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    char::decode_utf16(units.iter().map(|&pair| unit(pair))).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
