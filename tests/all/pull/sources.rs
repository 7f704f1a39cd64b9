//! Where layers come from, and in which forms.

use std::net::Ipv4Addr;

use super::*;
use crate::support::registry::images::{Access, OCI_INDEX, basic};
use crate::support::registry::tls::Identity;

#[test]
fn layers_come_in_every_form_and_each_once() {
    let twice = Layer::new(GZIP, 3, 30_000);
    let docker = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    let layers = vec![
        Layer::new(PLAIN, 1, 10_000),
        Layer::new(ZSTD, 2, 20_000),
        twice.clone(),
        Layer { media_type: docker, ..Layer::new(GZIP, 4, 0) },
        twice,
    ];
    let shop = Shop::well_behaved(layers);
    shop.succeeds(&[]);
    for layer in &shop.layers {
        assert_eq!(shop.requests_for(layer).len(), 1, "{}", layer.media_type);
    }
    assert_eq!(shop.blob_requests().len(), 5, "four layers and the config");
}

#[test]
fn a_registry_that_sends_no_parts_begins_at_the_beginning() {
    let layer = Layer::new(GZIP, 1, 300_000);
    let images = served(std::slice::from_ref(&layer));
    let shop = Shop::new(vec![layer], move |request| {
        let mut request = request.clone();
        request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("range"));
        images.respond(&request)
    });
    let layer = &shop.layers[0];
    crate::support::begin_store(&shop.store());
    fs::write(shop.partial(&layer.digest()), &layer.stored[..123_456]).unwrap();
    shop.succeeds(&[]);
    assert_eq!(shop.requests_for(layer).iter().map(first_byte).collect::<Vec<_>>(), [123_456]);
}

#[test]
fn what_is_whole_but_has_no_name_yet_is_not_asked_for() {
    let shop = Shop::well_behaved(vec![Layer::new(ZSTD, 1, 300_000)]);
    let layer = &shop.layers[0];
    crate::support::begin_store(&shop.store());
    fs::write(shop.partial(&layer.digest()), &layer.stored).unwrap();
    shop.succeeds(&[]);
    assert_eq!(shop.requests_for(layer).len(), 0);
}

