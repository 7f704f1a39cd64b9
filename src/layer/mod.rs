//! Windows image layers: from the tar of a registry to Win32 backup streams, portable and streaming.
//!
//! A layer is a tar (mostly compressed) with `Files/`, `Hives/` and `UtilityVM/Files/`, whose PAX records carry what NTFS knows
//! and tar does not. [`decode()`] reads it once: decompression ([`decompress`]), tar members ([`archive`], [`pax`]), typed and
//! validated entries ([`entry`], [`path`], [`names`]), backup streams ([`backup_stream`]), and from there into a [`LayerSink`].
//! Every byte is foreign: names, sizes and links that could reach out of the layer are refused before a sink hears of them.

pub mod archive;
pub mod backup_stream;
pub mod decode;
pub mod decompress;
pub mod entry;
mod error;
pub mod extended_attributes;
pub mod file_time;
mod id;
mod names;
pub mod path;
pub mod pax;
mod refusal;
pub mod reparse;
mod sink;
pub mod transport;

pub use decode::{Expected, Limits, Options, Position, SddlConverter, decode};
pub use decompress::{Compression, Streamed, decompress};
pub use entry::{BasicInfo, Entry, Kind, Security};
pub use error::LayerError;
pub use file_time::FileTime;
pub use id::{FolderId, LayerId, ParseIdError};
pub use path::{Area, LayerPath};
pub use refusal::Refusal;
pub use sink::{Content, Directory, LayerSink, LinkTarget};
pub use transport::Transport;
