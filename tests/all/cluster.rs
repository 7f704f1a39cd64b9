//! `wincompat cluster` against an API server of the tests, on loopback: pages, lists that are denied, lists that expire, nonsense.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::support::program::{Answer, Program};

/// What is answered to a request for this path and token: the status and the body.
type Answers = dyn Fn(&str, Option<&str>) -> (u16, String) + Send + Sync;

/// The status of an answer that breaks off in its middle.
const BREAKS_OFF: u16 = 0;

/// An API server.
pub struct Api {
    folder: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Api {
    pub fn serving(answers: impl Fn(&str, Option<&str>) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answers, log): (Arc<Answers>, _) = (Arc::new(answers), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, log) = (Arc::clone(&answers), Arc::clone(&log));
                thread::spawn(move || serve(stream, &*answers, &log));
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "shop"}}],
            "clusters": [{"name": "test", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "test", "user": {"token": "s3cret"}}],
        });
        std::fs::write(folder.path().join("config"), config.to_string()).unwrap();
        Self { folder, asked }
    }

    /// One that has these objects by their paths, in pages of one object, and denies these paths.
    pub fn of(objects: &BTreeMap<&'static str, Vec<Value>>, denied: &'static [&'static str]) -> Self {
        let objects = objects.clone();
        Self::serving(move |path, token| {
            if denied.contains(&path) {
                return (403, status(403, "Forbidden", "cannot list resource"));
            }
            let all = objects.get(path).cloned().unwrap_or_default();
            let at: usize = token.map_or(0, |token| token.parse().unwrap());
            let next = if at + 1 < all.len() { (at + 1).to_string() } else { String::new() };
            let items: Vec<&Value> = all.get(at).into_iter().collect();
            (200, json!({"kind": "List", "apiVersion": "v1", "metadata": {"continue": next}, "items": items}).to_string())
        })
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    pub fn run(&self, arguments: &[&str]) -> Answer {
        self.run_online(&[arguments, &["--offline"]].concat())
    }

    /// The same, with registries.
    pub fn run_online(&self, arguments: &[&str]) -> Answer {
        let config = self.kubeconfig();
        let fixed = ["--kubeconfig", config.to_str().unwrap(), "--no-cache"];
        let program = Program::new();
        Answer::of(program.command().arg("cluster").args(arguments).args(fixed))
    }

    /// The requests until now, e.g. `GET /api/v1/nodes`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, answers: &Answers, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut header = String::new();
        while reader.read_line(&mut header).unwrap_or(0) > 0 && header.trim() != "" {
            header.clear();
        }
        let method = line.split(' ').next().unwrap_or_default();
        let target = line.split(' ').nth(1).unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        log.lock().unwrap().push(format!("{method} {path}"));
        let token = query.split('&').find_map(|pair| pair.strip_prefix("continue="));
        let (code, body) = answers(path, token);
        let is_whole = code != BREAKS_OFF;
        let (code, sent) = if is_whole { (code, body.len()) } else { (200, body.len() / 2) };
        let head = format!("HTTP/1.1 {code} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        let written = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body.as_bytes()[..sent]));
        if written.is_err() || !is_whole {
            return;
        }
    }
}

pub fn status(code: u16, reason: &str, message: &str) -> String {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message})
        .to_string()
}

pub fn node(name: &str, kernel: &str) -> Value {
    let build = kernel.rsplit_once('.').unwrap().0;
    json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64",
            "node.kubernetes.io/windows-build": build}},
        "status": {"nodeInfo": {"operatingSystem": "windows", "architecture": "amd64", "kernelVersion": kernel,
            "osImage": "Windows Server Datacenter", "kubeletVersion": "v1.33.1"}},
    })
}

pub fn deployment(name: &str, build: Option<&str>, image: &str) -> Value {
    let mut selector = json!({"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64"});
    if let Some(build) = build {
        selector["node.kubernetes.io/windows-build"] = json!(build);
    }
    json!({
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"template": {"spec": {"nodeSelector": selector, "containers": [{"name": "c", "image": image}]}}},
    })
}

const NANO: &str = "mcr.microsoft.com/windows/nanoserver:ltsc2022";

