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
use crate::oci::distribution::credential_helper::{self, Fault, TIMEOUT, Unanswered, program};
use crate::oci::distribution::keychain::{Credential, Keychain, LookedUp};
use crate::oci::distribution::operator;
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

/// The answer of a helper.
type Answer = Result<Option<Credential>, Unanswered>;

/// The variable that holds a configuration itself.
const TEXT: &str = "DOCKER_AUTH_CONFIG";

/// The variable that names a file.
const NAMED_FILE: &str = "REGISTRY_AUTH_FILE";

#[derive(Clone)]
enum Source {
    File(PathBuf, Keeper),
    /// The text of a configuration, and where it is from.
    Text(Secret, &'static str),
}

impl Source {
    fn origin(&self) -> Origin {
        match self {
            Self::File(file, keeper) => Origin { name: file.display().to_string(), keeper: *keeper },
            Self::Text(_, TEXT) => Origin { name: TEXT.to_owned(), keeper: Keeper::Variable },
            Self::Text(_, place) => Origin { name: (*place).to_owned(), keeper: Keeper::Given },
        }
    }
}

/// Where a configuration is from.
#[derive(Clone, Debug)]
struct Origin {
    /// The file, or the variable or other place of a text.
    name: String,
    keeper: Keeper,
}

/// The one who writes a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeper {
    /// The user, in the variable [`TEXT`].
    Variable,
    /// Somebody else, e.g. in a pull secret.
    Given,
    /// Podman and others, in the file of the variable [`NAMED_FILE`].
    NamedFile,
    Docker,
    Podman,
}

impl Origin {
    /// What to do when a registry refuses a credential that is stored here, or that this helper gave.
    fn renewal(&self, registry: &str, helper: Option<&str>) -> String {
        let login = match self.keeper {
            Keeper::Docker => Some(operator::login(registry)),
            Keeper::NamedFile | Keeper::Podman => Some(format!("`podman login {registry}`")),
            Keeper::Variable | Keeper::Given => None,
        };
        let program = helper.map(|helper| format!("the program that {} belongs to", program(helper)));
        match (login.into_iter().chain(program).collect::<Vec<_>>().as_slice(), self.keeper) {
            ([], Keeper::Variable) => format!("change {}, which goes before what `docker login` stores", self.name),
            ([], _) => format!("change the password in {}", self.name),
            (programs, _) => format!("log in again with {}", programs.join(" or with ")),
        }
    }

    /// What to do about a configuration that cannot be read as a whole.
    fn remedy(&self, is_missing: bool) -> String {
        match self.keeper {
            Keeper::NamedFile if is_missing => format!("let {NAMED_FILE} name a file that is there or unset it"),
            Keeper::NamedFile => format!("correct {} or unset {NAMED_FILE}", self.name),
            Keeper::Variable => format!("correct {} or unset it", self.name),
            Keeper::Given | Keeper::Docker | Keeper::Podman => format!("correct {}", self.name),
        }
    }

    /// What to do about a helper that the configuration here names under this key, and that gave no answer.
    fn remedy_of(&self, helper: &str, fault: Fault, key: &str) -> String {
        let program = program(helper);
        match fault {
            Fault::Name => format!("correct `{key}` in {}", self.name),
            Fault::Missing => format!("install {program} or take it out of `{key}` in {}", self.name),
            Fault::Program => format!("repair {program} or take it out of `{key}` in {}", self.name),
        }
    }
}

#[derive(Default)]
struct Loaded {
    configs: Vec<(Origin, Config)>,
    problems: Vec<String>,
    /// What to do about the problems.
    remedies: Vec<String>,
}

