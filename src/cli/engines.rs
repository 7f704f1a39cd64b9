//! `wincompat engines`: what every version of every engine takes of images on hosts.

use super::engine::EngineArgs;
use super::exit::ExitCode;
use super::failure::Failure;
use super::format::FormatArgs;
use super::hosts::HostArgs;
use super::io::Io;
use super::knowledge::KnowledgeArgs;
use super::policy::PolicyArgs;
use super::reading::read_images;
use super::references;
use super::registries::{CHECKED_WITHIN, RegistryArgs};
use super::subcommand::Subcommand;
use super::wording::CommandLine;
use crate::compat::{self, Answer, Policy, Wish};
use crate::host::{Host, HostEngine};
use crate::image::Image;
use crate::knowledge::Knowledge;
use crate::report::engines::EnginesReport;

/// Show which entry of an image each version of Docker, containerd and the kubelet takes.
#[derive(clap::Args, Clone, Debug)]
#[command(mut_arg("format", |format| format.short('f')), after_help = "Examples:
  wincompat engines --host windows-11-25h2 registry.example/app:1
  wincompat engines --host ltsc2022 --host ltsc2025 IMAGE
  wincompat engines --hosts nodes.json --isolation host-process IMAGE
  wincompat engines --host ltsc2025 --engine containerd@2.1.6 -f json IMAGE

Versions with the same answer stand in one row. Later versions than the last ones may answer differently.

Exit codes: 0 success, 2 an image or a host could not be read.")]
pub struct Args {
    /// Images: NAME[:TAG][@DIGEST], oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:TAG].
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<String>,
    #[command(flatten)]
    hosts: HostArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    format: FormatArgs<EnginesReport>,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
    #[command(flatten)]
    registries: RegistryArgs,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        let knowledge = self.knowledge.load()?;
        let policy = self.policy.policy(Wish::Default, None)?;
        let found = self.hosts.find(io, &knowledge, policy.today)?;
        let hosts: Vec<Host> = found.into_iter().map(|found| found.host).collect();
        let options = self.registries.options(io.platform, true, Some(CHECKED_WITHIN));
        let deadline = options.deadline;
        let references: Vec<_> = self.images.iter().map(|text| references::read(text, &knowledge, deadline)).collect();
        let images = read_images(options, &knowledge, &hosts, &every_version(&knowledge, &policy), &references, false);
        let mut report = EnginesReport::new(&knowledge);
        for (text, image) in self.images.iter().zip(images) {
            match image {
                Ok(image) => {
                    for host in &hosts {
                        let answers = self.answers(&knowledge, host, &image, &policy);
                        report.answered(&knowledge, &image, host, &policy, &answers, &CommandLine);
                    }
                }
                Err(error) => report.failed(text, &references::beside_folder(text, error), &CommandLine),
            }
        }
        self.format.write(&report, &io.page(), io.out)?;
        Ok(if report.errors.is_empty() { ExitCode::DONE } else { ExitCode::NOT_DONE })
    }
}

impl Args {
    /// The answers of the engines that were asked for, else of all.
    fn answers<'k>(
        &self,
        knowledge: &'k Knowledge,
        host: &Host,
        image: &Image,
        policy: &Policy,
    ) -> Vec<(HostEngine, Answer<'k>)> {
        let mut all = Vec::new();
        for engine in compat::known_engines() {
            let answers = compat::answers(knowledge, host, image, policy, &engine);
            let wanted = answers.into_iter().filter(|answer| self.engine.covers(knowledge, &engine, answer.versions));
            all.extend(wanted.map(|answer| (engine.clone(), answer)));
        }
        all
    }
}

/// The policy with every known version of every engine: the configs of what any of them takes are read.
fn every_version(knowledge: &Knowledge, policy: &Policy) -> Vec<Policy> {
    let versions = compat::known_engines().into_iter().flat_map(|engine| compat::versions_of(knowledge, &engine));
    versions.map(|engine| Policy { engine: Some(engine), ..policy.clone() }).collect()
}
