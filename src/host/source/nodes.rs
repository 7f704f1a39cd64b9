//! Nodes of Kubernetes: `kubectl get nodes` as JSON, YAML or a wide table, and `kubectl describe node`.

use serde_json::Value;

use super::{Document, Format, Source, Syntax, product};
use crate::host::facts::HostFacts;
use crate::host::node::{BUILD_LABEL, passes};
use crate::host::source::records::field;
use crate::host::version_text::{full_version, kind_in_words, versions};
use crate::host::{self, Availability, HostEngine, Taint};
use crate::knowledge::EngineVersion;
use crate::text::{first_named, quoted};
use crate::{Engine, Error, Kind};

/// The Windows nodes of a cluster; the others are left out.
pub(super) const FORMAT: Format = Format { syntax: Syntax::Any, recognises, hosts };

/// What is known of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Node {
    name: String,
    /// `windows` or `linux`; empty where nothing says it.
    operating_system: String,
    architecture: String,
    /// E.g. `Windows Server 2022 Datacenter`. For people: it says Windows 10 of a Windows 11.
    os_image: String,
    /// E.g. `10.0.20348.2402`.
    kernel: String,
    /// The label's build, e.g. `10.0.20348`.
    build: String,
    /// The kubelet's version, e.g. `v1.28.12`.
    kubelet: String,
    /// The engine below it, e.g. `containerd://1.7.20+azure`.
    runtime: String,
    /// Labels and taints, where the source shows them.
    scheduled: Option<host::Node>,
}

impl Node {
    fn of_json(node: &Value) -> Self {
        let text = |pointer: &str| node.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let label = |name: &str| text(&format!("/metadata/labels/{}", name.replace('/', "~1")));
        let info = |name: &str| text(&format!("/status/nodeInfo/{name}"));
        let or_label = |said: String, name: &str| if said.is_empty() { label(name) } else { said };
        Self {
            name: text("/metadata/name"),
            operating_system: or_label(info("operatingSystem"), "kubernetes.io/os"),
            architecture: or_label(info("architecture"), "kubernetes.io/arch"),
            os_image: info("osImage"),
            kernel: info("kernelVersion"),
            build: label(BUILD_LABEL),
            kubelet: info("kubeletVersion"),
            runtime: info("containerRuntimeVersion"),
            scheduled: Some(scheduled(node)),
        }
    }

    fn is_windows(&self) -> bool {
        match self.operating_system.as_str() {
            "" => {
                [&self.kernel, &self.build].iter().any(|said| full_version(said).is_some()) || self.os_image.contains("Windows")
            }
            system => system.eq_ignore_ascii_case("windows"),
        }
    }

    /// The version of containerd; another engine with its name, so that it is not taken for one.
    fn runtime(&self) -> Option<EngineVersion> {
        let runtime = self.runtime.strip_prefix("containerd://").unwrap_or(&self.runtime);
        (!runtime.is_empty()).then(|| EngineVersion::from(runtime.to_owned()))
    }

    /// True where the label names another build than the kernel: it is as old as the last start of the kubelet, and anybody may write it.
    fn has_stale_label(&self) -> bool {
        let builds = (full_version(&self.kernel), full_version(&self.build));
        matches!(builds, (Some(kernel), Some(label)) if kernel.triple() != label.triple())
    }

    /// The facts of a Windows node: the kernel is what runs, whatever the label says. Nothing in a node tells whether Hyper-V is there.
    fn facts(&self) -> Result<HostFacts, Error> {
        let os_version = full_version(&self.kernel).or_else(|| full_version(&self.build)).ok_or_else(|| {
            Error::new(format!("the node {} does not say which Windows it runs", quoted(&self.name)))
                .because("it has neither a kernel version nor the label node.kubernetes.io/windows-build")
                .hint("wait until it has joined the cluster, or leave it out")
        })?;
        let image = format!("{} ", self.os_image);
        // A client's name is `Windows 10 Pro` or one without a number, as of Windows 11.
        let kind = kind_in_words(&image).or_else(|| image.contains("Windows 1").then_some(Kind::Client));
        Ok(HostFacts {
            label: (!self.name.is_empty()).then(|| self.name.clone()),
            kind,
            architecture: product::architecture(&self.architecture),
            containers: Some(Availability::Available),
            hyperv: Some(Availability::Unknown),
            engine: Some(HostEngine { runtime: self.runtime(), ..HostEngine::new(Engine::Kubernetes, version(&self.kubelet)) }),
            node: self.scheduled.clone(),
            ..HostFacts::of_version(os_version, Source::Node)
        })
    }
}

