//! The facts about this Windows that a report about a failure needs: versions of what answers the calls, services, rights, the volume.

use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};

use windows_registry::LOCAL_MACHINE;
use windows_sys::Win32::Foundation::LUID;
use windows_sys::Win32::Security::{LUID_AND_ATTRIBUTES, LookupPrivilegeNameW, SE_PRIVILEGE_ENABLED, TokenPrivileges};
use windows_sys::Win32::Storage::FileSystem::{GetFileVersionInfoSizeW, GetFileVersionInfoW, VS_FIXEDFILEINFO, VerQueryValueW};
use windows_sys::Win32::System::Services::{QUERY_SERVICE_CONFIGW, QueryServiceConfigW, QueryServiceStatus, SERVICE_STATUS};
use windows_sys::w;

use super::text::Wide;
use super::{probe, token, volume};

/// The files whose versions decide how calls are answered, below System32.
const FILES: [&str; 5] = ["computecore.dll", "vmcompute.dll", "computenetwork.dll", r"drivers\wcifs.sys", r"drivers\vhdmp.sys"];

/// The facts, by their names. What cannot be asked says so.
pub(super) fn facts(store: &Path) -> Vec<(String, String)> {
    let mut facts = vec![("Windows".to_owned(), windows())];
    facts.extend(FILES.map(|file| (file.to_owned(), file_version(file).unwrap_or_else(|| "no version".to_owned()))));
    for (name, wide) in [("vmcompute", w!("vmcompute")), ("hns", w!("hns")), ("vmms", w!("vmms")), ("hvhost", w!("hvhost"))] {
        let state = probe::service(wide).map_or_else(|| "cannot be opened".to_owned(), |service| state_of(&service));
        facts.push((format!("service {name}"), state));
    }
    let known = |answer: Option<bool>| answer.map_or("unknown", |yes| if yes { "yes" } else { "no" }).to_owned();
    facts.extend([
        ("elevated".to_owned(), known(token::elevated())),
        ("administrator".to_owned(), known(token::is_administrator())),
        ("Hyper-V administrator".to_owned(), known(token::is_hyperv_administrator())),
        ("privileges".to_owned(), privileges()),
        ("store".to_owned(), store.display().to_string()),
    ]);
    let there = store.ancestors().find(|folder| folder.is_dir()).unwrap_or(store);
    let (file_system, remote) = volume::of(there);
    let file_system = file_system.unwrap_or_else(|| "unknown".to_owned());
    facts.push(("volume of the store".to_owned(), format!("{file_system}, of another machine: {}", known(remote))));
    facts
}

/// The version and the edition, from the registry.
fn windows() -> String {
    let Ok(key) = LOCAL_MACHINE.options().read().wow64_64().open(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion") else {
        return "the registry cannot be read".to_owned();
    };
    let text = |name| key.get_string(name).unwrap_or_else(|_| "?".to_owned());
    let revision = key.get_u32("UBR").map_or_else(|_| "?".to_owned(), |revision| revision.to_string());
    let (build, edition, kind) = (text("CurrentBuildNumber"), text("EditionID"), text("InstallationType"));
    format!("build {build}.{revision}, edition {edition}, installation {kind}")
}

/// The version in the resources of a file below System32, e.g. `10.0.20348.2402`.
fn file_version(name: &str) -> Option<String> {
    let path: PathBuf = probe::system_directory()?.join(name);
    let wide = Wide::new("GetFileVersionInfo", &path).ok()?;
    // SAFETY: the path ends with a NUL; the handle that it may write is not wanted.
    let size = unsafe { GetFileVersionInfoSizeW(wide.as_ptr(), null_mut()) };
    if size == 0 {
        return None;
    }
    // Aligned for the structure that is in it.
    let mut block = vec![0u64; (size as usize).div_ceil(size_of::<u64>())];
    // SAFETY: the path ends with a NUL, the block has at least this size.
    if unsafe { GetFileVersionInfoW(wide.as_ptr(), 0, size, block.as_mut_ptr().cast()) } == 0 {
        return None;
    }
    let (mut found, mut length) = (null_mut(), 0);
    // SAFETY: the block was filled above, the name ends with a NUL, the out pointers are valid.
    let has = unsafe { VerQueryValueW(block.as_ptr().cast(), w!("\\"), &raw mut found, &raw mut length) };
    if has == 0 || found.is_null() || (length as usize) < size_of::<VS_FIXEDFILEINFO>() {
        return None;
    }
    // SAFETY: it points to a structure of this kind in the block, which is alive; no alignment is assumed.
    let version = unsafe { found.cast::<VS_FIXEDFILEINFO>().read_unaligned() };
    let (high, low) = (version.dwFileVersionMS, version.dwFileVersionLS);
    Some(format!("{}.{}.{}.{}", high >> 16, high & 0xffff, low >> 16, low & 0xffff))
}

