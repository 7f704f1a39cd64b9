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
    /// The registries that may be asked wherever they are.
    pub trust: Trust,
    /// The most bytes of a manifest or a config, where that is less than they may have.
    pub largest: u64,
}

/// The registries that may be asked wherever they are, also in private networks and on this machine: all of them, as where a person
/// names them, unless it says which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Those alone.
    names: Option<Vec<String>>,
}

impl Trust {
    /// These, e.g. `r.corp.example:5000`, `r.corp.example` with any port, `*.corp.example` for all below it; and those with a mirror.
    /// The others, which strangers name, are asked on the internet alone.
    #[cfg(any(feature = "clusters", test))]
    pub const fn these(names: Vec<String>) -> Self {
        Self { names: Some(names) }
    }

    /// True for a registry that may be anywhere, by its name in references.
    pub(crate) fn covers(&self, registry: &str) -> bool {
        let Some(names) = &self.names else { return true };
        let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        let host = registry.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(registry, |(host, _)| host);
        names.iter().any(|name| match name.strip_prefix('*') {
            Some(domain) => host.strip_suffix(domain).is_some_and(|below| !below.is_empty()),
            None => name == registry || name == host,
        })
    }
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
            trust: Trust::default(),
            largest: u64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Trust;

    #[test]
    fn a_registry_is_trusted_by_its_name() {
        let names = ["r.test:5000", "any.test", "*.corp.test", "[::1]"].map(str::to_owned).to_vec();
        let trust = Trust::these(names);
        for trusted in ["r.test:5000", "any.test", "any.test:443", "a.corp.test", "a.b.corp.test:5000", "[::1]:5000"] {
            assert!(trust.covers(trusted), "{trusted}");
        }
        for stranger in
            ["r.test", "r.test:5001", "an.any.test", "corp.test", ".corp.test:1", "evilcorp.test", "[::2]:5000", "docker.io"]
        {
            assert!(!trust.covers(stranger), "{stranger}");
        }
        assert!(Trust::default().covers("127.0.0.1:5000"));
    }
}
