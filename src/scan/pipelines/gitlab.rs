//! Pipelines of GitLab: the image of each job, its own or one that it takes over, with the job's variables.
//!
//! Sources: the CI/CD YAML reference of GitLab: `extends`, `default`, `inherit`, `!reference`, `include`, `spec:inputs`, `image:kubernetes`;
//! GitLab Runner, Kubernetes executor, the variables that overwrite its settings.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::variables::{Scope, Scopes, of_gitlab};
use super::{MOST, Reader, Service, matrix};
use crate::host::placement::{Placement, Toleration};
use crate::host::pod;
use crate::scan::words::Values;
use crate::scan::yaml::{Document, Node, Value};
use crate::scan::{Found, IsolatedBy, Lands, Lines, Meant, Note, OF_INPUT, Os};
use crate::{Error, ErrorKind};

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

/// What the names of variables begin with that only the Kubernetes executor reads.
const OF_KUBERNETES: [&str; 11] = [
    "KUBERNETES_CPU_",
    "KUBERNETES_EPHEMERAL_STORAGE_",
    "KUBERNETES_HELPER_",
    "KUBERNETES_MEMORY_",
    "KUBERNETES_NAMESPACE_OVERWRITE",
    OF_NODES,
    "KUBERNETES_NODE_TOLERATIONS_",
    "KUBERNETES_POD_",
    "KUBERNETES_SERVICE_ACCOUNT_OVERWRITE",
    "KUBERNETES_SERVICE_CPU_",
    "KUBERNETES_SERVICE_MEMORY_",
];

/// What the names of variables begin with whose values are labels of nodes, e.g. `kubernetes.io/os=windows`.
const OF_NODES: &str = "KUBERNETES_NODE_SELECTOR_";

/// The most variables of the Kubernetes executor that are looked at for one job, and the most labels that they name.
const MOST_OF_KUBERNETES: usize = 256;
const MOST_LABELS: usize = 16;

/// The most jobs that name one reference.
const NAMED_JOBS: usize = 4;

/// The values of inputs by their names, e.g. `inputs.tag`; `None` for one that is not plain.
pub type Inputs = BTreeMap<String, Option<String>>;

/// A file of a pipeline.
#[derive(Clone)]
pub struct Layer<'l> {
    /// What stands in it.
    pub root: &'l Rc<Node>,
    /// Its lines.
    pub lines: &'l Lines<'l>,
    /// The values that its inputs have.
    pub inputs: Inputs,
}

/// What the files of a pipeline say, each with the number of its file.
#[derive(Default)]
pub struct Read {
    /// The references.
    pub found: Vec<(usize, Found)>,
    /// What is not followed.
    pub notes: Vec<(usize, Note)>,
    /// What cannot be read.
    pub problem: Option<Error>,
}

/// A value, and the number of its file.
type At<'n> = (usize, &'n Rc<Node>);

/// An image, and the platform that is pulled of it: `docker: {platform: windows/amd64}`.
#[derive(Clone, Copy)]
struct Image<'n> {
    at: At<'n>,
    platform: Option<&'n str>,
    /// It has settings for pods, and none for Docker: a runner with the Kubernetes executor is meant.
    is_of_pod: bool,
}

/// True for an image or service with settings for the Kubernetes executor alone: with those for Docker, either executor may be meant.
fn is_of_pod(node: &Node) -> bool {
    node.get("kubernetes").is_some() && node.get("docker").is_none()
}

/// The entries at the root of the files by their names; what counts more comes later.
type Named<'n> = HashMap<&'n str, Vec<At<'n>>>;

/// A part of a pipeline: a job, `default`, or the pipeline itself.
struct Part<'n> {
    object: String,
    /// It in each file that has it; what counts more comes later.
    layers: Vec<At<'n>>,
    /// It is run; others only lend what they have.
    runs: bool,
}

/// The references that stand in one place.
struct Meanings {
    /// The name of the part that the place belongs to.
    object: String,
    /// One for each meaning.
    found: Vec<Found>,
    /// Their numbers, by what they mean and how they are started: many jobs may take over one image.
    numbers: HashMap<(Meant, Os, IsolatedBy, Lands), usize>,
}

