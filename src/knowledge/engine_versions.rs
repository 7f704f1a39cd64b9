//! Which version of an engine selects images in which way.

use std::fmt;
use std::ops::{Deref, RangeInclusive};

use jiff::civil::Date;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::Knowledge;
use super::builds::{WINDOWS_SERVER_2022, WINDOWS_SERVER_2025};
use crate::{Engine, ImageStore};

/// Versions of one engine that select images in the same way, e.g. containerd 2.1.6 to 2.1.9.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct EngineVersions {
    /// The engine: Docker, or containerd, which the kubelet has below it as well.
    pub engine: Engine,
    /// The image store of Docker.
    #[serde(default)]
    pub store: Option<ImageStore>,
    /// The first version, e.g. `2.1.6`.
    #[serde(deserialize_with = "written")]
    pub first: semver::Version,
    /// The last version that was looked at, e.g. `2.1.9`. A later one may do something else.
    #[serde(deserialize_with = "written")]
    pub last: semver::Version,
    /// The last day on which the last of these versions was maintained, and the newest of its line; `None` where no end is set.
    #[serde(default)]
    pub until: Option<Date>,
    /// The entries of an index that it accepts.
    pub accepts: Accepts,
    /// The order in which it prefers those.
    pub order: Order,
    /// True if it refuses entries with other `os.features` than one `win32k`.
    #[serde(default)]
    pub refuses_features: bool,
    /// True if the version in the config of an entry without a platform has to be accepted as well, and not its processor alone.
    #[serde(default)]
    pub reads_configs: bool,
    /// The words with which it says that there is none.
    pub message: NoMatch,
    /// The words of containerd where the kubelet pulls through it; `None` where they are the same.
    #[serde(default)]
    pub kubelet_message: Option<NoMatch>,
    /// The pause image that it takes on Windows if none is configured, e.g. `registry.k8s.io/pause:3.10.1`.
    #[serde(default)]
    pub pause: Option<String>,
    /// The addresses of the sources in which this was read.
    pub sources: Vec<String>,
}

/// The versions of Windows that an engine accepts in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Accepts {
    /// Every one.
    Any,
    /// Those that are not newer than the host, and those that do not say it.
    NotNewer,
    /// Every one; but where the first is newer than the host, the pull is refused.
    FirstNotNewer,
    /// The host's own build.
    HostBuild,
    /// The host's own build, and those that do not say any.
    HostBuildOrNone,
    /// From Windows Server 2022 on those that are not older than that and not newer than the host; before, the host's own build.
    #[serde(rename = "from-2022")]
    From2022,
    /// The same, but not older than the last long-term release below the host, so that Windows Server 2022 is left out above 26100.
    FromPreviousRelease,
    /// The same, but not older than the long-term release before the last one that the host has reached.
    StableAbi,
}

/// The long-term releases from 2022 on that matchers list.
const LONG_TERM: [u32; 2] = [WINDOWS_SERVER_2022, WINDOWS_SERVER_2025];

impl Accepts {
    /// The builds of images that are accepted on a host of this build, e.g. 20348 to 26100 on Windows Server 2025.
    pub fn builds(self, host: u32) -> RangeInclusive<u32> {
        let reached = LONG_TERM.into_iter().rposition(|release| release <= host).unwrap_or(0);
        let floor = match self {
            Self::Any | Self::FirstNotNewer => return 0..=u32::MAX,
            Self::NotNewer => 0,
            Self::HostBuild | Self::HostBuildOrNone => host,
            Self::From2022 | Self::FromPreviousRelease | Self::StableAbi if host < WINDOWS_SERVER_2022 => host,
            Self::From2022 => WINDOWS_SERVER_2022,
            Self::FromPreviousRelease => LONG_TERM.into_iter().rfind(|release| *release < host).unwrap_or(WINDOWS_SERVER_2022),
            Self::StableAbi => LONG_TERM.get(reached.saturating_sub(1)).copied().unwrap_or(WINDOWS_SERVER_2022),
        };
        floor..=host
    }
}

