//! Pages for `tests/html.sh`, which looks at them in a browser: written where `HTML_PAGES` says.

use std::path::Path;

use serde_json::Value;
use wincompat::report::Report;

use super::{hostile, rendered, sample};

/// A report of this many images and hosts, with every outcome.
fn mixed(images: usize, hosts: usize) -> Report {
    let help = "use mcr.microsoft.com/windows/nanoserver:ltsc2022; or run this image on a host of build 26100 or newer";
    let mismatch = sample::finding("build-mismatch", "error", "process isolation needs matching builds", help);
    let flag =
        sample::finding("other-isolation-possible", "note", "hyperv isolation would work here", "run it with --isolation=hyperv");
    let newer = sample::finding("image-newer-than-host", "error", "the image is newer than the host", help);
    let old = sample::finding("image-end-of-support", "warning", "the base image has had no updates since 2020-12-08", help);
    let pair = |image: usize, host: usize| -> Value {
        let on = sample::host(&format!("web{host:02}.example.test"), &format!("10.0.20348.{host}"));
        let name = format!("registry.example.test/team-{}/app:{image}", image % 7);
        let (taken, ok, findings) = match (image * 31 + host * 7) % 11 {
            0 if image.is_multiple_of(5) => (None, Some(false), vec![newer.clone(), old.clone()]),
            1 if image % 5 == 1 => (None, Some(false), vec![mismatch.clone(), flag.clone()]),
            2 if image % 5 == 2 => (None, None, vec![old.clone()]),
            3..=5 => (Some("hyperv"), Some(true), vec![old.clone()]),
            _ => (Some("process"), Some(true), vec![]),
        };
        sample::result(&name, on, taken, ok, findings)
    };
    let pairs = (0..images).flat_map(|image| (0..hosts).map(move |host| (image, host)));
    sample::of(pairs.map(|(image, host)| pair(image, host)).collect(), vec![])
}

#[test]
fn pages_for_a_browser() {
    let Ok(folder) = std::env::var("HTML_PAGES") else {
        println!("skipped: HTML_PAGES names no folder; tests/html.sh does");
        return;
    };
    let hostile = hostile::report(hostile::HOSTILE.concat().as_str());
    for (name, report) in [("sample", sample::report()), ("hostile", hostile), ("large", mixed(1000, 50))] {
        std::fs::write(Path::new(&folder).join(format!("{name}.html")), rendered("html", &report)).unwrap();
    }
}
