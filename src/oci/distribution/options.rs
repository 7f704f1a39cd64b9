//! The settings of a [`Client`](super::Client).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use url::Url;

use crate::oci::distribution::{Keychain, Network, Proxies, RetryPolicy};

/// The settings with which registries are reached. By default nothing comes from the environment.
#[derive(Clone, Debug)]
pub struct Options {
    /// Speak http to registries instead of https; those on this machine (`localhost`, 127.0.0.0/8, `[::1]`) get it anyway.
    pub plain_http: bool,
    /// Registries, e.g. `mcr.microsoft.com`, and what is asked instead, e.g. `http://127.0.0.1:5000`; a path there goes in front
    /// of the repository.
    pub mirrors: Vec<(String, Url)>,
    /// A file with further trusted certificates in PEM form: those of authorities, or of a server itself.
    pub ca_file: Option<PathBuf>,
    /// Registries whose certificates are not verified, e.g. `registry.example:5000`; a mirror is named by its own host and port.
    pub insecure: Vec<String>,
    /// The longest time to make a connection.
    pub connect_timeout: Duration,
    /// The longest time for the answer to one request, its body included; for streams the stall timeout counts instead.
    pub request_timeout: Duration,
    /// The longest time in which nothing arrives.
    pub stall_timeout: Duration,
    /// The time by which everything has to be done.
    pub deadline: Option<Instant>,
    /// The rules for trying a request again.
    pub retry: RetryPolicy,
    /// The source of credentials; without one, registries are asked anonymously.
    pub credentials: Option<Arc<dyn Keychain>>,
    /// The proxies of requests.
    pub proxies: Proxies,
    /// The view of names and addresses.
    pub network: Network,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            plain_http: false,
            mirrors: Vec::new(),
            ca_file: None,
            insecure: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(20),
            deadline: None,
            retry: RetryPolicy::default(),
            credentials: None,
            proxies: Proxies::None,
            network: Network::default(),
        }
    }
}
