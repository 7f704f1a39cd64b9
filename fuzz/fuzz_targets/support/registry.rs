//! A registry on this machine that plays a script: honest answers, of which some are spoiled.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use libfuzzer_sys::arbitrary::{Result, Unstructured};

use super::images::World;

/// The most bytes of an answer that never ends, and more than anybody may read of one.
const FLOOD: usize = 32 << 20;
/// The most that may be taken of it: what is read of a document, and what waits in buffers of the system.
const TAKEN: usize = 16 << 20;

/// The answers to a check.
pub struct Script {
    number: u64,
    documents: Vec<(String, Vec<u8>, &'static str)>,
    /// By the number of the request; all others are answered honestly.
    spoiled: Vec<(usize, Spoil)>,
    sent: Vec<Vec<u8>>,
    pub requests: usize,
}

/// A way in which an answer is spoiled.
#[derive(Clone, Debug)]
enum Spoil {
    Status(u16),
    Body(Vec<u8>),
    /// Lines of the head, as the input has them.
    Head(Vec<u8>),
    /// Everything, as the input has it.
    Raw(Vec<u8>),
    Truncated(usize),
    Redirect(String),
    Challenge(String),
    Flood(u16),
    Closed,
}

const STATUSES: [u16; 16] = [200, 201, 204, 206, 301, 307, 400, 401, 403, 404, 416, 429, 500, 502, 503, 599];

impl Script {
    pub fn of(input: &mut Unstructured<'_>, world: &World) -> Result<Self> {
        let mut spoiled = Vec::new();
        for _ in 0..input.int_in_range(0..=6)? {
            spoiled.push((input.int_in_range(0..=15)?, spoil(input, world)?));
        }
        let names = world.names();
        let documents = names.into_iter().filter_map(|name| {
            let (bytes, media_type) = world.behind(&name)?;
            Some((name, bytes.to_vec(), media_type))
        });
        Ok(Self { number: 0, documents: documents.collect(), spoiled, sent: Vec::new(), requests: 0 })
    }

    /// True if this document was in an answer.
    pub fn has_sent(&self, document: &[u8]) -> bool {
        let is_in = |sent: &Vec<u8>| document.is_empty() || sent.windows(document.len()).any(|part| part == document);
        self.sent.iter().any(is_in)
    }
}

/// Nothing of an input leads to another machine: an address in it is left out.
fn leads_nowhere(bytes: &[u8]) -> bool {
    let head = bytes.strip_prefix(b"HTTP/").unwrap_or(bytes);
    !head.iter().any(|byte| matches!(byte, b'\\' | b'\t'))
        && !head.windows(2).any(|two| two == b"//")
        && !head.windows(4).any(|four| four.eq_ignore_ascii_case(b"http"))
}

fn spoil(input: &mut Unstructured<'_>, world: &World) -> Result<Spoil> {
    let bytes = |input: &mut Unstructured<'_>| -> Result<Vec<u8>> {
        let bytes: &[u8] = input.arbitrary()?;
        Ok(if leads_nowhere(bytes) { bytes.to_vec() } else { Vec::new() })
    };
    let path = |input: &mut Unstructured<'_>| -> Result<String> {
        let address = address();
        Ok(match input.int_in_range(0..=4)? {
            0 => format!("http://{address}/token"),
            1 => format!("http://{address}/v2/app/manifests/1"),
            2 => "http://10.255.255.1/".to_owned(),
            3 => "file:///etc/passwd".to_owned(),
            _ => String::from_utf8_lossy(&bytes(input)?).into_owned(),
        })
    };
    Ok(match input.int_in_range(0..=9)? {
        0 => Spoil::Status(*input.choose(&STATUSES)?),
        1 => Spoil::Body(bytes(input)?),
        2 => Spoil::Body(world.any(input)?.to_vec()),
        3 => Spoil::Head(bytes(input)?),
        4 => Spoil::Raw(bytes(input)?),
        5 => Spoil::Truncated(input.int_in_range(0..=2000)?),
        6 => Spoil::Redirect(path(input)?),
        7 => Spoil::Challenge(path(input)?),
        8 => Spoil::Flood(*input.choose(&STATUSES)?),
        _ => Spoil::Closed,
    })
}

