//! What pipelines of Jenkins build: the Dockerfile of an agent, and `docker.build`.

use super::tokens::{Token, argument};
use super::{Reader, joined, settings};
use crate::scan::compose;
use crate::scan::paths::is_elsewhere;
use crate::scan::pipelines::Built;
use crate::scan::placeholder::meant;
use crate::scan::words::Values;
use crate::scan::{Asked, Meant, platform_of};

impl<'t> Reader<'_, 't> {
    /// Adds the Dockerfile of an agent: `dockerfile { filename 'F'; dir 'D'; additionalBuildArgs '--build-arg A=B' }`. One that has the
    /// usual name, and to which nothing is given, is a file like others.
    pub(super) fn agent(&mut self, number: usize, block: &[Token<'t>]) {
        let (mut name, mut folder, mut options, mut isolation) = (None, String::new(), String::new(), None);
        let mut values = &self.values;
        for (key, value) in settings(block) {
            match key {
                "filename" => name = Some(argument(value).0),
                "dir" => folder = argument(value).0,
                "additionalBuildArgs" => (options, values) = (argument(value).0, self.values_of(value)),
                "args" => isolation = self.options(value).isolation,
                _ => {}
            }
        }
        if name.is_none() && options.is_empty() && isolation.is_none() {
            return;
        }
        let at = self.at(number);
        let mut built = Built::of("pipeline", self.lines.place(at..at));
        built.build.started_in = isolation;
        given(&options, values, &mut built);
        built.file = meant(&joined(&folder, name.as_deref().unwrap_or("Dockerfile")), &self.values);
        self.read.built.push(built);
    }

    /// Adds what `docker.build('NAME', 'OPTIONS FOLDER')` makes, in this folder.
    pub(super) fn call(&mut self, number: usize, behind: &[Token<'t>], folder: &str) {
        let (name, _, rest) = argument(behind);
        let name = match self.meant(&name, behind) {
            Meant::Known(name) => Some(name),
            _ => None,
        };
        let (options, values, rest) = match rest {
            [Token::Sign(','), tokens @ ..] => {
                let (options, _, rest) = argument(tokens);
                (options, self.values_of(tokens), rest)
            }
            _ => (String::new(), &self.values, rest),
        };
        let at = self.at(number);
        let mut built = Built::of("pipeline", self.lines.place(at..at));
        let (method, direct) = self.method(rest);
        let started = if method.is_empty() { self.started(number.saturating_sub(3)) } else { Vec::new() };
        let mut isolations: Vec<Option<Asked>> = Vec::new();
        for (_, options) in started {
            if !isolations.contains(&options.isolation) {
                isolations.push(options.isolation);
            }
        }
        if isolations.is_empty() {
            isolations.push(direct.isolation);
        }
        built.makes.extend(name);
        let (file, context) = given(&options, values, &mut built);
        let context = context.unwrap_or_else(|| ".".to_owned());
        let file = match file {
            Some(file) => joined(folder, &file),
            // What is elsewhere is built from there.
            None if is_elsewhere(&context) => context,
            None => joined(folder, &joined(&context, "Dockerfile")),
        };
        built.file = meant(&file, &self.values);
        self.read.made.extend(built.makes.iter().cloned());
        if options.is_empty() && isolations.iter().all(Option::is_none) {
            return;
        }
        // One build for each way in which the image is started.
        for started_in in isolations {
            let mut built = built.clone();
            built.build.started_in = started_in;
            self.read.built.push(built);
        }
    }

    /// The byte of the word before a bracket.
    pub(super) fn at(&self, number: usize) -> usize {
        match self.before(number, 1) {
            Some(Token::Word { at, .. } | Token::Text { at, .. }) => *at,
            _ => 0,
        }
    }
}

/// Takes the options of `docker build` over; gives the Dockerfile and the folder that they name, as they are written.
fn given(options: &str, values: &Values, built: &mut Built) -> (Option<String>, Option<String>) {
    let (mut file, mut context) = (None, None);
    let mut words = options.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
    while let Some(word) = words.next() {
        let (option, value) = word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
        match option {
            "--build-arg" => {
                let Some((name, value)) = value.or_else(|| words.next()).and_then(|given| given.split_once('=')) else {
                    continue;
                };
                match meant(value.trim_matches(['"', '\'']), values) {
                    Meant::Known(value) => drop(built.build.arguments.insert(name.to_owned(), value)),
                    open => drop(built.build.open.insert(name.to_owned(), open)),
                }
            }
            "--isolation" => {
                let asked = |word: &str| compose::asked(word.trim_matches(['"', '\'']));
                built.build.built_in = value.or_else(|| words.next()).and_then(asked);
            }
            "--target" => built.build.targets.extend(value.or_else(|| words.next()).map(str::to_owned)),
            "-f" | "--file" => file = value.or_else(|| words.next()).map(str::to_owned),
            "--platform" => {
                let platform = value.or_else(|| words.next()).map(platform_of);
                (built.build.os, built.build.processor) = platform.unwrap_or_default();
            }
            _ if option.starts_with('-') => {}
            // The last word is the folder.
            _ => context = Some(word.to_owned()),
        }
    }
    (file, context)
}
