//! The files of a Compose project, and where its values come from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::scan::origin::{Origins, mentioned};
use crate::scan::paths::{normal, shown, slashes};
use crate::scan::words::{Style, Values, expand};
use crate::scan::yaml::Node;
use crate::scan::{Files, Shared, dotenv};
use crate::{Error, ErrorKind};

/// The names that Compose looks for in a folder, of which the first counts.
///
/// Source: compose-spec/compose-go, `cli/options.go`.
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The names of overrides, of which the first counts, whatever the file that it is put over is called.
const OVERRIDES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// The file of the values of a folder.
const ENV_FILE: &str = ".env";

/// The file of a folder that Compose reads without being told, and the override that it reads along, of the files that are there.
pub fn usual(folder: &Path, is_there: &dyn Fn(&PathBuf) -> bool) -> Option<(PathBuf, Option<PathBuf>)> {
    let first = |names: &[&str]| names.iter().map(|name| folder.join(name)).find(is_there);
    Some((first(&NAMES)?, first(&OVERRIDES)))
}

/// True for a file that Compose reads in its folder without being told.
pub fn is_usual(path: &Path) -> bool {
    path.file_name().is_some_and(|name| NAMES.iter().chain(&OVERRIDES).any(|usual| name == *usual))
}

/// The files of a project, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The Compose files, the base first.
    pub files: Vec<PathBuf>,
    /// The folder from which its paths are seen.
    pub folder: PathBuf,
    /// The files of its values, of which a later one wins.
    pub env_files: Vec<PathBuf>,
    /// The services that are there for other files to extend alone: nobody starts them here.
    pub templates: BTreeSet<String>,
}

impl Set {
    /// A project in the folder of its base, with the `.env` there.
    pub fn of(files: Vec<PathBuf>) -> Self {
        let folder = files.first().and_then(|base| base.parent()).unwrap_or(Path::new("")).to_owned();
        let env_files = vec![folder.join(ENV_FILE)];
        Self { files, folder, env_files, templates: BTreeSet::new() }
    }
}

/// What a project sees besides its own files: what was given, and what the project that includes it has.
#[derive(Clone, Debug, Default)]
pub struct Outer {
    /// Values, which count more than those of its own files.
    pub values: Values,
    /// Where they stand, as far as that is in a file.
    pub origins: Origins,
    /// The first file of the project that includes it.
    pub project: Option<PathBuf>,
}

/// The values of a project.
#[derive(Debug)]
pub(super) struct Environment {
    /// By name.
    pub values: Values,
    /// Where they stand as plain text.
    pub origins: Origins,
    /// Files of values that cannot be read.
    pub unread: Vec<(PathBuf, Error)>,
    /// Values of outside that a file of values uses for its own.
    pub shared: Vec<Shared>,
}

impl Environment {
    /// Values come from outside, then from the files of the project; no other file gives any.
    pub fn of(env_files: &[PathBuf], outer: &Outer, files: &dyn Files) -> Self {
        let mut known =
            Self { values: outer.values.clone(), origins: outer.origins.clone(), unread: Vec::new(), shared: Vec::new() };
        for path in env_files {
            let text = match files.read(path) {
                Ok(text) => text,
                Err(error) => {
                    // A folder may have none.
                    if error.kind != ErrorKind::NotFound || !path.ends_with(ENV_FILE) {
                        known.unread.push((path.clone(), error));
                    }
                    continue;
                }
            };
            let (values, origins) = dotenv::read_with_origins(&text, path, &outer.values);
            let used = mentioned(&text).filter_map(|name| Some((name, outer.origins.get(name)?)));
            known.shared.extend(used.map(|(name, value)| Shared::new(name, value, &format!("in {}", shown(path)))));
            known.origins.retain(|name, _| outer.values.contains_key(name) || !values.contains_key(name));
            known.origins.extend(origins);
            known.values.extend(values);
        }
        known
    }
}

/// The files that the variable `COMPOSE_FILE` names for a folder, as a value that was given or in `.env`.
pub fn listed(folder: &Path, given: &Values, files: &dyn Files) -> Option<Vec<PathBuf>> {
    let outer = Outer { values: given.clone(), ..Outer::default() };
    let values = Environment::of(&[folder.join(ENV_FILE)], &outer, files).values;
    let list = values.get("COMPOSE_FILE").filter(|list| !list.is_empty())?;
    // Docker on Windows takes a semicolon, since paths there have colons.
    let usual = if list.contains(';') { ";" } else { ":" };
    let between = values.get("COMPOSE_PATH_SEPARATOR").map_or(usual, String::as_str);
    Some(list.split(between).filter(|path| !path.is_empty()).map(|path| normal(&folder.join(slashes(path)))).collect())
}

/// An entry of `include`.
#[derive(Debug)]
pub struct Included {
    /// The entry.
    pub node: Rc<Node>,
    /// The project, as far as the names of its files are known.
    pub set: Set,
    /// Names of files that are elsewhere or not known, as they are written.
    pub others: Vec<String>,
}

/// The projects that a file in this folder includes.
pub fn included(folder: &Path, root: &Node, values: &Values) -> Vec<Included> {
    let entries = root.get("include").map(|list| list.list()).unwrap_or_default();
    entries.iter().map(|entry| entry_of(folder, entry, values)).collect()
}

/// The services of other files that those of a file in this folder extend, as far as the names of the files are known.
pub fn extended(folder: &Path, root: &Node, values: &Values) -> Vec<(PathBuf, String)> {
    let services = root.get("services").map(|services| services.entries()).unwrap_or_default();
    let of_service = |(_, service): (&Rc<Node>, &Rc<Node>)| {
        let (file, name) = (service.text_at(&["extends", "file"])?, service.text_at(&["extends", "service"])?);
        Some((named_file(folder, file, values)?, name.to_owned()))
    };
    services.into_iter().filter_map(of_service).collect()
}

/// The file that a text of Compose names, seen from this folder; `None` for one that is elsewhere, or whose name is not known.
pub(super) fn named_file(folder: &Path, text: &str, values: &Values) -> Option<PathBuf> {
    let word = expand(text, Style::Compose, values);
    let is_elsewhere = word.text.contains("://") || word.text.starts_with("git@") || word.text.starts_with("oci:");
    (word.missing.is_empty() && !is_elsewhere).then(|| normal(&folder.join(slashes(&word.text))))
}

fn entry_of(folder: &Path, entry: &Rc<Node>, values: &Values) -> Included {
    let mut others = Vec::new();
    let mut known = |text: &str| {
        let file = named_file(folder, text, values);
        if file.is_none() {
            others.push(text.to_owned());
        }
        file
    };
    let mut paths = |node: Option<&Rc<Node>>| -> Vec<PathBuf> {
        let Some(node) = node else { return Vec::new() };
        node.list().iter().chain([node]).filter_map(|one| known(one.text()?)).collect()
    };
    let mut set = Set::of(paths(entry.get("path").or(Some(entry))));
    // Those that were named stand in the place of the usual one; the null device is a way to have none.
    let env_files = paths(entry.get("env_file"));
    if !env_files.is_empty() {
        set.env_files = env_files.into_iter().filter(|path| path != Path::new("/dev/null")).collect();
    }
    if let [project] = paths(entry.get("project_directory")).as_slice() {
        if set.env_files == [set.folder.join(ENV_FILE)] {
            set.env_files = vec![project.join(ENV_FILE)];
        }
        set.folder.clone_from(project);
    }
    Included { node: Rc::clone(entry), set, others }
}
