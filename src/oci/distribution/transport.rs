//! One request and its redirects: the places it may go to, and what it may carry there.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RANGE, WARNING,
};
use reqwest::{Method, Response, StatusCode};
use rustls::ClientConfig;
use url::Url;

use crate::ErrorKind;
use crate::advice::{Setting, advice};
use crate::oci::distribution::address::Reach;
use crate::oci::distribution::authorization::secrets_in;
use crate::oci::distribution::endpoint::secure;
use crate::oci::distribution::failure::{self, Failure};
use crate::oci::distribution::limits;
use crate::oci::distribution::options::Options;
use crate::oci::distribution::proxy::{Proxies, Routes, Way};
use crate::oci::distribution::resolver::{Network, Resolver, check_literal};
use crate::oci::distribution::secret::{Secret, hide};
use crate::oci::distribution::tls::Tls;

/// The most redirects that are followed.
const REDIRECTS: usize = 5;

const USER_AGENT: &str = concat!("wincompat/", env!("CARGO_PKG_VERSION"));

/// The HTTP clients of this process: connections are shared only among requests that may go to the same places.
pub(crate) struct Transport {
    tls: Tls,
    /// The servers whose certificates are not verified, by host and port.
    insecure: Vec<(String, u16)>,
    /// The mirrors of registries whose certificates are not verified; those of the mirrors are.
    mirrors_of_insecure: Vec<(String, u16)>,
    network: Network,
    proxies: Proxies,
    routes: Routes,
    connect_timeout: Duration,
    request_timeout: Duration,
    stall_timeout: Duration,
    verified: Clients,
    unverified: Clients,
}

/// The clients for one kind of TLS, each made when it is first needed.
#[derive(Default)]
struct Clients {
    proxied: OnceLock<Result<reqwest::Client, String>>,
    named: OnceLock<Result<reqwest::Client, String>>,
    strangers: OnceLock<Result<reqwest::Client, String>>,
    sent_by: [OnceLock<Result<reqwest::Client, String>>; 4],
}

/// The one who named the server that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// The person or the configuration: any address is meant.
    User,
    /// Somebody who is not to reach what this program can reach: only the internet is meant.
    Stranger,
    /// A server that lies there.
    Server(Reach),
}

impl NamedBy {
    /// True if a server there may be asked because of it.
    pub(crate) fn may_name(self, reach: Reach) -> bool {
        match self {
            Self::User => true,
            Self::Stranger => reach == Reach::Public,
            Self::Server(sender) => sender.may_send_to(reach),
        }
    }
}

/// A request as it is first sent.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) url: Url,
    pub(crate) named_by: NamedBy,
    pub(crate) accept: &'a str,
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) range: Option<HeaderValue>,
    /// A form to be posted; redirects are not followed with it.
    pub(crate) form: Option<Secret>,
    /// The body is read as it comes: the longest time for an answer ends with its head.
    pub(crate) is_streamed: bool,
}

/// The answer after the last redirect.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    /// `true` if it came from the origin that was asked first, with no other in between: it alone may ask for credentials.
    pub(crate) from_origin: bool,
    /// The place of the server, as far as that is known.
    pub(crate) reach: Reach,
    /// The server, e.g. `mcr.microsoft.com` or `127.0.0.1:5000`.
    pub(crate) server: String,
    /// The `Authorization` of the request.
    pub(crate) authorization: Option<HeaderValue>,
}

impl Answer {
    /// The headers; warnings for people are without the secrets that were shown with the request.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = self.response.headers().clone();
        let secrets = secrets_in(self.authorization.as_ref());
        for (_, value) in headers.iter_mut().filter(|(name, _)| *name == WARNING) {
            let hidden = value.to_str().ok().map(|text| hide(text, &secrets)).and_then(|text| HeaderValue::from_str(&text).ok());
            if let Some(hidden) = hidden {
                *value = hidden;
            }
        }
        headers
    }

    /// The beginning of an error's body, without the secrets that were shown with the request and without these.
    pub(crate) async fn beginning(self, secrets: Vec<String>) -> Vec<u8> {
        let secrets = [secrets_in(self.authorization.as_ref()), secrets].concat();
        let body = limits::read_beginning(self.response).await;
        hide(&String::from_utf8_lossy(&body), &secrets).into_bytes()
    }
}

