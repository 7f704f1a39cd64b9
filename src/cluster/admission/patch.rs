//! Conditions as operations of JSON Patch (RFC 6902) on a pod as it was sent: what is not named by them stays as it is.

use serde_json::{Value, json};

use crate::host::placement::Condition;
use crate::host::pod::AFFINITY_TERMS;

/// The operations that put these conditions into every term of the required affinity of a pod; `None` for a pod that cannot take them.
pub(super) fn operations(pod: &Value, conditions: &[Condition]) -> Option<Vec<Value>> {
    let conditions: Vec<Value> = conditions
        .iter()
        .map(|condition| json!({ "key": condition.key, "operator": condition.operator, "values": condition.values }))
        .collect();
    let mut place = pod.get("spec").filter(|spec| spec.is_object())?;
    let mut path = "/spec".to_owned();
    for (depth, key) in AFFINITY_TERMS.iter().enumerate() {
        path.push('/');
        path.push_str(key);
        match place.get(*key) {
            // A list is a part of its object: an affinity that has the object without it is refused by Kubernetes.
            None | Some(Value::Null) if depth + 1 < AFFINITY_TERMS.len() => {
                let term = json!([{ "matchExpressions": conditions }]);
                let value = AFFINITY_TERMS.iter().skip(depth + 1).rev().fold(term, |inner, key| json!({ *key: inner }));
                return Some(vec![json!({ "op": "add", "path": path, "value": value })]);
            }
            Some(inner) if inner.is_object() || depth + 1 == AFFINITY_TERMS.len() => place = inner,
            _ => return None,
        }
    }
    let mut operations = Vec::new();
    for (number, term) in place.as_array()?.iter().enumerate() {
        let has = |key: &str| term.get(key).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
        if has("matchExpressions") {
            let one = |condition: &Value| json!({ "op": "add", "path": format!("{path}/{number}/matchExpressions/-"), "value": condition });
            operations.extend(conditions.iter().map(one));
        } else if has("matchFields") {
            operations.push(json!({ "op": "add", "path": format!("{path}/{number}/matchExpressions"), "value": conditions }));
        }
    }
    (!operations.is_empty()).then_some(operations)
}
