//! Networks, endpoints, namespaces.

use super::{Refused, case};
use crate::layer::done;
use crate::text::Wide;
use crate::world::setting;
use crate::{Case, network, v2};
use serde_json::{Value, json};
use std::ptr::null_mut;

/// All of them.
pub fn cases() -> Vec<Case> {
    let nat = || network::networks("nat").pop().expect("a network nat");
    let endpoint = move |document: &dyn Fn(&str) -> Value| -> Refused {
        let id = nat();
        network::create_endpoint(network::open_network(&id)?, &document(&id)).map(drop)
    };
    let namespace = "0f8fad5b-d9cb-469f-a165-70867728950e";
    vec![
        case("network-unknown", 0x803B_0001, move |_| network::open_network(namespace).map(drop)),
        case("endpoint-unknown", 0x803B_0002, move |_| network::delete_endpoint(namespace)),
        case("namespace-handle-unknown", 0x8007_0490, move |_| network::open_namespace(namespace).map(drop)),
        case("endpoint-flags-as-text", 0x803B_001B, move |_| {
            endpoint(&|id| json!({"HostComputeNetwork": id, "Flags": "None", "SchemaVersion": {"Major": 2, "Minor": 0}}))
        }),
        case("endpoint-unknown-field", 0x803B_001B, move |_| {
            endpoint(&|id| json!({"HostComputeNetwork": id, "Ip": "x", "SchemaVersion": {"Major": 2, "Minor": 0}}))
        }),
        case("endpoint-without-version", 0x803B_001B, move |_| endpoint(&|id| json!({"HostComputeNetwork": id}))),
        case("port-flags-as-text", 0x803B_001B, move |_| {
            endpoint(&|id| {
                let mut document = network::endpoint_document(id);
                document["Policies"] = json!([network::port(8080, 80)]);
                document["Policies"][0]["Settings"]["Flags"] = json!("None");
                document
            })
        }),
        case("port-taken", 0x803B_0013, move |_| {
            let document = |id: &str| {
                let mut document = network::endpoint_document(id);
                document["Policies"] = json!([network::port(8080, 80)]);
                document
            };
            endpoint(&document).expect("the first endpoint");
            endpoint(&|id| {
                let mut second = document(id);
                second["Name"] = json!("second");
                second
            })
        }),
        case("port-not-on-nat", 0x803B_0016, |_| {
            setting("NETWORKS", "Default Switch:ICS");
            let id = network::networks("Default Switch").pop().expect("the network");
            let mut document = network::endpoint_document(&id);
            document["Policies"] = json!([network::port(8080, 80)]);
            network::create_endpoint(network::open_network(&id)?, &document).map(drop)
        }),
        case("address-outside", 0x803B_001E, move |_| {
            endpoint(&|id| {
                let mut document = network::endpoint_document(id);
                document["IpConfigurations"] = json!([{"IpAddress": "10.0.0.1"}]);
                document
            })
        }),
        case("endpoint-attached-twice", 0x803B_0014, move |_| {
            let (endpoint, handle) = (network::endpoint(), network::create_namespace(namespace)?);
            network::attach(handle, &endpoint, "Add").expect("the first time");
            network::attach(handle, &endpoint, "Add")
        }),
        case("namespace-while-used", 0x803B_002C, move |world| {
            network::create_namespace(namespace)?;
            let mut document = world.argon();
            document["Container"]["Networking"] = json!({"Namespace": namespace});
            v2::create("user", &document.to_string()).1.expect("the container");
            network::delete_namespace(namespace)
        }),
        case("network-with-endpoints", 0x803B_002C, move |_| {
            network::endpoint();
            network::delete_network(&nat())
        }),
        case("network-without-default-route", 0x803B_000A, |_| {
            let subnets = json!([{"IpAddressPrefix": "172.30.0.0/20"}]);
            network::create_network(&json!({
                "Name": "second", "Type": "NAT", "Ipams": [{"Type": "Static", "Subnets": subnets}], "SchemaVersion": {"Major": 2, "Minor": 0},
            }))
            .map(drop)
        }),
        case("network-name-taken", 0x803B_0010, |_| {
            network::networks("nat");
            network::create_network(&json!({"Name": "nat", "Type": "ICS", "SchemaVersion": {"Major": 2, "Minor": 0}})).map(drop)
        }),
        case("network-unelevated", 0x8007_0005, |_| {
            setting("TOKEN", "hyperv-admin");
            network::create_network(&json!({"Name": "x", "Type": "ICS", "SchemaVersion": {"Major": 2, "Minor": 0}})).map(drop)
        }),
        case("filter-not-json", 0x803B_001B, |_| {
            let query = Wide::new(r#"{"SchemaVersion":{"Major":2,"Minor":0},"Filter":"Name=nat"}"#);
            let mut found = null_mut();
            // SAFETY: the text and the place are valid during the call.
            let code = unsafe { crate::ffi::network::HcnEnumerateNetworks(query.ptr(), &mut found, null_mut()) };
            done(code).map_err(|code| (code, String::new()))
        }),
    ]
}
