//! The templates of pods in a pipeline of Jenkins, and what those in the block of another one take over from it.
//!
//! Source: jenkinsci/kubernetes-plugin. `PodTemplateStepExecution`: a template in the block of another one inherits from it, unless it says
//! `inheritFrom`, which names templates in the configuration of Jenkins (those of pipelines have names with a random part).
//! `KubernetesDeclarativeAgentScript`: an agent does not inherit from what is around it. `PodTemplateUtils.combine`: its own node selector
//! stands instead of that which it inherits. `Overrides` and `Merge`: so does its own YAML, unless the two are to be merged.
//! `DefaultNodeSelector`: a pod that says nothing of its nodes runs on Linux.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::Reader;
use super::pods::{Pod, Unled, plain};
use super::tokens::{Token, argument};
use crate::host::Labels;
use crate::scan::{Lands, Os, kubernetes, yaml};

/// The most words and signs of one template that are looked at.
const MOST_OF_TEMPLATE: usize = 2_000;

/// The most templates that stand in each other.
const DEEPEST: usize = 16;

/// The most pods that one part of a template, or one text, is in.
const MOST_PODS: usize = 16;

/// The calls after which a text says what it said before.
const KEEPING: [&str; 3] = ["stripIndent", "trim", "toString"];

/// What to do about a pod that is made from what is not read.
const WRITE_BOTH: &str = "write its `nodeSelector` and its `yaml` into the pipeline";

/// Where the YAML of a template stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// In the text with this number.
    Text(usize),
    /// In the file that the argument with this number names.
    File(usize),
    /// In a place that is not known.
    Unknown,
}

impl Source {
    /// The number of the text or argument.
    const fn number(self) -> Option<usize> {
        match self {
            Self::Text(number) | Self::File(number) => Some(number),
            Self::Unknown => None,
        }
    }
}

/// What the fields of a template say.
#[derive(Clone, Default)]
struct Fields {
    /// The node selector, as it is written.
    written: String,
    /// Its labels, or the variables in it to which nobody gives a value; `None` where there is none.
    selector: Option<Result<Labels, Vec<String>>>,
    /// Its YAML, what counts more comes later.
    yaml: Vec<Source>,
    /// Its own YAML is merged with what it inherits.
    merges: bool,
    /// What `inheritFrom` says.
    inherits: Option<String>,
}

/// A template.
struct Template {
    /// The number of the bracket with its fields.
    bracket: usize,
    /// It is the agent of a declarative pipeline.
    is_agent: bool,
    /// The template in whose block it stands.
    outer: Option<usize>,
    /// The number of templates that it stands in.
    depth: usize,
    fields: Fields,
    /// What is in its block.
    block: Block,
}

/// What is in the block of a template.
#[derive(Clone, Copy, Default)]
struct Block {
    has_steps: bool,
    has_node: bool,
    has_templates: bool,
}

/// A template with all that it inherits.
struct Whole {
    fields: Fields,
    /// Those that it is made from, itself first.
    parts: Vec<usize>,
    /// The template of Jenkins that it inherits from, as far as that counts.
    unread: Option<String>,
}

/// The pods of a pipeline.
#[derive(Default)]
pub(super) struct Pods {
    /// Those that the containers of a template are in, by the number of its bracket.
    of_brackets: BTreeMap<usize, Rc<[Rc<Pod>]>>,
    /// Those whose YAML is the text with this number.
    of_texts: BTreeMap<usize, Rc<[Rc<Pod>]>>,
}

impl Pods {
    /// The pods that the containers in this bracket are in.
    pub fn in_bracket(&self, number: usize) -> Rc<[Rc<Pod>]> {
        self.of_brackets.get(&number).cloned().unwrap_or_default()
    }

    /// The pods whose YAML is this text; `None` where it is not known to be that of any.
    pub fn of_text(&self, number: usize) -> Option<Rc<[Rc<Pod>]>> {
        self.of_texts.get(&number).cloned()
    }
}

/// Adds a pod to those that land in other ways.
fn add(pods: &mut Vec<Rc<Pod>>, pod: &Rc<Pod>) {
    if pods.len() < MOST_PODS && !pods.iter().any(|known| known.nodes == pod.nodes) {
        pods.push(Rc::clone(pod));
    }
}

/// The pods of each number.
fn shared(pods: BTreeMap<usize, Vec<Rc<Pod>>>) -> BTreeMap<usize, Rc<[Rc<Pod>]>> {
    pods.into_iter().map(|(number, pods)| (number, pods.into())).collect()
}

