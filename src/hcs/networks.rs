//! Calls about networks, endpoints and namespaces: computenetwork.dll.

use uuid::Uuid;

use crate::hcs::call::Result;
use crate::hcs::documents::{AttachEndpoint, Endpoint, EndpointProperties, Namespace, Network};

/// The networks of a host, and the endpoints and namespaces on them.
pub trait Networks: Send + Sync {
    /// All networks.
    fn networks(&self) -> Result<Vec<Network>>;
    /// Creates an endpoint of this id on a network, and returns its address.
    fn create_endpoint(&self, network: Uuid, id: Uuid, document: &Endpoint) -> Result<EndpointProperties>;
    /// All endpoints.
    fn endpoints(&self) -> Result<Vec<EndpointProperties>>;
    /// Deletes an endpoint.
    fn delete_endpoint(&self, id: Uuid) -> Result<()>;
    /// Creates a namespace of this id.
    fn create_namespace(&self, id: Uuid, document: &Namespace) -> Result<()>;
    /// Attaches an endpoint to a namespace.
    fn attach_endpoint(&self, namespace: Uuid, document: &AttachEndpoint) -> Result<()>;
    /// The ids of all namespaces.
    fn namespaces(&self) -> Result<Vec<Uuid>>;
    /// Deletes a namespace, which detaches its endpoints.
    fn delete_namespace(&self, id: Uuid) -> Result<()>;
}
