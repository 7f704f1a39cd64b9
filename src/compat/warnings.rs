//! Warnings beside a verdict: reports from users, ends of support, and doubts about how the image was read.

use jiff::tz::TimeZone;

use super::freshness;
use super::{Case, Code, Detail, Finding, Severity, Takes, Use, Wish};
use crate::OsVersion;
use crate::host::{Host, Source as HostSource};
use crate::image::{Candidate, Config, Image, Source, TagRead, Version, VersionSource};
use crate::knowledge::builds::{
    FIRST_FOR_DOCKER, WINDOWS_10_20H2, WINDOWS_10_22H2, WINDOWS_10_1903, WINDOWS_10_1909, WINDOWS_10_2004, WINDOWS_SERVER_23H2,
    WINDOWS_SERVER_2016, WINDOWS_SERVER_2022, WINDOWS_SERVER_2025, path_at_microsoft,
};
use crate::knowledge::{BaseImage, Knowledge, Revisions};
use crate::{Engine, Isolation, Kind};

/// The age in days from which knowledge is called old.
const KNOWLEDGE_AGES_AFTER_DAYS: i32 = 180;

/// The most entries of an index that are named in one sentence.
const MOST_NAMED: usize = 3;

/// Every warning for a case in which `taken` would be used.
pub(super) fn add(findings: &mut Vec<Finding>, case: &Case<'_>, taken: Option<Use>, takes: Option<&Takes>) {
    findings.extend(of_isolation(case, taken));
    findings.extend(of_configuration(case));
    if let Some(candidate) = case.candidate {
        findings.extend(of_reading(candidate, case.image));
    }
    findings.extend(of_index(case.image));
    if let Some(version) = case.version() {
        if taken != Some(Use::HostProcess) {
            findings.extend(of_versions(case, version, takes));
            findings.extend(of_revisions(case, version, taken));
        }
        findings.extend(of_image_support(case, version));
    }
    findings.extend(freshness::findings(case));
    findings.extend(of_host(case.knowledge, case.host, case.policy.today));
}

/// The note that the host's own configuration decided what `default` means, where it is not the engine's own choice.
fn of_configuration(case: &Case<'_>) -> Option<Finding> {
    let configured = case.policy.configured_default(case.host).filter(|_| case.policy.wish == Wish::Default)?;
    let usual = case.policy.engine_on(case.host).default_isolations(case.host.kind);
    (usual != [configured]).then(|| Finding::new(Code::DefaultConfigured))
}

fn of_isolation(case: &Case<'_>, taken: Option<Use>) -> Option<Finding> {
    let host = case.host;
    match taken {
        Some(Use::HostProcess) => Some(Finding::new(Code::HostProcessVersions)),
        Some(Use::Process) if host.kind == Kind::Client => Some(Finding::new(Code::ProcessOnClient)),
        // Who asks for it knows that it is not the default; Kubernetes does not have it.
        Some(Use::Hyperv) if case.wish == Wish::Hyperv && case.engine.name.offers_hyperv() => None,
        Some(Use::Hyperv) if host.kind == Kind::Server && case.policy.configured_default(host) != Some(Isolation::Hyperv) => {
            Some(Finding::new(Code::ExplicitIsolationNeeded))
        }
        Some(Use::Process | Use::Hyperv) | None => None,
    }
}