impl CredentialStore {
    /// The stores that these variables of an environment name, and the one at home: `DOCKER_AUTH_CONFIG` (a text),
    /// `REGISTRY_AUTH_FILE`, `$DOCKER_CONFIG/config.json` or `.docker/config.json` at home,
    /// `$XDG_RUNTIME_DIR/containers/auth.json`. The first that has credentials for a registry counts; helpers are found on `PATH`.
    pub fn from_variables(home: Option<PathBuf>, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str| variable(name).filter(|value| !value.is_empty());
        let home = home.filter(|home| !home.as_os_str().is_empty());
        let docker = value("DOCKER_CONFIG").map(PathBuf::from).or_else(|| home.map(|home| home.join(".docker")));
        let text = value(TEXT).and_then(|text| text.into_string().ok());
        let files = [
            value(NAMED_FILE).map(|file| Source::File(file.into(), Keeper::NamedFile)),
            docker.map(|folder| Source::File(folder.join("config.json"), Keeper::Docker)),
            value("XDG_RUNTIME_DIR")
                .map(|folder| Source::File(Path::new(&folder).join("containers").join("auth.json"), Keeper::Podman)),
        ];
        let text = text.map(|text| Source::Text(Secret::new(text), TEXT));
        let sources = text.into_iter().chain(files.into_iter().flatten()).collect();
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

    fn loaded(&self) -> &Loaded {
        self.loaded.get_or_init(|| {
            let mut loaded = Loaded::default();
            for source in &self.sources {
                let origin = source.origin();
                let before = loaded.problems.len();
                let text = match source {
                    Source::Text(text, _) => Ok(text.reveal().to_owned()),
                    Source::File(file, _) => read(file),
                };
                let is_missing = matches!(text, Err(None));
                match text.and_then(|text| config::parse(&origin.name, &text, &mut loaded.problems)) {
                    Ok(config) => loaded.configs.push((origin.clone(), config)),
                    Err(None) if is_missing && origin.keeper == Keeper::NamedFile => {
                        loaded.problems.push(format!("there is no file {}, which {NAMED_FILE} names", origin.name));
                    }
                    Err(None) => {}
                    Err(Some(problem)) => loaded.problems.push(format!("{} was left out: {problem}", origin.name)),
                }
                if loaded.problems.len() > before {
                    loaded.remedies.push(origin.remedy(is_missing));
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
    /// Microsoft's registry is anonymous: nothing is looked up for it unless a configuration names it, so that a credential store
    /// that waits for its user does not stop a pipeline.
    fn look_up<'a>(&'a self, registry: &'a str, repository: &'a str) -> BoxFuture<'a, LookedUp> {
        async move {
            let host = canonical_host(registry);
            let Loaded { configs, problems, remedies } = self.loaded();
            let (mut problems, mut remedies) = (problems.clone(), remedies.clone());
            for (origin, config) in configs {
                for place in config.places(&host, repository) {
                    let (found, helper) = match place {
                        Place::Stored(credential) => (Ok(Some(credential)), None),
                        Place::Helper { name, server } => (self.ask(name.clone(), server).await, Some(name)),
                    };
                    match (found, helper) {
                        (Ok(Some(credential)), helper) => {
                            return LookedUp {
                                credential: Some(credential),
                                renewal: Some(origin.renewal(registry, helper.as_deref())),
                                origin: Some(helper.map_or_else(|| origin.name.clone(), |name| program(&name))),
                                problems,
                                remedies,
                            };
                        }
                        (Err(Unanswered { problem, fault }), Some(name)) => {
                            remedies.push(origin.remedy_of(&name, fault, config.key_of(&name, &host)));
                            problems.push(problem);
                        }
                        (Ok(None) | Err(_), _) => {}
                    }
                }
            }
            LookedUp { problems, remedies, ..LookedUp::default() }
        }
        .boxed()
    }
}

impl std::fmt::Debug for CredentialStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.sources.iter().map(|source| source.origin().name)).finish()
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

    impl CredentialStore {
        /// The places for the credentials of this repository, in the order in which they are tried.
        fn places(&self, registry: &str, repository: &str) -> Vec<Place> {
            let host = canonical_host(registry);
            self.loaded().configs.iter().flat_map(|(_, config)| config.places(&host, repository)).collect()
        }

        fn problems(&self) -> &[String] {
            &self.loaded().problems
        }
    }

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

    /// What is said of the credentials for `r.test` with these variables: where they are from, what to do when they are refused, what
    /// went wrong and what to do about that.
    async fn told(home: Option<&Path>, variables: &[(&str, String)]) -> (String, String, String, String) {
        let store = CredentialStore::from_variables(home.map(Path::to_owned), |name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into())
        });
        let LookedUp { origin, renewal, problems, remedies, .. } = store.look_up("r.test", "app").await;
        (origin.unwrap_or_default(), renewal.unwrap_or_default(), problems.join("; "), remedies.join("; "))
    }

