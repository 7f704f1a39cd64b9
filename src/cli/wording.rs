//! The command line's words for what the rooms below name as data: settings become options, commands become lines to type.

use crate::advice::{Command, Remedy, Setting};
use crate::report::Wording;

/// The wording of this program's command line.
#[derive(Clone, Copy, Debug)]
pub struct CommandLine;

impl Wording for CommandLine {
    fn remedy(&self, remedy: &Remedy) -> String {
        match remedy {
            Remedy::Setting(setting) => option(setting),
            Remedy::Command(command) => format!("`{}`", line(command)),
        }
    }
}

/// The option or variable of a setting.
fn option(setting: &Setting) -> String {
    match setting {
        Setting::CaFile => "--ca-file FILE".to_owned(),
        Setting::CacheVariable => "WINCOMPAT_CACHE".to_owned(),
        Setting::DryRun => "--dry-run".to_owned(),
        Setting::Entrypoint => "--entrypoint".to_owned(),
        Setting::Environment => "-e and --env-file".to_owned(),
        Setting::Force => "-f".to_owned(),
        Setting::Host(text) if text.is_empty() => "--host".to_owned(),
        Setting::Host(text) => format!("--host {text}"),
        Setting::HostName => "--hostname".to_owned(),
        Setting::Isolation(isolation) => format!("--isolation {}", isolation.as_str()),
        Setting::Knowledge => "--knowledge FILE".to_owned(),
        Setting::Memory => "--memory".to_owned(),
        Setting::Mounts => "-v".to_owned(),
        Setting::Name => "--name".to_owned(),
        Setting::Network(kind) => format!("--network {kind}"),
        Setting::NoCache => "--no-cache".to_owned(),
        Setting::Offline => "--offline".to_owned(),
        Setting::PlainHttp => "--plain-http".to_owned(),
        Setting::Ports => "-p".to_owned(),
        Setting::Store => "--root DIR".to_owned(),
        Setting::StoreVariable => "WINCOMPAT_ROOT".to_owned(),
        Setting::Timeout => "--timeout".to_owned(),
        Setting::Trace => "--trace FILE".to_owned(),
        Setting::User => "-u".to_owned(),
        Setting::WorkingDirectory => "-w".to_owned(),
    }
}

/// The line to type for a command.
fn line(command: &Command) -> String {
    match command {
        Command::Check(host) if host.is_empty() => "wincompat check IMAGE".to_owned(),
        Command::Check(host) => format!("wincompat check --host {host} IMAGE"),
        Command::Explain(code) => format!("wincompat explain {code}"),
        Command::Host => "wincompat host".to_owned(),
        Command::Images => "wincompat images".to_owned(),
        Command::ListContainers => "wincompat ps -a".to_owned(),
        Command::Prune => "wincompat prune".to_owned(),
        Command::RemoveContainer(name) => format!("wincompat rm {name}"),
        Command::RemoveImage(name) if name.is_empty() => "wincompat rmi".to_owned(),
        Command::RemoveImage(name) => format!("wincompat rmi {name}"),
        Command::Run => "wincompat run".to_owned(),
        Command::Stop => "wincompat stop".to_owned(),
    }
}
