//! `wincompat check`: judges images on hosts.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::io::Read;
use std::path::Path;

use super::appended;
use super::engine::EngineArgs;
use super::exit::ExitCode;
use super::failure::Failure;
use super::format::{FormatArgs, OutputArgs};
use super::hosts::HostArgs;
use super::io::Io;
use super::knowledge::KnowledgeArgs;
use super::list;
use super::offered;
use super::policy::PolicyArgs;
use super::progress;
use super::references;
use super::registries::{CHECKED_WITHIN, RegistryArgs};
use super::subcommand::Subcommand;
use super::wording::CommandLine;
use crate::compat::{self, Code, Policy, Wish};
use crate::files::open_regular;
use crate::host::Host;
use crate::image::{Candidate, Config, Image, Reference};
use crate::knowledge::Knowledge;
use crate::oci::{Images, Options};
use crate::report::document::{ErrorEntry, Report, ResultEntry};
use crate::report::{Detail, Page, lines};
use crate::{Error, ErrorKind};

/// The most pairs of an image and a host that are judged at once: their results are held together, in about 500 MiB.
const MOST_PAIRS: usize = 100_000;

/// Check whether images can run on hosts, and in which isolation mode.
#[derive(clap::Args, Clone, Debug)]
#[command(mut_arg("format", |format| format.short('f')), after_help = "Examples:
  wincompat check mcr.microsoft.com/windows/nanoserver:1903
  wincompat check --host windows-server-2022 --host ltsc2019,no-hyperv IMAGE
  wincompat check --host 10.0.26100.4061,client --isolation process IMAGE
  wincompat check --host all --format json --from images.txt
  wincompat check --offline --host ltsc2025 mcr.microsoft.com/windows/nanoserver:ltsc2022

At most 100,000 pairs of an image and a host are judged at once.

Exit codes: 0 all images can run, 1 at least one cannot, 2 undecided, or an error occurred. 1 wins over 2.")]
pub struct Args {
    /// Images: NAME[:TAG][@DIGEST], oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:TAG].
    #[arg(value_name = "IMAGE", required_unless_present = "from")]
    images: Vec<String>,
    /// Read more image names from a file, one per line (`-` for standard input).
    #[arg(long, value_name = "FILE")]
    from: Option<String>,
    #[command(flatten)]
    hosts: HostArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    engine: EngineArgs,
    /// Treat these findings as errors: a code, or `warnings` for all; can be given several times.
    #[arg(long, value_name = "CODE", value_delimiter = ',', hide_possible_values = true, value_parser = offered::denied(denied))]
    deny: Vec<Denied>,
    /// Do not rely on assumptions: report such results as undecided.
    #[arg(long)]
    strict: bool,
    /// Trust the index and do not read the image config.
    #[arg(long)]
    no_confirm: bool,
    #[command(flatten)]
    format: FormatArgs<Report>,
    #[command(flatten)]
    output: OutputArgs<Report>,
    #[command(flatten)]
    detail: DetailArgs,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
    #[command(flatten)]
    registries: RegistryArgs,
}

/// The amount of text.
#[derive(clap::Args, Clone, Copy, Debug)]
struct DetailArgs {
    /// Show every result with all its findings.
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    /// Show failures only.
    #[arg(short, long)]
    quiet: bool,
}

impl DetailArgs {
    const fn detail(self) -> Detail {
        match (self.quiet, self.verbose) {
            (true, _) => Detail::Failures,
            (false, true) => Detail::Every,
            (false, false) => Detail::Summary,
        }
    }
}

/// One argument of `--deny`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denied {
    Warnings,
    Finding(Code),
}

/// The word of `--deny` for every warning.
pub const WARNINGS: &str = "warnings";

