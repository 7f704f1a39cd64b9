//! Admission, by tables: every case in each mode, and what stands beside it.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::*;
use crate::cluster::tests::{classes, images, node, nodes, pinned, policy};
use crate::cluster::{Classes, ClusterNode, Nodes, Question};
use crate::compat::Policy;
use crate::host::{self, Spec};
use crate::image::{Config, Image};
use crate::knowledge::Knowledge;
use crate::{Advice, Error};

const BUILD: &str = "node.kubernetes.io/windows-build";

/// What is known in a test.
struct World {
    nodes: Nodes,
    classes: Classes,
    images: HashMap<String, Result<Image, Error>>,
    policy: Policy,
    expected: Expected,
    rules: Rules,
}

impl World {
    fn new(mode: Mode) -> Self {
        let policy = Policy { strict: true, ..policy() };
        let rules = Rules { mode, exempt: ["wincompat".to_owned()].into() };
        let mut images = images();
        images.insert("r.test/1909".to_owned(), Ok(crate::cluster::tests::image("r.test/1909", &["10.0.18363.1"])));
        Self { nodes: nodes(), classes: classes(), images, policy, expected: Vec::new(), rules }
    }

    fn question(&self) -> Question<'_> {
        Question {
            knowledge: Knowledge::built_in(),
            policy: &self.policy,
            nodes: &self.nodes,
            classes: &self.classes,
            images: &self.images,
        }
    }

    fn decide(&self, review: &Review) -> Decision {
        match admit(review, &self.rules, &self.question()) {
            Admitted::Decided(decision) => decision,
            Admitted::Open(pod) => pod.decide(&self.question(), &self.expected),
        }
    }

    /// The decision about a new pod with one container of each image, and this spec.
    fn pod(&self, images: &[&str], spec: &Value) -> Decision {
        self.decide(&review("CREATE", "", &object(images, spec), &Value::Null))
    }
}

fn object(images: &[&str], spec: &Value) -> Value {
    let container = |image: &&str| json!({"name": "c", "image": if *image == "pinned" { pinned() } else { (*image).to_owned() }});
    let mut spec = spec.clone();
    spec["containers"] = images.iter().map(container).collect();
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "web-"}, "spec": spec, "newerThanThis": {"kept": true}})
}

fn review(operation: &str, subresource: &str, object: &Value, old: &Value) -> Review {
    let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u-1", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "namespace": "shop", "operation": operation,
        "subResource": subresource, "object": object, "oldObject": old}});
    Review::parse(review.to_string().as_bytes()).unwrap()
}

fn expecting(name: &str) -> Expected {
    let Spec::Hosts(hosts) = host::parse(name, Knowledge::built_in(), jiff::civil::date(2026, 11, 26)).unwrap() else { panic!() };
    hosts.into_iter().map(Coming::from).collect()
}

fn plain(advice: &Advice) -> String {
    advice.to_string()
}

fn windows(more: &[(&str, &str)]) -> Value {
    let mut selector = json!({"kubernetes.io/os": "windows"});
    for (key, value) in more {
        selector[*key] = json!(value);
    }
    json!({ "nodeSelector": selector })
}

/// The pod with the operations of the decision.
fn patched(object: &Value, decision: &Decision) -> Value {
    let mut object = object.clone();
    let Outcome::Steer(operations) = &decision.outcome else { return object };
    for operation in operations {
        assert_eq!(operation["op"], "add", "{operation}");
        let path = operation["path"].as_str().unwrap();
        let (parent, key) = path.rsplit_once('/').unwrap();
        let place = object.pointer_mut(parent).unwrap_or_else(|| panic!("there is no {parent}"));
        match (place, key) {
            (Value::Array(list), "-") => list.push(operation["value"].clone()),
            (Value::Object(fields), key) => {
                fields.insert(key.to_owned(), operation["value"].clone());
            }
            (place, key) => panic!("{key} of {place}"),
        }
    }
    object
}

/// A short word for what becomes of a pod, with `!` where its author is warned.
fn word(decision: &Decision) -> String {
    let outcome = match decision.outcome {
        Outcome::Allow => "allow",
        Outcome::Steer(_) => "steer",
        Outcome::Deny(_) => "deny",
    };
    format!("{} {outcome}{}", decision.case.as_str(), if decision.warnings.is_empty() { "" } else { "!" })
}

#[test]
fn what_does_not_decide_is_named() {
    let mut world = World::new(Mode::Enforce);
    let mut image = crate::cluster::tests::image("r.test/odd", &["10.0.20348.1"]);
    image.candidates[0].config = Config::Unreadable("it has no layers".to_owned());
    world.images.insert("r.test/odd".to_owned(), Ok(image));
    let decision = world.pod(&["r.test/odd"], &windows(&[("kubernetes.io/arch", "amd64"), (BUILD, "10.0.20348")]));
    assert_eq!(word(&decision), "unknown allow!");
    assert_eq!(
        plain(&decision.warnings[0].what),
        "not judged: it is not known whether the image `r.test/odd` runs on ws2022 (10.0.20348, amd64)"
    );
    assert_eq!(
        decision.warnings[0].help,
        crate::advice::advice![crate::advice::Command::Explain("config-unreadable".to_owned()), " says why"]
    );
}

