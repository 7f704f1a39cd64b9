//! What a container's life looks like when it goes well, and when it does not in a way that was foreseen.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::Isolation;
use crate::hcs::documents::{ConsoleSize, PortMapping, Protocol};
use crate::hcs::plan::Plan;
use crate::runner::life::context::{Context, Progress};
use crate::runner::life::interrupts::Interrupts;
use crate::runner::life::prune::prune;
use crate::runner::life::run as lifecycle;
use crate::runner::life::stdio::Stdio;
use crate::runner::request::NetworkWish;
use crate::runner::store::Store;
use crate::runner::store::state::tests::request;
use crate::runner::tests::fake::{Behaviour, Fake, Trouble, When};
use crate::runner::tests::{run, store};

#[test]
fn process_isolation_call_by_call() {
    let (_folder, store) = store();
    let fake = Fake::new().behaviour(Behaviour::Exits(7));
    let ran = run(&fake, &store, &request(Isolation::Process), b"").unwrap();
    let outcome = ran.result.unwrap();
    assert_eq!((outcome.exit_code, outcome.left_over), (Ok(7), vec![]));
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.notes.len()), ("out", "err", 0));
    assert_eq!(
        fake.world().calls,
        [
            "NameToGuid",
            "NameToGuid",
            "CreateSandboxLayer",
            "ActivateLayer",
            "PrepareLayer",
            "GetLayerMountPath",
            "HcnEnumerateNetworks",
            "HcnCreateEndpoint",
            "HcnCreateNamespace",
            "HcnModifyNamespace",
            "HcsCreateComputeSystem",
            "HcsStartComputeSystem",
            "HcsCreateProcess",
            "process wait",
            "HcsTerminateComputeSystem",
            "HcsEnumerateComputeSystems",
            "HcnDeleteNamespace",
            "HcnOpenNamespace",
            "HcnDeleteEndpoint",
            "HcnOpenEndpoint",
            "LayerExists",
            "UnprepareLayer",
            "LayerExists",
            "DeactivateLayer",
            "LayerExists",
            "DestroyLayer",
            "LayerExists",
        ]
    );
    assert_eq!(fake.left(), [""; 0]);
}

#[test]
fn hyperv_isolation_call_by_call() {
    let (_folder, store) = store();
    let fake = Fake::new();
    let ran = run(&fake, &store, &request(Isolation::Hyperv), b"").unwrap();
    assert_eq!(ran.result.unwrap().exit_code, Ok(0));
    assert_eq!(
        fake.world().calls,
        [
            "NameToGuid",
            "NameToGuid",
            "utility_vm",
            "CreateSandboxLayer",
            "HcnEnumerateNetworks",
            "HcnCreateEndpoint",
            "HcsCreateComputeSystem",
            "HcsStartComputeSystem",
            "HcsCreateProcess",
            "process wait",
            "HcsTerminateComputeSystem",
            "HcsEnumerateComputeSystems",
            "HcnDeleteEndpoint",
            "HcnOpenEndpoint",
            "LayerExists",
            "DestroyLayer",
            "LayerExists",
        ]
    );
    assert_eq!(fake.left(), [""; 0]);
}

#[test]
fn a_disk_is_enlarged_before_it_is_attached() {
    for isolation in [Isolation::Process, Isolation::Hyperv] {
        let mut request = request(isolation);
        request.disk_bytes = Some(60 << 30);
        let (_folder, store) = store();
        let fake = Fake::new();
        assert_eq!(run(&fake, &store, &request, b"").unwrap().result.unwrap().exit_code, Ok(0));
        let calls = fake.world().calls.clone();
        let at = calls.iter().position(|call| *call == "CreateSandboxLayer").unwrap();
        assert_eq!(calls[at + 1], "ExpandSandboxSize");
        assert_eq!(fake.world().documents[0], 60_u64 << 30);
    }
}

