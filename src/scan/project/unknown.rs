//! Files that were asked for by their names, and whose format is not read.

use std::path::Path;
use std::rc::Rc;

use super::{Yaml, kind_of};
use crate::scan::paths::shown;
use crate::scan::yaml::Node;
use crate::scan::{Files, Lines, OF_INPUT, Problem, compose, kubernetes, kustomize, pipelines};
use crate::{Error, ErrorKind};

/// The formats that are read.
const FORMATS: &str = "Dockerfiles, Compose files, bake files, Kubernetes manifests, pipelines of GitHub, Azure, GitLab, Drone, Woodpecker, \
    Cirrus, Tekton and Jenkins, and lists of images";

/// True for a document of a format that is read, also where it names no images.
fn is_known(path: &Path, root: &Rc<Node>) -> bool {
    compose::is_compose(path, root)
        || pipelines::service_of(path, root).is_some()
        || pipelines::is_template(root)
        || kubernetes::is_object(root)
        || root.get("items").is_some()
}

/// The problem of a file whose format is not read; `None` for any other. What is not well-formed YAML is that, if it is called YAML.
pub(super) fn problem(file: &Yaml, files: &dyn Files) -> Option<Problem> {
    let mut roots = file.documents.iter().filter_map(|document| document.root.as_ref());
    let is_broken = !file.problems.is_empty();
    let is_empty = !is_broken && roots.clone().all(|root| root.is_nothing());
    let is_called_so = is_broken && kind_of(&file.path).is_some();
    if is_empty || is_called_so || kustomize::is_kustomization(&file.path) || roots.any(|root| is_known(&file.path, root)) {
        return None;
    }
    let folder = file.path.parent().unwrap_or(Path::new(""));
    let hint = if files.read(&folder.join("Chart.yaml")).is_ok() {
        format!("it belongs to a Helm chart: render that, `helm template {} | {OF_INPUT}`", shown(folder))
    } else {
        format!("wincompat reads {FORMATS}: write the images of this file into a list, one in each line, and scan that")
    };
    let error = Error::of(ErrorKind::Invalid, "the format of this file is not read").hint(hint);
    Some(Problem { place: Lines::of("").place(0..0), error })
}
