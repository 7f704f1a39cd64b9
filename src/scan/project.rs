//! The files of a question together: which file builds which Dockerfile, which values it gives, which classes lead pods where.

mod baked;
mod classes;
mod composed;
mod dockerfiles;
mod gitlab;
mod jenkins;
mod named;
mod own;
mod unknown;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use self::own::OwnImages;
use super::compose::{self, Built, Inline};
use super::kubernetes::{self, Known, RuntimeClasses, Stands};
use super::kustomize::{self, Kustomization, Object, PatchFiles, Way, Ways};
use super::paths::{normal, shown, slashes};
use super::shared::{Uses, hold_aliases, named_files};
use super::yaml::{self, Document, Node};
use super::{FileKind, Files, Found, Lines, OF_INPUT, Problem, Scanned, Typed, Values, kind_of, kind_of_text};
use super::{groovy, list, pipelines};
use crate::{Error, ErrorKind};

/// A file and what it says.
#[derive(Clone, Debug)]
pub struct ScannedFile {
    /// The path.
    pub path: PathBuf,
    /// What it says.
    pub scanned: Scanned,
    /// Other files that give it values, e.g. the `.env` beside a Compose file, or the Compose file that builds a Dockerfile.
    pub rests_on: BTreeSet<PathBuf>,
    /// True if it has pods that name a RuntimeClass, or changes such pods: a class of any other file may be meant.
    pub names_classes: bool,
    /// True for a Dockerfile.
    pub is_dockerfile: bool,
    /// The names of the images that a Dockerfile makes, as far as other files say them.
    pub makes: BTreeSet<String>,
    /// The images among its references that these files make.
    pub own_images: BTreeSet<String>,
}

/// A file of YAML.
struct Yaml {
    path: PathBuf,
    text: Rc<str>,
    documents: Vec<Document>,
    problems: Vec<Problem>,
}