/// Warnings about the way in which the version was read.
fn of_reading(candidate: &Candidate, image: &Image) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Config::Read(config) = &candidate.config {
        if let (Version::Known(indexed), Version::Known(stated)) = (&candidate.indexed, &config.version)
            && indexed != stated
        {
            findings.push(Finding::new(Code::ConfigDiffers).with(Detail::Stated(format!("{stated}, the index {indexed}"))));
        } else if !candidate.architecture.is_empty()
            && !config.architecture.is_empty()
            && candidate.architecture != config.architecture
        {
            let stated = format!("{}, the index {}", config.architecture, candidate.architecture);
            findings.push(Finding::new(Code::ConfigDiffers).with(Detail::Stated(stated)));
        }
    }
    let in_index = candidate.digest != image.digest;
    if let Some((_, VersionSource::Config)) = candidate.os_version()
        && in_index
        && candidate.indexed == Version::Missing
    {
        findings.push(Finding::new(Code::VersionFromConfig));
    }
    if candidate.foreign_layers == Some(true) {
        let servers = match candidate.layer_servers.as_slice() {
            [] => "the manifest does not say where".to_owned(),
            servers => servers.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", "),
        };
        findings.push(Finding::new(Code::ForeignLayers).with(Detail::Written(servers)));
    }
    if image.source == Source::Cache {
        match image.tag_read {
            TagRead::NoTag => {}
            TagRead::Unknown => findings.push(Finding::new(Code::FromCache).with(Detail::TagRead(None))),
            TagRead::At(time) => {
                let day = TimeZone::UTC.to_datetime(time).date();
                findings.push(Finding::new(Code::FromCache).with(Detail::TagRead(Some(day))));
            }
        }
    }
    if image.source == Source::Knowledge {
        findings.push(Finding::new(Code::FromKnowledge));
    }
    findings
}

/// Warnings about what the registry sent for the reference.
fn of_index(image: &Image) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(stated) = &image.stated_digest {
        findings.push(Finding::new(Code::DigestDiffers).with(Detail::Stated(stated.clone())));
    }
    if !image.passed_over.is_empty() {
        let mut digests: Vec<&str> = image.passed_over.iter().take(MOST_NAMED).map(String::as_str).collect();
        if image.passed_over.len() > MOST_NAMED {
            digests.push("…");
        }
        findings.push(Finding::new(Code::EntryPassedOver).with(Detail::Written(digests.join(", "))));
    }
    findings
}

/// Warnings about this pair of builds beside the rule.
fn of_versions(case: &Case<'_>, image: OsVersion, takes: Option<&Takes>) -> Vec<Finding> {
    // The engine may take an entry of another Windows.
    let taken = takes.and_then(|takes| case.image.candidates.get(takes.candidate?)?.os_version());
    let started = taken.map_or(image, |(version, _)| version);
    let (image, host) = (image.build, case.host.os_version.build);
    let possible = |isolation| super::rules::of(isolation, case.process, case.hyperv).possible == Some(true);
    let any = possible(Isolation::Process) || possible(Isolation::Hyperv);
    let mut findings = Vec::new();
    if any && is_reported_to_fail(case.knowledge, case.host, started.build) {
        findings.push(Finding::new(Code::Ltsc2025On25h2).with(Detail::Written(started.to_string())));
    }
    let is_faulty = case.knowledge.engine_faults_with(host, image).next().is_some();
    if possible(Isolation::Process) && is_faulty && case.engine_may_refuse() {
        findings.push(Finding::new(Code::EngineMayRefuse));
    }
    if shares_kernel(host, image) && case.hyperv.possible != Some(false) {
        findings.push(Finding::new(Code::SharedKernelReported));
    }
    if host == WINDOWS_SERVER_23H2 && any && image != WINDOWS_SERVER_2022 {
        findings.push(Finding::new(Code::AnnualChannelHost));
    }
    // Where the version is known, the engine starts there, or that is an error of its own.
    let may_be_new = case.engine.name == Engine::Docker && case.engine.version.is_none();
    if any && host < FIRST_FOR_DOCKER && may_be_new {
        findings.push(Finding::new(Code::HostTooOldForDocker));
    }
    findings
}

/// True for an image of this build that users report to fail on such a host, in both isolations, though it fits by the rules: one of
/// Windows Server 2025 on a newer client. Of a client that is newer than all known ones nobody has reported anything yet.
pub(super) fn is_reported_to_fail(knowledge: &Knowledge, host: &Host, image: u32) -> bool {
    let build = host.os_version.build;
    let is_newer = build > WINDOWS_SERVER_2025 && build <= knowledge.newest_build(Kind::Client);
    host.kind == Kind::Client && is_newer && image == WINDOWS_SERVER_2025
}

