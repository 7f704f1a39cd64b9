//! Networks. One NAT network named `nat` exists, as dockerd leaves it; `HCSEMU_NETWORKS` names others: `none`, or a list of
//! `name:type`, e.g. `nat:NAT,Default Switch:ICS`.

use super::{Filter, id_or_fresh, ids, settings};
use crate::codes::{
    ACCESS_DENIED, ENTITY_HAS_REFERENCES, INVALID_IP, INVALID_NETWORK, NETWORK_ALREADY_EXISTS, NETWORK_NOT_FOUND,
    REQUEST_UNSUPPORTED,
};
use crate::documents;
use crate::guid;
use crate::home;
use crate::host::{self, Token};
use crate::rules::{self, Refusal};
use crate::state::{self, Network, State};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The networks in the state; the configured ones are put there at the first look.
pub fn all(state: &mut State) -> &mut BTreeMap<String, Network> {
    state.networks.get_or_insert_with(configured)
}

/// The networks that are there before anybody makes one.
pub fn configured() -> BTreeMap<String, Network> {
    let list = home::setting("NETWORKS");
    let list = if list.is_empty() { "nat:NAT" } else { &list };
    let named = list.split(',').filter_map(|entry| entry.split_once(':'));
    named
        .enumerate()
        .map(|(index, (name, kind))| {
            let subnet = 64 + 16 * index;
            let network = Network {
                name: name.trim().to_string(),
                kind: kind.trim().to_string(),
                prefix: format!("172.28.{subnet}.0/20"),
                gateway: format!("172.28.{subnet}.1"),
                document: Value::Null,
            };
            (guid::name_to_guid(&format!("network {name}")).to_string(), network)
        })
        .collect()
}

fn find<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Network, Refusal> {
    let says = format!("there is no network {id}");
    all(state).get_mut(id).ok_or_else(|| rules::HCN_NOT_FOUND.refusal(NETWORK_NOT_FOUND, says))
}

fn properties(id: &str, network: &Network) -> Value {
    let mut properties = json!({
        "ID": id,
        "Name": network.name,
        "Ipams": [{"Type": "Static", "Subnets": [{
            "IpAddressPrefix": network.prefix,
            "Routes": [{"NextHop": network.gateway, "DestinationPrefix": "0.0.0.0/0"}],
        }]}],
        "Dns": {},
        "MacPool": {"Ranges": [{"StartMacAddress": "00-15-5D-52-C0-00", "EndMacAddress": "00-15-5D-52-CF-FF"}]},
        "Flags": 0,
        "SchemaVersion": {"Major": 2, "Minor": 0},
    });
    for (name, value) in network.document.as_object().into_iter().flatten() {
        if ["Policies", "Dns", "MacPool", "Ipams"].contains(&name.as_str()) && !value.is_null() {
            properties[name] = value.clone();
        }
    }
    // NAT is the zero value of the type, and is left out.
    if network.kind != "NAT" {
        properties["Type"] = json!(network.kind);
    }
    properties
}

/// HcnEnumerateNetworks.
pub fn enumerate(query: Option<&str>) -> Result<Option<String>, Refusal> {
    let filter = Filter::read(query)?;
    state::with(|state| Ok(ids(all(state).iter().map(|(id, network)| (id, properties(id, network))), &filter)))
}

/// HcnOpenNetwork.
pub fn open(id: &str) -> Result<String, Refusal> {
    state::with(|state| find(state, id).map(|_| id.to_string()))
}

/// HcnQueryNetworkProperties.
pub fn query(id: &str, query: Option<&str>) -> Result<String, Refusal> {
    Filter::read(query)?;
    state::with(|state| Ok(properties(id, find(state, id)?).to_string()))
}

