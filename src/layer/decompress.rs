//! From the stored bytes of a layer to its tar: decompression, both digests and the size limit in one pass.
//!
//! One thread reads, hashes and decompresses; the caller's thread hashes the tar and uses it. Between them go a few buffers of
//! fixed size.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest as _, Sha256};
use zstd::stream::read::Decoder as ZstdDecoder;

use crate::image::Digest;
use crate::layer::{LayerError, Refusal};

/// The size of a piece that goes from one thread to the other.
const PIECE: usize = 256 * 1024;
const PIECES: usize = 4;
/// The bytes that are read at once from the source.
const READ: usize = 128 * 1024;
/// Windows of up to 2^27 bytes, 128 MiB: as `zstd` itself takes unasked.
const LARGEST_ZSTD_WINDOW_LOG: u32 = 27;

/// The compression of the tar of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// One or more gzip members.
    Gzip,
    /// One or more zstd frames, with windows of at most 128 MiB.
    Zstd,
}

impl Compression {
    /// The compression by the media type of a layer, e.g. `application/vnd.docker.image.rootfs.diff.tar.gzip` or
    /// `application/vnd.oci.image.layer.v1.tar+zstd`; `None` if it is not a layer in a tar.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let (format, compression) = if let Some(format) = media_type.strip_suffix("gzip") {
            (format.strip_suffix(['.', '+'])?, Self::Gzip)
        } else if let Some(format) = media_type.strip_suffix("zstd") {
            (format.strip_suffix(['.', '+'])?, Self::Zstd)
        } else {
            (media_type, Self::None)
        };
        match format {
            "application/vnd.docker.image.rootfs.diff.tar"
            | "application/vnd.docker.image.rootfs.foreign.diff.tar"
            | "application/vnd.oci.image.layer.v1.tar"
            | "application/vnd.oci.image.layer.nondistributable.v1.tar" => Some(compression),
            _ => None,
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "uncompressed",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

/// Digests and sizes of a layer that was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streamed {
    /// Of the bytes as they are stored: what a manifest names.
    pub digest: Digest,
    /// Of the uncompressed tar, its padding included: what a config names.
    pub diff_id: Digest,
    /// The bytes as they are stored.
    pub size: u64,
    /// The bytes of the tar.
    pub uncompressed: u64,
}

/// Lets `consume` read the tar of the layer, then reads on to the end of the source.
///
/// At most `limit` bytes are unpacked. Of several errors the first in the tar counts, however fast which thread is: what the
/// source, the decompression or the limit ends is an error where `consume` comes to that end, not where it gave up before.
pub fn decompress<R, T>(
    source: R,
    compression: Compression,
    limit: u64,
    consume: impl FnOnce(&mut Tar) -> Result<T, LayerError>,
) -> Result<(T, Streamed), LayerError>
where
    R: Read + Send,
{
    let (full_sender, full) = sync_channel(PIECES);
    let (empty, empty_receiver) = sync_channel(PIECES);
    for _ in 0..PIECES {
        let _ = empty.send(Vec::new());
    }
    let pieces = Pieces { full: full_sender, empty: empty_receiver };
    let mut tar = Tar { full, empty, piece: Vec::new(), position: 0, hash: Sha256::new(), length: 0, ended: false };
    thread::scope(|scope| {
        let producer = scope.spawn(move || produce(source, compression, limit, pieces));
        let consumed = consume(&mut tar).and_then(|value| tar.drain().map(|()| value));
        let Tar { full, empty, hash, length, ended, .. } = tar;
        // A producer that is not done stops at its next piece.
        drop((full, empty));
        let produced = producer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let (value, (digest, size)) = match consumed {
            // It came to nothing of what the producer may have met, which is further on.
            Err(error) if !ended => return Err(error),
            consumed => {
                let produced = produced?;
                (consumed?, produced)
            }
        };
        let diff_id = Digest::from_sha256(hash.finalize().into());
        Ok((value, Streamed { digest, diff_id, size, uncompressed: length }))
    })
}

/// The producer's ends of the channels.
struct Pieces {
    full: SyncSender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
}

