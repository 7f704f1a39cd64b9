//! Messages with values in them: a platform, two versions, a reference. The values decide what is said.

use super::engines::{self, Speaker};
use super::paste::Paste;
use super::{Context, Explanation, Replacement, of_message, scheduling};
use crate::advice::{Command, Remedy, advice};
use crate::knowledge::builds::{
    FIRST_WINDOWS_10, MICROSOFT_REGISTRY, WINDOWS_SERVER_2016, WINDOWS_SERVER_2022, path_at_microsoft,
};
use crate::knowledge::{Accepts, BaseImage, BaseRepository, ErrorMessage, Knowledge, NoMatch, and_joined, in_words};
use crate::{Advice, ImageStore, OsVersion};

/// The most bytes of a value.
const LONGEST: usize = 300;

/// False for a message that says nothing without its values, where they are not there; some say something of a build only, some of none.
pub(super) fn are_there(message: &ErrorMessage, paste: &Paste, start: usize, of_build: bool) -> bool {
    match message.id.as_str() {
        "windows-version-incompatible" => incompatible(paste.after(start)).is_some(),
        // The shell of the host prints it too.
        "command-not-found" => !paste.after(start).starts_with("isnotrecognized") || of_build,
        // In one word it is a code of Azure, apart the words of GitLab Runner.
        "gitlab-unsupported-windows" => !is_azure_code(paste, start),
        "aci-windows-version" => {
            let near = paste.around(start, start, LONGEST);
            !paste.after(start).starts_with(AZURE_CODE)
                || is_azure_code(paste, start)
                || paste.text.get(near).is_some_and(|text| text.contains("supportedversionsare"))
        }
        // In a step of a build, the image lacks the command.
        "docker-client-missing" => !of_build,
        "manifest-unknown" => match paste.after(start) {
            text if text.starts_with("manifestfor") => reference(paste, start).is_some(),
            text if text.starts_with("failedtosolve") => is_reference_missing(paste, start),
            _ => true,
        },
        _ => true,
    }
}

/// The code of Azure for a Windows that it does not run, in the form of [`Paste::text`].
const AZURE_CODE: &str = "unsupportedwindowsversion";

/// True where that code stands here, perhaps cut or broken over lines, and not the same words apart.
fn is_azure_code(paste: &Paste, start: usize) -> bool {
    let rest = paste.after(start);
    let is_it = rest.starts_with(AZURE_CODE) || AZURE_CODE.starts_with(rest);
    let printed = || paste.readable(start..start + AZURE_CODE.len().min(rest.len()));
    is_it && !"unsupported windows version".starts_with(printed().trim_start_matches('\''))
}

/// The explanation of a message by its values, if it has some.
pub(super) fn explain(message: &ErrorMessage, paste: &Paste, start: usize, context: &Context<'_>) -> Explanation {
    let text = paste.after(start);
    let general = of_message(message);
    match message.id.as_str() {
        "no-matching-manifest" => {
            let platform = between(text, "manifestfor", "inthemanifest").unwrap_or_default();
            let platform = Platform::parse(platform, text.contains("inthemanifest"));
            no_matching_manifest(general, &platform, stores(paste, text, &platform), context)
        }
        "no-match-for-platform" => {
            let speaker = match paste.before(start) {
                before if before.ends_with("errorresponsefromdaemon:") => Speaker::Docker,
                before if before.ends_with("getimageconfigdescriptor:") => Speaker::Kubelet,
                _ => Speaker::Any,
            };
            no_match_for_platform(general, speaker, context.knowledge)
        }
        "windows-version-incompatible" => match incompatible(text) {
            Some((image, host)) => incompatible_versions(general, image, host, context),
            None => general,
        },
        "node-selector" => scheduling::explain(general, paste, start),
        "manifest-unknown" => unknown_tag(general, reference(paste, start).unwrap_or_default(), context.knowledge),
        _ => general,
    }
}

