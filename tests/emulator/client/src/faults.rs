//! Failures on demand: that the emulator fails where it is told to, and how.

use crate::container::{left, parameters, running, started};
use crate::ffi::{Handle, core, v1 as old};
use crate::layer::{self, done};
use crate::world::{World, setting};
use crate::{Case, v1, v2};
use serde_json::json;
use std::path::Path;
use std::ptr::{null, null_mut};
use std::time::{Duration, Instant};

fn case(name: &'static str, run: fn(World)) -> Case {
    Case::new(name, move || run(World::with_image(name)))
}

/// All of them.
pub fn cases() -> Vec<Case> {
    vec![
        case("before-acting", before),
        case("after-acting", after),
        case("in-the-operation", in_operation),
        case("never-completing", never),
        case("refused-at-the-call", refused_at_the_call),
        case("notification-with-a-failure", notification),
        case("a-function-that-lies", lies),
        case("the-nth-call-of-all", nth_of_all),
        case("killed-at-a-call", killed),
        case("killed-after-a-request-was-sent", killed_after),
        case("faults-in-the-file", in_file),
        Case { code: 98, ..case("a-fault-not-understood", not_understood) },
        Case {
            code: 137,
            ..case("a-killed-process-ends-with-137", |_| {
                setting("FAULTS", "function=NameToGuid kill=after");
                layer::name_to_guid("x");
            })
        },
    ]
}

fn before(world: World) {
    let (system, answer) = v2::create("accepted", &world.argon().to_string());
    answer.expect("HcsCreateComputeSystem");
    setting("FAULTS", "function=HcsStartComputeSystem n=1 hresult=0x80370106");
    assert_eq!(v2::start(system).unwrap_err().0, 0x8037_0106);
    v2::start(system).expect("it was not started, and the second call is not to fail");
    v2::close(system);
}

fn after(world: World) {
    let document = world.argon().to_string();
    setting("FAULTS", "function=HcsCreateComputeSystem hresult=0x8037011e when=after");
    let (system, answer) = v2::create("accepted", &document);
    assert_eq!(answer.unwrap_err().0, 0x8037_011E);
    setting("FAULTS", "");
    let second = v2::open("accepted").expect("it was made all the same");
    v2::terminate(second).expect("HcsTerminateComputeSystem");
    v2::close(second);
    v2::close(system);
}

fn in_operation(world: World) {
    let system = running(&world);
    setting("FAULTS", "function=HcsCreateProcess stage=operation hresult=0x800705AF");
    let (code, document) = v2::process(system, &parameters("cmd /c exit 0").to_string()).map(drop).unwrap_err();
    assert_eq!(code, 0x8007_05AF);
    let error: serde_json::Value = serde_json::from_str(&document).expect("ResultError");
    assert_eq!(error["Error"], json!(0x8007_05AFu32 as i32));
    assert!(error["ErrorEvents"][0]["Message"].is_string());
    v2::close(system);
}

fn never(world: World) {
    let system = running(&world);
    setting("FAULTS", "function=HcsTerminateComputeSystem stage=operation never");
    // SAFETY: the handles are open.
    unsafe {
        let operation = core::HcsCreateOperation(null(), None);
        done(core::HcsTerminateComputeSystem(system, operation, null())).expect("accepted");
        assert_eq!(core::HcsWaitForOperationResult(operation, 300, null_mut()) as u32, 0x8037_0118);
        core::HcsCloseOperation(operation);
    }
    setting("FAULTS", "");
    assert!(left().contains("Running"), "nothing was ended");
    v2::close(system);
}

fn refused_at_the_call(world: World) {
    setting("REFUSE_AT", "call");
    let mut document = world.argon();
    document["Container"]["Flavour"] = json!(1);
    let (system, answer) = v2::create("refused", &document.to_string());
    assert_eq!(answer.unwrap_err().0, 0x8037_010D);
    assert!(system.is_null(), "a call that fails gives no handle");
    v2::close(running_again(&world));
}

fn running_again(world: &World) -> Handle {
    layer::give_back(&world.scratch);
    started("accepted", &world.argon())
}

fn notification(world: World) {
    setting("FAULTS", "function=HcsStartComputeSystem stage=operation hresult=0xC0370109");
    let system = v1::create("older", &world.xenon_v1().to_string()).expect("HcsCreateComputeSystem");
    let notifications = v1::listen(old::HcsRegisterComputeSystemCallback, system).expect("a callback");
    v1::simple(old::HcsStartComputeSystem, system).expect("pending");
    assert_eq!(notifications.wait(3, 20).map(|status| status as u32), Some(0xC037_0109));
    setting("FAULTS", "function=HcsStartComputeSystem stage=operation never");
    v1::simple(old::HcsStartComputeSystem, system).expect("pending");
    assert_eq!(notifications.wait(3, 1), None);
}

