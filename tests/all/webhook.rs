//! `wincompat webhook serve` over TLS on loopback: an API server and a registry of the tests, questions good and bad.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::support::api_server::{Api, node};
use crate::support::program::{Answer, Program};
use crate::support::registry::images::Images;
use crate::support::registry::windows::WindowsImage;
use crate::support::registry::{Gate, Reply, Server};
use crate::support::started::started;

/// The longest wait for something that has to come true.
const PATIENCE: Duration = Duration::from_secs(60);

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// An authority and certificates of it.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for the name `webhook.test`, and its key.
    fn certificate(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["webhook.test".to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// A server that runs, with what it wrote so far.
struct Webhook {
    program: Program,
    child: Child,
    questions: SocketAddr,
    health: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    roots: Arc<ClientConfig>,
    name: &'static str,
}

impl Drop for Webhook {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn trusting(pem: &str) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    // A session that is taken up again shows the certificate that it began with.
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

impl Webhook {
    /// A server with a certificate of this authority. Its budget is long, unless `arguments` name another: on a busy machine a
    /// registry on loopback may need longer than a second.
    fn start(api: &Api, authority: &Authority, arguments: &[&str]) -> Self {
        let program = Program::new();
        let (certificate, key) = authority.certificate();
        let (certificate, key) = (program.file("tls.crt", certificate), program.file("tls.key", key));
        let own = ["--tls-cert", &certificate, "--tls-key", &key];
        Self::start_with(api, program, trusting(&authority.0.pem()), "webhook.test", &[arguments, &own].concat())
    }

    fn start_with(api: &Api, program: Program, roots: Arc<ClientConfig>, name: &'static str, arguments: &[&str]) -> Self {
        let config = program.file("config", api.kubeconfig());
        let mut command = program.process();
        command.args([
            "webhook",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--health-listen",
            "127.0.0.1:0",
            "--no-cache",
            "--namespace",
            "wincompat",
            "--private-registry",
            "127.0.0.1",
        ]);
        if !arguments.contains(&"--budget") {
            command.args(["--budget", "25s"]);
        }
        command.args(["--kubeconfig", &config]).args(arguments).stderr(Stdio::piped()).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = started(|| command.spawn());
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&log);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        let address = |what: &str| {
            until(&format!("it listens for {what}"), || {
                let lines = log.lock().unwrap().clone();
                let line =
                    lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find(|line| line["for"] == what);
                line.map(|line| line["address"].as_str().unwrap().parse().unwrap())
            })
        };
        let (questions, health) = (address("admission requests"), address("health"));
        Self { program, child, questions, health, log, roots, name }
    }

    fn ready(self) -> Self {
        until("it is ready", || (self.health("/readyz").0 == 200).then_some(()));
        self
    }

    fn health(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.health).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
        answer(&mut stream)
    }

    fn connect(&self) -> StreamOwned<ClientConnection, TcpStream> {
        let stream = TcpStream::connect(self.questions).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let name = ServerName::try_from(self.name).unwrap();
        StreamOwned::new(ClientConnection::new(Arc::clone(&self.roots), name).unwrap(), stream)
    }

    /// The response to these bytes.
    fn send(&self, bytes: &[u8]) -> (u16, String) {
        let mut stream = self.connect();
        // A server that refuses a body does not read all of it.
        let _ = stream.write_all(bytes);
        answer(&mut stream)
    }

    fn post(&self, path: &str, body: &str) -> (u16, String) {
        self.send(&posted(path, "application/json", body))
    }

    /// The `response` to a question about a new pod with this image, for Windows.
    fn pod(&self, image: &str) -> Value {
        let (status, body) = self.post("/mutate", &question(image, "web"));
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<Value>(&body).unwrap()["response"].clone()
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }
}

fn posted(path: &str, content_type: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    format!("{head}{body}").into_bytes()
}

fn question(image: &str, name: &str) -> String {
    let pod = json!({"metadata": {"name": name}, "spec": {
        "nodeSelector": {"kubernetes.io/os": "windows"}, "containers": [{"name": "c", "image": image}]}});
    let request = json!({"uid": "u-1", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "namespace": "shop", "name": name,
        "operation": "CREATE", "object": pod, "oldObject": null});
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).to_string()
}

