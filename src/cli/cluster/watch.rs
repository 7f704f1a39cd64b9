//! `wincompat cluster check --watch`: the report again whenever something has changed that counts.

use std::collections::BTreeMap;
use std::future::pending;
use std::io::Write as _;
use std::sync::Arc;

use tokio::time::{Instant, sleep_until};

use super::check::Args;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::interrupted::interrupted;
use crate::cli::io::Io;
use crate::cli::registries::runtime;
use crate::clock::now;
use crate::cluster::live::{Change, Live};
use crate::{Error, ErrorKind};

/// The formats that go on: a reader of any other one waits for its end.
const GO_ON: [&str; 2] = ["text", "jsonl"];

/// The number of Ctrl-C that does not wait for the report that is being made.
const LAST_INTERRUPT: u32 = 2;

/// Reports until Ctrl-C or SIGTERM, until the time is over, or until nobody reads any more; the exit code is that of the last report.
pub(super) fn watch(args: &Args, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
    let format = args.format.chosen().name;
    if !GO_ON.contains(&format) {
        return Err(Error::new(format!("with --watch, a report cannot be written as {format}"))
            .hint(format!(
                "use --format text or --format jsonl with --watch, and -o {format}=FILE for a file that is written again each time"
            ))
            .into());
    }
    let ends = args.read.limit().map(|limit| Instant::now() + limit);
    let mut end = interrupted(LAST_INTERRUPT)?;
    let runtime = runtime()?;
    let knowledge = Arc::new(args.read.knowledge()?.into_owned());
    let mut live = runtime.block_on(Live::start(args.read.access(io), knowledge))?;
    // A list that could not be read from the beginning is in the report.
    let mut failing: BTreeMap<&'static str, String> = BTreeMap::new();
    let mut code = args.report(live.now(), io)?;
    loop {
        let _ = io.out.flush();
        if io.out.has_failed() {
            return Ok(code);
        }
        let change = runtime.block_on(async {
            let over = async {
                match ends {
                    Some(ends) => sleep_until(ends).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = end.wait_for(|end| *end) => None,
                () = over => None,
                change = live.change() => Some(change),
            }
        });
        let Some(Change { changed, failed }) = change else { return Ok(code) };
        failing.retain(|list, _| !changed.contains(list));
        // While the API server is away, all of them fail, each in words of its own.
        let mut news: BTreeMap<String, (Vec<&str>, String)> = BTreeMap::new();
        for (list, error) in failed {
            let why = if error.kind == ErrorKind::Network { error.what.clone() } else { error.sentence() };
            if failing.get(list) != Some(&why) {
                news.entry(why.clone()).or_insert_with(|| (Vec::new(), error.sentence())).0.push(list);
                failing.insert(list, why);
            }
        }
        for (lists, why) in news.into_values() {
            let lists = lists.join(", ");
            io.warn(&format!("{lists} are not followed at the moment, and this is tried again: {why}").into());
        }
        if changed.is_empty() {
            continue;
        }
        if format == "text" {
            let changed: Vec<&str> = changed.into_iter().collect();
            writeln!(io.out, "\n{:.0}: changed: {}\n", now(), changed.join(", "))?;
        }
        code = match args.report(live.now(), io) {
            Ok(code) => code,
            // It may have Windows nodes again.
            Err(Failure::Refused(error)) => {
                io.fail(&error);
                ExitCode::NOT_DONE
            }
            Err(failure) => return Err(failure),
        };
    }
}
