//! What can be asked of a store on every system: its containers, their logs, its images.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use wincompat::image::Digest;
use wincompat::internals::oci::layout::Folder;
use wincompat::report::{census, containers, images};

use crate::support::committed::assert_committed;
use crate::support::program::{Answer, Program};
use crate::support::started::started;
use crate::support::{begin_store, handles};

const ID: &str = "4c01db0b339c8d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90";

/// A store with one ended container named `web`, and its log.
struct Store(Program);

impl Store {
    fn new() -> Self {
        let store = Self(Program::new());
        begin_store(&store.root());
        fs::create_dir_all(store.container()).unwrap();
        let state = json!({
            "schema": "wincompat/container/v1",
            "request": {
                "name": "web", "image": "example.com/app:1", "isolation": "hyperv", "layers": [], "hostName": null,
                "process": {"commandLine": "cmd /c exit 7", "user": "", "workingDirectory": "", "environment": {"A": "b"},
                    "stdin": false, "console": null},
                "mounts": [], "pipes": [], "network": "any", "ports": [], "memoryMib": null, "cpus": null, "remove": false,
                "labels": {"tier": "front", "empty": ""},
            },
            "created": "2026-11-25T08:00:00Z", "started": "2026-11-25T08:00:01Z", "finished": "2026-11-25T08:00:02Z",
            "processId": 1, "exitCode": 0xc000_013au32, "address": null, "taken": [],
        });
        fs::write(store.container().join("state.json"), state.to_string()).unwrap();
        let line = |number: u32| {
            let stream = if number.is_multiple_of(2) { "stderr" } else { "stdout" };
            format!("{{\"time\":\"2026-11-25T08:00:0{number}Z\",\"stream\":\"{stream}\",\"text\":\"line {number}\\n\"}}\n")
        };
        fs::write(store.container().join("log.1.jsonl"), line(1) + &line(2)).unwrap();
        let bytes = "{\"time\":\"2026-11-25T08:00:05Z\",\"stream\":\"stdout\",\"bytes\":\"/wo=\"}\n";
        fs::write(store.container().join("log.jsonl"), line(3) + &line(4) + bytes).unwrap();
        store
    }

    fn root(&self) -> PathBuf {
        self.0.folder().join("store")
    }

    fn container(&self) -> PathBuf {
        self.root().join("containers").join(ID)
    }

    /// Exit code, standard output and standard error.
    fn says(&self, arguments: &[&str]) -> (i32, Vec<u8>, String) {
        let output = started(|| self.0.command().args(arguments).env("WINCOMPAT_ROOT", self.root()).output());
        (output.status.code().unwrap(), output.stdout, String::from_utf8(output.stderr).unwrap())
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let (code, out, err) = self.says(arguments);
        assert_eq!(code, 0, "{err}");
        serde_json::from_slice(&out).unwrap()
    }
}

#[test]
fn logs_come_from_both_files_to_both_streams() {
    let store = Store::new();
    let cases: [(&[&str], &[u8], &str); 8] = [
        (&[], b"line 1\nline 3\n\xff\n", "line 2\nline 4\n"),
        (&["-f"], b"line 1\nline 3\n\xff\n", "line 2\nline 4\n"),
        (&["--tail", "2"], b"\xff\n", "line 4\n"),
        (&["-n", "0", "-f"], b"", ""),
        (&["-n", "99"], b"line 1\nline 3\n\xff\n", "line 2\nline 4\n"),
        (&["--since", "2026-11-25T08:00:03Z", "--until", "2026-11-25T08:00:04Z"], b"line 3\n", "line 4\n"),
        (&["--since", "2026-11-25T08:00:02Z", "--until", "2026-11-25T08:00:04Z", "--tail", "1"], b"", "line 4\n"),
        (&["-t", "--tail", "2"], b"2026-11-25T08:00:05.000000000Z \xff\n", "2026-11-25T08:00:04.000000000Z line 4\n"),
    ];
    for (arguments, out, err) in cases {
        for name in ["web", &ID[..12], ID] {
            let got = store.says(&[&["logs"], arguments, &[name]].concat());
            assert_eq!(got, (0, out.to_vec(), err.to_owned()), "{arguments:?}");
        }
    }
}

