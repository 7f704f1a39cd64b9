//! Kustomizations on made objects. What they do was held against `kubectl kustomize` 5.5.0.

use super::*;
use crate::scan::kubernetes::Known;
use crate::scan::words::Values;
use crate::scan::{Found, Meant, yaml};

fn root(text: &str) -> Rc<Node> {
    yaml::read(text).0[0].root.clone().unwrap()
}

/// A kustomization; `patch.yaml` is the file of a patch.
fn kustomization(path: &str, text: &str, patch: &str) -> Kustomization {
    let text_of = |path: &Path| path.ends_with("patch.yaml").then(|| Rc::from(patch));
    Kustomization::of(Path::new(path), &root(text), &Lines::of(text), &PatchFiles::new(&text_of))
}

fn found(text: &str) -> impl Fn(&Rc<Node>) -> Vec<Found> {
    move |root| crate::scan::kubernetes::read(root, &Lines::of(text), &Known::default())
}

fn references(way: &Way, object: &str) -> Vec<(Option<PathBuf>, Found)> {
    let (object, read) = (root(object), found(object));
    way.deployed(&Object::of(&object, read(&object)), &read, &Values::new(), &mut 1_000_000).unwrap()
}

fn notes(one: &Kustomization) -> Vec<Note> {
    let is_read = |path: &Path| path.extension().is_some_and(|extension| extension == "yaml") || !path.starts_with("gone");
    one.notes(&is_read, &Ways::default())
}

#[test]
fn overlays_replace_what_bases_say() {
    let read = |path: &str, text: &str| kustomization(path, text, "");
    let base =
        read("k/base/kustomization.yaml", "resources: [web.yaml]\nimages:\n- {name: app, newName: r.example/app, newTag: '1'}\n");
    let over = "resources: [../base, https://x.example/y]\nimages:\n- name: r.example/app\n  newTag: ltsc2022\n";
    let over = read("k/prod/kustomization.yaml", over);
    assert_eq!(notes(&over).iter().map(|note| note.place.line).collect::<Vec<_>>(), [1]);
    let ways = Ways::of(&[base, over]).to;
    let [way] = ways[Path::new("k/base/web.yaml")].as_slice() else { panic!("{ways:?}") };
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: app}]}\n";
    let (file, new) = references(way, text).remove(0);
    assert_eq!(file.as_deref(), Some(Path::new("k/prod/kustomization.yaml")));
    assert_eq!((new.place.line, new.written.as_str()), (4, "ltsc2022"));
    assert_eq!(new.meant, Meant::Known("r.example/app:ltsc2022".to_owned()));
    // It refuses a tag that is a number: `cannot unmarshal number into Go struct field Image.images.newTag of type string`.
    let changed = new.editable.unwrap().for_reference("r.example/app:1903");
    assert_eq!(changed.as_deref(), Some("'1903'"));
}

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      nodeSelector: {a: b}\n      \
    containers:\n      - {name: one, image: 'app:1'}\n      - {name: two, image: 'app:2'}\n";

/// The references of [`WEB`] as this kustomization deploys them, each with its file and line.
fn deployed(kustomization: &str, patch: &str) -> (Vec<String>, Vec<Found>, Vec<Note>) {
    deployed_of(WEB, kustomization, patch)
}

fn deployed_of(object: &str, kustomization: &str, patch: &str) -> (Vec<String>, Vec<Found>, Vec<Note>) {
    let one = self::kustomization("k/kustomization.yaml", &format!("resources: [web.yaml]\n{kustomization}"), patch);
    let notes = notes(&one);
    let ways = Ways::of(&[one]).to;
    let found = references(&ways[Path::new("k/web.yaml")][0], object);
    let shown = found.iter().map(|(file, one)| {
        let file = file.as_deref().map_or("web.yaml".into(), |file| file.file_name().unwrap().to_string_lossy().into_owned());
        let Meant::Known(image) = &one.meant else { panic!("{one:?}") };
        format!("{file}:{} {image}", one.place.line)
    });
    (shown.collect(), found.iter().map(|(_, found)| found.clone()).collect(), notes)
}

