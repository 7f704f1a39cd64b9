//! Compose files: the images of services, and what they build.
//!
//! Source: compose-spec/compose-spec, compose-go loader.

mod origins;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use self::origins::used_elsewhere;
use super::dockerfile::Build;
use super::origin::Origins;
use super::words::{Style, Values, expand};
use super::yaml::{self, Node};
use super::{Asked, Editable, Files, Found, Lands, Lines, Meant, Needs, Os, dotenv, nested};

/// The names that Compose looks for, each with the override that it takes along.
const NAMES: [(&str, &str); 4] = [
    ("compose.yaml", "compose.override.yaml"),
    ("compose.yml", "compose.override.yml"),
    ("docker-compose.yml", "docker-compose.override.yml"),
    ("docker-compose.yaml", "docker-compose.override.yaml"),
];

/// The file of the values of a folder.
const ENV_FILE: &str = ".env";

/// The longest chain of services that extend each other.
const LONGEST_CHAIN: usize = 16;

/// True for a document that is a Compose file: services, each a map, of which one has a key of a service.
pub fn is_compose(root: &Node) -> bool {
    const KEYS: [&str; 8] = ["image", "build", "extends", "ports", "environment", "volumes", "isolation", "depends_on"];
    // A GitLab pipeline's services are a list.
    root.get("services")
        .is_some_and(|services| services.entries().iter().any(|(_, service)| KEYS.iter().any(|key| service.get(key).is_some())))
}

/// The file that Compose reads along with this one: its override.
pub fn override_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    NAMES.iter().find(|(base, _)| *base == name).map(|(_, over)| path.with_file_name(over))
}

/// The file that this one is the override of.
pub fn base_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    NAMES.iter().find(|(_, over)| *over == name).map(|(base, _)| path.with_file_name(base))
}

/// One image that a Compose file builds.
#[derive(Clone, Debug)]
pub struct Built {
    /// The Dockerfile.
    pub dockerfile: PathBuf,
    /// How it is built.
    pub build: Build,
    /// The isolation that the service asks for.
    pub isolation: Option<Asked>,
    /// The operating system that the service asks for.
    pub os: Os,
    /// The names of the image, as far as they are known.
    pub makes: Vec<String>,
}

/// What the services of a project say.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The references, each with the number of its file: 0 for the base.
    pub found: Vec<(usize, Found)>,
    /// The images that are built.
    pub built: Vec<Built>,
    /// The values that it sees, which the files that it includes see too.
    pub values: Values,
    /// The sets of files that it includes.
    pub includes: Vec<Vec<PathBuf>>,
    /// The names of the images that are built.
    pub made: Vec<String>,
    /// Values that are used for more than images, so that they are not to be changed for one.
    pub shared: Vec<Editable>,
}

/// One file of a project.
pub struct Layer<'t> {
    /// Its path.
    pub path: &'t Path,
    /// Its text.
    pub text: &'t str,
    /// Its root.
    pub root: Rc<Node>,
}

/// Values come from the environment, then from `.env` beside a file in this folder; no other file gives any.
fn values_of(folder: &Path, environment: &Values, files: &dyn Files) -> (Values, Origins) {
    let path = folder.join(ENV_FILE);
    match files.read(&path) {
        Ok(text) => dotenv::read_with_origins(&text, &path, environment),
        Err(_) => (environment.clone(), Origins::new()),
    }
}

/// The files that the variable `COMPOSE_FILE` names for a folder, as a value that was given or in `.env`.
pub fn listed(folder: &Path, environment: &Values, files: &dyn Files) -> Option<Vec<PathBuf>> {
    let (values, _) = values_of(folder, environment, files);
    let list = values.get("COMPOSE_FILE").filter(|list| !list.is_empty())?;
    // Docker on Windows takes a semicolon, since paths there have colons.
    let usual = if list.contains(';') { ";" } else { ":" };
    let between = values.get("COMPOSE_PATH_SEPARATOR").map_or(usual, String::as_str);
    Some(list.split(between).filter(|path| !path.is_empty()).map(|path| normal(&folder.join(slashes(path)))).collect())
}

