//! Ctrl-C, SIGTERM and the closing of a console: the one handler of this program, and what it ends.

use std::collections::BTreeMap;
use std::io;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::exit::ExitCode;
use crate::process_group::{ProcessGroup, ProcessGroups};

/// What is done at a signal.
static SIGNALS: Mutex<Signals> = Mutex::new(Signals { are_handled: false, action: None });

/// The programs that run for this one, by the number of the process.
static RUNNING: Mutex<BTreeMap<u32, Arc<dyn ProcessGroup>>> = Mutex::new(BTreeMap::new());

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
    locked(&RUNNING).values().for_each(|group| group.end());
    std::process::exit(code.number().cast_signed())
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
    fn begin(&self, command: &mut Command) {
        // A signal that this process was started to ignore, as by nohup, stays ignored.
        let _ = locked(&SIGNALS).handle(ctrlc::try_set_handler);
        self.0.begin(command);
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
        fn begin(&self, _: &mut Command) {}

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
    fn a_program_that_has_ended_is_not_ended_again() {
        let ended = Arc::new(AtomicU32::new(0));
        let groups = ended_with_us(Arc::new(Counted(Arc::clone(&ended))));
        let group = groups.of(4_000_000_001).unwrap();
        assert!(locked(&RUNNING).contains_key(&4_000_000_001));
        group.end();
        assert_eq!(ended.load(Ordering::SeqCst), 1);
        drop(group);
        assert!(!locked(&RUNNING).contains_key(&4_000_000_001));
    }
}
