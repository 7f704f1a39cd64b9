//! Where images and containers are kept, by argument, environment or system.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

use crate::Error;
use crate::hcs::machine::{CALL_TIMEOUT, Machine, this_machine};
use crate::hcs::trace::Trace;
use crate::oci::layout::Folder;
use crate::runner::store::Store;

/// The store.
#[derive(clap::Args, Clone, Debug)]
pub struct StoreArgs {
    /// The folder of images, layers and containers.
    #[arg(long, value_name = "DIR", env = "WINCOMPAT_ROOT", hide_env_values = true)]
    root: Option<PathBuf>,
}

/// This machine, which runs containers; its calls are not traced.
///
/// # Errors
///
/// Anywhere but on Windows.
pub fn system() -> Result<Box<dyn Machine>, Error> {
    this_machine(Trace::off(), CALL_TIMEOUT)
}

impl StoreArgs {
    /// The folder.
    ///
    /// # Errors
    ///
    /// A system that names none, where nothing is said.
    pub fn folder(&self) -> Result<PathBuf, Error> {
        self.root().ok_or_else(|| Error::new("this system names no folder for data").hint("name one with --root"))
    }

    /// The containers in it; one that is not there has none.
    ///
    /// # Errors
    ///
    /// As for [`Self::folder`].
    pub fn store(&self) -> Result<Store, Error> {
        Ok(Store::at(&self.folder()?)?)
    }

    /// The containers in it, and this machine, which runs them.
    ///
    /// # Errors
    ///
    /// As for [`Self::folder`], and anywhere but on Windows.
    pub fn store_and_system(&self) -> Result<(Store, Box<dyn Machine>), Error> {
        let system = system().map_err(|error| error.hint("run this on the Windows machine that runs the containers"))?;
        Ok((self.store()?, system))
    }

    /// The images in it; `None` if none was ever pulled.
    ///
    /// # Errors
    ///
    /// As for [`Self::folder`], and a folder that is no image layout of ours.
    pub fn images(&self) -> Result<Option<Folder>, Error> {
        let root = self.folder()?;
        Store::at(&root)?;
        Ok(if root.join("oci-layout").exists() { Some(Folder::open(root)?) } else { None })
    }

    /// The folder: `%ProgramData%\wincompat` on Windows, the user's data folder elsewhere; `None` where the system names none.
    fn root(&self) -> Option<PathBuf> {
        self.root.clone().or_else(|| {
            if cfg!(windows) {
                std::env::var_os("ProgramData").map(|data| PathBuf::from(data).join("wincompat"))
            } else {
                etcetera::choose_base_strategy().ok().map(|folders| folders.data_dir().join("wincompat"))
            }
        })
    }
}
