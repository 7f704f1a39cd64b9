//! Texts with several errors: those of another cause than the one explained are named.

use super::*;

/// The name of what is explained, and those of the others.
fn found(text: &str) -> (String, Vec<String>) {
    let told = explain(text, &context()).unwrap_or_else(|| panic!("nothing for {text}"));
    let others = super::super::others(text, &told, &context());
    (told.id, others.into_iter().map(|entry| entry.id).collect())
}

#[test]
fn errors_of_another_cause_are_named() {
    for (text, told, others) in [
        (
            "x 0xc0370106\na Windows version 10.0.26100-based image is incompatible with a 10.0.19045 host\nno space left on device",
            "windows-version-incompatible",
            &["0x80370106", "0x80070070"][..],
        ),
        ("0xC0370101, 0xC0370106, 0x80370109", "0x80370101", &["0x80370106", "0x80370109"]),
        ("0xC0370101\n0xC0370106\n0x80370109\n", "0x80370101", &["0x80370106", "0x80370109"]),
        (&"0xc0370101\n0xc0370106\n".repeat(3000), "0x80370101", &["0x80370106"]),
        ("0xc0370101 and 0x803b0013", "0x80370101", &["0x803b0013"]),
        (
            "time=\"2024-05-01T10:00:00.1Z\" level=error msg=\"hnsCall failed in Win32: The specified port already exists. (0x803b0013)\"\ntime=\"2024-05-01T10:00:00.2Z\" level=error msg=\"container exited unexpectedly (0xc0370106)\"",
            "0x80370106",
            &["0x803b0013"],
        ),
    ] {
        let (id, names) = found(text);
        assert_eq!((id.as_str(), names.iter().map(String::as_str).collect::<Vec<_>>().as_slice()), (told, others), "{text}");
    }
}

#[test]
fn what_belongs_to_the_failure_is_not_named() {
    for text in [
        "0xc0370106",
        "0xc0370106 0x80370106 HCS_E_UNEXPECTED_EXIT",
        "docker: Error response from daemon: hcs::System::Start: The virtual machine or container exited unexpectedly. (0xc0370106)",
        "docker: failure in a Windows system call: The virtual machine or container exited\r\n unexpectedly. (0xc0370106)",
        // Errors that anything can end with.
        "hcs::CreateComputeSystem web: 0xc0370106: Unspecified error (0x80004005)",
        "0xc0370106\nUnspecified error (0x80004005)\nAccess is denied.",
        // A number on the line of a message is its number.
        "a Windows version 10.0.26100-based image is incompatible with a 10.0.19045 host (0xc0370101)",
        // An operation and its error are one thing.
        "Start-VM : 'Ubuntu' failed to start.\nThe virtual machine could not be started because a required feature is not installed. (0x80370102)",
        "hcsshim::PrepareLayer failed in Win32:\nIncorrect function. (0x1)",
        // What is a warning or progress stopped nothing.
        "time=\"2024-05-01T10:00:00.1Z\" level=warning msg=\"(0x803b0013)\"\ntime=\"2024-05-01T10:00:00.2Z\" level=error msg=\"(0xc0370106)\"",
    ] {
        assert_eq!(found(text).1, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn no_more_than_five_are_named_each_once() {
    let text = (0x101..0x10e).map(|low| format!("0xc0370{low:x}\n")).collect::<String>().repeat(50);
    let (told, others) = found(&text);
    assert_eq!(others.len(), 5, "{others:?}");
    let mut distinct = others.clone();
    distinct.push(told);
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 6, "{distinct:?}");
}