/// The sets of files that a file includes, as far as their names are known.
pub fn included(path: &Path, root: &Node, values: &Values) -> Vec<Vec<PathBuf>> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let known = |node: &Node| {
        let word = expand(node.text()?, Style::Compose, values);
        let is_near = word.missing.is_empty() && !word.text.contains("://");
        is_near.then(|| normal(&folder.join(slashes(&word.text))))
    };
    let set = |entry: &Rc<Node>| -> Vec<PathBuf> {
        let paths = entry.get("path").unwrap_or(entry);
        if paths.list().is_empty() {
            known(paths).into_iter().collect()
        } else {
            paths.list().iter().filter_map(|one| known(one)).collect()
        }
    };
    root.get("include").map(|list| list.list().iter().map(set).filter(|set| !set.is_empty()).collect()).unwrap_or_default()
}

/// Reads a project from its files, the base first; the services of every profile.
pub fn read(path: &Path, layers: &[Layer<'_>], environment: &Values, files: &dyn Files) -> Project {
    let folder = path.parent().unwrap_or(Path::new(""));
    let (mut values, mut origins) = values_of(folder, environment, files);
    let project = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    values.entry("COMPOSE_PROJECT_NAME".to_owned()).or_insert(project);
    let lines: Vec<Lines<'_>> = layers.iter().map(|layer| Lines::of(layer.text)).collect();
    let services: Vec<Services> = layers.iter().map(|layer| services_of(&layer.root)).collect();
    let (mut names, mut seen) = (Vec::new(), BTreeSet::new());
    for layer in layers {
        let entries = layer.root.get("services").map(|services| services.entries()).unwrap_or_default();
        names.extend(
            entries.iter().filter_map(|(name, _)| name.text()).filter(|name| seen.insert((*name).to_owned())).map(str::to_owned),
        );
    }
    let used = used_elsewhere(layers);
    let (shared, own) = origins.into_iter().partition(|(name, _)| used.contains(name.as_str()));
    origins = own;
    let mut read = Project { shared: Origins::into_values(shared).collect(), ..Project::default() };
    let reader = Reader { folder, layers, lines, services, elsewhere: RefCell::default(), values, origins, files };
    for name in &names {
        reader.service(name, &mut read);
    }
    read.includes = layers.iter().flat_map(|layer| included(path, &layer.root, &reader.values)).collect();
    read.values = reader.values;
    read
}

/// Services by name.
type Services = BTreeMap<String, Rc<Node>>;

fn services_of(root: &Node) -> Services {
    let entries = root.get("services").map(|services| services.entries()).unwrap_or_default();
    entries.into_iter().filter_map(|(name, service)| Some((name.text()?.to_owned(), Rc::clone(service)))).collect()
}

struct Reader<'r, 't> {
    folder: &'r Path,
    layers: &'r [Layer<'t>],
    lines: Vec<Lines<'t>>,
    /// The services of each file.
    services: Vec<Services>,
    /// Those of other files that services extend.
    elsewhere: RefCell<BTreeMap<PathBuf, Rc<Services>>>,
    values: Values,
    /// Where values stand that are used for images alone.
    origins: Origins,
    files: &'r dyn Files,
}

impl Reader<'_, '_> {
    /// A service as the files say it, the last one first: what stands there wins.
    fn service(&self, name: &str, read: &mut Project) {
        let said = self.said(name);
        let inherited = self.inherited(&said, LONGEST_CHAIN);
        let nodes = || said.iter().chain(&inherited).map(|(_, node)| node);
        let text =
            |key: &str| nodes().find_map(|node| node.text_at(&[key])).map(|text| expand(text, Style::Compose, &self.values).text);
        let isolation = text("isolation").as_deref().and_then(asked);
        let os = text("platform").as_deref().map_or(Os::Unsaid, Os::of_platform);
        let os = if isolation.is_some() && os == Os::Unsaid { Os::Windows } else { os };
        let object = format!("service {name}");
        let builds: Vec<(usize, &Rc<Node>)> =
            said.iter().chain(&inherited).filter_map(|(number, node)| Some((*number, node.get("build")?))).collect();
        if builds.is_empty() {
            let mut images = said.iter().chain(&inherited).filter_map(|(number, node)| Some((*number, node.get("image")?)));
            if let Some((number, image)) = images.next() {
                read.found.extend(self.reference(number, image, &object, Needs::EveryHost, os, isolation));
            }
        } else {
            // With both, the image is the name of what is built.
            let made: Vec<String> = text("image").filter(|image| !image.is_empty()).into_iter().collect();
            self.build(&builds, (&object, &made), isolation, os, read);
            read.made.extend(made);
        }
        for (number, node) in &said {
            for volume in node.get("volumes").map(|list| list.list()).unwrap_or_default() {
                if volume.text_at(&["type"]) == Some("image")
                    && let Some(source) = volume.get("source")
                {
                    read.found.extend(self.reference(*number, source, &object, Needs::NoHost, Os::Unsaid, None));
                }
            }
        }
    }

