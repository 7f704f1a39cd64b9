//! Registries from the arguments and the environment: settings, the cache, and the runtime that requests are sent with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use etcetera::BaseStrategy as _;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::interrupted::ended_with_us;
use super::platform::Platform;
use super::time;
use super::wording::CommandLine;
use crate::Error;
use crate::image;
use crate::image::reference::Location;
use crate::image::{Name, Reference};
use crate::oci::Options;
use crate::oci::distribution::{self, CredentialStore, Proxies};
use crate::process_group::ProcessGroups;
use crate::report::Wording as _;

/// Access to images.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Registries")]
pub struct RegistryArgs {
    /// Use this mirror for a registry: mcr.microsoft.com=http://127.0.0.1:5000; can be given once for each registry, or several in one: A,B.
    #[arg(long, value_name = "REGISTRY=URL", value_delimiter = ',', value_parser = mirror)]
    mirror: Vec<(String, Url)>,
    /// Use HTTP instead of HTTPS (always used for registries on this machine).
    #[arg(long)]
    plain_http: bool,
    /// Additional trusted certificates (PEM), of authorities or of the registry itself.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Do not verify the certificate of this registry (HOST[:PORT]); can be given several times, or several in one: A,B.
    #[arg(long, value_name = "REGISTRY", value_delimiter = ',', value_parser = registry)]
    insecure: Vec<String>,
    /// Time limit in seconds. For the whole command (check: 120; pull: none).
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: Option<u64>,
    /// Do not use the network: answer from the cache and from built-in data about Microsoft's base images.
    #[arg(long)]
    offline: bool,
    /// With --offline: do not use answers of the cache that are older, for example 24h or 7d.
    #[arg(long, value_name = "DURATION", value_parser = time::duration)]
    max_age: Option<Duration>,
    /// Do not use the cache.
    #[arg(long, overrides_with = "cache")]
    no_cache: bool,
    /// Cache folder.
    #[arg(long, value_name = "DIR", overrides_with = "no_cache")]
    cache: Option<PathBuf>,
    /// Size limit of the cache in MiB (default: 256). What was not used for the longest time is removed first.
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    cache_size: Option<u64>,
}

/// The time that a check may take if no other is named.
pub const CHECKED_WITHIN: Duration = Duration::from_secs(120);

impl RegistryArgs {
    /// The time limit that was asked for.
    pub fn limit(&self) -> Option<Duration> {
        self.timeout.map(Duration::from_secs)
    }

    /// The options, with a deadline from now on; `within` is the time for everything if no other is named.
    pub fn options(&self, platform: &Platform, confirm: bool, within: Option<Duration>) -> Options {
        for registry in &self.insecure {
            tracing::warn!(
                "the certificate of {registry} is not verified (--insecure): someone on the way could answer in its place"
            );
        }
        let within = self.limit().or(within);
        let defaults = Options::new(platform.folders.handles());
        Options {
            offline: self.offline,
            cache_limit: self.cache_size.map_or(defaults.cache_limit, |mebibytes| mebibytes << 20),
            cache_root: if self.no_cache { None } else { self.cache.clone().or_else(default_cache) },
            max_age: self.max_age,
            on_cache_failure: warn_of_cache,
            confirm,
            deadline: within.map(|within| Instant::now() + within),
            registries: distribution::Options {
                plain_http: self.plain_http,
                mirrors: self.mirror.clone(),
                ca_file: self.ca_file.clone(),
                insecure: self.insecure.clone(),
                credentials: Some(Arc::new(credentials(platform))),
                proxies: Proxies::System,
                ..distribution::Options::default()
            },
            ..defaults
        }
    }
}

/// The same access for references that strangers write: registries elsewhere than on the internet are asked if they are among these, have a
/// mirror, or are among those whose certificates are not verified.
#[cfg(feature = "clusters")]
pub fn for_strangers(options: Options, private: &[String]) -> Options {
    let names = private.iter().chain(&options.registries.insecure).cloned().collect();
    Options { registries: distribution::Options { trust: distribution::Trust::these(names), ..options.registries }, ..options }
}

/// Reads a registry that may be anywhere: HOST, HOST:PORT, or `*.DOMAIN` for all below it.
#[cfg(feature = "clusters")]
pub fn private_registry(text: &str) -> Result<String, String> {
    match text.strip_prefix("*.") {
        Some(domain) => Ok(format!("*.{}", registry(domain)?)),
        None => registry(text),
    }
}

/// The same access with the credentials of these configurations of Docker before those of this user.
#[cfg(feature = "clusters")]
pub fn with_credentials(options: &Options, platform: &Platform, configurations: &[String], place: &'static str) -> Options {
    let store: Arc<dyn distribution::Keychain> = Arc::new(credentials(platform).behind(configurations, place));
    Options { registries: distribution::Options { credentials: Some(store), ..options.registries.clone() }, ..options.clone() }
}

