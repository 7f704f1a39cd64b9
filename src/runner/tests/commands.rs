//! What others than its owner see of a container, and do to it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::hcs::id::ContainerId;
use crate::process_group::{Alone, ProcessGroup, ProcessGroups, Starting};
use crate::runner::life::containers::{Status, list};
use crate::runner::life::context::{Context, Progress};
use crate::runner::life::ending;
use crate::runner::life::exec;
use crate::runner::life::interrupts::Interrupts;
use crate::runner::life::prune;
use crate::runner::life::run::{self as lifecycle, Outcome};
use crate::runner::life::stdio::Stdio;
use crate::runner::request::{ProcessRequest, RunRequest};
use crate::runner::store::Store;
use crate::runner::store::claim::FoundContainer;
use crate::runner::store::state::tests::request;
use crate::runner::tests::fake::{Behaviour, Fake, Trouble, When};
use crate::runner::tests::{Written, run, store};
use crate::{ErrorKind, Isolation};

/// A request for a container of this name.
fn named(name: &str, isolation: Isolation) -> RunRequest {
    RunRequest { name: name.to_owned(), ..request(isolation) }
}

/// Lets a container run on the fake host while this is done; how it ended.
fn meanwhile(fake: &Fake, store: &Store, request: &RunRequest, act: impl FnOnce(ContainerId)) -> Outcome {
    let (running, interrupts) = (Mutex::new(None), Interrupts::new());
    let report = |progress: Progress<'_>| {
        if let Progress::Running(claim) = progress {
            *running.lock().unwrap() = Some(claim.id);
        }
    };
    std::thread::scope(|scope| {
        let owner = scope.spawn(|| {
            let context = Context { machine: fake, store, interrupts: &interrupts, report: &report, console: &|| None };
            lifecycle::run(&context, request, |_| Ok(Stdio::nothing())).unwrap()
        });
        let until = Instant::now() + Duration::from_secs(30);
        let id = loop {
            if let Some(id) = *running.lock().unwrap() {
                break id;
            }
            assert!(Instant::now() < until && !owner.is_finished(), "it does not run");
            std::thread::sleep(Duration::from_millis(1));
        };
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| act(id)));
        if done.is_err() {
            // Else the failed test would wait for its container.
            (0..3).for_each(|_| interrupts.raise());
        }
        let outcome = owner.join().unwrap();
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        outcome
    })
}

/// What `list` says of every container.
fn statuses(fake: &Fake, store: &Store) -> Vec<Status> {
    list(Some(fake), store).unwrap().iter().map(crate::runner::life::containers::Listed::status).collect()
}

#[test]
fn ps_tells_what_hcs_tells() {
    for isolation in [Isolation::Process, Isolation::Hyperv] {
        let (_folder, store) = store();
        let fake = Fake::new().behaviour(Behaviour::WaitsForTheEnd);
        meanwhile(&fake, &store, &named("web", isolation), |id| {
            let listed = list(Some(&fake), &store).unwrap();
            let [one] = listed.as_slice() else { panic!("{listed:?}") };
            assert_eq!((one.status(), one.isolation, one.is_owned), (Status::Running, Some(isolation), true));
            assert_eq!(list(None, &store).unwrap()[0].status(), Status::Ending, "without HCS it is not said to run");
            // HCS forgets it: whatever the state file says, it does not run. Its owner may see it first, and clean up.
            fake.world().systems.clear();
            let status = list(Some(&fake), &store).unwrap()[0].status();
            assert!(matches!(status, Status::Ending | Status::Exited), "{status:?}");
            assert_eq!(one.id, id.to_string());
        });
        assert_eq!(statuses(&fake, &store), [Status::Exited]);
    }
}

#[test]
fn a_killed_owner_leaves_a_dead_container_or_one_that_nobody_looks_after() {
    // The owner is killed while its process runs; once HCS has ended its container, and once not yet.
    for survives in [false, true] {
        let (_folder, store) = store();
        let fake = Fake::new().behaviour(Behaviour::WaitsForTheEnd).surviving(survives);
        let killed_at = 14;
        let fake = fake.trouble(Trouble::Kill(killed_at, When::After));
        assert!(run(&fake, &store, &named("web", Isolation::Process), b"").is_none());
        assert_eq!(fake.world().calls[killed_at - 1], "process wait");
        let fake = fake.trouble(Trouble::None);
        let listed = list(Some(&fake), &store).unwrap();
        let expected = if survives { Status::Running } else { Status::Dead };
        assert_eq!((listed[0].status(), listed[0].is_owned), (expected, false));

        let id = store.resolve("web").unwrap();
        let unknown = ending::wait(&store, &id).unwrap_err();
        assert!(unknown.causes[0].contains("is gone"), "{unknown:?}");
        ending::stop(&fake, &store, &id, Some(Duration::ZERO)).unwrap();
        assert_eq!(fake.left(), [""; 0], "whoever stops it cleans up");
        assert_eq!(statuses(&fake, &store), [Status::Exited]);
        ending::remove(&fake, &store, &id, None).unwrap();
        assert!(store.container_ids().unwrap().is_empty());
    }
}