    /// A service in each file that has it, the last one first.
    fn said(&self, name: &str) -> Vec<(usize, Rc<Node>)> {
        let numbered = self.services.iter().enumerate().rev();
        numbered.filter_map(|(number, services)| Some((number, Rc::clone(services.get(name)?)))).collect()
    }

    fn elsewhere(&self, path: PathBuf) -> Rc<Services> {
        let read = |path: &Path| {
            let text = self.files.read(path).ok()?;
            yaml::read(&text).0.into_iter().filter_map(|document| document.root).map(|root| services_of(&root)).next()
        };
        let mut known = self.elsewhere.borrow_mut();
        let services = known.entry(path).or_insert_with_key(|path| Rc::new(read(path).unwrap_or_default()));
        Rc::clone(services)
    }

    /// The services that this one extends, the nearest first.
    fn inherited(&self, said: &[(usize, Rc<Node>)], depth: usize) -> Vec<(usize, Rc<Node>)> {
        let Some(extends) = said.iter().find_map(|(_, node)| node.get("extends")) else { return Vec::new() };
        let service = extends.text().or_else(|| extends.text_at(&["service"]));
        let Some(service) = service.map(str::to_owned) else { return Vec::new() };
        let next: Vec<(usize, Rc<Node>)> = match extends.text_at(&["file"]) {
            Some(file) => {
                let path = self.folder.join(slashes(&expand(file, Style::Compose, &self.values).text));
                // Places in another file are that file's: here only values are taken.
                self.elsewhere(path).get(&service).map(|node| (usize::MAX, Rc::clone(node))).into_iter().collect()
            }
            None => self.said(&service),
        };
        let mut inherited = next.clone();
        if depth > 0 {
            inherited.extend(self.inherited(&next, depth - 1));
        }
        inherited
    }

    fn reference(
        &self,
        number: usize,
        image: &Node,
        object: &str,
        needs: Needs,
        os: Os,
        isolation: Option<Asked>,
    ) -> Option<(usize, Found)> {
        let written = image.text()?;
        let word = expand(written, Style::Compose, &self.values);
        let meant = match word.missing.as_slice() {
            [] if word.text.is_empty() => return None,
            [] => Meant::Known(word.text),
            missing => Meant::Unresolved(missing.to_vec()),
        };
        let found = Found {
            place: self.lines.get(number)?.place(image.span.clone()),
            object: Some(object.to_owned()),
            written: written.to_owned(),
            meant,
            needs,
            os,
            isolation,
            lands: Lands::Fleet,
            together: None,
            editable: self.editable(number, image.span.clone(), written),
        };
        Some((number, found))
    }

