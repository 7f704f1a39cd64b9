//! Plans of upgrades, by tables: for each effect a workload that has it, and one that has not.

use super::*;
use crate::host::{Host, Spec, parse};

fn upgrade(added: &[&str], retired: &[u32]) -> Upgrade {
    let host = |text: &&str| -> Host {
        match parse(text, Knowledge::built_in(), date(2026, 11, 26)).unwrap() {
            Spec::Hosts(hosts) => hosts.into_iter().next().unwrap(),
            other => panic!("{other:?}"),
        }
    };
    Upgrade { added: added.iter().map(host).collect(), retired: retired.iter().copied().collect() }
}

/// What is asked of the plan of one workload.
fn with_plan<R>(nodes: &Nodes, upgrade: &Upgrade, workload: &Workload, ask: impl FnOnce(&Plan<'_>, &Times<'_>) -> R) -> R {
    let (policy, images, classes) = (policy(), images(), classes());
    let (between, next) = (upgrade.without_retiring().nodes(nodes), upgrade.nodes(nodes));
    let today = Question { knowledge: Knowledge::built_in(), policy: &policy, nodes, classes: &classes, images: &images };
    let times =
        Times { upgrade, today, between: Question { nodes: &between, ..today }, next: Question { nodes: &next, ..today } };
    let workloads = [workload.clone()];
    let after = [upgrade.workload(workload, nodes)];
    ask(&times.plan(&workloads, &after), &times)
}

fn of_2019() -> Nodes {
    Nodes::of(vec![
        node("linux0", "5.15.0-azure", "amd64", None, &[]),
        node("ws20190", "10.0.17763.8389", "amd64", None, &[]),
        node("ws20191", "10.0.17763.8389", "amd64", None, &[]),
    ])
}

fn of_2019_and_2022() -> Nodes {
    Nodes::of(vec![
        node("ws20190", "10.0.17763.8389", "amd64", None, &[]),
        node("ws20220", "10.0.20348.5386", "amd64", None, &[]),
    ])
}

fn all_of_2019() -> Nodes {
    Nodes::of(vec![node("ws20190", "10.0.17763.8389", "amd64", None, &[])])
}

fn with_one_not_known() -> Nodes {
    let new = ClusterNode::of(&json!({"metadata": {"name": "new"}}), Knowledge::built_in()).unwrap();
    Nodes::of(vec![node("ws20190", "10.0.17763.8389", "amd64", None, &[]), new])
}

fn with_linux() -> Nodes {
    Nodes::of(vec![
        node("linux0", "5.15.0-azure", "amd64", None, &[]),
        node("ws20190", "10.0.17763.8389", "amd64", None, &[]),
        node("ws20220", "10.0.20348.5386", "amd64", None, &[]),
    ])
}

/// Nodes of today, what comes, what goes; the kind of a workload, its images and pod; the effect, the number of images that must be
/// others, of old labels, and true where it has to be pinned before.
type Row = (
    fn() -> Nodes,
    &'static [&'static str],
    &'static [u32],
    &'static str,
    &'static [&'static str],
    Value,
    Effect,
    usize,
    usize,
    bool,
);

