//! Documents of the Host Compute Network service.

use super::{Row, spoilt, taken, tally, with, without};
use crate::Case;
use crate::network::{self, Answer};
use crate::world::World;
use serde_json::{Value, json};

/// HCN_E_INVALID_JSON.
const JSON: u32 = 0x803B_001B;
/// HCN_E_INVALID_IP.
const ADDRESS: u32 = 0x803B_001E;
/// HCN_E_INVALID_ENDPOINT.
const ENDPOINT: u32 = 0x803B_000C;
/// HCN_E_INVALID_POLICY.
const POLICY: u32 = 0x803B_000D;
const SPACE: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

/// The case.
pub fn case() -> Case {
    Case::new("broken-hcn", || {
        World::with_image("broken-hcn");
        let nat = network::networks("nat").pop().expect("a network nat");
        let handle = network::open_network(&nat).expect("the network");
        let mut other = network::endpoint_document(&nat);
        other["Name"] = json!("other");
        other["MacAddress"] = json!("00-15-5D-52-C0-FF");
        other["Policies"] = json!([network::port(9090, 80)]);
        let (other, _) = network::create_endpoint(handle, &other).expect("another endpoint");
        tally("documents of endpoints", 27, &endpoints(), &network::endpoint_document(&nat), |document| {
            let (id, _) = network::create_endpoint(handle, document)?;
            network::delete_endpoint(&id)
        });
        let subnet =
            json!({"IpAddressPrefix": "172.30.0.0/20", "Routes": [{"NextHop": "172.30.0.1", "DestinationPrefix": "0.0.0.0/0"}]});
        let sound = json!({
            "Name": "second", "Type": "NAT", "Ipams": [{"Type": "Static", "Subnets": [subnet]}], "SchemaVersion": {"Major": 2, "Minor": 0},
        });
        tally("documents of networks", 10, &networks(), &sound, |document| {
            network::create_network(document)?;
            network::delete_network(&network::networks("second").pop().expect("the network"))
        });
        let sound = json!({"SchemaVersion": {"Major": 2, "Minor": 0}});
        tally("documents of namespaces", 7, &namespaces(), &sound, |document| {
            let handle = network::create_namespace_of(SPACE, document)?;
            let id = network::namespace_properties(handle)["ID"].as_str().expect("an id").to_string();
            network::delete_namespace(&id)
        });
        let inside = network::create_namespace(SPACE).expect("a namespace");
        let attach = json!({"ResourceType": "Endpoint", "RequestType": "Add", "Settings": {"EndpointId": other}});
        tally("requests to namespaces", 7, &requests(), &attach, |document| -> Answer<()> {
            network::modify_namespace(inside, document)?;
            network::attach(inside, &other, "Remove")
        });
    })
}

fn port(name: &'static str, code: u32, field: &'static str, value: Value) -> Row {
    spoilt(name, code, move |document| {
        document["Policies"] = json!([network::port(8080, 80)]);
        document["Policies"][0]["Settings"][field] = value.clone();
    })
}

fn policies(name: &'static str, code: u32, policies: Value) -> Row {
    with(name, code, "/Policies", policies)
}

