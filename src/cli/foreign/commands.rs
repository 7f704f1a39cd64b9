//! Commands of other tools that this one does not have, with what to use instead; and the commands that a mistyped one may mean.

use std::cmp::Reverse;

use crate::cli::mistyped::mistakes;

/// The commands that take something away or end it: one that was not typed is named only where a letter is wrong.
const REMOVING: [&str; 4] = ["prune", "rm", "rmi", "kill"];

const IMAGES_ARE_MADE_ELSEWHERE: &str = "wincompat does not make images; build one with docker build on a Windows host";
const NOT_CHANGED_HERE: &str = "wincompat does not change a cluster; use kubectl";
const NO_SERVICES: &str = "wincompat does not start services; use docker compose, and check the file with wincompat scan FILE";
const NO_RUNNING_CHANGE: &str = "wincompat does not change a container that exists; start another with wincompat run";
const NO_PAUSE: &str = "wincompat does not pause containers; use wincompat stop";
const NO_SWARM: &str = "wincompat has no swarm; name the hosts with --hosts FILE in wincompat check";
const NAMED_IN_FULL: &str = "leave out this word: the commands are wincompat run, ps, images, rm and so on";
const NO_STATISTICS: &str = "wincompat does not measure containers; use Task Manager or Get-Process on the host";
const COPYING: &str = "mount a folder with wincompat run -v HOST:CONTAINER";
const READ_LOGIN: &str = "use docker login; wincompat reads the credentials of Docker";
const EXPLANATIONS: &str = "use wincompat explain --list";
const COPY_IMAGES: &str = "wincompat does not write to registries; use skopeo copy or docker push";
const SETTINGS: &str = "options are kept in wincompat.toml: wincompat init writes one";
const NODES: &str = "use wincompat cluster check, or kubectl get nodes -o json | wincompat check --hosts - IMAGE";

/// The commands of docker, kubectl, skopeo and their kin.
const FOREIGN: &[(&str, &str)] = &[
    ("analyze", "use wincompat check IMAGE"),
    ("apply", NOT_CHANGED_HERE),
    ("attach", "use wincompat logs -f CONTAINER"),
    ("auth", READ_LOGIN),
    ("build", IMAGES_ARE_MADE_ELSEWHERE),
    ("builder", IMAGES_ARE_MADE_ELSEWHERE),
    ("buildx", IMAGES_ARE_MADE_ELSEWHERE),
    ("catalog", "use skopeo list-tags, or the page of the registry"),
    ("codes", EXPLANATIONS),
    ("commit", IMAGES_ARE_MADE_ELSEWHERE),
    ("compose", NO_SERVICES),
    ("config", SETTINGS),
    ("container", NAMED_IN_FULL),
    ("containers", "use wincompat ps -a"),
    ("context", "name the hosts with --host HOST in wincompat check"),
    ("copy", COPY_IMAGES),
    ("cordon", NOT_CHANGED_HERE),
    ("cp", COPYING),
    ("create", "use wincompat run -d, which starts the container at once"),
    ("debug", "use wincompat exec CONTAINER COMMAND"),
    ("delete", "name what to remove: wincompat ps -a and wincompat images list it"),
    ("describe", "use wincompat inspect CONTAINER, or wincompat cluster check for a cluster"),
    ("df", "use wincompat images, or wincompat ps -a"),
    ("diff", "compare two hosts with wincompat scan --host HOST --next-host HOST"),
    ("doctor", "use wincompat host"),
    ("down", NO_SERVICES),
    ("drain", NOT_CHANGED_HERE),
    ("errors", EXPLANATIONS),
    ("events", "use wincompat ps -a, or wincompat wait CONTAINER"),
    ("export", "wincompat does not write files of containers; use docker export"),
    ("findings", EXPLANATIONS),
    ("fix", "use wincompat scan --fix"),
    ("get", NODES),
    ("history", "use docker history, or skopeo inspect --config"),
    ("image", NAMED_IN_FULL),
    ("import", "an image in a file is given by its path: wincompat check FILE"),
    ("info", "use wincompat host, or wincompat version"),
    ("lint", "use wincompat scan"),
    ("list", "use wincompat ps -a, wincompat images, or wincompat explain --list"),
    ("list-tags", "use skopeo list-tags, or the page of the registry"),
    ("load", "an image in a file is given by its path: wincompat check FILE"),
    ("login", READ_LOGIN),
    ("logout", "use docker logout; wincompat reads the credentials of Docker"),
    ("ls", "use wincompat ps -a, or wincompat images"),
    ("manifest", "use wincompat engines IMAGE, or wincompat check -v IMAGE"),
    ("network", "name a network with wincompat run --network NETWORK; docker network makes one"),
    ("node", NODES),
    ("nodes", NODES),
    ("pause", NO_PAUSE),
    ("plan", "use wincompat cluster plan"),
    ("patch", "use wincompat cluster patch, or wincompat scan --diff"),
    ("plugin", "wincompat has no plugins"),
    ("port", "use wincompat ps, which shows the ports"),
    ("push", COPY_IMAGES),
    ("rename", NO_RUNNING_CHANGE),
    ("restart", "stop the container with wincompat stop, then start another with wincompat run"),
    ("rollout", NOT_CHANGED_HERE),
    ("rules", EXPLANATIONS),
    ("save", "wincompat does not write images to files; use skopeo copy or docker save"),
    ("scale", NOT_CHANGED_HERE),
    ("search", "use the page of the registry"),
    ("secret", NO_SWARM),
    ("serve", "use wincompat webhook serve"),
    ("service", NO_SWARM),
    ("shell", "use wincompat exec -it CONTAINER cmd"),
    ("stack", NO_SWARM),
    ("start", "use wincompat run; a container that has stopped is not started again"),
    ("stats", NO_STATISTICS),
    ("status", "use wincompat ps -a, or wincompat host"),
    ("swarm", NO_SWARM),
    ("system", "use wincompat host, wincompat images, or wincompat ps -a"),
    ("tag", "wincompat does not name images; use docker tag or skopeo copy"),
    ("test", "use wincompat check IMAGE"),
    ("top", NO_STATISTICS),
    ("trust", "wincompat verifies digests, not signatures"),
    ("uncordon", NOT_CHANGED_HERE),
    ("unpause", NO_PAUSE),
    ("up", NO_SERVICES),
    ("update", NO_RUNNING_CHANGE),
    ("upgrade", "use wincompat cluster plan, or wincompat scan --next-host HOST"),
    ("validate", "use wincompat scan"),
    ("verify", "use wincompat check IMAGE, or wincompat images --verify for the local store"),
    ("volume", "mount a folder with wincompat run -v HOST:CONTAINER; wincompat does not keep volumes"),
];

