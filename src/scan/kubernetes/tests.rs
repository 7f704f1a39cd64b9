//! Manifests of Kubernetes.

use super::*;
use crate::host::placement::Placement;
use crate::scan::yaml::Document;
use crate::scan::{Meant, yaml};

fn known(documents: &[Document]) -> Known {
    let roots = documents.iter().filter_map(|document| document.root.as_ref());
    let objects: Vec<Rc<Node>> = roots.flat_map(objects).cloned().collect();
    let mut classes = RuntimeClasses::default();
    classes.add(&Stands::default(), &Rc::default(), &objects);
    Known { classes: Rc::new(classes), ..Known::default() }
}

fn found(text: &str) -> Vec<Found> {
    let (documents, broken) = yaml::read(text);
    assert!(broken.is_empty(), "{broken:?}");
    let known = known(&documents);
    documents.iter().filter_map(|document| document.root.as_ref()).flat_map(|root| read(root, &Lines::of(text), &known)).collect()
}

fn placement(found: &Found) -> &Placement {
    let Lands::Nodes(placement) = &found.lands else { panic!("{found:?}") };
    placement
}

#[test]
fn every_pod_and_every_image_in_it() {
    let spec = "{containers: [{name: c, image: 'c:1'}], initContainers: [{name: i, image: i:1}], ephemeralContainers: [{name: e, image: e:1}], \
        volumes: [{name: v, image: {reference: v:1}}]}";
    for (head, path) in [
        ("kind: Pod", spec.to_owned()),
        ("kind: Deployment", format!("{{template: {{spec: {spec}}}}}")),
        ("kind: Rollout", format!("{{template: {{spec: {spec}}}}}")),
        ("kind: ScaledJob", format!("{{jobTargetRef: {{template: {{spec: {spec}}}}}}}")),
        ("kind: Job", format!("{{tasks: [{{template: {{spec: {spec}}}}}]}}")),
        ("kind: JobSet", format!("{{replicatedJobs: [{{template: {{spec: {{template: {{spec: {spec}}}}}}}}}]}}")),
        ("kind: RayCluster", format!("{{headGroupSpec: {{template: {{spec: {spec}}}}}}}")),
        ("kind: LeaderWorkerSet", format!("{{leaderWorkerTemplate: {{workerTemplate: {{spec: {spec}}}}}}}")),
        ("kind: CronJob", format!("{{jobTemplate: {{spec: {{template: {{spec: {spec}}}}}}}}}")),
        (
            "kind: ManifestWork",
            format!("{{workload: {{manifests: [{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {spec}}}]}}}}"),
        ),
    ] {
        let text = format!("apiVersion: v1\n{head}\nmetadata: {{name: web, namespace: shop}}\nspec: {path}\n");
        let names: Vec<String> = found(&text).into_iter().map(|found| found.written).collect();
        assert_eq!(names, ["i:1", "c:1", "e:1", "v:1"], "{text}");
    }
    let list = format!(
        "kind: List\nitems:\n- kind: List\n  items:\n  - {{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {spec}}}\n"
    );
    assert_eq!(found(&list)[1].object.as_deref(), Some("v1 Pod p container c"));
    let template = format!(
        "apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n- {{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {spec}}}\n"
    );
    assert_eq!(found(&template)[1].object.as_deref(), Some("v1 Pod p container c"));
    let mistaken = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  spec: {spec}\n");
    assert_eq!(found(&mistaken).len(), 4);
}

#[test]
fn what_has_no_name_is_said_to_have_none() {
    let object = |head: &str, container: &str| {
        let text = format!("apiVersion: v1\nkind: Pod\n{head}spec:\n  containers:\n  - {container}\n");
        found(&text)[0].object.clone().unwrap()
    };
    let named = "{name: c, image: a:1}";
    for (head, container, expected) in [
        ("", named, "v1 Pod without a name, container c"),
        ("", "{image: a:1}", "v1 Pod without a name, container without a name"),
        ("metadata: {name: p}\n", "{image: a:1}", "v1 Pod p container without a name"),
        ("metadata: {generateName: x-}\n", named, "v1 Pod x-… container c"),
        ("metadata: {namespace: shop}\n", named, "v1 Pod in shop without a name, container c"),
    ] {
        assert_eq!(object(head, container), expected);
    }
}

