//! A web server on this machine that answers as a test tells it: from images, or with any bytes at all.
//!
//! It keeps every request it got, and ends when it is dropped.

pub mod images;
pub mod tls;
pub mod windows;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;
use wincompat::internals::oci::distribution::{CredentialStore, Keychain, Options, RetryPolicy};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// With its query, e.g. `/v2/app/manifests/1`; from a client that takes this server for its proxy, the whole address.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The repository of a request for a manifest or blob.
    pub fn repository(&self) -> Option<&str> {
        let path = self.path.strip_prefix("/v2/")?;
        path.split_once("/manifests/").or_else(|| path.split_once("/blobs/")).map(|(repository, _)| repository)
    }
}

/// What is done about a request, step by step; then the connection is closed, unless the reply is a whole one.
#[derive(Clone, Debug)]
pub struct Reply {
    steps: Vec<Step>,
    keep_alive: bool,
}

#[derive(Clone, Debug)]
enum Step {
    Send(Vec<u8>),
    /// The same bytes until the client has enough.
    Flood(Vec<u8>),
    /// The same bytes again and again, with a short pause after each time, until the client has enough.
    Drip(Vec<u8>),
    Wait(Duration),
    /// Nothing, until the gate is open.
    Hold(Gate),
    /// The connection is reset.
    Reset,
}

impl Reply {
    /// A whole answer with its length.
    pub fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let length = body.len().to_string();
        let mut sent = head(status, &[headers, &[("content-length", &length)]].concat());
        sent.extend_from_slice(body);
        Self { steps: vec![Step::Send(sent)], keep_alive: true }
    }

    pub fn json(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self::new(status, &[("content-type", "application/json")], body)
    }

    pub fn html(status: u16) -> Self {
        Self::new(
            status,
            &[("content-type", "text/html")],
            "<html><body><h2>The request is \u{1b}[31mblocked.</h2></body></html>",
        )
    }

    pub fn redirect(status: u16, location: &str) -> Self {
        Self::new(status, &[("location", location)], "")
    }

    pub fn challenge(challenge: &str) -> Self {
        Self::new(401, &[("www-authenticate", challenge)], r#"{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}"#)
    }

    /// Only the head of an answer, for the steps that follow.
    pub fn head(status: u16, headers: &[(&str, &str)]) -> Self {
        Self::raw(head(status, headers))
    }

    /// Any bytes.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { steps: vec![Step::Send(bytes.into())], keep_alive: false }
    }

    /// The bytes that are sent at first, for a test that spoils them.
    pub fn sent(&self) -> &[u8] {
        match self.steps.first() {
            Some(Step::Send(bytes)) => bytes,
            _ => &[],
        }
    }

    /// No answer at all.
    pub fn nothing() -> Self {
        Self { steps: Vec::new(), keep_alive: false }
    }

    pub fn then_send(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.then(Step::Send(bytes.into()))
    }

    pub fn then_flood(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.then(Step::Flood(bytes.into()))
    }

    pub fn then_drip(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.then(Step::Drip(bytes.into()))
    }

    pub fn then_wait(self, time: Duration) -> Self {
        self.then(Step::Wait(time))
    }

    pub fn then_hold(self, gate: &Gate) -> Self {
        self.then(Step::Hold(gate.clone()))
    }

    /// The same, once the gate is open.
    pub fn held(mut self, gate: &Gate) -> Self {
        self.steps.insert(0, Step::Hold(gate.clone()));
        self
    }

    pub fn then_reset(self) -> Self {
        self.then(Step::Reset)
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

/// Holds answers back until a test opens it, so that what must come first does, however busy the machine is.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        let (is_open, opened) = &*self.0;
        *is_open.lock().unwrap() = true;
        opened.notify_all();
    }

    /// Waits until it is open, or its server closes.
    fn pass(&self, state: &State) {
        let (is_open, opened) = &*self.0;
        let mut now = is_open.lock().unwrap();
        while !*now && !state.closing.load(Ordering::SeqCst) {
            now = opened.wait_timeout(now, A_MOMENT).unwrap().0;
        }
    }
}

