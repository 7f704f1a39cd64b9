//! Endpoints: an address on a network, its ports, and where it is attached.

use super::{Filter, id_or_fresh, ids, is_mac, networks, settings};
use crate::codes::{
    ADDRESS_RESERVED, ENDPOINT_NOT_FOUND, ENTITY_HAS_REFERENCES, INVALID_ENDPOINT, INVALID_INTERNAL_PORT, INVALID_IP,
    INVALID_POLICY, MAPPING_NOT_SUPPORTED, PORT_ALREADY_EXISTS, REQUEST_UNSUPPORTED,
};
use crate::documents;
use crate::rules::{self, Refusal};
use crate::state::{self, Endpoint, Network, Phase, State};
use serde_json::{Value, json};
use std::net::Ipv4Addr;

/// An endpoint by its id.
pub fn find<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Endpoint, Refusal> {
    let says = format!("there is no endpoint {id}");
    state.endpoints.get_mut(id).ok_or_else(|| rules::HCN_NOT_FOUND.refusal(ENDPOINT_NOT_FOUND, says))
}

fn properties(id: &str, endpoint: &Endpoint, network: Option<&Network>) -> Value {
    let mut properties = endpoint.document.clone();
    properties["ID"] = json!(id);
    properties["HostComputeNetwork"] = json!(endpoint.network);
    properties["IpConfigurations"] = json!([{"IpAddress": endpoint.address, "PrefixLength": endpoint.prefix_length}]);
    properties["MacAddress"] = json!(endpoint.mac);
    properties["Flags"] = json!(endpoint.document["Flags"].as_u64().unwrap_or(0));
    if let Some(network) = network {
        properties["Routes"] = json!([{"NextHop": network.gateway, "DestinationPrefix": "0.0.0.0/0"}]);
    }
    if let Some(namespace) = &endpoint.namespace {
        properties["HostComputeNamespace"] = json!(namespace);
    }
    properties
}

/// HcnEnumerateEndpoints.
pub fn enumerate(query: Option<&str>) -> Result<Option<String>, Refusal> {
    let filter = Filter::read(query)?;
    state::with(|state| Ok(ids(state.endpoints.iter().map(|(id, endpoint)| (id, properties(id, endpoint, None))), &filter)))
}

/// HcnOpenEndpoint.
pub fn open(id: &str) -> Result<String, Refusal> {
    state::with(|state| find(state, id).map(|_| id.to_string()))
}

/// HcnQueryEndpointProperties.
pub fn query(id: &str, query: Option<&str>) -> Result<String, Refusal> {
    Filter::read(query)?;
    state::with(|state| {
        let endpoint = find(state, id)?.clone();
        let network = networks::all(state).get(&endpoint.network);
        Ok(properties(id, &endpoint, network).to_string())
    })
}

/// HcnCreateEndpoint.
pub fn create(network: &str, id: Option<String>, text: Option<&str>) -> Result<String, Refusal> {
    let document = settings("HcnEndpoint", text)?;
    let named = document["HostComputeNetwork"].as_str();
    rules::ENDPOINT_NETWORK.require(named.is_none_or(|named| named.eq_ignore_ascii_case(network)), INVALID_ENDPOINT, || {
        format!("the document is for the network {named:?}, the handle for {network}")
    })?;
    let id = id_or_fresh(id, &document);
    state::with(|state| {
        let says = format!("there is no network {network}");
        let found = networks::all(state).get(network).cloned();
        let found = found.ok_or_else(|| rules::HCN_NOT_FOUND.refusal(crate::codes::NETWORK_NOT_FOUND, says))?;
        if state.endpoints.contains_key(&id) {
            return Err(rules::ENDPOINT_UNIQUE.refusal(INVALID_ENDPOINT, format!("the endpoint {id} exists")));
        }
        unique(state, &document)?;
        let ports = mapped_ports(state, &found, &document)?;
        let (address, prefix_length, number) = address(state, network, &found, &document)?;
        let endpoint = Endpoint {
            network: network.to_string(),
            mac: document["MacAddress"].as_str().filter(|mac| !mac.is_empty()).map_or_else(
                || format!("00-15-5D-52-{:02X}-{:02X}", 0xC0 + (number >> 8 & 0xF), number & 0xFF),
                str::to_uppercase,
            ),
            document,
            address,
            prefix_length,
            namespace: None,
            ports,
        };
        state.endpoints.insert(id.clone(), endpoint);
        Ok(id)
    })
}

/// A name and a MAC address that no other endpoint has.
fn unique(state: &State, document: &Value) -> Result<(), Refusal> {
    let name = document["Name"].as_str().unwrap_or_default();
    let named = state.endpoints.values().any(|other| !name.is_empty() && other.document["Name"] == name);
    rules::ENDPOINT_UNIQUE.require(!named, INVALID_ENDPOINT, || format!("there is an endpoint {name:?} already"))?;
    let Some(mac) = document["MacAddress"].as_str().filter(|mac| !mac.is_empty()) else { return Ok(()) };
    rules::HCN_ADDRESS.require(is_mac(mac), INVALID_IP, || format!("the MAC address {mac:?}"))?;
    let taken = state.endpoints.values().any(|other| other.mac.eq_ignore_ascii_case(mac));
    rules::ENDPOINT_UNIQUE.require(!taken, ADDRESS_RESERVED, || format!("the MAC address {mac} is taken"))
}

/// The types of policies that hcsshim knows for endpoints.
const POLICIES: [&str; 14] = [
    "ACL",
    "OutBoundNAT",
    "SDNRoute",
    "L4Proxy",
    "L4WFPPROXY",
    "PortName",
    "PortMapping",
    "EncapOverhead",
    "IOV",
    "L2Driver",
    "ProviderAddress",
    "QOS",
    "TierAcl",
    "EndpointACL",
];

