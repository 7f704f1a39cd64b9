//! The line that says what a check waits for: on a terminal, after a second, and gone at the end.

use std::io::Read as _;
use std::process::{Command, Stdio};

use super::shop;
use crate::support::program::Program;
use crate::support::registry::{Gate, Server};

/// A terminal: `script` of util-linux gives the program one. The registry answers once the line was seen, however long that takes.
#[test]
fn a_terminal_shows_what_a_check_waits_for() {
    let program = Program::new();
    let gate = Gate::default();
    let (images, held) = (shop(), gate.clone());
    let server = Server::start(move |request| images.respond(request).held(&held));
    let line = format!(
        "stty rows 24 cols 100; exec {} check --color never --mirror registry.test={} --host ltsc2022 registry.test/app:ltsc2022",
        env!("CARGO_BIN_EXE_wincompat"),
        server.url("")
    );
    let mut terminal = Command::new("script");
    program.surround(&mut terminal);
    terminal.args(["--quiet", "--return", "--command", &line, "/dev/null"]).env("SHELL", "/bin/sh");
    let Ok(mut running) = terminal.stdin(Stdio::null()).stdout(Stdio::piped()).spawn() else {
        println!("skipped: there is no program `script`");
        return;
    };
    let mut screen = Vec::new();
    let mut out = running.stdout.take().unwrap();
    let mut bytes = [0; 4096];
    loop {
        let count = out.read(&mut bytes).unwrap();
        screen.extend_from_slice(&bytes[..count]);
        if String::from_utf8_lossy(&screen).contains("waiting for the image: registry.test (") {
            gate.open();
        }
        if count == 0 {
            break;
        }
    }
    let screen = String::from_utf8_lossy(&screen).into_owned();
    assert_eq!(running.wait().unwrap().code(), Some(0), "{screen}");
    let (waiting, answer) = screen.rsplit_once("waiting for the image: registry.test (").expect("a line about the wait");
    assert!(!waiting.contains("ok: process"), "{screen}");
    assert!(answer.contains("runs with process isolation"), "{screen}");
}
