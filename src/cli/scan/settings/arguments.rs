//! The arguments of a scan with those of `wincompat.toml`: which file it is, and what of it counts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{FLEET_KEYS, NAME, Settings, argument};
use crate::Error;
use crate::cli::scan::UNUSED_FOR_TWO;
use crate::cli::{lean_command, typed_command, variables};

/// The option that names the file, for the command itself.
const OPTION: &str = "config";

/// The options that choose a fleet, each with those that its hosts are put in place of.
const CHOICES: [(&str, [&str; 2]); 2] = [("fleet", ["host", "hosts"]), (NEXT, ["next-host", "next-hosts"])];

/// The option that chooses the fleet to compare with.
const NEXT: &str = "fleet-next";

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
    // The word may be an argument of another command, which is built without this one.
    let Some(("scan", scan)) = matches.subcommand() else { return as_they_are() };
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
    // What gave an option, as the user knows it.
    let giver = |key: &str| match variables::name("scan", key) {
        Some(variable) if !is_typed(key) => variable,
        _ => format!("--{key}"),
    };
    let mut expanded: Vec<OsString> = arguments.get(..at).unwrap_or_default().to_vec();
    let given = |key: &str| scan.try_get_one::<String>(&key.replace('-', "_")).ok().flatten().filter(|_| is_given(key));
    let mut replaced: Vec<&str> = Vec::new();
    for (choice, targets) in CHOICES {
        let targets_given: Vec<String> = targets.into_iter().filter(|target| is_given(target)).map(giver).collect();
        if given(choice).is_some() && !targets_given.is_empty() {
            let (choice, targets) = (giver(choice), targets_given.join(" and "));
            return Err(Error::new(format!("the hosts are said twice, by {choice} and by {targets}"))
                .hint(format!("leave {choice} out, or write all hosts into the fleet")));
        }
        let unused = UNUSED_FOR_TWO.iter().map(|id| id.replace('_', "-")).find(|key| choice == NEXT && is_given(key));
        if let (Some(_), Some(unused)) = (given(choice), &unused) {
            return Err(Error::new(format!("{} cannot be combined with --{unused}", giver(choice)))
                .hint(format!("leave one of them out: --{unused} is for the hosts of one fleet")));
        }
        // What is typed counts more than the file, which names the fleet to compare with for scans that compare.
        let of_file = || file.option(choice).filter(|_| targets_given.is_empty() && unused.is_none());
        let Some((name, line)) = given(choice).map(|name| (name, None)).or_else(of_file) else { continue };
        let Some(fleet) = file.fleets.get(name) else { return Err(file.no_fleet(name, line, is_off)) };
        for (key, value) in fleet {
            let target = if *key == FLEET_KEYS[0] { targets[0] } else { targets[1] };
            expanded.push(format!("--{target}={value}").into());
        }
        replaced.extend(targets);
    }
    file.does_env_file_win = is_typed("env-file") && !is_typed("var");
    // Hosts that are given stand in place of those of the file, by whichever key it names them.
    let are_hosts_given = FLEET_KEYS.iter().any(|key| is_given(key));
    file.options.retain(|(key, ..)| !(is_given(key) || are_hosts_given && FLEET_KEYS.contains(key)));
    for (key, value, _) in file.options.iter().filter(|(key, ..)| !replaced.contains(key)) {
        expanded.push(argument(key, value.as_deref()).into());
    }
    expanded.extend(arguments.get(at..).unwrap_or_default().iter().cloned());
    Ok((expanded, file))
}

/// The file in this folder, or in the nearest one above it. A link that leads nowhere, or a pipe, is an error when it is read: without what
/// a file says, more would pass.
fn nearest(path: &Path) -> Option<PathBuf> {
    let real = path.canonicalize().ok()?;
    real.ancestors().map(|folder| folder.join(NAME)).find(|file| file.symlink_metadata().is_ok_and(|found| !found.is_dir()))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let (above, inner) = (folder.path().join(NAME), folder.path().join("inner"));
        std::fs::write(&above, "").unwrap();
        std::fs::create_dir_all(inner.join("deep").join(NAME)).unwrap();
        assert_eq!(nearest(&inner.join("deep")).unwrap(), above.canonicalize().unwrap(), "a folder is not a file of settings");
        std::os::unix::fs::symlink("nowhere", inner.join(NAME)).unwrap();
        let found = nearest(&inner.join("deep")).unwrap();
        assert!(found.ends_with(Path::new("inner").join(NAME)), "{found:?}");
        assert!(Settings::read(&found).unwrap_err().hint.unwrap().to_string().contains("--no-config"));
    }
}
