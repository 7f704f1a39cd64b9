//! Layers imported while they come: each byte unpacked once, and after any failure or death nothing torn, and all that was verified.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use flate2::write::GzEncoder;

use crate::handles::of_tests as handles;
use crate::image::Digest;
use crate::image::run_config::RunConfig;
use crate::layer::{Compression, LayerId};
use crate::oci::layout::Folder;
use crate::oci::pull::{Layer, Pulled, of_tests};
use crate::runner::life::interrupts::Interrupts;
use crate::runner::life::prune::prune;
use crate::runner::store::Store;
use crate::runner::store::arriving::{Place, pull_and_import};
use crate::runner::store::import::{Event, is_complete};
use crate::runner::tests::empty_store;
use crate::runner::tests::fake::{Fake, Killed, Trouble, When};
use crate::runner::tests::import::{kept, names, tar};
use crate::{Error, ErrorKind};

/// An image, and the bytes of its layers as a registry has them.
struct Image {
    pulled: Pulled,
    stored: Vec<Vec<u8>>,
}

fn image(layers: &[&[&str]]) -> Image {
    let (mut all, mut stored) = (Vec::new(), Vec::new());
    for names in layers {
        let tar = tar(names);
        let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::none());
        gzip.write_all(&tar).unwrap();
        let bytes = gzip.finish().unwrap();
        let (digest, size, diff_id) = (Digest::of(&bytes), bytes.len() as u64, Digest::of(&tar));
        all.push(Layer { digest, size, compression: Compression::Gzip, diff_id, urls: Vec::new() });
        stored.push(bytes);
    }
    let diff_ids: Vec<&Digest> = all.iter().map(|layer| &layer.diff_id).collect();
    let config = serde_json::json!({ "config": {}, "rootfs": { "type": "layers", "diff_ids": diff_ids } }).to_string();
    Image { pulled: Pulled { config: RunConfig::parse(config.as_bytes()).unwrap(), layers: all }, stored }
}

const BASE: &[&str] = &["Files/", "Files/a.txt", "Hives/", "UtilityVM/", "UtilityVM/Files/", "UtilityVM/Files/b"];
const UPPER: &[&str] = &["Files/", "Files/c.txt", "Files/.wh.a.txt"];
const TOP: &[&str] = &["Files/", "Files/d.txt"];

/// A host with a store, to which images come.
struct Shop {
    store: Store,
    blobs: Folder,
    interrupts: Interrupts,
    /// Last: what the others have open in it is closed before it is removed. Under Wine the removal would never end.
    _folder: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let (folder, store) = empty_store();
        let blobs = Folder::create(handles(), folder.path()).unwrap();
        Self { store, blobs, interrupts: Interrupts::new(), _folder: folder }
    }

    fn get(
        &self,
        fake: &Fake,
        image: &Image,
        report: &dyn Fn(Event<'_>),
        before: &(dyn Fn(usize, u64) -> Result<(), Error> + Sync),
    ) -> Result<usize, Error> {
        let place = Place { machine: fake, store: &self.store, blobs: &self.blobs, interrupts: &self.interrupts, report };
        let pull = |offers| of_tests::pull(&self.blobs, &image.pulled, &image.stored, &offers, before);
        pull_and_import(&place, pull, |pulled| Ok::<_, Error>(pulled.layers.len()))
    }

    fn is_whole(&self, image: &Image) {
        for id in image.pulled.layer_ids() {
            assert!(is_complete(&self.store, &id), "{id}");
        }
        for layer in &image.pulled.layers {
            self.blobs.verify(&layer.digest).unwrap();
            assert_eq!(self.blobs.partial_size(&layer.digest).unwrap(), 0);
        }
    }

    /// Nothing is imported in part, and what the store calls by a digest has that digest.
    fn is_sound(&self, image: &Image) {
        for id in kept(&self.store) {
            assert!(is_complete(&self.store, &id.parse().unwrap()), "{id} is torn");
        }
        for layer in &image.pulled.layers {
            if self.blobs.look_at_blob(&layer.digest).unwrap().is_some() {
                self.blobs.verify(&layer.digest).unwrap();
            }
        }
    }
}

fn unplugged() -> Error {
    Error::of(ErrorKind::Network, "unplugged")
}