/// Nothing is waited for once something was written after that time.
#[test]
fn a_log_that_is_followed_up_to_a_time_that_has_passed_ends_while_the_container_runs() {
    let store = Store::new();
    // As the monitor of a container that runs holds it.
    let lock = fs::File::create(store.container().join("lock")).unwrap();
    lock.lock().unwrap();
    for (tail, out, err) in [("all", "line 1\nline 3\n", "line 2\nline 4\n"), ("1", "", "line 4\n")] {
        let got = store.says(&["logs", "-f", "--until", "2026-11-25T08:00:04Z", "--tail", tail, "web"]);
        assert_eq!(got, (0, out.as_bytes().to_vec(), err.to_owned()), "{tail}");
    }
}

/// A line that is printed is typed as it stands: without the store it would be for another one.
#[test]
fn commands_in_hints_name_the_store_that_was_given() {
    let store = Store::new();
    let root = store.root().to_str().unwrap().to_owned();
    let never: &[&str] = &["run", "--dry-run", "--host=ltsc2022", "--offline", "--pull=never", "registry.test/app:1"];
    let mut cases = vec![
        (&["rmi", "none"][..], format!("`wincompat pull --root {root} IMAGE`")),
        (never, format!("`wincompat pull --root {root} registry.test/app:1`")),
    ];
    if std::env::consts::FAMILY != "windows" {
        cases.push((&["ps"], format!("`wincompat ps --root {root} -a`")));
    }
    for (arguments, line) in cases {
        let (command, rest) = arguments.split_first().unwrap();
        let typed = Answer::of(store.0.command().args([command, "--root", &root]).args(rest));
        assert!(typed.code != 0 && typed.err.contains(&line), "{arguments:?}: {typed:?}");
        // The variable may be set for this call alone.
        let (_, _, err) = store.says(arguments);
        assert!(err.contains(&line), "{arguments:?}: {err}");
        let unnamed = Answer::of(store.0.command().args(arguments));
        assert!(!unnamed.err.contains(&root), "{arguments:?}: {unnamed:?}");
    }
}

#[test]
fn a_container_without_a_log_and_one_that_is_not_there() {
    let store = Store::new();
    for file in ["log.jsonl", "log.1.jsonl"] {
        fs::remove_file(store.container().join(file)).unwrap();
    }
    for (name, what) in [("web", "the container web has no log"), ("absent", "there is no container absent")] {
        let (code, out, err) = store.says(&["logs", name]);
        assert_eq!((code, out.len()), (2, 0));
        assert!(err.contains(what) && err.contains("\nhint: "), "{err}");
    }
}

#[test]
fn ps_and_inspect_say_what_stands_in_the_store() {
    let store = Store::new();
    let document = store.json(&["ps", "-a", "--format", "json"]);
    let schema = serde_json::to_value(containers::schema()).unwrap();
    jsonschema::validate(&schema, &document).unwrap();
    let [container] = document["containers"].as_array().unwrap().as_slice() else { panic!("{document}") };
    assert_eq!((&container["status"], &container["exitCode"]), (&json!("exited"), &json!(0xc000_013au32)));
    assert_eq!(store.json(&["inspect", "web"])["containers"][0]["request"]["process"]["environment"], json!({"A": "b"}));
    assert_eq!(store.json(&["inspect", "web"])["containers"][0]["request"]["labels"], json!({"tier": "front", "empty": ""}));
    let table = String::from_utf8(store.says(&["ps", "-a"]).1).unwrap();
    assert!(table.contains("Exited") && table.contains("(0xC000013A)"), "{table}");
    for (filters, is_shown) in [
        (&["status=exited"][..], true),
        (&["status=dead"], false),
        (&["status=dead", "status=exited"], true),
        (&["exited=0xC000013A"], true),
        (&["exited=-1073741510", "name=we"], true),
        (&["exited=7"], false),
        (&["status=exited", "ancestor=example.com/app"], true),
        (&["status=exited", "ancestor=example.com/ap"], false),
        (&["status=exited", "isolation=process"], false),
        (&["status=exited", "id=4c01", "name=web"], true),
        (&["status=exited", "label=tier"], true),
        (&["status=exited", "label=tier=front", "label=empty="], true),
        (&["status=exited", "label=tier=front", "label=other"], false),
        (&["status=exited", "label=tier=back"], false),
    ] {
        let filters = filters.iter().flat_map(|filter| ["--filter", filter]);
        let (code, out, err) = store.says(&["ps", "-q"].into_iter().chain(filters.clone()).collect::<Vec<_>>());
        assert_eq!((code, err.as_str()), (0, ""));
        let expected = if is_shown { "4c01db0b339c\n" } else { "" };
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{:?}", filters.collect::<Vec<_>>());
    }
    let (code, out, _) = store.says(&["inspect", "absent", "web"]);
    assert_eq!(code, 2);
    assert_eq!(serde_json::from_slice::<Value>(&out).unwrap()["containers"].as_array().unwrap().len(), 1);
}

