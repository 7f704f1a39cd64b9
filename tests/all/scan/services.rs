//! What pipelines build, run and name, judged as their services start it.

use wincompat::report::Printed;
use wincompat::report::scanned::ScanReport;

use super::{Repository, summary};

/// The selector that a pod of Jenkins needs to land on a node with Windows.
const WINDOWS: &str = "nodeSelector: 'kubernetes.io/os=windows'";

/// Docker container actions, pipelines of Drone without a system and pods of Jenkins that name no nodes run on Linux.
#[test]
fn a_windows_image_of_an_action_of_drone_or_of_jenkins_can_run_nowhere() {
    let repository = Repository::new();
    let image = "mcr.microsoft.com/windows/nanoserver:ltsc2022";
    repository.file("a/action.yml", format!("name: a\nruns: {{using: docker, image: 'docker://{image}'}}\n"));
    repository.file("b/action.yml", "name: b\nruns:\n  using: docker\n  image: Win.df\n");
    repository.file("b/Win.df", format!("FROM {image}\n"));
    repository.file("c/.drone.yml", format!("kind: pipeline\ntype: docker\nsteps:\n- name: a\n  image: {image}\n"));
    let pod =
        |more: &str| format!("podTemplate({more}containers: [containerTemplate(image: 'registry.test/app:ltsc2022')]) {{ }}\n");
    let jenkins = Repository::new();
    for (more, code, says) in
        [("", 2, "give the pod the node selector `kubernetes.io/os: windows`"), (format!("{WINDOWS}, ").as_str(), 0, "")]
    {
        jenkins.file("Jenkinsfile", pod(more));
        let (exit, report) = jenkins.report(&["--host", "ltsc2022"]);
        assert!(exit == code && report.to_string().contains(says), "{more}: {report:#}");
    }
    let answer = repository.scan(&["--offline", "--host", "ltsc2022", "--format", "json"]);
    let why = |place: &str, why: &str| format!("{place} invalid this container can run nowhere: {why}");
    let of_actions = "GitHub runs the containers of actions on Linux only";
    let expected = [
        why("a/action.yml:2", of_actions),
        why("b/Win.df:1", of_actions),
        why("c/.drone.yml:5", "Drone runs a pipeline whose `platform` does not name a system on Linux"),
    ];
    let mut found = summary(&answer.json());
    found.sort();
    assert_eq!((answer.code, found.as_slice()), (2, &expected[..]));
    assert!(repository.asked().is_empty(), "{:?}", repository.asked());
}

#[test]
fn the_isolation_that_options_of_a_container_ask_for_counts() {
    let repository = Repository::new();
    let job = |options: &str| {
        format!(
            "jobs:\n- job: a\n  pool: {{name: own}}\n  container:\n    image: registry.test/app:ltsc2019\n    options: {options}\n"
        )
    };
    repository.file("azure-pipelines.yml", job("--isolation=hyperv"));
    repository
        .file("Jenkinsfile", "node { docker.image('registry.test/app:ltsc2019').inside('--isolation=hyperv') { bat 'ver' } }\n");
    let host = ["--host", "windows-server-2022,hyperv"];
    let (code, report) = repository.report(&host);
    assert_eq!((code, report["results"].as_array().unwrap().len()), (0, 2), "{report}");
    repository.file("azure-pipelines.yml", job("--isolation process"));
    assert_eq!(repository.report(&host).0, 1);
}

/// Where a kubelet starts a container, Hyper-V isolation lets no other image run, and no flag asks for it.
#[test]
fn jobs_in_pods_are_judged_as_kubernetes_starts_them() {
    let image = "registry.test/app:ltsc2019";
    let drone =
        |kind: &str| format!("kind: pipeline\ntype: {kind}\nplatform: {{os: windows}}\nsteps: [{{name: a, image: '{image}'}}]\n");
    let gitlab = |more: &str| format!("a: {{script: [x], image: {{name: '{image}'{more}}}}}\n");
    let task = format!(
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: t}}\nspec: {{steps: [{{name: s, image: '{image}'}}]}}\n"
    );
    for (name, text, is_in_pod) in [
        ("task.yaml", task, true),
        (".drone.yml", drone("kubernetes"), true),
        (".drone.yml", drone("docker"), false),
        (".gitlab-ci.yml", gitlab(", kubernetes: {user: '1'}"), true),
        (".gitlab-ci.yml", gitlab(""), false),
        (
            "Jenkinsfile",
            format!("podTemplate({WINDOWS}, containers: [containerTemplate(name: 'x', image: '{image}')]) {{ }}\n"),
            true,
        ),
        ("Jenkinsfile", format!("pipeline {{ agent {{ docker {{ image '{image}' }} }} }}\n"), false),
    ] {
        let repository = Repository::new();
        repository.file(name, &text);
        // Docker takes Hyper-V isolation there with no flag.
        let (code, report) = repository.report(&["--host=windows-11-24h2"]);
        assert_eq!(code, i32::from(is_in_pod), "{text}: {report:#}");
        let (_, report) = repository.report(&["--host=ltsc2022"]);
        assert_eq!(report["results"][0]["engine"]["name"], if is_in_pod { "kubernetes" } else { "docker" }, "{text}");
        assert_eq!(report["summary"]["needsFlag"], i32::from(!is_in_pod), "{text}: {report:#}");
    }
}

