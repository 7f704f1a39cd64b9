//! `run -d`, and the commands for a container that nobody waits for.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::run::machine::{Ended, IMAGE, ISOLATIONS, Machine, Running};
use crate::support::started::{LONG, started};

impl Machine {
    /// Starts a container in the background; its id.
    #[track_caller]
    fn background(&self, arguments: &[&str]) -> String {
        let id = self.wincompat(&[&["run", "-q", "-d"], arguments].concat()).with(0);
        let id = id.trim_end().to_owned();
        assert!(id.len() == 64 && self.containers().contains(&id), "{id:?}");
        id
    }

    /// The document that a command prints.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.wincompat(arguments).with(0)).unwrap()
    }

    /// What `ps -a` says of the only container.
    #[track_caller]
    fn listed(&self) -> Value {
        let listed = self.json(&["ps", "-a", "--format", "json"]);
        let containers = listed["containers"].as_array().unwrap();
        assert_eq!(containers.len(), 1, "{listed}");
        containers[0].clone()
    }

    /// Removes all by force, so that nothing of this machine goes on.
    fn clear(&self, names: &[&str]) {
        self.wincompat(&[&["rm", "-f"], names].concat()).with(0);
        self.has_nothing_left();
    }
}

/// Ends the program that made a call, as the task manager does; false if it is not there any more.
fn end_maker(call: &Value) -> bool {
    let mut command = Command::new("taskkill");
    command.args(["/f", "/pid", &call["pid"].to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    started(|| command.status()).success()
}

#[test]
fn whoever_reads_its_output_through_a_pipe_is_not_kept() {
    let Some(machine) = Machine::new() else { return };
    for isolation in ISOLATIONS {
        let began = Instant::now();
        // Its standard input is a pipe that stays open, its outputs are read to their ends.
        let mut command = machine.command(&[&["run", "-q", "-d"], isolation, &[IMAGE, "guest", "wait", "1000"]].concat());
        command.stdin(Stdio::piped());
        let running = Running::start(command);
        let out = running.rest();
        let ended = running.end_without_closing();
        let took = began.elapsed();
        assert_eq!((ended.code, ended.err.as_str(), out.len()), (0, "", 65));
        // The process in the container is there for a thousand seconds.
        assert!(took < Duration::from_secs(500), "{took:?}");
        let id = String::from_utf8(out).unwrap();
        assert_eq!(machine.system(id.trim_end())["phase"], "Running");
        machine.clear(&[id.trim_end()]);
    }
}

#[test]
fn exit_codes_of_all_thirty_two_bits() {
    let Some(machine) = Machine::new() else { return };
    for code in ["0", "7", "0xC000013A", "0xFFFFFFFF"] {
        let id = machine.background(&["--name", "ends", IMAGE, "guest", "exit", code]);
        let number = code.strip_prefix("0x").map_or_else(|| code.parse(), |hex| u32::from_str_radix(hex, 16)).unwrap();
        assert_eq!(machine.wincompat(&["wait", "ends"]).with(0), format!("{number}\n"));
        let listed = machine.listed();
        assert_eq!((&listed["exitCode"], &listed["status"], &listed["id"]), (&json!(number), &json!("exited"), &json!(id)));
        // Its folder is there to be read, and nothing else of it.
        assert_eq!(machine.host.left(), [""; 0]);
        machine.wincompat(&["rm", "ends"]).with(0);
        machine.has_nothing_left();
    }
}

#[test]
fn from_ps_to_rm() {
    let Some(machine) = Machine::new() else { return };
    let id = machine.background(&["--name", "web", "-p", "8080:80", IMAGE, "guest", "wait", "1000"]);
    let listed = machine.listed();
    for (field, value) in [
        ("id", json!(id)),
        ("name", json!("web")),
        ("image", json!(IMAGE)),
        ("command", json!("guest wait 1000")),
        ("status", json!("running")),
        ("isolation", json!("process")),
        ("ports", json!(["8080->80/tcp"])),
        ("ownerLives", json!(true)),
        ("exitCode", json!(null)),
    ] {
        assert_eq!(listed[field], value, "{field} of {listed}");
    }
    assert!(listed["address"].is_string(), "{listed}");
    let table = machine.wincompat(&["ps"]).with(0);
    assert!(table.contains(&id[..12]) && table.contains("web"), "{table}");
    assert_eq!(machine.wincompat(&["ps", "-q", "--no-trunc"]).with(0), format!("{id}\n"));
    assert_eq!(machine.json(&["inspect", "web"])["containers"][0]["request"]["process"]["commandLine"], "guest wait 1000");
    // A name is given once, and one that runs is not removed by mistake.
    machine.wincompat(&["run", "-d", "--name", "web", IMAGE]).failed(125, &["web"]);
    machine.wincompat(&["rm", "web"]).failed(2, &[" runs", "-f"]);

    assert_eq!(machine.wincompat(&["stop", "-t", "5", "web"]).with(0), "web\n");
    assert_eq!(machine.listed()["status"], "exited");
    assert_eq!(machine.wincompat(&["ps", "-q"]).with(0), "");
    assert_eq!(machine.host.left(), [""; 0]);
    machine.wincompat(&["rm", &id[..12]]).with(0);
    machine.has_nothing_left();
    machine.wincompat(&["rm", "web"]).failed(2, &["web"]);
}

#[test]
fn kill_and_rm_by_force() {
    let Some(machine) = Machine::new() else { return };
    for isolation in ISOLATIONS {
        machine.background(&[isolation, &["--name", "killed", IMAGE, "guest", "wait", "1000"]].concat());
        assert_eq!(machine.wincompat(&["kill", "killed"]).with(0), "killed\n");
        let code: u32 = machine.wincompat(&["wait", "killed"]).with(0).trim_end().parse().unwrap();
        assert_ne!(code, 0);
        machine.wincompat(&["kill", "killed"]).failed(2, &["does not run"]);
        machine.clear(&["killed"]);
        let id = machine.background(&[isolation, &["--rm", IMAGE, "guest", "wait", "1000"]].concat());
        machine.clear(&[&id[..16]]);
    }
}

/// Whoever asks a container to shut down does not wait until that has been answered.
#[test]
fn a_shut_down_that_lasts_keeps_nobody() {
    let Some(mut machine) = Machine::new() else { return };
    machine.background(&["--name", "slow", IMAGE, "guest", "wait", "1000"]);
    machine.faults = "function=HcsShutDownComputeSystem stage=operation when=before never".to_owned();
    let began = Instant::now();
    assert_eq!(machine.wincompat(&["kill", "-s", "TERM", "slow"]).with(0), "slow\n");
    // The program waits for an answer for four minutes.
    assert!(began.elapsed() < Duration::from_secs(100), "{:?}", began.elapsed());
    assert!(!machine.host.calls_of("HcsShutDownComputeSystem").is_empty());
    machine.faults.clear();
    machine.clear(&["slow"]);
}

/// Neither one that is not answered nor a call that does not return: after the time that was given, the container is ended by force.
#[test]
fn a_shut_down_that_lasts_is_cut_short_by_stop() {
    let Some(mut machine) = Machine::new() else { return };
    for (isolation, function) in ISOLATIONS.into_iter().zip(["HcsShutDownComputeSystem", "HcsShutdownComputeSystem"]) {
        for stage in ["stage=operation", "stage=call"] {
            machine.background(&[isolation, &["--name", "slow", IMAGE, "guest", "wait", "1000"]].concat());
            machine.faults = format!("function={function} {stage} when=before never");
            let (before, began) = (machine.host.calls_of(function).len(), Instant::now());
            assert_eq!(machine.wincompat(&["stop", "-t", "2", "slow"]).with(0), "slow\n");
            let took = began.elapsed();
            let given = Duration::from_secs(2)..Duration::from_secs(60);
            assert!(given.contains(&took), "{function} {stage}: {took:?}");
            assert_eq!(machine.host.calls_of(function).len(), before + 1, "{stage}");
            machine.faults.clear();
            assert_eq!(machine.listed()["status"], "exited", "{function} {stage}");
            machine.clear(&["slow"]);
        }
    }
}

#[test]
fn removed_at_its_end() {
    let Some(machine) = Machine::new() else { return };
    machine.background(&["--rm", "--name", "short", IMAGE, "guest", "say", "one", "two"]);
    assert!(machine.will_have_no_containers(), "it is still there");
    machine.has_nothing_left();
}

#[test]
fn logs_to_their_end() {
    let Some(machine) = Machine::new() else { return };
    machine.background(&["--name", "talks", IMAGE, "guest", "say", "one", "two", "three", "four", "five"]);
    // It is followed while it runs, and the following ends with it.
    let mut following = machine.start(&["logs", "-f", "talks"]);
    let began = Instant::now();
    for word in ["one", "two", "three", "four", "five"] {
        assert_eq!(following.line(), word);
    }
    assert_eq!(following.end_without_closing().with(0), "");
    assert!(began.elapsed() < LONG);
    assert_eq!(machine.wincompat(&["logs", "talks"]).with(0), "one\ntwo\nthree\nfour\nfive\n");
    assert_eq!(machine.wincompat(&["logs", "-n", "2", "talks"]).with(0), "four\nfive\n");
    machine.clear(&["talks"]);
}

#[test]
fn a_log_has_every_byte_of_both_streams() {
    let Some(machine) = Machine::new() else { return };
    let pattern: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (stream, name) in [("out", "to-out"), ("err", "to-err")] {
        machine.background(&["--name", name, IMAGE, "guest", "flood", stream, "100000"]);
        machine.wincompat(&["wait", name]).with(0);
        let output = started(|| machine.command(&["logs", name]).output());
        let (said, silent) = if stream == "out" { (output.stdout, output.stderr) } else { (output.stderr, output.stdout) };
        assert!(said == pattern && silent.is_empty(), "{name}: {} and {} bytes", said.len(), silent.len());
    }
    machine.clear(&["to-out", "to-err"]);
}

#[test]
fn other_processes_in_it() {
    let Some(machine) = Machine::new() else { return };
    for isolation in ISOLATIONS {
        let main = ["--name", "host", "-e", "OF=the container", IMAGE, "guest", "wait", "1000"];
        machine.background(&[isolation, &main].concat());
        let exec = |arguments: &[&str]| machine.wincompat(&[&["exec"], arguments].concat());
        for code in [0, 7, 0xc000_013a] {
            exec(&["host", "guest", "exit", &code.to_string()]).with(code);
        }
        let shown = exec(&["-e", "MORE=yes", "host", "guest", "show", "two words"]).with(0);
        for line in ["argument two words", "variable OF=the container", "variable FROM_IMAGE=yes", "variable MORE=yes"] {
            assert!(shown.lines().any(|shown| shown == line), "{line} is not in:\n{shown}");
        }
        let mut running = machine.start(&["exec", "-i", "host", "guest", "cat"]);
        running.stdin().write_all(b"passed\non").unwrap();
        let ended = running.end();
        assert_eq!((ended.with(0).as_str(), ended.err.as_str()), ("passed\non", "stdin has ended after 9 bytes\n"));
        let count = (1_u32 << 20).to_string();
        let Ended { code, out, .. } = exec(&["host", "guest", "flood", "out", &count]);
        assert_eq!((code, out.len()), (0, 1 << 20));
        assert_eq!(exec(&["-d", "host", "guest", "wait", "1000"]).with(0), "");
        exec(&["host", "no-such-program"]).failed(127, &["there is no such program"]);
        exec(&["-w", r"C:\no\such\folder", "host", "guest", "show"]).failed(126, &["working directory"]);
        exec(&["nobody", "cmd"]).failed(125, &["nobody"]);
        // The container is none the worse for it.
        assert_eq!(machine.listed()["status"], "running");
        machine.wincompat(&["stop", "-t", "0", "host"]).with(0);
        exec(&["host", "cmd"]).failed(125, &["does not run"]);
        machine.clear(&["host"]);
    }
}

#[test]
fn images_and_what_needs_them() {
    let Some(machine) = Machine::new() else { return };
    machine.background(&["--name", "needs-it", IMAGE, "guest", "wait", "1000"]);
    let images = machine.wincompat(&["images"]).with(0);
    assert!(images.contains("example.com/app"), "{images}");
    machine.wincompat(&["rmi", IMAGE]).failed(2, &["is used by the container"]);
    assert_eq!(machine.wincompat(&["prune"]).with(0), "");
    assert_eq!(machine.listed()["status"], "running");
    machine.clear(&["needs-it"]);
    machine.wincompat(&["rmi", IMAGE]).with(0);
    assert!(!machine.wincompat(&["images"]).with(0).contains("example.com/app"));
    machine.run(&["--pull", "never", IMAGE, "cmd", "/c", "exit 0"]).failed(125, &["is not in the store"]);
    machine.wincompat(&["prune"]).with(0);
    let layers: Vec<_> = std::fs::read_dir(machine.store().join("layers")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(layers.iter().all(|path| !path.is_dir()), "{layers:?}");
    machine.has_nothing_left();
}

/// What was pulled and never run is removed as well.
#[test]
fn images_that_were_never_run() {
    let Some(machine) = Machine::new() else { return };
    assert_eq!(machine.wincompat(&["prune"]).with(0), "");
    assert_eq!(machine.wincompat(&["ps", "-a", "-q"]).with(0), "");
    machine.wincompat(&["rmi", IMAGE]).with(0);
    assert!(!machine.wincompat(&["images"]).with(0).contains("example.com/app"));
}

/// The one who looks after a container is killed: HCS ends the container, `ps` tells the truth, `prune` gives all back.
#[test]
fn a_monitor_that_is_killed() {
    let Some(machine) = Machine::new() else { return };
    let id = machine.background(&["--name", "orphan", IMAGE, "guest", "wait", "1000"]);
    assert!(end_maker(&machine.host.calls_of("HcsCreateProcess")[0]));
    let listed = machine.listed();
    assert_eq!((&listed["id"], &listed["ownerLives"], &listed["status"]), (&json!(id), &json!(false), &json!("dead")));
    assert_eq!(machine.wincompat(&["ps", "-q"]).with(0), "");
    assert!(!machine.host.left().is_empty());
    assert_eq!(machine.wincompat(&["prune"]).with(0), format!("container {id}\n"));
    machine.has_nothing_left();
}

/// The one who looks after a container hangs in a call that never returns, after its end or at its start: it is given up by force.
#[test]
fn a_monitor_that_hangs_is_ended_by_force() {
    let Some(mut machine) = Machine::new() else { return };
    let removed = |machine: &Machine, id: &str, function: &str| {
        assert!(machine.host.calls_of(function).iter().any(|call| call["never"] == true), "{function} hangs");
        let began = Instant::now();
        assert_eq!(machine.wincompat(&["rm", "-f", id]).with(0), format!("{id}\n"));
        // Without force, it is waited for minutes.
        assert!(began.elapsed() < Duration::from_secs(120), "{:?}", began.elapsed());
        // It had the container locked, so it has ended.
        machine.has_nothing_left();
    };

    let id = machine.background(&[IMAGE, "guest", "wait", "1000"]);
    machine.host.set_faults("function=HcnDeleteNamespace never");
    machine.wincompat(&["kill", "-s", "TERM", &id]).with(0);
    machine.wait_for("HcnDeleteNamespace");
    machine.host.set_faults("");
    removed(&machine, &id, "HcnDeleteNamespace");

    machine.faults = "function=HcsStartComputeSystem never".to_owned();
    let before = machine.host.calls_of("HcsStartComputeSystem").len();
    let starting = machine.start(&["run", "-q", "-d", IMAGE, "guest", "wait", "1000"]);
    let until = Instant::now() + LONG;
    while !machine.host.calls_of("HcsStartComputeSystem")[before..].iter().any(|call| call["never"] == true) {
        assert!(Instant::now() < until, "it is not started");
        thread::sleep(Duration::from_millis(50));
    }
    // For the monitor alone, which has it in its environment.
    machine.faults.clear();
    removed(&machine, &machine.containers().concat(), "HcsStartComputeSystem");
    starting.end_without_closing().failed(125, &["ended and gave no reason"]);
}

/// Without `--rm`, one that was waited for is kept too.
#[test]
fn kept_after_its_end() {
    let Some(machine) = Machine::new() else { return };
    let ended = machine.wincompat(&["run", "-q", "--name", "kept", IMAGE, "cmd", "/c", "echo said& exit 3"]);
    assert_eq!(ended.with(3), "said\n");
    assert_eq!(machine.host.left(), [""; 0]);
    let listed = machine.listed();
    assert_eq!((&listed["name"], &listed["status"], &listed["exitCode"]), (&json!("kept"), &json!("exited"), &json!(3)));
    assert_eq!(machine.wincompat(&["logs", "kept"]).with(0), "said\n");
    assert_eq!(machine.wincompat(&["wait", "kept"]).with(0), "3\n");
    assert_eq!(machine.wincompat(&["rm", "kept"]).with(0), "kept\n");
    machine.has_nothing_left();
}
