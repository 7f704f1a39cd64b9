//! Registries: manifests and blobs over the OCI distribution API.
//!
//! Everything a registry says is hostile until it is verified: where a request goes is decided in `address`, `resolver` and
//! `transport`, what it carries in `registry`, how much is read in `limits`.

pub mod address;
mod authorization;
mod blob;
pub mod challenge;
mod credential_helper;
pub mod credentials;
mod endpoint;
pub mod failure;
mod keychain;
mod limits;
mod no_proxy;
mod operator;
mod options;
mod proxy;
mod registry;
mod resolver;
mod retry;
pub mod retry_after;
mod secret;
mod tls;
mod token;
mod transport;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, WARNING};
use url::Url;

pub use blob::BlobStream;
pub use credentials::CredentialStore;
pub use keychain::{Credential, Keychain, LookedUp};
pub use options::Options;
#[cfg(feature = "clusters")]
pub use options::Trust;
pub use proxy::Proxies;
pub use resolver::Network;
pub use retry::RetryPolicy;
pub use secret::Secret;

use crate::Error;
use crate::ErrorKind;
use crate::advice::{Setting, advice};
use crate::image::Digest;
use crate::image::index;
use crate::text::shown;
use endpoint::is_bare;
use failure::{Failure, INSTEAD, excerpt, is_web_page};
use registry::{Registry, Wanted};
use retry::Tries;
use transport::{Answer, NamedBy, Request, Transport, check_scheme};

/// The types of manifests that are asked for, indexes first.
const MANIFEST_TYPES: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// The most time for one thing that is wanted, with its tokens and its tries, in times of that for one request.
const REQUEST_TIMES: u32 = 2;

/// The advice about a server that takes too long.
const LATER: &str = "try again later, or ask a mirror";

/// Most `Warning` headers that are passed on.
const WARNINGS: usize = 8;

/// The registries of one process: connections, tokens and credentials are shared by all clones.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    transport: Transport,
    registries: Mutex<HashMap<String, Arc<Registry>>>,
}

/// A manifest or index as a registry sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The exact bytes.
    pub bytes: Vec<u8>,
    /// The type in the header, in lower case and without parameters, e.g. `application/vnd.oci.image.index.v1+json`.
    pub content_type: Option<String>,
    /// The digest of the bytes.
    pub digest: Digest,
    /// Words of the registry for its users, and statements of it that are wrong.
    pub warnings: Vec<String>,
    /// The digest that the registry stated, where it is another one.
    pub stated_digest: Option<String>,
}

impl Client {
    /// A client; nothing is asked yet.
    ///
    /// Fails with [`ErrorKind::Invalid`] when the file of root certificates or the address of a mirror is unusable.
    pub fn new(options: Options) -> Result<Self, Error> {
        let invalid = |failure: Failure| failure.into_error("registries cannot be asked".to_owned());
        for (number, (registry, mirror)) in options.mirrors.iter().enumerate() {
            if options.mirrors.iter().take(number).any(|(other, url)| other == registry && url != mirror) {
                let cause = format!("two mirrors are named for {}", shown(registry));
                return Err(invalid(Failure::new(ErrorKind::Invalid, cause).hint("keep one of them: a registry has one mirror")));
            }
            if !is_bare(mirror) || check_scheme(mirror.scheme(), mirror).is_err() {
                let cause = format!("the mirror of {} is not of the form http://HOST[:PORT][/PREFIX]", shown(registry));
                return Err(invalid(Failure::new(ErrorKind::Invalid, cause)));
            }
        }
        let transport = Transport::new(&options).map_err(invalid)?;
        Ok(Self { shared: Arc::new(Shared { options, transport, registries: Mutex::default() }) })
    }

    /// A manifest or index by its tag or digest, e.g. `1903` of `windows/nanoserver` at `mcr.microsoft.com`.
    ///
    /// A manifest that is asked for by digest has that digest, or the call fails with [`ErrorKind::Invalid`].
    pub async fn manifest(&self, registry: &str, repository: &str, tag_or_digest: &str) -> Result<Fetched, Error> {
        let digest: Option<Digest> = tag_or_digest.parse().ok();
        let separator = if digest.is_some() { '@' } else { ':' };
        let name = shown(&format!("{registry}/{repository}{separator}{tag_or_digest}"));
        let wanted = wanted(repository, "manifests", tag_or_digest, MANIFEST_TYPES);
        let fetched = self.whole(registry, &wanted, index::LARGEST, digest.as_ref()).await;
        let (headers, bytes) = fetched.map_err(|failure| failure.into_error_of_manifest(&name))?;
        let digest = digest.unwrap_or_else(|| Digest::of(&bytes));
        let stated_digest = other_digest(&headers, &bytes);
        let mut warnings = warnings(&headers);
        if let Some(stated) = &stated_digest {
            warnings.push(format!("the registry states the digest {stated}, and its answer has the digest {digest}"));
        }
        Ok(Fetched { warnings, content_type: content_type(&headers), bytes, digest, stated_digest })
    }

