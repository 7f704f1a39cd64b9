//! The names of Docker Hub: it is called otherwise in references, by its API and by Docker's configuration.

/// Docker Hub in a normalised name.
pub const DOCKER_HUB: &str = "docker.io";

/// The old name of Docker Hub, which Docker still reads as [`DOCKER_HUB`].
pub(crate) const LEGACY: &str = "index.docker.io";

/// The host of its API.
#[cfg(feature = "registries")]
pub(crate) const API: &str = "registry-1.docker.io";

/// The name under which Docker stores its credentials.
#[cfg(feature = "registries")]
pub(crate) const CREDENTIALS: &str = "https://index.docker.io/v1/";

/// The one name of a registry's host in lower case, e.g. `docker.io` for any of Docker Hub's.
#[cfg(feature = "registries")]
pub(crate) fn canonical_host(host: &str) -> String {
    match host.to_ascii_lowercase().as_str() {
        LEGACY | API => DOCKER_HUB.to_owned(),
        host => host.to_owned(),
    }
}
