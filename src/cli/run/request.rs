//! The request for a container, from the arguments of `run` and the image's config.

use super::Args;
use crate::Error;
use crate::Isolation;
use crate::cli::notation::flags::{Environment, Volume};
use crate::hcs::command_line::Command;
use crate::hcs::documents::{Mount, Pipe};
use crate::image::run_config::ProcessConfig;
use crate::oci::pull::Pulled;
use crate::runner::request::{ProcessRequest, RunRequest};

/// The parts of this machine that arguments name.
pub(super) struct Given {
    environment: Environment,
    mounts: Vec<Mount>,
    pipes: Vec<Pipe>,
}

impl Args {
    /// The parts of this machine that arguments name, looked at before anything is fetched.
    pub(super) fn given(&self) -> Result<Given, Error> {
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

    /// The request, from the arguments and the image's config.
    pub(super) fn request(&self, pulled: &Pulled, isolation: Isolation, given: Given) -> Result<RunRequest, Error> {
        let none = ProcessConfig::default();
        let config = pulled.config.config.as_ref().unwrap_or(&none);
        let own_entrypoint: Vec<String> = self.entrypoint.iter().filter(|program| !program.is_empty()).cloned().collect();
        let overridden = self.entrypoint.is_some();
        let command = Command {
            entrypoint: if overridden { &own_entrypoint } else { config.entrypoint.as_deref().unwrap_or_default() },
            image_command: if overridden { &[] } else { config.cmd.as_deref().unwrap_or_default() },
            arguments: self.command(),
            args_escaped: !overridden && config.args_escaped == Some(true),
        };
        let command_line = command.line().map_err(|error| {
            Error::new("the container's command is wrong")
                .because(error)
                .hint("give a command after the image, or a program with --entrypoint")
        })?;
        if isolation == Isolation::Hyperv && !self.device.is_empty() {
            return Err(Error::new("Windows gives devices only to containers with process isolation")
                .hint("say --isolation process, or leave out --device"));
        }
        Ok(RunRequest {
            name: self.name.clone().unwrap_or_default(),
            image: self.image().to_owned(),
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
            disk_bytes: self.storage_opt,
            device_classes: self.device.clone(),
            labels: self.label.iter().cloned().collect(),
            remove: self.remove,
            stop_timeout: self.stop_timeout,
        })
    }
}

/// The absolute path of a folder that is there: for one that is not, the error of HCS names no path.
fn existing_folder(path: &str) -> Result<String, Error> {
    let wrong = |why: String| Error::new(format!("{path} cannot be mounted in a container")).because(why);
    let absolute = std::path::absolute(path).map_err(|error| wrong(error.to_string()))?;
    let found =
        absolute.metadata().map_err(|error| wrong(error.to_string()).hint("create the folder, or name another with -v"))?;
    if !found.is_dir() {
        return Err(wrong("it is not a folder".to_owned()).hint("name its folder: single files cannot be mounted"));
    }
    absolute.into_os_string().into_string().map_err(|_| wrong("its path is not valid Unicode".to_owned()))
}
