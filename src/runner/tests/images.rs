//! Images leave the store, and nothing that others need goes with them.

use std::fs::{File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::Isolation;
use crate::handles::of_tests as handles;
use crate::image::Digest;
use crate::image::index::{OCI_INDEX, OCI_MANIFEST};
use crate::layer::LayerId;
use crate::oci::layout::Folder;
use crate::runner::request::RunRequest;
use crate::runner::store::Store;
use crate::runner::store::images::{StoreImages, list};
use crate::runner::store::import::is_complete;
use crate::runner::store::state::tests::request;
use crate::runner::store::verify::verify;
use crate::runner::tests::empty_store;
use crate::runner::tests::fake::Fake;

const WAIT: Duration = Duration::from_secs(30);

/// An image in the store, under this name, of layers with these contents; its digest and its layers, topmost first.
fn image(blobs: &Folder, name: &str, contents: &[&str]) -> (Digest, Vec<LayerId>) {
    let digests: Vec<Digest> = contents.iter().map(|content| blobs.put(content.as_bytes()).unwrap()).collect();
    let config = json!({
        "os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1", "created": "2026-11-01T00:00:00Z",
        "rootfs": {"type": "layers", "diff_ids": digests},
    });
    let config = config.to_string();
    let layers: Vec<_> = digests
        .iter()
        .zip(contents)
        .map(|(digest, content)| {
            json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": content.len()})
        })
        .collect();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": layers,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": blobs.put(config.as_bytes()).unwrap(),
            "size": config.len()},
    });
    let digest = blobs.put(manifest.to_string().as_bytes()).unwrap();
    name_it(blobs, name, &digest);
    let mut ids: Vec<LayerId> = Vec::new();
    for digest in &digests {
        ids.insert(0, LayerId::on(ids.first(), digest));
    }
    (digest, ids)
}

fn name_it(blobs: &Folder, name: &str, digest: &Digest) {
    let entry = json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": 1,
        "annotations": {"org.opencontainers.image.ref.name": name}});
    blobs.update_index(WAIT, |list| list.push(entry)).unwrap();
}

/// Makes layers look imported.
fn imported(store: &Store, layers: &[LayerId]) {
    for layer in layers {
        std::fs::create_dir_all(store.layer(layer)).unwrap();
        std::fs::write(store.layer(layer).join("wincompat.json"), "{}").unwrap();
    }
}

fn blob_count(blobs: &Folder) -> usize {
    blobs.blobs().unwrap().len()
}

fn names(blobs: &Folder) -> Vec<String> {
    list(blobs).unwrap().into_iter().filter_map(|image| image.name).collect()
}

/// A store with two images that share their base, imported.
fn two_images(root: &Path, store: &Store) -> (Folder, [(Digest, Vec<LayerId>); 2]) {
    let blobs = Folder::create(handles(), root).unwrap();
    let images =
        [("r.test/app:1", ["base", "one"]), ("r.test/app:2", ["base", "two"])].map(|(name, layers)| image(&blobs, name, &layers));
    images.iter().for_each(|(_, layers)| imported(store, layers));
    (blobs, images)
}

#[test]
fn what_other_images_need_stays() {
    let (folder, store) = empty_store();
    let (blobs, [one, two]) = two_images(folder.path(), &store);
    let fake = Fake::new();
    let images = StoreImages { machine: Some(&fake), store: &store, blobs: &blobs };
    let before = blob_count(&blobs);

    let removed = images.remove("r.test/app:1", false).unwrap();
    assert_eq!((removed.names.as_slice(), removed.layers.as_slice()), (&["r.test/app:1".to_owned()][..], &one.1[..1]));
    assert_eq!(removed.blobs.len(), 3, "its manifest, config and upper layer");
    assert_eq!(blob_count(&blobs), before - 3);
    assert_eq!(names(&blobs), ["r.test/app:2"]);
    assert!(!store.layer(&one.1[0]).exists() && two.1.iter().all(|layer| is_complete(&store, layer)));

    let removed = images.remove(&two.0.hex()[..12], false).unwrap();
    assert_eq!((removed.blobs.len(), removed.layers), (4, two.1));
    assert_eq!((blob_count(&blobs), names(&blobs)), (0, vec![]));
    let error = images.remove("r.test/app:1", false).unwrap_err();
    assert!(error.what.contains("the store has no image r.test/app:1") && error.hint.is_some());
}

