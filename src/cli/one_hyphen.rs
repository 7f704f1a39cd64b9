//! Long options that were typed with one hyphen, as PowerShell has them: `-host ltsc2022`. Their letters would be read as short options,
//! `-h` as the one for help. Also options behind a long dash, which word processors put in the place of two hyphens: without a hyphen they would be
//! read as images.

use std::ffi::OsString;

use clap::{Arg, Command};

use super::mistyped::mistakes;

/// The letter of the option for help, which clap adds by itself.
const HELP: char = 'h';

/// The options that are meant by the letter for help where something comes after it: of Docker, and of many other programs.
const AS_HELP: [&str; 2] = ["hostname", "host"];

/// The dashes and the sign that word processors and web pages put in the place of hyphens.
const LONG_DASHES: [char; 5] = ['–', '—', '―', '‒', '−'];

/// A word that would be read as other options than it means, or as none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// The names of the commands that lead to the one that was called, e.g. `cluster` and `check`.
    pub commands: Vec<String>,
    /// The error.
    pub refusal: String,
    /// What to type instead.
    pub hint: String,
}

/// The first such word among these arguments, the first of which is the program's name. Values of options, what follows `--`, and the words
/// for a container are not looked at.
pub fn slip(command: &Command, arguments: &[OsString]) -> Option<Slip> {
    let mut commands = Vec::new();
    let mut within = command;
    let mut words = arguments.iter().skip(1);
    while let Some(word) = words.next() {
        let word = word.to_string_lossy();
        let options = Options { within, program: command };
        let takes_the_next = if word == "--" {
            return None;
        } else if let Some(long) = word.strip_prefix("--") {
            options.long(long).is_some_and(takes_the_next)
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            match options.read(letters, words.len() > 0) {
                Read::Slip { refusal, hint } => return Some(Slip { commands, refusal, hint }),
                Read::Options { takes_the_next } => takes_the_next,
            }
        } else if let Some(meant) = word.strip_prefix(LONG_DASHES).and_then(|rest| options.behind_dash(rest)) {
            let name = word.split('=').next().unwrap_or_default();
            let hyphens = if meant.starts_with("--") { "two hyphens stand" } else { "a hyphen stands" };
            let refusal = format!("unexpected argument '{name}' found");
            return Some(Slip { commands, refusal, hint: format!("did you mean {meant}? {hyphens} before it, not a dash") });
        } else if let Some(subcommand) = within.find_subcommand(&*word) {
            commands.push(subcommand.get_name().to_owned());
            within = subcommand;
            false
        } else if within.get_positionals().any(Arg::is_trailing_var_arg_set) {
            return None;
        } else {
            false
        };
        if takes_the_next {
            words.next();
        }
    }
    None
}

/// The options that can be typed in a place.
#[derive(Clone, Copy)]
struct Options<'a> {
    within: &'a Command,
    program: &'a Command,
}

/// What the letters behind one hyphen are.
enum Read {
    /// Short options; the value of the last may be the next word.
    Options { takes_the_next: bool },
    /// Something else.
    Slip { refusal: String, hint: String },
}

