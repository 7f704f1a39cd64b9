//! The header of a tar member: a block of 512 bytes.

/// A header whose checksum holds.
#[derive(Debug)]
pub(crate) struct Header(Box<tar::Header>);

/// The largest number that the octal digits of a size can say.
pub(crate) const LARGEST_OCTAL: u64 = 0o77_777_777_777;

impl Header {
    /// The header in this block; `None` if its checksum is wrong.
    pub(super) fn parse(block: &[u8; 512]) -> Option<Self> {
        let mut header = Box::new(tar::Header::new_old());
        header.as_mut_bytes().copy_from_slice(block);
        let sum = |bytes: Option<&[u8]>| bytes.unwrap_or_default().iter().map(|byte| u64::from(*byte)).sum::<u64>();
        // The checksum counts its own eight bytes as spaces.
        let actual = sum(block.get(..148)) + 8 * u64::from(b' ') + sum(block.get(156..));
        (number(&header.as_old().cksum) == Some(actual)).then_some(Self(header))
    }

    /// The type byte, e.g. `b'5'` for a directory; old archives have NUL for `b'0'`, a file.
    pub(crate) fn type_flag(&self) -> u8 {
        let [flag] = self.0.as_old().linkflag;
        flag
    }

    /// The name, as far as it fits into a header.
    pub(crate) fn name(&self) -> Vec<u8> {
        self.0.path_bytes().into_owned()
    }

    /// True if the name may begin in a field that GNU has for a time: Go takes text there for the beginning of a name.
    pub(crate) fn may_have_a_longer_name(&self) -> bool {
        let is_text = |field: &[u8]| field.first().is_some_and(|first| *first != 0) && number(field).is_none();
        self.0.as_gnu().is_some_and(|gnu| is_text(&gnu.atime) || is_text(&gnu.ctime))
    }

    /// The target of a link, as far as it fits into a header; empty for other members.
    pub(crate) fn link(&self) -> Vec<u8> {
        self.0.link_name_bytes().unwrap_or_default().into_owned()
    }

    /// The size of the payload in bytes; `None` if the field is not a number.
    pub(crate) fn size(&self) -> Option<u64> {
        number(&self.0.as_old().size)
    }

    /// The modification time in seconds since 1970; `None` if the field is not a number.
    pub(crate) fn modified(&self) -> Option<u64> {
        number(&self.0.as_old().mtime)
    }
}

/// A number of a header: octal digits, or GNU's binary form for large ones; `None` if it is neither or negative.
fn number(field: &[u8]) -> Option<u64> {
    if let [0x80, binary @ ..] = field {
        return binary.iter().try_fold(0u64, |sum, byte| Some(sum.checked_mul(256)? + u64::from(*byte)));
    }
    let start = field.iter().position(|byte| *byte != b' ').unwrap_or(field.len());
    let digits = field.get(start..)?;
    let end = digits.iter().position(|byte| matches!(byte, b' ' | 0)).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at_checked(end)?;
    if !rest.iter().all(|byte| matches!(byte, b' ' | 0)) {
        return None;
    }
    digits.iter().try_fold(0u64, |sum, digit| match digit {
        b'0'..=b'7' => Some(sum.checked_mul(8)? + u64::from(digit - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        for (field, value) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"644", Some(0o644)),
            (b"\0\0\0\0", Some(0)),
            (b"    ", Some(0)),
            (b"77777777777\0", Some(LARGEST_OCTAL)),
            (b"\x80\0\0\0\0\0\0\x02\0\0\0\0", Some(0x2_0000_0000)),
            (b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", Some(u64::MAX)),
            (b"\x80\0\0\x01\0\0\0\0\0\0\0\0", None),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"\x81\0\0\0\0\0\0\0\0\0\0\0", None),
            (b"0000648\0", None),
            (b"-000644\0", None),
            (b"+000644\0", None),
            (b"64\x004\0\0\0\0", None),
            (b"6 4\0", None),
        ] {
            assert_eq!(number(field), value, "{}", field.escape_ascii());
        }
    }
}
