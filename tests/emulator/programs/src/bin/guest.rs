//! A program for containers: it does what tests want to see from outside.
//!
//! ```text
//! guest exit 0xC000013A      ends with this code, all 32 bits of it
//! guest flood out 1000       writes so many bytes, of all values, to stdout; `err`: to stderr
//! guest cat                  copies stdin to stdout, and says on stderr when it has ended
//! guest show A B             its arguments, its folder and its environment, one a line
//! guest say A B              prints each on a line of its own, 200 ms apart
//! guest wait 60              prints `ready` and stays so many seconds
//! ```

use std::io::{self, Read, Write};
use std::process::exit;
use std::time::Duration;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut out = io::stdout().lock();
    match arguments[..] {
        ["exit", code] => exit(number(code).cast_signed()),
        ["flood", "out", count] => flood(&mut out, number(count)),
        ["flood", "err", count] => flood(&mut io::stderr().lock(), number(count)),
        ["cat"] => {
            let mut all = Vec::new();
            io::stdin().read_to_end(&mut all)?;
            out.write_all(&all)?;
            eprintln!("stdin has ended after {} bytes", all.len());
            Ok(())
        }
        ["show", ref rest @ ..] => {
            for argument in rest {
                writeln!(out, "argument {argument}")?;
            }
            writeln!(out, "folder {}", std::env::current_dir()?.display())?;
            for (name, value) in std::env::vars() {
                writeln!(out, "variable {name}={value}")?;
            }
            Ok(())
        }
        ["say", ref words @ ..] => {
            for word in words {
                writeln!(out, "{word}")?;
                out.flush()?;
                std::thread::sleep(Duration::from_millis(200));
            }
            Ok(())
        }
        ["wait", seconds] => {
            writeln!(out, "ready")?;
            out.flush()?;
            std::thread::sleep(Duration::from_secs(number(seconds).into()));
            Ok(())
        }
        _ => {
            eprintln!("guest: {arguments:?} is not understood");
            exit(99)
        }
    }
}

/// The bytes a test makes too, to compare: byte n is the top of n times a large odd number.
fn flood(to: &mut dyn Write, count: u32) -> io::Result<()> {
    let bytes: Vec<u8> = (0..count).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    to.write_all(&bytes)?;
    to.flush()
}

fn number(text: &str) -> u32 {
    let parsed = text.strip_prefix("0x").map_or_else(|| text.parse(), |hex| u32::from_str_radix(hex, 16));
    parsed.unwrap_or_else(|error| {
        eprintln!("guest: {text}: {error}");
        exit(99)
    })
}
