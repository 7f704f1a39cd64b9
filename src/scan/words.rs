//! Variables in words, as the shell of BuildKit and Compose write them.
//!
//! Sources: moby/buildkit frontend/dockerfile/shell, compose-spec/compose-go template.

mod patterns;

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use self::patterns::{replaced, without_prefix, without_suffix};

/// The deepest nesting of `${A:-${B:-…}}` that is followed.
const DEEPEST: usize = 32;

/// The longest word that expansion makes, in bytes: a value that holds other values many times over ends here.
const LONGEST: usize = 64 << 10;

/// Values by name; a name may be known and have none.
pub type Values = BTreeMap<String, String>;

/// How a file writes variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A Dockerfile's words: quotes go away, and this character takes its meaning from the next one.
    Dockerfile {
        /// `\`, or a backtick where the file says so.
        escape: char,
    },
    /// A value in a Compose file: quotes are text, `$$` is a dollar, and there are no patterns.
    Compose,
    /// A text that a shell puts values in later, e.g. the script of a pipeline: quotes are text.
    Shell,
}

/// A word whose variables have their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// The text; a variable without a value is nothing.
    pub text: String,
    /// The variables that nobody gives a value, in the order in which they stand.
    pub missing: Vec<String>,
    /// What `${NAME:?text}` says of variables that must have a value, and have none.
    pub refused: Vec<String>,
    /// Variables with an operator that there is not, e.g. `${TAG#…}` in a Compose file.
    pub unknown: Vec<String>,
    /// The first dollar of a Compose file that begins no variable, e.g. `${TAG` without its brace, or `$1`.
    pub malformed: Option<String>,
}

/// What stands before and behind the name of a variable in a text in which those without a value are marked: a character that has no
/// meaning of its own.
pub const MARK: char = '\u{f8ff}';

/// Puts in the values.
pub fn expand(text: &str, style: Style, values: &Values) -> Word {
    expanded(text, style, values, false)
}

/// The same with the names of variables that have no value, each between two marks.
pub fn expand_marked(text: &str, style: Style, values: &Values) -> Word {
    expanded(text, style, values, true)
}

fn expanded(text: &str, style: Style, values: &Values, marks: bool) -> Word {
    let mut expander =
        Expander { characters: text.chars().peekable(), style, values, marks, word: Word::default(), malformed: None };
    expander.run(0, None);
    Word { malformed: expander.malformed, ..expander.word }
}

struct Expander<'a> {
    characters: Peekable<Chars<'a>>,
    style: Style,
    values: &'a Values,
    /// Variables without a value are marked.
    marks: bool,
    word: Word,
    malformed: Option<String>,
}

