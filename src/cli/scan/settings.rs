//! `wincompat.toml`: options of a scan that a team writes down once, and what it has accepted.
//!
//! Every key is the name of an option, so that there is one meaning of each. Options that are typed, or set by a variable, count more.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args as _;
use clap::error::{ContextKind, ContextValue, ErrorKind as ErrorKindOfArguments};
use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::cli::judging::finding;
use crate::cli::{lean_command, typed_command, variables};
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

/// The options that choose a fleet, each with those that its hosts are put in place of.
const CHOICES: [(&str, [&str; 2]); 2] = [("fleet", ["host", "hosts"]), ("fleet-next", ["next-host", "next-hosts"])];

/// The table of exceptions.
pub const EXCEPTION: &str = "exception";

/// The keys of an exception, each with what it takes.
pub const EXCEPTION_KEYS: [(&str, &str); 6] = [
    ("code", "The code of all errors of the failure."),
    ("image", "A pattern for the image, e.g. registry.example/legacy:*"),
    ("path", "A pattern for the file, e.g. deploy/legacy/**"),
    ("host", "A pattern for the host."),
    ("reason", "The reason."),
    ("until", "The last day on which the failure is accepted."),
];

/// The option that names the file, for the command itself.
pub const OPTION: &str = "config";

/// The arguments with those of the file before the others: the one that is named, or the nearest above the first path.
///
/// # Errors
///
/// A file that cannot be read, or has a key or a value that it cannot have, with its line.
pub fn expanded(arguments: &[OsString]) -> Result<(Vec<OsString>, Settings), Error> {
    let as_they_are = || Ok((arguments.to_vec(), Settings::default()));
    let Some(at) = arguments.iter().skip(1).position(|argument| argument == "scan").map(|at| at + 2) else {
        return as_they_are();
    };
    let command = lean_command(arguments).unwrap_or_else(typed_command);
    let Ok(matches) = variables::add_for(command, arguments).ignore_errors(true).try_get_matches_from(arguments) else {
        return as_they_are();
    };
    let Some(scan) = matches.subcommand_matches("scan") else { return as_they_are() };
    let named: Option<&PathBuf> = scan.try_get_one(OPTION).ok().flatten();
    let is_off = scan.try_get_one::<bool>("no_config").ok().flatten() == Some(&true);
    let first = scan.try_get_many::<PathBuf>("paths").ok().flatten().and_then(|mut paths| paths.next().cloned());
    let found = match named {
        Some(path) => Some(path.clone()),
        None if is_off => None,
        None => nearest(first.as_deref().unwrap_or(Path::new("."))),
    };
    let mut file = found.as_deref().map(Settings::read).transpose()?.unwrap_or_default();
    let is_typed = |key: &str| {
        let id = key.replace('-', "_");
        scan.try_contains_id(&id).is_ok() && scan.value_source(&id) == Some(clap::parser::ValueSource::CommandLine)
    };
    let is_given = |key: &str| {
        let variable = variables::name("scan", key);
        is_typed(key) || variable.and_then(std::env::var_os).is_some_and(|value| !value.is_empty())
    };
    let mut expanded: Vec<OsString> = arguments.get(..at).unwrap_or_default().to_vec();
    let typed = |key: &str| scan.try_get_one::<String>(&key.replace('-', "_")).ok().flatten().filter(|_| is_given(key));
    let mut replaced: Vec<&str> = Vec::new();
    for (choice, targets) in CHOICES {
        let of_file = || file.options.iter().find(|(key, ..)| *key == choice).and_then(|(_, value, _)| value.as_ref());
        let are_given = targets.iter().any(|target| is_given(target));
        if typed(choice).is_some() && are_given {
            return Err(Error::new(format!(
                "the hosts are said twice, by --{choice} and by --{} or --{}",
                targets[0], targets[1]
            ))
            .hint(format!("leave --{choice} out, or write all hosts into the fleet")));
        }
        let Some(name) = typed(choice).or_else(of_file).filter(|_| !are_given) else { continue };
        let Some(fleet) = file.fleets.get(name) else { return Err(file.no_fleet(name)) };
        for (key, value) in fleet {
            let target = if *key == FLEET_KEYS[0] { targets[0] } else { targets[1] };
            expanded.push(format!("--{target}={value}").into());
        }
        replaced.extend(targets);
    }
    file.does_env_file_win = is_typed("env-file") && !is_typed("var");
    file.options.retain(|(key, ..)| !is_given(key));
    for (key, value, _) in file.options.iter().filter(|(key, ..)| !replaced.contains(key)) {
        expanded.push(argument(key, value.as_deref()).into());
    }
    expanded.extend(arguments.get(at..).unwrap_or_default().iter().cloned());
    Ok((expanded, file))
}

