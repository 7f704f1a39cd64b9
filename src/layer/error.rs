//! Failures to decode a layer.

use std::io;

use crate::image::Digest;
use crate::layer::decompress::Compression;
use crate::layer::refusal::Refusal;

/// A failure to decode a layer. Whatever it is, the sink was aborted and nothing of the layer remains.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// The bytes of the layer could not be had, e.g. from a file or a registry.
    #[error("the layer could not be read")]
    Read(#[source] io::Error),
    /// The bytes are not what their media type says, are damaged, or ask for too large a window.
    #[error("the layer could not be decompressed ({compression})")]
    Decompress {
        /// The compression by its media type.
        compression: Compression,
        /// The decompressor's own words.
        #[source]
        source: io::Error,
    },
    /// The layer is hostile, damaged, or of a kind that is not read.
    #[error("the layer is refused: {entry}")]
    Refused {
        /// The entry, its control characters escaped and shortened, or where in the archive; e.g. `Files/a.txt`.
        entry: String,
        /// The reason.
        #[source]
        reason: Refusal,
    },
    /// The sink failed, e.g. the disk is full.
    #[error("{entry} of the layer could not be written")]
    Write {
        /// The entry, e.g. `Files/a.txt`.
        entry: String,
        /// The system's words.
        #[source]
        source: io::Error,
    },
    /// The layer is another one than the image names.
    #[error("the layer is not the one the image names: its {what} is {actual} and should be {expected}")]
    Mismatch {
        /// `digest` (of the bytes as they are stored) or `diff ID` (of the uncompressed tar).
        what: &'static str,
        /// The digest in the image.
        expected: Digest,
        /// The digest of the bytes.
        actual: Digest,
    },
}

impl LayerError {
    /// A refusal of the entry with this raw name.
    pub(crate) fn refused(name: &[u8], reason: Refusal) -> Self {
        Self::Refused { entry: shown(name), reason }
    }
}

/// A name from an archive for people: control characters and bytes that are not UTF-8 escaped, at most 200 characters.
fn shown(name: &[u8]) -> String {
    const LONGEST: usize = 200;
    let start = name.get(..4 * LONGEST).unwrap_or(name);
    let text = String::from_utf8_lossy(start);
    let mut shown: String = text.escape_debug().take(LONGEST).collect();
    if shown.is_empty() {
        shown.push_str("an entry without a name");
    } else if text.escape_debug().nth(LONGEST).is_some() || start.len() < name.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_without_control_characters_and_short() {
        assert_eq!(shown(b"Files/a\x1b[2J\r\n::x"), "Files/a\\u{1b}[2J\\r\\n::x");
        assert_eq!(shown(b"Files/\xff"), "Files/\u{fffd}");
        assert_eq!(shown(b""), "an entry without a name");
        let long = shown(&[b'a'; 100_000]);
        assert_eq!(long.chars().count(), 201);
        assert!(long.ends_with('…'));
    }
}
