//! Processes that cannot be.

use super::{case, process, running};
use crate::ffi::core;
use crate::layer::done;
use crate::{Case, v2};
use serde_json::json;
use std::ptr::null_mut;

/// All of them.
pub fn cases() -> Vec<Case> {
    vec![
        case("process-unknown-field", 0x8037_010D, |world| process(world, json!({"CommandLine": "cmd", "Tty": true}))),
        case("process-environment-as-list", 0x8037_010D, |world| {
            process(world, json!({"CommandLine": "cmd", "Environment": ["A=b"]}))
        }),
        case("process-without-command", 0x8007_0057, |world| process(world, json!({"WorkingDirectory": "C:\\"}))),
        case("process-command-args", 0x8007_0057, |world| process(world, json!({"CommandLine": "cmd", "CommandArgs": ["/c"]}))),
        case("process-program-missing", 0x8007_0002, |world| process(world, json!({"CommandLine": "no-such-program.exe"}))),
        case("process-directory-missing", 0x8007_010B, |world| {
            process(world, json!({"CommandLine": "cmd", "WorkingDirectory": r"C:\not\there"}))
        }),
        case("process-directory-of-the-host", 0x8007_010B, |world| {
            process(world, json!({"CommandLine": "cmd", "WorkingDirectory": world.root}))
        }),
        case("process-console-size", 0x8007_0057, |world| process(world, json!({"CommandLine": "cmd", "ConsoleSize": [25]}))),
        case("process-variable-twice", 0x8007_0057, |world| {
            process(world, json!({"CommandLine": "cmd", "Environment": {"Path": "x", "PATH": "y"}}))
        }),
        case("process-account-unknown", 0x8007_052E, |world| process(world, json!({"CommandLine": "cmd", "User": "nobody"}))),
        case("process-open-unknown", 0x8007_0490, |world| {
            let mut process = null_mut();
            let system = running(world);
            // SAFETY: the place is valid during the call.
            done(unsafe { core::HcsOpenProcess(system, 4, 0x1000_0000, &mut process) }).map_err(|code| (code, String::new()))
        }),
        case("signal-unknown", 0x8037_010D, |world| {
            let (process, _) =
                v2::process(running(world), &json!({"CommandLine": crate::container::own("role:sleep")}).to_string())?;
            v2::simple(core::HcsSignalProcess, process, Some(r#"{"Signal":"SIGTERM"}"#)).map(drop)
        }),
    ]
}
