//! A store from elsewhere: folders that are not a store, links in every place, locks that are never let go, and content that is damaged.

use super::*;
use crate::support::begin_store;

fn layers() -> Vec<Layer> {
    vec![Layer::new(GZIP, 1, 30_000), Layer::new(ZSTD, 2, 30_000)]
}

/// All files below a folder, by their paths, with their content.
fn content(folder: &std::path::Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(content(&entry.path()));
        } else {
            found.insert(entry.path(), fs::read(entry.path()).unwrap());
        }
    }
    found
}

#[test]
fn a_folder_that_is_neither_empty_nor_a_store_stays_as_it_is() {
    let layout = r#"{"imageLayoutVersion":"1.0.0"}"#;
    let foreign: [&[(&str, &str)]; 5] = [
        &[("ingest/customers.csv", "precious"), ("index.json", r#"{"my":"own"}"#)],
        &[("notes.txt", "precious")],
        &[("oci-layout", layout), ("index.json", r#"{"schemaVersion":2,"manifests":[]}"#), ("blobs/sha256/x", "precious")],
        &[("wincompat.json", r#"{"schema":"wincompat/cache/v1"}"#), ("blobs/sha256/x", "precious")],
        &[("wincompat.json", ""), ("layers/x", "precious")],
    ];
    let shop = Shop::well_behaved(layers());
    for files in foreign {
        let _ = fs::remove_dir_all(shop.store());
        for (path, text) in files {
            let path = shop.store().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let before = content(&shop.store());
        let said = shop.fails(&[]);
        assert!(said.contains("is not used as the store") && said.contains("\nhint: "), "{said}");
        for command in [&["images"][..], &["prune"], &["rmi", "app:1"], &["inspect", "web"], &["logs", "web"], &["wait", "web"]] {
            let answer = Answer::of(shop.program.command().args(command).env("WINCOMPAT_ROOT", shop.store()));
            assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{command:?}: {}", answer.err);
            assert!(answer.err.contains("is not used as the store"), "{command:?}: {}", answer.err);
        }
        assert_eq!(content(&shop.store()), before, "{files:?}");
    }
    assert!(shop.server.requests().is_empty(), "it is refused before anything is asked for");
}

#[test]
fn a_store_of_an_earlier_version_goes_on() {
    let shop = Shop::well_behaved(layers());
    shop.succeeds(&[]);
    // What it has not.
    for file in ["wincompat.json", "verified.json"] {
        fs::remove_file(shop.store().join(file)).unwrap();
    }
    fs::remove_dir(shop.store().join("t")).unwrap();
    let asked = shop.blob_requests().len();
    shop.succeeds(&[]);
    assert_eq!(shop.blob_requests().len(), asked, "nothing is fetched anew");
    assert!(shop.store().join("wincompat.json").exists());
}

/// Bits that turn on a disk leave the size as it was.
#[test]
fn a_layer_that_is_damaged_at_equal_size_is_found_and_fetched_anew() {
    let shop = Shop::well_behaved(layers());
    shop.succeeds(&[]);
    let images =
        |arguments: &[&str]| Answer::of(shop.program.command().args(["images", "--root"]).arg(shop.store()).args(arguments));
    let whole = images(&["--verify"]);
    assert_eq!((whole.code, whole.err.as_str()), (0, "note: 1 image read completely, and no damage found\n"));
    let path = shop.blob(&shop.layers[1].digest());
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    let damaged = images(&["--verify"]);
    assert!(damaged.code == 2 && !damaged.err.contains("no damage"), "{}", damaged.err);
    assert_eq!(damaged.out, whole.out, "the list is printed all the same");
    let again = format!("pull --root {} {}", shop.store().display(), shop.name());
    for said in [&shop.name(), "is damaged", &format!("hint: pull it again: `wincompat {again}`")] {
        assert!(damaged.err.contains(said), "{}", damaged.err);
    }
    assert_eq!(images(&[]).code, 0, "it is read only if that is asked for");
    // The line of the hint, as it is printed.
    let pulled = Answer::of(shop.program.command().args(again.split(' ')).arg(HOST));
    assert_eq!((pulled.code, pulled.out), (0, shop.printed()), "{}", pulled.err);
    shop.is_intact();
    assert_eq!(images(&["--verify"]).code, 0);
    assert_eq!(shop.requests_for(&shop.layers[1]).len(), 2);
    assert_eq!(shop.requests_for(&shop.layers[0]).len(), 1);
}

#[test]
fn a_missing_layer_is_reported_with_its_image() {
    let shop = Shop::well_behaved(layers());
    shop.succeeds(&[]);
    fs::remove_file(shop.blob(&shop.layers[0].digest())).unwrap();
    let answer = Answer::of(shop.program.command().args(["images", "--verify", "-q"]).env("WINCOMPAT_ROOT", shop.store()));
    assert!(answer.code == 2 && answer.err.contains("is not in the store"), "{}", answer.err);
}

/// Whoever may read the store can keep its locks.
#[test]
fn a_lock_that_is_kept_is_waited_for_as_long_as_the_timeout_says() {
    for lock in ["index.json.lock", "blobs.lock", "the part of a layer"] {
        let shop = Shop::well_behaved(layers());
        begin_store(&shop.store());
        let path = if lock.ends_with("lock") { shop.store().join(lock) } else { shop.partial(&shop.layers[0].digest()) };
        let kept = fs::File::create(&path).unwrap();
        kept.lock().unwrap();
        let begun = Instant::now();
        let answer = shop.pull(&["--timeout", "5"]);
        let said = answer.err;
        assert_eq!(answer.code, 2, "{lock}: {said}");
        assert!(begun.elapsed() < Duration::from_secs(50), "{lock}: {:?}", begun.elapsed());
        assert!(said.contains("lock") && said.contains("\nhint: "), "{lock}: {said}");
        drop(kept);
        shop.succeeds(&[]);
    }
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Everything that a pull opens in a store, led elsewhere.
    #[test]
    fn no_link_in_a_store_is_followed() {
        let first = layers()[0].digest();
        let part = format!("ingest/{}.part", first.hex());
        let blob = format!("blobs/sha256/{}", first.hex());
        let places = [
            "blobs",
            "blobs/sha256",
            "ingest",
            "layers",
            "containers",
            "oci-layout",
            "index.json",
            "index.json.lock",
            "blobs.lock",
            "verified.json",
            "wincompat.json",
            &part,
            &blob,
        ];
        for place in places {
            let shop = Shop::well_behaved(layers());
            shop.succeeds(&[]);
            let outside = shop.program.folder().join("outside");
            fs::create_dir(&outside).unwrap();
            let path = shop.store().join(place);
            let target = outside.join("target");
            match fs::metadata(&path) {
                Ok(found) if found.is_dir() => fs::rename(&path, &target).unwrap(),
                Ok(_) => fs::rename(&path, &target).unwrap(),
                Err(_) => fs::write(&target, "precious").unwrap(),
            }
            symlink(&target, &path).unwrap();
            let before = if target.is_dir() { content(&target) } else { content(&outside) };
            // The part of a layer is opened only if the layer is not there.
            let _ = fs::remove_file(shop.blob(&first));
            let before = if place == blob { content(&outside) } else { before };
            let answer = shop.pull(&[]);
            assert!(answer.code == 0 || answer.code == 2, "{place}: {}", answer.err);
            if answer.code == 2 {
                assert!(answer.err.contains("\nhint: "), "{place}: {}", answer.err);
            }
            for command in [&["prune"][..], &["images", "--verify"], &["rmi", "-f", "app:1"]] {
                Answer::of(shop.program.command().args(command).env("WINCOMPAT_ROOT", shop.store()));
            }
            let after = if target.is_dir() { content(&target) } else { content(&outside) };
            if place.starts_with("blobs") && target.is_dir() {
                // What the test itself removed through the link.
                assert!(
                    before.iter().all(|(path, bytes)| path.ends_with(first.hex()) || after.get(path) == Some(bytes)),
                    "{place}"
                );
                assert!(after.keys().all(|path| before.contains_key(path)), "{place}: something came through the link");
            } else {
                assert_eq!(after, before, "{place}");
            }
        }
    }

    #[test]
    fn a_part_with_a_second_name_is_not_written() {
        let shop = Shop::well_behaved(layers());
        begin_store(&shop.store());
        let diary = shop.program.file("diary.txt", "precious\n".repeat(1000));
        fs::hard_link(&diary, shop.partial(&shop.layers[0].digest())).unwrap();
        let said = shop.fails(&[]);
        assert!(said.contains("second name"), "{said}");
        assert_eq!(fs::read_to_string(&diary).unwrap(), "precious\n".repeat(1000));
    }

    #[test]
    fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
        for place in ["blobs.lock", "index.json.lock", "index.json", "oci-layout", "wincompat.json", "verified.json"] {
            let shop = Shop::well_behaved(layers());
            shop.succeeds(&[]);
            let _ = fs::remove_file(shop.store().join(place));
            assert!(Command::new("mkfifo").arg(shop.store().join(place)).status().unwrap().success());
            let begun = Instant::now();
            let answer = shop.pull(&["--timeout", "40"]);
            assert!(begun.elapsed() < Duration::from_secs(60), "{place}");
            // The record of what was verified can be done without.
            assert_eq!(answer.code, if place == "verified.json" { 0 } else { 2 }, "{place}: {}", answer.err);
            assert!(
                answer.code == 0 || (answer.err.contains("pipe") && answer.err.contains("\nhint: ")),
                "{place}: {}",
                answer.err
            );
        }
    }

    #[test]
    fn the_store_is_readable_as_the_umask_says() {
        use std::os::unix::fs::PermissionsExt as _;

        let shop = Shop::well_behaved(layers());
        shop.succeeds(&[]);
        for (file, found) in content(&shop.store()).keys().map(|file| (file, fs::metadata(file).unwrap())) {
            assert_eq!(found.permissions().mode() & 0o777, 0o644, "{}", file.display());
        }
    }
}
