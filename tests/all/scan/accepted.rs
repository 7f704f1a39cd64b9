//! What a team accepts in a scan: `wincompat.toml`, comments at the line, baselines and options.

use serde_json::{Value, json};

use super::Repository;
use crate::support::program::codes;
use crate::support::registry::images::Images;
use crate::support::registry::windows::WindowsImage;

/// A repository with these files.
fn with(files: &[(&str, &str)]) -> Repository {
    let of = WindowsImage::of;
    let images =
        Images::default().windows("team/old", "1", &[of("10.0.17763.1")]).windows("team/new", "1", &[of("10.0.20348.1")]);
    let repository = Repository::with(images);
    files.iter().for_each(|(name, text)| repository.file(name, text));
    repository
}

/// The exit code, the results and the warnings of a scan.
fn scanned(repository: &Repository, arguments: &[&str]) -> (i32, Vec<Value>, String) {
    let answer = repository.scan(&[arguments, &["--format=json"]].concat());
    (answer.code, answer.json()["results"].as_array().unwrap().clone(), answer.err)
}

const OLD: &str = "FROM registry.test/team/old:1\n";
const NEW: &str = "FROM registry.test/team/new:1\n";

#[test]
fn the_nearest_file_above_is_taken_and_options_count_more() {
    let shop = with(&[("deploy/Dockerfile", OLD), ("wincompat.toml", "host = [\"ltsc2022\"]\n")]);
    let (code, results, _) = scanned(&shop, &["deploy"]);
    assert_eq!((code, &results[0]["host"]["release"]), (1, &json!("ltsc2022")));
    let (code, results, _) = scanned(&shop, &["deploy", "--host=ltsc2019"]);
    assert_eq!((code, results.len(), &results[0]["host"]["release"]), (0, 1, &json!("ltsc2019")));
    let answer = shop.scan(&["--no-config", "deploy"]);
    // Without a file the only host is this machine, which is one on Windows alone.
    assert!(answer.code != 0 && !answer.out.contains("Windows Server 2022"), "{answer:?}");
    assert!(cfg!(windows) || answer.code == 2, "{answer:?}");
    shop.file("other.toml", "host = \"ltsc2019\"\n");
    assert_eq!(scanned(&shop, &["--config=other.toml", "deploy"]).0, 0);
}

#[test]
fn a_wrong_key_is_an_error_at_its_line() {
    let shop = with(&[("Dockerfile", OLD), ("wincompat.toml", "# hosts\nhots = \"ltsc2022\"\n")]);
    let answer = shop.scan(&[]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("line 2 of") && answer.err.contains("there is no key `hots`"), "{}", answer.err);
    assert!(answer.err.contains("hint: did you mean host?"), "{}", answer.err);
    // What a stranger's file must not say.
    for key in ["output", "insecure", "ca-file", "plain-http", "cache", "fix", "knowledge", "write-baseline"] {
        shop.file("wincompat.toml", format!("{key} = \"x\"\n"));
        assert!(shop.scan(&[]).err.contains(&format!("there is no key `{key}`")), "{key}");
    }
}

#[test]
fn exceptions_are_narrow_end_and_are_missed() {
    let exception =
        |more: &str| format!("host = \"ltsc2022\"\n[[exception]]\ncode = \"build-mismatch\"\nreason = \"gone in May\"\n{more}");
    let shop = with(&[("a/Dockerfile", OLD), ("b/Dockerfile", OLD), ("wincompat.toml", &exception(""))]);
    let (code, results, _) = scanned(&shop, &[]);
    assert_eq!((code, results.len()), (0, 2), "{results:#?}");
    assert!(codes(&results[0]).contains(&"accepted") && results[0]["ok"] == json!(true));
    shop.file("wincompat.toml", exception("path = \"a/*\"\nimage = \"registry.test/**\"\nhost = \"Windows Server*\"\n"));
    let (code, results, _) = scanned(&shop, &[]);
    assert_eq!((code, &results[0]["ok"], &results[1]["ok"]), (1, &json!(true), &json!(false)));
    shop.file("wincompat.toml", exception("until = 2020-01-31\n"));
    let (code, results, _) = scanned(&shop, &[]);
    assert!(code == 1 && codes(&results[0]).contains(&"exception-expired"), "{results:#?}");
    assert!(help_of(&results[0], "exception-expired").contains("a later day"), "{results:#?}");
    shop.file("wincompat.toml", exception("path = \"c/*\"\n"));
    let (code, _, err) = scanned(&shop, &[]);
    assert!(code == 1 && err.contains("the exception in line 2 of the configuration covers nothing: take it away"), "{err}");
    // It may be for what is not looked at now.
    let (code, _, err) = scanned(&shop, &["a"]);
    assert!(code == 1 && !err.contains("covers nothing"), "{err}");
    // What is accepted is no licence for more: another image still fails.
    shop.file("wincompat.toml", exception("image = \"registry.test/team/new:*\"\n"));
    assert_eq!(scanned(&shop, &[]).0, 1);
}

