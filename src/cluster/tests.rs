//! Findings at workloads, by tables: for each a workload that has it, and one that has not.

mod advice;
mod plan;

use std::collections::HashMap;

use jiff::civil::date;
use serde_json::{Value, json};

use super::*;
use crate::compat::{Code, Policy, Severity};
use crate::host::HostEngine;
use crate::host::pod::Tree;
use crate::image::{Image, Reference, Source};
use crate::knowledge::Knowledge;
use crate::{Engine, Error};

pub(super) fn node(name: &str, kernel: &str, architecture: &str, taint: Option<&str>, handlers: &[&str]) -> ClusterNode {
    let is_linux = !kernel.starts_with("10.0");
    let os = if is_linux { "linux" } else { "windows" };
    let build = kernel.rsplit_once('.').map_or(kernel, |(build, _)| build);
    let mut labels =
        json!({"kubernetes.io/os": os, "kubernetes.io/arch": architecture, "pool": name.trim_end_matches(char::is_numeric)});
    if !is_linux {
        labels["node.kubernetes.io/windows-build"] = json!(build);
    }
    let taints: Vec<Value> = taint
        .into_iter()
        .map(|taint| {
            let (key, value) = taint.split_once('=').unwrap();
            json!({"key": key, "value": value, "effect": "NoSchedule"})
        })
        .collect();
    let handlers: Vec<Value> = handlers.iter().map(|name| json!({"name": name})).collect();
    let object = json!({
        "metadata": {"name": name, "labels": labels}, "spec": {"taints": taints},
        "status": {"runtimeHandlers": handlers, "nodeInfo": {
            "operatingSystem": os, "architecture": architecture, "kernelVersion": kernel, "osImage": "Windows Server Datacenter"}},
    });
    ClusterNode::of(&object, Knowledge::built_in()).unwrap()
}

/// The nodes of most tests.
pub(super) fn nodes() -> Nodes {
    Nodes::of(vec![
        node("linux0", "5.15.0-azure", "amd64", None, &[]),
        node("ws2019", "10.0.17763.8389", "amd64", None, &[]),
        node("ws2022", "10.0.20348.5386", "amd64", None, &["", "runhcs-wcow-process"]),
        node("gke2022", "10.0.20348.5386", "amd64", Some("node.kubernetes.io/os=windows"), &[]),
        node("ws2025", "10.0.26100.32995", "amd64", None, &["", "runhcs-wcow-process", "runhcs-wcow-hypervisor"]),
        node("arm2025", "10.0.26100.4061", "arm64", Some("spot=true"), &[]),
    ])
}

/// An image whose index has these platforms: `10.0.20348.1` for Windows on amd64, `arm64 10.0.26100.1`, `linux/amd64`.
pub(super) fn image(reference: &str, platforms: &[&str]) -> Image {
    let entry = |platform: &&str| {
        let (os, architecture, version) = match platform.split_once('/') {
            Some((os, architecture)) => (os, architecture, ""),
            None => {
                let (architecture, version) = platform.split_once(' ').unwrap_or(("amd64", platform));
                ("windows", architecture, version)
            }
        };
        json!({"mediaType": "application/vnd.docker.distribution.manifest.v2+json", "size": 429,
            "digest": crate::image::Digest::of(platform.as_bytes()).to_string(),
            "platform": {"os": os, "architecture": architecture, "os.version": version}})
    };
    let index = json!({"schemaVersion": 2, "manifests": platforms.iter().map(entry).collect::<Vec<_>>()});
    let reference: Reference = reference.parse().unwrap();
    Image::from_index(&reference, Source::Registry, index.to_string().as_bytes()).unwrap()
}

pub(super) fn images() -> HashMap<String, Result<Image, Error>> {
    let mut images: HashMap<String, Result<Image, Error>> = [
        ("r.test/2016", &["10.0.14393.1"][..]),
        ("r.test/2019", &["10.0.17763.1"]),
        ("r.test/2022", &["10.0.20348.1"]),
        ("r.test/2025", &["10.0.26100.1"]),
        ("r.test/every", &["10.0.17763.1", "10.0.20348.1", "10.0.26100.1", "arm64 10.0.26100.1", "linux/amd64"]),
        ("r.test/linux", &["linux/amd64"]),
        ("r.test/arm", &["arm64 10.0.26100.1"]),
        ("r.test/windows", &["10.0.17763.1", "10.0.20348.1"]),
    ]
    .into_iter()
    .map(|(reference, platforms)| (reference.to_owned(), Ok(image(reference, platforms))))
    .collect();
    // A manifest named by its digest: there is no index, so no size.
    let mut one = image(&pinned(), &["10.0.20348.1"]);
    one.candidates[0].size = None;
    one.candidates[0].digest.clone_from(&one.digest);
    images.insert(pinned(), Ok(one));
    images.insert("r.test/unread".to_owned(), Err(Error::new("no answer")));
    images
}

/// A reference by the digest of a manifest.
pub(super) fn pinned() -> String {
    format!("r.test/2022@{}", crate::image::Digest::of(b"manifest"))
}

pub(super) fn classes() -> Classes {
    let class =
        |handler: &str, selector: Value| RuntimeClass::of(&json!({"handler": handler, "scheduling": {"nodeSelector": selector}}));
    Some(BTreeMap::from([
        ("process-2022".to_owned(), class("runhcs-wcow-process", json!({"kubernetes.io/os": "windows", "pool": "ws"}))),
        ("hyperv".to_owned(), class("runhcs-wcow-hypervisor", json!({"kubernetes.io/os": "windows"}))),
    ]))
}

