//! What is said to do: about the engine where that is what refuses an image, and at the object that makes the pods.

use super::*;
use crate::cluster::check::Answer;

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
