//! Layers handed over while they come, to one who uses them in their order, lowest first. Those whose turn is not there yet wait in
//! the store as they came, compressed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::pin::pin;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::Error;
use crate::layer::{LayerError, Streamed};
use crate::oci::pull::Pulled;
use crate::oci::pull::incoming::Incoming;

/// The time after which who waits for a layer looks whether to go on with that.
const LOOK: Duration = Duration::from_millis(100);

/// The two ends of a pull whose layers are used while they come.
pub fn in_order() -> (Offers, Arrivals) {
    let shared = Arc::new(Shared::default());
    (Offers(Turns(Arc::clone(&shared))), Arrivals(shared))
}

/// The end of the pull; when it is dropped, no further layer will arrive.
pub struct Offers(pub(crate) Turns);

/// What each layer of a pull needs of it.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Shared>);

/// The end of the one who uses the layers; when it is dropped, the pull is given up.
pub struct Arrivals(Arc<Shared>);

/// A layer whose turn it is.
pub enum Arrival {
    /// The store has it, whole.
    Stored,
    /// It comes.
    Coming(Coming),
}

/// A layer that comes: its bytes from the first to the last. The pull keeps what came and waits for what becomes of it.
pub struct Coming {
    incoming: Incoming,
    answer: SyncSender<Used>,
}

/// A layer that was used: the digests that it turned out to have, and the file it was written to.
pub(crate) type Used = (Result<Streamed, LayerError>, Option<File>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// [`Self::changed`] for those who wait for something else at the same time.
    also_changed: Notify,
}

#[derive(Default)]
struct State {
    described: Option<Pulled>,
    /// The layer that is wanted; `None` before the first.
    turn: Option<usize>,
    arrived: BTreeMap<usize, Arrival>,
    /// No further layer will arrive.
    is_over: bool,
    /// Nobody wants a further layer.
    is_given_up: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.tell();
    }

    /// Wakes all who wait for a change.
    fn tell(&self) {
        self.changed.notify_all();
        self.also_changed.notify_waiters();
    }

    /// Waits until this is true of the state.
    async fn until(&self, is_so: impl Fn(&State) -> bool) {
        loop {
            let mut changed = pin!(self.also_changed.notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            if is_so(&self.state()) {
                return;
            }
            changed.await;
        }
    }
}

impl Turns {
    /// Says what the image consists of.
    pub(crate) fn describe(&self, pulled: &Pulled) {
        self.0.change(|state| state.described = Some(pulled.clone()));
    }

    /// Says that the store has this layer.
    pub(crate) fn is_stored(&self, number: usize) {
        self.0.change(|state| _ = state.arrived.insert(number, Arrival::Stored));
    }

    /// Hands over a layer whose turn it is: what becomes of it will be received, or nothing if it is given up.
    pub(crate) fn hand_over(&self, number: usize, incoming: Incoming) -> Receiver<Used> {
        let (answer, used) = sync_channel(1);
        self.0.change(|state| {
            if !state.is_given_up {
                state.arrived.insert(number, Arrival::Coming(Coming { incoming, answer }));
            }
        });
        used
    }

    /// True if it is the turn of this layer, or nobody waits for any.
    pub(crate) fn is_due(&self, number: usize) -> bool {
        self.0.state().is_due(number)
    }

    /// Waits until it is the turn of this layer, or nobody waits for any.
    pub(crate) async fn due(&self, number: usize) {
        self.0.until(|state| state.is_due(number)).await;
    }

    /// [`Self::due`], of a thread; `false` if nobody waits for any.
    pub(crate) fn wait_until_due(&self, number: usize) -> bool {
        let state = self.0.changed.wait_while(self.0.state(), |state| !state.is_due(number));
        !state.unwrap_or_else(PoisonError::into_inner).is_given_up
    }

    /// True if nobody wants the layers any more.
    pub(crate) fn is_given_up(&self) -> bool {
        self.0.state().is_given_up
    }

    /// Waits until nobody wants the layers any more.
    pub(crate) async fn given_up(&self) {
        self.0.until(|state| state.is_given_up).await;
    }

    /// Says that no further layer will arrive.
    pub(crate) fn end(&self) {
        self.0.change(|state| state.is_over = true);
    }
}

impl Drop for Offers {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl State {
    fn is_due(&self, number: usize) -> bool {
        self.turn == Some(number) || self.is_given_up
    }
}

impl Arrivals {
    /// The image, once its manifest and config are there; `None` if the pull ended before. `check` ends the waiting with an error.
    pub fn described(&self, check: impl Fn() -> Result<(), Error>) -> Result<Option<Pulled>, Error> {
        self.wait(check, |state| state.described.clone())
    }

    /// The layer of this number, counted from the lowest, once it begins to come; `None` if the pull ended before. A layer whose
    /// bytes were wrong may come again.
    pub fn layer(&self, number: usize, check: impl Fn() -> Result<(), Error>) -> Result<Option<Arrival>, Error> {
        self.0.change(|state| state.turn = Some(number));
        self.wait(check, |state| state.arrived.remove(&number))
    }

    fn wait<T>(
        &self,
        check: impl Fn() -> Result<(), Error>,
        mut take: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let mut state = self.0.state();
        loop {
            if let Some(taken) = take(&mut state) {
                return Ok(Some(taken));
            }
            if state.is_over {
                return Ok(None);
            }
            check()?;
            let waited = self.0.changed.wait_timeout(state, LOOK);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        // What waits here is not used: those who handed it over hear of that.
        let unused = {
            let mut state = self.0.state();
            state.is_given_up = true;
            std::mem::take(&mut state.arrived)
        };
        drop(unused);
        self.0.tell();
    }
}

impl Coming {
    /// Lets `unpack` read the layer to its end, as [`decode`](crate::layer::decode()) does, and tells the pull what became of it.
    /// `None` if the bytes could not be had or used: the pull knows why.
    pub fn unpack(mut self, unpack: impl FnOnce(&mut (dyn Read + Send)) -> Result<Streamed, LayerError>) -> Option<()> {
        let used = unpack(&mut self.incoming);
        let is_used = used.is_ok();
        // The pull may have ended; what came is in its file all the same.
        let _ = self.answer.send((used, self.incoming.file.take()));
        is_used.then_some(())
    }
}
