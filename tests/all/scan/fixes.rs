//! `wincompat scan --suggest`, `--diff` and `--fix`: what would fit is read and judged, and only its bytes change.

use std::time::Duration;

use serde_json::json;

use super::Repository;
use crate::support::registry::images::Images;
use crate::support::registry::windows::WindowsImage;
use crate::support::started::started;

/// A repository with images for two releases, one with a suffix of its own, and one without a fitting image.
fn images() -> Images {
    let of = WindowsImage::of;
    Images::default()
        .windows("windows/servercore", "ltsc2019", &[of("10.0.17763.1")])
        .windows("windows/servercore", "ltsc2022", &[of("10.0.20348.1")])
        .windows("team/app", "1.2-nanoserver-1809", &[of("10.0.17763.1")])
        .windows("team/app", "1.2-nanoserver-ltsc2022", &[of("10.0.20348.1")])
        // It says 2022 and holds 2019: not a suggestion.
        .windows("team/liar", "1-ltsc2019", &[of("10.0.17763.1")])
        .windows("team/liar", "1-ltsc2022", &[of("10.0.17763.2")])
        .windows("team/only", "ltsc2019", &[of("10.0.17763.1")])
}

fn repository() -> Repository {
    Repository::with(images())
}

const DOCKERFILE: &str = "\u{feff}# escape=`\r\nARG TAG=\"ltsc2019\"\r\nARG OTHER=ltsc2019\r\nFROM mcr.microsoft.com/windows/servercore:${TAG}\t# no comment\r\n";
const COMPOSE: &str = "services:\r\n  web:\r\n    image: 'registry.test/team/app:1.2-nanoserver-1809'   # pinned\r\n  liar:\r\n    image: registry.test/team/liar:1-ltsc2019\r\n  \
    only:\r\n    image: registry.test/team/only:ltsc2019\r\n";

#[test]
fn what_fits_is_named_with_its_digest_and_what_only_says_so_is_not() {
    let shop = repository();
    shop.file("compose.yaml", COMPOSE);
    let answer = shop.scan(&["--host=ltsc2022", "--suggest", "--format=json"]);
    let report = answer.json();
    assert_eq!(answer.code, 1, "{answer:?}");
    let remedies: Vec<_> =
        report["results"].as_array().unwrap().iter().map(|result| &result["findings"][0]["remedies"][0]).collect();
    let value = remedies[0]["value"].as_str().unwrap();
    assert!(value.starts_with("registry.test/team/app:1.2-nanoserver-ltsc2022@sha256:"), "{value}");
    assert_eq!((&remedies[0]["kind"], &remedies[0]["verified"]), (&json!("image"), &json!(true)));
    assert_ne!(remedies[1]["verified"], json!(true), "{remedies:?}");
    assert_ne!(remedies[2]["verified"], json!(true), "{remedies:?}");
}

/// Images of Windows Server 2025 are reported to fail on clients after 24H2: the generation before them is the answer there.
#[test]
fn what_is_reported_to_fail_is_suggested_where_nothing_else_passes() {
    const SERVERCORE: &str = "mcr.microsoft.com/windows/servercore";
    let newest = |images: Images| images.windows("windows/servercore", "ltsc2025", &[WindowsImage::of("10.0.26100.1")]);
    let old = Images::default().windows("windows/servercore", "ltsc2019", &[WindowsImage::of("10.0.17763.1")]);
    for (images, expected) in [(newest(images()), "ltsc2022"), (newest(old), "ltsc2025")] {
        let shop = Repository::with(images);
        shop.file("Dockerfile", format!("FROM {SERVERCORE}:ltsc2019\nRUN dir\n"));
        let answer = shop.scan(&["--host=windows-11-25h2", "--isolation=process", "--suggest", "--format=json"]);
        let report = answer.json();
        let remedies = report["results"][0]["findings"][0]["remedies"].as_array().unwrap().clone();
        let verified = remedies.iter().find(|remedy| remedy["verified"] == json!(true)).expect("a tag was read");
        let value = verified["value"].as_str().unwrap();
        assert!(value.starts_with(&format!("{SERVERCORE}:{expected}@sha256:")), "{value}");
    }
}