/// An option of the file as it would be typed.
fn argument(key: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("--{key}={value}"),
        None => format!("--{key}"),
    }
}

/// The file in this folder, or in the nearest one above it.
fn nearest(path: &Path) -> Option<PathBuf> {
    let real = path.canonicalize().ok()?;
    real.ancestors().map(|folder| folder.join(NAME)).find(|file| file.is_file())
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
    /// As for [`expanded`].
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
            .and_then(Self::checked)
            .map(|settings| Self { path: Some(path.to_owned()), ..settings })
            .map_err(|(line, error)| error.within(format!("line {line} of {shown} cannot be used")))
    }

    fn of(text: &str, folder: &Path) -> Result<Self, (u32, Error)> {
        let lines = Lines::of(text);
        let line = |span: std::ops::Range<usize>| lines.place(span).line;
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(1, line);
            (at, Error::of(ErrorKind::Invalid, error.message().to_owned()).hint("the file is TOML: KEY = VALUE on each line"))
        })?;
        let mut settings = Self { folder: folder.to_owned(), ..Self::default() };
        for (key, value) in table.into_inner() {
            let at = line(key.span());
            let name = key.into_inner();
            if name == EXCEPTION {
                let DeValue::Array(list) = value.into_inner() else {
                    return Err((at, wrong("an exception begins with [[exception]]")));
                };
                for one in list {
                    let at = line(one.span());
                    settings.exceptions.push(exception(one.into_inner(), at, &line)?);
                }
                continue;
            }
            if name == FLEETS {
                let DeValue::Table(table) = value.into_inner() else {
                    return Err((at, wrong("fleets stand in tables: [fleets.NAME]")));
                };
                for (fleet, value) in table {
                    let at = line(fleet.span());
                    let hosts = settings.fleet(value.into_inner(), &line).map_err(|(here, error)| (here.unwrap_or(at), error))?;
                    settings.fleets.insert(fleet.into_inner().into_owned(), hosts);
                }
                continue;
            }
            let Some(key) = KEYS.iter().find(|key| **key == name) else { return Err((at, unknown(&name, &KEYS))) };
            settings.option(key, value.into_inner(), at).map_err(|why| (at, wrong(&why)))?;
        }
        Ok(settings)
    }

    /// These settings, if the command takes each option with its value.
    fn checked(self) -> Result<Self, (u32, Error)> {
        let mut scan = super::Args::augment_args(clap::Command::new("scan"));
        for (key, value, line) in &self.options {
            let arguments = ["scan".to_owned(), argument(key, value.as_deref())];
            match scan.try_get_matches_from_mut(arguments) {
                Err(error) if is_of_value(error.kind()) => return Err((*line, refused(key, &error))),
                _ => {}
            }
        }
        Ok(self)
    }

    fn option(&mut self, key: &'static str, value: DeValue<'_>, line: u32) -> Result<(), String> {
        match value {
            DeValue::Boolean(true) => self.options.push((key, None, line)),
            DeValue::Boolean(false) => {}
            DeValue::Array(list) => {
                for one in list {
                    let text = text_of(&one.into_inner()).ok_or_else(|| format!("`{key}` takes text, or a list of it"))?;
                    self.push(key, &text, line);
                }
            }
            // `[var]` with a line for each.
            DeValue::Table(table) if key == "var" => {
                for (name, value) in table {
                    let text = text_of(&value.into_inner()).ok_or_else(|| format!("`{key}` takes NAME = \"VALUE\""))?;
                    self.push(key, &format!("{}={text}", name.into_inner()), line);
                }
            }
            other => {
                let text = text_of(&other).ok_or_else(|| format!("`{key}` takes text, or a list of it"))?;
                self.push(key, &text, line);
            }
        }
        Ok(())
    }

    /// The hosts of one fleet.
    fn fleet(
        &self,
        value: DeValue<'_>,
        line: &dyn Fn(std::ops::Range<usize>) -> u32,
    ) -> Result<FleetHosts, (Option<u32>, Error)> {
        let DeValue::Table(table) = value else { return Err((None, wrong("a fleet is a table: [fleets.NAME]"))) };
        let mut hosts = Vec::new();
        for (key, value) in table {
            let at = line(key.span());
            let Some(key) = FLEET_KEYS.iter().find(|known| **known == key.get_ref().as_ref()) else {
                return Err((Some(at), unknown(key.get_ref(), &FLEET_KEYS)));
            };
            let mut own = Self { folder: self.folder.clone(), ..Self::default() };
            own.option(key, value.into_inner(), at).map_err(|why| (Some(at), wrong(&why)))?;
            hosts.extend(own.options.into_iter().filter_map(|(key, value, _)| Some((key, value?))));
        }
        Ok(hosts)
    }

    /// The error of a fleet that is not there.
    fn no_fleet(&self, name: &str) -> Error {
        let known: Vec<&str> = self.fleets.keys().map(String::as_str).collect();
        let hint = match (&self.path, known.as_slice()) {
            (None, _) => format!("there is no {NAME}: write one with [fleets.NAME] and host = [\"ltsc2022\"]"),
            (_, []) => "write it down as [fleets.NAME] with host = [\"ltsc2022\"]".to_owned(),
            (_, known) => format!("the fleets are {}", known.join(", ")),
        };
        Error::of(ErrorKind::NotFound, format!("there is no fleet {}", quoted(name))).hint(hint)
    }

    fn push(&mut self, key: &'static str, text: &str, line: u32) {
        let text = if PATHS.contains(&key) { self.folder.join(text).to_string_lossy().into_owned() } else { text.to_owned() };
        self.options.push((key, Some(text), line));
    }
}

fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

/// True for errors about the value of one option, whatever others there are.
const fn is_of_value(kind: ErrorKindOfArguments) -> bool {
    use ErrorKindOfArguments::{InvalidValue, NoEquals, TooFewValues, TooManyValues, ValueValidation, WrongNumberOfValues};
    matches!(kind, InvalidValue | NoEquals | TooFewValues | TooManyValues | ValueValidation | WrongNumberOfValues)
}

/// The error of a value that its option does not take.
fn refused(key: &str, error: &clap::Error) -> Error {
    if error.kind() == ErrorKindOfArguments::TooManyValues {
        return Error::of(ErrorKind::Invalid, format!("`{key}` takes true or false")).hint(format!("write {key} = true"));
    }
    let told = error.to_string();
    let first = told.lines().next().unwrap_or_default();
    let refused = wrong(first.strip_prefix("error: ").unwrap_or(first));
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(words)) if !words.is_empty() => refused.hint(format!("it takes {}", words.join(", "))),
        _ => refused,
    }
}

fn wrong(why: &str) -> Error {
    Error::of(ErrorKind::Invalid, why.to_owned()).hint("`wincompat scan --help` says what each option takes")
}

fn unknown(name: &str, known: &[&str]) -> Error {
    let near = known.iter().min_by_key(|key| strsim::damerau_levenshtein(name, key)).copied().unwrap_or_default();
    let is_near = strsim::damerau_levenshtein(name, near) <= name.chars().count().max(3) / 2;
    let hint = if is_near { format!("did you mean {near}?") } else { format!("the keys are {}", known.join(", ")) };
    Error::of(ErrorKind::Invalid, format!("there is no key {}", quoted(name))).hint(hint)
}

