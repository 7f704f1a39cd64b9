//! Whatever fails, and whenever the program is killed: nothing of the container is left, at the latest after `prune`.

use crate::Isolation;
use crate::hcs::id::ContainerId;
use crate::runner::life::containers::{Status, list};
use crate::runner::life::prune::prune;
use crate::runner::store::state::tests::request;
use crate::runner::tests::fake::{Fake, Trouble, When};
use crate::runner::tests::{run, store};

const BOTH: [Isolation; 2] = [Isolation::Process, Isolation::Hyperv];
const WHEN: [When; 2] = [When::Before, When::After];

#[test]
fn the_nth_call_fails() {
    let mut points = 0;
    for isolation in BOTH {
        for (when, survive) in WHEN.into_iter().flat_map(|when| [(when, false), (when, true)]) {
            for n in 1.. {
                let (_folder, store) = store();
                let fake = Fake::new().trouble(Trouble::Fail(n, when)).surviving(survive);
                let mut request = request(isolation);
                request.remove = true;
                let ran = run(&fake, &store, &request, b"").unwrap();
                if fake.world().calls.len() < n {
                    break;
                }
                points += 1;
                let left_over = ran.result.unwrap().left_over;
                assert_eq!((fake.left(), left_over), (vec![], vec![]), "{isolation:?} {n} {when:?}: {:?}", fake.world().calls);
                assert!(store.container_ids().unwrap().is_empty(), "{isolation:?} {n} {when:?}");
            }
        }
    }
    println!("{points} calls failed, one a run; nothing was left");
    assert!(points >= 2 * 2 * (27 + 17));
}

#[test]
fn killed_at_the_nth_call() {
    let mut points = 0;
    for isolation in BOTH {
        for (when, survive) in WHEN.into_iter().flat_map(|when| [(when, false), (when, true)]) {
            for n in 1.. {
                let (_folder, store) = store();
                let fake = Fake::new().trouble(Trouble::Kill(n, when)).surviving(survive);
                if run(&fake, &store, &request(isolation), b"").is_some() {
                    break;
                }
                points += 1;
                let pruned = prune(&fake.clone().trouble(Trouble::None), &store).unwrap();
                assert_eq!((fake.left(), pruned.left_over), (vec![], vec![]), "{isolation:?} {n} {when:?}");
                assert!(store.container_ids().unwrap().is_empty(), "{isolation:?} {n} {when:?}");
            }
        }
    }
    println!("{points} points of death, each followed by prune; nothing was left");
    assert!(points >= 2 * 2 * (27 + 17));
}

#[test]
fn prune_killed_at_the_nth_call_goes_on_the_next_time() {
    let last_call_of_a_running_container = 14;
    for n in 1.. {
        let (_folder, store) = store();
        let fake = Fake::new().trouble(Trouble::Kill(last_call_of_a_running_container, When::After)).surviving(true);
        assert!(run(&fake, &store, &request(Isolation::Process), b"").is_none());
        let fake = fake.trouble(Trouble::Kill(last_call_of_a_running_container + n, When::After));
        let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| prune(&fake, &store))).is_err();
        let fake = fake.trouble(Trouble::None);
        prune(&fake, &store).unwrap();
        assert_eq!(fake.left(), [""; 0], "{n}");
        assert!(store.container_ids().unwrap().is_empty(), "{n}");
        if !killed {
            assert!(n > 10, "prune makes more calls than {n}");
            break;
        }
    }
}

#[test]
fn without_its_state_file_a_dead_container_is_pruned_all_the_same() {
    for isolation in BOTH {
        let (_folder, store) = store();
        let fake = Fake::new().trouble(Trouble::Kill(10, When::After)).surviving(true);
        assert!(run(&fake, &store, &request(isolation), b"").is_none());
        let id = store.container_ids().unwrap()[0];
        std::fs::write(store.container(&id).join("state.json"), "{").unwrap();
        let fake = fake.trouble(Trouble::None);
        let pruned = prune(&fake, &store).unwrap();
        assert_eq!((fake.left(), pruned.left_over), (vec![], vec![]));
        assert!(store.container_ids().unwrap().is_empty());
    }
}

