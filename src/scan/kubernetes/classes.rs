//! The RuntimeClasses of an input, and those that a pod means by a name. A cluster has one of each name, but files may be for several
//! clusters.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::host::pod::RuntimeClass;
use crate::scan::yaml::Node;

/// The most classes that a pod may mean by one name.
pub const MOST_MEANT: usize = 16;

/// Where an object is from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stands {
    /// The file that it is written in.
    pub file: PathBuf,
    /// The kustomization that deploys it.
    pub by: Option<PathBuf>,
}

/// The distance of a class from a pod: the least counts.
type Distance = (u8, usize);

/// The places of the classes that a pod means among those of its name; `None` where they are too many.
type Answer = Option<Vec<usize>>;

/// The RuntimeClasses of an input.
#[derive(Debug, Default)]
pub struct RuntimeClasses {
    by_name: BTreeMap<String, Vec<Class>>,
    /// The files that decide the classes of pods, by the files of the pods.
    asked: RefCell<BTreeMap<PathBuf, BTreeSet<PathBuf>>>,
    /// What names meant so far, looked up once for all pods of one place: numbers of classes, `None` for too many.
    known: RefCell<HashMap<(String, Stands), Answer>>,
}

#[derive(Debug)]
struct Class {
    stands: Stands,
    class: RuntimeClass,
    /// The files that make it what it is.
    files: Rc<BTreeSet<PathBuf>>,
}

/// True for a RuntimeClass.
pub fn is_class(object: &Node) -> bool {
    object.text_at(&["kind"]) == Some("RuntimeClass")
}

impl RuntimeClasses {
    /// Adds the classes among these objects, which stand together and rest on these files. Of two with one name the last one counts, as
    /// where they are applied one after the other.
    pub fn add(&mut self, stands: &Stands, files: &Rc<BTreeSet<PathBuf>>, objects: &[Rc<Node>]) {
        self.known.get_mut().clear();
        let mut classes: BTreeMap<&str, RuntimeClass> = BTreeMap::new();
        for object in objects.iter().filter(|object| is_class(object)) {
            if let Some(name) = object.text_at(&["metadata", "name"]) {
                classes.insert(name, RuntimeClass::of(object.as_ref()));
            }
        }
        for (name, class) in classes {
            let one = Class { stands: stands.clone(), class, files: Rc::clone(files) };
            self.by_name.entry(name.to_owned()).or_default().push(one);
        }
    }

    /// True if there is a class of this name.
    pub fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The classes that a pod means by this name: several where equally near ones lead it to other nodes. Those of its file count first,
    /// then those of its kustomization, then those of the nearest folder above or below, then the others. `None` where these are too
    /// many.
    pub fn meant(&self, name: &str, pod: &Stands) -> Option<Vec<&RuntimeClass>> {
        let all = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut known = self.known.borrow_mut();
        let numbers = known.entry((name.to_owned(), pod.clone())).or_insert_with(|| self.nearest(all, pod));
        let meant = numbers.as_ref()?.iter().filter_map(|number| all.get(*number)).map(|one| &one.class);
        Some(meant.collect())
    }

    /// The numbers of those that a pod means of these, which have one name. Notes the files that decide it.
    fn nearest(&self, all: &[Class], pod: &Stands) -> Option<Vec<usize>> {
        let mut asked = self.asked.borrow_mut();
        let files = asked.entry(pod.file.clone()).or_default();
        let distances: Vec<Distance> = all.iter().map(|one| one.stands.distance_to(pod)).collect();
        let Some(least) = distances.iter().min() else { return Some(Vec::new()) };
        let mut meant: Vec<(usize, &RuntimeClass)> = Vec::new();
        for (number, (one, _)) in all.iter().zip(&distances).enumerate().filter(|(_, (_, distance))| *distance == least) {
            files.extend(one.files.iter().filter(|file| **file != pod.file).cloned());
            let leads_alike = |(_, known): &(usize, &RuntimeClass)| {
                known.selector == one.class.selector && known.tolerations == one.class.tolerations
            };
            if meant.len() <= MOST_MEANT && !meant.iter().any(leads_alike) {
                meant.push((number, &one.class));
            }
        }
        (meant.len() <= MOST_MEANT).then(|| meant.iter().map(|(number, _)| *number).collect())
    }

    /// The files that decided the classes of the pods in this file so far.
    pub fn asked_by(&self, file: &Path) -> BTreeSet<PathBuf> {
        self.asked.borrow().get(file).cloned().unwrap_or_default()
    }

    /// Those of all files with pods that name a class, also one that is nowhere.
    pub fn asked(&self) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
        self.asked.borrow().clone()
    }
}

impl Stands {
    fn distance_to(&self, pod: &Self) -> Distance {
        let is_of_file = self.file == pod.file;
        if self.by == pod.by && (is_of_file || self.by.is_some()) {
            return (u8::from(!is_of_file), 0);
        }
        let (is_aside, steps) = steps(folder(&self.file), folder(&pod.file));
        (2 + u8::from(is_aside), steps)
    }
}

fn folder(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

/// The number of folders from one to the other, and whether none of the two is in the other.
fn steps(one: &Path, other: &Path) -> (bool, usize) {
    let shared = one.components().zip(other.components()).take_while(|(one, other)| one == other).count();
    let (up, down) = (one.components().count() - shared, other.components().count() - shared);
    (up > 0 && down > 0, up + down)
}
