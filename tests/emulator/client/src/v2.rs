//! The newer interface, as a client uses it: one operation a request.

use crate::ffi::{Handle, HcsEvent, ProcessInformation, core};
use crate::text::{Wide, read, take_local};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// What a call came to: the HRESULT of its first or second stage, and the document.
pub type Answer = Result<String, (u32, String)>;

/// A minute: longer than anything here takes.
const PATIENCE: u32 = 60_000;

/// Runs a request with an operation of its own.
pub fn run(request: impl FnOnce(Handle) -> i32) -> Answer {
    run_process(request).map(|(_, document)| document)
}

/// The same, for requests that give a process's information.
pub fn run_process(request: impl FnOnce(Handle) -> i32) -> Result<(ProcessInformation, String), (u32, String)> {
    // SAFETY: the operation is open until it is closed; the places are valid.
    unsafe {
        let operation = core::HcsCreateOperation(null(), None);
        let mut information = ProcessInformation::default();
        let mut document = null_mut();
        let mut result = request(operation);
        if result >= 0 {
            result = match core::HcsGetOperationType(operation) {
                10 | 12 => core::HcsWaitForOperationResultAndProcessInfo(operation, PATIENCE, &mut information, &mut document),
                _ => core::HcsWaitForOperationResult(operation, PATIENCE, &mut document),
            };
        }
        core::HcsCloseOperation(operation);
        let document = take_local(document);
        if result >= 0 { Ok((information, document)) } else { Err((result as u32, document)) }
    }
}

/// Makes a system; the handle is given also with a failure, and is to be closed.
pub fn create(id: &str, document: &str) -> (Handle, Answer) {
    let (id, document) = (Wide::new(id), Wide::new(document));
    let mut system = null_mut();
    // SAFETY: the texts and the place are valid during the call.
    let answer =
        run(|operation| unsafe { core::HcsCreateComputeSystem(id.ptr(), document.ptr(), operation, null(), &mut system) });
    (system, answer)
}

/// Opens a system.
pub fn open(id: &str) -> Result<Handle, u32> {
    let id = Wide::new(id);
    let mut system = null_mut();
    // SAFETY: the text and the place are valid during the call.
    let result = unsafe { core::HcsOpenComputeSystem(id.ptr(), 0x1000_0000, &mut system) };
    if result >= 0 { Ok(system) } else { Err(result as u32) }
}

/// Closes a system.
pub fn close(system: Handle) {
    // SAFETY: any number may be closed.
    unsafe { core::HcsCloseComputeSystem(system) };
}

/// A request whose only text may be null.
pub fn simple(function: unsafe fn(Handle, Handle, *const u16) -> i32, handle: Handle, text: Option<&str>) -> Answer {
    let text = text.map(Wide::new);
    let pointer = text.as_ref().map_or(null(), Wide::ptr);
    // SAFETY: the text is valid during the call.
    run(|operation| unsafe { function(handle, operation, pointer) })
}

/// Starts a system.
pub fn start(system: Handle) -> Answer {
    simple(core::HcsStartComputeSystem, system, None)
}

/// Ends a system by force.
pub fn terminate(system: Handle) -> Answer {
    simple(core::HcsTerminateComputeSystem, system, None)
}

/// Changes a system.
pub fn modify(system: Handle, document: &str) -> Answer {
    let document = Wide::new(document);
    // SAFETY: the text is valid during the call.
    run(|operation| unsafe { core::HcsModifyComputeSystem(system, operation, document.ptr(), null_mut()) })
}

/// Lists systems.
pub fn enumerate(query: &str) -> Answer {
    let query = Wide::new(query);
    // SAFETY: the text is valid during the call.
    run(|operation| unsafe { core::HcsEnumerateComputeSystems(query.ptr(), operation) })
}

/// Starts a process.
pub fn process(system: Handle, document: &str) -> Result<(Handle, ProcessInformation), (u32, String)> {
    let document = Wide::new(document);
    let mut process = null_mut();
    // SAFETY: the text and the place are valid during the call.
    let answer =
        run_process(|operation| unsafe { core::HcsCreateProcess(system, document.ptr(), operation, null(), &mut process) });
    match answer {
        Ok((information, _)) => Ok((process, information)),
        Err(error) => {
            // SAFETY: any number may be closed.
            unsafe { core::HcsCloseProcess(process) };
            Err(error)
        }
    }
}

/// Events that arrive on a callback: (type, document).
pub struct Events {
    receiver: Receiver<(i32, String)>,
}

impl Events {
    /// The next event of this type, within a minute.
    pub fn wait(&self, kind: i32) -> Option<String> {
        loop {
            let (found, data) = self.receiver.recv_timeout(Duration::from_millis(PATIENCE.into())).ok()?;
            if found == kind {
                return Some(data);
            }
        }
    }

    /// Whether an event of this type is there already.
    pub fn has(&self, kind: i32) -> bool {
        self.receiver.try_iter().any(|(found, _)| found == kind)
    }
}

unsafe extern "system" fn receive(event: *const HcsEvent, context: *mut c_void) {
    // SAFETY: the event is valid during the call; the context is the sender that was leaked for this callback.
    unsafe {
        let sender = &*context.cast::<Sender<(i32, String)>>();
        let _ = sender.send(((*event).kind, read((*event).data)));
    }
}

/// Registers a callback, on a system or a process.
pub fn listen(
    register: unsafe fn(Handle, i32, *const c_void, Option<crate::ffi::EventCallback>) -> i32,
    handle: Handle,
) -> Result<Events, u32> {
    let (sender, receiver) = channel();
    // The context lives as long as the program: the callback may come at any time.
    let context = Box::into_raw(Box::new(sender));
    // SAFETY: the callback and its context stay valid.
    let result = unsafe { register(handle, 0, context.cast(), Some(receive)) };
    if result >= 0 { Ok(Events { receiver }) } else { Err(result as u32) }
}
