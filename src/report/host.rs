//! The answer of `wincompat host` as data: a host, what it lacks for containers, and which base images it runs.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::document::{FindingEntry, HostEntry, PossibilityEntry, Tool};
use super::plain::clean;
use super::{Word, Wording};
use crate::advice::Remedy;
use crate::compat::{Judgement, Policy, Subject, Survey, SurveyedImage, Use};
use crate::host::{Availability, Found, Host, Needed, Prerequisite};
use crate::knowledge::Knowledge;
use crate::{Engine, Isolation, Kind};

/// The name of this version of the document.
pub const SCHEMA: &str = "wincompat/host/v1";

/// The answer of one `wincompat host`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct HostReport {
    /// `wincompat/host/v1`.
    pub schema: Cow<'static, str>,
    /// The program that wrote this.
    pub tool: Tool,
    /// In the order of the arguments.
    pub hosts: Vec<HostAnswer>,
}

/// The answer about one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct HostAnswer {
    /// The host, as in a report of `check`.
    pub host: HostEntry,
    /// Process isolation here.
    pub process: IsolationEntry,
    /// Hyper-V isolation here.
    pub hyperv: IsolationEntry,
    /// The prerequisites of containers on this host.
    pub prerequisites: Vec<PrerequisiteEntry>,
    /// Reasons and warnings about this host.
    pub findings: Vec<FindingEntry>,
    /// Microsoft's base images, the newest first.
    pub images: Vec<BaseImageEntry>,
}

/// One thing that containers need of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Prerequisite"))]
#[non_exhaustive]
pub struct PrerequisiteEntry {
    /// The stable name, e.g. `containers-feature`.
    pub name: String,
    /// The part of running containers that needs it.
    pub needed: Word<Needed>,
    /// The presence of it.
    pub state: Word<Availability>,
    /// True if the state was assumed.
    pub assumed: bool,
    /// The finding, one sentence without a full stop.
    pub found: String,
    /// The steps that bring it there; none if it is there.
    pub fix: Vec<String>,
}

/// One isolation on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct IsolationEntry {
    /// The possibility of it for images of the host's own version, and the reasons.
    #[serde(flatten)]
    pub works: PossibilityEntry,
    /// The lowest and the highest build of images that it takes; null if it takes none.
    pub builds: Option<[u32; 2]>,
    /// The way to ask Docker for it, e.g. `docker run --isolation=hyperv`.
    pub how: String,
}

/// A base image on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct BaseImageEntry {
    /// E.g. `mcr.microsoft.com/windows/nanoserver:ltsc2022`.
    pub reference: String,
    /// E.g. `ltsc2022`.
    pub release: String,
    /// E.g. `20348`.
    pub build: u32,
    /// True if it runs in process isolation; null if the facts do not decide.
    pub process: Option<bool>,
    /// True if it runs in Hyper-V isolation; null if the facts do not decide.
    pub hyperv: Option<bool>,
    /// The isolation that would be used; null if there is none.
    #[serde(rename = "use")]
    pub taken: Option<Word<Use>>,
    /// The last day of support.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub until: Date,
    /// True if that day is not over.
    pub supported: bool,
}

impl HostReport {
    /// The answer about these hosts, each with its survey by this policy.
    pub fn new(knowledge: &Knowledge, hosts: &[(Found, Survey<'_>)], policy: &Policy, wording: &dyn Wording) -> Self {
        let answer = |(found, survey): &(Found, Survey<'_>)| HostAnswer::new(knowledge, found, survey, policy, wording);
        Self { schema: SCHEMA.into(), tool: Tool::with(knowledge), hosts: hosts.iter().map(answer).collect() }
    }
}

impl HostAnswer {
    fn new(knowledge: &Knowledge, found: &Found, survey: &Survey<'_>, policy: &Policy, wording: &dyn Wording) -> Self {
        let host = &found.host;
        let of = |isolation| IsolationEntry::new(knowledge, host, isolation, &survey.own, policy, wording);
        Self {
            host: HostEntry::new(host, policy),
            process: of(Isolation::Process),
            hyperv: of(Isolation::Hyperv),
            prerequisites: found.prerequisites().iter().map(|one| PrerequisiteEntry::new(one, wording)).collect(),
            findings: findings(knowledge, host, &survey.own, policy, wording),
            images: survey.images.iter().map(|image| BaseImageEntry::new(image, policy.today)).collect(),
        }
    }
}

impl PrerequisiteEntry {
    fn new(prerequisite: &Prerequisite, wording: &dyn Wording) -> Self {
        Self {
            name: prerequisite.requirement.as_str().to_owned(),
            needed: prerequisite.needed.into(),
            state: prerequisite.state.into(),
            assumed: prerequisite.assumed,
            // A path and a service's sentence in it come from outside.
            found: clean(&prerequisite.found).into_owned(),
            fix: prerequisite.fix.iter().map(|step| wording.advice(step)).collect(),
        }
    }
}

/// The findings of the judgement of any image that are about the host alone.
fn findings(
    knowledge: &Knowledge,
    host: &Host,
    judgement: &Judgement,
    policy: &Policy,
    wording: &dyn Wording,
) -> Vec<FindingEntry> {
    let subject = Subject { knowledge, reference: "", image: None, chosen: None, host, policy };
    let of_host = judgement.findings.iter().filter(|finding| finding.code.is_about_host_alone());
    of_host.map(|finding| FindingEntry::new(finding, &subject, wording)).collect()
}

impl IsolationEntry {
    fn new(
        knowledge: &Knowledge,
        host: &Host,
        isolation: Isolation,
        own: &Judgement,
        policy: &Policy,
        wording: &dyn Wording,
    ) -> Self {
        let build = host.os_version.build;
        let (works, lowest) = match isolation {
            Isolation::Process => (&own.process, knowledge.stable_abi_floor(build).unwrap_or(build)),
            Isolation::Hyperv => (&own.hyperv, knowledge.base_images.first().map_or(build, |oldest| oldest.build)),
        };
        let engine = policy.engine_on(host);
        let by_default = policy.default_on(host).first() == Some(&isolation);
        let flag = Remedy::EngineFlag(engine, (!by_default).then_some(isolation));
        let how = match (engine, by_default) {
            (Engine::Docker, true) => "docker run, without a flag".to_owned(),
            (Engine::Docker, false) => format!("docker run {}", wording.remedy(&flag)),
            (_, true) => format!("the default of {}", engine.as_str()),
            (Engine::Kubernetes, false) => "not offered by kubernetes".to_owned(),
            (_, false) => wording.remedy(&flag),
        };
        let development = isolation == Isolation::Process && host.kind == Kind::Client;
        Self {
            works: PossibilityEntry::new(works),
            builds: (works.possible != Some(false)).then_some([lowest, build]),
            how: if development { how + ", for development only" } else { how },
        }
    }
}

impl BaseImageEntry {
    fn new(image: &SurveyedImage<'_>, today: Date) -> Self {
        Self {
            reference: clean(&image.reference).into_owned(),
            release: clean(&image.base.release).into_owned(),
            build: image.base.build,
            process: image.judgement.process.possible,
            hyperv: image.judgement.hyperv.possible,
            taken: image.judgement.taken.map(Word::from),
            until: image.repository.until,
            supported: today <= image.repository.until,
        }
    }
}

/// The JSON Schema of [`HostReport`], as committed in `schema/`.
#[cfg(feature = "schema")]
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(HostReport)
}
