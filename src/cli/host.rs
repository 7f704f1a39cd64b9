//! `wincompat host`: shows a host, what it lacks for containers, and which base images it runs.

use std::path::{Path, PathBuf};

use super::exit::ExitCode;
use super::failure::Failure;
use super::failure_report;
use super::format::FormatArgs;
use super::hosts::HostArgs;
use super::io::Io;
use super::knowledge::KnowledgeArgs;
use super::offered;
use super::platform::Platform;
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use super::time::today;
use crate::compat::{self, Policy};
use crate::hcs::documents::SystemQuery;
use crate::report::host::HostReport;
use crate::{Error, Isolation};

/// Show a host: its Windows, what is missing for containers, and which base images run.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat host
  wincompat host local,no-hyperv
  wincompat host windows-server-2022 \"@web01.txt\"
  wincompat host --hosts nodes.json --format json

A file for @FILE is written on that host by one of these:
  reg query \"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\" > web01.txt
  systeminfo > web01.txt

Exit codes: 0 success, 2 a host could not be read.")]
pub struct Args {
    /// Hosts, as for --host.
    #[arg(value_name = "[NAME=]HOST", hide_possible_values = true, value_parser = offered::host())]
    specs: Vec<String>,
    #[command(flatten)]
    hosts: HostArgs,
    #[command(flatten)]
    format: FormatArgs<HostReport>,
    /// Write a report for support about this machine to a file: its versions, services, rights, and what Windows answers.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        if let Some(file) = &self.report {
            self.write_report(io.platform, file)?;
        }
        let report = self.report(io)?;
        self.format.write(&report, &io.page(), io.out)?;
        Ok(ExitCode::DONE)
    }
}

impl Args {
    /// Asks Windows what a run asks, without changing anything, and writes down what it answers.
    fn write_report(&self, platform: &Platform, file: &Path) -> Result<(), Error> {
        // There is no dry run of a report.
        let on_windows = |error: Error| error.hint("write the report on the Windows machine that it is about");
        let (machine, root) = (platform.machine().map_err(on_windows)?, self.store.folder(platform)?);
        // What fails of these is in the report.
        let _ = machine.systems().schema_versions();
        for isolation in Isolation::ALL {
            let _ = machine.systems().enumerate(isolation, &SystemQuery::default());
        }
        let _ = machine.networks().networks();
        let _ = machine.layers().name_to_guid("wincompat");
        let written = failure_report::text(platform, &root, None).and_then(|text| std::fs::write(file, text));
        written.map_err(|error| {
            Error::new(format!("the report {} was not written", file.display()))
                .because(error)
                .hint("name a file that you may write: --report FILE")
        })
    }

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
        Ok(HostReport::new(&knowledge, &surveyed.collect::<Vec<_>>(), &policy, &self.store.wording()))
    }
}
