//! The check: the nodes that each workload can land on, those where all of its images run, and what is said of the difference.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use super::steer::landing;
use super::{Classes, Group, Nodes, Steer, Workload};
use crate::advice::Command;
use crate::compat::{Code, Judgement, Policy, Severity, Wish, judge};
use crate::host::placement::Placement;
use crate::host::pod::RuntimeClass;
use crate::image::Image;
use crate::knowledge::Knowledge;
use crate::text::shown;
use crate::{Advice, Error};

/// The days before its end in which a Windows is said to retire.
const RETIRES_WITHIN: i64 = 180;

/// The most groups that a sentence names.
const NAMED: usize = 6;

/// All that a check knows.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The facts that age.
    pub knowledge: &'a Knowledge,
    /// How images are judged.
    pub policy: &'a Policy,
    /// The nodes.
    pub nodes: &'a Nodes,
    /// The RuntimeClasses.
    pub classes: &'a Classes,
    /// The images by their references.
    pub images: &'a HashMap<String, Result<Image, Error>>,
}

/// The part of a group that a workload can land on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The number of the group.
    pub group: usize,
    /// The number of its nodes among these.
    pub nodes: usize,
    /// True if all images run there; `None` if that is not known.
    pub fits: Option<bool>,
}

/// A finding at a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The code.
    pub code: Code,
    /// The severity here.
    pub severity: Severity,
    /// What was found.
    pub message: Advice,
    /// What to do.
    pub help: Advice,
}

/// The answer about one workload.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// The workload.
    pub workload: &'a Workload,
    /// True if its pods land only where all images run; `None` if that is not known.
    pub ok: Option<bool>,
    /// The nodes that it can land on.
    pub lands: Vec<Share>,
    /// Other groups on which all images run.
    pub elsewhere: Vec<usize>,
    /// The findings, the most severe first.
    pub findings: Vec<Said>,
    /// The judgements of its images, by their places in the workload, on the groups of Windows nodes that it can land on.
    pub judged: Vec<(usize, usize, Judgement)>,
    /// The change that leads it to nodes that fit.
    pub steer: Option<Steer>,
}

/// What stands in the way of an image on a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Misfit {
    Os,
    Architecture,
    Build,
    Handler,
}

/// All images of a workload on one group.
#[derive(Clone, Debug, Default)]
struct OnGroup {
    fits: Option<bool>,
    misfit: Option<Misfit>,
    /// The images that do not run there, with their versions.
    images: Vec<String>,
    judged: Vec<(usize, Judgement)>,
    /// True if one of them would run in Hyper-V isolation, were that all that counts.
    older: bool,
}

impl<'a> Question<'a> {
    /// True if images of this workload have to be read: it can land on Windows nodes, or says that it is for them, or lands nowhere
    /// because they are tainted.
    pub fn concerns(&self, workload: &Workload) -> bool {
        let is_for_windows = workload.os.as_deref() == Some("windows");
        let placement =
            self.class_of(workload).map_or(Ok(workload.placement.clone()), |class| workload.placement.clone().with_class(class));
        // A pod that is refused is refused whatever it is for.
        let Ok(placement) = placement else { return is_for_windows };
        let lands = landing(&placement, self.nodes);
        let is_windows = |node: &usize| self.nodes.nodes.get(*node).is_some_and(|node| node.host.is_some());
        let is_kept_away = || {
            let mut windows = self.nodes.nodes.iter().filter(|node| node.host.is_some());
            lands.is_empty() && windows.any(|node| placement.selects(&node.name, &node.node.labels))
        };
        is_for_windows || lands.iter().any(is_windows) || is_kept_away()
    }

