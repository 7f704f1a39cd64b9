//! Pods of Jenkins: fields of the plugin of Kubernetes and YAML, which make one pod together.
//!
//! Source: jenkinsci/kubernetes-plugin, `PodTemplateBuilder` and `PodTemplateUtils`: the node selector is a list `KEY=VALUE,KEY=VALUE`, which
//! is put over that of the YAML; what is not like this in it is left out.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::tokens::{Token, argument};
use super::{ESCAPED, MADE, PodFile, Read, Reader, escaped, meant_of, put_in};
use crate::host::placement::Placement;
use crate::host::{Labels, pod};
use crate::scan::kubernetes::{self, Known};
use crate::scan::words::Values;
use crate::scan::{Found, IsolatedBy, Lands, Lines, Meant, Note, Os, yaml};

/// The most words and signs of one pod that are looked at.
const MOST_OF_POD: usize = 2_000;

/// The most files of pods that one pipeline names.
const MOST_FILES: usize = 1_000;

/// The reason why an image stays that a text in one line holds among signs that Groovy changes.
const WITH_BACKSLASHES: &str = "it stands in a text with backslashes, which Groovy changes";

/// The steps that read a file of the repository.
const READS: [&str; 2] = ["readTrusted", "readFile"];

/// What a pod says beside its YAML and its containers.
#[derive(Clone, Debug)]
pub struct Pod {
    /// A text that no other pod of the pipeline has.
    pub key: String,
    /// Its node selector, as it is written.
    pub written: String,
    /// The labels of that, or the variables in it to which nobody gives a value.
    selector: Result<Labels, Vec<String>>,
}

impl Pod {
    /// The text that no other pod has, for this choice of the values of a matrix: each is a pod of its own.
    pub fn in_row(&self, row: usize) -> String {
        in_row(&self.key, row)
    }

    /// Lets a container of this pod land where its node selector says.
    pub fn place(&self, found: &mut Found) {
        match &self.selector {
            Ok(labels) if labels.is_empty() => {}
            Ok(labels) => {
                let Lands::Nodes(own) = &found.lands else { return };
                let mut placement: Placement = own.as_ref().clone();
                placement.selector.extend(labels.clone());
                if found.os == Os::Unsaid {
                    found.os = Os::of_pod(pod::os_of(&placement).as_deref());
                }
                found.lands = Lands::Nodes(Arc::new(placement));
            }
            Err(names) => found.lands = Lands::Untold(names.clone()),
        }
    }
}

/// Takes the files of pods away that are too many, and says so.
pub(super) fn bound(read: &mut Read) {
    if let Some(first) = read.pod_files.get(MOST_FILES) {
        let text = format!("the files of pods that are named from here on are not read: there are more than {MOST_FILES}");
        read.notes.push(Note { place: first.place.clone(), text });
        read.pod_files.truncate(MOST_FILES);
    }
}

/// Lets the containers of fields land where the YAML of the same pod says.
pub(super) fn join(found: &mut [Found]) {
    let of_yaml = |one: &&Found| one.isolated_by == IsolatedBy::Start;
    let place = |one: &Found| Some((one.together.clone()?, (one.lands.clone(), one.os)));
    let places: BTreeMap<String, (Lands, Os)> = found.iter().filter(of_yaml).filter_map(place).collect();
    // The YAML may be one for all choices of a matrix.
    let place_of = |key: &String| places.get(key).or_else(|| places.get(key.rsplit_once(' ')?.0));
    for one in found.iter_mut().filter(|one| one.isolated_by == IsolatedBy::Kubelet) {
        if let Some((lands, os)) = one.together.as_ref().and_then(place_of) {
            one.lands = lands.clone();
            one.os = *os;
        }
    }
}

