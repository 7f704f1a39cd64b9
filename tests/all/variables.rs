//! Variables of the environment: every option has one, `docs/variables.md` lists them, and what is typed comes before them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wincompat::internals::cli;
use wincompat::internals::cli::variables::WITHOUT;

use crate::support::committed::assert_committed;
use crate::support::program::{Answer, Program};

const IMAGE: &str = "mcr.microsoft.com/windows/nanoserver:ltsc2022";

/// An option of a command: the command, its long name, its variable, the first sentence of its help.
struct Entry {
    command: String,
    long: String,
    variable: Option<String>,
    about: String,
}

/// Every option of every command that people see, also those of the program itself.
fn entries() -> Vec<Entry> {
    let mut program = cli::command();
    program.build();
    let mut entries = Vec::new();
    for command in program.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help") {
        // Those of its own subcommands, each once, have its name.
        let mut arguments: Vec<_> = command.get_arguments().collect();
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            let is_new = |argument: &&clap::Arg| !arguments.iter().any(|known| known.get_long() == argument.get_long());
            let new: Vec<_> = below.get_arguments().filter(is_new).collect();
            arguments.extend(new);
        }
        for argument in arguments {
            let Some(long) = argument.get_long() else {
                assert!(argument.is_positional(), "{} has an option without a long name", command.get_name());
                continue;
            };
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            let ends = help.match_indices(". ").map(|(at, _)| at).find(|at| !help[..*at].ends_with("e.g"));
            let sentence = help[..ends.unwrap_or(help.len())].split("; can be given").next().unwrap().trim_end_matches('.');
            entries.push(Entry {
                command: command.get_name().to_owned(),
                long: long.to_owned(),
                variable: argument.get_env().map(|name| name.to_str().unwrap().to_owned()),
                about: sentence.to_owned(),
            });
        }
    }
    assert!(entries.len() > 150, "{}", entries.len());
    entries
}

fn is_without(entry: &Entry) -> bool {
    WITHOUT.iter().any(|(command, long, _)| *long == entry.long && (*command == "*" || *command == entry.command))
}

#[test]
fn every_option_has_a_variable() {
    for entry in entries() {
        let Entry { command, long, variable, .. } = &entry;
        let tail = long.replace('-', "_").to_uppercase();
        let expected = [format!("WINCOMPAT_{tail}"), format!("WINCOMPAT_{}_{tail}", command.to_uppercase())];
        match variable {
            None => assert!(is_without(&entry), "{command} --{long} has no variable"),
            Some(variable) => {
                assert!(!is_without(&entry), "{command} --{long} is listed as one without a variable");
                assert!(expected.contains(variable), "{command} --{long}: {variable}");
            }
        }
    }
}

#[test]
fn an_option_without_a_variable_exists_and_has_a_reason() {
    let entries = entries();
    for (command, long, reason) in WITHOUT {
        // The program itself has --version.
        let exists = |entry: &Entry| entry.long == long && (command == "*" || entry.command == command);
        assert!(long == "version" || entries.iter().any(exists), "{command} --{long}");
        assert!(reason.len() > 10, "{command} --{long}");
    }
}

/// A variable means one thing: `--quiet` of another command than `check` has another name.
#[test]
fn a_variable_says_the_same_in_every_command() {
    let mut meanings: BTreeMap<String, (String, String)> = BTreeMap::new();
    for entry in entries() {
        let Some(variable) = entry.variable else { continue };
        let (command, about) = meanings.entry(variable.clone()).or_insert((entry.command.clone(), entry.about.clone()));
        let is_host = entry.long == "host";
        assert!(*about == entry.about || is_host, "{variable}: {command}: {about}; {}: {}", entry.command, entry.about);
    }
}

fn page() -> String {
    let mut page = "# Variables\n\nEvery option has a variable of the environment, which counts where the option is not typed. An empty variable counts as one \
         that is\nnot set. `1`, `true`, `yes` and `on` turn an option on that has no value, `0`, `false`, `no` and `off` turn it off.\n\n\
         A typed option also comes before the variable of another one that says the same in another way: `--host` before\n\
         `WINCOMPAT_HOSTS`, `--verbose` before `WINCOMPAT_QUIET`, `--no-cache` before `WINCOMPAT_CACHE`, an image before `WINCOMPAT_FROM`.\n\n\
         The variable of an option that can be given several times has one value, or several in one, `A,B`, where the option\nallows that (`--host`, `--deny`, `--mirror`, `--insecure`).\n\n\
         | variable | option | of | for |\n|---|---|---|---|\n"
        .to_owned();
    let mut rows: BTreeMap<String, (String, Vec<String>, String)> = BTreeMap::new();
    for entry in entries() {
        let Some(variable) = entry.variable else { continue };
        let (_, commands, _) = rows.entry(variable).or_insert((entry.long, Vec::new(), entry.about));
        commands.push(entry.command);
    }
    let every = rows["WINCOMPAT_COLOR"].1.len();
    for (variable, (long, commands, about)) in rows {
        let commands = if commands.len() == every { "every command".to_owned() } else { commands.join(", ") };
        let _ = writeln!(page, "| `{variable}` | `--{long}` | {commands} | {} |", about.replace('|', "\\|"));
    }
    page.push_str("\nOptions without a variable:\n\n| option | of | why |\n|---|---|---|\n");
    for (command, long, reason) in WITHOUT {
        let of = if command == "*" { "every command that has it" } else { command };
        let _ = writeln!(page, "| `--{long}` | {of} | {reason} |");
    }
    page.push_str(
        "\nwincompat also reads variables of other programs:\n\n| variable | for |\n|---|---|\n\
         | `DOCKER_AUTH_CONFIG` | credentials, as text in the form of Docker's `config.json` (GitLab) |\n\
         | `REGISTRY_AUTH_FILE` | a file with credentials (skopeo, podman) |\n\
         | `DOCKER_CONFIG` | the folder of Docker's `config.json` |\n\
         | `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` | proxies, also in small letters |\n\
         | `NO_COLOR`, `FORCE_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` | colours, where neither `--color` nor `WINCOMPAT_COLOR` chooses |\n\
         | `COLUMNS` | the width of the text where it does not go to a terminal |\n\
         | `CI` | if it is set, no progress is shown |\n\
         | `GITHUB_STEP_SUMMARY` | the file for the summary of a GitHub job (`--format github`) |\n",
    );
    page
}

