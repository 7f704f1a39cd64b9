//! Three layers that make an image: whiteouts, hard links across layers, and a utility VM that is patched.

use super::archive::{Archive, Meta};

/// What a container sees of them, and the guest system that its virtual machine boots: directories end in a slash, files show
/// their content. Hives are joined elsewhere.
pub const SEEN: [&str; 24] = [
    "Files/",
    "Files/Temp = now a file",
    "Files/Windows/",
    "Files/Windows/System32/",
    "Files/Windows/System32/ntdll.dll = ntdll 2",
    "Files/Windows/WinSxS/",
    "Files/Windows/WinSxS/kernel32.dll = kernel32 1",
    "Files/Windows/WinSxS/ntdll.dll = ntdll 2",
    "Files/app/",
    "Files/app/app.exe = app",
    "Files/app/kept.dll = kernel32 1",
    "Files/app/ntdll.dll = ntdll 2",
    "UtilityVM/",
    "UtilityVM/Files/",
    "UtilityVM/Files/EFI/",
    "UtilityVM/Files/EFI/Microsoft/",
    "UtilityVM/Files/EFI/Microsoft/Boot/",
    "UtilityVM/Files/EFI/Microsoft/Boot/BCD = boot 1",
    "UtilityVM/Files/EFI/Microsoft/Boot/BCD.LOG = log 1",
    "UtilityVM/Files/again.exe = vm kernel 2",
    "UtilityVM/Files/driver.sys = vm driver",
    "UtilityVM/Files/kept/",
    "UtilityVM/Files/kept/driver.sys = vm driver",
    "UtilityVM/Files/kernel.exe = vm kernel 2",
];

/// Names of one file each, in what is seen.
pub const SAME: [(&str, &str); 4] = [
    ("Files/app/ntdll.dll", "Files/Windows/System32/ntdll.dll"),
    ("Files/app/kept.dll", "Files/Windows/WinSxS/kernel32.dll"),
    ("UtilityVM/Files/again.exe", "UtilityVM/Files/kernel.exe"),
    ("UtilityVM/Files/kept/driver.sys", "UtilityVM/Files/driver.sys"),
];

/// Lowest first: a base, an update of it, an application on both.
pub fn three_layers() -> [Archive<Vec<u8>>; 3] {
    [base(), update(), application()]
}

fn base() -> Archive<Vec<u8>> {
    let plain = Meta::default();
    let read_only = Meta::attributes(0x21);
    let mut base = Archive::with_files();
    base.directory("Files/Windows", &plain)
        .directory("Files/Windows/System32", &plain)
        .file("Files/Windows/System32/ntdll.dll", &read_only, b"ntdll 1")
        .file("Files/Windows/System32/kernel32.dll", &read_only, b"kernel32 1")
        .directory("Files/Windows/WinSxS", &plain)
        .hard_link("Files/Windows/WinSxS/ntdll.dll", "Files/Windows/System32/ntdll.dll")
        .directory("Files/Temp", &plain)
        .file("Files/Temp/a", &plain, b"temporary")
        .directory("Files/Temp/b", &plain)
        .file("Files/Temp/b/c", &read_only, b"temporary too")
        .file("Files/License.txt", &read_only, b"license")
        .directory("Hives", &plain)
        .file("Hives/System_Base", &plain, b"hive")
        .directory("UtilityVM", &plain)
        .directory("UtilityVM/Files", &plain)
        .directory("UtilityVM/Files/EFI", &plain)
        .directory("UtilityVM/Files/EFI/Microsoft", &plain)
        .directory("UtilityVM/Files/EFI/Microsoft/Boot", &plain)
        .file("UtilityVM/Files/EFI/Microsoft/Boot/BCD", &plain, b"boot 1")
        .file("UtilityVM/Files/EFI/Microsoft/Boot/BCD.LOG", &plain, b"log 1")
        .file("UtilityVM/Files/kernel.exe", &read_only, b"vm kernel 1")
        .file("UtilityVM/Files/driver.sys", &plain, b"vm driver")
        .directory("UtilityVM/Files/kept", &plain)
        .file("UtilityVM/Files/kept/driver.sys", &plain, b"vm driver of its own")
        .directory("UtilityVM/Files/old", &plain)
        .file("UtilityVM/Files/old/old.exe", &read_only, b"vm old");
    base
}

fn update() -> Archive<Vec<u8>> {
    let plain = Meta::default();
    let mut update = Archive::with_files();
    update
        .whiteout("Files/Temp/b")
        .whiteout("Files/License.txt")
        .directory("Files/Windows", &plain)
        .directory("Files/Windows/System32", &plain)
        .file("Files/Windows/System32/ntdll.dll", &plain, b"ntdll 2")
        .directory("Files/Windows/WinSxS", &plain)
        .hard_link("Files/Windows/WinSxS/ntdll.dll", "Files/Windows/System32/ntdll.dll")
        .hard_link("Files/Windows/WinSxS/kernel32.dll", "Files/Windows/System32/kernel32.dll")
        .directory("Hives", &plain)
        .file("Hives/System_Delta", &plain, b"delta 1")
        .directory("UtilityVM", &plain)
        .directory("UtilityVM/Files", &plain)
        .file("UtilityVM/Files/kernel.exe", &plain, b"vm kernel 2")
        .hard_link("UtilityVM/Files/again.exe", "UtilityVM/Files/kernel.exe")
        .directory("UtilityVM/Files/kept", &plain)
        .hard_link("UtilityVM/Files/kept/driver.sys", "UtilityVM/Files/driver.sys")
        .whiteout("UtilityVM/Files/old");
    update
}

fn application() -> Archive<Vec<u8>> {
    let plain = Meta::default();
    let mut application = Archive::with_files();
    application
        .whiteout("Files/Windows/System32/kernel32.dll")
        .directory("Files/app", &plain)
        .file("Files/app/app.exe", &plain, b"app")
        .hard_link("Files/app/ntdll.dll", "Files/Windows/WinSxS/ntdll.dll")
        .hard_link("Files/app/kept.dll", "Files/Windows/System32/kernel32.dll")
        .file("Files/Temp", &plain, b"now a file")
        .directory("Hives", &plain)
        .file("Hives/System_Delta", &plain, b"delta 2");
    application
}
