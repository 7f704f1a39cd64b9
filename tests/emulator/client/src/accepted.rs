//! The right orders of process isolation, as section 10 gives them, with everything they are to bring.

use crate::container::{close_input, finish, left, output, own, parameters, run, running, started};
use crate::ffi::{Handle, core, find, v1 as old};
use crate::layer::{self, done};
use crate::stdio::Stream;
use crate::text::{Wide, read, take_local};
use crate::v2;
use crate::world::{World, host_build, setting};
use crate::{Case, network, roles, v1};
use serde_json::{Value, json};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::time::Duration;

fn case(name: &'static str, run: fn(World)) -> Case {
    Case::new(name, move || run(World::with_image(name)))
}

/// All of them.
pub fn cases() -> Vec<Case> {
    vec![
        case("argon-v2", argon_v2),
        case("argon-v2-network", argon_with_network),
        case("standard-input", standard_input),
        case("input-needs-both-closings", input_needs_both),
        case("streams-asked-for", streams_asked_for),
        case("environment-and-directory", environment),
        case("files-of-layers-and-mapped-directories", files),
        case("signals", signals),
        case("exit-before-anyone-listens", exit_before_anyone_listens),
        case("waiting-functions", waiting_functions),
        case("operations", operations),
        case("properties", properties),
        case("memory-added-later", modified_container),
        case("other-service-answers", other_answers),
        case("older-host", older_host),
        case("inferred-rules-off", inferred_rules_off),
        case("every-success-is-s-false", s_false),
    ]
}

fn argon_v2(world: World) {
    let document = world.argon();
    let (system, answer) = v2::create("argon-v2", &document.to_string());
    assert_eq!(answer.expect("HcsCreateComputeSystem"), "");
    let events = v2::listen(core::HcsSetComputeSystemCallback, system).expect("HcsSetComputeSystemCallback");
    v2::start(system).expect("HcsStartComputeSystem");
    assert_eq!(output(system, &parameters("cmd /c echo %GREETING%")), "hello");
    assert_eq!(run(system, &parameters("cmd /c exit 7"), None).2, 7);
    assert_eq!(run(system, &parameters(&own("role:exit 3221225786")), None).2, 0xC000_013A);
    let (out, _, code) = run(system, &parameters(&own("role:bytes 10485760")), None);
    assert!(out == roles::bytes(10_485_760) && code == 0, "{} bytes", out.len());
    // A process's end is told on its own callback, never on the system's.
    assert!(!events.has(0x10000));
    v2::terminate(system).expect("HcsTerminateComputeSystem");
    let exit: Value = serde_json::from_str(&events.wait(1).expect("SystemExited")).unwrap();
    assert_eq!(exit["ExitType"], "ForcedExit");
    v2::close(system);
    assert_eq!(v2::open("argon-v2").map(drop), Err(0x8037_010E));
    layer::give_back(&world.scratch);
    assert_eq!(left(), "");
    // The id is free again.
    v2::close(started("argon-v2", &world.argon()));
    layer::give_back(&world.scratch);
}

