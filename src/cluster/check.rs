//! The check: the nodes that each workload can land on, and those where all of its images run.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::nodes::WINDOWS;
use super::says::{Says, quoted};
use super::steer::{landing, merged};
use super::{Classes, Group, ImageOf, Nodes, Steer, Workload};
use crate::compat::{Code, Finding, Judgement, Policy, Severity, Verdict, Wish, judge};
use crate::host::placement::Placement;
use crate::host::pod::{self, RuntimeClass};
use crate::host::{Availability, Host, Spec, parse};
use crate::image::Image;
use crate::knowledge::Knowledge;
use crate::text::shown;
use crate::{Advice, Architecture, Error, Kind};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The number of the group.
    pub group: usize,
    /// The number of its nodes among these.
    pub nodes: usize,
    /// The names of these, where they are a few.
    pub names: Vec<String>,
    /// True if all images run there; `None` if that is not known.
    pub fits: Option<bool>,
}

/// The most nodes of a group that are named.
const NAMED: usize = 3;

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
pub(super) enum Misfit {
    /// The pod says that it is for another operating system.
    PodOs,
    Os,
    Architecture,
    Build,
    /// The engine does not start an image that fits.
    Engine,
    Handler,
}

/// All images of a workload on one group.
#[derive(Clone, Debug, Default)]
pub(super) struct OnGroup {
    pub(super) fits: Option<bool>,
    /// The same of the images alone, whatever the pod says that it is for.
    pub(super) of_images: Option<bool>,
    pub(super) misfit: Option<Misfit>,
    /// The images that do not run there, with their versions.
    pub(super) images: Vec<String>,
    pub(super) judged: Vec<(usize, Judgement)>,
    /// The images that run there, and that the policy does not allow.
    pub(super) denied: Vec<(usize, Judgement)>,
    /// True if one that does not run would do so in Hyper-V isolation, were that all that counts.
    pub(super) older: bool,
}

impl<'a> Question<'a> {
    /// True if images of this workload have to be read: it can land on Windows nodes, or says that it is for them, or lands nowhere
    /// because they are tainted.
    pub fn concerns(&self, workload: &Workload) -> bool {
        let is_for_windows = workload.os.as_deref() == Some("windows");
        // A pod that is refused is refused whatever it is for.
        let Ok(placement) = merged(&workload.placement, self.class_of(workload)) else { return is_for_windows };
        let is_for_windows = is_for_windows || (workload.os.is_none() && pod::os_of(&placement).as_deref() == Some("windows"));
        let nodes = self.seen_by(workload);
        let windows = || nodes.nodes.iter().filter(|node| node.is_windows());
        let lands_nowhere = || !nodes.nodes.iter().any(|node| placement.allows(&node.name, &node.node));
        let is_kept_away = || windows().any(|node| placement.selects(&node.name, &node.node.labels)) && lands_nowhere();
        is_for_windows || windows().any(|node| placement.allows(&node.name, &node.node)) || is_kept_away()
    }

    /// True if its pods can land on a Windows node.
    pub fn can_land_on_windows(&self, workload: &Workload) -> bool {
        let Ok(placement) = merged(&workload.placement, self.class_of(workload)) else { return false };
        let nodes = self.seen_by(workload);
        nodes.nodes.iter().any(|node| node.host.is_some() && placement.allows(&node.name, &node.node))
    }

    /// The nodes as this workload tells them apart.
    pub(super) fn seen_by(&self, workload: &Workload) -> Arc<Nodes> {
        self.nodes.seen_by(&workload.placement, self.class_of(workload))
    }

