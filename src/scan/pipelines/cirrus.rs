//! Pipelines of Cirrus: the containers with Windows of tasks, once for each way to take a child of every `matrix`.
//!
//! Source: cirrus-ci.org, writing tasks (environment variables, matrix modification) and Windows containers (OS versions).

use std::collections::HashMap;
use std::rc::Rc;

use super::variables::Scope;
use super::{RELEASES, Reader, Run};
use crate::scan::yaml::Node;
use crate::scan::{Lands, Os};

/// The key whose children take its place, each in a task of its own.
const MATRIX: &str = "matrix";

/// The key of a container with Windows, and those of variables.
const CONTAINER: &str = "windows_container";
const VARIABLES: [&str; 2] = ["env", "environment"];

/// The release of the machines for containers that do not say one.
const USUAL: &str = "ltsc2019";

/// The most ways of one task, and the most entries of all of them.
pub(super) const MOST: usize = 256;
const MOST_ENTRIES: usize = 65_536;

/// A key, and its value.
type Entry<'n> = (&'n str, &'n Rc<Node>);

/// The entries of maps, once for each way to put a child of every `matrix` in its place.
pub(super) struct Ways<'n> {
    pub ways: Vec<Vec<Entry<'n>>>,
    /// There are more than are read: the one way has the entries of all children, and which of them count is not known.
    pub is_open: bool,
}

impl<'n> Ways<'n> {
    pub fn of(maps: impl IntoIterator<Item = &'n Rc<Node>>, most: usize) -> Self {
        let entries = maps.into_iter().flat_map(|map| named(map));
        let parts = entries.map(|(name, value)| if name == MATRIX { children(value) } else { vec![vec![(name, value)]] });
        let parts: Vec<Vec<Vec<Entry<'n>>>> = parts.filter(|children| !children.is_empty()).collect();
        let number = parts.iter().try_fold(1_usize, |number, part| number.checked_mul(part.len()).filter(|all| *all <= most));
        let length: usize = parts.iter().flatten().map(Vec::len).sum();
        if number.is_none_or(|number| number > 1 && number.saturating_mul(length) > MOST_ENTRIES) {
            return Self { ways: vec![parts.into_iter().flatten().flatten().collect()], is_open: true };
        }
        let mut ways: Vec<Vec<Entry<'n>>> = vec![Vec::new()];
        for part in &parts {
            if let [only] = part.as_slice() {
                for way in &mut ways {
                    way.extend_from_slice(only);
                }
            } else {
                let with_each = |way: &Vec<Entry<'n>>| -> Vec<Vec<Entry<'n>>> {
                    part.iter().map(|child| [way.as_slice(), child.as_slice()].concat()).collect()
                };
                ways = ways.iter().flat_map(with_each).collect();
            }
        }
        Self { ways, is_open: false }
    }

    /// The machine that one of these ways of a container says, or that it has where it says none.
    pub fn lands(&self, way: &[Entry<'_>]) -> Lands {
        if self.is_open {
            return Lands::Fleet;
        }
        let release = match valued(way, "os_version").last().copied().and_then(|version| version.text()) {
            Some(version @ ("1709" | "1803")) => Some(version),
            Some(version) => RELEASES.iter().find(|(year, _)| *year == version).map(|(_, release)| *release),
            None => Some(USUAL),
        };
        release.map_or(Lands::Fleet, |release| Lands::Hosted(release.to_owned()))
    }
}

/// The entries of a map.
fn named(map: &Node) -> Vec<Entry<'_>> {
    map.entries().into_iter().filter_map(|(name, value)| Some((name.text()?, value))).collect()
}

/// The children of a `matrix`, each with the entries that it puts there: those of a list, or each entry of a map. A name may stand
/// twice in such a map.
fn children(matrix: &Node) -> Vec<Vec<Entry<'_>>> {
    let listed = matrix.list().iter().map(|child| named(child));
    listed.chain(named(matrix).into_iter().map(|entry| vec![entry])).collect()
}

