//! BackupWrite and BackupRead, which Wine lacks: put in the place of kernel32's when a DLL of the emulator is loaded. Data is
//! applied to the file; the streams are kept beside (`streams`).

use crate::backup_stream::{Parser, Stream, whole};
use crate::faults::{self, Effect};
use crate::log;
use crate::streams::{Recorder, recorded};
use serde_json::json;
use std::ffi::c_void;
use std::fs::{self, File};
use std::io;
use std::mem::ManuallyDrop;
use std::os::windows::io::FromRawHandle;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use windows_sys::Wdk::Foundation::{NtQueryObject, OBJECT_INFORMATION_CLASS, ObjectBasicInformation};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_INVALID_DATA, ERROR_INVALID_PARAMETER, GetLastError, HANDLE, SetLastError, UNICODE_STRING,
};
use windows_sys::Win32::Storage::FileSystem::{WRITE_DAC, WRITE_OWNER};
use windows_sys::Win32::System::Diagnostics::Debug::FlushInstructionCache;
use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleA, GetModuleHandleExW, GetProcAddress,
};
use windows_sys::Win32::System::Memory::{PAGE_EXECUTE_READWRITE, VirtualProtect};
use windows_sys::Win32::System::Threading::GetCurrentProcess;
use windows_sys::core::BOOL;

/// windows-sys does not name it.
#[allow(non_upper_case_globals, reason = "its name in Windows")]
const ObjectNameInformation: OBJECT_INFORMATION_CLASS = 1;

struct Writer {
    parser: Parser,
    recorder: Recorder,
    directory: bool,
    /// Those of the file when its restoring began. On NTFS, a time that was set through a handle is not changed by what is
    /// written through it afterwards.
    times: fs::FileTimes,
}

struct Reader {
    bytes: Vec<u8>,
    given: usize,
}

