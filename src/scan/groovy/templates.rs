//! The templates of pods in a pipeline of Jenkins, and what those in the block of another one take over from it.
//!
//! Source: jenkinsci/kubernetes-plugin. `PodTemplateStepExecution`: a template in the block of another one inherits from it, unless it says
//! `inheritFrom`, which names templates in the configuration of Jenkins (those of pipelines have names with a random part).
//! `KubernetesDeclarativeAgentScript`: an agent does not inherit from what is around it. `PodTemplateUtils.combine`: its own node selector
//! stands instead of that which it inherits, the YAML of all of them is kept, and the strategy is that of the innermost one, or an inherited
//! one where the outermost one has `inheritYamlMergeStrategy`. `Overrides` takes the last YAML, and is the default; `Merge` takes all of
//! them: of nodes, only node selectors and tolerations of the later ones count. `DefaultNodeSelector`: a pod that says nothing of its nodes
//! runs on Linux. `PodTemplateUtils.unwrap`: the default template of a cloud is a part of each pod there.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::Reader;
use super::fields::{Fields, Origin, Source, Strategy};
use super::pods::{Pod, Unled, plain};
use super::tokens::Token;
use crate::host::pod;
use crate::scan::{Lands, Os, kubernetes, yaml};

/// The most templates that stand in each other.
const DEEPEST: usize = 16;

/// The most pods that one part of a template, or one text, is in.
const MOST_PODS: usize = 16;

/// The words before blocks in which a template inherits nothing: those of Groovy, methods of lists, and steps of Jenkins that make no
/// pods.
const NOT_TEMPLATES: &str = "\
    if else for while do try catch finally switch synchronized each eachWithIndex collect collectEntries forEach times \
    pipeline agent stages stage matrix steps script environment options tools parameters triggers input when expression \
    axes axis excludes exclude parallel post always changed fixed regression aborted failure success unstable unsuccessful \
    cleanup node ws dir withEnv withCredentials timeout retry timestamps ansiColor lock catchError warnError waitUntil \
    container wrap sshagent configFileProvider throttle withChecks withDockerRegistry withDockerContainer withDockerServer \
    withRegistry withServer inside withRun withMaven withKubeConfig";

/// What to do about a pod that is made from what is not read.
const WRITE_BOTH: &str = "write its `nodeSelector` and its `yaml` into the pipeline";

/// What to do about a pod that inherits from a template which is not read.
const WRITE_ALL: &str = "write its `nodeSelector`, its `yaml` and `override()` as its `yamlMergeStrategy` into the pipeline";

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
    /// A step that is not known runs the block that it stands in.
    is_in_step: bool,
    /// It stands in a function or closure of the pipeline itself.
    is_in_function: bool,
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

/// An open bracket.
#[derive(Clone, Copy, Default)]
struct Open<'t> {
    /// Its number.
    at: usize,
    /// The template whose fields, or whose block, it holds.
    template: Option<usize>,
    /// It is the block of a template.
    is_block: bool,
    /// It is the block of a step that is not known.
    is_step: bool,
    /// It is the block of a function or closure of the pipeline itself.
    is_function: bool,
    /// The word before the arguments that it is a part of.
    call: &'t str,
}