/// A workload of this kind with one container of each image, and this spec.
fn workload(kind: &str, images: &[&str], mut spec: Value) -> Workload {
    let container = |image: &&str| json!({"name": "c", "image": if *image == "pinned" { pinned() } else { (*image).to_owned() }});
    spec["containers"] = images.iter().map(container).collect();
    let inner = match kind {
        "Pod" => json!({"spec": spec}),
        _ => json!({"spec": {"template": {"spec": spec}}}),
    };
    let mut object = inner;
    object["metadata"] = json!({"namespace": "shop", "name": "web"});
    Workload::of("apps/v1", kind, &object, &Kinds::new()).unwrap()
}

pub(super) fn policy() -> Policy {
    Policy { engine: Some(HostEngine::new(Engine::Kubernetes, None)), ..Policy::on(date(2026, 11, 26)) }
}

/// The result, and the codes.
fn answer(workload: &Workload, nodes: &Nodes, classes: &Classes) -> (Option<bool>, Vec<&'static str>) {
    let (policy, images) = (policy(), images());
    let question = Question { knowledge: Knowledge::built_in(), policy: &policy, nodes, classes, images: &images };
    let answer = question.answer(workload);
    (answer.ok, answer.findings.iter().map(|said| said.code.as_str()).collect())
}

/// A selector of Windows on amd64, with more labels.
fn windows(more: &[(&str, &str)]) -> Value {
    let mut selector = json!({"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64"});
    for (key, value) in more {
        selector[*key] = json!(value);
    }
    json!({ "nodeSelector": selector })
}

const BUILD: &str = "node.kubernetes.io/windows-build";

/// A finding, the kind of an object, its images and pod; then `ok`, and true where the finding is expected.
type Row = (&'static str, &'static str, &'static [&'static str], Value, Option<bool>, bool);

