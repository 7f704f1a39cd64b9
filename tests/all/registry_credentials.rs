//! What a registry is shown: nothing until it asks, then what is stored for it, and never what is stored for another.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use wincompat::ErrorKind;
use wincompat::image::Digest;
use wincompat::internals::oci::distribution::{Client, Keychain, Options};

use crate::support::registry::images::{Access, Images, OCI_MANIFEST, basic, error, serve, token};
use crate::support::registry::{Reply, Request, Server, configured, options, stored};

const MANIFEST: &str = r#"{"schemaVersion":2,"layers":[]}"#;
const PASSWORD: &str = "hunter2-password";

fn images() -> Images {
    let images = Images::default().tagged("app", "1", OCI_MANIFEST, MANIFEST).blob("app", "config");
    (0..20).fold(images, |images, n| images.tagged(&format!("app{n}"), "1", OCI_MANIFEST, MANIFEST))
}

fn client(credentials: Option<Arc<dyn Keychain>>) -> Client {
    Client::new(Options { credentials, ..options() }).unwrap()
}

/// The requests that a registry got.
#[derive(Debug, PartialEq)]
struct RequestCount {
    /// For manifests and blobs.
    content: usize,
    /// Those of them that were answered with a challenge.
    challenged: usize,
    /// For tokens.
    tokens: usize,
}

impl RequestCount {
    /// Until now.
    fn of(server: &Server) -> Self {
        Self { content: server.count("/v2/"), challenged: server.challenges(), tokens: server.count("/token") }
    }
}

#[tokio::test]
async fn nothing_is_shown_to_a_registry_that_does_not_ask() {
    let server = serve(images(), Access::Anyone);
    let client = client(stored(&server.name(), "user", PASSWORD));
    client.manifest(&server.name(), "app", "1").await.unwrap();
    client.blob(&server.name(), "app", &Digest::of(b"config"), 100).await.unwrap();
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));
    assert_eq!(RequestCount::of(&server), RequestCount { content: 2, challenged: 0, tokens: 0 });
}

