//! An upgrade: the references of files on the hosts of today and on those that come after them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use super::answer::{Inputs, Placed, name_of, refuse_more, warn_of_foreign};
use super::fleet::Fleet;
use super::tree::shown;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::format::{FormatArgs, OutputArgs};
use crate::cli::io::Io;
use crate::cli::judged::with_unwritten;
use crate::cli::wording::CommandLine;
use crate::compat::{Severity, Use};
use crate::host::placement::{Placement, Toleration};
use crate::image::Image;
use crate::report::document::{ErrorEntry, FindingEntry, HostEntry, ResultEntry, Tool};
use crate::report::plain::clean;
use crate::report::upgrade::{Change, FleetEntry, RebuildEntry, ReferenceEntry, SideEntry, UpgradeReport};
use crate::report::{Page, Word};
use crate::scan::{Found, Lands, Needs, is_context_name};
use crate::{Error, ErrorKind, OsVersion};

/// The hosts that come after those of today.
#[derive(Debug)]
pub struct Next {
    /// The hosts.
    pub fleet: Fleet,
    /// The names of both fleets, today's first.
    pub names: [String; 2],
}

/// A reference, whether its image is to be another one, and the lowest version of what was judged.
type Compared<'p, 'f> = (&'p Placed<'f>, bool, Option<OsVersion>);

impl Inputs {
    /// The answer for the hosts of today and these.
    ///
    /// # Errors
    ///
    /// More references or results than fit one answer.
    pub fn upgrade(&self, next: &Next, io: &mut Io<'_>) -> Result<UpgradeReport, Error> {
        let (placed, mut errors) = self.placed(io)?;
        let images = self.images(&placed);
        let (mut foreign, mut results) = (0, 0);
        let mut references = Vec::new();
        let mut of_references: Vec<Compared<'_, '_>> = Vec::new();
        let dockerfiles: BTreeSet<&Path> =
            self.files.iter().filter(|file| file.is_dockerfile).map(|file| file.path.as_path()).collect();
        for one in &placed {
            let image = match one.image(&images) {
                Ok(Some(image)) => image,
                Ok(None) => {
                    foreign += usize::from(!one.found.is_repeated);
                    continue;
                }
                Err(error) => {
                    errors.extend((!one.found.is_repeated).then(|| one.failed(&error)));
                    continue;
                }
            };
            let entries = self.results(one, image, &self.fleet);
            results += entries.as_ref().map_or(0, Vec::len);
            refuse_more(results)?;
            let runs_today = entries.as_ref().is_ok_and(|entries| entries.iter().any(|entry| entry.ok == Some(true)));
            let (today, lowest) = side(entries);
            let (then, lowest_then) = side(self.results(one, image, &next.fleet));
            let os_version = lowest.into_iter().chain(lowest_then).min();
            let change = change(&today, &then);
            // What fails on one host of today may run on another.
            let ends = change == Change::Breaks || change == Change::Fails && (runs_today || dockerfiles.contains(one.path));
            let needs_new = ends && !(then.nowhere.is_some() && self.is_kept_away(one, image, &next.fleet));
            of_references.push((one, needs_new, os_version));
            references.push(ReferenceEntry {
                image: clean(name_of(one.found)).into_owned(),
                os_version,
                change: change.into(),
                today,
                next: then,
                location: one.location(),
            });
        }
        warn_of_foreign(foreign, placed.iter().filter(|one| !one.found.is_repeated).count(), io);
        let rebuild = self.rebuild(&of_references);
        let references = said_once(references, &of_references);
        let fleet = |fleet: &Fleet, name: &String| FleetEntry {
            name: clean(name).into_owned(),
            hosts: fleet.hosts().iter().map(|host| HostEntry::new(host, &self.policy)).collect(),
        };
        let [today, then] = &next.names;
        let fleets = [fleet(&self.fleet, today), fleet(&next.fleet, then)];
        Ok(UpgradeReport::new(Tool::with(&self.knowledge), fleets, references, rebuild, errors))
    }

    /// True where a host of this fleet runs the image, and it is the placement of the pod that leads to none: that is to be changed, and not
    /// the image.
    fn is_kept_away(&self, one: &Placed<'_>, image: &Image, fleet: &Fleet) -> bool {
        if !matches!(one.found.lands, Lands::Nodes(_)) {
            return false;
        }
        let tolerations = vec![Toleration { exists: true, ..Toleration::default() }];
        let lands = Lands::Nodes(Arc::new(Placement { tolerations, ..Placement::default() }));
        let found = Found { lands, ..one.found.clone() };
        let anywhere = Placed { path: one.path, file: one.file.clone(), found: &found };
        self.results(&anywhere, image, fleet).is_ok_and(|entries| entries.iter().any(|entry| entry.ok == Some(true)))
    }

