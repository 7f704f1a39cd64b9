//! What a container's processes see on drive C. They are processes of the Wine prefix, so its drive C is theirs: what the
//! layers hold outside of `Files\Windows` is linked there while containers run, and mapped directories with another name
//! become symbolic links (which only a Unix program can make here).

use crate::state::{Kind, Phase, State, System};
use crate::text::wide;
use std::collections::BTreeSet;
use std::ffi::{CStr, c_char};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};
use windows_sys::Win32::System::Memory::{GetProcessHeap, HeapFree};

/// What was ever put there, whatever state folder it was for: a list that outlives a deleted state folder, so that what an
/// interrupted test left behind is replaced and not taken for the prefix's own.
const EVER: &str = r"C:\hcsemu.shown";

/// Shows a system's files before it starts.
pub fn show(state: &mut State, system: &System) {
    if matches!(system.kind, Kind::Machine | Kind::Template) {
        return;
    }
    // The topmost layer's folder shows its parents' files too.
    let before = state.shown.len();
    let ever = std::fs::read_to_string(EVER).unwrap_or_default();
    let ever: BTreeSet<&str> = ever.lines().collect();
    if let Some(layer) = system.layers.first() {
        show_folder(&mut state.shown, &ever, &Path::new(layer).join("Files"), Path::new(r"C:\"));
    }
    for (host, container) in &system.directories {
        let target = PathBuf::from(container);
        let entry = format!("link {container}");
        if ever.contains(entry.as_str()) && !state.shown.contains(&entry) {
            unlink(&target);
        }
        if !target.exists() && target.is_absolute() {
            if let Some(parent) = target.parent() {
                make_folder(&mut state.shown, &ever, parent);
            }
            if unix(r"Z:\bin\ln", &["-s", &unix_path(Path::new(host)), &unix_path(&target)], || target.exists()) {
                state.shown.push(entry);
            }
        }
    }
    let fresh: String =
        state.shown[before..].iter().filter(|path| !ever.contains(path.as_str())).map(|path| format!("{path}\n")).collect();
    if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(EVER) {
        let _ = file.write_all(fresh.as_bytes());
    }
}

/// Takes away what was shown, once nothing needs it any more.
pub fn hide(state: &mut State) {
    let needed = |system: &System| !matches!(system.kind, Kind::Machine | Kind::Template) && system.phase != Phase::Stopped;
    if state.systems.values().any(needed) {
        return;
    }
    for shown in std::mem::take(&mut state.shown).iter().rev() {
        let (what, path) = shown.split_once(' ').unwrap_or_default();
        let path = Path::new(path);
        match what {
            "file" => drop(std::fs::remove_file(path)),
            "folder" => drop(std::fs::remove_dir(path)),
            _ => unlink(path),
        }
    }
}

fn show_folder(shown: &mut Vec<String>, ever: &BTreeSet<&str>, from: &Path, to: &Path) {
    let Ok(entries) = std::fs::read_dir(from) else { return };
    for entry in entries.flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let windows = to.parent().is_none() && entry.file_name().eq_ignore_ascii_case("Windows");
        if windows || entry.file_name().to_string_lossy().contains(':') {
            continue;
        }
        if source.is_dir() {
            make_folder(shown, ever, &target);
            show_folder(shown, ever, &source, &target);
            continue;
        }
        let entry = format!("file {}", target.display());
        if ever.contains(entry.as_str()) && !shown.contains(&entry) {
            let _ = std::fs::remove_file(&target);
        }
        let link = || std::fs::hard_link(&source, &target).or_else(|_| std::fs::copy(&source, &target).map(drop));
        if !target.exists() && link().is_ok() {
            shown.push(entry);
        }
    }
}

fn make_folder(shown: &mut Vec<String>, ever: &BTreeSet<&str>, folder: &Path) {
    let entry = format!("folder {}", folder.display());
    if folder.exists() && (!ever.contains(entry.as_str()) || shown.contains(&entry)) {
        return;
    }
    if let Some(parent) = folder.parent() {
        make_folder(shown, ever, parent);
    }
    if folder.exists() || std::fs::create_dir(folder).is_ok() {
        shown.push(entry);
    }
}

/// Removes a symbolic link, never what it points to.
fn unlink(link: &Path) {
    unix(r"Z:\bin\rm", &["-f", &unix_path(link)], || !link.exists());
}

/// Runs a Unix program, which Wine cannot wait for, until what it does is done.
fn unix(program: &str, arguments: &[&str], done: impl Fn() -> bool) -> bool {
    if std::process::Command::new(program).args(arguments).spawn().is_err() {
        return false;
    }
    let began = Instant::now();
    while !done() {
        if began.elapsed() > Duration::from_secs(2) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

/// The Unix path of a path, as Wine's kernel32 gives it.
fn unix_path(path: &Path) -> String {
    type UnixName = unsafe extern "C" fn(*const u16) -> *mut c_char;
    // SAFETY: the function is Wine's own, with this signature; what it returns is a text of the process heap.
    unsafe {
        let kernel = GetModuleHandleA(c"kernel32.dll".as_ptr().cast());
        let Some(found) = GetProcAddress(kernel, c"wine_get_unix_file_name".as_ptr().cast()) else { return String::new() };
        let unix_name: UnixName = std::mem::transmute(found);
        let name = unix_name(wide(&path.display().to_string()).as_ptr());
        if name.is_null() {
            return String::new();
        }
        let text = CStr::from_ptr(name).to_string_lossy().into_owned();
        HeapFree(GetProcessHeap(), 0, name.cast());
        text
    }
}
