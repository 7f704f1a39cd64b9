//! The prerequisites of containers on a host: which of them are there, and what to do about one that is missing.

use serde::{Deserialize, Serialize};

use super::launch::{self, Launch};
use super::probe::{Hypervisor, Probe};
use super::{Attribute, Availability, Host, Source};
use crate::Kind;
use crate::advice::Advice;
use crate::knowledge::builds::FIRST_WITH_CONTAINERS;

/// One prerequisite of containers on one host, e.g. the Windows feature Containers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prerequisite {
    /// The thing that is required.
    pub requirement: Requirement,
    /// The part of running containers that needs it.
    pub needed: Needed,
    /// The presence of it.
    pub state: Availability,
    /// True if the state was assumed.
    pub assumed: bool,
    /// The finding, one sentence without a full stop.
    pub found: String,
    /// The steps that bring it there; none if it is there.
    pub fix: Vec<Advice>,
}

/// The things that containers require of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Requirement {
    /// The Windows feature Containers.
    ContainersFeature,
    /// An edition other than Home.
    Edition,
    /// A console with the rights of an administrator.
    Elevation,
    /// A user who may call the Host Compute Service.
    HcsAccess,
    /// The libraries of the Host Compute Service.
    HcsLibraries,
    /// A Host Compute Service that takes the documents for process isolation.
    HcsSchema,
    /// A Windows that has the libraries of the Host Compute Service.
    HcsWindows,
    /// The Windows feature Hyper-V.
    HypervFeature,
    /// A hypervisor on which this Windows may create virtual machines.
    Hypervisor,
    /// Free space on the volume of the store.
    StoreRoom,
    /// A local volume with NTFS for the store.
    StoreVolume,
    /// A Windows that has containers.
    Windows,
}

impl Requirement {
    /// The stable name, e.g. `containers-feature`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContainersFeature => "containers-feature",
            Self::Edition => "edition",
            Self::Elevation => "elevation",
            Self::HcsAccess => "hcs-access",
            Self::HcsLibraries => "hcs-libraries",
            Self::HcsSchema => "hcs-schema",
            Self::HcsWindows => "hcs-windows",
            Self::HypervFeature => "hyperv-feature",
            Self::Hypervisor => "hypervisor",
            Self::StoreRoom => "store-room",
            Self::StoreVolume => "store-volume",
            Self::Windows => "windows",
        }
    }
}

/// The part of running containers that needs a prerequisite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Needed {
    /// Either isolation.
    Both,
    /// Hyper-V isolation.
    Hyperv,
    /// Starting containers without an engine; Docker and containerd run as services that have it.
    Hcs,
}

/// A Windows feature that containers need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `Containers`.
    Containers,
    /// `Hyper-V` on a server, `Microsoft-Hyper-V` on a client.
    HyperV,
}