#[test]
fn with_several_names_one_is_taken_and_by_digest_all_by_force_only() {
    let (folder, store) = empty_store();
    let (blobs, [one, _]) = two_images(folder.path(), &store);
    name_it(&blobs, "r.test/app:latest", &one.0);
    let images = StoreImages { machine: None, store: &store, blobs: &blobs };
    // `latest` is what no tag means.
    let removed = images.remove("r.test/app", false).unwrap();
    assert_eq!((removed.names, removed.blobs), (vec!["r.test/app:latest".to_owned()], vec![]));
    name_it(&blobs, "r.test/app:latest", &one.0);
    let refused = images.remove(one.0.as_str(), false).unwrap_err();
    assert!(refused.hint.unwrap().to_string().contains("r.test/app:1, r.test/app:latest"));
    let removed = images.remove(one.0.as_str(), true).unwrap();
    assert_eq!((removed.names.len(), removed.blobs.len()), (2, 3));
    assert_eq!(names(&blobs), ["r.test/app:2"]);
}

#[test]
fn what_a_container_uses_stays_until_that_is_removed() {
    let (folder, store) = empty_store();
    let (blobs, [one, _]) = two_images(folder.path(), &store);
    let fake = Fake::new();
    let images = StoreImages { machine: Some(&fake), store: &store, blobs: &blobs };
    let claim = store.claim(RunRequest { layers: one.1.clone(), ..request(Isolation::Process) }).unwrap();
    let refused = images.remove("r.test/app:1", false).unwrap_err();
    assert!(refused.what.contains(&claim.id.short()) && refused.hint.is_some());
    assert_eq!(names(&blobs).len(), 2, "a refusal changes nothing");

    let removed = images.remove("r.test/app:1", true).unwrap();
    assert_eq!((removed.blobs.len(), removed.layers), (3, vec![]));
    assert!(one.1.iter().all(|layer| is_complete(&store, layer)));
    assert_eq!(images.prune().unwrap().layers, []);
    claim.remove(&store).unwrap();
    assert_eq!(images.prune().unwrap().layers, one.1[..1], "its upper layer, which no image needs");
}

#[test]
fn a_container_whose_state_is_lost_may_use_any_layer() {
    let (folder, store) = empty_store();
    let (blobs, [one, _]) = two_images(folder.path(), &store);
    let fake = Fake::new();
    let claim = store.claim(request(Isolation::Process)).unwrap();
    std::fs::write(store.container(&claim.id).join("state.json"), "{").unwrap();
    let images = StoreImages { machine: Some(&fake), store: &store, blobs: &blobs };
    let removed = images.remove("r.test/app:1", false).unwrap();
    assert!(removed.layers.is_empty() && removed.notes[0].to_string().contains("whose state is lost"));
    assert!(is_complete(&store, &one.1[0]));
}

#[test]
fn nothing_is_deleted_while_an_image_is_pulled() {
    let (folder, store) = empty_store();
    let (blobs, _) = two_images(folder.path(), &store);
    let images = StoreImages { machine: None, store: &store, blobs: &blobs };
    let before = blob_count(&blobs);
    let pulling = blobs.filling(Duration::ZERO).unwrap();
    let also_pulling = blobs.filling(Duration::ZERO).unwrap();
    let removed = images.remove("r.test/app:1", false).unwrap();
    assert!(removed.blobs.is_empty() && removed.notes[0].to_string().contains("is being pulled"));
    drop(pulling);
    old(&blobs);
    let pruned = images.prune().unwrap();
    assert!(pruned.blobs.is_empty() && pruned.notes[0].to_string().contains("is being pulled"), "{pruned:?}");
    drop(also_pulling);
    assert_eq!(images.prune().unwrap().blobs.len(), 3);
    assert_eq!(blob_count(&blobs), before - 3);
}

