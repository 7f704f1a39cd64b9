//! `.env` files as Compose reads them: a bare value is taken as it is, backslashes too.
//!
//! Source: compose-spec/compose-go dotenv.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use super::origin::{Origins, mentioned};
use super::words::{Style, Values, expand};
use super::{Editable, Lines};

/// Adds the values of a file to those that are known, which win and may be used in the file.
pub fn read(text: &str, known: &Values) -> Values {
    read_with_origins(text, Path::new(""), known).0
}

/// The same with the places of the values of the file at this path that are plain text, and that no other value of it uses.
pub fn read_with_origins(text: &str, path: &Path, known: &Values) -> (Values, Origins) {
    // What is known is seen by the lines of the file, and none of them changes it.
    let mut values = known.clone();
    let mut origins = Origins::new();
    let lines = Lines::of(text);
    let mut rest = text.trim_start_matches('\u{feff}');
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        let span = start..start + line.len();
        rest = behind;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let exported = line.strip_prefix("export").filter(|rest| rest.starts_with(char::is_whitespace));
        let line = exported.map_or(line, str::trim_start);
        let Some((name, value)) = line.split_once(['=', ':']) else { continue };
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || name.contains(char::is_whitespace) {
            continue;
        }
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                // A value in quotes may go on over several lines.
                let opened = value.get(1..).unwrap_or_default();
                let (inner, after) = match until(opened, quote) {
                    Some(inner) => (inner.to_owned(), rest),
                    None => match until(rest, quote) {
                        Some(more) => (format!("{opened}\n{more}"), rest.get(more.len() + 1..).unwrap_or_default()),
                        None => (value.to_owned(), rest),
                    },
                };
                rest = after;
                if quote == '\'' { Some(inner) } else { with_values(&unescaped(&inner), &values) }
            }
            _ => with_values(without_comment(value), &values),
        };
        origins.remove(name);
        if known.contains_key(name) {
            continue;
        }
        let Some(value) = value else {
            values.remove(name);
            continue;
        };
        if let Some(origin) = origin_of(text, &lines, span, &value) {
            origins.insert(name.to_owned(), Editable { file: Some(path.to_owned()), ..origin });
        }
        values.insert(name.to_owned(), value);
    }
    let used: BTreeSet<&str> = mentioned(text).collect();
    origins.retain(|name, _| !used.contains(name.as_str()));
    (values, origins)
}

/// The place of a value in its line, where it stands there as it is.
fn origin_of(text: &str, lines: &Lines<'_>, line: Range<usize>, value: &str) -> Option<Editable> {
    let written = text.get(line.clone())?;
    let start = line.start + written.find(['=', ':'])? + 1;
    let behind = text.get(start..line.end)?;
    let behind_blanks = behind.trim_start();
    let bare = match behind_blanks.chars().next() {
        Some(quote @ ('"' | '\'')) => behind_blanks.get(..until(behind_blanks.get(1..)?, quote)?.len() + 2)?,
        _ => without_comment(behind_blanks),
    };
    let from = start + behind.len() - behind.trim_start().len();
    lines.literal(from..from + bare.len(), value).filter(|_| !value.is_empty())
}

/// The text before a quote that no backslash stands before.
fn until(text: &str, quote: char) -> Option<&str> {
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if character == '\\' && quote == '"' {
            is_escaped = true;
        } else if character == quote {
            return text.get(..at);
        }
    }
    None
}

/// A bare value ends before a `#` behind a blank. A tab before it begins no comment.
fn without_comment(value: &str) -> &str {
    let is_comment = |at: &usize| value.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with(' '));
    let end = value.match_indices('#').map(|(at, _)| at).find(is_comment).unwrap_or(value.len());
    value.get(..end).unwrap_or_default().trim_end()
}

/// A text in double quotes without its escapes, as variables are looked for in it: a dollar that is text is written twice there.
fn unescaped(text: &str) -> String {
    let mut result = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, characters.clone().next()) {
            ('\\', Some('$')) => {
                characters.next();
                result.push_str("$$");
            }
            ('\\', Some(next @ ('"' | '\\' | 'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v'))) => {
                characters.next();
                result.push(match next {
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'v' => '\u{b}',
                    other => other,
                });
            }
            (other, _) => result.push(other),
        }
    }
    result
}

