//! The verdict once more: the rules as the documents say them, for the property test to hold the program against.
//!
//! Written from the documents alone (the matrix of hosts and images, the procedure that gives it, the contract of the report), by
//! somebody who had not read `src/compat`; it must stay so, or it proves nothing. Where the documents are silent, the cell is left
//! out and counted as a [`Silence`]: nothing is guessed.

use wincompat::compat::{Use, Verdict, Wish};
use wincompat::host::Availability;
use wincompat::{Architecture, Kind, OsVersion};

use crate::engines::rule::{self, Program, Pulled};

/// The long-term releases that carry the stable ABI.
const LONG_TERM: [u32; 2] = [20348, 26100];

/// The first Windows 10: no Windows of the 10.0 line had a smaller build.
const FIRST_BUILD: u32 = 10240;

/// The first Windows with the Containers feature: Server 2016 and Windows 10 1607.
const FIRST_WITH_CONTAINERS: u32 = 14393;

/// The Docker that is meant where nobody names an engine.
const NEWEST_DOCKER: rule::Release = (29, 7, 2);

/// A host, reduced to what the rules ask of it.
#[derive(Clone, Debug)]
pub struct HostFacts {
    pub version: OsVersion,
    pub kind: Kind,
    pub home: bool,
    pub architecture: Architecture,
    pub containers: Availability,
    pub hyperv: Availability,
    pub hyperv_is_assumed: bool,
    /// Anything but Hyper-V is assumed.
    pub more_is_assumed: bool,
}

/// A Windows entry as far as it is known.
#[derive(Clone, Debug)]
pub struct Entry {
    pub architecture: String,
    pub version: Known,
    /// Its config says that it is for another system.
    pub not_windows: bool,
    /// The version as the index writes it; empty where it has none. Engines select by it.
    pub indexed: String,
    /// The same as its config states it, where that was read and does. Docker compares it before the layers are read.
    pub stated: String,
}

/// The version that decides: the config's, else the index's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Version(OsVersion),
    /// Nothing states it, or what does is not a version.
    Nothing,
    /// The config could not be had.
    Unread,
}

/// An image: its Windows entries in index order; without any it is for other systems.
#[derive(Clone, Debug)]
pub struct ImageFacts {
    pub entries: Vec<Entry>,
    pub has_index: bool,
    /// The HostProcess base image.
    pub host_process_base: bool,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub wish: Wish,
    pub untrusted: bool,
    pub production: bool,
    pub strict: bool,
}

/// What is possible for one entry: yes, no, or open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Possible {
    pub process: Option<bool>,
    pub hyperv: Option<bool>,
}

impl Possible {
    const NEITHER: Self = Self { process: Some(false), hyperv: Some(false) };

    /// Process if it is possible, unknown if that is open; else the same of Hyper-V.
    pub fn verdict(self) -> Verdict {
        match (self.process, self.hyperv) {
            (Some(true), _) => Verdict::Process,
            (None, _) | (Some(false), None) => Verdict::Unknown,
            (Some(false), Some(true)) => Verdict::Hyperv,
            (Some(false), Some(false)) => Verdict::Incompatible,
        }
    }
}

/// The right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub possible: Possible,
    pub taken: Option<Use>,
    pub ok: Option<bool>,
    /// The entry that is chosen, where the documents say which.
    pub chosen: Option<usize>,
}

/// A question that the documents leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Silence {
    OpenEntryBesideHyperv,
    OpenEntriesOfTwoSorts,
    UnreadBesideOthers,
    UnreadWhereTheHostDecides,
    BuildNoWindowsHad,
    ContainersUnknown,
    NoVersionOnAnotherLine,
    StrictWithOtherAssumptions,
    HostProcessOnSuchHost,
    HostProcessFromSuchIndex,
    HostProcessAndPolicy,
    DeniedAndOpen,
}

