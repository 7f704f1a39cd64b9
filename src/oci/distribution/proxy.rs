//! Proxies: of the environment (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) or the system's settings.

use std::ffi::OsString;
use std::net::IpAddr;

use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

use crate::ErrorKind;
use crate::oci::distribution::failure::Failure;

/// The variables that name a proxy. The client leaves out one that it cannot read, and would then connect directly.
const NAME_A_PROXY: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The variables that name the hosts which are reached without one.
const NAME_HOSTS: [&str; 2] = ["NO_PROXY", "no_proxy"];

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
    /// The ways that these proxies mean.
    ///
    /// Fails where a setting cannot be read: without it, requests would go where they are not meant to.
    pub(crate) fn new(proxies: &Proxies) -> Result<Self, Failure> {
        Ok(Self(match proxies {
            Proxies::System => {
                check_variables(|name| std::env::var_os(name))?;
                Some(Matcher::from_system())
            }
            Proxies::None => None,
            Proxies::All(proxy) if names_a_proxy(proxy.as_str()) => Some(Matcher::builder().all(proxy.as_str()).build()),
            Proxies::All(_) => return Err(unreadable("the proxy that is set up")),
        }))
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

/// Refuses a variable of the environment that is set and cannot be read. Its value may hold a password, and is not quoted.
fn check_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<(), Failure> {
    for name in NAME_A_PROXY {
        match variable(name) {
            Some(value) if !value.is_empty() && !value.to_str().is_some_and(names_a_proxy) => return Err(unreadable(name)),
            _ => {}
        }
    }
    for name in NAME_HOSTS {
        match variable(name) {
            Some(value) if !value.to_str().is_some_and(|list| list.split(',').all(|part| names_hosts(part.trim()))) => {
                return Err(Failure::new(ErrorKind::Invalid, format!("{name} cannot be read")).hint(
                    "name hosts, domains and networks in it, separated by commas: registry.example,.corp.example,10.0.0.0/8",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

fn unreadable(setting: &str) -> Failure {
    Failure::new(ErrorKind::Invalid, format!("{setting} does not name a proxy"))
        .hint("set it to the address of one, as in http://proxy.example:3128, or unset it to connect directly")
}

/// `true` if this text is taken for the address of a proxy, of whatever kind.
fn names_a_proxy(text: &str) -> bool {
    let proxied = "http://registry.example/".parse().ok().and_then(|uri| Matcher::builder().all(text).build().intercept(&uri));
    proxied.is_some_and(|proxied| {
        let Some(authority) = proxied.uri().authority() else { return false };
        let has_port = authority.as_str() != authority.host();
        !authority.host().is_empty() && (!has_port || authority.port_u16().is_some())
    })
}

/// `true` for a host, a domain or a network, e.g. `registry.example`, `.corp.example`, `10.0.0.0/8`, `*`; and for nothing.
fn names_hosts(part: &str) -> bool {
    match part.split_once('/') {
        None => !part.contains(|character: char| character.is_whitespace() || character.is_control()),
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
        let through = |proxy: &str| Routes::new(&Url::parse(proxy).unwrap().into()).unwrap();
        let (http, socks) = (through("http://proxy.test:3128"), through("socks5://proxy.test:1080"));
        let none = Routes::new(&Proxies::None).unwrap();
        let elsewhere = Url::parse("https://mcr.microsoft.com/v2/").unwrap();
        assert_eq!(http.way_to(&elsewhere), Way::Proxy);
        assert_eq!(socks.way_to(&elsewhere), Way::UnknownProxy);
        assert_eq!(none.way_to(&elsewhere), Way::Direct);
        for here in ["http://localhost:5000", "http://a.localhost", "http://127.9.9.9", "http://[::1]:5000"] {
            assert_eq!(http.way_to(&Url::parse(here).unwrap()), Way::Direct, "{here}");
        }
        assert_eq!(http.way_to(&Url::parse("http://localhost.example").unwrap()), Way::Proxy);
    }

    /// The refusal where this variable has this value and no other is set.
    fn refusal(name: &str, value: &str) -> Option<String> {
        let refused = check_variables(|asked| (asked == name).then(|| value.into())).err()?;
        assert!(refused.hint.is_some());
        Some(refused.causes.join(": "))
    }

    #[test]
    fn a_proxy_that_cannot_be_read_is_an_error_that_names_the_variable() {
        let unreadable = [
            "http://",
            "http://:3128",
            "http//proxy.test:3128",
            "ftp://proxy.test",
            "proxy.test:port",
            "http://proxy.test:99999",
            "http://user:secret@",
            "http://proxy test:3128",
            "/proxy",
            " ",
            "htpp://user:secret@proxy.test:3128",
            "http://[::1",
        ];
        let readable = [
            "",
            "proxy.test",
            "proxy.test:3128",
            "http://proxy.test",
            "https://user:secret@proxy.test:3128/",
            "http://[::1]:3128",
            "socks5://proxy.test:1080",
            "HTTP://proxy.test:3128",
        ];
        for name in NAME_A_PROXY {
            for value in unreadable {
                assert_eq!(refusal(name, value), Some(format!("{name} does not name a proxy")), "{value}");
            }
            for value in readable {
                assert_eq!(refusal(name, value), None, "{name} {value}");
            }
        }
        let no_proxy = |value| Routes::new(&Proxies::All(Url::parse(value).unwrap())).map(drop).map_err(|refused| refused.causes);
        assert_eq!(no_proxy("mailto:proxy.test"), Err(vec!["the proxy that is set up does not name a proxy".to_owned()]));
    }

    #[test]
    fn a_list_of_hosts_that_cannot_be_read_is_one_too() {
        for name in NAME_HOSTS {
            for value in ["10.0.0.0/33", "10.0.0/8", "::1/129", "http://registry.test", "a.test b.test", "a.test,10.0.0.0/x"] {
                assert_eq!(refusal(name, value), Some(format!("{name} cannot be read")), "{value}");
            }
            for value in ["", "*", "a.test", ".a.test, b.test:5000 ,", "10.0.0.0/8,::1/128,10.1.2.3,::1"] {
                assert_eq!(refusal(name, value), None, "{value}");
            }
        }
    }
}
