//! The output of `Get-ComputerInfo`, as list, table, CSV or JSON. The names of its properties are the same in every language.

use super::product::Product;
use super::records::Record;
use super::{Document, Format, Source, Syntax, product};
use crate::host::facts::HostFacts;
use crate::host::version_text::{full_version, is_build};
use crate::host::{Availability, edition};
use crate::knowledge::Knowledge;
use crate::{Error, Kind, OsVersion};

/// The output of `Get-ComputerInfo` on one machine, or on several that each have a name.
pub(super) const FORMAT: Format =
    Format { syntax: Syntax::Any, recognises: |document| document.records().all.iter().any(recognises), hosts };

/// The properties of which one is there.
const KNOWN: [&str; 6] =
    ["OsVersion", "OsBuildNumber", "WindowsBuildLabEx", "WindowsProductName", "WindowsEditionId", "OsHardwareAbstractionLayer"];

fn recognises(record: &Record) -> bool {
    KNOWN.iter().any(|label| record.has(label))
}

fn hosts(document: &Document<'_>) -> Result<Vec<HostFacts>, Error> {
    document.records().hosts(recognises, |record| facts(record, document.knowledge))
}

/// The facts of one record. `OsHardwareAbstractionLayer` is the version of a driver, and `WindowsCurrentVersion` is frozen at 6.3.
fn facts(record: &Record, knowledge: &Knowledge) -> Result<HostFacts, Error> {
    let display = record.first(&["OSDisplayVersion", "WindowsDisplayVersion"]);
    let product = Product {
        name: record.first(&["WindowsProductName", "OsName"]),
        // From 20H2 on, `WindowsVersion` stays 2009.
        display: display.or_else(|| record.get("WindowsVersion").filter(|version| *version != "2009")),
        build_lab: record.get("WindowsBuildLabEx"),
        kind: kind(record),
    };
    let build = || record.get("OsBuildNumber")?.parse().ok().filter(|build| is_build(*build)).map(OsVersion::of_build);
    let said = record.get("OsVersion").and_then(full_version).or_else(build);
    let version = said.or_else(|| product.version(knowledge)).ok_or_else(|| {
        Error::new("this output of Get-ComputerInfo does not say which Windows it is from")
            .because("OsVersion and OsBuildNumber are empty, and the build in WindowsBuildLabEx may be the one before an update")
            .hint(super::HINT)
    })?;
    let revision = record.get("WindowsUBR").and_then(|revision| revision.parse().ok()).filter(|revision| *revision != 0);
    let os_version = OsVersion { revision: version.revision.or(revision), ..version };
    Ok(HostFacts {
        label: record.first(&["CsDNSHostName", "CsName", "PSComputerName"]).map(str::to_owned),
        kind: product.kind(),
        edition: edition::said(&record.text()).or_else(|| edition::id_of(record.get("OsName")?)),
        architecture: record.first(&["CsSystemType", "OsArchitecture"]).and_then(product::architecture),
        hyperv: hyperv(record),
        display_version: display.map(str::to_owned),
        ..HostFacts::of_version(os_version, Source::ComputerInfo)
    })
}

/// Server or client, by words or by the numbers of `ProductType`.
fn kind(record: &Record) -> Option<Kind> {
    let installed = record.get("WindowsInstallationType").and_then(|installed| match installed {
        "Client" => Some(Kind::Client),
        "Server" | "Server Core" | "Nano Server" => Some(Kind::Server),
        _ => None,
    });
    installed.or_else(|| product::kind_of_type(record.get("OsProductType")?))
}

/// The things that Hyper-V needs, which are empty where a hypervisor runs.
const REQUIREMENTS: [&str; 4] = [
    "HyperVRequirementVirtualizationFirmwareEnabled",
    "HyperVRequirementVMMonitorModeExtensions",
    "HyperVRequirementSecondLevelAddressTranslation",
    "HyperVRequirementDataExecutionPreventionAvailable",
];

/// Hyper-V needs a hypervisor below this Windows. That there is one says nothing: every virtual machine has one.
fn hyperv(record: &Record) -> Option<Availability> {
    let is_false = |label: &str| record.get(label).is_some_and(|value| value.eq_ignore_ascii_case("false"));
    let is_absent = is_false("HyperVisorPresent") || REQUIREMENTS.iter().any(|label| is_false(label));
    is_absent.then_some(Availability::Unavailable)
}