/// Reads files together, with values that win over every file's. Each is in the answer once, in the order of their paths; those that name no images are left out.
pub fn scan(paths: &[PathBuf], files: &dyn Files, given: &Values) -> Vec<ScannedFile> {
    let mut answer: BTreeMap<PathBuf, Scanned> = BTreeMap::new();
    let (mut dockerfiles, mut yaml, mut bakes, mut pipelines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
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
            FileKind::Bake => bakes.push((path.clone(), text)),
            FileKind::Groovy => pipelines.push((path.clone(), text)),
            FileKind::List => drop(answer.insert(path.clone(), list::read(&text, given))),
            FileKind::Yaml if text.contains("{{") && chart_of(path, files).is_some() => {
                answer.insert(path.clone(), Scanned { left_out: Some(helm(path)), ..Scanned::default() });
            }
            FileKind::Yaml => match read_yaml(path, text) {
                Some(file) => yaml.push(file),
                None => {
                    let left_out = Some("a template, which is YAML only when its values are put in".to_owned());
                    answer.insert(path.clone(), Scanned { left_out, ..Scanned::default() });
                }
            },
        }
    }
    let kustomizations = kustomizations(&yaml, files);
    let ways = Ways::of(&kustomizations);
    let patches: BTreeSet<PathBuf> = kustomizations.iter().flat_map(Kustomization::patch_files).cloned().collect();
    let mut left = MOST_CHANGED;
    let (classes, open) = classes::of(&yaml, &ways.to, &patches, &mut left);
    let mut project = Project {
        paths,
        by_real_path: OnceCell::new(),
        yaml: &yaml,
        by_path: yaml.iter().map(|file| (normal(&file.path), file)).collect(),
        files,
        given,
        classes: Rc::new(classes),
        ways: BTreeMap::new(),
        left,
        templates: RefCell::default(),
        left_of_templates: Cell::new(MOST_OF_TEMPLATES),
        patches,
        of_pods: BTreeSet::new(),
        callers: callers(&yaml, given),
        built: BTreeMap::new(),
        inline: Vec::new(),
        made: BTreeSet::new(),
        uses: Uses::default(),
        env_files: BTreeSet::new(),
        rests_on: BTreeMap::new(),
        answer,
    };
    let folders: BTreeSet<&Path> = kustomizations.iter().map(Kustomization::folder).collect();
    for one in &kustomizations {
        let is_read = |path: &Path| project.by_path.contains_key(path) || folders.contains(path);
        let notes = one.notes(&is_read, &ways);
        project.of(one.path()).notes.extend(notes);
    }
    project.ways = ways.to;
    open.iter().for_each(|path| project.of(path).problems.push(too_much()));
    let pipelines: Vec<(PathBuf, groovy::Read)> = pipelines
        .into_iter()
        .map(|(path, text)| {
            let read = groovy::read(&text, &project.known(&path, None));
            (path, read)
        })
        .collect();
    project.of_pods = project.files_of_pods(&pipelines);
    yaml.iter().for_each(|file| project.read(file));
    project.compose_files();
    project.gitlab_files();
    project.bake_files(&bakes);
    for (path, read) in pipelines {
        project.jenkinsfile(&path, read);
    }
    let Project { built, inline, made, mut uses, env_files, mut answer, mut rests_on, patches, classes, .. } = project;
    let with_classes = classes.asked();
    for (path, others) in &with_classes {
        rests_on.entry(path.clone()).or_default().extend(others.iter().cloned());
    }
    // What another file builds is a Dockerfile, whatever its name and wherever it is.
    let own: BTreeMap<PathBuf, &PathBuf> = paths.iter().map(|path| (normal(path), path)).collect();
    let read: BTreeSet<PathBuf> = dockerfiles.iter().map(|(path, _)| normal(path)).collect();
    for (path, builds) in built.iter().filter(|(path, _)| !read.contains(*path)) {
        match files.read(path) {
            Ok(text) => dockerfiles.push((own.get(path).copied().unwrap_or(path).clone(), text)),
            Err(error) => {
                dockerfiles::note_unread(builds, &mut uses);
                for (file, note) in dockerfiles::unread_notes(builds, &error) {
                    rests_on.entry(normal(&file)).or_default().insert(path.clone());
                    answer.entry(file).or_default().notes.push(note);
                }
            }
        }
    }
    let (mut missing, mut own_images) = (Vec::new(), OwnImages::of(made));
    for (path, one) in &inline {
        own_images.add(&one.makes, (path.as_path(), one.at), Some(path.as_path()), &one.found);
    }
    for (path, text) in &dockerfiles {
        let builds = built.get(&normal(path)).map(Vec::as_slice).unwrap_or_default();
        let scanned = dockerfiles::read_dockerfile(path, text, builds, given, (&mut uses, &mut missing, &mut own_images));
        answer.insert(path.clone(), scanned);
    }
    for (file, problem) in missing {
        let problems = &mut answer.entry(file).or_default().problems;
        // A service may be built for several systems.
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    let read: BTreeSet<PathBuf> = dockerfiles.iter().map(|(path, _)| normal(path)).collect();
    for file in yaml.iter().filter(|file| files.is_asked(&file.path)) {
        let path = normal(&file.path);
        let is_used = rests_on.contains_key(&path) || [&read, &env_files, &patches].iter().any(|paths| paths.contains(&path));
        if let Some(problem) = unknown::problem(file, files).filter(|_| !is_used) {
            answer.entry(file.path.clone()).or_default().problems = vec![problem];
        }
    }
    note_files(&yaml, &env_files, &answer, &mut uses);
    for file in yaml.iter().filter(|file| file.text.contains('*')) {
        let roots = file.documents.iter().filter_map(|document| document.root.as_ref());
        let several: HashSet<usize> =
            roots.flat_map(|root| yaml::under_several_keys(root, &|key| is_kept(&file.path, root, key))).collect();
        if let Some(scanned) = answer.get_mut(&file.path) {
            hold_aliases(&mut scanned.found, &several);
        }
        uses.add_aliased(&file.path, several);
    }
    // The names that a Dockerfile within a file gives, by the places of its references.
    let mut within: BTreeMap<(&Path, usize), BTreeSet<String>> = BTreeMap::new();
    for (path, one) in &inline {
        for found in &one.found {
            let names = within.entry((path.as_path(), found.place.span.start)).or_default();
            names.extend(one.makes.iter().map(|name| with_a_tag(name)));
        }
    }
    let mut in_own_place = 0_usize;
    answer
        .into_iter()
        .map(|(path, mut scanned)| {
            let built = built.get(&normal(&path)).map(Vec::as_slice).unwrap_or_default();
            let makes: BTreeSet<String> = built.iter().flat_map(|one| &one.makes).map(|name| with_a_tag(name)).collect();
            let is_dockerfile = read.contains(&normal(&path));
            // A Dockerfile belongs to the projects that build it.
            let builders: BTreeSet<PathBuf> = built.iter().filter_map(|one| Some(normal(&one.said.as_ref()?.0))).collect();
            let from = if builders.is_empty() { BTreeSet::from([normal(&path)]) } else { builders };
            // What these files build is judged by its Dockerfile, and is in no registry yet.
            let (mut own_ones, mut makers, mut kept) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
            for found in scanned.found {
                let place = (path.as_path(), found.place.span.start);
                let names = if is_dockerfile { Some(&makes) } else { within.get(&place) };
                match own_images.named(&found, names) {
                    Some(name) => {
                        in_own_place += 1;
                        let is_followed = in_own_place <= MOST_OF_OWN;
                        let judged = if is_followed { own_images.in_place_of(&found, &name, &from) } else { Vec::new() };
                        for (judged, through) in judged {
                            kept.push(judged);
                            makers.extend(through.into_iter().map(Path::to_owned));
                        }
                        own_ones.insert(name);
                    }
                    None => kept.push(found),
                }
            }
            scanned.found = kept;
            for found in &mut scanned.found {
                uses.hold(found);
                // A file that several name has one name.
                let texts = found.editable.iter_mut().chain(&mut found.also).chain(&mut found.texts);
                for file in texts.filter_map(|editable| editable.file.as_mut()) {
                    if let Some(asked) = own.get(&normal(file)) {
                        PathBuf::clone_from(file, asked);
                    }
                }
            }
            scanned.found.sort_by_key(|found| found.place.span.start);
            scanned.found.dedup_by(is_again);
            let values_of = |path: &Path| rests_on.get(&normal(path)).cloned().unwrap_or_default();
            let mut others = values_of(&path);
            for maker in makers {
                others.extend(values_of(&maker));
                others.insert(maker);
            }
            let names_classes = std::iter::once(&path).chain(&others).any(|one| with_classes.contains_key(&normal(one)));
            ScannedFile { path, scanned, rests_on: others, is_dockerfile, makes, own_images: own_ones, names_classes }
        })
        .filter(|file| file.scanned != Scanned::default() || !file.own_images.is_empty())
        .collect()
}

