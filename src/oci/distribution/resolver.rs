//! Names become addresses, and addresses a server had no right to name are left out.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::oci::distribution::address::Reach;
use crate::oci::distribution::transport::NamedBy;

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

/// An address to which this program does not go for who named it: a server that is not there itself, or a stranger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) host: String,
    address: IpAddr,
    reach: Reach,
    pub(crate) by_stranger: bool,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lies = match self.reach {
            Reach::Public => "on the internet",
            Reach::Private => "in a private network",
            Reach::Link => "on the local link",
            Reach::Loopback => "on this machine",
        };
        write!(f, "{} is {lies} ({}), ", self.host, written(self.address))?;
        f.write_str(match self.by_stranger {
            true => "where only registries are asked that the settings name",
            false => "and the server that sends there is not",
        })
    }
}

impl std::error::Error for Refused {}

/// Refuses a URL that who named it may not name, as far as the URL itself says: an address in it is never resolved.
pub(crate) fn check_literal(url: &Url, named_by: NamedBy, network: &Network) -> Result<(), Refused> {
    let address: IpAddr = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        Some(Host::Domain(_)) | None => return Ok(()),
    };
    let reach = (network.reach)(address);
    if named_by.may_name(reach) { Ok(()) } else { Err(Refused::new(written(address), address, reach, named_by)) }
}

/// An address as it stands in a URL, and in the name of a registry.
fn written(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

impl Refused {
    fn new(host: String, address: IpAddr, reach: Reach, named_by: NamedBy) -> Self {
        Self { host, address, reach, by_stranger: named_by == NamedBy::Stranger }
    }
}

/// Resolves names for connections, only to addresses that who named them may name.
pub(crate) struct Resolver {
    pub(crate) network: Network,
    pub(crate) named_by: NamedBy,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (network, named_by) = (self.network.clone(), self.named_by);
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
                if named_by.may_name(reach) {
                    // The port of the URL replaces this one.
                    allowed.push(SocketAddr::new(address, 0));
                } else {
                    refused = Some(Refused::new(host.clone(), address, reach, named_by));
                }
            }
            match (allowed.is_empty(), refused) {
                (true, Some(refused)) => Err(refused.into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_named_as_registries_are() {
        for (url, host) in [("https://[::1]:5/v2/", "[::1]"), ("https://127.0.0.1:5/v2/", "127.0.0.1")] {
            let refused = check_literal(&url.parse().unwrap(), NamedBy::Stranger, &Network::default()).unwrap_err();
            assert_eq!(refused.host, host);
            assert!(refused.to_string().starts_with(&format!("{host} is on this machine ({host}), ")), "{refused}");
        }
    }
}
