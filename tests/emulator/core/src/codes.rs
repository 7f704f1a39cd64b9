//! The result codes of the services, by the names of section 6, and their two families.

/// An HRESULT as the newer interface gives it, e.g. `0x8037010d`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Code(pub u32);

impl Code {
    /// The value a function returns.
    pub fn hresult(self) -> i32 {
        self.0 as i32
    }

    /// The same meaning in the family vmcompute.dll uses: `0x8037010d` becomes `0xc037010d`.
    pub fn of_vmcompute(self) -> Code {
        if self.0 >> 16 == 0x8037 { Code(0xC037_0000 | (self.0 & 0xFFFF)) } else { self }
    }

    /// What the code means, for the error document.
    pub fn text(self) -> &'static str {
        let normal = if self.0 >> 16 == 0xC037 { 0x8037_0000 | (self.0 & 0xFFFF) } else { self.0 };
        TEXTS.iter().find(|(code, _)| code.0 == normal).map_or("The operation failed.", |(_, text)| text)
    }
}

macro_rules! codes {
    ($($name:ident = $value:literal $text:literal;)*) => {
        $(#[doc = $text] pub const $name: Code = Code($value);)*
        static TEXTS: &[(Code, &str)] = &[$(($name, $text)),*];
    };
}

codes! {
    TERMINATED_DURING_START = 0x8037_0100 "The system exited while it was starting.";
    IMAGE_MISMATCH = 0x8037_0101 "The container's operating system does not match the host's.";
    HYPERV_NOT_INSTALLED = 0x8037_0102 "The virtual machine needs a feature that is not installed.";
    OPERATION_PENDING_V1 = 0xC037_0103 "The operation is pending.";
    INVALID_STATE = 0x8037_0105 "The operation is not valid in the system's present state.";
    UNEXPECTED_EXIT = 0x8037_0106 "The system exited unexpectedly.";
    TERMINATED = 0x8037_0107 "The system was forced to exit.";
    CONNECT_FAILED = 0x8037_0108 "No connection to the guest could be made.";
    CONNECTION_TIMEOUT = 0x8037_0109 "The guest did not answer in time.";
    UNSUPPORTED_PROTOCOL_VERSION = 0x8037_010C "Guest and host share no version of the protocol.";
    INVALID_JSON = 0x8037_010D "The JSON document is invalid.";
    SYSTEM_NOT_FOUND = 0x8037_010E "No system with this identifier exists.";
    SYSTEM_ALREADY_EXISTS = 0x8037_010F "A system with this identifier already exists.";
    SYSTEM_ALREADY_STOPPED = 0x8037_0110 "The system with this identifier is not running.";
    INVALID_LAYER = 0x8037_0112 "A layer has a format that is not recognised.";
    OPERATION_NOT_STARTED = 0x8037_0115 "The operation has not been started.";
    OPERATION_ALREADY_STARTED = 0x8037_0116 "The operation is already running.";
    OPERATION_PENDING = 0x8037_0117 "The operation is still running.";
    OPERATION_TIMEOUT = 0x8037_0118 "The operation did not complete in time.";
    CALLBACK_ALREADY_SET = 0x8037_0119 "A callback is already registered on this handle.";
    ACCESS_DENIED_HCS = 0x8037_011B "Only administrators and Hyper-V administrators may do this.";
    PROCESS_INFO_NOT_AVAILABLE = 0x8037_011D "The operation holds no process information.";
    SERVICE_DISCONNECT = 0x8037_011E "The service disconnected unexpectedly.";
    PROCESS_ALREADY_STOPPED = 0x8037_011F "The process has already exited.";
    NOT_CONFIGURED = 0x8037_0120 "The system is not configured for this operation.";

    NOTIMPL = 0x8000_4001 "Not implemented.";
    POINTER = 0x8000_4003 "A pointer is null.";
    HANDLE = 0x8007_0006 "The handle is invalid.";
    FILE_NOT_FOUND = 0x8007_0002 "The system cannot find the file specified.";
    PATH_NOT_FOUND = 0x8007_0003 "The system cannot find the path specified.";
    ACCESS_DENIED = 0x8007_0005 "Access is denied.";
    INVALID_DATA = 0x8007_000D "The data is invalid.";
    NOT_READY = 0x8007_0015 "The device is not ready.";
    SHARING_VIOLATION = 0x8007_0020 "The file is used by another process.";
    NOT_SUPPORTED = 0x8007_0032 "The request is not supported.";
    DEV_NOT_EXIST = 0x8007_0037 "The resource or device is no longer available.";
    FILE_EXISTS = 0x8007_0050 "The file exists.";
    INVALID_ARGUMENT = 0x8007_0057 "The parameter is incorrect.";
    INSUFFICIENT_BUFFER = 0x8007_007A "The data area passed to a system call is too small.";
    DIRECTORY = 0x8007_010B "The directory name is invalid.";
    PRIVILEGE_NOT_HELD = 0x8007_0522 "A required privilege is not held by the client.";
    LOGON_FAILURE = 0x8007_052E "The user name or password is incorrect.";
    NULL_CONTEXT = 0x8007_06EF "A null context handle was passed to a remote procedure call.";
    FILENAME_TOO_LONG = 0x8007_00CE "The filename or extension is too long.";
    ELEMENT_NOT_FOUND = 0x8007_0490 "Element not found.";
    NOT_A_REPARSE_POINT = 0x8007_1126 "The file or directory is not a reparse point.";

    NETWORK_NOT_FOUND = 0x803B_0001 "The network was not found.";
    ENDPOINT_NOT_FOUND = 0x803B_0002 "The endpoint was not found.";
    INVALID_NETWORK = 0x803B_000A "The network is invalid.";
    INVALID_ENDPOINT = 0x803B_000C "The endpoint is invalid.";
    INVALID_POLICY = 0x803B_000D "The policy is invalid.";
    NETWORK_ALREADY_EXISTS = 0x803B_0010 "The network already exists.";
    PORT_ALREADY_EXISTS = 0x803B_0013 "The port is already in use.";
    ENDPOINT_ALREADY_ATTACHED = 0x803B_0014 "The endpoint is already attached.";
    REQUEST_UNSUPPORTED = 0x803B_0015 "The request is not supported.";
    MAPPING_NOT_SUPPORTED = 0x803B_0016 "Port mapping is not supported on this network.";
    HCN_INVALID_JSON = 0x803B_001B "The JSON document is invalid.";
    INVALID_IP = 0x803B_001E "The address is invalid.";
    ENTITY_HAS_REFERENCES = 0x803B_002C "The object is still referred to.";
    INVALID_INTERNAL_PORT = 0x803B_002D "The internal port is invalid.";
    ADDRESS_RESERVED = 0x803B_002F "The address is invalid or reserved.";
    ENDPOINT_NOT_ATTACHED = 0x803B_0034 "The endpoint is not attached.";
}

/// The HRESULT of a Win32 error, e.g. 2 becomes `0x80070002`.
pub fn win32(error: u32) -> Code {
    Code(0x8007_0000 | (error & 0xFFFF))
}

/// The HRESULT of what std's file functions report.
pub fn of_io(error: &std::io::Error) -> Code {
    win32(error.raw_os_error().map_or(0x001F, |code| code as u32))
}
