//! Ctrl-C, SIGTERM and the closing of a console: the one handler of this program, and what it ends.

use std::collections::BTreeMap;
use std::io;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use super::exit::ExitCode;
use crate::process_group::{ProcessGroup, ProcessGroups, Starting};

/// What is done at a signal.
static SIGNALS: Mutex<Signals> = Mutex::new(Signals { are_handled: false, action: None });

/// Programs by the number of the process.
type Groups = BTreeMap<u32, Arc<dyn ProcessGroup>>;

/// The programs that run for this one.
static RUNNING: Mutex<Groups> = Mutex::new(BTreeMap::new());

/// Held while a program is started: it runs then, and is not in [`RUNNING`] yet.
static STARTING: Mutex<()> = Mutex::new(());

/// How often the end looks whether a program has been started, and how long it waits in between. A file on a server that is gone can
/// take for ever.
const LOOKS: (u32, Duration) = (100, Duration::from_millis(10));

struct Signals {
    /// True once there is a handler: a process can have one.
    are_handled: bool,
    /// What the handler does; without it, it ends the program.
    action: Option<Box<dyn FnMut() + Send>>,
}

/// Does this at every signal from now on.
///
/// # Errors
///
/// A system that does not allow it.
pub fn on_signal(action: impl FnMut() + Send + 'static) -> Result<(), ctrlc::Error> {
    let mut signals = locked(&SIGNALS);
    signals.handle(ctrlc::set_handler)?;
    signals.action = Some(Box::new(action));
    Ok(())
}

/// Ends what runs for this program, and the program with this exit code.
pub fn end(code: ExitCode) -> ! {
    // Until the exit nothing is started any more, and whoever waits for one of them does not go on: it would end with another code.
    let _ended = end_running();
    std::process::exit(code.number().cast_signed())
}

/// Ends what runs for this program, and what is just being started. While what is returned is kept, no program is started, and nobody
/// who waits for the end of one goes on.
fn end_running() -> (Option<MutexGuard<'static, ()>>, MutexGuard<'static, Groups>) {
    let (looks, pause) = LOOKS;
    let starting = (0..looks).find_map(|_| match STARTING.try_lock() {
        Ok(starting) => Some(starting),
        Err(TryLockError::Poisoned(starting)) => Some(starting.into_inner()),
        Err(TryLockError::WouldBlock) => {
            thread::sleep(pause);
            None
        }
    });
    let running = locked(&RUNNING);
    running.values().for_each(|group| group.end());
    (starting, running)
}

/// The same groups, which are also ended when a signal ends this program: those of Unix do not get the Ctrl-C of their terminal.
pub fn ended_with_us(groups: Arc<dyn ProcessGroups>) -> Arc<dyn ProcessGroups> {
    Arc::new(EndedWithUs(groups))
}

impl Signals {
    /// Sees that signals are handled, by a handler that is set in this way.
    fn handle(&mut self, set: fn(fn()) -> Result<(), ctrlc::Error>) -> Result<(), ctrlc::Error> {
        if !self.are_handled {
            set(signalled)?;
            self.are_handled = true;
        }
        Ok(())
    }
}

/// What happens at a signal, in a thread of its own.
pub fn signalled() {
    match &mut locked(&SIGNALS).action {
        Some(action) => action(),
        None => end(ExitCode::interrupted()),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct EndedWithUs(Arc<dyn ProcessGroups>);

impl ProcessGroups for EndedWithUs {
    fn begin(&self, command: &mut Command) -> Starting {
        // A signal that this process was started to ignore, as by nohup, stays ignored.
        let _ = locked(&SIGNALS).handle(ctrlc::try_set_handler);
        let starting = locked(&STARTING);
        let _ = self.0.begin(command);
        Starting(Some(starting))
    }

    fn of(&self, process: u32) -> io::Result<Box<dyn ProcessGroup>> {
        let group: Arc<dyn ProcessGroup> = self.0.of(process)?.into();
        locked(&RUNNING).insert(process, Arc::clone(&group));
        Ok(Box::new(Running { process, group }))
    }
}

/// A program that runs until this is dropped: then it has ended, or is meant to stay.
struct Running {
    process: u32,
    group: Arc<dyn ProcessGroup>,
}

impl ProcessGroup for Running {
    fn end(&self) {
        self.group.end();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        locked(&RUNNING).remove(&self.process);
    }
}

/// Said once somebody asks for the end, and again for every further time; the `last` time ends the program at once.
///
/// # Errors
///
/// A system that does not allow it.
#[cfg(feature = "clusters")]
pub fn interrupted(last: u32) -> Result<tokio::sync::watch::Receiver<bool>, crate::Error> {
    let (asked, end_asked) = tokio::sync::watch::channel(false);
    let mut count = 0u32;
    on_signal(move || {
        count = count.saturating_add(1);
        if count >= last {
            end(ExitCode::NOT_DONE);
        }
        asked.send_replace(true);
    })
    .map_err(|error| {
        crate::Error::new("the end cannot be asked for by a signal").because(error).hint("run wincompat from another console")
    })?;
    Ok(end_asked)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[derive(Debug)]
    struct Counted(Arc<AtomicU32>);

    impl ProcessGroups for Counted {
        fn begin(&self, _: &mut Command) -> Starting {
            Starting::default()
        }

        fn of(&self, _: u32) -> io::Result<Box<dyn ProcessGroup>> {
            Ok(Box::new(Self(Arc::clone(&self.0))))
        }
    }

    impl ProcessGroup for Counted {
        fn end(&self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn what_runs_and_what_is_being_started_is_ended_once() {
        let ended = Arc::new(AtomicU32::new(0));
        let groups = ended_with_us(Arc::new(Counted(Arc::clone(&ended))));
        let starting = groups.begin(&mut Command::new("never"));
        let group = thread::scope(|scope| {
            let end = scope.spawn(|| drop(end_running()));
            thread::sleep(Duration::from_millis(100));
            let group = groups.of(4_000_000_001).unwrap();
            drop(starting);
            end.join().unwrap();
            group
        });
        assert_eq!(ended.swap(0, Ordering::SeqCst), 1, "it is waited for");
        assert!(locked(&RUNNING).contains_key(&4_000_000_001));
        group.end();
        assert_eq!(ended.load(Ordering::SeqCst), 1);
        drop(group);
        assert!(!locked(&RUNNING).contains_key(&4_000_000_001));
    }
}
