//! What Compose refuses in files that are well-formed YAML.
//!
//! Source: compose-spec/compose-go, `loader/extends.go`, `loader/reset.go`, `template`.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{Numbered, Project, Reader, included, services_of};
use crate::scan::Problem;
use crate::scan::paths::shown;
use crate::scan::words::Word;
use crate::scan::yaml::{self, Node, Value};
use crate::{Error, ErrorKind};

/// The most keys of one file that are said to be there twice.
const MOST_REPEATED: usize = 100;

/// The names of services in files that a project includes.
#[derive(Debug)]
pub(super) struct IncludedServices {
    names: BTreeSet<String>,
    /// True where all of these files are read.
    are_all: bool,
}

impl Reader<'_, '_> {
    /// Notes an error at this value of the file with this number.
    fn refuse(&self, number: usize, node: &Node, error: Error) {
        let place = self.lines.get(number).map(|lines| lines.place(node.span.clone()));
        self.refused.borrow_mut().extend(place.map(|place| (number, Problem { place, error })));
    }

    /// Notes errors of a build in the file with this number: those of each system once.
    pub(super) fn refuse_all(&self, number: usize, problems: impl IntoIterator<Item = Problem>) {
        let mut refused = self.refused.borrow_mut();
        for problem in problems.into_iter().map(|problem| (number, problem)) {
            if !refused.contains(&problem) {
                refused.push(problem);
            }
        }
    }

    /// True for a word with a form of a variable that Compose does not have, which is noted.
    pub(super) fn refuses(&self, number: usize, node: &Node, word: &Word) -> bool {
        let (form, why, hint) = match (&word.malformed, word.unknown.first()) {
            (Some(form), _) => (
                form,
                "a dollar begins a variable there, `$NAME` or `${NAME}`, and two of them are the character",
                "correct the variable, or write `$$` where a dollar is meant",
            ),
            (None, Some(form)) => (
                form,
                "behind the name of a variable it takes `:-`, `-`, `:?`, `?`, `:+` and `+` alone",
                "give the value that is meant a variable of its own",
            ),
            (None, None) => return false,
        };
        let error = Error::of(ErrorKind::Invalid, format!("Compose refuses {form}")).because(why).hint(hint);
        self.refuse(number, node, error);
        true
    }

    /// Notes a service that this `extends` leads to, in this file or in the project, and that is not there.
    pub(super) fn refuse_missing(&self, (number, node): Numbered<'_>, service: &str, file: Option<&Path>) {
        let file = file.map(|file| format!(" in {}", shown(file))).unwrap_or_default();
        let error = Error::of(ErrorKind::Invalid, format!("there is no service {service}{file}"))
            .because("Compose refuses to extend a service that is not there")
            .hint("name a service of that file, or take `extends` away");
        self.refuse(number, node, error);
    }

    /// Notes services that extend each other.
    pub(super) fn refuse_circle(&self, (number, node): Numbered<'_>, service: &str) {
        let error = Error::of(ErrorKind::Invalid, format!("the service {service} extends itself"))
            .because("Compose refuses services that extend each other")
            .hint("take one `extends` of the circle away");
        self.refuse(number, node, error);
    }

    /// Notes a word for an isolation that there is not.
    ///
    /// Source: moby/moby, `api/types/container/hostconfig_windows.go`.
    pub(super) fn refuse_isolation(&self, (number, node): Numbered<'_>, isolation: &str) {
        let error = Error::of(ErrorKind::Invalid, format!("there is no isolation `{isolation}`"))
            .because("Docker takes `default`, `process` and `hyperv`, and refuses any other word")
            .hint("write one of these three, or take `isolation` away");
        self.refuse(number, node, error);
    }

    /// Notes a service that is named as the context of a build and is not there, neither in the project nor in what it includes.
    pub(super) fn needs_service(&self, shown_at: Option<Numbered<'_>>, service: &str, read: &mut Project) {
        let included = || self.included_services.get_or_init(|| self.services_of_included());
        let is_missing = |_: &Numbered<'_>| self.said(service).is_empty() && !included().names.contains(service);
        if let Some((number, node)) = shown_at.filter(is_missing) {
            if !included().are_all {
                read.notes.extend(self.note(
                    number,
                    node,
                    &format!("the service {service} is not among the files that are read"),
                ));
                return;
            }
            let error = Error::of(ErrorKind::Invalid, format!("there is no service {service}"))
                .because("a context of this build names it, and Compose refuses that")
                .hint("name a service of this project");
            self.refuse(number, node, error);
        }
    }

    /// The services of all files that the project includes, also through others.
    fn services_of_included(&self) -> IncludedServices {
        let mut services = IncludedServices { names: BTreeSet::new(), are_all: true };
        let mut open: Vec<(PathBuf, Rc<Node>)> =
            self.layers.iter().map(|layer| (self.folder.to_owned(), Rc::clone(&layer.root))).collect();
        let mut seen = BTreeSet::new();
        while let Some((folder, root)) = open.pop() {
            for one in included(&folder, &root, &self.values) {
                services.are_all &= one.others.is_empty();
                for path in one.set.files.iter().filter(|path| seen.insert(PathBuf::clone(path))) {
                    let Ok(text) = self.files.read(path) else {
                        services.are_all = false;
                        continue;
                    };
                    for root in yaml::read(&text).0.into_iter().filter_map(|document| document.root) {
                        services.names.extend(services_of(&root).into_keys());
                        open.push((one.set.folder.clone(), root));
                    }
                }
            }
        }
        services
    }

    /// Notes keys that are twice in one map, the first of them.
    pub(super) fn refuse_repeated_keys(&self) {
        for (number, layer) in self.layers.iter().enumerate() {
            let mut left = MOST_REPEATED;
            for node in yaml::each_once([&layer.root]) {
                let Value::Map(entries) = &node.value else { continue };
                let mut names = HashSet::new();
                let texts = entries.iter().filter_map(|(key, _)| Some((key, key.text()?)));
                for (key, name) in texts {
                    if !names.insert(name) && left > 0 {
                        left -= 1;
                        let error = Error::of(ErrorKind::Invalid, format!("the key {name} is in this map twice"))
                            .because("Compose refuses a file with such a map")
                            .hint("leave one of the two");
                        self.refuse(number, key, error);
                    }
                }
            }
        }
    }
}
