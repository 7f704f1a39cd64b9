//! Arguments that are missing, or one too many: what to type instead.

/// What to do about a check of nothing.
const NO_IMAGE_TO_CHECK: &str =
    "name an image, e.g. `wincompat check mcr.microsoft.com/windows/nanoserver:ltsc2022`, or a list of images with --from FILE";

/// What to do about arguments of a subcommand that are missing, by their names, e.g. `<IMAGE>...`.
pub fn missing(subcommand: &str, names: &[String]) -> Option<&'static str> {
    let has = |beginning: &str| names.iter().any(|name| name.starts_with(beginning));
    match subcommand {
        "check" => Some(NO_IMAGE_TO_CHECK),
        "rmi" if has("<IMAGE>") => Some("name an image; `wincompat images` lists those in the store"),
        "explain" if has("<WHAT>") => {
            Some("give a code, a number or the words of an error; `wincompat explain --list` shows everything that is known")
        }
        "webhook" if has("--tls-cert") => Some(
            "name a certificate with --tls-cert and --tls-key, or a Secret with --tls-secret; `wincompat webhook manifest` writes all that installs the webhook",
        ),
        "completions" if has("<SHELL>") => Some("name a shell: bash, elvish, fish, powershell or zsh"),
        "man" if has("<FOLDER>") => Some("name a folder that exists"),
        _ if has("<IMAGE>") => Some("name an image, e.g. mcr.microsoft.com/windows/nanoserver:ltsc2022"),
        _ if has("<CONTAINER>") => Some("name a container; `wincompat ps -a` lists all of them"),
        _ => None,
    }
}

/// What to do about a word for which a subcommand has no place.
pub fn surplus(subcommand: &str) -> &'static str {
    match subcommand {
        "pull" => "pull one image at a time",
        "logs" => "name one container at a time",
        "ps" => "`wincompat inspect CONTAINER` shows one container; options of `wincompat ps` such as --filter choose among them",
        _ => "leave it out, or write the option that it belongs to before it; --help shows the options",
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn each_subcommand_that_needs_an_argument_says_which() {
        let mut needed = 0;
        for command in crate::cli::command().get_subcommands() {
            let positionals = command.get_positionals().filter(|argument| argument.is_required_set());
            let names: Vec<String> = positionals.map(ToString::to_string).collect();
            if !names.is_empty() {
                needed += 1;
                assert!(missing(command.get_name(), &names).is_some(), "{}: {names:?}", command.get_name());
            }
        }
        assert!(needed >= 12, "{needed}");
        assert_eq!(missing("pull", &["--dry-run".to_owned()]), None);
        let shells = missing("completions", &["<SHELL>".to_owned()]).unwrap();
        for shell in clap_complete::Shell::value_variants() {
            assert!(shells.contains(&shell.to_string()), "{shell}");
        }
    }
}
