//! Holds a JSON value against a definition: unknown fields, wrong types, fields newer than the host.

use super::SDKS;
use super::definitions::{Definition, Versions, find};
use crate::codes::Code;
use crate::guid;
use crate::rules::{self, Refusal, Rule};
use serde_json::Value;

/// Refuses the value with `code` if it does not satisfy the definition as the schema `sdk` has it.
pub fn value(value: &Value, definition: &str, sdk: usize, code: Code) -> Result<(), Refusal> {
    Check { sdk, code, path: definition.to_string(), hcn: definition.starts_with("Hcn") }.of_type(value, definition)
}

struct Check {
    sdk: usize,
    code: Code,
    path: String,
    hcn: bool,
}

impl Check {
    fn refuse(&self, rule: &Rule, what: &str) -> Result<(), Refusal> {
        let flags = self.path.ends_with(".Flags");
        let rule = if self.hcn { if flags { &rules::HCN_FLAGS } else { &rules::HCN_FIELD } } else { rule };
        rule.refuse(self.code, format!("{}: {what}", self.path))
    }

    fn inside(&mut self, step: &str, check: impl FnOnce(&mut Check) -> Result<(), Refusal>) -> Result<(), Refusal> {
        let length = self.path.len();
        self.path.push_str(step);
        let result = check(self);
        self.path.truncate(length);
        result
    }

    fn current(&self, versions: Versions) -> bool {
        (versions.from..=versions.until).contains(&self.sdk)
    }

    fn of_type(&mut self, value: &Value, kind: &str) -> Result<(), Refusal> {
        let wrong = |check: &Check, wanted: &str| check.refuse(&rules::WRONG_TYPE, &format!("{wanted} expected, found {value}"));
        if let Some(inner) = kind.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let Some(list) = value.as_array() else { return wrong(self, "a list") };
            for (index, element) in list.iter().enumerate() {
                self.inside(&format!("[{index}]"), |check| check.of_type(element, inner))?;
            }
            return Ok(());
        }
        if let Some(inner) = kind.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            let Some(map) = value.as_object() else { return wrong(self, "an object") };
            for (key, element) in map {
                self.inside(&format!(".{key}"), |check| check.of_type(element, inner))?;
            }
            return Ok(());
        }
        let fine = match kind {
            "string" => value.is_string(),
            "guid" => value.as_str().is_some_and(|text| guid::parse(text).is_some()),
            "boolean" => value.is_boolean(),
            "number" => value.is_number(),
            "object" => value.is_object(),
            "any" => true,
            _ => match integer_bits(kind) {
                Some((signed, bits)) => fits(value, signed, bits),
                None => return self.of_definition(value, kind),
            },
        };
        if fine { Ok(()) } else { wrong(self, kind) }
    }

    fn of_definition(&mut self, value: &Value, name: &str) -> Result<(), Refusal> {
        match find(name) {
            Definition::Numbered(values) if value.as_u64().is_some_and(|number| number < values.len() as u64) => Ok(()),
            Definition::Enumeration(values) | Definition::Numbered(values) => {
                let known = value.as_str().and_then(|text| values.iter().find(|(known, _)| known == text));
                match known {
                    Some((_, versions)) if self.current(*versions) => Ok(()),
                    Some((_, versions)) => self.too_new(&value.to_string(), *versions),
                    None => self.refuse(&rules::WRONG_TYPE, &format!("{value} is no {name}")),
                }
            }
            Definition::Object(fields) => {
                let Some(object) = value.as_object() else {
                    return self.refuse(&rules::WRONG_TYPE, &format!("an object expected, found {value}"));
                };
                for (key, inner) in object {
                    self.inside(&format!(".{key}"), |check| match fields.get(key.as_str()) {
                        None => check.refuse(&rules::UNKNOWN_FIELD, "unknown field"),
                        Some(field) if !check.current(field.versions) => check.too_new("the field", field.versions),
                        Some(field) if inner.is_null() && (field.nullable || !rules::DOCUMENT_NULL.holds()) => Ok(()),
                        Some(_) if inner.is_null() => check.refuse(&rules::DOCUMENT_NULL, "null is no value"),
                        Some(field) => check.of_type(inner, field.kind),
                    })?;
                }
                Ok(())
            }
        }
    }

    fn too_new(&self, what: &str, versions: Versions) -> Result<(), Refusal> {
        let Versions { from, until } = versions;
        let says = format!("{what} exists from {} until {} only, the host has {}", SDKS[from], SDKS[until], SDKS[self.sdk]);
        self.refuse(&rules::FIELD_TOO_NEW, &says)
    }
}

/// Whether the integer type is signed, and its bits: `uint16` is (false, 16).
fn integer_bits(kind: &str) -> Option<(bool, u32)> {
    let (signed, bits) = match kind.strip_prefix("uint") {
        Some(bits) => (false, bits),
        None => (true, kind.strip_prefix("int")?),
    };
    Some((signed, bits.parse().ok()?))
}

fn fits(value: &Value, signed: bool, bits: u32) -> bool {
    let number = value.as_i64().map(i128::from).or(value.as_u64().map(i128::from));
    let range = if signed { -(1i128 << (bits - 1))..1 << (bits - 1) } else { 0..1 << bits };
    number.is_some_and(|number| range.contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::INVALID_JSON;
    use serde_json::json;

    #[test]
    fn strict_documents() {
        let cases = [
            ("Container_Memory", json!({"SizeInMB": 1024}), 0, true),
            ("Container_Memory", json!({"SizeInMb": 1024}), 0, false),
            ("Container_Memory", json!({"SizeInMB": "1024"}), 0, false),
            ("Container_Memory", json!({"SizeInMB": -1}), 0, false),
            ("Container_Memory", json!({"SizeInMB": null}), 0, false),
            ("Layer", json!({"Id": "not a guid"}), 0, false),
            ("Storage", json!({"Layers": [{"Id": "aaaaaaaa-bbbb-5ccc-8ddd-eeeeeeeeeeee", "Path": "C:\\x"}]}), 0, true),
            ("Storage", json!({"Layers": {"Id": "x"}}), 0, false),
            ("ProcessParameters", json!({"Environment": {"A": "b"}, "ConsoleSize": [25, 80]}), 4, true),
            ("ProcessParameters", json!({"ConsoleSize": [25, 70000]}), 4, false),
            ("MappedDirectory", json!({"HostPath": "C:\\x", "SupportCloudFiles": true}), 2, true),
            ("MappedDirectory", json!({"HostPath": "C:\\x", "SupportCloudFiles": true}), 0, false),
            ("ContainerConfig", json!({"SystemType": "Container", "Layers": null}), 0, true),
            ("HcnEndpoint", json!({"Flags": 0}), 0, true),
            ("HcnEndpoint", json!({"Flags": "0"}), 0, false),
            ("SystemQuery", json!({"Types": ["Container"]}), 4, true),
            ("SystemQuery", json!({"Types": ["Pod"]}), 4, false),
            ("HcnNamespace", json!({"Type": 1, "Flags": 0, "Owner": "x"}), 4, true),
            ("HcnNamespace", json!({"Type": 4}), 4, false),
            ("HcnNetwork", json!({"Type": 0}), 4, false),
        ];
        for (definition, document, sdk, fine) in cases {
            let found = value(&document, definition, sdk, INVALID_JSON);
            assert_eq!(found.is_ok(), fine, "{definition} {document} on {}: {found:?}", SDKS[sdk]);
        }
    }
}