/// Three nodes of two builds, a workload that can land on all of them, and one that fits.
pub fn shop() -> BTreeMap<&'static str, Vec<Value>> {
    BTreeMap::from([
        ("/api/v1/nodes", vec![node("a", "10.0.17763.1"), node("b", "10.0.20348.1"), node("c", "10.0.20348.2")]),
        (
            "/apis/apps/v1/namespaces/shop/deployments",
            vec![deployment("strays", None, NANO), deployment("fits", Some("10.0.20348"), NANO)],
        ),
    ])
}

#[test]
fn a_cluster_is_read_in_pages_and_only_read() {
    let api = Api::of(&shop(), &[]);
    let answer = api.run(&["check"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(
        answer.out.contains("FAIL  apps/v1 Deployment shop/strays") && answer.out.contains("[some-nodes-fit]"),
        "{}",
        answer.out
    );
    assert!(answer.out.contains("b and 1 more (Windows Server 2022)"), "{}", answer.out);
    assert!(answer.out.contains("ok    apps/v1 Deployment shop/fits"), "{}", answer.out);
    assert!(answer.out.ends_with("2 workloads on 3 nodes in 2 groups: 1 passes, 1 fails\n"), "{}", answer.out);
    let asked = api.asked.lock().unwrap();
    assert!(asked.iter().all(|request| request.starts_with("GET ")), "{asked:?}");
    assert_eq!(asked.iter().filter(|request| *request == "GET /api/v1/nodes").count(), 3);
    assert!(!format!("{answer:?}").contains("s3cret"));
}

#[test]
fn every_format_holds_the_answer() {
    let api = Api::of(&shop(), &[]);
    for format in
        ["text", "matrix", "json", "jsonl", "html", "markdown", "junit", "sarif", "github", "azure", "gitlab", "policyreport"]
    {
        let answer = api.run(&["check", "--format", format]);
        assert_eq!(answer.code, 1, "{format}: {answer:?}");
        // A PolicyReport names images where they are to blame.
        assert!(answer.out.contains("nanoserver"), "{format}: {}", answer.out);
    }
    let document: Value = serde_json::from_str(&api.run(&["check", "--format", "json"]).out).unwrap();
    assert_eq!(document["schema"], "wincompat/cluster/v1");
    assert_eq!(document["summary"], json!({"ok": 1, "notOk": 1, "undecided": 0, "elsewhere": 0, "errors": 0}));
    let workload = &document["workloads"][1];
    assert_eq!(workload["findings"][0]["code"], "some-nodes-fit");
    // What `object` says, for programs.
    assert_eq!(workload["object"], "apps/v1 Deployment shop/strays");
    let parts = ["apiVersion", "kind", "namespace", "name"].map(|key| workload[key].as_str().unwrap());
    assert_eq!(parts, ["apps/v1", "Deployment", "shop", "strays"]);
    assert_eq!(
        document["workloads"][1]["lands"],
        json!([{"group": 0, "nodes": 1, "fits": false}, {"group": 1, "nodes": 2, "fits": true}])
    );
}

/// A workload that fails or is open for another reason than an image on a Windows node, and what every format says of it.
#[test]
fn a_workload_without_a_result_has_a_status_with_a_reason() {
    const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/shop/deployments";
    let with = |more: Value| {
        let mut web = deployment("web", Some("10.0.20348"), NANO);
        let spec = &mut web["spec"]["template"]["spec"];
        for (key, value) in more.as_object().unwrap() {
            spec[key] = value.clone();
        }
        web
    };
    let linux = json!({"metadata": {"name": "l", "labels": {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}},
        "status": {"nodeInfo": {"operatingSystem": "linux", "architecture": "amd64", "kernelVersion": "5.15"}}});
    let of_2004 = json!({"nodeSelector": {"kubernetes.io/os": "windows", "node.kubernetes.io/windows-build": "10.0.19041"},
        "containers": [{"name": "c", "image": "mcr.microsoft.com/windows/nanoserver:2004"}]});
    let on_linux = json!({"nodeSelector": {"kubernetes.io/os": "linux"}, "os": {"name": "windows"}});
    let nowhere = json!({"nodeSelector": {"kubernetes.io/os": "windows", "pool": "zero"}});
    let class = || json!({"runtimeClassName": "windows"});
    let classes: &[&str] = &["/apis/node.k8s.io/v1/runtimeclasses"];
    let all: &[&str] = &[];
    for (denied, arguments, more, status, words, code) in [
        (all, &[][..], nowhere, "no-node", "can land on no node", "selector-excludes-fitting"),
        (all, &[], on_linux, "wrong-node", "can land on nodes where it does not run", "pod-os-differs"),
        (all, &[], class(), "refused", "Kubernetes refuses its pods", "runtime-class-missing"),
        (all, &["--deny", "build-retires"], of_2004, "denied", "because of a finding that is denied", "build-retires"),
        (all, &["--untrusted"], json!({}), "denied", "because of a finding that is denied", "process-not-for-untrusted"),
        (classes, &[], class(), "unknown", "could not be read, so its nodes are not known", "undecided"),
    ] {
        let mut objects = shop();
        objects.entry("/api/v1/nodes").or_default().extend([linux.clone(), node("z", "10.0.19041.1")]);
        objects.insert(DEPLOYMENTS, vec![with(more)]);
        let api = Api::of(&objects, denied);
        let is_open = status == "unknown";
        let run = |format: &str| {
            let answer = api.run(&[&["check", "--format", format], arguments].concat());
            assert_eq!(answer.code, if is_open { 2 } else { 1 }, "{status} {format}: {answer:?}");
            answer
        };
        let answer = run("json");
        let document: Value = serde_json::from_str(&answer.out).unwrap();
        let report = &document["report"];
        let placement = &report["placements"][0];
        assert_eq!(report["placements"].as_array().unwrap().len(), 1, "{status}: {report}");
        assert_eq!((&placement["status"], &placement["object"]), (&json!(status), &json!("apps/v1 Deployment shop/web")));
        assert_eq!(placement["ok"], if is_open { Value::Null } else { json!(false) });
        assert!(!placement["message"].as_str().unwrap().is_empty());
        // What could not be read is the list alone.
        assert_eq!(report["errors"].as_array().unwrap().len(), denied.len(), "{status}: {report}");
        let numbers = (report["summary"]["notOk"].as_u64(), report["summary"]["undecided"].as_u64());
        assert_eq!(numbers, if is_open { (Some(0), Some(1)) } else { (Some(1), Some(0)) }, "{status}");
        let line = if is_open { "UNDECIDED" } else { "FAIL" };
        assert!(answer.err.contains(&format!("{line} apps/v1 Deployment shop/web: ")), "{status}: {}", answer.err);
        let log: Value = serde_json::from_str(&run("sarif").out).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert!(results.iter().any(|result| result["ruleId"] == code), "{status}: {log}");
        for format in ["matrix", "markdown", "junit", "html", "github", "azure", "gitlab", "sarif", "jsonl"] {
            let out = run(format).out.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(format == "jsonl" || out.contains(words), "{status} {format}: {out}");
            assert!(!out.contains("Deployment shop/web was not read"), "{status} {format}: {out}");
        }
        let text = run("text").out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(if is_open { words } else { code }), "{status}: {text}");
        let junit = run("junit").out;
        assert!(junit.contains(if is_open { "<error " } else { "<failure " }), "{status}: {junit}");
    }
}

/// An image that runs on a node is not to blame for another one of the pod.
#[test]
fn an_image_that_runs_is_not_shown_as_failed_because_of_another_one() {
    let mut mixed = deployment("mixed", None, NANO);
    mixed["spec"]["template"]["spec"]["containers"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "d", "image": "mcr.microsoft.com/windows/nanoserver:ltsc2019"}));
    let mut objects = shop();
    objects.insert("/apis/apps/v1/namespaces/shop/deployments", vec![mixed]);
    let api = Api::of(&objects, &[]);
    let report = api.run(&["check", "--format", "json"]).json();
    let results = report["report"]["results"].as_array().unwrap();
    let seen: Vec<(bool, &str, bool)> = results
        .iter()
        .map(|one| {
            let reference = one["image"]["reference"].as_str().unwrap();
            let is_blamed = one["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "no-node-fits");
            (reference.ends_with("ltsc2022"), one["host"]["label"].as_str().unwrap(), is_blamed)
        })
        .collect();
    let blamed = [(true, "a", true), (true, "b and 1 more", false), (false, "a", false), (false, "b and 1 more", true)];
    assert_eq!(seen, blamed);
    let passed: Vec<&Value> = results.iter().map(|one| &one["ok"]).collect();
    assert_eq!(passed, [&json!(false), &json!(true), &json!(true), &json!(false)]);
    for format in ["markdown", "azure", "github"] {
        let answer = api.run(&["check", "--format", format]);
        assert!(answer.code == 1 && !answer.out.contains("is denied"), "{format}: {}", answer.out);
    }
}

