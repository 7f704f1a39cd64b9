//! Compose files: the images of services, and what they build.
//!
//! Source: compose-spec/compose-spec, compose-go loader.

mod builds;
mod origins;
mod refused;
mod scalars;
mod sets;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use self::refused::IncludedServices;
use self::sets::{Environment, named_file};
pub use self::sets::{Included, Outer, Set, extended, included, is_usual, listed, usual};
use super::dockerfile::Build;
use super::origin::Origins;
use super::paths::shown;
use super::pipelines;
use super::words::{Style, Values, Word, expand};
use super::yaml::{self, Merging, Node};
use super::{
    Asked, Files, Found, IsolatedBy, Lands, Lines, Meant, Needs, Note, OF_INPUT, Os, Place, Platform, Problem, Shared,
    platform_of,
};
use crate::Error;

/// The longest chain of services that extend each other.
const LONGEST_CHAIN: usize = 16;

/// True for a document that is a Compose file: services, each a map, of which one has a key of a service; or files that it includes. A
/// pipeline with such services is none.
pub fn is_compose(path: &Path, root: &Node) -> bool {
    const KEYS: [&str; 8] = ["image", "build", "extends", "ports", "environment", "volumes", "isolation", "depends_on"];
    if pipelines::is_of_steps(path, root) || root.get("steps").is_some() || root.get("pipeline").is_some() {
        return false;
    }
    // A GitLab pipeline's services are a list.
    let services = root.get("services").map(|services| services.entries()).unwrap_or_default();
    services.iter().any(|(_, service)| KEYS.iter().any(|key| service.get(key).is_some())) || only_includes(path, root)
}

/// True for a Compose file without a service of its own. GitLab's pipelines include files too: texts alone may be theirs.
fn only_includes(path: &Path, root: &Node) -> bool {
    const KEYS: [&str; 8] = ["include", "services", "name", "version", "networks", "volumes", "configs", "secrets"];
    let is_known = |key: &str| KEYS.contains(&key) || key.starts_with("x-");
    let is_named = path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| stem.contains("compose"));
    let files = root.get("include").map(|files| files.list()).unwrap_or_default();
    let is_file = |one: &Rc<Node>| one.get("path").is_some() || (is_named && one.text().is_some());
    !files.is_empty() && files.iter().all(is_file) && root.entries().iter().all(|(key, _)| key.text().is_some_and(is_known))
}

/// The words between the name of what is built and the file of its project.
const OF_PROJECT: &str = " of ";

/// The text for what a service or a target builds, as builds of its project name it in their contexts: `service:base of app/compose.yaml`.
/// It stands where the name of an image does, and no image has such a name.
pub fn context_name(kind: &str, name: &str, project: &Path) -> String {
    format!("{kind}:{name}{OF_PROJECT}{}", shown(project))
}

/// True for such a text.
pub fn is_context_name(text: &str) -> bool {
    ["service:", "target:"].iter().any(|kind| text.starts_with(kind)) && text.contains(OF_PROJECT)
}

/// An image as it is named in advice: what a service or a target builds without the file of its project.
pub fn without_project(name: &str) -> &str {
    let is_context = is_context_name(name);
    name.split_once(OF_PROJECT).filter(|_| is_context).map_or(name, |(context, _)| context)
}

/// One image that a Compose file builds.
#[derive(Clone, Debug)]
pub struct Built {
    /// The Dockerfile.
    pub dockerfile: PathBuf,
    /// How it is built.
    pub build: Build,
    /// The names of the image, as far as they are known.
    pub makes: Vec<String>,
    /// The file that builds it, and the place there.
    pub said: Option<(PathBuf, Place)>,
    /// The same of the stage that it asks for.
    pub asks: Option<(PathBuf, Place)>,
}

/// A Dockerfile that stands as a text within another file, in one of its builds.
#[derive(Clone, Debug)]
pub struct Inline {
    /// The number of the file that builds it.
    pub file: usize,
    /// The byte at which its text begins: several may stand in one file.
    pub at: usize,
    /// The names of the image, as far as they are known.
    pub makes: Vec<String>,
    /// Its references.
    pub found: Vec<Found>,
}

