//! Who owns a container: the process that holds the lock in its folder.
//!
//! The owner has it for as long as it lives; the system lets go of the lock when the process dies, however it dies. What is
//! nobody's any more, whoever comes may take over.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::Isolation;
use crate::advice::{Command, Setting, advice};
use crate::files;
use crate::hcs::id::ContainerId;
use crate::runner::request::Request;
use crate::runner::store::Store;
use crate::runner::store::name;
use crate::runner::store::state::{self, Resource, State};

/// The name of the lock file in a container's folder, and of the one beside all containers.
const LOCK: &str = "lock";
/// No container is asked for whose state is larger: it grows a little later on, and what is over the limit is lost to every reader.
const LARGEST_AT_FIRST: usize = 2 << 20;

/// A container that belongs to this process.
#[derive(Debug)]
pub struct Claim {
    /// Its id.
    pub id: ContainerId,
    folder: PathBuf,
    lock: Option<File>,
    /// `None` if its state file is missing or unreadable: then it may hold anything.
    state: Option<State>,
    on_paper: bool,
}

/// A container found in the store.
#[derive(Debug)]
pub enum Found {
    /// Its owner lives.
    Owned,
    /// Its owner is gone, or it has ended. It is ours now.
    Ours(Box<Claim>),
}

impl Store {
    /// A new container of this process.
    ///
    /// # Errors
    ///
    /// A folder that cannot be written, and a name that is none or belongs to another container.
    pub fn claim(&self, request: Request) -> Result<Claim, Error> {
        if !request.name.is_empty() {
            let wrong = |why: String| {
                Error::new(format!("{} is no name of a container", request.name))
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
        let mut claim = Claim { id, folder: self.container(&id), lock: None, state: Some(state), on_paper: self.is_on_paper() };
        if !claim.on_paper {
            let _guard = self.guard().map_err(|error| unwritable(&claim.folder, &error))?;
            self.refuse_taken(&claim)?;
            claim.refuse_large()?;
            std::fs::create_dir(&claim.folder).map_err(|error| unwritable(&claim.folder, &error))?;
            if let Err(error) = claim.begin() {
                claim.lock = None;
                // Still under the guard, and nothing was taken: what cannot be removed either, `prune` tries again.
                let _ = std::fs::remove_dir_all(&claim.folder);
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
                .hint(advice!["take another name, or remove that container with ", Command::RemoveContainer(name.to_owned())])),
        }
    }

    /// Takes over a container of this store whose owner is gone; `None` if there is none of this id.
    pub fn find(&self, id: &ContainerId) -> Result<Option<Found>, Error> {
        let folder = self.container(id);
        let _guard = self.guard().map_err(|error| unwritable(&folder, &error))?;
        if !files::is_folder(&folder) {
            return Ok(None);
        }
        let lock = match open_lock(&folder) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Some(Found::Owned)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unwritable(&folder, &error)),
        };
        let state = state::read(&folder);
        let claim = Claim { id: *id, folder, lock: Some(lock), state, on_paper: false };
        Ok(Some(Found::Ours(Box::new(claim))))
    }

    /// Whether the process lives that owns this container.
    ///
    /// # Errors
    ///
    /// A store that cannot be looked at, or a lock that cannot be tried.
    pub fn is_owned(&self, id: &ContainerId) -> Result<bool, Error> {
        let folder = self.container(id);
        // Under the guard nobody else sees that the lock is tried.
        let owned = self.guard().and_then(|_guard| match open_lock(&folder) {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        });
        owned.map_err(|error| unwritable(&folder, &error))
    }

    /// Keeps others from creating, taking over or removing containers of this store; for moments only.
    pub(crate) fn guard(&self) -> io::Result<File> {
        let guard = files::lock_file(&self.containers().join(LOCK))?;
        guard.lock()?;
        Ok(guard)
    }
}

impl Claim {
    /// Its state, if it is known.
    pub const fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// What it holds or may hold, in the order in which it was taken.
    pub fn taken(&self) -> Vec<Resource> {
        self.state.as_ref().map_or_else(|| Resource::ALL.to_vec(), |state| state.taken.clone())
    }

    /// The isolations it may have been created with.
    pub fn isolations(&self) -> Vec<Isolation> {
        State::isolations(self.state())
    }

    /// Writes down that this is about to be taken. Only then may it be.
    pub fn taking(&mut self, resource: Resource) -> Result<(), Error> {
        self.update(|state| state.taken.push(resource))
    }

    /// Writes down that this was given back.
    pub fn gave_back(&mut self, resource: Resource) -> Result<(), Error> {
        self.update(|state| state.taken.retain(|taken| *taken != resource))
    }

    /// Changes the state and writes it.
    pub fn update(&mut self, change: impl FnOnce(&mut State)) -> Result<(), Error> {
        match &mut self.state {
            Some(state) => change(state),
            None => return Ok(()),
        }
        self.save()
    }

    /// Refuses what could be written and not read again.
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
    fn begin(&mut self) -> Result<(), Error> {
        self.lock = Some(open_lock(&self.folder).map_err(|error| unwritable(&self.folder, &error))?);
        self.save()
    }

    /// Lets go of the container and keeps its folder: its state and log can be read.
    pub fn keep(self) {}

    /// Removes the container's folder with all in it. What it holds of the host must have been given back.
    pub fn remove(mut self, store: &Store) -> Result<(), Error> {
        if self.on_paper {
            return Ok(());
        }
        let removed = store.guard().and_then(|_guard| {
            // An open file keeps its folder from being deleted on Windows.
            self.lock = None;
            std::fs::remove_dir_all(&self.folder)
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
        let (Some(state), false) = (&self.state, self.on_paper) else { return Ok(()) };
        state.write(&self.folder).map_err(|error| unwritable(&self.folder, &error))
    }
}

/// Takes the lock in a container's folder; "would block" if its owner lives.
fn open_lock(folder: &Path) -> io::Result<File> {
    files::try_lock(&folder.join(LOCK))?.ok_or_else(|| io::ErrorKind::WouldBlock.into())
}

fn unwritable(folder: &Path, error: &io::Error) -> Error {
    Error::new(format!("the container's folder {} cannot be written", folder.display())).because(error).hint(advice![
        "look whether its disk is full or read-only and whether you may write there; ",
        Setting::Store,
        " names another store"
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ownership::tests::PlainFolders;
    use crate::runner::store::state::STATE;
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
        claim.taking(Resource::Scratch).unwrap();
        claim.taking(Resource::Endpoint).unwrap();
        claim.gave_back(Resource::Scratch).unwrap();
        assert!(matches!(store.find(&id), Ok(Some(Found::Owned))));
        assert_eq!(store.state(&id).unwrap().taken, [Resource::Endpoint]);

        drop(claim);
        let Ok(Some(Found::Ours(claim))) = store.find(&id) else { panic!("not ours") };
        assert_eq!((claim.taken(), claim.isolations()), (vec![Resource::Endpoint], vec![Isolation::Process]));
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
            let Ok(Some(Found::Ours(mut claim))) = store.find(&id) else { panic!("not ours") };
            claim.gave_back(Resource::Scratch).unwrap();
            assert_eq!(claim.taken(), Resource::ALL);
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
    fn on_paper_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::on_paper(folder.path()).unwrap();
        let mut claim = store.claim(request(Isolation::Hyperv)).unwrap();
        claim.taking(Resource::Scratch).unwrap();
        assert_eq!(claim.taken(), [Resource::Scratch]);
        claim.remove(&store).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
