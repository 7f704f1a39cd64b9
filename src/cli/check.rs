//! `wincompat check`: judges images on hosts.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use super::detail::DetailArgs;
use super::exit::ExitCode;
use super::failure::Failure;
use super::format::{FormatArgs, OutputArgs};
use super::fresh::{self, FreshArgs};
use super::hosts::HostArgs;
use super::io::Io;
use super::judged;
use super::judging::JudgingArgs;
use super::knowledge::KnowledgeArgs;
use super::list;
use super::paths;
use super::placed::refuse_shared;
use super::reading::read_images;
use super::references;
use super::registries::{CHECKED_WITHIN, RegistryArgs};
use super::subcommand::Subcommand;
use super::wording::{CommandLine, shell_word};
use crate::compat::{self, Policy};
use crate::files::open_regular;
use crate::host::Host;
use crate::image::Image;
use crate::knowledge::Knowledge;
use crate::oci::Options;
use crate::report::Page;
use crate::report::document::{ErrorEntry, Report, ResultEntry};
use crate::{Engine, Error, ErrorKind, engine};

/// What the list of images is, for one that cannot be read.
const FORM_OF_LIST: &str = "--from takes a text file with one image a line, or - for standard input";

/// The most pairs of an image and a host that are judged at once: their results are held together, in about 500 MiB.
const MOST_PAIRS: usize = 100_000;

/// Check whether images can run on hosts, and in which isolation mode.
#[derive(clap::Args, Clone, Debug)]
#[command(mut_arg("format", |format| format.short('f')), after_help = "Examples:
  wincompat check mcr.microsoft.com/windows/nanoserver:1903
  wincompat check --host windows-server-2022 --host ltsc2019,no-hyperv IMAGE
  wincompat check --host 10.0.26100.4061,client --isolation process IMAGE
  wincompat check --host all --format json --from images.txt
  wincompat check --host ltsc2025 --engine docker,containerd@2.1.6 IMAGE
  wincompat check --offline --host all mcr.microsoft.com/windows/nanoserver:1903

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
    judging: JudgingArgs,
    #[command(flatten)]
    fresh: FreshArgs,
    /// For Kubernetes, also check the pause image, which every pod needs: this one, or without a value the default of the node's
    /// containerd.
    #[arg(long, value_name = "IMAGE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pause: Option<String>,
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

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        refuse_shared(&self.output.files())?;
        let report = self.inputs(io)?.report();
        let page = Page { detail: self.detail.detail(), ..io.page() };
        judged::print(&report, &report, (&self.format, &self.output), &page, io)
    }
}

/// The inputs of a check: what its arguments mean.
struct Inputs {
    knowledge: Cow<'static, Knowledge>,
    policy: Policy,
    hosts: Vec<Host>,
    /// The references as they were typed.
    texts: Vec<String>,
    /// The pause image of each host, where it has one and it is wanted.
    pauses: Vec<Option<String>>,
    /// The age of an image in months that passes, where ages are looked at.
    fresh: Option<u32>,
    /// The access to images.
    options: Options,
    /// Nothing is shown of what is waited for.
    quiet: bool,
}

impl Inputs {
    /// Every image judged on every host.
    fn report(mut self) -> Report {
        let deadline = self.options.deadline;
        let mut texts = self.texts;
        let asked = texts.len();
        for pause in self.pauses.iter().flatten() {
            if !texts.contains(pause) {
                texts.push(pause.clone());
            }
        }
        let references: Vec<_> = texts.iter().map(|text| references::read(text, &self.knowledge, deadline)).collect();
        let images = read_images(
            self.options.clone(),
            &self.knowledge,
            &self.hosts,
            std::slice::from_ref(&self.policy),
            &references,
            self.quiet,
        );
        if let Some(months) = self.fresh {
            let found: Vec<&Image> = images.iter().flatten().collect();
            let freshness = fresh::of(months, self.options, &self.knowledge, &found, self.policy.today, self.quiet);
            self.policy.freshness = Some(freshness);
        }
        let mut results = Vec::with_capacity(self.hosts.len() * texts.len());
        let mut errors = Vec::new();
        for (number, (text, image)) in texts.iter().zip(images).enumerate() {
            // A pause image is that of some hosts alone.
            let hosts = self.hosts.iter().zip(&self.pauses);
            let hosts = hosts.filter(|(_, pause)| number < asked || pause.as_ref() == Some(text)).map(|(host, _)| host);
            match image {
                Ok(image) => results.extend(hosts.map(|host| {
                    let judgement = compat::judge(&self.knowledge, host, &image, &self.policy);
                    ResultEntry::new(&self.knowledge, host, &image, &judgement, &self.policy, &CommandLine)
                })),
                Err(error) => errors.push(ErrorEntry::new(text, &references::beside_folder(text, error), &CommandLine)),
            }
        }
        Report::new(&self.knowledge, results, errors)
    }
}

