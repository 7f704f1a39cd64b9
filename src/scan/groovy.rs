//! Pipelines of Jenkins: pods in the texts of Groovy, and the images that `docker` names and builds.
//!
//! Sources: jenkinsci/kubernetes-plugin, docker-workflow-plugin (`Docker.groovy`, `WithContainerStep`), docker-plugin (`DockerAgent`,
//! `DockerNodeStep`) and docker-commons-plugin (`DockerRegistryEndpoint`), their own references.

mod builds;
mod fields;
mod matrix;
mod pods;
mod starts;
mod templates;
mod tokens;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use self::matrix::{Matrix, matrices};
use self::pods::{Pod, Unled};
use self::starts::{Call, calls, functions, once, starts, texts};
use self::templates::Pods;
use self::tokens::{Token, argument, closings, definitions, tokens};
use super::kubernetes::Known;
use super::pipelines::Built;
use super::placeholder::meant;
use super::words::Values;
use super::{Asked, Editable, Found, IsolatedBy, Lands, Lines, Meant, Needs, Note, Os, Place, platform_of_options};
use crate::Architecture;
use crate::placeholder::first;

/// The most images that the matrices of one pipeline give.
const MOST_OF_MATRICES: usize = 10_000;

/// The most words and signs of one block with settings.
const MOST_SETTINGS: usize = 200;

/// The longest address of a registry, and the longest path of a folder, in bytes: they count for all that is in a block.
const LONGEST: usize = 256;

/// What a pipeline says.
#[derive(Default)]
pub struct Read {
    /// The references.
    pub found: Vec<Found>,
    /// The Dockerfiles that it builds which are called otherwise, or are given arguments.
    pub built: Vec<Built>,
    /// The names of the images that it builds.
    pub made: Vec<String>,
    /// The files with the YAML of its pods.
    pub pod_files: Vec<PodFile>,
    /// What is not followed.
    pub notes: Vec<Note>,
}

/// A file with the YAML of a pod.
pub struct PodFile {
    /// Its path, from the top of the repository.
    pub file: Meant,
    /// Where the pipeline names it.
    pub place: Place,
    /// The pod.
    pub pod: Pod,
}

/// What options of `docker run` ask for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Options {
    isolation: Option<Asked>,
    os: Os,
    processor: Option<Architecture>,
}

/// What counts within a bracket.
#[derive(Clone, Default)]
struct Within {
    /// The host that stands before the names of images; `None` for that of Docker Hub.
    registry: Option<Meant>,
    /// The options of the block of an agent.
    options: Options,
    /// The folder, as it is written; empty for the top of the repository.
    folder: String,
    /// The pods that it is in: templates in the block of this one may make several.
    pods: Rc<[Rc<Pod>]>,
}

/// An open bracket: the word before it, and what counts within it.
struct Open<'t> {
    word: &'t str,
    within: Rc<Within>,
}

/// The blocks that hold the image of an agent.
const BLOCKS: [&str; 3] = ["docker", "containerTemplate", "dockerContainer"];

/// The steps that run others in a container.
const STEPS: [&str; 2] = ["withDockerContainer", "dockerNode"];

/// The reason why an image stays that is made from variables.
const MADE: &str = "it is made from variables, which the steps of the pipeline see too";

/// The sign that stands for a dollar behind a backslash while a text is read. It has as many bytes as these, so places stay as they are.
const ESCAPED: &str = "\u{a4}";

/// The calls that run an image by the name that it was given, whatever the registry is.
const AS_NAMED: [&str; 2] = ["run", "withRun"];

