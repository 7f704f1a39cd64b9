//! `wincompat scan --changed-since`: the files of a pull request, asked of a real git.

use std::process::Command;

use serde_json::Value;

use super::Repository;

/// Git in the folder that is scanned; false where there is none.
fn git(repository: &Repository, arguments: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.current_dir(repository.folder()).args([
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@t.test",
        "-c",
        "core.autocrlf=false",
    ]);
    match command.args(arguments).output() {
        Ok(output) => {
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            true
        }
        Err(_) => {
            eprintln!("skipped: there is no git");
            false
        }
    }
}

/// A repository with a commit on `main` that holds these files.
fn committed(files: &[(&str, &str)]) -> Option<Repository> {
    let repository = Repository::new();
    files.iter().for_each(|(name, text)| repository.file(name, text));
    let is_there = git(&repository, &["init", "--quiet", "--initial-branch=main"]) && commit(&repository);
    is_there.then_some(repository)
}

fn commit(repository: &Repository) -> bool {
    git(repository, &["add", "--all"]) && git(repository, &["commit", "--quiet", "--message=x"])
}

const OLD: &str = "FROM registry.test/app:ltsc2019\n";

/// The places that a scan for Windows Server 2022 since this revision answers with.
fn places(repository: &Repository, since: &str) -> Vec<String> {
    let (_, report) = repository.report(&["--host=ltsc2022", "--changed-since", since]);
    let place = |one: &Value| format!("{}:{}", one["location"]["file"].as_str().unwrap(), one["location"]["line"]);
    report["results"].as_array().unwrap().iter().map(place).collect()
}

#[test]
fn what_changed_or_is_new_is_judged_and_nothing_else() {
    let Some(shop) = committed(&[("a/Dockerfile", OLD), ("b c/Dockerfile", OLD), ("\u{e9}/Dockerfile", OLD)]) else { return };
    assert_eq!(places(&shop, "HEAD"), [""; 0]);
    shop.file("b c/Dockerfile", format!("# one more line\n{OLD}"));
    shop.file("new/Dockerfile", OLD);
    shop.file("\u{e9}/Dockerfile", format!("{OLD}RUN x\n"));
    assert_eq!(places(&shop, "HEAD"), ["b c/Dockerfile:2", "new/Dockerfile:1", "\u{e9}/Dockerfile:1"]);
    // Also from within the repository, and for files by name.
    let answer =
        shop.scan_in(&shop.folder().join("a"), &["--host=ltsc2022", "--changed-since=HEAD", "../a", "../new/Dockerfile"]);
    assert!(answer.code == 1 && answer.out.contains("new/Dockerfile:1") && !answer.out.contains("a/Dockerfile:1"), "{answer:?}");
}

#[test]
fn a_branch_is_compared_with_where_it_parted() {
    let Some(shop) = committed(&[("a/Dockerfile", OLD), ("b/Dockerfile", OLD)]) else { return };
    git(&shop, &["checkout", "--quiet", "-b", "topic"]);
    shop.file("a/Dockerfile", format!("# topic\n{OLD}"));
    commit(&shop);
    git(&shop, &["checkout", "--quiet", "main"]);
    shop.file("b/Dockerfile", format!("# main\n{OLD}"));
    commit(&shop);
    git(&shop, &["checkout", "--quiet", "topic"]);
    assert_eq!(places(&shop, "main"), ["a/Dockerfile:2"]);
}

#[test]
fn values_of_unchanged_files_count_and_a_changed_value_does_too() {
    let compose = "services:\n  a: {image: 'registry.test/app:${TAG}'}\n  b: {build: {context: img, args: [TAG]}}\n";
    let Some(shop) = committed(&[
        (".env", "TAG=ltsc2019\n"),
        ("compose.yaml", compose),
        ("img/Dockerfile", "ARG TAG\nFROM registry.test/app:${TAG}\n"),
        ("k/kustomization.yaml", "resources: [web.yaml]\nimages: [{name: app, newName: registry.test/app, newTag: ltsc2019}]\n"),
        ("k/web.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: app}]}\n"),
    ]) else {
        return;
    };
    shop.file("img/Dockerfile", "# x\nARG TAG\nFROM registry.test/app:${TAG}\n");
    assert_eq!(places(&shop, "HEAD"), ["img/Dockerfile:3"]);
    commit(&shop);
    shop.file(".env", "TAG=ltsc2022\n");
    assert_eq!(places(&shop, "HEAD"), ["compose.yaml:2", "img/Dockerfile:3"]);
    commit(&shop);
    shop.file("k/web.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: d, image: app}]}\n");
    assert_eq!(places(&shop, "HEAD"), ["k/kustomization.yaml:2"]);
    commit(&shop);
    // What is true of every file changed.
    shop.file("wincompat.toml", "host = \"ltsc2022\"\n");
    assert_eq!(shop.report(&["--changed-since=HEAD"]).1["results"].as_array().unwrap().len(), 3);
}