#[test]
fn every_effect_has_a_workload_that_has_it_and_one_that_has_not() {
    let pinned = |build: &str| windows(&[(BUILD, build)]);
    let terms = |builds: &[&str]| {
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": BUILD, "operator": "In", "values": builds}]}]}}}})
    };
    let bound = |node: &str| json!({"nodeName": node});
    let term = |term: Value| json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}});
    let named = || term(json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["ws20190"]}]}));
    let exists = |key: &str| term(json!({"matchExpressions": [{"key": key, "operator": "Exists"}]}));
    let both = of_2019_and_2022 as fn() -> Nodes;
    let old = of_2019 as fn() -> Nodes;
    let table: Vec<Row> = vec![
        // Nothing is left, with and without a label that goes.
        (old, &["ltsc2022"], &[17763], "Deployment", &["r.test/2019"], windows(&[]), Effect::Breaks, 1, 0, true),
        (old, &["ltsc2022"], &[17763], "Deployment", &["r.test/2019"], pinned("10.0.17763"), Effect::Breaks, 1, 1, false),
        // No image would run without a Windows node.
        (old, &[], &[17763], "Deployment", &["r.test/2019"], windows(&[]), Effect::Breaks, 0, 0, false),
        // Nodes that fit are there, and the selector names those that go.
        (old, &["ltsc2022"], &[17763], "Deployment", &["r.test/every"], pinned("10.0.17763"), Effect::Breaks, 0, 1, false),
        (old, &["ltsc2022"], &[17763], "Deployment", &["r.test/every"], windows(&[("pool", "ws")]), Effect::Breaks, 0, 1, false),
        (old, &["ltsc2022"], &[17763], "Deployment", &["r.test/every"], windows(&[]), Effect::Works, 0, 0, false),
        // An affinity that names them otherwise than by a label with a value; the label `pool` is on the new nodes too.
        (both, &[], &[17763], "Deployment", &["r.test/every"], named(), Effect::Breaks, 0, 1, false),
        (all_of_2019, &["ltsc2022"], &[17763], "Deployment", &["r.test/every"], exists("pool"), Effect::Breaks, 0, 1, false),
        (both, &[], &[17763], "Deployment", &["r.test/every"], exists("pool"), Effect::Works, 0, 0, false),
        // Two images that no node has in common any more.
        (old, &["ltsc2022"], &[17763], "Deployment", &["r.test/every", "r.test/2019"], windows(&[]), Effect::Breaks, 1, 0, true),
        // The new pool takes pods that do not run there.
        (old, &["ltsc2022"], &[], "Deployment", &["r.test/2019"], windows(&[]), Effect::Strays, 0, 0, true),
        (old, &["ltsc2022"], &[], "Deployment", &["r.test/2019"], pinned("10.0.17763"), Effect::Works, 0, 0, false),
        (old, &["ltsc2022"], &[], "DaemonSet", &["r.test/2019"], windows(&[]), Effect::Strays, 0, 0, true),
        (old, &["ltsc2022"], &[], "Deployment", &["r.test/every"], windows(&[]), Effect::Works, 0, 0, false),
        // It strays for sure, whatever a node is of which nothing is known yet.
        (with_one_not_known, &["ltsc2022"], &[], "Deployment", &["r.test/2019"], json!({}), Effect::Strays, 0, 0, true),
        (with_one_not_known, &["ltsc2022"], &[17763], "Deployment", &["r.test/2019"], json!({}), Effect::Undecided, 0, 0, true),
        (with_one_not_known, &["ltsc2022"], &[], "Deployment", &["r.test/windows"], json!({}), Effect::Undecided, 0, 0, false),
        // It runs then, and does not today.
        (old, &["ltsc2022"], &[17763], "Deployment", &["r.test/2022"], windows(&[]), Effect::GainsProcess, 0, 0, false),
        (both, &[], &[17763], "Deployment", &["r.test/2022"], windows(&[]), Effect::GainsProcess, 0, 0, false),
        (both, &["ltsc2025"], &[17763], "Deployment", &["r.test/2022"], pinned("10.0.20348"), Effect::Works, 0, 0, false),
        // Neither today nor then.
        (old, &["ltsc2022"], &[17763], "Deployment", &["r.test/2016"], windows(&[]), Effect::Fails, 0, 0, false),
        (both, &["ltsc2025"], &[], "Deployment", &["r.test/2022"], windows(&[]), Effect::Fails, 0, 0, false),
        (old, &["ltsc2022"], &[17763], "Deployment", &["r.test/unread"], windows(&[]), Effect::Undecided, 0, 0, false),
        // A label that goes beside one that stays is in nobody's way.
        (both, &[], &[17763], "Deployment", &["r.test/every"], terms(&["10.0.17763", "10.0.20348"]), Effect::Works, 0, 1, false),
        (both, &[], &[17763], "Deployment", &["r.test/every"], terms(&["10.0.17763"]), Effect::Breaks, 0, 1, false),
        // A DaemonSet of the old nodes alone ends with them.
        (both, &[], &[17763], "DaemonSet", &["r.test/2019"], pinned("10.0.17763"), Effect::Works, 0, 1, false),
        // One that selects no node has no pods, today and then; a node that comes can be the first.
        (both, &[], &[17763], "DaemonSet", &["r.test/2019"], windows(&[("gpu", "yes")]), Effect::Works, 0, 0, false),
        (both, &["ltsc2025"], &[], "DaemonSet", &["r.test/2019"], pinned("10.0.26100"), Effect::Fails, 0, 0, false),
        (both, &["ltsc2025"], &[], "DaemonSet", &["r.test/2025"], pinned("10.0.26100"), Effect::GainsProcess, 0, 0, false),
        (both, &[], &[17763], "Deployment", &["r.test/2019"], windows(&[("gpu", "yes")]), Effect::Fails, 0, 0, false),
        // A pod that is bound to a node that goes is created again.
        (both, &[], &[17763], "Pod", &["r.test/every"], bound("ws20190"), Effect::Works, 0, 1, false),
        (both, &[], &[17763], "Pod", &["r.test/2019"], bound("ws20190"), Effect::Breaks, 1, 1, false),
        (with_linux, &[], &[17763], "Pod", &["r.test/windows"], bound("ws20190"), Effect::Strays, 0, 1, false),
        (with_linux, &[], &[17763], "Pod", &["r.test/every"], bound("ws20190"), Effect::Works, 0, 1, false),
        (both, &[], &[17763], "Pod", &["r.test/2022"], bound("ws20220"), Effect::Works, 0, 0, false),
    ];
    for (nodes, added, retired, kind, images, spec, effect, unfit, old, strays) in table {
        let what = format!("{added:?} {retired:?} {kind} {images:?} {spec}");
        let found = with_plan(&nodes(), &upgrade(added, retired), &workload(kind, images, spec), |plan, _| {
            let one = &plan.workloads[0];
            (one.effect, one.unfit.len(), one.old.len(), one.strays.is_some())
        });
        assert_eq!(found, (effect, unfit, old, strays), "{what}");
    }
}

