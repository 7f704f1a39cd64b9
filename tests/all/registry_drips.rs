//! A registry that sends drop by drop, or makes its client go from place to place: it gets no more than its time, in streams too.

use std::time::{Duration, Instant};

use wincompat::ErrorKind;
use wincompat::image::Digest;
use wincompat::internals::oci::distribution::{Client, Options, Proxies, RetryPolicy};

use crate::support::program::{Answer, Program};
use crate::support::registry::{Reply, Request, Server, options};

/// The time of one request here, and a time that is far longer than several of them, and far shorter than what drips, or waits, lasts.
const TIME: Duration = Duration::from_millis(500);
const SOON: Duration = Duration::from_secs(40);

fn hasty() -> Options {
    Options { request_timeout: TIME, stall_timeout: Duration::from_secs(60), ..options() }
}

fn drips() -> Vec<(&'static str, ErrorKind, Reply)> {
    let announced = |status| Reply::head(status, &[("content-length", "60000")]);
    vec![
        ("a head", ErrorKind::Network, Reply::raw("HTTP/1.1 200 OK\r\nx-slow: ").then_drip("x")),
        ("news without end", ErrorKind::Network, Reply::nothing().then_drip("HTTP/1.1 100 Continue\r\n\r\n")),
        ("silence", ErrorKind::Network, Reply::nothing().then_wait(Duration::from_secs(60))),
        ("an error", ErrorKind::NotFound, announced(404).then_drip("x")),
        ("a refusal", ErrorKind::Unauthorized, announced(403).then_drip("x")),
        (
            "a challenge",
            ErrorKind::Unauthorized,
            Reply::head(401, &[("content-length", "60000"), ("www-authenticate", "Negotiate")]).then_drip("x"),
        ),
        (
            "chunks of an error",
            ErrorKind::NotFound,
            Reply::head(404, &[("transfer-encoding", "chunked")]).then_drip("1\r\nx\r\n"),
        ),
    ]
}

/// The kind of the failure to open this blob, and the time that it took.
async fn open(respond: impl Fn(&Request) -> Reply + Send + Sync + 'static, options: Options) -> (ErrorKind, Duration, usize) {
    let server = Server::start(respond);
    let client = Client::new(options).unwrap();
    let begun = Instant::now();
    let error = client.blob_stream(&server.name(), "app", &Digest::of(b""), 0).await.unwrap_err();
    (error.kind, begun.elapsed(), server.requests().len())
}

#[tokio::test]
async fn a_stream_is_not_held_up_before_it_begins() {
    let all = drips().into_iter().map(|(what, kind, reply)| async move {
        // Long enough for the body of an error, which has a time of its own, and for a busy machine to begin seven answers at once.
        let options = Options { request_timeout: Duration::from_secs(10), ..hasty() };
        let (found, took, _) = open(move |_| reply.clone(), options).await;
        assert!(found == kind && took < SOON, "{what}: {found:?} after {took:?}");
    });
    futures_util::future::join_all(all).await;
}

#[tokio::test]
async fn redirects_share_the_time_of_one_request() {
    let hop = |request: &Request| {
        let location = format!("location: {}x\r\n", request.path);
        let head = format!("HTTP/1.1 307 Elsewhere\r\n{location}connection: close\r\ncontent-length: 0\r\n\r\n");
        Reply::nothing().then_wait(TIME * 2 / 5).then_send(head)
    };
    let (kind, took, asked) = open(hop, hasty()).await;
    assert!(kind == ErrorKind::Network && took < SOON, "{took:?}");
    assert!(asked <= 3, "{asked} hops of two fifths of the time");
}

