//! Pipelines of Azure: jobs, in stages or not, whose pool is the host.
//!
//! Sources: the YAML schema of Azure Pipelines: `jobs.job`, `jobs.deployment`, `pool`, `target`, `extends`, `jobs.template`,
//! `resources.containers.container`.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use super::branches::{entries, is_always, items, listed, maps, values};
use super::matrix::rows;
use super::variables::{Scope, Scopes, of_azure};
use super::{Container, Reader, Run, Service, hosted, image_of};
use crate::scan::words::Values;
use crate::scan::yaml::Node;
use crate::scan::{Lands, Meant, Note, Os};

/// The most machines that conditions give one pool.
const MOST_MACHINES: usize = 16;

/// The most parts that stand in each other: templates are given others.
const DEEPEST: usize = 16;

/// The most parts of one job that conditions choose, and that are compared with the others.
const MOST_CHOSEN: usize = 8;

/// The most parts of jobs that are compared, those of each run counted.
const MOST_COMPARED: usize = 200_000;

/// The most notes of one pipeline.
const MOST_NOTES: usize = 1_000;

/// What a pool says of its machine.
#[derive(Clone, Copy)]
enum Machine<'n> {
    /// This, e.g. `windows-2022`.
    Text(&'n str),
    /// Nothing: it is one of the user's own.
    Own,
    /// More than are read.
    TooMany,
}

/// A part of a pipeline: a job, a stage, or the pipeline itself.
struct Part<'n> {
    node: &'n Node,
    /// The machines that it may run on.
    machines: Rc<[Machine<'n>]>,
    /// The variables that it sees, the outermost first.
    scopes: Vec<Rc<Scope>>,
    /// The rows of its matrix.
    rows: Vec<Scope>,
    /// It is what a template is given: of that, steps are known, and a container is not.
    is_given: bool,
}

impl<'n> Part<'n> {
    /// A part below another one, or the pipeline.
    fn of(node: &'n Node, outer: Option<&Self>) -> Self {
        let mut scopes = outer.map(|outer| outer.scopes.clone()).unwrap_or_default();
        scopes.push(Rc::new(of_azure(node)));
        // The pool of a part counts for all below it that have none.
        let own = machines(node);
        let machines = match outer {
            Some(outer) if own.is_empty() => Rc::clone(&outer.machines),
            Some(outer) if !is_always(node, "pool") => own.into_iter().chain(outer.machines.iter().copied()).collect(),
            _ => own.into(),
        };
        Self { node, machines, scopes, rows: rows(Service::Azure, node), is_given: false }
    }

