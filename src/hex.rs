//! Bytes as lower-case hex digits, as in digests and ids.

use std::fmt::Write as _;

/// Two digits a byte, e.g. `0aff` for 10 and 255.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// The bytes of exactly `2 * N` lower-case digits; `None` for any other text.
pub(crate) fn decode<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        for digit in pair {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            *byte = (*byte << 4) | value;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        assert_eq!(encode(&[0x0a, 0xff, 0x10]), "0aff10");
        assert_eq!(decode("0aff10"), Some([0x0a, 0xff, 0x10]));
        for wrong in ["", "0aff1", "0aff1000", "0AFF10", "0aff1g", "0aff1é", "+aff10"] {
            assert_eq!(decode::<3>(wrong), None, "{wrong}");
        }
    }
}
