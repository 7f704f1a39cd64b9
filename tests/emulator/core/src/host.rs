//! The machine the service runs on: its build, from the registry of the prefix, and what a test says of it.

use crate::home::setting;
use crate::text::wide;
use windows_sys::Win32::System::Registry::{HKEY_LOCAL_MACHINE, RRF_RT_REG_SZ, RRF_SUBKEY_WOW6464KEY, RegGetValueW};

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

/// Whether Hyper-V is there: yes, unless `HCSEMU_HYPERV=absent`.
pub fn hyperv() -> bool {
    setting("HYPERV") != "absent"
}