#[test]
fn an_ended_container_can_be_read_until_it_is_removed() {
    for remove in [false, true] {
        let (_folder, store) = store();
        let mut request = request(Isolation::Process);
        request.remove = remove;
        run(&Fake::new().behaviour(Behaviour::Exits(0xc000_013a)), &store, &request, b"").unwrap();
        let ids = store.container_ids().unwrap();
        assert_eq!(ids.len(), usize::from(!remove));
        for id in ids {
            let state = store.state(&id).unwrap();
            assert_eq!((state.exit_code, state.process_id, state.acquired), (Some(0xc000_013a), Some(1234), vec![]));
            assert_eq!(state.address.as_deref(), Some("172.30.5.17"));
            assert!(state.started.is_some() && state.finished.is_some());
        }
    }
}

#[test]
fn what_is_typed_reaches_the_process_and_its_end_too() {
    let (_folder, store) = store();
    let mut request = request(Isolation::Process);
    request.process.stdin = true;
    let ran = run(&Fake::new(), &store, &request, b"twelve bytes").unwrap();
    assert_eq!(ran.result.unwrap().exit_code, Ok(12));
}

#[test]
fn interrupts_are_passed_on_then_end_the_process() {
    for (behaviour, before, running, exit_code) in [
        (Behaviour::WaitsForCtrlC, 0, 1, Ok(0xc000_013a)),
        (Behaviour::WaitsForTheEnd, 0, 2, Ok(1067)),
        (Behaviour::HoldsSignals, 0, 2, Ok(1067)),
        (Behaviour::IsLost, 0, 3, Err("interrupted")),
        (Behaviour::Exits(0), 1, 0, Err("interrupted")),
    ] {
        let (_folder, store) = store();
        let fake = Fake::new().behaviour(behaviour).interrupts(before, running);
        let ran = run(&fake, &store, &request(Isolation::Process), b"").unwrap();
        let got = ran.result.unwrap().exit_code;
        assert_eq!(got.map_err(|error| error.what), exit_code.map_err(str::to_owned), "{behaviour:?}");
        assert_eq!(fake.left(), [""; 0]);
    }
}

/// A signal that waits for the end of its target does not keep its console from another size.
#[test]
fn the_size_of_the_console_follows_while_a_signal_waits() {
    let (_folder, store) = store();
    let fake = Fake::new().behaviour(Behaviour::HoldsSignals);
    let mut request = request(Isolation::Process);
    request.process.console = Some(ConsoleSize { height: 25, width: 80 });
    let (interrupts, looks, followed, began) = (Interrupts::new(), Cell::new(0), Cell::new(false), Instant::now());
    let report = |progress: Progress<'_>| {
        if matches!(progress, Progress::Running(_)) {
            interrupts.raise();
        }
    };
    // The signal is on its way after the first look, at each of which the window has another size.
    let second = serde_json::json!({"Operation": "ConsoleSize", "ConsoleSize": {"Height": 25, "Width": 82}});
    let console = || {
        if interrupts.count() == 1 {
            followed.set(fake.world().documents.contains(&second));
            if followed.get() || began.elapsed() > Duration::from_secs(30) {
                interrupts.raise();
            }
        }
        looks.set(looks.get() + 1);
        Some(ConsoleSize { height: 25, width: 80 + looks.get() })
    };
    let context = Context { machine: &fake, store: &store, interrupts: &interrupts, report: &report, console: &console };
    let outcome = lifecycle::run(&context, &request, |_| Ok(Stdio::nothing())).unwrap();
    assert_eq!(outcome.exit_code, Ok(1067), "the second interrupt ends it");
    assert!(followed.get(), "{} looks", looks.get());
    assert_eq!(fake.left(), [""; 0]);
}

#[test]
fn a_container_that_ends_without_a_word_of_its_process() {
    let (_folder, store) = store();
    let fake = Fake::new().behaviour(Behaviour::IsLost);
    let ran = run(&fake, &store, &request(Isolation::Process), b"").unwrap();
    let error = ran.result.unwrap().exit_code.unwrap_err();
    assert_eq!(error.what, "the container ended without telling what its process ended with");
    assert_eq!(fake.left(), [""; 0]);
}

