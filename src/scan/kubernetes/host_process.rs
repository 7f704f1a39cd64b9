//! Pods with HostProcess containers that Kubernetes refuses.
//!
//! Source: kubernetes/kubernetes, pkg/apis/core/validation: `validateWindowsHostProcessPod`.

use super::pods::Containers;
use crate::host::pod::{self, HOST_PROCESS, Tree as _};
use crate::scan::Lands;
use crate::scan::yaml::{Node, Value};

/// What a pod or a container says of it; `None` where it says nothing.
fn said(node: &Node) -> Option<&Node> {
    written(node, &HOST_PROCESS)
}

/// The value below these keys, unless it is nothing.
fn written<'n>(node: &'n Node, keys: &[&str]) -> Option<&'n Node> {
    let value: &Node = node.at(keys)?;
    value.text().is_some().then_some(value)
}

/// The truth value that somebody wrote as a text: the API server does not take it.
fn in_quotes(value: &Node) -> Option<bool> {
    match &value.value {
        Value::Scalar { text, plain: false } => pod::truth(text),
        _ => None,
    }
}

/// That a pod runs nowhere, since Kubernetes refuses its HostProcess containers; `None` for any other pod. A value that is put in later, such
/// as `${X}`, may be the right one.
pub(super) fn refused(pod: &Containers<'_>) -> Option<Lands> {
    // A template of Argo is not the spec of a pod: the workflow says the network of its pods.
    pod.spec.get("containers")?;
    let of_pod = said(pod.spec);
    let network = written(pod.spec, &["hostNetwork"]);
    let of_process = of_pod.into_iter().chain(pod.all.iter().filter_map(|(_, container)| said(container)));
    let all = of_process.map(|value| ("hostProcess", value)).chain(network.map(|value| ("hostNetwork", value)));
    for (key, value) in all {
        if let Some(is) = in_quotes(value) {
            let why = format!("Kubernetes refuses a pod whose `{key}` is a text in quotes and not a truth value");
            return Some(Lands::Nowhere { why, hint: format!("write `{key}: {is}`, without quotes") });
        }
    }
    // A container that says nothing is what the pod is.
    let is = |container: &Node, value: bool| said(container).or(of_pod).map_or(Some(false), |said| said.truth()) == Some(value);
    if !pod.all.iter().any(|(_, container)| is(container, true)) {
        return None;
    }
    let (mut whys, mut hints) = (Vec::new(), Vec::new());
    if network.is_none_or(|value| value.truth() == Some(false)) {
        whys.push("does not say `hostNetwork: true`".to_owned());
        hints.push("write `hostNetwork: true` in the spec of the pod");
    }
    if let Some((word, container)) = pod.all.iter().find(|(_, container)| is(container, false)) {
        whys.push(format!("has one of another kind, the {}", pod::part(word, container.text_at(&["name"]))));
        hints.push("write `hostProcess: true` for each of its containers, or put the others into a pod of their own");
    } else if of_pod.and_then(|said| said.truth()) == Some(false) {
        whys.push("says `hostProcess: false` itself".to_owned());
        hints.push("remove `hostProcess: false` from the pod");
    }
    if whys.is_empty() {
        return None;
    }
    let why = format!("Kubernetes refuses a pod that has a HostProcess container and {}", whys.join(" and "));
    Some(Lands::Nowhere { why, hint: hints.join("; ") })
}
