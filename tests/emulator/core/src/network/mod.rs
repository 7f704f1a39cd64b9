//! The Host Compute Network service: networks, endpoints, namespaces.

pub mod endpoints;
pub mod namespaces;
pub mod networks;

use crate::codes::{HCN_INVALID_JSON, INVALID_ARGUMENT};
use crate::documents;
use crate::guid;
use crate::home;
use crate::rules::{self, Refusal};
use serde_json::{Value, json};

/// What a function of computenetwork.dll gives for a refusal: its ErrorRecord.
pub fn error_record(refusal: &Refusal) -> String {
    json!({"Success": false, "Error": refusal.message, "ErrorCode": refusal.code.0}).to_string()
}

/// What comes with a success, if `HCSEMU_RECORD` is `always`.
pub fn success_record() -> Option<String> {
    (home::setting("RECORD") == "always").then(|| json!({"Success": true, "Error": "", "ErrorCode": 0}).to_string())
}

/// The id a caller chose, as an argument or in the document; a new one if both are the zero GUID or missing.
fn id_or_fresh(id: Option<String>, document: &Value) -> String {
    let in_document = document["ID"].as_str().map(str::to_lowercase);
    let chosen = [id, in_document].into_iter().flatten().find(|id| id != "00000000-0000-0000-0000-000000000000");
    chosen.unwrap_or_else(|| guid::fresh().to_string())
}

/// A MAC address: six pairs of hexadecimal digits, as `00-15-5D-52-C0-02`.
fn is_mac(text: &str) -> bool {
    let pairs: Vec<&str> = text.split(['-', ':']).collect();
    let pair = |pair: &&str| pair.len() == 2 && pair.chars().all(|digit| digit.is_ascii_hexdigit());
    pairs.len() == 6 && pairs.iter().all(pair)
}

/// Reads a settings document and its SchemaVersion.
fn settings(definition: &str, text: Option<&str>) -> Result<Value, Refusal> {
    let document = documents::read_hcn(definition, text)?;
    // containerd makes namespaces of version 0.0.
    let none = document["SchemaVersion"]["Major"].as_u64().unwrap_or(0) == 0;
    if definition != "HcnNamespace" || !none {
        version(&document)?;
    }
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
fn ids<'a>(all: impl Iterator<Item = (&'a String, Value)>, filter: &Filter) -> Option<String> {
    let ids: Vec<Value> = all.filter(|(_, properties)| filter.fits(properties)).map(|(id, _)| json!(id)).collect();
    home::list(&ids)
}

/// `HNSCall`: as much of the older interface as clients use beside the newer one. hcsshim gives namespaces back by it.
pub fn older_call(method: &str, path: &str, body: &str) -> Result<String, Refusal> {
    let output = match (method, path.trim_matches('/').split('/').collect::<Vec<_>>()[..].as_ref()) {
        ("GET", ["globals", "version"]) => json!({"Major": 13, "Minor": 3}),
        ("GET", ["namespaces", id]) => namespaces::older(&id.to_lowercase())?,
        ("DELETE", ["namespaces", id]) => {
            namespaces::delete(&id.to_lowercase())?;
            Value::Null
        }
        ("POST", ["namespaces", id, change @ ("addresource" | "removeresource")]) => {
            let kind = if *change == "addresource" { "Add" } else { "Remove" };
            namespaces::older_resource(&id.to_lowercase(), kind, body)?;
            namespaces::older(&id.to_lowercase())?
        }
        _ => return Err(rules::OPTIONS.refusal(INVALID_ARGUMENT, format!("{method} {path} is not emulated"))),
    };
    Ok(json!({"Success": true, "Output": output}).to_string())
}

/// The calls for load balancers and routes: there are none, and none are made.
pub mod others {
    use super::{Filter, Refusal, home, rules};
    use crate::codes::REQUEST_UNSUPPORTED;

    /// An enumeration: of nothing.
    pub fn enumerate(query: Option<&str>) -> Result<Option<String>, Refusal> {
        Filter::read(query).map(|_| home::list(&[]))
    }

    /// Whatever else is asked of one.
    pub fn refuse<T>(what: &str) -> Result<T, Refusal> {
        Err(rules::UNSUPPORTED.refusal(REQUEST_UNSUPPORTED, format!("{what} are not emulated")))
    }
}
