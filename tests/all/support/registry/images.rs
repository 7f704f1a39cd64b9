//! Images to be served, to anyone or to those who show the right credentials.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wincompat::image::Digest;

use super::{Reply, Request, Server};

pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// Manifests and blobs by repository.
#[derive(Clone, Debug, Default)]
pub struct Images {
    manifests: HashMap<(String, String), (String, Vec<u8>)>,
    blobs: HashMap<(String, String), Vec<u8>>,
}

impl Images {
    /// A manifest or index under its digest.
    pub fn manifest(mut self, repository: &str, content_type: &str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref().to_vec();
        let digest = Digest::of(&bytes).to_string();
        self.manifests.insert((repository.to_owned(), digest), (content_type.to_owned(), bytes));
        self
    }

    /// A manifest or index under its digest and a tag.
    pub fn tagged(mut self, repository: &str, tag: &str, content_type: &str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref().to_vec();
        self.manifests.insert((repository.to_owned(), tag.to_owned()), (content_type.to_owned(), bytes.clone()));
        self.manifest(repository, content_type, bytes)
    }

    pub fn blob(mut self, repository: &str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref().to_vec();
        self.blobs.insert((repository.to_owned(), Digest::of(&bytes).to_string()), bytes);
        self
    }

    /// What a well-behaved registry answers.
    pub fn respond(&self, request: &Request) -> Reply {
        if request.method != "GET" {
            return error(405, "UNSUPPORTED", "the operation is unsupported");
        }
        let path = request.path.strip_prefix("/v2/").unwrap_or_default();
        if path.is_empty() {
            return Reply::json(200, "{}");
        }
        if let Some((repository, name)) = path.split_once("/manifests/") {
            return match self.manifests.get(&(repository.to_owned(), name.to_owned())) {
                Some((content_type, bytes)) => {
                    let digest = Digest::of(bytes);
                    Reply::new(200, &[("content-type", content_type), ("docker-content-digest", digest.as_str())], bytes)
                }
                None => error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            };
        }
        let Some((repository, digest)) = path.split_once("/blobs/") else { return error(404, "NOT_FOUND", "no such path") };
        match self.blobs.get(&(repository.to_owned(), digest.to_owned())) {
            Some(bytes) => part(request, bytes),
            None => error(404, "BLOB_UNKNOWN", "blob unknown to registry"),
        }
    }
}

/// A blob, or the part of it that is asked for.
pub fn part(request: &Request, bytes: &[u8]) -> Reply {
    let octets = ("content-type", "application/octet-stream");
    let from = request.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    match from.map(|from| (from, bytes.get(from..))) {
        None => Reply::new(200, &[octets], bytes),
        Some((from, Some(rest))) if !rest.is_empty() => {
            let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
            Reply::new(206, &[octets, ("content-range", &range)], rest)
        }
        Some(_) => error(416, "RANGE_INVALID", "invalid content range"),
    }
}

pub fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#))
}

/// Who may have images.
#[derive(Clone, Debug, Default)]
pub enum Access {
    #[default]
    Anyone,
    /// With this user name and password.
    Basic(&'static str, &'static str),
    /// With a token from `/token` of the same server, which anyone gets.
    Token,
    /// With a token from `/token` of the same server, which this user gets.
    TokenFor(&'static str, &'static str),
}

impl Access {
    /// What is answered before any image is: a challenge or a token.
    pub fn respond(&self, request: &Request) -> Option<Reply> {
        let shown = request.header("authorization");
        let user = match self {
            Self::Anyone => return None,
            Self::Basic(user, password) => {
                let refused = shown != Some(basic(user, password).as_str());
                return refused.then(|| Reply::challenge(r#"Basic realm="test""#));
            }
            Self::Token => None,
            Self::TokenFor(user, password) => Some(basic(user, password)),
        };
        if let Some(query) = request.path.strip_prefix("/token?") {
            if user.is_some() && shown != user.as_deref() {
                return Some(Reply::json(401, r#"{"details":"incorrect username or password"}"#));
            }
            let scope = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "scope").map(|(_, scope)| scope);
            return Some(Reply::json(200, format!(r#"{{"token":"{}"}}"#, token(&scope.unwrap_or_default()))));
        }
        let scope = format!("repository:{}:pull", request.repository().unwrap_or_default());
        if shown == Some(format!("Bearer {}", token(&scope)).as_str()) {
            return None;
        }
        let host = request.header("host").unwrap_or_default();
        Some(Reply::challenge(&format!(r#"Bearer realm="http://{host}/token",service="test",scope="{scope}""#)))
    }
}

/// `Basic …` for this user.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The token for a scope, e.g. of `repository:app:pull`.
pub fn token(scope: &str) -> String {
    format!("token-{}", STANDARD.encode(scope).trim_end_matches('='))
}

/// A registry with these images.
pub fn serve(images: Images, access: Access) -> Server {
    Server::start(move |request| access.respond(request).unwrap_or_else(|| images.respond(request)))
}
