//! The engine that is to start containers: `--engine`.

use std::str::FromStr;

use super::mistyped::mistakes;
use super::offered;
use crate::host::{Host, HostEngine};
use crate::knowledge::{EngineVersion, EngineVersions, engine_version};
use crate::{Engine, ImageStore};

/// The choice of an engine.
#[derive(clap::Args, Clone, Debug)]
pub struct EngineArgs {
    /// Engine that will start the containers: docker, containerd, kubernetes or wincompat, optionally with its version
    /// (docker@27.3.1). docker/containerd is Docker with the containerd image store, kubernetes/containerd@2.1.5 the kubelet with
    /// this containerd. Can be given several times. If it is not given: the engine of the host, or docker.
    #[arg(long, value_name = "ENGINE[@VERSION]", value_delimiter = ',', hide_possible_values = true,
          value_parser = offered::engine(EngineArg::from_str))]
    engine: Vec<EngineArg>,
}

/// One value of `--engine`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct EngineArg(HostEngine);

impl FromStr for EngineArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version.strip_prefix('v').unwrap_or(version))),
            None => (text, None),
        };
        let (name, below) = name.split_once('/').map_or((name, None), |(name, below)| (name, Some(below)));
        // As Kubernetes writes what a node runs: `containerd://1.7.18`.
        if let Some(version) = text.strip_prefix("containerd://") {
            return Err(format!("for a node that runs containerd {version}, write kubernetes/containerd@{version}"));
        }
        let Some(engine) = Engine::ALL.into_iter().find(|engine| engine.as_str().eq_ignore_ascii_case(name)) else {
            let meant = meant(name).map(|meant| format!("; did you mean {}?", text.replacen(name, meant, 1)));
            return Err(format!("the engines are docker, containerd, kubernetes and wincompat{}", meant.unwrap_or_default()));
        };
        if let Some(version) = version.filter(|version| engine_version(version).is_none()) {
            let example = match engine {
                Engine::Containerd => "containerd@2.1.5",
                Engine::Kubernetes => "kubernetes/containerd@2.1.5",
                _ => "docker@27.3.1",
            };
            let why = match engine_version(&format!("{version}.0")) {
                Some(_) => format!("`{version}` stands for several versions; write one of them, as in {text}.0"),
                None => format!("`{version}` is not a version; write three numbers, as in {example}"),
            };
            return Err(format!("{why}; `wincompat engines IMAGE` shows what every version takes"));
        }
        let version = version.map(str::to_owned);
        let below = below.map(str::to_ascii_lowercase);
        match (engine, below.as_deref()) {
            (_, None) => Ok(Self(HostEngine::new(engine, version))),
            (Engine::Docker, Some("containerd")) => {
                Ok(Self(HostEngine { store: Some(ImageStore::Containerd), ..HostEngine::new(engine, version) }))
            }
            (Engine::Kubernetes, Some("containerd")) => {
                Ok(Self(HostEngine { runtime: version.map(EngineVersion::from), ..HostEngine::new(engine, None) }))
            }
            _ => {
                Err("only docker and kubernetes have another engine below them: docker/containerd, kubernetes/containerd"
                    .to_owned())
            }
        }
    }
}

impl EngineArgs {
    /// The engine asked for, if one alone was.
    pub fn engine(&self) -> Option<HostEngine> {
        match self.engine.as_slice() {
            [EngineArg(only)] => Some(only.clone()),
            _ => None,
        }
    }

    /// True if any was asked for.
    pub const fn is_named(&self) -> bool {
        !self.engine.is_empty()
    }

    /// These hosts; where several engines were asked for, each host once for each, which stands behind its label:
    /// `web01 (containerd@2.1.6)`.
    pub fn on_each(&self, hosts: Vec<Host>) -> Vec<Host> {
        if self.engine.len() < 2 {
            return hosts;
        }
        let pairs = hosts.iter().flat_map(|host| self.engine.iter().map(move |EngineArg(engine)| (host, engine)));
        pairs.map(|(host, engine)| with_engine(host, engine)).collect()
    }

    /// True if these versions of an engine were asked for, or no engine was.
    pub fn covers(&self, engine: &HostEngine, (first, last): (&EngineVersions, &EngineVersions)) -> bool {
        let within = |asked: &HostEngine| {
            let version = asked.pulling_version().and_then(EngineVersion::numbers);
            version.is_none_or(|version| first.first <= *version && *version <= last.last)
        };
        let covered = |asked: &HostEngine| {
            asked.name == engine.name && (asked.store.is_none() || asked.store == engine.store) && within(asked)
        };
        self.engine.is_empty() || self.engine.iter().any(|EngineArg(asked)| covered(asked))
    }
}

