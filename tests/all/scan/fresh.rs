//! `wincompat scan --fresh`: the images of files beside the newest base images of their builds.

use serde_json::json;

use super::Repository;
use crate::support::program::codes;
use crate::support::registry::images::Images;
use crate::support::registry::windows::WindowsImage;

fn repository() -> Repository {
    let of = WindowsImage::of;
    let shop = Repository::with(
        Images::default().windows("app", "1", &[of("10.0.20348.2031")]).windows("app", "2", &[of("10.0.20348.9000")]).windows(
            "windows/servercore",
            "ltsc2022",
            &[of("10.0.20348.9001")],
        ),
    );
    shop.file("compose.yaml", "services:\n  a: {image: 'registry.test/app:1'}\n  b: {image: 'registry.test/app:2'}\n");
    shop
}

#[test]
fn an_old_image_is_warned_of_at_its_line() {
    let shop = repository();
    let (code, report) = shop.report(&["--host=ltsc2022", "--fresh"]);
    let results = report["results"].as_array().unwrap();
    assert_eq!((code, results.len()), (0, 2), "{report:#}");
    assert_eq!(results[0]["location"]["line"], json!(2));
    assert!(codes(&results[0]).contains(&"base-image-outdated"), "{report:#}");
    // Newer than every update that is known, so its age is not.
    assert!(!codes(&results[1]).contains(&"base-image-outdated"), "{report:#}");
    let bases = shop.asked().iter().filter(|path| path.contains("servercore")).count();
    assert_eq!(bases, 1);
    let (_, report) = shop.report(&["--host=ltsc2022", "--fresh=0"]);
    assert!(codes(&report["results"][1]).contains(&"base-image-outdated"), "{report:#}");
}

#[test]
fn a_team_writes_the_age_down() {
    let shop = repository();
    let outdated = |text: &str| {
        shop.file("wincompat.toml", text);
        let (_, report) = shop.report(&["--host=ltsc2022"]);
        codes(&report["results"][0]).contains(&"base-image-outdated")
    };
    assert!(outdated("fresh = true\n") && outdated("fresh = 6\n"));
    assert!(!outdated("fresh = false\n") && !outdated("fresh = 1200\n") && !outdated(""));
    shop.file("wincompat.toml", "fresh = 6\ndeny = \"base-image-outdated\"\n");
    assert_eq!(shop.scan(&["--host=ltsc2022"]).code, 1);
    assert_eq!(shop.scan(&["--host=ltsc2022", "--fresh=1200"]).code, 0, "what is typed counts more");
}

#[test]
fn registries_that_may_not_be_asked_are_not() {
    let shop = repository();
    let outdated = |arguments: &[&str]| {
        let before = shop.asked().len();
        let (_, report) = shop.report(&[&["--host=ltsc2022", "--fresh"], arguments].concat());
        assert!(!shop.asked()[before..].iter().any(|path| path.contains("servercore")), "{arguments:?}");
        report["results"][0]["findings"].to_string().contains("10.0.20348.5622 (built-in data of ")
    };
    assert!(outdated(&["--allow-registry=registry.test"]));
    assert_eq!(shop.scan(&["--host=ltsc2022", "--write-lock=images.lock"]).code, 0);
    assert!(outdated(&["--locked=images.lock"]));
}
