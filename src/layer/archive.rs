//! The members of a tar stream: headers, extended headers, payloads, each byte once and in bounded memory.
//!
//! The `tar` crate gives the layout of a header. Its iterator is not used: it holds extended headers of any size, takes numbers
//! that lie, and lets a PAX record name another file than the header without a word.

use std::io::{self, BufRead};

use tar::Header;

use crate::layer::pax::Records;
use crate::layer::{LayerError, Refusal};

const BLOCK: u64 = 512;
/// Extended headers and GNU long names; the same limit as Go's reader, which all engines use.
const LONGEST_EXTENSION: u64 = 1 << 20;
/// The largest size that the octal digits of a header can say.
const LARGEST_OCTAL: u64 = 0o77_777_777_777;
/// The bytes of a name that fit into a header without being split.
const HEADER_NAME: usize = 100;

/// A tar stream that is read member by member.
#[derive(Debug)]
pub struct Archive<R> {
    reader: R,
    position: u64,
    limit: u64,
    payload: u64,
    padding: u64,
}

/// A member of a tar, its extended headers applied and compared with its header.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name as it stands there.
    pub name: Vec<u8>,
    /// The target of a link as it stands there, else empty.
    pub link: Vec<u8>,
    /// The type byte, e.g. `b'5'` for a directory; old archives have NUL for `b'0'`, a file.
    pub type_flag: u8,
    /// The bytes of its payload.
    pub size: u64,
    /// The modification time of the header in seconds since 1970; 0 where there is none.
    pub modified: u64,
    /// The records of its PAX header.
    pub records: Records,
}

/// What extension members said of the member that follows them.
#[derive(Default)]
struct Extensions {
    pax: Option<Records>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
}

impl<R: BufRead> Archive<R> {
    /// An archive that may be at most `limit` bytes long; a size that cannot be true within it is refused at once.
    pub fn new(reader: R, limit: u64) -> Self {
        Self { reader, position: 0, limit, payload: 0, padding: 0 }
    }

    /// The next member, or `None` at the end of the archive. What was not read of the payload before is skipped.
    pub fn next_member(&mut self) -> Result<Option<Member>, LayerError> {
        let mut extensions = Extensions::default();
        loop {
            self.skip_payload()?;
            let Some(header) = self.header()? else {
                return if extensions.is_empty() { Ok(None) } else { Err(self.refused(Refusal::Truncated)) };
            };
            let type_flag = type_flag(&header);
            let size = number(&header.as_old().size).ok_or_else(|| self.refused(Refusal::Header))?;
            match type_flag {
                b'x' | b'L' | b'K' => {
                    let content = self.extension(size)?;
                    extensions.add(type_flag, content).map_err(|refusal| self.refused(refusal))?;
                }
                _ => {
                    let name = header.path_bytes().into_owned();
                    let member = extensions
                        .apply(&header, size)
                        .and_then(|member| self.begin_payload(member.size).map(|()| member))
                        .map_err(|refusal| LayerError::refused(&name, refusal))?;
                    return Ok(Some(member));
                }
            }
        }
    }

    /// Hands the payload of the member to `take`, in pieces as large as they come.
    pub fn read_payload(&mut self, mut take: impl FnMut(&[u8]) -> Result<(), LayerError>) -> Result<(), LayerError> {
        while self.payload > 0 {
            let available = fill(&mut self.reader)?;
            if available.is_empty() {
                return Err(self.refused(Refusal::Truncated));
            }
            let length = available.len().min(usize::try_from(self.payload).unwrap_or(usize::MAX));
            take(available.get(..length).unwrap_or_default())?;
            self.reader.consume(length);
            self.payload -= length as u64;
            self.position += length as u64;
        }
        Ok(())
    }

    fn skip_payload(&mut self) -> Result<(), LayerError> {
        self.payload += std::mem::take(&mut self.padding);
        self.read_payload(|_| Ok(()))
    }

    fn begin_payload(&mut self, size: u64) -> Result<(), Refusal> {
        if size > self.limit.saturating_sub(self.position) {
            return Err(Refusal::TooLarge { limit: self.limit });
        }
        self.payload = size;
        self.padding = size.wrapping_neg() % BLOCK;
        Ok(())
    }

