//! Documents of process-isolated containers, schema 2.

use super::{ARGUMENT, JSON, NO_FILE, NO_PATH, Row, long, remove, set, spoilt, taken, tally, with, without};
use crate::world::World;
use crate::{Case, layer, v2};
use serde_json::{Value, json};

/// The case.
pub fn case() -> Case {
    Case::new("broken-v2", || {
        let world = World::with_image("broken-v2");
        let sound = world.argon();
        tally("documents of schema 2", 102, &rows(), &sound, |document| {
            // What stands for the id is no part of the document.
            let mut document = document.clone();
            let id = document.as_object_mut().and_then(|fields| fields.remove("id of the call"));
            let id = id.as_ref().map_or("broken", |id| id.as_str().expect("a text"));
            let (system, answer) = v2::create(id, &document.to_string());
            v2::close(system);
            answer.map(drop)
        });
        layer::give_back(&world.scratch);
    })
}

const DIRECTORIES: &str = "/Container/MappedDirectories";
const NOBODY: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn directory(name: &'static str, code: u32, changes: Value) -> Row {
    spoilt(name, code, move |document| {
        let mut mapped = json!({"HostPath": r"C:\windows", "ContainerPath": r"C:\mapped"});
        for (name, value) in changes.as_object().expect("an object") {
            mapped[name] = value.clone();
        }
        set(document, DIRECTORIES, json!([mapped]));
    })
}

fn rows() -> Vec<Row> {
    [top(), storage(), values(), mapped()].into_iter().flatten().collect()
}

fn top() -> Vec<Row> {
    vec![
        with("an unknown field at the top", JSON, "/Isolation", json!("process")),
        with("an unknown field of the container", JSON, "/Container/Flavour", json!("x")),
        with("an unknown field of the guest", JSON, "/Container/GuestOs/Name", json!("x")),
        with("an unknown field of the storage", JSON, "/Container/Storage/Volume", json!("x")),
        with("an unknown field of a layer", JSON, "/Container/Storage/Layers/0/Kind", json!("x")),
        with("an unknown field of the memory", JSON, "/Container/Memory/Maximum", json!(1)),
        with("an unknown field of the processor", JSON, "/Container/Processor/Shares", json!(1)),
        with("an unknown field of the network", JSON, "/Container/Networking/Name", json!("nat")),
        with("an unknown field of hvsocket", JSON, "/Container/HvSocket/Port", json!(1)),
        with("a field in another case", JSON, "/owner", json!("x")),
        with("a field of the container in another case", JSON, "/Container/guestOs", json!({})),
        without("no schema version", JSON, "/SchemaVersion"),
        with("a schema version as text", JSON, "/SchemaVersion", json!("2.1")),
        with("schema 1", JSON, "/SchemaVersion/Major", json!(1)),
        with("schema 3", JSON, "/SchemaVersion/Major", json!(3)),
        with("a schema that is too new", JSON, "/SchemaVersion/Minor", json!(99)),
        with("a negative schema", JSON, "/SchemaVersion/Minor", json!(-1)),
        with("a schema's number as text", JSON, "/SchemaVersion/Major", json!("2")),
        with("an owner that is a number", JSON, "/Owner", json!(1)),
        with("an owner that is null", JSON, "/Owner", json!(null)),
        taken(
            "it is a label, and the smallest document of AspireHcs shows that little is needed",
            without("no owner", 0, "/Owner"),
        ),
        with("a flag as text", JSON, "/ShouldTerminateOnLastHandleClosed", json!("true")),
        with("a flag as number", JSON, "/ShouldTerminateOnLastHandleClosed", json!(1)),
        with("a container that is null", JSON, "/Container", json!(null)),
        with("a container that is a list", JSON, "/Container", json!([])),
        with("a machine beside the container", ARGUMENT, "/VirtualMachine", json!({})),
        without("no container", ARGUMENT, "/Container"),
        spoilt("a hosted system without version", JSON, |document| {
            remove(document, "/Container");
            set(document, "/HostedSystem", json!({}));
        }),
        spoilt("a hosted system without host", 0x8037_010E, |document| {
            remove(document, "/Container");
            set(document, "/HostedSystem", json!({"SchemaVersion": {"Major": 2, "Minor": 1}, "Container": {}}));
        }),
        with("an empty id", ARGUMENT, "/id of the call", json!("")),
        with("an id with a backslash", ARGUMENT, "/id of the call", json!(r"a\b")),
        with("an id with a star", ARGUMENT, "/id of the call", json!("a*b")),
        with("an id with a slash", ARGUMENT, "/id of the call", json!("a/b")),
        with("an id with a colon", ARGUMENT, "/id of the call", json!("a:b")),
    ]
}