#[test]
fn parameters_of_a_template_of_openshift_have_values() {
    let text = "apiVersion: template.openshift.io/v1\nkind: Template\nparameters: [{name: TAG, value: '1809'}, {name: OPEN}]\nobjects:\n\
        - {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{image: 'a:${TAG}'}, {image: 'a:${OPEN}'}]}}\n";
    let meant: Vec<Meant> = found(text).into_iter().map(|found| found.meant).collect();
    assert_eq!(meant, [Meant::Known("a:1809".to_owned()), Meant::Unresolved(vec!["OPEN".to_owned()])]);
    let root = yaml::read(text).0[0].root.clone().unwrap();
    let given = Known { values: [("TAG".to_owned(), "2".to_owned())].into(), ..Known::default() };
    assert_eq!(read(&root, &Lines::of(text), &given)[0].meant, Meant::Known("a:2".to_owned()));
}

#[test]
fn the_templates_of_argo_are_pods() {
    let templates = "templates: [{name: a, nodeSelector: {kubernetes.io/os: windows}, container: {image: a:1}, initContainers: [{name: i, image: i:1}], \
        sidecars: [{name: s, image: s:1}]}, {name: b, script: {image: b:1}}, {name: c, containerSet: {containers: [{name: x, image: c:1}]}}, \
        {name: d, steps: [[{name: e, inline: {container: {image: e:1}}}]]}]";
    for (kind, spec) in [
        ("Workflow", format!("{{nodeSelector: {{kubernetes.io/os: linux}}, {templates}}}")),
        ("WorkflowTemplate", format!("{{nodeSelector: {{kubernetes.io/os: linux}}, {templates}}}")),
        ("CronWorkflow", format!("{{workflowSpec: {{nodeSelector: {{kubernetes.io/os: linux}}, {templates}}}}}")),
    ] {
        let text = format!("apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: w}}\nspec: {spec}\n");
        let all = found(&text);
        let lines: Vec<String> = all.iter().map(|found| format!("{} {:?}", found.written, found.os)).collect();
        assert_eq!(lines, ["a:1 Windows", "i:1 Windows", "s:1 Windows", "b:1 Other", "c:1 Other", "e:1 Other"], "{kind}");
        assert_eq!(all[1].object, Some(format!("argoproj.io/v1alpha1 {kind} w template a init container i")));
        // The containers of a template run together.
        assert_eq!(all[0].together, all[2].together);
        assert_ne!(all[0].together, all[3].together);
    }
}