/// Reads, hashes and decompresses until the source ends or nobody takes pieces any more.
fn produce(source: impl Read, compression: Compression, limit: u64, pieces: Pieces) -> Result<(Digest, u64), LayerError> {
    let mut stored = Stored::new(source);
    let outcome = match compression {
        Compression::None => pump(&mut stored, limit, &pieces),
        Compression::Gzip => pump(&mut MultiGzDecoder::new(&mut stored), limit, &pieces),
        Compression::Zstd => ZstdDecoder::with_buffer(&mut stored).map_err(Stop::Error).and_then(|mut decoder| {
            decoder.window_log_max(LARGEST_ZSTD_WINDOW_LOG).map_err(Stop::Error)?;
            pump(&mut decoder, limit, &pieces)
        }),
    };
    match outcome {
        Ok(()) | Err(Stop::Unwanted) => Ok((Digest::from_sha256(stored.hash.finalize().into()), stored.length)),
        Err(Stop::TooLarge) => Err(LayerError::refused(b"the archive", Refusal::TooLarge { limit })),
        Err(Stop::Error(error)) if stored.failed => Err(LayerError::Read(error)),
        Err(Stop::Error(source)) => Err(LayerError::Decompress { compression, source }),
    }
}

/// The reason why no more pieces are made.
enum Stop {
    Unwanted,
    TooLarge,
    Error(io::Error),
}

/// Makes pieces of the tar, of sizes that do not depend on how its source comes. What precedes an error goes before it.
fn pump(tar: &mut impl Read, limit: u64, pieces: &Pieces) -> Result<(), Stop> {
    let mut left = limit;
    loop {
        let mut piece = pieces.empty.recv().map_err(|_| Stop::Unwanted)?;
        let ended = fill(tar, &mut piece);
        let filled = piece.len() as u64;
        let ended = if filled > left { Some(Err(Stop::TooLarge)) } else { ended };
        piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left = left.saturating_sub(filled);
        if !piece.is_empty() {
            pieces.full.send(piece).map_err(|_| Stop::Unwanted)?;
        }
        if let Some(ended) = ended {
            return ended;
        }
    }
}

/// Fills a piece as far as the tar goes; `None` if it may go on.
fn fill(tar: &mut impl Read, piece: &mut Vec<u8>) -> Option<Result<(), Stop>> {
    piece.resize(PIECE, 0);
    let mut filled = 0;
    let ended = loop {
        let free = piece.get_mut(filled..).unwrap_or_default();
        if free.is_empty() {
            break None;
        }
        match tar.read(free) {
            Ok(0) => break Some(Ok(())),
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Some(Err(Stop::Error(error))),
        }
    };
    piece.truncate(filled);
    ended
}

/// The stored bytes, hashed as they are read. The buffer is filled as far as they go: where a decompressor finds an error must not
/// depend on the portions in which they come.
struct Stored<R> {
    source: R,
    buffer: Vec<u8>,
    position: usize,
    filled: usize,
    hash: Sha256,
    length: u64,
    /// An error that comes after what is in the buffer.
    error: Option<io::Error>,
    failed: bool,
}

impl<R: Read> Stored<R> {
    fn new(source: R) -> Self {
        let (buffer, hash) = (vec![0; READ], Sha256::new());
        Self { source, buffer, position: 0, filled: 0, hash, length: 0, error: None, failed: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        (self.position, self.filled) = (0, 0);
        while self.error.is_none() && self.filled < self.buffer.len() {
            let free = self.buffer.get_mut(self.filled..).unwrap_or_default();
            match self.source.read(free) {
                Ok(0) => break,
                Ok(length) => self.filled += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.error = Some(error),
            }
        }
        self.length += self.filled as u64;
        self.hash.update(self.buffer.get(..self.filled).unwrap_or_default());
        match self.error.take_if(|_| self.filled == 0) {
            Some(error) => {
                self.failed = true;
                Err(error)
            }
            None => Ok(()),
        }
    }
}

impl<R: Read> BufRead for Stored<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position == self.filled {
            self.refill()?;
        }
        Ok(self.buffer.get(self.position..self.filled).unwrap_or_default())
    }

    fn consume(&mut self, length: usize) {
        self.position = self.filled.min(self.position + length);
    }
}

impl<R: Read> Read for Stored<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, into)
    }
}

/// The tar of a layer, hashed as it is read.
#[derive(Debug)]
pub struct Tar {
    full: Receiver<Vec<u8>>,
    empty: SyncSender<Vec<u8>>,
    piece: Vec<u8>,
    position: usize,
    hash: Sha256,
    length: u64,
    /// There are no more pieces.
    ended: bool,
}

impl Tar {
    fn drain(&mut self) -> Result<(), LayerError> {
        loop {
            match self.fill_buf().map_err(LayerError::Read)?.len() {
                0 => return Ok(()),
                length => self.consume(length),
            }
        }
    }
}

