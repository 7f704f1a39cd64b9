//! The files of a tar archive, read where they lie.
//!
//! The tar crate reads GNU long names and PAX records into memory whatever their size, so its iterator is not for archives of
//! strangers; its headers are used, the walk from one to the next is here.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tar::{EntryType, Header};

use crate::files::open_regular;

/// The most entries, the longest names, and the largest extended headers; archives of images have some hundred files with names of
/// 80 bytes.
const MOST_ENTRIES: usize = 50_000;
const LONGEST_NAME: usize = 255;
const LARGEST_EXTENSION: u64 = 1 << 20;

/// What is kept of a compressed archive, which cannot be read twice: JSON files up to this size, up to this sum.
const LARGEST_KEPT: u64 = 4 << 20;
const MOST_KEPT: u64 = 16 << 20;

/// The largest window of zstd that is decompressed, as a power of two: 128 MiB.
const LARGEST_WINDOW_LOG: u32 = 27;

const BLOCK: u64 = 512;

/// A tar archive, plain or compressed by gzip or zstd, and where its files lie.
pub struct Archive {
    /// The archive itself; `None` if it is compressed.
    file: Option<Mutex<Box<dyn Source>>>,
    members: HashMap<String, Member>,
}

/// What an archive is read from: a file, or bytes in memory.
pub trait Source: Read + Seek + Send {}

impl<S: Read + Seek + Send> Source for S {}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("members", &self.members).finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum Member {
    /// In the archive, at this offset, with this size.
    Lies(u64, u64),
    /// In memory, from a compressed archive.
    Kept(Vec<u8>),
    /// In a compressed archive, and not kept.
    Passed,
}

impl Archive {
    /// Opens the archive in this file.
    pub fn open(path: &Path, deadline: Option<Instant>) -> io::Result<Self> {
        Self::new(open_regular(path)?, deadline)
    }

    /// Finds the files of an archive. Passing through a compressed one ends with an error at the deadline.
    pub fn new(mut source: impl Source + 'static, deadline: Option<Instant>) -> io::Result<Self> {
        let length = source.seek(SeekFrom::End(0))?;
        source.rewind()?;
        let mut magic = Vec::new();
        (&mut source).take(4).read_to_end(&mut magic)?;
        source.rewind()?;
        let mut reader = BufReader::new(source);
        match magic.as_slice() {
            [0x1f, 0x8b, ..] => Self::pass_through(flate2::read::MultiGzDecoder::new(reader), deadline),
            [0x28, 0xb5, 0x2f, 0xfd] => {
                let mut decoder = zstd::Decoder::with_buffer(reader)?;
                decoder.window_log_max(LARGEST_WINDOW_LOG)?;
                Self::pass_through(decoder, deadline)
            }
            _ => {
                let mut members = HashMap::new();
                walk(&mut reader, Some(length), |reader, name, offset, size| {
                    members.insert(name, Member::Lies(offset, size));
                    let size = i64::try_from(size).map_err(|_| cut_off())?;
                    reader.seek_relative(size)
                })?;
                Ok(Self { file: Some(Mutex::new(Box::new(reader.into_inner()))), members })
            }
        }
    }

    /// Reads a decompressed archive from its beginning to its end, and keeps what may be asked for.
    fn pass_through(reader: impl Read, deadline: Option<Instant>) -> io::Result<Self> {
        let mut members = HashMap::new();
        let mut kept = 0;
        walk(&mut Timed { reader, deadline }, None, |reader, name, _, size| {
            let mut start = [0; 1];
            let begin = size.min(1);
            reader.read_exact(start.get_mut(..begin as usize).unwrap_or_default())?;
            let wanted = matches!(start, [b'{' | b'[']) && size <= LARGEST_KEPT && kept + size <= MOST_KEPT;
            let member = if wanted {
                let mut bytes = start.to_vec();
                reader.by_ref().take(size - begin).read_to_end(&mut bytes)?;
                kept += size;
                if bytes.len() as u64 != size {
                    return Err(cut_off());
                }
                Member::Kept(bytes)
            } else {
                skip(reader, size - begin)?;
                Member::Passed
            };
            if let Some(Member::Kept(replaced)) = members.insert(name, member) {
                kept -= replaced.len() as u64;
            }
            Ok(())
        })?;
        Ok(Self { file: None, members })
    }

