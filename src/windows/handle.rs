//! Handles of HCS and HCN, each closed once by the function of its kind.

/// An open handle, closed when it is dropped. It can be used from any thread, also from several at once.
pub(super) struct Owned<H: Copy, R = ()> {
    handle: H,
    close: unsafe extern "system" fn(H) -> R,
}

impl<H: Copy, R> Owned<H, R> {
    /// Takes over a handle.
    ///
    /// # Safety
    /// The handle is open, belongs to nobody else, and can be used from any thread and closed by this function.
    pub const unsafe fn new(handle: H, close: unsafe extern "system" fn(H) -> R) -> Self {
        Self { handle, close }
    }

    /// The handle, open as long as this lives.
    pub const fn get(&self) -> H {
        self.handle
    }
}

// SAFETY: whoever made it vouches that the handle can be used from any thread.
unsafe impl<H: Copy, R> Send for Owned<H, R> {}
// SAFETY: likewise.
unsafe impl<H: Copy, R> Sync for Owned<H, R> {}

impl<H: Copy, R> Drop for Owned<H, R> {
    fn drop(&mut self) {
        // SAFETY: the handle is open, this is the function of its kind, and it is closed here only.
        unsafe { (self.close)(self.handle) };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    static CLOSED: AtomicUsize = AtomicUsize::new(0);

    unsafe extern "system" fn close(handle: usize) -> i32 {
        CLOSED.fetch_add(handle, Ordering::Relaxed);
        0
    }

    #[test]
    fn closed_once_on_whatever_thread() {
        // SAFETY: a number is open to everybody.
        let owned = unsafe { Owned::new(7, close) };
        std::thread::spawn(move || assert_eq!(owned.get(), 7)).join().unwrap();
        assert_eq!(CLOSED.load(Ordering::Relaxed), 7);
    }
}
