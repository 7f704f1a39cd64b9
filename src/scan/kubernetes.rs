//! Manifests of Kubernetes: every pod in them, with the nodes that it can land on.

mod classes;
mod host_process;
mod manifests;
mod pods;

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use self::classes::MOST_MEANT;
pub use self::classes::{RuntimeClasses, Stands, is_class};
pub use self::manifests::unread_manifests;
use self::pods::{Containers, pods_of};
use super::placeholder::meant;
use super::words::Values;
use super::yaml::{Node, Value};
use super::{Asked, Found, IsolatedBy, Lands, Lines, Needs, Note, Os};
use crate::host::pod::{self, RuntimeClass, Tree};

/// The deepest lists of lists of objects.
const DEEPEST: usize = 8;

/// The deepest manifests within manifests.
const DEEPEST_TEXTS: usize = 4;

impl Tree for Node {
    fn get(&self, key: &str) -> Option<&Self> {
        self.get(key).map(Rc::as_ref)
    }

    fn list(&self) -> Vec<&Self> {
        self.list().iter().map(Rc::as_ref).collect()
    }

    fn entries(&self) -> Vec<(&str, &Self)> {
        self.entries().into_iter().filter_map(|(key, value)| Some((key.text()?, value.as_ref()))).collect()
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        self.text().map(Cow::Borrowed)
    }

    fn truth(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, plain: true } => pod::truth(text),
            _ => None,
        }
    }
}

/// What is known beside a manifest.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The RuntimeClasses of the same input.
    pub classes: Rc<RuntimeClasses>,
    /// Where the manifest is from.
    pub stands: Stands,
    /// Values for what stands in the place of some.
    pub values: Values,
}

/// True for a document that is an object of Kubernetes. A file of Skaffold has a version and a kind too.
pub fn is_object(root: &Node) -> bool {
    root.text_at(&["apiVersion"]).is_some_and(|version| !version.starts_with("skaffold/")) && root.text_at(&["kind"]).is_some()
}

/// The template that a rendered object came from, as Helm writes it above it: `# Source: chart/templates/web.yaml`.
pub fn source_of(text: &str, start: usize) -> Option<&str> {
    let above = text.get(..start)?.lines().rev().map(str::trim);
    let mut comments = above.take_while(|line| line.is_empty() || line.starts_with('#') || line.starts_with("---"));
    comments.find_map(|line| line.strip_prefix("# Source:")).map(str::trim)
}

/// The references of one document.
pub fn read(root: &Rc<Node>, lines: &Lines<'_>, known: &Known) -> Vec<Found> {
    read_below(root, lines, known, DEEPEST_TEXTS)
}

/// The same with the manifests that objects hold as texts, to this depth.
fn read_below(root: &Rc<Node>, lines: &Lines<'_>, known: &Known, depth: usize) -> Vec<Found> {
    let of_template = known_within(root, known);
    let known = of_template.as_ref().unwrap_or(known);
    let mut found = Vec::new();
    for object in objects(root) {
        for containers in pods_of(object) {
            found.extend(Pod::all(object, &containers, known).iter().flat_map(|pod| pod.found(lines)));
        }
        found.extend(manifests::read(object, lines, known, depth));
    }
    found
}

