//! Image references in files: where they stand, what they say, and what is known of where their containers will run.
//!
//! Every reader is a pure function from bytes to what it found. Facts about the formats: Docker's and BuildKit's sources for
//! Dockerfiles, compose-spec for Compose, Kubernetes' API for manifests.

mod bake;
mod compose;
mod dockerfile;
mod dotenv;
mod edit;
mod exceptions;
mod groovy;
mod hcl;
mod inner_text;
mod kind;
mod kubernetes;
mod kustomize;
mod list;
mod machines;
mod nested;
mod origin;
mod paths;
mod pipelines;
mod place;
mod placeholder;
mod project;
mod recorded;
mod shared;
mod tags;
mod walk;
mod words;
mod yaml;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::host::placement::Placement;
use crate::{Architecture, Error};
pub use compose::is_context_name;
pub use dotenv::read as read_env_file;
pub use edit::{Editable, Shared, apply, with_tag};
pub use exceptions::{Exception, Failure, Pattern, inline, misspelt};
pub use kind::{FileKind, kind_of, kind_of_text, may_have_counted};
pub use kustomize::is_kustomization;
pub use machines::machines;
pub use place::{Lines, Place};
pub use project::{ScannedFile, scan};
pub use tags::{Typed, alternatives};
pub use walk::{IGNORE_FILE, walk};
pub use words::Values;

/// The files that readers may look at.
pub trait Files {
    /// The text of a file.
    ///
    /// # Errors
    ///
    /// A file that is not there, is not a regular file, is too large, or is not text.
    fn read(&self, path: &Path) -> Result<Rc<str>, Error>;

    /// True for a file that was asked for by its name.
    fn is_asked(&self, _path: &Path) -> bool {
        false
    }

    /// The path by which a file is known whatever way leads to it, as far as that can be told.
    fn real(&self, path: &Path) -> PathBuf {
        paths::normal(path)
    }
}

/// One reference in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it stands.
    pub place: Place,
    /// What it belongs to, e.g. `stage build`, `service web`, `apps/v1 Deployment shop/web container web`.
    pub object: Option<String>,
    /// As it is written, e.g. `registry.example/app:${TAG}`.
    pub written: String,
    /// The reference that it means.
    pub meant: Meant,
    /// What the container needs of the hosts.
    pub needs: Needs,
    /// The operating system that the file says, if it does.
    pub os: Os,
    /// The processor that the file says, if it does.
    pub processor: Option<Architecture>,
    /// The isolation that the file asks for, if it does.
    pub isolation: Option<Asked>,
    /// How one is asked for.
    pub isolated_by: IsolatedBy,
    /// The hosts that it can land on.
    pub lands: Lands,
    /// The pod that it is a part of, by a text that no other has: all its images run on one node.
    pub together: Option<String>,
    /// The builds and jobs that it is a part of, each by a text that no other has: all containers of one run on one host.
    pub shares: Vec<String>,
    /// What of it can be changed in the file; `None` where that is more than one text, or is used for more.
    pub editable: Option<Editable>,
    /// The texts between its variables. One is changed where nothing else of the reference differs, whatever the values are used for.
    pub texts: Vec<Editable>,
    /// More texts of the same value, which change with it: each of several builds gives its own.
    pub also: Vec<Editable>,
    /// The reason why what could be changed stays: the other use, e.g. `TAG of .env is also used in line 7 of compose.yaml`.
    pub stays: Option<String>,
    /// The Dockerfile that makes the image which is written there, where the base of that is meant in its place.
    pub made_by: Option<PathBuf>,
    /// True where that base is judged at its own place in the same way, on every host instead of one.
    pub is_repeated: bool,
}

impl Found {
    /// A reference of which nothing more is known: every host of the fleet needs it, and nothing of it can be changed.
    fn of(place: Place, written: impl Into<String>, meant: Meant) -> Self {
        Self {
            place,
            object: None,
            written: written.into(),
            meant,
            needs: Needs::EveryHost,
            os: Os::Unsaid,
            processor: None,
            isolation: None,
            isolated_by: IsolatedBy::Start,
            lands: Lands::Fleet,
            together: None,
            shares: Vec::new(),
            editable: None,
            texts: Vec::new(),
            also: Vec::new(),
            stays: None,
            made_by: None,
            is_repeated: false,
        }
    }

    /// The same, with these words before the names of its builds and jobs: others have those names too.
    fn shared_in(mut self, words: &str) -> Self {
        for share in &mut self.shares {
            share.insert(0, ' ');
            share.insert_str(0, words);
        }
        self
    }

    /// True for a container that Kubernetes starts, whatever is known of its nodes.
    pub fn is_of_kubernetes(&self) -> bool {
        matches!(self.lands, Lands::Nodes(_)) || self.isolated_by == IsolatedBy::Kubelet
    }

    /// True for an image volume of a pod: the node pulls the image and mounts its files, and starts nothing of it.
    pub fn is_mounted(&self) -> bool {
        self.needs == Needs::NoHost && self.isolated_by != IsolatedBy::Nothing && self.is_of_kubernetes()
    }

