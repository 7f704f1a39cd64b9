//! An import that fails or is killed at any of its calls: nothing torn is left, and the next one goes through.

use wincompat::internals::layer::LayerId;

use crate::emulated_layers::base::VERSION;
use crate::emulated_layers::importer::Shop;
use crate::support::emulated::image::Image;
use crate::support::emulated::was_killed;
use crate::support::layers::archive::Archive;
use crate::support::layers::three_layers::three_layers;

fn image() -> Image {
    Image::of(VERSION, three_layers().map(Archive::finish).into())
}

/// Fails unless what is there of the layers is whole, the lowest first.
fn is_whole(shop: &Shop, ids: &[LayerId], when: &str) {
    let there = ids.iter().take_while(|id| shop.place(id, "wincompat.json").exists()).count();
    shop.holds(&ids[..there], when);
}

/// What comes after a kill: `prune`, or just the next import, which removes what is in its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Prune,
    Import,
}

impl Then {
    /// Each in turn.
    fn nth(n: u64) -> Self {
        if n.is_multiple_of(2) { Self::Prune } else { Self::Import }
    }
}

/// Imports with this fault; whether it struck. Then everything must be as if it never had.
fn strikes(fault: &str, then: Then) -> bool {
    let shop = Shop::new().unwrap();
    let ids = shop.put("app", &image());
    let (status, outcomes) = shop.import_with(&["app"], fault);
    if was_killed(status) {
        let (status, outcomes) = match then {
            Then::Prune => shop.prune_with(""),
            Then::Import => shop.import_with(&["app"], ""),
        };
        assert!(status.success() && outcomes == [Ok(())], "{fault}: {status} {outcomes:?}");
    } else {
        assert!(status.success(), "{fault}: {status}");
        if outcomes == [Ok(())] {
            shop.holds(&ids, fault);
            return false;
        }
    }
    is_whole(&shop, &ids, fault);
    shop.import("app");
    shop.holds(&ids, fault);
    shop.host.has_nothing_left();
    true
}

/// How many calls of all functions an import makes, those that a fault can strike.
fn calls() -> Option<u64> {
    let shop = Shop::new()?;
    shop.put("app", &image());
    shop.import("app");
    shop.host.calls().iter().filter_map(|call| call["n"].as_u64()).max()
}

#[test]
fn each_call_fails() {
    let Some(calls) = calls() else { return };
    let struck = (1..=calls).filter(|n| strikes(&format!("n={n} hresult=0x80070005"), Then::Import)).count();
    println!("{struck} of {calls} calls that failed ended the import");
    assert!(struck >= 5, "{struck} of {calls}");
}

#[test]
fn each_call_fails_after_it_acted() {
    let Some(calls) = calls() else { return };
    let struck = (1..=calls).filter(|n| strikes(&format!("n={n} hresult=0x80004005 when=after"), Then::Import)).count();
    println!("{struck} of {calls} calls that failed after acting ended the import");
    assert!(struck >= 5, "{struck} of {calls}");
}

#[test]
fn the_program_is_killed_at_each_call() {
    let Some(calls) = calls() else { return };
    for (turn, when) in [(0, "before"), (1, "after")] {
        for n in 1..=calls {
            assert!(strikes(&format!("n={n} kill={when}"), Then::nth(n + turn)), "the call {n} was not made");
        }
    }
    println!("killed before and after each of {calls} calls");
}

/// A function that claims to have worked and did nothing.
#[test]
fn what_was_not_done_is_noticed() {
    if calls().is_none() {
        return;
    }
    for function in ["ProcessBaseImage", "ProcessUtilityImage", "ImportLayer"] {
        assert!(strikes(&format!("function={function} hresult=0"), Then::Import), "{function}");
    }
}

/// A disk that is full, and a kill, in the middle of writing files.
#[test]
fn each_write_and_read_fails() {
    if calls().is_none() {
        return;
    }
    let mut tried = [0u64; 4];
    let effects = ["hresult=0x80070070", "kill=before"];
    for (function, tried) in ["BackupWrite", "BackupRead"].into_iter().zip(tried.chunks_mut(2)) {
        for (effect, tried) in effects.iter().zip(tried) {
            while strikes(&format!("function={function} n={} {effect}", *tried + 1), Then::nth(*tried)) {
                *tried += 1;
            }
        }
    }
    println!("failed and killed writes: {:?}, reads: {:?}", &tried[..2], &tried[2..]);
    assert!(tried[0] >= 10 && tried[2] >= 5 && tried[0] == tried[1] && tried[2] == tried[3], "{tried:?}");
}
