//! An image pulled and imported in one pass: each layer is decoded and imported while it comes, and decompressed and hashed once.

use std::thread;

use crate::Error;
use crate::hcs::machine::Machine;
use crate::layer::LayerId;
use crate::oci::layout::Folder;
use crate::oci::pull::{Arrival, Arrivals, Offers, Pulled, in_order};
use crate::runner::life::interrupts::Interrupts;
use crate::runner::store::Store;
use crate::runner::store::import::{Event, Import, Source, Stop, WAIT_FOR_OTHERS};

/// The machine, and the folders on it to which an image comes.
pub struct Place<'a> {
    /// The machine that imports the layers.
    pub machine: &'a dyn Machine,
    /// The store.
    pub store: &'a Store,
    /// The blobs of the store.
    pub blobs: &'a Folder,
    /// Interrupts of the user.
    pub interrupts: &'a Interrupts,
    /// Gets the progress of the import.
    pub report: &'a dyn Fn(Event<'_>),
}

/// Pulls an image, on a thread of its own, and imports its layers while they come; those above a layer that is being imported wait in
/// the store as they came. `before` sees what the image consists of before anything of it is imported.
///
/// What was verified stays in the store whatever fails, and so do layers that were imported to their end. An interrupt is looked at
/// between pieces of a layer; `pull` has to end at one by itself where nothing comes.
///
/// # Errors
///
/// The error of `before`, of the import or of the pull: the one that made the others fail.
pub fn pull_and_import<T, E: From<Error>>(
    place: &Place<'_>,
    pull: impl FnOnce(Offers) -> Result<Pulled, Error> + Send,
    before: impl FnOnce(&Pulled) -> Result<T, E>,
) -> Result<T, E> {
    // Whoever removes images meanwhile leaves the layers alone on which others are imported.
    let _filling = place.blobs.filling(WAIT_FOR_OTHERS)?;
    let (offers, arrivals) = in_order();
    thread::scope(|scope| {
        let pulling = scope.spawn(move || pull(offers));
        let imported = place.import(&arrivals, before);
        // A pull that is not wanted any more ends; one that is has yet to list the image.
        let arrivals = imported.is_ok().then_some(arrivals);
        let pulled = pulling.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        drop(arrivals);
        match (imported, pulled) {
            (Ok(seen), Ok(_)) => Ok(seen),
            (Err(Failed::Own(error)), _) => Err(error),
            (Ok(_) | Err(Failed::Pull), Err(error)) => Err(error.into()),
            (Err(Failed::Pull), Ok(_)) => Err(Error::new("the image was not imported").because("a layer did not come").into()),
        }
    })
}

/// The side that failed first.
enum Failed<E> {
    Own(E),
    Pull,
}

impl<E: From<Error>> From<Error> for Failed<E> {
    fn from(error: Error) -> Self {
        Self::Own(error.into())
    }
}

impl<E: From<Error>> From<Stop> for Failed<E> {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Import(error) => error.into(),
            Stop::Bytes => Self::Pull,
        }
    }
}

impl Place<'_> {
    fn import<T, E: From<Error>>(
        &self,
        arrivals: &Arrivals,
        before: impl FnOnce(&Pulled) -> Result<T, E>,
    ) -> Result<T, Failed<E>> {
        let pulled = arrivals.described(|| self.interrupts.check())?.ok_or(Failed::Pull)?;
        let seen = before(&pulled).map_err(Failed::Own)?;
        let mut ids: Vec<LayerId> = Vec::with_capacity(pulled.layers.len());
        for number in 0..pulled.layers.len() {
            let id = self.layer(arrivals, &pulled, number, &ids)?;
            ids.insert(0, id);
        }
        Ok(seen)
    }

    /// Imports the layer of this number on these, topmost first. Where its bytes were wrong, the pull may have better ones.
    fn layer<E: From<Error>>(
        &self,
        arrivals: &Arrivals,
        pulled: &Pulled,
        number: usize,
        parents: &[LayerId],
    ) -> Result<LayerId, Failed<E>> {
        let Some([before @ .., layer]) = pulled.layers.get(..=number) else { return Err(Failed::Pull) };
        let id = LayerId::on(parents.first(), &layer.diff_id);
        let one = Import { machine: self.machine, store: self.store, id, parents, interrupts: self.interrupts };
        // A layer that stands twice in an image comes once.
        let is_there = before.iter().any(|other| other.digest == layer.digest);
        loop {
            self.interrupts.check()?;
            let arrival = if is_there { Some(Arrival::Stored) } else { arrivals.layer(number, || self.interrupts.check())? };
            let source = match arrival.ok_or(Failed::Pull)? {
                Arrival::Stored => Source::Store(self.blobs),
                Arrival::Coming(coming) => Source::Pull(coming),
            };
            match one.layer(source, layer, self.report) {
                Err(Stop::Bytes) => {}
                outcome => return Ok(outcome.map(|()| id)?),
            }
        }
    }
}
