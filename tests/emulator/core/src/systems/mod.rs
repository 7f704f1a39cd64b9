//! Compute systems: their handles, and their life from created to gone.

pub mod create;
mod create_machine;
mod create_v1;
mod drive;
pub mod modify;
pub(crate) mod objects;
pub mod properties;
mod values;

use crate::call::Dll;
use crate::codes::{INVALID_STATE, NOT_SUPPORTED, OPERATION_TIMEOUT, SYSTEM_ALREADY_STOPPED, SYSTEM_NOT_FOUND};
use crate::events::{self, Callback, Event, Mailbox};
use crate::guid;
use crate::handles::{Kind as HandleKind, Table};
use crate::owner::Owner;
use crate::processes;
use crate::rules::{self, Refusal};
use crate::state::{self, Exit, Generation, Kind, Phase, State, System};
use objects::Object;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The system handles computecore.dll gave out in this process.
pub static V2: Table<SystemHandle> = Table::new(Dll::ComputeCore, HandleKind::System);
/// Those of vmcompute.dll.
pub static V1: Table<SystemHandle> = Table::new(Dll::VmCompute, HandleKind::System);

/// What became of a process that was ended from outside: ERROR_PROCESS_ABORTED.
pub const ABORTED: u32 = 1067;

/// One HCS_SYSTEM.
pub struct SystemHandle {
    /// The DLL it belongs to.
    pub generation: Generation,
    /// The system's id.
    pub id: String,
    /// The handle's own name in the state.
    name: String,
    bound: Mutex<Option<Bound>>,
    /// Its notifications.
    pub mailbox: Arc<Mailbox>,
    closing: Arc<Object>,
    closed: AtomicBool,
    /// Taken by a signal until it returns: the service serves those of one handle one after the other.
    pub(crate) signals: Arc<Mutex<()>>,
}

/// What ties a handle to one system, not to a later one with the same id.
struct Bound {
    runtime_id: String,
    exit: Arc<Object>,
    job: Arc<Object>,
}

impl SystemHandle {
    /// A handle that is not tied to a system yet.
    pub fn unbound(generation: Generation, id: &str) -> Arc<SystemHandle> {
        Arc::new(SystemHandle {
            generation,
            id: id.to_string(),
            name: guid::fresh().to_string(),
            bound: Mutex::default(),
            mailbox: Arc::default(),
            closing: Arc::new(objects::event()),
            closed: AtomicBool::new(false),
            signals: Arc::default(),
        })
    }

    /// The id of the system behind it; none if its creation failed.
    fn runtime_id(&self) -> Option<String> {
        self.lock().as_ref().map(|bound| bound.runtime_id.clone())
    }

    /// The job of its system.
    pub(crate) fn job(&self) -> Option<Arc<Object>> {
        self.lock().as_ref().map(|bound| bound.job.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Bound>> {
        self.bound.lock().expect("no holder panics")
    }

    /// Ties the handle to a system that is in the state already, and watches for its exit.
    fn bind(self: &Arc<Self>, runtime_id: &str, reap: bool) {
        let exit = Arc::new(objects::exit_event(runtime_id));
        let job = Arc::new(objects::job(runtime_id, reap));
        *self.lock() = Some(Bound { runtime_id: runtime_id.to_string(), exit: exit.clone(), job });
        let (handle, closing) = (Arc::downgrade(self), self.closing.clone());
        std::thread::spawn(move || {
            if objects::first_of(exit.0, &closing)
                && let Some(handle) = handle.upgrade()
            {
                handle.exited();
            }
        });
    }

    fn exited(&self) {
        let exit = self.exit_status();
        let data = (self.generation == Generation::V2).then(|| exit_document(&exit));
        self.mailbox.post(Event { kind: 1, status: exit.status, data }, events::held(self.generation));
    }

    /// Its system in the state, stopped or not.
    fn find<'a>(&self, state: &'a mut State) -> Result<&'a mut System, Refusal> {
        let gone = || rules::NOT_FOUND.refusal(SYSTEM_NOT_FOUND, format!("there is no system {}", self.id));
        let runtime_id = self.runtime_id().ok_or_else(gone)?;
        state.systems.get_mut(&self.id).filter(|system| system.runtime_id == runtime_id).ok_or_else(gone)
    }

