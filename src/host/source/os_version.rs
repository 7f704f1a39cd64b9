//! The .NET value `[Environment]::OSVersion` and its `Version`, as list, table, CSV or JSON. It never knows the revision. osquery's
//! `os_version` has the same columns, the revision, and the name of the Windows.

use super::records::Record;
use super::{Document, Format, Source, Syntax};
use crate::host::edition;
use crate::host::facts::HostFacts;
use crate::host::version_text::{full_version, kind_in_words};
use crate::{Error, OsVersion};

/// `[Environment]::OSVersion` of one machine, or of several that each have a name.
pub(super) const FORMAT: Format =
    Format { syntax: Syntax::Any, recognises: |document| document.records().all.iter().any(recognises), hosts };

fn recognises(record: &Record) -> bool {
    version(record).is_some()
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    let facts = |record: &Record| {
        let os_version = version(record).ok_or_else(|| Error::new("this output does not say which Windows it is from"))?;
        let label = record.get("PSComputerName").map(str::to_owned);
        let words = record.text();
        let (kind, edition) = (kind_in_words(&words), edition::said(&words));
        Ok(HostFacts { label, kind, edition, ..HostFacts::of_version(os_version, Source::OsVersion) })
    };
    document.records().hosts(recognises, facts)
}

/// The version of four columns, or behind `Version` beside `VersionString` or `Platform`.
fn version(record: &Record) -> Option<OsVersion> {
    let parts = |prefix: &str| {
        let number = |name: &str| record.get(&format!("{prefix}{name}"));
        let revision = number("Revision").and_then(|revision| revision.parse::<u32>().ok()).unwrap_or(0);
        full_version(&format!("{}.{}.{}.{revision}", number("Major")?, number("Minor")?, number("Build")?))
    };
    let is_os_version = record.has("VersionString") || record.has("Platform");
    let words = || record.get("VersionString")?.split_whitespace().next_back();
    let whole = || record.get("Version").filter(|_| is_os_version).or_else(words).and_then(full_version);
    parts("").or_else(|| parts("Version.")).or_else(whole)
}
