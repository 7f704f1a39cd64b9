//! Pipelines of GitLab: the image of each job, its own or one that it takes over, with the job's variables.
//!
//! Sources: the CI/CD YAML reference of GitLab: `extends`, `default`, `inherit`, `!reference`.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::variables::{Scope, of_gitlab};
use super::{Reader, matrix};
use crate::scan::yaml::{Node, Value};
use crate::scan::{Found, Lands, Os};

/// The keys at the root of a pipeline that are not jobs.
const KEYS: [&str; 11] = [
    "stages",
    "variables",
    "workflow",
    "include",
    "spec",
    "cache",
    "services",
    "image",
    "before_script",
    "after_script",
    "default",
];

/// The deepest that jobs extend others, and that one value refers to another: GitLab's own limits are 11 and 10.
const DEEPEST: usize = 11;

/// The most parts that one job is made from.
const MOST_PARENTS: usize = 50;

/// The jobs of a pipeline by their names.
type Jobs<'n> = HashMap<&'n str, &'n Node>;

/// A part of a pipeline: a job, `default`, or the pipeline itself.
struct Part<'n> {
    object: String,
    node: &'n Node,
    /// It is run; others only lend what they have.
    runs: bool,
}

/// The references that stand in one place: the name of the part that it belongs to, and one for each meaning.
type Meanings = BTreeMap<usize, (String, Vec<Found>)>;

impl Reader<'_, '_> {
    pub(super) fn gitlab(&mut self, root: &Node) {
        let outer = of_gitlab(root);
        let parts = parts(root);
        let named = parts.iter().filter_map(|part| Some((part.object.strip_prefix("job ")?, part.node)));
        let jobs: Jobs<'_> = named.collect();
        let mut meanings = Meanings::new();
        // What no job uses is read with the variables of the part that it stands in.
        for part in parts.iter().filter(|part| part.runs).chain(parts.iter().filter(|part| !part.runs)) {
            let parents = parents(part.node, &jobs);
            let scopes: Vec<Scope> = parents.iter().copied().chain([part.node]).map(of_gitlab).collect();
            let scopes: Vec<&Scope> = std::iter::once(&outer).chain(&scopes).collect();
            let lenders = [part.node].into_iter().chain(parents.into_iter().rev());
            let outermost = [root.get("default").map(|node| &**node), Some(root)].into_iter().flatten().filter(|_| part.runs);
            let mut lenders: Vec<&Node> = lenders.collect();
            let own = lenders.len();
            let with_matrix = lenders.iter().find(|lender| lender.at(&["parallel", "matrix"]).is_some());
            let rows = matrix::rows(self.service, with_matrix.unwrap_or(&part.node));
            lenders.extend(outermost);
            for key in ["image", "services"] {
                let lent = lenders.iter().take(if inherits(part.node, key) { lenders.len() } else { own });
                let Some(value) = lent.clone().find_map(|lender| lender.get(key)).and_then(|value| referred(value, root)) else {
                    continue;
                };
                let (images, suffix) = match key {
                    "services" => (services(value, root), " service"),
                    _ => (vec![value], ""),
                };
                for image in images {
                    let owner = owner(&parts, image).unwrap_or(part);
                    for row in &rows {
                        let scopes: Vec<&Scope> = scopes.iter().copied().chain([row]).collect();
                        self.take(&mut meanings, image, part, owner, suffix, &scopes);
                    }
                }
            }
        }
        for (_, (object, mut found)) in meanings {
            // Where all jobs mean the same, the part that it stands in names it.
            if let [only] = found.as_mut_slice() {
                only.object = Some(object);
            }
            self.found.extend(found);
        }
    }

    /// Takes the meaning of an image for a part, unless it is known; that for a part that does not run counts only where there is none.
    fn take(&self, all: &mut Meanings, image: &Node, part: &Part<'_>, owner: &Part<'_>, suffix: &str, scopes: &[&Scope]) {
        let object = format!("{}{suffix}", part.object);
        let Some(found) = self.either(image, &object, &(Os::Unsaid, Lands::Fleet), scopes) else { return };
        let (_, known) = all.entry(found.place.span.start).or_insert_with(|| (format!("{}{suffix}", owner.object), Vec::new()));
        if known.is_empty() || part.runs && known.iter().all(|one| one.meant != found.meant) {
            known.push(found);
        }
    }
}

/// The parts of a pipeline, in their order.
fn parts(root: &Node) -> Vec<Part<'_>> {
    let mut parts = vec![Part { object: "pipeline".to_owned(), node: root, runs: false }];
    parts.extend(root.get("default").map(|node| Part { object: "default".to_owned(), node, runs: false }));
    for (name, node) in root.entries() {
        let name = name.text().unwrap_or_default();
        if node.is_map() && !KEYS.contains(&name) {
            parts.push(Part { object: format!("job {name}"), node, runs: !name.starts_with('.') });
        }
    }
    parts
}

/// The part in which this stands: the last one that begins before it.
fn owner<'p, 'n>(parts: &'p [Part<'n>], node: &Node) -> Option<&'p Part<'n>> {
    parts.iter().filter(|part| part.node.span.contains(&node.span.start)).max_by_key(|part| part.node.span.start)
}

/// True if a part takes over what `default` and the pipeline say for this key.
fn inherits(part: &Node, key: &str) -> bool {
    match part.at(&["inherit", "default"]) {
        None => true,
        Some(chosen) => chosen.text() == Some("true") || chosen.list().iter().any(|one| one.text() == Some(key)),
    }
}

/// The parts that a job extends, through others too; what counts more comes later.
fn parents<'n>(job: &'n Node, jobs: &Jobs<'n>) -> Vec<&'n Node> {
    let mut parents = Vec::new();
    gather(job, jobs, DEEPEST, &mut parents);
    parents
}

fn gather<'n>(job: &'n Node, jobs: &Jobs<'n>, levels: usize, parents: &mut Vec<&'n Node>) {
    let Some(extends) = job.get("extends").filter(|_| levels > 0) else { return };
    for name in extends.list().iter().chain([extends]).filter_map(|one| one.text()) {
        if parents.len() >= MOST_PARENTS {
            return;
        }
        if let Some(parent) = jobs.get(name).copied() {
            gather(parent, jobs, levels - 1, parents);
            parents.push(parent);
        }
    }
}

/// What a value stands for: `!reference [.base, image]` stands for the image of `.base`. `None` where that leads nowhere.
fn referred<'n>(mut value: &'n Rc<Node>, root: &'n Node) -> Option<&'n Rc<Node>> {
    for _ in 0..DEEPEST {
        let path: Option<Vec<&str>> = value.list().iter().map(|one| one.text()).collect();
        match path.and_then(|path| root.at(&path)) {
            Some(other) => value = other,
            None => return Some(value),
        }
    }
    None
}

/// The services of a list, those that it refers to in their place.
fn services<'n>(list: &'n Node, root: &'n Node) -> Vec<&'n Rc<Node>> {
    let mut services = Vec::new();
    for one in list.list().iter().filter_map(|one| referred(one, root)) {
        match &one.value {
            Value::List(several) => services.extend(several),
            _ => services.push(one),
        }
    }
    services
}
