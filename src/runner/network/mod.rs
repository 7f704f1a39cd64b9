//! The container's network: an endpoint on an existing network, and for process isolation a namespace that holds it.

use crate::Error;
use crate::advice::{Command, Setting, advice};
use crate::hcs::codes;
use crate::hcs::documents::{AttachEndpoint, Endpoint, Namespace, Network};
use crate::hcs::networks::Networks;
use crate::hcs::{failed, invalid};
use crate::runner::request::{NetworkWish, RunRequest};
use crate::runner::store::Store;
use crate::runner::store::claim::Claim;
use crate::runner::store::state::Resource;
use uuid::Uuid;

/// The connection of a container to a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    /// No connection.
    None,
    /// This endpoint, which is handed to the container directly.
    Endpoint(Uuid),
    /// This namespace, to which the container's endpoint is attached.
    Namespace(Uuid),
}

/// The note for a host without a network where none was requested.
pub(crate) const NO_NETWORK: &str = "this host has no NAT network, so the container gets none; Docker creates one when it first starts, wincompat never does, \
     since Windows supports one per host";

/// The network that was requested; `None` for none.
pub(crate) fn choose(host: &dyn Networks, request: &RunRequest) -> Result<Option<Network>, Error> {
    let networks = match (&request.network, host.networks()) {
        (NetworkWish::None, _) => Vec::new(),
        (_, Ok(networks)) => networks,
        // Where nothing was requested, a host without the network service is a host without a network.
        (NetworkWish::Any, Err(error)) if error.is_missing() => Vec::new(),
        (_, Err(error)) => return Err(failed("the host's networks are not known", &error)),
    };
    let nat = || {
        let named = networks.iter().find(|network| network.is_nat() && network.name.eq_ignore_ascii_case("nat"));
        named.or_else(|| networks.iter().find(|network| network.is_nat())).cloned()
    };
    let chosen = match &request.network {
        NetworkWish::None => None,
        NetworkWish::Any => nat(),
        NetworkWish::Nat => Some(nat().ok_or_else(|| {
            Error::new("this host has no NAT network").hint(advice!["use ", Setting::Network("none".into()), ", or create one"])
        })?),
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
            .hint(advice!["leave ", Setting::Ports, " out, or use ", Setting::Network("nat".into())]));
    }
    Ok(chosen)
}

/// Creates the container's endpoint on this network.
pub(crate) fn connect(
    host: &dyn Networks,
    store: &Store,
    claim: &mut Claim,
    request: &RunRequest,
    network: &Network,
) -> Result<Uuid, Error> {
    let id = claim.id.endpoint();
    let document = Endpoint::new(store.endpoint_name(&claim.id), network.id, &request.ports)
        .map_err(|wrong| invalid("the container's ports are wrong", &wrong))?;
    claim.acquiring(Resource::Endpoint)?;
    let endpoint = host.create_endpoint(network.id, id, &document).map_err(|error| {
        let shown = failed(format!("the container was not connected to the network {}", network.name), &error);
        match error.code() {
            Some(codes::HCN_E_PORT_ALREADY_EXISTS) => shown.hint("another container or program has one of the published ports"),
            Some(codes::HCN_E_ADDR_INVALID_OR_RESERVED) => {
                shown.hint(advice!["endpoints of dead containers may hold addresses: run ", Command::Prune])
            }
            _ => shown,
        }
    })?;
    claim.update(|state| state.address = endpoint.address().map(str::to_owned))?;
    Ok(id)
}

/// Creates a namespace and attaches the endpoint to it.
pub(crate) fn enter(host: &dyn Networks, claim: &mut Claim, endpoint: Uuid) -> Result<Uuid, Error> {
    claim.acquiring(Resource::Namespace)?;
    let asked = claim.id.namespace();
    let namespace = host
        .create_namespace(asked, &Namespace::HOST)
        .map_err(|error| failed("the container's network namespace was not created", &error))?;
    let id = namespace.id();
    if id != asked {
        // Whoever releases it must know the id that HCN chose.
        claim.update(|state| state.namespace = Some(id))?;
    }
    namespace
        .attach_endpoint(&AttachEndpoint::new(endpoint))
        .map_err(|error| failed("the container's endpoint was not attached to its namespace", &error))?;
    Ok(id)
}
