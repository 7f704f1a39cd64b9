//! The shape of a subcommand, and the one place where its failure becomes an exit code.

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::store::StoreArgs;
use crate::Error;

/// A subcommand: its typed arguments, which know what they mean and answer.
///
/// `run` turns the arguments into validated options, asks the rooms below, prints the answer, and names the exit code. It prints
/// no failure that ends it, but returns it.
pub trait Subcommand {
    /// Answers on standard output.
    ///
    /// # Errors
    ///
    /// The failure that ends the command, not yet printed.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure>;

    /// The store that it works on: commands in its hints name it, and a report about a failed call of Windows is kept there.
    fn store(&self) -> Option<&StoreArgs> {
        None
    }

    /// The exit code where the command ended with this error. `run` and `exec` have Docker's.
    fn exit_code(&self, _: &Error) -> ExitCode {
        ExitCode::NOT_DONE
    }
}

/// Runs a subcommand and prints the failure it may end with.
pub fn execute(command: &dyn Subcommand, io: &mut Io<'_>) -> ExitCode {
    io.store = command.store().cloned();
    let code = match command.run(io) {
        Ok(code) => code,
        Err(Failure::Refused(error)) => {
            io.fail(&error);
            command.exit_code(&error)
        }
        Err(Failure::Stream(error)) => {
            io.out.keep(error);
            ExitCode::DONE
        }
    };
    io.ended(code, |error| command.exit_code(error))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write as _};

    use super::*;
    use crate::ErrorKind;
    use crate::cli::platform;
    use crate::cli::stream::Stream;
    use crate::cli::stream::tests::Written;

    /// A command that prints a word and ends like this.
    struct Ends(fn() -> Result<ExitCode, Failure>);

    impl Subcommand for Ends {
        fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
            io.out.write_all(b"begun\n")?;
            self.0()
        }
    }

    /// A command with the exit codes of `run` and `exec`.
    struct EndsLikeDocker(Ends);

    impl Subcommand for EndsLikeDocker {
        fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
            self.0.run(io)
        }

        fn exit_code(&self, error: &Error) -> ExitCode {
            ExitCode::of_unstarted(error.kind)
        }
    }

    /// A stream that takes everything, or fails in this way.
    struct Fails(Option<io::ErrorKind>);

    impl io::Write for Fails {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.map_or(Ok(bytes.len()), |kind| Err(kind.into()))
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0.map_or(Ok(()), |kind| Err(kind.into()))
        }
    }

    fn executed(command: &dyn Subcommand) -> (u32, String, String) {
        let (out, err) = (Written::default(), Written::default());
        let code = executed_on(command, out.stream(), err.stream());
        (code, out.text(), err.text())
    }

    fn executed_on(command: &dyn Subcommand, mut out: Stream, mut err: Stream) -> u32 {
        let platform = platform::tests::bare();
        let mut io = Io { input: &mut io::empty(), out: &mut out, err: &mut err, columns: 80, platform: &platform, store: None };
        execute(command, &mut io).number()
    }

    #[test]
    fn a_failure_is_printed_once_and_decides_the_exit_code() {
        let missing = || Err(Error::of(ErrorKind::NoSuchCommand, "no x").because("y").hint("z").into());
        let printed = ("begun\n".to_owned(), "error: no x\ncaused by: y\nhint: z\n".to_owned());
        let (code, out, err) = executed(&Ends(missing));
        assert_eq!((code, (out, err)), (2, printed.clone()));
        let (code, out, err) = executed(&EndsLikeDocker(Ends(missing)));
        assert_eq!((code, (out, err)), (127, printed));
        let (code, _, err) = executed(&EndsLikeDocker(Ends(|| Err(Error::new("refused").into()))));
        assert_eq!((code, err.as_str()), (125, "error: refused\nhint: remove the cause named above, then try again\n"));
        assert_eq!(executed(&Ends(|| Ok(ExitCode::of_container(0xC000_013A)))).0, 0xC000_013A);
    }

    #[test]
    fn the_word_in_front_of_an_error_has_a_colour_where_colours_are_shown() {
        let err = Written::default();
        executed_on(&Ends(|| Err(Error::new("x").hint("z").into())), Written::default().stream(), err.stream().with_colours());
        assert_eq!(err.text(), "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m x\nhint: z\n");
    }

    #[test]
    fn a_closed_pipe_is_not_a_failure_and_a_full_disk_is() {
        let closed = || Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
        assert_eq!(executed(&Ends(closed)), (0, "begun\n".to_owned(), String::new()));
        let (code, _, err) = executed(&Ends(|| Err(io::Error::from(io::ErrorKind::StorageFull).into())));
        assert_eq!(code, 2);
        assert!(err.starts_with("error: the answer could not be written\ncaused by: no storage space\nhint: "), "{err}");
    }

    /// The exit code is that of the answer, whatever becomes of the streams; only a success that is lost is none.
    #[test]
    fn an_exit_code_survives_its_streams() {
        const REFUSED: fn() -> Result<ExitCode, Failure> = || Err(Error::new("refused").into());
        let ways =
            [None, Some(io::ErrorKind::BrokenPipe), Some(io::ErrorKind::StorageFull), Some(io::ErrorKind::PermissionDenied)];
        for out in ways {
            for err in ways {
                let lost = out.is_some_and(|kind| kind != io::ErrorKind::BrokenPipe);
                for (ends, code, docker_code) in [
                    (REFUSED, 2, 125),
                    (|| Ok(ExitCode::NOT_OK), 1, 1),
                    (|| Ok(ExitCode::NOT_DONE), 2, 2),
                    (|| Ok(ExitCode::of_container(0xC000_013A)), 0xC000_013A, 0xC000_013A),
                    (|| Ok(ExitCode::DONE), if lost { 2 } else { 0 }, if lost { 125 } else { 0 }),
                ] {
                    let code_of =
                        |command: &dyn Subcommand| executed_on(command, Stream::new(Fails(out)), Stream::new(Fails(err)));
                    assert_eq!(code_of(&Ends(ends)), code, "{out:?} {err:?}");
                    assert_eq!(code_of(&EndsLikeDocker(Ends(ends))), docker_code, "{out:?} {err:?}");
                }
            }
        }
    }
}
