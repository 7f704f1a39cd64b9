//! What the scheduler of Kubernetes counts where it finds no node for a pod: `0/3 nodes are available: 1 Insufficient cpu, …`.

use super::Explanation;
use super::paste::Paste;
use crate::Advice;
use crate::advice::advice;

/// The words before the counts, in the form of a paste.
const COUNTS: &str = "nodesareavailable:";

/// The most bytes of one reason.
const LONGEST: usize = 200;

/// The most characters of a reason that is shown as it was printed.
const SHOWN: usize = 100;

/// The most reasons that are read.
const MOST: usize = 12;

/// Why nodes do not take a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    /// Their labels are not those that the pod asks for.
    Labels,
    /// A taint, e.g. `os=windows`, that the pod does not tolerate.
    Taint(String),
    /// Too little is left of this, e.g. `cpu`.
    Resource(String),
    /// They are cordoned.
    Unschedulable,
    /// Something else, in the words of the scheduler.
    Other(String),
}

/// What is known of a reason that is shown as it was printed.
#[derive(PartialEq, Eq)]
struct Hint {
    /// Parts of such reasons, without white space.
    parts: &'static [&'static str],
    cause: &'static str,
    step: &'static str,
}

/// Hints by the scheduler's plugins for volumes, pods side by side, ports and names of nodes. The last is for every other reason.
const HINTS: [Hint; 5] = [
    Hint {
        parts: &["volume", "persistent", "pvc", "disk", "storage"],
        cause: "A volume of the pod cannot be used there: its claim is not bound, its disk belongs to another node or zone, or the node has as many disks as it can have.",
        step: "Look at the claims of the pod and their volumes: `kubectl get pvc`, `kubectl describe pvc NAME`, `kubectl describe pv NAME`.",
    },
    Hint {
        parts: &["affinityrules", "topologyspread"],
        cause: "A rule says beside which pods this one may run, or how pods are spread over the nodes.",
        step: "Read `affinity` and `topologySpreadConstraints` of the pod, and of the pods that are there: `kubectl get pod NAME -o yaml`.",
    },
    Hint {
        parts: &["freeports"],
        cause: "Another pod has the `hostPort` that the pod asks for.",
        step: "Take another `hostPort`, or leave it out: a Service does not need it.",
    },
    Hint {
        parts: &["requestednodename"],
        cause: "The pod asks for a node by its name, and these nodes have other names.",
        step: "Correct `nodeName` of the pod, or leave it out.",
    },
    Hint {
        parts: &[""],
        cause: "The scheduler has a reason that is not known here; its words are those above.",
        step: "Compare what the pod asks for with a node: `kubectl get pod NAME -o yaml`, `kubectl describe node NAME`.",
    },
];

impl Reason {
    /// Reads a reason, e.g. `insufficient cpu`. A console may have broken it anywhere, so its words are compared without spaces.
    fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\'').take(LONGEST).collect();
        let taint = || plain.strip_prefix("node(s)haduntoleratedtaint{").or_else(|| plain.strip_prefix("node(s)hadtaint{"));
        if plain.starts_with("node(s)didntmatchpodsnodeaffinity") || plain.starts_with("node(s)didntmatchnodeselector") {
            return Some(Self::Labels);
        }
        if let Some((taint, _)) = taint().and_then(|taint| taint.split_once('}')) {
            let (key, value) = taint.split_once(':').unwrap_or((taint, ""));
            return Some(Self::Taint(if value.is_empty() { key.to_owned() } else { format!("{key}={value}") }));
        }
        if let Some(resource) = plain.strip_prefix("insufficient") {
            let end = resource.find(|c: char| !(c.is_ascii_alphanumeric() || "-./".contains(c))).unwrap_or(resource.len());
            let name = resource.get(..end)?.trim_end_matches('.');
            return (!name.is_empty()).then(|| Self::Resource(name.to_owned()));
        }
        if plain.starts_with("toomanypods") {
            return Some(Self::Resource("pods".to_owned()));
        }
        if plain.starts_with("node(s)wereunschedulable") {
            return Some(Self::Unschedulable);
        }
        let words = shown(text);
        (!words.is_empty()).then_some(Self::Other(words))
    }

    /// True for taints that Kubernetes itself gives a node.
    fn is_of_state(&self) -> bool {
        matches!(self, Self::Taint(taint) if taint.starts_with("node.kubernetes.io/") || taint.starts_with("node.cloudprovider.kubernetes.io/"))
    }

    /// The nodes of this reason, e.g. `1 without room for it (cpu)`.
    fn counted(&self, nodes: &str) -> String {
        match self {
            Self::Labels => format!("{nodes} without the labels that the pod asks for"),
            Self::Taint(taint) => format!("{nodes} with the taint `{taint}`, which the pod does not tolerate"),
            Self::Resource(resource) => format!("{nodes} without room for it (`{resource}`)"),
            Self::Unschedulable => format!("{nodes} closed to new pods (cordoned)"),
            Self::Other(words) => format!("{nodes} with the reason `{words}`"),
        }
    }

    /// What is known of a reason that is shown as it was printed.
    fn hint(&self) -> Option<&'static Hint> {
        let Self::Other(words) = self else { return None };
        let plain = words.replace(' ', "");
        HINTS.iter().find(|hint| hint.parts.iter().any(|part| plain.contains(part)))
    }
}

