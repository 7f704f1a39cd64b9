//! The choice of an entry by engines, rendered from the published rules alone: step by step, as the documents say them, with texts and
//! plain numbers.
//!
//! It must not be written from `src/engine`, or it proves nothing. Where the documents do not say what a version does, the answer is
//! a [`Silence`]: nothing is guessed.

/// The program that pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Docker with its own image store.
    Docker,
    /// Docker with the image store of containerd.
    DockerWithContainerd,
    /// containerd by itself.
    Containerd,
    /// The kubelet, by the containerd below it.
    Kubelet,
}

/// A version of it, e.g. `(2, 1, 6)`.
pub type Release = (u64, u64, u64);

/// The host: 10.0, its build and its processor.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    pub build: i64,
    pub architecture: &'static str,
}

/// An entry for Windows as the index writes it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub architecture: String,
    /// The text of `os.version`; empty where there is none.
    pub version: String,
}

/// What a program pulls.
#[derive(Clone, Debug)]
pub enum Pulled {
    Index(Vec<Entry>),
    /// A manifest without an index, or by its digest, with what its config says.
    Manifest(Entry),
}

/// What it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Takes(usize),
    Refuses(String),
}

/// A question that the documents leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Silence {
    /// Nothing is said of this version.
    Version,
    /// Several entries are accepted, and nothing is said of their order.
    Order,
    /// Nothing is said of the message.
    Message,
}

/// What the program does with this on this host.
pub fn answer(program: Program, release: Release, host: Host, pulled: &Pulled) -> Result<Answer, Silence> {
    match program {
        Program::Docker => docker(release, host, pulled),
        Program::DockerWithContainerd => {
            matcher(docker_vendors(release)?, host, pulled, || Ok(words_of_docker_with_containerd(release, host)))
        }
        // `internal/cri/server/images/image_pull.go`: the pull succeeds, and the config is not found.
        Program::Kubelet if release >= (2, 1, 0) => matcher(containerd_vendors(release)?, host, pulled, || {
            Ok("get image config descriptor: no match for platform in manifest sha256:…: not found".to_owned())
        }),
        Program::Containerd | Program::Kubelet => matcher(containerd_vendors(release)?, host, pulled, || Ok(NO_MATCH.to_owned())),
    }
}

/// containerd's own words.
const NO_MATCH: &str = "no match for platform in manifest: not found";

/// `pullTag` of `daemon/containerd/image_pull.go`: until 27.2.0 containerd's error as it is. 29.6.0 and later print the platform with the
/// level of the processor (`hostPlatformSpec`), which a host does not tell.
fn words_of_docker_with_containerd(release: Release, host: Host) -> String {
    let platform = match host.architecture {
        "arm64" => "arm64/v8",
        "amd64" if release >= (29, 6, 0) => "amd64/v…",
        other => other,
    };
    if release < (27, 2, 1) {
        return NO_MATCH.to_owned();
    }
    format!("no matching manifest for windows(10.0.{})/{platform} in the manifest list entries: {NO_MATCH}", host.build)
}

/// Docker's own store, in the form that is documented: entries of other processors and of newer builds are dropped, those that
/// begin with the host's own version come first, and all others stay in the order of the index.
fn docker(release: Release, host: Host, pulled: &Pulled) -> Result<Answer, Silence> {
    if release < (19, 3, 0) {
        return Err(Silence::Version);
    }
    let entries = match pulled {
        Pulled::Manifest(entry) if is_newer(host, &entry.version) => {
            let numbers: Vec<&str> = entry.version.split('.').take(3).collect();
            let host = format!("10.0.{}", host.build);
            return Ok(Answer::Refuses(format!(
                "a Windows version {}-based image is incompatible with a {host} host",
                numbers.join(".")
            )));
        }
        Pulled::Manifest(_) => return Ok(Answer::Takes(0)),
        Pulled::Index(entries) => entries,
    };
    let mut left: Vec<(usize, &Entry)> = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        if entry.architecture == host.architecture && !is_newer(host, &entry.version) {
            left.push((number, entry));
        }
    }
    let own = format!("10.0.{}.", host.build);
    left.sort_by_key(|(_, entry)| !entry.version.starts_with(&own));
    match left.first() {
        Some((number, _)) => Ok(Answer::Takes(*number)),
        None => {
            let platform = platform_of_docker(release, host).ok_or(Silence::Message)?;
            Ok(Answer::Refuses(format!("no matching manifest for {platform} in the manifest list entries")))
        }
    }
}

/// An image build above the host's; fewer than three parts, and what is not a number, pass.
pub fn is_newer(host: Host, version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    parts.len() >= 3 && parts[2].parse::<i64>().is_ok_and(|build| build > host.build)
}

