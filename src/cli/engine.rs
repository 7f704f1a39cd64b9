//! The engine that is to start containers: `--engine`.

use std::str::FromStr;

use super::offered;
use crate::Engine;
use crate::host::HostEngine;

/// The choice of an engine.
#[derive(clap::Args, Clone, Debug)]
pub struct EngineArgs {
    /// Engine that will start the containers: docker, containerd, kubernetes or wincompat, optionally with its version
    /// (docker@27.3.1). If it is not given: the engine of the host, or docker.
    #[arg(long, value_name = "ENGINE[@VERSION]", hide_possible_values = true,
          value_parser = offered::engine(EngineArg::from_str))]
    engine: Option<EngineArg>,
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
        let Some(engine) = Engine::ALL.into_iter().find(|engine| engine.as_str().eq_ignore_ascii_case(name)) else {
            return Err("the engines are docker, containerd, kubernetes and wincompat".to_owned());
        };
        match version {
            Some(version) if semver::Version::parse(version).is_err() => {
                Err(format!("`{version}` is not a version; write three numbers, as in {}@27.3.1", engine.as_str()))
            }
            version => Ok(Self(HostEngine::new(engine, version.map(str::to_owned)))),
        }
    }
}

impl EngineArgs {
    /// The engine asked for, if one was.
    pub fn engine(&self) -> Option<HostEngine> {
        self.engine.as_ref().map(|EngineArg(engine)| engine.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_has_a_name_and_perhaps_a_version() {
        let named = |text: &str| text.parse::<EngineArg>().map(|EngineArg(engine)| (engine.name, engine.version));
        assert_eq!(named("Docker"), Ok((Engine::Docker, None)));
        assert_eq!(named("containerd@v2.1.6"), Ok((Engine::Containerd, Some("2.1.6".to_owned()))));
        assert!(named("docker@27").unwrap_err().contains("docker@27.3.1"));
        assert!(named("podman").unwrap_err().contains("kubernetes"));
        assert!(named("").is_err());
    }
}