fn argon_with_network(world: World) {
    let nat = network::networks("nat").pop().expect("a network nat");
    let handle = network::open_network(&nat).expect("HcnOpenNetwork");
    let properties = network::network_properties(handle);
    assert_eq!((&properties["Name"], properties.get("Type")), (&json!("nat"), None), "NAT is the zero value of Type");
    let mut endpoint = network::endpoint_document(&nat);
    endpoint["Policies"] = json!([network::port(8080, 80)]);
    let (endpoint, properties) = network::create_endpoint(handle, &endpoint).expect("HcnCreateEndpoint");
    let address = properties["IpConfigurations"][0]["IpAddress"].as_str().expect("an address").to_string();
    assert!(address.starts_with("172.28.64."), "{address}");
    let namespace = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let inside = network::create_namespace(namespace).expect("HcnCreateNamespace");
    network::attach(inside, &endpoint, "Add").expect("HcnModifyNamespace");
    assert_eq!(network::namespace_properties(inside)["Resources"], json!([{"Type": "Endpoint", "Data": {"ID": endpoint}}]));
    let mut document = world.argon();
    document["Container"]["Networking"] = json!({"Namespace": namespace, "AllowUnqualifiedDnsQuery": true});
    let system = started("networked", &document);
    assert!(left().contains("endpoint") && left().contains("namespace") && left().contains("compute system"));
    v2::terminate(system).expect("HcsTerminateComputeSystem");
    v2::close(system);
    let found = network::endpoint_properties("raw-client");
    assert_eq!((&found["ID"], &found["HostComputeNamespace"]), (&json!(endpoint), &json!(namespace)));
    network::attach(inside, &endpoint, "Remove").expect("HcnModifyNamespace");
    network::attach(inside, &endpoint, "Add").expect("HcnModifyNamespace");
    network::close(crate::ffi::network::HcnCloseNamespace, inside);
    network::delete_namespace(namespace).expect("HcnDeleteNamespace");
    network::delete_endpoint(&endpoint).expect("HcnDeleteEndpoint");
    layer::give_back(&world.scratch);
    assert_eq!(left(), "");
    // The port is free again.
    let mut again = network::endpoint_document(&nat);
    again["Policies"] = json!([network::port(8080, 80)]);
    let (endpoint, _) = network::create_endpoint(handle, &again).expect("the port is free");
    network::delete_endpoint(&endpoint).expect("HcnDeleteEndpoint");
    network::close(crate::ffi::network::HcnCloseNetwork, handle);
    let subnets =
        json!([{"IpAddressPrefix": "172.30.0.0/20", "Routes": [{"NextHop": "172.30.0.1", "DestinationPrefix": "0.0.0.0/0"}]}]);
    let second = json!({"Name": "second", "Type": "NAT", "Ipams": [{"Type": "Static", "Subnets": subnets}], "SchemaVersion": {"Major": 2, "Minor": 0}});
    network::create_network(&second).expect("HcnCreateNetwork");
    assert!(left().contains("network"), "a network that was made is to be given back");
    network::delete_network(&network::networks("second")[0]).expect("HcnDeleteNetwork");
    assert_eq!(left(), "");
    setting("NETWORKS", "none");
    setting("STATE", &format!(r"{}\without-network", world.root));
    assert!(network::networks("").is_empty());
}

fn standard_input(world: World) {
    let system = running(&world);
    let sent = roles::bytes(1 << 20);
    let (out, _, code) = run(system, &parameters(&own("role:echo")), Some(&sent));
    assert!(out == sent && code == 0, "{} bytes came back", out.len());
    finish(&world, system);
}

fn input_needs_both(world: World) {
    let system = running(&world);
    let (process, information) = v2::process(system, &parameters(&own("role:echo")).to_string()).expect("HcsCreateProcess");
    let [stdin, stdout, _] = information.stdio.map(Stream::new);
    stdin.expect("standard input").write_all(b"words");
    // The caller's end is closed: the service still has one.
    let mut none = null_mut();
    // SAFETY: the handle is open, the place valid.
    let waited = unsafe { core::HcsWaitForProcessExit(process, 500, &mut none) };
    assert_eq!(waited as u32, 0x8037_0118, "closing the own handle alone ends nothing");
    close_input(process);
    assert_eq!(stdout.expect("standard output").read_all(), b"words");
    finish(&world, system);
}

fn streams_asked_for(world: World) {
    let system = running(&world);
    let (out, errors, _) = run(system, &parameters(&own("role:errors")), None);
    assert_eq!((out, errors), (b"to output".to_vec(), b"to errors".to_vec()));
    let only_output = json!({"CommandLine": own("role:errors"), "CreateStdOutPipe": true});
    let (process, information) = v2::process(system, &only_output.to_string()).expect("HcsCreateProcess");
    assert!(information.stdio.map(|stream| stream.is_null()) == [true, false, true]);
    // The streams are given once.
    // SAFETY: the handle is open.
    let again = v2::run_process(|operation| unsafe { core::HcsGetProcessInfo(process, operation) }).expect("HcsGetProcessInfo").0;
    assert_eq!(again.pid, information.pid);
    assert!(again.stdio.iter().all(|stream| stream.is_null()));
    let console = json!({"CommandLine": own("role:errors"), "EmulateConsole": true, "ConsoleSize": [25, 80], "CreateStdOutPipe": true, "CreateStdErrPipe": true});
    let (process, information) = v2::process(system, &console.to_string()).expect("HcsCreateProcess");
    assert!(information.stdio[2].is_null(), "a console has no error stream of its own");
    let size = r#"{"Operation":"ConsoleSize","ConsoleSize":{"Height":30,"Width":100}}"#;
    let resized = v2::simple(core::HcsModifyProcess, process, Some(size));
    assert!(resized.is_ok() || resized.is_err_and(|(code, _)| code == 0x8037_011F));
    finish(&world, system);
}

