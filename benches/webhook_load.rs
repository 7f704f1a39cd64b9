//! Questions for a webhook from several connections, and a server that allows everything, to compare with. `benches/webhook.sh` runs both.
//!
//! `webhook_load ask ADDRESS CA QUESTION CONNECTIONS SECONDS` prints requests a second and the times of the middle one and of the slowest
//! hundredth. `webhook_load allow ADDRESS CERTIFICATE KEY` allows everything.
#![allow(clippy::panic, clippy::unwrap_used, clippy::print_stdout, reason = "a measurement may end by a panic, and prints")]

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned};
use serde_json::{Value, json};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["ask", address, ca, question, connections, seconds] => {
            ask(address, ca, question, connections.parse().unwrap(), Duration::from_secs(seconds.parse().unwrap()));
        }
        ["allow", address, certificate, key] => allow(address, certificate, key),
        _ => panic!("webhook_load ask ADDRESS CA QUESTION CONNECTIONS SECONDS | webhook_load allow ADDRESS CERTIFICATE KEY"),
    }
}

fn ask(address: &str, ca: &str, question: &str, connections: usize, time: Duration) {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let body = std::fs::read_to_string(question).unwrap();
    let head =
        format!("POST /mutate HTTP/1.1\r\nHost: w\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    let request = format!("{head}{body}");
    let one = || {
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut stream = BufReader::new(StreamOwned::new(ClientConnection::new(Arc::clone(&config), name).unwrap(), stream));
        let (begun, mut times) = (Instant::now(), Vec::new());
        while begun.elapsed() < time {
            let asked = Instant::now();
            stream.get_mut().write_all(request.as_bytes()).unwrap();
            let (mut line, mut length) = (String::new(), 0);
            while stream.read_line(&mut line).unwrap() > 2 {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut answer = vec![0; length];
            stream.read_exact(&mut answer).unwrap();
            assert!(answer.windows(14).any(|part| part == b"\"allowed\":true"), "{}", String::from_utf8_lossy(&answer));
            times.push(asked.elapsed());
        }
        times
    };
    let mut times: Vec<Duration> = thread::scope(|scope| {
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(one)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    times.sort();
    let at = |part: usize| times[times.len() * part / 100].as_micros();
    println!("{} requests/s, p50 {} µs, p99 {} µs", times.len() / usize::try_from(time.as_secs()).unwrap(), at(50), at(99));
}

#[tokio::main]
async fn allow(address: &str, certificate: &str, key: &str) {
    let chain = CertificateDer::pem_file_iter(certificate).unwrap().map(Result::unwrap).collect();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(chain, PrivateKeyDer::from_pem_file(key).unwrap()).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let answer = |request: Request<Incoming>| async {
                let review: Value = serde_json::from_slice(&request.into_body().collect().await.unwrap().to_bytes()).unwrap();
                let response = json!({"uid": review["request"]["uid"], "allowed": true});
                let answer = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(answer.to_string()))))
            };
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        });
    }
}