impl Reader<'_, '_> {
    /// The pods of the pipeline. The files that have their YAML are noted.
    pub(super) fn all_pods(&mut self) -> Pods {
        let templates = self.templates();
        // What stands in a function may be called in the block of a template.
        let are_wrapped = templates.iter().any(|one| {
            let Block { has_steps, has_node, has_templates } = one.block;
            has_steps && !has_node && !has_templates
        });
        let has_agent = templates.iter().any(|one| one.is_agent);
        let wholes = wholes(&templates);
        let mut texts: BTreeMap<(usize, Unled), Nodes> = BTreeMap::new();
        let mut of_templates: BTreeMap<usize, Vec<Rc<Pod>>> = BTreeMap::new();
        let mut of_texts: BTreeMap<usize, Vec<Rc<Pod>>> = BTreeMap::new();
        let mut taken: BTreeSet<usize> = BTreeSet::new();
        let starts = |block: Block| !block.has_templates || block.has_node;
        let (first, later): (Vec<usize>, Vec<usize>) =
            (0..templates.len()).partition(|number| templates.get(*number).is_some_and(|one| starts(one.block)));
        let starters = first.len();
        for (at, number) in first.into_iter().chain(later).enumerate() {
            let (Some(template), Some(whole)) = (templates.get(number), wholes.get(number)) else { continue };
            // What no pod takes over is a pod of its own.
            let is_taken = |source: &Source| source.number().is_none_or(|number| taken.contains(&number));
            let takes_all = at < starters;
            if !takes_all && of_templates.contains_key(&number) && template.fields.yaml.iter().all(is_taken) {
                continue;
            }
            let is_alone = template.is_agent || template.fields.inherits.is_some();
            let unled = if is_alone || !(are_wrapped || has_agent) { Unled::Linux } else { Unled::Unknown };
            let pod = Rc::new(self.pod(template.bracket, whole, unled, &mut texts));
            for part in &whole.parts {
                if takes_all || !of_templates.contains_key(part) {
                    add(of_templates.entry(*part).or_default(), &pod);
                }
            }
            for source in &whole.fields.yaml {
                let Some(value) = source.number().filter(|value| takes_all || !taken.contains(value)) else { continue };
                if matches!(source, Source::Text(_)) {
                    add(of_texts.entry(value).or_default(), &pod);
                } else {
                    self.pod_file(value, &pod);
                }
                taken.insert(value);
            }
        }
        let bracket = |(number, pods): (usize, Vec<Rc<Pod>>)| Some((templates.get(number)?.bracket, pods));
        Pods { of_brackets: shared(of_templates.into_iter().filter_map(bracket).collect()), of_texts: shared(of_texts) }
    }

    /// The templates, those that others stand in before these.
    fn templates(&mut self) -> Vec<Template> {
        let tokens = self.tokens;
        let mut templates: Vec<Template> = Vec::new();
        // For each open bracket the template whose fields, or whose block, it holds.
        let mut open: Vec<(Option<usize>, bool)> = Vec::new();
        let mut blocks: Vec<usize> = Vec::new();
        let mut closed: Option<(usize, usize)> = None;
        for (number, token) in tokens.iter().enumerate() {
            match token {
                Token::Sign('{' | '(' | '[') => {
                    let word = self.word(number, 1);
                    let behind = closed.filter(|(at, _)| at + 1 == number && *token == Token::Sign('{'));
                    if let Some((_, template)) = behind {
                        let is_empty = tokens.get(number + 1) == Some(&Token::Sign('}'));
                        if let Some(one) = templates.get_mut(template) {
                            one.block.has_steps = !is_empty;
                        }
                        blocks.push(template);
                        open.push((Some(template), true));
                    } else if ["kubernetes", "podTemplate"].contains(&word) && *token != Token::Sign('[') {
                        let is_agent = word == "kubernetes";
                        let around = blocks.last().copied();
                        let depth = around.and_then(|around| templates.get_mut(around)).map_or(0, |around| {
                            around.block.has_templates = true;
                            around.depth + 1
                        });
                        let (fields, block) = (self.fields(number), Block::default());
                        let outer = around.filter(|_| !is_agent);
                        open.push((Some(templates.len()), false));
                        templates.push(Template { bracket: number, is_agent, outer, depth, fields, block });
                    } else {
                        open.push((None, false));
                    }
                }
                Token::Sign('}' | ')' | ']') => match open.pop() {
                    Some((Some(_), true)) => _ = blocks.pop(),
                    Some((Some(template), false)) if *token == Token::Sign(')') => closed = Some((number, template)),
                    Some(_) | None => {}
                },
                Token::Word { text: "node", .. } if !self.is_sign(number, 1, '.') => {
                    let is_call = matches!(tokens.get(number + 1), Some(Token::Sign('(' | '{') | Token::Text { .. }));
                    if let Some(one) = blocks.last().filter(|_| is_call).and_then(|block| templates.get_mut(*block)) {
                        one.block.has_node = true;
                    }
                }
                Token::Sign(_) | Token::Word { .. } | Token::Text { .. } => {}
            }
        }
        templates
    }