/// The version of the image and that of the host, as BcContainerHelper prints them above an error, where both can be believed.
pub(super) fn labelled_versions(text: &str) -> Option<(OsVersion, OsVersion)> {
    let version = |label| leading_version(text.split_once(label)?.1, true).filter(is_of_a_windows);
    Some((version("containerosversion:")?, version("hostosversion:")?))
}

/// The sentence and the step about an image and a host whose versions are both in the text; empty where nothing follows.
pub(super) fn about_pair(image: OsVersion, host: OsVersion, context: &Context<'_>) -> (String, Vec<Advice>) {
    let named = format!("The text names both versions: image {image}, host {host}.");
    let check = advice!["See what fits: ", Command::Check(host.to_string()), "."];
    match image.build.cmp(&host.build) {
        std::cmp::Ordering::Greater => (
            format!("{named} The image is newer than the host, so it cannot run in any isolation mode."),
            vec![replace(host, "amd64", context), check],
        ),
        std::cmp::Ordering::Less => (format!("{named} The image is older than the host."), vec![check]),
        std::cmp::Ordering::Equal => (format!("{named} The builds are equal."), vec![check]),
    }
}

/// The text between two others, if both are there and it is not too long.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    // What was cut at the end is as good as nothing.
    let found = rest.split_once(after).map_or(rest, |(found, _)| found);
    (found.len() <= LONGEST).then_some(found)
}

/// The version at the beginning of a text, e.g. that of `10.0.20348.2529(ltsc2022)`. Where the end of the text may be cut, a revision that
/// stands there is not known: half a number is another number.
fn leading_version(text: &str, may_be_cut: bool) -> Option<OsVersion> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let version: OsVersion = text.get(..end)?.trim_end_matches('.').parse().ok()?;
    Some(if may_be_cut && end == text.len() { OsVersion { revision: None, ..version } } else { version })
}

/// True for a version that a Windows with containers can have: its builds have five digits. Others are cut or mistyped, so they are in no
/// command and decide nothing.
fn is_of_a_windows(version: &OsVersion) -> bool {
    /// The last build of five digits.
    const LAST: u32 = 99_999;
    version.is_windows_10_line() && (FIRST_WINDOWS_10..=LAST).contains(&version.build)
}

/// A sentence about a version in a text that no Windows with containers has.
fn not_of_a_windows(version: OsVersion) -> String {
    format!(
        " The text has the version {version}. No Windows with containers has this build: the number seems to be cut or mistyped."
    )
}

/// Image and host of `Windows version A-based image is incompatible with a B host`.
fn incompatible(text: &str) -> Option<(OsVersion, OsVersion)> {
    let (_, rest) = text.split_once("windowsversion")?;
    let (image, rest) = rest.split_once("-basedimageisincompatiblewitha")?;
    Some((image.parse().ok()?, leading_version(rest, true)?))
}

/// The reference in `manifest for REFERENCE not found`.
fn reference(paste: &Paste, start: usize) -> Option<&str> {
    let begin = "manifestfor";
    let rest = paste.after(start).strip_prefix(begin)?;
    let end = rest.find("notfound")?;
    let reference = rest.get(..end)?;
    let start = start + begin.len();
    let is_one = !reference.is_empty() && paste.is_one_word(start, start + end);
    (end <= LONGEST && is_one).then_some(reference)
}

/// True for `failed to solve: … REFERENCE: not found`. A build looks for other things as well, e.g. `secret NAME` and `content digest …`.
fn is_reference_missing(paste: &Paste, start: usize) -> bool {
    let Some(length) = paste.after(start).find(":notfound") else { return false };
    let end = start + length;
    let begin = paste.word_start(start, end);
    let (before, word) = (paste.before(begin), paste.text.get(begin..end).unwrap_or_default());
    let is_reference = word.contains(['.', '/', ':']) && !word.starts_with('/');
    is_reference && (before.ends_with(':') || before.ends_with("failedtosolve"))
}

