//! Compressed layers: digests on the fly, members and frames, damage, bombs, windows.

use std::io::{self, Read, Write};

use flate2::write::GzEncoder;
use wincompat::image::Digest;
use wincompat::internals::layer::decode::Decoded;
use wincompat::internals::layer::{Compression, Expected, LayerError, LayerSink, Limits, Options, Position, Refusal, decode};

use super::options;
use crate::support::layers::archive::{Archive, Meta};
use crate::support::layers::tree::Tree;

fn compressed(compression: Compression) -> Options<'static> {
    Options { compression, ..options(Position::Upper) }
}

fn layer() -> Vec<u8> {
    let mut archive = Archive::with_files();
    archive.file("Files/a", &Meta::default(), &b"content ".repeat(100_000));
    archive.finish()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// A frame as RFC 8878 has it, with raw blocks, that asks for a window of `2^window_log` bytes.
fn zstd_frame(window_log: u8, bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0x00, (window_log - 10) << 3];
    let mut blocks = bytes.chunks(1 << 10).peekable();
    while let Some(block) = blocks.next() {
        let last = blocks.peek().is_none() as u32;
        frame.extend_from_slice(&((block.len() as u32) << 3 | last).to_le_bytes()[..3]);
        frame.extend_from_slice(block);
    }
    frame
}

/// Decodes and gives back the error; the sink holds nothing then.
fn error(bytes: impl Read + Send, options: &Options<'_>) -> LayerError {
    let mut tree = Tree::default();
    let error = decode(bytes, options, &mut tree).unwrap_err();
    assert!(tree.aborted && !tree.finished);
    error
}

fn decoded(bytes: &[u8], compression: Compression) -> Decoded {
    let mut tree = Tree::default();
    let decoded = decode(bytes, &compressed(compression), &mut tree).unwrap();
    assert!(tree.finished);
    assert_eq!(tree.raw["Files/a"].len(), 20 + 800_000);
    decoded
}

#[test]
fn both_digests_are_of_all_bytes() {
    let layer = layer();
    // What follows the end marker belongs to the diff ID.
    let padded = [&layer[..], &[0; 7_000]].concat();
    for tar in [&layer, &padded] {
        let (first, second) = tar.split_at(tar.len() / 3);
        for (bytes, compression) in [
            (tar.clone(), Compression::None),
            (gzip(tar), Compression::Gzip),
            ([gzip(first), gzip(b""), gzip(second)].concat(), Compression::Gzip),
            (zstd(tar), Compression::Zstd),
            ([zstd(first), zstd(second)].concat(), Compression::Zstd),
            // A skippable frame between two others.
            ([zstd(first), b"\x50\x2A\x4D\x18\x03\0\0\0abc".to_vec(), zstd(second)].concat(), Compression::Zstd),
            (zstd_frame(27, tar), Compression::Zstd),
        ] {
            let streamed = decoded(&bytes, compression).streamed;
            assert_eq!(streamed.digest, Digest::of(&bytes), "{compression}");
            assert_eq!(streamed.diff_id, Digest::of(tar), "{compression}");
            assert_eq!((streamed.size, streamed.uncompressed), (bytes.len() as u64, tar.len() as u64));
        }
    }
}

#[test]
fn bytes_may_come_one_by_one() {
    struct Trickle<'a>(&'a [u8]);
    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let length = into.len().min(1);
            self.0.read(&mut into[..length])
        }
    }
    let bytes = gzip(&layer());
    let mut tree = Tree::default();
    let decoded = decode(Trickle(&bytes), &compressed(Compression::Gzip), &mut tree).unwrap();
    assert_eq!(decoded.streamed.digest, Digest::of(&bytes));
}

#[test]
fn an_archive_without_an_end_marker_is_whole() {
    let layer = layer();
    decoded(&layer[..layer.len() - 1024], Compression::None);
    decoded(&layer[..layer.len() - 512], Compression::None);
}

#[test]
fn another_layer_than_the_image_names_is_refused() {
    let bytes = gzip(&layer());
    let (digest, diff_id, other) = (Digest::of(&bytes), Digest::of(&layer()), Digest::of(b"other"));
    for (expected, what) in [
        (Expected { digest: Some(&other), diff_id: Some(&diff_id) }, "digest"),
        (Expected { digest: Some(&digest), diff_id: Some(&other) }, "diff ID"),
    ] {
        let options = Options { expected, ..compressed(Compression::Gzip) };
        match error(&bytes[..], &options) {
            LayerError::Mismatch { what: actual, .. } => assert_eq!(actual, what),
            other => panic!("{other:?}"),
        }
    }
    let expected = Expected { digest: Some(&digest), diff_id: Some(&diff_id) };
    let options = Options { expected, ..compressed(Compression::Gzip) };
    decode(&bytes[..], &options, &mut Tree::default()).unwrap();
}