#[test]
fn a_layer_is_imported_while_it_comes_and_those_above_wait_as_they_came() {
    let (shop, image) = (Shop::new(), image(&[BASE, UPPER, TOP]));
    let (importing, waiting) = (AtomicBool::new(false), AtomicBool::new(false));
    let partial = |number: usize| shop.blobs.partial_size(&image.pulled.layers[number].digest).unwrap();
    let begun = Instant::now();
    // The end of the base does not come before its import has begun, and all of the upper layers is there.
    let before = |number: usize, at: u64| {
        while number == 0 && at > 1000 && !(importing.load(Ordering::SeqCst) && waiting.load(Ordering::SeqCst)) {
            waiting.store((1..=2).all(|upper| partial(upper) == image.pulled.layers[upper].size), Ordering::SeqCst);
            assert!(begun.elapsed() < Duration::from_secs(60), "the import waits for the end of the pull");
            thread::yield_now();
        }
        Ok(())
    };
    let seen = Mutex::new(Vec::new());
    let report = |event: Event<'_>| {
        let Event::Importing(layer) = event else { panic!("{event:?}") };
        importing.store(true, Ordering::SeqCst);
        seen.lock().unwrap().push(layer.digest.clone());
    };
    assert_eq!(shop.get(&Fake::new(), &image, &report, &before).unwrap(), 3);
    shop.is_whole(&image);
    let order: Vec<Digest> = image.pulled.layers.iter().map(|layer| layer.digest.clone()).collect();
    assert_eq!(seen.into_inner().unwrap(), order);
    let base = LayerId::on(None, &image.pulled.layers[0].diff_id);
    assert_eq!(names(&shop.store.layer(&base)), ["Files", "Hives", "UtilityVM", "blank.vhdx", "wincompat.json"]);
}

#[test]
fn a_layer_whose_turn_comes_while_nothing_arrives_is_imported_from_what_came() {
    let (shop, image, fake) = (Shop::new(), image(&[BASE, UPPER]), Fake::new());
    let base = &image.pulled.layers[0].digest;
    let importing = AtomicBool::new(false);
    let begun = Instant::now();
    let wait_until = |is_so: &dyn Fn() -> bool| {
        while !is_so() {
            assert!(begun.elapsed() < Duration::from_secs(60), "one waits for the other");
            thread::sleep(Duration::from_millis(1));
        }
    };
    let before = |number: usize, at: u64| {
        if number == 0 && at == 1000 {
            wait_until(&|| importing.load(Ordering::SeqCst));
        }
        Ok(())
    };
    let place = Place {
        machine: &fake,
        store: &shop.store,
        blobs: &shop.blobs,
        interrupts: &shop.interrupts,
        report: &|_| importing.store(true, Ordering::SeqCst),
    };
    let pull = |offers| of_tests::pull(&shop.blobs, &image.pulled, &image.stored, &offers, &before);
    pull_and_import(&place, pull, |_| {
        // All that comes for now was set aside: the turn is given after it.
        wait_until(&|| shop.blobs.partial_size(base).unwrap() == 1000);
        Ok::<_, Error>(())
    })
    .unwrap();
    shop.is_whole(&image);
}

#[test]
fn what_is_there_does_not_come_again() {
    // A layer twice, and one that is imported already and whose blob is gone.
    let (shop, image) = (Shop::new(), image(&[BASE, UPPER, TOP, UPPER]));
    shop.get(&Fake::new(), &image, &|_| (), &|_, _| Ok(())).unwrap();
    shop.is_whole(&image);
    let nothing = |event: Event<'_>| panic!("imported again: {event:?}");
    shop.get(&Fake::new(), &image, &nothing, &|_, _| panic!("sent again")).unwrap();
    shop.blobs.remove(&image.pulled.layers[1].digest).unwrap();
    shop.get(&Fake::new(), &image, &nothing, &|number, _| if number == 1 { Ok(()) } else { Err(unplugged()) }).unwrap();
    shop.is_whole(&image);
}

#[test]
fn the_nth_call_fails_or_the_program_dies_there() {
    let (mut failed, mut died) = (0, 0);
    let image = image(&[BASE, UPPER, TOP]);
    for kill in [false, true] {
        for n in 1.. {
            let shop = Shop::new();
            let trouble = if kill { Trouble::Kill(n, When::After) } else { Trouble::Fail(n, When::Before) };
            let fake = Fake::new().trouble(trouble);
            let ended = catch_unwind(AssertUnwindSafe(|| shop.get(&fake, &image, &|_| (), &|_, _| Ok(()))));
            if fake.world().calls.len() < n {
                break;
            }
            let failing = fake.world().calls[n - 1];
            let fake = fake.trouble(Trouble::None);
            match ended {
                Ok(result) => {
                    failed += 1;
                    let again = fake.world().calls.iter().skip(n).take(3).any(|call| *call == failing);
                    assert!(result.is_err() || again, "{failing} failed, and nobody minded");
                }
                Err(payload) => {
                    assert!(payload.is::<Killed>());
                    died += 1;
                    assert_eq!(prune(&fake, &shop.store).unwrap().left_over, []);
                }
            }
            shop.is_sound(&image);
            // What came is not asked for again.
            let sent = AtomicU64::new(0);
            let count = |_, _| {
                sent.fetch_add(1, Ordering::SeqCst);
                Ok(())
            };
            shop.get(&fake, &image, &|_| (), &count).unwrap();
            shop.is_whole(&image);
            let pieces: u64 = image.stored.iter().map(|bytes| bytes.len().div_ceil(100) as u64).sum();
            assert!(sent.into_inner() <= pieces);
        }
    }
    println!("{failed} failed calls, {died} deaths; no torn layer was left");
    assert!(failed >= 8 && died >= 8);
}

