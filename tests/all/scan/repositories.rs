//! Files that depend on each other: who builds what with which values, and where it lands.

use std::fs;
use std::path::PathBuf;

use super::{Repository, summary};
use crate::support::program::Answer;
use crate::support::registry::images::Images;
use crate::support::registry::windows::WindowsImage;

#[test]
fn two_files_that_need_different_values_for_one_dockerfile() {
    let repository = Repository::new();
    repository.file("img/Dockerfile", "ARG TAG\nFROM registry.test/app:${TAG}\n");
    repository.file("one/compose.yaml", "services: {a: {build: {context: ../img, args: {TAG: ltsc2019}}}}\n");
    repository.file("two/compose.yaml", "services: {b: {build: {context: ../img, args: [TAG=ltsc2022]}}}\n");
    let (code, report) = repository.report(&["--host", "ltsc2022"]);
    assert_eq!(code, 1);
    let expected = [
        "img/Dockerfile:2 registry.test/app:ltsc2019 ltsc2022 false",
        "img/Dockerfile:2 registry.test/app:ltsc2022 ltsc2022 true",
    ];
    assert_eq!(summary(&report), expected);
    // What the command line says counts more than both.
    let (code, report) = repository.report(&["--host", "ltsc2022", "--var", "TAG=ltsc2022"]);
    assert_eq!((code, report["results"].as_array().unwrap().len()), (0, 1));
}

#[test]
fn what_another_file_builds_is_a_dockerfile_whatever_its_name() {
    let repository = Repository::new();
    repository.file("compose.yaml", "services: {a: {build: {context: ., dockerfile: docker/web.win}}}\n");
    repository.file("docker/web.win", "FROM registry.test/app:ltsc2025\n");
    repository.file("docker-bake.hcl", "target \"b\" {\n  dockerfile = \"docker/other.win\"\n}\n");
    repository.file("docker/other.win", "FROM registry.test/app:ltsc2022\n");
    repository.file("docker/unused.win", "FROM registry.test/app:ltsc2019\n");
    let (code, report) = repository.report(&["--host", "ltsc2022"]);
    let expected = [
        "docker/other.win:1 registry.test/app:ltsc2022 ltsc2022 true",
        "docker/web.win:1 registry.test/app:ltsc2025 ltsc2022 false",
    ];
    assert_eq!((code, summary(&report).as_slice()), (1, &expected.map(str::to_owned)[..]));
    let (code, report) = repository.report(&["--host", "ltsc2022", "--exclude", "docker/web.win"]);
    assert_eq!((code, summary(&report).as_slice()), (0, &expected.map(str::to_owned)[..1]));
    // It is shown at its line, and changed.
    assert!(repository.scan(&["--host", "ltsc2022"]).out.contains("1 | FROM registry.test/app:ltsc2025"));
    repository.scan(&["--host", "ltsc2022", "--fix"]);
    assert_eq!(repository.text("docker/web.win"), "FROM registry.test/app:ltsc2022\n");
    assert_eq!(repository.scan(&["--host", "ltsc2022"]).code, 0);
}

#[test]
fn a_file_that_is_named_alone_brings_what_it_builds() {
    let repository = Repository::new();
    repository.file("Dockerfile", "FROM registry.test/app:ltsc2025\n");
    let folder = repository.folder().canonicalize().unwrap();
    let rendered = format!("services:\n  web:\n    build: {{context: '{}'}}\n", folder.to_string_lossy().replace('\\', "/"));
    for (name, text) in [
        ("compose.yaml", "services: {web: {build: .}}\n"),
        ("docker-bake.hcl", "target \"default\" {\n  dockerfile = \"Dockerfile\"\n}\n"),
        ("rendered.yaml", &rendered),
    ] {
        repository.file(name, text);
        let (code, report) = repository.report(&["--host", "ltsc2022", name]);
        let found = summary(&report);
        assert!(
            code == 1 && found.len() == 1 && found[0].contains("Dockerfile:1 registry.test/app:ltsc2025"),
            "{name}: {report}"
        );
        let (code, report) = repository.report(&["--host", "ltsc2022", name, "Dockerfile"]);
        let expected = ["Dockerfile:1 registry.test/app:ltsc2025 ltsc2022 false"];
        assert_eq!((code, summary(&report).as_slice()), (1, &expected.map(str::to_owned)[..]), "{name}");
        fs::remove_file(repository.folder().join(name)).unwrap();
    }
    // What is not there, or elsewhere, is said.
    repository.file("compose.yaml", "services:\n  a: {build: ./gone}\n  b: {build: 'https://example.com/x.git'}\n");
    let answer = repository.scan(&["--host", "ltsc2022", "compose.yaml"]);
    assert!(
        answer.err.contains("what service a builds is not read") && answer.err.contains("example.com/x.git is elsewhere"),
        "{answer:?}"
    );
}

