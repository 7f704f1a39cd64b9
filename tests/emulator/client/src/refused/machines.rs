//! Virtual machines and what they host.

use super::{case, create};
use crate::ffi::core;
use crate::layer::{self, done};
use crate::text::Wide;
use crate::world::{World, setting};
use crate::{Case, v2};
use serde_json::{Value, json};

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

/// All of them.
pub fn cases() -> Vec<Case> {
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