    fn class_of(&self, workload: &Workload) -> Option<&'a RuntimeClass> {
        self.classes.as_ref()?.get(workload.class.as_deref()?)
    }

    /// The answer about a workload.
    pub fn answer(&self, workload: &'a Workload) -> Answer<'a> {
        let groups: Vec<OnGroup> = self.nodes.groups.iter().map(|group| self.on_group(workload, group)).collect();
        let fits: Vec<Option<bool>> = groups.iter().map(|group| group.fits).collect();
        let mut answer = Answer {
            workload,
            ok: Some(false),
            lands: Vec::new(),
            elsewhere: Vec::new(),
            findings: Vec::new(),
            judged: Vec::new(),
            steer: None,
        };
        let mut says = Says { question: self, workload, groups: &groups, found: Vec::new(), steer: None };
        let class = self.class_of(workload);
        if let (Some(name), Some(_), None) = (&workload.class, self.classes, class) {
            says.say(Code::RuntimeClassMissing, &[("class", quoted(name))]);
            answer.findings = says.found;
            return answer;
        }
        let placement = match class.map_or(Ok(workload.placement.clone()), |class| workload.placement.clone().with_class(class)) {
            Ok(placement) => placement,
            Err(conflict) => {
                let class = quoted(workload.class.as_deref().unwrap_or_default());
                let values = format!("{}={} and {}", conflict.key, conflict.own, conflict.of_class);
                says.say(Code::RuntimeClassConflicts, &[("class", class), ("conflict", shown(&values).into())]);
                answer.findings = says.found;
                return answer;
            }
        };
        answer.lands = self.shares(&landing(&placement, self.nodes), &fits);
        answer.elsewhere = (0..groups.len())
            .filter(|group| fits.get(*group) == Some(&Some(true)) && !answer.lands.iter().any(|share| share.group == *group))
            .collect();
        if workload.placement.node_name.is_none() {
            says.steer = Steer::of(&workload.placement, class, self.nodes, &fits);
        }
        answer.ok = says.placement(&answer, &placement);
        if answer.ok == Some(true) && workload.class.is_some() && self.classes.is_none() {
            // What its class adds is not known: fewer nodes that all fit, or a handler that they do not have.
            answer.ok = None;
        }
        says.others(&answer);
        answer.steer = says.steer.take().filter(|_| answer.ok == Some(false));
        answer.findings = says.found;
        for share in &answer.lands {
            let judged = groups.get(share.group).map(|group| group.judged.clone()).unwrap_or_default();
            answer.judged.extend(judged.into_iter().map(|(image, judgement)| (image, share.group, judgement)));
        }
        answer.judged.sort_by_key(|(image, group, _)| (*image, *group));
        if answer.findings.iter().any(|said| said.severity != Severity::Error && self.policy.denies(said.code, said.severity)) {
            answer.ok = Some(false);
            for said in answer.findings.iter_mut().filter(|said| self.policy.denies(said.code, said.severity)) {
                said.severity = Severity::Error;
            }
        }
        answer.findings.sort_by_key(|said| std::cmp::Reverse(said.severity));
        answer
    }

    fn shares(&self, lands: &[usize], fits: &[Option<bool>]) -> Vec<Share> {
        let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
        for group in lands.iter().filter_map(|node| self.nodes.group_of.get(*node)) {
            *numbers.entry(*group).or_default() += 1;
        }
        let share = |(group, nodes)| Share { group, nodes, fits: fits.get(group).copied().flatten() };
        numbers.into_iter().map(share).collect()
    }

    fn on_group(&self, workload: &Workload, group: &Group) -> OnGroup {
        let mut all = OnGroup { fits: Some(true), ..OnGroup::default() };
        for (number, image_of) in workload.images.iter().enumerate() {
            let Some(Ok(image)) = self.images.get(&image_of.reference) else {
                all.fits = all.fits.filter(|fits| !fits);
                continue;
            };
            let (fits, misfit) = match &group.host {
                Some(host) => {
                    let wish = if image_of.host_process { Wish::HostProcess } else { self.policy.wish };
                    let judgement = judge(self.knowledge, host, image, &Policy { wish, ..self.policy.clone() });
                    let of_chosen = judgement.chosen.and_then(|chosen| image.candidates.get(chosen));
                    let is_other = of_chosen.is_some_and(|candidate| candidate.architecture != host.architecture.as_str());
                    let misfit = match of_chosen {
                        None => Misfit::Os,
                        Some(_) if is_other => Misfit::Architecture,
                        Some(_) => Misfit::Build,
                    };
                    // Nothing in a node tells whether Hyper-V is there: older builds than the node's are what it is for.
                    let version = of_chosen.and_then(|candidate| candidate.os_version()).map(|(version, _)| version);
                    all.older |= misfit == Misfit::Build && version.is_some_and(|version| version.build < host.os_version.build);
                    let ok = judgement.ok;
                    all.judged.push((number, judgement));
                    (ok, misfit)
                }
                None => {
                    let of_system = |platform: &&String| platform.split('/').next() == Some(group.os.as_str());
                    let of_both = |platform: &String| {
                        let mut parts = platform.split('/').skip(1);
                        parts.next() == Some(group.architecture.as_str())
                    };
                    let mut own = image.other_platforms.iter().filter(of_system).peekable();
                    let misfit = if own.peek().is_some() { Misfit::Architecture } else { Misfit::Os };
                    (Some(own.any(of_both)), misfit)
                }
            };
            if fits == Some(false) {
                all.fits = Some(false);
                all.misfit = all.misfit.or(Some(misfit));
                all.images.push(described(image, all.judged.last().and_then(|(_, judgement)| judgement.chosen)));
            } else if fits.is_none() {
                all.fits = all.fits.filter(|fits| !fits);
            }
        }
        if let (Some(class), Some(handlers)) = (self.class_of(workload), &group.handlers)
            && !handlers.contains(&class.handler)
            && group.host.is_some()
        {
            all.misfit = all.misfit.or(Some(Misfit::Handler));
            all.fits = Some(false);
        }
        all
    }
}