impl Host {
    /// The PowerShell command that enables a feature here. `Install-WindowsFeature` exists on servers only.
    pub const fn command_to_enable(&self, feature: Feature) -> &'static str {
        match (self.kind, feature) {
            (Kind::Server, Feature::Containers) => "Install-WindowsFeature Containers -Restart",
            (Kind::Server, Feature::HyperV) => "Install-WindowsFeature Hyper-V -IncludeManagementTools -Restart",
            (Kind::Client, Feature::Containers) => "Enable-WindowsOptionalFeature -Online -All -FeatureName Containers",
            (Kind::Client, Feature::HyperV) => "Enable-WindowsOptionalFeature -Online -All -FeatureName Microsoft-Hyper-V",
        }
    }

    /// The prerequisites of containers on this host, in the order in which they are shown. With the probe of this machine, features
    /// are shown part by part.
    pub(super) fn prerequisites(&self, probe: Option<&Probe>, launch: Option<&Launch>) -> Vec<Prerequisite> {
        let mut all = vec![self.windows(), self.edition_with_containers()];
        match probe {
            Some(probe) => {
                all.extend([
                    self.containers_service(probe),
                    self.hyperv_service(probe),
                    self.hypervisor(probe),
                    self.hcs_windows(),
                    self.hcs_libraries(probe),
                    launch::elevation(probe),
                    launch::hcs_access(probe),
                ]);
            }
            None => all.extend([self.containers_feature(), self.hyperv_feature()]),
        }
        if let Some(launch) = launch {
            all.extend([launch.hcs_schema(), launch.volume.store_volume(), launch.volume.store_room()]);
        }
        all
    }

    fn windows(&self) -> Prerequisite {
        let there = self.os_version.is_windows_10_line() && self.os_version.build >= FIRST_WITH_CONTAINERS;
        Prerequisite {
            requirement: Requirement::Windows,
            needed: Needed::Both,
            state: if there { Availability::Available } else { Availability::Unavailable },
            assumed: false,
            found: format!("build {}; containers came with build {FIRST_WITH_CONTAINERS}", self.os_version.build),
            fix: if there { Vec::new() } else { vec!["use Windows Server 2019, Windows 10 22H2 or newer".into()] },
        }
    }

    fn edition_with_containers(&self) -> Prerequisite {
        let home = self.is_of_home();
        Prerequisite {
            requirement: Requirement::Edition,
            needed: Needed::Both,
            state: match home {
                Some(true) => Availability::Unavailable,
                Some(false) => Availability::Available,
                None => Availability::Unknown,
            },
            assumed: self.assumes(Attribute::Edition),
            found: match (&self.edition, home) {
                (Some(edition), Some(true)) => format!("{edition} is a Home edition, which has no Windows containers"),
                (Some(edition), Some(false)) => format!("{edition} has Windows containers"),
                (Some(edition), None) => format!("nothing known says whether {edition} has Windows containers"),
                (None, _) => "the edition is not known; Home has no Windows containers".to_owned(),
            },
            fix: match home {
                Some(true) => vec!["change the edition to Pro, Enterprise or Education".into()],
                Some(false) => Vec::new(),
                None => vec![
                    "read the EditionID: reg query \"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\" /v EditionID".into(),
                ],
            },
        }
    }

    fn containers_feature(&self) -> Prerequisite {
        Prerequisite {
            requirement: Requirement::ContainersFeature,
            needed: Needed::Both,
            state: self.containers,
            assumed: self.assumes(Attribute::Containers),
            found: "the Windows feature Containers".to_owned(),
            fix: self.to_enable(Feature::Containers, self.containers),
        }
    }

    fn hyperv_feature(&self) -> Prerequisite {
        let mut fix = self.to_enable(Feature::HyperV, self.hyperv);
        // These say that no hypervisor runs, for which the feature may not be the reason.
        let says_it = matches!(self.source, Source::Systeminfo | Source::ComputerInfo)
            && !self.overridden.contains(&Attribute::Hyperv)
            && self.hyperv == Availability::Unavailable;
        if says_it && !fix.is_empty() {
            fix.push("no hypervisor runs there: see that virtualization (Intel VT-x, AMD-V) is enabled in the firmware".into());
        }
        Prerequisite {
            requirement: Requirement::HypervFeature,
            needed: Needed::Hyperv,
            state: self.hyperv,
            assumed: self.assumes(Attribute::Hyperv),
            found: "the Windows feature Hyper-V, with its hypervisor running".to_owned(),
            fix,
        }
    }

    fn containers_service(&self, probe: &Probe) -> Prerequisite {
        let services = &probe.services;
        let state = probe.containers();
        Prerequisite {
            found: found_services(&[("vmcompute", services.vmcompute), ("hns", services.hns)]),
            state,
            assumed: false,
            fix: self.to_enable(Feature::Containers, state),
            ..self.containers_feature()
        }
    }

    fn hyperv_service(&self, probe: &Probe) -> Prerequisite {
        let services = &probe.services;
        let state = services.vmms;
        Prerequisite {
            found: found_services(&[("vmms", services.vmms), ("hvhost", services.hvhost)]),
            state,
            assumed: false,
            fix: self.to_enable(Feature::HyperV, state),
            ..self.hyperv_feature()
        }
    }

    fn hypervisor(&self, probe: &Probe) -> Prerequisite {
        const THEN: &str = "then enable the feature Hyper-V here and restart";
        let (state, found, fix) = match &probe.hypervisor {
            Some(Hypervisor::Root) => {
                let found = "Hyper-V runs below this Windows, which may create virtual machines".to_owned();
                (Availability::Available, found, Vec::new())
            }
            Some(Hypervisor::Absent) => {
                let fix = match probe.services.vmms {
                    Availability::Unavailable => vec!["it comes with the feature Hyper-V and a restart".into()],
                    Availability::Available | Availability::Unknown => vec![
                        "enable virtualization (Intel VT-x, AMD-V) in the firmware".into(),
                        "bcdedit /set hypervisorlaunchtype auto, and restart".into(),
                    ],
                };
                (Availability::Unavailable, "no hypervisor runs".to_owned(), fix)
            }
            Some(Hypervisor::Guest) => {
                let found = "this is a virtual machine of Hyper-V or Azure that may not create others".to_owned();
                let fix = vec![
                    "let it have virtual machines of its own (nested virtualization): in Azure, by a size that offers it; \
                     elsewhere, on its Hyper-V host and while it is off:"
                        .into(),
                    "Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true".into(),
                    THEN.into(),
                ];
                (Availability::Unavailable, found, fix)
            }
            Some(Hypervisor::Foreign(maker)) => {
                let found = format!("this is a virtual machine on {maker}, without Hyper-V of its own");
                let nested = "let it have virtual machines of its own (nested virtualization), on the machine below";
                (Availability::Unavailable, found, vec![nested.into(), THEN.into()])
            }
            None => (Availability::Unknown, "this processor does not tell; the services decide".to_owned(), Vec::new()),
        };
        Prerequisite { requirement: Requirement::Hypervisor, needed: Needed::Hyperv, state, assumed: false, found, fix }
    }

    /// The step that enables a feature, unless it is there or this edition cannot have it.
    pub(super) fn to_enable(&self, feature: Feature, state: Availability) -> Vec<Advice> {
        match state {
            Availability::Available => Vec::new(),
            Availability::Unavailable if self.is_home() || self.is_32_bit() => Vec::new(),
            Availability::Unavailable | Availability::Unknown => vec![self.command_to_enable(feature).into()],
        }
    }
}

