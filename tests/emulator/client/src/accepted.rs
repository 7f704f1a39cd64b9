//! The right orders, as section 10 gives them, with everything they are to bring.

use crate::ffi::{core, v1 as old};
use crate::layer;
use crate::stdio::Stream;
use crate::v2;
use crate::world::World;
use crate::{Case, roles};
use serde_json::{Value, json};

fn case(name: &'static str, run: fn(World)) -> Case {
    Case::new(name, move || run(World::with_image(name)))
}

/// All of them.
pub fn cases() -> Vec<Case> {
    vec![case("argon-v2", argon_v2)]
}

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

/// Runs a process to its end: its output, its errors, its exit code.
pub fn run_v2(system: *mut std::ffi::c_void, parameters: &Value, input: Option<&[u8]>) -> (Vec<u8>, Vec<u8>, u64) {
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
        let close = json!({"Operation": "CloseHandle", "CloseHandle": {"Handle": "StdIn"}}).to_string();
        let closed = v2::simple(core::HcsModifyProcess, process, Some(&close));
        assert!(closed.is_ok() || closed.as_ref().is_err_and(|(code, _)| *code == 0x8037_011F), "{closed:?}");
        drop(stdin);
    }
    let status: Value = serde_json::from_str(&events.wait(0x10000).expect("the exit event")).expect("ProcessStatus");
    assert_eq!(status["Exited"], true);
    assert_eq!(status["LastWaitResult"], 0);
    // SAFETY: the handle is open.
    unsafe { core::HcsCloseProcess(process) };
    (stdout.join().unwrap(), stderr.join().unwrap(), status["ExitCode"].as_u64().unwrap())
}

fn argon_v2(world: World) {
    let document = world.argon();
    let (system, answer) = v2::create("argon-v2", &document.to_string());
    answer.expect("HcsCreateComputeSystem");
    let events = v2::listen(core::HcsSetComputeSystemCallback, system).expect("HcsSetComputeSystemCallback");
    v2::start(system).expect("HcsStartComputeSystem");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_string();
    let (out, _, code) = run_v2(system, &parameters("cmd /c echo %GREETING%"), None);
    assert_eq!((text(out).as_str(), code), ("hello", 0));
    let (_, _, code) = run_v2(system, &parameters("cmd /c exit 7"), None);
    assert_eq!(code, 7);
    let (_, _, code) = run_v2(system, &parameters(&own("role:exit 3221225786")), None);
    assert_eq!(code, 0xC000_013A);
    let (out, _, code) = run_v2(system, &parameters(&own("role:bytes 10485760")), None);
    assert!(out == roles::bytes(10_485_760) && code == 0, "{} bytes", out.len());
    v2::terminate(system).expect("HcsTerminateComputeSystem");
    let exit: Value = serde_json::from_str(&events.wait(1).expect("SystemExited")).unwrap();
    assert_eq!(exit["ExitType"], "ForcedExit");
    v2::close(system);
    layer::give_back(&world.scratch);
    let _ = old::LayerExists;
}
