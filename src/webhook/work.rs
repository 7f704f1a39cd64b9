//! Work that takes a processor for longer than a moment: what waits for the network goes on beside it.

use tokio::sync::Semaphore;
use tokio::task::block_in_place;
use tokio::time::{Instant, timeout_at};

/// The pieces of it at one time: each may hold all images of a pod and, for each of them and each group of nodes, a judgement, together 15 MiB at
/// the most. More of them at once would not be done sooner: a server has one or two processors.
const AT_ONCE: usize = 2;

/// The places for such work.
#[derive(Debug)]
pub struct Work(Semaphore);

impl Default for Work {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

impl Work {
    /// Does this work on this thread, from which other tasks are taken away; `None` where there is no place for it until then.
    pub(super) async fn run<T>(&self, until: Instant, work: impl FnOnce() -> T) -> Option<T> {
        // It is never closed.
        let _place = timeout_at(until, self.0.acquire()).await.ok()?.ok()?;
        Some(block_in_place(work))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;

    /// The runtime has one thread, and all places are taken by work that does not end.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn work_holds_up_nothing_but_work_and_that_not_for_ever() {
        let work = Arc::new(Work::default());
        let soon = |milliseconds: u64| Instant::now() + Duration::from_millis(milliseconds);
        let (begun, begins) = channel();
        let (end, ends) = channel::<()>();
        let ends = Arc::new(Mutex::new(ends));
        let mut working = Vec::new();
        for _ in 0..AT_ONCE {
            let (work, begun, ends, until) = (Arc::clone(&work), begun.clone(), Arc::clone(&ends), soon(60_000));
            working.push(tokio::spawn(async move {
                work.run(until, || {
                    begun.send(()).unwrap();
                    // Its sender is gone at the end.
                    let _ = ends.lock().unwrap().recv();
                })
                .await
            }));
        }
        for _ in 0..AT_ONCE {
            begins.recv_timeout(Duration::from_secs(60)).unwrap();
        }
        assert_eq!(tokio::spawn(async { 1 }).await.unwrap(), 1);
        assert_eq!(work.run(soon(50), || 2).await, None);
        drop(end);
        for one in working {
            assert_eq!(one.await.unwrap(), Some(()));
        }
        assert_eq!(work.run(soon(60_000), || 3).await, Some(3));
    }
}
