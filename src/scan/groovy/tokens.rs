//! The words, texts and signs of Groovy.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::scan::words::Values;

/// The most words and signs of the parameters of one function.
const MOST_PARAMETERS: usize = 200;

/// The words that stand before the name of a function or of a variable, beside the names of classes.
const TYPES: [&str; 10] = ["def", "void", "int", "long", "boolean", "private", "public", "protected", "static", "final"];

/// A part of a Groovy text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Word {
        text: &'t str,
        at: usize,
    },
    /// A text in quotes, without them; three of them for one over several lines.
    Text {
        text: &'t str,
        at: usize,
        triple: bool,
    },
    Sign(char),
}

impl<'t> Token<'t> {
    /// The text of a word; empty for anything else.
    pub const fn word(&self) -> &'t str {
        match self {
            Self::Word { text, .. } => text,
            Self::Text { .. } | Self::Sign(_) => "",
        }
    }
}

/// The variables that are given a plain text once, by `def` or as a `String`, and nothing else.
pub(super) fn definitions(tokens: &[Token<'_>]) -> Values {
    let mut values = Values::new();
    let mut given: BTreeMap<&str, usize> = BTreeMap::new();
    let mut depth = 0_usize;
    for (number, token) in tokens.iter().enumerate() {
        let next = |ahead: usize| tokens.get(number + ahead);
        let is_next = |ahead: usize, sign: char| next(ahead) == Some(&Token::Sign(sign));
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        let name = token.word();
        let before = number.checked_sub(1).and_then(|at| tokens.get(at));
        let is_property = before == Some(&Token::Sign('.'));
        let is_declared = matches!(before.map(Token::word), Some("def" | "String"));
        let is_set = is_next(1, '=') && !is_next(2, '=') && !is_next(2, '~');
        let is_changed = is_next(2, '=') && (is_next(1, '+') || is_next(1, '-'));
        // A parameter of a closure, and the variable of a loop.
        let is_bound = (is_next(1, '-') && is_next(2, '>'))
            || next(1).map(Token::word) == Some("in")
            || (is_declared && !is_set && (is_next(1, ':') || is_next(1, ',') || is_next(1, ')')));
        if name.is_empty() || is_property || !(is_set || is_changed || is_bound) {
            continue;
        }
        *given.entry(name).or_default() += 1;
        let is_end = matches!(next(3), None | Some(Token::Word { .. } | Token::Sign(';' | '}')));
        if let Some(Token::Text { text, triple: false, .. }) = next(2)
            && is_set
            && is_declared
            && is_end
            && depth == 0
            && !text.contains(['$', '\\'])
        {
            values.insert(name.to_owned(), (*text).to_owned());
        }
    }
    let parameters = parameters(tokens);
    values.retain(|name, _| given.get(name.as_str()) == Some(&1) && !parameters.contains(name.as_str()));
    values
}

/// The names of the parameters of functions and closures, and those of the variables of loops.
pub(super) fn parameters<'t>(tokens: &[Token<'t>]) -> BTreeSet<&'t str> {
    let is_type = |word: &str| TYPES.contains(&word) || word.starts_with(char::is_uppercase);
    let mut names = BTreeSet::new();
    for (number, token) in tokens.iter().enumerate() {
        let (before, behind) = (tokens.get(..number).unwrap_or_default(), tokens.get(number + 1..).unwrap_or_default());
        let is_typed = before.last().is_some_and(|token| is_type(token.word()));
        match (token, behind) {
            (Token::Word { text, .. }, [Token::Word { text: "in", .. }, ..]) => _ = names.insert(*text),
            (Token::Word { text, .. }, [Token::Sign(':'), ..]) if is_typed => _ = names.insert(*text),
            (Token::Word { .. }, [Token::Sign('('), list @ ..]) if is_typed => names.extend(declared(list)),
            (Token::Sign('-'), [Token::Sign('>'), ..]) => {
                let listed = before.iter().rev().take_while(|token| !token.word().is_empty() || **token == Token::Sign(','));
                names.extend(listed.map(Token::word).filter(|word| !word.is_empty()));
            }
            _ => {}
        }
    }
    names
}

/// The parameters of a function, behind the bracket that opens their list; none where no block follows.
fn declared<'t>(list: &[Token<'t>]) -> Vec<&'t str> {
    let (mut names, mut depth) = (Vec::new(), 0_usize);
    for (at, token) in list.iter().enumerate().take(MOST_PARAMETERS) {
        let next = list.get(at + 1);
        match token {
            Token::Sign(')') if depth == 0 => return if next == Some(&Token::Sign('{')) { names } else { Vec::new() },
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
            Token::Word { text, .. } if depth == 0 && matches!(next, Some(Token::Sign(',' | ')' | '='))) => {
                let is_value = at.checked_sub(1).and_then(|before| list.get(before)) == Some(&Token::Sign(':'));
                if !is_value {
                    names.push(*text);
                }
            }
            Token::Word { .. } | Token::Text { .. } | Token::Sign(_) => {}
        }
    }
    Vec::new()
}

