//! The address at which a registry is asked.

use url::Url;

use crate::ErrorKind;
use crate::image::docker_hub::{self, DOCKER_HUB};
use crate::oci::distribution::failure::Failure;
use crate::oci::distribution::proxy::is_loopback;
use crate::text::shown;

/// The address of a registry: over https, and on this machine over http.
pub(crate) fn endpoint(name: &str, plain_http: bool) -> Result<Url, Failure> {
    match address(name, "http").filter(|url| plain_http || is_loopback(url)) {
        Some(plain) => Ok(plain),
        None => secure(name),
    }
}

/// The address of a registry over https, also on this machine.
pub(crate) fn secure(name: &str) -> Result<Url, Failure> {
    address(name, "https")
        .ok_or_else(|| Failure::new(ErrorKind::Invalid, format!("{} is not the address of a registry", shown(name))))
}

fn address(name: &str, scheme: &str) -> Option<Url> {
    // Docker Hub's API has another host than its references.
    let host = if name == DOCKER_HUB { docker_hub::API } else { name };
    Url::parse(&format!("{scheme}://{host}/")).ok().filter(|url| is_bare(url) && url.path() == "/")
}

/// `true` if a URL has nothing but scheme, host, port and path.
pub(crate) fn is_bare(url: &Url) -> bool {
    url.host().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_are_asked_over_https_and_on_this_machine_over_http() {
        let table = [
            ("mcr.microsoft.com", "https://mcr.microsoft.com/"),
            ("docker.io", "https://registry-1.docker.io/"),
            ("r.test:5000", "https://r.test:5000/"),
            ("10.0.0.5", "https://10.0.0.5/"),
            ("localhost", "http://localhost/"),
            ("localhost:5000", "http://localhost:5000/"),
            ("127.0.0.1:5000", "http://127.0.0.1:5000/"),
            ("127.8.8.8", "http://127.8.8.8/"),
            ("[::1]:5000", "http://[::1]:5000/"),
        ];
        for (name, expected) in table {
            assert_eq!(endpoint(name, false).unwrap().as_str(), expected);
        }
        assert_eq!(endpoint("r.test", true).unwrap().as_str(), "http://r.test/");
        for name in ["", "a b", "user@r.test", "user:pass@r.test", "r.test/path", "r.test?x", "r.test#x", "r.test:99999", "[::1"]
        {
            assert_eq!(endpoint(name, false).map_err(|failure| failure.kind), Err(ErrorKind::Invalid), "{name}");
        }
    }
}