/// The words of a reason, cut where they are long, without characters that mean something to programs that read the output.
fn shown(text: &str) -> String {
    let plain = |c: &char| c.is_alphanumeric() || " ()'/.,-_{}=".contains(*c);
    let words: String = text.chars().filter(plain).take(SHOWN + 1).collect();
    match words.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
        None => words,
    }
}

/// The reasons behind `0/3 nodes are available:`, with the number of nodes of each, and of all. The place is one in that sentence.
fn counted(paste: &Paste, place: usize) -> Option<(String, Vec<(String, Reason)>)> {
    let at = if paste.after(place).starts_with(COUNTS) { place } else { paste.before(place).rfind(COUNTS)? };
    let before = paste.before(at);
    let digits = before.bytes().rev().take_while(u8::is_ascii_digit).count();
    let all = before.get(before.len() - digits..).filter(|all| !all.is_empty())?;
    let begin = at + COUNTS.len();
    let text = paste.readable(begin..paste.around(at, begin, LONGEST * MOST).end);
    let reasons = reasons(&text, all);
    (!reasons.is_empty()).then(|| (all.to_owned(), reasons))
}

/// Reads `1 Insufficient cpu, 2 node(s) were unschedulable. preemption: …`. A reason without a number is one of all nodes.
fn reasons(text: &str, all: &str) -> Vec<(String, Reason)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    // The scheduler says next what it could evict.
    let text = text.split("preemption:").next().unwrap_or(text);
    let text = text.split(". ").next().unwrap_or(text).trim_end_matches(['.', ' ']);
    // A reason may have commas; the next begins with a number.
    let is_next = |at: usize| text.get(at + 1..).is_some_and(|rest| digits(rest.trim_start()) > 0);
    let ends = text.match_indices(',').map(|(at, _)| at).filter(|at| is_next(*at)).chain([text.len()]);
    let mut begin = 0;
    let parts = ends.filter_map(|end| text.get(std::mem::replace(&mut begin, end + 1)..end)).map(str::trim);
    let read = |part: &str| {
        let (nodes, reason) = part.split_at_checked(digits(part))?;
        let nodes = if nodes.is_empty() { all } else { nodes };
        Some((nodes.to_owned(), Reason::parse(reason.trim())?))
    };
    parts.take(MOST).filter_map(read).collect()
}

