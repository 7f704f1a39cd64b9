//! Hostile stores: state files, logs and lists of images that somebody else has written.

use std::fs;

use serde_json::json;

use super::{HOSTILE, MARK, harmless};
use crate::support::begin_store;
use crate::support::program::Program;

const ID: &str = "4c01db0b339c8d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90";

/// What the program says of the store; the exit code is 0 or 2.
fn says(program: &Program, place: &str, arguments: &[&str]) -> String {
    let mut command = program.command();
    command.args(arguments).env("WINCOMPAT_ROOT", program.folder().join("store"));
    harmless(place, &mut command)
}

/// A container with this text everywhere.
fn state(name: &str) -> String {
    json!({
        "schema": "wincompat/container/v1",
        "request": {
            "name": name, "image": name, "isolation": "process", "layers": [], "hostName": name,
            "process": {"commandLine": name, "user": name, "workingDirectory": name, "environment": {name: name}, "stdin": false,
                "console": null},
            "mounts": [], "pipes": [], "network": {"named": name}, "ports": [], "memoryMib": null, "cpus": null, "remove": false,
        },
        "created": "2026-11-25T08:00:00Z", "started": "2026-11-25T08:00:01Z", "finished": "2026-11-25T08:00:02Z",
        "processId": 1, "exitCode": 7, "address": name, "taken": [],
    })
    .to_string()
}

#[test]
fn hostile_containers_are_harmless() {
    for name in HOSTILE {
        let program = Program::new();
        let container = program.folder().join("store").join("containers").join(ID);
        begin_store(&program.folder().join("store"));
        fs::create_dir_all(&container).unwrap();
        fs::write(container.join("state.json"), state(name)).unwrap();
        for arguments in
            [&["ps", "-a"][..], &["ps", "-a", "--no-trunc", "--format", "json"], &["inspect", &ID[..8]], &["logs", "absent"]]
        {
            let printed = says(&program, &format!("{arguments:?}"), arguments);
            assert!(printed.contains(MARK), "{arguments:?}: {name:?} is not named in {printed}");
        }
        assert!(says(&program, "wait", &["wait", ID]).starts_with("7\n"));
        for command in ["logs", "stop", "kill", "rm", "wait", "inspect", "rmi", "exec"] {
            // Exit code 125 is the one of exec.
            if command != "exec" {
                says(&program, command, &[command, "--", name]);
            }
        }
        for filter in ["name", "status", "exited", "isolation", "id"] {
            says(&program, "--filter", &["ps", "-a", "--filter", &format!("{filter}={name}")]);
        }
        for content in [name.to_owned(), format!("{{\"{name}\""), json!({ name: name }).to_string(), "[".repeat(100_000)] {
            // On Windows, `rm` has removed it.
            fs::create_dir_all(&container).unwrap();
            fs::write(container.join("state.json"), content).unwrap();
            let printed = says(&program, "a state file that is none", &["ps", "-a"]);
            assert!(printed.contains(&ID[..12]) && printed.contains("Dead"), "{printed}");
            says(&program, "a state file that is none", &["inspect", ID]);
        }
    }
}

#[test]
fn hostile_images_are_harmless() {
    for name in HOSTILE {
        let program = Program::new();
        let store = program.folder().join("store");
        fs::create_dir_all(store.join("blobs").join("sha256")).unwrap();
        fs::write(store.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        begin_store(&store);
        let index = |name: &str| {
            json!({"schemaVersion": 2, "manifests": [{
                "mediaType": name, "digest": format!("sha256:{ID}"), "size": 1, "annotations": {"org.opencontainers.image.ref.name": name},
            }]})
            .to_string()
        };
        fs::write(store.join("index.json"), index(name)).unwrap();
        for arguments in [&["images"][..], &["images", "--format", "json"], &["rmi", "absent"], &["prune"], &["rmi", &ID[..12]]] {
            let printed = says(&program, &format!("{arguments:?}"), arguments);
            assert!(printed.contains(MARK) || arguments[1..] == ["absent"], "{arguments:?}: {name:?} is not named in {printed}");
        }
        assert!(!says(&program, "images", &["images"]).contains(MARK), "it was removed");
        fs::write(store.join("index.json"), name).unwrap();
        for command in [&["images"][..], &["prune"], &["rmi", "app"]] {
            assert!(says(&program, "a list that is none", command).contains("error: "));
        }
    }
}
