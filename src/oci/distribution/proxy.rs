//! Proxies: of the environment (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) or the system's settings.

use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

/// The proxies of requests.
#[derive(Clone, Debug, Default)]
pub enum Proxies {
    /// There are none.
    #[default]
    None,
    /// Those of the environment or, where it names none, of the system's settings.
    System,
    /// This one for everything but this machine, e.g. `http://proxy.example:3128`.
    All(Url),
}

impl From<Url> for Proxies {
    fn from(proxy: Url) -> Self {
        Self::All(proxy)
    }
}

/// The way to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Direct,
    Proxy,
    /// Through a proxy of a kind that is not spoken here.
    UnknownProxy,
}

/// Decides the way to each server, as the proxied HTTP client does.
#[derive(Debug)]
pub(crate) struct Routes(Option<Matcher>);

impl Routes {
    pub(crate) fn new(proxies: &Proxies) -> Self {
        Self(match proxies {
            Proxies::System => Some(Matcher::from_system()),
            Proxies::None => None,
            Proxies::All(proxy) => Some(Matcher::builder().all(proxy.as_str()).build()),
        })
    }

    pub(crate) fn way_to(&self, url: &Url) -> Way {
        let Some(matcher) = &self.0 else { return Way::Direct };
        // As in other tools: what runs on this machine is not asked through a proxy elsewhere.
        if is_loopback(url) {
            return Way::Direct;
        }
        let intercept = url.as_str().parse().ok().and_then(|uri| matcher.intercept(&uri));
        match intercept.as_ref().map(|intercept| intercept.uri().scheme_str()) {
            None => Way::Direct,
            Some(Some("http" | "https")) => Way::Proxy,
            Some(_) => Way::UnknownProxy,
        }
    }
}

/// `true` if the host of this URL names this machine: `localhost`, `*.localhost`, 127.0.0.0/8, `[::1]`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_elsewhere_goes_through_a_proxy() {
        let through = |proxy: &str| Routes::new(&Url::parse(proxy).unwrap().into());
        let (http, socks) = (through("http://proxy.test:3128"), through("socks5://proxy.test:1080"));
        let none = Routes::new(&Proxies::None);
        let elsewhere = Url::parse("https://mcr.microsoft.com/v2/").unwrap();
        assert_eq!(http.way_to(&elsewhere), Way::Proxy);
        assert_eq!(socks.way_to(&elsewhere), Way::UnknownProxy);
        assert_eq!(none.way_to(&elsewhere), Way::Direct);
        for here in ["http://localhost:5000", "http://a.localhost", "http://127.9.9.9", "http://[::1]:5000"] {
            assert_eq!(http.way_to(&Url::parse(here).unwrap()), Way::Direct, "{here}");
        }
        assert_eq!(http.way_to(&Url::parse("http://localhost.example").unwrap()), Way::Proxy);
    }
}
