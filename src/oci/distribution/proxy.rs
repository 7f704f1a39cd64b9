//! Proxies: of the environment (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) or the system's settings.

use std::ffi::OsString;
use std::fmt;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::{Host, Url};

use crate::ErrorKind;
use crate::oci::distribution::failure::Failure;
use crate::oci::distribution::no_proxy::{Exempt, NAME_HOSTS, exempt, names_hosts};
use crate::text::shown;

/// The variables that name a proxy. The client leaves out one that it cannot read, and would then connect directly.
const NAME_A_PROXY: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The variable that a web server sets for programs that answer its visitors. The client then passes over the proxies: some variables could
/// be set by a visitor.
const OF_CGI: &str = "REQUEST_METHOD";

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
pub(crate) struct Routes {
    matcher: Option<Matcher>,
    exempt: Vec<Exempt>,
    /// They are those of the environment or the system.
    are_systems: bool,
}

/// A proxy as it is named in messages; without the password that its address may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedProxy {
    /// E.g. `proxy.example:3128`.
    server: String,
    /// The place where it was named, e.g. `HTTPS_PROXY`.
    from: Option<&'static str>,
}

impl fmt::Display for NamedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {}", self.server)?;
        self.from.map_or(Ok(()), |from| write!(f, " (from {from})"))
    }
}

impl NamedProxy {
    /// The advice about a proxy that wants a password.
    pub(crate) fn with_password(&self) -> String {
        format!("name the proxy with its user and password in {}: http://USER:PASSWORD@{}", self.variable(), self.server)
    }

    /// The advice about a proxy of a kind that is not spoken here.
    pub(crate) fn of_another_kind(&self) -> String {
        format!("set {} to an http:// proxy, or name the registry in NO_PROXY", self.variable())
    }

    /// The variable in which another proxy can be named.
    fn variable(&self) -> &'static str {
        self.from.filter(|from| NAME_A_PROXY.contains(from)).unwrap_or("HTTPS_PROXY")
    }
}

impl Routes {
    /// The ways that these proxies mean.
    ///
    /// Fails where a setting cannot be read: without it, requests would go where they are not meant to.
    pub(crate) fn new(proxies: &Proxies) -> Result<Self, Failure> {
        let (matcher, exempt) = match proxies {
            Proxies::System => {
                check_variables(|name| std::env::var_os(name))?;
                (Some(Matcher::from_system()), exempt(|name| std::env::var(name).ok()))
            }
            Proxies::None => (None, Vec::new()),
            Proxies::All(proxy) if names_a_proxy(proxy.as_str()) => {
                (Some(Matcher::builder().all(proxy.as_str()).build()), Vec::new())
            }
            Proxies::All(_) => return Err(unreadable("the proxy that is set up")),
        };
        Ok(Self { matcher, exempt, are_systems: matches!(proxies, Proxies::System) })
    }

    pub(crate) fn way_to(&self, url: &Url) -> Way {
        match self.intercept(url).as_ref().map(|intercept| intercept.uri().scheme_str()) {
            None => Way::Direct,
            Some(Some("http" | "https")) => Way::Proxy,
            Some(_) => Way::UnknownProxy,
        }
    }

    /// The proxy through which this server is asked, as the client knows it.
    fn intercept(&self, url: &Url) -> Option<Intercept> {
        // As in other tools: what runs on this machine is not asked through a proxy elsewhere.
        if is_loopback(url) || self.exempt.iter().any(|exempt| exempt.covers(url)) {
            return None;
        }
        self.matcher.as_ref()?.intercept(&url.as_str().parse().ok()?)
    }

    /// The proxy through which this server is asked, if there is one.
    pub(crate) fn proxy_of(&self, url: &Url) -> Option<NamedProxy> {
        let proxy = self.intercept(url)?;
        let server = proxy.uri().authority().map(|authority| shown(authority.as_str().rsplit('@').next().unwrap_or_default()))?;
        let from = self.are_systems.then(|| {
            let named = variable_with(&proxy, url.scheme(), |name| std::env::var(name).ok());
            named.unwrap_or("the settings of the system")
        });
        Some(NamedProxy { server, from })
    }
}

/// The variable that names this proxy for requests of this scheme.
fn variable_with(proxy: &Intercept, scheme: &str, variable: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    let own = |name: &str| name.len() == scheme.len() + "_proxy".len() && name.to_ascii_lowercase().starts_with(scheme);
    let general = |name: &str| name.eq_ignore_ascii_case("all_proxy");
    let names = |name: &&&str| variable(name).and_then(|value| proxy_in(&value)).is_some_and(|named| named.uri() == proxy.uri());
    let of = |wanted: &dyn Fn(&str) -> bool| NAME_A_PROXY.iter().filter(|name| wanted(name)).find(names).copied();
    of(&own).or_else(|| of(&general))
}