#[test]
fn every_case_in_each_mode() {
    let of = |build: &str| windows(&[("kubernetes.io/arch", "amd64"), (BUILD, build)]);
    let amd64 = || windows(&[("kubernetes.io/arch", "amd64")]);
    let with = |spec: Value, key: &str, value: Value| {
        let mut spec = spec;
        spec[key] = value;
        spec
    };
    let host_process = json!({"windowsOptions": {"hostProcess": true}});
    // The images, the spec, and what becomes of the pod in the modes warn, steer and enforce.
    let same = |word: &'static str| [word, word, word];
    let table: Vec<(&[&str], Value, [&str; 3])> = vec![
        // Not for Windows.
        (&["r.test/2016"], json!({"nodeSelector": {"kubernetes.io/os": "linux"}}), same("not-for-windows allow")),
        (&["r.test/2016"], json!({"os": {"name": "linux"}}), same("not-for-windows allow")),
        (&["r.test/2016"], json!({"nodeSelector": {"pool": "linux"}}), same("not-for-windows allow")),
        (&["r.test/linux"], json!({}), same("not-for-windows allow!")),
        // It has its node.
        (&["r.test/2022"], json!({"nodeName": "ws2022"}), same("bound allow")),
        (&["r.test/2022"], json!({"nodeName": "ws2019"}), same("bound allow!")),
        (&["r.test/2022"], json!({"nodeName": "nowhere"}), same("bound allow")),
        (&["r.test/unread"], json!({"nodeName": "ws2022"}), same("bound allow!")),
        // Not known.
        (&["r.test/unread"], amd64(), same("unknown allow!")),
        (&["r.test/never-asked"], amd64(), same("unknown allow!")),
        (&["r.test/2016", "r.test/unread"], amd64(), same("unknown allow!")),
        (&["r.test/2016"], with(amd64(), "runtimeClassName", json!("new")), same("unknown allow!")),
        // Everywhere.
        (&["r.test/every"], amd64(), same("all-fit allow")),
        (&["r.test/2022"], of("10.0.20348"), same("all-fit allow")),
        (&["r.test/every"], json!({}), same("all-fit allow")),
        // A HostProcess container runs on any build, and is pulled for the node where its image is an index.
        (&["pinned"], with(amd64(), "securityContext", host_process.clone()), same("all-fit allow")),
        (
            &["r.test/2019"],
            with(amd64(), "securityContext", host_process),
            ["some-fit allow!", "some-fit steer", "some-fit steer"],
        ),
        // Nowhere.
        (&["r.test/2016"], amd64(), ["none-fits allow!", "none-fits allow!", "none-fits deny"]),
        (&["r.test/2022"], of("10.0.17763"), ["none-fits allow!", "none-fits allow!", "none-fits deny"]),
        (&["r.test/2019", "r.test/2025"], amd64(), ["none-fits allow!", "none-fits allow!", "none-fits deny"]),
        (&["r.test/linux"], amd64(), ["none-fits allow!", "none-fits allow!", "none-fits deny"]),
        (
            &["r.test/2019"],
            with(of("10.0.26100"), "runtimeClassName", json!("hyperv")),
            ["none-fits allow!", "none-fits allow!", "none-fits deny"],
        ),
        // On a part.
        (&["r.test/2022"], amd64(), ["some-fit allow!", "some-fit steer", "some-fit steer"]),
        (&["r.test/2022"], json!({}), ["some-fit allow!", "some-fit steer", "some-fit steer"]),
        (&["r.test/2022"], json!({"os": {"name": "windows"}}), ["some-fit allow!", "some-fit steer", "some-fit steer"]),
        (&["r.test/2022", "r.test/every"], amd64(), ["some-fit allow!", "some-fit steer", "some-fit steer"]),
        (
            &["r.test/2022"],
            with(windows(&[]), "tolerations", json!([{"operator": "Exists"}])),
            ["some-fit allow!", "some-fit steer", "some-fit steer"],
        ),
        (
            &["r.test/2025"],
            with(amd64(), "runtimeClassName", json!("hyperv")),
            ["some-fit allow!", "some-fit steer", "some-fit steer"],
        ),
        // No Windows node for it.
        (&["r.test/2016"], windows(&[("pool", "nobody")]), same("lands-nowhere allow")),
        (&["r.test/2016"], windows(&[("pool", "gke")]), same("lands-nowhere allow")),
    ];
    for (images, spec, words) in table {
        for (mode, expected) in [Mode::Warn, Mode::Steer, Mode::Enforce].into_iter().zip(words) {
            let world = World::new(mode);
            let decision = world.pod(images, &spec);
            let said: Vec<String> = decision.warnings.iter().map(|warning| plain(&warning.what)).collect();
            assert_eq!(word(&decision), expected, "{mode:?}: {images:?} {spec}: {said:?}");
            // A second look at what was changed changes nothing more, and finds nothing wrong.
            if let Outcome::Steer(_) = decision.outcome {
                let object = patched(&object(images, &spec), &decision);
                let again = world.decide(&review("CREATE", "", &object, &Value::Null));
                assert_eq!(word(&again), "all-fit allow", "{mode:?}: {images:?} {object}");
                assert_eq!(object["newerThanThis"]["kept"], true);
            }
        }
    }
}

#[test]
fn what_runs_on_other_systems_too_is_not_kept_to_windows() {
    let mut world = World::new(Mode::Enforce);
    let both = crate::cluster::tests::image("r.test/both", &["10.0.20348.1", "linux/amd64"]);
    world.images.insert("r.test/both".to_owned(), Ok(both));
    assert_eq!(word(&world.pod(&["r.test/both"], &json!({}))), "some-fit allow!");
    assert_eq!(word(&world.pod(&["r.test/both"], &windows(&[]))), "some-fit steer");
}

#[test]
fn namespaces_that_are_left_alone() {
    let world = World::new(Mode::Enforce);
    for (namespace, case) in [("kube-system", "exempt allow"), ("wincompat", "exempt allow"), ("wincompat-2", "none-fits deny")] {
        let mut review = review("CREATE", "", &object(&["r.test/2016"], &windows(&[])), &Value::Null);
        review.namespace = namespace.to_owned();
        assert_eq!(word(&world.decide(&review)), case, "{namespace}");
    }
}

#[test]
fn a_windows_that_is_expected_is_led_to() {
    for (mode, expected) in
        [(Mode::Warn, "expected-fits allow"), (Mode::Steer, "expected-fits steer"), (Mode::Enforce, "expected-fits steer")]
    {
        let world = World { expected: expecting("10.0.18363"), ..World::new(mode) };
        let decision = world.pod(&["r.test/1909"], &windows(&[]));
        assert_eq!(word(&decision), expected, "{mode:?}");
        // It waits for such a node, and is not asked about again.
        let object = patched(&object(&["r.test/1909"], &windows(&[])), &decision);
        if let Outcome::Steer(operations) = &decision.outcome {
            assert!(operations[0].to_string().contains("10.0.18363"), "{operations:?}");
            assert_eq!(word(&world.decide(&review("CREATE", "", &object, &Value::Null))), "lands-nowhere allow");
        }
    }
    let world = World { expected: expecting("10.0.18363"), ..World::new(Mode::Enforce) };
    // Its own selector, or a node by its name, keeps it from nodes that come.
    assert_eq!(word(&world.pod(&["r.test/1909"], &windows(&[(BUILD, "10.0.17763")]))), "none-fits deny");
    let by_name = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["ws2019"]}]}]}}}});
    assert_eq!(word(&world.pod(&["r.test/1909"], &by_name)), "none-fits deny");
    // On 2016 containerd starts no pods.
    let world = World { expected: expecting("10.0.14393"), ..World::new(Mode::Enforce) };
    assert_eq!(word(&world.pod(&["r.test/2016"], &windows(&[]))), "none-fits deny");
    // What is expected and does not fit changes nothing.
    assert_eq!(word(&world.pod(&["r.test/linux"], &windows(&[]))), "none-fits deny");
    // Where some nodes fit now, those that come are led to as well.
    let decision = World { expected: expecting("10.0.20348"), ..World::new(Mode::Steer) };
    let Outcome::Steer(operations) = decision.pod(&["r.test/every", "r.test/2022"], &windows(&[])).outcome else { panic!() };
    assert!(operations[0].to_string().contains("10.0.20348"));
}

