//! Layers from blobs into folders: in order, once, and nothing left of what failed or was killed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::handles::of_tests as handles;
use crate::image::Digest;
use crate::layer::Compression;
use crate::layer::LayerId;
use crate::oci::layout::Folder;
use crate::oci::pull::Layer;
use crate::runner::life::interrupts::Interrupts;
use crate::runner::life::prune::prune;
use crate::runner::store::Store;
use crate::runner::store::images::StoreImages;
use crate::runner::store::import::{Event, import, is_complete};
use crate::runner::tests::empty_store;
use crate::runner::tests::fake::{Fake, Killed, Trouble, When};

/// A tar of these names; folders end in a slash.
pub(super) fn tar(names: &[&str]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for name in names {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(if name.ends_with('/') { tar::EntryType::Directory } else { tar::EntryType::Regular });
        let content: &[u8] = if name.ends_with('/') || name.contains(".wh.") { b"" } else { b"text" };
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// A layer of these names, in the store.
fn layer(blobs: &Folder, names: &[&str]) -> Layer {
    let bytes = tar(names);
    let digest = blobs.put(&bytes).unwrap();
    let diff_id = Digest::of(&bytes);
    Layer { digest, size: bytes.len() as u64, compression: Compression::None, diff_id, urls: Vec::new() }
}

/// An image of two layers.
fn image(store_folder: &Path) -> (Folder, Vec<Layer>) {
    let blobs = Folder::create(handles(), store_folder).unwrap();
    let base = layer(&blobs, &["Files/", "Files/a.txt", "Hives/", "UtilityVM/", "UtilityVM/Files/", "UtilityVM/Files/b"]);
    let upper = layer(&blobs, &["Files/", "Files/c.txt", "Files/.wh.a.txt"]);
    (blobs, vec![base, upper])
}

pub(super) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What is in the store of layers besides locks.
pub(super) fn kept(store: &Store) -> Vec<String> {
    names(&store.layers()).into_iter().filter(|name| !name.ends_with(".lock")).collect()
}

#[test]
fn lowest_first_each_once() {
    let (folder, store) = empty_store();
    let (blobs, layers) = image(folder.path());
    let fake = Fake::new();
    let ids = import(&fake, &store, &blobs, &layers, &Interrupts::new(), &|_| ()).unwrap();
    let base = LayerId::on(None, &layers[0].diff_id);
    let upper = LayerId::on(Some(&base), &layers[1].diff_id);
    assert_eq!(ids, [upper, base]);
    assert_eq!(names(&store.layer(&base)), ["Files", "Hives", "UtilityVM", "blank.vhdx", "wincompat.json"]);
    assert_eq!(std::fs::read(store.layer(&base).join("Files").join("a.txt")).unwrap(), b"text");
    assert_eq!(names(&store.layer(&base).join("UtilityVM")), ["Files", "SystemTemplate.vhdx"]);
    assert_eq!(names(&store.layer(&upper)), ["1 tombstones", "Files", "wincompat.json"]);

    let calls = fake.world().calls.len();
    assert_eq!(import(&fake, &store, &blobs, &layers, &Interrupts::new(), &|_| panic!("imported again")).unwrap(), ids);
    assert_eq!(fake.world().calls.len(), calls);
}

#[test]
fn files_that_an_import_loses_without_a_word_are_missed() {
    for (losing_beyond, words) in [(1, "longest paths are missing, e.g. Files/"), (usize::MAX, "")] {
        let (folder, store) = empty_store();
        let blobs = Folder::create(handles(), folder.path()).unwrap();
        let base = layer(&blobs, &["Files/", "Files/a.txt", "Hives/"]);
        let upper = layer(&blobs, &["Files/", "Files/b", "Files/a-long-name"]);
        let fake = Fake::new().losing_beyond(losing_beyond);
        let imported = import(&fake, &store, &blobs, &[base, upper], &Interrupts::new(), &|_| ());
        if words.is_empty() {
            assert_eq!(imported.unwrap().len(), 2);
            continue;
        }
        let error = imported.unwrap_err();
        assert!(error.sentence().contains(words) && error.hint.is_some(), "{error:?}");
        assert_eq!(kept(&store).len(), 1, "the base alone");
    }
}

/// Not only the longest paths are looked for: the files are counted too.
#[test]
fn a_file_with_a_short_path_that_an_import_loses_is_missed() {
    let (folder, store) = empty_store();
    let blobs = Folder::create(handles(), folder.path()).unwrap();
    let base = layer(&blobs, &["Files/", "Files/a.txt", "Hives/"]);
    let long: Vec<String> = (0..25).map(|number| format!("Files/a-long-name-{number}")).collect();
    let entries: Vec<&str> = ["Files/", "Files/b"].into_iter().chain(long.iter().map(String::as_str)).collect();
    let upper = layer(&blobs, &entries);
    let fake = Fake::new().losing("b");
    let error = import(&fake, &store, &blobs, &[base, upper], &Interrupts::new(), &|_| ()).unwrap_err();
    assert!(error.sentence().contains("of 26 files only 25 are there") && error.hint.is_some(), "{error:?}");
    assert_eq!(kept(&store).len(), 1, "the base alone");
}

#[test]
fn an_import_that_finds_no_long_paths_says_what_helps() {
    let (folder, store) = empty_store();
    let blobs = Folder::create(handles(), folder.path()).unwrap();
    let base = layer(&blobs, &["Files/", "Files/a.txt", "Hives/"]);
    let outer = format!("Files/{}/", "o".repeat(70));
    let inner = format!("{outer}{}/", "i".repeat(75));
    let upper = layer(&blobs, &["Files/", &outer, &inner, &format!("{inner}{}", "f".repeat(95))]);
    let fake = Fake::new().refusing_beyond(90);
    let error = import(&fake, &store, &blobs, &[base, upper], &Interrupts::new(), &|_| ()).unwrap_err();
    assert!(error.sentence().contains("may be too long for Windows"), "{error:?}");
    let hint = format!("{:?}", error.hint);
    assert!(hint.contains("short path"), "{hint}");
    assert_eq!(kept(&store).len(), 1, "the base alone");
}

#[test]
fn a_layer_waits_in_a_short_path_and_what_cannot_be_removed_there_is_swept_later() {
    let (folder, store) = empty_store();
    let (blobs, layers) = image(folder.path());
    let base = LayerId::on(None, &layers[0].diff_id);
    let upper = LayerId::on(Some(&base), &layers[1].diff_id);
    let digits = upper.to_string();
    // Left by an import that was killed, and one that belongs to another layer, which is being imported.
    let waiting = folder.path().join("t");
    std::fs::create_dir_all(waiting.join(&digits[..8]).join("x/Files")).unwrap();
    let other = format!("{}{}", "0".repeat(56), &digits[8..16]);
    std::fs::create_dir(waiting.join(&digits[8..16])).unwrap();
    let lock = std::fs::File::create(store.layers().join(format!("{other}.lock"))).unwrap();
    lock.lock().unwrap();

    import(&Fake::new(), &store, &blobs, &layers, &Interrupts::new(), &|_| ()).unwrap();
    assert_eq!(names(&waiting), [&digits[8..16]]);
    std::fs::create_dir(waiting.join(&digits[..8])).unwrap();
    assert_eq!(prune(&Fake::new(), &store).unwrap().left_over, []);
    assert_eq!(names(&waiting), [&digits[8..16]], "it is in use");
    drop(lock);
    assert_eq!(prune(&Fake::new(), &store).unwrap().left_over, []);
    assert_eq!(names(&waiting), [""; 0]);
}

#[test]
fn the_last_entries_of_a_layer_are_recorded_with_the_reason_of_a_failure() {
    let (folder, store) = empty_store();
    let blobs = Folder::create(handles(), folder.path()).unwrap();
    let many: Vec<String> = (0..20).map(|number| format!("Files/{number}")).collect();
    let entries: Vec<&str> = ["Files/", "Hives/"].into_iter().chain(many.iter().map(String::as_str)).collect();
    let mut base = layer(&blobs, &entries);
    let fake = Fake::new();
    import(&fake, &store, &blobs, std::slice::from_ref(&base), &Interrupts::new(), &|_| ()).unwrap();
    base.diff_id = Digest::of(b"another");
    import(&fake, &store, &blobs, &[base], &Interrupts::new(), &|_| ()).unwrap_err();
    let written = fake.world().written.clone();
    let last: Vec<String> = (10..20).map(|number| format!("file Files/{number}")).collect();
    assert_eq!((written[0].0, &written[0].1, &written[0].2), (22, &last, &None));
    assert!(written[1].2.as_ref().unwrap().contains("diff ID"), "{written:?}");
}

#[test]
fn a_blob_that_is_not_what_it_should_be_leaves_nothing() {
    let (folder, store) = empty_store();
    let (blobs, mut layers) = image(folder.path());
    layers[0].diff_id = Digest::of(b"another");
    let error = import(&Fake::new(), &store, &blobs, &layers, &Interrupts::new(), &|_| ()).unwrap_err();
    assert!(error.causes.iter().any(|cause| cause.contains("diff ID")), "{error:?}");
    assert_eq!(kept(&store), [""; 0]);
}

#[test]
fn the_nth_call_fails_or_the_program_dies_there() {
    let (mut failed, mut died) = (0, 0);
    for kill in [false, true] {
        for n in 1.. {
            let (folder, store) = empty_store();
            let (blobs, layers) = image(folder.path());
            let trouble = if kill { Trouble::Kill(n, When::After) } else { Trouble::Fail(n, When::Before) };
            let fake = Fake::new().trouble(trouble);
            let ended = catch_unwind(AssertUnwindSafe(|| import(&fake, &store, &blobs, &layers, &Interrupts::new(), &|_| ())));
            let made = fake.world().calls.len();
            if made < n {
                break;
            }
            let failing = fake.world().calls[n - 1];
            let fake = fake.trouble(Trouble::None);
            match ended {
                Ok(result) => {
                    failed += 1;
                    // What removes a torn layer is tried again; no other failure is passed over.
                    let again = fake.world().calls.iter().skip(n).take(3).any(|call| *call == failing);
                    assert!(result.is_err() || again, "{failing} failed, and nobody minded");
                }
                Err(payload) => {
                    assert!(payload.is::<Killed>());
                    died += 1;
                    assert_eq!(prune(&fake, &store).unwrap().left_over, []);
                }
            }
            for id in kept(&store) {
                assert!(is_complete(&store, &id.parse().unwrap()), "{id} is torn at {n}");
            }
            assert_eq!(import(&fake, &store, &blobs, &layers, &Interrupts::new(), &|_| ()).unwrap().len(), 2);
        }
    }
    println!("{failed} failed calls, {died} deaths; no torn layer was left");
    assert!(failed >= 8 && died >= 8);
}

#[test]
fn a_layer_that_a_stranger_keeps_locked_is_told_of_and_can_be_interrupted() {
    let (folder, store) = empty_store();
    let (blobs, layers) = image(folder.path());
    let base = LayerId::on(None, &layers[0].diff_id);
    let lock = std::fs::File::create(store.layers().join(format!("{base}.lock"))).unwrap();
    lock.lock().unwrap();
    let interrupts = Interrupts::new();
    let report = |event: Event<'_>| {
        assert!(matches!(event, Event::Waiting(layer) if *layer == layers[0]), "{event:?}");
        interrupts.raise();
    };
    let error = import(&Fake::new(), &store, &blobs, &layers, &interrupts, &report).unwrap_err();
    assert_eq!(error.what, "interrupted");
    assert_eq!(kept(&store), [""; 0]);
}

/// The lower layers were deleted while HCS imported the upper ones on them.
#[test]
fn an_image_that_is_removed_while_it_is_imported_keeps_its_layers_until_then() {
    let (folder, store) = empty_store();
    let (blobs, layers) = image(folder.path());
    let fake = Fake::new();
    let images = StoreImages { machine: Some(&fake), store: &store, blobs: &blobs };
    let prune = |event: Event<'_>| {
        let Event::Importing(_) = event else { panic!("{event:?}") };
        let pruned = images.prune().unwrap();
        assert!(pruned.layers.is_empty() && pruned.notes[0].to_string().contains("imported"), "{pruned:?}");
    };
    let ids = import(&fake, &store, &blobs, &layers, &Interrupts::new(), &prune).unwrap();
    assert!(ids.iter().all(|id| is_complete(&store, id)));
    assert_eq!(images.prune().unwrap().layers.len(), 2, "no image is listed that needs them");
}

#[test]
fn an_interrupt_while_a_layer_is_decoded_ends_that_and_leaves_nothing() {
    let (folder, store) = empty_store();
    let (blobs, layers) = image(folder.path());
    let interrupts = Interrupts::new();
    let fake = Fake::new();
    let error = import(&fake, &store, &blobs, &layers, &interrupts, &|_| interrupts.raise()).unwrap_err();
    assert_eq!(error.what, "interrupted");
    assert!(!fake.world().calls.contains(&"ProcessBaseImage"));
    assert_eq!(kept(&store), [""; 0]);
}
