//! Backup streams: what BackupWrite takes and BackupRead gives, read in pieces of any size.

use std::io;

/// The header of one stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stream {
    /// What it holds: `Stream::DATA` and its like.
    pub id: u32,
    /// Its attributes.
    pub attributes: u32,
    /// The length of its content, of a sparse block without the offset before it.
    pub size: u64,
    /// Its name, UTF-16 in bytes.
    pub name: Vec<u8>,
    /// Where a sparse block goes.
    pub sparse_offset: u64,
}

impl Stream {
    /// The file's plain data.
    pub const DATA: u32 = 1;
    /// A security descriptor.
    pub const SECURITY: u32 = 3;
    /// What a reparse point is.
    pub const REPARSE: u32 = 8;
    /// A block of a sparse file.
    pub const SPARSE_BLOCK: u32 = 9;

    /// The header as bytes.
    pub fn header(&self) -> Vec<u8> {
        let sparse = self.id == Stream::SPARSE_BLOCK;
        let mut bytes = self.id.to_le_bytes().to_vec();
        bytes.extend(self.attributes.to_le_bytes());
        bytes.extend((self.size + if sparse { 8 } else { 0 }).to_le_bytes());
        bytes.extend((self.name.len() as u32).to_le_bytes());
        bytes.extend(&self.name);
        if sparse {
            bytes.extend(self.sparse_offset.to_le_bytes());
        }
        bytes
    }
}

/// What is called with each piece of content: its stream, its offset in it, its bytes. The first piece of a stream may be
/// empty.
pub type Sink<'a> = dyn FnMut(&Stream, u64, &[u8]) -> io::Result<()> + 'a;

/// A reader of one file's streams.
#[derive(Default)]
pub struct Parser {
    header: Vec<u8>,
    stream: Option<(Stream, u64)>,
}

const HEADER: usize = 20;

impl Parser {
    /// Takes the next bytes.
    pub fn feed(&mut self, mut bytes: &[u8], sink: &mut Sink) -> io::Result<()> {
        while !bytes.is_empty() {
            let Some((stream, done)) = &mut self.stream else {
                bytes = self.feed_header(bytes, sink)?;
                continue;
            };
            let left = stream.size - *done;
            let piece = &bytes[..bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
            sink(stream, *done, piece)?;
            *done += piece.len() as u64;
            bytes = &bytes[piece.len()..];
            if *done == stream.size {
                self.stream = None;
            }
        }
        Ok(())
    }

    fn feed_header<'a>(&mut self, bytes: &'a [u8], sink: &mut Sink) -> io::Result<&'a [u8]> {
        let wanted = self.header_length();
        let piece = &bytes[..bytes.len().min(wanted - self.header.len())];
        self.header.extend(piece);
        if self.header.len() == HEADER {
            check_fixed(&self.header)?;
        }
        if self.header.len() < wanted || self.header_length() > wanted {
            return Ok(&bytes[piece.len()..]);
        }
        let stream = read_header(&std::mem::take(&mut self.header))?;
        sink(&stream, 0, &[])?;
        if stream.size > 0 {
            self.stream = Some((stream, 0));
        }
        Ok(&bytes[piece.len()..])
    }

    fn header_length(&self) -> usize {
        let Some(fixed) = self.header.get(..HEADER) else { return HEADER };
        let name = u32::from_le_bytes(fixed[16..20].try_into().expect("four bytes")) as usize;
        let sparse = fixed[..4] == Stream::SPARSE_BLOCK.to_le_bytes();
        HEADER + name.min(0x10000) + if sparse { 8 } else { 0 }
    }

    /// Whether a whole number of streams was read.
    pub fn finish(&self) -> io::Result<()> {
        if self.stream.is_some() || !self.header.is_empty() {
            return Err(invalid("the backup stream ends in the middle"));
        }
        Ok(())
    }
}

