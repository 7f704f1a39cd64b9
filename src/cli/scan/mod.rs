//! `wincompat scan`: the images of a repository's files on a fleet.

mod accepted;
mod fix;
mod fleet;
pub mod settings;
mod suggest;
mod tree;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use self::accepted::Accepted;
use self::fix::Fixes;
use self::fleet::Fleet;
use self::settings::Settings;
use self::suggest::Suggestions;
use self::tree::Tree;
use super::detail::DetailArgs;
use super::exit::ExitCode;
use super::failure::Failure;
use super::format::{FormatArgs, OutputArgs};
use super::hosts::HostArgs;
use super::io::Io;
use super::judged;
use super::judging::{JudgingArgs, finding};
use super::knowledge::KnowledgeArgs;
use super::reading::read_images;
use super::references;
use super::registries::{CHECKED_WITHIN, RegistryArgs};
use super::subcommand::Subcommand;
use super::wording::CommandLine;
use crate::compat::{self, Code, Policy, Wish};
use crate::host::{Host, HostEngine};
use crate::image::reference::Location as Place;
use crate::image::{Image, Reference};
use crate::knowledge::Knowledge;
use crate::oci::Options;
use crate::report::Page;
use crate::report::document::{ErrorEntry, Location, Report, ResultEntry};
use crate::report::scanned::{Excerpts, ScanReport};
use crate::scan::{self, Asked, Found, Lands, Meant, Needs, Os, ScannedFile, Values};
use crate::text::quoted;
use crate::{Engine, Error, ErrorKind};

/// The most results of one answer: they are held together, in about 500 MiB.
const MOST_RESULTS: usize = 100_000;

/// Check the images that files name: Dockerfiles, Compose files, Kubernetes manifests.
#[derive(clap::Args, Clone, Debug)]
#[command(mut_arg("format", |format| format.short('f')), after_help = "Examples:
  wincompat scan --host ltsc2022 --host ltsc2025
  wincompat scan --hosts nodes.json deploy/ Dockerfile
  wincompat scan --host ltsc2022 --var TAG=1.2 --env-file .env compose.yaml
  helm template chart/ | wincompat scan --hosts nodes.json -

The process environment is not read: a file from a stranger could send what is in it to a registry. Name what you want to give
with --var or --env-file. Files that .gitignore or .wincompatignore leave out are not read.

Exit codes: 0 all images can run, 1 at least one cannot, 2 undecided, or an error occurred. 1 wins over 2.")]
pub struct Args {
    /// Files and folders, or - for standard input; the current folder if none is named.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    hosts: HostArgs,
    #[command(flatten)]
    judging: JudgingArgs,
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
    #[arg(long, value_name = "REGISTRY", value_delimiter = ',')]
    allow_registry: Vec<String>,
    /// Leave out files like this, for example `old/**`; can be given several times.
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    exclude: Vec<scan::Pattern>,
    /// Do not fail because of what this file lists: the failures of an earlier scan.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the failures into this file, for later scans with --baseline.
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
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
    #[arg(long, conflicts_with = "fix")]
    diff: bool,
    /// Change the files so that images fit, as far as that is clear.
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
}

fn pattern(text: &str) -> Result<scan::Pattern, String> {
    scan::Pattern::of(text, true)
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE, e.g. TAG=ltsc2022".to_owned()),
    }
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let (inputs, tree) = self.inputs(io)?;
        let settings = self.config.as_deref().map(Settings::read).transpose()?.unwrap_or_default();
        let mut accepted = Accepted::of(settings, self.baseline.as_deref(), &self.allow, &self.warn, inputs.policy.today)?;
        let (report, fixes) = inputs.report(&mut accepted, &tree, io)?;
        if let Some(path) = &self.write_baseline {
            let number = accepted::write(path, &report.results)?;
            io.warn(&format!("{number} failures are known from now on with --baseline {}", path.display()).into());
        }
        if self.require_findings && report.results.is_empty() && report.errors.is_empty() {
            return Err(Error::of(ErrorKind::NotFound, "no image for Windows was found in these files")
                .hint("name other files, or leave --require-findings out")
                .into());
        }
        let scan = ScanReport { lines: excerpts(&report, &tree), report };
        if self.diff {
            fixes.diff(&tree, io.out)?;
            return Ok(ExitCode::of_results(&scan.report.summary));
        }
        if self.fix {
            let changed = fixes.make(&tree)?;
            let what = match changed.as_slice() {
                [] => "no file was changed: nothing that fails can be corrected in a clear way".to_owned(),
                names => format!("changed {}; scan again to see what is left", names.join(", ")),
            };
            io.warn(&what.into());
        }
        let page = Page { detail: self.detail.detail(), ..io.page() };
        judged::print(&scan, &scan.report, (&self.format, &self.output), &page, io)
    }
}

