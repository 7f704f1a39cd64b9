//! `wincompat init`: a `wincompat.toml` to begin with, written from what the files of a repository say.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::schema::schema;
use super::settings::NAME;
use super::tree::{Tree, shown};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::placed::placed;
use crate::cli::subcommand::Subcommand;
use crate::image::Reference;
use crate::image::reference::Location;
use crate::knowledge::Knowledge;
use crate::report::plain::clean;
use crate::scan::{self, Asked, Meant, Os, Place, ScannedFile, Values, machines};
use crate::{Error, ErrorKind};

/// Folders that hold the files of others.
const OF_OTHERS: [&str; 5] = ["vendor", "node_modules", "third_party", "third-party", "external"];

/// Folders whose files may not be meant to run.
const OF_TESTS: [&str; 9] = ["test", "tests", "testdata", "testing", "fixtures", "example", "examples", "sample", "samples"];

/// The most places that are named in one comment.
const MOST_NAMED: usize = 5;

/// Write a wincompat.toml for `scan` from what is found in the files of a repository.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  wincompat init
  wincompat init --stdout deploy/
  wincompat init --schema > wincompat.schema.json

The file holds what was found, with the places, and other keys as comments. Look at the hosts first: pipelines say which machines \
build, and not always which ones run.

Exit codes: 0 written, 2 not.")]
pub struct Args {
    /// The folder of the repository, into which the file is written; the current one if none is named.
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    folder: PathBuf,
    /// Overwrite an existing wincompat.toml.
    #[arg(long, conflicts_with = "stdout")]
    force: bool,
    /// Print the file instead of writing it.
    #[arg(long)]
    stdout: bool,
    /// Print the JSON Schema of the file, for editors.
    #[arg(long, conflicts_with_all = ["stdout", "force"])]
    schema: bool,
}

impl Subcommand for Args {
    fn run(&self, io: &mut Io<'_>) -> Result<ExitCode, Failure> {
        if self.schema {
            writeln!(io.out, "{:#}", schema())?;
            return Ok(ExitCode::DONE);
        }
        let path = self.folder.join(NAME);
        if !self.folder.is_dir() {
            return Err(Error::of(ErrorKind::NotFound, format!("there is no folder {}", shown(&self.folder)))
                .hint("name the folder of the repository")
                .into());
        }
        // Nothing is read for a file that would not be written.
        if !self.stdout && !self.force && path.symlink_metadata().is_ok() {
            return Err(Error::new(format!("{} is there already", shown(&path)))
                .hint("compare it with `wincompat init --stdout`, or write over it with --force")
                .into());
        }
        let tree = Tree::of(std::slice::from_ref(&self.folder), io.input)?;
        let files = scan::scan(&tree.files, &tree, &Values::new());
        let found = Repository::of(&files, &tree, &self.folder, Knowledge::built_in());
        if self.stdout {
            io.out.write_all(found.file().as_bytes())?;
            return Ok(ExitCode::DONE);
        }
        placed(&path, &found.file()).map_err(|error| {
            Error::new(format!("{} could not be written", shown(&path)))
                .because(error)
                .hint("let this user write into the folder, or print the file with --stdout")
        })?;
        writeln!(io.out, "{} is written", shown(&path))?;
        io.out.write_all(found.summary().as_bytes())?;
        Ok(ExitCode::DONE)
    }
}

/// What the files of a repository say.
#[derive(Debug, Default)]
struct Repository {
    /// The number of references, and of files that have some.
    references: (usize, usize),
    /// Releases of Windows, each with the places that speak of it.
    hosts: BTreeMap<String, Vec<String>>,
    /// True if there are pods.
    has_pods: bool,
    /// Registries with the number of references.
    registries: BTreeMap<String, usize>,
    /// Variables without a value, each with the places of references that need it.
    variables: BTreeMap<String, Vec<String>>,
    /// Isolations that files ask for, each with the places of references.
    isolations: BTreeMap<&'static str, Vec<String>>,
    /// Folders of others, below which there are references.
    others: BTreeSet<String>,
    /// Folders of tests and examples, below which there are references.
    tests: BTreeSet<String>,
}

impl Repository {
    fn of(files: &[ScannedFile], tree: &Tree, folder: &Path, knowledge: &Knowledge) -> Self {
        let mut repository = Self::default();
        let name = |path: &Path| shown(path.strip_prefix(folder).unwrap_or(path));
        for machine in machines(&tree.files, tree, knowledge) {
            let places = repository.hosts.entry(machine.release).or_default();
            places.push(format!("{}:{}", name(&machine.path), machine.line));
        }
        for file in files {
            let path = name(&file.path);
            let references = || file.scanned.found.iter().filter(|found| found.os != Os::Other && !found.is_repeated);
            if references().next().is_none() {
                continue;
            }
            repository.references.1 += 1;
            repository.others.extend(below(&path, &OF_OTHERS));
            repository.tests.extend(below(&path, &OF_TESTS));
            for found in references() {
                repository.references.0 += 1;
                repository.has_pods |= found.is_of_kubernetes();
                let isolation = match found.isolation {
                    Some(Asked::Process) => Some("process"),
                    Some(Asked::Hyperv) => Some("hyperv"),
                    Some(Asked::Default | Asked::HostProcess) | None => None,
                };
                if let Some(isolation) = isolation {
                    repository.isolations.entry(isolation).or_default().push(format!("{path}:{}", found.place.line));
                }
                repository.meant(&found.meant, &path, &found.place);
            }
        }
        repository
    }

