//! Errors that programs of every kind print: what is known of them here holds only where a container is behind them.

use super::*;

/// The words that come first where nothing names a container.
const CONDITION: &str = "nothing in the text names a container";

#[test]
fn an_error_of_any_program_is_explained_under_a_condition() {
    for (text, id) in [
        (
            "System.TimeoutException: The operation has timed out. This operation returned because the timeout period expired",
            "0x800705b4",
        ),
        ("The wait operation timed out. Exception from HRESULT: 0x800705B4", "0x800705b4"),
        ("Something went wrong 0x80070422 Microsoft Store", "0x80070422"),
        (
            "iisreset: The service cannot be started, either because it is disabled or because it has no enabled devices associated with it.",
            "0x80070422",
        ),
        (
            "error: unable to unlink old 'a.txt': Permission denied\nfatal: cannot create directory: The process cannot access the file because it is being used by another process.",
            "0x80070020",
        ),
        ("BitLocker: Element not found. (0x80070490)", "0x80070490"),
        ("The RPC server is unavailable. (Exception from HRESULT: 0x800706BA) at Get-WmiObject -ComputerName srv1", "0x800706ba"),
        ("System.ComponentModel.Win32Exception (1326): The user name or password is incorrect.", "0x8007052e"),
        ("2024/05/14 Windows Update: KB5037782 installation failure: error 0x80070643", "0x80070643"),
        ("VT-x is not available (VERR_VMX_NO_VMX).\nResult Code: E_FAIL (0x80004005)", "0x80004005"),
        ("npm ERR! Error: EPERM: operation not permitted\nnpm ERR! Access is denied.", "0x80070005"),
        ("ERROR 5 (0x00000005) Accessing Destination Directory \\\\srv\\share\\ Access is denied.", "0x80070005"),
        ("Zugriff verweigert: C:\\Daten", "0x80070005"),
        ("Application pool 'DefaultAppPool' is being disabled. Process exit code 0xC0000135", "0xc0000135"),
        (
            "java.io.IOException: Cannot run program \"git\": CreateProcess error=2, The system cannot find the file specified",
            "command-not-found",
        ),
        ("Get \"https://api.contoso.com/v1\": x509: certificate signed by unknown authority", "certificate-not-trusted"),
        ("dial tcp: lookup db.contoso.com: no such host", "registry-not-reached"),
        ("curl: (22) The requested URL returned error: 429 Too Many Requests", "rate-limited"),
        ("Error 1719. The Windows Installer Service could not be accessed.", "february-2020-msi"),
    ] {
        let explanation = explained(text);
        assert_eq!(explanation.id, id, "{text}");
        assert!(explanation.meaning.contains(CONDITION), "{text}: {}", explanation.meaning);
        assert!(explanation.steps[0].starts_with("If another program printed it"), "{text}: {:?}", explanation.steps);
    }
}

#[test]
fn in_general_it_means_what_windows_says() {
    let meaning = explained("Something went wrong 0x80070422 Microsoft Store").meaning;
    assert!(meaning.starts_with("In general it means: The service cannot be started, either because"), "{meaning}");
    assert!(meaning.contains("printed it: A service that containers need is disabled."), "{meaning}");
}

#[test]
fn an_error_beside_the_name_of_a_container_is_explained_as_it_is() {
    for text in [
        "docker: Error response from daemon: Access is denied.",
        "hcsshim::CreateComputeSystem 1d2c: This operation returned because the timeout period expired. (0x800705B4)",
        "hnsCall failed in Win32: Element not found. (0x490)",
        "HNS: Element not found.",
        "Warning  Failed  5s  kubelet  Error: The RPC server is unavailable. (0x800706BA)",
        "kubectl describe pod web: Access is denied.",
        "failure in a Windows system call: The user name or password is incorrect. (0x52e)",
        "New-BcContainer: Unspecified error (0x80004005)",
        "The command 'cmd /S /C setup.exe' returned a non-zero code: 3221225785",
        "mcr.microsoft.com/windows/servercore:ltsc2022: Access is denied.",
        "azcontainers ctr: The request is not supported.",
        "docker pull shop.example/web: x509: certificate signed by unknown authority",
        "container 2f0c: CreateProcess web.exe: The system cannot find the file specified.",
        "The virtual machine or container exited unexpectedly. (0xc0370106)",
    ] {
        let meaning = explained(text).meaning;
        assert!(!meaning.contains(CONDITION), "{text}: {meaning}");
    }
}

#[test]
fn a_number_that_is_asked_for_by_itself_is_explained_as_it_is() {
    for text in ["0x80070422", "-2147024891", "E_ACCESSDENIED", "(0x490)", "certificate-not-trusted"] {
        let meaning = explained(text).meaning;
        assert!(!meaning.contains(CONDITION), "{text}: {meaning}");
    }
}

#[test]
fn a_word_that_only_holds_the_name_of_a_service_is_not_a_trace() {
    for text in [
        "Johns laptop: Access is denied.",
        "step 1 of 2/3: Access is denied.",
        "tripods: Access is denied.",
        "Shimano: Access is denied.",
    ] {
        assert!(explained(text).meaning.contains(CONDITION), "{text}");
    }
}

