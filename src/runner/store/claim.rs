//! The owner of a container: the process that holds the lock in its folder.
//!
//! The owner keeps the lock for as long as it lives; the system releases it when the process ends, in whatever way. A container
//! without an owner can be taken over by any process.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use crate::Error;
use crate::Isolation;
use crate::advice::{Command, Setting, advice};
use crate::files::{OpenFolder, lock_within, try_lock};
use crate::handles::Access;
use crate::hcs::id::ContainerId;
use crate::runner::request::RunRequest;
use crate::runner::store::Store;
use crate::runner::store::name;
use crate::runner::store::state::{self, Resource, STATE, State};

/// The name of the lock file in a container's folder, and of the one beside all containers.
const LOCK: &str = "lock";
/// The time another process may keep the guard, which it needs for a few file operations.
const GUARD_TIMEOUT: Duration = Duration::from_secs(60);
/// The largest state of a new container: it grows a little later on, and a state over the limit of readers is lost.
const LARGEST_AT_FIRST: usize = 2 << 20;

/// A container that belongs to this process.
#[derive(Debug)]
pub struct Claim {
    /// The id.
    pub id: ContainerId,
    folder: PathBuf,
    /// The open folder; `None` for a dry run, which has none.
    open: Option<OpenFolder>,
    lock: Option<File>,
    /// The content of its state file; `None` if that is missing or unreadable: then it may hold anything.
    state: Option<State>,
    is_dry_run: bool,
}

/// A container that was found in the store.
#[derive(Debug)]
pub enum FoundContainer {
    /// The owner is alive.
    Owned,
    /// The owner is gone, or it has ended. This process is the owner now.
    Ours(Box<Claim>),
}

impl Store {
    /// A new container of this process.
    ///
    /// # Errors
    ///
    /// A folder that cannot be written, and a name that is not valid or belongs to another container.
    pub fn claim(&self, request: RunRequest) -> Result<Claim, Error> {
        if !request.name.is_empty() {
            let wrong = |why: String| {
                Error::new(format!("{} is not a valid container name", request.name))
                    .because(why)
                    .hint(advice!["name it otherwise with ", Setting::Name])
            };
            name::parse(&request.name).map_err(wrong)?;
        }
        let id = ContainerId::random().map_err(|error| {
            Error::new("no random numbers for a container id")
                .because(error)
                .hint("try again; if it happens again, look at the system's log")
        })?;
        let state = State::of(request);
        let folder = self.container(&id);
        let mut claim = Claim { id, folder, open: None, lock: None, state: Some(state), is_dry_run: self.is_dry_run() };
        if !claim.is_dry_run {
            let _guard = self.guard().map_err(|error| unwritable(&claim.folder, &error))?;
            self.refuse_taken(&claim)?;
            claim.refuse_large()?;
            let (containers, name) = (self.open_containers().map_err(|error| unwritable(&claim.folder, &error))?, id.to_string());
            containers.make_folder(&name).map_err(|error| unwritable(&claim.folder, &error))?;
            if let Err(error) = claim.begin(containers) {
                (claim.lock, claim.open) = (None, None);
                // Still under the guard, and nothing was acquired: a folder that cannot be removed either, `prune` tries again.
                let _ = containers.remove_all(&name);
                return Err(error);
            }
        }
        Ok(claim)
    }

    /// Refuses a name that another container has, ended or not. Only the guard makes that a promise.
    fn refuse_taken(&self, claim: &Claim) -> Result<(), Error> {
        let name = claim.state().map_or("", |state| state.request.name.as_str());
        match self.named(&self.container_ids()?, name) {
            None => Ok(()),
            Some(other) => Err(Error::new(format!("the name {name} belongs to the container {}", other.short()))
                .hint(advice!["choose another name, or remove that container with ", Command::RemoveContainer(name.to_owned())])),
        }
    }

