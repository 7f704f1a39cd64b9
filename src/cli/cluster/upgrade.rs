//! The nodes that come and go: `--add` and `--retire`.

use jiff::civil::Date;

use crate::cli::offered;
use crate::cli::releases::named;
use crate::cluster::{Nodes, Upgrade};
use crate::host::{Attributes, Host};
use crate::knowledge::{Knowledge, Release};
use crate::text::quoted;
use crate::{Architecture, Error, Kind};

/// The change of a cluster's nodes.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Upgrade")]
pub struct UpgradeArgs {
    /// Windows of a new node pool, as release or build: ltsc2025, windows-server-2022, 26100; with `,arm64` for that processor.
    /// Can be given several times.
    #[arg(long, value_name = "RELEASE", hide_possible_values = true, value_parser = offered::host())]
    add: Vec<String>,
    /// Windows whose nodes will be removed, as build or release, e.g. 17763 or ltsc2019. Can be given several times.
    #[arg(long, value_name = "BUILD", hide_possible_values = true, value_parser = offered::host())]
    retire: Vec<String>,
}

impl UpgradeArgs {
    /// True if nothing comes or goes.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.retire.is_empty()
    }

    /// The change.
    ///
    /// # Errors
    ///
    /// A text that is not one release.
    pub fn upgrade(&self, knowledge: &Knowledge, today: Date) -> Result<Upgrade, Error> {
        let mut upgrade = Upgrade::default();
        for text in &self.add {
            let host = release(text, "--add", knowledge, today)?;
            if host.release.is_none() {
                let build = host.os_version.build;
                return Err(Error::new(format!("build {build} is not a release of Windows that is known here"))
                    .hint(format!("name one that is: {}", nearest(build, knowledge))));
            }
            refuse_no_node(&host, knowledge)?;
            let what = |host: &Host| (host.os_version.build, host.architecture, host.kind);
            let is_same = |one: &Host| what(one) == what(&host);
            if !upgrade.added.iter().any(is_same) {
                upgrade.added.push(host);
            }
        }
        for text in &self.retire {
            let host = release(text, "--retire", knowledge, today)?;
            let build = host.os_version.build;
            let (_, attributes) = Attributes::split(text)?;
            if attributes != Attributes::default() || host.architecture != Architecture::Amd64 {
                return Err(Error::new(format!("{} says more than a build", quoted(text)))
                    .because("all nodes of a build are removed, whatever their processor")
                    .hint(format!("name the build: --retire {build}")));
            }
            upgrade.retired.insert(build);
        }
        Ok(upgrade)
    }
}

/// Refuses a build that goes and that no node has: the plan would say that nothing breaks.
///
/// # Errors
///
/// Such a build.
pub fn refuse_absent(upgrade: &Upgrade, nodes: &Nodes) -> Result<(), Error> {
    let has = |build: &u32| nodes.hosts().iter().any(|host| host.os_version.build == *build);
    let Some(absent) = upgrade.retired.iter().find(|build| !has(build)) else { return Ok(()) };
    let mut builds: Vec<String> = nodes.hosts().iter().map(|host| format!("{} ({})", host.os_version.build, host.name)).collect();
    builds.sort();
    builds.dedup();
    Err(Error::new(format!("no node of the cluster has the build {absent}"))
        .hint(format!("retire one that it has: {}; or name the context of another cluster", builds.join(", "))))
}

/// Refuses a pool that cannot be one of nodes: a client, or a Windows that is not there for this processor.
///
/// # Errors
///
/// Such a pool.
fn refuse_no_node(host: &Host, knowledge: &Knowledge) -> Result<(), Error> {
    let (build, architecture) = (host.os_version.build, host.architecture);
    if host.kind != Kind::Server {
        return Err(Error::new(format!("{} is not a Windows Server", host.name))
            .because("Kubernetes supports nodes of Windows Server only")
            .hint(format!("name a server: {}", nearest(build, knowledge))));
    }
    let has_processor = |release: &Release| release.build == build && release.architectures.contains(&architecture);
    if architecture != Architecture::Amd64 && !knowledge.releases.iter().any(has_processor) {
        let release = host.release.as_deref().unwrap_or_default();
        return Err(Error::new(format!("{} is not known for {} here", host.name, architecture.as_str()))
            .hint(format!("leave the processor out: --add {release}; or name a newer release")));
    }
    Ok(())
}

/// The one release that a text means.
fn release(text: &str, option: &str, knowledge: &Knowledge, today: Date) -> Result<Host, Error> {
    let hint = || format!("give a release or a build, e.g. {option} ltsc2022 or {option} 20348");
    // As the label of nodes has it: `10.0.20348`.
    let typed = text.trim().strip_prefix("10.0.").filter(|build| !build.contains('.')).unwrap_or(text);
    let [host] = <[Host; 1]>::try_from(named(typed, (text, option), hint(), knowledge, today)?)
        .map_err(|hosts| Error::new(format!("{} stands for {} releases", quoted(text), hosts.len())).hint(hint()))?;
    Ok(host)
}

/// The releases of servers around a build.
fn nearest(build: u32, knowledge: &Knowledge) -> String {
    let mut releases: Vec<_> = knowledge.releases.iter().filter(|release| release.kind == Kind::Server).collect();
    releases.sort_by_key(|release| release.build.abs_diff(build));
    let names: Vec<&str> = releases.iter().take(3).map(|release| release.id.as_str()).collect();
    names.join(", ")
}
