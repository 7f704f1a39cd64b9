//! Where a registry may send this program: to the internet, or to where it is itself.

use std::net::{IpAddr, Ipv4Addr};

use wincompat::ErrorKind;
use wincompat::image::Digest;
use wincompat::internals::oci::distribution::address::Reach;
use wincompat::internals::oci::distribution::{Client, Network, Options, Proxies};

use crate::support::registry::images::{Access, Images, OCI_MANIFEST, part, serve};
use crate::support::registry::tls::Identity;
use crate::support::registry::{Reply, Request, Server, options, stored};

const MANIFEST: &str = r#"{"schemaVersion":2,"layers":[]}"#;

const PUBLIC: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
const PRIVATE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const LINK: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const LOOPBACK: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);

/// All servers of these tests are on this machine: the last number of an address says where it is taken to be.
fn pretended(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(PUBLIC) => Reach::Public,
        IpAddr::V4(PRIVATE) => Reach::Private,
        IpAddr::V4(LINK) => Reach::Link,
        _ => Reach::Loopback,
    }
}

fn pretending(hosts: &[(&str, Ipv4Addr)]) -> Options {
    let hosts = hosts.iter().map(|(name, address)| ((*name).to_owned(), IpAddr::V4(*address))).collect();
    Options { plain_http: true, network: Network { hosts, reach: pretended }, ..options() }
}

fn start_at(address: Ipv4Addr, respond: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    Server::start_at(address, None, respond)
}

