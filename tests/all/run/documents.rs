//! What the Host Compute Service and the Host Network Service are told, and that `--dry-run` shows the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::run::machine::{HYPERV, IMAGE, ISOLATIONS, Machine, Running};

#[test]
fn folders_ports_and_limits() {
    let Some(machine) = Machine::new() else { return };
    let folder = machine.program.folder().join("shown");
    std::fs::create_dir(&folder).unwrap();
    let host = folder.to_str().unwrap();
    let volumes = [format!("{host}:C:\\shown-1:ro"), format!("{host}:C:/shown-2")];
    let asked = ["-v", &volumes[0], "-v", &volumes[1], "-p", "8080:80", "-p", "5353-5354:53-54/udp", "--memory", "1g"];
    let mounts = json!([
        {"HostPath": host, "ContainerPath": "C:\\shown-1", "ReadOnly": true},
        {"HostPath": host, "ContainerPath": "C:\\shown-2", "ReadOnly": false},
    ]);
    let ports = [(8080, 80, 6), (5353, 53, 17), (5354, 54, 17)].map(|(external, internal, protocol)| {
        let settings = json!({"ExternalPort": external, "InternalPort": internal, "Protocol": protocol});
        json!({"Type": "PortMapping", "Settings": settings})
    });

    machine.run(&[&asked[..], &["--cpus", "0.5", IMAGE, "cmd", "/c", "exit 0"]].concat()).with(0);
    let container = machine.last_document("HcsCreateComputeSystem")["Container"].clone();
    assert_eq!(container["MappedDirectories"], without_false(&mounts));
    assert_eq!(container["Memory"], json!({"SizeInMB": 1024}));
    assert!(container["Processor"]["Maximum"].as_u64().is_some_and(|share| (1..=5000).contains(&share)), "{container}");
    assert_eq!(machine.last_document("HcnCreateEndpoint")["Policies"], json!(ports));
    machine.has_nothing_left();

    machine.run(&[&asked[..], &HYPERV, &["--cpus", "1", IMAGE, "cmd", "/c", "exit 0"]].concat()).with(0);
    let container = machine.last_document("HcsCreateComputeSystem");
    assert_eq!(container["MappedDirectories"], without_false(&mounts));
    assert_eq!((&container["MemoryMaximumInMB"], &container["ProcessorCount"]), (&json!(1024), &json!(1)));
    assert_eq!(machine.last_document("HcnCreateEndpoint")["Policies"], json!(ports));
    machine.has_nothing_left();
}

/// As documents are written: what is false is not said.
fn without_false(mounts: &Value) -> Value {
    let mut mounts = mounts.clone();
    for mount in mounts.as_array_mut().unwrap() {
        mount.as_object_mut().unwrap().retain(|_, value| *value != Value::Bool(false));
    }
    mounts
}

#[test]
fn networks() {
    let Some(machine) = Machine::new() else { return };
    let on = |networks: &str, arguments: &[&str]| {
        let mut command = machine.command(&[&["run", "--rm", "-q"], arguments, &[IMAGE, "cmd", "/c", "exit 0"]].concat());
        command.env("HCSEMU_NETWORKS", networks);
        Running::start(command).end()
    };
    let endpoints = || machine.documents("HcnCreateEndpoint").len();

    let alone = on("none", &[]);
    alone.with(0);
    assert!(alone.err.starts_with("warning: this host has no NAT network, so the container gets none"), "{}", alone.err);
    let networking = &machine.last_document("HcsCreateComputeSystem")["Container"]["Networking"];
    assert!(networking.get("Namespace").is_none(), "{networking}");
    assert_eq!(endpoints(), 0);
    on("none", &["--network", "nat"]).failed(125, &["this host has no NAT network", "--network none"]);
    on("none", &["-p", "80:80"]).failed(125, &["ports can only be published on a NAT network"]);
    assert_eq!(endpoints(), 0);
    machine.has_nothing_left();
}

/// A network that others have made so that it cannot be opened or read is passed over.
#[test]
fn networks_that_cannot_be_read() {
    for function in ["HcnOpenNetwork", "HcnQueryNetworkProperties"] {
        let mut connected = 0;
        for n in 1..=3 {
            let Some(mut machine) = Machine::new() else { return };
            machine.faults = format!("function={function} n={n} hresult=0x80070005");
            let mut command = machine.command(&["run", "--rm", "-q", IMAGE, "cmd", "/c", "exit 0"]);
            command.env("HCSEMU_NETWORKS", "nat:NAT,office:L2Bridge,lab:Transparent");
            Running::start(command).end().with(0);
            connected += machine.documents("HcnCreateEndpoint").len();
            assert_eq!(machine.containers(), [""; 0]);
        }
        // Of the three one is the network that the container would have.
        assert_eq!(connected, 2, "{function}");
    }
}

