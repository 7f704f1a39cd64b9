//! Stored credentials: Docker's and Podman's configuration files, and the credential helpers that they name.

mod config;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use self::config::Config;
use crate::files::read_regular;
use crate::image::docker_hub::canonical_host;
use crate::oci::distribution::credential_helper::{self, TIMEOUT};
use crate::oci::distribution::keychain::{Credential, Keychain, LookedUp};
use crate::oci::distribution::secret::Secret;
use crate::oci::once::Once;
use crate::process_group::{Alone, ProcessGroups};

/// The largest configuration file that is read, in bytes.
const CONFIG_SIZE: u64 = 1 << 20;

/// A place for the credentials of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The configuration holds them.
    Stored(Credential),
    /// The program `docker-credential-NAME` is asked.
    Helper {
        /// The NAME, e.g. `desktop`.
        name: String,
        /// The name under which the helper knows the registry, e.g. `https://index.docker.io/v1/`.
        server: String,
    },
}

/// The credentials of a user as Docker and Podman keep them, read when the first registry asks for some; each helper is asked once
/// for a registry.
#[derive(Clone)]
pub struct CredentialStore {
    sources: Vec<Source>,
    /// `PATH`, where credential helpers are found.
    path: Option<OsString>,
    /// The groups that helpers are started in.
    groups: Arc<dyn ProcessGroups>,
    loaded: Arc<OnceLock<Loaded>>,
    /// The answers of helpers, by the name of the helper and the name it knows the registry under.
    helpers: Arc<Once<(String, String), Answer>>,
}

/// The answer of a helper, or the sentence that says what went wrong.
type Answer = Result<Option<Credential>, String>;

#[derive(Clone)]
enum Source {
    File(PathBuf),
    /// The text of a configuration, and where it is from.
    Text(Secret, &'static str),
}

#[derive(Default)]
struct Loaded {
    configs: Vec<Config>,
    problems: Vec<String>,
}

impl CredentialStore {
    /// The stores that these variables of an environment name, and the one at home: `DOCKER_AUTH_CONFIG` (a text),
    /// `REGISTRY_AUTH_FILE`, `$DOCKER_CONFIG/config.json` or `.docker/config.json` at home,
    /// `$XDG_RUNTIME_DIR/containers/auth.json`. The first that has credentials for a registry counts; helpers are found on `PATH`.
    pub fn from_variables(home: Option<PathBuf>, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str| variable(name).filter(|value| !value.is_empty());
        let home = home.filter(|home| !home.as_os_str().is_empty());
        let docker = value("DOCKER_CONFIG").map(PathBuf::from).or_else(|| home.map(|home| home.join(".docker")));
        let text = value("DOCKER_AUTH_CONFIG").and_then(|text| text.into_string().ok());
        let files = [
            value("REGISTRY_AUTH_FILE").map(PathBuf::from),
            docker.map(|folder| folder.join("config.json")),
            value("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join("containers").join("auth.json")),
        ];
        let text = text.map(|text| Source::Text(Secret::new(text), "DOCKER_AUTH_CONFIG"));
        let sources = text.into_iter().chain(files.into_iter().flatten().map(Source::File)).collect();
        Self { sources, path: value("PATH"), groups: Arc::new(Alone), loaded: Arc::default(), helpers: Arc::default() }
    }

    /// The same stores; a helper that takes too long is ended with its group, together with what it has started.
    #[must_use]
    pub fn in_groups(self, groups: Arc<dyn ProcessGroups>) -> Self {
        Self { groups, ..self }
    }

    /// The same stores behind these configurations of Docker, which are from a place of this name, e.g. `a pull secret`.
    #[cfg(feature = "clusters")]
    #[must_use]
    pub fn behind(self, configurations: &[String], place: &'static str) -> Self {
        let first = configurations.iter().map(|text| Source::Text(Secret::new(text.clone()), place));
        let sources = first.chain(self.sources).collect();
        Self { sources, loaded: Arc::default(), ..Self { sources: Vec::new(), ..self } }
    }

    /// The places for the credentials of this repository, in the order in which they are tried.
    ///
    /// Microsoft's registry is anonymous: nothing is looked up for it unless a configuration names it, so that a credential store
    /// that waits for its user does not stop a pipeline.
    pub fn places(&self, registry: &str, repository: &str) -> Vec<Place> {
        let host = canonical_host(registry);
        self.loaded().configs.iter().flat_map(|config| config.places(&host, repository)).collect()
    }

    /// Sentences about what is wrong with the configurations, without anything of their contents.
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
                match text.and_then(|text| config::parse(&origin, &text, &mut loaded.problems)) {
                    Ok(config) => loaded.configs.push(config),
                    Err(None) => {}
                    Err(Some(problem)) => loaded.problems.push(format!("{origin} was left out: {problem}")),
                }
            }
            loaded
        })
    }

    async fn ask(&self, name: String, server: String) -> Answer {
        let cell = self.helpers.cell((name.clone(), server.clone()));
        cell.get_or_init(|| credential_helper::ask(&name, &server, self.path.as_deref(), &*self.groups, TIMEOUT)).await.clone()
    }
}

