//! The command line's words for what the rooms below name as data: settings become options, commands become lines to type.

use std::path::{Path, PathBuf};

use crate::advice::{Command, Remedy, Setting};
use crate::report::Wording;
use crate::scan::{Asked, IsolatedBy};
use crate::{Engine, ImageStore, Isolation};

/// The wording of this program's command line.
#[derive(Clone, Copy, Debug)]
pub struct CommandLine;

impl Wording for CommandLine {
    fn remedy(&self, remedy: &Remedy) -> String {
        match remedy {
            Remedy::Base { release, build } => format!("an image built on {release} (build {build})"),
            Remedy::Command(command) => format!("`{}`", line(command)),
            Remedy::EngineFlag(engine, isolation) => isolation_flag(*engine, *isolation),
            Remedy::EngineVersion(engine, version) => match engine {
                Engine::Docker => format!("Docker {version}"),
                other => format!("{} {version}", other.as_str()),
            },
            Remedy::Feature(command) => command.clone(),
            Remedy::Image(reference) => reference.clone(),
            Remedy::ImageStore(store) => {
                let (name, switch) = match store {
                    ImageStore::Containerd => ("the containerd image store", true),
                    ImageStore::GraphDriver => ("Docker's own image store", false),
                };
                format!("{name} (\"features\": {{\"containerd-snapshotter\": {switch}}} in Docker's daemon.json)")
            }
            Remedy::Run { engine, isolation, image } => {
                format!("`{} {} {image}`", run(*engine), isolation_flag(*engine, Some(*isolation)))
            }
            Remedy::Setting(setting) => option(setting),
            Remedy::Update(Some(update)) => format!("at least {update}"),
            Remedy::Update(None) => "the latest cumulative update".to_owned(),
        }
    }
}

/// The wording for a reference in a file.
#[derive(Clone, Copy, Debug)]
pub struct InFile {
    /// The place where the file asks for an isolation.
    pub by: IsolatedBy,
    /// The one that it asks for.
    pub asked: Option<Asked>,
}

impl InFile {
    /// True if the file asks for this isolation already, and the command line for another one.
    fn has(self, isolation: Isolation) -> bool {
        match isolation {
            Isolation::Process => self.asked == Some(Asked::Process),
            Isolation::Hyperv => self.asked == Some(Asked::Hyperv),
        }
    }
}

impl Wording for InFile {
    fn remedy(&self, remedy: &Remedy) -> String {
        match (remedy, self.by) {
            (Remedy::Run { isolation, .. }, _) if self.has(*isolation) => {
                "it as the file asks for, without `--isolation`".to_owned()
            }
            (Remedy::Run { engine: Engine::Docker | Engine::Containerd, isolation, .. }, IsolatedBy::Service) => {
                format!("the service with `isolation: {}`", isolation.as_str())
            }
            (Remedy::Run { engine: Engine::Docker | Engine::Containerd, isolation, .. }, IsolatedBy::ServiceBuild) => {
                format!("the `build` of the service with `isolation: {}`", isolation.as_str())
            }
            (Remedy::Run { engine: Engine::Docker | Engine::Containerd, isolation, .. }, IsolatedBy::ServiceAndBuild) => {
                format!("the service and its `build`, each with `isolation: {}`", isolation.as_str())
            }
            (Remedy::Run { engine: engine @ Engine::Docker, isolation, .. }, IsolatedBy::StartOfBuilt) => {
                format!("`docker run {}`", isolation_flag(*engine, Some(*isolation)))
            }
            (Remedy::Run { engine: engine @ Engine::Docker, isolation, .. }, IsolatedBy::Build) => {
                format!("`docker build {}`", isolation_flag(*engine, Some(*isolation)))
            }
            (Remedy::Run { engine: engine @ Engine::Docker, isolation, .. }, IsolatedBy::BuildAndStart) => {
                format!("`docker build` and `docker run` with `{}`", isolation_flag(*engine, Some(*isolation)))
            }
            (Remedy::Run { engine: Engine::Docker | Engine::Containerd, isolation, .. }, by) => {
                in_pipeline(by, *isolation).unwrap_or_else(|| CommandLine.remedy(remedy))
            }
            _ => CommandLine.remedy(remedy),
        }
    }
}

