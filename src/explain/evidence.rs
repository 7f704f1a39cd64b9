//! What a pasted text holds: operations, numbers and sentences that are known, each with its place.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::paste::{Paste, condensed};
use super::{number, peers, traces, values};
use crate::knowledge::{ErrorCode, ErrorMessage, Errors, Operation};

/// Something known in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    /// The first byte.
    pub(super) start: usize,
    /// The byte behind it.
    pub(super) end: usize,
    /// The number of characters that had to be there: more of them say more.
    pub(super) length: usize,
    pub(super) what: What,
    /// True for what programs of every kind print.
    pub(super) general: bool,
}

/// A kind of evidence.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// An operation by its name, e.g. `hcsshim::ImportLayer`.
    Operation(&'static Operation),
    /// A message by its words.
    Message(&'static ErrorMessage),
    /// An error by its number or its symbolic name.
    Number(&'static ErrorCode),
    /// An error by the words of Windows for it.
    Sentence(&'static ErrorCode),
    /// A number that is not known.
    Unknown(u32),
    /// Words in which an error is only mentioned.
    Remark,
}

/// The most bytes between two pieces of a pattern.
const REACH: usize = 400;

/// The least bytes of a pattern's first piece, by which it is looked up.
const KEY: usize = 4;

/// A known text.
struct Needle {
    what: What,
    /// The parts of its pattern.
    pieces: Vec<String>,
    /// True for what programs of every kind print.
    general: bool,
}

/// The known texts, by their first bytes.
struct Index {
    needles: Vec<Needle>,
    by_key: HashMap<[u8; KEY], Vec<usize>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| Index::new(Errors::built_in()));

impl Index {
    fn new(errors: &'static Errors) -> Self {
        let pieces = |pattern: &str| pattern.split(" * ").map(condensed).collect::<Vec<_>>();
        let mut needles = Vec::new();
        let mut add = |what: What, patterns: &[String], general: bool| {
            needles.extend(patterns.iter().map(|pattern| Needle { what, pieces: pieces(pattern), general }));
        };
        for operation in &errors.operations {
            add(What::Operation(operation), &operation.message.patterns, false);
            add(What::Operation(operation), &operation.message.general, true);
        }
        for message in &errors.messages {
            add(What::Message(message), &message.patterns, false);
            add(What::Message(message), &message.general, true);
        }
        add(What::Remark, &errors.remarks, false);
        for error in &errors.codes {
            let general = !traces::is_of_containers(error.code);
            let titles = std::iter::once(&error.title).chain(&error.texts);
            needles.extend(titles.map(|title| Needle { what: What::Sentence(error), pieces: vec![condensed(title)], general }));
        }
        let mut by_key: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, needle) in needles.iter().enumerate() {
            if let Some(key) = needle.pieces.first().and_then(|first| first.as_bytes().first_chunk::<KEY>()) {
                by_key.entry(*key).or_default().push(index);
            }
        }
        Self { needles, by_key }
    }
}

/// Everything known that a text holds, in the order of the text. What overlaps a remark is left out, and so are words about a network
/// that are not about a registry.
pub(super) fn all(paste: &Paste) -> Vec<Evidence> {
    let mut found = Vec::new();
    let text = paste.text.as_bytes();
    for start in 0..text.len().saturating_sub(KEY - 1) {
        let Some(key) = text.get(start..).and_then(<[u8]>::first_chunk::<KEY>) else { break };
        for &index in INDEX.by_key.get(key).into_iter().flatten() {
            let Some(Needle { what, pieces, general }) = INDEX.needles.get(index) else { continue };
            // What is elsewhere is said by the name that stands between: without one, it is any machine, also that of a container.
            let least = usize::from(matches!(what, What::Operation(operation) if operation.elsewhere));
            if let Some(end) = match_at(text, start, pieces, least)
                && paste.statement(start) == paste.statement(end.saturating_sub(1))
            {
                let length = pieces.iter().map(String::len).sum();
                found.push(Evidence { start, end, length, what: *what, general: *general });
            }
        }
    }
    number::all(paste, Errors::built_in(), &mut found);
    if found.iter().all(|one| matches!(one.what, What::Operation(_) | What::Unknown(_) | What::Remark)) {
        cut(&paste.text, &mut found);
    }
    let remarks: Vec<(usize, usize)> =
        found.iter().filter(|one| matches!(one.what, What::Remark)).map(|one| (one.start, one.end)).collect();
    // Remarks are in the order of the text and of about the same length, so one of them ends before another begins.
    let is_remarked = |one: &Evidence| {
        let next = remarks.partition_point(|&(_, end)| end <= one.start);
        remarks.get(next).is_some_and(|&(start, _)| start < one.end)
    };
    let of_build = traces::is_of_build(paste);
    found.retain(|one| match one.what {
        What::Remark => false,
        What::Message(message) => !is_remarked(one) && values::are_there(message, paste, one.start, of_build),
        _ => !is_remarked(one),
    });
    found.sort_by_key(|one| one.start);
    peers::leave_out_others(paste, &mut found);
    found
}

/// The end of a pattern that begins here, with at least so many bytes between two pieces.
fn match_at(text: &[u8], start: usize, pieces: &[String], least: usize) -> Option<usize> {
    let mut end = start;
    for (index, piece) in pieces.iter().enumerate() {
        let piece = piece.as_bytes();
        let rest = text.get(end..)?;
        if index == 0 {
            rest.starts_with(piece).then_some(())?;
            end += piece.len();
        } else {
            let rest = rest.get(..REACH + piece.len()).unwrap_or(rest);
            let between = rest.windows(piece.len()).position(|window| window == piece).filter(|length| *length >= least)?;
            end += between + piece.len();
        }
    }
    Some(end)
}

/// A known text of which the end of the paste has the beginning, or its beginning the end: what was copied was cut there. Programs that
/// cut a text write dots there.
fn cut(text: &str, found: &mut Vec<Evidence>) {
    const SHORTEST: usize = 20;
    let text = text.trim_end_matches(['.', '…']);
    let behind_dots = text.trim_start_matches(['.', '…']);
    let begin = text.len() - behind_dots.len();
    let enough = |piece: &str| SHORTEST.max(piece.len() * 6 / 10);
    let mut best: Option<Evidence> = None;
    for Needle { what, pieces, general } in &INDEX.needles {
        let ([piece], false) = (pieces.as_slice(), matches!(what, What::Remark)) else { continue };
        let at_end = (enough(piece)..piece.len())
            .rev()
            .find(|&length| piece.get(..length).is_some_and(|part| text.ends_with(part)))
            .map(|length| (text.len() - length, length));
        let at_start = (enough(piece)..piece.len())
            .rev()
            .find(|&length| piece.get(piece.len() - length..).is_some_and(|part| behind_dots.starts_with(part)))
            .map(|length| (begin, length));
        for (start, length) in at_end.into_iter().chain(at_start) {
            if best.is_none_or(|best| best.length < length) {
                best = Some(Evidence { start, end: start + length, length, what: *what, general: *general });
            }
        }
    }
    found.extend(best);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_text_is_looked_up_by_its_first_bytes() {
        for Needle { what, pieces, .. } in &INDEX.needles {
            assert!(pieces[0].len() >= KEY && pieces.iter().all(|piece| piece.len() >= 3), "{what:?}");
        }
    }

    #[test]
    fn every_pattern_finds_itself() {
        for message in Errors::built_in().texts() {
            for pattern in message.patterns.iter().chain(&message.general) {
                // Some say something of a build only, some of none.
                let text = format!("{} 10.0.19045 host", pattern.replace(" * ", " 10.0.20348 "));
                let mut found = all(&Paste::new(&text));
                found.extend(all(&Paste::new(&format!("{text} did not complete successfully"))));
                let is_it = |one: &Evidence| match one.what {
                    What::Message(found) => found.id == message.id,
                    What::Operation(found) => found.message.id == message.id,
                    _ => false,
                };
                assert!(found.iter().any(is_it), "{}: {pattern}", message.id);
            }
        }
    }

    #[test]
    fn what_was_cut_is_found_by_what_is_left() {
        let is_mismatch = |text: &str| {
            let found = all(&Paste::new(text));
            found.iter().any(|one| matches!(one.what, What::Sentence(error) if error.code == 0x8037_0101))
        };
        assert!(is_mismatch("operating system does not match the host operating system"));
        assert!(is_mismatch("The container operating system does not match the host ope"));
        assert!(is_mismatch("The container operating system does not match the host ope..."));
        assert!(is_mismatch("…operating system does not match the host operating system"));
        assert!(!is_mismatch("operating system"));
    }
}
