//! The versions of containerd that its makers recommend for versions of Kubernetes.

use serde::Deserialize;

use super::{EngineVersion, Knowledge};

/// The versions of containerd for one minor version of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Kubelet {
    /// The first version of Kubernetes with this minor number, e.g. `1.36.0`.
    pub kubernetes: EngineVersion,
    /// The first version in each line of containerd that is recommended, ascending, e.g. `2.2.0` and `2.3.0`. Lines after the last of
    /// them are recommended too.
    pub containerd: Vec<EngineVersion>,
    /// The address of the page on which this was read.
    pub source: String,
}

impl Kubelet {
    /// What is built in.
    pub(super) fn built_in() -> Vec<Self> {
        Knowledge::built_in().kubelets.clone()
    }
}

/// The line that a version belongs to, e.g. 2.1.
const fn line(version: &semver::Version) -> (u64, u64) {
    (version.major, version.minor)
}

impl Knowledge {
    /// True if this version of containerd is recommended for a kubelet of this version, by the list for its minor version or the last
    /// one before that. `None` where that is not known: for a kubelet before all that are listed, or without a version.
    pub fn recommends(&self, containerd: &semver::Version, kubelet: Option<&semver::Version>) -> Option<bool> {
        let kubelet = line(kubelet?);
        let is_reached = |listed: &&Kubelet| listed.kubernetes.numbers().is_some_and(|first| line(first) <= kubelet);
        let listed = self.kubelets.iter().rfind(is_reached)?;
        let firsts: Vec<&semver::Version> = listed.containerd.iter().filter_map(EngineVersion::numbers).collect();
        let same = firsts.iter().find(|first| line(first) == line(containerd));
        Some(match same {
            Some(first) => *first <= containerd,
            None => firsts.last().is_some_and(|last| line(last) < line(containerd)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::engine_version;

    #[test]
    fn a_kubelet_has_the_containerd_that_is_listed_for_it() {
        let recommends = |containerd: &str, kubelet: &str| {
            Knowledge::built_in().recommends(&engine_version(containerd).unwrap(), engine_version(kubelet).as_ref())
        };
        for (containerd, kubelet, expected) in [
            ("2.0.11", "1.36.1", Some(false)),
            ("2.1.9", "1.36.1", Some(false)),
            ("2.2.0", "1.36.1", Some(true)),
            ("2.3.4", "1.36.1", Some(true)),
            ("2.4.0", "1.36.1", Some(true)),
            ("2.0.11", "1.35.0", Some(false)),
            ("2.1.4", "1.35.0", Some(false)),
            ("2.1.5", "1.35.0", Some(true)),
            ("1.7.34", "1.35.0", Some(true)),
            ("2.0.11", "1.33.4", Some(true)),
            ("2.0.3", "1.33.4", Some(false)),
            ("1.5.18", "1.33.4", Some(false)),
            // As for the last that is listed.
            ("2.0.11", "1.40.0", Some(false)),
            ("2.3.4", "1.40.0", Some(true)),
            ("2.3.4", "1.31.9", None),
            ("2.3.4", "", None),
        ] {
            assert_eq!(recommends(containerd, kubelet), expected, "containerd {containerd}, Kubernetes {kubelet}");
        }
    }

    #[test]
    fn kubelets_are_listed_ascending_with_their_sources() {
        let listed = &Knowledge::built_in().kubelets;
        let ascends = |versions: &[&EngineVersion]| versions.is_sorted_by(|one, next| one.numbers() < next.numbers());
        assert!(ascends(&listed.iter().map(|one| &one.kubernetes).collect::<Vec<_>>()));
        for one in listed {
            let versions: Vec<&EngineVersion> = one.containerd.iter().collect();
            assert!(ascends(&versions) && versions.iter().all(|version| version.numbers().is_some()), "{one:?}");
            assert!(one.source.starts_with("https://"), "{one:?}");
        }
        assert_eq!(Kubelet::built_in(), *listed);
    }
}