#[test]
fn who_keeps_the_content_locked_keeps_a_pull_waiting_for_a_while_only() {
    let (folder, store) = empty_store();
    let (blobs, _) = two_images(folder.path(), &store);
    let emptying = blobs.emptying().unwrap();
    let refused = blobs.filling(Duration::from_millis(50)).unwrap_err();
    assert!(refused.hint.is_some() && refused.causes[0].contains("blobs.lock"), "{refused:?}");
    drop(emptying);
    blobs.filling(Duration::ZERO).unwrap();
}

/// Makes all content two days old, and leaves a half-done pull of that age and a new one.
fn old(blobs: &Folder) {
    let then = SystemTime::now() - Duration::from_secs(2 * 24 * 60 * 60);
    for (digest, _) in blobs.blobs().unwrap() {
        let file = File::options().write(true).open(blobs.blob_path(&digest)).unwrap();
        file.set_times(FileTimes::new().set_modified(then)).unwrap();
    }
    for (content, age) in [("old", Some(then)), ("new", None)] {
        let file = File::create(blobs.partial_path(&Digest::of(content.as_bytes()))).unwrap();
        if let Some(then) = age {
            file.set_times(FileTimes::new().set_modified(then)).unwrap();
        }
    }
}

#[test]
fn prune_deletes_what_is_old_and_needed_by_nothing() {
    let (folder, store) = empty_store();
    let (blobs, _) = two_images(folder.path(), &store);
    let stray = blobs.put(b"stray").unwrap();
    let images = StoreImages { machine: None, store: &store, blobs: &blobs };
    assert_eq!(images.prune().unwrap().blobs, [], "it may be of a pull that goes on");
    old(&blobs);
    assert_eq!(images.prune().unwrap().blobs, [stray]);
    let partial = |content: &str| blobs.partial_path(&Digest::of(content.as_bytes())).exists();
    assert!(!partial("old") && partial("new"));
    assert_eq!(names(&blobs).len(), 2);
}

#[test]
fn what_is_damaged_can_be_removed_and_stands_in_the_way_of_no_mistake() {
    let (folder, store) = empty_store();
    let (blobs, [one, two]) = two_images(folder.path(), &store);
    std::fs::write(blobs.blob_path(&one.0), "{").unwrap();
    let images = StoreImages { machine: None, store: &store, blobs: &blobs };
    assert_eq!(list(&blobs).unwrap()[0].size, None);
    old(&blobs);
    // What the damaged one needs is not known: nothing is deleted.
    let error = images.prune().unwrap_err();
    assert!(error.hint.clone().unwrap().to_string().contains(one.0.as_str()), "{error:?}");
    let removed = images.remove("r.test/app:2", false).unwrap();
    assert!(removed.blobs.is_empty() && removed.notes[0].to_string().contains("nothing is deleted; remove that image first"));
    name_it(&blobs, "r.test/app:2", &two.0);
    let removed = images.remove(one.0.as_str(), false).unwrap();
    assert_eq!(removed.blobs, [one.0]);
    assert_eq!(images.prune().unwrap().blobs.len(), 2, "its config and layer, which it no longer names");
    assert_eq!(names(&blobs), ["r.test/app:2"]);
    images.remove("r.test/app:2", false).unwrap();
    assert!(!blobs.blob_path(&two.0).exists());
}