/// The folder of the cache where none is named: `%LOCALAPPDATA%\wincompat\cache` on Windows and `$XDG_CACHE_HOME/wincompat`
/// elsewhere; `None` where there is no home.
pub fn default_cache() -> Option<PathBuf> {
    let caches = etcetera::choose_base_strategy().ok()?.cache_dir().join("wincompat");
    Some(if std::env::consts::FAMILY == "windows" { caches.join("cache") } else { caches })
}

/// The credentials of this user.
fn credentials(platform: &Platform) -> CredentialStore {
    of_user(Arc::clone(&platform.groups))
}

/// A source of the credentials of this user that reads them again each time: they are others after a while.
#[cfg(feature = "clusters")]
pub fn credentials_of_now(platform: &Platform) -> impl Fn() -> Arc<dyn distribution::Keychain> + Send + Sync + use<> {
    let groups = Arc::clone(&platform.groups);
    move || -> Arc<dyn distribution::Keychain> { Arc::new(of_user(Arc::clone(&groups))) }
}

fn of_user(groups: Arc<dyn ProcessGroups>) -> CredentialStore {
    CredentialStore::from_variables(std::env::home_dir(), |name| std::env::var_os(name)).in_groups(ended_with_us(groups))
}

/// Warns that nothing is kept for the next check.
fn warn_of_cache(failure: &Error) {
    let hint = failure.hint.as_ref().map(|hint| CommandLine.advice(hint)).unwrap_or_default();
    tracing::warn!("{}; {hint}", failure.sentence());
}

/// The runtime that requests are sent with.
///
/// # Errors
///
/// A system that has no room for another thread.
pub fn runtime() -> Result<Runtime, Error> {
    Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Error::new("no request can be sent").because(error).hint("close other programs to free memory, then try again")
    })
}

/// The name of an image in a registry: nothing else can be pulled.
///
/// # Errors
///
/// A layout or an archive.
pub fn name(reference: &Reference) -> Result<&Name, Error> {
    match reference.location() {
        Location::Registry(name) => Ok(name),
        _ => Err(Error::new(format!("{} is in no registry", reference.as_str()))
            .hint("push it to a registry first: `skopeo copy SOURCE docker://REGISTRY/NAME:TAG`")),
    }
}

fn mirror(text: &str) -> Result<(String, Url), String> {
    let form = "expected REGISTRY=URL, e.g. mcr.microsoft.com=http://127.0.0.1:5000";
    let (registry, url) = text.split_once('=').ok_or(form)?;
    let url: Url = url.parse().map_err(|error| format!("{error}; {form}"))?;
    if registry.is_empty() || !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(form.to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("credentials do not belong on a command line: use `docker login` for the mirror".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(form.to_owned());
    }
    Ok((image::registry_name(registry).map_err(|why| format!("{why}; {form}"))?, url))
}

fn registry(text: &str) -> Result<String, String> {
    let form = "expected HOST[:PORT], e.g. registry.example:5000";
    if text.is_empty() || text.contains('/') {
        return Err(form.to_owned());
    }
    image::registry_name(text).map_err(|why| format!("{why}; {form}"))
}

#[cfg(test)]
mod tests {
    use super::{mirror, registry};

    #[test]
    fn a_registry_is_a_host_with_or_without_a_port() {
        for (typed, name) in
            [("r.test", "r.test"), ("R.Test:5000", "r.test:5000"), ("[::1]:5000", "[::1]:5000"), ("10.0.0.5", "10.0.0.5")]
        {
            assert_eq!(registry(typed), Ok(name.to_owned()), "{typed}");
        }
        for nonsense in ["", "https://r.test", "r.test/app", "r.test:x", "a b", "*", "a@b"] {
            let error = registry(nonsense).unwrap_err();
            assert!(error.contains("e.g. registry.example:5000"), "{nonsense}: {error}");
        }
    }

    #[test]
    fn a_mirror_is_for_a_registry_as_references_have_it() {
        let url = "http://127.0.0.1:5000/prefix";
        for (typed, registry) in [
            ("mcr.microsoft.com", "mcr.microsoft.com"),
            ("MCR.Microsoft.com", "mcr.microsoft.com"),
            ("index.docker.io", "docker.io"),
            ("localhost", "localhost"),
            ("[::1]:5000", "[::1]:5000"),
            ("Registry", "Registry"),
        ] {
            assert_eq!(mirror(&format!("{typed}={url}")), Ok((registry.to_owned(), url.parse().unwrap())), "{typed}");
        }
        for nonsense in [
            "",
            "registry",
            "mcr.microsoft.com/windows",
            "https://mcr.microsoft.com",
            "mcr.microsoft.com:x",
            "a b.io",
            "a..b",
            "a.b@c",
        ] {
            let error = mirror(&format!("{nonsense}={url}")).unwrap_err();
            assert!(error.contains("e.g. mcr.microsoft.com=http://127.0.0.1:5000"), "{nonsense}: {error}");
        }
        for url in [
            "",
            "127.0.0.1:5000",
            "ftp://a.test",
            "http://",
            "http://a.test/?q",
            "http://a.test/#f",
            "file:///x",
            "http://u:p@a.test",
        ] {
            assert!(mirror(&format!("mcr.microsoft.com={url}")).is_err(), "{url}");
        }
    }
}
