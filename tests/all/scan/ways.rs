//! `wincompat scan` by other ways to the same: folders, spellings of a path, several outputs, and options that meet.

use std::fs;

use super::Repository;
use crate::support::program::Answer;

const OLD: &str = "FROM registry.test/app:ltsc2019\n";
const HOST: &str = "--host=ltsc2022";

/// A repository with a Dockerfile in `sub`, and one beside it.
fn repository() -> Repository {
    let repository = Repository::new();
    repository.file("sub/Dockerfile", OLD);
    repository.file("Dockerfile", OLD);
    repository
}

/// The exit codes of scans of the folder `sub` and all of its ways.
fn codes_of_every_way(repository: &Repository, options: &[&str]) -> Vec<i32> {
    let (top, sub) = (repository.folder(), repository.folder().join("sub"));
    let whole = sub.to_str().unwrap().to_owned();
    [(&top, "sub"), (&top, "./sub"), (&top, "sub/../sub"), (&top, &*whole), (&sub, "."), (&sub, "../sub"), (&sub, "Dockerfile")]
        .into_iter()
        .map(|(folder, path)| repository.scan_in(folder, &[&[path], options].concat()).code)
        .collect()
}

#[test]
fn patterns_of_the_settings_are_seen_from_their_folder() {
    let shop = repository();
    shop.file("wincompat.toml", "host = [\"ltsc2022\"]\nexclude = [\"sub/**\"]\n");
    assert_eq!(codes_of_every_way(&shop, &[]), [0; 7]);
    // What is above is not what is below.
    assert_eq!(shop.scan(&["sub/.."]).code, 1);
    assert_eq!(shop.scan_in(&shop.folder().join("sub"), &[".."]).code, 1);
    let exception = |path: &str| format!("host = [\"ltsc2022\"]\n[[exception]]\npath = \"{path}\"\nreason = \"gone in May\"\n");
    shop.file("wincompat.toml", exception("sub/Dockerfile"));
    assert_eq!(codes_of_every_way(&shop, &[]), [0; 7]);
    shop.file("wincompat.toml", exception("Dockerfile"));
    assert_eq!(codes_of_every_way(&shop, &[]), [1; 7]);
    // One that is typed is seen from where it is typed.
    let sub = shop.folder().join("sub");
    assert_eq!(shop.scan_in(&sub, &[HOST, "--no-config", "--exclude=Dockerfile"]).code, 0);
    assert_eq!(shop.scan_in(&sub, &[HOST, "--no-config", "--exclude=sub/**"]).code, 1);
}

#[test]
fn a_path_that_does_not_exist_is_said_before_the_hosts() {
    let shop = repository();
    shop.file("wincompat.toml", "host = [\"ltsc2022\"]\n");
    let answer = shop.scan(&["gone"]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("there is no file or folder `gone`"), "{}", answer.err);
    // Nor is an image a file.
    let image = "mcr.microsoft.com/windows/nanoserver:ltsc2022";
    let answer = shop.scan(&[image]);
    assert!(answer.err.contains(&format!("hint: for an image, use `wincompat check {image}`")), "{}", answer.err);
}

#[test]
fn a_baseline_knows_a_failure_whatever_way_leads_to_it() {
    let shop = repository();
    fs::create_dir(shop.folder().join(".git")).unwrap();
    let known = shop.program.folder().join("known.json").to_str().unwrap().to_owned();
    let answer = shop.scan(&[HOST, "sub", &format!("--write-baseline={known}")]);
    assert!(answer.err.contains("1 failure is known from now on"), "{}", answer.err);
    assert_eq!(codes_of_every_way(&shop, &[HOST, &format!("--baseline={known}")]), [0; 7]);
    assert_eq!(shop.scan(&[HOST, "sub/..", &format!("--baseline={known}")]).code, 1);
}

#[test]
fn a_file_that_is_named_in_several_ways_is_judged_once() {
    let shop = repository();
    let whole = shop.folder().join("Dockerfile");
    let paths = ["Dockerfile", "./Dockerfile", "sub/../Dockerfile", whole.to_str().unwrap(), "."];
    let (_, report) = shop.report(&[&[HOST], &paths[..]].concat());
    assert_eq!(report["results"].as_array().unwrap().len(), 2, "{report:#}");
}

