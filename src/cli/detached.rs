//! `run -d`: starts a monitor process, and reads its reports until the container runs.

use std::io::{self, BufRead as _, BufReader, Write};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::Error;
use crate::advice::{Command, advice};
use crate::cli::platform::Platform;
use crate::report::plain::clean;
use crate::runner::life::interrupts::Interrupts;
use crate::runner::life::monitor::{MonitorReport, Order};
use crate::runner::request::RunRequest;

/// The time between two looks at Ctrl-C.
const TICK: Duration = Duration::from_millis(50);

/// Starts the container in the background and waits until it runs: its id.
///
/// # Errors
///
/// A monitor that cannot be started, or the error that it reports of its container.
pub fn start(
    platform: &Platform,
    root: &Path,
    trace: Option<&Path>,
    request: &RunRequest,
    interrupts: &Interrupts,
    err: &mut dyn Write,
) -> Result<String, Error> {
    let failed = |error: io::Error| Error::new("the background process of the container could not be started").because(error);
    let absolute = |path: &Path| std::path::absolute(path).map_err(failed);
    let order = Order { root: absolute(root)?, trace: trace.map(absolute).transpose()?, request: request.clone() };
    let (stdin, stdout) = platform.spawn_detached(&["monitor"], &order.root).map_err(failed)?;
    let mut to = Some(stdin);
    if let Some(to) = &mut to {
        let mut line = serde_json::to_vec(&order).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        to.write_all(&line).map_err(failed)?;
    }

    // A thread reads the reports, so that Ctrl-C is seen meanwhile.
    let (sender, reports) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let Ok(report) = serde_json::from_str::<MonitorReport>(&line) else { return };
            if sender.send(report).is_err() {
                return;
            }
        }
    });
    loop {
        match reports.recv_timeout(TICK) {
            Ok(MonitorReport::Running(id)) => return Ok(id),
            Ok(MonitorReport::Failed(failed)) => {
                // The monitor has made the calls, and written the report about them.
                platform.journal.clear();
                return Err(failed);
            }
            Ok(MonitorReport::Note(note)) => {
                // A note that cannot be written does not stop the container.
                let _ = writeln!(err, "warning: {}", clean(&note));
            }
            // The end of its input makes the monitor release everything; it then reports that it was interrupted.
            Err(RecvTimeoutError::Timeout) if interrupts.count() > 0 => drop(to.take()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::new("the background process of the container ended and gave no reason")
                    .hint(advice![Command::Prune, " removes what it may have left behind"]));
            }
        }
    }
}