    /// The fields in the bracket that opens here: `kubernetes { … }` of an agent, or `podTemplate(…)`.
    fn fields(&mut self, number: usize) -> Fields {
        let tokens = self.tokens;
        let mut depth = 0_usize;
        let mut fields = Fields::default();
        for (at, token) in tokens.iter().enumerate().skip(number + 1).take(MOST_OF_TEMPLATE) {
            // The value may stand in brackets, and behind a sign.
            let is_between = matches!(tokens.get(at + 1), Some(Token::Sign(':' | '(')));
            let value = if is_between { at + 2 } else { at + 1 };
            let behind = tokens.get(value..).unwrap_or_default();
            match token {
                Token::Sign('{' | '(' | '[') => depth += 1,
                Token::Sign('}' | ')' | ']') => match depth.checked_sub(1) {
                    Some(outer) => depth = outer,
                    None => break,
                },
                Token::Word { text: "nodeSelector", .. } if depth == 0 && fields.selector.is_none() => {
                    let written = argument(behind).0;
                    fields.selector = match self.meant(&written, behind).told() {
                        Ok(text) if text.is_empty() => None,
                        told => Some(told.map(|text| labels(&text))),
                    };
                    fields.written = written;
                }
                // A file stands instead of a text.
                Token::Word { text: "yamlFile", .. } if depth == 0 => fields.yaml = vec![Source::File(value)],
                Token::Word { text: "yaml", .. } if depth == 0 && fields.yaml.is_empty() => {
                    fields.yaml.extend(self.source(value));
                }
                Token::Word { text: "yamlMergeStrategy", .. } if depth == 0 => {
                    fields.merges = behind.first().map(Token::word) == Some("merge");
                }
                Token::Word { text: "inheritFrom", .. } if depth == 0 && fields.inherits.is_none() => {
                    // This word stands for none that is named.
                    fields.inherits = Some(argument(behind).0).filter(|name| name != "<default>");
                }
                Token::Word { .. } | Token::Text { .. } | Token::Sign(_) => {}
            }
        }
        fields
    }

    /// Where the YAML stands that this value gives.
    fn source(&mut self, value: usize) -> Option<Source> {
        let tokens = self.tokens;
        let is_kept = tokens.get(value + 1) == Some(&Token::Sign('.'))
            && tokens.get(value + 2).is_some_and(|call| KEEPING.contains(&call.word()));
        match (tokens.get(value)?, tokens.get(value + 1)) {
            (Token::Text { .. }, Some(Token::Sign('+'))) => Some(Source::Unknown),
            (Token::Text { .. }, _) => Some(Source::Text(value)),
            (Token::Word { text, at }, Some(Token::Sign('(') | Token::Text { .. })) => Some(self.of_call(text, *at, value)),
            (Token::Word { .. }, Some(Token::Sign('.' | '+' | '?' | '['))) if !is_kept => Some(Source::Unknown),
            (Token::Word { text, .. }, _) => Some(match (self.texts.get(text).copied(), self.calls.get(text).copied()) {
                (Some(number), _) => Source::Text(number),
                (None, Some((value, name, at))) => self.of_call(name, at, value),
                (None, None) => Source::Unknown,
            }),
            (Token::Sign(_), _) => None,
        }
    }

    /// Where the YAML stands that this call gives.
    fn of_call(&mut self, name: &str, at: usize, value: usize) -> Source {
        self.file_of_call(name, at, value).map_or(Source::Unknown, Source::File)
    }

    /// The pod that a template makes.
    fn pod(&self, bracket: usize, whole: &Whole, unled: Unled, texts: &mut BTreeMap<(usize, Unled), Nodes>) -> Pod {
        let key = format!("pod {}", self.at(bracket));
        let Fields { written, selector, yaml, .. } = &whole.fields;
        let unread = |why: &str| Some((Lands::Unread { why: why.to_owned(), hint: WRITE_BOTH.to_owned() }, Os::Unsaid));
        let open = || unread("what gives the pod its YAML is not followed");
        let decided = match (&whole.unread, selector) {
            (Some(name), _) => {
                unread(&format!("the pod inherits from {name}, and the templates in the configuration of Jenkins are not read"))
            }
            (None, Some(Err(names))) => Some((Lands::Untold(names.clone()), Os::Unsaid)),
            (None, _) if yaml.contains(&Source::Unknown) => open(),
            (None, _) => None,
        };
        let labels = selector.as_ref().and_then(|labels| labels.as_ref().ok()).cloned().unwrap_or_default();
        let unled = if labels.is_empty() { unled } else { Unled::Anywhere };
        let nodes = (Lands::Fleet, Os::Unsaid);
        let mut pod = Pod { key, written: written.clone(), selector: labels, unled, decided, nodes };
        let mut of_text =
            |text: usize, unled: Unled| texts.entry((text, unled)).or_insert_with(|| self.nodes_of_text(text, unled)).clone();
        pod.nodes = match yaml.as_slice() {
            [] => pod.placed(unled.nodes()),
            [Source::Text(text)] => match of_text(*text, unled) {
                Some(nodes) => pod.placed(nodes),
                None => {
                    pod.decided = pod.decided.take().or_else(open);
                    pod.placed((Lands::Fleet, Os::Unsaid))
                }
            },
            [_] => {
                let file = unread("the file with the YAML of the pod is not read");
                pod.decided.clone().or(file).unwrap_or_default()
            }
            several => {
                let all: Option<Vec<[(Lands, Os); 2]>> = several
                    .iter()
                    .map(|source| match source {
                        Source::Text(text) => Some([of_text(*text, unled)?, of_text(*text, Unled::Anywhere)?]),
                        Source::File(_) | Source::Unknown => None,
                    })
                    .collect();
                pod.decided = pod.decided.take().or_else(|| all.and_then(|all| merged(&all)).map(|nodes| pod.placed(nodes)));
                pod.decided = pod.decided.take().or_else(open);
                pod.decided.clone().unwrap_or_default()
            }
        };
        pod
    }

