//! The table of containers, wide and narrow.

use super::*;
use jiff::Timestamp;

use crate::Isolation;
use crate::hcs::documents::{PortMapping, Protocol};
use crate::report::containers::{Inspected, exit_code};
use crate::runner::life::containers::Listed;
use crate::runner::request::RunRequest;
use crate::runner::store::state::tests::{request, state};
use crate::runner::store::state::{Resource, State};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A container made at eight, whose process ran from then on.
fn listed(digit: &str, change: impl FnOnce(&mut State)) -> Listed {
    let long = RunRequest {
        name: "web".to_owned(),
        image: "mcr.microsoft.com/windows/nanoserver:ltsc2022".to_owned(),
        ports: vec![PortMapping { host: 8080, container: 80, protocol: Protocol::Tcp }],
        ..request(Isolation::Process)
    };
    let mut state = state(long);
    state.request.process.command_line = "cmd /c ping localhost -n 100".to_owned();
    state.created = at("2026-11-25T08:00:00Z");
    state.started = Some(at("2026-11-25T08:00:02Z"));
    change(&mut state);
    Listed {
        id: format!("4c01db0b{digit}{}", "0".repeat(55)),
        isolation: Some(state.request.isolation),
        state: Some(state),
        is_owned: true,
        is_in_hcs: true,
    }
}

fn all() -> Containers {
    let ended = |digit, name: &str, code, taken: &[Resource]| {
        let state = listed(digit, |state| {
            name.clone_into(&mut state.request.name);
            state.request.image = "app".to_owned();
            state.request.ports.clear();
            state.finished = Some(at("2026-11-25T08:10:00Z"));
            state.exit_code = code;
            state.acquired = taken.to_vec();
        });
        Listed { is_owned: false, is_in_hcs: false, ..state }
    };
    let lost = Listed { state: None, is_owned: false, isolation: Some(Isolation::Hyperv), ..listed("5", |_| ()) };
    Containers::new(&[
        listed("0", |_| ()),
        ended("1", "job", Some(0xc000_013a), &[]),
        ended("2", "", None, &[Resource::Scratch]),
        Listed { is_owned: false, ..listed("3", |state| state.request.name = "orphan".to_owned()) },
        Listed { is_in_hcs: false, is_owned: false, ..listed("4", |state| state.request.name = "killed".to_owned()) },
        lost,
    ])
}