/// What one host takes may fail on another: a tag that fits all hosts is the answer for each.
#[test]
fn a_tag_that_fits_every_host_is_named_for_each() {
    const SERVERCORE: &str = "mcr.microsoft.com/windows/servercore";
    let shop = Repository::with(images().windows("windows/servercore", "ltsc2025", &[WindowsImage::of("10.0.26100.1")]));
    shop.file("Dockerfile", format!("FROM {SERVERCORE}:ltsc2019\n"));
    let hosts = ["--host=old=ltsc2022", "--host=new=ltsc2025"];
    let answer = shop.scan(&[&hosts[..], &["--suggest", "--format=json"]].concat());
    let report = answer.json();
    let results = report["results"].as_array().unwrap();
    assert_eq!((answer.code, results.len()), (1, 2), "{report:#}");
    for finding in results.iter().map(|result| &result["findings"][0]) {
        let help = finding["help"].as_str().unwrap();
        assert!(help.starts_with(&format!("use {SERVERCORE}:ltsc2022")) && !help.contains("ltsc2025"), "{help}");
        let first = finding["remedies"][0]["value"].as_str().unwrap();
        assert!(first.starts_with(&format!("{SERVERCORE}:ltsc2022@sha256:")), "{finding:#}");
    }
    // It is what the change puts in, and all hosts take it.
    shop.scan(&[&hosts[..], &["--fix"]].concat());
    assert_eq!(shop.text("Dockerfile"), format!("FROM {SERVERCORE}:ltsc2022\n"));
    assert_eq!(shop.scan(&hosts).code, 0);
    // Where there is none, each advice says for which hosts it is.
    shop.file("Dockerfile", format!("FROM {SERVERCORE}:ltsc2025\n"));
    let answer = shop.scan(&["--host=older=ltsc2019", "--host=old=ltsc2022", "--suggest"]);
    for (host, tag) in [("older", "ltsc2019"), ("old", "ltsc2022")] {
        assert!(answer.out.contains(&format!("help: for {host}: use {SERVERCORE}:{tag}")), "{host}: {}", answer.out);
    }
}

/// Two builds of one Dockerfile have the same line.
#[test]
fn the_other_use_of_a_text_is_told_by_its_object() {
    let shop = repository();
    shop.file("compose.yaml", "services:\n  a: {build: .}\n  c: {build: ., platform: linux/amd64}\n");
    shop.file("Dockerfile", "FROM registry.test/team/app:1.2-nanoserver-1809\n");
    let fixed = shop.scan(&["--host=ltsc2022", "--fix"]);
    let why = "service c (Dockerfile:1) rests on it, and is for another system";
    assert!(fixed.err.contains("no file was changed") && fixed.err.contains(why), "{fixed:?}");
}

#[test]
fn only_the_bytes_of_the_reference_change() {
    let shop = repository();
    shop.file("a b/Dockerfile", "FROM mcr.microsoft.com/windows/servercore:ltsc2019\nRUN x\n");
    shop.file("Dockerfile.win", DOCKERFILE.replace("\t# no comment", ""));
    shop.file("compose.yaml", COMPOSE);
    let patch = shop.scan(&["--host=ltsc2022", "--diff"]);
    assert_eq!(patch.code, 1, "{patch:?}");
    assert!(patch.out.contains("-ARG TAG=\"ltsc2019\"\r\n+ARG TAG=\"ltsc2022\"\r\n"), "{}", patch.out);
    assert!(patch.out.contains("--- a/compose.yaml\n+++ b/compose.yaml\n"), "{}", patch.out);
    assert_eq!(shop.text("compose.yaml"), COMPOSE, "a patch changes nothing");
    let fixed = shop.scan(&["--host=ltsc2022", "--fix"]);
    assert!(fixed.err.contains("changed Dockerfile.win, a b/Dockerfile, compose.yaml"), "{fixed:?}");
    assert_eq!(shop.text("compose.yaml"), COMPOSE.replace("1.2-nanoserver-1809", "1.2-nanoserver-ltsc2022"));
    let dockerfile = DOCKERFILE.replace("\t# no comment", "");
    assert_eq!(shop.text("Dockerfile.win"), dockerfile.replace("TAG=\"ltsc2019\"", "TAG=\"ltsc2022\""));
    assert_eq!(shop.text("a b/Dockerfile"), "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN x\n");
    // What is left is what nothing fits for.
    let again = shop.scan(&["--host=ltsc2022", "--format=json"]).json();
    let failing: Vec<_> = again["results"].as_array().unwrap().iter().filter(|result| result["ok"] != json!(true)).collect();
    assert_eq!(failing.len(), 2, "{failing:#?}");
}

#[test]
fn where_nothing_fails_that_is_said() {
    let shop = repository();
    shop.file("Dockerfile", "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n");
    let fixed = shop.scan(&["--host=ltsc2022", "--fix"]);
    assert!(fixed.code == 0 && fixed.err.contains("no file was changed: no image fails"), "{fixed:?}");
}

#[test]
fn what_two_references_want_in_different_ways_stays() {
    let shop = repository();
    // One fits as it is, and the other needs another value.
    let text = "ARG TAG=ltsc2019\nFROM registry.test/team/only:${TAG} AS a\nFROM mcr.microsoft.com/windows/servercore:${TAG}\nCOPY --from=a /x /y\n";
    shop.file("Dockerfile", text);
    let fixed = shop.scan(&["--host=ltsc2022", "--fix"]);
    assert!(fixed.err.contains("no file was changed"), "{fixed:?}");
    assert_eq!(shop.text("Dockerfile"), text);
}