#[test]
fn without_its_folder_what_services_keep_is_pruned_by_owner_and_name() {
    for isolation in BOTH {
        let (_folder, store) = store();
        let fake = Fake::new().trouble(Trouble::Kill(10, When::After)).surviving(true);
        assert!(run(&fake, &store, &request(isolation), b"").is_none());
        let id = store.container_ids().unwrap()[0];
        std::fs::remove_dir_all(store.container(&id)).unwrap();
        let fake = fake.trouble(Trouble::None);
        let pruned = prune(&fake, &store).unwrap();
        assert_eq!(pruned.left_over, []);
        assert_eq!(pruned.endpoints.len(), 1);
        assert_eq!(pruned.compute_systems.len(), usize::from(isolation == Isolation::Hyperv), "{isolation:?}");
        let world = fake.world();
        assert!(world.systems.is_empty() && world.endpoints.is_empty() && world.namespaces.is_empty());
    }
}

#[test]
fn what_is_not_this_stores_stays() {
    let (_folder, ours) = store();
    let (_folder, theirs) = store();
    let fake = Fake::new().trouble(Trouble::Kill(10, When::After)).surviving(true);
    assert!(run(&fake, &theirs, &request(Isolation::Hyperv), b"").is_none());
    let fake = fake.trouble(Trouble::None);
    let before = fake.left();
    assert_eq!(before.len(), 3);
    let pruned = prune(&fake, &ours).unwrap();
    assert!(pruned.compute_systems.is_empty() && pruned.endpoints.is_empty());
    assert_eq!(fake.left(), before);
}

#[test]
fn one_damaged_folder_keeps_nothing_else_from_being_pruned_or_shown() {
    let (_folder, store) = store();
    let dead = store.claim(request(Isolation::Process)).unwrap();
    let dead_id = dead.id;
    dead.keep();
    let damaged: ContainerId = "0".repeat(64).parse().unwrap();
    std::fs::create_dir_all(store.container(&damaged).join("lock")).unwrap();

    let fake = Fake::new();
    let listed = list(Some(&fake), &store).unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|listed| listed.status() == Status::Dead));
    let pruned = prune(&fake, &store).unwrap();
    assert_eq!(pruned.containers, [dead_id]);
    let [left] = pruned.left_over.as_slice() else { panic!("{:?}", pruned.left_over) };
    assert!(left.what.contains(&damaged.to_string()), "{left:?}");
}

#[test]
fn a_living_container_is_left_alone() {
    let (_folder, store) = store();
    let claim = store.claim(request(Isolation::Process)).unwrap();
    let pruned = prune(&Fake::new(), &store).unwrap();
    assert!(pruned.containers.is_empty());
    assert_eq!(store.container_ids().unwrap(), [claim.id]);
}

#[test]
fn what_cannot_be_released_is_reported_and_kept_for_prune() {
    for (function, code, what) in [
        ("DestroyLayer", 0x8007_0020, "the scratch layer could not be released"),
        ("HcnDeleteEndpoint", 0x803b_0020, "the network endpoint could not be released"),
        ("HcsTerminateComputeSystem", 0x8037_0114, "the compute system could not be released"),
    ] {
        let (_folder, store) = store();
        let fake = Fake::new().trouble(Trouble::Always(function, code)).surviving(true);
        let mut request = request(Isolation::Process);
        request.remove = true;
        let outcome = run(&fake, &store, &request, b"").unwrap().result.unwrap();
        assert_eq!(outcome.exit_code, Ok(0));
        assert_eq!(outcome.left_over.iter().map(|error| error.what.as_str()).collect::<Vec<_>>(), [what]);
        assert_ne!(fake.left(), [""; 0]);
        let fake = fake.trouble(Trouble::None);
        prune(&fake, &store).unwrap();
        assert_eq!(fake.left(), [""; 0], "{function}");
        assert!(store.container_ids().unwrap().is_empty());
    }
}
