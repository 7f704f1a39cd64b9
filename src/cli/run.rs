//! `wincompat run`: judges, pulls and imports an image, then runs a container from start to end.

mod behind;
mod choice;
mod request;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use uuid::Uuid;

use super::exit::ExitCode;
use super::failure::Failure;
use super::format::FormatArgs;
use super::io::Io;
use super::knowledge::KnowledgeArgs;
use super::notation::flags::{self, Volume};
use super::notation::hardware::{self, WindowsOn};
use super::platform::Platform;
use super::policy::PolicyArgs;
use super::process::ProcessArgs;
use super::registries::{self, RegistryArgs};
use super::store::StoreArgs;
use super::subcommand::Subcommand;
use super::trace::TraceArgs;
use super::{detached, hosts, progress, terminal, warnings};
use crate::advice::{Command, advice};
use crate::compat::{Policy, Wish};
use crate::hcs::documents::{Cpus, PortMapping};
use crate::hcs::machine::{CALL_TIMEOUT, Machine};
use crate::host::{self, Found, HostEngine};
use crate::knowledge::Knowledge;
use crate::oci::Images;
use crate::oci::layout::Folder;
use crate::oci::pull::{self, Offers, Pulled, pull_in_order};
use crate::runner::life::context::Context;
use crate::runner::life::dry_run::{self, Planned, Preparation};
use crate::runner::life::interrupts::Interrupts;
use crate::runner::life::run;
use crate::runner::log::Log;
use crate::runner::request::{NetworkWish, RunRequest};
use crate::runner::store::Store;
use crate::runner::store::arriving::{self, Place};
use crate::runner::store::import;
use crate::runner::store::name;
use crate::{Engine, Error};

/// The time between two looks at whether a pull was interrupted.
const INTERRUPTS: Duration = Duration::from_millis(100);

/// Run a container without Docker or containerd.
#[derive(clap::Args, Clone, Debug)]
#[command(
    mut_arg("format", |format| format.requires("dry_run")),
    override_usage = "wincompat run [OPTIONS] <IMAGE> [COMMAND]...",
    after_help = "Examples:
  wincompat run mcr.microsoft.com/windows/nanoserver:ltsc2022 cmd /c ver
  wincompat run -d --isolation=process --name web -p 8080:80 IMAGE
  wincompat run --rm -e GREETING=hello IMAGE cmd /c \"echo %GREETING%\"
  wincompat run --rm -v C:\\src:C:\\src:ro IMAGE cmd /c dir C:\\src
  wincompat run --dry-run --host windows-server-2022 IMAGE

Options go before the image: what follows it is the container's command.

The image is checked first, as with `wincompat check`. If it cannot run here, nothing is pulled.
Ctrl-C is sent to the container. Press it again to kill the process, a third time to stop waiting, a fourth time to quit.
So far this has been run against an emulation of the Host Compute Service only, not on Windows itself.

Exit codes: the container's own; 125 wincompat failed or refused, 126 the command cannot be started, 127 the command was not found."
)]
pub struct Args {
    /// Image to run. Everything after it is the command for the container.
    // One argument: with two, wincompat would take options that follow the image, and Docker hands them on.
    #[arg(value_names = ["IMAGE", "COMMAND"], num_args = 1.., required = true, trailing_var_arg = true)]
    image_and_command: Vec<String>,
    /// Run in the background and print the container ID.
    #[arg(short, long)]
    detach: bool,
    /// Remove the container when it stops.
    #[arg(long = "rm")]
    remove: bool,
    #[command(flatten)]
    process: ProcessArgs,
    /// Container name.
    #[arg(long, value_parser = name::parse)]
    name: Option<String>,
    /// Override the entry point of the image.
    #[arg(long, value_name = "PROGRAM")]
    entrypoint: Option<String>,
    /// Host name of the container.
    #[arg(long, value_name = "NAME", value_parser = flags::host_name)]
    hostname: Option<String>,
    #[command(flatten)]
    policy: PolicyArgs,
    /// Network: nat, none or a network name (default: the NAT network, if any).
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    network: Option<NetworkWish>,
    /// Publish container ports on the host; can be given several times.
    #[arg(short, long, value_name = "HOST:CONTAINER[/udp]", value_parser = flags::publish)]
    publish: Vec<Vec<PortMapping>>,
    /// Mount a folder, file or named pipe of the host; can be given several times.
    #[arg(short, long, value_name = "HOST:CONTAINER[:ro]", value_parser = flags::volume)]
    volume: Vec<Volume>,
    /// Memory limit, e.g. 2g.
    #[arg(short, long, value_name = "SIZE", value_parser = flags::memory)]
    memory: Option<u64>,
    /// CPU limit, e.g. 1.5.
    #[arg(long, value_name = "NUMBER", value_parser = flags::cpus)]
    cpus: Option<Cpus>,
    /// Size of the container's disk, e.g. size=40G.
    #[arg(long, value_name = "size=SIZE", value_parser = hardware::storage_option)]
    storage_opt: Option<u64>,
    /// Give the container a class of devices of the host, e.g. graphics (process isolation only); can be given several times.
    #[arg(long, value_name = "class/GUID", value_parser = hardware::device)]
    device: Vec<Uuid>,
    /// Label for `wincompat ps --filter label=` and `inspect`; can be given several times.
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = hardware::label)]
    label: Vec<(String, String)>,
    /// Refuse to run unless the host is of this platform.
    #[arg(long, value_name = "windows/ARCH", value_parser = hardware::platform)]
    platform: Option<WindowsOn>,
    /// When to ask the registry.
    #[arg(long, value_enum, default_value_t)]
    pull: When,
    /// Seconds that `wincompat stop` waits before killing the container.
    #[arg(long, value_name = "SECONDS")]
    stop_timeout: Option<u32>,
    /// The host: `local`, with attributes, e.g. local,no-hyperv; with --dry-run any that `wincompat check` takes.
    #[arg(long, value_name = "HOST", default_value = "local")]
    host: String,
    #[command(flatten)]
    trace: TraceArgs,
    /// Print what would be done, without doing it.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    format: FormatArgs<Planned>,
    /// Run even if the check says this image cannot run here.
    #[arg(long)]
    force: bool,
    /// Do not show the progress of the pull.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
    #[command(flatten)]
    registries: RegistryArgs,
}

