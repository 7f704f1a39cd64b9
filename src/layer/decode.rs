//! A layer from its stored bytes into a sink: all checks, one pass, bounded memory.

use std::io::{self, BufRead, BufWriter, Read, Write};

use crate::image::Digest;
use crate::layer::archive::{Archive, Member};
use crate::layer::backup_stream::{write_alternate_header, write_data_header, write_metadata};
use crate::layer::decompress::{Compression, Streamed, decompress};
use crate::layer::names::Names;
use crate::layer::{Content, Directory, Entry, Kind, LayerError, LayerPath, LayerSink, LinkTarget, Refusal, Security};

/// Small pieces are gathered to this size before they go to the sink; larger ones pass by.
const GATHER: usize = 64 * 1024;

/// The settings with which a layer is read.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The compression, from its media type: [`Compression::of_media_type`].
    pub compression: Compression,
    /// The position in its image.
    pub position: Position,
    /// The digests it must turn out to have.
    pub expected: Expected<'a>,
    /// The most that it may hold.
    pub limits: Limits,
    /// Windows' converter for the legacy form of security descriptors; without it they are refused.
    pub sddl: Option<&'a SddlConverter>,
}

/// Turns a security descriptor in text, e.g. `O:BAG:SYD:(A;;FA;;;SY)`, into its self-relative form.
pub type SddlConverter = dyn Fn(&str) -> io::Result<Vec<u8>>;

/// The position of a layer in its image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The lowest one: it has no parents, so no whiteouts, and its hard links point into itself.
    Base,
    /// Any other.
    Upper,
}

/// The digests of a layer by its image; `None` is not compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected<'a> {
    /// The digest in the manifest, of the stored bytes.
    pub digest: Option<&'a Digest>,
    /// The diff ID in the config, of the uncompressed tar.
    pub diff_id: Option<&'a Digest>,
}

/// The most that a layer may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of its uncompressed tar.
    pub uncompressed: u64,
    /// Members of its tar.
    pub entries: u64,
    /// Bytes of the names that are remembered to its end: of directories, links and whiteouts. It also bounds how deep
    /// directories stand in each other.
    pub names: u64,
}

impl Default for Limits {
    /// 64 GiB, a million entries and 64 MiB of names: several times the largest images that Microsoft publishes.
    fn default() -> Self {
        Self { uncompressed: 64 << 30, entries: 1_000_000, names: 64 << 20 }
    }
}

/// Figures of a decoded layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Digests and sizes.
    pub streamed: Streamed,
    /// Members of its tar, alternate streams and whiteouts included.
    pub entries: u64,
}

/// Decodes a layer into a sink: to its end and with the expected digests, or the sink is aborted.
pub fn decode(source: impl Read + Send, options: &Options<'_>, sink: &mut dyn LayerSink) -> Result<Decoded, LayerError> {
    let decoded = decode_unfinished(source, options, sink).and_then(|(decoded, directories)| {
        let finished = sink.finish(directories);
        finished.map(|()| decoded).map_err(|source| LayerError::Write { entry: "the end".to_owned(), source })
    });
    if decoded.is_err() {
        sink.abort();
    }
    decoded
}

fn decode_unfinished(
    source: impl Read + Send,
    options: &Options<'_>,
    sink: &mut dyn LayerSink,
) -> Result<(Decoded, Vec<Directory>), LayerError> {
    let limit = options.limits.uncompressed;
    let ((entries, directories), streamed) = decompress(source, options.compression, limit, |tar| {
        let mut decoder = Decoder::new(options, sink);
        let entries = decoder.run(&mut Archive::new(tar, limit))?;
        // Parents come before what is in them; the other way round, setting a time no longer changes another.
        decoder.directories.reverse();
        Ok((entries, std::mem::take(&mut decoder.directories)))
    })?;
    for (what, expected, actual) in
        [("digest", options.expected.digest, &streamed.digest), ("diff ID", options.expected.diff_id, &streamed.diff_id)]
    {
        if let Some(expected) = expected.filter(|expected| *expected != actual) {
            return Err(LayerError::Mismatch { what, expected: expected.clone(), actual: actual.clone() });
        }
    }
    Ok((Decoded { streamed, entries }, directories))
}