/// The host's ports the policies take, checked against all that are taken.
fn mapped_ports(state: &State, network: &Network, document: &Value) -> Result<Vec<(u32, u16)>, Refusal> {
    let mut ports = Vec::new();
    for policy in document["Policies"].as_array().into_iter().flatten() {
        let settings = &policy["Settings"];
        let kind = policy["Type"].as_str().unwrap_or_default();
        rules::HCN_POLICY.require(POLICIES.contains(&kind), INVALID_POLICY, || format!("the policy {policy}"))?;
        match policy["Type"].as_str().unwrap_or_default() {
            "PortMapping" => {
                documents::check("HcnPortMapping", settings)?;
                if network.kind != "NAT" {
                    let says = format!("the network is of type {}", network.kind);
                    return Err(rules::PORT_MAPPING.refusal(MAPPING_NOT_SUPPORTED, says));
                }
                let protocol = settings["Protocol"].as_u64().unwrap_or(0) as u32;
                rules::PORT_MAPPING
                    .require([6, 17].contains(&protocol), INVALID_POLICY, || format!("the protocol {protocol}"))?;
                let inner = settings["InternalPort"].as_u64().unwrap_or(0);
                rules::PORT_MAPPING.require(inner != 0, INVALID_INTERNAL_PORT, || "InternalPort is 0".to_string())?;
                let port = settings["ExternalPort"].as_u64().unwrap_or(0) as u16;
                let taken = state.endpoints.values().flat_map(|endpoint| &endpoint.ports).chain(&ports);
                if port != 0 && taken.into_iter().any(|taken| *taken == (protocol, port)) {
                    return Err(rules::PORT_MAPPING.refusal(PORT_ALREADY_EXISTS, format!("the port {port} is taken")));
                }
                ports.push((protocol, port));
            }
            "ACL" => documents::check("HcnAcl", settings)?,
            _ => {}
        }
    }
    Ok(ports)
}

/// The address the document asks for, or the next one free; with its prefix length and its number in the network.
fn address(state: &State, id: &str, network: &Network, document: &Value) -> Result<(String, u8, u32), Refusal> {
    let (first, length) = network.prefix.split_once('/').unwrap_or(("172.28.64.0", "20"));
    let first: Ipv4Addr = first.parse().unwrap_or(Ipv4Addr::new(172, 28, 64, 0));
    let length: u8 = length.parse().unwrap_or(20);
    let size = 1u32.checked_shl(32 - u32::from(length)).unwrap_or(0);
    let taken = |address: &str| state.endpoints.values().any(|other| other.network == id && other.address == address);
    let asked = document["IpConfigurations"][0]["IpAddress"].as_str();
    if let Some(asked) = asked {
        let parsed: Option<Ipv4Addr> = asked.parse().ok();
        let number = parsed.map(|address| u32::from(address).wrapping_sub(u32::from(first)));
        let Some(number) = number.filter(|number| *number < size) else {
            return Err(rules::PORT_MAPPING.refusal(INVALID_IP, format!("{asked:?} is not in {}", network.prefix)));
        };
        if taken(asked) || number < 2 {
            return Err(rules::PORT_MAPPING.refusal(ADDRESS_RESERVED, format!("{asked} is taken")));
        }
        return Ok((asked.to_string(), length, number));
    }
    let free = (2..size.saturating_sub(1)).map(|number| (number, Ipv4Addr::from(u32::from(first) + number).to_string()));
    let (number, address) = free
        .into_iter()
        .find(|(_, address)| !taken(address))
        .ok_or_else(|| rules::PORT_MAPPING.refusal(ADDRESS_RESERVED, "no address is free"))?;
    Ok((address, length, number))
}

/// HcnModifyEndpoint: policies. A port mapping added now is accepted and does nothing.
pub fn modify(id: &str, text: Option<&str>) -> Result<(), Refusal> {
    let request = documents::read_hcn("HcnModifyRequest", text)?;
    if request["ResourceType"] != "Policy" {
        return Err(rules::OPTIONS.refusal(REQUEST_UNSUPPORTED, format!("{request}")));
    }
    let policies = request["Settings"]["Policies"].as_array().cloned().unwrap_or_default();
    for policy in &policies {
        documents::check("HcnPolicy", policy)?;
    }
    state::with(|state| {
        let endpoint = find(state, id)?;
        let mut own = endpoint.document["Policies"].as_array().cloned().unwrap_or_default();
        match request["RequestType"].as_str() {
            Some("Remove") => own.retain(|policy| !policies.contains(policy)),
            Some("Update") => own = policies,
            _ => own.extend(policies.into_iter().filter(|policy| policy["Type"] != "PortMapping")),
        }
        endpoint.document["Policies"] = json!(own);
        Ok(())
    })
}

/// HcnDeleteEndpoint.
pub fn delete(id: &str) -> Result<(), Refusal> {
    state::with(|state| {
        let namespace = find(state, id)?.namespace.clone();
        let used = |system: &state::System| {
            system.phase != Phase::Stopped
                && (system.endpoints.iter().any(|own| own == id) || (namespace.is_some() && system.namespace == namespace))
        };
        let user = state.systems.iter().find(|(_, system)| used(system)).map(|(id, _)| id.clone());
        if let Some(user) = user {
            rules::REFERENCES.refuse(ENTITY_HAS_REFERENCES, format!("the system {user} uses it"))?;
        }
        if let Some(namespace) = namespace {
            let says = format!("the endpoint is in the namespace {namespace}: that goes first");
            rules::STRANDED.refuse(ENTITY_HAS_REFERENCES, says)?;
        }
        state.endpoints.remove(id);
        Ok(())
    })
}
