//! Lists of references, one a line: `--from FILE` and `--from -`.

use std::io::{self, Read};

use crate::files::read_capped;
use crate::text::{Encoding, encoding, utf16};
use crate::{Error, ErrorKind};

/// The most bytes of a list; 100,000 references are a few MiB.
const LARGEST: u64 = 16 << 20;

/// One reference of a list, not yet read as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of the line, from 1.
    pub number: usize,
    /// The text without blanks and comment, e.g. `mcr.microsoft.com/windows/nanoserver:1809`.
    pub text: String,
}

/// Reads a list of at most 16 MiB to its end; `what` names it in errors, e.g. `images.txt`.
///
/// # Errors
///
/// A list that cannot be read, is larger, or is not text.
pub fn read(what: &str, from: impl Read) -> Result<Vec<Line>, Error> {
    let failed = || Error::of(ErrorKind::Invalid, format!("{what} could not be read"));
    let bytes = read_capped(from, LARGEST).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => failed().because(format!("the list has more than {} MiB", LARGEST >> 20)),
        _ => failed().because(error),
    })?;
    parse(&bytes).map_err(|error| error.within(failed().what))
}

/// The references in these bytes, without blank lines and without comments, which begin with a `#` at the start of a line or after
/// a blank. The text is UTF-8, or UTF-16 with a byte order mark, which is what `>` writes in Windows PowerShell.
///
/// # Errors
///
/// An archive, and other bytes that are not text.
pub fn parse(bytes: &[u8]) -> Result<Vec<Line>, Error> {
    if is_archive(bytes) {
        let error = Error::of(ErrorKind::Invalid, "it is an archive, not a list of images");
        return Err(error.hint("give the archive as an image, without --from"));
    }
    let text = decode(bytes)?;
    let lines = text.lines().enumerate().filter_map(|(index, line)| {
        let comment = line
            .match_indices('#')
            .map(|(at, _)| at)
            .find(|&at| line.get(..at).is_some_and(|before| before.is_empty() || before.ends_with(char::is_whitespace)));
        let line = line.get(..comment.unwrap_or(line.len()))?.trim();
        (!line.is_empty()).then(|| Line { number: index + 1, text: line.to_owned() })
    });
    Ok(lines.collect())
}

/// True for a tar archive, and for the compressions in which images are kept.
fn is_archive(bytes: &[u8]) -> bool {
    const TAR: std::ops::Range<usize> = 257..262;
    const GZIP: &[u8] = &[0x1f, 0x8b];
    const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
    bytes.get(TAR) == Some(b"ustar".as_slice()) || bytes.starts_with(GZIP) || bytes.starts_with(ZSTANDARD)
}

fn decode(bytes: &[u8]) -> Result<String, Error> {
    match encoding(bytes) {
        (Encoding::Utf16(unit), rest) => {
            let text: Option<String> = utf16(rest, unit).collect();
            text.ok_or_else(|| Error::of(ErrorKind::Invalid, "the list is not valid UTF-16"))
        }
        (Encoding::Utf8, rest) => std::str::from_utf8(rest).map(str::to_owned).map_err(|error| {
            let line = rest.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
            Error::of(ErrorKind::Invalid, format!("line {line} of the list is not valid UTF-8")).hint("save the list as UTF-8")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bytes: &[u8]) -> Vec<(usize, String)> {
        parse(bytes).unwrap().into_iter().map(|line| (line.number, line.text)).collect()
    }

    #[test]
    fn each_line_is_a_reference() {
        let list = b"# bases\r\n\r\nmcr.microsoft.com/windows/nanoserver:1809\r\n  nginx:1  \n\tredis # the cache\na#b\n#c\n#";
        let expected = [(3, "mcr.microsoft.com/windows/nanoserver:1809"), (4, "nginx:1"), (5, "redis"), (6, "a#b")];
        assert_eq!(texts(list), expected.map(|(number, text)| (number, text.to_owned())));
    }

    #[test]
    fn the_encodings_of_windows_editors_and_shells_are_read() {
        let expected = vec![(1, "nginx:1".to_owned()), (2, "redis".to_owned())];
        let text = "nginx:1\r\nredis\r\n";
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        let marked: Vec<u8> = [0xef, 0xbb, 0xbf].into_iter().chain(text.bytes()).collect();
        for bytes in [text.as_bytes(), &little, &big, &marked] {
            assert_eq!(texts(bytes), expected);
        }
        assert_eq!(texts(b""), []);
    }

    #[test]
    fn bytes_that_are_not_text_are_refused() {
        let error = parse(b"nginx\nredis\n\xff\xff\n").unwrap_err();
        assert_eq!(error.what, "line 3 of the list is not valid UTF-8");
        assert!(parse(b"\xff\xfea").is_err(), "half a unit");
        assert!(parse(b"\xff\xfe\x00\xd8").is_err(), "half a surrogate pair");
    }

    #[test]
    fn an_archive_is_said_to_be_one() {
        let mut tar = vec![b'a'; 1024];
        tar[257..262].copy_from_slice(b"ustar");
        for bytes in [tar.as_slice(), &[0x1f, 0x8b, 8, 0], &[0x28, 0xb5, 0x2f, 0xfd, 0]] {
            let error = parse(bytes).unwrap_err();
            assert_eq!(error.what, "it is an archive, not a list of images");
            assert!(error.hint.unwrap().to_string().contains("as an image"));
        }
        let error = read("app.tar", tar.as_slice()).unwrap_err();
        assert_eq!(error.sentence(), "app.tar could not be read: it is an archive, not a list of images");
    }

    #[test]
    fn an_endless_list_ends() {
        let error = read("-", std::io::repeat(b'#')).unwrap_err();
        assert_eq!(error.sentence(), "- could not be read: the list has more than 16 MiB");
    }
}
