//! What is said where a pasted text is about a pod: the kubelet starts its containers, so that no option of an engine reaches them, and
//! a virtual machine of their own does not run an image of another build.

use super::Explanation;
use super::paste::Paste;
use crate::advice::Remedy;
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

/// True for a text that names the kubelet, pods or Kubernetes.
pub(super) fn are_named(paste: &Paste) -> bool {
    PARTS.iter().any(|part| paste.text.contains(part))
        || paste.words(false).any(|(at, word)| WORDS.contains(&word) && !paste.before(at).ends_with('/'))
}

/// The explanation without steps that choose an isolation. A step with Hyper-V isolation becomes one about nodes and images, where the
/// image may not fit: the virtual machine of a pod is started from the pause image, so an image of another build fails in it too.
pub(super) fn in_a_pod(mut explanation: Explanation) -> Explanation {
    let is_of_fit = OF_FIT.contains(&explanation.id.as_str());
    let mut is_said = false;
    let mut steps: Vec<Advice> = Vec::new();
    for step in &explanation.steps {
        match chosen(step) {
            None => steps.push(step.clone()),
            Some(Isolation::Hyperv) if is_of_fit && !is_said => {
                is_said = true;
                steps.push("Run the pod on a node of the image's build, or take an image of the node's build. A RuntimeClass with Hyper-V does not help: its virtual machine starts from the pause image, which is of the node's build.".into());
            }
            Some(_) => {}
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
