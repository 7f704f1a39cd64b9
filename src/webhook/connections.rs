//! Connections: HTTP/1 over TLS or plain, with bounds on their number, on bodies, and on the time that a client may take.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::metrics::Metrics;

/// The most bytes of a body: an object may have 3 MiB, and an update carries two.
pub const LARGEST_BODY: usize = 8 << 20;

/// The bytes of bodies that are held at one time, in KiB; a question waits for its share.
const BODIES: u32 = 32 << 10;

/// The connections at one time.
const MOST_CONNECTIONS: usize = 1024;

/// The time for a handshake, for a body, and for the head of the next request: an API server closes a connection that is not used after
/// 90 seconds, and is to be the first.
const HANDSHAKE: Duration = Duration::from_secs(5);
const BODY: Duration = Duration::from_secs(10);
const HEAD: Duration = Duration::from_secs(100);

/// The time after which the next connection is tried where the system has no room for one.
const ACCEPTED_AGAIN: Duration = Duration::from_millis(100);

/// A response.
pub type Reply = Response<Full<Bytes>>;

/// The stages of a server's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// It serves.
    #[default]
    Serving,
    /// It serves, and asks its clients to go elsewhere.
    Leaving,
    /// It takes no new requests.
    Ending,
}

/// What all connections share.
#[derive(Clone)]
pub struct Connections {
    /// The stage.
    pub stage: watch::Receiver<Stage>,
    /// The numbers.
    pub metrics: Arc<Metrics>,
    open: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
}

impl Connections {
    /// No connection yet.
    pub fn new(stage: watch::Receiver<Stage>, metrics: Arc<Metrics>) -> Self {
        let bodies = Arc::new(Semaphore::new(BODIES as usize));
        Self { stage, metrics, open: Arc::new(Semaphore::new(MOST_CONNECTIONS)), bodies }
    }

    /// Serves connections until the end, then waits for those that are open.
    pub async fn serve<R, F>(self, listener: TcpListener, tls: Option<TlsAcceptor>, respond: R)
    where
        R: Fn(Self, Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Reply> + Send + 'static,
    {
        let mut stage = self.stage.clone();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                // The sender is gone: that is the end as well.
                _ = stage.wait_for(|stage| *stage == Stage::Ending) => break,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPTED_AGAIN).await;
                continue;
            };
            let Ok(place) = Arc::clone(&self.open).try_acquire_owned() else {
                self.metrics.connections_refused.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            // Answers are small, and waited for.
            let _ = stream.set_nodelay(true);
            let (connections, tls, respond) = (self.clone(), tls.clone(), respond.clone());
            tokio::spawn(async move {
                let _place = place;
                match tls {
                    None => connections.connection(stream, respond).await,
                    Some(tls) => match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
                        Ok(Ok(stream)) => connections.connection(stream, respond).await,
                        _ => {
                            connections.metrics.connections_refused.fetch_add(1, Ordering::Relaxed);
                        }
                    },
                }
            });
        }
        drop(listener);
        // All of them are closed once every place is free.
        let all = u32::try_from(MOST_CONNECTIONS).unwrap_or(u32::MAX);
        let _ = self.open.acquire_many(all).await;
    }

    async fn connection<R, F>(self, stream: impl AsyncRead + AsyncWrite + Unpin, respond: R)
    where
        R: Fn(Self, Request<Incoming>) -> F,
        F: Future<Output = Reply>,
    {
        let mut stage = self.stage.clone();
        let service = service_fn(|request| {
            let answer = respond(self.clone(), request);
            let stage = self.stage.clone();
            async move {
                let mut reply = answer.await;
                if *stage.borrow() != Stage::Serving {
                    reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, std::convert::Infallible>(reply)
            }
        });
        let mut connection = std::pin::pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .max_buf_size(64 << 10)
                .serve_connection(TokioIo::new(stream), service)
        );
        tokio::select! {
            // A client that breaks off has its reasons.
            _ = connection.as_mut() => return,
            _ = stage.wait_for(|stage| *stage == Stage::Ending) => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }

    /// The body of a request that posts JSON.
    ///
    /// # Errors
    ///
    /// The response to one that does not, or whose body is too large or too slow.
    pub async fn json(&self, request: Request<Incoming>) -> Result<Bytes, Reply> {
        if request.method() != Method::POST {
            let mut reply = self.refuse(StatusCode::METHOD_NOT_ALLOWED, "only POST is answered here");
            reply.headers_mut().insert(hyper::header::ALLOW, HeaderValue::from_static("POST"));
            return Err(reply);
        }
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(self.refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body has to be application/json"));
        }
        let too_large = || self.refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body has more than 8 MiB");
        // A body that does not say its length may have any.
        let length = usize::try_from(request.body().size_hint().upper().unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        if length > LARGEST_BODY && request.body().size_hint().upper().is_some() {
            return Err(too_large());
        }
        let share = u32::try_from(length.min(LARGEST_BODY).div_ceil(1024)).unwrap_or(BODIES);
        let Ok(Ok(_share)) = tokio::time::timeout(BODY, self.bodies.acquire_many(share)).await else {
            return Err(self.refuse(StatusCode::SERVICE_UNAVAILABLE, "too many requests at once"));
        };
        match tokio::time::timeout(BODY, Limited::new(request.into_body(), LARGEST_BODY).collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(_)) => Err(self.refuse(StatusCode::BAD_REQUEST, "the body ends early")),
            Err(_) => Err(self.refuse(StatusCode::REQUEST_TIMEOUT, "the body comes too slowly")),
        }
    }

    /// The response to a request that is not answered.
    pub fn refuse(&self, status: StatusCode, why: &str) -> Reply {
        self.metrics.refused(status.as_u16());
        reply(status, "text/plain; charset=utf-8", format!("{why}\n"))
    }
}

/// A response with this body.
pub fn reply(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}