fn storage() -> Vec<Row> {
    const CRASH: u32 = 0x8037_011E;
    const NO_VOLUME: u32 = 0x8007_1126;
    vec![
        without("no storage", ARGUMENT, "/Container/Storage"),
        with("a storage that is null", JSON, "/Container/Storage", json!(null)),
        without("no volume", ARGUMENT, "/Container/Storage/Path"),
        with("an empty volume", ARGUMENT, "/Container/Storage/Path", json!("")),
        spoilt("a volume without backslash", ARGUMENT, |document| {
            let volume = document["Container"]["Storage"]["Path"].as_str().expect("a path").trim_end_matches('\\').to_string();
            set(document, "/Container/Storage/Path", json!(volume));
        }),
        with("a folder as volume", NO_VOLUME, "/Container/Storage/Path", json!(r"C:\windows\")),
        with(
            "an unknown volume",
            NO_VOLUME,
            "/Container/Storage/Path",
            json!(r"\\?\Volume{6b9a436d-0465-11e9-b3e9-005056946adc}\"),
        ),
        without("no layers", CRASH, "/Container/Storage/Layers"),
        with("an empty list of layers", CRASH, "/Container/Storage/Layers", json!([])),
        spoilt("a shortened list of layers", CRASH, |document| {
            drop(document["Container"]["Storage"]["Layers"].as_array_mut().expect("layers").pop());
        }),
        spoilt("layers in reverse order", ARGUMENT, |document| {
            document["Container"]["Storage"]["Layers"].as_array_mut().expect("layers").reverse();
        }),
        with("layers that are an object", JSON, "/Container/Storage/Layers", json!({})),
        with("a layer's id that is no GUID", JSON, "/Container/Storage/Layers/0/Id", json!("top")),
        with("a layer's id in braces", JSON, "/Container/Storage/Layers/0/Id", json!(format!("{{{NOBODY}}}"))),
        with("a layer's id of another", NO_PATH, "/Container/Storage/Layers/0/Id", json!(NOBODY)),
        without("a layer without id", NO_PATH, "/Container/Storage/Layers/0/Id"),
        without("a layer without path", NO_PATH, "/Container/Storage/Layers/0/Path"),
        spoilt("a layer that is not there", NO_PATH, |document| {
            let path = r"C:\nowhere\layer";
            set(document, "/Container/Storage/Layers/0", json!({"Id": layer::id_of(path), "Path": path}));
        }),
        with("an unknown type of path", JSON, "/Container/Storage/Layers/0/PathType", json!("Share")),
        with("a negative limit of the storage", JSON, "/Container/Storage/QoS", json!({"IopsMaximum": -1})),
    ]
}

fn values() -> Vec<Row> {
    vec![
        with("a guest that is null", JSON, "/Container/GuestOs", json!(null)),
        with("a host name that is a number", JSON, "/Container/GuestOs/HostName", json!(7)),
        with("a host name of 200 letters", ARGUMENT, "/Container/GuestOs/HostName", long(200)),
        with("a host name with space and colon", ARGUMENT, "/Container/GuestOs/HostName", json!("a b:c")),
        taken(
            "it is as good as none, and the container gets a name",
            with("an empty host name", 0, "/Container/GuestOs/HostName", json!("")),
        ),
        with("no processors", ARGUMENT, "/Container/Processor/Count", json!(0)),
        with("4096 processors", ARGUMENT, "/Container/Processor/Count", json!(4096)),
        with("less than no processors", JSON, "/Container/Processor/Count", json!(-1)),
        with("processors as text", JSON, "/Container/Processor/Count", json!("2")),
        with("a weight of 20000", ARGUMENT, "/Container/Processor", json!({"Weight": 20000})),
        with("a negative weight", ARGUMENT, "/Container/Processor", json!({"Weight": -1})),
        with("a maximum of 0", ARGUMENT, "/Container/Processor", json!({"Maximum": 0})),
        with("a maximum of 10001", ARGUMENT, "/Container/Processor", json!({"Maximum": 10001})),
        with("processors and a maximum", ARGUMENT, "/Container/Processor/Maximum", json!(5000)),
        with("a weight and a maximum", ARGUMENT, "/Container/Processor", json!({"Weight": 5, "Maximum": 5})),
        with("a negative memory", JSON, "/Container/Memory/SizeInMB", json!(-5)),
        with("a memory as text", JSON, "/Container/Memory/SizeInMB", json!("1024")),
        with("a broken number of megabytes", JSON, "/Container/Memory/SizeInMB", json!(1.5)),
        with("no memory", ARGUMENT, "/Container/Memory/SizeInMB", json!(0)),
        taken(
            "a limit above what the machine has limits nothing, and a job object takes it",
            with("a memory of 2 to the 40th megabytes", 0, "/Container/Memory/SizeInMB", json!(1u64 << 40)),
        ),
        with("an unknown namespace", 0x8007_0490, "/Container/Networking/Namespace", json!(NOBODY)),
        with("a namespace that is no GUID", 0x8007_0490, "/Container/Networking/Namespace", json!("mine")),
        with("an unknown adapter", 0x803B_0002, "/Container/Networking/NetworkAdapters", json!([NOBODY])),
        with("an adapter that is no GUID", JSON, "/Container/Networking/NetworkAdapters", json!(["mine"])),
        with("a search list that is a list", JSON, "/Container/Networking/DnsSearchList", json!(["a"])),
        with("a network's flag as text", JSON, "/Container/Networking/AllowUnqualifiedDnsQuery", json!("yes")),
        with("a hive that is not there", JSON, "/Container/RegistryChanges", json!({"AddValues": [{"Key": {"Hive": "User"}}]})),
        taken(
            "which value belongs to which type is not published",
            with(
                "a number's type with a text's value",
                0,
                "/Container/RegistryChanges",
                json!({"AddValues": [{"Key": {"Hive": "System", "Name": "x"}, "Name": "y", "Type": "DWord", "StringValue": "z"}]}),
            ),
        ),
    ]
}

fn mapped() -> Vec<Row> {
    const PIPES: &str = "/Container/MappedPipes";
    const DEVICES: &str = "/Container/AssignedDevices";
    vec![
        with("directories that are an object", JSON, DIRECTORIES, json!({})),
        directory("an unknown field of a directory", JSON, json!({"Mode": "ro"})),
        directory("a flag of a directory as text", JSON, json!({"ReadOnly": "yes"})),
        directory("a directory that is not there", NO_FILE, json!({"HostPath": r"C:\nowhere"})),
        directory("a relative directory of the host", NO_FILE, json!({"HostPath": "windows"})),
        directory("an empty directory of the host", NO_FILE, json!({"HostPath": ""})),
        directory("a relative place", ARGUMENT, json!({"ContainerPath": "mapped"})),
        directory("a place without drive", ARGUMENT, json!({"ContainerPath": r"\mapped"})),
        directory("the root as place", ARGUMENT, json!({"ContainerPath": r"C:\"})),
        directory("a place with a second colon", ARGUMENT, json!({"ContainerPath": r"C:\a:b"})),
        directory("a place that is no path", ARGUMENT, json!({"ContainerPath": "a:b"})),
        directory("an empty place", ARGUMENT, json!({"ContainerPath": ""})),
        with(
            "a place named twice",
            ARGUMENT,
            DIRECTORIES,
            json!([{"HostPath": r"C:\windows", "ContainerPath": r"C:\m"}, {"HostPath": r"C:\users", "ContainerPath": r"c:\M"}]),
        ),
        with("a pipe without names", ARGUMENT, PIPES, json!([{}])),
        with("a pipe without a name outside", ARGUMENT, PIPES, json!([{"ContainerPipeName": "a"}])),
        with("a pipe without a name inside", ARGUMENT, PIPES, json!([{"HostPath": r"\\.\pipe\a"}])),
        with("an unknown type of pipe", JSON, PIPES, json!([{"HostPathType": "Socket"}])),
        taken(
            "HCS opens it when a process asks for it, and hcsshim does not look either",
            with("a pipe that is not there", 0, PIPES, json!([{"ContainerPipeName": "a", "HostPath": r"\\.\pipe\nowhere"}])),
        ),
        with("a device without class", ARGUMENT, DEVICES, json!([{}])),
        with("a device's class that is no GUID", JSON, DEVICES, json!([{"InterfaceClassGuid": "gpu"}])),
    ]
}