/// The services, each with its state, e.g. `service vmcompute is there, service hns is missing`.
fn found_services(services: &[(&str, Availability)]) -> String {
    let one = |&(name, state): &(&str, Availability)| match state {
        Availability::Available => format!("service {name} is there"),
        Availability::Unavailable => format!("service {name} is missing"),
        Availability::Unknown => format!("service {name} could not be asked for"),
    };
    services.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::Services;
    use super::*;
    use crate::knowledge::Knowledge;

    const YES: Availability = Availability::Available;
    const NO: Availability = Availability::Unavailable;

    fn host(text: &str) -> Host {
        match super::super::parse(text, Knowledge::built_in(), jiff::civil::date(2026, 11, 23)) {
            Ok(super::super::Spec::Hosts(mut hosts)) => hosts.remove(0),
            other => panic!("{other:?}"),
        }
    }

    fn probe(containers: Availability, hyperv: Availability, hypervisor: Option<Hypervisor>) -> Probe {
        Probe {
            services: Services { vmcompute: containers, hns: containers, vmms: hyperv, hvhost: hyperv },
            hypervisor,
            machine: None,
            libraries: vec![("vmcompute.dll", containers == YES), ("computecore.dll", true)],
            elevated: Some(false),
            hyperv_administrator: Some(false),
        }
    }

    /// The prerequisites that are not there, each with its steps.
    fn missing(host: &Host, probe: Option<&Probe>) -> Vec<(&'static str, String)> {
        let all = host.prerequisites(probe, None).into_iter();
        let steps = |one: &Prerequisite| one.fix.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        all.filter(|one| one.state != YES).map(|one| (one.requirement.as_str(), steps(&one))).collect()
    }

    #[test]
    fn each_missing_part_says_how_to_mend_it() {
        let (server, client) = (host("windows-server-2022"), host("windows-11-24h2"));
        let elevation = ("elevation", "open the console with \"Run as administrator\"".to_owned());
        let access = (
            "hcs-access",
            "open the console with \"Run as administrator\", or ask an administrator to add you to the group, and sign in again:; \
             Add-LocalGroupMember -SID S-1-5-32-578 -Member NAME"
                .to_owned(),
        );
        let bare = probe(NO, NO, Some(Hypervisor::Absent));
        assert_eq!(
            missing(&server, Some(&bare)),
            [
                ("containers-feature", "Install-WindowsFeature Containers -Restart".to_owned()),
                ("hyperv-feature", "Install-WindowsFeature Hyper-V -IncludeManagementTools -Restart".to_owned()),
                ("hypervisor", "it comes with the feature Hyper-V and a restart".to_owned()),
                ("hcs-libraries", "Install-WindowsFeature Containers -Restart".to_owned()),
                elevation.clone(),
                access.clone(),
            ]
        );
        let containers = "Enable-WindowsOptionalFeature -Online -All -FeatureName Containers".to_owned();
        assert_eq!(missing(&client, Some(&bare))[0], ("containers-feature", containers));

        let switched_off = missing(&client, Some(&probe(YES, YES, Some(Hypervisor::Absent))));
        assert!(switched_off[0].1.contains("bcdedit /set hypervisorlaunchtype auto"), "{switched_off:?}");
        let cloud = missing(&server, Some(&probe(YES, NO, Some(Hypervisor::Guest))));
        assert!(cloud[1].1.contains("Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true"), "{cloud:?}");
        let foreign = probe(YES, YES, Some(Hypervisor::Foreign("VMwareVMware".to_owned())));
        assert!(missing(&server, Some(&foreign))[0].1.contains("nested virtualization"));

        assert_eq!(missing(&server, Some(&probe(YES, YES, Some(Hypervisor::Root)))), [elevation, access]);
        assert_eq!(missing(&server, None), []);
        assert_eq!(
            missing(&host("windows-11-24h2,no-hyperv"), None),
            [("hyperv-feature", "Enable-WindowsOptionalFeature -Online -All -FeatureName Microsoft-Hyper-V".to_owned())]
        );
    }

    #[test]
    fn what_cannot_be_mended_by_a_feature_says_so() {
        let home = missing(&host("windows-11-24h2,home"), None);
        assert_eq!(home[0], ("edition", "change the edition to Pro, Enterprise or Education".to_owned()));
        assert_eq!(home[1], ("containers-feature", String::new()), "no command brings the feature to Home");
        assert_eq!(missing(&host("6.3.9600"), None)[0].0, "windows");
        assert_eq!(missing(&host("15063"), None), [], "Windows 10 1703 has containers");
    }

    #[test]
    fn what_nobody_said_is_assumed() {
        let assumed = |host: &Host, probe: Option<&Probe>| -> Vec<&'static str> {
            host.prerequisites(probe, None).into_iter().filter(|one| one.assumed).map(|one| one.requirement.as_str()).collect()
        };
        assert_eq!(assumed(&host("20348"), None), ["edition", "containers-feature", "hyperv-feature"]);
        assert_eq!(assumed(&host("20348,hyperv"), None), ["edition", "containers-feature"]);
        assert_eq!(assumed(&host("20348"), Some(&probe(YES, YES, None))), ["edition"]);
    }
}
