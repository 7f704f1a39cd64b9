//! `wincompat.toml`: options of a scan that a team writes down once, and what it has accepted.
//!
//! Every key is the name of an option, so that there is one meaning of each. Options that are typed, or set by a variable, count more.

pub mod arguments;
pub mod takes;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::Args as _;
use clap::error::ErrorKind as ErrorKindOfArguments;
use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use self::takes::{Takes, not_taken, refused, refused_by_option, text_of};
use crate::cli::judging::finding;
use crate::files::read_regular;
use crate::scan::{Exception, Lines, Pattern};
use crate::text::quoted;
use crate::{Error, ErrorKind};

/// The name of the file.
pub const NAME: &str = "wincompat.toml";

/// The most bytes of it.
const LARGEST: u64 = 1 << 20;

/// The options that may stand in it. Where answers are written, whom is trusted and what is changed is said on the command line alone:
/// the file may come from a stranger.
pub const KEYS: [&str; 21] = [
    "allow",
    "allow-registry",
    "baseline",
    "deny",
    "engine",
    "env-file",
    "exclude",
    "fleet",
    "fleet-next",
    "fresh",
    "host",
    "hosts",
    "isolation",
    "mirror",
    "production",
    "require-findings",
    "strict",
    "suggest",
    "untrusted",
    "var",
    "warn",
];

/// The keys whose values are paths from the folder of the file.
const PATHS: [&str; 3] = ["baseline", "env-file", "hosts"];

/// The table of fleets: hosts by name.
pub const FLEETS: &str = "fleets";

/// The keys of a fleet.
pub const FLEET_KEYS: [&str; 2] = ["host", "hosts"];

/// The table of exceptions.
pub const EXCEPTION: &str = "exception";

/// The keys of an exception, each with its meaning and what it takes.
pub const EXCEPTION_KEYS: [(&str, &str, &str); 6] = [
    ("code", "The code of all errors of the failure.", "the code of a finding"),
    ("image", "A pattern for the image, e.g. registry.example/legacy:*", "one pattern"),
    ("path", "A pattern for the file, e.g. deploy/legacy/**", "one pattern"),
    ("host", "A pattern for the host.", "one pattern"),
    ("reason", "The reason.", "one text"),
    ("until", "The last day on which the failure is accepted.", "a day, e.g. 2027-01-31"),
];

/// An option of the file as it would be typed.
fn argument(key: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("--{key}={value}"),
        None => format!("--{key}"),
    }
}

