//! Objects of Tekton: the steps and sidecars of tasks, alone or within pipelines and runs.
//!
//! Sources: tektoncd/pipeline, docs: tasks, pipelines (`finally`, embedded specifications, propagated parameters), runs, step actions;
//! `GetTaskRunSpec` and `MergePodTemplateWithDefault` of its API. tektoncd/triggers, docs: `TriggerTemplate` (`resourcetemplates`).

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::variables::{Scope, Scopes};
use super::{Reader, Run, SMALLER, Service};
use crate::host::placement::Placement;
use crate::host::pod;
use crate::scan::placeholder::put_into;
use crate::scan::words::Values;
use crate::scan::yaml::Node;
use crate::scan::{Lands, Meant, Needs, Os};
use crate::{Error, ErrorKind};

/// The objects of a document that is to be read: those that a template for triggers makes, or itself.
pub fn made_by(root: &Rc<Node>) -> Vec<&Rc<Node>> {
    let is_of_triggers = root.text_at(&["apiVersion"]).is_some_and(|api| api.starts_with("triggers.tekton.dev/"));
    if is_of_triggers && root.text_at(&["kind"]) == Some("TriggerTemplate") {
        return root.at(&["spec", "resourcetemplates"]).map(|list| list.list()).unwrap_or_default().iter().collect();
    }
    vec![root]
}

/// The most tasks that are looked at for the runs of one file.
const MOST_TASKS: usize = 100_000;

/// The most hosts of one task.
const MOST_HOSTS: usize = 256;

/// The most parameters of one part.
const MOST_PARAMETERS: usize = 256;

/// The most parts with parameters that stand within each other.
const MOST_OUTER: usize = 16;

/// The system and the nodes of a pod.
type Host = (Os, Lands);

/// The namespace of an object, its kind or the pipeline that it stands in, and its name.
type Key = [String; 3];

/// Where the pods of tasks land that runs of the same file name.
#[derive(Debug, Default)]
pub struct Runs {
    /// Of tasks of their own, by kind and name.
    tasks: HashMap<Key, Vec<Host>>,
    /// Of tasks that stand in pipelines, by the names of both.
    of_pipelines: HashMap<Key, Vec<Host>>,
    /// The parameters that others of the file give a value, of tasks and pipelines by kind and name: their defaults may not count.
    given: HashMap<Key, BTreeSet<String>>,
    /// The byte at which the first run begins that is not followed as a whole.
    lacking: Option<usize>,
}

impl Runs {
    /// Those of the documents of a file.
    pub fn of(file: &[&Rc<Node>], given: &Values) -> Self {
        let objects =
            || file.iter().filter(|root| root.text_at(&["apiVersion"]).is_some_and(|api| api.starts_with("tekton.dev/")));
        let of_kind = |kind: &'static str| objects().filter(move |root| root.text_at(&["kind"]) == Some(kind));
        let named = of_kind("Pipeline").filter_map(|root| {
            let name = (namespace_of(root), root.text_at(&["metadata", "name"])?);
            Some((name, root.get("spec")?))
        });
        let pipelines: HashMap<(&str, &str), &Rc<Node>> = named.collect();
        let mut runs = Self::default();
        let all: Vec<&Rc<Node>> = objects().copied().collect();
        runs.note_given(&all);
        for run in of_kind("TaskRun") {
            if let Some(task) = run.at(&["spec", "taskRef"]).and_then(|named| task_of(named, namespace_of(run)))
                && !add(&mut runs.tasks, task, Templates::of(run).host(None, given))
            {
                runs.lack(run);
            }
        }
        let mut left = MOST_TASKS;
        for run in of_kind("PipelineRun") {
            let (templates, namespace) = (Templates::of(run), namespace_of(run));
            let own = run.at(&["spec", "pipelineSpec"]).map(|spec| (None, spec));
            let name = run.text_at(&["spec", "pipelineRef", "name"]);
            let named = name.and_then(|name| Some((Some(name), *pipelines.get(&(namespace, name))?)));
            for (pipeline, spec) in own.into_iter().chain(named) {
                for task in tasks_of(spec) {
                    let Some(rest) = left.checked_sub(1) else {
                        runs.lack(run);
                        return runs;
                    };
                    left = rest;
                    let name = task.text_at(&["name"]);
                    let host = templates.host(name, given);
                    if let Some(task) = task.get("taskRef").and_then(|named| task_of(named, namespace))
                        && !add(&mut runs.tasks, task, host.clone())
                    {
                        runs.lack(run);
                    }
                    if let (Some(pipeline), Some(name)) = (pipeline, name)
                        && !add(&mut runs.of_pipelines, [namespace, pipeline, name].map(str::to_owned), host)
                    {
                        runs.lack(run);
                    }
                }
            }
        }
        runs
    }

