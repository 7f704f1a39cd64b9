//! Options of other tools that this one does not have: why not, or what to type instead.

pub mod commands;

/// An option, the subcommands it is known with (all if there are none), and the hint.
type Foreign = (&'static str, &'static [&'static str], &'static str);

/// The subcommands that read images from registries.
const READING: [&str; 5] = ["check", "scan", "engines", "pull", "run"];

/// The options of docker, skopeo, trivy and their kin.
const FOREIGN: &[Foreign] = &[
    ("--platform", &["check", "pull"], "name the host instead: --host windows-server-2022"),
    ("--no-color", &[], "use --color never"),
    ("--json", &[], "use --format json"),
    ("--tls-verify", &[], "use --ca-file FILE with the certificate of the registry, or --insecure REGISTRY"),
    ("--creds", &[], "log in with docker login; wincompat reads the credentials of Docker"),
    ("--username", &[], "log in with docker login; wincompat reads the credentials of Docker"),
    ("--password", &[], "log in with docker login; wincompat reads the credentials of Docker"),
    ("--authfile", &[], "set the variable REGISTRY_AUTH_FILE=FILE"),
    ("--os", &["check", "pull"], "wincompat looks at the Windows entries only"),
    ("--os-version", &["check", "pull"], "name the host instead: --host 10.0.20348.2402"),
    ("--arch", &["check", "pull"], "add the architecture to the host: --host windows-11-24h2,arm64"),
    ("--exit-code", &["check"], "the exit code is 1 if an image cannot run; see wincompat check --help"),
    ("--severity", &["check"], "use --deny warnings, or --deny CODE"),
    ("--ignorefile", &["check"], "there is no list of exceptions"),
    ("--silent", &["check", "scan"], "use -q, which shows failures only"),
    ("--debug", &[], "use -v in wincompat check and scan, or --trace FILE in wincompat run"),
    ("--registry", &READING, "name the registry in the image: REGISTRY/NAME:TAG; --mirror REGISTRY=URL asks another server"),
    ("--proxy", &READING, "set the variable HTTPS_PROXY=http://HOST:PORT"),
    ("--config", &["check"], "wincompat check does not read a configuration; wincompat scan reads wincompat.toml"),
    ("--fail-on", &["check", "scan"], "use --deny warnings, or --deny CODE"),
    ("-k", &READING, "use --insecure REGISTRY"),
    ("--restart", &["run"], "wincompat does not restart containers; use a scheduled task or a service"),
    ("--publish-all", &["run"], "wincompat does not choose ports of the host; publish each with -p HOST:CONTAINER"),
    ("-P", &["run"], "wincompat does not choose ports of the host; publish each with -p HOST:CONTAINER"),
    ("--net", &["run"], "use --network NETWORK"),
    ("--memory-reservation", &["run"], "use -m SIZE; Windows has limits of memory only"),
    ("--mount", &["run"], "use -v HOST:CONTAINER[:ro]"),
    ("--tmpfs", &["run"], "Windows containers have no tmpfs; use -v with a folder"),
    ("--privileged", &["run"], "Windows has no privileged containers; HostProcess containers run in Kubernetes only"),
    ("--cap-add", &["run"], "Windows has no capabilities; choose the user with -u"),
    ("--cap-drop", &["run"], "Windows has no capabilities; choose the user with -u"),
    (
        "--security-opt",
        &["run"],
        "credential specs are not supported; for accounts of a domain, run the container with docker run or in Kubernetes",
    ),
    ("--ulimit", &["run"], "Windows has no ulimits; limit memory with -m and processors with --cpus"),
    (
        "--gpus",
        &["run"],
        "--gpus is for Linux containers; use --device class/5B45201D-F2F2-4F3B-85BB-30FF1F953599 with --isolation process",
    ),
    ("--shm-size", &["run"], "Windows containers have no /dev/shm"),
    ("--read-only", &["run"], "Windows containers have no read-only root; mount folders with :ro"),
    ("--init", &["run"], "Windows containers need no init process"),
    ("--ip", &["run"], "the network gives the address"),
    ("--dns", &["run"], "the network gives the name servers"),
    ("--add-host", &["run"], "write to the hosts file in the command of the container"),
    ("--link", &["run"], "use names of hosts on the network"),
    ("--network-alias", &["run"], "use --hostname NAME"),
    ("--health-cmd", &["run"], "wincompat does not check the health of containers"),
    ("--no-healthcheck", &["run"], "wincompat does not check the health of containers"),
    ("--log-driver", &["run"], "use wincompat logs; the log of a container is kept with it"),
    ("--log-opt", &["run"], "use wincompat logs; the log of a container is kept with it"),
    ("--cpu-shares", &["run"], "use --cpus N"),
    ("--cpu-count", &["run"], "use --cpus N"),
    ("--cpu-percent", &["run"], "use --cpus N"),
    ("--cpuset-cpus", &["run"], "use --cpus N"),
    ("--memory-swap", &["run"], "use -m SIZE; Windows manages the page file"),
    ("--pid", &["run"], "Windows containers have no shared process namespace"),
    ("--ipc", &["run"], "Windows containers have no shared IPC namespace"),
    ("--userns", &["run"], "Windows containers have no user namespaces"),
    ("--cidfile", &["run"], "run -d prints the ID: write it to a file"),
    ("--attach", &["run"], "wincompat run attaches unless -d is given"),
    ("--sig-proxy", &["run"], "Ctrl-C is always sent to the container"),
    ("--stop-signal", &["run"], "Windows containers are stopped by a shut-down"),
    ("--volumes-from", &["run"], "mount the same folders again with -v HOST:CONTAINER"),
    ("--runtime", &["run"], "use --isolation process or --isolation hyperv"),
    ("--expose", &["run"], "publish a port with -p HOST:CONTAINER; between containers all ports are open"),
    ("--detach-keys", &["run"], "wincompat does not detach from a container that runs; start it with -d"),
    ("--mac-address", &["run"], "the network gives the address"),
    ("--sysctl", &["run"], "Windows has no sysctls"),
    ("--group-add", &["run"], "choose the user with -u; Windows takes the groups from it"),
    ("--annotation", &["run"], "use -l KEY=VALUE"),
    ("--blkio-weight", &["run"], "disks are not limited; limit memory with -m and processors with --cpus"),
    ("--oom-kill-disable", &["run"], "Windows does not end processes for memory; limit it with -m"),
    ("--domainname", &["run"], "use --hostname NAME"),
    ("--disable-content-trust", &["run", "pull"], "wincompat verifies digests, not signatures"),
    ("--all-tags", &["pull"], "pull one tag at a time"),
];

/// The hint for an option as it was typed, e.g. `--restart=always`, if it is known from elsewhere.
pub fn hint(command: Option<&str>, typed: &str) -> Option<&'static str> {
    let name = typed.split(['=', ' ']).next()?;
    let here = |commands: &[&str]| commands.is_empty() || command.is_some_and(|command| commands.contains(&command));
    FOREIGN.iter().find(|(option, commands, _)| *option == name && here(commands)).map(|(_, _, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_other_tools_are_answered() {
        assert!(hint(Some("run"), "--restart=always").is_some_and(|hint| hint.contains("does not restart")));
        for option in ["--silent", "--debug", "--registry=x", "--proxy", "--config", "--fail-on", "-k"] {
            assert!(hint(Some("check"), option).is_some(), "{option}");
        }
        assert!(hint(Some("run"), "--security-opt").is_some_and(|hint| hint.contains("docker run")));
        assert!(hint(Some("check"), "--platform").is_some_and(|hint| hint.contains("--host")));
        assert_eq!(hint(Some("ps"), "--restart"), None);
        assert_eq!(hint(None, "--unheard-of"), None);
    }

    #[test]
    fn no_option_of_ours_is_called_foreign() {
        let command = crate::cli::command();
        for (option, commands, hint) in FOREIGN {
            assert!(!hint.ends_with('.'), "{option}");
            for subcommand in command.get_subcommands() {
                let has = subcommand.get_arguments().any(|argument| {
                    let long = argument.get_long().map(|long| format!("--{long}"));
                    let short = argument.get_short().map(|short| format!("-{short}"));
                    long.as_deref() == Some(*option) || short.as_deref() == Some(*option)
                });
                let named = commands.is_empty() || commands.contains(&subcommand.get_name());
                assert!(!(has && named), "{option} is an option of {}", subcommand.get_name());
            }
        }
    }
}
