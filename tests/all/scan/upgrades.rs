//! `wincompat scan` for the hosts of today and those that come after them.

use serde_json::{Value, json};

use super::formats::steady;
use super::{Checked, Repository};
use crate::support::committed::assert_committed;
use crate::support::program::Answer;
use crate::support::registry::images::Images;
use crate::support::registry::windows::WindowsImage;

/// What changes, as `file:line change`.
fn changes(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let references = report["references"].as_array().unwrap().iter();
    references
        .map(|one| format!("{}:{} {}", text(&one["location"]["file"]), one["location"]["line"], text(&one["change"])))
        .collect()
}

const FROM_2019: &str = "FROM registry.test/app:ltsc2019\n";

#[test]
fn what_breaks_and_what_gains_is_told_apart() {
    let shop = Repository::new();
    let service = |name: &str, tag: &str, more: &str| format!("  {name}: {{image: 'registry.test/app:{tag}'{more}}}\n");
    let services = service("old", "ltsc2019", "")
        + &service("new", "ltsc2022", "")
        + &service("newest", "ltsc2025", "")
        + &service("apart", "ltsc2019", ", isolation: hyperv")
        + &service("gone", "gone", "");
    shop.file("compose.yaml", format!("services:\n{services}"));
    let (code, report) = shop.report(&["--host=ltsc2019", "--next-host=web=ltsc2022"]);
    assert_eq!(code, 1, "{report:#}");
    let expected = ["compose.yaml:2 breaks", "compose.yaml:3 gains-process", "compose.yaml:4 fails", "compose.yaml:5 works"];
    assert_eq!(changes(&report), expected);
    assert_eq!(report["references"][0]["next"]["hosts"], json!(["web"]));
    assert_eq!(report["references"][0]["next"]["findings"][0]["code"], json!("build-mismatch"));
    assert_eq!(report["references"][0]["today"]["use"], json!("process"));
    assert_eq!((&report["errors"][0]["kind"], &report["errors"][0]["location"]["line"]), (&json!("not-found"), &json!(6)));
    let expected = json!({"breaks": 1, "gainsProcess": 1, "works": 1, "fails": 1, "undecided": 0, "errors": 1});
    assert_eq!(report["summary"], expected);
    // The same hosts again change nothing.
    let (code, report) = shop.report(&["--host=ltsc2019", "--next-host=ltsc2019"]);
    assert_eq!((code, &report["summary"]["breaks"], &report["summary"]["gainsProcess"]), (2, &json!(0), &json!(0)));
}

#[test]
fn a_pod_that_lands_nowhere_then_breaks() {
    let shop = Repository::new();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeSelector: {node.kubernetes.io/windows-build: 10.0.17763}, containers: [{name: c, image: 'registry.test/app:ltsc2019'}]}\n";
    shop.file("pod.yaml", pod);
    let (code, report) = shop.report(&["--host=ltsc2019", "--next-host=ltsc2022"]);
    assert_eq!((code, changes(&report)), (1, vec!["pod.yaml:4 breaks".to_owned()]), "{report:#}");
    assert!(report["references"][0]["next"]["nowhere"].as_str().unwrap().contains("none of these hosts can take the pod"));
    assert!(report["references"][0]["next"]["hint"].as_str().unwrap().contains("kubectl get nodes --show-labels"));
    // The image has to be another one, too.
    assert_eq!(report["rebuild"][0]["image"], json!("registry.test/app:ltsc2019"));
}

/// Where it is not known what a container runs on, no change of hosts decides it.
#[test]
fn what_lands_on_hosts_that_are_not_known_is_undecided() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  nodeSelector: {node.kubernetes.io/windows-build: '${BUILD}'}\n  \
        containers: [{name: c, image: 'registry.test/app:ltsc2019'}]\n";
    let drone = |version: &str| {
        format!(
            "kind: pipeline\nplatform: {{os: windows, version: {version}}}\nsteps: [{{image: 'registry.test/app:ltsc2019'}}]\n"
        )
    };
    let jenkins = "pipeline {\n  agent {\n    kubernetes {\n      inheritFrom 'base'\n      yaml '''\nspec:\n  containers:\n  \
        - {name: c, image: 'registry.test/app:ltsc2019'}\n'''\n    }\n  }\n}\n";
    for (name, text) in [
        ("pod.yaml", pod.to_owned()),
        (".drone.yml", drone("'${VERSION}'")),
        (".drone.yml", drone("newest")),
        ("Jenkinsfile", jenkins.to_owned()),
    ] {
        let shop = Repository::new();
        shop.file(name, &text);
        let (code, report) = shop.report(&["--host=ltsc2019", "--next-host=ltsc2022"]);
        let one = &report["references"][0];
        assert_eq!((code, &one["change"], &one["today"]["ok"]), (2, &json!("undecided"), &json!(null)), "{text}: {report:#}");
        assert!(one["next"]["nowhere"].is_string() && one["next"]["hint"].is_string(), "{text}: {report:#}");
    }
}

