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
