//! Real processes, by id and birth: ending one, or one with all it started, and waiting for the end.

use crate::owner;
use crate::systems::objects::Object;
use std::collections::BTreeSet;
use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE, PROCESS_TERMINATE, TerminateProcess, WaitForSingleObject,
};

fn open(pid: u32, began: u64) -> Option<Object> {
    // SAFETY: the handle is checked before it is kept.
    let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE | PROCESS_TERMINATE, 0, pid) };
    let process = (!process.is_null()).then_some(Object(process))?;
    (began == 0 || owner::began(process.0) == began).then_some(process)
}

/// Ends one process. Under Wine it has a console host, which inherits its streams, and waits for ever if it ends before it has a
/// console: that is ended too, unless other processes may use it.
pub fn end(pid: u32, began: u64, code: u32) {
    let Some(process) = open(pid, began) else { return };
    // SAFETY: the handle is open.
    unsafe { TerminateProcess(process.0, code) };
    let children: Vec<Entry> = processes().into_iter().filter(|entry| entry.parent == pid).collect();
    if children.iter().all(Entry::is_console_host) {
        for host in children.iter().filter_map(|entry| open(entry.pid, 0)) {
            // SAFETY: the handle is open.
            unsafe { TerminateProcess(host.0, code) };
        }
    }
}

/// Ends a process and all it started, directly or not.
pub fn end_all(pid: u32, began: u64, code: u32) {
    if open(pid, began).is_none() {
        return;
    }
    let mut family = BTreeSet::from([pid]);
    let all = processes();
    loop {
        let before = family.len();
        family.extend(all.iter().filter(|entry| family.contains(&entry.parent)).map(|entry| entry.pid).collect::<Vec<_>>());
        if family.len() == before {
            break;
        }
    }
    for member in family {
        end(member, if member == pid { began } else { 0 }, code);
    }
}

/// Waits until a process is gone, five seconds at most.
pub fn wait(pid: u32, began: u64) {
    if let Some(process) = open(pid, began) {
        // SAFETY: the handle is open.
        unsafe { WaitForSingleObject(process.0, 5000) };
    }
}

/// A process of the prefix.
struct Entry {
    pid: u32,
    parent: u32,
    /// The name of its program; empty for one that has not loaded it yet.
    program: String,
}

impl Entry {
    fn is_console_host(&self) -> bool {
        self.program.is_empty() || self.program.eq_ignore_ascii_case("conhost.exe")
    }
}

/// Every process of the prefix.
fn processes() -> Vec<Entry> {
    let mut found = Vec::new();
    // SAFETY: the snapshot is checked and owned; the entry says its own size.
    unsafe {
        let snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
        if snapshot == INVALID_HANDLE_VALUE {
            return found;
        }
        let snapshot = Object(snapshot);
        let mut entry = PROCESSENTRY32W { dwSize: size_of::<PROCESSENTRY32W>() as u32, ..Default::default() };
        let mut more = Process32FirstW(snapshot.0, &mut entry);
        while more != 0 {
            let length = entry.szExeFile.iter().position(|unit| *unit == 0).unwrap_or(entry.szExeFile.len());
            let program = String::from_utf16_lossy(&entry.szExeFile[..length]);
            found.push(Entry { pid: entry.th32ProcessID, parent: entry.th32ParentProcessID, program });
            more = Process32NextW(snapshot.0, &mut entry);
        }
    }
    found
}