/// Conditions go into every term; a term that never holds stays as it is, and no term is added to others.
#[test]
fn every_term_is_narrowed() {
    let world = World::new(Mode::Steer);
    let in_terms = |terms: &Value| json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}});
    let os = json!({"key": "kubernetes.io/os", "operator": "In", "values": ["windows"]});
    let terms = json!([
        {"matchExpressions": [os.clone()]},
        {},
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["ws2022"]}]},
        {"matchExpressions": [], "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["ws2025"]}]},
    ]);
    let before = object(&["r.test/2022"], &in_terms(&terms));
    let decision = world.decide(&review("CREATE", "", &before, &Value::Null));
    assert_eq!(word(&decision), "some-fit steer");
    let after = patched(&before, &decision);
    let path = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
    let terms = after.pointer(path).unwrap().as_array().unwrap();
    let keys = |term: &Value| -> Vec<String> {
        let of = |condition: &Value| condition["key"].as_str().unwrap().to_owned();
        term["matchExpressions"].as_array().into_iter().flatten().map(of).collect()
    };
    assert_eq!(terms.len(), 4);
    assert_eq!(keys(&terms[0])[0], "kubernetes.io/os");
    for term in [&terms[0], &terms[2], &terms[3]] {
        assert!(keys(term).contains(&BUILD.to_owned()), "{term}");
    }
    assert_eq!(terms[1], json!({}));
    // What stands before it in the way of a term is made.
    for (before, path) in [
        (json!({}), "/spec/affinity"),
        (json!({"affinity": null}), "/spec/affinity"),
        (json!({"affinity": {"podAffinity": {}}}), "/spec/affinity/nodeAffinity"),
        (
            json!({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}}),
            "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution",
        ),
    ] {
        let Outcome::Steer(operations) = world.pod(&["r.test/2022"], &before).outcome else { panic!("{before}") };
        assert_eq!(operations.len(), 1, "{before}");
        assert_eq!(operations[0]["path"], path, "{before}");
    }
    // Terms that hold nowhere, and an affinity that Kubernetes refuses, are not made to hold.
    for (spec, expected) in [
        (in_terms(&json!([{}])), "not-for-windows allow"),
        (in_terms(&json!([])), "not-for-windows allow"),
        (json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}}), "some-fit allow!"),
        (json!({"affinity": "near"}), "some-fit allow!"),
    ] {
        assert_eq!(word(&world.pod(&["r.test/2022"], &spec)), expected, "{spec}");
    }
}