/// `docker compose config | wincompat scan -`.
#[test]
fn a_rendered_project_on_standard_input_is_read_with_its_dockerfiles() {
    let repository = Repository::new();
    repository.file("Dockerfile", "FROM mcr.microsoft.com/windows/servercore:ltsc2025\n");
    repository.file("below/x", "");
    let folder = repository.folder().canonicalize().unwrap();
    let rendered = format!("services:\n  web:\n    build: {{context: '{}'}}\n", folder.to_string_lossy().replace('\\', "/"));
    let scan = |folder: PathBuf| {
        let mut command = repository.program.command();
        command.current_dir(folder).args(["scan", "--offline", "--host=ltsc2022", "-"]).write_stdin(rendered.as_str());
        Answer::of(&mut command)
    };
    let answer = scan(repository.folder());
    assert!(answer.code == 1 && answer.out.contains("Dockerfile:1"), "{answer:?}");
    // What is not below the current folder is not looked at, which is said with what to do.
    let answer = scan(repository.folder().join("below"));
    assert!(answer.code == 0 && answer.err.contains("what service web builds is not read"), "{answer:?}");
    assert!(answer.err.contains("name the folder that holds it as well"), "{answer:?}");
}

/// The image that a Dockerfile begins with is pulled, also where what is made of it gets the same name.
#[test]
fn no_image_is_made_from_itself() {
    let repository = Repository::new();
    repository.file(
        "compose.yaml",
        "services:\n  a: {image: 'registry.test/app:ltsc2025', build: .}\n  b: {image: 'registry.test/own:1', build: own}\n",
    );
    repository.file("Dockerfile", "FROM registry.test/app:ltsc2025\n");
    repository.file("own/Dockerfile", "FROM registry.test/app:ltsc2022\n");
    repository.file("more/Dockerfile", "FROM registry.test/own:1\n");
    let (code, report) = repository.report(&["--host", "ltsc2022"]);
    let expected =
        ["Dockerfile:1 registry.test/app:ltsc2025 ltsc2022 false", "own/Dockerfile:1 registry.test/app:ltsc2022 ltsc2022 true"];
    assert_eq!((code, summary(&report).as_slice()), (1, &expected.map(str::to_owned)[..]));
}

/// An image that is built here runs where and as each reference says, whatever its own service asks for.
#[test]
fn own_images_are_judged_where_others_start_them() {
    let repository = Repository::new();
    repository.file("base/Dockerfile", "FROM registry.test/app:ltsc2019\n");
    repository.file(
        "compose.yaml",
        "services:\n  base: {image: 'registry.test/own:1', build: base, isolation: hyperv}\n  \
         again: {image: 'registry.test/own:1', isolation: hyperv}\n  same: {image: 'registry.test/own:1', isolation: process}\n",
    );
    repository.file(
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  nodeSelector: {kubernetes.io/os: windows}\n  \
         containers: [{name: c, image: 'registry.test/own:1'}]\n",
    );
    let (code, report) = repository.report(&["--host", "ltsc2022", "--suggest"]);
    let expected = [
        "base/Dockerfile:1 registry.test/app:ltsc2019 ltsc2022 true",
        "compose.yaml:4 registry.test/app:ltsc2019 ltsc2022 false",
        "pod.yaml:6 registry.test/app:ltsc2019 ltsc2022 false",
    ];
    assert_eq!((code, summary(&report).as_slice()), (1, &expected.map(str::to_owned)[..]));
    assert_eq!(report["results"][1]["location"]["written"], "registry.test/own:1");
    let help = report["results"][1]["findings"][0]["help"].to_string();
    assert!(help.contains("to be changed by hand: registry.test/own:1 is built by base/Dockerfile"), "{help}");
}

