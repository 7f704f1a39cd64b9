//! Dockerfiles as other files build them: with which values, and for what these are used there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::path::{Path, PathBuf};

use super::own::OwnImages;
use crate::scan::compose::Built;
use crate::scan::dockerfile::{Build, Reading, Source, Use, no_stage};
use crate::scan::origin::last;
use crate::scan::paths::shown;
use crate::scan::shared::{Uses, hold_arguments};
use crate::scan::words::Values;
use crate::scan::{Found, Lines, Note, Os, Problem, Scanned, Shared};
use crate::{Architecture, Error, ErrorKind};

/// A Dockerfile as it is built: once for each file that builds it, else by its own defaults.
/// Values that are used for more than a reference are noted, and so are stages that others ask for and that are not there, and the bases
/// of the images that are made.
pub(super) fn read_dockerfile(
    path: &Path,
    text: &str,
    builds: &[Built],
    given: &Values,
    (shared, missing, own): (&mut Uses, &mut Vec<(PathBuf, Problem)>, &mut OwnImages),
) -> Scanned {
    let with_values = |build: &Build| {
        let mut build = build.clone();
        build.arguments.extend(given.clone());
        build.origins.retain(|name, _| !given.contains_key(name));
        build
    };
    let source = Source::of(text);
    let parsed = source.parsed();
    if builds.is_empty() {
        let build = with_values(&Build::default());
        let Reading { mut scanned, uses, .. } = parsed.read(&build);
        scanned.found = scanned.found.into_iter().map(|one| one.shared_in(&path.to_string_lossy())).collect();
        hold_defaults(&mut scanned, &uses, &build, path);
        return scanned;
    }
    let mut read: Vec<(Build, Scanned, Vec<Use>)> = Vec::new();
    let (mut known, mut lacking) = (HashMap::new(), BTreeSet::new());
    // Services that build it in the same way are one build.
    for built in builds {
        let at = *known.entry(how(built)).or_insert(read.len());
        if at == read.len() {
            let build = with_values(&built.build);
            let reading = parsed.read(&build);
            lacking.extend(reading.missing);
            read.push((build, reading.scanned, reading.uses));
        }
        if let Some((_, scanned, _)) = read.get(at) {
            let builder = built.said.as_ref().map(|(file, _)| file.as_path());
            own.add(&built.makes, (path, 0), builder, &scanned.found);
        }
    }
    for built in builds {
        let target = built.build.targets.iter().find(|target| lacking.contains(*target));
        missing.extend(target.map(|target| missing_target(built, target, path)));
    }
    // A reference that one build does not read may be read by another.
    let changeable = read.iter().flat_map(|(_, scanned, _)| &scanned.found).filter(|found| found.editable.is_some());
    let changeable: BTreeSet<(usize, usize)> = changeable.map(|found| (found.place.span.start, found.place.span.end)).collect();
    let mut all = Scanned::default();
    for (number, (build, mut scanned, mut uses)) in read.into_iter().enumerate() {
        let build_name = format!("{} {number}", path.to_string_lossy());
        uses.retain(|one| one.reference.as_ref().is_none_or(|span| !changeable.contains(&(span.start, span.end))));
        note_arguments(&scanned, &uses, &build, path, shared);
        hold_defaults(&mut scanned, &uses, &build, path);
        all.left_out = scanned.left_out;
        // What Docker refuses may depend on the stage that is built.
        for problem in scanned.problems {
            if !all.problems.contains(&problem) {
                all.problems.push(problem);
            }
        }
        all.found.extend(scanned.found.into_iter().map(|one| one.shared_in(&build_name)));
    }
    all.found = once_each(all.found);
    all
}

/// What several services build is one reference, if all of them mean the same: the one that needs most. The texts of all can be changed. One
/// for no processor is for the usual one too.
fn once_each(mut all: Vec<Found>) -> Vec<Found> {
    all.sort_by_key(|found| (Reverse(found.needs.rank()), found.processor.is_some()));
    let mut once: Vec<Found> = Vec::new();
    let mut known = HashMap::new();
    for found in all {
        let key = |processor: Option<Architecture>| {
            let platform = (found.os == Os::Other, processor);
            (found.place.clone(), found.meant.clone(), found.isolation, platform, found.lands.clone())
        };
        let for_any = known.get(&key(None)).copied().filter(|_| found.processor == Some(Architecture::Amd64));
        let at = for_any.unwrap_or_else(|| *known.entry(key(found.processor)).or_insert(once.len()));
        match once.get_mut(at) {
            None => once.push(found),
            Some(first) => {
                first.isolated_by = first.isolated_by.with(found.isolated_by);
                first.shares.extend(found.shares);
                if first.editable.is_none() {
                    first.editable = found.editable;
                } else {
                    let new = found.editable.filter(|new| first.editables().all(|known| known != new));
                    first.also.extend(new);
                }
            }
        }
    }
    once
}

