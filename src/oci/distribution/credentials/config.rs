//! One configuration file of Docker or Podman: the parts of it that speak of credentials.

use std::collections::HashMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::Place;
use crate::image::docker_hub::{self, DOCKER_HUB, canonical_host};
use crate::knowledge::builds::MICROSOFT_REGISTRY;
use crate::oci::distribution::keychain::Credential;
use crate::oci::distribution::secret::Secret;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The parts of a configuration that speak of credentials.
#[derive(Default)]
pub(crate) struct Config {
    /// The file or variable it was read from, for messages.
    origin: String,
    auths: Vec<Auth>,
    /// Registries and the helpers they have of their own.
    helpers: HashMap<String, String>,
    store: Option<String>,
}

struct Auth {
    /// The key as written, e.g. `https://index.docker.io/v1/`.
    key: String,
    host: String,
    /// The repositories it is for, e.g. `team/app`; empty for all.
    path: String,
    entry: Map<String, Value>,
}

impl Auth {
    fn is_exact(&self) -> bool {
        is_exact(&self.key, &self.host, &self.path)
    }
}

/// True for the key that Docker writes and asks for first, where others mean the same: `r.test` beside `https://r.test/v1/`.
fn is_exact(key: &str, host: &str, path: &str) -> bool {
    match (host, path) {
        (DOCKER_HUB, "") => key == docker_hub::CREDENTIALS,
        (host, "") => key == host,
        (host, path) => key.strip_prefix(host).and_then(|rest| rest.strip_prefix('/')) == Some(path),
    }
}

/// Reads a configuration; its own text never becomes part of a problem.
pub(crate) fn parse(origin: &str, text: &str, problems: &mut Vec<String>) -> Result<Config, Option<String>> {
    let text = text.trim_start_matches('\u{feff}');
    // An empty file is what some tools leave behind.
    if text.trim().is_empty() {
        return Err(None);
    }
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Some(format!("not JSON at line {}, column {}", error.line(), error.column())))?;
    let mut config = Config { origin: origin.to_owned(), ..Config::default() };
    let text_of = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    for (key, entry) in value.get("auths").and_then(Value::as_object).into_iter().flatten() {
        let Some(entry) = entry.as_object() else {
            problems.push(format!("{origin}: the entry of one registry is not an object"));
            continue;
        };
        if text_of_field(entry, "auth").is_some_and(|auth| pair_in(auth).is_none()) {
            problems.push(format!("{origin}: the auth of one registry is not USER:PASSWORD in base64"));
        }
        let (host, path) = split_key(key);
        config.auths.push(Auth { key: key.clone(), host, path, entry: entry.clone() });
    }
    for (key, helper) in value.get("credHelpers").and_then(Value::as_object).into_iter().flatten() {
        let (host, path) = split_key(key);
        if let Some(helper) = text_of(helper).filter(|_| is_exact(key, &host, &path) || !config.helpers.contains_key(&host)) {
            config.helpers.insert(host, helper);
        }
    }
    config.store = value.get("credsStore").and_then(text_of);
    Ok(config)
}

impl Config {
    /// The places for the credentials of a repository, in the order in which they are tried.
    pub(crate) fn places(&self, host: &str, repository: &str) -> Vec<Place> {
        let mut places = Vec::new();
        let of_host = |auth: &&Auth| auth.host == host && covers(&auth.path, repository);
        let auth = self.auths.iter().filter(of_host).max_by_key(|auth| (auth.path.len(), auth.is_exact()));
        let own_name = || match (auth, host) {
            (Some(auth), _) if auth.path.is_empty() => auth.key.clone(),
            (_, DOCKER_HUB) => docker_hub::CREDENTIALS.to_owned(),
            (_, host) => host.to_owned(),
        };
        if let Some(name) = self.helpers.get(host) {
            places.push(Place::Helper { name: name.clone(), server: own_name() });
        }
        places.extend(auth.and_then(|auth| stored(&auth.entry)).map(Place::Stored));
        let anonymous = host == MICROSOFT_REGISTRY && auth.is_none();
        if let (Some(name), false) = (&self.store, anonymous) {
            places.push(Place::Helper { name: name.clone(), server: own_name() });
        }
        tracing::debug!(config = self.origin, host, places = places.len(), "looked for credentials");
        places
    }

    /// The key that names this helper for a host.
    pub(crate) fn key_of(&self, helper: &str, host: &str) -> &'static str {
        if self.helpers.get(host).is_some_and(|own| own == helper) { "credHelpers" } else { "credsStore" }
    }
}

/// The credential in an entry of `auths`; entries are empty where a credential store holds it.
fn stored(entry: &Map<String, Value>) -> Option<Credential> {
    let field = |name: &str| text_of_field(entry, name);
    if let Some(token) = field("identitytoken") {
        return Some(Credential::Identity(Secret::new(token)));
    }
    if let Some(token) = field("registrytoken") {
        return Some(Credential::Registry(Secret::new(token)));
    }
    if let Some(auth) = field("auth") {
        let (username, password) = pair_in(auth)?;
        return Credential::from_pair(&username, password.trim_end_matches('\0'));
    }
    Credential::from_pair(field("username")?, field("password")?)
}

/// The text of a field of an entry; `None` for an empty one.
fn text_of_field<'a>(entry: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The user and the password in the `auth` of an entry.
fn pair_in(auth: &str) -> Option<(String, String)> {
    let pair = String::from_utf8(BASE64.decode(auth.trim()).ok()?).ok()?;
    pair.split_once(':').map(|(username, password)| (username.to_owned(), password.to_owned()))
}

/// `true` if an entry for this path is one for the repository: `team` covers `team` and `team/app`, and the empty path all.
fn covers(path: &str, repository: &str) -> bool {
    path.is_empty() || repository.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The host and the repository path of a key: keys are hosts, URLs with the version of an API, or Podman's `host/path`.
fn split_key(key: &str) -> (String, String) {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let path = path.trim_end_matches('/');
    let path = if matches!(path, "v1" | "v2") { "" } else { path };
    (canonical_host(host), path.to_owned())
}
