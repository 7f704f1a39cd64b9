//! Layers and scratches.

use super::{plain, running};
use crate::Case;
use crate::ffi::{DriverInfo, LayerDescriptor, v1 as old};
use crate::layer::{self, done};
use crate::text::Wide;
use crate::world::{World, privileges, setting};
use std::fs;
use std::ptr::null;

/// All of them.
pub fn cases() -> Vec<Case> {
    vec![
        Case {
            code: 0xC000_0005u32 as i32,
            ..Case::new("home-dir-null", || {
                let world = World::empty("home-dir-null");
                let path = Wide::new(&world.scratch);
                // SAFETY: the emulator ends the process here, as the real library would.
                unsafe { old::ActivateLayer(&DriverInfo { flavour: 1, home: null() }, path.ptr()) };
            })
        },
        plain("flavour-wrong", 0x8007_0057, |world| {
            let (path, home) = (Wide::new(&world.scratch), Wide::new(""));
            // SAFETY: the texts are valid during the call.
            done(unsafe { old::ActivateLayer(&DriverInfo { flavour: 0, home: home.ptr() }, path.ptr()) })
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
        plain("import-without-privileges", 0x8007_0522, |world| {
            let source = format!(r"{}\transport", world.root);
            layer::transport(&source);
            fs::create_dir_all(&world.scratch).unwrap();
            privileges(false);
            layer::import(&world.scratch, &source, &[&world.base])
        }),
        plain("import-of-a-long-path", 0x8007_0003, |world| {
            let source = format!(r"{}\transport", world.root);
            layer::transport(&source);
            let name = "n".repeat(120);
            for folder in [format!(r"{source}\Files\{name}"), format!(r"{source}\Files\{name}\{name}")] {
                fs::copy(format!(r"{source}\Files.$wcidirs$"), format!(r"\\?\{folder}.$wcidirs$")).unwrap_or_else(|_| {
                    panic!("{folder}");
                });
                fs::create_dir_all(format!(r"\\?\{folder}")).unwrap();
            }
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
            let spoil = |layers: &mut Vec<LayerDescriptor>| layers[0].id.data1 ^= 1;
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
            done(unsafe { old::ExpandSandboxSize(&DriverInfo { flavour: 1, home: home.ptr() }, path.ptr(), 1 << 30) })
        }),
        plain("export-a-base-layer", 0x8007_0057, |world| layer::export(&world.base, &format!(r"{}\out", world.root), &[])),
    ]
}