#[test]
fn system_and_processor_are_added_where_they_are_missing() {
    let world = World::new(Mode::Steer);
    let keys = |spec: &Value| -> Vec<String> {
        let Outcome::Steer(operations) = world.pod(&["r.test/2022"], spec).outcome else { panic!("{spec}") };
        let text = operations[0].to_string();
        [BUILD, "kubernetes.io/os", "kubernetes.io/arch"]
            .into_iter()
            .filter(|key| text.contains(&format!("\"{key}\"")))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(keys(&json!({})), [BUILD, "kubernetes.io/os", "kubernetes.io/arch"]);
    assert_eq!(keys(&windows(&[])), [BUILD, "kubernetes.io/arch"]);
    assert_eq!(keys(&windows(&[("kubernetes.io/arch", "amd64")])), [BUILD]);
    let mut by_affinity = windows(&[]);
    by_affinity["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}]}]}}});
    assert_eq!(keys(&by_affinity), [BUILD]);
}

#[test]
fn labels_that_do_not_tell_nodes_apart_are_said() {
    // Two nodes of one build, of which one lacks the handler.
    let mut world = World::new(Mode::Enforce);
    world.nodes = Nodes::of(vec![
        node("a", "10.0.20348.1", "amd64", None, &["", "runhcs-wcow-hypervisor"]),
        node("b", "10.0.20348.1", "amd64", None, &["", "runhcs-wcow-process"]),
    ]);
    let mut spec = windows(&[]);
    spec["runtimeClassName"] = json!("hyperv");
    let decision = world.pod(&["r.test/2022"], &spec);
    assert_eq!(word(&decision), "some-fit allow!");
    let said = decision.warnings.iter().find(|warning| plain(&warning.what).contains("no label")).unwrap();
    assert_eq!(plain(&said.help), "label the nodes that fit, and select that label in the pod");
}

#[test]
fn an_affinity_that_kubernetes_does_not_take_is_said_to_be_one() {
    let world = World::new(Mode::Steer);
    for affinity in [
        json!("x"),
        json!({"nodeAffinity": []}),
        json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": "x"}}),
    ] {
        let mut spec = windows(&[]);
        spec["affinity"] = affinity;
        let decision = world.pod(&["r.test/2022"], &spec);
        assert_eq!(word(&decision), "some-fit allow!");
        let said = plain(&decision.warnings.last().unwrap().what);
        assert!(said.contains("does not have the form that Kubernetes takes") && !said.contains("no label"), "{said}");
    }
}

/// Kubernetes 1.35 compares values of taints with `Gt` and `Lt`: whether such a pod lands is not known, so it is not denied.
#[test]
fn a_toleration_that_compares_is_not_known() {
    let mut world = World::new(Mode::Enforce);
    let mut tainted = node("a", "10.0.17763.1", "amd64", None, &[]);
    tainted.node.taints = vec![crate::host::Taint { key: "sla".into(), value: "950".into(), effect: "NoSchedule".into() }];
    world.nodes = Nodes::of(vec![tainted]);
    for (operator, case) in
        [("Gt", "unknown allow!"), ("Lt", "unknown allow!"), ("Exists", "none-fits deny"), ("", "lands-nowhere allow")]
    {
        let mut spec = windows(&[]);
        spec["tolerations"] = json!([{"key": "sla", "operator": operator, "value": "900", "effect": "NoSchedule"}]);
        assert_eq!(word(&world.pod(&["r.test/2022"], &spec)), case, "{operator}");
    }
    // Where it runs wherever it lands, there is nothing that would have to be known.
    let mut spec = windows(&[]);
    spec["tolerations"] = json!([{"key": "sla", "operator": "Gt", "value": "900", "effect": "NoSchedule"}]);
    assert_eq!(word(&world.pod(&["r.test/2019"], &spec)), "all-fit allow");
}

#[test]
fn changes_are_judged_by_what_they_change() {
    let spec = |name: &str, more: Value| {
        let mut spec = windows(&[]);
        for (key, value) in more.as_object().unwrap() {
            spec[key] = value.clone();
        }
        object(&[name], &spec)
    };
    let bound = |name: &str| spec(name, json!({"nodeName": "ws2022"}));
    let gated = |name: &str| spec(name, json!({"schedulingGates": [{"name": "g"}]}));
    let ending = |name: &str| {
        let mut object = bound(name);
        object["metadata"]["deletionTimestamp"] = json!("2026-11-26T00:00:00Z");
        object
    };
    let debugged = |mut object: Value, image: &str| {
        object["spec"]["ephemeralContainers"] = json!([{"name": "debug", "image": image}]);
        object
    };
    let free = |name: &str| spec(name, json!({}));
    let world = World::new(Mode::Enforce);
    for (subresource, old, new, expected) in [
        // Labels, finalizers, deletion: nothing that concerns nodes.
        ("", bound("r.test/2016"), bound("r.test/2016"), "unchanged allow"),
        ("", free("r.test/2016"), free("r.test/2016"), "unchanged allow"),
        ("", bound("r.test/2022"), ending("r.test/2016"), "unchanged allow"),
        // An image, on the node that the pod has.
        ("", bound("r.test/2022"), bound("r.test/every"), "bound allow"),
        ("", bound("r.test/2022"), bound("r.test/2019"), "bound allow!"),
        // An image before it has one: its selectors are fixed.
        ("", free("r.test/every"), free("r.test/2022"), "some-fit allow!"),
        ("", free("r.test/every"), free("r.test/2016"), "none-fits deny"),
        // With a gate they are not, and what was not new is not denied.
        ("", gated("r.test/2022"), gated("r.test/2022"), "some-fit steer"),
        ("", gated("r.test/2016"), gated("r.test/2016"), "none-fits allow!"),
        ("", gated("r.test/2022"), gated("r.test/2016"), "none-fits deny"),
        // Also as the last one goes.
        ("", gated("r.test/2022"), free("r.test/2022"), "some-fit steer"),
        ("", gated("r.test/2016"), free("r.test/2016"), "none-fits allow!"),
        ("", free("r.test/2022"), gated("r.test/2022"), "unchanged allow"),
        // Ephemeral containers: the new one counts, on the node that the pod has.
        ("ephemeralcontainers", bound("r.test/2022"), debugged(bound("r.test/2022"), "r.test/every"), "bound allow"),
        ("ephemeralcontainers", bound("r.test/2022"), debugged(bound("r.test/2022"), "r.test/2019"), "bound allow!"),
        ("ephemeralcontainers", bound("r.test/2016"), debugged(bound("r.test/2016"), "r.test/2022"), "bound allow"),
        ("ephemeralcontainers", free("r.test/every"), debugged(free("r.test/every"), "r.test/2016"), "none-fits deny"),
        ("status", bound("r.test/2022"), bound("r.test/2016"), "other allow"),
    ] {
        assert_eq!(word(&world.decide(&review("UPDATE", subresource, &new, &old))), expected, "{subresource}: {old} {new}");
    }
    assert_eq!(word(&world.decide(&review("DELETE", "", &Value::Null, &bound("r.test/2016")))), "other allow");
    assert_eq!(word(&world.decide(&review("CREATE", "", &Value::Null, &Value::Null))), "other allow");
}

#[test]
fn a_pod_of_a_daemonset_is_judged_by_its_node() {
    let world = World::new(Mode::Enforce);
    let on = |node: &str| {
        let mut object = object(
            &["r.test/2022"],
            &json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]}}}}),
        );
        object["metadata"]["ownerReferences"] = json!([{"kind": "DaemonSet", "name": "agent", "controller": true}]);
        world.decide(&review("CREATE", "", &object, &Value::Null))
    };
    assert_eq!(word(&on("ws2022")), "all-fit allow");
    let decision = on("ws2019");
    assert_eq!(word(&decision), "none-fits deny");
    let Outcome::Deny(why) = decision.outcome else { panic!() };
    assert!(plain(&why).contains("one DaemonSet for each Windows"), "{why}");
}

#[test]
fn a_denial_says_images_nodes_and_what_to_do() {
    let world = World::new(Mode::Enforce);
    let mut object = object(&["r.test/2016"], &windows(&[("kubernetes.io/arch", "amd64")]));
    object["metadata"]["labels"] = json!({"pod-template-hash": "657d"});
    object["metadata"]["ownerReferences"] = json!([{"kind": "ReplicaSet", "name": "web-657d", "controller": true}]);
    let review = review("CREATE", "", &object, &Value::Null);
    let answer = review.answer(&world.decide(&review), &plain);
    assert_eq!(answer["apiVersion"], "admission.k8s.io/v1");
    let response = &answer["response"];
    assert_eq!(
        (&response["uid"], &response["allowed"], &response["status"]["code"]),
        (&json!("u-1"), &json!(false), &json!(403))
    );
    assert_eq!(
        response["status"]["message"],
        "wincompat: no node that this pod can land on runs all of its images: images r.test/2016 (10.0.14393.1, amd64); nodes \
         ws2019 (10.0.17763, amd64), ws2022 (10.0.20348, amd64), ws2025 (10.0.26100, amd64); use images that fit one of these: \
         arm2025 (Windows Server 2025), gke2022 (Windows Server 2022), ws2019 (Windows Server 2019), ws2022 (Windows Server 2022), \
         ws2025 (Windows Server 2025)"
    );
    // An image for another processor is told apart from the nodes by that.
    let mut arm = World::new(Mode::Enforce);
    arm.nodes = Nodes::of(vec![node("ws2025", "10.0.26100.32995", "amd64", None, &[])]);
    arm.images.insert("r.test/arm".to_owned(), Ok(crate::cluster::tests::image("r.test/arm", &["arm64 10.0.26100.1"])));
    let Outcome::Deny(why) = arm.pod(&["r.test/arm"], &windows(&[])).outcome else { panic!() };
    assert_eq!(
        plain(&why),
        "wincompat: no node that this pod can land on runs all of its images: images r.test/arm (10.0.26100.1, arm64); nodes \
         ws2025 (10.0.26100, amd64); use images for amd64 that fit one of these: ws2025 (Windows Server 2025)"
    );
    // Where a selector is in the way, the change names the workload that its author knows.
    object["spec"]["containers"][0]["image"] = json!("r.test/2022");
    object["spec"]["nodeSelector"][BUILD] = json!("10.0.17763");
    let review = self::review("CREATE", "", &object, &Value::Null);
    let Outcome::Deny(why) = world.decide(&review).outcome else { panic!() };
    assert!(format!("{why:?}").contains("shop/deployment/web"), "{why:?}");
}

