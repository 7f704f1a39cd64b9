//! `wincompat scan --write-lock`, `--locked` and `--verify-lock`: what references stood for, checked again.

use serde_json::{Value, json};

use super::{Repository, summary};
use crate::support::program::{Answer, codes};
use crate::support::registry::images::{Access, Images, serve};
use crate::support::registry::windows::WindowsImage;

/// The images of `registry.test/team/app`: the tag moves from one to the other.
fn images(version: &str) -> Images {
    let linux = json!({"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 2,
        "digest": format!("sha256:{}", "0".repeat(64)), "platform": {"os": "linux", "architecture": "amd64"}}]});
    Images::default()
        .windows("team/app", "1", &[WindowsImage::of(version), WindowsImage::of("10.0.17763.1")])
        .windows("team/old", "1", &[WindowsImage::of("10.0.17763.5")])
        .tagged("team/linux", "1", "application/vnd.oci.image.index.v1+json", linux.to_string())
}

const FILE: &str = "services:\n  a: {image: 'registry.test/team/app:1'}\n  b: {image: 'registry.test/team/old:1'}\n  c: {image: 'registry.test/team/linux:1'}\n";

fn locked() -> Repository {
    let shop = Repository::with(images("10.0.20348.7"));
    shop.file("compose.yaml", FILE);
    let answer = shop.scan(&["--host=ltsc2022", "--write-lock=images.lock"]);
    assert!(answer.code == 1 && answer.err.contains("3 images are in images.lock now"), "{answer:?}");
    shop
}

#[test]
fn a_lock_answers_as_the_registry_did_and_nothing_is_asked() {
    let shop = locked();
    let (code, online) = shop.report(&["--host=ltsc2022"]);
    let asked = shop.asked().len();
    let (locked_code, report) = shop.report(&["--host=ltsc2022", "--locked=images.lock", "--no-cache"]);
    assert_eq!((code, shop.asked().len()), (locked_code, asked));
    assert_eq!(summary(&report), summary(&online));
    for (one, other) in report["results"].as_array().unwrap().iter().zip(online["results"].as_array().unwrap()) {
        assert_eq!(one["image"]["source"], json!("lock"));
        for field in ["verdict", "use", "findings", "candidates"] {
            assert_eq!(one[field], other[field], "{field}");
        }
        assert_eq!(one["image"]["digest"], other["image"]["digest"]);
        assert_eq!(one["image"]["osVersion"], other["image"]["osVersion"]);
    }
    // What is not in it is an error of its own.
    shop.file("more.yaml", "services:\n  d: {image: 'registry.test/team/more:1'}\n");
    let (code, report) = shop.report(&["--host=ltsc2019", "--locked=images.lock", "more.yaml"]);
    assert_eq!((code, &report["errors"][0]["kind"]), (2, &json!("not-locked")), "{report:#}");
    assert_eq!((&report["errors"][0]["location"]["line"], shop.asked().len()), (&json!(2), asked));
    let answer = shop.scan(&["--host=ltsc2022", "--locked=images.lock"]);
    assert!(answer.err.contains("answered from the lock alone, whose oldest entry is of 20"), "{answer:?}");
}

#[test]
fn a_lock_is_written_as_it_was_and_keeps_its_days() {
    let shop = locked();
    let text = shop.text("images.lock");
    let lock: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(lock["schema"], json!("wincompat/lock/v1"));
    let app = &lock["images"]["registry.test/team/app:1"];
    assert_eq!(app["candidates"][0]["osVersion"], json!("10.0.20348.7"));
    assert_eq!(app["candidates"][0]["config"]["osVersion"], json!("10.0.20348.7"));
    assert!(text.ends_with("}\n") && text.find("team/app").unwrap() < text.find("team/old").unwrap());
    let older = text.replace(app["date"].as_str().unwrap(), "2020-01-31");
    shop.file("images.lock", &older);
    shop.scan(&["--host=ltsc2022", "--write-lock=images.lock"]);
    assert_eq!(shop.text("images.lock"), older);
    // One that cannot be read now stays, and what no file names goes.
    shop.file("compose.yaml", FILE.replace("c:", "#"));
    let answer = shop.scan(&["--host=ltsc2022", "--write-lock=images.lock", "--allow-registry=other.test"]);
    assert!(answer.err.contains("2 images could not be read whole"), "{answer:?}");
    let lock: Value = serde_json::from_str(&shop.text("images.lock")).unwrap();
    assert_eq!(
        lock["images"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["registry.test/team/app:1", "registry.test/team/old:1"]
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |name: &str| shop.folder().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode("images.lock"), mode("compose.yaml"));
    }
}