    /// True where each host on which it can land must fit, and not one of them alone.
    pub fn needs_all(&self) -> bool {
        self.needs == Needs::EveryHost || self.is_mounted()
    }

    /// The texts that can be changed for it.
    pub fn editables(&self) -> impl Iterator<Item = &Editable> {
        self.editable.iter().chain(&self.also)
    }

    /// The same, with the texts between its variables.
    pub fn changeable(&self) -> impl Iterator<Item = &Editable> {
        self.editables().chain(&self.texts)
    }
}

/// The hosts that a container can land on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lands {
    /// Each host of the fleet.
    #[default]
    Fleet,
    /// Nodes of Kubernetes that are like this.
    Nodes(Arc<Placement>),
    /// A host of the service that runs the pipeline, e.g. `windows-2022`.
    Hosted(String),
    /// A machine of the service that runs the pipeline, whose Windows is not known, e.g. `windows-11-arm`.
    Unknown(String),
    /// A host that is named by variables to which nobody gives a value.
    Untold(Vec<String>),
    /// Hosts that are said in a place which is not read.
    Unread {
        /// The reason.
        why: String,
        /// What to do.
        hint: String,
    },
    /// A machine with Linux: what is for Windows alone runs nowhere.
    Linux {
        /// The reason.
        why: String,
        /// What to do.
        hint: String,
    },
    /// None at all.
    Nowhere {
        /// The reason.
        why: String,
        /// What to do.
        hint: String,
    },
}

/// The reference that a text in a file means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Meant {
    /// This one.
    Known(String),
    /// It depends on these variables, to which nobody gives a value.
    Unresolved(Vec<String>),
    /// It depends on this variable of a Dockerfile, which its `FROM` does not see: nobody can give it a value there.
    Undeclared(String),
    /// It depends on a variable whose value is an expression that cannot be evaluated here.
    Unevaluated {
        /// The variable; empty for an expression that no variable holds.
        name: String,
        /// As it is written, e.g. `regex_replace(version, "a", "b")`.
        expression: String,
    },
}

impl Meant {
    /// The text that it comes to.
    ///
    /// # Errors
    ///
    /// The variables on which it depends, or the one that holds its expression.
    pub fn told(self) -> Result<String, Vec<String>> {
        match self {
            Self::Known(text) => Ok(text),
            Self::Unresolved(names) => Err(names),
            Self::Unevaluated { name, .. } | Self::Undeclared(name) => Err(vec![name]),
        }
    }
}

/// What a container needs of the hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::enum_variant_names, reason = "`None` alone would be taken for an Option's")]
pub enum Needs {
    /// It may be started on each of the hosts, so each must fit.
    EveryHost,
    /// It is started on one host, e.g. to build an image, so one must fit.
    OneHost,
    /// It is not started: files are copied out of it.
    NoHost,
}

impl Needs {
    /// More for what needs more.
    const fn rank(self) -> u8 {
        match self {
            Self::NoHost => 0,
            Self::OneHost => 1,
            Self::EveryHost => 2,
        }
    }
}

/// The place where an isolation is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IsolatedBy {
    /// The command that starts it.
    Start,
    /// The key `isolation` of a service of Compose: it is what the service starts.
    Service,
    /// The key `isolation` of the `build` of a service of Compose: it is started there.
    ServiceBuild,
    /// Both of these keys, of the service and of its `build`.
    ServiceAndBuild,
    /// The command that builds an image: it is started there.
    Build,
    /// The command that starts an image which is built on it.
    StartOfBuilt,
    /// The command that builds an image on it, and the one that starts that image.
    BuildAndStart,
    /// The options of a container, as Azure Pipelines has them: those of `docker create`.
    Options,
    /// The `args` of an agent or step of Jenkins: options of `docker run`.
    Args,
    /// The argument of `inside` or `run` in a pipeline of Jenkins: options of `docker run`.
    Inside,
    /// The configuration of the runner: that of GitLab has `isolation` for Docker.
    Runner,
    /// The configuration of Docker on the machine: the file has no way to ask for one, and a machine of one's own starts it.
    Daemon,
    /// The node: its kubelet starts the container for a job, as one of a pod. The file has no way to ask for one.
    Kubelet,
    /// A way that is not known: the file has none.
    Unknown,
    /// Nowhere: files are taken out of the image, which is not started.
    Nothing,
}

impl IsolatedBy {
    /// True for a container that a service starts for a job of a pipeline: no build and no user starts it.
    pub const fn is_of_job(self) -> bool {
        match self {
            Self::Options | Self::Args | Self::Inside | Self::Runner | Self::Daemon | Self::Kubelet | Self::Unknown => true,
            Self::Start
            | Self::Service
            | Self::ServiceBuild
            | Self::ServiceAndBuild
            | Self::Build
            | Self::StartOfBuilt
            | Self::BuildAndStart
            | Self::Nothing => false,
        }
    }