/// True for builds that are reported to share a kernel, the host's with the image's older one.
fn shares_kernel(host: u32, image: u32) -> bool {
    match image {
        WINDOWS_10_1903 => host == WINDOWS_10_1909,
        WINDOWS_10_2004 => (WINDOWS_10_20H2..=WINDOWS_10_22H2).contains(&host),
        _ => false,
    }
}

/// The warning of revisions where builds are equal; it matters for process isolation only.
fn of_revisions(case: &Case<'_>, image: OsVersion, taken: Option<Use>) -> Option<Finding> {
    let host = case.host.os_version;
    if host.build != image.build || case.process.possible != Some(true) || taken == Some(Use::Hyperv) {
        return None;
    }
    let known = case.knowledge.revisions(host.build)?;
    let image_revision = image.revision?;
    let Some(host_revision) = host.revision else {
        // A release or a build that was typed has no revision to be found.
        let is_read = case.host.source != HostSource::Text && case.host.kind == Kind::Server;
        return is_read.then(|| Finding::new(Code::HostUpdatesUnknown));
    };
    if let Some(cut) = known.february_2020
        && (host_revision < cut) != (image_revision < cut)
    {
        return Some(Finding::new(Code::February2020Cut).with(Detail::FirstRevision(cut)));
    }
    // Clients number their updates in a sequence of their own since January 2026.
    if case.host.kind == Kind::Client || host_revision >= image_revision {
        return None;
    }
    // On Windows Server 2016 the revisions must be equal anyway.
    if host.build == WINDOWS_SERVER_2016 {
        return None;
    }
    let mut finding = Finding::new(Code::HostBehindImage);
    let nano = case.image.repository.as_deref().is_some_and(|repository| repository.contains("nanoserver"));
    if nano || is_hotpatch_of(known, host_revision, image_revision) {
        finding.severity = Severity::Note;
    }
    if let Some(update) = known.updates.iter().find(|update| update.revision == image_revision) {
        finding.detail = Detail::Update(update.kb.clone());
    }
    Some(finding)
}

/// True if the host reports the hotpatch of the very month in which the image was built.
fn is_hotpatch_of(known: &Revisions, host: u32, image: u32) -> bool {
    known.updates.iter().any(|update| update.revision == image && update.hotpatch == Some(host))
}

fn of_image_support(case: &Case<'_>, version: OsVersion) -> Option<Finding> {
    let base = case.knowledge.base_image(version.build)?;
    let until = support_of(base, case.image.repository.as_deref())?;
    (until < case.policy.today).then(|| Finding::new(Code::ImageEndOfSupport).with(Detail::EndOfSupport(until)))
}

/// The last day of support of Microsoft's image in this repository; for any other image, of the longest supported base
/// image of its generation, since nothing says which one it was built on.
fn support_of(base: &BaseImage, repository: Option<&str>) -> Option<jiff::civil::Date> {
    let own = repository.and_then(path_at_microsoft);
    let exact = base.repositories.iter().find(|entry| Some(entry.repository.as_str()) == own);
    exact.map(|entry| entry.until).or_else(|| base.repositories.iter().map(|entry| entry.until).max())
}

fn of_host(knowledge: &Knowledge, host: &Host, today: jiff::civil::Date) -> Vec<Finding> {
    let mut findings = Vec::new();
    let build = host.os_version.build;
    match knowledge.release(build, host.kind) {
        Some(release) => {
            if let Some(until) = release.support_of(host.edition.as_deref())
                && until < today
            {
                findings.push(Finding::new(Code::HostEndOfSupport).with(Detail::EndOfSupport(until)));
            }
        }
        None if build > knowledge.newest_build(host.kind) => {
            findings.push(Finding::new(Code::HostNewerThanKnowledge));
        }
        None => {}
    }
    let age = knowledge.date.until(today).map_or(0, |span| span.get_days());
    if age > KNOWLEDGE_AGES_AFTER_DAYS {
        findings.push(Finding::new(Code::KnowledgeOld));
    }
    findings
}