    /// A small blob, such as a config, of at most `max` bytes; it has the digest that was asked for.
    pub async fn blob(&self, registry: &str, repository: &str, digest: &Digest, max: u64) -> Result<Vec<u8>, Error> {
        let what = format!("cannot fetch the blob {}", shown(&format!("{registry}/{repository}@{digest}")));
        let wanted = wanted(repository, "blobs", digest.as_str(), "*/*");
        let fetched = self.whole(registry, &wanted, max, Some(digest)).await;
        fetched.map(|(_, bytes)| bytes).map_err(|failure| failure.into_error(what))
    }

    /// A blob of any size from this byte on, as it arrives; the digest is for the reader to verify.
    pub async fn blob_stream(
        &self,
        registry: &str,
        repository: &str,
        digest: &Digest,
        from_byte: u64,
    ) -> Result<BlobStream, Error> {
        let what = format!("cannot fetch the blob {}", shown(&format!("{registry}/{repository}@{digest}")));
        let wanted = Wanted { from_byte, is_streamed: true, ..wanted(repository, "blobs", digest.as_str(), "*/*") };
        let opened = async {
            let registry = self.registry(registry)?;
            let answer = self.retrying(|| registry.get(&self.shared, &wanted)).await?;
            BlobStream::new(answer, from_byte, what.clone(), self.shared.options.deadline)
        };
        by_deadline(self.shared.options.deadline, opened).await.map_err(|failure| failure.into_error(what.clone()))
    }

    /// A layer that is kept elsewhere, from this byte on.
    ///
    /// The URL is an image's text, and `registry` is where that image came from: https only, no credentials, and only addresses
    /// that registry may send to.
    pub async fn foreign_blob_stream(&self, registry: &str, url: &Url, from_byte: u64) -> Result<BlobStream, Error> {
        let what = format!("cannot fetch a layer from {}", shown(&transport::server_of(url)));
        let opened = async {
            check_scheme("https", url)
                .map_err(|why| Failure::new(ErrorKind::Invalid, format!("the image names an address {why}")))?;
            let named_by = NamedBy::Server(self.registry(registry)?.reach());
            let answer = self.retrying(|| self.foreign(url, named_by, from_byte)).await?;
            BlobStream::new(answer, from_byte, what.clone(), self.shared.options.deadline)
        };
        by_deadline(self.shared.options.deadline, opened).await.map_err(|failure| failure.into_error(what.clone()))
    }

    async fn foreign(&self, url: &Url, named_by: NamedBy, from_byte: u64) -> Result<Answer, Failure> {
        let request = Request {
            url: url.clone(),
            named_by,
            accept: "*/*",
            authorization: None,
            range: registry::range(from_byte),
            form: None,
            is_streamed: true,
        };
        let answer = self.shared.transport.send(&request).await?;
        let status = answer.response.status();
        if status.is_success() {
            return Ok(answer);
        }
        let (headers, server) = (answer.headers(), answer.server.clone());
        let body = answer.beginning(Vec::new()).await;
        Err(Failure::of_status(status, &headers, &body, &server))
    }

    /// A whole answer, verified.
    async fn whole(
        &self,
        registry: &str,
        wanted: &Wanted<'_>,
        max: u64,
        digest: Option<&Digest>,
    ) -> Result<(HeaderMap, Vec<u8>), Failure> {
        let fetched = async {
            let registry = self.registry(registry)?;
            self.retrying(|| self.whole_once(&registry, wanted, max.min(self.shared.options.largest), digest)).await
        };
        by_deadline(self.shared.options.deadline, fetched).await.map_err(|mut failure| {
            // It has other types than those of images, of a content that an index calls one: the image is not known to be something else.
            if digest.is_some() && failure.kind == ErrorKind::Unsupported {
                failure.kind = ErrorKind::Network;
            }
            failure
        })
    }

