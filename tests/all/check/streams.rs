//! The answer on stdout, all else on stderr; colour only where it is wanted; a pipe that closes early.

use std::process::{Command, Stdio};

use super::{Answer, Images, Shop, shop};
use crate::support::registry::images::OCI_INDEX;
use crate::support::registry::windows::{WindowsImage, index_bytes};
use crate::support::registry::{Reply, Server};
use crate::support::started::started;

const ON_2022: &str = "--host=windows-server-2022";
const GOOD: &str = "registry.test/app:ltsc2022";
const INCOMPATIBLE: &str = "registry.test/app:ltsc2025";
const MISSING: &str = "registry.test/app:no-such-tag";

#[test]
fn the_answer_is_on_stdout_whatever_it_is() {
    let shop = Shop::of(shop());
    for image in [GOOD, INCOMPATIBLE, MISSING] {
        for format in ["table", "json"] {
            let answer = shop.check(&[ON_2022, "--format", format, image]);
            assert!(answer.out.contains(image), "{image} as {format}");
            assert!(answer.out.ends_with('\n'));
            // A failure has a line in the log where the answer is for programs.
            let lines = if format == "json" && image != GOOD { 1 } else { 0 };
            assert_eq!(answer.err.lines().count(), lines, "{image} as {format}: {}", answer.err);
            assert!(answer.err.lines().all(|line| line.contains(image)), "{}", answer.err);
        }
    }
}

#[test]
fn help_and_version_are_answers() {
    let shop = Shop::of(shop());
    let answer = shop.check(&["--help"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    for promise in ["--host", "--isolation", "--from", "Exit codes: 0 all images can run", "wincompat check --offline"] {
        assert!(answer.out.contains(promise), "{promise}");
    }
    let answer = Answer::of(shop.program.command().arg("--version"));
    assert_eq!((answer.code, answer.out), (0, format!("wincompat {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let shop = Shop::of(shop());
    let coloured = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = shop.program.check(&shop.server.url(""));
        let answer = Answer::of(command.args([ON_2022, GOOD, MISSING]).args(arguments).envs(variables.iter().copied()));
        let usage = Answer::of(shop.program.command().arg("no-such-command").envs(variables.iter().copied()));
        let escapes = [&answer.out, &answer.err, &usage.err].map(|text| text.contains('\u{1b}'));
        (escapes[0] || escapes[1], escapes[2])
    };
    let force = ("CLICOLOR_FORCE", "1");
    assert_eq!(coloured(&[], &[]), (false, false), "pipes are no terminals");
    assert_eq!(coloured(&[("CI", "true")], &[]), (false, false));
    assert_eq!(coloured(&[force], &[]), (true, true));
    assert_eq!(coloured(&[force, ("NO_COLOR", "1")], &[]), (false, false));
    assert!(!coloured(&[force], &["--format=json"]).0, "JSON has none at all");
}

/// The exit code stays what it is: a gate does not open because nobody reads to the end.
#[test]
fn a_closed_pipe_is_no_error() {
    let shop = Shop::of(shop());
    for (image, code) in [(GOOD, 0), (INCOMPATIBLE, 1), (MISSING, 2)] {
        for format in ["table", "json"] {
            let mut child = started(|| {
                Command::new(shop.program.command().get_program())
                    .args(["check", "--no-cache", ON_2022, "--format", format, image])
                    .args(["--mirror", &format!("registry.test={}", shop.server.url(""))])
                    .env_remove("WINCOMPAT_CACHE")
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
            });
            drop(child.stdout.take());
            let output = child.wait_with_output().unwrap();
            let lines = usize::from(format == "json" && code != 0);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(said.lines().count(), lines, "{image} as {format}: {said}");
            assert_eq!(output.status.code(), Some(code), "{image} as {format}");
        }
    }
}

/// The answer is there all the same, and an image that fails still counts more than the file.
#[test]
fn a_report_that_cannot_be_written_hides_no_answer() {
    let shop = Shop::of(shop());
    let nowhere = format!("json={}", shop.program.folder().join("no-such-folder").join("report").display());
    for (image, code) in [(GOOD, 2), (INCOMPATIBLE, 1), (MISSING, 2)] {
        let answer = shop.check(&[ON_2022, "--output", &nowhere, image]);
        assert_eq!(answer.code, code, "{image}: {answer:?}");
        assert!(answer.out.contains(image), "{answer:?}");
        assert!(answer.err.contains("error: the report cannot be written to") && answer.err.contains("\nhint: "), "{answer:?}");
    }
}

#[test]
fn what_a_registry_wants_to_be_known_is_passed_on() {
    let index = index_bytes(&[WindowsImage::of("10.0.20348.1")]);
    let warning = ("warning", r#"299 - "this registry moves in June""#);
    let server = Server::start(move |_| Reply::new(200, &[("content-type", OCI_INDEX), warning], &index));
    let shop = Shop { server, ..Shop::of(Images::default()) };
    let answer = shop.check(&[ON_2022, "--no-confirm", GOOD]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.starts_with("warning: "), "{answer:?}");
    assert!(answer.err.contains("this registry moves in June"), "{answer:?}");
}
