//! The right orders of Hyper-V isolation: schema 1 through vmcompute.dll, and a machine that hosts a container.

use crate::container::{left, own, parameters};
use crate::ffi::{Handle, core, v1 as old};
use crate::layer::{self, done};
use crate::refused::machines::{boot, machine, share};
use crate::stdio::Stream;
use crate::text::Wide;
use crate::world::World;
use crate::{Case, container, network, roles, v1, v2};
use serde_json::{Value, json};
use std::ptr::null_mut;

fn case(name: &'static str, run: fn(World)) -> Case {
    Case::new(name, move || run(World::with_image(name)))
}

/// All of them.
pub fn cases() -> Vec<Case> {
    vec![
        case("xenon-v1", xenon_v1),
        case("argon-v1", argon_v1),
        case("newer-document-through-vmcompute", newer_document),
        case("xenon-v2", xenon_v2),
        case("pause-and-resume", pause),
    ]
}

const START_COMPLETED: u32 = 3;

/// A container of the older interface that runs, with its notifications.
fn started(document: &Value) -> (Handle, v1::Notifications) {
    let system = v1::create("older", &document.to_string()).expect("HcsCreateComputeSystem");
    let notifications = v1::listen(old::HcsRegisterComputeSystemCallback, system).expect("HcsRegisterComputeSystemCallback");
    assert_eq!(notifications.wait(2, 60), Some(0), "SystemCreateCompleted");
    v1::simple(old::HcsStartComputeSystem, system).expect("HcsStartComputeSystem");
    assert_eq!(notifications.wait(START_COMPLETED, 60), Some(0), "SystemStartCompleted");
    (system, notifications)
}

/// Runs a process to its end: its output and exit code.
fn run(system: Handle, parameters: &Value) -> (Vec<u8>, u64) {
    let (process, information) = v1::process(system, &parameters.to_string()).expect("HcsCreateProcess");
    let notifications = v1::listen(old::HcsRegisterProcessCallback, process).expect("HcsRegisterProcessCallback");
    let [_, stdout, _] = information.stdio.map(Stream::new);
    let reader = std::thread::spawn(move || stdout.expect("standard output").read_all());
    assert_eq!(notifications.wait(0x10000, 60), Some(0), "ProcessExited");
    // SAFETY: the handles are open.
    unsafe {
        let status =
            v1::ask(|found, result| old::HcsGetProcessProperties(process, found, result)).expect("HcsGetProcessProperties");
        let status: Value = serde_json::from_str(&status).expect("ProcessStatus");
        done(old::HcsUnregisterProcessCallback(notifications.handle)).expect("HcsUnregisterProcessCallback");
        done(old::HcsCloseProcess(process)).expect("HcsCloseProcess");
        (reader.join().unwrap(), status["ExitCode"].as_u64().unwrap())
    }
}

/// Ends a container of the older interface.
fn end(system: Handle, notifications: &v1::Notifications) {
    v1::simple(old::HcsTerminateComputeSystem, system).expect("HcsTerminateComputeSystem");
    assert_eq!(notifications.wait(1, 60), Some(0), "SystemExited");
    // SAFETY: the handles are open.
    unsafe {
        done(old::HcsUnregisterComputeSystemCallback(notifications.handle)).expect("HcsUnregisterComputeSystemCallback");
        done(old::HcsCloseComputeSystem(system)).expect("HcsCloseComputeSystem");
    }
}

fn run_everything(system: Handle) {
    // schema 1 has no further fields, and always a console size.
    let mut simple = parameters("cmd /c echo %GREETING%");
    simple["ConsoleSize"] = json!([0, 0]);
    let (out, code) = run(system, &simple);
    assert_eq!((String::from_utf8_lossy(&out).trim(), code), ("hello", 0));
    assert_eq!(run(system, &parameters("cmd /c exit 7")).1, 7);
    assert_eq!(run(system, &parameters(&own("role:exit 3221225786"))).1, 0xC000_013A);
    let (out, _) = run(system, &parameters(&own("role:bytes 10485760")));
    assert!(out == roles::bytes(10_485_760), "{} bytes", out.len());
}