/// Where an open file lies. Wine's GetFinalPathNameByHandle knows no path of more than 260 characters.
fn path_of(file: HANDLE) -> PathBuf {
    // A UNICODE_STRING, then its text.
    let mut buffer = vec![0u64; 1 << 13];
    // SAFETY: the buffer is as long as stated, and aligned for its structure.
    let status = unsafe {
        let size = size_of_val(buffer.as_slice()) as u32;
        NtQueryObject(file, ObjectNameInformation, buffer.as_mut_ptr().cast(), size, std::ptr::null_mut())
    };
    if status != 0 {
        return PathBuf::new();
    }
    // SAFETY: the call filled in the structure; its text lies in the same buffer.
    let text = unsafe {
        let name = &*buffer.as_ptr().cast::<UNICODE_STRING>();
        String::from_utf16_lossy(std::slice::from_raw_parts(name.Buffer, usize::from(name.Length / 2)))
    };
    PathBuf::from(text.strip_prefix(r"\??\").map_or(text.clone(), |path| format!(r"\\?\{path}")))
}

/// The rights a handle was opened with.
fn access(file: HANDLE) -> u32 {
    let mut information = [0u32; 14];
    // SAFETY: the buffer is as long as stated.
    let status = unsafe {
        NtQueryObject(
            file,
            ObjectBasicInformation,
            information.as_mut_ptr().cast(),
            size_of_val(&information) as u32,
            std::ptr::null_mut(),
        )
    };
    if status == 0 { information[1] } else { u32::MAX }
}

fn fault(function: &str, count: &AtomicU64) -> Option<u32> {
    let count = count.fetch_add(1, Ordering::Relaxed) + 1;
    let fault = faults::find(function, 0, count)?;
    log::line(json!({"function": function, "count": count, "fault": format!("{fault:?}")}));
    match fault.effect {
        Effect::Result(code) => Some(code & 0xFFFF),
        Effect::Kill => crate::call::die(137),
        Effect::Never => loop {
            std::thread::sleep(std::time::Duration::from_secs(3600));
        },
    }
}

fn fail(error: u32) -> BOOL {
    // SAFETY: sets this thread's last error.
    unsafe { SetLastError(error) };
    0
}

/// BackupWrite.
///
/// # Safety
/// As BackupWrite: the buffer is as long as stated, the context is null at first and then what was put there.
pub unsafe extern "system" fn backup_write(
    file: HANDLE,
    buffer: *const u8,
    length: u32,
    written: *mut u32,
    abort: BOOL,
    security: BOOL,
    context: *mut *mut c_void,
) -> BOOL {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    if context.is_null() {
        return fail(ERROR_INVALID_PARAMETER);
    }
    // SAFETY: the caller's context is null, or the box that an earlier call put there.
    let slot = unsafe { &mut *context };
    if abort != 0 {
        if !slot.is_null() {
            // SAFETY: the context is the box of an earlier call, taken back once.
            let writer = unsafe { Box::from_raw(slot.cast::<Writer>()) };
            *slot = std::ptr::null_mut();
            if writer.parser.finish().is_ok() {
                writer.recorder.finish();
                if !writer.directory {
                    // SAFETY: the caller's handle is open; it is not closed here.
                    let target = unsafe { ManuallyDrop::new(File::from_raw_handle(file)) };
                    let _ = target.set_times(writer.times);
                }
            }
        }
        return 1;
    }
    if let Some(error) = fault("BackupWrite", &COUNT) {
        return fail(error);
    }
    if buffer.is_null() || written.is_null() {
        return fail(ERROR_INVALID_PARAMETER);
    }
    if slot.is_null() {
        let path = path_of(file);
        let recorder = Recorder::new(&path).with_security(security != 0);
        let writer = Writer { parser: Parser::default(), recorder, directory: path.is_dir(), times: times_of(file) };
        *slot = Box::into_raw(Box::new(writer)).cast();
    }
    // SAFETY: as above; the buffer is as long as the caller says, and the handle is open.
    let (writer, bytes, mut target) = unsafe {
        let writer = &mut *slot.cast::<Writer>();
        let bytes = std::slice::from_raw_parts(buffer, length as usize);
        (writer, bytes, ManuallyDrop::new(File::from_raw_handle(file)))
    };
    let Writer { parser, recorder, directory, .. } = writer;
    let mut denied = false;
    let result = parser.feed(bytes, &mut |stream, offset, bytes| {
        if stream.id == Stream::SECURITY && security != 0 && access(file) & (WRITE_DAC | WRITE_OWNER) != WRITE_DAC | WRITE_OWNER {
            denied = true;
            return Err(io::Error::other("the handle may not write security"));
        }
        recorder.take(stream, offset, bytes);
        crate::layers::import::apply(stream, offset, bytes, if *directory { None } else { Some(&mut target) })
    });
    if let Err(error) = result {
        log::line(
            json!({"function": "BackupWrite", "path": recorder.path().display().to_string(), "message": error.to_string()}),
        );
        let code = error.raw_os_error().map_or(ERROR_INVALID_DATA, |code| code as u32);
        return fail(if denied { ERROR_ACCESS_DENIED } else { code });
    }
    // SAFETY: the caller's place was checked.
    unsafe { *written = length };
    1
}

/// BackupRead: the recorded streams, with the data the file has now.
///
/// # Safety
/// As BackupRead.
pub unsafe extern "system" fn backup_read(
    file: HANDLE,
    buffer: *mut u8,
    length: u32,
    read: *mut u32,
    abort: BOOL,
    security: BOOL,
    context: *mut *mut c_void,
) -> BOOL {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    if context.is_null() {
        return fail(ERROR_INVALID_PARAMETER);
    }
    // SAFETY: the caller's context is null, or the box that an earlier call put there.
    let slot = unsafe { &mut *context };
    if abort != 0 {
        if !slot.is_null() {
            // SAFETY: the context is the box of an earlier call, taken back once.
            drop(unsafe { Box::from_raw(slot.cast::<Reader>()) });
            *slot = std::ptr::null_mut();
        }
        return 1;
    }
    if let Some(error) = fault("BackupRead", &COUNT) {
        return fail(error);
    }
    if buffer.is_null() || read.is_null() {
        return fail(ERROR_INVALID_PARAMETER);
    }
    if slot.is_null() {
        let path = path_of(file);
        let data = if path.is_dir() { None } else { Some(data_of(file)) };
        let mut bytes = whole(&recorded(&path), data.as_deref());
        if security == 0 {
            bytes = without_security(&bytes);
        }
        *slot = Box::into_raw(Box::new(Reader { bytes, given: 0 })).cast();
    }
    // SAFETY: as above; the buffer is as long as the caller says.
    unsafe {
        let reader = &mut *slot.cast::<Reader>();
        let left = &reader.bytes[reader.given..];
        let piece = left.len().min(length as usize);
        std::ptr::copy_nonoverlapping(left.as_ptr(), buffer, piece);
        reader.given += piece;
        *read = piece as u32;
    }
    1
}

/// When an open file was last read and written.
fn times_of(file: HANDLE) -> fs::FileTimes {
    // SAFETY: the handle is the caller's and open; it is not closed here.
    let file = unsafe { ManuallyDrop::new(File::from_raw_handle(file)) };
    let mut times = fs::FileTimes::new();
    if let Ok(found) = file.metadata() {
        times = found.accessed().map_or(times, |time| times.set_accessed(time));
        times = found.modified().map_or(times, |time| times.set_modified(time));
    }
    times
}

/// The whole content of an open file.
fn data_of(file: HANDLE) -> Vec<u8> {
    use std::io::{Read, Seek, SeekFrom};
    let mut bytes = Vec::new();
    // SAFETY: the handle is the caller's and open; it is not closed here.
    let mut file = unsafe { ManuallyDrop::new(File::from_raw_handle(file)) };
    if file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut bytes)).is_err() {
        // SAFETY: reads this thread's last error.
        let error = unsafe { GetLastError() };
        log::line(json!({"function": "BackupRead", "message": format!("the data cannot be read: {error}")}));
    }
    bytes
}

