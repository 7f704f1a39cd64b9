//! Load balancers and routes: exported, since clients look their functions up, and not emulated. There are none, and none are
//! made. windows-sys declares those of load balancers; the others have the same shape.

use crate::{enumerate, run, same_as_windows_sys};
use hcs_emulator::log::shown;
use hcs_emulator::network::others;
use hcs_emulator::text::read;
use serde_json::json;
use std::ffi::c_void;
use windows_sys::core::{GUID, HRESULT, PCWSTR, PWSTR};

same_as_windows_sys! {
    HcnEnumerateLoadBalancers HcnOpenLoadBalancer HcnQueryLoadBalancerProperties HcnCreateLoadBalancer HcnModifyLoadBalancer
    HcnDeleteLoadBalancer HcnCloseLoadBalancer
}

/// Refuses a call, with the document it was given.
unsafe fn refuse(function: &'static str, what: &'static str, text: PCWSTR, record: *mut PWSTR) -> HRESULT {
    // SAFETY: the text is null or a text, the place is null or valid.
    unsafe {
        let text = read(text);
        run(function, json!({"document": shown(text.as_deref())}), record, || others::refuse(what))
    }
}

macro_rules! functions {
    ($what:literal $enumerate:ident $open:ident $query:ident $create:ident $modify:ident $delete:ident $close:ident) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $enumerate(text: PCWSTR, found: *mut PWSTR, record: *mut PWSTR) -> HRESULT {
            // SAFETY: as for `enumerate`.
            unsafe { enumerate(stringify!($enumerate), text, found, record, others::enumerate) }
        }
        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $open(_: *const GUID, _: *mut *mut c_void, record: *mut PWSTR) -> HRESULT {
            // SAFETY: as for `refuse`, here and below.
            unsafe { refuse(stringify!($open), $what, std::ptr::null(), record) }
        }
        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $query(_: *const c_void, text: PCWSTR, _: *mut PWSTR, record: *mut PWSTR) -> HRESULT {
            // SAFETY: as above.
            unsafe { refuse(stringify!($query), $what, text, record) }
        }
        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $create(_: *const GUID, text: PCWSTR, _: *mut *mut c_void, record: *mut PWSTR) -> HRESULT {
            // SAFETY: as above.
            unsafe { refuse(stringify!($create), $what, text, record) }
        }
        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $modify(_: *const c_void, text: PCWSTR, record: *mut PWSTR) -> HRESULT {
            // SAFETY: as above.
            unsafe { refuse(stringify!($modify), $what, text, record) }
        }
        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $delete(_: *const GUID, record: *mut PWSTR) -> HRESULT {
            // SAFETY: as above.
            unsafe { refuse(stringify!($delete), $what, std::ptr::null(), record) }
        }
        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $close(_: *const c_void) -> HRESULT {
            // SAFETY: there is no text and no place.
            unsafe { refuse(stringify!($close), $what, std::ptr::null(), std::ptr::null_mut()) }
        }
    };
}

functions! {
    "load balancers" HcnEnumerateLoadBalancers HcnOpenLoadBalancer HcnQueryLoadBalancerProperties HcnCreateLoadBalancer
    HcnModifyLoadBalancer HcnDeleteLoadBalancer HcnCloseLoadBalancer
}
functions! {
    "routes" HcnEnumerateSdnRoutes HcnOpenSdnRoute HcnQuerySdnRouteProperties HcnCreateSdnRoute HcnModifySdnRoute
    HcnDeleteSdnRoute HcnCloseSdnRoute
}