#[test]
fn every_finding_has_a_workload_that_has_it_and_one_that_has_not() {
    let class = |name: &str, selector: Value| {
        let mut spec = selector;
        spec["runtimeClassName"] = json!(name);
        spec
    };
    let of_2022 = || windows(&[(BUILD, "10.0.20348")]);
    let pool = |name: &str| windows(&[("pool", name)]);
    let with_os = |name: &str| {
        let mut spec = of_2022();
        spec["os"] = json!({ "name": name });
        spec
    };
    let not_in = |values: &[&str]| {
        let condition = json!({"key": "pool", "operator": "NotIn", "values": values});
        let mut spec = windows(&[]);
        spec["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{ "matchExpressions": [condition] }]}}});
        spec
    };
    let table: Vec<Row> = vec![
        ("no-node-fits", "Deployment", &["r.test/2016"], windows(&[]), Some(false), true),
        ("no-node-fits", "Deployment", &["r.test/2019", "r.test/2025"], windows(&[]), Some(false), true),
        ("no-node-fits", "Deployment", &["r.test/every"], windows(&[]), Some(true), false),
        ("some-nodes-fit", "Deployment", &["r.test/2022"], windows(&[]), Some(false), true),
        ("some-nodes-fit", "Deployment", &["r.test/2022"], of_2022(), Some(true), false),
        ("some-nodes-fit", "Deployment", &["r.test/unread"], windows(&[]), None, false),
        ("selector-excludes-fitting", "Deployment", &["r.test/2019"], of_2022(), Some(false), true),
        ("selector-excludes-fitting", "Deployment", &["r.test/2022"], of_2022(), Some(true), false),
        ("selector-missing-os", "Deployment", &["r.test/linux"], json!({}), Some(false), true),
        (
            "selector-missing-os",
            "Deployment",
            &["r.test/linux"],
            json!({"nodeSelector": {"kubernetes.io/os": "linux"}}),
            Some(true),
            false,
        ),
        ("selector-missing-os", "Deployment", &["r.test/every"], json!({}), Some(true), false),
        (
            "selector-missing-arch",
            "Deployment",
            &["r.test/2022"],
            json!({"nodeSelector": {"kubernetes.io/os": "windows"}, "tolerations": [{"key": "spot", "operator": "Exists"}]}),
            Some(false),
            true,
        ),
        (
            "selector-missing-arch",
            "Deployment",
            &["r.test/every"],
            json!({"nodeSelector": {"kubernetes.io/os": "windows"}, "tolerations": [{"key": "spot", "operator": "Exists"}]}),
            Some(true),
            false,
        ),
        ("pod-os-differs", "Deployment", &["r.test/2022"], with_os("linux"), Some(false), true),
        ("pod-os-differs", "Deployment", &["r.test/2022"], with_os("windows"), Some(true), false),
        ("taint-not-tolerated", "Deployment", &["r.test/2022"], pool("gke"), Some(false), true),
        ("runtime-class-missing", "Deployment", &["r.test/2022"], class("nowhere", of_2022()), Some(false), true),
        ("runtime-class-missing", "Deployment", &["r.test/every"], class("process-2022", windows(&[])), Some(true), false),
        ("runtime-class-conflicts", "Deployment", &["r.test/2022"], class("process-2022", pool("gke")), Some(false), true),
        ("handler-missing", "Deployment", &["r.test/2022"], class("hyperv", of_2022()), Some(false), true),
        (
            "handler-missing",
            "Deployment",
            &["r.test/2025"],
            class("hyperv", windows(&[(BUILD, "10.0.26100")])),
            Some(true),
            false,
        ),
        ("hyperv-class-does-not-widen", "Deployment", &["r.test/2019"], class("hyperv", of_2022()), Some(false), true),
        (
            "hyperv-class-does-not-widen",
            "Deployment",
            &["r.test/2025"],
            class("hyperv", windows(&[(BUILD, "10.0.26100")])),
            Some(true),
            false,
        ),
        ("daemonset-misses-nodes", "DaemonSet", &["r.test/2022"], windows(&[]), Some(false), true),
        ("daemonset-misses-nodes", "DaemonSet", &["r.test/every"], windows(&[]), Some(true), false),
        ("daemonset-misses-nodes", "DaemonSet", &["r.test/2016"], pool("nobody"), Some(true), false),
        ("digest-pins-build", "Deployment", &["pinned"], of_2022(), Some(true), true),
        ("digest-pins-build", "Deployment", &["r.test/2022"], of_2022(), Some(true), false),
        ("build-retires", "Deployment", &["r.test/2019"], windows(&[(BUILD, "10.0.17763")]), Some(true), false),
        // The scheduler passes over a term with a value that no label can have.
        ("selector-excludes-fitting", "Deployment", &["r.test/every"], not_in(&["bad value!"]), Some(false), true),
        ("selector-excludes-fitting", "Deployment", &["r.test/every"], not_in(&["other"]), Some(true), false),
    ];
    let nodes = nodes();
    for (code, kind, images, spec, ok, has) in table {
        let what = format!("{code}: {images:?} {spec}");
        let (found, codes) = answer(&workload(kind, images, spec), &nodes, &classes());
        assert_eq!(found, ok, "{what}: {codes:?}");
        assert_eq!(codes.contains(&code), has, "{what}: {codes:?}");
    }
    // Every finding about clusters is in the table, or below it.
    // containerd starts no pods there, and Docker did.
    let on_2016 = |runtime: &str, image: &str| {
        let mut ws2016 = node("ws2016", "10.0.14393.1", "amd64", None, &[]);
        let engine = ws2016.host.as_mut().and_then(|host| host.engine.as_mut()).unwrap();
        engine.runtime = Some(runtime.to_owned().into());
        answer(&workload("Deployment", &[image], windows(&[])), &Nodes::of(vec![ws2016]), &classes())
    };
    assert_eq!(on_2016("docker://20.10.21", "r.test/2016"), (Some(true), vec!["build-retires"]));
    // That is a matter of the engine, unless the image does not fit that Windows.
    for (image, found, not) in
        [("r.test/2016", "host-too-old-for-docker", "no-node-fits"), ("r.test/2022", "no-node-fits", "host-too-old-for-docker")]
    {
        let (ok, codes) = on_2016("1.7.20", image);
        assert_eq!((ok, codes.contains(&found), codes.contains(&not)), (Some(false), true, false), "{image}: {codes:?}");
    }
}

#[test]
fn what_could_not_be_read_is_not_known() {
    let nodes = nodes();
    let with_class =
        workload("Deployment", &["r.test/2022"], json!({"runtimeClassName": "any", "nodeSelector": {BUILD: "10.0.20348"}}));
    assert_eq!(answer(&with_class, &nodes, &None).0, None);
    assert_eq!(answer(&with_class, &nodes, &Some(BTreeMap::new())), (Some(false), vec!["runtime-class-missing"]));
    // One image that runs nowhere decides, whatever the other is.
    let both = workload("Deployment", &["r.test/unread", "r.test/2019"], windows(&[(BUILD, "10.0.26100")]));
    assert_eq!(answer(&both, &nodes, &classes()).0, Some(false));
}

/// Older API servers take such a value, and the pod is pending for ever.
#[test]
fn a_pod_for_a_build_that_no_label_can_have_is_for_windows_and_lands_nowhere() {
    let of_build = |build: &str| {
        let condition = json!({"key": BUILD, "operator": "In", "values": [build]});
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{ "matchExpressions": [condition] }]}}}})
    };
    for (build, ok) in [("10.0.17763", Some(true)), ("10.0.17763 ", Some(false))] {
        let workload = workload("Deployment", &["r.test/2019"], of_build(build));
        assert_eq!(workload.os.as_deref(), Some("windows"), "{build:?}");
        assert_eq!(answer(&workload, &nodes(), &classes()).0, ok, "{build:?}");
    }
}

#[test]
fn a_pod_that_leaves_out_windows_too_is_not_for_windows() {
    for (values, os) in [(&["linux"][..], Some("windows")), (&["linux", "windows"], None), (&["windows"], None)] {
        let condition = json!({"key": "kubernetes.io/os", "operator": "NotIn", "values": values});
        let spec = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{ "matchExpressions": [condition] }]}}}});
        assert_eq!(workload("Deployment", &["r.test/2022"], spec).os.as_deref(), os, "{values:?}");
    }
}