    /// Its system, refused if it has stopped.
    pub fn live<'a>(&self, state: &'a mut State) -> Result<&'a mut System, Refusal> {
        let system = self.find(state)?;
        if system.phase == Phase::Stopped {
            return Err(rules::STOPPED.refusal(SYSTEM_ALREADY_STOPPED, format!("{} has stopped", self.id)));
        }
        Ok(system)
    }

    /// Its system, refused unless it runs.
    pub fn running<'a>(&self, state: &'a mut State) -> Result<&'a mut System, Refusal> {
        let id = self.id.clone();
        let system = self.live(state)?;
        if system.phase != Phase::Running {
            let says = format!("{id} is not running but {:?}", system.phase);
            return Err(rules::STATE.refusal(INVALID_STATE, says));
        }
        Ok(system)
    }

    /// Waits for the system's exit, so many milliseconds at most; its SystemExitStatus.
    pub fn wait(&self, timeout: u32) -> Result<String, Refusal> {
        state::with(|state| self.find(state).map(drop))?;
        let exit = self.lock().as_ref().map(|bound| bound.exit.clone());
        if exit.is_some_and(|exit| !objects::wait(exit.0, timeout)) {
            return Err(rules::OPERATION_TIMEOUT.refusal(OPERATION_TIMEOUT, format!("no exit after {timeout} ms")));
        }
        Ok(exit_document(&self.exit_status()))
    }

    fn exit_status(&self) -> Exit {
        let exit = state::with(|state| self.find(state).ok().and_then(|system| system.exit.clone()));
        exit.unwrap_or(Exit { status: 0, kind: "Unknown".to_string() })
    }

    /// Registers the caller's callback.
    pub fn set_callback(&self, callback: Callback) -> Result<(), Refusal> {
        if self.generation == Generation::V1 {
            return self.mailbox.register(callback, &rules::ONE_CALLBACK_V1);
        }
        rules::CALLBACK_EARLY
            .require(self.runtime_id().is_some(), INVALID_STATE, || format!("the creation of {} has not ended", self.id))?;
        self.mailbox.register(callback, &rules::ONE_CALLBACK)
    }
}

fn exit_document(exit: &Exit) -> String {
    json!({"Status": exit.status, "ExitType": exit.kind}).to_string()
}

/// Opens a system by its id.
pub fn open(generation: Generation, id: &str) -> Result<Arc<SystemHandle>, Refusal> {
    create::check_caller()?;
    let handle = SystemHandle::unbound(generation, id);
    let (runtime_id, reap) = state::with(|state| {
        let system = state.systems.get_mut(id).filter(|system| system.phase != Phase::Stopped);
        let system = system.ok_or_else(|| rules::NOT_FOUND.refusal(SYSTEM_NOT_FOUND, format!("there is no system {id}")))?;
        if system.generation != generation && system.kind != Kind::Template {
            let says = format!("{id} was made through the other DLL");
            return Err(rules::OTHER_GENERATION.refusal(INVALID_STATE, says));
        }
        system.handles.insert(handle.name.clone(), Owner::current());
        Ok((system.runtime_id.clone(), system.reap))
    })?;
    handle.bind(&runtime_id, reap);
    Ok(handle)
}

/// Closes a handle: its callback is drained, and the system ends if it was to end with its last handle.
pub fn close(handle: &SystemHandle) {
    handle.closed.store(true, Ordering::SeqCst);
    handle.mailbox.close();
    objects::set(&handle.closing);
    state::with(|state| {
        if let Ok(system) = handle.find(state) {
            system.handles.remove(&handle.name);
        }
        reap(state);
    });
}

/// Starts a system.
pub fn start(handle: &SystemHandle) -> Result<(), Refusal> {
    state::with(|state| {
        let system = handle.live(state)?;
        if system.phase != Phase::Created {
            let says = format!("{} was started already", handle.id);
            return Err(rules::STATE.refusal(INVALID_STATE, says));
        }
        let system = system.clone();
        create::check_start(state, &system)?;
        drive::show(state, &system);
        if system.kind == Kind::HyperV {
            create::keep_template(state, &system);
        }
        handle.live(state)?.phase = Phase::Running;
        Ok(())
    })
}