    /// Notes the parameters that runs and pipelines give to others.
    fn note_given(&mut self, objects: &[&Rc<Node>]) {
        for root in objects {
            let (kind, namespace) = (root.text_at(&["kind"]).unwrap_or_default(), namespace_of(root));
            let Some(spec) = root.get("spec") else { continue };
            let named = spec.get("taskRef").and_then(|named| task_of(named, namespace));
            let pipeline = spec.text_at(&["pipelineRef", "name"]).map(|name| key_of(namespace, "Pipeline", name));
            for key in named.into_iter().chain(pipeline) {
                self.given.entry(key).or_default().extend(names_of(spec));
            }
            let inner = if kind == "Pipeline" { Some(spec) } else { spec.get("pipelineSpec") };
            for task in inner.into_iter().flat_map(|spec| tasks_of(spec)) {
                if let Some(key) = task.get("taskRef").and_then(|named| task_of(named, namespace)) {
                    self.given.entry(key).or_default().extend(names_of(task));
                }
            }
        }
    }

    /// Notes that this run is not followed as a whole.
    fn lack(&mut self, run: &Node) {
        self.lacking = self.lacking.or(Some(run.span.start));
    }

    /// The error of this object where it is the first run that is not followed as a whole.
    pub(super) fn error_of(&self, root: &Node) -> Option<Error> {
        let what = || {
            format!(
                "this run and those behind it are not followed as a whole: the runs of this file have more than {MOST_TASKS} tasks, or \
                 lead one to more than {MOST_HOSTS} choices of nodes"
            )
        };
        (self.lacking == Some(root.span.start)).then(|| Error::of(ErrorKind::Invalid, what()).hint(SMALLER))
    }
}

/// The namespace of an object, empty where it names none.
fn namespace_of(root: &Node) -> &str {
    root.text_at(&["metadata", "namespace"]).unwrap_or_default()
}

/// The key of a task.
fn key_of(namespace: &str, kind: &str, name: &str) -> Key {
    // This kind is in no namespace.
    let namespace = if kind == "ClusterTask" { "" } else { namespace };
    [namespace, kind, name].map(str::to_owned)
}

/// Adds a host to those that are known, once; false where these are too many.
fn add(known: &mut HashMap<Key, Vec<Host>>, task: Key, host: Host) -> bool {
    let hosts = known.entry(task).or_default();
    if hosts.contains(&host) {
        return true;
    }
    let has_room = hosts.len() < MOST_HOSTS;
    if has_room {
        hosts.push(host);
    }
    has_room
}

/// The key of the task that a `taskRef` in this namespace means; `None` for one that is elsewhere.
fn task_of(named: &Node, namespace: &str) -> Option<Key> {
    let name = named.text_at(&["name"]).filter(|_| named.get("bundle").is_none() && named.get("resolver").is_none())?;
    Some(key_of(namespace, named.text_at(&["kind"]).unwrap_or("Task"), name))
}

/// The tasks of a pipeline, those at its end too.
fn tasks_of(spec: &Node) -> impl Iterator<Item = &Rc<Node>> {
    [spec.get("tasks"), spec.get("finally")].into_iter().flatten().flat_map(|tasks| tasks.list())
}

/// The names of the parameters that a run, or a task of a pipeline, gives a value.
fn names_of(part: &Node) -> impl Iterator<Item = String> {
    let own = part.get("params").map(|list| list.list()).unwrap_or_default();
    own.iter().filter_map(|one| one.text_at(&["name"])).chain(of_matrix(part)).map(str::to_owned)
}

/// The names of the parameters to which the matrix of a task gives several values, one row or more at a time.
fn of_matrix(part: &Node) -> impl Iterator<Item = &str> {
    let rows = part.at(&["matrix", "include"]).map(|list| list.list()).unwrap_or_default();
    let lists = part.at(&["matrix", "params"]).into_iter().chain(rows.iter().filter_map(|row| row.get("params")));
    lists.flat_map(|list| list.list()).filter_map(|one| one.text_at(&["name"]))
}

/// The parameters that a part sees: its own, and those of the parts that it stands in.
#[derive(Default)]
struct Parameters {
    /// Those of the part that it stands in. They are not copied: a pipeline may have many tasks.
    outer: Option<Rc<Parameters>>,
    /// The text of each of its own, by the words with which it is used; `None` for one whose value is not known.
    scope: Scope,
    /// The names of its own that were given a value: the default of an inner part does not count for them.
    valued: BTreeSet<String>,
    /// The parts with parameters that may still stand within it. Nothing is known in what stands deeper.
    left: usize,
}

