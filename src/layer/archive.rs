//! The members of a layer's tar, as strictly as readers of tar differ: nothing that two of them could take for two things.

use std::io::BufRead;

use crate::layer::pax::Records;
use crate::layer::{LayerError, Refusal};
use crate::tarball::{Fault, Header, LARGEST_OCTAL, Next, Tarball};

/// The bytes of a name that fit into a header without being split.
const HEADER_NAME: usize = 100;

/// A layer's tar that is read member by member.
#[derive(Debug)]
pub struct Archive<R> {
    tar: Tarball<R>,
}

/// A member of a tar, its extended headers applied and compared with its header.
#[derive(Clone, Debug)]
pub struct Member {
    /// The name as it stands there.
    pub name: Vec<u8>,
    /// The target of a link as it stands there, else empty.
    pub link: Vec<u8>,
    /// The type byte, e.g. `b'5'` for a directory; old archives have NUL for `b'0'`, a file.
    pub type_flag: u8,
    /// The size of the payload in bytes.
    pub size: u64,
    /// The modification time of the header in seconds since 1970; 0 where there is none.
    pub modified: u64,
    /// The records of the PAX header.
    pub records: Records,
}

/// The extension members before a member.
#[derive(Default)]
struct Extensions {
    pax: Option<Records>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
}

impl<R: BufRead> Archive<R> {
    /// An archive that may be at most `limit` bytes long; a size that cannot be true within it is refused at once.
    pub fn new(reader: R, limit: u64) -> Self {
        Self { tar: Tarball::new(reader, limit) }
    }

    /// The next member, or `None` at the end of the archive. The unread rest of the payload before it is skipped.
    pub fn next_member(&mut self) -> Result<Option<Member>, LayerError> {
        let mut extensions = Extensions::default();
        loop {
            let header = match self.tar.next(false).map_err(|fault| self.failed(fault))? {
                Next::Header(header) => header,
                Next::Zeros => {
                    self.tar.read_second_zeros().map_err(|fault| self.failed(fault))?;
                    return self.end(&extensions);
                }
                Next::End => return self.end(&extensions),
            };
            let type_flag = header.type_flag();
            let size = header.size().ok_or_else(|| refused_at(self.tar.position(), Refusal::Header))?;
            match type_flag {
                // `git archive` writes the name of the commit so.
                b'g' if size > 0 => {
                    let content = self.tar.read_extension(size).map_err(|fault| self.failed(fault))?;
                    if !Records::parse(&content).is_ok_and(|records| records.is_only_a_comment()) {
                        return Err(LayerError::refused(&header.name(), Refusal::Type('g')));
                    }
                }
                b'x' | b'L' | b'K' => {
                    let content = self.tar.read_extension(size).map_err(|fault| self.failed(fault))?;
                    extensions.add(type_flag, content).map_err(|refusal| refused_at(self.tar.position(), refusal))?;
                }
                _ => {
                    let limit = self.tar.limit();
                    let member = extensions.apply(&header, size).and_then(|member| {
                        self.tar.begin_payload(member.size).map_err(|_| Refusal::TooLarge { limit })?;
                        Ok(member)
                    });
                    return member.map(Some).map_err(|refusal| LayerError::refused(&header.name(), refusal));
                }
            }
        }
    }

    /// Hands the payload of the member to `take`, in pieces as large as they come.
    pub fn read_payload(&mut self, mut take: impl FnMut(&[u8]) -> Result<(), LayerError>) -> Result<(), LayerError> {
        let limit = self.tar.limit();
        self.tar.read_payload(|bytes| take(bytes).map_err(Stopped::Taker)).map_err(|stopped| match stopped {
            Stopped::Archive(fault) => failed(fault, limit),
            Stopped::Taker(error) => error,
        })
    }

    /// The end of the archive, which no extension member may stand before.
    fn end(&self, extensions: &Extensions) -> Result<Option<Member>, LayerError> {
        if extensions.is_empty() { Ok(None) } else { Err(refused_at(self.tar.position(), Refusal::Truncated)) }
    }

    fn failed(&self, fault: Fault) -> LayerError {
        failed(fault, self.tar.limit())
    }
}

/// The side on which the reading of a payload stopped.
enum Stopped {
    Archive(Fault),
    Taker(LayerError),
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Archive(fault)
    }
}

fn failed(fault: Fault, limit: u64) -> LayerError {
    match fault {
        Fault::Read(error) => LayerError::Read(error),
        Fault::Header(at) => refused_at(at, Refusal::Header),
        Fault::Truncated(at) => refused_at(at, Refusal::Truncated),
        Fault::Extension { at, .. } => refused_at(at, Refusal::ExtendedHeader),
        Fault::TooLarge(at) => refused_at(at, Refusal::TooLarge { limit }),
    }
}

/// A refusal of a member that has no name yet.
fn refused_at(position: u64, reason: Refusal) -> LayerError {
    LayerError::refused(format!("byte {position} of the archive").as_bytes(), reason)
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
        let name = extended(&header.name(), self.long_name, records.get("path")).ok_or(Refusal::NameDisagrees)?;
        let link = extended(&header.link(), self.long_link, records.get("linkpath")).ok_or(Refusal::LinkDisagrees)?;
        let size = match records.get("size") {
            Some(record) => extended_size(size, record)?,
            None => size,
        };
        let modified = header.modified().ok_or(Refusal::Header)?;
        Ok(Member { name, link, type_flag: header.type_flag(), size, modified, records })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
