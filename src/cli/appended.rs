//! The further reports of formats for pipelines: appended to a file that the runner names in a variable.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::Advice;
use crate::report::{Appended, Format, Page, plain};

/// The line in the place of what would be too long.
const CUT: &str = "\nThe rest is left out: the runner takes no more.\n";

/// Appends what belongs to these formats. What cannot be appended is a warning: the check itself is done.
pub fn append<R>(formats: &[&'static Format<R>], report: &R, page: &Page<'_>) -> Vec<Advice> {
    let mut warnings = Vec::new();
    for appended in formats.iter().filter_map(|format| format.appended.as_ref()) {
        let Some(path) = std::env::var_os(appended.variable).filter(|path| !path.is_empty()) else { continue };
        if let Err(error) = append_one(appended, Path::new(&path), report, page) {
            warnings.push(Advice::from(format!(
                "nothing was appended to {}, which {} names: {error}",
                plain::clean(&path.to_string_lossy()),
                appended.variable
            )));
        }
    }
    warnings
}

fn append_one<R>(appended: &Appended<R>, path: &Path, report: &R, page: &Page<'_>) -> io::Result<()> {
    let mut text = Vec::new();
    appended.renderer.render(report, page, &mut text)?;
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(&cut(text, room(&file, appended.most)?))
}

/// The bytes that this file may still take.
fn room(file: &File, most: u64) -> io::Result<usize> {
    let left = most.saturating_sub(file.metadata()?.len());
    Ok(usize::try_from(left).unwrap_or(usize::MAX))
}

/// This text if there is room for it; else as many of its lines as there is room for, and a line that says so.
fn cut(mut text: Vec<u8>, room: usize) -> Vec<u8> {
    if text.len() <= room {
        return text;
    }
    let Some(before) = room.checked_sub(CUT.len()).and_then(|most| text.get(..most)) else { return Vec::new() };
    let end = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    text.truncate(end);
    text.extend_from_slice(CUT.as_bytes());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_behind_a_line() {
        let text = b"one\ntwo\nthree\n".repeat(20);
        let cut_at = |room: usize| String::from_utf8(cut(text.clone(), room)).unwrap();
        assert_eq!(cut_at(text.len()).len(), text.len());
        let part = cut_at(100);
        assert!(part.len() <= 100 && part.ends_with(&format!("\n{CUT}")), "{part}");
        assert_eq!(cut_at(CUT.len()), CUT);
        assert_eq!(cut_at(5), "");
    }
}
