//! The decision about pods whose images were read: the cases, and what each mode does.

use std::collections::BTreeSet;

use super::exempt::Pod;
use super::narrow::{self, Target};
use super::{Case, Decision, Outcome, Warning, patch, words};
use crate::cluster::check::Answer;
use crate::cluster::steer::merged;
use crate::cluster::{Group, ImageOf, Question, Share};
use crate::host::placement::{Placement, Term};
use crate::host::{BUILD_LABEL, Host, Labels, Taint};
use crate::text::quoted;

/// The most entries that the images of a pod have together. Images of people have a few entries.
const MOST_ENTRIES: usize = 10_000;

/// The most entries that are judged for one pod, each counted for each group of nodes and each Windows that may come: they take a tenth of a second. A judgement of an image on a group
/// takes as much time as so many entries, and about 1,000 bytes, so that there are 10,000 judgements at the most.
const MOST_JUDGED: usize = 1_000_000;
const OF_ONE_JUDGEMENT: usize = 100;

/// Windows that may come, whatever nodes are there now: another pool with the same Windows may be one that a pod cannot land on.
pub type Expected = Vec<Coming>;

/// A Windows whose nodes may come: those of a pool that is scaled to zero.
#[derive(Clone, Debug)]
pub struct Coming {
    /// The Windows.
    pub host: Host,
    /// The labels that its nodes are known to have, beside those that follow from the Windows.
    pub labels: Labels,
    /// The taints that its nodes are known to have.
    pub taints: Vec<Taint>,
}

impl From<Host> for Coming {
    /// Nodes of which nothing but their Windows is known.
    fn from(host: Host) -> Self {
        Self { host, labels: Labels::new(), taints: Vec::new() }
    }
}

impl Pod {
    /// The decision, with the images that were read in time.
    pub fn decide(&self, question: &Question<'_>, expected: &Expected) -> Decision {
        let is_bound = self.workload.placement.node_name.is_some();
        let unknown = if is_bound { Case::Bound } else { Case::Unknown };
        let entries = self.entries(question);
        let of_one_group = entries + self.workload.images.len() * OF_ONE_JUDGEMENT;
        // An image costs time on Windows alone.
        let groups = question.nodes.groups.iter().filter(|group| group.host.is_some()).count();
        if entries > MOST_ENTRIES || of_one_group * (groups + expected.len()) > MOST_JUDGED {
            let what = Warning::unknown(&format!(
                "its images have more than {MOST_ENTRIES} entries together, or too many for {groups} groups of Windows nodes"
            ));
            return Decision { warnings: vec![what], ..Decision::allow(unknown) };
        }
        let nodes = question.seen_by(&self.workload);
        let question = &Question { nodes: &nodes, ..*question };
        let answer = question.answer_of_view(&self.workload);
        let groups = |shares: &[Share]| {
            shares.iter().filter_map(|share| question.nodes.groups.get(share.group)).map(words::group).collect()
        };
        let windows: Vec<Share> = answer
            .lands
            .iter()
            .filter(|share| question.nodes.groups.get(share.group).is_some_and(|group| group.host.is_some()))
            .cloned()
            .collect();
        let mut decision = Decision { groups: groups(&windows), ..Decision::allow(Case::LandsNowhere) };
        let is_for_windows = self.workload.os.as_deref() == Some("windows");
        if let Some(what) = self.not_known(question, &answer, &windows) {
            decision.case = unknown;
            decision.warnings.push(what);
            return decision;
        }
        let has_windows = |image: &ImageOf| {
            question
                .images
                .get(&image.reference)
                .is_some_and(|read| read.as_ref().is_ok_and(|image| !image.candidates.is_empty()))
        };
        let fits_elsewhere = answer.lands.iter().any(|share| !windows.contains(share) && share.fits == Some(true));
        if is_bound {
            decision.case = Case::Bound;
            if windows.iter().any(|share| share.fits == Some(false)) {
                decision.warnings = words::findings(&answer);
            }
            return decision;
        }
        if windows.is_empty() {
            return decision;
        }
        if !is_for_windows && !self.workload.images.iter().any(has_windows) {
            decision.case = Case::NotForWindows;
            decision.warnings = words::findings(&answer);
            return decision;
        }
        let some_fit = windows.iter().any(|share| share.fits == Some(true));
        let all_fit = answer.lands.iter().all(|share| share.fits == Some(true));
        if all_fit {
            decision.case = Case::AllFit;
        } else if !is_for_windows && fits_elsewhere {
            // It runs on other systems as well: to keep it to Windows would take nodes from it that fit.
            decision.case = Case::SomeFit;
            decision.warnings = words::findings(&answer);
        } else if some_fit {
            decision.case = Case::SomeFit;
            self.lead(question, &answer, expected, &mut decision);
        } else if !self.targets(question, expected).is_empty() && self.lead(question, &answer, expected, &mut decision) {
            decision.case = Case::ExpectedFits;
            decision.warnings.clear();
        } else if self.may_run_later(question, expected) {
            decision.case = Case::Unknown;
            decision.warnings.push(Warning::unknown("it may run on nodes that are expected"));
        } else {
            decision.case = Case::NoneFits;
            let why = words::none_fits(question, &answer, &decision.groups);
            if self.may.deny {
                decision.outcome = Outcome::Deny(words::denial(&why, &answer));
                decision.warnings.clear();
            } else {
                decision.warnings = words::findings(&answer);
                decision.warnings.insert(0, why);
            }
        }
        decision
    }

