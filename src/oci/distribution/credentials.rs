//! Stored credentials: Docker's and Podman's configuration files, and what they say of a registry.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use crate::knowledge::builds::MICROSOFT_REGISTRY;
use crate::oci::distribution::secret::Secret;

/// The largest configuration file that is read, in bytes.
const CONFIG_SIZE: u64 = 1 << 20;

/// The name Docker stores the credentials of Docker Hub under.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// The user name that says that the secret is an identity token
/// (https://docs.docker.com/reference/cli/docker/login/#credential-helper-protocol).
const IDENTITY_TOKEN_USER: &str = "<token>";

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a registry or its token service is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A user name and a password.
    Password {
        /// The user name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A refresh token, exchanged at the token service; what `az acr login` stores.
    Identity(Secret),
    /// A token for the registry itself.
    Registry(Secret),
}

impl Credential {
    /// A pair as credential helpers and `auth` fields hold it; `None` where it is empty.
    pub(crate) fn from_pair(username: &str, secret: &str) -> Option<Self> {
        match (username, secret) {
            (_, "") | ("", _) => None,
            (IDENTITY_TOKEN_USER, secret) => Some(Self::Identity(Secret::new(secret))),
            (username, secret) => Some(Self::Password { username: username.to_owned(), password: Secret::new(secret) }),
        }
    }
}

/// Where credentials of a registry may be had, in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The configuration holds them.
    Stored(Credential),
    /// The program `docker-credential-NAME` is asked.
    Helper {
        /// The NAME, e.g. `desktop`.
        name: String,
        /// The name it knows the registry under, e.g. `https://index.docker.io/v1/`.
        server: String,
    },
}

/// The credentials of this user, read when the first registry asks for some.
#[derive(Clone)]
pub struct CredentialStore {
    sources: Vec<Source>,
    /// `PATH`, where credential helpers are found.
    pub(crate) path: Option<OsString>,
    loaded: Arc<OnceLock<Loaded>>,
}

#[derive(Clone)]
enum Source {
    File(PathBuf),
    /// The text of a configuration, and the variable that holds it.
    Text(Secret, &'static str),
}

#[derive(Default)]
struct Loaded {
    configs: Vec<Config>,
    problems: Vec<String>,
}

/// The parts of a configuration that speak of credentials.
#[derive(Default)]
struct Config {
    /// Where it was read, for messages.
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

impl CredentialStore {
    /// The stores this process' environment names: `DOCKER_AUTH_CONFIG` (a text), `REGISTRY_AUTH_FILE`,
    /// `$DOCKER_CONFIG/config.json` or `.docker/config.json` at home, `$XDG_RUNTIME_DIR/containers/auth.json`.
    pub fn from_environment() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    /// The stores these variables name; the first that has credentials for a registry counts.
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str| variable(name).filter(|value| !value.is_empty());
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let docker =
            value("DOCKER_CONFIG").map(PathBuf::from).or_else(|| value(home).map(|home| Path::new(&home).join(".docker")));
        let text = value("DOCKER_AUTH_CONFIG").and_then(|text| text.into_string().ok());
        let files = [
            value("REGISTRY_AUTH_FILE").map(PathBuf::from),
            docker.map(|folder| folder.join("config.json")),
            value("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join("containers").join("auth.json")),
        ];
        let text = text.map(|text| Source::Text(Secret::new(text), "DOCKER_AUTH_CONFIG"));
        let sources = text.into_iter().chain(files.into_iter().flatten().map(Source::File)).collect();
        Self { sources, path: value("PATH"), loaded: Arc::default() }
    }

    /// No credentials at all.
    pub fn none() -> Self {
        Self::from_variables(|_| None)
    }

    /// Where credentials for this repository may be had.
    ///
    /// Microsoft's registry is anonymous: nothing is looked up for it unless a configuration names it, so that a credential store
    /// that waits for its user does not stop a pipeline.
    pub fn places(&self, registry: &str, repository: &str) -> Vec<Place> {
        let host = canonical_host(registry);
        self.loaded().configs.iter().flat_map(|config| config.places(&host, repository)).collect()
    }

