//! `--offline`: from the cache, else from what is known of Microsoft's base images, else an error.

use serde_json::json;

use super::{Answer, Shop, shop};
use crate::support::program::codes;
use crate::support::registry::Server;

const ON_2022: &str = "--host=10.0.20348.2402,server,hyperv";
const APP: &str = "registry.test/app:ltsc2022";

#[test]
fn the_cache_answers_what_was_checked_before() {
    let shop = Shop::of(shop());
    let (_, before) = shop.report(&[ON_2022, APP]);
    let asked = shop.server.requests().len();
    let (code, report) = shop.report(&[ON_2022, "--offline", APP]);
    assert_eq!(shop.server.requests().len(), asked, "no request is sent");
    assert_eq!(code, 0);
    let mut expected = before["results"].clone();
    expected[0]["image"]["source"] = json!("cache");
    assert_eq!(report["results"], expected, "the answer is the same");
}

#[test]
fn what_was_never_checked_is_an_error_with_something_to_do() {
    let shop = Shop::of(shop());
    let (code, report) = shop.report(&[ON_2022, "--offline", APP]);
    assert_eq!((code, &report["results"]), (2, &json!([])));
    assert_eq!(report["errors"][0]["kind"], "not-found");
    assert_eq!(report["errors"][0]["message"], "registry.test/app:ltsc2022 is not in the cache");
    assert!(report["errors"][0]["hint"].as_str().unwrap().contains("without --offline"));
    assert_eq!(shop.server.requests().len(), 0);
}

#[test]
fn base_images_are_known() {
    let shop = Shop::of(shop());
    for (image, host, verdict) in [
        ("mcr.microsoft.com/windows/nanoserver:1903", "windows-server-2022", "hyperv"),
        ("mcr.microsoft.com/windows/servercore:ltsc2022", "windows-server-2025", "process"),
        ("mcr.microsoft.com/windows/server:ltsc2025", "windows-server-2022", "incompatible"),
        ("mcr.microsoft.com/windows/nanoserver:10.0.17763.437", "10.0.17763.8755,server", "process"),
    ] {
        let (code, report) = shop.report(&["--offline", "--isolation=auto", "--host", host, image]);
        let result = &report["results"][0];
        assert_eq!(result["verdict"], verdict, "{image} on {host}");
        assert_eq!(code, i32::from(verdict == "incompatible"), "{image} on {host}");
        assert_eq!((&result["image"]["source"], &result["image"]["digest"]), (&json!("knowledge"), &json!(null)));
        assert!(codes(result).contains(&"from-knowledge"), "it is said that no registry was asked: {result:#}");
    }
    assert_eq!(shop.server.requests().len(), 0);
}

/// What a check found counts before what is known in general.
#[test]
fn the_cache_counts_before_knowledge() {
    let shop = Shop::of(crate::check::main_command::nanoserver_1903());
    let image = "mcr.microsoft.com/windows/nanoserver:1903";
    shop.report(&[ON_2022, image]);
    let (_, report) = shop.report(&[ON_2022, "--offline", image]);
    assert_eq!(report["results"][0]["image"]["source"], "cache");
    assert_eq!(report["results"][0]["image"]["osVersion"], "10.0.18362.1256");
}

/// A registry that is gone is an error, and says how to get the earlier answer.
#[test]
fn a_registry_that_is_gone_is_not_replaced_by_the_cache_unasked() {
    let Shop { server, program } = Shop::of(shop());
    let url = server.url("");
    let check = |arguments: &[&str]| Answer::of(program.check(&url).args(["--format=json", ON_2022, APP]).args(arguments));
    assert_eq!(check(&[]).code, 0);
    // Nothing listens where the server was.
    drop::<Server>(server);
    let answer = check(&[]);
    assert_eq!(answer.code, 2);
    let error = &answer.json()["errors"][0];
    assert_eq!(
        (&error["kind"], &error["hint"]),
        (&json!("network"), &json!("--offline answers with what an earlier check found"))
    );
    assert_eq!(check(&["--offline"]).code, 0);
}
