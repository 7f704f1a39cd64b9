//! `wincompat pull`: brings the entry of an image that fits the host into the store.

use std::io::Write as _;

use super::exit::ExitCode;
use super::failure::Failure;
use super::format::FormatArgs;
use super::io::Io;
use super::knowledge::KnowledgeArgs;
use super::platform::Platform;
use super::registries::{self, RegistryArgs};
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use super::time::today;
use super::{hosts, progress, reading, references};
use crate::Error;
use crate::compat::{self, Policy, Verdict};
use crate::host::{self, Host};
use crate::image::{Config, Digest, Image, Name, Reference};
use crate::knowledge::Knowledge;
use crate::oci::Images;
use crate::oci::layout::Folder;
use crate::oci::pull::{in_order, offer_unkept, pull, stored};
use crate::report::plain;
use crate::runner::census::{self, Census};
use crate::runner::store::Store;
use crate::text;

/// Download an image into the local store and verify it.
#[derive(clap::Args, Clone, Debug)]
#[command(
    mut_arg("format", |format| format.requires("dry_run")),
    after_help = "Examples:
  wincompat pull mcr.microsoft.com/windows/nanoserver:ltsc2022
  wincompat pull --host ltsc2022 --root ./store registry.example/app:1
  wincompat pull --dry-run --host windows-server-2022 registry.example/app:1

The store is an OCI image layout, which skopeo can read:
  skopeo --override-os windows copy oci:DIR:NAME DESTINATION
An interrupted pull continues where it stopped.
A dry run reads the layers from the registry to their end and lists the entries that `wincompat run` would refuse to import. Nothing is kept of them.

Exit codes: 0 success, 2 failure. With --dry-run: 0 nothing would be refused, 1 something would be, 2 failure."
)]
pub struct Args {
    /// The image: NAME[:TAG][@DIGEST].
    #[arg(value_name = "IMAGE")]
    image: String,
    /// Host to pull for (same values as `wincompat check --host`). Needed on Linux when the image has several Windows entries.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Pull the closest entry even if it cannot run on that host.
    #[arg(long)]
    force: bool,
    /// Print only the digest; with --dry-run, show no progress.
    #[arg(long, short)]
    quiet: bool,
    /// Read the layers without keeping them, and list what could not be imported.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    format: FormatArgs<Census>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
    #[command(flatten)]
    registries: RegistryArgs,
}

impl Subcommand for Args {
    fn store(&self) -> Option<&StoreArgs> {
        Some(&self.store)
    }

    /// Prints the digest of the pulled image's manifest on standard output, and on standard error what was done.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        if self.dry_run {
            let census = self.look(io.platform)?;
            self.format.write(&census, &io.page(), io.out)?;
            return Ok(if census.refused == 0 { ExitCode::DONE } else { ExitCode::NOT_OK });
        }
        let done = self.pull(io.platform)?;
        if !self.quiet {
            writeln!(io.err, "{}", plain::clean(&done.said))?;
        }
        writeln!(io.out, "{}", done.digest)?;
        Ok(ExitCode::DONE)
    }
}

/// A pull that is done.
struct Done {
    /// The digest of the image's manifest.
    digest: Digest,
    /// A sentence on what was done.
    said: String,
}

impl Args {
    fn pull(&self, platform: &Platform) -> Result<Done, Error> {
        let knowledge = self.knowledge.load()?;
        let reference = references::to_pull(&self.image, &knowledge)?;
        let name = registries::name(&reference)?;
        let root = self.store.folder(platform)?;
        // Before the image layout fills the store: this creates its folders with their access lists, and refuses a stranger's.
        Store::open(&*platform.folders, &root)?;
        let store = Folder::create(platform.folders.handles(), root)?;
        registries::runtime()?.block_on(async {
            let images = Images::new(self.registries.options(platform, true, None), &knowledge);
            let digest = self.find(platform, &images, &knowledge, &reference).await?;
            let before = stored(&store, name).ok().flatten();
            let pulled = pull(&images, name, &digest, &store, &progress::watch(self.quiet)).await?;
            let said = if before.is_some_and(|before| before == pulled) {
                format!("{name} is up to date")
            } else {
                format!("Pulled {name}: {}, {}", text::count(pulled.layers.len(), "layer"), text::size(pulled.size()))
            };
            Ok(Done { digest, said })
        })
    }

