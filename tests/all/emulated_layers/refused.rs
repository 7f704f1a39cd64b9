//! Archives that no exporter writes, imported for real: refused, and nothing left of them in the store or outside.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use wincompat::internals::layer::Position;

use crate::emulated_layers::base::VERSION;
use crate::emulated_layers::importer::Shop;
use crate::support::emulated::image::{Image, base_layer};
use crate::support::layers::hostile_archives::{Hostile, all, with_sddl};

/// Every path below a folder; what a container's layer could be found by, wherever it was put.
fn everything(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in folder.read_dir().unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            everything(&entry.path(), found);
        }
        found.insert(entry.path());
    }
}

#[test]
fn every_hostile_archive() {
    let Some(shop) = Shop::new() else { return };
    let good = base_layer(VERSION).finish();
    let base = shop.put("good", &Image::of(VERSION, vec![good.clone()]));
    shop.import("good");
    let archives = all();
    let mut names = Vec::new();
    for (number, Hostile { bytes, position, .. }) in archives.iter().enumerate() {
        let layers = if *position == Position::Base { vec![bytes.clone()] } else { vec![good.clone(), bytes.clone()] };
        names.push(format!("hostile-{number}"));
        shop.put(&names[number], &Image::of(VERSION, layers));
    }
    let mut before = BTreeSet::new();
    everything(shop.folder(), &mut before);
    let outcomes = shop.try_import(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(outcomes.len(), archives.len());
    for (Hostile { what, reason, .. }, outcome) in archives.iter().zip(outcomes) {
        let causes = outcome.expect_err(what);
        assert!(causes.iter().any(|cause| cause.contains(&reason.to_string())), "{what}: {causes:?}");
    }
    shop.holds(&base, "after all refusals");
    let mut after = BTreeSet::new();
    everything(shop.folder(), &mut after);
    after.retain(|path| path.extension().is_none_or(|extension| extension != "lock") && !before.contains(path));
    after.retain(|path| !path.file_name().unwrap().to_str().unwrap().starts_with("answer-"));
    assert_eq!(after, BTreeSet::new(), "made by a hostile archive");
    for path in ["C:\\x", "C:\\escape", "Z:\\escape", "C:\\Windows\\x", "C:\\Files"] {
        assert!(!Path::new(path).exists(), "{path}");
    }
    println!("{} hostile archives refused", archives.len());
    shop.host.has_nothing_left();
}

/// Windows' own converter reads the old form of security descriptors, and refuses what is none.
#[test]
fn security_descriptors_in_text() {
    let Some(shop) = Shop::new() else { return };
    let good = base_layer(VERSION).finish();
    for (name, text) in [("taken", "O:SYG:SYD:(A;;FA;;;SY)"), ("refused", "no descriptor")] {
        shop.put(name, &Image::of(VERSION, vec![good.clone(), with_sddl(text)]));
    }
    let outcomes = shop.try_import(&["taken", "refused"]);
    assert_eq!(outcomes[0], Ok(()));
    let causes = outcomes[1].as_ref().unwrap_err();
    assert!(causes.iter().any(|cause| cause.contains("security descriptor")), "{causes:?}");
}

#[test]
fn another_blob_than_the_image_names() {
    let Some(shop) = Shop::new() else { return };
    let good = base_layer(VERSION).finish();
    shop.put("app", &Image::of(VERSION, vec![good.clone()]));
    let mut damaged = good.clone();
    let at = damaged.windows(6).position(|bytes| bytes == b"System").unwrap();
    damaged[at] = b's';
    shop.replace_blob(&good, &damaged);
    let outcomes = shop.try_import(&["app"]);
    assert!(outcomes[0].is_err(), "{outcomes:?}");
    shop.replace_blob(&good, &good[..good.len() / 2]);
    assert!(shop.try_import(&["app"])[0].is_err());
    shop.holds(&[], "after both");
    shop.replace_blob(&good, &good);
    shop.import("app");
}
