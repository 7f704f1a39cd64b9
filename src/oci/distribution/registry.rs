//! One registry as this process knows it: its address, and the authentication it demands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use url::Url;

use crate::ErrorKind;
use crate::advice::{Setting, advice};
use crate::image::docker_hub::DOCKER_HUB;
use crate::oci::distribution::address::Reach;
use crate::oci::distribution::authorization::{basic, bearer};
use crate::oci::distribution::challenge;
use crate::oci::distribution::endpoint::endpoint;
use crate::oci::distribution::failure::{Denied, Failure, excerpt};
use crate::oci::distribution::operator;
use crate::oci::distribution::options::Options;
use crate::oci::distribution::token::{Token, TokenService};
use crate::oci::distribution::transport::{Answer, NamedBy, Request, check_scheme, server_of};
use crate::oci::distribution::{Credential, LookedUp, Shared};

/// The longest time that others wait for the first answer of a registry, which shows what it demands and opens a connection for them.
const FIRST_TURN: Duration = Duration::from_secs(1);

/// A registry or the mirror that stands for it.
pub(crate) struct Registry {
    /// As references name it, e.g. `docker.io`.
    name: String,
    /// The address that is asked, e.g. `https://registry-1.docker.io/`.
    endpoint: Url,
    /// The path that a mirror puts in front of repositories, e.g. `mcr-remote`.
    prefix: Vec<String>,
    /// The registry whose credentials may be shown to it: a mirror is shown its own and no others.
    credentials_of: String,
    named_by: NamedBy,
    first_turn: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
    tokens: Mutex<HashMap<String, Arc<tokio::sync::Mutex<TokenSlot>>>>,
}

#[derive(Default)]
struct Known {
    demand: Demand,
    reach: Option<Reach>,
}

/// The authentication that a registry demands with each request.
#[derive(Clone, Debug, Default)]
enum Demand {
    /// It was not asked yet.
    #[default]
    Unknown,
    Nothing,
    Basic,
    Bearer(TokenService),
}

/// The token of a repository, or when and why none could be had.
type TokenSlot = Option<Result<Token, (Instant, Failure)>>;

/// The authentication that was shown with a request.
#[derive(Clone, Debug, PartialEq)]
enum Shown {
    Nothing,
    /// A password, or a token that was stored.
    Credential(HeaderValue),
    Token(Token),
}

/// The document that is wanted of a repository.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) repository: &'a str,
    /// `manifests` or `blobs`.
    pub(crate) collection: &'a str,
    /// A tag or digest.
    pub(crate) name: &'a str,
    pub(crate) accept: &'a str,
    /// The first byte that is wanted; 0 asks for all.
    pub(crate) from_byte: u64,
    /// The body is read as it comes, however long that takes.
    pub(crate) is_streamed: bool,
}

