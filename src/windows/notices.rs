//! What HCS tells us on its own threads, kept until someone asks.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One thing that was told.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    /// Which event, in the numbers of the generation that told it.
    pub kind: u32,
    /// The HRESULT that came with it; 0 in the newer generation.
    pub status: i32,
    /// The JSON that came with it.
    pub data: Option<String>,
}

/// All that was told to one handle.
#[derive(Default)]
pub(super) struct Notices {
    told: Mutex<Vec<Notice>>,
    more: Condvar,
}

impl Notices {
    /// A place for what is told to one handle, for as long as the process lives.
    ///
    /// A callback may be running on another thread while its handle is closed. Closing waits for it in the newer generation, as
    /// far as is known; of the older one nobody says so. A program that opens a handful of handles can afford never to free the
    /// few bytes, and then no callback can ever find them gone.
    pub fn leak() -> &'static Self {
        Box::leak(Box::default())
    }

    /// Called from a callback: keeps the notice and returns at once.
    pub fn tell(&self, notice: Notice) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
        self.more.notify_all();
    }

    /// The first notice of this sort, waiting at most this long for it.
    pub fn wait(&self, timeout: Duration, fits: impl Fn(&Notice) -> bool) -> Option<Notice> {
        let until = Instant::now().checked_add(timeout);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(notice) = told.iter().find(|notice| fits(notice)) {
                return Some(notice.clone());
            }
            let left = until?.checked_duration_since(Instant::now())?;
            told = self.more.wait_timeout(told, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_what_fits_and_no_longer_than_asked() {
        let notices = Notices::leak();
        let teller = std::thread::spawn(|| {
            for kind in [1, 2] {
                std::thread::sleep(Duration::from_millis(5));
                notices.tell(Notice { kind, status: 0, data: None });
            }
        });
        assert_eq!(notices.wait(Duration::from_secs(10), |notice| notice.kind == 2).map(|notice| notice.kind), Some(2));
        teller.join().unwrap();
        assert!(notices.wait(Duration::ZERO, |notice| notice.kind == 1).is_some());
        assert!(notices.wait(Duration::from_millis(5), |notice| notice.kind == 3).is_none());
    }
}
