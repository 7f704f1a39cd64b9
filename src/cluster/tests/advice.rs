//! What is said to do: about the engine where that is what refuses an image, and at the object that makes the pods.

use super::*;
use crate::cluster::check::Answer;

/// A node of Windows Server 2025 with this kubelet and containerd.
fn with_engine(name: &str, kubelet: &str, runtime: &str) -> ClusterNode {
    let labels = json!({"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64", "pool": name, BUILD: "10.0.26100"});
    let object = json!({"metadata": {"name": name, "labels": labels}, "status": {"nodeInfo": {"operatingSystem": "windows",
        "architecture": "amd64", "kernelVersion": "10.0.26100.32995", "osImage": "Windows Server 2025 Datacenter",
        "kubeletVersion": kubelet, "containerRuntimeVersion": runtime}}});
    ClusterNode::of(&object, Knowledge::built_in()).unwrap()
}

/// What is asked of the answer about a workload on these nodes.
fn ask<R>(workload: &Workload, nodes: Vec<ClusterNode>, ask: impl FnOnce(&Answer<'_>, &Nodes) -> R) -> R {
    let (policy, images, classes, nodes) = (policy(), images(), classes(), Nodes::of(nodes));
    let question =
        Question { knowledge: Knowledge::built_in(), policy: &policy, nodes: &nodes, classes: &classes, images: &images };
    ask(&question.answer(workload), &nodes)
}

/// The codes and what to do about each.
fn said(workload: &Workload, nodes: Vec<ClusterNode>) -> Vec<(&'static str, String)> {
    ask(workload, nodes, |answer, _| answer.findings.iter().map(|said| (said.code.as_str(), said.help.to_string())).collect())
}

/// A containerd that does not pull an image of 2022 on 2025, where it runs.
const OLD: &str = "containerd://1.6.10";
const NEW: &str = "containerd://2.1.5";

#[test]
fn where_the_engine_refuses_an_image_that_fits_the_advice_is_about_the_engine() {
    let old = || with_engine("old", "v1.33.1", OLD);
    let on_2025 = workload("Deployment", &["r.test/2022"], windows(&[]));
    let found = said(&on_2025, vec![old()]);
    let [("engine-refuses", help)] = found.as_slice() else { panic!("{found:?}") };
    assert!(help.contains("engineversion(kubernetes") || help.contains("containerd"), "{help}");
    assert!(!help.contains("use images that fit one of these") && !help.contains("add nodes"), "{help}");
    ask(&on_2025, vec![old()], |answer, _| {
        let message = answer.findings[0].message.to_string();
        assert!(message.starts_with("r.test/2022 on old (Windows Server 2025): image 10.0.20348.1 fits host"), "{message}");
        assert_eq!(answer.ok, Some(false));
    });
    // Where its pods can land on nodes of another build too, they have to be kept to the nodes whose engine is changed.
    let both = || vec![node("ws2019", "10.0.17763.8389", "amd64", None, &[]), old()];
    let found = said(&on_2025, both());
    assert!(
        matches!(found.as_slice(), [("engine-refuses", help)] if help.ends_with("; then let the pods select only these nodes")),
        "{found:?}"
    );
    // The same where they land on others alone.
    let elsewhere = workload("Deployment", &["r.test/2022"], windows(&[(BUILD, "10.0.17763")]));
    let found = said(&elsewhere, both());
    assert!(
        matches!(found.as_slice(), [("engine-refuses", help)] if help.ends_with("; then let the pods select only these nodes")),
        "{found:?}"
    );
    // An image of another build is not the engine's matter.
    let of_2019 = workload("Deployment", &["r.test/2019"], windows(&[(BUILD, "10.0.26100")]));
    assert_eq!(said(&of_2019, vec![old()])[0].0, "no-node-fits");
    let mixed = workload("Deployment", &["r.test/2022", "r.test/2019"], windows(&[]));
    assert_eq!(said(&mixed, vec![old()])[0].0, "no-node-fits");
    let mixed = workload("Deployment", &["r.test/2019", "r.test/2022"], windows(&[]));
    assert_eq!(said(&mixed, vec![old()])[0].0, "no-node-fits");
}

#[test]
fn where_the_engine_refuses_on_some_nodes_both_ways_are_said() {
    let nodes = || vec![with_engine("old", "v1.33.1", OLD), with_engine("new", "v1.33.1", NEW)];
    let found = said(&workload("Deployment", &["r.test/2022"], windows(&[])), nodes());
    let [("some-nodes-fit", help)] = found.as_slice() else { panic!("{found:?}") };
    assert!(help.starts_with("no label tells the nodes that fit from the others") && help.contains("; or "), "{help}");
    ask(&workload("Deployment", &["r.test/2022"], windows(&[])), nodes(), |answer, _| {
        let message = answer.findings[0].message.to_string();
        assert!(message.contains("r.test/2022 (10.0.20348.1), which containerd 1.6.10 there does not pull"), "{message}");
    });
    let found = said(&workload("DaemonSet", &["r.test/2022"], windows(&[])), nodes());
    let [("engine-refuses", help)] = found.as_slice() else { panic!("{found:?}") };
    assert!(!help.contains("one DaemonSet for each Windows"), "{help}");
}

/// The digest of an entry names one build: it is advice for nodes of one build alone.
#[test]
fn an_entry_is_not_named_where_the_pods_can_land_on_other_builds() {
    let old = || with_engine("old", "v1.33.1", OLD);
    let of = |nodes: Vec<ClusterNode>| said(&workload("DaemonSet", &["r.test/2022"], windows(&[])), nodes);
    let (one, mixed) = (of(vec![old()]), of(vec![old(), node("ws2022", "10.0.20348.5386", "amd64", None, &[])]));
    assert!(one[0].1.contains("@sha256:") && !mixed[0].1.contains("@sha256:"), "{one:?} {mixed:?}");
    assert!(!mixed[0].1.is_empty(), "{mixed:?}");
}

#[test]
fn an_engine_without_host_process_is_what_has_to_change() {
    let mut spec = windows(&[]);
    spec["securityContext"] = json!({"windowsOptions": {"hostProcess": true}});
    let pod = workload("Deployment", &["r.test/2025"], spec);
    let found = said(&pod, vec![with_engine("old", "v1.21.0", NEW)]);
    let [("engine-without-host-process", help)] = found.as_slice() else { panic!("{found:?}") };
    assert!(help.contains("Kubernetes 1.22"), "{help}");
}

/// A set of pods that a controller of another group has made.
fn owned(kind: &str, version: &str, owner: &str, spec: &Value) -> Workload {
    let mut spec = spec.clone();
    spec["containers"] = json!([{"name": "c", "image": "r.test/2022"}]);
    let owners = json!([{"apiVersion": version, "kind": owner, "name": "web", "controller": true}]);
    let inner = if kind == "Pod" { json!({ "spec": spec }) } else { json!({"spec": {"template": {"spec": spec}}}) };
    let mut object = inner;
    object["metadata"] = json!({"namespace": "shop", "name": "web-657d", "ownerReferences": owners});
    Workload::of("apps/v1", kind, &object, &Kinds::from([("apps", "Deployment")])).unwrap()
}

#[test]
fn what_a_controller_of_another_group_has_made_is_changed_there() {
    let nodes = || {
        vec![
            node("ws2019", "10.0.17763.8389", "amd64", None, &[]),
            node("gke2022", "10.0.20348.5386", "amd64", Some("os=windows"), &[]),
        ]
    };
    for kind in ["ReplicaSet", "Pod", "Job", "StatefulSet"] {
        let set = owned(kind, "argoproj.io/v1alpha1", "Rollout", &windows(&[]));
        let (help, patch) = ask(&set, nodes(), |answer, nodes| {
            (answer.findings[0].help.to_string(), patch(answer, nodes, Form::Shortest, &mut BTreeMap::new()))
        });
        let change = "select kubernetes.io/arch: amd64, kubernetes.io/os: windows, node.kubernetes.io/windows-build: 10.0.20348, \
                      and tolerate os=windows:NoSchedule";
        assert_eq!(help, format!("change argoproj.io/v1alpha1 Rollout web, which this belongs to: {change}"), "{kind}");
        let why = format!(
            "it belongs to argoproj.io/v1alpha1 Rollout web, and what is changed here is taken back. Change that one: {change}"
        );
        assert_eq!(patch, Patch::None(why), "{kind}");
    }
    // The Deployments could not be read: the set that one of them has made is changed there all the same.
    let mut set = json!({"metadata": {"ownerReferences": [
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": true}]}, "spec": {"template": {"spec": {}}}});
    let read = |set: &Value| Workload::of("apps/v1", "ReplicaSet", set, &Kinds::new()).unwrap().owner;
    assert_eq!(read(&set).as_deref(), Some("apps/v1 Deployment web"));
    // A static pod belongs to its node, and is changed in its manifest.
    set["metadata"]["ownerReferences"][0]["kind"] = json!("Node");
    assert_eq!(read(&set), None);
}

/// A label that contradicts the change is named: who follows it by hand has no patch that takes it out.
#[test]
fn a_change_names_the_label_that_has_to_go() {
    let sku = |node: ClusterNode, name: &str| {
        let mut node = node;
        node.node.labels.insert("kubernetes.azure.com/os-sku".to_owned(), name.to_owned());
        node
    };
    let nodes = vec![
        sku(node("ws2019", "10.0.17763.8389", "amd64", None, &[]), "Windows2019"),
        sku(node("ws2022", "10.0.20348.5386", "amd64", None, &[]), "Windows2022"),
    ];
    let set = workload("Job", &["r.test/2022"], windows(&[("kubernetes.azure.com/os-sku", "Windows2019")]));
    let found = said(&set, nodes);
    assert!(found[0].1.contains("10.0.20348, take out kubernetes.azure.com/os-sku, where the job is made"), "{found:?}");
}
