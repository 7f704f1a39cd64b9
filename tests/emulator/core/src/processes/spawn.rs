//! Starts the real process: suspended, in the container's job, with its ends of the pipes and nothing else inherited.

use super::pipe::{self, Pipe, Stdio};
use super::{command, environment};
use crate::codes::{DIRECTORY, FILE_NOT_FOUND, win32};
use crate::layers;
use crate::rules::{self, Refusal};
use crate::state::System;
use crate::systems::objects::{self, Object};
use crate::text::wide;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{ERROR_INTERNAL_ERROR, GetLastError, HANDLE};
use windows_sys::Win32::System::Threading::{
    CREATE_NO_WINDOW, CREATE_SUSPENDED, CREATE_UNICODE_ENVIRONMENT, CreateProcessW, DeleteProcThreadAttributeList,
    EXTENDED_STARTUPINFO_PRESENT, InitializeProcThreadAttributeList, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROCESS_INFORMATION,
    ResumeThread, STARTF_USESTDHANDLES, STARTUPINFOEXW, UpdateProcThreadAttribute,
};

/// A process that was started and does not run yet.
pub struct Started {
    /// Its id.
    pub pid: u32,
    /// Its handle.
    pub process: Object,
    thread: Object,
    /// The caller's ends of its streams.
    pub stdio: Option<Stdio>,
    /// The emulator's own write end of its standard input.
    pub stdin: Option<Object>,
}

/// Starts a process of a container, as its parameters say.
pub fn start(system: &System, job: &Option<Arc<Object>>, parameters: &Value) -> Result<Started, Refusal> {
    let text = |name: &str| parameters[name].as_str().unwrap_or_default();
    let wanted = |name: &str| parameters[name] == json!(true);
    // Not the root of the drive: who wants that says so.
    let folder = if text("WorkingDirectory").is_empty() { r"C:\Windows\System32" } else { text("WorkingDirectory") };
    rules::WORKING_DIRECTORY
        .require(in_container(system, folder), DIRECTORY, || format!("{folder:?} is no directory of the container"))?;
    let variables = environment::of_process(system, parameters);
    let path = variables.get("PATH").map_or("", |(_, value)| value);
    let name = if text("ApplicationName").is_empty() {
        text("CommandLine").to_string()
    } else {
        format!("\"{}\"", text("ApplicationName"))
    };
    let Some(program) = command::program(&name, folder, path) else {
        let says = format!("CreateProcess: no program for {name:?}");
        return Err(rules::COMMAND_LINE.refusal(FILE_NOT_FOUND, says));
    };
    let failed = |error: u32| rules::COMMAND_LINE.refusal(win32(error), format!("CreateProcess: error {error}"));
    let pipe = |asked: bool, to_process: bool| asked.then(|| pipe::create(to_process)).transpose().map_err(failed);
    let errors = wanted("CreateStdErrPipe") && !wanted("EmulateConsole");
    let pipes = [pipe(wanted("CreateStdInPipe"), true)?, pipe(wanted("CreateStdOutPipe"), false)?, pipe(errors, false)?];
    let create = || create_process(&program, text("CommandLine"), folder, &environment::block(&variables), &pipes);
    let (pid, process, thread) = match create() {
        // Of a thousand programs, Wine does not get one or two to run.
        Err(ERROR_INTERNAL_ERROR) => create(),
        created => created,
    }
    .map_err(failed)?;
    if let Some(job) = job {
        objects::assign(job, process.0);
    }
    let stdin = pipes[0].as_ref().and_then(|pipe| pipe::duplicate(&pipe.near));
    let stdio = Some(Stdio::new(pipes.map(|pipe| pipe.map(|pipe| pipe.near))));
    Ok(Started { pid, process, thread, stdio, stdin })
}

/// Lets the process run.
pub fn resume(started: &Started) {
    // SAFETY: the handle is open.
    unsafe { ResumeThread(started.thread.0) };
}

/// Whether a folder is one a process of this container can start in: of Windows, of a layer, or mapped.
fn in_container(system: &System, folder: &str) -> bool {
    let wanted = layers::normal(&folder.replace('/', "\\"));
    let Some(inside) = wanted.strip_prefix("c:") else { return Path::new(folder).is_absolute() && Path::new(folder).is_dir() };
    let inside = inside.trim_start_matches('\\');
    let of_windows = inside.is_empty() || (inside == "windows" || inside.starts_with("windows\\"));
    let mapped = system.directories.iter().any(|(_, container)| {
        let container = layers::normal(container);
        wanted == container || wanted.starts_with(&format!("{container}\\"))
    });
    let of_layer = system.layers.iter().any(|layer| Path::new(layer).join("Files").join(inside).is_dir());
    (of_windows || mapped || of_layer) && Path::new(folder).is_dir()
}

fn create_process(
    program: &Path,
    command_line: &str,
    folder: &str,
    environment: &[u16],
    pipes: &[Option<Pipe>; 3],
) -> Result<(u32, Object, Object), u32> {
    let program = wide(&program.display().to_string());
    let mut command_line = wide(command_line);
    let folder = wide(folder);
    let far = pipes.each_ref().map(|pipe| pipe.as_ref().map_or(std::ptr::null_mut(), |pipe| pipe.far.0));
    let mut inherited: Vec<HANDLE> = far.iter().copied().filter(|handle| !handle.is_null()).collect();
    let mut startup = STARTUPINFOEXW::default();
    startup.StartupInfo.cb = size_of::<STARTUPINFOEXW>() as u32;
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    [startup.StartupInfo.hStdInput, startup.StartupInfo.hStdOutput, startup.StartupInfo.hStdError] = far;
    let mut made = PROCESS_INFORMATION::default();
    // SAFETY: the attribute list is as long as the first call says and lives until it is deleted; the handles it lists are
    // open; all texts end with a NUL; the process's handles are owned from here on.
    unsafe {
        let mut size = 0;
        InitializeProcThreadAttributeList(std::ptr::null_mut(), 1, 0, &mut size);
        let mut memory = vec![0u64; size.div_ceil(8)];
        let list = memory.as_mut_ptr().cast();
        if InitializeProcThreadAttributeList(list, 1, 0, &mut size) == 0 {
            return Err(GetLastError());
        }
        startup.lpAttributeList = list;
        let bytes = size_of_val(inherited.as_slice());
        if !inherited.is_empty() {
            let attribute = PROC_THREAD_ATTRIBUTE_HANDLE_LIST as usize;
            UpdateProcThreadAttribute(
                list,
                0,
                attribute,
                inherited.as_mut_ptr().cast(),
                bytes,
                std::ptr::null_mut(),
                std::ptr::null(),
            );
        }
        let flags = CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT | CREATE_NO_WINDOW;
        let created = CreateProcessW(
            program.as_ptr(),
            if command_line.len() > 1 { command_line.as_mut_ptr() } else { std::ptr::null_mut() },
            std::ptr::null(),
            std::ptr::null(),
            i32::from(!inherited.is_empty()),
            flags,
            environment.as_ptr().cast(),
            folder.as_ptr(),
            (&raw const startup).cast(),
            &mut made,
        );
        let error = GetLastError();
        DeleteProcThreadAttributeList(list);
        if created == 0 {
            return Err(error);
        }
        Ok((made.dwProcessId, Object(made.hProcess), Object(made.hThread)))
    }
}
