//! Mistakes of container engines, by version: pairs of image and host that fit, and that an engine refuses all the same.

use std::fmt;

use serde::Deserialize;

use super::Knowledge;

/// A mistake of engines that refuses images of older builds on newer hosts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct EngineFault {
    /// A stable name, e.g. `stable-abi-floor`.
    pub id: String,
    /// Hosts above this build are affected, e.g. `26100`.
    pub hosts_above: u32,
    /// Images below this build are refused, e.g. `26100`.
    pub images_below: u32,
    /// The engines that make the mistake.
    pub engines: Vec<FaultyVersions>,
    /// The addresses of the pages on which the facts are found.
    pub sources: Vec<String>,
}

/// Versions of an engine. Prints as `Docker 29.0.0 to 29.7.2 with the containerd image store`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FaultyVersions {
    /// The name of the engine, e.g. `Docker`.
    pub engine: String,
    /// The first version that makes the mistake, e.g. `29.0.0`.
    pub first: String,
    /// The last one, e.g. `29.7.2`.
    pub last: String,
    /// The setting without which it is not made, e.g. `the containerd image store`.
    #[serde(default)]
    pub with: Option<String>,
}

impl EngineFault {
    /// The mistakes known to this program.
    pub(super) fn built_in() -> Vec<Self> {
        /// The one field of the built-in file.
        #[derive(Deserialize)]
        struct Listed {
            engine_faults: Vec<EngineFault>,
        }
        serde_json::from_str(include_str!("knowledge.json")).map(|listed: Listed| listed.engine_faults).unwrap_or_default()
    }

    /// The engines, e.g. `Docker 29.0.0 to 29.7.2 with the containerd image store and containerd 2.1.6 to 2.3.4`, with the word
    /// between them.
    pub fn engines_joined(&self, word: &str) -> String {
        self.engines.iter().map(ToString::to_string).collect::<Vec<_>>().join(word)
    }
}

impl fmt::Display for FaultyVersions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} to {}", self.engine, self.first, self.last)?;
        self.with.iter().try_for_each(|setting| write!(f, " with {setting}"))
    }
}

impl Knowledge {
    /// The mistakes that engines make on a host of this build, whatever the image.
    pub fn engine_faults_on(&self, host: u32) -> impl Iterator<Item = &EngineFault> {
        self.engine_faults.iter().filter(move |fault| host > fault.hosts_above)
    }

    /// The mistakes that engines make with an image on a host of these builds.
    pub fn engine_faults_with(&self, host: u32, image: u32) -> impl Iterator<Item = &EngineFault> {
        self.engine_faults_on(host).filter(move |fault| image < fault.images_below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_refuse_what_the_reference_lists() {
        let knowledge = Knowledge::built_in();
        let refused = |host, image| {
            knowledge.engine_faults_with(host, image).map(|fault| fault.engines_joined(" and ")).collect::<Vec<_>>()
        };
        assert_eq!(
            refused(26200, 20348),
            ["Docker 29.0.0 to 29.7.2 with the containerd image store and containerd 2.1.6 to 2.3.4"]
        );
        for (host, image) in [(26100, 20348), (26200, 26100), (26200, 26200), (20348, 17763)] {
            assert!(refused(host, image).is_empty(), "{host} {image}");
        }
    }

    #[test]
    fn every_fault_has_engines_and_sources() {
        assert_eq!(EngineFault::built_in(), Knowledge::built_in().engine_faults);
        for fault in EngineFault::built_in() {
            assert!(!fault.engines.is_empty() && !fault.sources.is_empty(), "{}", fault.id);
            assert!(fault.sources.iter().all(|source| source.starts_with("https://")), "{}", fault.id);
        }
    }
}