impl Transport {
    pub(crate) fn new(options: &Options) -> Result<Self, Failure> {
        let insecure: Result<Vec<Url>, _> = options.insecure.iter().map(|registry| secure(registry)).collect();
        let insecure: Vec<_> = insecure?.iter().filter_map(host_and_port).collect();
        let mirrors = options.mirrors.iter().filter(|(registry, _)| options.insecure.contains(registry));
        let mirrors_of_insecure = mirrors.filter_map(|(_, mirror)| host_and_port(mirror)).collect();
        let names = insecure.iter().map(|(host, _)| host.trim_matches(['[', ']']).to_owned());
        Ok(Self {
            tls: Tls::new(options.ca_file.as_deref(), names)?,
            insecure,
            mirrors_of_insecure,
            network: options.network.clone(),
            proxies: options.proxies.clone(),
            routes: Routes::new(&options.proxies)?,
            connect_timeout: options.connect_timeout,
            request_timeout: options.request_timeout,
            stall_timeout: options.stall_timeout,
            verified: Clients::default(),
            unverified: Clients::default(),
        })
    }

    /// Sends a request and follows where it is sent.
    ///
    /// Every hop is checked against where its sender lies; `Authorization` goes to the first origin only, and not again to one that
    /// another origin sends back to; nothing goes from https to http. All hops together have the time of one request.
    pub(crate) async fn send(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let origin = request.url.origin();
        let mut url = request.url.clone();
        let mut named_by = request.named_by;
        let mut from_origin = true;
        let mut followed = 0;
        let until = Instant::now() + self.request_timeout;
        loop {
            let server = server_of(&url);
            let sent = self.send_once(request, &url, named_by, until, from_origin, &server);
            let response = tokio::time::timeout_at(until.into(), sent).await.unwrap_or_else(|_| Err(Failure::slow(&server)))?;
            let reach = self.reach_of(&url, &response);
            let next = match response.status() {
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => next_hop(&url, response.headers(), &server)?,
                _ => {
                    let authorization = request.authorization.clone();
                    return Ok(Answer { response, from_origin, reach, server, authorization });
                }
            };
            if request.form.is_some() {
                return Err(Failure::new(ErrorKind::Network, format!("{server} sends a request with credentials elsewhere")));
            }
            followed += 1;
            if followed > REDIRECTS {
                return Err(Failure::new(ErrorKind::Network, format!("{server} sends on after {REDIRECTS} redirects")));
            }
            tracing::debug!(from = server, to = server_of(&next), "redirected");
            named_by = NamedBy::Server(reach);
            from_origin &= next.origin() == origin;
            url = next;
        }
    }

