//! The machine the service runs on: its build, from the registry of the prefix, and what a test says of it.

use crate::home::setting;
use crate::systems::objects::Object;
use crate::text::wide;
use windows_sys::Win32::Security::{
    GetTokenInformation, LUID_AND_ATTRIBUTES, SE_PRIVILEGE_ENABLED, TOKEN_PRIVILEGES, TOKEN_QUERY, TokenPrivileges,
};
use windows_sys::Win32::System::Registry::{HKEY_LOCAL_MACHINE, RRF_RT_REG_SZ, RRF_SUBKEY_WOW6464KEY, RegGetValueW};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetCurrentThread, OpenProcessToken, OpenThreadToken};

/// The build in `CurrentBuildNumber` (else `CurrentBuild`), e.g. 20348; 0 if the registry does not say.
pub fn build() -> u32 {
    ["CurrentBuildNumber", "CurrentBuild"].iter().find_map(|name| value(name)?.trim().parse().ok()).unwrap_or(0)
}

fn value(name: &str) -> Option<String> {
    let key = wide(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion");
    let name = wide(name);
    let mut buffer = [0u16; 128];
    let mut bytes = size_of_val(&buffer) as u32;
    // SAFETY: the buffer is as long as `bytes` says.
    let result = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            name.as_ptr(),
            RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY,
            std::ptr::null_mut(),
            buffer.as_mut_ptr().cast(),
            &mut bytes,
        )
    };
    (result == 0).then(|| String::from_utf16_lossy(&buffer).split('\0').next().unwrap_or_default().to_string())
}

/// The newest published schema a host of this build has: an index into `documents::SDKS`.
pub fn sdk(build: u32) -> usize {
    [18362, 19041, 20348, 22000].iter().filter(|since| build >= **since).count()
}

/// The highest minor version of schema 2 the service answers to; from 20348 on it is not published and taken as 5.
pub fn schema_minor(build: u32) -> u32 {
    match sdk(build) {
        0 => 1,
        1 => 2,
        2 => 3,
        _ => 5,
    }
}

/// What the caller's token is said to be, with `HCSEMU_TOKEN`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub enum Token {
    /// `user`: no right to HCS at all.
    User,
    /// `hyperv-admin`: in Hyper-V Administrators, not elevated.
    HypervAdmin,
    /// Anything else: elevated.
    Elevated,
}

/// The token the emulator pretends to see.
pub fn token() -> Token {
    match setting("TOKEN").as_str() {
        "user" => Token::User,
        "hyperv-admin" => Token::HypervAdmin,
        _ => Token::Elevated,
    }
}

/// SeBackupPrivilege and SeRestorePrivilege: the low parts of their LUIDs, which never change.
const BACKUP: [u32; 2] = [17, 18];

/// Whether the token of this thread, or of its process, has both turned on.
pub fn may_back_up() -> bool {
    let mut token = std::ptr::null_mut();
    // SAFETY: the handle is checked before it is owned; the buffer is as long as stated, and aligned for what is read from it.
    unsafe {
        let opened = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, 1, &mut token) != 0
            || OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) != 0;
        if !opened {
            return false;
        }
        let token = Object(token);
        let (mut buffer, mut length) = ([0u64; 256], 0);
        let bytes = size_of_val(&buffer) as u32;
        if GetTokenInformation(token.0, TokenPrivileges, buffer.as_mut_ptr().cast(), bytes, &mut length) == 0 {
            return false;
        }
        let all = buffer.as_ptr().cast::<TOKEN_PRIVILEGES>();
        let first = (&raw const (*all).Privileges).cast::<LUID_AND_ATTRIBUTES>();
        let privileges = std::slice::from_raw_parts(first, (*all).PrivilegeCount as usize);
        BACKUP
            .iter()
            .all(|wanted| privileges.iter().any(|one| one.Luid.LowPart == *wanted && one.Attributes & SE_PRIVILEGE_ENABLED != 0))
    }
}

/// Whether Hyper-V is there: yes, unless `HCSEMU_HYPERV=absent`.
pub fn hyperv() -> bool {
    setting("HYPERV") != "absent"
}
