//! What this program does when it is not the client: a container's process, or a client that dies.

use crate::owner;
use std::io::{Read, Write};

/// Plays the role the words name; its exit code.
pub fn play(words: &[String]) -> Option<i32> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Some(match words[..] {
        ["role:bytes", count] => {
            let bytes = bytes(count.parse().expect("a count"));
            let mut out = std::io::stdout().lock();
            out.write_all(&bytes).and_then(|()| out.flush()).map_or(2, |()| 0)
        }
        ["role:echo"] => {
            let mut text = Vec::new();
            std::io::stdin().lock().read_to_end(&mut text).expect("standard input");
            std::io::stdout().lock().write_all(&text).map_or(2, |()| 0)
        }
        ["role:errors"] => {
            print!("to output");
            eprint!("to errors");
            0
        }
        ["role:environment"] => {
            for (name, value) in std::env::vars() {
                println!("{name}={value}");
            }
            println!("directory={}", std::env::current_dir().expect("a directory").display());
            0
        }
        ["role:sleep"] => {
            std::thread::sleep(std::time::Duration::from_secs(60));
            0
        }
        ["role:exit", code] => code.parse::<u32>().expect("a code") as i32,
        ["role:owner", part] => owner::play(part),
        _ => return None,
    })
}

/// Bytes that are no text and do not repeat soon.
pub fn bytes(count: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}
