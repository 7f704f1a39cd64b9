//! The names a layer has had so far: unique for Windows, below directories, and written in one case.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use crate::layer::{Entry, Kind, LayerPath, Refusal};

/// The names so far. Kept as hashes under keys that nobody knows beforehand: 24 bytes a name, and 128 bits of the
/// folded name, so that no two names of any layer meet by chance or intent.
#[derive(Debug, Default)]
pub(crate) struct Names {
    seen: HashMap<(u64, u64), Seen>,
    keys: [RandomState; 2],
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Of the name as it is written, to tell one case from another.
    exact: u32,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Directory,
    File,
    /// Reparse points of any kind: nothing may be written through them.
    Link,
    /// A hard link that is not made yet.
    Pending,
    Stream,
    Removed,
}

impl Names {
    /// Adds an entry; refuses it if Windows would take its name for another one or would look for it elsewhere. `false` for a
    /// directory that is there already: the first entry of it counts.
    pub fn admit(&mut self, entry: &Entry) -> Result<bool, Refusal> {
        let path = entry.path.as_str();
        let what = match &entry.kind {
            Kind::Directory => What::Directory,
            Kind::File { .. } => What::File,
            Kind::HardLink { .. } => What::Pending,
            Kind::Reparse(_) => What::Link,
            Kind::Whiteout => What::Removed,
            Kind::Stream { name, .. } => return self.insert(&format!("{path}:{name}"), What::Stream).map(|()| true),
        };
        if what == What::Directory && matches!(self.find(path), Ok(Some(What::Directory))) {
            return Ok(false);
        }
        if what == What::Removed {
            self.check_ancestors(path)?;
        } else if let Some(parent) = entry.path.parent() {
            match self.find(parent)? {
                Some(What::Directory) => {}
                Some(_) => return Err(Refusal::ParentNotDirectory),
                None => return Err(Refusal::NoParent),
            }
        }
        self.insert(path, what).map(|()| true)
    }

    /// `true` if the target of a hard link may still come in this layer.
    pub fn may_come(&self, target: &LayerPath) -> Result<bool, Refusal> {
        Ok(matches!(self.find(target.as_str())?, None | Some(What::Pending)))
    }

    /// Takes note that a hard link is made: from now on, it is a file like others.
    pub fn made(&mut self, link: &LayerPath) {
        let (folded, exact) = self.hash(link.as_str());
        self.seen.insert(folded, Seen { exact, what: What::File });
    }

    /// `true` if the target of a hard link is a file of this layer; else it must be one of the parents', and nothing of this
    /// layer may stand in the way there.
    pub fn has_link_target(&self, target: &LayerPath) -> Result<bool, Refusal> {
        match self.find(target.as_str())? {
            Some(What::File) => Ok(true),
            Some(What::Removed) | None => {
                self.check_ancestors(target.as_str())?;
                Ok(false)
            }
            Some(_) => Err(Refusal::LinkTarget),
        }
    }

    /// Those ancestors that this layer has must be directories, or removed; the others are the parents'.
    fn check_ancestors(&self, path: &str) -> Result<(), Refusal> {
        let mut rest = path;
        while let Some((ancestor, _)) = rest.rsplit_once('/') {
            match self.find(ancestor)? {
                Some(What::Directory | What::Removed) | None => rest = ancestor,
                Some(_) => return Err(Refusal::ParentNotDirectory),
            }
        }
        Ok(())
    }

    fn find(&self, path: &str) -> Result<Option<What>, Refusal> {
        let (folded, exact) = self.hash(path);
        match self.seen.get(&folded) {
            Some(seen) if seen.exact != exact => Err(Refusal::OtherCase),
            Some(seen) => Ok(Some(seen.what)),
            None => Ok(None),
        }
    }

    fn insert(&mut self, path: &str, what: What) -> Result<(), Refusal> {
        let (folded, exact) = self.hash(path);
        match self.seen.insert(folded, Seen { exact, what }) {
            Some(_) => Err(Refusal::SameName),
            None => Ok(()),
        }
    }

    fn hash(&self, path: &str) -> ((u64, u64), u32) {
        let [first, second] = &self.keys;
        let (mut one, mut two, mut exact) = (first.build_hasher(), second.build_hasher(), first.build_hasher());
        let folded: String = path.chars().map(fold).collect();
        one.write(folded.as_bytes());
        two.write(folded.as_bytes());
        exact.write(path.as_bytes());
        ((one.finish(), two.finish()), exact.finish() as u32)
    }
}

/// One character for all that Windows takes for the same in file names, and at times for more.
///
/// NTFS compares by a table of simple upper-case mappings of UTF-16 units. Rust has the full mappings; going down and up again
/// brings the pairs together whose full upper case is several characters (`ᾀ` and `ᾈ`). Characters outside of ASCII whose
/// other case is within it (dotless i, long s, the Kelvin sign) are letters of their own for NTFS.
fn fold(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_uppercase();
    }
    if character > '\u{FFFF}' {
        return character;
    }
    let lower = only(character.to_lowercase()).unwrap_or(character);
    let folded = only(lower.to_uppercase()).unwrap_or(lower);
    if folded.is_ascii() { character } else { folded }
}

