//! What an object of Kubernetes says of its pods: where they may land, which Windows features they ask for, which class they have.
//!
//! Manifests come as YAML with places, objects of a cluster as JSON: both are read through [`Tree`].

use std::borrow::Cow;

use serde_json::Value;

use super::placement::{Condition, Placement, Term, Toleration, is_label_value};
use super::{AZURE_SKU, BUILD_LABEL, Labels, OS_LABELS};

/// The lists of a pod with containers, and the word for one of each.
pub const CONTAINERS: [(&str, &str); 3] =
    [("initContainers", "init container"), ("containers", "container"), ("ephemeralContainers", "ephemeral container")];

/// The keys from the spec of a pod to the terms of its required node affinity.
pub const AFFINITY_TERMS: [&str; 4] =
    ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];

/// A value of a document, whatever its syntax.
pub trait Tree {
    /// The value of a key.
    fn get(&self, key: &str) -> Option<&Self>;

    /// The entries of a list; none for anything else.
    fn list(&self) -> Vec<&Self>;

    /// The keys of a map that are text, and their values; none for anything else.
    fn entries(&self) -> Vec<(&str, &Self)>;

    /// A text, a number or a truth value as it is written.
    fn text(&self) -> Option<Cow<'_, str>>;

    /// A truth value; `None` for anything else, also for a text such as `"true"`: Kubernetes refuses that in its place.
    fn truth(&self) -> Option<bool>;

    /// The value below these keys.
    fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text below these keys.
    fn text_at(&self, keys: &[&str]) -> Option<Cow<'_, str>> {
        self.at(keys)?.text()
    }

    /// The same as a text of its own; empty where there is none.
    fn owned_at(&self, keys: &[&str]) -> String {
        self.text_at(keys).unwrap_or_default().into_owned()
    }
}

impl Tree for Value {
    fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key).filter(|value| !value.is_null())
    }

    fn list(&self) -> Vec<&Self> {
        self.as_array().into_iter().flatten().collect()
    }

    fn entries(&self) -> Vec<(&str, &Self)> {
        self.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value)).collect()
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::String(text) => Some(text.as_str().into()),
            Self::Bool(_) | Self::Number(_) => Some(self.to_string().into()),
            _ => None,
        }
    }

    fn truth(&self) -> Option<bool> {
        self.as_bool()
    }
}

/// The keys from an object of this kind to the pods that it makes; `None` for a kind that makes none.
pub fn template(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "Pod" => &[],
        "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" | "ReplicationController" | "Job" => &["spec", "template"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template"],
        "PodTemplate" => &["template"],
        _ => return None,
    })
}

/// What stands in the place of a name that is not written.
const NAMELESS: &str = "without a name";

/// The name of an object, e.g. `apps/v1 Deployment shop/web`, `v1 Pod x-…` where Kubernetes makes the rest, `v1 Pod without a name`.
pub fn name<T: Tree>(object: &T) -> String {
    let namespace = object.text_at(&["metadata", "namespace"]);
    let generated = || object.text_at(&["metadata", "generateName"]).map(|start| format!("{start}…"));
    let own_name = object.text_at(&["metadata", "name"]).map(Cow::into_owned).or_else(generated);
    let kind = object.text_at(&["kind"]).unwrap_or(Cow::Borrowed("Pod"));
    let named = match (namespace, own_name) {
        (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
        (None, Some(name)) => name,
        (Some(namespace), None) => format!("in {namespace} {NAMELESS}"),
        (None, None) => NAMELESS.to_owned(),
    };
    format!("{} {kind} {named}", object.owned_at(&["apiVersion"])).trim_start().to_owned()
}

/// A part of an object by the names of both, e.g. `v1 Pod web container c`, `v1 Pod without a name, container c`.
pub fn with_part(object: &str, part: &str) -> String {
    let between = if object.ends_with(NAMELESS) { ", " } else { " " };
    format!("{object}{between}{part}")
}

/// A part by its kind and its name, e.g. `container c`, `container without a name`.
pub fn part(kind: &str, name: Option<&str>) -> String {
    format!("{kind} {}", name.unwrap_or(NAMELESS))
}

/// The truth value of a word without quotes, as Kubernetes reads YAML: `yes` and `on` are true.
///
/// Source: kubernetes-sigs/yaml, `goyaml.v2/resolve.go`.
pub fn truth(word: &str) -> Option<bool> {
    match word {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => Some(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => Some(false),
        _ => None,
    }
}

/// The keys from a pod or a container to what says whether it is a HostProcess container.
pub const HOST_PROCESS: [&str; 3] = ["securityContext", "windowsOptions", "hostProcess"];

/// `hostProcess` of a pod or a container.
pub fn is_host_process<T: Tree>(value: &T) -> Option<bool> {
    value.at(&HOST_PROCESS).filter(|value| value.text().is_some()).map(|value| value.truth() == Some(true))
}

/// The operating system that a pod with this placement says it is for, e.g. `windows`: only Windows has HostProcess containers.
pub fn os<T: Tree>(spec: &T, placement: &Placement) -> Option<String> {
    let windows = || "windows".to_owned();
    let containers = || CONTAINERS.iter().filter_map(|(list, _)| spec.get(list)).flat_map(Tree::list);
    // A text in the place of a truth value is refused, but says what is meant.
    let is_meant = |value: &T| value.text_at(&HOST_PROCESS).is_some_and(|word| truth(&word) == Some(true));
    let has_host_process = || is_meant(spec) || containers().any(is_meant);
    let said = spec.text_at(&["os", "name"]).map(Cow::into_owned);
    said.or_else(|| os_of(placement)).or_else(|| has_host_process().then(windows))
}

/// The operating system of the nodes that a placement asks for: by its label, or by one that only nodes with Windows have.
pub fn os_of(placement: &Placement) -> Option<String> {
    let by_label = OS_LABELS.iter().find_map(|label| match placement.values_of(label)?.as_slice() {
        [only] if is_label_value(only) => Some((*only).to_owned()),
        _ => None,
    });
    let of_windows = || {
        let is_of_azure =
            placement.values_of(AZURE_SKU).is_some_and(|values| values.iter().all(|value| value.starts_with("Windows")));
        let leaves_out = |os: &str| OS_LABELS.iter().any(|label| placement.excludes(label, os));
        let is_not_linux = leaves_out("linux") && !leaves_out("windows");
        (is_of_azure || is_not_linux || placement.values_of(BUILD_LABEL).is_some()).then(|| "windows".to_owned())
    };
    by_label.or_else(of_windows)
}

/// A RuntimeClass: the runtime handler of its pods, and the nodes to which it leads them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeClass {
    /// The name of the handler in the configuration of the nodes' engine, e.g. `runhcs-wcow-process`.
    pub handler: String,
    /// Labels that the node must have.
    pub selector: Labels,
    /// Taints that its pods bear.
    pub tolerations: Vec<Toleration>,
}

/// A label of which a pod and its RuntimeClass ask for different values: Kubernetes refuses the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The label.
    pub key: String,
    /// The value of the pod.
    pub own: String,
    /// The value of the class.
    pub of_class: String,
}