#[test]
fn damaged_bytes_are_no_layer() {
    let gz = gzip(&layer());
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(&layer()).unwrap();
    let zst = encoder.finish().unwrap();
    let cut = |bytes: &[u8]| bytes[..bytes.len() - 1].to_vec();
    let flipped = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 0x55;
        bytes
    };
    for (what, bytes, compression) in [
        ("cut off", cut(&gz), Compression::Gzip),
        ("another checksum", flipped(&gz, gz.len() - 6), Compression::Gzip),
        ("another length", flipped(&gz, gz.len() - 2), Compression::Gzip),
        ("another byte", flipped(&gz, gz.len() / 2), Compression::Gzip),
        ("something behind it", [&gz[..], b"behind"].concat(), Compression::Gzip),
        ("not gzip", zst.clone(), Compression::Gzip),
        ("nothing", Vec::new(), Compression::Gzip),
        ("cut off", cut(&zst), Compression::Zstd),
        ("another checksum", flipped(&zst, zst.len() - 2), Compression::Zstd),
        ("something behind it", [&zst[..], b"behind"].concat(), Compression::Zstd),
        ("not zstd", gz.clone(), Compression::Zstd),
    ] {
        match error(&bytes[..], &compressed(compression)) {
            LayerError::Decompress { .. } => {}
            other => panic!("{compression}, {what}: {other:?}"),
        }
    }
}

#[test]
fn large_zstd_windows_are_refused() {
    // A frame of a single segment has the window of its content: 2^32 bytes here.
    let single_segment = b"\x28\xB5\x2F\xFD\xE0\0\0\0\0\x01\0\0\0\x01\0\0".to_vec();
    for frame in [zstd_frame(28, &layer()), zstd_frame(31, &layer()), zstd_frame(41, &layer()), single_segment] {
        match error(&frame[..], &compressed(Compression::Zstd)) {
            LayerError::Decompress { source, .. } => assert!(source.to_string().contains("too much memory"), "{source}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn bombs_end_at_the_limit() {
    let limit = 1 << 20;
    let limits = Limits { uncompressed: limit, ..Limits::default() };
    // A gigabyte of zeros in ten megabytes, or in a few kilobytes.
    let zeros = vec![0; 16 << 20];
    for (bytes, compression) in [(gzip(&zeros).repeat(64), Compression::Gzip), (zstd(&zeros).repeat(64), Compression::Zstd)] {
        // As a file of an honest gigabyte, as an archive that has ended, and as members that never end.
        let mut honest = Archive::with_files();
        let header = crate::support::layers::archive::header("Files/a", b'0', "", 1 << 30);
        honest.raw(&header, b"");
        let member = |bytes: Vec<u8>| if compression == Compression::Gzip { gzip(&bytes) } else { zstd(&bytes) };
        for (what, first) in [("a file", honest.unfinished()), ("the end", Archive::with_files().finish())] {
            let bytes = [member(first), bytes.clone()].concat();
            match error(&bytes[..], &Options { limits, ..compressed(compression) }) {
                LayerError::Refused { reason, .. } => assert_eq!(reason, Refusal::TooLarge { limit }, "{what}"),
                other => panic!("{other:?}"),
            }
        }
    }
    let endless = compressed(Compression::None);
    match error(io::repeat(b' '), &Options { limits, ..endless }) {
        LayerError::Refused { reason, .. } => assert_eq!(reason, Refusal::Header),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_source_that_breaks_is_no_end() {
    let bytes = gzip(&layer());
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    for length in [0, 1, bytes.len() / 2, bytes.len()] {
        match error(bytes[..length].chain(Broken), &compressed(Compression::Gzip)) {
            LayerError::Read(source) => assert_eq!(source.kind(), io::ErrorKind::ConnectionReset),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn memory_does_not_grow_with_the_layer() {
    /// Counts what arrives and keeps none of it.
    #[derive(Default)]
    struct Counter {
        bytes: u64,
        largest: usize,
        pieces: u64,
    }
    use wincompat::internals::layer::{BasicInfo, Content, Directory, LayerPath, LinkTarget};
    impl LayerSink for Counter {
        fn begin(&mut self, _: &LayerPath, _: &BasicInfo) -> io::Result<Content> {
            Ok(Content::BackupStream)
        }
        fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.bytes += bytes.len() as u64;
            self.largest = self.largest.max(bytes.len());
            self.pieces += 1;
            Ok(())
        }
        fn end(&mut self) -> io::Result<()> {
            Ok(())
        }
        fn hard_link(&mut self, _: &LayerPath, _: LinkTarget<'_>) -> io::Result<()> {
            Ok(())
        }
        fn remove(&mut self, _: &LayerPath) -> io::Result<()> {
            Ok(())
        }
        fn finish(&mut self, _: Vec<Directory>) -> io::Result<()> {
            Ok(())
        }
        fn abort(&mut self) {}
    }
    let size = 64 << 20;
    let mut first = Archive::with_files();
    first.raw(&crate::support::layers::archive::header("Files/a", b'0', "", size), b"");
    let first = first.unfinished();
    let source = first.chain(io::repeat(7).take(size));
    let mut counter = Counter::default();
    decode(source, &compressed(Compression::None), &mut counter).unwrap();
    assert_eq!(counter.bytes, size + 20);
    assert!(counter.largest <= 256 << 10, "{}", counter.largest);
    assert!(counter.pieces < 2 * (size >> 18), "{} pieces", counter.pieces);
}