    /// Takes over a container of this store if its owner is gone; `None` if there is no container of this id.
    pub fn find(&self, id: &ContainerId) -> Result<Option<FoundContainer>, Error> {
        let folder = self.container(id);
        let _guard = self.guard().map_err(|error| unwritable(&folder, &error))?;
        let open = match self.open_container(id) {
            Ok(open) => open,
            // A link or a file in its place is not a container.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput) => return Ok(None),
            Err(error) => return Err(unwritable(&folder, &error)),
        };
        let lock = match open_lock(&open) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Some(FoundContainer::Owned)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unwritable(&folder, &error)),
        };
        let state = state::read(&open);
        let mut claim = Claim { id: *id, folder, open: Some(open), lock: Some(lock), state, is_dry_run: false };
        // Whoever gives this process up must know its number. Where it cannot be written, it cannot be ended, and all else is as it was.
        let _ = claim.update(|state| state.owner = Some(std::process::id()));
        Ok(Some(FoundContainer::Ours(Box::new(claim))))
    }

    /// True if the process that owns this container is alive.
    ///
    /// # Errors
    ///
    /// A store that cannot be looked at, or a lock that cannot be tried.
    pub fn is_owned(&self, id: &ContainerId) -> Result<bool, Error> {
        let folder = self.container(id);
        // Under the guard no other process sees that the lock is tried.
        let owned = self.guard().and_then(|_guard| match self.open_container(id).and_then(|open| open_lock(&open)) {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        });
        owned.map_err(|error| unwritable(&folder, &error))
    }

    /// Keeps other processes from creating, taking over or removing containers of this store; for a short time only.
    ///
    /// # Errors
    ///
    /// A lock that cannot be opened, or that another process keeps for longer than [`GUARD_TIMEOUT`].
    pub(crate) fn guard(&self) -> io::Result<File> {
        self.guard_within(GUARD_TIMEOUT)
    }

    fn guard_within(&self, timeout: Duration) -> io::Result<File> {
        let guard = self.open_containers()?.file(LOCK, Access::Grow)?;
        lock_within(&guard, timeout, |_| Ok(()))?;
        Ok(guard)
    }
}

impl Claim {
    /// The content of its state file, if that is known.
    pub const fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// The resources that it holds or may hold, in the order in which they were acquired.
    pub fn acquired(&self) -> Vec<Resource> {
        self.state.as_ref().map_or_else(|| Resource::ALL.to_vec(), |state| state.acquired.clone())
    }

    /// The id of its network namespace.
    pub fn namespace(&self) -> Uuid {
        self.state().and_then(|state| state.namespace).unwrap_or_else(|| self.id.namespace())
    }

    /// The isolations it may have been created with.
    pub fn isolations(&self) -> Vec<Isolation> {
        State::isolations(self.state())
    }

    /// Records that a resource is about to be acquired. Only then may it be.
    pub fn acquiring(&mut self, resource: Resource) -> Result<(), Error> {
        self.update(|state| state.acquired.push(resource))
    }

    /// Records that a resource was released.
    pub fn released(&mut self, resource: Resource) -> Result<(), Error> {
        self.update(|state| state.acquired.retain(|acquired| *acquired != resource))
    }

    /// True if there is no state: whoever made or removed the container ended meanwhile, and nothing in its folder is worth keeping.
    pub fn is_torn(&self) -> bool {
        self.state.is_none() && self.open.as_ref().is_some_and(|open| matches!(open.look(STATE), Ok(None)))
    }

    /// Changes the state and writes it.
    pub fn update(&mut self, change: impl FnOnce(&mut State)) -> Result<(), Error> {
        match &mut self.state {
            Some(state) => change(state),
            None => return Ok(()),
        }
        self.save()
    }

    /// Refuses a state that could be written and not read again.
    fn refuse_large(&self) -> Result<(), Error> {
        let length = serde_json::to_vec_pretty(&self.state).map_err(|error| unwritable(&self.folder, &error.into()))?.len();
        if length <= LARGEST_AT_FIRST {
            return Ok(());
        }
        Err(Error::new("the container is not started")
            .because(format!(
                "what it is to be has {} KiB written down, and the most is {}: its environment is too large",
                length >> 10,
                LARGEST_AT_FIRST >> 10
            ))
            .hint(advice!["take an image with a smaller environment, and fewer ", Setting::Environment]))
    }

    /// Locks and writes a folder that was just made.
    fn begin(&mut self, containers: &OpenFolder) -> Result<(), Error> {
        let open = containers.folder(&self.id.to_string()).map_err(|error| unwritable(&self.folder, &error))?;
        self.lock = Some(open_lock(&open).map_err(|error| unwritable(&self.folder, &error))?);
        self.open = Some(open);
        self.save()
    }

    /// The open folder of the container.
    ///
    /// # Errors
    ///
    /// A dry run, which has none.
    pub(crate) fn open_folder(&self) -> Result<&OpenFolder, Error> {
        self.open.as_ref().ok_or_else(|| unwritable(&self.folder, &io::ErrorKind::NotFound.into()))
    }

    /// Gives up the ownership and keeps the folder: its state and log can be read.
    pub fn keep(self) {}

