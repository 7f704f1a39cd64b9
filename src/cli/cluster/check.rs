//! `wincompat cluster check`: the workloads that can land where they do not run.

use super::read::ReadArgs;
use super::upgrade::UpgradeArgs;
use crate::cli::detail::DetailArgs;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::format::{FormatArgs, OutputArgs};
use crate::cli::io::Io;
use crate::cli::judged;
use crate::cli::subcommand::Subcommand;
use crate::cli::wording::CommandLine;
use crate::cluster::Answer;
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

Nodes, RuntimeClasses and workloads are listed; nothing is written in the cluster, and secrets are read with --pull-secrets alone. Images
are read with the credentials of this user. What this user may not read is reported as not read.

Exit codes: 0 every workload lands only where it runs, 1 at least one does not, 2 undecided, or an error occurred. 1 wins over 2.")]
pub struct Args {
    /// Workloads by kind and name, e.g. deployment/web; all of them if none is named.
    #[arg(value_name = "KIND/NAME")]
    objects: Vec<String>,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    format: FormatArgs<ClusterReport>,
    #[command(flatten)]
    output: OutputArgs<ClusterReport>,
    #[command(flatten)]
    detail: DetailArgs,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let cluster = self.read.read(&self.objects, &UpgradeArgs::default(), self.detail.is_quiet(), io)?;
        let question = cluster.question();
        let answers: Vec<Answer<'_>> = cluster.workloads.iter().map(|workload| question.answer(workload)).collect();
        let report = ClusterReport::new(&question, &answers, cluster.elsewhere, cluster.errors.clone(), &CommandLine);
        let page = Page { detail: self.detail.detail(), ..io.page() };
        let numbers = &report.summary;
        let code = ExitCode::of_numbers(numbers.not_ok, numbers.undecided, numbers.errors);
        judged::print_with(&report, &report.report, code, (&self.format, &self.output), &page, io)
    }
}