/// The image stores with which Docker can have printed this text, which begins with `no matching manifest`. With that of containerd,
/// containerd's own words follow; where the text is cut before them, it can be either.
fn stores(paste: &Paste, text: &str, platform: &Platform) -> &'static [ImageStore] {
    let rest = text.split_once("inthemanifestlistentries").map(|(_, rest)| rest);
    let is_cut = rest.is_none_or(|rest| rest.starts_with("...") || rest.starts_with('…'));
    if paste.text.contains("nomatchforplatform") || platform.has_level {
        &[ImageStore::Containerd]
    } else if is_cut && platform.in_parentheses {
        &[ImageStore::GraphDriver, ImageStore::Containerd]
    } else {
        &[ImageStore::GraphDriver]
    }
}

/// A platform as an engine prints it in `no matching manifest for …`.
#[derive(Debug, PartialEq, Eq)]
struct Platform {
    /// E.g. `windows`; empty where the engine did not know.
    os: String,
    /// The version of the host, which most engines print since 2019.
    version: Option<OsVersion>,
    /// E.g. `amd64`; empty where the engine did not say, or where the text is cut there.
    architecture: String,
    /// True if the text goes on behind the platform, so that nothing of it was cut.
    is_whole: bool,
    /// True if the version stands in parentheses, as in `windows(10.0.26200)/amd64`.
    in_parentheses: bool,
    /// True if the level of the processor follows, as in `windows(10.0.26200)/amd64/v3`.
    has_level: bool,
}

impl Platform {
    /// Reads `windows/amd64`, `windows/amd6410.0.19045`, `windows(10.0.26200)/amd64/v3`, `unknown`: there are no spaces any more.
    /// `is_whole` says that the text goes on behind it.
    fn parse(text: &str, is_whole: bool) -> Self {
        const ARCHITECTURES: [&str; 8] = ["amd64", "arm64", "386", "arm", "ppc64le", "s390x", "riscv64", "mips64"];
        let os: String = text.chars().take_while(char::is_ascii_alphanumeric).collect();
        let architecture = match text.split_once('/') {
            // The beginning of `arm64`, perhaps.
            Some((_, "arm")) if !is_whole => "",
            Some((_, rest)) => ARCHITECTURES.into_iter().find(|known| rest.starts_with(known)).unwrap_or_default(),
            None => "",
        };
        let version = text.find("10.0.").and_then(|at| leading_version(text.get(at..)?, !is_whole));
        let os = if ["windows", "linux", "darwin", "freebsd"].contains(&os.as_str()) { os } else { String::new() };
        Self {
            os,
            version,
            architecture: architecture.to_owned(),
            is_whole,
            in_parentheses: text.contains('('),
            has_level: text.split_once(')').is_some_and(|(_, rest)| rest.starts_with("/amd64/v")),
        }
    }

    /// True where the text is cut before the processor, which then can be any.
    fn is_processor_cut(&self) -> bool {
        self.in_parentheses && !self.is_whole && self.architecture.is_empty()
    }

    /// The step that lists the entries of the image and says which fit on a host of this version and of this platform's processor.
    fn entries(&self, host: OsVersion) -> Advice {
        let attribute = match self.architecture.as_str() {
            "" if self.is_processor_cut() => return entries_on_the_host(),
            // A host without a processor is one with amd64.
            "" | "amd64" => "",
            "arm64" => ",arm64",
            "386" => ",x86",
            // Windows has no containers there.
            _ => return entries_anywhere(),
        };
        advice!["See every entry of the image and which fits: ", Command::CheckEntries(format!("{host}{attribute}")), "."]
    }

    /// The forms of the message that this can be, by which versions of Docker are told apart; none where the text is cut before that.
    fn words(&self) -> &'static [NoMatch] {
        match (self.os.as_str(), self.version) {
            ("windows", Some(_)) if self.has_level => &[NoMatch::LevelInPlatform],
            ("windows", Some(_)) if self.in_parentheses && self.is_whole && self.architecture == "amd64" => {
                &[NoMatch::VersionInPlatform]
            }
            // Other processors have no level, and what is cut may have had one.
            ("windows", Some(_)) if self.in_parentheses => &[NoMatch::VersionInPlatform, NoMatch::LevelInPlatform],
            ("windows", Some(_)) => &[NoMatch::PlatformAndVersion],
            ("windows", None) if self.is_whole => &[NoMatch::Platform],
            ("", None) if self.is_whole && self.architecture.is_empty() => &[NoMatch::Unknown],
            _ => &[],
        }
    }
}

