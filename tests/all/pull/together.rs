//! Several pulls of one image at once, into one store.

use std::io::{BufRead as _, BufReader};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::support::started::started;

/// Holds every answer for a blob back until this many pulls have asked for the tag: so all of them are at it at once. `answer` is
/// that for a layer.
fn holding_back<A>(pulls: usize, layers: &[Layer], answer: A) -> impl Fn(&Request) -> Reply + Send + Sync + use<A>
where
    A: Fn(&Request, &Layer) -> Reply + Send + Sync + 'static,
{
    let (images, begun, all) = (served(layers), AtomicUsize::new(0), Gate::default());
    let layers = layers.to_vec();
    move |request| {
        if request.path == "/v2/app/manifests/1" {
            if begun.fetch_add(1, Ordering::SeqCst) + 1 == pulls {
                all.open();
            }
            return images.respond(request);
        }
        let layer = layers.iter().find(|layer| request.path.ends_with(layer.digest().as_str()));
        layer.map_or_else(|| images.respond(request), |layer| answer(request, layer)).held(&all)
    }
}

fn layers() -> Vec<Layer> {
    (1..=3).map(|seed| Layer::new(GZIP, seed, 500_000)).collect()
}

#[test]
fn pulls_of_one_image_at_once_fetch_nothing_twice() {
    const PULLS: usize = 3;
    let slow = |request: &Request, layer: &Layer| slowly(request, &layer.stored, 32 << 10, Duration::from_millis(3));
    let shop = Shop::new(layers(), holding_back(PULLS, &layers(), slow));
    let mut pulls: Vec<Pull> = (0..PULLS).map(|_| shop.begin()).collect();
    for pull in &mut pulls {
        assert!(pull.ended().success());
    }
    shop.is_intact();
    assert_eq!(shop.server.count("/v2/app/manifests/1"), PULLS, "each asks what the tag means");
    let mut asked: Vec<String> =
        shop.server.requests().into_iter().map(|request| request.path).filter(|path| path.contains("sha256:")).collect();
    asked.sort();
    let all = asked.len();
    asked.dedup();
    assert_eq!((all, asked.len()), (5, 5), "manifest, config and three layers, each once");
}

#[test]
fn who_waits_for_a_pull_that_is_killed_goes_on_where_it_stopped() {
    let killed = Gate::default();
    let gate = killed.clone();
    let begins = move |request: &Request, layer: &Layer| beginning(request, &layer.stored, 100_000, &gate);
    let shop = Shop::new(layers(), holding_back(2, &layers(), begins));
    let (mut first, mut second) = (shop.begin(), shop.begin());
    wait_until("each layer has begun", || shop.layers.iter().all(|layer| shop.kept(layer) > 0));
    first.kill();
    killed.open();
    assert!(second.ended().success());
    shop.is_intact();
    for layer in &shop.layers {
        let requests = shop.requests_for(layer);
        let from: Vec<usize> = requests.iter().map(first_byte).collect();
        assert!(from[0] == 0 && from.len() <= 2 && from.iter().skip(1).all(|first| *first > 0), "asked for from {from:?}");
    }
}

/// Two tags of the same image, and two images with a layer in common, are two names for what is there once.
#[test]
fn what_two_images_share_is_fetched_once() {
    let shop = Shop::well_behaved(layers());
    shop.succeeds(&[]);
    let asked = shop.server.requests().len();
    shop.succeeds(&[]);
    let again: Vec<String> = shop.server.requests().into_iter().skip(asked).map(|request| request.path).collect();
    assert_eq!(again, ["/v2/app/manifests/1"], "a second pull asks what the tag means");
}

/// Whoever may read the store can keep a file of it locked: whoever waits for that is told, and a pull that fails does not.
#[test]
fn a_layer_that_a_stranger_keeps_locked_is_told_of_and_holds_up_no_failure() {
    let [first, second] = [Layer::new(GZIP, 1, 1000), Layer::new(GZIP, 2, 1000)];
    let (images, missing) = (served(&[first.clone(), second.clone()]), second.digest());
    // The other layer is missing, but not before the waiting was told of.
    let told = Gate::default();
    let gate = told.clone();
    let shop = Shop::new(vec![first, second], move |request| match request.path.ends_with(missing.as_str()) {
        true => Reply::json(404, "{}").held(&gate),
        false => images.respond(request),
    });
    crate::support::begin_store(&shop.store());
    let locked = fs::File::create(shop.partial(&shop.layers[0].digest())).unwrap();
    locked.lock().unwrap();
    let mut pull = Pull(started(|| shop.process().stderr(Stdio::piped()).spawn()));
    let mut said = String::new();
    for line in BufReader::new(pull.0.stderr.take().unwrap()).lines().map(Result::unwrap) {
        if line.contains(": waiting for another process that has this layer locked") {
            told.open();
        }
        said += &format!("{line}\n");
    }
    assert_eq!(pull.ended().code(), Some(2), "{said}");
    assert!(said.contains(": waiting for another process that has this layer locked") && said.contains("404"), "{said}");
}
