//! The prerequisites that stand in the way of launching one container, and the refusal that lists them all at once.

use crate::advice::{Advice, Command, advice};
use crate::host::prerequisite::{Prerequisite, Requirement};
use crate::host::{Attribute, Availability, Found};
use crate::{Error, Isolation};

/// The prerequisites that are missing for a container in this isolation; none if it can be launched. `needs_elevation` says that it takes
/// an elevated token in whatever isolation: a layer of its image must be imported first, it has folders of the host or a disk of another
/// size. What is not known is not missing: the call that fails will tell.
///
/// The edition is not among them: it decides what is possible, so it is part of the judgement that comes before.
pub fn obstacles(found: &Found, isolation: Isolation, needs_elevation: bool) -> Vec<Prerequisite> {
    let elevation = isolation == Isolation::Process || needs_elevation;
    let hyperv_asked = found.host.overridden.contains(&Attribute::Hyperv) && found.host.hyperv == Availability::Available;
    let matters = |requirement: Requirement| match requirement {
        // A later Windows than the first with containers is needed here.
        Requirement::Edition | Requirement::Windows => false,
        Requirement::HypervFeature | Requirement::Hypervisor => isolation == Isolation::Hyperv && !hyperv_asked,
        Requirement::Elevation => elevation,
        // Whoever must be elevated anyway has it.
        Requirement::HcsAccess => !elevation,
        // The documents for Hyper-V isolation are of the older generation.
        Requirement::HcsSchema => isolation == Isolation::Process,
        Requirement::ContainersFeature
        | Requirement::HcsLibraries
        | Requirement::HcsWindows
        | Requirement::StoreRoom
        | Requirement::StoreVolume => true,
    };
    let missing = |one: &Prerequisite| one.state == Availability::Unavailable && matters(one.requirement);
    found.prerequisites().into_iter().filter(missing).collect()
}

