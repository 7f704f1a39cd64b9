//! What is typed after `wincompat explain`, and what it answers.

use std::io::Read;

use clap::Parser;

use super::*;
use crate::cli::platform;
use crate::cli::stream::tests::Written;
use crate::knowledge::Errors;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    explain: Args,
}

/// Exit code, standard output and standard error of `wincompat explain …`.
fn explained(args: &[&str], mut stdin: impl Read) -> (u32, String, String) {
    let cli = Cli::try_parse_from(std::iter::once(&"explain").chain(args)).unwrap();
    let (out, err) = (Written::default(), Written::default());
    let platform = platform::tests::bare();
    let mut io =
        Io { input: &mut stdin, out: &mut out.stream(), err: &mut err.stream(), columns: 80, platform: &platform, store: None };
    let code = cli.explain.run(&mut io).unwrap();
    (code.number(), out.text(), err.text())
}

#[test]
fn every_finding_is_explained_by_its_code() {
    for code in Code::all() {
        let (exit, stdout, stderr) = explained(&[code.as_str()], io::empty());
        assert_eq!((exit, stderr.as_str()), (0, ""), "{code}");
        assert!(stdout.starts_with(&format!("{code}\n")), "{stdout}");
    }
}

#[test]
fn the_kinds_of_what_could_not_be_read_are_explained_by_the_codes_of_reports() {
    for (code, step) in [
        ("not-found", "docker login REGISTRY"),
        ("unauthorized", "docker login REGISTRY"),
        ("network", "--timeout SECONDS"),
        ("rate-limited", "Wait, or log in"),
        ("invalid", "Correct the reference"),
        ("unsupported", "Build the image again"),
        ("unresolved", "wincompat scan --var NAME=VALUE"),
        ("not-locked", "wincompat scan --write-lock FILE"),
        ("lands-where-it-runs", "wincompat cluster patch"),
        ("webhook-denied", "KIND/NAME`"),
        ("webhook-not-judged", "--registry-secret"),
    ] {
        let (exit, stdout, stderr) = explained(&[code], io::empty());
        assert_eq!((exit, stderr.as_str()), (0, ""), "{code}");
        assert!(stdout.starts_with(&format!("{code}\n")) && stdout.contains(step), "{stdout}");
    }
    for (codes, second) in [(["not-found", "build-mismatch"], "\nbuild-mismatch\n"), (["network", "invalid"], "\ninvalid\n")] {
        let (exit, stdout, stderr) = explained(&codes, io::empty());
        assert!(exit == 0 && stdout.contains(second), "{stdout}{stderr}");
    }
    let (_, _, stderr) = explained(&["unautorized"], io::empty());
    assert!(stderr.contains("did you mean unauthorized"), "{stderr}");
}

#[test]
fn every_form_of_argument_is_taken() {
    let sentence: Vec<&str> =
        "The operating system of the container does not match the operating system of the host.".split(' ').collect();
    for args in [&["-1070137087"][..], &["0x80370101"], &["HCS_E_IMAGE_MISMATCH"], &sentence] {
        let (exit, stdout, _) = explained(args, io::empty());
        assert_eq!(exit, 0, "{args:?}");
        assert!(stdout.starts_with("0x80370101  HCS_E_IMAGE_MISMATCH"), "{args:?}");
    }
}

#[test]
fn standard_input_is_read_and_bounded() {
    let log = b"docker: Error response from daemon: \xff\r\nfailure in a Windows system call (0xc0370112)\r\n";
    assert!(explained(&["-"], &log[..]).1.starts_with("0x80370112"));
    assert_eq!(explained(&["-"], io::repeat(b'x')).0, 2);
}

#[test]
fn the_error_at_the_end_of_a_long_log_is_explained() {
    let step = "Step 1/2 : RUN powershell -Command Write-Output built\n".repeat(6000);
    let log = format!("{step}failure in a Windows system call (0xc0370112)\n");
    assert!(log.len() > input::LAST);
    assert!(explained(&["-"], log.as_bytes()).1.starts_with("0x80370112"));
}

