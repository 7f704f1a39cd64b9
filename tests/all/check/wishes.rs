//! The table of wishes: what is used, whether that is well, and the exit code.

use serde_json::{Value, json};

use super::{Shop, shop};

const SERVER: &str = "10.0.20348.2402,server,hyperv";
const SERVER_WITHOUT: &str = "10.0.20348.2402,server,no-hyperv";
/// Without its revision, which on this release decides about process isolation.
const SERVER_2016: &str = "10.0.14393,server,hyperv";
const SERVER_2016_WITHOUT: &str = "10.0.14393,server,no-hyperv";
const CLIENT: &str = "10.0.22631.1,client,hyperv";
const CLIENT_WITHOUT: &str = "10.0.22631.1,client,no-hyperv";
/// A client before Windows 10 1809.
const OLD_CLIENT: &str = "10.0.14393.1,client,hyperv";

/// Arguments, host, tag of the image, what is used, exit code.
type Row = (&'static [&'static str], &'static str, &'static str, Option<&'static str>, i32);

#[rustfmt::skip]
const WISHES: [Row; 51] = [
    // Nothing said is `default`: a gate that passes means that the usual way to deploy works.
    (&[], SERVER, "ltsc2022", Some("process"), 0),
    (&[], SERVER, "1809", None, 1),
    (&[], CLIENT, "1809", Some("hyperv"), 0),
    // On a server process, else Hyper-V.
    (&["--isolation=auto"], SERVER, "ltsc2022", Some("process"), 0),
    (&["--isolation=auto"], SERVER_WITHOUT, "ltsc2022", Some("process"), 0),
    (&["--isolation=auto"], SERVER, "1809", Some("hyperv"), 0),
    (&["--isolation=auto"], SERVER_WITHOUT, "1809", None, 1),
    (&["--isolation=auto"], SERVER, "ltsc2025", None, 1),
    (&["--isolation=auto"], SERVER_2016, "2016", Some("hyperv"), 0),
    (&["--isolation=auto"], SERVER_2016_WITHOUT, "2016", None, 2),
    (&["--isolation=auto"], SERVER, "unversioned", None, 2),
    (&["--isolation=auto"], SERVER_WITHOUT, "unversioned", None, 2),
    // On a client Hyper-V; process is never taken unasked.
    (&["--isolation=auto"], CLIENT, "ltsc2022", Some("hyperv"), 0),
    (&["--isolation=auto"], CLIENT_WITHOUT, "ltsc2022", None, 1),
    (&["--isolation=auto"], CLIENT, "1809", Some("hyperv"), 0),
    (&["--isolation=auto"], CLIENT, "ltsc2025", None, 1),
    (&["--isolation=auto"], CLIENT, "unversioned", None, 2),
    // What Docker and Kubernetes do with no flag.
    (&["--isolation=default"], SERVER, "ltsc2022", Some("process"), 0),
    (&["--isolation=default"], SERVER_WITHOUT, "ltsc2022", Some("process"), 0),
    (&["--isolation=default"], SERVER, "1809", None, 1),
    (&["--isolation=default"], SERVER, "ltsc2025", None, 1),
    (&["--isolation=default"], SERVER_2016, "2016", None, 2),
    (&["--isolation=default"], SERVER, "unversioned", None, 2),
    (&["--isolation=default"], CLIENT, "ltsc2022", Some("hyperv"), 0),
    (&["--isolation=default"], CLIENT_WITHOUT, "ltsc2022", None, 1),
    (&["--isolation=default"], CLIENT, "1809", Some("hyperv"), 0),
    (&["--isolation=default"], CLIENT, "unversioned", None, 2),
    (&["--isolation=process"], SERVER, "ltsc2022", Some("process"), 0),
    (&["--isolation=process"], SERVER, "1809", None, 1),
    (&["--isolation=process"], SERVER_2016, "2016", None, 2),
    (&["--isolation=process"], CLIENT, "ltsc2022", Some("process"), 0),
    (&["--isolation=process"], CLIENT_WITHOUT, "ltsc2022", Some("process"), 0),
    (&["--isolation=process"], CLIENT, "1809", None, 1),
    (&["--isolation=process"], OLD_CLIENT, "2016", None, 1),
    (&["--isolation=process"], CLIENT, "unversioned", None, 2),
    (&["--isolation=hyperv"], SERVER, "ltsc2022", Some("hyperv"), 0),
    (&["--isolation=hyperv"], SERVER_WITHOUT, "ltsc2022", None, 1),
    (&["--isolation=hyperv"], SERVER_2016, "2016", Some("hyperv"), 0),
    (&["--isolation=hyperv"], SERVER, "ltsc2025", None, 1),
    (&["--isolation=hyperv"], SERVER, "unversioned", None, 2),
    (&["--isolation=hyperv"], CLIENT, "1809", Some("hyperv"), 0),
    (&["--isolation=hyperv"], CLIENT_WITHOUT, "1809", None, 1),
    (&["--isolation=hyperv"], OLD_CLIENT, "2016", Some("hyperv"), 0),
    // Versions do not matter.
    (&["--isolation=host-process"], SERVER, "ltsc2022", Some("host-process"), 0),
    (&["--isolation=host-process"], SERVER_WITHOUT, "ltsc2025", Some("host-process"), 0),
    (&["--isolation=host-process"], SERVER, "unversioned", Some("host-process"), 0),
    (&["--isolation=host-process"], CLIENT, "ltsc2022", Some("host-process"), 0),
    (&["--isolation=host-process"], CLIENT_WITHOUT, "ltsc2025", Some("host-process"), 0),
    (&["--isolation=host-process"], CLIENT, "unversioned", Some("host-process"), 0),
    // A processor that does not fit is the one thing that matters.
    (&["--isolation=host-process"], "10.0.26100.1,client,arm64", "ltsc2025", None, 1),
    (&["--isolation=auto"], "10.0.26100.1,client,arm64,hyperv", "ltsc2025", None, 1),
];

