//! Handles and their owners: what the service shows when a client dies.

use crate::accepted::newer_functions_hidden;
use crate::container::{left, own, parameters, run, started};
use crate::ffi::{core, v1 as old};
use crate::layer::{self, done};
use crate::text::Wide;
use crate::world::{World, setting};
use crate::{Case, network, v2};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::ptr::null_mut;
use std::time::{Duration, Instant};

fn case(name: &'static str, run: fn(World)) -> Case {
    Case::new(name, move || run(World::with_image(name)))
}

/// All of them.
pub fn cases() -> Vec<Case> {
    vec![
        case("owner-dies", owner_dies),
        case("owner-dies-and-the-system-stays", owner_dies_system_stays),
        case("second-owner-keeps-it", second_owner),
        case("ended-by-another-process", ended_by_another),
        case("process-started-by-another", process_by_another),
        case("last-handle-closed", last_handle_closed),
        case("closed-while-it-is-made", closed_while_made),
    ]
}

/// Plays a client that dies: its code.
pub fn play(part: &str) -> i32 {
    let world = World::existing();
    match part {
        "exports" => i32::from(!newer_functions_hidden()),
        // Makes a scratch; the caller asks for the death on the way.
        "scratch" => {
            layer::create_scratch(&world.scratch, &world.layers()).expect("CreateSandboxLayer");
            layer::simple(old::ActivateLayer, &world.scratch).expect("ActivateLayer");
            0
        }
        // Holds a running container with everything around it until it is killed.
        "reaped" | "stays" => {
            let endpoint = network::endpoint();
            let namespace = network::create_namespace("0f8fad5b-d9cb-469f-a165-70867728950e").expect("a namespace");
            network::attach(namespace, &endpoint, "Add").expect("attached");
            let mut document = world.argon();
            document["ShouldTerminateOnLastHandleClosed"] = json!(part == "reaped");
            document["Container"]["Networking"] = json!({"Namespace": "0f8fad5b-d9cb-469f-a165-70867728950e"});
            let system = started("owned", &document);
            let marker = parameters(&own("role:sleep"));
            let (_, information) = v2::process(system, &marker.to_string()).expect("HcsCreateProcess");
            layer::write(format!(r"{}\ready", world.root), information.pid.to_string());
            std::thread::sleep(Duration::from_secs(60));
            1
        }
        "terminate" => {
            let system = v2::open("owned").expect("HcsOpenComputeSystem");
            v2::terminate(system).expect("HcsTerminateComputeSystem");
            v2::close(system);
            0
        }
        _ => 2,
    }
}

fn child(part: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["role:owner", part]).stdin(Stdio::null());
    command
}

