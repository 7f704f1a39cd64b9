//! Loads the DLLs of HCS at run time, from System32 only, so that a Windows without them gets a message and not a dead process.

use std::ffi::CString;
use std::ptr::null_mut;
use std::sync::OnceLock;

use windows_sys::Win32::Foundation::{GetLastError, HMODULE};
use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW};

use super::text::Wide;
use crate::hcs::call::{CallError, Reason, Result};

/// Advice for a missing DLL.
const ENABLE: &str = "enable the Windows feature Containers, and Hyper-V for Hyper-V isolation: on a server `Install-WindowsFeature \
                      Containers, Hyper-V`, on Windows 10 or 11 `dism /Online /Enable-Feature /FeatureName:Containers /All` and the \
                      same for Microsoft-Hyper-V; then restart Windows";
/// Advice for a missing function.
const UPDATE: &str = "Windows 10 1809 or Windows Server 2019 is the first version this works on";

/// A loaded DLL. It stays loaded: callbacks of it may still be running.
pub(super) struct Library {
    handle: HMODULE,
    name: &'static str,
}

impl Library {
    /// Loads a DLL from System32 and from nowhere else: the process is elevated.
    pub fn load(name: &'static str) -> Result<Self> {
        let wide = Wide::new("LoadLibraryEx", name)?;
        // SAFETY: the name is ended by a NUL and lives through the call.
        let handle = unsafe { LoadLibraryExW(wide.as_ptr(), null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32) };
        if handle.is_null() {
            // SAFETY: no conditions.
            let code = unsafe { GetLastError() };
            let what = format!("{name} cannot be loaded from System32 (error {code})");
            return Err(CallError { call: "LoadLibraryEx", reason: Reason::Missing { what, hint: ENABLE } });
        }
        Ok(Self { handle, name })
    }

    /// A function of the DLL.
    ///
    /// # Safety
    /// `F` is the type of a pointer to a function with the signature and calling convention of the one of this name.
    pub unsafe fn function<F: Copy>(&self, name: &'static str) -> Result<F> {
        const { assert!(size_of::<F>() == size_of::<usize>()) };
        let symbol = CString::new(name).map_err(|error| CallError::unusable("GetProcAddress", error))?;
        // SAFETY: the handle is a loaded module's, the symbol ends with a NUL by its type.
        let Some(found) = (unsafe { GetProcAddress(self.handle, symbol.as_ptr().cast()) }) else {
            let what = format!("{} of this Windows has no {name}", self.name);
            return Err(CallError { call: "GetProcAddress", reason: Reason::Missing { what, hint: UPDATE } });
        };
        // SAFETY: both are pointers to functions of one size, and the caller vouches for the signature.
        Ok(unsafe { std::mem::transmute_copy::<_, F>(&found) })
    }
}

/// A value that is loaded from a DLL at its first use. A DLL that could not be loaded is not tried again.
pub(super) struct Lazy<T>(OnceLock<Result<T>>);

impl<T> Lazy<T> {
    /// Nothing is loaded yet.
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The loaded value, or the reason it could not be loaded.
    pub fn get_or_load(&self, load: impl FnOnce() -> Result<T>) -> Result<&T> {
        self.0.get_or_init(load).as_ref().map_err(CallError::clone)
    }
}

/// Declares a table of the functions of a DLL and how to fill it.
macro_rules! functions {
    ($(#[$doc:meta])* $table:ident of $dll:literal { $(fn $name:ident($($argument:ty),* $(,)?) $(-> $result:ty)?;)* }) => {
        $(#[$doc])*
        #[allow(non_snake_case, reason = "the fields are named as the functions are")]
        struct $table {
            $($name: unsafe extern "system" fn($($argument),*) $(-> $result)?,)*
        }

        impl $table {
            fn load() -> $crate::hcs::call::Result<Self> {
                let library = $crate::windows::dll::Library::load($dll)?;
                Ok(Self {
                    // SAFETY: the types above are the declarations of the functions of these names.
                    $($name: unsafe { library.function(stringify!($name))? },)*
                })
            }
        }
    };
}
pub(super) use functions;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_what_to_do() {
        let missing = Library::load("wincompat-no-such.dll").err().unwrap();
        let Reason::Missing { what, hint } = missing.reason else { panic!("{missing}") };
        assert!(what.starts_with("wincompat-no-such.dll cannot be loaded from System32") && hint.contains("Containers"));

        let kernel32 = Library::load("kernel32.dll").unwrap();
        // SAFETY: there is no such function.
        let missing = unsafe { kernel32.function::<unsafe extern "system" fn()>("NoSuchFunction") }.err().unwrap();
        assert_eq!(missing.to_string(), "GetProcAddress: kernel32.dll of this Windows has no NoSuchFunction");
    }
}
