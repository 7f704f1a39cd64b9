//! A pull that is killed: what had arrived stays and is not fetched again.

use std::time::Duration;

use super::*;

const KILLS: usize = 20;

/// Layers of which a pull gets a small part only, until the gate is open; the last one comes at once.
fn throttled(layers: Vec<Layer>, gate: &Gate) -> Shop {
    let (images, gate) = (served(&layers), gate.clone());
    let slow = layers[..layers.len() - 1].to_vec();
    Shop::new(layers, move |request| match slow.iter().find(|layer| request.path.ends_with(layer.digest().as_str())) {
        Some(layer) => beginning(request, &layer.stored, layer.stored.len() / (2 * KILLS), &gate),
        None => images.respond(request),
    })
}

#[test]
fn a_pull_killed_twenty_times_is_completed_and_fetches_nothing_twice() {
    let layers = vec![
        Layer::new(GZIP, 1, 1_200_000),
        Layer::new(ZSTD, 2, 600_000),
        Layer::new(PLAIN, 3, 900_000),
        Layer::new(GZIP, 4, 20_000),
    ];
    let no_more_kills = Gate::default();
    let shop = throttled(layers, &no_more_kills);
    // Seconds and nanoseconds of the clock: other moments each time the test runs, and these are said when it fails.
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
    let mut state = seed;
    let mut below = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut within_layers = 0;
    for number in 0..KILLS {
        let (asked, kept) = (shop.server.requests().len(), state_of(&shop));
        let mut pull = shop.begin();
        // Some are killed while they start and look around; most while layers arrive, half of them when something has come.
        match number % 4 {
            0 => {}
            1 => wait_until("a layer is asked for", || asks_for_layers(&shop, asked)),
            _ => wait_until("more of a layer is there", || state_of(&shop) != kept),
        }
        std::thread::sleep(Duration::from_micros(below(40_000)));
        pull.kill();
        within_layers += usize::from(shop.layers.iter().any(|layer| (1..layer.stored.len() as u64).contains(&shop.kept(layer))));
        goes_on_from(&shop, asked, &kept, &format!("kill {number} of seed {seed}"));
    }
    assert!(within_layers >= KILLS / 2, "only {within_layers} kills left a part of a layer, seed {seed}");
    no_more_kills.open();
    let (asked, kept) = (shop.server.requests().len(), state_of(&shop));
    shop.succeeds(&[]);
    goes_on_from(&shop, asked, &kept, &format!("the last pull of seed {seed}"));
}

fn asks_for_layers(shop: &Shop, since: usize) -> bool {
    let is_layer = |path: &str| shop.layers.iter().any(|layer| path.ends_with(layer.digest().as_str()));
    shop.server.requests().iter().skip(since).any(|request| is_layer(&request.path))
}

/// How many bytes are there of each layer.
fn state_of(shop: &Shop) -> Vec<u64> {
    let there = |layer: &Layer| fs::metadata(shop.blob(&layer.digest())).map_or_else(|_| shop.kept(layer), |file| file.len());
    shop.layers.iter().map(there).collect()
}

/// Whether a pull asked for nothing that was there, and lost nothing.
fn goes_on_from(shop: &Shop, asked: usize, kept: &[u64], when: &str) {
    let requests: Vec<Request> = shop.server.requests().into_iter().skip(asked).collect();
    for ((layer, kept), now) in shop.layers.iter().zip(kept).zip(state_of(shop)) {
        let digest = layer.digest();
        let from: Vec<u64> = requests
            .iter()
            .filter(|request| request.path.ends_with(digest.as_str()))
            .map(|request| first_byte(request) as u64)
            .collect();
        // A connection that broke is taken up again, from what had come until then.
        let goes_on = from.first().is_none_or(|first| first == kept) && from.is_sorted();
        assert!(goes_on, "{when}: {kept} bytes were there, and it asked from {from:?} on");
        assert!(from.is_empty() || *kept < layer.stored.len() as u64, "{when}: it asked for what was there");
        assert!(now >= *kept, "{when}: of {kept} bytes {now} are left");
        if shop.blob(&digest).exists() {
            assert_eq!(Digest::of(&fs::read(shop.blob(&digest)).unwrap()), digest, "{when}");
        }
    }
    for document in [image_of(&shop.layers).manifest_bytes(), image_of(&shop.layers).config_bytes()] {
        let path = shop.blob(&Digest::of(&document));
        assert!(!path.exists() || fs::read(&path).unwrap() == document, "{when}");
    }
}

/// What a process leaves that is killed between writing a file and giving it its name.
#[test]
fn what_a_killed_process_left_aside_is_cleared_away() {
    let shop = Shop::well_behaved(vec![Layer::new(GZIP, 1, 1000)]);
    let ingest = shop.store().join("ingest");
    crate::support::begin_store(&shop.store());
    fs::write(ingest.join("aBcDeF"), "{").unwrap();
    shop.succeeds(&[]);
}

/// The connection breaks, again and again: the same pull goes on.
#[test]
fn a_connection_that_breaks_is_taken_up_again() {
    let layer = Layer::new(GZIP, 1, 1_000_000);
    let (images, slow) = (served(std::slice::from_ref(&layer)), layer.clone());
    let shop = Shop::new(vec![layer], move |request| {
        if !request.path.ends_with(slow.digest().as_str()) {
            return images.respond(request);
        }
        let from = first_byte(request);
        let (length, range) = (slow.stored.len() - from, format!("bytes {from}-{}/{}", slow.stored.len() - 1, slow.stored.len()));
        let head = [("content-length", length.to_string()), ("content-range", range)];
        let head: Vec<(&str, &str)> = head.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let sent = &slow.stored[from..slow.stored.len().min(from + 200_000)];
        Reply::head(if from > 0 { 206 } else { 200 }, &head).then_send(sent).then_reset()
    });
    shop.succeeds(&[]);
    let from: Vec<usize> = shop.requests_for(&shop.layers[0]).iter().map(first_byte).collect();
    assert!(from.len() >= 5 && from.is_sorted() && from[1] > 0, "{from:?}");
}

/// A registry that answers every request with a byte or two would be asked a million times for a small layer.
#[test]
fn a_registry_that_hands_out_a_layer_byte_by_byte_is_given_up() {
    let layer = Layer::new(GZIP, 1, 100_000);
    let (images, slow) = (served(std::slice::from_ref(&layer)), layer.clone());
    let shop = Shop::new(vec![layer], move |request| {
        if !request.path.ends_with(slow.digest().as_str()) {
            return images.respond(request);
        }
        let from = first_byte(request);
        let sent = &slow.stored[from..slow.stored.len().min(from + 2)];
        let range = format!("bytes {from}-{}/{}", slow.stored.len() - 1, slow.stored.len());
        let length = (slow.stored.len() - from).to_string();
        Reply::head(if from > 0 { 206 } else { 200 }, &[("content-length", &length), ("content-range", &range)]).then_send(sent)
    });
    let said = shop.fails(&[]);
    assert!(said.contains("\nhint: ") && !said.contains("do not use"), "{said}");
    assert!(shop.requests_for(&shop.layers[0]).len() <= 5);
    assert!(shop.kept(&shop.layers[0]) > 0, "what came is gone on with");
}