    /// The next header; `None` at the end marker of two zero blocks, or where the stream ends before a header.
    fn header(&mut self) -> Result<Option<Header>, LayerError> {
        let mut header = Header::new_old();
        if !self.block(header.as_mut_bytes())? {
            return Ok(None);
        }
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            let mut second = [0; BLOCK as usize];
            return match self.block(&mut second)? && second != [0; BLOCK as usize] {
                true => Err(self.refused(Refusal::Header)),
                false => Ok(None),
            };
        }
        let sum = |bytes: Option<&[u8]>| bytes.unwrap_or_default().iter().map(|byte| u64::from(*byte)).sum::<u64>();
        let bytes = header.as_bytes();
        // The checksum counts its own eight bytes as spaces.
        let actual = sum(bytes.get(..148)) + 8 * u64::from(b' ') + sum(bytes.get(156..));
        match number(&header.as_old().cksum) {
            Some(stated) if stated == actual => Ok(Some(header)),
            _ => Err(self.refused(Refusal::Header)),
        }
    }

    /// Reads a whole block; `false` if the stream ends before its first byte.
    fn block(&mut self, block: &mut [u8; BLOCK as usize]) -> Result<bool, LayerError> {
        if fill(&mut self.reader)?.is_empty() {
            return Ok(false);
        }
        self.reader.read_exact(block).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.refused(Refusal::Truncated),
            _ => LayerError::Read(error),
        })?;
        self.position += BLOCK;
        Ok(true)
    }

    fn extension(&mut self, size: u64) -> Result<Vec<u8>, LayerError> {
        if size > LONGEST_EXTENSION {
            return Err(self.refused(Refusal::ExtendedHeader));
        }
        self.begin_payload(size).map_err(|refusal| self.refused(refusal))?;
        let mut content = Vec::new();
        self.read_payload(|bytes| {
            content.extend_from_slice(bytes);
            Ok(())
        })?;
        Ok(content)
    }

    /// A refusal of what has no name yet.
    fn refused(&self, reason: Refusal) -> LayerError {
        LayerError::refused(format!("byte {} of the archive", self.position).as_bytes(), reason)
    }
}

impl Extensions {
    fn is_empty(&self) -> bool {
        self.pax.is_none() && self.long_name.is_none() && self.long_link.is_none()
    }

    fn add(&mut self, type_flag: u8, mut content: Vec<u8>) -> Result<(), Refusal> {
        let twice = match type_flag {
            b'x' => self.pax.replace(Records::parse(&content)?).is_some(),
            _ => {
                if content.last() == Some(&0) {
                    content.pop();
                }
                let slot = if type_flag == b'L' { &mut self.long_name } else { &mut self.long_link };
                slot.replace(content).is_some()
            }
        };
        if twice { Err(Refusal::ExtendedHeader) } else { Ok(()) }
    }

    fn apply(self, header: &Header, size: u64) -> Result<Member, Refusal> {
        let records = self.pax.unwrap_or_default();
        if records.with_prefix("GNU.sparse.").next().is_some() {
            return Err(Refusal::Type('S'));
        }
        let name = extended(&header.path_bytes(), self.long_name, records.get("path")).ok_or(Refusal::NameDisagrees)?;
        let link = header.link_name_bytes().unwrap_or_default();
        let link = extended(&link, self.long_link, records.get("linkpath")).ok_or(Refusal::LinkDisagrees)?;
        let size = match records.get("size") {
            Some(record) => extended_size(size, record)?,
            None => size,
        };
        let modified = number(&header.as_old().mtime).ok_or(Refusal::Header)?;
        Ok(Member { name, link, type_flag: type_flag(header), size, modified, records })
    }
}

/// The bytes that are there, or an empty slice at the end of the stream.
fn fill(reader: &mut impl BufRead) -> Result<&[u8], LayerError> {
    reader.fill_buf().map_err(LayerError::Read)
}

fn type_flag(header: &Header) -> u8 {
    let [flag] = header.as_old().linkflag;
    flag
}

/// The name that counts, if the header's is what becomes of it in a header.
///
/// Writers leave a name out of the header only if it is longer than the field or not ASCII. What they put there instead differs
/// (Go drops what is not ASCII, Python writes `?`, libarchive leaves out the middle), but is what remains of the name, or, for the
/// targets of links, one of libarchive's two fixed texts. A header that names another file is there to deceive a reader of either.
fn extended(header: &[u8], long: Option<Vec<u8>>, pax: Option<&[u8]>) -> Option<Vec<u8>> {
    let name = match (long, pax) {
        (None, None) => return Some(header.to_vec()),
        (Some(_), Some(_)) => return None,
        (Some(name), None) => name,
        (None, Some(name)) => name.to_vec(),
    };
    let trimmed = |name: &[u8]| name.strip_suffix(b"/").unwrap_or(name).to_vec();
    if trimmed(header) == trimmed(&name) {
        return Some(name);
    }
    let fits = name.len() <= HEADER_NAME && name.is_ascii();
    let mut rest = name.iter();
    let remains = header.iter().all(|byte| rest.any(|other| other == byte || (*byte == b'?' && !other.is_ascii())));
    let climbs = header.split(|byte| *byte == b'/').any(|part| part == b"..");
    let placeholder = matches!(header, b"././@LongHardLink" | b"././@LongSymLink");
    if !fits && ((remains && !climbs) || placeholder) { Some(name) } else { None }
}

