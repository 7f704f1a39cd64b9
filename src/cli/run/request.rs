//! The request for a container, from the arguments of `run` and the image's config.

use std::path::Path;

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

impl Given {
    /// Refuses files of the host where whole folders are mounted only. Of virtual machines it is not known that they mount files, and Docker
    /// refuses it.
    pub(super) fn check(&self, isolation: Isolation) -> Result<(), Error> {
        match self.mounts.iter().find(|mount| isolation == Isolation::Hyperv && Path::new(&mount.host).is_file()) {
            Some(file) => Err(Error::new(format!("{} cannot be mounted in a container", file.host))
                .because("it is a file, and Hyper-V isolation mounts whole folders only")
                .hint("name its folder with -v, or say --isolation process")),
            None => Ok(()),
        }
    }
}

impl Args {
    /// The parts of this machine that arguments name, looked at before anything is fetched.
    pub(super) fn given(&self) -> Result<Given, Error> {
        let (mut mounts, mut pipes) = (Vec::new(), Vec::new());
        for volume in &self.volume {
            match volume.clone() {
                Volume::Pipe(pipe) => pipes.push(pipe),
                Volume::Folder(mut mount) => {
                    match existing(&mount.host) {
                        Ok(host) => mount.host = host,
                        // Another host may have what this one has not.
                        Err(_) if self.dry_run => {}
                        Err(missing) => return Err(missing),
                    }
                    mounts.push(mount);
                }
            }
        }
        Ok(Given { environment: self.process.environment()?, mounts, pipes })
    }

    /// True if Windows does what is asked for an elevated prompt only, with Hyper-V isolation too (`docs/hcs.md#rights`).
    pub(super) const fn needs_elevation(&self, given: &Given) -> bool {
        !given.mounts.is_empty() || self.storage_opt.is_some()
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

/// The path of a folder or file that is there: for one that is not, the error of HCS names no path. Links in it are followed here, since
/// HCS does not follow those in the path of a file (`docs/hcs.md#process-isolation`).
fn existing(path: &str) -> Result<String, Error> {
    let wrong = |why: String| Error::new(format!("{path} cannot be mounted in a container")).because(why);
    let absolute = std::path::absolute(path).map_err(|error| wrong(error.to_string()))?;
    absolute.metadata().map_err(|error| wrong(error.to_string()).hint("create the folder or file, or name another with -v"))?;
    // A volume without a name of its own has no final path.
    let place = absolute.canonicalize().unwrap_or(absolute);
    let place = place.into_os_string().into_string().map_err(|_| wrong("its path is not valid Unicode".to_owned()))?;
    Ok(without_prefix(place))
}

/// A final path of Windows as HCS takes it: `C:\src` for `\\?\C:\src`.
fn without_prefix(path: String) -> String {
    match path.strip_prefix(r"\\?\") {
        Some(rest) if rest.as_bytes().get(1..3) == Some(b":\\") => rest.to_owned(),
        Some(rest) => rest.strip_prefix(r"UNC\").map_or_else(|| path.clone(), |share| format!(r"\\{share}")),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Run {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn mounts_and_larger_disks_need_an_elevated_prompt() {
        let folder = tempfile::tempdir().unwrap();
        let volume = format!("--volume={}:C:\\data", folder.path().display());
        for (option, expected) in
            [("--quiet", false), ("--publish=80:80", false), ("--storage-opt=size=60GB", true), (volume.as_str(), true)]
        {
            let Run { args } = Run::parse_from(["run", option, "image"]);
            assert_eq!(args.needs_elevation(&args.given().unwrap()), expected, "{option}");
        }
    }

    #[test]
    fn a_final_path_loses_its_prefix_where_it_has_a_name_without_it() {
        for (path, expected) in [
            (r"\\?\C:\src", r"C:\src"),
            (r"\\?\UNC\server\share\x", r"\\server\share\x"),
            (r"\\?\Volume{6b9a436d-0465-11e9-b3e9-005056946adc}\x", r"\\?\Volume{6b9a436d-0465-11e9-b3e9-005056946adc}\x"),
            (r"C:\src", r"C:\src"),
            ("/src", "/src"),
        ] {
            assert_eq!(without_prefix(path.to_owned()), expected);
        }
    }

    #[test]
    fn what_is_there_is_named_by_its_final_path() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let named = existing(file.to_str().unwrap()).unwrap();
        assert!(named.ends_with("file") && !named.starts_with(r"\\?\C"), "{named}");
        let missing = existing(folder.path().join("missing").to_str().unwrap()).unwrap_err();
        assert!(missing.hint.unwrap().to_string().contains("-v"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("real")).unwrap();
        std::os::unix::fs::symlink("real", folder.path().join("link")).unwrap();
        assert!(existing(folder.path().join("link").to_str().unwrap()).unwrap().ends_with("/real"));
    }
}
