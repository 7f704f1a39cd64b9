//! The names of files as patterns and baselines have them: from one folder, whatever folder the scan is started in, and whatever way is
//! typed.

use std::path::{Path, PathBuf};

use super::tree::{is_standard_input, shown};
use crate::cli::paths;

/// A folder from which files are seen.
#[derive(Clone, Debug)]
pub struct Seen(Option<PathBuf>);

impl Seen {
    /// From this folder.
    pub fn from(folder: &Path) -> Self {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Self(folder.canonicalize().ok())
    }

    /// The name of a file, e.g. `deploy/web.yaml` or `../other/Dockerfile`.
    pub fn name(&self, path: &Path) -> String {
        let from_folder = || paths::from(self.0.as_deref()?, &paths::in_real_folder(path)?);
        if is_standard_input(path) { shown(path) } else { shown(&from_folder().unwrap_or_else(|| path.to_owned())) }
    }
}

/// The folder of the repository that the current folder is in; the current one where there is none.
pub fn repository() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    paths::repository_of(&here).to_owned()
}
