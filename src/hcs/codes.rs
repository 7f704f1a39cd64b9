//! The result codes that decide something here, by their names in Microsoft's headers (`winerror.h`, `computenetwork.h`).
//!
//! The Host Compute Service has two numbers for each of its errors: `0x8037010e` from computecore.dll is `0xc037010e` from
//! vmcompute.dll. The constants are the former; [`canonical`] and [`of_vmcompute`] convert.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        $($(#[$doc])* pub const $name: u32 = $code;)*

        #[cfg(test)]
        const ALL: &[(&str, u32)] = &[$((stringify!($name), $name)),*];
    };
}

codes! {
    /// A failure of which no more is known.
    E_FAIL = 0x8000_4005;
    /// The file does not exist.
    ERROR_FILE_NOT_FOUND = 0x8007_0002;
    /// The folder does not exist.
    ERROR_PATH_NOT_FOUND = 0x8007_0003;
    /// Access is denied. Also the answer to the termination of a process that has ended.
    E_ACCESSDENIED = 0x8007_0005;
    /// The device is not ready.
    ERROR_NOT_READY = 0x8007_0015;
    /// The file is not a program of this processor.
    ERROR_BAD_EXE_FORMAT = 0x8007_00c1;
    /// The working directory of a process does not exist.
    ERROR_DIRECTORY = 0x8007_010b;
    /// The device is not connected.
    ERROR_DEVICE_NOT_CONNECTED = 0x8007_048f;
    /// The object does not exist: HNS' answer for a namespace.
    ERROR_NOT_FOUND = 0x8007_0490;
    /// The caller lacks a privilege that it tried to enable.
    ERROR_NOT_ALL_ASSIGNED = 0x8007_0514;
    /// The caller lacks a privilege.
    ERROR_PRIVILEGE_NOT_HELD = 0x8007_0522;
    /// No process can be started with this account: there is none of this name, or it needs a password.
    ERROR_LOGON_FAILURE = 0x8007_052e;

    /// The compute system is not in a state for this request.
    HCS_E_INVALID_STATE = 0x8037_0105;
    /// The compute system ended unexpectedly.
    HCS_E_UNEXPECTED_EXIT = 0x8037_0106;
    /// The compute system was ended by force.
    HCS_E_TERMINATED = 0x8037_0107;
    /// No compute system has this id.
    HCS_E_SYSTEM_NOT_FOUND = 0x8037_010e;
    /// The compute system has stopped.
    HCS_E_SYSTEM_ALREADY_STOPPED = 0x8037_0110;
    /// The operation did not complete in time, and goes on.
    HCS_E_OPERATION_TIMEOUT = 0x8037_0118;
    /// The service went away: all handles are dead.
    HCS_E_SERVICE_DISCONNECT = 0x8037_011e;
    /// The process has ended.
    HCS_E_PROCESS_ALREADY_STOPPED = 0x8037_011f;
    /// The request was accepted, and a notification reports its end. Not an error, and of vmcompute.dll only.
    ERROR_VMCOMPUTE_OPERATION_PENDING = 0xc037_0103;

    /// No network has this id.
    HCN_E_NETWORK_NOT_FOUND = 0x803b_0001;
    /// No endpoint has this id.
    HCN_E_ENDPOINT_NOT_FOUND = 0x803b_0002;
    /// The published port is in use.
    HCN_E_PORT_ALREADY_EXISTS = 0x803b_0013;
    /// The network has no address left.
    HCN_E_ADDR_INVALID_OR_RESERVED = 0x803b_002f;
}

/// The number of the newer generation for an error of either: `0xc037010e` becomes `0x8037010e`. Any other code stays as it is.
pub const fn canonical(code: u32) -> u32 {
    if code >> 16 == 0xc037 { code ^ 0x4000_0000 } else { code }
}

/// The number of vmcompute.dll for an error of the Host Compute Service: `0x80370106` becomes `0xc0370106`.
pub const fn of_vmcompute(code: u32) -> u32 {
    if code >> 16 == 0x8037 { code ^ 0x4000_0000 } else { code }
}

/// The HRESULT of an error of Windows, as `HRESULT_FROM_WIN32` makes it: 2 becomes `0x80070002`.
pub const fn of_win32(error: u32) -> u32 {
    0x8007_0000 | (error & 0xffff)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::knowledge::error_by_hresult;

    #[test]
    fn names_are_those_that_explain_knows() {
        let mut known = 0;
        for (name, code) in ALL {
            assert_eq!(canonical(of_vmcompute(*code)), canonical(*code), "{name}");
            if let Some(error) = error_by_hresult(*code) {
                assert_eq!(error.names.first().map(String::as_str), Some(*name), "{code:#x}");
                known += 1;
            }
        }
        assert!(known >= ALL.len() - 2, "{known} of {}", ALL.len());
    }

    #[test]
    fn every_code_has_one_name() {
        assert_eq!(ALL.iter().map(|(_, code)| canonical(*code)).collect::<BTreeSet<_>>().len(), ALL.len());
    }

    #[test]
    fn numbers_of_both_generations() {
        assert_eq!(canonical(0xc037_010e), HCS_E_SYSTEM_NOT_FOUND);
        assert_eq!(of_vmcompute(HCS_E_UNEXPECTED_EXIT), 0xc037_0106);
        assert_eq!((canonical(E_ACCESSDENIED), of_vmcompute(E_ACCESSDENIED)), (E_ACCESSDENIED, E_ACCESSDENIED));
        assert_eq!(of_win32(5), E_ACCESSDENIED);
    }
}