impl Reader<'_, '_> {
    /// The pod whose bracket opens here: `kubernetes { … }` of an agent, or `podTemplate(…)`. The files that it names are noted.
    pub(super) fn pod(&mut self, number: usize) -> Rc<Pod> {
        let tokens = self.tokens;
        let mut depth = 0_usize;
        let mut pod = Pod { key: format!("pod {}", self.at(number)), written: String::new(), selector: Ok(Labels::new()) };
        let mut files: Vec<usize> = Vec::new();
        for (at, token) in tokens.iter().enumerate().skip(number + 1).take(MOST_OF_POD) {
            // The value may stand in brackets, and behind a sign.
            let is_between = matches!(tokens.get(at + 1), Some(Token::Sign(':' | '(')));
            let value = if is_between { at + 2 } else { at + 1 };
            match token {
                Token::Sign('{' | '(' | '[') => depth += 1,
                Token::Sign('}' | ')' | ']') => match depth.checked_sub(1) {
                    Some(outer) => depth = outer,
                    None => break,
                },
                Token::Word { text: "nodeSelector", .. } if depth == 0 => {
                    let behind = tokens.get(value..).unwrap_or_default();
                    pod.written = argument(behind).0;
                    pod.selector = match self.meant(&pod.written, behind) {
                        Meant::Known(text) => Ok(labels(&text)),
                        Meant::Unresolved(names) => Err(names),
                        Meant::Unevaluated { name, .. } | Meant::Undeclared(name) => Err(vec![name]),
                    };
                }
                Token::Word { text: "yamlFile", .. } if depth == 0 => files.push(value),
                Token::Word { text: "yaml", .. } if depth == 0 => files.extend(self.given_by_call(value)),
                Token::Word { .. } | Token::Text { .. } | Token::Sign(_) => {}
            }
        }
        let pod = Rc::new(pod);
        for value in files {
            self.pod_file(value, &pod);
        }
        pod
    }

    /// The argument of the call that gives a pod its YAML, if that is the file of a step that reads one. Of any other call it is noted
    /// that it is not followed.
    fn given_by_call(&mut self, value: usize) -> Option<usize> {
        let tokens = self.tokens;
        let (name, at) = match tokens.get(value..)? {
            [Token::Word { text, at }, Token::Sign('(') | Token::Text { .. }, ..] => (*text, *at),
            [Token::Word { text, .. }, ..] => return self.given_by_variable(text),
            _ => return None,
        };
        self.file_of_call(name, at, value)
    }

    /// The same of a variable that is given what a call gives.
    fn given_by_variable(&mut self, variable: &str) -> Option<usize> {
        let (value, name, at) = self.calls.get(variable).copied()?;
        self.file_of_call(name, at, value)
    }

    fn file_of_call(&mut self, name: &str, at: usize, value: usize) -> Option<usize> {
        if READS.contains(&name) {
            let is_open = self.tokens.get(value + 1) == Some(&Token::Sign('('));
            let argument = if is_open { value + 2 } else { value + 1 };
            return matches!(self.tokens.get(argument), Some(Token::Text { .. })).then_some(argument);
        }
        if !self.functions.contains(name) {
            let text = format!(
                "the pod of pipeline is not read: {name} gives its YAML: write it into the pipeline, or into a file that yamlFile names"
            );
            // Several pods may have one variable.
            if self.noted.insert(at) {
                self.read.notes.push(Note { place: self.lines.place(at..at + name.len()), text });
            }
        }
        None
    }

    /// Notes the file of a pod, which this argument names: one for each choice of the values of a matrix.
    fn pod_file(&mut self, value: usize, pod: &Pod) {
        let tokens = self.tokens.get(value..).unwrap_or_default();
        let (written, _, _) = argument(tokens);
        let Some(Token::Text { text, at, .. } | Token::Word { text, at }) = tokens.first() else { return };
        let place = self.lines.place(*at..*at + text.len());
        for (row, file) in self.meanings(value, self.meant(&written, tokens), &written).into_iter().enumerate() {
            let pod = Pod { key: pod.in_row(row), ..pod.clone() };
            self.read.pod_files.push(PodFile { file, place: place.clone(), pod });
        }
    }

    /// True for a text in one line that is the YAML of a pod.
    pub(super) fn is_yaml(&self, number: usize) -> bool {
        let is_set = matches!(self.before(number, 1), Some(Token::Sign(':' | '(' | '=')));
        self.word(number, if is_set { 2 } else { 1 }) == "yaml"
    }

    /// Adds the pods of a text, for which these values are known.
    pub(super) fn text(&mut self, number: usize, inner: (&str, usize, bool), known: &Known) {
        let (text, at, is_triple) = inner;
        let plain = if is_triple { None } else { unescaped(text) };
        let mut found = match &plain {
            None => pods(&self.lines, (text, at), known, self.given),
            Some(plain) => {
                let place = self.lines.place(at..at + text.len());
                let stays = Some(WITH_BACKSLASHES.to_owned());
                let here = |one: Found| Found { place: place.clone(), editable: None, stays: stays.clone(), ..one };
                pods(&Lines::of(plain), (plain.as_str(), 0), known, self.given).into_iter().map(here).collect()
            }
        };
        let is_one = found.windows(2).all(|pair| matches!(pair, [one, next] if one.together == next.together));
        let pod = self.within().pod.clone();
        for one in &mut found {
            one.together = one.together.take().map(|key| match &pod {
                Some(pod) if is_one => pod.key.clone(),
                Some(pod) => format!("{} {key}", pod.key),
                None => format!("{at} {key}"),
            });
            if let Some(pod) = &pod {
                pod.place(one);
            }
        }
        let found = self.of_matrix(number, found);
        self.read.found.extend(found);
    }

