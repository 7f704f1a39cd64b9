//! Descriptors bind what they name, by any algorithm that is read, and the lists of one archive bind each other.

use serde_json::{Value, json};
use sha2::Digest as _;
use wincompat::image::{Config, Digest};
use wincompat::{Error, ErrorKind};

use crate::image_sources::{Files, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, REF_NAME, file, image, summary, typed, with_layer};
use crate::support::registry::windows::{LAYER, descriptor};

const IMAGE_NAME: &str = "io.containerd.image.name";

fn windows(version: &str) -> Value {
    json!({ "os": "windows", "architecture": "amd64", "os.version": version })
}

/// The SHA-512 of these bytes as a digest.
fn sha512(bytes: &[u8]) -> String {
    let digits: String = sha2::Sha512::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha512:{digits}")
}

/// Adds content under its SHA-512, and gives a descriptor for it.
fn add_sha512(files: &mut Files, media_type: &str, content: &Value) -> Value {
    let bytes = content.to_string().into_bytes();
    let digest = sha512(&bytes);
    let size = bytes.len();
    files.0.push((format!("blobs/{}", digest.replace(':', "/")), bytes));
    json!({ "mediaType": media_type, "digest": digest, "size": size })
}

fn with(mut entry: Value, field: &str, value: Value) -> Value {
    entry[field] = value;
    entry
}

/// A layout with this index, as a folder and as an archive.
fn read(mut files: Files, entries: &[Value]) -> [Result<wincompat::image::Image, Error>; 2] {
    let index = files.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": entries }));
    let files = files.list(&[index]);
    let (folder, archive) = (files.folder(), file(&files.tar()));
    [image(&typed("oci", folder.path())), image(&typed("oci-archive", archive.path()))]
}

#[test]
fn a_sha512_is_verified_as_a_sha256_is() {
    // The manifest by its SHA-512, the config by its SHA-512, both, and one that was changed afterwards.
    for (of_manifest, of_config, is_changed) in
        [(true, false, false), (false, true, false), (true, true, false), (true, true, true)]
    {
        let mut files = Files::default();
        let config = with_layer(&windows("10.0.20348.7"));
        let config = if of_config { add_sha512(&mut files, OCI_CONFIG, &config) } else { files.add(OCI_CONFIG, &config) };
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [descriptor(LAYER, b"")] });
        let entry =
            if of_manifest { add_sha512(&mut files, OCI_MANIFEST, &manifest) } else { files.add(OCI_MANIFEST, &manifest) };
        if is_changed {
            let (_, bytes) = files.0.iter_mut().find(|(name, _)| name.starts_with("blobs/sha512/")).unwrap();
            let at = bytes.iter().position(|byte| *byte == b'7').unwrap();
            bytes[at] = b'8';
        }
        let entry = with(entry, "platform", windows("10.0.20348.7"));
        for found in read(files, &[entry]) {
            let found = found.unwrap();
            match (&found.candidates[0].config, is_changed) {
                (Config::Read(_), false) => assert_eq!(summary(&found), "amd64 10.0.20348.7 Config"),
                (Config::Unreadable(why), true) => assert!(why.contains("is damaged"), "{why}"),
                (config, _) => panic!("{of_manifest} {of_config} {is_changed}: {config:?}"),
            }
        }
    }
}

#[test]
fn an_entry_of_another_algorithm_spoils_no_other() {
    let other = |digest: &str, os: &str| {
        let entry = json!({ "mediaType": OCI_MANIFEST, "digest": digest, "size": 7 });
        with(entry, "platform", json!({ "os": os, "architecture": "arm64" }))
    };
    let strange = || [other("blake3:00ff", "windows"), other("sha384:00", "linux"), other("multihash+base58:Qm", "linux")];
    let mut files = Files::default();
    let good = with(files.image(&windows("10.0.20348.7")), "platform", windows("10.0.20348.7"));
    let [blake, sha384, multihash] = strange();
    for found in read(files, &[blake, good, sha384, multihash]) {
        let found = found.unwrap();
        assert_eq!(summary(&found), "amd64 10.0.20348.7 Config, linux/arm64");
        assert_eq!(found.passed_over, ["blake3:00ff"]);
    }
    // Nothing else is there; nothing else for Windows; and what is malformed is of no algorithm.
    let only = |entries: &[Value]| read(Files::default(), entries);
    for refused in only(&strange()[..1]) {
        let error = refused.unwrap_err();
        assert!(error.kind == ErrorKind::Unsupported && error.sentence().contains("blake3:00ff"), "{error:?}");
    }
    for found in only(&strange()[1..]) {
        assert_eq!(summary(&found.unwrap()), "linux/arm64");
    }
    for malformed in ["sha512:00", "sha256:00", "", "blake3:../../etc/passwd", "Blake3:00"] {
        for refused in only(&[other(malformed, "windows")]) {
            assert_eq!(refused.unwrap_err().kind, ErrorKind::Invalid, "{malformed}");
        }
    }
}

