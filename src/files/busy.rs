//! Files that are busy for a short time: Windows refuses to replace a file that someone reads, a virus scanner for example, and
//! to open one that is being replaced or removed. A removed file keeps its name, and its folder is not empty, until nobody reads it.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than a virus scanner or a reader of this program has a file open, and the pause between two tries.
const LIMIT: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(5);

/// Windows' `ERROR_ACCESS_DENIED`. On other systems an error of this number is not a [`io::ErrorKind::PermissionDenied`].
const ACCESS_DENIED: i32 = 5;

/// Tries again, at most two seconds, while the file is busy.
pub(crate) fn retry_while_busy<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let until = Instant::now() + LIMIT;
    loop {
        match attempt() {
            Err(error) if is_busy(&error) && Instant::now() < until => thread::sleep(PAUSE),
            settled => return settled,
        }
    }
}

fn is_busy(error: &io::Error) -> bool {
    match error.kind() {
        io::ErrorKind::PermissionDenied => error.raw_os_error() == Some(ACCESS_DENIED),
        kind => kind == io::ErrorKind::DirectoryNotEmpty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_this_system_is_final_unless_it_is_windows() {
        let refused = |number| io::Error::from_raw_os_error(number);
        let unix = 13;
        assert_eq!(is_busy(&refused(ACCESS_DENIED)), std::env::consts::FAMILY == "windows");
        assert!(!is_busy(&refused(unix)) && !is_busy(&io::ErrorKind::PermissionDenied.into()));
        assert!(is_busy(&io::ErrorKind::DirectoryNotEmpty.into()));
    }

    #[test]
    fn any_other_answer_is_the_last() {
        let mut tries = 0;
        let missing = retry_while_busy(|| {
            tries += 1;
            Err::<(), _>(io::ErrorKind::NotFound.into())
        });
        assert_eq!((missing.unwrap_err().kind(), tries), (io::ErrorKind::NotFound, 1));
    }
}
