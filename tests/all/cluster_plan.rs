//! `wincompat cluster plan` against an API server of the tests: each section, each format, what is refused, hostile names.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cluster::{Api, deployment, node};
use crate::support::program::Answer;

const OLD: &str = "mcr.microsoft.com/windows/nanoserver:ltsc2019";
const NEW: &str = "mcr.microsoft.com/windows/nanoserver:ltsc2022";

type Objects = BTreeMap<&'static str, Vec<Value>>;

fn add(objects: &mut Objects, path: &'static str, object: Value) {
    objects.entry(path).or_default().push(object);
}

/// A shop on two nodes of 2019, with a workload for each section.
fn shop() -> Objects {
    let mut objects = Objects::new();
    for name in ["a", "b"] {
        add(&mut objects, "/api/v1/nodes", node(name, "10.0.17763.8389"));
    }
    let deployments = "/apis/apps/v1/namespaces/shop/deployments";
    add(&mut objects, deployments, deployment("gains", None, NEW));
    add(&mut objects, deployments, deployment("pinned", Some("10.0.17763"), OLD));
    add(&mut objects, deployments, deployment("unpinned", None, OLD));
    add(&mut objects, deployments, deployment("unread", None, "registry.test/app:1-ltsc2019"));
    let mut classy = deployment("classy", None, OLD);
    classy["spec"]["template"]["spec"]["runtimeClassName"] = json!("windows-2019");
    add(&mut objects, deployments, classy);
    add(&mut objects, "/apis/apps/v1/namespaces/shop/daemonsets", deployment("agent", Some("10.0.17763"), OLD));
    let pod = json!({"metadata": {"name": "alone", "namespace": "shop"},
        "spec": {"nodeName": "a", "containers": [{"name": "c", "image": OLD}]}});
    add(&mut objects, "/api/v1/namespaces/shop/pods", pod);
    let class = json!({"metadata": {"name": "windows-2019"}, "handler": "runhcs-wcow-process",
        "scheduling": {"nodeSelector": {"node.kubernetes.io/windows-build": "10.0.17763"}}});
    add(&mut objects, "/apis/node.k8s.io/v1/runtimeclasses", class);
    objects
}

fn planned(arguments: &[&str]) -> Answer {
    let day = ["--add", "ltsc2022", "--retire", "17763"];
    Api::of(&shop(), &[]).run(&[&["plan"], arguments, &day].concat())
}

