//! A registry that breaks off, lies, stalls or floods: each time the right kind of error, soon, and for that image alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use wincompat::ErrorKind;
use wincompat::image::Digest;
use wincompat::internals::oci::distribution::{Client, Fetched, Options, RetryPolicy};

use crate::support::registry::images::{DOCKER_LIST, DOCKER_MANIFEST, Images, OCI_INDEX, OCI_MANIFEST, part};
use crate::support::registry::{Reply, Request, Server, options};

const MANIFEST: &str = r#"{"schemaVersion":2,"layers":[]}"#;

/// A registry where `good` is fine and everything else is answered by `bad`.
fn server(bad: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    let images = Images::default().tagged("good", "1", OCI_MANIFEST, MANIFEST);
    Server::start(move |request| if request.path.starts_with("/v2/good/") { images.respond(request) } else { bad(request) })
}

async fn fetch(server: &Server, options: Options) -> Result<Fetched, wincompat::Error> {
    Client::new(options).unwrap().manifest(&server.name(), "bad", "1").await
}

struct Case {
    name: &'static str,
    kind: ErrorKind,
    /// How often `bad` is asked, redirects included.
    asked: usize,
    reply: Reply,
}

fn case(name: &'static str, kind: ErrorKind, asked: usize, reply: Reply) -> Case {
    Case { name, kind, asked, reply }
}

