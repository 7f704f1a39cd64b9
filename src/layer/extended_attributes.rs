//! Extended attributes as NTFS stores them: a chain of `FILE_FULL_EA_INFORMATION`.

use crate::layer::Refusal;

/// One extended attribute, e.g. `$Kernel.Purge.AppXFICache`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedAttribute {
    name: String,
    value: Vec<u8>,
}

impl ExtendedAttribute {
    /// An attribute whose name is 1 to 255 printable ASCII characters and whose value is at most 65,535 bytes.
    pub fn new(name: &str, value: Vec<u8>) -> Result<Self, Refusal> {
        let named = (1..=255).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
        if !named || value.len() > usize::from(u16::MAX) {
            return Err(Refusal::ExtendedAttribute);
        }
        Ok(Self { name: name.to_owned(), value })
    }
}

/// The chain: `u32` offset of the next (0 in the last), `u8` flags, `u8` length of the name, `u16` length of the value, name,
/// NUL, value, padding to a multiple of four.
pub(crate) fn chain(attributes: &[ExtendedAttribute]) -> Vec<u8> {
    let mut chain = Vec::new();
    for (index, attribute) in attributes.iter().enumerate() {
        let length = 8 + attribute.name.len() + 1 + attribute.value.len();
        let padded = length.next_multiple_of(4);
        let next = if index + 1 == attributes.len() { 0 } else { padded as u32 };
        chain.extend_from_slice(&next.to_le_bytes());
        chain.push(0);
        chain.push(attribute.name.len() as u8);
        chain.extend_from_slice(&(attribute.value.len() as u16).to_le_bytes());
        chain.extend_from_slice(attribute.name.as_bytes());
        chain.push(0);
        chain.extend_from_slice(&attribute.value);
        chain.resize(chain.len() + padded - length, 0);
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_windows_cannot_hold() {
        assert!(ExtendedAttribute::new(&"A".repeat(255), vec![0; 65_535]).is_ok());
        for (name, length) in [("", 1), (&*"A".repeat(256), 1), ("A B", 1), ("A\n", 1), ("Ä", 1), ("A", 65_536)] {
            assert_eq!(ExtendedAttribute::new(name, vec![0; length]), Err(Refusal::ExtendedAttribute), "{name:?}");
        }
    }
}