impl BufRead for Tar {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position == self.piece.len() {
            self.position = 0;
            // An ended channel is the end of the tar; whether it is the true one, the producer says.
            let piece = self.full.recv();
            self.ended = piece.is_err();
            let piece = piece.unwrap_or_default();
            self.hash.update(&piece);
            self.length += piece.len() as u64;
            let _ = self.empty.try_send(std::mem::replace(&mut self.piece, piece));
        }
        Ok(self.piece.get(self.position..).unwrap_or_default())
    }

    fn consume(&mut self, length: usize) {
        self.position = self.piece.len().min(self.position + length);
    }
}

impl Read for Tar {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, into)
    }
}

fn read_buffered(reader: &mut impl BufRead, into: &mut [u8]) -> io::Result<usize> {
    let available = reader.fill_buf()?;
    let length = available.len().min(into.len());
    if let (Some(into), Some(from)) = (into.get_mut(..length), available.get(..length)) {
        into.copy_from_slice(from);
    }
    reader.consume(length);
    Ok(length)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn media_types_name_the_compression() {
        for (media_type, compression) in [
            ("application/vnd.docker.image.rootfs.diff.tar.gzip", Some(Compression::Gzip)),
            ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Some(Compression::Gzip)),
            ("application/vnd.oci.image.layer.v1.tar", Some(Compression::None)),
            ("application/vnd.oci.image.layer.v1.tar+gzip", Some(Compression::Gzip)),
            ("application/vnd.oci.image.layer.v1.tar+zstd", Some(Compression::Zstd)),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Some(Compression::Gzip)),
            ("application/vnd.docker.image.rootfs.diff.tar.zstd", Some(Compression::Zstd)),
            ("application/vnd.oci.image.layer.v1.tar+xz", None),
            ("application/vnd.oci.image.layer.v1.targzip", None),
            ("application/vnd.in-toto+json", None),
            ("gzip", None),
            ("", None),
        ] {
            assert_eq!(Compression::of_media_type(media_type), compression, "{media_type}");
        }
    }

    #[test]
    fn both_digests_and_sizes_come_from_one_pass() {
        let ((), streamed) = decompress(&b"abc"[..], Compression::None, 3, |_| Ok(())).unwrap();
        let abc = Digest::of(b"abc");
        assert_eq!(streamed, Streamed { digest: abc.clone(), diff_id: abc, size: 3, uncompressed: 3 });
    }

    #[test]
    fn a_source_that_fails_is_told_from_bytes_that_are_wrong() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("unplugged"))
            }
        }
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            let error = decompress(Broken, compression, 9, |_| Ok(())).unwrap_err();
            assert!(matches!(error, LayerError::Read(_)), "{compression}: {error:?}");
        }
        for compression in [Compression::Gzip, Compression::Zstd] {
            let error = decompress(&b"neither"[..], compression, 9, |_| Ok(())).unwrap_err();
            assert!(matches!(error, LayerError::Decompress { .. }), "{compression}: {error:?}");
        }
    }

    /// The consumer gives up at the first bytes when the producer has long met its error.
    #[test]
    fn what_is_refused_first_in_the_tar_is_the_error_however_fast_the_producer_is() {
        /// Blanks, then an error; says so when it comes to it.
        struct Ends<'a> {
            left: usize,
            ended: &'a AtomicBool,
        }
        impl Read for Ends<'_> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                if self.left == 0 {
                    self.ended.store(true, Ordering::SeqCst);
                    return Err(io::Error::other("unplugged"));
                }
                let length = into.len().min(self.left);
                into[..length].fill(b' ');
                self.left -= length;
                Ok(length)
            }
        }
        for (limit, refused, expected) in [
            (u64::MAX, true, "the layer is refused: x"),
            (PIECE as u64, true, "the layer is refused: x"),
            (u64::MAX, false, "the layer could not be read"),
            (PIECE as u64, false, "the layer is refused: the archive"),
        ] {
            let ended = AtomicBool::new(false);
            let source = Ends { left: PIECE + 5, ended: &ended };
            let consumed = |tar: &mut Tar| {
                assert_eq!(tar.fill_buf().unwrap()[0], b' ');
                while !ended.load(Ordering::SeqCst) {
                    thread::yield_now();
                }
                if refused { Err(LayerError::refused(b"x", Refusal::Header)) } else { Ok(()) }
            };
            let error = decompress(source, Compression::None, limit, consumed).unwrap_err();
            assert_eq!(error.to_string(), expected, "{limit}");
        }
    }

    #[test]
    fn a_consumer_that_gives_up_ends_it() {
        let refuse = |_: &mut Tar| Err::<(), _>(LayerError::refused(b"x", Refusal::Header));
        let error = decompress(io::repeat(0), Compression::None, u64::MAX, refuse).unwrap_err();
        assert!(matches!(error, LayerError::Refused { reason: Refusal::Header, .. }), "{error:?}");
    }
}
