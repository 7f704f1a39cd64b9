//! Asks Windows for the prerequisites of containers: services, the hypervisor, libraries, this process's rights.

use std::path::PathBuf;
use std::ptr::null;

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_SERVICE_DOES_NOT_EXIST, GetLastError};
use windows_sys::Win32::System::Services::{
    CloseServiceHandle, OpenSCManagerW, OpenServiceW, SC_HANDLE, SC_MANAGER_CONNECT, SERVICE_QUERY_CONFIG, SERVICE_QUERY_STATUS,
};
use windows_sys::Win32::System::SystemInformation::{
    GetSystemDirectoryW, IMAGE_FILE_MACHINE_AMD64, IMAGE_FILE_MACHINE_ARM64, IMAGE_FILE_MACHINE_I386,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, IsWow64Process2};
use windows_sys::core::PCWSTR;
use windows_sys::w;

use super::token;
use crate::Architecture;
use crate::host::{Availability, Hypervisor, Probe, Services};

/// The libraries of the Host Compute Service and of its networks.
const LIBRARIES: [&str; 3] = ["vmcompute.dll", "computecore.dll", "computenetwork.dll"];

/// Asks for everything. Nothing of it needs an administrator, and what cannot be asked is unknown.
pub(super) fn probe() -> Probe {
    let machine = machine();
    Probe {
        services: services(),
        hypervisor: hypervisor(machine),
        machine,
        libraries: libraries(),
        elevated: token::elevated(),
        hyperv_administrator: token::is_hyperv_administrator(),
    }
}

/// A handle of the service manager, closed when it is dropped.
pub(super) struct Service(SC_HANDLE);

impl Service {
    /// The handle, open as long as this lives.
    pub const fn get(&self) -> SC_HANDLE {
        self.0
    }
}

/// Opens a service to ask for its state and configuration; `None` if there is none, or it may not be opened.
pub(super) fn service(name: PCWSTR) -> Option<Service> {
    // SAFETY: both names may be null: this machine, its active database.
    let manager = Service(unsafe { OpenSCManagerW(null(), null(), SC_MANAGER_CONNECT) });
    if manager.0.is_null() {
        // Nothing was opened, so nothing is to be closed.
        std::mem::forget(manager);
        return None;
    }
    // SAFETY: the manager is open, the name ends with a NUL.
    let service = unsafe { OpenServiceW(manager.0, name, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG) };
    (!service.is_null()).then(|| Service(service))
}

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
    let answered = unsafe { IsWow64Process2(GetCurrentProcess(), &mut process, &mut machine) };
    match machine {
        IMAGE_FILE_MACHINE_AMD64 if answered != 0 => Some(Architecture::Amd64),
        IMAGE_FILE_MACHINE_ARM64 if answered != 0 => Some(Architecture::Arm64),
        IMAGE_FILE_MACHINE_I386 if answered != 0 => Some(Architecture::X86),
        _ => None,
    }
}

/// The hypervisor by CPUID, unless the processor that answers is an emulated one.
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

/// There is no CPUID on this processor.
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
pub(super) fn system_directory() -> Option<PathBuf> {
    let mut buffer = [0u16; 260];
    // SAFETY: the pointer and the length describe the buffer.
    let length = unsafe { GetSystemDirectoryW(buffer.as_mut_ptr(), buffer.len() as u32) };
    let path = buffer.get(..length as usize).filter(|path| !path.is_empty())?;
    Some(String::from_utf16(path).ok()?.into())
}