/// The explanation of a pod without a node, by what the scheduler counted. The place is one in its sentence.
pub(super) fn explain(general: Explanation, paste: &Paste, place: usize) -> Explanation {
    let Some((all, reasons)) = counted(paste, place) else { return general };
    let has = |is: fn(&Reason) -> bool| reasons.iter().any(|(_, reason)| is(reason));
    let labels = has(|reason| *reason == Reason::Labels);
    let state = has(Reason::is_of_state);
    let taint = has(|reason| matches!(reason, Reason::Taint(_)) && !reason.is_of_state());
    let resource = has(|reason| matches!(reason, Reason::Resource(_)));
    let cordoned = has(|reason| *reason == Reason::Unschedulable);
    let other = has(|reason| matches!(reason, Reason::Other(_)));
    let title = match (labels, state || cordoned, taint, resource, other) {
        (true, false, false, false, false) => "no node fits the pod's selector",
        (false, true, false, false, false) => "no node is ready for the pod",
        (false, false, true, false, false) => "the nodes have taints that the pod does not tolerate",
        (false, false, false, true, false) => "no node has room for the pod",
        _ => "no node takes the pod",
    };
    let listed: Vec<String> = reasons.iter().map(|(nodes, reason)| reason.counted(nodes)).collect();
    let mut causes: Vec<Advice> = Vec::new();
    let mut steps: Vec<Advice> = Vec::new();
    let mut sources = general.sources;
    if labels {
        causes.push(
            "The label in the selector does not exist, e.g. a build in `node.kubernetes.io/windows-build` that no node has."
                .into(),
        );
        steps.push("List the labels: `kubectl get nodes -L kubernetes.io/os,kubernetes.io/arch,node.kubernetes.io/windows-build`, and correct the selector.".into());
    }
    if taint {
        causes.push(
            "The nodes have a taint for other workloads, as Windows nodes often have one that keeps Linux pods away.".into(),
        );
        steps.push("If the pod belongs on these nodes, add the toleration.".into());
    }
    if state || cordoned {
        causes.push(
            "Nodes are not ready, not reached, under pressure or cordoned: Kubernetes itself keeps pods away from them.".into(),
        );
        steps.push(
            "See what is wrong with the nodes: `kubectl get nodes`, `kubectl describe node NAME`. A toleration does not help."
                .into(),
        );
    }
    if resource {
        causes.push("What the pod requests is more than a node has left.".into());
        steps.push(
            "Compare what the pod requests with what is left: `kubectl describe node NAME`, under `Allocated resources`.".into(),
        );
    }
    for hint in
        HINTS.iter().filter(|hint| reasons.iter().any(|(_, reason)| reason.hint().is_some_and(|one| one.parts == hint.parts)))
    {
        causes.push(hint.cause.into());
        steps.push(hint.step.into());
    }
    if other {
        sources.push("https://kubernetes.io/docs/reference/scheduling/config/".to_owned());
    }
    if state || resource || cordoned {
        sources.push("https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/".to_owned());
    }
    Explanation {
        title: title.to_owned(),
        meaning: advice![format!(
            "The scheduler found no node for the pod. Of {all} nodes it counts: {}. No image has been looked at yet.",
            listed.join("; ")
        )],
        causes,
        steps,
        sources,
        ..general
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::explained;
    use super::LONGEST;

    #[test]
    fn what_the_scheduler_counts_is_named() {
        for (text, title, said) in [
            (
                "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {node.kubernetes.io/unreachable: }. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
                "no node takes the pod",
                "Of 3 nodes it counts: 1 without room for it (`cpu`); 2 with the taint `node.kubernetes.io/unreachable`, which",
            ),
            (
                "0/5 nodes are available: 2 node(s) didn't match Pod's node affinity/selector, 3 node(s) had untolerated taint {os: windows}.",
                "no node takes the pod",
                "Of 5 nodes it counts: 2 without the labels that the pod asks for; 3 with the taint `os=windows`, which",
            ),
            (
                "0/4 nodes are available: 4 node(s) had taint {os: windows}, that the pod didn't tolerate.",
                "the nodes have taints that the pod does not tolerate",
                "4 with the taint `os=windows`",
            ),
            (
                "  Warning  FailedScheduling  5s  default-scheduler  0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
                "no node fits the pod's selector",
                "Of 2 nodes it counts: 2 without the labels",
            ),
            (
                "0/12 nodes are available: 12 Insufficient memory, 3 Insufficient nvidia.com/gpu, 1 Too many pods.",
                "no node has room for the pod",
                "12 without room for it (`memory`); 3 without room for it (`nvidia.com/gpu`); 1 without room for it (`pods`).",
            ),
            (
                "0/2 nodes are available: 1 node(s) were unschedulable, 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.",
                "no node is ready for the pod",
                "1 closed to new pods (cordoned); 1 with the taint `node.kubernetes.io/not-ready`",
            ),
        ] {
            let explanation = explained(text);
            assert_eq!((explanation.id.as_str(), explanation.title.as_str()), ("node-selector", title), "{text}");
            assert!(explanation.meaning.contains(said), "{}", explanation.meaning);
            assert!(!explanation.causes.is_empty() && !explanation.steps.is_empty(), "{text}");
        }
    }

    #[test]
    fn other_reasons_are_counted_and_named_as_printed() {
        for (text, said, step) in [
            (
                "0/4 nodes are available: 2 node(s) didn't match pod topology spread constraints, 2 node(s) didn't match Pod's node affinity/selector.",
                "Of 4 nodes it counts: 2 with the reason `node(s) didn't match pod topology spread constraints`; 2 without the labels that",
                "topologySpreadConstraints",
            ),
            (
                "0/4 nodes are available: 1 node(s) didn't match pod anti-affinity rules, 3 node(s) had untolerated taint {os: windows}.",
                "1 with the reason `node(s) didn't match pod anti-affinity rules`; 3 with the taint `os=windows`",
                "`affinity`",
            ),
            (
                "0/2 nodes are available: 1 node(s) were unschedulable, 1 node(s) had volume node affinity conflict.",
                "1 closed to new pods (cordoned); 1 with the reason `node(s) had volume node affinity conflict`.",
                "kubectl get pvc",
            ),
            (
                "0/3 nodes are available: 3 pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
                "Of 3 nodes it counts: 3 with the reason `pod has unbound immediate persistentvolumeclaims`. No image",
                "kubectl get pvc",
            ),
            (
                "0/3 nodes are available: persistentvolumeclaim \"data\" not found. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
                "3 with the reason `persistentvolumeclaim data not found`. No image",
                "kubectl get pvc",
            ),
            (
                "0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports.",
                "3 with the reason `node(s) didn't have free ports for the requested pod ports`",
                "hostPort",
            ),
            ("0/4 nodes are available: 4 node(s) didn't match the requested node name.", "requested node name`", "nodeName"),
            (
                "0/4 nodes are available: 4 node(s) didn't match scheduler-enforced node affinity.",
                "4 with the reason `node(s) didn't match scheduler-enforced node affinity`",
                "kubectl get pod NAME",
            ),
            (
                "0/3 nodes are available: 3 ::error::odd\n##vso[task.setvariable]x",
                "3 with the reason `errorodd vsotask.setvariablex`",
                "kubectl get pod NAME",
            ),
        ] {
            let explanation = explained(text);
            assert_eq!(
                (explanation.id.as_str(), explanation.title.as_str()),
                ("node-selector", "no node takes the pod"),
                "{text}"
            );
            assert!(explanation.meaning.contains(said), "{}", explanation.meaning);
            let steps = explanation.steps.join("\n");
            assert!(steps.contains(step), "{text}: {steps}");
            assert_eq!(steps.contains("List the labels"), text.contains("node affinity/selector"), "{text}: {steps}");
            assert_eq!(steps.contains("add the toleration"), text.contains("{os: windows}"), "{text}: {steps}");
        }
        let long = explained(&format!("0/1 nodes are available: 1 {}.", "long ".repeat(400)));
        assert!(long.meaning.len() < 300 && long.meaning.contains("long long"), "{}", long.meaning);
    }

    #[test]
    fn a_text_without_counts_is_explained_in_general() {
        let long = format!("0/1 nodes are available: 1 node(s) had untolerated taint {{{}: }}.", "k".repeat(LONGEST + 1));
        assert_eq!(explained(&long).title, "no node takes the pod");
        for text in ["node(s) didn't match node selector", "nodes are available: none", "0/3 nodes are available: "] {
            assert_eq!(explained(text).title, "no node takes the pod", "{text}");
        }
    }
}
