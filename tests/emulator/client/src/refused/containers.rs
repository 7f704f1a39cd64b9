//! Documents of process-isolated containers that fit the schema and not the host.

use super::{argon, case};
use crate::ffi::v1 as old;
use crate::world::{host_build, setting};
use crate::{Case, layer, network, v2};
use serde_json::json;
use std::fs;

/// All of them.
pub fn cases() -> Vec<Case> {
    vec![
        argon("layers-empty", 0x8037_011E, |_, document| document["Container"]["Storage"]["Layers"] = json!([])),
        argon("layers-shortened", 0x8037_011E, |_, document| {
            let layers = document["Container"]["Storage"]["Layers"].as_array().unwrap()[..1].to_vec();
            document["Container"]["Storage"]["Layers"] = json!(layers);
        }),
        argon("layers-in-wrong-order", 0x8007_0057, |_, document| {
            document["Container"]["Storage"]["Layers"].as_array_mut().unwrap().reverse();
        }),
        argon("layer-id-not-name-to-guid", 0x8007_0003, |_, document| {
            document["Container"]["Storage"]["Layers"][0]["Id"] = json!("aaaaaaaa-bbbb-5ccc-8ddd-eeeeeeeeeeee");
        }),
        argon("layer-folder-missing", 0x8007_0003, |_, document| {
            let path = r"C:\nowhere\layer";
            document["Container"]["Storage"]["Layers"][0] = json!({"Id": layer::id_of(path), "Path": path});
        }),
        argon("volume-without-backslash", 0x8007_0057, |_, document| {
            let path = document["Container"]["Storage"]["Path"].as_str().unwrap().trim_end_matches('\\').to_string();
            document["Container"]["Storage"]["Path"] = json!(path);
        }),
        argon("volume-is-a-folder", 0x8007_1126, |world, document| {
            document["Container"]["Storage"]["Path"] = json!(format!(r"{}\", world.scratch));
        }),
        argon("volume-unknown", 0x8007_1126, |_, document| {
            document["Container"]["Storage"]["Path"] = json!(r"\\?\Volume{6b9a436d-0465-11e9-b3e9-005056946adc}\");
        }),
        argon("volume-missing", 0x8007_0057, |_, document| {
            document["Container"]["Storage"].as_object_mut().unwrap().remove("Path");
        }),
        argon("scratch-unprepared", 0x8007_1126, |world, _| layer::simple(old::UnprepareLayer, &world.scratch).unwrap()),
        case("scratch-used-twice", 0x8007_0020, |world| {
            let document = world.argon().to_string();
            v2::create("first", &document).1.expect("the first container");
            v2::create("second", &document).1.map(drop)
        }),
        argon("namespace-without-host-name", 0x8007_0057, |_, document| {
            host_build("26100");
            let namespace = "0f8fad5b-d9cb-469f-a165-70867728950e";
            network::create_namespace(namespace).expect("a namespace");
            document["Container"]["Networking"] = json!({"Namespace": namespace});
            document["Container"].as_object_mut().unwrap().remove("GuestOs");
        }),
        argon("namespace-unknown", 0x8007_0490, |_, document| {
            document["Container"]["Networking"] = json!({"Namespace": "0f8fad5b-d9cb-469f-a165-70867728950e"});
        }),
        argon("processor-count-and-weight", 0x8007_0057, |_, document| {
            document["Container"]["Processor"] = json!({"Count": 2, "Weight": 100});
        }),
        argon("processor-maximum-too-high", 0x8007_0057, |_, document| {
            document["Container"]["Processor"] = json!({"Maximum": 10001});
        }),
        argon("mapped-directory-missing", 0x8007_0002, |_, document| {
            document["Container"]["MappedDirectories"] = json!([{"HostPath": r"C:\nowhere", "ContainerPath": r"C:\x"}]);
        }),
        argon("image-older-than-host", 0x8037_0101, |_, _| host_build("17763")),
        argon("image-newer-than-host", 0x8037_0101, |world, _| {
            layer::write(format!(r"{}\Files\Windows\System32\hcsemu-build", world.base), "26100");
        }),
        argon("image-before-20348-on-newer-host", 0x8037_0101, |world, _| {
            layer::write(format!(r"{}\Files\Windows\System32\hcsemu-build", world.base), "17763");
        }),
        argon("image-without-build", 0x8037_0112, |world, _| {
            fs::remove_file(format!(r"{}\Files\Windows\System32\hcsemu-build", world.base)).unwrap();
        }),
        argon("caller-without-rights", 0x8037_011B, |_, _| setting("TOKEN", "user")),
        case("id-empty", 0x8007_0057, |world| v2::create("", &world.argon().to_string()).1.map(drop)),
    ]
}