/// What the arguments mean.
struct Inputs {
    knowledge: Cow<'static, Knowledge>,
    policy: Policy,
    /// The isolation that was asked for on the command line, which counts more than a file's.
    wish: Option<Wish>,
    /// An engine was asked for, so files for Kubernetes have no own.
    names_engine: bool,
    fleet: Fleet,
    files: Vec<ScannedFile>,
    unread: Vec<(PathBuf, Error)>,
    options: Options,
    quiet: bool,
    /// The only registries that are asked; every one, if there is none here.
    allowed: Vec<String>,
    /// Other images are looked for.
    suggests: bool,
}

impl Args {
    fn inputs(&self, io: &mut Io<'_>) -> Result<(Inputs, Tree), Error> {
        let policy = self.judging.policy()?;
        let knowledge = self.knowledge.load()?;
        let found = self.hosts.find(io, &knowledge, policy.today)?;
        let fleet = Fleet::of(self.judging.on_engines(found.into_iter().map(|found| found.host).collect()));
        let mut tree = Tree::of(&self.paths, io.input)?;
        tree.files.retain(|path| !self.exclude.iter().any(|pattern| pattern.matches(&tree::shown(path))));
        let files = scan::scan(&tree.files, &tree, &self.values(&tree)?);
        let options = self.registries.options(io.platform, !self.judging.no_confirm, Some(CHECKED_WITHIN));
        let wish = self.judging.wish();
        let names_engine = self.judging.names_engine();
        let allowed = self.allow_registry.iter().map(|name| name.to_ascii_lowercase()).collect();
        let suggests = self.suggest || self.diff || self.fix;
        let quiet = self.detail.is_quiet();
        Ok((
            Inputs {
                knowledge,
                policy,
                wish,
                names_engine,
                fleet,
                files,
                unread: tree.unread.clone(),
                options,
                quiet,
                allowed,
                suggests,
            },
            tree,
        ))
    }

    /// The values of files, then those of arguments, which win.
    fn values(&self, tree: &Tree) -> Result<Values, Error> {
        let mut values = Values::new();
        for path in &self.env_file {
            let text = tree.named(path).map_err(|error| error.or_hint("--env-file takes a file with NAME=VALUE lines"))?;
            values.extend(scan::read_env_file(&text, &Values::new()));
        }
        values.extend(self.var.iter().cloned());
        Ok(values)
    }
}

/// A reference with its file.
struct Placed<'f> {
    path: &'f std::path::Path,
    file: String,
    found: &'f Found,
}

impl Placed<'_> {
    fn location(&self) -> Location {
        let place = &self.found.place;
        Location::new(&self.file, place.line, place.column, self.found.object.as_deref(), &self.found.written)
    }
}