/// Refuses a variable of the environment that is set and cannot be read. Its value may hold a password, and is not quoted.
fn check_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<(), Failure> {
    for name in NAME_A_PROXY {
        match variable(name) {
            Some(value) if value.is_empty() => {}
            Some(value) if !value.to_str().is_some_and(names_a_proxy) => return Err(unreadable(name)),
            Some(_) if variable(OF_CGI).is_some() => {
                return Err(Failure::new(ErrorKind::Invalid, format!("{name} is not used where {OF_CGI} is set"))
                    .hint(format!("unset {OF_CGI} to use the proxy, or unset {name} to connect directly")));
            }
            _ => {}
        }
    }
    for name in NAME_HOSTS {
        match variable(name) {
            Some(value) if !value.to_str().is_some_and(|list| list.split(',').all(|part| names_hosts(part.trim()))) => {
                return Err(Failure::new(ErrorKind::Invalid, format!("{name} cannot be read")).hint(
                    "name hosts, domains and networks in it, separated by commas: registry.example:5000,.corp.example,10.0.0.0/8",
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
    proxy_in(text).is_some_and(|proxy| {
        let Some(authority) = proxy.uri().authority() else { return false };
        let has_port = authority.as_str() != authority.host();
        !authority.host().is_empty() && (!has_port || authority.port_u16().is_some())
    })
}

/// The address of the proxy that this text names.
fn proxy_in(text: &str) -> Option<Intercept> {
    let anywhere = "http://registry.example/".parse().ok()?;
    Matcher::builder().all(text).build().intercept(&anywhere)
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
    fn a_proxy_is_named_by_its_variable_and_without_its_password() {
        let proxy = proxy_in("http://user:secret@proxy.test:3128").unwrap();
        for (set, scheme, named) in [
            (&["HTTPS_PROXY", "HTTP_PROXY"][..], "https", Some("HTTPS_PROXY")),
            (&["HTTPS_PROXY", "HTTP_PROXY"], "http", Some("HTTP_PROXY")),
            (&["https_proxy", "ALL_PROXY"], "https", Some("https_proxy")),
            (&["all_proxy"], "http", Some("all_proxy")),
            (&["HTTP_PROXY"], "https", None),
            (&[], "https", None),
        ] {
            let variable = |name: &str| set.contains(&name).then(|| "http://user:secret@proxy.test:3128".to_owned());
            assert_eq!(variable_with(&proxy, scheme, variable), named, "{set:?}");
            assert_eq!(variable_with(&proxy, scheme, |name| variable(name).map(|_| "other.test".to_owned())), None);
        }
        let routes = Routes::new(&Url::parse("http://user:secret@proxy.test:3128").unwrap().into()).unwrap();
        let named = routes.proxy_of(&Url::parse("https://registry.test/v2/").unwrap()).unwrap();
        assert_eq!(named.to_string(), "the proxy proxy.test:3128");
        assert_eq!(routes.proxy_of(&Url::parse("http://localhost/").unwrap()), None);
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
            for value in [
                "10.0.0.0/33",
                "10.0.0/8",
                "::1/129",
                "http://registry.test",
                "a.test b.test",
                "a.test,10.0.0.0/x",
                "a.test:port",
                "a.test:0",
                "a.test:",
                ":5000",
                "10.0.0.*",
                "*.*.test",
                "*a.test",
            ] {
                assert_eq!(refusal(name, value), Some(format!("{name} cannot be read")), "{value}");
            }
            for value in
                ["", "*", "a.test", ".a.test, b.test:5000 ,", "*.a.test:443", "10.0.0.0/8,::1/128,10.1.2.3,::1,[::1],[::1]:5000"]
            {
                assert_eq!(refusal(name, value), None, "{value}");
            }
        }
    }

    #[test]
    fn a_proxy_is_not_passed_over_silently_in_a_program_of_a_web_server() {
        for name in NAME_A_PROXY {
            let refused = |value: &str| {
                check_variables(|asked| match asked {
                    OF_CGI => Some("GET".into()),
                    asked => (asked == name).then(|| value.into()),
                })
                .map_err(|refused| refused.causes)
            };
            assert_eq!(refused("proxy.test:3128"), Err(vec![format!("{name} is not used where REQUEST_METHOD is set")]));
            assert_eq!(refused(""), Ok(()));
        }
    }
}
