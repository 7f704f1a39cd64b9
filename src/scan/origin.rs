//! Where the value of a variable stands, so that a reference which rests on it can be changed there.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Editable;
use super::place::literal;
use super::words::{Style, Values, expand};

/// Values that stand as plain text in a file, by the names of their variables.
pub type Origins = BTreeMap<String, Editable>;

/// A text with the last variable in it, e.g. `${REGISTRY}app:${TAG:-1809}-x`: the tag of an image stands at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last<'t> {
    /// What stands before the variable, in which there may be others.
    pub before: &'t str,
    /// The name of the variable.
    pub name: &'t str,
    /// The value where the variable has none.
    pub default: Option<&'t str>,
    /// What stands behind the variable.
    pub after: &'t str,
}

/// The last variable of a text, if its value stands there as it is.
pub fn last(text: &str) -> Option<Last<'_>> {
    let (before, rest) = text.rsplit_once('$')?;
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let ends = |text: &str| text.find(|character| !is_name(character)).unwrap_or(text.len());
    let (name, default, after) = match rest.strip_prefix('{') {
        Some(braced) => {
            let (inner, after) = braced.split_once('}')?;
            let (name, operation) = inner.split_at_checked(ends(inner))?;
            let default = match operation {
                "" => None,
                _ if operation.starts_with([':', '-', '?']) => match operation.trim_start_matches(':').split_at_checked(1)? {
                    ("-", default) => Some(default),
                    ("?", _) => None,
                    _ => return None,
                },
                _ => return None,
            };
            (name, default, after)
        }
        None => {
            let (name, after) = rest.split_at_checked(ends(rest))?;
            (name, None, after)
        }
    };
    // Neither a dollar that is text, nor a variable within the default of another.
    let is_own = !before.ends_with('$') && before.matches('{').count() == before.matches('}').count();
    (is_own && !name.is_empty()).then_some(Last { before, name, default, after })
}

/// The place of the value by which this text can be changed at its end.
pub fn origin(text: &str, style: Style, values: &Values, origins: &Origins) -> Option<Editable> {
    let Last { before, name, default, after } = last(text)?;
    // An empty value may not be the one that counts.
    if default.is_some() && values.get(name).is_none_or(String::is_empty) {
        return None;
    }
    let word = expand(before, style, values);
    let origin = origins.get(name).filter(|_| word.missing.is_empty())?.clone();
    let (before, after) = (word.text + &origin.before, origin.after.clone() + &expand(after, style, values).text);
    Some(Editable { before, after, ..origin })
}

/// The default in these bytes of a file, `${NAME:-…}`, if it is the one that counts. The text that they stand for is given, without quotes
/// that a format has around it.
pub fn default_of(whole: &str, span: &Range<usize>, text: &str, style: Style, values: &Values) -> Option<Editable> {
    let one = last(text)?;
    let written = whole.get(span.clone())?;
    let default = one.default.filter(|default| !default.is_empty())?;
    // As it is written: `-` is before it, and the brace behind it.
    let at = written.rfind(&format!("-{default}}}"))? + 1;
    let counts_for_empty = written.get(..at)?.ends_with(":-");
    let is_usual = values.get(one.name).is_none_or(|value| value.is_empty() && counts_for_empty);
    let start = span.start + at;
    let editable = literal(whole, start..start + default.len(), default).filter(|_| is_usual)?;
    let (before, after) = (expand(one.before, style, values), expand(one.after, style, values).text);
    before.missing.is_empty().then_some(Editable { before: before.text, after, ..editable })
}

/// The texts between the variables of a reference in these bytes of a file: where a new reference differs in one of them alone, that one is
/// changed, and no variable is. None where the whole is plain, or stands there in another way.
pub fn texts_between(whole: &str, span: &Range<usize>, text: &str, style: Style, values: &Values) -> Vec<Editable> {
    let at = whole.get(span.clone()).and_then(|written| Some(span.start + written.find(text)?));
    let (Some(at), true) = (at, text.contains('$')) else { return Vec::new() };
    if !expand(text, style, values).missing.is_empty() {
        return Vec::new();
    }
    // What could have a meaning of its own in the file stays.
    let is_plain = |text: &str| text.chars().all(|one| one.is_ascii_alphanumeric() || "._-/:@".contains(one));
    let (mut texts, mut rest, mut after) = (Vec::new(), text, String::new());
    loop {
        let one = last(rest);
        if one.is_none() && rest.contains('$') {
            return texts;
        }
        let literal = one.map_or(rest, |one| one.after);
        let start = rest.len() - literal.len();
        let before = expand(rest.get(..start).unwrap_or_default(), style, values).text;
        if !literal.is_empty() && is_plain(literal) {
            let span = at + start..at + rest.len();
            texts.push(Editable { file: None, span, text: literal.to_owned(), before, after: after.clone(), is_bare: false });
        }
        let Some(Last { before: next, .. }) = one else { return texts };
        let behind = expand(rest.get(next.len()..).unwrap_or_default(), style, values).text;
        after.insert_str(0, &behind);
        rest = next;
    }
}

