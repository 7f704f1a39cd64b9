//! `wincompat scan`: the images of a repository's files on a fleet.

mod accepted;
mod added;
mod answer;
mod builds;
mod changed;
mod fix;
mod fleet;
pub mod init;
mod jobs;
mod lock;
mod patch;
mod pods;
mod schema;
mod seen;
pub mod settings;
mod suggest;
mod tree;
mod unknown;
mod upgrade;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use self::accepted::Accepted;
use self::answer::{Inputs, Locks, name_of};
use self::changed::Changed;
use self::fix::Fixes;
use self::fleet::Fleet;
use self::lock::Lock;
use self::seen::Seen;
use self::settings::Settings;
use self::tree::Tree;
use self::upgrade::Next;
use super::detail::DetailArgs;
use super::exit::ExitCode;
use super::failure::Failure;
use super::format::{FormatArgs, OutputArgs};
use super::fresh::FreshArgs;
use super::hosts::HostArgs;
use super::io::Io;
use super::judged;
use super::judging::{JudgingArgs, finding};
use super::knowledge::KnowledgeArgs;
use super::paths;
use super::placed::refuse_shared;
use super::registries::{CHECKED_WITHIN, RegistryArgs};
use super::subcommand::Subcommand;
use crate::compat::Code;
use crate::host::Found;
use crate::image::Reference;
use crate::image::reference::Location as Site;
use crate::report::Page;
use crate::report::document::Report;
use crate::report::scanned::{Excerpts, ScanReport};
use crate::scan::{self, ScannedFile, Values};
use crate::text::{counted, quoted};
use crate::{Error, ErrorKind};

/// Check the images that files name: Dockerfiles, Compose files, Kubernetes manifests.
#[derive(clap::Args, Clone, Debug)]
#[command(mut_arg("format", |format| format.short('f')), after_help = "Examples:
  wincompat scan --host ltsc2022 --host ltsc2025
  wincompat scan --hosts nodes.json deploy/ Dockerfile
  wincompat scan --host ltsc2022 --var TAG=1.2 --env-file .env compose.yaml
  helm template chart/ | wincompat scan --hosts nodes.json -
  wincompat scan --hosts nodes.json --changed-since origin/main
  wincompat scan --host ltsc2019 --next-host ltsc2022
  wincompat scan --fleet today --fleet-next next --format markdown
  wincompat scan --host ltsc2022 --write-lock images.lock
  wincompat scan --host ltsc2022 --locked images.lock

The process environment is not read: a file from a stranger could send what is in it to a registry. Name what you want to give \
with --var or --env-file. Files that .gitignore or .wincompatignore leave out are not read.

