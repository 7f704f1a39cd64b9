//! Connections: HTTP/1 over TLS or plain, with bounds on their number, on bodies, and on the time that a client may take.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

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

use super::coming::{Arrival, Coming};
use super::metrics::Metrics;
use super::pace::{LONGEST, Pace, Paced};

/// The most bytes of a body: an object may have 3 MiB, and an update carries two.
pub const LARGEST_BODY: usize = 8 << 20;

/// The bytes of bodies that are held at one time, in KiB; a question waits for its share. Together an eighth of the memory that the manifest gives to a
/// server: room for three of the largest, and beside them for the first part of 64 others, which is all of an ordinary question.
const BODIES: u32 = 28 << 10;
const FIRST_PARTS: u32 = 4 << 10;
const FIRST_PART: u32 = 64;

/// The values of JSON in one body, counted by what stands between them, and of all bodies at one time: those of bodies that have few of them, as
/// those of people do, and of the others. A value may take 200 bytes when it is read, where it had three: 70 MB in all.
const MOST_VALUES: u32 = 250_000;
const VALUES: u32 = 250_000;
const FEW: u32 = 2_000;
const VALUES_OF_FEW: u32 = 100_000;

/// The time between two looks at who has to give way where there is no room.
const LOOKED: Duration = Duration::from_millis(50);

/// The connections at one time, and the bytes that each takes before it has a body: 32 MiB together, and a head has 2 KiB. Where there is no place, the one that has said nothing for the
/// longest time gives way, and this is how long that may take.
const MOST_CONNECTIONS: usize = 1024;
const LARGEST_HEAD: usize = 32 << 10;
const GIVEN_WAY: Duration = Duration::from_millis(100);

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
    paces: Arc<Mutex<Vec<Weak<Pace>>>>,
    coming: Coming,
    first_parts: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    few_values: Arc<Semaphore>,
    values: Arc<Semaphore>,
}

/// The body of a request.
pub struct Body {
    /// The bytes.
    pub bytes: Bytes,
    /// Its share of what all of them may hold, also in the form in which it is read.
    pub shares: [OwnedSemaphorePermit; 3],
}

/// The end of a body that is not taken.
enum Broken {
    Early(Box<dyn std::error::Error + Send + Sync>),
    TooManyValues,
    Slow,
}

/// What stands between values of JSON, counted as a body comes: not what is within texts.
#[derive(Debug, Default)]
struct Between {
    is_text: bool,
    is_escaped: bool,
    number: u32,
}

impl Between {
    fn count(&mut self, data: &[u8]) {
        for byte in data {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.is_text => self.is_escaped = true,
                b'"' => self.is_text = !self.is_text,
                b',' | b':' | b'[' | b'{' if !self.is_text => self.number = self.number.saturating_add(1),
                _ => {}
            }
        }
    }
}

