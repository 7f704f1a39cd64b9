//! What a version of an engine does not do on a host, whatever the image.
//!
//! Sources: moby/moby `daemon/daemon_windows.go` (commits 0023abba, c907c2486c with pull request 38000, 1b3fef5333); Kubernetes,
//! [Create a Windows HostProcess Pod](https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/) and
//! [the removal of dockershim](https://kubernetes.io/blog/2022/02/17/dockershim-faq/); hcsshim `cmd/containerd-shim-runhcs-v1/pod.go`.

use crate::host::{Host, HostEngine};
use crate::knowledge::builds::{FIRST_FOR_DOCKER, FIRST_WITH_HCS, FIRST_WITH_PODS};
use crate::knowledge::{Below, EngineVersion};
use crate::{Engine, Isolation, Kind};

/// The first Docker Engine with process isolation on clients.
const DOCKER_WITH_PROCESS_ON_CLIENTS: semver::Version = semver::Version::new(18, 9, 1);

/// The first Docker Engine that does not start on a Windows before [`FIRST_FOR_DOCKER`].
const DOCKER_FOR_NEWER_HOSTS: semver::Version = semver::Version::new(23, 0, 0);

/// The first Kubernetes without dockershim, so that without a word about it containerd is below the kubelet.
const KUBERNETES_WITHOUT_DOCKER: semver::Version = semver::Version::new(1, 24, 0);

/// The first versions with HostProcess containers.
const KUBERNETES_WITH_HOST_PROCESS: semver::Version = semver::Version::new(1, 22, 0);
const CONTAINERD_WITH_HOST_PROCESS: semver::Version = semver::Version::new(1, 6, 0);

/// The reason why an engine starts no container in an isolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The engine itself does not start on this Windows.
    HostTooOld,
    /// This Windows lacks the libraries by which this program starts containers.
    NoLibraries,
    /// containerd starts no pods on this Windows.
    NoPods,
    /// This Docker runs containers on clients in Hyper-V isolation only.
    ProcessOnClient,
}

/// The reason why this engine starts no container in this isolation on a host, if there is one. A Docker whose version is not known
/// has none.
pub fn limit(engine: &HostEngine, host: &Host, isolation: Isolation) -> Option<Limit> {
    let build = host.os_version.build;
    let is_old = build < FIRST_FOR_DOCKER;
    let is_process_on_client = isolation == Isolation::Process && host.kind == Kind::Client;
    let is_concerned = match engine.name {
        Engine::Wincompat => return (build < FIRST_WITH_HCS).then_some(Limit::NoLibraries),
        Engine::Kubernetes if build < FIRST_WITH_PODS && has_containerd(engine) => return Some(Limit::NoPods),
        Engine::Kubernetes => is_old && engine.below() == Some(Below::Docker),
        Engine::Docker => is_old || is_process_on_client,
        Engine::Containerd => false,
    };
    if !is_concerned {
        return None;
    }
    let version = engine.pulling_version().and_then(EngineVersion::numbers)?;
    if is_old && *version >= DOCKER_FOR_NEWER_HOSTS {
        return Some(Limit::HostTooOld);
    }
    (is_process_on_client && *version < DOCKER_WITH_PROCESS_ON_CLIENTS).then_some(Limit::ProcessOnClient)
}

/// True for a kubelet with containerd below it. Where nothing tells of it, an early one may have Docker.
fn has_containerd(kubelet: &HostEngine) -> bool {
    let is_early = || {
        let version = kubelet.version.as_ref().and_then(EngineVersion::numbers);
        version.is_some_and(|version| *version < KUBERNETES_WITHOUT_DOCKER)
    };
    kubelet.below().map_or_else(|| !is_early(), |below| below == Below::Containerd)
}

/// True if this engine starts HostProcess containers, as far as its versions are known.
pub fn offers_host_process(engine: &HostEngine) -> bool {
    !matches!(engine.name, Engine::Docker | Engine::Wincompat) && part_without_host_process(engine).is_none()
}

/// The part of Kubernetes or containerd that is too old for HostProcess containers, or the Docker below a kubelet, which has none, with
/// its version, e.g. `Kubernetes 1.20.0`.
pub fn part_without_host_process(engine: &HostEngine) -> Option<(&'static str, &str)> {
    if engine.name == Engine::Kubernetes && engine.below() == Some(Below::Docker) {
        return engine.runtime.as_ref().map(|docker| ("Docker", docker.without_program()));
    }
    let (kubernetes, containerd) = match engine.name {
        Engine::Docker | Engine::Wincompat => return None,
        Engine::Containerd => (None, engine.version.as_ref()),
        Engine::Kubernetes => (engine.version.as_ref(), engine.runtime.as_ref()),
    };
    let parts =
        [("Kubernetes", kubernetes, &KUBERNETES_WITH_HOST_PROCESS), ("containerd", containerd, &CONTAINERD_WITH_HOST_PROCESS)];
    parts.into_iter().find_map(|(name, version, first)| {
        let version = version.filter(|version| version.numbers().is_some_and(|version| version < first))?;
        Some((name, &**version))
    })
}