    /// How often it runs, and on what.
    fn runs(&self, given: &Values) -> Vec<Run<'_>> {
        let mut runs = Vec::new();
        for row in &self.rows {
            let scopes: Vec<&Scope> = self.scopes.iter().map(Rc::as_ref).chain([row]).collect();
            let of_pool = self.machines.iter().map(|machine| host(*machine, &scopes, given));
            let none = self.machines.is_empty().then(|| hosted(None));
            let mut hosts = HashSet::new();
            for host in of_pool.chain(none) {
                if hosts.insert(host.clone()) {
                    runs.push(Run { host, scopes: scopes.clone(), shares: Vec::new() });
                }
            }
        }
        runs
    }

    fn object(&self) -> String {
        let name = self.node.text_at(&["job"]).or_else(|| self.node.text_at(&["deployment"]));
        name.map_or("pipeline".to_owned(), |name| format!("job {name}"))
    }

    /// What it takes its container from, or names for its services and steps.
    fn used(&self) -> Vec<Used<'n>> {
        let is_plain = |map: &Node, key: &str, node: &Rc<Node>| map.get(key).is_some_and(|plain| Rc::ptr_eq(plain, node));
        let mut used = Vec::new();
        if !self.is_given {
            for node in values(self.node, "container") {
                used.push(Used { node, how: Use::Container, is_chosen: !is_plain(self.node, "container", node) });
            }
            for services in values(self.node, "services") {
                for (name, node) in entries(services) {
                    let is_own = is_plain(services, name.text().unwrap_or_default(), node);
                    let is_chosen = !is_own || !is_plain(self.node, "services", services);
                    used.push(Used { node, how: Use::Name, is_chosen });
                }
            }
        }
        let own_steps = self.node.get("steps").map(|list| list.list()).unwrap_or_default();
        let own_steps: HashSet<*const Node> = own_steps.iter().map(Rc::as_ptr).collect();
        for step in steps(self.node) {
            for target in values(step, "target") {
                let is_own = own_steps.contains(&Rc::as_ptr(step)) && is_plain(step, "target", target);
                let named = if target.is_map() { values(target, "container") } else { vec![target] };
                used.extend(named.into_iter().map(|node| {
                    let is_chosen = !is_own || target.is_map() && !is_plain(target, "container", node);
                    Used { node, how: Use::Name, is_chosen }
                }));
            }
        }
        used
    }

    /// The jobs that each of these is a part of, in each of so many runs: all containers of a job are started by one agent. Of two that
    /// conditions choose it is not known whether they ever run together: each is compared with those that are always there. None where
    /// that is more than is left.
    fn shares(&self, used: &[Used<'_>], runs: usize, left: &mut usize) -> Option<Vec<Vec<Vec<String>>>> {
        let chosen = used.iter().filter(|one| one.is_chosen).count().min(MOST_CHOSEN);
        let number = used.len().saturating_mul(runs).saturating_mul(chosen + 1);
        *left = left.checked_sub(number).filter(|_| used.len() > 1 && !self.is_given)?;
        let mut before = 0_usize;
        let of_one = |one: &Used<'_>| -> Vec<Vec<String>> {
            before += usize::from(one.is_chosen);
            let groups = match one.is_chosen {
                true if before > chosen => 0..0,
                true => before..before + 1,
                false => 0..chosen + 1,
            };
            let named = |run: usize, group: usize| format!("{} {run} {group}", self.node.span.start);
            (0..runs).map(|run| groups.clone().map(|group| named(run, group)).collect()).collect()
        };
        Some(used.iter().map(of_one).collect())
    }
}

/// A container that a job uses.
struct Used<'n> {
    node: &'n Rc<Node>,
    how: Use,
    /// A condition decides whether it is there, or it may be in a job of its own, as each part of a deployment is.
    is_chosen: bool,
}

/// How a job uses what it names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// As its container: the name of one of `resources`, or an image.
    Container,
    /// As the name of one of `resources`.
    Name,
}

/// The hosts of the jobs that use each container of `resources`, and these jobs.
type Users<'n> = HashMap<&'n str, Vec<((Os, Lands), Vec<String>)>>;

