//! A check that is interrupted while another program runs for it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::shop;
use crate::support::program::Program;
use crate::support::registry::images::{Access, serve};
use crate::support::started::started;

/// The program, with none of these signals ignored: where the tests run under nohup, it would be started so.
fn with_usual_signals(program: &Program) -> Command {
    const USUAL: &str = "--default-signal=HUP,INT,TERM";
    let is_known = Command::new("env").args([USUAL, "true"]).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !is_known {
        return program.process();
    }
    let mut command = Command::new("env");
    program.surround(&mut command);
    command.arg(USUAL).arg(program.process().get_program());
    command
}

/// The helper is in a group of its own, so the Ctrl-C of a terminal does not reach it.
#[test]
fn a_credential_helper_ends_with_the_check_that_asked_it() {
    let server = serve(shop(), Access::Basic("user", "secret"));
    for signal in [Signal::INT, Signal::TERM] {
        let program = Program::new();
        let mark = program.folder().join("alive");
        program.file("config.json", "{\"credsStore\":\"hangs\"}");
        let script = program.file("script", format!("#!/bin/sh\nwhile :; do : >{}; sleep 0.05; done\n", mark.display()));
        // Nothing else may have it open for writing when it is started.
        let helper = program.folder().join("docker-credential-hangs");
        let line = format!("cp {script} {0} && chmod 755 {0}", helper.display());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
        let path = format!("{}:{}", program.folder().display(), std::env::var("PATH").unwrap());

        let mut command = with_usual_signals(&program);
        command.args(["check", "--host=ltsc2022", &format!("{}/app:ltsc2022", server.name())]).env("PATH", path);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut check = started(|| command.spawn());
        let until = Instant::now() + Duration::from_secs(60);
        while !mark.exists() {
            assert!(Instant::now() < until && check.try_wait().unwrap().is_none(), "the helper was not asked");
            std::thread::sleep(Duration::from_millis(10));
        }
        kill_process(Pid::from_child(&check), signal).unwrap();
        assert_eq!(check.wait().unwrap().code(), Some(130), "{signal:?}");
        // Whatever it was about to do.
        std::thread::sleep(Duration::from_millis(300));
        std::fs::remove_file(&mark).unwrap();
        std::thread::sleep(Duration::from_millis(500));
        assert!(!mark.exists(), "{signal:?}: it runs on");
    }
}
