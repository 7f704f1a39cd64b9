//! Messages of engines as people paste them, and the parts of them that decide the answer.

use super::{Explanation, Kind};
use crate::advice::{Command, Remedy, advice};
use crate::knowledge::builds::{MICROSOFT_REGISTRY, path_at_microsoft};
use crate::knowledge::{BaseImage, BaseRepository, ErrorCode, ErrorMessage, Errors, Knowledge};
use crate::{Advice, OsVersion};

const COMPATIBILITY: &str =
    "https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility";

/// Explains a message that holds something to read: a platform, two versions, a reference.
pub(super) fn explain(text: &str, knowledge: &Knowledge) -> Option<Explanation> {
    // Same length in bytes, so that what is found in one is found in the other.
    let lower = text.to_ascii_lowercase();
    if let Some(platform) = between(&lower, "no matching manifest for ", " in the manifest list") {
        return Some(no_matching_manifest(&Platform::parse(platform), lower.contains("no match for platform"), knowledge));
    }
    if let Some((image, host)) = incompatible(&lower) {
        return Some(incompatible_versions(image, host, knowledge));
    }
    if lower.contains("no match for platform in manifest") {
        return Some(no_match_for_platform(knowledge));
    }
    let reference = between(&lower, "manifest for ", " not found").filter(|reference| !reference.contains(' '));
    let unknown = reference.is_some() || lower.contains("manifest unknown");
    unknown.then(|| unknown_tag(reference.unwrap_or_default(), knowledge))
}

/// The message known by its text alone that this text shows.
pub(super) fn message<'a>(text: &str, errors: &'a Errors) -> Option<&'a ErrorMessage> {
    let lower = text.to_ascii_lowercase();
    errors.messages.iter().find(|message| message.patterns.iter().any(|pattern| shows(&lower, pattern)))
}

/// The numbered error whose words are in this text; the longest words, since some contain others.
pub(super) fn title<'a>(text: &str, errors: &'a Errors) -> Option<&'a ErrorCode> {
    let lower = text.to_ascii_lowercase();
    let said = |error: &&ErrorCode| {
        let titles = std::iter::once(&error.title).chain(&error.texts);
        titles.filter(|title| lower.contains(&title.to_ascii_lowercase())).map(String::len).max()
    };
    // Of equals the first, the commonest: `max_by_key` would take the last.
    errors.codes.iter().rev().filter(|error| said(error).is_some()).max_by_key(said)
}