#[test]
fn patches_change_images() {
    let object = "kind: Deployment\nmetadata: {name: web}\n";
    let containers = |what: &str| format!("{object}spec: {{template: {{spec: {{containers: [{what}]}}}}}}\n");
    let image = containers("{name: two, image: 'app:3'}");
    let merge = "patches:\n- path: patch.yaml\n";
    let targeted = "patches:\n- path: patch.yaml\n  target: {kind: Deployment}\n";
    let json = |operations: &str| {
        format!("patches:\n- target: {{kind: Deployment, name: web}}\n  patch: |-\n    {}\n", operations.replace('\n', "\n    "))
    };
    let at = "path: /spec/template/spec/containers";
    for (kustomization, patch, expected) in [
        (merge, image.as_str(), vec!["patch.yaml:3 app:3", "web.yaml:9 app:1"]),
        ("patchesStrategicMerge: [patch.yaml]\n", &image, vec!["patch.yaml:3 app:3", "web.yaml:9 app:1"]),
        (targeted, &image.replace("name: web", "name: any"), vec!["patch.yaml:3 app:3", "web.yaml:9 app:1"]),
        (merge, &image.replace("name: web", "name: other"), vec!["web.yaml:9 app:1", "web.yaml:10 app:2"]),
        (merge, &containers("{name: three, image: 'x:1'}"), vec!["patch.yaml:3 x:1", "web.yaml:9 app:1", "web.yaml:10 app:2"]),
        (merge, &containers("{name: one, $patch: delete}"), vec!["web.yaml:10 app:2"]),
        (merge, &containers("{name: one, args: [image]}"), vec!["web.yaml:9 app:1", "web.yaml:10 app:2"]),
        // What replaces images by their names comes after it, and concerns the others too.
        (
            "patches: [{path: patch.yaml}]\nimages:\n- name: app\n  newTag: '4'\n",
            &image,
            vec!["kustomization.yaml:5 app:4", "kustomization.yaml:5 app:4"],
        ),
        (
            &json(&format!("- op: replace\n  {at}/0/image\n  value: app:5")),
            "",
            vec!["kustomization.yaml:7 app:5", "web.yaml:10 app:2"],
        ),
        (&json(&format!("- op: remove\n  {at}/0")), "", vec!["web.yaml:10 app:2"]),
        (
            &json(&format!("- op: add\n  {at}/-\n  value: {{name: z, image: 'z:1'}}\n- {{op: test, {at}, value: 1}}")),
            "",
            vec!["web.yaml:9 app:1", "web.yaml:10 app:2", "kustomization.yaml:7 z:1"],
        ),
    ] {
        let (found, _, notes) = deployed(kustomization, patch);
        assert_eq!(
            (found, notes),
            (expected.iter().map(|one| (*one).to_owned()).collect(), Vec::new()),
            "{kustomization} {patch}"
        );
    }
}

#[test]
fn patches_change_where_pods_land() {
    let patch = "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {nodeSelector: {c: d, a: null}}}}\n";
    let (found, all, notes) = deployed("patches: [{path: patch.yaml}]\n", patch);
    assert_eq!((found.as_slice(), notes.len()), (["web.yaml:9 app:1".to_owned(), "web.yaml:10 app:2".to_owned()].as_slice(), 0));
    let crate::scan::Lands::Nodes(placement) = &all[0].lands else { panic!("{all:?}") };
    let labels = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
    assert!(placement.selects("n", &labels("c", "d")) && !placement.selects("n", &labels("a", "b")));
}

#[test]
fn what_is_not_followed_is_said() {
    let many = "- path: patch.yaml\n  target: {labelSelector: a=b}\n- patch: |-\n    - op: move\n      path: /spec/template/spec/containers/0/image\n      from: /x\n";
    let (found, _, notes) =
        deployed(&format!("patches:\n{many}helmCharts:\n- name: x\nbases: [github.com/x/y?ref=1]\n"), "image: a");
    assert_eq!(found.len(), 2);
    let lines: Vec<u32> = notes.iter().map(|note| note.place.line).collect();
    assert_eq!(lines, [11, 3, 5, 10], "{notes:?}");
    assert!(notes.iter().all(|note| note.text.contains("`kubectl kustomize --enable-helm k | wincompat scan -`")), "{notes:?}");
    let (_, _, notes) = deployed("bases: [github.com/x/y?ref=1]\n", "image: a");
    assert!(notes.iter().all(|note| note.text.contains("`kubectl kustomize k | wincompat scan -`")), "{notes:?}");
    assert_eq!(notes.len(), 1);
    // A patch of something else needs no word.
    let (_, _, notes) = deployed("patches: [{path: patch.yaml, target: {labelSelector: a=b}}]\n", "spec: {replicas: 2}");
    assert_eq!(notes, []);
}

