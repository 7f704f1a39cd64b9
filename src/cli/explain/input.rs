//! Standard input as a text: the end of it, in any encoding.

use std::io::{self, Read};

use crate::Error;
use crate::text::{Encoding, encoding, utf16};

/// The part of standard input that is explained: its last bytes, since errors stand at the end of a log.
pub(super) const LAST: usize = 256 * 1024;

/// The most bytes of standard input that are read, so that the command ends even if its input does not.
const LONGEST: u64 = 64 << 20;

/// Reads the part that is explained.
pub(super) fn read(input: &mut dyn Read) -> Result<String, Error> {
    let read = last_part(input.take(LONGEST), LAST).map_err(|error| {
        let failed = Error::new("standard input could not be read").because(error);
        failed.hint("pass an error on through a pipe, or type it after the command")
    })?;
    Ok(decoded(&read))
}

/// The text of bytes: UTF-16 with a mark, as PowerShell writes files, else UTF-8.
fn decoded(bytes: &[u8]) -> String {
    match encoding(bytes) {
        (Encoding::Utf16(unit), rest) => {
            utf16(rest, unit).map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        (Encoding::Utf8, rest) => String::from_utf8_lossy(rest).into_owned(),
    }
}

/// The last `longest` bytes of an input, which is read to its end: what a log has to say about a failure stands there. A line that
/// would begin with a part of itself is left out: half a number is another number.
fn last_part(mut input: impl Read, longest: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut is_cut = false;
    loop {
        let came = input.by_ref().take(longest as u64).read_to_end(&mut bytes)?;
        let surplus = bytes.len().saturating_sub(longest);
        is_cut |= surplus > 0;
        bytes.drain(..surplus);
        if came < longest {
            break;
        }
    }
    if is_cut && let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
        bytes.drain(..=end);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_an_input_begins_with_a_whole_line() {
        for (input, longest, kept) in [
            ("", 9, ""),
            ("one\ntwo\n", 8, "one\ntwo\n"),
            ("one\ntwo\n", 7, "two\n"),
            ("one\ntwo\n", 5, "two\n"),
            ("exit code 125\nthe end", 11, "the end"),
            ("no line break at all", 9, "ak at all"),
            ("1\n2\n3\n4\n5\n6\n7\n8\n9", 4, "8\n9"),
        ] {
            assert_eq!(String::from_utf8(last_part(input.as_bytes(), longest).unwrap()).unwrap(), kept, "{longest} of {input:?}");
        }
    }

    #[test]
    fn no_more_is_kept_than_is_explained() {
        assert_eq!(last_part(io::repeat(b'x').take(50 << 20), LAST).unwrap().len(), LAST);
    }
}