#[test]
fn the_network_fails_at_every_piece_and_the_next_pull_goes_on_from_there() {
    let image = image(&[BASE, UPPER]);
    let mut failures = 0;
    for fails in 0..image.stored.len() {
        for cut in (0..image.stored[fails].len() as u64).step_by(100) {
            let (shop, fake) = (Shop::new(), Fake::new());
            let before = |number: usize, at: u64| if (number, at) == (fails, cut) { Err(unplugged()) } else { Ok(()) };
            let error = shop.get(&fake, &image, &|_| (), &before).unwrap_err();
            assert_eq!(error.what, "unplugged", "{error:?}");
            shop.is_sound(&image);
            assert_eq!(shop.blobs.partial_size(&image.pulled.layers[fails].digest).unwrap(), cut);
            let before = |number: usize, at: u64| if number == fails && at < cut { Err(unplugged()) } else { Ok(()) };
            shop.get(&fake, &image, &|_| (), &before).unwrap();
            shop.is_whole(&image);
            failures += 1;
        }
    }
    assert!(failures > 50, "{failures}");
}

#[test]
fn an_interrupt_at_any_piece_leaves_nothing_torn_and_all_that_came() {
    let image = image(&[BASE, UPPER]);
    for fails in 0..image.stored.len() {
        for cut in (0..image.stored[fails].len() as u64).step_by(700) {
            let (shop, fake) = (Shop::new(), Fake::new());
            let before = |number: usize, at: u64| {
                if (number, at) == (fails, cut) {
                    shop.interrupts.raise();
                }
                Ok(())
            };
            let outcome = shop.get(&fake, &image, &|_| (), &before);
            if let Err(error) = outcome {
                assert_eq!(error.what, "interrupted", "{error:?}");
            }
            shop.is_sound(&image);
            let again = Shop { interrupts: Interrupts::new(), ..shop };
            again.get(&fake, &image, &|_| (), &|_, _| Ok(())).unwrap();
            again.is_whole(&image);
        }
    }
}

#[test]
fn a_layer_that_is_refused_or_not_what_the_image_says_leaves_nothing() {
    let (shop, good) = (Shop::new(), image(&[BASE, UPPER]));
    let hostile = image(&[BASE, &["Files/", "Files/c.txt", "Files/CON"]]);
    let mut another = image(&[BASE, UPPER]);
    another.pulled.layers[1].diff_id = Digest::of(b"another");
    for (image, reason) in [(&hostile, "Files/CON"), (&another, "diff ID")] {
        let error = shop.get(&Fake::new(), image, &|_| (), &|_, _| Ok(())).unwrap_err();
        assert!(error.sentence().contains(reason), "{error:?}");
        assert_eq!(kept(&shop.store), [image.pulled.layer_ids()[1].to_string()], "the base is whole");
        assert!(shop.blobs.look_at_blob(&image.pulled.layers[1].digest).unwrap().is_none());
    }
    shop.get(&Fake::new(), &good, &|_| (), &|_, _| Ok(())).unwrap();
    shop.is_whole(&good);
}

#[test]
fn nothing_is_imported_of_an_image_that_is_not_wanted() {
    let (shop, image) = (Shop::new(), image(&[BASE, UPPER]));
    let fake = Fake::new();
    let place = Place {
        machine: &fake,
        store: &shop.store,
        blobs: &shop.blobs,
        interrupts: &shop.interrupts,
        report: &|_| panic!("imported"),
    };
    let pull = |offers| of_tests::pull(&shop.blobs, &image.pulled, &image.stored, &offers, &|_, _| Ok(()));
    let error = pull_and_import(&place, pull, |_| Err::<(), _>(Error::new("not wanted"))).unwrap_err();
    assert_eq!(error.what, "not wanted");
    assert_eq!(fake.world().calls, [""; 0]);
}

/// Each would wait for a layer that the other has locked.
#[test]
fn images_with_the_same_layers_in_another_order_come_at_the_same_time() {
    for _ in 0..10 {
        let shop = Shop::new();
        let images = [image(&[BASE, UPPER, TOP]), image(&[BASE, TOP, UPPER])];
        thread::scope(|scope| {
            for image in &images {
                let shop = &shop;
                scope.spawn(move || shop.get(&Fake::new(), image, &|_| (), &|_, _| Ok(())).unwrap());
            }
        });
        images.iter().for_each(|image| shop.is_whole(image));
    }
}
