//! What processes are made from, and told.

use super::{ARGUMENT, JSON, NO_FILE, Row, spoilt, taken, tally, with, without};
use crate::container::{finish, own, running};
use crate::ffi::core;
use crate::world::World;
use crate::{Case, v2};
use serde_json::{Value, json};

/// The case.
pub fn case() -> Case {
    Case::new("broken-process", || {
        let world = World::with_image("broken-process");
        let system = running(&world);
        let sound = json!({"CommandLine": "cmd /c exit 0", "WorkingDirectory": "C:\\", "Environment": {"A": "b"}});
        let text = |document: &Value| document.as_str().map_or_else(|| document.to_string(), str::to_string);
        tally("parameters of processes", 44, &parameters(), &sound, |document| {
            let (process, _) = v2::process(system, &text(document))?;
            // SAFETY: the handle is open.
            unsafe { core::HcsCloseProcess(process) };
            Ok(())
        });
        let sleeper = json!({"CommandLine": own("role:sleep")}).to_string();
        let (process, _) = v2::process(system, &sleeper).expect("HcsCreateProcess");
        let resize = json!({"Operation": "ConsoleSize", "ConsoleSize": {"Height": 25, "Width": 80}});
        tally("requests to processes", 7, &requests(), &resize, |document| {
            v2::simple(core::HcsModifyProcess, process, Some(&text(document))).map(drop)
        });
        finish(&world, system);
    })
}

fn parameters() -> Vec<Row> {
    const LOGON: u32 = 0x8007_052E;
    const DIRECTORY: u32 = 0x8007_010B;
    vec![
        spoilt("no JSON", JSON, |document| *document = json!("{\"CommandLine\":")),
        spoilt("no document", JSON, |document| *document = json!("")),
        with("an unknown field", JSON, "/Tty", json!(true)),
        with("a field in another case", JSON, "/commandLine", json!("cmd")),
        without("no command", ARGUMENT, "/CommandLine"),
        with("an empty command", ARGUMENT, "/CommandLine", json!("")),
        with("a command that is a number", JSON, "/CommandLine", json!(1)),
        with("a command that is a list", JSON, "/CommandLine", json!(["cmd"])),
        with("a command that is null", JSON, "/CommandLine", json!(null)),
        with("arguments as of Linux", ARGUMENT, "/CommandArgs", json!(["/c"])),
        with("a program that is not there", NO_FILE, "/CommandLine", json!("no-such-program.exe")),
        with("a program by a path that is not there", NO_FILE, "/CommandLine", json!(r"C:\no\such\program.exe")),
        with("an application that is not there", NO_FILE, "/ApplicationName", json!("no-such-program.exe")),
        with("a command of 40000 letters", 0x8007_00CE, "/CommandLine", json!(format!("cmd /c {}", "x".repeat(40000)))),
        with("an unknown account", LOGON, "/User", json!("nobody")),
        with("the account of the system", LOGON, "/User", json!(r"NT AUTHORITY\SYSTEM")),
        with("an account of a domain", LOGON, "/User", json!(r"CONTOSO\ContainerUser")),
        with("an account that is a number", JSON, "/User", json!(0)),
        with("an account that is null", JSON, "/User", json!(null)),
        with("a directory that is not there", DIRECTORY, "/WorkingDirectory", json!(r"C:\not\there")),
        with("a directory of the host", DIRECTORY, "/WorkingDirectory", json!(r"C:\emulator-cases")),
        with("a relative directory", DIRECTORY, "/WorkingDirectory", json!("windows")),
        with("a file as directory", DIRECTORY, "/WorkingDirectory", json!(r"C:\windows\system32\cmd.exe")),
        with("a directory of another drive", DIRECTORY, "/WorkingDirectory", json!(r"Q:\")),
        with("a directory that is a number", JSON, "/WorkingDirectory", json!(1)),
        with("an environment that is a list", JSON, "/Environment", json!(["A=b"])),
        with("a variable that is a number", JSON, "/Environment", json!({"A": 1})),
        with("a variable that is null", JSON, "/Environment", json!({"A": null})),
        with("a variable without name", ARGUMENT, "/Environment", json!({"": "x"})),
        with("a variable's name with an equals sign", ARGUMENT, "/Environment", json!({"A=B": "x"})),
        with("a variable in two spellings", ARGUMENT, "/Environment", json!({"Path": "x", "PATH": "y"})),
        taken("hcsctl measured that it is dropped", with("an empty variable", 0, "/Environment", json!({"A": ""}))),
        with("a console of one number", ARGUMENT, "/ConsoleSize", json!([25])),
        with("a console of three numbers", ARGUMENT, "/ConsoleSize", json!([25, 80, 1])),
        with("a negative console", JSON, "/ConsoleSize", json!([-1, 80])),
        with("a console that is too large", JSON, "/ConsoleSize", json!([25, 70000])),
        with("a console as text", JSON, "/ConsoleSize", json!("25x80")),
        taken("hcsshim sends it with every process of schema 1", with("a console of 0 by 0", 0, "/ConsoleSize", json!([0, 0]))),
        with("a flag as text", JSON, "/EmulateConsole", json!("true")),
        with("a pipe as number", JSON, "/CreateStdInPipe", json!(1)),
        with("a pipe that is null", JSON, "/CreateStdOutPipe", json!(null)),
        with("a token as text", JSON, "/RestrictedToken", json!("yes")),
        with("a login as text", JSON, "/UseExistingLogin", json!("yes")),
        taken(
            "a console has no error stream: none is given, and nothing says that it is refused",
            spoilt("an error stream beside a console", 0, |document| {
                document["EmulateConsole"] = json!(true);
                document["CreateStdErrPipe"] = json!(true);
            }),
        ),
    ]
}

fn requests() -> Vec<Row> {
    vec![
        with("an unknown field", JSON, "/Force", json!(true)),
        with("an unknown operation", JSON, "/Operation", json!("Suspend")),
        without("no operation", ARGUMENT, "/Operation"),
        without("a size that is not said", ARGUMENT, "/ConsoleSize"),
        with("a size and an end", ARGUMENT, "/CloseHandle", json!({"Handle": "StdIn"})),
        with("a size that is a list", JSON, "/ConsoleSize", json!([25, 80])),
        spoilt("the end of an unknown stream", JSON, |document| {
            *document = json!({"Operation": "CloseHandle", "CloseHandle": {"Handle": "StdLog"}});
        }),
    ]
}