    /// What was wrong with the configurations, without anything of their contents.
    pub fn problems(&self) -> &[String] {
        &self.loaded().problems
    }

    fn loaded(&self) -> &Loaded {
        self.loaded.get_or_init(|| {
            let mut loaded = Loaded::default();
            for source in &self.sources {
                let (origin, text) = match source {
                    Source::Text(text, variable) => ((*variable).to_owned(), Ok(text.reveal().to_owned())),
                    Source::File(file) => (file.display().to_string(), read(file)),
                };
                match text.and_then(|text| parse(&origin, &text, &mut loaded.problems)) {
                    Ok(config) => loaded.configs.push(config),
                    Err(None) => {}
                    Err(Some(problem)) => loaded.problems.push(format!("{origin} was left out: {problem}")),
                }
            }
            loaded
        })
    }
}

/// The text of a file; `Err(None)` where there is none.
fn read(file: &Path) -> Result<String, Option<String>> {
    let opened = match File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(None),
        Err(error) => return Err(Some(error.to_string())),
    };
    let mut text = String::new();
    match opened.take(CONFIG_SIZE + 1).read_to_string(&mut text) {
        Ok(length) if length as u64 > CONFIG_SIZE => Err(Some(format!("larger than {CONFIG_SIZE} bytes"))),
        Ok(_) => Ok(text),
        Err(error) => Err(Some(error.to_string())),
    }
}

/// Reads a configuration; its own text never becomes part of a problem.
fn parse(origin: &str, text: &str, problems: &mut Vec<String>) -> Result<Config, Option<String>> {
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
        let (host, path) = split_key(key);
        config.auths.push(Auth { key: key.clone(), host, path, entry: entry.clone() });
    }
    for (key, helper) in value.get("credHelpers").and_then(Value::as_object).into_iter().flatten() {
        if let Some(helper) = text_of(helper) {
            config.helpers.insert(split_key(key).0, helper);
        }
    }
    config.store = value.get("credsStore").and_then(text_of);
    Ok(config)
}

