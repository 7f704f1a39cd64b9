//! What people see: the help of every command, and the tables of `check` and `host` in their usual cases.
//!
//! The committed text is in `snapshots/`; `INSTA_UPDATE=always cargo test --test all snapshots::` writes it anew. Output is 80
//! columns wide here, and help 100.

use std::collections::BTreeSet;
use std::path::Path;

use clap::CommandFactory as _;
use wincompat::host::Hypervisor;

use crate::check::{Shop, shop};
use crate::host_command::{hosts, machine, printed};
use crate::support::program::{Answer, Program};

/// The help of a command, e.g. of `check`, or of the program.
fn help(command: Option<&str>) -> String {
    let program = Program::new();
    let answer = Answer::of(program.command().env_remove("WINCOMPAT_CACHE").env("COLUMNS", "100").args(command).arg("--help"));
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{command:?}");
    assert!(answer.out.lines().all(|line| line.chars().count() <= 100), "{}", answer.out);
    // Windows' name of the program.
    answer.out.replace("wincompat.exe", "wincompat")
}

#[test]
fn the_help_of_every_command() {
    let all = help(None);
    let (commands, _) = all.split_once("\nOptions:\n").unwrap();
    // A line that goes on below another is indented further.
    let listed = commands.lines().filter(|line| !line.starts_with("   "));
    let commands = listed.filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    let commands: BTreeSet<&str> = commands.filter(|command| *command != "help").collect();
    let every = wincompat::internals::cli::Cli::command().get_subcommands().filter(|command| !command.is_hide_set()).count();
    assert_eq!(commands.len(), every, "a command stands under no heading: {commands:?}");
    insta::assert_snapshot!("help", &all);
    for command in &commands {
        insta::assert_snapshot!(format!("help-{command}"), help(Some(command)));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/snapshots");
    let files = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let committed: Vec<String> = files.filter(|file| file.contains("help-") && file.ends_with(".snap")).collect();
    assert_eq!(committed.len(), commands.len(), "a command is gone, and its help is still there: {committed:?}");
}

/// What stands behind the options in the help of this command and of those below it, each with its words.
fn texts_behind(command: &clap::Command, words: &[&str], texts: &mut Vec<(Vec<String>, String)>) {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    texts.push((words.iter().map(|word| (*word).to_owned()).collect(), text));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        texts_behind(below, &[words, &[below.get_name()]].concat(), texts);
    }
}

/// A command that is broken over two lines is two commands where it is pasted. A terminal has 80 columns or more.
#[test]
fn commands_in_the_help_are_one_line_each() {
    let mut texts = Vec::new();
    texts_behind(&wincompat::internals::cli::command(), &[], &mut texts);
    let program = Program::new();
    let mut commands = 0;
    for (words, text) in texts {
        let answer = Answer::of(program.command().env("COLUMNS", "80").args(&words).arg("--help"));
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{words:?}");
        assert!(answer.out.lines().all(|line| line.chars().count() <= 80), "{words:?}: {}", answer.out);
        let examples: Vec<&str> = text.lines().filter(|line| line.starts_with("  ")).collect();
        for example in &examples {
            assert!(example.chars().count() <= 80, "{words:?}: {example}");
            assert!(!example.ends_with(['\\', '`', '^']), "{words:?}: {example}");
            assert!(answer.out.lines().any(|line| line == *example), "{example} in:\n{}", answer.out);
        }
        for line in answer.out.lines().filter(|line| line.starts_with("  wincompat ")) {
            assert!(examples.contains(&line), "{words:?}: {line}");
        }
        // What is to be typed stands on a line of its own.
        for line in text.lines().filter(|line| !line.starts_with("  ")) {
            assert!(!line.contains(" > ") && !line.contains(" | "), "{words:?}: {line}");
        }
        commands += examples.len();
    }
    assert!(commands > 60, "{commands}");
}

/// A check of images of [`shop`], with its exit code and what it says on stderr.
fn checked(arguments: &[&str]) -> String {
    let shop = Shop::of(shop());
    let Answer { code, out, err } = shop.check(&[&["--knowledge", &shop.timeless()], arguments].concat());
    // A port like every other, of five digits.
    format!("exit code {code}\n--- stdout\n{out}--- stderr\n{err}").replace(&shop.server.name(), "127.0.0.1:50000")
}

#[test]
fn an_image_that_runs_on_a_host() {
    insta::assert_snapshot!(checked(&["--host", "windows-server-2022", "registry.test/app:ltsc2022"]));
}

#[test]
fn an_image_that_is_newer_than_the_host() {
    insta::assert_snapshot!(checked(&["--host", "windows-server-2022", "registry.test/app:ltsc2025"]));
}

#[test]
fn an_image_that_is_newer_than_a_client() {
    insta::assert_snapshot!(checked(&["--host", "windows-11-23h2", "registry.test/app:ltsc2025"]));
}

#[test]
fn an_image_that_needs_a_flag() {
    insta::assert_snapshot!(checked(&["--host", "windows-server-2022", "--isolation", "default", "registry.test/app:1809"]));
}

#[test]
fn an_image_without_a_version() {
    insta::assert_snapshot!(checked(&["--host", "windows-server-2022", "registry.test/app:unversioned"]));
}

#[test]
fn images_on_several_hosts() {
    let hosts = ["--host", "windows-server-2019", "--host", "windows-server-2022", "--host", "windows-11-24h2"];
    insta::assert_snapshot!(checked(&[&hosts[..], &["registry.test/app:1809", "registry.test/app:ltsc2022"]].concat()));
}

#[test]
fn an_image_that_is_not_there_beside_one_that_is() {
    let images = ["registry.test/app:ltsc2022", "registry.test/app:no-such-tag"];
    insta::assert_snapshot!(checked(&[&["--host", "windows-server-2022"], &images[..]].concat()));
}

#[test]
fn a_live_client_with_all_that_containers_need() {
    insta::assert_snapshot!(printed(&[machine("windows-11-24h2,amd64", true, true, Hypervisor::Root)]));
}

#[test]
fn several_hosts() {
    insta::assert_snapshot!(printed(&hosts(&[
        "windows-server-2019",
        "windows-11-24h2,home",
        "10.0.26100.1742,server,no-hyperv"
    ])));
}