/// Two slashes in a path that begins here or at the root are one.
#[test]
fn a_resource_is_on_a_server_or_here() {
    for (resource, is_there) in [
        ("https://x.example/y", true),
        ("x.example/y//base?ref=1", true),
        ("x.example/y.git//base", true),
        ("git@x.example:y", true),
        ("github.com/x/y", true),
        ("../base//web", false),
        (".//web", false),
        ("/srv//web", false),
        ("base/web", false),
    ] {
        assert_eq!(is_remote(resource), is_there, "{resource}");
    }
}

/// What may make an answer wrong, and is not followed, is said.
#[test]
fn what_would_make_an_answer_wrong_is_said() {
    let open = "patches: [{path: patch.yaml, target: {labelSelector: a=b}}]\n";
    for (text, patch, expected) in [
        (open, "spec: {template: {spec: {containers: [{name: a, image: 'x:1'}]}}}", 1),
        (open, "spec: {template: {spec: {nodeSelector: {a: b}}}}", 1),
        (open, "spec: {replicas: 2}", 0),
        ("patches: [{path: gone.txt}]\n", "", 1),
        // What is on a server is elsewhere.
        ("patches: [{path: 'https://x.example/gone.txt'}]\n", "", 1),
        ("patchesStrategicMerge: ['https://x.example/gone.txt']\n", "", 1),
        ("patches: [{path: 'https://x.example/gone.txt', patch: 'spec: {replicas: 2}'}]\n", "", 1),
        ("resources: [gone.txt, other.yaml]\n", "", 2),
        ("components: [../gone.txt]\n", "", 1),
        ("images: [{name: 'a.*', newTag: '1'}, {name: b, tagSuffix: -x}, {name: c}]\n", "", 2),
    ] {
        let noted = kustomization("k/kustomization.yaml", text, patch).notes(&|_| false, &Ways::default());
        assert_eq!(noted.len(), expected, "{text} {patch} {noted:?}");
    }
}

#[test]
fn components_do_what_they_say_to_what_is_there() {
    let read = |path: &str, text: &str| kustomization(path, text, "");
    let component = read("c/kustomization.yaml", "kind: Component\nresources: [own.yaml]\nimages: [{name: app, newTag: '2'}]\n");
    let top = read("k/kustomization.yaml", "resources: [web.yaml]\ncomponents: [../c]\nimages: [{name: app, newName: other}]\n");
    let ways = Ways::of(&[component, top]).to;
    for path in ["k/web.yaml", "c/own.yaml"] {
        let [way] = ways[Path::new(path)].as_slice() else { panic!("{ways:?}") };
        let found = references(way, WEB);
        assert_eq!(found[0].1.meant, Meant::Known("other:2".to_owned()), "{path}");
    }
}

