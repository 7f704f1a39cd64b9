//! The images of files, read once each and judged where their containers can land.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::accepted::Accepted;
use super::fix::Fixes;
use super::fleet::{Fleet, Landed, Landing};
use super::jobs;
use super::lock::Lock;
use super::pods;
use super::tree::{self, Tree};
use super::unknown::{undeclared, unevaluated, unresolved};
use super::upgrade::Next;
use crate::cli::fresh;
use crate::cli::io::Io;
use crate::cli::reading::read_images;
use crate::cli::references;
use crate::cli::wording::{CommandLine, InFile};
use crate::compat::{self, Code, Freshness, Judgement, Policy, Wish};
use crate::host::{Availability, Host, HostEngine};
use crate::image::reference::Location as Site;
use crate::image::{Image, Reference};
use crate::knowledge::Knowledge;
use crate::knowledge::builds::MICROSOFT_REGISTRY;
use crate::oci::Options;
use crate::report::document::{ErrorEntry, Location, Report, ResultEntry};
use crate::scan::{Asked, Found, IsolatedBy, Lands, Meant, OF_INPUT, Os, ScannedFile};
use crate::text::{count, counted};
use crate::{Architecture, Engine, Error, ErrorKind};

/// The most results of one answer: they are held together, in about 500 MiB.
const MOST_RESULTS: usize = 150_000;

/// What the arguments mean.
pub struct Inputs {
    /// The command that scans standard input on the hosts of this scan; it reads no wincompat.toml.
    pub of_input: String,
    /// Facts.
    pub knowledge: Cow<'static, Knowledge>,
    /// How images are judged.
    pub policy: Policy,
    /// The isolation that was asked for on the command line, which counts more than a file's.
    pub wish: Option<Wish>,
    /// An engine was asked for, so files for Kubernetes have no own.
    pub names_engine: bool,
    /// The hosts.
    pub fleet: Fleet,
    /// The files that are judged.
    pub files: Vec<ScannedFile>,
    /// The others that were read.
    pub set_aside: Vec<ScannedFile>,
    /// Folders and files that could not be looked at.
    pub unread: Vec<(PathBuf, Error)>,
    /// The access to images.
    pub options: Options,
    /// Nothing is shown of what is waited for.
    pub quiet: bool,
    /// The age of an image in months that passes, where ages are looked at.
    pub fresh: Option<u32>,
    /// What ages are compared with, once images were read.
    pub freshness: OnceCell<Freshness>,
    /// The only registries that are asked; every one, if there is none here.
    pub allowed: Vec<String>,
    /// Other images are looked for.
    pub suggests: bool,
    /// The revision of git since which the files changed that are judged; `None` where each is.
    pub since: Option<String>,
    /// Locks.
    pub locks: Locks,
    /// The hosts that come after those of today.
    pub next: Option<Next>,
}

/// The locks of a scan.
#[derive(Debug, Default)]
pub struct Locks {
    /// The one that stands instead of every registry.
    pub locked: Option<Lock>,
    /// The one that what registries answer is compared with.
    pub verified: Option<Lock>,
    /// The file that a new one is written into.
    pub written: Option<PathBuf>,
}

/// A reference with its file.
pub struct Placed<'f> {
    /// The path of the file.
    pub path: &'f Path,
    /// Its name in the answer.
    pub file: String,
    /// The reference.
    pub found: &'f Found,
}

