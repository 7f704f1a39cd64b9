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
    assert!(
        found[0].1.contains("10.0.20348, take out kubernetes.azure.com/os-sku. Set it in the manifest that creates the job"),
        "{found:?}"
    );
}

/// The codes, the message and what to do of the first finding, and the result.
fn first(workload: &Workload, nodes: Vec<ClusterNode>) -> (Option<bool>, Vec<&'static str>, String, String) {
    ask(workload, nodes, |answer, _| {
        let codes = answer.findings.iter().map(|said| said.code.as_str()).collect();
        let (message, help) = (answer.findings[0].message.to_string(), answer.findings[0].help.to_string());
        (answer.ok, codes, message, help)
    })
}

fn ws2019() -> ClusterNode {
    node("ws2019", "10.0.17763.8389", "amd64", None, &[])
}

fn ws2022() -> ClusterNode {
    node("ws2022", "10.0.20348.5386", "amd64", None, &[])
}

fn linux() -> ClusterNode {
    node("linux0", "5.15.0-azure", "amd64", None, &[])
}

/// Where one node has the image's build and not the handler, the other the handler and not the build.
#[test]
fn a_build_that_does_not_fit_is_said_beside_a_handler_that_is_missing_elsewhere() {
    let without = node("ws2019", "10.0.17763.8389", "amd64", Some("spot=x"), &["", "runhcs-wcow-process"]);
    let mut spec = windows(&[]);
    spec["runtimeClassName"] = json!("hyperv");
    let web = workload("Deployment", &["r.test/2019"], spec);
    let (ok, codes, message, help) = first(&web, vec![ws2022(), without]);
    assert_eq!((ok, codes[0]), (Some(false), "no-node-fits"), "{codes:?}");
    assert_eq!(message, "no node of this cluster runs all images of the pod: r.test/2019 (10.0.17763.1)");
    assert_eq!(
        help,
        "use images that fit one of these: ws2022 (Windows Server 2022); or add nodes of a Windows that the images fit"
    );
}

/// Nothing is said of nodes that fit where none is known to fit.
#[test]
fn where_a_part_is_not_known_what_is_known_is_said_of_the_images() {
    let images = &["r.test/2022", "r.test/unread"];
    for (kind, spec) in
        [("Deployment", windows(&[(BUILD, "10.0.17763")])), ("Deployment", windows(&[])), ("DaemonSet", windows(&[]))]
    {
        let (ok, codes, message, help) = first(&workload(kind, images, spec.clone()), vec![ws2019(), ws2022()]);
        assert_eq!(ok, Some(false), "{kind} {spec}");
        assert!(message.starts_with("r.test/2022 on ws2019 (Windows Server 2019): "), "{kind} {spec}: {message}");
        assert!(!codes.contains(&"some-nodes-fit") && !codes.contains(&"daemonset-misses-nodes"), "{codes:?}");
        assert!(!help.is_empty(), "{kind} {spec}");
    }
    let (ok, codes, _, help) = first(&workload("Deployment", images, json!({})), vec![linux(), ws2022()]);
    assert_eq!((ok, codes), (Some(false), vec!["selector-missing-os"]));
    assert_eq!(help, "find out whether the images run on ws2022 (Windows Server 2022), and select labels of nodes that fit");
}

