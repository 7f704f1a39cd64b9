//! The formats that people read agree: one word for one outcome, a place beside its hosts, and advice beside what it is for.

use serde_json::json;

use super::{Detail, rendered, rendered_with, sample};

/// What needs a flag is counted apart, so its row has another word than what fails.
#[test]
fn what_needs_a_flag_is_called_so_everywhere() {
    let report = sample::report();
    let text = rendered("table", &report);
    assert_eq!(text.matches("FAIL").count(), 1, "{text}");
    assert!(text.contains("mflag \u{1b}[0m registry.test/app:1809"), "{text}");
    assert!(text.contains("1 needs a flag, 2 failed"), "{text}");
    assert!(rendered("matrix", &report).contains("mflag\u{1b}"), "the matrix");
    let other = sample::finding("other-isolation-possible", "note", "Hyper-V isolation would work here", "");
    let only = sample::result("app:1", sample::host("web01", "10.0.20348.1"), None, Some(false), vec![other]);
    let text = rendered("table", &sample::of(vec![only], vec![]));
    assert!(text.contains("flag") && !text.contains("FAIL"), "{text}");
}

/// The entries of an image are named where it fails, and where every part of a result is shown.
#[test]
fn the_entries_of_an_image_that_passes_are_shown_on_demand() {
    let entries = "entries: 10.0.20348.2402 amd64, 10.0.17763.1 amd64";
    let passing = |image: &str| sample::result(image, sample::host("web01", "10.0.20348.1"), Some("process"), Some(true), vec![]);
    for (images, number) in [(&["app:1"][..], 1), (&["app:1", "app:2"], 2)] {
        let report = sample::of(images.iter().map(|image| passing(image)).collect(), vec![]);
        assert_eq!(rendered("table", &report).matches("entries:").count(), 0);
        let text = rendered_with("table", &report, Detail::Every);
        assert_eq!(text.matches(entries).count(), number, "{text}");
    }
    // An image without an index has none.
    let mut alone = passing("app:1");
    alone["candidates"].as_array_mut().unwrap().truncate(1);
    let text = rendered_with("table", &sample::of(vec![alone], vec![]), Detail::Every);
    assert!(!text.contains("entries:"), "{text}");
}

/// A finding that is denied makes an undecided result fail, and says nothing of whether the image runs.
#[test]
fn an_undecided_result_that_fails_is_not_said_to_fail_to_run() {
    let missing = sample::finding("os-version-missing", "error", "image has no os.version", "");
    let entry = |taken: serde_json::Value, process: serde_json::Value| {
        let mut entry = sample::result("app:1", sample::host("web01", "10.0.20348.1"), None, Some(false), vec![missing.clone()]);
        entry["verdict"] = json!("unknown");
        entry["process"]["possible"] = process;
        entry["hyperv"]["possible"] = json!(null);
        entry["engine"]["takes"] = taken;
        entry
    };
    let takes = |outcome: &str| json!({"candidate": 0, "isolation": "process", "outcome": outcome, "says": null});
    let no = || json!(null);
    for (takes, process, is_open) in [
        (no(), no(), true),
        // Hyper-V isolation, of which nothing is known, was not asked for: the host's default is process isolation.
        (no(), json!(false), false),
        (takes("unknown"), json!(false), true),
        (takes("refuses"), no(), false),
    ] {
        let report = sample::of(vec![entry(takes.clone(), process)], vec![]);
        for format in ["table", "junit", "markdown"] {
            let text = rendered(format, &report);
            assert_eq!(text.contains("not known, and fails because of a finding that is denied"), is_open, "{takes}: {text}");
            assert_eq!(text.contains("will not run"), !is_open, "{takes}: {text}");
        }
    }
}

/// The parts of a build that no host can run whole fail by themselves: nobody denied the finding that says so.
#[test]
fn a_build_that_no_host_runs_whole_is_not_said_to_be_denied() {
    let whole = sample::finding("build-fits-no-host", "error", "not one host can run all images of this build", "");
    let host = || sample::host("web01", "10.0.20348.1");
    let entry = sample::result("app:1", host(), Some("process"), Some(false), vec![whole.clone()]);
    let mut open = sample::result("app:2", host(), None, Some(false), vec![whole]);
    open["verdict"] = json!("unknown");
    open["process"]["possible"] = json!(null);
    open["hyperv"]["possible"] = json!(null);
    let report = sample::of(vec![entry, open], vec![]);
    for format in ["table", "junit", "markdown"] {
        let text = rendered(format, &report);
        assert!(text.contains("would run, but no host runs all of its build or job"), "{text}");
        assert!(text.contains("not known, but no host runs all of its build or job"), "{text}");
        assert!(!text.contains("denied"), "{text}");
    }
}

/// A pipeline names its own machine: the other hosts of the image are not those of its line.
#[test]
fn a_place_stands_beside_its_own_hosts() {
    let finding = sample::finding("build-mismatch", "error", "the builds differ", "use app:2");
    let at = |host: &str, file: &str| {
        let host = sample::host(host, "10.0.20348.1");
        sample::found_in(sample::result("app:1", host, None, Some(false), vec![finding.clone()]), file, 5, 1)
    };
    let all = vec![at("web01", "api/Dockerfile"), at("web02", "api/Dockerfile"), at("web02", "azure-pipelines.yml")];
    let report = sample::of(all.clone(), vec![]);
    let markdown = rendered("markdown", &report);
    for line in ["  - at api/Dockerfile:5 on web01, web02\n", "  - at azure-pipelines.yml:5 on web02\n"] {
        assert!(markdown.contains(line), "{markdown}");
    }
    let text = rendered("table", &report);
    assert!(text.contains("at api/Dockerfile:5 on web01, web02") && text.contains("at azure-pipelines.yml:5 on web02"), "{text}");
    let html = rendered("html", &report);
    assert!(html.contains("azure-pipelines.yml:5 on web02"), "{html}");
    // The same hosts at each place are said once.
    let same = vec![all[1].clone(), all[2].clone()];
    let markdown = rendered("markdown", &sample::of(same, vec![]));
    assert!(markdown.contains("  - at api/Dockerfile:5, azure-pipelines.yml:5\n"), "{markdown}");
}

/// Each kind of file has its own way to ask for an isolation.
#[test]
fn advice_that_differs_by_place_is_said_with_its_place() {
    let at = |file: &str, help: &str| {
        let finding = sample::finding("build-mismatch", "error", "the builds differ", help);
        let host = sample::host("web01", "10.0.20348.1");
        sample::found_in(sample::result("app:1", host, None, Some(false), vec![finding]), file, 3, 1)
    };
    let report = sample::of(vec![at("Dockerfile", "add a flag"), at("compose.yaml", "add a key")], vec![]);
    let text = rendered("table", &report);
    assert!(text.contains("hint for Dockerfile:3: add a flag") && text.contains("hint for compose.yaml:3: add a key"), "{text}");
    let markdown = rendered("markdown", &report);
    assert!(markdown.contains("hint for compose.yaml:3: add a key"), "{markdown}");
}
