//! Work that is done once, however many ask for it at the same time, and work that would hold up the runtime.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, Semaphore};

use crate::{Error, ErrorKind};

/// Values by key, each made once.
#[derive(Debug)]
pub(crate) struct Once<K, T>(Mutex<HashMap<K, Arc<OnceCell<T>>>>);

impl<K: Eq + Hash, T> Once<K, T> {
    /// The cell for the value of this key.
    pub(crate) fn cell(&self, key: K) -> Arc<OnceCell<T>> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }
}

impl<K, T> Default for Once<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// The most files that are read at once: a thread for each of hundreds would hold up all of them. Looking up the names of servers takes
/// threads too, which these must not take away.
static READERS: Semaphore = Semaphore::const_new(8);

/// Reads files where waiting for them keeps nothing else from going on.
pub(crate) async fn blocking<T: Send + 'static>(read: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let _turn = READERS.acquire().await;
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|error| Err(Error::of(ErrorKind::Invalid, "reading a file failed").because(error.to_string())))
}
