//! The files of a tar archive, read in place.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::files::open_regular;
use crate::tarball::{self, Fault, Header, Next, Tarball};
use crate::text::shown;

/// The most entries and the longest names; archives of images have some hundred files with names of 80 bytes.
const MOST_ENTRIES: usize = 50_000;
const LONGEST_NAME: usize = 255;

/// The files that are kept of a compressed archive, which cannot be read twice: JSON up to this size, up to this sum.
const LARGEST_KEPT: u64 = 4 << 20;
const MOST_KEPT: u64 = 16 << 20;

/// The largest window of zstd that is decompressed, as a power of two: 128 MiB.
const LARGEST_WINDOW_LOG: u32 = 27;

/// A tar archive, plain or compressed by gzip or zstd, and the places of its files.
pub struct Archive {
    /// The archive itself; `None` if it is compressed.
    file: Option<Mutex<Box<dyn Source>>>,
    members: HashMap<String, Member>,
    /// The names that are links, which are not followed.
    links: HashSet<String>,
}

/// A source of an archive: a file, or bytes in memory.
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
        let reader = BufReader::new(source);
        match magic.as_slice() {
            [0x1f, 0x8b, ..] => Self::pass_through(flate2::read::MultiGzDecoder::new(reader), deadline),
            // A frame that decoders skip may stand before the first one.
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                let mut decoder = zstd::Decoder::with_buffer(reader)?;
                decoder.window_log_max(LARGEST_WINDOW_LOG)?;
                Self::pass_through(decoder, deadline)
            }
            other => {
                if let Some((name, tool)) = foreign_form(other) {
                    return Err(io::Error::new(
                        io::ErrorKind::Unsupported,
                        format!("it is compressed by {name}, which is not read here; decompress it first: {tool}"),
                    ));
                }
                let mut members = HashMap::new();
                let mut tar = Tarball::new(reader, length);
                let links = walk(&mut tar, |tar, name, size| {
                    members.insert(name, Member::Lies(tar.position(), size));
                    tar.seek_past_payload()
                })?;
                Ok(Self { file: Some(Mutex::new(Box::new(tar.into_reader().into_inner()))), members, links })
            }
        }
    }

    /// Reads a decompressed archive from its beginning to its end, and keeps files that may be asked for.
    fn pass_through(reader: impl Read, deadline: Option<Instant>) -> io::Result<Self> {
        let mut members = HashMap::new();
        let mut kept = 0;
        let links = walk(&mut Tarball::new(BufReader::new(Timed { reader, deadline }), u64::MAX), |tar, name, size| {
            let fits = size > 0 && size <= LARGEST_KEPT && kept + size <= MOST_KEPT;
            let mut content = fits.then(Vec::new);
            tar.read_payload(|bytes| {
                // Of JSON, the first byte tells.
                let is_first = content.as_ref().is_some_and(Vec::is_empty);
                if is_first && !matches!(bytes.first(), Some(b'{' | b'[')) {
                    content = None;
                }
                if let Some(content) = &mut content {
                    content.extend_from_slice(bytes);
                }
                Ok::<_, Fault>(())
            })?;
            let member = content.map_or(Member::Passed, |bytes| {
                kept += size;
                Member::Kept(bytes)
            });
            if let Some(Member::Kept(replaced)) = members.insert(name, member) {
                kept -= replaced.len() as u64;
            }
            Ok(())
        })?;
        Ok(Self { file: None, members, links })
    }

    /// The file of this name, of at most `max` bytes, if there is one.
    pub fn read(&self, name: &str, max: u64) -> io::Result<Option<Vec<u8>>> {
        let too_large = || io::Error::new(io::ErrorKind::InvalidData, format!("{name} has more than {max} bytes"));
        if folders_of(name).chain([name]).any(|part| self.links.contains(part)) {
            let why = format!("{name} is a link in the archive, or lies behind one, and links are not followed");
            return Err(io::Error::new(io::ErrorKind::Unsupported, why));
        }
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

/// The name of a compression or an archive that is not read here, by the first four bytes of a file, and the command that undoes it.
fn foreign_form(magic: &[u8]) -> Option<(&'static str, &'static str)> {
    Some(match magic {
        [0xfd, b'7', b'z', b'X'] => ("xz", "xz -d FILE"),
        [b'B', b'Z', b'h', b'1'..=b'9'] => ("bzip2", "bzip2 -d FILE"),
        [0x04, 0x22, 0x4d, 0x18] | [0x02, 0x21, 0x4c, 0x18] => ("lz4", "lz4 -d FILE"),
        [0x5d, 0, 0, _] => ("lzma", "unlzma FILE"),
        b"LZIP" => ("lzip", "lzip -d FILE"),
        [0x89, b'L', b'Z', b'O'] => ("lzop", "lzop -d FILE"),
        [0x1f, 0x9d, ..] => ("compress", "gzip -d FILE"),
        [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6] => ("zip", "unzip FILE"),
        [b'7', b'z', 0xbc, 0xaf] => ("7-Zip", "7z x FILE"),
        b"Rar!" => ("RAR", "unrar x FILE"),
        b"MSCF" => ("a cabinet", "expand FILE -F:* FOLDER"),
        _ => return None,
    })
}

/// Calls `visit` for each regular file with the archive at its data, its name and its size; `visit` may read the data or move past
/// it. Gives the names that are links.
fn walk<R: BufRead>(
    tar: &mut Tarball<R>,
    mut visit: impl FnMut(&mut Tarball<R>, String, u64) -> Result<(), Fault>,
) -> io::Result<HashSet<String>> {
    let mut extension = Extension::default();
    let mut names = Names::default();
    for count in 0.. {
        let header = match tar.next(true).map_err(failed)? {
            Next::Header(header) => header,
            // An archive has at least one block.
            Next::End if count == 0 => return Err(not_an_archive()),
            // Some tools leave out the blocks of zeros at the end.
            Next::Zeros | Next::End => break,
        };
        if count >= MOST_ENTRIES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it has more than {MOST_ENTRIES} entries")));
        }
        if header.may_have_a_longer_name() {
            return Err(ambiguous("the name of a file can be read in two ways"));
        }
        let size = || header.size().ok_or(Fault::Header(tar.position()));
        let read = match header.type_flag() {
            b'x' if extension.has_records => return Err(ambiguous("two extended headers stand before one file")),
            b'x' => size().and_then(|size| read_extension(tar, size)).map(|content| extension.read_pax(&content)),
            b'L' => size().and_then(|size| read_extension(tar, size)).map(|name| extension.long_name = Some(terminated(name))),
            // Global headers and the long targets of links.
            b'g' | b'K' => size().and_then(|size| tar.begin_payload(size)),
            b'0' | 0 => {
                let extension = std::mem::take(&mut extension);
                if extension.is_sparse {
                    return Err(rare());
                }
                let extended = extension.size;
                let name = extension.name_of(&header)?;
                if let Some(name) = &name {
                    names.add(name, false)?;
                }
                extended.map_or_else(size, Ok).and_then(|size| {
                    tar.begin_payload(size)?;
                    name.map_or(Ok(()), |name| visit(tar, name, size))
                })
            }
            b'7' | b'S' => return Err(rare()),
            // Links.
            b'1' | b'2' => {
                if let Some(name) = std::mem::take(&mut extension).name_of(&header)? {
                    names.add(&name, true)?;
                }
                Ok(())
            }
            // Devices, directories and pipes, which have no data either.
            b'3'..=b'6' => {
                extension = Extension::default();
                Ok(())
            }
            _ => {
                let extended = std::mem::take(&mut extension).size;
                extended.map_or_else(size, Ok).and_then(|size| tar.begin_payload(size))
            }
        };
        read.map_err(failed)?;
    }
    Ok(names.links())
}