#[test]
fn a_class_that_leads_to_nodes_that_go_is_named_with_its_workloads() {
    let spec = json!({"runtimeClassName": "process-2022"});
    let nodes = Nodes::of(vec![node("ws0", "10.0.20348.1", "amd64", None, &[])]);
    let classes = |upgrade: &Upgrade, spec: Value| {
        with_plan(&nodes, upgrade, &workload("Deployment", &["r.test/every"], spec), |plan, _| {
            (
                plan.workloads[0].effect,
                plan.classes.iter().map(|class| (class.name.clone(), class.users.clone())).collect::<Vec<_>>(),
            )
        })
    };
    let moved = upgrade(&["ltsc2025"], &[20348]);
    assert_eq!(classes(&moved, spec.clone()), (Effect::Breaks, vec![("process-2022".to_owned(), vec![0])]));
    assert_eq!(classes(&moved, windows(&[])), (Effect::Works, vec![("process-2022".to_owned(), vec![])]));
    assert_eq!(classes(&upgrade(&["ltsc2025"], &[]), spec), (Effect::Works, vec![]));
}

/// What is offered leads the pods where they run: before the new nodes come, and after the old ones have gone.
#[test]
fn changes_of_a_plan_are_for_its_nodes() {
    let strays = workload("Deployment", &["r.test/2019"], windows(&[]));
    let pin = with_plan(&of_2019(), &upgrade(&["ltsc2022"], &[17763]), &strays, |plan, _| {
        plan.workloads[0].strays.as_ref().unwrap().steer.as_ref().unwrap().labels.get(BUILD).cloned()
    });
    assert_eq!(pin.as_deref(), Some("10.0.17763"));
    let named = workload("Deployment", &["r.test/every"], windows(&[(BUILD, "10.0.17763")]));
    let select = with_plan(&of_2019(), &upgrade(&["ltsc2022"], &[17763]), &named, |plan, _| {
        plan.workloads[0].next.steer.as_ref().unwrap().labels.get(BUILD).cloned()
    });
    assert_eq!(select.as_deref(), Some("10.0.20348"));
    // No narrower than the new image has to be.
    let builds = |added: &[&str]| {
        let replaced = workload("Deployment", &["r.test/2019"], windows(&[(BUILD, "10.0.17763")]));
        with_plan(&of_2019(), &upgrade(added, &[17763]), &replaced, |plan, times| {
            let one = &plan.workloads[0];
            let of = one.today.workload.images.first().unwrap();
            let new = image("r.test/new", &["10.0.20348.1"]);
            (one.builds.iter().cloned().collect::<Vec<_>>().join(" "), times.builds_that_run(of, &new).len())
        })
    };
    assert_eq!(builds(&["ltsc2022", "ltsc2025"]), ("10.0.20348 10.0.26100".to_owned(), 2));
    assert_eq!(builds(&[]), (String::new(), 0));
}