    /// Where a pod lands whose YAML is this text; `None` where that is YAML only when its values are put in.
    fn nodes_of_text(&self, number: usize, unled: Unled) -> Nodes {
        let Some(Token::Text { text, at, triple }) = self.tokens.get(number) else { return None };
        let plain = plain(text, *triple);
        let (documents, broken) = yaml::read(plain.strip_prefix('\\').unwrap_or(&plain));
        let root = documents.iter().find_map(|document| document.root.as_ref());
        if !broken.is_empty() || root.is_none_or(|root| !root.is_map()) {
            return None;
        }
        let nodes = kubernetes::nodes(root?, &self.known(self.takes_values(*at), unled)).into_iter().next();
        // It may have labels of its own alone.
        Some(nodes.unwrap_or_else(|| unled.nodes()))
    }
}

/// Where a pod lands, and its system; `None` where that is not known.
type Nodes = Option<(Lands, Os)>;

/// The templates with all that they inherit.
fn wholes(templates: &[Template]) -> Vec<Whole> {
    let mut wholes: Vec<Whole> = Vec::new();
    for (number, template) in templates.iter().enumerate() {
        let own = &template.fields;
        let named = own.inherits.as_deref().filter(|name| !name.is_empty());
        let outer = if own.inherits.is_none() { template.outer.and_then(|outer| wholes.get(outer)) } else { None };
        let is_too_deep = template.depth > DEEPEST;
        let mut fields = own.clone();
        let (mut parts, mut unread) = (vec![number], named.map(str::to_owned));
        if let Some(outer) = outer.filter(|_| !is_too_deep) {
            if own.selector.is_none() {
                fields.selector.clone_from(&outer.fields.selector);
                fields.written.clone_from(&outer.fields.written);
            }
            if own.yaml.is_empty() || own.merges {
                fields.yaml = outer.fields.yaml.iter().chain(&own.yaml).copied().collect();
            }
            parts.extend(outer.parts.iter().copied());
            unread.clone_from(&outer.unread);
        }
        if is_too_deep {
            unread = Some("templates around it".to_owned());
        }
        // What it says itself counts instead.
        unread = unread.filter(|_| own.selector.is_none() || own.yaml.is_empty() || own.merges);
        wholes.push(Whole { fields, parts, unread });
    }
    wholes
}

/// Where a pod lands that several texts make, each as a pod that says nothing of its nodes lands and as one that lands anywhere; the last one
/// counts most. `None` where that is not known.
fn merged(all: &[[(Lands, Os); 2]]) -> Nodes {
    let mut merged: Nodes = None;
    if let [[first, _], others @ ..] = all
        && others.iter().all(|[other, _]| matches!(other.0, Lands::Linux { .. } | Lands::Unread { .. }))
        && matches!(first.0, Lands::Linux { .. } | Lands::Unread { .. })
    {
        return Some(first.clone());
    }
    for [_, (lands, os)] in all {
        let Lands::Nodes(own) = lands else { return None };
        let Some((Lands::Nodes(known), known_os)) = &merged else {
            merged = Some((lands.clone(), *os));
            continue;
        };
        let mut placement = known.as_ref().clone();
        placement.selector.extend(own.selector.clone());
        placement.tolerations.extend(own.tolerations.iter().cloned());
        let os = if *os == Os::Unsaid { *known_os } else { *os };
        merged = Some((Lands::Nodes(Arc::new(placement)), os));
    }
    merged
}

/// The labels of a node selector.
fn labels(text: &str) -> Labels {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let plain = pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    plain.filter(|(key, value)| !key.is_empty() && !value.is_empty()).collect()
}