/// One place needs a flag, and the other one another image.
#[test]
fn a_heading_is_right_for_each_of_its_places() {
    let repository = Repository::new();
    repository.file("compose.yaml", "services: {a: {image: 'registry.test/app:ltsc2019'}}\n");
    let task = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec: {steps: [{name: s, image: 'registry.test/app:ltsc2019'}]}\n";
    repository.file("task.yaml", task);
    let out = repository.scan(&["--host=ltsc2022"]).out;
    let of = |file: &str| out.split("\n\n").find(|part| part.contains(&format!("--> {file}:"))).unwrap_or_default().to_owned();
    let (flag, fail) = ("runs only in another isolation mode", "will not run");
    assert!(of("compose.yaml").contains(flag) && !of("compose.yaml").contains(fail), "{out}");
    assert!(of("task.yaml").contains(fail) && !of("task.yaml").contains(flag), "{out}");
}

#[test]
fn all_jobs_of_a_group_are_named() {
    let repository = Repository::new();
    let job = |name: &str| format!("{name}:\n  script: [x]\n  image: registry.test/app:ltsc2019\n");
    for (names, note) in [("ab", "in job a, job b"), ("abcdef", "in job a, job b, job c, job d and 2 more")] {
        let jobs: String = names.chars().map(|name| job(&name.to_string())).collect();
        repository.file(".gitlab-ci.yml", jobs);
        let out = repository.scan(&["--host=ltsc2022"]).out;
        assert!(out.contains(&format!("= note: {note}\n")), "{out}");
    }
}

/// What a file asks for already is not advised for it: the typed option is what stands against it.
#[test]
fn a_file_is_not_told_to_ask_for_what_it_asks_for() {
    let repository = Repository::new();
    repository.file("compose.yaml", "services: {a: {image: 'registry.test/app:ltsc2019', isolation: hyperv}}\n");
    let (code, report) = repository.report(&["--host=ltsc2022", "--isolation=process"]);
    let said = report["results"][0]["findings"].to_string();
    assert!(code == 1 && said.contains("run it as the file asks for, without `--isolation`"), "{said}");
    assert!(!said.contains("with `isolation: hyperv`"), "{said}");
}