#[test]
fn what_a_workflow_of_argo_says_of_all_templates_counts_for_each() {
    let of = |spec: &str, template: &str| {
        let text = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: w}}\nspec: {{{spec}, templates: [{{name: a, \
             {template}container: {{image: a:1}}}}]}}\n"
        );
        found(&text).remove(0)
    };
    let defaults = "nodeSelector: {x: y}, templateDefaults: {nodeSelector: {a: b, c: d}, tolerations: [{key: k}, {key: l}]}";
    for (spec, template, labels, tolerations) in [
        (defaults, "", "a=b,c=d", 2),
        (defaults, "nodeSelector: {a: e}, tolerations: [{key: l, operator: Exists}], ", "a=e,c=d", 2),
        ("nodeSelector: {x: y}, templateDefaults: {tolerations: [{key: k}]}", "", "x=y", 1),
        ("nodeSelector: {x: y}, podSpecPatch: '{\"terminationGracePeriodSeconds\": 1}'", "", "x=y", 0),
    ] {
        let one = of(spec, template);
        let own = placement(&one);
        let all: Vec<String> = own.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!((all.join(",").as_str(), own.tolerations.len()), (labels, tolerations), "{spec} {template}");
    }
    let terms = |key: &str| {
        format!(
            "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{{matchExpressions: \
             [{{key: {key}, operator: Exists}}]}}]}}}}}}"
        )
    };
    // An affinity to pods alone stands in the place of the workflow's to nodes as well.
    for (spec, template, expected) in [
        (terms("x"), "", true),
        (terms("x"), "affinity: {podAntiAffinity: {}}, ", false),
        (terms("x"), "affinity: null, ", true),
        (format!("{}, templateDefaults: {{affinity: {{podAntiAffinity: {{}}}}}}", terms("x")), "", false),
        (format!("templateDefaults: {{{}}}", terms("x")), "affinity: {podAntiAffinity: {}}, ", true),
    ] {
        assert_eq!(placement(&of(&spec, template)).terms.is_some(), expected, "{spec} {template}");
    }
    // The nodes of steps count for the templates that they use, before those of the workflow.
    for (own, template, is_unread) in [
        ("nodeSelector: {build: x}", "", true),
        ("nodeSelector: {build: x}", "nodeSelector: {a: b}, ", false),
        ("nodeSelector: {kubernetes.io/os: linux}", "", false),
        ("tolerations: [{key: k}]", "", true),
        (terms("x").as_str(), "", true),
        ("affinity: {podAntiAffinity: {}}", "", false),
        ("inputs: {}", "", false),
    ] {
        let text = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: w}}\nspec:\n  nodeSelector: {{kubernetes.io/os: linux}}\n  \
             templates:\n  - {{name: s, {own}, steps: [[{{name: a, template: b}}]]}}\n  - {{name: b, {template}container: {{image: a:1}}}}\n"
        );
        let one = found(&text).remove(0);
        assert_eq!(matches!(one.lands, Lands::Unread { .. }), is_unread, "{own} {template}");
        assert_eq!(one.os == Os::Other, !is_unread && template.is_empty(), "{own} {template}");
    }
    for patch in [
        "'{{workflow.parameters.patch}}'",
        "'containers: [{name: main, resources: {limits: {memory: \"{{inputs.parameters.mem}}\"}}}]'",
        "'${PATCH}'",
        "'os: {name: windows}'",
        "'hostNetwork: true'",
        "'{\"containers\": [{\"name\": \"main\", \"image\": \"b:1\"}]}'",
        "'{\"securityContext\": {\"windowsOptions\": {\"hostProcess\": true}}}'",
    ] {
        let one = of(&format!("nodeSelector: {{kubernetes.io/os: linux}}, podSpecPatch: {patch}"), "");
        assert!(matches!(one.lands, Lands::Unread { .. }) && one.os == Os::Unsaid, "{patch}: {one:?}");
    }
    for patch in
        ["'{\"containers\": [{\"name\": \"main\", \"imagePullPolicy\": \"Always\"}]}'", "'volumes: [{hostPath: {path: /x}}]'"]
    {
        let one = of(&format!("nodeSelector: {{kubernetes.io/os: linux}}, podSpecPatch: {patch}"), "");
        assert_eq!(one.os, Os::Other, "{patch}");
    }
    let patch = "podSpecPatch: '{\"nodeSelector\": {\"a\": \"b\"}}'";
    for (spec, template) in [
        (patch.to_owned(), String::new()),
        (format!("templateDefaults: {{{patch}}}"), String::new()),
        ("entrypoint: a".to_owned(), format!("{patch}, ")),
    ] {
        assert!(matches!(of(&spec, &template).lands, Lands::Unread { .. }), "{spec} {template}");
    }
}

#[test]
fn the_system_is_said_in_several_ways() {
    for (spec, os) in [
        ("os: {name: windows}", Os::Windows),
        ("nodeSelector: {kubernetes.io/os: linux}", Os::Other),
        ("nodeSelector: {beta.kubernetes.io/os: windows}", Os::Windows),
        ("nodeSelector: {kubernetes.io/os: Windows}", Os::Unsaid),
        ("os: {name: Linux}", Os::Unsaid),
        ("nodeSelector: {kubernetes.azure.com/os-sku: Windows2019}", Os::Windows),
        (
            "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: \
            [{key: kubernetes.io/os, operator: In, values: [windows]}]}]}}}",
            Os::Windows,
        ),
        ("nodeSelector: {vm: '0'}", Os::Unsaid),
    ] {
        let text =
            format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, image: c}}], {spec}}}\n");
        assert_eq!(found(&text)[0].os, os, "{spec}");
    }
}