/// What the services of a project say.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The references, each with the number of its file: 0 for the base.
    pub found: Vec<(usize, Found)>,
    /// The images that are built.
    pub built: Vec<Built>,
    /// The Dockerfiles within its files.
    pub inline: Vec<Inline>,
    /// What it sees, which the projects that it includes see too.
    pub outer: Outer,
    /// The projects that it includes.
    pub includes: Vec<Set>,
    /// The names of the images that are built.
    pub made: Vec<String>,
    /// Values that are used for more than images, so that they are not to be changed for one.
    pub shared: Vec<Shared>,
    /// What is not followed, each with the number of its file.
    pub notes: Vec<(usize, Note)>,
    /// What Compose refuses, each with the number of its file.
    pub problems: Vec<(usize, Problem)>,
    /// Files of values that cannot be read.
    pub unread: Vec<(PathBuf, Error)>,
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

/// Reads a project from its files, the base first; the services of every profile.
pub fn read(set: &Set, layers: &[Layer<'_>], outer: &Outer, files: &dyn Files) -> Project {
    let folder = set.folder.as_path();
    let Environment { mut values, origins, unread, shared } = Environment::of(&set.env_files, outer, files);
    if let Some(name) = project_name(folder, layers, &values) {
        values.entry("COMPOSE_PROJECT_NAME".to_owned()).or_insert(name);
    }
    let lines: Vec<Lines<'_>> = layers.iter().map(|layer| Lines::of(layer.text)).collect();
    let services: Vec<Services> = layers.iter().map(|layer| services_of(&layer.root)).collect();
    let (mut names, mut seen) = (Vec::new(), BTreeSet::new());
    for layer in layers {
        let entries = layer.root.get("services").map(|services| services.entries()).unwrap_or_default();
        names.extend(
            entries.iter().filter_map(|(name, _)| name.text()).filter(|name| seen.insert((*name).to_owned())).map(str::to_owned),
        );
    }
    let mut read = Project { shared, unread, ..Project::default() };
    let (elsewhere, extended, files_of, consumed, refused, included_services) = Default::default();
    let reader = Reader {
        folder,
        layers,
        lines,
        services,
        elsewhere,
        extended,
        files_of,
        consumed,
        refused,
        included_services,
        values,
        origins,
        files,
        project: outer.project.clone().or_else(|| set.files.first().cloned()).unwrap_or_default(),
    };
    reader.refuse_repeated_keys();
    for name in &names {
        if set.templates.contains(name) {
            // It is judged where it is extended. What it uses of the values counts here all the same.
            let mut template = Project::default();
            reader.service(name, &mut template);
            read.shared.append(&mut template.shared);
        } else {
            reader.service(name, &mut read);
        }
    }
    for (number, layer) in layers.iter().enumerate() {
        reader.included(number, layer, &mut read);
    }
    let used = reader.used();
    read.shared.extend(used.iter().filter_map(|(name, by)| Some(Shared::new(name, reader.origins.get(name)?, by))));
    read.problems = each_once(reader.refused.into_inner());
    read.outer = Outer { values: reader.values, origins: reader.origins, project: Some(reader.project) };
    read
}

/// These problems, each once: by an alias, or by `extends`, several services have the same value.
fn each_once(problems: Vec<(usize, Problem)>) -> Vec<(usize, Problem)> {
    let mut seen = HashSet::new();
    let is_new = |(number, one): &(usize, Problem)| seen.insert((*number, one.place.clone(), one.error.what.clone()));
    problems.into_iter().filter(is_new).collect()
}

/// The name of a project that the environment does not name: what its files say, the last one first, else that of its folder.
fn project_name(folder: &Path, layers: &[Layer<'_>], values: &Values) -> Option<String> {
    let said = layers.iter().rev().find_map(|layer| layer.root.text_at(&["name"]));
    let said = said.map(|name| expand(name, Style::Compose, values).text);
    let of_folder = || folder.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let name = said.filter(|name| !name.is_empty()).or_else(of_folder)?;
    Some(name.chars().filter(|one| one.is_ascii_alphanumeric() || matches!(one, '-' | '_')).collect())
}

/// The number of all files that are not a part of the project.
const ELSEWHERE: usize = usize::MAX;

/// A value, and the number of its file.
type Numbered<'n> = (usize, &'n Rc<Node>);

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
    /// The services of other files that are extended, each with its name and file.
    extended: RefCell<Vec<(String, Rc<Node>)>>,
    /// The files in which their images, builds and volumes stand: paths count from the folders of those.
    files_of: RefCell<HashMap<*const Node, PathBuf>>,
    /// The texts that were read as references and arguments.
    consumed: RefCell<HashSet<*const Node>>,
    /// What Compose refuses, each with the number of its file.
    refused: RefCell<Vec<(usize, Problem)>>,
    /// The services that other files have which these include, looked up when they are first needed.
    included_services: OnceCell<IncludedServices>,
    values: Values,
    /// Where values stand as plain text.
    origins: Origins,
    files: &'r dyn Files,
    /// The first file of the project, also of one that includes these files.
    project: PathBuf,
}

