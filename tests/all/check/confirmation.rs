//! The config of the chosen entry confirms what the index says of it, or contradicts it.

use std::time::Duration;

use serde_json::{Value, json};
use wincompat::image::Digest;

use super::{Shop, shop};
use crate::support::program::codes;
use crate::support::registry::images::{Images, OCI_INDEX, OCI_MANIFEST};
use crate::support::registry::windows::{LAYER, WindowsImage, descriptor, index_bytes};
use crate::support::registry::{Reply, Request, Server};

const ON_2022: &str = "--host=10.0.20348.9999,server,hyperv";

fn result(images: Images, arguments: &[&str]) -> (i32, Value) {
    let asks = arguments.iter().any(|argument| argument.starts_with("--isolation"));
    let wish: &[&str] = if asks { &[] } else { &["--isolation=auto"] };
    let (code, report) = Shop::of(images).report(&[&[ON_2022], wish, arguments].concat());
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

/// A registry in which the config of `app:1` is gone, and one in which its manifest is.
fn without_config(image: &WindowsImage) -> [(&'static str, Images); 2] {
    let index = index_bytes(std::slice::from_ref(image));
    let missing_manifest = Images::default().tagged("app", "1", OCI_INDEX, index);
    let missing_config = missing_manifest.clone().manifest("app", OCI_MANIFEST, image.manifest_bytes());
    [("the config is gone", missing_config), ("the manifest is gone", missing_manifest)]
}

/// What was not read is not known: engines start what the config says. No policy makes an incompatible image of it.
#[test]
fn a_config_that_cannot_be_read_decides_nothing() {
    for version in ["10.0.20348.1", "10.0.17763.1", "10.0.26100.1"] {
        for (what, images) in without_config(&WindowsImage::of(version)) {
            for policy in
                [&[][..], &["--strict"], &["--deny", "warnings"], &["--deny", "config-unreadable,image-newer-than-host"]]
            {
                let (code, found) = result(images.clone(), &[policy, &["registry.test/app:1"]].concat());
                assert_eq!((&found["verdict"], &found["ok"], code), (&json!("unknown"), &json!(null), 2), "{what} {policy:?}");
                let because = json!({ "possible": null, "because": ["config-unreadable"] });
                assert_eq!((&found["process"], &found["hyperv"]), (&because, &because), "{what}");
                assert_eq!(codes(&found), ["config-unreadable"], "{what}: {found:#}");
                let finding = &found["findings"][0];
                assert!(finding["message"].as_str().unwrap().contains("404"), "{finding:#}");
                assert_eq!(finding["severity"], "warning");
            }
        }
    }
}

/// What no engine pulls does not run anywhere, whatever the index says.
#[test]
fn an_image_that_cannot_be_pulled_is_not_said_to_run() {
    let image = || WindowsImage::of("10.0.20348.1");
    let with_layers = |layers: Value| WindowsImage { layers, ..image() };
    let layer = |media_type: &str| json!([descriptor(media_type, b"")]);
    for (image, why) in [
        (with_layers(json!([])), "it has 0 layers"),
        (with_layers(json!([descriptor(LAYER, b"a"), descriptor(LAYER, b"b")])), "its manifest has 2 layers and its config 1"),
        (image().stated("rootfs", Value::Null), "its manifest has 1 layers and its config 0"),
        (with_layers(layer("application/x-foo")), "a layer is of the type application/x-foo, which is not known"),
        (with_layers(layer("application/vnd.oci.image.layer.v1.tar+gzip+encrypted")), "gzip+encrypted, which is not known"),
    ] {
        let (code, found) = result(Images::default().windows("app", "1", std::slice::from_ref(&image)), &["registry.test/app:1"]);
        assert_eq!(
            (&found["verdict"], code, codes(&found).as_slice()),
            (&json!("unknown"), 2, &["config-unreadable"][..]),
            "{why}"
        );
        let message = found["findings"][0]["message"].as_str().unwrap();
        assert!(message.contains("the image cannot be pulled: ") && message.contains(why), "{message}");
        // The index alone is advice for a registry that does not answer.
        let help = found["findings"][0]["help"].as_str().unwrap();
        assert!(help.ends_with("; if it did, push the image again"), "{help}");

        let (code, report) = Shop::of(Images::default().single("app", "1", &image)).report(&[ON_2022, "registry.test/app:1"]);
        let message = report["errors"][0]["message"].as_str().unwrap();
        assert!(code == 2 && message.contains(why), "{message}");
    }
}

/// Unless it was said that the index is enough.
#[test]
fn an_index_can_be_enough() {
    for (version, verdict, expected) in
        [("10.0.20348.1", "process", 0), ("10.0.17763.1", "hyperv", 0), ("10.0.26100.1", "incompatible", 1)]
    {
        for (what, images) in without_config(&WindowsImage::of(version)) {
            let (code, found) = result(images, &["--no-confirm", "registry.test/app:1"]);
            assert_eq!((&found["verdict"], code), (&json!(verdict), expected), "{what}");
        }
    }
}

/// Where the host alone rules both isolations out, there is nothing that a config could change.
#[test]
fn a_host_that_runs_nothing_is_known_without_a_config() {
    let [(_, images), _] = without_config(&WindowsImage::of("10.0.20348.1"));
    for (host, verdict, ok, expected) in [
        ("10.0.22631.1,client,home", "incompatible", json!(false), 1),
        ("10.0.20348.1,server,no-hyperv", "unknown", json!(null), 2),
        ("10.0.22631.1,client,no-hyperv", "unknown", json!(false), 1),
    ] {
        let (code, report) = Shop::of(images.clone()).report(&["--host", host, "registry.test/app:1"]);
        let found = &report["results"][0];
        assert_eq!((&found["verdict"], &found["ok"], code), (&json!(verdict), &ok, expected), "{host}: {found:#}");
    }
}

/// Every way in which a registry fails to give a config.
#[test]
fn however_a_config_is_not_had_nothing_is_decided() {
    let image = WindowsImage::of("10.0.20348.1");
    let (config, manifest) = (image.config_bytes(), image.manifest_bytes());
    let whole = Images::default().windows("app", "1", &[image]);
    let json_type = [("content-type", "application/json")];
    let replies = [
        ("404", Reply::json(404, "{}")),
        ("500", Reply::json(500, "{}")),
        ("401", Reply::json(401, "{}")),
        ("429", Reply::new(429, &[("retry-after", "3600")], "")),
        ("406", Reply::json(406, "{}")),
        ("reset", Reply::nothing().then_reset()),
        ("silence", Reply::nothing().then_wait(Duration::from_secs(60))),
        ("half of it", Reply::head(200, &[("content-length", "9999")]).then_send(&config[..config.len() / 2])),
        ("HTML", Reply::html(200)),
        ("another config", Reply::new(200, &json_type, r#"{"os":"windows","os.version":"10.0.17763.1"}"#)),
        ("an empty body", Reply::new(200, &json_type, "")),
        ("a manifest with a blank more", Reply::new(200, &json_type, [manifest.as_slice(), b" "].concat())),
        (
            "a header that names other content",
            Reply::new(200, &[("docker-content-digest", Digest::of(b"other").as_str())], &config),
        ),
    ];
    std::thread::scope(|scope| {
        for (what, reply) in &replies {
            let whole = &whole;
            scope.spawn(move || {
                for collection in ["/blobs/", "/manifests/sha256:"] {
                    let (images, reply) = (whole.clone(), reply.clone());
                    let server =
                        Server::start(
                            move |request| {
                                if request.path.contains(collection) { reply.clone() } else { images.respond(request) }
                            },
                        );
                    let shop = Shop { server, ..Shop::of(Images::default()) };
                    // What never ends is waited for until then; on a busy machine the index takes its time too.
                    let timeout = if *what == "silence" { "--timeout=15" } else { "--timeout=120" };
                    let (code, report) = shop.report(&[ON_2022, timeout, "--deny=warnings", "registry.test/app:1"]);
                    let found = &report["results"][0];
                    assert_eq!(
                        (&found["verdict"], &found["ok"], code),
                        (&json!("unknown"), &json!(null), 2),
                        "{what}: {found:#}"
                    );
                    assert_eq!(codes(found), ["config-unreadable"], "{what}");
                }
            });
        }
    });
}

/// Entries that all lie, and one that does not: however many there are, each that is chosen is read.
#[test]
fn any_number_of_lying_entries_is_read() {
    for number in [1, 4, 5, 8, 100] {
        let liar = |revision: usize| {
            WindowsImage::of(&format!("10.0.17763.{revision}")).indexed("os.version", format!("10.0.20348.{revision}"))
        };
        let liars: Vec<WindowsImage> = (1..=number).map(liar).collect();
        let shop = Shop::of(Images::default().windows("app", "1", &liars));
        for (more, expected) in [("--strict", 1), ("--deny=warnings", 1)] {
            let (code, report) = shop.report(&[ON_2022, "--isolation=process", more, "registry.test/app:1"]);
            let found = &report["results"][0];
            assert_eq!((&found["verdict"], code), (&json!("hyperv"), expected), "{number}");
            assert!(codes(found).contains(&"build-mismatch") && codes(found).contains(&"config-differs"), "{number}: {found:#}");
        }
        let honest = [liars, vec![WindowsImage::of("10.0.20348.0")]].concat();
        let (code, found) = result(Images::default().windows("app", "1", &honest), &["registry.test/app:1"]);
        assert_eq!((&found["verdict"], code, &found["candidates"][number]["chosen"]), (&json!("process"), 0, &json!(true)));
    }
}

/// A candidate that could not be read keeps the place that the index gives it.
#[test]
fn an_unread_candidate_counts_where_engines_would_take_it() {
    let none = Value::Null;
    let of = WindowsImage::of;
    let unversioned = || of("10.0.20348.9").indexed("os.version", none.clone());
    for (what, unread, read, wish, verdict, expected) in [
        ("the best is unread", of("10.0.20348.1"), of("10.0.17763.1"), "auto", "unknown", 2),
        ("the higher revision is unread", of("10.0.20348.2"), of("10.0.20348.1"), "auto", "unknown", 2),
        // Docker takes the first of the host's build.
        ("the lower revision is unread", of("10.0.20348.1"), of("10.0.20348.2"), "auto", "process", 2),
        ("an older one is unread", of("10.0.17763.1"), of("10.0.20348.1"), "auto", "process", 0),
        ("a newer one is unread", of("10.0.26100.1"), of("10.0.17763.1"), "process", "hyperv", 1),
        (
            "one without a version is unread, and might share the kernel",
            unversioned(),
            of("10.0.17763.1"),
            "process",
            "unknown",
            2,
        ),
        ("one without a version is unread, and another shares it", unversioned(), of("10.0.20348.1"), "process", "process", 0),
    ] {
        let index = index_bytes(&[unread, read.clone()]);
        let images = Images::default().windows("app", "1", &[read]).tagged("app", "1", OCI_INDEX, index);
        let (code, found) = result(images, &["--isolation", wish, "registry.test/app:1"]);
        assert_eq!((&found["verdict"], code), (&json!(verdict), expected), "{what}: {found:#}");
    }
}

/// A descriptor binds the size of what it names, also where the digest is right.
#[test]
fn a_size_that_is_not_that_of_the_manifest_decides_nothing() {
    let image = WindowsImage::of("10.0.20348.1");
    for (wrong, other) in [(1, "x"), (-1, "y"), (4 << 20, "z")] {
        let mut index: Value = serde_json::from_slice(&index_bytes(std::slice::from_ref(&image))).unwrap();
        let size = index["manifests"][0]["size"].as_i64().unwrap();
        index["manifests"][0]["size"] = json!(size + wrong);
        let images = Images::default().windows("app", "right", std::slice::from_ref(&image));
        let images = images.tagged("app", other, OCI_INDEX, index.to_string());
        let shop = Shop::of(images);
        // In either order, and from the cache as from the registry.
        let names = ["registry.test/app:right".to_owned(), format!("registry.test/app:{other}")];
        for names in [[&names[0], &names[1]], [&names[1], &names[0]]] {
            let (code, report) = shop.report(&[ON_2022, names[0], names[1]]);
            assert_eq!(code, 2);
            for found in report["results"].as_array().unwrap() {
                let is_right = found["image"]["reference"] == "registry.test/app:right";
                assert_eq!(found["verdict"], if is_right { "process" } else { "unknown" }, "{found:#}");
                let said = found["findings"].to_string();
                assert_eq!(said.contains("what refers to it says"), !is_right, "{said}");
            }
        }
    }
}

/// The header of a tag's answer names other content: for the digest that an engine would take it is another image.
#[test]
fn a_digest_that_the_registry_states_wrongly_is_a_finding() {
    let images = Images::default().windows("app", "1", &[WindowsImage::of("10.0.20348.9999")]);
    let other = Digest::of(b"other content");
    let answer = move |header: String, request: &Request| {
        let body = images.clone();
        match request.path.ends_with("/manifests/1") {
            true => Reply::new(
                200,
                &[("content-type", OCI_INDEX), ("docker-content-digest", &header)],
                index_bytes(&[WindowsImage::of("10.0.20348.9999")]),
            ),
            false => body.respond(request),
        }
    };
    let index = index_bytes(&[WindowsImage::of("10.0.20348.9999")]);
    for (header, is_wrong) in [
        (other.to_string(), true),
        ("sha256:short".to_owned(), true),
        (format!("sha512:{}", "0".repeat(128)), true),
        (Digest::of(&index).to_string(), false),
        ("blake3:00".to_owned(), false),
    ] {
        let (answer, stated) = (answer.clone(), header.clone());
        let server = Server::start(move |request| answer(stated.clone(), request));
        let shop = Shop { server, ..Shop::of(Images::default()) };
        let (code, report) = shop.report(&[ON_2022, "registry.test/app:1"]);
        let found = &report["results"][0];
        assert_eq!((&found["verdict"], code), (&json!("process"), 0), "{header}");
        assert_eq!(codes(found).contains(&"digest-differs"), is_wrong, "{header}: {found:#}");
        for denied in ["digest-differs", "warnings"] {
            let (code, _) = shop.report(&[ON_2022, "--deny", denied, "registry.test/app:1"]);
            assert_eq!(code, i32::from(is_wrong), "{header}");
        }
    }
}

/// A history can be written by anyone, and decides nothing.
#[test]
fn a_version_that_only_the_history_names_is_unknown() {
    for (history, code) in
        [(json!([{"created_by": "Apply image 10.0.20348.1"}]), "version-from-history"), (json!([]), "os-version-missing")]
    {
        let image = WindowsImage::without_version().stated("history", history);
        for images in
            [Images::default().windows("app", "1", std::slice::from_ref(&image)), Images::default().single("app", "1", &image)]
        {
            for wish in ["auto", "process", "hyperv"] {
                let (exit, found) = result(images.clone(), &["--isolation", wish, "registry.test/app:1"]);
                assert_eq!((&found["verdict"], &found["ok"], exit), (&json!("unknown"), &json!(null), 2));
                assert_eq!(found["process"]["because"], json!([code]));
                assert_eq!(codes(&found), [code]);
            }
        }
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