/// Killed at any moment, a file is the old one or the new one.
#[test]
fn a_killed_fix_tears_no_file() {
    let shop = repository();
    let old = "FROM mcr.microsoft.com/windows/servercore:ltsc2019\n".to_owned() + &"# a line\n".repeat(20_000);
    let new = old.replace("ltsc2019", "ltsc2022");
    let tree = shop.folder();
    for round in 0..20 {
        for number in 0..10 {
            shop.file(format!("{number}/Dockerfile"), &old);
        }
        let mut command = shop.program.process();
        command.current_dir(&tree).args(["scan", "--host=ltsc2022", "--fix", "--quiet"]);
        command.args(["--mirror", &format!("mcr.microsoft.com={}", shop.server.url(""))]);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = started(|| command.spawn());
        std::thread::sleep(Duration::from_millis(round * 15));
        let _ = child.kill();
        child.wait().unwrap();
        for number in 0..10 {
            let text = shop.text(&format!("{number}/Dockerfile"));
            assert!(text == old || text == new, "round {round}: file {number} has {} bytes", text.len());
        }
    }
    // What a killed run leaves behind has no name that a scan reads, and the next run does what is left.
    shop.scan(&["--host=ltsc2022", "--fix"]);
    let (code, report) = shop.report(&["--host=ltsc2022"]);
    assert_eq!((code, report["results"].as_array().unwrap().len()), (0, 10), "{report:#}");
}

#[cfg(unix)]
#[test]
fn a_link_is_not_changed() {
    let shop = repository();
    shop.program.file("outside", "FROM mcr.microsoft.com/windows/servercore:ltsc2019\n");
    std::os::unix::fs::symlink("../outside", shop.folder().join("Dockerfile")).unwrap();
    let fixed = shop.scan(&["--host=ltsc2022", "--fix", "Dockerfile"]);
    assert_ne!(fixed.code, 0, "{fixed:?}");
    assert_eq!(
        std::fs::read_to_string(shop.program.folder().join("outside")).unwrap(),
        "FROM mcr.microsoft.com/windows/servercore:ltsc2019\n"
    );
}

/// The value is changed where it stands, and nothing else is.
#[test]
fn a_value_is_changed_where_it_stands() {
    const SERVERCORE: &str = "mcr.microsoft.com/windows/servercore";
    let dockerfile = format!("ARG BASE\nFROM {SERVERCORE}:${{BASE}}\nRUN x\n");
    let image = format!("services:\r\n  a:\r\n    image: {SERVERCORE}:${{TAG}}\r\n");
    let default = format!("services:\n  a:\n    image: '{SERVERCORE}:${{TAG:-ltsc2019}}' # usual\n");
    let argument = "services:\n  a:\n    build:\n      context: .\n      args:\n        BASE: \"ltsc2019\" # old\n";
    let listed = "services:\n  a:\n    build:\n      context: .\n      args:\n        - BASE=ltsc2019\n        - OTHER\n";
    let passed = "services:\n  a:\n    build:\n      context: .\n      args:\n        BASE: ${TAG}\n";
    let target = "target \"a\" {\n  args = {\n    BASE = \"ltsc2019\" # old\n  }\n}\n";
    let variable = "\u{feff}variable \"RELEASE\" {\r\n  default = \"ltsc2019\"\r\n}\r\ntarget \"a\" {\r\n  args = { BASE = RELEASE }\r\n}\r\n";
    let json = "{\"target\": {\"a\": {\"args\": {\"BASE\": \"ltsc2019\"}}}}\n";
    let own_default = format!("ARG TAG\nFROM {SERVERCORE}:${{TAG:-ltsc2019}}\nARG TAG\nRUN x\n");
    let block = format!("services:\n  a:\n    image: >-\n      {SERVERCORE}:ltsc2019\n");
    let extends = "services:\n  a:\n    extends: {file: common/base.yaml, service: b}\n";
    let extended = format!("services:\n  b:\n    image: {SERVERCORE}:ltsc2019\n");
    let built = "services:\n  b:\n    build:\n      context: .\n      args: {BASE: '${TAG}'}\n";
    let two = "services:\n  a:\n    build:\n      context: .\n      args: {BASE: '${SUFFIX:-}${TAG}'}\n  b:\n    image: ${REGISTRY}/windows/servercore:${TAG}\n";
    let whole =
        "services:\n  a:\n    build:\n      context: .\n      args:\n        IMAGE: ${REGISTRY}/windows/servercore:${TAG}\n";
    let base = format!("ARG BASE\nFROM {SERVERCORE}:${{BASE:-ltsc2019}}\n");
    let anchor = format!("variables:\n- &image {SERVERCORE}:ltsc2019\nsteps:\n  a: {{image: *image}}\n");
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, image: '{SERVERCORE}:1'}}]}}\n"
    );
    let patch = format!(
        "resources: [pod.yaml]\npatches:\n- target: {{kind: Pod}}\n  patch: |-\n    - op: replace\n      path: /spec/containers/0/image\n      value: {SERVERCORE}:ltsc2019\n"
    );
    for (files, changed) in [
        (vec![("Dockerfile", base.as_str())], "Dockerfile"),
        (vec![(".woodpecker.yml", anchor.as_str())], ".woodpecker.yml"),
        (vec![("kustomization.yaml", patch.as_str()), ("pod.yaml", pod.as_str())], "kustomization.yaml"),
        (
            vec![
                ("compose.yaml", two),
                ("Dockerfile", dockerfile.as_str()),
                (".env", "REGISTRY=mcr.microsoft.com\nTAG=ltsc2019\n"),
            ],
            ".env",
        ),
        (
            vec![
                ("compose.yaml", whole),
                ("Dockerfile", "ARG IMAGE\nFROM ${IMAGE}\nRUN x\n"),
                (".env", "REGISTRY=mcr.microsoft.com\nTAG=ltsc2019\n"),
            ],
            ".env",
        ),
        (vec![("docker-bake.hcl", target), ("Dockerfile", dockerfile.as_str())], "docker-bake.hcl"),
        (vec![("docker-bake.hcl", variable), ("Dockerfile", dockerfile.as_str())], "docker-bake.hcl"),
        (vec![("docker-bake.json", json), ("Dockerfile", dockerfile.as_str())], "docker-bake.json"),
        (
            vec![("compose.yaml", image.as_str()), (".env", "\u{feff}OTHER=ltsc2019\r\nTAG = \"ltsc2019\"\t# since May\r\n")],
            ".env",
        ),
        (vec![("compose.yaml", default.as_str())], "compose.yaml"),
        (vec![("compose.yaml", argument), ("Dockerfile", dockerfile.as_str())], "compose.yaml"),
        (vec![("compose.yaml", listed), ("Dockerfile", dockerfile.as_str())], "compose.yaml"),
        (vec![("compose.yaml", passed), ("Dockerfile", dockerfile.as_str()), (".env", "TAG=ltsc2019\n")], ".env"),
        (vec![("Dockerfile", own_default.as_str())], "Dockerfile"),
        (vec![("compose.yaml", block.as_str())], "compose.yaml"),
        // What another file extends is changed there, or where its value stands.
        (vec![("compose.yaml", extends), ("common/base.yaml", extended.as_str())], "common/base.yaml"),
        (
            vec![
                ("compose.yaml", extends),
                ("common/base.yaml", built),
                ("common/Dockerfile", dockerfile.as_str()),
                ("common/.env", "TAG=ltsc2022\n"),
                (".env", "TAG=ltsc2019\n"),
            ],
            ".env",
        ),
    ] {
        let shop = repository();
        for (name, text) in &files {
            shop.file(name, text);
        }
        let patch = shop.scan(&["--host=ltsc2022", "--diff"]);
        assert!(patch.out.contains(&format!("+++ b/{changed}\n")), "{patch:?}");
        let fixed = shop.scan(&["--host=ltsc2022", "--fix"]);
        assert!(fixed.err.contains(&format!("changed {changed}; scan again")) && !fixed.err.contains("stays"), "{fixed:?}");
        for (name, text) in &files {
            let expected = match *name == changed {
                // The one that is used is the last.
                true => {
                    let at = text.rfind("ltsc2019").unwrap();
                    [&text[..at], "ltsc2022", &text[at + "ltsc2019".len()..]].concat()
                }
                false => (*text).to_owned(),
            };
            assert_eq!(shop.text(name), expected, "{name}");
        }
        assert_eq!(shop.scan(&["--host=ltsc2022"]).code, 0, "{files:?}");
    }
}