/// The names of the variables in a text by which it cannot be changed.
pub fn others(text: &str) -> impl Iterator<Item = &str> {
    mentioned(last(text).map_or(text, |last| last.before))
}

/// The names of the variables that a text mentions, whatever is done with them.
pub fn mentioned(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|character: char| !character.is_ascii_alphanumeric() && character != '_').unwrap_or(rest.len());
        rest.get(..end).filter(|name| !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_variable_is_found_with_what_stands_around_it() {
        let found = |text| last(text).map(|one: Last<'_>| (one.before, one.name, one.default, one.after));
        for (text, expected) in [
            ("app:$TAG", Some(("app:", "TAG", None, ""))),
            ("app:${TAG}-x", Some(("app:", "TAG", None, "-x"))),
            ("${IMAGE:-app:1}", Some(("", "IMAGE", Some("app:1"), ""))),
            ("${IMAGE-app:1}", Some(("", "IMAGE", Some("app:1"), ""))),
            ("app:${TAG:?must be set}", Some(("app:", "TAG", None, ""))),
            ("${R}app:${TAG}", Some(("${R}app:", "TAG", None, ""))),
            ("${R:-r/}app:$TAG", Some(("${R:-r/}app:", "TAG", None, ""))),
            ("app:${TAG:+x}", None),
            ("app:${TAG#v}", None),
            ("app:${TAG/a/b}", None),
            ("${A:-${B}}", None),
            ("a$$b", None),
            ("app:1", None),
            ("app:${TAG", None),
            ("app:$", None),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        let values: Values = [("SET".to_owned(), "1".to_owned()), ("EMPTY".to_owned(), String::new())].into();
        let default = |text: &str| Some(default_of(text, &(0..text.len()), text, Style::Compose, &values)?.text);
        for (text, expected) in [
            ("app:${TAG:-1809}-x", Some("1809")),
            ("app:${TAG-1809}", Some("1809")),
            ("app:${EMPTY:-1809}", Some("1809")),
            ("app:${EMPTY-1809}", None),
            ("app:${SET:-1809}", None),
            ("${NONE}app:${TAG:-1809}", None),
            ("app:${TAG:-}", None),
        ] {
            assert_eq!(default(text).as_deref(), expected, "{text}");
        }
        let between = |written: &str, text: &str| -> Vec<(String, String, String)> {
            let texts = texts_between(written, &(0..written.len()), text, Style::Compose, &values);
            assert!(texts.iter().all(|one| written.get(one.span.clone()) == Some(one.text.as_str())), "{texts:?}");
            texts.into_iter().map(|one| (one.before, one.text, one.after)).collect()
        };
        let of = |before: &str, text: &str, after: &str| (before.to_owned(), text.to_owned(), after.to_owned());
        let both = [of("r/app:1", "-1809", ""), of("", "r/app:", "1-1809")];
        assert_eq!(between("'r/app:${SET}-1809'", "r/app:${SET}-1809"), both);
        assert_eq!(between("${SET:-x}/app:1809${EMPTY}", "${SET:-x}/app:1809${EMPTY}"), [of("1", "/app:1809", "")]);
        for text in ["app:1809", "${NONE}app:1809", "${SET%x}app:1809", "$${SET}"] {
            assert!(between(text, text).is_empty(), "{text}");
        }
        assert!(between("r/app:\\u0031${SET}", "r/app:1${SET}").is_empty());
        assert_eq!(others("${R}app:${TAG}").collect::<Vec<_>>(), ["R"]);
        assert_eq!(others("${R}app:${TAG#v}").collect::<Vec<_>>(), ["R", "TAG"]);
        assert_eq!(mentioned("$A-${B:-$C} $$ ${D").collect::<Vec<_>>(), ["A", "B", "C", "D"]);
    }
}