/// The refusal of a container because of these [`obstacles`]; `None` if there are none.
pub fn refusal(obstacles: &[Prerequisite], isolation: Isolation) -> Option<Error> {
    let mut steps: Vec<Advice> = Vec::new();
    for step in obstacles.iter().flat_map(|obstacle| &obstacle.fix) {
        // Two obstacles can have one remedy.
        if !steps.contains(step) {
            steps.push(step.clone());
        }
    }
    steps.push(advice![Command::Host, " lists all that is needed"]);
    let hint = steps.into_iter().reduce(|hint, step| {
        // A colon announces the command that follows.
        let joint = if hint.ends_with(':') { " " } else { "; " };
        hint + joint + step
    });
    let what = format!("this machine cannot launch a container in {} isolation as it is", isolation.as_str());
    let causes = obstacles.iter().map(|obstacle| format!("{}: {}", obstacle.requirement.as_str(), obstacle.found)).collect();
    (!obstacles.is_empty()).then(|| Error { causes, hint, ..Error::new(what) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Hypervisor, Launch, Probe, Services, Volume};
    use crate::knowledge::Knowledge;

    const YES: Availability = Availability::Available;
    const NO: Availability = Availability::Unavailable;

    /// A machine that lacks nothing for either isolation.
    fn ready(host: &str) -> Found {
        let mut found =
            crate::host::find(&[host.to_owned()], None, Knowledge::built_in(), jiff::civil::date(2026, 11, 23)).unwrap();
        let volume =
            Volume { folder: "C:\\store".into(), file_system: Some("NTFS".into()), remote: Some(false), free: Some(1 << 40) };
        Found {
            probe: Some(Probe {
                services: Services { vmcompute: YES, hns: YES, vmms: YES, hvhost: YES },
                hypervisor: Some(Hypervisor::Root),
                machine: None,
                libraries: vec![("vmcompute.dll", true), ("computecore.dll", true), ("computenetwork.dll", true)],
                elevated: Some(true),
                hyperv_administrator: Some(false),
            }),
            launch: Some(Launch { schema_versions: Ok(vec![(1, 0), (2, 1)]), volume }),
            ..found.remove(0)
        }
    }

    /// The names of what [`obstacles`] finds: in process isolation, in Hyper-V isolation, and there with an import.
    fn names(found: &Found) -> [String; 3] {
        [(Isolation::Process, false), (Isolation::Hyperv, false), (Isolation::Hyperv, true)].map(|(isolation, import)| {
            obstacles(found, isolation, import).iter().map(|one| one.requirement.as_str()).collect::<Vec<_>>().join(" ")
        })
    }

    /// A case: its name, the host, what is changed there, and the obstacles then: in process isolation, in Hyper-V isolation, and there
    /// with an import.
    type Case = (&'static str, &'static str, fn(&mut Probe, &mut Launch), [&'static str; 3]);

    #[test]
    fn each_isolation_is_stopped_by_what_it_needs() {
        let cases: [Case; 16] = [
            ("nothing", "ltsc2022", |_, _| {}, ["", "", ""]),
            ("a client", "windows-11-24h2", |_, _| {}, ["", "", ""]),
            ("Windows Server 2016", "ltsc2016", |_, _| {}, ["hcs-windows"; 3]),
            (
                "no feature",
                "ltsc2022",
                |probe, launch| {
                    probe.services = Services { vmcompute: NO, hns: NO, vmms: NO, hvhost: NO };
                    probe.hypervisor = Some(Hypervisor::Absent);
                    probe.libraries = vec![("vmcompute.dll", false)];
                    launch.schema_versions = Err("no computecore.dll".into());
                },
                [
                    "containers-feature hcs-libraries",
                    "containers-feature hyperv-feature hypervisor hcs-libraries",
                    "containers-feature hyperv-feature hypervisor hcs-libraries",
                ],
            ),
            ("no hns", "ltsc2022", |probe, _| probe.services.hns = NO, ["containers-feature"; 3]),
            (
                "a cloud machine",
                "ltsc2022",
                |probe, _| probe.hypervisor = Some(Hypervisor::Guest),
                ["", "hypervisor", "hypervisor"],
            ),
            ("no vmms", "ltsc2022", |probe, _| probe.services.vmms = NO, ["", "hyperv-feature", "hyperv-feature"]),
            ("Hyper-V by word", "ltsc2022,hyperv", |probe, _| probe.hypervisor = Some(Hypervisor::Guest), [""; 3]),
            ("unelevated", "ltsc2022", |probe, _| probe.elevated = Some(false), ["elevation", "hcs-access", "elevation"]),
            (
                "unelevated, Hyper-V Administrators",
                "ltsc2022",
                |probe, _| (probe.elevated, probe.hyperv_administrator) = (Some(false), Some(true)),
                ["elevation", "", "elevation"],
            ),
            ("old documents", "ltsc2022", |_, launch| launch.schema_versions = Ok(vec![(1, 0), (2, 0)]), ["hcs-schema", "", ""]),
            ("newer documents", "ltsc2022", |_, launch| launch.schema_versions = Ok(vec![(1, 0), (2, 7)]), [""; 3]),
            ("ReFS", "ltsc2022", |_, launch| launch.volume.file_system = Some("ReFS".into()), ["store-volume"; 3]),
            ("a share", "ltsc2022", |_, launch| launch.volume.remote = Some(true), ["store-volume"; 3]),
            ("a full disk", "ltsc2022", |_, launch| launch.volume.free = Some((1 << 30) - 1), ["store-room"; 3]),
            (
                "nothing is known",
                "ltsc2022",
                |probe, launch| {
                    let unknown = Availability::Unknown;
                    probe.services = Services { vmcompute: unknown, hns: unknown, vmms: unknown, hvhost: unknown };
                    (probe.hypervisor, probe.elevated, probe.hyperv_administrator) = (None, None, None);
                    launch.schema_versions = Err("access denied".into());
                    (launch.volume.file_system, launch.volume.remote, launch.volume.free) = (None, None, None);
                },
                [""; 3],
            ),
        ];
        for (case, host, change, expected) in cases {
            let mut found = ready(host);
            // As a probe of this machine would have settled it.
            if host.ends_with(",hyperv") {
                found.host.overridden.push(Attribute::Hyperv);
            }
            let (Some(probe), Some(launch)) = (&mut found.probe, &mut found.launch) else { panic!("{case}") };
            change(probe, launch);
            assert_eq!(names(&found), expected, "{case}");
            for missing in
                found.prerequisites().iter().filter(|one| one.state != YES && one.requirement != Requirement::Hypervisor)
            {
                assert!(!missing.fix.is_empty(), "{case}: {} does not say what to do", missing.requirement.as_str());
            }
        }
    }

    #[test]
    fn everything_is_said_at_once_and_each_remedy_once() {
        let mut found = ready("ltsc2022");
        let probe = found.probe.as_mut().unwrap();
        probe.services.hns = NO;
        probe.elevated = Some(false);
        probe.libraries = vec![("vmcompute.dll", true), ("computenetwork.dll", false)];
        let missing = obstacles(&found, Isolation::Process, true);
        let error = refusal(&missing, Isolation::Process).unwrap();
        assert_eq!(error.what, "this machine cannot launch a container in process isolation as it is");
        assert_eq!(error.causes[0], "containers-feature: service vmcompute is there, service hns is missing");
        assert_eq!(error.causes[1], "hcs-libraries: computenetwork.dll missing from System32");
        assert!(error.causes[2].starts_with("elevation: this console is not elevated"), "{error:?}");
        assert_eq!(
            error.hint.unwrap().to_string(),
            "Install-WindowsFeature Containers -Restart; open the console with \"Run as administrator\"; \
             <host> lists all that is needed"
        );
        assert_eq!(refusal(&[], Isolation::Process), None);

        found.probe.as_mut().unwrap().hypervisor = Some(Hypervisor::Guest);
        let hint = refusal(&obstacles(&found, Isolation::Hyperv, false), Isolation::Hyperv).unwrap().hint.unwrap().to_string();
        assert!(hint.contains("while it is off: Set-VMProcessor "), "{hint}");
    }
}