    /// The file of this name, of at most `max` bytes, if there is one.
    pub fn read(&self, name: &str, max: u64) -> io::Result<Option<Vec<u8>>> {
        let too_large = || io::Error::new(io::ErrorKind::InvalidData, format!("{name} has more than {max} bytes"));
        match (self.members.get(name), &self.file) {
            (None, _) => Ok(None),
            (Some(Member::Kept(bytes)), _) if bytes.len() as u64 > max => Err(too_large()),
            (Some(Member::Kept(bytes)), _) => Ok(Some(bytes.clone())),
            (Some(Member::Lies(_, size)), Some(_)) if *size > max => Err(too_large()),
            (Some(Member::Lies(offset, size)), Some(file)) => {
                let mut bytes = Vec::new();
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(*offset))?;
                (&mut **file).take(*size).read_to_end(&mut bytes)?;
                if bytes.len() as u64 == *size { Ok(Some(bytes)) } else { Err(cut_off()) }
            }
            (Some(Member::Passed), _) | (Some(Member::Lies(..)), None) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("{name} is in a compressed archive and is not a small JSON file; decompress the archive first"),
            )),
        }
    }
}

/// Calls `visit` with the reader at the data of each regular file, the file's name, offset and size; `visit` moves past the data.
fn walk<R: Read>(
    reader: &mut R,
    length: Option<u64>,
    mut visit: impl FnMut(&mut R, String, u64, u64) -> io::Result<()>,
) -> io::Result<()> {
    let mut position: u64 = 0;
    let mut extension = Extension::default();
    let mut entries = 0;
    while let Some(header) = next_header(reader, position == 0)? {
        position += BLOCK;
        entries += 1;
        if entries > MOST_ENTRIES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it has more than {MOST_ENTRIES} entries")));
        }
        let kind = header.entry_type();
        let size = match kind {
            EntryType::Link
            | EntryType::Symlink
            | EntryType::Char
            | EntryType::Block
            | EntryType::Directory
            | EntryType::Fifo => 0,
            EntryType::XHeader | EntryType::XGlobalHeader | EntryType::GNULongName | EntryType::GNULongLink => {
                header.entry_size()?
            }
            _ => extension.size.map_or_else(|| header.entry_size(), Ok)?,
        };
        let padded = size.checked_next_multiple_of(BLOCK).ok_or_else(cut_off)?;
        let end = position.checked_add(padded).ok_or_else(cut_off)?;
        if length.is_some_and(|length| position + size > length) {
            return Err(cut_off());
        }
        match kind {
            EntryType::XHeader => extension.read_pax(&read_extension(reader, size)?),
            EntryType::GNULongName => extension.name = Some(terminated(read_extension(reader, size)?)),
            EntryType::Regular | EntryType::Continuous => {
                let name = extension.name.take().unwrap_or_else(|| header.path_bytes().into_owned());
                extension = Extension::default();
                match String::from_utf8(name) {
                    Ok(name) if name.len() <= LONGEST_NAME => {
                        let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
                        visit(reader, name, position, size)?;
                    }
                    _ => skip(reader, size)?,
                }
            }
            EntryType::GNUSparse => {
                return Err(io::Error::new(io::ErrorKind::Unsupported, "it holds sparse files, which archives of images do not"));
            }
            EntryType::GNULongLink | EntryType::XGlobalHeader => skip(reader, size)?,
            _ => {
                extension = Extension::default();
                skip(reader, size)?;
            }
        }
        skip(reader, padded - size)?;
        position = end;
    }
    Ok(())
}