const COMPOSE: &str = "services: {a: {image: 'registry.test/app:${TAG:-ltsc2019}'}}\n";

#[test]
fn a_file_that_is_gone_counts_for_its_folder_and_for_what_rests_on_it() {
    let fine = "services: {a: {image: 'registry.test/app:ltsc2022'}}\n";
    let bake =
        "variable \"TAG\" { default = \"ltsc2019\" }\ntarget \"default\" {\n  context = \"img\"\n  args = { TAG = TAG }\n}\n";
    let Some(shop) = committed(&[
        ("env/.env", "TAG=ltsc2022\n"),
        ("env/compose.yaml", COMPOSE),
        ("over/compose.yaml", COMPOSE),
        ("over/compose.override.yaml", fine),
        ("inc/compose.yaml", "include: [sub/compose.yaml]\nservices: {x: {image: 'registry.test/app:ltsc2022'}}\n"),
        ("inc/sub/compose.yaml", COMPOSE),
        ("inc/sub/.env", "TAG=ltsc2022\n"),
        ("bake/docker-bake.hcl", bake),
        ("bake/docker-bake.override.hcl", "target \"default\" {\n  args = { TAG = \"ltsc2022\" }\n}\n"),
        ("bake/img/Dockerfile", "ARG TAG\nFROM registry.test/app:${TAG}\n"),
        ("other/Dockerfile", OLD),
    ]) else {
        return;
    };
    for (gone, expected) in [
        ("env/.env", "env/compose.yaml:1"),
        ("over/compose.override.yaml", "over/compose.yaml:1"),
        ("inc/sub/.env", "inc/sub/compose.yaml:1"),
        ("bake/docker-bake.override.hcl", "bake/img/Dockerfile:2"),
    ] {
        std::fs::remove_file(shop.folder().join(gone)).unwrap();
        let places = places(&shop, "HEAD");
        assert!(places.iter().any(|place| place == expected), "{gone}: {places:?}");
        assert!(!places.iter().any(|place| place == "other/Dockerfile:1"), "{gone}: {places:?}");
        git(&shop, &["checkout", "--quiet", "--", "."]);
    }
    // A new name is one that is gone, and one that is new.
    git(&shop, &["mv", "over/compose.override.yaml", "over/x.txt"]);
    assert_eq!(places(&shop, "HEAD"), ["over/compose.yaml:1"]);
}

/// What a file built that is gone is built by nobody now: references to it are judged in another way.
#[test]
fn a_file_that_is_gone_counts_for_the_images_that_it_built() {
    let own = "FROM registry.test/app:ltsc2019 AS own\nFROM registry.test/";
    let service =
        |image: &str| format!("services:\n  x: {{image: '{image}', build: {{context: ., dockerfile_inline: FROM scratch}}}}\n");
    let Some(shop) = committed(&[
        ("bake/docker-bake.hcl", "target \"default\" {\n  tags = [\"registry.test/baked:1\"]\n}\n"),
        ("open/docker-bake.hcl", "target \"default\" {\n  tags = [\"${NAME}/open:${TAG}\"]\n}\n"),
        ("compose/compose.yaml", service("registry.test/composed:1").as_str()),
        ("ci/jobs/Jenkinsfile", "node('windows') { docker.build('registry.test/piped:1') }\n"),
        ("a/Dockerfile", format!("{own}baked:1\n").as_str()),
        ("b/Dockerfile", format!("{own}open:2\n").as_str()),
        ("c/Dockerfile", format!("{own}composed:1\n").as_str()),
        ("d/Dockerfile", format!("{own}piped:1\n").as_str()),
    ]) else {
        return;
    };
    for (gone, expected) in [
        ("bake/docker-bake.hcl", "a/Dockerfile:1"),
        ("open/docker-bake.hcl", "b/Dockerfile:1"),
        ("compose/compose.yaml", "c/Dockerfile:1"),
        ("ci/jobs/Jenkinsfile", "d/Dockerfile:1"),
    ] {
        std::fs::remove_file(shop.folder().join(gone)).unwrap();
        assert_eq!(places(&shop, "HEAD"), [expected], "{gone}");
        git(&shop, &["checkout", "--quiet", "--", "."]);
    }
}

