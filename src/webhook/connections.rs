//! Connections: HTTP/1 over TLS or plain, with bounds on their number, on bodies, and on the time that a client may take.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::BytesMut;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::metrics::Metrics;
use super::pace::{LONGEST, Pace, Paced};

/// The most bytes of a body: an object may have 3 MiB, and an update carries two.
pub const LARGEST_BODY: usize = 8 << 20;

/// The bytes of bodies that are held at one time, in KiB; a question waits for its share.
const BODIES: u32 = 32 << 10;

/// The values of JSON in one body, counted by what stands between them, and of all bodies at one time. A value may take 200 bytes when it is
/// read, where it had three.
const MOST_VALUES: u32 = 250_000;
const VALUES: u32 = 600_000;

/// The connections at one time.
const MOST_CONNECTIONS: usize = 1024;

/// The time for a handshake and for a body.
const HANDSHAKE: Duration = Duration::from_secs(5);
const BODY: Duration = Duration::from_secs(3);

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
    values: Arc<Semaphore>,
}

/// The body of a request, with its share of what all of them may hold.
pub struct Body {
    /// The bytes.
    pub bytes: Bytes,
    _shares: [OwnedSemaphorePermit; 2],
}

impl Connections {
    /// No connection yet.
    pub fn new(stage: watch::Receiver<Stage>, metrics: Arc<Metrics>) -> Self {
        let bodies = Arc::new(Semaphore::new(BODIES as usize));
        let values = Arc::new(Semaphore::new(VALUES as usize));
        Self { stage, metrics, open: Arc::new(Semaphore::new(MOST_CONNECTIONS)), bodies, values }
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
        let pace = Arc::new(Pace::default());
        let service = service_fn(|request| {
            pace.answering();
            let answer = respond(self.clone(), request);
            let (stage, pace) = (self.stage.clone(), Arc::clone(&pace));
            async move {
                let mut reply = answer.await;
                pace.answered();
                if *stage.borrow() != Stage::Serving {
                    reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, std::convert::Infallible>(reply)
            }
        });
        let mut connection = std::pin::pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(LONGEST)
                .max_buf_size(64 << 10)
                .serve_connection(TokioIo::new(Paced::new(stream, Arc::clone(&pace))), service)
        );
        let is_scarce = || self.open.available_permits() < MOST_CONNECTIONS / 2;
        tokio::select! {
            // A client that breaks off has its reasons.
            _ = connection.as_mut() => return,
            () = pace.overdue(is_scarce) => {
                self.metrics.connections_refused.fetch_add(1, Ordering::Relaxed);
                return;
            }
            _ = stage.wait_for(|stage| *stage == Stage::Ending) => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }

    /// The body of a request that posts JSON.
    ///
    /// # Errors
    ///
    /// The response to one that does not, or whose body is too large or too slow.
    pub async fn json(&self, request: Request<Incoming>) -> Result<Body, Reply> {
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
        self.body(request.into_body(), BODY).await
    }

    /// The whole of a body that comes within this time.
    async fn body(&self, body: Incoming, longest: Duration) -> Result<Body, Reply> {
        let too_large = || self.refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body has more than 8 MiB");
        // A body that does not say its length may have any.
        if body.size_hint().upper().is_some_and(|length| length > LARGEST_BODY as u64) {
            return Err(too_large());
        }
        match tokio::time::timeout(longest, self.collect(Limited::new(body, LARGEST_BODY))).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(Some(error))) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(Some(_))) => Err(self.refuse(StatusCode::BAD_REQUEST, "the body ends early")),
            Ok(Err(None)) => Err(self.refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body has too many values")),
            Err(_) => {
                Err(self.refuse(StatusCode::REQUEST_TIMEOUT, "the body comes too slowly, or there are too many requests at once"))
            }
        }
    }

    /// A body as it comes: what has not come yet holds no share. `None` is a body with too many values.
    async fn collect(&self, mut body: Limited<Incoming>) -> Result<Body, Option<Box<dyn std::error::Error + Send + Sync>>> {
        let (mut bytes, mut values) = (BytesMut::new(), 0u32);
        // None of the semaphores is ever closed.
        let mut share = Arc::clone(&self.bodies).acquire_many_owned(0).await.map_err(|error| Some(error.into()))?;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(Some)?.into_data() else { continue };
            let held = u32::try_from((bytes.len() + data.len()).div_ceil(1024)).unwrap_or(BODIES);
            let more = held.saturating_sub(u32::try_from(share.num_permits()).unwrap_or(BODIES));
            share.merge(Arc::clone(&self.bodies).acquire_many_owned(more).await.map_err(|error| Some(error.into()))?);
            let between = data.iter().filter(|byte| matches!(byte, b',' | b':' | b'[' | b'{')).count();
            values = values.saturating_add(u32::try_from(between).unwrap_or(u32::MAX));
            if values > MOST_VALUES {
                return Err(None);
            }
            bytes.extend_from_slice(&data);
        }
        let values = Arc::clone(&self.values).acquire_many_owned(values).await.map_err(|error| Some(error.into()))?;
        Ok(Body { bytes: bytes.freeze(), _shares: [share, values] })
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// The response to a body in chunks: so many bytes, and its end if it has one.
    async fn answer(size: usize, ends: bool, longest: Duration) -> String {
        let (_serving, stage) = watch::channel(Stage::default());
        let connections = Connections::new(stage, Arc::default());
        let service = service_fn(|request: Request<Incoming>| async {
            let found = connections.body(request.into_body(), longest).await;
            Ok::<_, std::convert::Infallible>(
                found.map_or_else(|refusal| refusal, |body| reply(StatusCode::OK, "text/plain", body.bytes.len().to_string())),
            )
        });
        let (mut client, server) = tokio::io::duplex(LARGEST_BODY + 1024);
        let end = if ends { "\r\n0\r\n\r\n" } else { "" };
        let head = "POST / HTTP/1.1\r\nHost: w\r\nConnection: close\r\nTransfer-Encoding: chunked";
        let request = format!("{head}\r\n\r\n{size:x}\r\n{}{end}", "x".repeat(size));
        client.write_all(request.as_bytes()).await.unwrap();
        // Who gives up on a body closes the connection, and the client's end with it.
        let _ = http1::Builder::new().serve_connection(TokioIo::new(server), service).await;
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn a_body_that_does_not_say_its_length_is_read_up_to_the_limit() {
        // It is in memory already: the time is for a busy machine.
        let long = Duration::from_secs(600);
        let found = answer(LARGEST_BODY, true, long).await;
        assert!(found.starts_with("HTTP/1.1 200 ") && found.ends_with("\r\n\r\n8388608"), "{found}");
        let found = answer(LARGEST_BODY + 1, true, long).await;
        assert!(found.starts_with("HTTP/1.1 413 ") && found.ends_with("the body has more than 8 MiB\n"), "{found}");
    }

    #[tokio::test]
    async fn a_body_that_does_not_end_is_given_up() {
        let found = answer(10, false, Duration::from_millis(100)).await;
        assert!(found.starts_with("HTTP/1.1 408 ") && found.contains("too slowly"), "{found}");
    }
}