/// The hosts of a fleet: the key, and the value.
type FleetHosts = Vec<(&'static str, String)>;

/// What the file says.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Options with their values, `None` for one that is switched on, and their lines.
    options: Vec<(&'static str, Option<String>, u32)>,
    /// What is accepted.
    pub exceptions: Vec<Exception>,
    /// The folder of the file.
    pub folder: PathBuf,
    /// The file; `None` if there is none.
    pub path: Option<PathBuf>,
    /// True if the values of files count more than those of variables: those alone were typed.
    pub does_env_file_win: bool,
    /// Hosts by the name of their fleet.
    fleets: BTreeMap<String, FleetHosts>,
}

impl Settings {
    /// True if the value of this option is the one of the file.
    pub fn gives(&self, key: &str) -> bool {
        self.options.iter().any(|(known, ..)| *known == key)
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or has a key or a value that it cannot have, with its line.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let shown = quoted(&path.to_string_lossy());
        let bytes = read_regular(path, LARGEST).map_err(|error| {
            let kind = if error.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Invalid };
            Error::of(kind, format!("the configuration {shown} could not be read"))
                .because(error)
                .hint("name another one with --config FILE, or use none with --no-config")
        })?;
        let text = String::from_utf8(bytes).map_err(|_| {
            Error::of(ErrorKind::Invalid, format!("the configuration {shown} is not UTF-8 text")).hint("save it as UTF-8")
        })?;
        Self::of(&text, path.parent().unwrap_or(Path::new("")))
            .map(|settings| Self { path: Some(path.to_owned()), ..settings })
            .map_err(|(line, error)| unusable(error, line, path))
    }

    /// The text of an option, and its line.
    fn option(&self, key: &str) -> Option<(&String, Option<u32>)> {
        let (_, value, line) = self.options.iter().find(|(known, ..)| *known == key)?;
        Some((value.as_ref()?, Some(*line)))
    }

    fn of(text: &str, folder: &Path) -> Result<Self, (u32, Error)> {
        let scan = super::Args::augment_args(clap::Command::new("scan"));
        let lines = Lines::of(text);
        let line = |span: Range<usize>| lines.place(span).line;
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(1, line);
            (at, Error::of(ErrorKind::Invalid, error.message().to_owned()).hint("the file is TOML: KEY = VALUE on each line"))
        })?;
        let mut settings = Self { folder: folder.to_owned(), ..Self::default() };
        for (key, value) in table.into_inner() {
            let at = line(key.span());
            let name = key.into_inner();
            if name == EXCEPTION {
                let DeValue::Array(list) = value.into_inner() else { return Err((at, no_exception())) };
                for one in list {
                    let at = line(one.span());
                    settings.exceptions.push(exception(one.into_inner(), at, &line, text)?);
                }
                continue;
            }
            if name == FLEETS {
                let DeValue::Table(table) = value.into_inner() else {
                    return Err((at, wrong("fleets stand in tables: [fleets.NAME]", FLEET_WRITTEN)));
                };
                for (fleet, value) in table {
                    let at = line(fleet.span());
                    let hosts = settings.fleet(value.into_inner(), at, &line, text)?;
                    settings.fleets.insert(fleet.into_inner().into_owned(), hosts);
                }
                continue;
            }
            let option = |key: &str| scan.get_arguments().find(|argument| argument.get_long() == Some(key));
            let is_key = KEYS.iter().find(|key| **key == name);
            let Some((key, option)) = is_key.and_then(|key| Some((*key, option(key)?))) else {
                return Err((at, no_option(&name, option(&name).is_some())));
            };
            let read = Takes::of(option).read(key, &value, text).map_err(|(place, error)| (line(place), error))?;
            let read: Vec<_> = read.into_iter().map(|text| (key, settings.placed(key, text), at)).collect();
            settings.options.extend(read);
        }
        settings.checked(scan)
    }

    /// These settings, if the command takes each option with its value.
    fn checked(self, mut scan: clap::Command) -> Result<Self, (u32, Error)> {
        for (key, value, line) in &self.options {
            let arguments = ["scan".to_owned(), argument(key, value.as_deref())];
            match scan.try_get_matches_from_mut(arguments) {
                // Whatever other options there are.
                Err(error)
                    if matches!(error.kind(), ErrorKindOfArguments::InvalidValue | ErrorKindOfArguments::ValueValidation) =>
                {
                    return Err((*line, refused_by_option(key, &error)));
                }
                _ => {}
            }
        }
        Ok(self)
    }

    /// The hosts of the fleet that begins in this line.
    fn fleet(
        &self,
        value: DeValue<'_>,
        at: u32,
        line: &impl Fn(Range<usize>) -> u32,
        file: &str,
    ) -> Result<FleetHosts, (u32, Error)> {
        let DeValue::Table(table) = value else {
            return Err((at, wrong("a fleet is a table: [fleets.NAME]", FLEET_WRITTEN)));
        };
        let mut hosts = Vec::new();
        for (key, value) in table {
            let at = line(key.span());
            let Some(key) = FLEET_KEYS.iter().find(|known| **known == key.get_ref().as_ref()) else {
                return Err((at, unknown(key.get_ref(), &FLEET_KEYS)));
            };
            let read = Takes::List.read(key, &value, file).map_err(|(place, error)| (line(place), error))?;
            hosts.extend(read.into_iter().filter_map(|text| Some((*key, self.placed(key, text)?))));
        }
        if hosts.is_empty() {
            return Err((at, wrong("a fleet needs a `host`, or a file of `hosts`", FLEET_WRITTEN)));
        }
        Ok(hosts)
    }

    /// The error of a fleet that is not there, which this line of the file names if the command line does not.
    fn no_fleet(&self, name: &str, line: Option<u32>, is_off: bool) -> Error {
        let known: Vec<&str> = self.fleets.keys().map(String::as_str).collect();
        let hint = match (&self.path, known.as_slice()) {
            (None, _) if is_off => format!("leave --no-config out: fleets are read from {NAME}"),
            (None, _) => format!("there is no {NAME}: write one with [fleets.NAME] and host = [\"ltsc2022\"]"),
            (_, []) => "write it down as [fleets.NAME] with host = [\"ltsc2022\"]".to_owned(),
            (_, known) => format!("the fleets are {}", known.join(", ")),
        };
        let error = Error::of(ErrorKind::NotFound, format!("there is no fleet {}", quoted(name))).hint(hint);
        match (line, &self.path) {
            (Some(line), Some(path)) => unusable(error, line, path),
            _ => error,
        }
    }

    /// The text of an option; a path is one from the folder of the file.
    fn placed(&self, key: &str, text: Option<String>) -> Option<String> {
        let is_path = PATHS.contains(&key);
        text.map(|text| if is_path { self.folder.join(text).to_string_lossy().into_owned() } else { text })
    }
}

