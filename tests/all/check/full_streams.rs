//! The exit code survives its streams: closed, full or not blocking, it is that of the answer.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;

use crate::support::program::Program;

const IMAGE: &str = "mcr.microsoft.com/windows/nanoserver:ltsc2025";

/// A command line and its exit code. The last is that of a success, whose answer may be lost.
const COMMANDS: [(&[&str], i32); 22] = [
    (&["check", "--offline", "--host=nonsense", IMAGE], 2),
    (&["check", "--offline", "--host=ltsc2022", IMAGE], 1),
    (&["check", "--offline", "--host=ltsc2022", "--format=json", IMAGE], 1),
    (&["check", "--offline", "--host=ltsc2022", "registry.test/app:1"], 2),
    (&["check", "--isolation=vm", IMAGE], 2),
    (&["run", "--dry-run", "--offline", "--host=ltsc2019", IMAGE], 125),
    (&["run", "--no-such-option"], 125),
    (&["exec", "nobody", "cmd"], 125),
    (&["pull", "--offline", "registry.test/x:1"], 2),
    (&["host", "--host=nonsense"], 2),
    (&["explain", "nonsense-of-a-finding"], 2),
    (&["explain", "--format=json", "nonsense-of-a-finding"], 2),
    (&["inspect", "nobody"], 2),
    (&["logs", "nobody"], 2),
    (&["images", "--root=/dev/null"], 2),
    (&["rmi", "nothing"], 2),
    (&["stop", "nobody"], 2),
    (&["no-such-command"], 2),
    (&["--help"], 0),
    (&["run", "--help"], 0),
    (&["--version"], 0),
    (&["explain", "build-mismatch"], 0),
];

fn closed() -> Stdio {
    let (_, writer) = std::io::pipe().unwrap();
    writer.into()
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

fn code(program: &Program, arguments: &[&str], out: Stdio, err: Stdio) -> i32 {
    let mut command = program.process();
    command.args(arguments).env("WINCOMPAT_ROOT", program.folder().join("store"));
    command.stdin(Stdio::null()).stdout(out).stderr(err).status().unwrap().code().unwrap()
}

#[test]
fn a_closed_stream_changes_no_exit_code() {
    let program = Program::new();
    for (arguments, expected) in COMMANDS {
        assert_eq!(code(&program, arguments, Stdio::null(), Stdio::null()), expected, "{arguments:?}");
        assert_eq!(code(&program, arguments, Stdio::null(), closed()), expected, "{arguments:?}, stderr closed");
        assert_eq!(code(&program, arguments, closed(), Stdio::null()), expected, "{arguments:?}, stdout closed");
        assert_eq!(code(&program, arguments, closed(), closed()), expected, "{arguments:?}, both closed");
    }
}

#[test]
fn a_full_device_makes_a_failure_of_a_success_and_of_nothing_else() {
    let program = Program::new();
    for (arguments, expected) in COMMANDS {
        let runs = arguments.first() == Some(&"run");
        let lost = match expected {
            0 if runs => 125,
            0 => 2,
            code => code,
        };
        assert_eq!(code(&program, arguments, full(), Stdio::null()), lost, "{arguments:?}, stdout full");
        assert_eq!(code(&program, arguments, full(), full()), lost, "{arguments:?}, both full");
        assert_eq!(code(&program, arguments, Stdio::null(), full()), expected, "{arguments:?}, stderr full");
    }
    let mut command = program.process();
    let output = command.args(["explain", "build-mismatch"]).stdout(full()).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: the answer could not be written\ncaused by: ") && said.contains("\nhint: "), "{said}");
}

/// A warning of the rooms below, which nobody can read, is no panic.
#[test]
fn a_warning_that_cannot_be_written_is_no_failure() {
    use crate::support::registry::images::{Access, Images, serve};
    use crate::support::registry::windows::WindowsImage;

    let server = serve(Images::default().single("app", "1", &WindowsImage::of("10.0.20348.1")), Access::Anyone);
    let program = Program::new();
    let no_folder = program.file("file", "");
    for err in [closed(), full()] {
        let mut command = program.process();
        command.args(["check", "--host=ltsc2022", &format!("{}/app:1", server.name())]);
        command.env("WINCOMPAT_CACHE", format!("{no_folder}/cache")).stdout(Stdio::null()).stderr(err);
        assert_eq!(command.status().unwrap().code(), Some(0));
    }
}

/// A pipe that does not block is full again and again while its reader is slow; nothing is lost.
#[test]
fn a_stream_that_does_not_block_gets_the_whole_answer() {
    let program = Program::new();
    let hosts: Vec<String> = (1..400).map(|revision| format!("--host=10.0.20348.{revision}")).collect();
    let arguments: Vec<&str> =
        ["check", "--offline", "--format=json", IMAGE].into_iter().chain(hosts.iter().map(String::as_str)).collect();
    let expected = program.command().args(&arguments).output().unwrap();
    assert!(expected.stdout.len() > 500_000);

    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let mut command = program.process();
    let mut child = command.args(&arguments).stdout(OwnedFd::from(theirs)).stderr(Stdio::null()).spawn().unwrap();
    // It has the stream as well.
    drop(command);
    std::thread::sleep(Duration::from_millis(300));
    let mut ours = ours;
    let mut read = Vec::new();
    ours.read_to_end(&mut read).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(read.len(), expected.stdout.len());
    serde_json::from_slice::<serde_json::Value>(&read).unwrap();
}