#[test]
fn the_page_of_variables_is_that_of_the_command_line() {
    assert_committed("docs/variables.md", &page());
}

#[test]
fn a_variable_stands_for_its_option() {
    let program = Program::new();
    let host = ("WINCOMPAT_HOST", "ltsc2019");
    for (variables, typed, said) in [
        (&[host][..], &["--offline"][..], "image 10.0.20348 (ltsc2022) is newer than host 10.0.17763"),
        (&[host, ("WINCOMPAT_OFFLINE", "1")], &[], "is newer than host"),
        (&[host, ("WINCOMPAT_OFFLINE", "yes"), ("WINCOMPAT_FORMAT", "json")], &[], "\"schema\": \"wincompat/report/v1\""),
        (&[host, ("WINCOMPAT_COLOR", "always")], &["--offline"], "\u{1b}["),
        // What is typed comes first, also where another option says the same.
        (&[host], &["--offline", "--host=ltsc2022"], "runs with process isolation"),
        (&[host, ("WINCOMPAT_FORMAT", "json")], &["--offline", "--format=table"], "is newer than host"),
        (&[host, ("WINCOMPAT_COLOR", "always")], &["--offline", "--color=never", "-v"], "| image "),
        (&[host, ("WINCOMPAT_QUIET", "1")], &["--offline", "-v"], "| image "),
        (&[("WINCOMPAT_HOSTS", "no-such-file")], &["--offline", "--host=ltsc2022"], "Windows Server 2022"),
        (&[host, ("WINCOMPAT_FROM", "no-such-file")], &["--offline"], "is newer than host"),
    ] {
        let mut command = program.command();
        command.arg("check").args(typed).arg(IMAGE).envs(variables.iter().copied()).env("COLUMNS", "200");
        let answer = Answer::of(&mut command);
        assert!(answer.out.contains(said), "{variables:?} {typed:?}: {answer:?}");
    }
}

/// Pipelines set variables that nobody filled in.
#[test]
fn empty_variables_do_not_count() {
    let program = Program::new();
    let arguments = ["check", "--offline", "--host=ltsc2022", IMAGE];
    let expected = Answer::of(program.command().args(arguments));
    let empty = || entries().into_iter().filter_map(|entry| entry.variable).map(|name| (name, ""));
    let answer = Answer::of(program.command().args(arguments).envs(empty()));
    assert_eq!((answer.code, &answer.out, &answer.err), (0, &expected.out, &String::new()));
    // A command that looks at the folder of the cache in a way of its own.
    let emptied = Answer::of(program.command().args(["prune", "--cache"]).envs(empty()));
    assert_eq!((emptied.code, emptied.err.contains("cannot")), (0, false), "{emptied:?}");
}

/// The usage line shows what was typed.
#[test]
fn a_variable_is_not_a_part_of_the_usage() {
    let program = Program::new();
    let answer = Answer::of(program.command().arg("rm").env("WINCOMPAT_ROOT", program.folder()));
    // The program's file has an ending on Windows.
    let said = answer.err.replace("wincompat.exe", "wincompat");
    assert!(said.contains("\nUsage: wincompat rm <CONTAINER>...\n"), "{said}");
}

#[test]
fn a_value_that_a_variable_cannot_have_names_the_variable() {
    let program = Program::new();
    for (variable, value) in
        [("WINCOMPAT_OFFLINE", "perhaps"), ("WINCOMPAT_COLOR", "green"), ("WINCOMPAT_TIMEOUT", "soon"), ("WINCOMPAT_MIRROR", "x")]
    {
        let answer = Answer::of(program.command().args(["check", "--host=ltsc2022", IMAGE]).env(variable, value));
        assert_eq!(answer.code, 2, "{variable}={value}: {answer:?}");
        let hint = format!("hint: it was not typed but is in the variable {variable}");
        assert!(answer.err.contains(&hint), "{variable}={value}: {}", answer.err);
    }
}

#[test]
fn a_value_that_is_refused_shows_no_password_and_no_command_of_a_pipeline() {
    let program = Program::new();
    for (variable, value) in [
        ("WINCOMPAT_MIRROR", "x=https://user:hunter2@h"),
        ("WINCOMPAT_MIRROR", "x=http://h,y=http://user:hunter2@h"),
        ("WINCOMPAT_MIRROR", "x=http://user:hun/ter2@h"),
        ("WINCOMPAT_INSECURE", "a:\n::error::x"),
    ] {
        let option = format!("{}={value}", variable.to_lowercase().replace("wincompat_", "--"));
        let of_variable = Answer::of(program.command().args(["check", "--host=ltsc2022", IMAGE]).env(variable, value));
        let typed = Answer::of(program.command().args(["check", "--host=ltsc2022", &option, IMAGE]));
        for answer in [of_variable, typed] {
            assert_eq!(answer.code, 2, "{variable}={value}: {answer:?}");
            assert!(!answer.err.contains("ter2"), "{value}: {}", answer.err);
            assert!(!answer.err.lines().any(|line| line.trim_start().starts_with("::")), "{value}: {}", answer.err);
        }
    }
}
