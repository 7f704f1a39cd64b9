//! What Windows may do in another way than the emulator does by itself (its README): the runner bears it.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::run::machine::{Ended, HYPERV, IMAGE, ISOLATIONS, Machine, Running, image, image_of};

/// Runs a container on a host that is told to behave in another way.
fn run(machine: &Machine, variable: &str, value: &str, arguments: &[&str]) -> Ended {
    let mut command = machine.command(&[&["run", "--rm", "-q"], arguments].concat());
    command.env(format!("HCSEMU_{variable}"), value);
    Running::start(command).end()
}

/// What an empty list may be beside `[]`: nothing, an empty text and `null`.
const EMPTY: [&str; 3] = ["null-pointer", "text", "null"];

#[test]
fn empty_lists_have_many_forms() {
    let Some(machine) = Machine::new() else { return };
    for form in EMPTY {
        for isolation in ISOLATIONS {
            let ended = run(&machine, "EMPTY", form, &[isolation, &[IMAGE, "cmd", "/c", "exit 5"]].concat());
            ended.with(5);
            assert_eq!(ended.err, "", "{form}");
            machine.has_nothing_left();
        }
    }
}

/// A host without networks, and every command that asks for a list which may be empty.
#[test]
fn empty_lists_of_networks_and_for_other_commands() {
    for form in EMPTY {
        let Some(machine) = Machine::new() else { return };
        let on = |arguments: &[&str]| {
            let mut command = machine.command(arguments);
            command.env("HCSEMU_EMPTY", form).env("HCSEMU_NETWORKS", "none");
            Running::start(command).end()
        };
        for isolation in ISOLATIONS {
            let alone = on(&[&["run", "--rm", "-q"], isolation, &[IMAGE, "cmd", "/c", "exit 5"]].concat());
            alone.with(5);
            assert!(alone.err.starts_with("warning: this host has no NAT network"), "{form}: {}", alone.err);
            assert_eq!(on(&["ps", "-a", "-q"]).with(0), "", "{form}");
            assert_eq!(on(&["prune", "-q"]).with(0), "", "{form}");
        }
        let id = on(&["run", "-q", "-d", "--name", "one", IMAGE, "guest", "wait", "1000"]).with(0);
        on(&["exec", "one", "guest", "exit", "7"]).with(7);
        assert_eq!(on(&["ps", "-q", "--no-trunc"]).with(0), id, "{form}");
        assert_eq!(on(&["prune", "-q"]).with(0), "", "{form}: it runs");
        assert_eq!(on(&["stop", "-t", "5", "one"]).with(0), "one\n", "{form}");
        // It is in no list any more.
        on(&["exec", "one", "guest", "exit", "7"]).failed(125, &["does not run"]);
        assert_eq!(on(&["stop", "one"]).with(0), "one\n", "{form}");
        assert_eq!((on(&["ps", "-q"]).with(0), on(&["ps", "-a", "-q", "--no-trunc"]).with(0)), (String::new(), id), "{form}");
        assert_eq!(on(&["rm", "one"]).with(0), "one\n", "{form}");
        for function in ["HcnEnumerateNetworks", "HcnEnumerateEndpoints", "HcsEnumerateComputeSystems"] {
            assert!(!machine.host.calls_of(function).is_empty(), "{function}");
        }
        machine.has_nothing_left();
    }
}

/// An exit code is waited for, and never made up.
#[test]
fn exit_codes_come_late_or_not_at_all() {
    let Some(machine) = Machine::new() else { return };
    for isolation in ISOLATIONS {
        let arguments = [isolation, &[IMAGE, "cmd", "/c", "exit 5"]].concat();
        for way in ["no-data", "no-code", "late"] {
            run(&machine, "EXIT", way, &arguments).with(5);
        }
        run(&machine, "EXIT", "unknown", &arguments).failed(125, &["its exit code is not known"]);
        machine.has_nothing_left();
    }
}