impl Config {
    fn places(&self, host: &str, repository: &str) -> Vec<Place> {
        let mut places = Vec::new();
        let of_host = |auth: &&Auth| auth.host == host && covers(&auth.path, repository);
        let auth = self.auths.iter().filter(of_host).max_by_key(|auth| auth.path.len());
        let own_name = || match (auth, host) {
            (Some(auth), _) if auth.path.is_empty() => auth.key.clone(),
            (_, "docker.io") => DOCKER_HUB_KEY.to_owned(),
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
}

/// The credential in an entry of `auths`; entries are empty where a credential store holds it.
fn stored(entry: &Map<String, Value>) -> Option<Credential> {
    let field = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(token) = field("identitytoken") {
        return Some(Credential::Identity(Secret::new(token)));
    }
    if let Some(token) = field("registrytoken") {
        return Some(Credential::Registry(Secret::new(token)));
    }
    if let Some(auth) = field("auth") {
        let pair = String::from_utf8(BASE64.decode(auth.trim()).ok()?).ok()?;
        let (username, password) = pair.split_once(':')?;
        return Credential::from_pair(username, password.trim_end_matches('\0'));
    }
    Credential::from_pair(field("username")?, field("password")?)
}

/// Whether an entry for this path is one for the repository: `team` covers `team` and `team/app`, and the empty path all.
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

/// The one name of a registry's host: Docker Hub has three.
fn canonical_host(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    match host.as_str() {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        _ => host,
    }
}

impl std::fmt::Debug for CredentialStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let origins = self.sources.iter().map(|source| match source {
            Source::File(file) => file.display().to_string(),
            Source::Text(_, variable) => (*variable).to_owned(),
        });
        f.debug_list().entries(origins).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(config: &str, registry: &str, repository: &str) -> Vec<String> {
        let store = CredentialStore::from_variables(|name| (name == "DOCKER_AUTH_CONFIG").then(|| config.into()));
        let shown = |place: Place| match place {
            Place::Stored(Credential::Password { username, password }) => format!("{username}/{}", password.reveal()),
            Place::Stored(Credential::Identity(token)) => format!("identity {}", token.reveal()),
            Place::Stored(Credential::Registry(token)) => format!("registry {}", token.reveal()),
            Place::Helper { name, server } => format!("{name} for {server}"),
        };
        store.places(registry, repository).into_iter().map(shown).collect()
    }

    #[test]
    fn every_form_of_an_entry_is_read() {
        // dXNlcjpwYSBzOnM= is user:pa s:s
        let table: [(&str, &[&str]); 12] = [
            (r#"{"auth":"dXNlcjpwYSBzOnM="}"#, &["user/pa s:s"]),
            (r#"{"auth":"dXNlcjpwYSBzOnM"}"#, &["user/pa s:s"]),
            (r#"{"username":"user","password":"pass"}"#, &["user/pass"]),
            (r#"{"auth":"dXNlcjpwYSBzOnM=","identitytoken":"id"}"#, &["identity id"]),
            (r#"{"username":"<token>","password":"id"}"#, &["identity id"]),
            (r#"{"registrytoken":"rt"}"#, &["registry rt"]),
            (r#"{"auth":"not base64!"}"#, &[]),
            (r#"{"auth":"bm9jb2xvbg=="}"#, &[]),
            (r#"{"auth":5,"username":["a"]}"#, &[]),
            (r#"{"email":"a@b.c"}"#, &[]),
            (r#"{}"#, &[]),
            (r#""text""#, &[]),
        ];
        for (entry, expected) in table {
            let config = format!(r#"{{"auths":{{"r.test":{entry}}}}}"#);
            assert_eq!(places(&config, "r.test", "app"), expected, "{entry}");
        }
    }

    #[test]
    fn the_key_of_a_registry_has_many_forms() {
        let entry = r#"{"username":"u","password":"p"}"#;
        for (key, registry) in [
            ("r.test", "r.test"),
            ("R.test", "r.test"),
            ("https://r.test", "r.test"),
            ("https://r.test/v2/", "r.test"),
            ("http://r.test:5000/v1/", "r.test:5000"),
            ("[::1]:5000", "[::1]:5000"),
            ("https://index.docker.io/v1/", "docker.io"),
            ("index.docker.io", "docker.io"),
            ("docker.io", "docker.io"),
            ("r.test/app", "r.test"),
        ] {
            let config = format!(r#"{{"auths":{{"{key}":{entry}}}}}"#);
            assert_eq!(places(&config, registry, "app"), ["u/p"], "{key}");
        }
        for (key, registry) in
            [("r.test", "r.test:5000"), ("r.test:5000", "r.test"), ("r.test/ap", "r.test"), ("evil-r.test", "r.test")]
        {
            let config = format!(r#"{{"auths":{{"{key}":{entry}}}}}"#);
            assert!(places(&config, registry, "app").is_empty(), "{key}");
        }
    }

    #[test]
    fn the_nearest_entry_counts() {
        let config = r#"{"auths":{
            "r.test":{"username":"all","password":"p"},
            "r.test/team":{"username":"team","password":"p"},
            "r.test/team/app":{"username":"app","password":"p"}}}"#;
        assert_eq!(places(config, "r.test", "team/app"), ["app/p"]);
        assert_eq!(places(config, "r.test", "team/other"), ["team/p"]);
        assert_eq!(places(config, "r.test", "teamwork"), ["all/p"]);
    }

    #[test]
    fn helpers_come_before_entries_and_the_store_after_them() {
        let config =
            r#"{"auths":{"r.test":{"username":"u","password":"p"}},"credHelpers":{"r.test":"own"},"credsStore":"desktop"}"#;
        assert_eq!(places(config, "r.test", "app"), ["own for r.test", "u/p", "desktop for r.test"]);
        assert_eq!(places(config, "other.test", "app"), ["desktop for other.test"]);
        assert_eq!(places(config, "docker.io", "library/app"), ["desktop for https://index.docker.io/v1/"]);
        let logged_in = r#"{"auths":{"https://r.test":{}},"credsStore":"desktop"}"#;
        assert_eq!(places(logged_in, "r.test", "app"), ["desktop for https://r.test"]);
    }

    #[test]
    fn nothing_is_looked_up_for_mcr_unless_it_is_named() {
        let config = r#"{"auths":{"r.test":{"username":"u","password":"p"}},"credsStore":"desktop"}"#;
        assert!(places(config, "mcr.microsoft.com", "windows/nanoserver").is_empty());
        let named = r#"{"auths":{"mcr.microsoft.com":{}},"credsStore":"desktop"}"#;
        assert_eq!(places(named, "mcr.microsoft.com", "windows/nanoserver"), ["desktop for mcr.microsoft.com"]);
        let helper = r#"{"credHelpers":{"mcr.microsoft.com":"own"},"credsStore":"desktop"}"#;
        assert_eq!(places(helper, "mcr.microsoft.com", "windows/nanoserver"), ["own for mcr.microsoft.com"]);
    }

    #[test]
    fn the_environment_says_where_configurations_are() {
        let folder = tempfile::tempdir().unwrap();
        let config = |user: &str| format!(r#"{{"auths":{{"r.test":{{"username":"{user}","password":"p"}}}}}}"#);
        std::fs::create_dir_all(folder.path().join("home/.docker")).unwrap();
        std::fs::create_dir_all(folder.path().join("docker")).unwrap();
        std::fs::create_dir_all(folder.path().join("run/containers")).unwrap();
        for (file, user) in [
            ("home/.docker/config.json", "home"),
            ("docker/config.json", "docker"),
            ("run/containers/auth.json", "podman"),
            ("auth.json", "named"),
        ] {
            std::fs::write(folder.path().join(file), config(user)).unwrap();
        }
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let first = |variables: &[(&str, &str)]| {
            let store = CredentialStore::from_variables(|name| {
                let (_, value) = variables.iter().find(|(variable, _)| *variable == name)?;
                let text = value.starts_with('{') || value.is_empty();
                Some(if text { value.into() } else { folder.path().join(value).into_os_string() })
            });
            match store.places("r.test", "app").into_iter().next() {
                Some(Place::Stored(Credential::Password { username, .. })) => username,
                other => format!("{other:?}"),
            }
        };
        assert_eq!(first(&[(home, "home")]), "home");
        assert_eq!(first(&[(home, "home"), ("DOCKER_CONFIG", "docker")]), "docker");
        assert_eq!(first(&[(home, "home"), ("DOCKER_CONFIG", "")]), "home");
        assert_eq!(first(&[(home, "home"), ("XDG_RUNTIME_DIR", "run")]), "home");
        assert_eq!(first(&[(home, "nowhere"), ("XDG_RUNTIME_DIR", "run")]), "podman");
        assert_eq!(first(&[(home, "home"), ("REGISTRY_AUTH_FILE", "auth.json")]), "named");
        assert_eq!(first(&[(home, "home"), ("DOCKER_AUTH_CONFIG", &config("text"))]), "text");
        assert_eq!(first(&[]), "None");
    }

    #[test]
    fn a_broken_configuration_is_named_but_never_quoted() {
        for text in [r#"{"auths": "hunter2" "#, "hunter2", r#"{"auths":{"r.test":"hunter2"}}"#] {
            let store = CredentialStore::from_variables(|name| (name == "DOCKER_AUTH_CONFIG").then(|| text.into()));
            assert!(store.places("r.test", "app").is_empty());
            let problems = store.problems().join("\n");
            assert!(problems.contains("DOCKER_AUTH_CONFIG"), "{problems}");
            assert!(!problems.contains("hunter2"), "{problems}");
            assert!(!format!("{store:?}").contains("hunter2"));
        }
    }
}