impl Connections {
    /// No connection yet.
    pub fn new(stage: watch::Receiver<Stage>, metrics: Arc<Metrics>) -> Self {
        let places = |number: u32| Arc::new(Semaphore::new(number as usize));
        Self {
            stage,
            metrics,
            open: Arc::new(Semaphore::new(MOST_CONNECTIONS)),
            paces: Arc::default(),
            coming: Coming::default(),
            first_parts: places(FIRST_PARTS),
            bodies: places(BODIES),
            few_values: places(VALUES_OF_FEW),
            values: places(VALUES),
        }
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
            let Some(place) = self.place().await else {
                self.metrics.connections_refused.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            // Answers are small, and waited for.
            let _ = stream.set_nodelay(true);
            let (connections, tls, respond, pace) = (self.clone(), tls.clone(), respond.clone(), self.pace());
            tokio::spawn(async move {
                let _place = place;
                let Some(tls) = tls else { return connections.connection(stream, pace, respond).await };
                let shaken = tokio::select! {
                    shaken = tokio::time::timeout(HANDSHAKE, tls.accept(stream)) => shaken.ok().and_then(Result::ok),
                    () = pace.gives_way() => None,
                };
                match shaken {
                    Some(stream) => connections.connection(stream, pace, respond).await,
                    None => {
                        connections.metrics.connections_refused.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        drop(listener);
        // All of them are closed once every place is free.
        let all = u32::try_from(MOST_CONNECTIONS).unwrap_or(u32::MAX);
        let _ = self.open.acquire_many(all).await;
    }

    /// A place for one more connection.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.open).try_acquire_owned() {
            return Some(place);
        }
        self.longest_silent()?.give_way();
        tokio::time::timeout(GIVEN_WAY, Arc::clone(&self.open).acquire_owned()).await.ok()?.ok()
    }

    /// The pace of the connection that has said nothing for the longest time.
    fn longest_silent(&self) -> Option<Arc<Pace>> {
        let paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = paces.iter().filter_map(Weak::upgrade).filter_map(|pace| Some((pace.silent_since()?, pace)));
        silent.min_by_key(|(since, _)| *since).map(|(_, pace)| pace)
    }

    /// The pace of a new connection.
    fn pace(&self) -> Arc<Pace> {
        let pace = Arc::new(Pace::default());
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        paces.retain(|pace| pace.strong_count() > 0);
        paces.push(Arc::downgrade(&pace));
        pace
    }

    async fn connection<R, F>(self, stream: impl AsyncRead + AsyncWrite + Unpin, pace: Arc<Pace>, respond: R)
    where
        R: Fn(Self, Request<Incoming>) -> F,
        F: Future<Output = Reply>,
    {
        let mut stage = self.stage.clone();
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
                .max_buf_size(LARGEST_HEAD)
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
            () = pace.gives_way() => {
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
        let arrival = self.coming.begin();
        let collected = async {
            tokio::select! {
                collected = self.collect(Limited::new(body, LARGEST_BODY), &arrival) => collected,
                () = arrival.given_up() => Err(Broken::Slow),
            }
        };
        match tokio::time::timeout(longest, collected).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(Broken::Early(error))) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(Broken::Early(_))) => Err(self.refuse(StatusCode::BAD_REQUEST, "the body ends early")),
            Ok(Err(Broken::TooManyValues)) => Err(self.refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body has too many values")),
            Ok(Err(Broken::Slow)) | Err(_) => {
                Err(self.refuse(StatusCode::REQUEST_TIMEOUT, "the body comes too slowly, or there are too many requests at once"))
            }
        }
    }

    /// A body as it comes: what has not come yet holds no share.
    async fn collect(&self, mut body: Limited<Incoming>, arrival: &Arrival) -> Result<Body, Broken> {
        let (mut bytes, mut between) = (BytesMut::new(), Between::default());
        let mut first = taken(&self.first_parts, 0, arrival).await?;
        let mut rest = taken(&self.bodies, 0, arrival).await?;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(Broken::Early)?.into_data() else { continue };
            let held = u32::try_from((bytes.len() + data.len()).div_ceil(1024)).unwrap_or(BODIES);
            let of_first = held.min(FIRST_PART);
            for (share, places, wanted) in
                [(&mut first, &self.first_parts, of_first), (&mut rest, &self.bodies, held.saturating_sub(of_first))]
            {
                let has = u32::try_from(share.num_permits()).unwrap_or(BODIES);
                share.merge(taken(places, wanted.saturating_sub(has), arrival).await?);
            }
            arrival.has(held);
            between.count(&data);
            if between.number > MOST_VALUES {
                return Err(Broken::TooManyValues);
            }
            bytes.extend_from_slice(&data);
        }
        arrival.is_whole();
        let places = if between.number <= FEW { &self.few_values } else { &self.values };
        let values = Arc::clone(places).acquire_many_owned(between.number).await.map_err(|error| Broken::Early(error.into()))?;
        Ok(Body { bytes: bytes.freeze(), shares: [first, rest, values] })
    }

    /// The response to a request that is not answered.
    pub fn refuse(&self, status: StatusCode, why: &str) -> Reply {
        self.metrics.refused(status.as_u16());
        reply(status, "text/plain; charset=utf-8", format!("{why}\n"))
    }
}

/// So many of these places; where there are not as many, a slow body gives way.
async fn taken(places: &Arc<Semaphore>, number: u32, arrival: &Arrival) -> Result<OwnedSemaphorePermit, Broken> {
    let since = Instant::now();
    let mut taken = std::pin::pin!(Arc::clone(places).acquire_many_owned(number));
    let mut at_once = true;
    loop {
        // What is free is there without a pause.
        let pause = if std::mem::take(&mut at_once) { Duration::ZERO } else { LOOKED };
        match tokio::time::timeout(pause, taken.as_mut()).await {
            // None of the semaphores is ever closed.
            Ok(taken) => return taken.map_err(|error| Broken::Early(error.into())),
            Err(_) => arrival.waits(since.elapsed()),
        }
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

    /// Who opens connections and says nothing does not keep others out, such as the kubelet that asks for health.
    #[tokio::test]
    async fn silence_gives_way_where_there_is_no_place() {
        let (_serving, stage) = watch::channel(Stage::default());
        let connections = Connections { open: Arc::new(Semaphore::new(2)), ..Connections::new(stage, Arc::default()) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(connections.serve(listener, None, |_, _| async { reply(StatusCode::OK, "text/plain", "ok") }));
        let mut silent = Vec::new();
        for _ in 0..5 {
            silent.push(tokio::net::TcpStream::connect(address).await.unwrap());
        }
        let mut asks = tokio::net::TcpStream::connect(address).await.unwrap();
        asks.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut text = String::new();
        asks.read_to_string(&mut text).await.unwrap();
        assert!(text.starts_with("HTTP/1.1 200 ") && text.ends_with("ok"), "{text}");
        server.abort();
    }

    #[test]
    fn what_is_within_texts_is_not_between_values() {
        for (text, number) in [
            ("", 0),
            (r#"{"a": 1, "b": [2, 3]}"#, 6),
            (r#""{,,:::[[""#, 0),
            (r#"["\\", ","]"#, 2),
            (r#"["\"", ","]"#, 2),
            (r#"["\",", 1]"#, 2),
        ] {
            let mut between = Between::default();
            between.count(text.as_bytes());
            assert_eq!(between.number, number, "{text}");
            // In whatever parts it comes.
            let mut between = Between::default();
            text.as_bytes().chunks(1).for_each(|part| between.count(part));
            assert_eq!(between.number, number, "{text}");
        }
    }

    /// Clients that stop in the middle of large bodies, as many as there is room for, and more.
    #[tokio::test]
    async fn bodies_that_stop_give_way_to_others() {
        let (_serving, stage) = watch::channel(Stage::default());
        let connections = Connections::new(stage, Arc::default());
        let long = Duration::from_secs(600);
        let service = |connections: Connections| {
            service_fn(move |request: Request<Incoming>| {
                let connections = connections.clone();
                async move {
                    let found = connections.body(request.into_body(), long).await;
                    let whole = |body: Body| reply(StatusCode::OK, "text/plain", body.bytes.len().to_string());
                    Ok::<_, std::convert::Infallible>(found.map_or_else(|refusal| refusal, whole))
                }
            })
        };
        let head = "POST / HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Length: ";
        let mut stopped = Vec::new();
        for _ in 0..4 {
            let (mut client, server) = tokio::io::duplex(LARGEST_BODY + 1024);
            let request = format!("{head}{LARGEST_BODY}\r\n\r\n{}", "x".repeat(LARGEST_BODY - 11));
            client.write_all(request.as_bytes()).await.unwrap();
            let service = service(connections.clone());
            let task = tokio::spawn(async move {
                let _ = http1::Builder::new().serve_connection(TokioIo::new(server), service).await;
            });
            stopped.push((client, task));
        }
        while connections.bodies.available_permits() >= 8 << 10 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Another large one, which needs the room that they have.
        let (size, (mut client, server)) = (6 << 20, tokio::io::duplex(LARGEST_BODY + 1024));
        let request = format!("{head}{size}\r\n\r\n{}", "x".repeat(size));
        client.write_all(request.as_bytes()).await.unwrap();
        let _ = http1::Builder::new().serve_connection(TokioIo::new(server), service(connections.clone())).await;
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        assert!(text.starts_with("HTTP/1.1 200 ") && text.ends_with("\r\n\r\n6291456"), "{text}");
        for (_, task) in stopped {
            task.abort();
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_end_is_given_up() {
        let found = answer(10, false, Duration::from_millis(100)).await;
        assert!(found.starts_with("HTTP/1.1 408 ") && found.contains("too slowly"), "{found}");
    }
}
