//! Calls about networks, endpoints and namespaces: computenetwork.dll.

use uuid::Uuid;

use crate::hcs::call::Result;
use crate::hcs::documents::{AttachEndpoint, Endpoint, EndpointProperties, Namespace, Network};

/// The networks of a host, and the endpoints and namespaces on them.
pub trait Networks: Send + Sync {
    /// All networks that can be read; odd ones of others are left out.
    fn networks(&self) -> Result<Vec<Network>>;
    /// Creates an endpoint of this id on a network, and returns its address.
    fn create_endpoint(&self, network: Uuid, id: Uuid, document: &Endpoint) -> Result<EndpointProperties>;
    /// All endpoints that can be read; odd ones of others are left out.
    fn endpoints(&self) -> Result<Vec<EndpointProperties>>;
    /// Deletes an endpoint.
    fn delete_endpoint(&self, id: Uuid) -> Result<()>;
    /// True if there is an endpoint of this id.
    fn has_endpoint(&self, id: Uuid) -> Result<bool>;
    /// Creates a namespace of this id, which HCN need not take: the namespace that was created knows its own.
    fn create_namespace(&self, id: Uuid, document: &Namespace) -> Result<Box<dyn OpenNamespace>>;
    /// True if there is a namespace of this id.
    fn has_namespace(&self, id: Uuid) -> Result<bool>;
    /// Deletes a namespace, which detaches its endpoints.
    fn delete_namespace(&self, id: Uuid) -> Result<()>;
}

/// A namespace through the handle of its creation. Dropping it closes the handle.
pub trait OpenNamespace {
    /// The id that it has.
    fn id(&self) -> Uuid;
    /// Attaches an endpoint to it.
    fn attach_endpoint(&self, document: &AttachEndpoint) -> Result<()>;
}
