//! The objects of the webhook in files: one of YAML, a base of Kustomize, a chart of Helm.

use serde_json::json;

use super::objects::{EXPRESSION, File, Install, Namespace, expression};
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
        "expect": expected, "failurePolicy": install.failure_policy, "image": install.image, "mode": install.mode,
        "replicas": install.replicas,
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
        certificates: install.certificates,
        ca_bundle: install.ca_bundle.clone(),
        match_conditions: install.match_conditions,
    };
    let mut written = vec![("Chart.yaml".to_owned(), yaml(&chart)), ("values.yaml".to_owned(), yaml(&values))];
    let templates = templated.files();
    written.extend(templates.iter().map(|file| (format!("templates/{}", file.name), with_expressions(&documents(file)))));
    written
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
        written.push_str(before);
        written.extend(["{{ ", &inner, " }}"]);
        rest = behind;
    }
    written.push_str(rest);
    written
}
