//! Layers that are unpacked on their way into the store, in their order.

use std::io::{self, Read};
use std::sync::Arc;

use wincompat::ErrorKind;
use wincompat::image::reference::Location;
use wincompat::image::{Name, Reference};
use wincompat::internals::layer::{Compression, LayerError, Limits, Streamed, decompress};
use wincompat::internals::oci::layout::Folder;
use wincompat::internals::oci::pull::{Arrival, Arrivals, in_order, pull_in_order};
use wincompat::internals::oci::{Images, Options};
use wincompat::knowledge::Knowledge;

use super::*;

/// The layers that came, each time: the number of the layer, and the tar if it could be read.
type Seen = Vec<(usize, Option<Vec<u8>>)>;

fn name(shop: &Shop) -> Name {
    let reference: Reference = shop.name().parse().unwrap();
    let Location::Registry(name) = reference.location() else { panic!("{reference:?} is no name") };
    name.clone()
}

/// Pulls on a thread of its own while `take` uses the layers.
fn pull<T>(shop: &Shop, take: impl FnOnce(Arrivals) -> T) -> (Result<(), wincompat::Error>, T) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let store = Folder::create(crate::support::handles(), shop.store()).unwrap();
    let digest = Digest::of(&image_of(&shop.layers).manifest_bytes());
    let name = name(shop);
    let (offers, arrivals) = in_order();
    std::thread::scope(|scope| {
        let pulling = scope.spawn(move || {
            let options = Options { registries: crate::support::registry::options(), ..Options::new(crate::support::handles()) };
            let images = Images::new(options, Knowledge::built_in());
            let silent = Arc::new(|_: wincompat::internals::oci::pull::Event<'_>| {}) as _;
            runtime.block_on(pull_in_order(&images, &name, &digest, &store, &silent, offers)).map(drop)
        });
        let taken = take(arrivals);
        (pulling.join().unwrap(), taken)
    })
}

/// Uses every layer that comes, in order, until the pull ends. Layers that are in the store do not come.
fn unpack_all(shop: &Shop) -> (Result<(), wincompat::Error>, Seen) {
    let layers = &shop.layers;
    pull(shop, |arrivals| {
        let mut seen = Vec::new();
        let described = arrivals.described(|| Ok(())).unwrap().map_or(0, |pulled| pulled.layers.len());
        for (number, layer) in layers.iter().enumerate().take(described) {
            if layers[..number].iter().any(|other| other.digest() == layer.digest()) {
                continue;
            }
            while let Some(Arrival::Coming(coming)) = arrivals.layer(number, || Ok(())).unwrap() {
                let mut tar = None;
                let unpacked = coming.unpack(|stored| {
                    let (bytes, streamed) = decompress(stored, layer_compression(layer), Limits::default().uncompressed, all)?;
                    tar = Some(bytes);
                    Ok(streamed)
                });
                seen.push((number, tar));
                if unpacked.is_some() {
                    break;
                }
            }
        }
        // The pull has to list the image yet: nothing arrives any more.
        assert!(arrivals.layer(layers.len(), || Ok(())).unwrap().is_none());
        seen
    })
}

fn layer_compression(layer: &Layer) -> Compression {
    Compression::of_media_type(layer.media_type).unwrap()
}

fn all(tar: &mut wincompat::internals::layer::decompress::Tar) -> Result<Vec<u8>, LayerError> {
    let mut bytes = Vec::new();
    tar.read_to_end(&mut bytes).map_err(LayerError::Read).map(|_| bytes)
}

fn tar(layer: &Layer) -> Vec<u8> {
    decompress(layer.stored.as_slice(), layer_compression(layer), u64::MAX, all).unwrap().0
}

#[test]
fn each_layer_that_comes_is_unpacked_once() {
    let twice = Layer::new(GZIP, 1, 100_000);
    let shop = Shop::well_behaved(vec![twice.clone(), Layer::new(ZSTD, 2, 100_000), Layer::new(PLAIN, 3, 100_000), twice]);
    // Of one a part is there: it is given from its first byte on.
    crate::support::begin_store(&shop.store());
    fs::write(shop.partial(&shop.layers[1].digest()), &shop.layers[1].stored[..40_000]).unwrap();
    let (pulled, unpacked) = unpack_all(&shop);
    pulled.unwrap();
    shop.is_intact();
    assert_eq!(shop.requests_for(&shop.layers[1]).iter().map(first_byte).collect::<Vec<_>>(), [40_000]);
    let expected: Seen = shop.layers.iter().map(|layer| Some(tar(layer))).enumerate().take(3).collect();
    assert!(unpacked == expected, "each tar as it is, in order");
    // What the store has does not come again.
    let (pulled, unpacked) = unpack_all(&shop);
    pulled.unwrap();
    assert_eq!(unpacked, []);
}

#[test]
fn a_layer_of_which_wrong_bytes_were_left_comes_again() {
    let shop = Shop::well_behaved(vec![Layer::new(GZIP, 1, 100_000), Layer::new(PLAIN, 2, 100_000)]);
    crate::support::begin_store(&shop.store());
    fs::write(shop.partial(&shop.layers[0].digest()), [7; 40_000]).unwrap();
    let (pulled, unpacked) = unpack_all(&shop);
    pulled.unwrap();
    shop.is_intact();
    let tars: Vec<Vec<u8>> = shop.layers.iter().map(tar).collect();
    assert!(unpacked == [(0, None), (0, Some(tars[0].clone())), (1, Some(tars[1].clone()))]);
}