/// Of the nodes that a workload cannot tell apart one is looked at, and its name is not that of all.
#[test]
fn nodes_are_named_where_they_are_a_few() {
    let nodes = Nodes::of((0..5).map(|number| node(&format!("w{number}"), "10.0.20348.1", "amd64", None, &[])).collect());
    let names = |spec: Value| {
        let (policy, images, classes) = (policy(), images(), classes());
        let question =
            Question { knowledge: Knowledge::built_in(), policy: &policy, nodes: &nodes, classes: &classes, images: &images };
        let lands = question.answer(&workload("Deployment", &["r.test/2022"], spec)).lands;
        (lands[0].nodes, lands[0].names.clone())
    };
    let by_name = |names: &[&str]| {
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": names.iter().map(|name| json!({"matchFields": [
                {"key": "metadata.name", "operator": "In", "values": [name]}]})).collect::<Vec<_>>()}}}})
    };
    assert_eq!(names(json!({})), (5, vec![]));
    assert_eq!(names(by_name(&["w3", "w1"])), (2, vec!["w1".to_owned(), "w3".to_owned()]));
    assert_eq!(names(by_name(&["w0", "w1", "w2", "w3"])), (4, vec![]));
}

/// Pods can land there: what its labels and taints say is known, and what runs there is not.
#[test]
fn a_windows_node_that_does_not_say_its_version_is_not_known() {
    let labels = json!({"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": "new"});
    let object = json!({"metadata": {"name": "new", "labels": labels}, "status": {"nodeInfo": {"operatingSystem": "windows"}}});
    let (new, unread) = api::node(&object, Knowledge::built_in());
    assert_eq!(unread.map(|(what, _)| what).as_deref(), Some("node new"));
    assert!(!new.is_known());
    let nodes = Nodes::of(vec![node("ws2022", "10.0.20348.5386", "amd64", None, &[]), new]);
    assert_eq!(nodes.groups[0].title(), "new (Windows, version not known yet)");
    let there = || json!({"nodeSelector": {"kubernetes.io/hostname": "new"}});
    let (policy, all, classes) = (policy(), images(), classes());
    for (image, spec, ok) in [
        ("r.test/2022", windows(&[]), None),
        ("r.test/2022", windows(&[(BUILD, "10.0.20348")]), Some(true)),
        ("r.test/2019", windows(&[]), Some(false)),
        ("r.test/2022", there(), None),
        // It has no image for any Windows.
        ("r.test/linux", there(), Some(false)),
    ] {
        let workload = workload("Deployment", &[image], spec.clone());
        assert_eq!(answer(&workload, &nodes, &classes).0, ok, "{image} {spec}");
        let question =
            Question { knowledge: Knowledge::built_in(), policy: &policy, nodes: &nodes, classes: &classes, images: &all };
        assert!(question.concerns(&workload), "{image} {spec}");
    }
}

/// The labels are there before its kubelet has started, and a Windows is known by them.
#[test]
fn the_processor_of_a_node_is_that_of_its_label_where_it_says_none() {
    let of = |labels: Value| {
        let object = json!({"metadata": {"name": "new", "labels": labels}});
        let node = ClusterNode::of(&object, Knowledge::built_in()).unwrap();
        (node.architecture.clone(), node)
    };
    assert_eq!(of(json!({"kubernetes.io/arch": "arm64"})).0, "arm64");
    assert_eq!(of(json!({})).0, "");
    let (architecture, windows) = of(json!({"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64", BUILD: "10.0.26100"}));
    assert_eq!(architecture, "amd64");
    let (policy, mut images, classes, nodes) = (policy(), images(), classes(), Nodes::of(vec![windows]));
    images.insert("r.test/arm".to_owned(), Ok(image("r.test/arm", &["arm64 10.0.26100.1"])));
    let question =
        Question { knowledge: Knowledge::built_in(), policy: &policy, nodes: &nodes, classes: &classes, images: &images };
    let workload = workload("Deployment", &["r.test/arm"], json!({"nodeSelector": {"kubernetes.io/os": "windows"}}));
    let help = question.answer(&workload).findings[0].help.to_string();
    assert!(help.starts_with("use images for amd64 that fit one of these: new ("), "{help}");
}

/// A kubelet says what its node runs a while after the node is there, and virtual kubelets write `Linux`.
#[test]
fn nodes_that_do_not_say_their_system_are_not_known() {
    let other = |info: Value| {
        let object = json!({"metadata": {"name": "other"}, "status": {"nodeInfo": info}});
        ClusterNode::of(&object, Knowledge::built_in()).unwrap()
    };
    let on = |info: Value, image: &str| {
        let nodes = Nodes::of(vec![node("ws2022", "10.0.20348.5386", "amd64", None, &[]), other(info)]);
        (answer(&workload("Deployment", &[image], json!({})), &nodes, &classes()), nodes.groups[0].title())
    };
    let both = "r.test/every";
    for (info, image, ok, title) in [
        (json!({}), both, None, "other (system not known yet)"),
        (json!({"architecture": "amd64"}), both, None, "other (system not known yet)"),
        (json!({"operatingSystem": "linux"}), both, None, "other (linux, processor not known yet)"),
        (json!({"operatingSystem": "linux"}), "r.test/2022", Some(false), "other (linux, processor not known yet)"),
        (json!({"operatingSystem": "Linux", "architecture": "amd64"}), both, Some(true), "other (linux/amd64)"),
        (json!({"operatingSystem": "linux", "architecture": "AMD64"}), both, Some(true), "other (linux/amd64)"),
        (json!({"operatingSystem": "Linux", "architecture": "arm64"}), both, Some(false), "other (linux/arm64)"),
    ] {
        let ((found, codes), named) = on(info.clone(), image);
        assert_eq!((found, named.as_str()), (ok, title), "{info} {image}: {codes:?}");
        assert!(found.is_some() || codes.is_empty(), "{codes:?}");
    }
}