/// The Dockerfile of a pipeline may have any name, and stand at the top of the repository or in a folder that went with it.
#[test]
fn a_dockerfile_of_a_pipeline_that_is_gone_counts_for_the_pipeline() {
    let pipeline = |dockerfile: &str| {
        format!(
            "pipeline {{\n  agent none\n  stages {{\n    stage('a') {{ agent {{ dockerfile {{ {dockerfile} }} }} }}\n    \
             stage('b') {{ agent {{ docker {{ image 'registry.test/app:ltsc2019' }} }} }}\n  }}\n}}\n"
        )
    };
    for (dockerfile, at) in [("filename 'Win.df'", "Win.df"), ("filename 'Win.df'\n dir 'img'", "img/Win.df")] {
        let pipeline = pipeline(dockerfile);
        let files = [("ci/Jenkinsfile", pipeline.as_str()), (at, OLD), ("other/Dockerfile", OLD)];
        let Some(shop) = committed(&files) else { return };
        std::fs::remove_file(shop.folder().join(at)).unwrap();
        if at.starts_with("img/") {
            std::fs::remove_dir(shop.folder().join("img")).unwrap();
        }
        let places = places(&shop, "HEAD");
        assert!(places.iter().all(|place| place.starts_with("ci/Jenkinsfile:")) && !places.is_empty(), "{at}: {places:?}");
    }
}

#[test]
fn a_file_that_no_scan_reads_counts_for_nothing_when_it_is_gone() {
    let Some(shop) = committed(&[
        ("a/Dockerfile", OLD),
        ("a/README.md", "x\n"),
        ("a/main.go", "x\n"),
        ("a/LICENSE", "x\n"),
        (
            "b/compose.yaml",
            "services:\n  x: {build: {context: ., dockerfile: web.txt}}\n  y: {image: 'registry.test/app:ltsc2019'}\n",
        ),
        ("b/web.txt", OLD),
    ]) else {
        return;
    };
    for name in ["README.md", "main.go", "LICENSE"] {
        std::fs::remove_file(shop.folder().join("a").join(name)).unwrap();
    }
    assert_eq!(places(&shop, "HEAD"), [""; 0]);
    // One that another file names counts whatever it is called.
    std::fs::remove_file(shop.folder().join("b/web.txt")).unwrap();
    assert_eq!(places(&shop, "HEAD"), ["b/compose.yaml:3"]);
}

#[test]
fn what_may_have_been_about_every_file_counts_for_all_when_it_is_gone() {
    let pod =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: 'registry.test/app:ltsc2019'}]}\n";
    let Some(shop) = committed(&[
        ("k/base/kustomization.yaml", "resources: [p.yaml]\n"),
        ("k/base/p.yaml", pod),
        ("k/ov/kustomization.yaml", "resources: [../base]\nimages: [{name: registry.test/app, newTag: ltsc2022}]\n"),
        ("sub/Dockerfile", OLD),
        ("sub/.wincompatignore", "x\n"),
        ("wincompat.toml", "allow = [\"build-mismatch\"]\n"),
    ]) else {
        return;
    };
    for gone in ["k/ov/kustomization.yaml", "wincompat.toml", "sub/.wincompatignore"] {
        std::fs::remove_file(shop.folder().join(gone)).unwrap();
        assert_eq!(places(&shop, "HEAD").len(), 2, "{gone}");
        git(&shop, &["checkout", "--quiet", "--", "."]);
    }
}