#[test]
fn values_come_from_the_file_beside_and_from_options_alone() {
    let repository = Repository::new();
    repository.file("compose.yaml", "include: [inner/compose.yaml]\nservices:\n  a: {image: 'registry.test/app:${TAG}'}\n  b: {image: 'registry.test/app:${HOME}'}\n");
    repository.file(
        "inner/compose.yaml",
        "services: {c: {image: 'registry.test/app:${TAG}'}, d: {image: 'registry.test/app:${OWN}'}}\n",
    );
    repository.file("inner/.env", "OWN=ltsc2025\nTAG=ltsc2019\n");
    repository.file(".env", "TAG=ltsc2022\n");
    let (_, report) = repository.report(&["--host", "ltsc2022"]);
    // The outer file's values count more than those beside the file that it includes. The environment has HOME, and is not asked.
    assert_eq!(
        summary(&report),
        [
            "compose.yaml:3 registry.test/app:ltsc2022 ltsc2022 true",
            "inner/compose.yaml:1 registry.test/app:ltsc2022 ltsc2022 true",
            "inner/compose.yaml:1 registry.test/app:ltsc2025 ltsc2022 false",
            "compose.yaml:4 unresolved the variable HOME has no value",
        ]
    );
    let home = repository.program.folder().to_string_lossy().into_owned();
    assert!(repository.asked().iter().all(|path| !path.contains(&home)), "{:?}", repository.asked());
    assert_eq!(repository.report(&["--host", "ltsc2022", "--var", "HOME=ltsc2022"]).1["errors"].as_array().unwrap().len(), 0);
}

#[test]
fn the_files_that_a_variable_lists_are_one_project() {
    let repository = Repository::new();
    repository.file(".env", "COMPOSE_FILE=base.yaml;win.yaml\n");
    repository.file("base.yaml", "services: {a: {image: 'registry.test/app:ltsc2019'}}\n");
    repository.file("win.yaml", "services: {a: {image: 'registry.test/app:ltsc2022', isolation: process}}\n");
    assert_eq!(summary(&repository.report(&["--host", "ltsc2022"]).1), ["win.yaml:1 registry.test/app:ltsc2022 ltsc2022 true"]);
}

#[test]
fn every_profile_and_an_override_alone_are_read() {
    let repository = Repository::new();
    repository.file("compose.yaml", "services:\n  a: {image: 'registry.test/app:ltsc2022', profiles: [debug]}\n");
    repository
        .file("other/compose.override.yaml", "services:\n  a: {isolation: hyperv}\n  b: {image: 'registry.test/app:ltsc2022'}\n");
    let places: Vec<String> = summary(&repository.report(&["--host", "ltsc2022"]).1);
    assert_eq!(places.len(), 2, "{places:?}");
}

#[test]
fn a_list_is_read_where_it_is_named() {
    let repository = Repository::new();
    repository.file("images.txt", "# the images of a release\nregistry.test/app:ltsc2022\nregistry.test/app:ltsc2025\n");
    assert!(summary(&repository.report(&["--host", "ltsc2022"]).1).is_empty());
    let (code, report) = repository.report(&["--host", "ltsc2022", "images.txt"]);
    assert_eq!(code, 1);
    assert_eq!(
        summary(&report),
        ["images.txt:2 registry.test/app:ltsc2022 ltsc2022 true", "images.txt:3 registry.test/app:ltsc2025 ltsc2022 false"]
    );
}

#[test]
fn a_dockerfile_within_a_compose_file_is_judged_at_its_line() {
    let repository = Repository::new();
    repository.file("compose.yaml", "services:\n  a:\n    isolation: process\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM registry.test/app:ltsc2022 AS build\n        RUN x\n        FROM registry.test/app:ltsc2019\n");
    let (_, report) = repository.report(&["--host", "ltsc2022"]);
    assert_eq!(
        summary(&report),
        ["compose.yaml:7 registry.test/app:ltsc2022 ltsc2022 true", "compose.yaml:9 registry.test/app:ltsc2019 ltsc2022 false"]
    );
    assert_eq!(report["results"][1]["location"]["column"], 14);
}