fn only(mut mapping: impl Iterator<Item = char>) -> Option<char> {
    let character = mapping.next();
    if mapping.next().is_some() { None } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::BasicInfo;
    use crate::layer::path::Name;

    fn entry(text: &str, kind: Kind) -> Entry {
        let path = Name::parse(text.as_bytes()).unwrap().path;
        Entry { path, kind, info: BasicInfo::default(), security: None, extended_attributes: Vec::new() }
    }

    /// Names of a layer, by a short notation: `d` directory, `f` file, `l` link, `w` whiteout, `s` stream.
    fn admit(names: &[&str]) -> Result<Names, Refusal> {
        let mut all = Names::default();
        for name in names {
            let (what, path) = name.split_once(' ').unwrap();
            let (path, stream) = path.split_once(':').unwrap_or((path, ""));
            let kind = match what {
                "d" => Kind::Directory,
                "f" => Kind::File { size: 0 },
                "w" => Kind::Whiteout,
                "s" => Kind::Stream { name: stream.to_owned(), size: 0 },
                "l" => {
                    let at = Name::parse(path.as_bytes()).unwrap().path;
                    Kind::Reparse(super::super::reparse::Reparse::parse(b"C:\\x", false, &at).unwrap())
                }
                other => panic!("{other}"),
            };
            all.admit(&entry(path, kind))?;
        }
        Ok(all)
    }

    #[test]
    fn one_name_is_one_file() {
        for (names, refusal) in [
            (&["f Hives", "d Hives"][..], Refusal::SameName),
            (&["d Files", "d Files/a", "d Files/A"], Refusal::SameName),
            (&["d Files", "f Files/a", "f Files/A"], Refusal::SameName),
            (&["d Files", "l Files/a", "d Files/a"], Refusal::SameName),
            (&["d Files", "w Files/a", "d Files/a"], Refusal::SameName),
            (&["d Files", "f Files/straße", "f Files/STRAẞE"], Refusal::SameName),
            (&["d Files", "f Files/ärger", "d Files/ÄRGER"], Refusal::SameName),
            (&["d Files", "f Files/ᾀ", "f Files/ᾈ"], Refusal::SameName),
            (&["d Files", "f Files/ж", "w Files/Ж"], Refusal::SameName),
            (&["d Files", "f Files/a", "w Files/a"], Refusal::SameName),
            (&["d Files", "f Files/a", "s Files/a:s", "s Files/a:S"], Refusal::SameName),
            (&["d Files", "d Files/a", "f Files/A/b"], Refusal::OtherCase),
            (&["d Files", "d Files/a", "w Files/A/b"], Refusal::OtherCase),
        ] {
            assert_eq!(admit(names).map(|_| ()), Err(refusal), "{names:?}");
        }
        // Letters of their own on NTFS.
        let distinct =
            ["d Files", "f Files/k", "f Files/\u{212a}", "f Files/i", "f Files/ı", "f Files/İ", "f Files/s", "f Files/ſ"];
        assert!(admit(&distinct).is_ok());
    }

    #[test]
    fn a_directory_may_come_again() {
        let mut names = admit(&["d Files", "d Files/d"]).unwrap();
        assert_eq!(names.admit(&entry("Files/d", Kind::Directory)), Ok(false));
        assert_eq!(names.admit(&entry("Files/e", Kind::Directory)), Ok(true));
    }

    #[test]
    fn entries_stand_below_directories() {
        for (names, refusal) in [
            (&["f Files/a"][..], Refusal::NoParent),
            (&["d Files", "f Files/a/b"], Refusal::NoParent),
            (&["d UtilityVM/Files"], Refusal::NoParent),
            (&["d Files", "f Files/a", "f Files/a/b"], Refusal::ParentNotDirectory),
            (&["d Files", "l Files/a", "f Files/a/b"], Refusal::ParentNotDirectory),
            (&["d Files", "l Files/a", "w Files/a/b/c"], Refusal::ParentNotDirectory),
            (&["d Files", "w Files/a", "f Files/a/b"], Refusal::ParentNotDirectory),
        ] {
            assert_eq!(admit(names).map(|_| ()), Err(refusal), "{names:?}");
        }
        assert!(admit(&["d Files", "w Files/of/the/parents", "d Files/a", "w Files/a/b"]).is_ok());
    }

    #[test]
    fn hard_links_point_to_files_of_this_layer_or_the_parents() {
        let names = admit(&["d Files", "f Files/f", "d Files/d", "l Files/l", "w Files/w", "d UtilityVM"]).unwrap();
        for (target, result) in [
            ("Files/f", Ok(true)),
            ("Files/w", Ok(false)),
            ("Files/elsewhere", Ok(false)),
            ("Files/d/elsewhere", Ok(false)),
            ("UtilityVM/Files/elsewhere", Ok(false)),
            ("Files/F", Err(Refusal::OtherCase)),
            ("Files/D/elsewhere", Err(Refusal::OtherCase)),
            ("Files/d", Err(Refusal::LinkTarget)),
            ("Files/l", Err(Refusal::LinkTarget)),
            ("Files/l/x", Err(Refusal::ParentNotDirectory)),
            ("Files/f/x/y", Err(Refusal::ParentNotDirectory)),
        ] {
            let path = Name::parse(target.as_bytes()).unwrap().path;
            assert_eq!(names.has_link_target(&path), result, "{target}");
        }
    }

    #[test]
    fn a_hundred_thousand_names_are_told_apart() {
        let mut names = Names::default();
        names.admit(&entry("Files", Kind::Directory)).unwrap();
        for number in 0..100_000 {
            names.admit(&entry(&format!("Files/name-{number:x}"), Kind::File { size: 0 })).unwrap();
        }
        let again = names.admit(&entry("Files/NAME-1869F", Kind::File { size: 0 }));
        assert_eq!(again, Err(Refusal::SameName));
        assert_eq!(std::mem::size_of::<((u64, u64), Seen)>(), 24);
    }
}
