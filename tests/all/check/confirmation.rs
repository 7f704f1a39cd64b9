//! The config of the chosen entry confirms what the index says of it, or contradicts it.

use serde_json::{Value, json};

use super::{Shop, shop};
use crate::support::program::codes;
use crate::support::registry::images::{Images, OCI_INDEX, OCI_MANIFEST};
use crate::support::registry::windows::{WindowsImage, index_bytes};

const ON_2022: &str = "--host=10.0.20348.9999,server,hyperv";

fn result(images: Images, arguments: &[&str]) -> (i32, Value) {
    let (code, report) = Shop::of(images).report(&[&[ON_2022], arguments].concat());
    (code, report["results"][0].clone())
}

/// The engines start what the config says.
#[test]
fn the_config_counts_where_it_contradicts_the_index() {
    let image = WindowsImage::of("10.0.17763.1").indexed("os.version", "10.0.20348.2402");
    let images = Images::default().windows("app", "1", &[image]);
    let (code, found) = result(images.clone(), &["registry.test/app:1"]);
    assert_eq!((&found["verdict"], code), (&json!("hyperv"), 0));
    assert_eq!(found["image"]["osVersion"], "10.0.17763.1");
    assert!(codes(&found).contains(&"config-differs"), "{found:#}");

    let (_, believed) = result(images, &["--no-confirm", "registry.test/app:1"]);
    assert_eq!((&believed["verdict"], &believed["image"]["osVersion"]), (&json!("process"), &json!("10.0.20348.2402")));
    assert!(!codes(&believed).contains(&"config-differs"));
}

/// The first choice turns out to be another version than it said, so that the second is the best.
#[test]
fn another_entry_is_chosen_when_the_config_speaks_against_the_first() {
    let liar = WindowsImage::of("10.0.17763.1").indexed("os.version", "10.0.20348.2402");
    let images = Images::default().windows("app", "1", &[liar, WindowsImage::of("10.0.20348.1")]);
    let (code, found) = result(images, &["registry.test/app:1"]);
    assert_eq!((&found["verdict"], &found["image"]["osVersion"], code), (&json!("process"), &json!("10.0.20348.1"), 0));
    assert_eq!(found["candidates"][0]["verdict"], "hyperv");
    assert_eq!(found["candidates"][1]["chosen"], true);
}

#[test]
fn a_config_of_another_system_is_no_windows_image() {
    let image = WindowsImage::of("10.0.20348.1").stated("os", "linux");
    let (code, found) = result(Images::default().windows("app", "1", &[image]), &["registry.test/app:1"]);
    assert_eq!((&found["verdict"], code), (&json!("incompatible"), 1));
    assert_eq!(found["image"]["os"], "linux");
    assert_eq!(found["findings"][0]["message"], "no Windows entry in this image: it is for linux/amd64");
    let image = WindowsImage::of("10.0.20348.1").stated("architecture", "arm64");
    let (code, found) = result(Images::default().windows("app", "1", &[image]), &["registry.test/app:1"]);
    assert_eq!((&found["verdict"], code), (&json!("incompatible"), 1));
    assert!(codes(&found).contains(&"architecture-mismatch") && codes(&found).contains(&"config-differs"));
}

/// The index is believed, and it is said that nothing confirms it.
#[test]
fn a_config_that_cannot_be_read_is_a_finding() {
    let image = WindowsImage::of("10.0.20348.1");
    let missing_config = Images::default().manifest("app", OCI_MANIFEST, image.manifest_bytes()).tagged(
        "app",
        "1",
        OCI_INDEX,
        index_bytes(std::slice::from_ref(&image)),
    );
    let missing_manifest = Images::default().tagged("app", "1", OCI_INDEX, index_bytes(&[image]));
    for (what, images) in [("the config is gone", missing_config), ("the manifest is gone", missing_manifest)] {
        let (code, found) = result(images, &["registry.test/app:1"]);
        assert_eq!((&found["verdict"], code), (&json!("process"), 0), "{what}");
        assert!(codes(&found).contains(&"config-unreadable"), "{what}: {found:#}");
    }
}

/// Without a version in the index a choice needs the configs, whatever is said of confirming.
#[test]
fn a_version_missing_in_the_index_is_read_from_the_config() {
    let images = ["10.0.20348.1", "10.0.17763.1"].map(|version| WindowsImage::of(version).indexed("os.version", Value::Null));
    for arguments in [&["registry.test/app:1"][..], &["--no-confirm", "registry.test/app:1"]] {
        let (code, found) = result(Images::default().windows("app", "1", &images), arguments);
        assert_eq!((&found["verdict"], code), (&json!("process"), 0));
        assert_eq!(found["image"]["osVersion"], "10.0.20348.1");
        assert!(codes(&found).contains(&"version-from-config"), "{found:#}");
    }
}

#[test]
fn an_image_without_an_index_is_read_from_its_config() {
    let images = Images::default().single("app", "1", &WindowsImage::of("10.0.20348.1"));
    let (code, found) = result(images, &["registry.test/app:1"]);
    assert_eq!((&found["verdict"], code), (&json!("process"), 0));
    assert_eq!(found["candidates"].as_array().unwrap().len(), 1);
    assert_eq!(found["candidates"][0]["digest"], found["image"]["digest"]);
}

#[test]
fn images_that_are_not_for_windows_are_incompatible() {
    let fixture = std::fs::read(format!("{}/fixtures/manifests/synthetic-linux-index.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let images = shop().tagged("app", "linux", OCI_INDEX, fixture);
    let (code, found) = result(images, &["registry.test/app:linux"]);
    assert_eq!((&found["verdict"], &found["ok"], code), (&json!("incompatible"), &json!(false), 1));
    assert_eq!(found["image"]["os"], "linux");
    assert_eq!(codes(&found)[0], "linux-image");
    assert_eq!(found["candidates"], json!([]));
}
