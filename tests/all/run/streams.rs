//! Standard input, output and error, byte for byte.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::run::machine::{IMAGE, ISOLATIONS, Machine};
use crate::support::started::{ended, started};

/// As `guest flood` writes them.
fn bytes(count: u32) -> Vec<u8> {
    (0..count).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

const TEN_MEGABYTES: u32 = 10 << 20;

#[test]
fn ten_megabytes_of_output() {
    let Some(machine) = Machine::new() else { return };
    for isolation in ISOLATIONS {
        let count = TEN_MEGABYTES.to_string();
        let ended = machine.run(&[isolation, &[IMAGE, "guest", "flood", "out", &count]].concat());
        assert_eq!((ended.code, ended.err.as_str(), ended.out.len()), (0, "", TEN_MEGABYTES as usize));
        assert!(ended.out == bytes(TEN_MEGABYTES), "not the bytes that were written");
    }
}

#[test]
fn ten_megabytes_of_errors() {
    let Some(machine) = Machine::new() else { return };
    let count = TEN_MEGABYTES.to_string();
    let output = started(|| machine.command(&["run", "--rm", "-q", IMAGE, "guest", "flood", "err", &count]).output());
    assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(0), 0, TEN_MEGABYTES as usize));
    assert!(output.stderr == bytes(TEN_MEGABYTES), "not the bytes that were written");
}

#[test]
fn input_is_passed_on_with_its_end() {
    let Some(machine) = Machine::new() else { return };
    let sent = bytes(1 << 20);
    for isolation in ISOLATIONS {
        let mut running = machine.start(&[&["run", "--rm", "-q", "-i"], isolation, &[IMAGE, "guest", "cat"]].concat());
        running.stdin().write_all(&sent).unwrap();
        let ended = running.end();
        ended_well(&ended.err, sent.len());
        assert!(ended.code == 0 && ended.out == sent, "{} bytes came back", ended.out.len());
    }
    machine.has_nothing_left();
}

fn ended_well(err: &str, count: usize) {
    assert_eq!(err, format!("stdin has ended after {count} bytes\n"));
}

#[test]
fn a_process_that_does_not_read_keeps_nobody() {
    let Some(machine) = Machine::new() else { return };
    // The input never ends, and is more than any pipe holds.
    let mut running = machine.start(&["run", "--rm", "-q", "-i", IMAGE, "guest", "exit", "3"]);
    let flooded = running.stdin().write_all(&bytes(4 << 20));
    let ended = running.end_without_closing();
    ended.with(3);
    drop(flooded);
    machine.has_nothing_left();
}

#[test]
fn without_i_nothing_is_read() {
    let Some(machine) = Machine::new() else { return };
    let mut running = machine.start(&["run", "--rm", "-q", IMAGE, "cmd", "/c", "echo done"]);
    let _ = running.stdin().write_all(b"nobody reads this\n");
    assert_eq!(running.end_without_closing().with(0), "done\n");
    assert_eq!(machine.last_document("HcsCreateProcess").get("CreateStdInPipe"), None);
}

#[test]
fn whoever_has_seen_enough_stops_no_container() {
    let Some(machine) = Machine::new() else { return };
    let mut command = machine.command(&["run", "--rm", "-q", IMAGE, "guest", "flood", "out", "10000000"]);
    let mut child = started(|| command.spawn());
    drop(child.stdout.take());
    assert_eq!(ended(&mut child).code(), Some(0));
    machine.has_nothing_left();
}

#[test]
fn a_grandchild_that_holds_the_output_keeps_nobody() {
    let Some(machine) = Machine::new() else { return };
    let began = Instant::now();
    let ended = machine.run(&[IMAGE, "cmd", "/c", "start /b guest wait 1000 & exit 3"]);
    ended.with(3);
    assert!(began.elapsed() < Duration::from_secs(500), "{:?}", began.elapsed());
    machine.has_nothing_left();
}