fn denied(text: &str) -> Result<Denied, String> {
    if text == WARNINGS {
        return Ok(Denied::Warnings);
    }
    text.parse().map(Denied::Finding).map_err(|_| {
        // Names of errors are suggested as well, and no error can be denied.
        let mut near = crate::explain::suggest(text, Code::all().map(Code::as_str).chain([WARNINGS]));
        near.retain(|name| *name == WARNINGS || name.parse::<Code>().is_ok());
        match near.as_slice() {
            [] => "no finding has this code; `wincompat explain --list` lists all of them".to_owned(),
            near => format!("no finding has this code; did you mean {}?", near.join(" or ")),
        }
    })
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let report = self.inputs(io)?.report();
        let page = Page { detail: self.detail.detail(), ..io.page() };
        // A file that cannot be written takes nothing from the answer, and does not hide that an image fails.
        let written = self.output.write(&report, &page);
        for warning in appended::append(&self.output.formats(self.format.chosen()), &report, &page) {
            io.warn(&warning);
        }
        if !self.format.is_for_people() {
            lines::write(&report, io.err)?;
        }
        self.format.write(&report, &page, io.out)?;
        match (written, ExitCode::of_results(&report.summary)) {
            (Err(error), ExitCode::NOT_OK) => {
                io.fail(&error);
                Ok(ExitCode::NOT_OK)
            }
            (Err(error), _) => Err(error.into()),
            (Ok(()), code) => Ok(code),
        }
    }
}

/// The inputs of a check: what its arguments mean.
struct Inputs {
    knowledge: Cow<'static, Knowledge>,
    policy: Policy,
    hosts: Vec<Host>,
    /// The references as they were typed.
    texts: Vec<String>,
    /// The access to images.
    options: Options,
    /// Nothing is shown of what is waited for.
    quiet: bool,
}

impl Inputs {
    /// Every image judged on every host.
    fn report(self) -> Report {
        let deadline = self.options.deadline;
        let references: Vec<_> = self.texts.iter().map(|text| references::read(text, &self.knowledge, deadline)).collect();
        let images = read_images(self.options, &self.knowledge, &self.hosts, &references, self.quiet);
        let mut results = Vec::with_capacity(self.hosts.len() * self.texts.len());
        let mut errors = Vec::new();
        for (text, image) in self.texts.iter().zip(images) {
            match image {
                Ok(image) => results.extend(self.hosts.iter().map(|host| {
                    let judgement = compat::judge(&self.knowledge, host, &image, &self.policy);
                    ResultEntry::new(&self.knowledge, host, &image, &judgement, &self.policy, &CommandLine)
                })),
                Err(error) => errors.push(ErrorEntry::new(text, &error, &CommandLine)),
            }
        }
        Report::new(&self.knowledge, results, errors)
    }
}

/// Reads every image, then the configs of the candidates chosen for any host.
fn read_images(
    options: Options,
    knowledge: &Knowledge,
    hosts: &[Host],
    references: &[Result<Reference, Error>],
    quiet: bool,
) -> Vec<Result<Image, Error>> {
    let confirm = options.confirm;
    let well_formed: Vec<Reference> = references.iter().flatten().cloned().collect();
    let mut read = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(async {
            let images = Images::new(options, knowledge);
            let reading = async {
                let mut read = images.resolve(&well_formed).await;
                if confirm {
                    let found = well_formed.iter().zip(&mut read);
                    let found = found.filter_map(|(reference, image)| Some((reference, image.as_mut().ok()?)));
                    confirm_choices(&images, knowledge, hosts, found).await;
                }
                read
            };
            progress::while_waiting(quiet, || images.waiting(), reading).await
        }),
        Err(error) => {
            let failed = Error::of(ErrorKind::Network, "no request can be sent").because(error.to_string());
            well_formed.iter().map(|_| Err(failed.clone())).collect()
        }
    }
    .into_iter();
    let missing = || Err(Error::of(ErrorKind::Network, "the image was not looked for"));
    references.iter().map(|reference| reference.clone().and_then(|_| read.next().unwrap_or_else(missing))).collect()
}