/// The Windows of a node in JSON; `None` for a node that does not run Windows.
#[cfg(feature = "clusters")]
pub(in crate::host) fn facts(node: &Value) -> Option<Result<HostFacts, Error>> {
    let node = Node::of_json(node);
    node.is_windows().then(|| node.facts())
}

/// The labels and taints of a node in JSON; without the taints that pass by themselves.
pub(crate) fn scheduled(node: &Value) -> host::Node {
    let labels = node.pointer("/metadata/labels").and_then(Value::as_object);
    let pairs = labels.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    let taints = node.pointer("/spec/taints").and_then(Value::as_array);
    let taint = |taint: &Value| {
        let text = |key: &str| taint.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Taint { key: text("key"), value: text("value"), effect: text("effect") }
    };
    let stays = |taint: &Taint| !passes(&taint.key);
    host::Node { labels: pairs.collect(), taints: taints.into_iter().flatten().map(taint).filter(stays).collect() }
}

/// A kubelet's version without the letter before it.
fn version(kubelet: &str) -> Option<String> {
    let version = kubelet.strip_prefix('v').unwrap_or(kubelet);
    (!version.is_empty()).then(|| version.to_owned())
}

fn recognises(document: &Document<'_>) -> bool {
    match document.json() {
        Some(json) => is_nodes(json),
        None => is_yaml(document.text) || document.text.lines().any(is_head) || is_description(document.text),
    }
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    let nodes = match document.json() {
        Some(json) => of_json(json),
        None if is_yaml(document.text) => of_yaml(document.text)?,
        None if is_description(document.text) => described(document.text),
        None => of_table(document.text)?,
    };
    let windows: Vec<&Node> = nodes.iter().filter(|node| node.is_windows()).collect();
    if windows.is_empty() {
        let what = match nodes.len() {
            0 => "this list has no nodes".to_owned(),
            1 => "this node does not run Windows".to_owned(),
            count => format!("none of these {count} nodes runs Windows"),
        };
        return Err(Error::new(what).hint("list the nodes of a cluster that has Windows nodes: `kubectl get nodes -o json`"));
    }
    let left_out = nodes.len() - windows.len();
    if left_out > 0 {
        let count = if left_out == 1 { "one node".to_owned() } else { format!("{left_out} nodes") };
        document.note(format!("{count} of {} left out, since only Windows nodes are hosts here", nodes.len()));
    }
    let stale: Vec<&str> = windows.iter().filter(|node| node.has_stale_label()).map(|node| node.name.as_str()).collect();
    if !stale.is_empty() {
        document.note(format!(
            "the label {BUILD_LABEL} of {} differs from the kernel version: images are judged by the kernel version, and selectors \
             by the label",
            first_named(&stale, stale.len())
        ));
    }
    windows.into_iter().map(Node::facts).collect()
}

/// True for a node, or a list of nodes, also an empty one.
fn is_nodes(json: &Value) -> bool {
    let kind = |value: &Value| value.get("kind").and_then(Value::as_str).map(str::to_owned);
    let is_node = |value: &Value| kind(value).as_deref() == Some("Node") || value.pointer("/status/nodeInfo").is_some();
    match json {
        Value::Array(items) => items.iter().any(is_node),
        _ => match json.get("items").and_then(Value::as_array) {
            Some(items) => kind(json).as_deref() == Some("NodeList") || items.iter().any(is_node),
            None => is_node(json),
        },
    }
}

fn of_json(json: &Value) -> Vec<Node> {
    match json.as_array().or_else(|| json.get("items")?.as_array()) {
        Some(items) => items.iter().map(Node::of_json).collect(),
        None => vec![Node::of_json(json)],
    }
}

fn is_yaml(text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.trim_start_matches("- ").starts_with(key));
    has("apiVersion:") && text.lines().any(|line| line.trim().trim_start_matches("- ").starts_with("kind: Node"))
        || (has("items:") && text.contains("nodeInfo:"))
}

fn of_yaml(text: &str) -> Result<Vec<Node>, Error> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|error| {
        // The parser shows the lines around the place; the first says what is wrong.
        let why = error.to_string().lines().next().unwrap_or_default().to_owned();
        Error::new("this list of nodes is not well-formed YAML")
            .because(crate::text::shown(&why))
            .hint("use the unchanged output of `kubectl get nodes -o json`")
    })?;
    Ok(documents.iter().filter(|document| is_nodes(document)).flat_map(of_json).collect())
}

/// True for the line with the columns of `kubectl get nodes`.
fn is_head(line: &str) -> bool {
    let columns: Vec<&str> = line.split_whitespace().collect();
    columns.first() == Some(&"NAME") && columns.contains(&"STATUS") && columns.contains(&"VERSION")
}

