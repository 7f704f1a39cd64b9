//! Pods judged whole: all images of one run on one node.

use serde_json::Value;

use super::Repository;
use crate::support::program::codes;

/// The codes of each result of these pods on nodes of 2019 and 2022.
fn judged(pods: &str) -> Vec<Vec<String>> {
    let repository = Repository::new();
    repository.file("pods.yaml", pods);
    results(&repository)
}

fn results(repository: &Repository) -> Vec<Vec<String>> {
    let (code, report) = repository.report(&["--host=a=ltsc2019", "--host=b=ltsc2022"]);
    assert_eq!(code, 1, "{report:#}");
    let of = |one: &Value| codes(one).into_iter().map(str::to_owned).collect();
    report["results"].as_array().unwrap().iter().map(of).collect()
}

fn pod(name: &str, images: &[&str]) -> String {
    let container = |image: &&str| format!("{{name: c{image}, image: 'registry.test/app:{image}'}}");
    let containers: Vec<String> = images.iter().map(container).collect();
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{}]}}\n---\n", containers.join(", "))
}

fn whole(results: &[Vec<String>]) -> usize {
    results.iter().filter(|codes| codes.iter().any(|code| code == "pod-fits-no-node")).count()
}

#[test]
fn images_that_fit_no_node_together_are_named_at_the_pod() {
    let results = judged(&pod("p", &["ltsc2019", "ltsc2022"]));
    assert_eq!((results.len(), whole(&results)), (4, 2), "{results:#?}");
    let repository = Repository::new();
    repository.file("pods.yaml", pod("p", &["ltsc2019", "ltsc2022"]));
    let text = repository.scan(&["--host=a=ltsc2019", "--host=b=ltsc2022"]).out;
    let sentence =
        "not one node fits all images of this pod: registry.test/app:ltsc2019 fits a; registry.test/app:ltsc2022 fits b";
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(sentence), "{text}");
}

#[test]
fn pods_with_a_node_and_images_without_one_are_not() {
    // Two pods of one name are two pods.
    let apart = pod("p", &["ltsc2019"]) + &pod("p", &["ltsc2022"]);
    // One image fits no node by itself.
    let newer = pod("p", &["ltsc2019", "ltsc2025"]);
    // One node fits both.
    let same = pod("p", &["ltsc2019", "ltsc2019"]);
    for pods in [apart, newer, same] {
        let results = judged(&pods);
        assert_eq!(whole(&results), 0, "{pods}: {results:#?}");
    }
}

#[test]
fn a_pod_stays_whole_where_a_kustomization_replaces_an_image() {
    let repository = Repository::new();
    repository.file("pod.yaml", pod("p", &["ltsc2019"]).replace("}]}", "}, {name: d, image: other}]}"));
    repository.file(
        "kustomization.yaml",
        "resources: [pod.yaml]\nimages: [{name: other, newName: registry.test/app, newTag: ltsc2022}]\n",
    );
    assert_eq!(whole(&results(&repository)), 2);
}

#[test]
fn a_runtime_class_that_is_not_there_is_said() {
    let shop = Repository::new();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  runtimeClassName: win\n  containers: [{name: c, image: 'registry.test/app:ltsc2022'}]\n";
    let class = "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: win}\nhandler: runhcs-wcow-process\n";
    shop.file("pod.yaml", pod);
    let said = shop.scan(&["--host=ltsc2022"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("warning: pod.yaml:5: the RuntimeClass win of v1 Pod p is not in these files"), "{said:?}");
    shop.file("class.yaml", class);
    assert_eq!(shop.scan(&["--host=ltsc2022"]).err, "");
}