#[test]
fn json_is_one_document() {
    let (exit, stdout, _) = explained(&["--format", "json", "host-behind-image"], io::empty());
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(exit, 0);
    assert_eq!(document["schema"], "wincompat/explain/v1");
    assert_eq!(document["explanation"]["kind"], "finding");
    let (exit, stdout, stderr) = explained(&["hcs_e_imagemismatch", "--format", "json"], io::empty());
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(exit, 2);
    assert!(document["explanation"].is_null());
    assert_eq!(document["suggestions"][0], "HCS_E_IMAGE_MISMATCH");
    assert!(stderr.contains("did you mean HCS_E_IMAGE_MISMATCH"));
}

#[test]
fn what_is_not_known_ends_with_2_and_a_hint() {
    for (what, expected) in [
        ("build-missmatch", "error: no explanation for `build-missmatch`\nhint: did you mean build-mismatch"),
        ("0x12345678", "hint: give the code of a finding"),
        ("xyzzy", "`wincompat explain --list` shows everything that is known"),
        ("xyzzy", "hint: give the code of a finding"),
        ("flag", "`wincompat explain --list` shows everything that is known"),
        ("smb", "hint: did you mean smb-share-refused or smb-share-not-reached? `wincompat explain --list` shows"),
        ("exit code 1", "hint: the program in the container chose this exit code: see what it printed"),
        ("-", "error: the text to explain is empty\nhint: pass errors on too: `docker run IMAGE 2>&1 | wincompat explain -`"),
        (" ", "error: the text to explain is empty\n"),
    ] {
        let (exit, stdout, stderr) = explained(&[what], io::empty());
        assert_eq!((exit, stdout.as_str()), (2, ""), "{what}");
        assert!(stderr.contains(expected), "{stderr}");
    }
}

#[test]
fn a_line_of_a_report_is_explained_by_the_code_in_it() {
    for (text, id) in [
        (
            "error  image 10.0.26100 is newer than host 10.0.17763, so it cannot run there in any isolation mode [image-newer-than-host]",
            "image-newer-than-host",
        ),
        ("error: the image is newer than the host [image-newer-than-host]; hint: use another", "image-newer-than-host"),
        ("error[build-mismatch]: the builds differ", "build-mismatch"),
        ("all is well\n  warning: x [host-end-of-support]: deploy/web.yaml:7\nmore", "host-end-of-support"),
        ("[other] app: the tag does not exist [not-found]", "not-found"),
        ("[nothing] [] [ [build-mismatch]", "build-mismatch"),
        // A number in the sentence of a finding belongs to it.
        ("error: x are reported to fail there with 0xc0370112, in both isolations [ltsc2025-on-25h2]", "ltsc2025-on-25h2"),
        ("failure in a Windows system call (0xc0370112) [other]\nx [build-mismatch]", "0x80370112"),
        // In other formats, and wrapped.
        (
            "##vso[task.logissue type=error;sourcepath=Dockerfile;linenumber=3;columnnumber=6;code=ltsc2025-on-25h2;]app:1 on web01: will not run. reported to fail there with 0xc0370112",
            "ltsc2025-on-25h2",
        ),
        ("##vso[task.logissue type=error;code=not-found;]app: the tag does not exist", "not-found"),
        (
            "[\n  {\n    \"description\": \"app:1 on web01: reported to fail there with 0xc0370112\",\n    \"check_name\": \"ltsc2025-on-25h2\",\n    \"severity\": \"critical\"\n  }\n]",
            "ltsc2025-on-25h2",
        ),
        (
            "error  app:1 on web01: it cannot run there in any isolation mode [image-newer-\n       than-host]",
            "image-newer-than-host",
        ),
        (
            "| app:1 | reported to fail with 0xc0370112 [ltsc2025-  |\n|       | on-25h2]                                   |",
            "ltsc2025-on-25h2",
        ),
        (
            "fail  app:1 on web01: will not run\n      error: image app:1 fits host web01, but Docker refuses it: `no matching\n        manifest for windows(10.0.26200)/amd64 in the manifest list entries`\n        [engine-refuses]",
            "engine-refuses",
        ),
        ("FAIL app:1 on web01: reported to fail with 0xc0370112 [ltsc2025-on-25h2]; hint: use app:2", "ltsc2025-on-25h2"),
        ("  - it is reported to fail with 0xc0370112 ([`ltsc2025-on-25h2`](<https://x.test/y>))", "ltsc2025-on-25h2"),
        (
            "error[ltsc2025-on-25h2]: app:1 on web01: will not run\n --> Dockerfile:1:6\n  |\n1 | FROM app:1\n  |      ^^^^^ reported to fail with 0xc0370112\n  |",
            "ltsc2025-on-25h2",
        ),
        ("undecided[not-found]: app:1 was not read", "not-found"),
        // What an engine says stands before the findings.
        (
            "{\n  \"engine\": {\n    \"takes\": {\n      \"candidate\": null,\n      \"outcome\": \"refuses\",\n      \"says\": \"no matching manifest for windows(10.0.17763)/amd64 in the manifest list entries\"\n    }\n  },\n  \"findings\": [\n    {\n      \"code\": \"image-newer-than-host\",\n      \"severity\": \"error\",\n      \"message\": \"x\",\n      \"help\": \"y\",\n      \"remedies\": []\n    }\n  ]\n}",
            "image-newer-than-host",
        ),
        (
            "{\"schema\":\"wincompat/report-line/v1\",\"type\":\"result\",\"engine\":{\"takes\":{\"candidate\":null,\"outcome\":\"refuses\",\"says\":\"no matching manifest for windows(10.0.17763)/amd64 in the manifest list entries\"}},\"findings\":[{\"code\":\"image-newer-than-host\",\"severity\":\"error\",\"message\":\"x\"}]}\n{\"type\":\"summary\"}",
            "image-newer-than-host",
        ),
        (
            "<ul>\n<li><span class=\"mark fail\">error</span> Docker refuses it: <code>no matching manifest for windows(10.0.17763)/amd64 in the manifest list entries</code> <a href=\"https://x.test\"><code>engine-refuses</code></a></li>\n</ul>",
            "engine-refuses",
        ),
        // What else is known in the text is the error.
        ("docker: failure in a Windows system call (0xc0370112)\nerror: x [build-mismatch]", "0x80370112"),
    ] {
        for input in [text, format!("{text}\r\n").as_str()] {
            let (exit, stdout, stderr) = explained(&["-"], input.as_bytes());
            assert!(exit == 0 && stdout.starts_with(id), "{text}: {stdout}{stderr}");
        }
    }
    for text in ["error: xyzzy [build-mismatches]", "error: [network] xyzzy", "error: xyzzy [not-found", "xyzzy build-mismatch"] {
        assert_eq!(explained(&["-"], text.as_bytes()).0, 2, "{text}");
    }
}

