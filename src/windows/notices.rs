//! Events that HCS reports on its own threads, kept until someone asks for them.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// An event that was reported.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    /// The kind of event, in the numbers of the generation that reported it.
    pub kind: u32,
    /// The HRESULT of the event; 0 in the newer generation.
    pub status: i32,
    /// The JSON of the event.
    pub data: Option<String>,
}

/// All events of one handle.
///
/// A callback may be running on another thread while its handle is closed, and may outlive it. So it is not given a pointer but a
/// number, under which it finds the events of a handle only as long as that is in use.
pub(super) struct Notices {
    number: usize,
    events: Arc<Events>,
}

#[derive(Default)]
struct Events {
    reported: Mutex<Vec<Notice>>,
    more: Condvar,
}

/// The events of all handles in use, by number.
static IN_USE: Mutex<BTreeMap<usize, Arc<Events>>> = Mutex::new(BTreeMap::new());
/// The number of the next handle; none is used twice.
static NEXT: AtomicUsize = AtomicUsize::new(1);

impl Notices {
    /// No events yet.
    pub fn new() -> Self {
        let (number, events) = (NEXT.fetch_add(1, Ordering::Relaxed), Arc::<Events>::default());
        IN_USE.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(&events));
        Self { number, events }
    }

    /// The context that a callback for this handle is registered with: a number, and not a pointer to anything.
    pub const fn context(&self) -> *const c_void {
        std::ptr::without_provenance(self.number)
    }

    /// Keeps an event.
    pub fn report(&self, notice: Notice) {
        self.events.report(notice);
    }

    /// The first event that fits, if it is reported within this time.
    pub fn wait(&self, timeout: Duration, fits: impl Fn(&Notice) -> bool) -> Option<Notice> {
        let until = Instant::now().checked_add(timeout);
        let mut reported = self.events.reported.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(notice) = reported.iter().find(|notice| fits(notice)) {
                return Some(notice.clone());
            }
            let left = until?.checked_duration_since(Instant::now())?;
            reported = self.events.more.wait_timeout(reported, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        IN_USE.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

impl Events {
    fn report(&self, notice: Notice) {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
        self.more.notify_all();
    }
}

/// Called from a callback with its context: keeps the event, unless its handle is no longer in use, and returns at once.
pub(super) fn report(context: *const c_void, notice: Notice) {
    let events = IN_USE.lock().unwrap_or_else(PoisonError::into_inner).get(&context.addr()).map(Arc::clone);
    if let Some(events) = events {
        events.report(notice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(kind: u32) -> Notice {
        Notice { kind, status: 0, data: None }
    }

    #[test]
    fn waits_for_what_fits_and_no_longer_than_asked() {
        let notices = Notices::new();
        let context = notices.context().addr();
        let reporter = std::thread::spawn(move || {
            for kind in [1, 2] {
                std::thread::sleep(Duration::from_millis(5));
                report(std::ptr::without_provenance(context), notice(kind));
            }
        });
        assert_eq!(notices.wait(Duration::from_secs(10), |notice| notice.kind == 2).map(|notice| notice.kind), Some(2));
        reporter.join().unwrap();
        assert!(notices.wait(Duration::ZERO, |notice| notice.kind == 1).is_some());
        assert!(notices.wait(Duration::from_millis(5), |notice| notice.kind == 3).is_none());
    }

    #[test]
    fn a_late_event_finds_nobody() {
        let closed = Notices::new();
        let context = closed.context();
        drop(closed);
        let other = Notices::new();
        report(context, notice(1));
        assert!(other.wait(Duration::ZERO, |_| true).is_none());
        assert!(!IN_USE.lock().unwrap().contains_key(&context.addr()));
    }
}
