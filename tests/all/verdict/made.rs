//! Hosts, images and policies made from a seed: the ones that people have, and those that nobody should have.

use fastrand::Rng;
use jiff::civil::Date;
use serde_json::{Value, json};
use wincompat::compat::{Policy, Wish};
use wincompat::host::{self, Attribute, Availability, Host, Spec};
use wincompat::image::{Image, Source};
use wincompat::knowledge::Knowledge;
use wincompat::{Architecture, Kind, OsVersion};

use super::oracle::{Asked, Entry, HostFacts, ImageFacts, Known};

/// Builds of hosts, as in the matrix, and a few around it.
const HOST_BUILDS: [u32; 25] = [
    10240, 10586, 14393, 15063, 16299, 17134, 17763, 17784, 18362, 18363, 19041, 19042, 19043, 19044, 19045, 20348, 20349, 22000,
    22621, 22631, 25398, 26100, 26200, 26300, 28000,
];

/// Builds of images, as in the matrix.
const IMAGE_BUILDS: [u32; 10] = [14393, 16299, 17134, 17763, 18362, 18363, 19041, 19042, 20348, 26100];

/// Texts that are no versions.
const NO_VERSIONS: [&str; 8] =
    ["10.0", "windows", "10.0.x.1", "10.0.20348.1.2", " 10.0.20348", "10.0.-1", "10.0.20348.", "10.0.99999999999"];

/// The reference of the base image of HostProcess containers.
const HOST_PROCESS_BASE: &str = "mcr.microsoft.com/oss/kubernetes/windows-host-process-containers-base-image:v1.0.0";

/// Picks one.
fn one<T: Copy>(random: &mut Rng, of: &[T]) -> T {
    of[random.usize(..of.len())]
}

/// True so many times in a hundred.
fn chance(random: &mut Rng, percent: u32) -> bool {
    random.u32(..100) < percent
}

/// Revisions are few, so that those of hosts and images are often equal.
fn revision(random: &mut Rng) -> Option<u32> {
    one(random, &[None, Some(1), Some(1914), Some(1944), Some(32230)])
}

/// The hosts of each build and kind, as the library reads their versions.
pub fn read_hosts(knowledge: &Knowledge, today: Date) -> Vec<Host> {
    let texts = HOST_BUILDS.iter().chain(&[29651]).flat_map(|build| [format!("{build},server"), format!("{build},client")]);
    texts
        .map(|text| match host::parse(&text, knowledge, today) {
            Ok(Spec::Hosts(hosts)) => hosts.into_iter().next().unwrap(),
            other => panic!("{text}: {other:?}"),
        })
        .collect()
}

/// Any host, from one that was read.
pub fn host(random: &mut Rng, read: &[Host]) -> Host {
    let mut host = read[random.usize(..read.len())].clone();
    host.os_version = match random.u32(..100) {
        0 => OsVersion::new(6, 3, 9600, revision(random)),
        1 => OsVersion::new(11, 0, 22000, revision(random)),
        2 => OsVersion::new(10, 0, random.u32(..2), None),
        3..=6 => OsVersion::new(10, 0, random.u32(10240..33000), revision(random)),
        _ => OsVersion::new(10, 0, host.os_version.build, revision(random)),
    };
    let editions: &[Option<&str>] = match host.kind {
        Kind::Server => &[None, Some("ServerDatacenter"), Some("ServerStandard"), Some("ServerTurbine")],
        Kind::Client => &[
            None,
            Some("Professional"),
            Some("Enterprise"),
            Some("Education"),
            Some("IoTEnterprise"),
            Some("Core"),
            Some("CoreN"),
            Some("CoreSingleLanguage"),
            Some("CoreCountrySpecific"),
        ],
    };
    host.edition = one(random, editions).map(str::to_owned);
    host.architecture = if chance(random, 80) { Architecture::Amd64 } else { Architecture::Arm64 };
    host.containers = availability(random, 86);
    host.hyperv = availability(random, 50);
    host.assumed = Vec::new();
    if host.hyperv == Availability::Available && chance(random, 40) {
        host.assumed.push(Attribute::Hyperv);
    }
    if chance(random, 5) {
        host.assumed.push(one(random, &[Attribute::Edition, Attribute::Architecture, Attribute::Containers]));
    }
    host
}