impl Keychain for CredentialStore {
    fn look_up<'a>(&'a self, registry: &'a str, repository: &'a str) -> BoxFuture<'a, LookedUp> {
        async move {
            let mut problems = self.problems().to_vec();
            for place in self.places(registry, repository) {
                let found = match place {
                    Place::Stored(credential) => Ok(Some(credential)),
                    Place::Helper { name, server } => self.ask(name, server).await,
                };
                match found {
                    Ok(Some(credential)) => return LookedUp { credential: Some(credential), problems },
                    Ok(None) => {}
                    Err(problem) => problems.push(problem),
                }
            }
            LookedUp { credential: None, problems }
        }
        .boxed()
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

/// The text of a file; `Err(None)` where there is none.
fn read(file: &Path) -> Result<String, Option<String>> {
    let bytes = read_regular(file, CONFIG_SIZE).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => None,
        io::ErrorKind::FileTooLarge => Some(format!("larger than {CONFIG_SIZE} bytes")),
        _ => Some(error.to_string()),
    })?;
    String::from_utf8(bytes).map_err(|_| Some("stream did not contain valid UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(config: &str, registry: &str, repository: &str) -> Vec<String> {
        let store = CredentialStore::from_variables(None, |name| (name == "DOCKER_AUTH_CONFIG").then(|| config.into()));
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
    fn of_two_entries_for_one_registry_the_exact_one_counts() {
        let entry = |user: &str| format!(r#"{{"username":"{user}","password":"p"}}"#);
        for (registry, exact, other) in [
            ("r.test", "r.test", "https://r.test/v1/"),
            ("r.test", "r.test", "R.test"),
            ("r.test", "r.test/app", "https://r.test/app/"),
            ("docker.io", "https://index.docker.io/v1/", "index.docker.io"),
            ("docker.io", "https://index.docker.io/v1/", "docker.io"),
        ] {
            let both = [(exact, entry("exact")), (other, entry("other"))];
            for [first, second] in [both.clone(), [both[1].clone(), both[0].clone()]] {
                let config = format!(r#"{{"auths":{{"{}":{},"{}":{}}}}}"#, first.0, first.1, second.0, second.1);
                assert_eq!(places(&config, registry, "app"), ["exact/p"], "{config}");
            }
        }
        let helpers = r#"{"credHelpers":{"https://r.test":"other","r.test":"exact","r.test/v2/":"another"}}"#;
        assert_eq!(places(helpers, "r.test", "app"), ["exact for r.test"]);
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
        let first = |home: Option<&str>, variables: &[(&str, &str)]| {
            let home = home.map(|home| folder.path().join(home));
            let store = CredentialStore::from_variables(home, |name| {
                let (_, value) = variables.iter().find(|(variable, _)| *variable == name)?;
                let text = value.starts_with('{') || value.is_empty();
                Some(if text { value.into() } else { folder.path().join(value).into_os_string() })
            });
            match store.places("r.test", "app").into_iter().next() {
                Some(Place::Stored(Credential::Password { username, .. })) => username,
                other => format!("{other:?}"),
            }
        };
        assert_eq!(first(Some("home"), &[]), "home");
        assert_eq!(first(Some("home"), &[("DOCKER_CONFIG", "docker")]), "docker");
        assert_eq!(first(Some("home"), &[("DOCKER_CONFIG", "")]), "home");
        assert_eq!(first(Some("home"), &[("XDG_RUNTIME_DIR", "run")]), "home");
        assert_eq!(first(Some("nowhere"), &[("XDG_RUNTIME_DIR", "run")]), "podman");
        assert_eq!(first(Some("home"), &[("REGISTRY_AUTH_FILE", "auth.json")]), "named");
        assert_eq!(first(Some("home"), &[("DOCKER_AUTH_CONFIG", &config("text"))]), "text");
        assert_eq!(first(None, &[]), "None");
    }

    #[test]
    fn a_broken_configuration_is_named_but_never_quoted() {
        for text in [
            r#"{"auths": "hunter2" "#,
            "hunter2",
            r#"{"auths":{"r.test":"hunter2"}}"#,
            r#"{"auths":{"r.test":{"auth":"hunter2!"}}}"#,
            // It is hunter2, without a colon.
            r#"{"auths":{"r.test":{"auth":"aHVudGVyMg=="}}}"#,
        ] {
            let store = CredentialStore::from_variables(None, |name| (name == "DOCKER_AUTH_CONFIG").then(|| text.into()));
            assert!(store.places("r.test", "app").is_empty());
            let problems = store.problems().join("\n");
            assert!(problems.contains("DOCKER_AUTH_CONFIG"), "{problems}");
            assert!(!problems.contains("hunter2"), "{problems}");
            assert!(!format!("{store:?}").contains("hunter2"));
        }
    }
}