#[test]
fn a_windows_node_without_a_version_is_waited_for() {
    let object = json!({"metadata": {"name": "new", "labels": {"kubernetes.io/os": "windows"}}});
    let error = ClusterNode::of(&object, Knowledge::built_in()).unwrap_err();
    let hint = error.hint.map(|hint| hint.to_string());
    assert_eq!(hint.as_deref(), Some("wait until its kubelet has started, then read the cluster again"));
}

#[test]
fn a_workload_concerns_windows_where_it_can_land_or_says_so() {
    let (nodes, policy, images, classes) = (nodes(), policy(), HashMap::new(), classes());
    let question =
        Question { knowledge: Knowledge::built_in(), policy: &policy, nodes: &nodes, classes: &classes, images: &images };
    for (spec, concerns) in [
        (json!({}), true),
        (json!({"nodeSelector": {"kubernetes.io/os": "linux"}}), false),
        (json!({"nodeSelector": {"kubernetes.io/os": "windows", "pool": "nobody"}}), true),
        (json!({"nodeSelector": {"pool": "nobody"}}), false),
        (json!({"nodeSelector": {BUILD: "10.0.20384"}}), true),
        (json!({"nodeSelector": {"pool": "nobody"}, "runtimeClassName": "hyperv"}), true),
        (json!({"nodeSelector": {"pool": "nobody"}, "securityContext": {"windowsOptions": {"hostProcess": true}}}), true),
        (
            json!({"nodeSelector": {"pool": "nobody"}, "affinity": {"nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "NotIn", "values": ["linux"]}]}]}}}}),
            true,
        ),
        (json!({"nodeSelector": {"pool": "gke"}}), true),
        (json!({"nodeName": "linux0"}), false),
    ] {
        assert_eq!(question.concerns(&workload("Deployment", &["r.test/2022"], spec.clone())), concerns, "{spec}");
    }
}

#[test]
fn what_belongs_to_another_workload_or_has_ended_is_left_out() {
    let owned = |kind: &str| json!([{"apiVersion": "apps/v1", "kind": kind, "name": "x", "controller": true}]);
    let owned_elsewhere = |version: &str, kind: &str| json!({"spec": {}, "metadata": {"ownerReferences": [{"apiVersion": version, "kind": kind, "controller": true}]}});
    let read = Kinds::from([("apps", "ReplicaSet"), ("apps", "StatefulSet"), ("batch", "Job"), ("", "ReplicationController")]);
    for (kind, object, is_there) in [
        ("Pod", json!({"spec": {}}), true),
        // Others have kinds of the same names, which are not read.
        ("Pod", owned_elsewhere("apps.kruise.io/v1beta1", "StatefulSet"), true),
        ("Pod", owned_elsewhere("batch.volcano.sh/v1alpha1", "Job"), true),
        ("Pod", owned_elsewhere("batch/v1", "Job"), false),
        ("Pod", owned_elsewhere("v1", "ReplicationController"), false),
        ("Pod", json!({"spec": {}, "metadata": {"ownerReferences": owned("ReplicaSet")}}), false),
        ("Pod", json!({"spec": {}, "metadata": {"ownerReferences": owned("Rollout")}}), true),
        ("Pod", json!({"spec": {}, "status": {"phase": "Succeeded"}}), false),
        // The old pods' sets of a rollout.
        (
            "ReplicationController",
            json!({"spec": {"replicas": 0, "template": {"spec": {}}}, "metadata": {"ownerReferences": owned("DeploymentConfig")}}),
            false,
        ),
        (
            "ReplicationController",
            json!({"spec": {"replicas": 1, "template": {"spec": {}}}, "metadata": {"ownerReferences": owned("DeploymentConfig")}}),
            true,
        ),
        ("ReplicationController", json!({"spec": {"replicas": 0, "template": {"spec": {}}}}), true),
        (
            "Job",
            json!({"spec": {"template": {"spec": {}}}, "status": {"conditions": [{"type": "Complete", "status": "True"}]}}),
            false,
        ),
        (
            "Job",
            json!({"spec": {"template": {"spec": {}}}, "status": {"conditions": [{"type": "Suspended", "status": "True"}]}}),
            true,
        ),
        ("Service", json!({"spec": {}}), false),
    ] {
        assert_eq!(Workload::of("v1", kind, &object, &read).is_some(), is_there, "{kind} {object}");
    }
}

/// A change that is offered leads the pods to nodes that fit, and to no others.
#[test]
fn a_change_is_judged_before_it_is_offered() {
    let nodes = nodes();
    let (policy, images, classes) = (policy(), images(), classes());
    let question =
        Question { knowledge: Knowledge::built_in(), policy: &policy, nodes: &nodes, classes: &classes, images: &images };
    let terms = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["ws"]}]},
        {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["windows"]}]}]}}}});
    let mut offered = 0;
    for (images, spec) in [
        (&["r.test/2022"][..], windows(&[])),
        (&["r.test/2022"], json!({})),
        (&["r.test/2022"], terms),
        (&["r.test/2019"], windows(&[(BUILD, "10.0.20348")])),
        (&["r.test/2022"], windows(&[("pool", "gke")])),
        (&["r.test/linux"], json!({})),
        (&["r.test/2022", "r.test/2025"], windows(&[])),
        (&["r.test/2016"], windows(&[])),
    ] {
        let before = workload("Deployment", images, spec.clone());
        let answer = question.answer(&before);
        assert_eq!(answer.ok, Some(false), "{spec}");
        for form in [Form::Shortest, Form::Selector, Form::Affinity, Form::RuntimeClass] {
            let mut known = classes.clone().unwrap();
            let Patch::Objects(objects) = patch(&answer, &nodes, form, &mut known) else { continue };
            offered += 1;
            let mut after_spec = spec.clone();
            merge(&mut after_spec, objects.last().unwrap().pointer("/spec/template/spec").unwrap());
            let with_class = Some(known);
            for object in objects.iter().filter(|object| object.owned_at(&["kind"]) == "RuntimeClass") {
                let name = object.owned_at(&["metadata", "name"]);
                assert_eq!(with_class.as_ref().unwrap().get(&name), Some(&RuntimeClass::of(object)), "{name}");
            }
            let after = workload("Deployment", images, after_spec.clone());
            let question = Question { classes: &with_class, ..question };
            let now = question.answer(&after);
            assert_eq!(now.ok, Some(true), "{form:?} {spec} → {after_spec}: {:?}", now.findings);
            assert!(!now.lands.is_empty(), "{form:?} {after_spec}");
        }
    }
    assert_eq!(offered, 18);
}