    fn meant(&mut self, meant: &Meant, path: &str, place: &Place) {
        let mut needs = |name: &str| {
            let places = self.variables.entry(clean(name).into_owned()).or_default();
            places.push(format!("{path}:{}", place.line));
        };
        match meant {
            Meant::Known(text) => {
                let reference = text.parse::<Reference>().ok();
                if let Some(Location::Registry(name)) = reference.as_ref().map(Reference::location) {
                    *self.registries.entry(name.registry.clone()).or_default() += 1;
                }
            }
            Meant::Unresolved(names) => names.iter().for_each(|name| needs(name)),
            Meant::Unevaluated { name, .. } if name.is_empty() => {}
            Meant::Unevaluated { name, .. } => needs(name),
            // No value can be given to it.
            Meant::Undeclared(_) => {}
        }
    }

    /// The file.
    fn file(&self) -> String {
        let mut text = String::from(
            "# Options of `wincompat scan` for this repository. Each key is an option: `wincompat scan --help` says more.\n\
             # An option that is typed counts more than its key here.\n\
             # Editors check the file with the schema that `wincompat init --schema` prints.\n\n",
        );
        let _ = writeln!(text, "# The hosts that containers run on; `wincompat host --help` has the forms.");
        for (release, places) in &self.hosts {
            let _ = writeln!(text, "# {release}: {}", named(places));
        }
        if self.hosts.is_empty() {
            let _ = writeln!(text, "# No file says which.\n# host = [\"ltsc2019\", \"ltsc2022\"]");
        } else {
            let _ = writeln!(text, "host = {}", list(self.hosts.keys()));
        }
        if self.has_pods {
            let _ = writeln!(
                text,
                "# For pods, the nodes themselves say more: kubectl get nodes -o json > nodes.json\n# hosts = \"nodes.json\""
            );
        }
        let _ = writeln!(text, "\n# The isolation for everything. A file that asks for one has its own.");
        for (isolation, places) in &self.isolations {
            let _ = writeln!(text, "# {isolation}: {}", named(places));
        }
        let _ = writeln!(text, "# isolation = \"process\"");
        let _ = writeln!(text, "\n# The only registries that are asked, so that a file from a stranger cannot name others.");
        let _ = writeln!(text, "# allow-registry = {}", list(self.registries.keys()));
        let _ = writeln!(text, "\n# Files that are not judged.");
        if !self.tests.is_empty() {
            let _ = writeln!(text, "# These may be for tests alone: {}", list(self.tests.iter()));
        }
        if self.others.is_empty() {
            let _ = writeln!(text, "# exclude = [\"old/**\"]");
        } else {
            let _ = writeln!(text, "exclude = {}", list(self.others.iter()));
        }
        text.push_str(
            "\n# Warn of images whose Windows is older than this many months although there is a newer base image.\n# fresh = 3\n\
             \n# Findings that fail, or do not; `wincompat explain --list` has their names.\n# deny = [\"image-end-of-support\"]\n\
             # allow = [\"host-behind-image\"]\n",
        );
        if !self.variables.is_empty() {
            text.push_str("\n# Variables that no file gives a value. Those that stay without one leave their references undecided.\n[var]\n");
            for (name, places) in &self.variables {
                let _ = writeln!(text, "# {} = \"\"  # {}", key(name), named(places));
            }
        }
        text.push_str(
            "\n# A failure that is accepted for a time.\n# [[exception]]\n# code = \"build-mismatch\"\n# path = \"deploy/old/**\"\n\
             # reason = \"replaced in May\"\n# until = 2027-05-31\n",
        );
        text
    }

    /// What was found, for the terminal.
    fn summary(&self) -> String {
        let (references, files) = self.references;
        let mut text = format!("image references: {references}, files: {files}, registries: {}\n", self.registries.len());
        let mut line = |what: &str, words: Vec<String>| {
            if !words.is_empty() {
                let _ = writeln!(text, "{what}: {}", words.join(", "));
            }
        };
        line("hosts", self.hosts.iter().map(|(release, places)| format!("{release} ({})", named(places))).collect());
        line("variables without a value", self.variables.keys().cloned().collect());
        line("left out", self.others.iter().cloned().collect());
        text.push_str(if self.hosts.is_empty() {
            "next: write the hosts into the file, or name them with `wincompat scan --host`\n"
        } else {
            "next: look at the hosts in the file, then run `wincompat scan`\n"
        });
        text
    }
}

/// The patterns of the folders with these names above a file.
fn below(path: &str, names: &[&str]) -> Option<String> {
    let folders: Vec<&str> = path.split('/').collect();
    let (_, folders) = folders.split_last()?;
    let at = folders.iter().position(|folder| names.contains(&folder.to_ascii_lowercase().as_str()))?;
    Some(format!("{}/**", folders.get(..=at)?.join("/")))
}

/// Places in one line.
fn named(places: &[String]) -> String {
    let mut distinct: Vec<&str> = places.iter().map(String::as_str).collect();
    distinct.dedup();
    let more = distinct.len().saturating_sub(MOST_NAMED);
    let first: Vec<&str> = distinct.into_iter().take(MOST_NAMED).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", first.join(", "))
}

/// A list of texts as TOML writes it.
fn list(texts: impl Iterator<Item: AsRef<str>>) -> String {
    let texts: Vec<String> = texts.map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", texts.join(", "))
}

/// A text as TOML writes it, which is as JSON does.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A key as TOML writes it.
fn key(name: &str) -> String {
    let is_bare = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}