#[test]
fn what_else_a_text_holds_is_named_behind_the_explanation() {
    let text = "x 0xc0370106\na Windows version 10.0.26100-based image is incompatible with a 10.0.19045 host\nno space left on device\n";
    let (exit, stdout, stderr) = explained(&["-"], text.as_bytes());
    assert_eq!((exit, stderr.as_str()), (0, ""));
    assert!(stdout.starts_with("windows-version-incompatible\n"), "{stdout}");
    let (_, end) = stdout.split_once("\nThe text also holds what follows. Explain each of them alone:\n").unwrap();
    assert!(end.starts_with("  - 0x80370106 (") && end.contains("\n  - 0x80070070 ("), "{end}");
    let (_, stdout, _) = explained(&["--format", "json", "-"], text.as_bytes());
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["also"][0]["id"], "0x80370106");
    assert_eq!(document["also"][0]["name"], "HCS_E_UNEXPECTED_EXIT");
    // Codes of reports too.
    let (_, stdout, _) = explained(&["-"], &b"a [build-mismatch]\nb [host-end-of-support]\nc [build-mismatch]\n"[..]);
    assert!(stdout.starts_with("build-mismatch\n") && stdout.contains("\n  - host-end-of-support ("), "{stdout}");
    assert_eq!(stdout.matches("\n  - build-mismatch (").count(), 0, "{stdout}");
    for text in ["0xc0370106", "docker: The virtual machine or container exited unexpectedly. (0xc0370106)"] {
        let (_, stdout, _) = explained(&["--format", "json", text], io::empty());
        assert!(!stdout.contains("\"also\""), "{stdout}");
    }
}

