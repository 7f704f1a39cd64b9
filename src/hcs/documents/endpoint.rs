//! The document of a network endpoint, with its port mappings, and the properties that HCN reports of one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::hcs::documents::{Invalid, SchemaVersion, or_default};
use uuid::Uuid;

/// A `HostComputeEndpoint` to be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Endpoint {
    name: String,
    host_compute_network: Uuid,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policies: Vec<Policy>,
    schema_version: SchemaVersion,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    r#type: &'static str,
    settings: PortMappingSettings,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PortMappingSettings {
    protocol: u8,
    internal_port: u16,
    external_port: u16,
}

/// A port of the container that the host answers, as in `-p 8080:80/tcp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortMapping {
    /// The host's port.
    pub host: u16,
    /// The container's port.
    pub container: u16,
    /// TCP or UDP.
    pub protocol: Protocol,
}

/// A transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP, 6.
    Tcp,
    /// UDP, 17.
    Udp,
}

impl Protocol {
    /// The number in IP headers, which HCN expects.
    const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

impl Endpoint {
    /// An endpoint of this name on this network. Port mappings have an effect in this document only, not when they are added to
    /// an endpoint later.
    pub fn new(name: String, network: Uuid, ports: &[PortMapping]) -> Result<Self, Invalid> {
        for (position, mapping) in ports.iter().enumerate() {
            if mapping.host == 0 || mapping.container == 0 {
                return Err(Invalid::PortZero);
            }
            let same = |other: &&PortMapping| other.host == mapping.host && other.protocol == mapping.protocol;
            if ports.iter().take(position).any(|other| same(&other)) {
                return Err(Invalid::DuplicatePort { port: mapping.host, protocol: mapping.protocol });
            }
        }
        let policy = |mapping: &PortMapping| Policy {
            r#type: "PortMapping",
            settings: PortMappingSettings {
                protocol: mapping.protocol.number(),
                internal_port: mapping.container,
                external_port: mapping.host,
            },
        };
        Ok(Self {
            name,
            host_compute_network: network,
            policies: ports.iter().map(policy).collect(),
            schema_version: SchemaVersion::HCN,
        })
    }
}

/// The properties of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EndpointProperties {
    /// The id.
    #[serde(rename = "ID", alias = "Id")]
    pub id: Uuid,
    /// The name it was created with.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The namespace it is attached to: a GUID, all zero or empty for none.
    #[serde(default, deserialize_with = "or_default")]
    pub host_compute_namespace: String,
    /// The addresses.
    #[serde(default, deserialize_with = "or_default")]
    pub ip_configurations: Vec<IpConfiguration>,
}

/// An address of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct IpConfiguration {
    /// E.g. `172.30.5.17`.
    #[serde(default, deserialize_with = "or_default")]
    pub ip_address: String,
}

impl EndpointProperties {
    /// The namespace it is attached to.
    pub fn namespace(&self) -> Option<Uuid> {
        let none = Uuid::nil();
        self.host_compute_namespace.parse().ok().filter(|namespace| *namespace != none)
    }

    /// The first address, e.g. `172.30.5.17`.
    pub fn address(&self) -> Option<&str> {
        self.ip_configurations.iter().map(|configuration| configuration.ip_address.as_str()).find(|address| !address.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_ports_hns_would_answer_with_a_riddle() {
        let network = Uuid::from_fields(1, 2, 3, &[4; 8]);
        let port = |host, container, protocol| PortMapping { host, container, protocol };
        let endpoint = |ports: &[PortMapping]| Endpoint::new("e".into(), network, ports);
        assert!(endpoint(&[port(80, 80, Protocol::Tcp), port(80, 80, Protocol::Udp), port(81, 80, Protocol::Tcp)]).is_ok());
        assert_eq!(endpoint(&[port(0, 80, Protocol::Tcp)]), Err(Invalid::PortZero));
        assert_eq!(endpoint(&[port(80, 0, Protocol::Tcp)]), Err(Invalid::PortZero));
        assert_eq!(
            endpoint(&[port(80, 80, Protocol::Udp), port(80, 81, Protocol::Udp)]),
            Err(Invalid::DuplicatePort { port: 80, protocol: Protocol::Udp })
        );
    }

    #[test]
    fn reads_what_hns_tells() {
        let reported = r#"{"ID":"0f8fad5b-d9cb-469f-a165-70867728950e","Name":"n","HostComputeNamespace":"00000000-0000-0000-0000-000000000000",
            "IpConfigurations":[{"IpAddress":"172.30.5.17","PrefixLength":20}],"MacAddress":"00-15-5D-00-00-01"}"#;
        let endpoint: EndpointProperties = serde_json::from_str(reported).unwrap();
        assert_eq!((endpoint.address(), endpoint.namespace()), (Some("172.30.5.17"), None));
    }
}
