//! The Dockerfiles that pipelines name: the image of an action of GitHub, the machine of a task of Cirrus, an agent of Jenkins.
//!
//! Sources: the metadata syntax of GitHub Actions, `runs.image`; cirrus-ci.org, Dockerfile as a CI environment.

use std::collections::HashSet;
use std::rc::Rc;

use super::Service;
use super::cirrus::{Instance, MOST, Ways, instances, outer, texts, valued};
use super::github::{SCHEME, is_docker, of_actions};
use super::variables::Scopes;
use crate::scan::dockerfile::Build;
use crate::scan::words::Values;
use crate::scan::yaml::Node;
use crate::scan::{Lines, Meant, Os, Place};

/// A Dockerfile that a pipeline builds.
#[derive(Clone, Debug)]
pub struct Built {
    /// Its path, from the top of the repository.
    pub file: Meant,
    /// The path begins at the folder of the pipeline instead.
    pub is_beside: bool,
    /// How it is built.
    pub build: Build,
    /// The names of the image, as far as they are known.
    pub makes: Vec<String>,
    /// Where the pipeline names it.
    pub place: Place,
}

impl Built {
    /// One that belongs to this, without a path yet.
    pub fn of(object: &str, place: Place) -> Self {
        Self {
            file: Meant::Known(String::new()),
            is_beside: false,
            build: Build { object: Some(object.to_owned()), ..Build::default() },
            makes: Vec::new(),
            place,
        }
    }
}

/// The Dockerfiles that a pipeline names.
pub fn built(service: Service, root: &Node, lines: &Lines<'_>, given: &Values) -> Vec<Built> {
    match service {
        Service::Action => of_action(root, lines).into_iter().collect(),
        Service::Cirrus => of_cirrus(root, lines, given),
        _ => Vec::new(),
    }
}

/// The Dockerfile of an action that is a container.
fn of_action(root: &Node, lines: &Lines<'_>) -> Option<Built> {
    let image = root.at(&["runs", "image"]).filter(|_| is_docker(root))?;
    let path = image.text().filter(|text| !text.starts_with(SCHEME))?;
    let mut built =
        Built { file: Meant::Known(path.to_owned()), is_beside: true, ..Built::of("action", lines.place(image.span.clone())) };
    built.build.os = Os::Other;
    built.build.lands = of_actions();
    Some(built)
}

/// The Dockerfiles of tasks of Cirrus, each once for what it is given.
fn of_cirrus(root: &Node, lines: &Lines<'_>, given: &Values) -> Vec<Built> {
    let outer = outer(root);
    let mut known = HashSet::new();
    let mut all = Vec::new();
    for Instance { container, own } in &instances(root) {
        let scopes = Scopes { service: Service::Cirrus, given, parts: vec![&outer, own] };
        let found = Ways::of([*container], MOST);
        for way in &found.ways {
            let arguments = Ways::of(valued(way, "docker_arguments"), MOST);
            for dockerfile in texts(way, "dockerfile") {
                let Some(file) = dockerfile.text().map(|text| scopes.meant(text)) else { continue };
                for entries in &arguments.ways {
                    let place = lines.place(dockerfile.span.clone());
                    let mut built = Built { file: file.clone(), ..Built::of("windows_container", place) };
                    built.build.os = Os::Windows;
                    built.build.lands = found.lands(way);
                    for (name, value) in entries.iter().filter(|(_, value)| !value.is_nothing()) {
                        let value = value.text().filter(|_| !arguments.is_open).map(|value| scopes.meant(value));
                        // A value that is not known must not leave the default of the Dockerfile in its place.
                        match value.unwrap_or_else(|| Meant::Unresolved(vec![(*name).to_owned()])) {
                            Meant::Known(value) => drop(built.build.arguments.insert((*name).to_owned(), value)),
                            open => drop(built.build.open.insert((*name).to_owned(), open)),
                        }
                    }
                    let build = &built.build;
                    let key = (built.file.clone(), build.arguments.clone(), build.open.clone(), build.lands.clone());
                    if known.insert((Rc::as_ptr(dockerfile), key)) {
                        all.push(built);
                    }
                }
            }
        }
    }
    all
}