/// Each place that gives a build the same value is one of its own.
#[test]
fn all_places_of_a_value_change_in_one_run() {
    let dockerfile = "ARG V=ltsc2022\nFROM mcr.microsoft.com/windows/servercore:$V\n";
    for compose in [
        "services:\n  a:\n    build:\n      context: .\n      args:\n        V: &v ltsc2019 # c\n  b:\n    build: {context: ., args: {\"V\": \"ltsc2019\"}}\n  \
        c: {build: {context: ., args: [\"V=ltsc2019\"]}}\n",
        "x-win: &w ${WIN:-ltsc2019}\nservices:\n  a: {build: {context: ., args: {V: *w}}}\n  b: {build: {context: ., args: {V: \"${WIN:-ltsc2019}\"}}}\n  \
        c: {build: {context: ., args: [\"V=${WIN:-ltsc2019}\"]}}\n",
    ] {
        let shop = repository();
        shop.file("compose.yaml", compose);
        shop.file("Dockerfile", dockerfile);
        let report = shop.report(&["--host=ltsc2022"]).1;
        assert_eq!(report["results"].as_array().unwrap().len(), 1, "{report:#}");
        shop.scan(&["--host=ltsc2022", "--fix"]);
        assert_eq!(shop.text("compose.yaml"), compose.replace("ltsc2019", "ltsc2022"));
        assert_eq!(shop.scan(&["--host=ltsc2022"]).code, 0, "{compose}");
    }
    // One that is used for more stays, and the others change.
    let shop = repository();
    let compose =
        "services:\n  a: {build: {context: ., args: [V]}, environment: [V]}\n  b: {build: {context: ., args: {V: ltsc2019}}}\n";
    shop.file("compose.yaml", compose);
    shop.file(".env", "V=ltsc2019\n");
    shop.file("Dockerfile", dockerfile);
    let fixed = shop.scan(&["--host=ltsc2022", "--fix"]);
    assert!(fixed.err.contains("V of .env is also used in line 2 of compose.yaml"), "{fixed:?}");
    assert_eq!(shop.text("compose.yaml"), compose.replace("ltsc2019", "ltsc2022"));
}

