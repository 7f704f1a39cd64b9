//! Thousands of archives that are nearly right: whatever they say, the decoder says yes or no, and a no leaves nothing.

use std::collections::BTreeMap;

use wincompat::internals::layer::{LayerError, Limits, Options, Position, decode};

use super::options;
use crate::layers::golden::DESCRIPTOR;
use crate::support::layers::archive::{Archive, Meta};
use crate::support::layers::synthetic::Numbers;
use crate::support::layers::tree::Tree;

fn layer() -> Vec<u8> {
    let meta = Meta {
        security: Some(DESCRIPTOR.to_vec()),
        extended_attributes: vec![("A".to_owned(), b"xyz".to_vec())],
        modified: Some("1700000000.5".to_owned()),
        created: Some("1600000000".to_owned()),
        ..Meta::default()
    };
    let mut archive = Archive::with_files();
    archive
        .directory("Files/d", &Meta { attributes: Some(0x10), ..meta.clone() })
        .file("Files/d/a", &Meta { attributes: Some(0x20), ..meta.clone() }, &[7; 700])
        .file("Files/d/a:s", &Meta::default(), b"alternate")
        .file(&format!("Files/{}", "long".repeat(40)), &meta, b"")
        .hard_link("Files/h", "Files/d/a")
        .link("Files/l", "d/a", &Meta::attributes(0x400))
        .link("Files/j", "C:/Users", &Meta { mount_point: true, ..Meta::attributes(0x410) })
        .whiteout("Files/w");
    archive.finish()
}

/// Where the headers are: their checksums are set right again, or nearly everything would fail there.
fn headers(layer: &[u8]) -> Vec<usize> {
    let mut at = 0;
    let mut headers = Vec::new();
    while layer[at] != 0 {
        headers.push(at);
        let size = std::str::from_utf8(&layer[at + 124..at + 135]).unwrap();
        at += 512 + usize::from_str_radix(size, 8).unwrap().next_multiple_of(512);
    }
    headers
}

fn set_checksums(layer: &mut [u8], headers: &[usize]) {
    for at in headers {
        let Some(header) = layer.get_mut(*at..at + 512) else { return };
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

#[test]
fn every_answer_is_yes_or_no() {
    let good = layer();
    let headers = headers(&good);
    let mut numbers = Numbers(4);
    let mut answers = BTreeMap::<String, u32>::new();
    for round in 0..6_000 {
        let mut layer = good.clone();
        for _ in 0..1 + numbers.below(3) {
            // Mostly where the headers and records are.
            let start = headers[numbers.below(headers.len())];
            let at = start + numbers.below(512);
            let byte = numbers.next() as u8;
            match round % 4 {
                0 => layer[at] = byte,
                1 => layer[at] ^= 1 << (byte % 8),
                2 => layer[at] = b"\0 /\\.:0179=\n\xff\x80"[usize::from(byte) % 14],
                _ => layer[at..at + 3].copy_from_slice(&good[start..start + 3]),
            }
        }
        set_checksums(&mut layer, &headers);
        if round % 16 == 0 {
            layer.truncate(numbers.below(layer.len()));
        }
        let limits = Limits { uncompressed: 1 << 20, entries: 100, ..Limits::default() };
        let position = if round % 8 == 0 { Position::Base } else { Position::Upper };
        let mut tree = Tree::default();
        let answer = match decode(&layer[..], &Options { limits, ..options(position) }, &mut tree) {
            Ok(_) => {
                assert!(tree.finished);
                "taken".to_owned()
            }
            Err(LayerError::Refused { reason, .. }) => {
                assert!(tree.aborted && tree.nodes.is_empty());
                format!("{reason:?}").split(['(', ' ']).next().unwrap().to_owned()
            }
            Err(other) => panic!("{other:?}"),
        };
        *answers.entry(answer).or_default() += 1;
    }
    // The mutations reach what they are for: many different answers, and no answer alone.
    assert!(answers.len() > 20, "{answers:?}");
    assert!(answers.values().all(|count| *count < 5_000), "{answers:?}");
}