impl<'a> Options<'a> {
    fn all(self) -> impl Iterator<Item = &'a Arg> {
        self.within.get_arguments().chain(self.program.get_arguments())
    }

    /// The option with this long name, which a value may follow: `host=ltsc2022`.
    fn long(self, typed: &str) -> Option<&'a Arg> {
        let name = typed.split('=').next()?;
        self.all().filter(|_| name.len() == typed.len()).find(|option| names(option).any(|known| known == name))
    }

    fn short(self, letter: char) -> Option<&'a Arg> {
        self.all().find(|option| option.get_short() == Some(letter))
    }

    /// Reads the letters behind one hyphen as clap would. `is_followed` is true if other words come after them.
    fn read(self, letters: &str, is_followed: bool) -> Read {
        const ALONE: &str = "type -h alone for the help";
        let none = Read::Options { takes_the_next: false };
        let name = letters.split('=').next().unwrap_or_default();
        let unexpected = |hint: String| Read::Slip { refusal: format!("unexpected argument '-{name}' found"), hint };
        let meant = |name: &str| unexpected(format!("did you mean --{name}?"));
        if name == "help" {
            return none;
        }
        if name.len() > 1 && self.long(name).is_some() || name == "version" && self.within.get_name() == self.program.get_name() {
            return meant(name);
        }
        for (at, letter) in letters.char_indices() {
            let rest = letters.get(at + letter.len_utf8()..).unwrap_or_default();
            match self.short(letter) {
                Some(option) if option.get_action().takes_values() => return Read::Options { takes_the_next: rest.is_empty() },
                Some(_) => {}
                None if letter == HELP && rest.is_empty() => {
                    let as_help =
                        AS_HELP.iter().find(|name| self.within.get_arguments().any(|option| option.get_long() == Some(name)));
                    return match as_help.filter(|_| is_followed) {
                        Some(option) => Read::Slip {
                            refusal: "-h is the option for help, and other arguments come after it".to_owned(),
                            hint: format!("did you mean --{option}? {ALONE}"),
                        },
                        None => none,
                    };
                }
                None if letter == HELP => return self.like(name).map_or_else(|| unexpected(ALONE.to_owned()), meant),
                // Of other letters clap says that they are not options.
                None if at == 0 && name.len() > 1 => return self.like(name).map_or(none, meant),
                None => return none,
            }
        }
        none
    }

    /// The option that is meant by what stands behind a long dash, with its hyphens: `--isolation` of `isolation=process`.
    fn behind_dash(self, rest: &str) -> Option<String> {
        let rest = rest.trim_start_matches(|c: char| c == '-' || LONG_DASHES.contains(&c));
        let name = rest.split('=').next().unwrap_or_default();
        let mut letters = name.chars();
        if let (Some(letter), None) = (letters.next(), letters.next()) {
            return self.short(letter).map(|_| format!("-{letter}"));
        }
        let known = if name == "help" { Some(name) } else { self.like(name) };
        known.map(|name| format!("--{name}"))
    }

    /// The long name that is most like this one, whatever its case and its hyphens, e.g. `dry-run` for `DryRun`.
    fn like(self, name: &str) -> Option<&'a str> {
        let plain = |name: &str| name.replace('-', "").to_lowercase();
        let typed = plain(name);
        let near = self.all().flat_map(names).filter_map(|known| Some((mistakes(&typed, &plain(known))?, known)));
        near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
    }
}

/// The long names of an option.
fn names(option: &Arg) -> impl Iterator<Item = &str> {
    option.get_long().into_iter().chain(option.get_all_aliases().unwrap_or_default())
}

