//! Names of containers: their grammar, and the container that a text stands for.

use crate::Error;
use crate::advice::{Advice, Command, advice};
use crate::hcs::id::ContainerId;
use crate::runner::store::Store;

/// The number of containers that an error lists.
const LISTED: usize = 10;

/// Reads a name in Docker's grammar, `[a-zA-Z0-9][a-zA-Z0-9_.-]+` (`daemon/names/names.go` of moby).
///
/// # Errors
///
/// A sentence about the valid form.
pub fn parse(text: &str) -> Result<String, String> {
    let mut characters = text.chars();
    let begins_well = characters.next().is_some_and(|first| first.is_ascii_alphanumeric());
    let goes_on = |next: char| next.is_ascii_alphanumeric() || matches!(next, '_' | '.' | '-');
    if begins_well && text.len() >= 2 && characters.all(goes_on) {
        return Ok(text.to_owned());
    }
    Err("a container's name has two characters or more: a letter or digit, then letters, digits, `_`, `.` and `-`, e.g. web-1"
        .to_owned())
}

impl Store {
    /// The container that this text means, as Docker reads it: by its full id, its name, or the beginning of its id if that is
    /// unique.
    ///
    /// # Errors
    ///
    /// There is none, or more than one; the error lists what there is.
    pub fn resolve(&self, text: &str) -> Result<ContainerId, Error> {
        let ids = self.container_ids()?;
        if let Some(id) = text.parse().ok().filter(|id| ids.contains(id)) {
            return Ok(id);
        }
        if let Some(id) = self.named(&ids, text) {
            return Ok(id);
        }
        let begins: Vec<ContainerId> =
            ids.iter().filter(|id| !text.is_empty() && id.to_string().starts_with(text)).copied().collect();
        match begins.as_slice() {
            [id] => Ok(*id),
            [] => Err(Error::new(format!("there is no container {text}")).hint(self.listed("there are", &ids))),
            many => Err(Error::new(format!("{text} is the beginning of {} ids", many.len()))
                .hint(self.listed("write more digits: they are", many))),
        }
    }

    /// The container of this name, if there is one.
    pub(crate) fn named(&self, ids: &[ContainerId], name: &str) -> Option<ContainerId> {
        let is_called_so = |id: &ContainerId| self.state(id).is_some_and(|state| state.request.name == name);
        ids.iter().copied().find(|id| !name.is_empty() && is_called_so(id))
    }

    /// These containers by id and name, as far as they can be shown.
    fn listed(&self, intro: &str, ids: &[ContainerId]) -> Advice {
        if ids.is_empty() {
            return advice!["there are none: ", Command::Run, " starts one, on Windows"];
        }
        let shown = ids.iter().take(LISTED).map(|id| match self.state(id) {
            Some(state) if !state.request.name.is_empty() => format!("{} ({})", state.request.name, id.short()),
            _ => id.short(),
        });
        let shown: Vec<_> = shown.collect();
        let listed = Advice::from(format!("{intro} {}", shown.join(", ")));
        if ids.len() > LISTED { listed + advice!["; ", Command::ListContainers, " shows all"] } else { listed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isolation;
    use crate::ownership::tests::PlainFolders;
    use crate::runner::store::claim::{Claim, FoundContainer};
    use crate::runner::store::state::tests::request;

    fn claimed(store: &Store, name: &str) -> Result<Claim, Error> {
        let mut request = request(Isolation::Process);
        name.clone_into(&mut request.name);
        store.claim(request)
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&PlainFolders, folder.path()).unwrap();
        (folder, store)
    }

    #[test]
    fn names_are_dockers() {
        for name in ["web", "w1", "9_.-x", "Web.Server"] {
            assert_eq!(parse(name).as_deref(), Ok(name));
        }
        for name in ["", "w", "-web", ".w", "_w", "we b", "wëb", "web/1", "web\n", "..", "web\\x", "C:"] {
            assert!(parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_container_is_meant_by_id_name_or_beginning() {
        let (_folder, store) = store();
        let one = claimed(&store, "web").unwrap().id;
        // A name that reads like an id means the container of that name.
        let other = claimed(&store, &one.short()).unwrap().id;
        assert_eq!(store.resolve(&one.to_string()), Ok(one));
        assert_eq!(store.resolve("web"), Ok(one));
        assert_eq!(store.resolve(&one.short()), Ok(other));
        assert_eq!(store.resolve(&one.to_string()[..20]), Ok(one));
        for text in ["", "we", "webb", "WEB", "..", "../web"] {
            let error = store.resolve(text).unwrap_err();
            assert!(error.hint.unwrap().to_string().contains(&format!("web ({})", one.short())), "{text}");
        }
    }

    #[test]
    fn a_beginning_must_be_unique_and_what_there_is_is_listed() {
        let (_folder, store) = store();
        let ids = ["a1", "a2"].map(|start| format!("{start}{}", "0".repeat(62)));
        for id in &ids {
            std::fs::create_dir(store.containers().join(id)).unwrap();
        }
        let error = store.resolve("a").unwrap_err();
        assert_eq!(error.hint.unwrap().to_string(), "write more digits: they are a10000000000, a20000000000");
        assert_eq!(store.resolve("a2").unwrap().to_string(), ids[1]);
    }

    #[test]
    fn in_an_empty_store_nothing_is_found() {
        let (_folder, store) = store();
        assert_eq!(store.resolve("web").unwrap_err().hint.unwrap().to_string(), "there are none: <run> starts one, on Windows");
    }

    #[test]
    fn a_name_belongs_to_one_container_until_that_is_removed() {
        let (_folder, store) = store();
        claimed(&store, "web").unwrap().keep();
        let error = claimed(&store, "web").unwrap_err();
        assert!(error.what.contains("the name web belongs to the container"), "{error:?}");
        assert_eq!(store.container_ids().unwrap().len(), 1, "the refused one leaves nothing");
        for name in ["..", "a b", "x"] {
            assert!(claimed(&store, name).is_err(), "{name}");
        }
        // Without a name there is nothing to share.
        claimed(&store, "").unwrap().keep();
        claimed(&store, "").unwrap().keep();
        let Ok(Some(FoundContainer::Ours(claim))) = store.find(&store.resolve("web").unwrap()) else { panic!() };
        claim.remove(&store).unwrap();
        claimed(&store, "web").unwrap();
    }

    #[test]
    fn of_many_who_want_a_name_at_once_one_gets_it() {
        let (_folder, store) = store();
        let won = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    if let Ok(claim) = claimed(&store, "web") {
                        won.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        claim.keep();
                    }
                });
            }
        });
        assert_eq!(won.into_inner(), 1);
    }
}
