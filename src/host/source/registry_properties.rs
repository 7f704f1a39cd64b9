//! The values of the registry key `CurrentVersion` as PowerShell shows them: `Get-ItemProperty`, as list, table, CSV or JSON.

use super::product::Product;
use super::records::Record;
use super::{Document, Format, Source, Syntax};
use crate::Error;
use crate::host::RegistryValues;
use crate::host::facts::HostFacts;
use crate::host::registry::{Data, Key};

/// The values of one machine's registry, or of several machines that each have a name.
pub(super) const FORMAT: Format =
    Format { syntax: Syntax::Any, recognises: |document| document.records().all.iter().any(recognises), hosts };

fn recognises(record: &Record) -> bool {
    record.has("CurrentBuild") || record.has("CurrentBuildNumber") || record.has("UBR")
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    document.records().hosts(recognises, facts)
}

fn facts(record: &Record) -> Result<HostFacts, Error> {
    let values = RegistryValues::read(|key, name| {
        // Only one key has both a product type and these values beside it where a script has put them together.
        let is_there = key != Key::Environment || record.has("PROCESSOR_ARCHITECTURE");
        let value = record.get(name).filter(|_| is_there);
        Ok(value.map(|value| if is_number(name) { number(value) } else { Data::Text(value.to_owned()) }))
    })?;
    let facts = values.facts(Source::RegistryProperties)?;
    let product = Product { name: record.get("ProductName"), ..Product::default() };
    Ok(HostFacts {
        label: record.first(&["PSComputerName", "ComputerName"]).map(str::to_owned),
        kind: facts.kind.or_else(|| product.kind()),
        ..facts
    })
}

/// True for the values that are `REG_DWORD`.
fn is_number(name: &str) -> bool {
    matches!(name, "UBR" | "CurrentMajorVersionNumber" | "CurrentMinorVersionNumber")
}

/// A number as PowerShell or `reg query` writes it: `2402`, `0x962`.
pub(super) fn number(text: &str) -> Data {
    let read = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+')),
        None => text.parse().ok().filter(|_| !text.starts_with('+')),
    };
    read.map_or_else(|| Data::Other("a malformed number".to_owned()), Data::Number)
}