#[test]
fn a_tag_that_moved_is_a_finding() {
    let shop = locked();
    let moved = Repository { server: serve(images("10.0.20348.8"), Access::Anyone), program: shop.program };
    let scanned = |arguments: &[&str]| moved.report(&[&["--host=ltsc2019", "--verify-lock=images.lock"], arguments].concat());
    let (code, report) = scanned(&[]);
    let results = report["results"].as_array().unwrap();
    assert_eq!((code, results.len()), (0, 2), "{report:#}");
    assert!(codes(&results[0]).contains(&"tag-moved") && !codes(&results[1]).contains(&"tag-moved"), "{report:#}");
    assert_eq!(scanned(&["--deny=tag-moved"]).0, 1);
    assert_eq!(scanned(&["--deny=warnings"]).0, 1);
    let text = moved.scan(&["--host=ltsc2019", "--verify-lock=images.lock"]).out;
    assert!(text.contains("warning[tag-moved]") && text.contains("this tag stood for sha256:"), "{text}");
    moved.file("more.yaml", "services:\n  d: {image: 'registry.test/team/old:2'}\n");
    let answer = moved.scan(&["--host=ltsc2019", "--verify-lock=images.lock"]);
    assert!(answer.err.contains("registry.test/team/old:2: not in the lock"), "{answer:?}");
}

/// What was to run on Windows is not left out because its tag is for Linux now.
#[test]
fn a_tag_that_moved_to_another_system_fails() {
    let shop = locked();
    let linux = |digit: &str| {
        json!({"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 2,
            "digest": format!("sha256:{}", digit.repeat(64)), "platform": {"os": "linux", "architecture": "amd64"}}]})
        .to_string()
    };
    let index = "application/vnd.oci.image.index.v1+json";
    let images = Images::default()
        .tagged("team/app", "1", index, linux("1"))
        .windows("team/old", "1", &[WindowsImage::of("10.0.17763.5")])
        .tagged("team/linux", "1", index, linux("2"));
    let moved = Repository { server: serve(images, Access::Anyone), program: shop.program };
    for arguments in
        [&["--verify-lock=images.lock", "--deny=tag-moved"][..], &["--verify-lock=images.lock", "--write-lock=new.lock"]]
    {
        let (code, report) = moved.report(&[&["--host=ltsc2019"], arguments].concat());
        let results = report["results"].as_array().unwrap();
        assert_eq!((code, results.len()), (1, 2), "{report:#}");
        assert_eq!(results[0]["image"]["reference"], json!("registry.test/team/app:1"));
        let found = codes(&results[0]);
        assert!(found.contains(&"tag-moved") && found.contains(&"linux-image"), "{report:#}");
    }
    // One that was for Linux before is left out.
    let answer = moved.scan(&["--host=ltsc2019", "--verify-lock=images.lock"]);
    assert!(answer.err.contains("1 of 3 references left out"), "{answer:?}");
}

#[test]
fn what_is_not_a_lock_is_said_and_not_overwritten() {
    let shop = locked();
    let failed = |text: &str, why: &str| {
        shop.file("other", text);
        for option in ["locked", "verify-lock", "write-lock"] {
            let answer: Answer = shop.scan(&["--host=ltsc2022", &format!("--{option}=other")]);
            assert!(answer.code == 2 && answer.err.contains(why) && answer.err.contains("hint:"), "{option} {why}: {answer:?}");
            assert_eq!(shop.text("other"), text, "{option}");
        }
    };
    failed("FROM x\n", "expected value at line 1");
    failed("{\"schema\": \"wincompat/lock/v1\", \"images\": {\"a\": {\"digest\": \"x\"}}}", "at line 1");
    failed("{\"schema\": \"wincompat/lock/v9\", \"images\": {}}", "not of the form wincompat/lock/v1");
    failed(&"[".repeat(100_000), "invalid type: sequence");
    failed(&shop.text("images.lock").replace("\"date\"", "<<<<<<< HEAD"), "at line");
    let large = std::fs::File::create(shop.folder().join("large")).unwrap();
    large.set_len((64 << 20) + 1).unwrap();
    let answer = shop.scan(&["--host=ltsc2022", "--locked=large"]);
    assert!(answer.code == 2 && answer.err.contains("it has more than 64 MiB"), "{answer:?}");
    let answer = shop.scan(&["--host=ltsc2022", "--locked=none"]);
    assert!(answer.code == 2 && answer.err.contains("make one with --write-lock FILE"), "{answer:?}");
}