/// The columns of a table, each with the place where it begins.
struct Columns<'h>(Vec<(usize, &'h str)>);

impl<'h> Columns<'h> {
    fn of(head: &'h str) -> Self {
        let mut starts = Vec::new();
        let mut from = 0;
        for name in head.split_whitespace() {
            let Some(at) = head.get(from..).and_then(|rest| rest.find(name)) else { break };
            starts.push((from + at, name));
            from += at + name.len();
        }
        Self(starts)
    }

    fn has(&self, wanted: &str) -> bool {
        self.0.iter().any(|(_, name)| *name == wanted)
    }

    /// The cell of a line; empty where there is none.
    fn cell(&self, line: &str, wanted: &str) -> String {
        let cell = || {
            let at = self.0.iter().position(|(_, name)| *name == wanted)?;
            let (start, _) = self.0.get(at)?;
            let end = self.0.get(at + 1).map_or(line.len(), |(next, _)| (*next).min(line.len()));
            line.get(*start..end)
        };
        cell().unwrap_or_default().trim().to_owned()
    }

    /// True if every cell of a line begins where the name of its column does.
    fn line_up(&self, line: &str) -> bool {
        let starts = self.0.iter().map(|(start, _)| *start).filter(|start| (1..line.len()).contains(start));
        starts.map(|start| line.get(..start)).all(|before| before.is_some_and(|before| before.ends_with(char::is_whitespace)))
    }

    fn node(&self, line: &str) -> Node {
        Node {
            name: self.cell(line, "NAME"),
            os_image: self.cell(line, "OS-IMAGE"),
            kernel: self.cell(line, "KERNEL-VERSION"),
            build: self.cell(line, "WINDOWS-BUILD"),
            kubelet: self.cell(line, "VERSION"),
            runtime: self.cell(line, "CONTAINER-RUNTIME"),
            ..Node::default()
        }
    }
}

/// The nodes of tables, whose cells begin where the names of the columns do. Each head begins a table, as where the output of several
/// clusters is in one file.
fn of_table(text: &str) -> Result<Vec<Node>, Error> {
    let mut nodes = Vec::new();
    let mut columns: Option<Columns<'_>> = None;
    // Behind a blank line other words may follow: a row has a status.
    let mut has_ended = false;
    // A node always has a name, so that where a table was indented as a whole, what stands before the name is not a cell.
    for line in text.lines().map(str::trim_start) {
        if is_head(line) {
            let new = Columns::of(line);
            if !new.has("KERNEL-VERSION") && !new.has("WINDOWS-BUILD") {
                return Err(Error::new("this table of nodes does not have their Windows versions")
                    .hint("use the output of `kubectl get nodes -o wide` or `kubectl get nodes -o json`"));
            }
            (columns, has_ended) = (Some(new), false);
        } else if line.trim().is_empty() {
            has_ended = true;
        } else if let Some(columns) = &columns
            && (!has_ended || columns.cell(line, "STATUS").contains("Ready"))
        {
            if !columns.line_up(line) && !versions(line).is_empty() {
                return Err(Error::new("the columns of this table of nodes do not line up")
                    .because(format!("as in the line {}", quoted(line.trim())))
                    .hint("use the unchanged output of `kubectl get nodes -o json`"));
            }
            nodes.push(columns.node(line));
        }
    }
    Ok(nodes)
}

/// The label of the first thing that a description of a node says of its system and that is read.
const KERNEL: &str = "Kernel Version:";

fn is_description(text: &str) -> bool {
    let has = |label: &str| text.lines().any(|line| line.trim_start().starts_with(label));
    has("Kubelet Version:") && has(KERNEL)
}

/// The nodes that `kubectl describe node` shows, each from its `Name:` on, or from its `System Info:` where a text begins there.
fn described(text: &str) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for line in text.lines().map(str::trim_start) {
        if let Some(name) = line.strip_prefix("Name:") {
            nodes.push(Node { name: name.trim().to_owned(), ..Node::default() });
            continue;
        }
        if line.starts_with(KERNEL) && nodes.last().is_none_or(|node| !node.kernel.is_empty()) {
            nodes.push(Node::default());
        }
        let Some(node) = nodes.last_mut() else { continue };
        if let Some(build) = line.split_once(BUILD_LABEL).and_then(|(_, rest)| rest.strip_prefix('=')) {
            node.build = build.trim().to_owned();
            continue;
        }
        let Some((label, value)) = field(line.trim()) else { continue };
        let slot = match label {
            "Kernel Version" => &mut node.kernel,
            "OS Image" => &mut node.os_image,
            "Operating System" => &mut node.operating_system,
            "Architecture" => &mut node.architecture,
            "Kubelet Version" => &mut node.kubelet,
            "Container Runtime Version" => &mut node.runtime,
            _ => continue,
        };
        *slot = value.trim().to_owned();
    }
    nodes
}

