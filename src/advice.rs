//! Something to do, in words and data: the words stand as they are, and what this program itself offers is named by a
//! [`Remedy`], which only the command line turns into options, commands and variables.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Engine, ImageStore, Isolation};

/// Something to do about a failure or a finding.
///
/// ```
/// use wincompat::advice::{Advice, Command};
///
/// let advice = Advice::from("end that process, then run ") + Command::Prune;
/// assert_eq!(advice.to_string(), "end that process, then run <prune>");
/// assert_eq!(advice.worded(|_| "`tool clean`".to_owned()), "end that process, then run `tool clean`");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice(Vec<Part>);

/// One part of a piece of advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Part {
    /// Words that hold for everybody.
    Words(String),
    /// Something that this program can be asked to do.
    Remedy(Remedy),
}

/// Something to do, as data: something that this program or an engine can be asked for, another image, or a change of the
/// host's Windows. The words with which it is asked for are known to the command line only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Remedy {
    /// An image built on this generation of base images.
    Base {
        /// The name of the generation, e.g. `ltsc2022`.
        release: String,
        /// The build, e.g. `20348`.
        build: u32,
    },
    /// A command of its own.
    Command(Command),
    /// The flag with which an engine is asked for an isolation; without one, the flag itself.
    EngineFlag(Engine, Option<Isolation>),
    /// Another version of an engine, e.g. containerd `2.1.5`.
    EngineVersion(Engine, String),
    /// A Windows feature to enable, by the command that does it, e.g. `Install-WindowsFeature Containers -Restart`.
    Feature(String),
    /// Another image, e.g. `mcr.microsoft.com/windows/nanoserver:ltsc2022`.
    Image(String),
    /// The other image store of Docker.
    ImageStore(ImageStore),
    /// A container of an image, started by an engine in an isolation.
    Run {
        /// The engine that starts it.
        engine: Engine,
        /// The isolation it is asked for.
        isolation: Isolation,
        /// The image as it was typed, e.g. `app:1.2`.
        image: String,
    },
    /// Another value for a setting.
    Setting(Setting),
    /// An update of the host's Windows, e.g. `KB5058411`; the latest one where none is named.
    Update(Option<String>),
}

/// A setting of this program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Setting {
    /// A file with the certificates of an authority of one's own.
    CaFile,
    /// The folder of the cache, for every command.
    CacheVariable,
    /// A dry run, which shows what would be done.
    DryRun,
    /// The engine, with its version.
    Engine,
    /// The program that a container starts, in the place of the image's.
    Entrypoint,
    /// The environment of a container's process.
    Environment,
    /// The age of base images is looked at.
    Fresh,
    /// The force to do something in spite of what stands against it.
    Force,
    /// The host that is asked about, in its own notation, e.g. `windows-server-2022`; empty for the setting itself.
    Host(String),
    /// A file or folder of hosts, by its path.
    Hosts(String),
    /// An attribute of the host that is asked about, e.g. `no-hyperv`.
    HostAttribute(String),
    /// The host's name inside a container.
    HostName,
    /// A HostProcess container of Kubernetes in the place of an isolation.
    HostProcess,
    /// A registry whose certificate is not verified, with its port, e.g. `localhost:5000`.
    Insecure(String),
    /// The isolation.
    Isolation(Isolation),
    /// A file of newer knowledge.
    Knowledge,
    /// The age from which an answer of the cache is not used.
    MaxAge,
    /// The memory of a container.
    Memory,
    /// The address that is asked in the place of a registry, as `REGISTRY=URL`.
    Mirror(String),
    /// The folders shown in a container.
    Mounts,
    /// The name of a container.
    Name,
    /// A network of this kind for a container, e.g. `none`.
    Network(String),
    /// No cache.
    NoCache,
    /// No config is read to confirm what an index says.
    NoConfirm,
    /// No registry is asked.
    Offline,
    /// A registry that speaks http and not https.
    PlainHttp,
    /// A registry that may be asked wherever it is, e.g. `registry.corp.example`.
    PrivateRegistry(String),
    /// The ports of a container that are published.
    Ports,
    /// Production, for which process isolation on a client is not taken.
    Production,
    /// The folder of the store.
    Store,
    /// The folder of the store, for every command.
    StoreVariable,
    /// A result that rests on an assumption is undecided.
    Strict,
    /// The time that everything together may take.
    Timeout,
    /// The file that keeps every call of Windows.
    Trace,
    /// Code that is not trusted, for which process isolation is not taken.
    Untrusted,
    /// The account of a container's process.
    User,
    /// The working directory of a container's process.
    WorkingDirectory,
}

