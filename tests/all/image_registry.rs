//! From references to images over a registry: how often it is asked, what is kept, and what becomes of failures.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wincompat::image::{Config, Digest, Image, Reference, Source};
use wincompat::internals::oci::{Images, Options};
use wincompat::knowledge::Knowledge;
use wincompat::{Error, ErrorKind};

use crate::support::handles;
use crate::support::registry::images::{self as served, Access, DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};
use crate::support::registry::{Reply, Server};

const REPOSITORY: &str = "windows/nanoserver";

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/manifests").join(name)).unwrap()
}

fn nanoserver_1903() -> served::Images {
    served::Images::default()
        .tagged(REPOSITORY, "1903", DOCKER_LIST, fixture("synthetic-nanoserver-1903-18362.1256-index.json"))
        .tagged(REPOSITORY, "1903-again", DOCKER_LIST, fixture("synthetic-nanoserver-1903-18362.1256-index.json"))
        .manifest(REPOSITORY, DOCKER_MANIFEST, fixture("synthetic-nanoserver-1903-18362.1256-manifest.json"))
        .blob(REPOSITORY, fixture("synthetic-nanoserver-1903-18362.1256-config.json"))
}

fn options(cache: &Path) -> Options {
    let mut options = Options {
        cache_root: Some(cache.to_owned()),
        registries: crate::support::registry::options(),
        ..Options::new(handles())
    };
    // Nothing here is to fail because the machine is busy.
    options.registries.stall_timeout = Duration::from_secs(60);
    options.registries.request_timeout = Duration::from_secs(60);
    options
}

/// Resolves the references and confirms every candidate, as one run of the program would.
fn run(options: Options, references: &[String]) -> Vec<Result<Image, Error>> {
    let references: Vec<Reference> = references.iter().map(|text| text.parse().unwrap()).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let images = Images::new(options, Knowledge::built_in());
        let mut found = images.resolve(&references).await;
        let choices = references.iter().zip(&mut found).filter_map(|(reference, found)| {
            let image = found.as_mut().ok()?;
            let all = (0..image.candidates.len()).collect();
            Some((reference, image, all))
        });
        images.confirm_all(choices).await;
        found
    })
}

fn run_one(options: Options, reference: String) -> Result<Image, Error> {
    run(options, &[reference]).remove(0)
}

#[test]
fn a_cold_check_asks_three_times_a_warm_one_once_and_offline_never() {
    let server = served::serve(nanoserver_1903(), Access::Anyone);
    let cache = tempfile::tempdir().unwrap();
    let reference = format!("{}/{REPOSITORY}:1903", server.name());
    let offline = Options { offline: true, ..options(cache.path()) };
    for (options, requests, source) in
        [(options(cache.path()), 3, Source::Registry), (options(cache.path()), 4, Source::Registry), (offline, 4, Source::Cache)]
    {
        let image = run_one(options, reference.clone()).unwrap();
        assert_eq!((server.count("/v2/windows"), image.source), (requests, source));
        assert_eq!(image.repository, Some(format!("{}/{REPOSITORY}", server.name())));
        assert_eq!(image.digest, Some(Digest::of(&fixture("synthetic-nanoserver-1903-18362.1256-index.json"))));
        let [candidate] = image.candidates.as_slice() else { panic!("{image:?}") };
        assert_eq!(candidate.os_version().unwrap().0.to_string(), "10.0.18362.1256");
        assert_eq!(candidate.foreign_layers, Some(true));
        assert!(matches!(&candidate.config, Config::Read(facts) if facts.architecture == "amd64"));
    }
    let by_digest =
        format!("{}/{REPOSITORY}:tag@{}", server.name(), Digest::of(&fixture("synthetic-nanoserver-1903-18362.1256-index.json")));
    let image = run_one(options(cache.path()), by_digest).unwrap();
    assert_eq!(
        (server.count("/v2/windows"), image.source),
        (4, Source::Cache),
        "content of a known digest is not asked for again"
    );
}

#[test]
fn without_confirming_an_index_is_enough() {
    let server = served::serve(nanoserver_1903(), Access::Anyone);
    let options = Options { confirm: false, cache_root: None, ..options(Path::new("")) };
    let image = run_one(options, format!("{}/{REPOSITORY}:1903", server.name())).unwrap();
    assert_eq!(image.candidates[0].config, Config::NotRead);
    assert_eq!(server.count("/v2/windows"), 1);
}

#[test]
fn what_references_share_is_asked_for_once() {
    let server = served::serve(nanoserver_1903(), Access::Anyone);
    let options = Options { cache_root: None, ..options(Path::new("")) };
    let tags = ["1903", "1903-again", "1903", "1903-again", "1903"];
    let references: Vec<String> = tags.iter().map(|tag| format!("{}/{REPOSITORY}:{tag}", server.name())).collect();
    let found = run(options, &references);
    for (found, reference) in found.iter().zip(&references) {
        let image = found.as_ref().unwrap();
        assert_eq!(image.reference, *reference);
        assert!(matches!(image.candidates[0].config, Config::Read(_)));
    }
    assert_eq!(server.count("/v2/windows"), 4, "two tags, one manifest, one config");
}