    async fn whole_once(
        &self,
        registry: &Registry,
        wanted: &Wanted<'_>,
        max: u64,
        digest: Option<&Digest>,
    ) -> Result<(HeaderMap, Vec<u8>), Failure> {
        let answer = registry.get(&self.shared, wanted).await?;
        let headers = answer.headers();
        let server = answer.server;
        let nonsense = |why: String| Failure::new(ErrorKind::Network, format!("{server} answered with {why}"));
        if answer.response.status() != StatusCode::OK {
            return Err(nonsense(format!("{} to a plain request", answer.response.status())));
        }
        if is_web_page(&headers) {
            return Err(nonsense("a web page".to_owned()).hint(INSTEAD));
        }
        if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(nonsense("a compressed body, which was not asked for".to_owned()));
        }
        let bytes = limits::read(answer.response, max, &server).await?;
        let Some(wanted) = digest else { return Ok((headers, bytes)) };
        let other = match other_digest(&headers, &bytes) {
            _ if !wanted.is_of(&bytes) => format!("sent content with the digest {}", Digest::of(&bytes)),
            Some(stated) => format!("stated the digest {stated}"),
            None => return Ok((headers, bytes)),
        };
        Err(Failure::new(ErrorKind::Invalid, format!("{server} {other} when asked for {wanted}"))
            .hint("the content was damaged or replaced on its way or in the registry: do not use it"))
    }

    fn registry(&self, name: &str) -> Result<Arc<Registry>, Failure> {
        let mut registries = self.shared.registries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(registry) = registries.get(name) {
            return Ok(Arc::clone(registry));
        }
        let registry = Arc::new(Registry::new(name, &self.shared.options)?);
        registries.insert(name.to_owned(), Arc::clone(&registry));
        Ok(registry)
    }

    /// Tries as often as the options say, and for a limited time in all: the pauses in between, which a server may ask for, do not
    /// count.
    async fn retrying<T, F: Future<Output = Result<T, Failure>>>(&self, attempt: impl Fn() -> F) -> Result<T, Failure> {
        let mut tries = Tries::new(&self.shared.options.retry, self.shared.options.deadline);
        let mut left = self.shared.options.request_timeout * REQUEST_TIMES;
        loop {
            let begun = Instant::now();
            let answered = tokio::time::timeout(left, attempt()).await.unwrap_or_else(|_| {
                Err(Failure::new(ErrorKind::Network, "all that was asked for it together took too long").hint(LATER))
            });
            left = left.saturating_sub(begun.elapsed());
            match answered {
                Ok(done) => return Ok(done),
                Err(failure) => tries.pause_after(failure).await?,
            }
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

/// A whole document of a repository.
fn wanted<'a>(repository: &'a str, collection: &'a str, name: &'a str, accept: &'a str) -> Wanted<'a> {
    Wanted { repository, collection, name, accept, from_byte: 0, is_streamed: false }
}

/// The result of this work, or the failure to end before the deadline.
async fn by_deadline<T>(deadline: Option<Instant>, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match deadline {
        None => work.await,
        Some(deadline) => tokio::time::timeout_at(deadline.into(), work).await.unwrap_or_else(|_| {
            Err(Failure::new(ErrorKind::Network, "timed out before an answer arrived")
                .hint(advice!["allow more time with ", Setting::Timeout]))
        }),
    }
}

/// The type without its parameters; `None` where there is none or it cannot be read.
fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    (!essence.is_empty()).then(|| shown(&essence.to_ascii_lowercase()))
}

/// The texts of the `Warning` headers (distribution specification, "Warnings").
fn warnings(headers: &HeaderMap) -> Vec<String> {
    let text = |value: &str| value.trim().strip_prefix("299 - \"")?.strip_suffix('"').map(|text| text.replace("\\\"", "\""));
    let sent = headers.get_all(WARNING).iter().filter_map(|value| value.to_str().ok()).filter_map(text);
    sent.take(WARNINGS).map(|text| excerpt(&text)).collect()
}

/// The digest in a `Docker-Content-Digest` header that is not the digest of these bytes. A header that is not a digest, or one of
/// an algorithm that is not read here, says nothing.
fn other_digest(headers: &HeaderMap, bytes: &[u8]) -> Option<String> {
    let stated = headers.get_all("docker-content-digest").iter().filter_map(|value| value.to_str().ok());
    let other = |stated: &&str| !stated.parse::<Digest>().is_ok_and(|stated| stated.is_of(bytes));
    stated.filter(|stated| stated.starts_with("sha256:") || stated.starts_with("sha512:")).find(other).map(shown)
}