/// The order in which an engine prefers the entries that it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Order {
    /// That of the index.
    Index,
    /// The one with the most `os.features` first, then that of the index.
    Features,
    /// Those of the host's own build first, then that of the index.
    HostBuildFirst,
    /// The highest revision first, whatever the build.
    Revision,
    /// The highest version first, compared as text: `10.0.26100.887` before `10.0.26100.3091`.
    Text,
}

/// The words with which an engine says that an index has no entry for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NoMatch {
    /// `no match for platform in manifest: not found`.
    NoPlatform,
    /// `get image config descriptor: no match for platform in manifest sha256:…: not found`, with the digest of the index.
    NoPlatformInImage,
    /// `no matching manifest for windows/amd64 in the manifest list entries`.
    Platform,
    /// The same for `unknown`.
    Unknown,
    /// The same for `windows/amd64 10.0.17763`.
    PlatformAndVersion,
    /// The same for `windows(10.0.17763)/amd64`.
    VersionInPlatform,
    /// The same, on amd64 with the level of the processor: `windows(10.0.17763)/amd64/v3`.
    LevelInPlatform,
}

/// The program below a kubelet, as a node writes it before its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Below {
    /// containerd, also where no program is named.
    Containerd,
    /// Docker, below dockershim or cri-dockerd: `docker://20.10.21`.
    Docker,
    /// Any other, e.g. `cri-o://1.30.0`.
    Another,
}

/// The version of an engine as it writes it, e.g. `1.7.20+azure`, and its numbers, which are read once: each judgement asks for them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct EngineVersion {
    text: String,
    numbers: Option<semver::Version>,
    is_early: bool,
    below: Below,
}

impl EngineVersion {
    /// Its three numbers; `None` for a text that is not a version, as of a build of one's own, and for a program that is not known.
    pub const fn numbers(&self) -> Option<&semver::Version> {
        self.numbers.as_ref()
    }

    /// True for one that came before the release with these numbers, e.g. `2.2.0-rc.1`.
    pub const fn is_early(&self) -> bool {
        self.is_early
    }

    /// The program of which this is the version, where a node says it.
    pub const fn below(&self) -> Below {
        self.below
    }

    /// The version without the program that a node writes before it, e.g. `20.10.21` of `docker://20.10.21`.
    pub fn without_program(&self) -> &str {
        self.text.split_once("://").map_or(self.text.as_str(), |(_, version)| version)
    }
}

impl From<String> for EngineVersion {
    fn from(text: String) -> Self {
        let (below, version) = match text.split_once("://") {
            None => (Below::Containerd, text.as_str()),
            Some(("containerd", version)) => (Below::Containerd, version),
            Some(("docker", version)) => (Below::Docker, version),
            Some(_) => (Below::Another, ""),
        };
        Self { numbers: engine_version(version), is_early: is_early(version), below, text }
    }
}

