//! The Windows machines that files speak of: those that run pipelines, and nodes that manifests select.

use std::path::PathBuf;

use super::pipelines::{self, Service, hosted};
use super::yaml::{self, Value};
use super::{FileKind, Files, Lands, Lines, kind_of};
use crate::knowledge::Knowledge;
use crate::{Kind, OsVersion};

/// A machine, as a file speaks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The release, e.g. `ltsc2022`.
    pub release: String,
    /// The file.
    pub path: PathBuf,
    /// The line.
    pub line: u32,
}

/// The label of nodes with the build of their Windows, e.g. `10.0.20348`.
const BUILD_LABEL: &str = "node.kubernetes.io/windows-build";

/// The label of Azure's nodes with their release, e.g. `Windows2022`.
const AZURE_LABEL: &str = "kubernetes.azure.com/os-sku";

/// The machines of these files, in their order: values in pipelines of GitHub and Azure such as `windows-2022`, and labels of nodes.
pub fn machines(paths: &[PathBuf], files: &dyn Files, knowledge: &Knowledge) -> Vec<Machine> {
    let mut machines = Vec::new();
    for path in paths.iter().filter(|path| kind_of(path) == Some(FileKind::Yaml)) {
        let Ok(text) = files.read(path) else { continue };
        let lines = Lines::of(&text);
        for root in yaml::read(&text).0.into_iter().filter_map(|document| document.root) {
            let is_pipeline = matches!(pipelines::service_of(path, &root), Some(Service::GitHub | Service::Azure));
            let mut found: Vec<(String, usize)> = Vec::new();
            for node in yaml::each_once([&root]) {
                match &node.value {
                    Value::Scalar { text, .. } => {
                        if is_pipeline && let Some(release) = of_pipeline(text, knowledge) {
                            found.push((release, node.span.start));
                        }
                    }
                    Value::List(_) => {}
                    Value::Map(entries) => {
                        for (key, value) in entries {
                            let release = value.text().and_then(|text| of_label(key.text().unwrap_or_default(), text, knowledge));
                            found.extend(release.map(|release| (release, value.span.start)));
                        }
                    }
                }
            }
            found.sort_by_key(|(_, at)| *at);
            let of = |(release, at): (String, usize)| Machine { release, path: path.clone(), line: lines.place(at..at).line };
            machines.extend(found.into_iter().map(of));
        }
    }
    machines
}

/// The release of a machine that a pipeline names, e.g. `windows-2022`.
fn of_pipeline(text: &str, knowledge: &Knowledge) -> Option<String> {
    match hosted(Some(text).filter(|text| !text.contains(char::is_whitespace))).1 {
        Lands::Hosted(name) => knowledge.only_release_named(&name).map(|release| release.id.clone()),
        _ => None,
    }
}

/// The release of the nodes with this label.
fn of_label(name: &str, value: &str, knowledge: &Knowledge) -> Option<String> {
    match name {
        BUILD_LABEL => {
            let version: OsVersion = value.parse().ok()?;
            knowledge.release(version.build, Kind::Server).map(|release| release.id.clone())
        }
        AZURE_LABEL => {
            let year = value.strip_prefix("Windows")?;
            let named = knowledge.releases.iter().find(|release| release.id == format!("ltsc{year}"));
            named.map(|release| release.id.clone())
        }
        _ => None,
    }
}