impl Registry {
    /// The registry of this name, or the mirror the options give it.
    pub(crate) fn new(name: &str, options: &Options) -> Result<Self, Failure> {
        let mirror = options.mirrors.iter().find(|(registry, _)| registry == name).map(|(_, url)| url);
        let (endpoint, prefix, credentials_of) = match mirror {
            Some(mirror) => {
                let prefix = mirror.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty());
                let prefix = prefix.map(str::to_owned).collect();
                (mirror.clone(), prefix, server_of(mirror))
            }
            None => (endpoint(name, options.plain_http)?, Vec::new(), name.to_owned()),
        };
        Ok(Self {
            name: name.to_owned(),
            endpoint,
            prefix,
            credentials_of,
            named_by: if mirror.is_some() || options.trust.covers(name) { NamedBy::User } else { NamedBy::Stranger },
            first_turn: tokio::sync::Mutex::default(),
            known: Mutex::default(),
            tokens: Mutex::default(),
        })
    }

    /// The place of the registry, once it has answered; before, the least trusted one.
    pub(crate) fn reach(&self) -> Reach {
        lock(&self.known).reach.unwrap_or(Reach::Public)
    }

    /// Asks for something of a repository, showing what the registry demands; answers other than success are failures.
    pub(crate) async fn get(&self, shared: &Shared, wanted: &Wanted<'_>) -> Result<Answer, Failure> {
        let mut turn = self.first_turn().await;
        let repository = self.repository(wanted.repository);
        let mut shown = self.to_show(shared, &self.demand(), &repository, &Shown::Nothing).await?;
        let mut challenged = false;
        loop {
            let request = Request {
                url: self.url_of(wanted),
                named_by: self.named_by,
                accept: wanted.accept,
                authorization: shown.header(),
                range: range(wanted.from_byte),
                form: None,
                is_streamed: wanted.is_streamed,
            };
            let answer = shared.transport.send(&request).await?;
            self.learn(&answer);
            let status = answer.response.status();
            if status.is_success() {
                return Ok(answer);
            }
            if status != StatusCode::UNAUTHORIZED || !answer.from_origin || challenged {
                return Err(self.refusal(shared, answer, &repository, &shown).await);
            }
            let demand = self.demand_of(answer.response.headers(), answer.reach)?;
            lock(&self.known).demand = demand.clone();
            turn.take();
            let next = self.to_show(shared, &demand, &repository, &shown).await?;
            if next == shown {
                return Err(self.refusal(shared, answer, &repository, &shown).await);
            }
            shown = next;
            challenged = true;
        }
    }

    /// The right to ask first, for one of those who ask at once; the others follow when it has an answer.
    async fn first_turn(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let is_known = || !matches!(self.demand(), Demand::Unknown);
        if is_known() {
            return None;
        }
        let turn = tokio::time::timeout(FIRST_TURN, self.first_turn.lock()).await.ok()?;
        (!is_known()).then_some(turn)
    }

    fn demand(&self) -> Demand {
        lock(&self.known).demand.clone()
    }

    fn learn(&self, answer: &Answer) {
        let status = answer.response.status();
        let mut known = lock(&self.known);
        if answer.from_origin {
            known.reach = Some(answer.reach);
        }
        let busy = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        if matches!(known.demand, Demand::Unknown) && status != StatusCode::UNAUTHORIZED && !busy {
            known.demand = Demand::Nothing;
        }
    }

    /// The demand of these challenges; the strongest that is understood counts.
    fn demand_of(&self, headers: &HeaderMap, reach: Reach) -> Result<Demand, Failure> {
        let values = headers.get_all(WWW_AUTHENTICATE).iter();
        // The words in a realm may be in any encoding.
        let challenges: Vec<_> = values.flat_map(|value| challenge::parse(&String::from_utf8_lossy(value.as_bytes()))).collect();
        if let Some(bearer) = challenges.iter().find(|challenge| challenge.scheme == "bearer") {
            let unusable = |why: &str| {
                Failure::new(ErrorKind::Unauthorized, format!("{} names a token service at an address {why}", self.name))
                    .hint("the configuration of the registry is wrong: tell those who run it")
            };
            let realm = bearer.parameter("realm").and_then(|realm| Url::parse(realm).ok());
            let realm = realm.ok_or_else(|| unusable("that cannot be read"))?;
            check_scheme(self.endpoint.scheme(), &realm).map_err(unusable)?;
            let service = bearer.parameter("service").map(str::to_owned);
            return Ok(Demand::Bearer(TokenService { realm, service, named_by: reach }));
        }
        if challenges.iter().any(|challenge| challenge.scheme == "basic") {
            return Ok(Demand::Basic);
        }
        let asked_for: Vec<&str> = challenges.iter().map(|challenge| challenge.scheme.as_str()).collect();
        let asked_for =
            if asked_for.is_empty() { "nothing that can be given".to_owned() } else { excerpt(&asked_for.join(", ")) };
        let cause = format!("{} wants authentication, and asks for {asked_for}", self.name);
        Err(Failure::new(ErrorKind::Unauthorized, cause).hint("only Bearer and Basic authentication are spoken"))
    }

    /// The authentication that meets this demand, other than the one that was refused already.
    async fn to_show(&self, shared: &Shared, demand: &Demand, repository: &str, refused: &Shown) -> Result<Shown, Failure> {
        let service = match demand {
            Demand::Unknown | Demand::Nothing => return Ok(Shown::Nothing),
            Demand::Basic => None,
            Demand::Bearer(service) => Some(service),
        };
        let credential = self.look_up(shared, repository).await.credential;
        let header = match (&credential, service) {
            (Some(Credential::Registry(token)), _) => bearer(token),
            (Some(Credential::Password { username, password }), None) => basic(username, password),
            (Some(Credential::Identity(_)) | None, None) => None,
            (credential, Some(service)) => {
                return match self.token(shared, service, repository, credential.as_ref(), refused).await {
                    Ok(token) => Ok(Shown::Token(token)),
                    Err(failure) if failure.kind == ErrorKind::Unauthorized && failure.hint.is_none() => {
                        Err(self.unauthorized(shared, failure, repository).await)
                    }
                    Err(failure) => Err(failure),
                };
            }
        };
        Ok(header.map_or(Shown::Nothing, Shown::Credential))
    }

    /// The token of a repository: one request for all who want it at once, and one failure for all of them.
    async fn token(
        &self,
        shared: &Shared,
        service: &TokenService,
        repository: &str,
        credential: Option<&Credential>,
        refused: &Shown,
    ) -> Result<Token, Failure> {
        let scope = format!("repository:{repository}:pull");
        let begun = Instant::now();
        let slot = Arc::clone(lock(&self.tokens).entry(scope.clone()).or_default());
        let mut slot = slot.lock().await;
        match &*slot {
            Some(Ok(token)) if token.is_fresh() && !matches!(refused, Shown::Token(refused) if refused == token) => {
                return Ok(token.clone());
            }
            Some(Err((failed, failure))) if *failed >= begun => return Err(failure.clone()),
            _ => {}
        }
        let token = service.token(shared, &scope, credential).await;
        *slot = Some(token.clone().map_err(|failure| (Instant::now(), failure)));
        token
    }

    /// The credentials for this repository.
    async fn look_up(&self, shared: &Shared, repository: &str) -> LookedUp {
        match &shared.options.credentials {
            Some(keychain) => keychain.look_up(&self.credentials_of, repository).await,
            None => LookedUp::default(),
        }
    }

    /// An unsuccessful answer as a failure with a hint.
    async fn refusal(&self, shared: &Shared, answer: Answer, repository: &str, shown: &Shown) -> Failure {
        let status = answer.response.status();
        let (headers, server, from_origin) = (answer.headers(), answer.server.clone(), answer.from_origin);
        let body = answer.beginning(Vec::new()).await;
        let mut failure = Failure::of_status(status, &headers, &body, &server);
        // The token service took the credentials; Docker Hub answers so for what is private, and for what does not exist.
        if matches!(shown, Shown::Token(_)) && wants_more_scope(&headers) {
            failure.denied = Denied::Right;
        }
        match failure.kind {
            _ if failure.hint.is_some() => failure,
            ErrorKind::Unauthorized | ErrorKind::NotFound if !from_origin => {
                let asked = server_of(&self.endpoint);
                failure.hint(format!("{asked} sent the request on to {server}: try again, and tell those who run {asked}"))
            }
            ErrorKind::Unauthorized => self.unauthorized(shared, failure, repository).await,
            ErrorKind::NotFound => failure.hint("check the spelling of the repository and of its tag"),
            ErrorKind::Invalid if self.endpoint.scheme() == "http" && status == StatusCode::BAD_REQUEST => failure.hint(advice![
                "it was asked over HTTP; if it uses HTTPS: ",
                Setting::Mirror(format!("{0}=https://{0}", self.name))
            ]),
            ErrorKind::RateLimited if self.name == DOCKER_HUB => {
                failure.hint("Docker Hub counts the pulls of each address: log in with `docker login`, or wait")
            }
            ErrorKind::RateLimited => {
                failure.hint(advice!["wait, or ask a mirror: ", Setting::Mirror(format!("{}=https://MIRROR", self.name))])
            }
            _ => failure,
        }
    }

    /// A refusal, with what was wrong with the credentials and what to do.
    async fn unauthorized(&self, shared: &Shared, mut failure: Failure, repository: &str) -> Failure {
        let login = operator::login(&self.credentials_of);
        let LookedUp { credential, origin, renewal, problems, remedies } = self.look_up(shared, repository).await;
        let origin = origin.map(|origin| format!(" from {origin}")).unwrap_or_default();
        let remedies = remedies.join(", ");
        let first = if remedies.is_empty() { String::new() } else { format!("{remedies}, then ") };
        let renewal = renewal.unwrap_or_else(|| format!("log in again with {login}"));
        let (registry, right) = (&self.credentials_of, operator::right_to_pull(&self.credentials_of));
        let hint = match (credential, failure.denied) {
            (Some(_), Denied::Right) => format!(
                "the account of the stored credentials{origin} has no right to pull {repository}, or there is no such repository: \
                 {first}ask those who run {registry} for {right}, or take another account: {renewal}"
            ),
            (Some(_), Denied::Either) => format!(
                "the stored credentials{origin} were rejected, or their account has no right to pull {repository}: \
                 {first}{renewal}, or ask those who run {registry} for {right}"
            ),
            (Some(Credential::Identity(_)), Denied::Login) => {
                format!("the stored login{origin} has expired or was rejected: {first}{renewal}")
            }
            (Some(_), Denied::Login) => format!("the stored credentials{origin} were rejected: {first}{renewal}"),
            (None, _) if remedies.is_empty() => {
                format!("there is no such repository, or it is not public: then log in with {login}")
            }
            (None, _) => format!("there is no such repository, or it is not public: then {remedies}, and log in with {login}"),
        };
        failure.causes.extend(problems);
        failure.hint(hint)
    }

    /// The repository as this registry or mirror names it, e.g. `mcr-remote/windows/nanoserver`.
    fn repository(&self, repository: &str) -> String {
        let prefix = self.prefix.iter().map(String::as_str);
        prefix.chain([repository]).collect::<Vec<_>>().join("/")
    }

    fn url_of(&self, wanted: &Wanted<'_>) -> Url {
        let mut url = self.endpoint.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().push("v2").extend(&self.prefix).extend(wanted.repository.split('/'));
            path.push(wanted.collection).push(wanted.name);
        }
        url
    }
}