/// What is said to do is at an object that is there, and whose controller does not take it back.
#[test]
fn a_denial_names_what_makes_the_pod() {
    let world = World::new(Mode::Enforce);
    for (version, kind, expected) in [
        ("apps/v1", "StatefulSet", "shop/statefulset/web"),
        ("apps.kruise.io/v1beta1", "StatefulSet", "change apps.kruise.io/v1beta1 StatefulSet web, which this belongs to: select"),
        ("apps/v1", "ReplicaSet", "change apps/v1 ReplicaSet web or the object that owns it, which this belongs to: select"),
        ("batch/v1", "Job", "Set it in the manifest that creates the job"),
    ] {
        let mut object = object(&["r.test/2022"], &windows(&[("kubernetes.io/arch", "amd64"), (BUILD, "10.0.17763")]));
        object["metadata"]["ownerReferences"] = json!([{"apiVersion": version, "kind": kind, "name": "web", "controller": true}]);
        let Outcome::Deny(why) = world.decide(&review("CREATE", "", &object, &Value::Null)).outcome else { panic!() };
        assert!(format!("{why:?}").contains(expected), "{version} {kind}: {why:?}");
        assert_eq!(format!("{why:?}").contains("ClusterPatch"), expected.starts_with("shop/"), "{version} {kind}: {why:?}");
    }
}

/// Nobody checks the name of an owner, and people copy a command from what they are told.
#[test]
fn a_name_that_is_a_command_is_in_no_command_to_type() {
    let world = World::new(Mode::Enforce);
    for (name, is_plain) in [("web", true), ("web;reboot", false), ("$(reboot)", false), ("`reboot`", false), ("web x", false)] {
        let mut object = object(&["r.test/2022"], &windows(&[("kubernetes.io/arch", "amd64"), (BUILD, "10.0.17763")]));
        object["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": name, "controller": true}]);
        let Outcome::Deny(why) = world.decide(&review("CREATE", "", &object, &Value::Null)).outcome else { panic!() };
        assert_eq!(format!("{why:?}").contains("ClusterPatch"), is_plain, "{name}: {why:?}");
        assert!(plain(&why).contains("node.kubernetes.io/windows-build In 10.0.20348, 10.0.26100"), "{name}: {why}");
    }
}

/// The advice is about what is said, and what is said is right.
#[test]
fn a_denial_says_what_its_advice_is_about() {
    let mut world = World::new(Mode::Enforce);
    let denied = |world: &World, images: &[&str], spec: &Value| {
        let decision = world.pod(images, spec);
        let Outcome::Deny(why) = &decision.outcome else { panic!("{}", word(&decision)) };
        plain(why)
    };
    world.nodes = Nodes::of(vec![
        node("ws2019", "10.0.17763.8389", "amd64", None, &[]),
        node("db", "10.0.20348.5386", "amd64", Some("dedicated=db"), &[]),
        node("linux", "5.15.0-azure", "amd64", None, &[]),
    ]);
    let why = denied(&world, &["r.test/2022"], &windows(&[]));
    assert!(why.contains("the taint dedicated=db:NoSchedule of these nodes; tolerate it if"), "{why}");
    // Its name of the system is right, and its image is not.
    let host_process = json!({"securityContext": {"windowsOptions": {"hostProcess": true}}});
    for (image, spec) in [("r.test/2016", json!({"os": {"name": "windows"}})), ("r.test/linux", host_process)] {
        let why = denied(&world, &[image], &spec);
        assert!(why.ends_with("use images for the Windows of these nodes, or add nodes that the images fit"), "{why}");
    }
}

