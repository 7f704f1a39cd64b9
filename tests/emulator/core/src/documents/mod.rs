//! Documents as the services read them: parsed, then held strictly against the schema of the host.

mod definitions;
mod validate;

use crate::codes::{HCN_INVALID_JSON, INVALID_JSON};
use crate::host;
use crate::rules::{self, Refusal};
use serde_json::Value;

/// The published schemas, oldest first, by the names the tables use.
pub const SDKS: [&str; 5] = ["1809", "1903", "2004", "2104", "21h2"];

/// Reads a document of schema 2 (or of the older interface) that must be there.
pub fn read(definition: &str, text: Option<&str>) -> Result<Value, Refusal> {
    let text = text.filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| rules::JSON.refusal(INVALID_JSON, format!("{definition}: the document is missing")))?;
    parse(definition, text, INVALID_JSON)
}

/// Reads a document that may be missing or empty, as options and queries may.
pub fn read_optional(definition: &str, text: Option<&str>) -> Result<Value, Refusal> {
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => parse(definition, text, INVALID_JSON),
        None => Ok(Value::Object(Default::default())),
    }
}

/// Reads an HCN document; a missing one is refused.
pub fn read_hcn(definition: &str, text: Option<&str>) -> Result<Value, Refusal> {
    let text = text.filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| rules::JSON.refusal(HCN_INVALID_JSON, format!("{definition}: the document is missing")))?;
    parse(definition, text, HCN_INVALID_JSON)
}

/// Holds an already parsed part against a definition, e.g. the `Settings` of a request.
pub fn check(definition: &str, value: &Value) -> Result<(), Refusal> {
    let code = if definition.starts_with("Hcn") { HCN_INVALID_JSON } else { INVALID_JSON };
    validate::value(value, definition, host::sdk(host::build()), code)
}

/// Parses and checks.
fn parse(definition: &str, text: &str, code: crate::codes::Code) -> Result<Value, Refusal> {
    let value: Value = serde_json::from_str(text).map_err(|error| rules::JSON.refusal(code, format!("{definition}: {error}")))?;
    check(definition, &value)?;
    Ok(value)
}
