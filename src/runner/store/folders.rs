//! The folders of images, layers and containers. Every path is derived from an id; none is ever read from a file.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Error;
use crate::Isolation;
use crate::advice::{Setting, advice};
use crate::files::OpenFolder;
use crate::handles::{Access, FoundKind};
use crate::hcs::id::ContainerId;
use crate::image::Digest;
use crate::layer::LayerId;
use crate::oci::layout::{Purpose, claim, is_ours};
use crate::ownership::{Folders, Readers};
use crate::runner::store::guarded;

/// The store's folder, e.g. `C:\ProgramData\wincompat`.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    /// The folder of all layers; `None` if there is none.
    layers: Option<OpenFolder>,
    /// The folder of layers that wait to be imported; `None` if there is none.
    transports: Option<OpenFolder>,
    /// The folder of all containers; `None` if there is none. Not everyone who may look at the images may read it.
    containers: Option<Result<OpenFolder, Arc<io::Error>>>,
    is_dry_run: bool,
}

/// The names of these folders.
const LAYERS: &str = "layers";
const CONTAINERS: &str = "containers";
/// As short as can be: what waits there has paths that are not to become too long.
const TRANSPORTS: &str = "t";
/// Those of the image layout.
const BLOBS: &str = "blobs";
const INGEST: &str = "ingest";

/// The folders in the root, and who may read them. What is made below them inherits their access lists.
const FOLDERS: [(&str, Readers); 5] = [
    (BLOBS, Readers::Everyone),
    (INGEST, Readers::Everyone),
    (LAYERS, Readers::Everyone),
    (TRANSPORTS, Readers::Everyone),
    (CONTAINERS, Readers::Nobody),
];

impl Store {
    /// Opens the store in this folder and creates what is missing of it.
    ///
    /// # Errors
    ///
    /// A folder of it that is a link, belongs to a stranger, or cannot be created; and a folder that is neither empty nor a store.
    pub fn open(folders: &dyn Folders, root: &Path) -> Result<Self, Error> {
        let store = Self::of(root)?;
        guarded::enter(folders, &store.root, Readers::Everyone)?;
        let root = OpenFolder::open(folders.handles(), &store.root, false).map_err(|error| store.unusable(&error))?;
        claim(&root, Purpose::Store)?;
        for (name, readers) in FOLDERS {
            guarded::enter_in(folders, &root, name, readers)?;
        }
        store.within(folders, &root)
    }

    /// The store in this folder as it is: what is not there is not created, and has nothing in it. Whoever only looks must leave no
    /// store behind, of which an ordinary user who looked first would be the owner.
    ///
    /// # Errors
    ///
    /// A folder of it that is a link, or belongs to a stranger; and a folder that is neither empty nor a store.
    pub fn at(folders: &dyn Folders, root: &Path) -> Result<Self, Error> {
        let store = Self::of(root)?;
        if !guarded::check(folders, &store.root)? {
            return Ok(store);
        }
        let root = OpenFolder::open(folders.handles(), &store.root, false).map_err(|error| store.unusable(&error))?;
        let empty = store.clone();
        let store = store.within(folders, &root)?;
        Ok(if is_ours(&root, Purpose::Store)? { store } else { empty })
    }