fn no_matching_manifest(general: Explanation, platform: &Platform, stores: &[ImageStore], context: &Context<'_>) -> Explanation {
    if !platform.os.is_empty() && platform.os != "windows" {
        return no_entry_for_linux(general, platform);
    }
    let knowledge = context.knowledge;
    let mut causes = general.causes;
    let mut sources = general.sources;
    let mut meaning = general.meaning;
    let mut steps: Vec<Advice> = Vec::new();
    let linux_only = || {
        "If it has Linux entries only, look for a Windows variant among its tags, or switch the engine to Linux containers."
            .into()
    };
    let host = platform.version.filter(is_of_a_windows);
    if let Some(host) = host {
        meaning = meaning + format!(" {host} is the version of the host{}, not of the image.", named_host(host, knowledge));
        causes = vec![
            "The image is for Linux only, and the engine runs Windows containers: the most common cause.".into(),
            format!(
                "Every Windows entry is newer than build {}, and an image that is newer than the host cannot run in any isolation mode.",
                host.build
            )
            .into(),
        ];
        steps.push(platform.entries(host));
        if stores.len() > 1 {
            meaning = meaning + " The text is cut: Docker prints it with its own image store or with that of containerd.";
        }
        if stores.contains(&ImageStore::Containerd) {
            causes.push("The entries are older than what the host runs in process isolation. With the containerd image store, Docker accepts nothing else.".into());
            if let Some(fault) = knowledge.engine_faults_on(host.build).next() {
                causes.push(
                    format!(
                        "A known mistake: {}, refuse Windows Server 2022 images on builds above {}, such as {}.",
                        fault.engines_joined(", and "),
                        fault.hosts_above,
                        host.build
                    )
                    .into(),
                );
                steps.push(format!("If the list has an entry for Windows Server 2022, use {CLASSIC_STORE}.").into());
                sources.push("https://github.com/moby/moby/issues/53397".to_owned());
            }
        }
        steps.push(linux_only());
        if !platform.is_processor_cut() {
            let is_refused = |build: u32| {
                stores.contains(&ImageStore::Containerd) && engines::may_refuse(platform.words(), host.build, build, knowledge)
            };
            steps.push(replace_where(host, &platform.architecture, context, is_refused));
        }
    } else {
        meaning = meaning
            + match platform.version {
                Some(version) => not_of_a_windows(version),
                None if platform.is_whole => {
                    " This engine does not print the host's version: Docker does since 18.09.6.".to_owned()
                }
                None => " The text is cut before the host's version, which Docker prints since 18.09.6.".to_owned(),
            };
        steps.push(entries_on_the_host());
        steps.push(linux_only());
    }
    causes.extend(engines::of_no_matching_manifest(platform.words(), stores, host, knowledge));
    match platform.architecture.as_str() {
        "" | "amd64" => {}
        "arm64" => causes.push(
            "There is no entry for arm64: Windows base images for arm64 exist since Windows Server 2025 (26100) only.".into(),
        ),
        other => causes
            .push(format!("There is no Windows entry for {other}: Windows base images are for amd64 and arm64 only.").into()),
    }
    Explanation { meaning, causes, steps, sources, ..general }
}

fn no_entry_for_linux(general: Explanation, platform: &Platform) -> Explanation {
    let wanted =
        if platform.architecture.is_empty() { platform.os.clone() } else { format!("{}/{}", platform.os, platform.architecture) };
    Explanation {
        title: "the image has no entry for this engine".to_owned(),
        meaning: format!(
            "The engine looked for {wanted} in the list of platforms behind the tag and found none: it runs in Linux mode. An image for Windows only looks like this to an engine in Linux mode."
        )
        .into(),
        causes: vec![
            "The image is for Windows, and the engine runs Linux containers.".into(),
            "The image has no entry for this processor.".into(),
        ],
        steps: vec![
            entries_anywhere(),
            "For a Windows image, switch Docker Desktop to Windows containers, or use a Windows machine.".into(),
        ],
        sources: vec!["https://docs.docker.com/desktop/setup/install/windows-install/".to_owned()],
        ..general
    }
}