struct Decoder<'a> {
    options: &'a Options<'a>,
    names: Names,
    out: Out<'a>,
    directories: Vec<Directory>,
    /// Hard links whose targets have not come.
    links: Vec<(LayerPath, LayerPath)>,
    /// Bytes of names so far, as [`Limits::names`] counts them.
    remembered: u64,
}

impl<'a> Decoder<'a> {
    fn new(options: &'a Options<'a>, sink: &'a mut dyn LayerSink) -> Self {
        let (directories, links) = (Vec::new(), Vec::new());
        Self { options, names: Names::default(), out: Out::new(sink), directories, links, remembered: 0 }
    }

    fn run(&mut self, archive: &mut Archive<impl BufRead>) -> Result<u64, LayerError> {
        let mut count = 0;
        while let Some(member) = archive.next_member()? {
            count += 1;
            let outcome = match self.admit(count, &member) {
                Ok(Some(entry)) => {
                    self.out.writer.get_mut().0.taken(&entry);
                    self.entry(entry, archive)
                }
                Ok(None) => self.out.end(),
                Err(refusal) => Err(LayerError::refused(&member.name, refusal)),
            };
            outcome.or_else(|error| self.pass_over(error))?;
        }
        self.out.end()?;
        for (path, target) in std::mem::take(&mut self.links) {
            self.hard_link(&path, &target).or_else(|error| self.pass_over(error))?;
        }
        Ok(count)
    }

    /// Goes on behind an entry that is refused, if the sink wants that; limits hold all the same.
    fn pass_over(&mut self, error: LayerError) -> Result<(), LayerError> {
        match &error {
            LayerError::Refused { reason: Refusal::TooManyEntries { .. } | Refusal::TooManyNames { .. }, .. } => Err(error),
            LayerError::Refused { entry, reason } if self.out.writer.get_mut().0.refused(entry, reason) => self.out.end(),
            _ => Err(error),
        }
    }

    /// The entry that a member is; `None` if there is nothing to make of it.
    fn admit(&mut self, count: u64, member: &Member) -> Result<Option<Entry>, Refusal> {
        let limit = self.options.limits.entries;
        if count > limit {
            return Err(Refusal::TooManyEntries { limit });
        }
        // The folder itself, of which an archive was made.
        if member.type_flag == b'5' && matches!(member.name.as_slice(), b"." | b"./") {
            return Ok(None);
        }
        let entry = Entry::from_member(member)?;
        if entry.kind == Kind::Whiteout && self.options.position == Position::Base {
            return Err(Refusal::WhiteoutInBase);
        }
        if matches!(entry.kind, Kind::Stream { .. }) && self.out.open.as_ref() != Some(&entry.path) {
            return Err(Refusal::StreamWithoutFile);
        }
        let is_new = self.names.admit(&entry)?;
        self.remember(&entry)?;
        Ok(is_new.then_some(entry))
    }

    fn remember(&mut self, entry: &Entry) -> Result<(), Refusal> {
        let target = match &entry.kind {
            Kind::File { .. } | Kind::Stream { .. } => return Ok(()),
            Kind::HardLink { target } => target.as_str().len(),
            Kind::Directory | Kind::Reparse(_) | Kind::Whiteout => 0,
        };
        let limit = self.options.limits.names;
        self.remembered += (entry.path.as_str().len() + target) as u64;
        if self.remembered > limit { Err(Refusal::TooManyNames { limit }) } else { Ok(()) }
    }

    fn entry(&mut self, entry: Entry, archive: &mut Archive<impl BufRead>) -> Result<(), LayerError> {
        if let Kind::Stream { name, size } = &entry.kind {
            self.out.encode(|out| write_alternate_header(out, name, *size))?;
            return archive.read_payload(|bytes| self.out.data(bytes));
        }
        self.out.end()?;
        match &entry.kind {
            Kind::HardLink { target } => {
                let later = self.names.may_come(target);
                let later = later.map_err(|refusal| LayerError::refused(entry.path.as_str().as_bytes(), refusal))?;
                if later {
                    self.links.push((entry.path, target.clone()));
                    return Ok(());
                }
                self.hard_link(&entry.path, target)
            }
            Kind::Whiteout => self.out.call(&entry.path, |sink| sink.remove(&entry.path)),
            _ => {
                self.describe(&entry)?;
                if let Kind::File { size } = entry.kind {
                    self.out.encode(|out| write_data_header(out, size))?;
                    archive.read_payload(|bytes| self.out.data(bytes))?;
                }
                if entry.info.is_directory() {
                    self.directories.push(Directory { path: entry.path, info: entry.info });
                }
                Ok(())
            }
        }
    }

