//! What Windows may do differently, and a client is to bear: each way in which the emulator can be told to behave, and what is
//! switched on or off by a rule's name.

use crate::container::{finish, left, output, own, parameters, running, started};
use crate::ffi::{Handle, core, find, network as hcn, v1 as old};
use crate::layer::{self, done};
use crate::stdio::Stream;
use crate::text::{Wide, read, take_local, take_task};
use crate::world::{World, setting};
use crate::{Case, network, v1, v2};
use serde_json::{Value, json};
use std::fs;
use std::ptr::{null, null_mut};
use std::thread;
use std::time::{Duration, Instant};

const SPACE: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn case(name: &'static str, run: fn(World)) -> Case {
    Case::new(name, move || run(World::with_image(name)))
}

/// All of them.
pub fn cases() -> Vec<Case> {
    vec![
        case("callback-before-the-creation-has-ended", early_callback),
        case("callback-of-a-process-that-has-ended", late_callback),
        case("system-that-ends-while-it-is-created", ends_while_created),
        case("process-that-was-never-made", never_made),
        case("signals-that-wait", signals_that_wait),
        case("signals-that-are-not-heard", signals_not_heard),
        case("output-of-a-process-that-is-ended-at-once", output_of_an_ended),
        case("empty-lists", empty_lists),
        case("exit-events", exit_events),
        case("namespace-of-another-id", other_id),
        case("scanner-in-the-transport-folder", scanner),
        case("document-of-a-refused-call", refused_call),
        case("directory-where-none-is-said", no_directory),
        case("single-file-mapped", single_file),
        case("namespace-without-host-name-on-20348", no_host_name),
        case("parents-as-placeholders", placeholders),
        case("older-calls-for-namespaces", older_calls),
        case("network-documents-of-others", documents_of_others),
        case("endpoint-before-its-namespace-off", endpoint_first),
        case("functions-that-clients-look-up", functions),
    ]
}

fn early_callback(world: World) {
    let document = Wide::new(&world.argon().to_string());
    let (id, mut system) = (Wide::new("early"), null_mut());
    setting("FAULTS", "function=HcsCreateComputeSystem stage=operation never");
    // SAFETY: the texts and the place outlive the operation, which never ends.
    let operation = unsafe { core::HcsCreateOperation(null(), None) };
    done(unsafe { core::HcsCreateComputeSystem(id.ptr(), document.ptr(), operation, null(), &mut system) }).expect("accepted");
    assert_eq!(v2::listen(core::HcsSetComputeSystemCallback, system).map(drop), Err(0x8037_0105));
    setting("RULES_OFF", "callback-early");
    v2::listen(core::HcsSetComputeSystemCallback, system).expect("it is a rule");
}

