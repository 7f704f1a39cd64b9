//! The encoder of backup streams: an independent reader, by the layout of WIN32_STREAM_ID and FILE_FULL_EA_INFORMATION, gets
//! back what went in.
#![no_main]

use wincompat::internals::layer::backup_stream::{write_alternate_header, write_data_header, write_metadata};
use wincompat::internals::layer::extended_attributes::ExtendedAttribute;

/// A stream: id, attributes, name, content.
type Stream = (u32, u32, String, Vec<u8>);

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().unwrap())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().unwrap())
    }
}

fn streams(bytes: &[u8]) -> Vec<Stream> {
    let mut reader = Reader(bytes);
    let mut streams = Vec::new();
    while !reader.0.is_empty() {
        let (id, attributes, size, name) = (reader.u32(), reader.u32(), reader.u64(), reader.u32());
        let name: Vec<u16> =
            reader.take(name as usize).chunks(2).map(|unit| u16::from_le_bytes(unit.try_into().unwrap())).collect();
        streams.push((id, attributes, String::from_utf16(&name).unwrap(), reader.take(size as usize).to_vec()));
    }
    streams
}

/// The names and values of a chain of extended attributes.
fn attributes(chain: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut start = 0;
    loop {
        assert_eq!(start % 4, 0, "entries are aligned");
        let mut entry = Reader(&chain[start..]);
        let next = entry.u32() as usize;
        let (flags, name) = (entry.take(1)[0], usize::from(entry.take(1)[0]));
        let value = usize::from(u16::from_le_bytes(entry.take(2).try_into().unwrap()));
        let name = String::from_utf8(entry.take(name).to_vec()).unwrap();
        assert_eq!((flags, entry.take(1)), (0, &[0][..]));
        found.push((name, entry.take(value).to_vec()));
        if next == 0 {
            assert!(entry.0.len() < 4, "nothing but padding follows the last");
            return found;
        }
        start += next;
    }
}

type Input = (Option<Vec<u8>>, Vec<(String, Vec<u8>)>, Vec<u8>, Vec<(String, Vec<u8>)>);

libfuzzer_sys::fuzz_target!(|input: Input| {
    let (security, extended, data, alternate) = input;
    let taken: Vec<(ExtendedAttribute, (String, Vec<u8>))> = extended
        .into_iter()
        .filter_map(|(name, value)| Some((ExtendedAttribute::new(&name, value.clone()).ok()?, (name, value))))
        .collect();
    let (encoded, expected): (Vec<_>, Vec<_>) = taken.into_iter().unzip();

    let mut bytes = Vec::new();
    write_metadata(&mut bytes, security.as_deref(), &encoded, None).unwrap();
    write_data_header(&mut bytes, data.len() as u64).unwrap();
    bytes.extend_from_slice(&data);
    for (name, content) in &alternate {
        write_alternate_header(&mut bytes, name, content.len() as u64).unwrap();
        bytes.extend_from_slice(content);
    }

    let mut found = streams(&bytes).into_iter();
    if let Some(security) = security {
        assert_eq!(found.next(), Some((3, 0, String::new(), security)));
    }
    if !expected.is_empty() {
        let (id, flags, name, chain) = found.next().unwrap();
        assert_eq!((id, flags, name.as_str()), (2, 0, ""));
        assert_eq!(attributes(&chain), expected);
    }
    assert_eq!(found.next(), Some((1, 0, String::new(), data)));
    for (name, content) in alternate {
        assert_eq!(found.next(), Some((4, 0, format!(":{name}:$DATA"), content)));
    }
    assert_eq!(found.next(), None);
});
