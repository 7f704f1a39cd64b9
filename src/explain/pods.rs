//! What is said where a pasted text is about a pod: the kubelet starts its containers, so that no option of an engine reaches them, and
//! a virtual machine of their own does not run an image of another build.

use std::collections::BTreeSet;

use super::Explanation;
use super::paste::Paste;
use crate::advice::{Command, Remedy, advice};
use crate::{Advice, Isolation};

/// Names of parts of Kubernetes and of its errors, in the form of [`Paste::text`].
const PARTS: [&str; 9] = [
    "kubelet",
    "kubectl",
    "kuberuntime",
    "podsandbox",
    "createcontainerwithin",
    "createcontainererror",
    "runcontainererror",
    "errimagepull",
    "imagepullbackoff",
];

/// Whole words of the same kind. In a path they are the name of an image, such as `oss/kubernetes/pause`.
const WORDS: [&str; 3] = ["pod", "pods", "kubernetes"];

/// Explanations of an image that does not fit the host: where Hyper-V isolation is no remedy, another node or another image is.
const OF_FIT: [&str; 8] = [
    "0x800706be",
    "0x80370101",
    "0x80370106",
    "0x80370112",
    "0xc0000142",
    "0xc0000409",
    "create-file-not-found",
    "no-match-for-platform",
];

/// The file for the node of a pod.
const NODE_FILE: &str = "node.json";

/// The step about the version of containerd on the machine itself.
const VERSION: &str = "`containerd --version`";

/// A pod with its node, as `kubectl describe pod` or its events say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Described {
    node: String,
    /// Empty where it is not known.
    namespace: String,
    /// Empty where it is not known which of several is meant.
    image: String,
}

impl Described {
    /// That of a text; `None` where no node is named.
    pub(super) fn of(text: &str) -> Option<Self> {
        let value = |line: &str, key: &str| line.trim_start().strip_prefix(key).and_then(name);
        let field = |key: &str| text.lines().find_map(|line| value(line, key));
        let assigned = text.lines().find_map(|line| {
            let (_, rest) = line.split_once("Successfully assigned ")?;
            let (pod, node) = rest.split_once(" to ")?;
            Some((name(pod.split_once('/')?.0)?, name(node)?))
        });
        let node = field("Node:").and_then(|node| name(node.split('/').next()?));
        let (namespace, node) = match (node, assigned) {
            (Some(node), _) => (field("Namespace:").unwrap_or_default(), node),
            (None, Some(assigned)) => assigned,
            (None, None) => return None,
        };
        let refused = text.split("ailed to pull image \"").nth(1).and_then(|rest| name(rest.split('"').next()?));
        let images: BTreeSet<String> = text.lines().filter_map(|line| value(line, "Image:")).collect();
        let only = if images.len() == 1 { images.into_iter().next() } else { None };
        Some(Self { node, namespace, image: refused.or(only).unwrap_or_default() })
    }

    /// The steps that take the place of a check on the machine itself.
    fn steps(&self) -> Vec<Advice> {
        let check = Command::CheckEntriesOn { hosts: NODE_FILE.to_owned(), image: self.image.clone() };
        let mut steps = vec![
            format!("Write the node of the pod into a file: `kubectl get node {} -o json > {NODE_FILE}`.", self.node).into(),
            advice!["See every entry of the image and which fits there: ", check, "."],
        ];
        if !self.namespace.is_empty() {
            let all = Command::ClusterCheckIn(self.namespace.clone());
            steps.push(advice!["See the same for all pods of the namespace, with their selectors: ", all, "."]);
        }
        steps
    }
}

/// The first word of a text that can be a part of a command as it is.
fn name(text: &str) -> Option<String> {
    let word = text.split_whitespace().next()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:/@".contains(&byte);
    (word.bytes().all(is_plain) && !word.starts_with('-')).then(|| word.to_owned())
}

