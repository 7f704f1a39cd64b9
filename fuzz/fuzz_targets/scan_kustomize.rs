//! A base, a component and an overlay of Kustomize that name each other, with patches of every form. They are JSON, which is YAML too:
//! mostly as Kustomize wants them, now and then anything else.
#![no_main]

#[path = "support/scanned.rs"]
mod scanned;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

const FILES: [&str; 6] = [
    "base/web.yaml",
    "base/kustomization.yaml",
    "part/kustomization.yaml",
    "prod/kustomization.yaml",
    "prod/patch.yaml",
    "kustomization.yaml",
];
const KINDS: [&str; 4] = ["Deployment", "Pod", "CronJob", "List"];
const NAMES: [&str; 5] = ["web", "api", "p-web", ".*", ""];
const IMAGES: [&str; 5] = ["app:1", "app", "r.test/app:2", "app@sha256:0", "${TAG}"];
const PATHS: [&str; 9] = [
    "/spec/template/spec/containers/0/image",
    "/spec/template/spec/containers/-",
    "/spec/template/spec/containers/99999999999999999999",
    "/spec/template/spec",
    "/spec/template/spec/nodeSelector/kubernetes.io~1os",
    "/metadata/name",
    "/kind",
    "",
    "/~2",
];
const OPERATIONS: [&str; 7] = ["add", "replace", "remove", "move", "copy", "test", "x"];
const DIRECTIVES: [&str; 4] = ["delete", "replace", "merge", "x"];

/// Any value, of which an input may have its own text.
fn any(input: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match input.int_in_range(0..=5)? {
        0 => Value::Null,
        1 => json!(input.arbitrary::<i64>()?),
        2 => json!([]),
        3 => json!({}),
        4 => json!([input.arbitrary::<&str>()?]),
        _ => json!(input.arbitrary::<&str>()?),
    })
}

/// Changes one field of an object now and then.
fn spoilt(input: &mut Unstructured<'_>, mut value: Value) -> Result<Value> {
    if input.ratio(1, 16)?
        && let Some(object) = value.as_object_mut()
    {
        let keys: Vec<String> = object.keys().cloned().collect();
        if let Some(key) = keys.get(input.int_in_range(0..=keys.len())?) {
            object.insert(key.clone(), any(input)?);
        }
    }
    Ok(value)
}

/// A few of these.
fn some(input: &mut Unstructured<'_>, one: fn(&mut Unstructured<'_>) -> Result<Value>) -> Result<Value> {
    let count = input.int_in_range(0..=3)?;
    (0..count).map(|_| one(input)).collect::<Result<Vec<Value>>>().map(Value::from)
}

fn container(input: &mut Unstructured<'_>) -> Result<Value> {
    let mut container = json!({"name": input.choose(&NAMES)?, "image": input.choose(&IMAGES)?});
    if input.ratio(1, 6)? {
        container["$patch"] = json!(input.choose(&DIRECTIVES)?);
    }
    spoilt(input, container)
}

fn object(input: &mut Unstructured<'_>) -> Result<Value> {
    let mut pod = json!({"containers": some(input, container)?, "nodeSelector": {"kubernetes.io/os": "windows"}});
    if input.ratio(1, 6)? {
        pod["$setElementOrder/containers"] = some(input, container)?;
        pod["$retainKeys"] = json!(["containers", "x"]);
    }
    let pod = spoilt(input, pod)?;
    let kind = *input.choose(&KINDS)?;
    let spec = match kind {
        "Pod" => pod,
        "CronJob" => json!({"jobTemplate": {"spec": {"template": {"spec": pod}}}}),
        _ => json!({"template": {"spec": pod}}),
    };
    let object = json!({
        "apiVersion": if kind == "Deployment" { "apps/v1" } else { "v1" },
        "kind": kind,
        "metadata": {"name": input.choose(&NAMES)?, "namespace": input.choose(&NAMES)?},
        "spec": spec,
    });
    spoilt(input, object)
}

fn operation(input: &mut Unstructured<'_>) -> Result<Value> {
    let value = if input.arbitrary()? { container(input)? } else { any(input)? };
    let operation = json!({
        "op": input.choose(&OPERATIONS)?,
        "path": input.choose(&PATHS)?,
        "from": input.choose(&PATHS)?,
        "value": value,
    });
    spoilt(input, operation)
}

fn patch(input: &mut Unstructured<'_>) -> Result<Value> {
    let body = if input.arbitrary()? { object(input)? } else { some(input, operation)? };
    let mut patch = if input.ratio(1, 4)? { json!({"path": "patch.yaml"}) } else { json!({"patch": body.to_string()}) };
    if input.arbitrary()? {
        patch["target"] = json!({"kind": input.choose(&KINDS)?, "name": input.choose(&NAMES)?});
    }
    spoilt(input, patch)
}

fn image(input: &mut Unstructured<'_>) -> Result<Value> {
    let image = json!({"name": input.choose(&IMAGES)?, "newName": input.choose(&IMAGES)?, "newTag": input.choose(&NAMES)?});
    spoilt(input, image)
}

fn resource(input: &mut Unstructured<'_>) -> Result<Value> {
    Ok(json!(input.choose(&[
        "web.yaml",
        "../base",
        "../prod",
        "../part",
        "base",
        "prod",
        ".",
        "https://r.test/x",
        "patch.yaml"
    ])?))
}

fn kustomization(input: &mut Unstructured<'_>) -> Result<Value> {
    let mut fields = Map::new();
    for _ in 0..input.int_in_range(1..=6)? {
        let (name, value) = match input.int_in_range(0..=9)? {
            0 | 1 => ("resources", some(input, resource)?),
            2 => ("components", some(input, resource)?),
            3 | 4 => ("patches", some(input, patch)?),
            5 => ("patchesStrategicMerge", Value::from(vec![json!("patch.yaml"), json!(object(input)?.to_string())])),
            6 => ("patchesJson6902", some(input, patch)?),
            7 => ("images", some(input, image)?),
            8 => ("namePrefix", json!(input.choose(&NAMES)?)),
            _ => ("namespace", json!(input.choose(&NAMES)?)),
        };
        fields.insert(name.to_owned(), value);
    }
    if input.ratio(1, 4)? {
        fields.insert("kind".to_owned(), json!("Component"));
    }
    spoilt(input, Value::Object(fields))
}

fn files(input: &mut Unstructured<'_>) -> Result<String> {
    let mut texts = vec![object(input)?.to_string()];
    for _ in 0..3 {
        texts.push(kustomization(input)?.to_string());
    }
    texts.push(if input.arbitrary()? { object(input)? } else { some(input, operation)? }.to_string());
    texts.push(kustomization(input)?.to_string());
    Ok(texts.join("\n====\n"))
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = files(&mut Unstructured::new(bytes)) {
        scanned::scanned(&FILES, text.as_bytes());
    }
});