    async fn send_once(
        &self,
        request: &Request<'_>,
        url: &Url,
        named_by: NamedBy,
        until: Instant,
        with_credentials: bool,
        server: &str,
    ) -> Result<Response, Failure> {
        let client = self.client_for(url, named_by)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        insert(&mut headers, ACCEPT, HeaderValue::from_str(request.accept).ok());
        insert(&mut headers, RANGE, request.range.clone());
        insert(&mut headers, AUTHORIZATION, request.authorization.clone().filter(|_| with_credentials));
        let mut builder = match &request.form {
            Some(form) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
                client.request(Method::POST, url.clone()).body(form.reveal().to_owned())
            }
            None => client.request(Method::GET, url.clone()),
        };
        builder = builder.headers(headers);
        if !request.is_streamed {
            builder = builder.timeout(until.saturating_duration_since(Instant::now()));
        }
        let answered = builder.send().await.map_err(|error| {
            let proxy = self.routes.proxy_of(url);
            let failure = Failure::of_transport(&error, server, proxy.as_ref());
            match self.unverified_instead(url).filter(|_| proxy.is_none() && failure::is_about_certificate(&error)) {
                Some(instead) => failure.hint(advice![
                    format!("{instead} is not verified, and {server} is: if that is meant too, use "),
                    Setting::Insecure(server.to_owned())
                ]),
                None => failure,
            }
        });
        let status = answered.as_ref().ok().map(Response::status);
        tracing::debug!(server, path = url.path(), status = status.map(|status| status.as_u16()), "asked");
        match self.routes.proxy_of(url).filter(|_| status == Some(StatusCode::PROXY_AUTHENTICATION_REQUIRED)) {
            Some(proxy) => Err(Failure::without_password(&proxy)),
            None => answered,
        }
    }

    /// The client whose connections may go to this URL.
    ///
    /// Through a proxy the addresses are the proxy's business: it resolves the names, from where it is. Only an address that
    /// stands in the URL itself is checked then.
    fn client_for(&self, url: &Url, named_by: NamedBy) -> Result<&reqwest::Client, Failure> {
        check_literal(url, named_by, &self.network).map_err(|refused| Failure::refused_address(&refused))?;
        let is_unverified = self.is_insecure(url);
        let clients = if is_unverified { &self.unverified } else { &self.verified };
        let (slot, named_by) = match (self.routes.way_to(url), named_by) {
            (Way::UnknownProxy, _) => return Err(self.proxy_of_another_kind(url)),
            (Way::Proxy, _) => (&clients.proxied, NamedBy::User),
            (Way::Direct, NamedBy::User) => (&clients.named, named_by),
            (Way::Direct, NamedBy::Stranger) => (&clients.strangers, named_by),
            (Way::Direct, NamedBy::Server(sender)) => {
                let [public, private, link, loopback] = &clients.sent_by;
                let slot = match sender {
                    Reach::Public => public,
                    Reach::Private => private,
                    Reach::Link => link,
                    Reach::Loopback => loopback,
                };
                (slot, named_by)
            }
        };
        let through_proxy = std::ptr::eq(slot, &clients.proxied);
        let tls = if is_unverified { &self.tls.unverified } else { &self.tls.verified };
        let client =
            slot.get_or_init(|| self.build(tls, named_by, through_proxy).map_err(|error| error.without_url().to_string()));
        client.as_ref().map_err(|error| Failure::new(ErrorKind::Network, format!("the HTTP client cannot be set up: {error}")))
    }

    fn proxy_of_another_kind(&self, url: &Url) -> Failure {
        match self.routes.proxy_of(url) {
            Some(proxy) => Failure::new(ErrorKind::Network, format!("{proxy} is neither an http nor an https proxy"))
                .hint(proxy.of_another_kind()),
            None => Failure::new(ErrorKind::Network, "the proxy that is set up is neither an http nor an https proxy"),
        }
    }

    fn build(&self, tls: &ClientConfig, named_by: NamedBy, through_proxy: bool) -> Result<reqwest::Client, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.stall_timeout)
            .dns_resolver(Resolver { network: self.network.clone(), named_by });
        match (&self.proxies, through_proxy) {
            (Proxies::System, true) => {}
            (Proxies::All(proxy), true) => builder = builder.no_proxy().proxy(reqwest::Proxy::all(proxy.as_str())?),
            (Proxies::None, _) | (_, false) => builder = builder.no_proxy(),
        }
        builder.build()
    }

    /// `true` if the certificate of this server is not to be verified.
    fn is_insecure(&self, url: &Url) -> bool {
        url.scheme() == "https" && host_and_port(url).is_some_and(|server| self.insecure.contains(&server))
    }

    /// What is not verified, as somebody asked for, where this server was probably meant: it has another port, or is a mirror.
    fn unverified_instead(&self, url: &Url) -> Option<&'static str> {
        let server = host_and_port(url).filter(|_| !self.is_insecure(url))?;
        if self.mirrors_of_insecure.contains(&server) {
            return Some("the registry of this mirror");
        }
        self.insecure.iter().any(|(host, _)| *host == server.0).then_some("another port of this host")
    }

    /// The place of the server of an answer: by the connection, or behind a proxy by the URL; unknown counts as public, which
    /// may send to the fewest places.
    fn reach_of(&self, url: &Url, response: &Response) -> Reach {
        let literal = match url.host() {
            Some(url::Host::Ipv4(address)) => Some(address.into()),
            Some(url::Host::Ipv6(address)) => Some(address.into()),
            Some(url::Host::Domain(_)) | None => None,
        };
        let address = match self.routes.way_to(url) {
            Way::Direct => response.remote_addr().map(|address| address.ip()),
            Way::Proxy | Way::UnknownProxy => literal,
        };
        address.map_or(Reach::Public, self.network.reach)
    }
}

/// The host and the port of a URL, e.g. `registry.example` and 443.
fn host_and_port(url: &Url) -> Option<(String, u16)> {
    Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
}

/// The server of a URL as it is named in messages, e.g. `mcr.microsoft.com` or `127.0.0.1:5000`.
pub(crate) fn server_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("(no host)");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Refuses a URL that must not be followed, whichever server named it, from a place with this scheme.
pub(crate) fn check_scheme(from_scheme: &str, to: &Url) -> Result<(), &'static str> {
    match to.scheme() {
        "http" if from_scheme == "https" => Err("which would leave https for http"),
        "http" | "https" if to.host().is_none() => Err("which has no host"),
        "http" | "https" if !to.username().is_empty() || to.password().is_some() => Err("which brings its own credentials"),
        "http" | "https" => Ok(()),
        _ => Err("which is neither http nor https"),
    }
}

fn next_hop(url: &Url, headers: &HeaderMap, server: &str) -> Result<Url, Failure> {
    let broken = |why: &str| Failure::new(ErrorKind::Network, format!("{server} redirects to an address {why}"));
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok()).ok_or_else(|| broken("that cannot be read"))?;
    let next = url.join(location).map_err(|_| broken("that cannot be read"))?;
    check_scheme(url.scheme(), &next).map_err(broken)?;
    Ok(next)
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}