/// Reads the configs of the candidates chosen for any of the hosts. One that says another version than the index can make another
/// candidate the best, whose config is read then, and so on until nothing that is chosen is left to read.
pub async fn confirm_choices<'a>(
    images: &Images<'_>,
    knowledge: &Knowledge,
    hosts: &[Host],
    found: impl IntoIterator<Item = (&'a Reference, &'a mut Image)>,
) {
    let mut open: Vec<_> = found.into_iter().collect();
    // Each round reads a candidate of every image that is left.
    let most = open.iter().map(|(_, image)| image.candidates.len()).max().unwrap_or(0);
    for _ in 0..most {
        let unread: Vec<Vec<usize>> = open.iter().map(|(_, image)| unread_choices(knowledge, hosts, image)).collect();
        let mut left = unread.iter().map(|numbers| !numbers.is_empty());
        open.retain(|_| left.next().unwrap_or(false));
        if open.is_empty() {
            break;
        }
        let unread = unread.into_iter().filter(|numbers| !numbers.is_empty());
        let choices = open.iter_mut().zip(unread).map(|((reference, image), numbers)| (*reference, &mut **image, numbers));
        images.confirm_all(choices).await;
    }
}

/// The candidates chosen for any of the hosts whose configs were not read yet.
fn unread_choices(knowledge: &Knowledge, hosts: &[Host], image: &Image) -> Vec<usize> {
    let chosen: BTreeSet<usize> = hosts.iter().filter_map(|host| compat::choose(knowledge, host, image)).collect();
    // What is known without a registry has no config.
    let is_unread = |candidate: &Candidate| candidate.config == Config::NotRead && candidate.digest.is_some();
    let unread = |number: &usize| image.candidates.get(*number).is_some_and(is_unread);
    chosen.into_iter().filter(unread).collect()
}

impl Args {
    fn inputs(&self, io: &mut Io<'_>) -> Result<Inputs, Error> {
        let policy = self.policy()?;
        let knowledge = self.knowledge.load()?;
        if self.from.as_deref() == Some("-") && self.hosts.read_standard_input() {
            return Err(Error::new("images and hosts cannot both be read from standard input")
                .hint("put one of the two lists into a file, and name that"));
        }
        let found = self.hosts.find(io, &knowledge, policy.today)?;
        // What is named twice is judged once.
        let mut hosts: Vec<Host> = Vec::new();
        for host in found.into_iter().map(|found| found.host) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        let mut seen = HashSet::new();
        let mut texts = self.image_texts(io.input)?;
        texts.retain(|text| seen.insert(text.clone()));
        let pairs = hosts.len().saturating_mul(texts.len());
        if pairs > MOST_PAIRS {
            let (images, hosts) = (texts.len(), hosts.len());
            return Err(Error::new(format!("{images} images on {hosts} hosts are too much for one check"))
                .because(format!("these are {pairs} pairs, and at most {MOST_PAIRS} are judged at once"))
                .hint("check a part of the images or of the hosts at a time"));
        }
        // The time for everything begins here: a list may be typed.
        let options = self.registries.options(io.platform, !self.no_confirm, Some(CHECKED_WITHIN));
        Ok(Inputs { knowledge, policy, hosts, texts, options, quiet: self.detail.quiet })
    }

    fn policy(&self) -> Result<Policy, Error> {
        let findings = self.deny.iter().filter_map(|denied| match denied {
            Denied::Finding(code) => Some(*code),
            Denied::Warnings => None,
        });
        Ok(Policy {
            strict: self.strict,
            deny: findings.collect(),
            deny_warnings: self.deny.contains(&Denied::Warnings),
            ..self.policy.policy(Wish::Default, self.engine.engine())?
        })
    }

    /// The images of the arguments, then those of `--from`.
    fn image_texts(&self, stdin: &mut dyn Read) -> Result<Vec<String>, Error> {
        let mut texts = self.images.clone();
        let lines = match self.from.as_deref() {
            None => return Ok(texts),
            Some("-") => list::read("standard input", stdin),
            Some(path) => open_regular(Path::new(path))
                .map_err(|error| {
                    let failed = Error::of(ErrorKind::NotFound, format!("{path} could not be read"));
                    failed.because(error.to_string())
                })
                .and_then(|file| list::read(path, file)),
        }
        .map_err(|error| error.or_hint("--from takes a text file with one image a line, or - for standard input"))?;
        texts.extend(lines.into_iter().map(|line| line.text));
        if texts.is_empty() {
            return Err(Error::new("no image to check").hint("name an image, or write one per line into the list"));
        }
        Ok(texts)
    }
}
