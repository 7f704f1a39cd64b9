//! The JSON Schema of `wincompat.toml`: its keys, with the words and values of the options that they are.

use clap::Arg;
use serde_json::{Map, Value, json};

use super::settings::takes::Takes;
use super::settings::{EXCEPTION, EXCEPTION_KEYS, FLEET_KEYS, FLEETS, KEYS};
use crate::cli::command;
use crate::compat::Code;

/// The keys whose values are codes of findings, each with the other words that it takes.
const CODES: [(&str, &[&str]); 3] = [("allow", &[]), ("deny", &["warnings"]), ("warn", &[])];

/// The keys whose listed values are only the usual ones.
const OFFERED: [&str; 2] = ["engine", "host"];

/// The schema of the file.
pub fn schema() -> Value {
    let command = command();
    let scan = command.find_subcommand("scan");
    let option = |key: &str| scan.and_then(|scan| scan.get_arguments().find(|argument| argument.get_long() == Some(key)));
    let mut properties: Map<String, Value> =
        KEYS.iter().filter_map(|key| Some(((*key).to_owned(), property(key, option(key)?)))).collect();
    let fleet: Map<String, Value> =
        FLEET_KEYS.iter().filter_map(|key| Some(((*key).to_owned(), property(key, option(key)?)))).collect();
    properties.insert(
        FLEETS.to_owned(),
        json!({
            "description": "Hosts by the name of their fleet, for fleet and fleet-next.",
            "type": "object",
            "additionalProperties": {"type": "object", "properties": fleet, "minProperties": 1, "additionalProperties": false},
        }),
    );
    let exception: Map<String, Value> =
        EXCEPTION_KEYS.iter().map(|(key, about, _)| ((*key).to_owned(), of_exception(key, about))).collect();
    properties.insert(
        EXCEPTION.to_owned(),
        json!({
            "description": "Failures that are accepted. What an exception does not name may be anything.",
            "type": "array",
            "items": {"type": "object", "properties": exception, "required": ["reason"], "additionalProperties": false},
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wincompat.toml",
        "description": "Options of wincompat scan. Options that are typed, or set by their variables, count more.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// A key that is an option.
fn property(key: &str, option: &Arg) -> Value {
    let description = option.get_help().map(ToString::to_string).unwrap_or_default();
    let one = value_of(key, option);
    let mut property = match Takes::of(option) {
        Takes::Pairs => {
            json!({"anyOf": [{"type": "object", "additionalProperties": {"type": ["string", "integer"]}}, one.clone(), list(&one)]})
        }
        Takes::Switch => json!({"type": "boolean"}),
        Takes::List => json!({"anyOf": [one.clone(), list(&one)]}),
        Takes::OneOrSwitch => json!({"anyOf": [{"type": "boolean"}, one]}),
        Takes::One => one,
    };
    if let Some(fields) = property.as_object_mut() {
        fields.insert("description".to_owned(), description.into());
    }
    property
}

fn list(one: &Value) -> Value {
    json!({"type": "array", "items": one})
}

/// One value of an option.
fn value_of(key: &str, option: &Arg) -> Value {
    if let Some((_, others)) = CODES.iter().find(|(name, _)| *name == key) {
        let codes: Vec<&str> = others.iter().copied().chain(Code::all().map(Code::as_str)).collect();
        return json!({"enum": codes});
    }
    let values: Vec<String> = option.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    match values.as_slice() {
        [] => json!({"type": ["string", "integer"]}),
        // Shells complete these, and other values are taken too.
        values if OFFERED.contains(&key) => json!({"type": ["string", "integer"], "examples": values}),
        values => json!({"enum": values}),
    }
}

fn of_exception(key: &str, about: &str) -> Value {
    match key {
        "code" => json!({"description": about, "enum": Code::all().map(Code::as_str).collect::<Vec<_>>()}),
        // TOML has days of its own, which are text for a schema.
        _ => json!({"description": about, "type": "string"}),
    }
}