impl Expander<'_> {
    /// Reads until this character, or the end; true if that is what was wanted.
    fn run(&mut self, depth: usize, end: Option<char>) -> bool {
        let mut quote = None;
        while let Some(character) = self.characters.next() {
            if Some(character) == end && quote.is_none() {
                return true;
            }
            match (character, self.style) {
                (_, Style::Dockerfile { escape }) if character == escape && quote != Some('\'') => self.escaped(escape, quote),
                ('\'' | '"', Style::Dockerfile { .. }) if quote.is_none() => quote = Some(character),
                ('\'' | '"', Style::Dockerfile { .. }) if quote == Some(character) => quote = None,
                ('$', _) if quote != Some('\'') => self.variable(depth),
                _ => self.push(character),
            }
        }
        end.is_none()
    }

    fn push(&mut self, character: char) {
        if self.word.text.len() < LONGEST {
            self.word.text.push(character);
        }
    }

    fn push_all(&mut self, text: &str) {
        // A word that is full takes no more, however often a long value is put in.
        for character in text.chars() {
            if self.word.text.len() >= LONGEST {
                return;
            }
            self.push(character);
        }
    }

    /// Behind the escape character: within double quotes it is text before most characters.
    fn escaped(&mut self, escape: char, quote: Option<char>) {
        match (quote, self.characters.peek().copied()) {
            (_, None) => self.push(escape),
            (None, Some(next)) => {
                self.characters.next();
                self.push(next);
            }
            (Some(_), Some(next)) => {
                if ['"', '$', escape].contains(&next) {
                    self.characters.next();
                    self.push(next);
                } else {
                    self.push(escape);
                }
            }
        }
    }

    /// Behind a dollar.
    fn variable(&mut self, depth: usize) {
        match self.characters.peek().copied() {
            Some('{') => {
                self.characters.next();
                self.braced(depth + 1);
            }
            Some('$') if self.style == Style::Compose => {
                self.characters.next();
                self.push('$');
            }
            Some(next) if is_start(next) => {
                let name = self.name();
                self.put(&name);
            }
            next => {
                self.refuse(std::iter::once('$').chain(next).collect());
                self.push('$');
            }
        }
    }

    /// Notes what Compose takes for no variable, the first such.
    fn refuse(&mut self, form: String) {
        if self.style == Style::Compose && self.malformed.is_none() {
            self.malformed = Some(form);
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(next) = self.characters.next_if(|next| is_start(*next) || next.is_ascii_digit()) {
            name.push(next);
        }
        name
    }

    /// The value of a variable, or a note that it has none.
    fn put(&mut self, name: &str) {
        let values = self.values;
        match values.get(name) {
            Some(value) => self.push_all(value),
            None => self.miss(name.to_owned()),
        }
    }

    /// Notes that a variable has no value.
    fn miss(&mut self, name: String) {
        if self.marks {
            self.push_all(&format!("{MARK}{name}{MARK}"));
        }
        self.word.missing.push(name);
    }

    /// Behind `${`.
    fn braced(&mut self, depth: usize) {
        let name = self.name();
        if depth > DEEPEST {
            // Nothing behind it is read: the word cannot be known.
            self.characters = "".chars().peekable();
            self.miss(name);
            return;
        }
        if !name.starts_with(is_start) {
            let next = name.chars().next().or_else(|| self.characters.peek().copied());
            self.refuse("${".chars().chain(next).collect());
        }
        let values = self.values;
        let value = values.get(&name).map(String::as_str);
        let is_empty_too = self.characters.next_if_eq(&':').is_some();
        let is_given = value.is_some_and(|value| !is_empty_too || !value.is_empty());
        let Some(operator) = self.characters.next() else {
            self.refuse(format!("${{{name}"));
            self.miss(name);
            return;
        };
        match operator {
            '}' => self.put(&name),
            // A shell gives the variable the default as well: what stands here is the same.
            '-' | '=' if operator == '-' || self.style == Style::Shell => {
                let default = self.rest(depth, &name);
                match value {
                    Some(value) if is_given => self.push_all(value),
                    _ => self.take(default),
                }
            }
            '+' => {
                let instead = self.rest(depth, &name);
                if is_given {
                    self.take(instead);
                }
            }
            '?' => {
                let reason = self.rest(depth, &name);
                match value {
                    Some(value) if is_given => self.push_all(value),
                    _ => {
                        self.miss(name);
                        self.word.refused.push(reason.text);
                    }
                }
            }
            '#' | '%' if self.style != Style::Compose => {
                let is_longest = self.characters.next_if_eq(&operator).is_some();
                let pattern = self.rest(depth, &name).text;
                match value {
                    Some(value) if operator == '#' => self.push_all(without_prefix(value, &pattern, is_longest)),
                    Some(value) => self.push_all(without_suffix(value, &pattern, is_longest)),
                    None => self.miss(name),
                }
            }
            '/' if self.style != Style::Compose => {
                let is_everywhere = self.characters.next_if_eq(&'/').is_some();
                let (pattern, instead) = self.replacement(depth, &name);
                match value {
                    Some(value) => self.push_all(&replaced(value, &pattern, &instead, is_everywhere)),
                    None => self.miss(name),
                }
            }
            _ => {
                self.rest(depth, &name);
                let colon = if is_empty_too { ":" } else { "" };
                self.word.unknown.push(format!("${{{name}{colon}{operator}…}}"));
                self.miss(name);
            }
        }
    }

    /// What stands before the brace that ends this variable, expanded.
    fn rest(&mut self, depth: usize, name: &str) -> Word {
        self.within(|expander| {
            if !expander.run(depth, Some('}')) {
                expander.refuse(format!("${{{name}"));
            }
        })
    }

    /// `pattern/instead}`.
    fn replacement(&mut self, depth: usize, name: &str) -> (String, String) {
        let pattern = self.within(|expander| {
            while let Some(next) = expander.characters.next_if(|next| !['/', '}'].contains(next)) {
                match (next, expander.characters.peek().copied()) {
                    ('\\', Some(escaped)) => {
                        expander.characters.next();
                        expander.push(escaped);
                    }
                    ('$', _) => expander.variable(depth),
                    _ => expander.push(next),
                }
            }
        });
        let instead = match self.characters.next() {
            Some('/') => self.rest(depth, name).text,
            _ => String::new(),
        };
        (pattern.text, instead)
    }

    /// A word of its own, read from here.
    fn within(&mut self, read: impl FnOnce(&mut Self)) -> Word {
        let outer = std::mem::take(&mut self.word);
        read(self);
        std::mem::replace(&mut self.word, outer)
    }

    fn take(&mut self, word: Word) {
        self.push_all(&word.text);
        self.word.missing.extend(word.missing);
        self.word.refused.extend(word.refused);
        self.word.unknown.extend(word.unknown);
    }
}

