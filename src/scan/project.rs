//! The files of a question together: which file builds which Dockerfile, which values it gives, which classes lead pods where.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::compose::{self, Built, Layer};
use super::dockerfile::{self, Build};
use super::kubernetes::{self, RuntimeClasses};
use super::kustomize::{self, Kustomization, Way};
use super::pipelines;
use super::yaml::{self, Document, Node};
use super::{FileKind, Files, Found, Lines, Os, Problem, Scanned, Values, kind_of, kind_of_text};
use crate::{Error, ErrorKind};

/// What is known besides the files.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Values of variables that were named, which win over every file's.
    pub values: Values,
    /// The environment, which Compose files see.
    pub environment: Values,
}

/// A file and what it says.
#[derive(Clone, Debug)]
pub struct ScannedFile {
    /// The path.
    pub path: PathBuf,
    /// What it says.
    pub scanned: Scanned,
}

/// A file of YAML.
struct Yaml {
    path: PathBuf,
    text: Rc<str>,
    documents: Vec<Document>,
    problems: Vec<Problem>,
}

/// Reads files together. Each is in the answer once, in the order of their paths; those that name no images are left out.
pub fn scan(paths: &[PathBuf], files: &dyn Files, given: &Given) -> Vec<ScannedFile> {
    let mut answer: BTreeMap<PathBuf, Scanned> = BTreeMap::new();
    let mut dockerfiles = Vec::new();
    let mut yaml = Vec::new();
    for path in paths {
        let text = match files.read(path) {
            Ok(text) => text,
            Err(error) => {
                let problem = Problem { place: Lines::of("").place(0..0), error };
                answer.insert(path.clone(), Scanned { problems: vec![problem], ..Scanned::default() });
                continue;
            }
        };
        // A file that was named may be called anything.
        match kind_of(path).unwrap_or_else(|| kind_of_text(&text)) {
            FileKind::Dockerfile => dockerfiles.push((path.clone(), text)),
            FileKind::Yaml if text.contains("{{") && chart_of(path, files).is_some() => {
                answer.insert(path.clone(), Scanned { left_out: Some(helm(path)), ..Scanned::default() });
            }
            FileKind::Yaml => yaml.push(read_yaml(path, text)),
        }
    }
    let documents: Vec<&Document> = yaml.iter().flat_map(|file| &file.documents).collect();
    let kustomizations = kustomizations(&yaml);
    for (path, remote) in kustomizations.iter().filter_map(|(path, one)| Some((path, one.remote.first()?))) {
        answer.entry((*path).clone()).or_default().left_out =
            Some(format!("only followed within these files, and it takes in {remote} too"));
    }
    let kustomizations: Vec<Kustomization> = kustomizations.into_iter().map(|(_, one)| one).collect();
    let mut project = Project {
        yaml: &yaml,
        files,
        given,
        classes: kubernetes::runtime_classes(&documents),
        ways: kustomize::ways(&kustomizations),
        built: BTreeMap::new(),
        answer,
    };
    yaml.iter().for_each(|file| project.read(file));
    let Project { built, mut answer, .. } = project;
    for (path, text) in &dockerfiles {
        let builds = built.get(&compose::normal(path)).map(Vec::as_slice).unwrap_or_default();
        answer.insert(path.clone(), read_dockerfile(text, builds, given));
    }
    answer
        .into_iter()
        .map(|(path, mut scanned)| {
            scanned.found.sort_by_key(|found| found.place.span.start);
            scanned.found.dedup();
            ScannedFile { path, scanned }
        })
        .filter(|file| file.scanned != Scanned::default())
        .collect()
}

fn read_yaml(path: &Path, text: Rc<str>) -> Yaml {
    let (documents, broken) = yaml::read(&text);
    let lines = Lines::of(&text);
    let problems = broken
        .into_iter()
        .map(|broken| Problem {
            place: lines.place(broken.at..broken.at),
            error: Error::of(ErrorKind::Invalid, "this is not well-formed YAML")
                .because(broken.why)
                .hint("correct the file at this line"),
        })
        .collect();
    Yaml { path: path.to_owned(), text, documents, problems }
}

fn kustomizations(yaml: &[Yaml]) -> Vec<(&PathBuf, Kustomization)> {
    let named = yaml.iter().filter(|file| kustomize::is_kustomization(&file.path));
    let rooted = named.filter_map(|file| Some((file, file.documents.iter().find_map(|document| document.root.as_ref())?)));
    rooted.map(|(file, root)| (&file.path, Kustomization::of(&file.path, root, &Lines::of(&file.text)))).collect()
}

/// The files, and what was found in them so far.
struct Project<'p> {
    yaml: &'p [Yaml],
    files: &'p dyn Files,
    given: &'p Given,
    classes: RuntimeClasses,
    /// The kustomizations that lead to a manifest.
    ways: BTreeMap<PathBuf, Vec<Way>>,
    /// The builds of each Dockerfile.
    built: BTreeMap<PathBuf, Vec<Built>>,
    answer: BTreeMap<PathBuf, Scanned>,
}

