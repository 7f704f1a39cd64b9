//! What other commands see of a container that runs in the background, and do to it.

use crate::machine::{IMAGE, Machine};

const SAYS: &str = "echo to stdout & echo to stderr 1>&2 & ping -n 60 127.0.0.1 > nul & exit 7";

#[test]
fn a_container_in_the_background_is_seen_read_entered_stopped_and_removed() {
    let Some(machine) = Machine::new() else { return };
    for isolation in ["process", "hyperv"] {
        let run = ["run", "-d", "--name", "web", "--isolation", isolation, "-e", "WORD=inherited", IMAGE, "cmd", "/c", SAYS];
        let id = machine.wincompat(&run).with(0);
        let id = id.trim_end();
        let listed: serde_json::Value = serde_json::from_str(&machine.wincompat(&["ps", "--format", "json"]).with(0)).unwrap();
        let container = &listed["containers"][0];
        assert_eq!((container["id"].as_str(), container["status"].as_str()), (Some(id), Some("running")), "{listed}");
        assert_eq!((container["isolation"].as_str(), container["ownerLives"].as_bool()), (Some(isolation), Some(true)));
        assert_eq!(machine.wincompat(&["ps", "-q"]).with(0), format!("{}\n", &id[..12]));
        let second = machine.wincompat(&["run", "--name", "web", "--isolation", isolation, IMAGE, "cmd", "/c", "ver"]);
        assert_eq!(second.code, 125, "{}", second.err);
        assert!(second.err.contains("the name web belongs to the container"), "{}", second.err);

        assert_eq!(
            machine.wincompat(&["exec", "-e", "OTHER=given", "web", "cmd", "/c", "echo %WORD% %OTHER%"]).with(0),
            "inherited given\n"
        );
        assert_eq!(machine.wincompat(&["exec", "web", "cmd", "/c", "exit 9"]).code, 9);
        assert_eq!(machine.wincompat(&["exec", "web", "no-such-program"]).code, 127);
        assert_eq!(machine.wincompat(&["exec", "-d", "web", "cmd", "/c", "ver"]).with(0), "");

        let logs = machine.wincompat(&["logs", "web"]);
        assert_eq!((logs.code, logs.text().trim_end(), logs.err.trim_end()), (0, "to stdout", "to stderr"));
        let refused = machine.wincompat(&["rm", "web"]);
        assert_eq!(refused.code, 2, "{}", refused.err);

        assert_eq!(machine.wincompat(&["stop", "-t", "1", "web"]).with(0), "web\n");
        assert_eq!(machine.wincompat(&["ps", "-q"]).with(0), "");
        let table = machine.wincompat(&["ps", "-a"]).with(0);
        assert!(table.contains("Exited") && table.contains("web"), "{table}");
        machine.wincompat(&["wait", "web"]).with(0);
        assert_eq!(machine.wincompat(&["kill", "web"]).code, 2, "it does not run");
        assert_eq!(machine.wincompat(&["exec", "web", "cmd"]).code, 125);
        assert_eq!(machine.wincompat(&["rm", "web"]).with(0), "web\n");
        machine.has_nothing_left();
    }
}

#[test]
fn a_log_is_followed_to_the_end_of_its_container() {
    let Some(machine) = Machine::new() else { return };
    let says = "for /L %i in (1,1,5) do @(echo line %i & ping -n 2 127.0.0.1 > nul)";
    machine.wincompat(&["run", "-d", "--name", "web", IMAGE, "cmd", "/c", says]).with(0);
    let followed = machine.wincompat(&["logs", "-f", "web"]).with(0);
    let lines: Vec<_> = followed.lines().map(str::trim_end).collect();
    assert_eq!(lines, ["line 1", "line 2", "line 3", "line 4", "line 5"]);
    assert_eq!(machine.wincompat(&["wait", "web"]).with(0), "0\n");
    assert_eq!(machine.wincompat(&["logs", "--tail", "2", "web"]).with(0).lines().count(), 2);
    machine
        .wincompat(&["run", "-d", "--rm", "--name", "short", IMAGE, "cmd", "/c", "ping -n 3 127.0.0.1 > nul & exit 7"])
        .with(0);
    assert_eq!(machine.wincompat(&["wait", "short"]).with(0), "7\n");
    assert_eq!(machine.wincompat(&["prune"]).code, 0);
    machine.has_nothing_left();
}