/// What the change of this workload writes for the pod, and the RuntimeClasses that it makes.
fn changed(image: &str, spec: Value, form: Form, classes: &mut BTreeMap<String, RuntimeClass>) -> (Value, Vec<String>) {
    let (nodes, policy, images, known) = (nodes(), policy(), images(), Some(classes.clone()));
    let question =
        Question { knowledge: Knowledge::built_in(), policy: &policy, nodes: &nodes, classes: &known, images: &images };
    let workload = workload("Deployment", &[image], spec);
    let objects = match patch(&question.answer(&workload), &nodes, form, classes) {
        Patch::Objects(objects) => objects,
        Patch::None(why) => panic!("{why}"),
    };
    let made = objects.iter().filter(|object| object.owned_at(&["kind"]) == "RuntimeClass");
    let made = made.map(|object| object.owned_at(&["metadata", "name"])).collect();
    (objects.last().unwrap().pointer("/spec/template/spec").unwrap().clone(), made)
}

/// The list of tolerations is replaced as a whole: what is there stays as it is written.
#[test]
fn a_change_keeps_the_tolerations_of_the_pod() {
    let own = json!([
        {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
        {"key": "sla", "operator": "Gt", "value": "900", "effect": "NoSchedule"},
    ]);
    let mut spec = windows(&[("pool", "gke")]);
    spec["tolerations"] = own.clone();
    let (written, _) = changed("r.test/2022", spec, Form::Shortest, &mut BTreeMap::new());
    let written = written["tolerations"].as_array().unwrap();
    assert_eq!(written[..2], own.as_array().unwrap()[..]);
    assert_eq!(
        written[2..],
        [json!({"key": "node.kubernetes.io/os", "operator": "Equal", "value": "windows", "effect": "NoSchedule"})]
    );
}

/// A RuntimeClass that leads elsewhere keeps its name, and one that is there or was made before is not made again.
#[test]
fn a_change_by_a_class_takes_one_that_is_there() {
    let mut classes = BTreeMap::new();
    let of = |classes: &mut BTreeMap<String, RuntimeClass>| {
        let (spec, made) = changed("r.test/2019", windows(&[]), Form::RuntimeClass, classes);
        (spec.owned_at(&["runtimeClassName"]), made)
    };
    assert_eq!(of(&mut classes), ("windows-17763".to_owned(), vec!["windows-17763".to_owned()]));
    assert_eq!(of(&mut classes), ("windows-17763".to_owned(), Vec::new()));
    classes.get_mut("windows-17763").unwrap().handler = "runhcs-wcow-hypervisor".to_owned();
    assert_eq!(of(&mut classes), ("windows-17763-2".to_owned(), vec!["windows-17763-2".to_owned()]));
}

/// What is pulled is decided by containerd in its version, whatever the names of the nodes.
#[test]
fn nodes_with_other_engines_are_apart() {
    let with_runtime = |name: &str, runtime: &str| {
        let object = json!({
            "metadata": {"name": name, "labels": {"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64"}},
            "status": {"nodeInfo": {"operatingSystem": "windows", "architecture": "amd64", "kernelVersion": "10.0.26100.32995",
                "osImage": "Windows Server 2025 Datacenter", "kubeletVersion": "v1.33.1", "containerRuntimeVersion": runtime}},
        });
        ClusterNode::of(&object, Knowledge::built_in()).unwrap()
    };
    let on_2022 = workload("Deployment", &["r.test/2022"], windows(&[]));
    for (first, second) in [("containerd://1.6.10", "containerd://2.1.5"), ("containerd://2.1.5", "containerd://1.6.10")] {
        let nodes = Nodes::of(vec![with_runtime("a", first), with_runtime("b", second)]);
        assert_eq!(nodes.groups.len(), 2);
        assert_eq!(answer(&on_2022, &nodes, &classes()), (Some(false), vec!["some-nodes-fit"]), "{first}");
    }
    assert_eq!(Nodes::of(vec![with_runtime("a", "containerd://2.1.5"), with_runtime("b", "containerd://2.1.5")]).groups.len(), 1);
}

/// What is said to do about a workload that is led to the wrong nodes by what it asks for itself.
#[test]
fn advice_names_what_stands_in_the_way() {
    let (policy, images, classes) = (policy(), images(), classes());
    let nodes = Nodes::of(vec![
        node("ws2019", "10.0.17763.8389", "amd64", None, &[]),
        node("ws2022", "10.0.20348.5386", "amd64", None, &["", "runhcs-wcow-process"]),
    ]);
    let question =
        Question { knowledge: Knowledge::built_in(), policy: &policy, nodes: &nodes, classes: &classes, images: &images };
    let help = |kind: &str, image: &str, spec: Value| {
        let of_image = [image];
        let workload = workload(kind, &of_image, spec);
        let answer = question.answer(&workload);
        let said = &answer.findings[0];
        format!("{}: {}", said.code.as_str(), said.help)
    };
    let field = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["ws2019"]}]}]}}}});
    let of_build = "select kubernetes.io/arch: amd64, kubernetes.io/os: windows, node.kubernetes.io/windows-build: 10.0.20348";
    let by_name = "take out the name of the node, and select labels of nodes that fit: ws2022 (Windows Server 2022)";
    let mut nowhere = windows(&[("pool", "zero")]);
    nowhere["runtimeClassName"] = json!("hyperv");
    for (kind, spec, expected) in [
        ("Deployment", windows(&[]), format!("some-nodes-fit: {of_build}; ")),
        ("Deployment", json!({"nodeName": "ws2019"}), format!("selector-excludes-fitting: {by_name}")),
        ("Deployment", field, format!("selector-excludes-fitting: {by_name}")),
        (
            "Deployment",
            windows(&[("pool", "zero")]),
            format!("selector-excludes-fitting: take out what its node selector or affinity asks for, and {of_build}"),
        ),
        (
            "Pod",
            windows(&[]),
            format!("some-nodes-fit: {of_build}. Set it in the manifest that creates the pod; a pod that exists cannot change"),
        ),
        (
            "Job",
            windows(&[]),
            format!("some-nodes-fit: {of_build}. Set it in the manifest that creates the job; a job that exists cannot change"),
        ),
    ] {
        let said = help(kind, "r.test/2022", spec.clone());
        assert!(said.starts_with(&expected), "{kind} {spec}: {said}");
    }
    let said = help("Deployment", "r.test/2022", nowhere);
    assert_eq!(said, "handler-missing: configure it on nodes, or name another RuntimeClass");
    // The other mistake is said at once.
    let spec = json!({"os": {"name": "windows"}});
    let (found, codes) = answer(&workload("Deployment", &["r.test/2019"], spec), &self::nodes(), &classes);
    assert_eq!((found, codes), (Some(false), vec!["pod-os-differs", "some-nodes-fit"]));
}