/// The next header; `None` at the end of the archive.
fn next_header(reader: &mut impl Read, first: bool) -> io::Result<Option<Header>> {
    let mut header = Header::new_old();
    let bytes = header.as_mut_bytes();
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let no_archive = || io::Error::new(io::ErrorKind::InvalidData, "it is not a tar archive");
    match filled {
        0 if first => return Err(no_archive()),
        // Some tools leave out the blocks of zeros at the end.
        0 => return Ok(None),
        512 => {}
        _ => return Err(if first { no_archive() } else { cut_off() }),
    }
    if header.as_bytes().iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    // The checksum counts its own field as spaces.
    let (bytes, field) = (header.as_bytes(), &header.as_old().cksum);
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let sum = sum(bytes) - sum(field) + 8 * u32::from(b' ');
    if header.cksum().ok() != Some(sum) {
        return Err(if first {
            no_archive()
        } else {
            io::Error::new(io::ErrorKind::InvalidData, "a header of the archive is damaged")
        });
    }
    Ok(Some(header))
}

/// What extended headers say of the file after them.
#[derive(Default)]
struct Extension {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Extension {
    /// Takes over the records `LENGTH KEY=VALUE\n` that matter; the length counts the whole record, since values may hold line feeds.
    fn read_pax(&mut self, mut rest: &[u8]) {
        while let Some(space) = rest.iter().position(|byte| *byte == b' ') {
            let Some((record, after)) = rest
                .get(..space)
                .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
                .and_then(|length: usize| rest.split_at_checked(length))
            else {
                return;
            };
            rest = after;
            let record = record.get(space + 1..).and_then(|record| record.strip_suffix(b"\n")).unwrap_or_default();
            if let Some(name) = record.strip_prefix(b"path=") {
                self.name = Some(name.to_vec());
            } else if let Some(size) = record.strip_prefix(b"size=") {
                self.size = std::str::from_utf8(size).ok().and_then(|size| size.parse().ok());
            }
        }
    }
}

fn read_extension(reader: &mut impl Read, size: u64) -> io::Result<Vec<u8>> {
    if size > LARGEST_EXTENSION {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("an extended header has {size} bytes")));
    }
    let mut bytes = Vec::new();
    reader.by_ref().take(size).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == size { Ok(bytes) } else { Err(cut_off()) }
}

fn terminated(mut name: Vec<u8>) -> Vec<u8> {
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    name.truncate(end);
    name
}

fn skip(reader: &mut impl Read, size: u64) -> io::Result<()> {
    let skipped = io::copy(&mut reader.by_ref().take(size), &mut io::sink())?;
    // The padding of the last file is often missing.
    if skipped == size || size < BLOCK { Ok(()) } else { Err(cut_off()) }
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the archive is cut off")
}

/// A reader that fails once its time is over.
struct Timed<R> {
    reader: R,
    deadline: Option<Instant>,
}

impl<R: Read> Read for Timed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the archive is so large that the time was over before its end"));
        }
        self.reader.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// An archive with a long name, an extended header and a file.
    fn archive() -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        archive.append_pax_extensions([("size", b"2".as_slice()), ("path", b"index.json")]).unwrap();
        for name in ["index.json", &"long/".repeat(30)] {
            let mut header = tar::Header::new_gnu();
            header.set_size(2);
            archive.append_data(&mut header, name, b"{}".as_slice()).unwrap();
        }
        archive.into_inner().unwrap()
    }

    fn read_all(bytes: Vec<u8>) {
        if let Ok(archive) = Archive::new(Cursor::new(bytes), None) {
            for name in archive.members.keys() {
                let _ = archive.read(name, 1 << 20);
            }
        }
    }

    #[test]
    fn a_file_is_found_by_its_name() {
        let read = |max| Archive::new(Cursor::new(archive()), None).unwrap().read("index.json", max);
        assert_eq!(read(2).unwrap().unwrap(), b"{}");
        assert!(read(1).is_err());
    }

    #[test]
    fn no_change_of_a_byte_and_no_cut_is_fatal() {
        let whole = archive();
        for at in 0..whole.len() {
            read_all(whole[..at].to_vec());
            for value in [0, 0x80, 0xff, whole[at] ^ 1] {
                let mut changed = whole.clone();
                changed[at] = value;
                // The checksum follows, or it would hide what the change does.
                if at < 512 {
                    let mut header = tar::Header::new_old();
                    header.as_mut_bytes().copy_from_slice(&changed[..512]);
                    header.set_cksum();
                    changed[..512].copy_from_slice(header.as_bytes());
                }
                read_all(changed);
            }
        }
    }
}
