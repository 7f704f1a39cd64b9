//! Pods with HostProcess containers that Kubernetes refuses.
//!
//! Source: kubernetes/kubernetes, pkg/apis/core/validation: `validateWindowsHostProcessPod`.

use super::pods::Containers;
use crate::host::pod::truth;
use crate::scan::Lands;
use crate::scan::yaml::Node;

/// What a pod or a container says of it; `None` where it says nothing.
fn said(node: &Node) -> Option<&str> {
    node.text_at(&["securityContext", "windowsOptions", "hostProcess"])
}

/// That a pod runs nowhere, since Kubernetes refuses its HostProcess containers; `None` for any other pod. A value that is put in later, such
/// as `${X}`, may be the right one.
pub(super) fn refused(pod: &Containers<'_>) -> Option<Lands> {
    // A template of Argo is not the spec of a pod: the workflow says the network of its pods.
    pod.spec.get("containers")?;
    let of_pod = said(pod.spec);
    // A container that says nothing is what the pod is.
    let is = |container: &Node, value: bool| truth(said(container).or(of_pod).unwrap_or("false")) == Some(value);
    if !pod.all.iter().any(|(_, container)| is(container, true)) {
        return None;
    }
    let (mut whys, mut hints) = (Vec::new(), Vec::new());
    if pod.spec.text_at(&["hostNetwork"]).is_none_or(|value| truth(value) == Some(false)) {
        whys.push("does not say `hostNetwork: true`".to_owned());
        hints.push("write `hostNetwork: true` in the spec of the pod");
    }
    if let Some((word, container)) = pod.all.iter().find(|(_, container)| is(container, false)) {
        let name = container.text_at(&["name"]).unwrap_or("?");
        whys.push(format!("has one of another kind, the {word} {name}"));
        hints.push("write `hostProcess: true` for each of its containers, or put the others into a pod of their own");
    } else if of_pod.and_then(truth) == Some(false) {
        whys.push("says `hostProcess: false` itself".to_owned());
        hints.push("remove `hostProcess: false` from the pod");
    }
    if whys.is_empty() {
        return None;
    }
    let why = format!("Kubernetes refuses a pod that has a HostProcess container and {}", whys.join(" and "));
    Some(Lands::Nowhere { why, hint: hints.join("; ") })
}