fn printed(containers: &Containers, width: u16, whole: bool) -> String {
    let mut out = Vec::new();
    let page = Page { whole, ..Page::of_test(width, "10:10") };
    ContainersTable.render(containers, &page, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn at_80_columns() {
    let printed = printed(&all(), 80, false);
    assert!(printed.lines().all(|line| line.chars().count() <= 80));
    insta::assert_snapshot!(printed, @r#"
| CONTAINER ID | IMAGE                      | STATUS            | ISOLATION    |
| NAMES        | COMMAND                    | CREATED           | PORTS        |
|--------------|----------------------------|-------------------|--------------|
| 4c01db0b0000 | mcr.microsoft.com/windows/ | Up 2 hours        | process      |
| web          | nanoserver:ltsc2022        | 2 hours ago       | 8080->80/tcp |
|              | "cmd /c ping localho…"     |                   |              |
| 4c01db0b1000 | app                        | Exited            | process      |
| job          | "cmd /c ping localho…"     | (0xC000013A) 2    |              |
|              |                            | hours ago         |              |
|              |                            | 2 hours ago       |              |
| 4c01db0b2000 | app                        | Exited 2 hours    | process      |
|              | "cmd /c ping localho…"     | ago, not cleaned  |              |
|              |                            | up                |              |
|              |                            | 2 hours ago       |              |
| 4c01db0b3000 | mcr.microsoft.com/windows/ | Up 2 hours (its   | process      |
| orphan       | nanoserver:ltsc2022        | monitor is gone)  | 8080->80/tcp |
|              | "cmd /c ping localho…"     | 2 hours ago       |              |
| 4c01db0b4000 | mcr.microsoft.com/windows/ | Dead              | process      |
| killed       | nanoserver:ltsc2022        | 2 hours ago       |              |
|              | "cmd /c ping localho…"     |                   |              |
| 4c01db0b5000 |                            | Up (its state is  | hyperv       |
|              |                            | lost)             |              |
|              |                            |                   |              |
"#);
}

#[test]
fn one_line_each_where_there_is_room() {
    insta::assert_snapshot!(printed(&all(), 200, false), @r#"
CONTAINER ID  IMAGE                                          COMMAND                 CREATED      STATUS                              PORTS         ISOLATION  NAMES
4c01db0b0000  mcr.microsoft.com/windows/nanoserver:ltsc2022  "cmd /c ping localho…"  2 hours ago  Up 2 hours                          8080->80/tcp  process    web
4c01db0b1000  app                                            "cmd /c ping localho…"  2 hours ago  Exited (0xC000013A) 2 hours ago                   process    job
4c01db0b2000  app                                            "cmd /c ping localho…"  2 hours ago  Exited 2 hours ago, not cleaned up                process
4c01db0b3000  mcr.microsoft.com/windows/nanoserver:ltsc2022  "cmd /c ping localho…"  2 hours ago  Up 2 hours (its monitor is gone)    8080->80/tcp  process    orphan
4c01db0b4000  mcr.microsoft.com/windows/nanoserver:ltsc2022  "cmd /c ping localho…"  2 hours ago  Dead                                              process    killed
4c01db0b5000                                                                                      Up (its state is lost)                            hyperv
"#);
}

#[test]
fn nothing_is_cut_where_that_is_asked_for() {
    let printed = printed(&all(), 300, true);
    assert!(printed.contains("\"cmd /c ping localhost -n 100\"") && printed.contains(&format!("4c01db0b0{}", "0".repeat(55))));
}

#[test]
fn exit_codes_and_ages() {
    for (code, shown) in [(0, "0"), (7, "7"), (0x7fff_ffff, "2147483647"), (0x8000_0000, "0x80000000"), (u32::MAX, "0xFFFFFFFF")]
    {
        assert_eq!(exit_code(code), shown);
    }
    let now = at("2026-11-25T10:00:00Z");
    for (then, shown) in [
        ("2026-11-25T10:00:00Z", "Less than a second"),
        ("2026-11-26T10:00:00Z", "Less than a second"),
        ("2026-11-25T09:59:59Z", "1 second"),
        ("2026-11-25T09:59:01Z", "59 seconds"),
        ("2026-11-25T09:58:30Z", "About a minute"),
        ("2026-11-25T09:55:00Z", "5 minutes"),
        ("2026-11-25T09:00:00Z", "About an hour"),
        ("2026-11-25T08:00:00Z", "2 hours"),
        ("2026-11-20T10:00:00Z", "5 days"),
        ("2026-11-01T10:00:00Z", "3 weeks"),
        ("2026-06-01T10:00:00Z", "5 months"),
        ("2020-11-25T10:00:00Z", "6 years"),
        ("-009999-01-02T01:59:59Z", "12033 years"),
    ] {
        assert_eq!(age(at(then), now), shown, "{then}");
    }
}

#[test]
fn hostile_texts_are_harmless_in_every_form() {
    let hostile = "x\n::error::a##vso[b]\u{1b}[31m\u{202e}";
    let listed = listed("0", |state| {
        state.request.name = hostile.to_owned();
        state.request.image = hostile.to_owned();
        state.request.process.command_line = hostile.to_owned();
        state.request.process.environment = [(hostile.to_owned(), hostile.to_owned())].into();
        state.address = Some(hostile.to_owned());
    });
    let foreign = Listed { id: hostile.to_owned(), state: None, ..listed.clone() };
    let containers = Containers::new(&[listed.clone(), foreign]);
    let mut forms = vec![printed(&containers, 80, true), printed(&containers, 999, false)];
    forms.push(serde_json::to_string(&containers).unwrap());
    forms.push(serde_json::to_string(&Inspected::new(&[listed])).unwrap());
    for form in forms {
        assert!(form.contains("error"), "{form}");
        for harm in ["\u{1b}", "\u{202e}", " ::", "##", "\\n", "\\u"] {
            assert!(!form.contains(harm), "{harm:?} in {form}");
        }
    }
}
