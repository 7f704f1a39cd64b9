//! The older interface, as a client uses it: pending answers and notifications.

use crate::ffi::{Handle, ProcessInformation, Text, v1};
use crate::text::{Wide, take_task};
use crate::v2::Answer;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// ERROR_VMCOMPUTE_OPERATION_PENDING
pub const PENDING: u32 = 0xC037_0103;

/// A call whose last argument is a place for a result document: pending is success.
pub fn call(function: impl FnOnce(*mut *mut u16) -> i32) -> Answer {
    let mut result = null_mut();
    let code = function(&mut result);
    // SAFETY: the text is ours.
    let document = unsafe { take_task(result) };
    if code >= 0 || code as u32 == PENDING { Ok(document) } else { Err((code as u32, document)) }
}

/// A call that gives a document as well.
pub fn ask(function: impl FnOnce(*mut *mut u16, *mut *mut u16) -> i32) -> Answer {
    let mut found = null_mut();
    call(|result| function(&mut found, result))?;
    // SAFETY: the text is ours.
    Ok(unsafe { take_task(found) })
}

/// Makes a system.
pub fn create(id: &str, document: &str) -> Result<Handle, (u32, String)> {
    let (id, document) = (Wide::new(id), Wide::new(document));
    let mut system = null_mut();
    // SAFETY: the texts and the place are valid during the call.
    call(|result| unsafe { v1::HcsCreateComputeSystem(id.ptr(), document.ptr(), null_mut(), &mut system, result) })?;
    Ok(system)
}

/// Opens a system.
pub fn open(id: &str) -> Result<Handle, u32> {
    let id = Wide::new(id);
    let mut system = null_mut();
    // SAFETY: the text and the place are valid during the call.
    let answer = call(|result| unsafe { v1::HcsOpenComputeSystem(id.ptr(), &mut system, result) });
    answer.map(|_| system).map_err(|(code, _)| code)
}

/// A request with options, which are empty.
pub fn simple(function: unsafe fn(Handle, Text, *mut *mut u16) -> i32, system: Handle) -> Answer {
    let options = Wide::new("");
    // SAFETY: the text is valid during the call.
    call(|result| unsafe { function(system, options.ptr(), result) })
}

/// Starts a process.
pub fn process(system: Handle, document: &str) -> Result<(Handle, ProcessInformation), (u32, String)> {
    let document = Wide::new(document);
    let (mut process, mut information) = (null_mut(), ProcessInformation::default());
    // SAFETY: the text and the places are valid during the call.
    call(|result| unsafe { v1::HcsCreateProcess(system, document.ptr(), &mut information, &mut process, result) })?;
    Ok((process, information))
}

/// Notifications that arrive on a callback: (type, status).
pub struct Notifications {
    receiver: Receiver<(u32, i32)>,
    /// The callback's handle.
    pub handle: Handle,
}

impl Notifications {
    /// The status of the next notification of this type, within `seconds`.
    pub fn wait(&self, kind: u32, seconds: u64) -> Option<i32> {
        loop {
            let (found, status) = self.receiver.recv_timeout(Duration::from_secs(seconds)).ok()?;
            if found == kind {
                return Some(status);
            }
        }
    }
}

unsafe extern "system" fn receive(kind: u32, context: *mut c_void, status: i32, _: Text) {
    // SAFETY: the context is the sender that was leaked for this callback.
    let sender = unsafe { &*context.cast::<Sender<(u32, i32)>>() };
    let _ = sender.send((kind, status));
}

/// Registers a callback, on a system or a process.
pub fn listen(
    register: unsafe fn(Handle, crate::ffi::NotificationCallback, *mut c_void, *mut Handle) -> i32,
    handle: Handle,
) -> Result<Notifications, u32> {
    let (sender, receiver) = channel();
    let context = Box::into_raw(Box::new(sender));
    let mut registered = null_mut();
    // SAFETY: the callback and its context stay valid.
    let result = unsafe { register(handle, receive, context.cast(), &mut registered) };
    if result >= 0 { Ok(Notifications { receiver, handle: registered }) } else { Err(result as u32) }
}
