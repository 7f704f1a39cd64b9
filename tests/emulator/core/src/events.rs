//! Notifications: kept until a callback is there, delivered one after the other on a thread of their own, never after the
//! handle was closed.

use crate::codes::CALLBACK_ALREADY_SET;
use crate::rules::{self, Refusal, Rule};
use crate::text::wide;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::ThreadId;
use windows_sys::Win32::System::HostComputeSystem::{HCS_EVENT, HCS_EVENT_CALLBACK, HCS_NOTIFICATION_CALLBACK};

/// A caller's callback, with its context.
#[derive(Clone, Copy)]
pub enum Callback {
    /// computecore.dll: events.
    Event(HCS_EVENT_CALLBACK, usize),
    /// vmcompute.dll: notifications.
    Notification(HCS_NOTIFICATION_CALLBACK, usize),
}

/// What happened.
pub struct Event {
    /// HCS_EVENT_TYPE, or the notification's type.
    pub kind: u32,
    /// The HRESULT of a notification.
    pub status: i32,
    /// Its document.
    pub data: Option<String>,
}

/// The events of one handle.
#[derive(Default)]
pub struct Mailbox {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    queue: VecDeque<Event>,
    callback: Option<Callback>,
    /// The thread that delivers, while there is one.
    thread: Option<ThreadId>,
    closed: bool,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no holder panics")
    }

    /// Adds an event. Without a callback it waits for one, if `held` says that the service keeps such events.
    pub fn post(&self, event: Event, held: &Rule) {
        let mut inner = self.lock();
        if inner.closed || (inner.callback.is_none() && !held.holds()) {
            return;
        }
        inner.queue.push_back(event);
        self.changed.notify_all();
    }

    /// Registers the callback; a second one is refused by `rule`.
    pub fn register(self: &Arc<Self>, callback: Callback, rule: &Rule) -> Result<(), Refusal> {
        let mut inner = self.lock();
        if inner.callback.is_some() {
            rule.refuse(CALLBACK_ALREADY_SET, "a callback is already registered on this handle")?;
        }
        inner.callback = Some(callback);
        if inner.thread.is_none() {
            let mailbox = self.clone();
            inner.thread = Some(std::thread::spawn(move || mailbox.deliver()).thread().id());
        }
        Ok(())
    }

    /// Takes the callback away; an event under way is waited for, unless this is called from it.
    pub fn unregister(&self) {
        let mut inner = self.lock();
        inner.callback = None;
        self.changed.notify_all();
        while inner.thread.is_some_and(|thread| thread != std::thread::current().id()) {
            inner = self.changed.wait(inner).expect("no holder panics");
        }
    }

    /// The handle is closed: the callback goes, and what comes later is dropped.
    pub fn close(&self) {
        self.lock().closed = true;
        self.unregister();
    }

    fn deliver(&self) {
        let mut inner = self.lock();
        while let Some(callback) = inner.callback {
            let Some(event) = inner.queue.pop_front() else {
                inner = self.changed.wait(inner).expect("no holder panics");
                continue;
            };
            drop(inner);
            call(callback, &event);
            inner = self.lock();
        }
        inner.thread = None;
        self.changed.notify_all();
    }
}

fn call(callback: Callback, event: &Event) {
    let data = event.data.as_deref().map(wide);
    let data = data.as_ref().map_or(std::ptr::null(), |units| units.as_ptr());
    // SAFETY: the caller gave the function and its context for as long as its handle is open, and the handle's closing waits
    // for this call; the data lives until it returns.
    unsafe {
        match callback {
            Callback::Event(Some(function), context) => {
                let event = HCS_EVENT { Type: event.kind as i32, EventData: data, Operation: std::ptr::null_mut() };
                function(&event, context as *const c_void);
            }
            Callback::Notification(Some(function), context) => {
                function(event.kind, context as *const c_void, event.status, data);
            }
            _ => {}
        }
    }
}

/// The rule that says whether events wait for a callback on handles of this DLL.
pub fn held(generation: crate::state::Generation) -> &'static Rule {
    match generation {
        crate::state::Generation::V1 => &rules::EXIT_HELD_V1,
        crate::state::Generation::V2 => &rules::EXIT_HELD,
    }
}