impl Project<'_> {
    fn read(&mut self, file: &Yaml) {
        self.of(&file.path).problems.extend(file.problems.iter().cloned());
        if kustomize::is_kustomization(&file.path) {
            return;
        }
        let lines = Lines::of(&file.text);
        for root in file.documents.iter().filter_map(|document| document.root.as_ref()) {
            if compose::is_compose(root) {
                self.compose(file, root);
            } else if let Some(service) = pipelines::service_of(&file.path, root) {
                let found = pipelines::read(service, root, &lines);
                self.of(&file.path).found.extend(found);
            } else if kubernetes::is_object(root) || root.get("items").is_some() {
                self.manifest(file, kubernetes::read(root, &lines, &self.classes));
            }
        }
    }

    fn of(&mut self, path: &Path) -> &mut Scanned {
        self.answer.entry(path.to_owned()).or_default()
    }

    /// The references of a manifest, as each kustomization that leads to it deploys them.
    fn manifest(&mut self, file: &Yaml, found: Vec<Found>) {
        let Some(ways) = self.ways.get(&compose::normal(&file.path)).cloned() else {
            self.of(&file.path).found.extend(found);
            return;
        };
        for one in &found {
            for way in &ways {
                let (elsewhere, new) = kustomize::deployed(one, way);
                self.of(elsewhere.as_deref().unwrap_or(&file.path)).found.push(new);
            }
        }
    }

    fn compose(&mut self, file: &Yaml, root: &Rc<Node>) {
        let is_there = |path: &PathBuf| self.yaml.iter().any(|other| other.path == *path);
        // An override is read with the file that it belongs to.
        if compose::base_of(&file.path).as_ref().is_some_and(is_there) {
            return;
        }
        let over = compose::override_of(&file.path).and_then(|path| self.yaml.iter().find(|other| other.path == path));
        let over = over.and_then(|over| Some((over, over.documents.iter().find_map(|document| document.root.as_ref())?)));
        let mut layers = vec![Layer { text: &file.text, root: Rc::clone(root) }];
        layers.extend(over.map(|(over, root)| Layer { text: &over.text, root: Rc::clone(root) }));
        let mut environment = self.given.environment.clone();
        environment.extend(self.given.values.clone());
        let project = compose::read(&file.path, &layers, &environment, self.files);
        for (number, found) in project.found {
            let path = match over {
                Some((over, _)) if number > 0 => &over.path,
                _ => &file.path,
            };
            self.of(path).found.push(found);
        }
        for one in project.built {
            self.built.entry(one.dockerfile.clone()).or_default().push(one);
        }
    }
}

/// A Dockerfile as it is built: once for each file that builds it, else by its own defaults.
fn read_dockerfile(text: &str, builds: &[Built], given: &Given) -> Scanned {
    let with_values = |build: &Build| {
        let mut build = build.clone();
        build.arguments.extend(given.values.clone());
        build
    };
    if builds.is_empty() {
        return dockerfile::read(text, &with_values(&Build::default()));
    }
    let mut all = Scanned::default();
    for built in builds {
        let scanned = dockerfile::read(text, &with_values(&built.build));
        all.left_out = scanned.left_out;
        all.problems = scanned.problems;
        let asked = |mut found: Found| {
            found.isolation = built.isolation;
            if found.os == Os::Unsaid && found.needs == super::Needs::EveryHost {
                found.os = built.os;
            }
            found
        };
        all.found.extend(scanned.found.into_iter().map(asked));
    }
    // What several services build is one reference, if all of them mean the same.
    let mut seen: Vec<(super::Place, super::Meant, Option<super::Asked>)> = Vec::new();
    all.found.retain(|found| {
        let key = (found.place.clone(), found.meant.clone(), found.isolation);
        let is_new = !seen.contains(&key);
        seen.extend(is_new.then_some(key));
        is_new
    });
    all
}

/// The folder of the chart that a template belongs to.
fn chart_of(path: &Path, files: &dyn Files) -> Option<PathBuf> {
    let mut folder = path.parent()?;
    for _ in 0..8 {
        let above = folder.parent()?;
        if folder.file_name().is_some_and(|name| name == "templates") && files.read(&above.join("Chart.yaml")).is_ok() {
            return Some(above.to_owned());
        }
        folder = above;
    }
    None
}

fn helm(path: &Path) -> String {
    let mut folder = path;
    while let Some(above) = folder.parent() {
        if folder.file_name().is_some_and(|name| name == "templates") {
            return format!(
                "a template of a Helm chart: render it first, `helm template {} | wincompat scan -`",
                above.display()
            );
        }
        folder = above;
    }
    "a template of a Helm chart".to_owned()
}
