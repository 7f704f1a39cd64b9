//! What only the operating system below can give.

use crate::host::LiveHost;

/// The host that this program runs on, if that is Windows.
pub fn live() -> Option<Box<dyn LiveHost>> {
    #[cfg(windows)]
    return Some(Box::new(crate::windows::host::WindowsHost));
    #[cfg(not(windows))]
    None
}
