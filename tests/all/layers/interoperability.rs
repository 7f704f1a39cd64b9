//! Layers by other writers: the reader that distrusts headers must not distrust these.

use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use wincompat::image::Digest;
use wincompat::internals::layer::{Compression, FileTime, LayerError, Options, Position, Refusal, decode};

use super::{decode_into, options};
use crate::support::layers::archive::{Archive, Meta};
use crate::support::layers::tree::{Node, Tree};

macro_rules! layers {
    ($($name:literal),*) => {
        [$(($name, include_bytes!(concat!("../../../fixtures/layers/", $name, ".tar.gz")) as &[u8])),*]
    };
}

const LAYERS: [(&str, &[u8]); 7] =
    layers!("go", "gnu-tar-posix", "gnu-tar-gnu", "libarchive-pax", "libarchive-gnutar", "python-pax", "python-gnu");

fn decoded(layer: &[u8]) -> Tree {
    let mut tree = Tree::default();
    let options = Options { compression: Compression::Gzip, ..options(Position::Base) };
    decode(layer, &options, &mut tree).unwrap_or_else(|error| panic!("{error:?}"));
    tree
}

#[test]
fn every_writer_gives_the_same_tree() {
    let long = format!("Files/{}", "d".repeat(90));
    let longer = format!("{long}/{}", "e".repeat(170));
    let link_target = format!(r"{}\{}\x.txt", "d".repeat(90), "e".repeat(170));
    let expected = BTreeMap::from([
        ("Files".to_owned(), "directory".to_owned()),
        ("Files/short.txt".to_owned(), "short".to_owned()),
        ("Files/Ünïcode".to_owned(), "directory".to_owned()),
        ("Files/Ünïcode/日本語.txt".to_owned(), "unicode".to_owned()),
        (long.clone(), "directory".to_owned()),
        (format!("{long}/{}.txt", "f".repeat(60)), "long".to_owned()),
        (longer.clone(), "directory".to_owned()),
        (format!("{longer}/x.txt"), "longer".to_owned()),
        ("Files/z-hard".to_owned(), format!("{longer}/x.txt")),
        ("Files/z-sym".to_owned(), link_target),
    ]);
    for (writer, layer) in LAYERS {
        assert_eq!(seen(layer), expected, "{writer}");
    }
}

/// What a layer has, by path.
fn seen(layer: &[u8]) -> BTreeMap<String, String> {
    decoded(layer).nodes.into_iter().map(|(path, node)| (path, shown(node))).collect()
}

fn shown(node: Node) -> String {
    match node {
        Node::Link { target, .. } => target,
        Node::Removed => "removed".to_owned(),
        Node::Entry(entry) => match (&entry.streams.reparse, &entry.streams.data) {
            (Some(reparse), _) => reparse.print.clone(),
            (None, Some(data)) => String::from_utf8(data.clone()).unwrap(),
            (None, None) => "directory".to_owned(),
        },
    }
}

#[test]
fn what_windows_exporter_says_arrives() {
    let tree = decoded(LAYERS[0].1);
    let Node::Entry(entry) = &tree.nodes["Files/short.txt"] else { panic!("a file") };
    assert_eq!(entry.info.attributes, 0x20);
    assert_eq!(entry.info.write, FileTime(133_444_736_001_234_567));
    assert_eq!(entry.info.access, entry.info.write);
    assert_eq!(entry.info.change, entry.info.write);
    assert_eq!(entry.info.creation, FileTime(132_444_736_001_234_567));
    assert_eq!(entry.streams.security.as_deref(), Some(&crate::layers::golden::DESCRIPTOR[..]));
    assert_eq!(entry.streams.extended_attributes["$KERNEL.PURGE.X"], [0, 1, 2]);
}

/// `umoci repack` of a new image, and `umoci raw add-layer` of an archive by GNU tar.
#[test]
fn umoci_packs_a_folder() {
    let expected = [
        ("Files", "directory"),
        ("Files/app", "directory"),
        ("Files/app/current.exe", "run.exe"),
        ("Files/app/run.exe", "MZ"),
        ("Files/app/start.exe", "Files/app/run.exe"),
        ("Hives", "directory"),
    ];
    let expected: BTreeMap<_, _> = expected.map(|(path, what)| (path.to_owned(), what.to_owned())).into();
    for (writer, layer) in layers!("umoci", "umoci-added") {
        assert_eq!(seen(layer), expected, "{writer}");
    }
}

/// `umoci repack` of an image that has layers: the folder in which something changed, and not the one that it is in. Docker and
/// containerd cannot import it either.
#[test]
fn umoci_leaves_out_folders_that_did_not_change() {
    let [(_, layer)] = layers!("umoci-again");
    match decode_into(&mut Tree::default(), &unzipped(layer), Position::Upper) {
        Err(LayerError::Refused { entry, reason }) => assert_eq!((entry.as_str(), reason), ("Files/app/", Refusal::NoParent)),
        other => panic!("{other:?}"),
    }
}

/// `docker save`: its archive has the layers as they are, without compression.
#[test]
fn docker_saves_a_layer() {
    let [(_, umoci), (_, by_skopeo)] = layers!("umoci", "docker-archive");
    let layer = unzipped(umoci);
    let diff_id = Digest::of(&layer);
    // By Docker until 24 and since 25, after its source.
    let saved = |name: &str| {
        let manifest = json!([{ "Config": "config.json", "RepoTags": ["app:1"], "Layers": [name] }]).to_string();
        let config = json!({ "os": "windows", "rootfs": { "type": "layers", "diff_ids": [diff_id.as_str()] } }).to_string();
        let mut archive = Archive::new();
        let files = [(name, layer.as_slice()), ("config.json", config.as_bytes()), ("manifest.json", manifest.as_bytes())];
        for (name, content) in files {
            archive.file(name, &Meta::default(), content);
        }
        archive.finish()
    };
    let older = saved(&format!("{}/layer.tar", "5".repeat(64)));
    let newer = saved(&format!("blobs/sha256/{}", diff_id.hex()));
    for archive in [unzipped(by_skopeo), older, newer] {
        let members = members(&archive);
        let read = |name: &str| -> Value { serde_json::from_slice(&members[name]).unwrap() };
        let manifest = read("manifest.json");
        let image = &manifest[0];
        assert_eq!(read(image["Config"].as_str().unwrap())["rootfs"]["diff_ids"], json!([diff_id.as_str()]));
        let name = image["Layers"][0].as_str().unwrap();
        let mut tree = Tree::default();
        decode_into(&mut tree, &members[name], Position::Base).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(tree.nodes, decoded(umoci).nodes, "{name}");
    }
}

/// The files of an archive by name. A link, as skopeo's `HASH/layer.tar`, is the file before it that it leads to.
fn members(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut members: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for member in tar::Archive::new(archive).entries().unwrap() {
        let mut member = member.unwrap();
        let name = String::from_utf8(member.path_bytes().into_owned()).unwrap();
        let target = member.link_name_bytes().map(|target| String::from_utf8(target.into_owned()).unwrap());
        let content = if let Some(target) = target {
            members[target.strip_prefix("../").unwrap()].clone()
        } else {
            let mut content = Vec::new();
            member.read_to_end(&mut content).unwrap();
            content
        };
        members.insert(name, content);
    }
    members
}

fn unzipped(gzip: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(gzip).read_to_end(&mut bytes).unwrap();
    bytes
}