/// Where only the selector leads to no host, the image stays as it is.
#[test]
fn an_image_that_fits_is_not_to_be_rebuilt() {
    let shop = Repository::with(Images::default().windows(
        "app",
        "both",
        &[WindowsImage::of("10.0.17763.1"), WindowsImage::of("10.0.20348.1")],
    ));
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeSelector: {node.kubernetes.io/windows-build: 10.0.17763}, containers: [{name: c, image: 'registry.test/app:both'}]}\n";
    shop.file("pod.yaml", pod);
    let (code, report) = shop.report(&["--host=ltsc2019", "--next-host=ltsc2022"]);
    assert_eq!((code, changes(&report)), (1, vec!["pod.yaml:4 breaks".to_owned()]), "{report:#}");
    assert_eq!(report["rebuild"], json!([]));
    let text = shop.scan(&["--host=ltsc2019", "--next-host=ltsc2022"]).out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("hint: compare them with the labels") && !text.contains("To be rebuilt"), "{text}");
}

/// Nobody else can build what is Microsoft's.
#[test]
fn an_image_of_microsoft_is_not_rebuilt_elsewhere() {
    let shop = Repository::with(Images::default().windows("windows/servercore", "ltsc2019", &[WindowsImage::of("10.0.17763.1")]));
    shop.file("compose.yaml", "services:\n  a: {image: 'mcr.microsoft.com/windows/servercore:ltsc2019'}\n");
    let text = shop.scan(&["--host=ltsc2019", "--next-host=ltsc2022"]).out;
    assert!(text.contains("Microsoft builds it: use its tag for the new release") && !text.contains("elsewhere"), "{text}");
}

/// A base that fails on one host of today is to be replaced as well, and a stage needs one host alone.
#[test]
fn a_base_that_runs_on_some_hosts_of_today_is_to_be_rebuilt() {
    let shop = Repository::new();
    shop.file("app/Dockerfile", "FROM registry.test/own:1 AS b\nRUN dir\nFROM registry.test/app:ltsc2022\nCOPY --from=b a b\n");
    shop.file("base/Dockerfile", FROM_2019);
    shop.file("compose.yaml", "services:\n  base: {image: 'registry.test/own:1', build: base}\n  app: {build: app}\n");
    let hosts = ["--host=a=ltsc2019", "--host=b=ltsc2022", "--next-host=ltsc2022"];
    let (code, report) = shop.report(&hosts);
    let found = changes(&report);
    assert!(found.contains(&"app/Dockerfile:1 breaks".to_owned()), "{report:#}");
    assert!(found.contains(&"base/Dockerfile:1 fails".to_owned()) && code == 1, "{report:#}");
    let files: Vec<_> = report["rebuild"].as_array().unwrap().iter().map(|one| (&one["file"], &one["after"])).collect();
    assert_eq!(files[0], (&json!("base/Dockerfile"), &json!([])), "{report:#}");
    assert_eq!(files[1], (&json!("app/Dockerfile"), &json!(["base/Dockerfile"])), "{report:#}");
    // What the base says at its own place is said once, also in a scan for one time.
    let found = changes(&shop.report(&["--host=a=ltsc2019", "--next-host=ltsc2022"]).1);
    assert!(!found.iter().any(|line| line.starts_with("app/Dockerfile:1")), "{found:?}");
    let (_, report) = shop.report(&["--host=a=ltsc2019", "--host=b=ltsc2022"]);
    let mut places = report["results"].as_array().unwrap().iter().map(|one| &one["location"]);
    assert!(places.all(|place| place["file"] != "app/Dockerfile" || place["line"] != 1), "{report:#}");
}

