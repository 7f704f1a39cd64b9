//! The versions of engines that say a message, and the pairs of image and host for which they do.

use crate::knowledge::{Accepts, EngineVersions, Knowledge, NoMatch, and_joined, in_words};
use crate::{Advice, Engine, ImageStore, OsVersion};

/// Those that say `no matching manifest` in one of these forms with one of these image stores, and the builds of images that they do
/// not take on this host.
pub(super) fn of_no_matching_manifest(
    words: &[NoMatch],
    stores: &[ImageStore],
    host: Option<OsVersion>,
    knowledge: &Knowledge,
) -> Vec<Advice> {
    let says = |versions: &EngineVersions| says_no_matching_manifest(versions, words, stores);
    let engines = in_words(&knowledge.engine_versions, says);
    if engines.is_empty() {
        return Vec::new();
    }
    let mut causes: Vec<Advice> = vec![format!("These versions use these words: {}.", and_joined(&engines)).into()];
    causes.extend(host.map(|host| of_host(&says, host.build, knowledge)).into_iter().flatten());
    causes
}

/// True if one of those that say `no matching manifest` in one of these forms, with containerd's image store, does not take images of this
/// build on a host of that build.
pub(super) fn may_refuse(words: &[NoMatch], host: u32, image: u32, knowledge: &Knowledge) -> bool {
    let says = |versions: &&EngineVersions| says_no_matching_manifest(versions, words, &[ImageStore::Containerd]);
    knowledge.engine_versions.iter().filter(says).any(|versions| !versions.accepts.builds(host).contains(&image))
}

fn says_no_matching_manifest(versions: &EngineVersions, words: &[NoMatch], stores: &[ImageStore]) -> bool {
    let is_of_store = versions.store.is_some_and(|store| stores.contains(&store));
    versions.engine == Engine::Docker && is_of_store && words.contains(&versions.message)
}

/// The program that says `no match for platform in manifest`, as the words around it tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    /// Docker's daemon.
    Docker,
    /// The kubelet with a containerd that does not find the config of the image.
    Kubelet,
    /// Any that says no more.
    Any,
}

/// Those that say `no match for platform in manifest` and no more, or what a kubelet says before it, each with the images of which it does.
pub(super) fn of_no_match_for_platform(speaker: Speaker, knowledge: &Knowledge) -> Vec<Advice> {
    let says = |versions: &EngineVersions| match (versions.engine, speaker) {
        (Engine::Docker, Speaker::Docker | Speaker::Any) => versions.message == NoMatch::NoPlatform,
        (Engine::Containerd, Speaker::Kubelet) => versions.kubelet_message == Some(NoMatch::NoPlatformInImage),
        (Engine::Containerd, Speaker::Any) => true,
        _ => false,
    };
    let about = |accepts: Accepts| match accepts {
        Accepts::Any | Accepts::FirstNotNewer => "an index without an entry for Windows and the processor",
        Accepts::NotNewer => "an index whose entries are all newer than the host",
        Accepts::HostBuild => "an index without an entry of the host's own build",
        Accepts::HostBuildOrNone => "an index whose entries all have another build than the host",
        Accepts::From2022 => {
            "an index without an entry from build 20348 to that of the host; before 20348, without one of the host's build"
        }
        Accepts::FromPreviousRelease => "the same; and on hosts above 26100, an index without an entry from build 26100 on",
        Accepts::StableAbi => "an index without an entry from the long-term release before the host's own to the host's build",
    };
    let forms = [
        Accepts::Any,
        Accepts::HostBuild,
        Accepts::HostBuildOrNone,
        Accepts::From2022,
        Accepts::FromPreviousRelease,
        Accepts::StableAbi,
    ];
    let of_form = |form: Accepts| {
        let engines = in_words(&knowledge.engine_versions, |versions| says(versions) && versions.accepts == form);
        let printing = match speaker {
            Speaker::Kubelet => format!("A kubelet with {} prints", and_joined(&engines)),
            Speaker::Docker | Speaker::Any => format!("{} print", and_joined(&engines)),
        };
        (!engines.is_empty()).then(|| format!("{printing} this for {}.", about(form)).into())
    };
    forms.into_iter().filter_map(of_form).collect()
}

/// The builds of images that versions with this message take on a host, the versions with the same bounds in one sentence.
fn of_host(says: &impl Fn(&EngineVersions) -> bool, host: u32, knowledge: &Knowledge) -> Vec<Advice> {
    let mut bounds: Vec<_> = Vec::new();
    for versions in knowledge.engine_versions.iter().filter(|versions| says(versions)) {
        let builds = versions.accepts.builds(host);
        if !bounds.contains(&builds) {
            bounds.push(builds);
        }
    }
    let sentence = |builds: std::ops::RangeInclusive<u32>| {
        let engines = in_words(&knowledge.engine_versions, |versions| says(versions) && versions.accepts.builds(host) == builds);
        let taken = match (*builds.start(), *builds.end()) {
            (0, u32::MAX) => "entries of every build".to_owned(),
            (0, last) => format!("entries up to build {last}"),
            (first, last) if first == last => format!("entries of build {last} only"),
            (first, last) => format!("entries from build {first} to {last}"),
        };
        format!("On a host of build {host}, {} take {taken}: an image that they refuse has none.", and_joined(&engines)).into()
    };
    bounds.into_iter().map(sentence).collect()
}
