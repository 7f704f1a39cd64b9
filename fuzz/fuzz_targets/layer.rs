//! Windows layers: tar, PAX records, compression, backup streams.
#![no_main]

use std::io;

use wincompat::internals::layer::*;

/// Takes everything and keeps nothing.
struct Void;

impl LayerSink for Void {
    fn begin(&mut self, path: &LayerPath, _: &BasicInfo) -> io::Result<Content> {
        Ok(if path.to_string().len() % 2 == 0 { Content::BackupStream } else { Content::Data })
    }
    fn write(&mut self, _: &[u8]) -> io::Result<()> {
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

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&form, layer)) = bytes.split_first() else { return };
    let options = Options {
        compression: [Compression::None, Compression::Gzip, Compression::Zstd][usize::from(form) % 3],
        position: if form & 0x80 == 0 { Position::Upper } else { Position::Base },
        expected: Expected::default(),
        limits: Limits { uncompressed: 1 << 20, entries: 1000, ..Limits::default() },
        sddl: None,
    };
    let _ = decode(layer, &options, &mut Void);
});
