//! A host whose Host Compute Service is the emulator (`tests/emulator`), and images for it, for tests that `tests/emulated.sh`
//! runs under Wine.

pub mod image;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::started::started;

/// The emulator's own program, which says what hosts hold: one for all of them, since a start takes longer than an answer. It ends
/// with this one.
static TELLER: Mutex<Option<Teller>> = Mutex::new(None);

struct Teller {
    _program: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Teller {
    fn start() -> Self {
        let mut command = Command::new("hcsemu");
        command.arg("answer").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut program = started(|| command.spawn());
        let (questions, answers) = (program.stdin.take().unwrap(), BufReader::new(program.stdout.take().unwrap()));
        Self { _program: program, questions, answers }
    }

    /// The lines of an answer; an empty one ends it.
    fn ask(&mut self, question: &str) -> Vec<String> {
        writeln!(self.questions, "{question}").unwrap();
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "hcsemu has no answer to {question}");
            match line.trim_end() {
                "" => return lines,
                line => lines.push(line.to_owned()),
            }
        }
    }
}

/// A moment in the life of a host: its calls from then on are told from those before.
#[derive(Clone, Copy)]
pub struct Moment {
    /// The length of the log of calls.
    log: u64,
    /// The number of calls so far.
    pub calls: u64,
}

/// A host of its own: nothing that another has is seen on it. Everything it has is in its state folder.
pub struct Host {
    folder: TempDir,
}

impl Host {
    /// A new one; `None`, and a word about it, where there is no emulator.
    pub fn new() -> Option<Self> {
        if std::env::var_os("WINCOMPAT_TEST_EMULATOR").is_none_or(|value| value != "1") {
            eprintln!("skipped: it needs the HCS emulator; tests/emulated.sh runs it under Wine");
            return None;
        }
        Some(Self { folder: TempDir::new().unwrap() })
    }

    /// Makes this the host that a program sees; `faults` is the emulator's language for what goes wrong there.
    pub fn hosts<'a>(&self, program: &'a mut Command, faults: &str) -> &'a mut Command {
        program.env("HCSEMU_STATE", self.folder.path()).env("HCSEMU_FAULTS", faults)
    }

    /// Gives all who are on it these faults, from their next call on, also those who were started before.
    pub fn set_faults(&self, faults: &str) {
        fs::write(self.folder.path().join("faults"), faults).unwrap();
    }

    /// This moment.
    pub fn now(&self) -> Moment {
        let log = fs::metadata(self.folder.path().join("calls.jsonl")).map_or(0, |log| log.len());
        let counts = fs::read(self.folder.path().join("counts.json")).unwrap_or_default();
        let counts: Value = serde_json::from_slice(&counts).unwrap_or_default();
        Moment { log, calls: counts["all"].as_u64().unwrap_or_default() }
    }

    /// Every call so far, in order (README.md of the emulator, `calls.jsonl`). A killed program can leave half a line.
    pub fn calls(&self) -> Vec<Value> {
        self.calls_since(Moment { log: 0, calls: 0 })
    }

    /// Every call since a moment, likewise.
    pub fn calls_since(&self, moment: Moment) -> Vec<Value> {
        self.log_since(moment).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// True if a call since a moment never returns. It takes less than to read the calls.
    pub fn hangs_since(&self, moment: Moment) -> bool {
        self.log_since(moment).contains(r#""never":true"#)
    }

    fn log_since(&self, moment: Moment) -> String {
        let mut text = Vec::new();
        if let Ok(mut log) = File::open(self.folder.path().join("calls.jsonl")) {
            log.seek(SeekFrom::Start(moment.log)).unwrap();
            BufReader::new(log).read_to_end(&mut text).unwrap();
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The calls of one function.
    pub fn calls_of(&self, function: &str) -> Vec<Value> {
        self.calls().into_iter().filter(|call| call["function"] == function).collect()
    }

    /// The backup streams that a file on drive C was written with, byte for byte but without the content of its data.
    pub fn streams(&self, file: &Path) -> Option<Vec<u8>> {
        let file = file.to_str().unwrap().trim_start_matches(r"\\?\");
        let (drive, path) = file.split_once(":\\").unwrap();
        fs::read(self.recorded(drive, path)).ok()
    }

    fn recorded(&self, drive: &str, path: &str) -> PathBuf {
        // Free of the limit of 260 characters.
        PathBuf::from(format!(r"\\?\{}\streams\{drive}\{path}.streams", self.folder.path().display()))
    }

    /// What could not be released, a line each: compute systems, layers in use, scratches, endpoints, namespaces, accesses.
    pub fn left(&self) -> Vec<String> {
        self.ask("left")
    }

    /// What the host holds.
    pub fn state(&self) -> Value {
        serde_json::from_str(&self.ask("state").join("\n")).unwrap()
    }

    fn ask(&self, question: &str) -> Vec<String> {
        let mut teller = TELLER.lock().unwrap_or_else(PoisonError::into_inner);
        teller.get_or_insert_with(Teller::start).ask(&format!("{question} {}", self.folder.path().display()))
    }

    /// Fails where anything could not be released.
    #[track_caller]
    pub fn has_nothing_left(&self) {
        assert_eq!(self.left(), [""; 0]);
    }
}

/// Whether a program ended because a fault killed it.
pub fn was_killed(status: ExitStatus) -> bool {
    status.code() == Some(137)
}

/// A backup stream as the emulator records it: without the content of the data.
pub fn without_data(mut stream: &[u8]) -> Vec<u8> {
    const DATA: [u8; 4] = [1, 0, 0, 0];
    let mut kept = Vec::new();
    while !stream.is_empty() {
        let size = u64::from_le_bytes(stream[8..16].try_into().unwrap()) as usize;
        let name = u32::from_le_bytes(stream[16..20].try_into().unwrap()) as usize;
        let (header, rest) = stream.split_at(20 + name);
        let (content, rest) = rest.split_at(size);
        kept.extend_from_slice(header);
        if !header.starts_with(&DATA) {
            kept.extend_from_slice(content);
        }
        stream = rest;
    }
    kept
}
