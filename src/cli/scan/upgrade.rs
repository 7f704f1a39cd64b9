//! An upgrade: the references of files on the hosts of today and on those that come after them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use super::answer::{Inputs, Placed, ReadImages, is_foreign, name_of, warn_of_foreign};
use super::fleet::Fleet;
use super::tree::shown;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::format::{FormatArgs, OutputArgs};
use crate::cli::io::Io;
use crate::compat::{Severity, Use};
use crate::image::Image;
use crate::report::document::{FindingEntry, HostEntry, ResultEntry, Summary, Tool};
use crate::report::plain::clean;
use crate::report::upgrade::{Change, FleetEntry, RebuildEntry, ReferenceEntry, SideEntry, UpgradeReport};
use crate::report::{Page, Word};
use crate::scan::{Meant, Needs, Os};
use crate::{Error, OsVersion};

/// The hosts that come after those of today.
#[derive(Debug)]
pub struct Next {
    /// The hosts.
    pub fleet: Fleet,
    /// The names of both fleets, today's first.
    pub names: [String; 2],
}

impl Inputs {
    /// The answer for the hosts of today and these.
    ///
    /// # Errors
    ///
    /// More references or results than fit one answer.
    pub fn upgrade(&self, next: &Next, io: &mut Io<'_>) -> Result<UpgradeReport, Error> {
        let (placed, mut errors) = self.placed(io)?;
        let images = self.images(&placed);
        // What is wrong with a reference itself is said once; where it lands is a part of the answer.
        let judged = self.judged(&placed, &images, &self.fleet)?;
        warn_of_foreign(judged.foreign, placed.len(), io);
        let mut references = Vec::new();
        let mut of_references: Vec<(&Placed<'_>, Change, Option<OsVersion>)> = Vec::new();
        for one in &placed {
            let Some(image) = judged_image(one, &images) else { continue };
            let (today, lowest) = self.side(one, image, &self.fleet);
            let (then, lowest_then) = self.side(one, image, &next.fleet);
            let os_version = lowest.into_iter().chain(lowest_then).min();
            let change = change(&today, &then);
            of_references.push((one, change, os_version));
            references.push(ReferenceEntry {
                image: clean(name_of(one.found)).into_owned(),
                os_version,
                change: change.into(),
                today,
                next: then,
                location: one.location(),
            });
        }
        errors.extend(judged.errors.into_iter().filter(|error| {
            let of_reference = |one: &&ReferenceEntry| error.location.as_ref() == Some(&one.location);
            !references.iter().any(|one| of_reference(&one))
        }));
        let rebuild = self.rebuild(&of_references);
        let fleet = |fleet: &Fleet, name: &String| FleetEntry {
            name: clean(name).into_owned(),
            hosts: fleet.hosts().iter().map(|host| HostEntry::new(host, &self.policy)).collect(),
        };
        let [today, then] = &next.names;
        let fleets = [fleet(&self.fleet, today), fleet(&next.fleet, then)];
        Ok(UpgradeReport::new(Tool::with(&self.knowledge), fleets, references, rebuild, errors))
    }

    /// A reference on the hosts of one time, and the lowest version of what was judged.
    fn side(&self, one: &Placed<'_>, image: &Image, fleet: &Fleet) -> (SideEntry, Option<OsVersion>) {
        let entries = match self.results(one, image, fleet) {
            Ok(entries) => entries,
            Err(error) => {
                let nowhere = Some(clean(&error.sentence()).into_owned());
                return (SideEntry { ok: Some(false), nowhere, ..SideEntry::default() }, None);
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

    /// What must be rebuilt: Dockerfiles from what will not work, each behind the files that make its bases, then what is built elsewhere.
    fn rebuild(&self, references: &[(&Placed<'_>, Change, Option<OsVersion>)]) -> Vec<RebuildEntry> {
        let dockerfiles: BTreeMap<&Path, (&BTreeSet<String>, &BTreeSet<String>)> = self
            .files
            .iter()
            .filter(|file| file.is_dockerfile)
            .map(|file| (file.path.as_path(), (&file.makes, &file.own_images)))
            .collect();
        let breaking =
            || references.iter().filter(|(one, change, _)| *change == Change::Breaks && one.found.needs == Needs::EveryHost);
        // The lowest base of each file that breaks by itself.
        let mut open: BTreeMap<&Path, Option<(&str, Option<OsVersion>)>> = BTreeMap::new();
        for (one, _, version) in breaking().filter(|(one, ..)| dockerfiles.contains_key(one.path)) {
            let base = open.entry(one.path).or_default();
            if base.is_none_or(|(_, known)| *version < known) {
                *base = Some((name_of(one.found), *version));
            }
        }
        // And of those, the ones that are made from the images of such files.
        let uses = |path: &Path, other: &Path| {
            let makes = dockerfiles.get(other).map(|(makes, _)| *makes);
            let own = dockerfiles.get(path).map(|(_, own)| *own);
            let found = references.iter().filter(|(one, ..)| one.path == path).map(|(one, ..)| name_of(one.found));
            path != other
                && makes.is_some_and(|makes| {
                    found.chain(own.into_iter().flatten().map(String::as_str)).any(|name| makes.contains(name))
                })
        };
        loop {
            let next = dockerfiles.keys().find(|path| !open.contains_key(**path) && open.keys().any(|known| uses(path, known)));
            let Some(next) = next else { break };
            open.insert(next, None);
        }
        let mut order: Vec<RebuildEntry> = Vec::new();
        while !open.is_empty() {
            let is_free = |path: &&&Path| !open.keys().any(|other| uses(path, other));
            let key = |path: &&Path| open.get(*path).map(|base| base.map(|(name, version)| (version, name)));
            // Files that wait for each other in a circle are taken as they come.
            let free = open.keys().filter(is_free).min_by_key(|path| key(path)).or(open.keys().next());
            let Some(path) = free.copied() else { break };
            let base = open.remove(path).flatten();
            let after: Vec<String> = dockerfiles.keys().filter(|other| uses(path, other)).map(|other| shown(other)).collect();
            order.push(RebuildEntry {
                image: base.map(|(name, _)| clean(name).into_owned()),
                os_version: base.and_then(|(_, version)| version),
                makes: dockerfiles
                    .get(path)
                    .map(|(makes, _)| makes.iter().map(|name| clean(name).into_owned()).collect())
                    .unwrap_or_default(),
                after: after.into_iter().filter(|file| order.iter().any(|known| known.file.as_ref() == Some(file))).collect(),
                file: Some(shown(path)),
            });
        }
        let elsewhere: BTreeSet<(Option<OsVersion>, &str)> = breaking()
            .filter(|(one, ..)| !dockerfiles.contains_key(one.path))
            .map(|(one, _, version)| (*version, name_of(one.found)))
            .collect();
        let is_made = |name: &str| order.iter().any(|known| known.makes.iter().any(|made| made == name));
        let elsewhere: Vec<RebuildEntry> = elsewhere
            .into_iter()
            .filter(|(_, name)| !is_made(name))
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

/// The image of a reference that can be judged.
fn judged_image<'i>(one: &Placed<'_>, images: &'i ReadImages<'_>) -> Option<&'i Image> {
    let Meant::Known(text) = &one.found.meant else { return None };
    let image = images.get(text.as_str())?.as_ref().ok()?;
    (!is_foreign(image) || one.found.os == Os::Windows).then_some(image)
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
/// A stream or a file that cannot be written.
pub fn print(
    report: &UpgradeReport,
    (format, output): (&FormatArgs<UpgradeReport>, &OutputArgs<UpgradeReport>),
    page: &Page<'_>,
    io: &mut Io<'_>,
) -> Result<ExitCode, Failure> {
    output.write(report, page)?;
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
            writeln!(io.err, "ERROR {}", clean(&error.line()))?;
        }
    }
    format.write(report, page, io.out)?;
    let numbers = &report.summary;
    Ok(ExitCode::of_results(&Summary {
        not_ok: numbers.breaks,
        undecided: numbers.undecided,
        errors: numbers.errors,
        ..Summary::default()
    }))
}