/// A table of `[[exception]]`.
fn exception(value: DeValue<'_>, at: u32, line: &impl Fn(std::ops::Range<usize>) -> u32) -> Result<Exception, (u32, Error)> {
    let DeValue::Table(table) = value else { return Err((at, wrong("an exception begins with [[exception]]"))) };
    let mut exception = Exception { line: at, ..Exception::default() };
    for (key, value) in table {
        let here = line(key.span());
        let name: Spanned<_> = key;
        let name = name.into_inner();
        let value = value.into_inner();
        let text = match &value {
            DeValue::Datetime(day) => day.to_string(),
            other => text_of(other).ok_or_else(|| (here, wrong(&format!("`{name}` takes text"))))?,
        };
        let pattern = |is_path| Pattern::of(&text, is_path).map(Some).map_err(|why| (here, wrong(&format!("`{text}`: {why}"))));
        match name.as_ref() {
            "code" => {
                let code = finding(&text).map_err(|why| (here, wrong(&format!("{}: {why}", quoted(&text)))))?;
                exception.code = Some(code.as_str().to_owned());
            }
            "image" => exception.image = pattern(false)?,
            "path" => exception.path = pattern(true)?,
            "host" => exception.host = pattern(false)?,
            "reason" => exception.reason = text,
            "until" => {
                let day: Result<Date, _> = text.parse();
                exception.until = Some(day.map_err(|_| (here, wrong("`until` takes a day, e.g. 2027-01-31")))?);
            }
            other => return Err((here, unknown(other, &EXCEPTION_KEYS.map(|(key, _)| key)))),
        }
    }
    if exception.reason.trim().is_empty() {
        return Err((at, wrong("an exception needs a `reason`")));
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
            ("output = \"x\"\n", 1, "there is no key `output`", ""),
            ("insecure = \"x\"\n", 1, "there is no key `insecure`", ""),
            ("host = 1.5\n", 1, "`host` takes text", ""),
            ("host = \n", 1, "", ""),
            ("[[exception]]\ncode = \"build-mismatch\"\n", 1, "needs a `reason`", ""),
            ("[[exception]]\nreason = \"x\"\ncode = \"build-mismach\"\n", 3, "did you mean build-mismatch?", ""),
            ("\nstrict = \"yes\"\n", 2, "`strict` takes true or false", "strict = true"),
            ("host = \"a\"\nproduction = 1\n", 2, "`production` takes true or false", "production = true"),
            ("host = true\n", 1, "a value is required for '--host", ""),
            ("deny = [\"nope\"]\n", 1, "invalid value 'nope' for '--deny", ""),
            ("allow = \"build-mismach\"\n", 1, "did you mean build-mismatch?", ""),
            ("isolation = \"vm\"\n", 1, "invalid value 'vm' for '--isolation", "it takes"),
            ("fresh = \"soon\"\n", 1, "invalid value 'soon' for '--fresh", ""),
            ("[var]\n\"\" = \"x\"\n", 1, "write NAME=VALUE", ""),
            ("[[exception]]\nreason = \"x\"\nuntil = \"soon\"\n", 3, "takes a day", ""),
            ("[[exception]]\nreason = \"x\"\nimage = \"[\"\n", 3, "`[`", ""),
            ("[[exception]]\nresaon = \"x\"\n", 2, "there is no key `resaon`", "did you mean reason?"),
        ] {
            let (at, error) = Settings::of(text, Path::new("")).and_then(Settings::checked).unwrap_err();
            assert_eq!(at, line, "{text}: {error:?}");
            assert!(error.what.contains(why), "{text}: {error:?}");
            assert!(error.hint.unwrap().to_string().contains(hint), "{text}");
        }
    }
}
