//! How often a registry is asked, by the server's own count.

use super::{Answer, Shop, shop};
use crate::check::main_command::nanoserver_1903;
use crate::support::registry::images::{Access, Images, serve};
use crate::support::registry::windows::WindowsImage;

const ON_2022: &str = "--host=windows-server-2022";
const NANOSERVER: &str = "mcr.microsoft.com/windows/nanoserver:1903";

impl Shop {
    /// How many requests this check takes.
    fn requests_of(&self, arguments: &[&str]) -> usize {
        let before = self.server.requests().len();
        let answer = self.check(&[&[ON_2022, "--isolation=auto"], arguments].concat());
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{}", answer.out);
        self.server.requests().len() - before
    }

    fn paths(&self) -> Vec<String> {
        self.server.requests().into_iter().map(|request| format!("{} {}", request.method, request.path)).collect()
    }
}

#[test]
fn three_requests_cold_and_one_warm() {
    let shop = Shop::of(nanoserver_1903());
    assert_eq!(shop.requests_of(&[NANOSERVER]), 3);
    let paths = shop.paths();
    assert_eq!(paths[0], "GET /v2/windows/nanoserver/manifests/1903");
    assert!(paths[1].starts_with("GET /v2/windows/nanoserver/manifests/sha256:"), "{paths:?}");
    assert!(paths[2].starts_with("GET /v2/windows/nanoserver/blobs/sha256:"), "{paths:?}");
    assert_eq!(shop.requests_of(&[NANOSERVER]), 1, "only the tag");
    assert_eq!(shop.paths()[3], "GET /v2/windows/nanoserver/manifests/1903");
}

#[test]
fn an_image_without_an_index_takes_two_and_one() {
    let shop = Shop::of(Images::default().single("app", "1", &WindowsImage::of("10.0.20348.1")));
    assert_eq!(shop.requests_of(&["registry.test/app:1"]), 2);
    assert_eq!(shop.requests_of(&["registry.test/app:1"]), 1);
}

#[test]
fn a_digest_is_asked_for_once_in_a_lifetime() {
    let shop = Shop::of(nanoserver_1903());
    let (_, report) = shop.report(&[ON_2022, NANOSERVER]);
    let digest = report["results"][0]["image"]["digest"].as_str().unwrap();
    assert_eq!(shop.requests_of(&[&format!("mcr.microsoft.com/windows/nanoserver@{digest}")]), 0);
    let (_, report) = shop.report(&[ON_2022, &format!("{NANOSERVER}@{digest}")]);
    assert_eq!(report["results"][0]["image"]["source"], "cache");
}

#[test]
fn believing_the_index_takes_one() {
    let shop = Shop::of(nanoserver_1903());
    assert_eq!(shop.requests_of(&["--no-confirm", NANOSERVER]), 1);
}

#[test]
fn without_a_cache_every_check_is_cold() {
    let shop = Shop::of(nanoserver_1903());
    let check = || {
        let before = shop.server.requests().len();
        let mut command = shop.program.check(&shop.server.url(""));
        // The two exclude each other as arguments.
        let answer =
            Answer::of(command.env_remove("WINCOMPAT_CACHE").args([ON_2022, "--isolation=auto", "--no-cache", NANOSERVER]));
        assert_eq!(answer.code, 0, "{}", answer.err);
        shop.server.requests().len() - before
    };
    assert_eq!((check(), check()), (3, 3));
    assert!(!shop.program.cache().exists());
}

/// Neither a second host nor a second name for the same content costs more than its tag.
#[test]
fn what_is_the_same_is_asked_for_once() {
    let image = WindowsImage::of("10.0.20348.1");
    let images = Images::default().windows("app", "1", std::slice::from_ref(&image)).windows("app", "latest", &[image]);
    let shop = Shop::of(images);
    let names = ["registry.test/app:1", "registry.test/app:1", "registry.test/app:latest"];
    let hosts = ["--host=windows-server-2025,hyperv", "--host=windows-11-24h2"];
    assert_eq!(shop.requests_of(&[&hosts[..], &names[..]].concat()), 4, "{:?}", shop.paths());
}

#[test]
fn a_named_folder_is_the_cache() {
    let shop = Shop::of(shop());
    let folder = shop.program.folder().join("another");
    let folder = folder.to_str().unwrap();
    assert_eq!(shop.requests_of(&["--cache", folder, "registry.test/app:ltsc2022"]), 3);
    assert_eq!(shop.requests_of(&["registry.test/app:ltsc2022"]), 3);
    assert_eq!(shop.requests_of(&["--cache", folder, "registry.test/app:ltsc2022"]), 1);
}

/// Content is believed for its digest, not for where it lies.
#[test]
fn a_damaged_cache_is_as_good_as_none() {
    let shop = Shop::of(nanoserver_1903());
    assert_eq!(shop.requests_of(&[NANOSERVER]), 3);
    let blobs = shop.program.cache().join("blobs").join("sha256");
    let mut damaged = 0;
    for entry in std::fs::read_dir(blobs).unwrap() {
        std::fs::write(entry.unwrap().path(), "{}").unwrap();
        damaged += 1;
    }
    assert_eq!(damaged, 3);
    assert_eq!(shop.requests_of(&[NANOSERVER]), 3);
    assert_eq!(shop.requests_of(&[NANOSERVER]), 1, "the cache has mended itself");
}

/// One warning, however many images are not kept.
#[test]
fn a_cache_that_cannot_be_written_is_one_warning() {
    let shop = Shop::of(shop());
    let no_folder = shop.program.file("file", "");
    let images = ["registry.test/app:ltsc2022", "registry.test/app:1809"];
    let answer = shop.check(&[&[ON_2022, "--isolation=auto", "--cache", &no_folder], &images[..]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    let warnings: Vec<_> = answer.err.lines().collect();
    assert_eq!(warnings.len(), 1, "{}", answer.err);
    assert!(warnings[0].starts_with("warning: nothing is kept for the next check: "), "{}", answer.err);
    assert!(!answer.out.contains("nothing is kept"), "the answer alone is on stdout");
}

/// A registry that wants a token is asked once more, by which it says so.
#[test]
fn a_registry_with_tokens_takes_two_more() {
    let shop = Shop { server: serve(nanoserver_1903(), Access::Token), ..Shop::of(Images::default()) };
    assert_eq!(shop.requests_of(&[NANOSERVER]), 5, "{:?}", shop.paths());
    assert_eq!(shop.server.count("/token"), 1);
}