#[tokio::test]
async fn a_password_is_shown_once_it_is_asked_for() {
    let server = serve(images(), Access::Basic("user", PASSWORD));
    let client = client(stored(&server.name(), "user", PASSWORD));
    client.manifest(&server.name(), "app", "1").await.unwrap();
    client.manifest(&server.name(), "app0", "1").await.unwrap();
    let shown: Vec<bool> = server.requests().iter().map(|request| request.header("authorization").is_some()).collect();
    assert_eq!(shown, [false, true, true]);
    assert_eq!(RequestCount::of(&server), RequestCount { content: 3, challenged: 1, tokens: 0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_asked_for_once_a_repository() {
    for with_credentials in [false, true] {
        let server = serve(images(), if with_credentials { Access::TokenFor("user", PASSWORD) } else { Access::Token });
        let credentials = if with_credentials { stored(&server.name(), "user", PASSWORD) } else { None };
        let client = client(credentials);
        let registry = server.name();
        let all = (0..20).map(|n| {
            let (client, registry) = (client.clone(), registry.clone());
            tokio::spawn(async move {
                let repository = format!("app{n}");
                let (one, two) =
                    tokio::join!(client.manifest(&registry, &repository, "1"), client.manifest(&registry, &repository, "1"));
                one.unwrap();
                two.unwrap();
            })
        });
        for task in futures_util::future::join_all(all).await {
            task.unwrap();
        }
        assert_eq!(RequestCount::of(&server), RequestCount { content: 41, challenged: 1, tokens: 20 });
        assert!(server.requests().iter().all(|request| {
            let expected = with_credentials.then(|| basic("user", PASSWORD));
            !request.path.starts_with("/token") || request.header("authorization") == expected.as_deref()
        }));
        assert_eq!(server.count("/token?service=test&scope=repository%3Aapp7%3Apull"), 1);
    }
}

#[tokio::test]
async fn a_token_that_is_no_longer_taken_is_renewed_once() {
    let valid = Arc::new(Mutex::new(0));
    let issued = Arc::clone(&valid);
    let server = Server::start(move |request| {
        let mut current = issued.lock().unwrap();
        if request.path.starts_with("/token") {
            *current += 1;
            return Reply::json(200, format!(r#"{{"access_token":"t{current}","expires_in":3000}}"#));
        }
        match request.header("authorization") {
            Some(shown) if shown == format!("Bearer t{current}") => Reply::new(200, &[], MANIFEST),
            _ => Reply::challenge(&format!("Bearer realm=\"http://{}/token\"", request.header("host").unwrap())),
        }
    });
    let client = client(None);
    client.manifest(&server.name(), "app", "1").await.unwrap();
    client.manifest(&server.name(), "app", "1").await.unwrap();
    assert_eq!(RequestCount::of(&server), RequestCount { content: 3, challenged: 1, tokens: 1 });
    *valid.lock().unwrap() += 1;
    client.manifest(&server.name(), "app", "1").await.unwrap();
    assert_eq!(RequestCount::of(&server), RequestCount { content: 5, challenged: 2, tokens: 2 });
}

#[tokio::test]
async fn a_registry_that_is_never_content_is_left_alone() {
    let server = Server::start(|request| match request.path.starts_with("/token") {
        true => Reply::json(200, r#"{"token":"worthless"}"#),
        false => Reply::challenge(&format!("Bearer realm=\"http://{}/token\"", request.header("host").unwrap())),
    });
    let client = client(None);
    for _ in 0..2 {
        let error = client.manifest(&server.name(), "app", "1").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthorized);
        assert!(error.hint.unwrap().to_string().contains(&format!("`docker login {}`", server.name())));
    }
    assert!(server.requests().len() <= 7, "{} requests", server.requests().len());
}

#[tokio::test]
async fn a_token_service_that_fails_is_named() {
    use ErrorKind::{Network, RateLimited, Unauthorized};
    let json = ("content-type", "application/json");
    for (name, kind, asked, reply) in [
        ("refusal", Unauthorized, 1, Reply::json(401, r#"{"details":"no"}"#)),
        ("web page", Unauthorized, 1, Reply::html(403)),
        ("error", Network, 3, Reply::json(500, "{}")),
        ("too often", RateLimited, 1, Reply::new(429, &[("retry-after", "900")], "")),
        ("no JSON", Network, 1, Reply::new(200, &[], "token=hunter2")),
        ("no token", Network, 1, Reply::json(200, r#"{"expires_in":60}"#)),
        ("empty token", Network, 1, Reply::json(200, r#"{"token":""}"#)),
        ("token of another type", Network, 1, Reply::json(200, r#"{"token":["hunter2"]}"#)),
        ("token with a line break", Network, 1, Reply::json(200, r#"{"token":"hunter2\r\nx: y"}"#)),
        ("deep JSON", Network, 1, Reply::json(200, "[".repeat(60_000))),
        ("deep JSON in a field", Network, 1, Reply::json(200, format!(r#"{{"x":{}"#, "[".repeat(60_000)))),
        ("without end", Network, 1, Reply::head(200, &[json]).then_flood(vec![b' '; 4096])),
        ("reset", Network, 3, Reply::nothing().then_reset()),
        ("silence", Network, 1, Reply::nothing().then_wait(Duration::from_secs(60))),
        ("redirects", Network, 6, Reply::redirect(302, "/token")),
    ] {
        let server = Server::start(move |request| match request.path.starts_with("/token") {
            true => reply.clone(),
            false => Reply::challenge(&format!("Bearer realm=\"http://{}/token\"", request.header("host").unwrap())),
        });
        let stall_timeout = Duration::from_secs(if name == "silence" { 5 } else { 10 });
        let client = Client::new(Options { stall_timeout, ..options() }).unwrap();
        let error = client.manifest(&server.name(), "app", "1").await.unwrap_err();
        assert_eq!(error.kind, kind, "{name}: {error:?}");
        assert_eq!(server.count("/token"), asked, "{name}");
        let text = format!("{error:?}");
        assert!(text.contains("token"), "{name}: {text}");
        assert!(!text.contains("hunter2"), "{name}: {text}");
    }
}

/// A registry whose token service gives this answer.
fn with_token_service(reply: Reply) -> Server {
    Server::start(move |request| match (request.path.as_str(), request.header("authorization")) {
        (path, _) if path.starts_with("/token") => reply.clone(),
        (_, Some(_)) => Reply::new(200, &[], MANIFEST),
        _ => Reply::challenge(&format!("Bearer realm=\"http://{}/token\"", request.header("host").unwrap())),
    })
}

#[tokio::test]
async fn a_token_service_that_refuses_says_what_to_do() {
    use ErrorKind::{Network, Unauthorized};
    let grant = || Reply::json(400, r#"{"error":"invalid_grant"}"#);
    let (identity, password) = (r#"{"identitytoken":"expired"}"#, r#"{"username":"u","password":"p"}"#);
    for (entry, reply, kind, hint) in [
        (identity, grant(), Unauthorized, "from DOCKER_AUTH_CONFIG has expired or was rejected: change DOCKER_AUTH_CONFIG"),
        (
            identity,
            Reply::json(401, "{}"),
            Unauthorized,
            "from DOCKER_AUTH_CONFIG has expired or was rejected: change DOCKER_AUTH_CONFIG",
        ),
        (identity, Reply::json(404, "{}"), Network, "tell those who run the registry"),
        (password, grant(), Network, "tell those who run the registry"),
        (password, Reply::json(404, "{}"), Network, "tell those who run the registry"),
        (password, Reply::json(406, "{}"), Network, "tell those who run the registry"),
        (password, Reply::json(410, "{}"), Network, "tell those who run the registry"),
        (password, Reply::json(401, "{}"), Unauthorized, "from DOCKER_AUTH_CONFIG were rejected: change DOCKER_AUTH_CONFIG"),
        (password, Reply::html(403), Unauthorized, "allow the token service 127.0.0.1"),
    ] {
        let server = with_token_service(reply);
        let credentials = configured(&format!(r#"{{"auths":{{"{}":{entry}}}}}"#, server.name()));
        let error = client(credentials).manifest(&server.name(), "app", "1").await.unwrap_err();
        assert_eq!(error.kind, kind, "{error:?}");
        assert!(error.what.starts_with("cannot fetch the manifest of "), "{error:?}");
        assert!(error.hint.as_ref().unwrap().to_string().contains(hint), "{error:?}");
    }
}

#[tokio::test]
async fn a_token_of_which_the_end_is_not_known_is_used() {
    let server = with_token_service(Reply::json(200, r#"{"token":"t","expires_in":-1}"#));
    client(None).manifest(&server.name(), "app", "1").await.unwrap();
}

#[tokio::test]
async fn a_challenge_that_cannot_be_met_is_the_fault_of_the_registry() {
    for realm in ["", "realm=\"\"", "realm=\"/token\"", "realm=\"ftp://auth.test/\"", "realm=\"http://u:p@auth.test/\""] {
        let server = Server::start(move |_| Reply::challenge(&format!("Bearer {realm}")));
        let error = client(None).manifest(&server.name(), "app", "1").await.unwrap_err();
        let hint = error.hint.unwrap().to_string();
        assert!(hint.contains("the configuration of the registry is wrong"), "{realm}: {hint}");
    }
}

#[tokio::test]
async fn a_challenge_may_hold_words_in_any_encoding() {
    let server = Server::start(|request| match request.header("authorization") {
        None => Reply::raw(*b"HTTP/1.1 401 Status\r\nwww-authenticate: Basic realm=\"caf\xe9\"\r\ncontent-length: 0\r\n\r\n"),
        Some(_) => Reply::new(200, &[], MANIFEST),
    });
    client(stored(&server.name(), "user", PASSWORD)).manifest(&server.name(), "app", "1").await.unwrap();
}

#[tokio::test]
async fn every_kind_of_stored_credential_is_used_its_way() {
    // Answers with what the token service was told.
    let server = Server::start(|request| {
        let said = format!("{} {} {}", request.method, request.header("authorization").unwrap_or("-"), request.body);
        match (request.path.as_str(), request.header("authorization")) {
            (path, _) if path.starts_with("/token") && said.starts_with("POST") && said.contains("old-service") => {
                Reply::json(404, "")
            }
            (path, _) if path.starts_with("/token") => Reply::json(200, format!(r#"{{"token":"{}"}}"#, token(&said))),
            (_, Some(shown)) if shown.starts_with("Bearer ") => Reply::new(200, &[], shown),
            (path, _) => {
                let service = if path.contains("old") { "old-service" } else { "s&s" };
                let host = request.header("host").unwrap();
                Reply::challenge(&format!("Bearer realm=\"http://{host}/token\",service=\"{service}\""))
            }
        }
    });
    let form = |service| {
        format!(
            "POST - grant_type=refresh_token&refresh_token=id%2B1&service={service}&scope=repository%3Aapp%3Apull&client_id=wincompat"
        )
    };
    for (entry, repository, expected) in [
        (r#"{"username":"u","password":"p"}"#, "app", token(&format!("GET {} ", basic("u", "p")))),
        (r#"{"identitytoken":"id+1"}"#, "app", token(&form("s%26s"))),
        (r#"{"identitytoken":"id+1"}"#, "old", token("GET - ")),
        (r#"{"registrytoken":"ready-made"}"#, "app", "ready-made".to_owned()),
        (r#"{}"#, "app", token("GET - ")),
    ] {
        let config = format!(r#"{{"auths":{{"{}":{entry}}}}}"#, server.name());
        let fetched = client(configured(&config)).manifest(&server.name(), repository, "1").await.unwrap();
        assert_eq!(String::from_utf8(fetched.bytes).unwrap(), format!("Bearer {expected}"), "{entry}");
    }
}

#[tokio::test]
async fn credentials_stay_with_the_origin_they_are_for() {
    let elsewhere = serve(images(), Access::Anyone);
    let asks_too = serve(images(), Access::Basic("user", PASSWORD));
    let (there, asking) = (elsewhere.url("/v2/app/manifests/1"), asks_too.url("/v2/app/manifests/1"));
    let open_asking = asking.clone();
    let server = Server::start(move |request| match request.path.as_str() {
        "/v2/open/manifests/1" => Reply::redirect(307, &open_asking),
        _ if request.header("authorization").is_none() => Reply::challenge("Basic realm=\"x\""),
        "/v2/moved/manifests/1" => Reply::redirect(301, "/v2/here/manifests/1"),
        "/v2/other/manifests/1" => Reply::redirect(307, &there),
        "/v2/asking/manifests/1" => Reply::redirect(307, &asking),
        _ => Reply::new(200, &[], MANIFEST),
    });
    let client = client(configured(&format!(
        r#"{{"auths":{{"{}":{{"username":"user","password":"{PASSWORD}"}},"{}":{{"username":"user","password":"{PASSWORD}"}}}}}}"#,
        server.name(),
        asks_too.name()
    )));
    // Who is asked because of a redirect gets nothing, though it asks and credentials are stored for it; nor does the one who
    // redirected, who did not ask.
    assert_eq!(client.manifest(&server.name(), "open", "1").await.unwrap_err().kind, ErrorKind::Unauthorized);
    for request in [server.requests(), asks_too.requests()].concat() {
        assert_eq!(request.header("authorization"), None);
    }
    assert_eq!(asks_too.requests().len(), 1);

    client.manifest(&server.name(), "moved", "1").await.unwrap();
    let last = server.requests().pop().unwrap();
    assert_eq!(
        (last.path.as_str(), last.header("authorization")),
        ("/v2/here/manifests/1", Some(basic("user", PASSWORD).as_str()))
    );

    client.manifest(&server.name(), "other", "1").await.unwrap();
    assert_eq!(elsewhere.requests().len(), 1);
    assert_eq!(elsewhere.requests()[0].header("authorization"), None);

    let error = client.manifest(&server.name(), "asking", "1").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert_eq!(asks_too.requests().len(), 2);
    assert_eq!(asks_too.requests()[1].header("authorization"), None);
}

#[tokio::test]
async fn credentials_that_were_left_out_on_the_way_stay_left_out() {
    let back = Arc::new(OnceLock::<String>::new());
    let chosen = Arc::clone(&back);
    let elsewhere = Server::start(move |_| Reply::redirect(307, chosen.get().unwrap()));
    let there = elsewhere.url("/");
    let server = Server::start(move |request| match (request.path.as_str(), request.header("authorization")) {
        ("/chosen", _) => Reply::new(200, &[], MANIFEST),
        (_, None) => Reply::challenge("Basic realm=\"x\""),
        _ => Reply::redirect(307, &there),
    });
    back.set(server.url("/chosen")).unwrap();
    client(stored(&server.name(), "user", PASSWORD)).manifest(&server.name(), "app", "1").await.unwrap();
    let shown: Vec<_> = server.requests().iter().map(|request| request.header("authorization").is_some()).collect();
    assert_eq!(shown, [false, true, false]);
}

/// The account is known: to log in again changes nothing.
#[tokio::test]
async fn an_account_without_the_right_is_told_what_to_ask_for() {
    const EITHER: &str = "were rejected, or their account has no right to pull";
    let with_token = |request: &Request, reply: Reply| match request.path.starts_with("/token") {
        true => Reply::json(200, r#"{"token":"t"}"#),
        false if request.header("authorization").is_some() => reply,
        false => Reply::challenge(&format!("Bearer realm=\"http://{}/token\"", request.header("host").unwrap())),
    };
    let right = "has no right to pull app, or there is no such repository: ask those who run";
    let servers = [
        (
            Server::start(|request| match request.header("authorization") {
                Some(_) => error(403, "DENIED", "requested access to the resource is denied"),
                None => Reply::challenge("Basic realm=\"x\""),
            }),
            right,
        ),
        (Server::start(move |request| with_token(request, error(403, "DENIED", "denied"))), right),
        // Docker Hub and Harbor.
        (
            Server::start(move |request| {
                let host = request.header("host").unwrap();
                let challenge =
                    format!("Bearer realm=\"http://{host}/token\",scope=\"repository:app:pull\",error=\"insufficient_scope\"");
                with_token(request, Reply::challenge(&challenge))
            }),
            right,
        ),
        // GitLab.
        (
            Server::start(|request| match request.path.starts_with("/token") {
                true => error(403, "DENIED", "access forbidden"),
                false => Reply::challenge(&format!("Bearer realm=\"http://{}/token\"", request.header("host").unwrap())),
            }),
            EITHER,
        ),
        // ECR.
        (
            Server::start(|request| match request.header("authorization") {
                Some(_) => error(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again."),
                None => Reply::challenge("Basic realm=\"x\""),
            }),
            "from DOCKER_AUTH_CONFIG were rejected: change DOCKER_AUTH_CONFIG",
        ),
    ];
    for (server, expected) in servers {
        let error = client(stored(&server.name(), "user", PASSWORD)).manifest(&server.name(), "app", "1").await.unwrap_err();
        let hint = error.hint.unwrap().to_string();
        assert_eq!(error.kind, ErrorKind::Unauthorized, "{hint}");
        assert!(hint.contains(expected) && hint.contains("from DOCKER_AUTH_CONFIG"), "{hint}");
    }
}

#[tokio::test]
async fn who_refuses_after_a_redirect_is_named_and_not_the_credentials() {
    let xml = r#"<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"#;
    for status in [401, 403, 404] {
        let elsewhere = Server::start(move |_| Reply::new(status, &[("content-type", "application/xml")], xml));
        let there = elsewhere.url("/blob");
        let server = Server::start(move |request| match request.header("authorization") {
            None => Reply::challenge("Basic realm=\"x\""),
            Some(_) => Reply::redirect(307, &there),
        });
        let client = client(stored(&server.name(), "user", PASSWORD));
        let error = client.manifest(&server.name(), "app", "1").await.unwrap_err();
        assert!(error.sentence().contains("AccessDenied: Request has expired"), "{error:?}");
        let hint = error.hint.unwrap().to_string();
        assert!(hint.contains(&format!("{} sent the request on to {}", server.name(), elsewhere.name())), "{hint}");
    }
}

#[tokio::test]
async fn a_token_request_that_is_sent_elsewhere_takes_no_credentials_along() {
    let elsewhere = Server::start(|_| Reply::json(200, r#"{"token":"from elsewhere"}"#));
    let there = elsewhere.url("/token");
    let server = Server::start(move |request| match request.header("authorization") {
        _ if request.path.starts_with("/token") => Reply::redirect(307, &there),
        Some("Bearer from elsewhere") => Reply::new(200, &[], MANIFEST),
        _ => Reply::challenge(&format!("Bearer realm=\"http://{}/token\"", request.header("host").unwrap())),
    });
    client(stored(&server.name(), "user", PASSWORD)).manifest(&server.name(), "app", "1").await.unwrap();
    assert_eq!(elsewhere.requests().len(), 1);
    assert_eq!(elsewhere.requests()[0].header("authorization"), None);

    // A refresh token stands in the body, which a redirect would repeat.
    let identity = configured(&format!(r#"{{"auths":{{"{}":{{"identitytoken":"{PASSWORD}"}}}}}}"#, server.name()));
    let error = client(identity).manifest(&server.name(), "app", "1").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert_eq!(elsewhere.requests().len(), 1);
}

#[tokio::test]
async fn a_mirror_is_asked_instead_and_shown_its_own_credentials_only() {
    for (stored_for_mirror, ok) in [(false, false), (true, true)] {
        let mirror = serve(images(), Access::Basic("mirror", PASSWORD));
        let own = if stored_for_mirror {
            format!(r#","{}":{{"username":"mirror","password":"{PASSWORD}"}}"#, mirror.name())
        } else {
            String::new()
        };
        let credentials =
            configured(&format!(r#"{{"auths":{{"registry.test":{{"username":"real","password":"{PASSWORD}"}}{own}}}}}"#));
        let mirrors = vec![("registry.test".to_owned(), mirror.url("").parse().unwrap())];
        let client = Client::new(Options { credentials, mirrors, ..options() }).unwrap();
        let fetched = client.manifest("registry.test", "app", "1").await;
        assert_eq!(fetched.is_ok(), ok, "{fetched:?}");
        let shown: Vec<_> = mirror.requests().iter().map(|request| request.header("authorization").map(str::to_owned)).collect();
        let expected = if ok { vec![None, Some(basic("mirror", PASSWORD))] } else { vec![None] };
        assert_eq!(shown, expected);
    }
}

#[tokio::test]
async fn a_mirror_has_to_be_a_plain_address() {
    for mirror in ["http://user:secret@mirror.test", "ftp://mirror.test", "http://mirror.test?x=secret", "http://mirror.test#x"] {
        let mirrors = vec![("registry.test".to_owned(), mirror.parse().unwrap())];
        let error = Client::new(Options { mirrors, ..options() }).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(!format!("{error:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_registry_has_one_mirror() {
    let mirrors = |urls: [&str; 2]| {
        let mirrors = urls.iter().map(|url| ("registry.test".to_owned(), url.parse().unwrap())).collect();
        Client::new(Options { mirrors, ..options() })
    };
    let error = mirrors(["http://one.test", "http://other.test"]).unwrap_err();
    assert_eq!(
        (error.kind, error.causes.as_slice()),
        (ErrorKind::Invalid, &["two mirrors are named for registry.test".to_owned()][..])
    );
    assert!(error.hint.is_some());
    mirrors(["http://one.test", "http://one.test"]).unwrap();
}

#[tokio::test]
async fn refused_and_missing_credentials_have_different_hints() {
    let server = serve(images(), Access::TokenFor("user", PASSWORD));
    let hint =
        async |credentials| client(credentials).manifest(&server.name(), "app", "1").await.unwrap_err().hint.unwrap().to_string();
    assert!(hint(stored(&server.name(), "user", "wrong")).await.contains("were rejected"));
    assert!(hint(None).await.contains("log in with `docker login "));
    let broken = client(configured("{")).manifest(&server.name(), "app", "1").await.unwrap_err();
    assert!(broken.causes.iter().any(|cause| cause.starts_with("DOCKER_AUTH_CONFIG was left out: not JSON")), "{broken:?}");
    let hint = broken.hint.unwrap().to_string();
    assert!(hint.contains("correct DOCKER_AUTH_CONFIG or unset it, and log in with `docker login 127.0.0.1"), "{hint}");
}

#[cfg(unix)]
mod helpers {
    use std::os::unix::fs::PermissionsExt as _;

    use wincompat::internals::oci::distribution::CredentialStore;

    use super::*;

    #[tokio::test]
    async fn a_helper_is_asked_once_and_only_when_the_registry_asks() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("docker-credential-test");
        let calls = folder.path().join("calls");
        let script = format!(
            "#!/bin/sh\nread server\necho \"$1 $server\" >> {}\necho '{{\"Username\":\"user\",\"Secret\":\"{PASSWORD}\"}}'\n",
            calls.display()
        );
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let store = || {
            let variable = |name: &str| match name {
                "PATH" => Some(std::env::join_paths([folder.path().as_os_str(), "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap()),
                "DOCKER_AUTH_CONFIG" => Some(r#"{"credsStore":"test"}"#.into()),
                _ => None,
            };
            Some(Arc::new(CredentialStore::from_variables(None, variable)) as Arc<dyn Keychain>)
        };

        let open = serve(images(), Access::Anyone);
        client(store()).manifest(&open.name(), "app", "1").await.unwrap();
        assert!(!calls.exists());

        let server = serve(images(), Access::TokenFor("user", PASSWORD));
        let client = client(store());
        let registry = server.name();
        let all = (0..10).map(|n| {
            let (client, registry) = (client.clone(), registry.clone());
            async move { client.manifest(&registry, &format!("app{n}"), "1").await.unwrap() }
        });
        futures_util::future::join_all(all).await;
        assert_eq!(std::fs::read_to_string(&calls).unwrap(), format!("get {}\n", server.name()));
    }

    #[tokio::test]
    async fn a_helper_that_fails_is_named_when_it_matters() {
        let server = serve(images(), Access::TokenFor("user", PASSWORD));
        let store = configured(r#"{"credsStore":"nowhere"}"#);
        let error = client(store.clone()).manifest(&server.name(), "app", "1").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unauthorized);
        assert!(error.causes.iter().any(|cause| cause.contains("docker-credential-nowhere is not on PATH")), "{error:?}");
        let hint = error.hint.unwrap().to_string();
        assert!(
            hint.contains("install docker-credential-nowhere or take it out of `credsStore` in DOCKER_AUTH_CONFIG"),
            "{hint}"
        );

        let open = serve(images(), Access::Token);
        client(store).manifest(&open.name(), "app", "1").await.unwrap();
    }
}
