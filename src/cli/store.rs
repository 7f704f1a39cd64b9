//! The store of images and containers: `--root`.

use std::path::PathBuf;

use super::platform::Platform;
use super::wording::OnStore;
use crate::Error;
use crate::hcs::machine::Machine;
use crate::oci::layout::{Folder, Purpose};
use crate::runner::store::Store;

/// The place of images, layers and containers.
#[derive(clap::Args, Clone, Debug)]
pub struct StoreArgs {
    /// Data folder (images, layers, containers).
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl StoreArgs {
    /// The words for what works on it: commands name the folder where one was named.
    pub fn wording(&self) -> OnStore {
        OnStore(self.root.clone())
    }

    /// The folder: the one that is named, else `%ProgramData%\wincompat` on Windows and the user's data folder elsewhere.
    ///
    /// # Errors
    ///
    /// No folder is named, and the system has none for data.
    pub fn folder(&self, platform: &Platform) -> Result<PathBuf, Error> {
        let root = self.root.clone().or_else(platform.default_store);
        root.ok_or_else(|| Error::new("this system has no default folder for data").hint("name one with --root"))
    }

    /// The containers in it; one that is not there has none.
    ///
    /// # Errors
    ///
    /// As for [`Self::folder`].
    pub fn store(&self, platform: &Platform) -> Result<Store, Error> {
        Store::at(&*platform.folders, &self.folder(platform)?)
    }

    /// The containers in it, and this machine, which runs them.
    ///
    /// # Errors
    ///
    /// As for [`Self::folder`], and anywhere but on Windows.
    pub fn store_and_machine(&self, platform: &Platform) -> Result<(Store, Box<dyn Machine>), Error> {
        let system =
            platform.machine().map_err(|error| error.hint("run this on the Windows machine that runs the containers"))?;
        Ok((self.store(platform)?, system))
    }

    /// The images in it; `None` if none was ever pulled.
    ///
    /// # Errors
    ///
    /// As for [`Self::folder`], and a folder that is not an image layout of ours.
    pub fn images(&self, platform: &Platform) -> Result<Option<Folder>, Error> {
        let root = self.folder(platform)?;
        Store::at(&*platform.folders, &root)?;
        Folder::existing(platform.folders.handles(), &root, Purpose::Store)
    }
}
