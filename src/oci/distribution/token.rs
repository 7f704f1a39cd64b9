//! Token services: a challenge and a credential become a token for one repository.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderValue};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::ErrorKind;
use crate::oci::distribution::Shared;
use crate::oci::distribution::address::Reach;
use crate::oci::distribution::authorization::{basic, bearer};
use crate::oci::distribution::failure::{Denied, Failure};
use crate::oci::distribution::keychain::Credential;
use crate::oci::distribution::limits;
use crate::oci::distribution::retry::Tries;
use crate::oci::distribution::secret::Secret;
use crate::oci::distribution::transport::{Answer, NamedBy, Request};

/// The lifetime of a token of which nothing is said, as the token specification has it, and the longest that one is kept.
const LIFETIME: Duration = Duration::from_secs(60);
const LONGEST_LIFETIME: Duration = Duration::from_secs(3600);
/// The time before its end from which a token is not used any more: a request takes time.
const MARGIN: Duration = Duration::from_secs(5);

/// A token for one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    value: Secret,
    expires: Instant,
}

impl Token {
    pub(crate) fn is_fresh(&self) -> bool {
        Instant::now() < self.expires
    }

    /// `Bearer …`; a token that is not a header value was refused when it came.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        bearer(&self.value)
    }
}

/// The service that a registry named for its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenService {
    pub(crate) realm: Url,
    pub(crate) service: Option<String>,
    /// The place of the registry that named it.
    pub(crate) named_by: Reach,
}

#[derive(Deserialize)]
struct Answered {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<i64>,
}

impl TokenService {
    /// A token that allows `scope`, e.g. `repository:windows/nanoserver:pull`.
    pub(crate) async fn token(&self, shared: &Shared, scope: &str, credential: Option<&Credential>) -> Result<Token, Failure> {
        let mut tries = Tries::new(&shared.options.retry, shared.options.deadline);
        loop {
            match self.token_once(shared, scope, credential).await {
                Ok(token) => return Ok(token),
                Err(failure) => tries.pause_after(failure).await?,
            }
        }
    }

    async fn token_once(&self, shared: &Shared, scope: &str, credential: Option<&Credential>) -> Result<Token, Failure> {
        let asked = Instant::now();
        let answer = match credential {
            Some(Credential::Identity(token)) => {
                let answer = self.exchange(shared, scope, token).await?;
                // Not every token service knows this way; the other one has no use for the token.
                match answer.response.status() {
                    StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => self.ask(shared, scope, None).await?,
                    _ => answer,
                }
            }
            Some(Credential::Password { username, password }) => self.ask(shared, scope, basic(username, password)).await?,
            Some(Credential::Registry(_)) | None => self.ask(shared, scope, None).await?,
        };
        let server = format!("the token service {}", answer.server);
        let status = answer.response.status();
        if status != StatusCode::OK {
            let headers = answer.headers();
            let refreshed = match credential {
                Some(Credential::Identity(token)) => vec![token.reveal().to_owned()],
                _ => Vec::new(),
            };
            let body = answer.beginning(refreshed).await;
            return Err(refusal(status, &headers, &body, &server, credential));
        }
        let body = limits::read(answer.response, limits::TOKEN, &server).await;
        // It is the service that answers with nonsense, not the image.
        let body = body.map_err(|failure| Failure { kind: ErrorKind::Network, ..failure })?;
        let unusable = |why: &str| Failure::new(ErrorKind::Network, format!("{server} answered without a usable token: {why}"));
        // What cannot be read is not quoted: it may hold the token.
        let answered: Answered = serde_json::from_slice(&body).map_err(|_| unusable("not the JSON that is expected"))?;
        let token = [answered.token, answered.access_token].into_iter().flatten().find(|token| !token.is_empty());
        let value = Secret::new(token.ok_or_else(|| unusable("there is none"))?);
        bearer(&value).ok_or_else(|| unusable("it holds characters that no header may"))?;
        // Some services say -1: nothing is known of it.
        let lifetime = answered.expires_in.and_then(|seconds| u64::try_from(seconds).ok()).map_or(LIFETIME, Duration::from_secs);
        let lifetime = lifetime.clamp(LIFETIME, LONGEST_LIFETIME);
        Ok(Token { value, expires: asked + lifetime - MARGIN })
    }

    /// GET, as the token specification has it (distribution, `docs/spec/auth/token`).
    async fn ask(&self, shared: &Shared, scope: &str, authorization: Option<HeaderValue>) -> Result<Answer, Failure> {
        let mut url = self.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = &self.service {
                query.append_pair("service", service);
            }
            query.append_pair("scope", scope);
        }
        self.send(shared, url, authorization, None).await
    }

    /// POST, as its OAuth2 form has it: a refresh token for an access token (distribution, `docs/spec/auth/oauth`).
    async fn exchange(&self, shared: &Shared, scope: &str, refresh_token: &Secret) -> Result<Answer, Failure> {
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", refresh_token.reveal())
            .append_pair("service", self.service.as_deref().unwrap_or_default())
            .append_pair("scope", scope)
            .append_pair("client_id", "wincompat")
            .finish();
        self.send(shared, self.realm.clone(), None, Some(Secret::new(form))).await
    }

    async fn send(
        &self,
        shared: &Shared,
        url: Url,
        authorization: Option<HeaderValue>,
        form: Option<Secret>,
    ) -> Result<Answer, Failure> {
        let request = Request {
            url,
            named_by: NamedBy::Server(self.named_by),
            accept: "application/json",
            authorization,
            range: None,
            form,
            is_streamed: false,
        };
        shared.transport.send(&request).await.map_err(|mut failure| {
            failure.causes.insert(0, "no token could be had from the service the registry names".to_owned());
            failure
        })
    }
}

/// The failure of a token service that gives no token. What it does not have or does not take is not the image.
fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8], server: &str, credential: Option<&Credential>) -> Failure {
    let failure = Failure::of_status(status, headers, body, server);
    // GitLab answers 403 where the account has no right, GitHub where it does not know the account.
    let denied = if failure.denied == Denied::Right { Denied::Either } else { failure.denied };
    let failure = Failure { absent: None, denied, ..failure };
    match failure.kind {
        ErrorKind::Unauthorized | ErrorKind::RateLimited | ErrorKind::Network => failure,
        // OAuth2 answers so to a refresh token that has expired (RFC 6749, section 5.2).
        ErrorKind::Invalid if matches!(credential, Some(Credential::Identity(_))) => {
            Failure { kind: ErrorKind::Unauthorized, ..failure }
        }
        _ => Failure { kind: ErrorKind::Network, ..failure }
            .hint("the registry names a token service that does not work: tell those who run the registry"),
    }
}
