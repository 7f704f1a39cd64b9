//! Files that pipelines name: Dockerfiles that they build, templates of Azure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Project;
use crate::scan::compose::Built;
use crate::scan::paths::{is_elsewhere, normal, slashes};
use crate::scan::{Meant, Note, pipelines};

impl Project<'_> {
    /// The Dockerfiles of a pipeline. Their paths begin at its folder, or at the top of the repository, which may be any folder above it.
    pub(super) fn builds_of(&mut self, path: &Path, builds: Vec<pipelines::Built>) {
        for pipelines::Built { file, is_beside, build, makes, place } in builds {
            let file = match file {
                Meant::Known(file) if !is_elsewhere(&file) => Ok(file),
                Meant::Known(file) => Err(format!("{file} is elsewhere")),
                Meant::Unresolved(names) if names.len() > 1 => Err(format!("the variables {} have no value", names.join(", "))),
                Meant::Unresolved(names) => Err(format!("the variable {} has no value", names.join(", "))),
                Meant::Unevaluated { name, .. } | Meant::Undeclared(name) => Err(format!("the variable {name} has no value")),
            };
            let file = match file {
                Ok(file) => file,
                Err(why) => {
                    let text = format!("what {} builds is not read: {why}", build.object.as_deref().unwrap_or_default());
                    self.of(path).notes.push(Note { place, text });
                    continue;
                }
            };
            let folders = path.parent().into_iter().flat_map(Path::ancestors).take(if is_beside { 1 } else { usize::MAX });
            let paths: Vec<PathBuf> = folders.map(|folder| normal(&folder.join(slashes(&file)))).collect();
            let found = paths.iter().find(|path| self.files.read(path).is_ok()).or(paths.first());
            let Some(dockerfile) = found.cloned() else { continue };
            let said = Some((path.to_owned(), place));
            let built = Built { dockerfile, build, makes, said, asks: None };
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
