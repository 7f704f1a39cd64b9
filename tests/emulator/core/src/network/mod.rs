//! The Host Compute Network service: networks, endpoints, namespaces.

pub mod endpoints;
pub mod namespaces;
pub mod networks;

use crate::codes::{HCN_INVALID_JSON, INVALID_ARGUMENT};
use crate::documents;
use crate::guid;
use crate::rules::{self, Refusal};
use serde_json::{Value, json};

/// What a function of computenetwork.dll gives for a refusal: its ErrorRecord.
pub fn error_record(refusal: &Refusal) -> String {
    json!({"Success": false, "Error": refusal.message, "ErrorCode": refusal.code.0}).to_string()
}

/// The id a caller chose, or a new one for the zero GUID.
fn id_or_fresh(id: Option<String>) -> String {
    id.filter(|id| id != "00000000-0000-0000-0000-000000000000").unwrap_or_else(|| guid::fresh().to_string())
}

/// Reads a settings document and its SchemaVersion.
fn settings(definition: &str, text: Option<&str>) -> Result<Value, Refusal> {
    let document = documents::read_hcn(definition, text)?;
    version(&document)?;
    Ok(document)
}

fn version(document: &Value) -> Result<(), Refusal> {
    rules::HCN_VERSION.require(document["SchemaVersion"]["Major"] == 2, HCN_INVALID_JSON, || {
        format!("SchemaVersion {} is not 2", document["SchemaVersion"])
    })
}

/// The filter of a query: the fields an object must have, as text. None or an empty query asks for all.
pub struct Filter(Vec<(String, String)>);

impl Filter {
    /// Reads a query.
    pub fn read(query: Option<&str>) -> Result<Filter, Refusal> {
        if query.is_none_or(|query| query.trim().is_empty()) {
            return Ok(Filter(Vec::new()));
        }
        let query = documents::read_hcn("HcnQuery", query)?;
        version(&query)?;
        let text = query["Filter"].as_str().unwrap_or_default();
        if text.is_empty() {
            return Ok(Filter(Vec::new()));
        }
        let filter: Value = serde_json::from_str(text)
            .map_err(|error| rules::JSON.refusal(HCN_INVALID_JSON, format!("the filter {text:?}: {error}")))?;
        let fields = filter.as_object().into_iter().flatten();
        Ok(Filter(fields.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_string())).collect()))
    }

    /// Whether an object has all of it. HNS knows an endpoint's network by two names.
    fn fits(&self, properties: &Value) -> bool {
        self.0.iter().all(|(name, value)| {
            let name = if name == "VirtualNetwork" { "HostComputeNetwork" } else { name };
            properties[name].as_str().unwrap_or_default().eq_ignore_ascii_case(value)
        })
    }
}

/// The ids of those that fit, as the JSON array an enumeration gives.
fn ids<'a>(all: impl Iterator<Item = (&'a String, Value)>, filter: &Filter) -> String {
    let ids: Vec<&String> = all.filter(|(_, properties)| filter.fits(properties)).map(|(id, _)| id).collect();
    json!(ids).to_string()
}

/// `HNSCall`: as much of the older interface as clients ask for before they use the newer one.
pub fn older_call(method: &str, path: &str) -> Result<String, Refusal> {
    match (method, path.trim_end_matches('/')) {
        ("GET", "/globals/version") => Ok(json!({"Success": true, "Output": {"Major": 13, "Minor": 3}}).to_string()),
        _ => Err(rules::OPTIONS.refusal(INVALID_ARGUMENT, format!("{method} {path} is not emulated"))),
    }
}