fn late_callback(world: World) {
    let system = running(&world);
    let ended = || {
        let (process, _) = v2::process(system, r#"{"CommandLine":"cmd /c exit 5"}"#).expect("HcsCreateProcess");
        // SAFETY: the handle is open.
        done(unsafe { core::HcsWaitForProcessExit(process, 20_000, null_mut()) }).expect("HcsWaitForProcessExit");
        process
    };
    v2::listen(core::HcsSetProcessCallback, ended()).expect("a callback");
    setting("RULES_ON", "process-callback-late");
    assert_eq!(v2::listen(core::HcsSetProcessCallback, ended()).map(drop), Err(0x8037_011F));
    finish(&world, system);
}

fn ends_while_created(world: World) {
    setting("CREATE", "system-ended");
    let (system, answer) = v2::create("accepted", &world.argon().to_string());
    answer.expect("HcsCreateComputeSystem");
    v2::listen(core::HcsSetComputeSystemCallback, system).expect("a callback");
    let found = v2::simple(core::HcsGetComputeSystemProperties, system, Some("{}")).expect("HcsGetComputeSystemProperties");
    assert_eq!(serde_json::from_str::<Value>(&found).expect("properties")["State"], "Stopped");
    assert_eq!(v2::start(system).unwrap_err().0, 0x8037_0110);
    assert_eq!(v2::enumerate("{}").expect("HcsEnumerateComputeSystems"), "[]");
    v2::close(system);
    layer::give_back(&world.scratch);
    assert_eq!(left(), "");
}

fn never_made(world: World) {
    let system = running(&world);
    let (document, mut process) = (Wide::new(r#"{"CommandLine":"no-such-program"}"#), null_mut());
    // SAFETY: the text and the place are valid during the call.
    let made =
        v2::run_process(|operation| unsafe { core::HcsCreateProcess(system, document.ptr(), operation, null(), &mut process) });
    assert_eq!(made.map(drop).unwrap_err().0, 0x8007_0002);
    assert!(!process.is_null(), "the call gave a handle, the operation failed");
    // SAFETY: the handle is open.
    let information = v2::run_process(|operation| unsafe { core::HcsGetProcessInfo(process, operation) });
    let answers = [
        information.map(drop),
        v2::simple(core::HcsGetProcessProperties, process, None).map(drop),
        v2::simple(core::HcsTerminateProcess, process, None).map(drop),
        v2::simple(core::HcsSignalProcess, process, Some(r#"{"Signal":"CtrlC"}"#)).map(drop),
    ];
    for answer in answers {
        assert_eq!(answer.unwrap_err().0, 0x8007_06EF);
    }
    finish(&world, system);
}

/// A process that sleeps, and its id.
fn sleeper(system: Handle) -> (Handle, u32) {
    let (process, information) = v2::process(system, &parameters(&own("role:sleep")).to_string()).expect("HcsCreateProcess");
    (process, information.pid)
}

const CONTROL_C: Option<&str> = Some(r#"{"Signal":"CtrlC"}"#);

fn signals_that_wait(world: World) {
    let system = running(&world);
    setting("SIGNALS", "wait");
    let (process, _) = sleeper(system);
    v2::simple(core::HcsSignalProcess, process, CONTROL_C).expect("HcsSignalProcess");
    let status: Value =
        serde_json::from_str(&v2::simple(core::HcsGetProcessProperties, process, None).expect("properties")).unwrap();
    assert_eq!((&status["Exited"], &status["ExitCode"]), (&json!(true), &json!(0xC000_013Au32)), "it returns with the end");
    finish(&world, system);
}

fn signals_not_heard(world: World) {
    let system = running(&world);
    setting("SIGNALS", "deaf");
    let (process, pid) = sleeper(system);
    let number = process as usize;
    let signal = thread::spawn(move || v2::simple(core::HcsSignalProcess, number as Handle, CONTROL_C));
    thread::sleep(Duration::from_millis(400));
    let second = thread::spawn(move || v2::simple(core::HcsTerminateProcess, number as Handle, None));
    thread::sleep(Duration::from_millis(400));
    assert!(!signal.is_finished() && !second.is_finished(), "the second waits for the first");
    // Handles of one's own reach it.
    let (other, mut fresh) = (v2::open("accepted").expect("HcsOpenComputeSystem"), null_mut());
    // SAFETY: handles and places are valid.
    done(unsafe { core::HcsOpenProcess(other, pid, 0x1000_0000, &mut fresh) }).expect("HcsOpenProcess");
    v2::simple(core::HcsTerminateProcess, fresh, None).expect("HcsTerminateProcess");
    signal.join().unwrap().expect("HcsSignalProcess");
    assert_eq!(second.join().unwrap().unwrap_err().0, 0x8037_011F, "its turn came when all was over");
    // SAFETY: the handle is open.
    unsafe { core::HcsCloseProcess(fresh) };
    v2::close(other);
    finish(&world, system);
}

/// Output ends with its process, however early that is ended. How long it took is printed.
fn output_of_an_ended(world: World) {
    let system = running(&world);
    let ends = (0..20).map(|_| {
        let (process, information) = v2::process(system, &parameters(&own("role:sleep")).to_string()).expect("HcsCreateProcess");
        v2::simple(core::HcsTerminateProcess, process, None).expect("HcsTerminateProcess");
        let began = Instant::now();
        let [_stdin, stdout, _stderr] = information.stdio.map(Stream::new);
        assert!(stdout.expect("standard output").read_all().is_empty());
        // SAFETY: the handle is open.
        unsafe { core::HcsCloseProcess(process) };
        began.elapsed()
    });
    let mut ends: Vec<Duration> = ends.collect();
    ends.sort();
    let [.., second, slowest] = ends[..] else { panic!("{ends:?}") };
    println!("       the slowest end of 20 came after {} ms", slowest.as_millis());
    // A busy machine keeps one waiting for a while; a console host that holds the streams keeps each, and for longer.
    assert!(second < Duration::from_secs(3) && slowest < Duration::from_secs(15), "{ends:?}");
    finish(&world, system);
}

fn empty_lists(_: World) {
    let query = Wide::new("{}");
    let all = Wide::new(&network::query(""));
    // None for a null pointer. SAFETY: texts and places are valid during the calls; what is given is ours.
    let lists = || unsafe {
        let mut found = [null_mut(); 3];
        let operation = core::HcsCreateOperation(null(), None);
        done(core::HcsEnumerateComputeSystems(query.ptr(), operation)).expect("accepted");
        done(core::HcsWaitForOperationResult(operation, 20_000, &mut found[0])).expect("HcsEnumerateComputeSystems");
        core::HcsCloseOperation(operation);
        done(old::HcsEnumerateComputeSystems(query.ptr(), &mut found[1], null_mut())).expect("HcsEnumerateComputeSystems");
        done(hcn::HcnEnumerateEndpoints(all.ptr(), &mut found[2], null_mut())).expect("HcnEnumerateEndpoints");
        let [newer, older, endpoints] = found;
        let text = |text: *mut u16| (!text.is_null()).then(|| read(text));
        let texts = [text(newer), text(older), text(endpoints)];
        take_local(newer);
        take_task(older);
        take_task(endpoints);
        texts
    };
    for (mode, expected) in [("", Some("[]")), ("null-pointer", None), ("text", Some("")), ("null", Some("null"))] {
        setting("EMPTY", mode);
        assert_eq!(lists(), [(); 3].map(|()| expected.map(str::to_string)), "{mode:?}");
    }
    // What is there is told in the same way.
    assert_eq!(network::networks("nat").len(), 1);
}

fn exit_events(world: World) {
    let system = running(&world);
    let told = |mode: &str| -> (String, [Value; 2]) {
        setting("EXIT", mode);
        let (process, _) = v2::process(system, r#"{"CommandLine":"cmd /c exit 5"}"#).expect("HcsCreateProcess");
        let data = v2::listen(core::HcsSetProcessCallback, process).expect("a callback").wait(0x10000).expect("the event");
        let ask = || v2::simple(core::HcsGetProcessProperties, process, None).expect("HcsGetProcessProperties");
        let asked = [ask(), ask()].map(|text| serde_json::from_str(&text).expect("ProcessStatus"));
        (data, asked)
    };
    let code = |status: &Value| (status["ExitCode"].as_u64(), status["LastWaitResult"].as_i64());
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("ProcessStatus");
    let good = (Some(5), Some(0));
    let (data, asked) = told("");
    assert_eq!((code(&parsed(&data)), asked.each_ref().map(code)), (good, [good; 2]));
    let (data, asked) = told("no-data");
    assert_eq!((data.as_str(), asked.each_ref().map(code)), ("", [good; 2]));
    let (data, asked) = told("no-code");
    assert_eq!((code(&parsed(&data)), asked.each_ref().map(code)), ((None, Some(0)), [good; 2]));
    let (data, asked) = told("late");
    let early = (Some(u64::from(u32::MAX)), Some(258));
    assert_eq!((code(&parsed(&data)), asked.each_ref().map(code)), (early, [early, good]));
    let (data, asked) = told("unknown");
    let never = (Some(5), Some(0x8007_0006_u32 as i32 as i64));
    assert_eq!((code(&parsed(&data)), asked.each_ref().map(code)), (never, [never; 2]));
    finish(&world, system);
}

fn other_id(_: World) {
    setting("NAMESPACE_ID", "other");
    let namespace = network::create_namespace(SPACE).expect("HcnCreateNamespace");
    let id = network::namespace_properties(namespace)["ID"].as_str().expect("an id").to_string();
    assert_ne!(id, SPACE);
    assert_eq!(network::open_namespace(SPACE).map(drop).unwrap_err().0, 0x8007_0490);
    network::delete_namespace(&id).expect("HcnDeleteNamespace");
    assert_eq!(left(), "");
}

fn scanner(world: World) {
    setting("SCANNER", "1000");
    let source = format!(r"{}\transport", world.root);
    layer::transport(&source);
    let top = format!(r"{}\layers\top", world.root);
    fs::create_dir_all(&top).unwrap();
    layer::import(&top, &source, &world.layers()).expect("ImportLayer");
    let began = Instant::now();
    fs::remove_dir_all(&source).expect_err("one of its files is open");
    while fs::remove_dir_all(&source).is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "it is never closed");
        thread::sleep(Duration::from_millis(50));
    }
}

fn refused_call(world: World) {
    setting("REFUSE_AT", "call");
    let system = running(&world);
    // SAFETY: handles and places are valid, the text is ours.
    unsafe {
        let (operation, mut document) = (core::HcsCreateOperation(null(), None), null_mut());
        assert_eq!(core::HcsStartComputeSystem(system, operation, null()) as u32, 0x8037_0105);
        assert_eq!(core::HcsWaitForOperationResult(operation, 100, null_mut()) as u32, 0x8037_0115, "nothing was started");
        assert_eq!(core::HcsGetOperationResult(operation, &mut document) as u32, 0x8037_0105);
        assert!(take_local(document).contains("was started already"));
        core::HcsCloseOperation(operation);
    }
    finish(&world, system);
}

fn no_directory(world: World) {
    let system = running(&world);
    let mut without = parameters("cmd /c cd");
    without.as_object_mut().unwrap().remove("WorkingDirectory");
    assert_eq!(output(system, &without).to_lowercase(), r"c:\windows\system32");
    assert_eq!(output(system, &parameters("cmd /c cd")), r"C:\");
    finish(&world, system);
}

fn single_file(world: World) {
    let file = format!(r"{}\host\one.txt", world.root);
    layer::write(&file, "of the host");
    let mut document = world.argon();
    document["Container"]["MappedDirectories"] = json!([{"HostPath": file, "ContainerPath": r"C:\mapped-file\two.txt"}]);
    let system = started("accepted", &document);
    assert_eq!(output(system, &parameters(r"cmd /c type C:\mapped-file\two.txt")), "of the host");
    finish(&world, system);
    assert!(fs::exists(&file).unwrap() && !fs::exists(r"C:\mapped-file\two.txt").unwrap());
}

fn no_host_name(world: World) {
    network::create_namespace(SPACE).expect("a namespace");
    let mut document = world.argon();
    document["Container"]["Networking"] = json!({"Namespace": SPACE});
    document["Container"].as_object_mut().unwrap().remove("GuestOs");
    v2::close(started("accepted", &document));
    network::delete_namespace(SPACE).expect("HcnDeleteNamespace");
    layer::give_back(&world.scratch);
}

/// hcsshim removes a directory of the parents with one call, which deletes no content.
fn placeholders(world: World) {
    setting("RULES_OFF", "parents-shown");
    let top = format!(r"{}\layers\top", world.root);
    layer::upper(&top, &[&world.base]);
    let files = |inside: &str| format!(r"{top}\Files\{inside}");
    assert!(fs::read_dir(files("Windows")).unwrap().next().is_none(), "the layer brings nothing in it");
    fs::remove_dir(files("Windows")).expect("one call");
    assert!(fs::exists(files(r"base\gone.txt")).unwrap(), "beside what the layer brings, the parent's files are to be seen");
    assert_eq!(fs::read_to_string(files(r"upper\new.txt")).unwrap(), "from the upper layer");
    assert!(fs::exists(format!(r"{}\Files\Windows\System32\hcsemu-build", world.base)).unwrap());
}

fn hns(method: &str, path: &str, body: &str) -> Result<String, u32> {
    let [method, path, body] = [method, path, body].map(Wide::new);
    let mut found = null_mut();
    // SAFETY: the texts and the place are valid during the call; what is given is ours.
    done(unsafe { old::HNSCall(method.ptr(), path.ptr(), body.ptr(), &mut found) }).map(|()| unsafe { take_task(found) })
}

fn older_calls(_: World) {
    network::create_namespace(SPACE).expect("a namespace");
    let endpoint = network::endpoint();
    let resource = json!({"Type": "Endpoint", "Data": {"ID": endpoint}}).to_string();
    let path = format!("/namespaces/{SPACE}");
    hns("POST", &format!("{path}/addresource"), &resource).expect("addresource");
    assert!(hns("GET", &path, "").expect("a namespace").contains(&endpoint));
    hns("POST", &format!("{path}/removeresource"), &resource).expect("removeresource");
    assert_eq!(hns("POST", &format!("{path}/removeresource"), &resource), Err(0x803B_0034));
    hns("DELETE", &path, "").expect("DELETE");
    assert_eq!(hns("DELETE", &path, ""), Err(0x8007_0490));
    network::delete_endpoint(&endpoint).expect("HcnDeleteEndpoint");
    assert_eq!(left(), "");
}

fn documents_of_others(_: World) {
    let version = json!({"Major": 2, "Minor": 0});
    // Microsoft's sample of a namespace, and NanaBox's endpoint; a chosen id and address are kept.
    let sample = json!({"ID": SPACE, "Flags": 0, "Type": 0, "Owner": "sample", "SchemaVersion": version});
    let namespace = network::create_namespace_of("00000000-0000-0000-0000-000000000000", &sample).expect("a namespace");
    assert_eq!(network::namespace_properties(namespace)["ID"], SPACE);
    let nat = network::networks("nat").pop().expect("a network nat");
    let mut endpoint = network::endpoint_document(&nat);
    endpoint["Owner"] = json!("NanaBox");
    endpoint["ID"] = json!("7f4ad5b1-d9cb-469f-a165-70867728950e");
    endpoint["MacAddress"] = json!("00-15-5d-52-c1-02");
    let (id, found) = network::create_endpoint(network::open_network(&nat).unwrap(), &endpoint).expect("an endpoint");
    assert_eq!((id.as_str(), &found["MacAddress"]), ("7f4ad5b1-d9cb-469f-a165-70867728950e", &json!("00-15-5D-52-C1-02")));
    // What a network was made with is told again, and its policies can be changed.
    let policy = |name: &str| json!({"Type": "NetAdapterName", "Settings": {"NetworkAdapterName": name}});
    let subnet = json!({
        "IpAddressPrefix": "10.1.0.0/16",
        "Routes": [{"NextHop": "10.1.0.1", "DestinationPrefix": "0.0.0.0/0"}],
        "Policies": [{"Type": "VLAN", "Settings": {"IsolationId": 7}}],
    });
    let made = json!({
        "Name": "kept", "Type": "Transparent", "Owner": "sample", "Dns": {"ServerList": ["1.1.1.1"]}, "Policies": [policy("a")],
        "Ipams": [{"Type": "Static", "Subnets": [subnet]}],
        "SchemaVersion": version,
    });
    let handle = network::create_network(&made).expect("a network");
    let request = json!({"ResourceType": "Policy", "RequestType": "Add", "Settings": {"Policies": [policy("b")]}});
    let text = Wide::new(&request.to_string());
    // SAFETY: the handle is open, the text valid.
    done(unsafe { hcn::HcnModifyNetwork(handle, text.ptr(), null_mut()) }).expect("HcnModifyNetwork");
    let found = network::network_properties(handle);
    assert_eq!((&found["Policies"], &found["Dns"]), (&json!([policy("a"), policy("b")]), &made["Dns"]));
    assert_eq!(found["Ipams"], made["Ipams"], "with the policies of a subnet");
}

fn endpoint_first(_: World) {
    let (endpoint, handle) = (network::endpoint(), network::create_namespace(SPACE).expect("a namespace"));
    network::attach(handle, &endpoint, "Add").expect("attached");
    assert_eq!(network::delete_endpoint(&endpoint).unwrap_err().0, 0x803B_002C);
    setting("RULES_OFF", "stranded");
    network::delete_endpoint(&endpoint).expect("it leaves the namespace, as ZLayer found");
    network::delete_namespace(SPACE).expect("HcnDeleteNamespace");
    assert_eq!(left(), "");
}

fn functions(_: World) {
    let mut images = null_mut();
    // SAFETY: the place is valid, what is given is ours.
    unsafe {
        done(old::GetBaseImages(&mut images)).expect("GetBaseImages");
        assert_eq!(take_task(images), r#"{"Images":[]}"#);
    }
    let others = ["HcnEnumerateLoadBalancers", "HcnCreateLoadBalancer", "HcnEnumerateSdnRoutes", "HcnCreateSdnRoute"];
    assert!(find("vmcompute.dll", "CopyLayer").is_some() && others.iter().all(|name| find("computenetwork.dll", name).is_some()));
    assert!(v1::open("nobody").is_err());
}