/// For the number of each bracket that opens that of the one which closes it; the number of all tokens where none does, and for the others.
pub(super) fn closings(tokens: &[Token<'_>]) -> Vec<usize> {
    let mut closings = vec![tokens.len(); tokens.len()];
    let mut open: Vec<usize> = Vec::new();
    for (number, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('{' | '(' | '[') => open.push(number),
            Token::Sign('}' | ')' | ']') => {
                if let Some(closing) = open.pop().and_then(|at| closings.get_mut(at)) {
                    *closing = number;
                }
            }
            Token::Sign(_) | Token::Word { .. } | Token::Text { .. } => {}
        }
    }
    closings
}

/// What an argument says, with `${NAME}` for each variable, the names of these, and the tokens behind it.
pub(super) fn argument<'a, 't>(tokens: &'a [Token<'t>]) -> (String, Vec<String>, &'a [Token<'t>]) {
    let (mut written, mut names) = (String::new(), Vec::new());
    let mut rest = tokens;
    loop {
        match rest {
            [Token::Text { text, .. }, behind @ ..] => {
                written.push_str(text);
                rest = behind;
            }
            [Token::Word { text, .. }, behind @ ..] => {
                let mut name = (*text).to_owned();
                rest = behind;
                while let [Token::Sign('.'), Token::Word { text, .. }, behind @ ..] = rest {
                    name.push('.');
                    name.push_str(text);
                    rest = behind;
                }
                written.push_str(&format!("${{{name}}}"));
                names.push(name);
            }
            _ => return (written, names, rest),
        }
        match rest {
            [Token::Sign('+'), behind @ ..] => rest = behind,
            _ => return (written, names, rest),
        }
    }
}

/// The words, texts and signs of a pipeline; comments left out.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        let length = if rest.starts_with("//") || (rest.starts_with("#!") && at == 0) {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' || first == '\'' {
            let (inner, end, triple) = quoted(rest, first);
            tokens.extend(rest.get(inner.clone()).map(|text| Token::Text { text, at: at + inner.start, triple }));
            end
        } else if first.is_alphanumeric() || first == '_' || first == '$' {
            let end = rest.find(|character: char| !(character.is_alphanumeric() || character == '_' || character == '$'));
            let end = end.unwrap_or(rest.len());
            tokens.extend(rest.get(..end).map(|text| Token::Word { text, at }));
            end
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Sign(first));
            }
            first.len_utf8()
        };
        at += length.max(1);
    }
    bracketed(&tokens)
}

/// The same with brackets around what a call of `docker` takes without them, e.g. `docker.build 'a', '-f b .'`. A block behind it, as in
/// `docker.withRegistry 'https://r.example', { … }`, stands behind the bracket.
fn bracketed<'t>(tokens: &[Token<'t>]) -> Vec<Token<'t>> {
    let mut all = Vec::with_capacity(tokens.len());
    let mut rest = tokens;
    while let [token, behind @ ..] = rest {
        all.push(token.clone());
        rest = behind;
        if !ends_with_call(&all) || !matches!(rest.first(), Some(Token::Text { .. })) {
            continue;
        }
        all.push(Token::Sign('('));
        loop {
            let (_, _, behind) = argument(rest);
            all.extend(rest.iter().take(rest.len() - behind.len()).cloned());
            rest = behind;
            match rest {
                [Token::Sign(','), Token::Text { .. } | Token::Word { .. }, ..] => {
                    all.push(Token::Sign(','));
                    rest = rest.get(1..).unwrap_or_default();
                }
                [Token::Sign(','), block @ ..] if block.first() == Some(&Token::Sign('{')) => {
                    rest = block;
                    break;
                }
                _ => break,
            }
        }
        all.push(Token::Sign(')'));
    }
    all
}

/// True if the last of these are the name of a call that takes an image, e.g. `docker.image`.
fn ends_with_call(tokens: &[Token<'_>]) -> bool {
    match tokens {
        [.., docker, Token::Sign('.'), name] => {
            docker.word() == "docker" && ["image", "build", "withRegistry"].contains(&name.word())
        }
        _ => false,
    }
}

/// The bytes within the quotes that a text begins with, the byte behind the last quote, and whether there are three of them. A text in
/// single quotes ends with its line at the latest.
fn quoted(text: &str, quote: char) -> (Range<usize>, usize, bool) {
    let three: String = [quote; 3].iter().collect();
    let triple = text.starts_with(&three);
    let start = if triple { 3 } else { 1 };
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(start) {
        if !triple && character == '\n' {
            return (start..at, at, false);
        }
        if is_escaped {
            is_escaped = false;
        } else if character == '\\' {
            is_escaped = true;
        } else if character == quote && (!triple || text.get(at..).is_some_and(|rest| rest.starts_with(&three))) {
            return (start..at, at + start, triple);
        }
    }
    (start..text.len(), text.len(), triple)
}