#[cfg(test)]
mod tests {
    use crate::host::source::in_text;
    use crate::host::source::tests::hosts_in;
    use crate::knowledge::Knowledge;

    /// The kernel is what runs; the label is for selectors.
    #[test]
    fn a_label_that_is_not_of_the_kernel_is_said() {
        let node = |kernel: &str, label: &str| {
            format!(
                r#"{{"kind":"Node","metadata":{{"name":"win1","labels":{{"kubernetes.io/os":"windows",
                "node.kubernetes.io/windows-build":"{label}"}}}},"status":{{"nodeInfo":{{"kernelVersion":"{kernel}",
                "operatingSystem":"windows","kubeletVersion":"v1.30.2"}}}}}}"#
            )
        };
        for (kernel, label, version, notes) in [
            ("10.0.20348.2340", "10.0.17763", "10.0.20348.2340", 1),
            ("10.0.20348.2340", "10.0.20348", "10.0.20348.2340", 0),
            ("", "10.0.17763", "10.0.17763", 0),
        ] {
            let read = in_text(&node(kernel, label), Knowledge::built_in()).unwrap();
            assert_eq!(read.hosts[0].os_version.to_string(), version, "{kernel} {label}");
            let said = read.notes.iter().filter(|note| note.to_string().contains("windows-build of `win1` differs")).count();
            assert_eq!((said, read.notes.len()), (notes, notes), "{kernel} {label}");
            let labels = &read.hosts[0].node.as_ref().unwrap().labels;
            assert_eq!(labels["node.kubernetes.io/windows-build"], label);
        }
    }

    #[test]
    fn a_description_is_read_however_it_is_quoted() {
        let description = "Name:               win1\nLabels:             kubernetes.io/os=windows\nSystem Info:\n  Machine ID:                 win1\n  \
                           Kernel Version:             10.0.20348.2340\n  OS Image:                   Windows Server 2022 Datacenter\n  \
                           Operating System:           windows\n  Architecture:               amd64\n  \
                           Kubelet Version:            v1.29.2\n";
        let indented: String = description.lines().map(|line| format!("    {line}\n")).collect();
        let other = indented.replace("win1", "win2").replace("10.0.20348.2340", "10.0.17763.5458");
        for (text, expected) in [
            (description.to_owned(), "win1 10.0.20348.2340"),
            (indented.clone(), "win1 10.0.20348.2340"),
            (format!("{indented}\n{other}"), "win1 10.0.20348.2340, win2 10.0.17763.5458"),
            // The name of its release where it has none of its own.
            (description.lines().skip(2).map(|line| format!("{line}\n")).collect(), "Windows Server 2022 10.0.20348.2340"),
            (description.lines().skip(3).map(|line| format!("{line}\n")).collect(), "Windows Server 2022 10.0.20348.2340"),
        ] {
            assert_eq!(hosts_in(&text), expected, "{text}");
        }
    }

    #[test]
    fn a_table_whose_columns_do_not_line_up_is_an_error() {
        let table = "NAME    STATUS   ROLES    AGE   VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE                         KERNEL-VERSION    CONTAINER-RUNTIME\n\
                     win1    Ready    <none>   9d    v1.29.2   10.0.0.4      <none>        Windows Server 2022 Datacenter   10.0.20348.2340   containerd://1.7.13\n\
                     node2   Ready    <none>   9d    v1.29.2   10.0.0.5      <none>        Windows Server 2019 Datacenter   10.0.17763.5458   containerd://1.7.13\n";
        assert_eq!(hosts_in(table), "win1 10.0.20348.2340, node2 10.0.17763.5458");
        // As it is quoted in an issue.
        let indented: String = table.lines().map(|line| format!("    {line}\n")).collect();
        assert_eq!(hosts_in(&indented), "win1 10.0.20348.2340, node2 10.0.17763.5458");
        // What is typed behind it is not a row.
        assert_eq!(hosts_in(&format!("{table}admin@web:~$ exit\n")), "win1 10.0.20348.2340, node2 10.0.17763.5458");
        let squeezed: String = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect();
        for text in [&squeezed, &squeezed.replace(' ', "\t")] {
            assert_eq!(hosts_in(text), "the columns of this table of nodes do not line up");
        }
    }
}
