//! Retries of failed requests, and the pauses before them.

use std::time::{Duration, Instant};

use crate::ErrorKind;
use crate::oci::distribution::failure::{Again, Failure};

/// The rules for trying a request again.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// The most times that a request is sent, e.g. 4.
    pub tries: u32,
    /// The pause before the second try; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause that no server asked for.
    pub longest_pause: Duration,
    /// The longest pause that a server may ask for with `Retry-After`.
    pub longest_asked_pause: Duration,
    /// The part by which a pause is changed, from 0 to 1: random, so that those who failed together do not come back together.
    pub jitter: fn() -> f64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 4,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(8),
            longest_asked_pause: Duration::from_secs(120),
            jitter: random,
        }
    }
}

impl RetryPolicy {
    /// Between half of this pause and all of it.
    pub(crate) fn spread(&self, pause: Duration) -> Duration {
        pause.mul_f64(1.0 - self.jitter() / 2.0)
    }

    /// Between this pause and a quarter more: a server that asks for one is left alone for so long at least.
    fn spread_asked(&self, pause: Duration) -> Duration {
        pause.saturating_add(pause.mul_f64(self.jitter() / 4.0))
    }

    fn jitter(&self) -> f64 {
        (self.jitter)().clamp(0.0, 1.0)
    }
}

/// A random number from 0 to 1; 0 where the system has none.
fn random() -> f64 {
    getrandom::u32().map_or(0.0, |number| f64::from(number) / f64::from(u32::MAX))
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

    /// Waits until the next try is due; returns the failure when there is to be none.
    pub(crate) async fn pause_after(&mut self, failure: Failure) -> Result<(), Failure> {
        let pause = self.next_pause(failure)?;
        tracing::debug!(milliseconds = pause.as_millis(), "waiting before the next try");
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn next_pause(&mut self, mut failure: Failure) -> Result<Duration, Failure> {
        // A failure that is returned from here was tried often enough.
        let again = std::mem::replace(&mut failure.again, Again::No);
        let pause = match again {
            Again::No => return Err(failure),
            Again::Soon => self.policy.spread(self.pause),
            Again::After(asked) => asked,
        };
        if self.left == 0 {
            return Err(failure);
        }
        let remaining = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let longest = self.policy.longest_asked_pause;
        let limit = remaining.map_or(longest, |remaining| remaining.min(longest));
        if pause > limit {
            return Err(match again {
                Again::After(asked) => asked_too_much(failure, asked, limit),
                Again::No | Again::Soon => failure,
            });
        }
        self.left -= 1;
        self.pause = self.pause.saturating_mul(2).min(self.policy.longest_pause);
        Ok(match again {
            Again::After(asked) => self.policy.spread_asked(asked).min(limit),
            Again::No | Again::Soon => pause,
        })
    }
}

fn asked_too_much(mut failure: Failure, asked: Duration, limit: Duration) -> Failure {
    failure.kind = ErrorKind::RateLimited;
    failure.causes.push(format!("it asks to wait {} s; the time limit allows {} s", asked.as_secs(), limit.as_secs()));
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::distribution::failure::Denied;

    fn failure(again: Again) -> Failure {
        Failure {
            kind: ErrorKind::Network,
            causes: vec!["it failed".to_owned()],
            hint: None,
            again,
            absent: None,
            denied: Denied::Login,
        }
    }

    /// The usual policy, without jitter.
    fn exact() -> RetryPolicy {
        RetryPolicy { jitter: || 0.0, ..RetryPolicy::default() }
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_end_with_the_tries() {
        let policy = RetryPolicy { tries: 6, longest_pause: Duration::from_secs(3), ..exact() };
        let mut tries = Tries::new(&policy, None);
        let pauses: Vec<u128> =
            std::iter::from_fn(|| tries.next_pause(failure(Again::Soon)).ok()).map(|pause| pause.as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 3000, 3000]);
    }

    #[test]
    fn a_pause_longer_than_its_limit_or_the_deadline_ends_the_tries() {
        let policy = exact();
        let given_up = |deadline, again| Tries::new(&policy, deadline).next_pause(failure(again)).unwrap_err().kind;
        let soon_over = Some(Instant::now() + Duration::from_millis(50));

        assert_eq!(given_up(None, Again::After(Duration::from_secs(121))), ErrorKind::RateLimited);
        assert_eq!(given_up(soon_over, Again::After(Duration::from_secs(1))), ErrorKind::RateLimited);
        assert_eq!(given_up(soon_over, Again::Soon), ErrorKind::Network);
        assert_eq!(given_up(None, Again::No), ErrorKind::Network);

        let asked = Duration::from_secs(7);
        assert_eq!(Tries::new(&policy, None).next_pause(failure(Again::After(asked))).unwrap(), asked);
    }

    #[test]
    fn pauses_are_spread_and_never_shorter_than_a_server_asks() {
        let pause = |jitter: fn() -> f64, again| {
            let policy = RetryPolicy { jitter, ..RetryPolicy::default() };
            Tries::new(&policy, None).next_pause(failure(again)).unwrap().as_millis()
        };
        let asked = |seconds| Again::After(Duration::from_secs(seconds));
        assert_eq!((pause(|| 0.0, Again::Soon), pause(|| 0.5, Again::Soon), pause(|| 1.0, Again::Soon)), (500, 375, 250));
        assert_eq!((pause(|| 0.0, asked(8)), pause(|| 0.5, asked(8)), pause(|| 1.0, asked(8))), (8000, 9000, 10_000));
        // As long as can be waited, and no longer.
        assert_eq!(pause(|| 1.0, asked(119)), 120_000);
        assert!((0..1000).map(|_| random()).all(|part| (0.0..=1.0).contains(&part)));
        assert!((0..1000).map(|_| random().to_bits()).collect::<std::collections::BTreeSet<_>>().len() > 1);
    }
}