/// The containerd of the only nodes does not pull an image of their Windows.
#[test]
fn a_denial_because_of_the_engine_is_about_the_engine() {
    let mut world = World::new(Mode::Enforce);
    let mut old = node("old", "10.0.26100.32995", "amd64", None, &[]);
    old.host.as_mut().and_then(|host| host.engine.as_mut()).unwrap().runtime = Some("1.6.10".to_owned().into());
    world.nodes = Nodes::of(vec![old]);
    for kind in ["Job", "DaemonSet"] {
        let mut object = object(&["r.test/2022"], &windows(&[("kubernetes.io/arch", "amd64")]));
        object["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "apps/v1", "kind": kind, "name": "web", "controller": true}]);
        let decision = world.decide(&review("CREATE", "", &object, &Value::Null));
        assert_eq!(word(&decision), "none-fits deny", "{kind}");
        let Outcome::Deny(why) = decision.outcome else { panic!() };
        let why = plain(&why);
        assert!(why.starts_with("wincompat: r.test/2022 on old (Windows Server 2025): image 10.0.20348.1 fits host"), "{why}");
        assert!(!why.contains("use images that fit") && !why.contains("one DaemonSet for each"), "{why}");
    }
}

#[test]
fn a_windows_that_is_expected_has_the_processor_that_was_named() {
    let mut world = World { expected: expecting("26100,arm64"), ..World::new(Mode::Steer) };
    world.nodes = Nodes::of(vec![node("ws2019", "10.0.17763.8389", "amd64", None, &[])]);
    let arm = crate::cluster::tests::image("r.test/arm", &["arm64 10.0.26100.1"]);
    world.images.insert("r.test/arm".to_owned(), Ok(arm));
    let decision = world.pod(&["r.test/arm"], &windows(&[]));
    assert_eq!(word(&decision), "expected-fits steer");
    let Outcome::Steer(operations) = decision.outcome else { panic!() };
    let operations = operations[0].to_string();
    assert!(operations.contains("10.0.26100") && operations.contains("arm64"), "{operations}");
    assert_eq!(word(&world.pod(&["r.test/2025"], &windows(&[]))), "none-fits allow!");
}

#[test]
fn an_answer_has_a_patch_or_warnings_that_an_api_server_takes() {
    let world = World::new(Mode::Steer);
    let review = review("CREATE", "", &object(&["r.test/2022"], &json!({})), &Value::Null);
    let response = review.answer(&world.decide(&review), &plain)["response"].clone();
    assert_eq!((&response["allowed"], &response["patchType"]), (&json!(true), &json!("JSONPatch")));
    assert!(response["patch"].as_str().unwrap().starts_with("W3si"), "{response}");
    assert!(response.get("warnings").is_none());
    let long = |number: usize| Warning { what: format!("{number} {}", "é".repeat(300)).into(), help: "do it".into() };
    let decision = Decision { warnings: (0..40).map(long).collect(), ..Decision::allow(Case::Unknown) };
    let warnings = review.answer(&decision, &plain)["response"]["warnings"].clone();
    let lengths: Vec<usize> =
        warnings.as_array().unwrap().iter().map(|warning| warning.as_str().unwrap().chars().count()).collect();
    assert!(lengths.iter().all(|length| *length <= 256) && lengths.iter().sum::<usize>() <= 4096, "{lengths:?}");
    assert_eq!(warnings.as_array().unwrap().iter().filter(|warning| **warning == "wincompat: do it").count(), 1, "{warnings}");
}

#[test]
fn what_is_not_a_question_is_refused() {
    let good = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "u"}});
    let without = |path: &[&str], value: Value| {
        let mut review = good.clone();
        let last = path.last().unwrap();
        let mut place = &mut review;
        for key in &path[..path.len() - 1] {
            place = &mut place[*key];
        }
        place[*last] = value;
        review.to_string()
    };
    assert!(Review::parse(good.to_string().as_bytes()).is_ok());
    for (body, said) in [
        ("{".to_owned(), "not JSON"),
        (String::new(), "not JSON"),
        ("[]".to_owned(), "not an AdmissionReview"),
        (format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)), "not JSON"),
        (without(&["apiVersion"], json!("admission.k8s.io/v1beta1")), "admissionReviewVersions"),
        (without(&["apiVersion"], json!(1)), "admissionReviewVersions"),
        (without(&["kind"], json!("Pod")), "not an AdmissionReview"),
        (without(&["request"], Value::Null), "no request"),
        (without(&["request"], json!([])), "no request"),
        (without(&["request", "uid"], json!("")), "no uid"),
        (without(&["request", "uid"], json!({"a": 1})), "no uid"),
    ] {
        let Refused(why) = Review::parse(body.as_bytes()).unwrap_err();
        assert!(why.contains(said), "{why}");
    }
}

/// Workloads are warned about, whatever the mode, and never changed or denied.
#[test]
fn workloads_are_warned_about() {
    let world = World::new(Mode::Enforce);
    let workload = |kind: &str, group: &str, object: Value, old: Value| {
        let operation = if old.is_null() { "CREATE" } else { "UPDATE" };
        let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "u", "kind": {"group": group, "version": "v1", "kind": kind}, "namespace": "shop", "operation": operation,
            "object": object, "oldObject": old}});
        let review = Review::parse(review.to_string().as_bytes()).unwrap();
        match validate(&review, &world.rules, &world.question()) {
            Admitted::Decided(decision) => word(&decision),
            Admitted::Open(pod) => word(&pod.decide(&world.question(), &world.expected)),
        }
    };
    let template = |image: &str| json!({"spec": {"containers": [{"name": "c", "image": image}], "nodeSelector": {"kubernetes.io/os": "windows"}}});
    let of = |image: &str| json!({"metadata": {"name": "web"}, "spec": {"replicas": 1, "template": template(image)}});
    for (kind, group) in
        [("Deployment", "apps"), ("StatefulSet", "apps"), ("DaemonSet", "apps"), ("ReplicaSet", "apps"), ("Job", "batch")]
    {
        assert_eq!(workload(kind, group, of("r.test/2016"), Value::Null), "none-fits allow!", "{kind}");
        assert_eq!(workload(kind, group, of("r.test/2022"), Value::Null), "some-fit allow!", "{kind}");
        assert_eq!(workload(kind, group, of("r.test/unread"), Value::Null), "unknown allow!", "{kind}");
    }
    let cron = json!({"metadata": {"name": "nightly"}, "spec": {"jobTemplate": {"spec": {"template": template("r.test/2016")}}}});
    assert_eq!(workload("CronJob", "batch", cron, Value::Null), "none-fits allow!");
    // More replicas are not a change that concerns it, another image is.
    let mut scaled = of("r.test/2016");
    scaled["spec"]["replicas"] = json!(5);
    assert_eq!(workload("Deployment", "apps", scaled, of("r.test/2016")), "unchanged allow");
    assert_eq!(workload("Deployment", "apps", of("r.test/2016"), of("r.test/2022")), "none-fits allow!");
    let mut owned = of("r.test/2016");
    owned["metadata"]["ownerReferences"] = json!([{"kind": "Deployment", "name": "web", "controller": true}]);
    assert_eq!(workload("ReplicaSet", "apps", owned, Value::Null), "unchanged allow");
    assert_eq!(workload("Service", "", json!({"spec": {}}), Value::Null), "other allow");
    // Another kind that has this name.
    assert_eq!(workload("StatefulSet", "apps.kruise.io", of("r.test/2016"), Value::Null), "other allow");
}

/// Questions in the form of Kubernetes 1.36, each with what becomes of it in the mode enforce.
#[test]
fn questions_of_newer_api_servers() {
    let world = World::new(Mode::Enforce);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/admission");
    let table = [
        ("create-pod-of-deployment", "some-fit steer"),
        ("create-pod-of-daemonset", "none-fits deny"),
        ("create-pod-with-os", "some-fit steer"),
        ("create-pod-hostprocess", "all-fit allow"),
        ("create-pod-gated", "some-fit steer"),
        ("update-pod-ungated", "some-fit steer"),
        ("update-pod-image", "bound allow!"),
        ("update-pod-ephemeral-container", "bound allow!"),
        ("create-deployment", "some-fit allow!"),
        ("create-daemonset", "some-fit allow!"),
        ("create-job", "none-fits allow!"),
        ("create-cronjob", "none-fits allow!"),
    ];
    for (name, expected) in table {
        let review = Review::parse(&std::fs::read(folder.join(format!("{name}.json"))).unwrap()).unwrap();
        let question = world.question();
        let admitted = if review.kind == "Pod" {
            admit(&review, &world.rules, &question)
        } else {
            validate(&review, &world.rules, &question)
        };
        let decision = match admitted {
            Admitted::Decided(decision) => decision,
            Admitted::Open(pod) => pod.decide(&question, &world.expected),
        };
        assert_eq!(word(&decision), expected, "{name}");
        assert_eq!(review.answer(&decision, &plain)["response"]["uid"], "7a1f0f4e-3f65-4a37-9a51-0c7a2c0c1d11");
    }
    let files = std::fs::read_dir(folder)
        .unwrap()
        .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|end| end == "json"));
    assert_eq!(files.count(), table.len());
}