/// An exception is not needless where something else accepts the same failure.
#[test]
fn an_exception_covers_what_else_is_accepted_too() {
    let exception = |more: &str| format!("[[exception]]\ncode = \"build-mismatch\"\nreason = \"gone in May\"\n{more}");
    let shop = with(&[("Dockerfile", OLD), ("wincompat.toml", "host = \"ltsc2022\"\n")]);
    shop.scan(&["--write-baseline=known.json"]);
    for more in ["", "until = 2020-01-31\n"] {
        shop.file("wincompat.toml", exception(more));
        for option in ["--baseline=known.json", "--allow=build-mismatch", "--warn=build-mismatch"] {
            let (code, results, err) = scanned(&shop, &["--host=ltsc2022", option]);
            assert!(code == 0 && !err.contains("covers nothing"), "{more} {option} {results:#?} {err}");
        }
    }
    shop.file("wincompat.toml", exception("image = \"registry.test/team/new:*\"\n"));
    let (code, _, err) = scanned(&shop, &["--host=ltsc2022", "--baseline=known.json"]);
    assert!(code == 0 && err.contains("the exception in line 1 of the configuration covers nothing"), "{err}");
}

/// What to do about the finding of this code.
fn help_of<'r>(result: &'r Value, code: &str) -> &'r str {
    let findings = result["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["code"] == code).unwrap()["help"].as_str().unwrap()
}

#[test]
fn comments_accept_with_a_reason_alone() {
    let shop = with(&[("Dockerfile", &format!("# wincompat: allow build-mismatch -- gone in May\n{OLD}"))]);
    let (code, results, _) = scanned(&shop, &["--host=ltsc2022"]);
    assert!(code == 0 && codes(&results[0]).contains(&"accepted"), "{results:#?}");
    shop.file("Dockerfile", format!("# wincompat: allow build-mismatch\n{OLD}"));
    let (code, results, _) = scanned(&shop, &["--host=ltsc2022"]);
    assert!(code == 1 && codes(&results[0]).contains(&"exception-without-reason"), "{results:#?}");
    assert!(help_of(&results[0], "exception-without-reason").contains("allow CODE -- REASON"), "{results:#?}");
    shop.file("Dockerfile", format!("# wincompat: allow edition-home -- another\n{OLD}"));
    assert_eq!(scanned(&shop, &["--host=ltsc2022"]).0, 1);
    shop.file("Dockerfile", format!("# wincompat: allow build-mismach -- gone in May\n{OLD}"));
    let (code, _, err) = scanned(&shop, &["--host=ltsc2022"]);
    let told = "Dockerfile:2: the exception names `build-mismach`: no finding has this code; did you mean build-mismatch?";
    assert!(code == 1 && err.contains(told), "{err}");
}

#[test]
fn a_baseline_holds_what_was_known_and_nothing_new() {
    let shop = with(&[("Dockerfile", OLD)]);
    let (code, _, err) = scanned(&shop, &["--host=ltsc2022", "--write-baseline=known.json"]);
    assert!(code == 1 && err.contains("note: 1 failure is known"), "{err}");
    // It does not run, and no answer says that it does.
    for (format, told) in
        [("text", "1 passed (1 as an accepted failure)"), ("matrix", "acc  "), ("markdown", "✅ acc"), ("html", ">acc<")]
    {
        let answer = shop.scan(&["--host=ltsc2022", "--baseline=known.json", &format!("--format={format}")]);
        assert!(answer.code == 0 && answer.out.contains(told) && !answer.out.contains(": runs"), "{format}: {}", answer.out);
        assert!(format == "html" || answer.out.contains("1 passed (1 as an accepted failure)"), "{format}: {}", answer.out);
    }
    // Lines may move.
    shop.file("Dockerfile", format!("# more\n\n{OLD}"));
    let (code, results, _) = scanned(&shop, &["--host=ltsc2022", "--baseline=known.json"]);
    assert!(code == 0 && codes(&results[0]).contains(&"accepted"), "{results:#?}");
    shop.file("other/Dockerfile", OLD);
    assert_eq!(scanned(&shop, &["--host=ltsc2022", "--baseline=known.json"]).0, 1);
    assert_eq!(scanned(&shop, &["--host=ltsc2019", "--baseline=known.json"]).0, 0);
    // A new one holds what the old one knows too.
    shop.scan(&["--host=ltsc2022", "--baseline=known.json", "--write-baseline=known.json"]);
    assert_eq!(scanned(&shop, &["--host=ltsc2022", "--baseline=known.json"]).0, 0);
    let answer = shop.scan(&["--host=ltsc2022", "--baseline=Dockerfile"]);
    assert!(answer.code == 2 && answer.err.contains("--write-baseline"), "{answer:?}");
}