#[test]
fn a_container_without_a_state_file_is_shown_and_pruned() {
    let (_folder, store) = store();
    let fake = Fake::new().behaviour(Behaviour::WaitsForTheEnd);
    meanwhile(&fake, &store, &named("web", Isolation::Process), |id| {
        std::fs::remove_file(store.container(&id).join("state.json")).unwrap();
        let listed = list(Some(&fake), &store).unwrap();
        assert_eq!((listed[0].status(), listed[0].state.is_none()), (Status::Running, true));
        ending::kill(&fake, &store, &id).unwrap();
    });
    // And one without a folder, of this store's owner; another store's is not shown.
    let (_other_folder, other) = crate::runner::tests::store();
    let fake = Fake::new().behaviour(Behaviour::WaitsForTheEnd).surviving(true).trouble(Trouble::Kill(14, When::After));
    assert!(run(&fake, &store, &named("web2", Isolation::Process), b"").is_none());
    let fake = fake.trouble(Trouble::None);
    let id = store.resolve("web2").unwrap();
    std::fs::remove_dir_all(store.container(&id)).unwrap();
    let listed = list(Some(&fake), &store).unwrap();
    let stray = listed.iter().find(|listed| listed.id == id.to_string()).unwrap();
    assert_eq!((stray.status(), stray.state.is_none(), stray.isolation), (Status::Running, true, Some(Isolation::Process)));
    assert!(list(Some(&fake), &other).unwrap().is_empty());
    assert_eq!(prune::prune(&fake, &store).unwrap().compute_systems, [id.to_string()]);
}

/// Its owner ended while it removed it; no name is left to call it by.
#[test]
fn what_is_left_of_a_removed_container_goes_when_it_is_stopped() {
    let (_folder, store) = store();
    let fake = Fake::new();
    let id = ContainerId::random().unwrap();
    std::fs::create_dir(store.container(&id)).unwrap();
    ending::stop(&fake, &store, &id, None).unwrap();
    assert_eq!(store.container_ids().unwrap(), []);
    // One that is there and cannot be read may be worth a look.
    std::fs::create_dir(store.container(&id)).unwrap();
    std::fs::write(store.container(&id).join("state.json"), "{").unwrap();
    ending::stop(&fake, &store, &id, None).unwrap();
    assert_eq!(store.container_ids().unwrap(), [id]);
}

#[test]
fn a_host_without_the_service_runs_nothing_and_one_that_does_not_answer_is_an_error() {
    let (_folder, store) = store();
    store.claim(named("web", Isolation::Process)).unwrap().keep();
    let fake = Fake::new().trouble(Trouble::Missing(&["HcsEnumerateComputeSystems"]));
    assert_eq!(statuses(&fake, &store), [Status::Dead]);
    let fake = Fake::new().trouble(Trouble::Always("HcsEnumerateComputeSystems", 0x8037_011b));
    let error = list(Some(&fake), &store).unwrap_err();
    assert!(error.what.contains("is not known") && error.hint.is_some(), "{error:?}");
}

#[test]
fn stop_asks_first() {
    let (_folder, store) = store();
    let fake = Fake::new().behaviour(Behaviour::ShutsDown(3));
    let outcome = meanwhile(&fake, &store, &named("web", Isolation::Process), |id| {
        let began = Instant::now();
        let timeout = Duration::from_secs(600);
        ending::stop(&fake, &store, &id, Some(timeout)).unwrap();
        assert!(began.elapsed() < timeout, "the timeout was not waited for");
        assert!(!store.is_owned(&id).unwrap(), "its owner has cleaned up");
        assert_eq!(ending::wait(&store, &id), Ok(3));
        assert_eq!(fake.left(), [""; 0]);
    });
    assert_eq!((outcome.exit_code, outcome.left_over), (Ok(3), vec![]));
}

#[test]
fn stop_ends_by_force_what_does_not_end_in_time() {
    for (own, asked, at_least) in [(Some(0), None, 0), (None, Some(1), 1), (Some(600), Some(0), 0)] {
        let (_folder, store) = store();
        let fake = Fake::new().behaviour(Behaviour::WaitsForTheEnd);
        let request = RunRequest { stop_timeout: own, ..named("web", Isolation::Hyperv) };
        let outcome = meanwhile(&fake, &store, &request, |id| {
            let began = Instant::now();
            ending::stop(&fake, &store, &id, asked.map(Duration::from_secs)).unwrap();
            assert!(began.elapsed() >= Duration::from_secs(at_least));
        });
        assert_eq!(outcome.exit_code, Ok(1067));
        assert!(fake.world().calls.contains(&"HcsShutDownComputeSystem"));
        // What has stopped is stopped, as with Docker.
        ending::stop(&fake, &store, &store.resolve("web").unwrap(), None).unwrap();
    }
}