impl Silence {
    /// The question.
    pub fn question(self) -> &'static str {
        match self {
            Self::OpenEntryBesideHyperv => "an entry of unknown version beside one that fits with Hyper-V: which is chosen?",
            Self::OpenEntriesOfTwoSorts => "entries that are open for different reasons: which is chosen?",
            Self::UnreadBesideOthers => "an entry whose config could not be had beside others: does the result rest on it?",
            Self::UnreadWhereTheHostDecides => "the host refuses every image, and the config could not be had: no, or undecided?",
            Self::BuildNoWindowsHad => "a build that no Windows had: which of process and Hyper-V is open?",
            Self::ContainersUnknown => "the Containers feature is unknown: are process and Hyper-V open?",
            Self::NoVersionOnAnotherLine => {
                "an image without a version, and a host that is not of the 10.0 line: no, or unknown?"
            }
            Self::StrictWithOtherAssumptions => {
                "--strict, and the edition, architecture or Containers feature is assumed: undecided?"
            }
            Self::HostProcessOnSuchHost => {
                "host-process on Home, on a host before 1809, or where containers are unknown: allowed?"
            }
            Self::HostProcessFromSuchIndex => {
                "host-process, and the index has no entry whose version an engine would take: allowed?"
            }
            Self::HostProcessAndPolicy => "host-process with --untrusted, or in production on a client: allowed?",
            Self::DeniedAndOpen => "an open result with a finding that is denied: no, or undecided?",
        }
    }
}

/// Yes only if all are; no if one is not.
fn all<const N: usize>(facts: [Option<bool>; N]) -> Option<bool> {
    if facts.contains(&Some(false)) {
        Some(false)
    } else if facts.contains(&None) {
        None
    } else {
        Some(true)
    }
}

fn there(availability: Availability) -> Option<bool> {
    match availability {
        Availability::Available => Some(true),
        Availability::Unavailable => Some(false),
        Availability::Unknown => None,
    }
}

/// What the versions alone allow: steps 4 to 9 of the procedure.
fn by_version(host: OsVersion, image: Known) -> Possible {
    // 4. No version is unknown, and so is one that was not read: not compatible, and not incompatible.
    let Known::Version(image) = image else { return Possible { process: None, hyperv: None } };
    // 5. Only the 10.0 line has containers.
    if (image.major, image.minor) != (10, 0) || (host.major, host.minor) != (10, 0) {
        return Possible::NEITHER;
    }
    // 6. A newer image never runs on an older host.
    if image.build > host.build {
        return Possible::NEITHER;
    }
    let process = if host.build < LONG_TERM[0] {
        // 7. Before Windows Server 2022 builds must be equal, and in 1607 revisions too; an unknown one leaves it open.
        match (image.build == host.build, host.build == 14393, image.revision, host.revision) {
            (false, ..) => Some(false),
            (true, false, ..) => Some(true),
            (true, true, Some(image), Some(host)) => Some(image == host),
            (true, true, ..) => None,
        }
    } else {
        // 8. From there on, everything since the long-term release before the host's own.
        let own = LONG_TERM.iter().rposition(|build| *build <= host.build).unwrap_or(0);
        Some(LONG_TERM[own.saturating_sub(1)] <= image.build)
    };
    // 9. Hyper-V runs every older image.
    Possible { process, hyperv: Some(true) }
}

/// What is possible for an entry on a host.
pub fn possible(host: &HostFacts, entry: &Entry, host_process_base: bool) -> Possible {
    let version = by_version(host.version, entry.version);
    // Whatever the image is: its system, its processor, and a host of the 10.0 line with containers, which Home has not.
    let line = (host.version.major, host.version.minor) == (10, 0) && host.version.build >= FIRST_WITH_CONTAINERS;
    let both = all([
        Some(!entry.not_windows && !host_process_base),
        Some(entry.architecture == host.architecture.as_str()),
        Some(line && !host.home),
        there(host.containers),
    ]);
    let early_client = host.kind == Kind::Client && host.version.build < 17763;
    Possible {
        process: all([both, Some(!early_client), version.process]),
        hyperv: all([both, there(host.hyperv), version.hyperv]),
    }
}

/// The place of an entry among the others: process before Hyper-V, what is open before what cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rank {
    Process,
    Open,
    Hyperv,
    Neither,
}

fn rank(entry: &Entry, possible: Possible) -> Rank {
    match possible {
        Possible { process: Some(true), .. } => Rank::Process,
        Possible::NEITHER => Rank::Neither,
        Possible { process: None, .. } => Rank::Open,
        // The host leaves Hyper-V open for all alike; an entry without a version is open for itself.
        Possible { .. } if !matches!(entry.version, Known::Version(_)) => Rank::Open,
        Possible { .. } => Rank::Hyperv,
    }
}

