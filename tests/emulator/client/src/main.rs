//! A client that knows the specification and not the emulator: right orders are accepted, wrong ones refused with the code of
//! section 6. `raw-client` runs everything (`raw-client NAME…` the cases whose name holds one of the words); other first words
//! are roles it plays as a container's process or as a client that dies.

mod accepted;
mod broken;
mod container;
mod faults;
mod ffi;
mod hyperv;
mod layer;
mod modes;
mod network;
mod owner;
mod refused;
mod roles;
mod stdio;
mod text;
mod trees;
mod v1;
mod v2;
mod world;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One case: its name, what is done (a panic is a failure), and how the process that does it ends.
pub struct Case {
    name: &'static str,
    run: Box<dyn Fn()>,
    code: i32,
}

impl Case {
    /// A case that ends well.
    pub fn new(name: &'static str, run: impl Fn() + 'static) -> Case {
        Case { name, run: Box::new(run), code: 0 }
    }
}

fn groups() -> [(&'static str, Vec<Case>); 8] {
    [
        ("accepted", accepted::cases()),
        ("hyperv", hyperv::cases()),
        ("trees", trees::cases()),
        ("refused", refused::cases()),
        ("broken", broken::cases()),
        ("faults", faults::cases()),
        ("owners", owner::cases()),
        ("modes", modes::cases()),
    ]
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(code) = roles::play(&words) {
        std::process::exit(code);
    }
    if let [word, name] = &words[..]
        && word == "case"
    {
        let cases = groups().into_iter().flat_map(|(_, cases)| cases);
        (cases.into_iter().find(|case| case.name == name).expect("a case").run)();
        return;
    }
    let mut failed = Vec::new();
    let mut summary = Vec::new();
    for (group, cases) in groups() {
        let wanted =
            |case: &&Case| words.is_empty() || words.iter().any(|word| case.name.contains(word.as_str()) || group == word);
        let mut count = 0;
        for case in cases.iter().filter(wanted) {
            let began = Instant::now();
            let found = alone(case.name);
            let fine = found.as_ref().is_ok_and(|(code, _)| *code == case.code);
            println!("{} {group}: {} ({} ms)", if fine { "ok    " } else { "FAILED" }, case.name, began.elapsed().as_millis());
            count += 1;
            if !fine {
                failed.push(case.name);
                match found {
                    Ok((code, text)) => println!("{text}ended with {code:#010x}"),
                    Err(text) => println!("{text}"),
                }
            }
        }
        summary.push(format!("{group}: {count}"));
    }
    println!("{}", summary.join(", "));
    if !failed.is_empty() {
        println!("{} failed: {failed:?}", failed.len());
        std::process::exit(1);
    }
}

/// Runs a case in a process of its own, four minutes at most: how it ended, and what it said.
fn alone(name: &str) -> Result<(i32, String), String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let child = Command::new(own).args(["case", name]).stdin(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| error.to_string())?;
    let mut errors = child.stderr.take().expect("a pipe");
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = std::io::Read::read_to_string(&mut errors, &mut text);
        text
    });
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok((status.code().unwrap_or(-1), reader.join().unwrap_or_default())),
            Ok(None) if began.elapsed() < Duration::from_secs(240) => std::thread::sleep(Duration::from_millis(5)),
            _ => {
                let _ = child.kill();
                return Err(format!("{name} does not end"));
            }
        }
    }
}