impl RuntimeClass {
    /// The class of this object.
    pub fn of<T: Tree>(object: &T) -> Self {
        Self {
            handler: object.owned_at(&["handler"]),
            selector: object.at(&["scheduling", "nodeSelector"]).map(labels).unwrap_or_default(),
            tolerations: object.at(&["scheduling", "tolerations"]).map(tolerations).unwrap_or_default(),
        }
    }
}

impl Placement {
    /// What the spec of a pod asks of its node.
    pub fn of<T: Tree>(spec: &T) -> Self {
        Self {
            // An empty one asks for none: the scheduler looks for a node.
            node_name: spec.text_at(&["nodeName"]).filter(|name| !name.is_empty()).map(Cow::into_owned),
            selector: spec.get("nodeSelector").map(labels).unwrap_or_default(),
            terms: spec.at(&AFFINITY_TERMS).map(|terms| terms.list().into_iter().map(term).collect()),
            tolerations: spec.get("tolerations").map(tolerations).unwrap_or_default(),
        }
    }

    /// The same with what admission adds for a RuntimeClass.
    ///
    /// # Errors
    ///
    /// A label of which the two ask for different values.
    pub fn with_class(mut self, class: &RuntimeClass) -> Result<Self, Conflict> {
        for (key, value) in &class.selector {
            if let Some(own) = self.selector.get(key).filter(|own| *own != value) {
                return Err(Conflict { key: key.clone(), own: own.clone(), of_class: value.clone() });
            }
        }
        self.selector.extend(class.selector.iter().map(|(key, value)| (key.clone(), value.clone())));
        self.tolerations.extend(class.tolerations.iter().cloned());
        Ok(self)
    }
}

fn labels<T: Tree>(value: &T) -> Labels {
    let pair = |(key, value): (&str, &T)| (key.to_owned(), value.text().unwrap_or_default().into_owned());
    value.entries().into_iter().map(pair).collect()
}

fn term<T: Tree>(value: &T) -> Term {
    let conditions = |key: &str| value.get(key).map(|list| list.list().into_iter().map(condition).collect()).unwrap_or_default();
    Term { labels: conditions("matchExpressions"), fields: conditions("matchFields") }
}

fn condition<T: Tree>(value: &T) -> Condition {
    let values = value.get("values").map(|list| list.list().into_iter().filter_map(|value| Some(value.text()?.into_owned())));
    Condition {
        key: value.owned_at(&["key"]),
        operator: value.owned_at(&["operator"]),
        values: values.map(Iterator::collect).unwrap_or_default(),
    }
}

fn tolerations<T: Tree>(value: &T) -> Vec<Toleration> {
    let one = |value: &T| Toleration {
        key: value.owned_at(&["key"]),
        exists: value.text_at(&["operator"]).as_deref() == Some("Exists"),
        value: value.owned_at(&["value"]),
        effect: value.owned_at(&["effect"]),
        is_other: !matches!(value.text_at(&["operator"]).as_deref().unwrap_or_default(), "" | "Equal" | "Exists"),
    };
    value.list().into_iter().map(one).collect()
}
