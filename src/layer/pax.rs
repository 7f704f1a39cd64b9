//! The PAX extended header of a layer's member, as strict as the rest: nothing malformed, and no key twice.

use std::collections::BTreeMap;

use crate::layer::Refusal;
use crate::tarball;

/// The records of an extended header by key, e.g. `MSWINDOWS.rawsd`. An empty value counts as absent, as POSIX has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records(BTreeMap<String, Vec<u8>>);

impl Records {
    /// Reads the content of an extended header; a key that comes twice is refused, since readers differ on which counts.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut records = BTreeMap::new();
        for record in tarball::records(bytes) {
            let (key, value) = record.ok_or(Refusal::Pax)?;
            if key.contains('\0') || records.insert(key.to_owned(), value.to_vec()).is_some() {
                return Err(Refusal::Pax);
            }
        }
        records.retain(|_, value| !value.is_empty());
        Ok(Self(records))
    }

    /// `true` if there is a comment, and nothing that would change what a member is.
    pub(crate) fn is_only_a_comment(&self) -> bool {
        self.0.keys().eq(["comment"])
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key).map(Vec::as_slice)
    }

    /// The keys that begin so and their values, in the order of the keys; without the prefix.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.0.range(prefix.to_owned()..).map_while(move |(key, value)| Some((key.strip_prefix(prefix)?, value.as_slice())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_records_whose_values_hold_anything() {
        let records = Records::parse(b"11 path=a/b\n19 MSWINDOWS.x=\n\0=\xff\n6 k=\n11 xattr.A=1\n").unwrap_err();
        assert_eq!(records, Refusal::Pax, "the second length is one short");
        let records = Records::parse(b"12 path=a/b\n20 MSWINDOWS.x=\n\0=\xff\n5 k=\n13 xattr.A=1\n13 xattr.B=2\n").unwrap();
        assert_eq!(records.get("path"), Some(&b"a/b"[..]));
        assert_eq!(records.get("MSWINDOWS.x"), Some(&b"\n\0=\xff"[..]));
        assert_eq!(records.get("k"), None, "an empty value is absent");
        let prefixed: Vec<_> = records.with_prefix("xattr.").collect();
        assert_eq!(prefixed, [("A", &b"1"[..]), ("B", &b"2"[..])]);
        assert_eq!(Records::parse(b""), Ok(Records::default()));
    }

    #[test]
    fn refuses_what_is_malformed() {
        for bytes in [
            &b"5 a=b\n"[..],
            b"7 a=b\n",
            b"6 a=b ",
            b"6 a=b",
            b"6a=b\n",
            b" 6 a=b\n",
            b"+6 a=b\n",
            b"6 a:b\n",
            b"5 =b\n",
            b"0 a=b\n",
            b"2 a=b\n",
            b"-6 a=b\n",
            b"99999999999999999999 a=b\n",
            b"6 a=b\n\0\0",
            b"6 a=b\n6 a=c\n",
            b"7 \xff\xff=b\n",
            b"7 a\0=b\n",
        ] {
            assert_eq!(Records::parse(bytes), Err(Refusal::Pax), "{}", bytes.escape_ascii());
        }
    }
}