impl Reader<'_, '_> {
    /// A service as the files say it, the last one first: what stands there wins.
    fn service(&self, name: &str, read: &mut Project) {
        let said = self.said(name);
        let inherited = self.inherited(&said, read);
        let nodes = || said.iter().chain(&inherited);
        let text = |key: &str| {
            let values = merged(nodes().filter_map(|(number, node)| Some((*number, node.get(key)?))));
            values.into_iter().find_map(|(_, value)| value.text()).map(|text| expand(text, Style::Compose, &self.values).text)
        };
        let object = format!("service {name}");
        let platforms = nodes().filter_map(|(number, node)| Some((*number, node.get("platform")?)));
        let ((os, processor), note) = self.platform(platforms, extending(&said), &object);
        read.notes.extend(note);
        let isolations = nodes().filter_map(|(number, node)| Some((*number, node.get("isolation")?)));
        let (isolation, note) = self.isolation(isolations, extending(&said), &format!("`isolation` of {object}"));
        read.notes.extend(note.filter(|_| os != Os::Other));
        let os = if isolation.is_some() && os == Os::Unsaid { Os::Windows } else { os };
        let builds = merged(nodes().filter_map(|(number, node)| Some((*number, node.get("build")?))));
        if builds.is_empty() {
            let images = merged(nodes().filter_map(|(number, node)| Some((*number, node.get("image")?))));
            if let Some((number, image)) = images.into_iter().next() {
                let placed = ["deploy", "placement", "constraints"];
                let constraints = merged(nodes().filter_map(|(number, node)| Some((*number, node.at(&placed)?))));
                let (of_nodes, lands) = self.nodes_of(&constraints);
                let os = if os == Os::Unsaid { of_nodes } else { os };
                // What is in another file is shown where this one extends it.
                let extends = extending(&said).filter(|_| number == ELSEWHERE);
                let shown_at = extends.unwrap_or((number, image));
                let found = self.reference((number, image), shown_at, &object, Needs::EveryHost, os, isolation);
                read.found.extend(found.map(|(number, found)| (number, Found { processor, lands, ..found })));
            }
        } else {
            // With both, the image is the name of what is built.
            let mut made: Vec<String> = text("image").filter(|image| !image.is_empty()).into_iter().collect();
            made.push(context_name("service", name, &self.project));
            self.build(&builds, (&object, &made, extending(&said)), isolation, (os, processor), read);
            read.made.extend(made);
        }
        let volumes = merged(nodes().filter_map(|(number, node)| Some((*number, node.get("volumes")?))));
        read.found.extend(self.image_volumes(&volumes, extending(&said), &object));
    }