#[test]
fn dockerfiles_are_rebuilt_behind_their_bases() {
    let shop = Repository::new();
    shop.file("a/Dockerfile", "FROM registry.test/middle:1\n");
    shop.file("b/Dockerfile", "FROM registry.test/own:1\n");
    shop.file("c/Dockerfile", FROM_2019);
    shop.file("d/Dockerfile", "FROM registry.test/app:ltsc2022\n");
    shop.file(
        "compose.yaml",
        "services:\n  a: {build: a, image: 'registry.test/last:1'}\n  b: {build: b, image: 'registry.test/middle:1'}\n  \
         c: {build: c, image: 'registry.test/own:1'}\n  d: {build: d}\n  x: {image: 'registry.test/app:ltsc2019'}\n",
    );
    let (_, report) = shop.report(&["--host=ltsc2019", "--next-host=ltsc2022"]);
    let steps: Vec<_> =
        report["rebuild"].as_array().unwrap().iter().map(|one| (&one["file"], &one["image"], &one["after"])).collect();
    let (none, app) = (json!(null), json!("registry.test/app:ltsc2019"));
    let expected = [
        (&json!("c/Dockerfile"), &app, &json!([])),
        (&json!("b/Dockerfile"), &none, &json!(["c/Dockerfile"])),
        (&json!("a/Dockerfile"), &none, &json!(["b/Dockerfile"])),
        (&none, &app, &json!([])),
    ];
    assert_eq!(steps, expected, "{report:#}");
    assert_eq!(report["rebuild"][0]["makes"], json!(["registry.test/own:1"]));
    // A circle ends.
    shop.file("c/Dockerfile", format!("FROM registry.test/last:1 AS x\n{FROM_2019}COPY --from=x /a /b\n"));
    let (_, report) = shop.report(&["--host=ltsc2019", "--next-host=ltsc2022"]);
    assert_eq!(report["rebuild"].as_array().unwrap().len(), 4, "{report:#}");
}

const FLEETS: &str =
    "fleet = \"today\"\n[fleets.today]\nhost = [\"a=ltsc2019\"]\n[fleets.next]\nhosts = \"next.txt\"\nhost = [\"b=ltsc2022\"]\n";

#[test]
fn fleets_have_names() {
    let shop = Repository::new();
    shop.file("x/Dockerfile", FROM_2019);
    shop.file("next.txt", "c=ltsc2025\n");
    shop.file("wincompat.toml", FLEETS);
    let (code, report) = shop.report(&["--fleet-next=next", "x"]);
    assert_eq!((code, changes(&report)), (1, vec!["x/Dockerfile:1 breaks".to_owned()]));
    let names = |fleet: &str| {
        let labels = report[fleet]["hosts"].as_array().unwrap().iter().map(|host| host["label"].clone());
        (report[fleet]["name"].clone(), labels.collect::<Vec<_>>())
    };
    assert_eq!(names("today"), (json!("today"), vec![json!("a")]));
    let (name, mut labels) = names("next");
    labels.sort_by_key(ToString::to_string);
    assert_eq!((name, labels), (json!("next"), vec![json!("b"), json!("c")]));
    // One fleet alone is a scan as always, and hosts that are typed count more than a fleet of the file.
    assert_eq!(shop.report(&["x"]).1["results"][0]["host"]["label"], json!("a"));
    assert_eq!(shop.report(&["--host=z=ltsc2022", "x"]).1["results"][0]["host"]["label"], json!("z"));
    for (arguments, why, hint) in [
        (&["--fleet=none"][..], "there is no fleet `none`", "the fleets are next, today"),
        (&["--fleet=next", "--host=ltsc2022"], "the hosts are said twice, by --fleet and by --host\n", "leave --fleet out"),
        (&["--fleet-next=next", "--no-config"], "there is no fleet `next`", "leave --no-config out"),
        (&["--fleet-next=next", "--fix"], "--fleet-next cannot be combined with --fix", "leave one of them out"),
        (&["--fleet-next=next", "--format=sarif"], "cannot be written as sarif", "use one of text, json, html, markdown"),
    ] {
        let answer = shop.scan(arguments);
        assert!(answer.code == 2 && answer.err.contains(why) && answer.err.contains(hint), "{arguments:?}: {answer:?}");
    }
    for (text, line, why) in [
        ("[fleets.x]\nhots = \"a\"\n", 2, "there is no key `hots`"),
        ("[fleets]\nx = \"a\"\n", 2, "a fleet is a table"),
        ("fleets = \"x\"\n", 1, "fleets stand in tables"),
        ("# ours\nfleet = \"old\"\n[fleets.new]\nhost = \"ltsc2022\"\n", 2, "there is no fleet `old`"),
    ] {
        shop.file("wincompat.toml", text);
        let answer = shop.scan(&["x"]);
        assert!(answer.code == 2 && answer.err.contains(&format!("line {line} of")) && answer.err.contains(why), "{answer:?}");
    }
}

