//! `wincompat cluster plan`: an upgrade of a cluster before it is done.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use super::read::{Cluster, ReadArgs};
use super::upgrade::{UpgradeArgs, refuse_absent};
use crate::Error;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::format::{FormatArgs, OutputArgs};
use crate::cli::io::Io;
use crate::cli::judged::with_unwritten;
use crate::cli::placed::refuse_shared;
use crate::cli::subcommand::Subcommand;
use crate::cli::suggestions::Suggestions;
use crate::cli::wording::CommandLine;
use crate::cluster::{Effect, Fitting, ImageOf, Plan, Question, Times, Workload};
use crate::host::Host;
use crate::report::cluster_plan::{ClusterPlanReport, Parts};
use crate::report::plain::clean;

/// Plan an upgrade: what breaks when nodes come and go, which images and labels must change, in which order.
#[derive(clap::Args, Clone, Debug)]
#[command(mut_arg("format", |format| format.short('f')), after_help = "Examples:
  wincompat cluster plan -A --add ltsc2022 --retire 17763
  wincompat cluster plan -A --add ltsc2025 --format markdown > plan.md
  wincompat cluster plan -n shop --retire ltsc2019 -o plan.html
  wincompat cluster patch -n shop deployment/web --add ltsc2022 --retire 17763

Nothing is written in the cluster. New nodes are assumed with the labels that a kubelet sets, no others, and no taints. Each workload is \
judged three times: on the nodes of today, on those while old and new ones are both there, and on those that are left.

Exit codes: 0 everything that runs today still runs after the upgrade, 1 something does not, 2 undecided, or an error occurred. 1 wins over 2.")]
pub struct Args {
    /// Workloads by kind and name, e.g. deployment/web; all of them if none is named.
    #[arg(value_name = "KIND/NAME")]
    objects: Vec<String>,
    #[command(flatten)]
    upgrade: UpgradeArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    format: FormatArgs<ClusterPlanReport>,
    #[command(flatten)]
    output: OutputArgs<ClusterPlanReport>,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        if self.upgrade.is_empty() {
            return Err(Error::new("the plan adds no nodes and removes none")
                .hint("name the Windows of new nodes with --add RELEASE, that of nodes to remove with --retire BUILD, or both")
                .into());
        }
        refuse_shared(&self.output.files())?;
        let cluster = self.read.read(&self.objects, &self.upgrade, false, io)?;
        let upgrade = &cluster.upgrade;
        refuse_absent(upgrade, &cluster.nodes)?;
        let between = upgrade.without_retiring().nodes(&cluster.nodes);
        let next = upgrade.nodes(&cluster.nodes);
        let after: Vec<Workload> = cluster.workloads.iter().map(|one| upgrade.workload(one, &cluster.nodes)).collect();
        let today = cluster.question();
        let times =
            Times { upgrade, today, between: Question { nodes: &between, ..today }, next: Question { nodes: &next, ..today } };
        let plan = times.plan(&cluster.workloads, &after);
        let suggested = suggested(&cluster, &times, &plan);
        let parts =
            Parts { times, plan: &plan, suggested: &suggested, elsewhere: cluster.elsewhere, errors: cluster.errors.clone() };
        let report = ClusterPlanReport::new(parts, &CommandLine);
        let page = io.page();
        let unwritten = self.output.write(&report, &page);
        if !self.format.is_for_people() {
            for one in &report.workloads {
                let what = match one.effect.known() {
                    Some(Effect::Breaks) => "runs today and will not",
                    Some(Effect::Strays) => "will also land where it does not run",
                    _ => continue,
                };
                writeln!(io.err, "FAIL {}: {what}", one.object)?;
            }
            for error in &report.errors {
                writeln!(io.err, "ERROR {}", clean(&error.line()))?;
            }
        }
        self.format.write(&report, &page, io.out)?;
        let numbers = &report.summary;
        let code = ExitCode::of_numbers(numbers.breaks + numbers.strays, numbers.undecided, numbers.errors);
        Ok(with_unwritten(&unwritten, code, io))
    }
}

/// Tags of the same repositories that fit, instead of images that do not: on all nodes after the upgrade, or else on the newest of them.
fn suggested(cluster: &Cluster, times: &Times<'_>, plan: &Plan<'_>) -> BTreeMap<String, Fitting> {
    let mut open: BTreeMap<&str, &ImageOf> = BTreeMap::new();
    for planned in &plan.workloads {
        for image in planned.unfit.iter().filter_map(|number| planned.today.workload.images.get(*number)) {
            open.insert(&image.reference, image);
        }
    }
    let hosts = times.next.nodes.hosts();
    if open.is_empty() || hosts.is_empty() {
        return BTreeMap::new();
    }
    let failing: Vec<&str> = open.keys().copied().collect();
    let suggestions = Suggestions::of(times.today.knowledge, &hosts, &failing, |texts| cluster.read(texts));
    let newest: Vec<&Host> = hosts.iter().max_by_key(|host| host.os_version.build).into_iter().collect();
    let every: Vec<&Host> = hosts.iter().collect();
    let find = |(reference, image_of): (&str, &ImageOf)| {
        let builds = RefCell::new(BTreeSet::new());
        let on = |hosts: &[&Host]| {
            suggestions.fitting(reference, |image| {
                *builds.borrow_mut() = times.builds_that_run(image_of, image);
                hosts.iter().all(|host| times.next.judged(image_of, image, host).ok == Some(true))
            })
        };
        let found = on(&every).or_else(|| on(&newest))?;
        // Those of the image that was looked at last, which is the one that passed.
        Some((reference.to_owned(), Fitting { reference: found.pinned(), builds: builds.take() }))
    };
    open.into_iter().filter_map(find).collect()
}
