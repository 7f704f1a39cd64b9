//! Where objects have their pods: those of Kubernetes itself at a known place, those of others in any template below their spec.
//!
//! Sources: the objects of Argo Rollouts, Knative, OpenKruise, KEDA, Volcano and JobSet, which hold `PodTemplateSpec`s; those of Crossplane
//! (`Object`) and Open Cluster Management (`ManifestWork`), which hold whole objects; argoproj/argo-workflows, fields: `Template`, whose
//! placement stands in the place of the workflow's, `templateDefaults`, which is merged into each template, and `podSpecPatch`;
//! `addSchedulingConstraints` in its `workflowpod.go`: the placement of a template with steps comes before the workflow's.

use std::rc::Rc;

use crate::host::placement::{Placement, Toleration};
use crate::host::pod;
use crate::scan::Lands;
use crate::scan::yaml::{Node, Value};

/// A pod, and the containers in it.
pub(super) struct Containers<'n> {
    /// What it asks for: its spec, or a template of Argo.
    pub spec: &'n Rc<Node>,
    /// The name of the template of Argo.
    pub part: Option<&'n str>,
    /// Where it may land.
    pub placement: Placement,
    /// The containers, each with the word for one.
    pub all: Vec<(&'static str, &'n Rc<Node>)>,
    /// Where it lands, if that is not known although its placement is: a text is put over it, or the steps that use it decide.
    pub unread: Option<Lands>,
}

/// What a workflow of Argo says of all its pods.
#[derive(Default)]
struct Outer {
    placement: Placement,
    /// What its templates have where they do not say it themselves: `templateDefaults`.
    defaults: Placement,
    /// These have an affinity, to nodes or to pods.
    has_default_affinity: bool,
    of_steps: OfSteps,
    is_patched: bool,
}

/// What templates with steps say otherwise than their workflow: it counts for the templates that these steps use.
#[derive(Default)]
struct OfSteps {
    selector: bool,
    affinity: bool,
    tolerations: bool,
}

impl Outer {
    fn of(workflow: &Node) -> Self {
        let placement = Placement::of(workflow);
        let mut of_steps = OfSteps::default();
        let templates = workflow.get("templates").map(|templates| templates.list()).unwrap_or_default().iter();
        for template in templates.filter(|template| template.get("steps").is_some() || template.get("dag").is_some()) {
            let own = Placement::of(template.as_ref());
            of_steps.selector |= !own.selector.is_empty() && own.selector != placement.selector;
            of_steps.affinity |= has_affinity(template) && own.terms != placement.terms;
            of_steps.tolerations |= !own.tolerations.is_empty() && own.tolerations != placement.tolerations;
        }
        let defaults = workflow.get("templateDefaults");
        Self {
            placement,
            defaults: defaults.map(|defaults| Placement::of(defaults.as_ref())).unwrap_or_default(),
            has_default_affinity: defaults.is_some_and(|defaults| has_affinity(defaults)),
            of_steps,
            is_patched: is_patched(workflow) || defaults.is_some_and(|defaults| is_patched(defaults)),
        }
    }
}

/// True for a workflow or template with an affinity, to nodes or to pods.
fn has_affinity(part: &Node) -> bool {
    part.get("affinity").is_some_and(|affinity| !affinity.is_nothing())
}

/// True for a workflow or template whose `podSpecPatch` has words of images and of where pods land, or variables, which may be
/// anything.
fn is_patched(part: &Node) -> bool {
    const WORDS: [&str; 9] = [
        "affinity",
        "hostNetwork",
        "image",
        "nodeName",
        "nodeSelector",
        "os",
        "runtimeClassName",
        "securityContext",
        "tolerations",
    ];
    let Some(patch) = part.text_at(&["podSpecPatch"]) else { return false };
    let mut words = patch.split(|one: char| !one.is_alphanumeric());
    patch.contains("{{") || patch.contains('$') || words.any(|word| WORDS.contains(&word))
}

/// Where a pod lands over which a text is put.
fn patched() -> Lands {
    let why = "the `podSpecPatch` of its workflow may say other nodes or images, and is not followed".to_owned();
    Lands::Unread { why, hint: "write its nodes and images into the workflow or the template, and not into the patch".to_owned() }
}

/// Where a pod lands of which the steps that use it say more.
fn led_by_steps() -> Lands {
    let why = "a template with steps asks for other nodes than the workflow, which count for the templates it uses".to_owned();
    Lands::Unread { why, hint: "write its nodes into the template itself, e.g. as a `nodeSelector`".to_owned() }
}

impl<'n> Containers<'n> {
    fn of_spec(spec: &'n Rc<Node>) -> Self {
        let all = pod::CONTAINERS.into_iter().flat_map(|(list, word)| listed(spec.get(list), word)).collect();
        Self { spec, part: None, placement: Placement::of(spec.as_ref()), all, unread: None }
    }