/// A job that names no machine passes where one host fits, and says of which hosts that is not so. A build is started where it can run.
#[test]
fn a_job_that_names_no_machine_says_which_hosts_do_not_fit() {
    let repository = Repository::new();
    repository.file(".gitlab-ci.yml", "build:\n  image: registry.test/app:ltsc2019\n  tags: [windows]\n  script: [ver]\n");
    repository.file("Jenkinsfile", "node { docker.image('registry.test/app:ltsc2019').inside { bat 'ver' } }\n");
    let both = ["--host=a=ltsc2019", "--host=b=ltsc2022", "--host=c=ltsc2022"];
    let (code, report) = repository.report(&both);
    let results = report["results"].as_array().unwrap();
    assert_eq!((code, results.len()), (0, 2), "{report:#}");
    for result in results {
        let finding =
            result["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == "job-fits-some-hosts").unwrap();
        assert_eq!((&finding["severity"], &result["host"]["label"]), (&"warning".into(), &"a".into()), "{report:#}");
        let message =
            "the file does not say which of the hosts runs this job, and the image does not run on Windows Server 2022 (2 hosts)";
        assert_eq!(finding["message"], message);
    }
    assert_eq!(repository.report(&[&both[..], &["--deny=job-fits-some-hosts"]].concat()).0, 1);
    // One kind of host leaves nothing out, nor does a machine that the file names.
    assert!(!repository.scan(&["--host=a=ltsc2019", "--format=json"]).out.contains("job-fits-some-hosts"));
    let named = Repository::new();
    let pipeline = "jobs:\n- job: a\n  pool: {vmImage: windows-2022}\n  container: registry.test/app:ltsc2022\n";
    named.file("azure-pipelines.yml", pipeline);
    named.file("Dockerfile", "FROM registry.test/app:ltsc2019 AS x\nRUN x\nFROM registry.test/app:ltsc2019\n");
    assert!(!named.scan(&[&both[..], &["--format=json"]].concat()).out.contains("job-fits-some-hosts"));
}

/// `withRegistry` and `registryUrl` put the host of the registry before the name of the image.
#[test]
fn the_registry_of_jenkins_is_asked_for_its_images() {
    let repository = Repository::new();
    repository.file(
        "Jenkinsfile",
        "docker.withRegistry('https://registry.test', 'c') {\n  docker.image('app:ltsc2019').inside { bat 'x' }\n}\n\
         docker.withRegistry('https://mcr.microsoft.com') {\n  docker.image('windows/servercore:ltsc2022').inside { bat 'x' }\n}\n\
         pipeline { agent { docker { image 'app:ltsc2022'; registryUrl 'https://registry.test' } } }\n",
    );
    let answer = repository.scan(&["--host", "ltsc2022", "--isolation", "process", "--format", "json", "--offline"]);
    assert!(!answer.out.contains("docker.io") && !answer.out.contains("did you mean"), "{answer:?}");
    repository.scan(&["--host", "ltsc2022", "--isolation", "process", "--fix"]);
    assert!(repository.text("Jenkinsfile").contains("docker.image('app:ltsc2022').inside"), "{}", repository.text("Jenkinsfile"));
    assert!(repository.asked().iter().all(|path| !path.contains("library")), "{:?}", repository.asked());
}

#[test]
fn what_pipelines_build_is_read_and_said_where_it_is_not_there() {
    let repository = Repository::new();
    repository.file(
        ".cirrus.yml",
        "task:\n  windows_container:\n    dockerfile: ci/Df\n    os_version: 2022\n    docker_arguments: {V: ltsc2019}\n",
    );
    repository.file("ci/Df", "ARG V\nFROM registry.test/app:$V\n");
    repository.file(
        "Jenkinsfile",
        "node {\n  docker.build('own', '-f win.df --build-arg V=ltsc2025 .')\n  docker.image('own').inside { }\n}\n",
    );
    repository.file("win.df", "ARG V\nFROM registry.test/app:$V\n");
    let (_, report) = repository.report(&["--host", "ltsc2022"]);
    let results = summary(&report);
    let images: Vec<&str> = results.iter().map(|one| one.rsplit_once(" ltsc2022 ").unwrap().0).collect();
    assert_eq!(images, ["ci/Df:2 registry.test/app:ltsc2019", "win.df:2 registry.test/app:ltsc2025"]);
    std::fs::remove_file(repository.folder().join("win.df")).unwrap();
    repository.file(".cirrus.yml", "task:\n  windows_container:\n    dockerfile: gone/$X/Df\n");
    let answer = repository.scan(&["--host", "ltsc2022"]);
    assert!(answer.err.contains("Jenkinsfile:2: what pipeline builds is not read: there is no file `win.df`"), "{answer:?}");
    assert!(
        answer.err.contains(".cirrus.yml:3: what windows_container builds is not read: the variable X has no value"),
        "{answer:?}"
    );
}

/// A file that was named is not passed over in silence; below a folder there are many such files.
#[test]
fn a_file_of_an_unknown_format_is_an_error_where_it_is_named() {
    let repository = Repository::new();
    let image = "registry.test/app:ltsc2022";
    let unknown = [
        (
            ".circleci/config.yml",
            format!("version: 2.1\njobs:\n  a:\n    docker: [{{image: '{image}'}}]\n    steps: [checkout]\n"),
        ),
        ("bitbucket-pipelines.yml", format!("image: {image}\npipelines:\n  default:\n  - step: {{script: [dir]}}\n")),
        ("cloudbuild.yaml", format!("steps:\n- name: {image}\n")),
        ("skaffold.yaml", "apiVersion: skaffold/v4beta6\nkind: Config\nbuild: {artifacts: [{image: web}]}\n".to_owned()),
        ("taskdef.json", format!("{{\"containerDefinitions\": [{{\"name\": \"a\", \"image\": \"{image}\"}}]}}\n")),
        ("job.nomad.hcl", format!("job \"x\" {{ group \"g\" {{ task \"t\" {{ config {{ image = \"{image}\" }} }} }} }}\n")),
        ("chart/values.yaml", format!("image: {image}\nname: web\n")),
    ];
    repository.file("chart/Chart.yaml", "apiVersion: v2\nname: c\n");
    for (name, text) in &unknown {
        repository.file(name, text);
    }
    let known = [
        ("empty.yaml", "# nothing\n"),
        ("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n"),
        ("compose.yaml", "services: {a: {build: {context: ., dockerfile: win.yaml}}}\n"),
        ("win.yaml", "FROM scratch\n"),
        (".env", "TAG=1\n"),
        ("k/kustomization.yaml", "patches: [{path: patch.yaml}]\n"),
        ("k/patch.yaml", "spec: {replicas: 2}\n"),
        ("steps.yml", "parameters: [{name: a}]\nsteps:\n- script: dir\n"),
        ("variables.yml", "variables: {a: b}\n"),
        ("action.yml", "runs: {using: node20, main: x.js}\n"),
    ];
    for (name, text) in known {
        repository.file(name, text);
    }
    for (name, _) in &unknown {
        let (code, report) = repository.report(&["--host", "ltsc2022", name]);
        let found = summary(&report);
        assert_eq!((code, found.as_slice()), (2, &[format!("{name}:1 invalid the format of this file is not read")][..]));
    }
    let answer = repository.scan(&["--host", "ltsc2022", "chart/values.yaml", "cloudbuild.yaml"]);
    assert!(answer.out.contains("`helm template chart | wincompat scan --host ltsc2022 -`"), "{answer:?}");
    assert!(answer.out.contains("wincompat reads Dockerfiles, Compose files"), "{answer:?}");
    for (name, _) in known {
        let names = ["compose.yaml", "k/kustomization.yaml", name];
        assert_eq!(repository.report(&[&["--host", "ltsc2022"][..], &names].concat()).0, 0, "{name}");
    }
    assert_eq!(repository.report(&["--host", "ltsc2022"]).0, 0);
}

/// A log is read by more people than a repository.
#[test]
fn a_password_that_stands_in_a_file_is_not_shown() {
    let repository = Repository::new();
    repository.file("Dockerfile", "FROM bob:hunter2@registry.test/app:ltsc2022 AS build\n");
    repository.file("compose.yaml", "services: {a: {image: 'bob:hunter2@registry.test/app:ltsc2022'}}\n");
    for format in ScanReport::FORMATS {
        let answer = repository.scan(&["--host", "ltsc2022", "--format", format.name]);
        assert_eq!(answer.code, 2, "{}: {answer:?}", format.name);
        assert!(!answer.out.contains("hunter2") && !answer.err.contains("hunter2"), "{}: {answer:?}", format.name);
    }
    let answer = repository.scan(&["--host", "ltsc2022", "Dockerfile"]);
    assert!(answer.out.contains("FROM …@registry.test/app:ltsc2022 AS build"), "{answer:?}");
}

/// What another command prints is scanned on the same hosts; a wincompat.toml that names them is not read for standard input.
#[test]
fn a_command_that_renders_goes_on_to_the_same_hosts() {
    let repository = Repository::new();
    let files = [
        ("compose.yaml", "include: ['https://example.com/x.yaml']\nservices: {a: {image: 'registry.test/app:ltsc2022'}}\n"),
        ("k/kustomization.yaml", "resources: ['https://example.com/base?ref=1']\n"),
        (".gitlab-ci.yml", "include: {project: a/b, file: c.yml}\n"),
    ];
    for (name, text) in files {
        repository.file(name, text);
    }
    repository.file("chart/Chart.yaml", "name: c\n");
    repository.file("chart/templates/deployment.yaml", "image: {{ .Values.image }}\n");
    repository.file("nodes.txt", "web01 ltsc2022\n");
    for name in files.map(|(name, _)| name).into_iter().chain(["chart"]) {
        let answer = repository.scan(&["--host", "ltsc2022", "--host", "web=20348", "--hosts", "nodes.txt", name]);
        let command = "| wincompat scan --host ltsc2022 --host web=20348 --hosts nodes.txt -`";
        assert!(answer.err.contains(command), "{name}: {answer:?}");
    }
    repository.file("wincompat.toml", "host = \"ltsc2025\"\n");
    let answer = repository.scan(&["k/kustomization.yaml"]);
    assert!(answer.err.contains("`kubectl kustomize k | wincompat scan --host ltsc2025 -`"), "{answer:?}");
    let answer = repository.scan(&["--next-host", "ltsc2022", "k/kustomization.yaml"]);
    assert!(answer.err.contains("| wincompat scan --host ltsc2025 --next-host ltsc2022 -`"), "{answer:?}");
}

/// A change of the place where a variable is declared is what helps, and no value does.
#[test]
fn a_variable_that_a_from_does_not_see_cannot_be_given() {
    let repository = Repository::new();
    repository.file("Dockerfile", "FROM registry.test/app:ltsc2022 AS x\nARG V=ltsc2019\nFROM registry.test/app:${V}\n");
    for more in [&[][..], &["--var", "V=ltsc2022"]] {
        let answer = repository.scan(&[&["--host", "ltsc2022"][..], more].concat());
        assert_eq!(answer.code, 2);
        assert!(answer.out.contains("V has no value here, so Docker does not build this"), "{answer:?}");
        assert!(answer.out.contains("write `ARG V` before the first FROM") && !answer.out.contains("--var"), "{answer:?}");
    }
}

/// A service that another one extends is at one place for both, which is shown once with the names of both.
#[test]
fn one_place_of_several_services_is_shown_once() {
    let repository = Repository::new();
    let image = "mcr.microsoft.com/windows/nanoserver:ltsc2022";
    let others: String = "cdefg".chars().map(|name| format!("  {name}: {{extends: {{service: a}}}}\n")).collect();
    let file = |more: &str| {
        format!("services:\n  a: {{image: '{image}'}}\n  b: {{extends: {{service: a}}, isolation: process}}\n{more}")
    };
    for (more, objects) in
        [("", "in service a, service b"), (&*others, "in service a, service b, service c, service d and 3 more")]
    {
        repository.file("compose.yaml", file(more));
        let answer = repository.scan(&["--offline", "--host", "ltsc2019", "--quiet"]);
        let places = answer.out.lines().filter(|line| line.contains("--> compose.yaml:2:")).count();
        assert_eq!((answer.code, places), (1, 1), "{}", answer.out);
        assert!(answer.out.contains(&format!("= note: {objects}\n")), "{}", answer.out);
    }
}

/// A container of a field of the plugin and one in YAML are judged by one rule: a pod must fit every node that it can land on, whole.
#[test]
fn pods_of_jenkins_are_judged_as_pods_in_each_form() {
    let image = |tag: &str| format!("registry.test/app:{tag}");
    let template = |tag: &str| format!("containerTemplate(name: '{tag}', image: '{}')", image(tag));
    let yaml = |tag: &str| format!("{{name: {tag}, image: '{}'}}", image(tag));
    let fields = |tags: &[&str]| {
        let all: Vec<String> = tags.iter().map(|tag| template(tag)).collect();
        format!("podTemplate({WINDOWS}, containers: [{}]) {{ }}\n", all.join(", "))
    };
    let text = |tags: &[&str]| {
        let all: Vec<String> = tags.iter().map(|tag| yaml(tag)).collect();
        format!("podTemplate({WINDOWS}, yaml: '''\nspec: {{containers: [{}]}}\n''') {{ }}\n", all.join(", "))
    };
    let hosts = ["--host=a=ltsc2019", "--host=b=ltsc2022"];
    for (tags, code) in [(&["ltsc2019"][..], None), (&["ltsc2019", "ltsc2022"], Some("pod-fits-no-node"))] {
        for pipeline in [fields(tags), text(tags)] {
            let repository = Repository::new();
            repository.file("Jenkinsfile", &pipeline);
            let (exit, report) = repository.report(&hosts);
            assert_eq!(exit, 1, "{pipeline}: {report:#}");
            let findings: String = report["results"].as_array().unwrap().iter().map(|one| one["findings"].to_string()).collect();
            assert!(!findings.contains("job-fits-some-hosts"), "{pipeline}: {findings}");
            assert!(code.is_none_or(|code| findings.contains(code)), "{pipeline}: {findings}");
        }
    }
}
