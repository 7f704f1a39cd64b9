//! The images that are waited for, for those who show it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::image::reference::Location;
use crate::text::shown;

/// The images that are waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// The number of those that are not read yet.
    pub left: usize,
    /// The number of all that are wanted.
    pub of: usize,
    /// The places from which images are being read, each once, e.g. `mcr.microsoft.com`, `images.tar`.
    pub places: Vec<String>,
}

/// The count of images that are not read yet, by the place they come from.
#[derive(Debug, Default)]
pub(crate) struct Outstanding(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    left: usize,
    of: usize,
    places: BTreeMap<String, usize>,
}

/// Images that are being read, until it is dropped.
pub(crate) struct Reading<'a> {
    of: &'a Outstanding,
    place: String,
    images: usize,
}

impl Outstanding {
    /// So many images are to be read now.
    pub fn expect(&self, images: usize) {
        let mut state = self.state();
        state.left = images;
        state.of = state.of.max(images);
    }

    /// So many images of one location are read from now on.
    pub fn reading(&self, location: &Location, images: usize) -> Reading<'_> {
        let place = match location {
            Location::Registry(name) => name.registry.clone(),
            Location::Local { path, .. } => shown(&path.display().to_string()),
        };
        *self.state().places.entry(place.clone()).or_default() += images;
        Reading { of: self, place, images }
    }

    /// The images that are waited for now.
    pub fn now(&self) -> Waiting {
        let state = self.state();
        Waiting { left: state.left, of: state.of, places: state.places.keys().cloned().collect() }
    }

    /// The state, also where a panic elsewhere has closed the lock: numbers are always whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let mut state = self.of.state();
        state.left = state.left.saturating_sub(self.images);
        if let Some(there) = state.places.get_mut(&self.place) {
            *there = there.saturating_sub(self.images);
        }
        state.places.retain(|_, images| *images > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Reference;

    #[test]
    fn what_is_read_is_no_longer_waited_for() {
        let outstanding = Outstanding::default();
        let of = |text: &str| text.parse::<Reference>().unwrap().location().clone();
        let now = || {
            let Waiting { left, of, places } = outstanding.now();
            (left, of, places.join(" "))
        };
        outstanding.expect(4);
        let first = outstanding.reading(&of("a.test/app:1"), 1);
        let second = outstanding.reading(&of("b.test/app"), 2);
        let third = outstanding.reading(&of("a.test/app:2"), 1);
        assert_eq!(now(), (4, 4, "a.test b.test".to_owned()));
        drop(first);
        assert_eq!(now(), (3, 4, "a.test b.test".to_owned()));
        drop(second);
        assert_eq!(now(), (1, 4, "a.test".to_owned()));
        drop(third);
        // The configs of some are read after that.
        outstanding.expect(2);
        assert_eq!(now(), (2, 4, String::new()));
    }
}
