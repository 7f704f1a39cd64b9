//! Names become addresses, and addresses a server had no right to name are left out.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::oci::distribution::address::Reach;

/// The view of names and addresses; the default is the system's view, and only tests have another.
#[derive(Clone, Debug)]
pub struct Network {
    /// Names that have these addresses, whatever the system says.
    pub hosts: Vec<(String, IpAddr)>,
    /// The place of an address.
    pub reach: fn(IpAddr) -> Reach,
}

impl Default for Network {
    fn default() -> Self {
        Self { hosts: Vec::new(), reach: Reach::of }
    }
}

/// A server sent this program to an address where it is not itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    host: String,
    address: IpAddr,
    reach: Reach,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lies = match self.reach {
            Reach::Public => "on the internet",
            Reach::Private => "in a private network",
            Reach::Link => "on the local link",
            Reach::Loopback => "on this machine",
        };
        write!(f, "{} is {lies} ({}), and the server that sends there is not", self.host, self.address)
    }
}

impl std::error::Error for Refused {}

/// Refuses a URL that a server at `sender` may not send to, as far as the URL itself says: an address in it is never resolved.
pub(crate) fn check_literal(url: &Url, sender: Reach, network: &Network) -> Result<(), Refused> {
    let address: IpAddr = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        Some(Host::Domain(_)) | None => return Ok(()),
    };
    let reach = (network.reach)(address);
    if sender.may_send_to(reach) { Ok(()) } else { Err(Refused { host: address.to_string(), address, reach }) }
}

/// Resolves names for connections; with a sender, only to addresses it may send to.
pub(crate) struct Resolver {
    pub(crate) network: Network,
    pub(crate) sender: Option<Reach>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (network, sender) = (self.network.clone(), self.sender);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let known: Vec<IpAddr> =
                network.hosts.iter().filter(|(known, _)| *known == host).map(|(_, address)| *address).collect();
            let addresses: Vec<IpAddr> = match known.is_empty() {
                false => known,
                true => tokio::net::lookup_host((host.as_str(), 0)).await?.map(|address| address.ip()).collect(),
            };
            let mut refused = None;
            let mut allowed: Vec<SocketAddr> = Vec::new();
            for address in addresses {
                let reach = (network.reach)(address);
                match sender {
                    Some(sender) if !sender.may_send_to(reach) => refused = Some(Refused { host: host.clone(), address, reach }),
                    // The port of the URL replaces this one.
                    _ => allowed.push(SocketAddr::new(address, 0)),
                }
            }
            match (allowed.is_empty(), refused) {
                (true, Some(refused)) => Err(refused.into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}