/// A template with all that it inherits.
struct Whole {
    /// Its fields, with the YAML that counts.
    fields: Fields,
    /// The YAML of all that it is made from, the outermost one first.
    yaml: Vec<Source>,
    /// Those that it is made from, itself first.
    parts: Vec<usize>,
    /// Which YAML counts.
    strategy: Strategy,
    /// Those that inherit from it take this strategy over; `None` where that is not known.
    hands_strategy_on: Option<bool>,
    /// The template of Jenkins that it inherits from.
    named: Option<String>,
    /// There are fields that are not read.
    is_open: bool,
    /// Why it is not known what the pod is made from, and what to do.
    unread: Option<(String, &'static str)>,
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

/// Adds a pod to those that land in other ways. Where they are too many, the last one stands for all that are left out.
fn add(pods: &mut Vec<Rc<Pod>>, pod: &Rc<Pod>) {
    if pods.iter().any(|known| known.nodes == pod.nodes) {
        return;
    }
    if pods.len() < MOST_PODS {
        pods.push(Rc::clone(pod));
    } else if let Some(last) = pods.last_mut() {
        let why = format!("it is a part of more than {MOST_PODS} pods that land on different nodes");
        let nodes = (Lands::Unread { why, hint: "write these pods into several files".to_owned() }, Os::Unsaid);
        *last = Rc::new(Pod { decided: Some(nodes.clone()), nodes, ..last.as_ref().clone() });
    }
}

/// The pods of each number.
fn shared(pods: BTreeMap<usize, Vec<Rc<Pod>>>) -> BTreeMap<usize, Rc<[Rc<Pod>]>> {
    pods.into_iter().map(|(number, pods)| (number, pods.into())).collect()
}

impl Reader<'_, '_> {
    /// The pods of the pipeline. The files that have their YAML are noted.
    pub(super) fn all_pods(&mut self) -> Pods {
        let (templates, has_calls) = self.templates();
        // What stands in a function may be called in the block of a template.
        let are_wrapped = templates.iter().any(|one| {
            let Block { has_steps, has_node, has_templates } = one.block;
            has_steps && !has_node && !has_templates
        });
        let has_agent = templates.iter().any(|one| one.is_agent);
        let may_be_wrapped = |one: &Template| are_wrapped || has_agent || one.is_in_step || (has_calls && one.is_in_function);
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
            let unled = if !is_alone && may_be_wrapped(template) {
                Unled::Unknown
            } else if template.fields.cloud.is_some() {
                Unled::Cloud
            } else {
                Unled::Linux
            };
            let pod = Rc::new(self.pod(template.bracket, whole, unled, &mut texts));
            for part in &whole.parts {
                if takes_all || !of_templates.contains_key(part) {
                    add(of_templates.entry(*part).or_default(), &pod);
                }
            }
            for source in &whole.fields.yaml {
                let Some(value) = source.number().filter(|value| takes_all || !taken.contains(value)) else { continue };
                if matches!(source.origin, Origin::Text(_)) {
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

    /// The templates, those that others stand in before these, and whether a step that is not known runs functions of the pipeline itself.
    fn templates(&mut self) -> (Vec<Template>, bool) {
        let tokens = self.tokens;
        let mut templates: Vec<Template> = Vec::new();
        let mut open: Vec<Open<'_>> = Vec::new();
        let mut blocks: Vec<usize> = Vec::new();
        // The bracket that was closed last, and its end.
        let mut closed: Option<(usize, Open<'_>)> = None;
        let (mut has_calls, mut steps, mut functions) = (false, 0_usize, 0_usize);
        for (number, token) in tokens.iter().enumerate() {
            has_calls |= steps > 0 && (self.functions.contains(token.word()) || self.once.contains(token.word()));
            match token {
                Token::Sign('{' | '(' | '[') => {
                    let word = self.word(number, 1);
                    let is_block = *token == Token::Sign('{');
                    let call = closed.filter(|(at, _)| at + 1 == number && is_block).map(|(_, call)| call);
                    let around = open.last().map_or("", |around| around.call);
                    let mut one = Open { at: number, ..Open::default() };
                    if let Some(template) = call.and_then(|call| call.template) {
                        let is_empty = tokens.get(number + 1) == Some(&Token::Sign('}'));
                        if let Some(one) = templates.get_mut(template) {
                            one.block.has_steps = !is_empty;
                        }
                        blocks.push(template);
                        one = Open { template: Some(template), is_block: true, ..one };
                    } else if ["kubernetes", "podTemplate"].contains(&word) && *token != Token::Sign('[') {
                        let is_agent = word == "kubernetes";
                        let around = blocks.last().copied();
                        let depth = around.and_then(|around| templates.get_mut(around)).map_or(0, |around| {
                            around.block.has_templates = true;
                            around.depth + 1
                        });
                        let (fields, block) = (self.fields(number), Block::default());
                        let outer = around.filter(|_| !is_agent);
                        let (is_in_step, is_in_function) = (steps > 0, functions > 0);
                        one = Open { template: Some(templates.len()), call: word, ..one };
                        templates.push(Template {
                            bracket: number,
                            is_agent,
                            outer,
                            depth,
                            is_in_step,
                            is_in_function,
                            fields,
                            block,
                        });
                    } else if is_block {
                        one.is_step = self.is_of_step(number, call.map(|call| call.at), around);
                        let word = call.map_or(word, |call| self.word(call.at, 1));
                        one.is_function = self.functions.contains(word) || self.is_sign(number, 1, '=');
                    } else {
                        one.call = if *token == Token::Sign('(') { word } else { around };
                    }
                    steps += usize::from(one.is_step);
                    functions += usize::from(one.is_function);
                    open.push(one);
                }
                Token::Sign('}' | ')' | ']') => {
                    let Some(one) = open.pop() else { continue };
                    steps = steps.saturating_sub(usize::from(one.is_step));
                    functions = functions.saturating_sub(usize::from(one.is_function));
                    if one.is_block {
                        blocks.pop();
                    }
                    closed = (*token == Token::Sign(')') && !one.is_block).then_some((number, one));
                }
                Token::Word { text: "node", .. } if !self.is_sign(number, 1, '.') => {
                    let is_call = matches!(tokens.get(number + 1), Some(Token::Sign('(' | '{') | Token::Text { .. }));
                    if let Some(one) = blocks.last().filter(|_| is_call).and_then(|block| templates.get_mut(*block)) {
                        one.block.has_node = true;
                    }
                }
                Token::Sign(_) | Token::Word { .. } | Token::Text { .. } => {}
            }
        }
        (templates, has_calls)
    }

    /// True for a block that a step runs which is not known: that may be in a template elsewhere. The block opens here; the bracket of the
    /// arguments before it has this number, and the word before the arguments that it is one of is given too.
    fn is_of_step(&self, number: usize, arguments: Option<usize>, around: &str) -> bool {
        // What is called `call` is a step itself, for pipelines that are elsewhere.
        let is_known = |word: &str| NOT_TEMPLATES.split(' ').any(|known| known == word) || self.functions.contains(word);
        let is_unknown = |word: &str| word == "call" || !is_known(word);
        let word = self.word(arguments.unwrap_or(number), 1);
        match self.before(number, 1) {
            _ if !word.is_empty() => is_unknown(word),
            Some(Token::Sign(',' | ':' | '(')) if !around.is_empty() => is_unknown(around),
            Some(Token::Sign(',' | ')' | ']') | Token::Text { .. }) => true,
            _ => false,
        }
    }

    /// The pod that a template makes.
    fn pod(&self, bracket: usize, whole: &Whole, unled: Unled, texts: &mut BTreeMap<(usize, Unled), Nodes>) -> Pod {
        let key = format!("pod {}", self.at(bracket));
        let Fields { written, selector, yaml, .. } = &whole.fields;
        let unread = |why: &str| Some((Lands::Unread { why: why.to_owned(), hint: WRITE_BOTH.to_owned() }, Os::Unsaid));
        let open = || unread("what gives the pod its YAML is not followed");
        let decided = match (&whole.unread, selector) {
            (Some((why, hint)), _) => Some((Lands::Unread { why: why.clone(), hint: (*hint).to_owned() }, Os::Unsaid)),
            (None, Some(Err(lands))) => Some((lands.clone(), Os::Unsaid)),
            (None, _) if yaml.iter().any(|source| !source.is_followed()) => open(),
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
            [Source { origin: Origin::Text(text), .. }] => match of_text(*text, unled) {
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
                    .map(|source| match source.origin {
                        Origin::Text(text) => Some([of_text(text, unled)?, of_text(text, Unled::Anywhere)?]),
                        Origin::File(_) | Origin::Unknown => None,
                    })
                    .collect();
                // The labels of a RuntimeClass count only with the first YAML: they are not told apart from others.
                let has_class = several.iter().skip(1).any(|source| self.has_class(*source));
                let all = all.filter(|_| !has_class);
                pod.decided = pod.decided.take().or_else(|| all.and_then(|all| merged(&all)).map(|nodes| pod.placed(nodes)));
                pod.decided = pod.decided.take().or_else(open);
                pod.decided.clone().unwrap_or_default()
            }
        };
        pod
    }

    /// True for a text that may name a RuntimeClass.
    fn has_class(&self, source: Source) -> bool {
        let token = source.number().and_then(|number| self.tokens.get(number));
        matches!(token, Some(Token::Text { text, .. }) if text.contains("runtimeClassName"))
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
        let outer = if own.inherits.is_none() { template.outer.and_then(|outer| wholes.get(outer)) } else { None };
        let is_too_deep = template.depth > DEEPEST;
        let whole = whole(number, own, outer.filter(|_| !is_too_deep), is_too_deep);
        wholes.push(whole);
    }
    wholes
}

/// The template with this number and these fields, which inherits from another one.
fn whole(number: usize, own: &Fields, outer: Option<&Whole>, is_too_deep: bool) -> Whole {
    let named = own.inherits.clone().filter(|name| !name.trim().is_empty());
    let mut whole = Whole {
        fields: own.clone(),
        yaml: own.yaml.clone(),
        parts: vec![number],
        strategy: own.strategy,
        hands_strategy_on: Some(own.hands_strategy_on).filter(|_| named.is_none()),
        is_open: own.is_open,
        named,
        unread: None,
    };
    if own.strategy == Strategy::Unsaid && whole.named.is_some() {
        whole.strategy = Strategy::Unknown;
    }
    if let Some(outer) = outer {
        if own.selector.is_none() {
            whole.fields.selector.clone_from(&outer.fields.selector);
            whole.fields.written.clone_from(&outer.fields.written);
        }
        whole.yaml = outer.yaml.iter().chain(&own.yaml).copied().collect();
        whole.parts.extend(outer.parts.iter().copied());
        if own.strategy == Strategy::Unsaid {
            whole.strategy = match outer.hands_strategy_on {
                Some(true) => outer.strategy,
                Some(false) => Strategy::Unsaid,
                None => Strategy::Unknown,
            };
        }
        whole.hands_strategy_on = outer.hands_strategy_on;
        whole.named.clone_from(&outer.named);
        // Templates of another cloud are not found.
        whole.is_open |= outer.is_open || own.cloud != outer.fields.cloud;
    }
    let takes_last = matches!(whole.strategy, Strategy::Unsaid | Strategy::Override);
    whole.fields.yaml = if takes_last { whole.yaml.last().copied().into_iter().collect() } else { whole.yaml.clone() };
    let has_all = whole.fields.selector.is_some() && !whole.yaml.is_empty() && takes_last;
    whole.unread = match &whole.named {
        _ if is_too_deep => Some(("the pod inherits from too many templates around it".to_owned(), WRITE_BOTH)),
        _ if whole.is_open => Some(("some of what gives the pod its fields is not followed".to_owned(), WRITE_BOTH)),
        Some(name) if !has_all => {
            let why = format!("the pod inherits from {name}, and the templates in the configuration of Jenkins are not read");
            Some((why, WRITE_ALL))
        }
        _ if whole.strategy == Strategy::Unknown && whole.yaml.len() > 1 => {
            let why = "how the pod's `yaml` is merged with that of templates around it is not followed";
            Some((why.to_owned(), "write `merge()` or `override()` as its `yamlMergeStrategy`"))
        }
        _ => None,
    };
    whole
}

/// Where a pod lands that several texts make, each as a pod that says nothing of its nodes lands and as one that lands anywhere; the last one
/// counts most. Only node selectors and tolerations of the later ones count. `None` where that is not known.
fn merged(all: &[[(Lands, Os); 2]]) -> Nodes {
    let [[unled, (Lands::Nodes(first), os)], others @ ..] = all else { return None };
    let mut placement = first.as_ref().clone();
    for [_, (lands, _)] in others {
        let Lands::Nodes(own) = lands else { return None };
        placement.selector.extend(own.selector.clone());
        placement.tolerations.extend(own.tolerations.iter().cloned());
    }
    // The first one names no nodes, and neither do the selectors.
    if matches!(unled.0, Lands::Linux { .. } | Lands::Unread { .. }) && placement.selector.is_empty() {
        return Some(unled.clone());
    }
    let of_nodes = Os::of_pod(pod::os_of(&placement).as_deref());
    Some((Lands::Nodes(Arc::new(placement)), if of_nodes == Os::Unsaid { *os } else { of_nodes }))
}
