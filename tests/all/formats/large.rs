//! Reports with more than a service takes.

use serde_json::Value;
use wincompat::report::Report;

use super::{html, rendered, sample, sarif};

/// Images on hosts that all fail.
fn failing(images: usize, hosts: usize) -> Report {
    let finding = sample::finding("build-mismatch", "error", "the builds differ", "");
    let result = sample::result("app", sample::host("web", "10.0.20348.1"), None, Some(false), vec![finding]);
    let mut report = sample::of(vec![result], vec![]);
    let one = report.results.remove(0);
    for (image, host) in (0..images).flat_map(|image| (0..hosts).map(move |host| (image, host))) {
        let mut entry = one.clone();
        entry.image.reference = format!("app:{image}");
        entry.host.label = format!("web{host}");
        report.results.push(entry);
    }
    report
}

/// Images that pass on hosts with a warning, but for two of them on the first host.
fn two_of_many_fail(images: usize, hosts: usize) -> Report {
    let warning = sample::finding("explicit-isolation-needed", "warning", "this image needs a flag on this server", "");
    let newer = sample::finding(
        "image-newer-than-host",
        "error",
        "image 10.0.20348.1007 (ltsc2022) is newer than host 10.0.17763 (Windows Server 2019), so it cannot run there in any isolation mode",
        "use an image built on ltsc2019 (build 17763); or run this image on a host of build 20348 or newer",
    );
    let pair = |image: usize, host: usize| {
        let (image, fails) = (format!("registry.test/app:{image}"), host == 0 && (image == 7 || image == 42));
        let host = sample::host(&format!("Windows Server 20{}", 16 + 3 * host), "10.0.17763.1");
        let (taken, ok, finding) = if fails { (None, false, &newer) } else { (Some("hyperv"), true, &warning) };
        let mut result = sample::result(&image, host, taken, Some(ok), vec![finding.clone()]);
        // An image without an index.
        result["candidates"].as_array_mut().unwrap().truncate(1);
        result
    };
    sample::of(
        (0..images).flat_map(|image| (0..hosts).map(move |host| (image, host))).map(|(image, host)| pair(image, host)).collect(),
        vec![],
    )
}

#[test]
fn two_failures_among_many_are_read_at_once() {
    let text = rendered("table", &two_of_many_fail(100, 3));
    assert_eq!(text.matches("FAIL").count(), 2, "{text}");
    assert!(text.contains("Assumed about all 3 hosts: "), "{text}");
    assert!(text.lines().count() <= 15, "{text}");
    assert!(text.ends_with("100 images on 3 hosts: 298 passed, 2 failed\n"), "{text}");
}

#[test]
fn images_that_fail_for_the_same_reasons_are_told_together() {
    let text = rendered("table", &failing(100, 3));
    let named = |image: usize| text.lines().filter(|line| line.contains(&format!(" app:{image} ["))).count();
    assert!((0..100).all(|image| named(image) == 1), "each has a line: {text}");
    assert_eq!(text.matches("the builds differ [build-mismatch]").count(), 1, "{text}");
    assert!(text.contains("each of these 100 images on web0, web1, web2: will not run"), "{text}");
    assert!(text.lines().count() <= 110, "{text}");
    // A few have their own paragraphs.
    let few = rendered("table", &failing(3, 2));
    assert_eq!(few.matches("the builds differ [build-mismatch]").count(), 3, "{few}");
}

#[test]
fn a_matrix_has_a_line_for_each_image() {
    let text = rendered("matrix", &two_of_many_fail(100, 10));
    assert_eq!(text.matches("FAIL").count(), 2, "{text}");
    assert!(text.lines().count() <= 110, "{text}");
}

#[test]
fn code_scanning_gets_no_more_than_it_takes() {
    let log: Value = serde_json::from_str(&rendered("sarif", &failing(501, 50))).unwrap();
    sarif::assert_well(&log);
    let run = &log["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 25_000);
    let said = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
    assert!(said.starts_with("50 further results are left out"), "{said}");
}

#[test]
fn a_page_grows_with_the_cells_and_not_with_their_findings() {
    let page = rendered("html", &failing(100, 50));
    let seen = html::seen(&page);
    assert_eq!((seen.count("td"), seen.count("section")), (5000 + 50 * 6, 100));
    assert!(page.len() < 600_000, "{} bytes", page.len());
}