/// True for a reference that is the one before, which then belongs to the builds and jobs of both: several pipelines may read a file.
fn is_again(next: &mut Found, one: &mut Found) -> bool {
    let (of_next, mut of_one) = (std::mem::take(&mut next.shares), std::mem::take(&mut one.shares));
    let is_same = next == one;
    if is_same {
        of_one.extend(of_next);
    } else {
        next.shares = of_next;
    }
    one.shares = of_one;
    is_same
}

/// Notes the files of values that other files name, so that all of their values may be used there.
fn note_files(yaml: &[Yaml], env_files: &BTreeSet<PathBuf>, answer: &BTreeMap<PathBuf, Scanned>, uses: &mut Uses) {
    let found = answer.values().flat_map(|scanned| &scanned.found);
    let rests_on = found.flat_map(Found::editables).filter_map(|one| one.file.as_deref()).map(normal);
    let files: BTreeSet<PathBuf> = rests_on.filter(|file| env_files.contains(file)).collect();
    for one in yaml.iter().filter(|_| !files.is_empty()) {
        let folder = one.path.parent().unwrap_or(Path::new(""));
        for (file, line) in named_files(folder, &one.text, &one.documents, &files) {
            uses.add_file(&file, &format!("in line {line} of {}", shown(&one.path)));
        }
    }
}

/// True for a key at the root of a document whose values are there for aliases alone.
fn is_kept(path: &Path, root: &Node, key: &str) -> bool {
    key.starts_with("x-") || key.starts_with('.') || key == "variables" && pipelines::is_of_steps(path, root)
}

/// The image with the tag that it has where none is written.
fn with_a_tag(image: &str) -> String {
    let typed = Typed::of(image);
    if typed.tag.is_none() && typed.digest.is_none() { format!("{image}:latest") } else { image.to_owned() }
}