fn availability(random: &mut Rng, available: u32) -> Availability {
    if chance(random, available) {
        Availability::Available
    } else {
        one(random, &[Availability::Unavailable, Availability::Unknown])
    }
}

/// The facts of a host.
pub fn facts_of(host: &Host) -> HostFacts {
    HostFacts {
        version: host.os_version,
        kind: host.kind,
        home: host.kind == Kind::Client && host.edition.as_deref().is_some_and(|edition| edition.starts_with("Core")),
        architecture: host.architecture,
        containers: host.containers,
        hyperv: host.hyperv,
        hyperv_is_assumed: host.assumed.contains(&Attribute::Hyperv),
        more_is_assumed: host.assumed.iter().any(|attribute| *attribute != Attribute::Hyperv),
    }
}

/// Any policy; nothing is denied yet.
pub fn policy(random: &mut Rng, today: Date) -> Policy {
    let mut policy = Policy::on(today);
    policy.wish = one(random, &[Wish::Auto, Wish::Default, Wish::Process, Wish::Hyperv, Wish::HostProcess]);
    // Process isolation of code that is not trusted is refused before anything is judged.
    policy.untrusted = policy.wish != Wish::Process && chance(random, 20);
    policy.production = chance(random, 20);
    policy.strict = chance(random, 30);
    policy
}

/// The part of a policy that the rules ask for.
pub fn asked(policy: &Policy) -> Asked {
    Asked { wish: policy.wish, untrusted: policy.untrusted, production: policy.production, strict: policy.strict }
}

/// A version as a document states it.
#[derive(Clone, Debug)]
enum Stated {
    Version(OsVersion),
    Missing,
    Nonsense(&'static str),
}

impl Stated {
    fn any(random: &mut Rng) -> Self {
        match random.u32(..100) {
            0..=6 => Self::Missing,
            7..=9 => Self::Nonsense(one(random, &NO_VERSIONS)),
            10 => Self::Version(OsVersion::new(6, 3, 9600, revision(random))),
            11 => Self::Version(OsVersion::new(11, 0, 22000, revision(random))),
            12 if chance(random, 30) => Self::Version(OsVersion::new(10, 0, random.u32(..2), None)),
            12..=15 => Self::Version(OsVersion::new(10, 0, random.u32(10240..33000), revision(random))),
            16..=19 => Self::Version(OsVersion::new(10, 0, one(random, &HOST_BUILDS), revision(random))),
            _ => Self::Version(OsVersion::new(10, 0, one(random, &IMAGE_BUILDS), revision(random))),
        }
    }

    fn put(&self, document: &mut Value) {
        match self {
            Self::Version(_) | Self::Nonsense(_) => document["os.version"] = json!(self.text()),
            Self::Missing => {}
        }
    }

    /// The text that is stated; empty where there is none.
    fn text(&self) -> String {
        match self {
            Self::Version(version) => version.to_string(),
            Self::Nonsense(text) => (*text).to_owned(),
            Self::Missing => String::new(),
        }
    }
}

/// The config of a Windows entry as it really is.
#[derive(Clone, Debug)]
pub struct MadeConfig {
    version: Stated,
    not_windows: bool,
    /// It cannot be had.
    pub unreadable: bool,
    pub bytes: Vec<u8>,
}

/// A Windows entry, as its index and its config have it.
#[derive(Clone, Debug)]
pub struct MadeEntry {
    indexed: Stated,
    architecture: &'static str,
    pub config: MadeConfig,
}

impl MadeEntry {
    /// The index's word, then the config's.
    pub fn shown(&self) -> String {
        let config = if self.config.unreadable {
            "unreadable".to_owned()
        } else {
            String::from_utf8_lossy(&self.config.bytes).into_owned()
        };
        format!("{:?} in the index, config {config}", self.indexed)
    }
}

/// An image as it is served.
#[derive(Clone, Debug)]
pub struct Made {
    pub entries: Vec<MadeEntry>,
    has_index: bool,
    host_process_base: bool,
    /// The image as its index alone describes it, or as its config does where it has no index.
    pub image: Image,
}

impl Made {
    /// Any image: with up to eight entries, or without an index.
    pub fn any(random: &mut Rng, knowledge: &Knowledge) -> Self {
        match random.u32(..100) {
            0..=2 => Self::single(random, knowledge, HOST_PROCESS_BASE),
            3..=14 => Self::single(random, knowledge, "registry.test/app:1"),
            _ => Self::index(random),
        }
    }