    /// Those of a template of Argo, for a workflow that says this; `None` for any other map.
    fn of_argo(template: &'n Rc<Node>, outer: &Outer) -> Option<Self> {
        let one = ["container", "script"].iter().filter_map(|key| template.get(key));
        let mut all: Vec<_> = one.map(|container| ("container", container)).collect();
        all.extend(listed(template.at(&["containerSet", "containers"]), "container"));
        all.retain(|(_, container)| container.get("image").is_some());
        if all.is_empty() {
            return None;
        }
        all.extend(listed(template.get("initContainers"), "init container"));
        all.extend(listed(template.get("sidecars"), "sidecar"));
        let Outer { placement: of_workflow, defaults, of_steps, .. } = outer;
        let mut placement = Placement::of(template.as_ref());
        for (key, value) in &defaults.selector {
            placement.selector.entry(key.clone()).or_insert_with(|| value.clone());
        }
        let is_new = |one: &&Toleration| !placement.tolerations.iter().any(|own| own.key == one.key);
        let of_defaults: Vec<Toleration> = defaults.tolerations.iter().filter(is_new).cloned().collect();
        placement.tolerations.extend(of_defaults);
        let mut is_led = false;
        if placement.selector.is_empty() {
            is_led |= of_steps.selector;
            placement.selector.clone_from(&of_workflow.selector);
        }
        if placement.tolerations.is_empty() {
            is_led |= of_steps.tolerations;
            placement.tolerations.clone_from(&of_workflow.tolerations);
        }
        placement.terms = placement.terms.or_else(|| defaults.terms.clone());
        // An affinity stands as a whole in the place of the workflow's.
        if !has_affinity(template) && !outer.has_default_affinity {
            is_led |= of_steps.affinity;
            placement.terms.clone_from(&of_workflow.terms);
        }
        let is_patched = outer.is_patched || is_patched(template);
        let unread = if is_patched { Some(patched()) } else { is_led.then(led_by_steps) };
        Some(Self { spec: template, part: template.text_at(&["name"]), placement, all, unread })
    }
}

/// The containers of a list, each with the word for one.
fn listed<'n>(list: Option<&'n Rc<Node>>, word: &'static str) -> impl Iterator<Item = (&'static str, &'n Rc<Node>)> {
    list.map(|list| list.list()).unwrap_or_default().iter().map(move |container| (word, container))
}

/// The pods that an object makes.
pub(super) fn pods_of(object: &Rc<Node>) -> Vec<Containers<'_>> {
    let kind = object.text_at(&["kind"]).unwrap_or("Pod");
    let known = pod::template(kind).and_then(|path| {
        let pod = if path.is_empty() { object } else { object.at(path)? };
        // A pod's spec below its metadata, by a mistake in the indentation, is read all the same.
        pod.get("spec").or_else(|| pod.at(&["metadata", "spec"]))
    });
    match known {
        Some(spec) => vec![Containers::of_spec(spec)],
        // What a policy says of pods is a pattern.
        None if kind.ends_with("Policy") => Vec::new(),
        None => below_templates(object),
    }
}

/// The pods of the templates below the spec of an object, and those that stand there whole.
fn below_templates(object: &Rc<Node>) -> Vec<Containers<'_>> {
    let has_containers = |spec: &&Rc<Node>| spec.get("containers").is_some_and(|containers| !containers.list().is_empty());
    let is_argo = object.text_at(&["apiVersion"]).is_some_and(|api| api.starts_with("argoproj.io/"));
    let workflow = object.at(&["spec", "workflowSpec"]).or_else(|| object.get("spec")).filter(|_| is_argo);
    let outer = workflow.map(|spec| Outer::of(spec)).unwrap_or_default();
    let mut pods = Vec::new();
    let mut open: Vec<(bool, &Rc<Node>)> = object.get("spec").map(|spec| (false, spec)).into_iter().collect();
    while let Some((is_template, node)) = open.pop() {
        // A whole pod within another object is one that its controller makes.
        let is_pod = is_template || (node.text_at(&["kind"]) == Some("Pod") && node.get("apiVersion").is_some());
        if let Some(spec) = node.get("spec").filter(has_containers).filter(|_| is_pod) {
            pods.push(Containers::of_spec(spec));
            continue;
        }
        if let Some(own) = is_argo.then(|| Containers::of_argo(node, &outer)).flatten() {
            pods.push(own);
            continue;
        }
        match &node.value {
            Value::List(list) => open.extend(list.iter().rev().map(|one| (false, one))),
            Value::Map(_) => {
                let is_named = |name: &Node| name.text().is_some_and(|name| name.to_ascii_lowercase().ends_with("template"));
                open.extend(node.entries().into_iter().rev().map(|(name, value)| (is_named(name), value)));
            }
            Value::Scalar { .. } => {}
        }
    }
    pods
}