fn lies(world: World) {
    layer::create_scratch(&world.scratch, &world.layers()).unwrap();
    setting("FAULTS", "function=DestroyLayer n=1 hresult=0");
    layer::simple(old::DestroyLayer, &world.scratch).expect("it says so");
    assert!(Path::new(&world.scratch).exists(), "and leaves the tree");
    layer::simple(old::DestroyLayer, &world.scratch).expect("the second time");
    assert!(!Path::new(&world.scratch).exists());
}

/// One short life; the first failure ends it, and everything that was taken is given back.
fn life(world: &World) -> Result<(), u32> {
    let scratch = &world.scratch;
    // A system that is closed while it is made, since its creation could not be waited for, holds its scratch until it is made.
    let give_back = || {
        let began = Instant::now();
        loop {
            let _ = layer::simple(old::UnprepareLayer, scratch);
            let _ = layer::simple(old::DeactivateLayer, scratch);
            let _ = layer::simple(old::DestroyLayer, scratch);
            if !Path::new(scratch).exists() || began.elapsed() > Duration::from_secs(60) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    let result = (|| {
        layer::create_scratch(scratch, &world.layers())?;
        layer::simple(old::ActivateLayer, scratch)?;
        layer::prepare(scratch, &world.layers())?;
        let volume = layer::mount_path(scratch)?;
        let document = json!({
            "Owner": "raw-client", "SchemaVersion": {"Major": 2, "Minor": 1}, "ShouldTerminateOnLastHandleClosed": true,
            "Container": {"Storage": {"Layers": world.layer_list(), "Path": format!(r"{volume}\")}},
        });
        let (system, answer) = v2::create("life", &document.to_string());
        let result = answer.and_then(|_| v2::start(system)).and_then(|_| v2::terminate(system));
        if !system.is_null() {
            v2::close(system);
        }
        result.map(drop).map_err(|(code, _)| code)
    })();
    setting("FAULTS", "");
    give_back();
    result
}

/// The n-th of all calls fails, for every n of a life; nothing is left after any.
fn nth_of_all(world: World) {
    let last = || world.calls().iter().filter_map(|call| call["n"].as_u64()).max().unwrap_or(0);
    let before = last();
    life(&world).expect("a life that is not disturbed");
    let warm = last();
    life(&world).expect("a second one, which asks for no ids any more");
    let (calls, mut failed) = (last() - warm, 0);
    assert!(warm > before);
    for n in 1..=calls {
        setting("FAULTS", &format!("n={} hresult=0x80004005", last() + n));
        failed += u32::from(life(&world).is_err());
        assert_eq!(left(), "", "after failure {n}");
    }
    eprintln!("{failed} of {calls} calls failed a life");
    assert!(failed > 10, "{failed} of {calls}");
}

fn killed(world: World) {
    let own = std::env::current_exe().unwrap();
    for (fault, scratch_left) in [("function=ActivateLayer kill=before", false), ("function=ActivateLayer kill=after", true)] {
        let child =
            std::process::Command::new(&own).args(["role:owner", "scratch"]).env("HCSEMU_FAULTS", fault).status().unwrap();
        assert_eq!(child.code(), Some(137));
        assert_eq!(left().contains("is active"), scratch_left, "{fault}: {}", left());
        assert!(left().contains("scratch"));
        let _ = layer::simple(old::DeactivateLayer, &world.scratch);
        layer::simple(old::DestroyLayer, &world.scratch).expect("DestroyLayer");
    }
}

/// A request that was sent is carried out, though its sender dies at once.
fn killed_after(world: World) {
    let own = std::env::current_exe().unwrap();
    let fault = "function=HcsStartComputeSystem kill=after";
    let child = std::process::Command::new(&own).args(["role:owner", "stays"]).env("HCSEMU_FAULTS", fault).status().unwrap();
    assert_eq!(child.code(), Some(137));
    let system = v2::open("owned").expect("it was made, and does not end with its last handle");
    assert_eq!(v2::start(system).unwrap_err().0, 0x8037_0105, "it was started");
    v2::terminate(system).expect("HcsTerminateComputeSystem");
    v2::close(system);
    crate::owner::clean_up(&world);
}

fn in_file(world: World) {
    layer::write(
        format!(r"{}\state\faults", world.root),
        "# two of them\nfunction=ActivateLayer n=1 hresult=0x80070015\nfunction=ActivateLayer n=2 hresult=0x8007048F\n",
    );
    layer::create_scratch(&world.scratch, &world.layers()).unwrap();
    assert_eq!(layer::simple(old::ActivateLayer, &world.scratch), Err(0x8007_0015));
    assert_eq!(layer::simple(old::ActivateLayer, &world.scratch), Err(0x8007_048F));
    layer::simple(old::ActivateLayer, &world.scratch).expect("the third time");
    assert!(world.calls().iter().any(|call| !call["fault"].is_null()), "the log says which calls were made to fail");
}

fn not_understood(_: World) {
    setting("FAULTS", "function=NameToGuid explode");
    layer::name_to_guid("x");
}