#[test]
fn a_refused_shut_down_is_not_waited_for() {
    let (_folder, store) = store();
    let fake = Fake::new().behaviour(Behaviour::WaitsForTheEnd).trouble(Trouble::Always("HcsShutDownComputeSystem", 0x8037_0105));
    meanwhile(&fake, &store, &named("web", Isolation::Process), |id| {
        let began = Instant::now();
        ending::stop(&fake, &store, &id, Some(Duration::from_secs(600))).unwrap();
        assert!(began.elapsed() < Duration::from_secs(60));
    });
}

#[test]
fn what_runs_is_removed_by_force_only() {
    for remove in [false, true] {
        let (_folder, store) = store();
        let fake = Fake::new().behaviour(Behaviour::WaitsForTheEnd);
        let request = RunRequest { remove, ..named("web", Isolation::Process) };
        meanwhile(&fake, &store, &request, |id| {
            let refused = ending::remove(&fake, &store, &id, None).unwrap_err();
            assert!(refused.what.ends_with(" runs"), "{refused:?}");
            ending::remove(&fake, &store, &id, Some(&Alone)).unwrap();
            assert!(store.container_ids().unwrap().is_empty());
        });
        assert_eq!(fake.left(), [""; 0]);
    }
}

/// Processes that are ended when they are asked to.
#[derive(Debug)]
struct Ends(mpsc::SyncSender<u32>);

struct Ended(mpsc::SyncSender<u32>, u32);

impl ProcessGroups for Ends {
    fn begin(&self, _: &mut std::process::Command) -> Starting {
        Starting::default()
    }

    fn of(&self, process: u32) -> std::io::Result<Box<dyn ProcessGroup>> {
        Ok(Box::new(Ended(self.0.clone(), process)))
    }
}

impl ProcessGroup for Ended {
    fn end(&self) {
        self.0.send(self.1).unwrap();
    }
}

/// Its owner is in a call that never returns, and answers nobody.
#[test]
fn an_owner_that_hangs_is_given_up_by_force() {
    let (_folder, store) = store();
    let mut claim = store.claim(named("web", Isolation::Process)).unwrap();
    let (id, hung) = (claim.id, 4_000_000_000);
    claim.update(|state| state.owner = Some(hung)).unwrap();
    let (send, ended) = mpsc::sync_channel(1);
    std::thread::scope(|scope| {
        // The end of a process releases its locks.
        scope.spawn(move || {
            assert_eq!(ended.recv().unwrap(), hung);
            claim.keep();
        });
        ending::remove(&Fake::new(), &store, &id, Some(&Ends(send))).unwrap();
    });
    assert!(store.container_ids().unwrap().is_empty());
}

/// Its owner is in a call that never returns, and as long as it is there the container cannot be ended.
#[test]
fn an_owner_that_hangs_is_ended_before_its_container_where_that_does_not_end() {
    let (_folder, store) = store();
    let fake = Fake::new().behaviour(Behaviour::WaitsForTheEnd).surviving(true).trouble(Trouble::Kill(14, When::After));
    assert!(run(&fake, &store, &named("web", Isolation::Process), b"").is_none());
    let fake = fake.trouble(Trouble::Always("HcsTerminateComputeSystem", 0x8037_0105));
    let (id, hung) = (store.resolve("web").unwrap(), 4_000_000_000);
    let Ok(Some(FoundContainer::Ours(mut claim))) = store.find(&id) else { panic!("it has an owner") };
    claim.update(|state| state.owner = Some(hung)).unwrap();
    let (send, ended) = mpsc::sync_channel(1);
    std::thread::scope(|scope| {
        let host = fake.clone();
        scope.spawn(move || {
            assert_eq!(ended.recv().unwrap(), hung);
            let _ = host.trouble(Trouble::None);
            claim.keep();
        });
        ending::remove(&fake, &store, &id, Some(&Ends(send))).unwrap();
    });
    let tries = fake.world().calls.iter().filter(|call| **call == "HcsTerminateComputeSystem").count();
    assert!(tries > 5, "it was tried {tries} times");
    assert_eq!((store.container_ids().unwrap(), fake.left()), (vec![], vec![]));
}