/// The engine that is meant by another name: what people call it, and one with a mistake in it.
fn meant(name: &str) -> Option<&'static str> {
    const OTHER_NAMES: [(&str, Engine); 5] = [
        ("k8s", Engine::Kubernetes),
        ("kube", Engine::Kubernetes),
        ("kubelet", Engine::Kubernetes),
        ("nerdctl", Engine::Containerd),
        ("moby", Engine::Docker),
    ];
    let name = name.to_lowercase();
    if let Some((_, engine)) = OTHER_NAMES.iter().find(|(other, _)| *other == name) {
        return Some(engine.as_str());
    }
    // `docker://20.10.7` names the engine of a node, which is another thing.
    Engine::ALL.into_iter().map(Engine::as_str).find(|engine| !name.contains(':') && mistakes(&name, engine).is_some())
}

/// A host with this engine in the place of its own; what its source tells of the same engine beyond that is kept.
fn with_engine(host: &Host, engine: &HostEngine) -> Host {
    let own = host.engine.as_ref().map_or(Engine::Docker, |engine| engine.name);
    Host {
        label: engine.behind(&host.label),
        default_isolation: host.default_isolation.filter(|_| engine.name == own),
        engine: Some(engine.beside(host.engine.as_ref())),
        ..host.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::without_engine;

    #[test]
    fn a_host_with_several_engines_is_one_host() {
        for typed in ["docker", "docker/containerd@29.1.0", "kubernetes/containerd@2.1.5", "wincompat"] {
            let EngineArg(engine) = typed.parse().unwrap();
            let label = engine.behind("web01");
            assert_eq!((label.as_str(), without_engine(&label)), (&*format!("web01 ({typed})"), "web01"));
        }
        for label in ["Windows Server 2019 (10.0.17763)", "web01 (old)", "web01", "(docker)"] {
            assert_eq!(without_engine(label), label);
        }
    }

    #[test]
    fn an_engine_has_a_name_and_perhaps_a_version() {
        let named = |text: &str| text.parse::<EngineArg>().map(|EngineArg(engine)| (engine.name, engine.version));
        assert_eq!(named("Docker"), Ok((Engine::Docker, None)));
        assert_eq!(named("containerd@v2.1.6"), Ok((Engine::Containerd, Some("2.1.6".to_owned().into()))));
        let below =
            |text: &str| text.parse::<EngineArg>().map(|EngineArg(engine)| (engine.version, engine.store, engine.runtime));
        let version = |text: &str| Some(text.to_owned().into());
        assert_eq!(below("docker/containerd@29.1.0"), Ok((version("29.1.0"), Some(ImageStore::Containerd), None)));
        assert_eq!(below("docker@18.09.6"), Ok((version("18.09.6"), None, None)));
        assert_eq!(below("kubernetes/containerd@1.7.20+azure"), Ok((None, None, version("1.7.20+azure"))));
        assert!(below("containerd/docker").unwrap_err().contains("docker/containerd"));
        assert!(named("docker@27").unwrap_err().contains("docker@27.3.1; `wincompat engines IMAGE` shows"));
        assert!(named("docker@20.10").unwrap_err().contains("as in docker@20.10.0; `wincompat engines IMAGE`"));
        assert!(named("containerd@v1.7").unwrap_err().contains("as in containerd@v1.7.0; "));
        assert!(named("containerd@latest").unwrap_err().contains("as in containerd@2.1.5"));
        assert!(named("containerd://1.7.18").unwrap_err().contains("write kubernetes/containerd@1.7.18"));
        // No kubelet of today has Docker below it.
        assert!(named("docker://20.10.7").unwrap_err().starts_with("the engines are"));
        assert!(!named("docker://20.10.7").unwrap_err().contains("did you mean"));
        assert!(named("podman").unwrap_err().ends_with("kubernetes and wincompat"));
        for (typed, meant) in [
            ("dockr", "docker"),
            ("dcoker@27.3.1", "docker@27.3.1"),
            ("k8s", "kubernetes"),
            ("Kubelet", "kubernetes"),
            ("k8s/containerd@2.1.5", "kubernetes/containerd@2.1.5"),
            ("containered", "containerd"),
        ] {
            let refused = named(typed).unwrap_err();
            assert!(refused.ends_with(&format!("; did you mean {meant}?")), "{typed}: {refused}");
        }
        assert!(named("").is_err());
    }
}
