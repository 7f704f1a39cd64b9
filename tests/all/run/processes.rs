//! What a process in a container gets: its command line, its environment, its folder, its account.

use std::collections::BTreeMap;

use serde_json::json;

use crate::run::machine::{Ended, IMAGE, Machine, VERSION, image, image_of};

/// What `guest show` says.
struct Shown {
    arguments: Vec<String>,
    folder: String,
    /// By name in upper case: the names as they are written, and the values.
    variables: BTreeMap<String, Vec<(String, String)>>,
}

impl Shown {
    #[track_caller]
    fn of(ended: &Ended) -> Self {
        let mut shown = Self { arguments: Vec::new(), folder: String::new(), variables: BTreeMap::new() };
        for line in ended.with(0).lines() {
            match line.split_once(' ').unwrap() {
                ("argument", argument) => shown.arguments.push(argument.to_owned()),
                ("folder", folder) => folder.clone_into(&mut shown.folder),
                ("variable", variable) => {
                    let (name, value) = variable.split_once('=').unwrap();
                    let entry = shown.variables.entry(name.to_uppercase()).or_default();
                    entry.push((name.to_owned(), value.to_owned()));
                }
                _ => panic!("{line}"),
            }
        }
        shown
    }

    /// The value of a variable that must be there once.
    #[track_caller]
    fn variable(&self, name: &str) -> &str {
        match self.variables.get(&name.to_uppercase()).map(Vec::as_slice) {
            Some([(_, value)]) => value,
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn nothing_said_it_is_as_the_image_says() {
    let image = image();
    let Some(machine) = Machine::with(&image) else { return };
    let shown = Shown::of(&machine.run(&[IMAGE]));
    assert_eq!(shown.arguments, ["of the image"]);
    assert_eq!(shown.folder, image.facts.config["config"]["WorkingDir"]);
    assert_eq!(shown.variable("FROM_IMAGE"), "yes");
    assert_eq!(machine.last_document("HcsCreateProcess")["CommandLine"], r#"guest show "of the image""#);
    machine.has_nothing_left();
}

/// As with Docker, what follows the image is the container's, also where wincompat has an option of that name.
#[test]
fn options_after_the_image_are_the_containers() {
    let Some(machine) = Machine::new() else { return };
    machine.run(&["--entrypoint", "guest", IMAGE, "show", "--help", "--rm", "--"]).with(0);
    assert_eq!(machine.last_document("HcsCreateProcess")["CommandLine"], "guest show --help --rm --");
    machine.has_nothing_left();
}

#[test]
fn variables_of_the_image_of_files_and_of_flags() {
    let Some(machine) = Machine::new() else { return };
    let file = machine.program.file("variables", "# a comment\n\nFILE=one\nBOTH=of the file\nPASSED_ON\nNOWHERE\n");
    let mut arguments = vec!["run", "--rm", "-q", "--env-file", file.as_str()];
    for variable in ["from_image=no", "BOTH=of the flag", "TEXT=a \"b\" = ü", "ALONE", "NOWHERE_EITHER"] {
        arguments.extend(["-e", variable]);
    }
    arguments.extend([IMAGE, "guest", "show"]);
    let mut command = machine.command(&arguments);
    command.env("PASSED_ON", "from here").env("ALONE", "from here too").env("NOT_PASSED_ON", "secret");
    let shown = Shown::of(&crate::run::machine::Running::start(command).end());
    // Names differ by case for nobody: the later one is the only one.
    assert_eq!(shown.variable("FROM_IMAGE"), "no");
    assert_eq!(shown.variable("FILE"), "one");
    assert_eq!(shown.variable("BOTH"), "of the flag");
    assert_eq!(shown.variable("TEXT"), "a \"b\" = ü");
    assert_eq!(shown.variable("PASSED_ON"), "from here");
    assert_eq!(shown.variable("ALONE"), "from here too");
    for absent in ["NOWHERE", "NOWHERE_EITHER", "NOT_PASSED_ON", "WINCOMPAT_ROOT", "HCSEMU_STATE"] {
        assert!(!shown.variables.contains_key(absent), "{absent}");
    }
    machine.has_nothing_left();
}

#[test]
fn a_folder_of_ones_own() {
    let Some(machine) = Machine::new() else { return };
    let shown = Shown::of(&machine.run(&["-w", r"C:\windows", IMAGE, "guest", "show"]));
    assert_eq!(shown.folder.to_lowercase(), r"c:\windows");
    machine.run(&["-w", r"C:\nowhere", IMAGE, "guest", "show"]).failed(126, &["the working directory does not exist", "-w"]);
    machine.has_nothing_left();
}

#[test]
fn an_account_and_a_name_of_ones_own() {
    let Some(machine) = Machine::new() else { return };
    let shown = Shown::of(&machine.run(&["-u", "ContainerUser", "--hostname", "web-1", IMAGE, "guest", "show"]));
    assert_eq!((shown.variable("USERNAME"), shown.variable("COMPUTERNAME")), ("ContainerUser", "WEB-1"));
    assert_eq!(machine.last_document("HcsCreateProcess")["User"], "ContainerUser");
    assert_eq!(machine.last_document("HcsCreateComputeSystem")["Container"]["GuestOs"]["HostName"], "web-1");
}

#[test]
fn entrypoints() {
    let mut image = image();
    image.facts.config["config"]["Entrypoint"] = json!(["guest", "show", "entered"]);
    image.facts.config["config"]["Cmd"] = json!(["by command"]);
    let Some(machine) = Machine::with(&image) else { return };
    let arguments = |arguments: &[&str]| Shown::of(&machine.run(arguments)).arguments;
    assert_eq!(arguments(&[IMAGE]), ["entered", "by command"]);
    assert_eq!(arguments(&[IMAGE, "by user", "-x", "--rm"]), ["entered", "by user", "-x", "--rm"]);
    let tricky = [r#"a "quoted" word"#, r"C:\ends with\", r"\\server\share", "", "100%", "tab\there"];
    assert_eq!(arguments(&[&[IMAGE][..], &tricky].concat())[1..], tricky);
    // Another entrypoint takes the image's command away too.
    assert_eq!(arguments(&["--entrypoint", "guest", IMAGE, "show", "own"]), ["own"]);
    assert_eq!(arguments(&["--entrypoint", "", IMAGE, "guest", "show", "own"]), ["own"]);
    machine.run(&["--entrypoint", "", IMAGE]).failed(125, &["there is nothing to run"]);
    machine.has_nothing_left();
}

#[test]
fn a_command_line_that_the_image_has_quoted_itself() {
    let mut image = image_of(VERSION);
    let line = r#"cmd /S /C "echo  a "b"  c&& exit 9""#;
    image.facts.config["config"] = json!({"Cmd": [line], "ArgsEscaped": true});
    let Some(machine) = Machine::with(&image) else { return };
    let ended = machine.run(&[IMAGE]);
    assert_eq!(ended.with(9).trim_end(), r#" a "b"  c"#);
    assert_eq!(machine.last_document("HcsCreateProcess")["CommandLine"], line);
}