    /// The RuntimeClass that it names, if it is known.
    pub(super) fn class_of(&self, workload: &Workload) -> Option<&'a RuntimeClass> {
        self.classes.as_ref()?.get(workload.class.as_deref()?)
    }

    /// The answer about a workload.
    pub fn answer<'w>(&self, workload: &'w Workload) -> Answer<'w> {
        let nodes = self.seen_by(workload);
        let mut answer = Question { nodes: &nodes, ..*self }.answer_of_view(workload);
        if workload.kind == "Pod"
            && answer.lands.iter().any(|share| share.fits == Some(false))
            && let Some((findings, steer)) = self.of_unbound(workload)
        {
            (answer.findings, answer.steer) = (findings, steer);
        }
        answer
    }

    /// The same where the nodes are already [as it tells them apart](Self::seen_by).
    pub(super) fn answer_of_view<'w>(&self, workload: &'w Workload) -> Answer<'w> {
        self.answer_as(workload, false)
    }

    /// True if a release of Windows runs all images of a workload, or may.
    pub(super) fn has_fitting_release(&self, workload: &Workload) -> bool {
        let servers = self.knowledge.releases.iter().filter(|release| release.kind == Kind::Server);
        let hosts = servers.flat_map(|release| {
            let host = match parse(&release.id, self.knowledge, self.policy.today) {
                Ok(Spec::Hosts(hosts)) => hosts.into_iter().next(),
                _ => None,
            };
            // As for every node: it is not known whether Hyper-V is there.
            let (containers, hyperv) = (Availability::Available, Availability::Unknown);
            let of =
                |architecture: &Architecture| Some(Host { architecture: *architecture, containers, hyperv, ..host.clone()? });
            release.architectures.iter().filter_map(of).collect::<Vec<_>>()
        });
        let mut groups = hosts.map(Group::of_host);
        groups.any(|group| self.on_group(workload, &group).fits != Some(false))
    }

    /// What is found of a bound pod as if it were not bound, and what leads it where it runs: a scheduler wrote the name of its node, and what it
    /// asks for besides led it there. `None` where that would not lead it there, or where it then runs.
    fn of_unbound(&self, workload: &Workload) -> Option<(Vec<Said>, Option<Steer>)> {
        let mut free = workload.clone();
        let name = free.placement.node_name.take()?;
        let number = self.nodes.nodes.binary_search_by(|node| node.name.cmp(&name)).ok()?;
        let bound = self.nodes.nodes.get(number)?;
        let placement = merged(&free.placement, self.class_of(&free)).ok()?;
        let nodes = self.seen_by(&free);
        let answer = Question { nodes: &nodes, ..*self }.answer_as(&free, true);
        let leads = answer.ok == Some(false) && placement.allows(&bound.name, &bound.node);
        leads.then_some((answer.findings, answer.steer))
    }

    /// The answer of a view; `was_bound` for a pod of which the node's name was taken away.
    fn answer_as<'w>(&self, workload: &'w Workload, was_bound: bool) -> Answer<'w> {
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
        let mut says =
            Says { question: self, workload, groups: &groups, landed: Vec::new(), found: Vec::new(), steer: None, was_bound };
        let class = self.class_of(workload);
        if let (Some(name), Some(_), None) = (&workload.class, self.classes, class) {
            says.say(Code::RuntimeClassMissing, &[("class", quoted(name))]);
            answer.findings = says.found;
            return answer;
        }
        let placement = match merged(&workload.placement, class) {
            Ok(placement) => placement,
            Err(conflict) => {
                let class = quoted(workload.class.as_deref().unwrap_or_default());
                let values = format!("{}={} and {}", conflict.key, conflict.own, conflict.of_class);
                says.say(Code::RuntimeClassConflicts, &[("class", class), ("conflict", shown(&values).into())]);
                answer.findings = says.found;
                return answer;
            }
        };
        answer.lands = self.shares(&placement, &fits);
        answer.elsewhere = (0..groups.len())
            .filter(|group| fits.get(*group) == Some(&Some(true)) && !answer.lands.iter().any(|share| share.group == *group))
            .collect();
        says.landed = answer.lands.iter().map(|share| share.group).collect();
        let lands_right = !answer.lands.is_empty() && answer.lands.iter().all(|share| share.fits == Some(true));
        if workload.placement.node_name.is_none() && !lands_right {
            says.steer = Steer::of(&workload.placement, class, self.nodes, &fits);
        }
        answer.ok = says.placement(&answer, &placement);
        if answer.ok == Some(true) && workload.class.is_some() && self.classes.is_none() {
            // What its class adds is not known: fewer nodes that all fit, or a handler that they do not have.
            answer.ok = None;
        }
        says.others(&answer);
        answer.steer = says.steer.take().filter(|_| answer.ok == Some(false));
        for share in &answer.lands {
            let judged = groups.get(share.group).map(|group| group.judged.clone()).unwrap_or_default();
            answer.judged.extend(judged.into_iter().map(|(image, judgement)| (image, share.group, judgement)));
        }
        answer.judged.sort_by_key(|(image, group, _)| (*image, *group));
        // What is denied changes no node that a pod can land on, so it comes after what is said of those.
        let landed: Vec<usize> = answer.lands.iter().filter(|share| share.fits != Some(false)).map(|share| share.group).collect();
        let denied = says.denied(&landed);
        if !denied.is_empty() {
            answer.ok = Some(false);
        }
        answer.findings = says.found;
        answer.findings.extend(denied);
        if answer.findings.iter().any(|said| said.severity != Severity::Error && self.policy.denies(said.code, said.severity)) {
            answer.ok = Some(false);
            for said in answer.findings.iter_mut().filter(|said| self.policy.denies(said.code, said.severity)) {
                said.severity = Severity::Error;
            }
        }
        answer.findings.sort_by_key(|said| std::cmp::Reverse(said.severity));
        answer
    }

    /// The groups that a pod with this placement can land on; `fits` says of each group of nodes whether all images run there.
    fn shares(&self, placement: &Placement, fits: &[Option<bool>]) -> Vec<Share> {
        let all = self.nodes;
        let mut parts: BTreeMap<usize, (usize, Vec<String>)> = BTreeMap::new();
        for number in landing(placement, all) {
            let (group, count) = (all.group_of.get(number), all.counts.get(number));
            if let (Some(group), Some(count), Some(node)) = (group, count, all.nodes.get(number)) {
                let (nodes, names) = parts.entry(*group).or_default();
                *nodes += count;
                if names.len() <= NAMED {
                    names.push(node.name.clone());
                }
            }
        }
        let share = |(group, (nodes, names)): (usize, (usize, Vec<String>))| {
            let lands = self.nodes.groups.get(group).is_some_and(|group| placement.surely_bears(&group.taints));
            // Where it is not known that pods land, they may not be in the wrong place.
            let fits = fits.get(group).copied().flatten().filter(|fits| *fits || lands);
            // A node of a view can stand for others.
            let names = if nodes <= NAMED && names.len() == nodes { names } else { Vec::new() };
            Share { group, nodes, names, fits }
        };
        parts.into_iter().map(share).collect()
    }

    /// The judgement of an image of a workload on a host: whether it runs there, whatever is denied.
    pub fn judged(&self, image_of: &ImageOf, image: &Image, host: &Host) -> Judgement {
        let policy =
            Policy { deny: Vec::new(), deny_warnings: false, untrusted: false, production: false, ..self.policy_for(image_of) };
        judge(self.knowledge, host, image, &policy)
    }

    /// The judgement of an image that runs on a host, or may run there, and that the policy does not allow.
    fn denied(&self, image_of: &ImageOf, image: &Image, host: &Host, judged: &Judgement) -> Option<Judgement> {
        let policy = self.policy_for(image_of);
        let allows_all = policy.deny.is_empty() && !(policy.deny_warnings || policy.untrusted || policy.production);
        if allows_all || judged.ok == Some(false) {
            return None;
        }
        let mut judgement = judge(self.knowledge, host, image, &policy);
        judgement.findings.retain(|finding| finding.severity == Severity::Error && self.is_of_policy(finding, judged));
        (judgement.ok == Some(false)).then_some(judgement)
    }

    /// True for a finding that is an error because of the policy alone; `judged` is the judgement without it.
    fn is_of_policy(&self, finding: &Finding, judged: &Judgement) -> bool {
        let is_excluded = matches!(finding.code, Code::ProcessNotForUntrusted | Code::ProcessNotForProduction);
        let denies = |own: &Finding| own.code == finding.code && self.policy.denies(own.code, own.severity);
        is_excluded || judged.findings.iter().any(denies)
    }

    /// The policy by which an image of a workload is judged.
    pub(super) fn policy_for(&self, image_of: &ImageOf) -> Policy {
        let wish = if image_of.host_process { Wish::HostProcess } else { self.policy.wish };
        Policy { wish, ..self.policy.clone() }
    }

    /// All images of a workload on a group.
    pub(super) fn on_group(&self, workload: &Workload, group: &Group) -> OnGroup {
        let mut all = OnGroup { fits: Some(true), ..OnGroup::default() };
        for (number, image_of) in workload.images.iter().enumerate() {
            let Some(Ok(image)) = self.images.get(&image_of.reference) else {
                all.fits = all.fits.filter(|fits| !fits);
                continue;
            };
            let (fits, misfit) = match &group.host {
                Some(host) => {
                    let judgement = self.judged(image_of, image, host);
                    let (misfit, is_older) = on_windows(&judgement, image, host);
                    let ok = judgement.ok;
                    all.older |= is_older && ok != Some(true);
                    all.denied.extend(self.denied(image_of, image, host, &judgement).map(|denied| (number, denied)));
                    all.judged.push((number, judgement));
                    (ok, misfit)
                }
                None => on_other(image, group),
            };
            if fits == Some(false) {
                all.fits = Some(false);
                // Another engine helps only where nothing else is wrong.
                if matches!(all.misfit, None | Some(Misfit::Engine)) {
                    all.misfit = Some(misfit);
                }
                let judgement = all.judged.last().map(|(_, judgement)| judgement);
                let words = described(image, judgement.and_then(|judgement| judgement.chosen), self.nodes);
                let is_refused = |judgement: &Judgement| judgement.findings.iter().any(|one| one.code == Code::EngineRefuses);
                let engine = group.host.as_ref().and_then(|host| host.engine.as_ref());
                let containerd = match engine.and_then(|engine| engine.runtime.as_deref()) {
                    Some(version) => format!("containerd {}", shown(version)),
                    None => "containerd in its version".to_owned(),
                };
                all.images.push(match judgement.is_some_and(is_refused) {
                    true => format!("{words}, which {containerd} there does not pull"),
                    false => words,
                });
            } else if fits.is_none() {
                all.fits = all.fits.filter(|fits| !fits);
            }
        }
        all.of_images = all.fits;
        if workload.os.as_ref().is_some_and(|os| *os != group.os) && !group.os.is_empty() {
            all.misfit = Some(Misfit::PodOs);
            all.fits = Some(false);
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

/// What prevents an image from running on this Windows, if something does. True if the image is of an older build: Hyper-V isolation is for such
/// images, and nodes do not say whether they have it.
fn on_windows(judgement: &Judgement, image: &Image, host: &Host) -> (Misfit, bool) {
    let of_chosen = judgement.chosen.and_then(|chosen| image.candidates.get(chosen));
    let is_other = of_chosen.is_some_and(|candidate| candidate.architecture != host.architecture.as_str());
    let misfit = match of_chosen {
        None => Misfit::Os,
        Some(_) if is_other => Misfit::Architecture,
        Some(_) if by_engine(judgement).is_some() => Misfit::Engine,
        Some(_) => Misfit::Build,
    };
    let version = of_chosen.and_then(|candidate| candidate.os_version()).map(|(version, _)| version);
    (misfit, misfit == Misfit::Build && version.is_some_and(|version| version.build < host.os_version.build))
}

/// True if an image has the platform of these nodes, of which no Windows is known; else what it lacks. `None` where the nodes do not say which
/// system, version of Windows and processor they have, as those whose kubelet has not started.
fn on_other(image: &Image, group: &Group) -> (Option<bool>, Misfit) {
    if group.os == WINDOWS {
        return (image.candidates.is_empty().then_some(false), Misfit::Os);
    }
    let of_system = |platform: &&String| platform.split('/').next() == Some(group.os.as_str());
    let of_both = |platform: &String| platform.split('/').nth(1) == Some(group.architecture.as_str());
    let mut own = image.other_platforms.iter().filter(of_system).peekable();
    let is_of_system = own.peek().is_some();
    let misfit = if is_of_system { Misfit::Architecture } else { Misfit::Os };
    let is_known = !(group.os.is_empty() || is_of_system && group.architecture.is_empty());
    (is_known.then(|| own.any(of_both)), misfit)
}

/// The finding that says that the engine does not start an image which fits the node.
pub(super) fn by_engine(judgement: &Judgement) -> Option<&Finding> {
    let is_of_engine = |code: Code| match code {
        Code::EngineRefuses | Code::EngineTakesAnother | Code::EngineMayRefuse | Code::EngineWithoutHostProcess => true,
        // An image of another build would not run there either.
        Code::HostTooOldForDocker => judgement.verdict == Verdict::Process,
        _ => false,
    };
    judgement.findings.iter().find(|finding| finding.severity == Severity::Error && is_of_engine(finding.code))
}

/// An image and the Windows that it is built for, e.g. `app:1 (10.0.20348.2402)`; with its processor where Windows nodes have another one, e.g.
/// `app:1 (10.0.26100.1742, arm64)`.
pub(super) fn described(image: &Image, chosen: Option<usize>, nodes: &Nodes) -> String {
    let candidate = chosen.and_then(|chosen| image.candidates.get(chosen));
    let version = candidate.and_then(|candidate| candidate.os_version());
    let built_for = match version {
        Some((version, _)) => version.to_string(),
        None if image.candidates.is_empty() => image.other_platforms.first().cloned().unwrap_or_else(|| "no platform".to_owned()),
        None => image
            .candidates
            .first()
            .and_then(|candidate| candidate.os_version())
            .map_or("windows".to_owned(), |(version, _)| version.to_string()),
    };
    let is_other = |own: &&str| nodes.groups.iter().any(|group| group.host.is_some() && group.architecture != *own);
    let own = candidate.map(|candidate| candidate.architecture.as_str()).filter(|own| !own.is_empty());
    let processor = own.filter(is_other).map(|own| format!(", {own}")).unwrap_or_default();
    shown(&format!("{} ({built_for}{processor})", image.reference))
}