fn cases() -> Vec<Case> {
    use ErrorKind::{Invalid, Network, NotFound, RateLimited, Unauthorized, Unsupported};
    let json = ("content-type", "application/json");
    let chunked = [("transfer-encoding", "chunked")];
    vec![
        case("a body that ends too early", Network, 3, Reply::head(200, &[("content-length", "100")]).then_send("{")),
        case("chunks that end too early", Network, 3, Reply::head(200, &chunked).then_send("5\r\n{\"a\":\r\n")),
        case("chunks that are none", Network, 3, Reply::head(200, &chunked).then_send("xyz\r\n{}\r\n0\r\n\r\n")),
        case("a body stated to be too large", Invalid, 1, Reply::head(200, &[("content-length", "4194305")]).then_send("{")),
        case("a body stated to be larger than any", Network, 3, Reply::head(200, &[("content-length", "99999999999999999999")])),
        case("a body without end", Invalid, 1, Reply::head(200, &[json]).then_flood(vec![b' '; 65536])),
        case(
            "chunks without end",
            Invalid,
            1,
            Reply::head(200, &chunked)
                .then_flood(b"10000\r\n".iter().chain(&[b'['; 65536]).chain(b"\r\n").copied().collect::<Vec<u8>>()),
        ),
        case("a compressed body nobody asked for", Network, 1, Reply::new(200, &[("content-encoding", "gzip")], "\u{1f}")),
        case("a web page instead of a manifest", Network, 1, Reply::html(200)),
        case("a web page instead of a refusal", Unauthorized, 1, Reply::html(403)),
        case("a web page instead of nothing", NotFound, 1, Reply::html(404)),
        case("a part of what was asked for", Network, 1, Reply::new(206, &[("content-range", "bytes 0-1/9")], "{}")),
        case("no content", Network, 1, Reply::head(204, &[])),
        case("a status that does not exist", Network, 1, Reply::new(299, &[], "{}")),
        case("not modified", Network, 1, Reply::head(304, &[])),
        case("a bad request", Invalid, 1, Reply::json(400, r#"{"errors":[{"code":"TAG_INVALID","message":"no"}]}"#)),
        case("only other types", Unsupported, 1, Reply::json(406, "{}")),
        case("a missing manifest", NotFound, 1, Reply::json(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#)),
        case("an error without end", NotFound, 1, Reply::head(404, &[json]).then_flood(vec![b'['; 65536])),
        case("an error nested too deep", NotFound, 1, Reply::json(404, "[".repeat(60_000))),
        case("an error of its own", Network, 3, Reply::json(500, "{}")),
        case("a gateway's error page", Network, 3, Reply::html(502)),
        case("being asked too often", RateLimited, 3, Reply::json(429, "{}")),
        case("an hour's pause", RateLimited, 1, Reply::new(429, &[("retry-after", "3600")], "")),
        case("a pause of ages", RateLimited, 1, Reply::new(503, &[("retry-after", "18446744073709551615")], "")),
        case(
            "a pause until the end of time",
            RateLimited,
            1,
            Reply::new(503, &[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")], ""),
        ),
        case("a refusal without a challenge", Unauthorized, 1, Reply::json(401, "{}")),
        case("a challenge nobody can meet", Unauthorized, 1, Reply::challenge("Negotiate, Digest realm=\"x\"")),
        case("a password that is not there", Unauthorized, 1, Reply::challenge("Basic realm=\"x\"")),
        case("a token service without address", Unauthorized, 1, Reply::challenge("Bearer service=\"x\"")),
        case("a token service in a file", Unauthorized, 1, Reply::challenge("Bearer realm=\"file:///etc/passwd\"")),
        case("a token service with a password", Unauthorized, 1, Reply::challenge("Bearer realm=\"http://a:b@localhost/\"")),
        case("a challenge of garbage", Unauthorized, 1, Reply::challenge(&",\"=".repeat(5_000))),
        case("a redirect to nowhere", Network, 1, Reply::new(302, &[], "")),
        case("a redirect to a file", Network, 1, Reply::redirect(302, "file:///etc/passwd")),
        case("a redirect with a password", Network, 1, Reply::redirect(302, "http://user:secret@127.0.0.1/")),
        case("a redirect to itself", Network, 6, Reply::redirect(307, "/v2/bad/manifests/1")),
        case("a connection that is closed", Network, 3, Reply::nothing()),
        case("a connection that is reset", Network, 3, Reply::nothing().then_reset()),
        case("a reset within the body", Network, 3, Reply::head(200, &[("content-length", "100")]).then_send("{").then_reset()),
        case(
            "headers without end",
            Network,
            3,
            Reply::raw("HTTP/1.1 200 OK\r\n").then_flood("x-more: and more\r\n".repeat(1000)),
        ),
        case("a header without end", Network, 3, Reply::raw("HTTP/1.1 200 OK\r\nx-long: ").then_flood(vec![b'x'; 65536])),
        case("another protocol", Network, 3, Reply::raw("SSH-2.0-OpenSSH_9.6\r\n")),
        case("two lengths", Network, 3, Reply::head(200, &[("content-length", "2"), ("content-length", "3")]).then_send("{}")),
    ]
}

/// Registries that take their time, however they do it.
fn silences() -> Vec<Case> {
    let silent = |name, reply| case(name, ErrorKind::Network, 1, reply);
    let long = Duration::from_secs(60);
    let announced = || Reply::head(200, &[("content-length", "100000")]);
    vec![
        silent("silence", Reply::nothing().then_wait(long)),
        silent("silence after the head", announced().then_wait(long)),
        silent("silence within the body", announced().then_send("{").then_wait(long)),
        case(
            "silence within an error",
            ErrorKind::NotFound,
            1,
            Reply::head(404, &[("content-length", "9")]).then_send("{").then_wait(long),
        ),
        silent("a head that drips", Reply::raw("HTTP/1.1 200 OK\r\nx-slow: ").then_drip("x")),
        silent("a body that drips", announced().then_drip(" ")),
        silent("news without end", Reply::nothing().then_drip("HTTP/1.1 100 Continue\r\n\r\n")),
    ]
}

async fn check(case: Case, time: Duration) {
    let Case { name, kind, asked, reply } = case;
    let server = server(move |_| reply.clone());
    let client = Client::new(Options { stall_timeout: time, request_timeout: time, ..options() }).unwrap();
    let registry = server.name();
    let begun = Instant::now();
    let (bad, good) = tokio::join!(client.manifest(&registry, "bad", "1"), client.manifest(&registry, "good", "1"));
    let error = bad.expect_err(name);
    assert_eq!(error.kind, kind, "{name}: {error:?}");
    assert_eq!(server.count("/v2/bad/"), asked, "{name}: {error:?}");
    assert_eq!(good.expect(name).bytes, MANIFEST.as_bytes(), "{name}");
    assert!(begun.elapsed() < time + Duration::from_secs(50), "{name} took {:?}", begun.elapsed());
    let hint = error.hint.as_ref().map(ToString::to_string);
    for text in [&error.what].into_iter().chain(&error.causes).chain(&hint) {
        assert!(!text.contains(char::is_control) && text.chars().count() < 400, "{name}: {text:?}");
        assert!(!text.contains("secret") && !text.contains("<html"), "{name}: {text:?}");
    }
    // A registry that has no such image says all in one sentence.
    assert!(!error.causes.is_empty() || error.what.contains("was not found (404"), "{name}: {error:?}");
}

#[tokio::test]
async fn each_misbehaviour_has_its_error_and_spoils_no_other_image() {
    // None of them waits: the time is for what is sent, on a machine that has much else to do.
    for case in cases() {
        check(case, Duration::from_secs(120)).await;
    }
}

#[tokio::test]
async fn however_a_registry_takes_its_time_it_gets_no_more_than_is_allowed() {
    futures_util::future::join_all(silences().into_iter().map(|case| check(case, Duration::from_secs(10)))).await;
}

#[tokio::test]
async fn content_with_another_digest_is_refused() {
    let server = server(|_| Reply::new(200, &[("content-type", OCI_MANIFEST)], "{}"));
    let client = Client::new(options()).unwrap();
    let digest = Digest::of(b"what was asked for");
    let manifest = client.manifest(&server.name(), "bad", digest.as_str()).await.unwrap_err();
    assert_eq!(manifest.kind, ErrorKind::Invalid);
    assert!(manifest.causes[0].contains(digest.as_str()), "{manifest:?}");
    let blob = client.blob(&server.name(), "bad", &digest, 1000).await.unwrap_err();
    assert_eq!(blob.kind, ErrorKind::Invalid);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_blob_larger_than_its_descriptor_says_is_not_read() {
    let server = server(|_| Reply::new(200, &[], "0123456789"));
    let client = Client::new(options()).unwrap();
    let digest = Digest::of(b"0123456789");
    assert_eq!(client.blob(&server.name(), "bad", &digest, 10).await.unwrap(), b"0123456789");
    assert_eq!(client.blob(&server.name(), "bad", &digest, 9).await.unwrap_err().kind, ErrorKind::Invalid);
}

/// `bad` fails with these answers one after the other, and then is well.
async fn after(failures: Vec<Reply>) -> (Result<Fetched, wincompat::Error>, Duration) {
    let next = AtomicUsize::new(0);
    let server = server(move |_| {
        let failure = failures.get(next.fetch_add(1, Ordering::SeqCst)).cloned();
        failure.unwrap_or_else(|| Reply::new(200, &[("content-type", OCI_MANIFEST)], MANIFEST))
    });
    let begun = Instant::now();
    (fetch(&server, options()).await, begun.elapsed())
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let truncated = Reply::head(200, &[("content-length", "100")]).then_send("{");
    for failures in [
        vec![Reply::json(500, "{}")],
        vec![Reply::html(503), Reply::json(408, "{}")],
        vec![Reply::json(429, "{}"), Reply::nothing()],
        vec![Reply::nothing().then_reset(), truncated],
    ] {
        let shown = format!("{failures:?}");
        assert_eq!(after(failures).await.0.expect(&shown).bytes, MANIFEST.as_bytes());
    }
}

#[tokio::test]
async fn a_pause_is_taken_in_both_forms_of_retry_after() {
    let second = Duration::from_secs(1);
    let (answer, took) = after(vec![Reply::new(429, &[("retry-after", "1")], "")]).await;
    assert!(answer.is_ok() && took >= second, "{took:?} {answer:?}");

    // Its clock is wrong by years: the pause is the difference on that clock.
    let date = "Mon, 02 Mar 2020 10:00:00 GMT";
    let later = "Mon, 02 Mar 2020 10:00:01 GMT";
    let (answer, took) = after(vec![Reply::new(429, &[("date", date), ("retry-after", later)], "")]).await;
    assert!(answer.is_ok() && took >= second, "{took:?} {answer:?}");

    let begun = Instant::now();
    let in_two = httpdate::fmt_http_date(SystemTime::now() + 2 * second);
    let (answer, _) = after(vec![Reply::new(503, &[("retry-after", &in_two)], "")]).await;
    let took = begun.elapsed();
    assert!(answer.is_ok() && took >= second / 2, "{took:?} {answer:?}");
}

#[tokio::test]
async fn the_deadline_ends_everything() {
    let long = Duration::from_secs(60);
    // The pause ends after the deadline, which leaves an answer all the time it may need.
    for (kind, reply, left) in [
        (ErrorKind::Network, Reply::nothing().then_wait(long), Duration::from_millis(200)),
        (ErrorKind::RateLimited, Reply::new(429, &[("retry-after", "40")], ""), Duration::from_secs(30)),
    ] {
        let server = server(move |_| reply.clone());
        let begun = Instant::now();
        let retry = RetryPolicy { longest_asked_pause: long, ..options().retry };
        let options = Options { deadline: Some(begun + left), stall_timeout: long, request_timeout: long, retry, ..options() };
        assert_eq!(fetch(&server, options).await.unwrap_err().kind, kind);
        assert!(begun.elapsed() < long - Duration::from_secs(10));
    }
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_a_network_error() {
    let server = Server::start(|_| Reply::nothing());
    let name = server.name();
    let _held = server.gone();
    let client = Client::new(options()).unwrap();
    let error = client.manifest(&name, "app", "1").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.causes[0].starts_with(&format!("cannot connect to {name}: ")), "{error:?}");
    assert_eq!(client.manifest("not a registry", "app", "1").await.unwrap_err().kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn a_registry_is_asked_plainly_and_never_with_head() {
    let server = server(|_| Reply::json(404, "{}"));
    let client = Client::new(options()).unwrap();
    client.manifest(&server.name(), "good", "1").await.unwrap();
    client.blob(&server.name(), "good", &Digest::of(b""), 10).await.unwrap_err();
    for request in server.requests() {
        assert_eq!(request.method, "GET");
        assert_eq!(request.header("accept-encoding"), Some("identity"));
        assert_eq!(request.header("user-agent"), Some(concat!("wincompat/", env!("CARGO_PKG_VERSION"))));
        assert_eq!(request.header("authorization"), None);
    }
    let accepted = server.requests()[0].header("accept").unwrap().to_owned();
    let types: Vec<&str> = accepted.split(", ").collect();
    assert_eq!(types, [OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST]);
}

#[tokio::test]
async fn warnings_of_the_registry_are_passed_on() {
    let server = server(|_| {
        let warnings = [
            ("warning", "299 - \"this tag \\\"1\\\" ends\tsoon\""),
            ("warning", "199 - \"not for people\""),
            ("content-type", "Application/JSON; charset=utf-8"),
            ("docker-content-digest", "sha256:0000000000000000000000000000000000000000000000000000000000000000"),
        ];
        Reply::new(200, &warnings, MANIFEST)
    });
    let fetched = fetch(&server, options()).await.unwrap();
    assert_eq!(fetched.content_type.as_deref(), Some("application/json"));
    assert_eq!(fetched.digest, Digest::of(MANIFEST.as_bytes()));
    assert_eq!(fetched.warnings[0], "this tag \"1\" ends soon");
    assert!(fetched.warnings[1].starts_with("the registry states the digest sha256:000"), "{:?}", fetched.warnings);
    assert_eq!(fetched.warnings.len(), 2);
}

#[tokio::test]
async fn a_blob_goes_on_where_it_stopped() {
    let bytes: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
    let digest = Digest::of(&bytes);
    let served = Arc::new(bytes.clone());
    let server = server(move |request| match request.repository() {
        Some("parts") => part(request, &served),
        Some("other-part") => Reply::new(206, &[("content-range", "bytes 0-9/20")], "0123456789"),
        Some("unknown-part") => Reply::new(206, &[], "0123456789"),
        Some("breaks") => Reply::head(200, &[("content-length", "400000")]).then_send(&served[..70_000]),
        Some("stalls") => Reply::head(200, &[("content-length", "400000")]).then_send("0").then_wait(Duration::from_secs(60)),
        _ => Reply::new(200, &[], &*served),
    });
    let open_within = |stall_timeout, repository: &'static str, from| {
        let client = Client::new(Options { stall_timeout, ..options() }).unwrap();
        let (registry, digest) = (server.name(), digest.clone());
        async move { client.blob_stream(&registry, repository, &digest, from).await }
    };
    let open = |repository, from| open_within(options().stall_timeout, repository, from);

    let mut stream = open("breaks", 0).await.unwrap();
    let mut begun = Vec::new();
    let broken = loop {
        match stream.chunk().await {
            Ok(chunk) => begun.extend_from_slice(&chunk.expect("an end that is no error")),
            Err(error) => break error,
        }
    };
    assert_eq!(broken.kind, ErrorKind::Network);

    let mut rest = open("parts", begun.len() as u64).await.unwrap();
    assert_eq!(rest.offset(), begun.len() as u64);
    while let Some(chunk) = rest.chunk().await.unwrap() {
        begun.extend_from_slice(&chunk);
    }
    assert_eq!(Digest::of(&begun), digest);

    let whole = open("whole", 500).await.unwrap();
    assert_eq!(whole.offset(), 0);

    assert_eq!(open("other-part", 500).await.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(open("unknown-part", 500).await.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(open("parts", 400_000).await.unwrap_err().kind, ErrorKind::Invalid);

    let mut stalled = open_within(Duration::from_secs(5), "stalls", 0).await.unwrap();
    stalled.chunk().await.unwrap();
    assert_eq!(stalled.chunk().await.unwrap_err().kind, ErrorKind::Network);
}