fn environment(world: World) {
    // SAFETY: no other thread changes the environment.
    unsafe { std::env::set_var("ONLY_OF_THE_CLIENT", "1") };
    let system = running(&world);
    let mut with = parameters(&own("role:environment"));
    with["WorkingDirectory"] = json!(r"C:\upper");
    with["User"] = json!("ContainerAdministrator");
    with["Environment"] = json!({"greeting": "hello", "EMPTY": "", "Path": r"C:\somewhere;C:\windows\system32"});
    let text = output(system, &with);
    let has = |line: &str| text.lines().any(|found| found.eq_ignore_ascii_case(line));
    assert!(has("greeting=hello") && has(r"PATH=C:\somewhere;C:\windows\system32") && has(r"SystemRoot=C:\windows"), "{text}");
    assert!(has("USERNAME=ContainerAdministrator") && has("COMPUTERNAME=WIN-1"), "{text}");
    assert!(!text.contains("EMPTY="), "an empty value is dropped");
    assert!(!text.contains("ONLY_OF_THE_CLIENT") && !text.contains("HCSEMU_"), "{text}");
    assert!(has(r"directory=C:\upper"), "{text}");
    finish(&world, system);
}

fn files(world: World) {
    let host = format!(r"{}\host", world.root);
    layer::write(format!(r"{host}\shared.txt"), "of the host");
    let mut document = world.argon();
    document["Container"]["MappedDirectories"] = json!([{"HostPath": host, "ContainerPath": r"C:\mapped-in", "ReadOnly": false}]);
    let system = started("accepted", &document);
    assert_eq!(output(system, &parameters(r"cmd /c type C:\upper\new.txt")), "from the upper layer");
    assert_eq!(output(system, &parameters(r"cmd /c type C:\base\kept.txt")), "changed by the upper layer");
    assert_eq!(output(system, &parameters(r"cmd /c type C:\mapped-in\shared.txt")), "of the host");
    let mut inside = parameters("cmd /c cd");
    inside["WorkingDirectory"] = json!(r"C:\mapped-in");
    assert_eq!(output(system, &inside), r"C:\mapped-in");
    finish(&world, system);
    assert!(!std::path::Path::new(r"C:\upper").exists() && !std::path::Path::new(r"C:\mapped-in").exists());
    assert!(std::path::Path::new(&format!(r"{host}\shared.txt")).exists(), "the host's file stays");
}

fn signals(world: World) {
    let system = running(&world);
    let sleeper = parameters(&own("role:sleep"));
    let exit_after = |end: &dyn Fn(Handle)| -> u64 {
        let (process, _) = v2::process(system, &sleeper.to_string()).expect("HcsCreateProcess");
        let events = v2::listen(core::HcsSetProcessCallback, process).expect("HcsSetProcessCallback");
        let before: Value = serde_json::from_str(&v2::simple(core::HcsGetProcessProperties, process, None).unwrap()).unwrap();
        assert_eq!((&before["Exited"], &before["ExitCode"]), (&json!(false), &json!(u32::MAX)), "no exit code before the exit");
        end(process);
        let status: Value = serde_json::from_str(&events.wait(0x10000).expect("the exit")).unwrap();
        status["ExitCode"].as_u64().unwrap()
    };
    let signal = |name: &'static str| {
        move |process: Handle| {
            let options = json!({"Signal": name}).to_string();
            v2::simple(core::HcsSignalProcess, process, Some(&options)).expect("HcsSignalProcess");
        }
    };
    for name in ["CtrlC", "CtrlBreak", "CtrlClose", "CtrlLogOff", "CtrlShutdown"] {
        assert_eq!(exit_after(&signal(name)), 0xC000_013A, "{name}");
    }
    // Killing goes through a second pair of handles.
    let kill = |process: Handle| {
        let mut other = null_mut();
        let second = v2::open("accepted").expect("HcsOpenComputeSystem");
        // SAFETY: handles and places are valid.
        unsafe {
            let (information, _) = v2::run_process(|operation| core::HcsGetProcessInfo(process, operation)).unwrap();
            done(core::HcsOpenProcess(second, information.pid, 0x1000_0000, &mut other)).expect("HcsOpenProcess");
            v2::simple(core::HcsTerminateProcess, other, Some("")).expect("HcsTerminateProcess");
            core::HcsCloseProcess(other);
        }
        v2::close(second);
    };
    assert_eq!(exit_after(&kill), 1067);
    finish(&world, system);
}