/// A label, a name or a taint that a later step puts in is not the text that stands there.
#[test]
fn nodes_that_variables_name_are_not_known() {
    for spec in [
        "nodeSelector: {kubernetes.io/os: '${OS}'}",
        "nodeName: '${OS}'",
        "tolerations: [{key: os, value: '${OS}'}]",
        "nodeSelector: {'${OS}': x}",
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: \
            [{key: '${OS}', operator: Exists}]}]}}}",
        "os: {name: '${OS}'}",
        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: \
            [{key: kubernetes.io/os, operator: In, values: ['${OS}']}]}]}}}",
    ] {
        let text =
            format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, image: c}}], {spec}}}\n");
        let one = found(&text).remove(0);
        assert_eq!((one.os, one.lands), (Os::Unsaid, Lands::Untold(vec!["OS".to_owned()])), "{spec}");
        let root = yaml::read(&text).0[0].root.clone().unwrap();
        let given = Known { values: [("OS".to_owned(), "windows".to_owned())].into(), ..Known::default() };
        let one = read(&root, &Lines::of(&text), &given).remove(0);
        assert!(matches!(&one.lands, Lands::Nodes(_)), "{spec}: {one:?}");
        assert_eq!(one.os == Os::Windows, spec.contains("kubernetes.io/os") || spec.starts_with("os:"), "{spec}");
    }
}

/// Who starts a pod may lead one that says nothing of its nodes.
#[test]
fn a_pod_that_says_nothing_of_its_nodes_lands_where_who_starts_it_says() {
    let unled = Lands::Unread { why: "a".to_owned(), hint: "b".to_owned() };
    for (spec, is_led) in [
        ("{}", false),
        ("{nodeSelector: {}}", false),
        ("{runtimeClassName: null, affinity: {podAffinity: {}}}", false),
        ("{tolerations: [{operator: Exists}], os: {name: windows}}", false),
        ("{nodeSelector: {a: b}}", true),
        ("{runtimeClassName: win}", true),
        ("{affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}}", true),
    ] {
        let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {spec}\n");
        let root = yaml::read(&text).0[0].root.clone().unwrap();
        let lands = |unled: Option<Lands>| nodes(&root, &Known { unled, ..Known::default() }).remove(0).0;
        assert_eq!(lands(Some(unled.clone())) != unled, is_led, "{spec}");
        assert!(matches!(lands(None), Lands::Nodes(_)), "{spec}");
    }
}

#[test]
fn host_process_of_the_container_wins() {
    let process = |value: &str| format!("securityContext: {{windowsOptions: {{hostProcess: {value}}}}}");
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{{}, containers: [{{name: a, image: a}}, {{name: b, image: b, {}}}]}}\n",
        process("true"),
        process("false")
    );
    let asked: Vec<_> = found(&text).into_iter().map(|found| found.isolation).collect();
    assert_eq!(asked, [Some(Asked::HostProcess), None]);
    // Kubernetes reads these words as it reads `true` and `false`.
    for (yes, no) in [("yes", "no"), ("on", "off"), ("True", "False"), ("y", "n"), ("YES", "OFF")] {
        let text = text.replace(": true", &format!(": {yes}")).replace(": false", &format!(": {no}"));
        let asked: Vec<_> = found(&text).into_iter().map(|found| found.isolation).collect();
        assert_eq!(asked, [Some(Asked::HostProcess), None], "{yes}");
    }
}

