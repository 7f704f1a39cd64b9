//! The stages of a Dockerfile: which of them are built, what each needs, and the images that they are made from.

use std::collections::{BTreeMap, BTreeSet};

use super::{BUILDER, Build, File, Named, SCRATCH, THE_BUILDERS};
use crate::scan::origin::mentioned;
use crate::scan::{Found, IsolatedBy, Lands, Meant, Needs, Os, Problem};
use crate::{Error, ErrorKind};

/// The most targets of one Dockerfile whose stages are looked at together.
const MOST_TOGETHER: usize = 100;

impl File<'_> {
    /// The references of the stages that are built.
    pub(super) fn found(&self) -> Vec<Found> {
        let needs = self.needs();
        let running = self.running(&needs);
        let together = self.together();
        let mut found = Vec::new();
        for (index, stage) in self.stages.iter().enumerate() {
            let Some(need) = needs.get(&index).copied() else { continue };
            let object = match (&stage.name, &self.build.object) {
                (_, Some(object)) => Some(object.clone()),
                (Some(name), None) => Some(format!("stage {name}")),
                (None, None) => None,
            };
            if self.earlier(&stage.base, index).is_none() {
                // What runs on Linux alone is said where a base is for Windows.
                let is_said = stage.os != Os::Unsaid || matches!(self.build.lands, Lands::Linux { .. });
                let os = match need {
                    _ if self.is_for_others() && !stage.has_platform => Os::Other,
                    // What runs has the system that it is built for.
                    Needs::EveryHost if !is_said => self.build.os,
                    _ => stage.os,
                };
                // What is only copied from runs on no processor.
                let of_build = self.build.processor.filter(|_| !stage.has_platform);
                let processor = stage.processor.or(of_build).filter(|_| need != Needs::NoHost);
                let base = self.reference(&stage.base, need, os, object.clone());
                let shares = together.get(&index).cloned().unwrap_or_default();
                let base = base.map(|base| Found { processor, shares, ..base });
                found.extend(base.into_iter().flat_map(|base| self.isolated(base, running.contains(&index))));
            }
            let images = stage.sources.iter().filter(|source| !source.is_number() && self.same(source).is_empty());
            let os = if self.is_for_others() { Os::Other } else { Os::Unsaid };
            found.extend(images.filter_map(|source| self.reference(source, Needs::NoHost, os, object.clone())));
        }
        found
    }

    /// True for a build for another system: Docker takes each image for that, unless a stage names a platform of its own.
    ///
    /// Source: BuildKit, `convert.go`: a state without a platform has the target's.
    fn is_for_others(&self) -> bool {
        self.build.os == Os::Other && !matches!(self.build.lands, Lands::Linux { .. })
    }

    /// The builds in which a stage with an image of its own runs something beside another such stage, each by the number of its target.
    fn together(&self) -> BTreeMap<usize, Vec<String>> {
        let mut together: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (target, need) in self.targets().into_iter().take(MOST_TOGETHER) {
            let mut needs = BTreeMap::new();
            self.follow(target, need, &mut needs);
            let has_image =
                |index: &usize| self.stages.get(*index).is_some_and(|stage| self.earlier(&stage.base, *index).is_none());
            let own: Vec<usize> = self.running(&needs).into_iter().filter(has_image).collect();
            for index in own.iter().filter(|_| own.len() > 1) {
                together.entry(*index).or_default().push(target.to_string());
            }
        }
        together
    }

    /// The stages whose bases run something while they are built: by themselves, or in a stage that is made from them.
    fn running(&self, needs: &BTreeMap<usize, Needs>) -> BTreeSet<usize> {
        let mut running = BTreeSet::new();
        for index in needs.keys() {
            let mut next = self.stages.get(*index).filter(|stage| stage.runs).map(|_| *index);
            while let Some(index) = next.filter(|index| running.insert(*index)) {
                next = self.stages.get(index).and_then(|stage| self.earlier(&stage.base, index));
            }
        }
        running
    }

    /// A base with the isolation that is asked for. What the build runs has that of the build, and what is started that of the start: where
    /// these differ, a base that needs both is judged in each of the two.
    fn isolated(&self, base: Found, is_run: bool) -> Vec<Found> {
        let Build { started_in, built_in, is_of_service, .. } = *self.build;
        let by_build = if is_of_service { IsolatedBy::ServiceBuild } else { IsolatedBy::Build };
        let by_start = if is_of_service { IsolatedBy::Service } else { IsolatedBy::StartOfBuilt };
        let by_both = if is_of_service { IsolatedBy::ServiceAndBuild } else { IsolatedBy::BuildAndStart };
        let built = |base: Found| Found { needs: Needs::OneHost, isolation: built_in, isolated_by: by_build, ..base };
        let started = |base: Found, isolated_by: IsolatedBy| Found { isolation: started_in, isolated_by, ..base };
        let only_started = |base: Found| Found { shares: Vec::new(), ..started(base, by_start) };
        match base.needs {
            // It is not started.
            Needs::NoHost => vec![base],
            Needs::OneHost => vec![built(base)],
            Needs::EveryHost if is_run && started_in != built_in => vec![only_started(base.clone()), built(base)],
            Needs::EveryHost if is_run || !is_of_service => vec![started(base, by_both)],
            Needs::EveryHost => vec![started(base, by_start)],
        }
    }

    /// What each stage needs that is built.
    fn needs(&self) -> BTreeMap<usize, Needs> {
        let mut needs = BTreeMap::new();
        for (target, need) in self.targets() {
            self.follow(target, need, &mut needs);
        }
        needs
    }

    /// Notes what files come from that Docker refuses: a number that no other stage has, and a stage that does not stand before.
    pub(super) fn refuse_sources(&mut self) {
        let (needs, mut refused) = (self.needs(), Vec::new());
        for (index, stage) in self.stages.iter().enumerate() {
            for named in &stage.sources {
                // Of stages with the same name the last one is meant. Docker goes no further into what it does not build.
                match self.same(named).last().copied().or_else(|| self.numbered(named)) {
                    Some(other) if other > index => {
                        refused.extend(needs.contains_key(&index).then(|| not_before(named, "stands behind this one")));
                    }
                    Some(other) if other == index => refused.push(not_before(named, "cannot be copied into itself")),
                    None if named.is_number() => refused.push(self.no_number(named)),
                    _ => {}
                }
            }
        }
        self.refused.extend(refused);
    }

    fn no_number(&self, named: &Named) -> Problem {
        let error = Error::of(ErrorKind::Invalid, format!("there is no stage {}", named.word.text))
            .because(format!("Docker counts the stages from 0, and this Dockerfile has {}", self.stages.len()))
            .hint("name the stage: `FROM IMAGE AS NAME`, and `COPY --from=NAME`");
        Problem { place: named.place.clone(), error }
    }

    /// The target that is asked for and is not there, as far as all stages are known.
    pub(super) fn missing_target(&self) -> Option<&str> {
        let is_missing = |name: &&String| !self.names.contains_key(&name.to_lowercase());
        self.build.targets.iter().find(is_missing).map(String::as_str)
    }

    /// The stages that are built for their own sake: those asked for, else the last; and what others may ask for by name.
    fn targets(&self) -> Vec<(usize, Needs)> {
        // Of stages with the same name the last one is meant.
        let asked = |name: &String| self.names.get(&name.to_lowercase()).and_then(|same| same.last()).copied();
        let mut targets: Vec<(usize, Needs)> =
            self.build.targets.iter().filter_map(asked).map(|index| (index, Needs::EveryHost)).collect();
        if targets.is_empty() {
            targets.extend(self.stages.len().checked_sub(1).map(|last| (last, Needs::EveryHost)));
            let used: BTreeSet<usize> = self
                .stages
                .iter()
                .enumerate()
                .flat_map(|(index, stage)| {
                    let sources = stage.sources.iter().filter_map(move |named| self.source_of(named, index));
                    self.earlier(&stage.base, index).into_iter().chain(sources)
                })
                .collect();
            let is_replaced = |index: &usize| {
                self.stages.get(*index).and_then(|stage| stage.name.as_ref()).is_some_and(|name| self.is_replaced(name))
            };
            let others = (0..self.stages.len().saturating_sub(1)).filter(|index| !used.contains(index) && !is_replaced(index));
            targets.extend(others.map(|index| (index, Needs::OneHost)));
        }
        targets
    }

    /// Notes what a stage needs, and with it those that it is made from.
    fn follow(&self, index: usize, need: Needs, needs: &mut BTreeMap<usize, Needs>) {
        let mut open = vec![(index, need)];
        while let Some((index, need)) = open.pop() {
            let Some(stage) = self.stages.get(index) else { continue };
            let need = if need == Needs::NoHost && stage.runs { Needs::OneHost } else { need };
            if needs.get(&index).is_some_and(|known| known.rank() >= need.rank()) {
                continue;
            }
            needs.insert(index, need);
            open.extend(self.earlier(&stage.base, index).map(|base| (base, need)));
            let sources = stage.sources.iter().filter_map(|source| self.source_of(source, index));
            open.extend(sources.map(|stage| (stage, Needs::NoHost)));
        }
    }

    /// True for the name of a stage in whose place a context stands.
    fn is_replaced(&self, name: &str) -> bool {
        self.build.contexts.keys().any(|context| is_same(context, name))
    }

    /// The stages of a name.
    fn same(&self, named: &Named) -> &[usize] {
        let name = named.word.text.to_lowercase();
        let is_known = named.word.missing.is_empty() && !self.is_replaced(&name);
        self.names.get(&name).filter(|_| is_known).map(Vec::as_slice).unwrap_or_default()
    }

    /// The stage of a number.
    fn numbered(&self, named: &Named) -> Option<usize> {
        let number = named.word.text.parse::<usize>().ok().filter(|_| named.is_number());
        number.filter(|number| *number < self.stages.len() && !self.is_replaced(&named.word.text))
    }

    /// The stage before this one that is meant by a name or a number.
    pub(super) fn earlier(&self, named: &Named, before: usize) -> Option<usize> {
        let same = self.same(named);
        let by_name = same.get(..same.partition_point(|index| *index < before)).and_then(<[usize]>::last).copied();
        by_name.or_else(|| self.numbered(named).filter(|number| *number < before))
    }

    /// The stage that files come from: one before this one, else one behind it, at which Docker stops.
    fn source_of(&self, named: &Named, index: usize) -> Option<usize> {
        let later = || self.same(named).iter().copied().find(|other| *other > index);
        self.earlier(named, index).or_else(later).or_else(|| self.numbered(named).filter(|number| *number > index))
    }

    /// The meaning of a base with these variables that have no value; `text` is what it is without them. One that no `ARG` before the
    /// first `FROM` declares is nothing there, whatever a build gives.
    fn without_values(&self, text: &str, missing: &[String]) -> Meant {
        let declared: Vec<String> = missing.iter().filter(|name| self.declared.contains(*name)).cloned().collect();
        match missing.first() {
            Some(first) if declared.is_empty() && !may_be_image(text) => Meant::Undeclared(first.clone()),
            _ if declared.is_empty() => Meant::Known(text.to_owned()),
            _ => Meant::Unresolved(declared),
        }
    }

    fn reference(&self, named: &Named, needs: Needs, os: Os, object: Option<String>) -> Option<Found> {
        let text = named.word.text.as_str();
        let is_meant = |context: &str| named.word.missing.is_empty() && is_same(context, text);
        let context = self.build.contexts.iter().find(|(context, _)| is_meant(context)).map(|(_, image)| image);
        let is_folder = context.is_some_and(Option::is_none);
        // The name of a stage has none of these signs.
        let is_of_builder = text.contains(THE_BUILDERS);
        if named.is(SCRATCH) || is_folder || (is_of_builder && !text.contains(['/', ':', '@'])) {
            return None;
        }
        // The default behind the name of a variable does not count where its value is not known.
        let open = || mentioned(&named.written).find_map(|name| self.open.get(name).cloned());
        let meant = match (context.cloned().flatten().or_else(open), named.word.missing.as_slice()) {
            (Some(meant), _) => meant,
            (None, []) if is_of_builder => Meant::Unresolved(of_builder(&named.written)),
            (None, []) => Meant::Known(text.to_owned()),
            (None, _) if self.build.is_template => return None,
            (None, missing) => self.without_values(text, missing),
        };
        Some(Found {
            object,
            needs,
            os,
            // The bases of stages that are started have another one.
            isolated_by: IsolatedBy::Nothing,
            lands: self.build.lands.clone(),
            // A context's image stands elsewhere.
            editable: named.editable.clone().filter(|_| context.is_none()),
            texts: if context.is_none() { named.texts.clone() } else { Vec::new() },
            ..Found::of(named.place.clone(), named.written.as_str(), meant)
        })
    }
}