fn no_match_for_platform(general: Explanation, speaker: Speaker, knowledge: &Knowledge) -> Explanation {
    let (mut causes, mut steps) = (general.causes, general.steps);
    let of_docker = speaker == Speaker::Docker;
    if of_docker {
        steps.retain(|step| !step.to_string().contains("`containerd --version`"));
        steps.push("See the version: `docker version`.".into());
    }
    for fault in &knowledge.engine_faults {
        let containerd = fault.engines.iter().filter(|versions| versions.engine == "containerd" && !of_docker);
        causes.extend(containerd.map(|versions| {
            format!(
                "A known mistake: {versions} refuse Windows Server 2022 images on builds above {}, such as Windows 11 25H2.",
                fault.hosts_above
            )
            .into()
        }));
    }
    causes.extend(engines::of_no_match_for_platform(speaker, knowledge));
    Explanation { causes, steps, ..general }
}

fn entries_anywhere() -> Advice {
    advice!["See every entry of the image, and which hosts it fits: ", Command::CheckEntries("all".to_owned()), "."]
}

fn entries_on_the_host() -> Advice {
    advice!["See every entry of the image and which fits, on the host: ", Command::CheckEntries(String::new()), "."]
}

fn incompatible_versions(general: Explanation, image: OsVersion, host: OsVersion, context: &Context<'_>) -> Explanation {
    let unlikely: Vec<String> =
        [image, host].into_iter().filter(|version| !is_of_a_windows(version)).map(not_of_a_windows).collect();
    if !unlikely.is_empty() {
        return Explanation { meaning: general.meaning + unlikely.concat(), ..general };
    }
    if image.build <= host.build {
        return contradicting_versions(general, image, host);
    }
    let knowledge = context.knowledge;
    // Before Windows Server 2022 process isolation needs equal builds.
    let newer = if image.build >= WINDOWS_SERVER_2022 { " or newer" } else { ", or on a newer one in Hyper-V isolation" };
    let mut steps =
        vec![replace(host, "amd64", context), format!("Or run the image on a host of build {}{newer}.", image.build).into()];
    steps.push(advice!["See what fits: ", Command::Check(host.to_string()), "."]);
    let mut causes = general.causes;
    let engines =
        in_words(&knowledge.engine_versions, |versions| matches!(versions.accepts, Accepts::NotNewer | Accepts::FirstNotNewer));
    causes.push(format!("{} print this for an image that is newer than the host.", and_joined(&engines)).into());
    Explanation {
        meaning: format!(
            "The image was built for {image}{}, the host runs {host}{}. An image that is newer than the host cannot run in any isolation mode; Docker refuses to pull it, also for Hyper-V isolation.",
            knowledge.base_image(image.build).map(|base| format!(" ({})", base.release)).unwrap_or_default(),
            named_host(host, knowledge),
        )
        .into(),
        causes,
        steps,
        ..general
    }
}

/// The words for an image that is newer than the host, with the versions of one that is not: Docker prints them for no such pair.
fn contradicting_versions(general: Explanation, image: OsVersion, host: OsVersion) -> Explanation {
    let relation = if image.build < host.build { "older than the host" } else { "of the host's build" };
    Explanation {
        title: "the two versions contradict the message".to_owned(),
        meaning: format!(
            "Docker prints this for an image that is newer than the host, and for no other. The image {image} in this text is {relation} {host}."
        )
        .into(),
        causes: vec![
            "The text was typed or changed, and a number in it is another one.".into(),
            "Another program than Docker printed it.".into(),
        ],
        steps: vec![
            "Look at the message where it was printed, and compare both numbers: the first is the image's, the second the host's."
                .into(),
            advice!["See what fits: ", Command::Check(host.to_string()), "."],
        ],
        ..general
    }
}