#[test]
fn what_is_named_by_digest_is_asked_for_once() {
    let server = served::serve(nanoserver_1903(), Access::Anyone);
    let options = Options { cache_root: None, ..options(Path::new("")) };
    let digest_of = |name: &str| Digest::of(&fixture(&format!("synthetic-nanoserver-1903-18362.1256-{name}.json")));
    let (index, manifest) = (digest_of("index"), digest_of("manifest"));
    let names =
        [":1903".to_owned(), format!("@{index}"), format!(":any@{index}"), format!(":1903@{index}"), format!("@{manifest}")];
    let references: Vec<String> = names.iter().map(|name| format!("{}/{REPOSITORY}{name}", server.name())).collect();
    for (found, reference) in run(options, &references).iter().zip(&references) {
        let image = found.as_ref().unwrap();
        assert_eq!(image.reference, *reference);
        assert!(matches!(image.candidates[0].config, Config::Read(_)));
    }
    assert_eq!(server.count("/v2/windows"), 4, "a tag, an index, a manifest, a config");
}

#[test]
fn images_are_read_side_by_side_but_not_all_at_once() {
    let (now, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let index = fixture("mcr-nanoserver-1809-17763.3770-index.json");
    let highest = Arc::clone(&peak);
    // The first eight wait for each other, however slow the machine; where they never come together, the test fails.
    let patience = Instant::now() + Duration::from_secs(30);
    let server = Server::start(move |_| {
        highest.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        while highest.load(Ordering::SeqCst) < 8 && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(20));
        now.fetch_sub(1, Ordering::SeqCst);
        Reply::new(200, &[("content-type", DOCKER_LIST)], &index)
    });
    let options = Options { cache_root: None, confirm: false, ..options(Path::new("")) };
    let references: Vec<String> = (0..100).map(|number| format!("{}/app{number}:1", server.name())).collect();
    assert!(run(options, &references).iter().all(Result::is_ok));
    let peak = peak.load(Ordering::SeqCst);
    assert!((8..=32).contains(&peak), "{peak} at once");
}

#[test]
fn one_failure_spoils_no_other() {
    let image = fixture("dockerhub-user-nanoserver-1909-manifest.json");
    let images = nanoserver_1903().tagged("no-config", "1", DOCKER_MANIFEST, &image);
    let server = Server::start(move |request| match request.repository() {
        Some("stalls") => Reply::nothing().then_wait(Duration::from_secs(60)),
        Some("broken") => Reply::new(500, &[], "no"),
        _ => images.respond(request),
    });
    let options =
        Options { deadline: Some(Instant::now() + Duration::from_secs(15)), cache_root: None, ..options(Path::new("")) };
    // What stalls is ended by the deadline of the whole, and by nothing before it.
    let names = ["windows/nanoserver:1903", "broken:1", "absent:1", "no-config:1", "stalls:1"];
    let references: Vec<String> = names.iter().map(|name| format!("{}/{name}", server.name())).collect();
    let found = run(options, &references);
    let kinds: Vec<Option<ErrorKind>> = found.iter().map(|found| found.as_ref().err().map(|error| error.kind)).collect();
    // By the time for its request, which ends there too, or by the time for everything: whichever is seen first.
    let stalled = found[4].as_ref().unwrap_err().sentence();
    assert!(stalled.contains("the time ran out") || stalled.contains("timed out before an answer"), "{found:?}");
    assert_eq!(
        kinds,
        [None, Some(ErrorKind::Network), Some(ErrorKind::NotFound), Some(ErrorKind::NotFound), Some(ErrorKind::Network)],
        "{found:?}"
    );
}

#[test]
fn a_config_that_cannot_be_had_is_recorded() {
    let images = served::Images::default()
        .tagged("app", "2", DOCKER_LIST, fixture("mcr-nanoserver-ltsc2022-20348.2582-index.json"))
        .manifest("app", DOCKER_MANIFEST, fixture("mcr-nanoserver-ltsc2022-20348.2582-manifest.json"));
    let server = served::serve(images, Access::Anyone);
    let options = Options { cache_root: None, ..options(Path::new("")) };
    let image = run_one(options, format!("{}/app:2", server.name())).unwrap();
    let candidate = &image.candidates[0];
    assert!(
        matches!(&candidate.config, Config::Unreadable(why) if why.contains("cannot fetch the blob") && why.contains("404")),
        "{candidate:?}"
    );
    assert_eq!(candidate.os_version().unwrap().0.to_string(), "10.0.20348.2582", "the index is believed");
}