/// Labels may name the machines: the service gives the job to those alone, and no file says so.
#[test]
fn a_warning_is_accepted_as_a_failure_is() {
    let job = "a:\n  script: [x]\n  tags: [win2019]\n  image: registry.test/team/old:1\n";
    let hosts = ["--host=a=ltsc2019", "--host=b=ltsc2022"];
    let severity = |shop: &Repository, more: &[&str]| {
        let (code, results, err) = scanned(shop, &[&hosts[..], more].concat());
        assert!(code == 0 && results.len() == 1 && !err.contains("covers nothing"), "{results:#?} {err}");
        let findings = results[0]["findings"].as_array().unwrap();
        let one = findings.iter().find(|finding| finding["code"] == "job-fits-some-hosts").unwrap();
        (one["severity"].as_str().unwrap().to_owned(), one["message"].as_str().unwrap().to_owned(), codes(&results[0]).len())
    };
    let shop = with(&[(".gitlab-ci.yml", job)]);
    let (word, message, number) = severity(&shop, &[]);
    assert_eq!(word, "warning");
    let note = |why: &str| ("note".to_owned(), format!("{message}; {why}"), number);
    assert_eq!(severity(&shop, &["--allow=job-fits-some-hosts"]), note("accepted by the option allow"));
    shop.file(".gitlab-ci.yml", job.replace("  image", "  # wincompat: allow job-fits-some-hosts -- by tag\n  image"));
    assert_eq!(severity(&shop, &[]), note("accepted in the file: by tag"));
    shop.file(".gitlab-ci.yml", job.replace("  image", "  # wincompat: allow job-fits-some-hosts\n  image"));
    let (word, _, with_one_more) = severity(&shop, &[]);
    assert_eq!((word.as_str(), with_one_more), ("warning", number + 1));
    shop.file(".gitlab-ci.yml", job.replace("  image", "  # wincompat: allow build-mismatch -- another\n  image"));
    assert_eq!(severity(&shop, &[]).0, "warning");
    shop.file(".gitlab-ci.yml", job);
    let exception = "[[exception]]\ncode = \"job-fits-some-hosts\"\npath = \".gitlab-ci.yml\"\nreason = \"by tag\"\n";
    shop.file("wincompat.toml", exception);
    assert_eq!(severity(&shop, &[]), note("accepted: by tag"));
    assert_eq!(scanned(&shop, &[&hosts[..], &["--deny=job-fits-some-hosts"]].concat()).0, 0);
    // One that names no code is for failures.
    shop.file("wincompat.toml", "[[exception]]\npath = \".gitlab-ci.yml\"\nreason = \"by tag\"\n");
    let (_, results, err) = scanned(&shop, &hosts);
    assert!(results[0]["findings"].to_string().contains("\"warning\"") && err.contains("covers nothing"), "{results:#?} {err}");
}

#[test]
fn a_job_that_fits_no_host_is_accepted_at_its_lines() {
    let allow = "  # wincompat: allow build-fits-no-host -- on a cluster of two\n";
    let image = "  image: registry.test/team/old:1\n";
    let services = |allow: &str| format!("  services:\n{allow}  - registry.test/team/new:1\n");
    let hosts = ["--host=a=ltsc2019", "--host=b=ltsc2022"];
    let shop = with(&[(".gitlab-ci.yml", &format!("a:\n  script: [x]\n{image}{}", services("")))]);
    assert_eq!(scanned(&shop, &hosts).0, 1);
    shop.file(".gitlab-ci.yml", format!("a:\n  script: [x]\n{allow}{image}{}", services(allow)));
    let (code, results, _) = scanned(&shop, &hosts);
    assert!(code == 0 && results.iter().all(|one| codes(one).contains(&"accepted")), "{results:#?}");
}

