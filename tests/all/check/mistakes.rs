//! What people type, name or have lying around by mistake: each ends with exit code 2 and something to do.

use std::ffi::OsString;
use std::fs;

use serde_json::json;

use super::{Shop, shop};
use crate::support::program::{Answer, Program};
use crate::support::registry::{Reply, Server};

const IMAGE: &str = "mcr.microsoft.com/windows/nanoserver:ltsc2022";

#[test]
fn files_that_are_not_what_they_should_be_are_named_with_what_to_do() {
    let program = Program::new();
    let folder = program.folder().to_str().unwrap().to_owned();
    let empty = program.file("empty", "");
    let half = program.file("half-utf16", b"\xff\xfeW\x00\x00\xd8\xff");
    let large = program.file("large", vec![0; (16 << 20) + 1]);
    for (option, file, hint) in [
        ("--host", format!("@{empty}"), "reg query"),
        ("--host", format!("@{half}"), "reg query"),
        ("--host", format!("@{folder}"), "reg query"),
        ("--host", "@no-such-file".to_owned(), "reg query"),
        ("--from", folder.clone(), "one image a line"),
        ("--from", "no-such-file".to_owned(), "one image a line"),
        ("--from", large.clone(), "one image a line"),
        ("--from", half.clone(), "one image a line"),
        ("--knowledge", empty.clone(), "built in"),
        ("--knowledge", folder.clone(), "built in"),
        ("--knowledge", "no-such-file".to_owned(), "built in"),
        ("--knowledge", large.clone(), "built in"),
    ] {
        for format in ["table", "json"] {
            let mut command = program.command();
            command.args(["check", "--offline", "--format", format, option, &file]);
            if option != "--host" {
                command.args(["--host", "ltsc2022"]);
            }
            let answer = Answer::of(command.arg(IMAGE));
            assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{option} {file}");
            let said = answer.err.lines().next().unwrap_or_default();
            // Long names are cut.
            let name: String = file.trim_start_matches('@').chars().take(40).collect();
            assert!(said.starts_with("error: ") && said.contains(&name), "{option} {file}: {}", answer.err);
            let last = answer.err.lines().last().unwrap_or_default();
            assert!(last.starts_with("hint: ") && last.contains(hint), "{option} {file}: {}", answer.err);
        }
    }
}