    /// Looks at the layers of the image, and keeps nothing of them.
    fn look(&self, platform: &Platform) -> Result<Census, Error> {
        let knowledge = self.knowledge.load()?;
        let reference = references::to_pull(&self.image, &knowledge)?;
        let name = registries::name(&reference)?;
        let runtime = registries::runtime()?;
        let images = Images::new(self.registries.options(platform, true, None), &knowledge);
        let digest = runtime.block_on(self.find(platform, &images, &knowledge, &reference))?;
        let watch = progress::watch(self.quiet);
        let (offers, arrivals) = in_order();
        std::thread::scope(|scope| {
            let offering = scope.spawn(|| runtime.block_on(offer_unkept(&images, name, &digest, &watch, offers)));
            let census = census::take(name.to_string(), digest.clone(), &arrivals);
            // Layers that nobody looks at any more are not waited for. A pull that failed ends by itself, and says why.
            let arrivals = census.is_ok().then_some(arrivals);
            let offered = offering.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            drop(arrivals);
            match (census?, offered) {
                (Some(census), Ok(_)) => Ok(census),
                (_, Err(error)) => Err(error),
                (None, Ok(_)) => Err(Error::new(format!("the layers of {name} were not read to their end"))),
            }
        })
    }

    /// The digest of the manifest for the host.
    async fn find(
        &self,
        platform: &Platform,
        images: &Images<'_>,
        knowledge: &Knowledge,
        reference: &Reference,
    ) -> Result<Digest, Error> {
        let mut image = images.resolve_one(reference).await?;
        let host = self.host(platform, knowledge)?;
        if let Some(host) = host.as_ref().filter(|_| image.candidates.len() > 1) {
            // An entry that turns out to be for another Windows than the index says is not the one to pull.
            let hosts = std::slice::from_ref(host);
            reading::confirm_choices(images, knowledge, hosts, &[], [(reference, &mut image)]).await;
        }
        self.choose(host.as_ref(), knowledge, &image, registries::name(reference)?)
    }

    /// The host for which the image is pulled; `None` where none is named and this is no Windows.
    fn host(&self, platform: &Platform, knowledge: &Knowledge) -> Result<Option<Host>, Error> {
        if self.host.is_none() && platform.live_host().is_none() {
            return Ok(None);
        }
        let texts: Vec<String> = self.host.iter().cloned().collect();
        let found = host::find(&texts, platform.live_host(), knowledge, today())?;
        Ok(Some(hosts::only(found, "an image is pulled for one host")?.host))
    }

    /// The digest of the manifest that is to be pulled.
    fn choose(&self, host: Option<&Host>, knowledge: &Knowledge, image: &Image, name: &Name) -> Result<Digest, Error> {
        let of = |number: Option<usize>| {
            let candidate = number.and_then(|number| image.candidates.get(number)).ok_or_else(|| {
                Error::new(format!("{name} has no entry for Windows")).hint("name an image built on a Windows base image")
            })?;
            // The built-in data knows builds, not digests.
            candidate.digest.clone().ok_or_else(|| {
                Error::new(format!("the manifest of {name} is not in the cache")).hint("pull it without --offline")
            })
        };
        let Some(host) = host else {
            return match image.candidates.len() {
                0 | 1 => of(Some(0)),
                number => Err(Error::new(format!("{name} has {number} entries for Windows"))
                    .hint("choose one with --host windows-server-2022")),
            };
        };
        let judgement = compat::judge(knowledge, host, image, &Policy::on(today()));
        if judgement.verdict == Verdict::Incompatible && judgement.chosen.is_some() && !self.force {
            let host_typed = self.host.as_deref().map(|host| format!("--host {host} ")).unwrap_or_default();
            return Err(Error::new(format!("{name} does not run on {}", host.name))
                .hint(format!("`wincompat check {host_typed}{name}` says why; --force pulls it anyway")));
        }
        // Another entry might be the right one: what was not read is not known.
        let chosen = judgement.chosen.and_then(|number| image.candidates.get(number));
        if let Some(Config::Unreadable(reason)) = chosen.map(|candidate| &candidate.config)
            && !self.force
        {
            return Err(Error::new(format!(
                "it is not known whether {name} runs on {}: its config could not be read",
                host.name
            ))
            .because(reason)
            .hint("try again when the registry answers; --force pulls it anyway"));
        }
        of(judgement.chosen)
    }
}
