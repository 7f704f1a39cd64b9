//! The seam for credentials: whoever embeds the client hands in where they come from.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::oci::distribution::Secret;

/// The user name that says that the secret is an identity token
/// (https://docs.docker.com/reference/cli/docker/login/#credential-helper-protocol).
const IDENTITY_TOKEN_USER: &str = "<token>";

/// A source of credentials, e.g. the configuration files of Docker and Podman.
pub trait Keychain: fmt::Debug + Send + Sync {
    /// Looks up the credentials for a repository, e.g. `team/app` of `registry.example:5000`. It is asked for each request to a
    /// registry that demands credentials, so an answer that takes time should be kept.
    fn look_up<'a>(&'a self, registry: &'a str, repository: &'a str) -> BoxFuture<'a, LookedUp>;
}

/// The answer of a [`Keychain`].
#[derive(Clone, Debug, Default)]
pub struct LookedUp {
    /// The credential, if there is one.
    pub credential: Option<Credential>,
    /// Where the credential is from, e.g. `DOCKER_AUTH_CONFIG`.
    pub origin: Option<String>,
    /// What to do when the registry refuses the credential, e.g. to log in again with `docker login r.test`.
    pub renewal: Option<String>,
    /// Sentences about what went wrong on the way, without any secret; they become causes of a refusal.
    pub problems: Vec<String>,
    /// What to do about the problems, e.g. `correct config.json`.
    pub remedies: Vec<String>,
}

/// A credential that is shown to a registry or its token service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A user name and a password.
    Password {
        /// The user name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A refresh token, exchanged at the token service; `az acr login` stores one.
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