impl Reader<'_, '_> {
    pub(super) fn azure(&mut self, root: &Node, is_read: &dyn Fn(&str) -> bool) {
        let whole = Part::of(root, None);
        let resources = values(root, "resources").into_iter().flat_map(|resources| listed(resources, "containers"));
        let mut containers: Vec<(&str, &Rc<Node>)> =
            resources.map(|container| (container.text_at(&["container"]).unwrap_or_default(), container)).collect();
        let Jobs { jobs, templates, containers: given } = jobs(Part::of(root, None));
        containers.extend(given);
        let mut users: Users<'_> = containers.iter().map(|(name, _)| (*name, Vec::new())).collect();
        let mut times: HashMap<&str, usize> = HashMap::new();
        for (name, _) in &containers {
            *times.entry(*name).or_default() += 1;
        }
        let mut left_to_compare = MOST_COMPARED;
        // What no job names never runs, unless jobs and steps that are not here may name it.
        let mut are_all_here = !jobs.is_empty() && templates.is_empty() && !takes_parts(root) && !jobs.iter().any(has_open_steps);
        for job in jobs {
            are_all_here &= self.job(&job, &mut users, &mut left_to_compare);
        }
        for template in templates {
            if let Some(name) = template.text().filter(|name| !is_read(name)) {
                let text = format!(
                    "the template {name} is not among these files: scan the whole pipeline, which the editor of Azure Pipelines gives \
                     as `Download full YAML`"
                );
                self.note(template, text);
            }
        }
        let of_whole = whole.runs(self.values);
        let scopes: Vec<&Scope> = whole.scopes.iter().map(Rc::as_ref).collect();
        let mut by_name: HashMap<&str, Vec<Run<'_>>> = HashMap::new();
        for (name, container) in containers {
            let images = values(container, "image");
            // Of several images of one name, conditions choose one.
            let is_one = images.len() == 1 && times.get(name) == Some(&1);
            // The jobs that use it say where it runs: it must fit the host of each.
            let run = |(host, shares): &((Os, Lands), Vec<String>)| {
                let shares = if is_one { shares.clone() } else { Vec::new() };
                Run { host: host.clone(), scopes: scopes.clone(), shares }
            };
            let used = || users.get(name).map(Vec::as_slice).unwrap_or_default().iter().map(run).collect::<Vec<Run<'_>>>();
            let of_users = &*by_name.entry(name).or_insert_with(|| distinct(&used()));
            if of_users.is_empty() && are_all_here {
                continue;
            }
            let runs = if of_users.is_empty() { &of_whole } else { of_users };
            for image in &images {
                self.add_container(Container { image, options: options(container) }, format!("container {name}"), runs);
            }
            let is_of_registry = |kind: &&Rc<Node>| kind.text().is_some_and(|kind| kind.eq_ignore_ascii_case("acr"));
            if let Some(kind) = values(container, "type").into_iter().find(is_of_registry).filter(|_| images.is_empty()) {
                let text = format!(
                    "the container {name} has an image of an Azure Container Registry, which is chosen when the pipeline runs: check \
                     it by its name too"
                );
                self.note(kind, text);
            }
        }
        self.found.sort_by_key(|found| found.place.span.start);
    }

