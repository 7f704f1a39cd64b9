//! Lists of references, one a line: `--from FILE` and `--from -`.

use std::io::Read;

use crate::{Error, ErrorKind};

/// The most bytes a list may have; 100,000 references are a few MiB.
pub const LARGEST: u64 = 16 << 20;

/// One reference of a list, not yet read as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its line, from 1.
    pub number: usize,
    /// Its text without blanks and comment, e.g. `mcr.microsoft.com/windows/nanoserver:1809`.
    pub text: String,
}

/// Reads a list to its end, which may have at most [`LARGEST`] bytes; `what` names it in errors, e.g. `images.txt`.
pub fn read(what: &str, from: impl Read) -> Result<Vec<Line>, Error> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::of(ErrorKind::Invalid, format!("{what} could not be read")).because(error.to_string()))?;
    parse(&bytes).map_err(|error| error.within(format!("{what} could not be read")))
}

/// The references in these bytes. Blank lines are skipped, and what follows a `#` at the start of a line or after a blank. The text is
/// UTF-8, or UTF-16 with a byte order mark, which is what `>` writes in Windows PowerShell.
pub fn parse(bytes: &[u8]) -> Result<Vec<Line>, Error> {
    if bytes.len() as u64 > LARGEST {
        return Err(Error::of(ErrorKind::Invalid, format!("the list has more than {} MiB", LARGEST >> 20)));
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

fn decode(bytes: &[u8]) -> Result<String, Error> {
    let utf16 = |unit: fn([u8; 2]) -> u16, rest: &[u8]| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        let whole = rest.len().is_multiple_of(2);
        String::from_utf16(&units)
            .ok()
            .filter(|_| whole)
            .ok_or_else(|| Error::of(ErrorKind::Invalid, "the list is not valid UTF-16"))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => utf16(u16::from_be_bytes, rest),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => std::str::from_utf8(rest).map(str::to_owned).map_err(|error| {
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
    fn reads_one_reference_a_line() {
        let list = b"# bases\r\n\r\nmcr.microsoft.com/windows/nanoserver:1809\r\n  nginx:1  \n\tredis # the cache\na#b\n#c\n#";
        let expected = [(3, "mcr.microsoft.com/windows/nanoserver:1809"), (4, "nginx:1"), (5, "redis"), (6, "a#b")];
        assert_eq!(texts(list), expected.map(|(number, text)| (number, text.to_owned())));
    }

    #[test]
    fn reads_what_windows_editors_and_shells_write() {
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
    fn refuses_what_is_no_text() {
        let error = parse(b"nginx\nredis\n\xff\xff\n").unwrap_err();
        assert_eq!(error.what, "line 3 of the list is not valid UTF-8");
        assert!(parse(b"\xff\xfea").is_err(), "half a unit");
        assert!(parse(b"\xff\xfe\x00\xd8").is_err(), "half a surrogate pair");
    }

    #[test]
    fn an_endless_list_ends() {
        let error = read("-", std::io::repeat(b'#')).unwrap_err();
        assert_eq!(error.sentence(), "- could not be read: the list has more than 16 MiB");
    }
}
