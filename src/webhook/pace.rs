//! The pace of a connection: the head of a request has to come at once when it has begun, and who says nothing gives up the place when places
//! are scarce.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

/// The time from the first byte of a request to the end of its head.
const HEAD: Duration = Duration::from_secs(8);

/// The time without a request while places are scarce.
const SCARCE: Duration = Duration::from_secs(10);

/// The time without a request: an API server closes a connection that it does not use after 90 seconds, and is to be the first.
pub(super) const LONGEST: Duration = Duration::from_secs(100);

/// The time between two looks.
const LOOKED: Duration = Duration::from_secs(1);

/// What a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// No byte of the next request has come.
    Silence,
    /// A part of its head has.
    Head,
    /// A request is answered, which has bounds of its own.
    Answer,
}

/// What a connection is at, and since when.
#[derive(Debug)]
pub(super) struct Pace(Mutex<(At, Instant)>, Notify);

impl Default for Pace {
    fn default() -> Self {
        Self(Mutex::new((At::Silence, Instant::now())), Notify::new())
    }
}

impl Pace {
    fn now(&self) -> MutexGuard<'_, (At, Instant)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The head of a request is there.
    pub fn answering(&self) {
        *self.now() = (At::Answer, Instant::now());
    }

    /// It is answered.
    pub fn answered(&self) {
        *self.now() = (At::Silence, Instant::now());
    }

    /// Bytes have come.
    fn came(&self) {
        let mut now = self.now();
        if now.0 == At::Silence {
            *now = (At::Head, Instant::now());
        }
    }

    /// The time since which its client has said nothing, if that is what it does.
    pub fn silent_since(&self) -> Option<Instant> {
        let (at, since) = *self.now();
        (at == At::Silence).then_some(since)
    }

    /// Lets it give its place to another connection.
    pub fn give_way(&self) {
        self.1.notify_one();
    }

    /// Ends once it has to give its place to another connection, and its client says nothing.
    pub async fn gives_way(&self) {
        loop {
            self.1.notified().await;
            if self.silent_since().is_some() {
                return;
            }
        }
    }

    /// Ends once the client has taken too much time.
    pub async fn overdue(&self, is_scarce: impl Fn() -> bool) {
        while !self.is_overdue(Instant::now(), is_scarce()) {
            tokio::time::sleep(LOOKED).await;
        }
    }

    fn is_overdue(&self, now: Instant, is_scarce: bool) -> bool {
        let (at, since) = *self.now();
        let limit = match at {
            At::Answer => return false,
            At::Head => HEAD,
            At::Silence if is_scarce => SCARCE,
            At::Silence => LONGEST,
        };
        now.saturating_duration_since(since) >= limit
    }
}

/// A stream that tells when bytes come.
pub(super) struct Paced<S> {
    stream: S,
    pace: Arc<Pace>,
}

impl<S> Paced<S> {
    /// This stream.
    pub const fn new(stream: S, pace: Arc<Pace>) -> Self {
        Self { stream, pace }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.pace.came();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_has_to_come_at_once_and_silence_is_borne_while_there_is_room() {
        let pace = Pace::default();
        // The seconds after which it is overdue, from when its state last changed.
        let overdue = |is_scarce| {
            let since = pace.now().1;
            (0..1000).find(|seconds| pace.is_overdue(since + Duration::from_secs(*seconds), is_scarce))
        };
        assert_eq!((overdue(true), overdue(false)), (Some(10), Some(100)));
        pace.came();
        assert_eq!((overdue(true), overdue(false)), (Some(8), Some(8)));
        let begun = pace.now().1;
        // Every further byte of the head changes nothing.
        pace.came();
        assert_eq!(pace.now().1, begun);
        pace.answering();
        pace.came();
        assert_eq!(overdue(true), None, "an answer has its own bounds");
        pace.answered();
        assert_eq!((overdue(true), overdue(false)), (Some(10), Some(100)));
    }
}
