//! The findings of one workload, with what leads its pods to nodes that fit.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::check::{Answer, Misfit, OnGroup, Question, Said, by_engine, described};
use super::{Steer, Workload};
use crate::Advice;
use crate::advice::{Command, Remedy};
use crate::compat::{Code, Finding, Judgement, Severity, Subject, either, starts_nothing};
use crate::host::OS_LABELS;
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
    /// The groups that its pods can land on.
    pub(super) landed: Vec<usize>,
    pub(super) found: Vec<Said>,
    pub(super) steer: Option<Steer>,
    /// True for a pod that is bound to a node already, and that is asked about as if it were not.
    pub(super) was_bound: bool,
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

    /// The images that do not run on these groups; all of the pod where it is not they that do not.
    fn images(&self, groups: impl IntoIterator<Item = usize>) -> Advice {
        let mut images: Vec<&str> = Vec::new();
        for image in groups.into_iter().filter_map(|group| self.groups.get(group)).flat_map(|group| &group.images) {
            if !images.contains(&image.as_str()) {
                images.push(image);
            }
        }
        if !images.is_empty() {
            return images.join(", ").into();
        }
        let mut all: Vec<String> = Vec::new();
        for image_of in &self.workload.images {
            let image = match self.question.images.get(&image_of.reference) {
                Some(Ok(image)) => described(image, None, self.question.nodes),
                _ => shown(&image_of.reference),
            };
            if !all.contains(&image) {
                all.push(image);
            }
        }
        all.join(", ").into()
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
                let unnamed = if self.was_bound { ", and name no node there" } else { "" };
                let sentence = steer.sentence();
                format!("{sentence}. Set it in the manifest that creates the {kind}{unnamed}; a {kind} that exists cannot change")
                    .into()
            }
            Some(steer) if self.workload.has_plain_names() => {
                Advice::from(steer.sentence()) + "; " + Command::ClusterPatch(self.workload.path()) + " writes the change"
            }
            Some(steer) => steer.sentence().into(),
            None if self.fitting().is_empty() => {
                let is_open = |group: &usize| self.groups.get(*group).is_some_and(|on| on.fits.is_none());
                let open: Vec<usize> = (0..self.groups.len()).filter(is_open).collect();
                if open.is_empty() {
                    return "let nodes that the images fit have what the pod asks for, and select labels of these".into();
                }
                let which = self.titles(open);
                return Advice::from("find out whether the images run on ") + which + ", and select labels of nodes that fit";
            }
            None if self.workload.kind == "Pod" && self.workload.placement.node_name.is_some() => {
                let labels = Advice::from("select labels of nodes that fit: ") + self.titles(self.fitting());
                match self.workload.owner {
                    Some(_) => labels,
                    None => labels + ", where the pod is made, name no node there, and make it again",
                }
            }
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

    /// The images of which a judgement on these groups has such a finding: each with the groups, what is said, and what to do.
    fn refused(&self, among: &[usize], of: fn(&Judgement) -> Option<&Finding>) -> Vec<Refused> {
        self.of_images(among, |group| {
            group.judged.iter().filter_map(|(place, judgement)| Some((*place, judgement, of(judgement)?))).collect()
        })
    }

    /// The findings about images that run on these groups, and that the policy does not allow.
    pub(super) fn denied(&self, among: &[usize]) -> Vec<Said> {
        let denied = self.of_images(among, |group| {
            let denied = group.denied.iter();
            denied
                .flat_map(|(place, judgement)| judgement.findings.iter().map(move |finding| (*place, judgement, finding)))
                .collect()
        });
        denied.into_iter().map(|one| self.said(one, "")).collect()
    }

    /// Findings of images on these groups; those with the same sentence about an image are one.
    fn of_images<'g>(
        &'g self,
        among: &[usize],
        found: impl Fn(&'g OnGroup) -> Vec<(usize, &'g Judgement, &'g Finding)>,
    ) -> Vec<Refused> {
        let question = self.question;
        let mut refused: Vec<Refused> = Vec::new();
        let build = |group: &usize| Some(question.nodes.groups.get(*group)?.host.as_ref()?.os_version.build);
        let builds: BTreeSet<u32> = self.landed.iter().chain(among).filter_map(build).collect();
        // The digest of an entry names one build, and the pods can land on others.
        let is_meant = |advice: &Advice| builds.len() < 2 || !names_an_entry(advice);
        for number in among {
            let host = question.nodes.groups.get(*number).and_then(|group| group.host.as_ref());
            let (Some(host), Some(group)) = (host, self.groups.get(*number)) else { continue };
            for (place, judgement, finding) in found(group) {
                let Some(image_of) = self.workload.images.get(place) else { continue };
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
                let message = finding.message(&subject);
                let ways: Vec<Advice> = finding.alternatives(&subject).into_iter().filter(is_meant).collect();
                let help = either(ways.iter().cloned());
                match refused.iter_mut().find(|one| one.reference == reference && one.message == message) {
                    Some(one) if one.groups.contains(number) => {}
                    Some(one) => one.groups.push(*number),
                    None => refused.push(Refused { code: finding.code, reference, groups: vec![*number], message, help, ways }),
                }
            }
        }
        refused
    }

    /// Such a finding at the workload; behind what to do about it stands what else has to be done.
    fn said(&self, one: Refused, besides: &str) -> Said {
        let message = Advice::from(one.reference) + " on " + self.titles(one.groups) + ": " + one.message;
        Said { code: one.code, severity: Severity::Error, message, help: one.help + besides }
    }

    /// Says what the engine on these groups does not start; behind what to do about it stands what else has to be done.
    fn engine(&mut self, among: &[usize], besides: &str) {
        self.judgements(among, by_engine, besides);
    }

    /// Says what such findings of the images on these groups say.
    fn judgements(&mut self, among: &[usize], of: fn(&Judgement) -> Option<&Finding>, besides: &str) {
        let said: Vec<Said> = self.refused(among, of).into_iter().map(|one| self.said(one, besides)).collect();
        self.found.extend(said);
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
            let values = [("os", self.meant_for()), ("misfits", self.titles(of_other_os)), ("steer", self.correcting())];
            self.say(Code::PodOsDiffers, &values);
            if fitting.is_empty() {
                return Some(false);
            }
        }
        if fitting.is_empty() && !is_open {
            return self.nowhere(answer, placement, &misfits);
        }
        self.in_part(&misfits, &fitting);
        self.handler(&misfits);
        match (misfits.is_empty(), is_open) {
            (false, _) => Some(false),
            (true, true) => None,
            (true, false) => Some(true),
        }
    }

    /// The system that the pod is for, and how that is known.
    fn meant_for(&self) -> Advice {
        let os = shown(self.workload.os.as_deref().unwrap_or_default());
        match (self.workload.says_os, self.workload.images.iter().any(|image| image.host_process)) {
            (true, _) => format!("says that it is for {os} (`spec.os.name`)").into(),
            (false, true) => format!("is for {os}, since it has HostProcess containers").into(),
            (false, false) => format!("asks for nodes with {os}").into(),
        }
    }

    /// What to do about a pod for another system than that of nodes it can land on.
    fn correcting(&self) -> Advice {
        if self.workload.says_os {
            return "correct `spec.os.name`, or the labels that the pod selects its nodes by".into();
        }
        match self.fitting().as_slice() {
            [] => format!("select {}: {}", OS_LABELS[0], shown(self.workload.os.as_deref().unwrap_or_default())).into(),
            _ => self.steering(),
        }
    }

    /// What is wrong where the pods land on these groups, and on none that fits; `None` where they land on none at all, and it is not known
    /// whether another would fit.
    fn nowhere(&mut self, answer: &Answer<'_>, placement: &Placement, misfits: &[usize]) -> Option<bool> {
        let elsewhere = answer.elsewhere.clone();
        // Nodes that are selected, and only their taints keep the pods away.
        let is_kept_away = |group: &usize| self.selects(*group, placement);
        let tainted: Vec<usize> = elsewhere.iter().copied().filter(is_kept_away).collect();
        let is_bound = self.workload.kind == "Pod" && self.workload.placement.node_name.is_some();
        if !tainted.is_empty() {
            let (taint, steer) = self.tainted(&tainted, placement);
            self.say(Code::TaintNotTolerated, &[("elsewhere", self.titles(tainted)), ("taint", taint), ("steer", steer)]);
        } else if !elsewhere.is_empty() && is_bound && !misfits.is_empty() {
            // Of what a scheduler has bound it is not known what led it there.
            let values = [
                ("misfits", self.titles(misfits.iter().copied())),
                ("images", self.images(misfits.iter().copied())),
                ("fits", self.titles(elsewhere)),
                ("steer", self.steering()),
            ];
            self.say(Code::SomeNodesFit, &values);
        } else if !elsewhere.is_empty() {
            let values = [("elsewhere", self.titles(elsewhere)), ("steer", self.steering())];
            self.say(Code::SelectorExcludesFitting, &values);
        } else if self.groups.iter().any(|group| group.fits.is_none()) {
            // Elsewhere they may run. Where the pods land they do not.
            self.in_part(misfits, &[]);
            self.handler(misfits);
            return if misfits.is_empty() { None } else { Some(false) };
        } else {
            self.no_node(misfits, placement);
        }
        self.handler(misfits);
        Some(false)
    }

    /// True if nodes of this group have what the pods ask for, whatever their taints.
    fn selects(&self, group: usize, placement: &Placement) -> bool {
        let nodes = self.question.nodes;
        let members = nodes.groups.get(group).map(|group| group.members.as_slice()).unwrap_or_default();
        let mut members = members.iter().filter_map(|node| nodes.nodes.get(*node));
        members.any(|node| placement.selects(&node.name, &node.node.labels))
    }

    /// What is wrong where no node of the cluster fits: the images, the engines, the handlers, or the system that the pod asks for.
    fn no_node(&mut self, misfits: &[usize], placement: &Placement) {
        let (nodes, policy) = (self.question.nodes, self.question.policy);
        let all: Vec<usize> = (0..self.groups.len()).collect();
        let by_engine = self.with_misfit(Misfit::Engine, &all);
        let without_handler = self.with_misfit(Misfit::Handler, &all);
        // Where the engine starts nothing, another image does not help.
        let starts = |group: &usize| {
            let host = nodes.groups.get(*group).and_then(|group| group.host.as_ref());
            host.is_some_and(|host| !starts_nothing(host, policy))
        };
        let is_of_images = |group: &usize| starts(group) && !without_handler.contains(group);
        let windows: Vec<usize> = all.iter().copied().filter(is_of_images).collect();
        let others: Vec<usize> = all.iter().copied().filter(|group| self.runs_as_another(*group, placement)).collect();
        if !by_engine.is_empty() {
            let landed: Vec<usize> = by_engine.iter().copied().filter(|group| misfits.contains(group)).collect();
            let among = if landed.is_empty() { by_engine } else { landed };
            let is_all = !misfits.is_empty() && misfits.iter().all(|group| among.contains(group));
            self.engine(&among, if is_all { "" } else { "; then let the pods select only these nodes" });
        } else if misfits.is_empty() && !without_handler.is_empty() {
            // It lands nowhere, and would find the handler nowhere.
            self.handler(&without_handler);
        } else if !others.is_empty() {
            let system = others.first().and_then(|group| nodes.groups.get(*group)).map(|group| group.os.clone());
            let system = shown(&system.unwrap_or_default());
            let field = if self.workload.says_os { ", and correct `spec.os.name`" } else { "" };
            let help = Advice::from(format!("select `{}: {system}`{field}; or ", OS_LABELS[0])) + self.using(&windows);
            self.say(Code::SelectorExcludesFitting, &[("elsewhere", self.titles(others)), ("steer", help)]);
        } else if without_handler.is_empty() || misfits.iter().any(is_of_images) {
            let help = self.using(&windows);
            let images = self.images(if windows.is_empty() { all } else { windows });
            self.say(Code::NoNodeFits, &[("images", images), ("steer", help)]);
        } else {
            // It lands on nodes of another system; those that the images fit lack the handler.
            self.in_part(misfits, &[]);
        }
    }

    /// True for nodes of another system than the pod asks for, where all of its images run.
    fn runs_as_another(&self, group: usize, placement: &Placement) -> bool {
        let is_other = self.question.nodes.groups.get(group).is_some_and(|group| group.host.is_none());
        let has_host_process = self.workload.images.iter().any(|image| image.host_process);
        let runs = self.groups.get(group).is_some_and(|on| on.misfit == Some(Misfit::PodOs) && on.of_images == Some(true));
        is_other && runs && !has_host_process && !self.selects(group, placement)
    }

    /// What to do where no node runs all images; these are the Windows of the cluster.
    fn using(&self, windows: &[usize]) -> Advice {
        let can_be_added = self.question.has_fitting_release(self.workload);
        if windows.is_empty() {
            return match can_be_added {
                true => "add nodes of a Windows that the images fit".into(),
                false => "use images that run on one Windows, and add nodes of it".into(),
            };
        }
        let processors = self.processors_needed(windows);
        let (images, nodes) = match processors.as_slice() {
            [] => (String::new(), "a Windows"),
            some => (format!(" for {}", some.join(" or ")), "a Windows and a processor"),
        };
        let fitting = Advice::from(format!("use images{images} that fit one of these: ")) + self.titles(windows.iter().copied());
        if can_be_added { fitting + format!("; or add nodes of {nodes} that the images fit") } else { fitting }
    }

    /// What is wrong on a part of the groups that the pods can land on, but for the handler. Where none is known to fit, nothing is said of nodes
    /// that do.
    fn in_part(&mut self, misfits: &[usize], fitting: &[usize]) {
        let is_daemon = self.workload.kind == "DaemonSet";
        let of = |misfit: Misfit| self.with_misfit(misfit, misfits);
        let (of_os, of_architecture) = (of(Misfit::Os), of(Misfit::Architecture));
        let (of_build, of_engine) = (of(Misfit::Build), of(Misfit::Engine));
        let is_somewhere = !fitting.is_empty();
        if !is_somewhere {
            self.judgements(&[&of_build[..], &of_engine[..]].concat(), by_itself, "");
        }
        // Other nodes are a way too, and not for a DaemonSet.
        let with_build = match (is_somewhere, is_daemon) {
            (false, _) => Vec::new(),
            (true, true) => of_build.clone(),
            (true, false) => [&of_build[..], &of_engine[..]].concat(),
        };
        let build = if is_daemon { Code::DaemonsetMissesNodes } else { Code::SomeNodesFit };
        let parts = [(of_os, Code::SelectorMissingOs), (of_architecture, Code::SelectorMissingArch), (with_build, build)];
        for (groups, code) in parts.into_iter().filter(|(groups, _)| !groups.is_empty()) {
            let mut steer = self.steering();
            if code == Code::SomeNodesFit && of_build.is_empty() {
                let ways = ways(self.refused(&of_engine, by_engine));
                steer = ways.into_iter().fold(steer, |steer, way| steer + "; or " + way);
            }
            let values = [
                ("misfits", self.titles(groups.iter().copied())),
                ("images", self.images(groups)),
                ("fits", self.titles(fitting.iter().copied())),
                ("steer", steer),
            ];
            self.say(code, &values);
        }
        if is_daemon && is_somewhere {
            self.engine(&of_engine, "");
        }
    }

    /// The processors of these groups, if an image is for another one on each of them; else none.
    fn processors_needed(&self, windows: &[usize]) -> Vec<&str> {
        let is_other = |group: &usize| self.groups.get(*group).is_some_and(|on| on.misfit == Some(Misfit::Architecture));
        if !windows.iter().all(is_other) {
            return Vec::new();
        }
        let groups = windows.iter().filter_map(|group| self.question.nodes.groups.get(*group));
        let mut processors: Vec<&str> = groups.map(|group| group.architecture.as_str()).collect();
        processors.sort_unstable();
        processors.dedup();
        processors
    }

    /// The taints that keep the pods from these groups, all of them, and what to do: a toleration where they only tell Windows from others.
    fn tainted(&self, tainted: &[usize], placement: &Placement) -> (Advice, Advice) {
        let mut sets: Vec<(Vec<String>, Vec<usize>)> = Vec::new();
        for number in tainted {
            let Some(group) = self.question.nodes.groups.get(*number) else { continue };
            let taints = placement.all_intolerable(&group.taints);
            let mut taints: Vec<String> =
                taints.map(|taint| shown(&format!("{}={}:{}", taint.key, taint.value, taint.effect))).collect();
            taints.sort();
            match sets.iter_mut().find(|(known, _)| *known == taints) {
                Some((_, groups)) => groups.push(*number),
                None => sets.push((taints, vec![*number])),
            }
        }
        let named = |taints: &[String]| match taints {
            [only] => format!("the taint {only}"),
            more => format!("the taints {}", more.join(", ")),
        };
        let (taints, help) = match sets.as_slice() {
            [(taints, _)] => {
                let help = match taints.as_slice() {
                    [_] => "tolerate it if these nodes are meant for this pod, or add nodes without it",
                    _ => "tolerate all of them if these nodes are meant for this pod, or add nodes without them",
                };
                (Advice::from(named(taints)) + " of these nodes", help)
            }
            sets => {
                let of = sets.iter().map(|(taints, groups)| Advice::from(named(taints)) + " of " + self.titles(groups.clone()));
                let all = of.reduce(|all, one| all + ", nor " + one).unwrap_or_default();
                (all, "tolerate all taints of nodes that are meant for this pod, or add nodes without taints")
            }
        };
        let leads = self.steer.as_ref().is_some_and(|steer| !steer.tolerations.is_empty());
        (taints, if leads { self.steering() } else { help.into() })
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
            {
                let words = described(read, Some(0), self.question.nodes);
                if !pinned.contains(&words) {
                    pinned.push(words);
                }
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

/// An image that does not start on groups of nodes, or that is denied there.
struct Refused {
    code: Code,
    reference: String,
    groups: Vec<usize>,
    message: Advice,
    help: Advice,
    /// The ways that `help` names.
    ways: Vec<Advice>,
}

/// What to do about these, each way once.
fn ways(refused: Vec<Refused>) -> Vec<Advice> {
    let mut ways: Vec<Advice> = Vec::new();
    for way in refused.into_iter().flat_map(|one| one.ways) {
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

/// The finding that says why an image does not run: that of the engine before others.
fn by_itself(judgement: &Judgement) -> Option<&Finding> {
    let error = || judgement.findings.iter().find(|finding| finding.severity == Severity::Error);
    by_engine(judgement).or_else(error).filter(|_| judgement.ok == Some(false))
}

/// True for advice that names an entry of an image by its digest.
fn names_an_entry(advice: &Advice) -> bool {
    advice.remedies().any(|remedy| matches!(remedy, Remedy::Image(reference) if reference.contains("@sha256:")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_that_two_faults_have_in_common_is_said_once() {
        let refused = |all: [&str; 2]| Refused {
            code: Code::EngineRefuses,
            reference: String::new(),
            groups: Vec::new(),
            message: Advice::default(),
            help: Advice::default(),
            ways: all.map(Advice::from).to_vec(),
        };
        let both = vec![
            refused(["name the entry by its digest", "use containerd 2.0.11"]),
            refused(["name the entry by its digest", "use containerd 1.7.28"]),
        ];
        let said: Vec<String> = ways(both).iter().map(ToString::to_string).collect();
        assert_eq!(said, ["name the entry by its digest", "use containerd 2.0.11", "use containerd 1.7.28"]);
    }
}