#[test]
fn a_container_that_is_not_released_is_not_forgotten() {
    let (_folder, store) = store();
    run(
        &Fake::new().trouble(Trouble::Kill(14, When::After)).behaviour(Behaviour::WaitsForTheEnd),
        &store,
        &named("web", Isolation::Process),
        b"",
    );
    let id = store.resolve("web").unwrap();
    let fake = Fake::new().trouble(Trouble::Always("HcnDeleteEndpoint", 0x803b_0020));
    let error = ending::remove(&fake, &store, &id, Some(&Alone)).unwrap_err();
    assert_eq!(error.what, "the network endpoint could not be released");
    assert_eq!(store.resolve("web"), Ok(id));
}

#[test]
fn wait_sees_the_exit_code_of_a_container_that_is_removed_at_its_end() {
    let (_folder, store) = store();
    let fake = Fake::new().behaviour(Behaviour::WaitsForTheEnd);
    let request = RunRequest { remove: true, ..named("web", Isolation::Process) };
    let waits = AtomicBool::new(false);
    meanwhile(&fake, &store, &request, |id| {
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                waits.store(true, Ordering::SeqCst);
                ending::wait(&store, &id)
            });
            while !waits.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            // A lasting clean-up, or the test would depend on how fast the owner is.
            let slow = fake.clone().trouble(Trouble::Once("HcnDeleteEndpoint", 0x803b_0020));
            ending::kill(&slow, &store, &id).unwrap();
            let code = waiter.join().unwrap();
            assert!(code == Ok(1067) || code.unwrap_err().causes[0].contains("removed meanwhile"));
        });
    });
}

#[test]
fn a_container_that_was_removed_is_not_said_to_be_listed() {
    let (_folder, store) = store();
    let claim = store.claim(named("web", Isolation::Process)).unwrap();
    let id = claim.id;
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| ending::wait(&store, &id));
        // Whether it sees the state before that or not, the answer is the same.
        std::thread::sleep(Duration::from_millis(100));
        claim.remove(&store).unwrap();
        let error = waiter.join().unwrap().unwrap_err();
        assert!(error.causes[0].contains("removed meanwhile") && error.hint.is_none(), "{error:?}");
    });
}

#[test]
fn exec_runs_beside_the_main_process() {
    let (_folder, store) = store();
    let owners = Fake::new().behaviour(Behaviour::WaitsForTheEnd);
    // The same host, on which the second process ends by itself.
    let fake = owners.clone().behaviour(Behaviour::Exits(7));
    meanwhile(&owners, &store, &named("web", Isolation::Process), |id| {
        let (written, interrupts) = (Written::default(), Interrupts::new());
        let context = Context { machine: &fake, store: &store, interrupts: &interrupts, report: &|_| (), console: &|| None };
        let request = ProcessRequest { command_line: "cmd /c ver".to_owned(), ..ProcessRequest::default() };
        let stdio = || Ok(Stdio { stdin: None, stdout: Box::new(written.clone()), stderr: Box::new(std::io::sink()) });
        assert_eq!(exec::run(&context, &id, &request, stdio), Ok(7));
        assert_eq!(written.text(), "out");
        assert!(!fake.world().systems[&id.to_string()].ended, "the container goes on");

        let silent = ProcessRequest { silent: true, ..request.clone() };
        exec::start(&context, &id, &silent).unwrap();
        let document = fake.world().documents.last().unwrap().clone();
        assert_eq!(
            document,
            serde_json::json!({"CommandLine": "cmd /c ver", "CreateStdOutPipe": false, "WorkingDirectory": "C:\\"})
        );

        let missing = fake.clone().trouble(Trouble::Once("HcsCreateProcess", 0x8007_0002));
        let context = Context { machine: &missing, ..context };
        assert_eq!(exec::run(&context, &id, &request, || Ok(Stdio::nothing())).unwrap_err().kind, ErrorKind::NoSuchCommand);
        ending::kill(&fake, &store, &id).unwrap();
        let ended = exec::run(&context, &id, &request, || Ok(Stdio::nothing())).unwrap_err();
        assert!(ended.what.ends_with("does not run") && ended.kind == ErrorKind::Other, "{ended:?}");
    });
}

#[test]
fn a_container_of_layers_that_were_deleted_is_not_made() {
    let (_folder, store) = store();
    let fake = Fake::new();
    let request = request(Isolation::Process);
    std::fs::remove_file(store.layer(&request.layers[1]).join("wincompat.json")).unwrap();
    let error = run(&fake, &store, &request, b"").unwrap().result.unwrap().exit_code.unwrap_err();
    assert_eq!(error.what, "the image's layers are gone");
    assert!(fake.world().calls.iter().all(|call| *call == "NameToGuid"));
    assert!(store.container_ids().unwrap().is_empty());
}
