//! Where a store may lie, and who else may be at work in it.

use wincompat::internals::layer::LayerId;

use crate::emulated_layers::base::VERSION;
use crate::emulated_layers::importer::{Shop, read};
use crate::support::emulated::image::{Image, base_layer, with_utility_vm};
use crate::support::layers::archive::{Archive, Meta};
use crate::support::started::{ended, started};

fn two_layers() -> Image {
    let mut upper = Archive::with_files();
    upper
        .directory("Files/d", &Meta::default())
        .file("Files/d/f", &Meta::attributes(0x21), b"upper")
        .hard_link("Files/d/h", "Files/Windows/System32/hcsemu-build")
        .directory("UtilityVM", &Meta::default())
        .directory("UtilityVM/Files", &Meta::default())
        .file("UtilityVM/Files/patch", &Meta::default(), b"patch");
    Image::of(VERSION, vec![with_utility_vm(base_layer(VERSION)).finish(), upper.finish()])
}

#[test]
fn a_store_with_spaces_letters_and_a_long_path() {
    for below in ["a store (1)", "Größe, 日本語 & ещё'", &format!("{}\\{}", "long".repeat(30), "longer".repeat(25))] {
        let Some(shop) = Shop::in_folder(below) else { return };
        let ids = shop.put("app", &two_layers());
        let shop = if below.len() > 200 { refused_as_too_long(shop, &ids) } else { shop };
        shop.import("app");
        shop.holds(&ids, below);
        assert_eq!(std::fs::read(shop.place(&ids[1], "Files/d/h")).unwrap(), VERSION.as_bytes(), "{below}");
        shop.host.has_nothing_left();
    }
}

/// It is inferred that `ImportLayer` refuses long paths. The refusal says so and leaves nothing; the host that is returned takes them.
fn refused_as_too_long(shop: Shop, ids: &[LayerId]) -> Shop {
    let outcomes = shop.try_import(&["app"]);
    let [Err(said)] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(said.iter().any(|cause| cause.contains("may be too long for Windows")), "{said:?}");
    shop.holds(&ids[..1], "the base alone");
    shop.without("source-path")
}

#[test]
fn paths_in_a_layer_may_be_long() {
    let Some(shop) = Shop::new() else { return };
    let mut path = "Files".to_owned();
    let mut upper = Archive::with_files();
    for part in ["deep", "deeper", "deepest"] {
        path = format!("{path}/{}", part.repeat(20));
        upper.directory(&path, &Meta::default());
    }
    let mut base = base_layer(VERSION);
    let mut below = "Files".to_owned();
    for part in ["one", "two", "three"] {
        below = format!("{below}/{}", part.repeat(40));
        base.directory(&below, &Meta::default());
    }
    base.file(&format!("{below}/file"), &Meta::attributes(0x21), b"of the base");
    upper
        .file(&format!("{path}/file"), &Meta::default(), b"of the upper")
        .hard_link(&format!("{path}/link"), &format!("{below}/file"));
    upper.whiteout(&below);
    let ids = shop.put("app", &Image::of(VERSION, vec![base.finish(), upper.finish()]));
    let shop = refused_as_too_long(shop, &ids);
    shop.import("app");
    shop.holds(&ids, "after the import");
    assert_eq!(std::fs::read(shop.place(&ids[1], &format!("{path}/link"))).unwrap(), b"of the base");
    assert!(!shop.place(&ids[1], &below).exists());
}

#[test]
fn of_many_importers_one_does_the_work() {
    let Some(shop) = Shop::new() else { return };
    let ids = shop.put("app", &two_layers());
    let start = |_| {
        let (mut program, answer) = shop.importer(vec!["app".to_owned()], false, "");
        (started(|| program.spawn()), answer)
    };
    let programs: Vec<_> = (0..4).map(start).collect();
    for (mut program, answer) in programs {
        assert!(ended(&mut program).success());
        assert_eq!(read(&answer), [Ok(())]);
    }
    shop.holds(&ids, "after all");
    assert_eq!(["ProcessBaseImage", "ImportLayer"].map(|function| shop.host.calls_of(function).len()), [1, 1]);
}