fn xenon_v1(world: World) {
    let mut document = world.xenon_v1();
    let disk = Wide::new(&format!(r"{}\sandbox.vhdx", world.scratch));
    let id = Wide::new("older");
    // SAFETY: the texts are valid during the call.
    done(unsafe { old::GrantVmAccess(id.ptr(), disk.ptr()) }).expect("GrantVmAccess");
    let endpoint = network::endpoint();
    document["EndpointList"] = json!([endpoint]);
    document["MappedDirectories"] = json!(null);
    let (system, notifications) = started(&document);
    run_everything(system);
    let query = Wide::new("{}");
    // SAFETY: texts and places are valid during the calls.
    let listed = unsafe { v1::ask(|found, result| old::HcsEnumerateComputeSystems(query.ptr(), found, result)) }.expect("a list");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let own = listed.as_array().unwrap().iter().find(|found| found["Id"] == "older").expect("the container");
    assert!(own["HostingSystemId"].is_string(), "a Hyper-V container has a hosting system");
    let template =
        listed.as_array().unwrap().iter().find(|found| found["IsRuntimeTemplate"] == true).expect("a template").clone();
    assert_eq!(network::delete_endpoint(&endpoint).unwrap_err().0, 0x803B_002C, "the endpoint is in use");
    end(system, &notifications);
    network::delete_endpoint(&endpoint).expect("HcnDeleteEndpoint");
    layer::simple(old::DestroyLayer, &world.scratch).expect("DestroyLayer");
    assert_eq!(left(), "", "a template does not count");
    // The template holds the base layer until it is ended.
    assert!(template["RuntimeImagePath"].as_str().unwrap().ends_with(r"\UtilityVM"));
    assert_eq!(layer::simple(old::DestroyLayer, &world.base), Err(0x8007_0020));
    let template = v1::open(template["Id"].as_str().unwrap()).expect("HcsOpenComputeSystem");
    v1::simple(old::HcsTerminateComputeSystem, template).expect("HcsTerminateComputeSystem");
    // SAFETY: the handle is open.
    unsafe { old::HcsCloseComputeSystem(template) };
    layer::simple(old::DestroyLayer, &world.upper).expect("DestroyLayer");
    layer::simple(old::DestroyLayer, &world.base).expect("DestroyLayer");
    assert!(!std::path::Path::new(&world.base).exists());
}