/// A file of YAML; `None` for a template.
fn read_yaml(path: &Path, text: Rc<str>) -> Option<Yaml> {
    let (documents, broken) = yaml::read(&text);
    // `${{` makes no template: pipelines have it, which are YAML before their values are put in.
    if !broken.is_empty() && (text.replace("${{", "").contains("{{") || text.contains("{%")) {
        return None;
    }
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
    Some(Yaml { path: path.to_owned(), text, documents, problems })
}

/// The workflows of GitHub that call another one.
struct Callers {
    files: BTreeSet<PathBuf>,
    /// What they give to its inputs, each once; `None` where that is too much, so that nothing is known of them.
    inputs: Option<BTreeSet<pipelines::Inputs>>,
}

/// The workflows of GitHub that call others, by the files of these: their paths begin at the top of the repository, which has the folder
/// `.github`.
fn callers(yaml: &[Yaml], given: &Values) -> BTreeMap<PathBuf, Callers> {
    let mut callers: BTreeMap<PathBuf, Callers> = BTreeMap::new();
    let mut left = MOST_GIVEN;
    for file in yaml.iter().filter(|file| file.text.contains("uses:") && file.text.contains(".github/workflows/")) {
        let github = file.path.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == ".github"));
        let Some(top) = github.and_then(Path::parent) else { continue };
        let roots = file.documents.iter().filter_map(|document| document.root.as_ref());
        for root in roots.filter(|root| pipelines::service_of(&file.path, root) == Some(pipelines::Service::GitHub)) {
            for (path, job) in pipelines::calls(root) {
                let none = || Callers { files: BTreeSet::new(), inputs: Some(BTreeSet::new()) };
                let known = callers.entry(normal(&top.join(slashes(path)))).or_insert_with(none);
                known.files.insert(normal(&file.path));
                let Some(mut inputs) = known.inputs.take() else { continue };
                if let Some(new) = pipelines::given_by(job, given, &mut left) {
                    inputs.extend(new);
                    known.inputs = Some(inputs).filter(|inputs| inputs.len() <= MOST_CALLERS);
                }
            }
        }
    }
    callers
}

fn kustomizations(yaml: &[Yaml], files: &dyn Files) -> Vec<Kustomization> {
    let text_of = |path: &Path| files.read(path).ok();
    let patches = PatchFiles::new(&text_of);
    let named = yaml.iter().filter(|file| kustomize::is_kustomization(&file.path));
    let rooted = named.filter_map(|file| Some((file, file.documents.iter().find_map(|document| document.root.as_ref())?)));
    rooted.map(|(file, root)| Kustomization::of(&file.path, root, &Lines::of(&file.text), &patches)).collect()
}

/// The most images of one manifest, each counted for each way in which it is deployed.
const MOST_DEPLOYED: usize = 200_000;

/// The most references to images of these files that are judged by their bases.
const MOST_OF_OWN: usize = 20_000;

/// The most work for what kustomizations do, in values that are looked at, all files together.
const MOST_CHANGED: usize = 10_000_000;

/// The most ways to call one workflow of GitHub, which give it other inputs each.
const MOST_CALLERS: usize = 256;

/// The most that workflows of GitHub give to others, in bytes, all files together.
const MOST_GIVEN: usize = 10_000_000;

/// The most values that templates of Azure give to pipelines, all of these together.
const MOST_OF_TEMPLATES: usize = 5_000_000;

