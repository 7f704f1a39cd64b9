//! The sentences of admission, for people at a terminal and in the events of a controller.

use super::Warning;
use super::warnings::WHO;
use crate::advice::{Command, advice};
use crate::cluster::check::{Answer, Said, described};
use crate::cluster::{Group, Question};
use crate::compat::{About, Code, Severity};
use crate::text::{quoted, shown};
use crate::{Advice, ErrorKind};

/// The most images and groups that a sentence names.
const NAMED: usize = 4;

/// A group of nodes with its build, e.g. `ws2022-0 and 3 more (10.0.20348)`.
pub(super) fn group(group: &Group) -> String {
    let system = match &group.host {
        Some(host) => {
            let version = host.os_version;
            format!("{}.{}.{}", version.major, version.minor, version.build)
        }
        None => group.os.clone(),
    };
    shown(&format!("{} ({system}, {})", group.label, group.architecture))
}

/// The first of these, and the number of the others.
fn some(all: &[String]) -> String {
    let named = all.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// The images that do not run on these nodes, each with its build.
fn misfits(question: &Question<'_>, answer: &Answer<'_>) -> Vec<String> {
    let failing = answer.judged.iter().filter(|(_, _, judgement)| judgement.ok == Some(false));
    let words = failing.filter_map(|(number, _, judgement)| {
        let of = answer.workload.images.get(*number)?;
        let Some(Ok(image)) = question.images.get(&of.reference) else { return None };
        Some(described(image, judgement.chosen, question.nodes))
    });
    let mut images: Vec<String> = Vec::new();
    for words in words {
        if !images.contains(&words) {
            images.push(words);
        }
    }
    images
}

/// No node runs the pod: its images, the nodes, and what to do.
pub(super) fn none_fits(question: &Question<'_>, answer: &Answer<'_>, groups: &[String]) -> Warning {
    let worst = answer.findings.iter().find(|said| said.severity == Severity::Error);
    if let Some(said) = worst.filter(|said| said.code.is_about(About::Engine)) {
        return Warning { what: said.message.clone(), help: said.help.clone() };
    }
    let images = misfits(question, answer);
    let what = if images.is_empty() {
        format!("the pod runs on none of the nodes that it can land on: {}", some(groups))
    } else {
        let (images, nodes) = (some(&images), some(groups));
        format!("no node that this pod can land on runs all of its images: images {images}; nodes {nodes}")
    };
    let help = match worst {
        _ if answer.workload.kind == "DaemonSet" => Code::DaemonsetMissesNodes.sentences(&std::collections::BTreeMap::new()).1,
        // That finding is about nodes of other systems, and these nodes have Windows.
        Some(said) if said.code == Code::PodOsDiffers && images.is_empty() => {
            "configure the handler of its RuntimeClass on these nodes, or name another RuntimeClass".into()
        }
        Some(said) if said.code != Code::PodOsDiffers => said.help.clone(),
        _ => "use images for the Windows of these nodes, or add nodes that the images fit".into(),
    };
    Warning { what: what.into(), help }
}

/// The reason of a denial, as one text: with what the advice is about where that is not the images.
pub(super) fn denial(why: &Warning, answer: &Answer<'_>) -> Advice {
    let begin = Advice::from(WHO) + why.what.clone() + "; ";
    let worst = answer.findings.iter().find(|said| said.severity == Severity::Error);
    let is_of_other = |said: &&Said| matches!(said.code, Code::TaintNotTolerated | Code::HandlerMissing) && said.help == why.help;
    match worst.filter(is_of_other) {
        Some(said) => begin + said.message.clone() + "; " + why.help.clone(),
        None => begin + why.help.clone(),
    }
}

/// The findings about where the pods can land, each with what to do.
pub(super) fn findings(answer: &Answer<'_>) -> Vec<Warning> {
    let is_about = |code: Code| code != Code::DigestPinsBuild && code != Code::BuildRetires;
    let said = answer.findings.iter().filter(|said| is_about(said.code));
    said.map(|said| Warning {
        what: Advice::from(format!("{}: ", said.code.as_str())) + said.message.clone(),
        help: said.help.clone(),
    })
    .collect()
}

impl Warning {
    /// That a pod is not judged, and why.
    pub fn unknown(why: &str) -> Self {
        Self { what: format!("not judged: {why}").into(), help: Advice::default() }
    }
}

/// The first image and nodes of which it is not known whether they fit, and the code that says why.
pub(super) fn undecided(question: &Question<'_>, answer: &Answer<'_>) -> Warning {
    let open = answer.judged.iter().find(|(_, _, judgement)| judgement.ok.is_none());
    let named = open.and_then(|(number, group_number, judgement)| {
        let image = answer.workload.images.get(*number)?;
        let nodes = question.nodes.groups.get(*group_number)?;
        let why = judgement.findings.iter().find(|finding| finding.severity != Severity::Note)?;
        let what = format!("it is not known whether the image {} runs on {}", quoted(&image.reference), group(nodes));
        Some(Warning { help: advice![Command::Explain(why.code.to_string()), " says why"], ..Warning::unknown(&what) })
    });
    named.unwrap_or_else(|| Warning::unknown("what is known of the images and nodes does not decide"))
}

/// An image that cannot be read. The words of a registry, and the places that this program reaches, are not for the authors of pods: the log
/// has them.
pub(super) fn unread(reference: &str, kind: ErrorKind) -> String {
    let why = match kind {
        ErrorKind::NotFound => "its registry does not have it",
        ErrorKind::Unauthorized => "its registry does not show it to this webhook",
        ErrorKind::RateLimited => "its registry asks for a pause",
        ErrorKind::Invalid | ErrorKind::Unsupported => {
            "it is not an image that nodes can pull, or it is larger than this webhook reads"
        }
        _ => "its registry cannot be asked, or gives no answer that can be used",
    };
    format!("the image {} cannot be read: {why}", quoted(reference))
}

/// An affinity that no condition can be added to.
pub(super) fn malformed() -> Warning {
    let what = "the pod was not led to nodes that fit: its required node affinity does not have the form that Kubernetes takes";
    Warning { what: what.into(), help: "correct the affinity: `kubectl explain pod.spec.affinity.nodeAffinity`".into() }
}

/// Nodes that fit and others that no label tells apart.
pub(super) fn no_label() -> Warning {
    let what = "the pod was not led to nodes that fit: no label tells them from the others";
    Warning { what: what.into(), help: "label the nodes that fit, and select that label in the pod".into() }
}
