//! The clock of this machine, which may say any time.

use std::time::SystemTime;

use jiff::Timestamp;

/// The time now. A clock beyond what a [`Timestamp`] holds, e.g. in the year 12000, says the nearest time that it does.
pub(crate) fn now() -> Timestamp {
    at(SystemTime::now())
}

fn at(time: SystemTime) -> Timestamp {
    let nearest = if time < SystemTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::try_from(time).unwrap_or(nearest)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_in_any_year_says_a_time() {
        let years = |years: u64| Duration::from_secs(years * 31_556_952);
        let epoch = SystemTime::UNIX_EPOCH;
        assert_eq!(at(epoch + Duration::from_secs(1_795_596_000)).to_string(), "2026-11-25T08:40:00Z");
        assert!(at(epoch + years(7900)) < Timestamp::MAX);
        // A clock of Windows ends about the year 30,828, and begins in 1601.
        let beyond = [epoch.checked_add(years(8100)), epoch.checked_add(years(28_000)), epoch.checked_add(years(200_000_000))];
        for time in beyond.into_iter().flatten() {
            assert_eq!(at(time), Timestamp::MAX);
        }
        for time in [epoch.checked_sub(years(20)), epoch.checked_sub(years(300))].into_iter().flatten() {
            assert!(at(time) < Timestamp::UNIX_EPOCH && at(time) > Timestamp::MIN);
        }
        if let Some(time) = epoch.checked_sub(years(20_000)) {
            assert_eq!(at(time), Timestamp::MIN);
        }
    }
}
