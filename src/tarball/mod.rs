//! Tar archives of strangers, member by member: each byte once, in bounded memory, and nothing believed that cannot be true.
//!
//! The `tar` crate gives the layout of a header. Its iterator is not used: it holds extended headers of any size, takes numbers
//! that lie, and lets a PAX record name another file than the header without a word. What a member means is decided by those who
//! read one: an image archive is read for a few files in it, a Windows layer for all that it says.

mod header;
mod pax;

use std::io::{self, BufRead, BufReader, Read, Seek};

pub(crate) use header::{Header, LARGEST_OCTAL};
pub(crate) use pax::records;

const BLOCK: u64 = 512;
/// The largest extended header or GNU long name; the same limit as Go's reader, which all engines use.
const LARGEST_EXTENSION: u64 = 1 << 20;

/// A tar archive that is read member by member.
#[derive(Debug)]
pub(crate) struct Tarball<R> {
    reader: R,
    position: u64,
    limit: u64,
    payload: u64,
    padding: u64,
}

/// A block of the archive where a header is due.
#[derive(Debug)]
pub(crate) enum Next {
    /// The header of a member; [`Tarball::begin_payload`] says how much follows it.
    Header(Header),
    /// A block of zeros: the first of the two that end an archive.
    Zeros,
    /// The end of the stream.
    End,
}

/// The reason why a tar cannot be read on, and the byte at which that showed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The bytes could not be had.
    Read(io::Error),
    /// A header is malformed, or its checksum is wrong.
    Header(u64),
    /// The archive ends within a member.
    Truncated(u64),
    /// An extended header of this size, which is over its limit.
    Extension {
        /// The byte of the archive.
        at: u64,
        /// The size that the header states.
        size: u64,
    },
    /// A payload would lie beyond the limit.
    TooLarge(u64),
}

impl<R: BufRead> Tarball<R> {
    /// An archive of at most `limit` bytes; a size that cannot be true within it is refused at once.
    pub(crate) fn new(reader: R, limit: u64) -> Self {
        // One block less than all, so that no sum below overflows.
        Self { reader, position: 0, limit: limit.min(u64::MAX - BLOCK), payload: 0, padding: 0 }
    }

    /// The bytes that were read until now.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The limit of the archive in bytes.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// The next header, with its checksum verified. The rest of the payload before it is skipped, and so is its padding; where
    /// the stream ends within that padding is where the archive ends, if `may_lack_padding`.
    pub(crate) fn next(&mut self, may_lack_padding: bool) -> Result<Next, Fault> {
        self.read_payload(|_| Ok::<_, Fault>(()))?;
        self.payload = std::mem::take(&mut self.padding);
        match self.read_payload(|_| Ok(())) {
            Err(Fault::Truncated(_)) if may_lack_padding => return Ok(Next::End),
            skipped => skipped?,
        }
        let mut block = [0; BLOCK as usize];
        if !self.block(&mut block)? {
            return Ok(Next::End);
        }
        if block == [0; BLOCK as usize] {
            return Ok(Next::Zeros);
        }
        Header::parse(&block).map(Next::Header).ok_or(Fault::Header(self.position))
    }

    /// Reads the second of the two blocks that end an archive; the stream may also end before it.
    pub(crate) fn read_second_zeros(&mut self) -> Result<(), Fault> {
        let mut block = [0; BLOCK as usize];
        if self.block(&mut block)? && block != [0; BLOCK as usize] { Err(Fault::Header(self.position)) } else { Ok(()) }
    }

    /// Says how many bytes follow the header.
    pub(crate) fn begin_payload(&mut self, size: u64) -> Result<(), Fault> {
        if size > self.limit.saturating_sub(self.position) {
            return Err(Fault::TooLarge(self.position));
        }
        self.payload = size;
        self.padding = size.wrapping_neg() % BLOCK;
        Ok(())
    }

    /// Hands the payload to `take`, in pieces as large as they come.
    pub(crate) fn read_payload<E: From<Fault>>(&mut self, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        while self.payload > 0 {
            let available = fill(&mut self.reader)?;
            if available.is_empty() {
                return Err(Fault::Truncated(self.position).into());
            }
            let length = available.len().min(usize::try_from(self.payload).unwrap_or(usize::MAX));
            take(available.get(..length).unwrap_or_default())?;
            self.reader.consume(length);
            self.payload -= length as u64;
            self.position += length as u64;
        }
        Ok(())
    }

    /// The whole payload of an extended header, of the size that its header states.
    pub(crate) fn read_extension(&mut self, size: u64) -> Result<Vec<u8>, Fault> {
        if size > LARGEST_EXTENSION {
            return Err(Fault::Extension { at: self.position, size });
        }
        self.begin_payload(size)?;
        let mut content = Vec::new();
        self.read_payload(|bytes| {
            content.extend_from_slice(bytes);
            Ok::<_, Fault>(())
        })?;
        Ok(content)
    }

    /// The reader, wherever it stands.
    pub(crate) fn into_reader(self) -> R {
        self.reader
    }

    /// Reads a whole block; `false` if the stream ends before its first byte.
    fn block(&mut self, block: &mut [u8; BLOCK as usize]) -> Result<bool, Fault> {
        if fill(&mut self.reader)?.is_empty() {
            return Ok(false);
        }
        self.reader.read_exact(block).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Fault::Truncated(self.position),
            _ => Fault::Read(error),
        })?;
        self.position += BLOCK;
        Ok(true)
    }
}

impl<S: Read + Seek> Tarball<BufReader<S>> {
    /// Moves past the payload without reading it.
    pub(crate) fn seek_past_payload(&mut self) -> Result<(), Fault> {
        let size = std::mem::take(&mut self.payload);
        let distance = i64::try_from(size).map_err(|_| Fault::TooLarge(self.position))?;
        self.reader.seek_relative(distance).map_err(Fault::Read)?;
        self.position += size;
        Ok(())
    }
}

/// The bytes that are there, or an empty slice at the end of the stream.
fn fill(reader: &mut impl BufRead) -> Result<&[u8], Fault> {
    loop {
        // The borrow checker does not see that the slice is not used where the loop goes on.
        match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Fault::Read(error)),
            Ok(_) => break,
        }
    }
    reader.fill_buf().map_err(Fault::Read)
}