/// True for what is published before a release: `2.2.0-rc.1`, `17.06.0-ce-rc4`. What vendors add is of the release itself.
fn is_early(text: &str) -> bool {
    let own = text.split('+').next().unwrap_or_default();
    own.split(['-', '~', '.']).any(|part| {
        let number = ["alpha", "beta", "rc"].into_iter().find_map(|stage| part.strip_prefix(stage));
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

impl From<EngineVersion> for String {
    fn from(version: EngineVersion) -> Self {
        version.text
    }
}

impl Deref for EngineVersion {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for EngineVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// A version as an engine writes it: `v2.0.4+azure`, `18.09.6`, `1.7.20-rc.1`. What follows the three numbers is left out.
pub fn engine_version(text: &str) -> Option<semver::Version> {
    let mut text = text.trim_ascii().as_bytes();
    while let [b'v' | b'V', rest @ ..] = text {
        text = rest;
    }
    // The major and the minor number, once they are read.
    let (mut major, mut minor) = (None, None);
    let (mut number, mut has_digits) = (0_u64, false);
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                number = number.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
                has_digits = true;
            }
            b'.' if has_digits => {
                match (major, minor) {
                    (None, _) => major = Some(number),
                    (Some(_), None) => minor = Some(number),
                    (Some(_), Some(_)) => return None,
                }
                (number, has_digits) = (0, false);
            }
            b'+' | b'-' | b' ' | b'~' => break,
            _ => return None,
        }
    }
    has_digits.then_some(semver::Version::new(major?, minor?, number))
}

fn written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<semver::Version, D::Error> {
    let text = String::deserialize(deserializer)?;
    engine_version(&text).ok_or_else(|| D::Error::custom("a version has three numbers, as in 2.1.6"))
}

impl EngineVersions {
    /// True for versions of this engine with this image store.
    pub(super) fn is_of(&self, engine: Engine, store: Option<ImageStore>) -> bool {
        self.engine == engine && self.store == store
    }

    /// True if the last of these versions is maintained on this day.
    pub fn is_maintained(&self, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }

    /// One of these versions as the engine writes it: Docker had months of two digits before 20.10, as in `18.09.6`.
    pub fn written(&self, version: &semver::Version) -> String {
        match self.engine {
            Engine::Docker if version.major < 20 => format!("{}.{:02}.{}", version.major, version.minor, version.patch),
            _ => version.to_string(),
        }
    }

    /// What is built in.
    pub(super) fn built_in() -> Vec<Self> {
        Knowledge::built_in().engine_versions.clone()
    }
}

/// Those of one engine with this image store, the oldest first.
pub fn versions_with(all: &[EngineVersions], engine: Engine, store: Option<ImageStore>) -> Vec<&EngineVersions> {
    all.iter().filter(|versions| versions.is_of(engine, store)).collect()
}

/// Versions of an engine in words, neighbours as one range, e.g. `containerd 1.5.0 to 1.6.22 and 2.1.6 to 2.3.4`, by the engine and
/// its image store.
pub fn in_words<'k>(all: &'k [EngineVersions], is_meant: impl Fn(&'k EngineVersions) -> bool) -> Vec<String> {
    let mut engines: Vec<(Engine, Option<ImageStore>)> = Vec::new();
    for versions in all.iter().filter(|versions| is_meant(versions)) {
        if !engines.contains(&(versions.engine, versions.store)) {
            engines.push((versions.engine, versions.store));
        }
    }
    let of_engine = |(engine, store): (Engine, Option<ImageStore>)| {
        let same = versions_with(all, engine, store);
        let runs = same.chunk_by(|one, next| is_meant(one) == is_meant(next));
        let meant = runs.filter(|run| run.first().is_some_and(|first| is_meant(first)));
        let range = |run: &[&EngineVersions]| {
            let (first, last) = (run.first()?, run.last()?);
            Some(format!("{} to {}", first.written(&first.first), last.written(&last.last)))
        };
        let ranges: Vec<String> = meant.filter_map(range).collect();
        let name = if engine == Engine::Docker { "Docker" } else { engine.as_str() };
        let with = if store == Some(ImageStore::Containerd) { " with the containerd image store" } else { "" };
        format!("{name} {}{with}", and_joined(&ranges))
    };
    engines.into_iter().map(of_engine).collect()
}

/// Texts in a sentence, e.g. `a, b and c`.
pub fn and_joined(texts: &[String]) -> String {
    match texts {
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        texts => texts.concat(),
    }
}

impl Knowledge {
    /// What this version of an engine does, and the newest known one where none is named. The flag is true if the version was
    /// looked at; a later one may do something else. `None` for a version before all that are known.
    pub fn engine_versions_of(
        &self,
        engine: Engine,
        store: Option<ImageStore>,
        version: Option<&semver::Version>,
    ) -> Option<(&EngineVersions, bool)> {
        // As they are read (`engine_version`), versions have nothing but three numbers.
        let numbers = |version: &semver::Version| (version.major, version.minor, version.patch);
        let asked = version.map_or((u64::MAX, 0, 0), numbers);
        // They are few, and those of another engine are passed over by two comparisons each: a search by halves takes longer.
        let mut newest_first = self.engine_versions.iter().rev().filter(|versions| versions.is_of(engine, store));
        let versions = newest_first.find(|versions| numbers(&versions.first) <= asked)?;
        Some((versions, version.is_none_or(|version| numbers(version) <= numbers(&versions.last))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_engines_write_them() {
        let read = |text| engine_version(text).map(|version| version.to_string());
        for (text, version) in [
            ("v2.0.4+azure", "2.0.4"),
            ("18.09.6", "18.9.6"),
            ("1.7.20-rc.1", "1.7.20"),
            ("29.7.2", "29.7.2"),
            ("20.10.24-ce", "20.10.24"),
        ] {
            assert_eq!(read(text).as_deref(), Some(version));
        }
        for text in ["", "29", "29.1", "1.2.3.4", "a.b.c", "1..3", "1.2.", "1.2./", "1.2.:", "1.2.99999999999999999999"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_came_before_a_release_is_not_that_release() {
        for text in ["2.2.0-rc.1", "v2.3.0-beta.0", "17.06.0-ce-rc4", "29.0.0~rc.2-1~ubuntu", "1.7.0-alpha.1+azure", "2.0.0-rc"] {
            assert!(EngineVersion::from(text.to_owned()).is_early(), "{text}");
        }
        for text in ["2.0.4+azure", "20.10.24-ce", "1.7.0~ds1", "1.7.2-0ubuntu1", "2.1.5-k3s1.32", "1.7.20+rc.1", "2.2.0"] {
            assert!(!EngineVersion::from(text.to_owned()).is_early(), "{text}");
        }
    }

    #[test]
    fn the_program_below_a_kubelet_is_before_its_version() {
        for (text, below, numbers, version) in [
            ("1.7.20+azure", Below::Containerd, Some("1.7.20"), "1.7.20+azure"),
            ("containerd://2.0.4", Below::Containerd, Some("2.0.4"), "2.0.4"),
            ("docker://20.10.21", Below::Docker, Some("20.10.21"), "20.10.21"),
            ("cri-o://1.30.0", Below::Another, None, "1.30.0"),
            ("c5b5b5b5.m", Below::Containerd, None, "c5b5b5b5.m"),
        ] {
            let read = EngineVersion::from(text.to_owned());
            let found = (read.below(), read.numbers().map(ToString::to_string), read.without_program());
            assert_eq!(found, (below, numbers.map(str::to_owned), version), "{text}");
        }
    }

    #[test]
    fn the_versions_of_an_engine_have_their_sources() {
        let all = EngineVersions::built_in();
        assert!(all.len() > 20);
        for versions in &all {
            assert!(versions.sources.iter().all(|source| source.starts_with("https://")), "{versions:?}");
        }
    }

    /// containerd's `SandboxImage` on Windows, at the tags of its releases.
    #[test]
    fn every_containerd_has_its_pause_image() {
        let pause = |version: &str| {
            let version = engine_version(version);
            let (versions, _) = Knowledge::built_in().engine_versions_of(Engine::Containerd, None, version.as_ref())?;
            versions.pause.as_deref()
        };
        for (version, image) in [
            ("1.2.0", "k8s.gcr.io/pause:3.1"),
            ("1.3.10", "k8s.gcr.io/pause:3.1"),
            ("1.4.0", "mcr.microsoft.com/oss/kubernetes/pause:1.4.0"),
            ("1.4.13", "mcr.microsoft.com/oss/kubernetes/pause:1.4.0"),
            ("1.5.0", "k8s.gcr.io/pause:3.5"),
            ("1.5.13", "k8s.gcr.io/pause:3.5"),
            ("1.5.14", "registry.k8s.io/pause:3.5"),
            ("1.6.8", "k8s.gcr.io/pause:3.6"),
            ("1.6.9", "registry.k8s.io/pause:3.6"),
            ("1.6.39", "registry.k8s.io/pause:3.6"),
            ("1.7.34", "registry.k8s.io/pause:3.8"),
            ("2.1.9", "registry.k8s.io/pause:3.10"),
            ("2.2.7", "registry.k8s.io/pause:3.10.1"),
            ("2.3.4", "registry.k8s.io/pause:3.10.2"),
        ] {
            assert_eq!(pause(version), Some(image), "{version}");
        }
        let mut all = Knowledge::built_in().engine_versions.iter();
        assert!(all.all(|versions| versions.pause.is_some() == (versions.engine == Engine::Containerd)));
    }

    #[test]
    fn a_later_version_is_not_known_and_an_early_one_is_not_told() {
        let of = |version: &str| {
            let version = engine_version(version);
            let (versions, known) = Knowledge::built_in().engine_versions_of(Engine::Containerd, None, version.as_ref())?;
            Some((versions.first.to_string(), known))
        };
        assert_eq!(of("2.1.7"), Some(("2.1.6".to_owned(), true)));
        assert_eq!(of("2.1.10"), Some(("2.1.6".to_owned(), false)));
        assert_eq!(of("1.6.22"), Some(("1.6.18".to_owned(), true)));
        assert_eq!(of("9.0.0"), Some(("2.3.0".to_owned(), false)));
        assert_eq!(of("1.0.3"), None);
        let newest = Knowledge::built_in().engine_versions_of(Engine::Containerd, None, None);
        assert_eq!(newest.map(|(versions, known)| (versions.last.to_string(), known)), Some(("2.3.4".to_owned(), true)));
    }

    #[test]
    fn versions_are_written_as_their_engines_do() {
        let all = EngineVersions::built_in();
        let docker = all.iter().find(|versions| versions.last.to_string() == "18.9.5").unwrap();
        assert_eq!(docker.written(&docker.last), "18.09.5");
        assert_eq!(docker.written(&semver::Version::new(27, 5, 1)), "27.5.1");
    }

    #[test]
    fn every_form_has_its_bounds() {
        for (accepts, host, builds) in [
            (Accepts::HostBuild, 26200, 26200..=26200),
            (Accepts::NotNewer, 17763, 0..=17763),
            (Accepts::From2022, 19045, 19045..=19045),
            (Accepts::From2022, 26200, 20348..=26200),
            (Accepts::FromPreviousRelease, 20348, 20348..=20348),
            (Accepts::FromPreviousRelease, 26100, 20348..=26100),
            (Accepts::FromPreviousRelease, 26200, 26100..=26200),
            (Accepts::StableAbi, 26200, 20348..=26200),
        ] {
            assert_eq!(accepts.builds(host), builds, "{accepts:?} on {host}");
        }
    }

    #[test]
    fn neighbours_are_one_range_in_words() {
        let all = EngineVersions::built_in();
        let strict = in_words(&all, |versions| versions.accepts == Accepts::FromPreviousRelease);
        assert_eq!(strict, ["Docker 29.0.0 to 29.7.2 with the containerd image store", "containerd 2.1.6 to 2.3.4"]);
        let or_none = in_words(&all, |versions| versions.accepts == Accepts::HostBuildOrNone);
        assert_eq!(or_none, ["containerd 1.6.18 to 1.6.22 and 1.7.0 to 1.7.5"]);
    }

    #[test]
    fn some_version_of_every_engine_is_maintained() {
        let knowledge = Knowledge::built_in();
        for (engine, store, maintained) in [
            (Engine::Docker, Some(ImageStore::GraphDriver), &["29.7.2"][..]),
            (Engine::Docker, Some(ImageStore::Containerd), &["29.7.2"]),
            (Engine::Containerd, None, &["2.0.11", "2.3.4"]),
        ] {
            let of_engine = knowledge.engine_versions.iter().filter(|one| one.engine == engine && one.store == store);
            let last = of_engine.filter(|one| one.is_maintained(knowledge.date)).map(|one| one.last.to_string());
            assert_eq!(last.collect::<Vec<_>>(), maintained);
        }
    }

    /// The mistakes that are listed are those of the versions that make them.
    #[test]
    fn faults_and_versions_agree() {
        let knowledge = Knowledge::built_in();
        for fault in &knowledge.engine_faults {
            for versions in &knowledge.engine_versions {
                let faulty = versions.accepts == Accepts::FromPreviousRelease;
                let listed = fault.engines.iter().any(|listed| {
                    let engine = listed.engine.eq_ignore_ascii_case(versions.engine.as_str());
                    let store = listed.with.is_some() == (versions.store == Some(ImageStore::Containerd));
                    let within = engine_version(&listed.first).is_some_and(|first| first <= versions.first)
                        && engine_version(&listed.last).is_some_and(|last| versions.last <= last);
                    engine && store && within
                });
                assert_eq!(faulty, listed, "{versions:?}");
            }
        }
    }
}
