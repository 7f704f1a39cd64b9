//! The documents for HCS and HCN: each as it is committed in `fixtures/documents/`, and every combination of what can be asked
//! for held against Microsoft's published schemas.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use wincompat::hcs::documents::{
    Argon, AttachEndpoint, ConsoleSize, Cpus, Endpoint, HcnQuery, Layer, ModifyProcess, Mount, Namespace, Pipe, PortMapping,
    ProcessParameters, Protocol, SignalProcess, Spec, SystemQuery, Xenon,
};

use crate::support::committed::assert_committed;

const VOLUME: &str = "\\\\?\\Volume{6b9a436d-0465-11e9-b3e9-005056946adc}\\";
const SCRATCH: &str = "C:\\ProgramData\\wincompat\\containers\\c1\\scratch";
const UTILITY_VM: &str = "C:\\ProgramData\\wincompat\\layers\\base\\UtilityVM";

fn guid(text: &str) -> Uuid {
    text.parse().unwrap()
}

fn namespace() -> Uuid {
    guid("0f8fad5b-d9cb-469f-a165-70867728950e")
}

fn endpoint() -> Uuid {
    guid("b2cd6a49-4c7b-4ae2-8fd4-5d4b0b5f1e2a")
}

fn network() -> Uuid {
    guid("b95d0c5e-57d4-412b-b571-18a81a16e005")
}

/// A container with nothing but layers.
fn minimal() -> Spec {
    let layer = |id: &str, name: &str| Layer { id: guid(id), path: format!("C:\\ProgramData\\wincompat\\layers\\{name}") };
    Spec {
        id: "c1".into(),
        owner: "wincompat".into(),
        host_name: "win-1".into(),
        layers: vec![layer("aaaaaaaa-bbbb-5ccc-8ddd-eeeeeeeeeeee", "top"), layer("11111111-2222-5333-8444-555555555555", "base")],
        memory_mib: None,
        cpus: None,
        host_cpus: 4,
        mounts: Vec::new(),
        pipes: Vec::new(),
        device_classes: Vec::new(),
    }
}

/// A container with everything.
fn full() -> Spec {
    Spec {
        memory_mib: Some(1024),
        cpus: Cpus::from_thousandths(1500),
        mounts: vec![
            Mount { host: "C:\\src".into(), container: "C:\\src".into(), read_only: true },
            Mount { host: "D:\\data".into(), container: "C:\\data".into(), read_only: false },
        ],
        pipes: vec![Pipe { host: "\\\\.\\pipe\\docker_engine".into(), container: "docker_engine".into() }],
        device_classes: vec![guid("5b45201d-f2f2-4f3b-85bb-30ff1f953599")],
        ..minimal()
    }
}

fn process() -> ProcessParameters {
    ProcessParameters::new("cmd /c \"echo %GREETING%\"").unwrap()
}

fn full_process() -> ProcessParameters {
    let variables = [("GREETING", "hello"), ("PATH", "C:\\Windows\\system32;C:\\Windows")];
    let process = process().user("ContainerAdministrator").unwrap().working_directory("C:/app").unwrap();
    process.environment(variables).unwrap().stdin(true)
}

/// As much JSON as a person reads, with a line feed at its end.
fn text(document: &impl Serialize) -> String {
    format!("{}\n", serde_json::to_string_pretty(document).unwrap())
}

/// Every committed document and how it is made.
fn documents() -> Vec<(&'static str, String)> {
    let ports = [
        PortMapping { host: 8080, container: 80, protocol: Protocol::Tcp },
        PortMapping { host: 5353, container: 53, protocol: Protocol::Udp },
    ];
    let endpoint_with = |ports: &[PortMapping]| text(&Endpoint::new("wincompat-1-c1".into(), network(), ports).unwrap());
    let size = ConsoleSize { height: 25, width: 80 };
    vec![
        ("argon.json", text(&Argon::new(&full(), VOLUME, Some(namespace())).unwrap())),
        ("argon-minimal.json", text(&Argon::new(&minimal(), VOLUME, None).unwrap())),
        ("xenon.json", text(&Xenon::new(&full(), SCRATCH, UTILITY_VM, Some(endpoint())).unwrap())),
        ("xenon-minimal.json", text(&Xenon::new(&minimal(), SCRATCH, UTILITY_VM, None).unwrap())),
        ("process.json", text(&full_process())),
        ("process-minimal.json", text(&process())),
        ("process-console.json", text(&process().stdin(true).console(size))),
        ("query-system-owner.json", text(&SystemQuery::owner("wincompat"))),
        ("query-system-id.json", text(&SystemQuery::id("c1"))),
        ("query-process-close-stdin.json", text(&ModifyProcess::CLOSE_STDIN)),
        ("query-process-console-size.json", text(&ModifyProcess::ConsoleSize { size })),
        ("signal.json", text(&SignalProcess::CTRL_C)),
        ("network-query.json", text(&HcnQuery::ALL)),
        ("endpoint.json", endpoint_with(&[])),
        ("endpoint-ports.json", endpoint_with(&ports)),
        ("namespace.json", text(&Namespace::HOST)),
        ("namespace-attach.json", text(&AttachEndpoint::new(endpoint()))),
    ]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/documents")
}