impl Placed<'_> {
    /// The place in the answer.
    pub fn location(&self) -> Location {
        let place = &self.found.place;
        Location::new(&self.file, place.line, place.column, self.found.object.as_deref(), &self.found.written)
    }

    /// The image that it stands for; `None` for one that is left out, since it is not for Windows and nothing says that it should be.
    ///
    /// # Errors
    ///
    /// A value that nobody gives, an image that could not be read.
    pub fn image<'i>(&self, images: &'i ReadImages<'_>) -> Result<Option<&'i Image>, Error> {
        match &self.found.meant {
            Meant::Unresolved(names) => Err(unresolved(names)),
            Meant::Unevaluated { name, expression } => Err(unevaluated(name, expression)),
            Meant::Undeclared(name) => Err(undeclared(name)),
            Meant::Known(text) => match images.get(text.as_str()) {
                Some(Ok(image)) if image.candidates.is_empty() && self.found.os != Os::Windows => Ok(None),
                // An engine on Linux takes the entry for Linux.
                Some(Ok(image)) if matches!(self.found.lands, Lands::Linux { .. }) && !image.other_platforms.is_empty() => {
                    Ok(None)
                }
                Some(Ok(image)) => Ok(Some(image)),
                Some(Err(error)) => Err(error.clone()),
                None => Ok(None),
            },
        }
    }

    /// The error of this reference.
    pub fn failed(&self, error: &Error) -> ErrorEntry {
        ErrorEntry { location: Some(self.location()), ..ErrorEntry::new(name_of(self.found), error, &CommandLine) }
    }
}

/// The images of references, by their texts.
pub type ReadImages<'p> = BTreeMap<&'p str, Result<Image, Error>>;

/// The results of references on a fleet.
#[derive(Default)]
pub struct Judged {
    /// The results, in the order of the references.
    pub results: Vec<ResultEntry>,
    /// The number of each reference, and its results.
    pub at: Vec<(usize, Range<usize>)>,
    /// References that cannot be judged.
    pub errors: Vec<ErrorEntry>,
    /// The number of references whose images are not for Windows.
    pub foreign: usize,
}

impl Judged {
    /// Takes the results away of references that are judged at another place too, unless something is said of their builds, jobs and pods.
    fn leave_repeated_out(&mut self, placed: &[Placed<'_>]) {
        let mut before = std::mem::take(&mut self.results).into_iter();
        for (number, range) in std::mem::take(&mut self.at) {
            let entries: Vec<ResultEntry> = before.by_ref().take(range.len()).collect();
            let is_repeated = placed.get(number).is_some_and(|one| one.found.is_repeated);
            if is_repeated && !entries.iter().any(says_of_whole) {
                continue;
            }
            let from = self.results.len();
            self.results.extend(entries);
            self.at.push((number, from..self.results.len()));
        }
    }
}

/// True for a result with a finding about its build, job or pod as a whole.
fn says_of_whole(entry: &ResultEntry) -> bool {
    let mut codes = entry.findings.iter().filter_map(|finding| finding.code.known());
    codes.any(|code| matches!(code, Code::BuildFitsNoHost | Code::JobFitsSomeHosts | Code::PodFitsNoNode))
}

impl Inputs {
    /// The answer, and the changes that would make images fit.
    ///
    /// # Errors
    ///
    /// More references or results than fit one answer.
    pub fn report(&self, accepted: &mut Accepted, tree: &Tree, io: &mut Io<'_>) -> Result<(Report, Fixes), Error> {
        let (placed, mut errors) = self.placed(io)?;
        let images = self.images(&placed);
        let mut judged = self.judged(&placed, &images, &self.fleet)?;
        pods::judge_whole(&placed, &mut judged, &self.policy);
        pods::advise(&placed, &mut judged);
        self.judge_builds_and_jobs(&placed, &images, &mut judged);
        judged.leave_repeated_out(&placed);
        self.compare(&placed, &images, &mut judged, io)?;
        accepted.apply(&mut judged, tree);
        let Judged { mut results, at, errors: failed, foreign } = judged;
        errors.extend(failed);
        warn_of_foreign(foreign, placed.iter().filter(|one| !one.found.is_repeated).count(), io);
        if placed.is_empty() && errors.is_empty() {
            let which = self.since.as_ref().map_or_else(
                || "these files; if there are some, name the files that have them".to_owned(),
                |since| format!("files that changed since {since}"),
            );
            io.warn(&format!("no image references for Windows were found in {which}").into());
        }
        for mistake in accepted.mistakes() {
            io.warn(&mistake.as_str().into());
        }
        // An exception may be for a file that is not judged now.
        for line in accepted.unused(tree).into_iter().filter(|_| self.since.is_none()) {
            let what = format!("the exception in line {line} of the configuration covers nothing");
            io.warn(&format!("{what}: take it away, or correct what it names").into());
        }
        let fixes = if self.suggests { self.suggest(&placed, &at, &mut results, tree)? } else { Fixes::default() };
        Ok((Report::new(&self.knowledge, results, errors), fixes))
    }