Exit codes: 0 all images can run, 1 at least one cannot, 2 undecided, or an error occurred. 1 wins over 2.")]
pub struct Args {
    /// Files and folders, or - for standard input; the current folder if none is named.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    hosts: HostArgs,
    /// The hosts of this fleet, which wincompat.toml names.
    #[arg(long, value_name = "NAME")]
    fleet: Option<String>,
    /// Compare with this fleet of wincompat.toml: what works today and will not, and what must be rebuilt first.
    #[arg(long, value_name = "NAME")]
    fleet_next: Option<String>,
    /// Compare with this host, as in --host; can be given several times.
    #[arg(long, value_name = "[NAME=]HOST", conflicts_with_all = UNUSED_FOR_TWO)]
    next_host: Vec<String>,
    /// Compare with the hosts of this file or folder, as in --hosts; can be given several times.
    #[arg(long, value_name = "FILE|DIR", conflicts_with_all = UNUSED_FOR_TWO)]
    next_hosts: Vec<String>,
    #[command(flatten)]
    judging: JudgingArgs,
    #[command(flatten)]
    fresh: FreshArgs,
    /// Give a variable or build argument of the files a value; can be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    var: Vec<(String, String)>,
    /// Read values from a file in the form of `.env`; can be given several times, a later file wins.
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,
    /// Do not fail because of this finding; can be given several times.
    #[arg(long, value_name = "CODE", value_delimiter = ',', hide_possible_values = true, value_parser = finding)]
    allow: Vec<Code>,
    /// Make this finding a warning; can be given several times.
    #[arg(long, value_name = "CODE", value_delimiter = ',', hide_possible_values = true, value_parser = finding)]
    warn: Vec<Code>,
    /// Ask only these registries; an image of another one is an error. Can be given several times.
    #[arg(long, value_name = "REGISTRY", value_delimiter = ',', value_parser = registry)]
    allow_registry: Vec<String>,
    /// Leave out files like this, for example `old/**`; can be given several times.
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    exclude: Vec<scan::Pattern>,
    /// Judge only the references in files that differ from this revision of git, or from where the two parted: for pull requests.
    #[arg(long, value_name = "REVISION", conflicts_with = "write_baseline")]
    changed_since: Option<String>,
    /// Do not fail because of what this file lists: the failures of an earlier scan.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the failures into this file, for later scans with --baseline.
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Write what each image reference stands for into this file: its digest and the Windows versions behind it.
    #[arg(long, value_name = "FILE", conflicts_with = "changed_since")]
    write_lock: Option<PathBuf>,
    /// Check exactly what this lock holds, without asking a registry. An image that is not in it is an error.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["write_lock", "verify_lock", "diff", "fix"])]
    locked: Option<PathBuf>,
    /// Ask the registry, and warn of tags that stand for other images than this lock says (tag-moved).
    #[arg(long, value_name = "FILE")]
    verify_lock: Option<PathBuf>,
    /// Options and exceptions in this file, instead of the nearest wincompat.toml above the first path.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Use no wincompat.toml.
    #[arg(long, conflicts_with = "config")]
    no_config: bool,
    /// It is an error if no image is found.
    #[arg(long)]
    require_findings: bool,
    /// For each image that does not fit, look for a tag of its repository that does.
    #[arg(long)]
    suggest: bool,
    /// Print the changes that would make images fit as a patch, instead of the report.
    #[arg(long, conflicts_with_all = ["fix", "format"])]
    diff: bool,
    /// Change the files so that images fit, where only one change is possible.
    #[arg(long)]
    fix: bool,
    #[command(flatten)]
    format: FormatArgs<ScanReport>,
    #[command(flatten)]
    output: OutputArgs<ScanReport>,
    #[command(flatten)]
    detail: DetailArgs,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
    #[command(flatten)]
    registries: RegistryArgs,
    /// The file of options, read before the arguments were.
    #[arg(skip)]
    pub settings: Settings,
}

/// The options that make no sense for the hosts of two times.
const UNUSED_FOR_TWO: [&str; 5] = ["diff", "fix", "write_baseline", "write_lock", "verify_lock"];

fn pattern(text: &str) -> Result<scan::Pattern, String> {
    scan::Pattern::of_files(text)
}

/// The name of a registry as references have it, e.g. `docker.io` for `index.docker.io`.
fn registry(text: &str) -> Result<String, String> {
    let read: Result<Reference, _> = format!("{text}/name/of-image:1").parse();
    match read.as_ref().map(Reference::location) {
        Ok(Site::Registry(name)) if name.repository == "name/of-image" => Ok(name.registry.clone()),
        _ => Err("write the name of one registry, without a scheme or a path, e.g. registry.example:5000".to_owned()),
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE, e.g. TAG=ltsc2022".to_owned()),
    }
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let mut written = self.output.files();
        written.extend(self.write_baseline.iter().chain(&self.write_lock).map(PathBuf::as_path));
        refuse_shared(&written)?;
        let (inputs, tree) = self.inputs(io)?;
        let page = Page { detail: self.detail.detail(), ..io.page() };
        if let Some(next) = &inputs.next {
            let (format, output) = (self.format.for_report()?, self.output.for_report()?);
            let report = inputs.upgrade(next, io)?;
            self.refuse_nothing(report.references.is_empty() && report.errors.is_empty())?;
            return upgrade::print(&report, (&format, &output), &page, io);
        }
        let baseline = (self.baseline.as_deref(), self.write_baseline.is_some());
        let mut accepted = Accepted::of(self.settings.clone(), baseline, &self.allow, &self.warn, inputs.policy.today)?;
        let (report, fixes) = inputs.report(&mut accepted, &tree, io)?;
        if let Some(path) = &self.write_baseline {
            let failures = counted(accepted.write(path)?, "failure is", "failures are");
            io.note(&format!("{failures} known from now on with --baseline {}", path.display()).into());
        }
        self.refuse_nothing(report.results.is_empty() && report.errors.is_empty())?;
        let scan = ScanReport { lines: excerpts(&report, &tree), report };
        if self.diff || self.fix {
            for kept in fixes.kept() {
                io.warn(&kept.into());
            }
        }
        if self.diff {
            write_patch(&fixes, &tree, io)?;
            let unwritten = self.output.write(&scan, &page);
            return Ok(judged::with_unwritten(&unwritten, ExitCode::of_results(&scan.report.summary), io));
        }
        if self.fix {
            let changed = fixes.make(&tree)?;
            let what = match changed.as_slice() {
                [] if scan.report.summary.not_ok == 0 => "no file was changed: no image fails".to_owned(),
                [] => "no file was changed: nothing that fails can be corrected in a clear way".to_owned(),
                names => format!("changed {}; scan again to see what is left", names.join(", ")),
            };
            io.note(&what.into());
        }
        judged::print(&scan, &scan.report, (&self.format, &self.output), &page, io)
    }
}