#[test]
fn what_is_not_whole_is_pulled_by_its_name_and_removed_where_it_has_none() {
    let (folder, store) = empty_store();
    let (blobs, [one, _]) = two_images(folder.path(), &store);
    std::fs::write(blobs.blob_path(&one.0), "{").unwrap();
    let hints = || -> Vec<String> { verify(&blobs).unwrap().iter().map(|error| error.advice().to_string()).collect() };
    assert_eq!(hints(), ["pull it again: <pull(\"r.test/app:1\")>"]);
    blobs.update_index(WAIT, |list| list[0]["annotations"] = json!({})).unwrap();
    assert_eq!(hints(), [format!("remove it: <removeimage(\"{}\")>", one.0)]);
    // As the hint says.
    StoreImages { machine: None, store: &store, blobs: &blobs }.remove(one.0.as_str(), false).unwrap();
    assert_eq!(hints(), [""; 0]);
}

#[test]
fn an_index_keeps_what_it_names() {
    let (folder, store) = empty_store();
    let (blobs, [one, two]) = two_images(folder.path(), &store);
    let entry = |digest: &Digest| json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": 1});
    let absent = Digest::of(b"of another platform");
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry(&one.0), entry(&two.0), entry(&absent)]});
    let index = blobs.put(index.to_string().as_bytes()).unwrap();
    let listed = json!({"mediaType": OCI_INDEX, "digest": index, "size": 1,
        "annotations": {"org.opencontainers.image.ref.name": "r.test/app:all"}});
    blobs.update_index(WAIT, |list| list.push(listed)).unwrap();
    let images = StoreImages { machine: None, store: &store, blobs: &blobs };
    assert_eq!(images.remove("r.test/app:1", false).unwrap().blobs, []);
    assert_eq!(images.remove("r.test/app:2", false).unwrap().blobs, []);
    assert_eq!(images.remove("r.test/app:all", false).unwrap().blobs.len(), 8);
    assert_eq!(blob_count(&blobs), 0);
}

/// An index of these documents, listed or not.
fn index_of(blobs: &Folder, media_type: &str, digests: &[&Digest]) -> Digest {
    let entries: Vec<_> = digests.iter().map(|digest| json!({"mediaType": media_type, "digest": digest, "size": 1})).collect();
    blobs.put(json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).to_string().as_bytes()).unwrap()
}

/// Makes all content older than what an interrupted pull may still need.
fn age(blobs: &Folder) {
    for (digest, _) in blobs.blobs().unwrap() {
        let file = File::options().write(true).open(blobs.blob_path(&digest)).unwrap();
        file.set_times(FileTimes::new().set_modified(SystemTime::now() - Duration::from_secs(48 * 60 * 60))).unwrap();
    }
}

/// An image below this many indexes, the only one listed.
fn nested(blobs: &Folder, depth: usize) -> Digest {
    let (mut digest, _) = image(blobs, "r.test/app:1", &["base", "one"]);
    blobs.update_index(WAIT, Vec::clear).unwrap();
    for level in 0..depth {
        digest = index_of(blobs, if level == 0 { OCI_MANIFEST } else { OCI_INDEX }, &[&digest]);
    }
    name_it(blobs, "r.test/app:1", &digest);
    digest
}

#[test]
fn what_an_image_needs_stays_however_deep_it_lies() {
    for depth in [1, 3, 4, 5, 64] {
        let (folder, store) = empty_store();
        let blobs = Folder::create(handles(), folder.path()).unwrap();
        nested(&blobs, depth);
        age(&blobs);
        let images = StoreImages { machine: None, store: &store, blobs: &blobs };
        let before = blob_count(&blobs);
        assert_eq!(images.prune().unwrap().blobs, [], "{depth}");
        // Another image that shares a layer goes, and takes nothing of this one with it.
        image(&blobs, "r.test/other:1", &["base", "other"]);
        assert_eq!(images.remove("r.test/other:1", false).unwrap().blobs.len(), 3, "{depth}");
        assert_eq!(blob_count(&blobs), before, "{depth}");
        assert_eq!(images.remove("r.test/app:1", false).unwrap().blobs.len(), before, "{depth}");
    }
}

/// A way to damage a blob.
type Damage = fn(&Folder, &Digest);