/// An image and the Windows that it is built for, e.g. `app:1 (10.0.20348.2402)`.
fn described(image: &Image, chosen: Option<usize>) -> String {
    let version = chosen.and_then(|chosen| image.candidates.get(chosen)?.os_version());
    let built_for = match version {
        Some((version, _)) => version.to_string(),
        None if image.candidates.is_empty() => image.other_platforms.first().cloned().unwrap_or_else(|| "no platform".to_owned()),
        None => image
            .candidates
            .first()
            .and_then(|candidate| candidate.os_version())
            .map_or("windows".to_owned(), |(version, _)| version.to_string()),
    };
    shown(&format!("{} ({built_for})", image.reference))
}

fn quoted(text: &str) -> Advice {
    crate::text::quoted(text).into()
}

/// The findings of one workload.
struct Says<'q, 'a> {
    question: &'q Question<'a>,
    workload: &'a Workload,
    groups: &'q [OnGroup],
    found: Vec<Said>,
    steer: Option<Steer>,
}

impl Says<'_, '_> {
    fn say(&mut self, code: Code, values: &[(&'static str, Advice)]) {
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

    /// What leads the pods to nodes that fit.
    fn steering(&self) -> Advice {
        match &self.steer {
            None => "no label tells the nodes that fit from the others: label them, and select that label".into(),
            Some(steer) => {
                let tolerations: Vec<String> = steer
                    .tolerations
                    .iter()
                    .map(|toleration| format!(", and tolerate {}={}:{}", toleration.key, toleration.value, toleration.effect))
                    .collect();
                let words = format!("select {}{}; ", steer.words(), tolerations.concat());
                Advice::from(words) + Command::ClusterPatch(self.workload.path()) + " writes the change"
            }
        }
    }

    /// What is wrong with the nodes that the pods can land on; true if nothing is.
    fn placement(&mut self, answer: &Answer<'_>, placement: &Placement) -> Option<bool> {
        let nodes = self.question.nodes;
        let is_daemon = self.workload.kind == "DaemonSet";
        let unknown = self.groups.iter().any(|group| group.fits.is_none());
        let elsewhere = answer.elsewhere.clone();
        let misfits: Vec<usize> =
            answer.lands.iter().filter(|share| share.fits == Some(false)).map(|share| share.group).collect();
        let fitting: Vec<usize> = answer.lands.iter().filter(|share| share.fits == Some(true)).map(|share| share.group).collect();
        if answer.lands.is_empty() && is_daemon {
            // It has no pods here.
            return Some(true);
        }
        if fitting.is_empty() && !answer.lands.iter().any(|share| share.fits.is_none()) {
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
            } else if unknown {
                // Elsewhere they may run. Where the pods land they do not, which the judgements of the images say.
                return if misfits.is_empty() { None } else { Some(false) };
            } else {
                let all: Vec<usize> = (0..self.groups.len()).collect();
                let windows: Vec<usize> = all
                    .iter()
                    .copied()
                    .filter(|group| nodes.groups.get(*group).is_some_and(|group| group.host.is_some()))
                    .collect();
                let images = self.images(if windows.is_empty() { all } else { windows.clone() });
                let named = if windows.is_empty() { "no Windows node is there".into() } else { self.titles(windows) };
                let lacks_handler = self.groups.iter().any(|group| group.misfit == Some(Misfit::Handler));
                if !lacks_handler {
                    self.say(Code::NoNodeFits, &[("images", images), ("nodes", named)]);
                }
            }
            self.handler(&misfits);
            return Some(false);
        }
        let of = |misfit: Misfit| -> Vec<usize> {
            misfits
                .iter()
                .copied()
                .filter(|group| self.groups.get(*group).is_some_and(|group| group.misfit == Some(misfit)))
                .collect()
        };
        let parts = [(Misfit::Os, Code::SelectorMissingOs), (Misfit::Architecture, Code::SelectorMissingArch)];
        let build = if is_daemon { Code::DaemonsetMissesNodes } else { Code::SomeNodesFit };
        let parts: Vec<(Vec<usize>, Code)> =
            parts.into_iter().chain([(Misfit::Build, build)]).map(|(misfit, code)| (of(misfit), code)).collect();
        for (groups, code) in parts.into_iter().filter(|(groups, _)| !groups.is_empty()) {
            let values = [
                ("misfits", self.titles(groups.iter().copied())),
                ("images", self.images(groups)),
                ("fits", self.titles(fitting.iter().copied())),
                ("steer", self.steering()),
            ];
            self.say(code, &values);
        }
        self.handler(&misfits);
        match (misfits.is_empty(), answer.lands.iter().any(|share| share.fits.is_none())) {
            (false, _) => Some(false),
            (true, true) => None,
            (true, false) => Some(true),
        }
    }

    /// The advice about a taint: a toleration where it only tells Windows from others.
    fn tolerating(&self) -> Advice {
        match &self.steer {
            Some(steer) if !steer.tolerations.is_empty() => self.steering(),
            _ => "tolerate it if these nodes are meant for this pod, or add nodes without it".into(),
        }
    }

    fn handler(&mut self, misfits: &[usize]) {
        let lacking: Vec<usize> = misfits
            .iter()
            .copied()
            .filter(|group| self.groups.get(*group).is_some_and(|group| group.misfit == Some(Misfit::Handler)))
            .collect();
        let class = self.question.class_of(self.workload);
        if let (false, Some(class)) = (lacking.is_empty(), class) {
            let values = [
                ("misfits", self.titles(lacking)),
                ("handler", quoted(&class.handler)),
                ("class", quoted(self.workload.class.as_deref().unwrap_or_default())),
                ("steer", self.steering()),
            ];
            self.say(Code::HandlerMissing, &values);
        }
    }

    /// What else is known of the workload.
    fn others(&mut self, answer: &Answer<'_>) {
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

    fn retiring(&mut self, answer: &Answer<'_>) {
        let fitting: Vec<usize> = (0..self.groups.len())
            .filter(|group| self.groups.get(*group).is_some_and(|group| group.fits == Some(true)))
            .collect();
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

/// True for a reference by the digest of one Windows manifest.
fn is_pinned(reference: &str, image: &Image) -> bool {
    let [only] = image.candidates.as_slice() else { return false };
    reference.contains("@sha256:") && only.size.is_none() && (only.digest.is_none() || only.digest == image.digest)
}