fn ambiguous(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{why}, and programs differ in what they read"))
}

/// A file of a kind that some programs unpack and others pass over.
fn rare() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "it holds sparse or contiguous files, which archives of images do not")
}

/// The files and links that came, by their names in small letters, and `true` for a link.
///
/// Programs that unpack an archive before they read it come to other files than those that do not, where a link leads elsewhere, or
/// where the names of two files are one name on Windows.
#[derive(Default)]
struct Names(HashMap<String, (String, bool)>);

impl Names {
    /// Adds a file or a link, which takes the place of what had its name.
    fn add(&mut self, name: &str, is_link: bool) -> io::Result<()> {
        let refused = |why: String| Err(io::Error::new(io::ErrorKind::InvalidData, why));
        let mut known = folders_of(name).filter_map(|folder| self.0.get(&folder.to_ascii_lowercase()));
        if known.any(|(_, is_link)| *is_link) {
            return refused(format!("{} in it lies behind a link", shown(name)));
        }
        match self.0.insert(name.to_ascii_lowercase(), (name.to_owned(), is_link)) {
            Some((other, _)) if other != name => {
                refused(format!("{} and {} in it are one file on Windows", shown(&other), shown(name)))
            }
            _ => Ok(()),
        }
    }

    fn links(self) -> HashSet<String> {
        self.0.into_values().filter_map(|(name, is_link)| is_link.then_some(name)).collect()
    }
}

/// The folders that a name leads through: `a` and `a/b` of `a/b/c`.
fn folders_of(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').filter_map(|(at, _)| name.get(..at))
}