/// A tag that stands in the reference itself is changed there, whatever its variables are used for.
#[test]
fn a_tag_beside_variables_is_changed_where_it_stands() {
    let compose = "services:\n  a:\n    image: ${REG}/team/app:1.2-nanoserver-1809\n    environment: [REG]\n  b:\n    image: '${REG}/team/app:${VER:-1.2}-nanoserver-1809'\n";
    let first = "ARG REG=mcr.microsoft.com\nFROM ${REG}/windows/servercore:ltsc2019\nARG REG\nRUN x\n";
    let between = "ARG REG=registry.test\nARG END=\nFROM ${REG}/team/app:1.2-nanoserver-1809${END}\n";
    let shop = repository();
    shop.file("compose.yaml", compose);
    shop.file(".env", "REG=registry.test\n");
    shop.file("first/Dockerfile", first);
    shop.file("between/Dockerfile", between);
    let fixed = shop.scan(&["--host=ltsc2022", "--fix"]);
    assert!(!fixed.err.contains("stays"), "{fixed:?}");
    for (name, old) in [("compose.yaml", compose), ("first/Dockerfile", first), ("between/Dockerfile", between)] {
        assert_eq!(shop.text(name), old.replace("1809", "ltsc2022").replace("ltsc2019", "ltsc2022"), "{name}");
    }
    assert_eq!(shop.text(".env"), "REG=registry.test\n");
    assert_eq!(shop.scan(&["--host=ltsc2022"]).code, 0);
    // A text that an alias puts under another key too stays.
    let aliased = "services:\n  a:\n    image: &i ${REG}/team/app:1.2-nanoserver-1809\n    labels: {from: *i}\n";
    shop.file("compose.yaml", aliased);
    shop.scan(&["--host=ltsc2022", "--fix"]);
    assert_eq!(shop.text("compose.yaml"), aliased);
}

/// What is used for more than one image in one way stays, and that is said.
#[test]
fn a_value_that_is_used_for_more_stays() {
    const SERVERCORE: &str = "mcr.microsoft.com/windows/servercore";
    let image = format!("services:\n  a:\n    image: {SERVERCORE}:${{TAG}}\n");
    let elsewhere = format!("{image}    environment:\n      VERSION: ${{TAG}}\n");
    let named = format!("{image}  b:\n    image: registry.test/own:${{TAG}}\n    build: .\n");
    let only = format!("{image}  b:\n    image: registry.test/team/only:${{TAG}}\n");
    let other = "services:\n  c:\n    image: mcr.microsoft.com/windows/servercore:ltsc2022\n    command: run ${TAG}\n";
    let copied = format!("services:\n  a:\n    image: {SERVERCORE}:${{COPY}}\n");
    let two = format!("services:\n  a:\n    image: {SERVERCORE}:${{A}}${{B}}\n");
    let unused = "services:\n  a:\n    build:\n      context: .\n      args: {TAG: '${TAG}', BASE: '${TAG}'}\n";
    let dockerfile = format!("ARG BASE\nFROM {SERVERCORE}:${{BASE}}\nARG TAG\nRUN x ${{TAG}}\n");
    let crowded = format!("ARG A=ltsc2019\nARG E=\nFROM {SERVERCORE}:${{A}}${{E}} AS one\nRUN x\nFROM {SERVERCORE}:${{A}}\n");
    let tagged =
        "variable \"TAG\" { default = \"ltsc2019\" }\ntarget \"a\" {\n  tags = [\"own:${TAG}\"]\n  args = { BASE = TAG }\n}\n";
    let made = "variable \"TAG\" { default = \"2019\" }\ntarget \"a\" {\n  args = { BASE = \"ltsc${TAG}\" }\n}\n";
    for (files, why) in [
        (vec![("Dockerfile", crowded.as_str())], "A is also used in line 3 of Dockerfile"),
        (
            vec![("docker-bake.hcl", tagged), ("Dockerfile", dockerfile.as_str())],
            "TAG of docker-bake.hcl is also used beside the arguments of targets",
        ),
        (vec![("docker-bake.hcl", made), ("Dockerfile", dockerfile.as_str())], "is not one plain text of these files"),
        (
            vec![("compose.yaml", elsewhere.as_str()), (".env", "TAG=ltsc2019\n")],
            "TAG of .env is also used in line 5 of compose.yaml",
        ),
        (
            vec![("compose.yaml", named.as_str()), (".env", "TAG=ltsc2019\n"), ("Dockerfile", "FROM scratch\n")],
            "TAG of .env is also used in line 5 of compose.yaml",
        ),
        (
            vec![("compose.yaml", only.as_str()), (".env", "TAG=ltsc2019\n")],
            "the text ltsc2019 of .env stays: nothing fits for service b (compose.yaml:5), which rests on it",
        ),
        (
            vec![("compose.yaml", image.as_str()), ("other.yaml", other), (".env", "TAG=ltsc2019\n")],
            "TAG of .env is also used in line 4 of other.yaml",
        ),
        (
            vec![("compose.yaml", copied.as_str()), (".env", "TAG=ltsc2019\nCOPY=${TAG}\n")],
            "is not one plain text of these files",
        ),
        (vec![("compose.yaml", two.as_str()), (".env", "A=ltsc2019\nB=\n")], "is not one plain text of these files"),
        (
            vec![("compose.yaml", unused), (".env", "TAG=ltsc2019\n"), ("Dockerfile", dockerfile.as_str())],
            "the argument TAG is also used in line 3 of Dockerfile",
        ),
    ] {
        let shop = repository();
        for (name, text) in &files {
            shop.file(name, text);
        }
        let fixed = shop.scan(&["--host=ltsc2022", "--fix"]);
        assert!(fixed.err.contains("no file was changed") && fixed.err.contains(why), "{why}: {fixed:?}");
        for (name, text) in &files {
            assert_eq!(shop.text(name), *text, "{name}");
        }
    }
    // A value that was given does not stand in a file.
    let shop = repository();
    shop.file("compose.yaml", &image);
    shop.file(".env", "TAG=1.0\n");
    let fixed = shop.scan(&["--host=ltsc2022", "--fix", "--var=TAG=ltsc2019"]);
    assert!(fixed.err.contains("no file was changed") && shop.text(".env") == "TAG=1.0\n", "{fixed:?}");
}