#[test]
fn a_bake_file_gives_what_a_dockerfile_lacks() {
    let repository = Repository::new();
    repository.file("win/Dockerfile", "ARG TAG=ltsc2025\nFROM registry.test/app:${TAG}\n");
    repository.file("docker-bake.hcl", "target \"a\" {\n  context = \"win\"\n  args = { TAG = newest() }\n}\n");
    let (code, report) = repository.report(&["--host", "ltsc2022"]);
    assert_eq!(code, 2);
    assert_eq!(summary(&report), ["win/Dockerfile:2 unresolved the value of TAG cannot be told: it is `newest()`"]);
    repository.file("docker-bake.hcl", "target \"a\" {\n  context = \"win\"\n  args = { TAG = \"ltsc2022\" }\n}\n");
    assert_eq!(repository.report(&["--host", "ltsc2022"]).0, 0);
    // The file builds it so also where the Dockerfile alone is named with it.
    assert_eq!(repository.report(&["--host", "ltsc2022", "win/Dockerfile", "docker-bake.hcl"]).0, 0);
}

#[test]
fn labels_of_aks_lead_to_hosts_that_have_none() {
    let repository = Repository::new();
    repository.file("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  nodeSelector: {kubernetes.azure.com/os-sku: Windows2022}\n  containers: [{name: a, image: 'registry.test/app:ltsc2022'}]\n");
    let (code, report) = repository.report(&["--host", "ltsc2019", "--host", "ltsc2022", "--host", "ltsc2025"]);
    assert_eq!((code, summary(&report).as_slice()), (0, &["pod.yaml:6 registry.test/app:ltsc2022 ltsc2022 true".to_owned()][..]));
}

#[test]
fn a_name_that_kustomize_replaces_is_not_asked_for() {
    let repository = Repository::new();
    repository.file(
        "k/web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {os: {name: windows}, containers: [{name: a, image: mssql}]}\n",
    );
    repository.file(
        "k/kustomization.yaml",
        "resources: [web.yaml]\nimages: [{name: mssql, newName: registry.test/app, newTag: ltsc2022}]\n",
    );
    let (code, report) = repository.report(&["--host", "ltsc2022"]);
    assert_eq!((code, report["results"][0]["location"]["file"].as_str()), (0, Some("k/kustomization.yaml")));
    assert!(repository.asked().iter().all(|path| !path.contains("mssql")), "{:?}", repository.asked());
}

#[test]
fn templates_in_three_kinds_of_files_are_named_and_left_out() {
    let repository = Repository::new();
    repository.file("chart/Chart.yaml", "apiVersion: v2\nname: c\n");
    repository.file("chart/templates/a.yaml", "image: {{ .X }}\n");
    repository.file("Dockerfile", "FROM {{ base }}\n");
    repository.file("x/Dockerfile.j2", "{% if a %}\nFROM a\n{% endif %}\n");
    let answer = repository.scan(&["--host", "ltsc2022", "--format", "json"]);
    assert_eq!((answer.code, answer.json()["errors"].as_array().unwrap().len()), (0, 0), "{}", answer.err);
    // Those of a kind are one line.
    assert!(answer.err.contains("Dockerfile and 1 more like it left out: a template for Dockerfiles"), "{}", answer.err);
    assert!(
        answer.err.contains("chart/templates/a.yaml left out: ") && answer.err.contains("helm template chart"),
        "{}",
        answer.err
    );
}

#[test]
fn a_broken_pipeline_is_an_error_although_it_has_values_to_be_put_in() {
    let repository = Repository::new();
    repository.file(".github/workflows/a.yml", "on: push\njobs:\n  a:\n    runs-on: ${{ matrix.os }}\n   steps: [\n");
    repository.file("notes.yaml", "# {nothing}\n");
    repository.file("config.yaml", "a: {{ .Values.a }}\n b: {{ .Values.b }}\n");
    let answer = repository.scan(&["--host", "ltsc2022", "--format", "json"]);
    let errors = &answer.json()["errors"];
    assert_eq!((answer.code, errors.as_array().unwrap().len()), (2, 1), "{errors:?}");
    assert_eq!(errors[0]["location"]["file"], ".github/workflows/a.yml");
    assert!(answer.err.contains("config.yaml left out: a template") && !answer.err.contains("notes.yaml"), "{}", answer.err);
}