#[test]
fn a_patch_applies_in_the_folder_that_it_says() {
    let shop = repository();
    let (top, sub) = (shop.folder(), shop.folder().join("sub"));
    let headers =
        |out: &str| -> Vec<String> { out.lines().filter_map(|line| line.strip_prefix("+++ ").map(str::to_owned)).collect() };
    assert_eq!(headers(&shop.scan(&[HOST, "--diff"]).out), ["b/Dockerfile", "b/sub/Dockerfile"]);
    assert_eq!(headers(&shop.scan(&[HOST, "--diff", sub.to_str().unwrap()]).out), ["b/sub/Dockerfile"]);
    for path in ["..", top.to_str().unwrap()] {
        let answer = shop.scan_in(&sub, &[HOST, "--diff", path]);
        assert_eq!(headers(&answer.out), ["b/Dockerfile", "b/sub/Dockerfile"], "{path}");
        assert!(answer.err.contains("the patch is for the folder"), "{}", answer.err);
    }
}

#[test]
fn a_patch_goes_with_reports_in_files_and_not_with_another_format() {
    let shop = repository();
    let answer = shop.scan(&[HOST, "--diff", "-o", "out.json"]);
    assert!(answer.code == 1 && answer.out.starts_with("--- a/Dockerfile"), "{answer:?}");
    assert!(shop.text("out.json").contains("\"notOk\": 2"));
    let answer = shop.scan(&[HOST, "--diff", "--format=json"]);
    assert!(answer.code == 2 && answer.err.contains("cannot be used with"), "{answer:?}");
    // A variable counts where nothing is typed.
    let mut command = shop.program.command();
    command.current_dir(shop.folder()).env("WINCOMPAT_FORMAT", "json").args(["scan", HOST, "--diff"]);
    command.args(["--mirror", &format!("registry.test={}", shop.server.url(""))]);
    let answer = Answer::of(&mut command);
    assert!(answer.code == 1 && answer.out.starts_with("--- a/Dockerfile"), "{answer:?}");
}

#[test]
fn two_outputs_do_not_share_a_file_and_one_that_fails_stops_no_other() {
    let shop = repository();
    for outputs in [
        &["-o", "a.json", "-o", "sarif=sub/../a.json"][..],
        &["-o", "json=l", "--write-lock=l"],
        &["--write-lock=l", "--write-baseline=l"],
    ] {
        let answer = shop.scan(&[&[HOST], outputs].concat());
        assert!(answer.code == 2 && answer.err.contains("two answers are to be written into"), "{answer:?}");
    }
    assert!(shop.asked().is_empty(), "it is said before anything is read");
    let answer = shop.scan(&["--host=ltsc2019", "-o", "nowhere/a.json", "-o", "b.json"]);
    assert!(answer.code == 2 && answer.err.contains("nowhere/a.json"), "{answer:?}");
    assert!(shop.text("b.json").contains("wincompat/report/v1"));
}

#[test]
fn files_of_others_are_not_written_over() {
    let shop = repository();
    shop.file("notes", "of somebody\n");
    for option in ["--write-baseline=notes", "--write-lock=notes"] {
        let answer = shop.scan(&[HOST, option]);
        assert!(answer.code == 2 && answer.err.contains("was not written"), "{answer:?}");
        assert_eq!(shop.text("notes"), "of somebody\n");
    }
}

#[cfg(unix)]
#[test]
fn links_and_pipes_stay_what_they_are() {
    use std::os::unix::fs::FileTypeExt as _;
    let shop = repository();
    for (option, name) in [("--write-baseline", "known"), ("--write-lock", "lock"), ("--output", "json=report")] {
        let name = name.strip_prefix("json=").unwrap_or(name);
        let value = |file: &str| if option == "--output" { format!("{option}=json={file}") } else { format!("{option}={file}") };
        let (link, pipe) = (shop.folder().join(format!("{name}.link")), shop.folder().join(format!("{name}.pipe")));
        std::os::unix::fs::symlink(shop.folder().join(format!("{name}.real")), &link).unwrap();
        let answer = shop.scan(&[HOST, &value(&format!("{name}.link"))]);
        assert_eq!(answer.code, 1, "{answer:?}");
        assert!(link.symlink_metadata().unwrap().is_symlink(), "{name}");
        let written = shop.text(&format!("{name}.real"));
        assert!(written.starts_with('{') && written.contains("wincompat/"), "{written}");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        let answer = shop.scan(&[HOST, &value(&format!("{name}.pipe"))]);
        assert_eq!(answer.code, 1, "{answer:?}");
        assert!(reader.join().unwrap().contains("wincompat/"), "{name}");
        assert!(pipe.symlink_metadata().unwrap().file_type().is_fifo(), "{name}");
    }
}

