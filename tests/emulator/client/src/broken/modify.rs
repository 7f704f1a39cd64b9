//! Requests to a running container.

use super::{ARGUMENT, JSON, NO_FILE, Row, spoilt, taken, tally, with, without};
use crate::container::{finish, running};
use crate::world::World;
use crate::{Case, v2};
use serde_json::{Value, json};

/// The case.
pub fn case() -> Case {
    Case::new("broken-modify", || {
        let world = World::with_image("broken-modify");
        let system = running(&world);
        let sound = json!({"ResourcePath": "Container/Memory/SizeInMB", "RequestType": "Update", "Settings": 512});
        tally("requests to a container", 22, &rows(), &sound, |document| {
            // A text that is no document stands for itself.
            let text = document.as_str().map_or_else(|| document.to_string(), str::to_string);
            v2::modify(system, &text).map(drop)
        });
        finish(&world, system);
    })
}

fn request(name: &'static str, code: u32, path: &'static str, kind: &'static str, settings: Value) -> Row {
    spoilt(name, code, move |document| *document = json!({"ResourcePath": path, "RequestType": kind, "Settings": settings}))
}

fn rows() -> Vec<Row> {
    const DIRECTORIES: &str = "Container/MappedDirectories";
    let mapped = json!({"HostPath": r"C:\windows", "ContainerPath": r"C:\mapped"});
    vec![
        spoilt("no JSON", JSON, |document| *document = json!("{\"ResourcePath\":")),
        spoilt("no document", JSON, |document| *document = json!("")),
        with("an unknown field", JSON, "/Force", json!(true)),
        with("an unknown resource", ARGUMENT, "/ResourcePath", json!("Container/Nothing")),
        with("a resource of a machine", ARGUMENT, "/ResourcePath", json!("VirtualMachine/Devices/VirtualSmb/Shares")),
        without("no resource", ARGUMENT, "/ResourcePath"),
        with("an unknown request", JSON, "/RequestType", json!("Replace")),
        taken("Add is the zero value of the enumeration", without("no request", 0, "/RequestType")),
        with("a memory as text", JSON, "/Settings", json!("lots")),
        with("a negative memory", JSON, "/Settings", json!(-5)),
        with("no memory", ARGUMENT, "/Settings", json!(0)),
        without("a memory that is not said", JSON, "/Settings"),
        request("4096 processors", ARGUMENT, "Container/Processor", "Update", json!({"Count": 4096})),
        request("a maximum of 10001", ARGUMENT, "Container/Processor", "Update", json!({"Maximum": 10001})),
        request("two limits at once", ARGUMENT, "Container/Processor", "Update", json!({"Weight": 5, "Maximum": 5})),
        request(
            "a directory that is not there",
            NO_FILE,
            DIRECTORIES,
            "Add",
            json!({"HostPath": r"C:\nowhere", "ContainerPath": r"C:\m"}),
        ),
        request("a relative place", ARGUMENT, DIRECTORIES, "Add", json!({"HostPath": r"C:\windows", "ContainerPath": "m"})),
        request("a directory that is not said", JSON, DIRECTORIES, "Add", json!(null)),
        request("an unknown field of a directory", JSON, DIRECTORIES, "Add", json!({"Mode": "ro"})),
        request("a directory that was never added", 0x8007_0490, DIRECTORIES, "Remove", mapped),
        request("a pipe without names", ARGUMENT, "Container/MappedPipes", "Add", json!({})),
        spoilt("a request to the guest", 0x8037_0120, |document| {
            *document = json!({"GuestRequest": {"ResourceType": "CombinedLayers", "RequestType": "Add", "Settings": {}}});
        }),
    ]
}
