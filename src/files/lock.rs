//! Locks of files, each with an end to the waiting.

use std::fs::{File, TryLockError};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// The pauses between two tries: the first, and the longest that they grow to.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Locks a file until what is returned is dropped; `None` if another process has it locked.
pub(crate) fn try_lock(file: File) -> io::Result<Option<File>> {
    Ok(locked(file.try_lock())?.then_some(file))
}

/// Locks a file, and waits at most this long for another process that has it locked.
///
/// `on_wait` is called before each pause with the time waited so far, and ends the waiting with an error, e.g. of an interrupt.
/// Fails with [`io::ErrorKind::TimedOut`] at the limit; [`Duration::MAX`] is no limit, for where `on_wait` has one.
pub(crate) fn lock_within(file: &File, limit: Duration, on_wait: impl FnMut(Duration) -> io::Result<()>) -> io::Result<()> {
    wait(|| locked(file.try_lock()), limit, on_wait)
}

/// [`lock_within`], shared with others that lock it so.
pub(crate) fn lock_shared_within(
    file: &File,
    limit: Duration,
    on_wait: impl FnMut(Duration) -> io::Result<()>,
) -> io::Result<()> {
    wait(|| locked(file.try_lock_shared()), limit, on_wait)
}

fn wait(
    mut lock: impl FnMut() -> io::Result<bool>,
    limit: Duration,
    mut on_wait: impl FnMut(Duration) -> io::Result<()>,
) -> io::Result<()> {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    while !lock()? {
        let waited = begun.elapsed();
        if waited >= limit {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "another process keeps it locked"));
        }
        on_wait(waited)?;
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(())
}

fn locked(tried: Result<(), TryLockError>) -> io::Result<bool> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_lock_ends() {
        let folder = tempfile::tempdir().unwrap();
        let open = || File::options().create(true).truncate(false).write(true).open(folder.path().join("lock")).unwrap();
        let held = try_lock(open()).unwrap().expect("nobody else has it");
        assert!(try_lock(open()).unwrap().is_none());
        let other = open();
        let limit = Duration::from_millis(20);
        for late in [lock_within(&other, limit, |_| Ok(())), lock_shared_within(&other, limit, |_| Ok(()))] {
            assert_eq!(late.unwrap_err().kind(), io::ErrorKind::TimedOut);
        }
        let mut calls = 0;
        let interrupted = lock_within(&other, Duration::MAX, |_| {
            calls += 1;
            if calls == 3 { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
        });
        assert_eq!((interrupted.unwrap_err().kind(), calls), (io::ErrorKind::Interrupted, 3));
        drop(held);
        lock_within(&other, Duration::ZERO, |_| Ok(())).unwrap();
    }

    #[test]
    fn those_who_share_a_lock_do_not_wait_for_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let open = || File::options().create(true).truncate(false).write(true).open(folder.path().join("lock")).unwrap();
        let (one, other) = (open(), open());
        lock_shared_within(&one, Duration::ZERO, |_| Ok(())).unwrap();
        lock_shared_within(&other, Duration::ZERO, |_| Ok(())).unwrap();
        assert!(try_lock(open()).unwrap().is_none());
    }
}
