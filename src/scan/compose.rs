//! Compose files: the images of services, and what they build.
//!
//! Source: compose-spec/compose-spec, compose-go loader.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::dockerfile::Build;
use super::words::{Style, Values, expand};
use super::yaml::{self, Node};
use super::{Asked, Files, Found, Lands, Lines, Meant, Needs, Os, dotenv};

/// The names that Compose looks for, each with the override that it takes along.
const NAMES: [(&str, &str); 4] = [
    ("compose.yaml", "compose.override.yaml"),
    ("compose.yml", "compose.override.yml"),
    ("docker-compose.yml", "docker-compose.override.yml"),
    ("docker-compose.yaml", "docker-compose.override.yaml"),
];

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
}

/// What the services of a project say.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The references, each with the number of its file: 0 for the base.
    pub found: Vec<(usize, Found)>,
    /// The images that are built.
    pub built: Vec<Built>,
}

/// One file of a project.
pub struct Layer<'t> {
    /// Its text.
    pub text: &'t str,
    /// Its root.
    pub root: Rc<Node>,
}

/// Reads a project from its files, the base first. Values come from the environment, then from `.env` beside the base.
pub fn read(path: &Path, layers: &[Layer<'_>], environment: &Values, files: &dyn Files) -> Project {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut values = match files.read(&folder.join(".env")) {
        Ok(text) => dotenv::read(&text, environment),
        Err(_) => environment.clone(),
    };
    let project = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    values.entry("COMPOSE_PROJECT_NAME".to_owned()).or_insert(project);
    let lines: Vec<Lines<'_>> = layers.iter().map(|layer| Lines::of(layer.text)).collect();
    let reader = Reader { folder, layers, lines, values, files };
    let mut names: Vec<String> = Vec::new();
    for layer in layers {
        for (name, _) in layer.root.get("services").map(|services| services.entries()).unwrap_or_default() {
            let name = name.text().unwrap_or_default().to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let mut read = Project::default();
    for name in &names {
        reader.service(name, &mut read);
    }
    read
}

struct Reader<'r, 't> {
    folder: &'r Path,
    layers: &'r [Layer<'t>],
    lines: Vec<Lines<'t>>,
    values: Values,
    files: &'r dyn Files,
}

impl Reader<'_, '_> {
    /// A service as the files say it, the last one first: what stands there wins.
    fn service(&self, name: &str, read: &mut Project) {
        let said: Vec<(usize, Rc<Node>)> = (0..self.layers.len())
            .rev()
            .filter_map(|number| Some((number, Rc::clone(self.layers.get(number)?.root.at(&["services", name])?))))
            .collect();
        let inherited = self.inherited(&said, LONGEST_CHAIN);
        let nodes = || said.iter().map(|(_, node)| node).chain(&inherited);
        let text =
            |key: &str| nodes().find_map(|node| node.text_at(&[key])).map(|text| expand(text, Style::Compose, &self.values).text);
        let isolation = text("isolation").as_deref().and_then(asked);
        let os = text("platform").as_deref().map_or(Os::Unsaid, os_of);
        let os = if isolation.is_some() && os == Os::Unsaid { Os::Windows } else { os };
        let object = format!("service {name}");
        let builds: Vec<&Rc<Node>> = nodes().filter_map(|node| node.get("build")).collect();
        if builds.is_empty() {
            if let Some((number, image)) = said.iter().find_map(|(number, node)| Some((*number, node.get("image")?))) {
                read.found.extend(self.reference(number, image, &object, Needs::EveryHost, os, isolation));
            }
        } else {
            read.built.push(self.built(&builds, &object, isolation, os));
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

    /// The services that this one extends, the nearest first.
    fn inherited(&self, said: &[(usize, Rc<Node>)], depth: usize) -> Vec<Rc<Node>> {
        let Some(extends) = said.iter().find_map(|(_, node)| node.get("extends")) else { return Vec::new() };
        let service = extends.text().or_else(|| extends.text_at(&["service"]));
        let Some(service) = service.map(str::to_owned) else { return Vec::new() };
        let next: Vec<(usize, Rc<Node>)> = match extends.text_at(&["file"]) {
            Some(file) => {
                let path = self.folder.join(expand(file, Style::Compose, &self.values).text);
                let Ok(text) = self.files.read(&path) else { return Vec::new() };
                let roots = yaml::read(&text).0.into_iter().filter_map(|document| document.root);
                // Places in another file are that file's: here only values are taken.
                roots.filter_map(|root| Some((usize::MAX, Rc::clone(root.at(&["services", &service])?)))).collect()
            }
            None => (0..self.layers.len())
                .rev()
                .filter_map(|number| Some((number, Rc::clone(self.layers.get(number)?.root.at(&["services", &service])?))))
                .collect(),
        };
        let mut inherited: Vec<Rc<Node>> = next.iter().map(|(_, node)| Rc::clone(node)).collect();
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
            editable: self.lines.get(number)?.literal(image.span.clone(), written),
        };
        Some((number, found))
    }

    /// What is built: each key as the last file says it, arguments and contexts of all of them.
    fn built(&self, builds: &[&Rc<Node>], object: &str, isolation: Option<Asked>, os: Os) -> Built {
        let expanded = |text: &str| expand(text, Style::Compose, &self.values).text;
        let text = |key: &str| builds.iter().find_map(|build| build.text_at(&[key])).map(expanded);
        let context = text("context").or_else(|| builds.iter().find_map(|build| build.text()).map(expanded)).unwrap_or_default();
        let context = self.folder.join(slashes(&context));
        let mut arguments = Values::new();
        let mut contexts = BTreeSet::new();
        // The last file's words win, so its are put in last.
        for build in builds.iter().rev() {
            arguments.extend(build.get("args").map(|args| self.arguments(args)).unwrap_or_default());
            contexts.extend(
                build.get("additional_contexts").map(|node| pairs(node).into_keys().collect()).unwrap_or_else(BTreeSet::new),
            );
        }
        let isolation = text("isolation").as_deref().and_then(asked).or(isolation);
        let platforms = builds.iter().find_map(|build| build.get("platforms"));
        let is_windows =
            platforms.is_some_and(|list| list.list().iter().any(|one| one.text().is_some_and(|one| os_of(one) == Os::Windows)));
        Built {
            dockerfile: normal(&context.join(slashes(&text("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned())))),
            build: Build { arguments, contexts, targets: text("target").into_iter().collect(), object: Some(object.to_owned()) },
            isolation,
            os: if is_windows { Os::Windows } else { os },
        }
    }

    /// `args` as a map or as a list of `NAME=VALUE`; a bare name takes its value from the environment.
    fn arguments(&self, node: &Node) -> Values {
        let mut values = Values::new();
        for (name, value) in pairs(node) {
            match value {
                Some(value) => {
                    let word = expand(&value, Style::Compose, &self.values);
                    if word.missing.is_empty() {
                        values.insert(name, word.text);
                    }
                }
                None => {
                    if let Some(value) = self.values.get(&name) {
                        values.insert(name, value.clone());
                    }
                }
            }
        }
        values
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

fn os_of(platform: &str) -> Os {
    match platform.split('/').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "windows" => Os::Windows,
        "" => Os::Unsaid,
        _ => Os::Other,
    }
}

/// A path with the separators of this system: files written on Windows have backslashes.
fn slashes(path: &str) -> String {
    path.replace('\\', "/")
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
mod tests {
    use super::*;

    struct Map(BTreeMap<PathBuf, String>);

    impl Files for Map {
        fn read(&self, path: &Path) -> Result<Rc<str>, crate::Error> {
            self.0.get(&normal(path)).map(|text| Rc::from(text.as_str())).ok_or_else(|| crate::Error::new("not there"))
        }
    }

    fn read_all(texts: &[&str], others: &[(&str, &str)]) -> Project {
        let files = Map(others.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect());
        let layers: Vec<Layer<'_>> =
            texts.iter().map(|text| Layer { text, root: yaml::read(text).0[0].root.clone().unwrap() }).collect();
        assert!(is_compose(&layers[0].root));
        read(Path::new("app/compose.yaml"), &layers, &Values::new(), &files)
    }

    fn images(project: &Project) -> Vec<String> {
        let one = |(number, found): &(usize, Found)| {
            let meant = match &found.meant {
                Meant::Known(text) => text.clone(),
                Meant::Unresolved(names) => format!("${}", names.join(",$")),
            };
            format!("{number}:{} {meant} {:?} {:?}", found.place.line, found.isolation, found.os)
        };
        project.found.iter().map(one).collect()
    }

    #[test]
    fn images_with_values_and_isolation_from_the_env_file() {
        let text = "x-base: &base\n  isolation: ${ISOLATION}\nservices:\n  web:\n    <<: *base\n    image: ${REGISTRY}app:${TAG:-1809}\n  \
            sql:\n    image: \"sql:${SQL}\"\n    platform: linux/amd64\n";
        let project = read_all(&[text], &[("app/.env", "REGISTRY=r.example/\nISOLATION=hyperv\n")]);
        assert_eq!(images(&project), ["0:6 r.example/app:1809 Some(Hyperv) Windows", "0:8 $SQL None Other"]);
    }

    #[test]
    fn an_override_wins() {
        let base = "services:\n  web:\n    image: a:1\n    isolation: process\n  db:\n    image: b:1\n";
        let over = "services:\n  web:\n    image: a:2\n";
        let project = read_all(&[base, over], &[]);
        assert_eq!(images(&project), ["1:3 a:2 Some(Process) Windows", "0:6 b:1 None Unsaid"]);
    }

    #[test]
    fn what_is_built_is_judged_by_its_dockerfile() {
        let text = "services:\n  web:\n    image: made:1\n    build:\n      context: .\\web\n      dockerfile: ../Dockerfile.win\n      target: final\n      \
            args:\n        - BASE=${BASE}\n        - TAG\n      additional_contexts: {files: ./files}\n  api:\n    build: ./api\n    isolation: default\n";
        let project = read_all(&[text], &[("app/.env", "BASE=server:1\nTAG=ltsc2022\n")]);
        assert!(project.found.is_empty());
        let [web, api] = project.built.as_slice() else { panic!("{project:?}") };
        assert_eq!(web.dockerfile, Path::new("app/Dockerfile.win"));
        assert_eq!(web.build.arguments, [("BASE".into(), "server:1".into()), ("TAG".into(), "ltsc2022".into())].into());
        assert_eq!((web.build.targets.as_slice(), web.build.contexts.len()), (&["final".to_owned()][..], 1));
        assert_eq!((api.dockerfile.as_path(), api.isolation), (Path::new("app/api/Dockerfile"), Some(Asked::Default)));
    }

    #[test]
    fn a_service_extends_another() {
        let text = "services:\n  web:\n    image: a:1\n    extends:\n      file: common.yaml\n      service: base\n  two:\n    extends: web\n    image: b\n";
        let project = read_all(&[text], &[("app/common.yaml", "services:\n  base:\n    isolation: process\n")]);
        assert_eq!(images(&project), ["0:3 a:1 Some(Process) Windows", "0:9 b Some(Process) Windows"]);
        // A circle ends.
        read_all(&["services:\n  a:\n    image: x\n    extends: b\n  b:\n    image: y\n    extends: a\n"], &[]);
    }
}