#[test]
fn an_unexpected_end_at_the_start_is_tried_once_more() {
    let (_folder, store) = store();
    let fake = Fake::new().trouble(Trouble::Once("HcsStartComputeSystem", 0xc037_0106));
    let ran = run(&fake, &store, &request(Isolation::Process), b"").unwrap();
    assert_eq!(ran.result.unwrap().exit_code, Ok(0));
    assert_eq!(ran.notes, ["the container ended while it started; it is started a second time"]);

    let fake = Fake::new().trouble(Trouble::Always("HcsStartComputeSystem", 0xc037_0106));
    let ran = run(&fake, &store, &request(Isolation::Process), b"").unwrap();
    let error = ran.result.unwrap().exit_code.unwrap_err();
    assert_eq!(error.what, "the container was not started");
    assert!(error.hint.unwrap().to_string().ends_with("try <isolation(hyperv)>"));
    assert_eq!(fake.world().calls.iter().filter(|call| **call == "HcsCreateComputeSystem").count(), 2);
    assert_eq!(fake.left(), [""; 0]);
}

#[test]
fn a_disk_that_is_not_ready_is_asked_again() {
    let (_folder, store) = store();
    let fake = Fake::new().trouble(Trouble::Once("PrepareLayer", 0x8007_0015));
    assert_eq!(run(&fake, &store, &request(Isolation::Process), b"").unwrap().result.unwrap().exit_code, Ok(0));
    assert_eq!(fake.left(), [""; 0]);
}

#[test]
fn which_network() {
    let port = || vec![PortMapping { host: 8080, container: 80, protocol: Protocol::Tcp }];
    let nat_missing = "this host has no NAT network";
    let no_such = "this host has no network named lan";
    let no_ports = "ports can only be published on a NAT network";
    for (wish, ports, nat, expected) in [
        (NetworkWish::Any, vec![], true, Ok((1, 0))),
        (NetworkWish::Any, vec![], false, Ok((0, 1))),
        (NetworkWish::Any, port(), true, Ok((1, 0))),
        (NetworkWish::Any, port(), false, Err(no_ports)),
        (NetworkWish::Nat, vec![], true, Ok((1, 0))),
        (NetworkWish::Nat, vec![], false, Err(nat_missing)),
        (NetworkWish::None, vec![], true, Ok((0, 0))),
        (NetworkWish::None, port(), true, Err(no_ports)),
        (NetworkWish::Named("Default switch".into()), vec![], true, Ok((1, 0))),
        (NetworkWish::Named("Default switch".into()), port(), true, Err(no_ports)),
        (NetworkWish::Named("lan".into()), vec![], true, Err(no_such)),
    ] {
        for isolation in [Isolation::Process, Isolation::Hyperv] {
            let (_folder, store) = store();
            let fake = if nat { Fake::new() } else { Fake::new().without_networks() };
            let mut request = request(isolation);
            (request.network, request.ports) = (wish.clone(), ports.clone());
            let ran = run(&fake, &store, &request, b"").unwrap();
            let endpoints = fake.world().calls.iter().filter(|call| **call == "HcnCreateEndpoint").count();
            let got = ran.result.unwrap().exit_code.map(|_| (endpoints, ran.notes.len())).map_err(|error| error.what);
            assert_eq!(got, expected.map_err(str::to_owned), "{wish:?} {ports:?} {nat}");
            assert_eq!(fake.left(), [""; 0]);
        }
    }
}

#[test]
fn a_namespace_of_another_id_than_the_one_asked_for_is_used_and_released() {
    let other: uuid::Uuid = "11111111-2222-4333-8444-555555555555".parse().unwrap();
    let (_folder, store) = store();
    let fake = Fake::new().choosing(other);
    let ran = run(&fake, &store, &request(Isolation::Process), b"").unwrap();
    assert_eq!(ran.result.unwrap().exit_code, Ok(0));
    let created = fake.world().documents.iter().find(|document| document.get("Container").is_some()).cloned().unwrap();
    assert_eq!(created["Container"]["Networking"]["Namespace"], other.to_string());
    assert_eq!(fake.left(), [""; 0]);

    // The id that was chosen is known to whoever finishes what a killed run began.
    let fake = Fake::new().choosing(other).trouble(Trouble::Kill(11, When::After)).surviving(true);
    assert!(run(&fake, &store, &request(Isolation::Process), b"").is_none());
    let fake = fake.trouble(Trouble::None);
    prune(&fake, &store).unwrap();
    assert_eq!(fake.left(), [""; 0]);
}

