//! The answer about a repository of a team, in each format.

use std::path::Path;

use serde_json::Value;
use wincompat::report::scanned::ScanReport;
use wincompat::report::{Printed, Report};

use super::{Checked, Repository, summary};
use crate::formats::html;
use crate::support::registry::images::Images;
use crate::support::registry::windows::WindowsImage;

/// The images that the repository of `fixtures/scan` names.
fn images() -> Images {
    let of = WindowsImage::of;
    let (server_2019, server_2022, server_2025) = (of("10.0.17763.6293"), of("10.0.20348.2762"), of("10.0.26100.2033"));
    let mut linux = of("").indexed("os", "linux").stated("os", "linux");
    for facts in [&mut linux.platform, &mut linux.config] {
        facts.as_object_mut().unwrap().remove("os.version");
    }
    let mut images = Images::default();
    for (tag, image) in [("ltsc2019", &server_2019), ("ltsc2022", &server_2022), ("ltsc2025", &server_2025)] {
        images = images.windows("windows/servercore", tag, std::slice::from_ref(image));
        let suffixed = format!("8.0-nanoserver-{tag}");
        images = images.windows("dotnet/sdk", &suffixed, std::slice::from_ref(image));
        images = images.windows("dotnet/aspnet", &suffixed, std::slice::from_ref(image));
    }
    let every = [server_2019.clone(), server_2022.clone(), server_2025];
    images
        .windows("library/golang", "1.25", &[linux.clone(), server_2022.clone()])
        .windows("shop/certificates", "3", std::slice::from_ref(&server_2019))
        .windows("shop/migrate", "4.2", &every)
        .windows("shop/queue", "4.2", &every)
        .windows("shop/web", "4.2", &every)
        .windows("shop/web", "4.2-ltsc2022", &[server_2022])
        .windows("shop/trace", "1-ltsc2019", std::slice::from_ref(&server_2019))
        .windows("shop/agent", "1-ltsc2019", &[server_2019])
        .windows("tools/mailbox", "1", &[linux])
}

/// What is different each time: the port of the registry, and when an image was read.
pub(super) fn steady(text: &str, repository: &Repository) -> String {
    let mut text = text.replace(&repository.server.name(), "127.0.0.1:50000").replace("\r\n", "\n");
    for (field, close) in [("\"read\":\"", "\""), ("\"read\": \"", "\""), ("timestamp=\"", "\""), ("written on ", " UTC")] {
        let mut from = 0;
        while let Some(at) = text[from..].find(field).map(|at| from + at + field.len()) {
            let end = at + text[at..].find(close).unwrap();
            text.replace_range(at..end, "…");
            from = at;
        }
    }
    text
}

fn scanned(repository: &Repository, arguments: &[&str]) -> (i32, String, String) {
    let checked = Checked::of(Images::default());
    let knowledge = checked.timeless();
    // Beside the folder, as it is typed: the report holds its path.
    let hosts = ["--hosts", "../nodes.json", "--knowledge", &knowledge];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scan/shop");
    let answer = repository.scan_in(&folder, &[&hosts, arguments].concat());
    (answer.code, answer.out, answer.err)
}

#[test]
fn every_place_of_the_repository_is_judged_or_said() {
    let repository = Repository::with(images());
    let (code, out, err) = scanned(&repository, &["--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let warnings: Vec<&str> = err.lines().filter(|line| line.starts_with("warning: ")).collect();
    insta::assert_snapshot!(
        "repository",
        steady(&format!("exit code {code}\n{}\n{}\n", summary(&report).join("\n"), warnings.join("\n")), &repository)
    );
    // Each image is read once, whatever number of places name it.
    let mut asked = repository.asked();
    asked.retain(|path| path.contains("/manifests/") && !path.contains("sha256:"));
    let number = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), number, "{asked:?}");
}

#[test]
fn every_format_of_the_repository() {
    let repository = Repository::with(images());
    let names: Vec<&str> = ScanReport::FORMATS.iter().map(|format| format.name).collect();
    assert_eq!(names[0], "text");
    assert_eq!(names.len(), Report::FORMATS.len());
    for name in names.into_iter().filter(|name| *name != "json") {
        let (code, mut out, _) = scanned(&repository, &["--format", name]);
        assert_eq!(code, 1, "{name}");
        if name == "html" {
            out = html::without_style_and_script(&out);
        }
        insta::assert_snapshot!(format!("repository-{name}"), steady(&out, &repository));
    }
}

