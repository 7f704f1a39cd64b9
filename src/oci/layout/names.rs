//! The choice of an image among several by name.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::image::Name;
use crate::image::reference::{Location, Reference};
use crate::text::shown;
use crate::{Error, ErrorKind};

/// The most names listed in an error.
const MOST_LISTED: usize = 20;

/// The items that `wanted` means, in their order: more than one only where they share a name, or have no names at all. `identity`
/// tells items apart: the same image under two names is one.
pub(crate) fn choose<T: Clone>(
    shown_path: &str,
    items: &[T],
    wanted: Option<&str>,
    names: impl Fn(&T) -> Vec<String>,
    identity: impl Fn(&T) -> &str,
) -> Result<Vec<T>, Error> {
    if items.is_empty() {
        return Err(Error::of(ErrorKind::NotFound, format!("{shown_path} does not contain an image")));
    }
    let distinct = |chosen: Vec<&T>| {
        let mut seen = BTreeSet::new();
        chosen.into_iter().filter(|item| seen.insert(identity(item).to_owned())).cloned().collect::<Vec<T>>()
    };
    let all_names = || items.iter().flat_map(&names).collect::<BTreeSet<String>>();
    let Some(wanted) = wanted else {
        let (distinct, all) = (distinct(items.iter().collect()), all_names());
        let share_one_name = all.len() == 1 && items.iter().all(|item| !names(item).is_empty());
        if distinct.len() == 1 || all.is_empty() || share_one_name {
            return Ok(distinct);
        }
        return Err(which(shown_path, format!("{shown_path} holds {} images", distinct.len()), &all));
    };
    let rules: [&dyn Fn(&str) -> bool; 3] =
        [&|name| name == wanted, &|name| normal(name).is_some_and(|name| Some(name) == normal(wanted)), &|name| {
            normal(name).is_some_and(|name| name.tag.as_deref() == Some(wanted))
        }];
    for rule in rules {
        let matching: Vec<&T> = items.iter().filter(|item| names(item).iter().any(|name| rule(name))).collect();
        let matched: BTreeSet<String> = matching.iter().flat_map(|item| names(item)).filter(|name| rule(name)).collect();
        let distinct = distinct(matching);
        if distinct.len() > 1 && matched.len() > 1 {
            return Err(which(
                shown_path,
                format!("{shown_path} holds {} images named {}", distinct.len(), shown(wanted)),
                &matched,
            ));
        }
        if !distinct.is_empty() {
            return Ok(distinct);
        }
    }
    Err(which(shown_path, format!("{shown_path} does not contain an image named {}", shown(wanted)), &all_names()))
}

/// A name as Docker reads it, with its default tag.
pub(crate) fn normal(name: &str) -> Option<Name> {
    match Reference::from_str(name).ok()?.location() {
        Location::Registry(name) => Some(Name { tag: Some(name.tag_or_latest().to_owned()), ..name.clone() }),
        Location::Local { .. } => None,
    }
}

/// The error of a choice that these names would make.
pub(super) fn which(shown_path: &str, what: String, names: &BTreeSet<String>) -> Error {
    let error = Error::of(ErrorKind::NotFound, what);
    let Some(first) = names.first() else {
        return error.or_hint("leave the tag out: the images in it have no names");
    };
    let listed: Vec<String> = names.iter().take(MOST_LISTED).map(|name| shown(name)).collect();
    let more = names.len().saturating_sub(MOST_LISTED);
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    error
        .because(format!("it names {}{rest}", listed.join(", ")))
        .hint(format!("add one of these names: {shown_path}:{}", shown(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items are a name list and an identity.
    type Item = (&'static [&'static str], &'static str);

    fn chosen(items: &[Item], wanted: Option<&str>) -> Result<String, String> {
        let names = |item: &Item| item.0.iter().map(|name| (*name).to_owned()).collect();
        match choose("x.tar", items, wanted, names, |item| item.1) {
            Ok(found) => Ok(found.iter().map(|item| item.1).collect::<Vec<_>>().join("+")),
            Err(error) => Err(format!("{}; {}", error.what, error.causes.join("; "))),
        }
    }

    #[test]
    fn one_image_needs_no_name_and_several_do() {
        let one: &[Item] = &[(&["app:1"], "a"), (&["app:latest"], "a")];
        let two: &[Item] = &[(&["app:1"], "a"), (&["base:1"], "b")];
        let unnamed: &[Item] = &[(&[], "a"), (&[], "b")];
        let split: &[Item] = &[(&["app:1"], "a"), (&["app:1"], "b"), (&["app:2"], "c")];
        for (items, wanted, expected) in [
            (one, None, Ok("a")),
            (one, Some("app:1"), Ok("a")),
            (one, Some("app"), Ok("a")),
            (one, Some("docker.io/library/app"), Ok("a")),
            (one, Some("1"), Ok("a")),
            (one, Some("2"), Err("x.tar does not contain an image named 2; it names app:1, app:latest")),
            (two, None, Err("x.tar holds 2 images; it names app:1, base:1")),
            (two, Some("base:1"), Ok("b")),
            (two, Some("1"), Err("x.tar holds 2 images named 1; it names app:1, base:1")),
            (unnamed, None, Ok("a+b")),
            (unnamed, Some("1"), Err("x.tar does not contain an image named 1; ")),
            // One name for several platforms.
            (split, Some("app:1"), Ok("a+b")),
            (&split[..2], None, Ok("a+b")),
            (split, None, Err("x.tar holds 3 images; it names app:1, app:2")),
            (&[], None, Err("x.tar does not contain an image; ")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(chosen(items, wanted), expected, "{wanted:?} in {items:?}");
        }
    }
}
