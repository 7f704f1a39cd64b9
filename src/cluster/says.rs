//! The findings of one workload, with what leads its pods to nodes that fit.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::check::{Answer, Misfit, OnGroup, Question, Said, by_engine, described};
use super::{Steer, Workload};
use crate::Advice;
use crate::advice::Command;
use crate::compat::{Code, Severity, Subject};
use crate::host::placement::Placement;
use crate::image::Image;
use crate::text::shown;

/// The days before its end in which a Windows is said to retire.
const RETIRES_WITHIN: i64 = 180;

/// The most groups that a sentence names.
const NAMED: usize = 6;

/// The findings of one workload.
pub(super) struct Says<'q, 'a> {
    pub(super) question: &'q Question<'a>,
    pub(super) workload: &'a Workload,
    pub(super) groups: &'q [OnGroup],
    pub(super) found: Vec<Said>,
    pub(super) steer: Option<Steer>,
}

impl Says<'_, '_> {
    /// Adds a finding with these values.
    pub(super) fn say(&mut self, code: Code, values: &[(&'static str, Advice)]) {
        let values: BTreeMap<&'static str, Advice> = values.iter().cloned().collect();
        let (message, help) = code.sentences(&values);
        self.found.push(Said { code, severity: code.severity(), message, help });
    }

    /// The names of groups.
    fn titles(&self, groups: impl IntoIterator<Item = usize>) -> Advice {
        let titles: Vec<String> =
            groups.into_iter().filter_map(|group| Some(self.question.nodes.groups.get(group)?.title())).collect();
        let more = titles.len().saturating_sub(NAMED);
        let named = titles.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        if more > 0 { format!("{named} and {more} more groups of nodes").into() } else { named.into() }
    }

    /// The images that do not run on these groups.
    fn images(&self, groups: impl IntoIterator<Item = usize>) -> Advice {
        let mut images: Vec<&str> = Vec::new();
        for image in groups.into_iter().filter_map(|group| self.groups.get(group)).flat_map(|group| &group.images) {
            if !images.contains(&image.as_str()) {
                images.push(image);
            }
        }
        images.join(", ").into()
    }

    /// The groups on which all images run.
    fn fitting(&self) -> Vec<usize> {
        (0..self.groups.len()).filter(|group| self.groups.get(*group).is_some_and(|on| on.fits == Some(true))).collect()
    }

    /// Those of these groups on which this prevents the images from running.
    fn with_misfit(&self, misfit: Misfit, among: &[usize]) -> Vec<usize> {
        among.iter().copied().filter(|group| self.groups.get(*group).is_some_and(|on| on.misfit == Some(misfit))).collect()
    }

    /// What leads the pods to nodes that fit.
    fn steering(&self) -> Advice {
        let kind = self.workload.kind.as_str();
        let change = match &self.steer {
            Some(steer) if self.workload.owner.is_some() => steer.sentence().into(),
            Some(steer) if keeps_its_selector(kind) => {
                let kind = kind.to_lowercase();
                let sentence = steer.sentence();
                format!("{sentence}. Set it in the manifest that creates the {kind}; a {kind} that exists cannot change").into()
            }
            Some(steer) if self.workload.has_plain_names() => {
                Advice::from(steer.sentence()) + "; " + Command::ClusterPatch(self.workload.path()) + " writes the change"
            }
            Some(steer) => steer.sentence().into(),
            None if self.fitting().is_empty() => return "add nodes that the images fit".into(),
            None if names_nodes(&self.workload.placement) => {
                Advice::from("take out the name of the node, and select labels of nodes that fit: ") + self.titles(self.fitting())
            }
            None => match self.unbound() {
                Some(steer) => format!("take out what its node selector or affinity asks for, and {}", steer.sentence()).into(),
                None => return "no label tells the nodes that fit from the others: label them, and select that label".into(),
            },
        };
        match &self.workload.owner {
            Some(owner) => Advice::from(format!("change {owner}, which this belongs to: ")) + change,
            None => change,
        }
    }

    /// What would lead the pods to nodes that fit, if they asked for none of their own.
    fn unbound(&self) -> Option<Steer> {
        let placement = Placement { tolerations: self.workload.placement.tolerations.clone(), ..Placement::default() };
        let fits: Vec<Option<bool>> = self.groups.iter().map(|group| group.fits).collect();
        Steer::of(&placement, self.question.class_of(self.workload), self.question.nodes, &fits)
    }

    /// The images that fit these groups and that the engine there does not start: each with the groups, what is said, and what to do.
    fn refused(&self, among: &[usize]) -> Vec<Refused> {
        let question = self.question;
        let mut refused: Vec<Refused> = Vec::new();
        for number in among {
            let host = question.nodes.groups.get(*number).and_then(|group| group.host.as_ref());
            let (Some(host), Some(group)) = (host, self.groups.get(*number)) else { continue };
            for (place, judgement) in &group.judged {
                let (Some(finding), Some(image_of)) = (by_engine(judgement), self.workload.images.get(*place)) else { continue };
                let Some(Ok(image)) = question.images.get(&image_of.reference) else { continue };
                let policy = question.policy_for(image_of);
                let (reference, chosen) = (shown(&image.reference), judgement.chosen);
                let subject = Subject {
                    knowledge: question.knowledge,
                    reference: &reference,
                    image: Some(image),
                    chosen,
                    host,
                    policy: &policy,
                };
                let (message, help) = (finding.message(&subject), finding.help(&subject));
                match refused.iter_mut().find(|one| one.reference == reference && one.message == message) {
                    Some(one) if one.groups.contains(number) => {}
                    Some(one) => one.groups.push(*number),
                    None => refused.push(Refused { code: finding.code, reference, groups: vec![*number], message, help }),
                }
            }
        }
        refused
    }

    /// Says what the engine on these groups does not start; behind what to do about it stands what else has to be done.
    fn engine(&mut self, among: &[usize], besides: &str) {
        for one in self.refused(among) {
            let titles = self.titles(one.groups);
            let message = Advice::from(one.reference) + " on " + titles + ": " + one.message;
            self.found.push(Said { code: one.code, severity: Severity::Error, message, help: one.help + besides });
        }
    }

    /// What is wrong with the nodes that the pods can land on; true if nothing is.
    pub(super) fn placement(&mut self, answer: &Answer<'_>, placement: &Placement) -> Option<bool> {
        let is_daemon = self.workload.kind == "DaemonSet";
        let misfits: Vec<usize> =
            answer.lands.iter().filter(|share| share.fits == Some(false)).map(|share| share.group).collect();
        let fitting: Vec<usize> = answer.lands.iter().filter(|share| share.fits == Some(true)).map(|share| share.group).collect();
        let is_open = answer.lands.iter().any(|share| share.fits.is_none());
        if answer.lands.is_empty() && is_daemon {
            // It has no pods here.
            return Some(true);
        }
        let of_other_os = self.with_misfit(Misfit::PodOs, &misfits);
        if !of_other_os.is_empty() {
            let os = self.workload.os.clone().unwrap_or_default();
            self.say(Code::PodOsDiffers, &[("os", shown(&os).into()), ("misfits", self.titles(of_other_os))]);
            if fitting.is_empty() {
                return Some(false);
            }
        }
        if fitting.is_empty() && !is_open {
            return self.nowhere(answer, placement, &misfits);
        }
        self.in_part(&misfits, &fitting);
        match (misfits.is_empty(), is_open) {
            (false, _) => Some(false),
            (true, true) => None,
            (true, false) => Some(true),
        }
    }

    /// What is wrong where the pods land on these groups, and on none that fits; `None` where they land on none at all, and it is not known
    /// whether another would fit.
    fn nowhere(&mut self, answer: &Answer<'_>, placement: &Placement, misfits: &[usize]) -> Option<bool> {
        let nodes = self.question.nodes;
        let elsewhere = answer.elsewhere.clone();
        // Nodes that are selected, and only their taints keep the pods away.
        let is_kept_away = |group: &usize| {
            let members = nodes.groups.get(*group).map(|group| group.members.as_slice()).unwrap_or_default();
            let mut members = members.iter().filter_map(|node| nodes.nodes.get(*node));
            members.any(|node| placement.selects(&node.name, &node.node.labels))
        };
        let tainted: Vec<usize> = elsewhere.iter().copied().filter(is_kept_away).collect();
        if let Some(group) = tainted.first().and_then(|group| nodes.groups.get(*group)) {
            let taint = placement.intolerable(&group.taints);
            let taint = taint.map(|taint| format!("{}={}:{}", taint.key, taint.value, taint.effect)).unwrap_or_default();
            let values = [("elsewhere", self.titles(tainted)), ("taint", shown(&taint).into()), ("steer", self.tolerating())];
            self.say(Code::TaintNotTolerated, &values);
        } else if !elsewhere.is_empty() {
            let values = [("elsewhere", self.titles(elsewhere)), ("steer", self.steering())];
            self.say(Code::SelectorExcludesFitting, &values);
        } else if self.groups.iter().any(|group| group.fits.is_none()) {
            // Elsewhere they may run. Where the pods land they do not, which the judgements of the images say.
            return if misfits.is_empty() { None } else { Some(false) };
        } else {
            self.no_node(misfits);
        }
        self.handler(misfits);
        Some(false)
    }

    /// What is wrong where no node of the cluster fits: the images, the engines, or the handlers.
    fn no_node(&mut self, misfits: &[usize]) {
        let nodes = self.question.nodes;
        let all: Vec<usize> = (0..self.groups.len()).collect();
        let is_windows = |group: &usize| nodes.groups.get(*group).is_some_and(|group| group.host.is_some());
        let windows: Vec<usize> = all.iter().copied().filter(is_windows).collect();
        let by_engine = self.with_misfit(Misfit::Engine, &windows);
        let without_handler = self.with_misfit(Misfit::Handler, &all);
        if !by_engine.is_empty() {
            let landed: Vec<usize> = by_engine.iter().copied().filter(|group| misfits.contains(group)).collect();
            let among = if landed.is_empty() { by_engine } else { landed };
            let is_all = !misfits.is_empty() && misfits.iter().all(|group| among.contains(group));
            self.engine(&among, if is_all { "" } else { "; then let the pods select only these nodes" });
        } else if without_handler.is_empty() {
            let add = "add nodes of a Windows that the images fit";
            let help = match windows.as_slice() {
                [] => add.into(),
                _ => Advice::from("use images that fit one of these: ") + self.titles(windows.clone()) + "; or " + add,
            };
            let images = self.images(if windows.is_empty() { all } else { windows });
            self.say(Code::NoNodeFits, &[("images", images), ("steer", help)]);
        } else if misfits.is_empty() {
            // It lands nowhere, and would find the handler nowhere.
            self.handler(&without_handler);
        }
    }

    /// What is wrong on a part of the groups that the pods can land on.
    fn in_part(&mut self, misfits: &[usize], fitting: &[usize]) {
        let is_daemon = self.workload.kind == "DaemonSet";
        let of = |misfit: Misfit| self.with_misfit(misfit, misfits);
        let (of_build, by_engine) = (of(Misfit::Build), of(Misfit::Engine));
        // Other nodes are a way too, and not for a DaemonSet.
        let with_build = [&of_build[..], if is_daemon { &[] } else { &by_engine[..] }].concat();
        let build = if is_daemon { Code::DaemonsetMissesNodes } else { Code::SomeNodesFit };
        let parts = [
            (of(Misfit::Os), Code::SelectorMissingOs),
            (of(Misfit::Architecture), Code::SelectorMissingArch),
            (with_build, build),
        ];
        for (groups, code) in parts.into_iter().filter(|(groups, _)| !groups.is_empty()) {
            let mut steer = self.steering();
            if code == Code::SomeNodesFit && of_build.is_empty() {
                let mut helps: Vec<Advice> = Vec::new();
                for one in self.refused(&by_engine) {
                    if !helps.contains(&one.help) {
                        helps.push(one.help);
                    }
                }
                steer = helps.into_iter().fold(steer, |steer, help| steer + "; or " + help);
            }
            let values = [
                ("misfits", self.titles(groups.iter().copied())),
                ("images", self.images(groups)),
                ("fits", self.titles(fitting.iter().copied())),
                ("steer", steer),
            ];
            self.say(code, &values);
        }
        if is_daemon {
            self.engine(&by_engine, "");
        }
        self.handler(misfits);
    }

    /// The advice about a taint: a toleration where it only tells Windows from others.
    fn tolerating(&self) -> Advice {
        match &self.steer {
            Some(steer) if !steer.tolerations.is_empty() => self.steering(),
            _ => "tolerate it if these nodes are meant for this pod, or add nodes without it".into(),
        }
    }

    /// Says which of these groups lack the handler of the RuntimeClass.
    fn handler(&mut self, misfits: &[usize]) {
        let lacking = self.with_misfit(Misfit::Handler, misfits);
        let class = self.question.class_of(self.workload);
        if let (false, Some(class)) = (lacking.is_empty(), class) {
            let has_handler = !self.fitting().is_empty();
            let steer = if has_handler { self.steering() } else { "configure it on nodes, or name another RuntimeClass".into() };
            let values = [
                ("misfits", self.titles(lacking)),
                ("handler", quoted(&class.handler)),
                ("class", quoted(self.workload.class.as_deref().unwrap_or_default())),
                ("steer", steer),
            ];
            self.say(Code::HandlerMissing, &values);
        }
    }

    /// What else is known of the workload.
    pub(super) fn others(&mut self, answer: &Answer<'_>) {
        let class = self.question.class_of(self.workload).filter(|class| class.handler.contains("hypervisor"));
        let older: Vec<usize> = answer
            .lands
            .iter()
            .map(|share| share.group)
            .filter(|group| self.groups.get(*group).is_some_and(|group| group.older && group.misfit == Some(Misfit::Build)))
            .collect();
        if class.is_some() && !older.is_empty() {
            let class = quoted(self.workload.class.as_deref().unwrap_or_default());
            self.say(Code::HypervClassDoesNotWiden, &[("class", class), ("images", self.images(older))]);
        }
        let mut pinned: Vec<String> = Vec::new();
        for image in self.workload.images.iter().filter(|image| !image.host_process) {
            if let Some(Ok(read)) = self.question.images.get(&image.reference)
                && is_pinned(&image.reference, read)
                && !pinned.contains(&described(read, Some(0)))
            {
                pinned.push(described(read, Some(0)));
            }
        }
        if !pinned.is_empty() {
            self.say(Code::DigestPinsBuild, &[("images", pinned.join(", ").into())]);
        }
        self.retiring(answer);
    }

    /// Says that the support of every Windows on which all images run ends soon.
    fn retiring(&mut self, answer: &Answer<'_>) {
        let fitting = self.fitting();
        let today = self.question.policy.today;
        let soon = today.checked_add(jiff::Span::new().days(RETIRES_WITHIN)).unwrap_or(Date::MAX);
        let end = |group: &usize| {
            let host = self.question.nodes.groups.get(*group)?.host.as_ref()?;
            let release = self.question.knowledge.release(host.os_version.build, host.kind)?;
            release.support_of(host.edition.as_deref())
        };
        let ends: Option<Vec<Date>> = fitting.iter().map(end).collect();
        let last = ends.and_then(|ends| ends.into_iter().max()).filter(|last| *last <= soon);
        if let (Some(last), true) = (last, answer.lands.iter().any(|share| share.fits == Some(true))) {
            self.say(Code::BuildRetires, &[("fits", self.titles(fitting)), ("day", last.to_string().into())]);
        }
    }
}

/// An image that the engine on groups of nodes does not start.
struct Refused {
    code: Code,
    reference: String,
    groups: Vec<usize>,
    message: Advice,
    help: Advice,
}

/// True for pods that ask for nodes by their names.
fn names_nodes(placement: &Placement) -> bool {
    placement.node_name.is_some() || placement.terms.iter().flatten().any(|term| !term.fields.is_empty())
}

/// True for what keeps its selector once it is there.
fn keeps_its_selector(kind: &str) -> bool {
    matches!(kind, "Pod" | "Job")
}

/// True for a reference by the digest of one Windows manifest.
fn is_pinned(reference: &str, image: &Image) -> bool {
    let [only] = image.candidates.as_slice() else { return false };
    reference.contains("@sha256:") && only.size.is_none() && (only.digest.is_none() || only.digest == image.digest)
}

/// A name of the cluster in a sentence.
pub(super) fn quoted(text: &str) -> Advice {
    crate::text::quoted(text).into()
}