/// When a registry is asked for an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum When {
    /// If the store does not have it.
    #[default]
    Missing,
    /// Every time.
    Always,
    /// Not at all.
    Never,
}

fn network(text: &str) -> Result<NetworkWish, String> {
    Ok(match text {
        "" => return Err("a network has a name; none is the word for none".to_owned()),
        "nat" => NetworkWish::Nat,
        "none" => NetworkWish::None,
        name => NetworkWish::Named(name.to_owned()),
    })
}

impl Subcommand for Args {
    fn store(&self) -> Option<&StoreArgs> {
        Some(&self.store)
    }

    /// Runs the container, and passes its exit code on.
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        Ok(ExitCode::of_container(self.start(io)?))
    }

    fn exit_code(&self, error: &Error) -> ExitCode {
        ExitCode::of_unstarted(error.kind)
    }
}

impl Args {
    fn image(&self) -> &str {
        self.image_and_command.first().map(String::as_str).unwrap_or_default()
    }

    /// Judges, pulls, imports and starts: the exit code of the container, or 0 in the background.
    fn start(&self, io: &mut Io<'_>) -> Result<u32, Failure> {
        if self.policy.wish() == Some(Wish::HostProcess) {
            return Err(Error::new("wincompat cannot run HostProcess containers")
                .hint("run the program on the host itself, or take another --isolation")
                .into());
        }
        if self.detach && self.process.tty {
            return Err(Error::new("-d cannot be combined with -t").hint("remove -t or -d").into());
        }
        if self.dry_run && self.trace.path().is_some() {
            return Err(Error::new("a dry run calls nothing of Windows, so there is nothing to trace")
                .hint("leave out --trace; --format json shows the calls that would be made")
                .into());
        }
        if !self.dry_run {
            self.process.check_terminal()?;
        }
        let platform = io.platform;
        let given = self.given()?;
        let policy = self.policy.policy(Wish::Auto, Some(HostEngine::new(Engine::Wincompat, None)))?;
        let knowledge = self.knowledge.load()?;
        let mut host = self.find_host(platform, &knowledge, &policy)?;
        self.check_platform(&host)?;
        let root = self.store.folder(platform)?;
        let runtime = registries::runtime()?;
        let images = Images::new(self.registries.options(platform, true, None), &knowledge);

        let chosen = runtime.block_on(self.choose(platform, &images, &knowledge, &host, &policy, &root))?;
        let isolation = self.isolation(&knowledge, &host, &chosen, &policy, io)?;
        given.check(isolation)?;
        if self.dry_run {
            let (pulled, is_pulled) = match &chosen.stored {
                Some(pulled) => (pulled.clone(), true),
                None => (runtime.block_on(pull::described(&images, &chosen.name, &chosen.digest()?))?, false),
            };
            self.check_behind(&pulled, io.err)?;
            let request = self.request(&pulled, isolation, given)?;
            let preparation = Preparation {
                host: host.host.name,
                image: chosen.name.to_string(),
                layers: pulled.layers.len(),
                bytes: pulled.size(),
                is_pulled,
                is_imported: is_pulled && is_imported(platform, &root, &pulled),
            };
            self.format.write(&dry_run::plan(request, preparation, &root)?, &io.page(), io.out)?;
            return Ok(0);
        }

        let needs_import = chosen.stored.as_ref().is_none_or(|pulled| !is_imported(platform, &root, pulled));
        let machine = platform.connect(self.trace.open()?, CALL_TIMEOUT)?;
        host.launch = platform.launch(&*machine, &root);
        let needs_elevation = needs_import || self.needs_elevation(&given);
        if let Some(refusal) = host::refusal(&host::obstacles(&host, isolation, needs_elevation), isolation) {
            return Err(refusal.into());
        }
        let store = Store::open(&*platform.folders, &root)?;
        let blobs = Folder::create(platform.folders.handles(), &root)?;
        let interrupts = terminal::interrupts(platform, &self.store)?;
        let (watch, importing) = progress::pulling_and_importing(self.quiet);
        let place = Place { machine: &*machine, store: &store, blobs: &blobs, interrupts: &interrupts, report: &*importing };
        // Before minutes of importing.
        let before = |pulled: &Pulled| -> Result<RunRequest, Failure> {
            self.check_behind(pulled, io.err)?;
            let request = self.request(pulled, isolation, given)?;
            request.process.check()?;
            Ok(request)
        };
        let request = match &chosen.stored {
            Some(pulled) => {
                let request = before(pulled)?;
                import::import(&*machine, &store, &blobs, &pulled.layers, &interrupts, &*importing)?;
                request
            }
            None => {
                let (name, digest) = (&chosen.name, chosen.digest()?);
                let pull = |offers: Offers| {
                    runtime.block_on(async {
                        tokio::select! {
                            pulled = pull_in_order(&images, name, &digest, &blobs, &watch, offers) => pulled,
                            error = interrupted(&interrupts) => Err(error),
                        }
                    })
                };
                arriving::pull_and_import(&place, pull, before)?
            }
        };
        drop(images);
        drop(runtime);
        if self.detach {
            drop(machine);
            let id = detached::start(platform, &root, self.trace.path(), &request, &interrupts, io.err)?;
            writeln!(io.out, "{id}")?;
            return Ok(0);
        }
        attached(platform, &*machine, &store, &request, &interrupts, io)
    }

