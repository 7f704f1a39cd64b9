//! Documents that the schema refuses.

use super::{argon, case, create, created};
use crate::ffi::core;
use crate::layer::done;
use crate::text::Wide;
use crate::world::host_build;
use crate::{Case, v2};
use serde_json::json;
use std::ptr::null_mut;

/// All of them.
pub fn cases() -> Vec<Case> {
    vec![
        argon("unknown-field", 0x8037_010D, |_, document| document["Container"]["Flavour"] = json!("x")),
        argon("unknown-field-at-top", 0x8037_010D, |_, document| document["Isolation"] = json!("process")),
        argon("field-in-wrong-case", 0x8037_010D, |_, document| document["owner"] = json!("x")),
        argon("number-as-text", 0x8037_010D, |_, document| document["Container"]["Memory"]["SizeInMB"] = json!("1024")),
        argon("negative-memory", 0x8037_010D, |_, document| document["Container"]["Memory"]["SizeInMB"] = json!(-1)),
        argon("text-as-flag", 0x8037_010D, |_, document| document["ShouldTerminateOnLastHandleClosed"] = json!("true")),
        argon("list-as-object", 0x8037_010D, |_, document| document["Container"]["MappedDirectories"] = json!({})),
        argon("null-value", 0x8037_010D, |_, document| document["Container"]["Networking"] = json!(null)),
        argon("layer-id-no-guid", 0x8037_010D, |_, document| document["Container"]["Storage"]["Layers"][0]["Id"] = json!("{x}")),
        argon("unknown-path-type", 0x8037_010D, |_, document| {
            document["Container"]["Storage"]["Layers"][0]["PathType"] = json!("Share")
        }),
        argon("search-list-as-list", 0x8037_010D, |_, document| {
            document["Container"]["Networking"] = json!({"DnsSearchList": ["a"]})
        }),
        argon("field-newer-than-host", 0x8037_010D, |_, document| {
            host_build("17763");
            document["Container"]["AdditionalDeviceNamespace"] = json!({});
        }),
        argon("schema-version-missing", 0x8037_010D, |_, document| {
            drop(document.as_object_mut().unwrap().remove("SchemaVersion"))
        }),
        argon("schema-version-too-new", 0x8037_010D, |_, document| document["SchemaVersion"]["Minor"] = json!(99)),
        case("not-json", 0x8037_010D, |_| {
            let (system, answer) = v2::create("refused", "{\"Owner\":");
            v2::close(system);
            answer.map(drop)
        }),
        argon("container-and-machine", 0x8007_0057, |_, document| document["VirtualMachine"] = json!({})),
        case("neither-container-nor-machine", 0x8007_0057, |_| {
            create(&json!({"Owner": "x", "SchemaVersion": {"Major": 2, "Minor": 1}}))
        }),
        case("enumerate-unknown-type", 0x8037_010D, |_| v2::enumerate(r#"{"Types":["Pod"]}"#).map(drop)),
        case("enumerate-unknown-field", 0x8037_010D, |_| v2::enumerate(r#"{"Owner":["x"]}"#).map(drop)),
        case("properties-unknown-type", 0x8037_010D, |world| {
            let query = r#"{"PropertyTypes":["Everything"]}"#;
            v2::simple(core::HcsGetComputeSystemProperties, created(world), Some(query)).map(drop)
        }),
        case("service-query-unknown-field", 0x8037_010D, |_| {
            let query = Wide::new(r#"{"Types":["Basic"]}"#);
            let mut found = null_mut();
            // SAFETY: the text and the place are valid during the call.
            done(unsafe { core::HcsGetServiceProperties(query.ptr(), &mut found) }).map_err(|code| (code, String::new()))
        }),
    ]
}