    #[tokio::test]
    async fn a_refused_credential_is_renewed_where_it_is_from() {
        let folder = tempfile::tempdir().unwrap();
        let config = r#"{"auths":{"r.test":{"username":"u","password":"p"}}}"#;
        let inside = |name: &str| name.split('/').fold(folder.path().to_owned(), |path, part| path.join(part));
        for file in [".docker/config.json", "containers/auth.json", "named.json"] {
            let file = inside(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, config).unwrap();
        }
        let path = |name: &str| inside(name).display().to_string();
        for (home, variables, origin, renewal) in [
            (Some(folder.path()), vec![], path(".docker/config.json"), "log in again with `docker login r.test`"),
            (None, vec![("XDG_RUNTIME_DIR", path(""))], path("containers/auth.json"), "log in again with `podman login r.test`"),
            (
                Some(folder.path()),
                vec![("REGISTRY_AUTH_FILE", path("named.json"))],
                path("named.json"),
                "log in again with `podman login r.test`",
            ),
            (
                Some(folder.path()),
                vec![("DOCKER_AUTH_CONFIG", config.to_owned())],
                "DOCKER_AUTH_CONFIG".to_owned(),
                "change DOCKER_AUTH_CONFIG, which goes before what `docker login` stores",
            ),
        ] {
            let expected = (origin, renewal.to_owned(), String::new(), String::new());
            assert_eq!(told(home, &variables).await, expected);
        }
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_place_comes_with_what_to_do_there() {
        let folder = tempfile::tempdir().unwrap();
        let (broken, missing) = (folder.path().join("broken.json"), folder.path().join("missing.json"));
        std::fs::write(&broken, "{").unwrap();
        let (broken, missing) = (broken.display().to_string(), missing.display().to_string());
        for (variable, value, problem, remedy) in [
            ("DOCKER_AUTH_CONFIG", "{".to_owned(), "was left out: not JSON", "correct DOCKER_AUTH_CONFIG or unset it".to_owned()),
            (
                "REGISTRY_AUTH_FILE",
                broken.clone(),
                "was left out: not JSON",
                format!("correct {broken} or unset REGISTRY_AUTH_FILE"),
            ),
            (
                "REGISTRY_AUTH_FILE",
                missing,
                "which REGISTRY_AUTH_FILE names",
                "let REGISTRY_AUTH_FILE name a file that is there or unset it".to_owned(),
            ),
            (
                "DOCKER_AUTH_CONFIG",
                r#"{"credsStore":"nosuch"}"#.to_owned(),
                "docker-credential-nosuch is not on PATH",
                "install docker-credential-nosuch or take it out of `credsStore` in DOCKER_AUTH_CONFIG".to_owned(),
            ),
            (
                "DOCKER_AUTH_CONFIG",
                r#"{"credHelpers":{"r.test":"nosuch"}}"#.to_owned(),
                "docker-credential-nosuch is not on PATH",
                "install docker-credential-nosuch or take it out of `credHelpers` in DOCKER_AUTH_CONFIG".to_owned(),
            ),
            (
                "DOCKER_AUTH_CONFIG",
                r#"{"credsStore":"no such"}"#.to_owned(),
                "cannot be called",
                "correct `credsStore` in DOCKER_AUTH_CONFIG".to_owned(),
            ),
        ] {
            let (_, _, problems, remedies) = told(None, &[(variable, value)]).await;
            assert!(problems.contains(problem), "{problems}");
            assert_eq!(remedies, remedy);
        }
        // Where no variable names it, a file that is not there is none that is missed.
        let nothing = (String::new(), String::new(), String::new(), String::new());
        assert_eq!(told(Some(folder.path()), &[]).await, nothing);
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
