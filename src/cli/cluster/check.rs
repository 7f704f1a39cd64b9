//! `wincompat cluster check`: the workloads that can land where they do not run.

use super::read::{Cluster, ReadArgs};
use super::upgrade::UpgradeArgs;
use crate::Error;
use crate::cli::detail::DetailArgs;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::format::{FormatArgs, OutputArgs};
use crate::cli::io::Io;
use crate::cli::judged;
use crate::cli::placed::refuse_shared;
use crate::cli::subcommand::Subcommand;
use crate::cli::wording::CommandLine;
use crate::cluster::Answer;
use crate::cluster::api::{Access, Snapshot};
use crate::knowledge::Knowledge;
use crate::report::Page;
use crate::report::cluster::ClusterReport;

/// Check which workloads can land on nodes where their images do not run.
#[derive(clap::Args, Clone, Debug)]
#[command(mut_arg("format", |format| format.short('f')), after_help = "Examples:
  wincompat cluster check -A
  wincompat cluster check --context production -n shop
  wincompat cluster check -n shop deployment/web --format json
  wincompat cluster check -A --deny warnings -o report.html
  wincompat cluster check -A --format policyreport | kubectl apply -f -
  wincompat cluster check -A --watch --format jsonl -o report.html

Nodes, RuntimeClasses and workloads are listed; nothing is written in the cluster, and secrets are read only with --pull-secrets. Images \
are read with the credentials of this user. What this user may not read is reported as not read. With --watch they are watched too, and \
the report is made again once a change has settled, until Ctrl-C, SIGTERM, or the end of --timeout; the exit code is then that of the \
last report.

Exit codes: 0 every workload lands only where it runs, 1 at least one does not, 2 undecided, or an error occurred. 1 wins over 2.")]
pub struct Args {
    /// Workloads by kind and name, e.g. deployment/web; all of them if none is named.
    #[arg(value_name = "KIND/NAME")]
    objects: Vec<String>,
    /// Write a new report after each relevant change in the cluster. For the formats text and jsonl; files of --output are overwritten.
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    pub(super) read: ReadArgs,
    #[command(flatten)]
    pub(super) format: FormatArgs<ClusterReport>,
    #[command(flatten)]
    output: OutputArgs<ClusterReport>,
    #[command(flatten)]
    detail: DetailArgs,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        refuse_shared(&self.output.files())?;
        if self.watch {
            return super::watch::watch(self, io);
        }
        let cluster = self.read.read(&self.objects, &UpgradeArgs::default(), self.detail.is_quiet(), io)?;
        self.print(&cluster, io)
    }
}

impl Args {
    /// Judges a cluster that was read, and prints the answer.
    fn print(&self, cluster: &Cluster, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let question = cluster.question();
        let answers: Vec<Answer<'_>> = cluster.workloads.iter().map(|workload| question.answer(workload)).collect();
        let report = ClusterReport::new(&question, &answers, cluster.elsewhere, cluster.errors.clone(), &CommandLine);
        let page = Page { detail: self.detail.detail(), ..io.page() };
        let numbers = &report.summary;
        let code = ExitCode::of_numbers(numbers.not_ok, numbers.undecided, numbers.errors);
        judged::print_with(&report, &report.report, code, (&self.format, &self.output), &page, io)
    }

    /// The report of a cluster as it is now.
    ///
    /// # Errors
    ///
    /// A cluster without Windows nodes, a workload that is not there, and what cannot be written.
    pub(super) fn report(&self, now: Snapshot, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let read = |_: &Access, _: &Knowledge| Ok::<_, Error>(now);
        let cluster = self.read.read_by(read, &self.objects, &UpgradeArgs::default(), self.detail.is_quiet(), io)?;
        self.print(&cluster, io)
    }
}