/// The references by their places: the number of the file, and the byte at which they begin.
type Places = BTreeMap<(usize, usize), Meanings>;

/// The inputs of a file, by its header: those with a default have its value.
pub fn inputs_of(documents: &[Document]) -> Inputs {
    let mut roots = documents.iter().filter_map(|document| document.root.as_ref());
    let header = roots.find_map(|root| root.at(&["spec", "inputs"]));
    let inputs = header.map(|inputs| inputs.entries()).unwrap_or_default().into_iter();
    inputs
        .filter_map(|(name, input)| Some((format!("inputs.{}", name.text()?), input.text_at(&["default"]).map(str::to_owned))))
        .collect()
}

/// The references of a pipeline that is made from these files; what counts more comes later. One that is not whole includes others too,
/// which are not read.
pub fn read_gitlab(layers: &[Layer<'_>], is_whole: bool, values: &Values) -> Read {
    let left = Rc::new(Cell::new(MOST));
    let readers = layers.iter().map(|layer| Reader {
        service: Service::GitLab,
        lines: layer.lines,
        values,
        found: Vec::new(),
        notes: Vec::new(),
        left: Rc::clone(&left),
    });
    let (named, readers) = (named(layers), readers.collect());
    let owners = owners(layers);
    let mut pipeline = Pipeline { layers, is_whole, readers, named, owners, notes: Vec::new(), noted: HashSet::new() };
    let found = pipeline.read();
    let what = format!("this pipeline has more than {MOST} images, so the others are not read");
    let problem = || Error::of(ErrorKind::Invalid, what).hint("make it smaller, or leave it out by a line in .wincompatignore");
    Read { found, notes: pipeline.notes, problem: (left.get() == 0).then(problem) }
}

struct Pipeline<'l> {
    layers: &'l [Layer<'l>],
    /// No other files belong to it.
    is_whole: bool,
    /// One for each file.
    readers: Vec<Reader<'l, 'l>>,
    named: Named<'l>,
    /// The names of the parts of each file, by the bytes at which they begin.
    owners: Vec<BTreeMap<usize, String>>,
    notes: Vec<(usize, Note)>,
    noted: HashSet<(usize, usize)>,
}

