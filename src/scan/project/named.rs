//! Files that pipelines name: templates of Azure.

use std::path::{Path, PathBuf};

use super::Project;
use crate::scan::paths::{normal, slashes};

impl Project<'_> {
    /// True for a template of Azure that is among these files. Its path begins at the file that names it, or with a slash at the top of
    /// the repository, which may be any folder above.
    pub(super) fn has_template(&self, path: &Path, template: &str) -> bool {
        let template = slashes(template.strip_suffix("@self").unwrap_or(template));
        let mut folders = path.parent().into_iter().flat_map(Path::ancestors);
        let has = |path: PathBuf| self.by_path.contains_key(&normal(&path));
        match template.strip_prefix('/') {
            Some(template) => folders.any(|folder| has(folder.join(template))),
            None => folders.next().is_some_and(|folder| has(folder.join(&*template))),
        }
    }
}