/// Cordoned nodes and those that restart keep their pods, and come back.
#[test]
fn taints_that_pass_change_no_answer() {
    for taint in [
        "node.kubernetes.io/unschedulable=",
        "node.kubernetes.io/not-ready=",
        "ToBeDeletedByClusterAutoscaler=1",
        "karpenter.sh/disrupted=",
        "karpenter.sh/unregistered=",
        "ebs.csi.aws.com/agent-not-ready=",
        "aws-node-termination-handler/spot-itn=",
    ] {
        let nodes = Nodes::of(vec![
            node("ws2019", "10.0.17763.8389", "amd64", Some(taint), &[]),
            node("ws2022", "10.0.20348.5386", "amd64", None, &[]),
        ]);
        let on_2019 = workload("Deployment", &["r.test/2019"], windows(&[(BUILD, "10.0.17763")]));
        assert_eq!(answer(&on_2019, &nodes, &classes()).0, Some(true), "{taint}");
        let any = workload("Deployment", &["r.test/2022"], windows(&[]));
        assert_eq!(answer(&any, &nodes, &classes()), (Some(false), vec!["some-nodes-fit"]), "{taint}");
    }
}

/// What a strategic merge patch makes of a pod's spec: maps are merged, null takes away, lists are replaced.
fn merge(into: &mut Value, patch: &Value) {
    let Some(entries) = patch.as_object() else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (key, value) in entries {
        if value.is_null() {
            into.as_object_mut().unwrap().remove(key);
        } else {
            merge(&mut into[key], value);
        }
    }
}

#[test]
fn pods_and_jobs_have_no_change() {
    let nodes = nodes();
    let (policy, images, classes) = (policy(), images(), classes());
    let question =
        Question { knowledge: Knowledge::built_in(), policy: &policy, nodes: &nodes, classes: &classes, images: &images };
    for kind in ["Pod", "Job"] {
        let workload = workload(kind, &["r.test/2022"], windows(&[]));
        let Patch::None(why) = patch(&question.answer(&workload), &nodes, Form::Shortest, &mut BTreeMap::new()) else {
            panic!("{kind}")
        };
        assert!(why.contains("create"), "{why}");
    }
}