impl<'l> Pipeline<'l> {
    fn read(&mut self) -> Vec<(usize, Found)> {
        let outer: Vec<Scope> = self.layers.iter().enumerate().map(|(file, layer)| self.scope_of(file, layer.root)).collect();
        let of_outer = of_kubernetes(&outer);
        let parts = parts(self.layers, &self.named);
        let mut places = Places::new();
        // What the jobs take of other parts is read with them, and nothing else of those runs. Files without any job are there for other
        // pipelines, which may take all of it, and so may jobs in files that are not read.
        let has_all_jobs = self.is_whole && parts.iter().any(|part| part.runs);
        let others = parts.iter().filter(|part| !part.runs && !has_all_jobs);
        // What no job uses is read with the variables of the part that it stands in.
        for part in parts.iter().filter(|part| part.runs).chain(others) {
            let made_from = self.made_from(part);
            let of_parts: Vec<Scope> = made_from.iter().map(|(file, node)| self.scope_of(*file, node)).collect();
            let kept = inherited(&made_from, "variables").map(|chosen| kept(&outer, chosen));
            let scopes: Vec<&Scope> = kept.as_ref().unwrap_or(&outer).iter().chain(&of_parts).collect();
            let mut lenders: Vec<At<'l>> = made_from.iter().rev().copied().collect();
            let own = lenders.len();
            // What a job has of the whole pipeline is a setting of it as well.
            let mut names: BTreeSet<&str> = BTreeSet::new();
            if part.runs {
                names.extend(kept.as_ref().map_or_else(|| of_outer.clone(), |kept| of_kubernetes(kept)));
                names.extend(of_kubernetes(&of_parts));
            }
            let mut is_in_pod = !names.is_empty();
            let labels: Vec<&str> = names.into_iter().filter(|name| name.starts_with(OF_NODES)).take(MOST_LABELS).collect();
            let with_matrix = lenders.iter().find(|(_, lender)| lender.at(&["parallel", "matrix"]).is_some()).or(lenders.first());
            let rows = with_matrix.map(|(_, node)| matrix::rows(Service::GitLab, node)).unwrap_or_default();
            if part.runs {
                lenders.extend(self.named.get("default").into_iter().flatten().rev());
                lenders.extend(self.layers.iter().enumerate().rev().map(|(file, layer)| (file, layer.root)));
            }
            let chosen = inherited(&made_from, "default");
            let inherits = |key: &str| chosen.is_none_or(|chosen| chosen.list().iter().any(|one| one.text() == Some(key)));
            let mut of_tags = lenders.iter().take(if inherits("tags") { lenders.len() } else { own });
            let machine = of_tags.find_map(|(_, lender)| lender.get("tags")).map_or(Os::Unsaid, |tags| hosted_by(tags));
            // Those machines start no containers.
            if part.runs && machine == Os::Windows {
                continue;
            }
            for key in ["image", "services"] {
                let most = if inherits(key) { lenders.len() } else { own };
                let (mut platform, mut whole, mut in_pod) = (None, None, is_in_pod);
                for (number, (file, lender)) in lenders.iter().take(most).enumerate() {
                    let Some(value) = lender.get(key) else { continue };
                    // `extends` merges maps: one without a name adds to the one that it is put over.
                    if key == "image" && number < own && value.is_map() && value.get("name").is_none() {
                        platform = platform.or_else(|| value.text_at(&["docker", "platform"]));
                        in_pod |= is_of_pod(value);
                    } else {
                        whole = Some((*file, value));
                        break;
                    }
                }
                let Some(value) = whole else { continue };
                let (images, suffix): (Vec<Image<'l>>, &str) = match key {
                    "services" => (self.services(value), " service"),
                    _ => {
                        let merged = |image: Image<'l>| Image { platform: platform.or(image.platform), ..image };
                        (self.image(value).map(merged).into_iter().collect(), "")
                    }
                };
                // The services of a job are in its pod.
                is_in_pod |= in_pod || images.iter().any(|image| image.is_of_pod);
                for image in images.into_iter().map(|image| Image { is_of_pod: is_in_pod, ..image }) {
                    for (number, row) in rows.iter().enumerate() {
                        let inputs = self.layers.get(image.at.0).map(|layer| &layer.inputs);
                        let scopes: Vec<&Scope> = scopes.iter().copied().chain([row]).chain(inputs).collect();
                        self.take(&mut places, image, (part, number, labels.as_slice(), machine), suffix, &scopes);
                    }
                }
            }
        }
        let mut all = Vec::new();
        for ((file, _), Meanings { object, mut found, .. }) in places {
            // Where all jobs mean the same, the part that it stands in names it.
            match found.as_mut_slice() {
                [only] => only.object = Some(object),
                several => several.iter_mut().for_each(name_jobs),
            }
            all.extend(found.into_iter().map(|found| (file, found)));
        }
        all
    }

