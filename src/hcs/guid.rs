//! A GUID as HCS and HCN write it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A GUID, e.g. `0f8fad5b-d9cb-469f-a165-70867728950e`: printed in lower case without braces, as the documents of HCS and HCN
/// want it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid([u8; 16]);

impl Guid {
    /// A GUID from its sixteen bytes in the order in which they are printed, marked as a random one (version 4, RFC 9562).
    pub const fn from_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes)
    }

    /// A GUID from the four fields of Windows' `GUID` structure.
    pub const fn from_fields(data1: u32, data2: u16, data3: u16, data4: [u8; 8]) -> Self {
        let [a, b, c, d] = data1.to_be_bytes();
        let [e, f] = data2.to_be_bytes();
        let [g, h] = data3.to_be_bytes();
        let [i, j, k, l, m, n, o, p] = data4;
        Self([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }

    /// The four fields of Windows' `GUID` structure.
    pub const fn fields(self) -> (u32, u16, u16, [u8; 8]) {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = self.0;
        (u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([e, f]), u16::from_be_bytes([g, h]), [i, j, k, l, m, n, o, p])
    }
}

/// Why a text is no [`Guid`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a GUID such as 0f8fad5b-d9cb-469f-a165-70867728950e")]
pub struct ParseGuidError;

impl FromStr for Guid {
    type Err = ParseGuidError;

    /// Reads 8-4-4-4-12 hex digits in either case, with or without braces.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        let mut bytes = [0u8; 16];
        let mut digits = 0;
        for (position, character) in text.bytes().enumerate() {
            if matches!(position, 8 | 13 | 18 | 23) {
                if character != b'-' {
                    return Err(ParseGuidError);
                }
                continue;
            }
            let digit = char::from(character).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(ParseGuidError)?;
            let byte = bytes.get_mut(digits / 2).ok_or(ParseGuidError)?;
            *byte = (*byte << 4) | digit;
            digits += 1;
        }
        if digits == 32 { Ok(Self(bytes)) } else { Err(ParseGuidError) }
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            if matches!(position, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl Serialize for Guid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        let text = "0f8fad5b-d9cb-469f-a165-70867728950e";
        let guid: Guid = text.parse().unwrap();
        assert_eq!(guid.to_string(), text);
        assert_eq!("{0F8FAD5B-D9CB-469F-A165-70867728950E}".parse(), Ok(guid));
        assert_eq!(guid.fields(), (0x0f8f_ad5b, 0xd9cb, 0x469f, [0xa1, 0x65, 0x70, 0x86, 0x77, 0x28, 0x95, 0x0e]));
        let (a, b, c, d) = guid.fields();
        assert_eq!(Guid::from_fields(a, b, c, d), guid);
    }

    #[test]
    fn a_random_one_says_so() {
        assert_eq!(Guid::from_random([0xff; 16]).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(Guid::from_random([0; 16]).to_string(), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn refuses_what_is_no_guid() {
        for text in [
            "",
            "0f8fad5b",
            "0f8fad5bd9cb469fa16570867728950e",
            "0f8fad5b-d9cb-469f-a165-70867728950",
            "0f8fad5b-d9cb-469f-a165-70867728950e0",
            "{0f8fad5b-d9cb-469f-a165-70867728950e",
            "0f8fad5b-d9cb-469f-a165-70867728950g",
            "0f8fad5b_d9cb-469f-a165-70867728950e",
        ] {
            assert_eq!(text.parse::<Guid>(), Err(ParseGuidError), "{text}");
        }
    }
}
