//! Files that pipelines name: Dockerfiles of agents of Jenkins, templates of Azure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Project;
use crate::scan::compose::Built;
use crate::scan::paths::{normal, slashes};
use crate::scan::{Os, groovy};

impl Project<'_> {
    /// The Dockerfiles of agents of Jenkins. Their paths begin at the top of the repository, which may be any folder above the pipeline.
    pub(super) fn agents(&mut self, path: &Path, agents: Vec<groovy::Built>) {
        for groovy::Built { file, build } in agents {
            let paths = path.parent().into_iter().flat_map(Path::ancestors).map(|folder| normal(&folder.join(&file)));
            let Some(dockerfile) = paths.into_iter().find(|path| self.files.read(path).is_ok()) else { continue };
            let built = Built { dockerfile, build, isolation: None, os: Os::Unsaid, makes: Vec::new(), said: None };
            self.build(vec![built], &BTreeSet::from([path.to_owned()]));
        }
    }

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