/// Labels alone would leave its pods pending.
#[test]
fn a_change_of_a_plan_names_the_taint_to_tolerate() {
    let nodes = Nodes::of(vec![
        node("ws2019", "10.0.17763.8389", "amd64", None, &[]),
        node("ws2022", "10.0.20348.5386", "amd64", Some("os=windows"), &[]),
    ]);
    let job = workload("Job", &["r.test/every"], windows(&[(BUILD, "10.0.17763")]));
    let words =
        with_plan(&nodes, &upgrade(&[], &[17763]), &job, |plan, _| plan.workloads[0].next.steer.as_ref().map(Steer::words));
    let expected = "kubernetes.io/arch: amd64, kubernetes.io/os: windows, node.kubernetes.io/windows-build: 10.0.20348, and \
                    tolerate os=windows:NoSchedule";
    assert_eq!(words.as_deref(), Some(expected));
}

/// The build alone would leave the pods pending.
#[test]
fn what_a_node_of_then_lacks_is_named_beside_the_build() {
    let lacking = |nodes: Vec<ClusterNode>, (added, retired): (&[&str], u32), image: &str, spec: Value| {
        let workload = workload("Deployment", &[image], spec);
        with_plan(&Nodes::of(nodes), &upgrade(added, &[retired]), &workload, |plan, times| {
            let one = &plan.workloads[0];
            assert_eq!(one.effect, Effect::Breaks);
            let builds = (!one.builds.is_empty()).then_some(&one.builds);
            times.lacking(plan, one, builds).map(|(node, lacks)| format!("{node}: {}", lacks.join("; ")))
        })
    };
    let old = || node("ws2019", "10.0.17763.8389", "amd64", None, &[]);
    let with_taint = |taint| vec![old(), node("ws2022", "10.0.20348.5386", "amd64", taint, &[])];
    let mut linux = node("linux0", "5.15.0-azure", "amd64", None, &[]);
    linux.node.labels.insert("pool".to_owned(), "ws".to_owned());
    let arm = node("arm2025", "10.0.26100.4061", "arm64", None, &[]);
    let of_windows = json!({"nodeSelector": {"kubernetes.io/os": "windows"}});
    let mut of_class = windows(&[]);
    of_class["runtimeClassName"] = json!("hyperv");
    let without_handler = vec![old(), node("ws2022", "10.0.20348.5386", "amd64", None, &["", "runhcs-wcow-process"])];
    let handler = "ws2022: configure the handler runhcs-wcow-hypervisor there";
    let of_pool = "the new pool: let them not select pool: ws, or give the node that label";
    let pinned = "the new pool: let them not select kubernetes.io/arch: arm64";
    let (none, new): (&[&str], &[&str]) = (&[], &["ltsc2022"]);
    for (nodes, change, image, spec, expected) in [
        (with_taint(None), (none, 17763), "r.test/2019", windows(&[(BUILD, "10.0.17763")]), None),
        (
            with_taint(Some("gpu=yes")),
            (none, 17763),
            "r.test/2019",
            windows(&[(BUILD, "10.0.17763")]),
            Some("ws2022: let them tolerate gpu=yes:NoSchedule"),
        ),
        // The label goes with no node, since a Linux node has it.
        (vec![old(), linux.clone()], (new, 17763), "r.test/2019", windows(&[("pool", "ws")]), Some(of_pool)),
        (vec![old(), linux], (new, 17763), "r.test/windows", windows(&[("pool", "ws")]), Some(of_pool)),
        (without_handler, (none, 17763), "r.test/windows", of_class, Some(handler)),
        // The first step pins the processor.
        (vec![arm], (new, 26100), "r.test/arm", of_windows, Some(pinned)),
    ] {
        assert_eq!(lacking(nodes, change, image, spec.clone()).as_deref(), expected, "{image} {spec}");
    }
}

