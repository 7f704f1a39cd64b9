//! Pods of Jenkins: fields of the plugin of Kubernetes and YAML, which make one pod together.
//!
//! Source: jenkinsci/kubernetes-plugin. `PodTemplateBuilder` and `PodTemplateUtils`: the node selector is a list `KEY=VALUE,KEY=VALUE`, which
//! is put over that of the YAML; what is not like this in it is left out. `DefaultNodeSelector`: a pod without a node selector, an affinity to
//! nodes and a RuntimeClass gets the selector `kubernetes.io/os=linux`.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use super::tokens::{Token, argument};
use super::{ESCAPED, MADE, PodFile, Read, Reader, escaped, meant_of, put_in};
use crate::host::placement::Placement;
use crate::host::{Labels, pod};
use crate::scan::kubernetes::{self, Known};
use crate::scan::words::Values;
use crate::scan::{Found, Lands, Lines, Meant, Note, Os, yaml};

/// The most files of pods that one pipeline names.
const MOST_FILES: usize = 1_000;

/// The reason why an image stays that a text in one line holds among signs that Groovy changes.
const WITH_BACKSLASHES: &str = "it stands in a text with backslashes, which Groovy changes";

/// The steps that read a file of the repository.
const READS: [&str; 2] = ["readTrusted", "readFile"];

/// Where a pod lands that says nothing of its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unled {
    /// On any node.
    Anywhere,
    /// On those with Linux.
    Linux,
    /// That is not known: the default template of its cloud, which is named, may say more.
    Cloud,
    /// That is not known: it may be a part of a pod that says more.
    Unknown,
}

impl Unled {
    /// The nodes; `None` for any.
    pub fn lands(self) -> Option<Lands> {
        match self {
            Self::Anywhere => None,
            Self::Linux => {
                let why = "Jenkins puts the node selector `kubernetes.io/os=linux` into a pod that names no nodes, unless the \
                           default template of the cloud has a node selector";
                let hint = "give the pod the node selector `kubernetes.io/os: windows`";
                Some(Lands::Linux { why: why.to_owned(), hint: hint.to_owned() })
            }
            Self::Cloud | Self::Unknown => {
                let why = if self == Self::Cloud {
                    "the pod names no nodes here, and the default template of its cloud is not read"
                } else {
                    "the pod names no nodes here, and what it is a part of is not known"
                };
                let hint = "give it a node selector, such as `kubernetes.io/os: windows`, where its containers are written";
                Some(Lands::Unread { why: why.to_owned(), hint: hint.to_owned() })
            }
        }
    }

    /// The same, with the system, which it does not say.
    pub fn nodes(self) -> (Lands, Os) {
        (self.lands().unwrap_or_else(|| Lands::Nodes(Arc::default())), Os::Unsaid)
    }
}

/// What a pod says beside its YAML and its containers.
#[derive(Clone, Debug)]
pub struct Pod {
    /// A text that no other pod of the pipeline has.
    pub key: String,
    /// Its node selector, as it is written.
    pub written: String,
    /// The labels of that.
    pub(super) selector: Labels,
    /// Where it lands if neither it nor its YAML says anything of nodes.
    pub(super) unled: Unled,
    /// Where it lands whatever one YAML says of nodes, and its system.
    pub(super) decided: Option<(Lands, Os)>,
    /// Where the containers of its fields land, and their system.
    pub(super) nodes: (Lands, Os),
}

impl Pod {
    /// The text that no other pod has, for this choice of the values of a matrix: each is a pod of its own.
    pub fn in_row(&self, row: usize) -> String {
        in_row(&self.key, row)
    }

    /// Where it lands if its YAML says nothing of nodes either; `None` where that is on any node.
    pub fn unled(&self) -> Option<Lands> {
        self.unled.lands()
    }

    /// Where it lands, and its system, if its YAML is not about the pod's spec.
    pub fn without_yaml(&self) -> (Lands, Os) {
        self.placed(self.unled.nodes())
    }

    /// Where it lands, and its system, if its YAML says this of the two.
    pub fn placed(&self, (lands, os): (Lands, Os)) -> (Lands, Os) {
        match (&self.decided, lands) {
            (_, lands @ Lands::Nowhere { .. }) => (lands, os),
            (Some(decided), _) => decided.clone(),
            (None, Lands::Nodes(own)) if !self.selector.is_empty() => {
                let mut placement: Placement = own.as_ref().clone();
                placement.selector.extend(self.selector.clone());
                let of_nodes = Os::of_pod(pod::os_of(&placement).as_deref());
                (Lands::Nodes(Arc::new(placement)), if of_nodes == Os::Unsaid { os } else { of_nodes })
            }
            (None, lands) => (lands, os),
        }
    }

    /// Lets a container of its YAML land where the pod does.
    pub fn place(&self, found: &mut Found) {
        let nodes = (std::mem::take(&mut found.lands), found.os);
        (found.lands, found.os) = self.placed(nodes);
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

impl Reader<'_, '_> {
    /// The argument with the file of the call that gives a pod its YAML, if that is a step that reads one. Of any other call it is noted
    /// that it is not followed.
    pub(super) fn file_of_call(&mut self, name: &str, at: usize, value: usize) -> Option<usize> {
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
    pub(super) fn pod_file(&mut self, value: usize, pod: &Pod) {
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

    /// Adds the pods of a text.
    pub(super) fn text(&mut self, number: usize, inner: (&str, usize, bool)) {
        let own = self.pods.of_text(number).unwrap_or_else(|| Rc::clone(&self.within().pods));
        if own.is_empty() {
            self.pods_of_text(number, inner, None);
        }
        for pod in own.iter() {
            self.pods_of_text(number, inner, Some(pod.as_ref()));
        }
    }

    /// The same for a pod whose YAML it is.
    fn pods_of_text(&mut self, number: usize, inner: (&str, usize, bool), pod: Option<&Pod>) {
        let (text, at, is_triple) = inner;
        let known = self.known(self.takes_values(at), pod.map_or(Unled::Unknown, |pod| pod.unled));
        let plain = if is_triple { None } else { unescaped(text) };
        let mut found = match &plain {
            None => pods(&self.lines, (text, at), &known, self.given),
            Some(plain) => {
                let place = self.lines.place(at..at + text.len());
                let stays = Some(WITH_BACKSLASHES.to_owned());
                let here = |one: Found| Found { place: place.clone(), editable: None, stays: stays.clone(), ..one };
                pods(&Lines::of(plain), (plain.as_str(), 0), &known, self.given).into_iter().map(here).collect()
            }
        };
        let is_one = found.windows(2).all(|pair| matches!(pair, [one, next] if one.together == next.together));
        for one in &mut found {
            one.together = one.together.take().map(|key| match pod {
                Some(pod) if is_one => pod.key.clone(),
                Some(pod) => format!("{} {key}", pod.key),
                None => format!("{at} {key}"),
            });
            if let Some(pod) = pod {
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

/// What a text stands for, with another sign for each dollar behind a backslash.
pub(super) fn plain(text: &str, is_triple: bool) -> String {
    let plain = if is_triple { None } else { unescaped(text) };
    let text = plain.as_deref().unwrap_or(text);
    escaped(text).unwrap_or_else(|| text.to_owned())
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