#[test]
fn a_shell_that_does_not_know_a_command() {
    let powershell = "'powershell' is not recognized as an internal or external command,\r\noperable program or batch file.";
    for text in [
        format!("{powershell}\nThe command 'cmd /S /C powershell -Command Get-Date' returned a non-zero code: 1"),
        format!("#7 1.203 {powershell}\n#7 ERROR: process \"cmd /S /C powershell -Command Get-Date\" did not complete successfully: exit code: 1"),
        format!("Step 2/3 : RUN powershell -Command Get-Date\n{powershell}"),
        format!("> [build 2/3] RUN powershell -Command Get-Date:\n0.5 {powershell}"),
        "'choco' is not recognized as an internal or external command,\noperable program or batch file.\nThe command 'cmd /S /C choco install git' returned a non-zero code: 1".to_owned(),
    ] {
        let explanation = explained(&text);
        assert_eq!(explanation.id, "command-not-found", "{text}");
        assert!(explanation.causes[0].contains("`nanoserver` has no PowerShell"), "{:?}", explanation.causes);
        assert!(!explanation.meaning.contains(CONDITION), "{}", explanation.meaning);
    }
    assert!(explained(powershell).meaning.contains(CONDITION));
    // The engine is what the shell of the host does not know.
    for text in [
        "'docker' is not recognized as an internal or external command,\noperable program or batch file.",
        "'terraform' is not recognized as an internal or external command,\noperable program or batch file.",
        "docker : The term 'docker' is not recognized as the name of a cmdlet, function, script file, or operable program.",
    ] {
        assert!(explain(text, &context()).is_none_or(|explanation| explanation.id != "command-not-found"), "{text}");
    }
}

#[test]
fn a_dll_that_a_program_does_not_find_is_not_one_of_the_engine() {
    for text in [
        "Unhandled exception. System.DllNotFoundException: Unable to load DLL 'libSkiaSharp' or one of its dependencies: The specified module could not be found. (0x8007007E)\n   at SkiaSharp.SkiaApi.sk_colortype_get_default_8888()",
        "web_1  | System.DllNotFoundException: Unable to load DLL 'sni.dll': The specified module could not be found. (Exception from HRESULT: 0x8007007E)",
        "ImportError: DLL load failed while importing cv2: The specified module could not be found.",
    ] {
        let explanation = explained(text);
        assert_eq!(explanation.id, "dll-not-found", "{text}");
        assert!(explanation.meaning.contains("In a container: it is not in the image."), "{}", explanation.meaning);
        assert!(!explanation.steps.iter().any(|step| step.contains("Containers feature")), "{:?}", explanation.steps);
    }
    for text in [
        "Unable to load DLL 'vmcompute.dll': The specified module could not be found. (0x8007007E)",
        "failed to load vmcompute.dll",
    ] {
        assert_eq!(explained(text).id, "containers-feature", "{text}");
    }
    let number = explained("0x8007007e");
    assert!(
        number.meaning.contains("is not in the image") && number.causes[1].starts_with("From an engine: the Containers feature")
    );
}

/// What a command printed in a step that passed is not why a later one failed.
#[test]
fn a_step_of_a_build_that_passed_explains_nothing() {
    let begin = "Step 1/3 : FROM mcr.microsoft.com/windows/servercore:ltsc2022\n";
    let ignored = "Step 2/3 : RUN dism /online /enable-feature /featurename:NetFx3 || ver\nError: 0x800f081f\n";
    let step = "Step 3/3 : RUN msbuild app.sln\n";
    let failed = |code: &str| format!("The command 'cmd /S /C msbuild app.sln' returned a non-zero code: {code}\n");
    assert_eq!(explain(&format!("{begin}{ignored}{step}{}", failed("1")), &context()), None);
    assert_eq!(explained(&format!("{begin}{ignored}{step}{}", failed("3221225781"))).id, "0xc0000135");
    // It is the failure where the build ends with it, or nothing says that a later step failed.
    assert_eq!(explained(&format!("{begin}{ignored}{}", failed("50"))).id, "0x800f081f");
    assert_eq!(explained(&format!("{begin}{ignored}{step}")).id, "0x800f081f");
    // Another build begins with its own first step.
    assert_eq!(explained(&format!("{begin}{ignored}{begin}{}", failed("1"))).id, "0x800f081f");
}

#[test]
fn a_step_of_buildkit_that_is_done_explains_nothing() {
    let step =
        |number: u32, end: &str| format!("#{number} [2/4] RUN dism || ver\n#{number} 12.33 Error: 0x800f081f\n#{number} {end}\n");
    let failed =
        "#8 [3/4] RUN msbuild app.sln\n#8 ERROR: process \"cmd /S /C msbuild\" did not complete successfully: exit code: 1\n";
    assert_eq!(explain(&format!("{}{failed}", step(7, "DONE 12.9s")), &context()), None);
    let timed = step(7, "DONE 12.9s").replace('#', "2024-05-01T10:00:00.123Z #");
    assert_eq!(explain(&format!("{timed}{failed}"), &context()), None);
    for (number, end) in [(7, "ERROR: process"), (8, "DONE 12.9s"), (7, "CANCELED")] {
        assert_eq!(explained(&format!("{}{failed}", step(number, end))).id, "0x800f081f", "{number} {end}");
    }
}
