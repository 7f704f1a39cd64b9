//! What a [`Client`](super::Client) is told before it begins.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use url::Url;

use crate::oci::distribution::credentials::CredentialStore;
use crate::oci::distribution::proxy::Proxies;
use crate::oci::distribution::resolver::Network;
use crate::oci::distribution::retry::RetryPolicy;

/// How registries are reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// Speak http to registries instead of https; those on this machine (`localhost`, 127.0.0.0/8, `[::1]`) get it anyway.
    pub plain_http: bool,
    /// Registries, e.g. `mcr.microsoft.com`, and what is asked instead, e.g. `http://127.0.0.1:5000`; a path there goes in front
    /// of the repository.
    pub mirrors: Vec<(String, Url)>,
    /// A file with further root certificates in PEM form.
    pub ca_file: Option<PathBuf>,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long the answer to one request may take, its body included; for streams the stall timeout counts instead.
    pub request_timeout: Duration,
    /// How long nothing may arrive.
    pub stall_timeout: Duration,
    /// When everything has to be done.
    pub deadline: Option<Instant>,
    /// How often and how patiently a request is repeated.
    pub retry: RetryPolicy,
    /// Where credentials are found.
    pub credentials: CredentialStore,
    /// Where proxies come from.
    pub proxies: Proxies,
    /// How names and addresses are seen.
    pub network: Network,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            plain_http: false,
            mirrors: Vec::new(),
            ca_file: None,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(20),
            deadline: None,
            retry: RetryPolicy::default(),
            credentials: CredentialStore::from_environment(),
            proxies: Proxies::System,
            network: Network::default(),
        }
    }
}