#[rustfmt::skip]
const TRUST: [Row; 14] = [
    // Untrusted code gets Hyper-V isolation or nothing.
    (&["--untrusted", "--isolation=auto"], SERVER, "ltsc2022", Some("hyperv"), 0),
    (&["--untrusted", "--isolation=auto"], SERVER_WITHOUT, "ltsc2022", None, 1),
    (&["--untrusted"], CLIENT, "ltsc2022", Some("hyperv"), 0),
    (&["--untrusted", "--isolation=default"], SERVER, "ltsc2022", None, 1),
    (&["--untrusted", "--isolation=default"], CLIENT, "ltsc2022", Some("hyperv"), 0),
    (&["--untrusted", "--isolation=hyperv"], SERVER, "ltsc2022", Some("hyperv"), 0),
    (&["--untrusted", "--isolation=auto"], SERVER, "unversioned", None, 2),
    // In production, a client has no process isolation.
    (&["--production"], SERVER, "ltsc2022", Some("process"), 0),
    (&["--production", "--isolation=process"], SERVER, "ltsc2022", Some("process"), 0),
    (&["--production", "--isolation=process"], CLIENT, "ltsc2022", None, 1),
    (&["--production"], CLIENT, "ltsc2022", Some("hyperv"), 0),
    (&["--production"], CLIENT_WITHOUT, "ltsc2022", None, 1),
    (&["--production", "--untrusted", "--isolation=auto"], SERVER, "ltsc2022", Some("hyperv"), 0),
    (&["--production", "--untrusted"], SERVER_WITHOUT, "ltsc2022", None, 1),
];

fn holds(rows: &[Row]) {
    let shop = Shop::of(shop());
    for (arguments, host, tag, taken, code) in rows {
        let image = format!("registry.test/app:{tag}");
        let (exit, report) = shop.report(&[arguments, &["--host", host, &image][..]].concat());
        let result = &report["results"][0];
        let row = format!("{arguments:?} on {host} with {tag}: {result:#}");
        let ok = [json!(true), json!(false), Value::Null];
        assert_eq!(result["use"], json!(taken), "used: {row}");
        assert_eq!(result["ok"], ok[usize::try_from(*code).unwrap()], "ok: {row}");
        assert_eq!(exit, *code, "exit code: {row}");
        let wish = arguments.iter().find_map(|argument| argument.strip_prefix("--isolation=")).unwrap_or("default");
        assert_eq!(result["isolation"], wish, "{row}");
    }
}

#[test]
fn every_wish_has_its_exit_code() {
    holds(&WISHES);
}

#[test]
fn trust_and_production_narrow_the_choice() {
    holds(&TRUST);
}

/// What is not trusted does not share the host's kernel, so asking for both is a mistake, and nothing is judged.
#[test]
fn untrusted_process_isolation_is_an_error_of_usage() {
    let shop = Shop::of(shop());
    for wish in ["process", "host-process"] {
        let image = "registry.test/app:ltsc2022";
        let answer = shop.check(&["--untrusted", "--isolation", wish, "--host", SERVER, "--format", "json", image]);
        assert_eq!((answer.code, answer.out.as_str()), (2, ""));
        assert!(answer.err.starts_with("error: untrusted code"), "{answer:?}");
        assert!(answer.err.contains("\nhint: use --isolation hyperv"), "{answer:?}");
    }
    assert_eq!(shop.server.requests().len(), 0);
}

/// A wish can be set for good, as `--exec-opt isolation=` does for Docker; the argument counts before it.
#[test]
fn the_environment_has_a_wish() {
    let shop = Shop::of(shop());
    let isolation = |arguments: &[&str]| {
        let mut command = shop.program.check(&shop.server.url(""));
        command.env("WINCOMPAT_ISOLATION", "hyperv").args(["--format=json", "--host", SERVER, "registry.test/app:ltsc2022"]);
        super::Answer::of(command.args(arguments)).json()["results"][0]["use"].clone()
    };
    assert_eq!(isolation(&[]), "hyperv");
    assert_eq!(isolation(&["--isolation=process"]), "process");
}

/// Hyper-V isolation because the code is not trusted is not the default of a server.
#[test]
fn what_was_forced_is_not_called_the_default() {
    let shop = Shop::of(shop());
    for (host, is_default) in [(SERVER, false), (CLIENT, true)] {
        let answer = shop.check(&["--host", host, "--isolation=auto", "--untrusted", "registry.test/app:ltsc2022"]);
        assert_eq!(answer.code, 0);
        let said = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(said.contains("runs with Hyper-V isolation, the default of this host"), is_default, "{said}");
    }
}