/// Windows starts the process without a variable that is empty.
#[test]
fn an_empty_variable_is_warned_of() {
    let Some(machine) = Machine::new() else { return };
    let ended = machine.run(&["-e", "EMPTY=", "-e", "FULL=1", IMAGE, "cmd", "/c", "exit 0"]);
    ended.with(0);
    assert!(ended.err.contains("the variable EMPTY is empty") && !ended.err.contains("FULL"), "{}", ended.err);
}

#[test]
fn a_disk_of_another_size() {
    let Some(machine) = Machine::new() else { return };
    for isolation in ISOLATIONS {
        let before = machine.host.calls_of("ExpandSandboxSize").len();
        machine.run(&[isolation, &["--storage-opt", "size=60GB", IMAGE, "cmd", "/c", "exit 0"]].concat()).with(0);
        let calls = machine.host.calls_of("ExpandSandboxSize");
        let sizes: Vec<&Value> = calls[before..].iter().map(|call| &call["arguments"]["bytes"]).collect();
        assert_eq!(sizes, [&json!(60_u64 << 30)]);
        machine.has_nothing_left();
    }
}

#[test]
fn networks_by_name() {
    let Some(machine) = Machine::new() else { return };
    assert_eq!(machine.run(&["--network", "none", IMAGE, "cmd", "/c", "echo alone"]).err, "");
    assert_eq!(machine.documents("HcnCreateEndpoint").len(), 0);
    machine.run(&["--network", "NAT", IMAGE, "cmd", "/c", "exit 0"]).with(0);
    assert_eq!(machine.documents("HcnCreateEndpoint").len(), 1);
    machine
        .run(&["--network", "office", IMAGE, "cmd", "/c", "exit 0"])
        .failed(125, &["no network named office", "its networks are: nat"]);
    machine.has_nothing_left();
}

/// One that has a port keeps it, and says so to the next.
#[test]
fn a_port_that_is_taken() {
    let Some(machine) = Machine::new() else { return };
    let mut first = machine.start(&["run", "--rm", "-q", "-p", "8080:80", IMAGE, "guest", "wait", "1000"]);
    assert_eq!(first.line(), "ready");
    let second = machine.run(&["-p", "8080:81", IMAGE, "cmd", "/c", "exit 0"]);
    second.failed(125, &["not connected to the network nat", "has one of the published ports"]);
    machine.run(&["-p", "8081:80", IMAGE, "cmd", "/c", "exit 0"]).with(0);
    assert_eq!(machine.containers().len(), 1);
}

/// What `--dry-run` shows is what is sent, but for what only Windows can tell: the layers' ids, the scratch volume, the
/// network's id; and for what is made up at random. `tests/hcs_documents.rs` holds it against the published schemas.
#[test]
fn a_dry_run_shows_what_is_sent() {
    let folder = std::env::temp_dir();
    let mount = format!("{}:C:\\mounted-by-plan:ro", folder.display());
    let everything = [
        &["-e", "GREETING=hello", "-w", "C:\\windows", "-u", "ContainerAdministrator", "-v", &mount, "-p", "8080:80"][..],
        &["--memory", "2g", "--cpus", "1.5", "--hostname", "web", "-v", "\\\\.\\pipe\\a:\\\\.\\pipe\\b", "-i"],
    ]
    .concat();
    for isolation in ISOLATIONS {
        for asked in [&[][..], &["--network", "none"], &everything] {
            let Some(machine) = Machine::new() else { return };
            let arguments = [isolation, asked, &[IMAGE, "cmd", "/c", "exit 0"]].concat();
            let plan = machine.run(&[&["--dry-run", "--format", "json"], &arguments[..]].concat()).with(0);
            assert_eq!(machine.host.calls(), [Value::Null; 0], "a dry run does nothing");
            assert_eq!(machine.containers(), [""; 0]);
            let plan: Value = serde_json::from_str(&plan).unwrap();
            machine.run(&arguments).with(0);
            let sent = machine.host.calls().into_iter().filter(|call| call.get("arguments").is_some());
            compare(&planned(&plan), &sent.filter_map(|call| documented(&call)).collect::<Vec<_>>(), &arguments);
        }
    }
}

/// A call with its document, or the layers it was given.
type Documented = (String, Value);

fn planned(plan: &Value) -> Vec<Documented> {
    let calls = plan["calls"].as_array().unwrap().iter();
    let calls = calls.filter(|call| call.get("document").is_some());
    calls.map(|call| (call["call"].as_str().unwrap().to_owned(), call["document"].clone())).collect()
}

