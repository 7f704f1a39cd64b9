//! `wincompat engines`, and several engines in one `check`: what is printed, as people and as programs read it.

use serde_json::{Value, json};
use wincompat::report::engines::schema;

use crate::support::committed::assert_committed;
use crate::support::program::{Answer, Program};
use crate::support::registry::Server;
use crate::support::registry::images::{Access, Images, serve};
use crate::support::registry::windows::WindowsImage;

/// Three images: of all generations, oldest first; of Windows Server 2022; and an index whose entry says no version.
fn shop() -> (Program, Server) {
    let several = ["10.0.17763.1", "10.0.20348.2402", "10.0.26100.1742"].map(WindowsImage::of);
    let images = Images::default()
        .windows("app", "several", &several)
        .windows("app", "ltsc2022", &[WindowsImage::of("10.0.20348.2402")])
        .windows("app", "unversioned", &[WindowsImage::of("10.0.17763.1").indexed("os.version", Value::Null)]);
    (Program::new(), serve(images, Access::Anyone))
}

fn engines(shop: &(Program, Server), arguments: &[&str]) -> Answer {
    Answer::of(shop.0.asking("engines", &shop.1.url("")).args(arguments))
}

#[test]
fn the_table_has_every_version_and_fits_80_columns() {
    let shop = shop();
    let hosts = ["--host", "windows-server-2025", "--host", "desk=windows-11-25h2"];
    let images = ["registry.test/app:several", "registry.test/app:ltsc2022"];
    let answer = engines(&shop, &[&hosts[..], &images].concat());
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    assert!(answer.out.lines().all(|line| line.chars().count() <= 80), "{}", answer.out);
    insta::assert_snapshot!(answer.out);
}

#[test]
fn the_same_stands_in_a_page() {
    let answer = engines(&shop(), &["--host", "windows-11-25h2", "--format", "markdown", "registry.test/app:ltsc2022"]);
    assert_eq!(answer.code, 0);
    insta::assert_snapshot!(answer.out);
}

#[test]
fn programs_get_the_published_document() {
    let shop = shop();
    let answer = engines(
        &shop,
        &["--host=windows-11-25h2", "--engine=docker/containerd@29.1.0", "--format=json", "registry.test/app:ltsc2022"],
    );
    let document = answer.json();
    let validator = jsonschema::draft202012::new(&schema().to_value()).unwrap();
    let faults: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(faults, [""; 0]);
    assert_eq!(document["schema"], "wincompat/engines/v1");
    let says = "no matching manifest for windows(10.0.26200)/amd64 in the manifest list entries: no match for platform in manifest: not found";
    assert_eq!(
        document["answers"][0]["versions"],
        json!([{
            "engine": "docker", "store": "containerd", "first": "29.0.0", "last": "29.5.3",
            "takes": {"candidate": null, "isolation": "hyperv", "outcome": "refuses", "says": says},
            "osVersion": null, "digest": null, "reasons": [],
        }])
    );
}

/// A Home edition, and a processor that is not the image's: nothing starts, and no engine has words for why.
#[test]
fn what_no_engine_says_is_told_below_the_table() {
    let images = Images::default().single("app", "1", &WindowsImage::of("10.0.26100.1"));
    let shop = (Program::new(), serve(images, Access::Anyone));
    for (host, words, code) in [
        ("--host=26100,client,home", "is a Home edition", "edition-home"),
        ("--host=26100,client,arm64", "image is for amd64, host is arm64", "architecture-mismatch"),
    ] {
        let told = [host, "--engine=docker", "registry.test/app:1"];
        let answer = engines(&shop, &told);
        assert_eq!(answer.code, 0, "{}", answer.err);
        assert!(answer.out.contains("does not start [1]"), "{}", answer.out);
        let said = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(words) && said.contains(&format!("[{code}]")), "{said}");
        let page = engines(&shop, &[&told[..], &["--format=markdown"]].concat()).out;
        assert!(page.contains(words), "{page}");
        let entry = engines(&shop, &[&told[..], &["--format=json"]].concat()).json()["answers"][0]["versions"][0].clone();
        assert_eq!(entry["reasons"][0]["code"], code, "{entry:#}");
    }
    let fits = engines(&shop, &["--host=26100,client", "--engine=docker", "--format=json", "registry.test/app:1"]).json();
    let entry = &fits["answers"][0]["versions"][0];
    assert_eq!((entry["takes"]["outcome"].as_str(), &entry["reasons"]), (Some("starts"), &json!([])), "{entry:#}");
}