#[test]
fn of_many_names_all_are_tried() {
    let store = Store::new();
    let (code, out, err) = store.says(&["wait", "absent", "web", "other"]);
    assert_eq!((code, String::from_utf8(out).unwrap().as_str()), (2, "3221225786\n"));
    assert_eq!(err.matches("error: there is no container").count(), 2, "{err}");
}

#[test]
fn a_store_that_is_not_there_has_nothing_and_is_not_made() {
    let store = Store(Program::new());
    assert_eq!(store.json(&["ps", "-a", "--format", "json"])["containers"], json!([]));
    assert_eq!(store.json(&["images", "--format", "json"])["images"], json!([]));
    assert_eq!(store.says(&["prune"]), (0, Vec::new(), "Nothing to remove.\n".to_owned()));
    assert_eq!(store.says(&["prune", "-q"]), (0, Vec::new(), String::new()));
    for command in ["logs", "inspect", "wait", "rmi"] {
        let (code, _, err) = store.says(&[command, "web"]);
        assert!(code == 2 && err.contains("hint: "), "{command}: {err}");
    }
    assert!(!store.root().exists());
}

#[cfg(not(windows))]
#[test]
fn what_needs_windows_says_so() {
    let store = Store::new();
    for (arguments, exit_code) in
        [(&["ps"][..], 2), (&["stop", "web"], 2), (&["kill", "web"], 2), (&["rm", "web"], 2), (&["exec", "web", "cmd"], 125)]
    {
        let (code, out, err) = store.says(arguments);
        assert_eq!((code, out.len()), (exit_code, 0), "{arguments:?}");
        assert!(err.starts_with("error: containers run on Windows only\n") && err.contains("\nhint: "), "{err}");
    }
    assert!(store.container().exists());
}

#[test]
fn images_are_listed_and_removed() {
    let store = Store(Program::new());
    let blobs = Folder::create(handles(), store.root()).unwrap();
    let layer = blobs.put(b"layer").unwrap();
    let config =
        json!({"os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1", "created": "2026-11-01T00:00:00Z",
        "rootfs": {"type": "layers", "diff_ids": [layer]}})
        .to_string();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": blobs.put(config.as_bytes()).unwrap(),
            "size": config.len()},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": 5}],
    })
    .to_string();
    let entry = json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": blobs.put(manifest.as_bytes()).unwrap(),
        "size": manifest.len(), "annotations": {"org.opencontainers.image.ref.name": "docker.io/library/app:1"}});
    blobs.update_index(std::time::Duration::from_secs(30), |list| list.push(entry)).unwrap();

    let document = store.json(&["images", "--format", "json"]);
    jsonschema::validate(&serde_json::to_value(images::schema()).unwrap(), &document).unwrap();
    let digest = Digest::of(manifest.as_bytes());
    assert_eq!(
        document["images"],
        json!([{"name": "docker.io/library/app:1", "repository": "docker.io/library/app", "tag": "1", "digest": digest,
            "created": "2026-11-01T00:00:00Z", "architecture": "amd64", "osVersion": "10.0.20348.1", "size": 5}])
    );
    assert_eq!(store.says(&["images", "-q"]).1, format!("{}\n", &digest.hex()[..12]).into_bytes());
    let (code, out, err) = store.says(&["rmi", "absent:1", "app:1"]);
    let out = String::from_utf8(out).unwrap();
    assert!(code == 2 && err.contains("the store has no image absent:1"), "{err}");
    assert!(out.starts_with("Untagged: docker.io/library/app:1\nDeleted: sha256:") && out.lines().count() == 4, "{out}");
    assert_eq!(store.json(&["images", "--format", "json"])["images"], json!([]));
    assert!(blobs.blobs().unwrap().is_empty());
}

#[test]
fn the_published_schemas_are_those_of_the_documents() {
    for (file, schema) in
        [("containers-v1", containers::schema()), ("images-v1", images::schema()), ("layers-v1", census::schema())]
    {
        let generated = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        assert_committed(&format!("schema/{file}.json"), &generated);
    }
}