/// HcnCreateNetwork.
pub fn create(id: Option<String>, text: Option<&str>) -> Result<String, Refusal> {
    if host::token() < Token::Elevated {
        return Err(rules::ELEVATION.refusal(ACCESS_DENIED, "making a network needs an elevated administrator"));
    }
    let document = settings("HcnNetwork", text)?;
    let subnets: Vec<&Value> = document["Ipams"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|ipam| ipam["Subnets"].as_array().into_iter().flatten())
        .collect();
    let kind = document["Type"].as_str().unwrap_or("NAT").to_string();
    for subnet in &subnets {
        readable(subnet)?;
        let routes = subnet["Routes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let default = routes.iter().any(|route| route["DestinationPrefix"] == "0.0.0.0/0" && route["NextHop"].is_string());
        rules::NETWORK_DOCUMENT
            .require(default || kind != "NAT", INVALID_NETWORK, || format!("the subnet {subnet} has no default route"))?;
    }
    let name = document["Name"].as_str().unwrap_or_default().to_string();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let first = subnets.first().copied().cloned().unwrap_or_default();
    let network = Network {
        name: name.clone(),
        kind,
        prefix: text(&first["IpAddressPrefix"]),
        gateway: text(&first["Routes"][0]["NextHop"]),
        document: document.clone(),
    };
    let id = id_or_fresh(id, &document);
    state::with(|state| {
        let networks = all(state);
        let taken = networks.contains_key(&id) || networks.values().any(|other| other.name == name);
        rules::NETWORK_EXISTS.require(!taken, NETWORK_ALREADY_EXISTS, || format!("the network {name:?} exists"))?;
        networks.insert(id.clone(), network);
        Ok(id)
    })
}

/// Refuses a subnet whose prefix or gateways cannot be read.
fn readable(subnet: &Value) -> Result<(), Refusal> {
    let prefix = |text: &str| {
        let (address, length) = text.split_once('/').unwrap_or((text, ""));
        let bits = if address.contains(':') { 128 } else { 32 };
        address.parse::<IpAddr>().is_ok() && length.parse().is_ok_and(|length: u8| length <= bits)
    };
    let own = subnet["IpAddressPrefix"].as_str().unwrap_or_default();
    let mut routes = subnet["Routes"].as_array().into_iter().flatten();
    let fine = prefix(own)
        && routes.all(|route| {
            let hop = route["NextHop"].as_str().unwrap_or_default();
            route["DestinationPrefix"].as_str().is_some_and(prefix) && (hop.is_empty() || hop.parse::<IpAddr>().is_ok())
        });
    rules::HCN_ADDRESS.require(fine, INVALID_IP, || format!("the subnet {subnet}"))
}

/// HcnModifyNetwork: policies are added, removed or replaced.
pub fn modify(id: &str, text: Option<&str>) -> Result<(), Refusal> {
    let request = documents::read_hcn("HcnModifyRequest", text)?;
    if request["ResourceType"] != "Policy" {
        return Err(rules::OPTIONS.refusal(REQUEST_UNSUPPORTED, format!("{request}")));
    }
    let policies = request["Settings"]["Policies"].as_array().cloned().unwrap_or_default();
    policies.iter().try_for_each(|policy| documents::check("HcnPolicy", policy))?;
    state::with(|state| {
        let network = find(state, id)?;
        let mut own = network.document["Policies"].as_array().cloned().unwrap_or_default();
        match request["RequestType"].as_str() {
            Some("Remove") => own.retain(|policy| !policies.contains(policy)),
            Some("Update") => own = policies,
            _ => own.extend(policies),
        }
        network.document["Policies"] = json!(own);
        Ok(())
    })
}

/// HcnDeleteNetwork.
pub fn delete(id: &str) -> Result<(), Refusal> {
    state::with(|state| {
        find(state, id)?;
        let used = state.endpoints.iter().find(|(_, endpoint)| endpoint.network == id).map(|(id, _)| id.clone());
        if let Some(endpoint) = used {
            rules::REFERENCES.refuse(ENTITY_HAS_REFERENCES, format!("the endpoint {endpoint} is on it"))?;
        }
        all(state).remove(id);
        Ok(())
    })
}
