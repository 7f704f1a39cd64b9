//! Members of a layer's tar as entries: whatever is admitted stays within the layer.
#![no_main]

use wincompat::internals::layer::archive::Member;
use wincompat::internals::layer::pax::Records;
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
            let target = reparse.target();
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