#[tokio::test]
async fn a_token_is_asked_for_only_where_the_registry_may_send() {
    for (registry_at, service_at, allowed) in [
        (PUBLIC, PUBLIC, true),
        (PUBLIC, PRIVATE, false),
        (PUBLIC, LINK, false),
        (PUBLIC, LOOPBACK, false),
        (PRIVATE, PUBLIC, true),
        (PRIVATE, PRIVATE, true),
        (PRIVATE, LINK, false),
        (PRIVATE, LOOPBACK, false),
        (LOOPBACK, PRIVATE, true),
        (LOOPBACK, LINK, false),
        (LOOPBACK, LOOPBACK, true),
    ] {
        // Once with a name for the token service, and once with its address.
        for by_name in [true, false] {
            let service = start_at(service_at, |_| Reply::json(200, r#"{"token":"t"}"#));
            let host = if by_name { "auth.test".to_owned() } else { service_at.to_string() };
            let realm = format!("http://{host}:{}/token", service.port());
            let server = start_at(registry_at, move |request| match request.header("authorization") {
                Some("Bearer t") => Reply::new(200, &[], MANIFEST),
                _ => Reply::challenge(&format!("Bearer realm=\"{realm}\"")),
            });
            let name = format!("registry.test:{}", server.port());
            let options = Options {
                credentials: stored(&name, "user", "password"),
                ..pretending(&[("registry.test", registry_at), ("auth.test", service_at)])
            };
            let fetched = Client::new(options).unwrap().manifest(&name, "app", "1").await;
            let case = format!("{registry_at} to {service_at}, by name: {by_name}: {fetched:?}");
            assert_eq!(fetched.is_ok(), allowed, "{case}");
            assert_eq!(service.requests().len(), usize::from(allowed), "{case}");
            if let Err(error) = fetched {
                assert_eq!(error.kind, ErrorKind::Network, "{case}");
                assert!(error.causes.iter().any(|cause| cause.contains(&service_at.to_string())), "{case}");
                assert_eq!(server.requests().len(), 1, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn redirects_are_followed_only_where_their_sender_may_send() {
    for (hops, allowed) in [
        (vec![PUBLIC, PUBLIC], true),
        (vec![PUBLIC, PRIVATE], false),
        (vec![PUBLIC, LINK], false),
        (vec![PRIVATE, PRIVATE], true),
        (vec![PRIVATE, LOOPBACK], false),
        (vec![LOOPBACK, PRIVATE], true),
        // What is allowed to the first is not allowed to one it sends to.
        (vec![LOOPBACK, PRIVATE, LOOPBACK], false),
        (vec![PRIVATE, PUBLIC, PRIVATE], false),
        (vec![PUBLIC, PUBLIC, LINK], false),
    ] {
        let mut servers = vec![start_at(*hops.last().unwrap(), |_| Reply::new(200, &[], MANIFEST))];
        for at in hops.iter().rev().skip(1) {
            let next = servers.last().unwrap().url("/next");
            servers.push(start_at(*at, move |_| Reply::redirect(307, &next)));
        }
        let client = Client::new(pretending(&[])).unwrap();
        let first = servers.last().unwrap().name();
        for attempt in [client.manifest(&first, "app", "1").await.map(|_| ()), {
            let stream = client.blob_stream(&first, "app", &Digest::of(MANIFEST.as_bytes()), 0).await;
            stream.map(|_| ())
        }] {
            assert_eq!(attempt.is_ok(), allowed, "{hops:?}: {attempt:?}");
        }
        assert_eq!(servers[0].requests().len(), if allowed { 2 } else { 0 }, "{hops:?}");
    }
}

#[tokio::test]
async fn a_connection_of_the_registry_is_not_borrowed_by_those_it_sends_elsewhere() {
    // The private registry is a fine place for those who name it, and none for a public registry.
    let private = start_at(PRIVATE, |_| Reply::new(200, &[], MANIFEST));
    let there = private.url("/v2/app/manifests/1");
    let public = start_at(PUBLIC, move |_| Reply::redirect(307, &there));
    let client = Client::new(pretending(&[])).unwrap();
    client.manifest(&private.name(), "app", "1").await.unwrap();
    client.manifest(&public.name(), "app", "1").await.unwrap_err();
    assert_eq!(private.requests().len(), 1);
}

fn secure(names: &[&str], respond: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> (Server, tempfile::NamedTempFile) {
    let identity = Identity::of(names);
    let root = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(root.path(), &identity.root).unwrap();
    (Server::start_at(PUBLIC, Some(identity), respond), root)
}

fn trusting(root: &tempfile::NamedTempFile, hosts: &[(&str, Ipv4Addr)]) -> Options {
    Options { plain_http: false, ca_file: Some(root.path().to_owned()), ..pretending(hosts) }
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_when_it_is_named() {
    let images = Images::default().tagged("app", "1", OCI_MANIFEST, MANIFEST);
    let (server, root) = secure(&["registry.test"], move |request| images.respond(request));
    let name = format!("registry.test:{}", server.port());
    let hosts = [("registry.test", PUBLIC), ("other.test", PUBLIC)];

    let client = Client::new(trusting(&root, &hosts)).unwrap();
    assert_eq!(client.manifest(&name, "app", "1").await.unwrap().bytes, MANIFEST.as_bytes());
    let other_name = format!("other.test:{}", server.port());
    assert_eq!(client.manifest(&other_name, "app", "1").await.unwrap_err().kind, ErrorKind::Network);

    let unknown = Client::new(Options { plain_http: false, ..pretending(&hosts) }).unwrap();
    let error = unknown.manifest(&name, "app", "1").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.hint.unwrap().to_string().contains("<cafile>"), "{:?}", error.causes);
    assert_eq!(server.requests().len(), 1);
}

/// A server with this certificate, and a file with it.
fn alone(names: &[&str], until: i32) -> (Server, tempfile::NamedTempFile) {
    let identity = Identity::alone(names, until);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &identity.root).unwrap();
    let images = Images::default().tagged("app", "1", OCI_MANIFEST, MANIFEST);
    (Server::start_at(PUBLIC, Some(identity), move |request| images.respond(request)), file)
}

#[tokio::test]
async fn a_certificate_in_the_file_is_trusted_also_as_a_servers_own() {
    let hosts = [("registry.test", PUBLIC), ("other.test", PUBLIC)];
    let (server, file) = alone(&["registry.test"], 4096);
    let (old, old_file) = alone(&["registry.test"], 2020);
    let (_, unrelated) = alone(&["registry.test"], 4096);
    for (asked, file, host, refusal) in [
        (&server, Some(&file), "registry.test", None),
        (&server, Some(&file), "other.test", Some("its certificate is for another name")),
        (&old, Some(&old_file), "registry.test", Some("its certificate has expired")),
        (&server, Some(&unrelated), "registry.test", Some("its certificate is ")),
        (&server, None, "registry.test", Some("its certificate is ")),
    ] {
        let ca_file = file.map(|file| file.path().to_owned());
        let client = Client::new(Options { plain_http: false, ca_file, ..pretending(&hosts) }).unwrap();
        let answer = client.manifest(&format!("{host}:{}", asked.port()), "app", "1").await;
        match (answer, refusal) {
            (Ok(_), None) => {}
            (Err(error), Some(refusal)) => {
                let [cause] = error.causes.as_slice() else { panic!("{error:?}") };
                assert!(cause.contains(refusal), "{cause}");
                // Plain words, and none of a library's types.
                assert!(!cause.contains(['(', '{', '"']) && !cause.contains("Error"), "{cause}");
            }
            (answer, refusal) => panic!("{host}: {answer:?}, and not {refusal:?}"),
        }
    }
}

#[tokio::test]
async fn only_a_registry_that_is_named_is_not_verified() {
    let (other, _other_file) = alone(&["other.test"], 2020);
    let elsewhere = format!("https://other.test:{}/blob", other.port());
    let images = Images::default().tagged("app", "1", OCI_MANIFEST, MANIFEST);
    let identity = Identity::alone(&["wrong.test"], 2020);
    let server = Server::start_at(PUBLIC, Some(identity), move |request| match request.repository() {
        Some("moved") => Reply::redirect(307, &elsewhere),
        _ => images.respond(request),
    });
    let hosts = [("registry.test", PUBLIC), ("other.test", PUBLIC)];
    let name = format!("registry.test:{}", server.port());
    let client = |insecure: &[&str]| {
        let insecure = insecure.iter().map(|name| (*name).to_owned()).collect();
        Client::new(Options { plain_http: false, insecure, ..pretending(&hosts) }).unwrap()
    };
    client(&[&name]).manifest(&name, "app", "1").await.unwrap();
    // Another port, another name, and a server that it sends to, are verified.
    let other_port =
        client(&["registry.test", &format!("other.test:{}", server.port())]).manifest(&name, "app", "1").await.unwrap_err();
    let hint = other_port.hint.unwrap().to_string();
    assert!(hint.contains("another port") && hint.contains(&name) && !hint.contains("<cafile>"), "{hint}");
    let other_name = client(&[&format!("other.test:{}", server.port())]).manifest(&name, "app", "1").await.unwrap_err();
    assert!(!other_name.hint.unwrap().to_string().contains("another port"));
    // So is a mirror, which has a name of its own.
    let mirrored = |insecure: &[&str]| {
        let insecure = insecure.iter().map(|name| (*name).to_owned()).collect();
        let mirrors = vec![("other.test".to_owned(), format!("https://{name}").parse().unwrap())];
        Client::new(Options { plain_http: false, insecure, mirrors, ..pretending(&hosts) }).unwrap()
    };
    mirrored(&[&name]).manifest("other.test", "app", "1").await.unwrap();
    let hint = mirrored(&["other.test"]).manifest("other.test", "app", "1").await.unwrap_err().hint.unwrap().to_string();
    assert!(hint.contains("the registry of this mirror is not verified") && hint.contains(&name), "{hint}");
    let client = client(&[&name]);
    client.manifest(&format!("other.test:{}", other.port()), "app", "1").await.unwrap_err();
    let moved = client.manifest(&name, "moved", "1").await.unwrap_err();
    assert!(moved.causes[0].contains("other.test"), "{moved:?}");
    assert_eq!(other.requests().len(), 0);
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named() {
    let server = start_at(LOOPBACK, |_| Reply::new(200, &[], MANIFEST));
    let proxy = format!("127.0.0.1:{}", server.port());
    let _held = server.gone();
    let proxies = Proxies::All(format!("http://user:secret@{proxy}").parse().unwrap());
    let client = Client::new(Options { plain_http: false, proxies, ..pretending(&[]) }).unwrap();
    let error = client.manifest("registry.test", "app", "1").await.unwrap_err();
    let says = error.sentence();
    assert!(says.contains(&format!("cannot connect to the proxy {proxy} on the way to registry.test")), "{says}");
    let hint = error.hint.unwrap().to_string();
    assert!(hint.contains("NO_PROXY") && hint.contains("<offline>") && !says.contains("secret"), "{hint}");
}

#[tokio::test]
async fn a_registry_that_speaks_no_tls_is_told_from_one_that_is_not_trusted() {
    let server = start_at(PUBLIC, |_| Reply::new(200, &[], MANIFEST));
    let client = Client::new(Options { plain_http: false, ..pretending(&[("registry.test", PUBLIC)]) }).unwrap();
    let error = client.manifest(&format!("registry.test:{}", server.port()), "app", "1").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.hint.unwrap().to_string().contains("<plainhttp>"), "{:?}", error.causes);
}

#[test]
fn a_file_of_authorities_has_to_be_one() {
    let empty = tempfile::NamedTempFile::new().unwrap();
    for file in [empty.path().to_owned(), empty.path().with_extension("missing")] {
        let error = Client::new(Options { ca_file: Some(file.clone()), ..options() }).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(error.causes[0].contains(&file.display().to_string()), "{error:?}");
    }
}

#[tokio::test]
async fn nothing_goes_from_https_to_http() {
    let plain = start_at(PUBLIC, |_| Reply::json(200, r#"{"token":"t"}"#));
    let there = plain.url("/x");
    let (server, root) = secure(&["registry.test"], move |request| match request.repository() {
        Some("moved") => Reply::redirect(307, &there),
        _ => Reply::challenge(&format!("Bearer realm=\"{there}\"")),
    });
    let name = format!("registry.test:{}", server.port());
    let client = Client::new(trusting(&root, &[("registry.test", PUBLIC)])).unwrap();
    assert_eq!(client.manifest(&name, "moved", "1").await.unwrap_err().kind, ErrorKind::Network);
    assert_eq!(client.manifest(&name, "app", "1").await.unwrap_err().kind, ErrorKind::Unauthorized);
    assert_eq!(plain.requests().len(), 0);
}

#[tokio::test]
async fn a_foreign_layer_is_fetched_over_https_and_with_nothing_shown() {
    let bytes = b"0123456789";
    let (layers, root) = secure(&["layers.test", "inside.test"], |request| part(request, b"0123456789"));
    let images = Images::default().tagged("app", "1", OCI_MANIFEST, MANIFEST);
    let server = serve(images, Access::Basic("user", "password"));
    let credentials = stored(&server.name(), "user", "password");
    let options = Options { credentials, ..trusting(&root, &[("layers.test", PUBLIC), ("inside.test", PUBLIC)]) };
    let client = Client::new(options).unwrap();
    client.manifest(&server.name(), "app", "1").await.unwrap();

    let url = |text: String| text.parse().unwrap();
    let address = url(format!("https://layers.test:{}/layer?signed", layers.port()));
    let mut stream = client.foreign_blob_stream(&server.name(), &address, 4).await.unwrap();
    assert_eq!(stream.offset(), 4);
    assert_eq!(&stream.chunk().await.unwrap().unwrap()[..], &bytes[4..]);
    assert_eq!(layers.requests()[0].header("authorization"), None);

    let asked = layers.requests().len();
    for (refused, kind) in [
        (format!("http://layers.test:{}/layer", layers.port()), ErrorKind::Invalid),
        (format!("https://user:password@layers.test:{}/layer", layers.port()), ErrorKind::Invalid),
        (format!("https://{PRIVATE}/layer"), ErrorKind::Network),
        (format!("https://{LINK}/latest/meta-data"), ErrorKind::Network),
        ("https://[::1]/layer".to_owned(), ErrorKind::Network),
        ("file:///etc/passwd".to_owned(), ErrorKind::Invalid),
    ] {
        let error = client.foreign_blob_stream(&server.name(), &url(refused.clone()), 0).await.unwrap_err();
        assert_eq!(error.kind, kind, "{refused}: {error:?}");
    }
    assert_eq!(layers.requests().len(), asked);
}

#[tokio::test]
async fn through_a_proxy_names_are_its_business_and_addresses_are_not() {
    let proxy = start_at(LOOPBACK, |request| match request.path.as_str() {
        "http://registry.test/v2/named/manifests/1" if request.header("authorization").is_none() => {
            Reply::challenge("Bearer realm=\"http://auth.test/token\"")
        }
        "http://registry.test/v2/inside/manifests/1" => Reply::challenge("Bearer realm=\"http://127.0.0.2/token\""),
        "http://registry.test/v2/here/manifests/1" => Reply::redirect(307, "http://localhost:1/"),
        path if path.starts_with("http://auth.test/token") => Reply::json(200, r#"{"token":"t"}"#),
        _ => Reply::new(200, &[], MANIFEST),
    });
    // Names that would be refused if this program resolved them.
    let hosts = [("registry.test", PRIVATE), ("auth.test", PRIVATE), ("localhost", LOOPBACK)];
    let options = Options { proxies: Proxies::All(proxy.url("").parse().unwrap()), ..pretending(&hosts) };
    let client = Client::new(options).unwrap();
    client.manifest("registry.test", "named", "1").await.unwrap();
    let asked = proxy.requests().len();
    assert_eq!(asked, 3);
    for repository in ["inside", "here"] {
        let error = client.manifest("registry.test", repository, "1").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Network, "{error:?}");
        assert!(error.causes.iter().any(|cause| cause.contains("the server that sends there is not")), "{error:?}");
    }
    // A registry on this machine is asked without it.
    let here = start_at(LOOPBACK, |_| Reply::new(200, &[], MANIFEST));
    client.manifest(&here.name(), "app", "1").await.unwrap();
    assert_eq!((here.requests().len(), proxy.requests().len()), (1, asked + 2));
}

#[tokio::test]
async fn a_proxy_of_another_kind_is_an_error_with_advice() {
    let options = Options { proxies: Proxies::All("socks5://127.0.0.1:1".parse().unwrap()), ..options() };
    let error = Client::new(options).unwrap().manifest("registry.test", "app", "1").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.hint.unwrap().to_string().contains("HTTPS_PROXY"));
}

#[tokio::test]
async fn a_proxy_that_wants_a_password_says_how_to_give_one() {
    let proxy = start_at(LOOPBACK, |_| Reply::new(407, &[("proxy-authenticate", "Basic realm=\"x\"")], ""));
    for plain_http in [true, false] {
        let proxies = Proxies::All(proxy.url("").parse().unwrap());
        let client = Client::new(Options { proxies, plain_http, ..options() }).unwrap();
        let error = client.manifest("registry.test", "app", "1").await.unwrap_err();
        assert_eq!(error.causes, [format!("the proxy {} wants a user and a password", proxy.name())]);
        let hint = error.hint.unwrap().to_string();
        assert!(hint.contains(&format!("in HTTPS_PROXY: http://USER:PASSWORD@{}", proxy.name())), "{hint}");
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_connect_is_to_allow_the_server() {
    let proxy = start_at(LOOPBACK, |_| Reply::new(403, &[], ""));
    let proxies = Proxies::All(proxy.url("").parse().unwrap());
    let client = Client::new(Options { proxies, plain_http: false, ..options() }).unwrap();
    let error = client.manifest("registry.test", "app", "1").await.unwrap_err();
    assert!(error.causes[0].starts_with(&format!("the proxy {} did not connect to registry.test", proxy.name())), "{error:?}");
    assert!(error.hint.unwrap().to_string().contains("let the proxy allow registry.test"));
}
