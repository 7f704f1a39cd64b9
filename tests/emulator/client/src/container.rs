//! A container of the newer interface, as the cases use it: started, made to run processes, given back.

use crate::ffi::{Handle, core};
use crate::layer;
use crate::stdio::Stream;
use crate::v2;
use crate::world::World;
use serde_json::{Value, json};

/// This program, as a command line.
pub fn own(role: &str) -> String {
    format!("\"{}\" {role}", std::env::current_exe().unwrap().display())
}

/// Parameters of a process with all streams.
pub fn parameters(command_line: &str) -> Value {
    json!({
        "CommandLine": command_line,
        "WorkingDirectory": "C:\\",
        "Environment": {"GREETING": "hello"},
        "CreateStdInPipe": true,
        "CreateStdOutPipe": true,
        "CreateStdErrPipe": true,
    })
}

/// Ends a process's standard input; one that exited meanwhile says so.
pub fn close_input(process: Handle) {
    let close = json!({"Operation": "CloseHandle", "CloseHandle": {"Handle": "StdIn"}}).to_string();
    let closed = v2::simple(core::HcsModifyProcess, process, Some(&close));
    assert!(closed.is_ok() || closed.as_ref().is_err_and(|(code, _)| *code == 0x8037_011F), "{closed:?}");
}

/// Runs a process to its end: its output, its errors, its exit code.
pub fn run(system: Handle, parameters: &Value, input: Option<&[u8]>) -> (Vec<u8>, Vec<u8>, u64) {
    let (process, information) = v2::process(system, &parameters.to_string()).expect("HcsCreateProcess");
    assert_ne!(information.pid, 0);
    let events = v2::listen(core::HcsSetProcessCallback, process).expect("HcsSetProcessCallback");
    let [stdin, stdout, stderr] = information.stdio.map(Stream::new);
    let reader = |stream: Option<Stream>| std::thread::spawn(move || stream.map_or(Vec::new(), Stream::read_all));
    let (stdout, stderr) = (reader(stdout), reader(stderr));
    if let Some(input) = input {
        stdin.as_ref().expect("standard input").write_all(input);
    }
    if stdin.is_some() {
        close_input(process);
        drop(stdin);
    }
    let status: Value = serde_json::from_str(&events.wait(0x10000).expect("the exit event")).expect("ProcessStatus");
    assert_eq!(status["Exited"], true);
    assert_eq!(status["LastWaitResult"], 0);
    // SAFETY: the handle is open.
    unsafe { core::HcsCloseProcess(process) };
    (stdout.join().unwrap(), stderr.join().unwrap(), status["ExitCode"].as_u64().unwrap())
}

/// The output of a command, without its line end; it must succeed.
pub fn output(system: Handle, parameters: &Value) -> String {
    let (out, errors, code) = run(system, parameters, None);
    assert_eq!(code, 0, "{}", String::from_utf8_lossy(&errors));
    String::from_utf8_lossy(&out).trim().to_string()
}

/// A container that runs.
pub fn running(world: &World) -> Handle {
    started("accepted", &world.argon())
}

/// The system a document describes, started.
pub fn started(id: &str, document: &Value) -> Handle {
    let (system, answer) = v2::create(id, &document.to_string());
    answer.expect("HcsCreateComputeSystem");
    v2::start(system).expect("HcsStartComputeSystem");
    system
}

/// Ends a container and gives its scratch back; nothing may be left then.
pub fn finish(world: &World, system: Handle) {
    v2::terminate(system).expect("HcsTerminateComputeSystem");
    v2::close(system);
    layer::give_back(&world.scratch);
    assert_eq!(left(), "");
}

/// What `hcsemu left` says.
pub fn left() -> String {
    let output = std::process::Command::new("hcsemu.exe").arg("left").output().expect("hcsemu.exe");
    let text = String::from_utf8_lossy(&output.stdout).to_string();
    assert_eq!(output.status.code(), Some(i32::from(!text.is_empty())), "{text}");
    text
}
