//! `wincompat run`: judge, pull, import, then a container's life.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::facts::KnowledgeArgs;
use super::policy::PolicyArgs;
use super::process::ProcessArgs;
use super::refusal::Refusal;
use super::registries::RegistryArgs;
use super::store::StoreArgs;
use super::{detached, progress, terminal};
use crate::compat::{self, Code, Isolation, Judgement, Policy, Severity, Use, Wish};
use crate::host::{self, Found};
use crate::image::layout::Folder;
use crate::image::reference::Location;
use crate::image::{Image, Images, Name, Reference};
use crate::knowledge::Knowledge;
use crate::report::document::{Entry, Report};
use crate::report::{self, Format, plain};
use crate::runner::command_line::Command;
use crate::runner::documents::{Cpus, Mount, Pipe, PortMapping};
use crate::runner::flags::{self, Environment, Volume};
use crate::runner::image_config::ProcessConfig;
use crate::runner::interrupts::Interrupts;
use crate::runner::log::Log;
use crate::runner::plan::{self, Plan, Planned};
use crate::runner::preflight;
use crate::runner::pull::{self, Pulled, pull};
use crate::runner::recipe::{self, Kitchen, Progress};
use crate::runner::request::{NetworkWish, ProcessRequest, Request};
use crate::runner::stdio::Stdio;
use crate::runner::store::Store;
use crate::runner::system::{PATIENCE, this_machine};
use crate::runner::trace::Trace;
use crate::runner::{import, name};

/// Run a container, with no engine.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat run mcr.microsoft.com/windows/nanoserver:ltsc2022 cmd /c ver
  wincompat run -d --isolation=process --name web -p 8080:80 IMAGE
  wincompat run --rm -e GREETING=hello -v C:\\src:C:\\src:ro IMAGE cmd /c \"echo %GREETING%\"
  wincompat run --dry-run --host windows-server-2022 IMAGE

The pair of image and host is judged first, as `wincompat check` does it; one that cannot work is refused before anything is pulled.
So far this has been run against an emulation of the Host Compute Service only, not on Windows itself.