/// The error about a stage that a build asks for, where it asks for it.
fn missing_target(built: &Built, target: &str, dockerfile: &Path) -> (PathBuf, Problem) {
    let error = no_stage(&built.build, target, &shown(dockerfile));
    let at_start = || (dockerfile.to_owned(), Lines::of("").place(0..0));
    let (file, place) = built.asks.clone().or_else(|| built.said.clone()).unwrap_or_else(at_start);
    (file, Problem { place, error })
}

/// All of a build that decides what is found, but for what it is called.
fn how(built: &Built) -> impl Eq + Hash + '_ {
    let Build {
        arguments,
        open,
        rest,
        origins,
        contexts,
        targets,
        object: _,
        os,
        processor,
        lands,
        started_in,
        built_in,
        is_of_service,
        is_template,
    } = &built.build;
    (
        (arguments, open, rest, origins, contexts, targets),
        (os, processor, lands, started_in, built_in, is_of_service, is_template),
    )
}

/// Notes where a Dockerfile is built that was not read.
pub(super) fn unread_notes(builds: &[Built], error: &Error) -> Vec<(PathBuf, Note)> {
    let note = |built: &Built| {
        let (file, place) = built.said.clone()?;
        let object = built.build.object.as_deref().unwrap_or_default();
        let text = format!("what {object} builds is not read: {}", error.sentence());
        // Where it is there, it is said what lets it be read.
        let advice = error.hint.as_ref().filter(|_| error.kind != ErrorKind::NotFound).map(|hint| hint.worded(|_| String::new()));
        Some((file, Note { place, text: advice.map_or(text.clone(), |advice| format!("{text}: {advice}")) }))
    };
    builds.iter().filter_map(note).collect()
}

/// Notes the values that a Dockerfile uses which was not read: it may use them for anything.
pub(super) fn note_unread(builds: &[Built], shared: &mut Uses) {
    for built in builds {
        let why = |name: &String| format!("the argument {name} is used by {}, which is not read", shown(&built.dockerfile));
        let origins = built.build.origins.iter();
        shared.extend(origins.map(|(name, value)| Shared { value: value.clone(), why: why(name) }));
    }
}

/// Notes the values given to a build that are not for references alone.
fn note_arguments(scanned: &Scanned, uses: &[Use], build: &Build, path: &Path, shared: &mut Uses) {
    // Of several uses the first is named.
    let used: HashMap<&str, u32> = uses.iter().rev().map(|one| (one.name.as_str(), one.line)).collect();
    let of_images: HashSet<&str> = scanned.found.iter().filter_map(|found| Some(last(&found.written)?.name)).collect();
    let unknown = scanned.problems.first().map(|problem| format!("behind line {}, as far as is known", problem.place.line));
    for (name, value) in &build.origins {
        let used = used.get(name.as_str()).map(|line| format!("in line {line}"));
        let elsewhere = (!of_images.contains(name.as_str())).then(|| "for other things".to_owned());
        if let Some(by) = used.or_else(|| unknown.clone()).or(elsewhere) {
            let why = format!("the argument {name} is also used {by} of {}", shown(path));
            shared.extend([Shared { value: value.clone(), why }]);
        }
    }
}

/// Holds the references that rest on defaults of the Dockerfile's own which are used for more.
fn hold_defaults(scanned: &mut Scanned, uses: &[Use], build: &Build, path: &Path) {
    let counts = |one: &&Use| !one.has_default || build.arguments.contains_key(&one.name);
    let mut used: BTreeMap<&str, String> = BTreeMap::new();
    for one in uses.iter().filter(counts) {
        used.entry(&one.name).or_insert_with(|| format!("in line {} of {}", one.line, shown(path)));
    }
    hold_arguments(&mut scanned.found, &used);
}