/// An archive of `docker save` of today: a list for older engines and one for newer ones.
#[derive(Default)]
struct Saved {
    files: Files,
    entries: Vec<Value>,
    saved: Vec<Value>,
}

impl Saved {
    /// An image; the answer is the name of its config as older engines have it.
    fn image(&mut self, version: &str) -> (Value, String) {
        let config = with_layer(&windows(version));
        let entry = self.files.image(&config);
        (entry, format!("blobs/sha256/{}", Digest::of(config.to_string().as_bytes()).hex()))
    }

    fn list(&mut self, entry: Value, name: Option<&str>) {
        let annotations = match name {
            Some(name) => json!({ IMAGE_NAME: format!("docker.io/library/{name}"), REF_NAME: name.rsplit(':').next() }),
            None => json!({}),
        };
        self.entries.push(with(entry, "annotations", annotations));
    }

    fn save(&mut self, config: &str, names: &[&str]) {
        self.saved.push(json!({ "Config": config, "RepoTags": names, "Layers": [] }));
    }

    fn read(mut self, format: &str, name: &str) -> Result<String, Error> {
        self.files.0.push(("manifest.json".to_owned(), json!(self.saved).to_string().into_bytes()));
        let archive = file(&self.files.list(&self.entries).tar());
        image(&format!("{}{name}", typed(format, archive.path()))).map(|image| summary(&image))
    }
}

#[test]
fn two_lists_of_one_archive_must_agree() {
    let (old, new) = ("10.0.17763.1", "10.0.20348.1");
    // Each puts two images into the archive, and lists them.
    type Lists = fn(&mut Saved, Value, &str, Value, &str);
    let same: Lists = |archive, old, old_config, new, new_config| {
        archive.list(old, Some("app:old"));
        archive.list(new, Some("app:new"));
        archive.save(new_config, &["app:new"]);
        archive.save(old_config, &["app:old"]);
    };
    let exchanged: Lists = |archive, old, old_config, new, new_config| {
        archive.list(old, Some("app:old"));
        archive.list(new, Some("app:new"));
        archive.save(old_config, &["app:new"]);
        archive.save(new_config, &["app:old"]);
    };
    let other: Lists = |archive, _, old_config, new, _| {
        archive.list(new, Some("app:new"));
        archive.save(old_config, &["app:new"]);
    };
    let other_without_name: Lists = |archive, _, old_config, new, _| {
        archive.list(new, None);
        archive.save(old_config, &[]);
    };
    let one_more: Lists = |archive, _, old_config, new, new_config| {
        archive.list(new, Some("app:new"));
        archive.save(new_config, &["app:new"]);
        archive.save(old_config, &["app:old"]);
    };
    let one_less: Lists = |archive, old, _, new, new_config| {
        archive.list(old, Some("app:old"));
        archive.list(new, Some("app:new"));
        archive.save(new_config, &["app:new"]);
    };
    let several_platforms: Lists = |archive, old, _, new, new_config| {
        let missing = json!({ "mediaType": OCI_MANIFEST, "digest": Digest::of(b"nowhere"), "size": 7 });
        let missing = with(missing, "platform", json!({ "os": "linux", "architecture": "amd64" }));
        let entries = [with(old, "platform", windows("10.0.17763.1")), with(new, "platform", windows("10.0.20348.1")), missing];
        let index = archive.files.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": entries }));
        archive.list(index, Some("app:new"));
        archive.save(new_config, &["app:new"]);
    };
    for (what, lists, name, expected) in [
        ("the same", same, ":app:new", Ok("amd64 10.0.20348.1 Config")),
        ("the same", same, ":app:old", Ok("amd64 10.0.17763.1 Config")),
        ("exchanged", exchanged, ":app:new", Err("name two images app:new")),
        ("another", other, "", Err("name two images app:new")),
        ("another", other, ":app:new", Err("name two images app:new")),
        ("another without a name", other_without_name, "", Err("in manifest.json alone")),
        ("one more", one_more, ":app:new", Err("in manifest.json alone")),
        ("one less", one_less, ":app:old", Ok("amd64 10.0.17763.1 Config")),
        ("several platforms", several_platforms, "", Ok("amd64 10.0.17763.1 Config, amd64 10.0.20348.1 Config, linux/amd64")),
    ] {
        for format in ["docker-archive", "oci-archive"] {
            let mut archive = Saved::default();
            let ((old, old_config), (new, new_config)) = (archive.image(old), archive.image(new));
            lists(&mut archive, old, &old_config, new, &new_config);
            match (archive.read(format, name), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{what} {format}"),
                (Err(error), Err(why)) => {
                    assert!(error.kind == ErrorKind::Invalid && error.hint.is_some(), "{what} {format}: {error:?}");
                    assert!(error.sentence().contains("contradict each other") && error.sentence().contains(why), "{error:?}");
                }
                (found, _) => panic!("{what} {format}: {found:?}"),
            }
        }
    }
}

