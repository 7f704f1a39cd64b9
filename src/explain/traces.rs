//! Whether a pasted text names anything of containers: an engine, the services of Windows behind it, Kubernetes, an image.
//!
//! Errors of Windows such as `Access is denied` come from programs of every kind. Where nothing in the text names a container, what is
//! known here of such an error holds only if one is behind it, and that is said first.

use std::ops::Range;

use super::Explanation;
use super::evidence::{Evidence, What};
use super::paste::Paste;
use crate::advice::advice;
use crate::knowledge::Errors;

/// Parts of names and sentences that stand in texts about containers only, in the form of [`Paste::text`].
const PARTS: [&str; 34] = [
    "docker",
    "container",
    "kube",
    "moby",
    "buildkit",
    "buildx",
    "podman",
    "nerdctl",
    "crictl",
    "hcsshim",
    "runhcs",
    "vmcompute",
    "computecore",
    "computenetwork",
    "computesystem",
    "hostcomputeservice",
    "hostnetworkservice",
    "hyper-v-compute",
    "windowsfilter",
    "utilityvm",
    "nanoserver",
    "servercore",
    "mcr.microsoft.com",
    "ghcr.io",
    "quay.io",
    "azurecr.io",
    "azurecr.cn",
    "azurecr.us",
    ".dkr.ecr.",
    "--isolation",
    "inawindowssystemcall",
    "failedinwin32",
    "errorresponsefromdaemon",
    "wincompat",
];

/// Whole words of the same kind, which are too short to be looked for within others.
const WORDS: [&str; 12] = ["pod", "pods", "k8s", "aks", "aci", "hns", "hnscall", "hcn", "hcs", "ctr", "shim", "cri"];

/// Sentences with which a build of an image shows a step that failed, and the shell that it runs steps in.
const OF_BUILDS: [&str; 5] =
    ["returnedanon-zerocode", "didnotcompletesuccessfully", "failedtosolve", "executorfailedrunning", "cmd/s/c"];

/// True for a text of a build of an image.
pub(super) fn is_of_build(paste: &Paste) -> bool {
    OF_BUILDS.iter().any(|part| paste.text.contains(part)) || has_step(&paste.text)
}

/// True for a text with a step of a build: `Step 2/3 : RUN …`, `[2/3] RUN …`, `[build 2/3] COPY …`.
fn has_step(text: &str) -> bool {
    let number = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    text.match_indices('/').any(|(at, _)| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
        let step = before.trim_end_matches(|c: char| c.is_ascii_digit());
        let rest = after.get(number(after)..).unwrap_or_default();
        let is_counted = step.len() < before.len() && rest.len() < after.len();
        let begins =
            |rest: Option<&str>| rest.is_some_and(|rest| ["run", "copy", "add"].iter().any(|order| rest.starts_with(order)));
        is_counted && (step.ends_with("step") && rest.starts_with(':') || begins(rest.strip_prefix(']')))
    })
}

/// The outputs of the steps of a build that passed, in a log of Docker's own builder that ends with a step that failed: behind each the
/// next step begins. What a command in one of them printed has stopped nothing.
pub(super) fn passed_steps(paste: &Paste) -> Vec<Range<usize>> {
    const STEP: &str = "step";
    let text = paste.text.as_str();
    let Some(failed) = text.rfind("returnedanon-zerocode") else { return Vec::new() };
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let begin = |(at, _): (usize, &str)| {
        let rest = text.get(at + STEP.len()..)?;
        let (number, rest) = rest.split_at_checked(digits(rest))?;
        let all = rest.strip_prefix('/')?;
        all.get(digits(all)..)?.starts_with(':').then_some((at, number.parse::<u32>().ok()?))
    };
    let steps: Vec<(usize, u32)> = text.match_indices(STEP).filter_map(begin).collect();
    let passed = |pair: &[(usize, u32)]| match pair {
        [(from, number), (to, next)] if number.checked_add(1) == Some(*next) && *to < failed => Some(*from..*to),
        _ => None,
    };
    steps.windows(2).filter_map(passed).collect()
}

/// True if nothing that was found in a text, and nothing else in it, names containers, but something that any program prints.
pub(super) fn are_missing(paste: &Paste, evidence: &[Evidence]) -> bool {
    let is_general = |one: &Evidence| match one.what {
        What::Unknown(number) => !is_of_containers(number),
        _ => one.general,
    };
    evidence.iter().any(|one| one.general)
        && evidence.iter().all(is_general)
        && !PARTS.iter().any(|part| paste.text.contains(part))
        && !paste.words(false).any(|(_, word)| WORDS.contains(&word))
        && !is_of_build(paste)
}

/// True for numbers of the services that run containers alone: the Host Compute Service and the network service.
pub(super) const fn is_of_containers(number: u32) -> bool {
    matches!(number >> 16, 0x8037 | 0xc037 | 0x803b)
}

/// The explanation of something that any program prints, where nothing tells that a container is behind it.
pub(super) fn conditional(mut explanation: Explanation) -> Explanation {
    let number = explanation.id.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let general = match number.and_then(|number| Errors::built_in().by_number(number)) {
        Some(error) => format!("In general it means: {}. ", error.title),
        None => String::new(),
    };
    explanation.meaning = advice![
        general,
        "Programs of every kind print this, and nothing in the text names a container, an image or a container engine. If a container engine, or a program in a container, printed it: ",
        explanation.meaning
    ];
    let other = "If another program printed it, look for the cause in that program: what stands here is about containers.";
    explanation.steps.insert(0, other.into());
    explanation
}
