//! Documents of schema 1, of a Hyper-V container.

use super::{ARGUMENT, JSON as JSON_2, NO_FILE, NO_PATH, Row, long, set, spoilt, taken, tally, with, without};
use crate::ffi::v1 as old;
use crate::world::World;
use crate::{Case, layer, v1};
use serde_json::{Value, json};

/// ERROR_VMCOMPUTE_INVALID_JSON: the same in the family of vmcompute.dll.
const JSON: u32 = JSON_2 + 0x4000_0000;
const NOBODY: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

/// The case.
pub fn case() -> Case {
    Case::new("broken-v1", || {
        let world = World::with_image("broken-v1");
        let sound = world.xenon_v1();
        tally("documents of schema 1", 55, &rows(), &sound, |document| {
            let mut document = document.clone();
            let id = document.as_object_mut().and_then(|fields| fields.remove("id of the call"));
            let id = id.as_ref().map_or("broken", |id| id.as_str().expect("a text"));
            let system = v1::create(id, &document.to_string())?;
            // SAFETY: the handle is open. The container ends with it.
            unsafe { old::HcsCloseComputeSystem(system) };
            Ok(())
        });
        layer::simple(old::DestroyLayer, &world.scratch).expect("DestroyLayer");
    })
}

fn directory(name: &'static str, code: u32, inside: &'static str) -> Row {
    with(name, code, "/MappedDirectories", json!([{"HostPath": r"C:\windows", "ContainerPath": inside}]))
}

fn only(name: &'static str, code: u32, limits: Value) -> Row {
    spoilt(name, code, move |document| {
        limits.as_object().expect("limits").iter().for_each(|(name, value)| document[name] = value.clone());
    })
}

fn rows() -> Vec<Row> {
    const CRASH: u32 = 0xC037_011E;
    vec![
        with("an unknown field", JSON, "/Isolation", json!("hyperv")),
        with("a field in another case", JSON, "/hvPartition", json!(true)),
        with("a schema version beside", JSON, "/SchemaVersion", json!({"Major": 2, "Minor": 1})),
        without("no type", ARGUMENT, "/SystemType"),
        with("another type", ARGUMENT, "/SystemType", json!("VirtualMachine")),
        with("a type that is a number", JSON, "/SystemType", json!(1)),
        with("a name that is a number", JSON, "/Name", json!(1)),
        with("an owner that is null", JSON, "/Owner", json!(null)),
        taken("moby's oldest documents have none", without("no owner", 0, "/Owner")),
        without("no layers", CRASH, "/Layers"),
        with("layers that are null", CRASH, "/Layers", json!(null)),
        with("an empty list of layers", CRASH, "/Layers", json!([])),
        with("layers that are an object", JSON, "/Layers", json!({})),
        spoilt("layers in reverse order", ARGUMENT, |document| document["Layers"].as_array_mut().expect("layers").reverse()),
        spoilt("a shortened list of layers", ARGUMENT, |document| {
            drop(document["Layers"].as_array_mut().expect("layers").pop());
        }),
        with("a layer's id that is no GUID", JSON, "/Layers/0/ID", json!("top")),
        with("a layer's id of another", NO_PATH, "/Layers/0/ID", json!(NOBODY)),
        without("a layer without path", NO_PATH, "/Layers/0/Path"),
        without("no scratch", NO_FILE, "/LayerFolderPath"),
        with("a scratch that is not there", NO_FILE, "/LayerFolderPath", json!(r"C:\nowhere")),
        with("a scratch that is a number", JSON, "/LayerFolderPath", json!(1)),
        without("neither isolation", ARGUMENT, "/HvPartition"),
        with("the isolation as text", JSON, "/HvPartition", json!("true")),
        with("a volume", ARGUMENT, "/VolumePath", json!(r"\\?\Volume{6b9a436d-0465-11e9-b3e9-005056946adc}")),
        without("no utility VM", NO_FILE, "/HvRuntime"),
        with("a utility VM that is null", NO_FILE, "/HvRuntime", json!(null)),
        with("a utility VM that is not there", NO_FILE, "/HvRuntime/ImagePath", json!(r"C:\nowhere")),
        with("an unknown field of the utility VM", JSON, "/HvRuntime/Memory", json!(1)),
        only("4096 processors", ARGUMENT, json!({"ProcessorCount": 4096})),
        only("less than no processors", JSON, json!({"ProcessorCount": -1})),
        only("a weight of 20000", ARGUMENT, json!({"ProcessorWeight": 20000})),
        only("a negative weight", JSON, json!({"ProcessorWeight": -1})),
        only("a maximum of 99999", ARGUMENT, json!({"ProcessorMaximum": 99999})),
        only("a negative maximum", ARGUMENT, json!({"ProcessorMaximum": -1})),
        only("three limits at once", ARGUMENT, json!({"ProcessorCount": 1, "ProcessorWeight": 5, "ProcessorMaximum": 5})),
        taken(
            "in this schema 0 is what is left out: moby sends it",
            only("limits of 0", 0, json!({"ProcessorCount": 0, "ProcessorWeight": 0})),
        ),
        only("a negative memory", ARGUMENT, json!({"MemoryMaximumInMB": -5})),
        only("a memory as text", JSON, json!({"MemoryMaximumInMB": "1024"})),
        only("a negative size of the scratch", JSON, json!({"StorageSandboxSize": -1})),
        with("a host name of 200 letters", ARGUMENT, "/HostName", long(200)),
        with("a host name with space and colon", ARGUMENT, "/HostName", json!("a b:c")),
        with("directories that are an object", JSON, "/MappedDirectories", json!({})),
        with(
            "a directory that is not there",
            NO_FILE,
            "/MappedDirectories",
            json!([{"HostPath": r"C:\nowhere", "ContainerPath": r"C:\m"}]),
        ),
        directory("a relative place", ARGUMENT, "mapped"),
        directory("the root as place", ARGUMENT, r"C:\"),
        directory("a place that is no path", ARGUMENT, "a:b"),
        with("a pipe without names", ARGUMENT, "/MappedPipes", json!([{}])),
        with("a device without class", ARGUMENT, "/AssignedDevices", json!([{}])),
        with("a device's class that is no GUID", JSON, "/AssignedDevices", json!([{"InterfaceClassGuid": "gpu"}])),
        with("an unknown endpoint", 0x803B_0002, "/EndpointList", json!([NOBODY])),
        with("an endpoint that is no GUID", 0x803B_0002, "/EndpointList", json!(["mine"])),
        with("a flag as text", JSON, "/TerminateOnLastHandleClosed", json!("true")),
        taken(
            "HCS looks at it for Linux containers, which this one is not by its layers",
            with("the type of a Linux container", 0, "/ContainerType", json!("Linux")),
        ),
        with("an empty id", ARGUMENT, "/id of the call", json!("")),
        spoilt("an id with a backslash", ARGUMENT, |document| set(document, "/id of the call", json!(r"a\b"))),
    ]
}
