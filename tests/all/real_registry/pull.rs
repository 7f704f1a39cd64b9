//! From this registry into the store, and from there by `skopeo` to wherever it is wanted.

use std::path::Path;

use super::*;

/// The files of a folder whose names are digests, with their bytes.
fn blobs(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let named = files.map(|file| (file.file_name().into_string().unwrap(), file.path())).filter(|(name, _)| name.len() == 64);
    named.map(|(name, path)| (name, fs::read(path).unwrap())).collect()
}

#[test]
fn what_is_pulled_skopeo_copies_out_of_the_store() {
    if !tools() {
        return;
    }
    let (registry, program) = (Registry::start(None), Program::new());
    let (layout, _) = layout(program.folder(), &VERSIONS);
    registry.push(&layout, "team/app:oci", None);
    registry.push(&layout, "team/app:docker", Some("v2s2"));
    let store = program.folder().join("store");
    for (number, tag) in ["oci", "docker"].into_iter().enumerate() {
        let name = registry.image(&format!("team/app:{tag}"));
        let mut command = program.command();
        let answer = Answer::of(command.args(["pull", "--host", "ltsc2022", "--root"]).arg(&store).arg(&name));
        assert_eq!(answer.code, 0, "{}", answer.err);

        let copied = program.folder().join(format!("copied-{tag}"));
        let mut skopeo = Command::new("skopeo");
        // Within an index, skopeo takes what is for the system it runs on.
        skopeo.env("HOME", program.folder()).args(["--insecure-policy", "--override-os=windows"]);
        skopeo.args(["copy", "--preserve-digests"]);
        succeeds(skopeo.arg(format!("oci:{}:{name}", store.display())).arg(format!("dir:{}", copied.display())));
        let of_store = blobs(&store.join("blobs/sha256"));
        let manifest = fs::read(copied.join("manifest.json")).unwrap();
        assert_eq!(answer.out.trim(), Digest::of(&manifest).as_str(), "the one that was pulled, byte for byte");
        let copied = blobs(&copied);
        assert_eq!(copied.len(), 2, "a config and a layer");
        assert!(copied.iter().all(|blob| of_store.contains(blob)), "byte for byte");
        // Both tags have the same layer; config and manifest differ by their media types.
        assert_eq!(of_store.iter().filter(|(_, bytes)| bytes.starts_with(&[0x1f, 0x8b])).count(), 1);
        let (code, report) = report(&program, &[&format!("oci:{}:{name}", store.display())]);
        assert_eq!((code, report["results"][0]["candidates"].as_array().unwrap().len()), (0, 1), "{report:#}");
        assert_eq!(report["results"][0]["image"]["osVersion"], VERSIONS[0]);
        let index: Value = serde_json::from_slice(&fs::read(store.join("index.json")).unwrap()).unwrap();
        assert_eq!(index["manifests"].as_array().unwrap().len(), number + 1);
    }
    assert_eq!(fs::read_dir(store.join("ingest")).unwrap().count(), 0);
}

#[test]
fn a_part_of_a_layer_is_completed_by_range() {
    if !tools() {
        return;
    }
    let (registry, program) = (Registry::start(None), Program::new());
    let (layout, _) = layout(program.folder(), &VERSIONS[..1]);
    registry.push(&layout, "app:1", None);
    let bytes = layer(VERSIONS[0]);
    let digest = Digest::of(&bytes);
    let ingest = program.folder().join("store/ingest");
    crate::support::begin_store(&program.folder().join("store"));
    fs::write(ingest.join(format!("{}.part", digest.hex())), &bytes[..bytes.len() / 2]).unwrap();
    let mut command = program.command();
    let store = program.folder().join("store");
    let answer = Answer::of(command.args(["pull", "--root"]).arg(&store).arg(registry.image("app:1")));
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(fs::read(store.join("blobs/sha256").join(digest.hex())).unwrap(), bytes);
}