#[test]
fn each_is_as_it_was_committed() {
    for (name, document) in documents() {
        assert_committed(&format!("fixtures/documents/{name}"), &document);
    }
    let committed = folder().read_dir().unwrap().count();
    assert_eq!(committed, documents().len(), "a file is there that nothing makes");
}

/// Every combination of what can be asked for, as (definition in the schema, document).
fn combinations() -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    for chosen in 0..1 << 6 {
        let (asked, full) = (|bit: u32| chosen & (1 << bit) != 0, full());
        let spec = Spec {
            memory_mib: full.memory_mib.filter(|_| asked(0)),
            cpus: full.cpus.filter(|_| asked(1)),
            mounts: if asked(2) { full.mounts } else { Vec::new() },
            pipes: if asked(3) { full.pipes } else { Vec::new() },
            host_name: if asked(4) { "a-rather-long-host-name-of-32-chr".into() } else { "w".into() },
            ..minimal()
        };
        let argon = Argon::new(&spec, VOLUME, asked(5).then(namespace)).unwrap();
        all.push(("ComputeSystem", serde_json::to_value(argon).unwrap()));

        let mut process = process().stdin(asked(0));
        if asked(1) {
            process = process.user("ContainerUser").unwrap();
        }
        if asked(2) {
            process = process.working_directory("C:\\").unwrap();
        }
        if asked(3) {
            process = process.environment([("A", ""), ("b", "c=d"), ("Ü", "\u{1f600}")]).unwrap();
        }
        if asked(4) {
            process = process.console(ConsoleSize { height: 1, width: u16::MAX });
        }
        all.push(("ProcessParameters", serde_json::to_value(process).unwrap()));
    }
    let queries = [SystemQuery::default(), SystemQuery::id("x"), SystemQuery::owner("y")];
    all.extend(queries.iter().map(|query| ("SystemQuery", serde_json::to_value(query).unwrap())));
    let changes = [ModifyProcess::CLOSE_STDIN, ModifyProcess::ConsoleSize { size: ConsoleSize { height: 0, width: 1 } }];
    all.extend(changes.iter().map(|change| ("ProcessModifyRequest", serde_json::to_value(change).unwrap())));
    all.push(("SignalProcessOptions", serde_json::to_value(SignalProcess::CTRL_C).unwrap()));
    all
}

/// Closes every object type that lists its properties: HCS refuses fields it does not know. Types that JSON Schema has not,
/// which some of the published files name, say nothing.
fn close(node: &mut Value) {
    const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
    match node {
        Value::Object(members) => {
            if members.get("type").and_then(Value::as_str).is_some_and(|kind| !TYPES.contains(&kind)) {
                members.remove("type");
            }
            members.values_mut().for_each(close);
            let lists = members.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty());
            if members.get("type").is_some_and(|kind| kind == "object") && lists {
                members.entry("additionalProperties").or_insert(Value::Bool(false));
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(close),
        _ => {}
    }
}

/// Microsoft publishes the schemas of HCS documents in its repository MicrosoftDocs/Virtualization-Documentation, under
/// `hyperv-samples/hcs-samples/JSON_files`. With that folder in HCS_SCHEMAS:
/// `cargo test --test all -- --ignored hcs_documents::every`.
#[test]
#[ignore = "needs Microsoft's schema files in HCS_SCHEMAS"]
fn every_combination_satisfies_the_published_schemas() {
    let folder = std::env::var_os("HCS_SCHEMAS").expect("HCS_SCHEMAS names the folder of the schema files");
    let (mut schemas, mut checked) = (0, 0);
    for file in Path::new(&folder).read_dir().unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let schema: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        let mut definitions = schema["definitions"].clone();
        close(&mut definitions);
        schemas += 1;
        for (root, document) in combinations() {
            if definitions.get(root).is_none() {
                continue;
            }
            let schema = serde_json::json!({"definitions": definitions, "$ref": format!("#/definitions/{root}")});
            let validator = jsonschema::draft7::options().build(&schema).unwrap();
            let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
            assert_eq!(errors, [""; 0], "{}: {root}: {document}", file.display());
            // The check itself must be able to fail.
            let mut wrong = document.clone();
            wrong["NoSuchField"] = Value::Null;
            assert!(!validator.is_valid(&wrong), "{root}");
            checked += 1;
        }
    }
    println!("{checked} documents held against {schemas} schemas");
    assert!(schemas > 0);
}
