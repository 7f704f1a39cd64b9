//! `wincompat pull --dry-run`: what is in the layers and would be refused, with nothing kept.

use super::*;
use crate::support::layers::archive::{Archive, Meta};
use crate::support::layers::hostile_archives::archive;

fn layer(tar: Vec<u8>) -> Layer {
    Layer { media_type: PLAIN, diff_id: Digest::of(&tar), stored: tar, urls: Vec::new() }
}

fn base() -> Layer {
    layer(archive(|archive| archive.hard_link("Files/h", "Files/f")))
}

#[test]
fn what_could_be_imported_is_counted_and_not_kept() {
    let upper = layer(archive(|archive| archive.whiteout("Files/gone").link("Files/l", "C:\\Users", &Meta::attributes(0x400))));
    let shop = Shop::well_behaved(vec![base(), upper]);
    let answer = shop.pull(&["--dry-run", "--format", "json"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let census = answer.json();
    assert_eq!((&census["schema"], &census["refused"]), (&json!("wincompat/layers/v1"), &json!(0)));
    assert_eq!(census["digest"], shop.printed().trim_end());
    let counted = |layer: usize, what: &str| census["layers"][layer][what].clone();
    for (what, of_base, of_upper) in [
        ("entries", 6, 7),
        ("files", 3, 3),
        ("folders", 2, 2),
        ("hardLinks", 1, 0),
        ("links", 0, 1),
        ("whiteouts", 0, 1),
        ("streams", 0, 0),
        ("longest", 15, 15),
    ] {
        assert_eq!((counted(0, what), counted(1, what)), (json!(of_base), json!(of_upper)), "{what}");
    }
    assert_eq!(counted(0, "longestPath"), "Files/also-good");
    assert_eq!(counted(0, "uncompressed"), json!(shop.layers[0].stored.len()));
    assert!(!shop.store().exists(), "no store is made");
    let text = shop.pull(&["--dry-run"]);
    assert!(text.out.ends_with("Nothing would be refused. Nothing was kept.\n"), "{}", text.out);
}

#[test]
fn what_would_be_refused_is_listed_by_reason() {
    let mut written = Archive::with_files();
    for number in 0..7 {
        written.file(&format!("Files/no/{number}"), &Meta::default(), b"x");
    }
    written.file("Files/CON", &Meta::default(), b"x").file("Files/good", &Meta::default(), b"x");
    let shop = Shop::well_behaved(vec![base(), layer(written.finish())]);
    let answer = shop.pull(&["--dry-run", "--format=json"]);
    assert_eq!(answer.code, 1, "{}", answer.err);
    let census = answer.json();
    assert_eq!(census["refused"], 8);
    assert_eq!(census["layers"][0]["refused"], json!([]));
    let upper = &census["layers"][1];
    assert_eq!((&upper["files"], &upper["complete"]), (&json!(1), &json!(true)), "it goes on behind what is refused");
    assert_eq!(
        upper["refused"],
        json!([
            { "reason": "a part of its name is the name of a device", "count": 1, "first": ["Files/CON"] },
            { "reason": "its directory does not come before it", "count": 7,
              "first": ["Files/no/0", "Files/no/1", "Files/no/2", "Files/no/3", "Files/no/4"] },
        ])
    );
    let text = shop.pull(&["--dry-run"]);
    assert_eq!(text.code, 1);
    assert!(text.out.contains("\n  Refused, 7: its directory does not come before it\n    Files/no/0\n"), "{}", text.out);
    assert!(text.out.ends_with("8 entries would be refused, and the image with them. Nothing was kept.\n"), "{}", text.out);
    assert!(!shop.store().exists());
}

#[test]
fn a_layer_that_cannot_be_read_on_says_so_and_one_that_does_not_come_is_a_failure() {
    let mut cut = archive(|archive| archive);
    cut.truncate(512 * 3 + 100);
    let shop = Shop::well_behaved(vec![base(), layer(cut)]);
    let answer = shop.pull(&["--dry-run", "--format=json"]);
    assert_eq!(answer.code, 1, "{}", answer.err);
    assert_eq!(answer.json()["layers"][1]["complete"], json!(false));

    let damaged = Layer { diff_id: Digest::of(b"another"), ..base() };
    let shop = Shop::well_behaved(vec![damaged]);
    let answer = shop.pull(&["--dry-run"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{}", answer.err);
    assert!(answer.err.contains("is not the one the image names"), "{}", answer.err);
    let images = Images::default().windows("app", "1", &[image_of(&[base()])]);
    let shop = Shop::new(vec![base()], move |request| images.respond(request));
    let answer = shop.pull(&["--dry-run"]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{}", answer.err);
}
