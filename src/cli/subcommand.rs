//! The shape of a subcommand, and the one place where its failure becomes an exit code.

use std::io;

use super::exit::ExitCode;
use super::failure::{Failure, unless_closed};
use super::io::Io;
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

    /// The exit code where the command ended with this error. `run` and `exec` have Docker's.
    fn exit_code(&self, _: &Error) -> ExitCode {
        ExitCode::NOT_DONE
    }
}

/// Runs a subcommand and prints the failure it may end with.
pub fn execute(command: &dyn Subcommand, io: &mut Io<'_>) -> ExitCode {
    let written = match command.run(io) {
        Ok(code) => Ok(code),
        Err(Failure::Refused(error)) => io.fail(&error).map(|()| command.exit_code(&error)),
        Err(Failure::Stream(error)) => Err(error),
    };
    match written.and_then(|code| unless_closed(io.out.flush()).map(|()| code)) {
        Ok(code) => code,
        // The reader of the answer has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::DONE,
        Err(error) => {
            // Standard error may be the stream that fails.
            let _ = io.fail(&Error::new("the answer could not be written").because(error));
            ExitCode::NOT_DONE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::cli::platform;

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

    fn executed(command: &dyn Subcommand) -> (u32, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = execute(
            command,
            &mut Io { input: &mut io::empty(), out: &mut out, err: &mut err, columns: 80, platform: &platform::tests::bare() },
        );
        (code.number(), String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
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
        assert_eq!((code, err.as_str()), (125, "error: refused\n"));
        assert_eq!(executed(&Ends(|| Ok(ExitCode::of_container(0xC000_013A)))).0, 0xC000_013A);
    }

    #[test]
    fn a_closed_pipe_is_not_a_failure_and_a_full_disk_is() {
        let closed = || Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
        assert_eq!(executed(&Ends(closed)), (0, "begun\n".to_owned(), String::new()));
        let (code, _, err) = executed(&EndsLikeDocker(Ends(|| Err(io::Error::from(io::ErrorKind::StorageFull).into()))));
        assert_eq!((code, err.as_str()), (2, "error: the answer could not be written\ncaused by: no storage space\n"));
    }
}