/// A process that has ended before anybody could listen to it is judged by its status, also where it takes no callback any more.
#[test]
fn a_process_ends_while_it_is_created() {
    let Some(machine) = Machine::new() else { return };
    let ends_first = |isolation: &[&str], rules: &str| {
        let mut command =
            machine.command(&[&["run", "--rm", "-q"][..], isolation, &[IMAGE, "cmd", "/c", "echo said& exit 5"]].concat());
        command.env("HCSEMU_CREATE", "ended").env("HCSEMU_RULES_ON", rules);
        let ended = Running::start(command).end();
        assert_eq!(ended.with(5).trim_end(), "said", "{}", ended.err);
    };
    ends_first(&[], "process-callback-late");
    ends_first(&HYPERV, "");
    assert_eq!(machine.host.calls_of("HcsSetProcessCallback")[0]["rule"], "process-callback-late");
    machine.has_nothing_left();
}

/// A container that has ended before anybody could listen to it is asked, since nobody need be told of that end.
#[test]
fn a_container_ends_while_it_is_created() {
    for isolation in ISOLATIONS {
        let Some(machine) = Machine::new() else { return };
        let began = Instant::now();
        let ended = run(&machine, "CREATE", "system-ended", &[isolation, &[IMAGE, "cmd", "/c", "exit 5"]].concat());
        ended.failed(125, &["the container was not "]);
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
        machine.has_nothing_left();
        if isolation != ISOLATIONS[0] {
            continue;
        }
        ended.failed(125, &["the container was not started", "HCS_E_SYSTEM_ALREADY_STOPPED"]);
        let calls = machine.host.calls();
        let first = |function: &str, part: &str| {
            calls.iter().position(|call| call["function"] == function && call.get(part).is_some()).expect(function)
        };
        let (listening, told) = ("HcsSetComputeSystemCallback", "HcsGetComputeSystemProperties");
        assert!(first(listening, "n") < first(told, "n"), "{calls:#?}");
        assert!(calls[first(told, "completes")]["result"].as_str().unwrap().contains("Stopped"), "{calls:#?}");
    }
}

/// A record that comes with a success is told by the trace, and is no failure: the code decides.
#[test]
fn a_record_of_an_error_comes_with_a_success() {
    let Some(machine) = Machine::new() else { return };
    let trace = machine.program.folder().join("trace.jsonl");
    run(&machine, "RECORD", "always", &["--trace", trace.to_str().unwrap(), IMAGE, "cmd", "/c", "exit 5"]).with(5);
    let trace = fs::read_to_string(&trace).unwrap();
    assert!(trace.lines().any(|line| line.contains("HcnEnumerateNetworks") && line.contains("ErrorCode")), "{trace}");
    machine.has_nothing_left();
}

/// The id of a namespace is the one that it has, not the one that was asked for.
#[test]
fn a_namespace_has_another_id() {
    let Some(machine) = Machine::new() else { return };
    run(&machine, "NAMESPACE_ID", "other", &[IMAGE, "cmd", "/c", "exit 5"]).with(5);
    let asked = &machine.host.calls_of("HcnCreateNamespace")[0]["arguments"]["id"];
    let deleted = &machine.host.calls_of("HcnDeleteNamespace")[0]["arguments"]["id"];
    assert!(deleted.is_string() && deleted != asked, "{deleted}");
    assert_eq!(machine.last_document("HcsCreateComputeSystem")["Container"]["Networking"]["Namespace"], *deleted);
    machine.has_nothing_left();
}

/// A layer that is imported stays, though its transport folder cannot be removed yet; `prune` removes that.
#[test]
fn a_scanner_holds_a_file_of_the_transport_folder() {
    let Some(machine) = Machine::new() else { return };
    run(&machine, "SCANNER", "60000", &[IMAGE, "cmd", "/c", "exit 5"]).with(5);
    assert_eq!(machine.host.calls_of("ImportLayer").len(), 1);
    let waiting = || fs::read_dir(machine.store().join("t")).unwrap().count();
    assert_eq!(waiting(), 1, "the scanner was there");
    machine.wincompat(&["prune"]).with(0);
    assert_eq!(waiting(), 0);
    machine.run(&[IMAGE, "cmd", "/c", "exit 6"]).with(6);
    machine.has_nothing_left();
}