impl Parameters {
    /// This one and those around it, the innermost first.
    fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |one| one.outer.as_deref())
    }

    /// What references see, the outermost part first.
    fn scopes(&self) -> Vec<&Scope> {
        let mut scopes: Vec<&Scope> = self.all().map(|one| &one.scope).collect();
        scopes.reverse();
        scopes
    }

    /// Those of a part that stands within one with others. The defaults do not count of those to which others give a value.
    fn within(outer: &Rc<Self>, part: &Node, of_others: Option<&BTreeSet<String>>, given: &Values) -> Rc<Self> {
        let own = part.get("params").map(|list| list.list()).unwrap_or_default();
        if own.is_empty() && of_matrix(part).next().is_none() {
            return Rc::clone(outer);
        }
        let Some(left) = outer.left.checked_sub(1) else { return Rc::default() };
        let mut inner = Self { outer: Some(Rc::clone(outer)), left, ..Self::default() };
        let scopes = Scopes { service: Service::Tekton, given, parts: outer.scopes() };
        // What a value is made of is seen from without.
        let known = |text: &str| match scopes.meant(text) {
            Meant::Known(text) => Some(text),
            _ => None,
        };
        for parameter in own.iter().take(MOST_PARAMETERS) {
            let Some(name) = parameter.text_at(&["name"]) else { continue };
            if let Some(value) = parameter.get("value") {
                inner.put(name, value.text().and_then(known));
                inner.valued.insert(name.to_owned());
            } else if of_others.is_some_and(|names| names.contains(name)) {
                inner.put(name, None);
            } else if !outer.all().any(|one| one.valued.contains(name)) {
                inner.put(name, parameter.text_at(&["default"]).and_then(known));
            }
        }
        for name in of_matrix(part).take(MOST_PARAMETERS) {
            inner.put(name, None);
            inner.valued.insert(name.to_owned());
        }
        Rc::new(inner)
    }

    fn put(&mut self, name: &str, value: Option<String>) {
        for key in [format!("params.{name}"), format!("params['{name}']"), format!("params[\"{name}\"]")] {
            self.scope.insert(key, value.clone());
        }
    }
}

/// What a run says of the pods of its tasks.
struct Templates<'n> {
    /// Of all of them.
    usual: Option<&'n Rc<Node>>,
    /// Of single tasks, by their names in the pipeline.
    of_tasks: HashMap<&'n str, &'n Rc<Node>>,
}

impl<'n> Templates<'n> {
    fn of(run: &'n Node) -> Self {
        let places = [&["spec", "podTemplate"][..], &["spec", "taskRunTemplate", "podTemplate"]];
        let usual = places.into_iter().find_map(|path| run.at(path).filter(|template| template.is_map()));
        let entries = run.at(&["spec", "taskRunSpecs"]).map(|list| list.list()).unwrap_or_default();
        let of_task = |entry: &'n Rc<Node>| {
            let template = entry.get("podTemplate").or_else(|| entry.get("taskPodTemplate"))?;
            Some((entry.text_at(&["pipelineTaskName"])?, template)).filter(|_| template.is_map())
        };
        Self { usual, of_tasks: entries.iter().filter_map(of_task).collect() }
    }

    /// The hosts of a task: a field that its own template does not have is that of the usual one.
    fn host(&self, task: Option<&str>, given: &Values) -> Host {
        let own = task.and_then(|task| self.of_tasks.get(task).copied());
        let Some(first) = own.or(self.usual) else { return (Os::Unsaid, Lands::Fleet) };
        let mut placement = Placement::of(first.as_ref());
        if let (Some(own), Some(usual)) = (own, self.usual) {
            let usual = Placement::of(usual.as_ref());
            let lacks = |key: &str| own.get(key).is_none_or(|value| value.is_nothing());
            if lacks("nodeSelector") {
                placement.selector = usual.selector;
            }
            if lacks("tolerations") {
                placement.tolerations = usual.tolerations;
            }
            if lacks("affinity") {
                placement.terms = usual.terms;
            }
        }
        let open = put_into(&mut placement, given);
        let os = Os::of_pod(pod::os_of(&placement).as_deref());
        (os, if open.is_empty() { Lands::Nodes(Arc::new(placement)) } else { Lands::Untold(open) })
    }
}

