//! Command lines: `CommandLineToArgvW` gives back every argument.
#![no_main]

use wincompat::hcs::command_line::{Command, CommandLineError};

/// `CommandLineToArgvW` as Microsoft documents it. The name of the program ends at the next quotation mark if it begins with
/// one, else at the first blank or control character. In arguments 2n backslashes before a mark are n and the mark opens or
/// closes, 2n+1 are n and the mark is literal, and two marks in quoted text are a literal one, after which it is no longer quoted.
fn arguments(line: &str) -> Vec<String> {
    let units: Vec<char> = line.chars().collect();
    let mut at = 0;
    let mut program = String::new();
    if units.first() == Some(&'"') {
        at = 1;
        while at < units.len() && units[at] != '"' {
            program.push(units[at]);
            at += 1;
        }
        at += 1;
    } else {
        while at < units.len() && units[at] > ' ' {
            program.push(units[at]);
            at += 1;
        }
    }
    let mut all = vec![program];
    let blank = |at: usize| matches!(units.get(at), Some(' ' | '\t'));
    loop {
        while blank(at) {
            at += 1;
        }
        if at >= units.len() {
            return all;
        }
        let (mut argument, mut quoted, mut backslashes) = (String::new(), false, 0);
        while at < units.len() && (quoted || !blank(at)) {
            match units[at] {
                '\\' => backslashes += 1,
                '"' => {
                    argument.extend(std::iter::repeat_n('\\', backslashes / 2));
                    if backslashes % 2 == 1 {
                        argument.push('"');
                    } else if quoted && units.get(at + 1) == Some(&'"') {
                        argument.push('"');
                        at += 1;
                        quoted = false;
                    } else {
                        quoted = !quoted;
                    }
                    backslashes = 0;
                }
                other => {
                    argument.extend(std::iter::repeat_n('\\', backslashes));
                    argument.push(other);
                    backslashes = 0;
                }
            }
            at += 1;
        }
        argument.extend(std::iter::repeat_n('\\', backslashes));
        all.push(argument);
    }
}

libfuzzer_sys::fuzz_target!(|input: (Vec<String>, Vec<String>, Vec<String>, bool)| {
    let (entrypoint, image_command, typed, args_escaped) = input;
    let command = Command { entrypoint: &entrypoint, image_command: &image_command, arguments: &typed, args_escaped };
    let rest = if typed.is_empty() { &image_command } else { &typed };
    let expected: Vec<String> = entrypoint.iter().chain(rest).cloned().collect();
    let verbatim = args_escaped && (!entrypoint.is_empty() || typed.is_empty());
    match command.line() {
        Ok(line) => {
            assert!(!line.contains('\0') && line.encode_utf16().count() < 32_767);
            if verbatim {
                let rest = line.strip_prefix(&expected[0]).expect("what the image says is a command line is one");
                // A program of one's own before it, or its open quotation marks would go on.
                assert_eq!(arguments(&format!("x{rest}"))[1..], expected[1..], "{line:?}");
            } else {
                assert_eq!(arguments(&line), expected, "{line:?}");
            }
        }
        Err(CommandLineError::Nothing) => assert!(expected.iter().all(|part| part.trim().is_empty())),
        Err(CommandLineError::Nul) => assert!(expected.iter().any(|part| part.contains('\0'))),
        Err(CommandLineError::QuotedProgram) => assert!(expected[0].contains('"')),
        Err(CommandLineError::TooLong) => assert!(expected.iter().map(String::len).sum::<usize>() > 5_000),
    }
});
