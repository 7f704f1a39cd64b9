//! Reports with more than a service takes.

use serde_json::Value;
use wincompat::report::Report;

use super::{Detail, html, rendered, rendered_with, sample, sarif};

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

/// Images that pass on hosts with a warning, but for two of them on the first hosts, which are so many.
fn two_of_many_fail(images: usize, hosts: usize, failing: usize) -> Report {
    let warning = sample::finding("explicit-isolation-needed", "warning", "this image needs a flag on this server", "");
    let newer = sample::finding(
        "image-newer-than-host",
        "error",
        "image 10.0.20348.1007 (ltsc2022) is newer than host 10.0.17763 (Windows Server 2019), so it cannot run there in any isolation mode",
        "use an image built on ltsc2019 (build 17763); or run this image on a host of build 20348 or newer",
    );
    let pair = |image: usize, host: usize| {
        let (image, fails) = (format!("registry.test/app:{image}"), host < failing && (image == 7 || image == 42));
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
    for (failing, sum) in [(1, "298 passed, 2 failed"), (2, "296 passed, 4 failed")] {
        let text = rendered("table", &two_of_many_fail(100, 3, failing));
        assert_eq!(text.matches("FAIL").count(), 2, "{text}");
        assert_eq!(text.matches("[image-newer-than-host]").count(), 1, "{text}");
        assert!(text.contains("each of these 2 images on "), "{text}");
        assert!(text.contains("Assumed about all 3 hosts: "), "{text}");
        assert!(text.lines().count() <= 15, "{text}");
        assert!(text.ends_with(&format!("100 images on 3 hosts: {sum}\n")), "{text}");
    }
}

#[test]
fn images_that_fail_for_the_same_reasons_are_told_together() {
    let text = rendered("table", &failing(100, 3));
    let named = |image: usize| text.lines().filter(|line| line.contains(&format!(" app:{image} ["))).count();
    assert!((0..100).all(|image| named(image) == 1), "each has a line: {text}");
    assert_eq!(text.matches("the builds differ [build-mismatch]").count(), 1, "{text}");
    assert!(text.contains("each of these 100 images on web0, web1, web2: will not run"), "{text}");
    assert!(text.lines().count() <= 110, "{text}");
    // So are two; one has a paragraph of its own.
    for images in [1, 2] {
        let few = rendered("table", &failing(images, 2));
        assert_eq!(few.matches("the builds differ [build-mismatch]").count(), 1, "{few}");
        assert_eq!(few.contains("each of these"), images == 2, "{few}");
    }
    // Where every result is shown, each has its own.
    let every = rendered_with("table", &failing(3, 2), Detail::Every);
    assert_eq!(every.matches("the builds differ [build-mismatch]").count(), 3, "{every}");
}

#[test]
fn images_that_need_the_same_flag_are_told_together() {
    let needs_flag = |image: &str| {
        let help = format!("for Hyper-V isolation run `docker run --isolation=hyperv {image}`");
        let findings = vec![
            sample::finding("build-mismatch", "error", "the builds differ", &help),
            sample::finding("other-isolation-possible", "note", "Hyper-V isolation is possible", ""),
        ];
        sample::result(image, sample::host("web", "10.0.20348.1"), None, Some(false), findings)
    };
    let text = rendered("table", &sample::of(vec![needs_flag("svc:1"), needs_flag("svc:2")], vec![]));
    assert!(text.contains(" svc:1 [") && text.contains(" svc:2 ["), "{text}");
    assert!(text.contains("each of these 2 images on web: "), "{text}");
    assert_eq!(text.matches("`docker run --isolation=hyperv IMAGE`").count(), 1, "{text}");
    assert!(!text.contains("--isolation=hyperv svc"), "{text}");
    // One alone is named.
    let text = rendered_with("table", &sample::of(vec![needs_flag("svc:1")], vec![]), Detail::Failures);
    assert!(text.contains("`docker run --isolation=hyperv svc:1`") && !text.contains("IMAGE"), "{text}");
}

#[test]
fn a_matrix_has_a_line_for_each_image() {
    let text = rendered("matrix", &two_of_many_fail(100, 10, 1));
    assert_eq!(text.matches("FAIL").count(), 2, "{text}");
    assert!(text.lines().count() <= 110, "{text}");
    // With failures alone, what passes has no line.
    let text = rendered_with("matrix", &two_of_many_fail(100, 10, 1), Detail::Failures);
    let images: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once("registry.test/app:")?.1)).collect();
    assert_eq!(images, ["7", "42"], "{text}");
    assert!(text.starts_with("hosts: ") && text.contains("P process isolation"), "{text}");
    assert_eq!(rendered_with("matrix", &two_of_many_fail(100, 10, 0), Detail::Failures), "");
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
