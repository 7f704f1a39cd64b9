//! JUnit, read by an XML parser and held to the rules of the schema that Jenkins validates with.

use roxmltree::{Document, Node};

use super::{rendered, sample};

/// Attributes that may stand on an element, and elements that may stand in it.
const RULES: [(&str, &[&str], &[&str]); 6] = [
    ("testsuites", &["name", "tests", "failures", "errors", "time"], &["testsuite"]),
    ("testsuite", &["name", "tests", "failures", "errors", "skipped", "time"], &["testcase", "properties"]),
    ("testcase", &["name", "classname", "time"], &["failure", "error", "system-out"]),
    ("failure", &["type", "message"], &[]),
    ("error", &["type", "message"], &[]),
    ("system-out", &[], &[]),
];

/// Holds an element and what is in it to the rules.
fn assert_well(node: Node<'_, '_>) {
    let name = node.tag_name().name();
    let (_, attributes, elements) = RULES.iter().find(|(known, ..)| *known == name).unwrap_or_else(|| panic!("<{name}>"));
    for attribute in node.attributes() {
        assert!(attributes.contains(&attribute.name()), "{} on <{name}>", attribute.name());
    }
    if name.starts_with("testsuite") || name == "testcase" {
        assert!(node.attribute("name").is_some_and(|name| !name.is_empty()), "{node:?}");
    }
    for child in node.children().filter(Node::is_element) {
        assert!(elements.contains(&child.tag_name().name()), "{child:?} in <{name}>");
        assert_well(child);
    }
}

/// Parses a document, and returns what a pipeline would show: each case as suite, case and outcome.
pub fn cases(text: &str) -> Vec<[String; 3]> {
    let document = Document::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    assert_well(root);
    let mut cases = Vec::new();
    for suite in root.children().filter(Node::is_element) {
        let here: Vec<Node<'_, '_>> = suite.children().filter(Node::is_element).collect();
        let count = |name: &str| here.iter().filter(|case| case.children().any(|child| child.has_tag_name(name))).count();
        for (attribute, number) in [("tests", here.len()), ("failures", count("failure")), ("errors", count("error"))] {
            assert_eq!(suite.attribute(attribute), Some(&*number.to_string()), "{attribute} of {suite:?}");
        }
        for case in here {
            let outcome = case.children().find(|child| child.has_tag_name("failure") || child.has_tag_name("error"));
            let outcome = outcome.map_or("passed", |outcome| outcome.tag_name().name());
            let attribute = |node: Node<'_, '_>| node.attribute("name").unwrap().to_owned();
            cases.push([attribute(suite), attribute(case), outcome.to_owned()]);
        }
    }
    cases
}

#[test]
fn a_test_for_each_image_on_each_host() {
    let text = rendered("junit", &sample::report());
    let cases = cases(&text);
    let expected = [
        ("registry.test/app:ltsc2022", "web01", "passed"),
        ("registry.test/app:ltsc2022", "web02", "passed"),
        ("registry.test/app:1809", "web01", "failure"),
        ("registry.test/app:1809", "web02", "passed"),
        ("registry.test/app:ltsc2025", "web01 at deploy/Dockerfile:3", "failure"),
        ("registry.test/app:ltsc2025", "web02 at deploy/Dockerfile:3", "failure"),
        ("registry.test/app:unversioned", "web01", "error"),
        ("registry.test/app:unversioned", "web02", "passed"),
        ("registry.test/gone:1", "the image is read", "error"),
        ("private.test/app", "the image is read", "error"),
    ];
    assert_eq!(cases, expected.map(|(suite, case, outcome)| [suite, case, outcome].map(str::to_owned)));
    // The reason and what to do are in the failure.
    let document = Document::parse(&text).unwrap();
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    assert_eq!(failure.attribute("type"), Some("build-mismatch"));
    assert!(failure.text().unwrap().contains("hint: for process isolation use registry.test/app:ltsc2022"));
}

/// Two cases of one name are one to Jenkins.
#[test]
fn hosts_of_one_label_have_names_of_their_own() {
    let mut without = sample::host("web", "10.0.20348.1");
    without["hyperv"] = "unavailable".into();
    let mut file = sample::host("web", "10.0.20348.1");
    file["file"] = "web.reg".into();
    let hosts = [sample::host("web", "10.0.20348.1"), without, file, sample::host("db", "10.0.20348.1")];
    let results = hosts.map(|host| sample::result("app:1", host, Some("process"), Some(true), vec![]));
    let names: Vec<String> =
        cases(&rendered("junit", &sample::of(results.into(), vec![]))).into_iter().map(|[_, case, _]| case).collect();
    assert_eq!(names, ["web (with Hyper-V)", "web (without Hyper-V)", "web (with Hyper-V) #2", "db"]);
}

/// Where no isolation is named, Docker on a client takes another one than Kubernetes.
#[test]
fn a_host_whose_engines_differ_is_one_host_with_two_names() {
    let mut of_docker = sample::host("dev", "10.0.26100.1");
    of_docker["default"] = "hyperv".into();
    let hosts = [of_docker, sample::host("dev", "10.0.26100.1")];
    let results = hosts.map(|host| sample::result("app:1", host, Some("process"), Some(true), vec![]));
    let report = sample::of(results.into(), vec![]);
    let names: Vec<String> = cases(&rendered("junit", &report)).into_iter().map(|[_, case, _]| case).collect();
    assert_eq!(names, ["dev (Hyper-V by default)", "dev (process by default)"]);
    assert!(rendered("markdown", &report).contains("1 image on 1 host: 2 passed, 0 failed"));
}

/// A failure in one place is not hidden by a pass in another, and each is counted.
#[test]
fn each_result_of_an_image_in_several_places_is_a_case() {
    let one = |ok: bool, file: &str| {
        let taken = ok.then_some("process");
        let findings = if ok { vec![] } else { vec![sample::finding("build-mismatch", "error", "the builds differ", "")] };
        let result = sample::result("app:1", sample::host("web01", "10.0.20348.1"), taken, Some(ok), findings);
        sample::found_in(result, file, 3, 1)
    };
    let files: Vec<String> = (0..300).map(|number| format!("{number}/Dockerfile")).collect();
    let failing = files.iter().map(|file| one(false, file));
    let report = sample::of(failing.chain([one(true, "z/Dockerfile"), one(true, "z/Dockerfile")]).collect(), vec![]);
    let cases = cases(&rendered("junit", &report));
    assert_eq!(cases.iter().filter(|[.., outcome]| outcome == "failure").count(), report.summary.not_ok);
    assert_eq!(cases[7], ["app:1", "web01 at 7/Dockerfile:3", "failure"].map(str::to_owned));
    let names: std::collections::BTreeSet<&String> = cases.iter().map(|[_, name, _]| name).collect();
    assert_eq!((cases.len(), names.len()), (302, 302));
    // The same in a cell, and where it fails.
    assert!(rendered("matrix", &report).contains("FAIL\u{1b}[0m app:1"));
    let markdown = rendered("markdown", &report);
    assert!(markdown.contains("| `app:1` | ❌ FAIL |"), "{markdown}");
    assert!(markdown.contains("on web01: **will not run**\n  - at 0/Dockerfile:3, 1/Dockerfile:3"), "{markdown}");
    let html = rendered("html", &report);
    assert!(html.contains("<td class=\"fail\">") && html.contains("FAIL on 1 host<"), "{html}");
    assert!(html.contains("0/Dockerfile:3, 1/Dockerfile:3"), "{html}");
}