#[test]
fn a_windows_image_on_a_machine_of_another_system_can_run_nowhere() {
    let repository = Repository::new();
    let image = "mcr.microsoft.com/windows/nanoserver:ltsc2022";
    repository.file("azure-pipelines.yml", format!("pool: {{vmImage: ubuntu-22.04}}\ncontainer: {image}\n"));
    repository.file(
        "compose.yaml",
        format!("services:\n  a: {{image: '{image}', platform: linux/amd64}}\n  b: {{image: 'go:1', platform: linux/amd64}}\n"),
    );
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{nodeSelector: {{kubernetes.io/os: linux}}, containers: [{{name: a, image: '{image}'}}, {{name: b, image: go}}]}}\n"
    );
    repository.file("pod.yaml", pod);
    let (code, report) = repository.report(&["--host", "ltsc2022"]);
    let why = "invalid this container can run nowhere: the file gives it a machine or platform of another system, and the image is for Windows";
    let expected = ["azure-pipelines.yml:2", "compose.yaml:2", "pod.yaml:4"].map(|place| format!("{place} {why}"));
    assert_eq!((code, summary(&report).as_slice()), (2, &expected[..]));
    assert!(repository.asked().is_empty(), "{:?}", repository.asked());
}

/// GitHub's runner starts containers on Linux alone: an image that has an entry for it runs there.
#[test]
fn a_container_of_a_github_job_runs_on_linux_whatever_its_runner() {
    let mut linux = WindowsImage::of("").indexed("os", "linux").stated("os", "linux");
    for facts in [&mut linux.platform, &mut linux.config] {
        facts.as_object_mut().unwrap().remove("os.version");
    }
    let windows = WindowsImage::of("10.0.20348.1");
    let images = Images::default()
        .windows("app", "win", std::slice::from_ref(&windows))
        .windows("app", "both", &[windows, linux.clone()])
        .windows("app", "linux", &[linux]);
    let repository = Repository::with(images);
    let workflow = |machine: &str| {
        let job = |tag: &str| format!("  {tag}:\n    runs-on: {machine}\n    container: registry.test/app:{tag}\n");
        format!("on: push\njobs:\n{}{}{}", job("win"), job("both"), job("linux"))
    };
    for machine in ["self-hosted", "${{ inputs.os }}"] {
        repository.file(".github/workflows/a.yml", workflow(machine));
        let answer = repository.scan(&["--host", "ltsc2022", "--format", "json"]);
        let errors = summary(&answer.json());
        let [only] = errors.as_slice() else { panic!("{machine} {errors:?}") };
        assert!(only.starts_with(".github/workflows/a.yml:5 "), "{only}");
        assert!(
            only.contains("this container can run nowhere: GitHub's runner starts the containers of a job on Linux only"),
            "{only}"
        );
        assert_eq!(only.contains("whatever inputs.os is"), machine.contains("inputs"), "{only}");
        assert!(answer.err.contains("2 of 3 references left out"), "{}", answer.err);
    }
}

/// Another machine is no way out for a job of GitHub, so the advice does not depend on its machine.
#[test]
fn the_advice_for_a_container_of_a_github_job_is_the_same_on_every_machine() {
    let repository = Repository::new();
    let image = "mcr.microsoft.com/windows/nanoserver:ltsc2022";
    let error = |machine: &str| {
        let job = format!("on: push\njobs:\n  a:\n    runs-on: {machine}\n    container: {image}\n");
        repository.file(".github/workflows/a.yml", job);
        let answer = repository.scan(&["--offline", "--host", "ltsc2022", "--format", "json"]);
        let errors = answer.json()["errors"].clone();
        assert!(answer.code == 2 && errors.as_array().is_some_and(|errors| errors.len() == 1), "{machine} {errors:#}");
        (errors[0]["message"].clone(), errors[0]["hint"].clone())
    };
    let (message, hint) = error("ubuntu-latest");
    assert_eq!(hint, "run the container in a step of a job on Windows, with `docker run`");
    assert!(message.as_str().is_some_and(|text| text.contains("GitHub's runner starts the containers of a job on Linux only")));
    assert_eq!(hint, error("macos-15").1);
    assert_eq!(hint, error("[self-hosted, linux]").1);
}

#[test]
fn a_machine_of_microsofts_is_not_one_of_the_users() {
    let repository = Repository::new();
    let pipeline = |machine: &str| format!("pool: {{vmImage: {machine}}}\ncontainer: registry.test/app:ltsc2025\n");
    repository.file("azure-pipelines.yml", pipeline("windows-latest"));
    let (code, report) = repository.report(&["--host", "ltsc2022"]);
    assert_eq!((code, &report["results"][0]["host"]["release"]), (0, &"ltsc2025".into()));
    repository.file("azure-pipelines.yml", pipeline("windows-11-arm"));
    let (code, report) = repository.report(&["--host", "ltsc2025"]);
    let why = summary(&report);
    assert_eq!((code, why.len()), (2, 1));
    assert!(why[0].contains("unresolved the Windows of the machine `windows-11-arm` is not known"), "{why:?}");
}