/// containerd starts no pods on Windows Server 2016: no image is built for it.
#[test]
fn no_image_is_rebuilt_for_a_windows_that_starts_no_pods() {
    let old = || node("ws2016", "10.0.14393.1", "amd64", None, &[]);
    let builds = |nodes: Vec<ClusterNode>| {
        let web = workload("Deployment", &["r.test/2019"], windows(&[]));
        with_plan(&Nodes::of(nodes), &upgrade(&[], &[17763]), &web, |plan, _| {
            let one = &plan.workloads[0];
            (one.unfit.clone(), one.builds.iter().cloned().collect::<Vec<_>>().join(" "))
        })
    };
    let to_go = || node("ws2019", "10.0.17763.8389", "amd64", None, &[]);
    let stays = node("ws2025", "10.0.26100.32995", "amd64", None, &[]);
    assert_eq!(builds(vec![to_go(), old()]), (vec![], String::new()));
    assert_eq!(builds(vec![to_go(), old(), stays]), (vec![0], "10.0.26100".to_owned()));
    let web = workload("Deployment", &["r.test/2022"], windows(&[]));
    let (ok, codes) = answer(&web, &Nodes::of(vec![old()]), &classes());
    assert_eq!((ok, codes), (Some(false), vec!["no-node-fits"]));
}

/// A new pool has the labels of a kubelet, and the one of AKS where the cluster is there.
#[test]
fn a_new_pool_has_the_labels_of_its_kubelet() {
    let labels = |nodes: &Nodes| {
        let next = upgrade(&["ltsc2025"], &[]).nodes(nodes);
        let pool = next.nodes.iter().find(|node| node.is_new).unwrap();
        assert!(pool.node.taints.is_empty());
        pool.node.labels.clone()
    };
    let own = labels(&of_2019());
    assert_eq!(own.get(BUILD).map(String::as_str), Some("10.0.26100"));
    assert!(!own.contains_key("kubernetes.azure.com/os-sku") && !own.contains_key("kubernetes.io/hostname"), "{own:?}");
    let mut azure = node("aks0", "10.0.20348.1", "amd64", None, &[]);
    azure.node.labels.insert("kubernetes.azure.com/os-sku".to_owned(), "Windows2022".to_owned());
    let own = labels(&Nodes::of(vec![azure]));
    assert_eq!(own.get("kubernetes.azure.com/os-sku").map(String::as_str), Some("Windows2025"));
}

#[test]
fn pools_of_one_windows_have_names_of_their_own() {
    let names = |added: &[&str]| {
        let next = upgrade(added, &[]).nodes(&of_2019());
        let groups = next.groups.iter().filter(|group| group.is_new).map(Group::title);
        groups.collect::<Vec<_>>()
    };
    assert_eq!(names(&["ltsc2025"]), ["the new pool (Windows Server 2025)"]);
    assert_eq!(
        names(&["ltsc2025", "ltsc2025,arm64", "ltsc2022"]),
        [
            "the new amd64 pool (Windows Server 2025)",
            "the new arm64 pool (Windows Server 2025)",
            "the new pool (Windows Server 2022)"
        ]
    );
}

/// Another image would not help where the containerd of the nodes that stay is too old for one that fits.
#[test]
fn an_image_that_an_engine_refuses_is_not_replaced() {
    let mut old = node("ws2025", "10.0.26100.32995", "amd64", None, &[]);
    let engine = old.host.as_mut().and_then(|host| host.engine.as_mut()).unwrap();
    engine.runtime = Some("1.6.10".to_owned().into());
    let nodes = Nodes::of(vec![node("ws2022", "10.0.20348.5386", "amd64", None, &[]), old]);
    let web = workload("Deployment", &["r.test/2022"], windows(&[(BUILD, "10.0.20348")]));
    let (effect, unfit, codes) = with_plan(&nodes, &upgrade(&[], &[20348]), &web, |plan, _| {
        let one = &plan.workloads[0];
        let codes: Vec<&str> = one.next.findings.iter().map(|said| said.code.as_str()).collect();
        (one.effect, one.unfit.clone(), codes)
    });
    assert_eq!((effect, unfit, codes), (Effect::Breaks, vec![], vec!["engine-refuses"]));
}
