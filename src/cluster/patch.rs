//! Changes of workloads as YAML, for kubectl and Kustomize: nothing is written in the cluster.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::steer::landing;
use super::{Answer, Nodes, Steer};
use crate::host::placement::Toleration;
use crate::host::pod::{self, RuntimeClass};
use crate::host::{AZURE_SKU, BUILD_LABEL};
use crate::text::is_invisible;

/// The handler that containerd on Windows has for process isolation.
const PROCESS_HANDLER: &str = "runhcs-wcow-process";

/// The form of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The node selector where it can say the nodes, else affinity beside it.
    #[default]
    Shortest,
    /// The node selector alone.
    Selector,
    /// The build in every term of the required affinity.
    Affinity,
    /// A RuntimeClass that leads its pods.
    RuntimeClass,
}

/// The change of one workload, or the reason why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// These objects: each whole, or the part that changes.
    Objects(Vec<Value>),
    /// There is none.
    None(String),
}

/// The change of the workload of an answer. `classes` are the RuntimeClasses that are there, those of earlier changes among them; one that
/// this change needs is added.
pub fn patch(answer: &Answer<'_>, nodes: &Nodes, form: Form, classes: &mut BTreeMap<String, RuntimeClass>) -> Patch {
    let workload = answer.workload;
    let none = |why: &str| Patch::None(why.to_owned());
    let Some(steer) = &answer.steer else {
        if !answer.lands.is_empty() && answer.lands.iter().all(|share| share.fits != Some(false)) {
            return none("it runs wherever its pods can land: labels do not change a finding that is denied");
        }
        return none("no label leads its pods to nodes where all of its images run, and to no others");
    };
    if let Some(owner) = &workload.owner {
        let change = steer.sentence();
        return Patch::None(format!("it belongs to {owner}, and what is changed here is taken back. Change that one: {change}"));
    }
    match workload.kind.as_str() {
        "Pod" => return none("a pod keeps its selector: change the manifest, and create the pod again"),
        "Job" => return none("a job keeps its template: change the manifest, and create the job again"),
        _ => {}
    }
    let mut objects = Vec::new();
    let spec = match form {
        Form::Selector if steer.builds.len() > 1 => {
            return none("a node selector takes one build, and its images run on several: use affinity");
        }
        Form::Shortest | Form::Selector => spec(answer, steer, false),
        Form::Affinity => spec(answer, steer, true),
        Form::RuntimeClass => match of_class(answer, steer, nodes, classes) {
            Ok((class, spec)) => {
                objects.extend(class);
                spec
            }
            Err(why) => return none(why),
        },
    };
    let path = pod::template(&workload.kind).unwrap_or_default();
    let inner = path.iter().rev().fold(json!({ "spec": spec }), |inner, key| json!({ *key: inner }));
    let mut object = inner.as_object().cloned().unwrap_or_default();
    object.insert("apiVersion".to_owned(), json!(workload.api_version));
    object.insert("kind".to_owned(), json!(workload.kind));
    object.insert("metadata".to_owned(), json!({ "name": workload.name, "namespace": workload.namespace }));
    objects.push(Value::Object(object));
    Patch::Objects(objects)
}

/// The part of a pod's spec that changes.
fn spec(answer: &Answer<'_>, steer: &Steer, by_affinity: bool) -> Value {
    let workload = answer.workload;
    let in_terms = !steer.builds.is_empty() && (by_affinity || steer.builds.len() > 1);
    let mut selector = Map::new();
    for (key, value) in steer.labels.iter().filter(|(key, _)| !(in_terms && *key == BUILD_LABEL)) {
        selector.insert(key.clone(), json!(value));
    }
    let own = &workload.placement.selector;
    let goes = |key: &String| own.contains_key(key) && !selector.contains_key(key);
    let build = BUILD_LABEL.to_owned();
    let dropped: Vec<String> = steer.dropped.iter().chain(in_terms.then_some(&build)).filter(|key| goes(key)).cloned().collect();
    selector.extend(dropped.into_iter().map(|key| (key, Value::Null)));
    let mut spec = json!({ "nodeSelector": selector });
    let has_terms = !workload.terms.is_empty();
    if in_terms || (has_terms && steer.placement.terms != workload.placement.terms) {
        let condition = json!({ "key": BUILD_LABEL, "operator": "In", "values": steer.builds });
        let terms = terms(&workload.terms, in_terms.then_some(&condition), !steer.builds.is_empty());
        let required = if terms.is_empty() { Value::Null } else { json!({ "nodeSelectorTerms": terms }) };
        spec["affinity"] = json!({ "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": required } });
    }
    if !steer.tolerations.is_empty() {
        let added = steer.tolerations.iter().map(toleration);
        spec["tolerations"] = workload.tolerations.iter().cloned().chain(added).collect();
    }
    spec
}

/// The terms as they are written, each with this condition instead of those about the build. `replaces` is true where those have to go also without
/// a new condition.
fn terms(written: &[Value], condition: Option<&Value>, replaces: bool) -> Vec<Value> {
    let is_kept = |one: &Value| {
        let key = one.get("key").and_then(Value::as_str).unwrap_or_default();
        !replaces || ![BUILD_LABEL, AZURE_SKU].contains(&key)
    };
    let mut changed = Vec::new();
    for term in written {
        let expressions = term.get("matchExpressions").and_then(Value::as_array).cloned().unwrap_or_default();
        let has_fields = term.get("matchFields").and_then(Value::as_array).is_some_and(|fields| !fields.is_empty());
        if expressions.is_empty() && !has_fields {
            continue;
        }
        let mut kept: Vec<Value> = expressions.into_iter().filter(is_kept).collect();
        kept.extend(condition.cloned());
        if kept.is_empty() && !has_fields {
            return Vec::new();
        }
        let mut term = term.as_object().cloned().unwrap_or_default();
        term.insert("matchExpressions".to_owned(), Value::Array(kept));
        changed.push(Value::Object(term));
    }
    if written.is_empty() {
        changed.extend(condition.map(|condition| json!({ "matchExpressions": [condition] })));
    }
    changed
}