#[test]
fn a_host_without_the_network_dll_is_a_host_without_a_network() {
    const NETWORK: &[&str] = &["HcnEnumerateNetworks", "HcnOpenEndpoint", "HcnDeleteEndpoint"];
    let (_folder, store) = store();
    let fake = Fake::new().trouble(Trouble::Missing(NETWORK));
    let ran = run(&fake, &store, &request(Isolation::Process), b"").unwrap();
    assert_eq!((ran.result.unwrap().exit_code, ran.notes.len()), (Ok(0), 1));

    let mut wish = request(Isolation::Process);
    wish.network = NetworkWish::Nat;
    let error = run(&fake, &store, &wish, b"").unwrap().result.unwrap().exit_code.unwrap_err();
    assert_eq!((error.causes, error.hint), (vec!["a DLL is missing".to_owned()], Some("enable it".into())));
}

#[test]
fn a_document_windows_would_choke_on_is_refused_before_anything_is_acquired() {
    let (_folder, store) = store();
    let fake = Fake::new();
    let mut no_layers = request(Isolation::Process);
    no_layers.layers.clear();
    let error = run(&fake, &store, &no_layers, b"").unwrap().result.unwrap().exit_code.unwrap_err();
    assert_eq!(error.causes, ["a container needs at least one layer"]);
    assert_eq!(fake.world().calls, [""; 0]);
    assert!(store.container_ids().unwrap().is_empty());
}

#[test]
fn a_dry_run_lists_the_calls_and_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::dry_run(folder.path()).unwrap();
    for (isolation, expected) in [
        (
            Isolation::Process,
            vec![
                ("CreateSandboxLayer", true),
                ("ActivateLayer", false),
                ("PrepareLayer", true),
                ("GetLayerMountPath", false),
                ("HcnEnumerateNetworks", false),
                ("HcnCreateEndpoint", true),
                ("HcnCreateNamespace", true),
                ("HcnModifyNamespace", true),
                ("HcsCreateComputeSystem", true),
                ("HcsStartComputeSystem", false),
                ("HcsCreateProcess", true),
                ("HcsTerminateComputeSystem", false),
                ("HcnDeleteNamespace", false),
                ("HcnDeleteEndpoint", false),
                ("UnprepareLayer", false),
                ("DeactivateLayer", false),
                ("DestroyLayer", false),
            ],
        ),
        (
            Isolation::Hyperv,
            vec![
                ("CreateSandboxLayer", true),
                ("HcnEnumerateNetworks", false),
                ("HcnCreateEndpoint", true),
                ("HcsCreateComputeSystem", true),
                ("HcsStartComputeSystem", false),
                ("HcsCreateProcess", true),
                ("HcsTerminateComputeSystem", false),
                ("HcnDeleteEndpoint", false),
                ("DestroyLayer", false),
            ],
        ),
    ] {
        let plan = Plan::new();
        let (interrupts, report) = (Interrupts::new(), |_: Progress<'_>| ());
        let context = Context { machine: &plan, store: &store, interrupts: &interrupts, report: &report, console: &|| None };
        let stdio = Stdio { stdin: None, stdout: Box::new(std::io::sink()), stderr: Box::new(std::io::sink()) };
        let outcome = lifecycle::run(&context, &request(isolation), |_| Ok(stdio)).unwrap();
        assert_eq!((outcome.exit_code, outcome.left_over), (Ok(0), vec![]));
        let calls: Vec<_> = plan.calls().iter().map(|call| (call.call, call.document.is_some())).collect();
        assert_eq!(calls, expected);
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn what_no_document_can_say_to_windows_is_refused_with_a_way_out() {
    let (_folder, store) = store();
    let mut request = request(Isolation::Process);
    request.process.environment.insert("A\0B".to_owned(), String::new());
    let fake = Fake::new();
    let refused = run(&fake, &store, &request, b"").unwrap().result.unwrap_err();
    assert!(refused.causes[0].contains("NUL") && refused.hint.is_some(), "{refused:?}");
    assert_eq!((fake.world().calls.len(), store.container_ids().unwrap().len()), (0, 0));
}