#[test]
fn a_user_that_fails_costs_nothing_of_what_came() {
    // The rest does not come before the user has failed, and is more than what may be read ahead.
    let (layer, failed) = (Layer::new(GZIP, 1, 3_000_000), Gate::default());
    let (images, slow, gate) = (served(std::slice::from_ref(&layer)), layer.clone(), failed.clone());
    let shop = Shop::new(vec![layer], move |request| match request.path.ends_with(slow.digest().as_str()) {
        true => beginning(request, &slow.stored, 1_000_000, &gate),
        false => images.respond(request),
    });
    let (pulled, ()) = pull(&shop, |arrivals| {
        let Some(Arrival::Coming(coming)) = arrivals.layer(0, || Ok(())).unwrap() else { panic!("it does not come") };
        let unpacked = coming.unpack(|stored| {
            decompress(stored, Compression::Gzip, Limits::default().uncompressed, |tar| {
                io::copy(&mut tar.take(300_000), &mut io::sink()).map_err(LayerError::Read)?;
                failed.open();
                Err::<(), _>(LayerError::Write { entry: "Files/x".to_owned(), source: io::Error::other("the disk is full") })
            })
            .map(|((), streamed): ((), Streamed)| streamed)
        });
        assert!(unpacked.is_none());
        assert!(arrivals.layer(0, || Ok(())).unwrap().is_none(), "the pull ends");
    });
    let error = pulled.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.sentence().contains("the disk is full"), "{error:?}");
    let kept = shop.kept(&shop.layers[0]);
    assert!(kept >= 300_000, "{kept} bytes are left");
    assert!(!shop.blob(&shop.layers[0].digest()).exists());
    shop.succeeds(&[]);
    let from: Vec<u64> = shop.requests_for(&shop.layers[0]).iter().map(|request| first_byte(request) as u64).collect();
    assert_eq!(from, [0, kept]);
}

#[test]
fn who_wants_no_layer_ends_the_pull() {
    // The layer never ends.
    let (layer, gate) = (Layer::new(GZIP, 1, 3_000_000), Gate::default());
    let (images, slow, never) = (served(std::slice::from_ref(&layer)), layer.clone(), gate.clone());
    let shop = Shop::new(vec![layer], move |request| match request.path.ends_with(slow.digest().as_str()) {
        true => beginning(request, &slow.stored, 1_000_000, &never),
        false => images.respond(request),
    });
    let (pulled, layers) = pull(&shop, |arrivals| arrivals.described(|| Ok(())).unwrap().map(|pulled| pulled.layers.len()));
    gate.open();
    assert_eq!((pulled.unwrap_err().what.as_str(), layers), ("the pull was given up", Some(1)));
}

/// Six layers, of which four may come at a time.
fn six() -> Vec<Layer> {
    (1..=6).map(|seed| Layer::new(GZIP, seed, 50_000)).collect()
}

/// Fails if a layer has been asked for that should not have been yet, also a moment later.
fn nothing_more_comes(shop: &Shop, later: &[Layer]) {
    std::thread::sleep(Duration::from_millis(100));
    for layer in later {
        assert_eq!(shop.requests_for(layer).len(), 0, "{}", layer.digest());
    }
}

#[test]
fn while_a_layer_is_used_three_wait_as_they_came_and_no_other_comes() {
    let shop = Shop::well_behaved(six());
    let (pulled, ()) = pull(&shop, |arrivals| {
        arrivals.described(|| Ok(())).unwrap();
        for number in 0..shop.layers.len() {
            let Some(Arrival::Coming(coming)) = arrivals.layer(number, || Ok(())).unwrap() else {
                panic!("{number} does not come")
            };
            let (begun, later) = shop.layers.split_at(shop.layers.len().min(number + 4));
            let unpacked = coming.unpack(|stored| {
                let has_come = |layer: &Layer| shop.kept(layer) == layer.stored.len() as u64;
                wait_until("those above are there as they came", || begun[number + 1..].iter().all(has_come));
                nothing_more_comes(&shop, later);
                decompress(stored, Compression::Gzip, Limits::default().uncompressed, all).map(|(_, streamed)| streamed)
            });
            assert!(unpacked.is_some(), "{number}");
        }
        // The pull has to list the image yet.
        assert!(arrivals.layer(shop.layers.len(), || Ok(())).unwrap().is_none());
    });
    pulled.unwrap();
    shop.is_intact();
}

#[test]
fn where_nobody_uses_them_four_layers_are_unpacked_at_a_time() {
    let (layers, gate) = (six(), Gate::default());
    let (images, slow, held) = (served(&layers), layers.clone(), gate.clone());
    let shop = Shop::new(layers, move |request| {
        let layer = slow.iter().find(|layer| request.path.ends_with(layer.digest().as_str()));
        layer.map_or_else(|| images.respond(request), |layer| beginning(request, &layer.stored, 20_000, &held))
    });
    let mut pull = shop.begin();
    wait_until("four have begun", || shop.layers[..4].iter().all(|layer| shop.kept(layer) > 0));
    nothing_more_comes(&shop, &shop.layers[4..]);
    gate.open();
    assert!(pull.ended().success());
    shop.is_intact();
}
