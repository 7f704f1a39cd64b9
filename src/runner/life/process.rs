//! A process in a container, from its start to its last byte: the main one of `run`, and those of `exec`.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::advice::{Setting, advice};
use crate::hcs::call::CallError;
use crate::hcs::codes;
use crate::hcs::compute_systems::{Container, Process, Spawned};
use crate::hcs::documents::ConsoleSize;
use crate::hcs::{failed, invalid};
use crate::runner::life::context::{Context, Progress};
use crate::runner::life::stdio::{Pump, Stdio};
use crate::runner::request::ProcessRequest;
use crate::{Error, ErrorKind};

/// The pause between two looks at the end of a process and the user's interrupts.
const TICK: Duration = Duration::from_millis(50);
/// The time without output after which the output of an ended process counts as complete.
const SILENCE: Duration = Duration::from_secs(5);
/// The time within which the end of a process is reported after the end of its container.
const LAST_WORD: Duration = Duration::from_secs(5);

/// Starts a process.
pub(crate) fn create(context: &Context<'_>, container: &dyn Container, request: &ProcessRequest) -> Result<Spawned, Error> {
    context.interrupts.check()?;
    let parameters = request.parameters().map_err(|wrong| invalid("the container's command is wrong", &wrong))?;
    container.create_process(&parameters).map_err(|error| {
        let shown = failed(format!("the command did not start: {}", request.command_line), &error);
        match error.code() {
            Some(codes::ERROR_FILE_NOT_FOUND | codes::ERROR_PATH_NOT_FOUND) => {
                shown.hint("there is no such program in the image").of_kind(ErrorKind::NoSuchCommand)
            }
            Some(codes::ERROR_DIRECTORY) => shown
                .hint(advice!["the working directory does not exist in the image: name another with ", Setting::WorkingDirectory])
                .of_kind(ErrorKind::CommandNotStartable),
            Some(codes::ERROR_LOGON_FAILURE) => shown
                .hint(advice![
                    account(&request.user),
                    ": name one of the image with ",
                    Setting::User,
                    ", e.g. ContainerAdministrator or ContainerUser"
                ])
                .of_kind(ErrorKind::CommandNotStartable),
            Some(codes::E_ACCESSDENIED | codes::ERROR_BAD_EXE_FORMAT) => shown.of_kind(ErrorKind::CommandNotStartable),
            _ => shown,
        }
    })
}

/// The reason Windows refuses an account, as far as the account tells.
fn account(user: &str) -> String {
    if user.is_empty() {
        "the image's own account cannot be used".to_owned()
    } else {
        format!("no process can be started in the image as {user}")
    }
}

/// Moves a process's streams and passes interrupts on to it until it has ended; returns its exit code. `runs` is called first.
pub(crate) fn accompany(
    context: &Context<'_>,
    container: &dyn Container,
    spawned: Spawned,
    stdio: Stdio,
    console: Option<ConsoleSize>,
    runs: impl FnOnce(),
) -> Result<u32, Error> {
    let (process, mut pump) = Pump::start(spawned, stdio)?;
    runs();
    let exit_code = wait(context, container, &process, console)?;
    pump.drain(SILENCE);
    Ok(exit_code)
}

/// Waits for the process to end. The first interrupt is passed on to it, the second ends it, the third ends the wait.
/// The size of its console, if it has one, follows the user's.
///
/// What is asked of the process meanwhile is asked on threads: a signal may return only when the process has ended
/// (`docs/hcs.md#signals`), and whoever waits must see the next interrupt.
fn wait(
    context: &Context<'_>,
    container: &dyn Container,
    process: &Arc<dyn Process>,
    mut console: Option<ConsoleSize>,
) -> Result<u32, Error> {
    let lost = |error: &CallError| failed("the container's process was lost", error);
    let (refused, refusals): (Sender<CallError>, Receiver<CallError>) = mpsc::channel();
    let (mut seen, mut resizing): (u32, Option<JoinHandle<()>>) = (0, None);
    let mut ended: Option<Instant> = None;
    loop {
        if let Some(code) = process.wait(TICK).map_err(|error| lost(&error))? {
            return Ok(code);
        }
        if console.is_some()
            && resizing.as_ref().is_none_or(JoinHandle::is_finished)
            && let Some(size) = (context.console)()
            && console != Some(size)
        {
            console = Some(size);
            // A window of the wrong size is not a reason to stop.
            resizing = aside(process, move |process| drop(process.resize(size))).ok();
        }
        while seen < context.interrupts.count() {
            seen += 1;
            let refused = refused.clone();
            let signal: fn(&dyn Process) -> Result<(), CallError> = match seen {
                1 => |process| process.interrupt().or_else(|_| process.terminate()),
                2 => |process| process.terminate(),
                _ => return Err(Error::new("interrupted")),
            };
            // Whoever waits may have stopped waiting for it.
            aside(process, move |process| signal(process).unwrap_or_else(|error| drop(refused.send(error))))?;
        }
        for error in refusals.try_iter().filter(|error| !error.is_gone()) {
            (context.report)(Progress::Note(&format!("the interrupt was not passed on: {error}")));
        }
        match ended {
            Some(since) if since.elapsed() > LAST_WORD => {
                return Err(Error::new("the container ended without telling what its process ended with").hint(advice![
                    "run it again with ",
                    Setting::Trace,
                    ", which keeps what Windows answered"
                ]));
            }
            Some(_) => {}
            None => {
                if container.wait(Duration::ZERO).map_err(|error| lost(&error))? {
                    ended = Some(Instant::now());
                }
            }
        }
    }
}

/// Asks something of a process on a thread, which is not waited for: the answer may never come.
fn aside(process: &Arc<dyn Process>, ask: impl FnOnce(&dyn Process) + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let process = Arc::clone(process);
    thread::Builder::new()
        .name("signal".to_owned())
        .spawn(move || ask(&*process))
        .map_err(|error| Error::new("no thread to pass the interrupt on").because(error).hint("free some memory and try again"))
}
