//! `wincompat host`: what was found of a host, what it lacks for containers, and which base images it runs.

use std::io::{self, Write};

use super::facts::{KnowledgeArgs, today};
use super::store::{self, StoreArgs};
use super::wording::CommandLine;
use crate::Error;
use crate::cli::failure;
use crate::host;
use crate::report::host::HostReport;
use crate::report::{Format, host_table, json};
use crate::runner::life::preflight;

/// Show what a host is, what it lacks for containers, and which base images it runs.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat host
  wincompat host --host local,no-hyperv
  wincompat host --host windows-server-2022
  wincompat host --host @host.reg --format json

A file for @FILE: reg export \"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\" host.reg, or: systeminfo > host.txt

Exit codes: 0 done, 2 a host could not be read.")]
pub struct Args {
    /// The host; repeatable. `local` (this machine, the default), a version (10.0.20348.2402, 20348), a release
    /// (windows-server-2022, ltsc2022, windows-11-24h2), a text with one Windows version, @FILE (reg export, systeminfo), or
    /// `all` (every release in support). Attributes follow: 26100,client,arm64,no-hyperv,home.
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
}

/// Prints the answer on `out`, errors on `err`; the exit code is 0 for an answer and 2 for none.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn run(args: &Args, columns: u16, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let report = match args.report() {
        Ok(report) => report,
        Err(refusal) => {
            failure::write(&refusal, err)?;
            return Ok(2);
        }
    };
    match args.format {
        Format::Table => host_table::write(&report, columns, out)?,
        Format::Json => json(&report, out)?,
    }
    Ok(0)
}

impl Args {
    fn report(&self) -> Result<HostReport, Error> {
        let knowledge = self.knowledge.load()?;
        let mut hosts = host::find(&self.host, super::platform::live().as_deref(), &knowledge, today())?;
        // What only this machine can be asked.
        for found in hosts.iter_mut().filter(|found| found.probe.is_some()) {
            if let (Ok(system), Ok(root)) = (store::system(), self.store.folder()) {
                found.launch = Some(preflight::ask(&*system, &root));
            }
        }
        Ok(HostReport::new(&knowledge, &hosts, today(), &CommandLine))
    }
}