/// Refuses what no header says, as soon as its fixed part is there.
fn check_fixed(bytes: &[u8]) -> io::Result<()> {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let (id, name_size) = (number(0), number(16));
    if !(1..=10).contains(&id) {
        return Err(invalid(format!("{id} is no stream id")));
    }
    if name_size % 2 != 0 || name_size > 0x10000 || (name_size > 0 && id != 4) {
        return Err(invalid(format!("a stream {id} with a name of {name_size} bytes")));
    }
    Ok(())
}

fn read_header(bytes: &[u8]) -> io::Result<Stream> {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let (id, name_size) = (number(0), number(16) as usize);
    let mut stream =
        Stream { id, attributes: number(4), size: long(8), name: bytes[HEADER..HEADER + name_size].to_vec(), sparse_offset: 0 };
    if id == Stream::SPARSE_BLOCK {
        stream.sparse_offset = long(HEADER + name_size);
        stream.size = stream.size.checked_sub(8).ok_or_else(|| invalid("a sparse block without its offset"))?;
    }
    Ok(stream)
}

fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// A file's whole stream, from the streams that were recorded (their data left out) and the data it has now.
pub fn whole(recorded: &[u8], data: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = recorded;
    let mut had_data = false;
    while rest.len() >= HEADER {
        let length = Parser { header: rest[..HEADER].to_vec(), stream: None }.header_length();
        let Some(Ok(stream)) = rest.get(..length).map(read_header) else { break };
        rest = &rest[length..];
        if stream.id == Stream::DATA {
            had_data = true;
            bytes.extend(data_stream(data.unwrap_or_default()));
        } else {
            let content = rest.len().min(stream.size as usize);
            bytes.extend(stream.header());
            bytes.extend(&rest[..content]);
            rest = &rest[content..];
        }
    }
    match data {
        Some(data) if !had_data => [bytes, data_stream(data)].concat(),
        _ => bytes,
    }
}

fn data_stream(data: &[u8]) -> Vec<u8> {
    let header = Stream { id: Stream::DATA, size: data.len() as u64, ..Stream::default() }.header();
    [header, data.to_vec()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let security = Stream { id: Stream::SECURITY, attributes: 2, size: 5, ..Stream::default() };
        let data = Stream { id: Stream::DATA, size: 3, ..Stream::default() };
        let other = Stream { id: 4, size: 2, name: vec![b':', 0, b'a', 0], ..Stream::default() };
        let sparse = Stream { id: Stream::SPARSE_BLOCK, size: 1, sparse_offset: 4096, ..Stream::default() };
        [
            security.header(),
            b"owner".to_vec(),
            data.header(),
            b"abc".to_vec(),
            other.header(),
            b"zz".to_vec(),
            sparse.header(),
            b"!".to_vec(),
        ]
        .concat()
    }

    #[test]
    fn streams_are_read_in_pieces_of_any_size() {
        for size in 1..50 {
            let mut parser = Parser::default();
            let mut found: Vec<(u32, u64, Vec<u8>)> = Vec::new();
            for piece in sample().chunks(size) {
                let take = &mut |stream: &Stream, offset: u64, bytes: &[u8]| {
                    if bytes.is_empty() {
                        found.push((stream.id, stream.sparse_offset, Vec::new()));
                    } else {
                        let last = found.last_mut().unwrap();
                        assert_eq!(last.2.len() as u64, offset);
                        last.2.extend(bytes);
                    }
                    Ok(())
                };
                parser.feed(piece, take).unwrap();
            }
            parser.finish().unwrap();
            let expected = [(3, 0, "owner"), (1, 0, "abc"), (4, 0, "zz"), (9, 4096, "!")];
            let expected: Vec<_> = expected.iter().map(|(id, at, text)| (*id, *at, text.as_bytes().to_vec())).collect();
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn broken_streams_are_refused() {
        let feed = |bytes: &[u8]| {
            let mut parser = Parser::default();
            parser.feed(bytes, &mut |_, _, _| Ok(())).and_then(|()| parser.finish())
        };
        let mut unknown = sample();
        unknown[0] = 77;
        assert!(feed(&unknown).is_err());
        let whole = sample();
        assert!(feed(&whole[..whole.len() - 1]).is_err());
        assert!(feed(&whole).is_ok());
    }
}