fn script() -> MutexGuard<'static, Option<Script>> {
    static SCRIPT: Mutex<Option<Script>> = Mutex::new(None);
    SCRIPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The address of the registry, which is started once a process.
fn address() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                std::thread::spawn(move || serve(connection));
            }
        });
        address
    })
}

/// The URL for the script of this number: what still asks for an earlier one finds nothing.
pub fn url(number: u64) -> String {
    format!("http://{}/{number}", address())
}

/// Plays this script from now on, and gives its number.
pub fn play(new: Script) -> u64 {
    static NUMBERS: Mutex<u64> = Mutex::new(0);
    let mut last = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
    *last += 1;
    *script() = Some(Script { number: *last, ..new });
    *last
}

/// Ends the script, and gives it back with what was sent.
pub fn played() -> Script {
    script().take().expect("a script was played")
}

fn serve(mut connection: TcpStream) {
    let _ = connection.set_read_timeout(Some(Duration::from_secs(2)));
    let _ = connection.set_write_timeout(Some(Duration::from_secs(2)));
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match connection.read(&mut buffer) {
            Ok(length) if length > 0 && head.len() < 64 << 10 => head.extend_from_slice(&buffer[..length]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let (answer, floods) = {
        let mut script = script();
        let Some(script) = script.as_mut() else { return };
        let is_of_it =
            path.starts_with(&format!("/v2/{}/", script.number)) || path.starts_with("/token") || path.starts_with("/v2/app/");
        if !is_of_it {
            return;
        }
        let request = script.requests;
        script.requests += 1;
        let spoiled = script.spoiled.iter().find(|(number, _)| *number == request).map(|(_, spoil)| spoil.clone());
        let (answer, floods) = answer(script, &path, spoiled);
        // Before it is: whoever has read it may be done before this thread goes on.
        script.sent.push(answer.clone());
        (answer, floods)
    };
    let is_sent = connection.write_all(&answer).is_ok();
    if is_sent && floods {
        let block = [b' '; 64 << 10];
        let mut taken = 0;
        while taken < FLOOD && connection.write_all(&block).is_ok() {
            taken += block.len();
        }
        assert!(taken <= TAKEN, "an answer without end was read on and on");
    }
    let _ = connection.flush();
}

/// The bytes of an answer, and whether it goes on without end.
fn answer(script: &Script, path: &str, spoil: Option<Spoil>) -> (Vec<u8>, bool) {
    let name = path.rsplit('/').next().unwrap_or_default();
    let found = script.documents.iter().find(|(known, ..)| known == name);
    let (mut status, mut body, media_type) = match found {
        _ if path.starts_with("/token") => (200, br#"{"token":"x"}"#.as_slice(), "application/json"),
        Some((_, bytes, media_type)) => (200, bytes.as_slice(), *media_type),
        None => (404, b"{}".as_slice(), "application/json"),
    };
    let mut lines = Vec::new();
    let mut length = body.len();
    let mut floods = false;
    let given;
    match spoil {
        None => {}
        Some(Spoil::Status(other)) => status = other,
        Some(Spoil::Body(other)) => {
            given = other;
            (body, length) = (given.as_slice(), given.len());
        }
        Some(Spoil::Head(other)) => lines = other,
        Some(Spoil::Raw(bytes)) => return (bytes, false),
        Some(Spoil::Truncated(rest)) => body = &body[..body.len().min(rest)],
        Some(Spoil::Redirect(to)) => {
            status = 307;
            lines = format!("location: {}\r\n", to.replace(['\r', '\n'], "")).into_bytes();
        }
        Some(Spoil::Challenge(realm)) => {
            status = 401;
            let realm = realm.replace(['\r', '\n', '"'], "");
            lines = format!("www-authenticate: Bearer realm=\"{realm}\",service=\"x\"\r\n").into_bytes();
        }
        Some(Spoil::Flood(other)) => (status, floods, length) = (other, true, usize::MAX >> 1),
        Some(Spoil::Closed) => return (Vec::new(), false),
    }
    let mut bytes = format!("HTTP/1.1 {status} Status\r\nconnection: close\r\n").into_bytes();
    bytes.extend_from_slice(&lines);
    bytes.extend_from_slice(format!("content-type: {media_type}\r\n").as_bytes());
    if !floods {
        bytes.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    (bytes, floods)
}
