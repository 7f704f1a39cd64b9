//! When a failed request is tried again, and how long is waited before.

use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::ErrorKind;
use crate::oci::distribution::failure::{Again, Failure};

/// How patient a client is with one request.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// How often a request is sent at most, e.g. 4.
    pub tries: u32,
    /// The pause before the second try; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause taken unasked.
    pub longest_pause: Duration,
    /// The longest pause taken because a server asked for it with `Retry-After`.
    pub patience: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 4,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(8),
            patience: Duration::from_secs(120),
        }
    }
}

/// The tries of one request.
pub(crate) struct Tries<'a> {
    policy: &'a RetryPolicy,
    deadline: Option<Instant>,
    left: u32,
    pause: Duration,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(policy: &'a RetryPolicy, deadline: Option<Instant>) -> Self {
        Self { policy, deadline, left: policy.tries.saturating_sub(1), pause: policy.first_pause }
    }

    /// Waits until the next try is due; gives the failure back when there is to be none.
    pub(crate) async fn pause_after(&mut self, failure: Failure) -> Result<(), Failure> {
        let pause = self.next_pause(failure)?;
        tracing::debug!(milliseconds = pause.as_millis(), "waiting before the next try");
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn next_pause(&mut self, mut failure: Failure) -> Result<Duration, Failure> {
        // Whatever comes back from here was tried often enough.
        let again = std::mem::replace(&mut failure.again, Again::No);
        let pause = match again {
            Again::No => return Err(failure),
            Again::Soon => self.pause,
            Again::After(asked) => asked,
        };
        if self.left == 0 {
            return Err(failure);
        }
        let remaining = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let patience = remaining.map_or(self.policy.patience, |remaining| remaining.min(self.policy.patience));
        if pause > patience {
            return Err(match again {
                Again::After(asked) => impatient(failure, asked, patience),
                Again::No | Again::Soon => failure,
            });
        }
        self.left -= 1;
        self.pause = self.pause.saturating_mul(2).min(self.policy.longest_pause);
        Ok(pause)
    }
}

fn impatient(mut failure: Failure, asked: Duration, patience: Duration) -> Failure {
    failure.kind = ErrorKind::RateLimited;
    failure.causes.push(format!(
        "it asks to be left alone for {} seconds, and {} seconds is as long as can be waited",
        asked.as_secs(),
        patience.as_secs()
    ));
    failure
}

/// The pause a server asks for: seconds, or a date (RFC 9110, section 10.2.3), read against the server's own clock where it
/// says its time.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let now = headers.get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok()).unwrap_or(now);
    // A date that has passed asks for no pause.
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(again: Again) -> Failure {
        Failure { kind: ErrorKind::Network, causes: vec!["it failed".to_owned()], hint: None, again }
    }

    #[test]
    fn both_forms_of_retry_after_are_read() {
        let now = httpdate::parse_http_date("Mon, 02 Mar 2026 10:00:00 GMT").unwrap();
        let table = [
            ("7", None, Some(7)),
            (" 0 ", None, Some(0)),
            ("Mon, 02 Mar 2026 10:00:30 GMT", None, Some(30)),
            ("Mon, 02 Mar 2026 09:00:00 GMT", None, Some(0)),
            ("Mon, 02 Mar 2026 10:00:30 GMT", Some("Mon, 02 Mar 2026 10:00:20 GMT"), Some(10)),
            ("-1", None, None),
            ("soon", None, None),
            ("", None, None),
            ("99999999999999999999999", None, None),
        ];
        for (value, date, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            if let Some(date) = date {
                headers.insert(DATE, date.parse().unwrap());
            }
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_end_with_the_tries() {
        let policy = RetryPolicy { tries: 6, longest_pause: Duration::from_secs(3), ..RetryPolicy::default() };
        let mut tries = Tries::new(&policy, None);
        let pauses: Vec<u128> =
            std::iter::from_fn(|| tries.next_pause(failure(Again::Soon)).ok()).map(|pause| pause.as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 3000, 3000]);
    }

    #[test]
    fn a_pause_longer_than_the_patience_or_the_deadline_ends_the_tries() {
        let policy = RetryPolicy::default();
        let given_up = |deadline, again| Tries::new(&policy, deadline).next_pause(failure(again)).unwrap_err().kind;
        let soon_over = Some(Instant::now() + Duration::from_millis(50));

        assert_eq!(given_up(None, Again::After(Duration::from_secs(121))), ErrorKind::RateLimited);
        assert_eq!(given_up(soon_over, Again::After(Duration::from_secs(1))), ErrorKind::RateLimited);
        assert_eq!(given_up(soon_over, Again::Soon), ErrorKind::Network);
        assert_eq!(given_up(None, Again::No), ErrorKind::Network);

        let asked = Duration::from_secs(7);
        assert_eq!(Tries::new(&policy, None).next_pause(failure(Again::After(asked))).unwrap(), asked);
    }
}