/// True for an option whose value is the next word where none stands behind `=`.
fn takes_the_next(option: &Arg) -> bool {
    option.get_action().takes_values() && !option.is_require_equals_set()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(line: &str) -> Option<String> {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        slip(&crate::cli::typed_command(), &arguments).map(|slip| slip.hint)
    }

    /// Every command, with the names that lead to it.
    fn commands(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
        found.push((path.to_owned(), command.clone()));
        for subcommand in command.get_subcommands() {
            commands(subcommand, &format!("{path} {}", subcommand.get_name()), found);
        }
    }

    #[test]
    fn every_long_option_with_one_hyphen_is_refused_and_named() {
        let program = crate::cli::typed_command();
        let mut all = Vec::new();
        commands(&program, "wincompat", &mut all);
        let mut options = 0;
        for (path, command) in all {
            for name in command.get_arguments().flat_map(names) {
                for typed in [format!("-{name}"), format!("-{name}=x"), format!("-q -{name} x")] {
                    let said = hint(&format!("{path} {typed}"));
                    assert_eq!(said, Some(format!("did you mean --{name}?")), "{path} {typed}");
                }
                // The word has no meaning as short options that somebody types.
                let is_flag = |letter: char| {
                    command
                        .get_arguments()
                        .any(|option| option.get_short() == Some(letter) && !option.get_action().takes_values())
                };
                assert!(!name.chars().all(is_flag), "{path}: -{name} is a bundle of short options too");
                options += 1;
            }
        }
        assert!(options > 100, "{options}");
    }

    #[test]
    fn options_of_powershell_and_mistyped_ones_that_begin_as_help() {
        for (line, meant) in [
            ("wincompat check -Host ltsc2022 app:1", "did you mean --host?"),
            ("wincompat check -Isolation process app:1", "did you mean --isolation?"),
            ("wincompat check -CaFile x app:1", "did you mean --ca-file?"),
            ("wincompat run -DryRun app:1", "did you mean --dry-run?"),
            ("wincompat check -hosst ltsc2022 app:1", "did you mean --host?"),
            ("wincompat check -qhost ltsc2022 app:1", "did you mean --host?"),
            ("wincompat check -hq app:1", "type -h alone for the help"),
            ("wincompat -host ltsc2022 check app:1", "type -h alone for the help"),
            ("wincompat check --color never -host ltsc2022 app:1", "did you mean --host?"),
            ("wincompat run --color never -hostname web app:1", "did you mean --hostname?"),
            ("wincompat cluster check -format json", "did you mean --format?"),
            ("wincompat -version", "did you mean --version?"),
        ] {
            assert_eq!(hint(line).as_deref(), Some(meant), "{line}");
        }
    }

    #[test]
    fn a_long_dash_of_a_document_is_meant_as_hyphens() {
        for (line, meant) in [
            ("wincompat check —isolation process app:1", "--isolation"),
            ("wincompat check app:1 –isolation=process", "--isolation"),
            ("wincompat check −−host ltsc2022 app:1", "--host"),
            ("wincompat run —isolation process app:1", "--isolation"),
            ("wincompat check —help", "--help"),
        ] {
            assert_eq!(hint(line), Some(format!("did you mean {meant}? two hyphens stand before it, not a dash")), "{line}");
        }
        let short = hint("wincompat check –q app:1");
        assert_eq!(short.as_deref(), Some("did you mean -q? a hyphen stands before it, not a dash"));
        for line in [
            "wincompat explain docker — failed",
            "wincompat run app:1 —isolation",
            "wincompat check -- —host",
            "wincompat check —x",
        ] {
            assert_eq!(hint(line), None, "{line}");
        }
    }

    #[test]
    fn help_with_arguments_after_it_is_meant_as_a_host() {
        for (line, meant) in [
            ("wincompat run -h web app:1", "did you mean --hostname? type -h alone for the help"),
            ("wincompat run -ith web app:1", "did you mean --hostname? type -h alone for the help"),
            ("wincompat run -h=web app:1", "type -h alone for the help"),
            ("wincompat check -h ltsc2022 app:1", "did you mean --host? type -h alone for the help"),
        ] {
            assert_eq!(hint(line).as_deref(), Some(meant), "{line}");
        }
        for line in [
            "wincompat -h",
            "wincompat -h check",
            "wincompat run -h",
            "wincompat run --rm -h",
            "wincompat check app:1 -h",
            "wincompat check -help",
            "wincompat stop -h web",
        ] {
            assert_eq!(hint(line), None, "{line}");
        }
    }

    #[test]
    fn short_options_keep_their_meaning() {
        for line in [
            "wincompat check -qv app:1",
            "wincompat check -v app:1",
            "wincompat check -ofile app:1",
            "wincompat check -fjson app:1",
            "wincompat check -f=json app:1",
            "wincompat check -o junit=a.xml app:1",
            "wincompat run -it app:1",
            "wincompat run -itd --rm app:1",
            "wincompat run -p8080:80 app:1",
            "wincompat run -eNAME=value app:1",
            "wincompat run -eNV=value app:1",
            "wincompat run -ehost=value app:1",
            "wincompat run -m2g -w C:\\app app:1",
            "wincompat run -net=host app:1",
            "wincompat run -P app:1",
            "wincompat logs -fn10 web",
            "wincompat cluster check -A",
            "wincompat explain -1070137087",
            // Values, and words for the container.
            "wincompat run -e -host app:1",
            "wincompat run --name -host app:1",
            "wincompat run -ite -host app:1",
            "wincompat run app:1 -host x",
            "wincompat run app:1 cmd -h x",
            "wincompat exec web cmd -host x",
            "wincompat exec web -host x",
            "wincompat check -- -host",
        ] {
            assert_eq!(hint(line), None, "{line}");
        }
        // The value of `--fresh` stands behind `=`, so that it is not the next word.
        assert_eq!(hint("wincompat check --fresh -host ltsc2022 app:1").as_deref(), Some("did you mean --host?"));
    }
}