#[test]
fn a_patch_concerns_what_it_names() {
    let image = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: one, image: 'p:1'}]}}}\n";
    let own = "patches: [{path: patch.yaml}]\n";
    let target = |target: &str| format!("patches: [{{path: patch.yaml, target: {{{target}}}}}]\n");
    let old = "metadata: {name: web}";
    for (kustomization, patch, is_patched) in [
        (own, image.to_owned(), true),
        (own, image.replace("apps/v1", "apps.other.test/v1"), false),
        (own, image.replace(old, "metadata: {name: web, namespace: other}"), false),
        (own, image.replace(old, "metadata: {name: web, namespace: default}"), true),
        (&target("kind: Deployment"), image.to_owned(), true),
        (&target("group: apps, version: v1"), image.to_owned(), true),
        (&target("group: batch, kind: Deployment"), image.to_owned(), false),
        (&target("version: v9"), image.to_owned(), false),
        (&target("namespace: other"), image.to_owned(), false),
        (&target("namespace: default, name: web"), image.to_owned(), true),
        (own, format!("{image}---\n# end\n"), true),
        // What is gone is deployed no more; what replaces an object as a whole does nothing there.
        (own, image.replacen("spec:", "$patch: delete\nspec:", 1), true),
    ] {
        let (found, _, notes) = deployed(kustomization, &patch);
        assert_eq!((!found.contains(&"web.yaml:9 app:1".to_owned()), notes), (is_patched, Vec::new()), "{kustomization} {patch}");
    }
    for open in ["kind: Deploy.*", "labelSelector: a=b"] {
        assert_eq!(deployed(&target(open), image).2.len(), 1, "{open}");
    }
    for (kustomization, patch) in [
        (own, image.replace("name: one,", "name: one, $patch: replace,")),
        (own, image.replace("spec: {template", "$patch: replace\nspec: {template")),
        ("patches: [{path: patch.yaml, options: {allowNameChange: true}}]\n", image.to_owned()),
        ("patches: [{path: gone.txt}]\n", String::new()),
        (own, "- {op: remove, path: /spec/template/spec/containers/0/image}\n".to_owned()),
    ] {
        assert_eq!(deployed(kustomization, &patch).2.len(), 1, "{kustomization} {patch}");
    }
}

#[test]
fn an_object_is_known_by_every_name_that_it_has_had() {
    let base = "resources: [web.yaml]\nnamePrefix: a-\nnameSuffix: -z\nnamespace: shop\n";
    for (name, is_patched) in
        [("web", true), ("a-web-z, namespace: shop", true), ("a-web", false), ("a-web-z, namespace: x", false)]
    {
        let patch = format!(
            "kind: Deployment\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {{containers: [{{name: one, image: p}}]}}}}}}\n"
        );
        let base = kustomization("base/kustomization.yaml", base, "");
        let top = kustomization("top/kustomization.yaml", "resources: [../base]\npatches: [{path: patch.yaml}]\n", &patch);
        let ways = Ways::of(&[base, top]).to;
        let found = references(&ways[Path::new("base/web.yaml")][0], WEB);
        assert_eq!(found[0].1.meant == Meant::Known("p".to_owned()), is_patched, "{name}");
    }
}

#[test]
fn images_are_replaced_where_kustomize_does_it() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  initContainers: [{name: i, image: app}]\n  \
        ephemeralContainers: [{name: e, image: app}]\n  containers: [{name: c, image: app}]\n  volumes: [{name: v, image: {reference: app}}]\n";
    let (found, _, notes) = deployed_of(pod, "images: [{name: app, newTag: '7'}]\n", "");
    let images: Vec<_> = found.iter().map(|one| one.rsplit_once(' ').unwrap().1).collect();
    assert_eq!((images, notes), (vec!["app:7", "app:7", "app", "app"], Vec::new()));
    // Kustomize looks for lists of these names, wherever they are.
    let argo = "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {name: ephemeral}\nspec: {workflowSpec: {templates: [\
        {name: main, container: {name: c, image: app}}, {name: s, script: {image: app}, sidecars: [{name: x, image: app}], \
        initContainers: [{name: i, image: app}]}, {name: ephemeral, containerSet: {containers: [{name: c, image: app}]}}]}}\n";
    let (found, ..) = deployed_of(argo, "images: [{name: app, newTag: '7'}]\n", "");
    let images: Vec<_> = found.iter().map(|one| one.rsplit_once(' ').unwrap().1).collect();
    assert_eq!(images, ["app", "app", "app:7", "app", "app:7"]);
    for open in ["{name: 'a.*', newTag: '7'}", "{name: app, tagSuffix: -win}"] {
        assert_eq!(deployed(&format!("images: [{open}]\n"), "").2.len(), 1, "{open}");
    }
    // An image that is written again by a patch is that of the patch.
    let base = kustomization("base/kustomization.yaml", "resources: [web.yaml]\nimages: [{name: app, newTag: '7'}]\n", "");
    let top = kustomization("top/kustomization.yaml", "resources: [../base]\npatches: [{path: patch.yaml}]\n", WEB);
    let ways = Ways::of(&[base, top]).to;
    let found = references(&ways[Path::new("base/web.yaml")][0], WEB);
    assert_eq!(found[0].1.meant, Meant::Known("app:1".to_owned()));
}