/// The text as one line.
fn in_one_line(answer: &Answer) -> String {
    answer.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is found of images is in the text too, with the reason why something is not known.
#[test]
fn the_text_says_what_was_found_of_images_and_why_something_is_not_known() {
    const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/shop/deployments";
    let mut objects = shop();
    let linux = json!({"metadata": {"name": "l", "labels": {}},
        "status": {"nodeInfo": {"operatingSystem": "linux", "architecture": "amd64", "kernelVersion": "5.15"}}});
    objects.entry("/api/v1/nodes").or_default().extend([linux, node("z", "10.0.19041.1")]);
    let old = deployment("old", Some("10.0.19041"), "mcr.microsoft.com/windows/nanoserver:2004");
    let unread = deployment("unread", Some("10.0.20348"), "registry.test/x:1");
    objects.insert(DEPLOYMENTS, vec![old, unread, deployment("fits", Some("10.0.20348"), NANO)]);
    let api = Api::of(&objects, &[]);
    let text = in_one_line(&api.run(&["check"]));
    assert!(text.contains("nanoserver:2004 on z (Windows Server, version 2004): "), "{text}");
    assert!(text.contains("[host-end-of-support]"), "{text}");
    let unread = "shop/unread not known on: b and 1 more (Windows Server 2022) registry.test/x:1 could not be read";
    assert!(text.contains(unread), "{text}");
    let sum = "3 workloads on 5 nodes in 4 groups: 2 pass, 0 fail, 1 undecided. 1 image could not be read";
    assert!(text.ends_with(sum), "{text}");
    let all = api.run(&["check", "-v"]);
    for line in ["nodes l (linux/amd64)", "nodes a (Windows Server 2019): 10.0.17763.1"] {
        assert!(all.out.lines().any(|one| one == line), "{line}: {}", all.out);
    }
    let hyperv = api.run(&["check", "deployment/fits", "--isolation", "hyperv"]);
    assert_eq!(hyperv.code, 2, "{hyperv:?}");
    let text = in_one_line(&hyperv);
    assert!(text.contains("it is not known whether Hyper-V isolation works on host 10.0.20348.1 [hyperv-unknown]"), "{text}");
    assert!(text.contains("hint: see whether a pod with a RuntimeClass for Hyper-V isolation starts on such a node"), "{text}");
}

/// What the policy working group's definition of v1alpha2 allows, as far as it limits words.
#[test]
fn policy_reports_are_objects_of_their_namespaces() {
    let mut objects = shop();
    let deployments = "/apis/apps/v1/namespaces/shop/deployments";
    objects.entry(deployments).or_default().push(deployment("unread", None, "registry.test/x:1"));
    let answer = Api::of(&objects, &[]).run(&["check", "--format", "policyreport"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    let document = answer.out.strip_prefix("---\n").unwrap();
    assert!(!document.contains("---\n"), "one namespace, one object: {document}");
    let report: Value = serde_saphyr::from_str(document).unwrap();
    assert_eq!((&report["apiVersion"], &report["kind"]), (&json!("wgpolicyk8s.io/v1alpha2"), &json!("PolicyReport")));
    assert_eq!((&report["metadata"]["name"], &report["metadata"]["namespace"]), (&json!("wincompat"), &json!("shop")));
    assert_eq!(report["summary"], json!({"pass": 1, "fail": 1, "warn": 0, "error": 1, "skip": 0}));
    let results = report["results"].as_array().unwrap();
    let said: Vec<_> =
        results.iter().map(|result| (&result["resources"][0]["name"], &result["rule"], &result["result"])).collect();
    let (rule, fits, strays, unread) = (json!("lands-where-it-runs"), json!("fits"), json!("strays"), json!("unread"));
    let (pass, fail, error, code) = (json!("pass"), json!("fail"), json!("error"), json!("some-nodes-fit"));
    assert_eq!(said, [(&fits, &rule, &pass), (&strays, &code, &fail), (&unread, &rule, &error)]);
    for result in results {
        assert_eq!(result["resources"][0]["apiVersion"], json!("apps/v1"));
        assert!(["high", "medium", "info"].contains(&result["severity"].as_str().unwrap()));
        assert!(result["timestamp"]["seconds"].as_i64().unwrap() > 0);
    }
}

#[test]
fn a_change_is_written_and_nothing_is_changed() {
    let api = Api::of(&shop(), &[]);
    let answer = api.run(&["patch", "deployment/strays"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.out.contains("        node.kubernetes.io/windows-build: \"10.0.20348\"\n"), "{}", answer.out);
    assert!(api.asked.lock().unwrap().iter().all(|request| request.starts_with("GET ")));
    assert_eq!(answer.err, "");
    let fits = api.run(&["patch", "deployment/fits"]);
    let said = "note: apps/v1 Deployment shop/fits: no change is needed: its pods land only on nodes where they run\n";
    assert_eq!((fits.code, fits.out.as_str(), fits.err.as_str()), (0, "", said));
    let nobody = api.run(&["patch", "deployment/nobody"]);
    assert_eq!(nobody.code, 2);
    assert!(nobody.err.contains("`deployment/nobody` is not there"), "{}", nobody.err);
}

/// Argo Rollouts make ReplicaSets, and take back what is changed in them.
#[test]
fn a_set_that_a_controller_of_others_has_made_has_no_change() {
    let mut objects = shop();
    let mut set = deployment("web-657d", None, NANO);
    set["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web", "controller": true}]);
    objects.insert("/apis/apps/v1/namespaces/shop/replicasets", vec![set]);
    let api = Api::of(&objects, &[]);
    let answer = api.run(&["patch", "rs/web-657d"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    let expected = "apps/v1 ReplicaSet shop/web-657d: it belongs to argoproj.io/v1alpha1 Rollout web, and what is changed here is \
                    taken back. Change that one: select kubernetes.io/arch: amd64, kubernetes.io/os: windows, \
                    node.kubernetes.io/windows-build: 10.0.20348";
    let lines: Vec<&str> = answer.out.lines().collect();
    assert!(lines.len() > 1 && lines.iter().all(|line| line.starts_with("# ") && line.len() <= 80), "{}", answer.out);
    let words: Vec<&str> = lines.iter().map(|line| line.trim_start_matches('#').trim_start()).collect();
    assert_eq!(words.join(" "), expected);
    let answer = api.run(&["check", "rs/web-657d"]);
    assert!(!answer.out.contains("cluster patch"), "{}", answer.out);
    assert!(answer.out.contains("change argoproj.io/v1alpha1 Rollout web, which this belongs to"), "{}", answer.out);
    let answer = api.run(&["plan", "rs/web-657d", "--add", "ltsc2025"]);
    assert!(!answer.out.contains("cluster patch"), "{}", answer.out);
}

#[test]
fn a_cluster_that_denies_parts_is_answered_for_the_rest() {
    let api = Api::of(&shop(), &["/apis/batch/v1/namespaces/shop/cronjobs", "/apis/node.k8s.io/v1/runtimeclasses"]);
    let answer = api.run(&["check", "deployment/fits"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.out.contains("ok    apps/v1 Deployment shop/fits"), "{}", answer.out);
    // Once, with the rights for both.
    let out = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let both = "ERROR runtimeclasses, cronjobs: the cluster does not allow this hint: let this user list what is denied here: \
                `kubectl create clusterrole wincompat-check --verb=list --resource=runtimeclasses.node.k8s.io,cronjobs.batch`";
    assert!(out.contains(both) && out.matches("ERROR").count() == 1, "{out}");
    let blind = Api::of(&shop(), &["/api/v1/nodes"]).run(&["check"]);
    assert_eq!(blind.code, 2);
    assert!(blind.err.contains("error: the nodes of the cluster cannot be read"), "{}", blind.err);
}

/// A server that is busy is asked again, and not for ever: what else could be read is answered.
#[test]
fn a_list_that_is_not_served_leaves_the_others() {
    let objects = shop();
    let is_first = AtomicBool::new(true);
    let api = Api::serving(move |path, _| {
        let is_busy = path.ends_with("/pods") || path == "/api/v1/nodes" && is_first.swap(false, Ordering::Relaxed);
        if is_busy {
            return (503, status(503, "ServiceUnavailable", "etcd is down"));
        }
        (200, json!({"kind": "List", "metadata": {}, "items": objects.get(path).cloned().unwrap_or_default()}).to_string())
    });
    let answer = api.run(&["check", "deployment/fits"]);
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.out.contains("ok    apps/v1 Deployment shop/fits"), "{}", answer.out);
    assert!(answer.out.contains("ERROR pods: the cluster answered with status 503"), "{}", answer.out);
    assert_eq!(api.asked().iter().filter(|asked| asked.ends_with("/pods")).count(), 3);
}

/// They are counted among what was not read, and are not images.
#[test]
fn lists_that_are_not_read_are_not_counted_as_images() {
    let denied =
        &["/apis/batch/v1/namespaces/shop/cronjobs", "/apis/batch/v1/namespaces/shop/jobs", "/api/v1/namespaces/shop/pods"];
    let api = Api::of(&shop(), denied);
    for format in ["matrix", "markdown", "html", "azure", "github"] {
        let answer = api.run(&["check", "--format", format]);
        assert!(answer.out.contains("1 image on 2 hosts: "), "{format}: {}", answer.out);
        assert!(answer.out.contains(", 3 not read"), "{format}: {}", answer.out);
    }
}

/// The API server lists nothing for a namespace that is not there: a name that is misspelled does not pass a gate.
#[test]
fn a_namespace_without_workloads_is_not_a_pass() {
    let mut objects = shop();
    objects.insert("/api/v1/namespaces", vec![json!({"metadata": {"name": "shop"}}), json!({"metadata": {"name": "empty"}})]);
    for arguments in [&["check"][..], &["plan", "--add", "ltsc2025"], &["patch"]] {
        for (name, denied, code, words) in [
            ("nope", &[][..], 2, "error: there is no namespace `nope`"),
            ("nope", &["/api/v1/namespaces"], 2, "error: the namespace `nope` has no workloads"),
            ("empty", &[], 0, "warning: the namespace `empty` has no workloads; -A is for all namespaces"),
            ("empty", &["/api/v1/namespaces"], 2, "error: the namespace `empty` has no workloads"),
        ] {
            let answer = Api::of(&objects, denied).run(&[arguments, &["-n", name]].concat());
            assert_eq!(answer.code, code, "{arguments:?} {name} {denied:?}: {answer:?}");
            assert!(answer.err.contains(words) && answer.err.contains("-A"), "{arguments:?} {name}: {}", answer.err);
        }
    }
    // The reason is that of the list.
    let denied = Api::of(&objects, &["/api/v1/namespaces"]).run(&["check", "-n", "nope"]);
    assert!(denied.err.contains("caused by: the cluster does not allow this"), "{}", denied.err);
    let broken = Api::serving(|path, _| match path {
        "/api/v1/nodes" => (200, json!({"kind": "List", "items": [node("a", "10.0.20348.1")]}).to_string()),
        "/api/v1/namespaces" => (500, status(500, "InternalError", "etcd is down")),
        _ => (200, json!({"kind": "List", "items": []}).to_string()),
    });
    let broken = broken.run(&["check", "-n", "nope"]);
    assert_eq!(broken.code, 2, "{broken:?}");
    assert!(broken.err.contains("caused by: the cluster answered with status 500"), "{}", broken.err);
    // Nobody asks for the list of namespaces where there are workloads, or where some could not be read.
    let api = Api::of(&shop(), &[]);
    assert_eq!(api.run(&["check", "-n", "shop"]).code, 1);
    let partly = Api::of(&shop(), &["/api/v1/namespaces/nope/pods"]);
    assert_eq!(partly.run(&["check", "-n", "nope"]).code, 2);
    assert!([api, partly].iter().all(|api| !api.asked().contains(&"GET /api/v1/namespaces".to_owned())));
}

/// What was read is answered, what was not is said, and nothing is said of what may be there.
#[test]
fn a_list_that_does_not_come_to_an_end_leaves_the_others() {
    let objects = shop();
    let api = Api::serving(move |path, _| {
        if path.ends_with("/cronjobs") {
            thread::sleep(std::time::Duration::from_secs(600));
        }
        (200, json!({"kind": "List", "metadata": {}, "items": objects.get(path).cloned().unwrap_or_default()}).to_string())
    });
    let answer = api.run(&["check", "--timeout", "16"]);
    // One of the workloads fails.
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.out.contains("ok    apps/v1 Deployment shop/fits"), "{}", answer.out);
    assert!(answer.out.contains("ERROR cronjobs: the cluster did not answer within "), "{}", answer.out);
    assert_eq!(answer.out.matches("did not answer").count(), 1, "{}", answer.out);
    assert!(api.asked().iter().any(|asked| asked.ends_with("/pods")), "{:?}", api.asked());
    let unknown = api.run(&["check", "cronjob/nightly", "--timeout", "8"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("it is not known whether `cronjob/nightly` is there"), "{}", unknown.err);
    assert!(unknown.err.contains("cronjobs cannot be read"), "{}", unknown.err);
}

/// What something on the way writes instead of a status is shown in part, however long it is.
#[test]
fn a_failure_without_a_status_is_said_with_its_code() {
    let api = Api::serving(|_, _| (502, format!("<html>{}", "x".repeat(1 << 20))));
    let answer = api.run(&["check"]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("the cluster answered with status 502") && answer.err.contains("<html>"), "{}", answer.err);
    assert!(answer.err.len() < 1_000, "{}", answer.err.len());
}

/// How often a page is asked for does not depend on how often those before it were.
#[test]
fn a_server_that_is_busy_at_each_page_serves_the_whole_list() {
    let (objects, busy) = (shop(), Mutex::new(BTreeSet::new()));
    let api = Api::serving(move |path, token| {
        let list = |items: Vec<Value>, next: String| {
            (200, json!({"kind": "List", "metadata": {"continue": next}, "items": items}).to_string())
        };
        if path != "/api/v1/nodes" {
            return list(objects.get(path).cloned().unwrap_or_default(), String::new());
        }
        let page: usize = token.map_or(0, |token| token.parse().unwrap());
        if busy.lock().unwrap().insert(page) {
            return (429, status(429, "TooManyRequests", "ask again"));
        }
        let next = if page < 3 { (page + 1).to_string() } else { String::new() };
        list(vec![node(&format!("n{page}"), "10.0.20348.1")], next)
    });
    let answer = api.run(&["check"]);
    assert!(answer.out.contains("on 4 nodes"), "{answer:?}");
    assert_eq!(api.asked().iter().filter(|asked| asked.ends_with("/nodes")).count(), 8);
}

#[test]
fn a_node_that_cannot_be_read_is_named_once_where_the_list_is_begun_again() {
    let is_first = AtomicBool::new(true);
    let mut unknown = node("odd", "10.0.20348.1");
    unknown["status"]["nodeInfo"]["kernelVersion"] = json!("");
    unknown["metadata"]["labels"] = json!({"kubernetes.io/os": "windows"});
    let api = Api::serving(move |path, token| match (path, token) {
        ("/api/v1/nodes", Some(_)) if is_first.swap(false, Ordering::Relaxed) => (410, status(410, "Expired", "too old")),
        ("/api/v1/nodes", None) => (200, json!({"kind": "List", "metadata": {"continue": "1"}, "items": [unknown]}).to_string()),
        ("/api/v1/nodes", Some(_)) => (200, json!({"kind": "List", "items": [node("b", "10.0.20348.1")]}).to_string()),
        ("/apis/apps/v1/namespaces/shop/deployments", _) => {
            (200, json!({"kind": "List", "items": [deployment("web", None, NANO)]}).to_string())
        }
        _ => (200, json!({"kind": "List", "items": []}).to_string()),
    });
    let answer = api.run(&["check"]);
    assert_eq!(answer.out.matches("ERROR node odd").count(), 1, "{answer:?}");
}

#[test]
fn a_list_that_expires_is_begun_again_and_not_for_ever() {
    let is_first = AtomicBool::new(true);
    let objects = shop();
    let api = Api::serving(move |path, token| {
        if path == "/api/v1/nodes" && token.is_some() && is_first.swap(false, Ordering::Relaxed) {
            return (410, status(410, "Expired", "the continue parameter is too old"));
        }
        let all = objects.get(path).cloned().unwrap_or_default();
        let next = if path == "/api/v1/nodes" && token.is_none() { "1" } else { "" };
        let items = if token.is_some() {
            all.get(1..).unwrap_or_default()
        } else if next.is_empty() {
            &all[..]
        } else {
            &all[..1]
        };
        (200, json!({"kind": "List", "metadata": {"continue": next}, "items": items}).to_string())
    });
    let answer = api.run(&["check"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.out.contains("on 3 nodes"), "{}", answer.out);
    let never = Api::serving(|_, token| match token {
        Some(_) => (410, status(410, "Expired", "too old")),
        None => (200, json!({"kind": "List", "metadata": {"continue": "1"}, "items": []}).to_string()),
    });
    let answer = never.run(&["check"]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("410"), "{}", answer.err);
    assert_eq!(never.asked.lock().unwrap().len(), 6);
}

#[test]
fn nonsense_is_said_to_be_some() {
    for (what, body) in [
        ("it has no items", "{\"kind\": \"Pod\"}"),
        ("expected value", "<html>"),
        ("it names the same next page again", r#"{"kind": "NodeList", "metadata": {"continue": "x"}, "items": []}"#),
    ] {
        let answer = Api::serving(move |_, _| (200, body.to_owned())).run(&["check"]);
        assert_eq!(answer.code, 2, "{what}");
        assert!(answer.err.contains(what), "{what}: {}", answer.err);
    }
    let refused = Api::serving(|_, _| (401, status(401, "Unauthorized", "no"))).run(&["check"]);
    assert!(refused.code == 2 && refused.err.contains("the cluster refuses these credentials"), "{}", refused.err);
    let broken = Api::serving(|_, _| (BREAKS_OFF, r#"{"kind": "List", "items": []}"#.to_owned())).run(&["check"]);
    assert!(broken.code == 2 && broken.err.contains("the cluster cannot be reached"), "{}", broken.err);
    let linux = Api::serving(|_, _| (200, r#"{"kind": "List", "items": []}"#.to_owned())).run(&["check"]);
    assert!(linux.code == 2 && linux.err.contains("the cluster has no Windows nodes"), "{}", linux.err);
    let new = r#"{"kind": "List", "items": [{"metadata": {"name": "new", "labels": {"kubernetes.io/os": "windows"}}}]}"#;
    let new = Api::serving(move |_, _| (200, new.to_owned())).run(&["check"]);
    assert!(new.code == 2 && new.err.contains("the cluster do not say which Windows they run"), "{}", new.err);
}

#[test]
fn a_cluster_that_does_not_answer_is_not_waited_for() {
    let api = Api::serving(|_, _| {
        thread::sleep(std::time::Duration::from_secs(600));
        (200, "{}".to_owned())
    });
    let started = std::time::Instant::now();
    let answer = api.run(&["check", "--timeout", "1"]);
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
    assert_eq!(answer.code, 2);
    // The time for one answer and the time for all of them are over at once.
    assert!(
        answer.err.contains("the cluster did not answer ") && answer.err.contains("hint: give it more time"),
        "{}",
        answer.err
    );
}