/// A value whose other use stands in another file, or names it without a dollar, stays too; the finding says so at its place.
#[test]
fn uses_that_are_not_written_with_a_dollar_count_too() {
    const SERVERCORE: &str = "mcr.microsoft.com/windows/servercore";
    const ENV: (&str, &str) = (".env", "TAG=ltsc2019\n");
    let image = format!("services:\n  a:\n    image: {SERVERCORE}:${{TAG}}\n");
    let with = |text: &str| format!("{image}{text}");
    let including = format!("include:\n  - inner/compose.yaml\n{image}");
    let include_env = format!("include:\n  - path: inner/compose.yaml\n    env_file: own.env\n{image}");
    let inner = "services:\n  b:\n    image: registry.test/team/only:ltsc2022\n    command: run ${TAG}\n";
    let built = format!(
        "services:\n  a:\n    image: {SERVERCORE}:${{TAG}}\n  b:\n    build:\n      context: ./elsewhere\n      args: [TAG]\n"
    );
    let inline = format!(
        "{image}  b:\n    build:\n      context: .\n      args: {{BASE: '${{TAG}}'}}\n      dockerfile_inline: |\n        ARG BASE\n        FROM {SERVERCORE}:$${{BASE}}\n"
    );
    let aliased = format!("services:\n  a:\n    image: &image {SERVERCORE}:ltsc2019\n    environment:\n      BASE: *image\n");
    let aliased_argument =
        "services:\n  a:\n    build: {context: ., args: {BASE: &base ltsc2019}}\n    environment: {VERSION: *base}\n".to_owned();
    let passing = format!("ARG BASE\nFROM {SERVERCORE}:${{BASE}}\n");
    let aliased_value =
        format!("services:\n  a:\n    image: &image {SERVERCORE}:${{TAG}}\n    environment:\n      BASE: *image\n");
    let extends = format!("{image}    extends:\n      file: common.yaml\n      service: base\n");
    let generator = "configMapGenerator:\n- name: values\n  envs:\n  - .env\n";
    let used = format!("ARG TAG=ltsc2019\nFROM {SERVERCORE}:${{TAG}}\nARG TAG\nRUN fetch %TAG%\n");
    let linux = format!(
        "ARG TAG=ltsc2019\nFROM --platform=linux/amd64 registry.test/tool:${{TAG}} AS tool\nFROM {SERVERCORE}:${{TAG}}\nCOPY --from=tool /x /x\n"
    );
    let named = format!(
        "ARG TAG=ltsc2019\nFROM scratch AS files-ltsc2019\nFROM files-${{TAG}} AS files\nFROM {SERVERCORE}:${{TAG}}\nCOPY --from=files /x /x\n"
    );
    let composed = format!("ARG TAG=ltsc2019\nARG NAME=app-${{TAG}}\nFROM {SERVERCORE}:${{TAG}}\n");
    let broken = format!("ARG BASE\nFROM {SERVERCORE}:${{BASE}}\nRUNN x\n");
    let argument = "services:\n  a:\n    build:\n      context: .\n      args:\n        BASE: ltsc2019\n";
    for (files, why) in [
        (
            vec![("compose.yaml", including.as_str()), ("inner/compose.yaml", inner), ENV],
            "TAG of .env is also used in line 4 of inner/compose.yaml",
        ),
        (
            vec![
                ("compose.yaml", include_env.as_str()),
                ("inner/compose.yaml", "services: {b: {image: 'registry.test/team/only:ltsc2022'}}\n"),
                ("own.env", "OTHER=${TAG}\n"),
                ENV,
            ],
            "TAG of .env is also used in own.env",
        ),
        (vec![("compose.yaml", &with("    env_file: .env\n")), ENV], ".env is also used in line 4 of compose.yaml"),
        (
            vec![("compose.yaml", &with("    env_file:\n      - path: ./.env\n")), ENV],
            ".env is also used in line 5 of compose.yaml",
        ),
        (
            vec![("compose.yaml", &with("    volumes: ['./.env:/app/.env:ro']\n")), ENV],
            ".env is also used in line 4 of compose.yaml",
        ),
        (
            vec![("compose.yaml", &image), ("kustomization.yaml", generator), ENV],
            ".env is also used in line 4 of kustomization.yaml",
        ),
        (vec![("compose.yaml", &with("    environment: [TAG]\n")), ENV], "TAG of .env is also used in line 4 of compose.yaml"),
        (
            vec![("compose.yaml", &with("    environment:\n      TAG:\n")), ENV],
            "TAG of .env is also used in line 5 of compose.yaml",
        ),
        (
            vec![("compose.yaml", &with("secrets:\n  s: {environment: TAG}\n")), ENV],
            "TAG of .env is also used in line 5 of compose.yaml",
        ),
        (
            vec![("compose.yaml", &with("configs:\n  c: {environment: TAG}\n")), ENV],
            "TAG of .env is also used in line 5 of compose.yaml",
        ),
        (
            vec![("compose.yaml", extends.as_str()), ("common.yaml", "services: {base: {command: 'run ${TAG}'}}\n"), ENV],
            "TAG of .env is also used by the service base of common.yaml",
        ),
        (vec![("compose.yaml", built.as_str()), ENV], "the argument TAG is used by elsewhere/Dockerfile, which is not read"),
        (vec![("compose.yaml", inline.as_str()), ENV], "is also used by the Dockerfile of service b"),
        (vec![("compose.yaml", aliased.as_str())], "aliases put its text under other keys too"),
        (
            vec![("compose.yaml", aliased_argument.as_str()), ("Dockerfile", passing.as_str())],
            "aliases put its text under other keys too",
        ),
        (vec![("compose.yaml", aliased_value.as_str()), ENV], "TAG of .env is also used in line 3 of compose.yaml"),
        (vec![("Dockerfile", used.as_str())], "TAG is also used in line 3 of Dockerfile"),
        (
            vec![("Dockerfile", linux.as_str())],
            "the text ltsc2019 stays: stage tool (Dockerfile:2) rests on it, and is for another system",
        ),
        (vec![("Dockerfile", named.as_str())], "TAG is also used in line 3 of Dockerfile"),
        (vec![("Dockerfile", composed.as_str())], "TAG is also used in line 2 of Dockerfile"),
        (
            vec![("compose.yaml", argument), ("Dockerfile", broken.as_str())],
            "the argument BASE is also used behind line 3, as far as is known",
        ),
    ] {
        let shop = repository();
        for (name, text) in &files {
            shop.file(name, text);
        }
        let fixed = shop.scan(&["--host=ltsc2022", "--fix", "--format=json"]);
        assert!(fixed.err.contains("no file was changed") && fixed.err.contains(why), "{why}: {fixed:?}");
        for (name, text) in &files {
            assert_eq!(shop.text(name), *text, "{name}");
        }
        let report = fixed.json();
        let mut helps = report["results"].as_array().unwrap().iter().filter_map(|one| one["findings"][0]["help"].as_str());
        assert!(helps.any(|help| help.contains(":ltsc2022; ") && help.contains(why)), "{why}: {report:#}");
    }
}

