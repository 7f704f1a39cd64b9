//! Layers that are unpacked on their way into the store.

use std::io::{self, Read};
use std::sync::{Arc, Mutex};

use wincompat::ErrorKind;
use wincompat::image::reference::Location;
use wincompat::image::{Name, Reference};
use wincompat::internals::layer::{Compression, LayerError, Limits, decompress};
use wincompat::internals::oci::layout::Folder;
use wincompat::internals::oci::pull::{Unpack, pull_and_unpack};
use wincompat::internals::oci::{Images, Options};
use wincompat::knowledge::Knowledge;

use super::*;

/// What an unpacker was given: the number of the layer, and the tar.
type Seen = Arc<Mutex<Vec<(usize, Vec<u8>)>>>;

/// Keeps the tars; of the first layer it takes so many bytes, opens the gate, and fails.
fn unpacker(seen: &Seen, fails: Option<(usize, Gate)>) -> Unpack {
    let seen = Arc::clone(seen);
    Arc::new(move |number, layer, stored| {
        let (tar, streamed) = decompress(stored, layer.compression, Limits::default().uncompressed, |tar| {
            let mut bytes = Vec::new();
            if let Some((length, gate)) = fails.as_ref().filter(|_| number == 0) {
                tar.take(*length as u64).read_to_end(&mut bytes).map_err(LayerError::Read)?;
                gate.open();
                return Err(LayerError::Write { entry: "Files/x".to_owned(), source: io::Error::other("the disk is full") });
            }
            tar.read_to_end(&mut bytes).map_err(LayerError::Read)?;
            Ok(bytes)
        })?;
        seen.lock().unwrap().push((number, tar));
        Ok(streamed)
    })
}

fn name(shop: &Shop) -> Name {
    let reference: Reference = shop.name().parse().unwrap();
    let Location::Registry(name) = reference.location() else { panic!("{reference:?} is no name") };
    name.clone()
}

fn pull(shop: &Shop, unpack: &Unpack) -> Result<(), wincompat::Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (store, silent) = (
        Folder::create(crate::support::handles(), shop.store()).unwrap(),
        Arc::new(|_: wincompat::internals::oci::pull::Event<'_>| {}) as _,
    );
    let digest = Digest::of(&image_of(&shop.layers).manifest_bytes());
    let options = Options { registries: crate::support::registry::options(), ..Options::new(crate::support::handles()) };
    runtime.block_on(async {
        let images = Images::new(options, Knowledge::built_in());
        pull_and_unpack(&images, &name(shop), &digest, &store, &silent, Some(unpack)).await.map(drop)
    })
}

fn tar(layer: &Layer) -> Vec<u8> {
    let compression = Compression::of_media_type(layer.media_type).unwrap();
    let all = |tar: &mut wincompat::internals::layer::decompress::Tar| {
        let mut bytes = Vec::new();
        tar.read_to_end(&mut bytes).map_err(LayerError::Read).map(|_| bytes)
    };
    decompress(layer.stored.as_slice(), compression, u64::MAX, all).unwrap().0
}

#[test]
fn each_layer_that_comes_is_unpacked_once() {
    let twice = Layer::new(GZIP, 1, 100_000);
    let shop = Shop::well_behaved(vec![twice.clone(), Layer::new(ZSTD, 2, 100_000), Layer::new(PLAIN, 3, 100_000), twice]);
    // Of one a part is there: the unpacker is given it from its first byte on.
    crate::support::begin_store(&shop.store());
    fs::write(shop.partial(&shop.layers[1].digest()), &shop.layers[1].stored[..40_000]).unwrap();
    let seen = Seen::default();
    pull(&shop, &unpacker(&seen, None)).unwrap();
    shop.is_intact();
    assert_eq!(shop.requests_for(&shop.layers[1]).iter().map(first_byte).collect::<Vec<_>>(), [40_000]);
    let mut unpacked = std::mem::take(&mut *seen.lock().unwrap());
    unpacked.sort();
    let expected: Vec<(usize, Vec<u8>)> = shop.layers.iter().map(tar).enumerate().take(3).collect();
    assert!(unpacked == expected, "each tar as it is");
    // What the store has does not come again.
    pull(&shop, &unpacker(&seen, None)).unwrap();
    assert!(seen.lock().unwrap().is_empty());
}

#[test]
fn an_unpacker_that_fails_costs_nothing_of_what_came() {
    // The rest does not come before the unpacker has failed, and is more than what may be read ahead.
    let (layer, failed) = (Layer::new(GZIP, 1, 3_000_000), Gate::default());
    let (images, slow, gate) = (served(std::slice::from_ref(&layer)), layer.clone(), failed.clone());
    let shop = Shop::new(vec![layer], move |request| match request.path.ends_with(slow.digest().as_str()) {
        true => beginning(request, &slow.stored, 1_000_000, &gate),
        false => images.respond(request),
    });
    let seen = Seen::default();
    let error = pull(&shop, &unpacker(&seen, Some((300_000, failed)))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.sentence().contains("the disk is full"), "{error:?}");
    let kept = shop.kept(&shop.layers[0]);
    assert!(kept >= 300_000, "{kept} bytes are left");
    assert!(!shop.blob(&shop.layers[0].digest()).exists());
    shop.succeeds(&[]);
    let from: Vec<u64> = shop.requests_for(&shop.layers[0]).iter().map(|request| first_byte(request) as u64).collect();
    assert_eq!(from, [0, kept]);
}