/// The files, and what was found in them so far.
struct Project<'p> {
    paths: &'p [PathBuf],
    /// The same by where they are, looked up when it is first needed.
    by_real_path: OnceCell<BTreeMap<PathBuf, PathBuf>>,
    yaml: &'p [Yaml],
    by_path: BTreeMap<PathBuf, &'p Yaml>,
    files: &'p dyn Files,
    given: &'p Values,
    /// The RuntimeClasses.
    classes: Rc<RuntimeClasses>,
    /// The kustomizations that lead to a manifest.
    ways: BTreeMap<PathBuf, Vec<Way>>,
    /// The work that is left for what kustomizations do.
    left: usize,
    /// The roots of templates of Azure that are none of these files, by their paths; `None` for one that cannot be read.
    templates: RefCell<BTreeMap<PathBuf, Option<Rc<Node>>>>,
    /// The values that templates of Azure may still give to pipelines.
    left_of_templates: Cell<usize>,
    /// The files that kustomizations put over others: what stands there is a part of something else.
    patches: BTreeSet<PathBuf>,
    /// The files with the YAML of pods of Jenkins: what stands there is read for the pipelines that name it.
    of_pods: BTreeSet<PathBuf>,
    /// What workflows of GitHub give to those that they call, by the files of these.
    callers: BTreeMap<PathBuf, Callers>,
    /// The builds of each Dockerfile.
    built: BTreeMap<PathBuf, Vec<Built>>,
    /// The Dockerfiles that stand within files, with the paths of these.
    inline: Vec<(PathBuf, Inline)>,
    /// The images that are built.
    made: BTreeSet<String>,
    /// Values that are used for more than images.
    uses: Uses,
    /// The files that give projects of Compose values.
    env_files: BTreeSet<PathBuf>,
    /// The files that give values to others, by these.
    rests_on: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    answer: BTreeMap<PathBuf, Scanned>,
}