/// A response whose connection closes behind it.
fn answer(stream: &mut impl std::io::Read) -> (u16, String) {
    let mut bytes = Vec::new();
    // TLS may end without a farewell.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

/// A registry with an image for 2022, and one that nobody answers for before the gate opens.
fn registry(gate: Gate) -> Server {
    let image = [WindowsImage::of("10.0.20348.1")];
    let images = Images::default().windows("app", "1", &image).windows("slow", "1", &image);
    Server::start(move |request| {
        let reply = images.respond(request);
        if request.path.contains("/slow/manifests/1") { reply.held(&gate) } else { reply }
    })
}

#[test]
fn questions_are_answered_and_nothing_else_is() {
    let (api, authority, registry) = (Api::start(), Authority::new(), registry(Gate::default()));
    let webhook = Webhook::start(&api, &authority, &["--mode", "steer"]).ready();
    let image = format!("{}/app:1", registry.name());
    let good = question(&image, "web");
    let size = (8 << 20) + 1;
    let head = "POST /mutate HTTP/1.1\r\nHost: w\r\nContent-Type: application/json\r\nConnection: close";
    let announced = format!("{head}\r\nContent-Length: {size}\r\n\r\n");
    for (sent, status, said) in [
        (posted("/mutate", "application/json", "{"), 400, "not JSON"),
        (posted("/mutate", "application/json", ""), 400, "not JSON"),
        (posted("/mutate", "application/json", &"[".repeat(200_000)), 400, "not JSON"),
        (posted("/mutate", "application/json", &"0,".repeat(250_001)), 413, "too many values"),
        (posted("/mutate", "application/json", &good.replace("k8s.io/v1", "k8s.io/v1beta1")), 400, "admission.k8s.io/v1"),
        (posted("/mutate", "application/json", &good.replace("u-1", "")), 400, "no uid"),
        (posted("/mutate", "text/plain", &good), 415, "application/json"),
        (posted("/other", "application/json", &good), 404, "/mutate"),
        (announced.into_bytes(), 413, "8 MiB"),
        (b"GET /mutate HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n".to_vec(), 405, "POST"),
    ] {
        let (found, body) = webhook.send(&sent);
        assert_eq!(found, status, "{body}");
        assert!(body.contains(said), "{body}");
    }
    // What is not even TLS is not answered.
    let mut plain = TcpStream::connect(webhook.questions).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_ne!(answer(&mut plain).0, 200);
    let response = webhook.pod(&image);
    assert_eq!(
        (&response["uid"], &response["allowed"], &response["patchType"]),
        (&json!("u-1"), &json!(true), &json!("JSONPatch"))
    );
    let (_, metrics) = webhook.health("/metrics");
    for line in [
        "refused_total{status=\"413\"} 2",
        "decisions_total{path=\"/mutate\",case=\"some-fit\",outcome=\"steered\"} 1",
        "webhook_ready 1",
        "webhook_nodes 2",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    assert_eq!(webhook.health("/healthz").0, 200);
    assert_eq!(webhook.health("/other").0, 404);
}

#[test]
fn a_slow_registry_holds_a_pod_up_no_longer_than_the_budget_and_is_asked_once() {
    let gate = Gate::default();
    let (api, authority, registry) = (Api::start(), Authority::new(), registry(gate.clone()));
    let webhook = Webhook::start(&api, &authority, &["--mode", "enforce", "--budget", "500ms"]).ready();
    let image = format!("{}/slow:1", registry.name());
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let response = webhook.pod(&image);
                assert_eq!(response["allowed"], true);
                assert!(response["warnings"][0].as_str().unwrap().contains("not read in time"), "{response}");
            });
        }
    });
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    // On a busy machine the budget may be over before the question is sent.
    until("the registry is asked", || (registry.count("/v2/slow/manifests/1") > 0).then_some(()));
    assert_eq!(registry.count("/v2/slow/manifests/1"), 1);
    gate.open();
    let response = until("the image is read", || Some(webhook.pod(&image)).filter(|response| response.get("patch").is_some()));
    assert_eq!(response["allowed"], true);
    let asked = registry.requests().len();
    webhook.pod(&image);
    assert_eq!(registry.requests().len(), asked);
}

#[test]
fn what_cannot_be_read_is_never_denied() {
    let (api, authority) = (Api::start(), Authority::new());
    let down = Server::start(|_| Reply::json(503, "{}"));
    let webhook = Webhook::start(&api, &authority, &["--mode", "enforce"]).ready();
    for image in [
        format!("{}/app:1", down.name()),
        "127.0.0.1:1/app:1".to_owned(),
        "UPPER/case:1".to_owned(),
        "oci:/etc".to_owned(),
        String::new(),
    ] {
        let response = webhook.pod(&image);
        assert_eq!(response["allowed"], true, "{image}: {response}");
        assert!(response["warnings"][0].as_str().unwrap().contains("not judged"), "{response}");
    }
}