/// A node that is cordoned or restarts comes back: what Kubernetes taints by itself keeps nothing away here, and a taint of people does.
#[test]
fn taints_that_pass_lead_nobody_elsewhere() {
    for (taint, expected) in [
        ("node.kubernetes.io/unschedulable=", ["some-fit allow!", "some-fit steer", "some-fit steer"]),
        ("node.kubernetes.io/disk-pressure=", ["some-fit allow!", "some-fit steer", "some-fit steer"]),
        ("ToBeDeletedByClusterAutoscaler=1", ["some-fit allow!", "some-fit steer", "some-fit steer"]),
        ("startup-taint.cluster-autoscaler.kubernetes.io/x=", ["some-fit allow!", "some-fit steer", "some-fit steer"]),
        ("ignore-taint.cluster-autoscaler.kubernetes.io/x=", ["some-fit allow!", "some-fit steer", "some-fit steer"]),
        ("status-taint.cluster-autoscaler.kubernetes.io/x=", ["some-fit allow!", "some-fit steer", "some-fit steer"]),
        ("NodeWithImpairedVolumes=true", ["some-fit allow!", "some-fit steer", "some-fit steer"]),
        ("team=shop", ["none-fits allow!", "none-fits allow!", "none-fits deny"]),
    ] {
        let of_mode = |mode: Mode| {
            let nodes = vec![
                node("ws2019", "10.0.17763.8389", "amd64", None, &[]),
                node("ws2022", "10.0.20348.5386", "amd64", Some(taint), &[]),
            ];
            let nodes = Nodes::of(nodes);
            word(&World { nodes, ..World::new(mode) }.pod(&["r.test/2022"], &windows(&[])))
        };
        assert_eq!([Mode::Warn, Mode::Steer, Mode::Enforce].map(of_mode), expected, "{taint}");
    }
}

/// A kubelet says what it runs on a while after its node is there.
#[test]
fn a_node_that_has_just_come_is_not_known_yet() {
    let of = |object: &Value| ClusterNode::of(object, Knowledge::built_in()).is_ok_and(|node| node.is_known());
    assert!(!of(&json!({"metadata": {"name": "new"}})));
    assert!(!of(&json!({"metadata": {"name": "new"}, "status": {"nodeInfo": {"operatingSystem": "linux", "architecture": ""}}})));
    assert!(of(
        &json!({"metadata": {"name": "old"}, "status": {"nodeInfo": {"operatingSystem": "linux", "architecture": "arm64"}}})
    ));
}

#[test]
fn what_is_beyond_bounds_or_not_of_a_registry_is_never_denied() {
    let mut world = World::new(Mode::Enforce);
    let many = vec!["r.test/1909"; 251];
    assert_eq!(word(&world.pod(&many, &windows(&[]))), "unknown allow!");
    assert_eq!(word(&world.pod(&many[..250], &windows(&[]))), "none-fits deny");
    let terms: Vec<Value> =
        (0..101).map(|number| json!({"matchExpressions": [{"key": format!("a{number}"), "operator": "DoesNotExist"}]})).collect();
    let mut spec = windows(&[]);
    spec["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}});
    assert_eq!(word(&world.pod(&["r.test/1909"], &spec)), "unknown allow!");
    // Each label, value and toleration is compared with every node: here a label, a condition, and values.
    for (number, expected) in [(998, "none-fits deny"), (999, "unknown allow!")] {
        let values: Vec<String> = (0..number).map(|number| format!("v{number}")).collect();
        let mut spec = windows(&[]);
        spec["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": values}]}]}}});
        assert_eq!(word(&world.pod(&["r.test/1909"], &spec)), expected, "{number}");
        let mut spec = windows(&[]);
        spec["tolerations"] = (0..=number).map(|number| json!({"key": format!("t{number}"), "operator": "Exists"})).collect();
        assert_eq!(word(&world.pod(&["r.test/1909"], &spec)), expected, "{number}");
    }
    // The entries of all images together, an image of several containers counted once.
    let versions: Vec<String> = (1..=101).map(|number| format!("10.0.20348.{number}")).collect();
    let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
    let names: Vec<String> = (0..100).map(|number| format!("r.test/large{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for name in &names {
        world.images.insert((*name).to_owned(), Ok(crate::cluster::tests::image(name, &versions)));
    }
    let on_2022 = windows(&[("kubernetes.io/arch", "amd64"), (BUILD, "10.0.20348")]);
    assert_eq!(word(&world.pod(&["r.test/large0"; 250], &on_2022)), "all-fit allow");
    assert_eq!(word(&world.pod(&names[..99], &on_2022)), "all-fit allow");
    assert_eq!(word(&world.pod(&names, &on_2022)), "unknown allow!");
    // The node has to have it already.
    let mut never = object(&["r.test/1909"], &windows(&[]));
    never["spec"]["containers"][0]["imagePullPolicy"] = json!("Never");
    assert_eq!(word(&world.decide(&review("CREATE", "", &never, &Value::Null))), "unknown allow!");
    // Another kind that has this name.
    let other = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u-1", "kind": {"group": "x.test", "version": "v1", "kind": "Pod"}, "namespace": "shop", "operation": "CREATE",
        "object": object(&["r.test/1909"], &windows(&[]))}});
    assert_eq!(word(&world.decide(&Review::parse(other.to_string().as_bytes()).unwrap())), "other allow");
}