/// The words for a container of a pipeline in this isolation, where the file or its service asks for it: nobody types a command there.
fn in_pipeline(by: IsolatedBy, isolation: Isolation) -> Option<String> {
    let word = isolation.as_str();
    let flag = isolation_flag(Engine::Docker, Some(isolation));
    Some(match by {
        IsolatedBy::Options => format!("the container with `options: {flag}`"),
        IsolatedBy::Args => format!("the container with `{flag}` in its `args`"),
        IsolatedBy::Inside => format!("the container with `{flag}` in the argument of `inside` or `run`"),
        IsolatedBy::Runner => {
            format!("the job on a runner with `isolation = \"{word}\"` below `[runners.docker]` in its config.toml")
        }
        IsolatedBy::Daemon => {
            format!("the step on a machine with `\"exec-opts\": [\"isolation={word}\"]` in Docker's daemon.json")
        }
        // A kubelet has no request for one; another engine was asked for here.
        IsolatedBy::Kubelet | IsolatedBy::Unknown => match isolation {
            Isolation::Process => "the container on a machine that takes process isolation by default".to_owned(),
            Isolation::Hyperv => "the container on a machine that takes Hyper-V isolation by default".to_owned(),
        },
        IsolatedBy::Start
        | IsolatedBy::Service
        | IsolatedBy::ServiceBuild
        | IsolatedBy::ServiceAndBuild
        | IsolatedBy::Build
        | IsolatedBy::StartOfBuilt
        | IsolatedBy::BuildAndStart
        | IsolatedBy::Nothing => return None,
    })
}

/// The wording of a command that works on a store: the commands that it names work on the same one.
#[derive(Clone, Debug, Default)]
pub struct OnStore(pub Option<PathBuf>);

impl Wording for OnStore {
    fn remedy(&self, remedy: &Remedy) -> String {
        let words = CommandLine.remedy(remedy);
        let has_root = match remedy {
            Remedy::Command(command) => has_root(command),
            Remedy::Run { engine, .. } => *engine == Engine::Wincompat,
            _ => false,
        };
        match &self.0 {
            Some(root) if has_root => with_root(&words, root),
            _ => words,
        }
    }
}

/// True for a command with the option `--root`.
const fn has_root(command: &Command) -> bool {
    match command {
        Command::Host
        | Command::Images
        | Command::ListContainers
        | Command::Prune
        | Command::Pull(_)
        | Command::RemoveContainer(_)
        | Command::RemoveImage(_)
        | Command::Run
        | Command::Stop => true,
        Command::Check(_)
        | Command::CheckEntries(_)
        | Command::CheckEntriesOn { .. }
        | Command::CheckEverywhere
        | Command::CheckHostProcess
        | Command::Engines
        | Command::ClusterPatch(_)
        | Command::ClusterPatchFor { .. }
        | Command::ClusterCheck
        | Command::ClusterCheckIn(_)
        | Command::Explain(_) => false,
    }
}

/// A line between backticks with this store behind its subcommand, e.g. `` `wincompat rm --root store web` ``.
fn with_root(line: &str, root: &Path) -> String {
    // Behind the program, and behind its subcommand.
    let ends = line.match_indices([' ', '`']).map(|(at, _)| at).filter(|at| *at > 0);
    let (command, rest) = ends.take(2).last().and_then(|end| line.split_at_checked(end)).unwrap_or((line, ""));
    format!("{command} --root {}{rest}", shell_word(&root.to_string_lossy()))
}

/// A text as one word of a line to type: as it is, or between the quotes that the shells of this system take.
pub fn shell_word(text: &str) -> String {
    shell_word_on(std::env::consts::FAMILY == "windows", text)
}

fn shell_word_on(is_windows: bool, text: &str) -> String {
    let is_plain =
        |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '=' | '+') || (is_windows && c == '\\');
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else if is_windows {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// The command that starts a container.
const fn run(engine: Engine) -> &'static str {
    match engine {
        Engine::Docker => "docker run",
        Engine::Containerd => "nerdctl run",
        Engine::Kubernetes => "kubectl run",
        Engine::Wincompat => "wincompat run",
    }
}

/// The flag that asks an engine for an isolation. Kubernetes has none, and is never asked for one.
fn isolation_flag(_: Engine, isolation: Option<Isolation>) -> String {
    let flag = "--isolation";
    isolation.map_or_else(|| flag.to_owned(), |isolation| format!("{flag}={}", isolation.as_str()))
}