impl Inputs {
    fn report(&self, accepted: &mut Accepted, tree: &Tree, io: &mut Io<'_>) -> Result<(Report, Fixes), Error> {
        let mut errors: Vec<ErrorEntry> = self
            .unread
            .iter()
            .map(|(path, error)| {
                let file = tree::shown(path);
                let location = Location::new(&file, 1, 1, None, "");
                ErrorEntry { location: Some(location), ..ErrorEntry::new(&file, error, &CommandLine) }
            })
            .collect();
        let mut placed: Vec<Placed<'_>> = Vec::new();
        let mut left_out: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ScannedFile { path, scanned } in &self.files {
            let file = tree::shown(path);
            if let Some(why) = &scanned.left_out {
                left_out.entry(why.as_str()).or_default().push(file.clone());
            }
            for note in &scanned.notes {
                io.warn(&format!("{file}:{}: {}", note.place.line, note.text).into());
            }
            for problem in &scanned.problems {
                let location = Location::new(&file, problem.place.line, problem.place.column, None, "");
                errors.push(ErrorEntry { location: Some(location), ..ErrorEntry::new(&file, &problem.error, &CommandLine) });
            }
            let for_windows = scanned.found.iter().filter(|found| found.os != Os::Other);
            placed.extend(for_windows.map(|found| Placed { path, file: file.clone(), found }));
        }
        for (why, files) in left_out {
            let others = files.len() - 1;
            let more = if others > 0 { format!(" and {others} more like it") } else { String::new() };
            let first = files.first().map(String::as_str).unwrap_or_default();
            io.warn(&format!("{first}{more} left out: {why}").into());
        }
        if placed.len() > MOST_RESULTS {
            return Err(Error::new(format!("more than {MOST_RESULTS} references are too much for one answer"))
                .hint("scan a part of the files at a time"));
        }
        let texts = distinct(&placed);
        let images: BTreeMap<&str, Result<Image, Error>> = texts.iter().copied().zip(self.read(&texts)).collect();
        let mut results = Vec::new();
        let mut judged_at: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
        let (mut count, mut linux) = (0, 0);
        for (number, one) in placed.iter().enumerate() {
            let failed = |error: &Error| ErrorEntry {
                location: Some(one.location()),
                ..ErrorEntry::new(name_of(one.found), error, &CommandLine)
            };
            match &one.found.meant {
                Meant::Unresolved(names) => errors.push(failed(&unresolved(names))),
                Meant::Unevaluated { name, expression } => errors.push(failed(&unevaluated(name, expression))),
                Meant::Known(text) => match images.get(text.as_str()) {
                    Some(Ok(image)) if is_foreign(image) && one.found.os != Os::Windows => linux += 1,
                    Some(Ok(image)) => match self.judged(one, image) {
                        Ok(judged) => {
                            let from = results.len();
                            results.extend(judged);
                            judged_at.push((number, from..results.len()));
                        }
                        Err(error) => errors.push(failed(&error)),
                    },
                    Some(Err(error)) => errors.push(failed(error)),
                    None => {}
                },
            }
            count += 1;
            if results.len() > MOST_RESULTS {
                return Err(Error::new(format!("more than {MOST_RESULTS} results are too much for one answer"))
                    .hint("scan a part of the files, or for fewer hosts, at a time"));
            }
        }
        if linux > 0 {
            io.warn(&format!("{linux} of {count} references left out: their images are not for Windows").into());
        }
        if count == 0 && errors.is_empty() {
            io.warn(&"no image references for Windows were found in these files".into());
        }
        accepted.apply(&mut results, tree);
        for line in accepted.unused() {
            io.warn(&format!("the exception in line {line} of the configuration covers nothing").into());
        }
        let fixes = if self.suggests { self.suggest(&placed, &judged_at, &mut results)? } else { Fixes::default() };
        Ok((Report::new(&self.knowledge, results, errors), fixes))
    }

    /// The images of these texts, with the configs of what is chosen on any host.
    fn read(&self, texts: &[impl AsRef<str>]) -> Vec<Result<Image, Error>> {
        let references: Vec<_> = texts.iter().map(|text| self.reference(text.as_ref())).collect();
        let on_nodes = Policy { engine: Some(HostEngine::new(Engine::Kubernetes, None)), ..self.policy.clone() };
        // Nobody said the engine, so files for Kubernetes have their own.
        let policies = if self.names_engine { vec![self.policy.clone()] } else { vec![self.policy.clone(), on_nodes] };
        read_images(self.options.clone(), &self.knowledge, self.fleet.hosts(), &policies, &references, self.quiet)
    }

    /// The reference of a text. What is on disk is not for files to name.
    fn reference(&self, text: &str) -> Result<Reference, Error> {
        let reference = references::read(text, &self.knowledge, self.options.deadline)?;
        let Place::Registry(name) = reference.location() else {
            return Err(Error::of(ErrorKind::Invalid, format!("{} is not an image in a registry", crate::text::quoted(text)))
                .hint("name an image as NAME:TAG"));
        };
        if self.allowed.is_empty() || self.allowed.contains(&name.registry) {
            return Ok(reference);
        }
        Err(Error::of(ErrorKind::Invalid, format!("the registry {} is not among those that are allowed", name.registry))
            .hint(format!("allow it with --allow-registry {}, or use an image of another registry", name.registry)))
    }