    /// The place of both: of several builds, one may run an image while it builds, and another one start what is made from it.
    fn with(self, other: Self) -> Self {
        let is_of_service = |one: Self| matches!(one, Self::Service | Self::ServiceBuild | Self::ServiceAndBuild);
        let is_other = |one: Self| matches!(one, Self::Build | Self::StartOfBuilt | Self::BuildAndStart);
        if self == other {
            self
        } else if is_of_service(self) && is_of_service(other) {
            Self::ServiceAndBuild
        } else if is_other(self) && is_other(other) {
            Self::BuildAndStart
        } else {
            self
        }
    }
}

/// The operating system that a file says an image is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Os {
    /// It says Windows.
    Windows,
    /// It says another one.
    Other,
    /// It does not say.
    #[default]
    Unsaid,
}

/// Processors that stand for a whole platform: its system is that of the machine.
const PROCESSORS: [&str; 10] = ["amd64", "x86_64", "x86-64", "arm64", "aarch64", "arm", "armhf", "armel", "386", "i386"];

/// A system, and a processor if one is named.
type Platform = (Os, Option<Architecture>);

/// The processor of a platform, e.g. that of `windows/arm64`; `None` where it names none that Windows runs containers on.
fn processor_of(platform: &str) -> Option<Architecture> {
    platform.split('/').find_map(|word| match word.trim().to_ascii_lowercase().as_str() {
        "amd64" | "x86_64" | "x86-64" => Some(Architecture::Amd64),
        "arm64" | "aarch64" => Some(Architecture::Arm64),
        _ => None,
    })
}

impl Os {
    /// The system of a pod that Kubernetes knows by this word.
    fn of_pod(word: Option<&str>) -> Self {
        match word {
            Some("windows") => Self::Windows,
            Some("linux") => Self::Other,
            // No node has another word there, such as `Windows`.
            Some(_) | None => Self::Unsaid,
        }
    }

    /// That of a platform, e.g. `windows/amd64`, `windows`, or `windows(10.0.17763)/amd64`, which names the version too.
    ///
    /// Source: containerd/platforms, `platforms.go`.
    fn of_platform(platform: &str) -> Self {
        match platform.split(['/', '(']).next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "windows" => Self::Windows,
            "" | "local" => Self::Unsaid,
            word if PROCESSORS.contains(&word) => Self::Unsaid,
            _ => Self::Other,
        }
    }
}

/// The system and the processor of a platform, as far as it names them: one is enough for a text such as `windows` or `arm64`. What is for
/// another system is the same whatever its processor.
fn platform_of(platform: &str) -> Platform {
    let os = Os::of_platform(platform);
    (os, processor_of(platform).filter(|_| os != Os::Other))
}

/// The platforms that one build is for, each once; the one that is not said where there are none.
fn platforms_of(platforms: &[String]) -> Vec<Platform> {
    let mut all: Vec<Platform> = Vec::new();
    for platform in platforms.iter().map(|platform| platform_of(platform)) {
        if !all.contains(&platform) {
            all.push(platform);
        }
    }
    if all.is_empty() { vec![Platform::default()] } else { all }
}

/// The isolation that a file asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// The engine's default, in so many words.
    Default,
    /// Process isolation.
    Process,
    /// Hyper-V isolation.
    Hyperv,
    /// A HostProcess container.
    HostProcess,
}

impl Asked {
    /// The isolation that options of `docker run` ask for, e.g. `--isolation=hyperv`.
    fn of_options(options: &str) -> Option<Self> {
        option_of(options, "--isolation").and_then(compose::asked)
    }
}

/// The value of an option of `docker run`, e.g. that of `--isolation=hyperv`: the last one counts.
fn option_of<'o>(options: &'o str, name: &str) -> Option<&'o str> {
    let plain = |word: &'o str| word.trim_matches(['"', '\'']);
    let mut words = options.split_whitespace().map(plain);
    let mut found = None;
    while let Some(word) = words.next() {
        let value = match word.strip_prefix(name) {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        found = value.map(plain).or(found);
    }
    found
}

/// The system and the processor of the platform that options of `docker run` ask for, e.g. `--platform windows/amd64`.
fn platform_of_options(options: &str) -> Platform {
    option_of(options, "--platform").map(platform_of).unwrap_or_default()
}

/// The command in notes and problems that scans what another one prints; who shows them puts the hosts in.
pub const OF_INPUT: &str = "wincompat scan -";

/// A place in a file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong, and what to do.
    pub error: Error,
}

/// Something in a file that is not followed, so that the answer may lack an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where.
    pub place: Place,
    /// What is not followed, and what to do, e.g. `a base from elsewhere is not read: …`.
    pub text: String,
}

/// All that a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// The references, in the order of their places.
    pub found: Vec<Found>,
    /// What cannot be read.
    pub problems: Vec<Problem>,
    /// What is not followed.
    pub notes: Vec<Note>,
    /// Why the file was left out, e.g. `a template`.
    pub left_out: Option<String>,
}