    /// The store with the folders that are in its root, each checked through its handle.
    fn within(self, folders: &dyn Folders, root: &OpenFolder) -> Result<Self, Error> {
        for name in [BLOBS, INGEST] {
            guarded::check_in(folders, root, name)?;
        }
        let layers = guarded::check_in(folders, root, LAYERS)?;
        let transports = guarded::check_in(folders, root, TRANSPORTS)?;
        let containers = match root.folder_if_any(CONTAINERS) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Some(Err(Arc::new(error))),
            _ => guarded::check_in(folders, root, CONTAINERS)?.map(Ok),
        };
        Ok(Self { layers, transports, containers, ..self })
    }

    fn unusable(&self, error: &io::Error) -> Error {
        Error::new(format!("the store folder {} cannot be opened", self.root.display())).because(error).hint(advice![
            "check that you may read it, or name another folder: ",
            Setting::Store,
            ", or ",
            Setting::StoreVariable
        ])
    }

    /// A store of which only the paths are of interest: nothing is created or written in it, as for `--dry-run`.
    pub fn dry_run(root: &Path) -> Result<Self, Error> {
        Ok(Self { is_dry_run: true, ..Self::of(root)? })
    }

    fn of(root: &Path) -> Result<Self, Error> {
        let root = std::path::absolute(root).map_err(|error| {
            Error::new(format!("the store folder {} is not a path", root.display())).because(error).hint(advice![
                "name a folder: ",
                Setting::Store,
                ", or ",
                Setting::StoreVariable
            ])
        })?;
        // A name that ends in a separator would lead through a link.
        Ok(Self { root: root.components().collect(), layers: None, transports: None, containers: None, is_dry_run: false })
    }

    /// True if nothing may be written.
    pub(crate) const fn is_dry_run(&self) -> bool {
        self.is_dry_run
    }

    /// The label on all that this store has of the host, e.g. `wincompat-1f3a5c7e9b2d4f60`. It differs from store to store, so
    /// that pruning one never ends a container of another.
    fn label(&self) -> String {
        let path = self.root.as_os_str().to_string_lossy().to_lowercase();
        let digest: String = Digest::of(path.as_bytes()).hex().chars().take(16).collect();
        format!("wincompat-{digest}")
    }

    /// The owner of compute systems with this isolation, e.g. `wincompat-1f3a5c7e9b2d4f60-hyperv`. HCS tells of the systems of
    /// both generations alike, but each must be opened through the DLL that created it; the owner's name tells which.
    pub fn owner(&self, isolation: Isolation) -> String {
        format!("{}-{}", self.label(), isolation.as_str())
    }

    /// The name of a container's endpoint. The store's label in it finds endpoints whose container is gone.
    pub fn endpoint_name(&self, id: &ContainerId) -> String {
        format!("{}-{id}", self.label())
    }

    /// The container whose endpoint has this name, if it is one of this store.
    pub(crate) fn container_of_endpoint(&self, name: &str) -> Option<ContainerId> {
        name.strip_prefix(&self.label())?.strip_prefix('-')?.parse().ok()
    }

    /// The folder of all containers.
    pub fn containers(&self) -> PathBuf {
        self.root.join(CONTAINERS)
    }

    /// The ids of all containers, owned or not. A store that is not there has none.
    ///
    /// # Errors
    ///
    /// A folder that cannot be read.
    pub fn container_ids(&self) -> Result<Vec<ContainerId>, Error> {
        let unreadable = |error: io::Error| unreadable(&self.containers(), &error);
        let containers = match self.open_containers() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened.map_err(unreadable)?,
        };
        let mut ids = Vec::new();
        for name in containers.names().map_err(unreadable)? {
            let Ok(id) = name.parse::<ContainerId>() else { continue };
            let found = containers.look(&name).map_err(unreadable)?;
            ids.extend(found.filter(|found| found.kind == FoundKind::Folder).map(|_| id));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// The open folder of all containers.
    pub(crate) fn open_containers(&self) -> io::Result<&OpenFolder> {
        match &self.containers {
            Some(Ok(containers)) => Ok(containers),
            Some(Err(error)) => Err(io::Error::new(error.kind(), error.to_string())),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// The open folder of a container.
    pub(crate) fn open_container(&self, id: &ContainerId) -> io::Result<OpenFolder> {
        self.open_containers()?.folder(&id.to_string())
    }

    /// True if there is a folder of this container, or anything else in its place.
    pub(crate) fn has_container(&self, id: &ContainerId) -> bool {
        match self.open_containers().and_then(|containers| containers.look(&id.to_string())) {
            Ok(found) => found.is_some(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }

    /// The open folder of all layers.
    pub(crate) fn open_layers(&self) -> io::Result<&OpenFolder> {
        self.layers.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The ids of all layers of which there is anything. A store that is not there has none.
    pub(crate) fn layer_ids(&self) -> Result<BTreeSet<LayerId>, Error> {
        // `ID` or `ID.lock`.
        let id = |name: String| name.split('.').next()?.parse::<LayerId>().ok();
        Ok(names_in(self.layers.as_ref())?.into_iter().filter_map(id).collect())
    }

    /// The open folder of layers that wait to be imported.
    pub(crate) fn open_transports(&self) -> io::Result<&OpenFolder> {
        self.transports.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The names of all folders of layers that wait to be imported; none if there is no place for them.
    pub(crate) fn names_of_transports(&self) -> Result<Vec<String>, Error> {
        names_in(self.transports.as_ref())
    }

    /// The folder of layers that wait to be imported.
    pub(crate) fn transports(&self) -> PathBuf {
        self.root.join(TRANSPORTS)
    }

    /// The folder of all layers.
    pub fn layers(&self) -> PathBuf {
        self.root.join(LAYERS)
    }

    /// The folder of one container: its state, its log, its scratch.
    pub fn container(&self, id: &ContainerId) -> PathBuf {
        self.containers().join(id.to_string())
    }

    /// The folder of a container's scratch layer.
    pub fn scratch(&self, id: &ContainerId) -> PathBuf {
        self.container(id).join(id.scratch())
    }

    /// The folder of a layer.
    pub fn layer(&self, id: &LayerId) -> PathBuf {
        self.layers().join(id.to_string())
    }

    /// Opens the file that is locked while a layer is imported or removed.
    pub(crate) fn layer_lock(&self, id: &LayerId) -> io::Result<File> {
        self.open_layers()?.file(&format!("{id}.lock"), Access::Grow)
    }
}

/// The names of all that is in a folder; none if there is no such folder.
fn names_in(folder: Option<&OpenFolder>) -> Result<Vec<String>, Error> {
    folder.map_or_else(|| Ok(Vec::new()), |folder| folder.names().map_err(|error| unreadable(folder.path(), &error)))
}

fn unreadable(folder: &Path, error: &io::Error) -> Error {
    Error::new(format!("{} cannot be read", folder.display())).because(error).hint(advice![
        "check that you may read it; ",
        Setting::Store,
        " names another store"
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ownership::tests::PlainFolders;

    #[test]
    fn two_stores_have_two_owners() {
        let folder = tempfile::tempdir().unwrap();
        let one = Store::open(&PlainFolders, folder.path()).unwrap();
        let other = Store::open(&PlainFolders, &folder.path().join("other")).unwrap();
        assert_ne!(one.owner(Isolation::Process), other.owner(Isolation::Process));
        assert_ne!(one.owner(Isolation::Process), one.owner(Isolation::Hyperv));
        let id = ContainerId::random().unwrap();
        assert_eq!(one.container_of_endpoint(&one.endpoint_name(&id)), Some(id));
        assert_eq!(one.container_of_endpoint(&other.endpoint_name(&id)), None);
        assert_eq!(one.container_of_endpoint("wincompat"), None);
        assert!(one.scratch(&id).starts_with(one.container(&id)));
    }

    #[test]
    fn a_dry_run_has_nothing_created() {
        let folder = tempfile::tempdir().unwrap();
        Store::dry_run(folder.path()).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn looking_for_a_store_makes_none() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("store");
        Store::at(&PlainFolders, &root).unwrap();
        assert!(!root.exists());
        assert_eq!(Store::open(&PlainFolders, &root).unwrap().root, Store::at(&PlainFolders, &root).unwrap().root);
    }

    #[cfg(unix)]
    #[test]
    fn no_folder_of_the_store_may_be_a_link() {
        for inner in ["", "blobs", "ingest", "layers", "t", "containers"] {
            let folder = tempfile::tempdir().unwrap();
            let (root, elsewhere) = (folder.path().join("store"), folder.path().join("elsewhere"));
            std::fs::create_dir(&elsewhere).unwrap();
            if !inner.is_empty() {
                Store::open(&PlainFolders, &root).unwrap();
                std::fs::remove_dir(root.join(inner)).unwrap();
            }
            let link: PathBuf = root.join(inner).components().collect();
            std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
            for root in [&root, &root.join("")] {
                for refused in [Store::at(&PlainFolders, root).unwrap_err(), Store::open(&PlainFolders, root).unwrap_err()] {
                    assert!(refused.what.contains(&link.display().to_string()), "{inner}: {refused:?}");
                }
            }
            assert_eq!(elsewhere.read_dir().unwrap().count(), 0, "{inner}: nothing was made beyond the link");
        }
    }
}