/// What a scheduler has bound names its node, and no manifest does.
#[test]
fn a_pod_that_is_bound_to_the_wrong_node_is_told_what_led_it_there() {
    let tainted = || node("ws2022", "10.0.20348.5386", "amd64", Some("os=windows"), &[]);
    let select = "select kubernetes.io/arch: amd64, kubernetes.io/os: windows, node.kubernetes.io/windows-build: 10.0.20348";
    let made = "Set it in the manifest that creates the pod, and name no node there; a pod that exists cannot change";
    let bound = || json!({"nodeName": "ws2019"});
    let mut led = windows(&[(BUILD, "10.0.20348")]);
    led["nodeName"] = json!("ws2019");
    let game = || owned("Pod", "agones.dev/v1", "GameServer", &bound());
    let bare = |spec: Value| workload("Pod", &["r.test/2022"], spec);
    let of_owner = "change agones.dev/v1 GameServer web, which this belongs to: ";
    for (pod, fitting, lands, code, expected) in [
        (bare(bound()), ws2022(), &["ws2019"][..], "some-nodes-fit", format!("{select}. {made}")),
        (
            bare(bound()),
            tainted(),
            &["ws2019"],
            "taint-not-tolerated",
            format!("{select}, and tolerate os=windows:NoSchedule. {made}"),
        ),
        (game(), ws2022(), &["ws2019"], "some-nodes-fit", format!("{of_owner}{select}")),
        (
            // The kubelet of that node refuses it.
            bare(led),
            ws2022(),
            &[],
            "selector-excludes-fitting",
            "select labels of nodes that fit: ws2022 (Windows Server 2022), where the pod is made, name no node there, and make \
             it again"
                .to_owned(),
        ),
    ] {
        let nodes = vec![ws2019(), fitting.clone()];
        let names = ask(&pod, nodes, |answer, _| answer.lands.iter().flat_map(|share| share.names.clone()).collect::<Vec<_>>());
        assert_eq!(names, lands, "{code}");
        let (ok, codes, message, help) = first(&pod, vec![ws2019(), fitting]);
        assert_eq!((ok, codes, help), (Some(false), vec![code], expected), "{message}");
    }
    let (ok, _, message, _) = first(&bare(bound()), vec![ws2019(), ws2022()]);
    assert_eq!(
        (ok, message.as_str()),
        (
            Some(false),
            "the pod can land on ws2019 (Windows Server 2019), where an image does not run: r.test/2022 (10.0.20348.1); all of \
             them run on ws2022 (Windows Server 2022)"
        )
    );
}

#[test]
fn every_taint_that_keeps_pods_away_is_named() {
    let web = workload("Deployment", &["r.test/2022"], windows(&[]));
    let tainted = |name: &str, taint: &str| node(name, "10.0.20348.5386", "amd64", Some(taint), &[]);
    let mut both = tainted("a", "gpu=x");
    both.node.taints.extend(tainted("a", "spot=x").node.taints);
    let (ok, codes, message, help) = first(&web, vec![both]);
    assert_eq!((ok, codes), (Some(false), vec!["taint-not-tolerated"]));
    assert!(message.ends_with("does not tolerate the taints gpu=x:NoSchedule, spot=x:NoSchedule of these nodes"), "{message}");
    assert_eq!(help, "tolerate all of them if these nodes are meant for this pod, or add nodes without them");
    let (_, _, message, help) = first(&web, vec![tainted("a", "gpu=x"), tainted("b", "spot=x")]);
    let apart = "does not tolerate the taint gpu=x:NoSchedule of a (Windows Server 2022), nor the taint spot=x:NoSchedule of b \
                 (Windows Server 2022)";
    assert!(message.ends_with(apart), "{message}");
    assert_eq!(help, "tolerate all taints of nodes that are meant for this pod, or add nodes without taints");
    let (_, _, message, help) = first(&web, vec![tainted("a", "gpu=x")]);
    assert!(message.ends_with("does not tolerate the taint gpu=x:NoSchedule of these nodes"), "{message}");
    assert_eq!(help, "tolerate it if these nodes are meant for this pod, or add nodes without it");
}

#[test]
fn images_for_another_system_than_the_pod_asks_for_are_told_apart() {
    let of_linux = workload("Deployment", &["r.test/linux"], windows(&[]));
    let (ok, codes, message, help) = first(&of_linux, vec![linux(), ws2022()]);
    assert_eq!((ok, codes), (Some(false), vec!["selector-excludes-fitting"]));
    assert_eq!(message, "all images of the pod run on linux0 (linux/amd64), and its node selector or affinity leaves these out");
    let fit = "use images that fit one of these: ws2022 (Windows Server 2022)";
    assert_eq!(help, format!("select `kubernetes.io/os: linux`; or {fit}"));
    let mut said = windows(&[]);
    said["os"] = json!({"name": "windows"});
    let (_, _, _, help) = first(&workload("Deployment", &["r.test/linux"], said), vec![linux(), ws2022()]);
    assert!(help.starts_with("select `kubernetes.io/os: linux`, and correct `spec.os.name`; or "), "{help}");
    // No Windows runs these, so none can be added.
    for images in [&["r.test/linux"][..], &["r.test/2019", "r.test/2025"]] {
        let (ok, codes, _, help) = first(&workload("Deployment", images, windows(&[])), vec![ws2022()]);
        assert_eq!((ok, codes, help.as_str()), (Some(false), vec!["no-node-fits"], fit), "{images:?}");
    }
}

