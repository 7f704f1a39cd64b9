//! Reads backup streams back, by their documentation and strictly in the order in which they must come.

use std::collections::BTreeMap;

/// What a backup stream holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    pub security: Option<Vec<u8>>,
    pub extended_attributes: BTreeMap<String, Vec<u8>>,
    pub reparse: Option<Reparse>,
    pub data: Option<Vec<u8>>,
    pub alternate: BTreeMap<String, Vec<u8>>,
}

/// A parsed `REPARSE_DATA_BUFFER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reparse {
    pub tag: u32,
    /// 1 for a relative symbolic link, 0 for an absolute one; junctions have no flags.
    pub flags: Option<u32>,
    pub substitute: String,
    pub print: String,
}

impl Streams {
    /// Reads a whole backup stream; panics where it is not as documented.
    pub fn parse(mut bytes: &[u8]) -> Self {
        let mut streams = Self::default();
        let mut last = 0;
        while !bytes.is_empty() {
            let (id, attributes) = (u32_at(bytes, 0), u32_at(bytes, 4));
            let size = u64::from_le_bytes(bytes[8..16].try_into().unwrap()) as usize;
            let name_size = u32_at(bytes, 16) as usize;
            let name = utf16(&bytes[20..20 + name_size]);
            let content = &bytes[20 + name_size..20 + name_size + size];
            bytes = &bytes[20 + name_size + size..];
            assert_eq!(attributes, 0);
            assert_eq!(name.is_empty(), id != 4, "only alternate streams have names");
            // Security, extended attributes, reparse data, data, alternate data.
            let order = [3, 2, 8, 1, 4].iter().position(|known| *known == id).expect("a known stream") + 1;
            assert!(order > last || id == 4, "stream {id} comes too late");
            last = order;
            match id {
                3 => streams.security = Some(content.to_vec()),
                2 => streams.extended_attributes = extended_attributes(content),
                8 => streams.reparse = Some(reparse(content)),
                1 => streams.data = Some(content.to_vec()),
                _ => {
                    let name = name.strip_prefix(':').and_then(|name| name.strip_suffix(":$DATA")).unwrap();
                    assert!(streams.alternate.insert(name.to_owned(), content.to_vec()).is_none());
                }
            }
        }
        streams
    }
}

fn extended_attributes(mut bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut attributes = BTreeMap::new();
    loop {
        let next = u32_at(bytes, 0) as usize;
        let (flags, name_length) = (bytes[4], bytes[5] as usize);
        let value_length = u16_at(bytes, 6) as usize;
        let value_start = 8 + name_length + 1;
        let name = std::str::from_utf8(&bytes[8..8 + name_length]).unwrap();
        assert_eq!((flags, bytes[8 + name_length]), (0, 0));
        let value = &bytes[value_start..value_start + value_length];
        assert!(attributes.insert(name.to_owned(), value.to_vec()).is_none());
        let padded = (value_start + value_length).next_multiple_of(4);
        assert!(bytes[value_start + value_length..padded].iter().all(|byte| *byte == 0));
        if next == 0 {
            assert_eq!(bytes.len(), padded);
            return attributes;
        }
        assert_eq!(next, padded);
        bytes = &bytes[next..];
    }
}

fn reparse(bytes: &[u8]) -> Reparse {
    let tag = u32_at(bytes, 0);
    assert_eq!(u16_at(bytes, 4) as usize, bytes.len() - 8, "the length of what follows");
    assert_eq!(u16_at(bytes, 6), 0);
    let [substitute_at, substitute_length, print_at, print_length] = [8, 10, 12, 14].map(|at| u16_at(bytes, at) as usize);
    let (flags, names) = match tag {
        0xA000_000C => (Some(u32_at(bytes, 16)), &bytes[20..]),
        0xA000_0003 => (None, &bytes[16..]),
        _ => panic!("tag {tag:#x}"),
    };
    assert_eq!(print_at, substitute_length + 2);
    assert_eq!(names.len(), print_at + print_length + 2);
    for end in [substitute_length, print_at + print_length] {
        assert_eq!(names[end..end + 2], [0, 0], "names end in NUL");
    }
    Reparse {
        tag,
        flags,
        substitute: utf16(&names[substitute_at..substitute_at + substitute_length]),
        print: utf16(&names[print_at..print_at + print_length]),
    }
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.chunks(2).map(|unit| u16::from_le_bytes(unit.try_into().unwrap())).collect();
    String::from_utf16(&units).unwrap()
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}