/// These hosts, each once: what is named twice is judged once.
fn once(hosts: Vec<Host>) -> Vec<Host> {
    let mut known: Vec<Host> = Vec::with_capacity(hosts.len());
    for host in hosts {
        if !known.contains(&host) {
            known.push(host);
        }
    }
    known
}

/// The error of more pairs than are judged at once. A host with several engines is one host, and a pair with each of them.
fn too_much(images: usize, hosts: usize, pairs: usize) -> Error {
    let (engines, parts) = if pairs > images.saturating_mul(hosts) {
        (" with several engines", "the images, of the hosts or of the engines")
    } else {
        ("", "the images or of the hosts")
    };
    let of = |number: usize, one: &str| if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") };
    Error::new(format!("a check of {} on {}{engines} is too large", of(images, "image"), of(hosts, "host")))
        .because(format!("these are {pairs} pairs, and at most {MOST_PAIRS} are judged at once"))
        .hint(format!("check a part of {parts} at a time"))
}

impl Args {
    fn inputs(&self, io: &mut Io<'_>) -> Result<Inputs, Error> {
        let policy = self.judging.policy()?;
        let knowledge = self.knowledge.load()?;
        if self.from.as_deref() == Some("-") && self.hosts.read_standard_input() {
            return Err(Error::new("images and hosts cannot both be read from standard input")
                .hint("put one of the two lists into a file, and name that"));
        }
        let found = self.hosts.find(io, &knowledge, policy.today)?;
        let machines = once(found.into_iter().map(|found| found.host).collect());
        let counted = machines.len();
        let hosts = once(self.judging.on_engines(machines));
        let pauses = self.pauses(&hosts, &policy, &knowledge)?;
        let mut seen = HashSet::new();
        let mut texts = self.image_texts(io.input)?;
        texts.retain(|text| seen.insert(text.clone()));
        let pairs = hosts.len().saturating_mul(texts.len());
        if pairs > MOST_PAIRS {
            return Err(too_much(texts.len(), counted, pairs));
        }
        // The time for everything begins here: a list may be typed.
        let options = self.registries.options(io.platform, !self.judging.no_confirm, Some(CHECKED_WITHIN));
        let (fresh, quiet) = (self.fresh.months(), self.detail.is_quiet());
        Ok(Inputs { knowledge, policy, hosts, texts, pauses, fresh, options, quiet })
    }

    /// The pause image of each host on which the kubelet starts containers, where it is wanted.
    fn pauses(&self, hosts: &[Host], policy: &Policy, knowledge: &Knowledge) -> Result<Vec<Option<String>>, Error> {
        let Some(wanted) = &self.pause else { return Ok(vec![None; hosts.len()]) };
        let default_of = |host: &Host| {
            let (versions, _) = engine::versions(knowledge, &policy.engine_of(host))?;
            versions.pause.clone()
        };
        let is_node = |host: &&Host| policy.engine_on(host) == Engine::Kubernetes;
        if !hosts.iter().any(|host| is_node(&host)) {
            return Err(Error::new("--pause is for Kubernetes, and no host has this engine")
                .hint("name the engine with --engine kubernetes, or nodes with --hosts nodes.json"));
        }
        let of_host = |host| {
            Some(host).filter(is_node).and_then(|host| match wanted.as_str() {
                "" => default_of(host),
                named => Some(named.to_owned()),
            })
        };
        Ok(hosts.iter().map(of_host).collect())
    }

    /// The images of the arguments, then those of `--from`.
    fn image_texts(&self, stdin: &mut dyn Read) -> Result<Vec<String>, Error> {
        let mut texts = self.images.clone();
        let lines = match self.from.as_deref() {
            None => return Ok(texts),
            Some("-") => list::read("standard input", stdin),
            Some(path) => match references::not_a_list(path) {
                Some(error) => Err(error),
                None => open_regular(Path::new(path))
                    .map_err(|error| {
                        let failed = Error::of(ErrorKind::NotFound, format!("{path} could not be read"));
                        failed.because(error.to_string())
                    })
                    .and_then(|file| list::read(path, file)),
            },
        }
        .map_err(|error| {
            let typed = |meant: &str| format!("--from {}", shell_word(meant));
            let meant = self.from.as_deref().and_then(|path| paths::meant(Path::new(path), typed));
            error.or_hint(meant.unwrap_or_else(|| FORM_OF_LIST.to_owned()))
        })?;
        texts.extend(lines.into_iter().map(|line| line.text));
        if texts.is_empty() {
            return Err(Error::new("no image to check").hint("name an image, or write one per line into the list"));
        }
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_with_several_engines_is_counted_once() {
        let said = |error: Error| (error.what, error.hint.unwrap().to_string());
        let (what, hint) = said(too_much(60_000, 1, 120_000));
        assert_eq!(what, "a check of 60000 images on 1 host with several engines is too large");
        assert_eq!(hint, "check a part of the images, of the hosts or of the engines at a time");
        let (what, hint) = said(too_much(1, 120_000, 120_000));
        assert_eq!(what, "a check of 1 image on 120000 hosts is too large");
        assert_eq!(hint, "check a part of the images or of the hosts at a time");
    }
}
