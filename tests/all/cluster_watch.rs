//! `wincompat cluster check --watch` against an API server whose lists change: what counts makes one report, an end that is forgotten and a
//! server that is away are borne.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cluster::deployment;
use crate::support::api_server::{Api, node};
use crate::support::program::{Answer, Program};
use crate::support::started::started;

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/shop/deployments";
const NANO: &str = "mcr.microsoft.com/windows/nanoserver:ltsc2022";

/// The longest wait for something that has to come true.
const PATIENCE: Duration = Duration::from_secs(60);

/// A check that goes on, with what it wrote so far.
struct Watch {
    child: Child,
    out: Arc<Mutex<Vec<String>>>,
    err: Arc<Mutex<Vec<String>>>,
    _program: Program,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(stream: impl Read + Send + 'static) -> Arc<Mutex<Vec<String>>> {
    let kept = Arc::<Mutex<Vec<String>>>::default();
    let lines = Arc::clone(&kept);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            lines.lock().unwrap().push(line);
        }
    });
    kept
}

impl Watch {
    fn start(api: &Api, arguments: &[&str]) -> Self {
        let program = Program::new();
        let config = program.file("config", api.kubeconfig());
        let mut command = program.process();
        command.args(["cluster", "check", "--watch", "--offline", "--no-cache", "--kubeconfig", &config]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = started(|| command.spawn());
        let (out, err) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        Self { child, out, err, _program: program }
    }

    fn out(&self) -> String {
        self.out.lock().unwrap().join("\n")
    }

    fn err(&self) -> String {
        self.err.lock().unwrap().join("\n")
    }

    /// The number of reports: each has its sum.
    fn reports(&self) -> usize {
        let is_sum =
            |line: &&String| [" node in ", " nodes in "].iter().any(|words| line.contains(words)) && line.contains(" workload");
        self.out.lock().unwrap().iter().filter(is_sum).count()
    }

    /// Waits until this is true.
    fn until(&self, what: &str, is_true: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_true(self) {
            assert!(begun.elapsed() < PATIENCE, "{what}: {}\n{}", self.out(), self.err());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

fn with_status(mut object: Value, ready: u32) -> Value {
    object["status"] = json!({"readyReplicas": ready});
    object["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": ready.to_string()});
    object
}

#[test]
fn a_change_that_counts_is_one_report_and_others_are_none() {
    let api = Api::start();
    api.tell(DEPLOYMENTS, "ADDED", deployment("web", None, NANO));
    let watch = Watch::start(&api, &[]);
    watch.until("the first report", |watch| watch.out().contains("FAIL  apps/v1 Deployment shop/web"));
    // Nothing of this is about images or nodes.
    for ready in 0..5 {
        api.tell(DEPLOYMENTS, "MODIFIED", with_status(deployment("web", None, NANO), ready));
    }
    thread::sleep(Duration::from_secs(4));
    assert_eq!(watch.reports(), 1, "{}", watch.out());
    // Three at once are one change.
    for name in ["one", "two"] {
        api.tell(DEPLOYMENTS, "ADDED", deployment(name, Some("10.0.20348"), NANO));
    }
    api.tell(DEPLOYMENTS, "MODIFIED", deployment("web", Some("10.0.20348"), NANO));
    watch.until("all three", |watch| watch.out().ends_with("3 workloads on 2 nodes in 2 groups: 3 pass, 0 fail"));
    assert!(watch.out().contains(": changed: deployments\n"), "{}", watch.out());
    // On a busy machine the last may come when the others have been reported.
    assert!(watch.reports() < 4, "{}", watch.out());
    // The versions before it are forgotten: 410, and the list is read again.
    api.put(vec![node("10.0.17763.1")]);
    watch.until("the last report", |watch| watch.out().ends_with("3 workloads on 1 node in 1 group: 0 pass, 3 fail"));
    assert!(watch.out().contains(": changed: nodes\n"), "{}", watch.out());
    assert_eq!(watch.err(), "");
    assert!(api.asked().iter().all(|request| request.starts_with("GET ")), "{:?}", api.asked());
}

/// Changes that do not count, without a pause between them, hold up none that does.
#[test]
fn a_change_that_counts_is_reported_while_others_go_on_and_on() {
    let api = Api::start();
    let busy = |ready| with_status(deployment("busy", Some("10.0.20348"), NANO), ready);
    api.tell(DEPLOYMENTS, "ADDED", busy(0));
    api.tell(DEPLOYMENTS, "ADDED", deployment("web", None, NANO));
    let watch = Watch::start(&api, &[]);
    watch.until("the first report", |watch| watch.reports() == 1);
    let is_reported = AtomicBool::new(false);
    let went_on = thread::scope(|scope| {
        // It ends by itself as well, for a test that fails.
        let others = scope.spawn(|| {
            for ready in 0..2_000 {
                if is_reported.load(Ordering::SeqCst) {
                    return true;
                }
                api.tell(DEPLOYMENTS, "MODIFIED", busy(ready));
                thread::sleep(Duration::from_millis(10));
            }
            false
        });
        api.tell(DEPLOYMENTS, "MODIFIED", deployment("web", Some("10.0.20348"), NANO));
        watch.until("the change", |watch| watch.out().ends_with("2 workloads on 2 nodes in 2 groups: 2 pass, 0 fail"));
        is_reported.store(true, Ordering::SeqCst);
        others.join().unwrap()
    });
    assert!(went_on, "it was reported only when the others had come to an end");
}

#[test]
fn an_api_server_that_goes_away_is_waited_for_and_said_to_be_away_once() {
    let api = Api::start();
    api.tell(DEPLOYMENTS, "ADDED", deployment("web", None, NANO));
    let watch = Watch::start(&api, &[]);
    watch.until("the first report", |watch| watch.reports() == 1);
    api.is_away.store(true, Ordering::SeqCst);
    let of_nodes = |watch: &Watch| {
        let said = watch.err.lock().unwrap();
        let of_nodes = said.iter().filter(|line| line.starts_with("warning: ") && line.contains("nodes"));
        of_nodes.filter(|line| line.contains("are not followed at the moment")).count()
    };
    watch.until("it is said", |watch| of_nodes(watch) > 0);
    thread::sleep(Duration::from_secs(3));
    assert_eq!(of_nodes(&watch), 1, "{}", watch.err());
    // There are ten lists. On a busy machine a few of them may fail when the others have been told.
    assert!(watch.err().matches("are not followed").count() < 4, "{}", watch.err());
    api.tell(DEPLOYMENTS, "MODIFIED", deployment("web", Some("10.0.20348"), NANO));
    api.is_away.store(false, Ordering::SeqCst);
    watch.until("the second report", |watch| watch.out().contains("1 pass"));
    assert!(!watch.err().contains("s3cret-token"));
}

/// A server that denies Deployments, with one of them and a ReplicaSet that it owns.
fn without_deployments() -> Api {
    let api = Api::start();
    let replicas = "/apis/apps/v1/namespaces/shop/replicasets";
    api.tell(DEPLOYMENTS, "ADDED", deployment("web", None, NANO));
    let mut owned = deployment("web-1", None, NANO);
    owned["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": true}]);
    api.tell(replicas, "ADDED", owned);
    api.denied.lock().unwrap().push(DEPLOYMENTS);
    api
}

#[test]
fn lists_that_are_denied_are_reported_and_read_once_they_are_allowed() {
    let api = without_deployments();
    let watch = Watch::start(&api, &[]);
    watch.until("the first report", |watch| watch.reports() == 1);
    assert!(watch.out().contains("ERROR deployments: the cluster does not allow this"), "{}", watch.out());
    assert!(watch.out().contains("FAIL  apps/v1 ReplicaSet shop/web-1"), "{}", watch.out());
    api.denied.lock().unwrap().clear();
    watch.until("the second report", |watch| watch.reports() == 2);
    let again = watch.out().split("changed: ").nth(1).unwrap().to_owned();
    assert!(again.contains("FAIL  apps/v1 Deployment shop/web") && !again.contains("web-1"), "{again}");
}

/// Its server is slow with one list alone.
#[test]
fn a_list_that_is_not_answered_at_the_beginning_leaves_the_others() {
    let api = Api::start();
    api.tell(DEPLOYMENTS, "ADDED", deployment("web", None, NANO));
    let jobs = "/apis/batch/v1/namespaces/shop/cronjobs";
    api.held.lock().unwrap().push(jobs);
    let watch = Watch::start(&api, &["--timeout", "20"]);
    watch.until("the first report", |watch| watch.reports() == 1);
    assert!(watch.out().contains("ERROR cronjobs: the cluster did not answer within"), "{}", watch.out());
    assert!(watch.out().contains("FAIL  apps/v1 Deployment shop/web"), "{}", watch.out());
    api.held.lock().unwrap().clear();
}

/// What has an owner is read again without it at the next change, if that failed at the first one.
#[test]
fn a_list_that_is_allowed_while_another_is_denied_is_not_forgotten() {
    let api = without_deployments();
    let watch = Watch::start(&api, &[]);
    watch.until("the first report", |watch| watch.reports() == 1);
    *api.denied.lock().unwrap() = vec!["/api/v1/nodes"];
    watch.until("the second report", |watch| watch.reports() == 2);
    watch.until("it is said", |watch| watch.err().contains("warning: nodes are not followed at the moment"));
    api.denied.lock().unwrap().clear();
    api.tell(DEPLOYMENTS, "MODIFIED", deployment("web", Some("10.0.20348"), NANO));
    watch.until("the third report", |watch| watch.reports() == 3);
    let last = watch.out().rsplit("changed: ").next().unwrap().to_owned();
    assert!(last.contains("ok    apps/v1 Deployment shop/web") && !last.contains("web-1"), "{last}");
}

#[test]
fn a_report_of_lines_ends_with_its_sum_and_a_document_does_not_go_on() {
    let api = Api::start();
    api.tell(DEPLOYMENTS, "ADDED", deployment("web", None, NANO));
    let file = tempfile::tempdir().unwrap();
    let written = file.path().join("report.json");
    let watch = Watch::start(&api, &["--format", "jsonl", "-o", written.to_str().unwrap()]);
    let sums = |watch: &Watch| watch.out.lock().unwrap().iter().filter(|line| line.contains("\"type\":\"summary\"")).count();
    watch.until("the first report", |watch| sums(watch) == 1);
    api.tell(DEPLOYMENTS, "DELETED", deployment("web", None, NANO));
    watch.until("the second report", |watch| sums(watch) == 2);
    for line in watch.out.lock().unwrap().iter() {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["schema"], "wincompat/report-line/v1");
    }
    let last: Value = serde_json::from_str(&std::fs::read_to_string(&written).unwrap()).unwrap();
    assert_eq!(last["workloads"], json!([]));
    let program = Program::new();
    let config = program.file("config", api.kubeconfig());
    let refused =
        Answer::of(program.command().args(["cluster", "check", "--watch", "--format", "html", "--kubeconfig", &config]));
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("cannot be written as html") && refused.err.contains("-o html=FILE"), "{}", refused.err);
}

