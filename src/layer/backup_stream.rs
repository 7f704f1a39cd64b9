//! Win32 backup streams, as `BackupWrite` takes them and transport folders keep them.
//!
//! A backup stream is a sequence of streams, each with a packed header of 20 bytes: `u32` id, `u32` attributes, `u64` size,
//! `u32` size of the name in bytes, and the name in UTF-16 without NUL. For a file they come in this order: security, extended
//! attributes, reparse data, data, alternate data.

use std::io::{self, Write};

use crate::layer::extended_attributes::{ExtendedAttribute, chain};
use crate::layer::reparse::Reparse;

const DATA: u32 = 1;
const EA_DATA: u32 = 2;
const SECURITY_DATA: u32 = 3;
const ALTERNATE_DATA: u32 = 4;
const REPARSE_DATA: u32 = 8;

/// Writes the streams that describe a file: its self-relative security descriptor, extended attributes and reparse data, each
/// where there is one.
pub fn write_metadata(
    out: &mut impl Write,
    security: Option<&[u8]>,
    attributes: &[ExtendedAttribute],
    reparse: Option<&Reparse>,
) -> io::Result<()> {
    if let Some(descriptor) = security {
        write_stream(out, SECURITY_DATA, descriptor)?;
    }
    if !attributes.is_empty() {
        write_stream(out, EA_DATA, &chain(attributes))?;
    }
    if let Some(reparse) = reparse {
        write_stream(out, REPARSE_DATA, &reparse.buffer())?;
    }
    Ok(())
}

/// Writes the header of the data of a regular file; `size` bytes follow. An empty file has it too.
pub fn write_data_header(out: &mut impl Write, size: u64) -> io::Result<()> {
    write_header(out, DATA, size, "")
}

/// Writes the header of an alternate stream, e.g. `Zone.Identifier`; `size` bytes follow.
pub fn write_alternate_header(out: &mut impl Write, stream: &str, size: u64) -> io::Result<()> {
    write_header(out, ALTERNATE_DATA, size, &format!(":{stream}:$DATA"))
}

fn write_stream(out: &mut impl Write, id: u32, content: &[u8]) -> io::Result<()> {
    write_header(out, id, content.len() as u64, "")?;
    out.write_all(content)
}

fn write_header(out: &mut impl Write, id: u32, size: u64, name: &str) -> io::Result<()> {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut header = Vec::with_capacity(20 + name.len());
    header.extend_from_slice(&id.to_le_bytes());
    header.extend_from_slice(&0u32.to_le_bytes());
    header.extend_from_slice(&size.to_le_bytes());
    header.extend_from_slice(&(name.len() as u32).to_le_bytes());
    header.extend_from_slice(&name);
    out.write_all(&header)
}