fn exit_before_anyone_listens(world: World) {
    let system = running(&world);
    let (process, _) = v2::process(system, &json!({"CommandLine": "cmd /c exit 5"}).to_string()).expect("HcsCreateProcess");
    std::thread::sleep(Duration::from_millis(1500));
    let events = v2::listen(core::HcsSetProcessCallback, process).expect("HcsSetProcessCallback");
    let status: Value = serde_json::from_str(&events.wait(0x10000).expect("the exit was kept")).unwrap();
    assert_eq!(status["ExitCode"], 5);
    // With the inference switched off such an event is lost; the properties still tell.
    setting("RULES_OFF", "exit-held");
    let (process, _) = v2::process(system, &json!({"CommandLine": "cmd /c exit 6"}).to_string()).expect("HcsCreateProcess");
    // SAFETY: the handle is open.
    done(unsafe { core::HcsWaitForProcessExit(process, 20_000, null_mut()) }).expect("HcsWaitForProcessExit");
    std::thread::sleep(Duration::from_millis(500));
    let events = v2::listen(core::HcsSetProcessCallback, process).expect("HcsSetProcessCallback");
    std::thread::sleep(Duration::from_millis(500));
    assert!(!events.has(0x10000));
    let status = v2::simple(core::HcsGetProcessProperties, process, Some("{}")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&status).unwrap()["ExitCode"], 6);
    setting("RULES_OFF", "");
    finish(&world, system);
}

fn waiting_functions(world: World) {
    let system = running(&world);
    let (process, _) = v2::process(system, &json!({"CommandLine": "cmd /c exit 9"}).to_string()).expect("HcsCreateProcess");
    let mut found = null_mut();
    // SAFETY: the handles are open, the place is valid.
    unsafe {
        done(core::HcsWaitForProcessExit(process, 20_000, &mut found)).expect("HcsWaitForProcessExit");
        assert_eq!(serde_json::from_str::<Value>(&take_local(found)).unwrap()["ExitCode"], 9);
        assert_eq!(core::HcsWaitForComputeSystemExit(system, 50, &mut found) as u32, 0x8037_0118);
        v2::simple(core::HcsShutDownComputeSystem, system, None).expect("HcsShutDownComputeSystem");
        done(core::HcsWaitForComputeSystemExit(system, 20_000, &mut found)).expect("HcsWaitForComputeSystemExit");
        assert_eq!(serde_json::from_str::<Value>(&take_local(found)).unwrap()["ExitType"], "GracefulExit");
    }
    v2::close(system);
    layer::give_back(&world.scratch);
}

struct Called {
    thread: std::thread::ThreadId,
    operation: usize,
    result: i32,
}

unsafe extern "system" fn operation_done(operation: Handle, context: *mut c_void) {
    // SAFETY: the context is the sender that the case keeps, the operation is open.
    unsafe {
        let result = core::HcsGetOperationResult(operation, null_mut());
        core::HcsCloseOperation(operation);
        let sender = &*context.cast::<std::sync::mpsc::Sender<Called>>();
        let _ = sender.send(Called { thread: std::thread::current().id(), operation: operation as usize, result });
    }
}