    /// This host, or any one with `--dry-run`.
    fn find_host(&self, platform: &Platform, knowledge: &Knowledge, policy: &Policy) -> Result<Found, Error> {
        let is_local = self.host == "local" || self.host.starts_with("local,");
        if !is_local && !self.dry_run {
            return Err(Error::new(format!("a container runs on this host, and not on `{}`", self.host))
                .hint("say --host local,ATTRIBUTES, or --dry-run for another host"));
        }
        let live = platform.live_host();
        let found = host::find(std::slice::from_ref(&self.host), live, knowledge, policy.today).map_err(|error| {
            if live.is_none() && is_local {
                error.hint("see what another host would do: --dry-run --host windows-server-2022")
            } else {
                error
            }
        })?;
        hosts::only(found, "a container runs on one host")
    }

    /// Refuses a host with another processor than `--platform` names.
    fn check_platform(&self, host: &Found) -> Result<(), Error> {
        let is = host.host.architecture;
        match self.platform {
            Some(WindowsOn(Some(asked))) if asked != is => Err(Error::new(format!(
                "{} has the platform windows/{}, and --platform asks for windows/{}",
                host.host.name,
                is.as_str(),
                asked.as_str()
            ))
            .hint("leave out --platform: the entry of the image is chosen for this host")),
            _ => Ok(()),
        }
    }
}

/// Waits for an interrupt.
async fn interrupted(interrupts: &Interrupts) -> Error {
    loop {
        if let Err(error) = interrupts.check() {
            return error;
        }
        tokio::time::sleep(INTERRUPTS).await;
    }
}

/// True if the store has all layers ready for containers.
fn is_imported(platform: &Platform, root: &Path, pulled: &Pulled) -> bool {
    Store::at(&*platform.folders, root).is_ok_and(|store| pulled.layer_ids().iter().all(|id| import::is_complete(&store, id)))
}

/// Runs the container and stays with it.
fn attached(
    platform: &Platform,
    machine: &dyn Machine,
    store: &Store,
    request: &RunRequest,
    interrupts: &Interrupts,
    io: &mut Io<'_>,
) -> Result<u32, Failure> {
    let _console = request.process.console.map(|_| platform.raw_console(request.process.stdin));
    let context = Context { machine, store, interrupts, report: &warnings::note, console: &terminal::size };
    let outcome = run::run(&context, request, |claim| {
        let ours = terminal::stdio(platform, request.process.stdin)?;
        // A container that is removed at its end needs no log.
        if request.remove { Ok(ours) } else { Ok(ours.logged(&Log::create(claim.open_folder()?)?)) }
    })?;
    for left in &outcome.left_over {
        io.warn(&advice![left.what.as_str(), "; ", Command::Prune, " tries again"]);
    }
    if let (Some(left), true) = (outcome.left_over.into_iter().next(), outcome.exit_code.is_ok()) {
        io.report(left);
    }
    Ok(outcome.exit_code?)
}