    /// A note of a file, or what to do about it, with the hosts of this scan in the command that scans what another one prints.
    fn on_hosts(&self, text: &str) -> String {
        text.replace(OF_INPUT, &self.of_input)
    }

    /// The references that may be for Windows, and what cannot be read of the files; notes are warned of.
    ///
    /// # Errors
    ///
    /// More references than fit one answer.
    pub fn placed(&self, io: &mut Io<'_>) -> Result<(Vec<Placed<'_>>, Vec<ErrorEntry>), Error> {
        let at_start = |(path, error): &(PathBuf, Error)| {
            let file = tree::shown(path);
            let location = Location::new(&file, 1, 1, None, "");
            ErrorEntry { location: Some(location), ..ErrorEntry::new(&file, error, &CommandLine) }
        };
        let mut errors: Vec<ErrorEntry> = self.unread.iter().map(at_start).collect();
        let mut placed: Vec<Placed<'_>> = Vec::new();
        let mut left_out: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ScannedFile { path, scanned, .. } in &self.files {
            let file = tree::shown(path);
            if let Some(why) = &scanned.left_out {
                left_out.entry(why.as_str()).or_default().push(file.clone());
            }
            for note in &scanned.notes {
                io.warn(&format!("{file}:{}: {}", note.place.line, self.on_hosts(&note.text)).into());
            }
            for problem in &scanned.problems {
                let location = Location::new(&file, problem.place.line, problem.place.column, None, "");
                let entry = ErrorEntry::new(&file, &problem.error, &CommandLine);
                let hint = entry.hint.as_deref().map(|hint| self.on_hosts(hint));
                errors.push(ErrorEntry { location: Some(location), hint, ..entry });
            }
            for found in &scanned.found {
                let one = Placed { path, file: file.clone(), found };
                if found.os != Os::Other {
                    placed.push(one);
                } else if !found.is_repeated && self.is_windows_alone(found) {
                    errors.push(one.failed(&elsewhere(&found.lands)));
                }
            }
        }
        for (why, files) in left_out {
            let others = files.len() - 1;
            let more = if others > 0 { format!(" and {others} more like it") } else { String::new() };
            let first = files.first().map(String::as_str).unwrap_or_default();
            io.warn(&format!("{first}{more} left out: {}", self.on_hosts(why)).into());
        }
        if placed.len() > MOST_RESULTS {
            return Err(Error::new(format!("more than {MOST_RESULTS} references are too much for one answer"))
                .hint("scan a part of the files at a time"));
        }
        Ok((placed, errors))
    }