    /// Takes the meaning of an image for a part in a row of its matrix, unless it is known; that for a part that does not run counts only
    /// where there is none.
    fn take(
        &self,
        all: &mut Places,
        image: Image<'l>,
        (part, row, labels, machine): (&Part<'_>, usize, &[&str], Os),
        suffix: &str,
        scopes: &[&Scope],
    ) {
        let object = format!("{}{suffix}", part.object);
        let (file, platform, is_of_pod) = (image.at.0, image.platform, image.is_of_pod);
        let image = image.at.1;
        let of_file = |reader: &Reader<'_, '_>| {
            let os = platform.map_or(Os::Unsaid, |platform| reader.os_of(platform, scopes));
            let (of_nodes, lands) = nodes_of(reader, labels, scopes).unwrap_or((Os::Unsaid, Lands::Fleet));
            let os = if os == Os::Unsaid { of_nodes } else { os };
            let os = if os == Os::Unsaid { machine } else { os };
            reader.either(image, &object, &(os, lands), scopes)
        };
        let Some(mut found) = self.readers.get(file).and_then(of_file) else { return };
        if is_of_pod {
            found.isolated_by = IsolatedBy::Kubelet;
        }
        // The image and the services of a job are started by one runner.
        found.shares = part.runs.then(|| format!("{} {row}", part.object)).into_iter().collect();
        let owner = || {
            let owner = self.owners.get(file).and_then(|owners| owners.range(..=image.span.start).next_back());
            owner.map_or(part.object.as_str(), |(_, name)| name.as_str())
        };
        let new = || Meanings { object: format!("{}{suffix}", owner()), found: Vec::new(), numbers: HashMap::new() };
        let Meanings { found: known, numbers, .. } = all.entry((file, found.place.span.start)).or_insert_with(new);
        let key = (found.meant.clone(), found.os, found.isolated_by, found.lands.clone());
        let (is_first, next) = (known.is_empty(), known.len());
        match known.get_mut(numbers.get(&key).copied().unwrap_or(next)) {
            Some(one) => one.shares.append(&mut found.shares),
            None if is_first || part.runs => {
                numbers.insert(key, next);
                known.push(found);
            }
            None => {}
        }
    }

    /// The variables of a part of a file, in which its inputs have their values.
    fn scope_of(&self, file: usize, part: &Node) -> Scope {
        let mut scope = of_gitlab(part);
        let Some(layer) = self.layers.get(file) else { return scope };
        let inputs: Values = layer.inputs.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect();
        for value in scope.values_mut() {
            if let Some(text) = value.as_deref().filter(|text| text.contains(INPUT)) {
                *value = with_inputs(text, &inputs);
            }
        }
        scope
    }

    /// The parts that a part is made from, itself included; what counts more comes later.
    fn made_from(&mut self, part: &Part<'l>) -> Vec<At<'l>> {
        let mut made_from = Vec::new();
        self.gather(&part.layers, DEEPEST, &mut made_from);
        made_from
    }

    fn gather(&mut self, layers: &[At<'l>], levels: usize, made_from: &mut Vec<At<'l>>) {
        let extends = layers.iter().rev().find_map(|(file, node)| Some((*file, node.get("extends")?)));
        if let Some((file, extends)) = extends.filter(|_| levels > 0) {
            for one in extends.list().iter().chain([extends]) {
                let Some(name) = one.text() else { continue };
                if made_from.len() >= MOST_PARENTS {
                    break;
                }
                match self.named.get(name).cloned() {
                    Some(parents) => self.gather(&parents, levels - 1, made_from),
                    None => self.note((file, one), &format!("{name} is not among these files")),
                }
            }
        }
        made_from.extend(layers.iter().skip(layers.len().saturating_sub(MOST_PARENTS)));
    }

    /// Notes what is not followed, once for each place.
    fn note(&mut self, (file, node): At<'l>, what: &str) {
        let Some(layer) = self.layers.get(file).filter(|_| self.noted.insert((file, node.span.start))) else { return };
        let text = format!("{what}: scan the whole pipeline, `glab ci config compile | {OF_INPUT}`");
        self.notes.push((file, Note { place: layer.lines.place(node.span.clone()), text }));
    }

    /// What a value stands for: `!reference [.base, image]` stands for the image of `.base`. `None` where that leads nowhere.
    fn referred(&self, mut value: At<'l>) -> Option<At<'l>> {
        for _ in 0..DEEPEST {
            let path: Option<Vec<&str>> = value.1.list().iter().map(|one| one.text()).collect();
            let other = path.and_then(|path| {
                let (first, rest) = path.split_first()?;
                let named = self.named.get(first)?;
                named.iter().rev().find_map(|(file, node)| Some((*file, if rest.is_empty() { node } else { node.at(rest)? })))
            });
            match other {
                Some(other) => value = other,
                None => return Some(value),
            }
        }
        None
    }

    /// The image of a value, itself or below `name`.
    fn image(&mut self, value: At<'l>) -> Option<Image<'l>> {
        let (file, node) = self.referred(value)?;
        let (platform, is_of_pod) = (node.text_at(&["docker", "platform"]), is_of_pod(node));
        let named = if node.is_map() { node.get("name")? } else { node };
        let image = self.referred((file, named))?;
        if let Value::List(path) = &image.1.value {
            self.note_reference(image, path);
            return None;
        }
        Some(Image { at: image, platform, is_of_pod })
    }

    /// Notes a reference that leads nowhere.
    fn note_reference(&mut self, at: At<'l>, path: &[Rc<Node>]) {
        let path: Vec<&str> = path.iter().filter_map(|one| one.text()).collect();
        self.note(at, &format!("{} is not among these files", path.join(" ")));
    }

    /// The services of a list, those that it refers to in their place.
    fn services(&mut self, list: At<'l>) -> Vec<Image<'l>> {
        let Some((file, list)) = self.referred(list) else { return Vec::new() };
        let mut services = Vec::new();
        for own in list.list() {
            let Some(one) = self.referred((file, own)) else { continue };
            match &one.1.value {
                Value::List(path) if Rc::ptr_eq(one.1, own) => self.note_reference(one, path),
                Value::List(several) => services.extend(several.iter().map(|other| (one.0, other))),
                _ => services.push(one),
            }
        }
        services.into_iter().filter_map(|one| self.image(one)).collect()
    }
}

/// Names a reference by all jobs that mean it, e.g. `job a, job b`; it is named by the first of them.
fn name_jobs(found: &mut Found) {
    let mut jobs: Vec<&str> = found.shares.iter().filter_map(|share| Some(share.rsplit_once(' ')?.0)).collect();
    jobs.dedup();
    let (Some(first), Some(object)) = (jobs.first(), &found.object) else { return };
    let Some(suffix) = object.strip_prefix(*first) else { return };
    let named: Vec<String> = jobs.iter().take(NAMED_JOBS).map(|job| format!("{job}{suffix}")).collect();
    let more = jobs.len().saturating_sub(NAMED_JOBS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    found.object = Some(format!("{}{more}", named.join(", ")));
}

/// The names of the variables that only the Kubernetes executor reads.
fn of_kubernetes(scopes: &[Scope]) -> Vec<&str> {
    let is_one = |name: &&str| OF_KUBERNETES.iter().any(|start| name.starts_with(start));
    scopes.iter().flat_map(BTreeMap::keys).map(String::as_str).filter(is_one).take(MOST_OF_KUBERNETES).collect()
}

/// The system and the nodes that variables of these names give the pod of a job; `None` where they say nothing of nodes.
fn nodes_of(reader: &Reader<'_, '_>, names: &[&str], scopes: &[&Scope]) -> Option<(Os, Lands)> {
    if names.is_empty() || reader.left.get() == 0 {
        return None;
    }
    let scopes = Scopes { service: Service::GitLab, given: reader.values, parts: scopes.to_vec() };
    let (mut placement, mut open) = (Placement::default(), Vec::new());
    for name in names {
        match scopes.meant(&format!("${{{name}}}")).told() {
            Ok(text) => {
                let label = text.split_once('=').map(|(label, value)| (label.to_owned(), value.to_owned()));
                placement.selector.extend(label);
            }
            Err(names) => open.extend(names),
        }
    }
    if !open.is_empty() {
        return Some((Os::Unsaid, Lands::Untold(open)));
    }
    if placement.selector.is_empty() {
        return None;
    }
    // Which taints the pods of a runner bear is in its own settings.
    placement.tolerations.push(Toleration { exists: true, ..Toleration::default() });
    let os = Os::of_pod(pod::os_of(&placement).as_deref());
    Some((os, Lands::Nodes(Arc::new(placement))))
}

/// The system of the machines that GitLab itself has for these tags.
///
/// Source: docs.gitlab.com, hosted runners on Linux, Windows and macOS. Those on Windows have no `image` and no `services`.
fn hosted_by(tags: &Node) -> Os {
    let has = |start: &str| tags.list().iter().filter_map(|tag| tag.text()).any(|tag| tag.starts_with(start));
    if has("saas-windows-") {
        Os::Windows
    } else if has("saas-linux-") || has("saas-macos-") {
        Os::Other
    } else {
        Os::Unsaid
    }
}

/// The text before the name of an input.
const INPUT: &str = "$[[";

/// The text with the values of inputs; `None` where one has none. Variables stay.
fn with_inputs(text: &str, inputs: &Values) -> Option<String> {
    let mut parts = text.split(INPUT);
    let mut made = parts.next()?.to_owned();
    for part in parts {
        let (name, behind) = part.split_once("]]")?;
        made.push_str(inputs.get(name.trim())?);
        made.push_str(behind);
    }
    Some(made)
}

fn named<'l>(layers: &'l [Layer<'l>]) -> Named<'l> {
    let mut named = Named::new();
    for (file, layer) in layers.iter().enumerate() {
        for (name, node) in layer.root.entries() {
            named.entry(name.text().unwrap_or_default()).or_default().push((file, node));
        }
    }
    named
}

/// The parts of a pipeline, in their order. One that several files have comes where the last of them has it.
fn parts<'l>(layers: &'l [Layer<'l>], named: &Named<'l>) -> Vec<Part<'l>> {
    let mut parts = Vec::new();
    for (file, layer) in layers.iter().enumerate() {
        let lender = |object: &str, node| Part { object: object.to_owned(), layers: vec![(file, node)], runs: false };
        parts.push(lender("pipeline", layer.root));
        parts.extend(layer.root.get("default").map(|node| lender("default", node)));
        let mut names = HashSet::new();
        for (name, node) in layer.root.entries() {
            let name = name.text().unwrap_or_default();
            let all = named.get(name).map(Vec::as_slice).unwrap_or_default();
            let is_last = all.last().is_none_or(|(last, _)| *last == file);
            if node.is_map() && !KEYS.contains(&name) && names.insert(name) {
                let object = format!("job {name}");
                if is_last {
                    // A hidden job never runs by itself.
                    parts.push(Part { object, layers: all.to_vec(), runs: !name.starts_with('.') });
                } else {
                    // What a later file puts over is read where it stands too.
                    parts.push(Part { object, layers: vec![(file, node)], runs: false });
                }
            }
        }
    }
    parts
}

/// The names of the parts of each file, by the bytes at which they begin.
fn owners(layers: &[Layer<'_>]) -> Vec<BTreeMap<usize, String>> {
    let of_layer = |layer: &Layer<'_>| {
        let mut owners = BTreeMap::new();
        for (name, node) in layer.root.entries() {
            let name = name.text().unwrap_or_default();
            let object = match name {
                "default" => "default".to_owned(),
                name if KEYS.contains(&name) || !node.is_map() => "pipeline".to_owned(),
                name => format!("job {name}"),
            };
            owners.insert(node.span.start, object);
        }
        owners
    };
    layers.iter().map(of_layer).collect()
}

/// What a part takes over of `default` or `variables` alone, a list or nothing; `None` where it takes all.
fn inherited<'n>(made_from: &[At<'n>], what: &str) -> Option<&'n Rc<Node>> {
    let chosen = made_from.iter().rev().find_map(|(_, node)| node.at(&["inherit", what]));
    chosen.filter(|chosen| chosen.text() != Some("true"))
}

/// The variables of the pipeline that a list names.
fn kept(outer: &[Scope], chosen: &Node) -> Vec<Scope> {
    let names = || chosen.list().iter().filter_map(|one| one.text());
    let of_scope = |scope: &Scope| {
        names().filter_map(|name| scope.get_key_value(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    outer.iter().map(of_scope).collect()
}

/// True for a whole pipeline, by all that stands at its root: the keys of one, hidden parts, and jobs, of which one has a script.
pub(super) fn is_whole(root: &Node) -> bool {
    const OF_JOBS: [&str; 4] = ["script", "trigger", "extends", "run"];
    let entries = root.entries();
    let is_job = |job: &Node| OF_JOBS.iter().any(|key| job.get(key).is_some());
    let is_part = |(name, node): &(&Rc<Node>, &Rc<Node>)| match name.text().unwrap_or_default() {
        "image" => node.text().is_some() || node.get("name").is_some(),
        "services" | "stages" => matches!(node.value, Value::List(_)),
        name => KEYS.contains(&name) || name.starts_with('.') || is_job(node),
    };
    let lends = ["stages", "image", "default", "services"].iter().any(|key| root.get(key).is_some());
    let has_script = |(_, job): &(&Rc<Node>, &Rc<Node>)| {
        job.get("script").is_some_and(|script| script.text().is_some() || matches!(script.value, Value::List(_)))
    };
    lends && entries.iter().all(is_part) && entries.iter().any(has_script)
}
