//! The folders in which upper layers wait to be imported: short paths, since `ImportLayer` gets them as they are
//! (`docs/hcs.md#upper-layers`).

use std::collections::BTreeSet;
use std::io;

use crate::Error;
use crate::files::{OpenFolder, try_lock};
use crate::layer::LayerId;
use crate::runner::store::Store;

/// The number of characters in the name of a folder.
const DIGITS: usize = 8;

/// A folder of this process, in which a layer waits.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The folder of all of them.
    all: OpenFolder,
    name: String,
}

impl Waiting {
    /// A new folder for a layer, whose lock the caller has. One that an earlier import of it left is removed; where that is not possible, a
    /// virus scanner has a file open for example, another name is taken.
    pub fn make(store: &Store, id: &LayerId, ids: &BTreeSet<LayerId>) -> io::Result<Self> {
        let all = store.open_transports()?.clone();
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for name in names(id) {
            // Two layers with equal digits there may be imported at the same time.
            if !ids.iter().any(|other| other != id && names(other).any(|taken| taken == name)) {
                let _ = all.remove_all(&name);
            }
            match all.make_folder(&name) {
                Ok(()) => return Ok(Self { all, name }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// The path, e.g. `C:\ProgramData\wincompat\t\9f3c0a17`.
    pub fn path(&self) -> std::path::PathBuf {
        self.all.path().join(&self.name)
    }

    /// Removes the folder with all that is in it.
    pub fn remove(self) -> io::Result<()> {
        self.all.remove_all(&self.name)
    }
}

/// The names that the folder of a layer may have, in the order in which they are taken.
fn names(id: &LayerId) -> impl Iterator<Item = String> {
    let digits: Vec<char> = id.to_string().chars().collect();
    digits.chunks(DIGITS).map(|name| name.iter().collect()).collect::<Vec<String>>().into_iter()
}

/// Removes the folders that killed imports left, and those that could not be removed at the end; those of layers that are being imported
/// are left alone. What could not be removed is returned.
///
/// # Errors
///
/// A store that cannot be read.
pub(crate) fn sweep(store: &Store) -> Result<Vec<Error>, Error> {
    // Before the ids of layers: the lock of a layer is there before its folder is.
    let names_there = store.names_of_transports()?;
    let ids = store.layer_ids()?;
    let mut left = Vec::new();
    for name in names_there {
        let mut locks = Vec::new();
        let owners = ids.iter().filter(|id| names(id).any(|one| one == name));
        let all_free = owners.map(|id| store.layer_lock(id).and_then(try_lock)).all(|lock| match lock {
            Ok(Some(lock)) => {
                locks.push(lock);
                true
            }
            Ok(None) | Err(_) => false,
        });
        if !all_free {
            continue;
        }
        let removed = store.open_transports().and_then(|all| all.remove_all(&name));
        left.extend(removed.err().map(|error| {
            Error::new(format!("the folder {} of an imported layer was not removed", store.transports().join(&name).display()))
                .because(error)
                .hint("close programs that have files in it open, then try again")
        }));
    }
    Ok(left)
}
