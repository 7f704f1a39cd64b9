//! `wincompat explain`: explains a finding, an error number or a pasted error.

use std::io::{self, Read, Write as _};

use super::exit::ExitCode;
use super::failure::Failure;
use super::format::FormatArgs;
use super::io::Io;
use super::knowledge::KnowledgeArgs;
use super::subcommand::Subcommand;
use super::wording::CommandLine;
use crate::Error;
use crate::compat::Code;
use crate::explain::{Explanation, Kind, explain, hint, suggest};
use crate::report::explanation::ExplanationReport;
use crate::report::plain::clean;

/// Explain a finding, an error number or a pasted error.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat explain build-mismatch
  wincompat explain 0xc0370106
  wincompat explain no matching manifest for windows/amd64 10.0.19045 in the manifest list entries
  docker run IMAGE 2>&1 | wincompat explain -")]
pub struct Args {
    /// A finding's code, an error number in any form, its symbolic name, or the text of an error; `-` reads standard input.
    #[arg(value_name = "WHAT", required = true, num_args = 1.., allow_negative_numbers = true)]
    what: Vec<String>,
    #[command(flatten)]
    format: FormatArgs<ExplanationReport>,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
}

/// The part of standard input that is explained: its last bytes, since errors stand at the end of a log.
const LAST: usize = 256 * 1024;

/// The most bytes of standard input that are read, so that the command ends even if its input does not.
const LONGEST: u64 = 64 << 20;

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let text = if self.what == ["-"] {
            let read = last_part(io.input.take(LONGEST), LAST).map_err(|error| {
                let failed = Error::new("standard input could not be read").because(error);
                failed.hint("pass an error on through a pipe, or type it after the command")
            })?;
            String::from_utf8_lossy(&read).into_owned()
        } else {
            self.what.join(" ")
        };
        let explanation = match of_finding(&text) {
            // The knowledge is read only where it is asked for: most of the time of this command would go there.
            Some(explanation) => Some(explanation),
            None => explain(&text, &*self.knowledge.load()?),
        };
        let suggestions = match explanation {
            Some(_) => Vec::new(),
            None => suggest(&text, Code::all().map(Code::as_str)),
        };
        let query = shortened(&text);
        let report = ExplanationReport::new(query.clone(), explanation.as_ref(), &suggestions, &CommandLine);
        self.format.write(&report, &io.page(), io.out)?;
        // It comes before what is said about it.
        io.out.flush()?;
        if explanation.is_some() {
            return Ok(ExitCode::DONE);
        }
        writeln!(io.err, "error: no explanation for `{query}`")?;
        if let Some(hint) = hint(&text) {
            writeln!(io.err, "hint: {hint}")?;
        }
        if suggestions.is_empty() {
            writeln!(
                io.err,
                "hint: give the code of a finding such as build-mismatch, an error number such as 0xc0370101, or the words of an error"
            )?;
        } else {
            writeln!(io.err, "hint: did you mean {}?", suggestions.join(" or "))?;
        }
        Ok(ExitCode::NOT_DONE)
    }
}

/// The last `longest` bytes of an input, which is read to its end: what a log has to say about a failure stands there. A line that
/// would begin with a part of itself is left out: half a number is another number.
fn last_part(mut input: impl Read, longest: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut is_cut = false;
    loop {
        let came = input.by_ref().take(longest as u64).read_to_end(&mut bytes)?;
        let surplus = bytes.len().saturating_sub(longest);
        is_cut |= surplus > 0;
        bytes.drain(..surplus);
        if came < longest {
            break;
        }
    }
    if is_cut && let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
        bytes.drain(..=end);
    }
    Ok(bytes)
}

/// The explanation of a finding, by its code.
fn of_finding(text: &str) -> Option<Explanation> {
    let code: Code = text.trim().to_ascii_lowercase().parse().ok()?;
    Some(Explanation {
        id: code.as_str().to_owned(),
        kind: Kind::Finding,
        names: Vec::new(),
        title: code.title().to_owned(),
        meaning: code.meaning(),
        causes: Vec::new(),
        steps: vec![code.advice()],
        sources: vec![code.source().to_owned()],
    })
}

/// The question, fit to be printed within a line.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    let harmless = clean(text.trim());
    let mut plain = harmless.chars();
    let mut short: String = plain.by_ref().take(LONGEST).collect();
    if plain.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn the_last_part_of_an_input_begins_with_a_whole_line() {
        for (input, longest, kept) in [
            ("", 9, ""),
            ("one\ntwo\n", 8, "one\ntwo\n"),
            ("one\ntwo\n", 7, "two\n"),
            ("one\ntwo\n", 5, "two\n"),
            ("exit code 125\nthe end", 11, "the end"),
            ("no line break at all", 9, "ak at all"),
            ("1\n2\n3\n4\n5\n6\n7\n8\n9", 4, "8\n9"),
        ] {
            assert_eq!(String::from_utf8(last_part(input.as_bytes(), longest).unwrap()).unwrap(), kept, "{longest} of {input:?}");
        }
    }

    /// Exit code, standard output and standard error of `wincompat explain …`.
    fn explained(args: &[&str], mut stdin: impl Read) -> (u32, String, String) {
        let cli = Cli::try_parse_from(std::iter::once(&"explain").chain(args)).unwrap();
        let (out, err) = (Written::default(), Written::default());
        let platform = platform::tests::bare();
        let mut io = Io { input: &mut stdin, out: &mut out.stream(), err: &mut err.stream(), columns: 80, platform: &platform };
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
        assert!(log.len() > LAST);
        assert!(explained(&["-"], log.as_bytes()).1.starts_with("0x80370112"));
        assert_eq!(last_part(io::repeat(b'x').take(50 << 20), LAST).unwrap().len(), LAST);
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
            ("0x80370999", "hint: its number is one of: Host Compute Service"),
            ("xyzzy", "hint: give the code of a finding"),
        ] {
            let (exit, stdout, stderr) = explained(&[what], io::empty());
            assert_eq!((exit, stdout.as_str()), (2, ""), "{what}");
            assert!(stderr.contains(expected), "{stderr}");
        }
    }

    #[test]
    fn foreign_text_begins_no_line_and_controls_no_terminal() {
        for hostile in
            ["::error::x", "x\n::error::x", "x\r##vso[task.complete]", "\u{1b}[31m\u{9b}31m", "\n\n::set-output name=x::y"]
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
        for message in &Errors::built_in().messages {
            assert!(message.id.parse::<Code>().is_err(), "{}", message.id);
        }
    }
}
