//! The RuntimeClasses of the files, each as kustomizations deploy it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

use super::Yaml;
use crate::scan::kubernetes::{self, RuntimeClasses, Stands};
use crate::scan::kustomize::Way;
use crate::scan::paths::normal;
use crate::scan::yaml::Node;

/// The classes of these files, and the files whose patches are more work than is left.
pub(super) fn of(
    yaml: &[Yaml],
    ways: &BTreeMap<PathBuf, Vec<Way>>,
    patches: &BTreeSet<PathBuf>,
    left: &mut usize,
) -> (RuntimeClasses, Vec<PathBuf>) {
    let (mut classes, mut open) = (RuntimeClasses::default(), Vec::new());
    for file in yaml {
        let roots = file.documents.iter().filter_map(|document| document.root.as_ref());
        let written = roots.flat_map(kubernetes::objects).filter(|object| kubernetes::is_class(object));
        let written: Vec<Rc<Node>> = written.cloned().collect();
        if written.is_empty() {
            continue;
        }
        let path = normal(&file.path);
        let Some(ways) = ways.get(&path) else {
            // A patch is a part of something else.
            if !patches.contains(&path) {
                let files = Rc::new(BTreeSet::from([file.path.clone()]));
                classes.add(&Stands { file: path, by: None }, &files, &written);
            }
            continue;
        };
        for way in ways {
            let Some(deployed) = deployed(way, &written, left) else {
                open.push(file.path.clone());
                break;
            };
            let files: BTreeSet<PathBuf> = way.files().chain([&file.path]).cloned().collect();
            let stands = Stands { file: path.clone(), by: Some(way.root().to_owned()) };
            classes.add(&stands, &Rc::new(files), &deployed);
        }
    }
    (classes, open)
}

/// These objects as they are deployed; `None` where that is more work than is left.
fn deployed(way: &Way, written: &[Rc<Node>], left: &mut usize) -> Option<Vec<Rc<Node>>> {
    let mut deployed = Vec::new();
    for object in written {
        deployed.extend(way.patched(object, left)?);
    }
    Some(deployed)
}