impl Shown {
    fn header(&self) -> Option<HeaderValue> {
        match self {
            Self::Nothing => None,
            Self::Credential(header) => Some(header.clone()),
            Self::Token(token) => token.header(),
        }
    }
}

/// True for an answer to a token that does not allow what was asked for (RFC 6750, section 3.1).
fn wants_more_scope(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(WWW_AUTHENTICATE).iter();
    values.any(|value| {
        let challenges = challenge::parse(&String::from_utf8_lossy(value.as_bytes()));
        challenges.iter().any(|challenge| challenge.parameter("error") == Some("insufficient_scope"))
    })
}

pub(crate) fn range(from_byte: u64) -> Option<HeaderValue> {
    (from_byte > 0).then(|| HeaderValue::from_str(&format!("bytes={from_byte}-")).ok()).flatten()
}

/// A lock that a panic elsewhere does not close: what it guards is whole after each statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted<'a>(repository: &'a str, name: &'a str) -> Wanted<'a> {
        Wanted { repository, collection: "manifests", name, accept: "*/*", from_byte: 0, is_streamed: false }
    }

    #[test]
    fn the_path_of_a_mirror_goes_in_front_of_the_repository() {
        let mirrors = vec![("mcr.microsoft.com".to_owned(), Url::parse("https://mirror.test/mcr/").unwrap())];
        let options = Options { mirrors, ..Options::default() };
        let registry = Registry::new("mcr.microsoft.com", &options).unwrap();
        let address = registry.url_of(&wanted("windows/nanoserver", "1903"));
        assert_eq!(address.as_str(), "https://mirror.test/v2/mcr/windows/nanoserver/manifests/1903");
        assert_eq!(registry.repository("windows/nanoserver"), "mcr/windows/nanoserver");
        assert_eq!(registry.credentials_of, "mirror.test");
    }

    #[test]
    fn what_a_reference_holds_stays_in_its_place_in_the_address() {
        let registry = Registry::new("r.test", &Options::default()).unwrap();
        let address = registry.url_of(&wanted("a?b/c#d", "x/../../y"));
        assert_eq!(address.as_str(), "https://r.test/v2/a%3Fb/c%23d/manifests/x%2F..%2F..%2Fy");
    }
}