/// What is known within a template of OpenShift: its parameters have values of their own, unless others are given.
///
/// Source: the documentation of OpenShift, templates: `parameters`.
fn known_within(root: &Node, known: &Known) -> Option<Known> {
    let parameters = root.get("parameters").filter(|_| root.text_at(&["kind"]) == Some("Template"))?;
    let mut known = known.clone();
    for parameter in parameters.list() {
        // An empty one may be generated.
        let value = parameter.text_at(&["value"]).filter(|value| !value.is_empty());
        if let (Some(name), Some(value)) = (parameter.text_at(&["name"]), value) {
            known.values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    Some(known)
}

/// The RuntimeClasses that pods of a document name and nobody has, unless the pods are for another system: they decide the nodes and the
/// isolation.
pub fn unknown_classes(root: &Rc<Node>, lines: &Lines<'_>, known: &Known) -> Vec<Note> {
    let unknown = |(object, containers): (&Rc<Node>, Containers<'_>)| {
        let class = containers.spec.get("runtimeClassName")?;
        let name = class.text().filter(|name| !known.classes.has(name))?;
        let pod = Pod::of(object, &containers, known, None);
        let text = format!(
            "the RuntimeClass {name} of {} is not in these files, so its node selector and its handler, which decides the isolation, are not \
             known: scan its file too",
            pod.name
        );
        (pod.os != Os::Other).then(|| Note { place: lines.place(class.span.clone()), text })
    };
    let pods = objects(root).into_iter().flat_map(|object| pods_of(object).into_iter().map(move |pod| (object, pod)));
    pods.filter_map(unknown).collect()
}

/// An object, or those of a list, or of a template of OpenShift.
pub fn objects(root: &Rc<Node>) -> Vec<&Rc<Node>> {
    objects_below(root, DEEPEST)
}

fn objects_below(root: &Rc<Node>, depth: usize) -> Vec<&Rc<Node>> {
    let kind = root.text_at(&["kind"]);
    let key = if kind == Some("Template") { "objects" } else { "items" };
    match root.get(key) {
        Some(items) if depth > 0 && kind.is_none_or(|kind| kind.ends_with("List") || kind == "Template") => {
            items.list().iter().flat_map(|item| objects_below(item, depth - 1)).collect()
        }
        _ => vec![root],
    }
}

struct Pod<'d> {
    known: &'d Known,
    name: String,
    containers: &'d Containers<'d>,
    lands: Lands,
    os: Os,
    host_process: bool,
    /// The number of its class among those that it may mean.
    number: usize,
}

impl<'d> Pod<'d> {
    /// A pod, once for each class that it may mean: by which of them it lands is not known, so it must fit by each.
    fn all(object: &Node, containers: &'d Containers<'d>, known: &'d Known) -> Vec<Self> {
        let unled = || Self::of(object, containers, known, None);
        let Some(name) = containers.spec.text_at(&["runtimeClassName"]) else { return vec![unled()] };
        let Some(classes) = known.classes.meant(name, &known.stands) else {
            let why = format!(
                "too many RuntimeClasses of the name {name} are equally near: more than {MOST_MEANT} lead it to other nodes each"
            );
            let hint = "scan the files of one cluster at a time".to_owned();
            return vec![Self { lands: Lands::Nowhere { why, hint }, ..unled() }];
        };
        if classes.is_empty() {
            return vec![unled()];
        }
        let of_class = |(number, class)| Self { number, ..Self::of(object, containers, known, Some((name, class))) };
        classes.into_iter().enumerate().map(of_class).collect()
    }

    fn of(object: &Node, containers: &'d Containers<'d>, known: &'d Known, class: Option<(&str, &RuntimeClass)>) -> Self {
        let spec: &Node = containers.spec;
        let of_object = pod::name(object);
        let name = match containers.part {
            Some(part) => pod::with_part(&of_object, &format!("template {part}")),
            None => of_object,
        };
        let placement = containers.placement.clone();
        let (placement, refused) = match class {
            None => (placement, None),
            Some((class, of_class)) => match placement.clone().with_class(of_class) {
                Ok(merged) => (merged, None),
                Err(pod::Conflict { key, own, of_class }) => {
                    let why =
                        format!("its node selector asks for {key}={own}, and its RuntimeClass {class} for {key}={of_class}");
                    let hint = "make the two agree: Kubernetes refuses a pod whose RuntimeClass contradicts it".to_owned();
                    (placement, Some(Lands::Nowhere { why, hint }))
                }
            },
        };
        let os = Os::of_pod(pod::os(spec, &placement).as_deref());
        let refused = refused.or_else(|| host_process::refused(containers));
        let lands = refused.unwrap_or_else(|| Lands::Nodes(Arc::new(placement)));
        let host_process = pod::is_host_process(spec).unwrap_or(false);
        Self { known, name, containers, lands, os, host_process, number: 0 }
    }

    fn found(&self, lines: &Lines<'_>) -> Vec<Found> {
        let mut found = Vec::new();
        for (word, container) in &self.containers.all {
            let Some(image) = container.get("image") else { continue };
            let host_process = pod::is_host_process(container.as_ref()).unwrap_or(self.host_process);
            let part = pod::part(word, container.text_at(&["name"]));
            let asked = host_process.then_some(Asked::HostProcess);
            found.extend(self.reference(image, lines, &part, Needs::EveryHost, asked));
        }
        for volume in self.containers.spec.get("volumes").map(|list| list.list()).unwrap_or_default() {
            if let Some(image) = volume.at(&["image", "reference"]) {
                let part = pod::part("volume", volume.text_at(&["name"]));
                found.extend(self.reference(image, lines, &part, Needs::NoHost, None));
            }
        }
        found
    }

    /// A text that no other pod has.
    fn key(&self) -> String {
        let by_class = if self.number > 0 { format!(" {}", self.number) } else { String::new() };
        format!("{} {}{by_class}", self.containers.spec.span.start, self.name)
    }

    fn reference(&self, image: &Node, lines: &Lines<'_>, part: &str, needs: Needs, isolation: Option<Asked>) -> Option<Found> {
        let text = image.text()?;
        Some(Found {
            place: lines.place(image.span.clone()),
            object: Some(pod::with_part(&self.name, part)),
            written: text.to_owned(),
            meant: meant(text, &self.known.values),
            needs,
            os: self.os,
            processor: None,
            isolation,
            isolated_by: IsolatedBy::Start,
            lands: self.lands.clone(),
            // All images of a pod must fit one node.
            together: Some(self.key()),
            shares: Vec::new(),
            editable: lines.literal(image.span.clone(), text),
            texts: Vec::new(),
            also: Vec::new(),
            stays: None,
            made_by: None,
            is_repeated: false,
        })
    }
}

#[cfg(test)]
mod tests {
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
        documents
            .iter()
            .filter_map(|document| document.root.as_ref())
            .flat_map(|root| read(root, &Lines::of(text), &known))
            .collect()
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
            let text = format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, image: c}}], {spec}}}\n"
            );
            assert_eq!(found(&text)[0].os, os, "{spec}");
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
            let text = format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  runtimeClassName: win\n  containers: []\n{more}"
            );
            let (documents, _) = yaml::read(&text);
            let known = known(&documents);
            let root = documents[0].root.clone().unwrap();
            unknown_classes(&root, &Lines::of(&text), &known)
                .into_iter()
                .map(|note| (note.place.line, note.text))
                .collect::<Vec<_>>()
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
}