/// The option or variable of a setting.
fn option(setting: &Setting) -> String {
    match setting {
        Setting::CaFile => "--ca-file FILE".to_owned(),
        Setting::CacheVariable => "WINCOMPAT_CACHE".to_owned(),
        Setting::DryRun => "--dry-run".to_owned(),
        Setting::Entrypoint => "--entrypoint".to_owned(),
        Setting::Environment => "-e and --env-file".to_owned(),
        Setting::Fresh => "--fresh".to_owned(),
        Setting::Force => "-f".to_owned(),
        Setting::Host(text) if text.is_empty() => "--host".to_owned(),
        Setting::Host(text) => format!("--host {text}"),
        Setting::Hosts(path) => format!("--hosts {path}"),
        Setting::HostAttribute(attribute) => format!(",{attribute}"),
        Setting::Engine => "--engine NAME@VERSION".to_owned(),
        Setting::HostName => "--hostname".to_owned(),
        Setting::HostProcess => "--isolation host-process".to_owned(),
        Setting::Insecure(registry) => format!("--insecure {registry}"),
        Setting::Isolation(isolation) => format!("--isolation {}", isolation.as_str()),
        Setting::Knowledge => "--knowledge FILE".to_owned(),
        Setting::MaxAge => "--max-age".to_owned(),
        Setting::Memory => "--memory".to_owned(),
        Setting::Mirror(pair) => format!("--mirror {pair}"),
        Setting::Mounts => "-v".to_owned(),
        Setting::Name => "--name".to_owned(),
        Setting::Network(kind) => format!("--network {kind}"),
        Setting::NoCache => "--no-cache".to_owned(),
        Setting::NoConfirm => "--no-confirm".to_owned(),
        Setting::Offline => "--offline".to_owned(),
        Setting::PlainHttp => "--plain-http".to_owned(),
        Setting::PrivateRegistry(name) => format!("--private-registry {name}"),
        Setting::Ports => "-p".to_owned(),
        Setting::Production => "--production".to_owned(),
        Setting::Store => "--root DIR".to_owned(),
        Setting::StoreVariable => "WINCOMPAT_ROOT".to_owned(),
        Setting::Strict => "--strict".to_owned(),
        Setting::Timeout => "--timeout".to_owned(),
        Setting::Trace => "--trace FILE".to_owned(),
        Setting::Untrusted => "--untrusted".to_owned(),
        Setting::User => "-u".to_owned(),
        Setting::WorkingDirectory => "-w".to_owned(),
    }
}