/// True if the pieces of a pattern are in a text, in order.
fn shows(lower: &str, pattern: &str) -> bool {
    let mut rest = lower;
    pattern.split(" * ").all(|piece| match rest.split_once(piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    let (found, _) = rest.split_once(after)?;
    Some(found.trim())
}

/// Image and host of `a Windows version A-based image is incompatible with a B host`.
fn incompatible(lower: &str) -> Option<(OsVersion, OsVersion)> {
    let (_, rest) = lower.split_once("windows version ")?;
    let (image, rest) = rest.split_once("-based image is incompatible with a ")?;
    let (host, _) = rest.split_once(" host")?;
    Some((image.parse().ok()?, host.parse().ok()?))
}

/// A platform as an engine prints it in `no matching manifest for …`.
#[derive(Debug, PartialEq, Eq)]
struct Platform {
    /// E.g. `windows`; empty where the engine did not know.
    os: String,
    /// The version of the host, which most engines print since 2019.
    version: Option<OsVersion>,
    /// E.g. `amd64`.
    architecture: String,
}

impl Platform {
    /// Reads `windows/amd64`, `windows/amd64 10.0.19045`, `windows(10.0.26200)/amd64/v3`, `unknown`.
    fn parse(text: &str) -> Self {
        let word = |c: char| c.is_ascii_alphanumeric();
        let os: String = text.chars().take_while(|&c| word(c)).collect();
        let architecture =
            text.split_once('/').map_or_else(String::new, |(_, rest)| rest.chars().take_while(|&c| word(c)).collect());
        // The version stands alone, or in parentheses with features behind it: `(10.0.17763+win32k)`.
        let version = text.split([' ', '(', ')', '+', '/']).find_map(|part| part.parse().ok());
        Self { os: if os == "unknown" { String::new() } else { os }, version, architecture }
    }
}

fn no_matching_manifest(platform: &Platform, containerd: bool, knowledge: &Knowledge) -> Explanation {
    if !platform.os.is_empty() && platform.os != "windows" {
        return no_entry_for_linux(platform);
    }
    let mut meaning =
        "The tag names a list of images for different platforms, and the engine found none in it for this host.".to_owned();
    let mut causes = vec!["The image is for Linux only, and the engine runs Windows containers: the commonest cause.".to_owned()];
    let mut steps: Vec<Advice> = Vec::new();
    let mut sources = vec!["https://github.com/microsoft/Windows-Containers/issues/489".to_owned(), COMPATIBILITY.to_owned()];
    if let Some(host) = platform.version {
        meaning += &format!(" {host} is the version of the host{}, not of the image.", named_host(host, knowledge));
        causes.push(format!(
            "Every Windows entry is newer than build {}, and a newer image runs on an older host in no isolation.",
            host.build
        ));
        if containerd {
            causes.push("The entries are older than what the host takes in process isolation; with the containerd image store, Docker looks at nothing else.".to_owned());
        }
        if containerd && let Some(fault) = knowledge.engine_faults_on(host.build).next() {
            causes.push(format!(
                "A known mistake: {}, refuse Windows Server 2022 images on builds above {}, such as {}.",
                fault.engines_joined(", and "),
                fault.hosts_above,
                host.build
            ));
            steps.push("If the list has an entry for Windows Server 2022, use Docker's classic image store (`\"features\": {\"containerd-snapshotter\": false}` in daemon.json), or a newer engine.".into());
            sources.push("https://github.com/moby/moby/issues/53397".to_owned());
        }
        steps.insert(0, advice!["See every entry of the image and which fits: ", Command::Check(host.to_string()), "."]);
        steps.push(
            "If it has Linux entries only, look for a Windows variant among its tags, or switch the engine to Linux containers."
                .into(),
        );
        steps.push(newest_for(host, &platform.architecture, knowledge));
    } else {
        meaning += " This engine does not print the host's version: Docker does since 19.03.";
        causes.push("Every Windows entry is newer than the host.".to_owned());
        steps.push(entries_on_the_host());
        steps.push(
            "If it has Linux entries only, look for a Windows variant among its tags, or switch the engine to Linux containers."
                .into(),
        );
    }
    if platform.architecture == "arm64" {
        causes.push(
            "There is no entry for arm64: Windows base images for arm64 exist since Windows Server 2025 (26100) only.".to_owned(),
        );
    }
    message_of("no-matching-manifest", "the image has no entry for this host", meaning, causes, steps, sources)
}

fn no_entry_for_linux(platform: &Platform) -> Explanation {
    let wanted =
        if platform.architecture.is_empty() { platform.os.clone() } else { format!("{}/{}", platform.os, platform.architecture) };
    message_of(
        "no-matching-manifest",
        "the image has no entry for this engine",
        format!(
            "The engine looked for {wanted} in the list of platforms behind the tag and found none. An image for Windows only looks like this to an engine in Linux mode."
        ),
        vec![
            "The image is for Windows, and the engine runs Linux containers.".to_owned(),
            "The image has no entry for this processor.".to_owned(),
        ],
        vec![
            advice!["See every entry of the image, and which hosts it fits: ", Command::Check("all".to_owned()), "."],
            "For a Windows image, switch Docker Desktop to Windows containers, or use a Windows machine.".into(),
        ],
        vec!["https://docs.docker.com/desktop/setup/install/windows-install/".to_owned()],
    )
}

fn no_match_for_platform(knowledge: &Knowledge) -> Explanation {
    let mut causes = vec![
        "The image is for Linux only, or has no entry for this processor.".to_owned(),
        "Every Windows entry is newer than the host.".to_owned(),
        "The entries are older than what the host takes in process isolation.".to_owned(),
    ];
    for fault in &knowledge.engine_faults {
        let containerd = fault.engines.iter().filter(|versions| versions.engine == "containerd");
        causes.extend(containerd.map(|versions| {
            format!(
                "A known mistake: {versions} refuse Windows Server 2022 images on builds above {}, such as Windows 11 25H2.",
                fault.hosts_above
            )
        }));
    }
    causes.push("The image is a HostProcess image in a list: such images name no platform and belong in no list.".to_owned());
    message_of(
        "no-match-for-platform",
        "containerd found no entry for this host",
        "containerd takes only an entry that fits the host in process isolation, also when Hyper-V isolation is asked for.".to_owned(),
        causes,
        vec![
            entries_on_the_host(),
            "For an older image under Hyper-V isolation, pull it by the digest of its entry, which containerd does not check: `IMAGE@sha256:…`."
                .into(),
            "See the version: `containerd --version`.".into(),
        ],
        vec![
            "https://github.com/containerd/containerd/issues/6989".to_owned(),
            "https://github.com/containerd/containerd/issues/8348".to_owned(),
            "https://github.com/containerd/platforms/pull/34".to_owned(),
        ],
    )
}

fn entries_on_the_host() -> Advice {
    advice!["See every entry of the image and which fits, on the host: ", Command::Check(String::new()), "."]
}

fn incompatible_versions(image: OsVersion, host: OsVersion, knowledge: &Knowledge) -> Explanation {
    message_of(
        "windows-version-incompatible",
        "the image is newer than the host",
        format!(
            "The image was built for {image}{}, the host runs {host}{}. An image of a newer build runs on an older host in no isolation; Docker refuses to pull it, also for Hyper-V isolation.",
            knowledge.base_image(image.build).map(|base| format!(" ({})", base.release)).unwrap_or_default(),
            named_host(host, knowledge),
        ),
        vec![
            "The tag is for a newer Windows than the host.".to_owned(),
            "The host is a client, and client builds such as 19045 have no base images of their own.".to_owned(),
        ],
        vec![
            newest_for(host, "amd64", knowledge),
            format!("Or run the image on a host of build {} or newer.", image.build).into(),
            advice!["See what fits: ", Command::Check(host.to_string()), "."],
        ],
        vec![COMPATIBILITY.to_owned(), "https://github.com/moby/moby/issues/39328".to_owned()],
    )
}

/// `manifest for REFERENCE not found`: a tag that does not exist, for Microsoft's base images often `latest`.
fn unknown_tag(reference: &str, knowledge: &Knowledge) -> Explanation {
    let path = path_at_microsoft(reference).unwrap_or_default();
    let path = path.split([':', '@']).next().unwrap_or_default();
    let tags =
        |base: &BaseImage| base.repositories.iter().find(|found| found.repository == path).map(|found| found.tags.join(", "));
    let known: Vec<String> = knowledge.base_images.iter().rev().filter_map(tags).collect();
    let steps = if known.is_empty() {
        vec!["Look at the tags the repository has, and name one.".into()]
    } else {
        vec![
            format!("Name a tag. Those of {MICROSOFT_REGISTRY}/{path}, newest first: {}.", known.join(", ")).into(),
            advice!["See which of them this host runs: ", Command::Host, "."],
        ]
    };
    message_of(
        "manifest-unknown",
        "the registry has no such tag",
        "The repository has no image under this tag. Microsoft's Windows base images have no `latest` since April 2019: each tag names a Windows release, since an image runs only on some hosts.".to_owned(),
        vec![
            "No tag was named, which means `latest`.".to_owned(),
            "The tag is misspelt; tags distinguish upper and lower case (`20H2`).".to_owned(),
        ],
        steps,
        vec![COMPATIBILITY.to_owned()],
    )
}

fn message_of(
    id: &str,
    title: &str,
    meaning: String,
    causes: Vec<String>,
    steps: Vec<Advice>,
    sources: Vec<String>,
) -> Explanation {
    Explanation {
        id: id.to_owned(),
        kind: Kind::Message,
        names: Vec::new(),
        title: title.to_owned(),
        meaning: meaning.into(),
        causes: causes.into_iter().map(Advice::from).collect(),
        steps,
        sources,
    }
}

/// ` (Windows 10, version 22H2)`, or nothing for a build without a name.
fn named_host(host: OsVersion, knowledge: &Knowledge) -> String {
    use crate::Kind::{Client, Server};
    let named = |kind| knowledge.release(host.build, kind).map(|release| release.name.as_str());
    match (named(Server), named(Client)) {
        (Some(server), Some(client)) => format!(" ({server} or {client})"),
        (Some(name), None) | (None, Some(name)) => format!(" ({name})"),
        (None, None) => String::new(),
    }
}

/// The replacement of an image that is too new: the newest base image that a host can take at all and that still gets
/// updates; one that gets none where there is no other.
fn newest_for(host: OsVersion, architecture: &str, knowledge: &Knowledge) -> Advice {
    let fitting: Vec<(u32, &BaseRepository)> = knowledge
        .base_images
        .iter()
        .rev()
        .filter(|base| base.build <= host.build)
        .flat_map(|base| base.repositories.iter().map(|repository| (base.build, repository)))
        .filter(|(_, repository)| repository.architectures.iter().any(|known| known.as_str() == architecture))
        .collect();
    let supported = fitting.iter().find(|(_, repository)| repository.until >= knowledge.date);
    let Some(&(build, first)) = supported.or(fitting.first()) else {
        return format!("No base image for {architecture} is as old as build {}: use a newer host.", host.build).into();
    };
    // Of one generation rather servercore, which runs most programs.
    let core = fitting.iter().find(|(found, repository)| *found == build && repository.repository.ends_with("servercore"));
    let repository = core.map_or(first, |(_, repository)| repository);
    let tag =
        repository.tags.iter().find(|tag| tag.ends_with(architecture)).or(repository.tags.first()).map_or("", String::as_str);
    advice![
        format!("Rebase on a base image that is not newer than build {}: `", host.build),
        Remedy::Image(format!("{MICROSOFT_REGISTRY}/{}:{tag}", repository.repository)),
        format!("` (build {build}) is the newest {}.", if supported.is_some() { "with support" } else { "of those" })
    ]
}