/// Layers that a registry does not have, and says where they are: Microsoft's base images were distributed so.
#[test]
fn a_foreign_layer_comes_from_where_the_image_says() {
    let mut layer =
        Layer { media_type: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", ..Layer::new(GZIP, 1, 300_000) };
    let (identity, stored) = (Identity::of(&["127.0.0.1"]), layer.stored.clone());
    let root = identity.root.clone();
    let elsewhere = Server::start_at(Ipv4Addr::LOCALHOST, Some(identity), move |request| match request.path.as_str() {
        "/layer" => part(request, &stored),
        _ => Reply::json(404, "{}"),
    });
    let at = |scheme: &str, path: &str| format!("{scheme}://127.0.0.1:{}{path}", elsewhere.port());
    layer.urls = vec![at("http", "/layer"), "file:///etc/passwd".to_owned(), at("https", "/gone"), at("https", "/layer")];
    let images = Images::default().windows("app", "1", &[image_of(std::slice::from_ref(&layer))]);
    let access = Access::Basic("user", "password");
    let shop = Shop::new(vec![layer], move |request| access.respond(request).unwrap_or_else(|| images.respond(request)));
    let auth = basic("user", "password").replace("Basic ", "");
    shop.program.file("config.json", json!({"auths": {shop.server.name(): {"auth": auth}}}).to_string());
    let root = shop.program.file("root.pem", root);

    let half = &shop.layers[0].stored[..100_000];
    crate::support::begin_store(&shop.store());
    fs::write(shop.partial(&shop.layers[0].digest()), half).unwrap();
    shop.succeeds(&["--ca-file", &root]);
    let asked: Vec<(String, usize)> =
        elsewhere.requests().iter().map(|request| (request.path.clone(), first_byte(request))).collect();
    assert_eq!(asked, [("/gone".to_owned(), 100_000), ("/layer".to_owned(), 100_000)]);
    assert!(elsewhere.requests().iter().all(|request| request.header("authorization").is_none()), "no password goes there");
    assert!(shop.server.requests().iter().any(|request| request.header("authorization").is_some()));
}

/// A manifest of 4 MiB names twenty thousand addresses; each may take most of a minute not to answer.
#[test]
fn of_many_places_named_for_a_layer_a_few_are_asked() {
    let mut layer =
        Layer { media_type: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", ..Layer::new(GZIP, 1, 1000) };
    let identity = Identity::of(&["127.0.0.1"]);
    let root = identity.root.clone();
    let elsewhere = Server::start_at(Ipv4Addr::LOCALHOST, Some(identity), |_| Reply::json(404, "{}"));
    layer.urls = (0..1000).map(|number| format!("https://127.0.0.1:{}/{number}", elsewhere.port())).collect();
    let images = Images::default().windows("app", "1", &[image_of(std::slice::from_ref(&layer))]);
    let shop = Shop::new(vec![layer], move |request| images.respond(request));
    let root = shop.program.file("root.pem", root);
    shop.fails(&["--ca-file", &root]);
    assert_eq!(elsewhere.requests().len(), 4);
}

/// The index says that the first entry is the best; its config says that it is not even for this host.
#[test]
fn an_entry_that_lies_is_not_the_one_that_is_pulled() {
    let layers = vec![Layer::new(GZIP, 1, 10_000)];
    let liar = image_of(&layers).stated("os.version", "10.0.26100.1").indexed("os.version", "10.0.20348.9999");
    let images = served(&layers).windows("app", "1", &[liar, image_of(&layers)]);
    let shop = Shop::new(layers, move |request| images.respond(request));
    shop.succeeds(&[]);
}

/// A store names everything by SHA-256, and folders of layers after it.
#[test]
fn what_is_named_by_another_algorithm_is_not_pulled() {
    let sha512 = format!("sha512:{}", "0".repeat(128));
    let layers = vec![Layer::new(GZIP, 1, 10_000)];
    let entry = {
        let image = image_of(&layers);
        let mut entry = image.entry();
        entry["digest"] = json!(sha512);
        served(&layers).tagged("app", "1", OCI_INDEX, json!({"schemaVersion": 2, "manifests": [entry]}).to_string())
    };
    let diff_id = image_of(&layers).stated("rootfs", json!({"type": "layers", "diff_ids": [sha512]}));
    let mut layer = image_of(&layers);
    layer.layers[0]["digest"] = json!(sha512);
    let images = |image| served(&layers).windows("app", "1", &[image]);
    for (what, images) in [("an entry", entry), ("a diff ID", images(diff_id)), ("a layer", images(layer))] {
        let shop = Shop::new(layers.clone(), move |request| images.respond(request));
        let said = shop.fails(&[]);
        assert!(said.contains("the store names everything by SHA-256") && said.contains("\nhint: "), "{what}: {said}");
        assert_eq!(shop.requests_for(&shop.layers[0]).len(), 0, "{what}");
    }
}

#[test]
fn offline_nothing_is_asked_for() {
    let shop = Shop::well_behaved(vec![Layer::new(GZIP, 1, 1000)]);
    let (store, name) = (shop.store().display().to_string(), shop.name());
    let run = |arguments: &[&str]| Answer::of(shop.program.command().args(arguments).args([HOST, &name]));
    assert_eq!(run(&["check"]).code, 0);
    let asked = shop.server.requests().len();
    for arguments in [&["pull", "--offline", "--root", &store][..], &["pull", "--offline", "--dry-run"]] {
        let answer = run(arguments);
        let missing = format!("{}/app@{} is not in the cache", shop.server.name(), shop.layers[0].digest());
        assert!(answer.code == 2 && answer.err.contains(&missing), "{answer:?}");
        assert!(answer.err.contains("hint: run this once without --offline"), "{}", answer.err);
    }
    assert_eq!(shop.server.requests().len(), asked);

    assert_eq!(run(&["pull", "--root", &store]).code, 0);
    let asked = shop.server.requests().len();
    assert_eq!(run(&["pull", "--offline", "--root", &store]).code, 0);
    assert_eq!(shop.server.requests().len(), asked);
}
