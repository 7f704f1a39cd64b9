//! Workloads from the objects of a cluster: what makes pods, with their images and the nodes that they ask for.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use super::api::is_name;
use crate::host::placement::Placement;
use crate::host::pod::{self, Tree};
use crate::text::shown;

/// Something in a cluster that makes pods, or a pod of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// E.g. `apps/v1`.
    pub api_version: String,
    /// E.g. `Deployment`.
    pub kind: String,
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// What its pods ask of their nodes, without what their RuntimeClass adds.
    pub placement: Placement,
    /// The name of their RuntimeClass.
    pub class: Option<String>,
    /// The operating system that its pods are for, as it says or as what it asks for shows.
    pub os: Option<String>,
    /// True if it says so itself, in `spec.os.name`.
    pub says_os: bool,
    /// The images of its pods: all of them run on one node.
    pub images: Vec<ImageOf>,
    /// The required affinity as it is written, which a patch goes on from.
    pub terms: Vec<Value>,
    /// The tolerations as they are written, to which a patch adds: the list is replaced as a whole.
    pub tolerations: Vec<Value>,
    /// The names of the secrets that its pods pull with.
    pub pull_secrets: Vec<String>,
    /// The name of their service account.
    pub account: String,
    /// The object that it belongs to, of a kind that is not read, e.g. `argoproj.io/v1alpha1 Rollout web`: that one's controller makes it, and
    /// takes back what is changed here.
    pub owner: Option<String>,
}

/// An image of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageOf {
    /// The part of the pod, e.g. `container web`.
    pub part: String,
    /// The reference.
    pub reference: String,
    /// True for a HostProcess container.
    pub host_process: bool,
}

/// The kinds that make pods of others, each with its API group, e.g. `("apps", "Deployment")`: an object with an owner among them that was
/// read is a part of that one. Others have kinds of the same names.
pub type Kinds = BTreeSet<(&'static str, &'static str)>;

/// The group of an API version, e.g. `apps` of `apps/v1`; empty for `v1`.
pub(super) fn group_of(version: &str) -> &str {
    version.split_once('/').map_or("", |(group, _)| group)
}

impl Workload {
    /// The workload of an object of this version and kind, which lists leave out of their items; `None` for one that makes no pods, that
    /// has ended, or that belongs to an object of a kind that is read itself.
    pub fn of(api_version: &str, kind: &str, object: &Value, read: &Kinds) -> Option<Self> {
        let is_read = |owner: &Value| {
            let (version, kind) = (owner.owned_at(&["apiVersion"]), owner.owned_at(&["kind"]));
            read.contains(&(group_of(&version), kind.as_str()))
        };
        let owner = owner(object);
        if owner.is_some_and(is_read) || has_ended(kind, object) {
            return None;
        }
        let spec = object.at(pod::template(kind)?)?.get("spec")?;
        let placement = Placement::of(spec);
        let written = |list: Option<&Value>| list.map(|list| list.list().into_iter().cloned().collect()).unwrap_or_default();
        Some(Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: object.owned_at(&["metadata", "namespace"]),
            name: object.owned_at(&["metadata", "name"]),
            class: spec.text_at(&["runtimeClassName"]).map(Cow::into_owned),
            os: pod::os(spec, &placement),
            says_os: spec.text_at(&["os", "name"]).is_some(),
            images: images(spec),
            pull_secrets: names(spec.get("imagePullSecrets")),
            owner: owner.and_then(named),
            account: spec.text_at(&["serviceAccountName"]).map_or_else(|| "default".to_owned(), Cow::into_owned),
            terms: written(spec.at(&pod::AFFINITY_TERMS)),
            tolerations: written(spec.get("tolerations")),
            placement,
        })
    }

    /// The name of the object, e.g. `apps/v1 Deployment shop/web`.
    pub fn object(&self) -> String {
        format!("{} {} {}/{}", self.api_version, self.kind, self.namespace, self.name)
    }

    /// True if its names can stand in a command to type as they are. The name of what has made a pod is checked by nobody: its author can write a
    /// command of a shell there.
    pub fn has_plain_names(&self) -> bool {
        [&self.namespace, &self.name].into_iter().all(|name| is_name(name) && !name.starts_with('-'))
    }

    /// The place of the object among those of the cluster, e.g. `shop/deployment/web`.
    pub fn path(&self) -> String {
        format!("{}/{}/{}", self.namespace, self.kind.to_lowercase(), self.name)
    }
}

/// The reference to the controller of an object.
pub(super) fn owner(object: &Value) -> Option<&Value> {
    let owners = object.at(&["metadata", "ownerReferences"])?;
    owners.list().into_iter().find(|owner| owner.text_at(&["controller"]).as_deref() == Some("true"))
}

/// The name of the object that a reference to an owner means, e.g. `argoproj.io/v1alpha1 Rollout web`; `None` for a node, which has static
/// pods from files of its own.
pub(super) fn named(owner: &Value) -> Option<String> {
    let [version, kind, name] = ["apiVersion", "kind", "name"].map(|key| owner.owned_at(&[key]));
    (kind != "Node").then(|| shown(format!("{version} {kind} {name}").trim()))
}

/// True for a pod or a job that starts nothing any more, and for the old pods' set of something that is not read itself, such as a rollout.
fn has_ended(kind: &str, object: &Value) -> bool {
    let is_true = |condition: &&Value| {
        matches!(condition.text_at(&["type"]).as_deref(), Some("Complete" | "Failed"))
            && condition.text_at(&["status"]).as_deref() == Some("True")
    };
    match kind {
        "Pod" => matches!(object.text_at(&["status", "phase"]).as_deref(), Some("Succeeded" | "Failed")),
        "ReplicaSet" | "ReplicationController" => {
            owner(object).is_some() && object.text_at(&["spec", "replicas"]).as_deref() == Some("0")
        }
        "Job" => object.at(&["status", "conditions"]).is_some_and(|conditions| conditions.list().iter().any(is_true)),
        _ => false,
    }
}

/// The images of a pod's containers.
fn images(spec: &Value) -> Vec<ImageOf> {
    let of_pod = pod::is_host_process(spec).unwrap_or(false);
    let mut images = Vec::new();
    for (list, word) in pod::CONTAINERS {
        for container in spec.get(list).map(Tree::list).unwrap_or_default() {
            let Some(reference) = container.text_at(&["image"]) else { continue };
            images.push(ImageOf {
                part: pod::part(word, container.text_at(&["name"]).as_deref()),
                reference: reference.into_owned(),
                host_process: pod::is_host_process(container).unwrap_or(of_pod),
            });
        }
    }
    images
}

/// The names in a list of references, e.g. of pull secrets.
pub(super) fn names(list: Option<&Value>) -> Vec<String> {
    list.map(Tree::list).unwrap_or_default().iter().filter_map(|one| Some(one.text_at(&["name"])?.into_owned())).collect()
}
