//! Wrong documents and wrong orders, each with the code it is refused with.

use crate::ffi::{core, v1 as old};
use crate::layer::{self, Done, done};
use crate::text::Wide;
use crate::world::{World, host_build, setting};
use crate::{Case, network, v1, v2};
use serde_json::{Value, json};
use std::fs;
use std::ptr::{null, null_mut};

type Refused = Result<(), (u32, String)>;

/// A case over an image of two layers; the answer must be this code.
fn case(name: &'static str, code: u32, run: impl Fn(&World) -> Refused + 'static) -> Case {
    Case::new(name, move || {
        let world = World::with_image(name);
        let (found, said) = run(&world).expect_err("this must be refused");
        assert_eq!(format!("{found:#010x}"), format!("{code:#010x}"), "{said}");
    })
}

/// A document of a process-isolated container, spoiled.
fn argon(name: &'static str, code: u32, spoil: impl Fn(&World, &mut Value) + 'static) -> Case {
    case(name, code, move |world| {
        let mut document = world.argon();
        spoil(world, &mut document);
        create(&document)
    })
}

/// A document of a Hyper-V container of schema 1, spoiled.
fn xenon(name: &'static str, code: u32, spoil: impl Fn(&World, &mut Value) + 'static) -> Case {
    case(name, code, move |world| {
        let mut document = world.xenon_v1();
        spoil(world, &mut document);
        let system = v1::create("refused", &document.to_string())?;
        v1::simple(old::HcsStartComputeSystem, system).map(drop)
    })
}

/// Something refused with a plain code.
fn plain(name: &'static str, code: u32, run: impl Fn(&World) -> Done + 'static) -> Case {
    case(name, code, move |world| run(world).map_err(|code| (code, String::new())))
}

fn create(document: &Value) -> Refused {
    let (system, answer) = v2::create("refused", &document.to_string());
    v2::close(system);
    answer.map(drop)
}

/// A container that was made and not started.
fn created(world: &World) -> *mut std::ffi::c_void {
    let (system, answer) = v2::create("refused", &world.argon().to_string());
    answer.expect("HcsCreateComputeSystem");
    system
}

/// A container that runs.
fn running(world: &World) -> *mut std::ffi::c_void {
    let system = created(world);
    v2::start(system).expect("HcsStartComputeSystem");
    system
}

fn process(world: &World, parameters: Value) -> Refused {
    v2::process(running(world), &parameters.to_string()).map(drop)
}

/// All of them.
pub fn cases() -> Vec<Case> {
    [documents(), containers(), orders(), processes(), layers(), older(), machines(), networks()].into_iter().flatten().collect()
}