    /// The system of the nodes on which a swarm starts a service with these constraints, all of which must hold; who builds it does
    /// not look at them.
    fn nodes_of(&self, lists: &[Numbered<'_>]) -> (Os, Lands) {
        let said = lists.iter().flat_map(|(_, list)| list.list()).filter_map(|one| one.text());
        let words = said.map(|text| expand(text, Style::Compose, &self.values)).filter(|word| word.missing.is_empty());
        let systems: Vec<Os> = words.map(|word| system_of(&word.text)).filter(|os| *os != Os::Unsaid).collect();
        if systems.contains(&Os::Windows) && systems.contains(&Os::Other) {
            let why = "its constraints ask for nodes of two systems, and all of them must hold for a node".to_owned();
            let hint = "keep one of the constraints on `node.platform.os`".to_owned();
            return (Os::Unsaid, Lands::Nowhere { why, hint });
        }
        (systems.first().copied().unwrap_or_default(), Lands::Fleet)
    }

    /// The images that a service mounts, also those of services that it extends.
    fn image_volumes(&self, lists: &[Numbered<'_>], extends: Option<Numbered<'_>>, object: &str) -> Vec<(usize, Found)> {
        let mut found = Vec::new();
        let mut taken: BTreeSet<String> = BTreeSet::new();
        for (number, list) in lists {
            let mut targets = Vec::new();
            for volume in list.list() {
                let target = volume.text_at(&["target"]).map(|text| expand(text, Style::Compose, &self.values).text);
                // One volume is mounted at each place: that of the last file.
                let is_taken = target.as_ref().is_some_and(|target| taken.contains(target));
                targets.extend(target);
                let source = volume.get("source").filter(|_| !is_taken && volume.text_at(&["type"]) == Some("image"));
                if let Some(source) = source {
                    // What is in another file is shown where this one extends it.
                    let shown_at = extends.filter(|_| *number == ELSEWHERE).unwrap_or((*number, source));
                    found.extend(self.reference((*number, source), shown_at, object, Needs::NoHost, Os::Unsaid, None));
                }
            }
            taken.extend(targets);
        }
        found
    }

    /// A service in each file that has it, the last one first.
    fn said(&self, name: &str) -> Vec<(usize, Rc<Node>)> {
        let numbered = self.services.iter().enumerate().rev();
        let said = merged(numbered.filter_map(|(number, services)| Some((number, services.get(name)?))));
        said.into_iter().map(|(number, service)| (number, Rc::clone(service))).collect()
    }

    fn elsewhere(&self, path: PathBuf) -> Rc<Services> {
        let read = |path: &Path| -> Option<Services> {
            let text = self.files.read(path).ok()?;
            let roots = yaml::read(&text).0.into_iter().filter_map(|document| document.root);
            Some(roots.flat_map(|root| services_of(&root)).collect())
        };
        let mut known = self.elsewhere.borrow_mut();
        let services = known.entry(path).or_insert_with_key(|path| Rc::new(read(path).unwrap_or_default()));
        Rc::clone(services)
    }

    /// The services that this one extends, the nearest first. What a service in another file extends is in that file, or beside it.
    fn inherited(&self, said: &[(usize, Rc<Node>)], read: &mut Project) -> Vec<(usize, Rc<Node>)> {
        let mut inherited = Vec::new();
        let (mut next, mut file): (Vec<(usize, Rc<Node>)>, Option<PathBuf>) = (said.to_vec(), None);
        let Some((place, first)) = extending(said) else { return inherited };
        let mut seen: HashSet<*const Node> = said.iter().map(|(_, node)| Rc::as_ptr(node)).collect();
        for _ in 0..=LONGEST_CHAIN {
            let Some((_, extends)) = extending(&next) else { break };
            let Some(service) = extends.text().or_else(|| extends.text_at(&["service"])).map(str::to_owned) else { break };
            let mut is_read = true;
            if let Some(named) = extends.text_at(&["file"]) {
                let folder = file.as_deref().map_or(self.folder, |file| file.parent().unwrap_or(Path::new("")));
                let Some(path) = named_file(folder, named, &self.values) else {
                    let what = format!("{named} is elsewhere, or its name is not known");
                    read.notes.extend(self.note(place, first, &what));
                    break;
                };
                if let Err(error) = self.files.read(&path) {
                    is_read = false;
                    let what = format!("what is inherited of {} is not known: {}", shown(&path), error.sentence());
                    read.notes.extend(self.note(place, first, &what));
                }
                file = Some(path);
            }
            next = match &file {
                Some(path) => self.said_elsewhere(&service, path),
                None => self.said(&service),
            };
            if next.is_empty() && is_read {
                self.refuse_missing((place, first), &service, file.as_deref());
            }
            if next.iter().any(|(_, node)| seen.contains(&Rc::as_ptr(node))) {
                self.refuse_circle((place, first), &service);
                break;
            }
            seen.extend(next.iter().map(|(_, node)| Rc::as_ptr(node)));
            inherited.extend(next.iter().cloned());
        }
        inherited
    }

    /// A service of another file. Places in it are that file's: here only values are taken.
    fn said_elsewhere(&self, service: &str, path: &Path) -> Vec<(usize, Rc<Node>)> {
        let found = self.elsewhere(path.to_owned()).get(service).cloned();
        if let Some(node) = &found {
            self.extended.borrow_mut().push((format!("by the service {service} of {}", shown(path)), Rc::clone(node)));
            let volumes = node.get("volumes").map(|list| list.list()).unwrap_or_default();
            let sources = volumes.iter().filter_map(|volume| volume.get("source"));
            let parts = [node.get("build"), node.get("image")].into_iter().flatten().chain(sources);
            self.files_of.borrow_mut().extend(parts.map(|part| (Rc::as_ptr(part), path.to_owned())));
        }
        found.into_iter().map(|node| (ELSEWHERE, node)).collect()
    }

    /// The file in which an image or a build stands that is not one of the project.
    fn file_of(&self, part: &Rc<Node>) -> Option<PathBuf> {
        self.files_of.borrow().get(&Rc::as_ptr(part)).cloned()
    }

    /// What a file includes, and what of that is not read.
    fn included(&self, number: usize, layer: &Layer<'_>, read: &mut Project) {
        for Included { node, set, others } in included(self.folder, &layer.root, &self.values) {
            for other in &others {
                read.notes.extend(self.note(number, &node, &format!("{other} is elsewhere, or its name is not known")));
            }
            for path in &set.files {
                if let Err(error) = self.files.read(path) {
                    read.notes.extend(self.note(number, &node, &error.sentence()));
                }
            }
            read.includes.extend((!set.files.is_empty()).then_some(set));
        }
    }

    /// A note about a file that is not read.
    fn note(&self, number: usize, node: &Node, what: &str) -> Option<(usize, Note)> {
        let place = self.lines.get(number)?.place(node.span.clone());
        let text = format!("{what}: render the project first, `docker compose config | {OF_INPUT}`");
        Some((number, Note { place, text }))
    }

    /// The text of the last of these values, the last file's first, and the value at which it is shown: where this extends another file's.
    /// One that Compose refuses is noted, and none.
    fn word_of<'n>(
        &self,
        said: impl Iterator<Item = Numbered<'n>>,
        extends: Option<Numbered<'n>>,
    ) -> Option<(Numbered<'n>, Word)> {
        let of_text = |(number, node): Numbered<'n>| Some((number, node, node.text()?));
        let (number, node, text) = merged(said).into_iter().find_map(of_text)?;
        let word = expand(text, Style::Compose, &self.values);
        let shown_at = extends.filter(|_| number == ELSEWHERE).unwrap_or((number, node));
        (!self.refuses(shown_at.0, shown_at.1, &word)).then_some((shown_at, word))
    }

    /// The isolation of these values. A word for none is refused where it stands, or where this extends it; a variable without a value is
    /// nothing to Compose, which is noted with this name of the key.
    fn isolation<'n>(
        &self,
        said: impl Iterator<Item = Numbered<'n>>,
        extends: Option<Numbered<'n>>,
        key: &str,
    ) -> (Option<Asked>, Option<(usize, Note)>) {
        let Some((shown_at, word)) = self.word_of(said, extends) else { return (None, None) };
        if !word.missing.is_empty() {
            return (None, self.without_value(shown_at, key, &word.missing, "without an isolation"));
        }
        let isolation = asked(&word.text);
        if isolation.is_none() && !word.text.is_empty() {
            self.refuse_isolation(shown_at, &word.text);
        }
        (isolation, None)
    }