/// A child that holds a container, once it runs; the process id inside it. One that has done nothing for a while is started again: of a
/// thousand programs Wine does not start one.
fn holder(world: &World, part: &str) -> (std::process::Child, u32) {
    let before = left();
    let mut tries = 0;
    loop {
        tries += 1;
        let mut child = child(part).spawn().expect("a child");
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(40) {
            if let Ok(pid) = std::fs::read_to_string(format!(r"{}\ready", world.root)).unwrap_or_default().parse() {
                return (child, pid);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().expect("it is ended");
        child.wait().expect("it has ended");
        assert!(tries < 3 && left() == before, "the child does not get ready");
    }
}

fn systems() -> Vec<Value> {
    serde_json::from_str(&v2::enumerate("{}").expect("a list")).expect("JSON")
}

fn alive(pid: u32) -> bool {
    use windows_sys::Win32::Foundation::{CloseHandle, WAIT_TIMEOUT};
    use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_SYNCHRONIZE, WaitForSingleObject};
    // SAFETY: the handle is checked and closed.
    unsafe {
        let process = OpenProcess(PROCESS_SYNCHRONIZE, 0, pid);
        if process.is_null() {
            return false;
        }
        let alive = WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
        CloseHandle(process);
        alive
    }
}

/// Waits until something is so, ten seconds at most.
fn until(what: &str, so: impl Fn() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Gives back what outlives a dead owner.
pub fn clean_up(world: &World) {
    network::delete_namespace("0f8fad5b-d9cb-469f-a165-70867728950e").expect("HcnDeleteNamespace");
    let listed: Vec<String> =
        left().lines().filter_map(|line| line.strip_prefix("endpoint ")).map(|line| line[..36].to_string()).collect();
    listed.iter().for_each(|endpoint| network::delete_endpoint(endpoint).expect("HcnDeleteEndpoint"));
    layer::give_back(&world.scratch);
    assert_eq!(left(), "");
}

fn owner_dies(world: World) {
    let (mut child, pid) = holder(&world, "reaped");
    assert_eq!(systems().len(), 1);
    assert!(alive(pid));
    child.kill().and_then(|()| child.wait()).unwrap();
    until("the system vanishes with its last handle", || systems().is_empty());
    until("its processes end with it", || !alive(pid));
    let left = left();
    assert!(!left.contains("compute system"), "{left}");
    for stays in ["is prepared", "scratch", "endpoint", "namespace"] {
        assert!(left.contains(stays), "{stays} outlives its owner: {left}");
    }
    clean_up(&world);
}

fn owner_dies_system_stays(world: World) {
    let (mut child, pid) = holder(&world, "stays");
    child.kill().and_then(|()| child.wait()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(systems().len(), 1, "a system that is not to end with its last handle stays");
    assert!(alive(pid));
    let system = v2::open("owned").expect("HcsOpenComputeSystem");
    v2::terminate(system).expect("HcsTerminateComputeSystem");
    v2::close(system);
    assert!(!alive(pid) && systems().is_empty());
    clean_up(&world);
}

fn second_owner(world: World) {
    let (mut child, pid) = holder(&world, "reaped");
    let system = v2::open("owned").expect("HcsOpenComputeSystem");
    child.kill().and_then(|()| child.wait()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(systems().len(), 1, "the second handle keeps it");
    assert!(alive(pid));
    v2::close(system);
    assert!(systems().is_empty());
    until("its processes end with it", || !alive(pid));
    clean_up(&world);
}

fn ended_by_another(world: World) {
    let system = started("owned", &world.argon());
    let exits = v2::listen(core::HcsSetComputeSystemCallback, system).expect("HcsSetComputeSystemCallback");
    let (process, _) = v2::process(system, &parameters(&own("role:sleep")).to_string()).expect("HcsCreateProcess");
    let ends = v2::listen(core::HcsSetProcessCallback, process).expect("HcsSetProcessCallback");
    assert_eq!(child("terminate").status().unwrap().code(), Some(0));
    let status: Value = serde_json::from_str(&ends.wait(0x10000).expect("ProcessExited")).unwrap();
    assert_eq!(status["ExitCode"], 1067);
    assert!(exits.wait(1).expect("SystemExited").contains("ForcedExit"));
    assert_eq!(v2::terminate(system).unwrap_err().0, 0x8037_0110);
    v2::close(system);
    layer::give_back(&world.scratch);
}

fn process_by_another(world: World) {
    let (mut child, pid) = holder(&world, "reaped");
    let system = v2::open("owned").expect("HcsOpenComputeSystem");
    let (out, _, code) = run(system, &parameters("cmd /c echo %GREETING%"), None);
    assert_eq!((String::from_utf8_lossy(&out).trim(), code), ("hello", 0));
    let mut other = null_mut();
    // SAFETY: handles and places are valid.
    unsafe {
        done(core::HcsOpenProcess(system, pid, 0x1000_0000, &mut other)).expect("HcsOpenProcess");
        let ends = v2::listen(core::HcsSetProcessCallback, other).expect("HcsSetProcessCallback");
        let signal = r#"{"Signal":"CtrlC"}"#;
        v2::simple(core::HcsSignalProcess, other, Some(signal)).expect("HcsSignalProcess");
        let status: Value = serde_json::from_str(&ends.wait(0x10000).expect("ProcessExited")).unwrap();
        assert_eq!(status["ExitCode"], 0xC000_013Au32);
        core::HcsCloseProcess(other);
    }
    v2::terminate(system).expect("HcsTerminateComputeSystem");
    v2::close(system);
    child.kill().and_then(|()| child.wait()).unwrap();
    clean_up(&world);
}

fn last_handle_closed(world: World) {
    let system = started("owned", &world.argon());
    let second = v2::open("owned").expect("HcsOpenComputeSystem");
    v2::close(system);
    assert_eq!(systems().len(), 1);
    v2::close(second);
    assert!(systems().is_empty());
    setting("FAULTS", "");
    layer::give_back(&world.scratch);
}

/// A handle that is closed before its operation is complete is still the last one.
fn closed_while_made(world: World) {
    let (id, document) = (Wide::new("owned"), Wide::new(&world.argon().to_string()));
    let mut system = null_mut();
    // SAFETY: texts and places are valid during the call.
    unsafe {
        let operation = core::HcsCreateOperation(std::ptr::null(), None);
        done(core::HcsCreateComputeSystem(id.ptr(), document.ptr(), operation, std::ptr::null(), &mut system)).expect("accepted");
        core::HcsCloseComputeSystem(system);
        core::HcsWaitForOperationResult(operation, 60_000, null_mut());
        core::HcsCloseOperation(operation);
    }
    assert!(systems().is_empty());
    layer::give_back(&world.scratch);
}
