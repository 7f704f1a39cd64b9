//! `wincompat host`: shows a host, what it lacks for containers, and which base images it runs.

use super::exit::ExitCode;
use super::failure::Failure;
use super::format::FormatArgs;
use super::hosts::HostArgs;
use super::io::Io;
use super::knowledge::KnowledgeArgs;
use super::offered;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use super::time::today;
use super::wording::CommandLine;
use crate::Error;
use crate::compat::{self, Policy};
use crate::report::host::HostReport;

/// Show a host: its Windows, what is missing for containers, and which base images run.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat host
  wincompat host local,no-hyperv
  wincompat host windows-server-2022 @web01.txt
  wincompat host --hosts nodes.json --format json

A file for @FILE, written on that host: reg query \"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\" > web01.txt, or: systeminfo > web01.txt

Exit codes: 0 success, 2 a host could not be read.")]
pub struct Args {
    /// Hosts, as for --host.
    #[arg(value_name = "[NAME=]HOST", hide_possible_values = true, value_parser = offered::host())]
    specs: Vec<String>,
    #[command(flatten)]
    hosts: HostArgs,
    #[command(flatten)]
    format: FormatArgs<HostReport>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let report = self.report(io)?;
        self.format.write(&report, &io.page(), io.out)?;
        Ok(ExitCode::DONE)
    }
}

impl Args {
    fn report(&self, io: &mut Io<'_>) -> Result<HostReport, Error> {
        let knowledge = self.knowledge.load()?;
        let mut hosts = self.hosts.find_with(&self.specs, io, &knowledge, today())?;
        let platform = io.platform;
        // Questions that only this machine can answer.
        for found in hosts.iter_mut().filter(|found| found.probe.is_some()) {
            if let (Ok(machine), Ok(root)) = (platform.machine(), self.store.folder(platform)) {
                found.launch = platform.launch(&*machine, &root);
            }
        }
        let policy = Policy::on(today());
        let surveyed = hosts.into_iter().map(|found| {
            let survey = compat::survey(&knowledge, &found.host, &policy);
            (found, survey)
        });
        Ok(HostReport::new(&knowledge, &surveyed.collect::<Vec<_>>(), &policy, &CommandLine))
    }
}