/// The error of this line of the file.
fn unusable(error: Error, line: u32, path: &Path) -> Error {
    error.within(format!("line {line} of {} cannot be used", quoted(&path.to_string_lossy())))
}

/// How a fleet is written.
const FLEET_WRITTEN: &str = "write [fleets.NAME], and below it host = [\"ltsc2022\"]";

fn wrong(why: &str, hint: &str) -> Error {
    Error::of(ErrorKind::Invalid, why).hint(hint)
}

fn no_exception() -> Error {
    wrong("an exception begins with [[exception]]", "write [[exception]], and its keys below it")
}

/// The error of a key of the file that there is not; `is_option` says whether there is an option of this name.
fn no_option(name: &str, is_option: bool) -> Error {
    let tables = [(EXCEPTION, format!("[[{EXCEPTION}]]")), (FLEETS, format!("[{FLEETS}.NAME]"))];
    let below = EXCEPTION_KEYS.iter().map(|(key, ..)| *key).filter(|key| !KEYS.contains(key));
    let below = below.map(|key| (key, format!("{key} below [[{EXCEPTION}]]")));
    let known: Vec<(&str, String)> =
        KEYS.iter().map(|key| (*key, (*key).to_owned())).chain(tables.clone()).chain(below).collect();
    let hint = if is_option {
        format!("--{name} is for the command line alone: a file may come from someone else")
    } else {
        near(name, &known).map_or_else(
            || format!("the keys are {}, and the tables are {} and {}", KEYS.join(", "), tables[0].1, tables[1].1),
            |near| format!("did you mean {near}?"),
        )
    };
    no_key(name).hint(hint)
}

fn unknown(name: &str, known: &[&str]) -> Error {
    let all: Vec<(&str, String)> = known.iter().map(|key| (*key, (*key).to_owned())).collect();
    let hint =
        near(name, &all).map_or_else(|| format!("the keys are {}", known.join(", ")), |near| format!("did you mean {near}?"));
    no_key(name).hint(hint)
}

fn no_key(name: &str) -> Error {
    Error::of(ErrorKind::Invalid, format!("there is no key {}", quoted(name)))
}

/// The words for the key that is nearly called so.
fn near<'k>(name: &str, known: &'k [(&str, String)]) -> Option<&'k str> {
    let (key, words) = known.iter().min_by_key(|(key, _)| strsim::damerau_levenshtein(name, key))?;
    (strsim::damerau_levenshtein(name, key) <= name.chars().count().max(3) / 2).then_some(words)
}

