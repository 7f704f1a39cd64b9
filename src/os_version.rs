//! The version of a Windows: four numbers, never text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A Windows version, e.g. `10.0.20348.2402`: `major.minor.build[.revision]`.
///
/// The build decides compatibility, the revision (UBR) only warns. An absent revision is unknown, which is not zero, so it
/// prints as nothing; a typed `.0` means unknown too (`[Environment]::OSVersion` and many tools print it without knowing it).
/// The order is numeric, with an unknown revision before every known one; Docker and containerd sort these as text and put
/// `10.0.26100.7462` above `10.0.26100.32230`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OsVersion {
    /// `10` for every Windows that runs containers.
    pub major: u32,
    /// `0` for every Windows that runs containers.
    pub minor: u32,
    /// E.g. `20348`.
    pub build: u32,
    /// E.g. `2402`; `None` where nothing says it.
    pub revision: Option<u32>,
}

impl OsVersion {
    /// A version from its numbers; revision 0 is unknown.
    pub const fn new(major: u32, minor: u32, build: u32, revision: Option<u32>) -> Self {
        let revision = match revision {
            Some(0) => None,
            known => known,
        };
        Self { major, minor, build, revision }
    }

    /// `10.0.build`, revision unknown.
    pub const fn of_build(build: u32) -> Self {
        Self::new(10, 0, build, None)
    }

    /// The three numbers that decide, e.g. `10.0.20348` as in Kubernetes' node label; semver has no place for a fourth.
    pub const fn triple(self) -> semver::Version {
        semver::Version::new(self.major as u64, self.minor as u64, self.build as u64)
    }

    /// True for a Windows of the 10.0 line, the only one with containers.
    pub const fn is_windows_10_line(self) -> bool {
        self.major == 10 && self.minor == 0
    }
}

impl fmt::Display for OsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.build)?;
        match self.revision {
            Some(revision) => write!(f, ".{revision}"),
            None => Ok(()),
        }
    }
}

/// The reason why a text is not an [`OsVersion`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a Windows version: expected three or four numbers such as 10.0.20348.2402")]
pub struct ParseOsVersionError;

impl FromStr for OsVersion {
    type Err = ParseOsVersionError;

    /// Reads `major.minor.build` or `major.minor.build.revision`, digits only: no sign, no space, no fifth part.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut numbers = [0u32; 4];
        let mut count = 0;
        for part in text.split('.') {
            let slot = numbers.get_mut(count).ok_or(ParseOsVersionError)?;
            *slot = number(part)?;
            count += 1;
        }
        let [major, minor, build, revision] = numbers;
        match count {
            3 => Ok(Self::new(major, minor, build, None)),
            4 => Ok(Self::new(major, minor, build, Some(revision))),
            _ => Err(ParseOsVersionError),
        }
    }
}

/// A decimal number of at most nine digits; `u32::from_str` alone would take a sign.
fn number(digits: &str) -> Result<u32, ParseOsVersionError> {
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseOsVersionError);
    }
    digits.parse().map_err(|_| ParseOsVersionError)
}

impl Serialize for OsVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OsVersion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> OsVersion {
        text.parse().unwrap()
    }

    #[test]
    fn reads_three_and_four_numbers() {
        assert_eq!(version("10.0.20348.2402"), OsVersion::new(10, 0, 20348, Some(2402)));
        assert_eq!(version("10.0.20348"), OsVersion::of_build(20348));
        assert_eq!(version("6.3.9600.17031").major, 6);
        assert_eq!(version("10.0.26100.33438").revision, Some(33438));
    }

    #[test]
    fn a_typed_zero_revision_is_unknown() {
        assert_eq!(version("10.0.26100.0"), OsVersion::of_build(26100));
        assert_eq!(version("10.0.26100.0").to_string(), "10.0.26100");
    }

    #[test]
    fn refuses_what_is_no_version() {
        for text in [
            "",
            "10",
            "10.0",
            "10.0.",
            "10.0.x",
            "10.0.-1",
            "10.0.+1",
            " 10.0.1",
            "10.0.1.2.3",
            "10.0.1 ",
            "10..1",
            "10.0.99999999999",
            "10.0.１",
        ] {
            assert!(text.parse::<OsVersion>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn orders_by_number_not_by_text() {
        assert!(version("10.0.26100.32230") > version("10.0.26100.7462"));
        assert!(version("10.0.20348.887") < version("10.0.20348.3091"));
        assert!(version("10.0.9200") < version("10.0.10240"));
        assert!(version("10.0.20348") < version("10.0.20348.1"));
    }
}
