//! Members of a layer's tar as entries: whatever is admitted stays within the layer.
#![no_main]

use wincompat::internals::layer::archive::Member;
use wincompat::internals::layer::backup_stream::write_metadata;
use wincompat::internals::layer::pax::Records;
use wincompat::internals::layer::reparse::Reparse;
use wincompat::internals::layer::{Entry, Kind, LayerPath};

/// What every name in a layer must be, in words of its own: Windows takes each part as it stands, in the folder it is in.
fn holds(path: &LayerPath) {
    let text = path.as_str();
    assert!(["Files", "Hives", "UtilityVM"].contains(&text.split('/').next().unwrap()), "{text:?} is in no area");
    for part in text.split('/') {
        assert!(!part.is_empty() && part != "." && part != "..", "{text:?} climbs");
        assert!(!part.ends_with(['.', ' ']), "{text:?}: Windows would cut it");
        assert!(!part.contains(['\\', ':', '"', '<', '>', '|', '?', '*']), "{text:?} is no name");
        assert!(!part.chars().any(|character| character < ' '), "{text:?} has control characters");
        let stem = part.split('.').next().unwrap().trim_end().to_ascii_uppercase();
        let numbered = ["COM", "LPT"].iter().any(|device| {
            stem.strip_prefix(device)
                .is_some_and(|rest| matches!(rest.chars().collect::<Vec<_>>()[..], ['1'..='9' | '¹' | '²' | '³']))
        });
        assert!(!numbered && !["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str()), "{text:?} is a device");
        assert!(part.encode_utf16().count() <= 255, "{text:?} is too long");
    }
}

/// The name of a link's target as people see it, read back from the stream that Windows gets.
fn print_name(reparse: &Reparse) -> String {
    let mut stream = Vec::new();
    write_metadata(&mut stream, None, &[], Some(reparse)).unwrap();
    // The header of the stream has 20 bytes, that of the reparse data 8, then come offsets and lengths of two names.
    let number = |at: usize| usize::from(u16::from_le_bytes(stream[at..at + 2].try_into().unwrap()));
    let names = if reparse.is_mount_point() { 36 } else { 40 };
    let start = names + number(32);
    let units: Vec<u16> =
        stream[start..start + number(34)].chunks(2).map(|unit| u16::from_le_bytes(unit.try_into().unwrap())).collect();
    String::from_utf16(&units).unwrap()
}

libfuzzer_sys::fuzz_target!(|input: (&[u8], &[u8], u8, u64, u64, &[u8])| {
    let (name, link, kind, size, modified, pax) = input;
    let type_flag = *b"0125\0x".get(usize::from(kind)).unwrap_or(&kind);
    let records = Records::parse(pax).unwrap_or_default();
    let member = Member { name: name.to_vec(), link: link.to_vec(), type_flag, size, modified, records };
    let Ok(entry) = Entry::from_member(&member) else { return };
    holds(&entry.path);
    match &entry.kind {
        Kind::HardLink { target } => holds(target),
        Kind::Stream { name, .. } => {
            assert!(!name.is_empty() && !name.contains(['/', '\\', ':', '\0']), "{name:?} is no stream");
        }
        Kind::Reparse(reparse) => {
            let target = &print_name(reparse);
            let device = target.starts_with(r"\\") && !target.starts_with(r"\\?\");
            assert!(
                !device && !target.starts_with(r"\??\") && !target.starts_with(r"\\?\UNC\"),
                "{target:?} leaves the container"
            );
            // A relative one may not climb above the root of its drive.
            if !target.contains(':') && !target.starts_with('\\') {
                let depth = entry.path.as_str().split('/').count() as i64
                    - if entry.path.as_str().starts_with("UtilityVM") { 3 } else { 2 };
                let mut at = depth;
                for part in target.split('\\') {
                    at += match part {
                        "" | "." => 0,
                        ".." => -1,
                        _ => 1,
                    };
                    assert!(at >= 0, "{target:?} climbs out of {}", entry.path);
                }
            }
        }
        Kind::Directory | Kind::File { .. } | Kind::Whiteout => {}
    }
});
