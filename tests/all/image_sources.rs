//! Images from image layouts and archives, and without any network: what is read, what is chosen, what is refused.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use wincompat::image::{Config, Digest, Image, Reference, Source, Version};
use wincompat::internals::oci::{Images, Options};
use wincompat::knowledge::Knowledge;
use wincompat::{Error, ErrorKind};

use crate::support::registry::windows::{LAYER, descriptor};

const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/manifests").join(name)).unwrap()
}

fn knowledge() -> Knowledge {
    let repository =
        json!({ "repository": "windows/nanoserver", "tags": ["1903"], "until": "2020-12-08", "architectures": ["amd64"] });
    serde_json::from_value(json!({
        "date": "2026-01-01", "stable_abi": [20348, 26100], "releases": [], "revisions": [],
        "base_images": [{ "build": 18362, "release": "1903", "repositories": [repository], "source": "a test" }],
    }))
    .unwrap()
}

/// This config, and an empty layer in it.
pub fn with_layer(config: &Value) -> Value {
    let mut config = config.clone();
    config["rootfs"] = json!({ "type": "layers", "diff_ids": [Digest::of(b"")] });
    config
}

/// An image layout that is being made: files by name.
#[derive(Default)]
pub struct Files(pub Vec<(String, Vec<u8>)>);

impl Files {
    pub fn blob(&mut self, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        self.0.push((format!("blobs/sha256/{}", digest.hex()), bytes.to_owned()));
        digest
    }

    /// Adds the content, and gives a descriptor for it.
    pub fn add(&mut self, media_type: &str, content: &Value) -> Value {
        let bytes = content.to_string().into_bytes();
        let digest = self.blob(&bytes);
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    }

    /// Adds an image with this config and an empty layer, and gives the descriptor of its manifest.
    pub fn image(&mut self, config: &Value) -> Value {
        let config = self.add(OCI_CONFIG, &with_layer(config));
        self.add(OCI_MANIFEST, &json!({ "schemaVersion": 2, "config": config, "layers": [descriptor(LAYER, b"")] }))
    }