/// An error is about what was typed, or says where else the words stand.
#[test]
fn what_nobody_typed_is_not_said_to_be_typed() {
    let shop = Repository::new();
    shop.file("x/Dockerfile", FROM_2019);
    shop.file("next.txt", "c=ltsc2025\n");
    shop.file("wincompat.toml", format!("fleet-next = \"next\"\n{FLEETS}"));
    assert_eq!(shop.report(&["x"]).1["schema"], json!("wincompat/upgrade/v1"));
    // The fleet to compare with is of the file, and what is typed cannot be done for two.
    for arguments in [&["--write-baseline=known.json", "x"][..], &["--diff", "x"], &["--write-lock=images.lock", "x"]] {
        let answer = shop.scan(arguments);
        assert!(answer.code == 0 && !answer.err.contains("error: "), "{arguments:?}: {answer:?}");
    }
    let mut command = shop.program.command();
    command.current_dir(shop.folder()).args(["scan", "--host=ltsc2022", "x"]).env("WINCOMPAT_FLEET", "next");
    let answer = Answer::of(&mut command);
    assert!(answer.code == 2 && answer.err.contains("said twice, by WINCOMPAT_FLEET and by --host\n"), "{answer:?}");
    assert!(answer.err.contains("hint: leave WINCOMPAT_FLEET out"), "{answer:?}");
    shop.file("wincompat.toml", "require-findings = true\n");
    shop.file("y/notes.txt", "nothing\n");
    let answer = shop.scan(&["--host=ltsc2022", "y"]);
    assert!(answer.code == 2 && answer.err.contains("remove require-findings from "), "{answer:?}");
    let answer = shop.scan(&["--no-config", "--require-findings", "--host=ltsc2022", "y"]);
    assert!(answer.code == 2 && answer.err.contains("leave --require-findings out"), "{answer:?}");
}

#[test]
fn each_format_says_the_same() {
    let shop = Repository::new();
    shop.file("a & b/Dockerfile", FROM_2019);
    shop.file("x/Dockerfile", "FROM registry.test/app:ltsc2022\n");
    let written = |format: &str| {
        let answer = shop.scan(&["--host=ltsc2019", "--next-host=ltsc2022", "--format", format]);
        assert_eq!(answer.code, 1, "{answer:?}");
        assert_eq!(answer.err.contains("FAIL a & b/Dockerfile:1: registry.test/app:ltsc2019 works on today"), format != "text");
        answer.out
    };
    let text = written("text");
    assert!(
        text.starts_with("Works today and will not:\n  a & b/Dockerfile:1 registry.test/app:ltsc2019 [10.0.17763.1"),
        "{text}"
    );
    assert!(text.contains("To be rebuilt, in this order:\n  1. a & b/Dockerfile, from registry.test/app:ltsc2019"), "{text}");
    assert!(text.contains("Will work in process isolation, and does not today:\n  x/Dockerfile:1"), "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.ends_with("1 works today and will not, 1 will work in process isolation and does not today"), "{words}");
    let html = written("html");
    assert!(
        html.contains("<h2>Works today and will not</h2>") && html.contains("a &amp; b/Dockerfile:1") && !html.contains("a & b/"),
        "{html}"
    );
    let markdown = written("markdown");
    assert!(markdown.starts_with("## ❌ Not all that works on today works on next\n"), "{markdown}");
    assert!(markdown.contains("### To be rebuilt, in this order") && !markdown.contains("a & b"), "{markdown}");
    let schema = serde_json::to_value(wincompat::report::upgrade::schema()).unwrap();
    let report: Value = serde_json::from_str(&written("json")).unwrap();
    jsonschema::validate(&schema, &report).unwrap();
    assert_committed("schema/upgrade-v1.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
}

/// A repository in which something of each kind happens: it breaks, gains, works on, fails, and needs a rebuild in an order.
#[test]
fn an_upgrade_in_each_format() {
    let shop = Repository::new();
    let services = "services:\n  old: {image: 'registry.test/app:ltsc2019'}\n  new: {image: 'registry.test/app:ltsc2022'}\n  apart: {image: \
        'registry.test/app:ltsc2019', isolation: hyperv}\n  newest: {image: 'registry.test/app:ltsc2025'}\n  gone: {image: 'registry.test/app:gone'}\n  \
        base: {image: 'registry.test/base:1', build: base}\n";
    shop.file("compose.yaml", services);
    shop.file("base/Dockerfile", FROM_2019);
    shop.file("web/Dockerfile", "FROM registry.test/base:1\n");
    let checked = Checked::of(Images::default());
    let timeless = checked.timeless();
    for format in ["text", "markdown", "html"] {
        let hosts = ["--host=today=ltsc2019", "--next-host=web=ltsc2022", "--next-host=batch=ltsc2022"];
        let answer = shop.scan(&[&hosts[..], &["--format", format, "--knowledge", &timeless]].concat());
        assert_eq!(answer.code, 1, "{answer:?}");
        // The head of a page is its style.
        let out = answer.out.find("<body").map_or(answer.out.as_str(), |at| &answer.out[at..]);
        insta::assert_snapshot!(format!("upgrade-{format}"), steady(out, &shop));
    }
}
