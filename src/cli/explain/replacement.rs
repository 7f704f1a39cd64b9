//! The base image that an explanation offers in place of one that does not fit: judged as `wincompat check` judges it.

use jiff::civil::Date;

use crate::compat::{About, Code, Policy, Severity, SurveyedImage, survey};
use crate::explain::Replacement;
use crate::host::{self, Host, Spec};
use crate::knowledge::Knowledge;
use crate::knowledge::builds::MICROSOFT_REGISTRY;
use crate::{Kind, OsVersion};

/// The base image to use on a host of this version: the newest one with support that passes there by the rules of `check` and of
/// which no trouble is known; one without support where there is no other.
///
/// A version can be that of a server and of a client: then it must pass on both.
pub(super) fn find(knowledge: &Knowledge, host: OsVersion, architecture: &str, today: Date) -> Option<Replacement> {
    let kinds: Vec<&str> = [(Kind::Server, "server"), (Kind::Client, "client")]
        .into_iter()
        .filter(|(kind, _)| knowledge.release(host.build, *kind).is_some())
        .map(|(_, word)| word)
        .collect();
    let specs = if kinds.is_empty() { vec![""] } else { kinds };
    let hosts: Vec<Host> = specs.iter().filter_map(|kind| host_of(knowledge, host, kind, architecture, today)).collect();
    let policy = Policy::on(today);
    let mut surveys = hosts.iter().map(|host| survey(knowledge, host, &policy).images);
    let mut fitting: Vec<SurveyedImage<'_>> = surveys.next()?.into_iter().filter(runs_without_trouble).collect();
    for images in surveys {
        fitting.retain(|one| images.iter().any(|other| other.reference == one.reference && runs_without_trouble(other)));
    }
    let supported = |image: &&SurveyedImage<'_>| image.repository.until >= today;
    let first = fitting.iter().find(supported).or(fitting.first())?;
    // Of one generation rather servercore, which runs most programs.
    let core =
        fitting.iter().find(|image| image.base.build == first.base.build && image.repository.repository.ends_with("servercore"));
    let chosen = core.unwrap_or(first);
    let tag = chosen.repository.tags.iter().find(|tag| tag.ends_with(architecture));
    let reference = match tag {
        Some(tag) => format!("{MICROSOFT_REGISTRY}/{}:{tag}", chosen.repository.repository),
        None => chosen.reference.clone(),
    };
    Some(Replacement { reference, build: chosen.base.build, supported: supported(&chosen) })
}

/// The host of a version, with what follows from its release.
fn host_of(knowledge: &Knowledge, version: OsVersion, kind: &str, architecture: &str, today: Date) -> Option<Host> {
    let text =
        [&version.to_string(), kind, architecture].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(",");
    match host::parse(&text, knowledge, today).ok()? {
        Spec::Hosts(hosts) => hosts.into_iter().next(),
        _ => None,
    }
}

/// True for an image that passes on its host, and about which there is no warning there but for an engine's or its age.
fn runs_without_trouble(image: &SurveyedImage<'_>) -> bool {
    let is_trouble = |code: Code| code.is_about(About::Image) && code.is_about(About::Host) && !code.is_about(About::Engine);
    let findings = &image.judgement.findings;
    image.judgement.ok == Some(true)
        && !findings.iter().any(|finding| finding.severity >= Severity::Warning && is_trouble(finding.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_image_is_offered_that_check_would_let_pass() {
        let day = jiff::civil::date(2026, 11, 26);
        let offered = |host: &str, architecture| {
            find(Knowledge::built_in(), host.parse().unwrap(), architecture, day).map(|image| (image.reference, image.supported))
        };
        let core = |tag: &str| Some((format!("mcr.microsoft.com/windows/servercore:{tag}"), true));
        assert_eq!(offered("10.0.19045", "amd64"), core("ltsc2019"));
        assert_eq!(offered("10.0.17763", "amd64"), core("ltsc2019"));
        assert_eq!(offered("10.0.20348", "amd64"), core("ltsc2022"));
        assert_eq!(offered("10.0.26100", "amd64"), core("ltsc2025"));
        assert_eq!(offered("10.0.26100", "arm64"), core("ltsc2025-arm64"));
        // Images of Windows Server 2025 are reported to fail on Windows 11 25H2.
        assert_eq!(offered("10.0.26200", "amd64"), core("ltsc2022"));
        assert_eq!(offered("10.0.22631", "arm64"), None);
        assert_eq!(offered("10.0.10240", "amd64"), None);
    }
}
