//! Bodies that are coming: where there is no room for another one, the slowest gives its share to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// The time from which a body that comes gives way to others, and what it has besides for each KiB that has come: an API server in the same cluster
/// sends more than 20 MB a second.
const SLOW: Duration = Duration::from_millis(250);
const FOR_EACH_KIB: Duration = Duration::from_micros(50);

/// The time after which the largest body gives way although it only waits: all of them may have a part of what they need.
const PATIENCE: Duration = Duration::from_secs(1);

/// A body that is coming.
#[derive(Debug)]
struct Part {
    /// The KiB that it has.
    held: u32,
    /// The time since its client is what it waits for.
    since: Instant,
    /// True while it waits for its share.
    waits: bool,
    given_up: Arc<Notify>,
}

/// The bodies that are coming, by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Coming(Arc<Mutex<Parts>>);

#[derive(Debug, Default)]
struct Parts {
    last: u64,
    parts: BTreeMap<u64, Part>,
}

/// One of them. It is forgotten when this goes.
#[derive(Debug)]
pub(super) struct Arrival {
    all: Coming,
    number: u64,
    given_up: Arc<Notify>,
}

impl Coming {
    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A body that begins to come.
    pub fn begin(&self) -> Arrival {
        let given_up = Arc::new(Notify::new());
        let mut parts = self.parts();
        parts.last += 1;
        let number = parts.last;
        let part = Part { held: 0, since: Instant::now(), waits: false, given_up: Arc::clone(&given_up) };
        parts.parts.insert(number, part);
        Arrival { all: self.clone(), number, given_up }
    }
}

impl Parts {
    /// The body that gives way to this one, which has waited for so long.
    fn giving_way(&self, to: u64, now: Instant, waited: Duration) -> Option<u64> {
        let others = || self.parts.iter().filter(|(_, part)| part.held > 0);
        let is_slow = |part: &Part| !part.waits && now.saturating_duration_since(part.since) >= SLOW + FOR_EACH_KIB * part.held;
        let slowest = others().filter(|(number, part)| **number != to && is_slow(part)).min_by_key(|(_, part)| part.since);
        let largest = || others().max_by_key(|(_, part)| part.held).filter(|_| waited >= PATIENCE);
        slowest.or_else(largest).map(|(number, _)| *number)
    }
}

impl Arrival {
    /// Ends once it has to give way.
    pub async fn given_up(&self) {
        self.given_up.notified().await;
    }

    /// It waits for its share, and has for so long: another one may have to give way.
    pub fn waits(&self, waited: Duration) {
        let mut parts = self.all.parts();
        if let Some(part) = parts.parts.get_mut(&self.number) {
            part.waits = true;
        }
        let number = parts.giving_way(self.number, Instant::now(), waited);
        if let Some(part) = number.and_then(|number| parts.parts.remove(&number)) {
            part.given_up.notify_one();
        }
    }

    /// It has come as a whole, and gives way to no other.
    pub fn is_whole(&self) {
        self.all.parts().parts.remove(&self.number);
    }

    /// It has its share, which is so many KiB in all.
    pub fn has(&self, held: u32) {
        if let Some(part) = self.all.parts().parts.get_mut(&self.number) {
            if part.waits {
                (part.waits, part.since) = (false, Instant::now());
            }
            part.held = held;
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.all.parts().parts.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_gives_way_and_who_waits_does_so_last() {
        let coming = Coming::default();
        let [first, second, third] = [8, 4, 1].map(|held| {
            let arrival = coming.begin();
            arrival.has(held);
            arrival
        });
        let now = Instant::now();
        let all_since_now = || coming.parts().parts.values_mut().for_each(|part| part.since = now);
        let waits = |arrival: &Arrival| coming.parts().parts.get_mut(&arrival.number).unwrap().waits = true;
        all_since_now();
        let after = |milliseconds: u64, waited: u64| {
            let parts = coming.parts();
            parts.giving_way(third.number, now + Duration::from_millis(milliseconds), Duration::from_millis(waited))
        };
        // All of them have just come.
        assert_eq!((after(0, 0), after(0, 999)), (None, None));
        assert_eq!(after(300, 0), Some(first.number));
        // The first waits for its share.
        waits(&first);
        assert_eq!(after(300, 0), Some(second.number));
        waits(&second);
        assert_eq!((after(300, 0), after(300, 1000)), (None, Some(first.number)));
        // With it the time begins again.
        first.has(9);
        all_since_now();
        assert_eq!((after(200, 0), after(400, 0)), (None, Some(first.number)));
        drop(first);
        assert_eq!((after(400, 0), after(400, 1000)), (None, Some(second.number)));
    }

    #[tokio::test]
    async fn who_gives_way_is_told() {
        let coming = Coming::default();
        let (large, small) = (coming.begin(), coming.begin());
        large.has(8);
        small.waits(PATIENCE);
        tokio::time::timeout(Duration::from_secs(60), large.given_up()).await.unwrap();
        assert_eq!(coming.parts().parts.len(), 1);
    }
}
