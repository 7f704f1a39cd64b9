//! What wincompat refuses, before it has done anything.

use std::fs;

use crate::run::machine::{Ended, HYPERV, IMAGE, Machine, image, image_of, registry};
use crate::support::emulated::image::name;

/// An image of another build than the host's.
const OLDER: &str = "10.0.18362.1256";

/// What a refusal leaves of this world: no call, no container, no layer, and an unchanged list of images.
struct Untouched {
    files: Vec<(String, u64)>,
}

impl Untouched {
    fn before(machine: &Machine) -> Self {
        Self { files: files(machine) }
    }

    #[track_caller]
    fn after(&self, machine: &Machine) {
        assert_eq!(machine.host.calls(), [serde_json::Value::Null; 0]);
        assert_eq!(files(machine), self.files);
    }
}

/// All files of the store, with their sizes.
fn files(machine: &Machine) -> Vec<(String, u64)> {
    let (mut found, mut folders) = (Vec::new(), vec![machine.store()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            found.push((path.display().to_string(), entry.metadata().unwrap().len()));
        }
    }
    found.sort();
    found
}

#[test]
fn another_build_is_refused_and_nothing_is_done() {
    let Some(machine) = Machine::with(&image_of(OLDER)) else { return };
    let before = Untouched::before(&machine);
    let refused = |ended: Ended, words: &[&str]| {
        ended.failed(125, &[&["will not run on Windows Server 2022", "--force"], words].concat());
        assert_eq!(ended.text(), "");
        before.after(&machine);
    };
    refused(machine.run(&[IMAGE]), &["[build-mismatch]", "[hyperv-unavailable]"]);
    refused(machine.run(&["--host", "local,no-hyperv", IMAGE]), &["[build-mismatch]", "[hyperv-unavailable]"]);
    refused(machine.run(&["--isolation", "process", "--host", "local,hyperv", IMAGE]), &["[build-mismatch]", "--isolation"]);
    refused(machine.wincompat(&["run", "-d", IMAGE]), &["[build-mismatch]"]);
}