fn documented(call: &Value) -> Option<Documented> {
    let function = call["function"].as_str().unwrap();
    let arguments = &call["arguments"];
    let document = match function {
        // Structures, which are logged as pairs.
        "CreateSandboxLayer" | "PrepareLayer" => {
            let pairs = arguments["layers"].as_array().unwrap().iter();
            Some(pairs.map(|pair| json!({"Id": pair[0], "Path": pair[1]})).collect())
        }
        "HcsCreateComputeSystem" | "HcsCreateProcess" | "HcnCreateEndpoint" | "HcnCreateNamespace" | "HcnModifyNamespace" => {
            Some(arguments["document"].clone())
        }
        _ => None,
    };
    document.map(|document| (function.to_owned(), document))
}

/// Fails unless both are the same once every value that may differ is called by a name: the same value, the same name.
fn compare(planned: &[Documented], sent: &[Documented], arguments: &[&str]) {
    let functions = |calls: &[Documented]| calls.iter().map(|(function, _)| function.clone()).collect::<Vec<_>>();
    assert_eq!(functions(planned), functions(sent), "{arguments:?}");
    let (mut names_planned, mut names_sent) = (BTreeMap::new(), BTreeMap::new());
    for ((function, planned), (_, sent)) in planned.iter().zip(sent) {
        let planned = named(planned, &mut names_planned);
        let sent = named(sent, &mut names_sent);
        assert_eq!(planned, sent, "{function} of {arguments:?}");
    }
    assert!(names_planned.len() >= 2, "{names_planned:?}");
}

/// The document with every id in it replaced by its number in the order of appearance: containers' ids of 64 digits (and their
/// parts), GUIDs.
fn named(document: &Value, names: &mut BTreeMap<String, usize>) -> Value {
    match document {
        Value::String(text) => json!(named_text(text, names)),
        Value::Array(list) => list.iter().map(|value| named(value, names)).collect(),
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), named(value, names))).collect(),
        other => other.clone(),
    }
}

fn named_text(text: &str, names: &mut BTreeMap<String, usize>) -> String {
    let mut result = String::new();
    let mut word = String::new();
    for letter in text.chars().chain(['\0']) {
        if letter.is_ascii_hexdigit() || letter == '-' {
            word.push(letter);
            continue;
        }
        let digits = word.chars().filter(char::is_ascii_hexdigit).count();
        if digits >= 12 {
            // A plan's stand-ins for a volume and for a network are the same digits.
            let of_volume = result.ends_with("Volume{");
            let (next, key) = (names.len(), format!("{of_volume} {}", word.to_lowercase()));
            result.push_str(&format!("<{}>", names.entry(key).or_insert(next)));
        } else {
            result.push_str(&word);
        }
        word.clear();
        result.push(letter);
    }
    result.trim_end_matches('\0').to_owned()
}

/// A trace tells of every call of HCS and HCN that has an effect, in order, with its document and its answer.
#[test]
fn a_trace_tells_what_was_called() {
    let Some(machine) = Machine::new() else { return };
    for isolation in ISOLATIONS {
        let file = machine.program.folder().join("trace.jsonl");
        let before = machine.host.calls().len();
        let asked = ["--trace", file.to_str().unwrap(), IMAGE, "guest", "exit", "0"];
        machine.run(&[isolation, &asked].concat()).with(0);
        let trace = std::fs::read_to_string(&file).unwrap();
        let trace: Vec<Value> = trace.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let calls = machine.host.calls();
        let calls = calls[before..].iter().filter(|call| call.get("arguments").is_some());
        let is_told = |call: &Value| {
            let named = |part: &str| call["function"].as_str().unwrap().contains(part);
            ["Create", "Start", "Terminate", "Delete", "Modify", "Layer", "Image"].iter().any(|part| named(part))
                && !named("Operation")
        };
        let called: Vec<&str> = calls.filter(|call| is_told(call)).map(|call| call["function"].as_str().unwrap()).collect();
        assert!(called.len() >= 8, "{called:?}");
        let mut told = trace.iter().map(|line| line["call"].as_str().unwrap());
        for function in &called {
            assert!(told.any(|call| call == *function), "{function} is not told of, or not in its turn: {trace:#?}");
        }
        let created = trace.iter().find(|line| line["call"] == "HcsCreateComputeSystem").unwrap();
        assert_eq!(created["document"], machine.last_document("HcsCreateComputeSystem"));
        std::fs::remove_file(&file).unwrap();
    }
}
