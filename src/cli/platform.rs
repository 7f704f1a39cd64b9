//! The parts of the operating system that the program works on, built by `main` and handed down from here.

use std::any::Any;
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use crate::advice::{Setting, advice};
use crate::hcs::journal::Journal;
use crate::hcs::machine::{CALL_TIMEOUT, Machine};
use crate::hcs::trace::Trace;
use crate::host::{Launch, LiveHost, Volumes};
use crate::ownership::Folders;
use crate::process_group::ProcessGroups;
use crate::runner::life::preflight;

/// The operating system, as far as this program needs it.
pub struct Platform {
    /// Folders with owners and access lists.
    pub folders: Box<dyn Folders>,
    /// Processes that are ended together with what they started.
    pub groups: Arc<dyn ProcessGroups>,
    /// The folder of the store where none is named; `None` if the system has no place for it.
    pub default_store: fn() -> Option<PathBuf>,
    /// The standard streams of this process.
    pub streams: Streams,
    /// The last calls of Windows, for the report about a failure.
    pub journal: Arc<Journal>,
    /// Windows, if that is the system.
    pub windows: Option<Windows>,
}

/// The standard streams of this process as files, byte for byte: what a container writes need not be UTF-8, which the standard
/// library demands of what it writes to a console.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    /// Opens standard input.
    pub stdin: fn() -> io::Result<File>,
    /// Opens standard output.
    pub stdout: fn() -> io::Result<File>,
    /// Opens standard error.
    pub stderr: fn() -> io::Result<File>,
}

/// The parts that only Windows has.
pub struct Windows {
    /// This machine as a host.
    pub host: Box<dyn LiveHost>,
    /// The volumes of this machine.
    pub volumes: Box<dyn Volumes>,
    /// Connects to this machine's containers. Every call is traced, and ends after this timeout.
    pub connect: fn(Trace, Duration) -> Box<dyn Machine>,
    /// Hands the console over to a process with a console of its own, with the keys if that is true, until the result is dropped.
    pub raw_console: fn(bool) -> Box<dyn Any>,
    /// Does this when the console is closed, and again after two seconds. The process goes on until it ends by itself, or until Windows ends
    /// it, five seconds after the closing.
    pub on_close: fn(fn()) -> io::Result<()>,
    /// Starts a program that lives on without this process, and has no other connection with it than the returned pipes.
    pub spawn_detached: SpawnDetached,
}

/// A program, its arguments and its folder; the pipes to its standard input and from its standard output.
pub type SpawnDetached = fn(&Path, &[&str], &Path) -> io::Result<(PipeWriter, PipeReader)>;

impl Platform {
    /// This machine as a host; `None` if it is not Windows.
    pub fn live_host(&self) -> Option<&dyn LiveHost> {
        self.windows.as_ref().map(|windows| &*windows.host)
    }

    /// Connects to this machine's containers. Every call is traced, and ends after this timeout.
    ///
    /// # Errors
    ///
    /// Anywhere but on Windows.
    pub fn connect(&self, trace: Trace, timeout: Duration) -> Result<Box<dyn Machine>, Error> {
        let windows = self.windows.as_ref().ok_or_else(|| {
            Error::new("containers run on Windows only")
                .because(format!("this machine runs {}", std::env::consts::OS))
                .hint(advice![Setting::DryRun, " shows what would be done on Windows"])
        })?;
        Ok((windows.connect)(trace.with_journal(Arc::clone(&self.journal)), timeout))
    }

    /// Connects to this machine's containers, with no trace and the usual timeout.
    ///
    /// # Errors
    ///
    /// Anywhere but on Windows.
    pub fn machine(&self) -> Result<Box<dyn Machine>, Error> {
        self.connect(Trace::off(), CALL_TIMEOUT)
    }

    /// Asks this machine for what launching containers needs; `None` if it is not Windows.
    pub fn launch(&self, machine: &dyn Machine, store_root: &Path) -> Option<Launch> {
        self.windows.as_ref().map(|windows| preflight::ask(machine, &*windows.volumes, store_root))
    }

    /// Hands the console over to a process with a console of its own, with the keys if `with_input`, until the result is dropped.
    pub fn raw_console(&self, with_input: bool) -> Option<Box<dyn Any>> {
        self.windows.as_ref().map(|windows| (windows.raw_console)(with_input))
    }

    /// Starts this program once more with these arguments in this folder, to live on without this process: the pipes to its
    /// standard input and from its standard output.
    ///
    /// # Errors
    ///
    /// A program that cannot be started, and any system but Windows.
    pub fn spawn_detached(&self, arguments: &[&str], folder: &Path) -> io::Result<(PipeWriter, PipeReader)> {
        let windows = self.windows.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        (windows.spawn_detached)(&std::env::current_exe()?, arguments, folder)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ownership::tests::PlainFolders;
    use crate::process_group::Alone;

    /// A platform that is not Windows, without streams and without a place for a store.
    pub(crate) fn bare() -> Platform {
        let closed = || Err(io::ErrorKind::NotConnected.into());
        let streams = Streams { stdin: closed, stdout: closed, stderr: closed };
        Platform {
            folders: Box::new(PlainFolders),
            groups: Arc::new(Alone),
            default_store: || None,
            streams,
            journal: Arc::default(),
            windows: None,
        }
    }

    #[test]
    fn what_only_windows_has_is_refused_elsewhere() {
        let platform = bare();
        assert!(platform.live_host().is_none());
        let error = platform.machine().err().unwrap();
        assert_eq!(error.what, "containers run on Windows only");
        assert!(error.hint.unwrap().to_string().starts_with("<dryrun>"));
        assert!(platform.raw_console(true).is_none());
        let error = platform.spawn_detached(&["monitor"], Path::new(".")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    }
}
