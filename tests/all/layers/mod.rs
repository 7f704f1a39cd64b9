//! Windows layers: from the tar of a registry into a sink, byte for byte, and what is refused on the way.

mod compression;
mod golden;
mod hostile;
mod image;
mod interoperability;
mod mutations;
mod round_trip;
mod third_party;
mod transport;

use wincompat::internals::layer::decode::Decoded;
use wincompat::internals::layer::{Compression, Expected, LayerError, LayerSink, Limits, Options, Position, decode};

/// An uncompressed layer with nothing expected of it.
pub fn options(position: Position) -> Options<'static> {
    Options { compression: Compression::None, position, expected: Expected::default(), limits: Limits::default(), sddl: None }
}

/// Decodes an uncompressed archive.
pub fn decode_into(sink: &mut dyn LayerSink, archive: &[u8], position: Position) -> Result<Decoded, LayerError> {
    decode(archive, &options(position), sink)
}
