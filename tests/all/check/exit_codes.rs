//! Exit codes: 1 if an image does not run as asked, else 2 if one is undecided or could not be read, else 0.

use serde_json::json;

use super::{Shop, shop};

const GOOD: &str = "registry.test/app:ltsc2022";
const INCOMPATIBLE: &str = "registry.test/app:ltsc2025";
const UNDECIDED: &str = "registry.test/app:unversioned";
const MISSING: &str = "registry.test/app:no-such-tag";
const MALFORMED: &str = "https://registry.test/app";

#[test]
fn one_counts_before_two_and_two_before_zero() {
    let shop = Shop::of(shop());
    for (images, code) in [
        (&[GOOD][..], 0),
        (&[GOOD, GOOD], 0),
        (&[INCOMPATIBLE], 1),
        (&[UNDECIDED], 2),
        (&[MISSING], 2),
        (&[MALFORMED], 2),
        (&[GOOD, UNDECIDED], 2),
        (&[GOOD, MISSING], 2),
        (&[GOOD, INCOMPATIBLE], 1),
        (&[UNDECIDED, INCOMPATIBLE], 1),
        (&[MISSING, INCOMPATIBLE, MALFORMED], 1),
    ] {
        let arguments = [&["--host", "windows-server-2022"], images].concat();
        assert_eq!(shop.check(&arguments).code, code, "{images:?} as a table");
        assert_eq!(shop.report(&arguments).0, code, "{images:?} as JSON");
    }
}

/// A broken network never looks like an incompatible image, and never like a compatible one.
#[test]
fn a_failed_image_spoils_no_other() {
    let shop = Shop::of(shop());
    let gone = "127.0.0.1:1/app:1";
    let images = [MISSING, GOOD, gone, INCOMPATIBLE, MALFORMED];
    let (code, report) = shop.report(&[&["--host", "windows-server-2022"], &images[..]].concat());
    assert_eq!(code, 1);
    let judged: Vec<_> = report["results"].as_array().unwrap().iter().map(|result| &result["image"]["reference"]).collect();
    assert_eq!(judged, [GOOD, INCOMPATIBLE]);
    let errors: Vec<_> =
        report["errors"].as_array().unwrap().iter().map(|error| (error["reference"].clone(), error["kind"].clone())).collect();
    let expected = [(MISSING, "not-found"), (gone, "network"), (MALFORMED, "invalid")];
    assert_eq!(errors, expected.map(|(reference, kind)| (json!(reference), json!(kind))));
    assert_eq!(
        report["summary"],
        json!({"process": 1, "hyperv": 0, "incompatible": 1, "unknown": 0, "errors": 3, "ok": 1, "needsFlag": 0, "notOk": 1, "undecided": 0})
    );
    let malformed = &report["errors"][2];
    assert_eq!(malformed["hint"], "leave the scheme out: registry.test/app");
}

#[test]
fn what_is_wrong_with_the_arguments_is_said_before_anything_is_asked() {
    let shop = Shop::of(shop());
    for arguments in [
        &[][..],
        &["--host", "windows-server-2022"],
        &["--host", "windows-95", GOOD],
        &["--host", "22h2", GOOD],
        &["--host", "@no-such-file", GOOD],
        &["--isolation", "vm", GOOD],
        &["--timeout", "0", GOOD],
        &["--no-such-option", GOOD],
        &["--mirror", "nowhere", GOOD],
        &["--mirror", "mcr.microsoft.com=http://user:password@127.0.0.1", GOOD],
    ] {
        let answer = shop.check(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{arguments:?}");
        assert!(answer.err.starts_with("error: "), "{arguments:?}: {}", answer.err);
        assert!(!answer.err.contains("password@"), "{}", answer.err);
        assert!(!answer.err.contains("-- --"), "an option is no image: {}", answer.err);
    }
    assert_eq!(shop.server.requests().len(), 0);
}

/// Windows has the registry that tells the host; elsewhere it must be named.
#[cfg(not(windows))]
#[test]
fn a_machine_that_is_no_windows_host_says_so() {
    let shop = Shop::of(shop());
    for arguments in [&[GOOD][..], &["--host", "local", GOOD]] {
        let answer = shop.check(arguments);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""));
        assert!(answer.err.contains("hint: name the host, e.g. --host windows-server-2022"), "{}", answer.err);
    }
}