/// In an image layout that is not Docker's, a file of that name may be anything.
#[test]
fn a_foreign_file_beside_an_image_layout_is_not_a_second_list() {
    for (format, is_read) in [("oci-archive", true), ("docker-archive", false)] {
        let mut files = Files::default();
        let entry = files.image(&windows("10.0.20348.1"));
        files.0.push(("manifest.json".to_owned(), br#"{"name":"a web app"}"#.to_vec()));
        let archive = file(&files.list(&[entry]).tar());
        let found = image(&typed(format, archive.path()));
        assert_eq!(found.is_ok(), is_read, "{format}: {found:?}");
    }
}

/// Engines differ in whether they look at anything but the platform: what an entry with the platform of an image is cannot be known.
#[test]
fn an_entry_for_windows_that_is_called_something_else_is_not_passed_over() {
    let attestation = json!({ "vnd.docker.reference.type": "attestation-manifest" });
    let windows_2022 = json!({ "os": "windows", "architecture": "amd64", "os.version": "10.0.20348.9" });
    let without_version = json!({ "os": "windows", "architecture": "amd64" });
    for platform in [windows_2022, without_version] {
        for (field, value, why) in [
            ("annotations", attestation.clone(), "the index calls it an attestation, and the platform of an image"),
            ("mediaType", json!("text/plain"), "the index gives it the type text/plain, and the platform of an image"),
        ] {
            let mut files = Files::default();
            let other = with(with(files.image(&windows("10.0.17763.1")), "platform", platform.clone()), field, value);
            let good = with(files.image(&windows("10.0.20348.1")), "platform", windows("10.0.20348.1"));
            for read in read(files, &[other, good]) {
                let candidates = read.unwrap().candidates;
                assert_eq!(candidates.len(), 2, "{candidates:?}");
                assert!(matches!(&candidates[0].config, Config::Unreadable(said) if said == why), "{candidates:?}");
                assert!(matches!(candidates[1].config, Config::Read(_)), "{candidates:?}");
            }
        }
    }
    // For another system, or for none, it is what it is called.
    for platform in [json!({ "os": "linux", "architecture": "amd64" }), json!({ "os": "unknown", "architecture": "unknown" })] {
        let mut files = Files::default();
        let other = with(with(files.image(&windows("10.0.17763.1")), "platform", platform), "annotations", attestation.clone());
        let good = with(files.image(&windows("10.0.20348.1")), "platform", windows("10.0.20348.1"));
        for read in read(files, &[other, good]) {
            assert_eq!(summary(&read.unwrap()), "amd64 10.0.20348.1 Config");
        }
    }
}

/// The engines read `OS.Version` as `os.version`, and the last of both counts.
#[test]
fn a_key_in_another_case_is_refused() {
    let good = with_layer(&windows("10.0.20348.1"));
    let twice = with(good.clone(), "OS.Version", json!("10.0.17763.1"));
    let manifest = |files: &mut Files, config: &Value| {
        let config = files.add(OCI_CONFIG, config);
        json!({ "schemaVersion": 2, "config": config, "layers": [descriptor(LAYER, b"")] })
    };
    let entry = |config: &Value, change: &dyn Fn(Value) -> Value| {
        let mut files = Files::default();
        let manifest = change(manifest(&mut files, config));
        let entry = files.add(OCI_MANIFEST, &manifest);
        (files, entry)
    };
    let unchanged = |value: Value| value;
    let another_config = |manifest: Value| {
        let config = manifest["config"].clone();
        with(manifest, "Config", config)
    };
    let platform =
        json!({ "os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1", "OS.Version": "10.0.17763.1" });
    for ((mut files, entry), key) in [(entry(&twice, &unchanged), "os.version"), (entry(&good, &another_config), "config"), {
        let (files, entry) = entry(&good, &unchanged);
        ((files, with(entry, "platform", platform)), "os.version")
    }] {
        let index = files.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": [entry] }));
        let said = format!("the key {key} is spelt in another case");
        // Below an index, and listed by the layout itself.
        for listed in [index, entry] {
            let files = Files(files.0.clone()).list(&[listed]);
            let (folder, archive) = (files.folder(), file(&files.tar()));
            for reference in [typed("oci", folder.path()), typed("oci-archive", archive.path())] {
                let read = match image(&reference) {
                    Err(error) => error.sentence(),
                    Ok(image) => format!("{:?}", image.candidates),
                };
                assert!(read.contains(&said), "{key}: {read}");
            }
        }
    }
}

#[test]
fn a_list_of_docker_save_in_another_case_is_refused() {
    for list in [r#"[{"Config":"a.json","config":"b.json","RepoTags":["app:1"]}]"#, r#" [{"config":"b.json"}]"#] {
        let mut files = Files::default();
        let entry = files.image(&windows("10.0.20348.1"));
        let mut files = files.list(&[entry]);
        files.0.push(("manifest.json".to_owned(), list.as_bytes().to_vec()));
        let archive = file(&files.tar());
        for form in ["oci-archive", "docker-archive"] {
            let error = image(&typed(form, archive.path())).unwrap_err();
            assert!(
                error.kind == ErrorKind::Invalid && error.sentence().contains("malformed manifest.json"),
                "{form}: {error:?}"
            );
        }
    }
}
