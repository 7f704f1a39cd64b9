//! Moves bytes between our standard handles and a container's process, one thread a stream.

use std::io::{ErrorKind, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use crate::Error;
use crate::hcs::compute_systems::{Process, Spawned};
use crate::runner::log::{Log, Stream};

/// Our side of a process's standard handles.
pub struct Stdio {
    /// The source of the process' standard input; `None` for none.
    pub stdin: Option<Box<dyn Read + Send>>,
    /// The destination of its standard output.
    pub stdout: Box<dyn Write + Send>,
    /// The destination of its standard error.
    pub stderr: Box<dyn Write + Send>,
}

impl Stdio {
    /// Nothing to read, and nowhere to write to.
    pub fn nothing() -> Self {
        Self { stdin: None, stdout: Box::new(std::io::sink()), stderr: Box::new(std::io::sink()) }
    }

    /// The same, with the output written to a log too.
    pub fn logged(self, log: &Log) -> Self {
        Self {
            stdout: Box::new(Tee(self.stdout, log.stream(Stream::Stdout))),
            stderr: Box::new(Tee(self.stderr, log.stream(Stream::Stderr))),
            stdin: self.stdin,
        }
    }
}

/// Writes everything to both. Each may fail without an effect on the other: a closed terminal does not end the log.
struct Tee<A, B>(A, B);

impl<A: Write, B: Write> Write for Tee<A, B> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let (one, other) = (self.0.write_all(bytes), self.1.write_all(bytes));
        one.or(other).map(|()| bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let (one, other) = (self.0.flush(), self.1.flush());
        one.or(other)
    }
}

/// The threads that move a process's output.
pub(crate) struct Pump {
    moved: Arc<AtomicU64>,
    ended: Receiver<()>,
    streams: usize,
}

/// The number of bytes moved at a time.
const BUFFER: usize = 64 << 10;

impl Pump {
    /// Starts to move the process' streams, and returns the process.
    pub fn start(spawned: Spawned, stdio: Stdio) -> Result<(Arc<dyn Process>, Self), Error> {
        let process: Arc<dyn Process> = Arc::from(spawned.process);
        let moved = Arc::new(AtomicU64::new(0));
        let (end, ended) = mpsc::channel();
        let mut streams = 0;
        for (name, from, to) in [("stdout", spawned.stdout, stdio.stdout), ("stderr", spawned.stderr, stdio.stderr)] {
            let Some(from) = from else { continue };
            let (moved, end) = (Arc::clone(&moved), end.clone());
            spawn(name, move || {
                move_output(from, to, &moved);
                // The receiver may have stopped waiting.
                let _ = end.send(());
            })?;
            streams += 1;
        }
        if let (Some(to), Some(from)) = (spawned.stdin, stdio.stdin) {
            // This thread is not joined: it may be in a read that never returns. So it must not keep the process open.
            let process = Arc::downgrade(&process);
            spawn("stdin", move || move_input(from, to, &process))?;
        }
        Ok((process, Self { moved, ended, streams }))
    }

    /// After the process has ended: waits until all its output has been moved. A grandchild can hold the pipes open, so the wait
    /// also ends when nothing has come for this long.
    pub fn drain(&mut self, silence: Duration) {
        while self.streams > 0 {
            let before = self.moved.load(Ordering::Relaxed);
            match self.ended.recv_timeout(silence) {
                Ok(()) => self.streams -= 1,
                Err(RecvTimeoutError::Timeout) if self.moved.load(Ordering::Relaxed) != before => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    match thread::Builder::new().name(name.to_owned()).spawn(work) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::new(format!("no thread for the container's {name}"))
            .because(error)
            .hint("close other programs to free memory, then try again")),
    }
}

/// Moves output until its end. When our side is closed, it is still read, so that the process is not stuck.
fn move_output(mut from: Box<dyn Read + Send>, mut to: Box<dyn Write + Send>, moved: &AtomicU64) {
    let mut buffer = vec![0; BUFFER];
    let mut wanted = true;
    loop {
        let bytes = match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => buffer.get(..count).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        if wanted {
            wanted = to.write_all(bytes).and_then(|()| to.flush()).is_ok();
        }
        moved.fetch_add(1, Ordering::Relaxed);
    }
}

/// Moves input until its end or the process's; the former is signalled to the process.
fn move_input(mut from: Box<dyn Read + Send>, mut to: Box<dyn Write + Send>, process: &Weak<dyn Process>) {
    let mut buffer = vec![0; BUFFER];
    loop {
        let bytes = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => buffer.get(..count).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        if to.write_all(bytes).and_then(|()| to.flush()).is_err() {
            return;
        }
    }
    if let Some(process) = process.upgrade() {
        // It fails when the process has ended meanwhile, which is as well.
        let _ = process.close_stdin();
    }
}