/// The words for the platform in Docker's message, by version.
fn platform_of_docker(release: Release, host: Host) -> Option<String> {
    // containerd's rules give a processor its usual variant, where it has one.
    let architecture = if host.architecture == "arm64" { "arm64/v8" } else { host.architecture };
    match release.0 {
        19..=27 => Some(format!("windows/{architecture} 10.0.{}", host.build)),
        28.. => Some(format!("windows(10.0.{})/{architecture}", host.build)),
        _ => None,
    }
}

/// The matchers of containerd by what they vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vendored {
    /// 1.4: the first entry for Windows and the processor.
    First,
    /// 1.5 and 1.6.0: the host's own version as the beginning of the text; sorted by revision.
    Prefix,
    /// 1.7.0: the same, or none; nothing is said of the order.
    PrefixOrNone,
    /// The later 1.6: the rule of 2023, or none; nothing is said of the order.
    Later16,
    /// v0.2.1, rc.0 and rc.1: the rule of 2023, or none; the order of the index.
    Rule2023,
    /// rc.2 to rc.4: the floor is the last long-term release strictly below the host; the highest text first.
    StrictFloor,
    /// The same, where nothing is said of the order.
    StrictFloorInSomeOrder,
}

fn containerd_vendors(release: Release) -> Result<Vendored, Silence> {
    match release {
        (1, 4, _) => Ok(Vendored::First),
        (1, 5, _) | (1, 6, 0) => Ok(Vendored::Prefix),
        (1, 6, 36) => Ok(Vendored::Later16),
        (1, 7, 0) => Ok(Vendored::PrefixOrNone),
        (1, 7, 19..=34) | (2, 0, _) | (2, 1, 0..=5) => Ok(Vendored::Rule2023),
        (2, 1, 6..=9) | (2, 2, 0..=7) | (2, 3, 0..=4) => Ok(Vendored::StrictFloor),
        _ => Err(Silence::Version),
    }
}

fn docker_vendors(release: Release) -> Result<Vendored, Silence> {
    match release {
        (27, 1.., _) | (28, ..) => Ok(Vendored::Rule2023),
        (29, 0..=7, _) => Ok(Vendored::StrictFloorInSomeOrder),
        _ => Err(Silence::Version),
    }
}

fn matcher(
    vendored: Vendored,
    host: Host,
    pulled: &Pulled,
    refusal: impl Fn() -> Result<String, Silence>,
) -> Result<Answer, Silence> {
    let Pulled::Index(entries) = pulled else {
        // A reference that is a manifest is not compared.
        return Ok(Answer::Takes(0));
    };
    let mut left: Vec<(usize, &Entry)> = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        if entry.architecture == host.architecture && is_accepted(vendored, host, &entry.version) {
            left.push((number, entry));
        }
    }
    if left.is_empty() {
        return refusal().map(Answer::Refuses);
    }
    match vendored {
        Vendored::First | Vendored::Rule2023 => {}
        Vendored::Prefix => left.sort_by_key(|(_, entry)| std::cmp::Reverse(revision(&entry.version))),
        Vendored::StrictFloor => left.sort_by(|(_, one), (_, other)| other.version.cmp(&one.version)),
        Vendored::PrefixOrNone | Vendored::Later16 | Vendored::StrictFloorInSomeOrder if left.len() > 1 => {
            return Err(Silence::Order);
        }
        Vendored::PrefixOrNone | Vendored::Later16 | Vendored::StrictFloorInSomeOrder => {}
    }
    Ok(Answer::Takes(left[0].0))
}

fn is_accepted(vendored: Vendored, host: Host, version: &str) -> bool {
    let own = format!("10.0.{}", host.build);
    let list: &[i64] = match vendored {
        Vendored::First => return true,
        Vendored::Prefix => return version.starts_with(&own),
        Vendored::PrefixOrNone => return version.is_empty() || version.starts_with(&own),
        Vendored::Later16 | Vendored::Rule2023 => &[20348],
        Vendored::StrictFloor | Vendored::StrictFloorInSomeOrder => &[20348, 26100],
    };
    if version.is_empty() {
        return true;
    }
    let Some(image) = image_build(version) else { return false };
    if host.build < 20348 {
        return image == host.build;
    }
    let mut floor = 20348;
    for release in list {
        if *release < host.build {
            floor = *release;
        }
    }
    floor <= image && image <= host.build
}

/// The build of a version of the 10.0 line: at least two dots, and numbers of 8, 8 and 16 bits.
fn image_build(version: &str) -> Option<i64> {
    let parts: Vec<&str> = version.split('.').collect();
    let (major, minor, build) = (parts.first()?, parts.get(1)?, parts.get(2)?);
    let line = (major.parse::<u8>().ok()?, minor.parse::<u8>().ok()?);
    let build = build.parse::<u16>().ok()?;
    (line == (10, 0)).then_some(i64::from(build))
}

/// The fourth number.
fn revision(version: &str) -> i64 {
    version.split('.').nth(3).and_then(|part| part.parse().ok()).unwrap_or(0)
}
