//! A dry run in sentences.

use std::io::{self, Write};

use super::containers::port;
use super::plain::clean;
use super::{Page, Renderer};
use crate::runner::life::dry_run::Planned;
use crate::runner::request::{NetworkWish, RunRequest};
use crate::text::{count, size};

/// Numbered steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanText;

impl Renderer<Planned> for PlanText {
    fn render(&self, planned: &Planned, _: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let host = clean(&planned.preparation.host);
        writeln!(out, "Would run on {host} with {} isolation:", planned.request.isolation.named())?;
        for (number, step) in steps(planned).iter().enumerate() {
            writeln!(out, "  {}. {}", number + 1, clean(step))?;
        }
        writeln!(out, "Nothing was changed.")
    }
}

/// The steps, in order.
fn steps(planned: &Planned) -> Vec<String> {
    let (request, before) = (&planned.request, &planned.preparation);
    let layers = format!("{} ({})", count(before.layers, "layer"), size(before.bytes));
    let mut steps = Vec::new();
    if before.is_pulled {
        steps.push(format!("Take {} from the store: {layers}", before.image));
    } else {
        steps.push(format!("Pull {}: {layers}", before.image));
    }
    if !before.is_imported {
        let them = if before.layers == 1 { "it" } else { "them" };
        steps.push(format!("Import {them} for Windows"));
    }
    let disk = request.disk_bytes.map(|bytes| format!(" of {}", size(bytes))).unwrap_or_default();
    steps.push(format!("Create the container's disk{disk}"));
    steps.extend(network(request));
    steps.push(format!("Create the container{}", with(request)));
    steps.push(start(request));
    steps.push(end(request));
    steps
}

fn network(request: &RunRequest) -> Option<String> {
    let network = match &request.network {
        NetworkWish::None => return None,
        NetworkWish::Any if request.ports.is_empty() => "the network nat, if the host has it".to_owned(),
        NetworkWish::Any | NetworkWish::Nat => "the network nat".to_owned(),
        NetworkWish::Named(name) => format!("the network {name}"),
    };
    let ports: Vec<String> = request.ports.iter().map(port).collect();
    let published = match ports.len() {
        0 => String::new(),
        1 => format!(", with the port {}", ports.concat()),
        _ => format!(", with the ports {}", ports.join(", ")),
    };
    Some(format!("Create an endpoint on {network}{published}"))
}

/// The resources of the container, e.g. ` with 1.5 processors, C:\src as C:\src (read only)`.
fn with(request: &RunRequest) -> String {
    let mut parts = Vec::new();
    parts.extend(request.memory_mib.map(|mib| format!("{} of memory", size(mib.saturating_mul(1 << 20)))));
    parts.extend(request.cpus.map(|cpus| format!("{cpus} processors")));
    parts.extend(request.mounts.iter().map(|mount| {
        let mode = if mount.read_only { " (read only)" } else { "" };
        format!("the folder {} as {}{mode}", mount.host, mount.container)
    }));
    parts.extend(request.pipes.iter().map(|pipe| format!("the pipe {} as {}", pipe.host, pipe.container)));
    parts.extend(request.device_classes.iter().map(|class| format!("the devices of the class {class:X}")));
    if parts.is_empty() { String::new() } else { format!(" with {}", parts.join(", ")) }
}

fn start(request: &RunRequest) -> String {
    let process = &request.process;
    let mut step = format!("Start `{}`", process.command_line);
    if !process.user.is_empty() {
        step.push_str(&format!(" as {}", process.user));
    }
    if !process.working_directory.is_empty() {
        step.push_str(&format!(" in {}", process.working_directory));
    }
    step
}

fn end(request: &RunRequest) -> String {
    let endpoint = if request.network == NetworkWish::None { "" } else { "the endpoint and " };
    let rest = if request.remove { "the container" } else { "the disk; keep the log and the exit code" };
    format!("When it ends, remove {endpoint}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isolation;
    use crate::hcs::documents::{Cpus, Mount, PortMapping, Protocol};
    use crate::runner::life::dry_run::Preparation;
    use crate::runner::store::state::tests::request;

    fn told(request: RunRequest, is_there: bool) -> String {
        let preparation = Preparation {
            host: "Windows Server 2022".to_owned(),
            image: "docker.io/library/app:1".to_owned(),
            layers: 2,
            bytes: 60_005_175,
            is_pulled: is_there,
            is_imported: is_there,
        };
        let planned = Planned { schema: "", request, calls: Vec::new(), preparation };
        let page = Page::of_test(80, "00:00");
        let mut out = Vec::new();
        PlanText.render(&planned, &page, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_simplest_container() {
        assert_eq!(
            told(request(Isolation::Process), false),
            "\
Would run on Windows Server 2022 with process isolation:
  1. Pull docker.io/library/app:1: 2 layers (57.2 MiB)
  2. Import them for Windows
  3. Create the container's disk
  4. Create an endpoint on the network nat, if the host has it
  5. Create the container
  6. Start `cmd /c ver`
  7. When it ends, remove the endpoint and the disk; keep the log and the exit code
Nothing was changed.
"
        );
    }

    #[test]
    fn everything_that_can_be_asked_for() {
        let mut all = request(Isolation::Process);
        all.remove = true;
        all.network = NetworkWish::Named("office\u{1b}[31m".to_owned());
        all.ports =
            [(8080, 80), (5353, 53)].map(|(host, container)| PortMapping { host, container, protocol: Protocol::Tcp }).to_vec();
        all.memory_mib = Some(2048);
        all.cpus = Cpus::from_thousandths(1500);
        all.mounts = vec![Mount { host: "C:\\src".into(), container: "C:\\app".into(), read_only: true }];
        all.device_classes = vec!["5b45201d-f2f2-4f3b-85bb-30ff1f953599".parse().unwrap()];
        all.disk_bytes = Some(60 << 30);
        all.process.user = "ContainerUser".to_owned();
        all.process.working_directory = "C:\\app".to_owned();
        assert_eq!(
            told(all, true),
            "\
Would run on Windows Server 2022 with process isolation:
  1. Take docker.io/library/app:1 from the store: 2 layers (57.2 MiB)
  2. Create the container's disk of 60.0 GiB
  3. Create an endpoint on the network office[31m, with the ports 8080->80/tcp, 5353->53/tcp
  4. Create the container with 2.0 GiB of memory, 1.5 processors, the folder C:\\src as C:\\app (read only), \
the devices of the class 5B45201D-F2F2-4F3B-85BB-30FF1F953599
  5. Start `cmd /c ver` as ContainerUser in C:\\app
  6. When it ends, remove the endpoint and the container
Nothing was changed.
"
        );
    }

    #[test]
    fn without_a_network_no_endpoint_is_named() {
        let alone = RunRequest { network: NetworkWish::None, ..request(Isolation::Hyperv) };
        assert!(!told(alone, true).contains("endpoint"));
    }
}
