//! A base layer: files, streams, times, links.

use crate::emulated::image::{Image, base_layer, with_utility_vm};
use crate::importer::Shop;

#[test]
fn a_base_layer_is_imported_once() {
    let Some(shop) = Shop::new() else { return };
    let base = with_utility_vm(base_layer("10.0.20348.2402")).finish();
    let ids = shop.put("app", &Image::of("10.0.20348.2402", vec![base]));
    shop.import("app");
    shop.holds(&ids, "after the import");
    let calls = |function: &str| shop.host.calls_of(function).len();
    assert_eq!((calls("ProcessBaseImage"), calls("ProcessUtilityImage")), (1, 1));
    assert!(shop.place(&ids[0], "blank.vhdx").is_file());
    assert!(shop.place(&ids[0], "UtilityVM/SystemTemplate.vhdx").is_file());
    assert_eq!(std::fs::read(shop.place(&ids[0], "Hives/Sam_Base")).unwrap(), b"Sam");
    shop.import("app");
    assert_eq!((calls("ProcessBaseImage"), calls("ProcessUtilityImage")), (1, 1));
    shop.host.has_nothing_left();
}
