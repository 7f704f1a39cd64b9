//! Changes of files: the bytes of a reference, and no others.

use std::ops::Range;
use std::path::PathBuf;

use super::paths::shown;
use super::tags::Typed;

/// A text in a file that can be changed, and what it is of a reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Editable {
    /// The file, where it is another than the one of the reference, e.g. the `.env` beside a Compose file.
    pub file: Option<PathBuf>,
    /// The bytes.
    pub span: Range<usize>,
    /// What stands there.
    pub text: String,
    /// The reference before it, e.g. `registry.example/app:1-` of `registry.example/app:1-${TAG}`.
    pub before: String,
    /// The reference behind it.
    pub after: String,
    /// True where a text must stand, and has no quotes: a number gets them.
    pub is_bare: bool,
}

/// A value that is used for more than the references which rest on it, so that it is not to be changed for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The value.
    pub value: Editable,
    /// The other use, e.g. `TAG of .env is also used in line 7 of compose.yaml`.
    pub why: String,
}

impl Shared {
    /// The value of a variable, and what uses it, e.g. `in line 7 of compose.yaml`.
    pub fn new(name: &str, value: &Editable, by: &str) -> Self {
        let of = value.file.as_deref().map(|file| format!(" of {}", shown(file))).unwrap_or_default();
        Self { value: value.clone(), why: format!("{name}{of} is also used {by}") }
    }
}

impl Editable {
    /// The text that makes the reference this one; `None` where other text would have to change too.
    pub fn for_reference(&self, reference: &str) -> Option<String> {
        let new = reference.strip_prefix(self.before.as_str())?.strip_suffix(self.after.as_str())?;
        // Nothing that a file's syntax could take for something else.
        let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-/:@".contains(character);
        let is_number = self.is_bare && new.parse::<f64>().is_ok();
        (!new.is_empty() && new != self.text && new.chars().all(is_plain))
            .then(|| if is_number { format!("'{new}'") } else { new.to_owned() })
    }
}

/// The reference with another tag, as it was typed; with the digest of the new one where it had a digest.
pub fn with_tag(reference: &str, tag: &str, digest: Option<&str>) -> Option<String> {
    let typed = Typed::of(reference);
    match (typed.digest, digest) {
        (None, _) => Some(format!("{}:{tag}", typed.name)),
        (Some(_), Some(digest)) if typed.tag.is_some() => Some(format!("{}:{tag}@{digest}", typed.name)),
        (Some(_), Some(digest)) => Some(format!("{}@{digest}", typed.name)),
        (Some(_), None) => None,
    }
}

/// The text with these changes; `None` if two of them overlap, or if something else stands there.
pub fn apply(text: &str, changes: &[(Range<usize>, String, String)]) -> Option<String> {
    let mut sorted: Vec<&(Range<usize>, String, String)> = changes.iter().collect();
    sorted.sort_by_key(|(span, ..)| span.start);
    sorted.dedup();
    let mut new = String::with_capacity(text.len());
    let mut at = 0;
    for (span, old, replacement) in sorted {
        if text.get(span.clone()) != Some(old.as_str()) {
            return None;
        }
        new.push_str(text.get(at..span.start)?);
        new.push_str(replacement);
        at = span.end;
    }
    new.push_str(text.get(at..)?);
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_meant_changes() {
        let (before, after) = ("app:1-".to_owned(), "-x".to_owned());
        let editable = Editable { file: None, span: 4..8, text: "1809".into(), before, after, is_bare: false };
        assert_eq!(editable.for_reference("app:1-ltsc2022-x").as_deref(), Some("ltsc2022"));
        for other in ["app:2-ltsc2022-x", "app:1-ltsc2022", "app:1--x", "app:1-1809-x", "app:1-a b-x", "app:1-\n-x"] {
            assert_eq!(editable.for_reference(other), None, "{other}");
        }
        // Kustomize refuses a tag that is a number.
        let bare = Editable { text: "20H2".into(), is_bare: true, ..editable.clone() };
        let of_bare = |tag: &str| bare.for_reference(&format!("app:1-{tag}-x"));
        assert_eq!((of_bare("1903").as_deref(), of_bare("ltsc2022").as_deref()), (Some("'1903'"), Some("ltsc2022")));
        assert_eq!(editable.for_reference("app:1-1903-x").as_deref(), Some("1903"));
        let change = |span: Range<usize>, old: &str, new: &str| (span, old.to_owned(), new.to_owned());
        let text = "\u{feff}A=1809\r\nB=1809\t# x\r\n";
        let at = text.find("1809").unwrap();
        let second = text.rfind("1809").unwrap();
        let changes = [change(second..second + 4, "1809", "b"), change(at..at + 4, "1809", "a"), change(at..at + 4, "1809", "a")];
        assert_eq!(apply(text, &changes).as_deref(), Some("\u{feff}A=a\r\nB=b\t# x\r\n"));
        assert_eq!(apply(text, &[change(at..at + 4, "other", "a")]), None);
        assert_eq!(apply(text, &[change(at..at + 4, "1809", "a"), change(at + 1..at + 4, "809", "b")]), None);
    }

    #[test]
    fn digests_stay_where_they_were() {
        assert_eq!(with_tag("a:1", "2", Some("sha256:0")).as_deref(), Some("a:2"));
        assert_eq!(with_tag("a:1@sha256:9", "2", Some("sha256:0")).as_deref(), Some("a:2@sha256:0"));
        assert_eq!(with_tag("a@sha256:9", "2", Some("sha256:0")).as_deref(), Some("a@sha256:0"));
        assert_eq!(with_tag("a@sha256:9", "2", None), None);
    }
}