#[test]
fn a_pod_changes_with_its_runtime_class() {
    let class = |number: &str| {
        format!(
            "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {{name: w}}\nhandler: h\nscheduling: {{nodeSelector: {{gen: '{number}'}}}}\n"
        )
    };
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {runtimeClassName: w, containers: [{name: c, image: 'registry.test/app:ltsc2019'}]}\n";
    let Some(shop) = committed(&[("classes/rc.yaml", class("19").as_str()), ("pods/pod.yaml", pod), ("other/Dockerfile", OLD)])
    else {
        return;
    };
    shop.file("classes/rc.yaml", class("22"));
    assert_eq!(places(&shop, "HEAD"), ["pods/pod.yaml:4"]);
    std::fs::remove_file(shop.folder().join("classes/rc.yaml")).unwrap();
    assert_eq!(places(&shop, "HEAD"), ["pods/pod.yaml:4"]);
}

#[test]
fn every_file_is_judged_when_what_it_is_judged_by_changed() {
    let Some(shop) = committed(&[
        ("a/Dockerfile", OLD),
        ("hosts.txt", "ltsc2019\n"),
        ("fleet/web.txt", "10.0.17763.1\n"),
        ("values.env", "TAG=1\n"),
        ("baseline.json", "{\"schema\": \"wincompat/baseline/v1\", \"failures\": [\"x\"]}\n"),
    ]) else {
        return;
    };
    let number = |options: &[&str]| {
        let (_, report) = shop.report(&[&["--changed-since=HEAD"], options].concat());
        report["results"].as_array().unwrap().len()
    };
    for (file, text, options) in [
        ("hosts.txt", "ltsc2022\n", &["--hosts=hosts.txt"][..]),
        ("fleet/web.txt", "10.0.20348.1\n", &["--hosts=fleet"]),
        ("fleet/web.txt", "10.0.20348.1\n", &["--host=web=@fleet/web.txt"]),
        ("values.env", "TAG=2\n", &["--host=ltsc2022", "--env-file=values.env"]),
        (
            "baseline.json",
            "{\"schema\": \"wincompat/baseline/v1\", \"failures\": []}\n",
            &["--host=ltsc2022", "--baseline=baseline.json"],
        ),
    ] {
        assert_eq!(number(options), 0, "{options:?}");
        shop.file(file, text);
        assert_eq!(number(options), 1, "{options:?}");
        git(&shop, &["checkout", "--quiet", "--", "."]);
    }
}

#[test]
fn what_is_not_a_revision_is_an_error_and_never_an_option() {
    let Some(shop) = committed(&[("Dockerfile", OLD)]) else { return };
    for (revision, why) in [
        ("--output=stolen", "is not a revision of git"),
        ("-p", "is not a revision of git"),
        ("a\nb", "is not a revision of git"),
        ("nowhere", "git does not know the revision `nowhere`"),
        ("HEAD:Dockerfile", "git does not know the revision"),
        ("main..main", "git does not know the revision"),
        ("", "git does not know the revision"),
    ] {
        let answer = shop.scan(&["--host=ltsc2022", &format!("--changed-since={revision}")]);
        assert!(answer.code == 2 && answer.err.contains(why) && answer.err.contains("hint:"), "{revision}: {answer:?}");
        assert!(shop.asked().is_empty(), "{revision}");
    }
    assert!(!shop.folder().join("stolen").exists());
    let answer = shop.scan(&["--host=ltsc2022", "--changed-since=HEAD", "--require-findings"]);
    assert!(answer.code == 0 && answer.err.contains("in files that changed since HEAD"), "{answer:?}");
}

#[test]
fn without_a_repository_or_git_it_says_so() {
    let shop = Repository::new();
    shop.file("Dockerfile", OLD);
    let mut command = shop.program.command();
    command.current_dir(shop.folder()).args(["scan", "--host=ltsc2022", "--changed-since=HEAD"]).env("PATH", "");
    let answer = crate::support::program::Answer::of(&mut command);
    assert!(answer.code == 2 && answer.err.contains("git could not be started"), "{answer:?}");
    if Command::new("git").arg("--version").output().is_ok() {
        let answer = shop.scan(&["--host=ltsc2022", "--changed-since=HEAD"]);
        assert!(answer.code == 2 && answer.err.contains("is not in a work tree of git"), "{answer:?}");
    }
}