/// The time after which a server that waits looks whether it closes.
const A_MOMENT: Duration = Duration::from_millis(50);

fn head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} Status\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    (text + "\r\n").into_bytes()
}

type Respond = dyn Fn(&Request) -> Reply + Send + Sync;

/// A server on loopback.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    state: Arc<State>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    closing: AtomicBool,
    challenges: AtomicUsize,
    connections: Mutex<Vec<Weak<TcpStream>>>,
}

/// A connection, closed when its thread lets go of it.
struct Connection(Arc<TcpStream>);

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.as_ref().read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_ref().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_ref().flush()
    }
}

impl Server {
    /// A server on 127.0.0.1 that answers with what `respond` says.
    pub fn start(respond: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST, None, respond)
    }

    /// A server on any loopback address, with TLS if there is an identity for it.
    pub fn start_at(
        address: Ipv4Addr,
        identity: Option<tls::Identity>,
        respond: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        assert!(address.is_loopback());
        let listener = TcpListener::bind((address, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let state = Arc::<State>::default();
        let (kept, respond) = (Arc::clone(&requests), Arc::<Respond>::from(Box::new(respond) as Box<Respond>));
        let shared = Arc::clone(&state);
        let acceptor = thread::spawn(move || {
            for connection in listener.incoming() {
                if shared.closing.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                let connection = Connection(Arc::new(connection));
                shared.connections.lock().unwrap().push(Arc::downgrade(&connection.0));
                let (kept, respond, shared) = (Arc::clone(&kept), Arc::clone(&respond), Arc::clone(&shared));
                let identity = identity.clone();
                thread::spawn(move || {
                    // Errors are clients that went away.
                    let _ = match identity {
                        Some(identity) => serve(&mut identity.accept(connection), &kept, &*respond, &shared),
                        None => serve(&mut { connection }, &kept, &*respond, &shared),
                    };
                });
            }
        });
        Self { address, requests, state, acceptor: Some(acceptor) }
    }

    /// As registries are named in references, e.g. `127.0.0.1:41234`.
    pub fn name(&self) -> String {
        self.address.to_string()
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address of a path here, e.g. `http://127.0.0.1:41234/token`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What came until now.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Ends it. As long as the port is held, no other server gets it, and nobody answers there.
    pub fn gone(self) -> Port {
        let address = self.address;
        drop(self);
        let socket = TcpSocket::new_v4().unwrap();
        // Connections that were closed here still have the port on Linux.
        socket.set_reuseaddr(true).unwrap();
        // A process that another test just starts has the listener, too, until it runs its program.
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            match socket.bind(address) {
                // Wine lets two bind it: nobody answers once connections are refused.
                Ok(()) => break,
                Err(error) => assert!(Instant::now() < until, "{address} does not become free: {error}"),
            }
            thread::sleep(Duration::from_millis(5));
        }
        while TcpStream::connect(address).is_ok() {
            assert!(Instant::now() < until, "{address} is still answered");
            thread::sleep(Duration::from_millis(5));
        }
        Port { _held: socket }
    }

    /// How many requests were answered with 401 until now.
    pub fn challenges(&self) -> usize {
        self.state.challenges.load(Ordering::SeqCst)
    }

    /// How many requests came whose path begins so.
    pub fn count(&self, path: &str) -> usize {
        self.requests().iter().filter(|request| request.path.starts_with(path)).count()
    }
}

/// A port of this machine at which nothing listens.
#[must_use = "another server gets the port when this is dropped"]
pub struct Port {
    _held: TcpSocket,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.closing.store(true, Ordering::SeqCst);
        // Wakes the acceptor.
        let _ = TcpStream::connect(self.address);
        for connection in self.state.connections.lock().unwrap().drain(..).filter_map(|connection| connection.upgrade()) {
            let _ = connection.shutdown(Shutdown::Both);
        }
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// A connection of which the head of a request can be had at once, where it is there.
trait Serving: Read + Write {
    /// The beginning of the head up to its last byte, if all of it is there; else nothing.
    fn beginning(&mut self) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }
}

impl Serving for Connection {
    fn beginning(&mut self) -> io::Result<Vec<u8>> {
        let mut there = [0; 1 << 13];
        let length = self.0.peek(&mut there)?;
        let end = there[..length].windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let mut head = vec![0; end.map_or(0, |end| end + 3)];
        self.read_exact(&mut head)?;
        Ok(head)
    }
}

/// What TLS has decrypted is read byte by byte without a call of the system.
impl Serving for tls::Stream {}

fn serve(connection: &mut impl Serving, kept: &Mutex<Vec<Request>>, respond: &Respond, state: &State) -> io::Result<()> {
    loop {
        // The last byte of the head stays unread: closing a connection with something unread resets it.
        let mut head = connection.beginning()?;
        while !head.ends_with(b"\r\n\r") {
            let mut byte = [0];
            connection.read_exact(&mut byte)?;
            head.push(byte[0]);
            // The hello of TLS, which a plain web server takes for a bad request.
            if head == [0x16] {
                let mut rest = [0; 4];
                connection.read_exact(&mut rest)?;
                connection.read_exact(&mut vec![0; usize::from(u16::from_be_bytes([rest[2], rest[3]]))])?;
                return connection.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
            }
        }
        let mut request = parse(&String::from_utf8_lossy(&head));
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        if length > 0 {
            let mut body = vec![0; 1 + length];
            connection.read_exact(&mut body)?;
            request.body = String::from_utf8_lossy(&body[1..]).into_owned();
        }
        kept.lock().unwrap().push(request.clone());
        let reply = respond(&request);
        if matches!(reply.steps.first(), Some(Step::Send(bytes)) if bytes.starts_with(b"HTTP/1.1 401 ")) {
            state.challenges.fetch_add(1, Ordering::SeqCst);
        }
        for step in &reply.steps {
            match step {
                Step::Send(bytes) => connection.write_all(bytes)?,
                Step::Flood(bytes) => loop {
                    connection.write_all(bytes)?;
                },
                Step::Drip(bytes) => loop {
                    connection.write_all(bytes)?;
                    connection.flush()?;
                    thread::sleep(Duration::from_millis(20));
                },
                Step::Wait(time) => {
                    let until = Instant::now() + *time;
                    while Instant::now() < until && !state.closing.load(Ordering::SeqCst) {
                        thread::sleep(A_MOMENT.min(until.saturating_duration_since(Instant::now())));
                    }
                }
                Step::Hold(gate) => gate.pass(state),
                Step::Reset => return Ok(()),
            }
            connection.flush()?;
        }
        if length == 0 {
            connection.read_exact(&mut [0])?;
        }
        if !reply.keep_alive {
            return Ok(());
        }
    }
}

fn parse(head: &str) -> Request {
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let headers = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned()));
    Request { method, path, headers: headers.collect(), body: String::new() }
}

/// Options for tests: pauses that no test waits for, and no chance in them.
pub fn options() -> Options {
    Options {
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(20),
        stall_timeout: Duration::from_secs(10),
        retry: RetryPolicy {
            tries: 3,
            first_pause: Duration::from_millis(5),
            longest_pause: Duration::from_millis(10),
            longest_asked_pause: Duration::from_secs(10),
            jitter: || 0.0,
        },
        ..Options::default()
    }
}

/// Credentials as Docker's configuration holds them.
pub fn configured(config: &str) -> Option<Arc<dyn Keychain>> {
    Some(Arc::new(CredentialStore::from_variables(None, |name| (name == "DOCKER_AUTH_CONFIG").then(|| config.into()))))
}

/// Credentials of one registry.
pub fn stored(registry: &str, user: &str, password: &str) -> Option<Arc<dyn Keychain>> {
    configured(&format!(r#"{{"auths":{{"{registry}":{{"username":"{user}","password":"{password}"}}}}}}"#))
}
