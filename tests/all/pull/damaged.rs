//! Layers that are not what their manifest says: refused, and nothing of them stays.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

/// A registry that answers for the layer with these bytes.
fn instead(layer: &Layer, bytes: Vec<u8>) -> Shop {
    let (images, digest) = (served(std::slice::from_ref(layer)), layer.digest());
    Shop::new(vec![layer.clone()], move |request| match request.path.ends_with(digest.as_str()) {
        true => part(request, &bytes),
        false => images.respond(request),
    })
}

/// Nothing has a name that is not what the name says, and no image is listed.
fn has_no_image(shop: &Shop) {
    for blob in fs::read_dir(shop.store().join("blobs/sha256")).unwrap().map(|blob| blob.unwrap()) {
        assert_eq!(Digest::of(&fs::read(blob.path()).unwrap()).hex(), blob.file_name().to_str().unwrap());
    }
    assert!(!shop.blob(&shop.layers[0].digest()).exists());
    let index = fs::read_to_string(shop.store().join("index.json")).unwrap_or_default();
    assert!(!index.contains("ref.name"), "{index}");
}

#[test]
fn a_layer_that_is_not_what_the_manifest_says_is_refused() {
    let layer = Layer::new(GZIP, 1, 50_000);
    let other = Layer::new(GZIP, 2, 50_000).stored;
    let same_size = layer.stored.iter().rev().copied().collect();
    let bits = {
        let mut bits = layer.stored.clone();
        let last = bits.len() - 20;
        bits[last] ^= 1;
        bits
    };
    let longer = [layer.stored.as_slice(), b"more"].concat();
    let shorter = layer.stored[..layer.stored.len() - 4].to_vec();
    for (name, bytes, said) in [
        ("another layer", other, "cannot be pulled"),
        ("no gzip", same_size, "cannot be pulled"),
        ("a flipped bit", bits, "cannot be pulled"),
        ("too long", longer, "more bytes than the manifest says"),
        ("too short", shorter, "416 Range Not Satisfiable"),
    ] {
        let shop = instead(&layer, bytes);
        let said_by = shop.fails(&[]);
        assert!(said_by.contains(said) && said_by.contains(layer.digest().as_str()), "{name}: {said_by}");
        assert!(said_by.contains("\nhint: pull again"), "{name}: {said_by}");
        has_no_image(&shop);
        assert_eq!(shop.kept(&layer), 0, "{name}: nothing is gone on with");
    }
}

#[test]
fn a_web_page_is_not_taken_for_a_layer() {
    let layer = Layer::new(GZIP, 1, 50_000);
    let (images, digest) = (served(std::slice::from_ref(&layer)), layer.digest());
    let shop = Shop::new(vec![layer.clone()], move |request| match request.path.ends_with(digest.as_str()) {
        true => Reply::html(200),
        false => images.respond(request),
    });
    let said = shop.fails(&[]);
    assert!(said.contains("answered with a web page") && said.contains("\nhint: a login page or proxy"), "{said}");
    has_no_image(&shop);
    assert_eq!(shop.kept(&layer), 0);
}

#[test]
fn a_layer_that_unpacks_to_something_else_is_refused() {
    let layer = Layer { diff_id: Digest::of(b"another tar"), ..Layer::new(GZIP, 1, 50_000) };
    let shop = Shop::well_behaved(vec![layer.clone()]);
    let said = shop.fails(&[]);
    assert!(said.contains("uncompressed its digest is") && said.contains("\nhint: pull again"), "{said}");
    has_no_image(&shop);
    assert_eq!(shop.kept(&layer), 0);
}

