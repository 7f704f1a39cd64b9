//! The container's network: an endpoint on an existing network, and for process isolation a namespace that holds it.

use super::claim::Claim;
use super::documents::{AttachEndpoint, Endpoint, Namespace, Network};
use super::error::Error;
use super::guid::Guid;
use super::request::{NetworkWish, Request};
use super::state::Resource;
use super::store::Store;
use super::system::System;

/// How a container is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    /// Not at all.
    None,
    /// By this endpoint, which the container is given directly.
    Endpoint(Guid),
    /// By this namespace, to which its endpoint is attached.
    Namespace(Guid),
}

/// What to say where a network was not asked for and there is none.
pub(super) const NO_NETWORK: &str = "this host has no NAT network, so the container gets none; Docker creates one when it first starts, wincompat never does, \
     since Windows supports one per host";

/// The network that was asked for; `None` for none.
pub(super) fn choose(system: &dyn System, request: &Request) -> Result<Option<Network>, Error> {
    let networks = match (&request.network, system.networks()) {
        (NetworkWish::None, _) => Vec::new(),
        (_, Ok(networks)) => networks,
        // Where nothing was asked for, a host without the network service is a host without a network.
        (NetworkWish::Any, Err(error)) if error.is_missing() => Vec::new(),
        (_, Err(error)) => return Err(Error::call("the host's networks are not known", &error)),
    };
    let nat = || {
        let named = networks.iter().find(|network| network.is_nat() && network.name.eq_ignore_ascii_case("nat"));
        named.or_else(|| networks.iter().find(|network| network.is_nat())).cloned()
    };
    let chosen = match &request.network {
        NetworkWish::None => None,
        NetworkWish::Any => nat(),
        NetworkWish::Nat => {
            Some(nat().ok_or_else(|| Error::new("this host has no NAT network").hint("use --network none, or create one"))?)
        }
        NetworkWish::Named(name) => {
            let known = || networks.iter().map(|network| network.name.as_str()).collect::<Vec<_>>().join(", ");
            let named = networks.iter().find(|network| network.name.eq_ignore_ascii_case(name)).cloned();
            Some(named.ok_or_else(|| {
                Error::new(format!("this host has no network named {name}")).hint(format!("its networks are: {}", known()))
            })?)
        }
    };
    if !request.ports.is_empty() && !chosen.as_ref().is_some_and(Network::is_nat) {
        return Err(Error::new("ports can only be published on a NAT network")
            .because(chosen.map_or_else(|| "the container has no network".to_owned(), |it| format!("{} is {}", it.name, it.kind)))
            .hint("leave -p out, or use --network nat"));
    }
    Ok(chosen)
}

/// Creates the container's endpoint on this network.
pub(super) fn connect(
    system: &dyn System,
    store: &Store,
    claim: &mut Claim,
    request: &Request,
    network: &Network,
) -> Result<Guid, Error> {
    let id = claim.id.endpoint();
    let document = Endpoint::new(store.endpoint_name(&claim.id), network.id, &request.ports)
        .map_err(|invalid| Error::invalid("the container's ports are wrong", &invalid))?;
    claim.taking(Resource::Endpoint)?;
    let endpoint = system.create_endpoint(network.id, id, &document).map_err(|error| {
        let shown = Error::call(format!("the container was not connected to the network {}", network.name), &error);
        match error.code() {
            // HCN_E_PORT_ALREADY_EXISTS
            Some(0x803b_0013) => shown.hint("another container or program has one of the published ports"),
            // HCN_E_ADDR_INVALID_OR_RESERVED
            Some(0x803b_002f) => shown.hint("endpoints of dead containers may hold addresses: run `wincompat prune`"),
            _ => shown,
        }
    })?;
    claim.update(|state| state.address = endpoint.address().map(str::to_owned))?;
    Ok(id)
}

/// Creates a namespace and attaches the endpoint to it.
pub(super) fn enter(system: &dyn System, claim: &mut Claim, endpoint: Guid) -> Result<Guid, Error> {
    let id = claim.id.namespace();
    claim.taking(Resource::Namespace)?;
    system
        .create_namespace(id, &Namespace::HOST)
        .map_err(|error| Error::call("the container's network namespace was not created", &error))?;
    system
        .attach_endpoint(id, &AttachEndpoint::new(endpoint))
        .map_err(|error| Error::call("the container's endpoint was not attached to its namespace", &error))?;
    Ok(id)
}