    /// Removes the container's folder with everything in it. Its resources must have been released.
    pub fn remove(mut self, store: &Store) -> Result<(), Error> {
        if self.is_dry_run {
            return Ok(());
        }
        let removed = store.guard().and_then(|_guard| {
            // What is open is not deleted on Windows.
            self.lock = None;
            if let Some(folder) = self.open.take() {
                // The state last: a container that could not be removed whole is known by its name, and can be removed again.
                folder.remove_others(STATE)?;
            }
            store.open_containers()?.remove_all(&self.id.to_string())
        });
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::new(format!("{} cannot be removed", self.folder.display()))
                    .because(error)
                    .hint(advice!["close what has it open, then run ", Command::Prune]))
            }
            _ => Ok(()),
        }
    }

    fn save(&self) -> Result<(), Error> {
        let (Some(state), Some(open)) = (&self.state, &self.open) else { return Ok(()) };
        state.write(open).map_err(|error| unwritable(&self.folder, &error))
    }
}

/// Locks a container's folder; "would block" if its owner is alive.
fn open_lock(folder: &OpenFolder) -> io::Result<File> {
    try_lock(folder.file(LOCK, Access::Grow)?)?.ok_or_else(|| io::ErrorKind::WouldBlock.into())
}

/// The error of a guard that another process keeps; `None` for any other error.
pub(crate) fn kept_locked(error: &io::Error) -> Option<Error> {
    (error.kind() == io::ErrorKind::TimedOut).then(|| {
        Error::new("another process keeps the containers of the store locked")
            .because(format!("it has had the lock for {} seconds", GUARD_TIMEOUT.as_secs()))
            .hint("end the wincompat process that hangs, then try again")
    })
}