/// Equal hosts are judged once, and each is known by its own name.
#[test]
fn equal_hosts_are_accepted_each_by_its_name() {
    let shop = with(&[("Dockerfile", OLD)]);
    let labels = |results: &[Value]| -> Vec<(String, bool)> {
        let one = |result: &Value| (result["host"]["label"].as_str().unwrap().to_owned(), result["ok"] == json!(true));
        results.iter().map(one).collect()
    };
    let hosts = ["--host=web=ltsc2022", "--host=db=ltsc2022", "--host=job=ltsc2022"];
    assert!(shop.scan(&hosts).out.contains("1 image on 3 hosts"));
    shop.scan(&["--host=web=ltsc2022", "--write-baseline=known.json"]);
    let (code, results, _) = scanned(&shop, &[&hosts[..], &["--baseline=known.json"]].concat());
    assert_eq!((code, labels(&results)), (1, vec![("web".into(), true), ("db and 1 more".into(), false)]));
    shop.scan(&[&hosts[..], &["--write-baseline=all.json"]].concat());
    assert_eq!(scanned(&shop, &["--host=db=ltsc2022", "--baseline=all.json"]).0, 0);
    let exception = |host: &str| format!("[[exception]]\nhost = \"{host}\"\nreason = \"gone in May\"\n");
    shop.file("wincompat.toml", exception("db"));
    let (code, results, _) = scanned(&shop, &hosts);
    assert_eq!((code, labels(&results)), (1, vec![("web and 1 more".into(), false), ("db".into(), true)]));
    shop.file("wincompat.toml", exception("*"));
    let (code, results, _) = scanned(&shop, &hosts);
    assert_eq!((code, labels(&results)), (0, vec![("web and 2 more".into(), true)]));
}

#[test]
fn a_misspelt_word_in_a_comment_is_named() {
    let shop = with(&[("Dockerfile", &format!("# wincompat: alow build-mismatch -- gone in May\n{OLD}"))]);
    let (code, _, err) = scanned(&shop, &["--host=ltsc2022"]);
    assert!(code == 1 && err.contains("Dockerfile:2: `alow` after `wincompat:` is not known"), "{err}");
}

#[test]
fn options_allow_warn_exclude_and_require() {
    let shop = with(&[("Dockerfile", OLD), ("new/Dockerfile", NEW)]);
    let (code, results, _) = scanned(&shop, &["--host=ltsc2022", "--warn=build-mismatch"]);
    let finding = &results[0]["findings"][0];
    assert_eq!((code, &finding["code"], &finding["severity"]), (0, &json!("build-mismatch"), &json!("warning")));
    assert_eq!(scanned(&shop, &["--host=ltsc2022", "--allow=build-mismatch"]).0, 0);
    assert_eq!(scanned(&shop, &["--host=ltsc2022", "--allow=edition-home"]).0, 1);
    assert_eq!(scanned(&shop, &["--host=ltsc2022", "--exclude=Dockerfile"]).0, 0);
    let answer = shop.scan(&["--host=ltsc2022", "--exclude=**/Dockerfile", "--require-findings"]);
    assert!(answer.code == 2 && answer.err.contains("no image for Windows was found"), "{answer:?}");
    assert_eq!(shop.scan(&["--host=ltsc2022", "--exclude=**/Dockerfile"]).code, 0);
}

/// A registry that is not allowed is not asked.
#[test]
fn only_registries_that_are_allowed_are_asked() {
    let shop = with(&[("Dockerfile", OLD)]);
    let answer = shop.scan(&["--host=ltsc2022", "--allow-registry=other.test", "--format=json"]);
    let report = answer.json();
    assert_eq!((answer.code, report["results"].as_array().unwrap().len()), (2, 0));
    assert!(report["errors"][0]["message"].as_str().unwrap().contains("registry.test is not among"), "{report:#}");
    assert_eq!(report["errors"][0]["location"]["line"], json!(1));
    assert!(shop.server.requests().is_empty());
    assert_eq!(shop.scan(&["--host=ltsc2022", "--allow-registry=registry.test"]).code, 1);
}
