//! Images that these files build: a reference to one is judged by the base of the Dockerfile that makes it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::with_a_tag;
use crate::Architecture;
use crate::scan::compose::{is_context_name, without_project};
use crate::scan::paths::{normal, shown};
use crate::scan::{Asked, Found, IsolatedBy, Lands, Meant, Needs, Os};

/// The longest chain of images that are built on each other.
const LONGEST_CHAIN: usize = 16;

/// The most images that are looked at for one reference.
const MOST_IMAGES: usize = 256;

/// The most bases that are judged for one reference.
const MOST_BASES: usize = 64;

/// The most bases that are kept for one name.
const MOST_KEPT: usize = 1024;

/// A Dockerfile that makes an image, and the base of its last stage.
#[derive(Clone, Debug)]
struct Base {
    dockerfile: PathBuf,
    /// The byte at which the Dockerfile begins in that file, where it stands within another one.
    at: usize,
    /// The files that build it.
    builders: BTreeSet<PathBuf>,
    /// Their folders.
    folders: BTreeSet<PathBuf>,
    found: Found,
}

/// A base that an image of these files leads to, and that they do not build.
struct Pulled<'o> {
    base: &'o Found,
    /// The Dockerfiles that lead there, that of the image first.
    through: Vec<&'o Path>,
}

/// The images that these files build.
#[derive(Debug, Default)]
pub(super) struct OwnImages {
    /// The names of all, with a tag.
    made: BTreeSet<String>,
    /// The bases of those whose Dockerfiles were read.
    bases: BTreeMap<String, Vec<Base>>,
    /// The names that each Dockerfile gives, by its file and the byte at which it begins there.
    of_files: BTreeMap<(PathBuf, usize), BTreeSet<String>>,
}

impl OwnImages {
    /// Those of these names.
    pub(super) fn of(made: BTreeSet<String>) -> Self {
        Self { made, ..Self::default() }
    }

    /// Notes what a Dockerfile, which begins at this byte of its file, makes in one of its builds, which this file asks for, and in which
    /// these references were found.
    pub(super) fn add(&mut self, makes: &[String], (dockerfile, at): (&Path, usize), builder: Option<&Path>, found: &[Found]) {
        for name in makes.iter().map(|name| with_a_tag(name)) {
            let known = self.bases.entry(name.clone()).or_default();
            for base in found.iter().filter(|one| one.needs == Needs::EveryHost) {
                let is_it =
                    |one: &&mut Base| (one.dockerfile.as_path(), one.at) == (dockerfile, at) && how(&one.found) == how(base);
                let builder = builder.map(normal);
                let folder = builder.as_deref().and_then(Path::parent).map(Path::to_owned);
                if let Some(one) = known.iter_mut().find(is_it) {
                    one.builders.extend(builder);
                    one.folders.extend(folder);
                } else if known.len() < MOST_KEPT {
                    let (builders, folders) = (builder.into_iter().collect(), folder.into_iter().collect());
                    known.push(Base { dockerfile: dockerfile.to_owned(), at, builders, folders, found: base.clone() });
                }
            }
            self.of_files.entry((normal(dockerfile), at)).or_default().insert(name);
        }
    }

    /// The image of these files that this reference means in a file; `None` where it means another one. The names that the file itself
    /// gives as a Dockerfile are known: no image is made from itself, that of the same name, which it begins with, is pulled.
    pub(super) fn named(&self, found: &Found, own: Option<&BTreeSet<String>>) -> Option<String> {
        let Meant::Known(text) = &found.meant else { return None };
        // What another service or target builds is in no registry, also where the same Dockerfile makes both.
        let may_be_pulled = |name: &String| !is_context_name(name) && own.is_some_and(|own| own.contains(name));
        Some(with_a_tag(text)).filter(|name| self.made.contains(name) && !may_be_pulled(name))
    }