    fn describe(&mut self, entry: &Entry) -> Result<(), LayerError> {
        let converted;
        let security = match &entry.security {
            None => None,
            Some(Security::Descriptor(bytes)) => Some(bytes.as_slice()),
            Some(Security::Sddl(text)) => {
                let refused = |refusal| LayerError::refused(entry.path.as_str().as_bytes(), refusal);
                let convert = self.options.sddl.ok_or_else(|| refused(Refusal::SddlUnsupported))?;
                converted = convert(text).map_err(|error| refused(Refusal::Sddl(error.to_string())))?;
                Some(converted.as_slice())
            }
        };
        let reparse = match &entry.kind {
            Kind::Reparse(reparse) => Some(reparse),
            _ => None,
        };
        self.out.begin(entry)?;
        self.out.encode(|out| write_metadata(out, security, &entry.extended_attributes, reparse))
    }

    fn hard_link(&mut self, path: &LayerPath, target: &LayerPath) -> Result<(), LayerError> {
        let in_layer = self
            .names
            .has_link_target(target)
            .and_then(|in_layer| match self.options.position {
                Position::Base if !in_layer => Err(Refusal::LinkTarget),
                _ => Ok(in_layer),
            })
            .map_err(|refusal| LayerError::refused(path.as_str().as_bytes(), refusal))?;
        self.names.made(path);
        self.out.call(path, |sink| sink.hard_link(path, LinkTarget { path: target, in_layer }))
    }
}

/// The sink with what is gathered for it, and the entry that is open.
struct Out<'a> {
    writer: BufWriter<ToSink<'a>>,
    open: Option<LayerPath>,
    content: Content,
}

struct ToSink<'a>(&'a mut dyn LayerSink);

impl Write for ToSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> Out<'a> {
    fn new(sink: &'a mut dyn LayerSink) -> Self {
        let writer = BufWriter::with_capacity(GATHER, ToSink(sink));
        Self { writer, open: None, content: Content::BackupStream }
    }

    fn call(&mut self, path: &LayerPath, call: impl FnOnce(&mut dyn LayerSink) -> io::Result<()>) -> Result<(), LayerError> {
        call(self.writer.get_mut().0).map_err(|source| LayerError::Write { entry: path.to_string(), source })
    }

    fn begin(&mut self, entry: &Entry) -> Result<(), LayerError> {
        let mut content = Content::BackupStream;
        self.call(&entry.path, |sink| sink.begin(&entry.path, &entry.info).map(|form| content = form))?;
        self.content = content;
        self.open = Some(entry.path.clone());
        Ok(())
    }

    /// Writes what belongs to a backup stream only.
    fn encode(&mut self, write: impl FnOnce(&mut BufWriter<ToSink<'a>>) -> io::Result<()>) -> Result<(), LayerError> {
        let written = if self.content == Content::BackupStream { write(&mut self.writer) } else { Ok(()) };
        written.map_err(|source| self.failed(source))
    }

    /// Writes payload.
    fn data(&mut self, bytes: &[u8]) -> Result<(), LayerError> {
        self.writer.write_all(bytes).map_err(|source| self.failed(source))
    }

    fn end(&mut self) -> Result<(), LayerError> {
        let Some(path) = &self.open else { return Ok(()) };
        let ended = self.writer.flush().and_then(|()| self.writer.get_mut().0.end());
        ended.map_err(|source| LayerError::Write { entry: path.to_string(), source })?;
        self.open = None;
        Ok(())
    }

    fn failed(&self, source: io::Error) -> LayerError {
        LayerError::Write { entry: self.open.as_ref().map(LayerPath::to_string).unwrap_or_default(), source }
    }
}