/// The chosen entry's possibilities, and its number where the documents say which it is.
fn choose(host: &HostFacts, image: &ImageFacts) -> Result<(Possible, Option<usize>), Silence> {
    let judged: Vec<(usize, &Entry, Possible)> = image
        .entries
        .iter()
        .enumerate()
        .map(|(number, entry)| (number, entry, possible(host, entry, image.host_process_base)))
        .collect();
    let of = |wanted: Rank| judged.iter().filter(move |(_, entry, possible)| rank(entry, *possible) == wanted);
    if judged.len() > 1 && judged.iter().any(|(_, entry, _)| entry.version == Known::Unread) {
        return Err(Silence::UnreadBesideOthers);
    }
    if let Some(best) = best(host, of(Rank::Process)) {
        return Ok(best);
    }
    let open: Vec<_> = of(Rank::Open).collect();
    if let Some((number, _, first)) = open.first() {
        if of(Rank::Hyperv).next().is_some() {
            return Err(Silence::OpenEntryBesideHyperv);
        }
        if open.iter().any(|(_, _, other)| other != first) {
            return Err(Silence::OpenEntriesOfTwoSorts);
        }
        return Ok((*first, (open.len() == 1).then_some(*number)));
    }
    Ok(best(host, of(Rank::Hyperv)).unwrap_or((Possible::NEITHER, None)))
}

/// The highest version, numerically, then the first; no number where an unknown revision leaves the order open. One that is reported to
/// fail comes after the others: of Windows Server 2025 on clients that are newer than it, up to 26H1 (microsoft/hcsshim#2566). Of later
/// ones nobody has reported anything.
fn best<'a>(
    host: &HostFacts,
    entries: impl Iterator<Item = &'a (usize, &'a Entry, Possible)>,
) -> Option<(Possible, Option<usize>)> {
    let is_newer_client = host.kind == Kind::Client && (26101..=28000).contains(&host.version.build);
    let mut entries: Vec<_> = entries
        .filter_map(|(number, entry, possible)| match entry.version {
            Known::Version(version) => Some((*number, version, *possible)),
            Known::Nothing | Known::Unread => None,
        })
        .collect();
    if is_newer_client && entries.iter().any(|(_, version, _)| version.build != 26100) {
        entries.retain(|(_, version, _)| version.build != 26100);
    }
    let build = entries.iter().map(|(_, version, _)| version.build).max()?;
    let highest: Vec<_> = entries.iter().filter(|(_, version, _)| version.build == build).collect();
    let revisions: Vec<_> = highest.iter().map(|(_, version, _)| version.revision).collect();
    let some_unknown = revisions.contains(&None) && revisions.iter().any(Option::is_some);
    let revision = revisions.iter().max()?;
    let (number, _, possible) = highest.iter().find(|(_, version, _)| version.revision == *revision)?;
    Some((*possible, (!some_unknown).then_some(*number)))
}

/// True for a version of the 10.0 line with a build that no Windows had.
fn is_no_build(version: OsVersion) -> bool {
    (version.major, version.minor) == (10, 0) && version.build < FIRST_BUILD
}

/// The answer for an image on a host as asked, with nothing denied.
pub fn answer(host: &HostFacts, image: &ImageFacts, asked: Asked) -> Result<Answer, Silence> {
    let builds = image.entries.iter().filter_map(|entry| match entry.version {
        Known::Version(version) => Some(version),
        Known::Nothing | Known::Unread => None,
    });
    if builds.chain([host.version]).any(is_no_build) {
        return Err(Silence::BuildNoWindowsHad);
    }
    let (possible, chosen) = choose(host, image)?;
    let unread = image.entries.iter().any(|entry| entry.version == Known::Unread);
    if unread && possible == Possible::NEITHER {
        return Err(Silence::UnreadWhereTheHostDecides);
    }
    let another_line = (host.version.major, host.version.minor) != (10, 0);
    if another_line && image.entries.iter().any(|entry| !matches!(entry.version, Known::Version(_))) {
        return Err(Silence::NoVersionOnAnotherLine);
    }
    if host.containers == Availability::Unknown && possible != Possible::NEITHER {
        return Err(Silence::ContainersUnknown);
    }
    if asked.strict && host.more_is_assumed {
        return Err(Silence::StrictWithOtherAssumptions);
    }
    let (taken, ok) = match asked.wish {
        Wish::HostProcess => host_process(host, image, possible, asked)?,
        _ => by_docker(host, image, asked, settle(host, possible, asked)),
    };
    Ok(Answer { possible, taken, ok, chosen })
}

