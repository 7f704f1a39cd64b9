//! An API server of Kubernetes on loopback whose lists change, with watches that tell it or have forgotten it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// What watches tell: the version, the path of the list, the event.
type Event = (usize, &'static str, Value);

/// An API server: nodes and RuntimeClasses to list and watch, Secrets to write.
#[derive(Clone)]
pub struct Api {
    address: SocketAddr,
    pub nodes: Arc<Mutex<Vec<Value>>>,
    pub secrets: Arc<Mutex<BTreeMap<String, Value>>>,
    /// Objects of other lists, by the paths of these.
    pub objects: Arc<Mutex<BTreeMap<&'static str, Vec<Value>>>>,
    /// The lists that are denied, by their paths.
    pub denied: Arc<Mutex<Vec<&'static str>>>,
    /// The lists that are not answered for now, by their paths.
    pub held: Arc<Mutex<Vec<&'static str>>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// While it is set, connections end without an answer.
    pub is_away: Arc<AtomicBool>,
    /// The version of the lists.
    pub version: Arc<AtomicUsize>,
    /// The first version from which watches can go on.
    first: Arc<AtomicUsize>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Api {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let nodes = ["10.0.17763.8389", "10.0.20348.5386"].map(node).to_vec();
        let api = Self {
            address: listener.local_addr().unwrap(),
            nodes: Arc::new(Mutex::new(nodes)),
            secrets: Arc::default(),
            objects: Arc::default(),
            denied: Arc::default(),
            held: Arc::default(),
            asked: Arc::default(),
            is_away: Arc::default(),
            version: Arc::new(AtomicUsize::new(1)),
            first: Arc::default(),
            events: Arc::default(),
        };
        let shared = api.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let api = shared.clone();
                thread::spawn(move || api.serve(stream));
            }
        });
        api
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let (mut header, mut length) = (String::new(), 0);
            while reader.read_line(&mut header).unwrap_or(0) > 0 && header.trim() != "" {
                if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                header.clear();
            }
            let mut body = vec![0; length];
            if reader.read_exact(&mut body).is_err() {
                return;
            }
            let mut words = line.split(' ');
            let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            self.asked.lock().unwrap().push(format!("{method} {target}"));
            if self.is_away.load(Ordering::SeqCst) {
                return;
            }
            while self.held.lock().unwrap().contains(&target.split('?').next().unwrap_or_default()) {
                thread::sleep(Duration::from_millis(20));
            }
            if target.contains("watch=") {
                self.watch(&mut stream, target);
                return;
            }
            let (status, body) = self.answer(method, target, &body);
            let head = format!("HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
            if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
                return;
            }
        }
    }

    /// Tells what happens, until the version that it goes on from is forgotten, or the client is gone.
    fn watch(&self, stream: &mut TcpStream, target: &str) {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n");
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let path = target.split('?').next().unwrap_or_default();
        let from = target.split("resourceVersion=").nth(1).unwrap_or_default().split('&').next().unwrap_or_default();
        let mut from: usize = from.parse().unwrap_or_default();
        while !self.is_away.load(Ordering::SeqCst) {
            if from < self.first.load(Ordering::SeqCst) {
                let gone = json!({"type": "ERROR", "object": failure(410, "Expired")});
                let _ = stream.write_all(format!("{gone}\n").as_bytes());
                return;
            }
            let events = self.events.lock().unwrap();
            let news = events.iter().filter(|(version, of, _)| *version > from && *of == path);
            let news: Vec<(usize, String)> = news.map(|(version, _, event)| (*version, format!("{event}\n"))).collect();
            drop(events);
            for (version, event) in news {
                if stream.write_all(event.as_bytes()).is_err() {
                    return;
                }
                from = version;
            }
            // Nothing comes from a client that watches but its end.
            match stream.peek(&mut [0]) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                _ => return,
            }
        }
    }

    fn answer(&self, method: &str, target: &str, body: &[u8]) -> (u16, String) {
        let path = target.split('?').next().unwrap();
        let version = self.version.load(Ordering::SeqCst).to_string();
        let list =
            |items: Vec<Value>| json!({"kind": "List", "metadata": {"resourceVersion": version}, "items": items}).to_string();
        let mut secrets = self.secrets.lock().unwrap();
        if self.denied.lock().unwrap().contains(&path) {
            return (403, failure(403, "Forbidden").to_string());
        }
        match (method, path) {
            ("GET", "/api/v1/nodes") => (200, list(self.nodes.lock().unwrap().clone())),
            ("GET", "/apis/node.k8s.io/v1/runtimeclasses") => (200, list(Vec::new())),
            ("GET", path) if path.starts_with("/api/v1/namespaces/wincompat/secrets/") => match secrets.get(path) {
                Some(secret) => (200, secret.to_string()),
                None => (404, failure(404, "NotFound").to_string()),
            },
            ("POST" | "PUT", path) if path.starts_with("/api/v1/namespaces/wincompat/secrets") => {
                let mut secret: Value = serde_json::from_slice(body).unwrap();
                let own = format!("/api/v1/namespaces/wincompat/secrets/{}", secret["metadata"]["name"].as_str().unwrap());
                let known = secrets.get(&own).map(|secret| secret["metadata"]["resourceVersion"].clone());
                if known.as_ref() != secret["metadata"].get("resourceVersion") {
                    return (409, failure(409, "Conflict").to_string());
                }
                secret["metadata"]["resourceVersion"] =
                    json!(format!("{}x", known.unwrap_or_default().as_str().unwrap_or_default()));
                secrets.insert(own, secret.clone());
                (200, secret.to_string())
            }
            ("GET", path) if ["/api/v1/", "/apis/apps/v1/", "/apis/batch/v1/"].iter().any(|group| path.starts_with(group)) => {
                (200, list(self.objects.lock().unwrap().get(path).cloned().unwrap_or_default()))
            }
            _ => (404, failure(404, "NotFound").to_string()),
        }
    }

    /// A change of one object of these lists that watches tell, e.g. `MODIFIED`.
    pub fn tell(&self, path: &'static str, what: &str, mut object: Value) {
        // Who lists now waits for the object.
        let mut objects = self.objects.lock().unwrap();
        let version = self.version.fetch_add(1, Ordering::SeqCst) + 1;
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        let all = objects.entry(path).or_default();
        all.retain(|one| one["metadata"]["name"] != object["metadata"]["name"]);
        if what != "DELETED" {
            all.push(object.clone());
        }
        self.events.lock().unwrap().push((version, path, json!({"type": what, "object": object})));
    }

    /// A kubeconfig for it, with the namespace `shop`.
    pub fn kubeconfig(&self) -> String {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "shop"}}],
            "clusters": [{"name": "test", "cluster": {"server": format!("http://{}", self.address)}}],
            "users": [{"name": "test", "user": {"token": "s3cret-token"}}],
        });
        config.to_string()
    }

    /// The requests until now, e.g. `GET /api/v1/nodes?limit=500`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// A change that no watch tells: the versions before it are forgotten.
    pub fn put(&self, nodes: Vec<Value>) {
        *self.nodes.lock().unwrap() = nodes;
        self.forget();
    }

    /// No watch goes on from what was before now.
    pub fn forget(&self) {
        let version = self.version.fetch_add(1, Ordering::SeqCst) + 1;
        self.first.store(version, Ordering::SeqCst);
    }
}

fn failure(code: u16, reason: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": reason})
}

/// A node with this kernel version, e.g. `10.0.20348.1`, named after its build.
pub fn node(kernel: &str) -> Value {
    let build = kernel.rsplit_once('.').unwrap().0;
    json!({
        "metadata": {"name": format!("n{build}"), "labels": {"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64",
            "node.kubernetes.io/windows-build": build}},
        "status": {"nodeInfo": {"operatingSystem": "windows", "architecture": "amd64", "kernelVersion": kernel, "osImage": "Windows Server"}},
    })
}