/// What an author may name is not what the webhook may reach, and what a server says is not for the author.
#[test]
fn a_registry_that_nobody_named_is_asked_on_the_internet_alone_and_its_words_stay_in_the_log() {
    let (api, authority) = (Api::start(), Authority::new());
    let talks = Server::start(|_| Reply::json(403, r#"{"errors": [{"code": "DENIED", "message": "s3cret-reply"}]}"#));
    let webhook = Webhook::start(&api, &authority, &["--mode", "enforce"]).ready();
    let port = talks.name().rsplit_once(':').unwrap().1.to_owned();
    for stranger in
        [format!("localhost:{port}"), format!("[::1]:{port}"), "169.254.169.254".to_owned(), "10.96.0.1:443".to_owned()]
    {
        let response = webhook.pod(&format!("{stranger}/app:1"));
        assert_eq!(response["allowed"], true);
        let warning = response["warnings"][0].as_str().unwrap();
        assert!(warning.contains("its registry cannot be asked"), "{warning}");
    }
    assert_eq!(talks.requests().len(), 0);
    // One that was named is asked, and still its words are not passed on.
    let response = webhook.pod(&format!("{}/app:1", talks.name()));
    let warning = response["warnings"][0].as_str().unwrap();
    assert!(warning.contains("its registry does not show it to this webhook"), "{warning}");
    assert!(!response.to_string().contains("s3cret-reply"), "{response}");
    until("the log says why", || {
        let log = webhook.log();
        let is_told = ["s3cret-reply", "--private-registry localhost", "--private-registry 10.96.0.1"]
            .iter()
            .all(|told| log.contains(told));
        is_told.then_some(())
    });
}

#[test]
fn a_head_that_does_not_end_and_a_wrong_namespace_are_refused() {
    let (api, authority, registry) = (Api::start(), Authority::new(), registry(Gate::default()));
    let webhook = Webhook::start(&api, &authority, &[]).ready();
    let (mut slow, mut silent) = (webhook.connect(), webhook.connect());
    let begun = Instant::now();
    slow.write_all(b"POST /mutate HTTP/1.1\r\nHost: w\r\n").unwrap();
    silent.flush().unwrap();
    assert_eq!(answer(&mut slow).0, 0);
    assert!((5..60).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    // A connection that is kept, and one on which nothing was asked yet, are still there.
    silent.write_all(&posted("/mutate", "application/json", &question(&format!("{}/app:1", registry.name()), "web"))).unwrap();
    assert_eq!(answer(&mut silent).0, 200);
    for arguments in [["--exempt", "Not_A_Namespace"], ["--namespace", "x-"]] {
        let fixed = ["webhook", "serve", "--tls-cert", "x", "--tls-key", "x"];
        let answer = Answer::of(Program::new().command().args(fixed).args(arguments));
        assert_eq!(answer.code, 2);
        assert!(answer.err.contains("is not the name of a namespace"), "{}", answer.err);
    }
}

#[test]
fn nothing_of_a_pod_makes_a_line_of_its_own_and_no_secret_is_logged() {
    let (api, authority, registry) = (Api::start(), Authority::new(), registry(Gate::default()));
    let webhook = Webhook::start(&api, &authority, &[]).ready();
    let hostile = "x\n{\"what\":\"decision\"}\r\n::error::\u{202e}\u{1b}[31m";
    for (image, name) in
        [(format!("{}/app:1", registry.name()), hostile), ("https://user:p4ssw0rd@registry.test/app:1".to_owned(), "web")]
    {
        assert_eq!(webhook.post("/mutate", &question(&image, name)).0, 200);
    }
    until("both are logged", || (webhook.log().matches("\"path\":\"/mutate\"").count() == 2).then_some(()));
    let log = webhook.log();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["time"].is_string() && line["level"].is_string(), "{line}");
    }
    assert!(!log.contains("p4ssw0rd") && !log.contains("s3cret-token") && !log.contains('\u{202e}'), "{log}");
}

#[test]
fn a_certificate_is_replaced_under_load_and_no_question_fails() {
    let (api, authority, registry) = (Api::start(), Authority::new(), registry(Gate::default()));
    let webhook = Webhook::start(&api, &authority, &["--mode", "steer"]).ready();
    let image = format!("{}/app:1", registry.name());
    let shown = || {
        let mut stream = webhook.connect();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n").unwrap();
        answer(&mut stream);
        stream.conn.peer_certificates().unwrap()[0].to_vec()
    };
    let before = shown();
    let (stop, begun) = (AtomicBool::new(false), Instant::now());
    let count = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) && begun.elapsed() < 2 * PATIENCE {
                    assert_eq!(webhook.pod(&image)["patchType"], "JSONPatch");
                    count.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let (certificate, key) = authority.certificate();
        // For a moment the two do not belong together.
        webhook.program.file("tls.crt", &certificate);
        thread::sleep(Duration::from_secs(3));
        webhook.program.file("tls.key", &key);
        until("the new one is shown", || (shown() != before).then_some(()));
        stop.store(true, Ordering::SeqCst);
    });
    assert!(count.load(Ordering::SeqCst) > 10);
    assert!(webhook.log().contains("certificate not taken over"), "{}", webhook.log());
}

