//! The WMI object `Win32_OperatingSystem`: `Get-CimInstance`, `Get-WmiObject` and `wmic os`, as list, table, CSV or JSON.

use super::product::{self, Product};
use super::records::Record;
use super::{Document, Format, Source, Syntax};
use crate::host::edition;
use crate::host::facts::HostFacts;
use crate::host::version_text::{full_version, is_build};
use crate::{Error, OsVersion};

/// `Win32_OperatingSystem` of one machine, or of several that each have a name.
pub(super) const FORMAT: Format =
    Format { syntax: Syntax::Any, recognises: |document| document.records().all.iter().any(recognises), hosts };

fn recognises(record: &Record) -> bool {
    version(record).is_some()
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    document.records().hosts(recognises, |record| Ok(facts(record)))
}

/// The version: `Version`, which has no revision, or `BuildNumber`.
fn version(record: &Record) -> Option<OsVersion> {
    let build = || record.get("BuildNumber")?.parse().ok().filter(|build| is_build(*build)).map(OsVersion::of_build);
    // A version alone may be anything's.
    let is_windows = ["BuildNumber", "Caption", "CSName", "OperatingSystemSKU", "SystemDirectory", "OSArchitecture"];
    let version = || record.get("Version").filter(|_| is_windows.iter().any(|label| record.has(label)));
    version().and_then(full_version).or_else(build)
}

fn facts(record: &Record) -> HostFacts {
    let os_version = version(record).unwrap_or(OsVersion::of_build(0));
    let kind = record.get("ProductType").and_then(product::kind_of_type);
    let product = Product { name: record.get("Caption"), kind, ..Product::default() };
    HostFacts {
        label: record
            .first(&["CSName", "PSComputerName", "ComputerName", "__SERVER", "Node", "Name"])
            .filter(|name| !name.contains('|'))
            .map(str::to_owned),
        kind: product.kind(),
        edition: edition::said(&record.text()).or_else(|| edition::id_of(product.name?)),
        architecture: record.get("OSArchitecture").and_then(product::architecture),
        ..HostFacts::of_version(os_version, Source::OperatingSystem)
    }
}