/// True for a step that asks this machine, which is not the node of the pod.
fn is_check_here(step: &Advice) -> bool {
    step.remedies().any(|remedy| match remedy {
        Remedy::Command(Command::Check(host) | Command::CheckEntries(host)) => host.is_empty(),
        _ => false,
    })
}

/// True for a text that names the kubelet, pods or Kubernetes.
pub(super) fn are_named(paste: &Paste) -> bool {
    PARTS.iter().any(|part| paste.text.contains(part))
        || paste.words(false).any(|(at, word)| WORDS.contains(&word) && !paste.before(at).ends_with('/'))
}

/// The explanation without steps that choose an isolation. A step with Hyper-V isolation becomes one about nodes and images, where the
/// image may not fit: the virtual machine of a pod is started from the pause image, so an image of another build fails in it too.
///
/// Where the node of the pod is known, it is asked about instead of this machine.
pub(super) fn in_a_pod(mut explanation: Explanation, pod: Option<&Described>) -> Explanation {
    let is_of_fit = OF_FIT.contains(&explanation.id.as_str());
    let mut is_said = false;
    let mut steps: Vec<Advice> = Vec::new();
    for step in &explanation.steps {
        match (chosen(step), pod) {
            (None, Some(pod)) if is_check_here(step) => steps.extend(pod.steps()),
            (None, Some(pod)) if step.to_string().contains(VERSION) => {
                steps.push(format!("See the version of containerd: `kubectl get node {} -o wide`.", pod.node).into());
            }
            (None, _) => steps.push(step.clone()),
            (Some(Isolation::Hyperv), _) if is_of_fit && !is_said => {
                is_said = true;
                steps.push("Run the pod on a node of the image's build, or take an image of the node's build. A RuntimeClass with Hyper-V does not help: its virtual machine starts from the pause image, which is of the node's build.".into());
            }
            (Some(_), _) => {}
        }
    }
    // An explanation of nothing but an isolation is not one of a pod.
    if !steps.is_empty() {
        explanation.steps = steps;
    }
    explanation
}

/// The isolation that a step chooses, if it does.
fn chosen(step: &Advice) -> Option<Isolation> {
    let of_remedy = step.remedies().find_map(|remedy| match remedy {
        Remedy::Run { isolation, .. } => Some(*isolation),
        _ => None,
    });
    let text = step.to_string();
    let is_in_words = text.contains("--isolation=hyperv") || text.contains("under Hyper-V isolation");
    of_remedy.or(is_in_words.then_some(Isolation::Hyperv))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(node: &str, namespace: &str, image: &str) -> Option<Described> {
        Some(Described { node: node.to_owned(), namespace: namespace.to_owned(), image: image.to_owned() })
    }

    #[test]
    fn the_node_and_the_image_of_a_pod_are_read_from_its_description() {
        let head = "Name:  web-1\nNamespace:  shop\nNode:   ws2025-0/10.224.0.62\nContainers:\n  web:\n    Image:   r.test/web:1\n    Image ID:   x\n";
        assert_eq!(Described::of(head), described("ws2025-0", "shop", "r.test/web:1"));
        let two = format!("{head}  side:\n    Image:   r.test/side:1\n");
        assert_eq!(Described::of(&two), described("ws2025-0", "shop", ""));
        let failed = format!("{two}  Warning  Failed  kubelet  Failed to pull image \"r.test/side:1\": rpc error");
        assert_eq!(Described::of(&failed), described("ws2025-0", "shop", "r.test/side:1"));
        let event = "  Normal  Scheduled  3m22s  default-scheduler  Successfully assigned shop/web-1 to ws2025-0\n";
        assert_eq!(Described::of(event), described("ws2025-0", "shop", ""));
        for other in ["Node:  <none>\nNamespace:  shop", "Node: $(reboot)", "kubelet: no match for platform in manifest", ""] {
            assert_eq!(Described::of(other), None, "{other}");
        }
    }
}