    /// Notes what is not followed, once for each place.
    fn note(&mut self, node: &Node, text: String) {
        let note = Note { place: self.lines.place(node.span.clone()), text };
        if self.notes.len() < MOST_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Adds the images of a job itself, and notes which containers of `resources` it uses. True if these are all that it uses: a name
    /// that is not known may be that of any.
    fn job(&mut self, job: &Part<'_>, users: &mut Users<'_>, left_to_compare: &mut usize) -> bool {
        let used = job.used();
        if used.is_empty() || self.left.get() == 0 {
            return used.is_empty();
        }
        let mut is_known = true;
        let mut runs = job.runs(self.values);
        // A text without variables means the same in each run.
        let by_host = distinct(&runs);
        let mut shares = job.shares(&used, runs.len(), left_to_compare).map(Vec::into_iter);
        for Used { node, how, .. } in used {
            for (run, shares) in runs.iter_mut().zip(shares.as_mut().and_then(Iterator::next).unwrap_or_default()) {
                run.shares = shares;
            }
            let Some(text) = node.text() else {
                // An image with options, in any branch.
                let options = options(node);
                let images: Vec<&Node> = maps(node).into_iter().filter_map(image_of).collect();
                if images.len() > 1 {
                    runs.iter_mut().for_each(|run| run.shares.clear());
                }
                for image in images.into_iter().filter(|_| how == Use::Container) {
                    self.add_container(Container { image, options }, job.object(), &runs);
                }
                continue;
            };
            let mut images = Vec::new();
            let own = match shares {
                _ if text.contains('$') => runs.clone(),
                Some(_) => distinct(&runs),
                None => by_host.clone(),
            };
            for run in own {
                let scopes = Scopes { service: Service::Azure, given: self.values, parts: run.scopes.clone() };
                let meant = scopes.meant(text);
                let Some(left) = self.left.get().checked_sub(1) else { return false };
                self.left.set(left);
                // A name that is not known may be that of any of `resources`.
                let may_be_used = !matches!(meant, Meant::Known(_)) && !users.is_empty();
                is_known &= !may_be_used;
                let user = if let Meant::Known(name) = &meant { users.get_mut(name.as_str()) } else { None };
                match user {
                    Some(hosts) => hosts.push((run.host, run.shares)),
                    None if how == Use::Container || may_be_used => images.push(run),
                    None => {}
                }
            }
            self.add(node, job.object(), &images);
        }
        is_known
    }
}

/// True for a pipeline that is given jobs or steps as parameters: what these name is not known.
fn takes_parts(root: &Node) -> bool {
    const PLAIN: [&str; 3] = ["string", "number", "boolean"];
    let Some(parameters) = root.get("parameters") else { return false };
    let mut kinds = parameters.list().iter().filter_map(|parameter| parameter.text_at(&["type"]));
    // Those of a template may be a map of names and defaults.
    parameters.is_map() || kinds.any(|kind| !PLAIN.contains(&kind))
}

/// True for a job with steps of a template, or that an expression makes.
fn has_open_steps(job: &Part<'_>) -> bool {
    let is_open = |step: &Rc<Node>| step.text().is_some() || !values(step, "template").is_empty();
    values(job.node, "steps").into_iter().chain(steps(job.node)).any(is_open)
}

/// True for a template of Azure that has steps or variables alone: they name no images.
pub fn is_template(root: &Node) -> bool {
    const STEPS: [&str; 9] = ["script", "bash", "powershell", "pwsh", "task", "checkout", "template", "publish", "download"];
    let is_step = |step: &Rc<Node>| STEPS.iter().any(|key| step.get(key).is_some());
    let all = root.entries();
    let is_of = |keys: &[&str]| all.iter().all(|(key, _)| key.text().is_some_and(|key| keys.contains(&key)));
    let has_steps = listed(root, "steps").into_iter().any(is_step);
    has_steps && is_of(&["steps", "parameters"]) || root.get("variables").is_some() && is_of(&["variables", "parameters"])
}

/// The options of a container, those of any branch.
fn options(container: &Node) -> Option<&Node> {
    values(container, "options").into_iter().next().map(Rc::as_ref)
}

/// The first run on each host, as a part of the jobs of all of them.
fn distinct<'s>(runs: &[Run<'s>]) -> Vec<Run<'s>> {
    let mut distinct: Vec<Run<'s>> = Vec::new();
    let mut numbers: HashMap<&(Os, Lands), usize> = HashMap::new();
    for run in runs {
        let number = *numbers.entry(&run.host).or_insert(distinct.len());
        match distinct.get_mut(number) {
            Some(one) => one.shares.extend(run.shares.iter().cloned()),
            None => distinct.push(run.clone()),
        }
    }
    distinct
}

/// What the pool of a part says, in all branches; nothing where it has none.
fn machines(part: &Node) -> Vec<Machine<'_>> {
    let mut machines = Vec::new();
    for pool in values(part, "pool") {
        match pool.text() {
            // It may stand for a map, or for the name of a pool.
            Some(text) if text.contains("${{") => machines.push(Machine::Text(text)),
            Some(_) => machines.push(Machine::Own),
            None => {
                let before = machines.len();
                for branch in maps(pool) {
                    match (branch.text_at(&["vmImage"]), branch.get("name")) {
                        (Some(text), _) => machines.push(Machine::Text(text)),
                        (None, Some(_)) => machines.push(Machine::Own),
                        (None, None) => {}
                    }
                }
                if machines.len() == before {
                    machines.push(Machine::Own);
                }
            }
        }
    }
    if machines.is_empty() {
        machines.extend(values(part, "vmImage").into_iter().filter_map(|text| text.text()).map(Machine::Text));
    }
    if machines.len() > MOST_MACHINES { vec![Machine::TooMany] } else { machines }
}