    /// The images of these references, each read once.
    pub fn images<'p>(&self, placed: &'p [Placed<'_>]) -> ReadImages<'p> {
        let texts = distinct(placed);
        let images = self.read(&texts);
        if let Some(months) = self.fresh {
            let is_asked = self.locks.locked.is_none() && self.allows(MICROSOFT_REGISTRY);
            let found: Vec<&Image> = images.iter().flatten().filter(|_| is_asked).collect();
            let options = self.options.clone();
            let found = || fresh::of(months, options, &self.knowledge, &found, self.policy.today, self.quiet);
            self.freshness.get_or_init(found);
        }
        texts.into_iter().zip(images).collect()
    }

    /// The references judged on the hosts of a fleet.
    ///
    /// # Errors
    ///
    /// More results than fit one answer.
    pub fn judged(&self, placed: &[Placed<'_>], images: &ReadImages<'_>, fleet: &Fleet) -> Result<Judged, Error> {
        let mut judged = Judged::default();
        for (number, one) in placed.iter().enumerate() {
            match one.image(images).map(|image| image.or_else(|| self.was_for_windows(one, images))) {
                // Where it is judged too, that is said.
                Err(_) | Ok(None) if one.found.is_repeated => {}
                Err(error) => judged.errors.push(one.failed(&error)),
                Ok(None) => judged.foreign += 1,
                Ok(Some(image)) => match self.results(one, image, fleet) {
                    Ok(results) => {
                        let from = judged.results.len();
                        judged.results.extend(results);
                        judged.at.push((number, from..judged.results.len()));
                    }
                    Err(_) if one.found.is_repeated => {}
                    Err(error) => judged.errors.push(one.failed(&error)),
                },
            }
            refuse_more(judged.results.len())?;
        }
        Ok(judged)
    }

    /// The image of a reference that is for another system now, and was for Windows when it was locked: what was to run on Windows does
    /// not any more.
    fn was_for_windows<'i>(&self, one: &Placed<'_>, images: &'i ReadImages<'_>) -> Option<&'i Image> {
        let lock = self.locks.verified.as_ref().filter(|_| !matches!(one.found.lands, Lands::Linux { .. }))?;
        let name = name_of(one.found);
        let image = images.get(name)?.as_ref().ok()?;
        (image.candidates.is_empty() && lock.is_for_windows(name)).then_some(image)
    }

    /// Compares the images with a lock, and writes a new one, as far as that was asked for.
    fn compare(&self, placed: &[Placed<'_>], images: &ReadImages<'_>, judged: &mut Judged, io: &mut Io<'_>) -> Result<(), Error> {
        if let Some(lock) = &self.locks.verified
            && let [first, rest @ ..] = lock.compare(placed, images, judged, &self.policy).as_slice()
        {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            io.warn(&format!("{first}{more}: not in the lock; write it again with --write-lock").into());
        }
        if let Some(path) = &self.locks.written {
            let (number, unread) = Lock::write(path, images, self.policy.today)?;
            io.note(&format!("{} in {} now", counted(number, "image is", "images are"), path.display()).into());
            if unread > 0 {
                let images = count(unread, "image");
                io.warn(&format!("{images} could not be read whole, so the lock does not have them as they are now").into());
            }
        }
        Ok(())
    }

    /// The images of these texts, with the configs of what is chosen on any host.
    pub fn read(&self, texts: &[impl AsRef<str>]) -> Vec<Result<Image, Error>> {
        if let Some(lock) = &self.locks.locked {
            let image = |text: &str| lock.image(text, &self.reference(text)?);
            return texts.iter().map(|text| image(text.as_ref())).collect();
        }
        let references: Vec<_> = texts.iter().map(|text| self.reference(text.as_ref())).collect();
        let on_nodes = Policy { engine: Some(HostEngine::new(Engine::Kubernetes, None)), ..self.policy.clone() };
        // Nobody said the engine, so files for Kubernetes have their own.
        let policies = if self.names_engine { vec![self.policy.clone()] } else { vec![self.policy.clone(), on_nodes] };
        let next = self.next.iter().flat_map(|next| next.fleet.hosts());
        let hosts: Vec<Host> = self.fleet.hosts().iter().chain(next).cloned().collect();
        read_images(self.options.clone(), &self.knowledge, &hosts, &policies, &references, self.quiet)
    }

    /// The reference of a text. What is on disk is not for files to name.
    fn reference(&self, text: &str) -> Result<Reference, Error> {
        let reference = references::in_registry(text, &self.knowledge, "name an image as NAME:TAG")?;
        let refused = match reference.location() {
            Site::Registry(name) if !self.allows(&name.registry) => &name.registry,
            _ => return Ok(reference),
        };
        Err(Error::of(ErrorKind::Invalid, format!("the registry {refused} is not among those that are allowed"))
            .hint(format!("allow it with --allow-registry {refused}, or use an image of another registry")))
    }

    /// True for a base image of Windows, which no other system runs.
    fn is_windows_alone(&self, found: &Found) -> bool {
        let Meant::Known(text) = &found.meant else { return false };
        match self.reference(text) {
            Ok(reference) => match reference.location() {
                Site::Registry(name) => self.knowledge.has_base_images(&name.registry, &name.repository),
                Site::Local { .. } => false,
            },
            Err(_) => false,
        }
    }

    /// True for a registry that may be asked.
    fn allows(&self, registry: &str) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|allowed| allowed == registry)
    }