fn argon_v1(world: World) {
    let (system, first) = started(&world.argon_v1());
    // SAFETY: the callback is registered.
    done(unsafe { old::HcsUnregisterComputeSystemCallback(first.handle) }).expect("HcsUnregisterComputeSystemCallback");
    let notifications = v1::listen(old::HcsRegisterComputeSystemCallback, system).expect("a callback after one was taken back");
    run_everything(system);
    let (process, information) = v1::process(system, &parameters(&own("role:sleep")).to_string()).expect("HcsCreateProcess");
    let exits = v1::listen(old::HcsRegisterProcessCallback, process).expect("HcsRegisterProcessCallback");
    let second = v1::open("older").expect("HcsOpenComputeSystem");
    let mut other = null_mut();
    // SAFETY: handles and places are valid.
    unsafe {
        v1::call(|result| old::HcsOpenProcess(second, information.pid, &mut other, result)).expect("HcsOpenProcess");
        v1::call(|result| old::HcsTerminateProcess(other, result)).expect("HcsTerminateProcess");
        assert_eq!(exits.wait(0x10000, 60), Some(0));
        done(old::HcsCloseProcess(other)).expect("HcsCloseProcess");
        done(old::HcsCloseProcess(process)).expect("HcsCloseProcess");
        done(old::HcsCloseComputeSystem(second)).expect("HcsCloseComputeSystem");
    }
    let (process, information) = v1::process(system, &parameters(&own("role:echo")).to_string()).expect("HcsCreateProcess");
    let [stdin, stdout, _] = information.stdio.map(Stream::new);
    stdin.expect("standard input").write_all(b"words");
    let close = Wide::new(r#"{"Operation":"CloseHandle","CloseHandle":{"Handle":"StdIn"}}"#);
    // SAFETY: the handle is open, the text valid.
    v1::call(|result| unsafe { old::HcsModifyProcess(process, close.ptr(), result) }).expect("HcsModifyProcess");
    assert_eq!(stdout.expect("standard output").read_all(), b"words");
    let (process, _) = v1::process(system, &parameters(&own("role:sleep")).to_string()).expect("HcsCreateProcess");
    let signal = Wide::new(r#"{"Signal":"CtrlC"}"#);
    // SAFETY: as above.
    v1::call(|result| unsafe { old::HcsSignalProcess(process, signal.ptr(), result) }).expect("HcsSignalProcess");
    let query = Wide::new(r#"{"PropertyTypes":["ProcessList","MappedVirtualDisk"]}"#);
    // SAFETY: as above.
    let properties = v1::ask(|found, result| unsafe { old::HcsGetComputeSystemProperties(system, query.ptr(), found, result) });
    assert!(properties.expect("properties").contains("\"State\":\"Running\""));
    v1::simple(old::HcsShutdownComputeSystem, system).expect("HcsShutdownComputeSystem");
    assert_eq!(notifications.wait(1, 60), Some(0), "SystemExited");
    // SAFETY: the handle is open.
    unsafe { old::HcsCloseComputeSystem(system) };
    layer::give_back(&world.scratch);
    assert_eq!(left(), "");
}

/// A document of schema 2 is understood by vmcompute.dll as well.
fn newer_document(world: World) {
    let (system, notifications) = started(&world.argon());
    assert_eq!(run(system, &parameters("cmd /c exit 7")).1, 7);
    end(system, &notifications);
    layer::give_back(&world.scratch);
    assert_eq!(left(), "");
}

fn xenon_v2(world: World) {
    layer::create_scratch(&world.scratch, &world.layers()).expect("CreateSandboxLayer");
    let system = boot(&machine(&world)).expect("the machine");
    let add = |path: &str, settings: Value| {
        v2::modify(system, &json!({"ResourcePath": path, "RequestType": "Add", "Settings": settings}).to_string())
    };
    let ask = |resource: &str, settings: Value| {
        let request = json!({"GuestRequest": {"ResourceType": resource, "RequestType": "Add", "Settings": settings}});
        v2::modify(system, &request.to_string())
    };
    let shares = "VirtualMachine/Devices/VirtualSmb/Shares";
    let guest = r"\\?\VMSMB\VSMB-{dcc079ae-60ba-4d07-847c-3493609c0870}\";
    let mut layers = Vec::new();
    for (index, path) in world.layers().into_iter().enumerate() {
        add(shares, share(&format!("s{index}"), path)).expect("a share");
        layers.push(json!({"Id": layer::id_of(path), "Path": format!("{guest}s{index}")}));
    }
    let host = format!(r"{}\host", world.root);
    layer::write(format!(r"{host}\shared.txt"), "of the host");
    add(shares, json!({"Name": "mount", "Path": host, "Options": {}})).expect("a share");
    let disk = json!({"Path": format!(r"{}\sandbox.vhdx", world.scratch), "Type": "VirtualDisk"});
    add("VirtualMachine/Devices/Scsi/df6d0690-79e5-55b6-a5ec-c1e2f77f580a/Attachments/1", disk).expect("a disk");
    let mounted = json!({"ContainerPath": r"c:\mounts\scsi\m0", "Lun": 1});
    let mut tries = 0;
    while let Err((code, _)) = ask("MappedVirtualDisk", mounted.clone()) {
        assert_eq!(code, 0x8007_0490, "the guest takes a moment to see the disk");
        tries += 1;
        assert!(tries < 100);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    ask("CombinedLayers", json!({"ContainerRootPath": r"c:\mounts\scsi\m0", "Layers": layers})).expect("CombinedLayers");
    let namespace = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let (endpoint, inside) = (network::endpoint(), network::create_namespace(namespace).expect("a namespace"));
    network::attach(inside, &endpoint, "Add").expect("attached");
    ask("NetworkNamespace", network::namespace_properties(inside)).expect("NetworkNamespace");
    let adapter = "11111111-2222-4333-8444-555555555555";
    ask("Network", json!({"AdapterId": adapter, "RequestType": "PreAdd", "Settings": {"ID": endpoint}})).expect("PreAdd");
    let combined = json!({
        "ResourcePath": format!("VirtualMachine/Devices/NetworkAdapters/{adapter}"),
        "RequestType": "Add",
        "Settings": {"EndpointId": endpoint, "MacAddress": "00-15-5D-52-C0-02"},
        "GuestRequest": {"ResourceType": "Network", "RequestType": "Add", "Settings": {"AdapterId": adapter, "RequestType": "Add"}},
    });
    v2::modify(system, &combined.to_string()).expect("a network adapter");
    let hosted = json!({
        "Owner": "raw-client",
        "SchemaVersion": {"Major": 2, "Minor": 1},
        "ShouldTerminateOnLastHandleClosed": true,
        "HostingSystemId": "machine",
        "HostedSystem": {"SchemaVersion": {"Major": 2, "Minor": 1}, "Container": {
            "GuestOs": {"HostName": "win-1"},
            "Storage": {"Layers": layers, "Path": r"c:\mounts\scsi\m0"},
            "MappedDirectories": [{"HostPath": format!("{guest}mount"), "ContainerPath": r"C:\hosted-in", "ReadOnly": false}],
            "Networking": {"Namespace": namespace, "AllowUnqualifiedDnsQuery": true},
        }},
    });
    let container = container::started("hosted", &hosted);
    let properties = v2::simple(core::HcsGetComputeSystemProperties, container, None).expect("properties");
    assert!(properties.contains("\"HostingSystemId\":\"machine\""));
    assert_eq!(container::output(container, &parameters(r"cmd /c type C:\hosted-in\shared.txt")), "of the host");
    assert_eq!(container::run(container, &parameters("cmd /c exit 7"), None).2, 7);
    v2::terminate(container).expect("the container");
    v2::close(container);
    v2::terminate(system).expect("the machine");
    v2::close(system);
    network::delete_namespace(namespace).expect("HcnDeleteNamespace");
    network::delete_endpoint(&endpoint).expect("HcnDeleteEndpoint");
    layer::simple(old::DestroyLayer, &world.scratch).expect("DestroyLayer");
    assert!(left().contains("access of machine"), "a granted access outlives the machine");
    let (vm, file) = (Wide::new("machine"), Wide::new(&format!(r"{}\uvm\sandbox.vhdx", world.root)));
    // SAFETY: the texts are valid during the call.
    done(unsafe { core::HcsRevokeVmAccess(vm.ptr(), file.ptr()) }).expect("HcsRevokeVmAccess");
    assert_eq!(left(), "");
}

fn pause(world: World) {
    let (system, notifications) = started(&world.xenon_v1());
    v1::simple(old::HcsPauseComputeSystem, system).expect("HcsPauseComputeSystem");
    assert_eq!(notifications.wait(4, 60), Some(0));
    assert_eq!(v1::process(system, r#"{"CommandLine":"cmd"}"#).map(drop).unwrap_err().0, 0xC037_0105);
    v1::simple(old::HcsResumeComputeSystem, system).expect("HcsResumeComputeSystem");
    assert_eq!(notifications.wait(5, 60), Some(0));
    end(system, &notifications);
    // A machine of the newer interface, too.
    let system = boot(&machine(&world)).expect("the machine");
    v2::simple(core::HcsPauseComputeSystem, system, None).expect("HcsPauseComputeSystem");
    assert_eq!(v2::simple(core::HcsPauseComputeSystem, system, None).unwrap_err().0, 0x8037_0105);
    v2::simple(core::HcsResumeComputeSystem, system, None).expect("HcsResumeComputeSystem");
    v2::close(system);
}