/// An image is one, whatever stands between its places.
#[test]
fn an_image_in_several_places_is_one_in_each_format() {
    let shop = Repository::new();
    for (folder, tag) in [("a", "ltsc2019"), ("b", "ltsc2022"), ("c", "ltsc2019")] {
        shop.file(format!("{folder}/Dockerfile"), format!("FROM registry.test/app:{tag}\n"));
    }
    for (format, signs) in [
        ("matrix", &["registry.test/app:ltsc2019\n"][..]),
        ("markdown", &["- `registry.test/app:ltsc2019`", "| `registry.test/app:ltsc2019` |", "a/Dockerfile:1, c/Dockerfile:1"]),
        ("junit", &["<testsuite name=\"registry.test/app:ltsc2019\" tests=\"2\""]),
        ("html", &["<details class=\"image\" id=\"i0\"", "<details class=\"image\" id=\"i1\"", "<tr data-i=\"i1\""]),
    ] {
        let answer = shop.scan(&["--host=ltsc2022", "--format", format]);
        assert_eq!(answer.code, 1, "{answer:?}");
        for sign in signs {
            assert_eq!(answer.out.replace("\r\n", "\n").matches(sign).count(), 1, "{format} {sign}: {}", answer.out);
        }
        assert!(!answer.out.contains("id=\"i2\""), "{format}: {}", answer.out);
    }
    // One that is judged in one place, and not in another.
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeSelector: {a: b}, containers: [{name: a, image: 'registry.test/app:ltsc2019'}]}\n";
    shop.file("pod.yaml", pod);
    let answer = shop.scan(&["--host=ltsc2022", "--format=junit"]);
    assert_eq!(answer.out.matches("<testsuite name=\"registry.test/app:ltsc2019\" tests=\"3\"").count(), 1, "{}", answer.out);
}

/// More than three have one paragraph, in which each has a line with its places; with `--verbose` each has its own.
#[test]
fn images_that_fail_for_the_same_reasons_are_told_together() {
    let names: Vec<String> = (0..4).map(|number| format!("app{number}")).collect();
    let version = WindowsImage::of("10.0.20348.1");
    let with = |images: Images, name: &String| images.windows(name, "1", std::slice::from_ref(&version));
    let shop = Repository::with(names.iter().fold(Images::default(), with));
    let file = |folder: &str, name: &str| shop.file(format!("{folder}/Dockerfile"), format!("FROM registry.test/{name}:1\n"));
    names.iter().take(3).for_each(|name| file(name, name));
    let reason = "image 10.0.20348.1 (ltsc2022) is newer than host";
    let few = shop.scan(&["--host=ltsc2019"]);
    assert_eq!((few.code, few.out.matches(reason).count()), (1, 3), "{}", few.out);
    assert!(few.out.contains("1 | FROM registry.test/app2:1"), "{}", few.out);
    file("app3", "app3");
    file("other", "app3");
    let many = shop.scan(&["--host=ltsc2019", "--quiet"]);
    assert_eq!((many.code, many.out.matches(reason).count(), many.out.matches("help: ").count()), (1, 1, 1), "{}", many.out);
    let heading = "error[image-newer-than-host]: each of these 4 images on Windows Server 2019: will not run\n";
    assert!(many.out.starts_with(heading), "{}", many.out);
    for line in ["registry.test/app0:1 at app0/Dockerfile:1", "registry.test/app3:1 at app3/Dockerfile:1, other/Dockerfile:1"] {
        assert!(many.out.lines().any(|shown| shown.ends_with(&format!("note: {line}"))), "{line}: {}", many.out);
    }
    let every = shop.scan(&["--host=ltsc2019", "--verbose"]);
    assert_eq!(every.out.matches(reason).count(), 4, "{}", every.out);
}

/// Alerts that were dismissed stay so, and a merge request shows no old problem as a new one.
#[test]
fn one_more_equal_host_makes_no_problem_new() {
    let shop = Repository::new();
    shop.file("Dockerfile", "FROM registry.test/app:ltsc2019\n");
    for (format, results, print) in
        [("sarif", "/runs/0/results", "/partialFingerprints/primaryLocationLineHash"), ("gitlab", "", "/fingerprint")]
    {
        let prints = |hosts: &[&str]| {
            let answer = shop.scan(&[&["--format", format], hosts].concat());
            assert_eq!(answer.code, 1, "{answer:?}");
            let document = answer.json();
            let results = document.pointer(results).unwrap().as_array().unwrap();
            results.iter().map(|one| one.pointer(print).unwrap().clone()).collect::<Vec<_>>()
        };
        let one = prints(&["--host=web=ltsc2022"]);
        assert!(!one.is_empty());
        assert_eq!(prints(&["--host=web=ltsc2022", "--host=db=ltsc2022"]), one, "{format}");
        assert_eq!(prints(&["--host=a=ltsc2022", "--host=web=ltsc2022", "--host=db=ltsc2022"]), one, "{format}");
    }
}