/// Writes the changes as a patch to standard output.
fn write_patch(fixes: &Fixes, tree: &Tree, io: &mut Io<'_>) -> Result<(), Failure> {
    let folder = tree.patched();
    let changed = fixes.changed(tree);
    if !changed.is_empty() && folder != paths::real(Path::new(".")) {
        io.note(&format!("the patch is for the folder {}", quoted(&folder.to_string_lossy())).into());
    }
    for (path, old, new) in changed {
        if !patch::write((&folder, path), &old, &new, io.out)? {
            let name = tree::shown(path);
            io.warn(&format!("{name} is not in the patch: lines beside the change hold characters that logs take for commands; --fix changes the file").into());
        }
    }
    Ok(())
}

impl Args {
    /// Refuses an answer without images if there have to be some. Where nothing changed, nothing is to be found.
    fn refuse_nothing(&self, is_empty: bool) -> Result<(), Error> {
        if self.require_findings && self.changed_since.is_none() && is_empty {
            let asked = match &self.settings.path {
                Some(path) if self.settings.gives("require-findings") => {
                    format!("remove require-findings from {}", quoted(&path.to_string_lossy()))
                }
                _ => "leave --require-findings out".to_owned(),
            };
            return Err(Error::of(ErrorKind::NotFound, "no image for Windows was found in these files")
                .hint(format!("name other files, or {asked}")));
        }
        Ok(())
    }

    fn inputs(&self, io: &mut Io<'_>) -> Result<(Inputs, Tree), Error> {
        // No wincompat.toml is found above a path that does not exist, so its hosts would be missed first.
        tree::refuse_missing(&self.paths)?;
        let policy = self.judging.policy()?;
        let knowledge = self.knowledge.load()?;
        let found = self.hosts.find(io, &knowledge, policy.today)?;
        let mut host_files = files_of(&found, &self.hosts);
        let fleet = Fleet::of(self.judging.on_engines(found.into_iter().map(|found| found.host).collect()));
        let next = if self.next_host.is_empty() && self.next_hosts.is_empty() {
            None
        } else {
            let hosts = HostArgs::of(&self.next_host, &self.next_hosts);
            let found = hosts.find(io, &knowledge, policy.today)?;
            host_files.extend(files_of(&found, &hosts));
            let name = |name: &Option<String>, usual: &str| name.clone().unwrap_or_else(|| usual.to_owned());
            let names = [name(&self.fleet, "today"), name(&self.fleet_next, "next")];
            Some(Next { fleet: Fleet::of(self.judging.on_engines(found.into_iter().map(|found| found.host).collect())), names })
        };
        let mut tree = Tree::of(&self.paths, io.input)?;
        // A pattern that is typed is seen from the current folder, one of a file from the folder of that.
        let seen = Seen::from(if self.settings.gives("exclude") { &self.settings.folder } else { Path::new(".") });
        let is_excluded = |path: &Path| {
            let name = if self.exclude.is_empty() { String::new() } else { seen.name(path) };
            self.exclude.iter().any(|pattern| pattern.matches(&name))
        };
        tree.files.retain(|path| !is_excluded(path));
        let (mut files, mut set_aside) = (scan::scan(&tree.files, &tree, &self.values(&tree)?), Vec::new());
        // Others may name a file that the walk passed over.
        files.retain(|file| !is_excluded(&file.path));
        if let Some(revision) = &self.changed_since {
            let changed = Changed::since(revision, tree.folders())?;
            // What is true of every file may have changed.
            let concerns_all = changed.concerns_all()
                || self.judging_files(&host_files).any(|path| changed.has(path) || changed.has_below(path));
            if !concerns_all {
                (files, set_aside) = files.into_iter().partition(|file| is_changed(file, &changed));
            }
        }
        let options = self.registries.options(io.platform, !self.judging.no_confirm, Some(CHECKED_WITHIN));
        // That of wincompat.toml is for what asks for none itself.
        let wish = self.judging.wish().filter(|_| !self.settings.gives("isolation"));
        let names_engine = self.judging.names_engine();
        let allowed = self.allow_registry.clone();
        let suggests = self.suggest || self.diff || self.fix;
        let quiet = self.detail.is_quiet();
        let since = self.changed_since.clone();
        let locks = self.locks(io)?;
        let next_hosts = HostArgs::of(&self.next_host, &self.next_hosts).typed("next-");
        let of_input = format!("wincompat scan {}{next_hosts}-", self.hosts.typed(""));
        Ok((
            Inputs {
                of_input,
                knowledge,
                policy,
                wish,
                names_engine,
                fleet,
                files,
                set_aside,
                unread: tree.unread.clone(),
                options,
                quiet,
                fresh: self.fresh.months(),
                freshness: OnceCell::new(),
                allowed,
                suggests,
                since,
                locks,
                next,
            },
            tree,
        ))
    }