/// What is of the day of the test in an answer.
fn timeless(text: &str) -> String {
    let is_day = |word: &str| word.len() == 10 && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    text.split('\n')
        .map(|line| {
            let words = line.split(' ').map(|word| {
                let bare = word.trim_end_matches([',', '.', '<', '/', 's', 'u', 'b', '>']);
                if is_day(bare) { word.replace(bare, "DAY") } else { word.to_owned() }
            });
            words.collect::<Vec<_>>().join(" ")
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_plan_as_text() {
    let answer = planned(&[]);
    assert_eq!((answer.code, answer.err.as_str()), (1, ""), "{answer:?}");
    assert!(answer.out.lines().all(|line| line.chars().count() <= 80 || !line.trim().contains(' ')), "{}", answer.out);
    insta::assert_snapshot!(answer.out);
}

#[test]
fn the_plan_as_markdown() {
    let answer = planned(&["--format", "markdown"]);
    assert!(
        answer.code == 1 && answer.err.contains("FAIL apps/v1 Deployment shop/pinned: runs today and will not"),
        "{answer:?}"
    );
    insta::assert_snapshot!(timeless(&answer.out));
}

#[test]
fn the_plan_as_json_is_as_its_schema_says() {
    let answer = planned(&["--format", "json"]);
    let report = answer.json();
    let schema = std::fs::read(format!("{}/schema/cluster-plan-v1.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let validator = jsonschema::draft202012::new(&serde_json::from_slice(&schema).unwrap()).unwrap();
    let faults: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(faults, [""; 0]);
    let expected =
        json!({"breaks": 4, "strays": 0, "gainsProcess": 1, "works": 1, "fails": 0, "undecided": 1, "elsewhere": 0, "errors": 1});
    assert_eq!(report["summary"], expected);
    let effects: Vec<(&str, &str)> = report["workloads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["object"].as_str().unwrap().rsplit('/').next().unwrap(), one["effect"].as_str().unwrap()))
        .collect();
    let expected = [
        ("classy", "breaks"),
        ("gains", "gains-process"),
        ("pinned", "breaks"),
        ("unpinned", "breaks"),
        ("unread", "undecided"),
        ("agent", "works"),
        ("alone", "breaks"),
    ];
    assert_eq!(effects, expected);
    assert_eq!(report["images"][0]["suggested"], json!(NEW));
    assert_eq!(report["images"].as_array().unwrap().len(), 1);
    assert_eq!((&report["rebuild"], &report["going"]), (&json!([]), &json!(["a", "b"])));
    assert!(
        report["steps"][0]["items"][0]
            .as_str()
            .unwrap()
            .contains("cluster patch -n shop deployment/unpinned --add ltsc2022` writes it")
    );
}

/// Each image is rolled out with what it selects: no pod lands on nodes that do not fit, and no pin is left for nodes that are removed.
#[test]
fn an_image_and_its_selector_are_one_change() {
    const SKU: &str = "kubernetes.azure.com/os-sku";
    let mut objects = Objects::new();
    let mut old = node("a", "10.0.17763.8389");
    old["metadata"]["labels"][SKU] = json!("Windows2019");
    add(&mut objects, "/api/v1/nodes", old);
    let deployments = "/apis/apps/v1/namespaces/shop/deployments";
    add(&mut objects, deployments, deployment("unpinned", None, OLD));
    let mut by_sku = deployment("by-sku", None, OLD);
    by_sku["spec"]["template"]["spec"]["nodeSelector"][SKU] = json!("Windows2019");
    add(&mut objects, deployments, by_sku);
    let arguments = ["plan", "--add", "ltsc2022", "--add", "ltsc2025", "--retire", "17763", "--format", "json"];
    let report = Api::of(&objects, &[]).run(&arguments).json();
    let steps = report["steps"].as_array().unwrap();
    let whats: Vec<&str> = steps.iter().map(|step| step["what"].as_str().unwrap()).collect();
    let at = |what: &str| whats.iter().position(|one| one.starts_with(what)).unwrap_or_else(|| panic!("{what}: {whats:?}"));
    assert!(at("pin ") < at("add ") && at("add ") < at("roll out ") && at("roll out ") < at("cordon "), "{whats:?}");
    let items = steps[at("roll out ")]["items"].as_array().unwrap();
    let items: Vec<&str> = items.iter().map(|item| item.as_str().unwrap()).collect();
    let becomes = format!("{OLD} becomes {NEW}");
    let select = "select node.kubernetes.io/windows-build In 10.0.20348, 10.0.26100";
    let expected = [
        format!("apps/v1 Deployment shop/by-sku: {becomes}; {select}, take out {SKU}: Windows2019"),
        format!("apps/v1 Deployment shop/unpinned: {becomes}; {select} instead of the build that step 1 pins"),
    ];
    assert_eq!(items, expected);
    // One image is in one section.
    let text = Api::of(&objects, &[]).run(&arguments[..7]).out;
    assert!(text.contains("Needs another image:") && !text.contains("To be rebuilt"), "{text}");
}

#[test]
fn the_plan_as_a_page_and_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.html");
    let answer = planned(&["-o", file.to_str().unwrap()]);
    assert_eq!(answer.code, 1, "{answer:?}");
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(
        page.contains("<h2>Breaks: it runs today and will not</h2>") && page.contains("<code>kubectl cordon a</code>"),
        "{page}"
    );
    assert_eq!(planned(&["--format", "html"]).out.lines().count(), page.lines().count());
}

#[test]
fn an_upgrade_that_breaks_nothing_ends_with_0() {
    let mut objects = Objects::new();
    add(&mut objects, "/api/v1/nodes", node("a", "10.0.20348.1"));
    add(&mut objects, "/apis/apps/v1/namespaces/shop/deployments", deployment("web", None, NEW));
    let api = Api::of(&objects, &[]);
    let answer = api.run(&["plan", "--add", "ltsc2025", "--retire", "20348"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.out.ends_with("All that runs today runs then. 1 workload: 1 will run\n"), "{}", answer.out);
    for section in ["Breaks", "Needs another image", "Selects nodes that will be removed", "To be rebuilt", "Not decided", "Pin "]
    {
        assert!(!answer.out.contains(section), "{section}: {}", answer.out);
    }
}

/// Beside an affinity for the old build, a selector for the new one leads nowhere.
#[test]
fn what_asks_for_the_old_build_in_an_affinity_is_taken_out() {
    let mut objects = Objects::new();
    add(&mut objects, "/api/v1/nodes", node("a", "10.0.17763.8389"));
    let mut affine = deployment("affine", None, OLD);
    affine["spec"]["template"]["spec"]["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
        "nodeSelectorTerms": [{"matchExpressions": [
            {"key": "node.kubernetes.io/windows-build", "operator": "In", "values": ["10.0.17763"]}]}]}}});
    add(&mut objects, "/apis/apps/v1/namespaces/shop/deployments", affine);
    let answer = Api::of(&objects, &[]).run(&["plan", "--add", "ltsc2022", "--retire", "17763"]);
    let text = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let change = "select node.kubernetes.io/windows-build: 10.0.20348, take node.kubernetes.io/windows-build: 10.0.17763 out of \
                  its affinity";
    assert!(text.contains(change), "{text}");
}

/// A pod is bound to a node that has not what it asks for, and goes: made again, it lands on a Windows node.
#[test]
fn a_pod_whose_node_goes_is_in_the_plan_where_it_lands_then() {
    let mut objects = Objects::new();
    let mut new = node("b", "10.0.20348.1");
    new["metadata"]["labels"]["pool"] = json!("x");
    add(&mut objects, "/api/v1/nodes", node("a", "10.0.17763.8389"));
    add(&mut objects, "/api/v1/nodes", new);
    let pod = json!({"metadata": {"name": "alone", "namespace": "shop"},
        "spec": {"nodeName": "a", "nodeSelector": {"pool": "x"}, "containers": [{"name": "c", "image": NEW}]}});
    add(&mut objects, "/api/v1/namespaces/shop/pods", pod);
    let report = Api::of(&objects, &[]).run(&["plan", "--retire", "17763", "--format", "json"]).json();
    let lands = report["workloads"][0]["next"].as_array().map(Vec::len);
    assert_eq!((&report["workloads"][0]["object"], lands), (&json!("v1 Pod shop/alone"), Some(1)), "{report}");
    assert_eq!(report["summary"]["elsewhere"], json!(0));
}

/// A pod is bound to a node that goes. Created again without a selector, it can land on a Linux node.
#[test]
fn a_pod_whose_node_goes_is_told_what_to_select() {
    let mut objects = Objects::new();
    add(&mut objects, "/api/v1/nodes", node("a", "10.0.20348.5386"));
    add(&mut objects, "/api/v1/nodes", node("b", "10.0.26100.1742"));
    let linux = json!({"metadata": {"name": "c", "labels": {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}},
        "status": {"nodeInfo": {"operatingSystem": "linux", "architecture": "amd64", "kernelVersion": "5.15.0"}}});
    add(&mut objects, "/api/v1/nodes", linux);
    let pod = json!({"metadata": {"name": "alone", "namespace": "shop"},
        "spec": {"nodeName": "a", "containers": [{"name": "c", "image": NEW}]}});
    add(&mut objects, "/api/v1/namespaces/shop/pods", pod);
    let answer = Api::of(&objects, &[]).run(&["plan", "--retire", "20348"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    let text = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let step = "create it again from its manifest, without this, and select kubernetes.io/arch: amd64, kubernetes.io/os: \
                windows, node.kubernetes.io/windows-build: 10.0.26100";
    assert!(text.contains(step) && text.contains("Not everything that runs today runs after"), "{text}");
}

/// The new image and the build alone would leave its pods pending.
#[test]
fn what_keeps_pods_from_the_nodes_of_then_is_in_the_steps() {
    let mut objects = Objects::new();
    let mut tainted = node("b", "10.0.20348.5386");
    tainted["spec"]["taints"] = json!([{"key": "os", "value": "windows", "effect": "NoSchedule"}]);
    add(&mut objects, "/api/v1/nodes", node("a", "10.0.17763.8389"));
    add(&mut objects, "/api/v1/nodes", tainted);
    add(&mut objects, "/apis/apps/v1/namespaces/shop/deployments", deployment("web", Some("10.0.17763"), OLD));
    let answer = Api::of(&objects, &[]).run(&["plan", "--retire", "17763"]);
    let text = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let step = "select node.kubernetes.io/windows-build: 10.0.20348; then no node takes its pods. So that b takes them: let them \
                tolerate os=windows:NoSchedule";
    assert!(answer.code == 1 && text.contains(step), "{text}");
}

/// Of a node whose kubelet has not started nothing is known. The pin of the first step does not stay unnoticed.
#[test]
fn a_pin_to_nodes_that_go_is_in_the_steps_where_it_is_not_known_what_runs_then() {
    let mut objects = Objects::new();
    add(&mut objects, "/api/v1/nodes", node("a", "10.0.17763.8389"));
    add(&mut objects, "/api/v1/nodes", json!({"metadata": {"name": "new"}}));
    let mut web = deployment("web", None, OLD);
    web["spec"]["template"]["spec"]["nodeSelector"] = json!({});
    add(&mut objects, "/apis/apps/v1/namespaces/shop/deployments", web);
    let plan = |arguments: &[&str]| {
        let answer = Api::of(&objects, &[]).run(&[&["plan", "--add", "ltsc2022"], arguments].concat());
        (answer.code, answer.out.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let (code, text) = plan(&["--retire", "17763"]);
    let step = "shop/web: step 1 pins it to nodes that will be removed; find out whether it runs on the others";
    assert!(code == 2 && text.contains("1. Pin what would land") && text.contains(step), "{text}");
    let (code, text) = plan(&[]);
    assert!(code == 1 && text.contains("1. Pin what would land") && !text.contains("nodes that will be removed"), "{text}");
}

/// Without a Windows node no image runs, whatever it is built for.
#[test]
fn where_the_last_windows_goes_nothing_is_rebuilt() {
    let mut objects = shop();
    objects.remove("/apis/apps/v1/namespaces/shop/daemonsets");
    let answer = Api::of(&objects, &[]).run(&["plan", "--retire", "17763"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    let text = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "1. No Windows node is left for these: keep some of the nodes, plan a pool that comes, or remove these",
        "apps/v1 Deployment shop/pinned apps/v1 Deployment shop/unpinned",
        "RuntimeClass windows-2019: it leads to no node",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for words in ["rebuil", "new nodes", "new Windows", "Needs another image", "make one for", "use images that fit"] {
        assert!(!text.contains(words), "{words}: {text}");
    }
    let report = Api::of(&objects, &[]).run(&["plan", "--retire", "17763", "--format", "json"]).json();
    assert_eq!((&report["images"], &report["rebuild"]), (&json!([]), &json!([])));
    let helps: Vec<&str> = report["workloads"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one["findings"].as_array().unwrap())
        .map(|finding| finding["help"].as_str().unwrap())
        .collect();
    assert!(helps.contains(&"add nodes of a Windows that the images fit"), "{helps:?}");
}

/// Where no nodes come, what leads to those that go has to lead to those that stay.
#[test]
fn a_class_is_made_for_the_nodes_that_stay() {
    let mut objects = Objects::new();
    add(&mut objects, "/api/v1/nodes", node("a", "10.0.17763.8389"));
    add(&mut objects, "/api/v1/nodes", node("b", "10.0.20348.5386"));
    let class = json!({"metadata": {"name": "windows-2022"}, "handler": "runhcs-wcow-process",
        "scheduling": {"nodeSelector": {"node.kubernetes.io/windows-build": "10.0.20348"}}});
    add(&mut objects, "/apis/node.k8s.io/v1/runtimeclasses", class);
    let mut web = deployment("web", None, NEW);
    web["spec"]["template"]["spec"]["runtimeClassName"] = json!("windows-2022");
    add(&mut objects, "/apis/apps/v1/namespaces/shop/deployments", web);
    let answer = Api::of(&objects, &[]).run(&["plan", "--retire", "20348"]);
    assert!(answer.code == 1 && !answer.out.contains("new nodes"), "{answer:?}");
    let text = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("make one for nodes that stay, and name it in apps/v1 Deployment shop/web"), "{text}");
}

/// Another image would not help: the containerd of the nodes that stay does not pull one that fits.
#[test]
fn an_engine_that_refuses_an_image_is_what_has_to_change() {
    let mut objects = Objects::new();
    let mut old = node("b", "10.0.26100.1742");
    old["status"]["nodeInfo"]["containerRuntimeVersion"] = json!("containerd://1.6.10");
    for node in [node("a", "10.0.20348.5386"), old] {
        add(&mut objects, "/api/v1/nodes", node);
    }
    add(&mut objects, "/apis/apps/v1/namespaces/shop/deployments", deployment("web", Some("10.0.20348"), NEW));
    let answer = Api::of(&objects, &[]).run(&["plan", "--retire", "20348"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    let text = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "1. Let the engine of the nodes that stay start these images",
        "`no match for platform in manifest: not found`; use containerd ",
        "select node.kubernetes.io/windows-build: 10.0.26100 once its pods run there",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("Needs another image") && !text.contains("no-node-fits"), "{text}");
}

#[test]
fn two_pools_of_one_windows_are_told_apart() {
    let arguments = ["--add", "ltsc2025", "--add", "ltsc2025,arm64"];
    let report = Api::of(&shop(), &[]).run(&[&["plan", "--format", "json"], &arguments[..]].concat()).json();
    let labels: Vec<&Value> = report["next"].as_array().unwrap().iter().map(|group| &group["label"]).collect();
    assert_eq!(labels, ["a and 1 more", "the new amd64 pool", "the new arm64 pool"]);
}

#[test]
fn what_is_not_a_release_or_has_no_node_is_refused() {
    let api = Api::of(&shop(), &[]);
    for (arguments, why, hint) in [
        (&[][..], "the plan adds no nodes and removes none", "--add RELEASE"),
        (&["--add", "ltsc2o22"], "`ltsc2o22` is not a release of Windows", "did you mean --add ltsc2022"),
        (&["--add", "windows"], "`windows` is not a release of Windows", "e.g. --add ltsc2022"),
        (&["--add", "1809x"], "`1809x` is not a release of Windows", "--add"),
        (&["--add", "99999"], "build 99999 is not a release of Windows that is known here", "name one that is: ltsc2025"),
        (&["--add", "ltsc2022,arm64"], "Windows Server 2022 is not known for arm64 here", "processor out: --add ltsc2022"),
        (&["--add", "windows-11-24h2"], "Windows 11, version 24H2 is not a Windows Server", "name a server: ltsc2025"),
        (&["--add", "all"], "`all` stands for ", "give a release or a build, e.g. --add ltsc2022"),
        (&["--add", "@nodes.json"], "is not a release of Windows", "e.g. --add ltsc2022"),
        (&["--retire", "17763,arm64"], "`17763,arm64` says more than a build", "name the build: --retire 17763"),
        (&["--retire", "1776"], "`1776` is not a release of Windows", "e.g. --retire ltsc2022"),
        (
            &["--retire", "20348"],
            "no node of the cluster has the build 20348",
            "retire one that it has: 17763 (Windows Server 2019)",
        ),
    ] {
        let answer = api.run(&[&["plan"], arguments].concat());
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{arguments:?}: {answer:?}");
        assert!(answer.err.contains(why) && answer.err.contains(hint), "{arguments:?}: {}", answer.err);
    }
    for build in ["10.0.17763", "17763", "ltsc2019", "windows-server-2019"] {
        assert_eq!(api.run(&["plan", "--retire", build]).code, 1, "{build}");
    }
}

#[test]
fn a_patch_can_be_for_the_nodes_of_then() {
    let mut objects = Objects::new();
    add(&mut objects, "/api/v1/nodes", node("a", "10.0.20348.1"));
    add(&mut objects, "/apis/apps/v1/namespaces/shop/deployments", deployment("web", Some("10.0.20348"), NEW));
    let api = Api::of(&objects, &[]);
    assert_eq!(api.run(&["patch"]).out, "");
    let answer = api.run(&["patch", "--add", "ltsc2025", "--retire", "20348"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.out.contains("        node.kubernetes.io/windows-build: \"10.0.26100\"\n"), "{}", answer.out);
    let absent = api.run(&["patch", "--retire", "17763"]);
    assert!(absent.code == 2 && absent.err.contains("no node of the cluster has the build 17763"), "{absent:?}");
}

#[test]
fn names_of_strangers_are_harmless_in_every_format() {
    let text = "x`\u{1b}[31m\n::error::<script>alert(1)</script> ##vso[task.complete]x";
    let mut objects = Objects::new();
    let mut hostile = node(&format!("n{text}"), "10.0.17763.1");
    hostile["metadata"]["labels"][format!("k{text}")] = json!(format!("v{text}"));
    add(&mut objects, "/api/v1/nodes", hostile);
    let mut web = deployment(&format!("d{text}"), Some("10.0.17763"), OLD);
    web["spec"]["template"]["spec"]["nodeSelector"][format!("k{text}")] = json!(format!("v{text}"));
    web["metadata"]["namespace"] = json!(format!("s{text}"));
    let mut classy = deployment("classy", None, &format!("registry.test/{text}:ltsc2019"));
    classy["spec"]["template"]["spec"]["runtimeClassName"] = json!(format!("c{text}"));
    let class = json!({"metadata": {"name": format!("c{text}")}, "handler": "h",
        "scheduling": {"nodeSelector": {format!("k{text}"): format!("v{text}")}}});
    for deployment in [web, classy] {
        add(&mut objects, "/apis/apps/v1/namespaces/shop/deployments", deployment);
    }
    add(&mut objects, "/apis/node.k8s.io/v1/runtimeclasses", class);
    let api = Api::of(&objects, &[]);
    for format in ["text", "json", "html", "markdown"] {
        let answer = api.run(&["plan", "--add", "ltsc2022", "--retire", "17763", "--format", format]);
        assert_eq!(answer.code, 1, "{format}: {answer:?}");
        let all = format!("{}{}", answer.out, answer.err);
        assert!(!all.contains('\u{1b}') && !all.contains("##vso"), "{format}: {all}");
        assert!(!all.lines().any(|line| line.trim_start().starts_with("::")), "{format}: {all}");
        // In Markdown, what stands between backticks is not markup.
        let markup: String = answer.out.lines().flat_map(|line| line.split('`').step_by(2)).collect();
        let read = if format == "markdown" { &markup } else { &answer.out };
        assert!(!matches!(format, "html" | "markdown") || !read.contains("<script>alert"), "{format}: {all}");
    }
}