/// A toleration that is added: all of these name a value.
fn toleration(one: &Toleration) -> Value {
    json!({ "key": one.key, "operator": "Equal", "value": one.value, "effect": one.effect })
}

/// A RuntimeClass that leads its pods, where there is none yet, and the spec of a pod that names it.
fn of_class(
    answer: &Answer<'_>,
    steer: &Steer,
    nodes: &Nodes,
    classes: &mut BTreeMap<String, RuntimeClass>,
) -> Result<(Option<Value>, Value), &'static str> {
    let workload = answer.workload;
    if workload.class.is_some() {
        return Err("its pods have a RuntimeClass already: change the node selector of that");
    }
    let (Some(build), 1) = (steer.builds.first(), steer.builds.len()) else {
        return Err("a RuntimeClass selects one build, and its images run on several or on another system: use affinity");
    };
    let class = RuntimeClass {
        handler: PROCESS_HANDLER.to_owned(),
        selector: steer.labels.clone(),
        tolerations: steer.tolerations.clone(),
    };
    let Ok(placement) = workload.placement.clone().with_class(&class) else {
        return Err("its node selector contradicts such a RuntimeClass: change the selector");
    };
    let lands = landing(&placement, nodes);
    let groups: Vec<usize> = lands.iter().filter_map(|node| nodes.group_of.get(*node).copied()).collect();
    let fits = |group: &usize| {
        let here = answer.lands.iter().any(|share| share.group == *group && share.fits == Some(true));
        let handlers = nodes.groups.get(*group).and_then(|group| group.handlers.as_ref());
        (here || answer.elsewhere.contains(group)) && handlers.is_none_or(|handlers| handlers.contains(PROCESS_HANDLER))
    };
    if groups.is_empty() || !groups.iter().all(fits) {
        return Err("with such a RuntimeClass its pods would not land on nodes that fit alone: use another form");
    }
    let base = format!("windows-{}", build.rsplit('.').next().unwrap_or(build));
    // A class of this name that leads elsewhere stays: its handler cannot be changed, and others use it.
    let mut names = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}-{number}")));
    let name = names.find(|name| classes.get(name).is_none_or(|known| *known == class)).unwrap_or_else(|| base.clone());
    let spec = json!({ "runtimeClassName": name });
    if classes.contains_key(&name) {
        return Ok((None, spec));
    }
    let mut scheduling = json!({ "nodeSelector": class.selector });
    if !class.tolerations.is_empty() {
        scheduling["tolerations"] = class.tolerations.iter().map(toleration).collect();
    }
    let object = json!({
        "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": { "name": name },
        "handler": class.handler, "scheduling": scheduling,
    });
    classes.insert(name, class);
    Ok((Some(object), spec))
}

/// An object as a document of YAML.
pub fn yaml(object: &Value) -> String {
    let mut text = String::new();
    written(object, 0, &mut text);
    text
}

fn written(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let _ = write!(text, "{indent}{}:", scalar(&json!(key)));
                below(value, depth, text);
            }
        }
        Value::Array(items) => {
            for item in items {
                if item.as_array().is_some_and(Vec::is_empty) || item.as_object().is_some_and(Map::is_empty) {
                    let _ = writeln!(text, "{indent}- {item}");
                    continue;
                }
                let mut inner = String::new();
                written(item, depth + 1, &mut inner);
                let first = inner.strip_prefix(&"  ".repeat(depth + 1)).unwrap_or(&inner);
                let _ = write!(text, "{indent}- {first}");
            }
        }
        other => {
            let _ = writeln!(text, "{indent}{}", scalar(other));
        }
    }
}

/// The value of a key.
fn below(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(entries) if entries.is_empty() => text.push_str(" {}\n"),
        Value::Array(items) if items.is_empty() => text.push_str(" []\n"),
        Value::Object(_) => {
            text.push('\n');
            written(value, depth + 1, text);
        }
        Value::Array(_) => {
            text.push('\n');
            written(value, depth, text);
        }
        other => {
            let _ = writeln!(text, " {}", scalar(other));
        }
    }
}

/// A scalar: a text without quotes where nothing takes it for something else.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let is_plain = |character: char| character.is_ascii_alphanumeric() || "./_-".contains(character);
            let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
            let starts = text.starts_with(|first: char| first.is_ascii_alphabetic());
            if starts && text.chars().all(is_plain) && !words.contains(&text.to_lowercase().as_str()) {
                text.clone()
            } else {
                between_quotes(text)
            }
        }
        other => other.to_string(),
    }
}

/// A text between quotes: those of JSON, in which YAML also takes longer escapes. What nobody sees is escaped: terminals follow some of it, and
/// YAML does not take all of it. So is the second `#` of two, which begin a command of a pipeline.
fn between_quotes(text: &str) -> String {
    let mut quoted = String::new();
    for character in json!(text).to_string().chars() {
        let number = u32::from(character);
        if !(is_invisible(character) || character == '#' && quoted.ends_with('#')) {
            quoted.push(character);
        } else if number <= 0xffff {
            let _ = write!(quoted, "\\u{number:04x}");
        } else {
            let _ = write!(quoted, "\\U{number:08x}");
        }
    }
    quoted
}