/// An entry names an image with all that its name holds: what may follow is a tag and a digest.
#[test]
fn the_name_of_an_entry_may_have_a_tag_or_a_digest() {
    for (name, image, expected) in [
        ("app", "app:1", "app:7"),
        ("app:1", "app:1", "app:7"),
        ("app:1", "app:1@sha256:00", "app:7"),
        ("'app@sha256:00'", "app@sha256:00", "app:7"),
        ("'app:1@sha256:00'", "app:1@sha256:00", "app:7"),
        ("'r.example:5000/app:1'", "r.example:5000/app:1", "r.example:5000/app:7"),
        ("r.example", "r.example:5000/app", "r.example:5000/app"),
        ("app:1", "app:2", "app:2"),
        ("app:1", "app:12", "app:12"),
        ("app:1", "app", "app"),
        ("app", "apps:1", "apps:1"),
        // A placeholder of a shell is not a tag, one of Bazel is.
        ("app", "'app:${TAG}'", "${TAG}"),
        ("app", "'app:{TAG}'", "app:7"),
    ] {
        let pod =
            format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, image: {image}}}]}}\n");
        let one = kustomization(
            "k/kustomization.yaml",
            &format!("resources: [web.yaml]\nimages: [{{name: {name}, newTag: '7'}}]\n"),
            "",
        );
        let ways = Ways::of(&[one]).to;
        let meant = match &references(&ways[Path::new("k/web.yaml")][0], &pod)[0].1.meant {
            Meant::Known(image) => image.clone(),
            Meant::Unresolved(names) => format!("${{{}}}", names.join(",")),
            other => panic!("{other:?}"),
        };
        assert_eq!(meant, expected, "{name} {image}");
    }
}

/// The text of a patch in a kustomization is known there by its bytes, so that it can be changed.
#[test]
fn an_image_in_a_patch_stands_where_it_is_written() {
    let object = "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: two, image: 'app:3'}]}}}";
    let json = "[{\"op\": \"replace\", \"path\": \"/spec/template/spec/containers/1/image\", \"value\": \"app:3\"}]";
    let operation = "- op: replace\n  path: /spec/template/spec/containers/1/image\n  value: app:3";
    let target = "  target: {kind: Deployment}\n";
    let indented = |text: &str| text.replace('\n', "\n    ");
    for kustomization in [
        format!("patches:\n- patch: |-\n    {}\n", indented(object)),
        format!("patchesStrategicMerge:\n- |-\n    {}\n", indented(object)),
        format!("patches:\n- patch: |\n    {}\n{target}", indented(operation)),
        format!("patches:\n- patch: '{json}'\n{target}"),
        format!("patches:\n- patch: \"{}\"\n{target}", json.replace('"', "\\\"")),
    ] {
        let (_, found, _) = deployed(&kustomization, "");
        let text = format!("resources: [web.yaml]\n{kustomization}");
        let editable = found.iter().find_map(|one| one.editable.clone().filter(|one| one.text == "app:3")).unwrap();
        assert_eq!(editable.span, text.find("app:3").map(|at| at..at + 5).unwrap(), "{text}");
    }
    // The operations of a file stand there.
    let (found, ..) = deployed("patches: [{path: patch.yaml, target: {kind: Deployment}}]\n", operation);
    assert!(found.contains(&"patch.yaml:3 app:3".to_owned()), "{found:?}");
}

#[test]
fn lists_are_merged_by_names_in_the_kinds_that_kubernetes_has() {
    let patch = "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: one, image: 'p:1'}]}}}\n";
    let own = "patches: [{path: patch.yaml}]\n";
    assert_eq!(deployed(own, patch).0.len(), 2);
    assert_eq!(deployed_of(&WEB.replace("apps/v1", "apps/v1beta1"), own, patch).0, ["patch.yaml:3 p:1"]);
    assert_eq!(deployed(own, &patch.replace("[{name: one, image: 'p:1'}]", "[]")).0.len(), 2);
}