#[test]
fn a_pod_that_does_not_say_its_system_is_not_told_to_correct_it() {
    let spec = json!({"securityContext": {"windowsOptions": {"hostProcess": true}}});
    let nodes = || vec![linux(), with_engine("new", "v1.33.1", NEW)];
    let (ok, codes, message, help) = first(&workload("Deployment", &["r.test/2025"], spec), nodes());
    assert_eq!((ok, codes), (Some(false), vec!["pod-os-differs"]));
    assert_eq!(message, "the pod is for windows, since it has HostProcess containers, and it can land on linux0 (linux/amd64)");
    assert!(help.starts_with("select kubernetes.io/arch: amd64, kubernetes.io/os: windows"), "{help}");
    let said = json!({"os": {"name": "windows"}});
    let (_, codes, message, help) = first(&workload("Deployment", &["r.test/2025"], said), nodes());
    assert_eq!(codes, ["pod-os-differs"]);
    assert_eq!(message, "the pod says that it is for windows (`spec.os.name`), and it can land on linux0 (linux/amd64)");
    assert_eq!(help, "correct `spec.os.name`, or the labels that the pod selects its nodes by");
}

/// An older image that runs is not what a class for Hyper-V does not help.
#[test]
fn a_class_for_hyperv_is_named_where_an_older_image_does_not_run() {
    let of_23h2 = || {
        let labels = json!({"kubernetes.io/os": "windows", "kubernetes.io/arch": "amd64", BUILD: "10.0.25398"});
        let object = json!({"metadata": {"name": "w23", "labels": labels}, "status": {"nodeInfo": {"operatingSystem": "windows",
            "architecture": "amd64", "kernelVersion": "10.0.25398.1", "osImage": "Windows Server Datacenter",
            "kubeletVersion": "v1.33.1", "containerRuntimeVersion": NEW}}});
        vec![ClusterNode::of(&object, Knowledge::built_in()).unwrap()]
    };
    let mut spec = windows(&[]);
    spec["runtimeClassName"] = json!("hyperv");
    for (images, is_older) in [(&["r.test/2022", "r.test/2025"][..], false), (&["r.test/2025"], false), (&["r.test/2019"], true)]
    {
        let (ok, codes, _, _) = first(&workload("Deployment", images, spec.clone()), of_23h2());
        assert_eq!((ok, codes.contains(&"hyperv-class-does-not-widen")), (Some(false), is_older), "{images:?}: {codes:?}");
    }
}

/// What contradicts a change in the affinity is named too: a selector beside it would lead nowhere.
#[test]
fn a_change_names_what_has_to_go_from_the_affinity() {
    let select = "select kubernetes.io/arch: amd64, kubernetes.io/os: windows, node.kubernetes.io/windows-build: 10.0.20348";
    let of_2019 = json!({"key": BUILD, "operator": "In", "values": ["10.0.17763"]});
    let with_term = |conditions: Value| {
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{ "matchExpressions": conditions }]}}}})
    };
    for (conditions, change) in [
        (json!([of_2019]), "take out the required node affinity"),
        (
            json!([of_2019, {"key": "pool", "operator": "Exists"}]),
            "take out what the node affinity asks of node.kubernetes.io/windows-build now",
        ),
    ] {
        let (ok, _, _, help) = first(&workload("Job", &["r.test/2022"], with_term(conditions)), vec![ws2019(), ws2022()]);
        let made = "Set it in the manifest that creates the job; a job that exists cannot change";
        assert_eq!((ok, help), (Some(false), format!("{select}, {change}. {made}")));
    }
    // What asks for nothing of a build stays.
    let pool = with_term(json!([{"key": "pool", "operator": "Exists"}]));
    let (_, _, _, help) = first(&workload("Job", &["r.test/2022"], pool), vec![ws2019(), ws2022()]);
    assert!(help.starts_with(&format!("{select}. Set it in the manifest that creates the job")), "{help}");
}