Exit codes: the container's own; 125 wincompat failed or refused, 126 the command cannot be started, 127 there is no such command.")]
pub struct Args {
    /// The image: NAME[:TAG][@DIGEST].
    #[arg(value_name = "IMAGE")]
    image: String,
    /// The command, and its arguments; the image's own if nothing is said.
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
    /// Run in the background, and print the container's id.
    #[arg(short, long)]
    detach: bool,
    /// Remove the container when it has ended.
    #[arg(long = "rm")]
    remove: bool,
    /// What the container is called.
    #[arg(long, value_parser = name::parse)]
    name: Option<String>,
    /// The program, in the place of the image's own.
    #[arg(long, value_name = "PROGRAM")]
    entrypoint: Option<String>,
    /// The computer name inside.
    #[arg(long, value_name = "NAME", value_parser = flags::host_name)]
    hostname: Option<String>,
    #[command(flatten)]
    policy: PolicyArgs,
    /// The network: nat, none, or a network's name; a NAT network if there is one, if nothing is said.
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    network: Option<NetworkWish>,
    /// Publish ports of the container on the host; repeatable.
    #[arg(short, long, value_name = "HOST:CONTAINER[/udp]", value_parser = flags::publish)]
    publish: Vec<Vec<PortMapping>>,
    /// Show a folder or a named pipe of the host in the container; repeatable.
    #[arg(short, long, value_name = "HOST:CONTAINER[:ro]", value_parser = flags::volume)]
    volume: Vec<Volume>,
    /// The most memory it may use, e.g. 2g.
    #[arg(long, value_name = "SIZE", value_parser = flags::memory)]
    memory: Option<u64>,
    /// The most processors it may use, e.g. 1.5.
    #[arg(long, value_name = "NUMBER", value_parser = flags::cpus)]
    cpus: Option<Cpus>,
    /// When to ask the registry.
    #[arg(long, value_enum, default_value_t)]
    pull: When,
    /// How many seconds `wincompat stop` waits before it ends the container by force.
    #[arg(long, value_name = "SECONDS")]
    stop_timeout: Option<u32>,
    /// The host: `local`, with attributes, e.g. local,no-hyperv; with --dry-run any that `wincompat check` takes.
    #[arg(long, value_name = "HOST", default_value = "local")]
    host: String,
    /// Write down every call of Windows, one JSON line each. Environment variables are in it.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Show what would be done, and do none of it.
    #[arg(long)]
    dry_run: bool,
    /// Go on where wincompat would refuse the pair of image and host.
    #[arg(long)]
    force: bool,
    /// Show no progress of the pull.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    process: ProcessArgs,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    registries: RegistryArgs,
    #[command(flatten)]
    knowledge: KnowledgeArgs,
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

/// Runs the container; the answer is the exit code, the container's own if it has one.
///
/// # Errors
///
/// A stream that cannot be written.
pub fn run(args: &Args, columns: u16, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u32> {
    match args.run(columns, out, err) {
        Ok(code) => Ok(code),
        Err(Failure::Refused(refusal)) => {
            refusal.write(err)?;
            Ok(refusal.exit.code())
        }
        Err(Failure::Stream(error)) => Err(error),
    }
}

/// Why there is no exit code of a container.
enum Failure {
    Refused(Refusal),
    Stream(io::Error),
}

impl<E: Into<Refusal>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// What flags name of this machine.
struct Given {
    environment: Environment,
    mounts: Vec<Mount>,
    pipes: Vec<Pipe>,
}

/// The image, as far as it is known before its layers are there.
struct Chosen {
    name: Name,
    judgement: Judgement,
    image: Image,
    /// What the store has of it.
    stored: Option<Pulled>,
}

impl Args {
    fn run(&self, columns: u16, out: &mut dyn Write, err: &mut dyn Write) -> Result<u32, Failure> {
        if self.policy.isolation == Wish::HostProcess {
            return Err(Refusal::new("wincompat runs no HostProcess containers")
                .hint("run the program on the host itself, or take another --isolation")
                .into());
        }
        if self.detach && self.process.tty {
            return Err(Refusal::new("a container in the background has no console").hint("leave out -t or -d").into());
        }
        if !self.dry_run {
            self.process.check_terminal()?;
        }
        let given = self.given()?;
        let policy = self.policy.policy()?;
        let knowledge = self.knowledge.load()?;
        let mut host = self.find_host(&knowledge, &policy)?;
        let root = self.store.folder()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Refusal::new("no request can be sent").because(error))?;
        let images = Images::new(self.registries.options(true, None), &knowledge);

        let chosen = runtime.block_on(self.choose(&images, &knowledge, &host, &policy, &root))?;
        let isolation = self.isolation(&knowledge, &host, &chosen, columns, err)?;
        if self.dry_run {
            let pulled = match chosen.stored {
                Some(pulled) => pulled,
                None => runtime.block_on(pull::described(&images, &chosen.name, &digest(&chosen)?))?,
            };
            let request = self.request(&pulled, isolation, given)?;
            return print_plan(&request, &root, out);
        }

        let needs_import = chosen.stored.as_ref().is_none_or(|pulled| !is_imported(&root, pulled));
        let system = this_machine(self.open_trace()?, PATIENCE)?;
        host.launch = Some(preflight::facts(&*system, &root));
        if let Some(refusal) = preflight::refusal(&preflight::check(&host, isolation, needs_import), isolation) {
            return Err(refusal.into());
        }
        let store = Store::open(&root)?;
        let blobs = Folder::create(&root)?;
        let pulled = match chosen.stored {
            Some(pulled) => pulled,
            None => {
                let watch = progress::watch(self.quiet);
                runtime.block_on(pull(&images, &chosen.name, &digest(&chosen)?, &blobs, &watch))?
            }
        };
        drop(images);
        drop(runtime);
        let request = self.request(&pulled, isolation, given)?;
        // Not after minutes of importing.
        request.process.check()?;
        let interrupts = terminal::interrupts()?;
        import::import(&*system, &store, &blobs, &pulled.layers, &interrupts, &|event| {
            progress::importing(event, self.quiet);
        })?;
        if self.detach {
            drop(system);
            let id = detached::start(&root, self.trace.as_deref(), &request, &interrupts, err)?;
            writeln!(out, "{id}").map_err(Failure::Stream)?;
            return Ok(0);
        }
        attached(&*system, &store, &request, &interrupts, err)
    }

    /// This host, or with `--dry-run` any one.
    fn find_host(&self, knowledge: &Knowledge, policy: &Policy) -> Result<Found, Refusal> {
        let is_local = self.host == "local" || self.host.starts_with("local,");
        if !is_local && !self.dry_run {
            return Err(Refusal::new(format!("a container runs on this host, and not on `{}`", self.host))
                .hint("say --host local,ATTRIBUTES, or --dry-run for another host"));
        }
        let found = host::find(std::slice::from_ref(&self.host), knowledge, policy.today)?;
        let [host] = <[Found; 1]>::try_from(found)
            .map_err(|hosts| Refusal::new(format!("a container runs on one host, and these are {}", hosts.len())))?;
        Ok(host)
    }

    /// The image from the store or else its registry, judged.
    async fn choose(
        &self,
        images: &Images<'_>,
        knowledge: &Knowledge,
        host: &Found,
        policy: &Policy,
        root: &Path,
    ) -> Result<Chosen, Refusal> {
        let reference: Reference = self.image.parse()?;
        let Location::Registry(name) = reference.location().clone() else {
            return Err(Refusal::new(format!("{} is in no registry", reference.as_str()))
                .hint("push it to a registry first: `skopeo copy SOURCE docker://REGISTRY/NAME:TAG`"));
        };
        let judged = async |place: &Reference| {
            let resolved = images.resolve(std::slice::from_ref(place)).await.pop();
            let mut image = resolved.ok_or_else(|| Refusal::new("the image was not looked for"))??;
            reference.as_str().clone_into(&mut image.reference);
            image.repository = Some(name.repository_with_registry());
            super::check::confirm_choice(images, knowledge, &host.host, place, &mut image).await;
            let judgement = compat::judge(knowledge, &host.host, &image, policy);
            Ok::<_, Refusal>((image, judgement))
        };
        let in_store = match stored(root, &name)? {
            Some(stored) if self.pull != When::Always => {
                let (image, judgement) = judged(&Reference::in_layout(root, &name)).await?;
                let chosen = Chosen { name: name.clone(), judgement, image, stored: Some(stored) };
                if chosen.judgement.ok == Some(true) || self.pull == When::Never {
                    return Ok(chosen);
                }
                Some(chosen)
            }
            _ => None,
        };
        if self.pull == When::Never {
            return Err(Refusal::new(format!("{name} is not in the store, and --pull never forbids to fetch it"))
                .hint(format!("`wincompat pull {name}` fetches it")));
        }
        // What was pulled for another host does not stand in the way of the entry for this one.
        match (judged(&reference).await, in_store) {
            (Ok((image, judgement)), _) => Ok(Chosen { name, judgement, image, stored: None }),
            (Err(_), Some(in_store)) => Ok(in_store),
            (Err(refusal), None) => Err(refusal),
        }
    }

    /// The isolation that was judged to be right; a pair that cannot work is refused, unless it is forced.
    fn isolation(
        &self,
        knowledge: &Knowledge,
        host: &Found,
        chosen: &Chosen,
        columns: u16,
        err: &mut dyn Write,
    ) -> Result<Isolation, Failure> {
        let judgement = &chosen.judgement;
        match judgement.taken {
            Some(taken) if judgement.ok == Some(true) => {
                warn(judgement, knowledge, host, chosen, err).map_err(Failure::Stream)?;
                return Ok(if taken == Use::Hyperv { Isolation::Hyperv } else { Isolation::Process });
            }
            _ => {}
        }
        let entry = Entry::new(knowledge, &host.host, &chosen.image, judgement);
        report::write(&Report::new(knowledge, vec![entry], Vec::new()), Format::Table, columns, err).map_err(Failure::Stream)?;
        writeln!(err).map_err(Failure::Stream)?;
        let forced = match self.policy.isolation {
            Wish::Process => Isolation::Process,
            Wish::Hyperv => Isolation::Hyperv,
            Wish::Auto | Wish::Default | Wish::HostProcess => Isolation::default_of(host.host.kind),
        };
        if self.force && judgement.chosen.is_some() {
            writeln!(err, "warning: going on with {} isolation, since --force says so", forced.as_str())
                .map_err(Failure::Stream)?;
            return Ok(forced);
        }
        let verdict = if judgement.ok.is_none() { "it cannot be decided whether" } else { "" };
        let what = match judgement.ok {
            None => format!("{verdict} {} runs on {} as asked", chosen.name, host.host.name),
            Some(_) => format!("{} does not run on {} as asked", chosen.name, host.host.name),
        };
        Err(Refusal::new(what.trim_start()).hint("the findings above say what to do; --force tries it all the same").into())
    }

    /// What flags name of this machine, looked at before anything is fetched.
    fn given(&self) -> Result<Given, Refusal> {
        let (mut mounts, mut pipes) = (Vec::new(), Vec::new());
        for volume in &self.volume {
            match volume.clone() {
                Volume::Pipe(pipe) => pipes.push(pipe),
                Volume::Folder(mut mount) => {
                    if !self.dry_run {
                        mount.host = existing_folder(&mount.host)?;
                    }
                    mounts.push(mount);
                }
            }
        }
        Ok(Given { environment: self.process.environment()?, mounts, pipes })
    }

    /// What is to be run, from the flags and the image's config.
    fn request(&self, pulled: &Pulled, isolation: Isolation, given: Given) -> Result<Request, Refusal> {
        let none = ProcessConfig::default();
        let config = pulled.config.config.as_ref().unwrap_or(&none);
        let own_entrypoint: Vec<String> = self.entrypoint.iter().filter(|program| !program.is_empty()).cloned().collect();
        let overridden = self.entrypoint.is_some();
        let command = Command {
            entrypoint: if overridden { &own_entrypoint } else { config.entrypoint.as_deref().unwrap_or_default() },
            image_command: if overridden { &[] } else { config.cmd.as_deref().unwrap_or_default() },
            arguments: &self.command,
            args_escaped: !overridden && config.args_escaped == Some(true),
        };
        let command_line = command.line().map_err(|error| {
            Refusal::new("the container's command is wrong")
                .because(error)
                .hint("name a command behind the image, or a program with --entrypoint")
        })?;
        Ok(Request {
            name: self.name.clone().unwrap_or_default(),
            image: self.image.clone(),
            isolation,
            layers: pulled.layer_ids(),
            host_name: self.hostname.clone(),
            process: ProcessRequest {
                command_line,
                user: self.process.user.clone().or_else(|| config.user.clone()).unwrap_or_default(),
                working_directory: self.process.workdir.clone().or_else(|| config.working_dir.clone()).unwrap_or_default(),
                environment: given.environment.over(config.env.as_deref().unwrap_or_default()).into_map(),
                stdin: self.process.interactive && !self.detach,
                console: self.process.console(),
                silent: false,
            },
            mounts: given.mounts,
            pipes: given.pipes,
            network: self.network.clone().unwrap_or_default(),
            ports: self.publish.concat(),
            memory_mib: self.memory,
            cpus: self.cpus,
            remove: self.remove,
            stop_timeout: self.stop_timeout,
        })
    }

    fn open_trace(&self) -> Result<Trace, Refusal> {
        Ok(self.trace.as_deref().map_or_else(|| Ok(Trace::off()), Trace::to)?)
    }
}

/// What the store has of an image; a store that is not there has nothing.
fn stored(root: &Path, name: &Name) -> Result<Option<Pulled>, Refusal> {
    if !root.exists() {
        return Ok(None);
    }
    match Folder::open(root) {
        Ok(folder) => Ok(pull::stored(&folder, name)?),
        Err(_) => Ok(None),
    }
}

/// The manifest of the candidate that was judged.
fn digest(chosen: &Chosen) -> Result<crate::image::Digest, Refusal> {
    let candidate = chosen.judgement.chosen.and_then(|number| chosen.image.candidates.get(number));
    candidate.and_then(|candidate| candidate.digest.clone()).ok_or_else(|| {
        Refusal::new(format!("{} cannot be pulled", chosen.name))
            .because("what is known of it has no manifest")
            .hint("leave out --offline")
    })
}

fn is_imported(root: &Path, pulled: &Pulled) -> bool {
    Store::on_paper(root).is_ok_and(|store| pulled.layer_ids().iter().all(|id| import::is_complete(&store, id)))
}

/// Warnings of a judgement that went well, a line each.
fn warn(judgement: &Judgement, knowledge: &Knowledge, host: &Found, chosen: &Chosen, err: &mut dyn Write) -> io::Result<()> {
    let is_told = |code: &str| code != Code::ExplicitIsolationNeeded.as_str();
    let entry = Entry::new(knowledge, &host.host, &chosen.image, judgement);
    for finding in entry.findings.iter().filter(|finding| finding.severity == Severity::Warning && is_told(finding.code)) {
        writeln!(err, "warning: {} [{}]", plain::clean(&finding.message), finding.code)?;
    }
    Ok(())
}

/// The absolute path of a folder that is there: HCS' own answer to one that is not names no path.
fn existing_folder(path: &str) -> Result<String, Refusal> {
    let wrong = |why: String| Refusal::new(format!("{path} cannot be shown in a container")).because(why);
    let absolute = std::path::absolute(path).map_err(|error| wrong(error.to_string()))?;
    let found =
        absolute.metadata().map_err(|error| wrong(error.to_string()).hint("create the folder, or name another with -v"))?;
    if !found.is_dir() {
        return Err(wrong("it is no folder".to_owned()).hint("name its folder: single files cannot be shown"));
    }
    absolute.into_os_string().into_string().map_err(|_| wrong("its path is not valid Unicode".to_owned()))
}

/// Runs the container and stays with it.
fn attached(
    system: &dyn crate::runner::system::System,
    store: &Store,
    request: &Request,
    interrupts: &Interrupts,
    err: &mut dyn Write,
) -> Result<u32, Failure> {
    let note = |progress: Progress<'_>| {
        if let Progress::Note(note) = progress {
            // A note nobody reads is no reason to stop.
            let _ = writeln!(io::stderr(), "warning: {}", plain::clean(note));
        }
    };
    let _console = request.process.console.map(|_| terminal::raw(request.process.stdin));
    let kitchen = Kitchen { system, store, interrupts, report: &note, console: &terminal::size };
    let outcome = recipe::run(&kitchen, request, |claim| {
        let ours = terminal::stdio(request.process.stdin)?;
        // What is removed at its end needs no log.
        if request.remove { Ok(ours) } else { Ok(ours.logged(&Log::create(&store.container(&claim.id))?)) }
    })?;
    for left in outcome.left_over {
        let left = Refusal::from(left);
        writeln!(err, "warning: {}; `wincompat prune` tries again", plain::clean(&left.what)).map_err(Failure::Stream)?;
    }
    Ok(outcome.exit_code?)
}

/// Prints what would be done, as one JSON document.
fn print_plan(request: &Request, root: &Path, out: &mut dyn Write) -> Result<u32, Failure> {
    let (system, store, interrupts) = (Plan::new(), Store::on_paper(root)?, Interrupts::new());
    let kitchen = Kitchen { system: &system, store: &store, interrupts: &interrupts, report: &|_| (), console: &|| None };
    let outcome = recipe::run(&kitchen, request, |_| Ok(Stdio::nothing()))?;
    outcome.exit_code?;
    let planned = Planned { schema: plan::SCHEMA, request, calls: system.calls() };
    report::json(&planned, out).map_err(Failure::Stream)?;
    Ok(0)
}