#[test]
fn operations_count_from_both_ends() {
    let json = |operation: &str| format!("patches: [{{target: {{kind: Deployment}}, patch: '[{operation}]'}}]\n");
    let path = "\"path\": \"/spec/template/spec/containers";
    for (operation, expected) in [
        (format!("{{\"op\": \"replace\", {path}/-1/image\", \"value\": \"p:1\"}}"), vec!["app:1", "p:1"]),
        (format!("{{\"op\": \"remove\", {path}/-1\"}}"), vec!["app:1"]),
        (format!("{{\"op\": \"remove\", {path}/-3\"}}"), vec!["app:1", "app:2"]),
        (
            format!("{{\"op\": \"add\", {path}/0\", \"value\": {{\"name\": \"z\", \"image\": \"z:1\"}}}}"),
            vec!["z:1", "app:1", "app:2"],
        ),
        (format!("{{\"op\": \"add\", {path}/9\", \"value\": {{\"name\": \"z\", \"image\": \"z:1\"}}}}"), vec!["app:1", "app:2"]),
    ] {
        let (found, _, _) = deployed(&json(&operation), "");
        let images: Vec<_> = found.iter().map(|one| one.rsplit_once(' ').unwrap().1).collect();
        assert_eq!(images, expected, "{operation}");
    }
    let deep = format!("{{\"op\": \"add\", \"path\": \"{}\", \"value\": 1}}", "/a".repeat(1_000));
    assert_eq!(deployed(&json(&format!("{deep}, {{\"op\": \"remove\", {path}/0\"}}")), "").0.len(), 2);
}

#[test]
fn what_leads_to_itself_ends_and_is_said() {
    let circle = [kustomization("c/kustomization.yaml", "resources: [x.yaml, ., ., ., .]\ncomponents: [., .]\n", "")];
    let ways = Ways::of(&circle);
    let [note] = &circle[0].notes(&|_| true, &ways)[..] else { panic!("{ways:?}") };
    assert!(note.text.contains("`kubectl kustomize c | wincompat scan -`"), "{}", note.text);
    assert_eq!(ways.open, [Path::new("c/kustomization.yaml")]);
    assert!(ways.to.values().all(|ways| ways.len() <= 1_000));
    let list = |what: &str| [what; 10].join(", ");
    let lattice: Vec<_> = (0..16)
        .map(|number| {
            let next = list(&format!("../{}", number + 1));
            kustomization(&format!("{number}/kustomization.yaml"), &format!("resources: [x.yaml]\ncomponents: [{next}]\n"), "")
        })
        .collect();
    assert_eq!(Ways::of(&lattice).open, [Path::new("0/kustomization.yaml")]);
    let many = format!("resources: [web.yaml]\npatches: [{}]\n", list("{path: patch.yaml}"));
    let ways = Ways::of(&[kustomization("k/kustomization.yaml", &many, WEB)]).to;
    let way = &ways[Path::new("k/web.yaml")][0];
    let object = Object::of(&root(WEB), found(WEB)(&root(WEB)));
    assert!(way.deployed(&object, &found(WEB), &Values::new(), &mut 100).is_none());
    assert_eq!(references(way, WEB).len(), 2);
    let one = kustomization("k/kustomization.yaml", "resources: [../gone, web.json]\n", "");
    assert_eq!(one.notes(&|path| path.starts_with("k"), &Ways::default()).len(), 1);
}

#[test]
fn circles_end() {
    let read = |path: &str, text: &str| kustomization(path, text, "");
    let one = read("a/kustomization.yaml", "resources: [../b, ../b, ../b]\n");
    let two = read("b/kustomization.yaml", "resources: [../a, ../b, x.yaml]\n");
    let top = read("c/kustomization.yaml", "resources: [../a]\n");
    assert!(Ways::of(&[one, two, top]).to[Path::new("b/x.yaml")].len() <= 1_000);
}