    /// The results of one reference on each of the hosts that it can land on, without its place.
    ///
    /// # Errors
    ///
    /// None of the hosts.
    pub fn on_each(&self, one: &Placed<'_>, image: &Image, fleet: &Fleet) -> Result<Rc<[ResultEntry]>, Error> {
        let on_each = || {
            let policy = self.policy_of(one.found);
            let hosts = self.landing(one.found, fleet)?;
            let wording = InFile { by: one.found.isolated_by, asked: one.found.isolation };
            let entry = |Landed { host, names }: &Landed| {
                let judgement = self.judge(one.found, host, image, &policy);
                let mut entry = ResultEntry::new(&self.knowledge, host, image, &judgement, &policy, &wording);
                if is_only_copied(one.found) && entry.ok == Some(true) {
                    entry.findings.retain(|finding| !finding.code.known().is_some_and(|code| OF_A_START.contains(&code)));
                }
                if one.found.is_mounted() {
                    entry.findings.retain(|finding| finding.code.known() != Some(Code::HostProcessVersions));
                    // Nothing of it runs in any isolation.
                    if entry.ok == Some(true) {
                        entry.taken = None;
                    }
                }
                if names.len() > 1 {
                    entry.host.alike = Arc::clone(names).into();
                }
                entry
            };
            Ok(hosts.iter().map(entry).collect())
        };
        fleet.results(one.found, on_each)
    }

    /// The results of one reference on the hosts that count for it.
    ///
    /// # Errors
    ///
    /// None of the hosts.
    pub fn results(&self, one: &Placed<'_>, image: &Image, fleet: &Fleet) -> Result<Vec<ResultEntry>, Error> {
        let known = self.on_each(one, image, fleet)?;
        let placed = |entry: &ResultEntry| ResultEntry { location: Some(one.location()), ..entry.clone() };
        let mut entries: Vec<ResultEntry> = known.iter().map(placed).collect();
        jobs::leave_out(one.found, &mut entries, &self.policy);
        Ok(entries)
    }

    /// The hosts that the container of a reference can land on, those with the processor that it asks for.
    ///
    /// # Errors
    ///
    /// None of them.
    pub fn landing(&self, found: &Found, fleet: &Fleet) -> Landing {
        let hosts = fleet.landing(&found.lands, &self.knowledge, self.policy.today)?;
        let Some(processor) = found.processor else { return Ok(hosts) };
        let with: Rc<[Landed]> = hosts.iter().filter(|landed| landed.host.architecture == processor).cloned().collect();
        if with.is_empty() { Err(without(processor)) } else { Ok(with) }
    }

    /// The judgement of an image for a reference on a host. What files are only copied from is not started, so it needs no Hyper-V; and
    /// Docker builds, whatever starts containers there.
    pub fn judge(&self, found: &Found, host: &Host, image: &Image, policy: &Policy) -> Judgement {
        if !is_only_copied(found) {
            return compat::judge(&self.knowledge, host, image, policy);
        }
        let host = Host { hyperv: Availability::Available, ..host.clone() };
        let policy = Policy { engine: Some(HostEngine::new(Engine::Docker, None)), ..policy.clone() };
        compat::judge(&self.knowledge, &host, image, &policy)
    }

