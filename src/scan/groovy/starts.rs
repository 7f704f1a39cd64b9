//! What variables of pipelines of Jenkins hold: images that are started later, and what calls give.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{Token, parameters};
use super::{Options, Reader};

/// The calls that start an image.
const STARTS: [&str; 3] = ["inside", "run", "withRun"];

/// A call: the number of its name, that name, and the byte at which it stands.
pub(super) type Call<'t> = (usize, &'t str, usize);

/// The calls that start an image which a variable holds, as in `def a = docker.image('x')` and `a.inside('y') { }`: the numbers of their
/// names, by the number of the `docker` that gave the variable its image last.
pub(super) fn starts(tokens: &[Token<'_>]) -> BTreeMap<usize, Vec<usize>> {
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    let mut starts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, token) in tokens.iter().enumerate() {
        let name = token.word();
        if name.is_empty() {
            continue;
        }
        match tokens.get(number + 1..).unwrap_or_default() {
            [Token::Sign('='), Token::Sign('=' | '~'), ..] => {}
            [Token::Sign('='), docker, Token::Sign('.'), call, ..]
                if docker.word() == "docker" && ["image", "build"].contains(&call.word()) =>
            {
                held.insert(name, number + 2);
            }
            [Token::Sign('='), ..] => {
                held.remove(name);
            }
            [Token::Sign('.'), call, ..] if STARTS.contains(&call.word()) => {
                if let Some(docker) = held.get(name) {
                    starts.entry(*docker).or_default().push(number + 2);
                }
            }
            _ => {}
        }
    }
    starts
}

/// The variables that are given what a call gives, as in `def a = libraryResource('x')`.
pub(super) fn calls<'t>(tokens: &[Token<'t>]) -> BTreeMap<&'t str, Call<'t>> {
    let mut calls = BTreeMap::new();
    for (number, token) in tokens.iter().enumerate() {
        if let [Token::Sign('='), Token::Word { text, at }, Token::Sign('(') | Token::Text { .. }, ..] =
            tokens.get(number + 1..).unwrap_or_default()
            && !token.word().is_empty()
        {
            calls.insert(token.word(), (number + 2, *text, *at));
        }
    }
    calls
}

/// The numbers of the texts that variables are given, as in `def a = 'x'`, where that is one text.
pub(super) fn texts<'t>(tokens: &[Token<'t>]) -> BTreeMap<&'t str, usize> {
    let mut texts: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    for (number, name) in variables(tokens) {
        if let Some([Token::Sign('='), Token::Text { .. }, ..]) = tokens.get(number + 1..) {
            texts.entry(name).and_modify(|text| *text = None).or_insert(Some(number + 2));
        }
    }
    texts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}

/// The variables that are given a value once, and have the name of no parameter.
pub(super) fn once<'t>(tokens: &[Token<'t>]) -> BTreeSet<&'t str> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, name) in variables(tokens) {
        match tokens.get(number + 1..).unwrap_or_default() {
            [Token::Sign('='), Token::Sign('=' | '~'), ..] => {}
            [Token::Sign('='), ..] | [Token::Sign('+' | '-'), Token::Sign('='), ..] => *times.entry(name).or_default() += 1,
            _ => {}
        }
    }
    let parameters = parameters(tokens);
    times.into_iter().filter(|(name, times)| *times == 1 && !parameters.contains(name)).map(|(name, _)| name).collect()
}

/// The words that are not the property of anything, with their numbers.
fn variables<'t>(tokens: &[Token<'t>]) -> impl Iterator<Item = (usize, &'t str)> {
    tokens.iter().enumerate().filter_map(move |(number, token)| {
        let is_property = number.checked_sub(1).and_then(|before| tokens.get(before)) == Some(&Token::Sign('.'));
        Some((number, token.word())).filter(|(_, name)| !name.is_empty() && !is_property)
    })
}

/// The functions that a pipeline has itself: what they give stands in it.
pub(super) fn functions<'t>(tokens: &[Token<'t>]) -> BTreeSet<&'t str> {
    let is_type = |token: &Token<'_>| ["def", "String"].contains(&token.word());
    let named = tokens.windows(3).filter_map(|three| match three {
        [first, Token::Word { text, .. }, Token::Sign('(')] if is_type(first) => Some(*text),
        _ => None,
    });
    named.collect()
}

impl<'t> Reader<'_, 't> {
    /// How the image is started that a variable is given by the `docker` with this number: each call, and what it asks for.
    pub(super) fn started(&self, docker: usize) -> Vec<(&'t str, Options)> {
        let mut started: Vec<(&'t str, Options)> = Vec::new();
        for number in self.starts.get(&docker).into_iter().flatten() {
            let Some([name, behind @ ..]) = self.tokens.get(*number..) else { continue };
            let options = match behind {
                [Token::Sign('('), options @ ..] => self.options(options),
                [Token::Text { .. }, ..] => self.options(behind),
                _ => Options::default(),
            };
            let way = (name.word(), options);
            if !started.contains(&way) {
                started.push(way);
            }
        }
        started
    }
}