/// `manifest for REFERENCE not found`: a tag that does not exist, for Microsoft's base images often `latest`.
fn unknown_tag(general: Explanation, reference: &str, knowledge: &Knowledge) -> Explanation {
    let path = path_at_microsoft(reference).unwrap_or_default();
    let (path, tag) = path.split_once([':', '@']).unwrap_or((path, ""));
    let tags =
        |base: &BaseImage| base.repositories.iter().find(|found| found.repository == path).map(|found| found.tags.join(", "));
    let known: Vec<String> = knowledge.base_images.iter().rev().filter_map(tags).collect();
    if known.is_empty() {
        return general;
    }
    let moved = knowledge.moved_release(path, tag).map(|(repository, tag)| {
        format!("Use the repository that has this release: {MICROSOFT_REGISTRY}/{repository}:{tag}.").into()
    });
    let mut steps = Vec::from_iter(moved);
    steps.extend([
        format!("Name a tag. Those of {MICROSOFT_REGISTRY}/{path}, newest first: {}.", known.join(", ")).into(),
        advice!["See which of them this host runs: ", Command::Host, "."],
    ]);
    Explanation { steps, ..general }
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

/// Docker's own image store, with the setting for it.
const CLASSIC_STORE: &str = "Docker's classic image store (`\"features\": {\"containerd-snapshotter\": false}` in daemon.json)";

/// The base image to rebase on, in place of one that is too new for a host.
fn replace(host: OsVersion, architecture: &str, context: &Context<'_>) -> Advice {
    replace_where(host, architecture, context, |_| false)
}

/// The same, where Docker with containerd's image store, which printed the message, refuses images of some builds there.
fn replace_where(host: OsVersion, architecture: &str, context: &Context<'_>, is_refused: impl Fn(u32) -> bool) -> Advice {
    let architecture = if architecture.is_empty() { "amd64" } else { architecture };
    let Some(Replacement { reference, build, supported }) = (context.replacement)(host, architecture) else {
        if let Some(advice) = of_equal_revision(host, architecture, context.knowledge) {
            return advice;
        }
        let is_for_it = |base: &BaseImage| {
            let known = base.repositories.iter().flat_map(|repository| &repository.architectures);
            known.into_iter().any(|known| known.as_str() == architecture)
        };
        let mut for_it = context.knowledge.base_images.iter().filter(|base| is_for_it(base)).peekable();
        return if for_it.peek().is_none() {
            format!("No Windows base image is for {architecture}: use a host with another processor, such as amd64.")
        } else if for_it.any(|base| base.build <= host.build) {
            format!(
                "No base image for {architecture} is known to run on build {} without problems: use another host.",
                host.build
            )
        } else {
            format!("No base image for {architecture} is as old as build {}: use a newer host.", host.build)
        }
        .into();
    };
    let rebase = match is_refused(build) {
        true => format!("Use {CLASSIC_STORE}, and rebase on a base image that runs with it on build {}: `", host.build),
        false => format!("Rebase on a base image that runs on build {}: `", host.build),
    };
    advice![
        rebase,
        Remedy::Image(reference),
        format!("` (build {build}) is the newest {}.", if supported { "with support" } else { "of those" })
    ]
}

/// The base image for a host that takes images of its own revision only, or any revision in Hyper-V isolation; `None` for other hosts.
fn of_equal_revision(host: OsVersion, architecture: &str, knowledge: &Knowledge) -> Option<Advice> {
    if host.build != WINDOWS_SERVER_2016 {
        return None;
    }
    let is_core = |known: &&BaseRepository| {
        known.repository.ends_with("servercore") && known.architectures.iter().any(|known| known.as_str() == architecture)
    };
    let core = knowledge.base_image(host.build)?.repositories.iter().find(is_core)?;
    let reference = format!("{MICROSOFT_REGISTRY}/{}:{}", core.repository, core.tags.first()?);
    Some(advice![
        format!("Rebase on the base image of build {}: `", host.build),
        Remedy::Image(reference),
        "`. In process isolation, its revision must be that of the host too; in Hyper-V isolation, every revision of this build runs."
    ])
}