#[test]
fn equal_nodes_are_one_group() {
    let nodes = Nodes::of(vec![
        node("b", "10.0.20348.5386", "amd64", None, &[]),
        node("a", "10.0.20348.2655", "amd64", None, &[]),
        node("c", "10.0.20348.2655", "amd64", Some("os=windows"), &[]),
        node("d", "10.0.14393.1", "amd64", None, &[]),
        node("e", "10.0.14393.2", "amd64", None, &[]),
        node("f", "5.15.0", "amd64", None, &[]),
    ]);
    let groups: Vec<(&str, usize)> = nodes.groups.iter().map(|group| (group.label.as_str(), group.members.len())).collect();
    assert_eq!(groups, [("a and 1 more", 2), ("c", 1), ("d", 1), ("e", 1), ("f", 1)]);
    // The oldest revision stands for a group.
    assert_eq!(nodes.groups[0].host.as_ref().unwrap().os_version.revision, Some(2655));
    assert_eq!(nodes.hosts().len(), 4);
}

#[test]
fn yaml_is_read_back_as_it_was() {
    let object = json!({
        "a": {"b": [{"c": "10.0.20348", "d": ["x", "1", "true", "a: b", "-", ""]}, "e"], "f": {}, "g": [], "h": null},
        "node.kubernetes.io/windows-build": 1, "x\ny": true, "nested": [["a"], []],
    });
    let text = yaml(&object);
    let read: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(read, object, "{text}");
    assert!(text.contains("node.kubernetes.io/windows-build: 1"), "{text}");
}

#[test]
fn what_nobody_sees_and_commands_of_pipelines_are_escaped_in_yaml() {
    let object = json!({"key": "x\u{9b}31m\u{202e}\u{e0001}é", "key\u{7f}": "##vso[x]"});
    let text = yaml(&object);
    assert_eq!(text, "key: \"x\\u009b31m\\u202e\\U000e0001é\"\n\"key\\u007f\": \"#\\u0023vso[x]\"\n");
    assert_eq!(serde_saphyr::from_str::<Value>(&text).unwrap(), object);
}

#[test]
fn findings_of_clusters_have_all_their_values() {
    let (policy, images, classes, nodes) = (policy(), images(), classes(), nodes());
    let question =
        Question { knowledge: Knowledge::built_in(), policy: &policy, nodes: &nodes, classes: &classes, images: &images };
    for (images, spec) in
        [(&["r.test/2022"], windows(&[])), (&["r.test/2016"], windows(&[])), (&["r.test/2022"], windows(&[("pool", "gke")]))]
    {
        let workload = workload("Deployment", images, spec);
        for said in question.answer(&workload).findings {
            let message = said.message.to_string();
            assert!(!message.contains("  ") && !message.ends_with([' ', ':']) && !message.contains(": ,"), "{message}");
            assert!(said.code.is_about(crate::compat::About::Cluster) && said.code != Code::BuildEqual);
        }
    }
}

/// What is denied is not a matter of nodes: it is named, and no selector is offered for it.
#[test]
fn a_finding_that_is_denied_is_named_and_leads_the_pods_nowhere_else() {
    let images = HashMap::from([("r.test/ahead".to_owned(), Ok(image("r.test/ahead", &["10.0.20348.9999"])))]);
    let nodes = Nodes::of(vec![
        node("ws2022", "10.0.20348.5386", "amd64", None, &[]),
        node("ws2025", "10.0.26100.32995", "amd64", None, &[]),
    ]);
    let classes = classes();
    let of = |policy: Policy, spec: Value| {
        let question =
            Question { knowledge: Knowledge::built_in(), policy: &policy, nodes: &nodes, classes: &classes, images: &images };
        let workload = workload("Deployment", &["r.test/ahead"], spec);
        let answer = question.answer(&workload);
        let errors = answer.findings.iter().filter(|said| said.severity == Severity::Error);
        let errors: Vec<String> = errors.map(|said| format!("{}: {}", said.code.as_str(), said.message)).collect();
        let fits: Vec<Option<bool>> = answer.lands.iter().map(|share| share.fits).collect();
        let why = match patch(&answer, &nodes, Form::Shortest, &mut BTreeMap::new()) {
            Patch::None(why) => why,
            Patch::Objects(objects) => panic!("{objects:?}"),
        };
        (answer.ok, fits, errors, answer.steer.is_some(), why)
    };
    let fitting = vec![Some(true), Some(true)];
    let (ok, fits, errors, is_led, _) = of(policy(), windows(&[]));
    assert_eq!((ok, fits, errors, is_led), (Some(true), fitting.clone(), vec![], false));
    let deny = Policy { deny: vec![Code::HostBehindImage], ..policy() };
    for (policy, code, on) in [
        (deny.clone(), "host-behind-image", "ws2022 (Windows Server 2022)"),
        (
            Policy { untrusted: true, ..policy() },
            "process-not-for-untrusted",
            "ws2022 (Windows Server 2022), ws2025 (Windows Server 2025)",
        ),
    ] {
        let (ok, fits, errors, is_led, why) = of(policy, windows(&[]));
        assert_eq!((ok, fits, is_led), (Some(false), fitting.clone(), false), "{code}");
        let [error] = errors.as_slice() else { panic!("{errors:?}") };
        assert!(error.starts_with(&format!("{code}: r.test/ahead on {on}: ")), "{error}");
        assert!(why.contains("labels do not change"), "{why}");
    }
    // Where the image is not newer than the node, it has no such finding.
    let (ok, fits, errors, ..) = of(deny, windows(&[(BUILD, "10.0.26100")]));
    assert_eq!((ok, fits, errors), (Some(true), vec![Some(true)], vec![]));
}
