//! Options of `wincompat run` that were typed behind the image, where they are words for the container.

use std::io::Write;

use super::Args;
use crate::Error;
use crate::cli::failure::Failure;
use crate::cli::wording::shell_word;
use crate::oci::pull::Pulled;
use crate::report::plain;

/// The options that hardly any other program has: wherever they stand behind the image, they are worth a warning.
const TELLING: [&str; 6] = ["--isolation", "--entrypoint", "--storage-opt", "--env-file", "--publish", "--rm"];

/// The word right behind the image that says that all words after it are for the container.
const MARK: &str = "--";

impl Args {
    fn behind_the_image(&self) -> &[String] {
        self.image_and_command.get(1..).unwrap_or_default()
    }

    /// The words for the container, without a `--` that says they are meant for it.
    pub(super) fn command(&self) -> &[String] {
        match self.behind_the_image() {
            [mark, rest @ ..] if mark == MARK && (begins_with_an_option(rest) || telling(rest).is_some()) => rest,
            words => words,
        }
    }

    /// Refuses a command that would begin with an option of `wincompat run`, and warns of one that stands further behind.
    pub(super) fn check_behind(&self, pulled: &Pulled, err: &mut dyn Write) -> Result<(), Failure> {
        let words = self.behind_the_image();
        let entrypoint = match &self.entrypoint {
            Some(program) => !program.is_empty(),
            None => {
                pulled.config.config.as_ref().and_then(|config| config.entrypoint.as_ref()).is_some_and(|all| !all.is_empty())
            }
        };
        if begins_with_an_option(words) && !entrypoint {
            return Err(self.misplaced(words).into());
        }
        if let Some(option) = telling(words) {
            let option = plain::clean(option);
            writeln!(
                err,
                "warning: the option {option} comes after the image, so it is passed to the command of the container; \
                 options of wincompat go before the image (write -- after the image to avoid this warning)"
            )?;
        }
        Ok(())
    }

    /// The error about a command that begins with options, with the end of the line that was meant.
    fn misplaced(&self, words: &[String]) -> Error {
        let mut options = 0;
        while words.get(options..).is_some_and(begins_with_an_option) {
            options += if words.get(options).is_some_and(|word| takes_the_next(word)) { 2 } else { 1 };
        }
        let (options, rest) = words.split_at(options.min(words.len()));
        let line = options.iter().map(String::as_str).chain([self.image()]).chain(rest.iter().map(String::as_str));
        let line: Vec<String> = line.map(shell_word).collect();
        let first = words.first().map(String::as_str).unwrap_or_default();
        Error::new(format!("the option {first} comes after the image, so it would be the command of the container"))
            .hint(format!("options of wincompat go before the image: end the command with `{}`", line.join(" ")))
    }
}

/// True if the first word is an option of `wincompat run`. A word such as `-Command` is not one.
fn begins_with_an_option(words: &[String]) -> bool {
    words.first().is_some_and(|word| option(word).is_some())
}

/// The option of `wincompat run` that this word would be, e.g. `--isolation=hyperv`, `-it`.
fn option(word: &str) -> Option<clap::Arg> {
    let command = crate::cli::command();
    let mut options = command.find_subcommand("run")?.get_arguments();
    if let Some(long) = word.strip_prefix(MARK) {
        let name = long.split('=').next()?;
        return options.find(|option| option.get_long().is_some_and(|long| long == name)).cloned();
    }
    let mut letters = word.strip_prefix('-')?.chars();
    let first = letters.next()?;
    options.find(|option| option.get_short() == Some(first)).cloned()
}

/// True if the word is an option whose value is the next word.
fn takes_the_next(word: &str) -> bool {
    let is_whole = if word.starts_with(MARK) { !word.contains('=') } else { word.chars().count() == 2 };
    is_whole && option(word).is_some_and(|option| option.get_action().takes_values())
}

/// The first word that is one of the telling options.
fn telling(words: &[String]) -> Option<&str> {
    let is_telling = |word: &&String| word.split('=').next().is_some_and(|name| TELLING.contains(&name));
    words.iter().find(is_telling).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::run_config::{ProcessConfig, RunConfig};

    fn args(words: &[&str]) -> Args {
        use clap::FromArgMatches as _;
        let line = ["wincompat", "run"].iter().chain(words);
        let matches = crate::cli::command().try_get_matches_from(line).unwrap();
        Args::from_arg_matches(matches.subcommand().unwrap().1).unwrap()
    }

    fn said(words: &[&str], entrypoint: Option<&str>) -> Result<String, Error> {
        let process =
            ProcessConfig { entrypoint: entrypoint.map(|program| vec![program.to_owned()]), ..ProcessConfig::default() };
        let config = RunConfig { config: Some(process), ..RunConfig::default() };
        let mut err = Vec::new();
        match args(words).check_behind(&Pulled { config, layers: Vec::new() }, &mut err) {
            Ok(()) => Ok(String::from_utf8(err).unwrap()),
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::Stream(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn a_command_that_begins_with_an_option_is_refused_with_the_end_of_the_line_that_was_meant() {
        for (words, line) in [
            (&["app", "--isolation=hyperv", "cmd"][..], "end the command with `--isolation=hyperv app cmd`"),
            (&["app", "--isolation", "hyperv", "-it", "cmd"], "end the command with `--isolation hyperv -it app cmd`"),
            // What stands before the image stays there.
            (&["--rm", "app", "-p", "80:80"], "end the command with `-p 80:80 app`"),
            (&["app", "-m"], "end the command with `-m app`"),
        ] {
            let error = said(words, None).unwrap_err();
            assert!(error.what.contains("comes after the image"), "{words:?}");
            assert!(error.hint.unwrap().to_string().ends_with(line), "{words:?}");
        }
    }

    #[test]
    fn an_option_further_behind_is_a_warning() {
        for words in [&["app", "cmd", "--isolation=process"][..], &["app", "cmd", "/c", "x", "--rm"]] {
            assert!(said(words, None).unwrap().contains("after the image"), "{words:?}");
        }
        assert!(said(&["app", "--isolation=process"], Some("app.exe")).unwrap().starts_with("warning: the option --isolation"));
    }

    #[test]
    fn words_for_the_container_stay() {
        for (words, entrypoint) in [
            (&["app", "cmd", "/c", "ver"][..], None),
            (&["app", "app.exe", "--name", "x", "-d"], None),
            (&["app", "-Command", "Get-Item"], None),
            (&["app", "--name", "x"], Some("app.exe")),
            (&["--entrypoint", "app.exe", "app", "-d"], None),
        ] {
            assert_eq!(said(words, entrypoint).unwrap(), "", "{words:?}");
        }
    }

    #[test]
    fn two_hyphens_end_the_check() {
        let words = ["app", "--", "--isolation=process", "x"];
        assert_eq!(args(&words).command(), ["--isolation=process", "x"]);
        assert!(!begins_with_an_option(args(&words).behind_the_image()));
        assert_eq!(args(&["app", "--", "x"]).command(), ["--", "x"], "as with Docker");
    }
}