/// A value with those before it put in; `None` for one with a form that Compose does not have.
fn with_values(text: &str, values: &Values) -> Option<String> {
    let word = expand(text, Style::Compose, values);
    word.unknown.is_empty().then_some(word.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_people_write_them() {
        let text = "\u{feff}# a comment\r\nREGISTRY=registry.example/\r\nexport TAG = ltsc2022 # since May\r\n\
            LOCAL_DEPLOY_PATH=.\\docker\\deploy\\\r\nVCPKG=\"a # b\"    # why\r\nSINGLE='${TAG}'\r\nBOTH=${REGISTRY}app:${TAG}\r\n\
            EMPTY=\r\nSHARP=a#b\r\nYAML: value\r\nMULTI=\"one\ntwo\"\r\nAFTER=1\r\nno value\r\nESCAPED=\"a\\\"b\"\r\n\
            DOLLAR=\"\\${TAG}-$TAG\"\r\nexport\tTABBED=y\r\nexported=z\r\nNO_COMMENT=x\t# c\r\n";
        let values = read(text, &[("KNOWN".to_owned(), "k".to_owned())].into());
        for (name, value) in [
            ("REGISTRY", "registry.example/"),
            ("TAG", "ltsc2022"),
            ("LOCAL_DEPLOY_PATH", ".\\docker\\deploy\\"),
            ("VCPKG", "a # b"),
            ("SINGLE", "${TAG}"),
            ("BOTH", "registry.example/app:ltsc2022"),
            ("EMPTY", ""),
            ("SHARP", "a#b"),
            ("YAML", "value"),
            ("MULTI", "one\ntwo"),
            ("AFTER", "1"),
            ("ESCAPED", "a\"b"),
            ("DOLLAR", "${TAG}-ltsc2022"),
            ("TABBED", "y"),
            ("exported", "z"),
            ("NO_COMMENT", "x\t# c"),
            ("KNOWN", "k"),
        ] {
            assert_eq!(values.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert_eq!(values.len(), 17);
    }

    #[test]
    fn plain_values_have_a_place() {
        let text = "\u{feff}TAG = ltsc2022 # since May\r\nQUOTED=\"1809\"\t# x\r\nexport OLD='1803'\nUSED=1\nBOTH=a:${USED}\nKNOWN=2\nTWICE=1\nTWICE=2\nEMPTY=\n";
        let (_, origins) = read_with_origins(text, Path::new(".env"), &[("KNOWN".to_owned(), "k".to_owned())].into());
        let found: Vec<(&str, &str)> = origins.iter().map(|(name, origin)| (name.as_str(), &text[origin.span.clone()])).collect();
        assert_eq!(found, [("OLD", "1803"), ("QUOTED", "1809"), ("TAG", "ltsc2022"), ("TWICE", "2")]);
        assert_eq!(origins["TWICE"].span.start, text.rfind('2').unwrap());
    }

    #[test]
    fn the_environment_wins() {
        let known: Values = [("TAG".to_owned(), "1809".to_owned())].into();
        let values = read("TAG=ltsc2022\nIMAGE=a:${TAG}\nOPEN=\"a", &known);
        assert_eq!(values["TAG"], "1809");
        assert_eq!(values["IMAGE"], "a:1809");
        assert_eq!(values["OPEN"], "\"a");
    }

    #[test]
    fn a_value_with_a_form_that_compose_does_not_have_is_none() {
        let values = read("TAG=v1\nNEW=${TAG#v}\nOLD=1\nOLD=\"${TAG/v/}\"\nPLAIN='${TAG#v}'\nUSED=${NEW:-2}\n", &Values::new());
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(values, [("PLAIN", "${TAG#v}"), ("TAG", "v1"), ("USED", "2")]);
    }

    /// Each line sees those before it; going through all of them for each line would take minutes.
    #[test]
    fn long_files_end() {
        let line = |number: usize| format!("A{}=${{A{number}}}\n", number + 1);
        let text: String = std::iter::once("A0=x\n".to_owned()).chain((0..50_000).map(line)).collect();
        let (values, origins) = read_with_origins(&text, Path::new(".env"), &Values::new());
        assert_eq!((values.len(), values["A50000"].as_str(), origins.len()), (50_001, "x", 0));
    }
}
