//! The life of a container in the background: a process of its own owns it from its creation on, since standard handles are handed
//! out to the creator once.
//!
//! The starting process writes the request to its standard input as one line, and keeps that open until the container runs: an
//! earlier end is an interrupt. The monitor answers on its standard output, one JSON object a line, and closes that when the container
//! runs or has failed to.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::hcs::machine::Machine;
use crate::hcs::trace::Trace;
use crate::ownership::Folders;
use crate::runner::life::context::{Context, Progress};
use crate::runner::life::interrupts::Interrupts;
use crate::runner::life::run;
use crate::runner::life::stdio::Stdio;
use crate::runner::log::Log;
use crate::runner::request::RunRequest;
use crate::runner::store::Store;

/// The order to a monitor.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    /// The folder of the store.
    pub root: PathBuf,
    /// The file that calls are traced in.
    pub trace: Option<PathBuf>,
    /// The container.
    pub request: RunRequest,
}

/// A report of a monitor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MonitorReport {
    /// Something the user should know.
    Note(String),
    /// The container of this id runs. Nothing follows.
    Running(String),
    /// It does not run. Nothing follows.
    Failed(Error),
}

/// No request is larger: Windows' limits of a command line and of an environment are far below.
const LARGEST_ORDER: u64 = 16 << 20;

/// The machine that a monitor works on.
pub struct Monitored<'a> {
    /// Connects to the Host Compute Service, with this trace.
    pub connect: &'a dyn Fn(Trace) -> Result<Box<dyn Machine>, Error>,
    /// The folders of the store.
    pub folders: &'a dyn Folders,
    /// Writes a report about a failure into the store in this folder: the error, with the report's name.
    pub report: &'a dyn Fn(&Path, &Error) -> Error,
}

/// Has a container from its creation to its last trace.
pub fn serve(machine: &Monitored<'_>, order: impl Read + Send + 'static, answers: impl Write + Send + 'static) {
    let answers = Arc::new(Answers(Mutex::new(Some(Box::new(answers)))));
    if let Err(error) = follow(machine, order, &answers) {
        answers.last(&MonitorReport::Failed(error));
    }
}

fn follow(machine: &Monitored<'_>, order: impl Read + Send + 'static, answers: &Arc<Answers>) -> Result<(), Error> {
    let mut order = BufReader::new(order);
    let mut line = String::new();
    let unread = |why: String| Error::new("the monitor of a container got no order").because(why);
    order.by_ref().take(LARGEST_ORDER).read_line(&mut line).map_err(|error| unread(error.to_string()))?;
    let order_read: Order = serde_json::from_str(&line).map_err(|error| unread(error.to_string()))?;
    let interrupts = Arc::new(Interrupts::new());
    let runs = Arc::new(AtomicBool::new(false));
    watch(order, &interrupts, &runs);
    look_after(machine, &order_read, answers, &interrupts, &runs).map_err(|error| (machine.report)(&order_read.root, &error))
}

/// Has the container of an order from its creation to its end.
fn look_after(
    machine: &Monitored<'_>,
    Order { root, trace, request }: &Order,
    answers: &Answers,
    interrupts: &Interrupts,
    runs: &AtomicBool,
) -> Result<(), Error> {
    let trace = trace.as_deref().map_or_else(|| Ok(Trace::off()), Trace::to)?;
    let connected = (machine.connect)(trace)?;
    let store = Store::open(machine.folders, root)?;
    let report = |progress: Progress<'_>| match progress {
        Progress::Claimed => {}
        Progress::Note(note) => answers.send(&MonitorReport::Note(note.to_owned())),
        Progress::Running(claim) => {
            runs.store(true, Ordering::Relaxed);
            answers.last(&MonitorReport::Running(claim.id.to_string()));
        }
    };
    let context = Context { machine: &*connected, store: &store, interrupts, report: &report, console: &|| None };
    let outcome = run::run(&context, request, |claim| {
        let log = Log::create(claim.open_folder()?)?;
        Ok(Stdio::nothing().logged(&log))
    })?;
    outcome.exit_code.map(drop)
}

/// Takes an end of the order's pipe for an interrupt, as long as the container does not run.
fn watch(mut order: impl Read + Send + 'static, interrupts: &Arc<Interrupts>, runs: &Arc<AtomicBool>) {
    let (interrupts, runs) = (Arc::clone(interrupts), Arc::clone(runs));
    thread::spawn(move || {
        let mut rest = [0; 64];
        while order.read(&mut rest).is_ok_and(|read| read > 0) {}
        if !runs.load(Ordering::Relaxed) {
            interrupts.raise();
        }
    });
}

/// Our side of the answers' pipe, until the last one.
struct Answers(Mutex<Option<Box<dyn Write + Send>>>);

impl Answers {
    fn send(&self, report: &MonitorReport) {
        if let Some(pipe) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            write(pipe, report);
        }
    }

    /// Sends a report and closes the pipe.
    fn last(&self, report: &MonitorReport) {
        if let Some(mut pipe) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            write(&mut pipe, report);
        }
    }
}

/// A reader that is gone has closed the order too, which is an interrupt.
fn write(pipe: &mut dyn Write, report: &MonitorReport) {
    let _ = serde_json::to_writer(&mut *pipe, report)
        .map_err(Into::into)
        .and_then(|()| pipe.write_all(b"\n"))
        .and_then(|()| pipe.flush());
}