/// A table of `[[exception]]`.
fn exception(value: DeValue<'_>, at: u32, line: &impl Fn(Range<usize>) -> u32, file: &str) -> Result<Exception, (u32, Error)> {
    let DeValue::Table(table) = value else { return Err((at, no_exception())) };
    let mut exception = Exception { line: at, ..Exception::default() };
    for (key, value) in table {
        let here = line(key.span());
        let name: Spanned<_> = key;
        let name = name.into_inner();
        let Some((key, _, takes)) = EXCEPTION_KEYS.iter().find(|(key, ..)| *key == name) else {
            return Err((here, unknown(&name, &EXCEPTION_KEYS.map(|(key, ..)| key))));
        };
        let hint = match *key {
            "code" => "write code = \"build-mismatch\"; `wincompat explain --list` lists the codes".to_owned(),
            "until" => "write until = 2027-01-31".to_owned(),
            "reason" => "write reason = \"WHY\"".to_owned(),
            key => format!("write {key} = \"PATTERN\"; in it, * ? [ ] {{ }} stand for other characters"),
        };
        let other = not_taken(key, takes, &value, file).hint(hint.as_str());
        let text = match value.get_ref() {
            DeValue::Datetime(day) if *key == "until" => Some(day.to_string()),
            value => text_of(value),
        };
        let Some(text) = text else { return Err((here, other)) };
        let refused = |why: &str| (here, refused(key, &text, why).hint(hint.as_str()));
        let pattern = |read: fn(&str) -> Result<Pattern, String>| read(&text).map(Some).map_err(|why| refused(&why));
        match *key {
            "code" => {
                let code = finding(&text).map_err(|why| refused(&why))?;
                exception.code = Some(code.as_str().to_owned());
            }
            "image" => exception.image = pattern(|text| Pattern::of(text, false))?,
            "path" => exception.path = pattern(Pattern::of_files)?,
            "host" => exception.host = pattern(|text| Pattern::of(text, false))?,
            "reason" => exception.reason = text,
            _ => {
                let day: Result<Date, _> = text.parse();
                exception.until = Some(day.map_err(|_| (here, other))?);
            }
        }
    }
    if exception.reason.trim().is_empty() {
        return Err((at, wrong("an exception needs a `reason`", "write reason = \"WHY\" below [[exception]]")));
    }
    Ok(exception)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_options() {
        let text = "host = [\"web01=ltsc2022\", \"ltsc2019\"]\nhosts = \"nodes.json\"\nengine = \"docker\"\nstrict = true\nproduction = false\n\
            [var]\nTAG = \"1\"\n[[exception]]\ncode = \"build-mismatch\"\npath = \"old/**\"\nreason = \"gone in May\"\nuntil = 2027-01-31\n";
        let settings = Settings::of(text, Path::new("/repo")).unwrap();
        let shown: Vec<String> =
            settings.options.iter().map(|(key, value, _)| format!("{key} {}", value.as_deref().unwrap_or("on"))).collect();
        let hosts = Path::new("/repo").join("nodes.json");
        for expected in ["host web01=ltsc2022", "host ltsc2019", "engine docker", "strict on", "var TAG=1"] {
            assert!(shown.iter().any(|line| line == expected), "{expected}: {shown:?}");
        }
        assert!(shown.contains(&format!("hosts {}", hosts.display())));
        assert_eq!(shown.len(), 6);
        let [exception] = settings.exceptions.as_slice() else { panic!("{settings:?}") };
        assert_eq!((exception.until.unwrap().to_string(), exception.reason.as_str()), ("2027-01-31".into(), "gone in May"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, why, hint) in [
            ("\nhots = \"x\"\n", 2, "there is no key `hots`", "did you mean host"),
            ("output = \"x\"\n", 1, "there is no key `output`", "--output is for the command line alone"),
            ("insecure = \"x\"\n", 1, "there is no key `insecure`", "--insecure is for the command line alone"),
            ("host = 1.5\n", 1, "`host` takes text, or a list of texts, not `1.5`", "host = [\"VALUE\", \"VALUE\"]"),
            ("host = true\n", 1, "`host` takes text, or a list of texts, not `true`", ""),
            ("engine = false\n", 1, "`engine` takes text, or a list of texts, not `false`", ""),
            ("host = [\"a\",\n  true]\n", 2, "`host` takes text, or a list of texts, not `true`", ""),
            ("exclude = {a = 1}\n", 1, "`exclude` takes text, or a list of texts, not a table", ""),
            ("host = \n", 1, "", ""),
            ("strict = [true]\n", 1, "`strict` takes true or false, not `[true]`", "strict = true"),
            ("\nstrict = \"yes\"\n", 2, "`strict` takes true or false, not `\"yes\"`", "strict = true"),
            ("host = \"a\"\nproduction = 1\n", 2, "`production` takes true or false, not `1`", "production = true"),
            ("isolation = [\"process\"]\n", 1, "`isolation` takes one text, not `[\"process\"]`", "isolation = \"VALUE\""),
            ("baseline = true\n", 1, "`baseline` takes one text, not `true`", ""),
            ("fresh = [6]\n", 1, "`fresh` takes true, false or one text, not `[6]`", "fresh = true"),
            ("var = 1.5\n", 1, "`var` takes a text for each name, not `1.5`", "[var]"),
            ("[var]\nA = 1\nTAG = [\"1\"]\n", 3, "`var` takes a text for each name, not `[\"1\"]`", "NAME = \"VALUE\""),
            ("deny = [\"nope\"]\n", 1, "`deny` does not take `nope`: no finding has this code", ""),
            (
                "allow = \"build-mismach\"\n",
                1,
                "`allow` does not take `build-mismach`: no finding has this code; did you mean build-mismatch?",
                "",
            ),
            ("mirror = \"x=http://u:hunter2@h\"\n", 1, "`mirror` does not take `x=http://…@h`: ", ""),
            ("isolation = \"vm\"\n", 1, "`isolation` does not take `vm`", "it takes default, auto"),
            ("isolation = \"\"\n", 1, "`isolation` does not take an empty text", "it takes default, auto"),
            ("fresh = \"soon\"\n", 1, "`fresh` does not take `soon`: ", ""),
            ("fresh = 1201\n", 1, "`fresh` does not take `1201`: ", ""),
            ("[var]\n\"\" = \"x\"\n", 1, "`var` does not take `=x`: write NAME=VALUE", ""),
            ("exclude = \"[\"\n", 1, "`exclude` does not take `[`: ", ""),
            ("[[exception]]\ncode = \"build-mismatch\"\n", 1, "needs a `reason`", "reason = \"WHY\""),
            ("[[exception]]\nreason = \"x\"\ncode = \"build-mismach\"\n", 3, "did you mean build-mismatch?", ""),
            (
                "[[exception]]\nreason = \"x\"\ncode = [\"build-mismatch\"]\n",
                3,
                "`code` takes the code of a finding, not `[\"build-mismatch\"]`",
                "",
            ),
            (
                "[[exception]]\nreason = \"x\"\nuntil = \"soon\"\n",
                3,
                "`until` takes a day, e.g. 2027-01-31, not `\"soon\"`",
                "until = 2027",
            ),
            ("[[exception]]\nreason = \"x\"\nuntil = true\n", 3, "`until` takes a day, e.g. 2027-01-31, not `true`", ""),
            ("[[exception]]\nreason = \"x\"\nimage = \"[\"\n", 3, "`image` does not take `[`", "PATTERN"),
            ("[[exception]]\nreason = \"x\"\npath = true\n", 3, "`path` takes one pattern, not `true`", ""),
            ("[[exception]]\nreason = 2027-01-31\n", 2, "`reason` takes one text, not `2027-01-31`", ""),
            // The key is what is wrong, whatever its value.
            ("[[exception]]\nresaon = \"x\"\n", 2, "there is no key `resaon`", "did you mean reason?"),
            ("[[exception]]\ncodes = [\"x\"]\n", 2, "there is no key `codes`", "did you mean code?"),
            ("codes = [\"x\"]\n", 1, "there is no key `codes`", "did you mean code below [[exception]]?"),
            ("[[exceptions]]\nreason = \"x\"\n", 1, "there is no key `exceptions`", "did you mean [[exception]]?"),
            ("[fleet.next]\nhost = \"x\"\n", 1, "`fleet` takes one text, not a table", ""),
            ("[flets.next]\nhost = \"x\"\n", 1, "there is no key `flets`", "did you mean [fleets.NAME]?"),
            ("zzzzzzzzzzzzzz = 1\n", 1, "there is no key", "and the tables are [[exception]] and [fleets.NAME]"),
            ("exception = \"x\"\n", 1, "an exception begins with [[exception]]", ""),
            ("[exception]\nreason = \"x\"\n", 1, "an exception begins with [[exception]]", ""),
            ("[fleets.a]\nhost = true\n", 2, "`host` takes text, or a list of texts, not `true`", ""),
            ("[fleets.a]\nhost = []\n", 1, "a fleet needs a `host`", "[fleets.NAME]"),
            ("[fleets.a]\n", 1, "a fleet needs a `host`", "host = ["),
        ] {
            let (at, error) = Settings::of(text, Path::new("")).unwrap_err();
            assert_eq!(at, line, "{text}: {error:?}");
            assert!(error.what.contains(why), "{text}: {error:?}");
            assert!(error.hint.unwrap().to_string().contains(hint), "{text}");
        }
    }
}
