//! Asks Windows for the prerequisites of containers: services, the hypervisor, libraries, this process's rights.

use std::path::PathBuf;
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{CloseHandle, ERROR_ACCESS_DENIED, ERROR_SERVICE_DOES_NOT_EXIST, GetLastError, HANDLE};
use windows_sys::Win32::Security::{
    CheckTokenMembership, CreateWellKnownSid, GetTokenInformation, SECURITY_MAX_SID_SIZE, TOKEN_ELEVATION, TOKEN_QUERY,
    TokenElevation, WinBuiltinHyperVAdminsSid,
};
use windows_sys::Win32::System::Services::{
    CloseServiceHandle, OpenSCManagerW, OpenServiceW, SC_HANDLE, SC_MANAGER_CONNECT, SERVICE_QUERY_STATUS,
};
use windows_sys::Win32::System::SystemInformation::{GetSystemDirectoryW, IMAGE_FILE_MACHINE_AMD64, IMAGE_FILE_MACHINE_ARM64};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, IsWow64Process2, OpenProcessToken};
use windows_sys::w;

use crate::host::{Availability, Hypervisor, Probe, Services};
use crate::knowledge::Architecture;

/// The libraries of the Host Compute Service and of its networks.
const LIBRARIES: [&str; 3] = ["vmcompute.dll", "computecore.dll", "computenetwork.dll"];

/// Asks for everything. Nothing of it needs an administrator, and what cannot be asked is unknown.
pub(crate) fn probe() -> Probe {
    let machine = machine();
    Probe {
        services: services(),
        hypervisor: hypervisor(machine),
        machine,
        libraries: libraries(),
        elevated: elevated(),
        hyperv_administrator: hyperv_administrator(),
    }
}

/// A handle of the service manager, closed when it is dropped.
struct Service(SC_HANDLE);

impl Drop for Service {
    fn drop(&mut self) {
        // SAFETY: the handle came from OpenSCManagerW or OpenServiceW and is closed only here.
        unsafe { CloseServiceHandle(self.0) };
    }
}

fn services() -> Services {
    // SAFETY: both names may be null: this machine, its active database.
    let manager = unsafe { OpenSCManagerW(null(), null(), SC_MANAGER_CONNECT) };
    if manager.is_null() {
        let unknown = Availability::Unknown;
        return Services { vmcompute: unknown, hns: unknown, vmms: unknown, hvhost: unknown };
    }
    let manager = Service(manager);
    let exists = |name| {
        // SAFETY: the manager is open, the name is a static string that ends with a zero.
        let service = unsafe { OpenServiceW(manager.0, name, SERVICE_QUERY_STATUS) };
        if !service.is_null() {
            drop(Service(service));
            return Availability::Available;
        }
        // SAFETY: takes nothing and reads this thread's own error.
        match unsafe { GetLastError() } {
            ERROR_SERVICE_DOES_NOT_EXIST => Availability::Unavailable,
            // What may not be opened is there.
            ERROR_ACCESS_DENIED => Availability::Available,
            _ => Availability::Unknown,
        }
    };
    Services {
        vmcompute: exists(w!("vmcompute")),
        hns: exists(w!("hns")),
        vmms: exists(w!("vmms")),
        hvhost: exists(w!("hvhost")),
    }
}

/// The machine's own processor: a program for x86-64 runs emulated on arm64 and sees another there.
fn machine() -> Option<Architecture> {
    let (mut process, mut machine) = (0, 0);
    // SAFETY: the pseudo handle is always valid, both pointers are to live integers.
    let told = unsafe { IsWow64Process2(GetCurrentProcess(), &mut process, &mut machine) };
    match machine {
        IMAGE_FILE_MACHINE_AMD64 if told != 0 => Some(Architecture::Amd64),
        IMAGE_FILE_MACHINE_ARM64 if told != 0 => Some(Architecture::Arm64),
        _ => None,
    }
}

/// What CPUID says, unless the processor that answers is an emulated one.
#[cfg(target_arch = "x86_64")]
fn hypervisor(machine: Option<Architecture>) -> Option<Hypervisor> {
    use std::arch::x86_64::__cpuid;

    if machine == Some(Architecture::Arm64) {
        return None;
    }
    let features = __cpuid(1).ecx;
    let leaf = __cpuid(0x4000_0000);
    Some(Hypervisor::from_cpuid(features, [leaf.eax, leaf.ebx, leaf.ecx, leaf.edx], || __cpuid(0x4000_0003).ebx))
}

/// There is no CPUID.
#[cfg(not(target_arch = "x86_64"))]
fn hypervisor(_machine: Option<Architecture>) -> Option<Hypervisor> {
    None
}

fn libraries() -> Vec<(&'static str, bool)> {
    let system = system_directory();
    let exists = |name| system.as_ref().is_some_and(|folder| folder.join(name).is_file());
    LIBRARIES.into_iter().map(|name| (name, exists(name))).collect()
}

/// `C:\Windows\System32`, as Windows says and no environment variable.
fn system_directory() -> Option<PathBuf> {
    let mut buffer = [0u16; 260];
    // SAFETY: the pointer and the length describe the buffer.
    let length = unsafe { GetSystemDirectoryW(buffer.as_mut_ptr(), buffer.len() as u32) };
    let path = buffer.get(..length as usize).filter(|path| !path.is_empty())?;
    Some(String::from_utf16(path).ok()?.into())
}

/// A kernel handle, closed when it is dropped.
struct Token(HANDLE);

impl Drop for Token {
    fn drop(&mut self) {
        // SAFETY: the handle came from OpenProcessToken and is closed only here.
        unsafe { CloseHandle(self.0) };
    }
}

fn elevated() -> Option<bool> {
    let mut token = null_mut();
    // SAFETY: the pseudo handle is always valid, the pointer is to a live handle.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) } == 0 {
        return None;
    }
    let token = Token(token);
    let mut elevation = TOKEN_ELEVATION { TokenIsElevated: 0 };
    let mut length = 0;
    let size = size_of::<TOKEN_ELEVATION>() as u32;
    // SAFETY: the token is open for queries; the pointer and the size describe the structure this class fills.
    let told = unsafe { GetTokenInformation(token.0, TokenElevation, (&raw mut elevation).cast(), size, &mut length) };
    (told != 0).then_some(elevation.TokenIsElevated != 0)
}

/// Whether the group is in the token and enabled: an unelevated administrator has it for denial only.
fn hyperv_administrator() -> Option<bool> {
    let mut sid = [0u32; SECURITY_MAX_SID_SIZE as usize / 4];
    let mut size = SECURITY_MAX_SID_SIZE;
    let sid = sid.as_mut_ptr().cast();
    // SAFETY: the buffer is aligned for a SID and as large as the largest one.
    if unsafe { CreateWellKnownSid(WinBuiltinHyperVAdminsSid, null_mut(), sid, &mut size) } == 0 {
        return None;
    }
    let mut member = 0;
    // SAFETY: no token means this thread's; the SID was filled above, the pointer is to a live integer.
    let told = unsafe { CheckTokenMembership(null_mut(), sid, &mut member) };
    (told != 0).then_some(member != 0)
}