fn operations(world: World) {
    let document = world.argon();
    let (system, answer) = v2::create("accepted", &document.to_string());
    answer.expect("HcsCreateComputeSystem");
    let (sender, receiver) = std::sync::mpsc::channel::<Called>();
    let context = Box::into_raw(Box::new(sender));
    // SAFETY: handles are open, the context outlives the callback.
    unsafe {
        let operation = core::HcsCreateOperation(context.cast(), Some(operation_done));
        assert_eq!(core::HcsGetOperationContext(operation), context.cast::<c_void>());
        assert_eq!(core::HcsGetOperationType(operation), -1);
        assert_ne!(core::HcsGetOperationId(operation), 0);
        done(core::HcsStartComputeSystem(system, operation, null())).expect("HcsStartComputeSystem");
        let called = receiver.recv_timeout(Duration::from_secs(20)).expect("the callback");
        assert_eq!((called.operation, called.result), (operation as usize, 0));
        assert_ne!(called.thread, std::thread::current().id(), "the callback comes on a thread of the system");

        // An operation can carry a second request when the first is complete.
        let operation = core::HcsCreateOperation(null(), None);
        for _ in 0..2 {
            let mut found = null_mut();
            done(core::HcsGetComputeSystemProperties(system, operation, null())).expect("HcsGetComputeSystemProperties");
            done(core::HcsWaitForOperationResult(operation, u32::MAX, &mut found)).expect("HcsWaitForOperationResult");
            assert!(take_local(found).contains("\"Container\""));
            assert_eq!(core::HcsGetOperationType(operation), 9);
            assert_eq!(core::HcsGetComputeSystemFromOperation(operation), system);
            assert!(core::HcsGetProcessFromOperation(operation).is_null());
        }
        done(core::HcsSetOperationContext(operation, 7 as *const c_void)).expect("HcsSetOperationContext");
        assert_eq!(core::HcsGetOperationContext(operation) as usize, 7);
        done(core::HcsSetOperationCallback(operation, null(), None)).expect("HcsSetOperationCallback");
        core::HcsCloseOperation(operation);

        // Closing an operation while it runs is safe.
        let operation = core::HcsCreateOperation(null(), None);
        done(core::HcsTerminateComputeSystem(system, operation, null())).expect("HcsTerminateComputeSystem");
        core::HcsCloseOperation(operation);
        done(core::HcsWaitForComputeSystemExit(system, 20_000, null_mut())).expect("the exit");
    }
    v2::close(system);
    layer::give_back(&world.scratch);
}