    /// The platform of these values. A variable without a value is nothing to Compose, which is noted.
    fn platform<'n>(
        &self,
        said: impl Iterator<Item = Numbered<'n>>,
        extends: Option<Numbered<'n>>,
        object: &str,
    ) -> (Platform, Option<(usize, Note)>) {
        let Some((shown_at, word)) = self.word_of(said, extends) else { return (Platform::default(), None) };
        if word.missing.is_empty() {
            return (platform_of(&word.text), None);
        }
        let key = format!("`platform` of {object}");
        (Platform::default(), self.without_value(shown_at, &key, &word.missing, "for any platform"))
    }

    /// Notes a key that rests on these variables, which have no value, and how the service is judged then.
    fn without_value(&self, (number, node): Numbered<'_>, key: &str, missing: &[String], how: &str) -> Option<(usize, Note)> {
        let place = self.lines.get(number)?.place(node.span.clone());
        let (variables, have) = if missing.len() == 1 { ("the variable", "has") } else { ("the variables", "have") };
        let names = missing.join(", ");
        let text = format!("{key} rests on {variables} {names}, which {have} no value: it is judged {how}");
        Some((number, Note { place, text }))
    }

    /// The reference of an image, which is shown at this value of the file with this number.
    fn reference(
        &self,
        (from, image): Numbered<'_>,
        (number, shown_at): Numbered<'_>,
        object: &str,
        needs: Needs,
        os: Os,
        isolation: Option<Asked>,
    ) -> Option<(usize, Found)> {
        let written = image.text()?;
        let word = expand(written, Style::Compose, &self.values);
        if self.refuses(number, shown_at, &word) {
            return None;
        }
        let meant = match word.missing.as_slice() {
            [] if word.text.is_empty() => return None,
            [] => Meant::Known(word.text),
            missing => Meant::Unresolved(missing.to_vec()),
        };
        let place = self.lines.get(number)?.place(shown_at.span.clone());
        self.consumed.borrow_mut().insert(Rc::as_ptr(image));
        let source = self.source_of(from, image);
        let editable = self.editable(source.as_ref(), &image.span, written);
        let texts = self.texts(source.as_ref(), &image.span, written);
        let is_plain = editable.is_none() && !written.contains('$');
        let found = Found {
            object: Some(object.to_owned()),
            needs,
            os,
            isolation,
            // A volume is no container.
            isolated_by: if needs == Needs::EveryHost { IsolatedBy::Service } else { IsolatedBy::Nothing },
            editable,
            texts,
            stays: is_plain.then(|| "it is written with escapes or over several lines".to_owned()),
            ..Found::of(place, written, meant)
        };
        Some((number, found))
    }
}