#[test]
fn folders_and_files_that_are_no_images_say_how_images_are_made() {
    let program = Program::new();
    let inside = |name: &str| program.folder().join(name);
    fs::create_dir_all(inside("bare")).unwrap();
    for (name, index) in [("empty-index", "{}"), ("deep", &*"[".repeat(100_000)), ("text", "hello")] {
        fs::create_dir_all(inside(name)).unwrap();
        fs::write(inside(name).join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        fs::write(inside(name).join("index.json"), index).unwrap();
    }
    fs::create_dir_all(inside("folder-index/index.json")).unwrap();
    fs::write(inside("folder-index/oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    program.file("empty.tar", "");
    program.file("text.tar", "hello");
    for (form, name, hint) in [
        ("oci", "bare", "oci:DIR"),
        ("oci", "nothing", "oci:DIR"),
        ("oci", "empty-index", "oci:DIR"),
        ("oci", "deep", "oci:DIR"),
        ("oci", "text", "oci:DIR"),
        ("oci", "folder-index", "oci:DIR"),
        ("oci", "empty.tar", "oci-archive:"),
        ("oci-archive", "bare", "type oci:"),
        ("oci-archive", "nothing", "oci-archive:FILE"),
        ("oci-archive", "empty.tar", "oci-archive:FILE"),
        ("oci-archive", "text.tar", "oci-archive:FILE"),
        ("docker-archive", "empty.tar", "docker save"),
        ("docker-archive", "text.tar", "docker save"),
    ] {
        let reference = format!("{form}:{}", inside(name).display());
        let answer = Answer::of(program.command().args(["check", "--host=ltsc2022", "--format=json", &reference]));
        let report = answer.json();
        assert_eq!((answer.code, report["results"].as_array().map(Vec::len)), (2, Some(0)), "{reference}");
        let hint_found = report["errors"][0]["hint"].as_str().unwrap_or_default();
        assert!(hint_found.contains(hint), "{reference}: {}", report["errors"][0]);
    }
}

/// Reading one would wait for a writer that never comes, or never end.
#[cfg(unix)]
#[test]
fn pipes_and_devices_within_a_layout_are_not_opened() {
    let program = Program::new();
    let layout = program.folder().join("layout");
    fs::create_dir_all(layout.join("blobs/sha256")).unwrap();
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let reference = format!("oci:{}", layout.display());
    let refused = |what: &str| {
        let started = std::time::Instant::now();
        let answer = Answer::of(program.command().args(["check", "--host=ltsc2022", "--format=json", &reference]));
        assert_eq!(answer.code, 2, "{what}");
        let message = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("not a regular file"), "{what}: {message}");
        assert!(started.elapsed().as_secs() < 60, "{what}");
    };
    let pipe = |path: &std::path::Path| {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let index = layout.join("index.json");
    std::os::unix::fs::symlink("/dev/zero", &index).unwrap();
    refused("a link to a device");
    fs::remove_file(&index).unwrap();
    pipe(&index);
    refused("a pipe");
    fs::remove_file(&index).unwrap();
    let digest = "a".repeat(64);
    let entry = format!(r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{digest}","size":7}}"#);
    fs::write(&index, format!(r#"{{"schemaVersion":2,"manifests":[{entry}]}}"#)).unwrap();
    pipe(&layout.join("blobs/sha256").join(digest));
    refused("a pipe for a blob");
}

#[test]
fn mistyped_options_say_what_was_meant() {
    let program = Program::new();
    for (arguments, said) in [
        (&["--deny", "waring"][..], "did you mean warnings?"),
        (&["--deny", "build-mismach"], "did you mean build-mismatch?"),
        (&["--isolation", "proces"], "a similar value exists: 'process'"),
        (&["-f", "JSON"], "a similar value exists: 'json'"),
        (&["--HOST", "ltsc2022"], "a similar argument exists: '--host'"),
        (&["—isolation", "process"], "did you mean --isolation? two hyphens stand before it, not a dash"),
        (&["--engine", "k8s"], "did you mean kubernetes?"),
        (&["--engine", "dockr"], "did you mean docker?"),
        (&["--mirror", "mcr.microsoft.com"], "expected REGISTRY=URL"),
        (&["--mirror", "nonsense=http://127.0.0.1:5000"], "e.g. mcr.microsoft.com=http://127.0.0.1:5000"),
        (&["--mirror", "mcr.microsoft.com=http://127.0.0.1:5000/?a=b"], "expected REGISTRY=URL"),
        (&["--timeout", "0"], "0 is not in 1..=86400"),
        (&["--host", ""], "hint: give a version"),
        (&["--host", "windows-server-2023"], "did you mean --host windows-server-2025 or windows-server-2022?"),
        (&["--host", "server-of-web"], "hint: give a version"),
        (&["--host", "ltsc2022,nohyperv"], "did you mean no-hyperv?"),
        (&["--host", "'ltsc2022'"], "did you mean --host ltsc2022?"),
        (&["--host", "%HOST%"], "a variable or placeholder in it was not replaced by its value"),
    ] {
        let answer = Answer::of(program.command().args(["check", "--offline", IMAGE]).args(arguments));
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{arguments:?}");
        assert!(answer.err.starts_with("error: ") && answer.err.contains(said), "{arguments:?}: {}", answer.err);
    }
}

#[test]
fn commands_of_other_tools_are_answered_and_none_that_removes_is_named() {
    let program = Program::new();
    for (arguments, said) in [
        (&["login"][..], "hint: use docker login"),
        (&["push", "app:1"], "hint: wincompat does not write to registries"),
        (&["rules"], "hint: use wincompat explain --list"),
        (&["list", "images"], "wincompat images"),
        (&["system", "prune"], "hint: use wincompat host"),
        (&["chekc", IMAGE], "hint: a similar subcommand exists: 'check'"),
        (&["cluster", "chekc"], "hint: a similar subcommand exists: 'check'"),
        (&["verison"], "hint: a similar subcommand exists: 'version'"),
        (&["rnu", IMAGE], "hint: a similar subcommand exists: 'run'"),
        (&["scan", "--vra", "A=1"], "hint: a similar argument exists: '--var'"),
        // A colon and an @ in a sentence are no password.
        (&["check", "--engine=docker@27:3", IMAGE], "`27:3` is not a version; write three numbers, as in docker@27.3.1"),
    ] {
        let answer = Answer::of(program.command().args(arguments));
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{arguments:?}");
        assert!(answer.err.starts_with("error: ") && answer.err.contains(said), "{arguments:?}: {}", answer.err);
        assert!(!answer.err.contains("'prune'") && !answer.err.contains("'logs'"), "{arguments:?}: {}", answer.err);
    }
    // The table is about the program's own commands.
    let answer = Answer::of(program.command().args(["cluster", "list"]));
    assert!(answer.code == 2 && !answer.err.contains("explain --list"), "{}", answer.err);
}

#[test]
fn arguments_that_are_missing_or_too_many_are_answered() {
    let program = Program::new();
    for (arguments, code, said) in [
        (&["check"][..], 2, "hint: name an image, e.g. `wincompat check "),
        (&["pull"], 2, "hint: name an image, e.g. mcr.microsoft.com/windows/nanoserver:ltsc2022"),
        (&["run"], 125, "hint: name an image, e.g. mcr.microsoft.com/windows/nanoserver:ltsc2022"),
        (&["rmi"], 2, "`wincompat images` lists those in the store"),
        (&["rm"], 2, "`wincompat ps -a` lists all of them"),
        (&["inspect"], 2, "`wincompat ps -a` lists all of them"),
        (&["explain"], 2, "`wincompat explain --list` shows everything that is known"),
        (&["completions"], 2, "hint: name a shell: bash, "),
        (&["man"], 2, "hint: name a folder that exists"),
        (&["webhook", "serve"], 2, "hint: name a certificate with --tls-cert and --tls-key, or a Secret with --tls-secret"),
        (&["logs", "web", "db"], 2, "hint: name one container at a time"),
        (&["pull", IMAGE, IMAGE], 2, "hint: pull one image at a time"),
        (&["ps", "web"], 2, "`wincompat inspect CONTAINER` shows one container"),
        (&["version", "1"], 2, "hint: leave it out"),
    ] {
        let answer = Answer::of(program.command().args(arguments));
        assert_eq!((answer.code, answer.out.as_str()), (code, ""), "{arguments:?}");
        assert!(answer.err.starts_with("error: ") && answer.err.contains(said), "{arguments:?}: {}", answer.err);
    }
}

/// The letters would be short options: `-h` for help, with exit code 0, as if all images could run.
#[test]
fn long_options_with_one_hyphen_are_refused() {
    let program = Program::new();
    for (arguments, option, code) in [
        (&["check", "-host", "ltsc2022", IMAGE][..], "--host", 2),
        (&["check", "-hosts", "fleet.txt", IMAGE], "--hosts", 2),
        (&["check", "--offline", "-isolation", "process", IMAGE], "--isolation", 2),
        (&["check", "-offline", IMAGE], "--offline", 2),
        (&["check", "-format", "json", IMAGE], "--format", 2),
        (&["check", "-from", "images.txt"], "--from", 2),
        (&["check", "-h", "ltsc2022", IMAGE], "--host", 2),
        (&["scan", "-host", "ltsc2022", "."], "--host", 2),
        (&["engines", "-host", "ltsc2022", IMAGE], "--host", 2),
        (&["run", "-h", "web", IMAGE], "--hostname", 125),
        (&["run", "-hostname", "web", IMAGE], "--hostname", 125),
        (&["exec", "-env", "A=1", "web", "cmd"], "--env", 125),
    ] {
        let answer = Answer::of(program.command().args(arguments));
        assert_eq!((answer.code, answer.out.as_str()), (code, ""), "{arguments:?}");
        assert!(
            answer.err.starts_with("error: ") && answer.err.contains(&format!("hint: did you mean {option}?")),
            "{}",
            answer.err
        );
        let usage = answer.err.lines().find(|line| line.starts_with("Usage: ")).unwrap();
        assert!(usage.starts_with(&format!("Usage: wincompat {} ", arguments[0])), "{arguments:?}: {usage}");
    }
    for arguments in [&["check", "-h"][..], &["run", "-h"], &["check", "-help"], &["run", "--rm", "-h"]] {
        let answer = Answer::of(program.command().args(arguments));
        assert!(answer.code == 0 && answer.out.contains("Usage: wincompat"), "{arguments:?}: {answer:?}");
    }
}

#[test]
fn a_variable_at_fault_is_named() {
    let program = Program::new();
    for (variable, value) in [("WINCOMPAT_ISOLATION", "sandbox"), ("WINCOMPAT_ENGINE", "podman")] {
        let answer = Answer::of(program.command().env(variable, value).args(["check", "--host=ltsc2022", "--offline", IMAGE]));
        assert_eq!(answer.code, 2, "{variable}={value}");
        assert!(answer.err.contains(&format!("hint: it was not typed but is in the variable {variable}")), "{}", answer.err);
    }
    // A variable that is set and empty says nothing: pipelines have many of those.
    for variable in ["WINCOMPAT_ISOLATION", "WINCOMPAT_CACHE", "WINCOMPAT_ENGINE"] {
        let answer = Answer::of(program.command().env(variable, "").args(["check", "--host=ltsc2022", "--offline", IMAGE]));
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{variable}");
    }
    let typed = ["check", "--host=ltsc2022", "--offline", "--isolation=sandbox", IMAGE];
    let answer = Answer::of(program.command().env("WINCOMPAT_ISOLATION", "process").args(typed));
    assert!(answer.code == 2 && !answer.err.contains("variable"), "{}", answer.err);
    // Nor is a short option a variable's.
    for typed in [&["check", "-f", "words", IMAGE][..], &["check", "-fwords", IMAGE], &["run", "-m", "100", IMAGE]] {
        let answer = Answer::of(program.command().args(typed));
        assert!(answer.code > 1 && answer.err.contains("invalid value"), "{typed:?}: {}", answer.err);
        assert!(!answer.err.contains("variable"), "{typed:?}: {}", answer.err);
    }
}

/// On Windows lone surrogates reach a program too.
#[test]
fn an_argument_that_is_no_text_is_said_to_be_none() {
    #[cfg(unix)]
    let argument: OsString = std::os::unix::ffi::OsStringExt::from_vec(b"app\xff".to_vec());
    #[cfg(windows)]
    let argument: OsString = std::os::windows::ffi::OsStringExt::from_wide(&[0x61, 0xd800]);
    let answer = Answer::of(Program::new().command().args(["check", "--host=ltsc2022", "--offline"]).arg(argument));
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert!(answer.err.contains("is not valid Unicode: type it again"), "{}", answer.err);
}

#[test]
fn a_registry_that_is_not_there_is_said_to_be_not_there() {
    let program = Program::new();
    let answer = Answer::of(program.check("http://127.0.0.1:1").args(["--host=ltsc2022", "--format=json", IMAGE]));
    let error = &answer.json()["errors"][0];
    assert_eq!((answer.code, error["kind"].as_str()), (2, Some("network")));
    assert!(error["hint"].as_str().unwrap_or_default().contains("HTTPS_PROXY"), "{error}");
}

#[test]
fn a_proxy_that_is_not_there_is_named_with_its_variable() {
    for variable in ["HTTPS_PROXY", "ALL_PROXY"] {
        let program = Program::new();
        let arguments = ["check", "--host=ltsc2022", "--format=json", "registry.test/app:1"];
        let answer = Answer::of(program.command().env(variable, "http://user:secret@127.0.0.1:1").args(arguments));
        let error = &answer.json()["errors"][0];
        assert_eq!((answer.code, error["kind"].as_str()), (2, Some("network")));
        let expected = format!("cannot connect to the proxy 127.0.0.1:1 (from {variable}) on the way to registry.test");
        assert!(error["message"].as_str().unwrap().contains(&expected), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("--offline"), "{error}");
        assert!(!answer.out.contains("secret") && !answer.err.contains("secret"), "{answer:?}");
    }
}

#[test]
fn a_server_without_a_proxy_is_not_asked_through_one() {
    let proxy = Server::start(|_| Reply::nothing());
    let asked_with = |list: &str| {
        let before = proxy.requests().len();
        let arguments = ["check", "--no-cache", "--host=ltsc2022", "r.invalid/app:1"];
        let program = Program::new();
        let answer = Answer::of(program.command().env("HTTPS_PROXY", proxy.url("")).env("NO_PROXY", list).args(arguments));
        assert_eq!(answer.code, 2, "{answer:?}");
        proxy.requests().len() - before
    };
    for list in ["r.invalid:443", "*.invalid", "other.test, R.Invalid"] {
        assert_eq!(asked_with(list), 0, "{list}");
    }
    assert!(asked_with("r.invalid:5000") > 0);
}

#[test]
fn a_proxy_is_not_left_out_in_a_program_of_a_web_server() {
    let program = Program::new();
    let arguments = ["check", "--host=ltsc2022", "--format=json", "registry.test/app:1"];
    let variables = [("HTTP_PROXY", "http://127.0.0.1:1"), ("REQUEST_METHOD", "GET")];
    let answer = Answer::of(program.command().envs(variables).args(arguments));
    let error = &answer.json()["errors"][0];
    assert!(error["message"].as_str().unwrap().contains("HTTP_PROXY is not used where REQUEST_METHOD is set"), "{error}");
    assert_eq!((answer.code, error["hint"].as_str().unwrap().starts_with("unset REQUEST_METHOD")), (2, true));
}

#[test]
fn an_image_that_is_not_there_is_named_once() {
    let shop = Shop::of(shop());
    let image = "registry.test/app:1.44";
    let expected = format!("{image} was not found on {} (404 MANIFEST_UNKNOWN)", shop.server.name());
    let json = shop.check(&["--host=ltsc2022", "--format=json", image]);
    let error = &json.json()["errors"][0];
    assert_eq!((json.code, &error["message"], &error["kind"]), (2, &json!(expected), &json!("not-found")));
    assert_eq!(json.err, format!("ERROR {expected}\n"));
    let text = shop.check(&["--host=ltsc2022", image]).out;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("ERROR {expected} hint: check the spelling")), "{text}");
    assert_eq!(words.matches(image).count(), 1, "{text}");
}

#[test]
fn a_password_before_a_name_is_not_printed() {
    let program = Program::new();
    for format in ["table", "json", "junit", "github"] {
        for typed in ["bob:hunter2@127.0.0.1:5077/app:1", "https://bob:hunter2@r.test/app:1", "bob:hunter2@$R/app"] {
            let answer = Answer::of(program.command().args(["check", "--offline", "--host=ltsc2022", "--format", format, typed]));
            assert_eq!(answer.code, 2, "{format} {typed}: {}", answer.err);
            assert!(!answer.out.contains("hunter2") && !answer.err.contains("hunter2"), "{format}: {}{}", answer.out, answer.err);
        }
    }
}

/// Whatever it is typed for by mistake: messages end in logs.
#[test]
fn a_password_in_an_argument_is_printed_nowhere() {
    let program = Program::new();
    let typed = [
        "bob:hunter2@registry/app",
        "https://bob:hunter2@r.test/app",
        "https://hunter2@r.test",
        "web=bob:hunter2@registry",
        "bob:hunter2,hunter2=hunter2@r.test",
        "bob:hunter2 hunter2@r.example.com/app:1",
        "bob:hunter2 hunter2@registry/app",
        "bob:hunter2\"hunter2@r.example.com/app",
        "bob:hunter2'hunter2@r.example.com/app",
    ];
    let lines = [
        "TYPED",
        "check --offline --host=ltsc2022 TYPED",
        "check --offline --host=TYPED app:1",
        "check --offline --host=ltsc2022,TYPED app:1",
        "check --offline --hosts=TYPED app:1",
        "check --offline --host=ltsc2022 --from=TYPED",
        "check --offline --host=ltsc2022 --insecure=TYPED app:1",
        "check --offline --host=ltsc2022 --mirror=TYPED app:1",
        "check --offline --host=ltsc2022 --mirror=r.test=TYPED app:1",
        "check --offline --host=ltsc2022 --engine=TYPED app:1",
        "check --offline --host=ltsc2022 --isolation=TYPED app:1",
        "check --offline --host=ltsc2022 --deny=TYPED app:1",
        "check --offline --host=ltsc2022 --timeout=TYPED app:1",
        "check --offline --host=ltsc2022 --knowledge=TYPED app:1",
        "check --offline --host=ltsc2022 --TYPED app:1",
        "check --offline --host=ltsc2022 --nonsense=TYPED app:1",
        "host TYPED",
        "host --host=TYPED",
        "explain TYPED",
        "explain --format=json TYPED",
        "engines --pause=TYPED app:1",
        "scan --host=ltsc2022 TYPED",
        "scan --host=TYPED .",
        "scan --host=ltsc2022 --var=TYPED .",
        "scan --host=ltsc2022 --env-file=TYPED .",
        "scan --host=ltsc2022 --fleet=TYPED .",
        "cluster check --context=TYPED",
        "run TYPED",
        "run -v=TYPED app:1",
        "run -p=TYPED app:1",
        "run --memory=TYPED app:1",
        "pull TYPED",
        "logs TYPED",
        "rmi TYPED",
        "inspect TYPED",
    ];
    let is_shown = |answer: &Answer| answer.out.contains("hunter2") || answer.err.contains("hunter2");
    for typed in typed {
        for line in lines {
            let arguments = line.split(' ').map(|word| word.replace("TYPED", typed));
            let answer = Answer::of(program.command().current_dir(program.folder()).args(arguments));
            assert!(!is_shown(&answer), "{line} {typed}: {}{}", answer.out, answer.err);
        }
        for variable in ["WINCOMPAT_HOST", "WINCOMPAT_INSECURE", "WINCOMPAT_ENGINE", "WINCOMPAT_ISOLATION", "WINCOMPAT_TIMEOUT"] {
            let mut command = program.command();
            let answer = Answer::of(command.args(["check", "--offline", "app:1"]).env(variable, typed));
            assert!(!is_shown(&answer), "{variable}={typed}: {}{}", answer.out, answer.err);
        }
    }
}

#[test]
fn a_registry_that_is_not_verified_is_named_in_each_run() {
    let shop = Shop::of(shop());
    let image = "registry.test/app:ltsc2022";
    let answer = shop.check(&["--host=ltsc2022", "--insecure=r.test:5000", "--insecure=S.test", image]);
    assert_eq!(answer.code, 0);
    for registry in ["r.test:5000", "s.test"] {
        assert!(answer.err.contains(&format!("warning: the certificate of {registry} is not verified")), "{}", answer.err);
    }
    let refused = shop.check(&["--insecure", "https://r.test", image]);
    assert!(refused.code == 2 && refused.err.contains("expected HOST[:PORT]"), "{}", refused.err);
}

/// A line of ten megabytes is no reference, and is not printed in full.
#[test]
fn what_is_far_too_long_is_shown_cut() {
    let program = Program::new();
    let list = program.file("long.txt", "x".repeat(10 << 20));
    let answer = Answer::of(program.command().args(["check", "--host=ltsc2022", "--offline", "--from", &list]));
    assert_eq!(answer.code, 2);
    assert!(answer.out.len() < 2000 && answer.out.contains("more than any reference"), "{} bytes", answer.out.len());
}

/// Whatever fails, the last thing that is said is what to do.
#[test]
fn every_error_has_a_hint() {
    let program = Program::new();
    let root = program.folder().join("store").to_str().unwrap().to_owned();
    let nothing = program.file("nothing", "");
    let layout = program.folder().join("layout");
    fs::create_dir_all(&layout).unwrap();
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
    let newer = format!("oci:{}", layout.display());
    let xz = program.file("image.tar.xz", b"\xfd7zXZ\0\0\x04");
    let xz = format!("docker-archive:{xz}");
    let no_list = format!("--env-file={root}/none");
    let unsaved = format!("--knowledge={nothing}");
    let host = |text: &'static str| ["host", text];
    let commands: [&[&str]; 45] = [
        &[],
        &["no-such-command"],
        &["check"],
        &["check", "--no-such-option", IMAGE],
        &["check", "--isolation=vm", IMAGE],
        &["check", "--isolation=process", "--untrusted", "--host=ltsc2022", IMAGE],
        &["check", "--deny=nonsense", "--host=ltsc2022", IMAGE],
        &["check", "--format=xml", IMAGE],
        &["check", "--timeout=0", IMAGE],
        &["check", "--mirror=nowhere", IMAGE],
        &["check", "--host=ltsc2022", "--ca-file=no-such-file", "registry.test/x:1"],
        &["check", "--host=ltsc2022", "--offline", "--from=no-such-file"],
        &["check", "--host=ltsc2022", "--offline", "--from", &nothing],
        &["check", "--host=ltsc2022", "--offline", &unsaved, IMAGE],
        &["check", "--host=ltsc2022", "--offline", "registry.test/x:1"],
        &["check", "--host=ltsc2022", "--offline", "x y"],
        &["check", "--host=ltsc2022", "--offline", ""],
        &["check", "--host=ltsc2022", "--offline", &newer],
        &["check", "--host=ltsc2022", "--offline", &xz],
        &host("--host="),
        &host("--host=nonsense"),
        &host("--host=22h2"),
        &host("--host=-2022"),
        &host("--host=@"),
        &host("--host=@no-such-file"),
        &host("--host=20348,client,server"),
        &host("--host=20348,hyperv,no-hyperv"),
        &host("--host=all,server,arm64"),
        &host("--host=10.0.20348 10.0.17763"),
        &["explain", "nonsense"],
        &["run", "--dry-run", "--offline", "--host=ltsc2022", "x y"],
        &["run", "--dry-run", "--offline", "--host=ltsc2022", "registry.test/x:1"],
        &["run", "--isolation=host-process", IMAGE],
        &["run", "--host=ltsc2022", IMAGE],
        &["run", "-d", "-t", IMAGE],
        &["run", "--dry-run", "-p=nonsense", IMAGE],
        &["run", "--dry-run", "--host=ltsc2022", &no_list, IMAGE],
        &["run", "--dry-run", "--host=ltsc2022", "-e", "=", IMAGE],
        &["pull", "--offline", "registry.test/x:1"],
        &["pull", "--offline", "oci:folder"],
        &["logs", "nobody"],
        &["inspect", "nobody"],
        &["rm", "nobody"],
        &["rmi", "nothing"],
        &["wait", "nobody"],
    ];
    for arguments in commands {
        let answer = Answer::of(program.command().args(arguments).env("WINCOMPAT_ROOT", &root));
        assert!(answer.code != 0, "{arguments:?}: {answer:?}");
        let (out, err) = (&answer.out, &answer.err);
        // Without a command the whole help is printed; a report has its errors on standard output.
        let has_hint = [out, err].iter().any(|text| text.contains("hint: ") || text.contains("  hint")) || arguments.is_empty();
        assert!(has_hint, "{arguments:?}: {out}{err}");
        // Every error of several has one.
        assert!(err.matches("error: ").count() <= err.matches("hint: ").count() || arguments.is_empty(), "{arguments:?}: {err}");
    }
}

/// Reading one would wait for a writer that never comes.
#[cfg(unix)]
#[test]
fn files_of_arguments_that_are_pipes_are_refused_at_once() {
    let program = Program::new();
    let pipe = program.folder().join("pipe").to_str().unwrap().to_owned();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let host = format!("--host=@{pipe}");
    for arguments in [
        &["check", "--offline", &host, IMAGE][..],
        &["check", "--offline", "--host=ltsc2022", "--from", &pipe],
        &["check", "--offline", "--host=ltsc2022", "--knowledge", &pipe, IMAGE],
        &["run", "--dry-run", "--offline", "--host=ltsc2022", "--env-file", &pipe, IMAGE],
        &["host", &host],
    ] {
        let answer = Answer::of(program.command().timeout(std::time::Duration::from_secs(60)).args(arguments));
        assert!(answer.code > 1 && answer.err.contains("it is not a regular file"), "{arguments:?}: {answer:?}");
        assert!(answer.err.contains("\nhint: "), "{arguments:?}: {answer:?}");
    }
    let answer = Answer::of(program.command().timeout(std::time::Duration::from_secs(60)).args(["host", "--hosts", &pipe]));
    assert!(answer.err.contains("on standard input with --hosts -"), "{answer:?}");
}

/// What would not fit into memory is refused before anything is read.
#[test]
fn too_many_pairs_are_refused() {
    let program = Program::new();
    let list = program.file("list", (0..1001).map(|number| format!("registry.test/app:{number}\n")).collect::<String>());
    let hosts: Vec<String> = (1..=100).map(|revision| format!("--host=10.0.20348.{revision}")).collect();
    let answer = Answer::of(program.command().args(["check", "--offline", "--from", &list]).args(&hosts));
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert!(answer.err.contains("1001 images on 100 hosts") && answer.err.contains("at most 100000"), "{}", answer.err);
}

/// The value of an option that needs none stands behind `=`; with a blank it would be an image called `6`.
#[test]
fn a_value_behind_a_blank_is_named_with_its_form() {
    let program = Program::new();
    for (arguments, hint) in [
        (&["check", "--offline", "--host", "ltsc2022", "--fresh", "6", IMAGE][..], "--fresh=6"),
        (&["check", "--offline", "--host", "ltsc2022", IMAGE, "--fresh", "6"], "--fresh=6"),
        (&["scan", "--host", "ltsc2022", "--fresh", "6"], "--fresh=6"),
        (&["prune", "--cache", "folder"], "--cache=folder"),
    ] {
        let answer = Answer::of(program.command().args(arguments));
        assert_eq!(answer.code, 2, "{answer:?}");
        assert!(answer.err.contains("hint: ") && answer.err.contains(hint), "{arguments:?}: {}", answer.err);
        let usage = answer.err.lines().find(|line| line.starts_with("Usage: ")).unwrap();
        assert!(usage.contains(&format!(" {} [OPTIONS]", arguments[0])), "{arguments:?}: {usage}");
    }
    // A folder of this name is scanned.
    std::fs::create_dir(program.folder().join("6")).unwrap();
    let answer = Answer::of(program.command().args(["scan", "--host", "ltsc2022", "--fresh", "6"]).current_dir(program.folder()));
    assert_eq!(answer.code, 0, "{answer:?}");
}
