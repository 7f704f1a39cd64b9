//! Times as Windows files have them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::layer::Refusal;

/// Seconds from 1601-01-01, where Windows counts from, to 1970-01-01.
const TO_UNIX: i64 = 11_644_473_600;
const TICKS: i64 = 10_000_000;

/// A `FILETIME`: ticks of 100 ns since 1601-01-01 UTC, e.g. `133_500_000_000_000_000`; zero means "leave it as it is".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileTime(pub i64);

impl FileTime {
    /// No time is known; Windows leaves the file's own.
    pub const UNKNOWN: Self = Self(0);

    /// From seconds since 1970, as a tar header has them.
    pub(crate) fn from_unix(seconds: u64) -> Result<Self, Refusal> {
        Self::from_parts(i64::try_from(seconds).map_err(|_| Refusal::Record("time"))?, 0)
    }

    /// Reads a PAX time, `[-]SECONDS[.FRACTION]` since 1970; digits below 100 ns are dropped.
    pub(crate) fn parse_pax(text: &[u8]) -> Result<Self, Refusal> {
        const MALFORMED: Refusal = Refusal::Record("time");
        let (negative, text) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (seconds, fraction) = match text.iter().position(|byte| *byte == b'.') {
            Some(dot) => (text.get(..dot).unwrap_or_default(), text.get(dot + 1..).unwrap_or_default()),
            None => (text, &b""[..]),
        };
        if seconds.is_empty() || seconds.len() > 12 || !seconds.iter().chain(fraction).all(u8::is_ascii_digit) {
            return Err(MALFORMED);
        }
        let digit = |byte: &u8| i64::from(byte - b'0');
        let seconds = seconds.iter().fold(0, |sum, byte| sum * 10 + digit(byte));
        let ticks = fraction.iter().map(digit).chain(std::iter::repeat(0)).take(7).fold(0, |sum, digit| sum * 10 + digit);
        if negative { Self::from_parts(-seconds, -ticks) } else { Self::from_parts(seconds, ticks) }
    }

    fn from_parts(seconds: i64, ticks: i64) -> Result<Self, Refusal> {
        let ticks = seconds.checked_add(TO_UNIX).and_then(|seconds| seconds.checked_mul(TICKS)?.checked_add(ticks));
        match ticks {
            Some(ticks) if ticks >= 0 => Ok(Self(ticks)),
            _ => Err(Refusal::Record("time")),
        }
    }

    /// The same for the standard library; `None` where the time is unknown.
    pub fn system_time(self) -> Option<SystemTime> {
        if self == Self::UNKNOWN {
            return None;
        }
        let since_unix = i128::from(self.0) - i128::from(TO_UNIX) * i128::from(TICKS);
        let ticks = u64::try_from(since_unix.unsigned_abs()).ok()?;
        let distance = Duration::new(ticks / TICKS as u64, (ticks % TICKS as u64) as u32 * 100);
        if since_unix < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_pax_times() {
        for (text, ticks) in [
            ("0", 116_444_736_000_000_000),
            ("1", 116_444_736_010_000_000),
            ("1700000000.1234567", 133_444_736_001_234_567),
            ("1700000000.123456789", 133_444_736_001_234_567),
            ("1700000000.5", 133_444_736_005_000_000),
            ("1700000000.", 133_444_736_000_000_000),
            ("-1.5", 116_444_735_985_000_000),
            ("-11644473600", 0),
        ] {
            assert_eq!(FileTime::parse_pax(text.as_bytes()), Ok(FileTime(ticks)), "{text}");
        }
        for text in ["", "-", ".5", "1,5", "1e5", "+1", " 1", "1.5x", "0x10", "9999999999999", "999999999999", "-11644473601"] {
            assert_eq!(FileTime::parse_pax(text.as_bytes()), Err(Refusal::Record("time")), "{text}");
        }
    }

    #[test]
    fn agrees_with_the_standard_library() {
        assert_eq!(FileTime::UNKNOWN.system_time(), None);
        assert_eq!(FileTime::parse_pax(b"0").unwrap().system_time(), Some(UNIX_EPOCH));
        let before = FileTime::parse_pax(b"-1.5").unwrap();
        assert_eq!(before.system_time(), Some(UNIX_EPOCH - Duration::from_millis(1500)));
        let after = FileTime::from_unix(1_700_000_000).unwrap();
        assert_eq!(after.system_time(), Some(UNIX_EPOCH + Duration::from_secs(1_700_000_000)));
    }
}