/// What Docker makes of an image: the entry that it takes decides, and nothing is used where it takes none. Where what fits best is open,
/// only a refusal decides; where that fails, it is open if what Docker takes is.
fn by_docker(
    host: &HostFacts,
    image: &ImageFacts,
    asked: Asked,
    (taken, ok): (Option<Use>, Option<bool>),
) -> (Option<Use>, Option<bool>) {
    if image.entries.iter().any(|entry| entry.version == Known::Unread) {
        return (taken, ok);
    }
    let on = rule::Host { build: host.version.build.into(), architecture: host.architecture.as_str() };
    if !image.has_index {
        // A manifest is compared by its config, also by one that is not a version.
        let is_newer = image.entries.iter().any(|entry| rule::is_newer(on, &entry.stated));
        return (taken, ok.or(is_newer.then_some(false)));
    }
    let indexed = image
        .entries
        .iter()
        .map(|entry| rule::Entry { architecture: entry.architecture.clone(), version: entry.indexed.clone() });
    let by_taken = match rule::answer(Program::Docker, NEWEST_DOCKER, on, &Pulled::Index(indexed.collect())) {
        Ok(rule::Answer::Takes(number)) if rule::is_newer(on, &image.entries[number].stated) => (None, Some(false)),
        Ok(rule::Answer::Takes(number)) => {
            settle(host, self::possible(host, &image.entries[number], image.host_process_base), asked)
        }
        _ => (None, Some(false)),
    };
    match (ok, by_taken.1) {
        (Some(true), _) => by_taken,
        (None, Some(true) | None) | (Some(false), None) => (None, None),
        (None | Some(false), _) => (None, Some(false)),
    }
}

/// The table of wishes: the first of the choice that is possible is taken; what is open leaves the result open.
fn settle(host: &HostFacts, possible: Possible, asked: Asked) -> (Option<Use>, Option<bool>) {
    let choice: &[Use] = match (asked.wish, host.kind) {
        (Wish::Auto, Kind::Server) => &[Use::Process, Use::Hyperv],
        (Wish::Default, Kind::Server) | (Wish::Process, _) => &[Use::Process],
        (Wish::Auto | Wish::Default, Kind::Client) | (Wish::Hyperv, _) => &[Use::Hyperv],
        (wish, kind) => panic!("no row for {wish:?} on a {kind:?}"),
    };
    let without_process = asked.untrusted || (asked.production && host.kind == Kind::Client);
    let mut open = false;
    for taken in choice.iter().filter(|taken| !(without_process && **taken == Use::Process)) {
        let hyperv = if asked.strict && host.hyperv_is_assumed && possible.hyperv == Some(true) { None } else { possible.hyperv };
        match if *taken == Use::Process { possible.process } else { hyperv } {
            Some(true) => return (Some(*taken), Some(true)),
            None => open = true,
            Some(false) => {}
        }
    }
    (None, if open { None } else { Some(false) })
}

/// A HostProcess container: versions do not matter, the system, the processor and the Containers feature do.
fn host_process(
    host: &HostFacts,
    image: &ImageFacts,
    possible: Possible,
    asked: Asked,
) -> Result<(Option<Use>, Option<bool>), Silence> {
    let fits = |entry: &&Entry| !entry.not_windows && entry.architecture == host.architecture.as_str();
    if !image.entries.iter().any(|entry| fits(&entry)) {
        return Ok((None, Some(false)));
    }
    if host.containers == Availability::Unavailable {
        return Ok((None, Some(false)));
    }
    if asked.untrusted || (asked.production && host.kind == Kind::Client) {
        return Err(Silence::HostProcessAndPolicy);
    }
    let early = host.version.build < 17763 || (host.version.major, host.version.minor) != (10, 0);
    if host.home || early || host.containers == Availability::Unknown {
        return Err(Silence::HostProcessOnSuchHost);
    }
    let an_engine_takes_it = !image.has_index || possible.process == Some(true);
    if !an_engine_takes_it {
        return Err(Silence::HostProcessFromSuchIndex);
    }
    Ok((Some(Use::HostProcess), Some(true)))
}