fn unwritable(folder: &Path, error: &io::Error) -> Error {
    if let Some(locked) = kept_locked(error) {
        return locked;
    }
    // The error of what is opened as a file, and is a folder, a link or a pipe: it says the name.
    if error.kind() == io::ErrorKind::InvalidInput {
        return Error::new(format!("the container's folder {} cannot be used", folder.display()))
            .because(error)
            .hint("something else has the name of a file of wincompat there: look at it, remove it, and try again");
    }
    Error::new(format!("the container's folder {} cannot be written", folder.display())).because(error).hint(advice![
        "check permissions and disk space there; ",
        Setting::Store,
        " names another store"
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ownership::tests::PlainFolders;
    use crate::runner::store::state::tests::request;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&PlainFolders, folder.path()).unwrap();
        (folder, store)
    }

    #[test]
    fn a_container_belongs_to_its_owner_until_that_is_gone() {
        let (_folder, store) = store();
        let mut claim = store.claim(request(Isolation::Process)).unwrap();
        let id = claim.id;
        claim.acquiring(Resource::Scratch).unwrap();
        claim.acquiring(Resource::Endpoint).unwrap();
        claim.released(Resource::Scratch).unwrap();
        assert!(matches!(store.find(&id), Ok(Some(FoundContainer::Owned))));
        assert_eq!(store.state(&id).unwrap().acquired, [Resource::Endpoint]);

        drop(claim);
        let Ok(Some(FoundContainer::Ours(claim))) = store.find(&id) else { panic!("not ours") };
        assert_eq!((claim.acquired(), claim.isolations()), (vec![Resource::Endpoint], vec![Isolation::Process]));
        claim.remove(&store).unwrap();
        assert!(store.container_ids().unwrap().is_empty());
        assert!(matches!(store.find(&id), Ok(None)));
    }

    #[test]
    fn without_a_readable_state_it_may_hold_anything() {
        let (_folder, store) = store();
        const FOLDER: Option<&str> = Some("a folder in its place");
        for content in [None, FOLDER, Some(""), Some("{"), Some("{}"), Some(r#"{"schema":"wincompat/container/v9"}"#)] {
            let id = ContainerId::random().unwrap();
            std::fs::create_dir(store.container(&id)).unwrap();
            if content == FOLDER {
                std::fs::create_dir(store.container(&id).join(STATE)).unwrap();
            } else if let Some(content) = content {
                std::fs::write(store.container(&id).join(STATE), content).unwrap();
            }
            let Ok(Some(FoundContainer::Ours(mut claim))) = store.find(&id) else { panic!("not ours") };
            claim.released(Resource::Scratch).unwrap();
            assert_eq!(claim.acquired(), Resource::ALL);
            assert_eq!(claim.isolations(), [Isolation::Process, Isolation::Hyperv]);
            claim.remove(&store).unwrap();
        }
    }

    /// An image's config may have 4 MiB of small variables; written down, they are more than is ever read again.
    #[test]
    fn a_request_that_could_not_be_read_again_is_refused_and_leaves_no_folder() {
        let (_folder, store) = store();
        let mut large = request(Isolation::Process);
        large.process.environment = (0..200_000).map(|number| (format!("V{number}"), "1".to_owned())).collect();
        let refused = store.claim(large).unwrap_err();
        assert!(refused.causes.iter().any(|cause| cause.contains("its environment is too large")), "{refused:?}");
        assert!(refused.hint.is_some());
        assert_eq!(store.container_ids().unwrap(), []);
    }

    /// By its name it can be removed once that is possible.
    #[cfg(unix)]
    #[test]
    fn a_container_that_cannot_be_removed_whole_keeps_its_name() {
        use std::os::unix::ffi::OsStrExt as _;
        let (_folder, store) = store();
        let named = RunRequest { name: "web".to_owned(), ..request(Isolation::Process) };
        let claim = store.claim(named).unwrap();
        let id = claim.id;
        // A name that is not Unicode opens nothing.
        let stranger = store.container(&id).join(std::ffi::OsStr::from_bytes(b"\xff"));
        std::fs::create_dir(&stranger).unwrap();
        assert!(claim.remove(&store).unwrap_err().what.contains("cannot be removed"));
        assert_eq!(store.resolve("web"), Ok(id));
        std::fs::remove_dir(&stranger).unwrap();
        let Ok(Some(FoundContainer::Ours(claim))) = store.find(&id) else { panic!("not ours") };
        claim.remove(&store).unwrap();
        assert_eq!(store.container_ids().unwrap(), []);
    }

    /// Nothing waits for it, and the error says what to remove.
    #[test]
    fn a_lock_that_is_a_folder_is_told_of() {
        let (_folder, store) = store();
        let id = ContainerId::random().unwrap();
        std::fs::create_dir_all(store.container(&id).join(LOCK)).unwrap();
        std::fs::create_dir(store.containers().join("other")).unwrap();
        for error in [store.find(&id).unwrap_err(), store.is_owned(&id).unwrap_err()] {
            assert!(error.causes[0].contains("lock") && error.causes[0].contains("not a regular file"), "{error:?}");
            assert!(error.hint.unwrap().to_string().contains("remove it"));
        }
        std::fs::remove_dir(store.container(&id).join(LOCK)).unwrap();
        let guard = store.containers().join(LOCK);
        let _ = std::fs::remove_file(&guard);
        std::fs::create_dir(&guard).unwrap();
        let error = store.claim(request(Isolation::Process)).unwrap_err();
        assert!(error.hint.unwrap().to_string().contains("remove it"));
    }

    #[cfg(unix)]
    #[test]
    fn a_state_file_that_is_a_pipe_is_not_waited_for() {
        let (_folder, store) = store();
        let id = ContainerId::random().unwrap();
        std::fs::create_dir(store.container(&id)).unwrap();
        let pipe = store.container(&id).join(STATE);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(store.state(&id), None);
    }

    #[test]
    fn a_guard_that_another_process_keeps_is_waited_for_within_limits() {
        let (_folder, store) = store();
        let kept = store.guard().unwrap();
        let error = store.guard_within(Duration::from_millis(20)).unwrap_err();
        let shown = unwritable(&store.containers(), &error);
        assert_eq!(shown.what, "another process keeps the containers of the store locked");
        assert!(shown.hint.is_some());
        drop(kept);
        store.guard_within(Duration::ZERO).unwrap();
    }

    #[test]
    fn strangers_in_the_folder_are_not_containers() {
        let (_folder, store) = store();
        std::fs::create_dir(store.containers().join("..strange")).unwrap();
        std::fs::write(store.containers().join("A".repeat(64)), "").unwrap();
        assert_eq!(store.container_ids().unwrap(), []);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_no_container_and_nothing_is_done_beyond_it() {
        let (folder, store) = store();
        let elsewhere = folder.path().join("elsewhere");
        std::fs::create_dir(&elsewhere).unwrap();
        let id = ContainerId::random().unwrap();
        std::os::unix::fs::symlink(&elsewhere, store.container(&id)).unwrap();
        assert_eq!(store.container_ids().unwrap(), []);
        assert!(matches!(store.find(&id), Ok(None)));
        assert_eq!(elsewhere.read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_dry_run_has_nothing_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::dry_run(folder.path()).unwrap();
        let mut claim = store.claim(request(Isolation::Hyperv)).unwrap();
        claim.acquiring(Resource::Scratch).unwrap();
        assert_eq!(claim.acquired(), [Resource::Scratch]);
        claim.remove(&store).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
