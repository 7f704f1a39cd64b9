//! What launching a container needs of this machine, before anything is taken: everything that is missing, at once.
//!
//! The list is the one of `wincompat host`; here it is asked which of it stands in the way of one container.

use std::path::Path;

use crate::Error;
use crate::Isolation;
use crate::advice::{Advice, Command, advice};
use crate::hcs::machine::Machine;
use crate::host::{Attribute, Availability, Found, Launch, Prerequisite, Volume};

/// Asks this machine what launching needs beside what a live host's probe tells; the result belongs into [`Found::launch`]. What is
/// not known stands in it as such. The store need not be there yet.
pub fn facts(machine: &dyn Machine, store_root: &Path) -> Launch {
    let schema_versions = machine.systems().schema_versions().map_err(|error| error.to_string());
    Launch { schema_versions, volume: volume(store_root) }
}

/// What stands in the way of launching a container in this isolation; empty if nothing does. `needs_import` says whether a layer of
/// its image must be imported first. What is not known stands in no way: the call that fails will tell.
///
/// The edition is no part of it: it decides what is possible, so it is part of the judgement that comes before.
pub fn check(found: &Found, isolation: Isolation, needs_import: bool) -> Vec<Prerequisite> {
    let elevation = isolation == Isolation::Process || needs_import;
    let hyperv_asked = found.host.overridden.contains(&Attribute::Hyperv) && found.host.hyperv == Availability::Available;
    let matters = |one: &Prerequisite| match one.name {
        // A later Windows than the first with containers is needed here.
        "edition" | "windows" => false,
        "hyperv-feature" | "hypervisor" => isolation == Isolation::Hyperv && !hyperv_asked,
        "elevation" => elevation,
        // Whoever must be elevated anyway has it.
        "hcs-access" => !elevation,
        // The documents for Hyper-V isolation are of the older generation.
        "hcs-schema" => isolation == Isolation::Process,
        _ => true,
    };
    let missing = |one: &Prerequisite| one.state == Availability::Unavailable && matters(one);
    found.prerequisites().into_iter().filter(missing).collect()
}

/// The refusal of a container because of what [`check`] found; `None` if that is nothing.
pub fn refusal(problems: &[Prerequisite], isolation: Isolation) -> Option<Error> {
    let mut steps: Vec<Advice> = Vec::new();
    for step in problems.iter().flat_map(|problem| &problem.fix) {
        // Two problems can have one remedy.
        let step = Advice::from(step.as_str());
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps.push(advice![Command::Host, " lists all that is needed"]);
    let hint = steps.into_iter().reduce(|hint, step| {
        // A colon announces the command that follows.
        let joint = if hint.ends_with(':') { " " } else { "; " };
        hint + joint + step
    });
    let what = format!("this machine cannot launch a container in {} isolation as it is", isolation.as_str());
    let causes = problems.iter().map(|problem| format!("{}: {}", problem.name, problem.found)).collect();
    (!problems.is_empty()).then(|| Error { causes, hint, ..Error::new(what) })
}

/// The volume of a folder that may still be to be made: that of the nearest one above.
fn volume(folder: &Path) -> Volume {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = absolute.ancestors().find(|folder| folder.is_dir()).unwrap_or(&absolute);
    #[cfg(windows)]
    let (file_system, remote) = crate::windows::volume::of(there);
    #[cfg(not(windows))]
    let (file_system, remote) = (None, None);
    Volume { file_system, remote, free: fs4::available_space(there).ok(), folder: absolute }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hcs::plan::Plan;
    use crate::host::{Hypervisor, Probe, Services};
    use crate::knowledge::Knowledge;

    const YES: Availability = Availability::Available;
    const NO: Availability = Availability::Unavailable;

    /// A machine that lacks nothing for either isolation.
    fn ready(host: &str) -> Found {
        let mut found = crate::host::find(&[host.to_owned()], Knowledge::built_in(), jiff::civil::date(2026, 11, 23)).unwrap();
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

    /// The names of what [`check`] finds: in process isolation, in Hyper-V isolation, and there with an import.
    fn problems(found: &Found) -> [String; 3] {
        [(Isolation::Process, false), (Isolation::Hyperv, false), (Isolation::Hyperv, true)]
            .map(|(isolation, import)| check(found, isolation, import).iter().map(|one| one.name).collect::<Vec<_>>().join(" "))
    }

    /// What is changed, on which host, and what is then in the way: process isolation; Hyper-V isolation; and with an import.
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
            assert_eq!(problems(&found), expected, "{case}");
            for problem in found.prerequisites().iter().filter(|one| one.state != YES && one.name != "hypervisor") {
                assert!(!problem.fix.is_empty(), "{case}: {} says not how to mend it", problem.name);
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
        let problems = check(&found, Isolation::Process, true);
        let error = refusal(&problems, Isolation::Process).unwrap();
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
        let hint = refusal(&check(&found, Isolation::Hyperv, false), Isolation::Hyperv).unwrap().hint.unwrap().to_string();
        assert!(hint.contains("while it is off: Set-VMProcessor "), "{hint}");
    }

    #[test]
    fn the_volume_of_a_store_that_is_still_to_be_made_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("not").join("there");
        let launch = facts(&Plan::new(), &root);
        assert_eq!(launch.takes((2, 1)), Some(true));
        assert_eq!(launch.volume.folder, std::path::absolute(&root).unwrap());
        assert!(launch.volume.free.is_some());
        assert_eq!(launch.volume.file_system.is_some(), cfg!(windows));
        assert!(!root.exists());
    }
}