/// The line to type for a command.
fn line(command: &Command) -> String {
    match command {
        Command::Check(host) if host.is_empty() => "wincompat check IMAGE".to_owned(),
        Command::Check(host) => format!("wincompat check --host {host} IMAGE"),
        Command::CheckEntries(host) if host.is_empty() => "wincompat check -v IMAGE".to_owned(),
        Command::CheckEntries(host) => format!("wincompat check -v --host {host} IMAGE"),
        Command::CheckEntriesOn { hosts, image } => {
            format!("wincompat check -v --hosts {hosts} {}", if image.is_empty() { "IMAGE" } else { image })
        }
        Command::CheckEverywhere => "wincompat check --host all".to_owned(),
        Command::CheckHostProcess => "wincompat check --isolation host-process IMAGE".to_owned(),
        Command::Engines => "wincompat engines IMAGE".to_owned(),
        Command::ClusterCheck => "wincompat cluster check".to_owned(),
        Command::ClusterCheckIn(namespace) => format!("wincompat cluster check -n {namespace}"),
        Command::ClusterPatch(path) => match path.split_once('/') {
            Some((namespace, object)) => format!("wincompat cluster patch -n {namespace} {object}"),
            None => "wincompat cluster patch".to_owned(),
        },
        Command::ClusterPatchFor { path, added, retired } => {
            let mut line = line(&Command::ClusterPatch(path.clone()));
            line.extend(added.iter().map(|release| format!(" --add {release}")));
            line.extend(retired.iter().map(|build| format!(" --retire {build}")));
            line
        }
        Command::Explain(code) => format!("wincompat explain {code}"),
        Command::Host => "wincompat host".to_owned(),
        Command::Images => "wincompat images".to_owned(),
        Command::ListContainers => "wincompat ps -a".to_owned(),
        Command::Prune => "wincompat prune".to_owned(),
        Command::Pull(name) => format!("wincompat pull {name}"),
        Command::RemoveContainer(name) => format!("wincompat rm {name}"),
        Command::RemoveImage(name) if name.is_empty() => "wincompat rmi".to_owned(),
        Command::RemoveImage(name) => format!("wincompat rmi {name}"),
        Command::Run => "wincompat run".to_owned(),
        Command::Stop => "wincompat stop".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::Advice;
    use crate::advice::Part;
    use crate::compat::Code;
    use crate::knowledge::{Errors, Knowledge};

    /// The words of advice that hold for everybody, without the command lines of other tools.
    fn words(advice: &Advice) -> String {
        let words = |part: &Part| match part {
            Part::Words(words) => Some(words.clone()),
            _ => None,
        };
        let all: String = advice.parts().iter().filter_map(words).collect();
        let others = ["docker ", "skopeo ", "podman ", "crane "];
        let is_others = |piece: &str| others.iter().any(|program| piece.starts_with(program));
        all.split('`').map(|piece| if is_others(piece) { "" } else { piece }).collect::<Vec<_>>().join("`")
    }

    /// Every command, in each of its forms.
    fn commands() -> Vec<Command> {
        let upgrade =
            Command::ClusterPatchFor { path: "shop/deployment/web".into(), added: vec!["ltsc2025".into()], retired: vec![17763] };
        vec![
            Command::Check(String::new()),
            Command::Check("ltsc2022".into()),
            Command::CheckEntries(String::new()),
            Command::CheckEntries("ltsc2022".into()),
            Command::CheckEntriesOn { hosts: "node.json".into(), image: String::new() },
            Command::CheckEntriesOn { hosts: "node.json".into(), image: "app:1".into() },
            Command::CheckEverywhere,
            Command::CheckHostProcess,
            Command::Engines,
            Command::ClusterPatch("shop/deployment/web".into()),
            upgrade,
            Command::ClusterCheck,
            Command::ClusterCheckIn("shop".into()),
            Command::Explain("0x1".into()),
            Command::Host,
            Command::Images,
            Command::ListContainers,
            Command::Prune,
            Command::Pull("app:1".into()),
            Command::RemoveContainer("web".into()),
            Command::RemoveImage(String::new()),
            Command::RemoveImage("app:1".into()),
            Command::Run,
            Command::Stop,
        ]
    }

    #[test]
    fn commands_named_by_a_command_of_a_store_work_on_the_same_store() {
        let whole = crate::cli::Cli::command();
        for command in commands() {
            let line = line(&command);
            let called = whole.find_subcommand(line.split(' ').nth(1).unwrap()).unwrap();
            let takes = called.get_arguments().any(|argument| argument.get_long() == Some("root"));
            assert_eq!(has_root(&command), takes, "{line}");
            let remedy = Remedy::Command(command);
            assert_eq!(OnStore(None).remedy(&remedy), CommandLine.remedy(&remedy));
            let worded = OnStore(Some("store".into())).remedy(&remedy);
            assert_eq!(worded.contains(" --root store"), takes, "{worded}");
        }
        let run = |engine| Remedy::Run { engine, isolation: Isolation::Hyperv, image: "app:1".into() };
        for (remedy, worded) in [
            (Command::Prune.into(), "`wincompat prune --root store`"),
            (Command::ListContainers.into(), "`wincompat ps --root store -a`"),
            (Command::Pull("app:1".into()).into(), "`wincompat pull --root store app:1`"),
            (Advice::from(run(Engine::Wincompat)), "`wincompat run --root store --isolation=hyperv app:1`"),
            (Advice::from(run(Engine::Docker)), "`docker run --isolation=hyperv app:1`"),
        ] {
            assert_eq!(OnStore(Some("store".into())).advice(&remedy), worded);
        }
    }

    /// Nobody types a command in a pipeline: each service has its own way, or none.
    #[test]
    fn an_isolation_is_asked_for_as_the_file_can() {
        let run = |engine| Remedy::Run { engine, isolation: Isolation::Hyperv, image: "app:1".into() };
        for (by, expected) in [
            (IsolatedBy::Start, "`docker run --isolation=hyperv app:1`"),
            (IsolatedBy::Service, "the service with `isolation: hyperv`"),
            (IsolatedBy::Build, "`docker build --isolation=hyperv`"),
            (IsolatedBy::Options, "the container with `options: --isolation=hyperv`"),
            (IsolatedBy::Args, "the container with `--isolation=hyperv` in its `args`"),
            (IsolatedBy::Inside, "the container with `--isolation=hyperv` in the argument of `inside` or `run`"),
            (IsolatedBy::Runner, "the job on a runner with `isolation = \"hyperv\"` below `[runners.docker]` in its config.toml"),
            (IsolatedBy::Daemon, "the step on a machine with `\"exec-opts\": [\"isolation=hyperv\"]` in Docker's daemon.json"),
            (IsolatedBy::Kubelet, "the container on a machine that takes Hyper-V isolation by default"),
            (IsolatedBy::Unknown, "the container on a machine that takes Hyper-V isolation by default"),
        ] {
            assert_eq!(InFile { by, asked: None }.remedy(&run(Engine::Docker)), expected, "{by:?}");
        }
        // Another program than Docker is one's own to start.
        let in_file = |by, asked| InFile { by, asked };
        let options = in_file(IsolatedBy::Options, None);
        assert_eq!(options.remedy(&run(Engine::Wincompat)), "`wincompat run --isolation=hyperv app:1`");
        // What is in the file is not to be written there.
        let asked = in_file(IsolatedBy::Service, Some(Asked::Hyperv)).remedy(&run(Engine::Docker));
        assert_eq!(asked, "it as the file asks for, without `--isolation`");
        let other = in_file(IsolatedBy::Service, Some(Asked::Process)).remedy(&run(Engine::Docker));
        assert_eq!(other, "the service with `isolation: hyperv`");
    }

    #[test]
    fn a_path_is_one_word_of_the_shell() {
        for (path, unix, windows) in [
            ("./store", "./store", "./store"),
            ("/my store", "'/my store'", "\"/my store\""),
            ("C:\\data", "'C:\\data'", "C:\\data"),
            ("C:\\Program Files", "'C:\\Program Files'", "\"C:\\Program Files\""),
            ("it's", "'it'\\''s'", "\"it's\""),
            ("", "''", "\"\""),
            ("größe/ä", "größe/ä", "größe/ä"),
        ] {
            assert_eq!((shell_word_on(false, path).as_str(), shell_word_on(true, path).as_str()), (unix, windows), "{path}");
        }
    }

    #[test]
    fn no_explanation_names_an_option_or_a_subcommand_in_its_words() {
        let command = crate::cli::Cli::command();
        let mut options: Vec<String> = Vec::new();
        let mut lines = Vec::new();
        for subcommand in command.get_subcommands() {
            lines.push(format!("wincompat {}", subcommand.get_name()));
            options.extend(subcommand.get_arguments().filter_map(|argument| Some(format!("--{}", argument.get_long()?))));
        }
        assert!(options.len() > 30 && lines.len() > 10);
        let named = |advice: &Advice| {
            let words = words(advice);
            let option = |word: &str| options.iter().any(|option| word.split(['=', ',', '.', ')', ';']).next() == Some(option));
            lines.iter().any(|line| words.contains(line)) || words.split([' ', '`', '(']).any(option)
        };
        assert!(named(&"use --host HOST".into()) && named(&"see `wincompat host`".into()) && named(&"(--strict)".into()));
        assert!(!named(&"run `docker run --isolation=hyperv IMAGE`".into()) && !named(&Command::Host.into()));

        let errors = Errors::built_in();
        let codes = errors.codes.iter().map(|error| &error.known);
        let of_operations = errors.codes.iter().flat_map(|error| &error.operations).map(|own| &own.known);
        let known = codes.chain(of_operations).chain(errors.texts().map(|message| &message.known));
        for advice in known.flat_map(|known| known.steps.iter().chain(&known.causes).chain([&known.meaning])) {
            assert!(!named(advice), "{advice}");
        }
        for code in Code::all() {
            for advice in [code.meaning(), code.advice()] {
                assert!(!named(&advice), "{code}: {advice}");
            }
        }
        let context = crate::explain::Context { knowledge: Knowledge::built_in(), replacement: &|_, _| None };
        for text in [
            "no matching manifest for windows(10.0.26200)/amd64 in the manifest list entries: no match for platform in manifest",
            "no match for platform in manifest: not found",
            "a Windows version 10.0.26100-based image is incompatible with a 10.0.20348 host",
            "manifest for mcr.microsoft.com/windows/nanoserver:latest not found",
        ] {
            let explanation = crate::explain::explain(text, &context).unwrap();
            for advice in explanation.steps.iter().chain(&explanation.causes).chain([&explanation.meaning]) {
                assert!(!named(advice), "{text}: {advice}");
            }
        }
    }
}
