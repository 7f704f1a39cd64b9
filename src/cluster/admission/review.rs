//! The question of an API server and the answer to it: `AdmissionReview` of `admission.k8s.io/v1`, as raw JSON.

use serde_json::{Value, json};

use super::{Decision, Outcome, warnings};
use crate::Advice;
use crate::host::pod::Tree;

/// The version that is read and written.
const VERSION: &str = "admission.k8s.io/v1";

/// A question that is not one, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

/// A question.
#[derive(Clone, Debug)]
pub struct Review {
    uid: String,
    /// E.g. `CREATE`.
    pub operation: String,
    /// The kind of the object, e.g. `Pod`.
    pub kind: String,
    /// The group and version of it, e.g. `apps/v1`.
    pub api_version: String,
    /// E.g. `ephemeralcontainers`; empty for the object itself.
    pub subresource: String,
    /// The namespace.
    pub namespace: String,
    /// The name; empty before the API server has made one.
    pub name: String,
    /// True if nothing is kept.
    pub dry_run: bool,
    /// The object as it was sent, with fields that nothing here knows.
    pub object: Value,
    /// The object before the change.
    pub old: Value,
}

impl Review {
    /// Reads a question.
    ///
    /// # Errors
    ///
    /// Bytes that are not JSON, another version, a review without a request or without its number.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let refused = |why: &str| Refused(why.to_owned());
        let mut review: Value =
            serde_json::from_slice(bytes).map_err(|error| Refused(format!("the body is not JSON: {error}")))?;
        if review.text_at(&["kind"]).as_deref() != Some("AdmissionReview") {
            return Err(refused("the body is not an AdmissionReview"));
        }
        if review.text_at(&["apiVersion"]).as_deref() != Some(VERSION) {
            return Err(Refused(format!(
                "the version of the AdmissionReview is not {VERSION}: set admissionReviewVersions to [v1]"
            )));
        }
        let Some(request) = review.get_mut("request").filter(|request| request.is_object()) else {
            return Err(refused("the AdmissionReview has no request"));
        };
        let mut taken = |key: &str| request.get_mut(key).map(Value::take).unwrap_or_default();
        let (object, old) = (taken("object"), taken("oldObject"));
        let Some(uid) = request.get("uid").and_then(Value::as_str).filter(|uid| !uid.is_empty()) else {
            return Err(refused("the request of the AdmissionReview has no uid"));
        };
        let (group, version) = (request.owned_at(&["kind", "group"]), request.owned_at(&["kind", "version"]));
        Ok(Self {
            uid: uid.to_owned(),
            operation: request.owned_at(&["operation"]),
            kind: request.owned_at(&["kind", "kind"]),
            api_version: if group.is_empty() { version } else { format!("{group}/{version}") },
            subresource: request.owned_at(&["subResource"]),
            namespace: request.owned_at(&["namespace"]),
            name: request.owned_at(&["name"]),
            dry_run: request.get("dryRun").and_then(Value::as_bool).unwrap_or(false),
            object,
            old,
        })
    }

    /// The answer. `word` gives the words of a piece of advice.
    pub fn answer(&self, decision: &Decision, word: &dyn Fn(&Advice) -> String) -> Value {
        let mut response = json!({ "uid": self.uid, "allowed": !matches!(decision.outcome, Outcome::Deny(_)) });
        match &decision.outcome {
            Outcome::Allow => {}
            Outcome::Steer(operations) => {
                response["patchType"] = json!("JSONPatch");
                response["patch"] = json!(base64(&json!(operations).to_string()));
            }
            Outcome::Deny(why) => {
                response["status"] = json!({
                    "apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403, "message": word(why),
                });
            }
        }
        let findings: Vec<(String, String)> =
            decision.warnings.iter().map(|warning| (word(&warning.what), word(&warning.help))).collect();
        let warnings = warnings::written(&findings);
        if !warnings.is_empty() {
            response["warnings"] = json!(warnings);
        }
        json!({ "apiVersion": VERSION, "kind": "AdmissionReview", "response": response })
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