/// Pauses or resumes a system.
pub fn pause(handle: &SystemHandle, pause: bool) -> Result<(), Refusal> {
    state::with(|state| {
        let system = handle.live(state)?;
        if matches!(system.kind, Kind::Process | Kind::Hosted) {
            return Err(rules::PAUSE.refusal(NOT_SUPPORTED, "a process-isolated container cannot be paused"));
        }
        let (from, to) = if pause { (Phase::Running, Phase::Paused) } else { (Phase::Paused, Phase::Running) };
        if system.phase != from {
            return Err(rules::STATE.refusal(INVALID_STATE, format!("{} is {:?}", handle.id, system.phase)));
        }
        system.phase = to;
        Ok(())
    })
}

/// What the emulator does not do for any system: crash dumps, saved states.
pub fn unsupported(handle: &SystemHandle) -> Result<Option<String>, Refusal> {
    state::with(|state| handle.live(state).map(drop))?;
    Err(rules::PAUSE.refusal(NOT_SUPPORTED, "not emulated"))
}

/// Ends a system, gracefully (only one that runs) or by force, and waits for its processes to be gone.
pub fn stop(handle: &SystemHandle, graceful: bool) -> Result<(), Refusal> {
    let pids = state::with(|state| {
        let system = if graceful { handle.running(state)? } else { handle.live(state)? };
        let pids: Vec<_> = system.processes.iter().map(|(pid, process)| (*pid, process.began)).collect();
        let kind = if graceful { "GracefulExit" } else { "ForcedExit" };
        end(state, &handle.id, Exit { status: 0, kind: kind.to_string() });
        Ok(pids)
    })?;
    for (pid, began) in pids {
        processes::tree::wait(pid, began);
    }
    Ok(())
}

/// Ends a system in the state, and everything in it.
fn end(state: &mut State, id: &str, exit: Exit) {
    let inner: Vec<String> =
        state.systems.iter().filter(|(_, system)| system.hosting.as_deref() == Some(id)).map(|(id, _)| id.clone()).collect();
    for inner in inner {
        end(state, &inner, Exit { status: exit.status, kind: "UnexpectedExit".to_string() });
    }
    let Some(system) = state.systems.get_mut(id).filter(|system| system.phase != Phase::Stopped) else { return };
    system.phase = Phase::Stopped;
    system.exit = Some(exit);
    objects::end_job(&system.runtime_id, ABORTED);
    for (pid, process) in &system.processes {
        processes::tree::end(*pid, process.began, ABORTED);
    }
    objects::announce_exit(&system.runtime_id);
    if system.handles.is_empty() {
        state.systems.remove(id);
    }
    drive::hide(state);
}

/// Drops the handles of processes that died, and with the last one the systems that were to end so; forgets stopped systems
/// nobody holds.
pub fn reap(state: &mut State) {
    let mut over = Vec::new();
    for (id, system) in &mut state.systems {
        system.handles.retain(|_, owner| owner.alive());
        if system.handles.is_empty() && (system.reap || system.phase == Phase::Stopped) {
            over.push(id.clone());
        }
    }
    for id in over {
        end(state, &id, Exit { status: 0, kind: "ForcedExit".to_string() });
        state.systems.remove(&id);
        drive::hide(state);
    }
}

/// The service crashes: every system is gone, and that is remembered.
pub fn crash(state: &mut State, why: &str) -> Refusal {
    let ids: Vec<String> = state.systems.keys().cloned().collect();
    for id in ids {
        end(state, &id, Exit { status: crate::codes::SERVICE_DISCONNECT.hresult(), kind: "UnexpectedExit".to_string() });
    }
    state.crashes.push(why.to_string());
    rules::EMPTY_LAYERS.refusal(crate::codes::SERVICE_DISCONNECT, format!("the service crashed: {why}"))
}

/// Ends everything and empties the state folder, but for the file `faults`.
pub fn clear() {
    state::with(|state| {
        let ids: Vec<String> = state.systems.keys().cloned().collect();
        for id in ids {
            end(state, &id, Exit { status: 0, kind: "ForcedExit".to_string() });
        }
        drive::hide(state);
        *state = State::default();
    });
    let mut lock = state::Lock::take();
    lock.set_counts(&Default::default());
    let folder = crate::home::folder();
    let _ = std::fs::remove_file(folder.join("calls.jsonl"));
    let _ = std::fs::remove_dir_all(folder.join("streams"));
}
