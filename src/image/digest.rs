//! A content digest, verified when it is made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha512};

use crate::hex;

/// The prefixes of the algorithms that are read: those that the image specification registers and somebody uses.
const SHA256: &str = "sha256:";
const SHA512: &str = "sha512:";

/// A content digest: SHA-256, e.g. `sha256:b424…` with 64 lower-case hex digits, or SHA-512 with 128 of them. Content is named by
/// its SHA-256 everywhere here; a SHA-512 is verified where an index or a manifest names one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_sha256(Sha256::digest(bytes).into())
    }

    /// A digest from a finished SHA-256.
    pub fn from_sha256(hash: [u8; 32]) -> Self {
        Self(format!("{SHA256}{}", hex::encode(&hash)))
    }

    /// True if these bytes have this digest.
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        if self.is_sha256() { Self::of(bytes) == *self } else { hex::encode(&Sha512::digest(bytes)) == self.hex() }
    }

    /// True for the algorithm by which everything is named here, and stored.
    pub fn is_sha256(&self) -> bool {
        self.0.starts_with(SHA256)
    }

    /// The algorithm, e.g. `sha256`.
    pub fn algorithm(&self) -> &str {
        self.0.split_once(':').map_or("", |(algorithm, _)| algorithm)
    }

    /// The hex digits, e.g. for a file name: 64 of a SHA-256, 128 of a SHA-512.
    pub fn hex(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, digits)| digits)
    }

    /// The first twelve of the digits, as Docker shows them, e.g. `b424ac0f7d3a`.
    pub fn short(&self) -> &str {
        self.hex().get(..12).unwrap_or_default()
    }

    /// The whole text, e.g. `sha256:b424…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The reason why a text is not a [`Digest`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a digest: expected sha256: and 64 lower-case hex digits, or sha512: and 128")]
pub struct ParseDigestError;

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_digest = match (text.strip_prefix(SHA256), text.strip_prefix(SHA512)) {
            (Some(digits), _) => hex::decode::<32>(digits).is_some(),
            (None, Some(digits)) => hex::decode::<64>(digits).is_some(),
            (None, None) => false,
        };
        if is_digest { Ok(Self(text.to_owned())) } else { Err(ParseDigestError) }
    }
}

/// True for a well-formed digest of an algorithm that is not read here, e.g. `blake3:…` (image-spec, `descriptor.md`).
pub(crate) fn is_of_another_algorithm(text: &str) -> bool {
    let Some((algorithm, encoded)) = text.split_once(':') else { return false };
    let mut components = algorithm.split(['+', '.', '_', '-']);
    let is_component = |part: &str| !part.is_empty() && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
    !matches!(algorithm, "sha256" | "sha512")
        && components.all(is_component)
        && !encoded.is_empty()
        && encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'=' | b'_' | b'-'))
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_of_nothing_is_the_published_one() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").as_str(), empty);
        assert_eq!(empty.parse::<Digest>().unwrap().hex().len(), 64);
    }

    /// The SHA-512 of nothing, as it is published.
    #[test]
    fn a_sha512_is_verified_too() {
        let empty = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
                     47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";
        let digest: Digest = empty.parse().unwrap();
        assert!(digest.is_of(b"") && !digest.is_of(b"x") && !digest.is_sha256());
        assert_eq!((digest.algorithm(), digest.hex().len(), digest.as_str()), ("sha512", 128, empty));
        assert!(Digest::of(b"x").is_of(b"x") && !Digest::of(b"x").is_of(b""));
        assert!(empty.replace("sha512", "sha256").parse::<Digest>().is_err());
    }

    #[test]
    fn another_algorithm_is_told_from_what_is_malformed() {
        for text in ["blake3:00ff", "sha384:00", "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8"] {
            assert!(is_of_another_algorithm(text) && text.parse::<Digest>().is_err(), "{text}");
        }
        for text in
            ["", "blake3", "blake3:", ":00", "sha256:00", "sha512:00", "Blake3:00", "a..b:00", "blake3:../x", "blake3:a b"]
        {
            assert!(!is_of_another_algorithm(text), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_digest() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for text in [
            hex,
            &format!("sha256:{}", &hex[1..]),
            &format!("sha256:{}", hex.to_uppercase()),
            &format!("md5:{hex}"),
            "sha256:../../etc/passwd",
            "",
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }
}