    fn single(random: &mut Rng, knowledge: &Knowledge, reference: &str) -> Self {
        let host_process_base = reference == HOST_PROCESS_BASE;
        let version = if host_process_base { Stated::Missing } else { Stated::any(random) };
        let not_windows = !host_process_base && chance(random, 5);
        let architecture = if host_process_base || chance(random, 80) { "amd64" } else { "arm64" };
        let config = config(random, version, architecture, not_windows, if host_process_base { 0 } else { 30 });
        let image = Image::from_config(&reference.parse().unwrap(), Source::Registry, None, &config.bytes, knowledge).unwrap();
        let entry = MadeEntry { indexed: Stated::Missing, architecture, config };
        let entries = if not_windows { Vec::new() } else { vec![entry] };
        Self { entries, has_index: false, host_process_base, image }
    }

    fn index(random: &mut Rng) -> Self {
        let mut entries = Vec::new();
        let mut listed = Vec::new();
        for number in 0..=random.usize(..8) {
            let digest = format!("sha256:{number:064x}");
            let mut entry = json!({
                "mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 429, "digest": digest,
                "platform": {"os": "linux", "architecture": one(random, &["amd64", "arm64", "386"])},
            });
            if chance(random, 85) {
                let indexed = Stated::any(random);
                let architecture = if chance(random, 80) { "amd64" } else { "arm64" };
                entry["platform"]["os"] = json!("windows");
                entry["platform"]["architecture"] = json!(architecture);
                indexed.put(&mut entry["platform"]);
                let truth = if chance(random, 60) { indexed.clone() } else { Stated::any(random) };
                let not_windows = chance(random, 2);
                entries.push(MadeEntry { indexed, architecture, config: config(random, truth, architecture, not_windows, 30) });
            }
            listed.push(entry);
        }
        let index = json!({"schemaVersion": 2, "manifests": listed}).to_string();
        let image = Image::from_index(&"registry.test/app:1".parse().unwrap(), Source::Registry, index.as_bytes()).unwrap();
        Self { entries, has_index: true, host_process_base: false, image }
    }

    /// The facts as far as they are known; `read` says of each entry whether its config was asked for.
    pub fn facts(&self, read: impl Fn(usize) -> bool) -> ImageFacts {
        let entries = self.entries.iter().enumerate().map(|(number, made)| {
            let config = &made.config;
            let known = |stated: &Stated| match stated {
                Stated::Version(version) => Known::Version(*version),
                Stated::Missing | Stated::Nonsense(_) => Known::Nothing,
            };
            let asked = !self.has_index || read(number);
            let version = match (&config.version, asked) {
                (_, false) => known(&made.indexed),
                _ if config.unreadable && self.has_index => Known::Unread,
                // Where the config states none, the index's stands.
                (Stated::Missing, true) => known(&made.indexed),
                (stated, true) => known(stated),
            };
            let not_windows = asked && !config.unreadable && config.not_windows;
            let was_read = asked && !(config.unreadable && self.has_index) && !matches!(config.version, Stated::Missing);
            let stated = if was_read { config.version.text() } else { made.indexed.text() };
            Entry { architecture: made.architecture.to_owned(), version, not_windows, indexed: made.indexed.text(), stated }
        });
        ImageFacts { entries: entries.collect(), has_index: self.has_index, host_process_base: self.host_process_base }
    }
}

fn config(random: &mut Rng, version: Stated, architecture: &str, not_windows: bool, with_history: u32) -> MadeConfig {
    let os = if not_windows { "linux" } else { "windows" };
    let mut document = json!({"os": os, "architecture": architecture, "config": {}});
    version.put(&mut document);
    // A version that only the history names is no version.
    if chance(random, with_history) {
        let step = format!("Apply image 10.0.{}.1", one(random, &IMAGE_BUILDS));
        document["history"] = json!([{"created_by": step}]);
    }
    MadeConfig { version, not_windows, unreadable: chance(random, 10), bytes: document.to_string().into_bytes() }
}
