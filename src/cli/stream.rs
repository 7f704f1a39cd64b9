//! The standard streams of a command, none of whose failures changes what the command does: they are kept until it has ended.

use std::io::{self, ErrorKind, Write};
use std::thread;
use std::time::Duration;

use anstream::adapter::StripBytes;

/// The pause before a stream is tried again that takes nothing for now.
const PAUSE: Duration = Duration::from_millis(5);

/// A stream that waits where nothing can be written for now, as a pipe does that does not block.
pub struct Patient<W>(pub W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        patiently(|| self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        patiently(|| self.0.flush())
    }
}

fn patiently<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
            settled => return settled,
        }
    }
}

/// A stream that gets no colours: escape sequences are left out.
pub struct Plain<W> {
    to: W,
    strip: StripBytes,
    /// True once there was anything but plain text, within which a sequence may be open.
    has_others: bool,
}

impl<W: Write> Plain<W> {
    /// A stream that writes to this.
    pub fn new(to: W) -> Self {
        Self { to, strip: StripBytes::new(), has_others: false }
    }
}

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.has_others |= !bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
        if !self.has_others {
            return self.to.write(bytes);
        }
        // The parts between sequences are short, and standard output is written at every line feed.
        let plain: Vec<u8> = self.strip.strip_next(bytes).flatten().copied().collect();
        self.to.write_all(&plain)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// A stream of a command. Writing to it never fails: after its first failure, which is kept, what is written is dropped. So a
/// command does the same, and ends with the same exit code, whoever reads its streams.
pub struct Stream {
    to: Patient<Box<dyn Write>>,
    failure: Option<io::Error>,
    has_colours: bool,
}

impl Stream {
    /// A stream that writes to this.
    pub fn new(to: impl Write + 'static) -> Self {
        Self { to: Patient(Box::new(to)), failure: None, has_colours: false }
    }

    /// The same stream, known to show colours.
    pub fn with_colours(self) -> Self {
        Self { has_colours: true, ..self }
    }

    /// True if colours are shown.
    pub const fn has_colours(&self) -> bool {
        self.has_colours
    }

    /// True once something could not be written; then nobody sees what follows.
    pub const fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// The failure because of which something was not written, unless the reader has closed the stream: it has seen enough.
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref().filter(|error| error.kind() != ErrorKind::BrokenPipe)
    }

    /// The failure of [`Self::failure`], taken out.
    pub fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take_if(|error| error.kind() != ErrorKind::BrokenPipe)
    }

    /// Keeps a failure to write, unless there is an earlier one.
    pub fn keep(&mut self, failure: io::Error) {
        self.failure.get_or_insert(failure);
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.has_failed() {
            return Ok(bytes.len());
        }
        match self.to.write(bytes) {
            // A stream that takes nothing takes nothing later.
            Ok(0) if !bytes.is_empty() => self.keep(ErrorKind::WriteZero.into()),
            Err(error) if error.kind() != ErrorKind::Interrupted => self.keep(error),
            settled => return settled,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.has_failed()
            && let Err(error) = self.to.flush()
        {
            self.keep(error);
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// What was written to a stream.
    #[derive(Clone, Default)]
    pub(crate) struct Written(Rc<RefCell<Vec<u8>>>);

    impl Written {
        pub(crate) fn stream(&self) -> Stream {
            Stream::new(self.clone())
        }

        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.borrow().clone()).unwrap()
        }
    }

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Takes these many bytes, one at a time, then fails in this way.
    struct Takes(usize, ErrorKind);

    impl Write for Takes {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(self.1.into());
            }
            self.0 -= 1;
            Ok(1)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_a_closed_pipe_is_not_a_failure() {
        for (kind, expected) in [
            (ErrorKind::BrokenPipe, None),
            (ErrorKind::StorageFull, Some(ErrorKind::StorageFull)),
            (ErrorKind::PermissionDenied, Some(ErrorKind::PermissionDenied)),
        ] {
            let mut stream = Stream::new(Takes(3, kind));
            writeln!(stream, "longer than that").unwrap();
            stream.flush().unwrap();
            assert!(stream.has_failed());
            assert_eq!(stream.failure().map(io::Error::kind), expected);
        }
        let mut stream = Stream::new(Takes(17, ErrorKind::StorageFull));
        writeln!(stream, "longer than that").unwrap();
        assert!(!stream.has_failed());
    }

    #[test]
    fn a_plain_stream_gets_no_escape_sequences() {
        for (pieces, expected) in [
            (&["plain\ttext\n"][..], "plain\ttext\n"),
            (&["\u{1b}[1mbold\u{1b}[0m", " and not"], "bold and not"),
            (&["before \u{1b}[3", "1mred\u{1b}", "[0m …"], "before red …"),
            (&["a\u{7}b"], "ab"),
        ] {
            let written = Written::default();
            let mut stream = Stream::new(Plain::new(written.clone()));
            for piece in pieces {
                stream.write_all(piece.as_bytes()).unwrap();
            }
            assert_eq!(written.text(), expected);
        }
    }

    #[test]
    fn a_stream_that_is_full_for_now_is_waited_for() {
        /// Full at every other attempt.
        struct Full(bool, Written);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 = !self.0;
                if self.0 { Err(ErrorKind::WouldBlock.into()) } else { self.1.write(bytes.get(..2).unwrap_or(bytes)) }
            }

            fn flush(&mut self) -> io::Result<()> {
                self.0 = !self.0;
                if self.0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
            }
        }
        let written = Written::default();
        let mut stream = Stream::new(Full(false, written.clone()));
        stream.write_all(b"all of it").unwrap();
        stream.flush().unwrap();
        assert!(!stream.has_failed());
        assert_eq!(written.text(), "all of it");
    }
}