/// A path with two slashes may be one of another machine, which would be asked; here it is the same file.
#[test]
fn a_pasted_path_that_may_name_another_machine_is_not_looked_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.log");
    std::fs::write(&file, "").unwrap();
    for text in [format!("/{}", file.display()), r"\\server.test\share\a.log".to_owned()] {
        let (exit, _, stderr) = explained(&[text.as_str()], io::empty());
        assert!(exit == 2 && !stderr.contains("in that file"), "{stderr}");
    }
}

#[test]
fn a_file_is_not_an_error_and_what_is_in_it_can_be_passed() {
    // The folder in which the tests run is that of the package.
    let (exit, stdout, stderr) = explained(&["rustfmt.toml"], io::empty());
    assert_eq!((exit, stdout.as_str()), (2, ""));
    assert!(
        stderr.contains("hint: for the errors in that file, pass what is in it: `") && stderr.contains("wincompat explain -")
    );
}

#[test]
fn a_code_that_is_cut_is_completed() {
    for (what, code) in [
        ("image-newer", "image-newer-than-host"),
        ("Image_Newer", "image-newer-than-host"),
        ("image-newer-than-hos", "image-newer-than-host"),
        ("build-mism", "build-mismatch"),
        ("host-end", "host-end-of-support"),
        ("not-f", "not-found"),
        ("hyperv", "hyperv-"),
    ] {
        let (exit, stdout, stderr) = explained(&[what], io::empty());
        assert_eq!((exit, stdout.as_str()), (2, ""), "{what}");
        assert!(stderr.contains(&format!("hint: did you mean {code}")), "{what}: {stderr}");
    }
    let (exit, stdout, stderr) = explained(&["image-newer", "build-mismatch"], io::empty());
    assert!(exit == 2 && stdout.starts_with("build-mismatch\n"), "{stdout}");
    assert!(stderr.contains("did you mean image-newer-than-host"), "{stderr}");
    // The name of an error that begins so is whole.
    assert!(explained(&["image-newer-layer"], io::empty()).1.starts_with("image-newer-layer\n"));
}

#[test]
fn several_names_are_explained_one_by_one() {
    let (exit, stdout, stderr) = explained(&["build-mismatch", "0xc0370106", "HCS_E_INVALID_LAYER"], io::empty());
    assert_eq!((exit, stderr.as_str()), (0, ""));
    for beginning in ["build-mismatch\n", "\n0x80370106  HCS_E", "\n0x80370112  HCS_E"] {
        assert!(stdout.contains(beginning), "{stdout}");
    }
    let (exit, stdout, stderr) = explained(&["build-mismatch", "host-behind-imag", "--format=json"], io::empty());
    assert_eq!(exit, 2);
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["explanation"]["id"], "build-mismatch");
    assert_eq!(document["suggestions"][0], "host-behind-image");
    let hint = |name: &str| format!("\nhint: did you mean {name}? {LIST_ALL}\n");
    assert_eq!(stderr, format!("error: no explanation for `host-behind-imag`{}", hint("host-behind-image")));
    // Words between them say nothing, unless they are nearly codes.
    for args in [
        &["0xc0370101", "und", "0xc0370106"][..],
        &["0xc0370101", "0xc0370106", "foo"],
        &["build-mismatch", "0xc0370106", "hyperv"],
    ] {
        let (exit, stdout, stderr) = explained(args, io::empty());
        assert_eq!((exit, stderr.as_str()), (0, ""), "{args:?}");
        let first = if args.contains(&"build-mismatch") { "build-mismatch\n" } else { "0x80370101  HCS_E" };
        assert!(stdout.starts_with(first) && stdout.contains("\n0x80370106  HCS_E"), "{args:?}: {stdout}");
    }
    let (exit, stdout, stderr) = explained(&["0xc0370106", "unauthorised"], io::empty());
    assert!(exit == 2 && stdout.starts_with("0x80370106  HCS_E"), "{stdout}");
    assert_eq!(stderr, format!("error: no explanation for `unauthorised`{}", hint("unauthorized")));
    for text in
        ["Step 1 failed with 0xc0370106", "exit code 3221225786", "HCS_E_UNEXPECTED_EXIT means 0xc0370106", "Error 0xc0370106"]
    {
        let args: Vec<&str> = text.split(' ').collect();
        let (exit, stdout, stderr) = explained(&args, io::empty());
        assert_eq!((exit, stderr.as_str(), stdout.matches("What to do").count()), (0, "", 1), "{text}: {stdout}");
    }
    // Words of a text are not names.
    assert!(explained(&["build", "mismatch"], io::empty()).1.starts_with("build-mismatch\n"));
    assert_eq!(explained(&["alpha-1", "beta-2"], io::empty()).0, 2);
}

