//! `wincompat logs`: shows the output of a container that runs in the background.

use std::collections::VecDeque;
use std::io::{self, Write as _};

use jiff::Timestamp;

use super::exit::ExitCode;
use super::failure::Failure;
use super::io::Io;
use super::platform::Platform;
use super::store::StoreArgs;
use super::stream::Stream;
use super::subcommand::Subcommand;
use super::{terminal, time};
use crate::Error;
use crate::runner::life::stdio::Stdio;
use crate::runner::log::{self, Entry, Reader};

/// Show the logs of a container.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat logs web
  wincompat logs -f --tail 100 web
  wincompat logs --timestamps --since 10m web

What the container wrote to standard output goes to standard output, and what it wrote to standard error to standard error, byte for byte. Of a container that writes without end, the last 10 MiB at least are kept.

Exit codes: 0 success, 2 there is no such container or log.")]
pub struct Args {
    /// The container, by name, id, or the beginning of an id.
    #[arg(value_name = "CONTAINER")]
    container: String,
    /// Follow the log until the container ends.
    #[arg(short, long)]
    follow: bool,
    /// Show only the last lines.
    #[arg(short = 'n', long, value_name = "NUMBER", default_value = "all", value_parser = tail)]
    tail: Tail,
    /// Show when each line was written, in UTC.
    #[arg(short, long)]
    timestamps: bool,
    /// Show lines written since a time: 2026-11-25T08:40:00Z, 2026-11-25, seconds since 1970, or how long ago, e.g. 1h30m.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    since: Option<Timestamp>,
    /// Show lines written before a time.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    until: Option<Timestamp>,
    #[command(flatten)]
    store: StoreArgs,
}

/// The number of lines that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tail {
    All,
    Last(usize),
}

fn tail(text: &str) -> Result<Tail, String> {
    match text {
        "all" => Ok(Tail::All),
        number => number.parse().map(Tail::Last).map_err(|_| "write a number of lines, or all".to_owned()),
    }
}

impl Subcommand for Args {
    fn store(&self) -> Option<&StoreArgs> {
        Some(&self.store)
    }

    /// Writes to our standard handles themselves, since a log need not be text.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let Stdio { stdout, stderr, .. } = terminal::stdio(io.platform, false)?;
        let mut output = Output { stdout: Stream::new(stdout), stderr: Stream::new(stderr) };
        let shown = self.show(io.platform, &mut output);
        output.stdout.take_failure().into_iter().for_each(|failure| io.out.keep(failure));
        shown?;
        Ok(ExitCode::DONE)
    }
}

/// Our standard handles.
struct Output {
    stdout: Stream,
    stderr: Stream,
}

impl Args {
    fn show(&self, platform: &Platform, output: &mut Output) -> Result<(), Failure> {
        let store = self.store.store(platform)?;
        let id = store.resolve(&self.container)?;
        let open = || {
            store.open_containers().ok().and_then(|containers| Reader::open(containers, &id.to_string())).ok_or_else(|| {
                Error::new(format!("the container {} has no log", self.container))
                    .because("it did not run in the background")
                    .hint("`wincompat run -d` keeps a log")
            })
        };
        let unreadable = |error: io::Error| {
            Error::new(format!("the log of {} cannot be read", self.container)).because(error).hint("check permissions and disk")
        };

        let until = self.until.unwrap_or(Timestamp::MAX);
        let is_wanted = |entry: &Entry| self.since.is_none_or(|since| entry.time >= since);
        let mut reader = open()?;
        if let Tail::Last(number) = self.tail {
            // In one pass: the files may change between two.
            let (mut last, mut is_past) = (VecDeque::new(), false);
            reader.so_far();
            for entry in &mut reader {
                let entry = entry.map_err(unreadable)?;
                if entry.time > until {
                    is_past = true;
                    break;
                }
                if is_wanted(&entry) {
                    last.push_back(entry);
                }
                if last.len() > number {
                    last.pop_front();
                }
            }
            for entry in last {
                self.write(&entry, output)?;
            }
            // What comes behind an entry after that time is not wanted either.
            if is_past || !self.follow {
                return Ok(());
            }
        }
        let entries: Box<dyn Iterator<Item = io::Result<Entry>>> = if self.follow {
            Box::new(reader.following(|| store.is_owned(&id).unwrap_or(false)))
        } else {
            reader.so_far();
            Box::new(reader)
        };
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            if entry.time > until {
                break;
            }
            if is_wanted(&entry) {
                self.write(&entry, output)?;
            }
            // A log that is read to its end says whether it can be read; one without an end would go on for nobody.
            if self.follow && output.stdout.has_failed() {
                break;
            }
        }
        Ok(())
    }

    fn write(&self, entry: &Entry, output: &mut Output) -> io::Result<()> {
        let to = match entry.stream {
            log::Stream::Stdout => &mut output.stdout,
            log::Stream::Stderr => &mut output.stderr,
        };
        let mut bytes = Vec::new();
        if self.timestamps {
            bytes = format!("{:.9} ", entry.time).into_bytes();
        }
        bytes.extend_from_slice(&entry.bytes);
        to.write_all(&bytes)
    }
}
