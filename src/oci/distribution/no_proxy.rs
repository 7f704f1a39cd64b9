//! `NO_PROXY`: the hosts that are reached without a proxy.

use std::net::{IpAddr, Ipv6Addr};

use url::{Host, Url};

/// The variables that name the hosts which are reached without a proxy.
pub(crate) const NAME_HOSTS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// A host or a domain that is reached without a proxy, as Go's `httpproxy` reads it. The client itself knows neither ports nor `*.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exempt {
    /// A domain stands for all that is below it, too.
    host: Host,
    /// The only port that is meant.
    port: Option<u16>,
}

impl Exempt {
    /// Reads `registry.example`, `registry.example:5000`, `.corp.example`, `*.corp.example`, `10.1.2.3:5000` or `[::1]:5000`; `None` for
    /// what means no host.
    fn read(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Some(Self { host: Host::Ipv6(address), port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok().filter(|port| *port > 0)?)),
            _ => (text, None),
        };
        let domain = host.strip_prefix("*.").or_else(|| host.strip_prefix('.')).unwrap_or(host);
        let host = Host::parse(domain).ok().filter(|_| !domain.contains('*'))?;
        Some(Self { host, port })
    }

    /// True if a request to this URL is meant.
    pub(crate) fn covers(&self, url: &Url) -> bool {
        if self.port.is_some() && self.port != url.port_or_known_default() {
            return false;
        }
        match (&self.host, url.host()) {
            (Host::Domain(domain), Some(Host::Domain(name))) => {
                name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            (Host::Ipv4(address), Some(Host::Ipv4(asked))) => *address == asked,
            (Host::Ipv6(address), Some(Host::Ipv6(asked))) => *address == asked,
            _ => false,
        }
    }
}

/// The hosts and domains of the first variable that is set. `*` and networks are left to the client.
pub(crate) fn exempt(variable: impl Fn(&str) -> Option<String>) -> Vec<Exempt> {
    let list = NAME_HOSTS.iter().find_map(|name| variable(name)).unwrap_or_default();
    list.split(',').filter_map(|part| Exempt::read(part.trim())).collect()
}

/// `true` for a host, a domain or a network, e.g. `registry.example`, `.corp.example`, `10.0.0.0/8`, `*`; and for nothing.
pub(crate) fn names_hosts(part: &str) -> bool {
    match part.split_once('/') {
        None => matches!(part, "" | "*") || Exempt::read(part).is_some(),
        Some((address, length)) => {
            let longest = match address.parse() {
                Ok(IpAddr::V4(_)) => 32,
                Ok(IpAddr::V6(_)) => 128,
                Err(_) => return false,
            };
            length.parse().is_ok_and(|length: u8| length <= longest)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_without_a_proxy_may_have_a_port_or_a_star() {
        let covers = |list: &str, url: &str| {
            let exempt = exempt(|name| (name == "no_proxy").then(|| list.to_owned()));
            exempt.iter().any(|exempt| exempt.covers(&Url::parse(url).unwrap()))
        };
        for (list, url) in [
            ("r.test:5000", "https://r.test:5000/v2/"),
            ("R.Test:443", "https://r.test/v2/"),
            ("r.test:80", "http://r.test/v2/"),
            ("other.test, r.test", "https://r.test:5000/v2/"),
            ("r.test", "https://a.r.test/v2/"),
            (".corp.test", "https://r.corp.test/v2/"),
            ("*.corp.test", "https://a.r.corp.test/v2/"),
            ("*.corp.test:5000", "https://r.corp.test:5000/v2/"),
            ("10.1.2.3:5000", "https://10.1.2.3:5000/v2/"),
            ("[fd00::1]:5000", "https://[fd00::1]:5000/v2/"),
            ("fd00::1", "https://[fd00::1]/v2/"),
        ] {
            assert!(covers(list, url), "{list} {url}");
        }
        for (list, url) in [
            ("r.test:5000", "https://r.test/v2/"),
            ("r.test:5000", "https://r.test:5001/v2/"),
            ("*.corp.test:5000", "https://r.corp.test/v2/"),
            ("corp.test", "https://evilcorp.test/v2/"),
            ("10.1.2.3:5000", "https://10.1.2.3/v2/"),
            ("", "https://r.test/v2/"),
        ] {
            assert!(!covers(list, url), "{list} {url}");
        }
    }
}