#[test]
fn damaged_cache_entries_are_fetched_again() {
    let server = served::serve(nanoserver_1903(), Access::Anyone);
    let cache = tempfile::tempdir().unwrap();
    let reference = format!("{}/{REPOSITORY}:1903", server.name());
    run_one(options(cache.path()), reference.clone()).unwrap();
    let config = Digest::of(&fixture("synthetic-nanoserver-1903-18362.1256-config.json"));
    std::fs::write(cache.path().join("blobs/sha256").join(config.hex()), r#"{"os":"linux"}"#).unwrap();
    let image = run_one(options(cache.path()), reference.clone()).unwrap();
    assert!(matches!(&image.candidates[0].config, Config::Read(facts) if facts.os == "windows"));
    assert_eq!(server.count("/v2/windows"), 5, "the tag and the config");
    run_one(options(cache.path()), reference).unwrap();
    assert_eq!(server.count("/v2/windows"), 6, "the tag alone");
}

#[test]
fn a_cache_that_cannot_be_written_is_no_failure() {
    let server = served::serve(nanoserver_1903(), Access::Anyone);
    let file = tempfile::NamedTempFile::new().unwrap();
    let image = run_one(options(file.path()), format!("{}/{REPOSITORY}:1903", server.name())).unwrap();
    assert!(matches!(image.candidates[0].config, Config::Read(_)));
}

#[test]
fn an_unreachable_registry_leaves_what_an_earlier_check_found() {
    let cache = tempfile::tempdir().unwrap();
    let server = served::serve(nanoserver_1903(), Access::Anyone);
    let reference = format!("{}/{REPOSITORY}:1903", server.name());
    run_one(options(cache.path()), reference.clone()).unwrap();
    let _held = server.gone();
    let error = run_one(options(cache.path()), reference.clone()).unwrap_err();
    assert_eq!(
        (error.kind, error.hint.map(|hint| hint.to_string())),
        (ErrorKind::Network, Some("<offline> answers with what an earlier check found".to_owned()))
    );
    assert!(run_one(Options { offline: true, ..options(cache.path()) }, reference).is_ok());
}

#[test]
fn names_of_base_images_come_with_advice() {
    let server = served::serve(nanoserver_1903(), Access::Anyone);
    let mut options = Options { cache_root: None, ..options(Path::new("")) };
    options.registries.mirrors = vec![("mcr.microsoft.com".to_owned(), server.url("").parse().unwrap())];
    let references = ["1903", "latest", ""].map(|tag| match tag {
        "" => format!("mcr.microsoft.com/{REPOSITORY}"),
        tag => format!("mcr.microsoft.com/{REPOSITORY}:{tag}"),
    });
    let found = run(options, &references);
    assert_eq!(found[0].as_ref().unwrap().repository.as_deref(), Some("mcr.microsoft.com/windows/nanoserver"));
    for refused in &found[1..] {
        let error = refused.as_ref().unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert!(error.hint.as_ref().unwrap().to_string().contains("ltsc2022"), "{error:?}");
    }
    assert_eq!(server.count("/v2/windows/nanoserver/manifests/latest"), 1, "a name without a tag is not asked for");
}

#[test]
fn bodies_that_are_no_manifest_have_their_kinds() {
    use ErrorKind::{Invalid, Network, Unsupported};
    let entry = json!({ "mediaType": OCI_MANIFEST, "digest": Digest::of(b""), "size": 2 });
    let text = |value: Value| value.to_string();
    let deep = "[".repeat(1 << 20);
    let schema_1 = text(json!({ "schemaVersion": 1, "fsLayers": [] }));
    let both = text(json!({ "schemaVersion": 2, "manifests": [], "layers": [], "config": entry }));
    let index = text(json!({ "schemaVersion": 2, "manifests": [entry] }));
    let empty = text(json!({ "schemaVersion": 2, "manifests": [] }));
    for (body, content_type, kind) in [
        (deep.as_str(), OCI_INDEX, Invalid),
        ("{", OCI_INDEX, Invalid),
        (&both, OCI_INDEX, Invalid),
        (&index, OCI_MANIFEST, Invalid),
        (&empty, OCI_INDEX, Unsupported),
        (&schema_1, "application/vnd.docker.distribution.manifest.v1+prettyjws", Unsupported),
        ("<html>", "text/html", Network),
    ] {
        let (body, sent) = (body.to_owned(), content_type.to_owned());
        let server = Server::start(move |_| Reply::new(200, &[("content-type", &sent)], &body));
        let options = Options { cache_root: None, ..options(Path::new("")) };
        let error = run_one(options, format!("{}/app:1", server.name())).unwrap_err();
        assert_eq!(error.kind, kind, "{content_type}: {error:?}");
    }
}