/// Nodes of the same Windows that a pod cannot land on are not those that it waits for.
#[test]
fn a_windows_is_expected_whatever_other_nodes_have_it() {
    let old = || node("old-0", "10.0.17763.8389", "amd64", None, &[]);
    let mut world = World { expected: expecting("ltsc2022"), ..World::new(Mode::Enforce) };
    world.nodes = Nodes::of(vec![old(), node("db-0", "10.0.20348.5386", "amd64", Some("dedicated=db"), &[])]);
    assert_eq!(word(&world.pod(&["r.test/2022"], &windows(&[]))), "expected-fits steer");
    let in_pool = |mut node: ClusterNode, pool: &str| {
        node.node.labels.insert("pool".to_owned(), pool.to_owned());
        node
    };
    let db = in_pool(node("db-0", "10.0.20348.5386", "amd64", None, &[]), "db");
    world.nodes = Nodes::of(vec![in_pool(old(), "web"), db]);
    assert_eq!(word(&world.pod(&["r.test/2022"], &windows(&[("pool", "web")]))), "expected-fits steer");
    // What is known of the nodes that went counts for where pods are led, and for no denial: those that come may have other labels and taints.
    world.expected[0].labels.insert("pool".to_owned(), "db".to_owned());
    assert_eq!(word(&world.pod(&["r.test/2022"], &windows(&[("pool", "web")]))), "unknown allow!");
    world.expected = expecting("ltsc2022");
    let taint = crate::host::Taint { key: "dedicated".into(), value: "db".into(), effect: "NoSchedule".into() };
    world.expected[0].taints.push(taint);
    assert_eq!(word(&world.pod(&["r.test/2022"], &windows(&[("pool", "web")]))), "unknown allow!");
    // An image that does not run on that Windows does not wait for it, and neither does a pod that excludes it.
    assert_eq!(word(&world.pod(&["r.test/2025"], &windows(&[("pool", "web")]))), "none-fits deny");
    assert_eq!(word(&world.pod(&["r.test/2022"], &windows(&[("pool", "web"), (BUILD, "10.0.17763")]))), "none-fits deny");
    // The name of a node that went says nothing of those that come.
    world.nodes = Nodes::of(vec![old()]);
    world.expected = expecting("ltsc2022");
    world.expected[0].labels.insert("kubernetes.io/hostname".to_owned(), "db-1".to_owned());
    let mut spec = windows(&[]);
    spec["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "NotIn", "values": ["db-1"]}]}]}}});
    assert_eq!(word(&world.pod(&["r.test/2022"], &spec)), "expected-fits steer");
}

/// A Windows that is expected and to which no label leads is no reason for a denial.
#[test]
fn an_expected_windows_to_which_no_label_leads_denies_nothing() {
    let mut world = World { expected: expecting("ltsc2022"), ..World::new(Mode::Enforce) };
    let mut wrong = node("old-0", "10.0.17763.8389", "amd64", None, &[]);
    wrong.node.labels.insert(BUILD.to_owned(), "10.0.20348".to_owned());
    world.nodes = Nodes::of(vec![wrong]);
    assert_eq!(word(&world.pod(&["r.test/2022"], &windows(&[]))), "unknown allow!");
}

/// A term that names nodes holds for no node that is still to come.
#[test]
fn a_term_that_names_nodes_does_not_wait_for_others() {
    let mut world = World { expected: expecting("ltsc2025"), ..World::new(Mode::Enforce) };
    world.nodes = Nodes::of(vec![node("w0", "10.0.17763.8389", "amd64", None, &[])]);
    let of = |builds: &[&str]| {
        let mut spec = windows(&[]);
        spec["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["w0"]}]},
            {"matchExpressions": [{"key": BUILD, "operator": "NotIn", "values": builds}]}]}}});
        spec
    };
    assert_eq!(word(&world.pod(&["r.test/2025"], &of(&["10.0.26100"]))), "none-fits deny");
    assert_eq!(word(&world.pod(&["r.test/2025"], &of(&["10.0.20348"]))), "expected-fits steer");
}

/// A build whose label does not tell nodes apart is left out where another one does.
#[test]
fn one_label_that_does_not_tell_nodes_apart_does_not_spoil_the_others() {
    let mut world = World::new(Mode::Enforce);
    let hyperv = ["", "runhcs-wcow-hypervisor"];
    world.nodes = Nodes::of(vec![
        node("a", "10.0.20348.1", "amd64", None, &hyperv),
        node("b", "10.0.20348.1", "amd64", None, &["", "runhcs-wcow-process"]),
        node("c", "10.0.26100.1", "amd64", None, &hyperv),
    ]);
    let mut spec = windows(&[]);
    spec["runtimeClassName"] = json!("hyperv");
    let decision = world.pod(&["r.test/2022"], &spec);
    assert_eq!(word(&decision), "some-fit steer");
    let Outcome::Steer(operations) = decision.outcome else { panic!() };
    let text = operations[0].to_string();
    assert!(text.contains(r#"["10.0.26100"]"#) && !text.contains("10.0.20348"), "{text}");
}

/// Each image is judged on each group of nodes.
#[test]
fn images_are_not_judged_on_too_many_groups() {
    let mut world = World::new(Mode::Enforce);
    // 101 for an image of one entry and its judgement: 4 of them, and not 5, on 2,000 groups.
    let mut nodes = vec![node("free", "10.0.20348.1", "amd64", None, &[])];
    nodes.extend((1..2000).map(|number| node(&format!("n{number}"), "10.0.20348.1", "amd64", Some(&format!("t{number}=")), &[])));
    world.nodes = Nodes::of(nodes);
    let names: Vec<String> = (0..5).map(|number| format!("r.test/a{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for name in &names {
        world.images.insert((*name).to_owned(), Ok(crate::cluster::tests::image(name, &["10.0.20348.1"])));
    }
    assert_eq!(word(&world.pod(&names[..4], &windows(&[]))), "all-fit allow");
    assert_eq!(word(&world.pod(&names, &windows(&[]))), "unknown allow!");
}

/// A new node of a pool has another name than those that are left out.
#[test]
fn nodes_that_are_left_out_by_name_do_not_leave_out_new_ones() {
    let mut world = World::new(Mode::Enforce);
    world.nodes = Nodes::of(vec![node("ws2019", "10.0.17763.8389", "amd64", None, &[])]);
    world.expected = expecting("ltsc2022");
    let of = |operator: &str| {
        let mut spec = windows(&[]);
        spec["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchFields": [{"key": "metadata.name", "operator": operator, "values": ["ws2019"]}]}]}}});
        spec
    };
    assert_ne!(word(&world.pod(&["r.test/2022"], &of("NotIn"))), "none-fits deny");
    assert_eq!(word(&world.pod(&["r.test/2022"], &of("In"))), "none-fits deny");
}
