//! The clock, and times as `docker logs --since` takes them.

use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use crate::clock::now;

/// Today's date, in UTC.
pub fn today() -> Date {
    TimeZone::UTC.to_datetime(now()).date()
}

/// Reads a time: RFC 3339, a date or a date with a time in UTC, seconds since 1970, or a duration before now (`10m`, `1h30m`).
///
/// # Errors
///
/// The forms that are read.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    before(text, now()).ok_or_else(|| "write e.g. 2026-11-25T08:40:00Z, 2026-11-25, 1795596000, 10m or 1h30m".to_owned())
}

/// Reads a duration: `24h`, `7d`, `1h30m`, `2 weeks`.
///
/// # Errors
///
/// The forms that are read.
pub fn duration(text: &str) -> Result<Duration, String> {
    let span = text.parse::<Span>().ok();
    let exact = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    exact.and_then(|exact| exact.try_into().ok()).ok_or_else(|| "write e.g. 24h, 7d or 90m".to_owned())
}

fn before(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    let in_utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
    let ago = |ago: SignedDuration| now.checked_sub(ago).ok();
    text.parse::<Timestamp>().ok().or_else(|| text.parse::<DateTime>().ok().and_then(in_utc)).or_else(|| {
        let date = text.parse::<Date>().ok().and_then(|date| in_utc(date.to_datetime(jiff::civil::Time::midnight())));
        date.or_else(|| text.parse().ok().and_then(ago))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, hours) in [("24h", 24), ("7d", 7 * 24), ("1w", 7 * 24), ("2 weeks", 14 * 24), ("1d12h", 36), ("0s", 0)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(hours * 3600)), "{text}");
        }
        for text in ["", "7", "-1h", "soon", "1 month", "99999999999999999999d"] {
            assert_eq!(duration(text), Err("write e.g. 24h, 7d or 90m".to_owned()), "{text}");
        }
    }

    #[test]
    fn times_as_docker_reads_them() {
        let now: Timestamp = "2026-11-25T08:40:00Z".parse().unwrap();
        for (text, time) in [
            ("2026-11-25T08:40:00Z", "2026-11-25T08:40:00Z"),
            ("2026-11-25T09:40:00.5+01:00", "2026-11-25T08:40:00.5Z"),
            ("2026-11-25T08:40:00", "2026-11-25T08:40:00Z"),
            ("2026-11-25", "2026-11-25T00:00:00Z"),
            ("1795596000", "2026-11-25T08:40:00Z"),
            ("10m", "2026-11-25T08:30:00Z"),
            ("1h30m", "2026-11-25T07:10:00Z"),
            ("90s", "2026-11-25T08:38:30Z"),
        ] {
            assert_eq!(before(text, now).map(|time| time.to_string()).as_deref(), Some(time), "{text}");
        }
        for text in ["", "yesterday", "2026-13-01", "99999999999999999999", "1000000000h", "x10m"] {
            assert_eq!(before(text, now), None, "{text}");
        }
    }
}