/// The size of a PAX record, which is there only for what the header's digits cannot say.
fn extended_size(header: u64, record: &[u8]) -> Result<u64, Refusal> {
    let size = std::str::from_utf8(record).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let size: u64 = size.and_then(|text| text.parse().ok()).ok_or(Refusal::Record("size"))?;
    if size == header || (size > LARGEST_OCTAL && (header == 0 || header == LARGEST_OCTAL)) {
        Ok(size)
    } else {
        Err(Refusal::Size)
    }
}

/// A number of a header: octal digits, or GNU's binary form for large ones; `None` if it is neither or negative.
fn number(field: &[u8]) -> Option<u64> {
    if let [0x80, binary @ ..] = field {
        return binary.iter().try_fold(0u64, |sum, byte| Some(sum.checked_mul(256)? + u64::from(*byte)));
    }
    let start = field.iter().position(|byte| *byte != b' ').unwrap_or(field.len());
    let digits = field.get(start..)?;
    let end = digits.iter().position(|byte| matches!(byte, b' ' | 0)).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at_checked(end)?;
    if !rest.iter().all(|byte| matches!(byte, b' ' | 0)) {
        return None;
    }
    digits.iter().try_fold(0u64, |sum, digit| match digit {
        b'0'..=b'7' => Some(sum.checked_mul(8)? + u64::from(digit - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        for (field, value) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"644", Some(0o644)),
            (b"\0\0\0\0", Some(0)),
            (b"    ", Some(0)),
            (b"77777777777\0", Some(LARGEST_OCTAL)),
            (b"\x80\0\0\0\0\0\0\x02\0\0\0\0", Some(0x2_0000_0000)),
            (b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", Some(u64::MAX)),
            (b"\x80\0\0\x01\0\0\0\0\0\0\0\0", None),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"\x81\0\0\0\0\0\0\0\0\0\0\0", None),
            (b"0000648\0", None),
            (b"-000644\0", None),
            (b"+000644\0", None),
            (b"64\x004\0\0\0\0", None),
            (b"6 4\0", None),
        ] {
            assert_eq!(number(field), value, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn a_longer_name_must_be_what_the_header_was_cut_from() {
        let long = format!("Files/{}/a.dll", "d".repeat(120));
        for (header, name, agrees) in [
            ("Files/a", "Files/a", true),
            ("Files/d/", "Files/d", true),
            (&long[..100], long.as_str(), true),
            // Go drops what is not ASCII, Python replaces it, others keep it.
            ("Files/.txt", "Files/日本語.txt", true),
            ("Files/???.txt", "Files/日本語.txt", true),
            ("Files/日本語.txt", "Files/日本語.txt", true),
            // libarchive keeps the beginning and the end.
            ("Files/ddd/a.dll", long.as_str(), true),
            ("././@LongHardLink", long.as_str(), true),
            ("././@LongHardLink", "Files/a", false),
            ("Files/a", "Files/b", false),
            ("Files/a", "Files/ab", false),
            ("Files/b.txt", "Files/日本語.txt", false),
            ("Hives/ddd", long.as_str(), false),
            ("../a", "Files/…/.a/.a/a", false),
        ] {
            let pax = extended(header.as_bytes(), None, Some(name.as_bytes()));
            assert_eq!(pax.is_some(), agrees, "{header} {name}");
            assert_eq!(extended(header.as_bytes(), Some(name.into()), None), pax, "the same for GNU's long names");
        }
        assert_eq!(extended(b"Files/a", Some(b"Files/a".to_vec()), Some(b"Files/a")), None, "one of the two is enough");
    }

    #[test]
    fn sizes_are_extended_only_where_they_must_be() {
        assert_eq!(extended_size(7, b"7"), Ok(7));
        assert_eq!(extended_size(0, b"8589934592"), Ok(1 << 33));
        for (header, record) in [(7, "8"), (0, "7"), (7, "8589934592"), (LARGEST_OCTAL, "7")] {
            assert_eq!(extended_size(header, record.as_bytes()), Err(Refusal::Size), "{header} {record}");
        }
        for record in ["-1", "+7", "", " 7", "7.0", "99999999999999999999"] {
            assert_eq!(extended_size(7, record.as_bytes()), Err(Refusal::Record("size")), "{record}");
        }
    }
}
