//! The handles a DLL has given out. They are numbers that point nowhere, told apart by DLL and kind, so that a handle of the
//! other generation, of another kind, or a closed one is known for what it is.

use crate::call::Dll;
use crate::codes::HANDLE;
use crate::rules::{self, Refusal};
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex};

/// The kinds of handles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// HCS_OPERATION
    Operation,
    /// HCS_SYSTEM
    System,
    /// HCS_PROCESS
    Process,
    /// HCS_CALLBACK
    Callback,
    /// HCN_NETWORK
    Network,
    /// HCN_ENDPOINT
    Endpoint,
    /// HCN_NAMESPACE
    Namespace,
}

const KINDS: [Kind; 7] =
    [Kind::Operation, Kind::System, Kind::Process, Kind::Callback, Kind::Network, Kind::Endpoint, Kind::Namespace];
const DLLS: [Dll; 3] = [Dll::ComputeCore, Dll::VmCompute, Dll::ComputeNetwork];
/// The first number of the first kind: far above what a user-mode pointer can be.
const BASE: usize = 0x4843_0000_0000_0000;
const KIND_STEP: usize = 0x0000_0100_0000_0000;
const DLL_STEP: usize = KIND_STEP * 16;

/// The open handles of one kind.
pub struct Table<T> {
    dll: Dll,
    kind: Kind,
    open: Mutex<Option<Open<T>>>,
}

struct Open<T> {
    next: usize,
    values: HashMap<usize, Arc<T>>,
}

impl<T> Table<T> {
    /// A table with nothing in it.
    pub const fn new(dll: Dll, kind: Kind) -> Table<T> {
        Table { dll, kind, open: Mutex::new(None) }
    }

    fn base(&self) -> usize {
        BASE + self.dll as usize * DLL_STEP + self.kind as usize * KIND_STEP
    }

    fn open<R>(&self, act: impl FnOnce(&mut Open<T>) -> R) -> R {
        let mut open = self.open.lock().expect("no holder panics");
        act(open.get_or_insert_with(|| Open { next: 16, values: HashMap::new() }))
    }

    /// Gives out a handle for the value.
    pub fn insert(&self, value: Arc<T>) -> *mut c_void {
        self.open(|open| {
            let handle = self.base() + open.next;
            open.next += 16;
            open.values.insert(handle, value);
            handle as *mut c_void
        })
    }

    /// What the handle stands for.
    pub fn get(&self, handle: *const c_void) -> Result<Arc<T>, Refusal> {
        let found = self.open(|open| open.values.get(&(handle as usize)).cloned());
        found.ok_or_else(|| self.unknown(handle))
    }

    /// Takes the handle back.
    pub fn remove(&self, handle: *const c_void) -> Result<Arc<T>, Refusal> {
        let found = self.open(|open| open.values.remove(&(handle as usize)));
        found.ok_or_else(|| self.unknown(handle))
    }

    fn unknown(&self, handle: *const c_void) -> Refusal {
        let number = handle as usize;
        let offset = number.wrapping_sub(BASE);
        let what = match (DLLS.get(offset / DLL_STEP), KINDS.get(offset % DLL_STEP / KIND_STEP)) {
            _ if handle.is_null() => "null".to_string(),
            (Some(dll), Some(kind)) if (*dll, *kind) == (self.dll, self.kind) => "closed, or of another process".to_string(),
            (Some(dll), Some(kind)) => format!("a handle of {dll:?} to {kind:?}"),
            _ => "nothing this emulator gave".to_string(),
        };
        rules::HANDLE.refusal(HANDLE, format!("{number:#x} is no handle of {:?} to {:?}: it is {what}", self.dll, self.kind))
    }
}