/// A text in the place of a truth value; kubectl does not read `"yes"` as true, and the API server refuses both.
#[test]
fn a_truth_value_in_quotes_is_none() {
    let process = |value: &str| format!("securityContext: {{windowsOptions: {{hostProcess: {value}}}}}");
    let pod = |more: &str, container: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{{more}, containers: [{{name: a, image: a, {container}}}]}}\n"
        )
    };
    for (text, key, is) in [
        (pod("hostNetwork: true", &process("\"true\"")), "hostProcess", "true"),
        (pod("hostNetwork: true", &process("'yes'")), "hostProcess", "true"),
        (pod("hostNetwork: true", &process("!!str true")), "hostProcess", "true"),
        (pod(&format!("hostNetwork: true, {}", process("\"off\"")), ""), "hostProcess", "false"),
        (pod("hostNetwork: \"true\"", &process("true")), "hostNetwork", "true"),
    ] {
        let found = found(&text);
        let expected = format!("Kubernetes refuses a pod whose `{key}` is a text in quotes and not a truth value");
        match &found[0].lands {
            Lands::Nowhere { why, hint } => {
                assert_eq!((why, hint), (&expected, &format!("write `{key}: {is}`, without quotes")), "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
        assert_eq!(found[0].isolation, (key == "hostNetwork").then_some(Asked::HostProcess), "{text}");
    }
}

/// `validateWindowsHostProcessPod` of Kubernetes.
#[test]
fn a_pod_whose_host_process_containers_kubernetes_refuses_runs_nowhere() {
    let process = |value: &str| format!("securityContext: {{windowsOptions: {{hostProcess: {value}}}}}");
    let (yes, no, open) = (process("true"), process("false"), process("'${X}'"));
    let a = |more: &str| format!("containers: [{{name: a, image: a, {more}}}]");
    let with = |list: &str, more: &str| format!("{}, {list}: [{{name: b, image: b, {more}}}]", a(&yes));
    let network = "does not say `hostNetwork: true`";
    let other = |word: &str| format!("has one of another kind, the {word} b");
    for (spec, expected) in [
        (format!("{yes}, hostNetwork: true, {}", a("")), None),
        (format!("hostNetwork: true, {}", a(&yes)), None),
        (format!("hostNetwork: yes, {}", a(&process("on"))), None),
        (format!("hostNetwork: off, {}", a(&process("Yes"))), Some(network.to_owned())),
        (format!("hostNetwork: on, {}", with("initContainers", &process("No"))), Some(other("init container"))),
        (format!("hostNetwork: '${{NETWORK}}', {}", a(&yes)), None),
        (format!("hostNetwork: true, {}", with("initContainers", &open)), None),
        (format!("{no}, {}", a("")), None),
        (a(""), None),
        (format!("{yes}, {}", a("")), Some(network.to_owned())),
        (a(&yes), Some(network.to_owned())),
        (format!("hostNetwork: false, {}", a(&yes)), Some(network.to_owned())),
        (format!("hostNetwork: true, {}", with("initContainers", "")), Some(other("init container"))),
        (format!("hostNetwork: true, {yes}, {}", with("ephemeralContainers", &no)), Some(other("ephemeral container"))),
        (with("initContainers", &no), Some(format!("{network} and {}", other("init container")))),
        (format!("hostNetwork: true, {no}, {}", a(&yes)), Some("says `hostProcess: false` itself".to_owned())),
    ] {
        let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{{spec}}}\n");
        for found in found(&text) {
            let why = match found.lands {
                Lands::Nowhere { why, .. } => Some(why),
                _ => None,
            };
            let expected = expected
                .as_ref()
                .map(|expected| format!("Kubernetes refuses a pod that has a HostProcess container and {expected}"));
            assert_eq!(why, expected, "{spec}");
        }
    }
}

#[test]
fn a_runtime_class_leads_its_pods() {
    let text = "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: win}\nscheduling: {nodeSelector: {a: b}, tolerations: [{key: os, operator: Exists}]}\n---\n\
        apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {runtimeClassName: win, nodeSelector: {c: d}, containers: [{name: c, image: c}]}\n";
    let found = found(text);
    let placement = placement(&found[0]);
    assert_eq!(placement.selector.len(), 2);
    assert_eq!(placement.tolerations.len(), 1);
}

#[test]
fn a_class_that_nobody_has_is_named() {
    let pod = |more: &str| {
        let text =
            format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  runtimeClassName: win\n  containers: []\n{more}");
        let (documents, _) = yaml::read(&text);
        let known = known(&documents);
        let root = documents[0].root.clone().unwrap();
        unknown_classes(&root, &Lines::of(&text), &known).into_iter().map(|note| (note.place.line, note.text)).collect::<Vec<_>>()
    };
    let [(5, text)] = &pod("")[..] else { panic!() };
    assert!(text.starts_with("the RuntimeClass win of v1 Pod p is not in these files"), "{text}");
    assert_eq!(
        pod("---\napiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: win}\nhandler: runhcs-wcow-process\n"),
        []
    );
    assert_eq!(pod("  os: {name: linux}\n"), []);
}

#[test]
fn a_pod_that_contradicts_its_runtime_class_is_refused() {
    let text = "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: win}\nscheduling: {nodeSelector: {build: '1'}}\n---\n\
        apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {runtimeClassName: win, nodeSelector: {build: '2'}, containers: [{name: c, image: c}]}\n";
    let found = found(text);
    let Lands::Nowhere { why, .. } = &found[0].lands else { panic!("{found:?}") };
    assert!(why.contains("build=2") && why.contains("build=1"), "{why}");
}

#[test]
fn the_template_of_a_rendered_object_is_known() {
    let text = "---\n# Source: chart/templates/a.yaml\napiVersion: v1\nkind: A\n---\n# Source: chart/templates/b.yaml\n# more\nkind: B\n---\nkind: C\n";
    let source = |what: &str| source_of(text, text.find(what).unwrap());
    assert_eq!(source("apiVersion"), Some("chart/templates/a.yaml"));
    assert_eq!((source("kind: B"), source("kind: C")), (Some("chart/templates/b.yaml"), None));
}

#[test]
fn a_manifest_within_a_workflow_is_read_at_its_line() {
    let job = |indent: &str, image: &str| {
        let lines = [
            "apiVersion: batch/v1",
            "kind: Job",
            "metadata: {name: x}",
            "spec: {template: {spec: {containers: [",
            "  {name: a, image: '",
        ];
        format!("{}{image}'}}]}}}}}}\n", lines.map(|line| format!("{indent}{line}")).join("\n"))
    };
    let workflow = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\nspec:\n  templates:\n  - name: t\n    resource:\n      \
        action: create\n      manifest: |\n";
    let text = format!("{workflow}{}", job("        ", "server:1809"));
    let all = found(&text);
    let [one] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((one.place.line, one.place.column), (14, 28));
    assert_eq!(one.object.as_deref(), Some("batch/v1 Job x container a (argoproj.io/v1alpha1 Workflow w template t)"));
    assert_eq!(one.editable.as_ref().map(|one| &text[one.span.clone()]), Some("server:1809"));
    // A workflow may make another one.
    let inner: String = workflow.lines().map(|line| format!("        {line}\n")).collect();
    let text = format!("{workflow}{inner}{}", job("                ", "server:1809"));
    assert_eq!(found(&text).iter().map(|one| one.place.line).collect::<Vec<_>>(), [23]);
}

#[test]
fn a_manifest_that_is_not_read_is_said() {
    let notes = |resource: &str| {
        let text = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{name: w}}\nspec: {{templates: [{{name: t, resource: {resource}}}]}}\n"
        );
        let root = yaml::read(&text).0[0].root.clone().unwrap();
        unread_manifests(&root, &Lines::of(&text)).into_iter().map(|note| note.text).collect::<Vec<_>>()
    };
    let of = "the manifest of argoproj.io/v1alpha1 Workflow w template t";
    assert_eq!(notes("{manifestFrom: {artifact: {}}}"), [format!("{of} comes from an artifact, and is not read")]);
    let broken = "{manifest: \"a: {{b}}c: [\"}";
    assert_eq!(notes(broken), [format!("{of} is YAML only when its values are put in, and is not read")]);
    for resource in ["{manifest: 'kind: Job'}", "{action: get}", "{manifest: 'image: a:{{b}}'}"] {
        assert!(notes(resource).is_empty(), "{resource}");
    }
}

#[test]
fn objects_that_only_hold_manifests_as_text_say_nothing() {
    for text in [
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  pod.yaml: |\n    apiVersion: v1\n    kind: Pod\n    spec: {containers: [{image: a}]}\n",
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec: {rules: [{validate: {pattern: {spec: {template: {spec: {containers: [{image: '!*:latest'}]}}}}}}]}\n",
        "apiVersion: x.example/v1\nkind: X\nspec: {pattern: {spec: {containers: [{image: 'a'}]}}}\n",
        "apiVersion: x.example/v1\nkind: X\nspec: {templates: [{container: {image: 'a'}}]}\n",
        "apiVersion: v1\nkind: X\nobjects: [{apiVersion: v1, kind: Pod, spec: {containers: [{image: a}]}}]\n",
        "apiVersion: cluster.x-k8s.io/v1beta1\nkind: AzureMachineTemplate\nspec: {template: {spec: {image: {id: x}}}}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: {repository: a}}]}\n",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}