#[test]
fn a_state_that_is_forgotten_is_listed_again_and_an_api_server_that_is_away_changes_nothing() {
    let (api, authority, registry) = (Api::start(), Authority::new(), registry(Gate::default()));
    let webhook = Webhook::start(&api, &authority, &["--mode", "enforce"]).ready();
    let image = format!("{}/app:1", registry.name());
    assert!(webhook.pod(&image).get("patch").is_some());
    // Only 2022 is left, and no watch says so: 410.
    api.put(vec![node("10.0.20348.5386")]);
    until("the change is seen", || webhook.pod(&image).get("patch").is_none().then_some(()));
    api.is_away.store(true, Ordering::SeqCst);
    until("it is noticed", || webhook.health("/metrics").1.contains("watch_failures_total{of=\"nodes\"}").then_some(()));
    assert_eq!(webhook.health("/readyz").0, 200);
    assert_eq!(webhook.pod(&image)["allowed"], true);
    *api.nodes.lock().unwrap() = vec![node("10.0.17763.1"), node("10.0.20348.1")];
    api.forget();
    api.is_away.store(false, Ordering::SeqCst);
    until("it goes on", || webhook.pod(&image).get("patch").is_some().then_some(()));
}

#[test]
fn it_is_not_ready_before_the_nodes_are_listed_and_judges_nothing() {
    let (api, authority) = (Api::start(), Authority::new());
    api.is_away.store(true, Ordering::SeqCst);
    let webhook = Webhook::start(&api, &authority, &["--mode", "enforce"]);
    assert_eq!(webhook.health("/readyz"), (503, "the nodes are not listed yet\n".to_owned()));
    let response = webhook.pod("r.test/app:1");
    assert_eq!(response["allowed"], true);
    assert!(response["warnings"][0].as_str().unwrap().contains("not known yet"), "{response}");
    api.is_away.store(false, Ordering::SeqCst);
    webhook.ready();
}

/// Two servers that begin at once show one certificate, which the Secret keeps, and both are trusted by its authority.
#[test]
fn two_servers_agree_on_a_certificate() {
    let api = Api::start();
    let own = ["--tls-secret", "webhook-tls", "--service", "webhook"];
    let start = || Webhook::start_with(&api, Program::new(), trusting(""), "webhook.wincompat.svc", &own);
    let (mut first, mut second) = (start().ready(), start().ready());
    let secret = api.secrets.lock().unwrap().values().next().unwrap().clone();
    let decoded = |key: &str| {
        use base64::Engine as _;
        let text = secret["data"][key].as_str().unwrap();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).unwrap()).unwrap()
    };
    assert_eq!(api.secrets.lock().unwrap().len(), 1);
    assert_eq!(decoded("ca.crt").matches("BEGIN").count(), 1);
    let roots = trusting(&decoded("ca.crt"));
    for webhook in [&mut first, &mut second] {
        webhook.roots = Arc::clone(&roots);
        let mut stream = webhook.connect();
        stream.write_all(&posted("/mutate", "application/json", "{")).unwrap();
        assert_eq!(answer(&mut stream).0, 400);
        let shown = stream.conn.peer_certificates().unwrap()[0].clone();
        assert_eq!(shown, CertificateDer::from_pem_slice(decoded("tls.crt").as_bytes()).unwrap());
    }
    assert!(!first.log().contains("PRIVATE KEY"));
}

/// What is asked while it ends is answered, /readyz fails at once, and the exit code is 0.
#[cfg(unix)]
#[test]
fn it_ends_in_order() {
    let (api, authority, registry) = (Api::start(), Authority::new(), registry(Gate::default()));
    let mut webhook = Webhook::start(&api, &authority, &["--mode", "steer"]).ready();
    let image = format!("{}/app:1", registry.name());
    webhook.pod(&image);
    let process = rustix::process::Pid::from_child(&webhook.child);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    until("it says so", || (webhook.health("/readyz").0 == 503).then_some(()));
    assert_eq!(webhook.pod(&image)["patchType"], "JSONPatch");
    assert_eq!(webhook.child.wait().unwrap().code(), Some(0));
    until("the log is written", || webhook.log().contains("\"what\":\"ended\"").then_some(()));
}