/// The hint for a command as it was typed, if it is known from elsewhere.
pub fn hint(typed: &str) -> Option<&'static str> {
    let typed = typed.to_lowercase();
    FOREIGN.iter().find(|(command, _)| *command == typed).map(|(_, hint)| *hint)
}

/// Those of these commands that may have been meant: of the nearest ones those with the longest beginning in common with it, and one that
/// removes only where nothing else is as near and as alike.
pub fn meant(typed: &str, commands: &[String]) -> Vec<String> {
    let typed = typed.to_lowercase();
    let near = |command: &String| {
        let distance = mistakes(&typed, command)?;
        // The first letters are seldom the wrong ones: `prun` is more like `prune` than `run`.
        let beginning = typed.chars().zip(command.chars()).take_while(|(one, other)| one == other).count();
        let rank = (distance, Reverse(beginning), is_removing(command));
        (distance <= 1 || !is_removing(command)).then(|| (rank, command.clone()))
    };
    let near: Vec<_> = commands.iter().filter_map(near).collect();
    let best = near.iter().map(|(rank, _)| *rank).min();
    near.into_iter().filter(|(rank, _)| Some(*rank) == best).map(|(_, command)| command).collect()
}

fn is_removing(command: &str) -> bool {
    REMOVING.contains(&command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_of_ours_is_called_foreign_and_those_that_are_named_exist() {
        let program = crate::cli::command();
        for (command, hint) in FOREIGN {
            assert!(program.find_subcommand(command).is_none(), "{command} is a command");
            assert!(!hint.ends_with('.'), "{command}");
            for rest in hint.split("wincompat ").skip(1) {
                let word = rest.split([' ', ',', ';', '`']).next().unwrap();
                // The commands for clusters may be left out of a build.
                let words = ["does", "has", "reads", "verifies", "cluster", "webhook"];
                assert!(program.find_subcommand(word).is_some() || words.contains(&word), "{command}: {word}");
            }
        }
    }

    #[test]
    fn a_command_of_another_tool_is_answered() {
        for (typed, said) in [
            ("login", "docker login"),
            ("push", "skopeo"),
            ("rules", "explain --list"),
            ("list", "explain --list"),
            ("verify", "images --verify"),
            ("build", "docker build"),
            ("start", "wincompat run"),
            ("tag", "docker tag"),
            ("create", "run -d"),
            ("diff", "--next-host"),
            ("system", "wincompat host"),
            ("container", "leave out this word"),
            ("Login", "docker login"),
        ] {
            assert!(hint(typed).is_some_and(|hint| hint.contains(said)), "{typed}");
        }
        assert_eq!(hint("chekc"), None);
    }

    #[test]
    fn only_a_near_command_is_meant() {
        let names: Vec<String> = crate::cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        for (typed, expected) in [
            ("chekc", &["check"][..]),
            ("scna", &["scan"]),
            ("rnu", &["run"]),
            ("verison", &["version"]),
            ("pul", &["pull"]),
            ("log", &["logs"]),
            ("RUNN", &["run"]),
            ("prunee", &["prune"]),
            ("prun", &["prune"]),
            ("rmii", &["rmi"]),
            ("killl", &["kill"]),
            // One that removes nothing is named before one that does.
            ("rum", &["run"]),
            ("login", &[]),
            ("push", &[]),
            ("rules", &[]),
            ("list", &[]),
            ("pruunne", &[]),
            ("verify", &[]),
            ("x", &[]),
            ("", &[]),
        ] {
            assert_eq!(meant(typed, &names), expected, "{typed}");
        }
    }
}
