//! The query for networks, and the properties that HCN reports of one.

use serde::{Deserialize, Deserializer, Serialize};

use crate::hcs::documents::{SchemaVersion, or_default};
use uuid::Uuid;

/// A query to HCN, for networks, endpoints and their properties. It asks for all of them: names are compared here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HcnQuery {
    schema_version: SchemaVersion,
}

impl HcnQuery {
    /// A query for all objects.
    pub const ALL: Self = Self { schema_version: SchemaVersion::HCN };
}

/// The properties of a network.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Network {
    /// The id.
    #[serde(rename = "ID", alias = "Id")]
    pub id: Uuid,
    /// E.g. `nat`.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// E.g. `NAT`, `Transparent`. HNS leaves out the type of a NAT network, since it is its zero value.
    #[serde(rename = "Type", default = "nat", deserialize_with = "or_nat")]
    pub kind: String,
}

fn nat() -> String {
    "NAT".to_owned()
}

fn or_nat<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    or_default::<Option<String>, D>(from).map(|kind| kind.unwrap_or_else(nat))
}

impl Network {
    /// True if it is a NAT network: the kind that does not depend on the network around the host, and the one with port mappings.
    pub fn is_nat(&self) -> bool {
        self.kind.eq_ignore_ascii_case("nat")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_without_type_is_nat() {
        let network = |json: &str| serde_json::from_str::<Network>(json).unwrap();
        let id = "b95d0c5e-57d4-412b-b571-18a81a16e005";
        assert!(network(&format!(r#"{{"ID":"{id}","Name":"nat"}}"#)).is_nat());
        assert!(network(&format!(r#"{{"ID":"{id}","Name":"nat","Type":"NAT"}}"#)).is_nat());
        assert!(!network(&format!(r#"{{"ID":"{}","Name":"Default Switch","Type":"ICS"}}"#, id.to_uppercase())).is_nat());
    }
}
