//! The documents of a network namespace: it is created empty, then endpoints are attached.

use serde::{Deserialize, Serialize};

use crate::hcs::documents::SchemaVersion;
use uuid::Uuid;

/// A `HostComputeNamespace` to be created. Its `Type` is left out, which means one of the host, for process isolation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Namespace {
    schema_version: SchemaVersion,
}

impl Namespace {
    /// A namespace of the host.
    pub const HOST: Self = Self { schema_version: SchemaVersion::HCN };
}

/// The properties of a namespace, as far as they matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct NamespaceProperties {
    /// The id. HCN need not take the one that it was asked for.
    #[serde(rename = "ID", alias = "Id")]
    pub id: Uuid,
}

/// The modification of a namespace that attaches an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachEndpoint {
    resource_type: &'static str,
    request_type: &'static str,
    settings: AttachSettings,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AttachSettings {
    endpoint_id: Uuid,
}

impl AttachEndpoint {
    /// Attaches this endpoint.
    pub const fn new(endpoint: Uuid) -> Self {
        Self { resource_type: "Endpoint", request_type: "Add", settings: AttachSettings { endpoint_id: endpoint } }
    }
}
