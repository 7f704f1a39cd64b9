//! Pods, builds and jobs judged whole: all images of one run on one host.

use serde_json::Value;

use super::Repository;
use crate::support::program::codes;
use crate::support::registry::images::Images;
use crate::support::registry::windows::WindowsImage;

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

/// A volume is pulled on each node on which its pod can land. Nothing of it is started, so its own version counts only within an index.
#[test]
fn an_image_volume_must_be_pulled_on_each_node_of_its_pod() {
    let of = WindowsImage::of;
    let repository = Repository::with(
        Images::default()
            .windows("app", "all", &[of("10.0.17763.1"), of("10.0.20348.1"), of("10.0.26100.1")])
            .windows("app", "ltsc2019", &[of("10.0.17763.1")])
            .windows("app", "ltsc2022", &[of("10.0.20348.1")])
            .windows("app", "ltsc2025", &[of("10.0.26100.1")])
            .single("app", "old", &of("10.0.17763.1")),
    );
    let judge = |container: &str, volume: &str, hosts: &[&str]| -> (i32, Vec<String>, usize) {
        let volume = format!("volumes: [{{name: v, image: {{reference: 'registry.test/app:{volume}'}}}}]");
        repository.file("pods.yaml", pod("p", &[container]).replace("}]}", &format!("}}], {volume}}}")));
        let (code, report) = repository.report(hosts);
        let all = report["results"].as_array().unwrap();
        let of_volume = all.iter().filter(|one| one["location"]["object"].as_str().unwrap().contains("volume"));
        let failing = of_volume.filter(|one| one["ok"] == false).map(|one| one["host"]["label"].as_str().unwrap().to_owned());
        let whole = all.iter().filter(|one| codes(one).contains(&"pod-fits-no-node")).count();
        (code, failing.collect(), whole)
    };
    let both = ["--host=a=ltsc2022", "--host=b=ltsc2025"];
    assert_eq!(judge("all", "all", &both), (0, Vec::new(), 0));
    assert_eq!(judge("all", "old", &both), (0, Vec::new(), 0));
    assert_eq!(judge("all", "ltsc2025", &both), (1, vec!["a".to_owned()], 0));
    let (code, failing, whole) = judge("ltsc2022", "ltsc2019", &["--host=a=ltsc2019", "--host=b=ltsc2022"]);
    assert!(code == 1 && failing == ["b"] && whole == 2, "{failing:?} {whole}");
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

/// The exit code, and the number of results that are parts of a build or job which no host runs.
fn broken(repository: &Repository, hosts: &[&str]) -> (i32, usize) {
    let (code, report) = repository.report(hosts);
    let results = report["results"].as_array().unwrap().iter();
    (code, results.filter(|one| codes(one).contains(&"build-fits-no-host")).count())
}

const BOTH: [&str; 2] = ["--host=a=ltsc2019", "--host=b=ltsc2022"];

#[test]
fn a_build_that_no_host_can_run_whole_fails() {
    let stage = |name: &str, tag: &str, runs: &str| format!("FROM registry.test/app:{tag} AS {name}\n{runs}");
    let run = "RUN dir\n";
    let last = "FROM registry.test/all:1\nCOPY --from=x c:\\x c:\\x\nCOPY --from=y c:\\x c:\\y\n";
    for (dockerfile, expected) in [
        (stage("x", "ltsc2019", run) + &stage("y", "ltsc2022", run) + last, (1, 2)),
        // What is only copied from is not started.
        (stage("x", "ltsc2019", run) + &stage("y", "ltsc2019", "") + last, (0, 0)),
        // One host runs both.
        (stage("x", "ltsc2019", run) + &stage("y", "ltsc2019", run) + last, (0, 0)),
        // What no other stage uses is a build of its own.
        (stage("x", "ltsc2019", run) + &stage("y", "ltsc2022", run) + "FROM registry.test/all:1\n", (0, 0)),
        // The last stage runs something too: its image fits both hosts.
        (stage("x", "ltsc2019", run) + &stage("y", "ltsc2022", run) + last + run, (1, 4)),
    ] {
        let of = WindowsImage::of;
        let images = Images::default()
            .windows("app", "ltsc2019", &[of("10.0.17763.1")])
            .windows("app", "ltsc2022", &[of("10.0.20348.1")])
            .windows("all", "1", &[of("10.0.17763.1"), of("10.0.20348.1")]);
        let repository = Repository::with(images);
        repository.file("Dockerfile", &dockerfile);
        assert_eq!(broken(&repository, &BOTH), expected, "{dockerfile}");
        // On one host there is nothing to choose: what does not fit fails by itself.
        assert_eq!(broken(&repository, &["--host=b=ltsc2022"]).1, 0, "{dockerfile}");
        let before = repository.text("Dockerfile");
        repository.scan(&[&BOTH[..], &["--fix"]].concat());
        assert_eq!(repository.text("Dockerfile"), before);
    }
}

#[test]
fn a_build_that_no_host_can_run_whole_names_what_fits_where() {
    let repository = Repository::new();
    let text = "FROM registry.test/app:ltsc2019 AS x\nRUN x\nFROM registry.test/app:ltsc2022\nRUN y\nCOPY --from=x /x /x\n";
    repository.file(
        "compose.yaml",
        format!("services:\n  a:\n    build:\n      dockerfile_inline: |\n        {}", text.replace('\n', "\n        ")),
    );
    let said = repository.scan(&BOTH).out;
    let sentence =
        "not one host can run all images of this build: registry.test/app:ltsc2019 fits a; registry.test/app:ltsc2022 fits b";
    assert!(said.split_whitespace().collect::<Vec<_>>().join(" ").contains(sentence), "{said}");
}

#[test]
fn a_job_and_its_services_run_on_one_host() {
    let repository = Repository::new();
    let job = |name: &str, image: &str, service: &str| {
        format!("{name}:\n  script: [x]\n  image: registry.test/app:{image}\n  services: ['registry.test/app:{service}']\n")
    };
    repository.file(".gitlab-ci.yml", job("a", "ltsc2019", "ltsc2022"));
    assert_eq!(broken(&repository, &BOTH), (1, 2));
    let said = repository.scan(&BOTH).out.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence =
        "not one host can run all images of this job: registry.test/app:ltsc2019 fits a; registry.test/app:ltsc2022 fits b";
    assert!(said.contains(sentence), "{said}");
    // No machine could be chosen for it.
    assert!(!said.contains("tag, label or pool"), "{said}");
    // Two jobs may run on two hosts.
    repository.file(".gitlab-ci.yml", job("a", "ltsc2019", "ltsc2019") + &job("b", "ltsc2022", "ltsc2022"));
    assert_eq!(broken(&repository, &BOTH), (0, 0));
}

/// One machine, or one pod, runs all containers of a pipeline of Drone and Woodpecker, and of a task of Tekton.
#[test]
fn the_containers_of_one_pod_or_job_run_on_one_host() {
    let (old, new) = ("image: 'registry.test/app:ltsc2019'", "image: 'registry.test/app:ltsc2022'");
    let drone = |kind: &str, steps: &str| format!("kind: pipeline\ntype: {kind}\nplatform: {{os: windows}}\nsteps: [{steps}]\n");
    let both = format!("{{name: a, {old}}}, {{name: b, {new}}}");
    let tekton =
        |kind: &str, spec: &str| format!("apiVersion: tekton.dev/v1\nkind: {kind}\nmetadata: {{name: t}}\nspec: {spec}\n");
    let woodpecker = |a: &str, b: &str| format!("steps: {{a: {{{old}{a}}}}}\nservices: {{b: {{{new}{b}}}}}\n");
    let (when, apart) = (", when: {event: push}", ", backend_options: {kubernetes: {nodeSelector: {x: y}}}");
    let alone = |image: &str| format!("{{name: a, {image}}}");
    let matrix = "matrix: {V: [ltsc2019, ltsc2022]}\nsteps:\n  a: {image: 'registry.test/app:${V}'}\n  b: {image: 'registry.test/app:${V}'}\n";
    let tasks =
        format!("{{tasks: [{{name: x, taskSpec: {{steps: [{{{old}}}]}}}}, {{name: y, taskSpec: {{steps: [{{{new}}}]}}}}]}}");
    for (file, text, expected) in [
        (".drone.yml", drone("docker", &both), (1, 2)),
        (".drone.yml", drone("kubernetes", &both), (1, 2)),
        (".drone.yml", format!("{}---\n{}", drone("docker", &alone(old)), drone("docker", &alone(new))), (0, 0)),
        (".woodpecker.yml", woodpecker("", ""), (1, 2)),
        (".woodpecker.yml", woodpecker("", when), (1, 2)),
        // They may never run together.
        (".woodpecker.yml", woodpecker(when, when), (0, 0)),
        // Each is a pod of its own.
        (".woodpecker.yml", woodpecker("", apart), (0, 0)),
        (".woodpecker.yml", matrix.to_owned(), (0, 0)),
        ("task.yaml", tekton("Task", &format!("{{steps: [{{{old}}}, {{{new}}}]}}")), (1, 2)),
        ("task.yaml", tekton("Task", &format!("{{steps: [{{{old}}}], sidecars: [{{{new}}}]}}")), (1, 2)),
        ("task.yaml", tekton("TaskRun", &format!("{{taskSpec: {{steps: [{{{old}}}, {{{new}}}]}}}}")), (1, 2)),
        ("task.yaml", tekton("Task", &format!("{{stepTemplate: {{{old}}}, steps: [{{name: s}}, {{{new}}}]}}")), (1, 2)),
        ("task.yaml", tekton("Task", &format!("{{stepTemplate: {{{old}}}, steps: [{{{new}}}]}}")), (0, 0)),
        // Each task is a pod.
        ("task.yaml", tekton("Pipeline", &tasks), (0, 0)),
    ] {
        let repository = Repository::new();
        repository.file(file, &text);
        assert_eq!(broken(&repository, &BOTH), expected, "{text}");
    }
}

#[test]
fn a_job_of_gitlab_lands_on_the_nodes_that_its_variables_name() {
    let repository = Repository::new();
    let variables = "variables: {KUBERNETES_NODE_SELECTOR_B: 'node.kubernetes.io/windows-build=10.0.20348'}";
    for (tag, expected) in [("ltsc2022", 0), ("ltsc2019", 1)] {
        let job = format!("a:\n  script: [x]\n  image: registry.test/app:{tag}\n");
        for text in [format!("{job}  {variables}\n"), format!("{variables}\n{job}")] {
            repository.file(".gitlab-ci.yml", &text);
            let (code, report) = repository.report(&BOTH);
            assert_eq!((code, report["results"].as_array().unwrap().len()), (expected, 1), "{text}");
        }
    }
}

/// What a base is judged for at its own place says nothing of the other images of a job or build.
#[test]
fn an_image_that_is_built_here_is_a_part_of_jobs_and_builds() {
    let repository = Repository::new();
    repository.file("compose.yaml", "services: {own: {image: 'registry.test/own:1', build: .}}\n");
    repository.file("Dockerfile", "FROM registry.test/app:ltsc2019\n");
    let job = "a:\n  script: [x]\n  image: registry.test/own:1\n";
    repository.file(".gitlab-ci.yml", format!("{job}  services: ['registry.test/app:ltsc2022']\n"));
    assert_eq!(broken(&repository, &BOTH), (1, 2));
    repository.file(".gitlab-ci.yml", job);
    let of_job = |hosts: &[&str]| -> Vec<Vec<String>> {
        let (_, report) = repository.report(hosts);
        let results = report["results"].as_array().unwrap().iter();
        let own = results.filter(|one| one["location"]["file"] == ".gitlab-ci.yml");
        own.map(|one| codes(one).into_iter().map(str::to_owned).collect()).collect()
    };
    let warned = of_job(&BOTH);
    assert!(matches!(warned.as_slice(), [one] if one.iter().any(|code| code == "job-fits-some-hosts")), "{warned:?}");
    // On one host there is nothing more to say than at the base.
    assert!(of_job(&["--host=a=ltsc2019"]).is_empty());
    std::fs::remove_file(repository.folder().join(".gitlab-ci.yml")).unwrap();
    let stages = "FROM registry.test/own:1 AS x\nRUN x\nFROM registry.test/app:ltsc2022 AS y\nRUN y\nCOPY --from=x /x /x\n";
    repository.file("other/Dockerfile", stages);
    assert_eq!(broken(&repository, &BOTH).0, 1);
    let (_, report) = repository.report(&BOTH);
    let mut results = report["results"].as_array().unwrap().iter();
    let is_of_build = |one: &Value| {
        one["location"]["file"] == "other/Dockerfile"
            && one["location"]["line"] == 1
            && codes(one).contains(&"build-fits-no-host")
    };
    assert!(results.any(is_of_build), "{report:#}");
}

/// A pod that names its node lands there or nowhere, and the reason says which of the two it is that leaves the hosts out.
#[test]
fn a_pod_that_names_a_node_is_told_so_where_none_takes_it() {
    let nodes = format!("--hosts={}/fixtures/scan/nodes.json", env!("CARGO_MANIFEST_DIR"));
    for (spec, why) in [
        ("nodeName: lin", "its `nodeName` is lin, and none of these hosts has that name"),
        (
            "nodeName: win-2022-a, nodeSelector: {pool: batch}",
            "its `nodeName` is win-2022-a, and its node selector, affinity or tolerations leave out that node",
        ),
        ("nodeSelector: {pool: none}", "its node selector, affinity or tolerations leave out each of them"),
    ] {
        let repository = Repository::new();
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n";
        let containers = "containers: [{name: c, image: 'registry.test/app:ltsc2022'}]";
        repository.file("pod.yaml", format!("{pod}spec: {{{spec}, {containers}}}\n"));
        let (code, report) = repository.report(&[&nodes]);
        assert_eq!(code, 2, "{report:#}");
        let message = report["errors"][0]["message"].as_str().unwrap();
        assert!(message.ends_with(why), "{message}");
        let text = repository.scan(&[&nodes]).out;
        assert!(text.contains("registry.test/app:ltsc2022 was not judged"), "{text}");
    }
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

/// An image for one build alone fails on the nodes of the others that the pod can land on.
#[test]
fn a_pod_on_nodes_of_several_builds_is_not_told_of_an_image_for_one_of_them() {
    let helps = |text: &str, hosts: &[&str]| {
        let repository = Repository::new();
        repository.file("pods.yaml", text);
        let (_, report) = repository.report(hosts);
        let failing = report["results"].as_array().unwrap().iter().filter(|one| one["ok"] == false);
        failing.map(|one| one["findings"][0]["help"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let index = "use an image whose index has an entry for each build of the nodes";
    let all = ["--host=a=ltsc2019", "--host=b=ltsc2022", "--host=c=ltsc2025"];
    let select = format!("select node.kubernetes.io/windows-build: 10.0.17763; or {index}");
    assert_eq!(helps(&pod("p", &["ltsc2019"]), &all), [select.clone(), select]);
    let daemon = pod("p", &["ltsc2019"]).replace("v1\nkind: Pod", "apps/v1\nkind: DaemonSet");
    let daemon = daemon.replace("spec: {containers: ", "spec: {template: {spec: {containers: ").replace("]}\n---", "]}}}\n---");
    assert_eq!(helps(&daemon, &all), [0, 1].map(|_| format!("{index}: 10.0.17763, 10.0.20348, 10.0.26100")));
    let several = helps(&pod("p", &["ltsc2025", "ltsc2019"]), &["--host=b=ltsc2022", "--host=a=ltsc2019"]);
    assert!(several.iter().all(|help| !help.contains("ltsc20")), "{several:?}");
    // With one build there is nothing to select, and nothing is said of isolation.
    let one = helps(&pod("p", &["ltsc2019"]), &["--host=b=ltsc2022"]);
    assert!(one.len() == 1 && one[0].contains("ltsc2022") && !one[0].contains("process isolation"), "{one:?}");
}
