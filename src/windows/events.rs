//! The events that the services of containers have written, by the program of Windows that reads them: HCS says there which field of a
//! document or which file it did not like.

use std::io::Read as _;
use std::os::windows::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::probe;

/// The logs that are read.
const LOGS: [&str; 4] = [
    "Microsoft-Windows-Hyper-V-Compute-Admin",
    "Microsoft-Windows-Hyper-V-Compute-Operational",
    "Microsoft-Windows-Host-Network-Service-Admin",
    "Microsoft-Windows-Hyper-V-Worker-Admin",
];
/// The most bytes of a log that are taken, and the time that reading one may take.
const LARGEST: u64 = 256 << 10;
const PATIENCE: Duration = Duration::from_secs(10);
/// The program gets no window.
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// The events since this time: the name of each log, and its text. What cannot be read says so.
pub(super) fn since(time: Timestamp) -> Vec<(String, String)> {
    // Each takes a moment, and whoever waits has just been told of a failure.
    thread::scope(|scope| {
        let reading = LOGS.map(|log| (log, scope.spawn(move || read(log, time).unwrap_or_else(|why| why))));
        let read = reading.map(|(log, text)| (log.to_owned(), text.join().unwrap_or_default()));
        read.into()
    })
}

fn read(log: &str, time: Timestamp) -> Result<String, String> {
    let reader = probe::system_directory().ok_or("Windows does not say where its programs are")?.join("wevtutil.exe");
    let query = format!("*[System[TimeCreated[@SystemTime>='{time:.3}']]]");
    let mut program = Command::new(reader);
    program.args(["qe", log, "/c:200", "/f:text", "/uni:true", &format!("/q:{query}")]);
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).creation_flags(CREATE_NO_WINDOW);
    let mut program = program.spawn().map_err(|error| format!("they cannot be read: {error}"))?;
    let text = output(&mut program);
    // It may have ended; nobody else waits for it.
    let _ = program.kill();
    let _ = program.wait();
    text.map(|bytes| decoded(&bytes)).ok_or_else(|| format!("they cannot be read within {} seconds", PATIENCE.as_secs()))
}

/// All that a program writes; `None` if that takes too long.
fn output(program: &mut Child) -> Option<Vec<u8>> {
    let out = program.stdout.take()?;
    let (send, receive) = mpsc::channel();
    // It ends with the program.
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if out.take(LARGEST).read_to_end(&mut bytes).is_ok() {
            let _ = send.send(bytes);
        }
    });
    receive.recv_timeout(PATIENCE).ok()
}

/// The text of a program of Windows: UTF-16 if it was asked for, with or without a mark, or another encoding.
fn decoded(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    let is_wide = units.iter().take(64).filter(|unit| unit[1] == 0).count() * 2 > units.len().min(64);
    if !is_wide && !bytes.starts_with(&[0xff, 0xfe]) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    String::from_utf16_lossy(&units).trim_start_matches('\u{feff}').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_encoding_is_read() {
        let wide: Vec<u8> = "\u{feff}Event[0]:\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded(&wide), "Event[0]:\r\n");
        assert_eq!(decoded(&wide[2..]), "Event[0]:\r\n");
        assert_eq!(decoded(b"Event[0]:\r\n"), "Event[0]:\r\n");
        assert_eq!(decoded(b""), "");
    }

    #[test]
    fn every_log_is_told_of() {
        assert_eq!(since(Timestamp::now()).len(), LOGS.len());
    }
}