/// A value of which every use is an image that gets right by it is changed, in whatever file the use stands.
#[test]
fn a_value_whose_every_use_gets_right_is_changed() {
    const SERVERCORE: &str = "mcr.microsoft.com/windows/servercore";
    let image = format!("services:\n  a:\n    image: {SERVERCORE}:${{TAG}}\n");
    let including = format!("include:\n  - inner/compose.yaml\n{image}");
    let inner = image.replace("  a:", "  b:");
    let kept = format!("x-image: &image {SERVERCORE}:${{TAG}}\nservices:\n  a: {{image: *image}}\n  b: {{image: *image}}\n");
    let two =
        "services:\n  a: {build: {context: ., target: one, args: [TAG]}}\n  b: {build: {context: ., target: two, args: [TAG]}}\n";
    let stages = format!("ARG TAG\nFROM {SERVERCORE}:${{TAG}} AS one\nFROM {SERVERCORE}:${{TAG}} AS two\n");
    let default = format!(
        "ARG TAG=ltsc2019\nFROM {SERVERCORE}:${{TAG}} AS one\nRUN x\nFROM {SERVERCORE}:${{TAG}}\nARG OTHER\nARG TAG=mine\n"
    );
    for (files, changed) in [
        (vec![("compose.yaml", including.as_str()), ("inner/compose.yaml", inner.as_str()), (".env", "TAG=ltsc2019\n")], ".env"),
        (vec![("compose.yaml", kept.as_str()), (".env", "TAG=ltsc2019\n")], ".env"),
        (vec![("compose.yaml", two), ("Dockerfile", stages.as_str()), (".env", "TAG=ltsc2019\n")], ".env"),
        (vec![("Dockerfile", default.as_str())], "Dockerfile"),
    ] {
        let shop = repository();
        for (name, text) in &files {
            shop.file(name, text);
        }
        let fixed = shop.scan(&["--host=ltsc2022", "--fix"]);
        assert!(fixed.err.contains(&format!("changed {changed}; scan again")), "{fixed:?}");
        for (name, text) in &files {
            let expected = if *name == changed { text.replacen("ltsc2019", "ltsc2022", 1) } else { (*text).to_owned() };
            assert_eq!(shop.text(name), expected, "{name}");
        }
        assert_eq!(shop.scan(&["--host=ltsc2022"]).code, 0, "{files:?}");
    }
}

