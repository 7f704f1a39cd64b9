//! The older interface: documents of schema 1.

use super::{Refused, case, plain};
use crate::ffi::v1 as old;
use crate::world::{World, host_build, setting};
use crate::{Case, layer, network, v1};
use serde_json::{Value, json};
use std::fs;

/// A document of a Hyper-V container of schema 1, spoiled.
fn xenon(name: &'static str, code: u32, spoil: impl Fn(&World, &mut Value) + 'static) -> Case {
    case(name, code, move |world| {
        let mut document = world.xenon_v1();
        spoil(world, &mut document);
        let system = v1::create("refused", &document.to_string())?;
        v1::simple(old::HcsStartComputeSystem, system).map(drop)
    })
}

/// All of them.
pub fn cases() -> Vec<Case> {
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
        xenon("v1-xenon-mounts-unelevated", 0x8007_0005, |_, document| {
            setting("TOKEN", "hyperv-admin");
            document["MappedDirectories"] = json!([{"HostPath": r"C:\windows", "ContainerPath": r"C:\mapped"}]);
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