#[test]
fn nothing_is_pruned_while_what_is_needed_is_not_known() {
    let damage: [(&str, Damage); 3] = [
        ("missing", |blobs, index| assert!(blobs.remove(index).unwrap())),
        ("damaged", |blobs, index| std::fs::write(blobs.blob_path(index), "{").unwrap()),
        ("a folder", |blobs, index| {
            blobs.remove(index).unwrap();
            std::fs::create_dir(blobs.blob_path(index)).unwrap();
        }),
    ];
    for (what, damage) in damage {
        let (folder, store) = empty_store();
        let blobs = Folder::create(handles(), folder.path()).unwrap();
        let (image, _) = image(&blobs, "r.test/app:1", &["base"]);
        let inner = index_of(&blobs, OCI_MANIFEST, &[&image]);
        let outer = index_of(&blobs, OCI_INDEX, &[&inner]);
        blobs.update_index(WAIT, Vec::clear).unwrap();
        name_it(&blobs, "r.test/app:1", &outer);
        age(&blobs);
        damage(&blobs, &inner);
        let before = blob_count(&blobs);
        let images = StoreImages { machine: None, store: &store, blobs: &blobs };
        let refused = images.prune().unwrap_err();
        assert!(refused.what.contains("r.test/app:1") && refused.what.ends_with("so nothing is deleted"), "{what}: {refused:?}");
        assert!(refused.hint.is_some(), "{what}");
        assert_eq!(blob_count(&blobs), before, "{what}");
    }
}

#[test]
fn what_belongs_to_an_image_stays_with_it() {
    let (folder, store) = empty_store();
    let blobs = Folder::create(handles(), folder.path()).unwrap();
    let (signed, _) = image(&blobs, "r.test/app:1", &["base"]);
    let about = |subject: &Digest, content: &str| {
        let empty = json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": blobs.put(b"{}").unwrap(), "size": 2});
        let layer = json!({"mediaType": "application/octet-stream", "digest": blobs.put(content.as_bytes()).unwrap(), "size": 1});
        let subject = json!({"mediaType": OCI_MANIFEST, "digest": subject, "size": 1});
        let manifest =
            json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": empty, "layers": [layer], "subject": subject});
        blobs.put(manifest.to_string().as_bytes()).unwrap()
    };
    let signature = about(&signed, "signature");
    about(&signature, "signature of the signature");
    let (other, stray) = (Digest::of(b"not there"), "of nothing that is here");
    about(&other, stray);
    age(&blobs);
    let images = StoreImages { machine: None, store: &store, blobs: &blobs };
    let removed = images.prune().unwrap().blobs;
    assert_eq!(removed.len(), 2, "the signature of nothing, and its layer");
    assert!(removed.contains(&Digest::of(stray.as_bytes())));
    // An artifact that is listed keeps what it belongs to, and hinders no pruning.
    blobs.update_index(WAIT, Vec::clear).unwrap();
    name_it(&blobs, "r.test/signature:1", &signature);
    assert_eq!(images.prune().unwrap().blobs, []);
    assert!(blobs.blob(&signed, 4096).is_ok());
}

#[test]
fn an_index_that_is_the_layer_of_another_image_is_looked_into() {
    let (folder, store) = empty_store();
    let blobs = Folder::create(handles(), folder.path()).unwrap();
    let (inner, _) = image(&blobs, "r.test/inner:1", &["base"]);
    let index = index_of(&blobs, OCI_MANIFEST, &[&inner]);
    let text = String::from_utf8(blobs.blob(&index, 4096).unwrap()).unwrap();
    blobs.update_index(WAIT, Vec::clear).unwrap();
    // Listed first: the index is reached as a layer before it is reached as an index.
    image(&blobs, "r.test/outer:1", &[&text]);
    name_it(&blobs, "r.test/app:1", &index);
    age(&blobs);
    assert_eq!(StoreImages { machine: None, store: &store, blobs: &blobs }.prune().unwrap().blobs, []);
}