/// A link that is named leads where the user says.
#[cfg(unix)]
#[test]
fn a_link_that_is_named_itself_is_read() {
    let shop = Repository::new();
    let real = shop.program.file("Elsewhere", OLD);
    std::os::unix::fs::symlink(real, shop.folder().join("Dockerfile")).unwrap();
    let (code, report) = shop.report(&[HOST, "Dockerfile"]);
    assert_eq!((code, report["errors"].as_array().unwrap().len()), (1, 0), "{report:#}");
}

#[test]
fn what_is_typed_counts_more_than_what_the_settings_say() {
    let shop = Repository::new();
    shop.file("compose.yaml", "services:\n  a: {image: 'registry.test/app:${TAG}'}\n");
    shop.file("typed.env", "TAG=ltsc2022\n");
    shop.file("other.env", "TAG=ltsc2025\n");
    let of = |options: &[&str]| {
        let (_, report) = shop.report(&[&[HOST], options].concat());
        report["results"][0]["image"]["reference"].as_str().unwrap().replace("registry.test/app:", "")
    };
    shop.file("wincompat.toml", "env-file = \"other.env\"\n[var]\nTAG = \"ltsc2019\"\n");
    assert_eq!(of(&[]), "ltsc2019");
    assert_eq!(of(&["--env-file=typed.env"]), "ltsc2022");
    assert_eq!(of(&["--env-file=typed.env", "--var=TAG=ltsc2025"]), "ltsc2025");
    assert_eq!(of(&["--var=TAG=ltsc2022"]), "ltsc2022");
}

/// An isolation in the settings is for files that ask for none; one that is typed is for all of them.
#[test]
fn a_file_that_asks_for_an_isolation_has_its_own() {
    let shop = Repository::new();
    let service = |name: &str, isolation: &str| format!("  {name}: {{image: 'registry.test/app:ltsc2019'{isolation}}}\n");
    let services = [("a", ""), ("b", ", isolation: process"), ("c", ", isolation: default"), ("d", ", isolation: hyperv")];
    let services: String = services.into_iter().map(|(name, isolation)| service(name, isolation)).collect();
    shop.file("compose.yaml", format!("services:\n{services}"));
    shop.file("wincompat.toml", "isolation = \"hyperv\"\n");
    let passes = |options: &[&str]| {
        let (_, report) = shop.report(&[&[HOST], options].concat());
        report["results"].as_array().unwrap().iter().map(|result| result["ok"] == true).collect::<Vec<_>>()
    };
    assert_eq!(passes(&[]), [true, false, false, true]);
    assert_eq!(passes(&["--isolation=hyperv"]), [true; 4]);
    assert_eq!(passes(&["--no-config"]), [false, false, false, true]);
    // What is advised is done in the file.
    let (_, report) = shop.report(&[HOST]);
    assert!(report["results"][1].to_string().contains("run the service with `isolation: hyperv`"), "{report}");
}

#[test]
fn an_answer_without_images_says_so() {
    let shop = Repository::new();
    shop.file("readme.txt", "nothing\n");
    let answer = shop.scan(&[HOST, "--next-host=ltsc2025", "--require-findings"]);
    assert!(answer.code == 2 && answer.err.contains("no image for Windows was found"), "{answer:?}");
    for (format, words) in [("markdown", "no image was found"), ("html", "No image was found")] {
        let answer = shop.scan(&[HOST, "--format", format]);
        assert!(answer.code == 0 && answer.out.contains(words), "{answer:?}");
    }
}

#[test]
fn verbose_shows_each_pass_with_all_its_findings() {
    let shop = Repository::new();
    shop.file("Dockerfile", "FROM registry.test/app:ltsc2022\n");
    shop.file("old/Dockerfile", format!("# wincompat: allow build-mismatch -- gone in May\n{OLD}"));
    let answer = shop.scan(&[HOST, "--verbose"]);
    let seen = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "at Dockerfile:1",
        "at old/Dockerfile:2",
        "accepted in the file: gone in May",
        "[build-mismatch]",
        "registry.test/app:ltsc2022",
    ] {
        assert!(seen.contains(words), "{words}: {}", answer.out);
    }
    assert!(!shop.scan(&[HOST]).out.contains("gone in May"));
}

/// Names of registries that no reference has would allow nothing.
#[test]
fn a_registry_that_can_never_match_is_refused() {
    let shop = repository();
    for name in ["https://registry.test", "registry.test/team", "*", "*.test", "", "registry"] {
        let answer = shop.scan(&[HOST, &format!("--allow-registry={name}")]);
        assert!(answer.code == 2 && answer.err.contains("the name of one registry"), "{name}: {answer:?}");
    }
    assert_eq!(shop.scan(&[HOST, "--allow-registry=Registry.Test,index.docker.io,localhost:5000"]).code, 1);
}