    /// What is built: each key as the last file says it, arguments and contexts of all of them.
    fn build(
        &self,
        builds: &[(usize, &Rc<Node>)],
        (object, made): (&str, &[String]),
        isolation: Option<Asked>,
        os: Os,
        read: &mut Project,
    ) {
        let expanded = |text: &str| expand(text, Style::Compose, &self.values).text;
        let text = |key: &str| builds.iter().find_map(|(_, build)| build.text_at(&[key])).map(expanded);
        let context =
            text("context").or_else(|| builds.iter().find_map(|(_, build)| build.text()).map(expanded)).unwrap_or_default();
        let context = self.folder.join(slashes(&context));
        let platforms = builds.iter().find_map(|(_, build)| build.get("platforms"));
        let is_windows = platforms
            .is_some_and(|list| list.list().iter().any(|one| one.text().is_some_and(|one| Os::of_platform(one) == Os::Windows)));
        let os = if is_windows { Os::Windows } else { os };
        let isolation = text("isolation").as_deref().and_then(asked).or(isolation);
        let targets = text("target").into_iter().collect();
        let mut build = Build { targets, object: Some(object.to_owned()), os, ..Build::default() };
        // The last file's words win, so its are put in last.
        for (number, node) in builds.iter().rev() {
            let mut origins = node.get("args").map(|args| self.origins_of(*number, args)).unwrap_or_default();
            for (name, meant) in node.get("args").map(|args| self.arguments(args)).unwrap_or_default() {
                build.arguments.remove(&name);
                build.open.remove(&name);
                build.origins.remove(&name);
                build.origins.extend(origins.remove_entry(&name));
                match meant {
                    Meant::Known(value) => drop(build.arguments.insert(name, value)),
                    open => drop(build.open.insert(name, open)),
                }
            }
            let contexts = node.get("additional_contexts").map(|contexts| self.arguments(contexts)).unwrap_or_default();
            build.contexts.extend(contexts.into_iter().map(|(name, meant)| (name, image_of(meant))));
        }
        match builds.iter().find_map(|(number, build)| Some((*number, build.get("dockerfile_inline")?))) {
            Some((number, inner)) => {
                let (Some(layer), Some(lines)) = (self.layers.get(number), self.lines.get(number)) else { return };
                let word = expand(inner.text().unwrap_or_default(), Style::Compose, &self.values);
                let found = nested::read(layer.text, lines, &inner.span, &word.text, &build);
                let asked = |found: Found| Found {
                    isolation,
                    os: if found.os == Os::Unsaid && found.needs == Needs::EveryHost { os } else { found.os },
                    ..found
                };
                read.found.extend(found.into_iter().map(|found| (number, asked(found))));
            }
            None => {
                let dockerfile = text("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned());
                let dockerfile = normal(&context.join(slashes(&dockerfile)));
                read.built.push(Built { dockerfile, build, isolation, os, makes: made.to_vec() });
            }
        }
    }

    /// `args` as a map or as a list of `NAME=VALUE`; a bare name takes its value from the environment.
    fn arguments(&self, node: &Node) -> BTreeMap<String, Meant> {
        let meant = |(name, value): (String, Option<String>)| match value {
            Some(value) => {
                let word = expand(&value, Style::Compose, &self.values);
                Some((name, if word.missing.is_empty() { Meant::Known(word.text) } else { Meant::Unresolved(word.missing) }))
            }
            // One that the environment does not have is not given at all.
            None => self.values.get(&name).cloned().map(|value| (name, Meant::Known(value))),
        };
        pairs(node).into_iter().filter_map(meant).collect()
    }
}

/// The image that a context is, if it is one.
fn image_of(context: Meant) -> Option<Meant> {
    match context {
        Meant::Known(text) => text.strip_prefix("docker-image://").map(|image| Meant::Known(image.to_owned())),
        open => Some(open),
    }
}

/// A map, or a list of `NAME=VALUE` and `NAME`.
fn pairs(node: &Node) -> BTreeMap<String, Option<String>> {
    let of_map =
        node.entries().into_iter().filter_map(|(name, value)| Some((name.text()?.to_owned(), value.text().map(str::to_owned))));
    let of_list = node.list().iter().filter_map(|entry| entry.text()).map(|entry| match entry.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (entry.to_owned(), None),
    });
    of_map.chain(of_list).collect()
}

fn asked(text: &str) -> Option<Asked> {
    match text.to_ascii_lowercase().as_str() {
        "default" => Some(Asked::Default),
        "process" => Some(Asked::Process),
        "hyperv" => Some(Asked::Hyperv),
        _ => None,
    }
}

/// A path with the separators of this system: files written on Windows have backslashes.
pub fn slashes(path: &str) -> String {
    path.replace('\\', "/")
}

/// A path as it is written in advice: with slashes on each system, and `.` for the folder of the scan.
pub fn shown(path: &Path) -> String {
    let text = slashes(&normal(path).to_string_lossy());
    if text.is_empty() { ".".to_owned() } else { text }
}

/// The path without `.` and `..`, as far as that can be said without looking.
pub fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(normal.components().next_back(), Some(Component::Normal(_))) => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests;