/// The time limit holds for the whole command.
#[test]
fn it_ends_when_its_time_is_over() {
    let api = Api::start();
    api.tell(DEPLOYMENTS, "ADDED", deployment("web", None, NANO));
    let mut watch = Watch::start(&api, &["--timeout", "10"]);
    watch.until("the report", |watch| watch.reports() == 1);
    assert_eq!(watch.child.try_wait().unwrap(), None);
    let begun = Instant::now();
    let status = loop {
        assert!(begun.elapsed() < PATIENCE, "{}", watch.err());
        match watch.child.try_wait().unwrap() {
            Some(status) => break status,
            None => thread::sleep(Duration::from_millis(50)),
        }
    };
    assert_eq!((status.code(), watch.err()), (Some(1), String::new()));
}

/// Ctrl-C and SIGTERM end it with the exit code of the last report.
#[cfg(unix)]
#[test]
fn it_ends_with_the_exit_code_of_the_last_report() {
    let api = Api::start();
    api.tell(DEPLOYMENTS, "ADDED", deployment("web", None, NANO));
    let (interrupt, terminate) = (rustix::process::Signal::INT, rustix::process::Signal::TERM);
    for (build, signal, code) in [(None, interrupt, 1), (Some("10.0.20348"), interrupt, 0), (None, terminate, 1)] {
        api.tell(DEPLOYMENTS, "MODIFIED", deployment("web", build, NANO));
        let mut watch = Watch::start(&api, &[]);
        watch.until("the report", |watch| watch.reports() == 1);
        let process = rustix::process::Pid::from_child(&watch.child);
        rustix::process::kill_process(process, signal).unwrap();
        assert_eq!(watch.child.wait().unwrap().code(), Some(code));
    }
}