fn documents() -> Vec<Case> {
    vec![
        argon("unknown-field", 0x8037_010D, |_, document| document["Container"]["Flavour"] = json!("x")),
        argon("unknown-field-at-top", 0x8037_010D, |_, document| document["Isolation"] = json!("process")),
        argon("field-in-wrong-case", 0x8037_010D, |_, document| document["owner"] = json!("x")),
        argon("number-as-text", 0x8037_010D, |_, document| document["Container"]["Memory"]["SizeInMB"] = json!("1024")),
        argon("negative-memory", 0x8037_010D, |_, document| document["Container"]["Memory"]["SizeInMB"] = json!(-1)),
        argon("text-as-flag", 0x8037_010D, |_, document| document["ShouldTerminateOnLastHandleClosed"] = json!("true")),
        argon("list-as-object", 0x8037_010D, |_, document| document["Container"]["MappedDirectories"] = json!({})),
        argon("null-value", 0x8037_010D, |_, document| document["Container"]["Networking"] = json!(null)),
        argon("layer-id-no-guid", 0x8037_010D, |_, document| document["Container"]["Storage"]["Layers"][0]["Id"] = json!("{x}")),
        argon("unknown-path-type", 0x8037_010D, |_, document| {
            document["Container"]["Storage"]["Layers"][0]["PathType"] = json!("Share")
        }),
        argon("search-list-as-list", 0x8037_010D, |_, document| {
            document["Container"]["Networking"] = json!({"DnsSearchList": ["a"]})
        }),
        argon("field-newer-than-host", 0x8037_010D, |_, document| {
            host_build("17763");
            document["Container"]["AdditionalDeviceNamespace"] = json!({});
        }),
        argon("schema-version-missing", 0x8037_010D, |_, document| {
            drop(document.as_object_mut().unwrap().remove("SchemaVersion"))
        }),
        argon("schema-version-too-new", 0x8037_010D, |_, document| document["SchemaVersion"]["Minor"] = json!(99)),
        case("not-json", 0x8037_010D, |_| {
            let (system, answer) = v2::create("refused", "{\"Owner\":");
            v2::close(system);
            answer.map(drop)
        }),
        argon("container-and-machine", 0x8007_0057, |_, document| document["VirtualMachine"] = json!({})),
        case("neither-container-nor-machine", 0x8007_0057, |_| {
            create(&json!({"Owner": "x", "SchemaVersion": {"Major": 2, "Minor": 1}}))
        }),
        case("enumerate-unknown-type", 0x8037_010D, |_| v2::enumerate(r#"{"Types":["Pod"]}"#).map(drop)),
        case("enumerate-unknown-field", 0x8037_010D, |_| v2::enumerate(r#"{"Owner":["x"]}"#).map(drop)),
        case("properties-unknown-type", 0x8037_010D, |world| {
            let query = r#"{"PropertyTypes":["Everything"]}"#;
            v2::simple(core::HcsGetComputeSystemProperties, created(world), Some(query)).map(drop)
        }),
        case("service-query-unknown-field", 0x8037_010D, |_| {
            let query = Wide::new(r#"{"Types":["Basic"]}"#);
            let mut found = null_mut();
            // SAFETY: the text and the place are valid during the call.
            done(unsafe { core::HcsGetServiceProperties(query.ptr(), &mut found) }).map_err(|code| (code, String::new()))
        }),
    ]
}

fn containers() -> Vec<Case> {
    vec![
        argon("layers-empty", 0x8037_011E, |_, document| document["Container"]["Storage"]["Layers"] = json!([])),
        argon("layers-shortened", 0x8037_011E, |_, document| {
            let layers = document["Container"]["Storage"]["Layers"].as_array().unwrap()[..1].to_vec();
            document["Container"]["Storage"]["Layers"] = json!(layers);
        }),
        argon("layers-in-wrong-order", 0x8007_0057, |_, document| {
            document["Container"]["Storage"]["Layers"].as_array_mut().unwrap().reverse();
        }),
        argon("layer-id-not-name-to-guid", 0x8007_0003, |_, document| {
            document["Container"]["Storage"]["Layers"][0]["Id"] = json!("aaaaaaaa-bbbb-5ccc-8ddd-eeeeeeeeeeee");
        }),
        argon("layer-folder-missing", 0x8007_0003, |_, document| {
            let path = r"C:\nowhere\layer";
            document["Container"]["Storage"]["Layers"][0] = json!({"Id": layer::id_of(path), "Path": path});
        }),
        argon("volume-without-backslash", 0x8007_0057, |_, document| {
            let path = document["Container"]["Storage"]["Path"].as_str().unwrap().trim_end_matches('\\').to_string();
            document["Container"]["Storage"]["Path"] = json!(path);
        }),
        argon("volume-is-a-folder", 0x8007_1126, |world, document| {
            document["Container"]["Storage"]["Path"] = json!(format!(r"{}\", world.scratch));
        }),
        argon("volume-unknown", 0x8007_1126, |_, document| {
            document["Container"]["Storage"]["Path"] = json!(r"\\?\Volume{6b9a436d-0465-11e9-b3e9-005056946adc}\");
        }),
        argon("volume-missing", 0x8007_0057, |_, document| {
            document["Container"]["Storage"].as_object_mut().unwrap().remove("Path");
        }),
        argon("scratch-unprepared", 0x8007_1126, |world, _| layer::simple(old::UnprepareLayer, &world.scratch).unwrap()),
        case("scratch-used-twice", 0x8007_0020, |world| {
            let document = world.argon().to_string();
            v2::create("first", &document).1.expect("the first container");
            v2::create("second", &document).1.map(drop)
        }),
        argon("namespace-without-host-name", 0x8007_0057, |_, document| {
            let namespace = "0f8fad5b-d9cb-469f-a165-70867728950e";
            network::create_namespace(namespace).expect("a namespace");
            document["Container"]["Networking"] = json!({"Namespace": namespace});
            document["Container"].as_object_mut().unwrap().remove("GuestOs");
        }),
        argon("namespace-unknown", 0x8007_0490, |_, document| {
            document["Container"]["Networking"] = json!({"Namespace": "0f8fad5b-d9cb-469f-a165-70867728950e"});
        }),
        argon("processor-count-and-weight", 0x8007_0057, |_, document| {
            document["Container"]["Processor"] = json!({"Count": 2, "Weight": 100});
        }),
        argon("processor-maximum-too-high", 0x8007_0057, |_, document| {
            document["Container"]["Processor"] = json!({"Maximum": 10001});
        }),
        argon("mapped-directory-missing", 0x8007_0002, |_, document| {
            document["Container"]["MappedDirectories"] = json!([{"HostPath": r"C:\nowhere", "ContainerPath": r"C:\x"}]);
        }),
        argon("image-older-than-host", 0x8037_0101, |_, _| host_build("17763")),
        argon("image-newer-than-host", 0x8037_0101, |world, _| {
            layer::write(format!(r"{}\Files\Windows\System32\hcsemu-build", world.base), "26100");
        }),
        argon("image-before-20348-on-newer-host", 0x8037_0101, |world, _| {
            layer::write(format!(r"{}\Files\Windows\System32\hcsemu-build", world.base), "17763");
        }),
        argon("image-without-build", 0x8037_0112, |world, _| {
            fs::remove_file(format!(r"{}\Files\Windows\System32\hcsemu-build", world.base)).unwrap();
        }),
        argon("caller-without-rights", 0x8037_011B, |_, _| setting("TOKEN", "user")),
        case("id-empty", 0x8007_0057, |world| v2::create("", &world.argon().to_string()).1.map(drop)),
    ]
}

fn orders() -> Vec<Case> {
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
    ]
}

fn processes() -> Vec<Case> {
    vec![
        case("process-unknown-field", 0x8037_010D, |world| process(world, json!({"CommandLine": "cmd", "Tty": true}))),
        case("process-environment-as-list", 0x8037_010D, |world| {
            process(world, json!({"CommandLine": "cmd", "Environment": ["A=b"]}))
        }),
        case("process-without-command", 0x8007_0057, |world| process(world, json!({"WorkingDirectory": "C:\\"}))),
        case("process-command-args", 0x8007_0057, |world| process(world, json!({"CommandLine": "cmd", "CommandArgs": ["/c"]}))),
        case("process-program-missing", 0x8007_0002, |world| process(world, json!({"CommandLine": "no-such-program.exe"}))),
        case("process-directory-missing", 0x8007_010B, |world| {
            process(world, json!({"CommandLine": "cmd", "WorkingDirectory": r"C:\not\there"}))
        }),
        case("process-directory-of-the-host", 0x8007_010B, |world| {
            process(world, json!({"CommandLine": "cmd", "WorkingDirectory": world.root}))
        }),
        case("process-console-size", 0x8007_0057, |world| process(world, json!({"CommandLine": "cmd", "ConsoleSize": [25]}))),
        case("process-variable-twice", 0x8007_0057, |world| {
            process(world, json!({"CommandLine": "cmd", "Environment": {"Path": "x", "PATH": "y"}}))
        }),
        case("process-open-unknown", 0x8007_0490, |world| {
            let mut process = null_mut();
            let system = running(world);
            // SAFETY: the place is valid during the call.
            done(unsafe { core::HcsOpenProcess(system, 4, 0x1000_0000, &mut process) }).map_err(|code| (code, String::new()))
        }),
        case("signal-unknown", 0x8037_010D, |world| {
            let (process, _) =
                v2::process(running(world), &json!({"CommandLine": crate::accepted::own("role:sleep")}).to_string())?;
            v2::simple(core::HcsSignalProcess, process, Some(r#"{"Signal":"SIGTERM"}"#)).map(drop)
        }),
        case("terminate-after-exit", 0x8037_011F, |world| {
            let (process, _) = v2::process(running(world), r#"{"CommandLine":"cmd /c exit 3"}"#)?;
            v2::listen(core::HcsSetProcessCallback, process).expect("a callback").wait(0x10000).expect("the exit");
            v2::simple(core::HcsTerminateProcess, process, None).map(drop)
        }),
        plain("second-process-callback", 0x8037_0119, |world| {
            let (process, _) = v2::process(running(world), r#"{"CommandLine":"cmd /c exit 3"}"#).expect("HcsCreateProcess");
            v2::listen(core::HcsSetProcessCallback, process).expect("the first callback");
            v2::listen(core::HcsSetProcessCallback, process).map(drop)
        }),
    ]
}

fn layers() -> Vec<Case> {
    vec![
        Case {
            code: 0xC000_0005u32 as i32,
            ..Case::new("home-dir-null", || {
                let world = World::empty("home-dir-null");
                let path = Wide::new(&world.scratch);
                // SAFETY: the emulator ends the process here, as the real library would.
                unsafe { old::ActivateLayer(&crate::ffi::DriverInfo { flavour: 1, home: null() }, path.ptr()) };
            })
        },
        plain("flavour-wrong", 0x8007_0057, |world| {
            let (path, home) = (Wide::new(&world.scratch), Wide::new(""));
            // SAFETY: the texts are valid during the call.
            done(unsafe { old::ActivateLayer(&crate::ffi::DriverInfo { flavour: 0, home: home.ptr() }, path.ptr()) })
        }),
        plain("base-processed-twice", 0x8007_0050, |world| layer::of_path(old::ProcessBaseImage, &world.base)),
        plain("base-without-hives", 0x8007_0002, |world| {
            let base = format!(r"{}\layers\other", world.root);
            fs::create_dir_all(format!(r"{base}\Files")).unwrap();
            layer::of_path(old::ProcessBaseImage, &base)
        }),
        plain("base-missing", 0x8007_0003, |_| layer::of_path(old::ProcessBaseImage, r"C:\nowhere")),
        plain("utility-vm-missing", 0x8007_0003, |_| layer::of_path(old::ProcessUtilityImage, r"C:\nowhere\UtilityVM")),
        plain("base-unelevated", 0x8007_0005, |world| {
            setting("TOKEN", "hyperv-admin");
            layer::of_path(old::ProcessBaseImage, &world.base)
        }),
        plain("import-without-parents", 0x8007_0057, |world| layer::import(&world.scratch, &world.upper, &[])),
        plain("import-parents-reversed", 0x8007_0057, |world| {
            let source = format!(r"{}\transport", world.root);
            layer::transport(&source);
            layer::import(&world.scratch, &source, &[&world.base, &world.upper])
        }),
        plain("import-over-a-layer", 0x8007_0050, |world| {
            let source = format!(r"{}\transport", world.root);
            layer::transport(&source);
            layer::import(&world.upper, &source, &[&world.base])
        }),
        plain("import-directory-undescribed", 0x8037_0112 + 0x4000_0000, |world| {
            let source = format!(r"{}\transport", world.root);
            layer::transport(&source);
            fs::remove_file(format!(r"{source}\Files\upper.$wcidirs$")).unwrap();
            fs::create_dir_all(&world.scratch).unwrap();
            layer::import(&world.scratch, &source, &[&world.base])
        }),
        plain("import-broken-stream", 0x8037_0112 + 0x4000_0000, |world| {
            let source = format!(r"{}\transport", world.root);
            layer::transport(&source);
            layer::write(format!(r"{source}\Files\upper\new.txt"), [[0x20, 0, 0, 0].to_vec(), vec![1, 0, 0]].concat());
            fs::create_dir_all(&world.scratch).unwrap();
            layer::import(&world.scratch, &source, &[&world.base])
        }),
        plain("scratch-exists", 0x8007_0050, |world| {
            world.argon();
            layer::create_scratch(&world.scratch, &world.layers())
        }),
        plain("scratch-layer-id-wrong", 0x8007_0003, |world| {
            let path = Wide::new(&world.scratch);
            let spoil = |layers: &mut Vec<crate::ffi::LayerDescriptor>| layers[0].id.data1 ^= 1;
            // SAFETY: texts and descriptors are valid during the call.
            layer::layered(&world.layers(), spoil, |info, layers, count| unsafe {
                old::CreateSandboxLayer(info, path.ptr(), 0, layers, count)
            })
        }),
        plain("scratch-parents-reversed", 0x8007_0057, |world| {
            layer::create_scratch(&world.scratch, &[&world.base, &world.upper])
        }),
        plain("scratch-base-left-out", 0x8007_0057, |world| layer::create_scratch(&world.scratch, &[&world.upper])),
        plain("prepare-before-activate", 0x8007_0037, |world| {
            layer::create_scratch(&world.scratch, &world.layers()).unwrap();
            layer::prepare(&world.scratch, &world.layers())
        }),
        plain("mount-path-before-activate", 0x8007_0037, |world| {
            layer::create_scratch(&world.scratch, &world.layers()).unwrap();
            layer::mount_path(&world.scratch).map(drop)
        }),
        plain("activate-nothing", 0x8007_0002, |_| layer::simple(old::ActivateLayer, r"C:\nowhere")),
        plain("activate-twice", 0x8007_0020, |world| {
            world.argon();
            layer::simple(old::ActivateLayer, &world.scratch)
        }),
        plain("prepare-unelevated", 0x8007_0005, |world| {
            layer::create_scratch(&world.scratch, &world.layers()).unwrap();
            layer::simple(old::ActivateLayer, &world.scratch).unwrap();
            setting("TOKEN", "hyperv-admin");
            layer::prepare(&world.scratch, &world.layers())
        }),
        plain("deactivate-while-prepared", 0x8007_0020, |world| {
            world.argon();
            layer::simple(old::DeactivateLayer, &world.scratch)
        }),
        plain("destroy-while-active", 0x8007_0020, |world| {
            world.argon();
            layer::simple(old::DestroyLayer, &world.scratch)
        }),
        plain("destroy-below-a-scratch", 0x8007_0020, |world| {
            world.argon();
            layer::simple(old::DestroyLayer, &world.base)
        }),
        plain("unprepare-while-used", 0x8007_0020, |world| {
            running(world);
            layer::simple(old::UnprepareLayer, &world.scratch)
        }),
        plain("shrink-a-scratch", 0x8007_0057, |world| {
            layer::create_scratch(&world.scratch, &world.layers()).unwrap();
            let (path, home) = (Wide::new(&world.scratch), Wide::new(""));
            // SAFETY: the texts are valid during the call.
            done(unsafe { old::ExpandSandboxSize(&crate::ffi::DriverInfo { flavour: 1, home: home.ptr() }, path.ptr(), 1 << 30) })
        }),
        plain("export-a-base-layer", 0x8007_0057, |world| layer::export(&world.base, &format!(r"{}\out", world.root), &[])),
    ]
}

fn older() -> Vec<Case> {
    let process = |world: &World, volume: &dyn Fn(&str) -> String| -> Refused {
        let mut document = world.argon_v1();
        document["VolumePath"] = json!(volume(document["VolumePath"].as_str().unwrap()));
        v1::create("refused", &document.to_string()).map(drop)
    };
    vec![
        case("v1-volume-with-backslash", 0x8007_0057, move |world| process(world, &|volume| format!(r"{volume}\"))),
        case("v1-volume-is-a-folder", 0x8007_1126, move |world| process(world, &|_| world.scratch.clone())),
        xenon("v1-unknown-field", 0xC037_010D, |_, document| document["Isolation"] = json!("hyperv")),
        xenon("v1-wrong-type", 0xC037_010D, |_, document| document["MemoryMaximumInMB"] = json!("1024")),
        xenon("v1-system-type", 0x8007_0057, |_, document| document["SystemType"] = json!("VirtualMachine")),
        xenon("v1-xenon-with-volume", 0x8007_0057, |_, document| document["VolumePath"] = json!(r"\\?\Volume{x}")),
        xenon("v1-xenon-without-utility-vm", 0x8007_0002, |_, document| {
            drop(document.as_object_mut().unwrap().remove("HvRuntime"))
        }),
        xenon("v1-xenon-utility-vm-unprocessed", 0x8007_0002, |world, _| {
            fs::remove_file(format!(r"{}\UtilityVM\SystemTemplate.vhdx", world.base)).unwrap();
        }),
        xenon("v1-xenon-scratch-missing", 0x8007_0002, |_, document| document["LayerFolderPath"] = json!(r"C:\nowhere")),
        xenon("v1-xenon-scratch-active", 0x8007_0020, |world, _| layer::simple(old::ActivateLayer, &world.scratch).unwrap()),
        xenon("v1-xenon-disk-not-open-to-it", 0x8007_0005, |world, _| {
            let copy = format!(r"{}\blank.vhdx", world.base);
            fs::copy(copy, format!(r"{}\sandbox.vhdx", world.scratch)).unwrap();
        }),
        xenon("v1-xenon-image-too-new", 0xC037_010C, |_, _| host_build("19041")),
        xenon("v1-xenon-without-hyperv", 0xC037_0102, |_, _| setting("HYPERV", "absent")),
        xenon("v1-layers-empty", 0xC037_011E, |_, document| document["Layers"] = json!([])),
        xenon("v1-endpoint-unknown", 0x803B_0002, |_, document| {
            document["EndpointList"] = json!(["0f8fad5b-d9cb-469f-a165-70867728950e"]);
        }),
        xenon("v1-endpoint-in-a-namespace", 0x803B_0014, |_, document| {
            let endpoint = network::endpoint();
            let namespace = network::create_namespace("0f8fad5b-d9cb-469f-a165-70867728950e").expect("a namespace");
            network::attach(namespace, &endpoint, "Add").expect("attached");
            document["EndpointList"] = json!([endpoint]);
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
        plain("v1-destroy-below-a-template", 0x8007_0020, |world| {
            let system = v1::create("xenon", &world.xenon_v1().to_string()).expect("HcsCreateComputeSystem");
            v1::simple(old::HcsStartComputeSystem, system).expect("HcsStartComputeSystem");
            v1::simple(old::HcsTerminateComputeSystem, system).expect("HcsTerminateComputeSystem");
            // SAFETY: the handle is open.
            unsafe { old::HcsCloseComputeSystem(system) };
            layer::simple(old::DestroyLayer, &world.base)
        }),
        plain("v1-open-unknown", 0xC037_010E, |_| v1::open("nobody").map(drop)),
    ]
}

/// A machine that boots from the base layer's share.
pub fn machine(world: &World) -> Value {
    let disk = format!(r"{}\uvm\sandbox.vhdx", world.root);
    layer::write(&disk, "disk");
    let (vm, file) = (Wide::new("machine"), Wide::new(&disk));
    // SAFETY: the texts are valid during the call.
    done(unsafe { core::HcsGrantVmAccess(vm.ptr(), file.ptr()) }).expect("HcsGrantVmAccess");
    json!({
        "Owner": "raw-client",
        "SchemaVersion": {"Major": 2, "Minor": 1},
        "ShouldTerminateOnLastHandleClosed": true,
        "VirtualMachine": {
            "StopOnReset": true,
            "Chipset": {"Uefi": {"BootThis": {"DevicePath": r"\EFI\Microsoft\Boot\bootmgfw.efi", "DeviceType": "VmbFs"}}},
            "ComputeTopology": {"Memory": {"SizeInMB": 1024, "AllowOvercommit": true, "EnableHotHint": true}, "Processor": {"Count": 1}},
            "GuestConnection": {},
            "Devices": {
                "HvSocket": {"HvSocketConfig": {"DefaultBindSecurityDescriptor": "D:P(A;;FA;;;SY)(A;;FA;;;BA)"}},
                "VirtualSmb": {"DirectFileMappingInMB": 1024, "Shares": [share("os", &format!(r"{}\UtilityVM\Files", world.base))]},
                "Scsi": {"df6d0690-79e5-55b6-a5ec-c1e2f77f580a": {"Attachments": {"0": {"Path": disk, "Type": "VirtualDisk"}}}},
            },
        },
    })
}

/// A read-only share.
pub fn share(name: &str, path: &str) -> Value {
    json!({"Name": name, "Path": path, "Options": {
        "ReadOnly": true, "ShareRead": true, "CacheIo": true, "PseudoOplocks": true, "TakeBackupPrivilege": true,
    }})
}

/// A machine that runs, or why it does not.
pub fn boot(document: &Value) -> Result<*mut std::ffi::c_void, (u32, String)> {
    let (system, answer) = v2::create("machine", &document.to_string());
    answer?;
    v2::start(system)?;
    Ok(system)
}

fn machines() -> Vec<Case> {
    let combine = r#"{"GuestRequest":{"ResourceType":"CombinedLayers","RequestType":"Add","Settings":{"ContainerRootPath":"c:\\m","Layers":[]}}}"#;
    let mount = r#"{"GuestRequest":{"ResourceType":"MappedVirtualDisk","RequestType":"Add","Settings":{"ContainerPath":"c:\\m","Lun":1}}}"#;
    vec![
        case("machine-without-os-share", 0x8037_0100, |world| {
            let mut document = machine(world);
            document["VirtualMachine"]["Devices"]["VirtualSmb"]["Shares"][0]["Name"] = json!("boot");
            boot(&document).map(drop)
        }),
        case("machine-disk-not-granted", 0x8007_0005, |world| {
            let document = machine(world);
            let (vm, file) = (Wide::new("machine"), Wide::new(&format!(r"{}\uvm\sandbox.vhdx", world.root)));
            // SAFETY: the texts are valid during the call.
            done(unsafe { core::HcsRevokeVmAccess(vm.ptr(), file.ptr()) }).expect("HcsRevokeVmAccess");
            boot(&document).map(drop)
        }),
        case("machine-too-many-processors", 0x8007_0057, |world| {
            let mut document = machine(world);
            document["VirtualMachine"]["ComputeTopology"]["Processor"]["Count"] = json!(4096);
            boot(&document).map(drop)
        }),
        case("machine-unknown-device", 0x8037_010D, |world| {
            let mut document = machine(world);
            document["VirtualMachine"]["Devices"]["Floppy"] = json!({});
            boot(&document).map(drop)
        }),
        case("machine-without-hyperv", 0x8037_0102, |world| {
            let document = machine(world);
            setting("HYPERV", "absent");
            boot(&document).map(drop)
        }),
        case("machine-share-folder-missing", 0x8007_0002, |world| {
            let request = json!({"ResourcePath": "VirtualMachine/Devices/VirtualSmb/Shares", "RequestType": "Add", "Settings": share("s1", r"C:\nowhere")});
            v2::modify(boot(&machine(world))?, &request.to_string()).map(drop)
        }),
        case("machine-share-unknown-option", 0x8037_010D, |world| {
            let mut settings = share("s1", &world.base);
            settings["Options"]["Fast"] = json!(true);
            let request =
                json!({"ResourcePath": "VirtualMachine/Devices/VirtualSmb/Shares", "RequestType": "Add", "Settings": settings});
            v2::modify(boot(&machine(world))?, &request.to_string()).map(drop)
        }),
        case("machine-share-without-settings", 0x8037_010D, |world| {
            let request = json!({"ResourcePath": "VirtualMachine/Devices/VirtualSmb/Shares", "RequestType": "Add"});
            v2::modify(boot(&machine(world))?, &request.to_string()).map(drop)
        }),
        case("machine-attach-active-scratch", 0x8007_0020, |world| {
            world.argon();
            let path = "VirtualMachine/Devices/Scsi/df6d0690-79e5-55b6-a5ec-c1e2f77f580a/Attachments/1";
            let disk = json!({"Path": format!(r"{}\sandbox.vhdx", world.scratch), "Type": "VirtualDisk"});
            let request = json!({"ResourcePath": path, "RequestType": "Add", "Settings": disk});
            v2::modify(boot(&machine(world))?, &request.to_string()).map(drop)
        }),
        case("guest-mount-without-disk", 0x8007_0490, move |world| v2::modify(boot(&machine(world))?, mount).map(drop)),
        case("guest-combine-without-mount", 0x8007_0490, move |world| v2::modify(boot(&machine(world))?, combine).map(drop)),
        case("guest-request-before-start", 0x8037_0105, move |world| {
            let (system, answer) = v2::create("machine", &machine(world).to_string());
            answer?;
            v2::modify(system, mount).map(drop)
        }),
        case("guest-without-connection", 0x8037_0108, move |world| {
            let mut document = machine(world);
            document["VirtualMachine"].as_object_mut().unwrap().remove("GuestConnection");
            v2::modify(boot(&document)?, mount).map(drop)
        }),
        case("hosted-without-machine", 0x8037_010E, |_| {
            create(&json!({
                "Owner": "x", "SchemaVersion": {"Major": 2, "Minor": 1}, "HostingSystemId": "nobody",
                "HostedSystem": {"SchemaVersion": {"Major": 2, "Minor": 1}, "Container": {}},
            }))
        }),
        case("hosted-unknown-field", 0x8037_010D, |_| {
            create(&json!({
                "Owner": "x", "SchemaVersion": {"Major": 2, "Minor": 1}, "HostingSystemId": "nobody",
                "HostedSystem": {"SchemaVersion": {"Major": 2, "Minor": 1}, "Container": {"Flavour": 1}},
            }))
        }),
        case("hosted-layers-not-combined", 0x8007_0057, |world| {
            boot(&machine(world))?;
            create(&json!({
                "Owner": "x", "SchemaVersion": {"Major": 2, "Minor": 1}, "HostingSystemId": "machine",
                "HostedSystem": {"SchemaVersion": {"Major": 2, "Minor": 1}, "Container": {"Storage": {"Layers": world.layer_list(), "Path": r"c:\m"}}},
            }))
        }),
    ]
}

fn networks() -> Vec<Case> {
    let nat = || network::networks("nat").pop().expect("a network nat");
    let endpoint = move |document: &dyn Fn(&str) -> Value| -> Refused {
        let id = nat();
        network::create_endpoint(network::open_network(&id)?, &document(&id)).map(drop)
    };
    let namespace = "0f8fad5b-d9cb-469f-a165-70867728950e";
    vec![
        case("network-unknown", 0x803B_0001, move |_| network::open_network(namespace).map(drop)),
        case("endpoint-unknown", 0x803B_0002, move |_| network::delete_endpoint(namespace)),
        case("namespace-handle-unknown", 0x8007_0490, move |_| network::open_namespace(namespace).map(drop)),
        case("endpoint-flags-as-text", 0x803B_001B, move |_| {
            endpoint(&|id| json!({"HostComputeNetwork": id, "Flags": "None", "SchemaVersion": {"Major": 2, "Minor": 0}}))
        }),
        case("endpoint-unknown-field", 0x803B_001B, move |_| {
            endpoint(&|id| json!({"HostComputeNetwork": id, "Ip": "x", "SchemaVersion": {"Major": 2, "Minor": 0}}))
        }),
        case("endpoint-without-version", 0x803B_001B, move |_| endpoint(&|id| json!({"HostComputeNetwork": id}))),
        case("port-flags-as-text", 0x803B_001B, move |_| {
            endpoint(&|id| {
                let mut document = network::endpoint_document(id);
                document["Policies"] = json!([network::port(8080, 80)]);
                document["Policies"][0]["Settings"]["Flags"] = json!("None");
                document
            })
        }),
        case("port-taken", 0x803B_0013, move |_| {
            let document = |id: &str| {
                let mut document = network::endpoint_document(id);
                document["Policies"] = json!([network::port(8080, 80)]);
                document
            };
            endpoint(&document).expect("the first endpoint");
            endpoint(&document)
        }),
        case("port-not-on-nat", 0x803B_0016, |_| {
            setting("NETWORKS", "Default Switch:ICS");
            let id = network::networks("Default Switch").pop().expect("the network");
            let mut document = network::endpoint_document(&id);
            document["Policies"] = json!([network::port(8080, 80)]);
            network::create_endpoint(network::open_network(&id)?, &document).map(drop)
        }),
        case("address-outside", 0x803B_001E, move |_| {
            endpoint(&|id| {
                let mut document = network::endpoint_document(id);
                document["IpConfigurations"] = json!([{"IpAddress": "10.0.0.1"}]);
                document
            })
        }),
        case("endpoint-attached-twice", 0x803B_0014, move |_| {
            let (endpoint, handle) = (network::endpoint(), network::create_namespace(namespace)?);
            network::attach(handle, &endpoint, "Add").expect("the first time");
            network::attach(handle, &endpoint, "Add")
        }),
        case("endpoint-before-its-namespace", 0x803B_002C, move |_| {
            let (endpoint, handle) = (network::endpoint(), network::create_namespace(namespace)?);
            network::attach(handle, &endpoint, "Add").expect("attached");
            network::delete_endpoint(&endpoint)
        }),
        case("namespace-while-used", 0x803B_002C, move |world| {
            network::create_namespace(namespace)?;
            let mut document = world.argon();
            document["Container"]["Networking"] = json!({"Namespace": namespace});
            v2::create("user", &document.to_string()).1.expect("the container");
            network::delete_namespace(namespace)
        }),
        case("network-with-endpoints", 0x803B_002C, move |_| {
            network::endpoint();
            network::delete_network(&nat())
        }),
        case("network-without-default-route", 0x803B_000A, |_| {
            let subnets = json!([{"IpAddressPrefix": "172.30.0.0/20"}]);
            network::create_network(&json!({
                "Name": "second", "Type": "NAT", "Ipams": [{"Type": "Static", "Subnets": subnets}], "SchemaVersion": {"Major": 2, "Minor": 0},
            }))
            .map(drop)
        }),
        case("network-name-taken", 0x803B_0010, |_| {
            network::networks("nat");
            network::create_network(&json!({"Name": "nat", "Type": "ICS", "SchemaVersion": {"Major": 2, "Minor": 0}})).map(drop)
        }),
        case("network-unelevated", 0x8007_0005, |_| {
            setting("TOKEN", "hyperv-admin");
            network::create_network(&json!({"Name": "x", "Type": "ICS", "SchemaVersion": {"Major": 2, "Minor": 0}})).map(drop)
        }),
        case("filter-not-json", 0x803B_001B, |_| {
            let query = Wide::new(r#"{"SchemaVersion":{"Major":2,"Minor":0},"Filter":"Name=nat"}"#);
            let mut found = null_mut();
            // SAFETY: the text and the place are valid during the call.
            let code = unsafe { crate::ffi::network::HcnEnumerateNetworks(query.ptr(), &mut found, null_mut()) };
            done(code).map_err(|code| (code, String::new()))
        }),
    ]
}
