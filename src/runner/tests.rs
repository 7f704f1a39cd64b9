//! The life of a container on a fake host.

mod arriving;
mod commands;
mod fake;
mod images;
mod import;
mod life;
mod release;

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use fake::{Fake, Killed};

use crate::Isolation;

use crate::Error;
use crate::ownership::tests::PlainFolders;
use crate::runner::life::context::{Context, Progress};
use crate::runner::life::interrupts::Interrupts;
use crate::runner::life::run;
use crate::runner::life::run::Outcome;
use crate::runner::life::stdio::Stdio;
use crate::runner::request::RunRequest;
use crate::runner::store::Store;
use crate::runner::store::state;

/// What a container wrote.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A run that was not killed, with its notes and output.
struct Ran {
    result: Result<Outcome, Error>,
    notes: Vec<String>,
    stdout: String,
    stderr: String,
}

/// Runs a container on the fake host; `None` if the fake killed the run.
fn run(fake: &Fake, store: &Store, request: &RunRequest, stdin: &'static [u8]) -> Option<Ran> {
    let (stdout, stderr, notes) = (Written::default(), Written::default(), Mutex::new(Vec::new()));
    let stdin: Option<Box<dyn io::Read + Send>> = (!stdin.is_empty()).then(|| Box::new(stdin) as _);
    let stdio = Stdio { stdin, stdout: Box::new(stdout.clone()), stderr: Box::new(stderr.clone()) };
    let interrupts = Interrupts::new();
    let report = |progress: Progress<'_>| match progress {
        Progress::Note(note) => notes.lock().unwrap().push(note.to_owned()),
        Progress::Running(_) => (0..fake.interrupted_while_running()).for_each(|_| interrupts.raise()),
        Progress::Claimed => (0..fake.interrupted_before()).for_each(|_| interrupts.raise()),
    };
    let context = Context { machine: fake, store, interrupts: &interrupts, report: &report, console: &|| None };
    match catch_unwind(AssertUnwindSafe(|| run::run(&context, request, |_| Ok(stdio)))) {
        Ok(result) => {
            let notes = notes.into_inner().unwrap();
            Some(Ran { result, notes, stdout: stdout.text(), stderr: stderr.text() })
        }
        Err(payload) if payload.is::<Killed>() => None,
        Err(payload) => std::panic::resume_unwind(payload),
    }
}

/// A store in a folder of its own.
fn empty_store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&PlainFolders, folder.path()).unwrap();
    (folder, store)
}

/// A store with the layers of the request of all tests.
fn store() -> (tempfile::TempDir, Store) {
    let (folder, store) = empty_store();
    for id in state::tests::request(Isolation::Process).layers {
        std::fs::create_dir(store.layer(&id)).unwrap();
        std::fs::write(store.layer(&id).join("wincompat.json"), "{}").unwrap();
    }
    (folder, store)
}
