//! What is admitted without a look at its images, and what is left to decide.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Case, Decision, Mode, Review, Rules, Warning};
use crate::cluster::{Question, Workload, api, objects};
use crate::host::placement::Placement;
use crate::host::pod::{self, Tree};

/// The most containers and affinity terms of a pod that is looked at, and the most labels, values and tolerations that it names; what has more
/// is not known. Pods of people have a few.
const MOST_CONTAINERS: usize = 250;
const MOST_TERMS: usize = 100;
const MOST_NAMED: usize = 1_000;

/// The namespace of Kubernetes itself.
const SYSTEM: &str = "kube-system";

/// What is to be done with a question.
#[derive(Clone, Debug)]
pub enum Admitted {
    /// It is answered.
    Decided(Decision),
    /// The images of these pods have to be read first.
    Open(Box<Pod>),
}

/// The pods of a question that is open.
#[derive(Clone, Debug)]
pub struct Pod {
    /// The workload that they stand for, with the images that are in question.
    pub workload: Workload,
    /// What is done with them: less than the mode of the program where the object does not allow it.
    pub(super) may: May,
    /// The object as it was sent.
    pub(super) object: Value,
}

/// What may be done with the pods of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct May {
    /// They may be led to nodes.
    pub(super) steer: bool,
    /// They may be denied.
    pub(super) deny: bool,
}

impl May {
    const WARN: Self = Self { steer: false, deny: false };
}

/// Looks at a question about a pod; the nodes say whether its images matter.
pub fn admit(review: &Review, rules: &Rules, question: &Question<'_>) -> Admitted {
    let allow = |case: Case| Admitted::Decided(Decision::allow(case));
    let is_change = matches!(review.operation.as_str(), "CREATE" | "UPDATE");
    if review.kind != "Pod"
        || review.api_version != "v1"
        || !is_change
        || !matches!(review.subresource.as_str(), "" | "ephemeralcontainers")
    {
        return allow(Case::Other);
    }
    if is_exempt(review, rules) {
        return allow(Case::Exempt);
    }
    let Some(mut workload) = Workload::of("v1", "Pod", &review.object, &[].into()) else { return allow(Case::Other) };
    if is_too_large(&workload) {
        return Admitted::Decided(too_large());
    }
    if is_never_pulled(&review.object) {
        return Admitted::Decided(never_pulled(question.concerns(&workload)));
    }
    (workload.kind, workload.name) = ("Pod".to_owned(), name(review));
    name_maker(&mut workload, &review.object);
    workload.namespace.clone_from(&review.namespace);
    let is_bound = workload.placement.node_name.is_some();
    let mut may = match rules.mode {
        Mode::Warn => May::WARN,
        Mode::Steer => May { steer: true, deny: false },
        Mode::Enforce => May { steer: true, deny: true },
    };
    if review.operation == "UPDATE" {
        let is_ending = review.object.at(&["metadata", "deletionTimestamp"]).is_some();
        let before = Workload::of("v1", "Pod", &review.old, &[].into());
        if before.as_ref().is_some_and(is_too_large) {
            return Admitted::Decided(too_large());
        }
        let is_new = |image: &objects::ImageOf| before.as_ref().is_none_or(|before| !before.images.contains(image));
        let has_new = workload.images.iter().any(is_new);
        // With a gate the scheduler has not looked at it yet, and its selectors may be narrowed, also as the last gate goes: those of the pod before
        // the change decide. Source: kubernetes/kubernetes pkg/apis/core/validation/validation.go, `ValidatePodUpdate`.
        let gates = review.old.at(&["spec", "schedulingGates"]);
        let is_gated = review.subresource.is_empty() && gates.is_some_and(|gates| !gates.list().is_empty());
        if is_ending || !(has_new || is_gated) {
            return allow(Case::Unchanged);
        }
        may = May { steer: may.steer && is_gated && !is_bound, deny: may.deny && has_new };
        if is_bound {
            workload.images.retain(is_new);
        }
    }
    if is_bound {
        may = May::WARN;
    }
    if !question.can_land_on_windows(&workload) {
        let is_for_windows = workload.os.as_deref() == Some("windows");
        return allow(match (is_bound, is_for_windows) {
            (true, _) => Case::Bound,
            (false, true) => Case::LandsNowhere,
            (false, false) => Case::NotForWindows,
        });
    }
    if workload.os.as_deref().is_some_and(|os| os != "windows") {
        return allow(Case::NotForWindows);
    }
    keep_each_image_once(&mut workload);
    Admitted::Open(Box::new(Pod { workload, may, object: review.object.clone() }))
}