    /// How the image of this reference is judged.
    pub fn policy_of(&self, found: &Found) -> Policy {
        let mut policy = self.policy.clone();
        policy.freshness = self.freshness.get().cloned();
        if is_only_copied(found) {
            policy.wish = Wish::Auto;
        } else if self.wish.is_none() {
            policy.wish = match found.isolation {
                None => policy.wish,
                Some(Asked::Default) => Wish::Default,
                Some(Asked::Process) => Wish::Process,
                Some(Asked::Hyperv) => Wish::Hyperv,
                Some(Asked::HostProcess) => Wish::HostProcess,
            };
        }
        if found.is_of_kubernetes() && !self.names_engine {
            policy.engine = Some(HostEngine::new(Engine::Kubernetes, None));
        }
        let is_pulled_by = |engine: &HostEngine| matches!(engine.name, Engine::Kubernetes | Engine::Containerd);
        // As for a HostProcess container, what the node pulls is all that counts.
        if found.is_mounted() && policy.engine.as_ref().is_some_and(is_pulled_by) {
            policy.wish = Wish::HostProcess;
        }
        policy
    }
}

/// What is said of an image that runs, and counts only where it is started.
const OF_A_START: [Code; 2] = [Code::ExplicitIsolationNeeded, Code::HypervAssumed];

/// True for an image that a build on the hosts takes files out of: it is not started, so one that is older than its host will do. One that is
/// newer is not pulled there (moby, `daemon/internal/distribution/pull_v2_windows.go`).
fn is_only_copied(found: &Found) -> bool {
    found.isolated_by == IsolatedBy::Nothing
}

/// Warns of references that were left out since their images are not for Windows.
pub fn warn_of_foreign(foreign: usize, all: usize, io: &mut Io<'_>) {
    if foreign > 0 {
        let all = count(all, "reference");
        io.warn(&format!("{foreign} of {all} left out: their images are not for Windows").into());
    }
}

/// Refuses more results than fit one answer.
///
/// # Errors
///
/// More than that.
pub fn refuse_more(results: usize) -> Result<(), Error> {
    if results <= MOST_RESULTS {
        return Ok(());
    }
    Err(Error::new(format!("more than {MOST_RESULTS} results are too much for one answer"))
        .hint("scan a part of the files, or for fewer hosts, at a time"))
}

/// The reference, or what is written where none is known.
pub fn name_of(found: &Found) -> &str {
    match &found.meant {
        Meant::Known(text) => text,
        Meant::Unresolved(_) | Meant::Unevaluated { .. } | Meant::Undeclared(_) => &found.written,
    }
}

/// The error about a Windows image in a place that is for another system. Where the service has no place for Windows at all, another machine
/// is no way out.
fn elsewhere(lands: &Lands) -> Error {
    let error = Error::of(ErrorKind::Invalid, "this container can run nowhere");
    match lands {
        Lands::Linux { why, hint } => error.because(why).hint(hint.as_str()),
        _ => error
            .because("the file gives it a machine or platform of another system, and the image is for Windows")
            .hint("give it a machine or platform with Windows, or use an image for the other system"),
    }
}

/// The error about a container for a processor that no host has.
fn without(processor: Architecture) -> Error {
    Error::new("none of these hosts can run this container")
        .because(format!("the file gives it a platform with the processor {}, which none of them has", processor.as_str()))
        .hint("give the file the platform of the hosts, or name a host with this processor")
}

/// The references that are to be read, each once.
fn distinct<'p>(placed: &'p [Placed<'_>]) -> Vec<&'p str> {
    let known = placed.iter().filter_map(|one| match &one.found.meant {
        Meant::Known(text) => Some(text.as_str()),
        Meant::Unresolved(_) | Meant::Unevaluated { .. } | Meant::Undeclared(_) => None,
    });
    let mut texts: Vec<&str> = known.collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}