#[test]
fn what_is_refused_is_not_pulled() {
    let Some(machine) = Machine::empty() else { return };
    let image = image_of(OLDER);
    let server = registry("app", "1", &image);
    let reference = format!("{}/app:1", server.name());
    // Whoever typed `wincompat run` is told what to add to that.
    let advice = |options: &[&str]| {
        let refused = machine.run(&[options, &[&reference]].concat());
        refused.failed(125, &["[build-mismatch]"]);
        refused.err.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    // Where Hyper-V isolation is not available, nobody is sent there.
    assert!(!advice(&[]).contains("--isolation=hyperv"));
    let advice = advice(&["--isolation", "process", "--host", "local,hyperv"]);
    assert!(
        advice.contains("`wincompat run --root ") && advice.contains(&format!(" --isolation=hyperv {reference}`")),
        "{advice}"
    );
    assert!(!advice.contains("docker"), "{advice}");
    assert!(!machine.store().exists());
    assert_eq!(machine.host.calls(), [serde_json::Value::Null; 0]);
    let layers: Vec<String> = image.facts.layers.as_array().unwrap().iter().map(|layer| layer["digest"].to_string()).collect();
    for request in server.requests() {
        assert!(!layers.iter().any(|digest| request.path.contains(digest.trim_matches('"'))), "{}", request.path);
    }
    // The same image under Hyper-V isolation is pulled and runs.
    let ended = machine.run(&[&HYPERV[..], &[&reference, "cmd", "/c", "echo pulled"]].concat());
    assert_eq!(ended.with(0), "pulled\n");
    assert!(layers.iter().all(|digest| server.count(&format!("/v2/app/blobs/{}", digest.trim_matches('"'))) == 1));
    machine.has_nothing_left();
}

#[test]
fn hyperv_isolation_takes_an_older_image() {
    let Some(machine) = Machine::with(&image_of(OLDER)) else { return };
    let ended = machine.run(&[&HYPERV[..], &[IMAGE, "cmd", "/c", "exit 5"]].concat());
    ended.with(5);
    assert!(ended.err.contains("[image-end-of-support]"), "{}", ended.err);
    let document = machine.last_document("HcsCreateComputeSystem");
    assert_eq!(document["HvPartition"], true);
    assert!(document["HvRuntime"]["ImagePath"].as_str().unwrap().ends_with("\\UtilityVM"));
    assert!(document.get("VolumePath").is_none() && document.get("SchemaVersion").is_none());
    machine.has_nothing_left();

    // Nothing said, it is taken where the versions ask for it.
    machine.run(&["--host", "local,hyperv", IMAGE, "cmd", "/c", "exit 6"]).with(6);
    assert_eq!(machine.last_document("HcsCreateComputeSystem")["HvPartition"], true);
}

#[test]
fn forced_it_is_windows_that_refuses() {
    let Some(machine) = Machine::with(&image_of(OLDER)) else { return };
    let ended = machine.run(&["--force", IMAGE, "cmd", "/c", "exit 5"]);
    ended.failed(125, &["warning: continuing with process isolation because of --force", "HCS_E_IMAGE_MISMATCH", "hint: "]);
    assert_eq!(machine.documents("HcsCreateComputeSystem").len(), 1);
    machine.has_nothing_left();
}

#[test]
fn when_a_registry_is_asked() {
    let Some(machine) = Machine::empty() else { return };
    let (old, new) = (image(), image());
    let server = registry("app", "1", &new);
    let mirror = format!("example.com={}", server.url(""));
    let shown = |pull: &[&str]| machine.run(&[&["--mirror", &mirror], pull, &[IMAGE, "guest", "show"]].concat());
    shown(&["--pull", "never"]).failed(125, &["is not in the store", "`wincompat pull --root ", " example.com/app:1`"]);
    assert!(server.requests().is_empty() && !machine.store().exists());

    machine.put(&old, &name("app", "1"));
    let folder_of = |image: &crate::support::emulated::image::Image| {
        format!("folder {}\n", image.facts.config["config"]["WorkingDir"].as_str().unwrap())
    };
    for pull in [&[][..], &["--pull", "missing"], &["--pull", "never"]] {
        assert!(shown(pull).with(0).contains(&folder_of(&old)), "{pull:?}");
        assert!(server.requests().is_empty(), "{pull:?}");
    }
    assert!(shown(&["--pull", "always"]).with(0).contains(&folder_of(&new)));
    // From now on it is the store's.
    let asked = server.requests().len();
    assert!(shown(&[]).with(0).contains(&folder_of(&new)));
    assert_eq!(server.requests().len(), asked);
    // A registry that is down is no reason to take the old one, when it was to be asked.
    let _held = server.gone();
    shown(&["--pull", "always"]).failed(125, &["127.0.0.1"]);
    machine.has_nothing_left();
}

#[test]
fn what_makes_no_sense_is_refused() {
    let Some(machine) = Machine::new() else { return };
    let before = Untouched::before(&machine);
    let file = machine.program.file("file", "");
    let gone = format!("{}-gone:C:\\x", machine.program.folder().display());
    for (arguments, words) in [
        (&[][..], "IMAGE"),
        (&["--no-such-flag", IMAGE], "--no-such-flag"),
        (&["--isolation", "host-process", IMAGE], "HostProcess"),
        (&["-d", "-t", IMAGE], "remove -t or -d"),
        (&["-i", "-t", IMAGE], "leave out -t"),
        (&["-p", "80", IMAGE], "HOST:CONTAINER"),
        (&["-v", "data:C:\\data", IMAGE], "give a folder"),
        (&["-v", &gone, IMAGE], "-gone"),
        (&[&HYPERV[..], &["-v", &format!("{file}:C:\\x"), IMAGE]].concat(), "whole folders only"),
        (&["-e", "=x", IMAGE], "environment"),
        (&["--env-file", &gone, IMAGE], "environment"),
        (&["--host", "windows-server-2025", IMAGE], "--dry-run"),
        (&["--memory", "1k", IMAGE], "4 MiB"),
        (&["--cpus", "x", IMAGE], "processors"),
        (&["--pull", "sometimes", IMAGE], "always"),
        (&["--network", "", IMAGE], "none"),
        (&["not a name"], "not a name"),
        (&["oci:C:\\layout"], "registry"),
        (&["--untrusted", "--isolation", "process", IMAGE], "untrusted"),
    ] {
        let ended = machine.wincompat(&[&["run"], arguments].concat());
        ended.failed(125, &[words]);
        assert_eq!(ended.text(), "", "{arguments:?}");
        before.after(&machine);
    }
}

#[test]
fn commands_that_cannot_be_started() {
    let Some(machine) = Machine::new() else { return };
    for isolation in [&[][..], &HYPERV] {
        let ended = machine.run(&[isolation, &[IMAGE, "no-such-program", "x"]].concat());
        ended.failed(127, &["the command did not start: no-such-program x", "there is no such program in the image"]);
        let ended = machine.run(&[isolation, &["-w", r"C:\no\such\folder", IMAGE, "cmd", "/c", "exit 0"]].concat());
        ended.failed(126, &["the working directory does not exist in the image"]);
    }
    let ended = machine.wincompat(&["run", "-d", IMAGE, "no-such-program"]);
    ended.failed(127, &["there is no such program in the image"]);
    assert_eq!(ended.text(), "");
    machine.has_nothing_left();
}

#[test]
fn a_service_that_does_not_say_which_documents_it_takes_is_given_them() {
    let Some(mut machine) = Machine::new() else { return };
    machine.faults = "function=HcsGetServiceProperties hresult=0x80370118".to_owned();
    machine.run(&[IMAGE, "cmd", "/c", "exit 5"]).with(5);
    assert_eq!(machine.host.calls_of("HcsGetServiceProperties").len(), 1);
    machine.has_nothing_left();
}

#[test]
fn a_store_that_is_not_what_it_should_be_is_not_used() {
    let Some(machine) = Machine::new() else { return };
    fs::write(machine.store().join("containers"), "").unwrap();
    machine
        .run(&[IMAGE, "cmd", "/c", "exit 5"])
        .failed(125, &["containers is not used", "it is a link or a file", "hint: remove it"]);
    assert!(machine.documents("HcsCreateComputeSystem").is_empty());
}