/// A policy, and what an engine does not do on a host: the versions of which it is true have a note, and Windows is not quoted.
#[test]
fn what_is_not_tried_is_told_below_the_table() {
    let images = ["10.0.26100.1", "10.0.14393.1770", "10.0.17763.1"].map(|version| (version, WindowsImage::of(version)));
    let shop = images.iter().fold(Images::default(), |shop, (version, image)| shop.single("app", version, image));
    let shop = (Program::new(), serve(shop, Access::Anyone));
    let row = |arguments: &str, image: &str, first: &str| {
        let image = format!("registry.test/app:{image}");
        let arguments: Vec<&str> = arguments.split(' ').chain([image.as_str(), "--format=json"]).collect();
        let report = engines(&shop, &arguments).json();
        let rows = report["answers"][0]["versions"].as_array().unwrap();
        let row = rows.iter().find(|row| row["first"] == first).unwrap_or_else(|| panic!("{first} in {rows:#?}"));
        let codes = row["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap().to_owned());
        (codes.collect::<Vec<_>>().join(" "), row["takes"]["outcome"].as_str().unwrap().to_owned(), row["takes"]["says"].clone())
    };
    let (client, old) = ("--host=10.0.26100.1,client --isolation=process", "--host=10.0.14393.1770,server");
    for (arguments, image, first, codes) in [
        (format!("{client} --engine=docker"), "10.0.26100.1", "17.03.0", "docker-before-client-process"),
        (format!("{old} --engine=docker"), "10.0.14393.1770", "23.0.0", "host-too-old-for-docker"),
        (format!("{client} --production --engine=containerd"), "10.0.26100.1", "1.2.0", "process-not-for-production"),
        (
            "--host=10.0.20348.1,server --untrusted --engine=docker".to_owned(),
            "10.0.17763.1",
            "17.03.0",
            "build-mismatch process-not-for-untrusted",
        ),
        (
            "--host=10.0.20348.1,server --isolation=host-process --engine=containerd".to_owned(),
            "10.0.17763.1",
            "1.2.0",
            "engine-without-host-process",
        ),
        (
            "--host=10.0.20348.1,server --isolation=hyperv --engine=kubernetes".to_owned(),
            "10.0.17763.1",
            "1.2.0",
            "hyperv-does-not-widen",
        ),
    ] {
        let said = row(&arguments, image, first);
        assert_eq!(said, (codes.to_owned(), "refuses".to_owned(), Value::Null), "{arguments} {image}");
    }
    for (arguments, image, first) in [
        (format!("{client} --engine=docker"), "10.0.26100.1", "18.09.1"),
        (format!("{old} --engine=docker"), "10.0.14393.1770", "17.03.0"),
    ] {
        assert_eq!(row(&arguments, image, first), (String::new(), "starts".to_owned(), Value::Null), "{arguments} {image}");
    }
}

#[test]
fn the_published_schema_is_that_of_the_program() {
    let generated = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    assert_committed("schema/engines-v1.json", &generated);
}

/// What the index leaves out stands in the config, which is read for whatever entry any version takes.
#[test]
fn configs_of_what_is_taken_are_read() {
    let answer = engines(&shop(), &["--host=ltsc2019", "--engine=containerd", "--format=json", "registry.test/app:unversioned"]);
    let answers = answer.json()["answers"][0]["versions"].as_array().unwrap().clone();
    let taken: Vec<&Value> = answers.iter().filter(|entry| entry["takes"]["candidate"] == 0).collect();
    assert!(!taken.is_empty() && taken.iter().all(|entry| entry["osVersion"] == "10.0.17763.1"), "{answers:?}");
    assert!(answers.iter().any(|entry| entry["takes"]["outcome"] == "refuses"), "1.5 takes no entry without a version");
}

#[test]
fn an_image_that_is_not_there_is_an_error() {
    let answer = engines(&shop(), &["--host=ltsc2022", "registry.test/app:none", "registry.test/app:ltsc2022"]);
    assert_eq!(answer.code, 2);
    assert!(answer.out.contains("registry.test/app:none was not read") && answer.out.contains("hint: "), "{}", answer.out);
    assert!(answer.out.contains("kubernetes"), "{}", answer.out);
}

/// A version before all that are known, or after them, has no row, and what is said about that is true.
#[test]
fn versions_that_are_not_known_are_not_called_engines_that_pull_nothing() {
    for engine in ["docker/containerd@24.0.9", "containerd@2.3.9", "containerd@2.2.0-rc.1"] {
        let arguments = ["--host=ltsc2022", "--engine", engine, "--format=markdown", "registry.test/app:ltsc2022"];
        let answer = engines(&shop(), &arguments);
        assert_eq!(answer.code, 0, "{}", answer.err);
        assert!(answer.out.contains("the versions that were asked for are not known. Leave out the version"), "{}", answer.out);
    }
}

/// Each engine has a result of its own, and the version that is missing is spoken of where it matters.
#[test]
fn several_engines_are_asked_at_once() {
    let (program, server) = shop();
    let mut command = program.check(&server.url(""));
    let engines = ["--engine", "docker", "--engine", "docker/containerd@29.1.0,containerd@2.1.5", "--engine=containerd"];
    let answer = Answer::of(command.args(engines).args([
        "--host",
        "desk=windows-11-25h2",
        "--isolation=process",
        "--format=json",
        "registry.test/app:ltsc2022",
    ]));
    assert_eq!(answer.code, 1);
    let report = answer.json();
    let results = report["results"].as_array().unwrap();
    let said: Vec<_> = results.iter().map(|entry| (entry["host"]["label"].as_str().unwrap(), entry["ok"].as_bool())).collect();
    assert_eq!(
        said,
        [
            ("desk (docker)", Some(true)),
            ("desk (docker/containerd@29.1.0)", Some(false)),
            ("desk (containerd@2.1.5)", Some(true)),
            ("desk (containerd)", Some(false)),
        ]
    );
    let findings = |number: usize| results[number]["findings"].as_array().unwrap().clone();
    let matters = |number: usize| findings(number).into_iter().find(|finding| finding["code"] == "engine-version-matters");
    let message = matters(3).unwrap()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("containerd 2.3.4 (the newest known version)"), "{message}");
    assert!(message.contains("1.6.23 to 1.6.39"), "{message}");
    assert_eq!(matters(2), None, "its version was named");
}