const fn is_start(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn dockerfile(text: &str) -> Word {
        let values = values(&[("TAG", "ltsc2022"), ("EMPTY", ""), ("PATH_", "a/b/c.d.e"), ("REPEATED", "aXbXc")]);
        expand(text, Style::Dockerfile { escape: '`' }, &values)
    }

    #[test]
    fn every_form_of_a_dockerfile() {
        for (text, expected) in [
            ("server:$TAG", "server:ltsc2022"),
            ("server:${TAG}-x", "server:ltsc2022-x"),
            ("server:\"${TAG}\"", "server:ltsc2022"),
            ("'server:${TAG}'", "server:${TAG}"),
            ("\"a'b$TAG\"", "a'bltsc2022"),
            ("server:${NONE:-1809}", "server:1809"),
            ("server:${NONE-1809}", "server:1809"),
            ("server:${EMPTY:-1809}", "server:1809"),
            ("server:${EMPTY-1809}", "server:"),
            ("server:${TAG:+new}", "server:new"),
            ("server:${EMPTY:+new}x", "server:x"),
            ("server:${EMPTY+new}", "server:new"),
            ("server:${NONE:-${TAG}}", "server:ltsc2022"),
            ("server:${NONE:-${OTHER:-a}b}c", "server:abc"),
            ("${PATH_#*/}", "b/c.d.e"),
            ("${PATH_##*/}", "c.d.e"),
            ("${PATH_%.*}", "a/b/c.d"),
            ("${PATH_%%.*}", "a/b/c"),
            ("${PATH_#x}", "a/b/c.d.e"),
            ("${REPEATED/X/-}", "a-bXc"),
            ("${REPEATED//X/-}", "a-b-c"),
            ("${REPEATED//X}", "abc"),
            ("`$TAG", "$TAG"),
            ("a`b", "ab"),
            ("cost$", "cost$"),
            ("$1", "$1"),
        ] {
            let word = dockerfile(text);
            assert_eq!((word.text.as_str(), word.missing.len()), (expected, 0), "{text}");
        }
    }

    #[test]
    fn a_variable_without_a_value_is_named() {
        for (text, missing) in [
            ("server:$NONE", "NONE"),
            ("server:${NONE}", "NONE"),
            ("${NONE}${NONE:-x}", "NONE"),
            ("${NONE#x}", "NONE"),
            ("${NONE/x/y}", "NONE"),
            ("${NONE", "NONE"),
            ("${NONE:?must be set}", "NONE"),
            ("${A:-${NONE}}", "NONE"),
        ] {
            assert_eq!(dockerfile(text).missing, [missing], "{text}");
        }
        assert_eq!(dockerfile("${NONE:?must be set}").refused, ["must be set"]);
    }

    #[test]
    fn variables_without_a_value_are_marked() {
        let marked = |text| expand_marked(text, Style::Compose, &values(&[("TAG", "1")])).text.replace(MARK, "|");
        for (text, expected) in
            [("a:${NONE}-${TAG}", "a:|NONE|-1"), ("a:${NONE:-x}${B:-$C}", "a:x|C|"), ("a:${NONE:?must}$$A", "a:|NONE|$A")]
        {
            assert_eq!(marked(text), expected, "{text}");
        }
    }

    #[test]
    fn compose_keeps_quotes_and_doubles_dollars() {
        let values = values(&[("REGISTRY", "registry.example/")]);
        for (text, expected) in [
            ("${REGISTRY}app:$$TAG", "registry.example/app:$TAG"),
            ("\"${REGISTRY}\"", "\"registry.example/\""),
            ("${NONE:-${REGISTRY}x}", "registry.example/x"),
            ("a\\b", "a\\b"),
        ] {
            assert_eq!(expand(text, Style::Compose, &values).text, expected, "{text}");
        }
    }

    /// compose-go: `-`, `?` and `+`, each with a colon before it or without.
    #[test]
    fn compose_has_no_patterns() {
        let values = values(&[("TAG", "v1")]);
        for (text, unknown) in [
            ("a:${TAG#v}", "${TAG#…}"),
            ("a:${TAG##v}", "${TAG#…}"),
            ("a:${TAG%1}", "${TAG%…}"),
            ("a:${TAG/v/w}", "${TAG/…}"),
            ("a:${TAG^^}", "${TAG^…}"),
            ("a:${TAG:1}", "${TAG:1…}"),
            ("a:${NONE:-${TAG#v}}", "${TAG#…}"),
        ] {
            assert_eq!(expand(text, Style::Compose, &values).unknown, [unknown], "{text}");
        }
        for (text, expected) in
            [("${TAG:-1#2}", "v1"), ("${NONE-a/b}", "a/b"), ("${TAG+x%y}", "x%y"), ("${TAG:?no #}", "v1"), ("$$TAG#", "$TAG#")]
        {
            let word = expand(text, Style::Compose, &values);
            assert_eq!((word.text.as_str(), word.unknown.len()), (expected, 0), "{text}");
        }
        for (text, expected) in [
            ("${TAG#v}", "1"),
            ("${TAG/v/w}", "w1"),
            ("'${TAG}'", "'v1'"),
            ("${TAG:=w}${NONE:=x}", "v1x"),
            ("${TAG=w}${NONE=x}", "v1x"),
        ] {
            let word = expand(text, Style::Shell, &values);
            assert_eq!((word.text.as_str(), word.missing.len()), (expected, 0), "{text}");
        }
        assert_eq!(expand("${TAG:=w}", Style::Compose, &values).unknown, ["${TAG:=…}"]);
        assert_eq!(dockerfile("${TAG:=w}").unknown, ["${TAG:=…}"]);
    }

    /// compose-go: a dollar begins a variable or is one of two; `${` has a name and a brace at its end.
    #[test]
    fn compose_refuses_a_dollar_that_begins_no_variable() {
        let values = values(&[("TAG", "v1")]);
        for (text, malformed) in [
            ("a:${TAG", "${TAG"),
            ("a:${TAG:-x", "${TAG"),
            ("a:${NONE:-${TAG}", "${NONE"),
            ("a:${NONE:-${TAG", "${TAG"),
            ("a:${TAG:-$1}", "$1"),
            ("a:${}", "${}"),
            ("a:${1}", "${1"),
            ("a:$1", "$1"),
            ("a:$$$", "$"),
            ("$(TAG)", "$("),
        ] {
            assert_eq!(expand(text, Style::Compose, &values).malformed.as_deref(), Some(malformed), "{text}");
            assert_eq!(expand(text, Style::Shell, &values).malformed, None, "{text}");
        }
        for text in ["a:$$", "a:$TAG$$", "${TAG:-$$1}", "${TAG:-a{b}c", "a}", "$_"] {
            assert_eq!(expand(text, Style::Compose, &values).malformed, None, "{text}");
        }
    }

    #[test]
    fn hostile_words_end() {
        let deep = "${A:-".repeat(100_000);
        expand(&deep, Style::Compose, &Values::new());
        let values = values(&[("A", &"a".repeat(60_000))]);
        let long = expand(&"$A".repeat(1000), Style::Compose, &values);
        assert!(long.text.len() <= LONGEST);
        expand("${A//a*a*a*a*a*a*b/x}", Style::Compose, &values);
        // Each of them would take a day if the value were gone through for each.
        expand(&"$A${A}${A:-x}".repeat(500_000), Style::Compose, &values);
    }
}