/// The name of a file as programs come to it that unpack the archive: `index.json` of `.//index.json`. `None` for the name of a
/// folder, where it may be one, and for one that is longer than any that is asked for.
fn plain(name: &str, may_be_folder: bool) -> io::Result<Option<String>> {
    if name.starts_with('/') || name.contains('\\') || name.split('/').any(|part| part == "..") {
        let why = format!("the name {} in it leads out of its folder", shown(name));
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    match name.ends_with('/') {
        true if may_be_folder => return Ok(None),
        true => return Err(ambiguous("the name of a file ends in a slash")),
        false => {}
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let name = parts.join("/");
    Ok((!name.is_empty() && name.len() <= LONGEST_NAME).then_some(name))
}

/// The content of an extended header. One that lies beyond the end is cut off, however large it says it is.
fn read_extension(tar: &mut Tarball<impl BufRead>, size: u64) -> Result<Vec<u8>, Fault> {
    tar.begin_payload(size)?;
    tar.read_extension(size)
}

/// The extended headers before a file.
#[derive(Default)]
struct Extension {
    /// The name in GNU's header.
    long_name: Option<Vec<u8>>,
    /// The name in a record.
    name: Option<Vec<u8>>,
    size: Option<u64>,
    is_sparse: bool,
    has_records: bool,
}

impl Extension {
    /// The name of the file with this header, as [`plain`] gives it. GNU's name counts, whatever a record says: so do engines read it.
    fn name_of(self, header: &Header) -> io::Result<Option<String>> {
        let name = self.long_name.or(self.name).unwrap_or_else(|| header.name());
        // The oldest archives mark a folder by the end of its name alone.
        String::from_utf8(name).map_or(Ok(None), |name| plain(&name, header.type_flag() == 0))
    }

    /// Takes over the records that matter, up to the first malformed one.
    fn read_pax(&mut self, content: &[u8]) {
        self.has_records = true;
        for (key, value) in tarball::records(content).map_while(|record| record) {
            match key {
                // One without a value takes an earlier one back.
                "path" => self.name = Some(value.to_vec()).filter(|name| !name.is_empty()),
                key if key.starts_with("GNU.sparse.") => self.is_sparse = true,
                "size" => self.size = std::str::from_utf8(value).ok().and_then(|size| size.parse().ok()),
                _ => {}
            }
        }
    }
}

fn terminated(mut name: Vec<u8>) -> Vec<u8> {
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    name.truncate(end);
    name
}

/// The failure of an archive, in the words of its reader.
fn failed(fault: Fault) -> io::Error {
    match fault {
        Fault::Read(error) => error,
        // In its first block it shows whether it is an archive at all.
        Fault::Header(..=512) | Fault::Truncated(0) => not_an_archive(),
        Fault::Header(_) => io::Error::new(io::ErrorKind::InvalidData, "a header of the archive is damaged"),
        Fault::Extension { size, .. } => {
            io::Error::new(io::ErrorKind::InvalidData, format!("an extended header has {size} bytes"))
        }
        Fault::Truncated(_) | Fault::TooLarge(_) => cut_off(),
    }
}

fn not_an_archive() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is not a tar archive")
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
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the archive is so large that the time ran out before its end"));
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
    fn a_compression_that_is_not_read_is_named() {
        for (magic, named) in [
            (&b"\xfd7zXZ\0\0\x04"[..], "xz -d FILE"),
            (b"BZh91AY&SY", "bzip2 -d FILE"),
            (b"\x04\x22\x4d\x18\x64", "lz4 -d FILE"),
            (b"\x5d\0\0\x80\0\xff", "unlzma FILE"),
            (b"LZIP\x01", "lzip"),
            (b"\x1f\x9d\x90", "compress"),
            (b"PK\x03\x04\x14", "unzip"),
            (b"7z\xbc\xaf\x27\x1c", "7z x FILE"),
        ] {
            let error = Archive::new(Cursor::new(magic.to_vec()), None).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::Unsupported);
            assert!(error.to_string().contains("decompress it first") && error.to_string().contains(named), "{error}");
        }
        // A tar begins with a name, which may look like one of these in part.
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        tar.append_data(&mut header, "BZhello", b"{}".as_slice()).unwrap();
        assert!(Archive::new(Cursor::new(tar.into_inner().unwrap()), None).unwrap().read("BZhello", 2).unwrap().is_some());
    }

    #[test]
    fn a_zstd_archive_may_begin_with_a_frame_to_skip() {
        let skipped = b"\x50\x2a\x4d\x18\x02\0\0\0ab";
        let bytes = [&skipped[..], &zstd::encode_all(archive().as_slice(), 1).unwrap()].concat();
        assert_eq!(Archive::new(Cursor::new(bytes), None).unwrap().read("index.json", 2).unwrap().unwrap(), b"{}");
    }

    /// A member of a size that no disk has ends the reading at once, whichever way the size is stated.
    #[test]
    fn a_size_that_lies_ends_quickly() {
        let header = |size: &dyn Fn(&mut tar::Header)| {
            let mut header = tar::Header::new_gnu();
            header.set_path("index.json").unwrap();
            size(&mut header);
            header.set_cksum();
            header.as_bytes().to_vec()
        };
        let mut pax = tar::Builder::new(Vec::new());
        pax.append_pax_extensions([("size", b"9223372036854775807".as_slice())]).unwrap();
        let pax = pax.into_inner().unwrap();
        let extended = &pax[..pax.len() - 1024];
        for lying in [
            header(&|header| header.set_size(u64::MAX >> 1)),
            header(&|header| header.set_size(u64::MAX)),
            header(&|header| header.set_size(0o77_777_777_777)),
            [extended, &header(&|header| header.set_size(2))].concat(),
        ] {
            for bytes in [lying.clone(), zstd::encode_all(lying.as_slice(), 1).unwrap()] {
                let error = Archive::new(Cursor::new(bytes), None).unwrap_err();
                assert!(error.to_string().contains("cut off"), "{error}");
            }
        }
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