/// containerd 2.2 takes no Windows Server 2022 above 26100, and its own pause image has nothing newer: no pod starts there, whatever
/// image it has.
#[test]
fn the_pause_image_of_a_node_is_checked_beside_the_others() {
    let pause = ["10.0.17763.1", "10.0.20348.1"].map(WindowsImage::of);
    let newest = ["10.0.20348.1", "10.0.26100.1"].map(WindowsImage::of);
    let images = Images::default()
        .windows("pause", "3.10.1", &pause)
        .windows("pause", "3.10", &pause)
        .windows("own", "pause", &newest)
        .windows("app", "1", &newest);
    let (program, server) = (Program::new(), serve(images, Access::Anyone));
    let checked = |arguments: &[&str]| {
        let mut command = program.check(&server.url(""));
        command.arg(format!("--mirror=registry.k8s.io={}", server.url("")));
        let host = ["--host=10.0.26200.1,server", "--format=json", "registry.test/app:1"];
        Answer::of(command.args(host).args(arguments))
    };
    for (arguments, expected) in [
        (&["--engine=kubernetes/containerd@2.2.0"][..], &[("registry.test/app:1", true)][..]),
        (
            &["--engine=kubernetes/containerd@2.2.0", "--pause"],
            &[("registry.test/app:1", true), ("registry.k8s.io/pause:3.10.1", false)],
        ),
        (
            &["--engine=kubernetes/containerd@2.0.4", "--pause"],
            &[("registry.test/app:1", true), ("registry.k8s.io/pause:3.10", true)],
        ),
        (
            &["--engine=kubernetes/containerd@2.2.0", "--pause=registry.test/own:pause"],
            &[("registry.test/app:1", true), ("registry.test/own:pause", true)],
        ),
        // One host has a pause image, the other none.
        (
            &["--engine=kubernetes/containerd@2.0.4,docker", "--isolation=process", "--pause"],
            &[("registry.test/app:1", true), ("registry.test/app:1", true), ("registry.k8s.io/pause:3.10", true)],
        ),
    ] {
        let answer = checked(arguments);
        let report = answer.json();
        let results = report["results"].as_array().unwrap();
        let said: Vec<_> =
            results.iter().map(|entry| (entry["image"]["reference"].as_str().unwrap(), entry["ok"] == true)).collect();
        assert_eq!(said, expected, "{arguments:?}");
        assert_eq!(answer.code, i32::from(expected.iter().any(|(_, ok)| !ok)), "{arguments:?}");
    }
    let refused = checked(&["--engine=docker", "--pause"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("--pause is for Kubernetes"), "{}", refused.err);
}

/// docker/cli#138 and its neighbours: an index made by `docker manifest create` has no versions, so order decides, or the config.
#[test]
fn an_index_without_versions_is_taken_by_its_order() {
    let unversioned = |version: &str| WindowsImage::of(version).indexed("os.version", Value::Null);
    let images = Images::default()
        .windows("app", "newer-first", &[unversioned("10.0.16299.19"), unversioned("10.0.14393.1770")])
        .windows("app", "own-first", &[unversioned("10.0.14393.1770"), unversioned("10.0.16299.19")])
        .windows("app", "half", &[unversioned("10.0.16299.19"), WindowsImage::of("10.0.14393.1770")]);
    let (program, server) = (Program::new(), serve(images, Access::Anyone));
    let says = |tag: &str, engine: &str| {
        let mut command = program.check(&server.url(""));
        let arguments = ["--host=10.0.14393.1770,server", "--format=json", "--engine", engine];
        let answer = Answer::of(command.args(arguments).arg(format!("registry.test/app:{tag}")));
        let report = answer.json();
        let result = &report["results"][0];
        let takes = &result["engine"]["takes"];
        (result["ok"].as_bool(), takes["candidate"].as_u64(), takes["outcome"].as_str().map(str::to_owned))
    };
    let (starts, refuses) = (Some("starts".to_owned()), Some("refuses".to_owned()));
    for (tag, engine, expected) in [
        ("newer-first", "docker@17.06.2", (Some(false), Some(0), refuses.clone())),
        ("newer-first", "docker@29.7.2", (Some(false), Some(0), refuses.clone())),
        ("own-first", "docker@20.10.27", (Some(true), Some(0), starts.clone())),
        ("half", "docker@20.10.27", (Some(true), Some(1), starts.clone())),
        // That Docker does not start on this host.
        ("own-first", "docker@29.7.2", (Some(false), Some(0), refuses.clone())),
        ("half", "docker@17.06.2", (Some(false), Some(0), refuses.clone())),
        ("newer-first", "containerd@1.5.18", (Some(false), None, refuses.clone())),
        ("newer-first", "containerd@2.0.4", (Some(false), Some(0), refuses.clone())),
        ("own-first", "containerd@2.0.4", (Some(true), Some(0), starts)),
        // No pod starts on this host.
        ("own-first", "kubernetes/containerd@2.0.4", (Some(false), Some(0), refuses)),
    ] {
        assert_eq!(says(tag, engine), expected, "{tag} {engine}");
    }
}

/// Docker compares the config of the entry that it takes, which is read also where another entry fits best.
#[test]
fn the_config_of_what_docker_takes_is_read() {
    let says_less = WindowsImage::of("10.0.26100.1").indexed("os.version", "10.0.14393.1");
    let images = Images::default().windows("app", "1", &[says_less, WindowsImage::of("10.0.18362.1")]);
    let (program, server) = (Program::new(), serve(images, Access::Anyone));
    let mut command = program.check(&server.url(""));
    let host = ["--host=10.0.19045.1,client,hyperv", "--engine=docker@29.7.2", "--format=json", "registry.test/app:1"];
    let answer = Answer::of(command.args(host));
    assert_eq!(answer.code, 1, "{}", answer.err);
    let report = answer.json();
    let takes = &report["results"][0]["engine"]["takes"];
    let says = "a Windows version 10.0.26100-based image is incompatible with a 10.0.19045 host";
    assert_eq!((&takes["candidate"], &takes["outcome"], &takes["says"]), (&json!(0), &json!("refuses"), &json!(says)));
    // The index, and a manifest and a config of each entry.
    assert_eq!(server.requests().len(), 5);
}