    /// Puts remedies that were read and judged to the results that fail, and gives the changes of files that follow from them.
    fn suggest(
        &self,
        placed: &[Placed<'_>],
        judged_at: &[(usize, std::ops::Range<usize>)],
        results: &mut [ResultEntry],
    ) -> Result<Fixes, Error> {
        let fails = |range: &std::ops::Range<usize>, results: &[ResultEntry]| {
            results.get(range.clone()).is_some_and(|entries| entries.iter().any(|entry| entry.ok == Some(false)))
        };
        let mut failing: Vec<&str> = Vec::new();
        for (number, _) in judged_at.iter().filter(|(_, range)| fails(range, results)) {
            failing.extend(placed.get(*number).map(|one| name_of(one.found)));
        }
        failing.sort_unstable();
        failing.dedup();
        let suggestions = Suggestions::of(self, &failing);
        let mut fixes = Fixes::default();
        for (number, range) in judged_at {
            let Some(one) = placed.get(*number) else { continue };
            let policy = self.policy_of(one.found);
            let hosts = self.fleet.landing(&one.found.lands, &self.knowledge, policy.today)?;
            let does_fail = fails(range, results);
            for entry in results.get_mut(range.clone()).unwrap_or_default().iter_mut().filter(|entry| entry.ok == Some(false)) {
                let host = hosts.iter().find(|host| host.label == entry.host.label && host.os_version == entry.host.os_version);
                if let Some(host) = host {
                    suggestions.add(self, one, host, entry);
                }
            }
            let Some(editable) = &one.found.editable else { continue };
            let hosts: Vec<&Host> = hosts.iter().collect();
            let new = if does_fail { suggestions.fitting(self, one, &hosts) } else { None };
            match new.and_then(|new| editable.for_reference(&new.reference)) {
                Some(new) => fixes.add(one.path, editable, new),
                None => fixes.forbid(one.path, editable),
            }
        }
        Ok(fixes)
    }

    /// The results of one reference on the hosts that it can land on.
    fn judged(&self, one: &Placed<'_>, image: &Image) -> Result<Vec<ResultEntry>, Error> {
        let policy = self.policy_of(one.found);
        let hosts = self.fleet.landing(&one.found.lands, &self.knowledge, policy.today)?;
        let entry = |host: &Host| {
            let judgement = compat::judge(&self.knowledge, host, image, &policy);
            let entry = ResultEntry::new(&self.knowledge, host, image, &judgement, &policy, &CommandLine);
            ResultEntry { location: Some(one.location()), ..entry }
        };
        let mut entries: Vec<ResultEntry> = hosts.iter().map(entry).collect();
        if one.found.needs != Needs::EveryHost && entries.iter().any(|entry| entry.ok == Some(true)) {
            entries.retain(|entry| entry.ok == Some(true));
        }
        Ok(entries)
    }

    fn policy_of(&self, found: &Found) -> Policy {
        let mut policy = self.policy.clone();
        if self.wish.is_none() {
            policy.wish = match found.isolation {
                None | Some(Asked::Default) => Wish::Default,
                Some(Asked::Process) => Wish::Process,
                Some(Asked::Hyperv) => Wish::Hyperv,
                Some(Asked::HostProcess) => Wish::HostProcess,
            };
        }
        if matches!(found.lands, Lands::Nodes(_)) && !self.names_engine {
            policy.engine = Some(HostEngine::new(Engine::Kubernetes, None));
        }
        policy
    }
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

/// True for an image without any entry for Windows.
fn is_foreign(image: &Image) -> bool {
    image.candidates.is_empty()
}

fn name_of(found: &Found) -> &str {
    match &found.meant {
        Meant::Known(text) => text,
        Meant::Unresolved(_) | Meant::Unevaluated { .. } => &found.written,
    }
}

fn unresolved(names: &[String]) -> Error {
    let mut named: Vec<&str> = names.iter().map(String::as_str).collect();
    named.dedup();
    let what = if named.len() == 1 { "variable" } else { "variables" };
    let first = named.first().copied().unwrap_or_default();
    Error::of(ErrorKind::Unresolved, format!("the {what} {} has no value", named.join(", ")))
        .hint(format!("give it one with --var {first}=VALUE, or with --env-file FILE"))
}

fn unevaluated(name: &str, expression: &str) -> Error {
    Error::of(ErrorKind::Unresolved, format!("the value of {name} cannot be told: it is {}", quoted(expression)))
        .hint(format!("give it one with --var {name}=VALUE"))
}

/// The references that are to be read, each once.
fn distinct<'p>(placed: &'p [Placed<'_>]) -> Vec<&'p str> {
    let known = placed.iter().filter_map(|one| match &one.found.meant {
        Meant::Known(text) => Some(text.as_str()),
        Meant::Unresolved(_) | Meant::Unevaluated { .. } => None,
    });
    let mut texts: Vec<&str> = known.collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}