fn properties(world: World) {
    let json = |text: v2::Answer| serde_json::from_str::<Value>(&text.expect("an answer")).expect("JSON");
    let (system, answer) = v2::create("accepted", &world.argon().to_string());
    answer.expect("HcsCreateComputeSystem");
    let of_system = |query: Option<&str>| json(v2::simple(core::HcsGetComputeSystemProperties, system, query));
    assert!(of_system(None).get("State").is_none(), "a system that was not started has a blank state");
    v2::start(system).expect("HcsStartComputeSystem");
    // An empty text stands for no options, as hcsshim passes them.
    let basic = of_system(Some(""));
    assert_eq!(
        (&basic["SystemType"], &basic["State"], &basic["Owner"]),
        (&json!("Container"), &json!("Running"), &json!("raw-client"))
    );
    assert!(basic.get("HostingSystemId").is_none() && basic["ObRoot"].as_str().unwrap().starts_with(r"\Silos\"));
    let (process, information) = v2::process(system, &parameters(&own("role:sleep")).to_string()).expect("HcsCreateProcess");
    let list = of_system(Some(r#"{"PropertyTypes":["ProcessList","Statistics","TerminateOnLastHandleClosed"]}"#));
    assert_eq!(list["ProcessList"][0]["ProcessId"], information.pid);
    assert_eq!(list["TerminateOnLastHandleClosed"], true);
    assert!(list["Statistics"].is_object());
    let _ = process;
    let ids =
        |query: &str| json(v2::enumerate(query)).as_array().unwrap().iter().map(|found| found["Id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids("{}"), [json!("accepted")]);
    assert_eq!(ids(""), [json!("accepted")]);
    assert_eq!(ids(r#"{"Owners":["raw-client"],"Types":["Container"]}"#), [json!("accepted")]);
    assert!(ids(r#"{"Owners":["other"]}"#).is_empty());
    v2::terminate(system).expect("HcsTerminateComputeSystem");
    assert!(ids("{}").is_empty(), "a system that exited disappears");
    assert_eq!(of_system(None)["Stopped"], true, "a handle still tells");
    v2::close(system);
    layer::give_back(&world.scratch);
}

fn modified_container(world: World) {
    let system = running(&world);
    v2::modify(system, r#"{"ResourcePath":"Container/Memory/SizeInMB","RequestType":"Update","Settings":512}"#)
        .expect("HcsModifyComputeSystem");
    let mapped = json!({"HostPath": world.root, "ContainerPath": r"C:\later", "ReadOnly": true});
    for kind in ["Add", "Remove"] {
        let request = json!({"ResourcePath": "Container/MappedDirectories", "RequestType": kind, "Settings": mapped});
        v2::modify(system, &request.to_string()).expect("HcsModifyComputeSystem");
    }
    finish(&world, system);
}

fn other_answers(world: World) {
    let query = Wide::new(r#"{"PropertyTypes":["Basic"]}"#);
    let mut found = null_mut();
    // SAFETY: the text and the place are valid during the calls; the texts are ours.
    unsafe {
        done(core::HcsGetServiceProperties(query.ptr(), &mut found)).expect("HcsGetServiceProperties");
        let versions: Value = serde_json::from_str(&take_local(found)).unwrap();
        assert_eq!(versions["Properties"][0]["SupportedSchemaVersions"][1]["Major"], 2);
        let older =
            v1::ask(|found, result| old::HcsGetServiceProperties(query.ptr(), found, result)).expect("HcsGetServiceProperties");
        assert!(older.contains("SupportedSchemaVersions"));
        let [method, path, body] = ["GET", "/globals/version", ""].map(Wide::new);
        done(old::HNSCall(method.ptr(), path.ptr(), body.ptr(), &mut found)).expect("HNSCall");
        assert!(read(found).contains("\"Success\":true"));
        let file = Wide::new(&format!(r"{}\blank.vhdx", world.base));
        done(core::HcsGrantVmGroupAccess(file.ptr())).expect("HcsGrantVmGroupAccess");
    }
    assert_eq!(layer::id_of(r"C:\a\Layer"), layer::id_of(r"D:\other\layer"), "NameToGuid is of the name alone, in any case");
    assert_ne!(layer::id_of("layer"), layer::id_of("layer2"));
}

/// On a host before 20348 the waiting functions are not exported, and an image of its own build runs.
fn older_host(world: World) {
    host_build("17763");
    layer::write(format!(r"{}\Files\Windows\System32\hcsemu-build", world.base), "17763");
    let child = std::process::Command::new(std::env::current_exe().unwrap()).args(["role:owner", "exports"]).status().unwrap();
    assert_eq!(child.code(), Some(0), "the newer functions are hidden when the DLL is loaded on an older host");
    let system = running(&world);
    assert_eq!(output(system, &parameters("cmd /c echo %GREETING%")), "hello");
    finish(&world, system);
}

/// Whether the functions of 20348 are hidden.
pub fn newer_functions_hidden() -> bool {
    let there = |name: &str| find("computecore.dll", name).is_some();
    let newer = ["HcsWaitForProcessExit", "HcsWaitForComputeSystemExit", "HcsGrantVmGroupAccess", "HcsRevokeVmGroupAccess"];
    there("HcsCreateOperation") && there("HcsWaitForOperationResult") && !newer.into_iter().any(there)
}

fn inferred_rules_off(world: World) {
    let mut document = world.argon();
    document["Container"]["Networking"] = json!(null);
    setting("RULES_OFF", "document-null, processor");
    document["Container"]["Processor"] = json!({"Count": 1});
    let system = started("accepted", &document);
    finish(&world, system);
    // A rule that is known, not inferred, stays.
    setting("RULES_OFF", "unknown-field,all");
    document = world.argon();
    document["Container"]["Flavour"] = json!(1);
    let (system, answer) = v2::create("refused", &document.to_string());
    assert_eq!(answer.unwrap_err().0, 0x8037_010D);
    v2::close(system);
}

fn s_false(world: World) {
    setting("S_FALSE", "1");
    let document = world.argon();
    let id = Wide::new("accepted");
    let text = Wide::new(&document.to_string());
    let mut system = null_mut();
    // SAFETY: handles, texts and places are valid.
    unsafe {
        let operation = core::HcsCreateOperation(null(), None);
        assert_eq!(core::HcsCreateComputeSystem(id.ptr(), text.ptr(), operation, null(), &mut system), 1);
        assert_eq!(core::HcsWaitForOperationResult(operation, 20_000, null_mut()), 1);
        core::HcsCloseOperation(operation);
    }
    v2::start(system).expect("HcsStartComputeSystem");
    assert_eq!(output(system, &parameters("cmd /c echo %GREETING%")), "hello");
    setting("S_FALSE", "");
    finish(&world, system);
}