fn endpoints() -> Vec<Row> {
    let acl = |settings: Value| json!([{"Type": "ACL", "Settings": settings}]);
    vec![
        with("an unknown field", JSON, "/Ip", json!("x")),
        with("flags as text", JSON, "/Flags", json!("None")),
        with("another network", ENDPOINT, "/HostComputeNetwork", json!(SPACE)),
        with("a network that is no GUID", JSON, "/HostComputeNetwork", json!("nat")),
        with("an id that is no GUID", JSON, "/ID", json!("mine")),
        without("no version", JSON, "/SchemaVersion"),
        with("version 1", JSON, "/SchemaVersion/Major", json!(1)),
        with("a name that is a number", JSON, "/Name", json!(1)),
        with("a name in use", ENDPOINT, "/Name", json!("other")),
        with("a MAC address in use", 0x803B_002F, "/MacAddress", json!("00-15-5d-52-c0-ff")),
        with("a MAC address that is none", ADDRESS, "/MacAddress", json!("mine")),
        with("an address that is none", ADDRESS, "/IpConfigurations", json!([{"IpAddress": "mine"}])),
        with("an address outside", ADDRESS, "/IpConfigurations", json!([{"IpAddress": "10.0.0.1"}])),
        with("the address of the gateway", 0x803B_002F, "/IpConfigurations", json!([{"IpAddress": "172.28.64.1"}])),
        policies("policies that are an object", JSON, json!({})),
        policies("a policy without type", POLICY, json!([{"Settings": {}}])),
        policies("an unknown policy", POLICY, json!([{"Type": "Magic", "Settings": {}}])),
        policies("an unknown action", JSON, acl(json!({"Action": "Drop", "Direction": "In"}))),
        policies("an unknown direction", JSON, acl(json!({"Action": "Allow", "Direction": "Up"}))),
        policies("a port twice", 0x803B_0013, json!([network::port(8080, 80), network::port(8080, 81)])),
        policies("a port in use", 0x803B_0013, json!([network::port(9090, 80)])),
        port("a protocol that has no ports", POLICY, "Protocol", json!(1)),
        port("no port inside", 0x803B_002D, "InternalPort", json!(0)),
        port("a port that is too large", JSON, "ExternalPort", json!(70000)),
        port("a port as text", JSON, "ExternalPort", json!("8080")),
        port("flags of a port as text", JSON, "Flags", json!("None")),
        taken("HNS chooses one: the zero value", port("no port outside", 0, "ExternalPort", json!(0))),
    ]
}

fn networks() -> Vec<Row> {
    const SUBNET: &str = "/Ipams/0/Subnets/0";
    let in_subnet = |name, code, field: &'static str, value: Value| {
        spoilt(name, code, move |document: &mut Value| {
            *document.pointer_mut(SUBNET).expect("a subnet").pointer_mut(field).expect("a field") = value.clone();
        })
    };
    vec![
        with("an unknown field", JSON, "/Subnet", json!("x")),
        with("an unknown type", JSON, "/Type", json!("Bridge")),
        with("flags as text", JSON, "/Flags", json!("None")),
        with("a name in use", 0x803B_0010, "/Name", json!("nat")),
        without("no version", JSON, "/SchemaVersion"),
        in_subnet("a subnet that is none", ADDRESS, "/IpAddressPrefix", json!("mine")),
        in_subnet("a subnet without length", ADDRESS, "/IpAddressPrefix", json!("172.30.0.0")),
        in_subnet("a subnet of 40 bits", ADDRESS, "/IpAddressPrefix", json!("172.30.0.0/40")),
        in_subnet("a gateway that is none", ADDRESS, "/Routes/0/NextHop", json!("mine")),
        spoilt("no default route", 0x803B_000A, |document| {
            document.pointer_mut(SUBNET).and_then(Value::as_object_mut).expect("a subnet").remove("Routes");
        }),
    ]
}

fn namespaces() -> Vec<Row> {
    vec![
        with("an unknown field", JSON, "/Name", json!("x")),
        with("an unknown type", JSON, "/Type", json!("Silo")),
        with("the number of no type", JSON, "/Type", json!(4)),
        with("flags as text", JSON, "/Flags", json!("None")),
        with("version 3", JSON, "/SchemaVersion/Major", json!(3)),
        taken("containerd makes namespaces from an empty structure", without("no version", 0, "/SchemaVersion")),
        taken("Microsoft's sample sends one", with("a type as number", 0, "/Type", json!(0))),
    ]
}

fn requests() -> Vec<Row> {
    vec![
        with("an unknown field", JSON, "/Force", json!(true)),
        with("an unknown endpoint", 0x803B_0002, "/Settings/EndpointId", json!(SPACE)),
        with("an endpoint that is no GUID", JSON, "/Settings/EndpointId", json!("mine")),
        without("no endpoint", JSON, "/Settings"),
        with("an unknown request", JSON, "/RequestType", json!("Swap")),
        with("the removal of what is not there", 0x803B_0034, "/RequestType", json!("Remove")),
        with("a container", 0x803B_0015, "/ResourceType", json!("Container")),
    ]
}