/// The values of a key.
pub(super) fn valued<'n>(way: &[Entry<'n>], key: &str) -> Vec<&'n Rc<Node>> {
    way.iter().filter(|(name, _)| *name == key).map(|(_, value)| *value).collect()
}

/// The values of a key that may be a list, or have a `matrix` itself.
pub(super) fn texts<'n>(way: &[Entry<'n>], key: &str) -> Vec<&'n Rc<Node>> {
    let mut texts = Vec::new();
    for value in valued(way, key) {
        texts.push(value);
        texts.extend(value.list());
        texts.extend(value.get(MATRIX).into_iter().flat_map(|rows| rows.list()));
    }
    texts
}

/// A container with Windows, and the variables of the task that it is for.
pub(super) struct Instance<'n> {
    pub container: &'n Rc<Node>,
    pub own: Scope,
}

/// The containers with Windows of a pipeline. One at the top is for each task that names no machine.
pub(super) fn instances(root: &Node) -> Vec<Instance<'_>> {
    let top = root.get(CONTAINER);
    let mut instances = Vec::new();
    for (name, task) in named(root) {
        if name != "task" && !name.ends_with("_task") {
            continue;
        }
        let Ways { ways, is_open } = Ways::of([task], MOST);
        let most = MOST / ways.len().max(1);
        for way in &ways {
            let mut containers = valued(way, CONTAINER);
            if !way.iter().any(|(name, _)| is_machine(name)) {
                containers.extend(top);
            }
            if containers.is_empty() {
                continue;
            }
            for own in scopes(way, is_open, most) {
                instances.extend(containers.iter().copied().map(|container| Instance { container, own: own.clone() }));
            }
        }
    }
    // One that no task takes is judged all the same: tasks can come from another file.
    let is_taken = |top: &Rc<Node>| instances.iter().any(|one| Rc::ptr_eq(one.container, top));
    let alone = top.filter(|top| !is_taken(top)).map(|container| Instance { container, own: Scope::new() });
    instances.extend(alone);
    instances
}

/// True for a key of a task that says the machine.
fn is_machine(key: &str) -> bool {
    key.ends_with("container") || key.ends_with("_instance") || key == "persistent_worker"
}

/// The variables of the whole pipeline.
pub(super) fn outer(root: &Node) -> Scope {
    scopes(&named(root), false, 1).into_iter().next().unwrap_or_default()
}

/// The variables that a task sets, once for each way to set them.
fn scopes(task: &[Entry<'_>], is_open: bool, most: usize) -> Vec<Scope> {
    let maps = task.iter().filter(|(name, _)| VARIABLES.contains(name)).map(|(_, value)| *value);
    let found = Ways::of(maps.flat_map(|value| std::iter::once(value).chain(value.list())), most);
    let is_open = is_open || found.is_open;
    let text_of = |node: &Node| node.text().filter(|_| !is_open).map(str::to_owned);
    let mut scopes = Vec::new();
    for way in &found.ways {
        scopes.push(way.iter().map(|(name, node)| ((*name).to_owned(), text_of(node))).collect());
    }
    scopes
}

impl Reader<'_, '_> {
    pub(super) fn cirrus(&mut self, root: &Node) {
        let outer = outer(root);
        let instances = instances(root);
        // Each image once, with all runs of it: what they mean alike is one reference.
        let mut images: Vec<(&Rc<Node>, Vec<Run<'_>>)> = Vec::new();
        let mut known = HashMap::new();
        for Instance { container, own } in &instances {
            let found = Ways::of([*container], MOST);
            for way in &found.ways {
                for image in texts(way, "image") {
                    let at = *known.entry(Rc::as_ptr(image)).or_insert(images.len());
                    if at == images.len() {
                        images.push((image, Vec::new()));
                    }
                    if let Some((_, runs)) = images.get_mut(at) {
                        // A task has one container with Windows.
                        let (host, scopes) = ((Os::Windows, found.lands(way)), vec![&outer, own]);
                        runs.push(Run { host, scopes, shares: Vec::new() });
                    }
                }
            }
        }
        for (image, runs) in images {
            self.add(image, CONTAINER.to_owned(), &runs);
        }
    }
}
