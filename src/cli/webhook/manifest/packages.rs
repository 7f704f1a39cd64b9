//! The objects of the webhook in files: one of YAML, a base of Kustomize, a chart of Helm.

use serde_json::{Value, json};

use super::MODES;
use super::objects::{CONDITION, CONDITION_END, EXPRESSION, File, Install, Namespace, expression};
use crate::cluster::yaml;
use crate::host::items;

/// The name of a file with its text.
pub(super) type Written = (String, String);

/// All objects as one stream.
pub(super) fn plain(install: &Install) -> String {
    install.files().iter().map(documents).collect()
}

/// A base of Kustomize.
pub(super) fn kustomize(install: &Install) -> Vec<Written> {
    let files = install.files();
    let names: Vec<&str> = files.iter().map(|file| file.name).collect();
    let base = json!({ "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": names });
    let mut written = vec![("kustomization.yaml".to_owned(), yaml(&base))];
    written.extend(files.iter().map(|file| (file.name.to_owned(), documents(file))));
    written
}

/// A chart of Helm, with these settings as its values.
pub(super) fn helm(install: &Install) -> Vec<Written> {
    let version = env!("CARGO_PKG_VERSION");
    let about = "Leads pods to Windows nodes where their images run";
    let chart = json!({
        "apiVersion": "v2", "name": "wincompat-webhook", "description": about, "type": "application", "version": version,
        "appVersion": version,
    });
    let expected = items(install.expect.as_str().unwrap_or_default()).into_iter();
    let expected: Vec<&str> = expected.filter(|release| !release.is_empty()).collect();
    let values = json!({
        "exempt": install.exempt, "expect": expected, "failurePolicy": install.failure_policy, "image": install.image,
        "mode": install.mode, "privateRegistries": install.private_registries,
        "registrySecret": install.registry_secret.as_deref().unwrap_or_default(), "replicas": install.replicas,
    });
    let templated = Install {
        namespace: Namespace::OfRelease,
        mode: expression(".Values.mode | quote"),
        image: expression(".Values.image | quote"),
        replicas: expression(".Values.replicas"),
        failure_policy: expression(".Values.failurePolicy | quote"),
        expect: expression("join \",\" .Values.expect | quote"),
        exempt: install.exempt.clone(),
        private_registries: install.private_registries.clone(),
        registry_secret: install.registry_secret.clone(),
        certificates: install.certificates,
        ca_bundle: install.ca_bundle.clone(),
        match_conditions: install.match_conditions,
    };
    let mut written = vec![
        ("Chart.yaml".to_owned(), yaml(&chart)),
        ("values.yaml".to_owned(), yaml(&values)),
        ("values.schema.json".to_owned(), format!("{:#}\n", schema())),
    ];
    let templates = templated.files();
    written.extend(templates.iter().map(|file| (format!("templates/{}", file.name), with_expressions(&documents(file)))));
    written
}

/// The schema of the chart's values, by which Helm refuses those that it does not have.
fn schema() -> Value {
    let several = |about: &str, item: &Value| json!({ "description": about, "type": "array", "items": item });
    let text = json!({ "type": "string", "minLength": 1 });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false,
        "required": ["failurePolicy", "image", "mode", "replicas"],
        "properties": {
            "exempt": several("Namespaces to skip, besides kube-system and the webhook's own", &text),
            "expect": several(
                "Windows of nodes that may be added later, e.g. ltsc2025, or 26100 and arm64",
                &json!({ "type": ["string", "integer"] }),
            ),
            "failurePolicy": {
                "description": "What happens to pods while the webhook cannot be reached: Ignore creates them, Fail refuses them",
                "enum": ["Ignore", "Fail"],
            },
            // Helm gives a chart within another one the values for all.
            "global": { "type": "object" },
            "image": { "description": "Image with wincompat for Linux", "type": "string", "minLength": 1 },
            "mode": { "description": "What to do with pods that can land where they do not run", "enum": MODES },
            "privateRegistries": several("Registries that may be in a private network, e.g. registry.corp.example:5000", &text),
            "registrySecret": {
                "description": "Secret of the type kubernetes.io/dockerconfigjson with the credentials for registries; empty for none",
                "type": "string",
            },
            "replicas": { "description": "Number of replicas", "type": "integer", "minimum": 1, "maximum": 100 },
        },
    })
}

/// The objects of a file.
fn documents(file: &File) -> String {
    file.objects.iter().map(|object| format!("---\n{}", yaml(object))).collect()
}

/// A text of YAML in which the values that are expressions of Helm stand as such.
fn with_expressions(text: &str) -> String {
    // As JSON writes it, whose quotes are YAML's.
    let mark = json!(EXPRESSION).to_string().replace('"', "");
    let (first, last) = (format!("\"{mark}"), format!("{mark}\""));
    let mut written = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once(&first) {
        let Some((inner, behind)) = from.split_once(&last) else { break };
        let inner: String = serde_json::from_str(&format!("\"{inner}\"")).unwrap_or_default();
        if inner.starts_with(CONDITION) || inner == CONDITION_END {
            // A line of its own, and not an item of the list.
            written.push_str(before.strip_suffix("- ").unwrap_or(before));
            written.extend(["{{- ", &inner, " }}"]);
        } else {
            written.push_str(before);
            written.extend(["{{ ", &inner, " }}"]);
        }
        rest = behind;
    }
    written.push_str(rest);
    written
}