    /// The Dockerfiles by whose images each Dockerfile is built.
    fn bases<'f>(&'f self, references: &[Compared<'_, 'f>]) -> BTreeMap<&'f Path, BTreeSet<&'f Path>> {
        let files = || self.files.iter().filter(|file| file.is_dockerfile);
        let mut makers: BTreeMap<&str, Vec<&Path>> = BTreeMap::new();
        let mut names: BTreeMap<&Path, BTreeSet<&str>> = BTreeMap::new();
        for file in files() {
            for made in &file.makes {
                makers.entry(made).or_default().push(&file.path);
            }
            names.insert(&file.path, file.own_images.iter().map(String::as_str).collect());
        }
        for (one, ..) in references {
            if let Some(names) = names.get_mut(one.path) {
                names.insert(name_of(one.found));
            }
        }
        let of_names = |path: &Path, names: BTreeSet<&str>| {
            let bases = names.iter().filter_map(|name| makers.get(name)).flatten().copied();
            bases.filter(|base| *base != path).collect()
        };
        names.into_iter().map(|(path, names)| (path, of_names(path, names))).collect()
    }

    /// What must be rebuilt: Dockerfiles from what will not work, each behind the files that make its bases, then what is built elsewhere.
    fn rebuild(&self, references: &[Compared<'_, '_>]) -> Vec<RebuildEntry> {
        let files = || self.files.iter().filter(|file| file.is_dockerfile);
        let makes: BTreeMap<&Path, &BTreeSet<String>> = files().map(|file| (file.path.as_path(), &file.makes)).collect();
        let bases = self.bases(references);
        let breaking = || references.iter().filter(|(one, needs_new, _)| *needs_new && one.found.needs == Needs::EveryHost);
        // The lowest base of each file that breaks by itself.
        let mut open: BTreeMap<&Path, Option<(&str, Option<OsVersion>)>> = BTreeMap::new();
        for (one, _, version) in breaking().filter(|(one, ..)| makes.contains_key(one.path)) {
            let base = open.entry(one.path).or_default();
            if base.is_none_or(|(_, known)| *version < known) {
                *base = Some((name_of(one.found), *version));
            }
        }
        // And of those, the ones that are made from the images of such files.
        loop {
            let rests = |(path, on): &(&&Path, &BTreeSet<&Path>)| {
                !open.contains_key(**path) && on.iter().any(|base| open.contains_key(base))
            };
            let next: Vec<&Path> = bases.iter().filter(rests).map(|(path, _)| *path).collect();
            if next.is_empty() {
                break;
            }
            open.extend(next.into_iter().map(|path| (path, None)));
        }
        let mut order: Vec<RebuildEntry> = Vec::new();
        let mut done: BTreeSet<&Path> = BTreeSet::new();
        let bases_of = |path: &Path| bases.get(path).into_iter().flatten().copied();
        while !open.is_empty() {
            let is_free =
                |(path, _): &(&&Path, &Option<(&str, Option<OsVersion>)>)| !bases_of(path).any(|base| open.contains_key(base));
            let free = open.iter().filter(is_free).min_by_key(|(_, base)| base.map(|(name, version)| (version, name)));
            // Files that wait for each other in a circle are taken as they come.
            let Some(path) = free.or_else(|| open.iter().next()).map(|(path, _)| *path) else { break };
            let base = open.remove(path).flatten();
            // What others name as a context alone is no image that anybody can pull.
            let made = makes.get(path).into_iter().copied().flatten().filter(|name| !is_context_name(name));
            order.push(RebuildEntry {
                image: base.map(|(name, _)| clean(name).into_owned()),
                os_version: base.and_then(|(_, version)| version),
                makes: made.map(|name| clean(name).into_owned()).collect(),
                after: bases_of(path).filter(|base| done.contains(base)).map(shown).collect(),
                file: Some(shown(path)),
            });
            done.insert(path);
        }
        let elsewhere: BTreeSet<(Option<OsVersion>, &str)> = breaking()
            .filter(|(one, ..)| !makes.contains_key(one.path) && one.found.made_by.is_none())
            .map(|(one, _, version)| (*version, name_of(one.found)))
            .collect();
        let made: BTreeSet<String> = order.iter().flat_map(|known| &known.makes).cloned().collect();
        let elsewhere: Vec<RebuildEntry> = elsewhere
            .into_iter()
            .filter(|(_, name)| !made.contains(*name))
            .map(|(os_version, name)| RebuildEntry {
                file: None,
                image: Some(clean(name).into_owned()),
                os_version,
                makes: Vec::new(),
                after: Vec::new(),
            })
            .collect();
        order.extend(elsewhere);
        order
    }
}