#[test]
fn everything_that_can_be_explained_is_listed() {
    let (exit, stdout, stderr) = explained(&["--list"], io::empty());
    assert_eq!((exit, stderr.as_str()), (0, ""));
    // A title may go on in the next line, further to the right.
    let is_of = |line: &str, code: &str| line.strip_prefix("  ").and_then(|line| line.split(' ').next()) == Some(code);
    for code in Code::all().map(Code::as_str).chain(crate::report::document::ErrorEntryKind::ALL.map(|kind| kind.as_str())) {
        assert_eq!(stdout.lines().filter(|line| is_of(line, code)).count(), 1, "{code}");
    }
    let (_, stdout, _) = explained(&["--list", "--format", "json"], io::empty());
    let document: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(document["list"][0]["entries"][0]["kind"], "finding");
    let errors = Errors::built_in();
    let listed: usize = document["list"].as_array().unwrap().iter().map(|group| group["entries"].as_array().unwrap().len()).sum();
    assert_eq!(listed, Code::all().count() + unread::names().count() + errors.codes.len() + errors.texts().count());
}

#[test]
fn the_newest_base_image_that_a_host_takes_is_named() {
    for (version, newest) in [
        ("windows/amd64 10.0.19045", "`mcr.microsoft.com/windows/servercore:ltsc2019` (build 17763) is the newest with support"),
        ("windows/amd64 10.0.17763", "`mcr.microsoft.com/windows/servercore:ltsc2019` (build 17763) is the newest with support"),
        ("windows(10.0.22631)/amd64", "`mcr.microsoft.com/windows/servercore:ltsc2022` (build 20348) is the newest with support"),
        (
            "windows(10.0.26100)/arm64",
            "`mcr.microsoft.com/windows/servercore:ltsc2025-arm64` (build 26100) is the newest with support",
        ),
        ("windows(10.0.26200)/amd64", "`mcr.microsoft.com/windows/servercore:ltsc2022` (build 20348) is the newest with support"),
        (
            "windows/amd64 10.0.14393",
            "`mcr.microsoft.com/windows/servercore:ltsc2016`. In process isolation, its revision must be that of the host too",
        ),
        ("windows/arm64 10.0.14393", "No base image for arm64 is as old as build 14393"),
        ("windows(10.0.22631)/arm64", "No base image for arm64 is as old as build 22631"),
        ("windows/amd64 10.0.10240", "No base image for amd64 is as old as build 10240"),
    ] {
        let text = format!("no matching manifest for {version} in the manifest list entries");
        let (_, stdout, _) = explained(&["--format", "json", &text], io::empty());
        assert!(stdout.contains(newest), "{version}: {stdout}");
    }
}

#[test]
fn logs_of_powershell_are_read() {
    let text = "docker: failure in a Windows system call (0xc0370112)\r\n";
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    assert!(explained(&["-"], &bytes[..]).1.starts_with("0x80370112"));
    // Where the mark was cut off too.
    assert!(explained(&["-"], &bytes[2..]).1.starts_with("0x80370112"));
}

#[test]
fn foreign_text_begins_no_line_and_controls_no_terminal() {
    for hostile in ["::error::x", "x\n::error::x", "x\r##vso[task.complete]", "\u{1b}[31m\u{9b}31m", "\n\n::set-output name=x::y"]
    {
        for format in ["text", "json"] {
            let (_, stdout, stderr) = explained(&["--format", format, "-"], hostile.as_bytes());
            for line in stdout.lines().chain(stderr.lines()) {
                let line = line.trim_start();
                assert!(!line.starts_with("::") && !line.starts_with("##vso["), "{line}");
                assert!(!line.contains(char::is_control), "{line:?}");
            }
        }
    }
}

#[test]
fn findings_and_errors_share_no_name() {
    for message in Errors::built_in().texts() {
        assert!(message.id.parse::<Code>().is_err(), "{}", message.id);
    }
}