fn without_security(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    let keep = &mut |stream: &Stream, _: u64, bytes: &[u8]| {
        if stream.id != Stream::SECURITY {
            kept.extend(if bytes.is_empty() { stream.header() } else { bytes.to_vec() });
        }
        Ok(())
    };
    let _ = Parser::default().feed(bytes, keep);
    kept
}

/// Puts the two functions in the place of kernel32's. To be called when a DLL is loaded.
pub fn hook() {
    let mut module = std::ptr::null_mut();
    let address = backup_write as *const () as *const u16;
    // SAFETY: the address is in this DLL, which from now on stays loaded: kernel32 jumps into it.
    unsafe { GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN, address, &mut module) };
    replace(c"BackupWrite".as_ptr().cast(), backup_write as *const () as usize);
    replace(c"BackupRead".as_ptr().cast(), backup_read as *const () as usize);
}

/// Overwrites the beginning of a function of kernel32 with a jump, unless a DLL of the emulator did so before.
fn replace(name: *const u8, target: usize) {
    // mov rax, target; jmp rax
    let mut code = [0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xE0];
    code[2..10].copy_from_slice(&target.to_le_bytes());
    // SAFETY: the function's code is at least twelve bytes long (the stub fills a parameter list of seven), is made writable
    // for the time of the change, and no other thread is in it: nobody calls what Wine does not have.
    unsafe {
        let Some(function) = GetProcAddress(GetModuleHandleA(c"kernel32.dll".as_ptr().cast()), name) else { return };
        let place = function as *mut u8;
        let now = std::slice::from_raw_parts(place, code.len());
        if now[..2] == code[..2] && now[10..] == code[10..] {
            return;
        }
        let mut before = 0;
        if VirtualProtect(place.cast(), code.len(), PAGE_EXECUTE_READWRITE, &mut before) != 0 {
            std::ptr::copy_nonoverlapping(code.as_ptr(), place, code.len());
            VirtualProtect(place.cast(), code.len(), before, &mut before);
            FlushInstructionCache(GetCurrentProcess(), place.cast(), code.len());
        }
    }
}