#[test]
fn json_in_a_folder_is_read_where_it_is_a_manifest() {
    let repository = Repository::new();
    let pod =
        r#"{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "registry.test/app:ltsc2022"}]}}"#;
    repository.file("deploy/pod.json", pod);
    repository.file("package.json", r#"{"image": "registry.test/app:ltsc2025"}"#);
    let (code, report) = repository.report(&["--host", "ltsc2022"]);
    assert_eq!((code, summary(&report)), (0, vec!["deploy/pod.json:1 registry.test/app:ltsc2022 ltsc2022 true".to_owned()]));
}

#[test]
fn a_template_of_azure_among_the_files_is_not_said() {
    let repository = Repository::new();
    repository.file(
        "ci/azure-pipelines.yml",
        "jobs:\n- template: jobs.yml\n- template: /top/jobs.yml@self\n- template: jobs.yml@other\n- template: none.yml\n",
    );
    let job = "jobs:\n- {job: a, pool: {vmImage: windows-2022}, container: 'registry.test/app:ltsc2022'}\n";
    repository.file("ci/jobs.yml", job);
    repository.file("top/jobs.yml", job);
    let answer = repository.scan(&["--host", "ltsc2025"]);
    assert_eq!(answer.code, 0);
    let said: Vec<&str> = ["jobs.yml", "/top/jobs.yml@self", "jobs.yml@other", "none.yml"]
        .into_iter()
        .filter(|name| answer.err.contains(&format!("the template {name} is not among these files")))
        .collect();
    assert_eq!(said, ["jobs.yml@other", "none.yml"], "{}", answer.err);
}

/// What `glab ci config compile` prints.
#[test]
fn a_compiled_pipeline_of_gitlab_is_known_on_standard_input() {
    let repository = Repository::new();
    let mut command = repository.program.command();
    command.args(["scan", "--host", "ltsc2022", "--mirror", &format!("registry.test={}", repository.server.url("")), "-"]);
    let text = "stages: [a]\ndefault: {image: 'registry.test/app:ltsc2025'}\njob: {script: [x]}\n";
    assert_eq!(Answer::of(command.write_stdin(text)).code, 1);
}

#[test]
fn the_dockerfile_of_an_agent_of_jenkins_is_read_with_its_arguments() {
    let repository = Repository::new();
    let agent = "pipeline { agent { dockerfile { filename 'web.txt'; dir 'img'; additionalBuildArgs '--pull --build-arg TAG=ltsc2025' } } }\n";
    repository.file("Jenkinsfile", agent);
    repository.file("img/web.txt", "ARG TAG=ltsc2022\nFROM registry.test/app:$TAG\n");
    repository.file("img/other.txt", "FROM registry.test/app:ltsc2019\n");
    let expected = ["img/web.txt:2 registry.test/app:ltsc2025 ltsc2022 false".to_owned()];
    assert_eq!(summary(&repository.report(&["--host", "ltsc2022"]).1), expected);
    // The folder of the repository is one above the pipeline.
    repository.file("ci/Jenkinsfile", agent);
    std::fs::remove_file(repository.folder().join("Jenkinsfile")).unwrap();
    assert_eq!(summary(&repository.report(&["--host", "ltsc2022"]).1), expected);
}

/// A Windows image that is built for Linux runs nowhere, also where the same Dockerfile is built for Windows too.
#[test]
fn a_windows_image_that_is_built_for_another_system_runs_nowhere() {
    const WITHIN: &str = "target \"a\" {\n  platforms = [\"linux/amd64\"]\n  dockerfile-inline = \"FROM mcr.microsoft.com/windows/servercore:ltsc2022\"\n}\n";
    for (name, text, results) in [
        ("compose.yaml", "services:\n  a: {build: .}\n  b: {platform: linux/amd64, build: .}\n", 1),
        ("compose.yaml", "services:\n  a: {build: {context: ., platforms: [linux/amd64]}}\n", 0),
        ("docker-bake.hcl", "target \"a\" {\n  platforms = [\"linux/amd64\", \"windows/amd64\"]\n}\n", 1),
        ("docker-bake.hcl", WITHIN, 1),
    ] {
        let repository = Repository::new();
        repository.file(name, text);
        repository.file("Dockerfile", "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n");
        let (code, report) = repository.report(&["--host", "ltsc2022", "--offline"]);
        let errors: Vec<_> = report["errors"].as_array().unwrap().iter().map(|one| one["message"].as_str().unwrap()).collect();
        assert!(code == 2 && errors.len() == 1 && errors[0].contains("can run nowhere"), "{text}: {report:#}");
        assert_eq!(report["results"].as_array().unwrap().len(), results, "{text}");
    }
}

/// The sum counts images, and what is wrong with files beside them.
#[test]
fn a_file_that_cannot_be_read_is_not_counted_as_an_image() {
    let shop = Repository::new();
    shop.file("Dockerfile", "FROM registry.test/app:ltsc2022\n");
    shop.file("a.yaml", "a: [\n");
    for (more, expected) in [
        (None, "1 image on 1 host: 1 passed, 0 failed, 1 error in a file"),
        (Some(("b.yaml", "b: {\n")), "1 image on 1 host: 1 passed, 0 failed, 2 errors in files"),
        (
            Some(("compose.yaml", "services: {a: {image: 'registry.test/none:1'}}\n")),
            "2 images on 1 host: 1 passed, 0 failed, 1 not read, 2 errors in files",
        ),
    ] {
        if let Some((name, text)) = more {
            shop.file(name, text);
        }
        let answer = shop.scan(&["--host=ltsc2022"]);
        assert_eq!((answer.code, answer.out.lines().last()), (2, Some(expected)), "{answer:?}");
    }
    let page = shop.scan(&["--host=ltsc2022", "--format=html"]).out;
    assert!(page.contains("<b>1</b> not read</li>") && page.contains("<b>2</b> errors in files</li>"), "{page}");
}

/// The engine asks for the entry of the platform that the file names, and a container of another processor does not start.
#[test]
fn a_platform_names_the_processor_of_the_hosts() {
    for (name, text) in [
        ("compose.yaml", "services: {a: {image: 'registry.test/app:ltsc2022', platform: windows/arm64}}\n"),
        ("Dockerfile", "FROM --platform=windows/arm64 registry.test/app:ltsc2022\n"),
        ("compose.yaml", "services: {a: {build: {context: ., dockerfile: app.txt}, platform: windows/arm64}}\n"),
        ("compose.yaml", "services: {a: {build: {context: ., dockerfile: app.txt, platforms: [windows/arm64]}}}\n"),
        ("docker-bake.hcl", "target \"a\" {\n  dockerfile = \"app.txt\"\n  platforms = [\"windows/arm64\"]\n}\n"),
    ] {
        let shop = Repository::new();
        shop.file("app.txt", "FROM registry.test/app:ltsc2022\n");
        shop.file(name, text);
        let (code, report) = shop.report(&["--host=ltsc2022"]);
        let told = report["errors"][0]["message"].as_str().unwrap();
        assert!(code == 2 && told.contains("platform with the processor arm64"), "{name}: {report:#}");
        shop.file(name, text.replace("arm64", "amd64"));
        assert_eq!(shop.scan(&["--host=ltsc2022"]).code, 0, "{name}");
        // Of several hosts, those with the processor.
        let (code, report) = shop.report(&["--host=ltsc2022", "--host=win11-24h2,arm64"]);
        assert_eq!((code, report["results"].as_array().unwrap().len()), (0, 1), "{name}: {report:#}");
    }
}

/// Docker pulls an image that is older than the host, and takes files out of it without starting it; it does not pull a newer one.
#[test]
fn what_files_are_only_copied_from_may_be_older_than_its_host() {
    let shop = Repository::new();
    let base = "FROM registry.test/app:ltsc2022\n";
    for (name, text) in [
        ("copied", format!("{base}COPY --from=registry.test/app:ltsc2019 /x /y\n")),
        ("stage", format!("FROM registry.test/app:ltsc2019 AS files\n{base}COPY --from=files /x /y\n")),
        ("runs", format!("FROM registry.test/app:ltsc2019 AS files\nRUN x\n{base}COPY --from=files /x /y\n")),
        ("newer", format!("{base}COPY --from=registry.test/app:ltsc2025 /x /y\n")),
    ] {
        shop.file(format!("{name}/Dockerfile"), text);
        for arguments in [
            &["--host=ltsc2022", name][..],
            &["--host=ltsc2022", "--isolation=process", name],
            &["--host=ltsc2022,no-hyperv", name],
        ] {
            let answer = shop.scan(arguments);
            let passes = matches!(name, "copied" | "stage");
            assert_eq!(answer.code, i32::from(!passes), "{arguments:?}: {answer:?}");
            assert!(!passes || !answer.err.contains("yper-V") && !answer.out.contains("yper-V"), "{arguments:?}: {answer:?}");
        }
    }
}

#[test]
fn advice_about_isolation_is_for_what_builds_and_starts_the_image() {
    let shop = Repository::new();
    let base = "FROM registry.test/app:ltsc2019\n";
    shop.file("base/Dockerfile", format!("{base}RUN x\n"));
    shop.file("stage/Dockerfile", format!("FROM registry.test/app:ltsc2019 AS x\nRUN x\n{}", base.replace("2019", "2022")));
    shop.file("service/Dockerfile", base);
    shop.file("service/compose.yaml", "services: {web: {build: .}}\n");
    for name in ["built", "builder"] {
        let stage = if name == "builder" { "FROM registry.test/app:ltsc2022\n" } else { "" };
        shop.file(format!("{name}/Dockerfile"), format!("{base}RUN x\n{stage}"));
        shop.file(format!("{name}/compose.yaml"), "services: {web: {build: .}}\n");
    }
    shop.file("azure/azure-pipelines.yml", "jobs:\n- job: a\n  container: 'registry.test/app:ltsc2019'\n");
    shop.file("gitlab/.gitlab-ci.yml", "a: {script: x, image: 'registry.test/app:ltsc2019'}\n");
    shop.file("jenkins/Jenkinsfile", "pipeline { agent { docker { image 'registry.test/app:ltsc2019' } } }\n");
    for (name, advice) in [
        ("azure", "run the container with `options: --isolation=hyperv`"),
        ("gitlab", "below `[runners.docker]` in its config.toml"),
        ("jenkins", "run the container with `--isolation=hyperv` in its `args`"),
        ("base", "run `docker build` and `docker run` with `--isolation=hyperv`"),
        ("stage", "run `docker build --isolation=hyperv`"),
        ("service", "run the service with `isolation: hyperv`"),
        ("built", "run the service and its `build`, each with `isolation: hyperv`"),
        ("builder", "run the `build` of the service with `isolation: hyperv`"),
    ] {
        let answer = shop.scan(&["--host=ltsc2022", "--format=json", name]);
        assert_eq!(answer.code, 1, "{name}: {answer:?}");
        let help = answer.json()["results"][0]["findings"][0]["help"].to_string();
        assert!(help.contains(advice), "{name}: {help}");
    }
    // Which makes it pass, and less does not.
    let of_service = "services: {web: {build: ., isolation: hyperv}}\n";
    let of_build = "services: {web: {build: {context: ., isolation: hyperv}}}\n";
    let of_both = "services: {web: {build: {context: ., isolation: hyperv}, isolation: hyperv}}\n";
    for (name, compose, code) in [
        ("service", of_service, 0),
        ("service", of_build, 1),
        ("built", of_service, 1),
        ("built", of_build, 1),
        ("built", of_both, 0),
        ("builder", of_service, 1),
        ("builder", of_build, 0),
    ] {
        shop.file(format!("{name}/compose.yaml"), compose);
        assert_eq!(shop.scan(&["--host=ltsc2022", name]).code, code, "{name}: {compose}");
    }
    // What is left to do is said of the key that lacks it.
    for (compose, advice) in [
        (of_service, "run the `build` of the service with `isolation: hyperv`"),
        (of_build, "run the service with `isolation: hyperv`"),
    ] {
        shop.file("built/compose.yaml", compose);
        let answer = shop.scan(&["--host=ltsc2022", "--format=json", "built"]);
        let results = answer.json()["results"].as_array().cloned().unwrap_or_default();
        let failing: Vec<String> = results.iter().filter(|one| one["ok"] == false).map(ToString::to_string).collect();
        assert!(failing.len() == 1 && failing[0].contains(advice), "{failing:?}");
    }
}