/// Of files that were not named, the other uses are not known.
#[test]
fn only_files_that_were_named_are_changed() {
    let shop = repository();
    shop.file("compose.yaml", "services:\n  a:\n    image: mcr.microsoft.com/windows/servercore:${TAG}\n");
    shop.file(".env", "TAG=ltsc2019\n");
    let fixed = shop.scan(&["--host=ltsc2022", "--fix", "compose.yaml"]);
    assert!(fixed.err.contains("it is not below the paths that were named"), "{fixed:?}");
    assert_eq!(shop.text(".env"), "TAG=ltsc2019\n");
}

/// A patch is applied by the tools that people have, whatever the files look like.
#[cfg(unix)]
#[test]
fn patches_apply_with_patch_and_git() {
    use std::process::{Command, Stdio};

    const OLD: &str = "FROM mcr.microsoft.com/windows/servercore:ltsc2019";
    let files = [
        ("marked/Dockerfile", format!("\u{feff}# first\n{OLD}\n# last\n")),
        ("first/Dockerfile", format!("\u{feff}{OLD}\r\nRUN x\r\n")),
        ("crlf/Dockerfile", format!("# escape=`\r\n{OLD}\r\nRUN [Net.IPAddress]::Any\r\n\r\n")),
        ("mixed/Dockerfile", format!("# a\n# b\r\n{OLD}\t# c\n").replace("\t# c", "")),
        ("open end/Dockerfile", OLD.to_owned()),
        ("open crlf/Dockerfile", format!("# a\r\n{OLD}")),
        ("tabs\tand \"quotes\"/Dockerfile", format!("\t{OLD}\n## x\n")),
        ("back\\slash/Dockerfile", format!("{OLD}\n")),
        ("größe/Dockerfile", format!("# ä\n{OLD}\n# ö\n")),
    ];
    for program in ["patch", "git"] {
        let is_there = Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
        if !is_there {
            eprintln!("skipped: {program} is not installed");
            continue;
        }
        let shop = repository();
        for (name, text) in &files {
            shop.file(name, text);
        }
        // Lines that a log takes for commands cannot be shown as they are.
        shop.file("hostile/Dockerfile", format!("{OLD}\n  ::error::x\n"));
        let patch = shop.scan(&["--host=ltsc2022", "--diff"]);
        assert!(patch.err.contains("hostile/Dockerfile is not in the patch"), "{patch:?}");
        let path = shop.program.file("changes.patch", &patch.out);
        let mut command = Command::new(program);
        match program {
            "patch" => command.args(["-p1", "--batch", "--fuzz=0", "--input"]).arg(&path),
            _ => command.args(["apply", "--whitespace=nowarn"]).arg(&path),
        };
        let applied = command.current_dir(shop.folder()).output().unwrap();
        assert!(applied.status.success(), "{program}: {applied:?}\n{}", patch.out);
        for (name, text) in &files {
            assert_eq!(shop.text(name), text.replace("ltsc2019", "ltsc2022"), "{program}: {name}");
        }
    }
}

#[test]
fn what_a_patch_of_kustomize_deploys_is_judged_where_it_stands_and_corrected_there() {
    let shop = repository();
    let container = |image: &str| format!("{{name: web, image: '{image}'}}");
    let deployment = |container: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{spec: {{containers: [{container}]}}}}}}\n"
        )
    };
    shop.file("base/web.yaml", deployment(&container("mcr.microsoft.com/windows/servercore:ltsc2022")));
    shop.file("base/kustomization.yaml", "resources: [web.yaml]\n");
    shop.file("test/kustomization.yaml", "resources: [../base]\n");
    let old = deployment(&container("mcr.microsoft.com/windows/servercore:ltsc2019"));
    shop.file("prod/image.yaml", old.as_str());
    shop.file("prod/kustomization.yaml", "resources: [../base]\npatches: [{path: image.yaml}]\n");
    let places = |report: &serde_json::Value| -> Vec<(String, bool)> {
        let results = report["results"].as_array().unwrap().iter();
        let place = |one: &serde_json::Value| (one["location"]["file"].as_str().unwrap().to_owned(), one["ok"] == true);
        results.map(place).collect()
    };
    let (code, report) = shop.report(&["--host", "ltsc2022", "--isolation", "process"]);
    assert_eq!(code, 1);
    assert_eq!(places(&report), [("base/web.yaml".to_owned(), true), ("prod/image.yaml".to_owned(), false)], "{report}");
    shop.scan(&["--host", "ltsc2022", "--isolation", "process", "--fix"]);
    assert_eq!(shop.text("prod/image.yaml"), old.replace("ltsc2019", "ltsc2022"));
    assert_eq!(shop.report(&["--host", "ltsc2022", "--isolation", "process"]).0, 0);
}
