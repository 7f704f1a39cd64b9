//! A little knowledge of base images, so that tests do not change with the facts.

use crate::knowledge::Knowledge;

pub(crate) fn knowledge() -> Knowledge {
    let image = |build: u32, release: &str, nanoserver: &[&str], servercore: &[&str], architectures: &[&str]| {
        let repository = |name: &str, tags: &[&str]| serde_json::json!({ "repository": format!("windows/{name}"), "tags": tags, "until": "2030-01-01", "architectures": architectures });
        let repositories = [repository("nanoserver", nanoserver), repository("servercore", servercore)];
        serde_json::json!({ "build": build, "release": release, "repositories": repositories, "source": "a test" })
    };
    serde_json::from_value(serde_json::json!({
        "date": "2026-01-01", "stable_abi": [20348, 26100], "releases": [], "revisions": [],
        "base_images": [
            image(17763, "ltsc2019", &["1809"], &["ltsc2019", "1809"], &["amd64"]),
            image(18362, "1903", &["1903"], &["1903"], &["amd64"]),
            image(18363, "1909", &["1909"], &["1909"], &["amd64"]),
            image(20348, "ltsc2022", &["ltsc2022"], &["ltsc2022"], &["amd64"]),
            image(26100, "ltsc2025", &["ltsc2025"], &["ltsc2025"], &["amd64", "arm64"]),
        ],
    }))
    .unwrap()
}