#[tokio::test]
async fn a_token_that_drips_is_not_waited_for() {
    let respond = |request: &Request| match request.path.starts_with("/token") {
        true => Reply::head(200, &[("content-length", "60000")]).then_drip(" "),
        false => {
            let host = request.header("host").unwrap_or_default();
            Reply::challenge(&format!("Bearer realm=\"http://{host}/token\""))
        }
    };
    // Enough for a busy machine to ask twice.
    let options = Options { request_timeout: Duration::from_secs(10), ..hasty() };
    let (kind, took, asked) = open(respond, options).await;
    assert!(kind == ErrorKind::Network && took < SOON && asked == 2, "{kind:?} after {took:?} and {asked}");
}

#[tokio::test]
async fn tries_have_a_time_together() {
    let slowly = |_: &Request| {
        let head = "HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        Reply::nothing().then_wait(TIME * 3 / 5).then_send(head)
    };
    let retry = RetryPolicy { tries: 100, ..options().retry };
    let (kind, took, asked) = open(slowly, Options { retry, ..hasty() }).await;
    assert!(kind == ErrorKind::Network && took < SOON, "{took:?}");
    assert!(asked <= 4, "{asked} tries of three fifths of the time for one");
}

/// The time for everything holds over an error's body as well.
#[tokio::test]
async fn the_deadline_is_earlier_than_the_time_of_an_error() {
    let dripping = |_: &Request| Reply::head(404, &[("content-length", "60000")]).then_drip("x");
    let (kind, took, _) = open(dripping, Options { deadline: Some(Instant::now() + TIME), ..hasty() }).await;
    // Where the body has its own time, and that is over, the error is the one that the registry gave.
    assert!(kind == ErrorKind::Network && took < SOON, "{kind:?} after {took:?}");
}

/// A setting that cannot be read is an error, whichever proxy it is, and no request is sent without it.
#[test]
fn a_proxy_variable_that_cannot_be_read_is_named() {
    let server = Server::start(|_| Reply::json(404, "{}"));
    let program = Program::new();
    for (variable, value) in [
        ("HTTPS_PROXY", "ftp://proxy.test"),
        ("https_proxy", "http://user:secret@proxy test"),
        ("HTTP_PROXY", "http://"),
        ("ALL_PROXY", "proxy.test:port"),
        ("NO_PROXY", "10.0.0.0/99"),
        ("no_proxy", "a.test b.test"),
    ] {
        let mut command = program.check(&server.url(""));
        let answer = Answer::of(command.env(variable, value).args(["--host=ltsc2022", "--format=json", "registry.test/app:1"]));
        let error = &answer.json()["errors"][0];
        assert_eq!((answer.code, &error["kind"]), (2, &"invalid".into()), "{variable}: {error}");
        let message = error["message"].as_str().unwrap();
        // To Windows both spellings are one variable.
        let named = message.contains(variable) || (cfg!(windows) && message.contains(&variable.to_uppercase()));
        assert!(named && !message.contains("secret") && error["hint"].is_string(), "{error}");
    }
    assert_eq!(server.requests().len(), 0);
    let unusable = Proxies::All("mailto:proxy.test".parse().unwrap());
    assert_eq!(Client::new(Options { proxies: unusable, ..options() }).unwrap_err().kind, ErrorKind::Invalid);
}

/// Reading a pipe would wait for a writer, and a device never ends.
#[test]
fn a_file_of_authorities_is_a_regular_file_and_not_too_large() {
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.pem");
    std::fs::write(&large, vec![b'x'; (4 << 20) + 1]).unwrap();
    let mut unusable = vec![(folder.path().to_owned(), "not a regular file"), (large, "more than 4194304 bytes")];
    if cfg!(unix) {
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        unusable.push((pipe, "not a regular file"));
        unusable.push(("/dev/zero".into(), "not a regular file"));
    }
    for (path, why) in unusable {
        let error = Client::new(Options { ca_file: Some(path.clone()), ..options() }).unwrap_err();
        assert!(error.kind == ErrorKind::Invalid && error.sentence().contains(why), "{}: {error:?}", path.display());
        assert!(error.hint.is_some());
    }
}