    /// The number of entries of all images, as far as they were read.
    fn entries(&self, question: &Question<'_>) -> usize {
        let number = |image: &ImageOf| match question.images.get(&image.reference) {
            Some(Ok(image)) => image.candidates.len() + image.other_platforms.len(),
            _ => 0,
        };
        self.workload.images.iter().map(number).sum()
    }

    /// What stands in the way of a judgement: an image that was not read, a RuntimeClass that is not known, a result that rests on an
    /// assumption.
    fn not_known(&self, question: &Question<'_>, answer: &Answer<'_>, windows: &[Share]) -> Option<Warning> {
        for image in &self.workload.images {
            match question.images.get(&image.reference) {
                None => {
                    let image = quoted(&image.reference);
                    let why = format!("the image {image} was not read in time, or too many images are being read");
                    return Some(Warning::unknown(&why));
                }
                Some(Err(error)) => return Some(Warning::unknown(&words::unread(&image.reference, error.kind))),
                Some(Ok(_)) => {}
            }
        }
        if let (Some(class), None) = (&self.workload.class, question.class_of(&self.workload)) {
            return Some(Warning::unknown(&format!("the RuntimeClass {} is not known", quoted(class))));
        }
        windows.iter().any(|share| share.fits.is_none()).then(|| words::undecided(question, answer))
    }

    /// Leads the pods to nodes that fit if the mode asks for it, and says what is wrong else; true if they land right, or could be led.
    fn lead(&self, question: &Question<'_>, answer: &Answer<'_>, expected: &Expected, decision: &mut Decision) -> bool {
        let fitting = |node: &usize| {
            let group = question.nodes.group_of.get(*node);
            answer.lands.iter().any(|share| Some(&share.group) == group && share.fits == Some(true))
        };
        let is_windows = |node: &usize| question.nodes.nodes.get(*node).is_some_and(|node| node.host.is_some());
        let fits: BTreeSet<usize> = (0..question.nodes.nodes.len()).filter(|node| fitting(node) && is_windows(node)).collect();
        let target = |node: &usize| {
            let node = question.nodes.nodes.get(*node)?;
            Some((node.node.labels.get(BUILD_LABEL)?.clone(), node.architecture.clone()))
        };
        let mut targets: BTreeSet<Target> = fits.iter().filter_map(target).collect();
        targets.extend(self.targets(question, expected));
        let class = question.class_of(&self.workload);
        let conditions = narrow::conditions(&self.workload, class, question.nodes, &fits, &targets);
        decision.warnings = words::findings(answer);
        let Some(conditions) = conditions else {
            if self.may.steer {
                decision.warnings.push(words::no_label());
            }
            return false;
        };
        if self.may.steer {
            match patch::operations(&self.object, &conditions) {
                Some(operations) => {
                    decision.outcome = Outcome::Steer(operations);
                    decision.warnings.clear();
                }
                None => decision.warnings.push(words::malformed()),
            }
        }
        true
    }

    /// The placement on nodes that are still to come: they have other names than those that are there.
    fn later(&self, question: &Question<'_>) -> Option<Placement> {
        let mut placement = merged(&self.workload.placement, question.class_of(&self.workload)).ok()?;
        let names_nodes = |term: &Term| term.fields.iter().any(|field| field.operator == "In");
        if let Some(terms) = &mut placement.terms {
            terms.retain(|term| !names_nodes(term));
        }
        Some(placement)
    }

    /// The builds that are expected, that the pods do not exclude by anything that is known of their nodes, and that all images run on.
    fn targets(&self, question: &Question<'_>, expected: &Expected) -> BTreeSet<Target> {
        let Some(placement) = self.later(question) else { return BTreeSet::new() };
        let fits = |coming: &&Coming| {
            let mut labels = coming.labels.clone();
            // It has another name than those that went.
            labels.remove("kubernetes.io/hostname");
            labels.extend(coming.host.labels_of_its_windows());
            let group = Group { taints: coming.taints.clone(), ..Group::of_host(coming.host.clone()) };
            placement.of_labels(&labels).selects("", &labels)
                && placement.intolerable(&coming.taints).is_none()
                && question.on_group(&self.workload, &group).fits == Some(true)
        };
        let target = |Coming { host, .. }: &Coming| {
            Some((host.labels_of_its_windows().get(BUILD_LABEL)?.clone(), host.architecture.as_str().to_owned()))
        };
        expected.iter().filter(fits).filter_map(target).collect()
    }

    /// True if all images may run on a Windows that is expected and that the pods do not exclude. Other labels and taints than those that follow from
    /// the Windows do not count: nodes that come may have others than those that went.
    fn may_run_later(&self, question: &Question<'_>, expected: &Expected) -> bool {
        let Some(placement) = self.later(question) else { return false };
        expected.iter().any(|Coming { host, .. }| {
            let labels = host.labels_of_its_windows();
            placement.of_labels(&labels).selects("", &labels)
                && question.on_group(&self.workload, &Group::of_host(host.clone())).fits != Some(false)
        })
    }
}