/// The host of a pool, for a job that sees these variables.
fn host(machine: Machine<'_>, scopes: &[&Scope], given: &Values) -> (Os, Lands) {
    let text = match machine {
        Machine::Text(text) => text,
        Machine::Own => return hosted(None),
        Machine::TooMany => return (Os::Unsaid, Lands::Untold(vec!["pool".to_owned()])),
    };
    let scopes = Scopes { service: Service::Azure, given, parts: scopes.to_vec() };
    match scopes.meant(text).told() {
        Ok(machine) => hosted(Some(&machine)),
        Err(names) => (Os::Unsaid, Lands::Untold(names)),
    }
}

/// What a pipeline runs.
struct Jobs<'n> {
    /// Its jobs, in stages or not, the pipeline itself where it is one, and those that templates are given.
    jobs: Vec<Part<'n>>,
    /// The names of the templates.
    templates: Vec<&'n Rc<Node>>,
    /// The containers that templates are given, by their names, as those of `resources`.
    containers: Vec<(&'n str, &'n Rc<Node>)>,
}

/// The containers among the parameters of a template: a map, as the templates of 1ES have it, or a list as in `resources`.
///
/// Source: dotnet/runtime, `eng/pipelines/common/templates/pipeline-with-resources.yml`.
fn given_containers(parameters: &Node) -> Vec<(&str, &Rc<Node>)> {
    let lists = || values(parameters, "containers").into_iter();
    let of_map = lists().flat_map(|map| entries(map)).filter_map(|(name, container)| Some((name.text()?, container)));
    let of_list = lists().flat_map(|list| items(list)).filter_map(|one| Some((one.text_at(&["container"])?, one)));
    of_map.chain(of_list).filter(|(_, container)| !values(container, "image").is_empty()).collect()
}

fn jobs(whole: Part<'_>) -> Jobs<'_> {
    let (mut jobs, mut templates, mut containers) = (Vec::new(), Vec::new(), Vec::new());
    let mut open = VecDeque::from([whole]);
    while let Some(part) = open.pop_front() {
        if part.scopes.len() > DEEPEST {
            continue;
        }
        let mut own = Vec::new();
        for (name, value) in entries(part.node) {
            let name = name.text().unwrap_or_default();
            let one = if name == "extends" { vec![value] } else { items(value) };
            // Templates of steps and of variables name no images.
            for item in one.into_iter().filter(|_| name != "steps" && name != "variables") {
                let has = |key: &str| !values(item, key).is_empty();
                if has("template") {
                    templates.extend(values(item, "template"));
                    for given in values(item, "parameters").into_iter().filter(|given| given.is_map()) {
                        containers.extend(given_containers(given));
                        open.push_back(Part { is_given: true, ..Part::of(given, Some(&part)) });
                    }
                } else if name == "stages" || has("stage") {
                    open.push_back(Part::of(item, Some(&part)));
                } else if name == "jobs" || has("job") || has("deployment") {
                    own.push(Part::of(item, Some(&part)));
                }
            }
        }
        let keys: &[&str] = if part.is_given { &["steps"] } else { &["container", "services", "steps"] };
        if keys.iter().any(|key| !values(part.node, key).is_empty()) {
            jobs.push(part);
        }
        jobs.extend(own);
    }
    Jobs { jobs, templates, containers }
}

/// The steps of a job, and those of a deployment in all parts of its strategy: `strategy.runOnce.deploy.steps`, `….on.failure.steps`.
fn steps(job: &Node) -> Vec<&Rc<Node>> {
    let mut steps = listed(job, "steps");
    let mut open = values(job, "strategy");
    for _ in 0..4 {
        let below: Vec<&Rc<Node>> = open.iter().flat_map(|part| entries(part)).map(|(_, part)| part).collect();
        steps.extend(below.iter().flat_map(|part| values(part, "steps")).flat_map(|list| items(list)));
        open = below;
    }
    steps
}