    /// The containers of a text once for each choice of values of the axes that they name, where it is in a matrix: each is a pod.
    fn of_matrix(&self, number: usize, found: Vec<Found>) -> Vec<Found> {
        let names: Vec<String> = found.iter().flat_map(open_names).cloned().collect();
        let left = self.left.get();
        let tokens = self.tokens.get(number..).unwrap_or_default();
        if names.is_empty() || left == 0 || self.is_left_to_shell(tokens) {
            return found;
        }
        let matrix = self.matrices.iter().find(|matrix| matrix.tokens.contains(&number));
        let Some(rows) = matrix.and_then(|matrix| matrix.rows(&names)) else { return found };
        let Some(rest) = left.checked_sub(rows.len().saturating_mul(found.len())) else { return found };
        self.left.set(rest);
        let (mut all, mut seen): (Vec<Found>, HashSet<(usize, Meant)>) = (Vec::new(), HashSet::new());
        for (number, row) in rows.iter().enumerate() {
            for one in &found {
                let mut one = self.with_row(one, row);
                one.together = one.together.map(|key| in_row(&key, number));
                // Every choice has its pod, and says no more of an image than the first one with it.
                one.is_repeated = !seen.insert((one.place.span.start, one.meant.clone()));
                all.push(one);
            }
        }
        all
    }

    /// A container with these values of axes.
    fn with_row(&self, one: &Found, row: &Values) -> Found {
        if open_names(one).is_empty() {
            return one.clone();
        }
        let mut values = self.values_in(&one.written);
        values.extend(row.clone());
        let meant = meant_of(&one.written, &values, self.given);
        let is_known = matches!(meant, Meant::Known(_));
        let stays = if is_known { Some(MADE.to_owned()) } else { one.stays.clone() };
        Found { meant, stays, editable: None, ..one.clone() }
    }
}

/// The variables of an image to which nobody gives a value.
fn open_names(found: &Found) -> &[String] {
    match &found.meant {
        Meant::Unresolved(names) => names,
        Meant::Known(_) | Meant::Unevaluated { .. } | Meant::Undeclared(_) => &[],
    }
}

/// The key of a pod for this choice of the values of a matrix.
fn in_row(key: &str, row: usize) -> String {
    if row > 0 { format!("{key} {row}") } else { key.to_owned() }
}

/// The labels of a node selector.
fn labels(text: &str) -> Labels {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let plain = pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    plain.filter(|(key, value)| !key.is_empty() && !value.is_empty()).collect()
}

/// What a text in one line stands for; `None` where that is what is written. A dollar behind a backslash stays as it is.
fn unescaped(text: &str) -> Option<String> {
    if !text.replace("\\$", "").contains('\\') {
        return None;
    }
    let mut plain = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        if sign != '\\' {
            plain.push(sign);
            continue;
        }
        match signs.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('$') => plain.push_str("\\$"),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    Some(plain)
}

/// The pods of a text from this byte on, whose own indentation counts, with what is known within it and the values that are given. One that is
/// not YAML is not a pod: it is said of files alone.
fn pods(lines: &Lines<'_>, (inner, at): (&str, usize), known: &Known, given: &Values) -> Vec<Found> {
    // A backslash takes the end of the line away.
    let skipped = inner.len() - inner.strip_prefix('\\').unwrap_or(inner).len();
    let manifest = inner.get(skipped..).unwrap_or_default();
    if !manifest.contains("containers:") && !manifest.contains("\"containers\"") {
        return Vec::new();
    }
    let lines = lines.from(at + skipped);
    let replaced = escaped(manifest);
    let (documents, _) = yaml::read(replaced.as_deref().unwrap_or(manifest));
    let roots = documents.iter().filter_map(|document| document.root.as_ref());
    let mut found: Vec<Found> = roots.flat_map(|root| kubernetes::read(root, &lines, known)).collect();
    for one in &mut found {
        if replaced.is_some() && one.written.contains(ESCAPED) {
            one.meant = put_in(&one.written, &known.values, given);
            one.written = one.written.replace(ESCAPED, "\\$");
            one.editable = None;
        }
        if one.editable.is_none() && matches!(one.meant, Meant::Known(_)) {
            one.stays = Some(MADE.to_owned());
        }
    }
    found
}