/// The references without those of which the base says the same at its own place.
fn said_once(references: Vec<ReferenceEntry>, compared: &[Compared<'_, '_>]) -> Vec<ReferenceEntry> {
    let mut said: BTreeMap<String, Vec<Option<Change>>> = BTreeMap::new();
    for (one, _) in references.iter().zip(compared).filter(|(_, (of, ..))| !of.found.is_repeated) {
        let changes = said.entry(one.image.clone()).or_default();
        if !changes.contains(&one.change.known()) {
            changes.push(one.change.known());
        }
    }
    let is_said = |one: &ReferenceEntry| said.get(&one.image).is_some_and(|changes| changes.contains(&one.change.known()));
    let new = references.into_iter().zip(compared).filter(|(one, (of, ..))| !of.found.is_repeated || !is_said(one));
    new.map(|(one, _)| one).collect()
}

/// A reference on the hosts of one time, by its results there, and the lowest version of what was judged.
fn side(entries: Result<Vec<ResultEntry>, Error>) -> (SideEntry, Option<OsVersion>) {
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) => {
            let nowhere = Some(clean(&error.sentence()).into_owned());
            let hint = ErrorEntry::new("", &error, &CommandLine).hint;
            // What it runs on may not be known at all.
            let ok = (error.kind != ErrorKind::Unresolved).then_some(false);
            return (SideEntry { ok, nowhere, hint, ..SideEntry::default() }, None);
        }
    };
    let lowest = entries.iter().filter_map(|entry| entry.image.os_version).min();
    let ok = if entries.iter().any(|entry| entry.ok == Some(false)) {
        Some(false)
    } else if entries.iter().any(|entry| entry.ok.is_none()) {
        None
    } else {
        Some(true)
    };
    let mut side = SideEntry { ok, taken: taken(&entries), ..SideEntry::default() };
    for entry in entries.iter().filter(|entry| entry.ok != Some(true)) {
        side.hosts.push(entry.host.called().to_owned());
        let is_reason = |finding: &&FindingEntry| match entry.ok {
            Some(_) => finding.severity.known() == Some(Severity::Error),
            None => finding.warns(),
        };
        for finding in entry.findings.iter().filter(is_reason) {
            if !side.findings.iter().any(|known| known.code == finding.code) {
                side.findings.push(finding.clone());
            }
        }
    }
    (side, lowest)
}

/// The isolation that all of these take.
fn taken(entries: &[ResultEntry]) -> Option<Word<Use>> {
    let first = entries.first()?.taken.clone()?;
    entries.iter().all(|entry| entry.ok == Some(true) && entry.taken.as_ref() == Some(&first)).then_some(first)
}

fn change(today: &SideEntry, next: &SideEntry) -> Change {
    let is_process = |side: &SideEntry| side.ok == Some(true) && side.taken == Some(Use::Process.into());
    match (today.ok, next.ok) {
        (Some(true), Some(false)) => Change::Breaks,
        (_, None) | (None, Some(false)) => Change::Undecided,
        _ if is_process(next) && !is_process(today) => Change::GainsProcess,
        (_, Some(true)) => Change::Works,
        (Some(false), Some(false)) => Change::Fails,
    }
}

/// Prints the answer; the exit code is 1 if something works today and will not.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn print(
    report: &UpgradeReport,
    (format, output): (&FormatArgs<UpgradeReport>, &OutputArgs<UpgradeReport>),
    page: &Page<'_>,
    io: &mut Io<'_>,
) -> Result<ExitCode, Failure> {
    let unwritten = output.write(report, page);
    if !format.is_for_people() {
        for one in report.references.iter().filter(|one| one.change.known() == Some(Change::Breaks)) {
            let place = &one.location;
            let line = format!(
                "{}:{}: {} works on {} and not on {}",
                place.file, place.line, one.image, report.today.name, report.next.name
            );
            writeln!(io.err, "FAIL {}", clean(&line))?;
        }
        for error in &report.errors {
            writeln!(io.err, "ERROR {}", clean(&error.placed_line()))?;
        }
    }
    format.write(report, page, io.out)?;
    let numbers = &report.summary;
    Ok(with_unwritten(&unwritten, ExitCode::of_numbers(numbers.breaks, numbers.undecided, numbers.errors), io))
}