    /// What is judged in the place of a reference to this image from one of these files, each with the Dockerfiles that it rests on. It
    /// runs where the reference says, and as that asks. Nothing where no base is known, or where the base itself is judged in just this
    /// way; what needs one host alone is marked then.
    pub(super) fn in_place_of(&self, found: &Found, name: &str, from: &BTreeSet<PathBuf>) -> Vec<(Found, Vec<&Path>)> {
        let is_for_it = |one: &Pulled<'_>| match found.os {
            Os::Other => one.base.os != Os::Windows,
            Os::Windows | Os::Unsaid => one.base.os != Os::Other,
        };
        let mut all: Vec<Pulled<'_>> = self.pulled(name, from).into_iter().filter(is_for_it).collect();
        // A context that the file builds is taken as it is, also where it is for another system.
        let is_taken_as_it_is = is_context_name(name) && found.needs != Needs::NoHost;
        if all.is_empty() && is_taken_as_it_is && found.os != Os::Unsaid {
            all = self.pulled(name, from);
        }
        // The same is true of its processor.
        let is_built_for_it = all.iter().any(|one| one.base.processor.is_none_or(|own| found.processor == Some(own)));
        let has_another = is_taken_as_it_is && found.processor.is_some() && !is_built_for_it;
        // An image may be built for several systems, each from its own base. Which of these one is for is not known then.
        let are_several = all.windows(2).any(|pair| matches!(pair, [one, other] if one.base.meant != other.base.meant));
        let os = match found.os {
            Os::Other if are_several => return Vec::new(),
            Os::Windows if are_several => Os::Unsaid,
            os => os,
        };
        let is_alike = |base: &Found| {
            let is_asked_alike = found.needs == Needs::NoHost || found.isolation == base.isolation;
            let is_for_alike = (found.os == Os::Unsaid || found.os == base.os)
                && (found.processor.is_none() || found.processor == base.processor);
            // Docker builds the base, whatever starts the image.
            let is_started_alike = found.is_of_kubernetes() == base.is_of_kubernetes();
            found.together.is_none() && found.lands == base.lands && is_for_alike && is_asked_alike && is_started_alike
        };
        // Of several builds on the same base for different processors, an engine takes that of its own.
        let is_for_any =
            |base: &Found| all.iter().any(|one| one.base.meant == base.meant && one.base.processor != base.processor);
        let is_judged = |base: &Found| all.iter().any(|one| one.base.meant == base.meant && is_alike(one.base));
        // What a command starts is the image, not its base.
        let isolated_by = if found.isolated_by == IsolatedBy::Start { IsolatedBy::StartOfBuilt } else { found.isolated_by };
        let mut judged = Vec::new();
        for known in &all {
            let (base, through) = (known.base, &known.through);
            // Where one host is enough, it may work where the base does not work on all of them.
            let is_repeated = is_judged(base);
            if is_repeated && found.needs != Needs::OneHost {
                continue;
            }
            let Some(maker) = through.first().copied() else { continue };
            let of_base = base.processor.filter(|_| !is_for_any(base));
            let asked = if has_another { base.processor } else { found.processor };
            let one = Found {
                meant: base.meant.clone(),
                os,
                processor: asked.or(of_base).filter(|_| found.needs != Needs::NoHost),
                isolated_by,
                // They are no several containers of one pod.
                together: found.together.clone().filter(|_| !are_several),
                shares: if are_several { Vec::new() } else { found.shares.clone() },
                editable: None,
                texts: Vec::new(),
                also: Vec::new(),
                stays: Some(format!("{} is built by {}", without_project(name), shown(maker))),
                made_by: Some(maker.to_owned()),
                is_repeated,
                ..found.clone()
            };
            judged.push((one, through.clone()));
        }
        judged
    }

    /// The bases that an image leads to which one of these files names, through others.
    fn pulled(&self, name: &str, from: &BTreeSet<PathBuf>) -> Vec<Pulled<'_>> {
        let mut pulled: Vec<Pulled<'_>> = Vec::new();
        // A name may mean another image in other files.
        let mut seen: BTreeSet<(String, &BTreeSet<PathBuf>)> = BTreeSet::new();
        let mut open: Vec<(String, Vec<&Path>, &BTreeSet<PathBuf>)> = vec![(name.to_owned(), Vec::new(), from)];
        while let Some((name, through, from)) = open.pop() {
            if through.len() >= LONGEST_CHAIN || seen.len() >= MOST_IMAGES || !seen.insert((name.clone(), from)) {
                continue;
            }
            let bases = self.bases.get(&name).map(Vec::as_slice).unwrap_or_default();
            for Base { dockerfile, at, builders, found, .. } in of_project(bases, from) {
                let through: Vec<&Path> = through.iter().copied().chain([dockerfile.as_path()]).collect();
                match self.named(found, self.of_files.get(&(normal(dockerfile), *at))) {
                    Some(next) => open.push((next, through, builders)),
                    None if matches!(found.meant, Meant::Known(_)) => add_base(&mut pulled, found, through),
                    None => {}
                }
            }
        }
        pulled
    }
}

/// Adds a base that these Dockerfiles lead to. One that others lead to as well, from the same Dockerfile, is there once and rests on all.
fn add_base<'o>(pulled: &mut Vec<Pulled<'o>>, base: &'o Found, through: Vec<&'o Path>) {
    let is_it = |one: &&mut Pulled<'_>| std::ptr::eq(one.base, base) && one.through.first() == through.first();
    if let Some(one) = pulled.iter_mut().find(is_it) {
        for dockerfile in through {
            if !one.through.contains(&dockerfile) {
                one.through.push(dockerfile);
            }
        }
    } else if pulled.len() < MOST_BASES {
        pulled.push(Pulled { base, through });
    }
}

/// The bases of an image that these files mean: those that they build themselves, else those that files beside them build. Several
/// projects may give their images one name; where none is that of the files, any may be meant.
fn of_project<'b>(bases: &'b [Base], files: &BTreeSet<PathBuf>) -> Vec<&'b Base> {
    let of = |is_near: &dyn Fn(&Base) -> bool| -> Vec<&'b Base> { bases.iter().filter(|base| is_near(base)).collect() };
    let own = of(&|base: &Base| !base.builders.is_disjoint(files));
    if !own.is_empty() {
        return own;
    }
    let folders: BTreeSet<PathBuf> = files.iter().filter_map(|file| file.parent()).map(Path::to_owned).collect();
    let beside = of(&|base: &Base| !base.folders.is_disjoint(&folders));
    if beside.is_empty() { bases.iter().collect() } else { beside }
}

/// All of a base that decides how it is judged.
fn how(base: &Found) -> (&Meant, Option<Asked>, Os, &Lands, Option<Architecture>) {
    (&base.meant, base.isolation, base.os, &base.lands, base.processor)
}