#[test]
fn one_bad_layer_costs_nothing_of_the_others() {
    let layers: Vec<Layer> = (1..=3).map(|seed| Layer::new(GZIP, seed, 400_000)).collect();
    let images = served(&layers);
    let (first, others, is_bad) = (layers[0].clone(), layers[1..].to_vec(), AtomicBool::new(true));
    // The bad one does not come before something of the others is there, and not all of them before the pull has failed.
    let (begun, failed) = (Gate::default(), Gate::default());
    let (begins, fails) = (begun.clone(), failed.clone());
    let shop =
        Shop::new(layers, move |request| match others.iter().find(|layer| request.path.ends_with(layer.digest().as_str())) {
            Some(layer) => beginning(request, &layer.stored, 200_000, &fails),
            None if request.path.ends_with(first.digest().as_str()) && is_bad.swap(false, Ordering::SeqCst) => {
                part(request, &vec![7; first.stored.len()]).held(&begins)
            }
            None => images.respond(request),
        });
    std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_until("something of the others is there", || shop.layers[1..].iter().all(|layer| shop.kept(layer) > 0));
            begun.open();
        });
        shop.fails(&[]);
    });
    failed.open();
    has_no_image(&shop);
    let kept: Vec<u64> = shop.layers.iter().map(|layer| shop.kept(layer)).collect();
    assert!(kept[0] == 0 && kept[1] > 0 && kept[2] > 0, "{kept:?}");
    let asked = shop.server.requests().len();
    shop.succeeds(&[]);
    for (layer, kept) in shop.layers.iter().zip(kept) {
        let digest = layer.digest();
        let requests = shop.server.requests();
        let again = requests.iter().skip(asked).filter(|request| request.path.ends_with(digest.as_str()));
        assert_eq!(again.map(|request| first_byte(request) as u64).collect::<Vec<_>>(), [kept]);
    }
}

/// What an earlier pull left can be damaged by a crash of the machine.
#[test]
fn a_damaged_beginning_is_fetched_anew() {
    let shop = Shop::well_behaved(vec![Layer::new(GZIP, 1, 100_000), Layer::new(PLAIN, 2, 100_000)]);
    crate::support::begin_store(&shop.store());
    for layer in &shop.layers {
        fs::write(shop.partial(&layer.digest()), vec![0; 70_000]).unwrap();
    }
    shop.succeeds(&[]);
    for layer in &shop.layers {
        assert_eq!(shop.requests_for(layer).iter().map(first_byte).collect::<Vec<_>>(), [70_000, 0]);
    }
}

#[test]
fn what_does_not_fit_on_the_disk_is_not_begun() {
    let layers = vec![Layer::new(GZIP, 1, 1000), Layer::new(GZIP, 2, 1000)];
    let mut image = image_of(&layers);
    image.layers[1]["size"] = json!(1u64 << 60);
    let images = Images::default().windows("app", "1", &[image]).blob("app", &layers[0].stored);
    let shop = Shop::new(layers, move |request| images.respond(request));
    let said = shop.fails(&[]);
    assert!(said.contains("does not fit on the disk") && said.contains("1048576.0 TiB are to be fetched"), "{said}");
    assert!(said.contains("\nhint: "), "{said}");
    assert_eq!(shop.blob_requests().len(), 1, "the config");
    assert_eq!(shop.layers.iter().map(|layer| shop.kept(layer)).sum::<u64>(), 0);
}

/// A window of 256 MiB would have to be held in memory; `zstd` itself refuses it unless it is told to.
#[test]
fn a_layer_that_wants_too_much_memory_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(28).unwrap();
    encoder.write_all(&[0; 4096]).unwrap();
    let layer = Layer { media_type: ZSTD, stored: encoder.finish().unwrap(), diff_id: Digest::of(&[0; 4096]), urls: Vec::new() };
    let shop = Shop::well_behaved(vec![layer]);
    let said = shop.fails(&[]);
    assert!(said.contains("zstd"), "{said}");
    has_no_image(&shop);
}

#[test]
fn a_broken_list_of_images_is_said_before_anything_is_downloaded() {
    let large = " ".repeat((4 << 20) + 1);
    for broken in ["", "{", "{}", r#"{"schemaVersion":2,"manifests":[{"digest":"foo","size":1}]}"#, large.as_str()] {
        let shop = Shop::well_behaved(vec![Layer::new(GZIP, 1, 1000)]);
        shop.succeeds(&[]);
        let list = shop.store().join("index.json");
        fs::write(&list, broken).unwrap();
        let asked = shop.requests_for(&shop.layers[0]).len();
        let said = shop.fails(&[]);
        assert!(said.contains("index.json") && said.contains(&format!("hint: remove {}", list.display())), "{said}");
        assert_eq!(shop.requests_for(&shop.layers[0]).len(), asked);

        fs::remove_file(&list).unwrap();
        shop.succeeds(&[]);
        assert_eq!(shop.requests_for(&shop.layers[0]).len(), asked, "the layer is still there");
    }
}