/// The state and the start of a service.
fn state_of(service: &probe::Service) -> String {
    let mut status = SERVICE_STATUS::default();
    // SAFETY: the service is open for queries, the out pointer is valid.
    let state = match unsafe { QueryServiceStatus(service.get(), &raw mut status) } {
        0 => "unknown",
        _ => match status.dwCurrentState {
            1 => "stopped",
            2 => "starting",
            3 => "stopping",
            4 => "running",
            _ => "another",
        },
    };
    // The structure and the texts that it points to; Windows allows 8 KiB at most.
    let mut block = vec![0u64; 1024];
    let (size, mut needed) = (size_of_val(block.as_slice()) as u32, 0);
    // SAFETY: the service is open, the block is aligned for the structure and has this size, the out pointer is valid.
    let asked = unsafe { QueryServiceConfigW(service.get(), block.as_mut_ptr().cast(), size, &raw mut needed) };
    let start = if asked == 0 {
        "unknown"
    } else {
        // SAFETY: the block was filled with such a structure above.
        match unsafe { block.as_ptr().cast::<QUERY_SERVICE_CONFIGW>().read() }.dwStartType {
            2 => "automatic",
            3 => "on demand",
            4 => "disabled",
            _ => "another",
        }
    };
    format!("state {state}, start {start}")
}

/// The most privileges that a token holds; Windows knows fewer than 40.
const MOST_PRIVILEGES: usize = 64;
/// The numbers in a TOKEN_PRIVILEGES: how many there are, then of each its id in two parts and its attributes.
const OF_EACH: usize = 3;

/// The privileges of this process, each with its state.
fn privileges() -> String {
    let mut held = [0u32; 1 + MOST_PRIVILEGES * OF_EACH];
    // SAFETY: the class fills a TOKEN_PRIVILEGES with its list behind it, all of numbers of 32 bits, and points to nothing.
    if unsafe { token::information(TokenPrivileges, &mut held) }.is_err() {
        return "unknown".to_owned();
    }
    let [count, rest @ ..] = &held;
    let (list, _) = rest.as_chunks::<OF_EACH>();
    let names = list.iter().take(*count as usize).filter_map(|&[low, high, attributes]| {
        let (mut name, mut length) = ([0u16; 64], 64);
        let id = LUID { LowPart: low, HighPart: high.cast_signed() };
        // SAFETY: no machine is named: this one; the id lives through the call, the buffer has this length.
        let found = unsafe { LookupPrivilegeNameW(null(), &raw const id, name.as_mut_ptr(), &raw mut length) };
        let name = String::from_utf16_lossy(name.get(..length as usize).unwrap_or_default());
        let state = if attributes & SE_PRIVILEGE_ENABLED != 0 { "enabled" } else { "disabled" };
        (found != 0).then(|| format!("{name} {state}"))
    });
    names.collect::<Vec<_>>().join(", ")
}

const _: () = assert!(size_of::<LUID_AND_ATTRIBUTES>() == OF_EACH * size_of::<u32>());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_tells_of_itself_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let facts = facts(&folder.path().join("not").join("there"));
        let value = |name: &str| facts.iter().find(|(fact, _)| fact == name).map(|(_, value)| value.clone()).unwrap();
        assert!(value("Windows").starts_with("build "), "{facts:?}");
        assert!(value("volume of the store").ends_with("of another machine: no"), "{facts:?}");
        assert!(["yes", "no"].contains(&value("elevated").as_str()), "{facts:?}");
        assert!(!value("service vmcompute").is_empty());
        assert!(value("privileges").contains("Privilege "), "{facts:?}");
    }

    #[test]
    fn a_file_of_windows_has_a_version() {
        let version = file_version("kernel32.dll").unwrap();
        assert_eq!(version.split('.').count(), 4, "{version}");
        assert_eq!(file_version("no-such.dll"), None);
    }
}