/// The references of a pipeline, and what it builds.
pub fn read(text: &str, known: &Known) -> Read {
    let tokens = tokens(text);
    let mut values = definitions(&tokens);
    values.extend(known.values.clone());
    let knowns = [false, true].map(|is_own| {
        let values = if is_own { &values } else { &known.values };
        let of = |unled: Unled| Rc::new(Known { values: values.clone(), unled: unled.lands(), ..known.clone() });
        BTreeMap::from([Unled::Anywhere, Unled::Linux, Unled::Cloud, Unled::Unknown].map(|unled| (unled, of(unled))))
    });
    let mut reader = Reader {
        tokens: &tokens,
        closings: closings(&tokens),
        lines: Lines::of(text),
        values,
        given: &known.values,
        matrices: matrices(&tokens),
        starts: starts(&tokens),
        calls: calls(&tokens),
        functions: functions(&tokens),
        texts: texts(&tokens),
        once: once(&tokens),
        knowns,
        pods: Pods::default(),
        noted: BTreeSet::new(),
        left: Cell::new(MOST_OF_MATRICES),
        open: Vec::new(),
        called: None,
        read: Read::default(),
    };
    reader.pods = reader.all_pods();
    for (number, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('{' | '(' | '[') => reader.opened(number),
            Token::Sign('}' | ')' | ']') => reader.closed(),
            Token::Sign(_) => reader.called = None,
            Token::Word { .. } | Token::Text { .. } => {
                reader.called = None;
                if reader.is_image(number) {
                    reader.image(number);
                } else if let Token::Text { text: inner, at, triple } = token
                    && (*triple || reader.is_yaml(number) || reader.pods.of_text(number).is_some())
                {
                    reader.text(number, (*inner, *at, *triple));
                }
            }
        }
    }
    pods::bound(&mut reader.read);
    reader.read
}

struct Reader<'r, 't> {
    tokens: &'r [Token<'t>],
    /// For the number of each bracket that opens that of the one which closes it.
    closings: Vec<usize>,
    lines: Lines<'t>,
    /// Those of variables that have one plain text, and those that are given.
    values: Values,
    /// Those that are given.
    given: &'r Values,
    /// The matrices of stages, the inner ones first.
    matrices: Vec<Matrix>,
    /// The images that these may still give.
    left: Cell<usize>,
    /// The calls that start the images of variables: the numbers of their names, by those of the `docker` that gives the variable its image.
    starts: BTreeMap<usize, Vec<usize>>,
    /// The variables that are given what a call gives.
    calls: BTreeMap<&'t str, Call<'t>>,
    /// The functions of the pipeline itself.
    functions: BTreeSet<&'t str>,
    /// The numbers of the texts that variables are given, where that is one text.
    texts: BTreeMap<&'t str, usize>,
    /// The variables that are given a value once.
    once: BTreeSet<&'t str>,
    /// What is known of texts without values of the pipeline's own variables, and of those with them.
    knowns: [BTreeMap<Unled, Rc<Known>>; 2],
    /// The pods.
    pods: Pods,
    /// The bytes of the calls of which it is noted that they are not followed.
    noted: BTreeSet<usize>,
    open: Vec<Open<'t>>,
    /// What counts in the block behind a call that was just closed.
    called: Option<Rc<Within>>,
    read: Read,
}