    /// The files that options name and that every image is judged by, with these of hosts. What a team accepted counts too.
    fn judging_files<'f>(&'f self, hosts: &'f [PathBuf]) -> impl Iterator<Item = &'f Path> {
        let options = self.settings.path.iter().chain(&self.env_file).chain(&self.baseline);
        let locks = self.locked.iter().chain(&self.verify_lock);
        options.chain(locks).chain(hosts).map(PathBuf::as_path).chain(self.knowledge.file())
    }

    fn locks(&self, io: &mut Io<'_>) -> Result<Locks, Error> {
        let read = |path: &Option<PathBuf>| path.as_deref().map(Lock::read).transpose();
        let locks = Locks { locked: read(&self.locked)?, verified: read(&self.verify_lock)?, written: self.write_lock.clone() };
        if let Some(lock) = &locks.locked {
            let since = lock.oldest().map(|day| format!(", whose oldest entry is of {day}")).unwrap_or_default();
            io.note(&format!("answered from the lock alone{since}").into());
            if self.suggest {
                io.warn(&"no other images are looked for with --locked".into());
            }
        }
        Ok(locks)
    }

    /// The values of files and of arguments, which win unless the files alone were typed.
    fn values(&self, tree: &Tree) -> Result<Values, Error> {
        let mut of_files = Values::new();
        for path in &self.env_file {
            let text = tree.named(path).map_err(|error| error.or_hint("--env-file takes a file with NAME=VALUE lines"))?;
            of_files.extend(scan::read_env_file(&text, &Values::new()));
        }
        let of_arguments: Values = self.var.iter().cloned().collect();
        let in_order = if self.settings.does_env_file_win { [of_arguments, of_files] } else { [of_files, of_arguments] };
        Ok(in_order.into_iter().flatten().collect())
    }
}

/// True for a file whose references may be others than they were: it changed, or one that it rests on, or a file is gone from the folder
/// of one of these, or one that may have had its RuntimeClass.
fn is_changed(file: &ScannedFile, changed: &Changed) -> bool {
    let mut all = std::iter::once(&file.path).chain(&file.rests_on);
    let found = file.scanned.found.iter().flat_map(|found| [name_of(found), found.written.as_str()]);
    let mut images = found.chain(file.own_images.iter().map(String::as_str));
    tree::is_standard_input(&file.path)
        || file.names_classes && changed.lacks_manifest()
        || all.any(|path| changed.has(path) || changed.lacks_beside(path))
        || images.any(|image| changed.lacks_maker(image))
}

/// The files and folders that these hosts come from.
fn files_of(found: &[Found], hosts: &HostArgs) -> Vec<PathBuf> {
    let named = found.iter().filter_map(|found| found.host.file.as_ref()).map(PathBuf::from);
    named.chain(hosts.lists().map(Path::to_owned)).collect()
}

/// The lines that a report is about, as far as their files can be read.
fn excerpts(report: &Report, tree: &Tree) -> Excerpts {
    let of_results =
        report.results.iter().filter(|entry| entry.ok != Some(true) || entry.findings.iter().any(|finding| finding.warns()));
    let places = of_results.filter_map(|entry| entry.location.as_ref());
    let places = places.chain(report.errors.iter().filter_map(|error| error.location.as_ref()));
    let places: Vec<(&str, u32)> = places.map(|place| (place.file.as_str(), place.line)).collect();
    tree.lines(&places)
}