    /// Makes it a layout with these entries.
    pub fn list(mut self, entries: &[Value]) -> Self {
        self.0.push(("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()));
        self.0.push(("index.json".to_owned(), json!({ "schemaVersion": 2, "manifests": entries }).to_string().into_bytes()));
        self
    }

    pub fn folder(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in &self.0 {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    pub fn tar(&self) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, bytes) in &self.0 {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            archive.append_data(&mut header, name, bytes.as_slice()).unwrap();
        }
        archive.into_inner().unwrap()
    }
}

/// The synthetic nanoserver:1903, as an index, under these names.
fn nanoserver_1903(names: &[&str]) -> Files {
    let mut files = Files::default();
    files.blob(&fixture("synthetic-nanoserver-1903-18362.1256-config.json"));
    files.blob(&fixture("synthetic-nanoserver-1903-18362.1256-manifest.json"));
    let index = fixture("synthetic-nanoserver-1903-18362.1256-index.json");
    let digest = files.blob(&index);
    let entry = |name: &&str| json!({ "mediaType": DOCKER_LIST, "digest": digest, "size": index.len(), "annotations": { REF_NAME: name } });
    let entries: Vec<Value> = names.iter().map(entry).collect();
    files.list(&entries)
}

fn images(options: Options, references: &[&str]) -> Vec<Result<Image, Error>> {
    let knowledge = knowledge();
    let references: Vec<Reference> = references.iter().map(|text| text.parse().unwrap()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let images = Images::new(options, &knowledge);
        let mut found = images.resolve(&references).await;
        let choices = references.iter().zip(&mut found);
        images
            .confirm_all(choices.filter_map(|(reference, found)| {
                let all = (0..found.as_ref().ok()?.candidates.len()).collect();
                Some((reference, found.as_mut().ok()?, all))
            }))
            .await;
        found
    })
}

pub fn image(reference: &str) -> Result<Image, Error> {
    let options = Options { offline: true, ..Options::new(crate::support::handles()) };
    images(options, &[reference]).remove(0)
}

pub fn typed(prefix: &str, path: &Path) -> String {
    format!("{prefix}:{}", path.display())
}

/// Each candidate as `architecture version`, and the other platforms.
pub fn summary(image: &Image) -> String {
    let candidates = image.candidates.iter().map(|candidate| match candidate.os_version() {
        Some((version, source)) => format!("{} {version} {source:?}", candidate.architecture),
        None => format!("{} {:?}", candidate.architecture, candidate.version().0),
    });
    candidates.chain(image.other_platforms.iter().cloned()).collect::<Vec<_>>().join(", ")
}

pub fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn a_layout_in_a_folder_is_read_and_confirmed() {
    let folder = nanoserver_1903(&["1903"]).folder();
    let image = image(&format!("{}:1903", typed("oci", folder.path()))).unwrap();
    assert_eq!(image.source, Source::OciLayout);
    assert_eq!(image.repository, None);
    assert_eq!(image.digest, Some(Digest::of(&fixture("synthetic-nanoserver-1903-18362.1256-index.json"))));
    assert_eq!(summary(&image), "amd64 10.0.18362.1256 Config");
    let candidate = &image.candidates[0];
    assert_eq!(candidate.digest, Some(Digest::of(&fixture("synthetic-nanoserver-1903-18362.1256-manifest.json"))));
    assert_eq!(candidate.foreign_layers, Some(true));
    assert!(matches!(&candidate.config, Config::Read(facts) if facts.os == "windows" && facts.history.is_some()));
}

#[test]
fn archives_are_read_plain_and_compressed() {
    let files = nanoserver_1903(&["1903", "registry.example/base:1903"]);
    let plain = files.tar();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let dotted = Files(files.0.iter().map(|(name, bytes)| (format!("./{name}"), bytes.clone())).collect()).tar();
    let without_end = plain[..plain.len() - 1024].to_vec();
    let table = [
        ("plain", plain.clone()),
        ("gzip", gzip.finish().unwrap()),
        ("zstd", zstd::encode_all(plain.as_slice(), 1).unwrap()),
        ("names that begin with ./", dotted),
        ("no blocks of zeros at its end", without_end),
    ];
    for (what, bytes) in table {
        let archive = file(&bytes);
        for name in ["", ":1903", ":registry.example/base:1903"] {
            let image = image(&format!("{}{name}", typed("oci-archive", archive.path()))).unwrap();
            assert_eq!((summary(&image).as_str(), image.source), ("amd64 10.0.18362.1256 Config", Source::OciArchive), "{what}");
        }
    }
}

#[test]
fn extended_headers_say_sizes_and_names() {
    // As Go writes a layer beyond 8 GiB: the plain header says nothing of its size. What a reader that trusts it finds is no header.
    let layer = vec![0xff; 1 << 20];
    let mut archive = tar::Builder::new(Vec::new());
    let records = [("comment", b"a\nb".as_slice()), ("size", b"1048576"), ("path", b"layers/layer.tar")];
    archive.append_pax_extensions(records).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_path("short").unwrap();
    header.set_size(0);
    header.set_cksum();
    archive.append(&header, std::io::empty()).unwrap();
    let mut bytes = archive.into_inner().unwrap();
    bytes.truncate(bytes.len() - 1024);
    bytes.extend(layer);
    bytes.extend(nanoserver_1903(&["1903"]).tar());
    assert_eq!(summary(&image(&typed("oci-archive", file(&bytes).path())).unwrap()), "amd64 10.0.18362.1256 Config");

    // A long GNU name counts for one file, and the next is read under its own.
    let mut header = tar::Header::new_gnu();
    let long = "d/".repeat(120);
    let mut archive = tar::Builder::new(Vec::new());
    header.set_size(0);
    archive.append_data(&mut header, long.trim_end_matches('/'), std::io::empty()).unwrap();
    let mut bytes = archive.into_inner().unwrap();
    bytes.truncate(bytes.len() - 1024);
    bytes.extend(nanoserver_1903(&["1903"]).tar());
    assert_eq!(summary(&image(&typed("oci-archive", file(&bytes).path())).unwrap()), "amd64 10.0.18362.1256 Config");
}

#[test]
fn docker_save_is_read_in_its_older_and_newer_form() {
    let config = fixture("dockerhub-user-nanoserver-1909-config.json");
    let name = format!("{}.json", Digest::of(&config).hex());
    let source = json!({ "sha256:a": { "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "size": 1, "digest": "sha256:b" } });
    let saved = json!([{ "Config": name, "RepoTags": ["app:1"], "Layers": ["x/layer.tar"], "LayerSources": source }]);
    let older = Files(vec![(name.clone(), config.clone()), ("manifest.json".to_owned(), saved.to_string().into_bytes())]);
    let archive = file(&older.tar());
    let found = image(&format!("{}:app:1", typed("docker-archive", archive.path()))).unwrap();
    assert_eq!((summary(&found).as_str(), found.source), ("amd64 10.0.18363.1556 Config", Source::DockerArchive));
    assert_eq!((found.digest, found.candidates[0].foreign_layers), (None, Some(true)), "an archive of layers has no manifest");

    let mut newer = Files::default();
    newer.blob(&config);
    let manifest = fixture("dockerhub-user-nanoserver-1909-manifest.json");
    let digest = newer.blob(&manifest);
    let annotations = json!({ "io.containerd.image.name": "docker.io/library/app:1", REF_NAME: "1" });
    let entry = json!({ "mediaType": DOCKER_MANIFEST, "digest": digest, "size": manifest.len(), "annotations": annotations });
    let archive = file(&newer.list(&[entry]).tar());
    for name in ["", ":1", ":app:1", ":docker.io/library/app:1"] {
        let found = image(&format!("{}{name}", typed("docker-archive", archive.path()))).unwrap();
        assert_eq!((summary(&found).as_str(), found.source), ("amd64 10.0.18363.1556 Config", Source::DockerArchive));
        assert_eq!(found.digest.as_ref(), Some(&digest));
    }
}

/// Two entries of one name are one image where each is for a platform of its own. Else programs take different ones of them.
#[test]
fn images_of_one_name_that_are_not_one_image_are_refused_with_their_digests() {
    let windows = |version: &str| json!({ "os": "windows", "architecture": "amd64", "os.version": version });
    let mut files = Files::default();
    let named = |mut entry: Value, platform: Option<Value>, names: &[(&str, &str)]| {
        entry["annotations"] = names.iter().map(|(key, name)| ((*key).to_owned(), json!(name))).collect();
        if let Some(platform) = platform {
            entry["platform"] = platform;
        }
        entry
    };
    let (one, other) = (files.image(&windows("10.0.20348.1")), files.image(&windows("10.0.17763.1")));
    let tag = &[(REF_NAME, "1")][..];
    let listed = |entries: &[Value]| Files(files.0.clone()).list(entries);
    let bare = json!({ "os": "windows", "architecture": "amd64" });
    for platforms in [
        [None, None],
        [Some(windows("10.0.20348.1")), None],
        [Some(windows("10.0.20348.1")), Some(windows("10.0.20348.1"))],
        [Some(bare.clone()), Some(bare)],
    ] {
        let [first, second] = platforms.clone();
        let files = listed(&[named(one.clone(), first, tag), named(other.clone(), second, tag)]);
        let (folder, archive) = (files.folder(), file(&files.tar()));
        for reference in [
            format!("{}:1", typed("oci", folder.path())),
            typed("oci", folder.path()),
            format!("{}:1", typed("oci-archive", archive.path())),
        ] {
            let error = image(&reference).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid, "{reference}");
            assert!(error.what.ends_with(" holds 2 different images named 1"), "{platforms:?}: {error:?}");
            let digests = [&one, &other].map(|entry| entry["digest"].as_str().unwrap());
            assert_eq!(error.causes, [format!("they are {}", digests.join(", "))]);
            assert!(error.hint.is_some());
        }
    }
    let mut attestation = json!({ "mediaType": OCI_MANIFEST, "digest": Digest::of(b"said of it"), "size": 1 });
    attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    let platforms = ["10.0.20348.1", "10.0.17763.1"].map(windows);
    let folder = listed(&[
        named(one.clone(), Some(platforms[0].clone()), tag),
        named(other.clone(), Some(platforms[1].clone()), tag),
        named(attestation, None, tag),
    ])
    .folder();
    for reference in [format!("{}:1", typed("oci", folder.path())), typed("oci", folder.path())] {
        assert_eq!(summary(&image(&reference).unwrap()), "amd64 10.0.20348.1 Config, amd64 10.0.17763.1 Config", "{reference}");
    }
    // As `docker save app:1 base:1` writes them: the tag alone is that of both.
    let whole = |name| [(REF_NAME, "1"), ("io.containerd.image.name", name)];
    let entries = [
        named(one, Some(platforms[0].clone()), &whole("docker.io/library/app:1")),
        named(other, Some(platforms[1].clone()), &whole("docker.io/library/base:1")),
    ];
    let folder = listed(&entries).folder();
    let error = image(&format!("{}:1", typed("oci", folder.path()))).unwrap_err();
    let hint = error.hint.unwrap().to_string();
    let reference = hint.strip_prefix("add one of these names: ").unwrap();
    assert!(reference.ends_with(":docker.io/library/app:1"), "{hint}");
    assert_eq!(summary(&image(&format!("oci:{reference}")).unwrap()), "amd64 10.0.20348.1 Config");
}

#[test]
fn entries_are_judged_by_platform_config_and_history() {
    let mut files = Files::default();
    let windows = |version: Value| json!({ "os": "windows", "architecture": "amd64", "os.version": version });
    let with = |mut entry: Value, platform: Value| {
        entry["platform"] = platform;
        entry
    };
    let full = with(files.image(&windows(json!("10.0.20348.3"))), windows(json!("10.0.20348.2")));
    let no_version = with(files.image(&windows(json!("10.0.17763.5"))), json!({ "os": "Windows", "architecture": "x86_64" }));
    let no_platform = files.image(&windows(json!("10.0.26100.33438")));
    let odd = with(files.image(&windows(json!("10.0.14393.7"))), windows(json!("ltsc2016")));
    let history = json!({ "os": "windows", "architecture": "amd64", "history": [{ "created_by": "Apply image 1903-amd64" }] });
    let history = files.image(&history);
    let linux = files.image(&json!({ "os": "linux", "architecture": "arm64" }));
    let unread_linux = with(
        json!({ "mediaType": OCI_MANIFEST, "digest": Digest::of(b"nowhere"), "size": 7 }),
        json!({ "os": "linux", "architecture": "amd64" }),
    );
    let attestation = with(unread_linux.clone(), json!({ "os": "unknown", "architecture": "unknown" }));
    let chart = files.add("application/vnd.cncf.helm.config.v1+json", &json!({ "name": "chart" }));
    let chart = files.add(OCI_MANIFEST, &json!({ "schemaVersion": 2, "config": chart, "layers": [] }));
    let other_type = json!({ "mediaType": "application/vnd.example", "digest": Digest::of(b"x"), "size": 1 });
    let entries =
        [full, no_version, no_platform, odd, history, linux, unread_linux.clone(), unread_linux, attestation, chart, other_type];
    let index = files.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": entries }));
    let folder = files.list(&[index]).folder();
    let image = image(&typed("oci", folder.path())).unwrap();
    assert_eq!(
        summary(&image),
        "amd64 10.0.20348.3 Config, amd64 10.0.17763.5 Config, amd64 10.0.26100.33438 Config, amd64 10.0.14393.7 Config, \
         amd64 10.0.18362 History, linux/arm64, linux/amd64"
    );
    assert_eq!(image.candidates[3].indexed, Version::Unparsable("ltsc2016".to_owned()));
}

#[test]
fn recorded_indexes_say_their_versions_alone() {
    for (file, expected) in [
        ("mcr-nanoserver-1809-17763.3770-index.json", "amd64 10.0.17763.3770 Index"),
        ("mcr-servercore-ltsc2019-17763.3770-index.json", "amd64 10.0.17763.3770 Index"),
        ("mcr-servercore-ltsc2022-20348.2113-index.json", "amd64 10.0.20348.2113 Index"),
        ("dockerhub-hello-world-nanoserver-index.json", "amd64 10.0.26100.33438 Index, amd64 10.0.20348.5622 Index"),
        ("synthetic-linux-index.json", "linux/amd64, linux/arm64, linux/arm"),
        ("synthetic-attestation-index.json", "amd64 10.0.20348.2582 Index, linux/amd64"),
    ] {
        let mut files = Files::default();
        let index = fixture(file);
        let digest = files.blob(&index);
        let folder = files.list(&[json!({ "digest": digest, "size": index.len() })]).folder();
        // The configs are not in the layout, so confirming them fails, and the index is what is left.
        let image = image(&typed("oci", folder.path())).unwrap();
        assert_eq!(summary(&image), expected, "{file}");
        assert!(
            image
                .candidates
                .iter()
                .all(|candidate| matches!(&candidate.config, Config::Unreadable(why) if why.contains("does not hold")))
        );
    }
}

#[test]
fn a_host_process_image_has_no_version() {
    let mut files = Files::default();
    files.blob(&fixture("synthetic-hostprocess-base-config.json"));
    let manifest = fixture("synthetic-hostprocess-base-manifest.json");
    let digest = files.blob(&manifest);
    let folder = files.list(&[json!({ "mediaType": DOCKER_MANIFEST, "digest": digest, "size": manifest.len() })]).folder();
    assert_eq!(summary(&image(&typed("oci", folder.path())).unwrap()), "amd64 Missing");
}

#[test]
fn an_index_of_ten_thousand_entries_is_read() {
    let mut files = Files::default();
    let entry = |revision: u32| {
        let platform = json!({ "os": "windows", "architecture": "amd64", "os.version": format!("10.0.20348.{revision}") });
        json!({ "mediaType": OCI_MANIFEST, "digest": Digest::of(&revision.to_le_bytes()), "size": 1, "platform": platform })
    };
    let entries: Vec<Value> = (1..=10_000).map(entry).collect();
    let index = files.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": entries }));
    let folder = files.list(&[index]).folder();
    let found = image(&typed("oci", folder.path())).unwrap();
    assert_eq!(found.candidates.len(), 10_000);
    assert_eq!(found.candidates[9_999].indexed, Version::Known("10.0.20348.10000".parse().unwrap()));
}

#[test]
fn what_an_index_leaves_out_is_read_within_a_budget() {
    let mut files = Files::default();
    let entries: Vec<Value> = (0..100)
        .map(|revision| {
            files
                .image(&json!({ "os": "windows", "architecture": "amd64", "os.version": format!("10.0.20348.{}", revision + 1) }))
        })
        .collect();
    let index = files.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": entries }));
    let folder = files.list(&[index]).folder();
    let found = image(&typed("oci", folder.path())).unwrap();
    // 64 further reads are a manifest and a config of 32 images.
    let read = found.candidates.iter().filter(|candidate| matches!(candidate.config, Config::Read(_))).count();
    assert_eq!((found.candidates.len(), read), (100, 32));
    assert!(
        found.candidates[32..].iter().all(|candidate| matches!(&candidate.config, Config::Unreadable(why) if why.contains("64")))
    );
}

/// An index that leads through `depth` indexes to one image.
fn nested(depth: usize) -> tempfile::TempDir {
    let mut files = Files::default();
    let mut entry = files.image(&json!({ "os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1" }));
    for _ in 0..depth {
        entry = files.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": [entry.clone(), entry] }));
    }
    files.list(&[entry]).folder()
}

#[test]
fn indexes_in_indexes_end() {
    assert_eq!(summary(&image(&typed("oci", nested(3).path())).unwrap()), ["amd64 10.0.20348.1 Config"; 2].join(", "));
    let error = image(&typed("oci", nested(4).path())).unwrap_err();
    assert_eq!((error.kind, error.what.as_str()), (ErrorKind::Unsupported, "indexes lie in each other more than 3 deep"));

    // Sixty-five different indexes in one.
    let mut files = Files::default();
    let entries: Vec<Value> =
        (0..65).map(|number| files.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": [], "number": number }))).collect();
    let index = files.add(OCI_INDEX, &json!({ "schemaVersion": 2, "manifests": entries }));
    let error = image(&typed("oci", files.list(&[index]).folder().path())).unwrap_err();
    assert_eq!((error.kind, error.what.as_str()), (ErrorKind::Unsupported, "the index leads to more than 64 further indexes"));

    // An index that names itself cannot have the digest it names; one that is put there all the same is refused.
    let mut files = Files::default();
    let digest = Digest::of(b"itself");
    let itself =
        json!({ "schemaVersion": 2, "manifests": [{ "mediaType": OCI_INDEX, "digest": digest, "size": 1 }] }).to_string();
    files.0.push((format!("blobs/sha256/{}", digest.hex()), itself.clone().into_bytes()));
    let folder = files.list(&[json!({ "mediaType": OCI_INDEX, "digest": digest, "size": itself.len() })]).folder();
    assert!(image(&typed("oci", folder.path())).unwrap_err().sentence().contains("is damaged"));
}

#[test]
fn a_layout_that_does_not_hold_together_is_refused() {
    let config = json!({ "os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1" });
    let good = |change: &dyn Fn(&mut Value)| {
        let mut files = Files::default();
        let mut entry = files.image(&config);
        change(&mut entry);
        files.list(&[entry])
    };
    let set = |name: &'static str, bytes: &'static [u8]| {
        let mut files = good(&|_| {});
        files.0.retain(|(existing, _)| existing != name);
        files.0.push((name.to_owned(), bytes.to_vec()));
        files
    };
    let damaged = || {
        let mut files = good(&|_| {});
        for (_, bytes) in files.0.iter_mut().filter(|(name, _)| name.starts_with("blobs/")) {
            bytes[0] = b' ';
        }
        files
    };
    let deep: &'static [u8] =
        Box::leak(format!(r#"{{"schemaVersion":2,"manifests":{}"#, "[".repeat(1 << 20)).into_bytes().into_boxed_slice());
    let large: &'static [u8] = Box::leak(vec![b' '; (4 << 20) + 1].into_boxed_slice());
    use ErrorKind::{Invalid, NotFound, Unsupported};
    for (files, kind, said) in [
        (damaged(), Invalid, "is damaged"),
        (good(&|entry| entry["size"] = json!(3)), Invalid, "what refers to it says 3"),
        (good(&|entry| entry["digest"] = json!(Digest::of(b"nowhere"))), NotFound, "does not hold sha256:"),
        (good(&|entry| entry["digest"] = json!("sha256:../../../etc/passwd")), Invalid, "malformed index.json"),
        (good(&|entry| entry["digest"] = json!("foo")), Invalid, "it is JSON of another form"),
        (set("index.json", b"{"), Invalid, "malformed index.json"),
        (set("index.json", deep), Invalid, "malformed index.json"),
        (set("index.json", br#"{"schemaVersion":2,"manifests":[],"Manifests":[]}"#), Invalid, "spelt in another case"),
        (set("index.json", large), Invalid, "more than 4194304 bytes"),
        (set("oci-layout", b"{}"), Invalid, "malformed oci-layout"),
        (set("oci-layout", br#"{"imageLayoutVersion":"2.0.0"}"#), Unsupported, "version 2.0.0"),
        (Files::default().list(&[]), NotFound, "does not contain an image"),
        (Files(vec![("readme".to_owned(), Vec::new())]), Invalid, "has no file oci-layout"),
    ] {
        let folder = files.folder();
        let archive = file(&files.tar());
        for reference in [typed("oci", folder.path()), typed("oci-archive", archive.path())] {
            let error = image(&reference).unwrap_err();
            assert!(error.kind == kind && error.sentence().contains(said), "{said}: {error:?}");
            assert!(!error.sentence().contains("line 0"), "{error:?}");
        }
    }
}

#[test]
fn a_hostile_archive_is_refused() {
    let header = |kind: tar::EntryType, size: u64| {
        let mut header = tar::Header::new_gnu();
        header.set_path("oci-layout").unwrap();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    let whole = nanoserver_1903(&["1903"]).tar();
    let zeros = vec![0; 8 << 20];
    let bomb = [header(tar::EntryType::Regular, 1 << 40), zeros].concat();
    let many = header(tar::EntryType::Directory, 0).repeat(50_001);
    for (what, bytes, said) in [
        ("nothing", Vec::new(), "not a tar archive"),
        ("text", b"hello".repeat(1000), "not a tar archive"),
        ("cut in a header", whole[..700].to_vec(), "cut off"),
        ("cut in a file", whole[..whole.len() - 2000].to_vec(), "cut off"),
        ("a size beyond the end", header(tar::EntryType::Regular, 1 << 40), "cut off"),
        ("a size beyond all numbers", header(tar::EntryType::Regular, u64::MAX), "cut off"),
        ("a long name of a TiB", header(tar::EntryType::GNULongName, 1 << 40), "cut off"),
        ("a long name of 2 MiB", [header(tar::EntryType::GNULongName, 2 << 20), vec![b'a'; 2 << 20]].concat(), "extended header"),
        ("records of 2 MiB", [header(tar::EntryType::XHeader, 2 << 20), vec![b'a'; 2 << 20]].concat(), "extended header"),
        ("a sparse file", header(tar::EntryType::GNUSparse, 0), "sparse"),
        ("very many entries", many, "more than 50000 entries"),
        ("a damaged header", [&whole[..1536], &[1; 512]].concat(), "damaged"),
        ("gzip of nothing", b"\x1f\x8b".to_vec(), "could not be read"),
        ("zstd of nothing", b"\x28\xb5\x2f\xfd".to_vec(), "could not be read"),
        ("a compressed file that ends early", zstd::encode_all(bomb.as_slice(), 1).unwrap(), "cut off"),
    ] {
        let archive = file(&bytes);
        for prefix in ["oci-archive", "docker-archive"] {
            let error = image(&typed(prefix, archive.path())).unwrap_err();
            assert!(error.sentence().contains(said), "{what}: {error:?}");
        }
    }
    for (what, manifest, said) in [
        ("a config outside", json!([{ "Config": "../../../../etc/passwd" }]), "does not hold the config"),
        ("no image", json!([]), "does not contain an image"),
        ("no list", json!({}), "malformed manifest.json"),
    ] {
        let archive = file(&Files(vec![("manifest.json".to_owned(), manifest.to_string().into_bytes())]).tar());
        let error = image(&typed("docker-archive", archive.path())).unwrap_err();
        assert!(error.sentence().contains(said), "{what}: {error:?}");
    }
}

/// A member of a tar archive, whatever its name.
fn member(name: &str, kind: tar::EntryType, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
    [header.as_bytes().as_slice(), content, &padding].concat()
}

/// The member with this text where GNU's headers have a time, and others the beginning of a name.
fn with_prefix(mut member: Vec<u8>, prefix: &[u8]) -> Vec<u8> {
    member[345..345 + prefix.len()].copy_from_slice(prefix);
    let mut header = tar::Header::new_old();
    header.as_mut_bytes().copy_from_slice(&member[..512]);
    header.set_cksum();
    member[..512].copy_from_slice(header.as_bytes());
    member
}

/// The records of an extended header for the member after it.
fn records(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_pax_extensions(records.iter().copied()).unwrap();
    let mut bytes = archive.into_inner().unwrap();
    bytes.truncate(bytes.len() - 1024);
    bytes
}

/// Engines unpack an archive before they read it, or read it by names without detours: they must not come to another list of images.
#[test]
fn a_second_list_in_an_archive_is_not_passed_over() {
    use tar::EntryType::{Continuous, GNULongName, Link, Regular, Symlink};
    const EMPTY: &[u8] = br#"{"schemaVersion":2,"manifests":[]}"#;
    let named = |name: &str| member(name, Regular, "", EMPTY);
    let whole = nanoserver_1903(&["1903"]).tar();
    let whole = &whole[..whole.len() - 1024];
    for (what, more, said) in [
        ("the same name", named("index.json"), "does not contain an image"),
        ("two slashes", named(".//index.json"), "does not contain an image"),
        ("two dots", named("././index.json"), "does not contain an image"),
        ("a way back", named("a/../index.json"), "leads out of its folder"),
        ("from the root", named("/index.json"), "leads out of its folder"),
        ("a folder of Windows", named(".\\index.json"), "leads out of its folder"),
        ("another case", named("Index.JSON"), "index.json and Index.JSON in it are one file on Windows"),
        ("a link", [named("b.json"), member("index.json", Symlink, "b.json", b"")].concat(), "index.json is a link"),
        ("a hard link", [named("b.json"), member("index.json", Link, "b.json", b"")].concat(), "index.json is a link"),
        ("a linked folder", [member("x", Symlink, ".", b""), named("x/index.json")].concat(), "lies behind a link"),
        ("a slash at the end", named("index.json/"), "ends in a slash"),
        (
            "two extended headers",
            [records(&[("path", b"x")]), records(&[("size", b"34")]), named("index.json")].concat(),
            "two extended headers",
        ),
        ("a name in a time", with_prefix(named("index.json"), b"x"), "can be read in two ways"),
        ("a contiguous file", member("index.json", Continuous, "", EMPTY), "contiguous files"),
        ("a sparse file", [records(&[("GNU.sparse.name", b"index.json")]), named("x")].concat(), "sparse"),
        ("a name taken back", [records(&[("path", b"x"), ("path", b"")]), named("index.json")].concat(), "not contain an image"),
        (
            "two long names",
            [member("L", GNULongName, "", b"index.json\0"), records(&[("path", b"x")]), named("y")].concat(),
            "does not contain an image",
        ),
    ] {
        let bytes = [whole, &more, &[0; 1024]].concat();
        for bytes in [zstd::encode_all(bytes.as_slice(), 1).unwrap(), bytes] {
            let error = image(&typed("oci-archive", file(&bytes).path())).unwrap_err();
            assert!(error.sentence().contains(said), "{what}: {error:?}");
        }
    }
    // A link to a layer, as in older archives of `docker save`, is never read.
    let harmless = [named("other.json"), member("a/layer.tar", Symlink, "../b/layer.tar", b"")].concat();
    let bytes = [whole, &harmless, &[0; 1024]].concat();
    assert_eq!(summary(&image(&typed("oci-archive", file(&bytes).path())).unwrap()), "amd64 10.0.18362.1256 Config");
}

#[test]
fn a_compressed_archive_is_left_at_the_deadline() {
    use std::time::{Duration, Instant};
    let archive = file(&zstd::encode_all(nanoserver_1903(&["1903"]).tar().as_slice(), 1).unwrap());
    let open = |deadline| wincompat::internals::oci::layout::Archive::open(archive.path(), deadline);
    assert!(open(Some(Instant::now() + Duration::from_secs(3600))).is_ok());
    assert_eq!(open(Some(Instant::now())).unwrap_err().kind(), std::io::ErrorKind::TimedOut);
}

#[test]
fn the_wrong_prefix_is_named() {
    let layout = nanoserver_1903(&["1903"]);
    let folder = layout.folder();
    let archive = file(&layout.tar());
    let saved = file(&Files(vec![("manifest.json".to_owned(), b"[]".to_vec())]).tar());
    let missing = folder.path().join("missing");
    for (prefix, path, kind, hint) in [
        ("oci", archive.path(), ErrorKind::Invalid, "oci-archive:"),
        ("oci-archive", folder.path(), ErrorKind::Invalid, "oci:"),
        ("oci-archive", saved.path(), ErrorKind::Invalid, "docker-archive:"),
        ("oci", missing.as_path(), ErrorKind::NotFound, ""),
    ] {
        let error = image(&typed(prefix, path)).unwrap_err();
        assert_eq!(error.kind, kind);
        assert!(error.hint.clone().unwrap_or_default().to_string().contains(hint), "{error:?}");
    }
}

#[test]
fn without_network_base_images_are_known_and_others_are_not() {
    let root = tempfile::tempdir().unwrap();
    let options = Options { offline: true, cache_root: Some(root.path().to_owned()), ..Options::new(crate::support::handles()) };
    let found = images(
        options,
        &["mcr.microsoft.com/windows/nanoserver:1903", "mcr.microsoft.com/windows/nanoserver", "example.com/app:1"],
    );
    let base = found[0].as_ref().unwrap();
    assert_eq!((summary(base).as_str(), base.source, &base.digest), ("amd64 10.0.18362 Index", Source::Knowledge, &None));
    assert_eq!(base.candidates[0].config, Config::NotRead, "there is no config to read");
    let no_tag = found[1].as_ref().unwrap_err();
    assert_eq!((no_tag.kind, no_tag.hint.clone()), (ErrorKind::NotFound, Some("name one of 1903".into())));
    let unknown = found[2].as_ref().unwrap_err();
    assert_eq!((unknown.kind, unknown.what.as_str()), (ErrorKind::NotFound, "example.com/app:1 is not in the cache"));
    assert!(unknown.hint.as_ref().unwrap().to_string().contains("without <offline>"));
}