/// The values of one thing that count, of all that the files say, the last one first.
fn merged<'n>(said: impl Iterator<Item = Numbered<'n>>) -> Vec<Numbered<'n>> {
    let mut merged = Vec::new();
    for (number, value) in said {
        if value.merging != Merging::Reset {
            merged.push((number, value));
        }
        if value.merging != Merging::Usual {
            break;
        }
    }
    merged
}

/// What a service extends, and the number of the file that says so.
fn extending(said: &[(usize, Rc<Node>)]) -> Option<Numbered<'_>> {
    said.iter().find_map(|(number, node)| Some((*number, node.get("extends")?)))
}

/// The system of nodes for which a constraint holds, e.g. `node.platform.os == linux`.
///
/// Source: moby/swarmkit, `manager/constraint/constraint.go`.
fn system_of(constraint: &str) -> Os {
    let equal = constraint.split_once("==").map(|parts| (true, parts));
    let other = || constraint.split_once("!=").map(|parts| (false, parts));
    let Some((is_equal, (key, value))) = equal.or_else(other) else { return Os::Unsaid };
    if !key.trim().eq_ignore_ascii_case("node.platform.os") {
        return Os::Unsaid;
    }
    match (is_equal, value.trim().to_ascii_lowercase().as_str()) {
        (true, "windows") | (false, "linux") => Os::Windows,
        (true, _) | (false, "windows") => Os::Other,
        (false, _) => Os::Unsaid,
    }
}

/// The isolation of this name.
pub fn asked(text: &str) -> Option<Asked> {
    match text.to_ascii_lowercase().as_str() {
        "default" => Some(Asked::Default),
        "process" => Some(Asked::Process),
        "hyperv" => Some(Asked::Hyperv),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