impl Project<'_> {
    fn read(&mut self, file: &Yaml) {
        self.of(&file.path).problems.extend(file.problems.iter().cloned());
        if kustomize::is_kustomization(&file.path) {
            return;
        }
        let lines = Lines::of(&file.text);
        let roots = file.documents.iter().filter_map(|document| document.root.as_ref());
        let roots: Vec<&Rc<Node>> = roots.flat_map(pipelines::made_by).collect();
        let runs = pipelines::Runs::of(&roots, self.given);
        for root in roots {
            let service = pipelines::service_of(&file.path, root);
            if compose::is_compose(&file.path, root) || service == Some(pipelines::Service::GitLab) {
                // They are read together, at the end.
                continue;
            }
            if let Some(service) = service {
                let is_of_azure = service == pipelines::Service::Azure;
                let (whole, templates) = if is_of_azure { self.with_variables(file, root) } else { (None, BTreeSet::new()) };
                let root = whole.as_ref().unwrap_or(root);
                let is_read = |template: &str| self.has_template(&file.path, template);
                let callers = self.callers.get(&normal(&file.path));
                let files = callers.map(|callers| callers.files.clone()).unwrap_or_default();
                let inputs = callers.and_then(|callers| callers.inputs.as_ref());
                let inputs: Vec<pipelines::Inputs> = inputs.into_iter().flatten().cloned().collect();
                let read = pipelines::read(service, root, &runs, &lines, self.given, &is_read, &inputs);
                for others in [files, templates] {
                    if !others.is_empty() {
                        self.rest(&file.path, others);
                    }
                }
                let name = file.path.to_string_lossy();
                let scanned = self.of(&file.path);
                scanned.found.extend(read.found.into_iter().map(|found| found.shared_in(&name)));
                scanned.problems.extend(read.problems);
                scanned.notes.extend(read.notes);
                self.builds_of(&file.path, pipelines::built(service, root, &lines, self.given));
            } else if kubernetes::is_object(root) || root.get("items").is_some() {
                let classes = kubernetes::unknown_classes(root, &lines, &self.known(&file.path, None));
                let notes = classes.into_iter().chain(kubernetes::unread_manifests(root, &lines));
                self.of(&file.path).notes.extend(notes);
                self.manifest(file, root, &lines);
            }
        }
    }

    /// What is known beside the objects of this file, as this kustomization deploys them.
    fn known(&self, path: &Path, by: Option<&Path>) -> Known {
        let stands = Stands { file: normal(path), by: by.map(Path::to_owned) };
        Known { classes: Rc::clone(&self.classes), stands, values: self.given.clone(), unled: None }
    }

    fn of(&mut self, path: &Path) -> &mut Scanned {
        self.answer.entry(path.to_owned()).or_default()
    }

    /// Notes that these files give values to this one.
    fn rest(&mut self, path: &Path, others: impl IntoIterator<Item = PathBuf>) {
        self.rests_on.entry(normal(path)).or_default().extend(others);
    }

    /// Notes what files build, and that it rests on these.
    fn build(&mut self, built: Vec<Built>, rests_on: &BTreeSet<PathBuf>) {
        for one in built {
            let dockerfile = self.as_asked(&one.dockerfile);
            self.rest(&dockerfile, rests_on.iter().cloned());
            self.built.entry(dockerfile).or_default().push(one);
        }
    }

    /// The path by which a file was asked for: a project that was rendered has absolute ones, on Windows perhaps without a drive.
    fn as_asked(&self, path: &Path) -> PathBuf {
        if !path.has_root() {
            return path.to_owned();
        }
        let real = |path: &Path| self.files.real(path);
        let all = self.by_real_path.get_or_init(|| self.paths.iter().map(|path| (real(path), normal(path))).collect());
        all.get(&real(path)).cloned().unwrap_or_else(|| path.to_owned())
    }

    /// The references of a manifest, as each kustomization that leads to it deploys them.
    fn manifest(&mut self, file: &Yaml, root: &Rc<Node>, lines: &Lines<'_>) {
        let path = normal(&file.path);
        let ways = self.ways.get(&path).cloned();
        // A part of something else, unless it is deployed itself too.
        if ways.is_none() && (self.patches.contains(&path) || self.of_pods.contains(&path)) {
            return;
        }
        let source = kubernetes::source_of(&file.text, root.span.start).map(|source| format!(" ({source})")).unwrap_or_default();
        let read = |root: &Rc<Node>, known: &Known| -> Vec<Found> {
            let named = |one: Found| Found { object: one.object.map(|object| format!("{object}{source}")), ..one };
            kubernetes::read(root, lines, known).into_iter().map(named).collect()
        };
        let Some(ways) = ways else {
            let pod = |name: String| format!("{} {name}", file.path.display());
            let found = read(root, &self.known(&file.path, None));
            let found = found.into_iter().map(|one| Found { together: one.together.map(pod), ..one });
            self.of(&file.path).found.extend(found);
            return;
        };
        if self.deployed(file, root, &ways, &read).is_none() {
            self.of(&file.path).problems.push(too_much());
        }
    }

    /// The references of a manifest as it is deployed, which `read` finds in an object; `None` where that is more work than is left.
    fn deployed(
        &mut self,
        file: &Yaml,
        root: &Rc<Node>,
        ways: &[Way],
        read: &dyn Fn(&Rc<Node>, &Known) -> Vec<Found>,
    ) -> Option<()> {
        // A RuntimeClass may be another one on each way.
        let has_classes = file.text.contains("runtimeClassName");
        let mut objects: Vec<Object> = Vec::new();
        for (number, way) in ways.iter().enumerate() {
            let known = self.known(&file.path, Some(way.root()));
            if number == 0 || has_classes {
                self.left = self.left.checked_sub(if has_classes { root.size() } else { 0 })?;
                let all = kubernetes::objects(root).into_iter();
                objects = all.map(|object| Object::of(object, read(object, &known))).collect();
                let images: usize = objects.iter().map(|object| object.found().len()).sum();
                if images.saturating_mul(ways.len()) > MOST_DEPLOYED {
                    return None;
                }
            }
            self.rest(&file.path, way.files().cloned());
            let mut elsewhere = BTreeSet::new();
            for object in &objects {
                let read = |root: &Rc<Node>| read(root, &known);
                for (place, mut new) in way.deployed(object, &read, self.given, &mut self.left)? {
                    let pod = |name: String| format!("{} {} {name}", way.root().display(), file.path.display());
                    new.together = new.together.map(pod);
                    self.of(place.as_deref().unwrap_or(&file.path)).found.push(new);
                    elsewhere.extend(place);
                }
            }
            let of_classes = self.classes.asked_by(&known.stands.file);
            for place in elsewhere {
                self.rest(&place, way.files().chain([&file.path]).chain(&of_classes).cloned());
            }
        }
        Some(())
    }
}

/// The error of a file that kustomizations deploy too often.
fn too_much() -> Problem {
    let what = format!(
        "kustomizations deploy more than {MOST_DEPLOYED} images of this file, or change them too often: not all of them are read"
    );
    let error = Error::of(ErrorKind::Invalid, what).hint("scan a part of the kustomizations at a time");
    Problem { place: Lines::of("").place(0..0), error }
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
            let chart = shown(above);
            return format!("a template of a Helm chart: render it first, `helm template {chart} | {OF_INPUT}`");
        }
        folder = above;
    }
    "a template of a Helm chart".to_owned()
}

#[cfg(test)]
mod tests;