impl<'t> Reader<'_, 't> {
    /// The token this many before one.
    fn before(&self, number: usize, back: usize) -> Option<&Token<'t>> {
        number.checked_sub(back).and_then(|at| self.tokens.get(at))
    }

    fn word(&self, number: usize, back: usize) -> &'t str {
        self.before(number, back).map(Token::word).unwrap_or_default()
    }

    fn is_sign(&self, number: usize, back: usize, sign: char) -> bool {
        self.before(number, back) == Some(&Token::Sign(sign))
    }

    /// The word before an open bracket, counted from the innermost.
    fn around(&self, number: usize) -> &'t str {
        self.open.iter().rev().nth(number).map(|open| open.word).unwrap_or_default()
    }

    /// True for what `docker.image(…)` takes.
    fn is_called(&self, number: usize) -> bool {
        self.is_sign(number, 1, '(')
            && self.word(number, 2) == "image"
            && self.is_sign(number, 3, '.')
            && self.word(number, 4) == "docker"
    }

    /// The block of an agent whose image this is, with brackets around it or without.
    fn block(&self, number: usize) -> Option<&'t str> {
        let block = match self.is_sign(number, 1, '(') {
            true if self.word(number, 2) == "image" => self.around(1),
            false if self.word(number, 1) == "image" => self.around(0),
            // `docker image: 'a'`
            false if self.is_named(number) && self.word(number, 3) == "docker" => self.word(number, 3),
            _ => return None,
        };
        BLOCKS.contains(&block).then_some(block)
    }

    /// True for a name with its value behind it, e.g. `image` in `image: 'a'`.
    fn is_name(&self, number: usize) -> bool {
        self.tokens.get(number + 1) == Some(&Token::Sign(':'))
    }

    /// True for the value in `image: 'a'`.
    fn is_named(&self, number: usize) -> bool {
        self.is_sign(number, 1, ':') && self.word(number, 2) == "image"
    }

    /// True for the image of `withDockerContainer('a')` or `withDockerContainer(image: 'a')`.
    fn is_step(&self, number: usize) -> bool {
        let is_step = |word: &str| STEPS.contains(&word);
        let is_first = self.is_sign(number, 1, '(') && is_step(self.word(number, 2)) && !self.is_name(number);
        let is_bare = is_step(self.word(number, 1)) && matches!(self.tokens.get(number), Some(Token::Text { .. }));
        is_first || is_bare || (self.is_named(number) && (is_step(self.around(0)) || is_step(self.word(number, 3))))
    }

    fn is_image(&self, number: usize) -> bool {
        let is_template = || self.is_named(number) && self.open.iter().any(|open| open.word == "containerTemplate");
        // A word may stand before its own name in any text: as an agent it is an image.
        let is_bare = || {
            self.word(number, 1) == "docker"
                && !(self.word(number, 0) == "image" && self.is_name(number))
                && (matches!(self.tokens.get(number), Some(Token::Text { .. })) || self.around(0) == "agent")
        };
        self.is_called(number) || self.block(number).is_some() || self.is_step(number) || is_template() || is_bare()
    }

    /// What counts within the innermost bracket.
    fn within(&self) -> Rc<Within> {
        self.open.last().map(|open| Rc::clone(&open.within)).unwrap_or_default()
    }

    fn opened(&mut self, number: usize) {
        let (word, is_block) = (self.word(number, 1), self.tokens.get(number) == Some(&Token::Sign('{')));
        let behind = self.tokens.get(number + 1..).unwrap_or_default();
        let outer = self.within();
        let called = self.called.take().filter(|_| is_block);
        let within = match word {
            "docker" if is_block => Rc::new(self.of_block(behind, &outer)),
            "withRegistry" if !is_block => Rc::new(Within { registry: self.registry(behind), ..outer.as_ref().clone() }),
            "dir" if !is_block => {
                let folder = Some(joined(&outer.folder, &argument(behind).0)).filter(|folder| folder.len() <= LONGEST);
                Rc::new(Within { folder: folder.unwrap_or_default(), ..outer.as_ref().clone() })
            }
            "kubernetes" | "podTemplate" if self.tokens.get(number) != Some(&Token::Sign('[')) => {
                Rc::new(Within { pods: self.pods.in_bracket(number), ..outer.as_ref().clone() })
            }
            _ => called.unwrap_or(outer),
        };
        if word == "dockerfile" && is_block {
            self.agent(number, behind);
        } else if word == "build" && !is_block && self.is_sign(number, 2, '.') && self.word(number, 3) == "docker" {
            self.call(number, behind, &within.folder);
        }
        self.open.push(Open { word, within });
    }

    fn closed(&mut self) {
        let closed = self.open.pop().filter(|closed| ["withRegistry", "dir"].contains(&closed.word));
        self.called = closed.map(|closed| closed.within);
    }

    /// What counts in the block of an agent: `docker { image 'a'; args '--isolation=hyperv'; registryUrl 'https://r.example' }`.
    fn of_block(&self, block: &[Token<'_>], outer: &Within) -> Within {
        let mut within = Within { options: Options::default(), ..outer.clone() };
        for (key, value) in settings(block) {
            match key {
                "args" => within.options = self.options(value),
                "registryUrl" => within.registry = self.registry(value),
                _ => {}
            }
        }
        within
    }

    /// True for a text from this byte on into which Groovy puts the values of variables: one in double quotes.
    fn takes_values(&self, at: usize) -> bool {
        self.lines.text().get(..at).is_some_and(|before| before.ends_with('"'))
    }

    /// What is known of a text, into which Groovy puts its own values or not, of a pod that lands so where it says nothing of its nodes.
    fn known(&self, is_own: bool, unled: Unled) -> Rc<Known> {
        let [given, own] = &self.knowns;
        (if is_own { own } else { given }).get(&unled).cloned().unwrap_or_default()
    }

    /// The values that count for the argument that these tokens begin with. Into a text in single quotes a shell may put others later.
    fn values_of(&self, tokens: &[Token<'_>]) -> &Values {
        if self.is_left_to_shell(tokens) { self.given } else { &self.values }
    }

    /// True for an argument with a variable in single quotes.
    fn is_left_to_shell(&self, tokens: &[Token<'_>]) -> bool {
        let (_, _, rest) = argument(tokens);
        let mut own = tokens.iter().take(tokens.len() - rest.len());
        let is_open = |token: &Token<'_>| match token {
            Token::Text { text, at, .. } => text.contains('$') && !self.takes_values(*at),
            Token::Word { .. } | Token::Sign(_) => false,
        };
        own.any(is_open)
    }

    /// What this text means, which these tokens begin with as an argument.
    fn meant(&self, text: &str, tokens: &[Token<'_>]) -> Meant {
        meant_of(text, self.values_of(tokens), self.given)
    }

    /// What an argument asks for that has options of `docker run`.
    fn options(&self, tokens: &[Token<'_>]) -> Options {
        let Meant::Known(options) = self.meant(&argument(tokens).0, tokens) else { return Options::default() };
        let (os, processor) = platform_of_options(&options);
        Options { isolation: Asked::of_options(&options), os, processor }
    }

    /// What `args` ask for beside an image, in the same brackets: `image: 'a', args: '--isolation=hyperv'`.
    fn options_beside(&self, number: usize) -> Option<Options> {
        let start = number.saturating_sub(MOST_SETTINGS);
        let before = self.tokens.get(start..number)?;
        let call = self.tokens.get(start + before.iter().rposition(|token| *token == Token::Sign('('))?..)?;
        let length = call.iter().take(2 * MOST_SETTINGS).take_while(|token| **token != Token::Sign(')')).count();
        let is_args =
            |at: &usize| call.get(at - 1) == Some(&Token::Sign(':')) && call.get(at - 2).map(Token::word) == Some("args");
        Some(self.options(call.get((2..length).find(is_args)?..)?))
    }

    /// The host of the registry whose address this argument is; `None` for that of Docker Hub.
    fn registry(&self, tokens: &[Token<'_>]) -> Option<Meant> {
        let written = Some(argument(tokens).0).filter(|address| address.len() <= LONGEST)?;
        match self.meant(&written, tokens) {
            Meant::Known(address) => Some(host_of(&address)).filter(|host| !host.is_empty()).map(Meant::Known),
            open => Some(open),
        }
    }

    /// What is called on the value of a call with these tokens behind its argument, e.g. `inside` in `docker.image('a').inside('b')`, and what
    /// it asks for.
    fn method(&self, behind: &[Token<'t>]) -> (&'t str, Options) {
        match behind {
            [Token::Sign(')'), Token::Sign('.'), Token::Word { text, .. }, Token::Sign('('), options @ ..] => {
                (text, self.options(options))
            }
            [Token::Sign(')'), Token::Sign('.'), Token::Word { text, .. }, ..] => (text, Options::default()),
            _ => ("", Options::default()),
        }
    }

    /// Adds the image of an argument: a text, a variable, or several of these with `+` between them. Of any other expression the first
    /// variable is named.
    fn image(&mut self, number: usize) {
        let tokens = self.tokens.get(number..).unwrap_or_default();
        let (Some(Token::Text { text, at, .. } | Token::Word { text, at }), (written, names, rest)) =
            (tokens.first(), argument(tokens))
        else {
            return;
        };
        if written.is_empty() {
            return;
        }
        let is_whole = matches!(
            rest.first(),
            None | Some(Token::Word { .. } | Token::Text { .. } | Token::Sign(')' | ']' | '}' | ',' | ';'))
        );
        let meant = match names.first() {
            Some(name) if !is_whole => Meant::Unresolved(vec![name.clone()]),
            _ => self.meant(&written, tokens),
        };
        let (within, is_called) = (self.within(), self.is_called(number));
        let is_of_agent = self.block(number) == Some("docker");
        let way = if is_called {
            self.method(rest)
        } else if self.is_step(number) {
            ("", self.options_beside(number).unwrap_or_default())
        } else if is_of_agent {
            ("", within.options)
        } else {
            ("", Options::default())
        };
        // A variable may hold the image, and start it in several ways.
        let started = if is_called && way.0.is_empty() { self.started(number.saturating_sub(4)) } else { Vec::new() };
        let ways = if started.is_empty() { vec![way] } else { started };
        // The plugins of Kubernetes and of Docker's own agents have no options.
        let isolated_by = if is_called {
            IsolatedBy::Inside
        } else if self.open.iter().any(|open| open.word == "containerTemplate") {
            IsolatedBy::Kubelet
        } else if self.block(number).is_some_and(|block| block != "docker") {
            IsolatedBy::Unknown
        } else {
            IsolatedBy::Args
        };
        // A container of a pod runs on each node that the pod can land on.
        let is_of_pod = isolated_by == IsolatedBy::Kubelet;
        let needs = if is_of_pod { Needs::EveryHost } else { Needs::OneHost };
        let pods: Vec<Option<&Pod>> = match &*within.pods {
            of_pod @ [_, ..] if is_of_pod => of_pod.iter().map(|pod| Some(pod.as_ref())).collect(),
            _ => vec![None],
        };
        let anywhere = if is_of_pod { Unled::Unknown.lands().unwrap_or_default() } else { Lands::Fleet };
        let span = *at..*at + text.len();
        let editable = if names.is_empty() { self.lines.literal(span.clone(), &written) } else { None };
        // What is done with the value of an axis is not known, where that is not all.
        let all = if is_whole { self.meanings(number, meant, &written) } else { vec![meant] };
        for ((method, options), pod) in ways.iter().flat_map(|way| pods.iter().map(move |pod| (*way, *pod))) {
            let registry = within.registry.as_ref().filter(|_| is_of_agent || is_called && !AS_NAMED.contains(&method));
            let (lands, of_pod) = pod.map_or_else(|| (anywhere.clone(), Os::Unsaid), |pod| pod.nodes.clone());
            for (row, meant) in all.iter().cloned().enumerate() {
                let is_made = editable.is_none() && matches!(meant, Meant::Known(_));
                let (meant, before) = in_registry(meant, registry);
                self.read.found.push(Found {
                    editable: editable.clone().and_then(|editable| Some(Editable { before: before?, ..editable })),
                    stays: is_made.then(|| MADE.to_owned()),
                    object: Some("pipeline".to_owned()),
                    needs,
                    os: if of_pod == Os::Unsaid { options.os } else { of_pod },
                    processor: options.processor,
                    isolation: options.isolation,
                    isolated_by,
                    lands: lands.clone(),
                    together: pod.map(|pod| pod.in_row(row)),
                    ..Found::of(self.lines.place(span.clone()), written.as_str(), meant)
                });
            }
        }
    }

    /// The values of the variables that a text names: a pipeline may have many others.
    fn values_in(&self, text: &str) -> Values {
        let words = text.split(|one: char| !one.is_alphanumeric() && one != '_');
        let own = words.filter_map(|word| Some((word.to_owned(), self.values.get(word)?.clone())));
        own.chain(self.given.clone()).collect()
    }

    /// What an image means: once for each choice of values of the axes that it names, where it is in a matrix.
    fn meanings(&self, number: usize, meant: Meant, written: &str) -> Vec<Meant> {
        let tokens = self.tokens.get(number..).unwrap_or_default();
        let Meant::Unresolved(names) = &meant else { return vec![meant] };
        let left = self.left.get();
        let matrix = self.matrices.iter().find(|matrix| left > 0 && matrix.tokens.contains(&number));
        let rows = matrix.filter(|_| !self.is_left_to_shell(tokens)).and_then(|matrix| matrix.rows(names));
        let Some(rows) = rows else { return vec![meant] };
        self.left.set(left.saturating_sub(rows.len()));
        if rows.len() > left {
            return vec![meant];
        }
        let used = self.values_in(written);
        let mut all: Vec<Meant> = Vec::new();
        for row in rows {
            let mut values = used.clone();
            values.extend(row);
            let one = meant_of(written, &values, self.given);
            if !all.contains(&one) {
                all.push(one);
            }
        }
        all
    }
}

/// The image with the host of a registry before it, and what is put before its text; `None` where that is not known.
fn in_registry(image: Meant, registry: Option<&Meant>) -> (Meant, Option<String>) {
    match (image, registry) {
        (image, None) => (image, Some(String::new())),
        (Meant::Known(image), Some(Meant::Known(host))) => {
            let before = if image.starts_with(&format!("{host}/")) { String::new() } else { format!("{host}/") };
            (Meant::Known(format!("{before}{image}")), Some(before))
        }
        (Meant::Known(_), Some(open)) => (open.clone(), None),
        (open, Some(_)) => (open, None),
    }
}

/// The host of an address, with its port where that is not the usual one: `r.example` of `https://r.example:443/v2/`.
fn host_of(address: &str) -> String {
    let (usual, rest) = match address.split_once("://") {
        Some(("https", rest)) => (":443", rest),
        Some(("http", rest)) => (":80", rest),
        Some((_, rest)) => ("", rest),
        None => ("", address),
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    host.strip_suffix(usual).unwrap_or(host).to_owned()
}

/// A path below a folder, as both are written.
fn joined(folder: &str, path: &str) -> String {
    if folder.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") }
}

/// The settings of a block, each with the tokens from its value on.
fn settings<'a, 't>(block: &'a [Token<'t>]) -> impl Iterator<Item = (&'t str, &'a [Token<'t>])> {
    let length = block.iter().take(MOST_SETTINGS).take_while(|token| **token != Token::Sign('}')).count();
    (1..length).filter_map(|at| {
        let key = block.get(at - 1)?.word();
        // The value may stand in brackets, and behind a sign.
        let value = if block.get(at) == Some(&Token::Sign('(')) { at + 1 } else { at };
        let is_value = matches!(block.get(value), Some(Token::Text { .. } | Token::Word { .. }));
        (!key.is_empty() && is_value).then(|| Some((key, block.get(value..)?))).flatten()
    })
}

/// The text with another sign for each dollar behind a backslash; `None` where it has none, or that sign.
fn escaped(text: &str) -> Option<String> {
    (text.contains("\\$") && !text.contains(ESCAPED)).then(|| text.replace("\\$", ESCAPED))
}

/// The reference of a text into which Groovy puts these values of its own. A dollar behind a backslash is text for Groovy: what it begins is a
/// variable of those who read the text later, and has no value but a given one.
fn meant_of(text: &str, own: &Values, given: &Values) -> Meant {
    escaped(text).map_or_else(|| meant(text, own), |text| put_in(&text, own, given))
}

/// The same of a text with another sign for such dollars.
fn put_in(text: &str, own: &Values, given: &Values) -> Meant {
    let (mut known, mut missing) = (String::new(), Vec::new());
    let mut add = |part: Meant| match part.told() {
        Ok(text) => known.push_str(&text),
        Err(names) => missing.extend(names),
    };
    for (number, part) in text.split(ESCAPED).enumerate() {
        if number == 0 {
            add(meant(part, own));
            continue;
        }
        let part = format!("${part}");
        // The variable that it begins, or the dollar alone.
        let behind = first(&part).filter(|one| one.before.is_empty()).map_or(part.len() - 1, |one| one.behind.len());
        let (variable, rest) = part.split_at_checked(part.len() - behind).unwrap_or((part.as_str(), ""));
        add(meant(variable, given));
        add(meant(rest, own));
    }
    if missing.is_empty() { Meant::Known(known) } else { Meant::Unresolved(missing) }
}

#[cfg(test)]
mod tests;