/// A command of this program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Command {
    /// Judge an image on this host, in the notation of [`Setting::Host`]; empty for this machine.
    Check(String),
    /// The same with every entry of the image, whatever the result.
    CheckEntries(String),
    /// The same for the nodes in a file.
    CheckEntriesOn {
        /// The file, e.g. `node.json`.
        hosts: String,
        /// The image; empty for any.
        image: String,
    },
    /// Judge images on every release in support.
    CheckEverywhere,
    /// Judge an image as a HostProcess container of Kubernetes.
    CheckHostProcess,
    /// Show what every version of every engine takes of an image.
    Engines,
    /// Write the change of this workload of a cluster that leads its pods to nodes that fit, e.g. `shop/deployment/web`; empty for all.
    ClusterPatch(String),
    /// The same for the nodes after an upgrade.
    ClusterPatchFor {
        /// The workload, as in [`Self::ClusterPatch`].
        path: String,
        /// The releases of the nodes that come, e.g. `ltsc2025`.
        added: Vec<String>,
        /// The builds of the nodes that go, e.g. `17763`.
        retired: Vec<u32>,
    },
    /// Check the workloads of a cluster.
    ClusterCheck,
    /// Check those of this namespace.
    ClusterCheckIn(String),
    /// Explain this code or message.
    Explain(String),
    /// Say what this host is and can do.
    Host,
    /// List the images in the store.
    Images,
    /// List all containers.
    ListContainers,
    /// Release what ended containers left behind.
    Prune,
    /// Bring this image into the store.
    Pull(String),
    /// Remove this container.
    RemoveContainer(String),
    /// Remove this image; empty for any.
    RemoveImage(String),
    /// Start a container.
    Run,
    /// Stop a container.
    Stop,
}

impl Advice {
    /// The parts, in the order in which they are read.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The remedies among the parts.
    pub fn remedies(&self) -> impl Iterator<Item = &Remedy> {
        self.0.iter().filter_map(|part| match part {
            Part::Remedy(remedy) => Some(remedy),
            Part::Words(_) => None,
        })
    }

    /// True if the last part is words that end with this character.
    pub(crate) fn ends_with(&self, character: char) -> bool {
        matches!(self.0.last(), Some(Part::Words(words)) if words.ends_with(character))
    }

    /// The same advice without the full stops at its end, to be gone on from.
    #[must_use]
    pub fn without_full_stop(mut self) -> Self {
        if let Some(Part::Words(words)) = self.0.last_mut() {
            words.truncate(words.trim_end_matches('.').len());
        }
        self
    }

    /// The advice as one text, with every remedy worded by the caller.
    pub fn worded(&self, word: impl Fn(&Remedy) -> String) -> String {
        let part = |part: &Part| match part {
            Part::Words(words) => words.clone(),
            Part::Remedy(remedy) => word(remedy),
        };
        self.0.iter().map(part).collect()
    }
}

impl fmt::Display for Advice {
    /// The words, with the name of each remedy between angle brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.worded(|remedy| match remedy {
            Remedy::Setting(setting) => format!("<{setting:?}>").to_lowercase(),
            Remedy::Command(command) => format!("<{command:?}>").to_lowercase(),
            other => format!("<{other:?}>").to_lowercase(),
        }))
    }
}

impl From<&str> for Advice {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

impl From<String> for Advice {
    fn from(words: String) -> Self {
        Self(vec![Part::Words(words)])
    }
}

impl From<Setting> for Advice {
    fn from(setting: Setting) -> Self {
        Remedy::Setting(setting).into()
    }
}

impl From<Command> for Advice {
    fn from(command: Command) -> Self {
        Remedy::Command(command).into()
    }
}

impl From<Remedy> for Advice {
    fn from(remedy: Remedy) -> Self {
        Self(vec![Part::Remedy(remedy)])
    }
}

impl<T: Into<Self>> std::ops::Add<T> for Advice {
    type Output = Self;

    /// The parts of both; words join words.
    fn add(mut self, next: T) -> Self {
        for part in next.into().0 {
            match (self.0.last_mut(), part) {
                (_, Part::Words(more)) if more.is_empty() => {}
                (Some(Part::Words(words)), Part::Words(more)) => words.push_str(&more),
                (_, part) => self.0.push(part),
            }
        }
        self
    }
}

/// Advice from its parts, in the order in which they are read: `advice!["close it, then run ", Command::Prune]`.
macro_rules! advice {
    ($($part:expr),+ $(,)?) => { $crate::advice::Advice::default() $(+ $part)+ };
}
pub(crate) use advice;