/// What HCS says of a call that it refuses at once is told, and stands in the trace.
#[test]
fn a_call_is_refused_at_once() {
    let mismatch = "the image is of build 18362, the host of build 20348";
    let no_folder = "is no directory of the container";
    for (image, function, asked, code, words) in [
        (image_of("10.0.18362.1256"), "HcsCreateComputeSystem", &["--force"][..], 125, ["HCS_E_IMAGE_MISMATCH", mismatch]),
        (image(), "HcsCreateProcess", &["-w", r"C:\no\such\folder"], 126, ["the working directory does not exist", no_folder]),
    ] {
        let Some(machine) = Machine::with(&image) else { return };
        let trace = machine.program.folder().join("trace.jsonl");
        let arguments = [asked, &["--trace", trace.to_str().unwrap(), IMAGE, "cmd", "/c", "exit 5"]].concat();
        run(&machine, "REFUSE_AT", "call", &arguments).failed(code, &words);
        let trace = fs::read_to_string(&trace).unwrap();
        let lines = trace.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let refused: Vec<Value> = lines.filter(|line| line["call"] == function).collect();
        let [refused] = refused.as_slice() else { panic!("{refused:?}") };
        let said = refused["result"]["ErrorEvents"][0]["Message"].as_str().unwrap_or_default();
        assert!(said.contains(words[1]), "{refused}");
        machine.has_nothing_left();
    }
}

/// Layers hold their own files alone.
#[test]
fn the_parents_of_a_layer_are_not_to_be_seen() {
    let Some(machine) = Machine::new() else { return };
    run(&machine, "RULES_OFF", "parents-shown", &[IMAGE, "cmd", "/c", "exit 5"]).with(5);
    machine.has_nothing_left();
}

/// As with Docker, a process starts in the root of the drive where nobody says another folder.
#[test]
fn nobody_says_a_folder() {
    let mut image = image();
    image.facts.config["config"].as_object_mut().unwrap().remove("WorkingDir");
    let Some(machine) = Machine::with(&image) else { return };
    for isolation in ISOLATIONS {
        let is_in_the_root = |shown: &str| assert!(shown.lines().any(|line| line == r"folder C:\"), "{shown}");
        is_in_the_root(&machine.run(&[isolation, &[IMAGE, "guest", "show"]].concat()).with(0));
        machine
            .wincompat(&[&["run", "-q", "-d", "--name", "one"], isolation, &[IMAGE, "guest", "wait", "1000"]].concat())
            .with(0);
        is_in_the_root(&machine.wincompat(&["exec", "one", "guest", "show"]).with(0));
        machine.wincompat(&["rm", "-f", "one"]).with(0);
    }
    machine.has_nothing_left();
}

#[test]
fn a_single_file_is_mounted() {
    let Some(machine) = Machine::new() else { return };
    let file = machine.program.file("one.txt", "of the host");
    let mount = format!(r"{file}:C:\mounted-by-itself.txt:ro");
    let ended = machine.run(&["-v", &mount, IMAGE, "cmd", "/c", r"type C:\mounted-by-itself.txt"]);
    assert_eq!(ended.with(0), "of the host");
    machine.has_nothing_left();
}

#[test]
fn an_account_that_the_container_does_not_have() {
    let Some(machine) = Machine::new() else { return };
    for isolation in [&[][..], &HYPERV] {
        let ended = machine.run(&[isolation, &["-u", "nobody", IMAGE, "cmd", "/c", "exit 5"]].concat());
        ended.failed(126, &["no process can be started in the image as nobody", "ContainerAdministrator"]);
    }
    machine.has_nothing_left();
}