/// A part of an object, with the runs of what is in it.
struct Part<'n> {
    spec: &'n Rc<Node>,
    runs: Rc<[Run<'static>]>,
    /// The parameters that it sees.
    parameters: Rc<Parameters>,
    /// It is a task of a pipeline, or within one.
    is_of_task: bool,
}

/// Runs on these hosts, or on any where there is none.
fn on(hosts: &[Host]) -> Rc<[Run<'static>]> {
    let run = |host: &Host| Run { host: host.clone(), scopes: Vec::new(), shares: Vec::new() };
    let runs: Vec<Run<'static>> = hosts.iter().map(run).collect();
    if runs.is_empty() { Rc::from([run(&(Os::Unsaid, Lands::Fleet))]) } else { runs.into() }
}

impl Reader<'_, '_> {
    /// The images of an object, in a file with these runs.
    pub(super) fn tekton(&mut self, root: &Node, file: &Runs) {
        let name = root.text_at(&["metadata", "name"]).unwrap_or("?");
        let kind = root.text_at(&["kind"]).unwrap_or_default();
        let (templates, namespace) = (Templates::of(root), namespace_of(root));
        let runs = match file.tasks.get(&key_of(namespace, kind, name)) {
            Some(hosts) => on(hosts),
            None => on(&[templates.host(None, self.values)]),
        };
        let Some(spec) = root.get("spec") else { return };
        let (values, of_others) = (self.values, file.given.get(&key_of(namespace, kind, name)));
        let outermost = Rc::new(Parameters { left: MOST_OUTER, ..Parameters::default() });
        let parameters = Parameters::within(&outermost, spec, of_others, values);
        // A step that tasks share is an image itself.
        if let Some(image) = spec.get("image").filter(|_| kind == "StepAction") {
            // Steps give it values, which are not followed.
            self.add(image, format!("{kind} {name}"), &runs);
        }
        let mut open = vec![Part { spec, runs, parameters, is_of_task: false }];
        let mut number = 0_usize;
        while let Some(Part { spec, runs, parameters, is_of_task }) = open.pop() {
            number += 1;
            // The steps and sidecars of a task are the containers of one pod, in each of its runs.
            let with_scope = |(at, run): (usize, &Run<'static>)| {
                let share = format!("{} {number} {at}", root.span.start);
                Run { host: run.host.clone(), scopes: parameters.scopes(), shares: vec![share] }
            };
            let seen: Vec<Run<'_>> = runs.iter().enumerate().map(with_scope).collect();
            for (list, word) in [("steps", "step"), ("sidecars", "sidecar")] {
                for container in spec.get(list).map(|list| list.list()).unwrap_or_default() {
                    let Some(image) = container.get("image") else { continue };
                    let own = container.text_at(&["name"]).unwrap_or("?");
                    self.add(image, format!("{kind} {name} {word} {own}"), &seen);
                }
            }
            if let Some(image) = spec.at(&["stepTemplate", "image"]) {
                // It is in the pod where a step has none of its own.
                let is_used = spec.get("steps").is_some_and(|list| list.list().iter().any(|step| step.get("image").is_none()));
                let apart = |run: &Run<'_>| Run { host: run.host.clone(), scopes: parameters.scopes(), shares: Vec::new() };
                let alone: Vec<Run<'_>> = if is_used { Vec::new() } else { seen.iter().map(apart).collect() };
                self.add(image, format!("{kind} {name} step template"), if is_used { &seen } else { &alone });
            }
            for task in tasks_of(spec) {
                let own = task.text_at(&["name"]).filter(|_| !is_of_task).map(|own| {
                    let of_runs =
                        file.of_pipelines.get(&[namespace, name, own].map(str::to_owned)).filter(|_| kind == "Pipeline");
                    of_runs.map_or_else(|| on(&[templates.host(Some(own), values)]), |hosts| on(hosts))
                });
                let parameters = Parameters::within(&parameters, task, None, values);
                open.push(Part { spec: task, runs: own.unwrap_or_else(|| Rc::clone(&runs)), parameters, is_of_task: true });
            }
            for inner in ["taskSpec", "pipelineSpec"].iter().filter_map(|key| spec.get(key)) {
                let parameters = Parameters::within(&parameters, inner, None, values);
                open.push(Part { spec: inner, runs: Rc::clone(&runs), parameters, is_of_task });
            }
        }
        // A pod can land on each of its nodes.
        for found in self.found.iter_mut().filter(|found| matches!(found.lands, Lands::Nodes(_))) {
            found.needs = Needs::EveryHost;
        }
        self.found.sort_by_key(|found| found.place.span.start);
    }
}