/// True for the name of a context that stands for this text, also where it is the text as Docker shows names.
///
/// Source: BuildKit, `dockerui/config.go`, `NamedContext`.
fn is_same(context: &str, text: &str) -> bool {
    [text, familiar(text)].iter().any(|name| context.eq_ignore_ascii_case(name))
}

/// A name without what is meant where it does not stand: the registry of Docker Hub, and the tag `latest`.
fn familiar(name: &str) -> &str {
    let name = ["docker.io/", "index.docker.io/"].iter().find_map(|registry| name.strip_prefix(registry)).unwrap_or(name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    name.strip_suffix(":latest").unwrap_or(name)
}

/// The variables of a text whose values only the machine that builds knows; where others hold them, all of its variables.
fn of_builder(written: &str) -> Vec<String> {
    let all: Vec<&str> = mentioned(written).collect();
    let own: Vec<&str> = all.iter().copied().filter(|name| BUILDER.contains(name)).collect();
    let names = if own.is_empty() { all } else { own };
    names.into_iter().map(str::to_owned).collect()
}

/// The error about a stage from which this one takes files, and that does not stand before it.
///
/// Source: BuildKit, `convert.go`: `cannot copy from stage …, it needs to be defined before current stage …`.
fn not_before(named: &Named, what: &str) -> Problem {
    let error = Error::of(ErrorKind::Invalid, format!("the stage {} {what}", named.word.text))
        .because("Docker takes files from stages before the current one only")
        .hint("move that stage to a place before this one, or name an image");
    Problem { place: named.place.clone(), error }
}

/// True for a text that Docker may take for an image, as far as what variables leave open makes a difference.
fn may_be_image(text: &str) -> bool {
    let is_whole = text.starts_with(|first: char| first.is_alphanumeric()) && text.ends_with(|last: char| last.is_alphanumeric());
    is_whole && !["//", "/:", "::", ":@", "/@"].iter().any(|part| text.contains(part))
}