/// Looks at a question about what makes pods: its author is warned, and nothing else.
pub fn validate(review: &Review, rules: &Rules, question: &Question<'_>) -> Admitted {
    let allow = |case: Case| Admitted::Decided(Decision::allow(case));
    let is_change = matches!(review.operation.as_str(), "CREATE" | "UPDATE");
    let makes_pods = review.kind != "Pod" && api::makes_pods(&review.api_version, &review.kind);
    if !makes_pods || !is_change || !review.subresource.is_empty() {
        return allow(Case::Other);
    }
    if is_exempt(review, rules) {
        return allow(Case::Exempt);
    }
    let read = |object: &Value| Workload::of(&review.api_version, &review.kind, object, &[].into());
    let Some(mut workload) = read(&review.object) else { return allow(Case::Other) };
    if is_too_large(&workload) {
        return Admitted::Decided(too_large());
    }
    let is_same = |before: Workload| {
        (before.images, before.placement, before.class)
            == (workload.images.clone(), workload.placement.clone(), workload.class.clone())
    };
    // A controller reads no warnings.
    let is_owned = objects::owner(&review.object).is_some();
    if is_owned || (review.operation == "UPDATE" && read(&review.old).is_some_and(is_same)) {
        return allow(Case::Unchanged);
    }
    workload.namespace.clone_from(&review.namespace);
    if !question.can_land_on_windows(&workload) || workload.os.as_deref().is_some_and(|os| os != "windows") {
        let is_for_windows = workload.os.as_deref() == Some("windows");
        return allow(if is_for_windows { Case::LandsNowhere } else { Case::NotForWindows });
    }
    keep_each_image_once(&mut workload);
    Admitted::Open(Box::new(Pod { workload, may: May::WARN, object: Value::Null }))
}

/// Many containers with one image are judged like one.
fn keep_each_image_once(workload: &mut Workload) {
    let mut seen = BTreeSet::new();
    workload.images.retain(|image| seen.insert((image.reference.clone(), image.host_process)));
}

fn is_too_large(workload: &Workload) -> bool {
    workload.images.len() > MOST_CONTAINERS || workload.terms.len() > MOST_TERMS || number_named(&workload.placement) > MOST_NAMED
}

/// The number of labels, values and tolerations that a placement names: each is compared with every node.
fn number_named(placement: &Placement) -> usize {
    let conditions = placement.terms.iter().flatten().flat_map(|term| term.labels.iter().chain(&term.fields));
    let in_terms: usize = conditions.map(|condition| 1 + condition.values.len()).sum();
    placement.selector.len() + placement.tolerations.len() + in_terms
}

fn too_large() -> Decision {
    let warning = Warning::unknown(&format!(
        "it has more than {MOST_CONTAINERS} containers or {MOST_TERMS} affinity terms, or it names more than {MOST_NAMED} \
         labels, values and tolerations of nodes"
    ));
    Decision { warnings: vec![warning], ..Decision::allow(Case::Unknown) }
}

fn never_pulled(is_for_windows: bool) -> Decision {
    let warning = Warning::unknown("an image of it is never pulled (`imagePullPolicy: Never`), so only its node has it");
    Decision { warnings: is_for_windows.then_some(warning).into_iter().collect(), ..Decision::allow(Case::Unknown) }
}

/// True for a pod of which a node has to have an image already: what a registry says of that is not the image.
fn is_never_pulled(pod: &Value) -> bool {
    let containers = pod::CONTAINERS.iter().filter_map(|(list, _)| pod.at(&["spec", list])).flat_map(Tree::list);
    containers.into_iter().any(|container| container.text_at(&["imagePullPolicy"]).as_deref() == Some("Never"))
}

fn is_exempt(review: &Review, rules: &Rules) -> bool {
    review.namespace == SYSTEM || rules.exempt.contains(&review.namespace)
}

/// The name of a pod, or what its name will begin with.
fn name(review: &Review) -> String {
    let of = |key: &str| review.object.text_at(&["metadata", key]).map(std::borrow::Cow::into_owned);
    of("name").or_else(|| of("generateName")).unwrap_or_else(|| review.name.clone())
}

/// Names a pod's workload by what has made the pod. A ReplicaSet of a Deployment is named by it and by the hash of its template; any other may
/// belong to something that is not known here, and so does a pod of a kind that is not of Kubernetes itself.
fn name_maker(workload: &mut Workload, pod: &Value) {
    let Some(owner) = objects::owner(pod) else { return };
    let (kind, name) = (owner.owned_at(&["kind"]), owner.owned_at(&["name"]));
    let hash = pod.owned_at(&["metadata", "labels", "pod-template-hash"]);
    let is_set = kind == "ReplicaSet";
    let deployment = name.strip_suffix(&hash).and_then(|name| name.strip_suffix('-')).filter(|name| !name.is_empty());
    if let (true, false, Some(deployment)) = (is_set, hash.is_empty(), deployment) {
        (workload.kind, workload.name, workload.owner) = ("Deployment".to_owned(), deployment.to_owned(), None);
        return;
    }
    if is_set {
        workload.owner = workload.owner.take().map(|set| format!("{set} or the object that owns it"));
    } else if api::makes_pods(&owner.owned_at(&["apiVersion"]), &kind) {
        workload.owner = None;
    }
    (workload.kind, workload.name) = (kind, name);
}
