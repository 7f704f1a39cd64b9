//! Calls in the wrong state, on the wrong handle, in the wrong order.

use super::{case, created, plain, running};
use crate::ffi::{core, v1 as old};
use crate::layer::done;
use crate::text::Wide;
use crate::world::setting;
use crate::{Case, network, v1, v2};
use std::ptr::{null, null_mut};

/// All of them.
pub fn cases() -> Vec<Case> {
    vec![
        case("id-in-use", 0x8037_010F, |world| {
            let document = world.argon().to_string();
            v2::create("twice", &document).1.expect("the first container");
            v2::create("twice", &document).1.map(drop)
        }),
        plain("open-unknown", 0x8037_010E, |_| v2::open("nobody").map(drop)),
        plain("open-without-rights", 0x8037_011B, |world| {
            created(world);
            setting("TOKEN", "user");
            v2::open("refused").map(drop)
        }),
        case("start-twice", 0x8037_0105, |world| v2::start(running(world)).map(drop)),
        case("shutdown-before-start", 0x8037_0105, |world| {
            v2::simple(core::HcsShutDownComputeSystem, created(world), None).map(drop)
        }),
        case("process-before-start", 0x8037_0105, |world| v2::process(created(world), r#"{"CommandLine":"cmd"}"#).map(drop)),
        case("terminate-twice", 0x8037_0110, |world| {
            let system = running(world);
            v2::terminate(system).expect("the first time");
            v2::terminate(system).map(drop)
        }),
        case("process-after-terminate", 0x8037_0110, |world| {
            let system = running(world);
            v2::terminate(system).expect("HcsTerminateComputeSystem");
            v2::process(system, r#"{"CommandLine":"cmd"}"#).map(drop)
        }),
        plain("open-after-terminate", 0x8037_010E, |world| {
            v2::terminate(running(world)).expect("HcsTerminateComputeSystem");
            v2::open("refused").map(drop)
        }),
        case("after-a-failed-create", 0x8037_010E, |_| {
            let (system, answer) = v2::create("refused", "{}");
            answer.expect_err("this must be refused");
            v2::start(system).map(drop)
        }),
        case("pause-process-isolated", 0x8007_0032, |world| {
            v2::simple(core::HcsPauseComputeSystem, running(world), None).map(drop)
        }),
        plain("callback-while-the-creation-runs", 0x8037_0105, |world| {
            let (id, document, mut system) = (Wide::new("refused"), Wide::new(&world.argon().to_string()), null_mut());
            setting("FAULTS", "function=HcsCreateComputeSystem stage=operation never");
            // SAFETY: the texts and the place are valid during the call, which reads them; the operation never ends.
            unsafe {
                let operation = core::HcsCreateOperation(null(), None);
                let created = core::HcsCreateComputeSystem(id.ptr(), document.ptr(), operation, null(), &mut system);
                done(created).expect("the request");
            }
            v2::listen(core::HcsSetComputeSystemCallback, system).map(drop)
        }),
        plain("second-system-callback", 0x8037_0119, |world| {
            let system = created(world);
            v2::listen(core::HcsSetComputeSystemCallback, system).expect("the first callback");
            v2::listen(core::HcsSetComputeSystemCallback, system).map(drop)
        }),
        case("handle-after-close", 0x8007_0006, |world| {
            let system = created(world);
            v2::close(system);
            v2::start(system).map(drop)
        }),
        case("handle-null", 0x8007_0006, |_| v2::start(null_mut()).map(drop)),
        case("older-handle-in-newer-call", 0x8007_0006, |world| {
            let system = v1::create("older", &world.argon_v1().to_string()).expect("HcsCreateComputeSystem");
            v2::start(system).map(drop)
        }),
        case("newer-handle-in-older-call", 0x8007_0006, |world| v1::simple(old::HcsStartComputeSystem, created(world)).map(drop)),
        plain("newer-opens-older", 0x8037_0105, |world| {
            v1::create("older", &world.argon_v1().to_string()).expect("HcsCreateComputeSystem");
            v2::open("older").map(drop)
        }),
        plain("older-opens-newer", 0xC037_0105, |world| {
            created(world);
            v1::open("refused").map(drop)
        }),
        plain("operation-never-started", 0x8037_0115, |_| {
            // SAFETY: the operation is open.
            done(unsafe { core::HcsWaitForOperationResult(core::HcsCreateOperation(null(), None), 100, null_mut()) })
        }),
        plain("operation-cancel", 0x8000_4001, |_| {
            // SAFETY: the operation is open.
            done(unsafe { core::HcsCancelOperation(core::HcsCreateOperation(null(), None)) })
        }),
        plain("operation-closed", 0x8007_0006, |_| {
            // SAFETY: any number may be passed.
            unsafe {
                let operation = core::HcsCreateOperation(null(), None);
                core::HcsCloseOperation(operation);
                done(core::HcsWaitForOperationResult(operation, 100, null_mut()))
            }
        }),
        plain("operation-started-twice", 0x8037_0116, |world| {
            let system = created(world);
            setting("FAULTS", "function=HcsStartComputeSystem never stage=operation");
            // SAFETY: the handles are open.
            unsafe {
                let operation = core::HcsCreateOperation(null(), None);
                done(core::HcsStartComputeSystem(system, operation, null())).expect("the first request");
                assert_eq!(core::HcsGetOperationResult(operation, null_mut()) as u32, 0x8037_0117);
                assert_eq!(core::HcsWaitForOperationResult(operation, 50, null_mut()) as u32, 0x8037_0118);
                done(core::HcsStartComputeSystem(system, operation, null()))
            }
        }),
        plain("process-info-of-a-start", 0x8037_011D, |world| {
            let system = created(world);
            // SAFETY: the handles are open.
            unsafe {
                let operation = core::HcsCreateOperation(null(), None);
                done(core::HcsStartComputeSystem(system, operation, null())).expect("HcsStartComputeSystem");
                done(core::HcsWaitForOperationResultAndProcessInfo(operation, 5000, null_mut(), null_mut()))
            }
        }),
        case("modify-without-resource", 0x8007_0057, |world| v2::modify(running(world), r#"{"RequestType":"Add"}"#).map(drop)),
        case("guest-request-to-a-container", 0x8037_0120, |world| {
            v2::modify(running(world), r#"{"GuestRequest":{"ResourceType":"CombinedLayers","RequestType":"Add","Settings":{}}}"#)
                .map(drop)
        }),
        plain("second-process-callback", 0x8037_0119, |world| {
            let (process, _) = v2::process(running(world), r#"{"CommandLine":"cmd /c exit 3"}"#).expect("HcsCreateProcess");
            v2::listen(core::HcsSetProcessCallback, process).expect("the first callback");
            v2::listen(core::HcsSetProcessCallback, process).map(drop)
        }),
        case("terminate-after-exit", 0x8037_011F, |world| {
            let (process, _) = v2::process(running(world), r#"{"CommandLine":"cmd /c exit 3"}"#)?;
            v2::listen(core::HcsSetProcessCallback, process).expect("a callback").wait(0x10000).expect("the exit");
            v2::simple(core::HcsTerminateProcess, process, None).map(drop)
        }),
        case("v1-id-in-use", 0xC037_010F, |world| {
            let document = world.xenon_v1().to_string();
            v1::create("twice", &document).expect("the first container");
            v1::create("twice", &document).map(drop)
        }),
        case("v1-start-twice", 0xC037_0105, |world| {
            let system = v1::create("twice", &world.xenon_v1().to_string())?;
            v1::simple(old::HcsStartComputeSystem, system).expect("the first time");
            v1::simple(old::HcsStartComputeSystem, system).map(drop)
        }),
        case("endpoint-before-its-namespace", 0x803B_002C, |_| {
            let (endpoint, handle) = (network::endpoint(), network::create_namespace("0f8fad5b-d9cb-469f-a165-70867728950e")?);
            network::attach(handle, &endpoint, "Add").expect("attached");
            network::delete_endpoint(&endpoint)
        }),
    ]
}
