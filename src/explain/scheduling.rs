//! What the scheduler of Kubernetes counts where it finds no node for a pod: `0/3 nodes are available: 1 Insufficient cpu, …`.

use super::Explanation;
use crate::Advice;
use crate::advice::advice;

/// The words before the counts, in the form of a paste.
const COUNTS: &str = "nodesareavailable:";

/// The most bytes of one reason.
const LONGEST: usize = 200;

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
}

impl Reason {
    /// Reads a reason without white space and quotes, e.g. `insufficientcpu`.
    fn parse(text: &str) -> Option<Self> {
        let taint = || text.strip_prefix("node(s)haduntoleratedtaint{").or_else(|| text.strip_prefix("node(s)hadtaint{"));
        if text.starts_with("node(s)didntmatch") {
            return (text.contains("nodeaffinity") || text.contains("nodeselector")).then_some(Self::Labels);
        }
        if let Some(taint) = taint() {
            let (taint, _) = taint.split_once('}').filter(|(taint, _)| taint.len() <= LONGEST)?;
            let (key, value) = taint.split_once(':').unwrap_or((taint, ""));
            return Some(Self::Taint(if value.is_empty() { key.to_owned() } else { format!("{key}={value}") }));
        }
        if let Some(resource) = text.strip_prefix("insufficient") {
            let end = resource.find(|c: char| !(c.is_ascii_alphanumeric() || "-./".contains(c))).unwrap_or(resource.len());
            let name = resource.get(..end)?.trim_end_matches('.');
            return (!name.is_empty()).then(|| Self::Resource(name.to_owned()));
        }
        if text.starts_with("toomanypods") {
            return Some(Self::Resource("pods".to_owned()));
        }
        text.starts_with("node(s)wereunschedulable").then_some(Self::Unschedulable)
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
        }
    }
}

/// The reasons behind `0/3 nodes are available:`, with the number of nodes of each, and of all.
fn reasons(before: &str, text: &str) -> Option<(String, Vec<(String, Reason)>)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let all = before.len() - before.bytes().rev().take_while(u8::is_ascii_digit).count();
    let all = before.get(all..).filter(|all| !all.is_empty())?;
    // The scheduler says next what it could evict.
    let text = text.split(".preemption:").next().unwrap_or(text);
    let mut found = Vec::new();
    let mut rest = text;
    while found.len() < MOST {
        let Some((nodes, reason)) = rest.split_at_checked(digits(rest)).filter(|(nodes, _)| !nodes.is_empty()) else { break };
        found.extend(Reason::parse(reason).map(|reason| (nodes.to_owned(), reason)));
        // A reason may have commas; the next begins with a number.
        let next = reason.match_indices(',').map(|(at, _)| at + 1).take_while(|at| *at <= LONGEST);
        let Some(after) = next.filter_map(|at| reason.get(at..)).find(|after| digits(after) > 0) else { break };
        rest = after;
    }
    (!found.is_empty()).then(|| (all.to_owned(), found))
}

/// The explanation of a pod without a node, by what the scheduler counted. The text is that before and behind a place within.
pub(super) fn explain(general: Explanation, before: &str, after: &str) -> Explanation {
    let counted = match after.strip_prefix(COUNTS) {
        Some(counts) => reasons(before, counts),
        None => before.rfind(COUNTS).and_then(|at| {
            let counts = before.get(at + COUNTS.len()..)?;
            reasons(before.get(..at)?, &format!("{counts}{}", after.get(..LONGEST * MOST).unwrap_or(after)))
        }),
    };
    let Some((all, reasons)) = counted else { return general };
    let has = |is: fn(&Reason) -> bool| reasons.iter().any(|(_, reason)| is(reason));
    let labels = has(|reason| *reason == Reason::Labels);
    let state = has(Reason::is_of_state);
    let taint = has(|reason| matches!(reason, Reason::Taint(_)) && !reason.is_of_state());
    let resource = has(|reason| matches!(reason, Reason::Resource(_)));
    let cordoned = has(|reason| *reason == Reason::Unschedulable);
    let title = match (labels, state || cordoned, taint, resource) {
        (true, false, false, false) => "no node fits the pod's selector",
        (false, true, false, false) => "no node is ready for the pod",
        (false, false, true, false) => "the nodes have taints that the pod does not tolerate",
        (false, false, false, true) => "no node has room for the pod",
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
    fn a_text_without_counts_is_explained_in_general() {
        let long = format!("0/1 nodes are available: 1 node(s) had untolerated taint {{{}: }}.", "k".repeat(LONGEST + 1));
        assert_eq!(explained(&long).title, "no node takes the pod");
        for text in ["node(s) didn't match node selector", "nodes are available: none", "0/3 nodes are available: 3 of them odd"]
        {
            assert_eq!(explained(text).title, "no node takes the pod", "{text}");
        }
    }
}
